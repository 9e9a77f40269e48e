/* JSON-RPC calls and answers as cJSON values, for the proxies. */
#ifndef SUPPORT_CALLS_H
#define SUPPORT_CALLS_H

#include <causeway/base.h>

#include <cjson/cJSON.h>

bool call_is(const cJSON *call, const char *method);
/* NULL when there are not so many. */
cJSON *call_param(const cJSON *call, int i);
/* Takes value. */
void call_set_param(cJSON *call, int i, cJSON *value);
cJSON *answer_result(const cJSON *answer);
/* Without result or error. */
cJSON *answer_new(const cJSON *call);
/* Takes result. */
cJSON *answer_with(const cJSON *call, cJSON *result);
cJSON *answer_error(const cJSON *call, int code, const char *message);
/* In the place of what it said. Takes result. */
void answer_set(cJSON *answer, cJSON *result);

/* latest, safe or finalized */
bool is_tag(const cJSON *value);
/* False when it is none. */
bool quantity(uint64_t *ret, const cJSON *value);
cJSON *quantity_new(uint64_t value);
cJSON *hex_new(struct cw_slice bytes);

/* A call; takes params. */
cJSON *call_new(const char *method, cJSON *params);
/* The result of one call to the node behind the proxy; NULL when there is none. Takes params. */
cJSON *ask_node(const char *method, cJSON *params);

#endif
