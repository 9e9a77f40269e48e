/* What an endpoint can do, found out by asking it. */
#include "cli/doctor.h"
#include "cli/print.h"
#include "net/eth.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LATENCIES    7u
#define SLOW_MS      2000u
#define AHEAD_S      15u
#define DEPTH_BEGINS 128u /* what full nodes keep of the state */
#define DAY_S        86400u
#define NOWHERE      "0x0000000000000000000000000000000000000000"

static void say(struct cw_exam *e, enum cw_doctor_level level, const char *advice,
                const char *format, ...) CW_PRINTF(4, 5);
static void say(struct cw_exam *e, enum cw_doctor_level level, const char *advice,
                const char *format, ...) {
    va_list args;
    va_start(args, format);
    cw_doctor_vadd(&e->list, level, "endpoint", e->where, advice, format, args);
    va_end(args);
}

/* NULL: not there yet, or nothing more is to be asked, and why is said. */
static const struct cw_probe_answer *usable(struct cw_exam *e,
                                            const struct cw_probe_answer *answer) {
    if (!answer || e->done)
        return NULL;
    if (answer->err == CW_ERR_BUSY) {
        say(e, CW_DOCTOR_UNKNOWN, "give it more time with --timeout",
            "not looked at to the end: %s", answer->text);
    } else if (answer->err == CW_ERR_OVERLOADED) {
        say(e, CW_DOCTOR_WARN, "bound the calls to it with \"max_rps\", or add another endpoint",
            "not looked at to the end, since it asks for patience: %s", answer->text);
    } else {
        return answer;
    }
    e->done = true;
    return NULL;
}

static const struct cw_probe_answer *ask(struct cw_exam *e, unsigned turn, const char *method,
                                         const char *format, ...) CW_PRINTF(4, 5);
static const struct cw_probe_answer *ask(struct cw_exam *e, unsigned turn, const char *method,
                                         const char *format, ...) {
    char params[256];
    va_list args;
    va_start(args, format);
    vsnprintf(params, sizeof params, format, args);
    va_end(args);
    return usable(e, cw_probe_ask(e->probe, method, params, turn));
}

/* --- which chain it is ------------------------------------------------------------------------ */

static void say_other_chain(struct cw_exam *e, uint64_t id) {
    char advice[CW_DOCTOR_ADVICE];
    snprintf(advice, sizeof advice, "correct the URL, or the chain's \"chain_id\"");
    for (size_t i = 0; i < e->config->chains_n; i++)
        if (e->config->chains[i].chain_id == id)
            snprintf(advice, sizeof advice,
                     "that is chain \"%s\": are the URLs of the two chains swapped?",
                     e->config->chains[i].name);
    say(e, CW_DOCTOR_FAIL, advice, "serves chain %" PRIu64 ", and the configuration says %" PRIu64,
        id, e->chain->chain_id);
}

static bool look_at_chain(struct cw_exam *e) {
    uint64_t id = 0;
    const struct cw_probe_answer *chain = ask(e, 0, "eth_chainId", "[]");
    if (!chain)
        return false;
    e->done = true;
    if (chain->err != CW_OK) {
        say(e, CW_DOCTOR_FAIL, "check the URL, its key and the way to it", "does not answer: %s",
            chain->text);
        return false;
    }
    if (cw_eth_u64(&id, chain->value, NULL) != CW_OK) {
        say(e, CW_DOCTOR_FAIL, "check the URL: is it that of a JSON-RPC endpoint?",
            "its answer to eth_chainId is no number");
        return false;
    }
    if (id != e->chain->chain_id) {
        say_other_chain(e, id);
        return false;
    }
    e->done = false;
    const struct cw_probe_answer *version = ask(e, 0, "web3_clientVersion", "[]");
    if (!version)
        return false;
    const char *client = version->err == CW_OK ? cw_json_string(version->value) : NULL;
    say(e, CW_DOCTOR_OK, NULL, "chain %" PRIu64 ", %.96s", id,
        client ? client : "a client that does not say what it is");
    return true;
}

/* --- heads ------------------------------------------------------------------------------------ */

static bool look_at_sync(struct cw_exam *e) {
    const struct cw_probe_answer *answer = ask(e, 0, "eth_syncing", "[]");
    if (!answer)
        return false;
    if (answer->err == CW_OK && cw_json_type(answer->value) == CW_JSON_OBJECT)
        say(e, CW_DOCTOR_WARN, "wait until it is done", "is still syncing");
    return true;
}

/* *ret_there: it has that head. False: asked for, or the look ends. */
static bool head(struct cw_exam *e, const char *tag, struct cw_block_ref *ret, bool *ret_there) {
    struct cw_header header;
    struct cw_hash32 hash;
    struct cw_error error;
    const struct cw_probe_answer *answer = ask(e, 0, "eth_getBlockByNumber", "[\"%s\",false]", tag);
    if (!answer)
        return false;
    *ret_there = false;
    if (answer->err != CW_OK || cw_json_type(answer->value) == CW_JSON_NULL)
        return true;
    enum cw_err err = cw_eth_header_in(e->chain->mode, &header, &hash, answer->value, &error);
    if (err != CW_OK) {
        say(e, CW_DOCTOR_FAIL,
            "if all endpoints of the chain say so its headers have a form of their own, which "
            "takes "
            "\"mode\": \"quorum\" and several operators",
            "its %s block does not hash to what it says: %s", tag, error.text);
        e->done = true;
        return false;
    }
    *ret = (struct cw_block_ref){header.number, hash, header.timestamp};
    *ret_there = true;
    return true;
}

static void judge_age(struct cw_exam *e, uint64_t now_s) {
    char age[CW_TIME_SIZE];
    const uint64_t then = e->latest.timestamp_s, limit = e->chain->max_head_pause_s;
    const uint64_t old = now_s > then ? now_s - then : 0;
    cw_print_duration(age, old);
    if (then > now_s + AHEAD_S)
        say(e, CW_DOCTOR_WARN, "let this machine keep time (NTP), or ask who makes the blocks",
            "newest block %" PRIu64 " is dated %" PRIu64 " s after this machine's clock",
            e->latest.number.v, then - now_s);
    else if (limit > 0 && old > limit)
        say(e, CW_DOCTOR_FAIL, "the chain stands still, or the node does: compare with others",
            "newest block %" PRIu64 " is %s old", e->latest.number.v, age);
    else
        say(e, CW_DOCTOR_OK, NULL, "newest block %" PRIu64 ", %s old", e->latest.number.v, age);
}

static bool look_at_heads(struct cw_exam *e) {
    struct cw_block_ref safe = {{0}, {{0}}, 0};
    bool latest = false, has_safe = false, has_final = false;
    const bool there = head(e, "latest", &e->latest, &latest);
    if (!there || !head(e, "safe", &safe, &has_safe) ||
        !head(e, "finalized", &e->final, &has_final) || e->done)
        return false;
    if (!latest) {
        say(e, CW_DOCTOR_FAIL, "use another endpoint", "has no newest block");
        e->done = true;
        return false;
    }
    const struct cw_probe_answer *asked = ask(e, 0, "eth_getBlockByNumber", "[\"latest\",false]");
    judge_age(e, asked ? asked->wall_ms / 1000 : e->latest.timestamp_s);
    if (!has_safe || !has_final) {
        say(e, CW_DOCTOR_FAIL, "use another endpoint: what is believed begins at final blocks",
            "does not know the block \"%s\"", has_final ? "safe" : "finalized");
        e->done = true;
        return false;
    }
    char lag[CW_TIME_SIZE];
    const uint64_t behind_s = e->latest.timestamp_s > e->final.timestamp_s
                                  ? e->latest.timestamp_s - e->final.timestamp_s
                                  : 0;
    const bool late = e->chain->max_final_pause_s > 0 && behind_s > e->chain->max_final_pause_s;
    say(e, late ? CW_DOCTOR_WARN : CW_DOCTOR_OK,
        late ? "blocks come and none becomes final: an incident will tell of it" : NULL,
        "safe is %" PRIu64 " blocks behind, final %" PRIu64 " (%s)",
        e->latest.number.v - safe.number.v, e->latest.number.v - e->final.number.v,
        cw_print_duration(lag, behind_s));
    return true;
}

/* --- how far back ----------------------------------------------------------------------------- */

struct reach {
    bool none, all;
    uint64_t blocks;  /* below the head; of neither */
    const char *text; /* what was said where it ended */
};

/* 1 there, 0 not, -1 the look ends here */
static int there_at(struct cw_exam *e, const char *method, const char *before, uint64_t number,
                    const char **ret_text) {
    const struct cw_probe_answer *answer = ask(e, 0, method, "[%s\"0x%" PRIx64 "\"]", before,
                                               number);
    if (!answer)
        return -1;
    bool there = answer->err == CW_OK && cw_json_type(answer->value) != CW_JSON_NULL;
    if (!there)
        *ret_text = answer->err == CW_OK ? "the answer is null" : answer->text;
    return there;
}

/* Outwards from the head in leaps, and back to within an eighth. before: the parameters in front of
 * the block. */
static bool find_reach(struct cw_exam *e, const char *method, const char *before,
                       struct reach *ret) {
    const uint64_t newest = e->latest.number.v;
    *ret = (struct reach){.text = ""};
    int there = there_at(e, method, before, newest, &ret->text);
    if (there <= 0) {
        ret->none = true;
        return there == 0;
    }
    if (newest < 2)
        ret->all = true;
    there = ret->all ? 1 : there_at(e, method, before, 1, &ret->text);
    if (there != 0) {
        ret->all = there > 0;
        return there > 0;
    }
    uint64_t has = 0, lacks = newest - 1;
    for (uint64_t leap = DEPTH_BEGINS; leap < lacks; leap = leap < lacks / 8 ? 8 * leap : lacks) {
        there = there_at(e, method, before, newest - leap, &ret->text);
        if (there < 0)
            return false;
        if (there == 0) {
            lacks = leap;
            break;
        }
        has = leap;
    }
    while (lacks - has > 1 && lacks - has > has / 8) {
        const uint64_t middle = has + (lacks - has) / 2;
        there = there_at(e, method, before, newest - middle, &ret->text);
        if (there < 0)
            return false;
        *(there ? &has : &lacks) = middle;
    }
    ret->blocks = has;
    return true;
}

/* "the last 128 blocks (25 min)", by what blocks took since the final one. */
static const char *reach_text(const struct cw_exam *e, const struct reach *reach, char *out,
                              size_t size, uint64_t *ret_s) {
    char span[CW_TIME_SIZE], count[CW_TIME_SIZE];
    const uint64_t blocks = e->latest.number.v - e->final.number.v;
    const uint64_t took = e->latest.timestamp_s - e->final.timestamp_s;
    *ret_s = blocks > 0 ? reach->blocks * took / blocks : 0;
    snprintf(out, size, "the last %s blocks (%s)", cw_print_number(count, reach->blocks),
             cw_print_duration(span, *ret_s));
    return out;
}

static bool look_at_state(struct cw_exam *e) {
    struct reach reach;
    char text[96];
    uint64_t seconds;
    if (!find_reach(e, "eth_getBalance", "\"" NOWHERE "\",", &reach))
        return false;
    if (reach.all)
        say(e, CW_DOCTOR_OK, NULL, "state of all blocks (an archive)");
    else if (reach.none)
        say(e, CW_DOCTOR_FAIL, "use another endpoint", "has no state of its newest block: %s",
            reach.text);
    else
        say(e, CW_DOCTOR_OK, NULL, "state of about %s: %s",
            reach_text(e, &reach, text, sizeof text, &seconds), reach.text);
    return true;
}

static bool look_at_proofs(struct cw_exam *e) {
    static const char advice[] = "where messages wait longer than that for their root they are "
                                 "proven by an endpoint that keeps the state, such as an archive: "
                                 "add one";
    struct reach reach;
    char text[96];
    uint64_t seconds = 0;
    if (!find_reach(e, "eth_getProof", "\"" NOWHERE "\",[],", &reach))
        return false;
    const uint64_t to_final = e->latest.number.v - e->final.number.v;
    if (reach.all) {
        say(e, CW_DOCTOR_OK, NULL, "eth_getProof of all blocks");
    } else if (reach.none) {
        say(e, e->proves ? CW_DOCTOR_FAIL : CW_DOCTOR_OK,
            e->proves ? "nothing is proven without: use another endpoint" : NULL,
            "no eth_getProof: %s", reach.text);
    } else if (e->proves && reach.blocks < to_final) {
        say(e, CW_DOCTOR_FAIL, advice, "eth_getProof of %s only, which final blocks are not in: %s",
            reach_text(e, &reach, text, sizeof text, &seconds), reach.text);
    } else {
        reach_text(e, &reach, text, sizeof text, &seconds);
        const bool little = e->proves && seconds < DAY_S;
        say(e, little ? CW_DOCTOR_WARN : CW_DOCTOR_OK, little ? advice : NULL,
            "eth_getProof of about %s: %s", text, reach.text);
    }
    return true;
}

/* --- methods ---------------------------------------------------------------------------------- */

static bool look_at_block_hash(struct cw_exam *e) {
    char hash[CW_HEX_SIZE(32)];
    cw_hex_encode(hash, cw_slice_of(e->latest.hash.b, 32));
    const struct cw_probe_answer *answer = ask(
        e, 0, "eth_call", "[{\"to\":\"" NOWHERE "\"},{\"blockHash\":\"%s\"}]", hash);
    if (!answer)
        return false;
    if (answer->err != CW_OK)
        say(e, CW_DOCTOR_FAIL, "use another endpoint: contracts are asked so",
            "no eth_call at a block by its hash (EIP-1898): %s", answer->text);
    return true;
}

static bool look_at_receipts(struct cw_exam *e) {
    if (e->chain->mode == CW_MODE_QUORUM)
        return true; /* they are not read there */
    const struct cw_probe_answer *answer = ask(e, 0, "eth_getBlockReceipts", "[\"0x%" PRIx64 "\"]",
                                               e->final.number.v);
    if (!answer)
        return false;
    if (answer->err != CW_OK || cw_json_type(answer->value) != CW_JSON_ARRAY)
        say(e, CW_DOCTOR_FAIL, "use another endpoint: logs are tied to their blocks by receipts",
            "no eth_getBlockReceipts: %s",
            answer->err != CW_OK ? answer->text : "the answer is no list");
    return true;
}

static bool look_at_fees(struct cw_exam *e) {
    const struct cw_probe_answer *answer = ask(e, 0, "eth_feeHistory", "[\"0x2\",\"latest\",[50]]");
    if (!answer)
        return false;
    if (answer->err != CW_OK)
        say(e, CW_DOCTOR_WARN, "where transactions are sent to this chain: use another endpoint",
            "no eth_feeHistory: %s", answer->text);
    return true;
}

/* --- limits ----------------------------------------------------------------------------------- */

static bool look_at_logs(struct cw_exam *e) {
    const uint64_t newest = e->latest.number.v, wanted = e->chain->log_range_max;
    for (uint64_t range = wanted; range > 0; range /= 2) {
        const uint64_t from = newest > range ? newest - range + 1 : 0;
        const struct cw_probe_answer *answer = ask(e, 0, "eth_getLogs",
                                                   "[{\"address\":\"" NOWHERE
                                                   "\",\"fromBlock\":\"0x%" PRIx64
                                                   "\",\"toBlock\":\"0x%" PRIx64 "\"}]",
                                                   from, newest);
        if (!answer)
            return false;
        if (answer->err == CW_OK && range == wanted) {
            say(e, CW_DOCTOR_OK, NULL, "eth_getLogs over %" PRIu64 " blocks", newest - from + 1);
            return true;
        }
        if (answer->err == CW_OK) {
            char advice[CW_DOCTOR_ADVICE];
            snprintf(advice, sizeof advice, "set the chain's \"log_range_max\" to %" PRIu64, range);
            say(e, CW_DOCTOR_WARN, advice,
                "eth_getLogs over %" PRIu64 " blocks, not over the %" PRIu64 " of log_range_max",
                range, wanted);
            return true;
        }
        if (range == 1)
            say(e, CW_DOCTOR_FAIL, "use another endpoint", "no eth_getLogs: %s", answer->text);
    }
    return true;
}

static bool look_at_batches(struct cw_exam *e) {
    const unsigned wanted = (unsigned)e->chain->batch_max;
    for (unsigned n = wanted; n > 1; n /= 2) {
        const struct cw_probe_answer *answer = usable(e, cw_probe_batch(e->probe, n));
        if (!answer)
            return false;
        if (answer->err == CW_OK && n == wanted) {
            say(e, CW_DOCTOR_OK, NULL, "batches of %u calls", n);
            return true;
        }
        if (answer->err == CW_OK) {
            char advice[CW_DOCTOR_ADVICE];
            snprintf(advice, sizeof advice, "set the chain's \"batch_max\" to %u", n);
            say(e, CW_DOCTOR_WARN, advice, "batches of %u calls, not of the %u of batch_max", n,
                wanted);
            return true;
        }
        if (n < 4)
            say(e, CW_DOCTOR_WARN, "set the chain's \"batch_max\" to 1", "takes no batches: %s",
                answer->text);
    }
    return true;
}

static int ascending(const void *a, const void *b) {
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static bool look_at_latency(struct cw_exam *e) {
    uint32_t ms[LATENCIES];
    for (unsigned i = 0; i < LATENCIES; i++) {
        const struct cw_probe_answer *answer = ask(e, i, "eth_blockNumber", "[]");
        if (!answer)
            return false;
        ms[i] = answer->ms;
    }
    qsort(ms, LATENCIES, sizeof ms[0], ascending);
    const bool slow = ms[LATENCIES / 2] > SLOW_MS;
    say(e, slow ? CW_DOCTOR_WARN : CW_DOCTOR_OK,
        slow ? "put a quicker one in front of it, or raise \"quick_deadline_ms\"" : NULL,
        "answers in %u ms (%u to %u)", ms[LATENCIES / 2], ms[0], ms[LATENCIES - 1]);
    return true;
}

/* Not every relay knows another method than the one that it is for. */
static void go_send(struct cw_exam *e) {
    uint64_t id = 0;
    const struct cw_probe_answer *answer = ask(e, 0, "eth_chainId", "[]");
    if (!answer)
        return;
    e->done = true;
    if (answer->err == CW_ERR_TRANSPORT)
        say(e, CW_DOCTOR_FAIL, "check the URL, its key and the way to it",
            "takes transactions, and does not answer: %s", answer->text);
    else if (answer->err == CW_OK && cw_eth_u64(&id, answer->value, NULL) == CW_OK &&
             id != e->chain->chain_id)
        say_other_chain(e, id);
    else
        say(e, CW_DOCTOR_OK, NULL, "takes transactions, and answers");
}

void cw_exam_go(struct cw_exam *e) {
    e->list.n = 0;
    e->well = false;
    if (e->only_sends) {
        go_send(e);
        return;
    }
    if (!look_at_chain(e) || !look_at_sync(e) || !look_at_heads(e))
        return;
    e->well = true;
    e->done = look_at_latency(e) && look_at_block_hash(e) && look_at_receipts(e) &&
              look_at_fees(e) && look_at_state(e) && look_at_proofs(e) && look_at_logs(e) &&
              look_at_batches(e);
}

/* --- endpoints beside each other -------------------------------------------------------------- */

struct cw_exam *cw_exam_well(struct cw_exam *exams, size_t n, const struct cw_config_chain *chain) {
    for (size_t i = 0; i < n; i++)
        if (exams[i].chain == chain && exams[i].well)
            return &exams[i];
    return NULL;
}

/* Whose word is another one's: operators of those that are well. */
static size_t operators(const struct cw_exam *exams, size_t n,
                        const struct cw_config_chain *chain) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        bool counts = exams[i].chain == chain && exams[i].well;
        for (size_t k = 0; k < i && counts; k++)
            counts = exams[k].chain != chain || !exams[k].well ||
                     strcmp(exams[k].endpoint->operator_, exams[i].endpoint->operator_) != 0;
        count += counts;
    }
    return count;
}

/* The block that all of them call final. */
static bool common_final(const struct cw_exam *exams, size_t n, const struct cw_config_chain *chain,
                         uint64_t *ret) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        if (exams[i].chain != chain || !exams[i].well)
            continue;
        if (count++ == 0 || exams[i].final.number.v < *ret)
            *ret = exams[i].final.number.v;
    }
    return count > 1;
}

static void say_different(const struct cw_exam *one, const struct cw_exam *other, uint64_t number,
                          const struct cw_hash32 hashes[2], struct cw_doctor_list *list) {
    char a[CW_HEX_SIZE(32)], b[CW_HEX_SIZE(32)];
    cw_doctor_add(list, CW_DOCTOR_FAIL, "endpoint", other->where,
                  "one of the two is on another chain or lies: find out which, and take it out",
                  "its final block %" PRIu64 " is %s, and that of %s %s", number,
                  cw_hex_encode(b, cw_slice_of(hashes[1].b, 32)), cw_probe_host(one->probe),
                  cw_hex_encode(a, cw_slice_of(hashes[0].b, 32)));
}

bool cw_exam_compare(struct cw_exam *exams, size_t n, const struct cw_config_chain *chain,
                     struct cw_doctor_list *list) {
    const struct cw_exam *first = NULL;
    struct cw_hash32 hashes[2];
    uint64_t number = 0;
    size_t told = 0;
    bool agree = true, pending = false;
    list->n = 0;
    const size_t well = operators(exams, n, chain);
    if (chain->quorum > 1 && well < chain->quorum)
        cw_doctor_add(list, CW_DOCTOR_FAIL, "chain", chain->name,
                      "mend the others, add endpoints, or lower the \"quorum\"",
                      "of the operators %zu can be asked, and the quorum takes %" PRIu64, well,
                      chain->quorum);
    if (!common_final(exams, n, chain, &number))
        return true;
    char params[64];
    snprintf(params, sizeof params, "[\"0x%" PRIx64 "\",false]", number);
    for (size_t i = 0; i < n; i++) {
        struct cw_header header;
        if (exams[i].chain != chain || !exams[i].well)
            continue;
        const struct cw_probe_answer *answer = cw_probe_ask(exams[i].probe, "eth_getBlockByNumber",
                                                            params, 0);
        pending = pending || !answer;
        if (!answer || answer->err != CW_OK ||
            cw_eth_header_in(chain->mode, &header, &hashes[first != NULL], answer->value, NULL) !=
                CW_OK)
            continue;
        told++;
        if (first && !cw_hash32_equal(&hashes[0], &hashes[1])) {
            agree = false;
            say_different(first, &exams[i], number, hashes, list);
        }
        first = first ? first : &exams[i];
    }
    if (agree && told > 1)
        cw_doctor_add(list, CW_DOCTOR_OK, "chain", chain->name, NULL,
                      "its endpoints have the same final block %" PRIu64, number);
    return !pending;
}
