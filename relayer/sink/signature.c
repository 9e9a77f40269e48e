#include "sink/signature.h"

#include <causeway/arena.h>

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#define HEAD_MAX 256u

enum cw_err cw_signature_write(char out[CW_SIGNATURE_TEXT_SIZE], struct cw_slice key,
                               uint64_t timestamp_s, const char *id, struct cw_slice body) {
    struct cw_buf text;
    uint8_t mac[32];
    unsigned n = 0;
    char hex[CW_HEX_SIZE(32)];
    cw_buf_init(&text, body.n + HEAD_MAX);
    cw_buf_format(&text, "%" PRIu64 ".%s.", timestamp_s, id);
    cw_buf_append(&text, body.p, body.n);
    bool made = !text.failed && key.n <= INT32_MAX &&
                HMAC(EVP_sha256(), key.p, (int)key.n, text.p, text.n, mac, &n) != NULL &&
                n == sizeof mac;
    cw_buf_done(&text);
    if (!made)
        return CW_ERR_MEMORY;
    cw_hex_encode(hex, cw_slice_of(mac, sizeof mac));
    snprintf(out, CW_SIGNATURE_TEXT_SIZE, "v1=%s", hex + 2);
    return CW_OK;
}
