#include "sign/client.h"

#include "core/log.h"
#include "core/unix_socket.h"
#include "sign/launch.h"
#include "sign/log_pipe.h"
#include "sign/wire.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CHUNK      65536u
#define OUT_MAX    ((size_t)8 * (CW_WIRE_PREFIX + CW_WIRE_BODY_MAX))
#define HELLO_MS   60000u /* a keystore may take its time */
#define ANSWER_MS  30000u
#define PAUSE_MS   1000u  /* before it is tried again; twice as long each time, up to */
#define PAUSE_MOST 60000u /* and from the beginning when it has run for as long */
#define REAP_MS    2000u  /* from the end of its socket to that of the process, at most */
#define LOOK_MS    20u    /* after that end, again and again */

struct pending {
    uint64_t id;
    uint64_t due_ms;
    cw_sign_done *done;
    void *ctx;
};

enum state {
    GONE,     /* tried again when the timer says so */
    GREETING, /* connected; the answer to hello is missing */
    READY
};

struct client {
    struct cw_signer signer;
    struct cw_client_config config;
    char subject[96];
    enum state state;
    pid_t pid;               /* 0: none runs, or it was reaped */
    struct cw_log_pipe *log; /* while a process is, or was, and is not reaped */
    int fd;
    struct cw_loop_fd *fd_entry;
    struct cw_buf in, out;
    size_t sent; /* of out */
    bool broken; /* given up as soon as the loop comes to it */
    uint64_t last_id, hello_due_ms;
    struct pending pending[CW_SIGNER_CLIENT_MAX];
    size_t pending_n;
    struct cw_timer *timer;
    uint64_t timer_ms; /* when it is due */
    unsigned failures;
    uint64_t ready_since_ms, gone_since_ms, again_ms;
    bool known; /* digest and address are those of the first hello */
    struct cw_hash32 digest;
    char why[192]; /* it is gone */
    char trouble[384], told[384];
    struct cw_error first; /* while it is started for the first time: why it can't be */
    bool starting;
    bool dropped; /* by us: how it ends then is no reason */
    bool renewed; /* it was ended on purpose, and the next one has not begun */
};

static bool is_ours(const struct client *client) {
    return client->config.socket == NULL;
}

static uint64_t now_ms(const struct client *client) {
    const struct cw_clock *clock = cw_loop_clock(client->config.loop);
    return clock->monotonic_ms(clock->ctx);
}

static void on_timer(void *ctx);

/* Looks after deadlines, the dead, and what is tried again: then, or sooner. */
static void wake(struct client *client, uint64_t after_ms) {
    uint64_t due_ms = now_ms(client) + after_ms;
    if (client->timer != NULL && client->timer_ms <= due_ms) {
        return;
    }
    cw_loop_cancel(client->config.loop, client->timer);
    client->timer_ms = due_ms;
    client->timer = cw_loop_after(client->config.loop, after_ms, on_timer, client);
    if (client->timer == NULL) {
        cw_log(CW_LOG_ERROR, client->subject, "out of memory: it is not looked after");
    }
}

/* --- the end ---------------------------------------------------------------------------------- */

static void close_socket(struct client *client) {
    cw_loop_fd_remove(client->config.loop, client->fd_entry);
    client->fd_entry = NULL;
    if (client->fd >= 0) {
        (void)close(client->fd);
        client->fd = -1;
    }
    cw_buf_reset(&client->in);
    cw_buf_reset(&client->out);
    client->sent = 0;
    client->broken = false;
}

static void describe_trouble(struct client *client) {
    snprintf(client->trouble, sizeof client->trouble, "signer %s is gone (%s): %s",
             client->config.name, client->why,
             is_ours(client) ? "it is started again, and nothing is signed before"
                             : "nothing is signed before it is reached again");
}

/* Once for each trouble: one that is tried again and again fails in the same words. */
static void tell(struct client *client) {
    if (!client->starting && !client->renewed && strcmp(client->told, client->trouble) != 0) {
        memcpy(client->told, client->trouble, sizeof client->told);
        cw_log(CW_LOG_ERROR, client->subject, "%s", client->trouble);
    }
}

/* Its requests are answered, and it is tried again after a while. */
static void gone(struct client *client, const char *why) {
    struct pending pending[CW_SIGNER_CLIENT_MAX];
    size_t n = client->pending_n;
    memcpy(pending, client->pending, n * sizeof pending[0]);
    client->pending_n = 0;
    if (client->state == READY && now_ms(client) - client->ready_since_ms >= PAUSE_MOST) {
        client->failures = 0;
    }
    client->state = GONE;
    client->gone_since_ms = now_ms(client);
    close_socket(client);
    snprintf(client->why, sizeof client->why, "%s", why);
    describe_trouble(client);
    unsigned doubled = client->failures < 6 ? client->failures : 6;
    uint64_t pause = (uint64_t)PAUSE_MS << doubled;
    client->failures++;
    client->again_ms = now_ms(client) + (pause < PAUSE_MOST ? pause : PAUSE_MOST);
    wake(client, LOOK_MS);
    if (client->pid == 0) {
        tell(client);
    }
    for (size_t i = 0; i < n; i++) {
        pending[i].done(pending[i].ctx, CW_ERR_TRANSPORT, cw_slice_of(NULL, 0), NULL,
                        client->trouble);
    }
}

/* The same, not because it ended. */
static void drop(struct client *client, const char *why) {
    client->dropped = client->pid != 0;
    (void)cw_error_set(&client->first, CW_ERR_IO, "%s", why);
    gone(client, why);
}

/* What its end says of why it is gone. */
static void note_end(struct client *client, const char *how, int status) {
    const char *last = "";
    if (client->log != NULL) {
        cw_log_pipe_read(client->log);
        last = cw_log_pipe_last(client->log);
    }
    char why[sizeof client->why] = "";
    if (client->dropped) {
        snprintf(why, sizeof why, "%.100s; it ", client->why);
    } else {
        (void)cw_error_set(&client->first, status == 2 ? CW_ERR_INPUT : CW_ERR_IO, "%s",
                           last[0] != '\0' ? last : how);
    }
    size_t n = strlen(why);
    snprintf(why + n, sizeof why - n, "%s%s%.120s", how, last[0] != '\0' ? ", " : "", last);
    memcpy(client->why, why, sizeof why);
    client->dropped = false;
}

/* True when the process is no more; else it is told to end, and looked for again. */
static bool reap(struct client *client) {
    char how[CW_LAUNCH_END_SIZE];
    int status = -1;
    if (client->pid == 0) {
        return true;
    }
    if (!cw_launch_ended(client->pid, &status, how)) {
        if (now_ms(client) - client->gone_since_ms >= REAP_MS) {
            (void)kill(client->pid, SIGKILL);
        }
        return false;
    }
    client->pid = 0;
    note_end(client, how, status);
    describe_trouble(client);
    cw_log_pipe_free(client->log);
    client->log = NULL;
    tell(client);
    return true;
}

/* --- sending ---------------------------------------------------------------------------------- */

/* What can't be sent is given up by the loop, not from here: callers may be in the middle of it. */
static void flush_out(struct client *client) {
    while (client->sent < client->out.n) {
        ssize_t n = send(client->fd, client->out.p + client->sent, client->out.n - client->sent,
                         MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            if (errno != EAGAIN && errno != EWOULDBLOCK) {
                client->broken = true;
                wake(client, 0);
                return;
            }
            break;
        }
        client->sent += (size_t)n;
    }
    bool all = client->sent == client->out.n;
    if (all) {
        cw_buf_reset(&client->out);
        client->sent = 0;
    }
    cw_loop_fd_write(client->fd_entry, !all);
}

static void client_sign(struct cw_signer *signer, const struct cw_sign_request *request,
                        cw_sign_done *done, void *ctx) {
    struct client *client = (struct client *)signer;
    const struct cw_slice nothing = {NULL, 0};
    if (client->state != READY || client->broken) {
        done(ctx, CW_ERR_TRANSPORT, nothing, NULL, cw_signer_trouble(signer));
        return;
    }
    size_t frame = CW_WIRE_PREFIX + CW_WIRE_BODY_MAX - CW_SIGN_DATA_MAX + request->data.n;
    if (client->pending_n == CW_SIGNER_CLIENT_MAX || OUT_MAX - client->out.n < frame) {
        done(ctx, CW_ERR_BUSY, nothing, NULL, "too many signatures are under way");
        return;
    }
    uint64_t id = client->last_id + 1;
    if (cw_wire_put_sign(&client->out, id, request) != CW_OK) {
        done(ctx, CW_ERR_INPUT, nothing, NULL, "less calldata than a selector is not signed");
        return;
    }
    if (client->out.failed) { /* the stream is no whole one any more */
        client->broken = true;
        wake(client, 0);
        done(ctx, CW_ERR_MEMORY, nothing, NULL, "no memory for a request to the signer");
        return;
    }
    client->last_id = id;
    client->pending[client->pending_n++] = (struct pending){id, now_ms(client) + ANSWER_MS, done,
                                                            ctx};
    wake(client, 1000);
    flush_out(client);
}

/* --- answers ---------------------------------------------------------------------------------- */

static bool take_pending(struct client *client, uint64_t id, struct pending *ret) {
    for (size_t i = 0; i < client->pending_n; i++) {
        if (client->pending[i].id == id) {
            *ret = client->pending[i];
            client->pending[i] = client->pending[--client->pending_n];
            return true;
        }
    }
    return false;
}

static enum cw_err error_of(enum cw_sign_code code) {
    if (code == CW_SIGN_MEMORY) {
        return CW_ERR_MEMORY;
    }
    if (code == CW_SIGN_JOURNAL) {
        return CW_ERR_IO;
    }
    return cw_sign_code_passes(code) ? CW_ERR_OVERLOADED : CW_ERR_REFUSED;
}

static void welcome(struct client *client, const struct cw_wire_answer *answer) {
    char address[CW_HEX_SIZE(20)], digest[CW_HEX_SIZE(32)];
    bool another = client->known && !cw_hash32_equal(&client->digest, &answer->digest);
    client->signer.address = answer->address;
    client->digest = answer->digest;
    client->known = true;
    client->state = READY;
    client->ready_since_ms = now_ms(client);
    client->trouble[0] = client->told[0] = '\0';
    if (client->log != NULL) {
        cw_log_pipe_hush(client->log, false);
    }
    cw_log(another ? CW_LOG_WARN : CW_LOG_INFO, client->subject, "signs for %s under %s %.18s..",
           cw_hex_encode(address, cw_slice_of(answer->address.b, sizeof answer->address.b)),
           another ? "another policy than before," : "the policy",
           cw_hex_encode(digest, cw_slice_of(answer->digest.b, sizeof answer->digest.b)));
}

/* NULL, or why it is not spoken to any more. */
static const char *take_hello(struct client *client, const struct cw_wire_answer *answer) {
    if (answer->kind == CW_WIRE_REFUSED) {
        return answer->code == CW_SIGN_VERSION ? "it speaks another version of the protocol"
                                               : "it does not answer hello";
    }
    if (answer->kind != CW_WIRE_HELLO || answer->version != CW_WIRE_VERSION) {
        return "it does not answer hello";
    }
    if (!cw_addr20_is_zero(&client->signer.address) &&
        !cw_addr20_equal(&client->signer.address, &answer->address)) {
        return "it signs for another address";
    }
    welcome(client, answer);
    return NULL;
}

static const char *take_answer(struct client *client, const struct cw_wire_answer *answer) {
    struct pending pending;
    if (client->state == GREETING) {
        return take_hello(client, answer);
    }
    if (answer->kind == CW_WIRE_HELLO || !take_pending(client, answer->id, &pending)) {
        return "it answers what it was not asked";
    }
    if (answer->kind == CW_WIRE_SIGN) {
        pending.done(pending.ctx, CW_OK, answer->raw, &answer->hash, "");
    } else {
        char text[CW_WIRE_TEXT_MAX + 64];
        snprintf(text, sizeof text, "refused (%s): %.*s", cw_sign_code_name(answer->code),
                 (int)answer->text.n, (const char *)answer->text.p);
        pending.done(pending.ctx, error_of(answer->code), cw_slice_of(NULL, 0), NULL, text);
    }
    return NULL;
}

/* Of what came in so far. */
static const char *take_answers(struct client *client) {
    size_t at = 0;
    const char *wrong = NULL;
    while (wrong == NULL) {
        struct cw_slice body = {NULL, 0};
        struct cw_wire_answer answer;
        size_t used = 0;
        if (cw_wire_next(&body, &used, cw_slice_of(client->in.p + at, client->in.n - at)) !=
            CW_OK) {
            return "it sends a frame of no length that there is";
        }
        if (used == 0) {
            break;
        }
        at += used;
        wrong = cw_wire_read_answer(&answer, body, NULL) == CW_OK ? take_answer(client, &answer)
                                                                  : "it sends malformed frames";
    }
    if (wrong == NULL && at > 0) {
        client->in.n -= at;
        memmove(client->in.p, client->in.p + at, client->in.n);
    }
    return wrong;
}

static void on_socket(void *ctx, bool readable, bool writable) {
    struct client *client = ctx;
    if (writable) {
        flush_out(client);
    }
    if (!readable) {
        return;
    }
    uint8_t chunk[CHUNK];
    ssize_t n = recv(client->fd, chunk, sizeof chunk, MSG_DONTWAIT);
    if (n < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)) {
        return;
    }
    if (n <= 0) {
        gone(client, n == 0 ? "it closed its socket" : strerror(errno));
        return;
    }
    cw_buf_append(&client->in, chunk, (size_t)n);
    const char *wrong = client->in.failed ? "no memory for its answers" : take_answers(client);
    if (wrong != NULL) {
        drop(client, wrong);
    }
}

/* --- beginning -------------------------------------------------------------------------------- */

static enum cw_err reach(struct client *client, struct cw_error *error) {
    if (!is_ours(client)) {
        return cw_unix_connect(&client->fd, client->config.socket, error);
    }
    struct cw_launched launched;
    const struct cw_launch launch = {.program = client->config.program,
                                     .config = client->config.config,
                                     .name = client->config.name,
                                     .variable = client->config.variable};
    if (client->known && launch.variable[0] != '\0') {
        return cw_error_set(error, CW_ERR_INPUT,
                            "its key came in %s, which is wiped: start the relayer again",
                            launch.variable);
    }
    enum cw_err err = cw_launch(&launched, &launch, error);
    if (err != CW_OK) {
        return err;
    }
    client->pid = launched.pid;
    client->fd = launched.fd;
    err = cw_log_pipe_new(&client->log, client->config.loop, launched.log_fd, client->subject,
                          error);
    if (err == CW_OK) { /* its last words are in our own */
        cw_log_pipe_hush(client->log, true);
    }
    return err;
}

static void begin(struct client *client) {
    struct cw_loop *loop = client->config.loop;
    struct cw_error error;
    client->renewed = false;
    if (reach(client, &error) != CW_OK) {
        drop(client, error.text);
        client->first = error;
        return;
    }
    client->fd_entry = cw_loop_fd_add(loop, client->fd, on_socket, client);
    cw_wire_put_hello(&client->out, ++client->last_id, CW_WIRE_VERSION);
    if (client->fd_entry == NULL || client->out.failed) {
        drop(client, "no memory to speak to it");
        return;
    }
    client->state = GREETING;
    client->hello_due_ms = now_ms(client) + HELLO_MS;
    wake(client, 1000);
    flush_out(client);
}

static bool is_late(const struct client *client) {
    uint64_t now = now_ms(client);
    if (client->state == GREETING) {
        return now >= client->hello_due_ms;
    }
    for (size_t i = 0; i < client->pending_n; i++) {
        if (now >= client->pending[i].due_ms) {
            return true;
        }
    }
    return false;
}

static void on_timer(void *ctx) {
    struct client *client = ctx;
    client->timer = NULL;
    if (client->state == GONE) {
        if (!reap(client)) {
            wake(client, LOOK_MS);
        } else if (client->starting) {
            return; /* who starts it wants to know how that ends */
        } else if (now_ms(client) >= client->again_ms) {
            begin(client);
        } else {
            wake(client, client->again_ms - now_ms(client));
        }
    } else if (client->broken) {
        gone(client, "it takes nothing any more");
    } else if (is_late(client)) {
        drop(client, "it did not answer in time");
    } else if (client->state == GREETING || client->pending_n > 0) {
        wake(client, 1000);
    }
}

static const char *client_trouble(const struct cw_signer *signer) {
    const struct client *client = (const struct client *)signer;
    return client->state == READY ? "" : client->trouble;
}

/* --- the interface ---------------------------------------------------------------------------- */

/* The socket's end ends the process; one that hangs is killed. */
static void end_process(struct client *client) {
    const struct timespec pause = {0, 10000000};
    char how[CW_LAUNCH_END_SIZE];
    int status;
    for (unsigned i = 0; client->pid != 0 && i < 300; i++) {
        if (cw_launch_ended(client->pid, &status, how)) {
            client->pid = 0;
        } else {
            if (i == 200) {
                (void)kill(client->pid, SIGKILL);
            }
            (void)nanosleep(&pause, NULL);
        }
    }
}

static void config_done(struct cw_client_config *config) {
    const char *const texts[] = {config->name, config->socket, config->program, config->config,
                                 config->variable};
    for (size_t i = 0; i < CW_COUNT(texts); i++) {
        free((void *)texts[i]);
    }
}

/* False: out of memory; what was copied is to be given back all the same. */
static bool config_copy(struct cw_client_config *out, const struct cw_client_config *config) {
    const char **const texts[] = {&out->name, &out->socket, &out->program, &out->config,
                                  &out->variable};
    bool good = true;
    *out = *config;
    for (size_t i = 0; i < CW_COUNT(texts); i++) {
        if (*texts[i] != NULL) {
            *texts[i] = strdup(*texts[i]);
            good = good && *texts[i] != NULL;
        }
    }
    return good;
}

static void client_free(struct cw_signer *signer) {
    struct client *client = (struct client *)signer;
    cw_loop_cancel(client->config.loop, client->timer);
    close_socket(client);
    end_process(client);
    cw_log_pipe_free(client->log);
    cw_buf_done(&client->in);
    cw_buf_done(&client->out);
    config_done(&client->config);
    free(client);
}

static const struct cw_signer_ops client_ops = {client_sign, client_free, client_trouble};

static enum cw_err wait_ready(struct client *client, struct cw_error *error) {
    client->starting = true;
    begin(client);
    while (client->state != READY && (client->state != GONE || client->pid != 0)) {
        enum cw_err err = cw_loop_step(client->config.loop, 100, error);
        if (err != CW_OK) {
            return err;
        }
        if (client->timer == NULL) { /* there was no memory for it: nothing would end this */
            wake(client, LOOK_MS);
        }
    }
    client->starting = false;
    if (client->state == READY) {
        return CW_OK;
    }
    return cw_error_set(error, client->first.code, "signer \"%s\" does not start: %.400s",
                        client->config.name, client->first.text);
}

enum cw_err cw_signer_client(struct cw_signer **ret, const struct cw_client_config *config,
                             struct cw_error *error) {
    struct client *client = calloc(1, sizeof *client);
    if (client == NULL) {
        return cw_error_set(error, CW_ERR_MEMORY, "no memory for a signer");
    }
    client->signer.ops = &client_ops;
    client->signer.address = config->address;
    client->fd = -1;
    if (!config_copy(&client->config, config)) {
        client_free(&client->signer);
        return cw_error_set(error, CW_ERR_MEMORY, "no memory for a signer");
    }
    snprintf(client->subject, sizeof client->subject, "signer %.64s", config->name);
    snprintf(client->why, sizeof client->why, "not reached yet");
    describe_trouble(client);
    cw_buf_init(&client->in, CW_WIRE_PREFIX + CW_WIRE_BODY_MAX + CHUNK);
    cw_buf_init(&client->out, OUT_MAX);
    enum cw_err err = CW_OK;
    if (is_ours(client)) {
        err = wait_ready(client, error);
    } else {
        begin(client);
    }
    if (err != CW_OK) {
        client_free(&client->signer);
        return err;
    }
    *ret = &client->signer;
    return CW_OK;
}

bool cw_signer_client_renew(struct cw_signer *signer) {
    struct client *client = (struct client *)signer;
    if (!is_ours(client) || client->config.variable[0] != '\0') {
        return false;
    }
    if (client->state != GONE) {
        client->renewed = true;
        drop(client, "it reads its policy anew");
    }
    client->failures = 0;
    client->again_ms = now_ms(client);
    wake(client, 0);
    return true;
}
