/* What `causeway verify` judges: a JSON object in, a verdict out. Nothing here reads files or asks
 * anybody; the roots that the object names are taken as trusted. */
#ifndef CLI_JUDGE_H
#define CLI_JUDGE_H

#include "core/json.h"

#include <causeway/arena.h>
#include <causeway/base.h>

struct cw_judge_verdict {
    bool valid;
    char reason[512]; /* "" when valid */
};

struct cw_judge_kind {
    const char *name;
    /* CW_ERR_INPUT and the like when object is malformed (error says which member), CW_ERR_MEMORY;
     * *ret is written on success only. error is not NULL. */
    enum cw_err (*judge)(struct cw_judge_verdict *ret, struct cw_arena *arena,
                         const struct cw_json *object, struct cw_error *error);
};

extern const struct cw_judge_kind cw_judge_kinds[];
extern const size_t cw_judge_kinds_n;

/* Judges text as one kind. Errors as above, and those of cw_json_parse. */
CW_MUST_USE enum cw_err cw_judge_text(struct cw_judge_verdict *ret,
                                      const struct cw_judge_kind *kind, struct cw_arena *arena,
                                      struct cw_slice text, struct cw_error *error);

#endif
