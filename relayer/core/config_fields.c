#include "core/config_fields.h"

#include <causeway/keccak.h>

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS_MAX 48

/* --- errors ----------------------------------------------------------------------------------- */

static enum cw_err refuse(const struct cw_config_reader *reader, bool located, unsigned line,
                          unsigned column, const char *format, va_list args) {
    char text[400];
    vsnprintf(text, sizeof text, format, args);
    if (!located)
        return cw_error_set(reader->error, CW_ERR_INPUT, "%s: %s", reader->path, text);
    return cw_error_set(reader->error, CW_ERR_INPUT, "%s:%u:%u: %s", reader->path, line, column,
                        text);
}

enum cw_err cw_config_refuse(const struct cw_config_reader *reader, const struct cw_json *at,
                             const char *format, ...) {
    unsigned line = 0, column = 0;
    bool located = at != NULL && cw_json_locate(reader->doc, at, &line, &column);
    const char *origin = at != NULL && !located ? cw_json_origin(reader->doc, at) : NULL;
    const struct cw_config_reader of_variable = {.path = origin, .error = reader->error};
    va_list args;
    va_start(args, format);
    enum cw_err err = refuse(origin != NULL ? &of_variable : reader, located, line, column, format,
                             args);
    va_end(args);
    return err;
}

enum cw_err cw_config_refuse_key(const struct cw_config_reader *reader,
                                 const struct cw_json *member, const char *format, ...) {
    unsigned line = 0, column = 0;
    bool located = cw_json_locate_key(reader->doc, member, &line, &column);
    va_list args;
    va_start(args, format);
    enum cw_err err = refuse(reader, located, line, column, format, args);
    va_end(args);
    return err;
}

enum cw_err cw_config_no_memory(const struct cw_config_reader *reader) {
    return cw_error_set(reader->error, CW_ERR_MEMORY, "%s: out of memory", reader->path);
}

bool cw_config_socket_read(struct cw_config_socket *ret, const char *text) {
    const char *colon = strrchr(text, ':');
    const bool v6 = text[0] == '[';
    char *end = NULL;
    const size_t n = colon != NULL ? (size_t)(colon - text) : 0;
    const unsigned long port = colon != NULL && colon[1] >= '0' && colon[1] <= '9'
                                   ? strtoul(colon + 1, &end, 10)
                                   : 65536;
    uint8_t address[16];
    bool good = port <= 65535 && *end == '\0' && n < sizeof ret->host + 2 &&
                (!v6 || (n > 2 && text[n - 1] == ']'));
    struct cw_config_socket out = {.v6 = v6, .port = (uint16_t)port};
    if (good)
        snprintf(out.host, sizeof out.host, "%.*s", (int)(v6 ? n - 2 : n), text + v6);
    if (!good || inet_pton(v6 ? AF_INET6 : AF_INET, out.host, address) != 1)
        return false;
    *ret = out;
    return true;
}

static bool sounds_secret(const char *key) {
    static const char *const words[] = {"key",      "private", "secret", "mnemonic",
                                        "password", "seed",    "phrase"};
    for (size_t i = 0; i < CW_COUNT(words); i++)
        if (strstr(key, words[i]) != NULL)
            return true;
    return false;
}

static enum cw_err unknown_key(const struct cw_config_reader *reader, const char *name,
                               const struct cw_json *member, const char *const *keys, bool secret) {
    const char *key = cw_json_key(member);
    const char *shown = cw_config_shown(key);
    bool named = secret && sounds_secret(key) && !cw_config_is_near(key, keys, 2);
    if (named && cw_config_is_word(keys, "secret_file"))
        return cw_config_refuse_key(
            reader, member,
            "%s: no secret is read from the configuration: put it into a file of its own (chmod "
            "600) and name that in \"secret_file\", or name an environment variable in "
            "\"secret_env\"",
            name);
    if (named)
        return cw_config_refuse_key(
            reader, member,
            "%s: no secret is read from the configuration: put it into a file of "
            "its own (chmod 600) and name that in \"key_file\" (or, for a keystore, in "
            "\"password_file\"), or name an environment variable in \"key_env\"",
            name);
    const char *nearest = cw_config_nearest(key, keys);
    if (nearest != NULL)
        return cw_config_refuse_key(reader, member, "%s: unknown key \"%s\": did you mean \"%s\"?",
                                    name, shown, nearest);
    char list[160];
    cw_config_list(list, sizeof list, keys);
    return cw_config_refuse_key(reader, member, "%s: unknown key \"%s\": it takes %s", name, shown,
                                list);
}

enum cw_err cw_config_refuse_word(const struct cw_config_reader *reader, const char *where,
                                  const char *key, const struct cw_json *at, const char *word,
                                  const char *const *known) {
    char list[256];
    cw_config_list(list, sizeof list, known);
    const char *nearest = cw_config_nearest(word, known);
    return cw_config_refuse(reader, at, "%s: there is no such \"%s\": %s%s%sit takes %s", where,
                            key, nearest != NULL ? "did you mean \"" : "",
                            nearest != NULL ? nearest : "", nearest != NULL ? "\"? " : "", list);
}

/* --- values ----------------------------------------------------------------------------------- */

static bool is_mixed_case(const char *digits) {
    bool lower = false, upper = false;
    for (; *digits != 0; digits++) {
        lower = lower || (*digits >= 'a' && *digits <= 'f');
        upper = upper || (*digits >= 'A' && *digits <= 'F');
    }
    return lower && upper;
}

/* EIP-55: a letter is upper case where the hash of the lower-case digits has a nibble above 7. */
char *cw_config_address_text(char out[CW_HEX_SIZE(20)], const struct cw_addr20 *address) {
    struct cw_hash32 hash;
    cw_hex_encode(out, cw_slice_of(address->b, sizeof address->b));
    cw_keccak256(&hash, cw_slice_of(out + 2, 40));
    for (size_t i = 0; i < 40; i++) {
        unsigned nibble = i % 2 == 0 ? hash.b[i / 2] >> 4 : hash.b[i / 2] & 0x0fu;
        if (out[2 + i] >= 'a' && nibble > 7)
            out[2 + i] = (char)(out[2 + i] - 'a' + 'A');
    }
    return out;
}

enum cw_err cw_config_address(struct cw_addr20 *ret, const char *text, struct cw_error *error) {
    struct cw_addr20 address;
    if (cw_hex_decode(address.b, sizeof address.b, text, strnlen(text, 64)) != CW_OK)
        return cw_error_set(error, CW_ERR_INPUT,
                            "is no address: write 0x and 40 hexadecimal digits");
    char right[CW_HEX_SIZE(20)];
    cw_config_address_text(right, &address);
    if (is_mixed_case(text + 2) && strcmp(right, text) != 0)
        return cw_error_set(
            error, CW_ERR_INPUT,
            "has a wrong checksum, so a digit may be wrong: compare it with its source; "
            "as these digits stand it would be %s",
            right);
    if (cw_addr20_is_zero(&address))
        return cw_error_set(error, CW_ERR_INPUT, "is the zero address: fill in the right one");
    *ret = address;
    return CW_OK;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Digits before and after the point, without the point and moved by `decimals`. */
static enum cw_err scale(char out[CW_U256_DEC_SIZE], const char *text, size_t n,
                         unsigned decimals) {
    size_t used = 0, places = 0;
    if (n == 0)
        return CW_ERR_INPUT;
    bool point = false;
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '.' && !point && i > 0 && i + 1 < n) {
            point = true;
            continue;
        }
        if (!is_digit(text[i]) || used + 1 >= CW_U256_DEC_SIZE)
            return CW_ERR_INPUT;
        if (point && ++places > decimals)
            return CW_ERR_LIMIT;
        if (used == 1 && out[0] == '0')
            used = 0; /* leading zeros of 0.5 */
        out[used++] = text[i];
    }
    for (; places < decimals; places++) {
        if (used + 1 >= CW_U256_DEC_SIZE)
            return CW_ERR_INPUT;
        if (used == 1 && out[0] == '0')
            continue;
        out[used++] = '0';
    }
    out[used] = 0;
    return used > 0 ? CW_OK : CW_ERR_INPUT;
}

enum cw_err cw_config_wei(struct cw_wei *ret, const char *text, struct cw_error *error) {
    static const struct {
        const char *name;
        unsigned decimals;
    } units[] = {{"", 0}, {"wei", 0}, {"gwei", 9}, {"ether", 18}};
    size_t n = strspn(text, "0123456789.");
    const char *unit = text + n;
    if (*unit == ' ')
        unit++;
    for (size_t i = 0; i < CW_COUNT(units); i++) {
        if (strcmp(unit, units[i].name) != 0 || (unit[0] == 0 && text[n] != 0))
            continue;
        char digits[CW_U256_DEC_SIZE];
        enum cw_err err = scale(digits, text, n, units[i].decimals);
        if (err == CW_OK)
            err = cw_u256_from_dec(&ret->v, digits, strlen(digits));
        if (err == CW_ERR_LIMIT && units[i].name[0] == 0)
            return cw_error_set(error, CW_ERR_INPUT,
                                "has no unit: write wei, gwei or ether behind the number");
        if (err == CW_ERR_LIMIT)
            return cw_error_set(error, CW_ERR_INPUT, "has more than the %u decimals of its unit",
                                units[i].decimals);
        if (err == CW_OK)
            return CW_OK;
        break;
    }
    return cw_error_set(
        error, CW_ERR_INPUT,
        "is no amount: write a number and wei, gwei or ether, such as \"0.5 gwei\"");
}

static enum cw_err parse_u64(uint64_t *ret, const char *text) {
    struct cw_u256 wide;
    if (cw_u256_from_dec(&wide, text, strnlen(text, 32)) != CW_OK || cw_u256_to_u64(ret, &wide))
        return CW_ERR_INPUT;
    return CW_OK;
}

/* Where a value goes, and what to say of it. */
struct target {
    const struct cw_config_reader *reader;
    const char *name;
    const struct cw_config_shape *shape;
    const struct cw_field *field;
    const struct cw_json *at; /* the value in the file; NULL for a default */
    void *out;
};

static enum cw_err wrong(const struct target *t, const char *what) {
    return cw_config_refuse(t->reader, t->at, "%s: \"%s\" %s", t->name, t->field->key, what);
}

static enum cw_err wrong_type(const struct target *t, const char *wanted) {
    return cw_config_refuse(t->reader, t->at, "%s: \"%s\" is %s: it takes %s", t->name,
                            t->field->key, cw_json_type_name(cw_json_type(t->at)), wanted);
}

static enum cw_err put_u64(const struct target *t, uint64_t value) {
    const struct cw_field *field = t->field;
    if ((field->min != 0 || field->max != 0) && (value < field->min || value > field->max))
        return cw_config_refuse(t->reader, t->at, "%s: \"%s\" is %llu: it must be %llu to %llu",
                                t->name, field->key, (unsigned long long)value,
                                (unsigned long long)field->min, (unsigned long long)field->max);
    memcpy(t->out, &value, sizeof value);
    return CW_OK;
}

static enum cw_err put_text(const struct target *t, const char *text) {
    const char *copy = cw_arena_text(t->reader->arena, text, strlen(text));
    if (copy == NULL)
        return cw_config_no_memory(t->reader);
    memcpy(t->out, &copy, sizeof copy);
    return CW_OK;
}

/* None stands for none where it may be left out. */
static enum cw_err check_word(const struct target *t, const char *text) {
    const struct cw_config_form *form = cw_config_form(t->shape, t->field->key);
    const char *fallback = t->field->fallback;
    if (form == NULL || form->words == NULL || cw_config_is_word(form->words, text) ||
        (text[0] == 0 && fallback != NULL && fallback[0] == 0))
        return CW_OK;
    char list[200];
    cw_config_list(list, sizeof list, form->words);
    const char *nearest = cw_config_nearest(text, form->words);
    return cw_config_refuse(t->reader, t->at, "%s: \"%s\" takes %s%s%s%s", t->name, t->field->key,
                            list, nearest != NULL ? ": did you mean \"" : "",
                            nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
}

static enum cw_err read_text(const struct target *t, const char *text) {
    if (strncmp(text, "~/", 2) == 0)
        return wrong(t, "begins with ~, which only shells know: write the whole path");
    enum cw_err err = check_word(t, text);
    return err == CW_OK ? put_text(t, text) : err;
}

static enum cw_err put_address(const struct target *t, const char *text) {
    struct cw_addr20 address;
    struct cw_error why;
    if (cw_config_address(&address, text, &why) != CW_OK)
        return wrong(t, why.text);
    memcpy(t->out, &address, sizeof address);
    return CW_OK;
}

static enum cw_err put_wei(const struct target *t, const char *text) {
    struct cw_wei wei;
    struct cw_error why;
    if (cw_config_wei(&wei, text, &why) != CW_OK)
        return wrong(t, why.text);
    memcpy(t->out, &wei, sizeof wei);
    return CW_OK;
}

static enum cw_err read_addresses(const struct target *t) {
    size_t n = cw_json_size(t->at), i = 0;
    struct cw_addr20 *list = cw_arena_array(t->reader->arena, n, sizeof *list);
    if (list == NULL)
        return cw_config_no_memory(t->reader);
    for (const struct cw_json *e = cw_json_first(t->at); e != NULL; e = cw_json_next(e)) {
        struct target one = {t->reader, t->name, t->shape, t->field, e, &list[i++]};
        const char *text = cw_json_string(e);
        enum cw_err err = text != NULL ? put_address(&one, text)
                                       : wrong_type(&one, "addresses as text, such as \"0x…\"");
        if (err != CW_OK)
            return err;
    }
    struct cw_addr20s addresses = {list, n};
    memcpy(t->out, &addresses, sizeof addresses);
    return CW_OK;
}

static enum cw_err put_hex(const struct target *t, struct cw_slice *out) {
    const char *text = cw_json_string(t->at);
    size_t size = text != NULL ? strlen(text) / 2 : 0, n = 0;
    uint8_t *bytes = cw_arena_alloc(t->reader->arena, size + 1);
    if (bytes == NULL)
        return cw_config_no_memory(t->reader);
    if (text == NULL || cw_hex_decode_any(bytes, size, &n, text, strlen(text)) != CW_OK || n == 0)
        return wrong_type(t, "bytes as text, such as \"0x1f00\"");
    *out = cw_slice_of(bytes, n);
    return CW_OK;
}

static enum cw_err read_hexes(const struct target *t) {
    size_t n = cw_json_size(t->at), i = 0;
    struct cw_slice *list = cw_arena_array(t->reader->arena, n, sizeof *list);
    if (list == NULL)
        return cw_config_no_memory(t->reader);
    for (const struct cw_json *e = cw_json_first(t->at); e != NULL; e = cw_json_next(e)) {
        const struct target one = {t->reader, t->name, t->shape, t->field, e, NULL};
        enum cw_err err = put_hex(&one, &list[i++]);
        if (err != CW_OK)
            return err;
    }
    struct cw_hexes hexes = {list, n};
    memcpy(t->out, &hexes, sizeof hexes);
    return CW_OK;
}

static enum cw_err read_u64(const struct target *t) {
    uint64_t value = 0;
    const char *text = cw_json_string(t->at);
    if (text != NULL ? parse_u64(&value, text) != CW_OK : cw_json_u64(&value, t->at) != CW_OK)
        return wrong_type(t, "a whole number, not negative");
    return put_u64(t, value);
}

static enum cw_err put_u64s(const struct target *t, const uint64_t *list, size_t n) {
    uint64_t *copy = cw_arena_array(t->reader->arena, n, sizeof *copy);
    if (copy == NULL)
        return cw_config_no_memory(t->reader);
    for (size_t i = 0; i < n; i++)
        copy[i] = list[i];
    const struct cw_u64s numbers = {copy, n};
    memcpy(t->out, &numbers, sizeof numbers);
    return CW_OK;
}

static enum cw_err read_u64s(const struct target *t) {
    uint64_t list[CW_CONFIG_NUMBERS_MAX];
    size_t n = 0;
    if (cw_json_size(t->at) > CW_CONFIG_NUMBERS_MAX)
        return wrong(t, "is too long a list");
    for (const struct cw_json *e = cw_json_first(t->at); e != NULL; e = cw_json_next(e)) {
        const struct target one = {t->reader, t->name, t->shape, t->field, e, &list[n++]};
        enum cw_err err = read_u64(&one);
        if (err != CW_OK)
            return err;
    }
    return put_u64s(t, list, n);
}

/* "[1, 20]" */
static enum cw_err fallback_u64s(const struct target *t) {
    uint64_t list[CW_CONFIG_NUMBERS_MAX];
    size_t n = 0;
    for (const char *at = t->field->fallback + 1;
         *at != '\0' && *at != ']' && n < CW_CONFIG_NUMBERS_MAX;) {
        char *end = NULL;
        list[n++] = strtoull(at, &end, 10);
        at = end + strspn(end, ", ");
    }
    return put_u64s(t, list, n);
}

/* A value of the file. */
static enum cw_err read_value(const struct target *t) {
    const char *text = cw_json_string(t->at);
    switch (t->field->type) {
    case CW_FIELD_BOOL: {
        bool value = false;
        if (cw_json_bool(&value, t->at) != CW_OK)
            return wrong_type(t, "true or false");
        memcpy(t->out, &value, sizeof value);
        return CW_OK;
    }
    case CW_FIELD_U64:
        return read_u64(t);
    case CW_FIELD_U64S:
        return cw_json_type(t->at) == CW_JSON_ARRAY ? read_u64s(t)
                                                    : wrong_type(t, "a list of whole numbers");
    case CW_FIELD_RATIO: {
        double value = 0;
        if (cw_json_number(&value, t->at) != CW_OK || value < 0)
            return wrong_type(t, "a number, not negative");
        memcpy(t->out, &value, sizeof value);
        return CW_OK;
    }
    case CW_FIELD_TEXT:
        return text != NULL ? read_text(t, text) : wrong_type(t, "text, in quotes");
    case CW_FIELD_ADDR20:
        return text != NULL ? put_address(t, text) : wrong_type(t, "an address as text");
    case CW_FIELD_ADDR20S:
        return cw_json_type(t->at) == CW_JSON_ARRAY ? read_addresses(t)
                                                    : wrong_type(t, "a list of addresses");
    case CW_FIELD_HEXES:
        return cw_json_type(t->at) == CW_JSON_ARRAY ? read_hexes(t)
                                                    : wrong_type(t, "a list of bytes as text");
    case CW_FIELD_WEI:
        return text != NULL
                   ? put_wei(t, text)
                   : wrong_type(t, "an amount as text with its unit, such as \"0.5 gwei\"");
    }
    return wrong(t, "has a type that is not known");
}

/* A default in the file's own notation. */
static enum cw_err read_fallback(const struct target *t) {
    const char *text = t->field->fallback;
    switch (t->field->type) {
    case CW_FIELD_BOOL: {
        bool value = strcmp(text, "true") == 0;
        memcpy(t->out, &value, sizeof value);
        return CW_OK;
    }
    case CW_FIELD_U64: {
        uint64_t value = 0;
        if (parse_u64(&value, text) != CW_OK)
            return wrong(t, "has a default that is no number");
        return put_u64(t, value);
    }
    case CW_FIELD_U64S:
        return fallback_u64s(t);
    case CW_FIELD_RATIO: {
        double value = strtod(text, NULL);
        memcpy(t->out, &value, sizeof value);
        return CW_OK;
    }
    case CW_FIELD_TEXT:
        return put_text(t, text);
    case CW_FIELD_ADDR20:
        if (text[0] == 0) { /* optional: the zero address stands for none */
            memset(t->out, 0, sizeof(struct cw_addr20));
            return CW_OK;
        }
        return put_address(t, text);
    case CW_FIELD_ADDR20S:
        memset(t->out, 0, sizeof(struct cw_addr20s));
        return CW_OK;
    case CW_FIELD_HEXES:
        memset(t->out, 0, sizeof(struct cw_hexes));
        return CW_OK;
    case CW_FIELD_WEI:
        return put_wei(t, text);
    }
    return wrong(t, "has a type that is not known");
}

/* --- objects ---------------------------------------------------------------------------------- */

const struct cw_config_form *cw_config_form(const struct cw_config_shape *shape, const char *key) {
    for (const struct cw_config_form *f = shape->forms; f != NULL && f->key != NULL; f++)
        if (strcmp(f->key, key) == 0)
            return f;
    return NULL;
}

static size_t list_keys(const struct cw_config_shape *shape, const char *keys[KEYS_MAX + 1]) {
    size_t n = 0;
    for (const struct cw_field *f = shape->fields; f->key != NULL && n < KEYS_MAX; f++)
        keys[n++] = f->key;
    for (const struct cw_config_part *p = shape->parts; p != NULL && p->key != NULL && n < KEYS_MAX;
         p++)
        keys[n++] = p->key;
    keys[n] = NULL;
    return n;
}

enum cw_err cw_config_read(const struct cw_config_reader *reader, const char *name,
                           const struct cw_json *object, const struct cw_json *at,
                           const struct cw_config_shape *shape, void *out) {
    const char *keys[KEYS_MAX + 1];
    list_keys(shape, keys);
    if (object != NULL && cw_json_type(object) != CW_JSON_OBJECT)
        return cw_config_refuse(reader, object, "%s is %s: it takes an object, { … }", name,
                                cw_json_type_name(cw_json_type(object)));
    for (const struct cw_json *m = cw_json_first(object); m != NULL; m = cw_json_next(m))
        if (!cw_config_is_word(keys, cw_json_key(m)))
            return unknown_key(reader, name, m, keys, shape->secret);
    for (const struct cw_field *field = shape->fields; field->key != NULL; field++) {
        struct target t = {reader,
                           name,
                           shape,
                           field,
                           cw_json_get(object, field->key),
                           (uint8_t *)out + field->offset};
        enum cw_err err;
        if (t.at != NULL)
            err = read_value(&t);
        else if (field->fallback != NULL)
            err = read_fallback(&t);
        else
            err = cw_config_refuse(reader, at, "%s: \"%s\" is missing: %s", name, field->key,
                                   field->doc);
        if (err != CW_OK)
            return err;
    }
    return cw_config_note(reader, object, shape, out);
}

enum cw_err cw_config_note(const struct cw_config_reader *reader, const struct cw_json *object,
                           const struct cw_config_shape *shape, const void *out) {
    for (const struct cw_field *f = shape->fields; reader->trace != NULL && f->key != NULL; f++) {
        struct cw_config_traced *traced = cw_arena_alloc(reader->arena, sizeof *traced);
        if (traced == NULL)
            return cw_config_no_memory(reader);
        *traced = (struct cw_config_traced){reader->trace->last, object, f,
                                            (const uint8_t *)out + f->offset};
        reader->trace->last = traced;
    }
    return CW_OK;
}

const void *cw_config_traced(const struct cw_config_trace *trace, const struct cw_json *object,
                             const struct cw_field *field) {
    const struct cw_config_traced *at = trace->last;
    while (at != NULL && (at->object != object || at->field != field))
        at = at->before;
    return at != NULL ? at->out : NULL;
}

static const char *type_text(enum cw_field_type type) {
    switch (type) {
    case CW_FIELD_BOOL:
        return "true or false";
    case CW_FIELD_U64:
        return "whole number";
    case CW_FIELD_U64S:
        return "list of whole numbers";
    case CW_FIELD_RATIO:
        return "number";
    case CW_FIELD_TEXT:
        return "text";
    case CW_FIELD_ADDR20:
        return "address";
    case CW_FIELD_ADDR20S:
        return "list of addresses";
    case CW_FIELD_HEXES:
        return "list of bytes";
    case CW_FIELD_WEI:
        return "amount";
    }
    return "?";
}

void cw_config_describe(struct cw_buf *out, const struct cw_field *field) {
    cw_buf_text(out, type_text(field->type));
    if (field->min != 0 || field->max != 0)
        cw_buf_format(out, " %llu to %llu", (unsigned long long)field->min,
                      (unsigned long long)field->max);
    if (field->fallback == NULL)
        cw_buf_text(out, ", required");
    else if (field->fallback[0] == 0)
        cw_buf_text(out, ", may be left out");
    else
        cw_buf_format(out, ", default %s", field->fallback);
}

/* --- comparing -------------------------------------------------------------------------------- */

static bool hexes_equal(const struct cw_hexes *a, const struct cw_hexes *b) {
    bool equal = a->n == b->n;
    for (size_t i = 0; equal && i < a->n; i++)
        equal = cw_slice_equal(a->p[i], b->p[i]);
    return equal;
}

static bool addresses_equal(const struct cw_addr20s *a, const struct cw_addr20s *b) {
    return a->n == b->n && (a->n == 0 || memcmp(a->p, b->p, a->n * sizeof a->p[0]) == 0);
}

static bool numbers_equal(const struct cw_u64s *a, const struct cw_u64s *b) {
    return a->n == b->n && (a->n == 0 || memcmp(a->p, b->p, a->n * sizeof a->p[0]) == 0);
}

static bool values_equal(enum cw_field_type type, const void *a, const void *b) {
    switch (type) {
    case CW_FIELD_BOOL:
        return memcmp(a, b, sizeof(bool)) == 0;
    case CW_FIELD_U64:
        return memcmp(a, b, sizeof(uint64_t)) == 0;
    case CW_FIELD_U64S:
        return numbers_equal(a, b);
    case CW_FIELD_RATIO:
        return memcmp(a, b, sizeof(double)) == 0;
    case CW_FIELD_TEXT:
        return strcmp(*(const char *const *)a, *(const char *const *)b) == 0;
    case CW_FIELD_ADDR20:
        return memcmp(a, b, sizeof(struct cw_addr20)) == 0;
    case CW_FIELD_ADDR20S:
        return addresses_equal(a, b);
    case CW_FIELD_HEXES:
        return hexes_equal(a, b);
    case CW_FIELD_WEI:
        return memcmp(a, b, sizeof(struct cw_wei)) == 0;
    }
    return false;
}

const char *cw_config_difference(const struct cw_config_shape *shape, const void *a, const void *b,
                                 const char *const *except) {
    for (const struct cw_field *f = shape->fields; f->key != NULL; f++)
        if (!cw_config_is_word(except, f->key) &&
            !values_equal(f->type, (const char *)a + f->offset, (const char *)b + f->offset))
            return f->key;
    return NULL;
}
