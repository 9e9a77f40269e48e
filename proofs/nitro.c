#include <causeway/nitro.h>

#include <assert.h>
#include <string.h>

#include <causeway/keccak.h>
#include <causeway/rlp.h>

#define TYPE_DEPOSIT   0x64
#define TYPE_RETRYABLE 0x69

/* Every field of either transaction but the data: at most 12 items of at most 33 bytes. */
#define FIELDS_MAX (12 * 33)

static void update_u256(struct cw_keccak *hash, const struct cw_u256 *value) {
    uint8_t be[32];
    cw_u256_to_be(be, value);
    cw_keccak_update(hash, cw_slice_of(be, sizeof(be)));
}

void cw_nitro_item_hash(struct cw_hash32 *out, const struct cw_nitro_message *message) {
    struct cw_keccak hash;
    cw_keccak_init(&hash);
    cw_keccak_update(&hash, cw_slice_of(message->l2_sender.b, sizeof(message->l2_sender.b)));
    cw_keccak_update(&hash, cw_slice_of(message->to.b, sizeof(message->to.b)));
    update_u256(&hash, &message->l2_block);
    update_u256(&hash, &message->l1_block);
    update_u256(&hash, &message->l2_timestamp);
    update_u256(&hash, &message->value.v);
    cw_keccak_update(&hash, message->data);
    cw_keccak_final(out, &hash);
}

void cw_nitro_leaf(struct cw_hash32 *out, const struct cw_nitro_message *message) {
    struct cw_hash32 item;
    cw_nitro_item_hash(&item, message);
    cw_keccak256(out, cw_slice_of(item.b, sizeof(item.b)));
}

struct cw_judgement cw_nitro_outbox_verify(const struct cw_hash32 *root,
                                           const struct cw_nitro_message *message,
                                           const struct cw_u256 *index,
                                           const struct cw_hash32 *path, size_t depth) {
    struct cw_hash32 leaf;
    cw_nitro_leaf(&leaf, message);
    return cw_merkle_verify(root, &leaf, index, path, depth);
}

static uint64_t read_u64(const uint8_t be[8]) {
    uint64_t v = 0;
    for (size_t i = 0; i < 8; i++) {
        v = v << 8 | be[i];
    }
    return v;
}

bool cw_nitro_header_sends(struct cw_nitro_sends *ret, const struct cw_header *header) {
    const struct cw_u256 one = cw_u256_from_u64(1);
    if (!cw_header_has(header, CW_HEADER_BASE_FEE) || cw_u256_is_zero(&header->base_fee) ||
        header->extra_n != 32 || cw_u256_cmp(&header->difficulty, &one) != 0) {
        return false;
    }
    memcpy(ret->root.b, header->extra, 32);
    ret->count = read_u64(header->mix_hash.b);
    ret->l1_block = read_u64(header->mix_hash.b + 8);
    ret->arbos_version = read_u64(header->mix_hash.b + 16);
    return true;
}

/* What both transactions begin with. The message's number is a hash in them, not a scalar. */
static void put_origin(struct cw_rlp_out *out, struct cw_chain_id chain_id,
                       const struct cw_u256 *message_number, const struct cw_addr20 *sender) {
    struct cw_hash32 request;
    cw_u256_to_be(request.b, message_number);
    cw_rlp_put_u64(out, chain_id.v);
    cw_rlp_put_hash32(out, &request);
    cw_rlp_put_addr20(out, sender);
}

/* keccak256(type ‖ rlp[fields …, tail]), where tail holds encoded items too. The data of a message
 * has no bound here, so it is hashed where it lies. */
static void hash_typed(struct cw_hash32 *out, uint8_t type, const struct cw_rlp_out *fields,
                       struct cw_slice data_prefix, struct cw_slice data) {
    assert(!fields->failed);
    uint8_t head[1 + 9] = {type};
    size_t head_n = 1 + cw_rlp_prefix(head + 1, fields->n + data_prefix.n + data.n, true);
    struct cw_keccak hash;
    cw_keccak_init(&hash);
    cw_keccak_update(&hash, cw_slice_of(head, head_n));
    cw_keccak_update(&hash, cw_slice_of(fields->p, fields->n));
    cw_keccak_update(&hash, data_prefix);
    cw_keccak_update(&hash, data);
    cw_keccak_final(out, &hash);
}

void cw_nitro_retryable_id(struct cw_hash32 *out, const struct cw_nitro_retryable *retryable) {
    uint8_t bytes[FIELDS_MAX], prefix[9];
    struct cw_rlp_out fields = cw_rlp_out_to(bytes, sizeof(bytes));
    put_origin(&fields, retryable->chain_id, &retryable->message_number, &retryable->sender);
    cw_rlp_put_u256(&fields, &retryable->base_fee.v);
    cw_rlp_put_u256(&fields, &retryable->deposit.v);
    cw_rlp_put_u256(&fields, &retryable->max_fee.v);
    cw_rlp_put_u64(&fields, retryable->gas_limit);
    if (cw_addr20_is_zero(&retryable->to)) {
        cw_rlp_put_string(&fields, cw_slice_of(NULL, 0));
    } else {
        cw_rlp_put_addr20(&fields, &retryable->to);
    }
    cw_rlp_put_u256(&fields, &retryable->call_value.v);
    cw_rlp_put_addr20(&fields, &retryable->call_value_refund);
    cw_rlp_put_u256(&fields, &retryable->max_submission_fee.v);
    cw_rlp_put_addr20(&fields, &retryable->excess_fee_refund);
    struct cw_slice data = retryable->data;
    bool itself = data.n == 1 && data.p[0] < 0x80; /* such a byte is its own encoding */
    size_t prefix_n = itself ? 0 : cw_rlp_prefix(prefix, data.n, false);
    hash_typed(out, TYPE_RETRYABLE, &fields, cw_slice_of(prefix, prefix_n), data);
}

void cw_nitro_deposit_hash(struct cw_hash32 *out, const struct cw_nitro_deposit *deposit) {
    uint8_t bytes[FIELDS_MAX];
    struct cw_rlp_out fields = cw_rlp_out_to(bytes, sizeof(bytes));
    put_origin(&fields, deposit->chain_id, &deposit->message_number, &deposit->sender);
    cw_rlp_put_addr20(&fields, &deposit->to);
    cw_rlp_put_u256(&fields, &deposit->value.v);
    const struct cw_slice none = {NULL, 0};
    hash_typed(out, TYPE_DEPOSIT, &fields, none, none);
}

static void update_u64(struct cw_keccak *hash, uint64_t value) {
    uint8_t be[8];
    for (size_t i = 0; i < sizeof(be); i++) {
        be[i] = (uint8_t)(value >> (56 - 8 * i));
    }
    cw_keccak_update(hash, cw_slice_of(be, sizeof(be)));
}

void cw_nitro_inbox_accumulate(struct cw_hash32 *out, const struct cw_hash32 *before,
                               const struct cw_nitro_inbox_message *message) {
    struct cw_keccak hash;
    struct cw_hash32 own;
    cw_keccak_init(&hash);
    cw_keccak_update(&hash, cw_slice_of(&message->kind, 1));
    cw_keccak_update(&hash, cw_slice_of(message->sender.b, sizeof(message->sender.b)));
    update_u64(&hash, message->block.v);
    update_u64(&hash, message->timestamp_s);
    update_u256(&hash, &message->number);
    update_u256(&hash, &message->base_fee.v);
    cw_keccak_update(&hash, cw_slice_of(message->data_hash.b, sizeof(message->data_hash.b)));
    cw_keccak_final(&own, &hash);
    cw_keccak256_pair(out, cw_slice_of(before->b, sizeof(before->b)),
                      cw_slice_of(own.b, sizeof(own.b)));
}
