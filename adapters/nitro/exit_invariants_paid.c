/* What the bridge pays out, and for which execution of our outbox. */
#include "nitro/exit_invariants.h"

#include <causeway/keccak.h>

#include <stdio.h>
#include <string.h>

/* --- an execution and its payment ------------------------------------------------------------- */

static bool is_execution(const struct cw_adapter *adapter, const struct cw_log *log) {
    return log->topics_n == 4 && log->data.n == 32 &&
           cw_addr20_equal(&log->address, &adapter->outbox) &&
           cw_hash32_equal(&log->topics[0], &NITRO_TOPIC_EXECUTED);
}

static bool is_by(const struct cw_hash32 *word, const struct cw_addr20 *address) {
    struct cw_hash32 other = {{0}};
    memcpy(other.b + 12, address->b, 20);
    return cw_hash32_equal(word, &other);
}

bool exit_is_payment(const struct cw_adapter *adapter, const struct cw_log *log) {
    return cw_addr20_equal(&log->address, &adapter->bridge) && log->topics_n > 0 &&
           cw_hash32_equal(&log->topics[0], &NITRO_TOPIC_CALL_TRIGGERED);
}

bool exit_is_by_outbox(const struct cw_adapter *adapter, const struct cw_log *log) {
    return exit_is_payment(adapter, log) && log->topics_n == 3 &&
           is_by(&log->topics[1], &adapter->outbox);
}

/* The outbox tells before it lets the bridge pay, and the bridge when that went well: what is
 * executed meanwhile stands between them, with its own payment. */
const struct cw_log *exit_payment_of(const struct cw_adapter *adapter,
                                     const struct cw_log *execution) {
    size_t inner = 0;
    for (size_t i = 0; i < execution->beside_n; i++) {
        const struct cw_log *log = &execution->beside[i];
        if (log->log_index <= execution->log_index ||
            !cw_hash32_equal(&log->tx_hash, &execution->tx_hash)) {
            continue;
        }
        if (is_execution(adapter, log)) {
            inner++;
        } else if (exit_is_by_outbox(adapter, log) && inner-- == 0) {
            return log;
        }
    }
    return NULL;
}

bool exit_is_paid_for(const struct cw_adapter *adapter, const struct cw_log *payment) {
    size_t inner = 0;
    for (size_t i = payment->beside_n; i > 0 && exit_is_by_outbox(adapter, payment); i--) {
        const struct cw_log *log = &payment->beside[i - 1];
        if (log->log_index >= payment->log_index ||
            !cw_hash32_equal(&log->tx_hash, &payment->tx_hash)) {
            continue;
        }
        if (exit_is_by_outbox(adapter, log)) {
            inner++;
        } else if (is_execution(adapter, log) && inner-- == 0) {
            return true;
        }
    }
    return false;
}

bool exit_payment_read(struct exit_payment *ret, const struct cw_log *log) {
    struct cw_abi in = cw_abi_open(log->data);
    struct cw_slice data;
    if (cw_abi_u256(&in, &ret->value) != CW_OK || cw_abi_bytes(&in, &data) != CW_OK) {
        return false;
    }
    cw_keccak256(&ret->data_hash, data);
    return true;
}

/* --- what is paid for nothing ----------------------------------------------------------------- */

void exit_judge_paid(struct exit_judge *j) {
    const struct cw_subject *subject = j->judge.subject;
    cw_judge_value(&j->judge, CW_SETTLEMENT, "%s", subject->about);
    cw_judge_violated(&j->judge, CW_STAKE_ROUTE, "paid_for_nothing",
                      "the outbox of this route executed no message for it");
}
