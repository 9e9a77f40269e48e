#include <adapters/io.h>

#include <assert.h>
#include <string.h>

void cw_io_init(struct cw_io *io, struct cw_arena *arena, const struct cw_heads heads[CW_SIDES]) {
    io->arena = arena;
    io->n = 0; /* the entries behind it are many, and few are ever touched */
    io->overflow = false;
    for (size_t i = 0; i < CW_SIDES; i++) {
        io->heads[i] = heads[i];
    }
}

static bool topics_equal(const struct cw_topic_set a[CW_TOPICS],
                         const struct cw_topic_set b[CW_TOPICS]) {
    for (size_t i = 0; i < CW_TOPICS; i++) {
        if (a[i].n != b[i].n) {
            return false;
        }
        for (size_t k = 0; k < a[i].n; k++) {
            if (!cw_hash32_equal(&a[i].p[k], &b[i].p[k])) {
                return false;
            }
        }
    }
    return true;
}

bool cw_request_equal(const struct cw_request *a, const struct cw_request *b) {
    if (a->kind != b->kind || a->side != b->side) {
        return false;
    }
    switch (a->kind) {
    case CW_REQUEST_CALL:
        return cw_hash32_equal(&a->block_hash, &b->block_hash) && cw_addr20_equal(&a->to, &b->to) &&
               cw_addr20_equal(&a->from, &b->from) && cw_slice_equal(a->data, b->data);
    case CW_REQUEST_HEADER:
        return a->block_number.v == b->block_number.v;
    case CW_REQUEST_PROOF:
        return a->block_number.v == b->block_number.v && cw_addr20_equal(&a->to, &b->to) &&
               cw_hash32_equal(&a->slot, &b->slot);
    case CW_REQUEST_LOGS:
        return a->turn == b->turn && a->from_block.v == b->from_block.v &&
               a->block_number.v == b->block_number.v &&
               cw_hash32_equal(&a->block_hash, &b->block_hash) && cw_addr20_equal(&a->to, &b->to) &&
               topics_equal(a->topics, b->topics);
    case CW_REQUEST_RECEIPT:
        return cw_hash32_equal(&a->block_hash, &b->block_hash) &&
               cw_hash32_equal(&a->slot, &b->slot);
    case CW_REQUEST_BLOCK:
        return cw_hash32_equal(&a->block_hash, &b->block_hash);
    case CW_REQUEST_TX:
        return cw_hash32_equal(&a->slot, &b->slot);
    case CW_REQUEST_TRACE:
        return cw_hash32_equal(&a->slot, &b->slot) && cw_addr20_equal(&a->to, &b->to);
    }
    return false;
}

static uint64_t mix(uint64_t h, uint64_t v) {
    h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ (h >> 29);
}

static uint64_t mix_bytes(uint64_t h, const uint8_t *p, size_t n) {
    while (n > 0) {
        uint64_t word = 0;
        size_t take = n < sizeof word ? n : sizeof word;
        memcpy(&word, p, take);
        h = mix(h, word ^ ((uint64_t)take << 56));
        p += take;
        n -= take;
    }
    return h;
}

/* Only what cw_request_equal() compares may enter. */
uint64_t cw_request_hash(const struct cw_request *a) {
    uint64_t h = mix(UINT64_C(0x243f6a8885a308d3), (uint64_t)a->kind << 8 | (uint64_t)a->side);
    switch (a->kind) {
    case CW_REQUEST_CALL:
        h = mix_bytes(h, a->block_hash.b, sizeof a->block_hash.b);
        h = mix_bytes(h, a->to.b, sizeof a->to.b);
        h = mix_bytes(h, a->from.b, sizeof a->from.b);
        return mix_bytes(mix(h, a->data.n), a->data.p, a->data.n);
    case CW_REQUEST_HEADER:
        return mix(h, a->block_number.v);
    case CW_REQUEST_PROOF:
        h = mix_bytes(mix(h, a->block_number.v), a->to.b, sizeof a->to.b);
        return mix_bytes(h, a->slot.b, sizeof a->slot.b);
    case CW_REQUEST_LOGS:
        h = mix(mix(mix(h, a->from_block.v), a->block_number.v), a->turn);
        h = mix_bytes(h, a->block_hash.b, sizeof a->block_hash.b);
        h = mix_bytes(h, a->to.b, sizeof a->to.b);
        for (size_t i = 0; i < CW_TOPICS; i++) {
            h = mix(h, a->topics[i].n);
            for (size_t k = 0; k < a->topics[i].n; k++) {
                h = mix_bytes(h, a->topics[i].p[k].b, sizeof a->topics[i].p[k].b);
            }
        }
        return h;
    case CW_REQUEST_RECEIPT:
        h = mix_bytes(h, a->block_hash.b, sizeof a->block_hash.b);
        return mix_bytes(h, a->slot.b, sizeof a->slot.b);
    case CW_REQUEST_BLOCK:
        return mix_bytes(h, a->block_hash.b, sizeof a->block_hash.b);
    case CW_REQUEST_TX:
        return mix_bytes(h, a->slot.b, sizeof a->slot.b);
    case CW_REQUEST_TRACE:
        h = mix_bytes(h, a->to.b, sizeof a->to.b);
        return mix_bytes(h, a->slot.b, sizeof a->slot.b);
    }
    return h;
}

bool cw_request_copy(struct cw_request *ret, struct cw_arena *arena,
                     const struct cw_request *request) {
    struct cw_request own = *request;
    if (own.data.n > 0) {
        own.data = cw_arena_copy(arena, own.data);
        if (own.data.p == NULL) {
            return false;
        }
    }
    for (size_t i = 0; i < CW_TOPICS; i++) {
        struct cw_topic_set *set = &own.topics[i];
        if (set->n > 0) {
            struct cw_hash32 *values = cw_arena_array(arena, set->n, sizeof *values);
            if (values == NULL) {
                return false;
            }
            memcpy(values, set->p, set->n * sizeof *values);
            set->p = values;
        }
    }
    *ret = own;
    return true;
}

static const struct cw_answer *ask(struct cw_io *io, const struct cw_request *request) {
    for (size_t i = 0; i < io->n; i++) {
        if (cw_request_equal(&io->entries[i].request, request)) {
            return io->entries[i].answer;
        }
    }
    if (io->n == CW_IO_REQUESTS) {
        io->overflow = true;
        return NULL;
    }
    struct cw_request own;
    if (!cw_request_copy(&own, io->arena, request)) {
        io->overflow = true;
        return NULL;
    }
    io->entries[io->n++] = (struct cw_io_entry){.request = own, .answer = NULL};
    return NULL;
}

const struct cw_answer *cw_io_call_from(struct cw_io *io, enum cw_side side,
                                        const struct cw_block_ref *at, const struct cw_addr20 *from,
                                        const struct cw_addr20 *to, struct cw_slice data) {
    return ask(io, &(struct cw_request){.kind = CW_REQUEST_CALL,
                                        .side = side,
                                        .block_hash = at->hash,
                                        .block_number = at->number,
                                        .from = *from,
                                        .to = *to,
                                        .data = data});
}

const struct cw_answer *cw_io_call(struct cw_io *io, enum cw_side side,
                                   const struct cw_block_ref *at, const struct cw_addr20 *to,
                                   struct cw_slice data) {
    const struct cw_addr20 nobody = {{0}};
    return cw_io_call_from(io, side, at, &nobody, to, data);
}

const struct cw_answer *cw_io_header(struct cw_io *io, enum cw_side side,
                                     struct cw_block_number number) {
    return ask(
        io, &(struct cw_request){.kind = CW_REQUEST_HEADER, .side = side, .block_number = number});
}

const struct cw_answer *cw_io_proof(struct cw_io *io, enum cw_side side,
                                    struct cw_block_number number, const struct cw_addr20 *account,
                                    const struct cw_hash32 *slot) {
    return ask(io, &(struct cw_request){.kind = CW_REQUEST_PROOF,
                                        .side = side,
                                        .block_number = number,
                                        .to = *account,
                                        .slot = *slot});
}

const struct cw_answer *cw_io_logs(struct cw_io *io, enum cw_side side, struct cw_block_number from,
                                   const struct cw_block_ref *to, const struct cw_addr20 *contract,
                                   const struct cw_topic_set topics[CW_TOPICS], unsigned turn) {
    struct cw_request request = {.kind = CW_REQUEST_LOGS,
                                 .side = side,
                                 .from_block = from,
                                 .block_number = to->number,
                                 .block_hash = to->hash,
                                 .to = *contract,
                                 .turn = turn};
    static const struct cw_answer none = {.status = CW_ANSWER_OK};
    if (from.v > to->number.v) {
        return &none;
    }
    for (size_t i = 0; i < CW_TOPICS; i++) {
        assert(topics[i].n <= CW_TOPIC_VALUES_MAX);
        request.topics[i] = topics[i];
    }
    return ask(io, &request);
}

const struct cw_answer *cw_io_receipt(struct cw_io *io, enum cw_side side,
                                      const struct cw_block_ref *at,
                                      const struct cw_hash32 *tx_hash) {
    return ask(io, &(struct cw_request){.kind = CW_REQUEST_RECEIPT,
                                        .side = side,
                                        .block_hash = at->hash,
                                        .block_number = at->number,
                                        .slot = *tx_hash});
}

const struct cw_answer *cw_io_block(struct cw_io *io, enum cw_side side,
                                    const struct cw_hash32 *hash) {
    return ask(io,
               &(struct cw_request){.kind = CW_REQUEST_BLOCK, .side = side, .block_hash = *hash});
}

const struct cw_answer *cw_io_tx(struct cw_io *io, enum cw_side side,
                                 const struct cw_hash32 *tx_hash) {
    return ask(io, &(struct cw_request){.kind = CW_REQUEST_TX, .side = side, .slot = *tx_hash});
}

const struct cw_answer *cw_io_trace(struct cw_io *io, enum cw_side side,
                                    const struct cw_hash32 *tx_hash,
                                    const struct cw_addr20 *contract) {
    return ask(io, &(struct cw_request){
                       .kind = CW_REQUEST_TRACE, .side = side, .slot = *tx_hash, .to = *contract});
}
