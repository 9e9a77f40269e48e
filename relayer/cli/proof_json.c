#include "cli/proof_json.h"

enum cw_err proof_open(struct reader *ret, const struct cw_json *object, struct cw_arena *arena,
                       struct cw_error *error) {
    *ret = (struct reader){object, arena, error, CW_OK, true};
    return eth_expect(object, CW_JSON_OBJECT, error);
}

struct reader proof_open_member(struct reader *r, const char *key) {
    const struct cw_json *value = eth_member(r, key);
    struct reader member = {value, r->arena, r->error, r->err, true};
    if (member.err == CW_OK)
        member.err = eth_expect(value, CW_JSON_OBJECT, r->error);
    return member;
}

void proof_close_member(struct reader *r, const struct reader *member, const char *key) {
    if (r->err == CW_OK)
        eth_took(r, key, member->err);
}

void proof_get_path(struct reader *r, const struct cw_hash32 **ret, size_t *ret_n,
                    const char *key) {
    const struct cw_json *array = eth_get_array(r, key);
    if (array == NULL)
        return;
    size_t n = cw_json_size(array), at = 0;
    struct cw_hash32 *path = cw_arena_array(r->arena, n, sizeof *path);
    if (path == NULL) {
        r->err = cw_error_set(r->error, CW_ERR_MEMORY, "out of memory");
        return;
    }
    for (const struct cw_json *e = cw_json_first(array); e != NULL && r->err == CW_OK;
         e = cw_json_next(e))
        eth_took(r, key, eth_read_hash32(&path[at++], e, r->error));
    *ret = path;
    *ret_n = n;
}

void proof_get_withdrawal(struct reader *r, struct cw_hash32 *ret_hash) {
    struct cw_op_withdrawal withdrawal = {0};
    eth_get_u256(r, &withdrawal.nonce, "nonce");
    eth_get_addr20(r, &withdrawal.sender, "sender");
    eth_get_addr20(r, &withdrawal.target, "target");
    eth_get_u256(r, &withdrawal.value.v, "value");
    eth_get_u256(r, &withdrawal.gas_limit, "gasLimit");
    eth_get_data(r, &withdrawal.data, "data");
    if (r->err == CW_OK && cw_op_withdrawal_hash(ret_hash, &withdrawal) != CW_OK)
        r->err = cw_error_set(r->error, CW_ERR_LIMIT, "data: more than a withdrawal can carry");
}

void proof_get_output(struct reader *r, struct cw_op_output *ret) {
    eth_get_hash32(r, &ret->version, "version");
    eth_get_hash32(r, &ret->state_root, "stateRoot");
    eth_get_hash32(r, &ret->passer_storage_root, "messagePasserStorageRoot");
    eth_get_hash32(r, &ret->block_hash, "latestBlockhash");
}

void proof_get_nitro_message(struct reader *r, struct cw_nitro_message *ret) {
    eth_get_addr20(r, &ret->l2_sender, "l2Sender");
    eth_get_addr20(r, &ret->to, "to");
    eth_get_u256(r, &ret->l2_block, "l2Block");
    eth_get_u256(r, &ret->l1_block, "l1Block");
    eth_get_u256(r, &ret->l2_timestamp, "l2Timestamp");
    eth_get_u256(r, &ret->value.v, "value");
    eth_get_data(r, &ret->data, "data");
}
