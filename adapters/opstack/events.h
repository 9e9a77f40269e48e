/* What the decoders of both directions share. */
#ifndef OPSTACK_EVENTS_H
#define OPSTACK_EVENTS_H

#include "opstack/internal.h"

struct filter_list {
    struct cw_filter *out;
    size_t cap;
    size_t n; /* all, also those that found no room */
};
void filter_add(struct filter_list *list, enum cw_side side, const struct cw_addr20 *address,
                const struct cw_hash32 *const *topics, size_t topics_n);

bool event_is(const struct cw_log *log, const struct cw_hash32 *topic);
uint64_t event_saturated(const struct cw_u256 *v);
/* Upgraded of the proxy that `what` names for people. */
enum cw_err event_upgraded(const struct cw_log *log, const char *what, struct cw_event *ret,
                           struct cw_error *error);
/* Any log of a CrossDomainMessenger; step is what makes it run a message. */
enum cw_err event_of_messenger(const struct cw_log *log, const char *step, const char *what,
                               struct cw_event *ret, struct cw_error *error);

#endif
