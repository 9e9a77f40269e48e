/* What the kinds of senders share. */
#ifndef SINK_SENDER_PRIVATE_H
#define SINK_SENDER_PRIVATE_H

#include "net/url.h"
#include "sign/password.h"
#include "sink/sender.h"

#define SENDER_TEXT_SIZE 256u
#define SENDER_BODY_MAX  (4u << 20)

struct sender_ops {
    void (*send)(struct cw_sender *sender, const struct cw_alert *alerts, size_t n,
                 cw_sender_done *done, void *ctx);
    void (*close)(struct cw_sender *sender);
};

struct sender_post; /* http_sender.c: a request under way */

struct cw_sender {
    const struct sender_ops *ops;
    struct cw_loop *loop;
    const struct cw_config_sink *config;
    struct cw_password *secret; /* empty where there is none */
    char label[SENDER_TEXT_SIZE];
    char host[256]; /* of this machine; "" where it is not known */
    /* over HTTP */
    struct cw_url *url;
    struct sender_post *posts;
    /* others */
    int fd;             /* -1: closed */
    struct cw_buf rest; /* stdout: of a line that is written in part, */
    char rest_id[64];   /* and of which alert it is */
};

CW_MUST_USE enum cw_err sender_http_open(struct cw_sender *sender, struct cw_error *error);
CW_MUST_USE enum cw_err sender_syslog_open(struct cw_sender *sender, struct cw_error *error);
CW_MUST_USE enum cw_err sender_stdout_open(struct cw_sender *sender, struct cw_error *error);

#endif
