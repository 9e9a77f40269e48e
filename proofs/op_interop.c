#include <causeway/op_interop.h>

#include <assert.h>
#include <string.h>

#include <causeway/keccak.h>

/* The first byte of a key in the access list. */
enum { KEY_LOOKUP = 1, KEY_CHAIN_ID = 2, KEY_CHECKSUM = 3 };

static void put_be(uint8_t *out, uint64_t value, size_t n) {
    for (size_t i = n; i-- > 0; value >>= 8) {
        out[i] = (uint8_t)value;
    }
}

/* --- super roots ---------------------------------------------------------------------------- */

enum cw_err cw_op_super_root(struct cw_hash32 *ret_root, uint64_t timestamp,
                             const struct cw_op_super_chain *chains, size_t n_chains) {
    if (n_chains == 0) {
        return CW_ERR_INPUT;
    }
    uint8_t head[CW_OP_SUPER_HEAD] = {CW_OP_SUPER_VERSION};
    put_be(head + 1, timestamp, 8);
    struct cw_keccak hash;
    cw_keccak_init(&hash);
    cw_keccak_update(&hash, cw_slice_of(head, sizeof(head)));
    for (size_t i = 0; i < n_chains; i++) {
        uint8_t chain[CW_OP_SUPER_CHAIN];
        cw_u256_to_be(chain, &chains[i].chain_id);
        memcpy(chain + 32, chains[i].output_root.b, 32);
        cw_keccak_update(&hash, cw_slice_of(chain, sizeof(chain)));
    }
    cw_keccak_final(ret_root, &hash);
    return CW_OK;
}

enum cw_err cw_op_super_decode(struct cw_op_super *ret_super, struct cw_slice bytes) {
    if (bytes.n < CW_OP_SUPER_HEAD + CW_OP_SUPER_CHAIN || bytes.p[0] != CW_OP_SUPER_VERSION ||
        (bytes.n - CW_OP_SUPER_HEAD) % CW_OP_SUPER_CHAIN != 0) {
        return CW_ERR_INPUT;
    }
    struct cw_op_super super = {
        .n_chains = (bytes.n - CW_OP_SUPER_HEAD) / CW_OP_SUPER_CHAIN,
        .chains = cw_slice_of(bytes.p + CW_OP_SUPER_HEAD, bytes.n - CW_OP_SUPER_HEAD)};
    for (size_t i = 1; i < CW_OP_SUPER_HEAD; i++) {
        super.timestamp = super.timestamp << 8 | bytes.p[i];
    }
    *ret_super = super;
    return CW_OK;
}

void cw_op_super_chain_at(struct cw_op_super_chain *out, const struct cw_op_super *super,
                          size_t i) {
    assert(i < super->n_chains);
    const uint8_t *chain = super->chains.p + i * CW_OP_SUPER_CHAIN;
    out->chain_id = cw_u256_from_be(chain);
    memcpy(out->output_root.b, chain + 32, 32);
}

struct cw_judgement cw_op_super_verify(const struct cw_hash32 *super_root, struct cw_slice preimage,
                                       const struct cw_u256 *chain_id,
                                       const struct cw_hash32 *output_root) {
    struct cw_op_super super;
    struct cw_hash32 root, found = {{0}};
    size_t n_found = 0;
    if (cw_op_super_decode(&super, preimage) != CW_OK) {
        return cw_invalid(CW_OP_R_SUPER);
    }
    cw_keccak256(&root, preimage);
    if (!cw_hash32_equal(&root, super_root)) {
        return cw_invalid(CW_OP_R_SUPER_ROOT);
    }
    for (size_t i = 0; i < super.n_chains; i++) {
        struct cw_op_super_chain chain;
        cw_op_super_chain_at(&chain, &super, i);
        if (cw_u256_cmp(&chain.chain_id, chain_id) == 0) {
            found = chain.output_root;
            n_found++;
        }
    }
    if (n_found != 1) {
        return cw_invalid(n_found == 0 ? CW_OP_R_SUPER_CHAIN : CW_OP_R_SUPER_TWICE);
    }
    return cw_hash32_equal(&found, output_root) ? cw_valid() : cw_invalid(CW_OP_R_SUPER_OUTPUT);
}

/* --- messages ------------------------------------------------------------------------------- */

/* The last 20 bytes of the lookup key, and of the word that the checksum binds. */
static void put_place(uint8_t out[20], const struct cw_op_message_id *id) {
    put_be(out, id->block_number, 8);
    put_be(out + 8, id->timestamp, 8);
    put_be(out + 16, id->log_index, 4);
}

void cw_op_message_checksum(struct cw_hash32 *out, const struct cw_op_message_id *id,
                            const struct cw_hash32 *payload_hash) {
    struct cw_hash32 hash;
    uint8_t word[32] = {0};
    cw_keccak256_pair(&hash, cw_slice_of(id->origin.b, sizeof(id->origin.b)),
                      cw_slice_of(payload_hash->b, sizeof(payload_hash->b)));
    put_place(word + 12, id);
    cw_keccak256_pair(&hash, cw_slice_of(hash.b, sizeof(hash.b)), cw_slice_of(word, sizeof(word)));
    cw_u256_to_be(word, &id->chain_id);
    cw_keccak256_pair(out, cw_slice_of(hash.b, sizeof(hash.b)), cw_slice_of(word, sizeof(word)));
    out->b[0] = KEY_CHECKSUM;
}

size_t cw_op_message_keys(struct cw_hash32 out[CW_OP_MESSAGE_KEYS_MAX],
                          const struct cw_op_message_id *id, const struct cw_hash32 *payload_hash) {
    size_t n = 0;
    uint8_t chain_id[32];
    cw_u256_to_be(chain_id, &id->chain_id);
    struct cw_hash32 *key = &out[n++];
    *key = (struct cw_hash32){{KEY_LOOKUP}};
    memcpy(key->b + 4, chain_id + 24, 8);
    put_place(key->b + 12, id);
    if (id->chain_id.limb[1] != 0 || id->chain_id.limb[2] != 0 || id->chain_id.limb[3] != 0) {
        key = &out[n++];
        *key = (struct cw_hash32){{KEY_CHAIN_ID}};
        memcpy(key->b + 8, chain_id, 24);
    }
    cw_op_message_checksum(&out[n++], id, payload_hash);
    return n;
}
