/* The hashes that `causeway hash` makes of JSON objects. */
#ifndef CLI_HASH_JSON_H
#define CLI_HASH_JSON_H

#include "core/json.h"

#include <causeway/arena.h>
#include <causeway/base.h>

struct cw_hash_kind {
    const char *name;
    /* Appends {"hash":…} with what else follows from the object. CW_ERR_INPUT and the like when it
     * is malformed (error says which member), CW_ERR_MEMORY; out then holds anything. */
    enum cw_err (*hash)(struct cw_buf *out, struct cw_arena *arena, const struct cw_json *object,
                        struct cw_error *error);
};

extern const struct cw_hash_kind cw_hash_kinds[];
extern const size_t cw_hash_kinds_n;

#endif
