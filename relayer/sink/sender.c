#include "sink/sender_private.h"

#include "core/config_sinks.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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

enum cw_err cw_sender_new(struct cw_sender **ret, struct cw_loop *loop,
                          const struct cw_config_sink *config, struct cw_error *error) {
    struct cw_sender *sender = calloc(1, sizeof *sender);
    if (sender == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    *sender = (struct cw_sender){.loop = loop, .config = config, .fd = -1};
    cw_buf_init(&sender->rest, SENDER_BODY_MAX);
    sender->secret = cw_password_new();
    if (gethostname(sender->host, sizeof sender->host - 1) != 0)
        sender->host[0] = '\0';
    enum cw_err err = sender->secret != NULL
                          ? cw_config_sink_secret(sender->secret, config, error)
                          : cw_error_set(error, CW_ERR_MEMORY, "no memory for secrets");
    if (err == CW_OK)
        err = open_kind(sender, error);
    if (err != CW_OK) {
        cw_sender_free(sender);
        return err;
    }
    *ret = sender;
    return CW_OK;
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
