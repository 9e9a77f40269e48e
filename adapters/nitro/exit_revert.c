#include "nitro/exit.h"

#include <stdio.h>
#include <string.h>

/* What the Outbox and the Bridge say themselves. Everything else was bubbled up from the message's
 * own target, and may imitate these: nothing that ends a message is taken from the data alone. Nor
 * is a verified path thrown away for it, whose depth is the tree's: to have it anew is dear.
 * Source: nitro-contracts AbsOutbox.sol, AbsBridge.sol, ERC20Bridge.sol. */
static const struct {
    uint32_t code;
    size_t words;
    enum cw_revert_class class_;
    const char *reason, *text;
} codes[] = {
    {ERR_ALREADY_SPENT, 1, CW_REVERT_DONE, "executed", "it is executed"},
    {ERR_UNKNOWN_ROOT, 1, CW_REVERT_WAIT, "no_root", "the outbox does not know the send root"},
    {ERR_PROOF_TOO_LONG, 1, CW_REVERT_UNKNOWN, "proof_refused", "the path is too long"},
    {ERR_PATH_NOT_MINIMAL, 2, CW_REVERT_UNKNOWN, "proof_refused", "the path is too short"},
    {ERR_NOT_OUTBOX, 1, CW_REVERT_WAIT, "outbox_disabled", "the bridge shuts the outbox out"},
    {ERR_NOT_CONTRACT, 1, CW_REVERT_TARGET_KEPT, "no_code",
     "there is no code at the target, which is to be called with data"},
    {ERR_BRIDGE_CALL_FAILED, 0, CW_REVERT_TARGET_KEPT, "target_reverts",
     "the target fails without a word"},
    {ERR_CALL_NOT_ALLOWED, 0, CW_REVERT_TARGET_KEPT, "takes_escrow",
     "the call would take the bridge's own tokens"},
};

/* An ERC20 bridge calls anything but the token itself. */
static bool calls_the_token(const struct cw_adapter *adapter, const struct cw_message *message) {
    struct exit_message sent;
    return adapter->prepared && !cw_addr20_is_zero(&adapter->token) &&
           exit_message_of(&sent, message) == CW_OK &&
           cw_addr20_equal(&sent.sent.to, &adapter->token);
}

void exit_revert(const struct cw_adapter *adapter, const struct cw_message *message,
                 const char *step, struct cw_slice data, struct cw_revert *ret) {
    char text[CW_REVERT_TEXT_SIZE];
    const char *reason = "target_reverts", *known = NULL;
    memset(ret, 0, sizeof *ret);
    ret->class_ = CW_REVERT_TARGET_KEPT;
    for (size_t i = 0; i < CW_COUNT(codes); i++) {
        if (data.n == 4 + 32 * codes[i].words && cw_selector_is(data, codes[i].code)) {
            ret->class_ = codes[i].class_;
            reason = codes[i].reason;
            known = codes[i].text;
        }
    }
    if (data.n == 36 && cw_selector_is(data, ERR_TARGET_NOT_ALLOWED) &&
        calls_the_token(adapter, message)) {
        ret->class_ = CW_REVERT_DEAD;
        reason = "bad_target";
        known = "the bridge does not call the rollup's own token";
    }
    cw_abi_revert_text(text, data);
    snprintf(ret->reason, sizeof ret->reason, "%s", reason);
    snprintf(ret->detail, sizeof ret->detail, "%s: %.200s", step, known != NULL ? known : text);
}
