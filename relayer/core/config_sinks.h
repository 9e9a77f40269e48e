/* Who is told of incidents. */
#ifndef CORE_CONFIG_SINKS_H
#define CORE_CONFIG_SINKS_H

#include "core/config.h"
#include "core/config_fields.h"
#include "sign/password.h"

/* "alerts" and "sinks" of the whole configuration; its routes are read by then. */
CW_MUST_USE enum cw_err cw_config_sinks_read(const struct cw_config_reader *reader,
                                             const struct cw_json *root, struct cw_config *config);

/* Reads "udp://ADDRESS:PORT". CW_ERR_INPUT: the text continues "\"address\" ". */
CW_MUST_USE enum cw_err cw_config_udp_read(struct cw_config_socket *ret, const char *text,
                                           struct cw_error *error);

/* Reads the sink's secret; files must not be usable by group or others. Empty where it has none.
 * The text never holds a byte of it. */
CW_MUST_USE enum cw_err cw_config_sink_secret(struct cw_password *ret,
                                              const struct cw_config_sink *sink,
                                              struct cw_error *error);

#endif
