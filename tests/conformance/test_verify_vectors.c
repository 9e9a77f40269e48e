/* The vectors through the commands that anybody would use: verify, hash and decode, a line each. */
#include "cli/judge.h"
#include "net/eth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <causeway/header.h>
#include <causeway/receipt.h>

#include "command.h"
#include "temp.h"
#include "vectors.h"

#define LINES_MAX 256

struct fixture {
    struct temp temp;
    struct command command;
    char path[512];
    struct cw_buf lines;
    char *answer[LINES_MAX];
    size_t n;
};

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    temp_make(&f->temp);
    temp_path(&f->temp, "lines", f->path, sizeof f->path);
    cw_buf_init(&f->lines, 32u << 20);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    cw_buf_done(&f->lines);
    temp_remove(&f->temp);
    free(f);
    return 0;
}

static void add_text(struct fixture *f, const char *line) {
    cw_buf_text(&f->lines, line);
    cw_buf_text(&f->lines, "\n");
}

static void add_hex(struct fixture *f, struct cw_slice bytes) {
    cw_buf_hex(&f->lines, bytes);
    cw_buf_text(&f->lines, "\n");
}

/* Takes the object. */
static void add(struct fixture *f, cJSON *object) {
    char *text = cJSON_PrintUnformatted(object);
    assert_non_null(text);
    add_text(f, text);
    free(text);
    cJSON_Delete(object);
}

/* Runs a command over the lines; its answers then stand in answer, and lines are none. */
static int ask(struct fixture *f, const char *name, const char *kind) {
    const struct cw_slice lines = cw_buf_slice(&f->lines);
    temp_write(f->path, (const char *)lines.p, lines.n, 0600);
    cw_buf_reset(&f->lines);
    int code = command_run(&f->command, &f->temp,
                           (const char *const[]){name, kind, f->path, "--lines", NULL});
    f->n = 0;
    for (char *at = f->command.out; *at != 0; f->n++) {
        char *end = strchr(at, '\n');
        assert_non_null(end);
        assert_true(f->n < LINES_MAX);
        *end = 0;
        f->answer[f->n] = at;
        at = end + 1;
    }
    return code;
}

static void expect_verdict(const struct fixture *f, size_t i, bool valid, const char *name) {
    const char *due = valid ? "{\"verdict\":\"valid\"}" : "{\"verdict\":\"invalid\",";
    assert_true(i < f->n);
    if (strncmp(f->answer[i], due, strlen(due)) != 0)
        fail_msg("%s: %s", name, f->answer[i]);
}

/* A member of an answer, as text; for vectors_done. */
static const char *said(const struct fixture *f, size_t i, const char *key) {
    assert_true(i < f->n);
    cJSON *object = cJSON_Parse(f->answer[i]);
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
    if (text == NULL)
        fail_msg("no %s in %s", key, f->answer[i]);
    char *copy = vec_alloc(strlen(text) + 1);
    strcpy(copy, text);
    cJSON_Delete(object);
    return copy;
}

static bool is_refused(const struct fixture *f, size_t i) {
    assert_true(i < f->n);
    return strncmp(f->answer[i], "{\"error\":", 9) == 0;
}

static const cJSON *cases_of(const cJSON *file) {
    const cJSON *cases = cJSON_GetObjectItemCaseSensitive(file, "cases");
    return cases != NULL ? cases : file;
}

/* "to": the vector's member "from", borrowed. */
static void give(cJSON *object, const char *to, const cJSON *vector, const char *from) {
    const cJSON *item = vec_get(vector, from);
    assert_true(cJSON_AddItemReferenceToObject(object, to, (cJSON *)(uintptr_t)item));
}

/* --- what is asked of each vector ------------------------------------------------------------- */

static cJSON *mpt_object(const cJSON *root_of, const cJSON *c) {
    cJSON *object = cJSON_CreateObject();
    give(object, "root", root_of, "root");
    give(object, "key", c, "key");
    give(object, "value", c, "value");
    give(object, "proof", c, "proof");
    return object;
}

static cJSON *account_object(const cJSON *c) {
    cJSON *object = cJSON_CreateObject();
    give(object, "stateRoot", c, "stateRoot");
    give(object, "proof", c, "proof");
    return object;
}

static cJSON *withdrawal_object(const cJSON *c) {
    cJSON *object = cJSON_CreateObject();
    give(object, "withdrawal", c, "withdrawal");
    give(object, "outputRootProof", c, "outputRootProof");
    give(object, "outputRoot", c, "outputRoot");
    give(object, "proof", c, "withdrawalProof");
    return object;
}

static cJSON *fold_object(const cJSON *c, const char *index, const char *path, const cJSON *root_of,
                          const char *root) {
    cJSON *object = cJSON_CreateObject();
    give(object, "leaf", c, "leaf");
    give(object, "index", c, index);
    give(object, "path", c, path);
    give(object, "root", root_of, root);
    return object;
}

static cJSON *receipts_object(const cJSON *file, const char *of) {
    cJSON *object = cJSON_CreateObject();
    give(object, of, file, of);
    give(object, "receipts", file, "receipts");
    return object;
}

/* --- verify ----------------------------------------------------------------------------------- */

static void verify_mpt__synthetic__valid(void **state) {
    struct fixture *f = *state;
    cJSON *file = vectors_load("mpt_synthetic.json");
    const cJSON *c, *cases = cases_of(file);
    size_t i = 0;
    cJSON_ArrayForEach(c, cases) add(f, mpt_object(file, c));
    assert_int_equal(ask(f, "verify", "mpt"), 0);
    assert_int_equal(f->n, 100);
    cJSON_ArrayForEach(c, cases) expect_verdict(f, i++, vec_bool(c, "valid"), vec_text(c, "name"));
    vectors_done(file);
}

static void verify_mpt__contract_cases_in_both_forms__as_labelled(void **state) {
    struct fixture *f = *state;
    cJSON *file = vectors_load("op_merkletrie.json");
    static const char *const labels[][2] = {{"node", "strictGeth"}, {"contract", "embeddedListed"}};
    for (size_t l = 0; l < CW_COUNT(labels); l++) {
        const cJSON *c;
        size_t i = 0;
        for (int absent = 0; absent < 2; absent++) {
            cJSON_ArrayForEach(c, cases_of(file)) {
                cJSON *object = mpt_object(c, c);
                cJSON_AddStringToObject(object, "form", labels[l][0]);
                if (absent)
                    cJSON_ReplaceItemInObject(object, "value", cJSON_CreateNull());
                add(f, object);
            }
        }
        assert_int_equal(ask(f, "verify", "mpt"), 0);
        assert_int_equal(f->n, 22);
        for (int absent = 0; absent < 2; absent++) {
            cJSON_ArrayForEach(c, cases_of(file)) {
                bool null = absent || cJSON_IsNull(vec_get(c, "value"));
                expect_verdict(f, i++,
                               strcmp(vec_text(c, labels[l][1]), null ? "exclusion" : "valid") == 0,
                               vec_text(c, "name"));
            }
        }
    }
    vectors_done(file);
}

static void verify_account__mainnet__valid(void **state) {
    struct fixture *f = *state;
    static const struct {
        const char *file, *member;
        size_t n;
    } files[] = {{"eth_getProof_mainnet.json", NULL, 12},
                 {"helios_block_proofs.json", "proofs", 2}};
    for (size_t i = 0; i < CW_COUNT(files); i++) {
        cJSON *file = vectors_load(files[i].file);
        const cJSON *c,
            *cases = files[i].member != NULL ? vec_get(file, files[i].member) : cases_of(file);
        cJSON_ArrayForEach(c, cases) add(f, account_object(c));
        assert_int_equal(ask(f, "verify", "account"), 0);
        assert_int_equal(f->n, files[i].n);
        for (size_t k = 0; k < f->n; k++)
            expect_verdict(f, k, true, files[i].file);
        vectors_done(file);
    }
}

static void verify_header__real_and_tampered__as_labelled(void **state) {
    struct fixture *f = *state;
    cJSON *file = vectors_load("headers.json");
    const cJSON *c;
    size_t i = 0;
    cJSON_ArrayForEach(c, cases_of(file)) {
        cJSON *object = cJSON_CreateObject();
        give(object, "block", c, "header");
        add(f, object);
    }
    assert_int_equal(ask(f, "verify", "header"), 0);
    assert_int_equal(f->n, 18);
    cJSON_ArrayForEach(c, cases_of(file))
        expect_verdict(f, i++, vec_bool(c, "valid"), vec_text(c, "name"));
    vectors_done(file);
}

static void verify_receipts__mainnet_blocks__valid_by_root_and_by_block(void **state) {
    struct fixture *f = *state;
    static const char *const files[] = {"receipts_colibri_21854576.json",
                                        "receipts_helios_21925176.json"};
    for (size_t i = 0; i < CW_COUNT(files); i++) {
        cJSON *file = vectors_load(files[i]);
        add(f, receipts_object(file, "receiptsRoot"));
        add(f, receipts_object(file, "block"));
        cJSON *both = receipts_object(file, "block");
        give(both, "receiptsRoot", vec_get(file, "block"), "stateRoot");
        add(f, both);
        assert_int_equal(ask(f, "verify", "receipts"), 0);
        expect_verdict(f, 0, true, files[i]);
        expect_verdict(f, 1, true, files[i]);
        expect_verdict(f, 2, false, files[i]);
        vectors_done(file);
    }
}

static void verify_withdrawal__op_mainnet__valid(void **state) {
    struct fixture *f = *state;
    cJSON *file = vectors_load("op_proven_withdrawal.json");
    const cJSON *c;
    cJSON_ArrayForEach(c, cases_of(file)) {
        add(f, withdrawal_object(c));
        cJSON *by_hash = withdrawal_object(c);
        cJSON_DeleteItemFromObject(by_hash, "withdrawal");
        give(by_hash, "withdrawalHash", vec_get(c, "withdrawal"), "withdrawalHash");
        add(f, by_hash);
    }
    assert_int_equal(ask(f, "verify", "withdrawal"), 0);
    assert_in_range(f->n, 2, LINES_MAX);
    for (size_t i = 0; i < f->n; i++)
        expect_verdict(f, i, true, "withdrawal");
    vectors_done(file);
}

static void verify_outbox__real_and_tampered__as_labelled(void **state) {
    struct fixture *f = *state;
    cJSON *file = vectors_load("arbitrum_outbox_withdraw.json");
    const cJSON *c;
    size_t i = 0;
    cJSON_ArrayForEach(c, cases_of(file)) add(f, cJSON_Duplicate(c, true));
    assert_int_equal(ask(f, "verify", "outbox"), 0);
    assert_int_equal(f->n, 8);
    cJSON_ArrayForEach(c, cases_of(file)) expect_verdict(f, i++, vec_bool(c, "valid"), "outbox");
    vectors_done(file);
}

static void verify_fold__hyperlane_linea_scroll__as_labelled(void **state) {
    struct fixture *f = *state;
    const cJSON *c, *p;
    size_t i = 0;
    cJSON *file = vectors_load("hyperlane_merkle.json");
    cJSON_ArrayForEach(c, file) cJSON_ArrayForEach(p, vec_get(c, "proofs"))
        add(f, fold_object(p, "index", "path", c, "expectedRoot"));
    assert_int_equal(ask(f, "verify", "fold"), 0);
    assert_int_equal(f->n, 51);
    for (i = 0; i < f->n; i++)
        expect_verdict(f, i, true, "hyperlane");
    vectors_done(file);

    file = vectors_load("linea_merkle.json");
    cJSON_ArrayForEach(c, cases_of(file)) add(f, fold_object(c, "index", "proof", c, "root"));
    assert_int_equal(ask(f, "verify", "fold"), 0);
    i = 0;
    cJSON_ArrayForEach(c, cases_of(file)) expect_verdict(f, i++, vec_bool(c, "valid"), "linea");
    vectors_done(file);

    file = vectors_load("scroll_withdraw_trie.json");
    cJSON_ArrayForEach(c, cases_of(file)) {
        if (cJSON_IsArray(vec_get(c, "path"))) /* one is no whole number of hashes */
            add(f, fold_object(c, "nonce", "path", c, "root"));
    }
    assert_int_equal(ask(f, "verify", "fold"), 0);
    i = 0;
    cJSON_ArrayForEach(c, cases_of(file)) {
        if (cJSON_IsArray(vec_get(c, "path")))
            expect_verdict(f, i++, vec_bool(c, "valid"), "scroll");
    }
    assert_int_equal(i, 4);
    vectors_done(file);
}

/* --- hash ------------------------------------------------------------------------------------- */

static void hash__op_stack__as_the_contracts_say(void **state) {
    struct fixture *f = *state;
    cJSON *file = vectors_load("op_proven_withdrawal.json");
    const cJSON *c = cJSON_IsArray(cases_of(file)) ? cases_of(file)->child : file;
    add(f, cJSON_Duplicate(vec_get(c, "withdrawal"), true));
    assert_int_equal(ask(f, "hash", "withdrawal"), 0);
    assert_string_equal(said(f, 0, "hash"), vec_text(vec_get(c, "withdrawal"), "withdrawalHash"));
    assert_string_equal(said(f, 0, "slot"), vec_text(c, "storageSlot"));
    assert_string_equal(said(f, 0, "trieKey"), vec_text(c, "trieKey"));
    add(f, cJSON_Duplicate(vec_get(c, "outputRootProof"), true));
    assert_int_equal(ask(f, "hash", "output-root"), 0);
    assert_string_equal(said(f, 0, "hash"), vec_text(c, "outputRoot"));
    vectors_done(file);
}

static void hash__op_deposits__sources_and_transactions(void **state) {
    struct fixture *f = *state;
    static const char *const domains[][2] = {
        {"userDeposit", "user"}, {"l1InfoDeposit", "l1-info"}, {"upgradeDeposit", "upgrade"}};
    cJSON *file = vectors_load("op_hashes.json");
    const cJSON *c, *sources = vec_get(file, "sourceHash");
    cJSON_ArrayForEach(c, sources) {
        cJSON *object = cJSON_Duplicate(c, true);
        for (size_t d = 0; d < CW_COUNT(domains); d++)
            if (strcmp(vec_text(c, "domain"), domains[d][0]) == 0)
                cJSON_ReplaceItemInObject(object, "domain", cJSON_CreateString(domains[d][1]));
        if (cJSON_HasObjectItem(c, "l1LogIndex"))
            give(object, "logIndex", c, "l1LogIndex");
        add(f, object);
    }
    assert_int_equal(ask(f, "hash", "op-source"), 0);
    assert_int_equal(f->n, 11);
    size_t i = 0;
    cJSON_ArrayForEach(c, sources)
        assert_string_equal(said(f, i++, "hash"), vec_text(c, "sourceHash"));
    vectors_done(file);

    file = vectors_load("op_deposits.json");
    cJSON_ArrayForEach(c, file) {
        const cJSON *expected = vec_get(c, "expected");
        cJSON *object = cJSON_Duplicate(expected, true);
        if (cJSON_HasObjectItem(c, "log")) {
            give(object, "log", c, "log");
        } else {
            give(object, "from", c, "from");
            give(object, "to", c, "to");
        }
        add(f, object);
    }
    assert_int_equal(ask(f, "hash", "op-deposit"), 0);
    assert_int_equal(f->n, 7);
    i = 0;
    cJSON_ArrayForEach(c, file) {
        const cJSON *expected = vec_get(c, "expected");
        assert_string_equal(said(f, i, "hash"), vec_text(expected, "l2TxHash"));
        assert_string_equal(said(f, i, "sourceHash"), vec_text(expected, "sourceHash"));
        assert_string_equal(said(f, i++, "tx"), vec_text(expected, "l2Tx"));
        add_text(f, vec_text(expected, "l2Tx"));
    }
    assert_int_equal(ask(f, "decode", "tx"), 0);
    i = 0;
    cJSON_ArrayForEach(c, file)
        assert_string_equal(said(f, i++, "hash"), vec_text(vec_get(c, "expected"), "l2TxHash"));
    vectors_done(file);
}

static void hash__nitro__as_the_chain_says(void **state) {
    struct fixture *f = *state;
    cJSON *file = vectors_load("arbitrum_outbox_withdraw.json");
    const cJSON *c;
    size_t i = 0;
    cJSON_ArrayForEach(c, cases_of(file)) {
        if (vec_bool(c, "valid"))
            add(f, cJSON_Duplicate(c, true));
    }
    assert_int_equal(ask(f, "hash", "outbox-item"), 0);
    assert_int_equal(f->n, 3);
    cJSON_ArrayForEach(c, cases_of(file)) {
        if (vec_bool(c, "valid")) {
            assert_string_equal(said(f, i, "hash"), vec_text(c, "itemHash"));
            assert_string_equal(said(f, i++, "leaf"), vec_text(c, "leaf"));
        }
    }
    vectors_done(file);
    file = vectors_load("arbitrum_retryable.json");
    add(f, cJSON_Duplicate(vec_get(file, "fields"), true));
    assert_int_equal(ask(f, "hash", "retryable"), 0);
    assert_string_equal(said(f, 0, "hash"), vec_text(file, "ticketId"));
    vectors_done(file);
    file = vectors_load("arbitrum_deposit.json");
    cJSON *deposit = cJSON_Duplicate(vec_get(file, "fields"), true);
    give(deposit, "messageNumber", vec_get(file, "fields"), "requestId");
    add(f, deposit);
    assert_int_equal(ask(f, "hash", "nitro-deposit"), 0);
    assert_string_equal(said(f, 0, "hash"), vec_text(file, "childTxHash"));
    vectors_done(file);
}

/* --- decode ----------------------------------------------------------------------------------- */

static void decode_tx__ethereum_tests__as_labelled(void **state) {
    struct fixture *f = *state;
    static const struct {
        const char *file;
        size_t n;
    } files[] = {{"tx_ttEIP1559.json", 9}, {"tx_ttEIP2930.json", 7}, {"tx_ttSignature.json", 34}};
    for (size_t k = 0; k < CW_COUNT(files); k++) {
        cJSON *file = vectors_load(files[k].file);
        const cJSON *c;
        size_t i = 0;
        cJSON_ArrayForEach(c, file) add_text(f, vec_text(c, "txbytes"));
        assert_int_equal(ask(f, "decode", "tx"), 0);
        assert_int_equal(f->n, files[k].n);
        cJSON_ArrayForEach(c, file) {
            if (strcmp(vec_text(c, "expect"), "valid") == 0) {
                assert_string_equal(said(f, i, "hash"), vec_text(c, "hash"));
                assert_string_equal(said(f, i, "from"), vec_text(c, "sender"));
            } else if (strcmp(vec_text(c, "rejectedBecause"), "chain id") != 0) {
                /* those of another chain are good there */
                if (!is_refused(f, i))
                    fail_msg("%s: %s", c->string, f->answer[i]);
            }
            i++;
        }
        vectors_done(file);
    }
}

/* What rlptest.json says in: texts, numbers ("#…" are big), lists. */
static void put_item(struct cw_buf *out, const cJSON *in) {
    if (cJSON_IsArray(in)) {
        const cJSON *e;
        cw_buf_text(out, "[");
        cJSON_ArrayForEach(e, in) {
            put_item(out, e);
            if (e->next != NULL)
                cw_buf_text(out, ",");
        }
        cw_buf_text(out, "]");
        return;
    }
    const char *text = cJSON_GetStringValue(in);
    cw_buf_text(out, "\"");
    if (text != NULL && text[0] != '#') {
        cw_buf_hex(out, cw_slice_of(text, strlen(text)));
    } else {
        struct cw_u256 number = cw_u256_from_u64((uint64_t)in->valuedouble);
        uint8_t be[32];
        size_t zeros = 0;
        if (text != NULL)
            assert_int_equal(cw_u256_from_dec(&number, text + 1, strlen(text) - 1), CW_OK);
        cw_u256_to_be(be, &number);
        while (zeros < 32 && be[zeros] == 0)
            zeros++;
        cw_buf_hex(out, cw_slice_of(be + zeros, 32 - zeros));
    }
    cw_buf_text(out, "\"");
}

static void decode_rlp__ethereum_tests__items_or_refused(void **state) {
    struct fixture *f = *state;
    cJSON *file = vectors_load("rlptest.json");
    const cJSON *c;
    size_t i = 0, compared = 0;
    cJSON_ArrayForEach(c, file) add_text(f, vec_text(c, "out"));
    assert_int_equal(ask(f, "decode", "rlp"), 0);
    assert_int_equal(f->n, 28);
    cJSON_ArrayForEach(c, file) {
        struct cw_buf due;
        const char *in = cJSON_GetStringValue(vec_get(c, "in"));
        cw_buf_init(&due, 1u << 20);
        bool too_wide = in != NULL && in[0] == '#' && strlen(in) > 78; /* 257 bits */
        bool one_nul = in != NULL && in[0] == 0 && strcmp(vec_text(c, "out"), "0x80") != 0;
        if (!too_wide && !one_nul) {
            put_item(&due, vec_get(c, "in"));
            assert_string_equal(f->answer[i], cw_buf_cstr(&due));
            compared++;
        }
        cw_buf_done(&due);
        i++;
    }
    assert_int_equal(compared, 26);
    vectors_done(file);
    file = vectors_load("invalidRLPTest.json");
    cJSON_ArrayForEach(c, file) {
        const char *text = vec_text(c, "out");
        add_text(f, text[0] == 0 ? "0x" : text); /* no bytes at all */
    }
    assert_int_equal(ask(f, "decode", "rlp"), 0);
    assert_int_equal(f->n, 26);
    for (i = 0; i < f->n; i++)
        assert_true(is_refused(f, i));
    vectors_done(file);
}

static void decode_header__real_ones__hash_and_fields(void **state) {
    struct fixture *f = *state;
    cJSON *file = vectors_load("headers.json");
    static struct cw_header header;
    static uint8_t rlp[CW_HEADER_RLP_MAX];
    const cJSON *c;
    size_t i = 0, n = 0, rlp_n;
    cJSON_ArrayForEach(c, cases_of(file)) {
        if (vec_bool(c, "valid")) {
            vec_header(&header, vec_get(c, "header"));
            assert_int_equal(cw_header_encode(rlp, sizeof rlp, &rlp_n, &header), CW_OK);
            add_hex(f, cw_slice_of(rlp, rlp_n));
            n++;
        }
    }
    assert_int_equal(n, 8);
    assert_int_equal(ask(f, "decode", "header"), 0);
    static const char *const members[] = {"hash",      "parentHash", "miner",   "stateRoot",
                                          "logsBloom", "number",     "gasUsed", "timestamp",
                                          "extraData", "mixHash",    "nonce",   "baseFeePerGas"};
    cJSON_ArrayForEach(c, cases_of(file)) {
        if (!vec_bool(c, "valid"))
            continue;
        for (size_t m = 0; m < CW_COUNT(members); m++)
            assert_string_equal(said(f, i, members[m]), vec_text(vec_get(c, "header"), members[m]));
        i++;
    }
    vectors_done(file);
}

static void decode_receipt__mainnet_block__fields(void **state) {
    struct fixture *f = *state;
    cJSON *file = vectors_load("receipts_colibri_21854576.json");
    const cJSON *c, *list = vec_get(file, "receipts");
    char *text = cJSON_PrintUnformatted(list);
    struct cw_json_doc *doc = NULL;
    struct cw_receipt *receipts = NULL;
    struct cw_arena arena;
    size_t n = 0, i = 0;
    static uint8_t bytes[1 << 16];
    cw_arena_init(&arena, 64u << 20);
    assert_int_equal(cw_json_parse(&doc, cw_slice_of(text, strlen(text)), false, NULL), CW_OK);
    assert_int_equal(cw_eth_receipts(&receipts, &n, &arena, cw_json_root(doc), NULL), CW_OK);
    for (size_t k = 0; k < n; k++) {
        struct cw_rlp_out out = cw_rlp_out_to(bytes, sizeof bytes);
        assert_int_equal(cw_receipt_encode(&out, &receipts[k]), CW_OK);
        add_hex(f, cw_slice_of(bytes, out.n));
    }
    cw_json_free(doc);
    cw_arena_done(&arena);
    free(text);
    assert_int_equal(ask(f, "decode", "receipt"), 0);
    assert_int_equal(f->n, 57);
    static const char *const members[] = {"type", "status", "cumulativeGasUsed", "logsBloom"};
    cJSON_ArrayForEach(c, list) {
        for (size_t m = 0; m < CW_COUNT(members); m++)
            assert_string_equal(said(f, i, members[m]), vec_text(c, members[m]));
        cJSON *answer = cJSON_Parse(f->answer[i++]);
        const cJSON *theirs, *ours = vec_get(answer, "logs");
        assert_int_equal(cJSON_GetArraySize(ours), cJSON_GetArraySize(vec_get(c, "logs")));
        ours = ours->child;
        cJSON_ArrayForEach(theirs, vec_get(c, "logs")) {
            assert_string_equal(vec_text(ours, "address"), vec_text(theirs, "address"));
            assert_string_equal(vec_text(ours, "data"), vec_text(theirs, "data"));
            assert_true(cJSON_Compare(vec_get(ours, "topics"), vec_get(theirs, "topics"), true));
            ours = ours->next;
        }
        cJSON_Delete(answer);
    }
    vectors_done(file);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(verify_mpt__synthetic__valid),
        CASE(verify_mpt__contract_cases_in_both_forms__as_labelled),
        CASE(verify_account__mainnet__valid),
        CASE(verify_header__real_and_tampered__as_labelled),
        CASE(verify_receipts__mainnet_blocks__valid_by_root_and_by_block),
        CASE(verify_withdrawal__op_mainnet__valid),
        CASE(verify_outbox__real_and_tampered__as_labelled),
        CASE(verify_fold__hyperlane_linea_scroll__as_labelled),
        CASE(hash__op_stack__as_the_contracts_say),
        CASE(hash__op_deposits__sources_and_transactions),
        CASE(hash__nitro__as_the_chain_says),
        CASE(decode_tx__ethereum_tests__as_labelled),
        CASE(decode_rlp__ethereum_tests__items_or_refused),
        CASE(decode_header__real_ones__hash_and_fields),
        CASE(decode_receipt__mainnet_block__fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
