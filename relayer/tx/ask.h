/* One request of the quick class to a lane's chain, and the checks that an answer has to pass
 * before it is taken. */
#ifndef TX_ASK_H
#define TX_ASK_H

#include "net/rpc.h"

#include <causeway/arena.h>
#include <causeway/base.h>

/* Room for the parameters of the largest transaction that is sent, in hexadecimal. */
#define CW_ASK_PARAMS_MAX (1u << 20)

typedef enum cw_err cw_ask_check(void *ctx, const struct cw_json *value, struct cw_error *error);
typedef void cw_ask_done(void *ctx, const struct cw_rpc_result *result);

/* Takes params (and frees it). The request's id, or 0 when memory ran out (done is not called
 * then). */
uint64_t cw_ask(struct cw_rpc *rpc, const char *method, struct cw_buf *take_params, bool once,
                cw_ask_check *check, cw_ask_done *done, void *ctx);

/* Checks by shape alone; ctx is not used. */
enum cw_err cw_ask_check_u64(void *ctx, const struct cw_json *value, struct cw_error *error);
enum cw_err cw_ask_check_u256(void *ctx, const struct cw_json *value, struct cw_error *error);
enum cw_err cw_ask_check_data(void *ctx, const struct cw_json *value, struct cw_error *error);
enum cw_err cw_ask_check_header(void *ctx, const struct cw_json *value, struct cw_error *error);
enum cw_err cw_ask_check_fees(void *ctx, const struct cw_json *value, struct cw_error *error);

#endif
