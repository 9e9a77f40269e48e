#include "guard/guard.h"

#include "guard/internal.h"

#include <monitor/verdict.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERDICT_BYTES (1u << 20) /* what a judge keeps for the next time */
#define FETCH_MAX     128u

/* --- building --------------------------------------------------------------------------------- */

static size_t count_invariants(const struct cw_adapter_ops *ops) {
    size_t n = 0;
    while (ops->invariants && ops->invariants[n].name)
        n++;
    return n;
}

static bool is_guarded(const struct route *route) {
    return route->relay->options.role != CW_ROLE_RELAYER &&
           count_invariants(route->config->adapter) > 0;
}

enum cw_err guard_is_new(const struct route *route, bool *ret, struct cw_error *error) {
    bool guarded = true;
    enum cw_err err = is_guarded(route)
                          ? cw_store_guarded_get(route->relay->store, route->row, &guarded, error)
                          : CW_OK;
    if (err == CW_OK)
        *ret = !guarded;
    return err;
}

/* What stands at all times, where it is not there yet. */
static enum cw_err put_parts(struct guard *guard, const struct cw_invariant *invariant,
                             struct cw_error *error) {
    const struct route *route = guard->route;
    enum cw_err err = CW_OK;
    for (unsigned part = 0; err == CW_OK && (part == 0 || part < invariant->parts); part++) {
        struct cw_store_subject subject = {
            .route = route->row, .standing = true, .s = {.side = invariant->side}};
        bool is_new = false;
        subject.s.key.b[31] = (uint8_t)part;
        snprintf(subject.invariant, sizeof subject.invariant, "%s", invariant->name);
        snprintf(subject.s.about, sizeof subject.s.about, "%s", invariant->text);
        err = cw_store_subject_put(guard_store(guard), &subject, wall_ms(route->relay), &is_new,
                                   error);
    }
    return err;
}

static enum cw_err put_standing(struct guard *guard, struct cw_error *error) {
    enum cw_err err = CW_OK;
    for (size_t i = 0; err == CW_OK && i < guard->invariants_n; i++)
        if (guard_ops(guard)->invariants[i].every_s > 0)
            err = put_parts(guard, &guard_ops(guard)->invariants[i], error);
    return err;
}

static enum cw_err open_store(struct guard *guard, struct cw_error *error) {
    struct cw_store *store = guard_store(guard);
    enum cw_err err = cw_store_begin(store, error);
    if (err != CW_OK)
        return err;
    err = cw_store_guarded_set(store, guard->route->row, true, error);
    if (err == CW_OK)
        err = put_standing(guard, error);
    return cw_store_end(store, err, error);
}

enum cw_err guard_new(struct guard **ret, struct route *route, struct cw_error *error) {
    if (!is_guarded(route)) {
        *ret = NULL; /* what it reads from now on is shown to nobody */
        return cw_store_guarded_set(route->relay->store, route->row, false, error);
    }
    const size_t n = count_invariants(route->config->adapter);
    struct guard *guard = calloc(1, sizeof *guard);
    if (guard)
        guard->told = calloc(n, sizeof *guard->told);
    if (!guard || !guard->told) {
        free(guard);
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    }
    guard->route = route;
    guard->invariants_n = n;
    enum cw_err err = open_store(guard, error);
    if (err == CW_OK)
        err = pause_new(&guard->pause, guard, route->relay->config, route->config, error);
    if (err != CW_OK) {
        guard_free(guard);
        return err;
    }
    *ret = guard;
    return CW_OK;
}

void judgement_free(struct judgement *judgement) {
    cw_arena_done(&judgement->arena);
    free(judgement);
}

static void free_list(struct judgement *list) {
    while (list) {
        struct judgement *j = list;
        list = j->next;
        cw_look_free(j->look);
        judgement_free(j);
    }
}

void guard_free(struct guard *guard) {
    if (!guard)
        return;
    cw_loop_cancel(guard->route->relay->loop, guard->commit);
    free_list(guard->under_way);
    free_list(guard->found);
    pause_free(guard->pause);
    free(guard->told);
    free(guard);
}

enum cw_err guards_reload(struct cw_relay *relay, const struct cw_config *config,
                          struct cw_error *error) {
    struct pause **new = calloc(relay->routes_n + 1, sizeof(struct pause *));
    enum cw_err err = new ? CW_OK : cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    for (size_t i = 0; err == CW_OK && i < relay->routes_n; i++)
        if (relay->routes[i].guard)
            err = pause_new(&new[i], relay->routes[i].guard, config, &config->routes[i], error);
    for (size_t i = 0; new &&i < relay->routes_n; i++) {
        struct guard *guard = relay->routes[i].guard;
        struct pause *old = guard ? guard->pause : NULL;
        pause_free(err == CW_OK ? old : new[i]);
        if (err == CW_OK && guard)
            guard->pause = new[i];
    }
    free(new);
    return err;
}

static void warn_of_pauses(const struct cw_relay *relay) {
    for (size_t i = 0; i < relay->routes_n; i++)
        if (relay->routes[i].config->policy.pause_on != CW_PAUSE_ON_NEVER)
            cw_log(CW_LOG_WARN, relay->routes[i].subject,
                   "pauses nothing: only `causeway run --role monitor` or `all` does");
}

void guards_start(const struct cw_relay *relay) {
    bool any = false;
    if (relay->options.role == CW_ROLE_RELAYER) {
        warn_of_pauses(relay);
        return;
    }
    for (size_t i = 0; i < relay->routes_n; i++) {
        any = any || relay->routes[i].guard;
        if (!relay->routes[i].guard)
            cw_log(CW_LOG_WARN, relay->routes[i].subject,
                   "nothing is known that must hold for %s %s: nothing is judged",
                   relay->routes[i].config->adapter->name,
                   relay->routes[i].config->adapter->direction);
    }
    for (size_t i = 0; any && i < relay->chains_n; i++)
        if (relay->chains[i].config->quorum < 2)
            cw_log(
                CW_LOG_WARN, relay->chains[i].config->name,
                "one operator's word is judged by: list endpoints of several, and set \"quorum\" "
                "to 2 or more");
    if (any && relay->options.role == CW_ROLE_MONITOR && relay->config->relayer_data_dir[0] == '\0')
        cw_log(CW_LOG_INFO, "monitor", "holds nothing: \"relayer_data_dir\" names no relayer");
}

/* --- judging ---------------------------------------------------------------------------------- */

static void unlink_judgement(struct judgement *j) {
    struct judgement **link = &j->guard->under_way;
    while (*link && *link != j)
        link = &(*link)->next;
    if (*link) {
        *link = j->next;
        j->guard->under_way_n--;
    }
}

static void say_unverified(struct judgement *j, const char *reason, const char *sentence) {
    j->verdict = (struct cw_invariant_verdict){.state = CW_VERDICT_UNVERIFIED};
    snprintf(j->verdict.reason, sizeof j->verdict.reason, "%s", reason);
    snprintf(j->verdict.sentence, sizeof j->verdict.sentence, "%.319s", sentence);
}

/* A judge that gives none of the three has told nothing. */
static bool is_verdict(const struct cw_invariant_verdict *v) {
    return v->state == CW_VERDICT_UNVERIFIED || v->state == CW_VERDICT_OK ||
           (v->state == CW_VERDICT_VIOLATED && v->stake >= CW_STAKE_NONE &&
            v->stake <= CW_STAKE_ROUTE);
}

static void judged(void *ctx, const struct cw_invariant_verdict *verdict) {
    struct judgement *j = ctx;
    const struct cw_io *io = cw_look_io(j->look);
    unlink_judgement(j);
    j->look = NULL;
    if (j->stale) {
        judgement_free(j);
        return;
    }
    j->verdict = *verdict;
    if (!is_verdict(verdict))
        say_unverified(j, "no_verdict", "its judge gave no verdict");
    struct cw_slice *memory = &j->verdict.memory;
    if (memory->p && memory->n > 0) {
        *memory = cw_arena_copy(&j->arena, *memory);
        if (!memory->p)
            say_unverified(j, "too_large", "what its judge keeps does not fit into memory");
    }
    if (j->verdict.state == CW_VERDICT_VIOLATED)
        record_read(j, io);
    guard_found(j);
}

static const struct cw_invariant *invariant_of(const struct guard *guard, const char *name,
                                               size_t *ret_index) {
    for (size_t i = 0; i < guard->invariants_n; i++)
        if (strcmp(guard_ops(guard)->invariants[i].name, name) == 0) {
            *ret_index = i;
            return &guard_ops(guard)->invariants[i];
        }
    return NULL;
}

static void view(const struct guard *guard, struct judgement *j, struct cw_look_config *config) {
    const struct route *route = guard->route;
    *config = (struct cw_look_config){
        .ops = guard_ops(guard), .adapter = route->adapter, .judged = judged, .ctx = j};
    for (size_t side = 0; side < CW_SIDES; side++) {
        config->facts[side] = route->chains[side]->facts;
        config->heads[side] = j->heads[side] = *cw_watch_heads(route->chains[side]->watch);
    }
}

/* The message and the root that the subject speaks of, where they are known. */
static enum cw_err read_beside(const struct guard *guard, const struct cw_subject *s,
                               struct cw_arena *arena, bool *ret_found,
                               struct cw_store_message *message, enum cw_verdict_state *rests_on,
                               struct cw_error *error) {
    enum cw_err err = CW_OK;
    *rests_on = CW_VERDICT_UNVERIFIED;
    if (!cw_hash32_is_zero(&s->message))
        err = cw_store_message_find(guard_store(guard), guard->route->row, &s->message, arena,
                                    ret_found, message, error);
    if (err == CW_OK && !cw_hash32_is_zero(&s->rests_on))
        err = cw_store_verdict_of(guard_store(guard), guard->route->row, GUARD_ROOT, &s->rests_on,
                                  rests_on, error);
    return err;
}

/* From where on the layer that sends messages is read without a gap. */
static enum cw_err read_reach(const struct guard *guard, struct cw_subject *s,
                              struct cw_error *error) {
    const enum cw_side source = route_source(guard->route);
    const struct cw_store_reach *reach = &guard->route->reach[source];
    struct cw_intervals unread = {0};
    enum cw_err err = cw_store_unread(guard_store(guard), guard->route->chains[source]->row,
                                      &unread, error);
    if (err == CW_OK && unread.n == 0 && reach->known && !reach->blind)
        s->read_from = reach->from;
    cw_intervals_done(&unread);
    return err;
}

/* Its own memory does not suffice: told like whatever else can't be had. */
static void look_at(struct guard *guard, struct judgement *j, const struct cw_look_config *config) {
    struct cw_error error;
    j->look = cw_look_new(config, &error);
    if (!j->look) {
        say_unverified(j, "too_large", error.text);
        guard_found(j);
        return;
    }
    j->next = guard->under_way;
    guard->under_way = j;
    guard->under_way_n++;
    cw_look_start(j->look);
}

static enum cw_err begin(struct guard *guard, int64_t row, struct cw_arena *arena,
                         struct cw_error *error) {
    struct cw_store_subject subject;
    struct cw_store_message message;
    bool found = false, has_message = false;
    struct cw_look_config config;
    enum cw_err err = cw_store_subject_get(guard_store(guard), row, arena, &found, &subject, error);
    if (err != CW_OK || !found)
        return err;
    struct judgement *j = calloc(1, sizeof *j);
    if (!j)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    *j = (struct judgement){.guard = guard,
                            .row = row,
                            .key = subject.s.key,
                            .message = subject.s.message,
                            .rests_on = subject.s.rests_on};
    cw_arena_init(&j->arena, VERDICT_BYTES);
    view(guard, j, &config);
    j->invariant = invariant_of(guard, subject.invariant, &subject.s.invariant);
    if (subject.standing)
        subject.s.block = config.heads[subject.s.side].latest;
    j->block = subject.s.block;
    if (!j->invariant) {
        say_unverified(j, "unknown_invariant", "this program does not know this invariant");
        guard_found(j);
        return CW_OK;
    }
    if (!guard->knows) {
        say_unverified(j, guard->route->refused, guard->route->refusal);
        guard_found(j);
        return CW_OK;
    }
    err = read_beside(guard, &subject.s, arena, &has_message, &message, &config.rests_on, error);
    if (err == CW_OK && !has_message && !cw_hash32_is_zero(&subject.s.message))
        err = read_reach(guard, &subject.s, error);
    if (err != CW_OK) { /* its own trouble holds up none of the others */
        say_unverified(j, "not_read", error->text);
        guard_found(j);
        return CW_OK;
    }
    config.subject = &subject.s;
    config.message = has_message ? &message.m : NULL;
    look_at(guard, j, &config);
    return CW_OK;
}

static bool in_list(const struct judgement *list, int64_t row) {
    for (; list; list = list->next)
        if (list->row == row)
            return true;
    return false;
}

/* Rows that may be begun, the next one first. */
struct choice {
    int64_t rows[FETCH_MAX];
    size_t n, next;
};

/* The next one that is not under way; 0: there is none. */
static int64_t first_of(const struct guard *guard, struct choice *choice) {
    while (choice->next < choice->n && (in_list(guard->under_way, choice->rows[choice->next]) ||
                                        in_list(guard->found, choice->rows[choice->next])))
        choice->next++;
    return choice->next < choice->n ? choice->rows[choice->next] : 0;
}

static enum cw_err read_choices(struct guard *guard, struct choice *fresh, struct choice *waiting,
                                struct cw_error *error) {
    struct route *route = guard->route;
    enum cw_err err = cw_store_subjects_fresh(guard_store(guard), route->row, FETCH_MAX,
                                              fresh->rows, &fresh->n, error);
    return err == CW_OK
               ? cw_store_subjects_due(guard_store(guard), route->row, wall_ms(route->relay),
                                       FETCH_MAX, waiting->rows, &waiting->n, error)
               : err;
}

/* Fresh ones first, and those that wait longest are never starved. */
static enum cw_err judge_due(struct guard *guard, struct cw_error *error) {
    const size_t most = guard->route->relay->config->monitor_judgements;
    struct choice fresh = {.n = 0}, waiting = {.n = 0};
    if (guard->under_way_n >= most)
        return CW_OK;
    enum cw_err err = read_choices(guard, &fresh, &waiting, error);
    while (err == CW_OK && guard->under_way_n < most) {
        const int64_t new_one = first_of(guard, &fresh), old_one = first_of(guard, &waiting);
        if (new_one == 0 && old_one == 0)
            break;
        const bool is_fresh = cw_verdict_turn(guard->turn++, new_one != 0, old_one != 0);
        struct cw_arena arena;
        cw_arena_init(&arena, GUARD_LOAD_BYTES);
        err = begin(guard, is_fresh ? new_one : old_one, &arena, error);
        cw_arena_done(&arena);
        struct choice *taken = is_fresh ? &fresh : &waiting;
        taken->next++;
    }
    return err;
}

/* --- the tick --------------------------------------------------------------------------------- */

/* What waited for the heads to move is due. */
static enum cw_err notice_heads(struct guard *guard, struct cw_error *error) {
    struct cw_heads heads[CW_SIDES];
    bool final = !guard->heads_seen, moved = final;
    for (size_t side = 0; side < CW_SIDES; side++) {
        heads[side] = *cw_watch_heads(guard->route->chains[side]->watch);
        final = final || heads[side].final.number.v != guard->final_seen[side];
        moved = moved || heads[side].latest.timestamp_s != guard->time_seen[side];
    }
    if (!final && !moved)
        return CW_OK;
    enum cw_err err = cw_store_subjects_heads(guard_store(guard), guard->route->row, heads, final,
                                              wall_ms(guard->route->relay), error);
    for (size_t side = 0; err == CW_OK && side < CW_SIDES; side++) {
        guard->final_seen[side] = heads[side].final.number.v;
        guard->time_seen[side] = heads[side].latest.timestamp_s;
    }
    guard->heads_seen = err == CW_OK;
    return err;
}

/* The contracts were read, now or once, or can't be. */
static bool can_tell(struct guard *guard) {
    const struct route *route = guard->route;
    guard->knows = guard->knows || route->prepared;
    return cw_watch_heads(route->chains[CW_SETTLEMENT]->watch) &&
           cw_watch_heads(route->chains[CW_EXECUTION]->watch) &&
           (guard->knows || route->refused[0]);
}

static void tick(struct guard *guard) {
    struct route *route = guard->route;
    struct cw_error error;
    guard_commit_soon(guard);
    pause_tick(guard->pause);
    unverified_tell(guard);
    const bool can = can_tell(guard);
    blind_tell(guard, can);
    if (!can || monotonic_ms(route->relay) < guard->look_after_ms)
        return;
    enum cw_err err = notice_heads(guard, &error);
    if (err == CW_OK)
        err = judge_due(guard, &error);
    if (err != CW_OK) {
        cw_log(CW_LOG_ERROR, route->subject, "subjects not read, will be judged later: %s",
               error.text);
        guard->look_after_ms = monotonic_ms(route->relay) + GUARD_PAUSE_MS;
    }
}

void guards_tick(struct cw_relay *relay) {
    breaker_post(relay);
    for (size_t i = 0; i < relay->routes_n; i++)
        if (relay->routes[i].guard)
            tick(relay->routes[i].guard);
}

static bool is_of(const struct judgement *j, enum guard_of of, const struct cw_hash32 *hash) {
    switch (of) {
    case GUARD_OF_ALL:
        return true;
    case GUARD_OF_KEY:
        return cw_hash32_equal(&j->key, hash);
    case GUARD_OF_MESSAGE:
        return cw_hash32_equal(&j->message, hash);
    case GUARD_OF_ROOT:
        return cw_hash32_equal(&j->rests_on, hash);
    }
    return true;
}

void guard_stale(struct guard *guard, enum guard_of of, const struct cw_hash32 *hash) {
    struct judgement *lists[] = {guard->under_way, guard->found, guard->batch};
    for (size_t i = 0; i < CW_COUNT(lists); i++)
        for (struct judgement *j = lists[i]; j; j = j->next)
            if (is_of(j, of, hash))
                j->stale = true;
}
