/* One deposit of an OP Stack rollup, in memory: the portal's log on the settlement layer, and what
 * the L2 says of it. Set the fields, ask the adapter, look at what it decides. */
#ifndef DEPOSIT_MODEL_H
#define DEPOSIT_MODEL_H

#include <adapters/adapter.h>
#include <causeway/op_deposit.h>

#define DEPOSIT_T0 1700000000u

enum deposit_kind {
    DEPOSIT_RAW = 1,
    DEPOSIT_CREATION,
    DEPOSIT_RELAY,      /* through the messengers */
    DEPOSIT_OWN_REPLAY, /* somebody's raw deposit to the L2 messenger */
};

struct deposit_model {
    struct cw_arena arena;
    struct cw_heads heads[CW_SIDES];
    struct cw_addr20 portal, l1_messenger;
    const char *portal_version;
    bool not_wired; /* the L1 messenger's portal is another one */

    /* the L2's word */
    bool included, success;
    uint64_t block; /* of its transaction there; the head is 500, final is 480 */
    bool ran_latest, ran_final, failed_latest, failed_final;
    bool down;          /* nobody answers */
    bool forgotten;     /* nobody has the header of its block */
    uint32_t malformed; /* the call with this selector is answered by rubbish */

    enum deposit_kind kind;
    struct cw_op_deposit deposit;
    struct cw_log log; /* the portal's */
    struct cw_event event;
    struct cw_message message;
    struct cw_self self;
    size_t rounds, requests; /* of the last look */
};

/* In block 100 of the settlement layer, which is final; not on the L2 yet. */
struct deposit_model *deposit_new(enum deposit_kind kind);
void deposit_free(struct deposit_model *model);
/* Opened, not prepared. */
struct cw_adapter *deposit_open(const struct deposit_model *model);
struct cw_preparation deposit_prepare(struct deposit_model *model, struct cw_adapter *adapter);
/* The hash of the settlement layer's block of that number. */
struct cw_hash32 deposit_block_hash(uint64_t number);
void deposit_answer(struct deposit_model *model, struct cw_io_entry *entry);
/* One look with as many rounds as a host grants; an ACT is verified as a host does. */
struct cw_decision deposit_look(struct deposit_model *model, struct cw_adapter *adapter);

#endif
