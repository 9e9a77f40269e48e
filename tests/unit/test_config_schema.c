/* The JSON schema of the configuration: as the loader's tables say, and an editor is told nothing
 * else than the relayer. */
#include "core/config.h"
#include "core/json.h"

#include "schema.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FILE_BYTES (1u << 20)

struct bed {
    struct cw_buf text; /* as printed */
    struct schema_file *file;
};

static void setup(struct bed *bed) {
    cw_buf_init(&bed->text, FILE_BYTES);
    cw_config_schema(&bed->text);
    assert_false(bed->text.failed);
    bed->file = schema_load("config/causeway.schema.json");
}

static void done(struct bed *bed) {
    schema_free(bed->file);
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
    const bool ret = schema_holds(bed->file, schema_root(bed->file), cw_json_root(doc), why);
    cw_json_free(doc);
    return ret;
}

static void file__in_config__as_printed(void **state) {
    (void)state;
    struct bed bed;
    struct cw_buf file;
    setup(&bed);
    read_file(&file, "config/causeway.schema.json");
    char why[SCHEMA_WHY];
    if (!cw_slice_equal(cw_buf_slice(&file), cw_buf_slice(&bed.text)))
        fail_msg("config/causeway.schema.json is not what `causeway check-config --schema` prints");
    if (!schema_is_known(bed.file, schema_root(bed.file), why))
        fail_msg("%s", why);
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
static void check_properties(const struct bed *bed, const struct cw_json *schema) {
    const struct cw_json *properties = cw_json_get(schema, "properties");
    for (const struct cw_json *p = cw_json_first(properties); p != NULL; p = cw_json_next(p)) {
        const char *doc = cw_json_string(cw_json_get(p, "description"));
        const struct cw_json *value = cw_json_get(p, "default");
        char why[SCHEMA_WHY];
        if (doc == NULL || doc[0] == 0)
            fail_msg("%s has no description", cw_json_key(p));
        if (value != NULL && !schema_holds(bed->file, p, value, why))
            fail_msg("the default of %s: %s", cw_json_key(p), why);
        check_properties(bed, p);
        check_properties(bed, cw_json_get(p, "additionalProperties"));
    }
}

static void properties__of_all_objects__described_with_good_defaults(void **state) {
    (void)state;
    struct bed bed;
    setup(&bed);
    check_properties(&bed, schema_root(bed.file));
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
                  chain, route, rest != NULL && rest[0] != 0 ? ", " : "", rest != NULL ? rest : "");
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
