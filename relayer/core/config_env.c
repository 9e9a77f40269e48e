/* Environment variables that stand for values of the configuration. */
#include "core/config_env.h"

#include "core/config_tree.h"

#include <string.h>

#define NAMES_MAX   16384u /* that are looked through for a near one */
#define VALUE_BYTES (256u << 10)

struct variable {
    const char *name, *value;
    const char *path; /* that it was put to; NULL: none yet */
};

struct load {
    struct cw_json_doc *doc;
    struct cw_arena *arena;
    struct cw_error *error;
    struct variable list[CW_CONFIG_VARIABLES_MAX];
    size_t n;
    const char **names; /* that there are, while a near one is looked for */
    size_t names_n;
};

static enum cw_err no_memory(const struct load *load) {
    return cw_error_set(load->error, CW_ERR_MEMORY, "out of memory");
}

/* --- values ----------------------------------------------------------------------------------- */

static bool is_list(const struct cw_config_leaf *leaf) {
    if (leaf->part != NULL)
        return leaf->part->kind == CW_PART_TEXTS || leaf->part->kind == CW_PART_ENDPOINTS;
    return leaf->field != NULL &&
           (leaf->field->type == CW_FIELD_U64S || leaf->field->type == CW_FIELD_ADDR20S ||
            leaf->field->type == CW_FIELD_HEXES);
}

static bool is_flag(const struct cw_config_leaf *leaf, const char *text) {
    return leaf->field != NULL && leaf->field->type == CW_FIELD_BOOL &&
           (strcmp(text, "true") == 0 || strcmp(text, "false") == 0);
}

/* Numbers and amounts are taken as text, too. */
static void put_text(struct cw_buf *out, struct cw_arena *arena, const char *text, size_t n) {
    const char *copy = cw_arena_text(arena, text, n);
    if (copy != NULL)
        cw_out_text(out, NULL, copy);
    else
        out->failed = true;
}

/* "a, b" */
static void put_elements(struct cw_buf *out, struct cw_arena *arena, const char *text) {
    cw_out_open(out, NULL, '[');
    for (const char *at = text + strspn(text, " "); *at != '\0';) {
        size_t n = strcspn(at, ","), used = n;
        while (used > 0 && at[used - 1] == ' ')
            used--;
        put_text(out, arena, at, used);
        at += n + (at[n] == ',');
        at += strspn(at, " ");
    }
    cw_out_close(out, ']');
}

/* As it would stand in the file. */
static void put_value(struct cw_buf *out, struct cw_arena *arena, const struct cw_config_leaf *leaf,
                      const char *text) {
    if (is_flag(leaf, text) || (is_list(leaf) && text[0] == '['))
        cw_buf_text(out, text);
    else if (is_list(leaf))
        put_elements(out, arena, text);
    else
        put_text(out, arena, text, strlen(text));
}

static enum cw_err put_variable(const struct load *load, const struct variable *variable,
                                const struct cw_config_leaf *leaf) {
    struct cw_buf json;
    struct cw_json_doc *value = NULL;
    struct cw_error why;
    cw_buf_init(&json, VALUE_BYTES);
    put_value(&json, load->arena, leaf, variable->value);
    enum cw_err err = json.failed ? CW_ERR_MEMORY
                                  : cw_json_parse(&value, cw_buf_slice(&json), false, &why);
    cw_buf_done(&json);
    if (err == CW_ERR_INPUT || err == CW_ERR_LIMIT)
        return cw_error_set(load->error, CW_ERR_INPUT, "%s: %s", variable->name, why.text);
    if (err == CW_OK)
        err = cw_config_put(load->doc, leaf, cw_json_root(value), variable->name);
    cw_json_free(value);
    return err == CW_OK ? CW_OK : no_memory(load);
}

/* --- names ------------------------------------------------------------------------------------ */

static enum cw_err try_leaf(void *ctx, const struct cw_config_leaf *leaf) {
    struct load *load = ctx;
    for (size_t i = 0; leaf->variable != NULL && i < load->n; i++) {
        struct variable *variable = &load->list[i];
        if (strcmp(variable->name, leaf->variable) != 0)
            continue;
        if (variable->path != NULL)
            return cw_error_set(load->error, CW_ERR_INPUT,
                                "%s stands for both %s and %s: write them in the file, or give one "
                                "another name",
                                variable->name, variable->path, leaf->path);
        variable->path = cw_arena_text(load->arena, leaf->path, strlen(leaf->path));
        return variable->path != NULL ? put_variable(load, variable, leaf) : no_memory(load);
    }
    return CW_OK;
}

static enum cw_err note_name(void *ctx, const struct cw_config_leaf *leaf) {
    struct load *load = ctx;
    const size_t prefix = strlen(CW_CONFIG_PREFIX);
    if (leaf->variable == NULL || load->names_n == NAMES_MAX)
        return CW_OK;
    const char *name = cw_arena_text(load->arena, leaf->variable + prefix,
                                     strlen(leaf->variable + prefix));
    if (name == NULL)
        return no_memory(load);
    load->names[load->names_n++] = name;
    return CW_OK;
}

static enum cw_err refuse_unknown(struct load *load, const char *name) {
    load->names = cw_arena_array(load->arena, NAMES_MAX + 1, sizeof *load->names);
    if (load->names == NULL)
        return no_memory(load);
    enum cw_err err = cw_config_walk(cw_json_root(load->doc), note_name, load);
    if (err != CW_OK)
        return err;
    const char *nearest = cw_config_nearest(name + strlen(CW_CONFIG_PREFIX), load->names);
    return cw_error_set(load->error, CW_ERR_INPUT,
                        "environment variable %s stands for no value of the configuration%s%s%s",
                        name, nearest != NULL ? ": did you mean " CW_CONFIG_PREFIX : "",
                        nearest != NULL ? nearest : "",
                        nearest != NULL ? "?"
                                        : ": `causeway check-config --effective --json` names the "
                                          "variable of each; chains, signers, routes and sinks are "
                                          "those of the file");
}

static enum cw_err find_variables(struct load *load, char *const *environment) {
    const size_t prefix = strlen(CW_CONFIG_PREFIX);
    for (; environment != NULL && *environment != NULL; environment++) {
        const char *equals = strchr(*environment, '=');
        if (strncmp(*environment, CW_CONFIG_PREFIX, prefix) != 0 || equals == NULL)
            continue;
        if (load->n == CW_CONFIG_VARIABLES_MAX)
            return cw_error_set(load->error, CW_ERR_INPUT,
                                "more than %u environment variables begin with " CW_CONFIG_PREFIX,
                                CW_CONFIG_VARIABLES_MAX);
        const char *name = cw_arena_text(load->arena, *environment,
                                         (size_t)(equals - *environment));
        const char *value = cw_arena_text(load->arena, equals + 1, strlen(equals + 1));
        if (name == NULL || value == NULL)
            return no_memory(load);
        load->list[load->n++] = (struct variable){name, value, NULL};
    }
    return CW_OK;
}

enum cw_err cw_config_override(struct cw_json_doc *doc, char *const *environment,
                               struct cw_arena *arena, struct cw_error *error) {
    struct load load = {.doc = doc, .arena = arena, .error = error};
    enum cw_err err = find_variables(&load, environment);
    if (err == CW_OK && load.n > 0)
        err = cw_config_walk(cw_json_root(doc), try_leaf, &load);
    for (size_t i = 0; err == CW_OK && i < load.n; i++)
        if (load.list[i].path == NULL)
            err = refuse_unknown(&load, load.list[i].name);
    return err;
}
