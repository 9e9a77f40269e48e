/* The keystores of the vectors: each opens to its key with its password, and with no other. */
#include "sign/keystore.h"

#include "vectors.h"

#include <stdlib.h>
#include <string.h>

/* Everything that is read from one case, from its text on. */
static void check_case(const cJSON *at) {
    char *text = cJSON_PrintUnformatted(vec_get(at, "json"));
    struct cw_keystore keystore, again;
    struct cw_error error = {0};
    assert_non_null(text);
    if (cw_keystore_parse(&keystore, cw_slice_of(text, strlen(text)), &error) != CW_OK) {
        fail_msg("%s: %s", at->string, error.text);
    }
    free(text);

    struct cw_password *password = cw_password_new();
    assert_non_null(password);
    const char *word = vec_text(at, "password");
    memcpy(password->b, word, strlen(word));
    assert_int_equal(cw_password_take(password, strlen(word), "the vector", &error), CW_OK);
    struct cw_secret32 secret;
    if (cw_keystore_open(&secret, &keystore, password, &error) != CW_OK) {
        fail_msg("%s: %s", at->string, error.text);
    }
    assert_memory_equal(secret.b, vec_bytes(at, "priv").p, 32);

    /* what is written of it is the same keystore */
    struct cw_buf out;
    cw_buf_init(&out, CW_KEYSTORE_BYTES_MAX);
    cw_keystore_write(&out, &keystore);
    assert_int_equal(cw_keystore_parse(&again, cw_buf_slice(&out), &error), CW_OK);
    memcpy(again.id, keystore.id, sizeof again.id);
    assert_memory_equal(&again, &keystore, sizeof again);
    cw_buf_done(&out);
    cw_password_free(password);
}

static void cw_keystore_open__keystore_basic_tests__each_key(void **state) {
    (void)state;
    cJSON *json = vectors_load("keystore_basic_tests.json");
    const cJSON *at;
    size_t n = 0;
    cJSON_ArrayForEach(at, json) {
        check_case(at);
        n++;
    }
    assert_int_equal(n, 5);
    vectors_done(json);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cw_keystore_open__keystore_basic_tests__each_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
