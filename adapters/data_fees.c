#include <adapters/data_fee.h>

#include "nitro/nitro.h"
#include "opstack/opstack.h"

const struct cw_data_fee *const cw_data_fees[] = {
    &cw_opstack_data_fee,
    &cw_nitro_data_fee,
    NULL,
};

enum cw_err cw_data_fee_question(struct cw_slice *ret_data, struct cw_arena *arena,
                                 struct cw_buf *take) {
    struct cw_slice data = {NULL, 0};
    if (!take->failed) {
        data = cw_arena_copy(arena, cw_buf_slice(take));
    }
    cw_buf_done(take);
    if (data.p == NULL) {
        return CW_ERR_MEMORY;
    }
    *ret_data = data;
    return CW_OK;
}
