/* One request of the HTTP API, and what it is answered with. Nothing in it was believed yet but its
 * form: the path and the query are decoded UTF-8 without control characters. */
#ifndef API_CALL_H
#define API_CALL_H

#include "core/config.h"

#include <causeway/arena.h>
#include <causeway/base.h>

#define CW_API_SEGMENTS 8u
#define CW_API_PARAMS   24u

struct cw_api_param {
    const char *name, *value;
    bool used; /* somebody asked for it */
};

struct cw_api_call {
    bool posts; /* POST; else GET */
    const char *segments[CW_API_SEGMENTS];
    size_t segments_n;
    struct cw_api_param params[CW_API_PARAMS];
    size_t params_n;
    struct cw_slice body;
    const char *last_event; /* Last-Event-ID as it was sent; NULL: none */
    enum cw_api_role role;
    const char *who;       /* name of the token; "" without one */
    uint64_t now_ms;       /* wall clock */
    struct cw_arena arena; /* what it lives on until it is sent: small */

    /* Asked of the daemon's loop: the row of a command or the number of a question, and until when
     * (wall clock) its answer is waited for. With one of them > 0 and status 0 the call is handed
     * in again after a while. */
    int64_t command;
    uint64_t question;
    uint64_t until_ms;

    unsigned status;  /* 0: not answered yet */
    const char *type; /* media type */
    struct cw_buf out;
    uint32_t retry_after_s; /* 0: not said */
    const char *etag;       /* NULL: it is not to be kept */
};

/* Takes a call apart. path and query as they were sent, without '?'; what does not decode, is too
 * long or holds too much is answered (status is set) and false. Arena and buffer are given up by
 * cw_api_call_done in any case. */
bool cw_api_call_open(struct cw_api_call *call, const char *path, const char *query);
void cw_api_call_done(struct cw_api_call *call);

/* --- what was asked --- */

/* Whether the path is pattern, whose parts are names, or "*" for any: ret_parts has what stands
 * there, in order (NULL: pattern has none). */
bool cw_api_call_fits(const struct cw_api_call *call, const char *pattern, const char **ret_parts);
/* Of the query; NULL: it is not there. */
const char *cw_api_param(struct cw_api_call *call, const char *name);
/* Absent: fallback. A value that is none, or out of bounds, is answered, and false. */
bool cw_api_param_u64(struct cw_api_call *call, const char *name, uint64_t min, uint64_t max,
                      uint64_t fallback, uint64_t *ret);
bool cw_api_param_hash32(struct cw_api_call *call, const char *name, bool *ret_there,
                         struct cw_hash32 *ret);
bool cw_api_param_addr20(struct cw_api_call *call, const char *name, bool *ret_there,
                         struct cw_addr20 *ret);
/* False, and answered, when the query has a name that nobody asked for: a filter that is not known
 * must not widen what is shown. */
bool cw_api_params_end(struct cw_api_call *call);

/* --- the answer --- */

/* application/problem+json (RFC 9457) in place of whatever was written. */
void cw_api_problem(struct cw_api_call *call, unsigned status, const char *format, ...)
    CW_PRINTF(3, 4);
/* Of an error of the store or the like: 400, 404, 413, 503 or 500. */
void cw_api_fail(struct cw_api_call *call, const struct cw_error *error);
/* 200 application/json with what stands in out; 503 when it did not fit. */
void cw_api_json(struct cw_api_call *call);

#endif
