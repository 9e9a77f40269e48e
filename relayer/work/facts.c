#include "work/facts.h"

#include "net/eth.h"
#include "net/quorum.h"

#include <causeway/account.h>
#include <causeway/header.h>
#include <causeway/keccak.h>

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS     512u
#define ENTRIES_MAX 4096u
#define ENTRY_BYTES (4u << 20) /* arena of one answer */
#define CALL_LIFE   2u         /* heads for which an answered call is kept */
#define PARAMS_MAX  (4u << 20)
#define VIEW_MAX    (64u << 10) /* what a call may answer: views of contracts are small */

struct waiter {
    struct waiter *next;
    void (*done)(void *ctx, const struct cw_request *request, const struct cw_answer *answer);
    void *ctx; /* NULL: forgotten */
};

/* One request, its answer once there is one, and who waits for it. */
struct entry {
    struct entry *next; /* of the bucket */
    struct cw_facts *facts;
    struct cw_request request;
    struct cw_arena arena;
    struct cw_answer answer;
    bool answered;
    struct cw_quorum *asked; /* NULL: none under way */
    uint64_t generation;
    struct waiter *waiters;
};

struct cw_facts {
    struct cw_rpc *rpc;
    struct cw_watch *watch;
    unsigned quorum;
    struct entry *buckets[BUCKETS];
    size_t n;
    uint64_t generation;
};

enum cw_err cw_facts_new(struct cw_facts **ret, const struct cw_facts_config *config,
                         struct cw_error *error) {
    struct cw_facts *facts = calloc(1, sizeof *facts);
    if (!facts)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    facts->rpc = config->rpc;
    facts->watch = config->watch;
    facts->quorum = config->quorum;
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
    struct entry **link = &facts->buckets[cw_request_hash(&entry->request) % BUCKETS];
    while (*link && *link != entry)
        link = &(*link)->next;
    if (*link) {
        *link = entry->next;
        facts->n--;
    }
}

static void drop(struct entry *entry) {
    cw_quorum_cancel(entry->asked);
    unlink_entry(entry);
    entry_free(entry);
}

/* Drops the answered entries that the predicate picks. */
static void drop_where(struct cw_facts *facts, bool (*pick)(const struct entry *, uint64_t),
                       uint64_t arg) {
    for (size_t i = 0; i < BUCKETS; i++) {
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
    for (size_t i = 0; i < BUCKETS; i++)
        while (facts->buckets[i])
            drop(facts->buckets[i]);
    free(facts);
}

static struct entry *find(struct cw_facts *facts, const struct cw_request *request) {
    struct entry *entry = facts->buckets[cw_request_hash(request) % BUCKETS];
    while (entry && !cw_request_equal(&entry->request, request))
        entry = entry->next;
    return entry;
}

const struct cw_answer *cw_facts_get(struct cw_facts *facts, const struct cw_request *request) {
    struct entry *entry = find(facts, request);
    if (!entry || !entry->answered)
        return NULL;
    entry->generation = facts->generation;
    return &entry->answer;
}

/* Tells everybody who waits. An answer that is not worth keeping leaves the table first. A waiter
 * may ask for more; entries that are answered are only dropped when heads move, which waiters do
 * not cause. */
static void settle(struct entry *entry) {
    entry->asked = NULL;
    entry->answered = true;
    entry->generation = entry->facts->generation;
    bool keep = entry->answer.status != CW_ANSWER_UNAVAILABLE &&
                entry->request.kind != CW_REQUEST_PROOF;
    if (!keep)
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

static void unavailable(struct entry *entry, const char *text) {
    const char *copy = cw_arena_text(&entry->arena, text, strlen(text));
    entry->answer.status = CW_ANSWER_UNAVAILABLE;
    entry->answer.text = copy ? copy : "out of memory";
    settle(entry);
}

/* --- calls --- */

static enum cw_err check_call(void *ctx, const struct cw_json *value, struct cw_error *error) {
    (void)ctx;
    struct cw_arena arena;
    cw_arena_init(&arena, ENTRY_BYTES);
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
    cw_arena_init(&arena, ENTRY_BYTES);
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
        settle(entry);
        return;
    }
    if (result->err != CW_OK) {
        unavailable(entry, result->text);
        return;
    }
    struct cw_error error;
    if (cw_eth_data(&entry->answer.data, &entry->arena, result->value, &error) != CW_OK) {
        unavailable(entry, error.text);
        return;
    }
    entry->answer.status = CW_ANSWER_OK;
    settle(entry);
}

/* --- headers --- */

/* What the watcher has up to the final head is an ancestor of a header that the quorum agreed on;
 * what it has above that is one endpoint's word. */
static bool watched(const struct entry *entry, struct cw_store_header *ret) {
    const struct cw_facts *facts = entry->facts;
    const struct cw_block_number number = entry->request.block_number;
    if (!facts->watch || !cw_watch_header_at(facts->watch, number, ret))
        return false;
    const struct cw_heads *heads = cw_watch_heads(facts->watch);
    return facts->quorum <= 1 || (heads && number.v <= heads->final.number.v);
}

static enum cw_err check_header(void *ctx, const struct cw_json *value, struct cw_error *error) {
    struct entry *entry = ctx;
    struct cw_header header;
    struct cw_hash32 hash;
    enum cw_err err = cw_eth_header(&header, &hash, value, error);
    if (err != CW_OK)
        return err;
    if (header.number.v != entry->request.block_number.v)
        return cw_error_set(error, CW_ERR_CONTRADICTED, "asked for block %" PRIu64 ", got %" PRIu64,
                            entry->request.block_number.v, header.number.v);
    struct cw_store_header known;
    if (watched(entry, &known) && !cw_hash32_equal(&known.ref.hash, &hash))
        return cw_error_set(error, CW_ERR_CONTRADICTED,
                            "block %" PRIu64 " has another hash than the chain that was followed",
                            header.number.v);
    return CW_OK;
}

static enum cw_err digest_header(void *ctx, const struct cw_json *value, struct cw_hash32 *ret) {
    (void)ctx;
    struct cw_header header;
    return cw_eth_header(&header, ret, value, NULL);
}

static void header_done(void *ctx, const struct cw_rpc_result *result) {
    struct entry *entry = ctx;
    if (result->err != CW_OK) {
        unavailable(entry, result->text);
        return;
    }
    struct cw_error error;
    struct cw_header *header = cw_arena_alloc(&entry->arena, sizeof *header);
    if (!header) {
        unavailable(entry, "out of memory");
        return;
    }
    if (cw_eth_header(header, &entry->answer.header_hash, result->value, &error) != CW_OK) {
        unavailable(entry, error.text);
        return;
    }
    entry->answer.header = header;
    entry->answer.status = CW_ANSWER_OK;
    settle(entry);
}

/* --- proofs: checked against the header's state root, so that a bad one costs the endpoint, not
 * the message ---- */

static const struct cw_header *proof_header(struct entry *entry) {
    struct cw_request request = {.kind = CW_REQUEST_HEADER,
                                 .side = entry->request.side,
                                 .block_number = entry->request.block_number};
    const struct cw_answer *answer = cw_facts_get(entry->facts, &request);
    return answer && answer->status == CW_ANSWER_OK ? answer->header : NULL;
}

/* CW_OK when the account proof holds under the state root and the storage proof proves something
 * under its storage root. */
static enum cw_err judge_proof(const struct entry *entry, const struct cw_header *header,
                               const struct cw_eth_proof *proof, struct cw_error *error) {
    if (!cw_addr20_equal(&proof->address, &entry->request.to) ||
        !cw_hash32_equal(&proof->slot, &entry->request.slot))
        return cw_error_set(error, CW_ERR_CONTRADICTED, "proof of another account or slot");
    struct cw_account account;
    bool present = false;
    struct cw_judgement verdict = cw_account_verify(&account, &present, &header->state_root,
                                                    &proof->address, proof->account_nodes,
                                                    proof->account_nodes_n);
    if (verdict.verdict != CW_VALID)
        return cw_error_set(error, CW_ERR_CONTRADICTED, "account proof at block %" PRIu64 ": %s",
                            header->number.v, verdict.reason);
    if (!cw_hash32_equal(&account.storage_root, &proof->storage_root))
        return cw_error_set(error, CW_ERR_CONTRADICTED,
                            "storageHash at block %" PRIu64 " is not the proved account's",
                            header->number.v);
    struct cw_u256 value;
    static const enum cw_mpt_form forms[] = {CW_MPT_FORM_NODE, CW_MPT_FORM_CONTRACT};
    for (size_t i = 0; i < CW_COUNT(forms); i++) {
        verdict = cw_storage_get(&value, &account.storage_root, &proof->slot, proof->storage_nodes,
                                 proof->storage_nodes_n, forms[i]);
        if (verdict.verdict == CW_VALID)
            return CW_OK;
    }
    return cw_error_set(error, CW_ERR_CONTRADICTED, "storage proof at block %" PRIu64 ": %s",
                        header->number.v, verdict.reason);
}

static enum cw_err check_proof(void *ctx, const struct cw_json *value, struct cw_error *error) {
    struct entry *entry = ctx;
    const struct cw_header *header = proof_header(entry);
    if (!header)
        return CW_OK; /* dropped by a rollback: the adapter verifies against what is true then */
    struct cw_arena arena;
    cw_arena_init(&arena, ENTRY_BYTES);
    struct cw_eth_proof proof;
    enum cw_err err = cw_eth_proof(&proof, &arena, value, error);
    if (err == CW_OK)
        err = judge_proof(entry, header, &proof, error);
    cw_arena_done(&arena);
    return err;
}

static void proof_done(void *ctx, const struct cw_rpc_result *result) {
    struct entry *entry = ctx;
    if (result->err != CW_OK) {
        unavailable(entry, result->text);
        return;
    }
    struct cw_eth_proof proof;
    struct cw_error error;
    if (cw_eth_proof(&proof, &entry->arena, result->value, &error) != CW_OK) {
        unavailable(entry, error.text);
        return;
    }
    entry->answer.account_proof = proof.account_nodes;
    entry->answer.account_proof_n = proof.account_nodes_n;
    entry->answer.storage_proof = proof.storage_nodes;
    entry->answer.storage_proof_n = proof.storage_nodes_n;
    entry->answer.storage_root = proof.storage_root;
    entry->answer.status = CW_ANSWER_OK;
    settle(entry);
}

/* --- asking --- */

static bool submit(struct entry *entry) {
    struct cw_buf params;
    cw_buf_init(&params, PARAMS_MAX);
    struct cw_quorum_request request = {
        .ctx = entry, .class_ = CW_RPC_QUICK, .k = entry->facts->quorum};
    const struct cw_request *r = &entry->request;
    switch (r->kind) {
    case CW_REQUEST_CALL:
        request.method = "eth_call";
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
        if (watched(entry, &(struct cw_store_header){0}))
            request.k = 1;
        cw_eth_params_block_number(&params, r->block_number);
        break;
    case CW_REQUEST_PROOF:
        request.method = "eth_getProof";
        request.class_ = CW_RPC_HEAVY;
        request.k = 1; /* it is verified */
        request.check = check_proof;
        request.done = proof_done;
        cw_eth_params_proof(&params, &r->to, &r->slot, r->block_number);
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
        unavailable(entry, answer->text);
    else if (!submit(entry))
        unavailable(entry, "out of memory");
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
    cw_arena_init(&entry->arena, ENTRY_BYTES);
    entry->facts = facts;
    entry->request = *request;
    entry->generation = facts->generation;
    if (request->data.n > 0) {
        entry->request.data = cw_arena_copy(&entry->arena, request->data);
        if (!entry->request.data.p) {
            entry_free(entry);
            return NULL;
        }
    }
    struct entry **bucket = &facts->buckets[cw_request_hash(request) % BUCKETS];
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
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct entry *entry = facts->buckets[i]; entry; entry = entry->next)
            for (struct waiter *waiter = entry->waiters; waiter; waiter = waiter->next)
                if (waiter->ctx == ctx)
                    waiter->ctx = NULL;
}

static bool stale_call(const struct entry *entry, uint64_t generation) {
    return entry->request.kind == CW_REQUEST_CALL && entry->generation + CALL_LIFE < generation;
}

void cw_facts_heads(struct cw_facts *facts) {
    facts->generation++;
    drop_where(facts, stale_call, facts->generation);
}

static bool above_block(const struct entry *entry, uint64_t above) {
    return entry->request.kind == CW_REQUEST_CALL || entry->request.block_number.v > above;
}

void cw_facts_rollback(struct cw_facts *facts, struct cw_block_number above) {
    drop_where(facts, above_block, above.v);
}
