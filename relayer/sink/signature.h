/* What a webhook's receiver knows its sender by. */
#ifndef SINK_SIGNATURE_H
#define SINK_SIGNATURE_H

#include <causeway/base.h>

/* "v1=", 64 digits and the NUL. */
#define CW_SIGNATURE_TEXT_SIZE 68u

/* HMAC-SHA256 over "TIMESTAMP.ID.BODY": who has the key can tell that the body is ours, and by
 * timestamp (Unix seconds) and id that it was not sent before. CW_ERR_MEMORY only. Source: RFC
 * 2104.
 */
CW_MUST_USE enum cw_err cw_signature_write(char out[CW_SIGNATURE_TEXT_SIZE], struct cw_slice key,
                                           uint64_t timestamp_s, const char *id,
                                           struct cw_slice body);

#endif
