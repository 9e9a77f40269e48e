/* JSON Schema (2020-12), as far as the project's files use it: type, properties, required,
 * additionalProperties (a bool, or a schema), propertyNames, minProperties, maxProperties, items,
 * enum, const, minimum, maximum, minLength, maxLength, minItems, maxItems, pattern (POSIX,
 * extended), oneOf, anyOf, allOf, if and then, and $ref into the same file. Numbers are whole ones
 * below 2^53, but for type "number". */
#ifndef SUPPORT_SCHEMA_H
#define SUPPORT_SCHEMA_H

#include "core/json.h"

struct schema_file;

/* Program ends with a word on stderr when the file can't be read or is no JSON. */
struct schema_file *schema_load(const char *path);
void schema_free(struct schema_file *file); /* takes NULL */
const struct cw_json *schema_root(const struct schema_file *file);

/* What "#/components/…" leads to; NULL: nothing. "~1" stands for "/". */
const struct cw_json *schema_at(const struct schema_file *file, const char *pointer);
/* What stands there itself, or what its $ref leads to. */
const struct cw_json *schema_follow(const struct schema_file *file, const struct cw_json *value);

#define SCHEMA_WHY 400
/* Whether value is as schema says; why: where and what is not. */
bool schema_holds(struct schema_file *file, const struct cw_json *schema,
                  const struct cw_json *value, char why[SCHEMA_WHY]);
/* Whether schema, with all within it, says nothing but what is known here: nothing is passed over.
 * Objects say additionalProperties, and require nothing that they don't have. */
bool schema_is_known(struct schema_file *file, const struct cw_json *schema, char why[SCHEMA_WHY]);

#endif
