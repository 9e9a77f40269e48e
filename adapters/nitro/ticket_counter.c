#include "nitro/ticket.h"

#include "count.h"

#include <string.h>

/* The length of delayedInboxAccs. Initializable has slot 0, two maps, two lists and the active
 * outbox stand before it; so it is in every version since Nitro's first.
 * Source: nitro-contracts, src/bridge/AbsBridge.sol. */
static const struct cw_hash32 count_slot = {{[31] = 6}};

static const char what[] = "the bridge's count of delayed messages";

bool ticket_sequence(const struct cw_summary *summary, uint64_t *ret) {
    return !cw_u256_to_u64(ret, &summary->nonce);
}

void ticket_counter(const struct cw_adapter *adapter, const struct cw_block_ref *at, bool read,
                    struct cw_io *io, struct cw_count *ret) {
    uint8_t room[TICKET_CALLDATA_SIZE];
    struct cw_u256 count;
    memset(ret, 0, sizeof *ret);
    bool known = read ? cw_count_read(ret, &count, io, CW_SETTLEMENT, at, &adapter->bridge,
                                      ticket_calldata(room, SEL_DELAYED_COUNT, NULL), what)
                      : cw_count_prove(ret, &count, io, CW_SETTLEMENT, at, &adapter->bridge,
                                       &count_slot, what);
    if (!known) {
        return;
    }
    if (cw_u256_to_u64(&ret->next, &count)) {
        cw_count_unknown(ret, "%s is above 2^64", what);
    } else {
        ret->state = CW_COUNT_OK;
    }
}
