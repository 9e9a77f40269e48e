/* Shared by the files that write alerts only. */
#ifndef MONITOR_ALERT_PRIVATE_H
#define MONITOR_ALERT_PRIVATE_H

#include "monitor/alert.h"
#include "monitor/json_out.h"

/* What stands in buf as text, which is then done with. */
void alert_take(struct cw_buf *out, const char *key, struct cw_buf *buf);

/* "2023-11-14T22:13:20.000Z" */
#define ALERT_TIME_SIZE 64
char *alert_time(char out[ALERT_TIME_SIZE], uint64_t ms);

/* The incident's members beside kind, severity and text, as pairs for people ("settlement block",
 * "123 0x…"); what is empty is left out. */
void alert_details(const struct cw_alert *alert,
                   void (*put)(void *ctx, const char *name, const char *value), void *ctx);

/* What happened: the text, or how it ended, or why it changed. */
const char *alert_what(const struct cw_alert *alert);

#endif
