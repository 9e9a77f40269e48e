/* The one event loop: timers, HTTP transfers (libcurl multi) and a wake-up, on one thread. */
#ifndef CORE_LOOP_H
#define CORE_LOOP_H

#include "core/clock.h"

#include <causeway/base.h>

struct cw_loop;
struct cw_timer;

CW_MUST_USE enum cw_err cw_loop_new(struct cw_loop **ret, const struct cw_clock *clock,
                                    struct cw_error *error);
void cw_loop_free(struct cw_loop *loop); /* takes NULL; timers and transfers must be gone */

const struct cw_clock *cw_loop_clock(const struct cw_loop *loop);

/* Calls fn once, no earlier than after_ms from now. The timer frees itself when it fires; cancel
 * before that. NULL on allocation failure. */
struct cw_timer *cw_loop_after(struct cw_loop *loop, uint64_t after_ms, void (*fn)(void *ctx),
                               void *ctx);
void cw_loop_cancel(struct cw_loop *loop, struct cw_timer *timer); /* takes NULL */

/* Waits for and handles what is due: at most max_wait_ms (real time). Timers that are made by
 * callbacks wait for the next step. Not from a callback. */
CW_MUST_USE enum cw_err cw_loop_step(struct cw_loop *loop, uint32_t max_wait_ms,
                                     struct cw_error *error);
/* When it last began a step, by its clock. On any thread. */
uint64_t cw_loop_turned_ms(const struct cw_loop *loop);
/* How long after they were due timers have fired, all since the loop is: while one callback runs,
 * everything else waits. */
#define CW_LOOP_LATE 11
struct cw_loop_late {
    uint64_t n[CW_LOOP_LATE]; /* at most cw_loop_late_ms, and above the one before */
    uint64_t sum_ms[CW_LOOP_LATE];
};
extern const uint32_t cw_loop_late_ms[CW_LOOP_LATE]; /* the last one: INT32_MAX, and any more */
const struct cw_loop_late *cw_loop_late(const struct cw_loop *loop);

/* Ends a wait from a signal handler. */
void cw_loop_wake(struct cw_loop *loop);

/* --- descriptors ----------------------------------------------------------------------------- */

#define CW_LOOP_FDS_MAX 256u

struct cw_loop_fd;

/* Calls ready from cw_loop_step whenever fd can be read (its other side may be gone, too) and,
 * while that is wanted, written. fd stays the caller's: removed here before it is closed. NULL: out
 * of memory, or CW_LOOP_FDS_MAX are there. */
struct cw_loop_fd *cw_loop_fd_add(struct cw_loop *loop, int fd,
                                  void (*ready)(void *ctx, bool readable, bool writable),
                                  void *ctx);
void cw_loop_fd_write(struct cw_loop_fd *entry, bool wanted);
/* Takes NULL; may be called from ready, and ready is not called after it. */
void cw_loop_fd_remove(struct cw_loop *loop, struct cw_loop_fd *entry);

/* --- HTTP ------------------------------------------------------------------------------------ */

struct cw_http; /* one transfer under way */

/* What the bodies of several transfers may take together; outlives them. */
struct cw_http_share {
    size_t used, max; /* bytes */
};

struct cw_http_request {
    const char *url;
    const char *body; /* POST body, copied; content type application/json */
    size_t body_n;
    const char *const
        *headers; /* further lines, "Name: value", copied; ends with NULL; NULL: none */
    uint32_t connect_ms;
    uint32_t deadline_ms;        /* for the whole transfer */
    size_t max_bytes;            /* of the answer's body */
    struct cw_http_share *share; /* NULL: none */
    uint64_t *date_s; /* NULL, or where the answer's Date goes before done: Unix seconds; 0: it has
                         none */
    /* CW_OK: a whole answer came, whatever its status; body is borrowed. Else CW_ERR_TRANSPORT
     * (connection, TLS, deadline), CW_ERR_LIMIT (max_bytes, share) or CW_ERR_MEMORY, and text says
     * what. The transfer is gone by then. */
    void (*done)(void *ctx, enum cw_err err, long status, uint32_t retry_after_s,
                 struct cw_slice body, const char *text);
    void *ctx;
};

/* HTTP/1.1 or 2, TLS verified, no redirects, http and https only. done is called once from
 * cw_loop_step, never from here. Deadlines run on the loop's clock. CW_ERR_MEMORY only. */
CW_MUST_USE enum cw_err cw_http_post(struct cw_loop *loop, const struct cw_http_request *request,
                                     struct cw_http **ret);
void cw_http_cancel(struct cw_loop *loop,
                    struct cw_http *http); /* done is not called; takes NULL */

#endif
