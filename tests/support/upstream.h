/* The node behind a proxy. One at a time; not thread-safe. */
#ifndef SUPPORT_UPSTREAM_H
#define SUPPORT_UPSTREAM_H

#include <cjson/cJSON.h>

/* name stands before what is said on stderr. Both are borrowed until upstream_close. */
void upstream_open(const char *url, const char *name);
void upstream_close(void);

/* The answer to a call or a batch; NULL when the node does not answer, or not with JSON. */
cJSON *ask_upstream(const cJSON *request);

#endif
