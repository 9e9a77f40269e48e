/* What core/loop.c, core/loop_fds.c and core/http.c share. */
#ifndef CORE_LOOP_PRIVATE_H
#define CORE_LOOP_PRIVATE_H

#include "core/loop.h"

#include <curl/curl.h>

#include <stdatomic.h>

struct cw_loop {
    const struct cw_clock *clock;
    atomic_uint_fast64_t turned_ms;
    CURLM *multi;
    int wake_fd;
    size_t transfers; /* under way */
    bool ended;       /* one of them has ended and was not told yet: no wait before that */
    struct cw_timer **timers;
    size_t timers_n, timers_capacity;
    uint64_t order;
    struct cw_loop_late late;
    struct cw_loop_fd *fds[CW_LOOP_FDS_MAX];
    size_t fds_n;
    bool telling; /* of descriptors that are ready */
};

uint64_t cw_loop_now(const struct cw_loop *loop);

/* Descriptors to be waited for, into room for all; returns how many. */
size_t cw_loop_fds_wait(const struct cw_loop *loop, struct curl_waitfd *out);
/* Calls who has one that is ready. */
void cw_loop_fds_tell(struct cw_loop *loop);

/* Moves bytes, and calls done of what has ended. */
CW_MUST_USE enum cw_err cw_http_perform(struct cw_loop *loop, struct cw_error *error);
/* Moves bytes only. */
CW_MUST_USE enum cw_err cw_http_start(struct cw_loop *loop, struct cw_error *error);

#endif
