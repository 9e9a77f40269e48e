/* What one entry of "signers" must say: where its key is, once, with all that goes with it. */
#ifndef CORE_CONFIG_SIGNERS_H
#define CORE_CONFIG_SIGNERS_H

#include "core/config.h"
#include "core/config_fields.h"

/* An entry but its name; where says which it is, such as "signer \"main\"". No file is opened.
 * CW_ERR_INPUT with position and remedy, or CW_ERR_MEMORY. */
CW_MUST_USE enum cw_err cw_config_read_signer(const struct cw_config_reader *reader,
                                              const char *where, const struct cw_json *object,
                                              struct cw_config_signer *out);

#endif
