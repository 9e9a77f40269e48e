/* One line a decision, on stderr: time, level, subject (route, chain, message), text. Only who
 * decides logs. From any thread: lines are written one after the other. */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <causeway/base.h>

enum cw_log_level { CW_LOG_DEBUG, CW_LOG_INFO, CW_LOG_WARN, CW_LOG_ERROR };

/* Of its name in a configuration: "debug", "info", "warn", "error"; info for anything else. */
enum cw_log_level cw_log_level_of(const char *name);
/* False: none has that name. */
bool cw_log_level_parse(enum cw_log_level *ret, const char *name);

/* Lines below level are dropped; json: one JSON object a line instead of text. */
void cw_log_setup(enum cw_log_level level, bool json);
/* Another level from now on: of all lines (component "", which ends what was set for components),
 * or of those whose subject is component or begins with it and a blank. CW_ERR_LIMIT: 16 components
 * have one of their own. CW_ERR_INPUT: longer than a subject. */
CW_MUST_USE enum cw_err cw_log_level_set(const char *component, enum cw_log_level level);
/* Called with each finished line instead of writing it (the live table, tests), from any thread,
 * one at a time, and not after the next _redirect; must not log. NULL: stderr. */
void cw_log_redirect(void (*sink)(void *ctx, enum cw_log_level level, const char *line), void *ctx);
/* subject: "route op-legacy", "chain l1", a message's short id… Control characters and secrets
 * never reach the line: text that came from outside is escaped. */
void cw_log(enum cw_log_level level, const char *subject, const char *format, ...) CW_PRINTF(3, 4);

#endif
