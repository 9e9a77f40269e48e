/* One endpoint, asked directly: without failover, a chain id that it must have, or a second try.
 * For commands that say what an endpoint can do, and for those that know nothing of a chain yet.
 *
 * Who asks is a function that reads as a straight line. A question whose answer is there is
 * answered at once; another one goes on its way and the answer is NULL: the function returns, the
 * loop is stepped, and once cw_probe_news() says so it is called again from the start. */
#ifndef NET_PROBE_H
#define NET_PROBE_H

#include "core/json.h"
#include "core/loop.h"

struct cw_probe;

/* The loop outlives it. deadline_ms: of one question. CW_ERR_INPUT: no URL; the error does not hold
 * it. */
CW_MUST_USE enum cw_err cw_probe_new(struct cw_probe **ret, struct cw_loop *loop, const char *url,
                                     uint32_t deadline_ms, struct cw_error *error);
void cw_probe_free(struct cw_probe *probe); /* takes NULL */

/* "host:port" */
const char *cw_probe_host(const struct cw_probe *probe);

/* Lives as long as the probe. */
struct cw_probe_answer {
    enum cw_err err;             /* CW_OK, or what the failure was sorted as; BUSY: see _close */
    const struct cw_json *value; /* CW_OK: the result */
    struct cw_slice revert;      /* CW_ERR_REVERTED: the revert data, may be empty */
    const char *text;            /* otherwise: what was said or went wrong, without secrets */
    uint32_t ms;                 /* from the question to the answer */
    uint64_t date_s;             /* Date of the answer, Unix seconds; 0: none */
    uint64_t wall_ms;            /* this machine's time when it came */
};

/* params: a JSON array. turn: the same question is asked again under another one. NULL: it is on
 * its way. */
const struct cw_probe_answer *cw_probe_ask(struct cw_probe *probe, const char *method,
                                           const char *params, unsigned turn);
/* n times eth_chainId in one HTTP request; CW_OK: all of them were answered, value is that of the
 * last. NULL: it is on its way. */
const struct cw_probe_answer *cw_probe_batch(struct cw_probe *probe, unsigned n);

/* Whether an answer came since this was asked last (true the first time). */
bool cw_probe_news(struct cw_probe *probe);
/* What has no answer yet, and whatever is asked from now on, is answered with CW_ERR_BUSY and text
 * (static). */
void cw_probe_close(struct cw_probe *probe, const char *text);

#endif
