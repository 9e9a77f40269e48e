/* The JSON schema of the configuration: as the loader's tables say, and an editor is told nothing
 * else than the relayer. */
#include "core/config.h"
#include "core/json.h"

#include <glob.h>
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FILE_BYTES (1u << 20)
#define SCHEMA_WHY 256

/* --- judging by a schema ---------------------------------------------------------------------- */

/* What is judged, where it stands, and what is wrong with it. */
struct judged {
    const struct cw_json *schema, *value;
    char *why;
};

static bool schema_fits(const struct cw_json *schema, const struct cw_json *value,
                        char why[SCHEMA_WHY]);

static bool no(const struct judged *j, const char *keyword) {
    snprintf(j->why, SCHEMA_WHY, "%s", keyword);
    return false;
}

static bool equal(const struct cw_json *a, const struct cw_json *b) {
    const char *x = cw_json_string(a), *y = cw_json_string(b);
    return x != NULL && y != NULL && strcmp(x, y) == 0;
}

/* --- one keyword each ------------------------------------------------------------------------- */

static bool is_type(const char *name, const struct cw_json *value) {
    uint64_t whole;
    double number;
    switch (cw_json_type(value)) {
    case CW_JSON_NULL:
        return strcmp(name, "null") == 0;
    case CW_JSON_BOOL:
        return strcmp(name, "boolean") == 0;
    case CW_JSON_NUMBER:
        return strcmp(name, "number") == 0 ||
               (strcmp(name, "integer") == 0 && cw_json_number(&number, value) == CW_OK &&
                (number < 0 ? number == (double)(int64_t)number
                            : cw_json_u64(&whole, value) == CW_OK));
    case CW_JSON_STRING:
        return strcmp(name, "string") == 0;
    case CW_JSON_ARRAY:
        return strcmp(name, "array") == 0;
    case CW_JSON_OBJECT:
        return strcmp(name, "object") == 0;
    }
    return false;
}

static bool type(const struct judged *j, const struct cw_json *given) {
    const char *name = cw_json_string(given);
    if (name != NULL)
        return is_type(name, j->value);
    bool any = false;
    for (const struct cw_json *e = cw_json_first(given); e != NULL; e = cw_json_next(e))
        any = any || is_type(cw_json_string(e), j->value);
    return any;
}

static bool words(const struct judged *j, const struct cw_json *given) {
    bool any = false;
    for (const struct cw_json *e = cw_json_first(given); e != NULL; e = cw_json_next(e))
        any = any || equal(e, j->value);
    return any;
}

static bool same(const struct judged *j, const struct cw_json *given) {
    return equal(given, j->value);
}

static bool matches(const char *pattern, const char *text) {
    regex_t regex;
    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    const bool found = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return found;
}

static bool pattern(const struct judged *j, const struct cw_json *given) {
    const char *text = cw_json_string(j->value);
    return text == NULL || matches(cw_json_string(given), text);
}

/* Members, elements, or the number itself. */
static bool measure(const struct judged *j, const struct cw_json *given, enum cw_json_type of,
                    bool least) {
    double bound, value = (double)cw_json_size(j->value);
    if (cw_json_type(j->value) != of)
        return true;
    assert_int_equal(cw_json_number(&bound, given), CW_OK);
    if (of == CW_JSON_NUMBER)
        assert_int_equal(cw_json_number(&value, j->value), CW_OK);
    return least ? value >= bound : value <= bound;
}

static bool minimum(const struct judged *j, const struct cw_json *given) {
    return measure(j, given, CW_JSON_NUMBER, true);
}

static bool maximum(const struct judged *j, const struct cw_json *given) {
    return measure(j, given, CW_JSON_NUMBER, false);
}

static bool min_items(const struct judged *j, const struct cw_json *given) {
    return measure(j, given, CW_JSON_ARRAY, true);
}

static bool max_items(const struct judged *j, const struct cw_json *given) {
    return measure(j, given, CW_JSON_ARRAY, false);
}

static bool min_properties(const struct judged *j, const struct cw_json *given) {
    return measure(j, given, CW_JSON_OBJECT, true);
}

static bool max_properties(const struct judged *j, const struct cw_json *given) {
    return measure(j, given, CW_JSON_OBJECT, false);
}

static bool required(const struct judged *j, const struct cw_json *given) {
    if (cw_json_type(j->value) != CW_JSON_OBJECT)
        return true;
    for (const struct cw_json *e = cw_json_first(given); e != NULL; e = cw_json_next(e))
        if (cw_json_get(j->value, cw_json_string(e)) == NULL)
            return false;
    return true;
}

static bool property_names(const struct judged *j, const struct cw_json *given) {
    for (const struct cw_json *m = cw_json_first(j->value); m != NULL; m = cw_json_next(m))
        if (!matches(cw_json_string(cw_json_get(given, "pattern")), cw_json_key(m)))
            return false;
    return true;
}

/* --- schemas within --------------------------------------------------------------------------- */

/* The depth is that of the schema. */
static bool within(const struct judged *j, const struct cw_json *schema,
                   const struct cw_json *value, const char *key) {
    char why[SCHEMA_WHY];
    if (schema_fits(schema, value, why))
        return true;
    snprintf(j->why, SCHEMA_WHY, "%.60s%s%.180s", key, key[0] != 0 ? "." : "", why);
    return false;
}

static bool properties(const struct judged *j, const struct cw_json *given) {
    for (const struct cw_json *p = cw_json_first(given); p != NULL; p = cw_json_next(p)) {
        const struct cw_json *value = cw_json_get(j->value, cw_json_key(p));
        if (value != NULL && !within(j, p, value, cw_json_key(p)))
            return false;
    }
    return true;
}

static bool additional_properties(const struct judged *j, const struct cw_json *given) {
    if (cw_json_type(j->value) != CW_JSON_OBJECT)
        return true;
    const struct cw_json *known = cw_json_get(j->schema, "properties");
    for (const struct cw_json *m = cw_json_first(j->value); m != NULL; m = cw_json_next(m)) {
        const char *key = cw_json_key(m);
        if (cw_json_get(known, key) != NULL)
            continue;
        if (cw_json_type(given) == CW_JSON_BOOL)
            return no(j, key);
        if (!within(j, given, m, key))
            return false;
    }
    return true;
}

static bool items(const struct judged *j, const struct cw_json *given) {
    if (cw_json_type(j->value) != CW_JSON_ARRAY)
        return true;
    for (const struct cw_json *e = cw_json_first(j->value); e != NULL; e = cw_json_next(e))
        if (!within(j, given, e, "[]"))
            return false;
    return true;
}

static bool one_of(const struct judged *j, const struct cw_json *given) {
    size_t fits = 0;
    for (const struct cw_json *s = cw_json_first(given); s != NULL; s = cw_json_next(s))
        fits += within(j, s, j->value, "");
    return fits == 1;
}

static bool all_of(const struct judged *j, const struct cw_json *given) {
    for (const struct cw_json *s = cw_json_first(given); s != NULL; s = cw_json_next(s))
        if (!within(j, s, j->value, ""))
            return false;
    return true;
}

static bool if_then(const struct judged *j, const struct cw_json *given) {
    char unsaid[SCHEMA_WHY];
    return !schema_fits(given, j->value, unsaid) ||
           within(j, cw_json_get(j->schema, "then"), j->value, "");
}

static const struct {
    const char *name;
    bool (*fits)(const struct judged *j, const struct cw_json *given); /* NULL: says nothing */
} keywords[] = {
    {"$schema", NULL},
    {"title", NULL},
    {"description", NULL},
    {"default", NULL},
    {"type", type},
    {"enum", words},
    {"const", same},
    {"pattern", pattern},
    {"minimum", minimum},
    {"maximum", maximum},
    {"minItems", min_items},
    {"maxItems", max_items},
    {"minProperties", min_properties},
    {"maxProperties", max_properties},
    {"required", required},
    {"propertyNames", property_names},
    {"properties", properties},
    {"additionalProperties", additional_properties},
    {"items", items},
    {"oneOf", one_of},
    {"allOf", all_of},
    {"if", if_then},
    {"then", NULL},
};

static bool schema_fits(const struct cw_json *schema, const struct cw_json *value,
                        char why[SCHEMA_WHY]) {
    const struct judged j = {schema, value, why};
    assert_int_equal(cw_json_type(schema), CW_JSON_OBJECT);
    for (const struct cw_json *k = cw_json_first(schema); k != NULL; k = cw_json_next(k)) {
        size_t i = 0;
        while (i < CW_COUNT(keywords) && strcmp(keywords[i].name, cw_json_key(k)) != 0)
            i++;
        if (i == CW_COUNT(keywords))
            fail_msg("the schema has a keyword that is not known: %s", cw_json_key(k));
        why[0] = 0;
        if (keywords[i].fits != NULL && !keywords[i].fits(&j, k))
            return why[0] != 0 ? false : no(&j, keywords[i].name);
    }
    return true;
}

/* --- the schema ------------------------------------------------------------------------------- */

struct bed {
    struct cw_buf text;
    struct cw_json_doc *doc;
};

static void setup(struct bed *bed) {
    struct cw_error error;
    cw_buf_init(&bed->text, FILE_BYTES);
    cw_config_schema(&bed->text);
    assert_false(bed->text.failed);
    if (cw_json_parse(&bed->doc, cw_buf_slice(&bed->text), false, &error) != CW_OK)
        fail_msg("%s", error.text);
}

static void done(struct bed *bed) {
    cw_json_free(bed->doc);
    cw_buf_done(&bed->text);
}

static void read_file(struct cw_buf *out, const char *path) {
    char chunk[4096];
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail_msg("%s is missing", path);
    cw_buf_init(out, FILE_BYTES);
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, file)) > 0;)
        cw_buf_append(out, chunk, n);
    (void)fclose(file);
}

static bool fits(const struct bed *bed, struct cw_slice text, char why[SCHEMA_WHY]) {
    struct cw_json_doc *doc = NULL;
    struct cw_error error;
    if (cw_json_parse(&doc, text, true, &error) != CW_OK)
        fail_msg("%s", error.text);
    const bool ret = schema_fits(cw_json_root(bed->doc), cw_json_root(doc), why);
    cw_json_free(doc);
    return ret;
}

static void file__in_config__as_printed(void **state) {
    (void)state;
    struct bed bed;
    struct cw_buf file;
    setup(&bed);
    read_file(&file, "config/causeway.schema.json");
    if (!cw_slice_equal(cw_buf_slice(&file), cw_buf_slice(&bed.text)))
        fail_msg("config/causeway.schema.json is not what `causeway check-config --schema` prints");
    cw_buf_done(&file);
    done(&bed);
}

static void check_example(const struct bed *bed, const char *path) {
    struct cw_buf text;
    char why[SCHEMA_WHY];
    read_file(&text, path);
    if (!fits(bed, cw_buf_slice(&text), why))
        fail_msg("%s: %s", path, why);
    cw_buf_done(&text);
}

static void examples__as_they_are__fit(void **state) {
    (void)state;
    struct bed bed;
    glob_t found;
    setup(&bed);
    assert_int_equal(glob("config/examples/*.json", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        check_example(&bed, found.gl_pathv[i]);
    assert_true(found.gl_pathc >= 2);
    globfree(&found);
    done(&bed);
}

static void reference__as_printed__fits(void **state) {
    (void)state;
    struct bed bed;
    struct cw_buf text;
    char why[SCHEMA_WHY];
    setup(&bed);
    cw_buf_init(&text, FILE_BYTES);
    cw_config_reference(&text);
    if (!fits(&bed, cw_buf_slice(&text), why))
        fail_msg("%s", why);
    cw_buf_done(&text);
    done(&bed);
}

/* Each property has a description, and its default is one that it takes. */
static void check_properties(const struct cw_json *schema) {
    const struct cw_json *properties = cw_json_get(schema, "properties");
    for (const struct cw_json *p = cw_json_first(properties); p != NULL; p = cw_json_next(p)) {
        const char *doc = cw_json_string(cw_json_get(p, "description"));
        const struct cw_json *value = cw_json_get(p, "default");
        char why[SCHEMA_WHY];
        if (doc == NULL || doc[0] == 0)
            fail_msg("%s has no description", cw_json_key(p));
        if (value != NULL && !schema_fits(p, value, why))
            fail_msg("the default of %s: %s", cw_json_key(p), why);
        check_properties(p);
        check_properties(cw_json_get(p, "additionalProperties"));
    }
}

static void properties__of_all_objects__described_with_good_defaults(void **state) {
    (void)state;
    struct bed bed;
    setup(&bed);
    check_properties(cw_json_root(bed.doc));
    done(&bed);
}

#define PORTAL "\"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\""
#define ROUTE  "\"stack\": \"opstack\", \"contracts\": {\"portal\": " PORTAL "}"

/* Members of a chain, of a route and of the whole. */
static void write_config(struct cw_buf *out, const char *chain, const char *route,
                         const char *rest) {
    cw_buf_init(out, FILE_BYTES);
    cw_buf_format(out,
                  "{\"chains\": {\"l1\": {\"chain_id\": 900, %s}, \"l2\": {\"chain_id\": 901, "
                  "\"endpoints\": [\"http://two:1\"]}}, \"routes\": {\"op\": {\"settlement\": "
                  "\"l1\", \"execution\": \"l2\", %s}}%s%s}",
                  chain, route, rest[0] != 0 ? ", " : "", rest);
}

static const struct {
    bool good;
    const char *chain, *route, *rest; /* NULL: as in the first */
} configs[] = {
    {true, "\"endpoints\": [\"http://one:1\"]", ROUTE, ""},
    {true, "\"endpoints\": [{\"url\": \"https://one\", \"max_rps\": \"5\"}]", NULL, NULL},
    {true, NULL,
     "\"stack\": \"nitro\", \"direction\": \"deposit\", \"contracts\": {\"bridge\": " PORTAL
     ", \"inbox\": " PORTAL "}",
     NULL},
    {true, NULL, ROUTE ", \"policy\": {\"relay\": \"all\"}, \"signer\": \"main\"",
     "\"signers\": {\"main\": {\"key_file\": \"a\", \"low_funds\": \"1 ether\"}}"},
    {true, NULL, NULL,
     "\"$schema\": \"x\", \"api\": {\"listen\": \"[::1]:80\", \"hosts\": [\"a.b\"]}, \"prices\": "
     "{\"ETH\": \"3000.5\"}, \"sinks\": {\"out\": {\"type\": \"stdout\", \"routes\": [\"op\"]}}"},
    {true, NULL, NULL, "\"alerts\": {\"escalate_after_s\": {\"info\": 60}}, \"log\": {}"},
    /* refused by both */
    {false, "\"endpoints\": []", NULL, NULL},
    {false, "\"endpoints\": \"http://one:1\"", NULL, NULL},
    {false, "\"endpoints\": [\"one:1\"]", NULL, NULL},
    {false, "\"endpoints\": [\"http:///path\"]", NULL, NULL},
    {false, "\"endpoints\": [{\"url\": \"http://a\", \"max_rsp\": 1}]", NULL, NULL},
    {false, "\"endpoints\": [{\"operator\": \"a\"}]", NULL, NULL},
    {false, "\"endpoint\": [\"http://one:1\"]", NULL, NULL},
    {false, "\"endpoints\": [\"http://one:1\"], \"poll_ms\": 1", NULL, NULL},
    {false, "\"endpoints\": [\"http://one:1\"], \"poll_ms\": -1", NULL, NULL},
    {false, "\"endpoints\": [\"http://one:1\"], \"poll_ms\": 60.5", NULL, NULL},
    {false, "\"endpoints\": [\"http://one:1\"], \"poll_ms\": \"0x60\"", NULL, NULL},
    {false, "\"endpoints\": [\"http://one:1\"], \"mode\": \"fast\"", NULL, NULL},
    {false, "\"endpoints\": [\"http://one:1\"], \"max_fee\": \"300 gwie\"", NULL, NULL},
    {false, "\"endpoints\": [\"http://one:1\"], \"max_fee\": 300", NULL, NULL},
    {false, "\"endpoints\": [\"http://one:1\"], \"simulate_pending\": \"yes\"", NULL, NULL},
    {false, "\"endpoints\": [\"http://one:1\"], \"data_fee\": \"zk\"", NULL, NULL},
    {false, NULL, "\"stack\": \"opstak\", \"contracts\": {\"portal\": " PORTAL "}", NULL},
    {false, NULL, "\"stack\": \"opstack\"", NULL},
    {false, NULL, "\"stack\": \"opstack\", \"contracts\": {}", NULL},
    {false, NULL, "\"stack\": \"opstack\", \"contracts\": {\"outbox\": " PORTAL "}", NULL},
    {false, NULL, "\"stack\": \"nitro\", \"contracts\": {\"portal\": " PORTAL "}", NULL},
    {false, NULL, "\"stack\": \"opstack\", \"contracts\": {\"portal\": \"0x12\"}", NULL},
    {false, NULL, ROUTE ", \"policy\": {\"relay\": \"everything\"}", NULL},
    {false, NULL, ROUTE ", \"policy\": {\"relay\": {}}", NULL},
    {false, NULL, ROUTE ", \"policy\": {\"deny\": {\"ids\": [\"0x12\"]}}", NULL},
    {false, NULL, ROUTE ", \"policy\": {\"max_gas\": 20999}", NULL},
    {false, NULL, ROUTE ", \"policy\": {\"deadline_alerts_s\": [60, 0]}", NULL},
    {false, NULL, ROUTE ", \"policy\": {\"min_profit\": \"much\"}", NULL},
    {false, NULL, NULL, "\"signers\": {\"main\": {}}"},
    {false, NULL, NULL, "\"signers\": {\"main\": {\"key_file\": \"a\", \"key_env\": \"B\"}}"},
    {false, NULL, NULL, "\"signers\": {\"my key\": {\"key_file\": \"a\"}}"},
    {false, NULL, NULL, "\"signers\": []"},
    {false, NULL, NULL, "\"sinks\": {\"out\": {\"type\": \"mail\"}}"},
    {false, NULL, NULL, "\"api\": {\"listen\": \"localhost:80\"}"},
    {false, NULL, NULL, "\"api\": {\"tokens\": {\"a\": {\"sha256\": \"12\"}}}"},
    {false, NULL, NULL, "\"prices\": {\"ETH\": \"-1\"}"},
    {false, NULL, NULL, "\"prices\": 7"},
    {false, NULL, NULL, "\"log\": {\"level\": \"wran\"}"},
    {false, NULL, NULL, "\"data_dir\": \"\""},
    {false, NULL, NULL, "\"data_dri\": \"a\""},
};

static void configs__good_and_wrong__as_the_loader_says(void **state) {
    (void)state;
    struct bed bed;
    setup(&bed);
    for (size_t i = 0; i < CW_COUNT(configs); i++) {
        const char *const given[] = {configs[i].chain, configs[i].route, configs[i].rest};
        struct cw_config *config = NULL;
        struct cw_error error = {0};
        struct cw_buf text;
        char why[SCHEMA_WHY] = "";
        write_config(&text, given[0] != NULL ? given[0] : configs[0].chain,
                     given[1] != NULL ? given[1] : configs[0].route,
                     given[2] != NULL ? given[2] : configs[0].rest);
        const bool loads = cw_config_parse(&config, "c.json", cw_buf_slice(&text), &error) == CW_OK;
        if (loads != configs[i].good)
            fail_msg("case %zu: %s", i, loads ? "loads" : error.text);
        if (fits(&bed, cw_buf_slice(&text), why) != configs[i].good)
            fail_msg("case %zu: by the schema: %s", i, configs[i].good ? why : "good");
        cw_config_free(config);
        cw_buf_done(&text);
    }
    done(&bed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file__in_config__as_printed),
        cmocka_unit_test(examples__as_they_are__fit),
        cmocka_unit_test(reference__as_printed__fits),
        cmocka_unit_test(properties__of_all_objects__described_with_good_defaults),
        cmocka_unit_test(configs__good_and_wrong__as_the_loader_says),
    };
    return cmocka_run_group_tests_name("config_schema", tests, NULL, NULL);
}
