#include "opstack/internal.h"

#include <causeway/op_interop.h>

#include <assert.h>
#include <string.h>

struct cw_slice opstack_view(uint8_t room[OPSTACK_VIEW_SIZE], uint32_t selector,
                             const struct cw_hash32 *words, size_t words_n) {
    assert(4 + 32 * words_n <= OPSTACK_VIEW_SIZE);
    struct cw_selector head = cw_selector_from_u32(selector);
    memcpy(room, head.b, sizeof head.b);
    for (size_t i = 0; i < words_n; i++) {
        memcpy(room + 4 + 32 * i, words[i].b, 32);
    }
    return cw_slice_of(room, 4 + 32 * words_n);
}

struct cw_hash32 opstack_word_u64(uint64_t v) {
    struct cw_hash32 word;
    struct cw_u256 wide = cw_u256_from_u64(v);
    cw_u256_to_be(word.b, &wide);
    return word;
}

struct cw_hash32 opstack_word_addr20(const struct cw_addr20 *a) {
    struct cw_hash32 word = {{0}};
    memcpy(word.b + 12, a->b, sizeof a->b);
    return word;
}

/* The tail of a Types.WithdrawalTransaction. */
static void put_withdrawal(struct cw_buf *buf, const struct cw_op_withdrawal *w) {
    size_t base = cw_abi_base(buf);
    cw_abi_put_u256(buf, &w->nonce);
    cw_abi_put_addr20(buf, &w->sender);
    cw_abi_put_addr20(buf, &w->target);
    cw_abi_put_u256(buf, &w->value.v);
    cw_abi_put_u256(buf, &w->gas_limit);
    size_t data = cw_abi_put_offset(buf);
    cw_abi_place(buf, base, data);
    cw_abi_put_bytes(buf, w->data);
}

void opstack_put_prove(struct cw_buf *buf, const struct cw_op_withdrawal *withdrawal,
                       uint64_t index, const struct cw_op_output *output,
                       const struct cw_slice *nodes, size_t nodes_n) {
    cw_abi_put_selector(buf, cw_selector_from_u32(SEL_PROVE));
    size_t base = cw_abi_base(buf);
    size_t tx = cw_abi_put_offset(buf);
    cw_abi_put_u64(buf, index);
    cw_abi_put_word(buf, &output->version);
    cw_abi_put_word(buf, &output->state_root);
    cw_abi_put_word(buf, &output->passer_storage_root);
    cw_abi_put_word(buf, &output->block_hash);
    size_t proof = cw_abi_put_offset(buf);
    cw_abi_place(buf, base, tx);
    put_withdrawal(buf, withdrawal);
    cw_abi_place(buf, base, proof);
    cw_abi_put_bytes_array(buf, nodes, nodes_n);
}

static void put_super(struct cw_buf *buf, struct cw_slice preimage) {
    struct cw_op_super super;
    struct cw_op_super_chain chain;
    const struct cw_hash32 version = {{CW_OP_SUPER_VERSION}}; /* bytes1 */
    if (cw_op_super_decode(&super, preimage) != CW_OK) {
        buf->failed = true;
        return;
    }
    size_t base = cw_abi_base(buf);
    cw_abi_put_word(buf, &version);
    cw_abi_put_u64(buf, super.timestamp);
    size_t list = cw_abi_put_offset(buf);
    cw_abi_place(buf, base, list);
    cw_abi_put_u64(buf, super.n_chains);
    for (size_t i = 0; i < super.n_chains; i++) {
        cw_op_super_chain_at(&chain, &super, i);
        cw_abi_put_u256(buf, &chain.chain_id);
        cw_abi_put_word(buf, &chain.output_root);
    }
}

void opstack_put_prove_super(struct cw_buf *buf, const struct cw_op_withdrawal *withdrawal,
                             const struct cw_addr20 *game, uint64_t index, struct cw_slice preimage,
                             const struct cw_op_output *output, const struct cw_slice *nodes,
                             size_t nodes_n) {
    cw_abi_put_selector(buf, cw_selector_from_u32(SEL_PROVE_SUPER));
    size_t base = cw_abi_base(buf);
    size_t tx = cw_abi_put_offset(buf);
    cw_abi_put_addr20(buf, game);
    cw_abi_put_u64(buf, index);
    size_t super = cw_abi_put_offset(buf);
    cw_abi_put_word(buf, &output->version);
    cw_abi_put_word(buf, &output->state_root);
    cw_abi_put_word(buf, &output->passer_storage_root);
    cw_abi_put_word(buf, &output->block_hash);
    size_t proof = cw_abi_put_offset(buf);
    cw_abi_place(buf, base, tx);
    put_withdrawal(buf, withdrawal);
    cw_abi_place(buf, base, super);
    put_super(buf, preimage);
    cw_abi_place(buf, base, proof);
    cw_abi_put_bytes_array(buf, nodes, nodes_n);
}

bool opstack_put_prove_by(struct cw_buf *buf, const struct cw_adapter *adapter,
                          const struct cw_op_withdrawal *withdrawal,
                          const struct opstack_evidence *evidence,
                          const struct cw_op_output *output) {
    const struct opstack_reference *reference = &evidence->reference;
    struct cw_hash32 root;
    uint64_t index = 0;
    if (!reference->has_index) {
        return false;
    }
    if (!adapter->super_proofs) {
        opstack_put_prove(buf, withdrawal, reference->index, output, evidence->storage,
                          evidence->storage_n);
        return true;
    }
    if (!opstack_super_output(evidence->preimage, adapter->chain_id, &index, &root)) {
        return false;
    }
    opstack_put_prove_super(buf, withdrawal, &reference->game, index, evidence->preimage, output,
                            evidence->storage, evidence->storage_n);
    return true;
}

void opstack_put_finalize(struct cw_buf *buf, enum opstack_flavour flavour,
                          const struct cw_op_withdrawal *withdrawal,
                          const struct cw_addr20 *submitter) {
    uint32_t selector = flavour == OPSTACK_GAMES ? SEL_FINALIZE_EXTERNAL : SEL_FINALIZE;
    cw_abi_put_selector(buf, cw_selector_from_u32(selector));
    size_t base = cw_abi_base(buf);
    size_t tx = cw_abi_put_offset(buf);
    if (flavour == OPSTACK_GAMES) {
        cw_abi_put_addr20(buf, submitter);
    }
    cw_abi_place(buf, base, tx);
    put_withdrawal(buf, withdrawal);
}

static uint64_t add_sat(uint64_t a, uint64_t b) {
    uint64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

/* EIP-2028 prices, and EIP-7623's floor where it is higher. */
static uint64_t intrinsic_gas(struct cw_slice calldata) {
    uint64_t zeros = 0;
    for (size_t i = 0; i < calldata.n; i++) {
        zeros += calldata.p[i] == 0;
    }
    uint64_t others = calldata.n - zeros;
    uint64_t price = 4 * zeros + 16 * others;
    uint64_t floor = 10 * (zeros + 4 * others);
    return 21000 + (price > floor ? price : floor);
}

/* What the portal spends before it looks at the gas that is left: checks in the portal, the game or
 * the oracle, two storage writes. 89 000 with OptimismPortal 2.8.1-beta.1, 65 000 with
 * OptimismPortal2 3.10.0 (npm
 * @eth-optimism/contracts-bedrock 0.17.3 on anvil). */
#define CHECKS_GAS 140000u
/* From 4.0 on, besides: the registry's questions to game, factory and configuration, and the
 * lockbox. */
#define REGISTRY_GAS 110000u

uint64_t opstack_call_gas(const struct cw_u256 *min_gas, uint64_t reserved, uint64_t before,
                          unsigned proxies, struct cw_slice calldata) {
    /* SafeCall.hasMinGas(minGas, reserved) wants gas·63 >= minGas·64 + 63·(40000 + reserved) right
     * before the call. Source: contracts-bedrock SafeCall.sol. */
    uint64_t inner;
    if (cw_u256_to_u64(&inner, min_gas) || inner > UINT64_MAX / 128) {
        return UINT64_MAX;
    }
    uint64_t at_call = inner + (inner + 62) / 63 + 40000 + reserved;
    /* The data is copied to memory and hashed: some 64 gas a word, and the quadratic part for four
     * copies. */
    uint64_t words = calldata.n / 32 + 1;
    uint64_t copies = 4 * words;
    uint64_t data = 64 * words + 3 * copies + copies * copies / 512;
    uint64_t gas = add_sat(add_sat(at_call, before), data);
    for (unsigned i = 0; i < proxies; i++) {
        gas = add_sat(gas, gas / 63 + 1);
    }
    return add_sat(gas, intrinsic_gas(calldata));
}

uint64_t opstack_finalize_gas(const struct cw_adapter *adapter,
                              const struct cw_op_withdrawal *withdrawal, struct cw_slice calldata) {
    uint64_t checks = CHECKS_GAS + (cw_addr20_is_zero(&adapter->registry) ? 0 : REGISTRY_GAS);
    return opstack_call_gas(&withdrawal->gas_limit, 0, checks, 1, calldata);
}
