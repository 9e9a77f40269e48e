/* Chains that stand still: no new block comes, or none becomes final. */
#include "work/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LOOK_EVERY_MS 1000u
/* A final head is not asked for at each look, and a chain's clock may leap. */
#define FINAL_LEAST_MS 60000u

static bool is_over(uint64_t since, uint64_t now, uint64_t limit) {
    return limit > 0 && now > since && now - since >= limit;
}

static void incident_of(const struct chain *chain, enum cw_incident_kind kind,
                        struct cw_store_incident *out) {
    *out = (struct cw_store_incident){.kind = kind};
    snprintf(out->subject, sizeof out->subject, "%s", chain->config->name);
    snprintf(out->chain, sizeof out->chain, "%s", chain->config->name);
}

/* Nobody who answers is worse than a chain of which all say that it stands still. */
static void tell_head(struct chain *chain) {
    struct stall *head = &chain->head;
    struct cw_store_incident incident;
    const bool blind = chain->trouble[0] != '\0' && !chain->trouble_is_a_signers;
    incident_of(chain, CW_INCIDENT_HEAD_STALLED, &incident);
    incident.severity = blind ? CW_SEVERITY_CRITICAL : CW_SEVERITY_WARNING;
    snprintf(incident.text, sizeof incident.text,
             "no block after %" PRIu64 " came for more than %" PRIu64 " s: %.200s", head->number,
             chain->config->max_head_pause_s,
             blind ? chain->trouble : "the endpoints answer, and have none");
    told_so(chain->relay, &head->told, &incident);
}

static void look_at_head(struct chain *chain) {
    const struct cw_heads *heads = cw_watch_heads(chain->watch);
    const uint64_t limit_s = chain->config->max_head_pause_s, now = monotonic_ms(chain->relay);
    struct stall *head = &chain->head;
    char why[64] = "max_head_pause_s is 0 now";
    if (heads && heads->latest.number.v != head->number) {
        head->number = heads->latest.number.v;
        head->since_ms = now;
        head->moved = true;
    }
    if (is_over(head->since_ms, now, limit_s * 1000)) {
        tell_head(chain);
        return;
    }
    if (limit_s > 0)
        snprintf(why, sizeof why, "block %" PRIu64 " came", head->number);
    if (head->moved || limit_s == 0)
        told_over(chain->relay, &head->told, CW_INCIDENT_HEAD_STALLED, chain->config->name, why);
}

static void tell_final(struct chain *chain) {
    struct cw_store_incident incident;
    incident_of(chain, CW_INCIDENT_FINALITY_STALLED, &incident);
    snprintf(incident.text, sizeof incident.text,
             "block %" PRIu64 " is the newest final one since %" PRIu64
             " by the chain's clock, and for more than %" PRIu64 " s newer blocks came",
             chain->final.number, chain->final.since_s, chain->config->max_final_pause_s);
    told_so(chain->relay, &chain->final.told, &incident);
}

static void look_at_final(struct chain *chain) {
    const struct cw_heads *heads = cw_watch_heads(chain->watch);
    const uint64_t limit_s = chain->config->max_final_pause_s, now = monotonic_ms(chain->relay);
    struct stall *final = &chain->final;
    char why[64] = "max_final_pause_s is 0 now";
    if (!heads)
        return;
    if (heads->final.number.v != final->number || final->since_s == 0) {
        final->number = heads->final.number.v;
        final->since_s = heads->latest.timestamp_s;
        final->since_ms = now;
    }
    if (is_over(final->since_s, heads->latest.timestamp_s, limit_s)) {
        const uint64_t least_ms = limit_s * 1000 < FINAL_LEAST_MS ? limit_s * 1000 : FINAL_LEAST_MS;
        if (is_over(final->since_ms, now, least_ms))
            tell_final(chain);
        return;
    }
    if (limit_s > 0)
        snprintf(why, sizeof why, "block %" PRIu64 " is final", final->number);
    told_over(chain->relay, &final->told, CW_INCIDENT_FINALITY_STALLED, chain->config->name, why);
}

enum cw_err stalls_new(struct chain *chain, struct cw_error *error) {
    struct cw_store_chain_row *rows = NULL;
    size_t n = 0;
    struct cw_arena arena;
    cw_arena_init(&arena, 1u << 20);
    enum cw_err err = cw_store_chains(chain->relay->store, &arena, &rows, &n, error);
    for (size_t i = 0; err == CW_OK && i < n; i++)
        if (rows[i].row == chain->row) {
            chain->head = (struct stall){.number = rows[i].latest};
            chain->final = (struct stall){.number = rows[i].final_,
                                          .since_s = rows[i].final_since_s};
        }
    chain->head.since_ms = chain->final.since_ms = monotonic_ms(chain->relay);
    cw_arena_done(&arena);
    return err;
}

void stalls_look(struct cw_relay *relay) {
    const uint64_t now = monotonic_ms(relay);
    if (now - relay->stalls_looked_ms < LOOK_EVERY_MS)
        return;
    relay->stalls_looked_ms = now;
    for (size_t i = 0; i < relay->chains_n; i++) {
        look_at_head(&relay->chains[i]);
        look_at_final(&relay->chains[i]);
    }
}
