/* Shared by the files of guard/ only. */
#ifndef GUARD_INTERNAL_H
#define GUARD_INTERNAL_H

#include "guard/guard.h"
#include "work/internal.h"

#define GUARD_LOAD_BYTES   (64u << 20) /* a subject and the message that it is about */
#define GUARD_PAUSE_MS     1000u       /* after a failure of the store */
#define GUARD_ROOT         "root"      /* the invariant whose subjects others rest on */
#define GUARD_SUBJECT_SIZE sizeof((struct cw_store_incident *)0)->subject

struct pause; /* pause.c */
#define PAUSE_CALL_SIZE sizeof((struct cw_store_incident *)0)->pause

/* One look at a subject, and then what it found. */
struct judgement {
    struct judgement *next;
    struct guard *guard;
    int64_t row;
    const struct cw_invariant *invariant; /* NULL: this program knows it no longer */
    struct cw_hash32 key, message, rests_on;
    struct cw_look *look;
    struct cw_heads heads[CW_SIDES]; /* as the look began */
    struct cw_block_ref block;       /* where it is judged */
    bool stale;                      /* something came in since: it is judged again */
    struct cw_invariant_verdict verdict;
    struct cw_arena arena; /* owns the verdict's memory, and: */
    struct cw_slice read;  /* VIOLATED: what it was judged by, for record_case */
    size_t read_left;      /* so much of that did not fit */
};

struct guard {
    struct route *route;
    struct judgement *under_way;
    size_t under_way_n;
    struct judgement *found; /* to be committed, newest first */
    struct judgement *batch; /* being committed */
    struct cw_timer *commit;
    unsigned turn;
    /* Its adapter has read the contracts in this process. When they become something unknown what
     * was known is what it judges by: who changes them does not blind it. */
    bool knows;
    bool contracts_told; /* of what they became */
    bool heads_seen;     /* the store was told of these: */
    uint64_t final_seen[CW_SIDES], time_seen[CW_SIDES];
    uint64_t look_after_ms; /* monotonic: the store failed, and nothing is judged before */
    uint64_t aged_ms;       /* monotonic: when the ages were looked at last */
    bool aged;              /* they were */
    /* wall: nothing new is judged since then; 0: it is. And monotonic: when that was seen. */
    uint64_t blind_since_ms, blind_seen_ms;
    struct told blind;
    /* Of each invariant what is told of unverified subjects; "" for nothing. */
    char (*told)[sizeof((struct cw_store_incident *)0)->text];
    size_t invariants_n;
    struct pause *pause; /* NULL: nothing was signed beforehand */
};

static inline struct cw_store *guard_store(const struct guard *guard) {
    return guard->route->relay->store;
}
static inline const struct cw_adapter_ops *guard_ops(const struct guard *guard) {
    return guard->route->config->adapter;
}

void judgement_free(struct judgement *judgement);

/* commit.c: a judgement into the store */
/* It waits for the next commit. */
void guard_found(struct judgement *judgement);
/* If any does. */
void guard_commit_soon(struct guard *guard);

/* tell.c: incidents and holds, in the judgement's transaction */
/* was: before the judgement. */
CW_MUST_USE enum cw_err guard_tell(const struct judgement *j, const struct cw_store_subject *was,
                                   const struct cw_store_judgement *now, struct cw_error *error);
/* No subject of that key is violated any longer, if that is so. reason: of a standing one, why it
 * was; NULL: of a log's. */
CW_MUST_USE enum cw_err guard_over(struct guard *guard, const char *invariant,
                                   const struct cw_hash32 *key, const char *reason, const char *why,
                                   struct cw_error *error);

/* breaker.c: holds to the relayer, as commands */
void breaker_post(struct cw_relay *relay);

/* record.c: what a violation was judged by */
/* Appends one JSON object. */
void record_log(struct cw_buf *out, const struct cw_log *log);
/* Of a judgement that found one, all that was asked and answered. */
void record_read(struct judgement *j, const struct cw_io *io);
/* Writes the file. subject: of its incident. ret: its name, or "" when it could not be written. */
void record_case(const struct judgement *j, const struct cw_store_subject *was,
                 const struct cw_store_judgement *now, const char *subject,
                 char ret[CW_EVIDENCE_NAME]);

/* pause.c: the call by which a guardian stops it */
/* "0xTO 0xCALLDATA"; "": it is not known. */
void pause_call(const struct guard *guard, char out[PAUSE_CALL_SIZE]);
/* By that configuration, of which route is a part. *ret NULL: it names no signed transaction. */
CW_MUST_USE enum cw_err pause_new(struct pause **ret, struct guard *guard,
                                  const struct cw_config *config,
                                  const struct cw_config_route *route, struct cw_error *error);
void pause_free(struct pause *pause); /* takes NULL; so does: */
/* Decides, sends, follows and tells. */
void pause_tick(struct pause *pause);

/* unverified.c: what can't be told for long */
void unverified_tell(struct guard *guard);
/* And where nothing of the route is judged. */
void blind_tell(struct guard *guard, bool can_tell);

#endif
