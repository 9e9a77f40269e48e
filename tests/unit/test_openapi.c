/* config/openapi.json beside the daemon that it describes: paths, roles, words, bytes. */
#include "openapi.h"

#include "api/internal.h"
#include "api/page.h"

#include <monitor/alert.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FILE_NAME "config/openapi.json"

static int set_up(void **state) {
    *state = openapi_load(FILE_NAME);
    return 0;
}

static int tear_down(void **state) {
    openapi_free(*state);
    return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* --- whoever checks --------------------------------------------------------------------------- */

/* What each keyword lets pass, and what not. */
static const char cases[] =
    "[[{\"type\":\"integer\",\"minimum\":2,\"maximum\":4}, [2,4], [1,5,2.5,\"2\",null,-3]],"
    " [{\"type\":[\"integer\",\"string\"],\"pattern\":\"^[0-9]+$\"}, [7,\"7\"], [\"x\",true,[]]],"
    " [{\"type\":\"string\",\"minLength\":2,\"maxLength\":3}, [\"ab\",\"\xc3\xa9\xc3\xa9\"],"
    "  [\"a\",\"abcd\",7]],"
    " [{\"type\":\"boolean\"}, [true,false], [0,\"true\",null]],"
    " [{\"type\":\"null\"}, [null], [false,0]],"
    " [{\"type\":\"number\"}, [1,1.5,-2], [\"1\"]],"
    " [{\"enum\":[\"a\",\"b\"]}, [\"a\",\"b\"], [\"A\",\"\",1]],"
    " [{\"const\":true}, [true], [false,\"true\",1]],"
    " [{\"type\":\"array\",\"minItems\":1,\"maxItems\":2,\"items\":{\"type\":\"integer\"}},"
    "  [[1],[1,2]], [[],[1,2,3],[\"1\"],[1,\"2\"],{}]],"
    " [{\"type\":\"object\",\"required\":[\"a\"],\"additionalProperties\":false,"
    "   \"properties\":{\"a\":{\"type\":\"integer\"},\"b\":{\"type\":\"string\"}}},"
    "  [{\"a\":1},{\"a\":1,\"b\":\"\"}], [{},{\"b\":\"\"},{\"a\":\"1\"},{\"a\":1,\"c\":1},[]]],"
    " [{\"type\":\"object\",\"additionalProperties\":{\"type\":\"integer\"}}, [{},{\"x\":1}],"
    "  [{\"x\":\"1\"}]],"
    " [{\"oneOf\":[{\"type\":\"null\"},{\"$ref\":\"#/components/schemas/Hash\"}]}, [null],"
    "  [1,\"0x12\"]],"
    " [{\"oneOf\":[{\"type\":\"integer\"},{\"type\":\"number\"}]}, [1.5], [1]],"
    " [{\"anyOf\":[{\"required\":[\"a\"]},{\"required\":[\"b\"]}]}, [{\"a\":1},{\"a\":1,\"b\":2}],"
    "  [{},{\"c\":1}]]]";

static void schema__each_keyword__lets_pass_what_it_says(void **state) {
    struct openapi *api = *state;
    struct cw_json_doc *doc = NULL;
    struct cw_error error;
    char why[SCHEMA_WHY];
    assert_int_equal(cw_json_parse(&doc, cw_slice_of(cases, sizeof cases - 1), false, &error),
                     CW_OK);
    for (const struct cw_json *c = cw_json_first(cw_json_root(doc)); c; c = cw_json_next(c)) {
        const struct cw_json *schema = cw_json_first(c), *good = cw_json_next(schema);
        for (const struct cw_json *v = cw_json_first(good); v; v = cw_json_next(v))
            if (!schema_holds(api->file, schema, v, why))
                fail_msg("%s", why);
        for (const struct cw_json *v = cw_json_first(cw_json_next(good)); v; v = cw_json_next(v))
            assert_false(schema_holds(api->file, schema, v, why));
    }
    cw_json_free(doc);
}

static void schema__that_says_more__not_known(void **state) {
    static const char *const bad[] = {
        "{\"type\":\"string\",\"format\":\"uri\"}",
        "{\"type\":\"object\",\"properties\":{}}",
        "{\"$ref\":\"#/components/schemas/Nobody\"}",
        "{\"pattern\":\"[\"}",
        "{\"items\":{\"not\":{}}}",
        "{\"oneOf\":[{\"multipleOf\":2}]}",
        "{\"type\":\"object\",\"required\":[\"a\"],\"additionalProperties\":{}}"};
    struct openapi *api = *state;
    char why[SCHEMA_WHY];
    for (size_t i = 0; i < CW_COUNT(bad); i++) {
        struct cw_json_doc *doc = NULL;
        struct cw_error error;
        assert_int_equal(cw_json_parse(&doc, cw_slice_of(bad[i], strlen(bad[i])), false, &error),
                         CW_OK);
        assert_false(schema_is_known(api->file, cw_json_root(doc), why));
        cw_json_free(doc);
    }
}

static bool is_answer(struct openapi *api, const char *method, const char *target, unsigned status,
                      const char *type, const char *body) {
    char why[SCHEMA_WHY];
    const struct openapi_answer answer = {method, target, status, type,
                                          cw_slice_of(body, strlen(body))};
    return openapi_answer(api, &answer, why);
}

#define JSON    "application/json"
#define PROBLEM "application/problem+json"
#define DETAIL  "{\"type\":\"about:blank\",\"title\":\"x\",\"status\":404,\"detail\":\"x\"}"

static void answer__as_described_or_not__told_apart(void **state) {
    struct openapi *api = *state;
    assert_true(is_answer(api, "GET", "/v1/sinks", 200, JSON, "{\"sinks\":[]}"));
    assert_true(is_answer(api, "HEAD", "/v1/sinks", 200, JSON, ""));
    assert_true(is_answer(api, "GET", "/v1/incidents/7?x", 404, PROBLEM, DETAIL));
    assert_true(is_answer(api, "GET", "/v1/nothing", 404, PROBLEM, DETAIL));
    assert_true(is_answer(api, "GET", "/metrics", 200, "text/plain; version=0.0.4", "x 1\n"));
    assert_true(is_answer(api, "GET", "/app.js", 200, "text/javascript;charset=utf-8", "x"));
    assert_true(is_answer(api, "GET", "/app.js", 304, "text/javascript", ""));
    assert_false(is_answer(api, "GET", "/app.js", 304, "text/javascript", "x"));
    assert_false(is_answer(api, "GET", "/v1/sinks", 200, JSON, "{\"sinks\":{}}"));
    assert_false(is_answer(api, "GET", "/v1/sinks", 200, JSON, "{\"sinks\":[]"));
    assert_false(is_answer(api, "GET", "/v1/sinks", 200, "text/html", "{\"sinks\":[]}"));
    assert_false(is_answer(api, "GET", "/v1/sinks", 500, PROBLEM, DETAIL));
    assert_false(is_answer(api, "GET", "/v1/incidents/7", 400, PROBLEM, DETAIL)); /* status */
    assert_false(is_answer(api, "GET", "/v1/nothing", 200, JSON, "{}"));
    assert_false(is_answer(api, "POST", "/v1/sinks", 200, JSON, "{\"sinks\":[]}"));
    assert_false(is_answer(api, "GET", "/v1/nothing", 404, "text/html", DETAIL));
}

/* --- what there is ---------------------------------------------------------------------------- */

/* "v1/messages/{}" of the file's "/v1/messages/{id}", and of the daemon's with a star. */
static void plain(char out[128], const char *path) {
    size_t n = 0;
    for (path += path[0] == '/'; *path != '\0' && n + 3 < 128; path++) {
        if (*path == '{' || *path == '*') {
            n += (size_t)snprintf(out + n, 3, "{}");
            path += *path == '{' ? strcspn(path, "}") : 0;
        } else {
            out[n++] = *path;
        }
    }
    out[n] = '\0';
}

static const struct resource *resource_at(size_t i) {
    static const struct resource events[] = {{.role = CW_API_READ, .path = CW_API_EVENTS_PATH},
                                             {.path = NULL}};
    const struct resource *lists[] = {api_plain, api_reads, api_actions, api_asks, events};
    size_t at = 0;
    for (size_t k = 0; k < CW_COUNT(lists); k++)
        for (const struct resource *r = lists[k]; r->path; r++, at++)
            if (at == i)
                return r;
    return NULL;
}

static const struct resource *resource_of(const struct openapi_operation *o) {
    char wanted[128], path[128];
    const struct resource *r;
    plain(wanted, o->path);
    for (size_t i = 0; (r = resource_at(i)) != NULL; i++) {
        plain(path, r->path);
        if (strcmp(path, wanted) == 0 && strcmp(o->method, r->posts ? "post" : "get") == 0)
            return r;
    }
    return NULL;
}

static void operations__are_the_daemons__all_of_them(void **state) {
    struct openapi *api = *state;
    size_t n = 0;
    for (size_t i = 0; i < api->n; i++)
        if (!resource_of(&api->operations[i]))
            fail_msg("%s %s is described, and not there", api->operations[i].method,
                     api->operations[i].path);
    for (const struct resource *r; (r = resource_at(n)) != NULL; n++) {
        bool found = false;
        for (size_t i = 0; i < api->n; i++)
            found = found || resource_of(&api->operations[i]) == r;
        if (!found)
            fail_msg("%s /%s is there, and not described in " FILE_NAME, r->posts ? "post" : "get",
                     r->path);
    }
    assert_int_equal(n, api->n);
}

/* Role that "security" asks for; a file's own counts for operations without one. */
static enum cw_api_role role_of(const struct openapi *api, const struct openapi_operation *o) {
    const struct cw_json *own = cw_json_get(o->json, "security");
    const struct cw_json *list = own ? own : cw_json_get(schema_root(api->file), "security");
    enum cw_api_role role = CW_API_NOBODY;
    for (const struct cw_json *one = cw_json_first(list); one; one = cw_json_next(one)) {
        const char *name = cw_json_string(cw_json_first(cw_json_get(one, "bearer")));
        if (name)
            role = strcmp(name, "operate") == 0 ? CW_API_OPERATE : CW_API_READ;
    }
    return role;
}

static void operations__take_the_role_that_is_described(void **state) {
    struct openapi *api = *state;
    for (size_t i = 0; i < api->n; i++) {
        const struct resource *r = resource_of(&api->operations[i]);
        assert_non_null(r);
        if (role_of(api, &api->operations[i]) != r->role)
            fail_msg("%s: another role is described", api->operations[i].path);
    }
}

static void file__is_what_the_daemon_serves(void **state) {
    FILE *file = fopen(FILE_NAME, "re");
    char *text = malloc(cw_page_openapi.n + 1);
    (void)state;
    assert_non_null(file);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, cw_page_openapi.n + 1, file), cw_page_openapi.n);
    assert_memory_equal(text, cw_page_openapi.bytes, cw_page_openapi.n);
    (void)fclose(file);
    free(text);
}

/* --- its schemas ------------------------------------------------------------------------------ */

static void check_example(struct openapi *api, const struct cw_json *schema,
                          const struct cw_json *example, const char *path) {
    char why[SCHEMA_WHY];
    if (example && !schema_holds(api->file, schema, example, why))
        fail_msg("example at %s: %s", path, why);
}

static void check_content(struct openapi *api, const struct cw_json *holder, const char *path) {
    char why[SCHEMA_WHY];
    const struct cw_json *content = cw_json_get(holder, "content");
    for (const struct cw_json *c = cw_json_first(content); c; c = cw_json_next(c)) {
        const struct cw_json *schema = cw_json_get(c, "schema");
        if (!schema_is_known(api->file, schema, why))
            fail_msg("%s: %s", path, why);
        check_example(api, schema, cw_json_get(c, "example"), path);
    }
}

static void check_operation(struct openapi *api, const struct openapi_operation *o) {
    char why[SCHEMA_WHY];
    for (const struct cw_json *p = cw_json_first(cw_json_get(o->json, "parameters")); p;
         p = cw_json_next(p)) {
        const struct cw_json *parameter = schema_follow(api->file, p);
        const struct cw_json *schema = cw_json_get(parameter, "schema");
        if (!schema_is_known(api->file, schema, why))
            fail_msg("%s: %s", o->path, why);
        check_example(api, schema, cw_json_get(parameter, "example"), o->path);
        if (strcmp(cw_json_string(cw_json_get(parameter, "in")), "path") != 0)
            continue;
        char name[64];
        snprintf(name, sizeof name, "{%s}", cw_json_string(cw_json_get(parameter, "name")));
        assert_non_null(strstr(o->path, name));
    }
    check_content(api, cw_json_get(o->json, "requestBody"), o->path);
    for (const struct cw_json *r = cw_json_first(cw_json_get(o->json, "responses")); r;
         r = cw_json_next(r)) {
        const struct cw_json *response = schema_follow(api->file, r);
        assert_non_null(response);
        assert_non_null(cw_json_string(cw_json_get(response, "description")));
        check_content(api, response, o->path);
    }
}

static void schemas__say_nothing_that_is_not_checked__and_their_examples_hold(void **state) {
    struct openapi *api = *state;
    char why[SCHEMA_WHY];
    const struct cw_json *schemas = schema_at(api->file, "#/components/schemas");
    for (const struct cw_json *s = cw_json_first(schemas); s; s = cw_json_next(s))
        if (!schema_is_known(api->file, s, why))
            fail_msg("%s%s", cw_json_key(s), why);
    for (size_t i = 0; i < api->n; i++)
        check_operation(api, &api->operations[i]);
}

static bool refers(const struct cw_json *value, const char *pointer) {
    const char *ref = cw_json_string(cw_json_get(value, "$ref"));
    if (ref && strcmp(ref, pointer) == 0)
        return true;
    const enum cw_json_type type = cw_json_type(value);
    for (const struct cw_json *inner =
             type == CW_JSON_OBJECT || type == CW_JSON_ARRAY ? cw_json_first(value) : NULL;
         inner; inner = cw_json_next(inner))
        if (refers(inner, pointer))
            return true;
    return false;
}

static void components__are_all_of_use(void **state) {
    struct openapi *api = *state;
    static const char *const kinds[] = {"schemas", "parameters", "responses"};
    for (size_t i = 0; i < CW_COUNT(kinds); i++) {
        char pointer[160];
        snprintf(pointer, sizeof pointer, "#/components/%s", kinds[i]);
        for (const struct cw_json *c = cw_json_first(schema_at(api->file, pointer)); c;
             c = cw_json_next(c)) {
            snprintf(pointer, sizeof pointer, "#/components/%s/%s", kinds[i], cw_json_key(c));
            if (!refers(schema_root(api->file), pointer))
                fail_msg("nobody refers to %s", pointer);
        }
    }
}

/* --- its words -------------------------------------------------------------------------------- */

#define NAMES(enumeration, name)                                                                   \
    static const char *name##_of(unsigned i) {                                                     \
        return cw_##name##_name((enum enumeration)i);                                              \
    }
NAMES(cw_stage, stage)
NAMES(cw_condition, condition)
NAMES(cw_outcome, outcome)
NAMES(cw_assurance, assurance)
NAMES(cw_side, side)
NAMES(cw_mode, mode)
NAMES(cw_attempt_state, attempt_state)
NAMES(cw_verdict_state, verdict_state)
NAMES(cw_stake, stake)
NAMES(cw_severity, severity)
NAMES(cw_incident_kind, incident_kind)
NAMES(cw_incident_state, incident_state)
NAMES(cw_alert_event, alert_event)

/* Words of the program, and of the file: the same, whatever the order. */
static void words__are_the_programs(void **state) {
    struct openapi *api = *state;
    static const struct {
        const char *schema;
        const char *(*name)(unsigned i);
    } lists[] = {{"Stage", stage_of},
                 {"Condition", condition_of},
                 {"Outcome", outcome_of},
                 {"Assurance", assurance_of},
                 {"Side", side_of},
                 {"Mode", mode_of},
                 {"AttemptState", attempt_state_of},
                 {"VerdictState", verdict_state_of},
                 {"Stake", stake_of},
                 {"Severity", severity_of},
                 {"IncidentKind", incident_kind_of},
                 {"IncidentState", incident_state_of},
                 {"AlertEvent", alert_event_of}};
    for (size_t i = 0; i < CW_COUNT(lists); i++) {
        char pointer[64];
        size_t n = 0;
        snprintf(pointer, sizeof pointer, "#/components/schemas/%s/enum", lists[i].schema);
        const struct cw_json *words = schema_at(api->file, pointer);
        for (unsigned code = 0; code < 64; code++) {
            const char *name = lists[i].name(code);
            bool there = false;
            for (const struct cw_json *w = cw_json_first(words); w; w = cw_json_next(w))
                there = there || strcmp(cw_json_string(w), name) == 0;
            if (strcmp(name, "?") == 0)
                continue;
            if (!there)
                fail_msg("%s lacks \"%s\"", lists[i].schema, name);
            n++;
        }
        assert_int_equal(n, cw_json_size(words));
    }
}

static void files__are_the_pages(void **state) {
    struct openapi *api = *state;
    const struct cw_json *parameters = schema_at(api->file, "#/paths/~1{file}/get/parameters");
    const struct cw_json *schema = cw_json_get(cw_json_first(parameters), "schema");
    size_t n = 0;
    for (const struct cw_page_file *file = cw_page_files; file->name; file++, n++) {
        bool there = false;
        for (const struct cw_json *w = cw_json_first(cw_json_get(schema, "enum")); w;
             w = cw_json_next(w))
            there = there || strcmp(cw_json_string(w), file->name) == 0;
        assert_true(there);
    }
    assert_int_equal(n, cw_json_size(cw_json_get(schema, "enum")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(schema__each_keyword__lets_pass_what_it_says),
        CASE(schema__that_says_more__not_known),
        CASE(answer__as_described_or_not__told_apart),
        CASE(operations__are_the_daemons__all_of_them),
        CASE(operations__take_the_role_that_is_described),
        CASE(file__is_what_the_daemon_serves),
        CASE(schemas__say_nothing_that_is_not_checked__and_their_examples_hold),
        CASE(components__are_all_of_use),
        CASE(words__are_the_programs),
        CASE(files__are_the_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
