/* A signer in a process of its own, as the relayer has it: started, asked, killed, and back again.
 */
#include "sign/client.h"

#include "core/log.h"
#include "nth_malloc.h"
#include "signer_bed.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* A clock that can be pushed: pauses of minutes are not waited for. */
static uint64_t pushed_ms;
static uint64_t push_ms; /* with each look at it */

static uint64_t pushed_monotonic(void *ctx) {
    (void)ctx;
    pushed_ms += push_ms;
    return cw_clock_system()->monotonic_ms(NULL) + pushed_ms;
}
static uint64_t pushed_wall(void *ctx) {
    (void)ctx;
    return cw_clock_system()->wall_ms(NULL);
}
static const struct cw_clock pushed_clock = {pushed_monotonic, pushed_wall, NULL};

struct answer {
    unsigned n;
    enum cw_err err;
    size_t raw_n;
    bool good;
    char text[512];
    struct cw_sign_request request;
};

struct fixture {
    struct signer_bed bed;
    struct cw_loop *loop;
    struct cw_signer *signer;
    struct cw_error error;
    char lines[1 << 16];
};

static void on_line(void *ctx, enum cw_log_level level, const char *line) {
    struct fixture *f = ctx;
    size_t n = strlen(f->lines);
    (void)level;
    snprintf(f->lines + n, sizeof f->lines - n, "%s\n", line);
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    signer_bed_make(&f->bed);
    pushed_ms = 0;
    push_ms = 0;
    cw_log_redirect(on_line, f);
    assert_int_equal(cw_loop_new(&f->loop, &pushed_clock, &f->error), CW_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    cw_signer_free(f->signer);
    cw_loop_free(f->loop);
    cw_log_redirect(NULL, NULL);
    signer_bed_remove(&f->bed);
    free(f);
    return 0;
}

static void step(struct fixture *f) {
    assert_int_equal(cw_loop_step(f->loop, 10, &f->error), CW_OK);
}

/* Steps until it holds; fails after half a minute. */
#define STEP_UNTIL(f, condition)                                                                   \
    for (unsigned tries_ = 0; !(condition); tries_++) {                                            \
        if (tries_ == 3000) {                                                                      \
            fail_msg("never: %s; trouble: %s; log:\n%s", #condition,                               \
                     (f)->signer != NULL ? cw_signer_trouble((f)->signer) : "", (f)->lines);       \
        }                                                                                          \
        step(f);                                                                                   \
    }

static void start(struct fixture *f, const char *name, const char *variable) {
    const struct cw_client_config config = {.loop = f->loop,
                                            .name = name,
                                            .program = PLAIN_PROGRAM,
                                            .config = f->bed.config,
                                            .variable = variable};
    if (cw_signer_client(&f->signer, &config, &f->error) != CW_OK) {
        fail_msg("%s", f->error.text);
    }
    assert_string_equal(cw_signer_trouble(f->signer), "");
    assert_true(cw_addr20_equal(cw_signer_address(f->signer), &signer_account));
}

static void connect_to(struct fixture *f, const struct cw_addr20 *address) {
    const struct cw_client_config config = {
        .loop = f->loop, .name = "far", .socket = f->bed.socket, .address = *address};
    assert_int_equal(cw_signer_client(&f->signer, &config, &f->error), CW_OK);
}

static void on_done(void *ctx, enum cw_err err, struct cw_slice raw, const struct cw_hash32 *hash,
                    const char *text) {
    struct answer *answer = ctx;
    answer->n++;
    answer->err = err;
    answer->raw_n = raw.n;
    answer->good = err == CW_OK &&
                   cw_signer_check(&answer->request, &signer_account, raw, hash, NULL) == CW_OK;
    snprintf(answer->text, sizeof answer->text, "%s", text);
}

static struct answer sign(struct fixture *f, const struct cw_sign_request *request) {
    struct answer answer = {.request = *request};
    cw_signer_sign(f->signer, request, on_done, &answer);
    STEP_UNTIL(f, answer.n > 0);
    assert_int_equal(answer.n, 1);
    return answer;
}

static void must_sign(struct fixture *f, uint64_t nonce) {
    const struct cw_sign_request request = signer_sample(nonce, 100000);
    struct answer answer = sign(f, &request);
    if (!answer.good) {
        fail_msg("%s: %s", cw_err_name(answer.err), answer.text);
    }
}

/* Children of this process, by their number; 0: none. */
static pid_t child_of(void) {
    pid_t found = 0;
    DIR *dir = opendir("/proc");
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char path[300], text[256], state;
        int parent = 0;
        snprintf(path, sizeof path, "/proc/%.200s/stat", entry->d_name);
        FILE *in = fopen(path, "r");
        if (in == NULL) {
            continue;
        }
        const char *end = fgets(text, sizeof text, in) != NULL ? strrchr(text, ')') : NULL;
        fclose(in);
        if (end != NULL && sscanf(end + 2, "%c %d", &state, &parent) == 2 && parent == getpid()) {
            found = (pid_t)strtol(entry->d_name, NULL, 10);
        }
    }
    closedir(dir);
    return found;
}

/* --- started here ----------------------------------------------------------------------------- */

static void client__requests__signed_and_refused_as_the_policy_says(void **state) {
    struct fixture *f = *state;
    start(f, "main", "");
    assert_non_null(strstr(f->lines, "signer main: signs for 0xf39fd6"));
    for (uint64_t nonce = 0; nonce < 5; nonce++) {
        must_sign(f, nonce);
    }
    struct cw_sign_request request = signer_sample(9, 100000);
    request.to.b[0] = 0x12;
    struct answer answer = sign(f, &request);
    assert_int_equal(answer.err, CW_ERR_REFUSED);
    assert_non_null(strstr(answer.text, "refused (contract): the policy does not name"));
    request = signer_sample(9, 1000001);
    answer = sign(f, &request);
    assert_int_equal(answer.err, CW_ERR_OVERLOADED);
    assert_non_null(strstr(answer.text, "refused (fee): may cost"));
    request = signer_sample(9, 100000);
    request.data.n = 2;
    answer = sign(f, &request);
    assert_int_equal(answer.err, CW_ERR_INPUT);
    /* what it logs is in our log, once, with its level */
    STEP_UNTIL(f, strstr(f->lines, "warn  signer main: refused (fee): chain 900") != NULL);
    assert_non_null(strstr(f->lines, "info  signer main: signed: chain 900"));
}

static void client__many_at_once__all_answered(void **state) {
    struct fixture *f = *state;
    static struct answer answers[CW_SIGNER_CLIENT_MAX + 6];
    start(f, "main", "");
    for (size_t i = 0; i < CW_COUNT(answers); i++) {
        answers[i] = (struct answer){.request = signer_sample(i, 1000)};
        cw_signer_sign(f->signer, &answers[i].request, on_done, &answers[i]);
    }
    size_t busy = 0;
    for (size_t i = 0; i < CW_COUNT(answers); i++) {
        STEP_UNTIL(f, answers[i].n > 0);
        assert_int_equal(answers[i].n, 1);
        busy += answers[i].err == CW_ERR_BUSY;
        assert_true(answers[i].good || answers[i].err == CW_ERR_BUSY);
    }
    assert_int_equal(busy, 6);
}

static void client__large_requests__more_than_a_socket_takes(void **state) {
    struct fixture *f = *state;
    struct answer answers[10];
    size_t busy = 0;
    uint8_t *data = calloc(1, CW_SIGN_DATA_MAX);
    assert_non_null(data);
    start(f, "main", "");
    struct cw_sign_request request = signer_sample(0, 1000);
    memcpy(data, request.data.p, 4);
    request.data = cw_slice_of(data, CW_SIGN_DATA_MAX);
    for (size_t i = 0; i < CW_COUNT(answers); i++) {
        request.nonce = i;
        answers[i] = (struct answer){.request = request};
        cw_signer_sign(f->signer, &answers[i].request, on_done, &answers[i]);
    }
    for (size_t i = 0; i < CW_COUNT(answers); i++) {
        STEP_UNTIL(f, answers[i].n > 0);
        busy += answers[i].err == CW_ERR_BUSY;
        assert_true(answers[i].err == CW_ERR_BUSY ||
                    (answers[i].good && answers[i].raw_n > CW_SIGN_DATA_MAX));
    }
    assert_in_range(busy, 1, 2);
    assert_string_equal(cw_signer_trouble(f->signer), "");
    free(data);
}

static void client__killed__gone_and_back_with_its_policy(void **state) {
    struct fixture *f = *state;
    start(f, "main", "");
    must_sign(f, 1);
    for (unsigned round = 0; round < 3; round++) {
        pid_t pid = child_of();
        assert_true(pid > 0);
        struct answer answer = {.request = signer_sample(2, 100000)};
        assert_int_equal(kill(pid, SIGSTOP), 0);
        cw_signer_sign(f->signer, &answer.request, on_done, &answer);
        step(f);
        assert_int_equal(answer.n, 0);
        assert_int_equal(kill(pid, SIGKILL), 0);
        STEP_UNTIL(f, answer.n > 0);
        assert_int_equal(answer.err, CW_ERR_TRANSPORT);
        STEP_UNTIL(f, strstr(cw_signer_trouble(f->signer), "ended by signal 9") != NULL);
        assert_non_null(strstr(cw_signer_trouble(f->signer), "signer main is gone"));
        answer = (struct answer){.request = signer_sample(2, 100000)};
        cw_signer_sign(f->signer, &answer.request, on_done, &answer);
        assert_int_equal(answer.n, 1); /* at once */
        assert_int_equal(answer.err, CW_ERR_TRANSPORT);
        pushed_ms += 1000u << round;
        STEP_UNTIL(f, cw_signer_trouble(f->signer)[0] == '\0');
        must_sign(f, 2);
        assert_int_not_equal(child_of(), pid);
    }
    assert_non_null(strstr(f->lines, "error signer main: signer main is gone (ended by signal 9)"));
    /* what it had signed before it died counts: 0.48 ether are left of 0.5 */
    struct cw_sign_request request = signer_sample(3, 1000000);
    for (; request.nonce < 7; request.nonce++) {
        assert_true(sign(f, &request).good);
    }
    request.gas_limit = 800001;
    struct answer answer = sign(f, &request);
    assert_int_equal(answer.err, CW_ERR_OVERLOADED);
    assert_non_null(strstr(answer.text, "refused (budget)"));
}

/* A pause that grows: one that dies at once does not take the machine. */
static void client__dies_again_and_again__tried_more_and_more_rarely(void **state) {
    struct fixture *f = *state;
    start(f, "main", "");
    char key[600];
    snprintf(key, sizeof key, "%s.away", f->bed.key);
    assert_int_equal(rename(f->bed.key, key), 0);
    assert_int_equal(kill(child_of(), SIGKILL), 0);
    STEP_UNTIL(f, cw_signer_trouble(f->signer)[0] != '\0');
    static const unsigned pauses[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
    for (size_t i = 0; i < CW_COUNT(pauses); i++) {
        STEP_UNTIL(f, child_of() == 0);
        pushed_ms += pauses[i] - 900;
        for (unsigned k = 0; k < 5; k++) {
            step(f);
            assert_int_equal(child_of(), 0);
        }
        pushed_ms += 900;
        STEP_UNTIL(f, child_of() != 0);
    }
    STEP_UNTIL(f, child_of() == 0);
    assert_non_null(strstr(cw_signer_trouble(f->signer), "can't be opened"));
    assert_int_equal(rename(key, f->bed.key), 0);
    pushed_ms += 60000;
    STEP_UNTIL(f, cw_signer_trouble(f->signer)[0] == '\0');
    must_sign(f, 1);
}

static void client__renewed__another_process_with_the_new_policy(void **state) {
    struct fixture *f = *state;
    char path[512], text[4096];
    start(f, "main", "");
    must_sign(f, 1);
    pid_t pid = child_of();
    temp_path(&f->bed.temp, "main.json", path, sizeof path);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    ssize_t n = read(fd, text, sizeof text - 1);
    assert_true(n > 0);
    text[n] = '\0';
    char *fee = strstr(text, "100 gwei");
    assert_non_null(fee);
    memcpy(fee, "099 gwei", 8);
    assert_int_equal(pwrite(fd, text, (size_t)n, 0), n);
    close(fd);
    struct answer answer = {.request = signer_sample(2, 100000)};
    assert_int_equal(kill(pid, SIGSTOP), 0);
    cw_signer_sign(f->signer, &answer.request, on_done, &answer);
    assert_true(cw_signer_client_renew(f->signer));
    assert_int_equal(answer.n, 1);
    assert_int_equal(answer.err, CW_ERR_TRANSPORT);
    assert_int_equal(kill(pid, SIGCONT), 0);
    STEP_UNTIL(f, cw_signer_trouble(f->signer)[0] == '\0');
    assert_int_not_equal(child_of(), pid);
    assert_non_null(strstr(f->lines, "under another policy than before"));
    assert_null(strstr(f->lines, "is gone"));
    const struct cw_sign_request request = signer_sample(2, 100000);
    answer = sign(f, &request);
    assert_int_equal(answer.err, CW_ERR_OVERLOADED);
    assert_non_null(strstr(answer.text, "above max_fee of"));
}

static void client__stopped__given_up_after_a_while(void **state) {
    struct fixture *f = *state;
    start(f, "main", "");
    pid_t pid = child_of();
    assert_int_equal(kill(pid, SIGSTOP), 0);
    struct answer answer = {.request = signer_sample(2, 100000)};
    cw_signer_sign(f->signer, &answer.request, on_done, &answer);
    pushed_ms += 29000;
    for (unsigned i = 0; i < 5; i++) {
        step(f);
    }
    assert_int_equal(answer.n, 0);
    pushed_ms += 2000;
    STEP_UNTIL(f, answer.n > 0);
    assert_int_equal(answer.err, CW_ERR_TRANSPORT);
    pushed_ms += 2000; /* then it is killed */
    STEP_UNTIL(f, strstr(cw_signer_trouble(f->signer), "ended by signal 9") != NULL);
    pushed_ms += 1000;
    STEP_UNTIL(f, cw_signer_trouble(f->signer)[0] == '\0');
    must_sign(f, 2);
}

static void client__can_not_start__said_with_its_own_words(void **state) {
    struct fixture *f = *state;
    const struct cw_client_config config = {.loop = f->loop,
                                            .name = "lost",
                                            .program = PLAIN_PROGRAM,
                                            .config = f->bed.config,
                                            .variable = ""};
    assert_int_equal(cw_signer_client(&f->signer, &config, &f->error), CW_ERR_INPUT);
    assert_non_null(
        strstr(f->error.text, "signer \"lost\" does not start: signer \"lost\": key file"));
    assert_null(f->signer);
    assert_int_equal(child_of(), 0);
    const struct cw_client_config nothing = {.loop = f->loop,
                                             .name = "main",
                                             .program = "/nonexistent",
                                             .config = f->bed.config,
                                             .variable = ""};
    assert_int_equal(cw_signer_client(&f->signer, &nothing, &f->error), CW_ERR_IO);
    assert_non_null(strstr(f->error.text, "can't be started"));
}

/* Starts a script in a signer's place, which fails. */
static void start_script(struct fixture *f, const char *text) {
    char path[512];
    temp_path(&f->bed.temp, "script", path, sizeof path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    const struct cw_client_config config = {
        .loop = f->loop, .name = "main", .program = path, .config = f->bed.config, .variable = ""};
    assert_int_not_equal(cw_signer_client(&f->signer, &config, &f->error), CW_OK);
    assert_null(f->signer);
    assert_int_equal(child_of(), 0);
}

static void client__no_memory_as_it_starts__ends_all_the_same(void **state) {
    struct fixture *f = *state;
    bool failed = true;
    push_ms = 20000;
    for (unsigned long n = 1; failed; n++) {
        nth_malloc_fail(n);
        start_script(f, "#!/bin/sh\nexec /bin/sleep 60\n");
        failed = nth_malloc_failed();
        nth_malloc_fail(0);
    }
}

static void client__says_nothing_as_it_starts__ended_and_not_started_again(void **state) {
    struct fixture *f = *state;
    push_ms = 500;
    start_script(f, "#!/bin/sh\nexec /bin/sleep 60\n");
    assert_non_null(strstr(f->error.text, "\"main\" does not start: it did not answer in time"));
}

static void client__speaks_nonsense_as_it_starts__that_is_said(void **state) {
    struct fixture *f = *state;
    start_script(f, "#!/bin/sh\nprintf 'HTTP/1.1 400 Bad Request' >&0\n"
                    "read line <&0\necho 'info: I am fine' >&2\n");
    assert_non_null(strstr(f->error.text, "it sends a frame of no length that there is"));
}

static void client__ends_as_it_starts__its_last_words(void **state) {
    struct fixture *f = *state;
    start_script(f, "#!/bin/sh\necho 'the key is lost' >&2\nexit 1\n");
    assert_non_null(strstr(f->error.text, "does not start: the key is lost"));
}

#define KEY "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"

static bool stands_in_environ(const char *text) {
    char environ_text[1 << 16];
    int fd = open("/proc/self/environ", O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, environ_text, sizeof environ_text);
    close(fd);
    assert_true(n >= 0);
    return memmem(environ_text, (size_t)n, text, strlen(text)) != NULL;
}

/* Run as a program of its own, which had the key in its environment from the start. */
static int run_with_variable(void) {
    struct fixture *f = NULL;
    if (set_up((void **)&f) != 0 || !stands_in_environ(KEY)) {
        return 10;
    }
    start(f, "env", "CAUSEWAY_TEST_KEY");
    must_sign(f, 1);
    if (getenv("CAUSEWAY_TEST_KEY") != NULL || stands_in_environ(KEY)) {
        return 11;
    }
    char path[64], text[4096] = "";
    snprintf(path, sizeof path, "/proc/%d/environ", (int)child_of());
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, text, sizeof text);
    close(fd);
    /* the one variable, without its value */
    if (n < 18 || memcmp(text, "CAUSEWAY_TEST_KEY=", 18) != 0 || memmem(text, (size_t)n, KEY, 64)) {
        return 12;
    }
    kill(child_of(), SIGKILL);
    STEP_UNTIL(f, cw_signer_trouble(f->signer)[0] != '\0');
    pushed_ms += 1000;
    STEP_UNTIL(f, strstr(cw_signer_trouble(f->signer), "which is wiped: start the relayer again"));
    return child_of() == 0 ? tear_down((void **)&f) : 13;
}

static void client__key_in_a_variable__only_its_process_has_it(void **state) {
    (void)state;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        setenv("CAUSEWAY_TEST_KEY", "0x" KEY, 1);
        setenv("CAUSEWAY_TEST_CASE", "variable", 1);
        execl("/proc/self/exe", "test_sign_client", (char *)NULL);
        _exit(99);
    }
    assert_int_equal(signer_wait(pid), 0);
}

/* --- apart ------------------------------------------------------------------------------------ */

static void client__apart__reached_when_it_is_there(void **state) {
    struct fixture *f = *state;
    connect_to(f, &signer_account);
    assert_non_null(strstr(cw_signer_trouble(f->signer), "signer far is gone"));
    assert_true(cw_addr20_equal(cw_signer_address(f->signer), &signer_account));
    step(f);
    for (unsigned round = 0; round < 2; round++) {
        pid_t pid = signer_start_apart(&f->bed, PLAIN_PROGRAM);
        pushed_ms += 60000;
        STEP_UNTIL(f, cw_signer_trouble(f->signer)[0] == '\0');
        must_sign(f, round);
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(signer_wait(pid), 128 + SIGKILL);
        STEP_UNTIL(f, cw_signer_trouble(f->signer)[0] != '\0');
        assert_non_null(strstr(cw_signer_trouble(f->signer), "before it is reached again"));
    }
    size_t n = 0;
    for (const char *at = f->lines; (at = strstr(at, "signer far is gone")) != NULL; at++) {
        n++;
    }
    assert_in_range(n, 2, 5); /* not once for each try */
}

static void client__apart_with_another_key__not_used(void **state) {
    struct fixture *f = *state;
    const struct cw_addr20 other = {{0x42}};
    pid_t pid = signer_start_apart(&f->bed, PLAIN_PROGRAM);
    connect_to(f, &other);
    STEP_UNTIL(f, strstr(cw_signer_trouble(f->signer), "it signs for another address") != NULL);
    const struct cw_sign_request request = signer_sample(1, 100000);
    assert_int_equal(sign(f, &request).err, CW_ERR_TRANSPORT);
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_int_equal(signer_wait(pid), 0);
}

/* By the other side; its hello is read on the way. */
static bool is_closed(int fd) {
    char bytes[64];
    ssize_t n;
    do {
        n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    } while (n > 0);
    return n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

/* One that speaks nonsense is not listened to. */
static void client__apart_and_not_a_signer__given_up(void **state) {
    struct fixture *f = *state;
    static const struct {
        struct cw_slice bytes;
        const char *why;
    } cases[] = {
        {{(const uint8_t *)"HTTP/1.1 400 Bad Request\r\n", 26}, "no length that there is"},
        {{(const uint8_t *)"\0\0\0\x02\xc1\x80", 6}, "malformed frames"},
        {{(const uint8_t *)"\0\0\0\x06\xc5\x03\x01\x01\x81\xff", 10}, "malformed frames"},
        {{(const uint8_t *)"\0\0\0\x05\xc4\x03\x01\x01\x80", 9}, "another version"},
        {{(const uint8_t *)"\0\0\0\x05\xc4\x03\x01\x09\x80", 9}, "does not answer hello"},
        {{(const uint8_t *)"\0\0\0\x27\xe6\x02\x01\x82\x01\x02\xa0"
                           "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
          43},
         "does not answer hello"},
    };
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, f->bed.socket, strlen(f->bed.socket));
    int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listening, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listening, 4), 0);
    connect_to(f, &signer_account);
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
        assert_true(fd >= 0);
        assert_true(signer_send(fd, cases[i].bytes));
        STEP_UNTIL(f, is_closed(fd));
        if (strstr(cw_signer_trouble(f->signer), cases[i].why) == NULL) {
            fail_msg("case %zu: %s", i, cw_signer_trouble(f->signer));
        }
        close(fd);
        pushed_ms += 60000;
        step(f);
        step(f);
    }
    close(listening);
}

int main(void) {
    if (getenv("CAUSEWAY_TEST_CASE") != NULL) {
        return run_with_variable();
    }
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(client__requests__signed_and_refused_as_the_policy_says),
        CASE(client__many_at_once__all_answered),
        CASE(client__large_requests__more_than_a_socket_takes),
        CASE(client__killed__gone_and_back_with_its_policy),
        CASE(client__dies_again_and_again__tried_more_and_more_rarely),
        CASE(client__renewed__another_process_with_the_new_policy),
        CASE(client__stopped__given_up_after_a_while),
        CASE(client__can_not_start__said_with_its_own_words),
        CASE(client__says_nothing_as_it_starts__ended_and_not_started_again),
        CASE(client__no_memory_as_it_starts__ends_all_the_same),
        CASE(client__speaks_nonsense_as_it_starts__that_is_said),
        CASE(client__ends_as_it_starts__its_last_words),
        cmocka_unit_test(client__key_in_a_variable__only_its_process_has_it),
        CASE(client__apart__reached_when_it_is_there),
        CASE(client__apart_with_another_key__not_used),
        CASE(client__apart_and_not_a_signer__given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
