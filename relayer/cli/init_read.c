/* What the chains say to `causeway init`. */
#include "cli/contracts.h"
#include "cli/init.h"
#include "net/eth.h"
#include "net/url.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUESTION_MS 15000u
#define STEP_MS     100u
#define SPAN        100u /* blocks over which their distance is measured */

static const char *const flags[CW_SIDES] = {[CW_SETTLEMENT] = "--l1", [CW_EXECUTION] = "--l2"};

struct endpoint {
    struct cw_probe *probe;
    struct cw_block_ref latest, final;
    bool headers_hash;
};

struct reading {
    const struct cw_init_request *request;
    struct cw_loop *loop;
    struct endpoint endpoints[CW_SIDES][CW_INIT_URLS];
    struct cw_init_found *found;
    struct cw_buf *out;
    struct cw_error *error;
    enum cw_err err; /* with error: it ends here */
};

static bool refuse(struct reading *r, enum cw_err code, const char *format, ...) CW_PRINTF(3, 4);
/* True, which ends the reading. */
static bool refuse(struct reading *r, enum cw_err code, const char *format, ...) {
    char text[sizeof((struct cw_error *)0)->text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    r->err = cw_error_set(r->error, code, "%s", text);
    return true;
}

/* --- one endpoint ----------------------------------------------------------------------------- */

/* False: no such block, or it does not say; the header may not hash. */
static bool header_of(const struct cw_probe_answer *answer, struct cw_block_ref *ret,
                      bool *ret_hashes) {
    struct cw_header header;
    struct cw_hash32 hash;
    if (answer->err != CW_OK || cw_json_type(answer->value) != CW_JSON_OBJECT)
        return false;
    *ret_hashes = cw_eth_header(&header, &hash, answer->value, NULL) == CW_OK;
    if (!*ret_hashes && cw_eth_header_claim(&header, &hash, answer->value, NULL) != CW_OK)
        return false;
    *ret = (struct cw_block_ref){header.number, hash, header.timestamp};
    return true;
}

static void take_client(struct cw_init_chain *chain, const struct cw_probe_answer *answer) {
    const char *text = answer->err == CW_OK ? cw_json_string(answer->value) : NULL;
    snprintf(chain->client, sizeof chain->client, "%s",
             text && text[0] != '\0' ? text : "A client that does not say what it is");
    for (char *c = chain->client; *c != '\0'; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
}

static uint64_t distance_ms(const struct cw_block_ref *from, const struct cw_block_ref *to) {
    const uint64_t blocks = to->number.v - from->number.v;
    return to->number.v > from->number.v && to->timestamp_s > from->timestamp_s
               ? (to->timestamp_s - from->timestamp_s) * 1000 / blocks
               : 0;
}

/* The first endpoint of a side tells what the chain is like. False: something is awaited. */
static bool measure(struct cw_init_chain *chain, const struct endpoint *e) {
    char params[64];
    struct cw_block_ref before;
    bool hashes;
    const uint64_t newest = e->latest.number.v, span = newest < 2 * SPAN ? newest / 2 : SPAN;
    snprintf(params, sizeof params, "[\"0x%" PRIx64 "\",false]", newest - span);
    const struct cw_probe_answer *client = cw_probe_ask(e->probe, "web3_clientVersion", "[]", 0);
    const struct cw_probe_answer *earlier = cw_probe_ask(e->probe, "eth_getBlockByNumber", params,
                                                         0);
    if (!client || !earlier)
        return false;
    take_client(chain, client);
    chain->block_ms = header_of(earlier, &before, &hashes) ? distance_ms(&before, &e->latest) : 0;
    chain->final_behind_blocks = newest - e->final.number.v;
    chain->final_behind_s = e->latest.timestamp_s - e->final.timestamp_s;
    return true;
}

/* True: the endpoint is read, or the whole reading ends. */
static bool look_at_endpoint(struct reading *r, unsigned side, struct endpoint *e) {
    struct cw_init_chain *chain = &r->found->chains[side];
    const char *host = cw_probe_host(e->probe), *flag = flags[side];
    struct cw_block_ref safe;
    uint64_t id = 0;
    bool hashes;
    const struct cw_probe_answer *said = cw_probe_ask(e->probe, "eth_chainId", "[]", 0);
    const struct cw_probe_answer *latest = cw_probe_ask(e->probe, "eth_getBlockByNumber",
                                                        "[\"latest\",false]", 0);
    const struct cw_probe_answer *safely = cw_probe_ask(e->probe, "eth_getBlockByNumber",
                                                        "[\"safe\",false]", 0);
    const struct cw_probe_answer *final = cw_probe_ask(e->probe, "eth_getBlockByNumber",
                                                       "[\"finalized\",false]", 0);
    if (!said || !latest || !safely || !final)
        return false;
    if (said->err != CW_OK)
        return refuse(r, CW_ERR_TRANSPORT,
                      "%s %s does not answer: %.200s: check the URL, its key and the way to it",
                      flag, host, said->text);
    if (cw_eth_u64(&id, said->value, NULL) != CW_OK || id == 0)
        return refuse(r, CW_ERR_INPUT, "%s %s says no chain id: is it a JSON-RPC endpoint?", flag,
                      host);
    if (chain->id != 0 && chain->id != id)
        return refuse(r, CW_ERR_INPUT,
                      "the %s endpoints serve different chains: %s serves %" PRIu64
                      ", one before it %" PRIu64,
                      flag, host, id, chain->id);
    chain->id = id;
    if (!header_of(latest, &e->latest, &e->headers_hash))
        return refuse(r, CW_ERR_TRANSPORT, "%s %s gives no newest block: %.200s", flag, host,
                      latest->text);
    const bool has_final = header_of(final, &e->final, &hashes) &&
                           e->final.number.v <= e->latest.number.v &&
                           e->final.timestamp_s <= e->latest.timestamp_s;
    if (!has_final || !header_of(safely, &safe, &hashes))
        return refuse(r, CW_ERR_INPUT,
                      "%s %s does not know the block \"%s\", and what is believed begins at "
                      "final ones: use another endpoint",
                      flag, host, has_final ? "safe" : "finalized");
    return e != &r->endpoints[side][0] || measure(chain, e);
}

/* --- both sides ------------------------------------------------------------------------------- */

static size_t operators(const struct reading *r, unsigned side) {
    size_t n = 0;
    for (size_t i = 0; i < r->request->urls_n[side]; i++) {
        bool known = false;
        for (size_t k = 0; k < i; k++)
            known = known || strcmp(cw_probe_host(r->endpoints[side][i].probe),
                                    cw_probe_host(r->endpoints[side][k].probe)) == 0;
        n += !known;
    }
    return n;
}

/* True: the reading ends. */
static bool settle_chains(struct reading *r) {
    for (unsigned side = 0; side < CW_SIDES; side++) {
        struct cw_init_chain *chain = &r->found->chains[side];
        bool counted = true;
        for (size_t i = 0; i < r->request->routes_n; i++)
            counted = counted && (r->request->routes[i]->source != side ||
                                  r->request->routes[i]->counter != NULL);
        chain->operators = operators(r, side);
        chain->mode = cw_init_mode(chain->block_ms, r->endpoints[side][0].headers_hash, counted);
        cw_init_name(chain->name, sizeof chain->name, chain->id);
        if (chain->mode == CW_MODE_QUORUM && chain->operators < 2)
            return refuse(r, CW_ERR_INPUT,
                          "headers of chain %" PRIu64
                          " do not hash to what they say, so that several operators must agree on "
                          "them: give %s endpoints of two or more",
                          chain->id, flags[side]);
    }
    if (r->found->chains[CW_SETTLEMENT].id == r->found->chains[CW_EXECUTION].id)
        return refuse(r, CW_ERR_INPUT,
                      "--l1 and --l2 both serve chain %" PRIu64
                      ": one is the settlement layer, the other the rollup",
                      r->found->chains[CW_SETTLEMENT].id);
    return false;
}

/* --- contracts -------------------------------------------------------------------------------- */

static size_t wrong(const struct cw_survey *survey, const char **ret_first) {
    size_t n = 0;
    for (size_t i = 0; i < survey->remarks_n; i++) {
        if (survey->remarks[i].kind != CW_REMARK_WRONG)
            continue;
        if (n++ == 0)
            *ret_first = survey->remarks[i].text;
    }
    return n;
}

static bool survey_sides(const struct reading *r, bool swapped, struct cw_survey *ret) {
    const unsigned l1 = swapped ? CW_EXECUTION : CW_SETTLEMENT;
    const unsigned l2 = swapped ? CW_SETTLEMENT : CW_EXECUTION;
    const struct cw_contracts contracts = {.probes = {[CW_SETTLEMENT] = r->endpoints[l1][0].probe,
                                                      [CW_EXECUTION] = r->endpoints[l2][0].probe}};
    const struct cw_survey_start start = {.at = r->request->at,
                                          .chains = {[CW_SETTLEMENT] = {r->found->chains[l1].id},
                                                     [CW_EXECUTION] = {r->found->chains[l2].id}}};
    return cw_contracts_survey(&contracts, r->request->routes[0], &start, ret);
}

/* True: the reading ends. *ret_whole: nothing is awaited. */
static bool look_at_contracts(struct reading *r, bool *ret_whole) {
    struct cw_survey *survey = &r->found->survey, *other = calloc(1, sizeof *other);
    const char *first = NULL, *unsaid = NULL;
    bool ends = false;
    if (!other)
        return refuse(r, CW_ERR_MEMORY, "out of memory");
    *ret_whole = survey_sides(r, false, survey);
    const size_t wrongs = *ret_whole ? wrong(survey, &first) : 0;
    if (*ret_whole && survey->state == CW_SURVEY_UNKNOWN)
        ends = refuse(r, CW_ERR_TRANSPORT, "%s", survey->text);
    else if (*ret_whole && (survey->state == CW_SURVEY_OTHER || wrongs > 0)) {
        *ret_whole = survey_sides(r, true, other);
        if (*ret_whole && other->state == CW_SURVEY_OK && wrong(other, &unsaid) == 0)
            ends = refuse(r, CW_ERR_INPUT,
                          "these two are swapped: --l1 serves the rollup (chain %" PRIu64
                          "), and --l2 the chain that it settles on (%" PRIu64 ")",
                          r->found->chains[CW_SETTLEMENT].id, r->found->chains[CW_EXECUTION].id);
        else if (*ret_whole && survey->state == CW_SURVEY_OTHER)
            ends = refuse(r, CW_ERR_INPUT, "%s", survey->text);
        else if (*ret_whole)
            ends = refuse(r, CW_ERR_INPUT,
                          "the contracts and the chains do not fit each other: %s%s", first,
                          wrongs > 1 ? ", and more" : "");
    }
    free(other);
    return ends;
}

/* The whole text as a configuration, each route of which can be followed. True: the reading ends;
 * *ret_whole as above. */
static bool check_routes(struct reading *r, const struct cw_config *config, bool *ret_whole) {
    const struct cw_contracts contracts = {
        .probes = {[CW_SETTLEMENT] = r->endpoints[CW_SETTLEMENT][0].probe,
                   [CW_EXECUTION] = r->endpoints[CW_EXECUTION][0].probe}};
    *ret_whole = true;
    for (size_t i = 0; i < config->routes_n; i++) {
        const struct cw_config_route *route = &config->routes[i];
        struct cw_adapter *adapter = NULL;
        struct cw_preparation prepared;
        r->err = cw_config_adapter(&adapter, config, route, r->error);
        if (r->err != CW_OK)
            return true;
        bool whole = cw_contracts_prepare(&contracts, route->adapter, adapter, &prepared);
        route->adapter->close(adapter);
        *ret_whole = *ret_whole && whole;
        if (whole && prepared.state != CW_PREPARE_OK)
            return refuse(
                r, strcmp(prepared.reason, "unavailable") == 0 ? CW_ERR_TRANSPORT : CW_ERR_INPUT,
                "this can't be followed: %s: %s", prepared.reason, prepared.detail);
    }
    return false;
}

static bool write_and_check(struct reading *r, bool *ret_whole) {
    struct cw_config *config = NULL;
    cw_buf_reset(r->out);
    cw_init_text(r->out, r->request, r->found);
    if (r->out->failed)
        return refuse(r, CW_ERR_MEMORY, "out of memory");
    r->err = cw_config_parse(&config, r->request->path, cw_buf_slice(r->out), r->error);
    if (r->err != CW_OK)
        return true;
    bool ends = check_routes(r, config, ret_whole);
    cw_config_free(config);
    return ends;
}

/* --- the whole -------------------------------------------------------------------------------- */

/* True: it is over, well or not. */
static bool go(struct reading *r) {
    bool whole = true;
    memset(r->found, 0, sizeof *r->found);
    for (unsigned side = 0; side < CW_SIDES; side++)
        for (size_t i = 0; i < r->request->urls_n[side]; i++) {
            whole = look_at_endpoint(r, side, &r->endpoints[side][i]) && whole;
            if (r->err != CW_OK)
                return true;
        }
    if (!whole)
        return false;
    if (settle_chains(r) || look_at_contracts(r, &whole))
        return true;
    return whole && (write_and_check(r, &whole) || whole);
}

static bool has_news(struct reading *r) {
    bool news = false;
    for (unsigned side = 0; side < CW_SIDES; side++)
        for (size_t i = 0; i < r->request->urls_n[side]; i++)
            news = cw_probe_news(r->endpoints[side][i].probe) || news;
    return news;
}

static void close_all(struct reading *r) {
    for (unsigned side = 0; side < CW_SIDES; side++)
        for (size_t i = 0; i < r->request->urls_n[side]; i++)
            cw_probe_close(r->endpoints[side][i].probe, "no answer in time (--timeout)");
}

static enum cw_err drive(struct reading *r) {
    const struct cw_clock *clock = cw_loop_clock(r->loop);
    const uint64_t end = clock->monotonic_ms(clock->ctx) + r->request->timeout_ms;
    bool over = false;
    while (!over) {
        if (clock->monotonic_ms(clock->ctx) >= end)
            close_all(r);
        over = has_news(r) && go(r);
        enum cw_err err = over ? CW_OK : cw_loop_step(r->loop, STEP_MS, r->error);
        if (err != CW_OK)
            return err;
    }
    return r->err;
}

static enum cw_err open_endpoints(struct reading *r) {
    for (unsigned side = 0; side < CW_SIDES; side++)
        for (size_t i = 0; i < r->request->urls_n[side]; i++) {
            enum cw_err err = cw_probe_new(&r->endpoints[side][i].probe, r->loop,
                                           r->request->urls[side][i], QUESTION_MS, r->error);
            if (err != CW_OK)
                return cw_error_wrap(r->error, err, "%s, URL %zu", flags[side], i + 1);
        }
    return CW_OK;
}

enum cw_err cw_init_read(const struct cw_init_request *request, struct cw_init_found *ret,
                         struct cw_buf *out, struct cw_error *error) {
    struct reading r = {.request = request, .found = ret, .out = out, .error = error};
    enum cw_err err = cw_loop_new(&r.loop, cw_clock_system(), error);
    if (err == CW_OK)
        err = open_endpoints(&r);
    if (err == CW_OK)
        err = drive(&r);
    for (unsigned side = 0; side < CW_SIDES; side++)
        for (size_t i = 0; i < request->urls_n[side]; i++)
            cw_probe_free(r.endpoints[side][i].probe);
    cw_loop_free(r.loop);
    return err;
}
