/* What a violation leads to: an incident, and what is wanted held. */
#include "guard/internal.h"

#include <monitor/verdict.h>

#include <stdio.h>
#include <string.h>

/* What does not hold of a standing subject tells its incidents apart, so that a second trouble is
 * told of while the first one is known. reason NULL: of a log's. */
static void name_subject(char out[GUARD_SUBJECT_SIZE], const struct guard *guard,
                         const char *invariant, const struct cw_hash32 *key, const char *reason) {
    char hex[CW_HEX_SIZE(32)];
    cw_hex_encode(hex, cw_slice_of(key->b, 32));
    snprintf(out, GUARD_SUBJECT_SIZE, "%s/%s/%s", guard->route->config->name, invariant,
             reason ? reason : hex);
}

/* --- incidents -------------------------------------------------------------------------------- */

static void put_block(const struct cw_block_ref *block, struct cw_store_incident_block *out) {
    if (block->number.v > 0)
        *out = (struct cw_store_incident_block){true, block->number.v, block->hash};
}

/* The blocks at which the layers say so; on the side where it arose, at least where it did. */
static void put_layers(const struct cw_store_subject *was, const struct cw_store_judgement *now,
                       struct cw_store_incident *out) {
    put_block(now->block ? now->block : &was->s.block, &out->blocks[was->s.side]);
    for (size_t side = 0; side < CW_SIDES; side++) {
        put_block(&now->seen[side], &out->blocks[side]);
        snprintf(out->says[side], sizeof out->says[side], "%s", now->values[side]);
    }
    out->tx = was->s.tx;
    out->has_tx = !cw_hash32_is_zero(&out->tx);
}

/* Of one key there may be several logs, and one incident: it is as grave as the gravest. */
static enum cw_err describe(const struct guard *guard, const struct cw_store_subject *was,
                            const struct cw_store_judgement *now, struct cw_store_incident *out,
                            struct cw_error *error) {
    const struct route *route = guard->route;
    enum cw_stake stake = now->stake;
    bool provisional = now->provisional;
    char text[1024];
    enum cw_err err = cw_store_violation_of(guard_store(guard), route->row, was->invariant,
                                            &was->s.key, &stake, &provisional, error);
    if (err != CW_OK)
        return err;
    *out = (struct cw_store_incident){.kind = CW_INCIDENT_INVARIANT,
                                      .severity = cw_verdict_severity(stake),
                                      .state = provisional ? CW_INCIDENT_PROVISIONAL
                                                           : CW_INCIDENT_CONFIRMED};
    name_subject(out->subject, guard, was->invariant, &was->s.key,
                 was->standing ? now->reason : NULL);
    snprintf(out->chain, sizeof out->chain, "%s", route->chains[was->s.side]->config->name);
    snprintf(out->route, sizeof out->route, "%s", route->config->name);
    snprintf(out->invariant, sizeof out->invariant, "%s", was->invariant);
    snprintf(out->advice, sizeof out->advice, "%s", cw_verdict_advice(stake));
    snprintf(text, sizeof text, "%s: %s", was->s.about, now->sentence);
    snprintf(out->text, sizeof out->text, "%.319s", text);
    put_layers(was, now, out);
    if (stake == CW_STAKE_ROUTE)
        pause_call(guard, out->pause);
    return CW_OK;
}

/* Numbers in a sentence may change with every look: no file for each of them. */
static bool is_another_case(const struct cw_store_subject *was,
                            const struct cw_store_judgement *now) {
    return was->state != CW_VERDICT_VIOLATED || was->stake != now->stake ||
           was->provisional != now->provisional || strcmp(was->reason, now->reason) != 0;
}

static bool is_news(const struct cw_store_subject *was, const struct cw_store_judgement *now) {
    return is_another_case(was, now) || strcmp(was->sentence, now->sentence) != 0;
}

static enum cw_err open_incident(const struct judgement *j, const struct cw_store_subject *was,
                                 const struct cw_store_judgement *now, struct cw_error *error) {
    const struct guard *guard = j->guard;
    struct cw_store_incident incident;
    bool is_new = false;
    if (!is_news(was, now))
        return CW_OK;
    enum cw_err err = describe(guard, was, now, &incident, error);
    if (err == CW_OK && is_another_case(was, now))
        record_case(j, was, now, incident.subject, incident.evidence);
    return err == CW_OK ? cw_store_incident_open(guard_store(guard), &incident,
                                                 wall_ms(guard->route->relay), &is_new, error)
                        : err;
}

/* What was never final is withdrawn; else it was so, and is over. */
static enum cw_err end_incident(const struct guard *guard, const char *subject, const char *why,
                                struct cw_error *error) {
    const uint64_t now = wall_ms(guard->route->relay);
    bool ended = false;
    enum cw_err err = cw_store_incident_withdraw(guard_store(guard), CW_INCIDENT_INVARIANT, subject,
                                                 why, now, &ended, error);
    return err == CW_OK && !ended
               ? cw_store_incident_resolve(guard_store(guard), CW_INCIDENT_INVARIANT, subject, why,
                                           now, &ended, error)
               : err;
}

enum cw_err guard_over(struct guard *guard, const char *invariant, const struct cw_hash32 *key,
                       const char *reason, const char *why, struct cw_error *error) {
    const struct route *route = guard->route;
    char subject[GUARD_SUBJECT_SIZE];
    enum cw_verdict_state state = CW_VERDICT_UNVERIFIED;
    enum cw_err err = cw_store_verdict_of(guard_store(guard), route->row, invariant, key, &state,
                                          error);
    if (err != CW_OK || state == CW_VERDICT_VIOLATED) /* another log of the same key is */
        return err;
    name_subject(subject, guard, invariant, key, reason);
    err = end_incident(guard, subject, why, error);
    return err == CW_OK ? cw_store_hold_end(guard_store(guard), route->row, invariant, key, error)
                        : err;
}

/* --- holds ------------------------------------------------------------------------------------ */

static enum cw_err want_message(const struct guard *guard, struct cw_store_hold *hold,
                                const struct cw_hash32 *ref, struct cw_error *error) {
    struct cw_arena arena;
    struct cw_store_message message;
    bool found = false;
    cw_arena_init(&arena, GUARD_LOAD_BYTES);
    enum cw_err err = cw_store_message_find(guard_store(guard), hold->route, ref, &arena, &found,
                                            &message, error);
    cw_store_subject_write(hold->target, guard->route->config->name,
                           err == CW_OK && found ? &message.m.id : ref);
    cw_arena_done(&arena);
    return err == CW_OK ? cw_store_hold_want(guard_store(guard), hold, error) : err;
}

/* Of a root: those of all that rests on it. */
static enum cw_err want_messages(const struct guard *guard, const struct cw_store_subject *was,
                                 struct cw_store_hold *hold, struct cw_error *error) {
    struct cw_arena arena;
    struct cw_hash32 *list = NULL;
    size_t n = 0;
    enum cw_err err = CW_OK;
    cw_arena_init(&arena, GUARD_LOAD_BYTES);
    if (!cw_hash32_is_zero(&was->s.message))
        err = want_message(guard, hold, &was->s.message, error);
    if (err == CW_OK && strcmp(was->invariant, GUARD_ROOT) == 0)
        err = cw_store_resting_messages(guard_store(guard), hold->route, &was->s.key, &arena, &list,
                                        &n, error);
    for (size_t i = 0; err == CW_OK && i < n; i++)
        err = want_message(guard, hold, &list[i], error);
    cw_arena_done(&arena);
    return err;
}

static enum cw_err want_held(const struct guard *guard, const struct cw_store_subject *was,
                             const struct cw_store_judgement *now, struct cw_error *error) {
    const struct route *route = guard->route;
    struct cw_store_hold hold = {.route = route->row, .key = was->s.key};
    char text[1024];
    if (!route->config->policy.hold_on_violation)
        return CW_OK;
    snprintf(hold.invariant, sizeof hold.invariant, "%s", was->invariant);
    snprintf(text, sizeof text, "%s: %s: %s", was->invariant, was->s.about, now->sentence);
    snprintf(hold.text, sizeof hold.text, "%.199s", text);
    switch (now->stake) {
    case CW_STAKE_NONE:
        return CW_OK;
    case CW_STAKE_MESSAGES:
        return want_messages(guard, was, &hold, error);
    case CW_STAKE_ROUTE:
        snprintf(hold.target, sizeof hold.target, "%s", route->config->name);
        return cw_store_hold_want(guard_store(guard), &hold, error);
    }
    return CW_OK;
}

/* Something else does not hold of a standing subject: an operator who let the route go did not know
 * of that. */
static enum cw_err end_other(const struct guard *guard, const struct cw_store_subject *was,
                             const struct cw_store_judgement *now, struct cw_error *error) {
    char subject[GUARD_SUBJECT_SIZE];
    if (!was->standing || was->state != CW_VERDICT_VIOLATED ||
        strcmp(was->reason, now->reason) == 0)
        return CW_OK;
    name_subject(subject, guard, was->invariant, &was->s.key, was->reason);
    enum cw_err err = end_incident(guard, subject, "it was judged again", error);
    return err == CW_OK ? cw_store_hold_end(guard_store(guard), guard->route->row, was->invariant,
                                            &was->s.key, error)
                        : err;
}

enum cw_err guard_tell(const struct judgement *j, const struct cw_store_subject *was,
                       const struct cw_store_judgement *now, struct cw_error *error) {
    struct guard *guard = j->guard;
    if (now->state != CW_VERDICT_VIOLATED)
        return was->state == CW_VERDICT_VIOLATED
                   ? guard_over(guard, was->invariant, &was->s.key,
                                was->standing ? was->reason : NULL, "it was judged again and holds",
                                error)
                   : CW_OK;
    enum cw_err err = end_other(guard, was, now, error);
    if (err == CW_OK)
        err = open_incident(j, was, now, error);
    return err == CW_OK ? want_held(guard, was, now, error) : err;
}
