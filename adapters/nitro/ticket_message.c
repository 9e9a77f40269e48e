#include "nitro/ticket.h"

#include <causeway/rlp.h>

#include <string.h>

/* Nine words stand before the call's data; a deposit is an address and an amount, packed.
 * Source: nitro-contracts AbsInbox._unsafeCreateRetryableTicket, Inbox.depositEth; what nitro
 * arbos/parse_l2.go reads. */
#define RETRYABLE_HEAD ((size_t)9 * 32)
#define DEPOSIT_SIZE   ((size_t)20 + 32)

static bool read_retryable(struct cw_nitro_retryable *ret, const struct cw_adapter *adapter,
                           const struct ticket_origin *origin) {
    struct cw_nitro_retryable r = {.chain_id = adapter->rollup,
                                   .message_number = origin->number,
                                   .sender = origin->sender,
                                   .base_fee = origin->base_fee};
    struct cw_abi in = cw_abi_open(origin->data);
    uint64_t size;
    if (cw_abi_addr20(&in, &r.to) != CW_OK || cw_abi_u256(&in, &r.call_value.v) != CW_OK ||
        cw_abi_u256(&in, &r.deposit.v) != CW_OK ||
        cw_abi_u256(&in, &r.max_submission_fee.v) != CW_OK ||
        cw_abi_addr20(&in, &r.excess_fee_refund) != CW_OK ||
        cw_abi_addr20(&in, &r.call_value_refund) != CW_OK ||
        cw_abi_u64(&in, &r.gas_limit) != CW_OK || cw_abi_u256(&in, &r.max_fee.v) != CW_OK ||
        cw_abi_u64(&in, &size) != CW_OK || size != origin->data.n - RETRYABLE_HEAD) {
        return false;
    }
    r.data = cw_slice_of(origin->data.p + RETRYABLE_HEAD, (size_t)size);
    *ret = r;
    return true;
}

static bool read_deposit(struct cw_nitro_deposit *ret, const struct cw_adapter *adapter,
                         const struct ticket_origin *origin) {
    if (origin->data.n != DEPOSIT_SIZE) {
        return false;
    }
    struct cw_nitro_deposit d = {
        .chain_id = adapter->rollup, .message_number = origin->number, .sender = origin->sender};
    memcpy(d.to.b, origin->data.p, sizeof d.to.b);
    d.value.v = cw_u256_from_be(origin->data.p + sizeof d.to.b);
    *ret = d;
    return true;
}

enum cw_err ticket_read(struct ticket *ret, const struct cw_adapter *adapter,
                        const struct ticket_origin *origin) {
    struct ticket t;
    memset(&t, 0, sizeof t);
    t.is_deposit = origin->kind == TICKET_KIND_DEPOSIT;
    if (t.is_deposit) {
        if (!read_deposit(&t.deposit, adapter, origin)) {
            return CW_ERR_INPUT;
        }
        cw_nitro_deposit_hash(&t.id, &t.deposit);
    } else {
        if (origin->kind != TICKET_KIND_RETRYABLE ||
            !read_retryable(&t.retryable, adapter, origin)) {
            return CW_ERR_INPUT;
        }
        cw_nitro_retryable_id(&t.id, &t.retryable);
    }
    *ret = t;
    return CW_OK;
}

static void put_payload(struct cw_rlp_out *out, const struct ticket_origin *origin) {
    size_t mark = cw_rlp_list_begin(out);
    cw_rlp_put_u64(out, origin->kind);
    cw_rlp_put_u256(out, &origin->number);
    cw_rlp_put_addr20(out, &origin->sender);
    cw_rlp_put_u256(out, &origin->base_fee.v);
    cw_rlp_put_string(out, origin->data);
    cw_rlp_list_end(out, mark);
}

enum cw_err ticket_payload_encode(struct cw_arena *arena, struct cw_slice *ret,
                                  const struct ticket_origin *origin) {
    struct cw_rlp_out out = cw_rlp_out_count();
    put_payload(&out, origin);
    uint8_t *p = cw_arena_alloc(arena, out.n);
    if (p == NULL) {
        return CW_ERR_MEMORY;
    }
    out = cw_rlp_out_to(p, out.n);
    put_payload(&out, origin);
    *ret = cw_slice_of(p, out.n);
    return CW_OK;
}

enum cw_err ticket_payload_decode(struct ticket_origin *ret, struct cw_slice payload) {
    struct ticket_origin o;
    struct cw_rlp in;
    if (cw_rlp_open_list(&in, payload) != CW_OK || cw_rlp_u64(&in, &o.kind) != CW_OK ||
        cw_rlp_u256(&in, &o.number) != CW_OK || cw_rlp_addr20(&in, &o.sender) != CW_OK ||
        cw_rlp_u256(&in, &o.base_fee.v) != CW_OK || cw_rlp_string(&in, &o.data) != CW_OK ||
        cw_rlp_end(&in) != CW_OK) {
        return CW_ERR_INPUT;
    }
    *ret = o;
    return CW_OK;
}

enum cw_err ticket_of(struct ticket *ret, const struct cw_adapter *adapter,
                      const struct cw_message *message) {
    struct ticket_origin origin;
    struct ticket ticket;
    if (ticket_payload_decode(&origin, message->payload) != CW_OK ||
        ticket_read(&ticket, adapter, &origin) != CW_OK ||
        !cw_hash32_equal(&ticket.id, &message->id)) {
        return CW_ERR_INPUT;
    }
    *ret = ticket;
    return CW_OK;
}

struct cw_slice ticket_inner(const struct cw_adapter *adapter, const struct cw_message *message) {
    struct ticket_origin origin;
    struct ticket ticket;
    if (ticket_payload_decode(&origin, message->payload) != CW_OK ||
        ticket_read(&ticket, adapter, &origin) != CW_OK) {
        return cw_slice_of(NULL, 0);
    }
    return ticket.retryable.data;
}
