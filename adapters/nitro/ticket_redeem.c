#include "nitro/ticket.h"

static bool topic_u64(const struct cw_hash32 *topic, uint64_t *ret) {
    struct cw_abi in = cw_abi_open(cw_slice_of(topic->b, 32));
    return cw_abi_u64(&in, ret) == CW_OK;
}

enum cw_err ticket_redeem_read(struct ticket_redeem *ret, const struct cw_log *log) {
    struct ticket_redeem redeem;
    struct cw_abi in = cw_abi_open(log->data);
    if (log->topics_n != 4 || !cw_hash32_equal(&log->topics[0], &NITRO_TOPIC_REDEEM_SCHEDULED) ||
        log->data.n != (size_t)4 * 32 || !topic_u64(&log->topics[3], &redeem.number) ||
        cw_abi_u64(&in, &redeem.gas) != CW_OK || cw_abi_addr20(&in, &redeem.donor) != CW_OK) {
        return CW_ERR_INPUT;
    }
    redeem.retry = log->topics[2];
    *ret = redeem;
    return CW_OK;
}
