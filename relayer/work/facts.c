#include "work/facts_private.h"

#include "net/eth.h"
#include "work/answer.h"
#include "work/slots.h"

#include <causeway/keccak.h>

#include <monitor/finding.h>

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES_MAX 4096u
#define CALL_LIFE   2u          /* heads for which an answered call is kept at least */
#define HEADER_LIFE 32u         /* heads for which a header is kept that the store has too */
#define CALLS_MAX   512u        /* entries, with which it is kept until its block is below final */
#define VIEW_MAX    (64u << 10) /* what a call may answer: views of contracts are small */

enum cw_err cw_facts_new(struct cw_facts **ret, const struct cw_facts_config *config,
                         struct cw_error *error) {
    struct cw_facts *facts = calloc(1, sizeof *facts);
    if (!facts)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    facts->rpc = config->rpc;
    facts->watch = config->watch;
    facts->store = config->store;
    facts->chain = config->chain;
    facts->quorum = config->quorum;
    facts->mode = config->mode;
    cw_range_init(&facts->range, config->log_range_max > 0 ? config->log_range_max : UINT64_MAX);
    enum cw_err err = cw_slots_new(&facts->slots, config->loop, config->rpc, error);
    if (err != CW_OK) {
        free(facts);
        return err;
    }
    *ret = facts;
    return CW_OK;
}

static void entry_free(struct entry *entry) {
    while (entry->waiters) {
        struct waiter *waiter = entry->waiters;
        entry->waiters = waiter->next;
        free(waiter);
    }
    cw_arena_done(&entry->arena);
    free(entry);
}

static void unlink_entry(struct entry *entry) {
    struct cw_facts *facts = entry->facts;
    struct entry **link = &facts->buckets[cw_request_hash(&entry->request) % FACTS_BUCKETS];
    while (*link && *link != entry)
        link = &(*link)->next;
    if (*link) {
        *link = entry->next;
        facts->n--;
    }
}

static void drop(struct entry *entry) {
    cw_quorum_cancel(entry->asked);
    cw_slots_cancel(entry->asked_slot);
    unlink_entry(entry);
    entry_free(entry);
}

/* Drops the answered entries that the predicate picks. */
static void drop_where(struct cw_facts *facts, bool (*pick)(const struct entry *, uint64_t),
                       uint64_t arg) {
    for (size_t i = 0; i < FACTS_BUCKETS; i++) {
        struct entry **link = &facts->buckets[i];
        while (*link) {
            struct entry *entry = *link;
            if (entry->answered && pick(entry, arg)) {
                *link = entry->next;
                facts->n--;
                entry_free(entry);
            } else {
                link = &entry->next;
            }
        }
    }
}

void cw_facts_free(struct cw_facts *facts) {
    if (!facts)
        return;
    for (size_t i = 0; i < FACTS_BUCKETS; i++)
        while (facts->buckets[i])
            drop(facts->buckets[i]);
    cw_slots_free(facts->slots);
    free(facts);
}

static struct entry *find(struct cw_facts *facts, const struct cw_request *request) {
    struct entry *entry = facts->buckets[cw_request_hash(request) % FACTS_BUCKETS];
    while (entry && !cw_request_equal(&entry->request, request))
        entry = entry->next;
    return entry;
}

/* --- what is final --- */

static const struct cw_heads *heads_of(const struct cw_facts *facts) {
    return facts->watch ? cw_watch_heads(facts->watch) : NULL;
}

/* What the watcher has up to the final head is an ancestor of a header that the quorum agreed on;
 * what it has above that is one endpoint's word. */
static bool watched(const struct cw_facts *facts, struct cw_block_number number,
                    struct cw_store_header *ret) {
    if (!facts->watch || !cw_watch_header_at(facts->watch, number, ret))
        return false;
    const struct cw_heads *heads = heads_of(facts);
    return facts->quorum <= 1 || (heads && number.v <= heads->final.number.v);
}

/* Whether the answer can't change any more. */
static bool is_final(const struct cw_facts *facts, const struct cw_request *request) {
    const struct cw_heads *heads = heads_of(facts);
    if (!heads || request->kind == CW_REQUEST_BLOCK || request->kind == CW_REQUEST_TX ||
        request->kind == CW_REQUEST_TRACE || request->block_number.v > heads->final.number.v)
        return false;
    struct cw_store_header known;
    return request->kind == CW_REQUEST_HEADER || request->kind == CW_REQUEST_PROOF ||
           cw_hash32_equal(&request->block_hash, &heads->final.hash) ||
           (watched(facts, request->block_number, &known) &&
            cw_hash32_equal(&request->block_hash, &known.ref.hash));
}

/* --- the store --- */

/* A header that nothing ties to the chain is one endpoint's word, which is not kept beyond the
 * process: asked again, another endpoint may tell the truth. */
static bool may_be_kept(const struct entry *entry) {
    const struct cw_facts *facts = entry->facts;
    struct cw_store_header known;
    return facts->store && is_final(facts, &entry->request) &&
           cw_answer_is_kept(entry->request.kind) &&
           (entry->request.kind != CW_REQUEST_HEADER || facts->quorum > 1 ||
            watched(facts, entry->request.block_number, &known));
}

static void keep_answer(struct entry *entry) {
    struct cw_facts *facts = entry->facts;
    if (entry->kept || !may_be_kept(entry))
        return;
    struct cw_arena arena;
    cw_arena_init(&arena, FACTS_ENTRY_BYTES);
    struct cw_store_answer answer = {.block = entry->request.block_number,
                                     .operators = facts->quorum};
    cw_answer_key(&answer.key, &entry->request);
    entry->kept = cw_answer_encode(&answer.value, &arena, &entry->request, &entry->answer) ==
                      CW_OK &&
                  cw_store_answer_keep(facts->store, facts->chain, &answer);
    cw_arena_done(&arena);
}

static const struct cw_header *proof_header(struct entry *entry);

/* Whether what the store has is as good as an answer that would be taken now. */
static bool holds(struct entry *entry, const struct cw_answer *answer, unsigned operators) {
    struct cw_facts *facts = entry->facts;
    struct cw_store_header known;
    const struct cw_header *header;
    switch (entry->request.kind) {
    case CW_REQUEST_CALL:
        return operators >= facts->quorum;
    case CW_REQUEST_HEADER:
        if (watched(facts, entry->request.block_number, &known))
            return cw_hash32_equal(&known.ref.hash, &answer->header_hash);
        return operators >= facts->quorum;
    case CW_REQUEST_PROOF:
        header = proof_header(entry);
        return header && cw_answer_prove(answer, &entry->request, header, NULL) == CW_OK;
    case CW_REQUEST_LOGS:
    case CW_REQUEST_RECEIPT:
    case CW_REQUEST_BLOCK:
    case CW_REQUEST_TX:
    case CW_REQUEST_TRACE:
        break;
    }
    return false;
}

/* Takes the answer from the store. What can't be read or used there is asked for. */
static bool recall(struct entry *entry) {
    const struct cw_facts *facts = entry->facts;
    struct cw_hash32 key;
    struct cw_store_answer stored;
    struct cw_answer answer;
    struct cw_error unsaid;
    bool found = false;
    if (!facts->store || !is_final(facts, &entry->request) ||
        !cw_answer_is_kept(entry->request.kind))
        return false;
    cw_answer_key(&key, &entry->request);
    if (cw_store_answer_find(facts->store, facts->chain, &key, &entry->arena, &found, &stored,
                             &unsaid) != CW_OK ||
        !found ||
        cw_answer_decode(&answer, &entry->arena, &entry->request, stored.value) != CW_OK ||
        !holds(entry, &answer, stored.operators))
        return false;
    entry->answer = answer;
    entry->kept = true;
    return true;
}

static struct entry *add(struct cw_facts *facts, const struct cw_request *request);

const struct cw_answer *cw_facts_get(struct cw_facts *facts, const struct cw_request *request) {
    struct entry *entry = find(facts, request);
    if (!entry && facts->store && is_final(facts, request)) {
        entry = add(facts, request);
        if (entry && recall(entry)) {
            entry->answered = true;
        } else if (entry) {
            drop(entry);
            entry = NULL;
        }
    }
    if (!entry || !entry->answered)
        return NULL;
    entry->generation = facts->generation;
    return &entry->answer;
}

/* The header of a proof's block, where it is known. */
static const struct cw_header *proof_header(struct entry *entry) {
    struct cw_request request = {.kind = CW_REQUEST_HEADER,
                                 .side = entry->request.side,
                                 .block_number = entry->request.block_number};
    const struct cw_answer *answer = cw_facts_get(entry->facts, &request);
    return answer && answer->status == CW_ANSWER_OK ? answer->header : NULL;
}

/* --- the end of a question --- */

/* Tells everybody who waits. An answer that is not worth keeping leaves the table first. A waiter
 * may ask for more; entries that are answered are only dropped when heads move, which waiters do
 * not cause. */
void facts_settle(struct entry *entry) {
    entry->asked = NULL;
    entry->asked_slot = NULL;
    entry->answered = true;
    entry->generation = entry->facts->generation;
    bool keep = entry->answer.status != CW_ANSWER_UNAVAILABLE;
    if (keep)
        keep_answer(entry);
    else
        unlink_entry(entry);
    struct waiter *waiter = entry->waiters;
    entry->waiters = NULL;
    while (waiter) {
        struct waiter *next = waiter->next;
        if (waiter->ctx)
            waiter->done(waiter->ctx, &entry->request, &entry->answer);
        free(waiter);
        waiter = next;
    }
    if (!keep)
        entry_free(entry);
}

void facts_unavailable(struct entry *entry, const char *text) {
    const char *copy = cw_arena_text(&entry->arena, text, strlen(text));
    entry->answer.status = CW_ANSWER_UNAVAILABLE;
    entry->answer.text = copy ? copy : "out of memory";
    facts_settle(entry);
}

/* --- calls --- */

static enum cw_err check_call(void *ctx, const struct cw_json *value, struct cw_error *error) {
    (void)ctx;
    struct cw_arena arena;
    cw_arena_init(&arena, FACTS_ENTRY_BYTES);
    struct cw_slice data;
    enum cw_err err = cw_eth_data(&data, &arena, value, error);
    if (err == CW_OK && data.n > VIEW_MAX)
        err = cw_error_set(error, CW_ERR_INPUT, "answered a call with %zu bytes", data.n);
    cw_arena_done(&arena);
    return err;
}

static enum cw_err digest_call(void *ctx, const struct cw_json *value, struct cw_hash32 *ret) {
    (void)ctx;
    struct cw_arena arena;
    cw_arena_init(&arena, FACTS_ENTRY_BYTES);
    struct cw_slice data;
    enum cw_err err = cw_eth_data(&data, &arena, value, NULL);
    if (err == CW_OK)
        cw_keccak256(ret, data);
    cw_arena_done(&arena);
    return err;
}

static void call_done(void *ctx, const struct cw_rpc_result *result) {
    struct entry *entry = ctx;
    if (result->err == CW_ERR_REVERTED) {
        entry->answer.status = CW_ANSWER_REVERTED;
        struct cw_slice revert = result->revert;
        if (revert.n > VIEW_MAX)
            revert.n = VIEW_MAX;
        entry->answer.data = cw_arena_copy(&entry->arena, revert);
        facts_settle(entry);
        return;
    }
    if (result->err != CW_OK) {
        facts_unavailable(entry, result->text);
        return;
    }
    struct cw_error error;
    if (cw_eth_data(&entry->answer.data, &entry->arena, result->value, &error) != CW_OK) {
        facts_unavailable(entry, error.text);
        return;
    }
    entry->answer.status = CW_ANSWER_OK;
    facts_settle(entry);
}

/* --- headers --- */

static enum cw_err read_header(const struct entry *entry, const struct cw_json *value,
                               struct cw_header *ret, struct cw_hash32 *ret_hash,
                               struct cw_error *error) {
    enum cw_err err = cw_eth_header(ret, ret_hash, value, error);
    if (entry->facts->mode == CW_MODE_QUORUM &&
        (err == CW_ERR_CONTRADICTED || err == CW_ERR_INPUT)) {
        const struct cw_error why = *error;
        return cw_error_set(error, CW_ERR_BEHIND,
                            "nothing can be proved under a header that can't be hashed here: %s",
                            why.text);
    }
    return err;
}

static enum cw_err check_header(void *ctx, const struct cw_json *value, struct cw_error *error) {
    struct entry *entry = ctx;
    struct cw_header header;
    struct cw_hash32 hash;
    enum cw_err err = read_header(entry, value, &header, &hash, error);
    if (err != CW_OK)
        return err;
    if (header.number.v != entry->request.block_number.v)
        return cw_error_set(error, CW_ERR_CONTRADICTED, "asked for block %" PRIu64 ", got %" PRIu64,
                            entry->request.block_number.v, header.number.v);
    struct cw_store_header known;
    if (!watched(entry->facts, header.number, &known))
        return CW_OK;
    const bool same = cw_hash32_equal(&known.ref.hash, &hash);
    entry->confirmed = entry->confirmed || same;
    entry->doubted = entry->doubted || !same;
    if (same || entry->turn == ASK_EVERYBODY)
        return CW_OK;
    /* The next one is asked, and nobody accused: without a quorum what was followed is somebody's
     * word, too, and with one it may be that the chain replaced what was final. */
    return cw_error_set(error, entry->turn == ASK_TO_ACCUSE ? CW_ERR_CONTRADICTED : CW_ERR_BEHIND,
                        "block %" PRIu64 " has another hash than the chain that was followed",
                        header.number.v);
}

static enum cw_err digest_header(void *ctx, const struct cw_json *value, struct cw_hash32 *ret) {
    (void)ctx;
    struct cw_header header;
    return cw_eth_header(&header, ret, value, NULL);
}

static bool submit(struct entry *entry);

/* Somebody has another header than the chain that was followed. Everybody is asked, and who is
 * outvoted accused; when as many as must agree have the other one the chain is what changed, which
 * the watcher tells. When too few agree, who does not have what once was agreed on is accused. True
 * when that is under way. */
static bool ask_again(struct entry *entry, bool agreed) {
    if (!entry->doubted || entry->facts->quorum <= 1 || entry->turn == ASK_TO_ACCUSE)
        return false;
    if (entry->turn == ASK_EVERYBODY && (agreed || !entry->confirmed))
        return false;
    entry->turn = entry->turn == ASK_ANYBODY ? ASK_EVERYBODY : ASK_TO_ACCUSE;
    return submit(entry);
}

static bool is_followed(const struct entry *entry, const struct cw_hash32 *hash) {
    struct cw_store_header known;
    return !watched(entry->facts, entry->request.block_number, &known) ||
           cw_hash32_equal(&known.ref.hash, hash);
}

static void header_done(void *ctx, const struct cw_rpc_result *result) {
    struct entry *entry = ctx;
    if (ask_again(entry, result->err == CW_OK))
        return;
    if (result->err != CW_OK) {
        facts_unavailable(entry, result->text);
        return;
    }
    struct cw_error error;
    struct cw_header *header = cw_arena_alloc(&entry->arena, sizeof *header);
    if (!header) {
        facts_unavailable(entry, "out of memory");
        return;
    }
    if (cw_eth_header(header, &entry->answer.header_hash, result->value, &error) != CW_OK) {
        facts_unavailable(entry, error.text);
        return;
    }
    if (entry->request.kind == CW_REQUEST_HEADER &&
        !is_followed(entry, &entry->answer.header_hash)) {
        facts_unavailable(entry,
                          "the operators have another block than the chain that was followed");
        return;
    }
    entry->answer.header = header;
    entry->answer.status = CW_ANSWER_OK;
    facts_settle(entry);
}

/* --- a header by its hash --- */

/* Where one operator is believed, somebody else may have what it does not. */
static enum cw_err check_block(void *ctx, const struct cw_json *value, struct cw_error *error) {
    struct entry *entry = ctx;
    struct cw_header header;
    struct cw_hash32 hash;
    if (cw_json_type(value) == CW_JSON_NULL) {
        entry->absent = true;
        return entry->facts->quorum > 1
                   ? CW_OK
                   : cw_error_set(error, CW_ERR_BEHIND, "there is no block with that hash");
    }
    enum cw_err err = read_header(entry, value, &header, &hash, error);
    if (err == CW_OK && !cw_hash32_equal(&hash, &entry->request.block_hash))
        err = cw_error_set(error, CW_ERR_CONTRADICTED, "a block with another hash");
    return err;
}

static enum cw_err digest_block(void *ctx, const struct cw_json *value, struct cw_hash32 *ret) {
    const struct entry *entry = ctx;
    const struct cw_hash32 none = {{0}};
    *ret = cw_json_type(value) == CW_JSON_NULL ? none : entry->request.block_hash;
    return CW_OK;
}

static void block_done(void *ctx, const struct cw_rpc_result *result) {
    struct entry *entry = ctx;
    bool none = result->err == CW_ERR_BEHIND && entry->absent && entry->facts->quorum == 1;
    if (none || (result->err == CW_OK && cw_json_type(result->value) == CW_JSON_NULL)) {
        entry->answer.status = CW_ANSWER_OK;
        facts_settle(entry);
        return;
    }
    entry->answer.included = true;
    header_done(ctx, result);
}

/* --- a transaction by its hash --- */

static enum cw_err check_tx(void *ctx, const struct cw_json *value, struct cw_error *error) {
    const struct entry *entry = ctx;
    struct cw_arena arena;
    struct cw_slice raw;
    cw_arena_init(&arena, FACTS_ENTRY_BYTES);
    enum cw_err err = cw_eth_tx(&raw, &arena, value, &entry->request.slot, error);
    cw_arena_done(&arena);
    return err;
}

static void tx_done(void *ctx, const struct cw_rpc_result *result) {
    struct entry *entry = ctx;
    struct cw_error error;
    if (result->err != CW_OK) {
        facts_unavailable(entry, result->text);
    } else if (cw_eth_tx(&entry->answer.data, &entry->arena, result->value, &entry->request.slot,
                         &error) != CW_OK) {
        facts_unavailable(entry, error.text);
    } else {
        entry->answer.status = CW_ANSWER_OK;
        facts_settle(entry);
    }
}

/* --- what a transaction called --- */

/* One that can't be taken is no lie: whoever sent the transaction decides what is in its trace. */
static enum cw_err check_trace(void *ctx, const struct cw_json *value, struct cw_error *error) {
    const struct entry *entry = ctx;
    struct cw_arena arena;
    const struct cw_slice *calls;
    size_t n;
    cw_arena_init(&arena, FACTS_ENTRY_BYTES);
    enum cw_err err = cw_eth_calls(&calls, &n, &arena, value, &entry->request.to, error);
    cw_arena_done(&arena);
    if (err != CW_OK) {
        const struct cw_error why = *error;
        err = cw_error_set(error, CW_ERR_BEHIND, "its trace can't be taken: %s", why.text);
    }
    return err;
}

/* Nobody's is compared with another one. */
static enum cw_err digest_trace(void *ctx, const struct cw_json *value, struct cw_hash32 *ret) {
    (void)ctx;
    (void)value;
    *ret = (struct cw_hash32){{0}};
    return CW_OK;
}

static bool submit(struct entry *entry);

static void trace_done(void *ctx, const struct cw_rpc_result *result) {
    struct entry *entry = ctx;
    struct cw_error error;
    if (result->err != CW_OK && !entry->again) {
        entry->again = true;
        if (submit(entry))
            return;
    }
    if (result->err != CW_OK) {
        facts_unavailable(entry, result->text);
    } else if (cw_eth_calls(&entry->answer.calls, &entry->answer.calls_n, &entry->arena,
                            result->value, &entry->request.to, &error) != CW_OK) {
        facts_unavailable(entry, error.text);
    } else {
        entry->answer.status = CW_ANSWER_OK;
        facts_settle(entry);
    }
}

/* --- proofs: checked against the header's state root, so that a bad one costs the endpoint, not
 * the message ---- */

static enum cw_err read_proof(const struct entry *entry, struct cw_arena *arena,
                              const struct cw_json *value, struct cw_answer *ret,
                              struct cw_error *error) {
    struct cw_eth_proof proof;
    enum cw_err err = cw_eth_proof_of(&proof, arena, value, &entry->request.slot, error);
    if (err != CW_OK)
        return err;
    if (!cw_addr20_equal(&proof.address, &entry->request.to))
        return cw_error_set(error, CW_ERR_CONTRADICTED, "proof of another account");
    *ret = (struct cw_answer){
        .status = CW_ANSWER_OK,
        .account_proof = proof.account_nodes,
        .account_proof_n = proof.account_nodes_n,
        .storage_proof = proof.storage_nodes,
        .storage_proof_n = proof.storage_nodes_n,
        .storage_root = proof.storage_root,
    };
    return CW_OK;
}

static enum cw_err check_proof(void *ctx, const struct cw_json *value, struct cw_error *error) {
    struct entry *entry = ctx;
    const struct cw_header *header = proof_header(entry);
    if (!header)
        return CW_OK; /* dropped by a rollback: the adapter verifies against what is true then */
    struct cw_arena arena;
    cw_arena_init(&arena, FACTS_ENTRY_BYTES);
    struct cw_answer proof;
    enum cw_err err = read_proof(entry, &arena, value, &proof, error);
    if (err == CW_OK)
        err = cw_answer_prove(&proof, &entry->request, header, error);
    if (err == CW_ERR_CONTRADICTED && !is_final(entry->facts, &entry->request)) {
        /* It was asked for by number: another block may stand there by now. Nobody is accused. */
        const struct cw_error why = *error;
        err = cw_error_set(error, CW_ERR_BEHIND, "not of the block that was followed: %s",
                           why.text);
    }
    if (err == CW_ERR_CONTRADICTED)
        cw_error_wrap(error, err, "%s", cw_finding_kind_name(CW_FINDING_PROOF));
    cw_arena_done(&arena);
    return err;
}

static void proof_done(void *ctx, const struct cw_rpc_result *result) {
    struct entry *entry = ctx;
    if (result->err != CW_OK) {
        facts_unavailable(entry, result->text);
        return;
    }
    struct cw_error error;
    if (read_proof(entry, &entry->arena, result->value, &entry->answer, &error) != CW_OK) {
        facts_unavailable(entry, error.text);
        return;
    }
    facts_settle(entry);
}

/* --- asking --- */

static bool submit_proof(struct entry *entry) {
    const struct cw_slot_request request = {.account = entry->request.to,
                                            .slot = entry->request.slot,
                                            .block = entry->request.block_number,
                                            .check = check_proof,
                                            .done = proof_done,
                                            .ctx = entry};
    entry->asked_slot = cw_slots_ask(entry->facts->slots, &request);
    return entry->asked_slot != NULL;
}

static bool submit(struct entry *entry) {
    struct cw_buf params;
    cw_buf_init(&params, FACTS_PARAMS_BYTES);
    struct cw_quorum_request request = {
        .ctx = entry, .class_ = CW_RPC_QUICK, .k = entry->facts->quorum};
    const struct cw_request *r = &entry->request;
    switch (r->kind) {
    case CW_REQUEST_CALL:
        request.method = "eth_call";
        request.state_of = r->block_number;
        request.block_by_hash = true;
        request.check = check_call;
        request.digest = digest_call;
        request.done = call_done;
        cw_eth_params_call(&params, cw_addr20_is_zero(&r->from) ? NULL : &r->from, &r->to, NULL,
                           r->data, 0, &r->block_hash);
        break;
    case CW_REQUEST_HEADER:
        request.method = "eth_getBlockByNumber";
        request.check = check_header;
        request.digest = digest_header;
        request.done = header_done;
        request.everybody = entry->turn == ASK_EVERYBODY;
        if (entry->turn != ASK_EVERYBODY &&
            watched(entry->facts, r->block_number, &(struct cw_store_header){0}))
            request.k = 1;
        cw_eth_params_block_number(&params, r->block_number);
        break;
    case CW_REQUEST_PROOF:
        cw_buf_done(&params);
        return submit_proof(entry);
    case CW_REQUEST_LOGS:
    case CW_REQUEST_RECEIPT:
        cw_buf_done(&params);
        return facts_claim_ask(entry);
    case CW_REQUEST_BLOCK:
        request.method = "eth_getBlockByHash";
        request.check = check_block;
        request.digest = digest_block;
        request.forgives = true; /* who is behind does not have it yet */
        request.done = block_done;
        cw_eth_params_block_hash(&params, &r->block_hash);
        break;
    case CW_REQUEST_TX:
        request.method = "eth_getTransactionByHash";
        request.check = check_tx;
        request.done = tx_done;
        request.k = 1; /* the hash says that it is the one */
        cw_eth_params_hash(&params, &r->slot);
        break;
    case CW_REQUEST_TRACE:
        request.method = entry->again ? "debug_traceTransaction" : "trace_transaction";
        request.check = check_trace;
        request.done = trace_done;
        request.class_ = CW_RPC_HEAVY;
        request.k = 1; /* nobody has to be believed: what it is asked for proves itself */
        request.one_by_one = true;
        request.digest = digest_trace;
        if (entry->again)
            cw_eth_params_trace(&params, &r->slot);
        else
            cw_eth_params_hash(&params, &r->slot);
        break;
    }
    request.params = cw_buf_cstr(&params);
    if (request.params)
        entry->asked = cw_quorum_submit(entry->facts->rpc, &request);
    cw_buf_done(&params);
    return entry->asked != NULL;
}

/* The header of a proof's block is known now, or can't be had. */
static void header_known(void *ctx, const struct cw_request *request,
                         const struct cw_answer *answer) {
    struct entry *entry = ctx;
    (void)request;
    if (answer->status != CW_ANSWER_OK)
        facts_unavailable(entry, answer->text);
    else if (recall(entry))
        facts_settle(entry);
    else if (!submit(entry))
        facts_unavailable(entry, "out of memory");
}

static bool before(const struct entry *entry, uint64_t limit) {
    return entry->generation < limit;
}

static struct entry *add(struct cw_facts *facts, const struct cw_request *request) {
    if (facts->n >= ENTRIES_MAX)
        drop_where(facts, before, facts->generation);
    if (facts->n >= 2 * (size_t)ENTRIES_MAX)
        return NULL;
    struct entry *entry = calloc(1, sizeof *entry);
    if (!entry)
        return NULL;
    cw_arena_init(&entry->arena, FACTS_ENTRY_BYTES);
    entry->facts = facts;
    entry->generation = facts->generation;
    if (!cw_request_copy(&entry->request, &entry->arena, request)) {
        entry_free(entry);
        return NULL;
    }
    struct entry **bucket = &facts->buckets[cw_request_hash(request) % FACTS_BUCKETS];
    entry->next = *bucket;
    *bucket = entry;
    facts->n++;
    return entry;
}

static bool start(struct entry *entry) {
    if (entry->request.kind != CW_REQUEST_PROOF || proof_header(entry))
        return submit(entry);
    struct cw_request header = {.kind = CW_REQUEST_HEADER,
                                .side = entry->request.side,
                                .block_number = entry->request.block_number};
    return cw_facts_ask(entry->facts, &header, header_known, entry);
}

bool cw_facts_ask(struct cw_facts *facts, const struct cw_request *request,
                  void (*done)(void *, const struct cw_request *, const struct cw_answer *),
                  void *ctx) {
    struct waiter *waiter = malloc(sizeof *waiter);
    if (!waiter)
        return false;
    *waiter = (struct waiter){.done = done, .ctx = ctx};
    struct entry *entry = find(facts, request);
    assert(!entry || !entry->answered); /* ask only for what _get does not have */
    if (!entry) {
        entry = add(facts, request);
        if (entry && !start(entry)) {
            drop(entry);
            entry = NULL;
        }
    }
    if (!entry) {
        free(waiter);
        return false;
    }
    waiter->next = entry->waiters;
    entry->waiters = waiter;
    return true;
}

void cw_facts_forget(struct cw_facts *facts, const void *ctx) {
    for (size_t i = 0; i < FACTS_BUCKETS; i++)
        for (struct entry *entry = facts->buckets[i]; entry; entry = entry->next)
            for (struct waiter *waiter = entry->waiters; waiter; waiter = waiter->next)
                if (waiter->ctx == ctx)
                    waiter->ctx = NULL;
}

/* A call at a block below the final head is asked by nobody any more; one at a newer block may be
 * asked again when that block is final. Proofs are taken once, and are large. */
static bool stale(const struct entry *entry, uint64_t generation) {
    const struct cw_facts *facts = entry->facts;
    const struct cw_heads *heads = heads_of(facts);
    switch (entry->request.kind) {
    case CW_REQUEST_CALL:
    case CW_REQUEST_RECEIPT:
        if (entry->generation + CALL_LIFE >= generation)
            return false;
        return !heads || entry->request.block_number.v < heads->final.number.v ||
               (facts->n > CALLS_MAX && entry->request.block_number.v > heads->final.number.v);
    case CW_REQUEST_HEADER:
        return entry->kept && entry->generation + HEADER_LIFE < generation;
    case CW_REQUEST_PROOF:
    case CW_REQUEST_TX:
    case CW_REQUEST_TRACE:
        return entry->generation + 1 < generation;
    case CW_REQUEST_LOGS: /* of a range that others ask for, too, once its end is final */
        return entry->generation + (is_final(facts, &entry->request) ? HEADER_LIFE : CALL_LIFE) <
               generation;
    case CW_REQUEST_BLOCK: /* one that is not there may come */
        return entry->generation + (entry->answer.included ? HEADER_LIFE : CALL_LIFE) < generation;
    }
    return false;
}

void cw_facts_heads(struct cw_facts *facts) {
    facts->generation++;
    for (size_t i = 0; facts->store && i < FACTS_BUCKETS; i++)
        for (struct entry *entry = facts->buckets[i]; entry; entry = entry->next)
            if (entry->answered)
                keep_answer(entry);
    drop_where(facts, stale, facts->generation);
}

static bool above_block(const struct entry *entry, uint64_t above) {
    return entry->request.block_number.v > above;
}

void cw_facts_rollback(struct cw_facts *facts, struct cw_block_number above) {
    drop_where(facts, above_block, above.v);
}
