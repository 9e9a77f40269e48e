/* The system's randomness. */
#ifndef SIGN_RANDOM_H
#define SIGN_RANDOM_H

#include <causeway/base.h>

/* n bytes. CW_ERR_IO only. */
CW_MUST_USE enum cw_err cw_random(void *out, size_t n, struct cw_error *error);

#endif
