#include "opstack/internal.h"

#include <causeway/keccak.h>
#include <causeway/rlp.h>

const struct cw_addr20 OPSTACK_L2_MESSENGER = {
    {0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x07}};
const struct cw_addr20 OPSTACK_PRICE_ORACLE = {{0x42, [19] = 0x0f}};
const struct cw_addr20 OPSTACK_ESTIMATION_ADDRESS = {
    {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01}};

static void put_payload(struct cw_rlp_out *out, const struct cw_op_withdrawal *w) {
    size_t mark = cw_rlp_list_begin(out);
    cw_rlp_put_u256(out, &w->nonce);
    cw_rlp_put_addr20(out, &w->sender);
    cw_rlp_put_addr20(out, &w->target);
    cw_rlp_put_u256(out, &w->value.v);
    cw_rlp_put_u256(out, &w->gas_limit);
    cw_rlp_put_string(out, w->data);
    cw_rlp_list_end(out, mark);
}

enum cw_err opstack_payload_encode(struct cw_arena *arena, struct cw_slice *ret,
                                   const struct cw_op_withdrawal *withdrawal) {
    struct cw_rlp_out out = cw_rlp_out_count();
    put_payload(&out, withdrawal);
    uint8_t *p = cw_arena_alloc(arena, out.n);
    if (p == NULL) {
        return CW_ERR_MEMORY;
    }
    out = cw_rlp_out_to(p, out.n);
    put_payload(&out, withdrawal);
    *ret = cw_slice_of(p, out.n);
    return CW_OK;
}

enum cw_err opstack_payload_decode(struct cw_op_withdrawal *ret, struct cw_slice payload) {
    struct cw_op_withdrawal w;
    struct cw_rlp in;
    if (cw_rlp_open_list(&in, payload) != CW_OK || cw_rlp_u256(&in, &w.nonce) != CW_OK ||
        cw_rlp_addr20(&in, &w.sender) != CW_OK || cw_rlp_addr20(&in, &w.target) != CW_OK ||
        cw_rlp_u256(&in, &w.value.v) != CW_OK || cw_rlp_u256(&in, &w.gas_limit) != CW_OK ||
        cw_rlp_string(&in, &w.data) != CW_OK || cw_rlp_end(&in) != CW_OK) {
        return CW_ERR_INPUT;
    }
    *ret = w;
    return CW_OK;
}

bool opstack_relay_parse(struct opstack_relay *ret, struct cw_slice calldata) {
    struct opstack_relay relay = {.replayable = false};
    struct cw_abi in;
    if (cw_abi_open_call(&in, calldata, cw_selector_from_u32(SEL_RELAY)) != CW_OK ||
        cw_abi_u256(&in, &relay.nonce) != CW_OK || cw_abi_addr20(&in, &relay.sender) != CW_OK ||
        cw_abi_addr20(&in, &relay.target) != CW_OK || cw_abi_u256(&in, &relay.value.v) != CW_OK ||
        cw_abi_u256(&in, &relay.gas_limit) != CW_OK || cw_abi_bytes(&in, &relay.data) != CW_OK) {
        return false;
    }
    cw_keccak256(&relay.hash, calldata);
    *ret = relay;
    return true;
}

bool opstack_relay_read(struct opstack_relay *ret, const struct cw_adapter *adapter,
                        const struct cw_op_withdrawal *withdrawal) {
    /* Before prepare() the L1 messenger is not known; the L2 messenger sends to no other. */
    bool known = adapter->flavour != OPSTACK_UNKNOWN;
    if (!cw_addr20_equal(&withdrawal->sender, &OPSTACK_L2_MESSENGER) ||
        (known && (cw_addr20_is_zero(&adapter->messenger) ||
                   !cw_addr20_equal(&withdrawal->target, &adapter->messenger)))) {
        return false;
    }
    struct opstack_relay relay;
    if (!opstack_relay_parse(&relay, withdrawal->data)) {
        return false;
    }
    /* What relayMessage requires before it records anything: a reverting messenger is a spent
     * withdrawal. Version 0 has a second condition, on the hash of the system before. Source:
     * contracts-bedrock CrossDomainMessenger.relayMessage, L1CrossDomainMessenger._isUnsafeTarget.
     */
    relay.replayable = relay.nonce.limb[3] >> 48 == 1 &&
                       cw_u256_cmp(&relay.value.v, &withdrawal->value.v) == 0 &&
                       !cw_addr20_equal(&relay.target, &adapter->messenger) &&
                       !cw_addr20_equal(&relay.target, &adapter->portal);
    *ret = relay;
    return true;
}

struct cw_slice opstack_inner(const struct cw_adapter *adapter, const struct cw_message *message) {
    struct cw_op_withdrawal withdrawal;
    struct opstack_relay relay;
    if (opstack_payload_decode(&withdrawal, message->payload) != CW_OK) {
        return cw_slice_of(NULL, 0);
    }
    return opstack_relay_read(&relay, adapter, &withdrawal) ? relay.data : withdrawal.data;
}
