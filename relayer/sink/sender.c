#include "sink/sender_private.h"

#include "core/config_sinks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_PAUSE_MS 1000u

static enum cw_err open_kind(struct cw_sender *sender, struct cw_error *error) {
    switch (sender->config->type) {
    case CW_SINK_WEBHOOK:
    case CW_SINK_SLACK:
    case CW_SINK_PAGERDUTY:
    case CW_SINK_ALERTMANAGER:
        return sender_http_open(sender, error);
    case CW_SINK_SYSLOG:
        return sender_syslog_open(sender, error);
    case CW_SINK_STDOUT:
        break;
    }
    return sender_stdout_open(sender, error);
}

/* secret NULL: as the configuration says. */
static enum cw_err make(struct cw_sender **ret, struct cw_loop *loop,
                        const struct cw_config_sink *config, const struct cw_slice *secret,
                        struct cw_error *error) {
    struct cw_sender *sender = calloc(1, sizeof *sender);
    if (sender == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    *sender = (struct cw_sender){.loop = loop, .config = config, .fd = -1};
    cw_buf_init(&sender->rest, SENDER_BODY_MAX);
    sender->secret = cw_password_new();
    if (gethostname(sender->host, sizeof sender->host - 1) != 0)
        sender->host[0] = '\0';
    enum cw_err err = CW_OK;
    if (sender->secret == NULL) {
        err = cw_error_set(error, CW_ERR_MEMORY, "no memory for secrets");
    } else if (secret == NULL) {
        err = cw_config_sink_secret(sender->secret, config, error);
    } else if (secret->n > CW_PASSWORD_MAX) {
        err = cw_error_set(error, CW_ERR_INPUT, "the secret is too long");
    } else if (secret->n > 0) {
        memcpy(sender->secret->b, secret->p, secret->n);
        sender->secret->n = secret->n;
    }
    if (err == CW_OK)
        err = open_kind(sender, error);
    if (err != CW_OK) {
        cw_sender_free(sender);
        return err;
    }
    *ret = sender;
    return CW_OK;
}

enum cw_err cw_sender_new(struct cw_sender **ret, struct cw_loop *loop,
                          const struct cw_config_sink *config, struct cw_error *error) {
    return make(ret, loop, config, NULL, error);
}

enum cw_err cw_sender_hook(struct cw_sender **ret, struct cw_loop *loop,
                           const struct cw_config_sink *config, struct cw_slice secret,
                           struct cw_error *error) {
    return make(ret, loop, config, &secret, error);
}

void cw_sender_free(struct cw_sender *sender) {
    if (sender == NULL)
        return;
    if (sender->ops != NULL)
        sender->ops->close(sender);
    cw_url_free(sender->url);
    if (sender->fd >= 0)
        (void)close(sender->fd);
    cw_buf_done(&sender->rest);
    cw_password_free(sender->secret);
    free(sender);
}

const char *cw_sender_label(const struct cw_sender *sender) {
    return sender->label;
}

void cw_sender_send(struct cw_sender *sender, const struct cw_alert *alerts, size_t n,
                    cw_sender_done *done, void *ctx) {
    sender->ops->send(sender, alerts, n, done, ctx);
}

uint64_t cw_sender_pause_ms(uint64_t failures, uint64_t most_ms, uint64_t seed) {
    uint64_t pause = FIRST_PAUSE_MS << (failures < 20 ? failures : 20);
    pause = pause < most_ms ? pause : most_ms;
    uint64_t x = (seed + 1) * 0x9e3779b97f4a7c15u;
    x ^= x >> 29;
    return pause - pause / 4 + x % (pause / 2 + 1);
}
