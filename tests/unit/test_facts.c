/* What adapters ask: asked once, kept where it can't change any more, and believed from the store
 * no more than from an endpoint. Endpoints and watcher are the test's own. */
#include "work/facts.h"

#include "cli/decode_json.h"
#include "made_trie.h"
#include "temp.h"
#include "work/answer.h"

#include <causeway/keccak.h>
#include <causeway/tx.h>
#include <causeway/rlp.h>

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW       1700000000000u
#define BLOCKS    64
#define CALLS_MAX 32
#define OPERATORS 3

struct call {
    uint64_t id;
    char method[32];
    char params[400];
    unsigned operator_;
    enum cw_err (*check)(void *, const struct cw_json *, struct cw_error *);
    void (*done)(void *, const struct cw_rpc_result *);
    void *ctx;
};

enum lie {
    NO_LIE,
    LEAVES_OUT,
    OTHER_CONTRACT,
    OTHER_TOPIC,
    OTHER_BLOCK,
    OTHER_STATUS,
    HUGE_LIE,
    NOTHING
};

struct bed {
    struct temp temp;
    char path[512];
    struct cw_error error;
    struct cw_arena arena;
    struct cw_store *store;
    int64_t chain;
    struct cw_facts *facts;
    unsigned quorum;
    enum cw_mode mode;
    /* the chain */
    struct cw_header headers[BLOCKS];
    struct cw_hash32 hashes[BLOCKS];
    struct made_trie state, storage;
    struct cw_addr20 account;
    struct cw_hash32 slot;
    struct cw_heads heads;
    uint64_t watched_from; /* older headers the watcher does not have */
    /* the endpoints */
    struct call calls[CALLS_MAX];
    size_t calls_n;
    uint64_t last_id;
    unsigned asked; /* since it was last set to 0 */
    unsigned liars; /* so many operators answer calls falsely */
    /* These operators, and whoever is asked alone, have another block 25; apart: each its own. */
    bool forked[OPERATORS + 1];
    bool apart;
    unsigned accused;
    const char *answers;
    bool flip_proofs;
    bool foreign;           /* headers do not hash to what they are called */
    unsigned traces;        /* which of the two ways to trace they know; 0: none */
    unsigned lagging;       /* so many operators know no block by its hash, and no receipt */
    uint64_t range_limit;   /* blocks that one eth_getLogs may be about; 0: any */
    enum cw_err refusal;    /* how it ends for more */
    uint64_t log_range_max; /* as configured */
    uint64_t refused;       /* so often */
    unsigned bulky;         /* logs of each block, of 64 KiB; 0: one small one in each even block */
    enum lie lie;           /* of liars, about logs and receipts */
    uint64_t receipt_block; /* where the transaction is; 0: nowhere */
    enum cw_err checked_as; /* the last one that a check was made of */
    /* the last answer */
    unsigned done;
    enum cw_answer_status status;
    bool included, success;
    size_t logs_n;
    uint64_t blocks[BLOCKS]; /* of these */
    struct cw_hash32 block;
    char text[400];
};

static struct bed *bed; /* the stubs have no other way to it */

#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) != CW_OK)                                                                       \
            fail_msg("%s: %s", #call, bed->error.text);                                            \
    } while (0)

/* --- the watcher ------------------------------------------------------------------------------ */

const struct cw_heads *cw_watch_heads(const struct cw_watch *watch) {
    (void)watch;
    return &bed->heads;
}

bool cw_watch_header_at(const struct cw_watch *watch, struct cw_block_number number,
                        struct cw_store_header *ret) {
    (void)watch;
    if (number.v >= BLOCKS || number.v < bed->watched_from)
        return false;
    *ret = (struct cw_store_header){.ref = {.number = number, .hash = bed->hashes[number.v]}};
    return true;
}

/* --- the endpoints ---------------------------------------------------------------------------- */

uint64_t cw_rpc_submit(struct cw_rpc *rpc, const struct cw_rpc_request *request) {
    (void)rpc;
    assert_true(bed->calls_n < CALLS_MAX);
    struct call *call = &bed->calls[bed->calls_n++];
    *call = (struct call){.id = ++bed->last_id,
                          .operator_ = request->operator_,
                          .check = request->check,
                          .done = request->done,
                          .ctx = request->ctx};
    snprintf(call->method, sizeof call->method, "%s", request->method);
    snprintf(call->params, sizeof call->params, "%s", request->params);
    return call->id;
}

void cw_rpc_cancel(struct cw_rpc *rpc, uint64_t id) {
    (void)rpc;
    for (size_t i = 0; i < bed->calls_n; i++)
        if (bed->calls[i].id == id) {
            bed->calls[i] = bed->calls[--bed->calls_n];
            return;
        }
}

unsigned cw_rpc_operators(const struct cw_rpc *rpc) {
    (void)rpc;
    return OPERATORS;
}

void cw_rpc_operators_ranked(const struct cw_rpc *rpc, unsigned *ret) {
    (void)rpc;
    for (unsigned i = 0; i < OPERATORS; i++)
        ret[i] = i + 1;
}

const char *cw_rpc_operator_name(const struct cw_rpc *rpc, unsigned operator_) {
    (void)rpc;
    static const char *const names[] = {"one", "two", "three"};
    return names[operator_ - 1];
}

void cw_rpc_accuse(struct cw_rpc *rpc, const struct cw_rpc_finding *finding) {
    (void)rpc;
    (void)finding;
    bed->accused++;
}

void cw_rpc_contrast(struct cw_rpc *rpc, uint64_t call, struct cw_rpc_said *said) {
    (void)rpc;
    (void)call;
    assert_null(said); /* nothing is kept here */
}

static void put_nodes(struct cw_buf *out, struct cw_slice *nodes, size_t n, bool flip) {
    for (size_t i = 0; i < n; i++) {
        cw_buf_text(out, i > 0 ? ",\"" : "\"");
        struct cw_slice node = cw_arena_copy(&bed->arena, nodes[i]);
        if (flip && i + 1 == n)
            ((uint8_t *)(uintptr_t)node.p)[node.n / 2] ^= 1;
        cw_buf_hex(out, node);
        cw_buf_text(out, "\"");
    }
}

static void put_proof(struct cw_buf *out) {
    struct cw_hash32 key;
    size_t n = 0;
    cw_buf_text(out, "{\"address\":\"");
    cw_buf_hex(out, cw_slice_of(bed->account.b, 20));
    cw_buf_text(out, "\",\"balance\":\"0x0\",\"nonce\":\"0x0\",\"codeHash\":\"");
    cw_keccak256(&key, CW_LITERAL(""));
    cw_buf_hex(out, cw_slice_of(key.b, 32));
    cw_buf_text(out, "\",\"storageHash\":\"");
    cw_buf_hex(out, cw_slice_of(bed->storage.root.b, 32));
    cw_buf_text(out, "\",\"accountProof\":[");
    cw_keccak256(&key, cw_slice_of(bed->account.b, 20));
    struct cw_slice *nodes = made_trie_prove(&bed->state, &bed->arena, cw_slice_of(key.b, 32),
                                             CW_MPT_FORM_NODE, &n);
    put_nodes(out, nodes, n, false);
    cw_buf_text(out, "],\"storageProof\":[{\"value\":\"0x1\",\"key\":\"");
    cw_buf_hex(out, cw_slice_of(bed->slot.b, 32));
    cw_buf_text(out, "\",\"proof\":[");
    cw_keccak256(&key, cw_slice_of(bed->slot.b, 32));
    nodes = made_trie_prove(&bed->storage, &bed->arena, cw_slice_of(key.b, 32), CW_MPT_FORM_NODE,
                            &n);
    put_nodes(out, nodes, n, bed->flip_proofs);
    cw_buf_text(out, "]}]}");
}

static void put_block(struct cw_buf *out, uint64_t number) {
    uint8_t rlp[CW_HEADER_RLP_MAX];
    size_t n = 0;
    OK(cw_header_encode(rlp, sizeof rlp, &n, &bed->headers[number]));
    struct cw_buf made;
    cw_buf_init(&made, 1u << 16);
    OK(decode_header(&made, cw_slice_of(rlp, n), &bed->error));
    const char *text = cw_buf_cstr(&made), *root = strstr(text, "\"stateRoot\"");
    assert_non_null(root);
    cw_buf_format(out, "%.*s%s%s", (int)(root - text), text,
                  bed->foreign ? "\"own\"" : "\"stateRoot\"", root + strlen("\"stateRoot\""));
    cw_buf_done(&made);
}

/* The block with that hash; liars give the one below. */
static void put_block_of(struct cw_buf *out, const struct call *call) {
    char wanted[CW_HEX_SIZE(32)];
    for (size_t i = 1; i < BLOCKS && call->operator_ >= bed->lagging; i++) {
        cw_hex_encode(wanted, cw_slice_of(bed->hashes[i].b, 32));
        if (strstr(call->params, wanted) != NULL) {
            put_block(out, i - (call->operator_ < bed->liars));
            return;
        }
    }
    cw_buf_text(out, "null");
}

/* In each even block the contract 09… says 51…, and the number of the block. */
static void put_log(struct cw_buf *out, uint64_t number, uint64_t index, enum lie lie,
                    size_t bytes) {
    cw_buf_format(out,
                  "%s{\"address\":\"0x%02x%038d\",\"topics\":[\"0x%02x%062d\",\"0x%064" PRIx64
                  "\"],\"data\":\"0x",
                  out->p[out->n - 1] == '[' ? "" : ",", lie == OTHER_CONTRACT ? 8 : 9, 0,
                  lie == OTHER_TOPIC ? 0x52 : 0x51, 0, number);
    for (size_t i = 0; i < bytes; i++)
        cw_buf_text(out, "00");
    cw_buf_format(
        out, "\",\"blockNumber\":\"0x%" PRIx64 "\",\"logIndex\":\"0x%" PRIx64 "\",\"blockHash\":\"",
        number, index);
    cw_buf_hex(out, cw_slice_of(bed->hashes[number % BLOCKS].b, 32));
    cw_buf_format(out, "\",\"transactionHash\":\"0x77%062d\"}", 0);
}

static void put_logs(struct cw_buf *out, const struct call *call) {
    const bool lies = call->operator_ < bed->liars;
    uint64_t from = 0, to = 0;
    assert_int_equal(sscanf(call->params,
                            "[{\"fromBlock\":\"0x%" SCNx64 "\",\"toBlock\":\"0x%" SCNx64, &from,
                            &to),
                     2);
    assert_non_null(strstr(call->params, "\"0x0900000000000000000000000000000000000000\""));
    cw_buf_text(out, "[");
    for (uint64_t i = from; i <= to && !(lies && bed->lie == NOTHING); i++) {
        for (uint64_t k = 0; k < bed->bulky; k++)
            put_log(out, i, k, NO_LIE, 65536);
        if (bed->bulky == 0 && i % 2 == 0 && !(lies && bed->lie == LEAVES_OUT && i == 14))
            put_log(out, i, 0, lies && i == 14 ? bed->lie : NO_LIE, 0);
    }
    for (uint64_t k = 1; lies && bed->lie == HUGE_LIE && k <= 70; k++)
        put_log(out, to, k, NO_LIE, 65536);
    if (lies && bed->lie == OTHER_BLOCK)
        put_log(out, to + 1, 0, NO_LIE, 0);
    cw_buf_text(out, "]");
}

static void put_receipt(struct cw_buf *out, const struct call *call) {
    const bool lies = call->operator_ < bed->liars;
    if (bed->receipt_block == 0 || call->operator_ < bed->lagging) {
        cw_buf_text(out, "null");
        return;
    }
    cw_buf_format(out,
                  "{\"transactionHash\":\"0x%02x%062d\",\"blockNumber\":\"0x%" PRIx64
                  "\",\"status\":\"0x%d\",\"gasUsed\":\"0x1\",\"blockHash\":\"",
                  lies && bed->lie == OTHER_CONTRACT ? 0x78 : 0x77, 0, bed->receipt_block,
                  !(lies && bed->lie == OTHER_STATUS));
    cw_buf_hex(out, cw_slice_of(bed->hashes[bed->receipt_block].b, 32));
    cw_buf_text(out, "\",\"logs\":[");
    put_log(out, bed->receipt_block, 0, NO_LIE, 0);
    cw_buf_text(out, "]}");
}

/* The deposit of so many wei; liars give another one. */
static void put_tx(struct cw_buf *out, const struct call *call) {
    if (call->operator_ < bed->lagging) {
        cw_buf_text(out, "null");
        return;
    }
    cw_buf_format(out,
                  "{\"type\":\"0x7e\",\"sourceHash\":\"0x%064d\",\"from\":\"0x%040d\",\"to\":null,"
                  "\"value\":\"0x%d\",\"gas\":\"0x1\",\"input\":\"0x\"}",
                  7, 7, call->operator_ < bed->liars ? 6 : 5);
}

/* Whether the endpoint gives no answer at all. */
static bool is_refused(const struct call *call) {
    uint64_t from, to;
    if (bed->range_limit == 0 ||
        sscanf(call->params, "[{\"fromBlock\":\"0x%" SCNx64 "\",\"toBlock\":\"0x%" SCNx64, &from,
               &to) != 2)
        return false;
    bool refused = to - from >= bed->range_limit;
    bed->refused += refused;
    return refused;
}

/* Two calls of one contract, one of them inside another one; those who do not trace say null. */
static void put_trace(struct cw_buf *out, bool traces) {
    static const char call[] =
        "{\"type\":\"call\",\"action\":{\"callType\":\"%s\",\"to\":\"0x%040d\","
        "\"input\":\"0x%02d\"}}";
    if (!traces) {
        cw_buf_text(out, "null");
        return;
    }
    cw_buf_text(out, "[");
    for (int i = 1; i <= 4; i++) {
        cw_buf_format(out, call, i == 3 ? "delegatecall" : "call", i == 1 ? 8 : 7, i);
        cw_buf_text(out, i < 4 ? "," : "]");
    }
}

static void put_answer(struct cw_buf *out, const struct call *call) {
    uint64_t number;
    if (strcmp(call->method, "eth_getBlockByNumber") == 0) {
        assert_int_equal(sscanf(call->params, "[\"0x%" SCNx64, &number), 1);
        const uint64_t fork = number == 25 && bed->forked[call->operator_]
                                  ? 1 + (bed->apart ? call->operator_ : 0)
                                  : 0;
        bed->headers[number].timestamp += fork;
        put_block(out, number);
        bed->headers[number].timestamp -= fork;
    } else if (strcmp(call->method, "eth_getBlockByHash") == 0) {
        put_block_of(out, call);
    } else if (strcmp(call->method, "eth_getLogs") == 0) {
        put_logs(out, call);
    } else if (strcmp(call->method, "eth_getTransactionReceipt") == 0) {
        put_receipt(out, call);
    } else if (strcmp(call->method, "eth_getTransactionByHash") == 0) {
        put_tx(out, call);
    } else if (strcmp(call->method, "trace_transaction") == 0) {
        put_trace(out, bed->traces == 1);
    } else if (strcmp(call->method, "debug_traceTransaction") == 0) {
        assert_non_null(strstr(call->params, "\"flatCallTracer\""));
        put_trace(out, bed->traces == 2);
    } else if (strcmp(call->method, "eth_getProof") == 0) {
        put_proof(out);
    } else {
        assert_string_equal(call->method, "eth_call");
        bool lies = call->operator_ > 0 && call->operator_ <= bed->liars;
        cw_buf_format(out, "\"%s\"", lies ? "0x666c7365" : bed->answers);
    }
}

/* Everybody answers. */
static void deliver(void) {
    while (bed->calls_n > 0) {
        struct call call = bed->calls[--bed->calls_n];
        bed->asked++;
        struct cw_buf out;
        struct cw_json_doc *doc = NULL;
        struct cw_error error = {CW_OK, ""};
        if (is_refused(&call)) {
            const struct cw_rpc_result none = {
                .err = bed->refusal, .text = "query exceeds max results", .endpoint = "endpoint"};
            call.done(call.ctx, &none);
            continue;
        }
        cw_buf_init(&out, 32u << 20);
        put_answer(&out, &call);
        OK(cw_json_parse(&doc, cw_buf_slice(&out), false, &bed->error));
        struct cw_rpc_result result = {
            .value = cw_json_root(doc), .text = "", .endpoint = "endpoint"};
        if (call.check)
            bed->checked_as = result.err = call.check(call.ctx, result.value, &error);
        result.text = error.text;
        call.done(call.ctx, &result);
        cw_json_free(doc);
        cw_buf_done(&out);
    }
}

/* --- the bed ---------------------------------------------------------------------------------- */

static struct cw_slice account_rlp(void) {
    uint8_t *room = cw_arena_alloc(&bed->arena, 128);
    struct cw_rlp_out out = cw_rlp_out_to(room, 128);
    struct cw_hash32 code;
    cw_keccak256(&code, CW_LITERAL(""));
    size_t mark = cw_rlp_list_begin(&out);
    cw_rlp_put_u64(&out, 0);
    cw_rlp_put_u64(&out, 0);
    cw_rlp_put_hash32(&out, &bed->storage.root);
    cw_rlp_put_hash32(&out, &code);
    cw_rlp_list_end(&out, mark);
    return cw_slice_of(room, out.n);
}

static void make_trie(struct made_trie *out, struct cw_slice preimage, struct cw_slice value) {
    struct cw_hash32 *keys = cw_arena_array(&bed->arena, 2, sizeof *keys);
    struct cw_trie_entry *entries = cw_arena_array(&bed->arena, 2, sizeof *entries);
    cw_keccak256(&keys[0], preimage);
    cw_keccak256(&keys[1], CW_LITERAL("another"));
    for (size_t i = 0; i < 2; i++)
        entries[i] = (struct cw_trie_entry){cw_slice_of(keys[i].b, 32), value};
    made_trie_build(out, &bed->arena, entries, made_trie_sort(entries, 2));
}

static void make_chain(uint8_t salt) {
    static const uint8_t one[] = {1};
    bed->account.b[0] = 0x42;
    bed->slot.b[31] = 7;
    make_trie(&bed->storage, cw_slice_of(bed->slot.b, 32), cw_slice_of(one, 1));
    make_trie(&bed->state, cw_slice_of(bed->account.b, 20), account_rlp());
    for (size_t i = 0; i < BLOCKS; i++) {
        struct cw_header *h = &bed->headers[i];
        memset(h, 0, sizeof *h);
        h->number.v = i;
        h->timestamp = 1700000000 + i;
        h->state_root = bed->state.root;
        h->extra_n = 1;
        h->extra[0] = salt;
        OK(cw_header_hash(&bed->hashes[i], h));
    }
}

static void final_at(uint64_t number) {
    bed->heads.final = (struct cw_block_ref){{number}, bed->hashes[number], 0};
    bed->heads.safe = bed->heads.final;
    bed->heads.latest = (struct cw_block_ref){{number + 4}, bed->hashes[number + 4], 0};
    if (bed->facts)
        cw_facts_heads(bed->facts);
}

static void make_facts(void) {
    static uint8_t somebody; /* never looked into */
    struct cw_facts_config config = {.rpc = (struct cw_rpc *)(void *)&somebody,
                                     .quorum = bed->quorum,
                                     .mode = bed->mode,
                                     .watch = (struct cw_watch *)(void *)&somebody,
                                     .store = bed->store,
                                     .chain = bed->chain,
                                     .log_range_max = bed->log_range_max};
    OK(cw_facts_new(&bed->facts, &config, &bed->error));
}

/* The process ends, in good order, and another one starts. */
static void restart(void) {
    cw_facts_free(bed->facts);
    bed->facts = NULL;
    bed->calls_n = 0;
    OK(cw_store_answers_write(bed->store, &bed->error));
    cw_store_close(bed->store);
    bed->store = NULL;
    OK(cw_store_open(&bed->store, bed->path, CW_STORE_WRITE, NOW, &bed->error));
    cw_store_answers_limit(bed->store, 1u << 20);
    make_facts();
    bed->asked = 0;
}

static int set_up(void **state) {
    bed = calloc(1, sizeof *bed);
    assert_non_null(bed);
    temp_make(&bed->temp);
    temp_path(&bed->temp, "causeway.db", bed->path, sizeof bed->path);
    cw_arena_init(&bed->arena, 64u << 20);
    OK(cw_store_open(&bed->store, bed->path, CW_STORE_WRITE, NOW, &bed->error));
    OK(cw_store_chain(bed->store, "l1", (struct cw_chain_id){900}, &bed->chain, &bed->error));
    cw_store_answers_limit(bed->store, 1u << 20);
    bed->quorum = 1;
    bed->answers = "0x74727565";
    make_chain(0);
    final_at(30);
    make_facts();
    *state = bed;
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    cw_facts_free(bed->facts);
    cw_store_close(bed->store);
    cw_arena_done(&bed->arena);
    temp_remove(&bed->temp);
    free(bed);
    return 0;
}

/* --- asking ----------------------------------------------------------------------------------- */

static struct cw_request call_at(uint64_t number) {
    return (struct cw_request){.kind = CW_REQUEST_CALL,
                               .block_number = {number},
                               .block_hash = bed->hashes[number],
                               .to = {{9}},
                               .data = CW_LITERAL("what")};
}

static struct cw_request header_at(uint64_t number) {
    return (struct cw_request){.kind = CW_REQUEST_HEADER, .block_number = {number}};
}

static struct cw_request proof_at(uint64_t number) {
    return (struct cw_request){
        .kind = CW_REQUEST_PROOF, .block_number = {number}, .to = bed->account, .slot = bed->slot};
}

static void on_answer(void *ctx, const struct cw_request *request, const struct cw_answer *answer) {
    (void)ctx;
    (void)request;
    bed->done++;
    bed->status = answer->status;
    bed->included = answer->included;
    bed->success = answer->success;
    bed->block = answer->block.hash;
    bed->logs_n = answer->logs_n;
    for (size_t i = 0; i < answer->logs_n && i < BLOCKS; i++)
        bed->blocks[i] = answer->logs[i].block.number.v;
    snprintf(bed->text, sizeof bed->text, "%s", answer->text ? answer->text : "");
}

/* The status of the answer, wherever it comes from. */
static enum cw_answer_status status_of(struct cw_request request) {
    const struct cw_answer *known = cw_facts_get(bed->facts, &request);
    if (known)
        return known->status;
    bed->done = 0;
    assert_true(cw_facts_ask(bed->facts, &request, on_answer, bed));
    deliver();
    assert_int_equal(bed->done, 1);
    return bed->status;
}

static void assert_asked(struct cw_request request, unsigned calls) {
    bed->asked = 0;
    assert_int_equal(status_of(request), CW_ANSWER_OK);
    assert_int_equal(bed->asked, calls);
}

/* --- what is asked once ----------------------------------------------------------------------- */

static void final__asked_again_after_a_restart__from_the_store(void **state) {
    (void)state;
    assert_asked(call_at(30), 1);
    assert_asked(header_at(25), 1);
    assert_asked(proof_at(20), 2); /* and its header */
    for (int i = 0; i < 3; i++) {
        restart();
        assert_asked(call_at(30), 0);
        assert_asked(header_at(25), 0);
        assert_asked(proof_at(20), 0);
        struct cw_request call = call_at(30), header = header_at(25), proof = proof_at(20);
        const struct cw_answer *answer = cw_facts_get(bed->facts, &call);
        assert_true(cw_slice_equal(answer->data, CW_LITERAL("true")));
        answer = cw_facts_get(bed->facts, &header);
        assert_true(cw_hash32_equal(&answer->header_hash, &bed->hashes[25]));
        assert_int_equal(answer->header->timestamp, 1700000025);
        answer = cw_facts_get(bed->facts, &proof);
        assert_true(cw_hash32_equal(&answer->storage_root, &bed->storage.root));
        assert_int_equal(answer->storage_proof_n, 2);
    }
}

static void final__asked_within_one_life__once(void **state) {
    (void)state;
    assert_asked(proof_at(20), 2);
    assert_asked(call_at(30), 1);
    for (int i = 0; i < 100; i++)
        final_at(30);
    assert_asked(call_at(30), 0);
    assert_asked(proof_at(20), 0);
    assert_asked(header_at(20), 0);
}

static void latest__that_becomes_final__not_asked_again(void **state) {
    (void)state;
    assert_asked(call_at(34), 1);
    for (uint64_t final = 31; final <= 34; final++)
        final_at(final);
    assert_asked(call_at(34), 0);
    restart();
    assert_asked(call_at(34), 0);
}

static void latest__not_final__asked_again_after_a_restart(void **state) {
    (void)state;
    assert_asked(call_at(34), 1);
    restart();
    assert_asked(call_at(34), 1);
}

static void reverted__is_an_answer_too(void **state) {
    (void)state;
    const struct cw_request request = call_at(30);
    const struct cw_answer reverted = {.status = CW_ANSWER_REVERTED, .data = CW_LITERAL("why")};
    struct cw_store_answer stored = {.block = {30}, .operators = 1};
    cw_answer_key(&stored.key, &request);
    OK(cw_answer_encode(&stored.value, &bed->arena, &request, &reverted));
    assert_true(cw_store_answer_keep(bed->store, bed->chain, &stored));
    assert_int_equal(status_of(request), CW_ANSWER_REVERTED);
    const struct cw_answer *answer = cw_facts_get(bed->facts, &request);
    assert_true(cw_slice_equal(answer->data, CW_LITERAL("why")));
}

/* --- what is not believed --------------------------------------------------------------------- */

static void reading__agreed_on_by_fewer__asked_again(void **state) {
    (void)state;
    assert_asked(call_at(30), 1);
    bed->quorum = 2;
    restart();
    assert_asked(call_at(30), 2);
    restart();
    assert_asked(call_at(30), 0);
    bed->quorum = 1;
    restart();
    assert_asked(call_at(30), 0);
}

static void reading__one_operator_lies__the_agreed_one_is_kept(void **state) {
    (void)state;
    bed->quorum = 2;
    bed->liars = 1;
    restart();
    assert_asked(call_at(30), 3);
    restart();
    struct cw_request request = call_at(30);
    const struct cw_answer *answer = cw_facts_get(bed->facts, &request);
    assert_non_null(answer);
    assert_true(cw_slice_equal(answer->data, CW_LITERAL("true")));
}

static void put_stored(struct cw_request request, const struct cw_answer *answer) {
    struct cw_store_answer stored = {.block = request.block_number, .operators = 9};
    cw_answer_key(&stored.key, &request);
    OK(cw_answer_encode(&stored.value, &bed->arena, &request, answer));
    assert_true(cw_store_answer_keep(bed->store, bed->chain, &stored));
}

static void header__of_another_chain_in_the_store__asked_again(void **state) {
    (void)state;
    struct cw_header other = bed->headers[25];
    other.extra[0] ^= 1;
    const struct cw_answer answer = {.status = CW_ANSWER_OK, .header = &other};
    put_stored(header_at(25), &answer);
    assert_asked(header_at(25), 1);
    /* Of a wrong number it is not even read. */
    struct cw_header wrong = bed->headers[24];
    put_stored(header_at(23), &(struct cw_answer){.status = CW_ANSWER_OK, .header = &wrong});
    bed->watched_from = 60;
    assert_asked(header_at(23), 1);
}

static void proof__that_does_not_verify_in_the_store__asked_again(void **state) {
    (void)state;
    assert_asked(proof_at(20), 2);
    struct cw_request request = proof_at(20);
    struct cw_answer answer = *cw_facts_get(bed->facts, &request);
    struct cw_slice *nodes = cw_arena_array(&bed->arena, answer.storage_proof_n, sizeof *nodes);
    for (size_t i = 0; i < answer.storage_proof_n; i++)
        nodes[i] = cw_arena_copy(&bed->arena, answer.storage_proof[i]);
    ((uint8_t *)(uintptr_t)nodes[1].p)[3] ^= 1;
    answer.storage_proof = nodes;
    put_stored(request, &answer); /* in place of the true one */
    restart();
    assert_asked(request, 1);
    restart();
    assert_asked(request, 0);
}

static void stored__not_what_we_write__asked_again(void **state) {
    (void)state;
    static const char *const junk[] = {"", "x", "\xc0", "\xc2\x02\x80", "\xc3\x01\x80\x80"};
    const struct cw_request requests[] = {call_at(30), header_at(25), proof_at(25)};
    for (size_t i = 0; i < CW_COUNT(requests); i++)
        for (size_t k = 0; k < CW_COUNT(junk); k++) {
            struct cw_store_answer stored = {.block = requests[i].block_number, .operators = 9};
            stored.value = cw_slice_of(junk[k], strlen(junk[k]));
            restart();
            cw_answer_key(&stored.key, &requests[i]);
            assert_true(cw_store_answer_keep(bed->store, bed->chain, &stored));
            if (i == 2)
                assert_asked(header_at(25), 0);
            assert_asked(requests[i], 1);
        }
}

static void header__that_nothing_ties_to_the_chain__not_kept_on_one_word(void **state) {
    (void)state;
    bed->watched_from = 60;
    assert_asked(header_at(25), 1);
    restart();
    assert_asked(header_at(25), 1);
    bed->quorum = 2;
    restart();
    assert_asked(header_at(25), 2);
    restart();
    assert_asked(header_at(25), 0);
}

/* Anything but CW_ERR_BEHIND costs the endpoint its turn, and its name. */
static void header__not_the_one_that_was_followed__accused_when_not_all_have_it(void **state) {
    (void)state;
    bed->forked[0] = bed->forked[3] = true;
    restart();
    assert_int_equal(status_of(header_at(25)), CW_ANSWER_UNAVAILABLE);
    assert_int_equal(bed->checked_as, CW_ERR_BEHIND);
    bed->quorum = 2; /* one has it still, and the others do not agree */
    bed->forked[2] = bed->apart = true;
    restart();
    assert_int_equal(status_of(header_at(25)), CW_ANSWER_UNAVAILABLE);
    assert_int_equal(bed->checked_as, CW_ERR_CONTRADICTED);
    assert_int_equal(bed->accused, 0);
    bed->forked[2] = bed->apart = false; /* two have it */
    restart();
    assert_int_equal(status_of(header_at(25)), CW_ANSWER_OK);
    assert_int_equal(bed->accused, 1);
}

/* The chain replaced what was final: that is the watcher's to tell, who needs them all. */
static void header__not_the_one_that_was_followed__nobody_accused_when_many_agree(void **state) {
    (void)state;
    bed->quorum = 2;
    bed->forked[0] = bed->forked[1] = bed->forked[2] = bed->forked[3] = true;
    restart();
    assert_int_equal(status_of(header_at(25)), CW_ANSWER_UNAVAILABLE);
    assert_int_equal(bed->checked_as, CW_OK);
    assert_int_equal(bed->accused, 0);
}

static void header__of_a_form_of_its_own__a_lie_but_in_mode_quorum(void **state) {
    (void)state;
    bed->quorum = 2;
    bed->foreign = true;
    restart();
    assert_int_equal(status_of(header_at(20)), CW_ANSWER_UNAVAILABLE);
    assert_int_equal(bed->checked_as, CW_ERR_INPUT);
    bed->mode = CW_MODE_QUORUM;
    restart();
    assert_int_equal(status_of(header_at(20)), CW_ANSWER_UNAVAILABLE);
    assert_int_equal(bed->checked_as, CW_ERR_BEHIND);
    assert_non_null(strstr(bed->text, "nothing can be proved under a header that can't be hashed"));
    assert_int_equal(status_of(proof_at(20)), CW_ANSWER_UNAVAILABLE);
    assert_int_equal(status_of(call_at(30)), CW_ANSWER_OK);
    bed->foreign = false; /* one whose headers do hash */
    restart();
    assert_int_equal(status_of(proof_at(20)), CW_ANSWER_OK);
}

static void proof__flipped_by_an_endpoint__neither_taken_nor_kept(void **state) {
    (void)state;
    bed->flip_proofs = true;
    assert_int_equal(status_of(proof_at(20)), CW_ANSWER_UNAVAILABLE);
    assert_non_null(strstr(bed->text, "storage proof"));
    assert_int_equal(bed->checked_as, CW_ERR_CONTRADICTED);
    bed->flip_proofs = false;
    restart();
    assert_asked(proof_at(20), 1);
}

static void proof__of_another_block_above_the_final_one__nobody_accused(void **state) {
    (void)state;
    bed->flip_proofs = true;
    final_at(19);
    assert_int_equal(status_of(proof_at(20)), CW_ANSWER_UNAVAILABLE);
    assert_int_equal(bed->checked_as, CW_ERR_BEHIND);
}

/* --- a block by its hash ---------------------------------------------------------------------- */

static struct cw_request block_with(struct cw_hash32 hash) {
    return (struct cw_request){.kind = CW_REQUEST_BLOCK, .block_hash = hash};
}

static void block__with_that_hash__its_header(void **state) {
    (void)state;
    for (bed->quorum = 1; bed->quorum <= 2; bed->quorum++) {
        restart();
        struct cw_request request = block_with(bed->hashes[25]);
        assert_asked(request, bed->quorum);
        const struct cw_answer *answer = cw_facts_get(bed->facts, &request);
        assert_non_null(answer);
        assert_true(answer->included);
        assert_int_equal(answer->header->number.v, 25);
        assert_true(cw_hash32_equal(&answer->header_hash, &bed->hashes[25]));
        final_at(31); /* that does not change any more */
        final_at(32);
        final_at(33);
        assert_asked(request, 0);
    }
}

/* The hash says that it is the one: nobody else has to. */
static void tx__with_that_hash__its_bytes(void **state) {
    (void)state;
    const struct cw_tx tx = {.type = CW_TX_DEPOSIT,
                             .source_hash = {{[31] = 7}},
                             .from = {{[19] = 7}},
                             .value = {cw_u256_from_u64(5)},
                             .gas_limit = 1};
    struct cw_arena arena;
    struct cw_slice raw;
    struct cw_request request = {.kind = CW_REQUEST_TX};
    cw_arena_init(&arena, 1u << 16);
    assert_int_equal(cw_tx_encode_unsigned(&arena, &raw, &tx), CW_OK);
    cw_tx_hash(&request.slot, raw);
    for (bed->quorum = 1; bed->quorum <= 2; bed->quorum++) {
        restart();
        assert_asked(request, 1);
        const struct cw_answer *answer = cw_facts_get(bed->facts, &request);
        assert_non_null(answer);
        assert_true(cw_slice_equal(answer->data, raw));
    }
    cw_arena_done(&arena);
    bed->liars = 9;
    restart();
    assert_int_equal(status_of(request), CW_ANSWER_UNAVAILABLE);
    assert_int_equal(bed->checked_as, CW_ERR_CONTRADICTED);
    bed->liars = 0;
    bed->lagging = 9;
    restart();
    assert_int_equal(status_of(request), CW_ANSWER_UNAVAILABLE);
    assert_int_equal(bed->checked_as, CW_ERR_BEHIND);
    bed->lagging = 0;
}

static void trace__by_either_method__the_calls_of_that_contract(void **state) {
    (void)state;
    const struct cw_request request = {.kind = CW_REQUEST_TRACE, .slot = {{7}}, .to = {{[19] = 7}}};
    for (bed->traces = 1; bed->traces <= 2; bed->traces++) {
        restart();
        assert_asked(request, bed->traces == 1 ? 1 : OPERATORS + 1);
        const struct cw_answer *answer = cw_facts_get(bed->facts, &request);
        assert_non_null(answer);
        assert_int_equal(answer->calls_n, 2);
        assert_int_equal(answer->calls[0].p[0], 2);
        assert_int_equal(answer->calls[1].p[0], 4);
    }
    bed->traces = 0;
    restart();
    assert_int_equal(status_of(request), CW_ANSWER_UNAVAILABLE);
    assert_int_equal(bed->checked_as, CW_ERR_BEHIND);
}

static void block__nobody_has_it__is_an_answer_for_a_while(void **state) {
    (void)state;
    struct cw_hash32 hash = bed->hashes[25];
    hash.b[3] ^= 1;
    for (bed->quorum = 1; bed->quorum <= 2; bed->quorum++) {
        restart();
        assert_asked(block_with(hash), bed->quorum);
        const struct cw_request request = block_with(hash);
        const struct cw_answer *answer = cw_facts_get(bed->facts, &request);
        assert_non_null(answer);
        assert_false(answer->included);
        assert_null(answer->header);
        final_at(31);
        final_at(32);
        final_at(33);
        assert_asked(request, bed->quorum);
    }
}

/* Two of three are to agree that there is none. */
static void block__one_operator_is_behind__the_others_agree(void **state) {
    (void)state;
    bed->quorum = 2;
    bed->lagging = 2; /* one of them: operators count from 1 */
    restart();
    assert_asked(block_with(bed->hashes[25]), 3);
    assert_true(bed->included);
    bed->lagging = 3;
    restart();
    assert_asked(block_with(bed->hashes[25]), 2);
    assert_false(bed->included);
}

static void block__with_another_hash__is_a_lie(void **state) {
    (void)state;
    bed->liars = 9;
    assert_int_equal(status_of(block_with(bed->hashes[25])), CW_ANSWER_UNAVAILABLE);
    assert_int_equal(bed->checked_as, CW_ERR_CONTRADICTED);
    bed->mode = CW_MODE_QUORUM;
    bed->liars = 0;
    bed->foreign = true;
    restart();
    assert_int_equal(status_of(block_with(bed->hashes[25])), CW_ANSWER_UNAVAILABLE);
}

/* --- logs ------------------------------------------------------------------------------------- */

static struct cw_request logs_of(uint64_t from, uint64_t to) {
    static const struct cw_hash32 topic = {{0x51}};
    return (struct cw_request){.kind = CW_REQUEST_LOGS,
                               .from_block = {from},
                               .block_number = {to},
                               .block_hash = bed->hashes[to],
                               .to = {{9}},
                               .topics = {{&topic, 1}}};
}

/* Each even block, once. */
static void assert_logs(uint64_t from, uint64_t to) {
    size_t n = 0;
    for (uint64_t i = from; i <= to; i++)
        if (i % 2 == 0)
            assert_int_equal(bed->blocks[n++], i);
    assert_int_equal(bed->logs_n, n);
}

static void logs__of_a_range__as_the_quorum_has_them(void **state) {
    (void)state;
    for (bed->quorum = 1; bed->quorum <= 2; bed->quorum++) {
        restart();
        assert_asked(logs_of(10, 30), bed->quorum);
        assert_logs(10, 30);
        final_at(31);
        final_at(32);
        final_at(33);
        assert_asked(logs_of(10, 30), 0); /* final, and others may want them, too */
        assert_asked(logs_of(10, 34), bed->quorum);
        final_at(34);
        final_at(35);
        final_at(36);
        final_at(30); /* heads stand where the next round wants them */
    }
}

static void logs__one_operator_leaves_some_out__the_others_agree(void **state) {
    (void)state;
    bed->quorum = 2;
    bed->liars = 2; /* one of them: operators count from 1 */
    bed->lie = LEAVES_OUT;
    restart();
    assert_asked(logs_of(10, 30), 3);
    assert_logs(10, 30);
    bed->liars = 3; /* two, who say the same */
    restart();
    assert_asked(logs_of(10, 30), 2);
    assert_int_equal(bed->logs_n, 10);
}

static void logs__in_another_turn__another_operator_is_asked_first(void **state) {
    (void)state;
    bed->liars = 2;
    bed->lie = LEAVES_OUT;
    struct cw_request request = logs_of(10, 30);
    assert_asked(request, 1);
    assert_int_equal(bed->logs_n, 10);
    request.turn = 1;
    assert_asked(request, 1);
    assert_logs(10, 30);
}

static void logs__too_few_agree__unavailable(void **state) {
    (void)state;
    bed->quorum = 3;
    bed->liars = 2;
    bed->lie = LEAVES_OUT;
    restart();
    assert_int_equal(status_of(logs_of(10, 30)), CW_ANSWER_UNAVAILABLE);
    bed->liars = 0;
    assert_asked(logs_of(10, 30), 3); /* what could not be had is asked for again */
}

static void logs__that_nobody_asked_for__are_a_lie(void **state) {
    (void)state;
    static const enum lie lies[] = {OTHER_CONTRACT, OTHER_TOPIC, OTHER_BLOCK};
    for (size_t i = 0; i < CW_COUNT(lies); i++) {
        bed->quorum = 1;
        bed->liars = 9;
        bed->lie = lies[i];
        restart();
        assert_int_equal(status_of(logs_of(10, 30)), CW_ANSWER_UNAVAILABLE);
        assert_int_equal(bed->checked_as, CW_ERR_CONTRADICTED);
        bed->quorum = 2;
        bed->liars = 2; /* the others decide */
        restart();
        assert_asked(logs_of(10, 30), 3);
        assert_logs(10, 30);
    }
}

static void logs__more_blocks_than_an_endpoint_takes__some_after_the_others(void **state) {
    (void)state;
    static const enum cw_err refusals[] = {CW_ERR_LIMIT, CW_ERR_REFUSED};
    for (size_t i = 0; i < CW_COUNT(refusals); i++) {
        bed->quorum = (unsigned)i + 1;
        bed->range_limit = 4;
        bed->refusal = refusals[i];
        restart();
        assert_int_equal(status_of(logs_of(10, 30)), CW_ANSWER_OK);
        assert_logs(10, 30);
        assert_true(bed->refused > 0);
        bed->refused = 0; /* the size that it takes is known now */
        assert_int_equal(status_of(logs_of(11, 13)), CW_ANSWER_OK);
        assert_logs(11, 13);
        assert_int_equal(bed->refused, 0);
    }
    bed->range_limit = 0;
    bed->log_range_max = 5;
    bed->quorum = 1;
    restart();
    assert_asked(logs_of(10, 30), 5);
    assert_logs(10, 30);
}

static void logs__too_many_even_of_one_block__unavailable(void **state) {
    (void)state;
    bed->bulky = 70; /* 4.4 MiB */
    assert_int_equal(status_of(logs_of(29, 30)), CW_ANSWER_UNAVAILABLE);
    assert_non_null(strstr(bed->text, "too many logs in one block"));
}

/* A larger part may be what it takes too long for; whether it is, the next look finds out. */
static void logs__too_slow__unavailable_and_fewer_the_next_time(void **state) {
    (void)state;
    bed->range_limit = 16;
    bed->refusal = CW_ERR_TRANSPORT;
    assert_int_equal(status_of(logs_of(10, 30)), CW_ANSWER_UNAVAILABLE);
    assert_int_equal(bed->refused, 1);
    assert_int_equal(status_of(logs_of(10, 30)), CW_ANSWER_OK);
    assert_logs(10, 30);
}

/* What does not fit into one answer's memory is not the endpoint's fault. */
static void logs__that_take_much_memory__asked_for_in_parts(void **state) {
    (void)state;
    for (bed->quorum = 1; bed->quorum <= 2; bed->quorum++) {
        restart();
        bed->bulky = 3; /* 192 KiB a block */
        assert_int_equal(status_of(logs_of(20, 30)), CW_ANSWER_OK);
        assert_int_equal(bed->logs_n, 33);
        assert_int_equal(status_of(logs_of(10, 40)), CW_ANSWER_UNAVAILABLE);
        assert_non_null(strstr(bed->text, "do not fit into one answer"));
    }
}

static void logs__one_operator_makes_up_too_many__the_others_agree(void **state) {
    (void)state;
    bed->quorum = 2;
    bed->liars = 2;
    bed->lie = HUGE_LIE;
    restart();
    assert_asked(logs_of(10, 30), 3);
    assert_logs(10, 30);
}

/* What does not fit here is another answer than none. */
static void logs__too_many_by_one_and_none_by_another__no_agreement(void **state) {
    (void)state;
    bed->quorum = 2;
    bed->liars = 2;
    bed->lie = NOTHING;
    bed->bulky = 70; /* all that are honest agree, and it is too much */
    restart();
    assert_int_equal(status_of(logs_of(30, 30)), CW_ANSWER_UNAVAILABLE);
    assert_non_null(strstr(bed->text, "too many logs in one block"));
    bed->bulky = 0;
    bed->lie = HUGE_LIE;
    restart();
    assert_asked(logs_of(11, 11), 3);
    assert_int_equal(bed->logs_n, 0);
}

/* From a rollup's first block on, where an endpoint takes a few: that is no end of requests. */
static void logs__of_very_many_times_what_an_endpoint_takes__unavailable(void **state) {
    (void)state;
    bed->range_limit = 1;
    bed->refusal = CW_ERR_REFUSED;
    struct cw_request request = logs_of(10, 30);
    request.block_number.v = 1000000;
    assert_int_equal(status_of(request), CW_ANSWER_UNAVAILABLE);
    assert_non_null(strstr(bed->text, "blocks at a time"));
    assert_in_range(bed->asked, 2, 20);
    bed->asked = 0;
    assert_int_equal(status_of(request), CW_ANSWER_UNAVAILABLE);
    assert_in_range(bed->asked, 1, 2);
    assert_int_equal(status_of(logs_of(10, 30)), CW_ANSWER_OK);
    assert_logs(10, 30);
}

/* --- receipts --------------------------------------------------------------------------------- */

static struct cw_request receipt_at(uint64_t number) {
    return (struct cw_request){.kind = CW_REQUEST_RECEIPT,
                               .block_number = {number},
                               .block_hash = bed->hashes[number],
                               .slot = {{0x77}}};
}

static void receipt__of_a_transaction__with_its_logs(void **state) {
    (void)state;
    bed->receipt_block = 28;
    for (bed->quorum = 1; bed->quorum <= 2; bed->quorum++) {
        restart();
        assert_asked(receipt_at(30), bed->quorum);
        assert_true(bed->included && bed->success);
        assert_true(cw_hash32_equal(&bed->block, &bed->hashes[28]));
        assert_int_equal(bed->logs_n, 1);
        assert_int_equal(bed->blocks[0], 28);
        assert_asked(receipt_at(30), 0);
    }
}

static void receipt__above_the_block_asked_at__is_not_there_yet(void **state) {
    (void)state;
    bed->receipt_block = 33;
    assert_asked(receipt_at(32), 1);
    assert_false(bed->included);
    assert_int_equal(bed->logs_n, 0);
    assert_asked(receipt_at(33), 1);
    assert_true(bed->included);
    bed->receipt_block = 0;
    assert_asked(receipt_at(34), 1);
    assert_false(bed->included);
}

static void receipt__one_operator_is_behind__the_others_agree(void **state) {
    (void)state;
    bed->quorum = 2;
    bed->lagging = 2;
    bed->receipt_block = 28;
    restart();
    assert_asked(receipt_at(30), 3);
    assert_true(bed->included);
    bed->lagging = 0;
    bed->liars = 2;
    bed->lie = OTHER_STATUS;
    restart();
    assert_asked(receipt_at(30), 3);
    assert_true(bed->success);
}

static void receipt__of_another_transaction__is_a_lie(void **state) {
    (void)state;
    bed->receipt_block = 28;
    bed->liars = 9;
    bed->lie = OTHER_CONTRACT;
    assert_int_equal(status_of(receipt_at(30)), CW_ANSWER_UNAVAILABLE);
    assert_int_equal(bed->checked_as, CW_ERR_CONTRADICTED);
}

/* Of the same height as the one asked at, and not that one. */
static void receipt__in_another_block__not_taken(void **state) {
    (void)state;
    struct cw_request request = receipt_at(30);
    bed->receipt_block = 30;
    request.block_hash.b[0] ^= 1;
    assert_int_equal(status_of(request), CW_ANSWER_UNAVAILABLE);
    assert_int_equal(bed->checked_as, CW_ERR_BEHIND);
}

static void claims__above_a_rollback__asked_again(void **state) {
    (void)state;
    bed->receipt_block = 28;
    assert_asked(receipt_at(30), 1);
    assert_asked(receipt_at(33), 1);
    assert_asked(logs_of(10, 30), 1);
    assert_asked(logs_of(10, 33), 1);
    cw_facts_rollback(bed->facts, (struct cw_block_number){32});
    assert_asked(receipt_at(30), 0);
    assert_asked(logs_of(10, 30), 0);
    assert_asked(receipt_at(33), 1);
    assert_asked(logs_of(10, 33), 1);
}

static void claims__forgotten_while_under_way__nobody_told(void **state) {
    (void)state;
    bed->range_limit = 4;
    bed->refusal = CW_ERR_LIMIT;
    const struct cw_request requests[] = {logs_of(10, 30), receipt_at(30)};
    for (size_t i = 0; i < CW_COUNT(requests); i++)
        assert_true(cw_facts_ask(bed->facts, &requests[i], on_answer, bed));
    cw_facts_forget(bed->facts, bed);
    bed->done = 0;
    deliver();
    assert_int_equal(bed->done, 0);
    assert_asked(logs_of(10, 30), 0); /* and yet it is known */
    assert_true(cw_facts_ask(bed->facts,
                             &(struct cw_request){.kind = CW_REQUEST_LOGS, .block_number = {5}},
                             on_answer, bed)); /* ends with the facts */
}

/* Neither is kept beyond the process. */
static void claims__after_a_restart__asked_again(void **state) {
    (void)state;
    bed->receipt_block = 20;
    assert_asked(logs_of(10, 20), 1);
    assert_asked(receipt_at(20), 1);
    restart();
    assert_asked(logs_of(10, 20), 1);
    assert_asked(receipt_at(20), 1);
}

/* --- blocks that were replaced ---------------------------------------------------------------- */

static void rollback__beyond_final__what_is_above_is_asked_again(void **state) {
    (void)state;
    assert_asked(call_at(30), 1);
    assert_asked(header_at(29), 1);
    assert_asked(header_at(28), 1);
    assert_asked(proof_at(27), 2);
    const struct cw_block_number above = {28};
    OK(cw_store_answers_cut(bed->store, bed->chain, above, &bed->error));
    cw_facts_rollback(bed->facts, above);
    assert_asked(call_at(30), 1);
    assert_asked(header_at(29), 1);
    assert_asked(header_at(28), 0);
    assert_asked(proof_at(27), 0);
}

static void rollback__above_final__readings_at_final_stay(void **state) {
    (void)state;
    assert_asked(call_at(30), 1);
    assert_asked(call_at(34), 1);
    cw_facts_rollback(bed->facts, (struct cw_block_number){32});
    assert_asked(call_at(30), 0);
    assert_asked(call_at(34), 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(final__asked_again_after_a_restart__from_the_store),
        T(final__asked_within_one_life__once),
        T(latest__that_becomes_final__not_asked_again),
        T(latest__not_final__asked_again_after_a_restart),
        T(reverted__is_an_answer_too),
        T(reading__agreed_on_by_fewer__asked_again),
        T(reading__one_operator_lies__the_agreed_one_is_kept),
        T(header__of_another_chain_in_the_store__asked_again),
        T(proof__that_does_not_verify_in_the_store__asked_again),
        T(stored__not_what_we_write__asked_again),
        T(header__that_nothing_ties_to_the_chain__not_kept_on_one_word),
        T(header__not_the_one_that_was_followed__accused_when_not_all_have_it),
        T(header__not_the_one_that_was_followed__nobody_accused_when_many_agree),
        T(header__of_a_form_of_its_own__a_lie_but_in_mode_quorum),
        T(proof__flipped_by_an_endpoint__neither_taken_nor_kept),
        T(proof__of_another_block_above_the_final_one__nobody_accused),
        T(block__with_that_hash__its_header),
        T(tx__with_that_hash__its_bytes),
        T(trace__by_either_method__the_calls_of_that_contract),
        T(block__nobody_has_it__is_an_answer_for_a_while),
        T(block__one_operator_is_behind__the_others_agree),
        T(block__with_another_hash__is_a_lie),
        T(logs__of_a_range__as_the_quorum_has_them),
        T(logs__too_many_by_one_and_none_by_another__no_agreement),
        T(logs__of_very_many_times_what_an_endpoint_takes__unavailable),
        T(logs__one_operator_leaves_some_out__the_others_agree),
        T(logs__in_another_turn__another_operator_is_asked_first),
        T(logs__too_few_agree__unavailable),
        T(logs__that_nobody_asked_for__are_a_lie),
        T(logs__more_blocks_than_an_endpoint_takes__some_after_the_others),
        T(logs__too_many_even_of_one_block__unavailable),
        T(logs__too_slow__unavailable_and_fewer_the_next_time),
        T(logs__that_take_much_memory__asked_for_in_parts),
        T(logs__one_operator_makes_up_too_many__the_others_agree),
        T(receipt__of_a_transaction__with_its_logs),
        T(receipt__above_the_block_asked_at__is_not_there_yet),
        T(receipt__one_operator_is_behind__the_others_agree),
        T(receipt__of_another_transaction__is_a_lie),
        T(receipt__in_another_block__not_taken),
        T(claims__above_a_rollback__asked_again),
        T(claims__forgotten_while_under_way__nobody_told),
        T(claims__after_a_restart__asked_again),
        T(rollback__beyond_final__what_is_above_is_asked_again),
        T(rollback__above_final__readings_at_final_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
