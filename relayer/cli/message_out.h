/* What `messages` and `show` both print of a message. */
#ifndef CLI_MESSAGE_OUT_H
#define CLI_MESSAGE_OUT_H

#include "cli/cli.h"
#include "cli/print.h"

/* Members of an object that the caller opened. */
void cw_out_message(struct cw_buf *out, const struct cw_cli_view *view,
                    const struct cw_store_message *message);
/* Green, yellow or red. */
enum cw_style cw_style_of(enum cw_condition condition);
/* Name of the chain that this side of the message's route is, "?" when it is not known. */
const char *cw_cli_side_name(const struct cw_cli_view *view, int64_t route, enum cw_side side);

#endif
