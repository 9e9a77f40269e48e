/* A signer as a process of the relayer's: this very program, as `causeway signer`. It gets one end
 * of a pair of sockets as its standard input, a pipe for what it logs, and nothing else: no other
 * descriptor, no terminal, no environment but the variable that holds its key and those that stand
 * for values of the configuration. */
#ifndef SIGN_LAUNCH_H
#define SIGN_LAUNCH_H

#include <causeway/base.h>

#include <sys/types.h>

struct cw_launch {
    const char *program;  /* NULL: /proc/self/exe */
    const char *config;   /* path of the configuration, from which it reads what it needs */
    const char *name;     /* of the signer */
    const char *variable; /* that holds its key; "" for none. Wiped here once the child has it */
};

struct cw_launched {
    pid_t pid;
    int fd;     /* the other end of the pair; not blocking, as the next */
    int log_fd; /* what it writes to standard error */
};

/* CW_ERR_INPUT: the variable is not set (any more); CW_ERR_IO. */
CW_MUST_USE enum cw_err cw_launch(struct cw_launched *ret, const struct cw_launch *launch,
                                  struct cw_error *error);

#define CW_LAUNCH_END_SIZE 64
/* Whether the process has ended; it is reaped then, and text says how, such as "ended by signal 9".
 */
bool cw_launch_ended(pid_t pid, int *ret_exit, char text[CW_LAUNCH_END_SIZE]);

#endif
