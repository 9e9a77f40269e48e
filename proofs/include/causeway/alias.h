/* The address under which a contract of the settlement layer acts on a rollup: its own plus
 * 0x1111000000000000000000000000000000001111, modulo 2^160. Externally owned accounts keep theirs.
 *
 * Source: AddressAliasHelper.sol of Arbitrum Nitro and of the OP Stack. */
#ifndef CAUSEWAY_ALIAS_H
#define CAUSEWAY_ALIAS_H

#include <causeway/base.h>

#ifdef __cplusplus
extern "C" {
#endif

void cw_alias_apply(struct cw_addr20 *out, const struct cw_addr20 *address);
void cw_alias_undo(struct cw_addr20 *out, const struct cw_addr20 *alias);

#ifdef __cplusplus
}
#endif
#endif
