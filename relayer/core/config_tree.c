#include "core/config_tree.h"

#include "core/config_env.h"
#include "core/config_tables.h"

#include <adapters/adapter.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct walk {
    cw_config_visit *visit;
    void *ctx;
};

static enum cw_err walk_node(const struct walk *walk, const struct cw_config_node *node);

/* --- names ------------------------------------------------------------------------------------ */

static bool is_plain(const char *key) {
    return key[strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$")] ==
           0;
}

/* `a.b`, or `a["b-c"]`, as jq takes it behind a point. */
static void name_path(char out[512], const char *above, const char *key) {
    const bool plain = is_plain(key);
    snprintf(out, 512, "%.400s%s%s%.100s%s", above, plain && above[0] != 0 ? "." : "",
             plain ? "" : "[\"", key, plain ? "" : "\"]");
}

/* Whatever a shell does not take in a name becomes "_". */
static void name_variable(char out[512], const char *above, const char *key) {
    const int n = snprintf(out, 512, "%.400s%s%.100s", above, above[0] != 0 ? "__" : "", key);
    for (int i = 0; i < n && i < 511; i++)
        out[i] = isalnum((unsigned char)out[i]) ? (char)toupper((unsigned char)out[i]) : '_';
}

static void enter(struct cw_config_node *ret, const struct cw_config_node *up, const char *key,
                  const struct cw_json *object, const struct cw_config_shape *shape) {
    ret->up = up;
    ret->key = key;
    ret->object = object;
    ret->shape = shape;
    ret->implied = false;
    name_path(ret->path, up->path, key);
    name_variable(ret->variable, up->variable, key);
}

/* --- the walk --------------------------------------------------------------------------------- */

static enum cw_err show(const struct walk *walk, const struct cw_config_node *node, const char *key,
                        const struct cw_field *field, const struct cw_config_part *part) {
    char path[512], variable[512], whole[600];
    name_path(path, node->path, key);
    name_variable(variable, node->variable, key);
    snprintf(whole, sizeof whole, CW_CONFIG_PREFIX "%s", variable);
    const bool is_element = node->variable[0] == 0 && node->path[0] != 0;
    const bool is_url = cw_json_string(node->object) != NULL && strcmp(key, "url") == 0;
    const struct cw_config_leaf leaf = {node,
                                        key,
                                        is_url ? node->object : cw_json_get(node->object, key),
                                        field,
                                        part,
                                        path,
                                        is_element ? NULL : whole};
    return walk->visit(walk->ctx, &leaf);
}

/* Elements that are objects, or texts that stand for one with their URL. */
static enum cw_err walk_elements(const struct walk *walk, const struct cw_config_node *node,
                                 const struct cw_config_part *part) {
    const struct cw_json *list = cw_json_get(node->object, part->key);
    size_t i = 0;
    if (list == NULL || cw_json_type(list) != CW_JSON_ARRAY)
        return CW_OK;
    for (const struct cw_json *e = cw_json_first(list); e != NULL; e = cw_json_next(e), i++) {
        struct cw_config_node element = {node, part->key, e, part->shape, false, "", ""};
        char key[64];
        snprintf(key, sizeof key, "%.40s[%zu]", part->key, i);
        snprintf(element.path, sizeof element.path, "%.400s.%s", node->path, key);
        enum cw_err err = walk_node(walk, &element);
        if (err != CW_OK)
            return err;
    }
    return CW_OK;
}

static enum cw_err walk_named(const struct walk *walk, const struct cw_config_node *node,
                              const struct cw_config_part *part) {
    struct cw_config_node all, entry;
    const struct cw_json *object = cw_json_get(node->object, part->key);
    if (object == NULL || cw_json_type(object) != CW_JSON_OBJECT)
        return CW_OK;
    enter(&all, node, part->key, object, NULL);
    for (const struct cw_json *m = cw_json_first(object); m != NULL; m = cw_json_next(m)) {
        enter(&entry, &all, cw_json_key(m), m, part->shape);
        enum cw_err err = walk_node(walk, &entry);
        if (err != CW_OK)
            return err;
    }
    return CW_OK;
}

static enum cw_err walk_prices(const struct walk *walk, const struct cw_config_node *node,
                               const struct cw_config_part *part) {
    struct cw_config_node prices;
    enum cw_err err = show(walk, node, part->key, NULL, part);
    const struct cw_json *object = cw_json_get(node->object, part->key);
    if (err != CW_OK || object == NULL || cw_json_type(object) != CW_JSON_OBJECT)
        return err;
    enter(&prices, node, part->key, object, NULL);
    for (const struct cw_json *m = cw_json_first(object); err == CW_OK && m != NULL;) {
        const char *symbol = cw_json_key(m);
        m = cw_json_next(m); /* the one that is shown may be replaced */
        err = show(walk, &prices, symbol, NULL, NULL);
    }
    return err;
}

static enum cw_err walk_object(const struct walk *walk, const struct cw_config_node *node,
                               const char *key, const struct cw_config_shape *shape, bool implied) {
    struct cw_config_node inner;
    const struct cw_json *object = cw_json_get(node->object, key);
    if (object != NULL && cw_json_type(object) != CW_JSON_OBJECT)
        return CW_OK;
    enter(&inner, node, key, object, shape);
    inner.implied = implied && (node->object != NULL || node->implied);
    return walk_node(walk, &inner);
}

static enum cw_err walk_contracts(const struct walk *walk, const struct cw_config_node *node,
                                  const char *key) {
    const char *direction = cw_json_string(cw_json_get(node->object, "direction"));
    const char *stack = cw_json_string(cw_json_get(node->object, "stack"));
    const struct cw_adapter_ops *ops = stack != NULL
                                           ? cw_config_adapter_named(
                                                 stack, direction != NULL ? direction : "")
                                           : NULL;
    if (ops == NULL)
        return CW_OK;
    const struct cw_config_shape shape = {ops->fields, NULL, false, NULL};
    return walk_object(walk, node, key, &shape, true);
}

static enum cw_err walk_part(const struct walk *walk, const struct cw_config_node *node,
                             const struct cw_config_part *part) {
    enum cw_err err;
    switch (part->kind) {
    case CW_PART_OBJECT:
    case CW_PART_OPTIONAL:
        return walk_object(walk, node, part->key, part->shape, part->kind == CW_PART_OBJECT);
    case CW_PART_NAMED:
        return walk_named(walk, node, part);
    case CW_PART_ENDPOINTS:
        err = show(walk, node, part->key, NULL, part);
        return err == CW_OK ? walk_elements(walk, node, part) : err;
    case CW_PART_TEXTS:
        return show(walk, node, part->key, NULL, part);
    case CW_PART_PRICES:
        return walk_prices(walk, node, part);
    case CW_PART_LISTED:
        err = show(walk, node, part->key, NULL, part);
        return err == CW_OK ? walk_object(walk, node, part->key, part->shape, false) : err;
    case CW_PART_CONTRACTS:
        return walk_contracts(walk, node, part->key);
    }
    return CW_OK;
}

/* The depth is that of the tables. */
static enum cw_err walk_node(const struct walk *walk, const struct cw_config_node *node) {
    enum cw_err err = CW_OK;
    for (const struct cw_field *f = node->shape->fields; err == CW_OK && f->key != NULL; f++)
        if (f->key[0] != '$')
            err = show(walk, node, f->key, f, NULL);
    for (const struct cw_config_part *p = node->shape->parts;
         err == CW_OK && p != NULL && p->key != NULL; p++)
        err = walk_part(walk, node, p);
    return err;
}

enum cw_err cw_config_walk(const struct cw_json *root, cw_config_visit *visit, void *ctx) {
    const struct walk walk = {visit, ctx};
    const struct cw_config_node node = {NULL, NULL, root, &cw_config_shape_root, false, "", ""};
    return walk_node(&walk, &node);
}

/* --- what is put into the document ------------------------------------------------------------ */

/* The node's object, which is made where there is none yet. NULL: out of memory. */
static const struct cw_json *ensure(struct cw_json_doc *doc, const struct cw_config_node *node,
                                    const char *origin) {
    if (node->object != NULL)
        return node->object;
    const struct cw_json *above = ensure(doc, node->up, origin);
    const struct cw_json *made = cw_json_get(above, node->key); /* for another leaf of it */
    return above == NULL || made != NULL ? made
                                         : cw_json_graft(doc, above, node->key, NULL, origin);
}

enum cw_err cw_config_put(struct cw_json_doc *doc, const struct cw_config_leaf *leaf,
                          const struct cw_json *value, const char *origin) {
    const struct cw_json *object = ensure(doc, leaf->node, origin);
    return object != NULL && cw_json_graft(doc, object, leaf->key, value, origin) != NULL
               ? CW_OK
               : CW_ERR_MEMORY;
}

static enum cw_err complete(void *ctx, const struct cw_config_leaf *leaf) {
    return !leaf->node->implied || ensure(ctx, leaf->node, NULL) != NULL ? CW_OK : CW_ERR_MEMORY;
}

enum cw_err cw_config_complete(struct cw_json_doc *doc) {
    return cw_config_walk(cw_json_root(doc), complete, doc);
}
