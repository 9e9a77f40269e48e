/* What is in force, and where it comes from. */
#include "core/config_effective.h"

#include "core/config_load.h"
#include "core/config_tree.h"
#include "net/url.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define VALUE_BYTES  (64u << 10)
#define SETTINGS_MAX 65536u

struct work {
    const struct cw_json_doc *doc;
    const struct cw_config_trace *trace;
    struct cw_arena *arena;
    struct cw_config_setting *list;
    size_t n;
    struct cw_buf value;
};

/* --- values ----------------------------------------------------------------------------------- */

/* Scheme and host of it; "***" where it can't be told what is secret. */
static void put_url(struct cw_buf *out, const char *text) {
    struct cw_url *url = NULL;
    struct cw_error unsaid;
    char shown[512] = "***";
    if (cw_url_new(&url, text, &unsaid) == CW_OK)
        cw_url_scrub(url, shown, sizeof shown, text);
    cw_url_free(url);
    cw_out_text(out, NULL, shown);
}

static void put_json(struct cw_buf *out, const struct cw_json *value, bool is_url) {
    const char *text = cw_json_string(value);
    uint64_t number = 0;
    bool flag = false;
    if (text != NULL && is_url) {
        put_url(out, text);
    } else if (text != NULL) {
        cw_out_text(out, NULL, text);
    } else if (cw_json_bool(&flag, value) == CW_OK) {
        cw_out_bool(out, NULL, flag);
    } else if (cw_json_u64(&number, value) == CW_OK) {
        cw_out_u64(out, NULL, number);
    } else {
        cw_out_open(out, NULL, '[');
        for (const struct cw_json *e = cw_json_first(value); e != NULL; e = cw_json_next(e))
            put_json(out, e, is_url);
        cw_out_close(out, ']');
    }
}

static bool is_url(const struct cw_config_leaf *leaf) {
    return leaf->field != NULL &&
           (strcmp(leaf->key, "url") == 0 || strcmp(leaf->key, "web3signer") == 0);
}

/* As the loader has it: paths are whole, and what follows from other values is there. */
static void put_loaded(struct cw_buf *out, const struct cw_config_leaf *leaf, const void *loaded) {
    const char *text = NULL;
    uint64_t number = 0;
    if (leaf->field->type == CW_FIELD_U64) {
        memcpy(&number, loaded, sizeof number);
        cw_out_u64(out, NULL, number);
        return;
    }
    memcpy(&text, loaded, sizeof text);
    if (is_url(leaf) && text[0] != '\0')
        put_url(out, text);
    else
        cw_out_text(out, NULL, text);
}

static void put_fallback(struct cw_buf *out, const struct cw_field *field) {
    const bool quoted = field->type == CW_FIELD_WEI || field->type == CW_FIELD_ADDR20;
    if (quoted)
        cw_out_text(out, NULL, field->fallback);
    else
        cw_buf_text(out, field->fallback[0] != '\0' ? field->fallback : "[]");
}

static void put_value(struct cw_buf *out, const struct work *work,
                      const struct cw_config_leaf *leaf) {
    const struct cw_field *field = leaf->field;
    const void *loaded = field != NULL ? cw_config_traced(work->trace, leaf->node->object, field)
                                       : NULL;
    if (loaded != NULL && (field->type == CW_FIELD_TEXT || field->type == CW_FIELD_U64))
        put_loaded(out, leaf, loaded);
    else if (leaf->value != NULL)
        put_json(out, leaf->value, is_url(leaf));
    else if (field != NULL && field->fallback != NULL)
        put_fallback(out, field);
}

/* Whether there is such a value: what is not written, and has no default, is not in force. */
static bool is_said(const struct cw_buf *value) {
    return value->n > 0 && !cw_slice_equal(cw_buf_slice(value), CW_LITERAL("\"\""));
}

/* --- the list --------------------------------------------------------------------------------- */

/* Elements of a list and entries under names are told one by one. */
static bool is_told_apart(const struct cw_config_leaf *leaf) {
    return leaf->part != NULL && leaf->value != NULL &&
           (leaf->part->kind == CW_PART_ENDPOINTS || cw_json_type(leaf->value) == CW_JSON_OBJECT);
}

/* NULL: out of memory, also where text was made and is missing. */
static const char *keep(const struct work *work, const char *text) {
    return text != NULL ? cw_arena_text(work->arena, text, strlen(text)) : NULL;
}

static enum cw_err add(void *ctx, const struct cw_config_leaf *leaf) {
    struct work *work = ctx;
    if (leaf->node->object == NULL || is_told_apart(leaf) || work->n == SETTINGS_MAX)
        return CW_OK;
    cw_buf_reset(&work->value);
    put_value(&work->value, work, leaf);
    if (!is_said(&work->value) && leaf->value == NULL)
        return CW_OK;
    struct cw_config_setting *setting = &work->list[work->n++];
    const char *origin = leaf->value != NULL ? cw_json_origin(work->doc, leaf->value) : NULL;
    setting->path = keep(work, leaf->path);
    setting->json = keep(work, cw_buf_cstr(&work->value));
    setting->variable = keep(work, leaf->variable != NULL ? leaf->variable : "");
    setting->set_by = keep(work, origin != NULL ? origin : "");
    if (leaf->value != NULL && origin == NULL)
        (void)cw_json_locate(work->doc, leaf->value, &setting->line, &setting->column);
    return setting->path != NULL && setting->json != NULL && setting->variable != NULL &&
                   setting->set_by != NULL
               ? CW_OK
               : CW_ERR_MEMORY;
}

enum cw_err cw_config_effective(struct cw_config_setting **ret, size_t *ret_n,
                                struct cw_arena *arena, const char *path, struct cw_error *error) {
    struct cw_json_doc *doc = NULL;
    struct cw_config_trace trace = {NULL};
    struct cw_config *config = NULL;
    const struct cw_config_how how = {environ, &trace, &doc};
    enum cw_err err = cw_config_load_how(&config, path, &how, error);
    if (err != CW_OK)
        return err;
    struct work work = {.doc = doc, .trace = &trace, .arena = arena};
    cw_buf_init(&work.value, VALUE_BYTES);
    work.list = cw_arena_array(arena, SETTINGS_MAX, sizeof *work.list);
    err = work.list != NULL ? cw_config_walk(cw_json_root(doc), add, &work) : CW_ERR_MEMORY;
    cw_buf_done(&work.value);
    cw_json_free(doc);
    cw_config_free(config);
    if (err != CW_OK)
        return cw_error_set(error, err, "%s: out of memory", path);
    *ret = work.list;
    *ret_n = work.n;
    return CW_OK;
}
