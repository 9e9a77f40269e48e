#include "signer_bed.h"

#include <causeway/abi.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
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
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define WAIT_MS 30000

const char *const signer_programs[2] = {CAUSEWAY_PROGRAM, PLAIN_PROGRAM};

/* The well-known first development account. */
const char signer_key_digits[] = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const struct cw_addr20 signer_account = {{0xf3, 0x9f, 0xd6, 0xe5, 0x1a, 0xad, 0x88,
                                          0xf6, 0xf4, 0xce, 0x6a, 0xb8, 0x82, 0x72,
                                          0x79, 0xcf, 0xff, 0xb9, 0x22, 0x66}};

#define PORTAL "0x1111111111111111111111111111111111111111"

static void write_text(const char *path, unsigned mode, const char *format, ...) CW_PRINTF(3, 4);

static void write_text(const char *path, unsigned mode, const char *format, ...) {
    char text[4096];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    assert_true(n > 0 && (size_t)n < sizeof text);
    temp_write(path, text, (size_t)n, mode);
}

void signer_bed_policy(const struct signer_bed *bed, const char *uids, const char *members) {
    write_text(bed->policy, 0600,
               "{%s \"key\": {\"key_file\": \"key\"}, \"journal\": \"apart.journal\","
               " \"allow_uid\": [%s], \"chains\": {\"l1\": {\"chain_id\": 900,"
               " \"max_fee\": \"100 gwei\", \"max_transaction_fee\": \"0.1 ether\","
               " \"hourly_fee_budget\": \"0.5 ether\", \"daily_fee_budget\": \"1 ether\","
               " \"contracts\": [{\"address\": \"" PORTAL "\", \"calls\": [\"prove()\"]}]}}}",
               members, uids);
}

void signer_bed_make(struct signer_bed *bed) {
    char uid[32], policy[512];
    temp_make(&bed->temp);
    temp_path(&bed->temp, "key", bed->key, sizeof bed->key);
    temp_path(&bed->temp, "config.json", bed->config, sizeof bed->config);
    temp_path(&bed->temp, "policy.json", bed->policy, sizeof bed->policy);
    temp_path(&bed->temp, "socket", bed->socket, sizeof bed->socket);
    temp_path(&bed->temp, "apart.journal", bed->journal, sizeof bed->journal);
    temp_path(&bed->temp, "log", bed->log, sizeof bed->log);
    temp_write(bed->key, signer_key_digits, strlen(signer_key_digits), 0600);
    temp_write(bed->log, "", 0, 0666);
    snprintf(uid, sizeof uid, "%u", geteuid());
    signer_bed_policy(bed, uid, "");
    temp_path(&bed->temp, "main.json", policy, sizeof policy);
    write_text(policy, 0600,
               "{\"journal\": \"main.journal\", \"chains\": {\"l1\": {\"chain_id\": 900,"
               " \"max_fee\": \"100 gwei\", \"max_transaction_fee\": \"0.1 ether\","
               " \"hourly_fee_budget\": \"0.5 ether\", \"daily_fee_budget\": \"1 ether\","
               " \"contracts\": [{\"address\": \"" PORTAL "\", \"calls\": [\"prove()\"]}]}}}");
#define ROUTE(name, signer)                                                                        \
    "\"" name "\": {\"stack\": \"opstack\", \"settlement\": \"l1\", \"execution\": \"l2\","        \
    " \"signer\": \"" signer "\", \"contracts\": {\"portal\": \"" PORTAL "\"},"                    \
    " \"policy\": {\"relay\": \"all\"}}"
    write_text(
        bed->config, 0600,
        "{\"data_dir\": \".\", \"chains\": {"
        "\"l1\": {\"chain_id\": 900, \"endpoints\": [\"http://127.0.0.1:1\"]},"
        "\"l2\": {\"chain_id\": 901, \"endpoints\": [\"http://127.0.0.1:2\"]}},"
        "\"signers\": {\"main\": {\"key_file\": \"key\", \"policy_file\": \"main.json\"},"
        "\"env\": {\"key_env\": \"CAUSEWAY_TEST_KEY\", \"policy_file\": \"main.json\"},"
        "\"lost\": {\"key_file\": \"lost\"}},"
        "\"routes\": {" ROUTE("a", "main") "," ROUTE("b", "env") "," ROUTE("c", "lost") "}}");
}

void signer_bed_remove(struct signer_bed *bed) {
    temp_remove(&bed->temp);
}

struct cw_sign_request signer_sample(uint64_t nonce, uint64_t gas) {
    static struct cw_selector prove;
    prove = cw_selector_of("prove()");
    struct cw_sign_request request = {
        .chain_id = {900},
        .nonce = nonce,
        .gas_limit = gas,
        .max_fee = {cw_u256_from_u64(100000000000)},
        .max_tip = {cw_u256_from_u64(1)},
        .data = cw_slice_of(prove.b, 4),
    };
    memset(request.to.b, 0x11, sizeof request.to.b);
    return request;
}

/* --- processes -------------------------------------------------------------------------------- */

/* Opened before the rights are given away: not every user may walk to where it lies. */
static void become(const struct signer_bed *bed, int program, int fd, uid_t uid,
                   const char *const *words) {
    char *argv[16] = {strdup("causeway"), strdup("signer")}, *envp[] = {NULL, NULL};
    const char *key = getenv("CAUSEWAY_TEST_KEY");
    char variable[256];
    for (size_t i = 0; words[i] != NULL && i < 13; i++) {
        argv[i + 2] = strdup(words[i]);
    }
    if (key != NULL) {
        snprintf(variable, sizeof variable, "CAUSEWAY_TEST_KEY=%s", key);
        envp[0] = variable;
    }
    int in = fd >= 0 ? fd : open("/dev/null", O_RDONLY);
    int log = open(bed->log, O_WRONLY | O_APPEND);
    if (in < 0 || log < 0 || dup2(in, 0) != 0 || dup2(log, 2) != 2 ||
        (uid != geteuid() && (setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0))) {
        _exit(90);
    }
    fexecve(program, argv, envp);
    _exit(91);
}

pid_t signer_start(const struct signer_bed *bed, const char *program, int fd, uid_t uid,
                   const char *const *words) {
    int opened = open(program, O_RDONLY | O_CLOEXEC);
    assert_true(opened >= 0);
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        become(bed, opened, fd, uid, words);
    }
    close(opened);
    return pid;
}

pid_t signer_start_inherited(const struct signer_bed *bed, const char *program, int *ret_fd) {
    const char *const words[] = {"--inherit", "--config", bed->config, "--name", "main", NULL};
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    pid_t pid = signer_start(bed, program, pair[1], geteuid(), words);
    close(pair[1]);
    *ret_fd = pair[0];
    return pid;
}

static void short_pause(void) {
    const struct timespec pause = {0, 5000000};
    nanosleep(&pause, NULL);
}

pid_t signer_start_apart(const struct signer_bed *bed, const char *program) {
    const char *const words[] = {"--socket", bed->socket, "--policy", bed->policy, NULL};
    temp_write(bed->log, "", 0, 0666);
    pid_t pid = signer_start(bed, program, -1, geteuid(), words);
    for (unsigned i = 0; strstr(signer_log(bed), "signs for") == NULL; i++) {
        if (i == WAIT_MS / 5) {
            fail_msg("it does not start: %s", signer_log(bed));
        }
        short_pause();
    }
    return pid;
}

int signer_wait(pid_t pid) {
    int status = 0;
    for (unsigned i = 0; waitpid(pid, &status, WNOHANG) == 0; i++) {
        if (i == WAIT_MS / 5) {
            kill(pid, SIGKILL);
            fail_msg("the process does not end");
        }
        short_pause();
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

const char *signer_log(const struct signer_bed *bed) {
    static char text[8 << 20];
    int fd = open(bed->log, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t n = read(fd, text, sizeof text - 1);
    assert_true(n >= 0);
    text[n] = '\0';
    close(fd);
    return text;
}

/* --- speaking --------------------------------------------------------------------------------- */

int signer_connect(const struct signer_bed *bed) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    assert_true(strlen(bed->socket) < sizeof address.sun_path);
    memcpy(address.sun_path, bed->socket, strlen(bed->socket));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

bool signer_send(int fd, struct cw_slice bytes) {
    while (bytes.n > 0) {
        ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return false;
        }
        bytes = cw_slice_of(bytes.p + n, bytes.n - (size_t)n);
    }
    return true;
}

static bool read_whole(int fd, uint8_t *out, size_t n) {
    while (n > 0) {
        struct pollfd wait = {fd, POLLIN, 0};
        assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
        ssize_t got = recv(fd, out, n, 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return false;
        }
        out += got;
        n -= (size_t)got;
    }
    return true;
}

bool signer_receive(int fd, struct cw_wire_answer *ret) {
    static uint8_t frame[CW_WIRE_PREFIX + CW_WIRE_BODY_MAX];
    if (!read_whole(fd, frame, CW_WIRE_PREFIX)) {
        return false;
    }
    size_t n = (size_t)frame[0] << 24 | (size_t)frame[1] << 16 | (size_t)frame[2] << 8 | frame[3];
    assert_in_range(n, 1, CW_WIRE_BODY_MAX);
    if (!read_whole(fd, frame + CW_WIRE_PREFIX, n)) {
        return false;
    }
    assert_int_equal(cw_wire_read_answer(ret, cw_slice_of(frame + CW_WIRE_PREFIX, n), NULL), CW_OK);
    return true;
}

bool signer_hello(int fd, struct cw_wire_answer *ret) {
    struct cw_buf buf;
    cw_buf_init(&buf, 4096);
    cw_wire_put_hello(&buf, 1, CW_WIRE_VERSION);
    bool sent = signer_send(fd, cw_buf_slice(&buf));
    cw_buf_done(&buf);
    return sent && signer_receive(fd, ret);
}

bool signer_ask(int fd, const struct cw_sign_request *request, struct cw_wire_answer *ret) {
    struct cw_buf buf;
    cw_buf_init(&buf, CW_WIRE_PREFIX + CW_WIRE_BODY_MAX);
    assert_int_equal(cw_wire_put_sign(&buf, 7, request), CW_OK);
    bool sent = signer_send(fd, cw_buf_slice(&buf));
    cw_buf_done(&buf);
    return sent && signer_receive(fd, ret);
}
