#include "schema.h"

#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX ((size_t)4 << 20)
#define PATTERNS 64u

struct schema_file {
    struct cw_json_doc *doc;
    struct pattern {
        const char *text; /* of the document */
        regex_t compiled;
    } patterns[PATTERNS];
    size_t patterns_n;
};

/* Where in a value, or in a schema, somebody is. */
struct place {
    struct schema_file *file;
    char path[180];
    char *why;
};

/* --- the file --------------------------------------------------------------------------------- */

static _Noreturn void give_up(const char *path, const char *why) {
    fprintf(stderr, "%s: %s\n", path, why);
    exit(2);
}

struct schema_file *schema_load(const char *path) {
    struct schema_file *file = calloc(1, sizeof *file);
    char *text = malloc(FILE_MAX);
    FILE *in = fopen(path, "re");
    struct cw_error error;
    if (!file || !text || !in)
        give_up(path, "can't be read");
    const size_t n = fread(text, 1, FILE_MAX, in);
    if (ferror(in) || n == FILE_MAX)
        give_up(path, "can't be read");
    (void)fclose(in);
    if (cw_json_parse(&file->doc, cw_slice_of(text, n), false, &error) != CW_OK)
        give_up(path, error.text);
    free(text);
    return file;
}

void schema_free(struct schema_file *file) {
    if (!file)
        return;
    for (size_t i = 0; i < file->patterns_n; i++)
        regfree(&file->patterns[i].compiled);
    cw_json_free(file->doc);
    free(file);
}

const struct cw_json *schema_root(const struct schema_file *file) {
    return cw_json_root(file->doc);
}

const struct cw_json *schema_at(const struct schema_file *file, const char *pointer) {
    const struct cw_json *at = cw_json_root(file->doc);
    if (pointer[0] != '#')
        return NULL;
    for (pointer++; at && *pointer == '/';) {
        char key[128];
        size_t n = 0;
        for (pointer++; *pointer != '\0' && *pointer != '/' && n + 1 < sizeof key; pointer++) {
            const bool slash = pointer[0] == '~' && pointer[1] == '1';
            key[n++] = slash ? '/' : *pointer;
            pointer += slash;
        }
        key[n] = '\0';
        at = cw_json_get(at, key);
    }
    return at;
}

const struct cw_json *schema_follow(const struct schema_file *file, const struct cw_json *value) {
    const char *ref = cw_json_string(cw_json_get(value, "$ref"));
    return ref ? schema_at(file, ref) : value;
}

/* --- failing ---------------------------------------------------------------------------------- */

static bool refuse(struct place *place, const char *format, ...) CW_PRINTF(2, 3);
static bool refuse(struct place *place, const char *format, ...) {
    char text[SCHEMA_WHY / 2];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    snprintf(place->why, SCHEMA_WHY, "%s: %s", place->path[0] ? place->path : "/", text);
    return false;
}

/* Returns how long the path was. */
static size_t enter(struct place *place, const char *key, size_t index) {
    const size_t n = strlen(place->path);
    if (key)
        snprintf(place->path + n, sizeof place->path - n, "/%s", key);
    else
        snprintf(place->path + n, sizeof place->path - n, "/%zu", index);
    return n;
}

static void leave(struct place *place, size_t n) {
    place->path[n] = '\0';
}

/* --- values ----------------------------------------------------------------------------------- */

static bool holds(struct place *place, const struct cw_json *schema, const struct cw_json *value);

static bool is_type(const struct cw_json *value, const char *name) {
    static const char *const names[] = {
        [CW_JSON_NULL] = "null",     [CW_JSON_BOOL] = "boolean", [CW_JSON_NUMBER] = "number",
        [CW_JSON_STRING] = "string", [CW_JSON_ARRAY] = "array",  [CW_JSON_OBJECT] = "object"};
    uint64_t number;
    return strcmp(name, "integer") == 0 ? cw_json_u64(&number, value) == CW_OK
                                        : strcmp(name, names[cw_json_type(value)]) == 0;
}

static bool type_holds(struct place *place, const struct cw_json *type,
                       const struct cw_json *value) {
    const char *one = cw_json_string(type);
    if (one)
        return is_type(value, one) || refuse(place, "is no %s", one);
    for (const struct cw_json *t = cw_json_first(type); t; t = cw_json_next(t))
        if (is_type(value, cw_json_string(t)))
            return true;
    return refuse(place, "is of none of the types that it may have");
}

static bool is_equal(const struct cw_json *a, const struct cw_json *b) {
    bool one = false, other = false;
    uint64_t left = 0, right = 0;
    if (cw_json_type(a) != cw_json_type(b))
        return false;
    switch (cw_json_type(a)) {
    case CW_JSON_NULL:
        return true;
    case CW_JSON_BOOL:
        return cw_json_bool(&one, a) == CW_OK && cw_json_bool(&other, b) == CW_OK && one == other;
    case CW_JSON_NUMBER:
        return cw_json_u64(&left, a) == CW_OK && cw_json_u64(&right, b) == CW_OK && left == right;
    case CW_JSON_STRING:
        return strcmp(cw_json_string(a), cw_json_string(b)) == 0;
    case CW_JSON_ARRAY:
    case CW_JSON_OBJECT:
        return false;
    }
    return false;
}

static bool enum_holds(struct place *place, const struct cw_json *list,
                       const struct cw_json *value) {
    for (const struct cw_json *one = cw_json_first(list); one; one = cw_json_next(one))
        if (is_equal(one, value))
            return true;
    const char *text = cw_json_string(value);
    return refuse(place, "\"%s\" is none of those that it may be", text ? text : "(no text)");
}

static bool bounds_hold(struct place *place, const struct cw_json *schema, uint64_t n,
                        const char *least, const char *most) {
    uint64_t bound;
    if (cw_json_u64(&bound, cw_json_get(schema, least)) == CW_OK && n < bound)
        return refuse(place, "is below %s: %llu", least, (unsigned long long)n);
    if (cw_json_u64(&bound, cw_json_get(schema, most)) == CW_OK && n > bound)
        return refuse(place, "is above %s: %llu", most, (unsigned long long)n);
    return true;
}

static const regex_t *compile(struct schema_file *file, const char *text) {
    for (size_t i = 0; i < file->patterns_n; i++)
        if (strcmp(file->patterns[i].text, text) == 0)
            return &file->patterns[i].compiled;
    struct pattern *pattern = &file->patterns[file->patterns_n];
    if (file->patterns_n == PATTERNS ||
        regcomp(&pattern->compiled, text, REG_EXTENDED | REG_NOSUB) != 0)
        return NULL;
    file->patterns_n++;
    pattern->text = text;
    return &pattern->compiled;
}

static bool text_holds(struct place *place, const struct cw_json *schema, const char *text) {
    const char *pattern = cw_json_string(cw_json_get(schema, "pattern"));
    size_t characters = 0;
    for (const char *at = text; *at != '\0'; at++)
        characters += (*at & 0xc0) != 0x80;
    if (!bounds_hold(place, schema, characters, "minLength", "maxLength"))
        return false;
    if (!pattern)
        return true;
    const regex_t *compiled = compile(place->file, pattern);
    if (!compiled)
        return refuse(place, "no pattern: %s", pattern);
    return regexec(compiled, text, 0, NULL, 0) == 0 ||
           refuse(place, "\"%s\" is not like %s", text, pattern);
}

static bool array_holds(struct place *place, const struct cw_json *schema,
                        const struct cw_json *value) {
    const struct cw_json *items = cw_json_get(schema, "items");
    size_t i = 0;
    if (!bounds_hold(place, schema, cw_json_size(value), "minItems", "maxItems"))
        return false;
    for (const struct cw_json *one = cw_json_first(value); items && one;
         one = cw_json_next(one), i++) {
        const size_t n = enter(place, NULL, i);
        if (!holds(place, items, one))
            return false;
        leave(place, n);
    }
    return true;
}

static bool object_holds(struct place *place, const struct cw_json *schema,
                         const struct cw_json *value) {
    const struct cw_json *properties = cw_json_get(schema, "properties");
    const struct cw_json *more = cw_json_get(schema, "additionalProperties");
    const struct cw_json *required = cw_json_get(schema, "required");
    const struct cw_json *names = cw_json_get(schema, "propertyNames");
    if (!bounds_hold(place, schema, cw_json_size(value), "minProperties", "maxProperties"))
        return false;
    for (const struct cw_json *name = cw_json_first(required); name; name = cw_json_next(name))
        if (!cw_json_get(value, cw_json_string(name)))
            return refuse(place, "has no \"%s\"", cw_json_string(name));
    for (const struct cw_json *member = cw_json_first(value); member;
         member = cw_json_next(member)) {
        const struct cw_json *inner = cw_json_get(properties, cw_json_key(member));
        bool open = true;
        if (!inner && more && cw_json_bool(&open, more) != CW_OK)
            inner = more;
        if (!open)
            return refuse(place, "has \"%s\", which is not described", cw_json_key(member));
        const size_t n = enter(place, cw_json_key(member), 0);
        if (names && !text_holds(place, names, cw_json_key(member)))
            return false;
        if (inner && !holds(place, inner, member))
            return false;
        leave(place, n);
    }
    return true;
}

/* How many of a list of schemas hold. */
static size_t count(struct place *place, const struct cw_json *list, const struct cw_json *value) {
    size_t n = 0;
    for (const struct cw_json *one = cw_json_first(list); one; one = cw_json_next(one)) {
        struct place inner = *place;
        n += holds(&inner, one, value);
    }
    return n;
}

static bool choices_hold(struct place *place, const struct cw_json *schema,
                         const struct cw_json *value) {
    const struct cw_json *one = cw_json_get(schema, "oneOf"), *any = cw_json_get(schema, "anyOf");
    const size_t n = one ? count(place, one, value) : 1;
    if (n == 0) /* why: the last one's */
        return false;
    if (n > 1)
        return refuse(place, "is like several of \"oneOf\"");
    return !any || count(place, any, value) > 0;
}

static bool all_hold(struct place *place, const struct cw_json *schema,
                     const struct cw_json *value) {
    const struct cw_json *all = cw_json_get(schema, "allOf"), *when = cw_json_get(schema, "if");
    for (const struct cw_json *one = cw_json_first(all); one; one = cw_json_next(one))
        if (!holds(place, one, value))
            return false;
    struct place unsaid = *place;
    char why[SCHEMA_WHY];
    unsaid.why = why;
    return !when || !holds(&unsaid, when, value) ||
           holds(place, cw_json_get(schema, "then"), value);
}

static bool holds(struct place *place, const struct cw_json *schema, const struct cw_json *value) {
    const struct cw_json *type, *list, *same;
    const char *ref = cw_json_string(cw_json_get(schema, "$ref"));
    uint64_t number;
    if (ref) {
        const struct cw_json *target = schema_at(place->file, ref);
        return target ? holds(place, target, value) : refuse(place, "%s leads nowhere", ref);
    }
    if ((type = cw_json_get(schema, "type")) && !type_holds(place, type, value))
        return false;
    if ((list = cw_json_get(schema, "enum")) && !enum_holds(place, list, value))
        return false;
    if ((same = cw_json_get(schema, "const")) && !is_equal(same, value))
        return refuse(place, "is not what it always is");
    if (cw_json_u64(&number, value) == CW_OK &&
        !bounds_hold(place, schema, number, "minimum", "maximum"))
        return false;
    if (cw_json_string(value) && !text_holds(place, schema, cw_json_string(value)))
        return false;
    if (cw_json_type(value) == CW_JSON_ARRAY && !array_holds(place, schema, value))
        return false;
    if (cw_json_type(value) == CW_JSON_OBJECT && !object_holds(place, schema, value))
        return false;
    return choices_hold(place, schema, value) && all_hold(place, schema, value);
}

bool schema_holds(struct schema_file *file, const struct cw_json *schema,
                  const struct cw_json *value, char why[SCHEMA_WHY]) {
    struct place place = {.file = file, .why = why};
    why[0] = '\0';
    return holds(&place, schema, value);
}

/* --- schemas ---------------------------------------------------------------------------------- */

static bool is_known(struct place *place, const struct cw_json *schema);

static bool each_is_known(struct place *place, const struct cw_json *list) {
    size_t i = 0;
    for (const struct cw_json *one = cw_json_first(list); one; one = cw_json_next(one), i++) {
        const size_t n = enter(place, cw_json_key(one), i);
        if (!is_known(place, one))
            return false;
        leave(place, n);
    }
    return true;
}

static bool word_is_known(const char *word) {
    static const char *const words[] = {
        "$schema",      "$id",       "$ref",    "$defs",         "title",
        "description",  "type",      "enum",    "const",         "minimum",
        "maximum",      "minLength", "pattern", "maxLength",     "minItems",
        "maxItems",     "required",  "default", "items",         "example",
        "examples",     "oneOf",     "anyOf",   "properties",    "additionalProperties",
        "allOf",        "if",        "then",    "propertyNames", "minProperties",
        "maxProperties"};
    for (size_t i = 0; i < CW_COUNT(words); i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

static bool object_is_known(struct place *place, const struct cw_json *schema) {
    const struct cw_json *more = cw_json_get(schema, "additionalProperties");
    const struct cw_json *properties = cw_json_get(schema, "properties");
    const struct cw_json *required = cw_json_get(schema, "required");
    const char *type = cw_json_string(cw_json_get(schema, "type"));
    const bool is_object = type && strcmp(type, "object") == 0;
    bool open = false;
    if (is_object && !more)
        return refuse(place, "does not say additionalProperties");
    if (more && cw_json_bool(&open, more) != CW_OK && !is_known(place, more))
        return false;
    for (const struct cw_json *name = cw_json_first(required); is_object && name;
         name = cw_json_next(name))
        if (!cw_json_get(properties, cw_json_string(name)))
            return refuse(place, "requires \"%s\", which it does not have", cw_json_string(name));
    return each_is_known(place, properties);
}

static bool some_is_known(struct place *place, const struct cw_json *schema) {
    return !schema || is_known(place, schema);
}

static bool is_known(struct place *place, const struct cw_json *schema) {
    const char *ref = cw_json_string(cw_json_get(schema, "$ref"));
    const char *pattern = cw_json_string(cw_json_get(schema, "pattern"));
    const struct cw_json *items = cw_json_get(schema, "items");
    if (cw_json_type(schema) != CW_JSON_OBJECT)
        return refuse(place, "is no schema");
    for (const struct cw_json *word = cw_json_first(schema); word; word = cw_json_next(word))
        if (!word_is_known(cw_json_key(word)))
            return refuse(place, "\"%s\" is not known here", cw_json_key(word));
    if (ref && !schema_at(place->file, ref))
        return refuse(place, "%s leads nowhere", ref);
    if (pattern && !compile(place->file, pattern))
        return refuse(place, "no pattern: %s", pattern);
    return object_is_known(place, schema) && some_is_known(place, items) &&
           each_is_known(place, cw_json_get(schema, "oneOf")) &&
           each_is_known(place, cw_json_get(schema, "anyOf")) &&
           each_is_known(place, cw_json_get(schema, "allOf")) &&
           some_is_known(place, cw_json_get(schema, "if")) &&
           some_is_known(place, cw_json_get(schema, "then")) &&
           some_is_known(place, cw_json_get(schema, "propertyNames")) &&
           each_is_known(place, cw_json_get(schema, "$defs"));
}

bool schema_is_known(struct schema_file *file, const struct cw_json *schema, char why[SCHEMA_WHY]) {
    struct place place = {.file = file, .why = why};
    why[0] = '\0';
    return is_known(&place, schema);
}
