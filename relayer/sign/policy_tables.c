#include "sign/policy_private.h"

#include "core/config_rows.h"
#include "tx/signer.h"

#define QUOTE_(x) #x
#define QUOTE(x)  QUOTE_(x)

static const struct cw_field root_fields[] = {
    TEXT(cw_sign_policy, journal, "journal", "",
         "File in which signatures are counted; a relative one lies beside this file. Nothing is "
         "signed that can't be written there."),
    U64(cw_sign_policy, max_calldata, "max_calldata", "262144", 4, CW_SIGN_DATA_MAX,
        "Bytes of calldata in one transaction."),
    U64(cw_sign_policy, max_requests, "max_requests", QUOTE(POLICY_REQUESTS), 1, 100000,
        "Requests a second of one client; who asks more (bursts of ten times as many apart) is cut "
        "off."),
    CW_FIELD_END,
};
static const struct cw_config_part root_parts[] = {
    {.key = "key",
     .doc = "Where its key is, as in \"signers\" of a configuration; only for a signer that runs "
            "apart."},
    {.key = "allow_uid",
     .doc = "Numbers of the users who may connect, where the signer runs apart."},
    {.key = "chains",
     .doc = "What is signed on which chain, each under a name of your choice. Nothing else is."},
    {.key = NULL},
};
const struct cw_config_shape cw_sign_shape_root = {root_fields, root_parts, false, NULL};

#define COUNT_MAX 50000

static const struct cw_field chain_fields[] = {
    U64(cw_sign_chain, chain_id, "chain_id", NULL, 1, CW_JSON_INTEGER_MAX,
        "EIP-155 id of the chain."),
    WEI(cw_sign_chain, max_fee, "max_fee", NULL, "The most that is offered per gas."),
    WEI(cw_sign_chain, max_transaction_fee, "max_transaction_fee", NULL,
        "The most that one transaction may cost, gas limit by fee; an aggregate3 may cost that for "
        "each call in it."),
    WEI(cw_sign_chain, max_value, "max_value", "0 wei",
        "The most that goes with a call. Nothing, unless a contract takes payment."),
    WEI(cw_sign_chain, hourly_fee_budget, "hourly_fee_budget", NULL,
        "Fees in an hour, gas limit by fee; of a transaction that replaces another, the dearer "
        "counts."),
    WEI(cw_sign_chain, daily_fee_budget, "daily_fee_budget", NULL, "The same in 24 hours."),
    U64(cw_sign_chain, hourly_signatures, "hourly_signatures", QUOTE(POLICY_HOURLY_SIGNATURES), 1,
        COUNT_MAX, "Transactions in an hour, replacements counted too."),
    U64(cw_sign_chain, daily_signatures, "daily_signatures", QUOTE(POLICY_DAILY_SIGNATURES), 1,
        COUNT_MAX, "The same in 24 hours."),
    FLAG(cw_sign_chain, cancel, "cancel", "true",
         "Sign transfers of nothing to the signer itself, which use up a nonce."),
    ADDRESS(cw_sign_chain, multicall, "multicall", "",
            "Multicall3, whose aggregate3 may make the calls below; left out, none may."),
    CW_FIELD_END,
};
static const struct cw_config_part chain_parts[] = {
    {.key = "contracts",
     .doc = "Whom it may call: objects of \"address\" and \"calls\", the signatures of its "
            "functions."},
    {.key = NULL},
};
const struct cw_config_shape cw_sign_shape_chain = {chain_fields, chain_parts, false, NULL};

static const struct cw_field call_fields[] = {
    ADDRESS(cw_sign_call, to, "address", NULL, "The contract."),
    CW_FIELD_END,
};
static const struct cw_config_part call_parts[] = {
    {.key = "calls",
     .doc = "Signatures such as \"finalize(uint256)\", or selectors such as \"0x01020304\"."},
    {.key = NULL},
};
const struct cw_config_shape cw_sign_shape_call = {call_fields, call_parts, false, NULL};
