#include "core/json.h"

#include "core/json_scan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

/* A struct cw_json is a cJSON. */

/* What was put into a document. */
struct graft {
    struct graft *next;
    cJSON *item, *replaced; /* NULL: nothing was there */
    const char *origin;
};

struct cw_json_doc {
    cJSON *root;
    struct graft *grafts;
    uint8_t *original; /* as parsed, only with comments: for positions */
    uint8_t *blanked;  /* the same with spaces for comments, or with \u0000 replaced */
    size_t n;
};

static const cJSON *inside(const struct cw_json *value) {
    return (const cJSON *)(const void *)value;
}

static const struct cw_json *outside(const cJSON *item) {
    return (const struct cw_json *)(const void *)item;
}

/* --- positions ------------------------------------------------------------------------------ */

/* Columns count characters, as editors do. */
static void position(const uint8_t *text, size_t at, unsigned *ret_line, unsigned *ret_column) {
    unsigned line = 1, column = 1;
    for (size_t i = 0; i < at; i++) {
        if (text[i] == '\n') {
            line++;
            column = 1;
        } else if ((text[i] & 0xc0) != 0x80) {
            column++;
        }
    }
    *ret_line = line;
    *ret_column = column;
}

static enum cw_err refuse(struct cw_error *error, enum cw_err code, const uint8_t *text, size_t at,
                          const char *wrong) {
    if (error == NULL) {
        return code;
    }
    unsigned line, column;
    position(text, at, &line, &column);
    return cw_error_set(error, code, "%u:%u: %s", line, column, wrong);
}

static const struct graft *graft_of(const struct cw_json_doc *doc, const cJSON *item) {
    const struct graft *graft = doc->grafts;
    while (graft != NULL && graft->item != item) {
        graft = graft->next;
    }
    return graft;
}

/* Counts values in the order of the text until wanted is reached: for what was put in, what stood
 * there. Depth is bounded by the scan. */
static bool count_until(const struct cw_json_doc *doc, const cJSON *item, const cJSON *wanted,
                        size_t *count) {
    const struct graft *graft = graft_of(doc, item);
    if (graft != NULL) {
        return graft->replaced != NULL && count_until(doc, graft->replaced, wanted, count);
    }
    ++*count;
    if (item == wanted) {
        return true;
    }
    for (const cJSON *child = item->child; child != NULL; child = child->next) {
        if (count_until(doc, child, wanted, count)) {
            return true;
        }
    }
    return false;
}

static bool find(const struct cw_json_doc *doc, const cJSON *wanted, struct cw_json_scan *ret) {
    size_t ordinal = 0;
    return doc->original != NULL && count_until(doc, doc->root, wanted, &ordinal) &&
           cw_json_scan(ret, cw_slice_of(doc->blanked, doc->n), SIZE_MAX, ordinal);
}

bool cw_json_locate(const struct cw_json_doc *doc, const struct cw_json *value, unsigned *ret_line,
                    unsigned *ret_column) {
    struct cw_json_scan scan;
    if (!find(doc, inside(value), &scan)) {
        return false;
    }
    position(doc->original, scan.value_at, ret_line, ret_column);
    return true;
}

bool cw_json_locate_key(const struct cw_json_doc *doc, const struct cw_json *member,
                        unsigned *ret_line, unsigned *ret_column) {
    struct cw_json_scan scan;
    if (!find(doc, inside(member), &scan) || scan.key_at == SIZE_MAX) {
        return false;
    }
    position(doc->original, scan.key_at, ret_line, ret_column);
    return true;
}

/* --- duplicate keys ------------------------------------------------------------------------- */

#define PAIRWISE_MAX 32

static int by_key(const void *a, const void *b) {
    return strcmp((*(cJSON *const *)a)->string, (*(cJSON *const *)b)->string);
}

/* CW_OK, or CW_ERR_INPUT with *ret_second one of the two, or CW_ERR_MEMORY. */
static enum cw_err check_members(const cJSON *object, const cJSON **ret_second) {
    size_t n = 0;
    for (const cJSON *member = object->child; member != NULL; member = member->next) {
        n++;
    }
    if (n <= PAIRWISE_MAX) {
        for (const cJSON *member = object->child; member != NULL; member = member->next) {
            for (const cJSON *other = object->child; other != member; other = other->next) {
                if (strcmp(member->string, other->string) == 0) {
                    *ret_second = member;
                    return CW_ERR_INPUT;
                }
            }
        }
        return CW_OK;
    }
    cJSON **members = reallocarray(NULL, n, sizeof(cJSON *));
    if (members == NULL) {
        return CW_ERR_MEMORY;
    }
    size_t at = 0;
    for (cJSON *member = object->child; member != NULL; member = member->next) {
        members[at++] = member;
    }
    qsort(members, n, sizeof(cJSON *), by_key);
    enum cw_err err = CW_OK;
    for (size_t i = 1; i < n && err == CW_OK; i++) {
        if (by_key(&members[i - 1], &members[i]) == 0) {
            *ret_second = members[i];
            err = CW_ERR_INPUT;
        }
    }
    free(members);
    return err;
}

static enum cw_err check_keys(const cJSON *item, const cJSON **ret_second) {
    if (cJSON_IsObject(item)) {
        enum cw_err err = check_members(item, ret_second);
        if (err != CW_OK) {
            return err;
        }
    }
    for (const cJSON *child = item->child; child != NULL; child = child->next) {
        if (child->child != NULL) {
            enum cw_err err = check_keys(child, ret_second);
            if (err != CW_OK) {
                return err;
            }
        }
    }
    return CW_OK;
}

/* --- documents ------------------------------------------------------------------------------ */

/* Every value costs the library some 80 bytes. Answers of a chain are long strings, so that a text
 * that would take many times its own size in memory is none of them. */
static size_t values_max(size_t n) {
    return 65536 + n / 16;
}

static enum cw_err parse(struct cw_json_doc *doc, struct cw_slice text, bool comments,
                         struct cw_error *error) {
    const uint8_t *original = text.p;
    size_t at;
    if (comments) {
        doc->n = text.n;
        doc->original = malloc(text.n + 1);
        doc->blanked = malloc(text.n + 1);
        if (doc->original == NULL || doc->blanked == NULL) {
            return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
        }
        if (text.n > 0) {
            memcpy(doc->original, text.p, text.n);
            memcpy(doc->blanked, text.p, text.n);
        }
        if (!cw_json_blank_comments(doc->blanked, text.n, &at)) {
            return refuse(error, CW_ERR_INPUT, original, at, "comment without an end");
        }
        text.p = doc->blanked;
    }
    struct cw_json_scan scan;
    if (!cw_json_scan(&scan, text, values_max(text.n), 0)) {
        return refuse(error, scan.too_many ? CW_ERR_LIMIT : CW_ERR_INPUT, original, scan.wrong_at,
                      scan.wrong);
    }
    if (scan.has_nul) {
        if (comments) {
            return cw_error_set(error, CW_ERR_INPUT, "\\u0000 in a string is not taken");
        }
        doc->blanked = malloc(text.n);
        if (doc->blanked == NULL) {
            return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
        }
        memcpy(doc->blanked, text.p, text.n);
        cw_json_replace_nul(doc->blanked, text.n);
        text.p = doc->blanked;
    }
    doc->root = cJSON_ParseWithLength((const char *)text.p, text.n);
    if (doc->root == NULL) { /* the text is known to be good */
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    }
    const cJSON *second = NULL;
    enum cw_err err = check_keys(doc->root, &second);
    if (err == CW_ERR_INPUT) {
        size_t ordinal = 0;
        if (count_until(doc, doc->root, second, &ordinal) &&
            cw_json_scan(&scan, text, SIZE_MAX, ordinal)) {
            refuse(error, err, original, scan.key_at, "key stands twice in the object");
        }
        return err;
    }
    return err == CW_OK ? CW_OK : cw_error_set(error, err, "out of memory");
}

enum cw_err cw_json_parse(struct cw_json_doc **ret, struct cw_slice text, bool comments,
                          struct cw_error *error) {
    struct cw_json_doc *doc = calloc(1, sizeof(*doc));
    if (doc == NULL) {
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    }
    enum cw_err err = parse(doc, text, comments, error);
    if (err != CW_OK) {
        cw_json_free(doc);
        return err;
    }
    *ret = doc;
    return CW_OK;
}

enum cw_err cw_json_copy(struct cw_json_doc **ret, const struct cw_json *value) {
    struct cw_json_doc *doc = calloc(1, sizeof(*doc));
    if (doc == NULL) {
        return CW_ERR_MEMORY;
    }
    doc->root = cJSON_Duplicate(inside(value), true);
    if (doc->root == NULL) {
        cw_json_free(doc);
        return CW_ERR_MEMORY;
    }
    *ret = doc;
    return CW_OK;
}

void cw_json_free(struct cw_json_doc *doc) {
    if (doc == NULL) {
        return;
    }
    cJSON_Delete(doc->root);
    while (doc->grafts != NULL) {
        struct graft *graft = doc->grafts;
        doc->grafts = graft->next;
        cJSON_Delete(graft->replaced);
        free(graft);
    }
    free(doc->original);
    free(doc->blanked);
    free(doc);
}

const struct cw_json *cw_json_root(const struct cw_json_doc *doc) {
    return outside(doc->root);
}

/* --- what is put in ------------------------------------------------------------------------- */

/* A document may be changed by who made it. */
static cJSON *mine(const struct cw_json *value) {
    return (cJSON *)(void *)value;
}

/* The names and places of both stay. */
static void swap_values(cJSON *a, cJSON *b) {
    const cJSON old = *a;
    a->type = b->type;
    a->child = b->child;
    a->valuestring = b->valuestring;
    a->valueint = b->valueint;
    a->valuedouble = b->valuedouble;
    b->type = old.type;
    b->child = old.child;
    b->valuestring = old.valuestring;
    b->valueint = old.valueint;
    b->valuedouble = old.valuedouble;
}

const struct cw_json *cw_json_graft(struct cw_json_doc *doc, const struct cw_json *object,
                                    const char *key, const struct cw_json *value,
                                    const char *origin) {
    cJSON *member = mine(cw_json_get(object, key));
    cJSON *item = value != NULL ? cJSON_Duplicate(inside(value), true) : cJSON_CreateObject();
    struct graft *graft = calloc(1, sizeof(*graft));
    if (graft == NULL || item == NULL ||
        (member == NULL && !cJSON_AddItemToObject(mine(object), key, item))) {
        cJSON_Delete(item);
        free(graft);
        return NULL;
    }
    if (member != NULL) {
        swap_values(member, item);
    }
    graft->item = member != NULL ? member : item;
    graft->replaced = member != NULL ? item : NULL;
    graft->origin = origin;
    graft->next = doc->grafts;
    doc->grafts = graft;
    return outside(graft->item);
}

static bool holds(const cJSON *item, const cJSON *wanted) {
    bool found = item == wanted;
    for (const cJSON *child = item->child; !found && child != NULL; child = child->next) {
        found = holds(child, wanted);
    }
    return found;
}

const char *cw_json_origin(const struct cw_json_doc *doc, const struct cw_json *value) {
    const struct graft *graft = doc->grafts;
    while (graft != NULL && !holds(graft->item, inside(value))) {
        graft = graft->next;
    }
    return graft != NULL ? graft->origin : NULL;
}

/* --- values --------------------------------------------------------------------------------- */

enum cw_json_type cw_json_type(const struct cw_json *value) {
    const cJSON *item = inside(value);
    if (cJSON_IsNull(item)) {
        return CW_JSON_NULL;
    }
    if (cJSON_IsBool(item)) {
        return CW_JSON_BOOL;
    }
    if (cJSON_IsNumber(item)) {
        return CW_JSON_NUMBER;
    }
    if (cJSON_IsString(item)) {
        return CW_JSON_STRING;
    }
    if (cJSON_IsArray(item)) {
        return CW_JSON_ARRAY;
    }
    assert(cJSON_IsObject(item));
    return CW_JSON_OBJECT;
}

const char *cw_json_type_name(enum cw_json_type type) {
    switch (type) {
    case CW_JSON_NULL:
        return "null";
    case CW_JSON_BOOL:
        return "boolean";
    case CW_JSON_NUMBER:
        return "number";
    case CW_JSON_STRING:
        return "string";
    case CW_JSON_ARRAY:
        return "array";
    case CW_JSON_OBJECT:
        return "object";
    }
    return "?";
}

const struct cw_json *cw_json_get(const struct cw_json *value, const char *key) {
    const cJSON *item = inside(value);
    if (!cJSON_IsObject(item)) {
        return NULL;
    }
    for (const cJSON *member = item->child; member != NULL; member = member->next) {
        if (strcmp(member->string, key) == 0) {
            return outside(member);
        }
    }
    return NULL;
}

const struct cw_json *cw_json_first(const struct cw_json *value) {
    return value == NULL ? NULL : outside(inside(value)->child);
}

const struct cw_json *cw_json_next(const struct cw_json *element) {
    return outside(inside(element)->next);
}

const char *cw_json_key(const struct cw_json *member) {
    return inside(member)->string;
}

size_t cw_json_size(const struct cw_json *value) {
    size_t n = 0;
    for (const struct cw_json *e = cw_json_first(value); e != NULL; e = cw_json_next(e)) {
        n++;
    }
    return n;
}

const char *cw_json_string(const struct cw_json *value) {
    return cJSON_IsString(inside(value)) ? inside(value)->valuestring : NULL;
}

enum cw_err cw_json_bool(bool *ret, const struct cw_json *value) {
    if (!cJSON_IsBool(inside(value))) {
        return CW_ERR_INPUT;
    }
    *ret = cJSON_IsTrue(inside(value));
    return CW_OK;
}

enum cw_err cw_json_number(double *ret, const struct cw_json *value) {
    if (!cJSON_IsNumber(inside(value))) {
        return CW_ERR_INPUT;
    }
    *ret = inside(value)->valuedouble;
    return CW_OK;
}

enum cw_err cw_json_u64(uint64_t *ret, const struct cw_json *value) {
    double number;
    if (cw_json_number(&number, value) != CW_OK || number < 0 ||
        number > (double)CW_JSON_INTEGER_MAX || number != (double)(uint64_t)number) {
        return CW_ERR_INPUT;
    }
    *ret = (uint64_t)number;
    return CW_OK;
}
