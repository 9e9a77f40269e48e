#include <causeway/keccak.h>

#include <string.h>

#include "keccak_paths.h"
#include "keccak_round.h"

/* Slices are handed out from a window of this many, the longest first, so that the lanes run dry
 * together at the end. */
#define WINDOW 256
/* Longer ones count as equally long. */
#define BLOCKS_MAX 16

struct queue {
    const struct cw_slice *in;
    size_t n;     /* slices in all */
    size_t begin; /* of the window */
    size_t size;  /* of the window */
    size_t taken; /* from the window */
    uint8_t order[WINDOW];
};

struct lane {
    struct cw_slice left; /* what is to be absorbed yet */
    size_t index;         /* of the slice; IDLE when there is none */
};
#define IDLE SIZE_MAX

/* All lanes side by side, as absorb_lanes wants them. */
struct lanes {
    _Alignas(64) uint64_t state[25 * KECCAK_LANES_MAX];
    _Alignas(64) uint64_t keep[KECCAK_LANES_MAX];
    _Alignas(64) uint8_t last[KECCAK_LANES_MAX][192];
    struct lane lane[KECCAK_LANES_MAX];
    size_t busy;
};

static size_t blocks_of(struct cw_slice in) {
    size_t n = in.n / CW_KECCAK_RATE;
    return n < BLOCKS_MAX ? n : BLOCKS_MAX - 1;
}

/* Opens the next window, sorted by counting. */
static void queue_turn(struct queue *queue) {
    size_t ends[BLOCKS_MAX] = {0};
    queue->begin += queue->size;
    queue->size = queue->n - queue->begin < WINDOW ? queue->n - queue->begin : WINDOW;
    queue->taken = 0;
    const struct cw_slice *in = queue->in + queue->begin;
    for (size_t i = 0; i < queue->size; i++) {
        ends[blocks_of(in[i])]++;
    }
    for (size_t k = BLOCKS_MAX - 1; k > 0; k--) {
        ends[k - 1] += ends[k];
    }
    for (size_t i = queue->size; i-- > 0;) {
        queue->order[--ends[blocks_of(in[i])]] = (uint8_t)i;
    }
}

/* The index of the next slice, IDLE when there is none. */
static size_t queue_take(struct queue *queue) {
    if (queue->taken == queue->size) {
        if (queue->begin + queue->size == queue->n) {
            return IDLE;
        }
        queue_turn(queue);
    }
    return queue->begin + queue->order[queue->taken++];
}

static void refill(struct lanes *lanes, size_t width, struct queue *queue) {
    for (size_t l = 0; l < width; l++) {
        struct lane *lane = &lanes->lane[l];
        if (lane->index == IDLE) {
            lane->index = queue_take(queue);
            if (lane->index == IDLE) {
                return;
            }
            lane->left = queue->in[lane->index];
            lanes->keep[l] = 0;
            lanes->busy++;
        }
    }
}

/* Where the lane's next block stands; *ret_last says that it is the last one. */
static const uint8_t *next_block(struct lane *lane, uint8_t last[192], bool *ret_last) {
    const uint8_t *block = lane->left.p;
    size_t n = lane->left.n;
    *ret_last = n < CW_KECCAK_RATE;
    if (!*ret_last) {
        lane->left = cw_slice_of(block + CW_KECCAK_RATE, n - CW_KECCAK_RATE);
        return block;
    }
    memset(last, 0, CW_KECCAK_RATE);
    if (n > 0) {
        memcpy(last, block, n);
    }
    last[n] = 0x01;
    last[CW_KECCAK_RATE - 1] |= 0x80;
    return last;
}

/* One block of every lane. */
static void step(const struct keccak_lanes_ops *ops, struct lanes *lanes, struct cw_hash32 *out) {
    static const uint8_t nothing[CW_KECCAK_RATE];
    const uint8_t *blocks[KECCAK_LANES_MAX];
    bool last[KECCAK_LANES_MAX] = {false};
    for (size_t l = 0; l < ops->lanes; l++) {
        blocks[l] = lanes->lane[l].index == IDLE
                        ? nothing
                        : next_block(&lanes->lane[l], lanes->last[l], &last[l]);
    }
    ops->absorb(lanes->state, lanes->keep, blocks);
    for (size_t l = 0; l < ops->lanes; l++) {
        lanes->keep[l] = UINT64_MAX;
        if (last[l]) {
            uint8_t *digest = out[lanes->lane[l].index].b;
            for (size_t i = 0; i < 4; i++) {
                keccak_store(digest + 8 * i, lanes->state[ops->lanes * i + l]);
            }
            lanes->lane[l].index = IDLE;
            lanes->busy--;
        }
    }
}

/* The lane goes on by itself. */
static void leave(const struct keccak_ops *ops, size_t width, const struct lanes *lanes, size_t l,
                  struct cw_hash32 *out) {
    uint64_t state[25];
    for (size_t i = 0; i < 25; i++) {
        state[i] = lanes->state[width * i + l] & lanes->keep[l];
    }
    cw_keccak_rest(ops, out, state, lanes->lane[l].left);
}

void cw_keccak_batch_with(const struct keccak_ops *ops, struct cw_hash32 *out,
                          const struct cw_slice *in, size_t n) {
    const struct keccak_lanes_ops *by = n <= ops->narrow.lanes ? &ops->narrow : &ops->wide;
    if (by->lanes == 0 || n < KECCAK_LANES_MIN) {
        for (size_t i = 0; i < n; i++) {
            uint64_t state[25] = {0};
            cw_keccak_rest(ops, &out[i], state, in[i]);
        }
        return;
    }
    struct queue queue;
    queue.in = in;
    queue.n = n;
    queue.begin = queue.size = queue.taken = 0;
    /* The state needs no value yet: keep lets nothing of it through. */
    struct lanes lanes;
    lanes.busy = 0;
    for (size_t l = 0; l < KECCAK_LANES_MAX; l++) {
        lanes.keep[l] = 0;
        lanes.lane[l].index = IDLE;
    }
    for (;;) {
        refill(&lanes, by->lanes, &queue);
        if (lanes.busy < KECCAK_LANES_MIN) {
            break;
        }
        step(by, &lanes, out);
    }
    for (size_t l = 0; l < by->lanes; l++) {
        if (lanes.lane[l].index != IDLE) {
            leave(ops, by->lanes, &lanes, l, &out[lanes.lane[l].index]);
        }
    }
}

void cw_keccak256_batch(struct cw_hash32 *out, const struct cw_slice *in, size_t n) {
    cw_keccak_batch_with(cw_keccak_best_ops(), out, in, n);
}

void cw_keccak256_batch_on(enum cw_keccak_path path, struct cw_hash32 *out,
                           const struct cw_slice *in, size_t n) {
    cw_keccak_batch_with(cw_keccak_path_ops(path), out, in, n);
}
