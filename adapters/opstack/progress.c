#include "opstack/internal.h"

#include <causeway/keccak.h>
#include <causeway/rlp.h>

#include <string.h>

#define PROGRESS_VERSION 1

static void put_progress(struct cw_rlp_out *out, const struct opstack_progress *p) {
    size_t mark = cw_rlp_list_begin(out);
    cw_rlp_put_u64(out, PROGRESS_VERSION);
    cw_rlp_put_u64(out, (uint64_t)p->outcome);
    cw_rlp_put_u64(out, p->unknown_since_s);
    cw_rlp_put_u64(out, p->type);
    cw_rlp_put_u64(out, p->since_s);
    cw_rlp_put_u64(out, p->searching);
    cw_rlp_put_u64(out, p->search_end);
    cw_rlp_put_u64(out, p->cursor);
    cw_rlp_put_u64(out, p->searched);
    cw_rlp_put_u64(out, p->newest);
    cw_rlp_put_u64(out, p->relies);
    cw_rlp_put_addr20(out, &p->submitter);
    cw_rlp_put_u64(out, p->proven_s);
    cw_rlp_put_u64(out, p->distrusts);
    size_t rejects = cw_rlp_list_begin(out);
    for (size_t i = 0; i < p->rejects_n; i++) {
        cw_rlp_put_hash32(out, &p->rejects[i]);
    }
    cw_rlp_list_end(out, rejects);
    cw_rlp_list_end(out, mark);
}

enum cw_err opstack_progress_encode(struct cw_arena *arena, struct cw_slice *ret,
                                    const struct opstack_progress *progress) {
    struct cw_rlp_out out = cw_rlp_out_count();
    put_progress(&out, progress);
    uint8_t *p = cw_arena_alloc(arena, out.n);
    if (p == NULL) {
        return CW_ERR_MEMORY;
    }
    out = cw_rlp_out_to(p, out.n);
    put_progress(&out, progress);
    *ret = cw_slice_of(p, out.n);
    return CW_OK;
}

static bool read_progress(struct opstack_progress *ret, struct cw_slice bytes) {
    struct opstack_progress p;
    memset(&p, 0, sizeof p);
    struct cw_rlp in, rejects;
    uint64_t version, outcome, type;
    if (cw_rlp_open_list(&in, bytes) != CW_OK || cw_rlp_u64(&in, &version) != CW_OK ||
        version != PROGRESS_VERSION || cw_rlp_u64(&in, &outcome) != CW_OK ||
        outcome > CW_OUTCOME_RELAY_FAILED || cw_rlp_u64(&in, &p.unknown_since_s) != CW_OK ||
        cw_rlp_u64(&in, &type) != CW_OK || type > UINT32_MAX ||
        cw_rlp_u64(&in, &p.since_s) != CW_OK || cw_rlp_bool(&in, &p.searching) != CW_OK ||
        cw_rlp_u64(&in, &p.search_end) != CW_OK || cw_rlp_u64(&in, &p.cursor) != CW_OK ||
        cw_rlp_bool(&in, &p.searched) != CW_OK || cw_rlp_bool(&in, &p.newest) != CW_OK ||
        cw_rlp_bool(&in, &p.relies) != CW_OK || cw_rlp_addr20(&in, &p.submitter) != CW_OK ||
        cw_rlp_u64(&in, &p.proven_s) != CW_OK || cw_rlp_bool(&in, &p.distrusts) != CW_OK ||
        cw_rlp_list(&in, &rejects) != CW_OK || cw_rlp_end(&in) != CW_OK) {
        return false;
    }
    p.outcome = (enum cw_outcome)outcome;
    p.type = (uint32_t)type;
    while (!cw_rlp_at_end(&rejects)) {
        if (p.rejects_n == OPSTACK_REJECTS_MAX ||
            cw_rlp_hash32(&rejects, &p.rejects[p.rejects_n]) != CW_OK) {
            return false;
        }
        p.rejects_n++;
    }
    *ret = p;
    return true;
}

void opstack_progress_decode(struct opstack_progress *ret, struct cw_slice bytes) {
    if (!read_progress(ret, bytes)) {
        memset(ret, 0, sizeof *ret);
    }
}

bool opstack_progress_equal(const struct opstack_progress *a, const struct opstack_progress *b) {
    if (a->outcome != b->outcome || a->unknown_since_s != b->unknown_since_s ||
        a->type != b->type || a->since_s != b->since_s || a->searching != b->searching ||
        a->search_end != b->search_end || a->cursor != b->cursor || a->searched != b->searched ||
        a->newest != b->newest || a->relies != b->relies ||
        !cw_addr20_equal(&a->submitter, &b->submitter) || a->proven_s != b->proven_s ||
        a->distrusts != b->distrusts || a->rejects_n != b->rejects_n) {
        return false;
    }
    return memcmp(a->rejects, b->rejects, a->rejects_n * sizeof a->rejects[0]) == 0;
}

void opstack_reject_key(struct cw_hash32 *out, const struct cw_hash32 *claim, uint64_t block) {
    struct cw_hash32 number = opstack_word_u64(block);
    cw_keccak256_pair(out, cw_slice_of(claim->b, 32), cw_slice_of(number.b, 32));
}

bool opstack_is_rejected(const struct opstack_progress *progress, const struct cw_hash32 *key) {
    for (size_t i = 0; i < progress->rejects_n; i++) {
        if (cw_hash32_equal(&progress->rejects[i], key)) {
            return true;
        }
    }
    return false;
}

void opstack_reject(struct opstack_progress *progress, const struct cw_hash32 *key) {
    if (opstack_is_rejected(progress, key)) {
        return;
    }
    if (progress->rejects_n == OPSTACK_REJECTS_MAX) {
        memmove(progress->rejects, progress->rejects + 1,
                (OPSTACK_REJECTS_MAX - 1) * sizeof progress->rejects[0]);
        progress->rejects_n--;
    }
    progress->rejects[progress->rejects_n++] = *key;
}
