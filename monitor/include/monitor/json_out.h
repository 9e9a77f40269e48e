/* Writing JSON, member by member. Commas are put by themselves. key: plain words, escaped like any
 * text; NULL: an element of a list. */
#ifndef MONITOR_JSON_OUT_H
#define MONITOR_JSON_OUT_H

#include <causeway/arena.h>
#include <causeway/base.h>

#define CW_JSON_INTEGER_MAX 9007199254740991u /* 2^53-1 */

/* Comma and key; a value that the caller writes follows. */
void cw_out_key(struct cw_buf *out, const char *key);
void cw_out_open(struct cw_buf *out, const char *key, char bracket);
void cw_out_close(struct cw_buf *out, char bracket);
void cw_out_text(struct cw_buf *out, const char *key, const char *value);
/* Left out when it is "". */
void cw_out_some(struct cw_buf *out, const char *key, const char *value);
void cw_out_bool(struct cw_buf *out, const char *key, bool value);
void cw_out_null(struct cw_buf *out, const char *key);
void cw_out_number(struct cw_buf *out, const char *key, uint64_t value);
/* A number up to 2^53-1, decimal text above. */
void cw_out_u64(struct cw_buf *out, const char *key, uint64_t value);
void cw_out_u256(struct cw_buf *out, const char *key, const struct cw_u256 *value);
void cw_out_hash32(struct cw_buf *out, const char *key, const struct cw_hash32 *value);
void cw_out_addr20(struct cw_buf *out, const char *key, const struct cw_addr20 *value);
/* As JSON-RPC has them: "0x1f", "0x0102". */
void cw_out_quantity(struct cw_buf *out, const char *key, const struct cw_u256 *value);
void cw_out_quantity_u64(struct cw_buf *out, const char *key, uint64_t value);
void cw_out_data(struct cw_buf *out, const char *key, struct cw_slice bytes);

#endif
