#include "core/json.h"

#include "nth_malloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct cw_slice text_of(const char *text) {
    return cw_slice_of(text, strlen(text));
}

/* The text in memory of exactly its size, so that a read behind it is seen. */
static enum cw_err parse(struct cw_json_doc **ret, const char *text, bool comments,
                         struct cw_error *error) {
    size_t n = strlen(text);
    uint8_t *copy = malloc(n == 0 ? 1 : n);
    assert_non_null(copy);
    memcpy(copy, text, n);
    enum cw_err err = cw_json_parse(ret, cw_slice_of(copy, n), comments, error);
    free(copy);
    return err;
}

static void accepts(const char *text) {
    struct cw_json_doc *doc = NULL;
    struct cw_error error = {CW_OK, ""};
    if (parse(&doc, text, false, &error) != CW_OK) {
        fail_msg("%s: %s", text, error.text);
    }
    cw_json_free(doc);
}

static void refuses(const char *text, const char *why) {
    struct cw_json_doc *doc = NULL;
    struct cw_error error = {CW_OK, ""};
    enum cw_err err = parse(&doc, text, false, &error);
    if (err != CW_ERR_INPUT || doc != NULL || strcmp(error.text, why) != 0) {
        fail_msg("%s: %s: %s", text, cw_err_name(err), error.text);
    }
}

static void parse__grammar_of_json__accepted(void **state) {
    (void)state;
    accepts("null");
    accepts(" true ");
    accepts("false");
    accepts("\"\"");
    accepts("0");
    accepts("-0");
    accepts("-1");
    accepts("1.5");
    accepts("0.1e-10");
    accepts("1E5");
    accepts("1e+5");
    accepts("1.0");
    accepts("150e-1");
    accepts("1500e-2");
    accepts("1.5e1");
    accepts("0.49999986666666666");
    accepts("0.00000000000000000000000000001");
    accepts("0.000e-5");
    accepts("9007199254740991");
    accepts("-9007199254740991");
    accepts("[]");
    accepts("{}");
    accepts("[ ]");
    accepts("{ }");
    accepts("[[],{},[1,2,{\"a\":[]}],null]");
    accepts("\t\r\n{\"a\" : 1 ,\"b\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u20ac\\ud83d\\ude00\"}\n");
    accepts("\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f\"");
}

static void parse__what_the_library_lets_pass__refused(void **state) {
    (void)state;
    refuses("", "1:1: the text ends too early");
    refuses("  ", "1:3: the text ends too early");
    refuses("{} x", "1:4: something follows the value");
    refuses("{}{}", "1:3: something follows the value");
    refuses("\xef\xbb\xbf{}", "1:1: not a value");
    refuses("[1,]", "1:4: not a value");
    refuses("[,1]", "1:2: not a value");
    refuses("[1 2]", "1:4: ',' or ']' is due");
    refuses("[1", "1:3: the text ends too early");
    refuses("[1}", "1:3: ',' or ']' is due");
    refuses("{\"a\":1,}", "1:8: a key in quotes is due");
    refuses("{\"a\" 1}", "1:6: ':' is due");
    refuses("{a:1}", "1:2: a key in quotes is due");
    refuses("{\"a\":1]", "1:7: ',' or '}' is due");
    refuses("{\"a\"", "1:5: the text ends too early");
    refuses("{", "1:2: the text ends too early");
    refuses("nul", "1:1: not a value");
    refuses("nullx", "1:5: something follows the value");
    refuses("NaN", "1:1: not a value");
    refuses("Infinity", "1:1: not a value");
    refuses("+1", "1:1: not a value");
    refuses("/* no */ 1", "1:1: not a value");
    refuses("'a'", "1:1: not a value");
    refuses("[\n  1,\n  \"\xe2\x82\xac\" x]", "3:7: ',' or ']' is due");
}

static void parse__loose_numbers__refused(void **state) {
    (void)state;
    refuses("01", "1:1: number with a leading zero");
    refuses("-01", "1:1: number with a leading zero");
    refuses("1.", "1:1: not a number");
    refuses("1.e3", "1:1: not a number");
    refuses("1e", "1:1: not a number");
    refuses("1e+", "1:1: not a number");
    refuses(".5", "1:1: not a value");
    refuses("-", "1:1: not a value");
    refuses("0x10", "1:2: something follows the value");
    refuses("1e-400", "1:1: number out of range (use a string)");
    refuses("1e400", "1:1: number out of range (use a string)");
    refuses("1e16", "1:1: number out of range (use a string)");
    refuses("9007199254740991.5", "1:1: number out of range (use a string)");
    refuses("9007199254740992", "1:1: integer above 2^53-1 (use a string)");
    refuses("-9007199254740992", "1:1: integer above 2^53-1 (use a string)");
    refuses("18446744073709551617", "1:1: integer above 2^53-1 (use a string)");
    refuses("100000000000000000000000000000000000000000000000000000000000000000000001",
            "1:1: integer above 2^53-1 (use a string)");
    refuses("0.1000000000000000000000000000000000000000000000000000000000000001",
            "1:1: number with too many digits");
    /* what would be rounded to an integer */
    refuses("1.00000000000000000001", "1:1: number with too many digits");
    refuses("-0.99999999999999999999", "1:1: number with too many digits");
    refuses("100000000000000.000000001", "1:1: number with too many digits");
    refuses("1.00000000000000000001e1", "1:1: number with too many digits");
    refuses("100000000000000000001e-20", "1:1: integer above 2^53-1 (use a string)");
}

static void parse__every_byte_at_every_place__what_may_stand_bare(void **state) {
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        bool bare = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
        for (size_t at = 1; at < 20; at++) {
            char text[21];
            memset(text, 'x', sizeof(text));
            text[0] = text[20] = '"';
            text[at] = (char)c;
            struct cw_json_doc *doc = NULL;
            struct cw_slice bytes = cw_slice_of(text, sizeof(text));
            assert_int_equal(cw_json_parse(&doc, bytes, false, NULL) == CW_OK, bare);
            cw_json_free(doc);
        }
    }
}

static void parse__strings_out_of_form__refused(void **state) {
    (void)state;
    refuses("\"a", "1:1: string without an end");
    refuses("\"a\\", "1:3: no such escape");
    refuses("\"\\x\"", "1:2: no such escape");
    refuses("\"\\u12g4\"", "1:2: \\u needs four hex digits");
    refuses("\"\\u12", "1:2: \\u needs four hex digits");
    refuses("\"\\ud800\"", "1:2: half of a surrogate pair");
    refuses("\"\\ud800\\u0041\"", "1:2: half of a surrogate pair");
    refuses("\"\\ud800\\ud800\"", "1:2: half of a surrogate pair");
    refuses("\"\\ud800\\ue000\"", "1:2: half of a surrogate pair");
    refuses("\"\\udc00\"", "1:2: half of a surrogate pair");
    refuses("\"\n\"", "1:2: control character in a string");
    refuses("\"\x1f\"", "1:2: control character in a string");
    refuses("\"\xc0\x80\"", "1:2: not UTF-8");
    refuses("\"\xe0\x80\x80\"", "1:2: not UTF-8");
    refuses("\"\xf0\x80\x80\x80\"", "1:2: not UTF-8");
    refuses("\"\xed\xa0\x80\"", "1:2: not UTF-8");
    refuses("\"\xf4\x90\x80\x80\"", "1:2: not UTF-8");
    refuses("\"\xe2\x82\"", "1:2: not UTF-8");
    refuses("\"\x80\"", "1:2: not UTF-8");
    refuses("\"\xff\"", "1:2: not UTF-8");

    struct cw_json_doc *doc = NULL;
    static const char nul[] = "\"a\0b\"", escaped[] = "\"\\\0\"";
    assert_int_equal(cw_json_parse(&doc, cw_slice_of(nul, sizeof(nul) - 1), false, NULL),
                     CW_ERR_INPUT);
    assert_int_equal(cw_json_parse(&doc, cw_slice_of(escaped, sizeof(escaped) - 1), false, NULL),
                     CW_ERR_INPUT);
}

static void parse__escaped_nul__replaced_or_refused(void **state) {
    (void)state;
    struct cw_json_doc *doc = NULL;
    assert_int_equal(parse(&doc, "{\"m\":\"a\\u0000b\\\\u0000\"}", false, NULL), CW_OK);
    const struct cw_json *m = cw_json_get(cw_json_root(doc), "m");
    assert_string_equal(cw_json_string(m), "a\xef\xbf\xbd"
                                           "b\\u0000");
    cw_json_free(doc);
    doc = NULL;
    assert_int_equal(parse(&doc, "[\"\\u0000\"]", true, NULL), CW_ERR_INPUT);
    assert_null(doc);
}

static void parse__depth__limited(void **state) {
    (void)state;
    char text[2 * (CW_JSON_DEPTH + 1) + 1];
    for (size_t depth = CW_JSON_DEPTH; depth <= CW_JSON_DEPTH + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        text[2 * depth] = '\0';
        struct cw_json_doc *doc = NULL;
        struct cw_error error;
        enum cw_err err = parse(&doc, text, false, &error);
        assert_int_equal(err, depth <= CW_JSON_DEPTH ? CW_OK : CW_ERR_INPUT);
        if (err != CW_OK) {
            assert_string_equal(error.text, "1:33: nested too deeply");
        }
        cw_json_free(doc);
    }
}

static void parse__duplicate_keys__refused(void **state) {
    (void)state;
    refuses("{\"a\":1,\"a\":2}", "1:8: key stands twice in the object");
    refuses("{\"a\":1,\"\\u0061\":2}", "1:8: key stands twice in the object");
    refuses("[0,{\"x\":{\"b\":1,\"c\":[{}],\"b\":2}}]", "1:25: key stands twice in the object");
    accepts("{\"a\":{\"a\":1},\"A\":2}");

    /* More than are compared pair by pair. */
    struct cw_buf text;
    cw_buf_init(&text, 1 << 20);
    cw_buf_text(&text, "{");
    for (int i = 0; i < 500; i++) {
        cw_buf_format(&text, "\"k%d\":%d,", i, i);
    }
    size_t n = text.n;
    cw_buf_text(&text, "\"z\":0}");
    accepts(cw_buf_cstr(&text));
    text.n = n;
    cw_buf_text(&text, "\"k250\":0}");
    struct cw_error error = {CW_OK, ""};
    struct cw_json_doc *doc = NULL;
    assert_int_equal(cw_json_parse(&doc, cw_buf_slice(&text), false, &error), CW_ERR_INPUT);
    assert_non_null(strstr(error.text, "key stands twice"));
    cw_buf_done(&text);
}

static void parse__many_values_for_its_size__limit(void **state) {
    (void)state;
    size_t n = 400001;
    char *text = malloc(n);
    assert_non_null(text);
    text[0] = '[';
    for (size_t i = 1; i < n; i += 2) {
        text[i] = '0';
        text[i + 1] = ',';
    }
    text[n - 1] = ']';
    struct cw_json_doc *doc = NULL;
    assert_int_equal(cw_json_parse(&doc, cw_slice_of(text, n), false, NULL), CW_ERR_LIMIT);
    n = 100001;
    text[n - 1] = ']';
    assert_int_equal(cw_json_parse(&doc, cw_slice_of(text, n), false, NULL), CW_OK);
    assert_int_equal(cw_json_size(cw_json_root(doc)), 50000);
    cw_json_free(doc);
    free(text);
}

static void parse__comments__blanked(void **state) {
    (void)state;
    static const char text[] = "// first \xe2\x82\xac\n"
                               "{ /* a\n b */ \"a\": \"// no /* comment\", // \"x\": 1\n"
                               "  \"b\\\"//\": [1, /**/ 2]\n"
                               "/*/ \xe2\x82\xac */ , \"c\": 3}";
    struct cw_json_doc *doc = NULL;
    struct cw_error error = {CW_OK, ""};
    assert_int_equal(parse(&doc, text, true, &error), CW_OK);
    const struct cw_json *root = cw_json_root(doc);
    assert_int_equal(cw_json_size(root), 3);
    assert_string_equal(cw_json_string(cw_json_get(root, "a")), "// no /* comment");
    const struct cw_json *c = cw_json_get(root, "c");
    unsigned line = 0, column = 0;
    assert_true(cw_json_locate(doc, c, &line, &column));
    assert_int_equal(line, 5);
    assert_int_equal(column, 17);
    assert_true(cw_json_locate_key(doc, c, &line, &column));
    assert_int_equal(column, 12);
    const struct cw_json *two = cw_json_next(cw_json_first(cw_json_get(root, "b\"//")));
    assert_true(cw_json_locate(doc, two, &line, &column));
    assert_int_equal(line, 4);
    assert_int_equal(column, 21);
    assert_false(cw_json_locate_key(doc, two, &line, &column));
    assert_true(cw_json_locate(doc, root, &line, &column));
    assert_int_equal(line, 2);
    assert_int_equal(column, 1);
    cw_json_free(doc);

    doc = NULL;
    assert_int_equal(parse(&doc, "{} /* x", true, &error), CW_ERR_INPUT);
    assert_string_equal(error.text, "1:4: comment without an end");
    assert_int_equal(parse(&doc, "{} /*/", true, &error), CW_ERR_INPUT);
    assert_int_equal(parse(&doc, "{} // to the end", true, &error), CW_OK);
    assert_true(cw_json_locate(doc, cw_json_root(doc), &line, &column));
    cw_json_free(doc);
}

static void locate__value_of_another_document__false(void **state) {
    (void)state;
    struct cw_json_doc *a = NULL, *b = NULL, *plain = NULL;
    unsigned line, column;
    assert_int_equal(parse(&a, "[1]", true, NULL), CW_OK);
    assert_int_equal(parse(&b, "[1]", true, NULL), CW_OK);
    assert_int_equal(parse(&plain, "[1]", false, NULL), CW_OK);
    assert_false(cw_json_locate(a, cw_json_root(b), &line, &column));
    assert_false(cw_json_locate(plain, cw_json_root(plain), &line, &column));
    cw_json_free(a);
    cw_json_free(b);
    cw_json_free(plain);
}

static void values__by_type__read(void **state) {
    (void)state;
    struct cw_json_doc *doc = NULL;
    assert_int_equal(parse(&doc,
                           "{\"n\":9007199254740991,\"m\":-1,\"f\":1.5,\"t\":true,\"s\":\"x\","
                           "\"z\":null,\"a\":[1,2],\"o\":{}}",
                           false, NULL),
                     CW_OK);
    const struct cw_json *root = cw_json_root(doc);
    uint64_t u = 7;
    bool b = false;
    double d = 0;
    assert_int_equal(cw_json_u64(&u, cw_json_get(root, "n")), CW_OK);
    assert_int_equal(u, CW_JSON_INTEGER_MAX);
    assert_int_equal(cw_json_u64(&u, cw_json_get(root, "m")), CW_ERR_INPUT);
    assert_int_equal(cw_json_u64(&u, cw_json_get(root, "f")), CW_ERR_INPUT);
    assert_int_equal(cw_json_u64(&u, cw_json_get(root, "s")), CW_ERR_INPUT);
    assert_int_equal(cw_json_u64(&u, NULL), CW_ERR_INPUT);
    assert_int_equal(u, CW_JSON_INTEGER_MAX);
    assert_int_equal(cw_json_number(&d, cw_json_get(root, "f")), CW_OK);
    assert_true(d == 1.5);
    assert_int_equal(cw_json_bool(&b, cw_json_get(root, "t")), CW_OK);
    assert_true(b);
    assert_int_equal(cw_json_bool(&b, cw_json_get(root, "n")), CW_ERR_INPUT);
    assert_string_equal(cw_json_string(cw_json_get(root, "s")), "x");
    assert_null(cw_json_string(cw_json_get(root, "n")));
    assert_null(cw_json_string(NULL));
    assert_null(cw_json_get(cw_json_get(root, "a"), "x"));
    assert_null(cw_json_get(NULL, "x"));
    assert_null(cw_json_first(NULL));
    assert_int_equal(cw_json_size(root), 8);
    assert_string_equal(cw_json_key(cw_json_first(root)), "n");
    assert_null(cw_json_key(cw_json_first(cw_json_get(root, "a"))));
    static const char *const names[] = {"number", "number", "number", "boolean",
                                        "string", "null",   "array",  "object"};
    const struct cw_json *e = cw_json_first(root);
    for (size_t i = 0; i < CW_COUNT(names); i++, e = cw_json_next(e)) {
        assert_string_equal(cw_json_type_name(cw_json_type(e)), names[i]);
    }
    struct cw_json_doc *copy = NULL;
    assert_int_equal(cw_json_copy(&copy, cw_json_get(root, "a")), CW_OK);
    cw_json_free(doc);
    assert_int_equal(cw_json_size(cw_json_root(copy)), 2);
    cw_json_free(copy);
}

static void quote__any_text__is_read_back(void **state) {
    (void)state;
    static const struct {
        const char *text, *quoted;
    } cases[] = {
        {"", "\"\""},
        {"a\"b\\c/", "\"a\\\"b\\\\c/\""},
        {"\b\t\n\v\f\r\x1b\x7f", "\"\\b\\t\\n\\u000b\\f\\r\\u001b\\u007f\""},
        {"\xe2\x82\xac", "\"\xe2\x82\xac\""},
        {"\xc2\x80\xc2\x9b\xc2\xa0", "\"\\u0080\\u009b\xc2\xa0\""},
        {"a\xff\xc3", "\"a\\ufffd\\ufffd\""},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        struct cw_buf out;
        cw_buf_init(&out, 1000);
        cw_json_quote(&out, cases[i].text);
        assert_string_equal(cw_buf_cstr(&out), cases[i].quoted);
        accepts(cw_buf_cstr(&out));
        cw_buf_done(&out);
    }
}

static void parse__no_memory__said_so(void **state) {
    (void)state;
    struct cw_buf text;
    cw_buf_init(&text, 1 << 16);
    cw_buf_text(&text, "{\"nul\":\"\\u0000\"");
    for (int i = 0; i < 40; i++) {
        cw_buf_format(&text, ",\"k%d\":[\"v\",1,null]", i);
    }
    cw_buf_text(&text, "}");
    unsigned long n = 0;
    for (;;) {
        struct cw_json_doc *doc = NULL;
        nth_malloc_fail(++n);
        enum cw_err err = cw_json_parse(&doc, cw_buf_slice(&text), false, NULL);
        bool failed = nth_malloc_failed();
        nth_malloc_fail(0);
        if (!failed) {
            assert_int_equal(err, CW_OK);
            cw_json_free(doc);
            break;
        }
        assert_int_equal(err, CW_ERR_MEMORY);
        assert_null(doc);
    }
    assert_true(n > 100);
    struct cw_json_doc *doc = NULL;
    for (n = 1; n <= 3; n++) {
        nth_malloc_fail(n);
        assert_int_equal(cw_json_parse(&doc, text_of("[] // x"), true, NULL), CW_ERR_MEMORY);
        assert_true(nth_malloc_failed());
    }
    nth_malloc_fail(0);
    cw_buf_done(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse__grammar_of_json__accepted),
        cmocka_unit_test(parse__what_the_library_lets_pass__refused),
        cmocka_unit_test(parse__loose_numbers__refused),
        cmocka_unit_test(parse__every_byte_at_every_place__what_may_stand_bare),
        cmocka_unit_test(parse__strings_out_of_form__refused),
        cmocka_unit_test(parse__escaped_nul__replaced_or_refused),
        cmocka_unit_test(parse__depth__limited),
        cmocka_unit_test(parse__duplicate_keys__refused),
        cmocka_unit_test(parse__many_values_for_its_size__limit),
        cmocka_unit_test(parse__comments__blanked),
        cmocka_unit_test(locate__value_of_another_document__false),
        cmocka_unit_test(values__by_type__read),
        cmocka_unit_test(quote__any_text__is_read_back),
        cmocka_unit_test(parse__no_memory__said_so),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
