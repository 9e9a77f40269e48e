#include "tx/size.h"

#include <adapters/data_fee.h>

/* Source: go-ethereum core/txpool/legacypool, txMaxSize; reth, erigon, nethermind and besu follow.
 */
#define TX_MAX ((size_t)128 << 10)
/* All that is beside the calldata, with room. */
#define FIELDS 512u

size_t cw_tx_data_max(const struct cw_config_chain *chain) {
    size_t most = chain->data_fee != NULL ? chain->data_fee->tx_max : 0;
    return (most != 0 ? most : TX_MAX) - FIELDS;
}
