#include "net/eth_read.h"

#include <string.h>

/* --- scalars -------------------------------------------------------------------------------- */

enum cw_err eth_not_a(struct cw_error *error, const char *what) {
    return cw_error_set(error, CW_ERR_INPUT, "%s is due", what);
}

enum cw_err eth_read_u256(struct cw_u256 *ret, const struct cw_json *value,
                          struct cw_error *error) {
    const char *text = cw_json_string(value);
    if (text == NULL || cw_u256_from_quantity(ret, text, strlen(text)) != CW_OK) {
        return eth_not_a(error, "a quantity (\"0x…\" without leading zeros)");
    }
    return CW_OK;
}

static enum cw_err narrow(uint64_t *ret, const struct cw_u256 *wide, struct cw_error *error) {
    uint64_t value;
    if (cw_u256_to_u64(&value, wide)) {
        return eth_not_a(error, "a quantity of at most 64 bits");
    }
    *ret = value;
    return CW_OK;
}

enum cw_err eth_read_u64(uint64_t *ret, const struct cw_json *value, struct cw_error *error) {
    struct cw_u256 wide;
    enum cw_err err = eth_read_u256(&wide, value, error);
    return err == CW_OK ? narrow(ret, &wide, error) : err;
}

/* "0x" and 1 to 64 digits, leading zeros or not. */
static enum cw_err read_padded(struct cw_u256 *ret, const char *text, size_t text_n) {
    char padded[2 + 64];
    uint8_t be[32];
    if (text_n < 3 || text_n > sizeof(padded) || memcmp(text, "0x", 2) != 0) {
        return CW_ERR_INPUT;
    }
    memset(padded, '0', sizeof(padded));
    padded[1] = 'x';
    memcpy(padded + sizeof(padded) - (text_n - 2), text + 2, text_n - 2);
    enum cw_err err = cw_hex_decode(be, sizeof(be), padded, sizeof(padded));
    if (err == CW_OK) {
        *ret = cw_u256_from_be(be);
    }
    return err;
}

enum cw_err eth_read_integer(struct cw_u256 *ret, const struct cw_json *value,
                             struct cw_error *error) {
    const char *text = cw_json_string(value);
    uint64_t number;
    if (text == NULL) {
        if (value == NULL || cw_json_u64(&number, value) != CW_OK) {
            return eth_not_a(error, "an integer (number, decimal or 0x string)");
        }
        *ret = cw_u256_from_u64(number);
        return CW_OK;
    }
    size_t text_n = strlen(text);
    if (read_padded(ret, text, text_n) != CW_OK && cw_u256_from_dec(ret, text, text_n) != CW_OK) {
        return eth_not_a(error, "an integer (number, decimal or 0x string)");
    }
    return CW_OK;
}

enum cw_err eth_read_fixed(uint8_t *ret, size_t n, const char *what, const struct cw_json *value,
                           struct cw_error *error) {
    const char *text = cw_json_string(value);
    if (text == NULL || cw_hex_decode(ret, n, text, strlen(text)) != CW_OK) {
        return eth_not_a(error, what);
    }
    return CW_OK;
}

enum cw_err eth_read_hash32(struct cw_hash32 *ret, const struct cw_json *value,
                            struct cw_error *error) {
    struct cw_hash32 hash;
    enum cw_err err = eth_read_fixed(hash.b, sizeof(hash.b), "a hash (\"0x\" and 64 digits)", value,
                                     error);
    if (err == CW_OK) {
        *ret = hash;
    }
    return err;
}

enum cw_err eth_read_addr20(struct cw_addr20 *ret, const struct cw_json *value,
                            struct cw_error *error) {
    struct cw_addr20 address;
    enum cw_err err = eth_read_fixed(address.b, sizeof(address.b),
                                     "an address (\"0x\" and 40 digits)", value, error);
    if (err == CW_OK) {
        *ret = address;
    }
    return err;
}

enum cw_err eth_read_data(struct cw_slice *ret, struct cw_arena *arena, const struct cw_json *value,
                          struct cw_error *error) {
    const char *text = cw_json_string(value);
    size_t text_n = text == NULL ? 0 : strlen(text), n;
    if (text_n < 2) {
        return eth_not_a(error, "bytes (\"0x\" and an even number of digits)");
    }
    uint8_t *bytes = cw_arena_alloc(arena, (text_n - 2) / 2);
    if (bytes == NULL) {
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    }
    if (cw_hex_decode_any(bytes, (text_n - 2) / 2, &n, text, text_n) != CW_OK) {
        return eth_not_a(error, "bytes (\"0x\" and an even number of digits)");
    }
    *ret = cw_slice_of(bytes, n);
    return CW_OK;
}

bool eth_is_null(const struct cw_json *value) {
    return value != NULL && cw_json_type(value) == CW_JSON_NULL;
}

enum cw_err eth_behind(struct cw_error *error) {
    return cw_error_set(error, CW_ERR_BEHIND, "the answer is null: not there (yet, or any longer)");
}

enum cw_err cw_eth_u64(uint64_t *ret, const struct cw_json *value, struct cw_error *error) {
    return eth_is_null(value) ? eth_behind(error) : eth_read_u64(ret, value, error);
}

enum cw_err cw_eth_u256(struct cw_u256 *ret, const struct cw_json *value, struct cw_error *error) {
    return eth_is_null(value) ? eth_behind(error) : eth_read_u256(ret, value, error);
}

enum cw_err cw_eth_hash32(struct cw_hash32 *ret, const struct cw_json *value,
                          struct cw_error *error) {
    return eth_is_null(value) ? eth_behind(error) : eth_read_hash32(ret, value, error);
}

enum cw_err cw_eth_addr20(struct cw_addr20 *ret, const struct cw_json *value,
                          struct cw_error *error) {
    return eth_is_null(value) ? eth_behind(error) : eth_read_addr20(ret, value, error);
}

enum cw_err cw_eth_data(struct cw_slice *ret, struct cw_arena *arena, const struct cw_json *value,
                        struct cw_error *error) {
    return eth_is_null(value) ? eth_behind(error) : eth_read_data(ret, arena, value, error);
}

/* --- members of an object ------------------------------------------------------------------- */

const struct cw_json *eth_member(struct reader *r, const char *key) {
    if (r->err != CW_OK) {
        return NULL;
    }
    const struct cw_json *value = cw_json_get(r->object, key);
    if (value == NULL) {
        r->err = cw_error_set(r->error, CW_ERR_INPUT, "%s is missing", key);
    }
    return value;
}

bool eth_has(const struct reader *r, const char *key) {
    const struct cw_json *value = cw_json_get(r->object, key);
    return value != NULL && !eth_is_null(value);
}

void eth_took(struct reader *r, const char *key, enum cw_err err) {
    if (err != CW_OK) {
        r->err = cw_error_wrap(r->error, err, "%s", key);
    }
}

static enum cw_err read_wide(struct cw_u256 *ret, const struct reader *r,
                             const struct cw_json *value) {
    return r->dump ? eth_read_integer(ret, value, r->error) : eth_read_u256(ret, value, r->error);
}

void eth_get_u64(struct reader *r, uint64_t *ret, const char *key) {
    const struct cw_json *value = eth_member(r, key);
    struct cw_u256 wide;
    if (value != NULL) {
        enum cw_err err = read_wide(&wide, r, value);
        eth_took(r, key, err == CW_OK ? narrow(ret, &wide, r->error) : err);
    }
}

void eth_get_u256(struct reader *r, struct cw_u256 *ret, const char *key) {
    const struct cw_json *value = eth_member(r, key);
    if (value != NULL) {
        eth_took(r, key, read_wide(ret, r, value));
    }
}

void eth_get_hash32(struct reader *r, struct cw_hash32 *ret, const char *key) {
    const struct cw_json *value = eth_member(r, key);
    if (value != NULL) {
        eth_took(r, key, eth_read_hash32(ret, value, r->error));
    }
}

void eth_get_addr20(struct reader *r, struct cw_addr20 *ret, const char *key) {
    const struct cw_json *value = eth_member(r, key);
    if (value != NULL) {
        eth_took(r, key, eth_read_addr20(ret, value, r->error));
    }
}

void eth_get_fixed(struct reader *r, uint8_t *ret, size_t n, const char *what, const char *key) {
    const struct cw_json *value = eth_member(r, key);
    if (value != NULL) {
        eth_took(r, key, eth_read_fixed(ret, n, what, value, r->error));
    }
}

void eth_get_data(struct reader *r, struct cw_slice *ret, const char *key) {
    const struct cw_json *value = eth_member(r, key);
    if (value != NULL) {
        eth_took(r, key, eth_read_data(ret, r->arena, value, r->error));
    }
}

const struct cw_json *eth_get_array(struct reader *r, const char *key) {
    const struct cw_json *value = eth_member(r, key);
    if (value != NULL && cw_json_type(value) != CW_JSON_ARRAY) {
        eth_took(r, key, eth_not_a(r->error, "an array"));
        return NULL;
    }
    return value;
}

void eth_get_nodes(struct reader *r, const struct cw_slice **ret, size_t *ret_n, const char *key) {
    const struct cw_json *array = eth_get_array(r, key);
    if (array == NULL) {
        return;
    }
    size_t n = cw_json_size(array), at = 0;
    struct cw_slice *nodes = cw_arena_array(r->arena, n, sizeof(*nodes));
    if (nodes == NULL) {
        r->err = cw_error_set(r->error, CW_ERR_MEMORY, "out of memory");
        return;
    }
    for (const struct cw_json *e = cw_json_first(array); e != NULL && r->err == CW_OK;
         e = cw_json_next(e)) {
        eth_took(r, key, eth_read_data(&nodes[at++], r->arena, e, r->error));
    }
    *ret = nodes;
    *ret_n = n;
}

void eth_get_slot(struct reader *r, struct cw_hash32 *ret, const char *key) {
    const struct cw_json *value = eth_member(r, key);
    struct cw_u256 number;
    if (value == NULL || eth_read_hash32(ret, value, NULL) == CW_OK) {
        return;
    }
    if (read_wide(&number, r, value) != CW_OK) {
        eth_took(r, key, eth_not_a(r->error, "a slot"));
        return;
    }
    cw_u256_to_be(ret->b, &number);
}

enum cw_err eth_expect(const struct cw_json *value, enum cw_json_type type,
                       struct cw_error *error) {
    if (value == NULL || cw_json_type(value) != type) {
        return cw_error_set(error, CW_ERR_INPUT, "%s is due, not %s", cw_json_type_name(type),
                            value == NULL ? "nothing" : cw_json_type_name(cw_json_type(value)));
    }
    return CW_OK;
}

enum cw_err eth_expect_known(const struct cw_json *value, enum cw_json_type type,
                             struct cw_error *error) {
    return eth_is_null(value) ? eth_behind(error) : eth_expect(value, type, error);
}
