#include "sign/local.h"

#include "sign/locked.h"
#include "sign/random.h"

#include <string.h>

struct local {
    struct cw_signer signer;
    struct cw_secret32 secret;
    struct cw_curve *curve;
};

static void local_free(struct cw_signer *signer) {
    struct local *local = (struct local *)signer;
    cw_curve_free(local->curve);
    cw_locked_free(local, sizeof *local);
}

static void local_sign(struct cw_signer *signer, const struct cw_sign_request *request,
                       cw_sign_done *done, void *ctx) {
    struct local *local = (struct local *)signer;
    struct cw_arena arena;
    cw_arena_init(&arena, CW_SIGN_ARENA_MAX);
    struct cw_tx tx;
    struct cw_slice raw;
    struct cw_hash32 hash;
    cw_sign_request_tx(&tx, request);
    enum cw_err err = cw_tx_sign(local->curve, &arena, &raw, &hash, &tx, &local->secret);
    if (err == CW_OK) {
        done(ctx, CW_OK, raw, &hash, "");
    } else {
        done(ctx, err, cw_slice_of(NULL, 0), NULL,
             err == CW_ERR_INPUT ? "refused to sign: a transaction that no chain takes"
                                 : "no memory for signing");
    }
    cw_arena_done(&arena);
}

static const struct cw_signer_ops local_ops = {local_sign, local_free, NULL};

enum cw_err cw_signer_local(struct cw_signer **ret, const struct cw_secret32 *secret,
                            struct cw_error *error) {
    struct local *local = cw_locked_new(sizeof *local);
    if (local == NULL) {
        return cw_error_set(error, CW_ERR_MEMORY, "no memory for a signer");
    }
    local->signer.ops = &local_ops;
    uint8_t seed[32];
    enum cw_err err = cw_random(seed, sizeof seed, error);
    if (err != CW_OK) {
        local_free(&local->signer);
        return err;
    }
    local->curve = cw_curve_new(seed);
    cw_wipe(seed, sizeof seed);
    if (local->curve == NULL) {
        local_free(&local->signer);
        return cw_error_set(error, CW_ERR_MEMORY, "no memory for a signer");
    }
    memcpy(&local->secret, secret, sizeof *secret);
    if (cw_curve_address(local->curve, &local->signer.address, &local->secret) != CW_OK) {
        local_free(&local->signer);
        return cw_error_set(error, CW_ERR_INPUT,
                            "the key is no key: it is 0 or not below the order of the curve");
    }
    *ret = &local->signer;
    return CW_OK;
}
