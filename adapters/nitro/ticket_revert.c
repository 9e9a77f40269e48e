#include "nitro/ticket.h"

#include <stdio.h>
#include <string.h>

/* What the precompile refuses with. A node gives these texts away or no data at all, as its version
 * has it; tickets that are gone are decided by their history.
 * Source: nitro precompiles/ArbRetryableTx.go, arbos/retryables/retryable.go. */
static const struct {
    const char *text;
    enum cw_revert_class class_;
    const char *reason;
} texts[] = {
    {"ticketId not found", CW_REVERT_ASK, "no_ticket"},
    {"timeout too far into the future", CW_REVERT_WAIT, "lives_long_enough"},
    {"not enough gas to run redeem attempt", CW_REVERT_MORE_GAS, "gas"},
    {"retryable cannot modify itself", CW_REVERT_WAIT, "being_redeemed"},
};

void ticket_revert(const struct cw_adapter *adapter, const struct cw_message *message,
                   const char *step, struct cw_slice data, struct cw_revert *ret) {
    char text[CW_REVERT_TEXT_SIZE];
    const char *reason = "unknown_revert";
    struct cw_slice said;
    (void)adapter;
    (void)message;
    memset(ret, 0, sizeof *ret);
    ret->class_ = CW_REVERT_UNKNOWN;
    if (cw_selector_is(data, ERR_NO_TICKET) && data.n == 4) {
        ret->class_ = CW_REVERT_ASK;
        reason = "no_ticket";
    } else if (data.n > 0 && strcmp(step, TICKET_REDEEM) == 0) {
        /* A node that estimates a redeem runs the retry, too, and gives what that reverts with. */
        ret->class_ = CW_REVERT_TARGET_KEPT;
        reason = "target_reverts";
    }
    for (size_t i = 0; cw_abi_revert_reason(&said, data) == CW_OK && i < CW_COUNT(texts); i++) {
        if (cw_slice_equal(said, cw_slice_of(texts[i].text, strlen(texts[i].text)))) {
            ret->class_ = texts[i].class_;
            reason = texts[i].reason;
        }
    }
    cw_abi_revert_text(text, data);
    snprintf(ret->reason, sizeof ret->reason, "%s", reason);
    snprintf(ret->detail, sizeof ret->detail, "%s: %.200s", step, text);
}
