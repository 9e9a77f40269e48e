/* Arguments of a command: lines "key=value". */
#ifndef STORE_COMMAND_ARGS_H
#define STORE_COMMAND_ARGS_H

#include "store/store.h"

/* Appends a line, for which there must be room; value has no line end. */
void cw_command_arg_put(char args[CW_COMMAND_ARGS_SIZE], const char *key, const char *value);
/* Likewise, unless it is 0. */
void cw_command_arg_put_u64(char args[CW_COMMAND_ARGS_SIZE], const char *key, uint64_t value);
/* The value, cut to fit, in out, which is returned; "" where there is none. */
const char *cw_command_arg(const char *args, const char *key, char *out, size_t size);
/* 0: there is none, or it is no number. */
uint64_t cw_command_arg_u64(const char *args, const char *key);
/* Bytes as 0x and 2 n digits, n at most 32; *ret_there: it stands there. False: it is no such
 * thing.
 */
bool cw_command_arg_bytes(const char *args, const char *key, uint8_t *out, size_t n,
                          bool *ret_there);

#endif
