#include "opstack/internal.h"

#include "count.h"

#include <string.h>

/* msgNonce, the lower 240 bits: how many messages were passed. messageNonce() and MessagePassed put
 * the version of the message above it.
 * Source: contracts-bedrock L2ToL1MessagePasser.sol 1.1.0, storage slot 1; Encoding.sol. */
static const struct cw_hash32 nonce_slot = {{[31] = 1}};

static const char what[] = "the message passer's counter";

static bool count_of(const struct cw_u256 *nonce, uint64_t *ret) {
    struct cw_u256 count = *nonce;
    count.limb[3] &= UINT64_MAX >> 16;
    return !cw_u256_to_u64(ret, &count);
}

bool opstack_sequence(const struct cw_summary *summary, uint64_t *ret) {
    return count_of(&summary->nonce, ret);
}

void opstack_counter(const struct cw_adapter *adapter, const struct cw_block_ref *at, bool read,
                     struct cw_io *io, struct cw_count *ret) {
    (void)adapter; /* the passer is a predeploy */
    uint8_t room[OPSTACK_VIEW_SIZE];
    struct cw_u256 nonce;
    memset(ret, 0, sizeof *ret);
    bool known = read ? cw_count_read(ret, &nonce, io, CW_EXECUTION, at, &CW_OP_MESSAGE_PASSER,
                                      opstack_view(room, SEL_MESSAGE_NONCE, NULL, 0), what)
                      : cw_count_prove(ret, &nonce, io, CW_EXECUTION, at, &CW_OP_MESSAGE_PASSER,
                                       &nonce_slot, what);
    if (!known) {
        return;
    }
    if (count_of(&nonce, &ret->next)) {
        ret->state = CW_COUNT_OK;
    } else {
        cw_count_unknown(ret, "%s is above 2^64", what);
    }
}
