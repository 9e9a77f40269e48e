/* The lying proxy's own version of a chain: whatever is asked of its blocks is answered as a node
 * would that has followed it, the same way each time. */
#ifndef SUPPORT_FORGE_H
#define SUPPORT_FORGE_H

#include <causeway/base.h>

#include <cjson/cJSON.h>

enum forge_shape {
    FORGE_ABOVE, /* on the node's latest block; safe and finalized are the node's own */
    FORGE_FORK,  /* from arg blocks below the node's final one on, safe and finalized with it */
    FORGE_BLOCKS /* each arg-th block by itself, on the node's own parent */
};

/* What that version has to say; NULL: what the node says (to call, which may be changed: state at a
 * forged block is the node's latest one). */
cJSON *forge_answer(enum forge_shape shape, double arg, cJSON *call);
/* {"address","topics","data"} each: they stand in the next block that is forged, beside what stands
 * there anyway. False when malformed. */
bool forge_logs(const cJSON *logs);
/* The ids of the withdrawals that were made up since the program began. */
cJSON *forge_ids(void);
/* The next call begins another version. */
void forge_reset(void);

#endif
