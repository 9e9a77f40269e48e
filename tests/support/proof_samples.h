/* A small valid object of each kind that `causeway verify` takes. */
#ifndef SUPPORT_PROOF_SAMPLES_H
#define SUPPORT_PROOF_SAMPLES_H

#include <causeway/arena.h>

/* Appends the JSON object. Asserts on failure. */
void proof_sample(struct cw_buf *out, const char *kind);

#endif
