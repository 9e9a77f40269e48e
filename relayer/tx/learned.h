/* What steps of a kind needed of late. Nodes search for a step's gas by running it a dozen times or
 * more; run once with what was found for others like it, it goes well, or is searched for after
 * all. */
#ifndef TX_LEARNED_H
#define TX_LEARNED_H

#include <adapters/adapter.h>
#include <causeway/base.h>

#define CW_LEARNED_KINDS 16u
#define CW_LEARNED_KEPT  8u /* estimates, of one kind */

/* One function of one contract, simulated as one sender. */
struct cw_learned_kind {
    struct cw_addr20 from, to;
    uint8_t selector[4];
    uint64_t estimates[CW_LEARNED_KEPT]; /* a ring */
    unsigned noted;
    unsigned uses;
};

/* Zero: nothing is known. */
struct cw_learned {
    struct cw_learned_kind kinds[CW_LEARNED_KINDS]; /* a ring */
    unsigned added;
};

/* Gas that should do for the call, at least its gas_floor; 0: it is to be searched for, because too
 * little is known, because those before it differ much, or as now and then to stay up to date. */
uint64_t cw_learned_gas(struct cw_learned *learned, const struct cw_addr20 *from,
                        const struct cw_call *call);
/* What was found for the call. */
void cw_learned_note(struct cw_learned *learned, const struct cw_addr20 *from,
                     const struct cw_call *call, uint64_t estimate);
void cw_learned_forget(struct cw_learned *learned);

#endif
