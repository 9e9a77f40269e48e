/* The command line: the table of commands, and what they share. Results go to stdout, errors to
 * stderr. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "core/clock.h"
#include "core/config.h"
#include "core/json.h"
#include "store/store.h"

#include <causeway/arena.h>
#include <causeway/base.h>

/* What every command returns. */
enum cw_exit {
    CW_EXIT_OK = 0,
    CW_EXIT_NO = 1,     /* the answer is no */
    CW_EXIT_USAGE = 2,  /* usage or bad input */
    CW_EXIT_UNKNOWN = 3 /* could not tell: unreachable, unreadable, busy */
};

int cw_cli_main(int argc, char **argv);

/* argv[0] is the command's own name. */
int cw_cmd_run(int argc, char **argv);
int cw_cmd_prove(int argc, char **argv);
int cw_cmd_check_config(int argc, char **argv);
int cw_cmd_status(int argc, char **argv);
int cw_cmd_messages(int argc, char **argv);
int cw_cmd_show(int argc, char **argv);
int cw_cmd_retry(int argc, char **argv);
int cw_cmd_hold(int argc, char **argv);
int cw_cmd_release(int argc, char **argv);
int cw_cmd_version(int argc, char **argv);

/* The configuration at path; NULL: $CAUSEWAY_CONFIG, ./causeway.json, /etc/causeway/causeway.json,
 * the first that is set or exists. */
CW_MUST_USE enum cw_err cw_cli_config(struct cw_config **ret, const char *path,
                                      struct cw_error *error);

/* "data_dir/causeway.db" from the arena, NULL when it is full. */
const char *cw_cli_store_path(const struct cw_config *config, struct cw_arena *arena);

/* Prints "causeway: text" on stderr and returns the exit code that fits error->code. */
int cw_cli_fail(const struct cw_error *error);

#endif
