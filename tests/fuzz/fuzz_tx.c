/* Transactions of every type: what is accepted encodes to the input again, and its sender and the
 * signers of its authorizations can be asked for. */
#include <causeway/tx.h>

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct cw_curve *curve, struct cw_arena *arena, struct cw_slice in,
                  const struct cw_tx *tx, const struct cw_signature *signature) {
    struct cw_slice again;
    struct cw_addr20 sender;
    assert(cw_tx_refusal(tx) == NULL);
    enum cw_err err = cw_tx_encode_signed(arena, &again, tx, signature);
    assert(err == CW_ERR_MEMORY || (err == CW_OK && cw_slice_equal(in, again)));
    err = cw_tx_recover(curve, arena, &sender, tx, signature);
    assert(err == CW_OK || err == CW_ERR_MEMORY ||
           (err == CW_ERR_INPUT && tx->type != CW_TX_DEPOSIT));
    /* Recovery takes a while: a few will do. */
    for (size_t i = 0; i < tx->n_authorizations && i < 4; i++) {
        err = cw_authorization_recover(curve, &sender, &tx->authorizations[i]);
        assert(err == CW_OK || err == CW_ERR_INPUT);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct cw_curve *curve;
    if (curve == NULL) {
        curve = cw_curve_new(NULL);
        assert(curve != NULL);
    }
    struct cw_slice in = cw_slice_of(data, size);
    struct cw_tx tx;
    struct cw_signature signature;
    struct cw_error error = {CW_OK, ""};
    struct cw_arena arena;
    cw_arena_init(&arena, (size_t)1 << 20);
    if (cw_tx_decode(&arena, &tx, &signature, in, &error) == CW_OK) {
        check(curve, &arena, in, &tx, &signature);
    } else {
        assert(error.text[0] != '\0');
    }
    cw_arena_done(&arena);
    return 0;
}
