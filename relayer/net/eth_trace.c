/* What a transaction called, as nodes that trace tell it: one list, however deep the calls were, so
 * that nobody's transaction makes an answer that can't be read. */
#include "net/eth.h"

#include "net/eth_read.h"

#include <string.h>

/* Whether it is a call of that contract, with code of its own. */
static bool calls(const struct cw_json *step, const struct cw_addr20 *contract,
                  struct reader *action) {
    const char *type = cw_json_string(cw_json_get(step, "type"));
    const char *how = cw_json_string(cw_json_get(action->object, "callType"));
    struct cw_addr20 to;
    if (type == NULL || strcmp(type, "call") != 0 || how == NULL || strcmp(how, "call") != 0) {
        return false;
    }
    eth_get_addr20(action, &to, "to");
    return action->err == CW_OK && cw_addr20_equal(&to, contract);
}

enum cw_err cw_eth_calls(const struct cw_slice **ret, size_t *ret_n, struct cw_arena *arena,
                         const struct cw_json *value, const struct cw_addr20 *contract,
                         struct cw_error *error) {
    struct cw_slice *list = cw_arena_array(arena, CW_ETH_CALLS_MAX, sizeof *list);
    size_t n = 0;
    enum cw_err err = eth_expect_known(value, CW_JSON_ARRAY, error);
    if (err == CW_OK && list == NULL) {
        err = cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    }
    const struct cw_json *step = err == CW_OK ? cw_json_first(value) : NULL;
    for (; err == CW_OK && step != NULL; step = cw_json_next(step)) {
        struct reader action = {cw_json_get(step, "action"), arena, error, CW_OK, false};
        if (calls(step, contract, &action)) {
            if (n == CW_ETH_CALLS_MAX) {
                return cw_error_set(error, CW_ERR_LIMIT, "more than %u calls of one contract",
                                    CW_ETH_CALLS_MAX);
            }
            eth_get_data(&action, &list[n++], "input");
        }
        err = action.err;
    }
    if (err == CW_OK) {
        *ret = list;
        *ret_n = n;
    }
    return err;
}
