/* What `causeway verify` judges: the first byte says which kind, the rest is the JSON text. Each
 * input ends with a verdict and its reason, or with an error that says something. */
#include "cli/judge.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) {
        return 0;
    }
    const struct cw_judge_kind *kind = &cw_judge_kinds[data[0] % cw_judge_kinds_n];
    struct cw_slice text = cw_slice_of(data + 1, size - 1);
    struct cw_judge_verdict verdict, again;
    struct cw_error error = {CW_OK, ""};
    struct cw_arena arena;
    cw_arena_init(&arena, (size_t)16 << 20);
    enum cw_err err = cw_judge_text(&verdict, kind, &arena, text, &error);
    if (err != CW_OK) {
        assert(error.code == err && error.text[0] != '\0');
    } else {
        assert(verdict.valid == (verdict.reason[0] == '\0'));
        assert(cw_judge_text(&again, kind, &arena, text, NULL) == CW_OK);
        assert(verdict.valid == again.valid && strcmp(verdict.reason, again.reason) == 0);
    }
    cw_arena_done(&arena);
    return 0;
}
