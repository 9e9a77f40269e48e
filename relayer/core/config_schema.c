/* The JSON schema (draft 2020-12) of the configuration, made from the tables that the loader reads
 * by, so that an editor knows what the loader knows of each value alone. */
#include "core/config.h"
#include "core/config_tables.h"

#include <adapters/adapter.h>

#include <stdio.h>
#include <string.h>

#define COMPACT_BYTES (512u << 10)
#define ADDRESS       "^0x[0-9a-fA-F]{40}$"
#define BYTES         "^0x([0-9a-fA-F]{2})+$"
#define WHOLE         "^(0|[1-9][0-9]*)$"
#define AMOUNT        "^[0-9]+([.][0-9]+)? ?(wei|gwei|ether)?$"
#define PRICE         "^[0-9]+([.][0-9]{1,9})?$"
#define NAME          "^[A-Za-z0-9_.-]{1,48}$"

/* --- values ----------------------------------------------------------------------------------- */

static void put_bounds(struct cw_buf *out, const struct cw_field *field) {
    const bool bounded = field->min != 0 || field->max != 0;
    cw_out_open(out, "type", '[');
    cw_out_text(out, NULL, "integer");
    cw_out_text(out, NULL, "string");
    cw_out_close(out, ']');
    cw_out_number(out, "minimum", field->min);
    if (bounded)
        cw_out_number(out, "maximum", field->max);
    cw_out_text(out, "pattern", WHOLE);
}

static void put_text(struct cw_buf *out, const char *pattern) {
    cw_out_text(out, "type", "string");
    if (pattern != NULL)
        cw_out_text(out, "pattern", pattern);
}

static void put_list_of(struct cw_buf *out, const char *pattern) {
    cw_out_text(out, "type", "array");
    cw_out_open(out, "items", '{');
    put_text(out, pattern);
    cw_out_close(out, '}');
}

/* optional: none stands for none. */
static void put_words(struct cw_buf *out, const char *const *words, bool optional) {
    cw_out_open(out, "enum", '[');
    if (optional)
        cw_out_text(out, NULL, "");
    for (; *words != NULL; words++)
        cw_out_text(out, NULL, *words);
    cw_out_close(out, ']');
}

static bool is_optional(const struct cw_field *field) {
    return field->fallback != NULL && field->fallback[0] == '\0';
}

static void put_form(struct cw_buf *out, const struct cw_config_form *form,
                     const struct cw_field *field) {
    char pattern[256];
    if (form == NULL) {
        put_text(out, NULL);
    } else if (form->words != NULL) {
        put_words(out, form->words, is_optional(field));
    } else {
        snprintf(pattern, sizeof pattern, "%s%s", is_optional(field) ? "^$|" : "", form->pattern);
        put_text(out, pattern);
    }
}

static void put_type(struct cw_buf *out, const struct cw_config_shape *shape,
                     const struct cw_field *field) {
    const struct cw_config_form *form = cw_config_form(shape, field->key);
    switch (field->type) {
    case CW_FIELD_BOOL:
        cw_out_text(out, "type", "boolean");
        return;
    case CW_FIELD_U64:
        put_bounds(out, field);
        return;
    case CW_FIELD_U64S:
        cw_out_text(out, "type", "array");
        cw_out_number(out, "maxItems", CW_CONFIG_NUMBERS_MAX);
        cw_out_open(out, "items", '{');
        put_bounds(out, field);
        cw_out_close(out, '}');
        return;
    case CW_FIELD_RATIO:
        cw_out_text(out, "type", "number");
        cw_out_number(out, "minimum", 0);
        return;
    case CW_FIELD_TEXT:
        put_form(out, form, field);
        return;
    case CW_FIELD_ADDR20:
        put_text(out, ADDRESS);
        return;
    case CW_FIELD_ADDR20S:
        put_list_of(out, ADDRESS);
        return;
    case CW_FIELD_HEXES:
        put_list_of(out, form != NULL ? form->pattern : BYTES);
        return;
    case CW_FIELD_WEI:
        put_text(out, AMOUNT);
        return;
    }
}

/* As it would stand in the file. */
static void put_default(struct cw_buf *out, const struct cw_field *field) {
    const char *text = field->fallback;
    if (text == NULL || (text[0] == '\0' && field->type != CW_FIELD_ADDR20S))
        return;
    switch (field->type) {
    case CW_FIELD_TEXT:
    case CW_FIELD_WEI:
    case CW_FIELD_ADDR20:
        cw_out_text(out, "default", text);
        return;
    case CW_FIELD_BOOL:
    case CW_FIELD_U64:
    case CW_FIELD_U64S:
    case CW_FIELD_RATIO:
    case CW_FIELD_ADDR20S:
    case CW_FIELD_HEXES:
        cw_out_key(out, "default");
        cw_buf_text(out, text[0] != '\0' ? text : "[]");
        return;
    }
}

static void put_field(struct cw_buf *out, const struct cw_config_shape *shape,
                      const struct cw_field *field) {
    cw_out_open(out, field->key, '{');
    cw_out_text(out, "description", field->doc);
    put_type(out, shape, field);
    put_default(out, field);
    cw_out_close(out, '}');
}

/* --- what one value alone does not tell ------------------------------------------------------- */

/* "stack" and "direction" are words of the adapters that are built in. */
static void put_route_words(struct cw_buf *out, const struct cw_field *field) {
    const char *seen[CW_CONFIG_NAMES_MAX + 1];
    size_t n = 0;
    cw_out_open(out, field->key, '{');
    cw_out_text(out, "description", field->doc);
    for (size_t i = 0; cw_adapters[i] != NULL && n < CW_CONFIG_NAMES_MAX; i++) {
        const bool stack = strcmp(field->key, "stack") == 0;
        const char *word = stack ? cw_adapters[i]->name : cw_adapters[i]->direction;
        seen[n] = NULL;
        if (seen[cw_config_word(seen, word)] == NULL)
            seen[n++] = word;
    }
    seen[n] = NULL;
    put_words(out, seen, is_optional(field));
    cw_out_close(out, '}');
}

static void put_data_fees(struct cw_buf *out, const struct cw_field *field) {
    cw_out_open(out, field->key, '{');
    cw_out_text(out, "description", field->doc);
    cw_out_open(out, "enum", '[');
    cw_out_text(out, NULL, "");
    for (size_t i = 0; cw_data_fees[i] != NULL; i++)
        cw_out_text(out, NULL, cw_data_fees[i]->name);
    cw_out_text(out, NULL, "none");
    cw_out_close(out, ']');
    cw_out_close(out, '}');
}

static bool is_required(const struct cw_config_shape *shape) {
    bool any = false;
    for (const struct cw_field *f = shape->fields; f->key != NULL; f++)
        any = any || f->fallback == NULL;
    return any;
}

static void put_members(struct cw_buf *out, const struct cw_config_shape *shape);

static void put_const(struct cw_buf *out, const char *key, const char *value) {
    cw_out_open(out, key, '{');
    cw_out_text(out, "const", value);
    cw_out_close(out, '}');
}

/* Which contracts a route has, its stack and direction say. */
static void put_contracts(struct cw_buf *out) {
    cw_out_open(out, "allOf", '[');
    for (size_t i = 0; cw_adapters[i] != NULL; i++) {
        const struct cw_adapter_ops *ops = cw_adapters[i];
        const struct cw_config_shape shape = {ops->fields, NULL, false, NULL};
        cw_out_open(out, NULL, '{');
        cw_out_open(out, "if", '{');
        cw_out_open(out, "properties", '{');
        put_const(out, "stack", ops->name);
        put_const(out, "direction", ops->direction);
        cw_out_close(out, '}');
        cw_out_open(out, "required", '[');
        cw_out_text(out, NULL, "stack");
        if (ops->source != CW_EXECUTION) /* the others are what is meant without one */
            cw_out_text(out, NULL, "direction");
        cw_out_close(out, ']');
        cw_out_close(out, '}');
        cw_out_open(out, "then", '{');
        cw_out_open(out, "properties", '{');
        cw_out_open(out, "contracts", '{');
        put_members(out, &shape);
        cw_out_close(out, '}');
        cw_out_close(out, '}');
        if (is_required(&shape)) {
            cw_out_open(out, "required", '[');
            cw_out_text(out, NULL, "contracts");
            cw_out_close(out, ']');
        }
        cw_out_close(out, '}');
        cw_out_close(out, '}');
    }
    cw_out_close(out, ']');
}

/* A key has one place. */
static void put_places(struct cw_buf *out) {
    static const char *const places[] = {"key_file", "key_env", "keystore", "web3signer", "socket"};
    cw_out_open(out, "oneOf", '[');
    for (size_t i = 0; i < CW_COUNT(places); i++) {
        cw_out_open(out, NULL, '{');
        cw_out_open(out, "required", '[');
        cw_out_text(out, NULL, places[i]);
        cw_out_close(out, ']');
        cw_out_close(out, '}');
    }
    cw_out_close(out, ']');
}

/* --- objects ---------------------------------------------------------------------------------- */

static void put_object(struct cw_buf *out, const char *key, const char *doc,
                       const struct cw_config_shape *shape) {
    cw_out_open(out, key, '{');
    if (doc != NULL)
        cw_out_text(out, "description", doc);
    put_members(out, shape);
    cw_out_close(out, '}');
}

static void put_named(struct cw_buf *out, const struct cw_config_part *part) {
    cw_out_text(out, "type", "object");
    if (part->required)
        cw_out_number(out, "minProperties", 1);
    cw_out_number(out, "maxProperties", CW_CONFIG_NAMES_MAX);
    cw_out_open(out, "propertyNames", '{');
    cw_out_text(out, "pattern", NAME);
    cw_out_close(out, '}');
    put_object(out, "additionalProperties", NULL, part->shape);
}

static void put_endpoints(struct cw_buf *out, const struct cw_config_part *part) {
    cw_out_text(out, "type", "array");
    cw_out_number(out, "minItems", 1);
    cw_out_number(out, "maxItems", CW_CONFIG_NAMES_MAX);
    cw_out_open(out, "items", '{');
    cw_out_open(out, "oneOf", '[');
    cw_out_open(out, NULL, '{');
    put_text(out, cw_config_form(part->shape, "url")->pattern);
    cw_out_close(out, '}');
    put_object(out, NULL, NULL, part->shape);
    cw_out_close(out, ']');
    cw_out_close(out, '}');
}

static void put_prices(struct cw_buf *out) {
    cw_out_open(out, "type", '[');
    cw_out_text(out, NULL, "object");
    cw_out_text(out, NULL, "string");
    cw_out_close(out, ']');
    cw_out_open(out, "additionalProperties", '{');
    put_text(out, PRICE);
    cw_out_close(out, '}');
}

static void put_part(struct cw_buf *out, const struct cw_config_part *part) {
    cw_out_open(out, part->key, '{');
    cw_out_text(out, "description", part->doc);
    switch (part->kind) {
    case CW_PART_OBJECT:
    case CW_PART_OPTIONAL:
        put_members(out, part->shape);
        break;
    case CW_PART_NAMED:
        put_named(out, part);
        break;
    case CW_PART_ENDPOINTS:
        put_endpoints(out, part);
        break;
    case CW_PART_TEXTS:
        put_list_of(out, ".");
        break;
    case CW_PART_PRICES:
        put_prices(out);
        break;
    case CW_PART_LISTED:
        cw_out_open(out, "oneOf", '[');
        put_const(out, NULL, "all");
        put_object(out, NULL, NULL, part->shape);
        cw_out_close(out, ']');
        break;
    case CW_PART_CONTRACTS: /* what it may hold stands with the stacks */
        cw_out_text(out, "type", "object");
        cw_out_bool(out, "additionalProperties", true);
        break;
    }
    cw_out_close(out, '}');
}

static void put_required(struct cw_buf *out, const struct cw_config_shape *shape) {
    bool any = is_required(shape);
    for (const struct cw_config_part *p = shape->parts; p != NULL && p->key != NULL; p++)
        any = any || p->required;
    if (!any)
        return;
    cw_out_open(out, "required", '[');
    for (const struct cw_field *f = shape->fields; f->key != NULL; f++)
        if (f->fallback == NULL)
            cw_out_text(out, NULL, f->key);
    for (const struct cw_config_part *p = shape->parts; p != NULL && p->key != NULL; p++)
        if (p->required)
            cw_out_text(out, NULL, p->key);
    cw_out_close(out, ']');
}

/* The keywords of an object of that shape. The depth is that of the tables. */
static void put_members(struct cw_buf *out, const struct cw_config_shape *shape) {
    cw_out_text(out, "type", "object");
    cw_out_open(out, "properties", '{');
    for (const struct cw_field *f = shape->fields; f->key != NULL; f++) {
        if (shape == &cw_config_shape_route &&
            (strcmp(f->key, "stack") == 0 || strcmp(f->key, "direction") == 0))
            put_route_words(out, f);
        else if (shape == &cw_config_shape_chain && strcmp(f->key, "data_fee") == 0)
            put_data_fees(out, f);
        else
            put_field(out, shape, f);
    }
    for (const struct cw_config_part *p = shape->parts; p != NULL && p->key != NULL; p++)
        put_part(out, p);
    cw_out_close(out, '}');
    put_required(out, shape);
    cw_out_bool(out, "additionalProperties", false);
    if (shape == &cw_config_shape_route)
        put_contracts(out);
    if (shape == &cw_config_shape_signer)
        put_places(out);
    if (shape == &cw_config_shape_match)
        cw_out_number(out, "minProperties", 1);
}

/* --- the whole -------------------------------------------------------------------------------- */

/* Compact JSON with a member or element a line; lists of scalars stay in one. */
static void put_indented(struct cw_buf *out, struct cw_slice json) {
    unsigned depth = 0;
    bool quoted = false, flat = false;
    for (size_t i = 0; i < json.n; i++) {
        const char c = (char)json.p[i];
        const bool opens = c == '{' || c == '[', closes = c == '}' || c == ']';
        if (quoted || c == '"') {
            const bool escaped = quoted && c == '\\';
            cw_buf_append(out, &json.p[i], escaped ? 2 : 1);
            i += escaped;
            quoted = c == '"' ? !quoted : quoted;
            continue;
        }
        flat = c == '[' ? json.p[i + 1] != '{' : flat;
        depth -= closes;
        if (closes && !flat && json.p[i - 1] != '{')
            cw_buf_format(out, "\n%*s", (int)(2 * depth), "");
        cw_buf_append(out, &c, 1);
        depth += opens;
        if ((c == ',' || opens) && !flat && i + 1 < json.n && json.p[i + 1] != '}')
            cw_buf_format(out, "\n%*s", (int)(2 * depth), "");
        else if (c == ',' || c == ':')
            cw_buf_text(out, " ");
        flat = flat && !closes;
    }
    cw_buf_text(out, "\n");
}

void cw_config_schema(struct cw_buf *out) {
    struct cw_buf json;
    cw_buf_init(&json, COMPACT_BYTES);
    cw_out_open(&json, NULL, '{');
    cw_out_text(&json, "$schema", "https://json-schema.org/draft/2020-12/schema");
    cw_out_text(&json, "title", "Configuration of Causeway");
    cw_out_text(&json, "description",
                "As `causeway check-config --schema` prints it. What values mean together only "
                "`causeway check-config` tells.");
    put_members(&json, &cw_config_shape_root);
    cw_out_close(&json, '}');
    if (json.failed)
        out->failed = true;
    else
        put_indented(out, cw_buf_slice(&json));
    cw_buf_done(&json);
}
