/* `causeway check-config --effective`. */
#ifndef CLI_EFFECTIVE_H
#define CLI_EFFECTIVE_H

#include "cli/cli.h"

/* Prints every value that is in force, with its origin; the exit code. */
int cw_cli_effective(const struct cw_cli_common *common);

#endif
