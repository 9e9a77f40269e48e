/* Who is caught, with both sides: what was said about blocks of late. */
#include "watch/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct cw_rpc_said *watch_heard(const struct cw_watch *watch, const struct cw_hash32 *hash,
                                const char *endpoint) {
    for (size_t i = 0; i < WATCH_HEARD; i++) {
        const struct watch_heard *heard = &watch->heard[i];
        if (heard->said && cw_hash32_equal(&heard->hash, hash) &&
            (!endpoint || strcmp(heard->said->endpoint, endpoint) == 0))
            return heard->said;
    }
    return NULL;
}

void watch_hear(struct cw_watch *watch, const struct cw_hash32 *hash, struct cw_rpc_said *said) {
    if (!said || watch_heard(watch, hash, said->endpoint))
        return;
    struct watch_heard *heard = &watch->heard[watch->heard_next++ % WATCH_HEARD];
    cw_rpc_said_unref(heard->said);
    *heard = (struct watch_heard){*hash, cw_rpc_said_ref(said)};
}

void watch_heard_free(struct cw_watch *watch) {
    for (size_t i = 0; i < WATCH_HEARD; i++)
        cw_rpc_said_unref(watch->heard[i].said);
}

struct watch_case watch_case_of(const struct cw_watch *watch, enum cw_finding_kind kind,
                                const char *endpoint, const struct cw_hash32 *named,
                                const struct cw_hash32 *against) {
    return (struct watch_case){
        .kind = kind,
        .endpoint = endpoint,
        .method = "eth_getBlockByNumber",
        .said = named ? watch_heard(watch, named, endpoint) : NULL,
        .against = {against ? watch_heard(watch, against, NULL) : NULL},
    };
}

static void tell(struct cw_watch *watch, const struct watch_case *found, bool accuse,
                 const char *detail) {
    char note[CW_FINDING_NOTE_SIZE];
    struct cw_rpc_said *against[CW_COUNT(found->against)];
    struct cw_rpc_finding finding = {
        .endpoint = found->endpoint,
        .method = found->method,
        .text = cw_finding_note(note, found->kind, detail),
        .params = found->params,
        .said = found->said,
        .against = against,
    };
    for (size_t i = 0; i < CW_COUNT(found->against); i++)
        if (found->against[i])
            against[finding.against_n++] = found->against[i];
    if (accuse)
        cw_rpc_accuse(watch->config.rpc, &finding);
    else if (watch->config.finding)
        watch->config.finding(watch->config.ctx, &finding);
}

void watch_finding(struct cw_watch *watch, const struct watch_case *found, const char *format,
                   ...) {
    char detail[CW_FINDING_NOTE_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    tell(watch, found, false, detail);
}

void watch_accuse(struct cw_watch *watch, const struct watch_case *found, const char *format, ...) {
    char detail[CW_FINDING_NOTE_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    tell(watch, found, true, detail);
}
