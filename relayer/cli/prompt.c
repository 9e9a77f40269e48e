#include "cli/prompt.h"

#include <causeway/curve.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

static volatile sig_atomic_t caught;

static void on_signal(int number) {
    caught = number;
}

/* A terminal without echo, and what is to be put back. */
struct quiet {
    int fd;
    struct termios shown;
    sigset_t mask;
    struct sigaction actions[CW_COUNT(signals)];
};

/* The signals are blocked from here on and come during the wait only, so that none is missed
 * between a look at it and the wait. One that is ignored stays so. */
static void hold_signals(struct quiet *quiet) {
    sigset_t held;
    sigemptyset(&held);
    for (size_t i = 0; i < CW_COUNT(signals); i++) {
        sigaddset(&held, signals[i]);
    }
    (void)sigprocmask(SIG_BLOCK, &held, &quiet->mask);
    caught = 0;
    const struct sigaction take = {.sa_handler = on_signal};
    for (size_t i = 0; i < CW_COUNT(signals); i++) {
        (void)sigaction(signals[i], NULL, &quiet->actions[i]);
        if (quiet->actions[i].sa_handler != SIG_IGN) {
            (void)sigaction(signals[i], &take, NULL);
        }
    }
}

static void release_signals(const struct quiet *quiet) {
    for (size_t i = 0; i < CW_COUNT(signals); i++) {
        (void)sigaction(signals[i], &quiet->actions[i], NULL);
    }
    if (caught != 0) {
        (void)raise(caught);
    }
    (void)sigprocmask(SIG_SETMASK, &quiet->mask, NULL);
}

static enum cw_err quiet_open(struct quiet *quiet, const char *option, struct cw_error *error) {
    quiet->fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (quiet->fd < 0 || tcgetattr(quiet->fd, &quiet->shown) != 0) {
        if (quiet->fd >= 0) {
            (void)close(quiet->fd);
        }
        return cw_error_set(error, CW_ERR_INPUT,
                            "there is no terminal to ask for the password on: name a file that "
                            "holds it with %s FILE",
                            option);
    }
    hold_signals(quiet);
    struct termios hidden = quiet->shown;
    hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
    hidden.c_lflag |= ICANON | ISIG;
    hidden.c_cc[VSUSP] = _POSIX_VDISABLE; /* nobody is left with a terminal that shows nothing */
    if (tcsetattr(quiet->fd, TCSAFLUSH, &hidden) != 0) {
        enum cw_err err = cw_error_set(error, CW_ERR_IO, "the terminal can't be silenced: %s",
                                       strerror(errno));
        release_signals(quiet);
        (void)close(quiet->fd);
        return err;
    }
    return CW_OK;
}

/* What was typed after the line's end is dropped. */
static void quiet_close(struct quiet *quiet) {
    (void)!write(quiet->fd, "\n", 1);
    (void)tcsetattr(quiet->fd, TCSAFLUSH, &quiet->shown);
    (void)close(quiet->fd);
    release_signals(quiet);
}

/* Bytes of one line; -1 when a signal or an error came instead. */
static ssize_t read_line(const struct quiet *quiet, uint8_t *out, size_t cap) {
    struct pollfd fd = {quiet->fd, POLLIN, 0};
    for (;;) {
        if (caught != 0) {
            return -1;
        }
        if (ppoll(&fd, 1, NULL, &quiet->mask) < 0) {
            if (errno != EINTR) {
                return -1;
            }
            continue;
        }
        ssize_t n = read(quiet->fd, out, cap);
        if (n >= 0 || errno != EINTR) {
            return n;
        }
    }
}

static enum cw_err ask(struct cw_password *ret, const char *question, const char *option,
                       struct cw_error *error) {
    struct quiet quiet;
    enum cw_err err = quiet_open(&quiet, option, error);
    if (err != CW_OK) {
        return err;
    }
    (void)dprintf(quiet.fd, "%s: ", question);
    ssize_t n = read_line(&quiet, ret->b, sizeof ret->b);
    if (n <= 0) {
        cw_wipe(ret, sizeof *ret);
    }
    quiet_close(&quiet); /* does not return where a signal ends the process */
    if (n <= 0) {
        return cw_error_set(error, CW_ERR_INPUT, "no password was entered");
    }
    return cw_password_take(ret, (size_t)n, "what was entered", error);
}

enum cw_err cw_prompt_password(struct cw_password *ret, const char *question, const char *option,
                               struct cw_error *error) {
    return ask(ret, question, option, error);
}

enum cw_err cw_prompt_new_password(struct cw_password *ret, const char *question,
                                   const char *option, struct cw_error *error) {
    struct cw_password *again = cw_password_new();
    if (again == NULL) {
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    }
    enum cw_err err = ask(ret, question, option, error);
    if (err == CW_OK && ret->n == 0) {
        err = cw_error_set(error, CW_ERR_INPUT, "an empty password protects nothing: take another");
    }
    if (err == CW_OK) {
        err = ask(again, "once more", option, error);
    }
    if (err == CW_OK && !cw_password_equal(ret, again)) {
        err = cw_error_set(error, CW_ERR_INPUT, "the two passwords differ: nothing was written");
    }
    cw_password_free(again);
    return err;
}
