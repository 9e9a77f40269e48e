#include "work/inquiries.h"

#include "store/command_args.h"
#include "work/bundle.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNDER_WAY_MAX   8u
#define KEEP_PROOF_MS   10000u
#define KEEP_REFUSAL_MS 2000u

static void unlink_inquiry(struct inquiry *inquiry) {
    struct inquiry **at = &inquiry->relay->inquiries;
    while (*at != inquiry)
        at = &(*at)->next;
    *at = inquiry->next;
    inquiry->relay->inquiries_n--;
}

void inquiry_answer(struct inquiry *inquiry, unsigned status, struct cw_slice answer,
                    uint64_t keep_ms) {
    cw_questions_answer(inquiry->relay->options.questions, inquiry->number, status, answer,
                        keep_ms);
    unlink_inquiry(inquiry);
    free(inquiry);
}

void inquiry_refuse(struct inquiry *inquiry, unsigned status, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    inquiry_answer(inquiry, status, cw_slice_of(text, strlen(text)), KEEP_REFUSAL_MS);
}

/* --- proofs ----------------------------------------------------------------------------------- */

static void cancel_proof(void *work) {
    cw_bundle_cancel(work);
}

static void proven(void *ctx, enum cw_err err, bool ready, struct cw_slice json,
                   const struct cw_error *error) {
    struct inquiry *inquiry = ctx;
    (void)ready; /* the object says so, too */
    if (err == CW_OK)
        inquiry_answer(inquiry, 200, json, KEEP_PROOF_MS);
    else
        inquiry_refuse(inquiry, 503, "%s", error->text);
}

static void start_proof(struct inquiry *inquiry, struct route *route,
                        const struct cw_message *message, const struct cw_addr20 *submitter) {
    struct cw_bundle_config config = {.route = route->config,
                                      .adapter = route->adapter,
                                      .submitter = *submitter,
                                      .message = message,
                                      .done = proven,
                                      .ctx = inquiry};
    struct cw_bundle *bundle = NULL;
    struct cw_error error;
    for (size_t side = 0; side < CW_SIDES; side++) {
        struct chain *chain = route->chains[side];
        config.chains[side] = chain->config;
        config.rpc[side] = chain->rpc;
        config.facts[side] = chain->facts;
        config.heads[side] = *cw_watch_heads(chain->watch);
    }
    inquiry->cancel = cancel_proof;
    if (cw_bundle_new(&bundle, &config, &error) != CW_OK)
        inquiry_refuse(inquiry, 503, "%s", error.text);
    else if (bundle) /* else inquiry is gone */
        inquiry->work = bundle;
}

static void begin_proof(struct inquiry *inquiry, const struct cw_question *question) {
    struct cw_relay *relay = inquiry->relay;
    char subject[CW_SUBJECT_SIZE], from[CW_HEX_SIZE(20)], name[CW_ROUTE_NAME_SIZE];
    struct cw_addr20 submitter = {{0}};
    struct cw_hash32 id;
    struct cw_store_message message;
    struct cw_arena arena;
    struct cw_error error;
    bool found = false;
    cw_command_arg(question->text, "message", subject, sizeof subject);
    cw_command_arg(question->text, "from", from, sizeof from);
    if (cw_store_subject_read(subject, name, &id) != CW_OK ||
        (from[0] != '\0' && cw_hex_decode(submitter.b, 20, from, strlen(from)) != CW_OK)) {
        inquiry_refuse(inquiry, 400, "not ROUTE/ID, or no address");
        return;
    }
    struct route *route = route_by_name(relay, name);
    if (!route) {
        inquiry_refuse(inquiry, 404, "the configuration has no route %s", name);
        return;
    }
    if (!route_ready(route)) {
        inquiry_refuse(inquiry, 503, "route %s is not ready: %s", name,
                       route->refusal[0] ? route->refusal : "its contracts are being read");
        return;
    }
    cw_arena_init(&arena, WORK_LOAD_BYTES);
    if (cw_store_message_find(relay->store, route->row, &id, &arena, &found, &message, &error) !=
        CW_OK)
        inquiry_refuse(inquiry, 503, "%s", error.text);
    else if (!found)
        inquiry_refuse(inquiry, 404, "no message of route %s has that id", name);
    else
        start_proof(inquiry, route, &message.m, &submitter);
    cw_arena_done(&arena);
}

/* --- all of them
 * ----------------------------------------------------------------------------------- */

static const struct {
    const char *kind;
    void (*begin)(struct inquiry *inquiry, const struct cw_question *question);
} kinds[] = {{CW_ASK_PROOF, begin_proof},
             {CW_ASK_TRACK, track_begin},
             {CW_ASK_WEBHOOK, subscribe_begin},
             {CW_ASK_WEBHOOK_END, unsubscribe_begin}};

static void begin(struct cw_relay *relay, const struct cw_question *question, uint64_t number) {
    static const char no_memory[] = "out of memory";
    struct inquiry *inquiry = calloc(1, sizeof *inquiry);
    if (!inquiry) {
        cw_questions_answer(relay->options.questions, number, 503,
                            cw_slice_of(no_memory, sizeof no_memory - 1), KEEP_REFUSAL_MS);
        return;
    }
    *inquiry = (struct inquiry){.next = relay->inquiries, .relay = relay, .number = number};
    relay->inquiries = inquiry;
    relay->inquiries_n++;
    for (size_t i = 0; i < CW_COUNT(kinds); i++)
        if (strcmp(kinds[i].kind, question->kind) == 0) {
            kinds[i].begin(inquiry, question);
            return;
        }
    inquiry_refuse(inquiry, 400, "no such question");
}

void inquiries_tick(struct cw_relay *relay) {
    struct cw_question question;
    uint64_t number = 0;
    while (relay->options.questions && relay->inquiries_n < UNDER_WAY_MAX &&
           cw_questions_take(relay->options.questions, &question, &number))
        begin(relay, &question, number);
}

void inquiries_forget(struct cw_relay *relay) {
    static const char over[] = "the daemon stops, or has another configuration: ask again";
    while (relay->inquiries) {
        struct inquiry *inquiry = relay->inquiries;
        inquiry->cancel(inquiry->work);
        inquiry_answer(inquiry, 503, cw_slice_of(over, sizeof over - 1), KEEP_REFUSAL_MS);
    }
}
