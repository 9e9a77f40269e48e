/* Passwords from the terminal: asked on /dev/tty, whatever stdin and stdout are, and not shown. */
#ifndef CLI_PROMPT_H
#define CLI_PROMPT_H

#include "sign/password.h"

/* One line after "question: ". The terminal is put back as it was, also when a signal ends the
 * process meanwhile. option: what to give where there is no terminal, such as "--password-file".
 * CW_ERR_INPUT: no terminal, nothing was entered, or it is no password. */
CW_MUST_USE enum cw_err cw_prompt_password(struct cw_password *ret, const char *question,
                                           const char *option, struct cw_error *error);
/* Asked twice; refused when the two differ or are empty. */
CW_MUST_USE enum cw_err cw_prompt_new_password(struct cw_password *ret, const char *question,
                                               const char *option, struct cw_error *error);

#endif
