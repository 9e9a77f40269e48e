/* scrypt, passwords and keystores: what is taken, and what each mistake is answered with. */
#include "sign/keystore.h"

#include "nth_malloc.h"
#include "temp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define KEY64 "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"

static const struct cw_secret32 secret = {{0x4c, 0x08, 0x83, 0xa6, 0x91, 0x02, 0x93, 0x7d,
                                           0x62, 0x31, 0x47, 0x1b, 0x5d, 0xbb, 0x62, 0x04,
                                           0xfe, 0x51, 0x29, 0x61, 0x70, 0x82, 0x79, 0x2a,
                                           0xe4, 0x68, 0xd0, 0x1a, 0x3f, 0x36, 0x23, 0x18}};

/* Quick to derive, and as good a test as the real cost. */
static const struct cw_scrypt_cost quick = {2, 1, 1};

static struct cw_slice text_of(const char *text) {
    return cw_slice_of(text, strlen(text));
}

/* --- scrypt ----------------------------------------------------------------------------------- */

static void scrypt__vectors_of_the_rfc__as_given(void **state) {
    (void)state;
    static const struct {
        const char *password, *salt;
        struct cw_scrypt_cost cost;
        const char *hex;
    } cases[] = {
        {"",
         "",
         {16, 1, 1},
         "0x77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
         "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"},
        {"password",
         "NaCl",
         {1024, 8, 16},
         "0xfdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
         "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"},
        {"pleaseletmein",
         "SodiumChloride",
         {16384, 8, 1},
         "0x7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
         "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        uint8_t out[64];
        char hex[CW_HEX_SIZE(64)];
        assert_int_equal(cw_scrypt_own(out, sizeof out, text_of(cases[i].password),
                                       text_of(cases[i].salt), &cases[i].cost),
                         CW_OK);
        assert_string_equal(cw_hex_encode(hex, cw_slice_of(out, sizeof out)), cases[i].hex);
        assert_int_equal(cw_scrypt(out, sizeof out, text_of(cases[i].password),
                                   text_of(cases[i].salt), &cases[i].cost),
                         CW_OK);
        assert_string_equal(cw_hex_encode(hex, cw_slice_of(out, sizeof out)), cases[i].hex);
    }
}

static uint64_t next_random(uint64_t *x) {
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

static void scrypt__random_parameters__the_same_by_openssl_and_by_hand(void **state) {
    (void)state;
    uint64_t x = 88172645463325252u; /* xorshift64, a fixed seed */
    for (int i = 0; i < 150; i++) {
        const struct cw_scrypt_cost cost = {(uint64_t)2 << next_random(&x) % 9,
                                            1 + next_random(&x) % 9, 1 + next_random(&x) % 4};
        uint8_t password[40], salt[40], a[96], b[96];
        for (size_t k = 0; k < sizeof password; k++) {
            password[k] = (uint8_t)next_random(&x);
            salt[k] = (uint8_t)next_random(&x);
        }
        size_t password_n = next_random(&x) % 41, salt_n = next_random(&x) % 41,
               n = 1 + next_random(&x) % sizeof a;
        assert_int_equal(
            cw_scrypt(a, n, cw_slice_of(password, password_n), cw_slice_of(salt, salt_n), &cost),
            CW_OK);
        assert_int_equal(cw_scrypt_own(b, n, cw_slice_of(password, password_n),
                                       cw_slice_of(salt, salt_n), &cost),
                         CW_OK);
        assert_memory_equal(a, b, n);
    }
}

static void scrypt__what_openssl_refuses__derived_by_hand(void **state) {
    (void)state;
    const struct cw_scrypt_cost cost = {1u << 16, 1, 1}; /* 2^(16r) */
    uint8_t a[32] = {0}, b[32] = {1};
    assert_int_equal(cw_scrypt(a, 32, text_of("a"), text_of("b"), &cost), CW_OK);
    assert_int_equal(cw_scrypt_own(b, 32, text_of("a"), text_of("b"), &cost), CW_OK);
    assert_memory_equal(a, b, 32);
}

static void scrypt__nth_allocation_fails__memory_error_and_no_output(void **state) {
    (void)state;
    uint8_t out[32] = {0};
    static const uint8_t zero[32];
    for (unsigned long n = 1;; n++) {
        nth_malloc_fail(n);
        enum cw_err err = cw_scrypt_own(out, 32, text_of("a"), text_of("b"), &quick);
        bool failed = nth_malloc_failed();
        nth_malloc_fail(0);
        if (!failed) {
            assert_int_equal(err, CW_OK);
            assert_int_equal(n, 4);
            break;
        }
        assert_int_equal(err, CW_ERR_MEMORY);
        assert_memory_equal(out, zero, 32);
    }
}

static void scrypt_check__bounds__taken_or_refused(void **state) {
    (void)state;
    const uint64_t most = CW_SCRYPT_MEMORY_MAX / 128;
    const struct {
        struct cw_scrypt_cost cost;
        enum cw_err err;
    } cases[] = {
        {{1u << 18, 8, 1}, CW_OK},
        {{1u << 18, 1, 8}, CW_OK},
        {{1u << 19, 8, 8}, CW_OK},        /* 16 times the usual work */
        {{1u << 19, 8, 9}, CW_ERR_LIMIT}, /* and a little more */
        {{1u << 20, 8, 1}, CW_ERR_LIMIT}, /* 1 GiB and 1 KiB: the last vector of the RFC */
        {{1u << 22, 1, 1u << 22}, CW_ERR_LIMIT},
        {{2, 1, most - 2}, CW_OK},
        {{2, 1, most}, CW_ERR_LIMIT},
        {{2, most, 1}, CW_ERR_LIMIT},
        {{most * 2, 1, 1}, CW_ERR_LIMIT},
        {{(uint64_t)1 << 52, 1, 1}, CW_ERR_LIMIT},
        {{(uint64_t)1 << 63, (uint64_t)1 << 63, (uint64_t)1 << 63}, CW_ERR_LIMIT},
        {{2, UINT64_MAX, UINT64_MAX}, CW_ERR_LIMIT},
        {{0, 8, 1}, CW_ERR_INPUT},
        {{1, 8, 1}, CW_ERR_INPUT},
        {{3, 8, 1}, CW_ERR_INPUT},
        {{UINT64_MAX, 8, 1}, CW_ERR_INPUT},
        {{1024, 0, 1}, CW_ERR_INPUT},
        {{1024, 8, 0}, CW_ERR_INPUT},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        struct cw_error error = {0};
        if (cw_scrypt_check(&cases[i].cost, &error) != cases[i].err) {
            fail_msg("case %zu: %s", i, error.text);
        }
    }
}

/* --- passwords -------------------------------------------------------------------------------- */

static struct cw_password *password_of(const char *text) {
    struct cw_password *password = cw_password_new();
    assert_non_null(password);
    memcpy(password->b, text, strlen(text));
    assert_int_equal(cw_password_take(password, strlen(text), "the test", NULL), CW_OK);
    return password;
}

static void password_take__texts__one_line_end_is_no_part(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t n, taken; /* SIZE_MAX: refused */
    } cases[] = {
        {"", 0, 0},
        {"\n", 1, 0},
        {"a", 1, 1},
        {"a\n", 2, 1},
        {"a\r\n", 3, 1},
        {"a\r", 2, 2},
        {" a b ", 5, 5},
        {"p\xc3\xa4ss", 5, 5},
        {"a\n\n", 3, SIZE_MAX},
        {"a\nb", 3, SIZE_MAX},
        {"a\0b", 3, SIZE_MAX},
        {"a\0", 2, SIZE_MAX},
    };
    struct cw_password *password = cw_password_new();
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        struct cw_error error;
        memset(password->b, 0x55, sizeof password->b);
        memcpy(password->b, cases[i].text, cases[i].n);
        enum cw_err err = cw_password_take(password, cases[i].n, "the test", &error);
        if ((err == CW_OK) != (cases[i].taken != SIZE_MAX)) {
            fail_msg("case %zu: %s", i, err == CW_OK ? "taken" : error.text);
        }
        assert_int_equal(password->n, err == CW_OK ? cases[i].taken : 0);
        for (size_t k = password->n; k < sizeof password->b; k++) {
            assert_int_equal(password->b[k], 0);
        }
    }
    memset(password->b, 'a', sizeof password->b);
    assert_int_equal(cw_password_take(password, CW_PASSWORD_MAX, "the test", NULL), CW_OK);
    assert_int_equal(password->n, CW_PASSWORD_MAX);
    memset(password->b, 'a', sizeof password->b);
    struct cw_error error;
    assert_int_equal(cw_password_take(password, CW_PASSWORD_MAX + 1, "the test", &error),
                     CW_ERR_INPUT);
    assert_non_null(strstr(error.text, "1023 bytes"));
    cw_password_free(password);
    cw_password_free(NULL);
}

static void password_equal__differences_anywhere__seen(void **state) {
    (void)state;
    struct cw_password *a = password_of("correct horse"), *b = password_of("correct horse");
    assert_true(cw_password_equal(a, b));
    b->b[b->n - 1] ^= 1;
    assert_false(cw_password_equal(a, b));
    b->b[b->n - 1] ^= 1;
    b->b[0] ^= 0x80;
    assert_false(cw_password_equal(a, b));
    b->b[0] ^= 0x80;
    b->n--;
    assert_false(cw_password_equal(a, b));
    cw_password_free(a);
    cw_password_free(b);
}

static void password_file__modes_and_content__read_or_refused(void **state) {
    (void)state;
    struct temp temp;
    char path[300];
    temp_make(&temp);
    temp_path(&temp, "password", path, sizeof path);
    static const struct {
        const char *content;
        unsigned mode;
        const char *says; /* NULL: read */
    } cases[] = {
        {"hunter2\n", 0600, NULL},
        {"hunter2", 0400, NULL},
        {"hunter2\n", 0640, "chmod 600"},
        {"hunter2\n", 0604, "chmod 600"},
        {"", 0600, "is empty"},
        {"\n", 0600, "is empty"},
        {"hunter2\nhunter3\n", 0600, "more than one line"},
    };
    struct cw_password *password = cw_password_new();
    struct cw_error error;
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        (void)unlink(path);
        temp_write(path, cases[i].content, strlen(cases[i].content), cases[i].mode);
        enum cw_err err = cw_password_file(password, path, &error);
        if (cases[i].says == NULL) {
            assert_int_equal(err, CW_OK);
            assert_int_equal(password->n, 7);
            assert_memory_equal(password->b, "hunter2", 8);
            continue;
        }
        assert_int_equal(err, CW_ERR_INPUT);
        assert_non_null(strstr(error.text, cases[i].says));
        assert_non_null(strstr(error.text, path));
        assert_null(strstr(error.text, "hunter"));
        assert_int_equal(password->n, 0);
        assert_int_equal(password->b[0], 0);
    }
    assert_int_equal(cw_password_file(password, temp.dir, &error), CW_ERR_INPUT);
    (void)unlink(path);
    assert_int_equal(cw_password_file(password, path, &error), CW_ERR_INPUT);
    assert_non_null(strstr(error.text, "can't be opened"));
    cw_password_free(password);
    temp_remove(&temp);
}

/* --- keystores -------------------------------------------------------------------------------- */

static const struct cw_keystore_seed seed = {
    .salt = {1, 2, 3}, .iv = {0xfe, 0xff}, .id = {0xaa, [6] = 0xff, [8] = 0xff, [15] = 0xbb}};

static struct cw_keystore sealed(const char *word) {
    struct cw_keystore keystore;
    struct cw_error error;
    struct cw_password *password = password_of(word);
    if (cw_keystore_seal(&keystore, &secret, password, &quick, &seed, &error) != CW_OK) {
        fail_msg("%s", error.text);
    }
    cw_password_free(password);
    return keystore;
}

static enum cw_err open_with(const struct cw_keystore *keystore, const char *word,
                             struct cw_error *error) {
    struct cw_secret32 got = {{0}};
    struct cw_password *password = password_of(word);
    enum cw_err err = cw_keystore_open(&got, keystore, password, error);
    cw_password_free(password);
    assert_true(cw_secret32_equal(&got, err == CW_OK ? &secret : &(struct cw_secret32){{0}}));
    if (err != CW_OK) {
        assert_null(strstr(error->text, "4c0883"));
        assert_null(strstr(error->text, word));
    }
    return err;
}

/* Ciphertext and MAC as the scrypt and the AES of node make them. */
static const char written[] =
    "{\"address\":\"2c7536e3605d9c16a7a3d7b1898e529396a65c23\",\"crypto\":{\"cipher\":\"aes-128-"
    "ctr\",\"cipherparams\":{\"iv\":\"feff0000000000000000000000000000\"},\"ciphertext\":"
    "\"98eedacc4e03958ce355bdf7f6297af20d4eae571afda1ecb000476086dc3b96\",\"kdf\":\"scrypt\","
    "\"kdfparams\":{\"dklen\":32,\"n\":2,\"p\":1,\"r\":1,"
    "\"salt\":\"0102030000000000000000000000000000000000000000000000000000000000\"},\"mac\":"
    "\"656eea2f0abf1c8c31b1dc2c5f90db8d693fe2d55c02dd8c3f4ece3f424ce56a\"},\"id\":\"aa000000-0000-"
    "4f00-bf00-0000000000bb\",\"version\":3}";

static void seal__fixed_seed__the_text_that_others_open(void **state) {
    (void)state;
    struct cw_keystore keystore = sealed("hunter2"), again;
    struct cw_buf out;
    cw_buf_init(&out, CW_KEYSTORE_BYTES_MAX);
    cw_keystore_write(&out, &keystore);
    assert_string_equal(cw_buf_cstr(&out), written);
    struct cw_error error;
    assert_int_equal(cw_keystore_parse(&again, cw_buf_slice(&out), &error), CW_OK);
    assert_int_equal(open_with(&again, "hunter2", &error), CW_OK);
    cw_buf_done(&out);
}

static void seal__no_key__refused(void **state) {
    (void)state;
    struct cw_keystore keystore;
    struct cw_error error;
    struct cw_password *password = password_of("hunter2");
    const struct cw_secret32 zero = {{0}};
    assert_int_equal(cw_keystore_seal(&keystore, &zero, password, &quick, &seed, &error),
                     CW_ERR_INPUT);
    assert_non_null(strstr(error.text, "no valid key"));
    cw_password_free(password);
}

static void open__wrong_password__one_clear_line(void **state) {
    (void)state;
    const struct cw_keystore keystore = sealed("hunter2");
    static const char *const words[] = {"hunter3", "hunter", "hunter22", "Hunter2", "hunter2 "};
    for (size_t i = 0; i < CW_COUNT(words); i++) {
        struct cw_error error;
        assert_int_equal(open_with(&keystore, words[i], &error), CW_ERR_REFUSED);
        assert_string_equal(error.text, "wrong password");
    }
}

static void open__any_bit_of_it_damaged__refused(void **state) {
    (void)state;
    const struct cw_keystore good = sealed("hunter2");
    struct cw_error error;
    for (size_t i = 0; i < 32 * 8; i++) {
        struct cw_keystore bad = good;
        bad.mac.b[i / 8] ^= (uint8_t)(1u << i % 8);
        assert_int_equal(open_with(&bad, "hunter2", &error), CW_ERR_REFUSED);
        bad = good;
        bad.ciphertext[i / 8] ^= (uint8_t)(1u << i % 8);
        assert_int_equal(open_with(&bad, "hunter2", &error), CW_ERR_REFUSED);
        bad = good;
        bad.salt[i / 8] ^= (uint8_t)(1u << i % 8);
        assert_int_equal(open_with(&bad, "hunter2", &error), CW_ERR_REFUSED);
    }
    for (size_t i = 0; i < 16 * 8; i++) { /* not bound by the MAC, but by the address */
        struct cw_keystore bad = good;
        bad.iv[i / 8] ^= (uint8_t)(1u << i % 8);
        assert_int_equal(open_with(&bad, "hunter2", &error), CW_ERR_CONTRADICTED);
        assert_non_null(strstr(error.text, "0x2c7536e3605d9c16a7a3d7b1898e529396a65c23"));
    }
}

static void open__pbkdf2__the_key(void **state) {
    (void)state;
    struct cw_keystore keystore;
    struct cw_error error;
    /* made with the PBKDF2 and the AES of node */
    static const char text[] =
        "{\"version\":3,\"Crypto\":{\"cipher\":\"aes-128-ctr\",\"cipherparams\":{\"iv\":"
        "\"000102030405060708090a0b0c0d0e0f\"},\"ciphertext\":"
        "\"42c8d66812b25a9013691641962c7ae84f8797b37ee942a3fb9c25b7de7f3083\",\"kdf\":\"pbkdf2\","
        "\"kdfparams\":{\"c\":7,\"dklen\":32,\"prf\":\"hmac-sha256\",\"salt\":\"00\"},\"mac\":"
        "\"cc46e0ec0620a342ae61acb8887f292b82bef5d083050a1fec57d25080471932\"}}";
    if (cw_keystore_parse(&keystore, CW_LITERAL(text), &error) != CW_OK) {
        fail_msg("%s", error.text);
    }
    assert_false(keystore.has_address);
    assert_int_equal(open_with(&keystore, "hunter2", &error), CW_OK);
    assert_int_equal(open_with(&keystore, "hunter3", &error), CW_ERR_REFUSED);
}

/* written with the first find replaced. */
static char *with(const char *find, const char *replace) {
    const char *at = strstr(written, find);
    if (at == NULL) {
        fail_msg("the keystore has no: %s", find);
    }
    size_t n = sizeof written + strlen(replace) + 1;
    char *text = malloc(n);
    assert_non_null(text);
    snprintf(text, n, "%.*s%s%s", (int)(at - written), written, replace, at + strlen(find));
    return text;
}

static void parse__mistakes__said_and_refused(void **state) {
    (void)state;
    static const struct {
        const char *find, *replace;
        enum cw_err err;
        const char *says;
    } cases[] = {
        {"\"version\":3", "\"version\":1", CW_ERR_INPUT, "version 3"},
        {"\"version\":3", "\"version\":4", CW_ERR_INPUT, "version 3"},
        {"\"version\":3", "\"version\":\"3\"", CW_ERR_INPUT, "version 3"},
        {",\"version\":3", "", CW_ERR_INPUT, "version 3"},
        {"\"crypto\":", "\"krypto\":", CW_ERR_INPUT, "\"crypto\" is missing"},
        {"\"id\":", "\"Crypto\":{},\"id\":", CW_ERR_INPUT, "\"crypto\" stands there twice"},
        {"\"id\":", "\"crypto\":{},\"id\":", CW_ERR_INPUT, "key stands twice"},
        {"aes-128-ctr", "aes-128-cbc", CW_ERR_INPUT, "\"cipher\""},
        {"\"feff", "\"", CW_ERR_INPUT, "\"iv\" is too short"},
        {"\"feff", "\"feff00", CW_ERR_INPUT, "\"iv\" is too long"},
        {"\"feff", "\"feff0", CW_ERR_INPUT, "\"iv\" is too long"},
        {"\"feff0", "\"feff", CW_ERR_INPUT, "\"iv\" is not hexadecimal"},
        {"\"feff", "\"0xff", CW_ERR_INPUT, "\"iv\" is not hexadecimal"},
        {"\"feff", "\"fegg", CW_ERR_INPUT, "\"iv\" is not hexadecimal"},
        {"\"iv\"", "\"vi\"", CW_ERR_INPUT, "\"iv\" is missing"},
        {"\"ciphertext\":\"", "\"ciphertext\":\"00", CW_ERR_INPUT, "\"ciphertext\" is too long"},
        {"\"ciphertext\"", "\"cyphertext\"", CW_ERR_INPUT, "\"ciphertext\" is missing"},
        {"\"mac\":\"", "\"mac\":\"00", CW_ERR_INPUT, "\"mac\" is too long"},
        {"\"mac\":\"", "\"mac\":\"\",\"cam\":\"", CW_ERR_INPUT, "\"mac\" is missing"},
        {"\"kdf\":\"scrypt\"", "\"kdf\":\"argon2\"", CW_ERR_INPUT, "\"kdf\" is neither"},
        {"\"kdf\":\"scrypt\"", "\"kdf\":\"pbkdf2\"", CW_ERR_INPUT, "\"prf\""},
        {"\"kdf\":\"scrypt\",\"kdfparams\":{",
         "\"kdf\":\"pbkdf2\",\"kdfparams\":{\"prf\":\"hmac-sha256\",\"c\":0,", CW_ERR_INPUT,
         "\"c\" is 0"},
        {"\"kdf\":\"scrypt\",\"kdfparams\":{",
         "\"kdf\":\"pbkdf2\",\"kdfparams\":{\"prf\":\"hmac-sha256\",\"c\":16777217,", CW_ERR_LIMIT,
         "16777216 rounds"},
        {"\"kdf\":\"scrypt\",\"kdfparams\":{",
         "\"kdf\":\"pbkdf2\",\"kdfparams\":{\"prf\":\"hmac-sha512\",\"c\":1,", CW_ERR_INPUT,
         "\"prf\""},
        {"\"kdfparams\":{", "\"kdfparams\":[],\"x\":{", CW_ERR_INPUT, "\"salt\" is missing"},
        {"\"dklen\":32", "\"dklen\":31", CW_ERR_INPUT, "\"dklen\" is not 32"},
        {"\"dklen\":32", "\"dklen\":4294967328", CW_ERR_INPUT, "\"dklen\" is not 32"},
        {"\"dklen\":32", "\"dklen\":-32", CW_ERR_INPUT, "\"dklen\" is no whole number"},
        {"\"n\":2", "\"n\":3", CW_ERR_INPUT, "power of two"},
        {"\"n\":2", "\"n\":\"2\"", CW_ERR_INPUT, "\"n\" is no whole number"},
        {"\"n\":2", "\"n\":2.5", CW_ERR_INPUT, "\"n\" is no whole number"},
        {"\"n\":2", "\"n\":16777216", CW_ERR_LIMIT, "1 GiB of memory"},
        {"\"n\":2", "\"n\":4503599627370496", CW_ERR_LIMIT, "1 GiB of memory"},
        {"\"r\":1", "\"r\":9007199254740991", CW_ERR_LIMIT, "1 GiB of memory"},
        {"\"p\":1", "\"p\":9007199254740991", CW_ERR_LIMIT, "1 GiB of memory"},
        {"\"n\":2,\"p\":1", "\"n\":4194304,\"p\":100", CW_ERR_LIMIT, "16 times the work"},
        {"\"salt\":\"", "\"salt\":\"\",\"tlas\":\"", CW_ERR_INPUT, "\"salt\" is missing"},
        {"\"salt\":\"",
         "\"salt\":\"000000000000000000000000000000000000000000000000000000000000000000",
         CW_ERR_INPUT, "\"salt\" is too long"},
        {"\"address\":\"2c", "\"address\":\"", CW_ERR_INPUT, "\"address\" is too short"},
        {"\"address\":\"2c", "\"address\":\"0x", CW_ERR_INPUT, "\"address\" is none"},
        {"\"version\":3}", "\"version\":3}x", CW_ERR_INPUT, ""},
        {"\"version\":3}", "\"version\":3,\"version\":3}", CW_ERR_INPUT, ""},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        char *text = with(cases[i].find, cases[i].replace);
        struct cw_keystore keystore;
        struct cw_error error = {0};
        enum cw_err err = cw_keystore_parse(&keystore, text_of(text), &error);
        if (err != cases[i].err || strstr(error.text, cases[i].says) == NULL) {
            fail_msg("case %zu (%s): %d, %s", i, cases[i].replace, (int)err, error.text);
        }
        free(text);
    }
}

static void parse__what_may_be__taken(void **state) {
    (void)state;
    static const struct {
        const char *find, *replace;
        bool has_address;
    } cases[] = {
        {"\"id\":", "\"name\":\"main\",\"x-made-by\":{\"deep\":[1]},\"id\":", true},
        {"\"kdfparams\":{", "\"version\":1,\"kdfparams\":{\"more\":1,", true},
        {"\"address\":\"2c", "\"address\":\"0x2c", true},
        {"\"address\":\"2c7536e3605d9c16a7a3d7b1898e529396a65c23\",", "", false},
        {"\"address\":\"2c7536e3605d9c16a7a3d7b1898e529396a65c23\",", "\"address\":\"\",", false},
        {"feff00", "FEFF00", true},
        {"\"crypto\":", "\"Crypto\":", true},
        {"\"id\":\"aa000000-0000-4f00-bf00-0000000000bb\",", "", true},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        char *text = with(cases[i].find, cases[i].replace);
        struct cw_keystore keystore;
        struct cw_error error = {0};
        if (cw_keystore_parse(&keystore, text_of(text), &error) != CW_OK) {
            fail_msg("case %zu: %s", i, error.text);
        }
        assert_int_equal(keystore.has_address, cases[i].has_address);
        assert_int_equal(open_with(&keystore, "hunter2", &error), CW_OK);
        free(text);
    }
}

static void parse__cut_anywhere_or_huge__refused(void **state) {
    (void)state;
    struct cw_keystore keystore;
    struct cw_error error;
    for (size_t n = 0; n < sizeof written - 1; n++) {
        assert_int_equal(cw_keystore_parse(&keystore, cw_slice_of(written, n), &error),
                         CW_ERR_INPUT);
    }
    char *huge = malloc(CW_KEYSTORE_BYTES_MAX + 1);
    memset(huge, ' ', CW_KEYSTORE_BYTES_MAX + 1);
    memcpy(huge, written, sizeof written - 1);
    assert_int_equal(cw_keystore_parse(&keystore, cw_slice_of(huge, CW_KEYSTORE_BYTES_MAX), &error),
                     CW_OK);
    assert_int_equal(
        cw_keystore_parse(&keystore, cw_slice_of(huge, CW_KEYSTORE_BYTES_MAX + 1), &error),
        CW_ERR_INPUT);
    assert_non_null(strstr(error.text, "larger than any keystore"));
    free(huge);
}

static void parse_and_seal__nth_allocation_fails__memory_error(void **state) {
    (void)state;
    struct cw_password *password = password_of("hunter2");
    unsigned long n = 1;
    for (bool failed = true; failed; n++) {
        struct cw_keystore keystore;
        struct cw_secret32 got;
        struct cw_error error = {0};
        nth_malloc_fail(n);
        enum cw_err err = cw_keystore_parse(&keystore, CW_LITERAL(written), &error);
        if (err == CW_OK) {
            err = cw_keystore_seal(&keystore, &secret, password, &quick, &seed, &error);
        }
        if (err == CW_OK) {
            err = cw_keystore_open(&got, &keystore, password, &error);
        }
        failed = nth_malloc_failed();
        nth_malloc_fail(0);
        assert_int_equal(err, failed ? CW_ERR_MEMORY : CW_OK);
    }
    assert_true(n > 10);
    cw_password_free(password);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scrypt__vectors_of_the_rfc__as_given),
        cmocka_unit_test(scrypt__random_parameters__the_same_by_openssl_and_by_hand),
        cmocka_unit_test(scrypt__what_openssl_refuses__derived_by_hand),
        cmocka_unit_test(scrypt__nth_allocation_fails__memory_error_and_no_output),
        cmocka_unit_test(scrypt_check__bounds__taken_or_refused),
        cmocka_unit_test(password_take__texts__one_line_end_is_no_part),
        cmocka_unit_test(password_equal__differences_anywhere__seen),
        cmocka_unit_test(password_file__modes_and_content__read_or_refused),
        cmocka_unit_test(seal__fixed_seed__the_text_that_others_open),
        cmocka_unit_test(seal__no_key__refused),
        cmocka_unit_test(open__wrong_password__one_clear_line),
        cmocka_unit_test(open__any_bit_of_it_damaged__refused),
        cmocka_unit_test(open__pbkdf2__the_key),
        cmocka_unit_test(parse__mistakes__said_and_refused),
        cmocka_unit_test(parse__what_may_be__taken),
        cmocka_unit_test(parse__cut_anywhere_or_huge__refused),
        cmocka_unit_test(parse_and_seal__nth_allocation_fails__memory_error),
    };
    return cmocka_run_group_tests_name("keystore", tests, NULL, NULL);
}
