/* A signer whose key is in this process. */
#ifndef SIGN_LOCAL_H
#define SIGN_LOCAL_H

#include "tx/signer.h"

/* secret is wiped by the caller after the call. Answers before cw_signer_sign returns. */
CW_MUST_USE enum cw_err cw_signer_local(struct cw_signer **ret, const struct cw_secret32 *secret,
                                        struct cw_error *error);

#endif
