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

#include <getopt.h>

/* What every command returns. */
enum cw_exit {
    CW_EXIT_OK = 0,
    CW_EXIT_NO = 1,     /* the answer is no */
    CW_EXIT_USAGE = 2,  /* usage or bad input */
    CW_EXIT_UNKNOWN = 3 /* could not tell: unreachable, unreadable, busy */
};

int cw_cli_main(int argc, char **argv);

/* argv[0] is "causeway NAME", which is what getopt's messages start with. */
int cw_cmd_run(int argc, char **argv);
int cw_cmd_prove(int argc, char **argv);
int cw_cmd_check_config(int argc, char **argv);
int cw_cmd_doctor(int argc, char **argv);
int cw_cmd_init(int argc, char **argv);
int cw_cmd_status(int argc, char **argv);
int cw_cmd_messages(int argc, char **argv);
int cw_cmd_verdicts(int argc, char **argv);
int cw_cmd_audit(int argc, char **argv);
int cw_cmd_show(int argc, char **argv);
int cw_cmd_stages(int argc, char **argv);
int cw_cmd_stats(int argc, char **argv);
int cw_cmd_retry(int argc, char **argv);
int cw_cmd_hold(int argc, char **argv);
int cw_cmd_release(int argc, char **argv);
int cw_cmd_alerts(int argc, char **argv);
int cw_cmd_verify(int argc, char **argv);
int cw_cmd_hash(int argc, char **argv);
int cw_cmd_decode(int argc, char **argv);
int cw_cmd_signer(int argc, char **argv);
int cw_cmd_keys(int argc, char **argv);
int cw_cmd_token(int argc, char **argv);
int cw_cmd_completions(int argc, char **argv);
int cw_cmd_manual(int argc, char **argv);
int cw_cmd_version(int argc, char **argv);

/* Where the configuration is: path; NULL: $CAUSEWAY_CONFIG, ./causeway.json,
 * /etc/causeway/causeway.json, the first that is set or exists. */
CW_MUST_USE enum cw_err cw_cli_config_path(const char **ret, const char *path,
                                           struct cw_error *error);
/* The configuration there. */
CW_MUST_USE enum cw_err cw_cli_config(struct cw_config **ret, const char *path,
                                      struct cw_error *error);

/* Prints "causeway: text" on stderr and returns the exit code that fits error->code. */
int cw_cli_fail(const struct cw_error *error);

/* --- options that every command has ----------------------------------------------------------- */

struct cw_cli_common {
    const char *config; /* NULL: the default */
    bool json;
};

#define CW_CLI_COLOUR 0x100 /* beyond any letter */

/* clang-format off */
#define CW_CLI_COMMON_OPTIONS                                                                      \
    {"config", required_argument, NULL, 'c'}, {"json", no_argument, NULL, 'j'},                    \
    {"color", required_argument, NULL, CW_CLI_COLOUR},                                             \
    {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}
/* clang-format on */

#define CW_CLI_GO_ON (-1)
/* Takes one of them; --help prints help. CW_CLI_GO_ON, or the exit code to stop with. */
int cw_cli_option(int option, struct cw_cli_common *common, const char *help);
/* Says what is wrong and how the command is used (help's first lines), on stderr. */
int cw_cli_usage(const char *help, const char *wrong);
/* The same for a kind (of proof, hash, …) that is none of names, which end with NULL. */
int cw_cli_no_kind(const char *help, const char *kind, const char *const *names);
/* A number of entries from 1 to most. False: something else. */
bool cw_cli_limit(const char *text, size_t most, size_t *ret);

/* --- what the daemon is asked for --------------------------------------------------------------
 */

struct cw_cli_view;

#define CW_CLI_WAIT_MS 5000u /* where --wait does not say */
/* Seconds, 0 to 3600. False: something else. */
bool cw_cli_wait(const char *text, uint64_t *ret_ms);
/* Writes the command down, waits for the daemon's answer and prints it; verb, subject, text and
 * args are set. The view is not read from after it. good: what an answer begins with that is not a
 * no; NULL: any. The exit code. */
int cw_cli_order(struct cw_cli_view *view, struct cw_store_command *command, uint64_t wait_ms,
                 bool json, const char *good);

/* --- what reading commands work on ------------------------------------------------------------ */

struct cw_cli_view {
    struct cw_config *config;
    const char *path; /* of the database */
    struct cw_store *store;
    struct cw_store_route_row *routes;
    size_t routes_n;
    struct cw_store_chain_row *chains;
    size_t chains_n;
    struct cw_arena arena; /* for everything that is read */
};

/* Configuration, database (read-only, one view over everything that is read) and its routes and
 * chains. _close takes a view that was not or only partly opened, but zeroed. */
CW_MUST_USE enum cw_err cw_cli_view_open(struct cw_cli_view *view, const char *config_path,
                                         struct cw_error *error);
void cw_cli_view_close(struct cw_cli_view *view);
/* NULL when the configuration has no such chain (any longer). */
const struct cw_config_chain *cw_cli_chain_config(const struct cw_cli_view *view,
                                                  const struct cw_store_chain_row *chain);

/* NULL when there is none. */
const struct cw_store_route_row *cw_cli_route(const struct cw_cli_view *view, int64_t row);
const struct cw_store_route_row *cw_cli_route_named(const struct cw_cli_view *view,
                                                    const char *name);
const struct cw_store_chain_row *cw_cli_chain(const struct cw_cli_view *view, int64_t row);
/* "ETH" where the configuration does not say. */
const char *cw_cli_symbol(const struct cw_cli_view *view, int64_t chain);
/* Refused with the nearest name. */
CW_MUST_USE enum cw_err cw_cli_find_route(const struct cw_cli_view *view, const char *name,
                                          const struct cw_store_route_row **ret,
                                          struct cw_error *error);

/* Messages that text means on a route (its name; NULL: any): an id, an alias, the hash of a source
 * transaction, or the first 8 or more digits of an id. *ret_n is 0 when there is none; CW_ERR_INPUT
 * when there is no such route, text can't mean a message, a prefix fits more than one, or one id
 * stands on several routes. */
CW_MUST_USE enum cw_err cw_cli_find(struct cw_cli_view *view, const char *text, const char *route,
                                    struct cw_store_message **ret, size_t *ret_n,
                                    struct cw_error *error);
/* CW_ERR_INPUT: text means a message on each of these n routes. */
enum cw_err cw_cli_on_several(const char *text, const char *const *routes, size_t n,
                              struct cw_error *error);

/* Says that none was found (on that route; NULL: any); the exit code. */
int cw_cli_not_found(const char *text, const char *route);

#endif
