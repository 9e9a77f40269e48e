/* What a decision does to its message's row. */
#include "work/internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define AGAIN_MS       250u      /* between looks that each found out something and want another */
#define STAND_STILL_MS 3000u     /* when a look wants another and found out nothing */
#define NOT_OURS_MS    21600000u /* between looks at what may be sent, but not by us */
#define REVERTS_MAX    3u        /* transactions of one step that may fail on chain */
#define REPEATS_MAX    6u        /* that may succeed in a day, and the step be wanted again */
#define REPEAT_MIN_MS  10000u    /* before the first of them; then four times as long each */
#define REPEAT_MAX_MS  21600000u
#define DAY_MS         86400000u

/* What a decision that is written now rests on at the most: heads go back by rollbacks only, and
 * these make it stale. */
static uint64_t latest_block(const struct route *route) {
    const struct cw_heads *heads = cw_watch_heads(destination_chain(route)->watch);
    return heads ? heads->latest.number.v : 0;
}

static uint64_t final_block(const struct route *route) {
    const struct cw_heads *heads = cw_watch_heads(destination_chain(route)->watch);
    return heads ? heads->final.number.v : 0;
}

/* What became of the transactions of one step. */
struct tries {
    bool open; /* one is on its way: nothing is sent twice. detail says which */
    /* Those that failed on chain for good, or did nothing, and not because blocks went from under
     * them. */
    size_t reverted;
    size_t succeeded; /* for good, in the last day */
    uint64_t last_ms; /* when the last of these was included */
    char detail[CW_DETAIL_SIZE];
};

static void count_try(struct tries *tries, const struct verdict *v,
                      const struct cw_store_attempt *a) {
    const bool final = a->state == CW_ATTEMPT_FINAL;
    const bool failed = !a->success || (v->decision.call.may_do_nothing && !a->cancelled);
    tries->reverted += final && failed && !a->reorged;
    if (final && a->success && !a->cancelled &&
        a->included_ms + DAY_MS > wall_ms(v->route->relay)) {
        tries->succeeded++;
        tries->last_ms = a->included_ms > tries->last_ms ? a->included_ms : tries->last_ms;
    }
    if (a->state == CW_ATTEMPT_FINAL || a->state == CW_ATTEMPT_LOST)
        return;
    char hash[CW_HEX_SIZE(32)];
    snprintf(tries->detail, sizeof tries->detail, "%s %s, nonce %" PRIu64 ", is %s", a->step,
             cw_hex_encode(hash, cw_slice_of(a->hash.b, 32)), a->nonce,
             cw_attempt_state_name(a->state));
    tries->open = true;
}

static void read_tries(const struct verdict *v, struct tries *ret) {
    struct cw_arena arena;
    cw_arena_init(&arena, WORK_LOAD_BYTES);
    struct cw_store_attempt *attempts = NULL;
    size_t n = 0;
    struct cw_error error;
    *ret = (struct tries){0};
    if (cw_store_attempts_of(v->route->relay->store, v->row, &arena, &attempts, &n, &error) !=
        CW_OK) {
        snprintf(ret->detail, sizeof ret->detail, "%.200s", error.text);
        ret->open = true; /* not knowing is no permission */
    }
    for (size_t i = 0; i < n && !ret->open; i++)
        if (strcmp(attempts[i].step, v->decision.step) == 0)
            count_try(ret, v, &attempts[i]);
    cw_arena_done(&arena);
}

/* When a step that succeeded, and is wanted all the same, may be taken again: later and later, but
 * long before the message's deadline. */
static uint64_t repeat_at(const struct verdict *v, const struct tries *tries) {
    const struct cw_heads *heads = cw_watch_heads(destination_chain(v->route)->watch);
    const uint64_t deadline_s = v->decision.deadline_s;
    uint64_t pause = REPEAT_MIN_MS;
    for (size_t i = 1; i < tries->succeeded && pause < REPEAT_MAX_MS; i++)
        pause *= 4;
    if (pause > REPEAT_MAX_MS)
        pause = REPEAT_MAX_MS;
    if (heads && deadline_s > 0) {
        const uint64_t now_s = heads->latest.timestamp_s;
        const uint64_t left_s = deadline_s > now_s ? deadline_s - now_s : 0;
        if (pause / 1000 > left_s / 4)
            pause = left_s / 4 * 1000;
    }
    return tries->last_ms + pause;
}

/* What it did so far speaks against another transaction of the step: the transition is made. */
static bool tried_enough(const struct verdict *v, const struct tries *tries,
                         struct cw_store_transition *t, char reason[CW_REASON_SIZE],
                         char detail[CW_DETAIL_SIZE]) {
    const char *step = v->decision.step;
    if (tries->reverted >= REVERTS_MAX) {
        /* Simulated well each time: whatever it calls behaves otherwise there, and each try costs
         * gas. */
        snprintf(reason, CW_REASON_SIZE, "keeps_reverting");
        snprintf(detail, CW_DETAIL_SIZE,
                 "%zu transactions of %s failed on chain though their simulations did not; for "
                 "another try: causeway release",
                 tries->reverted, step);
    } else if (tries->succeeded >= REPEATS_MAX) {
        snprintf(reason, CW_REASON_SIZE, "keeps_failing");
        snprintf(detail, CW_DETAIL_SIZE,
                 "%zu transactions of %s went through in a day and the message needs another one; "
                 "for another try: causeway release",
                 tries->succeeded, step);
    } else if (tries->succeeded > 0 && repeat_at(v, tries) > wall_ms(v->route->relay)) {
        snprintf(reason, CW_REASON_SIZE, "repeated_later");
        snprintf(detail, CW_DETAIL_SIZE,
                 "%s went through and the message needs another one: number %zu in a day, after a "
                 "pause",
                 step, tries->succeeded + 1);
        t->due_ms = repeat_at(v, tries);
        t->failures = (uint32_t)tries->succeeded;
        return true;
    } else {
        return false;
    }
    t->condition = CW_HELD;
    t->rests_on = latest_block(v->route);
    return true;
}

static bool evidence_holds(struct route *route, const struct verdict *v,
                           char detail[CW_DETAIL_SIZE]) {
    if (!v->decision.evidence.p || v->decision.evidence.n == 0)
        return true;
    struct cw_hash32 source_hash;
    if (!act_source_hash(route, v->decision.evidence, &source_hash)) {
        snprintf(detail, CW_DETAIL_SIZE,
                 "the source block of the evidence is not known to be final");
        return false;
    }
    struct cw_judgement verdict = route->config->adapter->verify(
        route->adapter, &v->message, v->decision.evidence, &source_hash, v->decision.step, NULL);
    if (verdict.verdict != CW_VALID)
        snprintf(detail, CW_DETAIL_SIZE, "%s", verdict.reason);
    return verdict.verdict == CW_VALID;
}

static bool date_is_over(const struct route *route, const struct cw_store_transition *t) {
    const struct cw_heads *heads = cw_watch_heads(route->chains[t->due_side]->watch);
    return heads && t->due_chain_s <= heads->latest.timestamp_s;
}

static void say_why(struct verdict *v, const char *reason, const char *detail) {
    snprintf(v->why, sizeof v->why, "%s%s%.190s", reason, detail[0] ? ": " : "", detail);
}

/* The transition of a step that is due now. True: that is all; false: a wait is to be dated. */
static bool judge_act(struct route *route, struct verdict *v, const struct cw_store_message *row,
                      struct cw_store_transition *t, char reason[CW_REASON_SIZE],
                      char detail[CW_DETAIL_SIZE]) {
    const struct cw_decision *d = &v->decision;
    char no_reason[CW_REASON_SIZE] = "", no_detail[CW_DETAIL_SIZE] = "";
    struct tries tries;
    assert(d->call.side == route_destination(route));
    v->stands = act_allowed(route, &v->message, no_reason, no_detail);
    read_tries(v, &tries);
    if (tries.open) {
        snprintf(reason, CW_REASON_SIZE, "submitted");
        snprintf(detail, CW_DETAIL_SIZE, "%s", tries.detail);
        say_why(v, no_reason, no_detail);
        return false;
    }
    /* An operator's release makes it ready, for one more. */
    if (row->condition != CW_READY && tried_enough(v, &tries, t, reason, detail))
        return true;
    if (!v->stands) {
        snprintf(reason, CW_REASON_SIZE, "%s", no_reason);
        snprintf(detail, CW_DETAIL_SIZE, "%s", no_detail);
        /* Whoever sends it otherwise is seen; a policy or a hold that changes wakes all. */
        t->due_ms = wall_ms(route->relay) + NOT_OURS_MS;
        return true;
    }
    snprintf(reason, CW_REASON_SIZE, "submitting");
    snprintf(detail, CW_DETAIL_SIZE, "%s is simulated and priced", d->step);
    v->act = true;
    t->failures = row->failures;
    return false;
}

/* Until when it is lost unless something is done. What the host itself says while an answer can't
 * be had tells nothing of that. */
static void take_deadline(const struct cw_decision *d, struct cw_store_transition *t) {
    switch (d->verb) {
    case CW_WAIT:
    case CW_ACT:
    case CW_HOLD:
        t->has_deadline = d->deadline_s > 0 || d->verb != CW_WAIT || d->wake != CW_WAKE_RETRY;
        t->deadline_s = d->deadline_s;
        return;
    case CW_FINISHED:
        t->has_deadline = true;
        return;
    case CW_NEED:
    case CW_GIVE_UP:
        return;
    }
}

/* What the verb alone does to the row. True and false as in judge_act. */
static bool judge_verb(struct route *route, struct verdict *v, const struct cw_store_message *row,
                       struct cw_store_transition *t, char reason[CW_REASON_SIZE],
                       char detail[CW_DETAIL_SIZE]) {
    const struct cw_decision *d = &v->decision;
    take_deadline(d, t);
    switch (d->verb) {
    case CW_NEED: /* never handed over by a look */
    case CW_WAIT:
        t->wake = d->wake;
        t->due_side = d->due_side;
        t->due_chain_s = d->due_s;
        t->rests_on = v->looked_at;
        return false;
    case CW_HOLD:
        t->condition = CW_HELD;
        t->rests_on = latest_block(route);
        return true;
    case CW_GIVE_UP:
        t->condition = CW_DEAD;
        t->rests_on = latest_block(route);
        return true;
    case CW_FINISHED:
        t->condition = CW_DONE;
        t->rests_on = final_block(route);
        return true;
    case CW_ACT:
        return judge_act(route, v, row, t, reason, detail);
    }
    return false;
}

static void judge(struct verdict *v, const struct cw_store_message *row,
                  struct cw_store_transition *t, char reason[CW_REASON_SIZE],
                  char detail[CW_DETAIL_SIZE]) {
    struct route *route = v->route;
    const struct cw_decision *d = &v->decision;
    uint64_t now = wall_ms(route->relay);
    snprintf(reason, CW_REASON_SIZE, "%s", d->reason);
    snprintf(detail, CW_DETAIL_SIZE, "%s", d->detail);
    *t = (struct cw_store_transition){.message = v->row,
                                      .stage = d->stage,
                                      .condition = CW_WAITING,
                                      .reason = reason,
                                      .detail = detail,
                                      .outcome = d->outcome,
                                      .earliest_s = d->earliest_s,
                                      .progress = d->progress,
                                      .evidence = d->evidence};
    v->failures = row->failures;
    if (!evidence_holds(route, v, detail)) {
        snprintf(reason, CW_REASON_SIZE, "evidence_invalid");
        t->wake = CW_WAKE_RETRY;
        t->evidence = (struct cw_slice){NULL, 0};
        t->stage = row->m.stage;
    } else if (judge_verb(route, v, row, t, reason, detail)) {
        return;
    }
    if (t->wake == CW_WAKE_RETRY) {
        t->failures = row->failures + 1;
        t->due_ms = now + retry_pause_ms(t->failures, &v->message.id);
    } else if (t->due_chain_s > 0 && date_is_over(route, t)) {
        /* It would be due at once, and again, as fast as looks go. */
        t->due_chain_s = 0;
        t->due_ms = now + (d->progress.p || d->evidence.p ? AGAIN_MS : STAND_STILL_MS);
    } else if (t->wake != CW_WAKE_DATE && t->wake != CW_WAKE_FINAL &&
               v->wakes[t->wake] != route->wakes[t->wake]) {
        t->due_ms = now; /* what it waits for came while it was looked at */
    } else {
        /* One that waits for its block to be final need not be looked at again sooner. */
        t->due_ms = now + retry_wait_ms(route, d);
    }
}

void verdict_judge(struct verdict *v, const struct cw_store_message *row,
                   struct cw_store_transition *t, char reason[CW_REASON_SIZE],
                   char detail[CW_DETAIL_SIZE]) {
    judge(v, row, t, reason, detail);
    v->judged = true;
    if (!v->stands && !v->why[0])
        say_why(v, reason, detail);
}
