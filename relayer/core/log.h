/* One line a decision, on stderr: time, level, subject (route, chain, message), text. Only who
 * decides logs. */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <causeway/base.h>

enum cw_log_level { CW_LOG_DEBUG, CW_LOG_INFO, CW_LOG_WARN, CW_LOG_ERROR };

/* Of its name in a configuration: "debug", "info", "warn", "error"; info for anything else. */
enum cw_log_level cw_log_level_of(const char *name);

/* Lines below level are dropped; json: one JSON object a line instead of text. */
void cw_log_setup(enum cw_log_level level, bool json);
/* Called with each finished line instead of writing it (the live table, tests); NULL: stderr. */
void cw_log_redirect(void (*sink)(void *ctx, enum cw_log_level level, const char *line), void *ctx);
/* subject: "route op-legacy", "chain l1", a message's short id… Control characters and secrets
 * never reach the line: text that came from outside is escaped. */
void cw_log(enum cw_log_level level, const char *subject, const char *format, ...) CW_PRINTF(3, 4);

#endif
