#include "nitro/exit.h"

#include <causeway/rlp.h>

#include <string.h>

#define PROGRESS_VERSION 1
#define PROGRESS_SIZE    (3 + 4 * 9)

enum cw_err exit_progress_encode(struct cw_arena *arena, struct cw_slice *ret,
                                 const struct exit_progress *progress) {
    uint8_t *p = cw_arena_alloc(arena, PROGRESS_SIZE);
    if (p == NULL) {
        return CW_ERR_MEMORY;
    }
    struct cw_rlp_out out = cw_rlp_out_to(p, PROGRESS_SIZE);
    size_t mark = cw_rlp_list_begin(&out);
    cw_rlp_put_u64(&out, PROGRESS_VERSION);
    cw_rlp_put_u64(&out, progress->empty_from);
    cw_rlp_put_u64(&out, progress->empty_to);
    cw_rlp_put_u64(&out, progress->tries);
    cw_rlp_list_end(&out, mark);
    *ret = cw_slice_of(p, out.n);
    return CW_OK;
}

void exit_progress_decode(struct exit_progress *ret, struct cw_slice bytes) {
    struct exit_progress p;
    struct cw_rlp in;
    uint64_t version;
    memset(ret, 0, sizeof *ret);
    if (cw_rlp_open_list(&in, bytes) == CW_OK && cw_rlp_u64(&in, &version) == CW_OK &&
        version == PROGRESS_VERSION && cw_rlp_u64(&in, &p.empty_from) == CW_OK &&
        cw_rlp_u64(&in, &p.empty_to) == CW_OK && cw_rlp_u64(&in, &p.tries) == CW_OK &&
        cw_rlp_end(&in) == CW_OK) {
        *ret = p;
    }
}

bool exit_progress_equal(const struct exit_progress *a, const struct exit_progress *b) {
    return a->empty_from == b->empty_from && a->empty_to == b->empty_to && a->tries == b->tries;
}
