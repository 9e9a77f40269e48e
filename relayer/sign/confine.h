/* Takes from this process what a signer does not need: what it inherited, the ways in which others
 * could look into it, and in the end all system calls but a few. */
#ifndef SIGN_CONFINE_H
#define SIGN_CONFINE_H

#include <causeway/base.h>

#include <signal.h>

/* Before any secret is read. Signals are as after a start, files are made for their owner only, no
 * core is dumped, nobody but root may trace or read this process, and it can gain no rights. Closes
 * every descriptor above 2 but keep (-1: all), and clears the environment but one variable ("": all
 * of it). */
CW_MUST_USE enum cw_err cw_confine_begin(int keep, const char *variable, struct cw_error *error);

/* Wipes a variable of the environment, and takes it out. */
void cw_confine_forget(const char *variable);

/* On a signal that ends the process secrets are wiped first (see sign/locked.h); SIGTERM, SIGINT
 * and SIGHUP set *cw_confine_stop(). They are blocked from here on but for *ret_wait. */
void cw_confine_signals(sigset_t *ret_wait);
const volatile sig_atomic_t *cw_confine_stop(void);

/* From here on only what serving takes: reading and writing descriptors that are open, waiting,
 * memory, clocks, the end. accepts: and new clients. Any other system call kills the process. */
CW_MUST_USE enum cw_err cw_confine_calls(bool accepts, struct cw_error *error);

#endif
