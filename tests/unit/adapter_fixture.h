/* What the contract suite wants to know of a stack: a few worlds in which its adapter decides
 * something. A new adapter brings one of these. */
#ifndef ADAPTER_FIXTURE_H
#define ADAPTER_FIXTURE_H

#include <adapters/adapter.h>

struct adapter_fixture {
    const struct cw_adapter_ops *ops;
    size_t scenes_n;
    /* A world in memory; scenes decide all the same thing however often they are made. */
    void *(*make)(size_t scene);
    void (*unmake)(void *world);
    /* An opened adapter that was not prepared; the suite closes it. */
    struct cw_adapter *(*open)(void *world);
    const struct cw_heads *(*heads)(void *world); /* of both sides */
    const struct cw_message *(*message)(void *world);
    const struct cw_self *(*self)(void *world);
    void (*answer)(void *world, struct cw_io *io, struct cw_io_entry *entry);
    struct cw_hash32 (*source_hash)(void *world, struct cw_block_number block);
    uint64_t (*count)(void *world); /* what the contract's counter says; NULL without one */
    /* Logs of that side to be judged in that world, at most cap; NULL: none ever. */
    size_t (*judged)(void *world, struct cw_log *out, size_t cap);
    enum cw_side judged_side;
    /* What the decision must be. */
    enum cw_verb (*verb)(size_t scene);
    /* Bits of the evidence that verify() cannot judge at this scene's ACT, because they only say
     * where on the destination to look; and bits of the calldata that it leaves open. */
    size_t (*unbound_evidence)(size_t scene);
    size_t (*unbound_call)(size_t scene);
};

extern const struct adapter_fixture fixture_opstack;
extern const struct adapter_fixture fixture_ticket;
extern const struct adapter_fixture fixture_deposit;
extern const struct adapter_fixture fixture_exit; /* nitro, withdrawal */

#endif
