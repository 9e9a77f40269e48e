/* Shared by the files that write alerts only. */
#ifndef MONITOR_ALERT_PRIVATE_H
#define MONITOR_ALERT_PRIVATE_H

#include "monitor/alert.h"

/* JSON: commas are put by themselves; key NULL: an element of a list. */
void alert_open(struct cw_buf *out, const char *key, char bracket);
void alert_close(struct cw_buf *out, char bracket);
/* Left out when it is "". */
void alert_text(struct cw_buf *out, const char *key, const char *value);
void alert_number(struct cw_buf *out, const char *key, uint64_t value);
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
