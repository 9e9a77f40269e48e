/* What a transaction sent, before the watchers have it: looked for on every chain that messages are
 * sent on, or on one. */
#include "store/command_args.h"
#include "store/ledger.h"
#include "work/inquiries.h"
#include "work/origin.h"

#include <monitor/json_out.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRACK_BYTES ((size_t)8 << 20)
#define JSON_BYTES  ((size_t)1 << 20)
#define KEEP_MS     5000u

struct track;

/* One chain that is asked. */
struct place {
    struct track *track;
    struct chain *chain;
    struct cw_origin *origin; /* NULL: it has answered */
};

struct track {
    struct inquiry *inquiry;
    struct cw_hash32 tx;
    struct place *places;
    size_t n, open;
    bool starting;
    enum cw_origin_state best; /* what most is known by; 0: nothing yet */
    const struct chain *chain; /* that it is of */
    struct cw_block_ref block; /* likewise, where it is in one */
    char untold[320];          /* why a chain can't tell; "" all could */
    struct cw_arena arena;     /* payloads */
    struct cw_buf messages;    /* JSON objects, with commas */
    size_t messages_n;         /* so many */
    size_t found_n;            /* those beyond CW_TRACK_MAX, too, as far as they were counted */
};

static void free_track(struct track *track) {
    for (size_t i = 0; i < track->n; i++)
        cw_origin_cancel(track->places[i].origin);
    cw_arena_done(&track->arena);
    cw_buf_done(&track->messages);
    free(track->places);
    free(track);
}

static void cancel(void *work) {
    free_track(work);
}

static void note_untold(struct track *track, const char *name, const char *text) {
    if (track->untold[0] == '\0')
        snprintf(track->untold, sizeof track->untold, "%.64s: %.240s", name, text);
}

/* --- messages --------------------------------------------------------------------------------- */

/* Whether the route's messages of that block are taken in, some day. */
static bool is_read(const struct route *route, const struct cw_block_ref *block) {
    const struct cw_store_reach *reach = &route->reach[route_source(route)];
    return !reach->known || block->number.v >= reach->from;
}

/* How long the route's messages took until now. */
static struct cw_store_stage_time time_of(struct track *track, const struct route *route) {
    struct cw_store_ledger ledger = {0};
    struct cw_error error;
    if (cw_store_ledger(track->inquiry->relay->store, route->row, 0, &track->arena, &ledger,
                        &error) != CW_OK)
        cw_log(CW_LOG_WARN, route->subject, "no estimate: %s", error.text);
    return ledger.stages[0];
}

/* By what half of them took. */
static void put_eta(struct cw_buf *out, const struct cw_relay *relay,
                    const struct cw_store_stage_time *took, const struct cw_block_ref *block) {
    const uint64_t now_s = wall_ms(relay) / 1000, half_s = took->p50_ms / 1000;
    const uint64_t gone_s = now_s > block->timestamp_s ? now_s - block->timestamp_s : 0;
    if (took->n == 0)
        return;
    cw_out_u64(out, "etaSeconds", half_s > gone_s ? half_s - gone_s : 0);
    cw_out_text(out, "etaReason", "half of this route's messages took no longer");
}

static void put_state(struct cw_buf *out, const struct route *route,
                      const struct cw_message *message, bool known,
                      const struct cw_store_message *row) {
    const struct cw_heads *heads = cw_watch_heads(source_chain(route)->watch);
    const bool final = heads && message->source.number.v <= heads->final.number.v;
    const bool reads = is_read(route, &message->source);
    cw_out_text(out, "stage", known ? cw_stage_name(row->m.stage) : "unseen");
    cw_out_bool(out, "final", final);
    cw_out_bool(out, "isRead", known || reads);
    cw_out_text(out, "text",
                known    ? "the relayer has it"
                : !reads ? "sent before the block from which the relayer reads this route: it is "
                           "not relayed here; its proof can be had by its transaction with "
                           "`causeway prove`"
                : final  ? "in a final block that the relayer comes to soon"
                         : "in a block that is not final: it may still be replaced");
}

static enum cw_err put_message(struct track *track, struct route *route,
                               const struct cw_store_stage_time *took, const struct cw_message *m,
                               struct cw_error *error) {
    struct cw_buf *out = &track->messages;
    struct cw_store_message row;
    bool known = false;
    enum cw_err err = cw_store_message_find(track->inquiry->relay->store, route->row, &m->id,
                                            &track->arena, &known, &row, error);
    if (err != CW_OK)
        return err;
    if (track->messages_n++ > 0)
        cw_buf_text(out, ",");
    cw_buf_text(out, "{");
    cw_out_hash32(out, "id", &m->id);
    if (!cw_hash32_is_zero(&m->alias))
        cw_out_hash32(out, "alias", &m->alias);
    cw_out_text(out, "route", route->config->name);
    put_state(out, route, m, known, &row);
    put_eta(out, track->inquiry->relay, took, &m->source);
    cw_out_text(out, "sourceChain", source_chain(route)->config->name);
    cw_out_u64(out, "sourceBlock", m->source.number.v);
    cw_out_hash32(out, "sourceBlockHash", &m->source.hash);
    cw_out_u64(out, "sourceTime", m->source.timestamp_s);
    cw_out_addr20(out, "sender", &m->summary.sender);
    cw_out_addr20(out, "target", &m->summary.target);
    cw_out_u256(out, "valueWei", &m->summary.value.v);
    cw_out_u256(out, "nonce", &m->summary.nonce);
    cw_out_u64(out, "gasLimit", m->summary.gas_limit);
    cw_buf_text(out, "}");
    return CW_OK;
}

static enum cw_err put_route(struct track *track, struct route *route,
                             const struct cw_origin_found *found, struct cw_error *error) {
    struct cw_message *messages = cw_arena_array(&track->arena, CW_TRACK_MAX + 1, sizeof *messages);
    size_t n = 0;
    if (!messages)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    if (!route->prepared)
        return cw_error_set(error, CW_ERR_BUSY, "its contracts are not read yet");
    enum cw_err err = cw_origin_messages(found, route->config->adapter, route->adapter,
                                         &track->arena, messages, CW_TRACK_MAX + 1, &n, error);
    if (err != CW_OK || n == 0)
        return err;
    const struct cw_store_stage_time took = time_of(track, route); /* it is dear: once */
    for (size_t i = 0; err == CW_OK && i < n && track->messages_n < CW_TRACK_MAX; i++)
        err = put_message(track, route, &took, &messages[i], error);
    track->found_n += n;
    return err;
}

static void put_routes(struct track *track, const struct chain *chain,
                       const struct cw_origin_found *found) {
    struct cw_relay *relay = track->inquiry->relay;
    struct cw_error error;
    for (size_t i = 0; i < relay->routes_n; i++) {
        struct route *route = &relay->routes[i];
        if (source_chain(route) == chain && put_route(track, route, found, &error) != CW_OK)
            note_untold(track, route->subject, error.text);
    }
}

/* --- the answer ------------------------------------------------------------------------------- */

static const char *state_of(const struct track *track) {
    switch (track->best) {
    case CW_ORIGIN_INCLUDED:
        return track->messages_n > 0 ? "found" : "noMessage";
    case CW_ORIGIN_REVERTED:
        return "reverted";
    case CW_ORIGIN_PENDING:
        return "pending";
    case CW_ORIGIN_UNTOLD:
    case CW_ORIGIN_NONE:
        break;
    }
    return "notFound";
}

/* Nothing was found, and not everybody could be asked. */
static bool is_untold(const struct track *track) {
    return track->untold[0] != '\0' && track->messages_n == 0 &&
           track->best != CW_ORIGIN_REVERTED && track->best != CW_ORIGIN_PENDING;
}

static void answer(struct track *track) {
    struct inquiry *inquiry = track->inquiry;
    struct cw_buf out;
    if (is_untold(track) || track->messages.failed) {
        inquiry_refuse(inquiry, 503, "%s",
                       track->messages.failed ? "out of memory" : track->untold);
        free_track(track);
        return;
    }
    cw_buf_init(&out, JSON_BYTES + 4096);
    cw_out_open(&out, NULL, '{');
    cw_out_hash32(&out, "transaction", &track->tx);
    cw_out_text(&out, "state", state_of(track));
    if (track->chain)
        cw_out_text(&out, "chain", track->chain->config->name);
    if (track->best == CW_ORIGIN_INCLUDED || track->best == CW_ORIGIN_REVERTED)
        cw_out_u64(&out, "block", track->block.number.v);
    cw_out_open(&out, "messages", '[');
    cw_buf_append(&out, track->messages.p, track->messages.n);
    cw_out_close(&out, ']');
    cw_out_bool(&out, "more", track->found_n > track->messages_n);
    cw_out_open(&out, "asked", '[');
    for (size_t i = 0; i < track->n; i++)
        cw_out_text(&out, NULL, track->places[i].chain->config->name);
    cw_out_close(&out, ']');
    cw_out_close(&out, '}');
    if (out.failed)
        inquiry_refuse(inquiry, 503, "out of memory");
    else
        inquiry_answer(inquiry, 200, cw_buf_slice(&out), KEEP_MS);
    cw_buf_done(&out);
    free_track(track);
}

/* What is in a block is known by more than what is only known of. */
static int rank(enum cw_origin_state state) {
    return state == CW_ORIGIN_INCLUDED   ? 4
           : state == CW_ORIGIN_REVERTED ? 3
           : state == CW_ORIGIN_PENDING  ? 2
           : state == CW_ORIGIN_NONE     ? 1
                                         : 0;
}

static void found_there(void *ctx, const struct cw_origin_found *found) {
    struct place *place = ctx;
    struct track *track = place->track;
    place->origin = NULL;
    track->open--;
    if (found->state == CW_ORIGIN_UNTOLD)
        note_untold(track, place->chain->config->name, found->text);
    if (found->state == CW_ORIGIN_INCLUDED)
        put_routes(track, place->chain, found);
    if (rank(found->state) > rank(track->best)) {
        track->best = found->state;
        track->block = found->block;
        track->chain = found->state == CW_ORIGIN_NONE ? NULL : place->chain;
    }
    if (track->open == 0 && !track->starting)
        answer(track);
}

/* --- asking ----------------------------------------------------------------------------------- */

static bool is_source(const struct cw_relay *relay, const struct chain *chain) {
    for (size_t i = 0; i < relay->routes_n; i++)
        if (source_chain(&relay->routes[i]) == chain)
            return true;
    return false;
}

static void ask(struct place *place) {
    struct track *track = place->track;
    const struct cw_origin_config config = {.rpc = place->chain->rpc,
                                            .chain = place->chain->config,
                                            .tx = track->tx,
                                            .done = found_there,
                                            .ctx = place};
    struct cw_error error;
    track->open++;
    if (cw_origin_ask(&place->origin, &config, &error) == CW_OK)
        return;
    track->open--;
    note_untold(track, place->chain->config->name, error.text);
}

/* name "": every chain that messages are sent on. */
static void choose(struct track *track, const char *name) {
    struct cw_relay *relay = track->inquiry->relay;
    for (size_t i = 0; i < relay->chains_n; i++) {
        struct chain *chain = &relay->chains[i];
        if (name[0] != '\0' ? strcmp(chain->config->name, name) == 0 : is_source(relay, chain))
            track->places[track->n++] = (struct place){.track = track, .chain = chain};
    }
}

void track_begin(struct inquiry *inquiry, const struct cw_question *question) {
    char tx[CW_HEX_SIZE(32)], name[CW_ROUTE_NAME_SIZE];
    struct track *track = calloc(1, sizeof *track);
    struct place *places = calloc(inquiry->relay->chains_n + 1, sizeof *places);
    if (!track || !places) {
        free(track);
        free(places);
        inquiry_refuse(inquiry, 503, "out of memory");
        return;
    }
    *track = (struct track){.inquiry = inquiry, .places = places, .starting = true};
    cw_arena_init(&track->arena, TRACK_BYTES);
    cw_buf_init(&track->messages, JSON_BYTES);
    inquiry->work = track;
    inquiry->cancel = cancel;
    cw_command_arg(question->text, "tx", tx, sizeof tx);
    cw_command_arg(question->text, "chain", name, sizeof name);
    if (cw_hex_decode(track->tx.b, 32, tx, strlen(tx)) != CW_OK) {
        inquiry_refuse(inquiry, 400, "no hash of a transaction");
        free_track(track);
        return;
    }
    choose(track, name);
    for (size_t i = 0; i < track->n; i++)
        ask(&track->places[i]);
    track->starting = false;
    if (track->open == 0)
        answer(track);
}
