/* What an endpoint said, kept for who may have to show it. */
#include "net/rpc_private.h"

#include <causeway/keccak.h>

#include <stdlib.h>
#include <string.h>

struct cw_rpc_said *said_new(const struct endpoint *e, struct cw_slice whole) {
    size_t n = whole.n < CW_RPC_SAID_MAX ? whole.n : CW_RPC_SAID_MAX;
    struct cw_rpc_said *said = calloc(1, sizeof(*said));
    char *text = malloc(n + 1);
    bool secret = cw_url_reveals(e->url, whole);
    char *shown = secret ? malloc(CW_RPC_SAID_MAX + 1) : NULL;
    if (said == NULL || text == NULL || (secret && shown == NULL)) {
        free(said);
        free(text);
        free(shown);
        return NULL;
    }
    if (n > 0) {
        memcpy(text, whole.p, n);
    }
    text[n] = '\0';
    if (secret) {
        cw_url_scrub(e->url, shown, CW_RPC_SAID_MAX + 1, text);
        free(text);
        text = shown;
    }
    *said = (struct cw_rpc_said){.endpoint = e->label,
                                 .operator_ = e->operator_name,
                                 .text = text,
                                 .bytes = whole.n,
                                 .truncated = n < whole.n,
                                 .scrubbed = secret,
                                 .refs = 1};
    cw_keccak256(&said->hash, whole);
    return said;
}

struct cw_rpc_said *cw_rpc_said_ref(struct cw_rpc_said *said) {
    if (said != NULL) {
        said->refs++;
    }
    return said;
}

void cw_rpc_said_unref(struct cw_rpc_said *said) {
    if (said != NULL && --said->refs == 0) {
        free(said->text);
        free(said);
    }
}
