#include "work/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Writes the line (text "": none) and has the message looked at, in the caller's transaction. */
static enum cw_err write(struct cw_relay *relay, const struct cw_store_message *message,
                         struct cw_store_history *line, bool wake, struct cw_error *error) {
    line->side = cw_side_other(message->source_side);
    line->stage = message->m.stage;
    line->condition = message->condition;
    line->time_ms = wall_ms(relay);
    enum cw_err err = CW_OK;
    if (line->text[0])
        err = cw_store_history_add(relay->store, message->row, line, error);
    if (err == CW_OK && wake)
        err = cw_store_message_wake(relay->store, message->row, error);
    return err;
}

static void line_of(const struct cw_store_attempt *attempt, struct cw_store_history *line) {
    *line = (struct cw_store_history){.kind = "step", .has_tx = true, .tx = attempt->hash};
}

/* What stands in the log beside a transaction's line. */
static void log_line(const struct chain *chain, enum cw_log_level level, const char *text,
                     const struct cw_store_attempt *attempt) {
    char hash[CW_HEX_SIZE(32)];
    cw_log(level, chain->config->name, "%s (%s)", text,
           cw_hex_encode(hash, cw_slice_of(attempt->hash.b, 32)));
}

static void not_written(const struct chain *chain, const struct cw_store_attempt *attempt,
                        const struct cw_error *error) {
    char hash[CW_HEX_SIZE(32)];
    cw_log(CW_LOG_ERROR, chain->config->name, "history of %s not written: %s",
           cw_hex_encode(hash, cw_slice_of(attempt->hash.b, 32)), error->text);
}

/* "": the store wrote down itself that its block is gone. */
static void say_moved(const struct chain *chain, const struct cw_store_attempt *attempt,
                      char text[320]) {
    char price[CW_WEI_TEXT_SIZE], signer[CW_HEX_SIZE(20)], together[40] = "";
    switch (attempt->state) {
    case CW_ATTEMPT_SIGNED:
        snprintf(text, 320, "%s %s: offers %s a gas", attempt->step,
                 attempt->cancelled ? "cancelled" : "signed again",
                 cw_wei_format(price, &attempt->max_fee, chain->config->symbol));
        return;
    case CW_ATTEMPT_SENT:
        text[0] = '\0';
        return;
    case CW_ATTEMPT_INCLUDED:
    case CW_ATTEMPT_FINAL:
        if (attempt->items_n > 0)
            snprintf(together, sizeof together, " with %zu others", attempt->items_n - 1);
        snprintf(text, 320, "%s %s%s%s%s, %" PRIu64 " gas", attempt->step,
                 attempt->cancelled ? "cancelled: its nonce is used up, " : "",
                 cw_attempt_state_name(attempt->state), together,
                 attempt->success ? "" : ", reverted", attempt->gas_used);
        return;
    case CW_ATTEMPT_LOST:
        snprintf(text, 320,
                 "%s lost: nonce %" PRIu64
                 " was used by another transaction of %s, which is final; the step is open again",
                 attempt->step, attempt->nonce,
                 cw_hex_encode(signer, cw_slice_of(attempt->signer.b, 20)));
        return;
    }
}

/* Those that the transaction is for; none when it only fills a nonce. */
static int64_t message_of(const struct cw_store_attempt *attempt, size_t i) {
    return attempt->items_n > 0 ? attempt->items[i].message : attempt->message;
}

static size_t messages_of(const struct cw_store_attempt *attempt) {
    return attempt->items_n > 0 ? attempt->items_n : attempt->message != 0;
}

static bool is_placed(const struct cw_store_attempt *attempt) {
    return attempt->state == CW_ATTEMPT_INCLUDED || attempt->state == CW_ATTEMPT_FINAL;
}

/* What went well is final: its message was looked at when it was included, and only where the step
 * was wanted all the same it goes on now. And that look may have come before, with the block's
 * events. */
static bool is_news(const struct cw_store_attempt *attempt,
                    const struct cw_store_message *message) {
    if (!is_placed(attempt) || !attempt->success || attempt->cancelled)
        return true;
    if (attempt->state == CW_ATTEMPT_FINAL)
        return strcmp(message->reason, "submitted") == 0;
    return message->rests_on < attempt->block.number.v;
}

static void stale_before(struct cw_relay *relay, const struct cw_store_message *message,
                         const struct cw_store_attempt *attempt) {
    struct route *route = route_by_row(relay, message->route);
    if (route && is_placed(attempt))
        route_stale_before(route, message->row, attempt->block.number);
    else if (route)
        route_stale(route, message->row);
}

/* Within the caller's transaction; its failure is its own. */
static enum cw_err write_moved(const struct lane_slot *slot, const struct cw_store_attempt *attempt,
                               int64_t row, struct cw_error *error) {
    struct cw_relay *relay = slot->chain->relay;
    struct cw_store_history line;
    line_of(attempt, &line);
    line.has_block = is_placed(attempt);
    line.block = attempt->block;
    say_moved(slot->chain, attempt, line.text);
    struct cw_arena arena;
    cw_arena_init(&arena, WORK_LOAD_BYTES);
    struct cw_store_message message;
    enum cw_err err = cw_store_savepoint(relay->store, error);
    if (err == CW_OK) {
        err = cw_store_message_get(relay->store, row, &arena, &message, error);
        if (err == CW_OK)
            err = write(relay, &message, &line, is_news(attempt, &message), error);
        if (err == CW_OK)
            err = cw_store_release(relay->store, error);
        else
            cw_store_undo(relay->store);
    }
    if (err == CW_OK && is_news(attempt, &message))
        stale_before(relay, &message, attempt);
    cw_arena_done(&arena);
    return err;
}

static void log_moved(const struct chain *chain, const struct cw_store_attempt *attempt) {
    char text[320];
    say_moved(chain, attempt, text);
    bool bad = attempt->state == CW_ATTEMPT_LOST || (is_placed(attempt) && !attempt->success);
    if (text[0])
        log_line(chain, bad ? CW_LOG_WARN : CW_LOG_INFO, text, attempt);
}

void sent_moved(void *ctx, const struct cw_store_attempt *attempts, size_t n) {
    const struct lane_slot *slot = ctx;
    struct cw_store *store = slot->chain->relay->store;
    struct cw_error error, own;
    enum cw_err err = cw_store_begin(store, &error);
    for (size_t i = 0; err == CW_OK && i < n; i++) /* of none: the lane's log says it */
        for (size_t k = 0; k < messages_of(&attempts[i]); k++)
            if (write_moved(slot, &attempts[i], message_of(&attempts[i], k), &own) != CW_OK)
                not_written(slot->chain, &attempts[i], &own);
    if (err == CW_OK)
        err = cw_store_end(store, CW_OK, &error);
    for (size_t i = 0; i < n; i++) {
        if (messages_of(&attempts[i]) == 0)
            continue;
        if (err != CW_OK)
            not_written(slot->chain, &attempts[i], &error);
        else
            log_moved(slot->chain, &attempts[i]);
    }
}

/* --- sent again? ------------------------------------------------------------------------------ */

static void say_again(const struct cw_store_attempt *attempt, enum cw_lane_again what,
                      const char *why, char text[320]) {
    switch (what) {
    case CW_LANE_UNJUDGED:
        text[0] = '\0';
        return;
    case CW_LANE_AGAIN:
        snprintf(text, 320, "%s is still right: the same bytes are sent again", attempt->step);
        return;
    case CW_LANE_KEPT:
        snprintf(text, 320, "%s is kept back for now: %.240s", attempt->step, why);
        return;
    case CW_LANE_REPLACED:
        snprintf(
            text, 320,
            "%s is kept back for a while: what it was made from is gone, and it has to be made "
            "anew",
            attempt->step);
        return;
    case CW_LANE_NEEDED:
        snprintf(text, 320, "%s is given up: it would fail, and nonce %" PRIu64 " is needed",
                 attempt->step, attempt->nonce);
        return;
    }
}

/* Nobody looks at such a message, so it is said here what its transactions are worth. */
static bool judge_closed(const struct lane_slot *slot, const struct cw_store_message *message) {
    char why[CW_DETAIL_SIZE];
    bool open = message->condition == CW_READY || message->condition == CW_WAITING;
    if (message->orphaned)
        snprintf(why, sizeof why, "the message's own block is gone");
    else if (!open)
        snprintf(why, sizeof why, "the message is %s: %s", cw_condition_name(message->condition),
                 message->reason);
    else
        return false;
    cw_lane_judge(slot->lane, message->row, NULL, NULL, why);
    return true;
}

static enum cw_err ask_again(const struct lane_slot *slot, int64_t row, enum cw_lane_again what,
                             struct cw_store_history *line, struct cw_error *error) {
    struct cw_relay *relay = slot->chain->relay;
    struct cw_arena arena;
    cw_arena_init(&arena, WORK_LOAD_BYTES);
    struct cw_store_message message;
    enum cw_err err = cw_store_message_get(relay->store, row, &arena, &message, error);
    bool closed = err == CW_OK && what == CW_LANE_UNJUDGED && judge_closed(slot, &message);
    if (err == CW_OK && !closed) {
        err = cw_store_begin(relay->store, error);
        if (err == CW_OK) {
            err = write(relay, &message, line, what == CW_LANE_UNJUDGED, error);
            err = cw_store_end(relay->store, err, error);
        }
    }
    cw_arena_done(&arena);
    return err;
}

void sent_again(void *ctx, const struct cw_store_attempt *attempt, enum cw_lane_again what,
                bool had_block, const char *why) {
    struct lane_slot *slot = ctx;
    struct cw_error error;
    struct cw_store_history line;
    line_of(attempt, &line);
    line.has_block = !cw_hash32_is_zero(&attempt->block.hash);
    line.block = attempt->block;
    /* After each start what is on its way is sent again: that is no news. */
    if (what != CW_LANE_AGAIN || had_block)
        say_again(attempt, what, why, line.text);
    enum cw_err err = CW_OK;
    for (size_t i = 0; i < messages_of(attempt); i++) {
        enum cw_err one = ask_again(slot, message_of(attempt, i), what, &line, &error);
        err = one != CW_OK ? one : err;
    }
    if (err != CW_OK)
        not_written(slot->chain, attempt, &error);
    else if (line.text[0])
        log_line(slot->chain, what == CW_LANE_AGAIN ? CW_LOG_INFO : CW_LOG_WARN, line.text,
                 attempt);
}

void sent_judge(const struct verdict *v) {
    const struct route *route = v->route;
    for (size_t i = 0; v->judged && i < route->lanes_n; i++)
        cw_lane_judge(route->lanes[i], v->row, v->stands ? v->decision.step : NULL,
                      &v->decision.call, v->why);
}
