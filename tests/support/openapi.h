/* config/openapi.json: what is asked, and whether an answer is one that it describes. */
#ifndef SUPPORT_OPENAPI_H
#define SUPPORT_OPENAPI_H

#include "schema.h"

#define OPENAPI_OPERATIONS 128u

struct openapi_operation {
    const char *method;          /* "get", "post" */
    const char *path;            /* "/v1/messages/{id}" */
    const struct cw_json *json;  /* with parameters, responses, … */
    unsigned answers, successes; /* that openapi_answer was shown */
};

struct openapi {
    struct schema_file *file;
    struct openapi_operation operations[OPENAPI_OPERATIONS];
    size_t n;
};

/* As schema_load. */
struct openapi *openapi_load(const char *path);
void openapi_free(struct openapi *api); /* takes NULL */

struct openapi_answer {
    const char *method; /* "GET" */
    const char *target; /* path and query, as sent */
    unsigned status;
    const char *type; /* media type, with or without parameters; "" for none */
    struct cw_slice body;
};
/* Counts it at its operation. why: what is not as described. What is asked of a path that is not
 * there, or by another method, must be a problem. */
bool openapi_answer(struct openapi *api, const struct openapi_answer *answer, char why[SCHEMA_WHY]);

/* One event of a stream. */
bool openapi_event(struct openapi *api, const char *type, struct cw_slice data,
                   char why[SCHEMA_WHY]);

#endif
