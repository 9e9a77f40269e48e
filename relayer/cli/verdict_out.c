#include "cli/verdict_out.h"

#include "cli/message_out.h"

#include <stdio.h>

static enum cw_style style_of(const struct cw_store_subject *s) {
    switch (s->state) {
    case CW_VERDICT_UNVERIFIED:
        return CW_WARN;
    case CW_VERDICT_OK:
        return CW_GOOD;
    case CW_VERDICT_VIOLATED:
        return CW_BAD;
    }
    return CW_PLAIN;
}

static bool is_provisional(const struct cw_store_subject *s) {
    return s->provisional && s->judged_ms > 0;
}

void cw_print_verdict(const struct cw_cli_view *view, const struct cw_store_subject *s,
                      uint64_t now_s) {
    const struct cw_store_route_row *route = cw_cli_route(view, s->route);
    char age[CW_TIME_SIZE], state[160];
    snprintf(state, sizeof state, "%s%s%s%s%s%s", cw_verdict_state_name(s->state),
             s->reason[0] != 0 ? " (" : "", s->reason, s->reason[0] != 0 ? ")" : "",
             s->state == CW_VERDICT_VIOLATED ? ", at stake: " : "",
             s->state == CW_VERDICT_VIOLATED ? cw_stake_name(s->stake) : "");
    printf("%s %s: ", route != NULL ? route->name : "?", s->invariant);
    cw_print(CW_PLAIN, s->s.about);
    printf("\n  ");
    cw_print(style_of(s), state);
    printf("%s since %s\n", is_provisional(s) ? ", provisional," : "",
           cw_print_relative(age, s->since_ms / 1000, now_s));
    if (s->sentence[0] != 0)
        cw_print_pair("", CW_PLAIN, s->sentence);
    for (unsigned side = 0; side < CW_SIDES; side++)
        if (s->values[side][0] != 0)
            cw_print_pair(cw_cli_side_name(view, s->route, (enum cw_side)side), CW_PLAIN,
                          s->values[side]);
}

static void put_block(struct cw_buf *out, const char *key, const struct cw_block_ref *block) {
    cw_out_open(out, key, '{');
    cw_out_u64(out, "number", block->number.v);
    cw_out_hash32(out, "hash", &block->hash);
    cw_out_close(out, '}');
}

static void put_side(struct cw_buf *out, const char *key, const char *value,
                     const struct cw_block_ref *seen) {
    if (value[0] == 0 && seen->number.v == 0)
        return;
    cw_out_open(out, key, '{');
    cw_out_text(out, "value", value);
    if (seen->number.v > 0)
        put_block(out, "block", seen);
    cw_out_close(out, '}');
}

void cw_out_verdict(struct cw_buf *out, const struct cw_cli_view *view,
                    const struct cw_store_subject *s) {
    const struct cw_store_route_row *route = cw_cli_route(view, s->route);
    cw_out_open(out, NULL, '{');
    cw_out_text(out, "route", route != NULL ? route->name : "?");
    cw_out_text(out, "invariant", s->invariant);
    cw_out_hash32(out, "key", &s->s.key);
    cw_out_text(out, "about", s->s.about);
    cw_out_text(out, "state", cw_verdict_state_name(s->state));
    if (s->state == CW_VERDICT_VIOLATED)
        cw_out_text(out, "stake", cw_stake_name(s->stake));
    cw_out_text(out, "reason", s->reason);
    cw_out_text(out, "sentence", s->sentence);
    cw_out_bool(out, "provisional", is_provisional(s));
    put_side(out, "settlement", s->values[CW_SETTLEMENT], &s->seen[CW_SETTLEMENT]);
    put_side(out, "execution", s->values[CW_EXECUTION], &s->seen[CW_EXECUTION]);
    cw_out_text(out, "chain", cw_cli_side_name(view, s->route, s->s.side));
    put_block(out, "block", &s->s.block);
    if (!s->standing)
        cw_out_hash32(out, "tx", &s->s.tx);
    if (!cw_hash32_is_zero(&s->s.message))
        cw_out_hash32(out, "message", &s->s.message);
    if (!cw_hash32_is_zero(&s->s.rests_on))
        cw_out_hash32(out, "restsOn", &s->s.rests_on);
    cw_out_u64(out, "tries", s->tries);
    cw_out_u64(out, "firstMs", s->first_ms);
    cw_out_u64(out, "sinceMs", s->since_ms);
    cw_out_u64(out, "judgedMs", s->judged_ms);
    cw_out_close(out, '}');
}
