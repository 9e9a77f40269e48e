#include "nitro/exit.h"

#include "count.h"

#include <inttypes.h>
#include <string.h>

static void give(struct cw_count *ret, uint64_t count) {
    ret->state = CW_COUNT_OK;
    ret->next = count;
}

static bool is_there(struct cw_count *ret, const struct cw_answer *answer) {
    if (answer == NULL) {
        ret->state = CW_COUNT_NEED;
    } else if (answer->status != CW_ANSWER_OK) {
        cw_count_unknown(ret, "%s",
                         answer->text != NULL ? answer->text
                                              : "sendMerkleTreeState() does not answer");
    }
    return answer != NULL && answer->status == CW_ANSWER_OK;
}

/* For nobody but the zero address, which is who asks where no sender is named. */
static void count_read(const struct cw_block_ref *at, struct cw_io *io, struct cw_count *ret) {
    uint8_t room[EXIT_VIEW_SIZE];
    const struct cw_answer *answer = cw_io_call(io, CW_EXECUTION, at, &EXIT_ARBSYS,
                                                exit_view(room, SEL_SEND_TREE, NULL));
    if (!is_there(ret, answer)) {
        return;
    }
    struct cw_abi in = cw_abi_open(answer->data), partials;
    struct cw_hash32 root;
    uint64_t count;
    size_t n;
    if (cw_abi_u64(&in, &count) == CW_OK && cw_abi_word(&in, &root) == CW_OK &&
        cw_abi_array(&in, &partials, &n, 1) == CW_OK) {
        give(ret, count);
    } else {
        cw_count_unknown(ret, "sendMerkleTreeState() answers with %zu bytes", answer->data.n);
    }
}

void exit_counter(const struct cw_adapter *adapter, const struct cw_block_ref *at, bool read,
                  struct cw_io *io, struct cw_count *ret) {
    (void)adapter; /* the sender is a precompile */
    memset(ret, 0, sizeof *ret);
    if (read) {
        count_read(at, io, ret);
        return;
    }
    const struct cw_answer *header = cw_io_header(io, CW_EXECUTION, at->number);
    struct cw_nitro_sends sends;
    if (!is_there(ret, header)) {
        return;
    }
    if (!cw_hash32_equal(&header->header_hash, &at->hash)) {
        cw_count_unknown(ret, "the header of block %" PRIu64 " is another one's", at->number.v);
    } else if (cw_nitro_header_sends(&sends, header->header)) {
        give(ret, sends.count);
    } else if (at->number.v == 0) {
        give(ret, 0); /* nothing ran before it */
    } else {
        cw_count_unknown(ret,
                         "the header of block %" PRIu64 " has no send count: that is no block of a "
                         "Nitro rollup",
                         at->number.v);
    }
}
