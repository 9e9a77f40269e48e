/* A judgement into the store: what is known of its subject, when it is judged again, and what that
 * makes due, all in one transaction. */
#include "guard/internal.h"

#include <monitor/verdict.h>

#include <stdlib.h>
#include <string.h>

#define COMMIT_AFTER_MS 5u
#define COMMIT_MAX      200u
#define STAND_STILL_MS  3000u /* when a date is over that is waited for */

/* What it rests on: where it arose, and what was seen. */
static void rest(const struct judgement *j, const struct cw_store_subject *was,
                 const struct cw_block_ref seen[CW_SIDES], struct cw_store_judgement *t) {
    for (unsigned side = 0; side < CW_SIDES; side++) {
        t->seen[side] = seen[side];
        t->rests[side] = seen[side].number.v;
        if (!was->standing && was->s.side == (enum cw_side)side &&
            j->block.number.v > t->rests[side])
            t->rests[side] = j->block.number.v;
        if (t->rests[side] > j->heads[side].final.number.v)
            t->provisional = true;
    }
}

/* Heads that moved while it was looked at are told of once only. */
static bool final_moved(const struct judgement *j) {
    bool moved = false;
    for (size_t side = 0; side < CW_SIDES; side++)
        moved = moved || cw_watch_heads(j->guard->route->chains[side]->watch)->final.number.v !=
                             j->heads[side].final.number.v;
    return moved;
}

/* When the block time again_s is there already, it is as if it had just come. */
static uint64_t clock_due_ms(const struct judgement *j, enum cw_side side, uint64_t again_s,
                             uint64_t now) {
    const struct cw_heads *heads = cw_watch_heads(j->guard->route->chains[side]->watch);
    if (again_s <= j->heads[side].latest.timestamp_s)
        return now + STAND_STILL_MS;
    return again_s <= heads->latest.timestamp_s ? now : 0;
}

/* Longer and longer by how long it is so, too: heads that move make many tries of a short while. */
static uint64_t pause_ms(const struct judgement *j, const struct cw_store_subject *was,
                         uint64_t now) {
    const bool waits = was->state == CW_VERDICT_UNVERIFIED && now > was->since_ms;
    const uint64_t by_age = waits ? 2 * (now - was->since_ms) : 0;
    const uint64_t least = retry_pause_ms(1, &j->key);
    const uint64_t by_tries = retry_pause_ms(was->tries + 1, &j->key);
    const uint64_t most = by_age > least ? by_age : least;
    return by_tries < most ? by_tries : most;
}

static void date(const struct judgement *j, const struct cw_store_subject *was,
                 struct cw_store_judgement *t) {
    const struct cw_invariant_verdict *v = &j->verdict;
    const uint64_t now = wall_ms(j->guard->route->relay);
    t->on_final = v->open && v->again_s == 0;
    if ((t->on_final || t->provisional) && final_moved(j))
        t->due_ms = now;
    if (v->open && v->again_s > 0) {
        t->due_side = v->again_side;
        t->due_chain_s = v->again_s;
    }
    if (was->standing && j->invariant) {
        const enum cw_side side = j->invariant->side;
        const uint64_t most_s = j->guard->route->relay->config->look_every_s;
        const uint64_t every_s = j->invariant->every_s < most_s ? j->invariant->every_s : most_s;
        const uint64_t next_s = j->heads[side].latest.timestamp_s + every_s;
        if (t->due_chain_s == 0 || t->due_side != side || t->due_chain_s > next_s) {
            t->due_side = side;
            t->due_chain_s = next_s;
        }
    }
    if (t->due_chain_s > 0 && t->due_ms == 0)
        t->due_ms = clock_due_ms(j, t->due_side, t->due_chain_s, now);
    if (v->state == CW_VERDICT_UNVERIFIED) {
        const uint64_t again = now + pause_ms(j, was, now);
        t->tries = was->tries + 1;
        t->due_ms = t->due_ms == 0 || again < t->due_ms ? again : t->due_ms;
    }
}

/* The texts are borrowed from both. */
static void judge(const struct judgement *j, const struct cw_store_subject *was,
                  struct cw_store_judgement *t) {
    const struct cw_invariant_verdict *v = &j->verdict;
    *t = (struct cw_store_judgement){.row = j->row, .memory = v->memory, .rests_on = v->rests_on};
    t->state = cw_verdict_after(was->state, v->state);
    const bool stays = t->state != v->state; /* nothing new is known */
    t->stake = stays ? was->stake : t->state == CW_VERDICT_VIOLATED ? v->stake : CW_STAKE_NONE;
    t->reason = stays ? was->reason : t->state == CW_VERDICT_OK ? "" : v->reason;
    t->sentence = stays ? was->sentence : v->sentence;
    for (size_t side = 0; side < CW_SIDES; side++)
        t->values[side] = stays ? was->values[side] : v->values[side];
    rest(j, was, stays ? was->seen : v->seen, t);
    t->provisional = stays ? was->provisional : t->provisional;
    date(j, was, t);
    if (was->standing)
        t->block = &j->block;
}

static enum cw_err wake_resting(struct guard *guard, const struct cw_store_subject *was,
                                const struct cw_store_judgement *t, struct cw_error *error) {
    const struct route *route = guard->route;
    if (strcmp(was->invariant, GUARD_ROOT) != 0 ||
        (t->state == was->state && t->stake == was->stake))
        return CW_OK;
    guard_stale(guard, GUARD_OF_ROOT, &was->s.key);
    return cw_store_subjects_wake_resting(guard_store(guard), route->row, &was->s.key,
                                          wall_ms(route->relay), error);
}

static void log_news(const struct guard *guard, const struct cw_store_subject *was,
                     const struct cw_store_judgement *t) {
    if (t->state == was->state)
        return;
    cw_log(t->state == CW_VERDICT_VIOLATED ? CW_LOG_ERROR : CW_LOG_INFO, guard->route->subject,
           "%s: %s: %s%s%s%s%s", was->invariant, was->s.about, cw_verdict_state_name(t->state),
           t->reason[0] ? ", " : "", t->reason, t->sentence[0] ? ": " : "", t->sentence);
}

static enum cw_err write(struct judgement *j, struct cw_error *error) {
    struct guard *guard = j->guard;
    struct cw_arena arena;
    struct cw_store_subject was;
    struct cw_store_judgement t;
    bool found = false;
    cw_arena_init(&arena, GUARD_LOAD_BYTES);
    enum cw_err err = cw_store_subject_get(guard_store(guard), j->row, &arena, &found, &was, error);
    if (err == CW_OK && found) {
        judge(j, &was, &t);
        err = cw_store_subject_judged(guard_store(guard), &t, wall_ms(guard->route->relay), error);
        if (err == CW_OK)
            err = guard_tell(j, &was, &t, error);
        if (err == CW_OK)
            err = wake_resting(guard, &was, &t, error);
        if (err == CW_OK)
            log_news(guard, &was, &t);
    }
    cw_arena_done(&arena);
    return err;
}

/* The savepoint keeps its failure to itself. */
static enum cw_err write_alone(struct judgement *j, struct cw_error *error) {
    struct cw_store *store = guard_store(j->guard);
    struct cw_error own;
    enum cw_err err = cw_store_savepoint(store, error);
    if (err != CW_OK)
        return err;
    if (write(j, &own) == CW_OK)
        return cw_store_release(store, error);
    cw_store_undo(store);
    cw_log(CW_LOG_ERROR, j->guard->route->subject, "verdict not written, judged again: %s",
           own.text);
    j->guard->look_after_ms = monotonic_ms(j->guard->route->relay) + GUARD_PAUSE_MS;
    return CW_OK;
}

static enum cw_err write_all(struct guard *guard, struct cw_error *error) {
    struct cw_store *store = guard_store(guard);
    enum cw_err err = cw_store_begin(store, error);
    if (err != CW_OK)
        return err;
    for (struct judgement *j = guard->batch; err == CW_OK && j; j = j->next)
        if (!j->stale) /* by one that was written before it */
            err = write_alone(j, error);
    return cw_store_end(store, err, error);
}

/* The oldest first. */
static void collect(struct guard *guard) {
    for (size_t n = 0; guard->found && n < COMMIT_MAX; n++) {
        struct judgement *j = guard->found;
        guard->found = j->next;
        j->next = guard->batch;
        guard->batch = j;
    }
}

static void commit(void *ctx) {
    struct guard *guard = ctx;
    struct cw_relay *relay = guard->route->relay;
    struct cw_error error;
    guard->commit = NULL;
    collect(guard);
    /* What is not written is due still. */
    if (write_all(guard, &error) != CW_OK) {
        cw_log(CW_LOG_ERROR, guard->route->subject, "verdicts not written, judged again: %s",
               error.text);
        guard->look_after_ms = monotonic_ms(relay) + GUARD_PAUSE_MS;
    }
    while (guard->batch) {
        struct judgement *j = guard->batch;
        guard->batch = j->next;
        judgement_free(j);
    }
    guards_tick(relay); /* what is to be held is told before anything else is done */
}

void guard_commit_soon(struct guard *guard) {
    if (guard->found && !guard->commit)
        guard->commit = cw_loop_after(guard->route->relay->loop, COMMIT_AFTER_MS, commit, guard);
}

void guard_found(struct judgement *j) {
    struct guard *guard = j->guard;
    j->next = guard->found;
    guard->found = j;
    guard_commit_soon(guard);
}
