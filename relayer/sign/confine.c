#include "sign/confine.h"

#include "sign/locked.h"

#include <causeway/curve.h>

#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* --- what was inherited ----------------------------------------------------------------------- */

void cw_confine_forget(const char *variable) {
    char *value = variable[0] != '\0' ? getenv(variable) : NULL;
    if (value != NULL) {
        cw_wipe(value, strlen(value));
        (void)unsetenv(variable);
    }
}

static enum cw_err keep_variable(const char *variable, struct cw_error *error) {
    /* Its text stays where it is: only the list is a new one. */
    static char *kept[2];
    size_t n = strlen(variable);
    kept[0] = NULL;
    for (char **entry = environ; n > 0 && entry != NULL && *entry != NULL; entry++) {
        if (strncmp(*entry, variable, n) == 0 && (*entry)[n] == '=') {
            kept[0] = *entry;
        }
    }
    if (clearenv() != 0) {
        return cw_error_set(error, CW_ERR_IO, "the environment can't be cleared");
    }
    environ = kept;
    return CW_OK;
}

static enum cw_err close_others(int keep, struct cw_error *error) {
    bool good = keep <= 2 ? close_range(3, ~0u, 0) == 0
                          : (keep == 3 || close_range(3, (unsigned)keep - 1, 0) == 0) &&
                                close_range((unsigned)keep + 1, ~0u, 0) == 0;
    return good ? CW_OK
                : cw_error_set(error, CW_ERR_IO, "inherited files can't be closed: %s",
                               strerror(errno));
}

static void reset_signals(void) {
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t none;
    for (int number = 1; number < NSIG; number++) {
        (void)sigaction(number, &action, NULL); /* some can't be, and some are not there */
    }
    action.sa_handler = SIG_IGN;
    (void)sigaction(SIGPIPE, &action, NULL);
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

enum cw_err cw_confine_begin(int keep, const char *variable, struct cw_error *error) {
    const struct rlimit no_core = {0, 0};
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || setrlimit(RLIMIT_CORE, &no_core) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return cw_error_set(error, CW_ERR_IO, "this process can't be closed to others: %s",
                            strerror(errno));
    }
    (void)umask(077);
    reset_signals();
    enum cw_err err = close_others(keep, error);
    return err == CW_OK ? keep_variable(variable, error) : err;
}

/* --- signals ---------------------------------------------------------------------------------- */

static const int ending[] = {SIGTERM, SIGINT, SIGHUP};
static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGQUIT, SIGTRAP, SIGSYS};

static volatile sig_atomic_t stop;
static struct sigaction before[CW_COUNT(fatal)];

static void on_ending(int number) {
    stop = number;
}

/* Wiped, it happens once more, and then with what was there before: the end, or a sanitizer's word.
 */
static void on_fatal(int number) {
    cw_locked_wipe();
    for (size_t i = 0; i < CW_COUNT(fatal); i++) {
        if (fatal[i] == number) {
            (void)sigaction(number, &before[i], NULL);
        }
    }
    (void)raise(number);
}

void cw_confine_signals(sigset_t *ret_wait) {
    struct sigaction action = {.sa_handler = on_fatal};
    sigset_t blocked;
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < CW_COUNT(fatal); i++) {
        (void)sigaction(fatal[i], &action, &before[i]);
    }
    sigemptyset(&blocked);
    action.sa_handler = on_ending;
    for (size_t i = 0; i < CW_COUNT(ending); i++) {
        (void)sigaction(ending[i], &action, NULL);
        sigaddset(&blocked, ending[i]);
    }
    (void)sigprocmask(SIG_BLOCK, &blocked, ret_wait);
}

const volatile sig_atomic_t *cw_confine_stop(void) {
    return &stop;
}

/* --- system calls ----------------------------------------------------------------------------- */

static const int everyday[] = {
    SCMP_SYS(read),         SCMP_SYS(write),         SCMP_SYS(writev),
    SCMP_SYS(recvfrom),     SCMP_SYS(sendto),        SCMP_SYS(ppoll),
    SCMP_SYS(pwrite64),     SCMP_SYS(fdatasync),     SCMP_SYS(ftruncate),
    SCMP_SYS(close),        SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday),
    SCMP_SYS(brk),          SCMP_SYS(munmap),        SCMP_SYS(mremap),
    SCMP_SYS(madvise),      SCMP_SYS(munlock),       SCMP_SYS(futex),
    SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigaction),  SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(getpid),       SCMP_SYS(gettid),        SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),         SCMP_SYS(exit_group),
};

static const int accepting[] = {SCMP_SYS(accept4), SCMP_SYS(getsockopt)};

/* What AddressSanitizer and UBSan need to tell what they found. A program that people run has none
 * of them. */
static const int sanitizing[] = {
    SCMP_SYS(mmap),        SCMP_SYS(mprotect),    SCMP_SYS(openat),     SCMP_SYS(newfstatat),
    SCMP_SYS(fstat),       SCMP_SYS(readlink),    SCMP_SYS(readlinkat), SCMP_SYS(lseek),
    SCMP_SYS(sigaltstack), SCMP_SYS(sched_yield), SCMP_SYS(getrusage),  SCMP_SYS(prctl),
    SCMP_SYS(pipe2),       SCMP_SYS(ioctl),       SCMP_SYS(tgkill),
};

static int allow(scmp_filter_ctx filter, const int *calls, size_t n) {
    int code = 0;
    for (size_t i = 0; code == 0 && i < n; i++) {
        code = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
    }
    return code;
}

/* Memory, but none that can be run; signals, but to this process only. */
static int allow_in_part(scmp_filter_ctx filter) {
    const struct scmp_arg_cmp not_exec = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
    const struct scmp_arg_cmp itself = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0);
    int code = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, not_exec);
    if (code == 0) {
        code = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, not_exec);
    }
    return code == 0 ? seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, itself) : code;
}

enum cw_err cw_confine_calls(bool accepts, struct cw_error *error) {
    tzset(); /* the first date in a log would open the file of the time zone */
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (filter == NULL) {
        return cw_error_set(error, CW_ERR_MEMORY, "no memory for the filter of system calls");
    }
    int code = allow(filter, everyday, CW_COUNT(everyday));
    if (code == 0 && accepts) {
        code = allow(filter, accepting, CW_COUNT(accepting));
    }
    if (code == 0) {
        code = SANITIZED ? allow(filter, sanitizing, CW_COUNT(sanitizing)) : allow_in_part(filter);
    }
    if (code == 0) {
        code = seccomp_load(filter);
    }
    seccomp_release(filter);
    return code == 0 ? CW_OK
                     : cw_error_set(error, CW_ERR_IO,
                                    "system calls can't be filtered: %s: the kernel must have "
                                    "seccomp filters",
                                    strerror(-code));
}
