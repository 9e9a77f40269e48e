#include "proof_samples.h"

#include "cli/print.h"

#include <assert.h>
#include <string.h>

#include <causeway/account.h>
#include <causeway/header.h>
#include <causeway/keccak.h>
#include <causeway/nitro.h>
#include <causeway/op_withdrawal.h>
#include <causeway/receipt.h>
#include <causeway/rlp.h>

/* --- tries with one leaf ---------------------------------------------------------------------- */

struct leaf {
    struct cw_hash32 root;
    uint8_t bytes[256];
    size_t n;
};

static void make_leaf(struct leaf *leaf, struct cw_slice key, struct cw_slice value) {
    uint8_t path[33] = {0x20};
    assert(key.n < sizeof path);
    memcpy(path + 1, key.p, key.n);
    struct cw_rlp_out out = cw_rlp_out_to(leaf->bytes, sizeof leaf->bytes);
    size_t mark = cw_rlp_list_begin(&out);
    cw_rlp_put_string(&out, cw_slice_of(path, key.n + 1));
    cw_rlp_put_string(&out, value);
    cw_rlp_list_end(&out, mark);
    assert(!out.failed);
    leaf->n = out.n;
    cw_keccak256(&leaf->root, cw_slice_of(leaf->bytes, leaf->n));
}

static void put_proof(struct cw_buf *out, const char *key, const struct leaf *leaf) {
    cw_out_open(out, key, '[');
    cw_out_data(out, NULL, cw_slice_of(leaf->bytes, leaf->n));
    cw_out_close(out, ']');
}

static void put_mpt(struct cw_buf *out) {
    struct leaf leaf;
    make_leaf(&leaf, CW_LITERAL("\x12\x34"), CW_LITERAL("value"));
    cw_out_hash32(out, "root", &leaf.root);
    cw_out_text(out, "key", "0x1234");
    cw_out_data(out, "value", CW_LITERAL("value"));
    put_proof(out, "proof", &leaf);
}

/* Nonce 1, balance 1000, storage slot 1 = 7. */
static void put_account(struct cw_buf *out) {
    struct cw_addr20 address = {{0x11, 0x22}};
    struct cw_hash32 slot = {{0}}, key;
    slot.b[31] = 1;
    struct leaf storage, state;
    cw_storage_key(&key, &slot);
    make_leaf(&storage, cw_slice_of(key.b, 32), CW_LITERAL("\x07"));
    uint8_t account[128];
    struct cw_rlp_out rlp = cw_rlp_out_to(account, sizeof account);
    size_t mark = cw_rlp_list_begin(&rlp);
    cw_rlp_put_u64(&rlp, 1);
    cw_rlp_put_u64(&rlp, 1000);
    cw_rlp_put_hash32(&rlp, &storage.root);
    cw_rlp_put_hash32(&rlp, &CW_KECCAK_EMPTY);
    cw_rlp_list_end(&rlp, mark);
    cw_keccak256(&key, cw_slice_of(address.b, 20));
    make_leaf(&state, cw_slice_of(key.b, 32), cw_slice_of(account, rlp.n));
    cw_out_hash32(out, "stateRoot", &state.root);
    cw_out_open(out, "proof", '{');
    cw_out_addr20(out, "address", &address);
    put_proof(out, "accountProof", &state);
    cw_out_text(out, "balance", "0x3e8");
    cw_out_hash32(out, "codeHash", &CW_KECCAK_EMPTY);
    cw_out_text(out, "nonce", "0x1");
    cw_out_hash32(out, "storageHash", &storage.root);
    cw_out_open(out, "storageProof", '[');
    cw_out_open(out, NULL, '{');
    cw_out_text(out, "key", "0x1");
    cw_out_text(out, "value", "0x7");
    put_proof(out, "proof", &storage);
    cw_out_close(out, '}');
    cw_out_close(out, ']');
    cw_out_close(out, '}');
}

/* --- blocks ----------------------------------------------------------------------------------- */

static void put_block(struct cw_buf *out, const struct cw_hash32 *receipts_root) {
    static struct cw_header header;
    header = (struct cw_header){.present = CW_HEADER_BASE_FEE, .gas_limit = 30000000};
    header.receipts_root = *receipts_root;
    header.number.v = 256;
    header.base_fee = cw_u256_from_u64(7);
    struct cw_hash32 hash;
    enum cw_err err = cw_header_hash(&hash, &header);
    assert(err == CW_OK);
    (void)err;
    static const char *const zero[] = {"parentHash", "sha3Uncles", "stateRoot", "transactionsRoot",
                                       "mixHash"};
    static const char *const zeros[] = {"difficulty", "gasUsed", "timestamp"};
    cw_out_open(out, "block", '{');
    cw_out_hash32(out, "hash", &hash);
    for (size_t i = 0; i < CW_COUNT(zero); i++)
        cw_out_hash32(out, zero[i], &header.parent_hash);
    for (size_t i = 0; i < CW_COUNT(zeros); i++)
        cw_out_text(out, zeros[i], "0x0");
    cw_out_hash32(out, "receiptsRoot", receipts_root);
    cw_out_addr20(out, "miner", &header.beneficiary);
    cw_out_data(out, "logsBloom", cw_slice_of(header.logs_bloom.b, 256));
    cw_out_text(out, "number", "0x100");
    cw_out_text(out, "gasLimit", "0x1c9c380");
    cw_out_text(out, "extraData", "0x");
    cw_out_text(out, "nonce", "0x0000000000000000");
    cw_out_text(out, "baseFeePerGas", "0x7");
    cw_out_close(out, '}');
}

static void put_receipt(struct cw_buf *out, const struct cw_receipt *receipt, uint64_t index) {
    struct cw_bloom bloom;
    cw_receipt_bloom(&bloom, receipt);
    cw_out_open(out, NULL, '{');
    cw_out_quantity_u64(out, "type", receipt->type);
    cw_out_quantity_u64(out, "status", receipt->status);
    cw_out_quantity_u64(out, "cumulativeGasUsed", receipt->cumulative_gas_used);
    cw_out_data(out, "logsBloom", cw_slice_of(bloom.b, sizeof bloom.b));
    cw_out_quantity_u64(out, "transactionIndex", index);
    cw_out_open(out, "logs", '[');
    for (size_t i = 0; i < receipt->n_logs; i++) {
        cw_out_open(out, NULL, '{');
        cw_out_addr20(out, "address", &receipt->logs[i].address);
        cw_out_open(out, "topics", '[');
        cw_out_hash32(out, NULL, &receipt->logs[i].topics[0]);
        cw_out_close(out, ']');
        cw_out_data(out, "data", receipt->logs[i].data);
        cw_out_close(out, '}');
    }
    cw_out_close(out, ']');
    cw_out_close(out, '}');
}

static void put_receipts(struct cw_buf *out) {
    struct cw_receipt_log log = {.n_topics = 1, .data = CW_LITERAL("data")};
    log.address.b[0] = 0x33;
    log.topics[0].b[31] = 0x44;
    struct cw_receipt receipts[2] = {
        {.type = 2, .status = true, .cumulative_gas_used = 21000, .logs = &log, .n_logs = 1},
        {.type = 0, .status = false, .cumulative_gas_used = 42000}};
    struct cw_arena arena;
    struct cw_hash32 root;
    cw_arena_init(&arena, 1u << 20);
    enum cw_err err = cw_receipts_root(&arena, &root, receipts, CW_COUNT(receipts));
    assert(err == CW_OK);
    (void)err;
    cw_arena_done(&arena);
    put_block(out, &root);
    cw_out_open(out, "receipts", '[');
    for (size_t i = 0; i < CW_COUNT(receipts); i++)
        put_receipt(out, &receipts[i], i);
    cw_out_close(out, ']');
}

/* --- messages --------------------------------------------------------------------------------- */

static void put_withdrawal(struct cw_buf *out) {
    struct cw_op_withdrawal withdrawal = {.nonce = cw_u256_from_u64(5),
                                          .value = {cw_u256_from_u64(1000)},
                                          .gas_limit = cw_u256_from_u64(100000),
                                          .data = CW_LITERAL("\x01\x02")};
    struct cw_hash32 hash, key, root;
    struct leaf leaf;
    enum cw_err err = cw_op_withdrawal_hash(&hash, &withdrawal);
    assert(err == CW_OK);
    (void)err;
    cw_op_withdrawal_key(&key, &hash);
    make_leaf(&leaf, cw_slice_of(key.b, 32), CW_OP_WITHDRAWAL_LEAF);
    struct cw_op_output output = {.state_root = hash, .passer_storage_root = leaf.root};
    cw_op_output_root(&root, &output);
    cw_out_open(out, "withdrawal", '{');
    cw_out_u64(out, "nonce", 5);
    cw_out_addr20(out, "sender", &withdrawal.sender);
    cw_out_addr20(out, "target", &withdrawal.target);
    cw_out_text(out, "value", "1000");
    cw_out_text(out, "gasLimit", "0x00000186a0");
    cw_out_data(out, "data", withdrawal.data);
    cw_out_close(out, '}');
    cw_out_open(out, "outputRootProof", '{');
    cw_out_hash32(out, "version", &output.version);
    cw_out_hash32(out, "stateRoot", &output.state_root);
    cw_out_hash32(out, "messagePasserStorageRoot", &output.passer_storage_root);
    cw_out_hash32(out, "latestBlockhash", &output.block_hash);
    cw_out_close(out, '}');
    cw_out_hash32(out, "outputRoot", &root);
    put_proof(out, "proof", &leaf);
}

static void put_path(struct cw_buf *out, const char *key, struct cw_hash32 *root,
                     const struct cw_hash32 *leaf) {
    struct cw_hash32 path[2] = {{{1}}, {{2}}};
    struct cw_u256 index = cw_u256_from_u64(2);
    cw_merkle_fold(root, leaf, &index, path, CW_COUNT(path));
    cw_out_open(out, key, '[');
    for (size_t i = 0; i < CW_COUNT(path); i++)
        cw_out_hash32(out, NULL, &path[i]);
    cw_out_close(out, ']');
    cw_out_u64(out, "index", 2);
    cw_out_hash32(out, "root", root);
}

static void put_fold(struct cw_buf *out) {
    struct cw_hash32 leaf = {{9}}, root;
    cw_out_hash32(out, "leaf", &leaf);
    put_path(out, "path", &root, &leaf);
}

static void put_outbox(struct cw_buf *out) {
    struct cw_nitro_message message = {.l2_block = cw_u256_from_u64(17), .data = CW_LITERAL("x")};
    struct cw_hash32 leaf, root;
    cw_nitro_leaf(&leaf, &message);
    put_path(out, "proof", &root, &leaf);
    cw_out_addr20(out, "l2Sender", &message.l2_sender);
    cw_out_addr20(out, "to", &message.to);
    cw_out_u64(out, "l2Block", 17);
    cw_out_text(out, "l1Block", "0");
    cw_out_text(out, "l2Timestamp", "0x0");
    cw_out_text(out, "value", "0x00");
    cw_out_data(out, "data", message.data);
}

void proof_sample(struct cw_buf *out, const char *kind) {
    static const struct {
        const char *kind;
        void (*put)(struct cw_buf *out);
    } samples[] = {{"mpt", put_mpt},         {"account", put_account},
                   {"header", put_receipts}, {"receipts", put_receipts},
                   {"fold", put_fold},       {"withdrawal", put_withdrawal},
                   {"outbox", put_outbox}};
    cw_out_open(out, NULL, '{');
    bool found = false;
    for (size_t i = 0; i < CW_COUNT(samples); i++) {
        if (strcmp(samples[i].kind, kind) == 0) {
            samples[i].put(out);
            found = true;
        }
    }
    assert(found);
    (void)found;
    cw_out_close(out, '}');
    assert(!out->failed);
}
