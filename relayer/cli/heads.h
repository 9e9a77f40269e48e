/* A block by tag for commands, as the operators of a chain agree. */
#ifndef CLI_HEADS_H
#define CLI_HEADS_H

#include "core/config.h"
#include "core/loop.h"
#include "net/rpc.h"

#include <causeway/base.h>

/* The block that `quorum` operators of the chain give for the tag: the same one or, since honest
 * nodes may be a block apart, the one at the greatest height that as many have reached. Drives the
 * loop meanwhile. */
CW_MUST_USE enum cw_err cw_cli_head(struct cw_loop *loop, struct cw_rpc *rpc,
                                    const struct cw_config_chain *chain, const char *tag,
                                    struct cw_block_ref *ret, struct cw_error *error);

#endif
