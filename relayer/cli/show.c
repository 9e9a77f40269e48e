#include "cli/cli.h"
#include "cli/follow.h"
#include "cli/levels.h"
#include "cli/message_out.h"
#include "cli/print.h"
#include "cli/story.h"
#include "cli/waits.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define OUTPUT_BYTES (64u << 20)

static const char help[] =
    "usage: causeway show ID [--route NAME] [--follow] [--config FILE] [--json]\n"
    "\n"
    "Shows one message: how far it is, what it waits for, where, until when and who can end it, "
    "its\n"
    "transactions, and everything that happened to it.\n"
    "\n"
    "  ID             of the message, 8 and more of its first digits, or the hash of the "
    "transaction\n"
    "                 that sent it\n"
    "  --route NAME   the route it is on, when its id stands on several\n"
    "  --follow       show it anew each second until it is done or dead, or Ctrl-C; where stdout\n"
    "                 is no terminal, print what happens, with --json the whole in a line each "
    "time\n"
    "  --config FILE  configuration (default: see causeway --help)\n"
    "  --json         output for programs\n"
    "\n"
    "exit: 0 ok, 1 there is no such message, 2 bad input, 3 could not tell\n";

static void print_waits(const struct cw_story *s) {
    const struct cw_store_message *m = s->m;
    struct cw_cli_wait waits[CW_CLI_WAITS];
    char text[256], time[CW_TIME_SIZE], distance[CW_TIME_SIZE];
    size_t n = cw_cli_waits(s->view, m, s->now_ms, waits);
    for (size_t i = 0; i < n; i++)
        cw_print_pair(i == 0 ? "waits for" : "", CW_PLAIN, waits[i].text);
    if (m->condition == CW_WAITING && m->due_ms > 1) {
        snprintf(text, sizeof text, "%s, %s", cw_print_time(time, m->due_ms / 1000),
                 cw_print_relative(distance, m->due_ms / 1000, s->now_ms / 1000));
        cw_print_pair("next look", CW_PLAIN, text);
    } else if (m->condition == CW_WAITING && m->due_ms == 1) {
        cw_print_pair("next look", CW_PLAIN, "now");
    }
}

/* On the destination's clock, which may lag. */
static void print_deadline(const struct cw_story *s) {
    const struct cw_store_message *m = s->m;
    const struct cw_store_route_row *route = cw_cli_route(s->view, m->route);
    const struct cw_store_chain_row *chain = route != NULL
                                                 ? cw_cli_chain(s->view,
                                                                cw_store_route_destination(route))
                                                 : NULL;
    uint64_t now_s = chain != NULL && chain->latest_time_s != 0 ? chain->latest_time_s
                                                                : s->now_ms / 1000;
    char text[256], time[CW_TIME_SIZE], distance[CW_TIME_SIZE];
    if (m->deadline_s == 0)
        return;
    snprintf(text, sizeof text, "lost when %s reaches %s (chain time %" PRIu64 "), %s",
             chain != NULL ? chain->name : "?", cw_print_time(time, m->deadline_s), m->deadline_s,
             cw_print_relative(distance, m->deadline_s, now_s));
    cw_print_pair("deadline", m->condition == CW_DEAD ? CW_BAD : CW_WARN, text);
}

static void print_level(const struct cw_story *s) {
    const struct cw_level *level = cw_cli_level(s->view, s->m);
    char text[1024], time[CW_TIME_SIZE];
    if (level == NULL)
        return;
    const uint64_t until_s = cw_cli_level_until(level, s->m);
    snprintf(text, sizeof text, "%s%s%s%s", level->risk, until_s != 0 ? " (Until " : "",
             until_s != 0 ? cw_print_time(time, until_s) : "", until_s != 0 ? ".)" : "");
    cw_print_pair("assured", CW_PLAIN, level->assured);
    cw_print_pair("at risk", CW_PLAIN, text);
    snprintf(text, sizeof text, "%s%s%s", level->waits, level->who[0] != 0 ? "; by: " : "",
             level->who);
    if (level->waits[0] != 0)
        cw_print_pair("next", CW_PLAIN, text);
}

static void print_eta(const struct cw_story *s) {
    char text[sizeof s->eta.reason + 256];
    if (!s->has_eta)
        return;
    cw_eta_text(text, sizeof text, &s->eta, s->now_ms);
    cw_print_pair("ETA", CW_PLAIN, text);
}

static void print_state(const struct cw_story *s) {
    const struct cw_store_message *m = s->m;
    char text[CW_DETAIL_SIZE + 128];
    snprintf(text, sizeof text, "%s%s%s%s%s", cw_condition_name(m->condition),
             m->reason[0] != 0 ? ", " : "", m->reason, m->detail[0] != 0 ? ": " : "", m->detail);
    cw_print_pair("stage", CW_BOLD, cw_stage_name(m->m.stage));
    print_level(s);
    cw_print_pair("condition", cw_style_of(m->condition), text);
    if (m->orphaned)
        cw_print_pair("", CW_WARN, "its block is not on the chain at present");
    print_waits(s);
    print_eta(s);
    print_deadline(s);
    if (m->failures > 0) {
        snprintf(text, sizeof text, "%" PRIu32 " in a row", m->failures);
        cw_print_pair("failures", CW_WARN, text);
    }
    if (m->m.outcome != CW_OUTCOME_UNKNOWN)
        cw_print_pair("outcome", m->m.outcome == CW_OUTCOME_SUCCESS ? CW_GOOD : CW_BAD,
                      cw_outcome_name(m->m.outcome));
}

static void print_facts(const struct cw_story *s) {
    const struct cw_store_message *m = s->m;
    const struct cw_summary *summary = &m->m.summary;
    char text[512], hex[CW_HEX_SIZE(32)], value[CW_WEI_TEXT_SIZE], time[CW_TIME_SIZE];
    char nonce[CW_U256_DEC_SIZE];
    cw_print_pair("from", CW_PLAIN, cw_hex_encode(hex, cw_slice_of(summary->sender.b, 20)));
    cw_print_pair("to", CW_PLAIN, cw_hex_encode(hex, cw_slice_of(summary->target.b, 20)));
    cw_print_pair("value", CW_PLAIN,
                  cw_wei_format(value, &summary->value, cw_cli_symbol(s->view, m->chain)));
    cw_print_pair("nonce", CW_PLAIN, cw_u256_to_dec(nonce, &summary->nonce));
    if (summary->gas_limit != 0) {
        snprintf(text, sizeof text, "%" PRIu64, summary->gas_limit);
        cw_print_pair("gas limit", CW_PLAIN, text);
    }
    snprintf(text, sizeof text, "%s block %" PRIu64 ", %s", cw_story_chain(s, m->chain),
             m->m.source.number.v, cw_print_time(time, m->m.source.timestamp_s));
    cw_print_pair("sent in", CW_PLAIN, text);
    cw_print_pair("", CW_PLAIN, cw_hex_encode(hex, cw_slice_of(m->tx_hash.b, 32)));
    snprintf(text, sizeof text, "%s: %s", cw_assurance_name(m->assurance),
             cw_assurance_text(m->assurance));
    cw_print_pair("assurance", CW_PLAIN, text);
    if (m->evidence_size != 0) {
        cw_hex_encode(hex, cw_slice_of(m->evidence_hash.b, 32));
        snprintf(text, sizeof text, "%" PRIu64 " bytes, keccak256 %s%s", m->evidence_size, hex,
                 m->m.evidence.n == 0 ? " (no longer kept)" : "");
        cw_print_pair("evidence", CW_PLAIN, text);
    }
}

static void print_ladder(const struct cw_story *s) {
    for (int i = CW_STAGE_SEEN; i <= CW_STAGE_EXECUTED_FINAL; i++) {
        enum cw_stage stage = (enum cw_stage)i;
        uint64_t at = cw_story_reached_ms(s, stage);
        char time[CW_TIME_SIZE], took[CW_TIME_SIZE], line[160];
        uint64_t took_ms = 0;
        bool passed = stage < s->m->m.stage, now = stage == s->m->m.stage;
        snprintf(line, sizeof line, "  %s %-16s %s",
                 now      ? ">"
                 : passed ? "x"
                          : ".",
                 cw_stage_name(stage),
                 (passed || now) && at != 0 ? cw_print_time(time, at / 1000) : "");
        size_t n = strlen(line);
        while (n > 0 && line[n - 1] == ' ')
            line[--n] = 0;
        if (cw_story_took_ms(s, stage, &took_ms))
            snprintf(line + n, sizeof line - n, ", for %s",
                     cw_print_duration(took, (took_ms + 500) / 1000));
        cw_print(now ? CW_BOLD : passed ? CW_GOOD : CW_DIM, line);
        putchar('\n');
    }
}

static const char *attempt_state(const struct cw_store_attempt *a) {
    bool placed = a->state == CW_ATTEMPT_INCLUDED || a->state == CW_ATTEMPT_FINAL;
    if (a->cancelled)
        return a->state == CW_ATTEMPT_FINAL ? "cancelled, final" : "cancelled";
    if (placed && !a->success)
        return a->state == CW_ATTEMPT_FINAL ? "reverted, final" : "reverted";
    return cw_attempt_state_name(a->state);
}

/* What was offered before and since; nothing where there was one offer only. */
static void print_bids(const struct cw_story *s, size_t attempt) {
    const struct cw_story_bids *bids = &s->bids[attempt];
    const char *symbol = cw_cli_symbol(s->view, s->attempts[attempt].chain);
    for (size_t i = 0; bids->n > 1 && i < bids->n; i++) {
        const struct cw_store_bid *bid = &bids->list[i];
        char time[CW_TIME_SIZE], hex[CW_HEX_SIZE(32)], price[CW_WEI_TEXT_SIZE];
        printf("    %zu. %s, %s a gas%s, %.18s…%s", i + 1,
               cw_print_time(time, bid->signed_ms / 1000),
               cw_wei_format(price, &bid->max_fee, symbol),
               bid->cancels ? ", a transfer of nothing" : "",
               cw_hex_encode(hex, cw_slice_of(bid->hash.b, 32)), bid->why[0] != 0 ? ": " : "");
        cw_print(CW_PLAIN, bid->why);
        putchar('\n');
    }
}

/* Ends the line of the fee. */
static void print_data(const struct cw_story *s, const struct cw_store_attempt *a) {
    char fee[CW_WEI_TEXT_SIZE];
    if (!cw_u256_is_zero(&a->data_fee.v))
        printf(", %s of it for data",
               cw_wei_format(fee, &a->data_fee, cw_cli_symbol(s->view, a->chain)));
    if (a->data_gas > 0)
        printf(", %" PRIu64 " of the gas for data", a->data_gas);
    putchar('\n');
}

static void print_shared(const struct cw_store_attempt *a) {
    if (a->items_n > 0)
        printf(
            "    shared by %zu messages, each with the same share of the fee; gas that they need: "
            "%" PRIu64 " alone, %" PRIu64 " together\n",
            a->items_n, cw_story_gas_alone(a), a->estimate);
}

static void print_size(const struct cw_store_attempt *a) {
    if (a->calldata_bytes == 0) /* signed before that was kept, or fills a nonce */
        return;
    printf("    %" PRIu64 " bytes of calldata", a->calldata_bytes);
    if (a->proof_nodes > 0)
        printf(", with a proof of %" PRIu64 " nodes and %" PRIu64 " bytes", a->proof_nodes,
               a->proof_bytes);
    putchar('\n');
}

static void print_attempts(const struct cw_story *s) {
    for (size_t i = 0; i < s->attempts_n; i++) {
        const struct cw_store_attempt *a = &s->attempts[i];
        char hex[CW_HEX_SIZE(32)], signer[CW_HEX_SIZE(20)], time[CW_TIME_SIZE],
            fee[CW_WEI_TEXT_SIZE];
        struct cw_wei wei = {{{0}}};
        bool paid = false, placed = a->state == CW_ATTEMPT_INCLUDED || a->state == CW_ATTEMPT_FINAL;
        bool bad = a->state == CW_ATTEMPT_LOST || (placed && !a->success);
        printf("  %s ", a->step);
        cw_print(bad ? CW_BAD : placed ? CW_GOOD : CW_PLAIN, attempt_state(a));
        printf("\n    %s\n", cw_hex_encode(hex, cw_slice_of(a->hash.b, 32)));
        if (placed)
            printf("    %s block %" PRIu64 ", %s, gas %" PRIu64 " of %" PRIu64 "\n",
                   cw_story_chain(s, a->chain), a->block.number.v,
                   cw_print_time(time, a->block.timestamp_s), a->gas_used, a->gas_limit);
        else
            printf("    %s, signed %s, gas limit %" PRIu64 "\n", cw_story_chain(s, a->chain),
                   cw_print_time(time, a->signed_ms / 1000), a->gas_limit);
        if (cw_story_fee(a, &wei, &paid)) {
            printf("    fee %s%s", paid ? "" : "at most ",
                   cw_wei_format(fee, &wei, cw_cli_symbol(s->view, a->chain)));
            print_data(s, a);
        }
        print_shared(a);
        print_size(a);
        printf("    from %s, nonce %" PRIu64 "\n",
               cw_hex_encode(signer, cw_slice_of(a->signer.b, 20)), a->nonce);
        if (a->reorged)
            puts("    the chain was reorganized while it was in a block or on its way");
        print_bids(s, i);
    }
}

static void print_cost(const struct cw_story *s) {
    uint64_t gas = 0;
    char fee[CW_WEI_TEXT_SIZE];
    const struct cw_wei cost = cw_story_cost(s, &gas);
    if (gas > 0)
        printf("  altogether %s, gas %" PRIu64 "\n",
               cw_wei_format(fee, &cost, cw_cli_symbol(s->view, s->attempts[0].chain)), gas);
}

static enum cw_err print_history(const struct cw_story *s) {
    static const char *const heads[] = {"time", "stage", "what", NULL};
    struct cw_print_table *table = cw_print_table_new(heads, 0);
    for (size_t i = 0; i < s->lines_n; i++) {
        const struct cw_store_history *line = &s->lines[i];
        char time[CW_TIME_SIZE], hex[CW_HEX_SIZE(32)] = "";
        if (line->has_tx)
            cw_hex_encode(hex, cw_slice_of(line->tx.b, 32));
        cw_print_cell(table, CW_DIM, "%s", cw_print_time(time, line->time_ms / 1000));
        cw_print_cell(table, CW_PLAIN, "%s", cw_stage_name(line->stage));
        cw_print_cell(table, cw_style_of(line->condition), "%s%s%s",
                      line->text[0] != 0 ? line->text : cw_condition_name(line->condition),
                      line->has_tx ? ", transaction " : "", hex);
    }
    enum cw_err err = cw_print_table(table);
    cw_print_table_free(table);
    return err;
}

static enum cw_err print_text(const struct cw_story *s) {
    char hex[CW_HEX_SIZE(32)], text[512];
    const struct cw_store_route_row *route = cw_cli_route(s->view, s->m->route);
    cw_print_pair("message", CW_BOLD, cw_hex_encode(hex, cw_slice_of(s->m->m.id.b, 32)));
    if (route != NULL) {
        snprintf(text, sizeof text, "%s (%s %s), from %s to %s%s%s", route->name, route->stack,
                 route->direction, cw_story_chain(s, s->m->chain),
                 cw_story_chain(s, cw_store_route_destination(route)),
                 route->hold_reason[0] != 0 ? "; the route is held: " : "", route->hold_reason);
        cw_print_pair("route", route->hold_reason[0] != 0 ? CW_WARN : CW_PLAIN, text);
    }
    print_state(s);
    putchar('\n');
    print_facts(s);
    putchar('\n');
    print_ladder(s);
    if (s->attempts_n > 0) {
        putchar('\n');
        cw_print(CW_BOLD, "transactions");
        putchar('\n');
        print_attempts(s);
        print_cost(s);
    }
    putchar('\n');
    return print_history(s);
}

/* --- following -------------------------------------------------------------------------------- */

/* What is worth a line when it changes. */
static void put_lines(struct cw_buf *out, const struct cw_story *s) {
    const struct cw_store_message *m = s->m;
    for (size_t i = 0; i < s->lines_n; i++) {
        const struct cw_store_history *line = &s->lines[i];
        cw_follow_line(out, "%zu. %s: %s", i + 1, cw_stage_name(line->stage),
                       line->text[0] != 0 ? line->text : cw_condition_name(line->condition));
    }
    for (size_t i = 0; i < s->attempts_n; i++) {
        char hash[CW_HEX_SIZE(32)];
        cw_follow_line(out, "transaction %s, %s: %s",
                       cw_hex_encode(hash, cw_slice_of(s->attempts[i].hash.b, 32)),
                       s->attempts[i].step, attempt_state(&s->attempts[i]));
    }
    cw_follow_line(out, "%s, %s%s%s%s%s", cw_stage_name(m->m.stage),
                   cw_condition_name(m->condition), m->reason[0] != 0 ? ", " : "", m->reason,
                   m->detail[0] != 0 ? ": " : "", m->detail);
}

/* --- the command ------------------------------------------------------------------------------ */

struct request {
    const char *config, *what, *route;
    bool json;
};

/* look NULL: once, on stdout. */
static enum cw_err put_story(const struct request *r, const struct cw_story *s,
                             struct cw_follow_look *look, struct cw_buf *json) {
    const bool lines = look != NULL && look->lines != NULL;
    if (lines)
        put_lines(look->lines, s);
    if (json != NULL)
        cw_story_put(json, s);
    return lines || (r->json && look == NULL) ? CW_OK : print_text(s);
}

static int show_all(const struct request *r, struct cw_cli_view *view, struct cw_follow_look *look,
                    struct cw_buf *json) {
    struct cw_store_message *list = NULL;
    struct cw_error error;
    size_t n = 0;
    if (cw_cli_find(view, r->what, r->route, &list, &n, &error) != CW_OK)
        return cw_cli_fail(&error);
    if (look != NULL)
        look->over = n == 0;
    if (n == 0)
        return cw_cli_not_found(r->what, r->route);
    bool over = true;
    if (n > 1 && json != NULL)
        cw_out_open(json, NULL, '[');
    for (size_t i = 0; i < n; i++) {
        struct cw_story story;
        enum cw_err err = cw_story_read(view, &list[i], &story, &error);
        if (err == CW_OK && i > 0 && json == NULL && (look == NULL || look->lines == NULL))
            puts("\n");
        if (err == CW_OK && put_story(r, &story, look, json) != CW_OK)
            err = cw_error_set(&error, CW_ERR_MEMORY, "out of memory");
        if (err != CW_OK)
            return cw_cli_fail(&error);
        over = over && (list[i].condition == CW_DONE || list[i].condition == CW_DEAD);
    }
    if (n > 1 && json != NULL)
        cw_out_close(json, ']');
    if (look != NULL)
        look->over = over;
    return CW_EXIT_OK;
}

static int look_once(const struct request *r, struct cw_follow_look *look) {
    struct cw_cli_view view = {0};
    struct cw_error error;
    struct cw_buf out;
    cw_buf_init(&out, OUTPUT_BYTES);
    struct cw_buf *json = look != NULL ? look->json : r->json ? &out : NULL;
    int code = cw_cli_view_open(&view, r->config, &error) != CW_OK ? cw_cli_fail(&error)
                                                                   : show_all(r, &view, look, json);
    if (code == CW_EXIT_OK && json == &out)
        code = cw_out_print(&out, CW_EXIT_OK);
    else
        cw_buf_done(&out);
    cw_cli_view_close(&view);
    return code;
}

static int show(void *ctx, struct cw_follow_look *look) {
    return look_once(ctx, look);
}

int cw_cmd_show(int argc, char **argv) {
    static const struct option options[] = {{"route", required_argument, NULL, 'r'},
                                            {"follow", no_argument, NULL, 'f'},
                                            CW_CLI_COMMON_OPTIONS};
    struct cw_cli_common common = {0};
    struct request r = {.route = NULL};
    bool follow = false;
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        follow = follow || c == 'f';
        if (c == 'r')
            r.route = optarg;
        if (c == 'r' || c == 'f')
            continue;
        int code = cw_cli_option(c, &common, help);
        if (code != CW_CLI_GO_ON)
            return code;
    }
    if (optind + 1 != argc)
        return cw_cli_usage(help, "takes one argument: which message");
    r.what = argv[optind];
    r.config = common.config;
    r.json = common.json;
    const struct cw_follow job = {show, &r, "causeway show", common.json};
    return follow ? cw_follow(&job) : look_once(&r, NULL);
}
