#include "tx/signer.h"

const struct cw_addr20 *cw_signer_address(const struct cw_signer *signer) {
    return &signer->address;
}

void cw_signer_sign(struct cw_signer *signer, const struct cw_sign_request *request,
                    cw_sign_done *done, void *ctx) {
    const struct cw_slice nothing = {NULL, 0};
    if (cw_addr20_is_zero(&request->to)) {
        done(ctx, CW_ERR_REFUSED, nothing, NULL, "refused to sign: no contract is called");
        return;
    }
    /* A legacy transaction would be good on every chain then. */
    if (request->chain_id.v == 0) {
        done(ctx, CW_ERR_INPUT, nothing, NULL, "refused to sign: no chain is named");
        return;
    }
    if (request->data.n > CW_SIGN_DATA_MAX) {
        done(ctx, CW_ERR_LIMIT, nothing, NULL, "refused to sign: more than 256 KiB of calldata");
        return;
    }
    signer->ops->sign(signer, request, done, ctx);
}

const char *cw_signer_trouble(const struct cw_signer *signer) {
    return signer->ops->trouble != NULL ? signer->ops->trouble(signer) : "";
}

void cw_signer_free(struct cw_signer *signer) {
    if (signer != NULL) {
        signer->ops->free(signer);
    }
}

void cw_sign_request_tx(struct cw_tx *out, const struct cw_sign_request *request) {
    *out = (struct cw_tx){
        .type = request->legacy ? CW_TX_LEGACY : CW_TX_DYNAMIC_FEE,
        .chain_id = request->chain_id,
        .nonce = request->nonce,
        .max_fee = request->max_fee,
        .max_tip = request->max_tip,
        .gas_limit = request->gas_limit,
        .has_to = true,
        .to = request->to,
        .value = request->value,
        .data = request->data,
    };
}

enum cw_err cw_signer_check(const struct cw_sign_request *request, const struct cw_addr20 *address,
                            struct cw_slice raw, const struct cw_hash32 *hash,
                            struct cw_error *error) {
    struct cw_arena arena;
    cw_arena_init(&arena, CW_SIGN_ARENA_MAX);
    struct cw_curve *curve = cw_curve_new(NULL);
    struct cw_tx tx = {0};
    struct cw_signature signature;
    struct cw_addr20 sender;
    struct cw_hash32 own_hash;
    enum cw_err err = curve == NULL
                          ? cw_error_set(error, CW_ERR_MEMORY, "no memory to check a signature")
                          : cw_tx_decode(&arena, &tx, &signature, raw, error);
    if (err == CW_OK) {
        err = cw_tx_recover(curve, &arena, &sender, &tx, &signature);
        cw_tx_hash(&own_hash, raw);
        const char *wrong = NULL;
        if (err != CW_OK) {
            wrong = "its signature";
        } else if (!cw_addr20_equal(&sender, address)) {
            wrong = "its sender";
        } else if (!cw_hash32_equal(&own_hash, hash)) {
            wrong = "its hash";
        } else if (tx.type != (request->legacy ? CW_TX_LEGACY : CW_TX_DYNAMIC_FEE) ||
                   tx.n_access_list != 0) {
            wrong = "its type";
        } else if (tx.chain_id.v != request->chain_id.v) {
            wrong = "its chain";
        } else if (tx.nonce != request->nonce) {
            wrong = "its nonce";
        } else if (tx.gas_limit != request->gas_limit ||
                   cw_u256_cmp(&tx.max_fee.v, &request->max_fee.v) != 0 ||
                   cw_u256_cmp(&tx.max_tip.v, &request->max_tip.v) != 0) {
            wrong = "its gas or its fees";
        } else if (!tx.has_to || !cw_addr20_equal(&tx.to, &request->to) ||
                   cw_u256_cmp(&tx.value.v, &request->value.v) != 0 ||
                   !cw_slice_equal(tx.data, request->data)) {
            wrong = "what it calls";
        }
        err = wrong == NULL
                  ? CW_OK
                  : cw_error_set(error, CW_ERR_CONTRADICTED,
                                 "the signer gave back another transaction: %s differs", wrong);
    }
    cw_curve_free(curve);
    cw_arena_done(&arena);
    return err;
}
