#include "core/loop.h"

#include "core/loop_private.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* --- timers: a binary heap by (due, order of making) ------------------------------------------ */

struct cw_timer {
    uint64_t due_ms;
    uint64_t order;
    size_t at; /* in the heap */
    void (*fn)(void *ctx);
    void *ctx;
};

static bool before(const struct cw_timer *a, const struct cw_timer *b) {
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->order < b->order;
}

static void put(struct cw_loop *loop, size_t at, struct cw_timer *timer) {
    loop->timers[at] = timer;
    timer->at = at;
}

static void sift_up(struct cw_loop *loop, struct cw_timer *timer) {
    size_t at = timer->at;
    while (at > 0) {
        size_t parent = (at - 1) / 2;
        if (!before(timer, loop->timers[parent])) {
            break;
        }
        put(loop, at, loop->timers[parent]);
        at = parent;
    }
    put(loop, at, timer);
}

static void sift_down(struct cw_loop *loop, struct cw_timer *timer) {
    size_t at = timer->at;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= loop->timers_n) {
            break;
        }
        if (child + 1 < loop->timers_n && before(loop->timers[child + 1], loop->timers[child])) {
            child++;
        }
        if (!before(loop->timers[child], timer)) {
            break;
        }
        put(loop, at, loop->timers[child]);
        at = child;
    }
    put(loop, at, timer);
}

static void take_out(struct cw_loop *loop, struct cw_timer *timer) {
    assert(timer->at < loop->timers_n && loop->timers[timer->at] == timer);
    struct cw_timer *last = loop->timers[--loop->timers_n];
    if (last == timer) {
        assert(timer->at == loop->timers_n);
        return;
    }
    put(loop, timer->at, last);
    sift_up(loop, last);
    sift_down(loop, last);
}

struct cw_timer *cw_loop_after(struct cw_loop *loop, uint64_t after_ms, void (*fn)(void *ctx),
                               void *ctx) {
    if (loop->timers_n == loop->timers_capacity) {
        size_t capacity = loop->timers_capacity == 0 ? 64 : 2 * loop->timers_capacity;
        struct cw_timer **timers = reallocarray(loop->timers, capacity, sizeof(struct cw_timer *));
        if (timers == NULL) {
            return NULL;
        }
        loop->timers = timers;
        loop->timers_capacity = capacity;
    }
    struct cw_timer *timer = malloc(sizeof(*timer));
    if (timer == NULL) {
        return NULL;
    }
    uint64_t due_ms;
    if (__builtin_add_overflow(cw_loop_now(loop), after_ms, &due_ms)) {
        due_ms = UINT64_MAX;
    }
    *timer = (struct cw_timer){due_ms, loop->order++, loop->timers_n, fn, ctx};
    loop->timers_n++;
    sift_up(loop, timer);
    return timer;
}

void cw_loop_cancel(struct cw_loop *loop, struct cw_timer *timer) {
    if (timer == NULL) {
        return;
    }
    take_out(loop, timer);
    free(timer);
}

const uint32_t cw_loop_late_ms[CW_LOOP_LATE] = {1,   2,   5,   10,   20,       50,
                                                100, 200, 500, 1000, INT32_MAX};

static void note_late(struct cw_loop *loop, uint64_t late_ms) {
    size_t i = 0;
    while (i + 1 < CW_LOOP_LATE && late_ms > cw_loop_late_ms[i]) {
        i++;
    }
    loop->late.n[i]++;
    loop->late.sum_ms[i] += late_ms;
}

const struct cw_loop_late *cw_loop_late(const struct cw_loop *loop) {
    return &loop->late;
}

/* Timers that are made meanwhile wait for the next step, so that one that renews itself at once
 * can't hold it up. */
static void fire_due(struct cw_loop *loop) {
    uint64_t now = cw_loop_now(loop);
    uint64_t order = loop->order;
    while (loop->timers_n > 0) {
        struct cw_timer *timer = loop->timers[0];
        if (timer->due_ms > now || timer->order >= order) {
            break;
        }
        assert(timer->at == 0);
        take_out(loop, timer);
        note_late(loop, cw_loop_now(loop) - timer->due_ms); /* those before it took their time */
        void (*fn)(void *) = timer->fn;
        void *ctx = timer->ctx;
        free(timer);
        fn(ctx);
    }
}

/* --- the loop ------------------------------------------------------------------------------- */

enum cw_err cw_loop_new(struct cw_loop **ret, const struct cw_clock *clock,
                        struct cw_error *error) {
    static bool curl_ready; /* for the life of the process: curl's own state is not ours to end */
    if (!curl_ready && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return cw_error_set(error, CW_ERR_MEMORY, "the HTTP library does not start");
    }
    curl_ready = true;
    struct cw_loop *loop = calloc(1, sizeof(*loop));
    if (loop == NULL) {
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    }
    loop->clock = clock;
    loop->turned_ms = cw_loop_now(loop);
    loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->wake_fd < 0) {
        int saved = errno;
        cw_loop_free(loop);
        return cw_error_set(error, CW_ERR_IO, "eventfd: errno %d", saved);
    }
    loop->multi = curl_multi_init();
    if (loop->multi == NULL) {
        cw_loop_free(loop);
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    }
    *ret = loop;
    return CW_OK;
}

void cw_loop_free(struct cw_loop *loop) {
    if (loop == NULL) {
        return;
    }
    assert(loop->timers_n == 0);
    assert(loop->transfers == 0);
    assert(loop->fds_n == 0);
    if (loop->multi != NULL) {
        curl_multi_cleanup(loop->multi);
    }
    if (loop->wake_fd >= 0) {
        close(loop->wake_fd);
    }
    free(loop->timers);
    free(loop);
}

const struct cw_clock *cw_loop_clock(const struct cw_loop *loop) {
    return loop->clock;
}

uint64_t cw_loop_turned_ms(const struct cw_loop *loop) {
    return atomic_load_explicit(&loop->turned_ms, memory_order_relaxed);
}

uint64_t cw_loop_now(const struct cw_loop *loop) {
    return loop->clock->monotonic_ms(loop->clock->ctx);
}

static int wait_ms(const struct cw_loop *loop, uint32_t max_wait_ms) {
    uint64_t wait = loop->ended ? 0 : max_wait_ms;
    if (loop->timers_n > 0) {
        uint64_t due = loop->timers[0]->due_ms, now = cw_loop_now(loop);
        uint64_t until = due > now ? due - now : 0;
        wait = until < wait ? until : wait;
    }
    return wait > INT32_MAX ? INT32_MAX : (int)wait;
}

enum cw_err cw_loop_step(struct cw_loop *loop, uint32_t max_wait_ms, struct cw_error *error) {
    atomic_store_explicit(&loop->turned_ms, cw_loop_now(loop), memory_order_relaxed);
    struct curl_waitfd extra[1 + CW_LOOP_FDS_MAX] = {{loop->wake_fd, CURL_WAIT_POLLIN, 0}};
    unsigned extra_n = 1 + (unsigned)cw_loop_fds_wait(loop, extra + 1);
    CURLMcode code = curl_multi_poll(loop->multi, extra, extra_n, wait_ms(loop, max_wait_ms), NULL);
    if (code != CURLM_OK) {
        return cw_error_set(error, code == CURLM_OUT_OF_MEMORY ? CW_ERR_MEMORY : CW_ERR_IO,
                            "waiting for the network: %s", curl_multi_strerror(code));
    }
    uint64_t count;
    while (read(loop->wake_fd, &count, sizeof(count)) > 0) {
    }
    enum cw_err err = cw_http_perform(loop, error);
    if (err != CW_OK) {
        return err;
    }
    cw_loop_fds_tell(loop);
    fire_due(loop);
    /* What the timers and callbacks have started goes out now, not after the next wait. */
    return cw_http_start(loop, error);
}

void cw_loop_wake(struct cw_loop *loop) {
    int saved = errno;
    uint64_t one = 1;
    /* Fails only when it is full, and then the wait ends anyway. */
    ssize_t written = write(loop->wake_fd, &one, sizeof(one));
    (void)written;
    errno = saved;
}
