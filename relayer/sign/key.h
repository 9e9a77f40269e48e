/* Keys as text, and whose they are. */
#ifndef SIGN_KEY_H
#define SIGN_KEY_H

#include <causeway/base.h>
#include <causeway/curve.h>

/* The address of a key. CW_ERR_INPUT: "no valid key: …"; CW_ERR_MEMORY. */
CW_MUST_USE enum cw_err cw_key_address(struct cw_addr20 *ret, const struct cw_secret32 *secret,
                                       struct cw_error *error);

/* text is "0x" and the 128 digits of an address's public key. CW_ERR_INPUT: "is …". */
CW_MUST_USE enum cw_err cw_key_check_public(const struct cw_addr20 *address, const char *text,
                                            struct cw_error *error);

/* "0x", 64 digits, "\r\n" */
#define CW_KEY_TEXT_MAX 68

/* 64 hexadecimal digits, with or without 0x, and a line end or none: a key. Errors begin with
 * where, such as "key file /x", and hold no digit. */
CW_MUST_USE enum cw_err cw_key_parse(struct cw_secret32 *ret, struct cw_slice text,
                                     const char *where, struct cw_error *error);

#endif
