/* `causeway signer` as a process: what it answers, what ends it, and what nobody gets out of it.
 * Each case runs with the program of the build and with one that has no sanitizers. */
#include "signer_bed.h"

#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define NOBODY 65534

static int set_up(void **state) {
    struct signer_bed *bed = calloc(1, sizeof *bed);
    if (bed == NULL) {
        return 1;
    }
    signer_bed_make(bed);
    *state = bed;
    return 0;
}

static int tear_down(void **state) {
    signer_bed_remove(*state);
    free(*state);
    return 0;
}

#define EACH_PROGRAM(p)                                                                            \
    for (size_t i_ = 0; i_ < CW_COUNT(signer_programs); i_++)                                      \
        for (const char *p = signer_programs[i_], *once_ = p; once_ != NULL; once_ = NULL)

static void assert_log(const struct signer_bed *bed, const char *part) {
    if (strstr(signer_log(bed), part) == NULL) {
        fail_msg("\"%s\" is not in:\n%s", part, signer_log(bed));
    }
}

static void must_hello(int fd) {
    struct cw_wire_answer answer;
    assert_true(signer_hello(fd, &answer));
    assert_int_equal(answer.kind, CW_WIRE_HELLO);
    assert_true(cw_addr20_equal(&answer.address, &signer_account));
}

static void must_sign(int fd, uint64_t nonce) {
    const struct cw_sign_request request = signer_sample(nonce, 100000);
    struct cw_wire_answer answer;
    assert_true(signer_ask(fd, &request, &answer));
    if (answer.kind != CW_WIRE_SIGN) {
        fail_msg("refused: %.*s", (int)answer.text.n, (const char *)answer.text.p);
    }
    assert_int_equal(cw_signer_check(&request, &signer_account, answer.raw, &answer.hash, NULL),
                     CW_OK);
}

static void must_be_gone(int fd) {
    struct cw_wire_answer answer;
    assert_false(signer_receive(fd, &answer));
    close(fd);
}

/* --- started by the relayer ------------------------------------------------------------------- */

static void inherit__requests__signed_until_the_socket_ends(void **state) {
    const struct signer_bed *bed = *state;
    EACH_PROGRAM(program) {
        int fd;
        pid_t pid = signer_start_inherited(bed, program, &fd);
        must_hello(fd);
        for (uint64_t nonce = 0; nonce < 20; nonce++) {
            must_sign(fd, nonce);
        }
        struct cw_sign_request request = signer_sample(5, 100000);
        request.to.b[0] = 0x12;
        struct cw_wire_answer answer;
        assert_true(signer_ask(fd, &request, &answer));
        assert_int_equal(answer.code, CW_SIGN_CONTRACT);
        must_sign(fd, 20);
        close(fd);
        assert_int_equal(signer_wait(pid), 0);
        assert_log(bed, "signer main: refused (contract): chain 900");
    }
}

static void inherit__what_is_no_frame__ends_it(void **state) {
    const struct signer_bed *bed = *state;
    static const struct {
        struct cw_slice bytes;
        const char *said;
    } cases[] = {
        {{(const uint8_t *)"\xff\xff\xff\xff", 4}, "a frame of no length that there is"},
        {{(const uint8_t *)"\0\0\0\0", 4}, "a frame of no length that there is"},
        {{(const uint8_t *)"\0\0\0\x01\x80", 5}, "not one RLP list"},
        {{(const uint8_t *)"\0\0\0\x05\xc3\x01\x01\x01\x80", 9}, "not one RLP list"},
        {{(const uint8_t *)"\0\0\0\x03\xc2\x09\x01", 7}, "no such kind of request"},
        {{(const uint8_t *)"\0\0\0\x04\xc3\x01\x02\x01", 8}, "a second hello"},
    };
    EACH_PROGRAM(program) {
        for (size_t i = 0; i < CW_COUNT(cases); i++) {
            int fd;
            pid_t pid = signer_start_inherited(bed, program, &fd);
            must_hello(fd);
            assert_true(signer_send(fd, cases[i].bytes));
            must_be_gone(fd);
            assert_int_equal(signer_wait(pid), 1);
            assert_log(bed, cases[i].said);
        }
    }
}

/* More than are written down with one sync; the last one is no request. */
static void inherit__many_at_once__answered_in_their_order_and_then_it_ends(void **state) {
    const struct signer_bed *bed = *state;
    EACH_PROGRAM(program) {
        uint64_t base = program == signer_programs[0] ? 0 : 100;
        int fd;
        pid_t pid = signer_start_inherited(bed, program, &fd);
        must_hello(fd);
        struct cw_buf buf;
        cw_buf_init(&buf, 1u << 20);
        for (uint64_t i = 0; i < 100; i++) {
            struct cw_sign_request request = signer_sample(base + i, 10000);
            request.to.b[0] ^= i == 50;
            assert_int_equal(cw_wire_put_sign(&buf, i, &request), CW_OK);
        }
        cw_buf_append(&buf, "\0\0\0\x01\x80", 5);
        assert_true(signer_send(fd, cw_buf_slice(&buf)));
        cw_buf_done(&buf);
        for (uint64_t i = 0; i < 100; i++) {
            struct cw_wire_answer answer;
            assert_true(signer_receive(fd, &answer));
            assert_int_equal(answer.id, i);
            assert_int_equal(answer.kind, i == 50 ? CW_WIRE_REFUSED : CW_WIRE_SIGN);
        }
        must_be_gone(fd);
        assert_int_equal(signer_wait(pid), 1);
    }
}

/* Hellos without end; all are read, and the answers are left alone. */
static void inherit__a_flood__ends_it(void **state) {
    const struct signer_bed *bed = *state;
    EACH_PROGRAM(program) {
        int fd;
        pid_t pid = signer_start_inherited(bed, program, &fd);
        must_hello(fd);
        struct cw_buf buf;
        cw_buf_init(&buf, 4096);
        struct cw_sign_request request = signer_sample(1, 100000);
        request.chain_id.v = 1;
        assert_int_equal(cw_wire_put_sign(&buf, 7, &request), CW_OK);
        bool alive = true;
        for (unsigned i = 0; alive && i < 10000; i++) {
            struct cw_wire_answer answer;
            alive = signer_send(fd, cw_buf_slice(&buf)) && signer_receive(fd, &answer);
        }
        assert_false(alive);
        cw_buf_done(&buf);
        close(fd);
        assert_int_equal(signer_wait(pid), 1);
        assert_log(bed, "more requests than max_requests lets pass");
    }
}

static void inherit__killed__the_next_one_knows_what_was_signed(void **state) {
    const struct signer_bed *bed = *state;
    EACH_PROGRAM(program) {
        uint64_t base = program == signer_programs[0] ? 0 : 100;
        for (uint64_t round = 0; round < 3; round++) {
            int fd;
            pid_t pid = signer_start_inherited(bed, program, &fd);
            must_hello(fd);
            must_sign(fd, base + round);
            /* In the middle of a frame, too. */
            assert_true(signer_send(fd, CW_LITERAL("\0\0\0\x40half a frame")));
            assert_int_equal(kill(pid, SIGKILL), 0);
            must_be_gone(fd);
            assert_int_equal(signer_wait(pid), 128 + SIGKILL);
        }
    }
    /* 0.06 ether of 0.5 an hour are used up by six of them. */
    int fd;
    pid_t pid = signer_start_inherited(bed, signer_programs[1], &fd);
    must_hello(fd);
    struct cw_wire_answer answer;
    for (uint64_t nonce = 200; nonce < 204; nonce++) {
        struct cw_sign_request request = signer_sample(nonce, 1000000);
        assert_true(signer_ask(fd, &request, &answer));
        assert_int_equal(answer.kind, CW_WIRE_SIGN);
    }
    const struct cw_sign_request over = signer_sample(204, 400001);
    assert_true(signer_ask(fd, &over, &answer));
    assert_int_equal(answer.code, CW_SIGN_BUDGET);
    const struct cw_sign_request just = signer_sample(204, 400000);
    assert_true(signer_ask(fd, &just, &answer));
    assert_int_equal(answer.kind, CW_WIRE_SIGN);
    close(fd);
    assert_int_equal(signer_wait(pid), 0);
}

static void inherit__bad_beginnings__said(void **state) {
    const struct signer_bed *bed = *state;
    static const struct {
        const char *name;
        const char *said;
    } cases[] = {
        {"mian", "has no signer \"mian\": did you mean main"},
        {"lost", "signer \"lost\": key file"},
        {"env", "environment variable CAUSEWAY_TEST_KEY is not set"},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        const char *const words[] = {"--inherit", "--config",    bed->config,
                                     "--name",    cases[i].name, NULL};
        int pair[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
        pid_t pid = signer_start(bed, signer_programs[1], pair[1], geteuid(), words);
        close(pair[1]);
        must_be_gone(pair[0]);
        int status = signer_wait(pid);
        assert_log(bed, cases[i].said);
        assert_int_equal(status, 2);
    }
    /* a standard input that is no socket, and a second one with the same journal */
    const char *const words[] = {"--inherit", "--config", bed->config, "--name", "main", NULL};
    pid_t pid = signer_start(bed, signer_programs[1], -1, geteuid(), words);
    assert_int_equal(signer_wait(pid), 2);
    assert_log(bed, "standard input is no socket");
    int first, second;
    pid = signer_start_inherited(bed, signer_programs[1], &first);
    must_hello(first);
    pid_t other = signer_start_inherited(bed, signer_programs[1], &second);
    must_be_gone(second);
    assert_int_equal(signer_wait(other), 3);
    assert_log(bed, "two signers can't count in one journal");
    must_sign(first, 1);
    close(first);
    assert_int_equal(signer_wait(pid), 0);
}

static void inherit__the_one_before_is_ending__waited_for(void **state) {
    const struct signer_bed *bed = *state;
    int first, second;
    pid_t pid = signer_start_inherited(bed, signer_programs[1], &first);
    must_hello(first);
    must_sign(first, 1);
    assert_int_equal(kill(pid, SIGSTOP), 0);
    close(first);
    pid_t other = signer_start_inherited(bed, signer_programs[1], &second);
    usleep(300000); /* it has tried */
    assert_int_equal(kill(pid, SIGCONT), 0);
    assert_int_equal(signer_wait(pid), 0);
    must_hello(second);
    must_sign(second, 2);
    close(second);
    assert_int_equal(signer_wait(other), 0);
}

static void inherit__signals__it_ends(void **state) {
    const struct signer_bed *bed = *state;
    static const struct {
        int number, status;
    } cases[] = {{SIGTERM, 0},
                 {SIGINT, 0},
                 {SIGHUP, 0},
                 {SIGQUIT, 128 + SIGQUIT},
                 {SIGSEGV, 128 + SIGSEGV},
                 {SIGABRT, 128 + SIGABRT}};
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        int fd;
        pid_t pid = signer_start_inherited(bed, signer_programs[1], &fd);
        must_hello(fd);
        must_sign(fd, i);
        assert_int_equal(kill(pid, cases[i].number), 0);
        must_be_gone(fd);
        assert_int_equal(signer_wait(pid), cases[i].status);
    }
}

/* memory_holds: the key is in that process. */
static bool holds_key(pid_t pid) {
    char text[16];
    snprintf(text, sizeof text, "%d", (int)pid);
    fflush(NULL);
    pid_t looks = fork();
    assert_true(looks >= 0);
    if (looks == 0) {
        execl(MEMORY_HOLDS, "memory_holds", text, signer_key_digits, (char *)NULL);
        _exit(98);
    }
    int code = signer_wait(looks);
    assert_in_range(code, 0, 1);
    return code == 0;
}

/* Stopped at its very end, when its memory is still there. */
static void wait_for_the_end(pid_t pid) {
    int status;
    while (waitpid(pid, &status, 0) == pid && status >> 8 != (SIGTRAP | PTRACE_EVENT_EXIT << 8)) {
        assert_true(WIFSTOPPED(status));
        assert_int_equal(ptrace(PTRACE_CONT, pid, NULL, (uintptr_t)WSTOPSIG(status)), 0);
    }
}

static void inherit__however_it_ends__the_key_is_wiped(void **state) {
    const struct signer_bed *bed = *state;
    static const int ends[] = {0, SIGTERM, SIGQUIT, SIGSEGV}; /* 0: its socket */
    if (geteuid() != 0) {
        print_message("skip: only root may look into a signer\n");
        skip();
    }
    EACH_PROGRAM(program) {
        for (size_t i = 0; i < CW_COUNT(ends); i++) {
            int fd;
            pid_t pid = signer_start_inherited(bed, program, &fd);
            must_hello(fd);
            must_sign(fd, 1);
            assert_true(holds_key(pid));
            assert_int_equal(ptrace(PTRACE_SEIZE, pid, NULL, (uintptr_t)PTRACE_O_TRACEEXIT), 0);
            if (ends[i] == 0) {
                close(fd);
            } else {
                assert_int_equal(kill(pid, ends[i]), 0);
            }
            wait_for_the_end(pid);
            assert_false(holds_key(pid));
            assert_int_equal(ptrace(PTRACE_CONT, pid, NULL, NULL), 0);
            (void)signer_wait(pid);
            if (ends[i] != 0) {
                close(fd);
            }
        }
    }
}

/* --- what nobody gets out of it --------------------------------------------------------------- */

static void slurp(pid_t pid, const char *name, char *out, size_t size) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    size_t n = 0;
    for (ssize_t got; n + 1 < size && (got = read(fd, out + n, size - n - 1)) > 0;) {
        n += (size_t)got;
    }
    out[n] = '\0';
    close(fd);
}

static long field(const char *text, const char *key) {
    const char *at = strstr(text, key);
    assert_non_null(at);
    return strtol(at + strlen(key), NULL, 10);
}

static size_t descriptors(pid_t pid) {
    char path[64];
    size_t n = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        n += entry->d_name[0] != '.';
    }
    closedir(dir);
    return n;
}

static void process__as_it_runs__closed_to_others(void **state) {
    const struct signer_bed *bed = *state;
    EACH_PROGRAM(program) {
        char text[16384];
        int fd, extra = open("/dev/null", O_RDONLY); /* would be inherited */
        pid_t pid = signer_start_inherited(bed, program, &fd);
        must_hello(fd);
        slurp(pid, "status", text, sizeof text);
        assert_int_equal(field(text, "NoNewPrivs:\t"), 1);
        assert_int_equal(field(text, "Seccomp:\t"), 2);
        assert_int_equal(field(text, "CoreDumping:\t"), 0);
        if (program == signer_programs[1]) { /* AddressSanitizer's mlock does nothing */
            assert_true(field(text, "VmLck:\t") > 0);
        }
        slurp(pid, "limits", text, sizeof text);
        const char *core = strstr(text, "Max core file size");
        assert_non_null(core);
        assert_int_equal(strtol(core + 18, NULL, 10), 0);
        slurp(pid, "environ", text, sizeof text);
        assert_string_equal(text, "");
        /* standard input, output and error, two files of the journal, and its lock */
        assert_int_equal(descriptors(pid), 6);
        close(extra);
        close(fd);
        assert_int_equal(signer_wait(pid), 0);
    }
}

/* What another process of that user may do to pid: each letter is one thing that worked. */
static void reach_for(pid_t pid, int out) {
    char path[64], said[8] = "-";
    static const char *const files[] = {"mem", "environ", "maps"};
    for (size_t i = 0; i < CW_COUNT(files); i++) {
        snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, files[i]);
        int fd = open(path, O_RDONLY);
        if (fd >= 0) {
            strcat(said, "f");
            close(fd);
        }
    }
    if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) == 0) {
        strcat(said, "t");
        (void)waitpid(pid, NULL, 0); /* stopped: what is not can't be let go */
        (void)ptrace(PTRACE_DETACH, pid, NULL, NULL);
    }
    ssize_t n = write(out, said, strlen(said));
    _exit(n > 0 ? 0 : 1);
}

static void ask_other(uid_t uid, pid_t pid, char said[16]) {
    int pipe_fds[2];
    assert_int_equal(pipe(pipe_fds), 0);
    pid_t other = fork();
    assert_true(other >= 0);
    if (other == 0) {
        if (uid != geteuid() && (setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0)) {
            _exit(2);
        }
        reach_for(pid, pipe_fds[1]);
    }
    close(pipe_fds[1]);
    ssize_t n = read(pipe_fds[0], said, 15);
    assert_true(n > 0);
    said[n] = '\0';
    close(pipe_fds[0]);
    assert_int_equal(signer_wait(other), 0);
}

/* Root may look into everything, so that the signer and who wants to look are somebody else here.
 */
static void process__of_the_same_user__neither_traced_nor_read(void **state) {
    struct signer_bed *bed = *state;
    uid_t uid = geteuid() == 0 ? NOBODY : geteuid();
    if (geteuid() == 0) {
        char path[512];
        temp_path(&bed->temp, "main.json", path, sizeof path);
        assert_int_equal(chown(bed->temp.dir, uid, uid) | chown(bed->key, uid, uid) |
                             chown(bed->config, uid, uid) | chown(path, uid, uid),
                         0);
    }
    EACH_PROGRAM(program) {
        const char *const words[] = {"--inherit", "--config", bed->config, "--name", "main", NULL};
        char said[16];
        int pair[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
        pid_t pid = signer_start(bed, program, pair[1], uid, words);
        close(pair[1]);
        must_hello(pair[0]);
        ask_other(uid, pid, said);
        assert_string_equal(said, "-");
        must_sign(pair[0], 1);
        close(pair[0]);
        assert_int_equal(signer_wait(pid), 0);
    }
    /* Who is not so closed is reached in all these ways: the test can tell. */
    char said[16];
    pid_t plain = fork();
    assert_true(plain >= 0);
    if (plain == 0) {
        if (uid != geteuid() && (setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0)) {
            _exit(2);
        }
        execlp("sleep", "sleep", "60", (char *)NULL);
        _exit(2);
    }
    for (unsigned i = 0; i < 500; i++) {
        char name[64] = "";
        slurp(plain, "comm", name, sizeof name);
        if (strcmp(name, "sleep\n") == 0) {
            break;
        }
        usleep(10000);
    }
    ask_other(uid, plain, said);
    assert_string_equal(said, "-ffft");
    kill(plain, SIGKILL);
    assert_int_equal(signer_wait(plain), 128 + SIGKILL);
}

static void confined__calls_that_it_does_not_need__killed(void **state) {
    const struct signer_bed *bed = *state;
    static const char *const calls[] = {"open", "socket", "accept", "exec",   "fork",
                                        "kill", "tgkill", "ptrace", "unlink", "executable"};
    (void)bed;
    for (size_t i = 0; i <= CW_COUNT(calls); i++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            execl(PLAIN_PROGRAM, "plain_signer", "probe", i < CW_COUNT(calls) ? calls[i] : "memory",
                  (char *)NULL);
            _exit(98);
        }
        int status = signer_wait(pid);
        if (status != (i < CW_COUNT(calls) ? 128 + SIGSYS : 0)) {
            fail_msg("%s: %d", i < CW_COUNT(calls) ? calls[i] : "memory", status);
        }
    }
}

/* --- apart ------------------------------------------------------------------------------------ */

static void apart__several_clients__each_is_served(void **state) {
    const struct signer_bed *bed = *state;
    EACH_PROGRAM(program) {
        pid_t pid = signer_start_apart(bed, program);
        struct stat st;
        assert_int_equal(stat(bed->socket, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0660);
        int fds[9];
        for (size_t i = 0; i < 8; i++) {
            fds[i] = signer_connect(bed);
            must_hello(fds[i]);
            must_sign(fds[i], i);
        }
        fds[8] = signer_connect(bed);
        must_be_gone(fds[8]);
        close(fds[0]);
        /* the place of the one that went */
        for (unsigned i = 0;; i++) {
            struct cw_wire_answer answer;
            int fd = signer_connect(bed);
            if (signer_hello(fd, &answer)) {
                must_sign(fd, 8);
                close(fd);
                break;
            }
            assert_true(i < 100);
            close(fd);
        }
        for (size_t i = 1; i < 8; i++) {
            must_sign(fds[i], i);
            close(fds[i]);
        }
        assert_int_equal(kill(pid, SIGTERM), 0);
        assert_int_equal(signer_wait(pid), 0);
    }
}

static void apart__bad_clients__cut_off_alone(void **state) {
    const struct signer_bed *bed = *state;
    EACH_PROGRAM(program) {
        pid_t pid = signer_start_apart(bed, program);
        int good = signer_connect(bed), bad;
        must_hello(good);
        bad = signer_connect(bed);
        assert_true(signer_send(bad, CW_LITERAL("GET / HTTP/1.1\r\n\r\n")));
        must_be_gone(bad);
        bad = signer_connect(bed);
        must_hello(bad);
        assert_true(signer_send(bad, CW_LITERAL("\xff\xff\xff\xff")));
        must_be_gone(bad);
        bad = signer_connect(bed);
        const struct cw_sign_request request = signer_sample(1, 100000);
        struct cw_wire_answer answer;
        assert_false(signer_ask(bad, &request, &answer)); /* before hello */
        close(bad);
        bad = signer_connect(bed);
        must_hello(bad);
        bool alive = true;
        for (unsigned i = 0; alive && i < 10000; i++) {
            struct cw_sign_request flood = signer_sample(1, 100000);
            flood.chain_id.v = 1;
            alive = signer_ask(bad, &flood, &answer);
        }
        assert_false(alive);
        close(bad);
        must_sign(good, 1);
        close(good);
        assert_int_equal(kill(pid, SIGTERM), 0);
        assert_int_equal(signer_wait(pid), 0);
    }
}

static void apart__another_user__may_not_connect(void **state) {
    struct signer_bed *bed = *state;
    signer_bed_policy(bed, "4242", "");
    pid_t pid = signer_start_apart(bed, signer_programs[1]);
    must_be_gone(signer_connect(bed));
    assert_log(bed, "may not connect: allow_uid does not name him");
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_int_equal(signer_wait(pid), 0);
    signer_bed_policy(bed, "", "");
    const char *const words[] = {"--socket", bed->socket, "--policy", bed->policy, NULL};
    pid = signer_start(bed, signer_programs[1], -1, geteuid(), words);
    assert_int_equal(signer_wait(pid), 2);
    assert_log(bed, "\"allow_uid\" is missing");
}

static void apart__what_stands_in_its_place__taken_only_when_nobody_has_it(void **state) {
    const struct signer_bed *bed = *state;
    const char *const words[] = {"--socket", bed->socket, "--policy", bed->policy, NULL};
    pid_t pid = signer_start_apart(bed, signer_programs[1]);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(signer_wait(pid), 128 + SIGKILL);
    assert_int_equal(signer_connect(bed), -1);
    pid = signer_start_apart(bed, signer_programs[1]); /* over what the other left behind */
    char other_policy[512];
    temp_path(&bed->temp, "other.json", other_policy, sizeof other_policy);
    assert_int_equal(link(bed->policy, other_policy), 0);
    int fd = signer_connect(bed);
    must_hello(fd);
    pid_t second = signer_start(bed, signer_programs[1], -1, geteuid(), words);
    assert_int_equal(signer_wait(second), 3);
    assert_log(bed, "in use by the process");
    must_sign(fd, 1);
    close(fd);
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_int_equal(signer_wait(pid), 0);
    assert_int_equal(unlink(bed->socket), 0);
    temp_write(bed->socket, "mine", 4, 0600);
    pid = signer_start(bed, signer_programs[1], -1, geteuid(), words);
    assert_int_equal(signer_wait(pid), 3);
    assert_log(bed, "is no socket: name another path");
}

/* As systemd hands it over: descriptor 3, and two variables that say so. */
static void apart__socket_of_systemd__served(void **state) {
    const struct signer_bed *bed = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, bed->socket, strlen(bed->socket));
    int listening = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(listening, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listening, 8), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        char text[32], *envp[] = {text, strdup("LISTEN_FDS=1"), NULL};
        int log = open(bed->log, O_WRONLY | O_APPEND);
        snprintf(text, sizeof text, "LISTEN_PID=%d", (int)getpid());
        if (dup2(listening, 3) != 3 || dup2(log, 2) != 2) {
            _exit(97);
        }
        char *argv[] = {strdup("causeway"), strdup("signer"), strdup("--policy"),
                        strdup(bed->policy), NULL};
        execve(PLAIN_PROGRAM, argv, envp);
        _exit(98);
    }
    close(listening);
    int fd = signer_connect(bed);
    must_hello(fd);
    must_sign(fd, 1);
    close(fd);
    assert_log(bed, "at a socket of systemd");
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_int_equal(signer_wait(pid), 0);
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(inherit__requests__signed_until_the_socket_ends),
        CASE(inherit__what_is_no_frame__ends_it),
        CASE(inherit__a_flood__ends_it),
        CASE(inherit__many_at_once__answered_in_their_order_and_then_it_ends),
        CASE(inherit__killed__the_next_one_knows_what_was_signed),
        CASE(inherit__bad_beginnings__said),
        CASE(inherit__the_one_before_is_ending__waited_for),
        CASE(inherit__signals__it_ends),
        CASE(inherit__however_it_ends__the_key_is_wiped),
        CASE(process__as_it_runs__closed_to_others),
        CASE(process__of_the_same_user__neither_traced_nor_read),
        CASE(confined__calls_that_it_does_not_need__killed),
        CASE(apart__several_clients__each_is_served),
        CASE(apart__bad_clients__cut_off_alone),
        CASE(apart__another_user__may_not_connect),
        CASE(apart__what_stands_in_its_place__taken_only_when_nobody_has_it),
        CASE(apart__socket_of_systemd__served),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
