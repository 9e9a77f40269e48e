#include "fuzz_shots.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES_MAX ((size_t)1 << 20)

static const char *pick(struct fuzz *fuzz, const char *const *list, size_t n) {
    return list[dice_roll(&fuzz->dice, n)];
}
#define PICK(fuzz, list) pick(fuzz, list, CW_COUNT(list))

/* --- what the daemon has ---------------------------------------------------------------------- */

static struct fuzz_pool *pool_named(struct fuzz *fuzz, const char *name) {
    for (size_t i = 0; i < fuzz->pools_n; i++)
        if (strcmp(fuzz->pools[i].name, name) == 0)
            return &fuzz->pools[i];
    if (fuzz->pools_n == FUZZ_POOLS)
        abort();
    struct fuzz_pool *pool = &fuzz->pools[fuzz->pools_n++];
    pool->name = name;
    return pool;
}

static void learn(struct fuzz *fuzz, const char *name, const struct cw_json *value) {
    struct fuzz_pool *pool = pool_named(fuzz, name);
    char text[80];
    uint64_t number;
    if (cw_json_string(value))
        snprintf(text, sizeof text, "%.79s", cw_json_string(value));
    else if (cw_json_u64(&number, value) == CW_OK)
        snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    else
        return;
    if (pool->n < FUZZ_VALUES)
        memcpy(pool->values[pool->n++], text, sizeof text);
}

void fuzz_learn(struct fuzz *fuzz, struct cw_json_doc *(*fetch)(void *ctx, const char *path),
                void *ctx) {
    static const struct {
        const char *path, *list, *member, *pool;
    } lessons[] = {{"/v1/routes", "routes", "name", "route"},
                   {"/v1/chains", "chains", "name", "chain"},
                   {"/v1/lanes", "lanes", "address", "address"},
                   {"/v1/messages", "messages", "id", "message"},
                   {"/v1/messages", "messages", "sender", "sender"},
                   {"/v1/messages", "messages", "target", "target"},
                   {"/v1/messages", "messages", "sourceTransaction", "tx"},
                   {"/v1/incidents", "incidents", "id", "incident"},
                   {"/v1/verdicts", "verdicts", "invariant", "invariant"}};
    for (size_t i = 0; i < CW_COUNT(lessons); i++) {
        struct cw_json_doc *doc = fetch(ctx, lessons[i].path);
        const struct cw_json *list = doc ? cw_json_get(cw_json_root(doc), lessons[i].list) : NULL;
        for (const struct cw_json *one = list ? cw_json_first(list) : NULL; one;
             one = cw_json_next(one))
            learn(fuzz, lessons[i].pool, cw_json_get(one, lessons[i].member));
        printf("# knows %zu of %s\n", pool_named(fuzz, lessons[i].pool)->n, lessons[i].pool);
        cw_json_free(doc);
    }
}

void fuzz_init(struct fuzz *fuzz, const char *openapi, uint64_t seed, const char *reader,
               const char *operator_) {
    memset(fuzz, 0, sizeof *fuzz);
    fuzz->api = openapi_load(openapi);
    fuzz->dice.state = seed;
    snprintf(fuzz->reader, sizeof fuzz->reader, "Bearer %s", reader);
    snprintf(fuzz->operator_, sizeof fuzz->operator_, "Bearer %s", operator_);
}

void fuzz_done(struct fuzz *fuzz) {
    openapi_free(fuzz->api);
}

/* --- targets ---------------------------------------------------------------------------------- */

static void encode(struct fuzz *fuzz, const char *text, struct cw_buf *out) {
    for (; *text != '\0'; text++) {
        const bool plain = strchr("-._~", *text) || (*text >= '0' && *text <= '9') ||
                           (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z');
        if (plain && !dice_chance(&fuzz->dice, 2))
            cw_buf_append(out, text, 1);
        else
            cw_buf_format(out, dice_chance(&fuzz->dice, 50) ? "%%%02x" : "%%%02X",
                          (unsigned char)*text);
    }
}

/* One part's worth of a target that is being made. */
struct target {
    const struct openapi_operation *o;
    const struct cw_json *broken; /* the parameter whose value must be no good; NULL: none */
    bool foreign;                 /* names something that the daemon need not have */
    struct cw_buf *out;
};

static const struct cw_json *parameter_at(const struct fuzz *fuzz, const struct cw_json *list,
                                          const char *name, size_t n) {
    for (const struct cw_json *p = cw_json_first(list); p; p = cw_json_next(p)) {
        const struct cw_json *parameter = schema_follow(fuzz->api->file, p);
        const char *called = cw_json_string(cw_json_get(parameter, "name"));
        if (strlen(called) == n && strncmp(called, name, n) == 0)
            return parameter;
    }
    abort();
}

static const char *const nonsense[] = {"-1",
                                       "1e3",
                                       "0x",
                                       "99999999999999999999999999",
                                       "' OR 1=1 --",
                                       "\xc3\xbc\xc3\xbc",
                                       "NaN",
                                       "..",
                                       "../../etc/passwd",
                                       "\xff\xfe",
                                       "true\x01",
                                       "\xc0\xaf",
                                       "\xed\xa0\x80",
                                       "${x}",
                                       "%n%s%n"};

static void put_nonsense(struct fuzz *fuzz, struct cw_buf *out) {
    if (dice_chance(&fuzz->dice, 90)) {
        encode(fuzz, PICK(fuzz, nonsense), out);
        return;
    }
    const uint64_t n = 1 + dice_roll(&fuzz->dice, 3000);
    for (uint64_t i = 0; i < n; i++)
        cw_buf_text(out, "a.");
}

static const char *pool_of(const char *path, const char *name) {
    if (strcmp(name, "id") != 0)
        return name;
    return strncmp(path, "/v1/messages/", 13) == 0 ? "message" : "incident";
}

static void put_value(struct fuzz *fuzz, struct target *t, const struct cw_json *parameter) {
    const char *name = cw_json_string(cw_json_get(parameter, "name"));
    const bool in_path = strcmp(cw_json_string(cw_json_get(parameter, "in")), "path") == 0;
    t->foreign = t->foreign || in_path; /* what is there may be on another route */
    if (t->broken == parameter) {
        put_nonsense(fuzz, t->out);
        return;
    }
    for (size_t i = 0; i < fuzz->pools_n; i++) {
        struct fuzz_pool *pool = &fuzz->pools[i];
        if (strcmp(pool->name, pool_of(t->o->path, name)) == 0 && pool->n > 0 &&
            dice_chance(&fuzz->dice, 70)) {
            encode(fuzz, pool->values[dice_roll(&fuzz->dice, pool->n)], t->out);
            return;
        }
    }
    struct cw_buf text;
    cw_buf_init(&text, 65536);
    t->foreign = t->foreign || strcmp(name, "route") == 0 || strcmp(name, "cursor") == 0;
    generate_text(fuzz->api->file, cw_json_get(parameter, "schema"), &fuzz->dice, &text);
    encode(fuzz, cw_buf_cstr(&text), t->out);
    cw_buf_done(&text);
}

static void put_target(struct fuzz *fuzz, struct target *t) {
    const struct cw_json *list = cw_json_get(t->o->json, "parameters");
    for (const char *at = t->o->path; *at != '\0';) {
        const size_t n = strcspn(at, "{");
        cw_buf_append(t->out, at, n);
        at += n;
        if (*at == '\0')
            break;
        const size_t name_n = strcspn(at + 1, "}");
        put_value(fuzz, t, parameter_at(fuzz, list, at + 1, name_n));
        at += name_n + 2;
    }
    char mark = '?';
    for (const struct cw_json *p = cw_json_first(list); p; p = cw_json_next(p)) {
        const struct cw_json *parameter = schema_follow(fuzz->api->file, p);
        if (strcmp(cw_json_string(cw_json_get(parameter, "in")), "query") != 0 ||
            (t->broken != parameter && !dice_chance(&fuzz->dice, 30)))
            continue;
        cw_buf_format(t->out, "%c%s=", mark, cw_json_string(cw_json_get(parameter, "name")));
        put_value(fuzz, t, parameter);
        mark = '&';
    }
}

/* --- requests --------------------------------------------------------------------------------- */

static struct shot *shot_new(const char *what) {
    struct shot *shot = calloc(1, sizeof *shot);
    if (!shot)
        abort();
    shot->what = what;
    cw_buf_init(&shot->bytes, BYTES_MAX);
    return shot;
}

void fuzz_shot_free(struct shot *shot) {
    for (size_t i = 0; i < shot->wants_n; i++)
        free(shot->wants[i].target);
    cw_buf_done(&shot->bytes);
    free(shot);
}

struct request {
    const char *method, *target;
    const char *host;  /* NULL: localhost */
    const char *token; /* NULL: none */
    const char *type;  /* of the body; NULL: none */
    struct cw_slice body;
    bool goes_on; /* another one follows */
};

static void put_request(struct fuzz *fuzz, struct shot *shot, const struct request *r) {
    static const char *const more[] = {"Origin: https://evil.example",
                                       "Range: bytes=0-10",
                                       "Accept: text/html;q=0",
                                       "X-Any: \xff\xfe",
                                       "Cookie: a=b; a=b",
                                       "If-None-Match: W/\"x\", *",
                                       "If-Modified-Since: never",
                                       "Last-Event-ID: \xc3\xbc-1",
                                       "X-Forwarded-For: 1.2.3.4",
                                       "Content-Encoding: gzip",
                                       "Upgrade: h2c",
                                       "TE: trailers"};
    struct cw_buf *out = &shot->bytes;
    cw_buf_format(out, "%s %s HTTP/1.1\r\nHost: %s\r\n", r->method, r->target,
                  r->host ? r->host : "localhost");
    if (r->token)
        cw_buf_format(out, "Authorization: %s\r\n", r->token);
    while (dice_chance(&fuzz->dice, 25))
        cw_buf_format(out, "%s\r\n", PICK(fuzz, more));
    if (r->type)
        cw_buf_format(out, "Content-Type: %s\r\n", r->type);
    if (r->body.n > 0 || r->type)
        cw_buf_format(out, "Content-Length: %zu\r\n", r->body.n);
    cw_buf_format(out, "%s\r\n", r->goes_on ? "" : "Connection: close\r\n");
    cw_buf_append(out, r->body.p, r->body.n);
}

static void want(struct shot *shot, const char *method, const char *target, const char *statuses) {
    if (shot->wants_n == FUZZ_WANTS)
        abort();
    struct want *w = &shot->wants[shot->wants_n++];
    snprintf(w->method, sizeof w->method, "%s", method);
    w->target = strdup(target);
    w->statuses = statuses;
}

struct shot *fuzz_get(struct fuzz *fuzz, const char *path) {
    struct shot *shot = shot_new("a plain one");
    put_request(fuzz, shot, &(struct request){.method = "GET", .target = path});
    want(shot, "GET", path, "200");
    return shot;
}

/* It waits for endpoints or for the loop, or is as the operator allows. */
static bool asks(const struct openapi_operation *o) {
    return strstr(o->path, "/proof") || strcmp(o->path, "/v1/track") == 0 ||
           strncmp(o->path, "/v1/webhooks", 12) == 0;
}

/* Seldom what keeps a connection waiting. */
static const struct openapi_operation *any_of(struct fuzz *fuzz, bool posts) {
    for (;;) {
        const struct openapi_operation *o =
            &fuzz->api->operations[dice_roll(&fuzz->dice, fuzz->api->n)];
        if ((strcmp(o->method, "post") == 0) == posts && (!asks(o) || dice_chance(&fuzz->dice, 20)))
            return o;
    }
}

static bool is_stream(const struct openapi_operation *o) {
    return cw_json_get(o->json, "x-events") != NULL;
}

static bool is_probe(const struct openapi_operation *o) {
    return strcmp(o->path, "/healthz") == 0 || strcmp(o->path, "/readyz") == 0;
}

/* "read", "operate", or NULL: of its own it says nothing. */
static const char *role_of(const struct openapi_operation *o) {
    const struct cw_json *security = cw_json_get(o->json, "security");
    const struct cw_json *first = security ? cw_json_first(security) : NULL;
    const struct cw_json *roles = cw_json_get(first, "bearer");
    return roles ? cw_json_string(cw_json_first(roles)) : NULL;
}

static bool takes_operator(const struct openapi_operation *o) {
    return role_of(o) && strcmp(role_of(o), "operate") == 0;
}

static const struct cw_json *body_schema(const struct openapi_operation *o) {
    const struct cw_json *content = cw_json_get(cw_json_get(o->json, "requestBody"), "content");
    return cw_json_get(cw_json_get(content, "application/json"), "schema");
}

/* --- good ones -------------------------------------------------------------------------------- */

static void put_good_get(struct fuzz *fuzz, struct shot *shot, const struct openapi_operation *o,
                         bool goes_on) {
    struct cw_buf target;
    cw_buf_init(&target, 65536);
    struct target t = {.o = o, .out = &target};
    put_target(fuzz, &t);
    const char *text = cw_buf_cstr(&target);
    const bool head = !is_stream(o) && dice_chance(&fuzz->dice, 10);
    const char *token = role_of(o) || dice_chance(&fuzz->dice, 30) ? fuzz->reader : NULL;
    put_request(
        fuzz, shot,
        &(struct request){
            .method = head ? "HEAD" : "GET", .target = text, .token = token, .goes_on = goes_on});
    want(shot, head ? "HEAD" : "GET", text,
         asks(o)       ? NULL
         : t.foreign   ? "200 400 404"
         : is_probe(o) ? "200 503"
                       : "200");
    cw_buf_done(&target);
}

static struct shot *good_get(struct fuzz *fuzz) {
    const struct openapi_operation *o = any_of(fuzz, false);
    struct shot *shot = shot_new("good");
    shot->stream = is_stream(o);
    put_good_get(fuzz, shot, o, false);
    return shot;
}

static struct shot *pipelined(struct fuzz *fuzz) {
    struct shot *shot = shot_new("several at once");
    const uint64_t n = 2 + dice_roll(&fuzz->dice, FUZZ_WANTS - 2);
    for (uint64_t i = 0; i < n; i++) {
        const struct openapi_operation *o = any_of(fuzz, false);
        while (is_stream(o))
            o = any_of(fuzz, false);
        put_good_get(fuzz, shot, o, i + 1 < n);
    }
    return shot;
}

static void put_post(struct fuzz *fuzz, struct shot *shot, struct request *r,
                     const char *statuses) {
    const struct openapi_operation *o = any_of(fuzz, true);
    while (!takes_operator(o) && r->token != fuzz->operator_)
        o = any_of(fuzz, true);
    struct cw_buf target, body;
    cw_buf_init(&target, 65536);
    cw_buf_init(&body, 65536);
    struct target t = {.o = o, .out = &target};
    put_target(fuzz, &t);
    if (!r->body.p) {
        generate_json(fuzz->api->file, body_schema(o), &fuzz->dice, &body);
        r->body = cw_buf_slice(&body);
    }
    r->method = "POST";
    r->target = cw_buf_cstr(&target);
    put_request(fuzz, shot, r);
    want(shot, "POST", r->target, asks(o) && statuses[0] == '2' ? NULL : statuses);
    cw_buf_done(&target);
    cw_buf_done(&body);
}

/* What may not be there, or be on another route, is named in some. */
static struct shot *good_post(struct fuzz *fuzz) {
    struct shot *shot = shot_new("good action");
    struct request r = {.token = fuzz->operator_, .type = "application/json"};
    put_post(fuzz, shot, &r, "200 202 400 404 409");
    return shot;
}

/* --- bad ones --------------------------------------------------------------------------------- */

/* A parameter that does not take everything. */
static const struct cw_json *strict_parameter(struct fuzz *fuzz,
                                              const struct openapi_operation *o) {
    const struct cw_json *list = cw_json_get(o->json, "parameters"), *found = NULL;
    uint64_t n = 0;
    for (const struct cw_json *p = cw_json_first(list); p; p = cw_json_next(p)) {
        const struct cw_json *parameter = schema_follow(fuzz->api->file, p);
        const struct cw_json *schema = schema_follow(fuzz->api->file,
                                                     cw_json_get(parameter, "schema"));
        const char *type = cw_json_string(cw_json_get(schema, "type"));
        const bool strict = cw_json_get(schema, "enum") || cw_json_get(schema, "pattern") ||
                            (type && strcmp(type, "integer") == 0);
        if (strict && dice_roll(&fuzz->dice, ++n) == 0)
            found = parameter;
    }
    return found;
}

static struct shot *bad_value(struct fuzz *fuzz) {
    const struct openapi_operation *o = any_of(fuzz, false);
    const struct cw_json *parameter = strict_parameter(fuzz, o);
    for (; !parameter; parameter = strict_parameter(fuzz, o))
        o = any_of(fuzz, false);
    struct shot *shot = shot_new("a value that is none");
    struct cw_buf target;
    cw_buf_init(&target, 65536);
    struct target t = {.o = o, .broken = parameter, .out = &target};
    put_target(fuzz, &t);
    put_request(fuzz, shot,
                &(struct request){.method = "GET",
                                  .target = cw_buf_cstr(&target),
                                  .token = role_of(o) ? fuzz->reader : NULL});
    want(shot, "GET", cw_buf_cstr(&target), "400 404 414");
    cw_buf_done(&target);
    return shot;
}

static struct shot *bad_parameters(struct fuzz *fuzz) {
    static const char *const queries[] = {"nobody=1",       "limit=1&limit=1", "%ff=1",     "a=%",
                                          "a=%zz",          "%00=1",           "route=%00", "[]=1",
                                          "limit=1&LIMIT=2"};
    const struct openapi_operation *o = any_of(fuzz, false);
    while (strchr(o->path, '{'))
        o = any_of(fuzz, false);
    struct shot *shot = shot_new("parameters that are none");
    char target[1024];
    snprintf(target, sizeof target, "%s?%s", o->path, PICK(fuzz, queries));
    if (dice_chance(&fuzz->dice, 20)) /* too many */
        for (unsigned i = 0; i < 30; i++)
            snprintf(target + strlen(target), sizeof target - strlen(target), "&p%u=%u", i, i);
    put_request(fuzz, shot,
                &(struct request){
                    .method = "GET", .target = target, .token = role_of(o) ? fuzz->reader : NULL});
    want(shot, "GET", target, "400");
    return shot;
}

static struct shot *bad_body(struct fuzz *fuzz) {
    static const char *const bodies[] = {"{",
                                         "[]",
                                         "null",
                                         "7",
                                         "\"x\"",
                                         "{\"nobody\":1}",
                                         "{} {}",
                                         "{\"reason\":}",
                                         "{\"reason\":\"\xff\"}",
                                         "{\"note\":1,\"note\":2}",
                                         "{\"reason\":\"a\\nb\",\"note\":\"\\n\"}",
                                         "{\"reason\":\"\\ud800\",\"x\":1}",
                                         "{\"forSeconds\":-1}",
                                         "{\"forSeconds\":1e99}",
                                         "\xef\xbb\xbf{}",
                                         "{\"a\":\"\\u0000\"}",
                                         "{'a':1}",
                                         "\x01",
                                         "nul",
                                         "{\"\":{\"\":{}}}"};
    struct shot *shot = shot_new("a body that is none");
    struct request r = {.token = fuzz->operator_, .type = "application/json"};
    char *large = NULL;
    const char *body = PICK(fuzz, bodies);
    const uint64_t kind = dice_roll(&fuzz->dice, 10);
    r.body = cw_slice_of(body, strlen(body));
    if (kind < 2) {
        const size_t n = kind == 0 ? 70000 : 2000;
        large = malloc(n);
        if (!large)
            abort();
        memset(large, kind == 0 ? ' ' : '[', n);
        r.body = cw_slice_of(large, n);
    }
    put_post(fuzz, shot, &r, "400 404 413");
    free(large);
    return shot;
}

static struct shot *bad_type(struct fuzz *fuzz) {
    static const char *const types[] = {"text/plain",
                                        "application/x-www-form-urlencoded",
                                        "multipart/form-data; boundary=x",
                                        "application/jsonx",
                                        "json",
                                        "application/problem+json"};
    struct shot *shot = shot_new("a body of another type");
    struct request r = {.token = fuzz->operator_, .type = PICK(fuzz, types)};
    put_post(fuzz, shot, &r, "415");
    return shot;
}

static struct shot *bad_token(struct fuzz *fuzz) {
    static const char *const tokens[] = {
        "Bearer ", "Bearer x", "Basic YTpi",        "x",          "Bearer \xff\xff", "Bearer a b",
        "Bearer",  "Bearer  ", "Digest username=x", "Bearer null"};
    struct shot *shot = shot_new("a token that is none");
    char near[256];
    struct request r = {.type = "application/json", .token = PICK(fuzz, tokens)};
    switch (dice_roll(&fuzz->dice, 4)) {
    case 0: /* nearly right */
        snprintf(near, sizeof near, "%s", fuzz->operator_);
        near[strlen(near) - 1] ^= 1;
        r.token = near;
        put_post(fuzz, shot, &r, "401");
        break;
    case 1:
        r.token = fuzz->reader;
        put_post(fuzz, shot, &r, "403");
        break;
    case 2:
        r.token = NULL;
        put_post(fuzz, shot, &r, "401");
        break;
    default:
        r.type = NULL;
        r.method = "GET";
        r.target = any_of(fuzz, false)->path;
        if (strchr(r.target, '{'))
            r.target = "/v1/status";
        put_request(fuzz, shot, &r);
        want(shot, "GET", r.target, "401");
    }
    return shot;
}

static struct shot *bad_host(struct fuzz *fuzz) {
    static const char *const hosts[] = {"evil.example",
                                        "localhost.evil.example",
                                        "127.0.0.1.nip.io",
                                        "evil:9560",
                                        "[::1",
                                        "127.0.0.1x",
                                        "0x7f000001",
                                        "localhost@evil",
                                        "xn--lcalhost-54a"};
    struct shot *shot = shot_new("another host");
    const struct request r = {.method = "GET", .target = "/v1/status", .host = PICK(fuzz, hosts)};
    put_request(fuzz, shot, &r);
    want(shot, "GET", r.target, strcmp(r.host, "[::1") == 0 ? "200 400 421" : "421");
    return shot;
}

static struct shot *bad_method(struct fuzz *fuzz) {
    static const char *const methods[] = {"DELETE", "PUT",  "PATCH", "TRACE",     "PROPFIND",
                                          "get",    "GETS", "G",     "POSTPOSTPO"};
    const struct openapi_operation *o = any_of(fuzz, false);
    while (asks(o)) /* some of these are there by both */
        o = any_of(fuzz, false);
    struct shot *shot = shot_new("another method");
    struct request r = {.method = PICK(fuzz, methods), .target = o->path};
    const bool posts = dice_chance(&fuzz->dice, 30);
    if (strchr(o->path, '{'))
        r.target = "/v1/status";
    if (posts) {
        r.method = "POST";
        r.type = "application/json";
        r.token = fuzz->operator_;
        r.body = CW_LITERAL("{}");
    }
    put_request(fuzz, shot, &r);
    want(shot, r.method, r.target, "405");
    return shot;
}

static struct shot *bad_path(struct fuzz *fuzz) {
    static const char *const paths[] = {"/v1/../etc/passwd",
                                        "/%2e%2e/%2e%2e/etc/passwd",
                                        "/v1/%00",
                                        "/v1//status",
                                        "/v1/status%2f",
                                        "/%c0%ae%c0%ae/%c0%af",
                                        "/%ff",
                                        "/v1/%zz",
                                        "/%252e%252e%252fetc",
                                        "/v1/messages/%2e%2e",
                                        "/app.js%00.png",
                                        "/..;/v1/status",
                                        "/v1/status;x=1",
                                        "/v1/incidents/-1",
                                        "/v1/incidents/0x7",
                                        "/..%5c..%5cwindows",
                                        "/v1/messages/%e2%80%ae",
                                        "/1/2/3/4/5/6/7/8/9/10",
                                        "/v1/%6dessages/%",
                                        "/./index.html",
                                        "/%2findex.html",
                                        "/v1/STATUS",
                                        "/%ef%bb%bfv1/status",
                                        "/index.html/.."};
    struct shot *shot = shot_new("a path that is none");
    const char *target = PICK(fuzz, paths);
    put_request(fuzz, shot, &(struct request){.method = "GET", .target = target});
    want(shot, "GET", target, "400 404");
    return shot;
}

/* --- what is no HTTP -------------------------------------------------------------------------- */

static const char *const raws[] = {
    "GET\r\n\r\n",
    "GET /v1/status\r\n\r\n",
    "GET /v1/status HTTP/9.9\r\n\r\n",
    "GET /v1/status HTTP/1.1\r\n\r\n",
    "GET /v1/status HTTP/1.0\r\n\r\n",
    "GET  /v1/status  HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET http://evil.example/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "CONNECT localhost:22 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /v1/status HTTP/1.1\nHost: localhost\n\n",
    "GET /v1/status HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
    "GET /v1/status HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n",
    "GET /v1/status HTTP/1.1\r\nHost: localhost\r\nA: b\r\n c\r\n\r\n",
    "GET /v1/status HTTP/1.1\r\nHost : localhost\r\n\r\n",
    "GET /v1/status HTTP/1.1\r\n: localhost\r\n\r\n",
    "GET /v1/\x80\xff\x01 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "POST /v1/silences HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n{}",
    "POST /v1/silences HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2x\r\n\r\n{}",
    "POST /v1/silences HTTP/1.1\r\nHost: localhost\r\nContent-Length: 18446744073709551616\r\n\r\n",
    "POST /v1/silences HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: "
    "30\r\n\r\n{}",
    "POST /v1/silences HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: "
    "chunked\r\n\r\n0\r\n\r\n",
    "POST /v1/silences HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    "ffffffffffffffff\r\n{}",
    "POST /v1/silences HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n{}",
    "POST /v1/silences HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, "
    "gzip\r\n\r\n2;a=\"\r\n{}\r\n0\r\nX: y\r\n\r\n",
    "POST /v1/silences HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: "
    "70000\r\n\r\n",
    "POST /v1/silences HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    "Content-Length: 50\r\n\r\n{\"for",
    "\r\n\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"};

/* One of those, or of a good one: bytes are changed, cut off, or doubled. */
static void spoil(struct fuzz *fuzz, struct cw_buf *out, const char *text, size_t n) {
    struct dice *dice = &fuzz->dice;
    const uint64_t kind = dice_roll(dice, 6);
    const size_t cut = (size_t)dice_roll(dice, n + 1), at = (size_t)dice_roll(dice, n);
    cw_buf_append(out, text, kind == 0 ? cut : n);
    if (kind == 1)
        out->p[at] = (uint8_t)dice_roll(dice, 256);
    if (kind == 2)
        cw_buf_append(out, text, cut);
    if (kind == 3)
        for (uint64_t i = dice_roll(dice, 30); i > 0; i--)
            out->p[dice_roll(dice, n)] ^= (uint8_t)(1u << dice_roll(dice, 8));
}

static void noise(struct fuzz *fuzz, struct cw_buf *out) {
    for (uint64_t n = 1 + dice_roll(&fuzz->dice, 4000); n > 0; n--) {
        const uint8_t byte = (uint8_t)dice_roll(&fuzz->dice, 256);
        cw_buf_append(out, &byte, 1);
    }
}

static void many_headers(struct fuzz *fuzz, struct cw_buf *out) {
    const uint64_t n = dice_roll(&fuzz->dice, 2000), width = 1 + dice_roll(&fuzz->dice, 300);
    cw_buf_text(out, "GET /v1/status HTTP/1.1\r\nHost: localhost\r\n");
    for (uint64_t i = 0; i < n && out->n < 60000; i++)
        cw_buf_format(out, "X-%u: %0*u\r\n", (unsigned)i, (int)width, 7u);
    cw_buf_text(out, "\r\n");
}

static struct shot *raw(struct fuzz *fuzz) {
    struct shot *shot = shot_new("no HTTP");
    shot->raw = true;
    const uint64_t kind = dice_roll(&fuzz->dice, 10);
    const char *text = PICK(fuzz, raws);
    if (kind == 0) {
        noise(fuzz, &shot->bytes);
    } else if (kind == 1) {
        many_headers(fuzz, &shot->bytes);
    } else if (kind < 5) {
        cw_buf_text(&shot->bytes, text);
    } else {
        struct shot *good = good_get(fuzz);
        const bool own = kind < 7;
        spoil(fuzz, &shot->bytes, own ? text : (const char *)good->bytes.p,
              own ? strlen(text) : good->bytes.n);
        fuzz_shot_free(good);
    }
    shot->leaves = dice_chance(&fuzz->dice, 20);
    shot->ends = !shot->leaves; /* else it would be waited for what follows */
    want(shot, "GET", "/", NULL);
    return shot;
}

/* --- all of them ------------------------------------------------------------------------------ */

struct shot *fuzz_shot(struct fuzz *fuzz) {
    static const struct {
        unsigned percent;
        struct shot *(*make)(struct fuzz *fuzz);
    } kinds[] = {{34, good_get},      {4, good_post},  {6, pipelined}, {10, bad_value},
                 {7, bad_parameters}, {7, bad_body},   {3, bad_type},  {6, bad_token},
                 {3, bad_host},       {5, bad_method}, {5, bad_path},  {10, raw}};
    uint64_t roll = dice_roll(&fuzz->dice, 100);
    size_t i = 0;
    for (; roll >= kinds[i].percent; i++)
        roll -= kinds[i].percent;
    struct shot *shot = kinds[i].make(fuzz);
    if (shot->bytes.n < 4096 && dice_chance(&fuzz->dice, 3)) /* in small pieces */
        shot->piece = shot->bytes.n / 50 + 1 + (size_t)dice_roll(&fuzz->dice, 40);
    return shot;
}
