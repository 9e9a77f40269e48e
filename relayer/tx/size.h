/* How long a transaction may be. Nodes hand on none that is longer, whatever it pays: signed, it
 * would hold its nonce, and with it all that comes behind, for ever. */
#ifndef TX_SIZE_H
#define TX_SIZE_H

#include "core/config.h"

/* Bytes of calldata that a transaction on the chain may have. */
size_t cw_tx_data_max(const struct cw_config_chain *chain);

#endif
