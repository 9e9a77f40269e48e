/* What a process that was started here writes to its standard error, as lines of our own log. */
#ifndef SIGN_LOG_PIPE_H
#define SIGN_LOG_PIPE_H

#include "core/loop.h"

struct cw_log_pipe;

/* Takes fd, the reading end, not blocking; it is closed in any case. CW_ERR_MEMORY only. */
CW_MUST_USE enum cw_err cw_log_pipe_new(struct cw_log_pipe **ret, struct cw_loop *loop, int take_fd,
                                        const char *subject, struct cw_error *error);
/* Reads what is left first. Takes NULL. */
void cw_log_pipe_free(struct cw_log_pipe *pipe);

/* Reads what there is, without waiting for the loop. */
void cw_log_pipe_read(struct cw_log_pipe *pipe);
/* The last line that was no log line: the error that it ended with, without the program's name; ""
 * when there was none. While hushed such lines are kept, and not logged. */
const char *cw_log_pipe_last(const struct cw_log_pipe *pipe);
void cw_log_pipe_hush(struct cw_log_pipe *pipe, bool hushed);

#endif
