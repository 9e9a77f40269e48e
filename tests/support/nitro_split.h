/* One transaction of the bed's rollup is one or more of Nitro's: what stands between the logs
 * Opened and Closed of the emulation at 0x6E is a transaction of its own there. */
#ifndef SUPPORT_NITRO_SPLIT_H
#define SUPPORT_NITRO_SPLIT_H

#include <causeway/base.h>

#include <cjson/cJSON.h>

struct nitro_part {
    const cJSON *receipt; /* the node's, of the transaction that this one is or was a part of */
    size_t position;      /* of that in the block */
    const char *raw;      /* hex; NULL: it is the node's transaction, without what is not its own */
    bool success;
    uint64_t gas_used;
    const cJSON **logs; /* the node's */
    size_t logs_n;
};

struct nitro_parts {
    struct nitro_part *part;
    size_t n;
};

/* A receipt of the bed's sequencer, whose transactions are shown as parts only. */
bool nitro_is_sequencer(const cJSON *receipt);
/* Opened or Closed */
bool nitro_is_mark(const cJSON *log);

/* All of a block in Nitro's order. False when the marks are not in pairs or malformed. */
bool nitro_split(struct nitro_parts *ret, const cJSON *receipts);
void nitro_parts_done(struct nitro_parts *parts);

/* What eth_getTransactionByHash says of a raw transaction of Nitro's own types, without its place
 * in a block; NULL when it is none. */
cJSON *nitro_transaction_new(struct cw_slice raw);

#endif
