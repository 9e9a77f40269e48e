#include "nitro/ticket.h"

#include <causeway/rlp.h>

#include <string.h>

#define PROGRESS_VERSION 2
#define PROGRESS_MAX     104

enum cw_err ticket_progress_encode(struct cw_arena *arena, struct cw_slice *ret,
                                   const struct ticket_progress *p) {
    uint8_t bytes[PROGRESS_MAX];
    struct cw_rlp_out out = cw_rlp_out_to(bytes, sizeof bytes);
    size_t mark = cw_rlp_list_begin(&out);
    cw_rlp_put_u64(&out, PROGRESS_VERSION);
    cw_rlp_put_u64(&out, p->timeout_s);
    cw_rlp_put_u64(&out, p->next_block);
    cw_rlp_put_u64(&out, p->failed);
    cw_rlp_put_u64(&out, p->own_failed);
    cw_rlp_put_u64(&out, p->extended_s);
    cw_rlp_put_u64(&out, p->canceled_in);
    cw_rlp_put_u64(&out, p->known);
    cw_rlp_put_u64(&out, p->known_since_s);
    cw_rlp_put_u64(&out, p->forgiven);
    cw_rlp_put_u64(&out, p->vanished_s);
    cw_rlp_put_u64(&out, p->readings);
    cw_rlp_list_end(&out, mark);
    struct cw_slice copy = cw_arena_copy(arena, cw_slice_of(out.p, out.n));
    if (copy.p == NULL) {
        return CW_ERR_MEMORY;
    }
    *ret = copy;
    return CW_OK;
}

void ticket_progress_decode(struct ticket_progress *ret, struct cw_slice bytes) {
    struct ticket_progress p;
    struct cw_rlp in;
    uint64_t version;
    memset(&p, 0, sizeof p);
    if (cw_rlp_open_list(&in, bytes) != CW_OK || cw_rlp_u64(&in, &version) != CW_OK ||
        version != PROGRESS_VERSION || cw_rlp_u64(&in, &p.timeout_s) != CW_OK ||
        cw_rlp_u64(&in, &p.next_block) != CW_OK || cw_rlp_u64(&in, &p.failed) != CW_OK ||
        cw_rlp_u64(&in, &p.own_failed) != CW_OK || cw_rlp_u64(&in, &p.extended_s) != CW_OK ||
        cw_rlp_u64(&in, &p.canceled_in) != CW_OK || cw_rlp_u64(&in, &p.known) != CW_OK ||
        cw_rlp_u64(&in, &p.known_since_s) != CW_OK || cw_rlp_u64(&in, &p.forgiven) != CW_OK ||
        cw_rlp_u64(&in, &p.vanished_s) != CW_OK || cw_rlp_u64(&in, &p.readings) != CW_OK ||
        cw_rlp_end(&in) != CW_OK) {
        memset(&p, 0, sizeof p);
    }
    *ret = p;
}
