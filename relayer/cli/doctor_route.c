/* What `causeway doctor` finds of the contracts of routes. */
#include "cli/contracts.h"
#include "cli/doctor.h"

#include <stdio.h>
#include <string.h>

static void say(struct cw_route_exam *e, enum cw_doctor_level level, const char *advice,
                const char *format, ...) CW_PRINTF(4, 5);
static void say(struct cw_route_exam *e, enum cw_doctor_level level, const char *advice,
                const char *format, ...) {
    va_list args;
    va_start(args, format);
    cw_doctor_vadd(&e->list, level, "route", e->route->name, advice, format, args);
    va_end(args);
}

/* The relayer's own view of them, which it goes by. */
static void say_prepared(struct cw_route_exam *e, const struct cw_preparation *p) {
    if (p->state == CW_PREPARE_OK)
        say(e, CW_DOCTOR_OK, NULL, "can be followed: %s", p->detail);
    else if (strcmp(p->reason, "unavailable") == 0)
        say(e, CW_DOCTOR_UNKNOWN, NULL, "its contracts could not be read: %s", p->detail);
    else
        say(e, CW_DOCTOR_FAIL, "the route would be held: correct its \"contracts\"", "%s: %s",
            p->reason, p->detail);
}

/* What the configuration names beside the first contract must be what the chains name. */
static void compare_named(struct cw_route_exam *e) {
    for (const struct cw_field *f = e->route->adapter->fields; f->key; f++) {
        const struct cw_survey_contract *found = cw_survey_find(&e->survey, f->key);
        const struct cw_addr20 *named =
            (const struct cw_addr20 *)((const char *)e->route->contracts + f->offset);
        char a[CW_HEX_SIZE(20)], b[CW_HEX_SIZE(20)];
        if (f->type != CW_FIELD_ADDR20 || !found || cw_addr20_is_zero(named) ||
            cw_addr20_equal(named, &found->address))
            continue;
        say(e, CW_DOCTOR_FAIL, "correct it, or the other contract that the route names",
            "its \"%s\" is %s, and the chains know %s", f->key,
            cw_hex_encode(a, cw_slice_of(named->b, 20)),
            cw_hex_encode(b, cw_slice_of(found->address.b, 20)));
    }
}

static bool has_same_contracts(const struct cw_survey *a, const struct cw_survey *b) {
    bool same = a->state == CW_SURVEY_OK && a->contracts_n == b->contracts_n;
    for (size_t i = 0; same && i < a->contracts_n; i++)
        same = a->contracts[i].side == b->contracts[i].side &&
               cw_addr20_equal(&a->contracts[i].address, &b->contracts[i].address);
    return same;
}

static void say_contracts(struct cw_route_exam *e) {
    for (size_t i = 0; i < e->survey.contracts_n; i++) {
        const struct cw_survey_contract *c = &e->survey.contracts[i];
        char hex[CW_HEX_SIZE(20)];
        say(e, CW_DOCTOR_OK, NULL, "%s%s%s at %s%s", c->name, c->version[0] != '\0' ? " " : "",
            c->version, cw_hex_encode(hex, cw_slice_of(c->address.b, 20)),
            c->side == CW_EXECUTION ? " on the rollup" : "");
    }
    say(e, CW_DOCTOR_OK, NULL, "%u links between them hold", e->survey.links);
    for (size_t i = 0; i < e->survey.remarks_n; i++) {
        static const enum cw_doctor_level levels[] = {[CW_REMARK_FACT] = CW_DOCTOR_OK,
                                                      [CW_REMARK_CARE] = CW_DOCTOR_WARN,
                                                      [CW_REMARK_WRONG] = CW_DOCTOR_FAIL};
        const enum cw_remark_kind kind = e->survey.remarks[i].kind;
        say(e, levels[kind],
            kind == CW_REMARK_WRONG ? "are contracts and chains of the route those of one rollup?"
                                    : NULL,
            "%s", e->survey.remarks[i].text);
    }
}

static void say_surveyed(struct cw_route_exam *e, const struct cw_route_exam *before, size_t n) {
    switch (e->survey.state) {
    case CW_SURVEY_NEED:
        return;
    case CW_SURVEY_UNKNOWN:
        say(e, CW_DOCTOR_UNKNOWN, NULL, "what stands around its contracts could not be read: %s",
            e->survey.text);
        return;
    case CW_SURVEY_OTHER:
        say(e, CW_DOCTOR_FAIL, "correct the route's \"contracts\"", "%s", e->survey.text);
        return;
    case CW_SURVEY_OK:
        break;
    }
    compare_named(e);
    for (size_t i = 0; i < n; i++) {
        if (has_same_contracts(&before[i].survey, &e->survey)) {
            say(e, CW_DOCTOR_OK, NULL, "the contracts are those of %s", before[i].route->name);
            return;
        }
    }
    say_contracts(e);
}

bool cw_route_exam_go(struct cw_route_exam *e, const struct cw_route_exam *before, size_t before_n,
                      struct cw_exam *exams, size_t n) {
    struct cw_contracts contracts;
    struct cw_survey_start start = {.at = *cw_contracts_first(e->route)};
    struct cw_preparation prepared;
    struct cw_adapter *adapter = NULL;
    struct cw_error error;
    e->list.n = 0;
    for (unsigned side = 0; side < CW_SIDES; side++) {
        const struct cw_config_chain *chain = cw_config_side(e->config, e->route,
                                                             (enum cw_side)side);
        struct cw_exam *exam = cw_exam_well(exams, n, chain);
        if (!exam) {
            say(e, CW_DOCTOR_UNKNOWN, "mend the endpoints first",
                "its contracts could not be read: no endpoint of %s is well", chain->name);
            return true;
        }
        contracts.probes[side] = exam->probe;
        start.chains[side] = (struct cw_chain_id){chain->chain_id};
    }
    if (cw_config_adapter(&adapter, e->config, e->route, &error) != CW_OK) {
        say(e, CW_DOCTOR_FAIL, NULL, "%s", error.text);
        return true;
    }
    bool whole = cw_contracts_prepare(&contracts, e->route->adapter, adapter, &prepared);
    whole = cw_contracts_survey(&contracts, e->route->adapter, &start, &e->survey) && whole;
    e->route->adapter->close(adapter);
    if (whole) {
        say_prepared(e, &prepared);
        say_surveyed(e, before, before_n);
    }
    return whole;
}
