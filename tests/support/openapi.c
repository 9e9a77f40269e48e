#include "openapi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PROBLEM "#/components/schemas/Problem"

struct openapi *openapi_load(const char *path) {
    struct openapi *api = calloc(1, sizeof *api);
    if (!api)
        abort();
    api->file = schema_load(path);
    const struct cw_json *paths = cw_json_get(schema_root(api->file), "paths");
    for (const struct cw_json *p = cw_json_first(paths); p; p = cw_json_next(p))
        for (const struct cw_json *o = cw_json_first(p); o; o = cw_json_next(o)) {
            if (api->n == OPENAPI_OPERATIONS)
                abort();
            api->operations[api->n++] = (struct openapi_operation){
                .method = cw_json_key(o), .path = cw_json_key(p), .json = o};
        }
    return api;
}

void openapi_free(struct openapi *api) {
    if (!api)
        return;
    schema_free(api->file);
    free(api);
}

/* --- which operation -------------------------------------------------------------------------- */

/* -1: no; else how many parts of the path are names. */
static int fits(const char *pattern, const char *path, size_t path_n) {
    const char *end = path + path_n;
    int names = 0;
    while (*pattern == '/' && path < end && *path == '/') {
        const size_t n = strcspn(++pattern, "/");
        size_t m = 0;
        path++;
        while (path + m < end && path[m] != '/')
            m++;
        if (pattern[0] == '{' && m > 0)
            names++;
        else if (n != m || strncmp(pattern, path, n) != 0)
            return -1;
        pattern += n;
        path += m;
    }
    return *pattern == '\0' && path == end ? names : -1;
}

static struct openapi_operation *find(struct openapi *api, const struct openapi_answer *answer) {
    const char *method = strcmp(answer->method, "HEAD") == 0 ? "GET" : answer->method;
    const size_t n = strcspn(answer->target, "?");
    struct openapi_operation *found = NULL;
    int best = -1;
    for (size_t i = 0; i < api->n; i++) {
        struct openapi_operation *o = &api->operations[i];
        const bool same = strcasecmp(o->method, method) == 0 && method[0] < 'a';
        const int names = same ? fits(o->path, answer->target, n) : -1;
        if (names >= 0 && (best < 0 || names < best)) {
            found = o;
            best = names;
        }
    }
    return found;
}

/* --- what it says ----------------------------------------------------------------------------- */

static bool refuse(char why[SCHEMA_WHY], const char *text, const char *what) {
    snprintf(why, SCHEMA_WHY, "%s %.300s", text, what);
    return false;
}

/* status: of a problem; else 0. */
static bool json_holds(struct openapi *api, const struct cw_json *schema, struct cw_slice body,
                       unsigned status, char why[SCHEMA_WHY]) {
    struct cw_json_doc *doc = NULL;
    struct cw_error error;
    uint64_t said = 0;
    if (cw_json_parse(&doc, body, false, &error) != CW_OK)
        return refuse(why, "no JSON:", error.text);
    const struct cw_json *root = cw_json_root(doc);
    bool good = schema_holds(api->file, schema, root, why);
    if (good && status > 0 &&
        (cw_json_u64(&said, cw_json_get(root, "status")) != CW_OK || said != status))
        good = refuse(why, "a problem", "that gives another status than it has");
    cw_json_free(doc);
    return good;
}

static bool problem_holds(struct openapi *api, const struct openapi_answer *answer,
                          char why[SCHEMA_WHY]) {
    if (answer->status < 400)
        return refuse(why, "answered, and not there:", answer->target);
    if (strcmp(answer->type, "application/problem+json") != 0)
        return refuse(why, "no problem, but", answer->type);
    return strcmp(answer->method, "HEAD") == 0 ||
           json_holds(api, schema_at(api->file, PROBLEM), answer->body, answer->status, why);
}

static bool body_holds(struct openapi *api, const struct cw_json *response,
                       const struct openapi_answer *answer, char why[SCHEMA_WHY]) {
    const struct cw_json *content = cw_json_get(response, "content");
    char type[64];
    if (!content)
        return answer->body.n == 0 || refuse(why, "a body, where none is", "described");
    snprintf(type, sizeof type, "%.*s", (int)strcspn(answer->type, ";"), answer->type);
    const struct cw_json *media = cw_json_get(content, type);
    if (!media)
        return refuse(why, "not of that media type:", answer->type);
    if (strcmp(answer->method, "HEAD") == 0)
        return answer->body.n == 0 || refuse(why, "a body,", "to HEAD");
    const bool problem = strcmp(type, "application/problem+json") == 0;
    return !strstr(type, "json") || json_holds(api, cw_json_get(media, "schema"), answer->body,
                                               problem ? answer->status : 0, why);
}

bool openapi_answer(struct openapi *api, const struct openapi_answer *answer,
                    char why[SCHEMA_WHY]) {
    char status[12];
    struct openapi_operation *o = find(api, answer);
    if (strcmp(answer->method, "OPTIONS") == 0 && answer->status == 204)
        return answer->body.n == 0 || refuse(why, "a body,", "to OPTIONS");
    if (!o)
        return problem_holds(api, answer, why);
    snprintf(status, sizeof status, "%u", answer->status);
    const struct cw_json *response = schema_follow(
        api->file, cw_json_get(cw_json_get(o->json, "responses"), status));
    o->answers++;
    o->successes += answer->status < 300;
    return response ? body_holds(api, response, answer, why)
                    : refuse(why, "a status that is not described:", status);
}

bool openapi_event(struct openapi *api, const char *type, struct cw_slice data,
                   char why[SCHEMA_WHY]) {
    for (size_t i = 0; i < api->n; i++) {
        const struct cw_json *events = cw_json_get(api->operations[i].json, "x-events");
        const struct cw_json *schema = cw_json_get(events, type);
        if (schema)
            return json_holds(api, schema, data, 0, why);
    }
    return refuse(why, "an event that is not described:", type);
}
