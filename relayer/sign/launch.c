#include "sign/launch.h"

#include "core/config_env.h"

#include <causeway/curve.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void close_both(const int fds[2]) {
    for (size_t i = 0; i < 2; i++) {
        if (fds[i] >= 0) {
            (void)close(fds[i]);
        }
    }
}

/* The entry NAME=VALUE as it stands in the environment. */
static char *entry_of(const char *variable) {
    size_t n = strlen(variable);
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
        if (strncmp(*entry, variable, n) == 0 && (*entry)[n] == '=') {
            return *entry;
        }
    }
    return NULL;
}

/* What the child gets of it. */
static void choose_environment(char *ret[CW_CONFIG_VARIABLES_MAX + 2], char *variable) {
    size_t n = 0;
    if (variable != NULL) {
        ret[n++] = variable;
    }
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
        if (strncmp(*entry, CW_CONFIG_PREFIX, strlen(CW_CONFIG_PREFIX)) == 0 &&
            n <= CW_CONFIG_VARIABLES_MAX) {
            ret[n++] = *entry;
        }
    }
    ret[n] = NULL;
}

static void forget(const char *variable, char *entry) {
    if (entry != NULL) {
        cw_wipe(entry + strlen(variable) + 1, strlen(entry) - strlen(variable) - 1);
        (void)unsetenv(variable);
    }
}

/* A session of its own, so that Ctrl-C on our terminal and what comes after it are ours to handle.
 */
static int spawn(pid_t *ret, const struct cw_launch *launch, const int pair[2], const int log[2],
                 char *variable) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int code = posix_spawn_file_actions_init(&files);
    if (code != 0) {
        return code;
    }
    code = posix_spawnattr_init(&attributes);
    if (code != 0) {
        (void)posix_spawn_file_actions_destroy(&files);
        return code;
    }
    if (posix_spawn_file_actions_adddup2(&files, pair[1], 0) != 0 ||
        posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0) != 0 ||
        posix_spawn_file_actions_adddup2(&files, log[1], 2) != 0 ||
        posix_spawn_file_actions_addclosefrom_np(&files, 3) != 0) {
        code = ENOMEM;
    }
    if (posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
                                                  POSIX_SPAWN_SETSIGDEF) != 0 ||
        posix_spawnattr_setsigmask(&attributes, &none) != 0 ||
        posix_spawnattr_setsigdefault(&attributes, &all) != 0) {
        code = EINVAL;
    }
    const char *argv[] = {"causeway",     "signer", "--inherit",  "--config",
                          launch->config, "--name", launch->name, NULL};
    char *envp[CW_CONFIG_VARIABLES_MAX + 2];
    choose_environment(envp, variable);
    if (code == 0) {
        code = posix_spawn(ret, launch->program != NULL ? launch->program : "/proc/self/exe",
                           &files, &attributes, (char *const *)argv, envp);
    }
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&files);
    return code;
}

enum cw_err cw_launch(struct cw_launched *ret, const struct cw_launch *launch,
                      struct cw_error *error) {
    int pair[2] = {-1, -1}, log[2] = {-1, -1};
    char *variable = launch->variable[0] != '\0' ? entry_of(launch->variable) : NULL;
    if (launch->variable[0] != '\0' && variable == NULL) {
        return cw_error_set(error, CW_ERR_INPUT, "environment variable %s is not set",
                            launch->variable);
    }
    pid_t pid = -1;
    int code = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0 &&
                       pipe2(log, O_CLOEXEC) == 0 && fcntl(pair[0], F_SETFL, O_NONBLOCK) == 0 &&
                       fcntl(log[0], F_SETFL, O_NONBLOCK) == 0
                   ? 0
                   : errno;
    if (code == 0) {
        code = spawn(&pid, launch, pair, log, variable);
    }
    if (code != 0) {
        close_both(pair);
        close_both(log);
        return cw_error_set(error, CW_ERR_IO, "the signer can't be started: %s", strerror(code));
    }
    forget(launch->variable, variable);
    (void)close(pair[1]);
    (void)close(log[1]);
    *ret = (struct cw_launched){pid, pair[0], log[0]};
    return CW_OK;
}

bool cw_launch_ended(pid_t pid, int *ret_exit, char text[CW_LAUNCH_END_SIZE]) {
    int status = 0;
    pid_t got = waitpid(pid, &status, WNOHANG);
    if (got == 0 || (got < 0 && errno == EINTR)) {
        return false;
    }
    *ret_exit = -1;
    if (got > 0 && WIFSIGNALED(status)) {
        snprintf(text, CW_LAUNCH_END_SIZE, "ended by signal %d", WTERMSIG(status));
    } else if (got > 0 && WIFEXITED(status)) {
        *ret_exit = WEXITSTATUS(status);
        snprintf(text, CW_LAUNCH_END_SIZE, "ended with status %d", WEXITSTATUS(status));
    } else {
        snprintf(text, CW_LAUNCH_END_SIZE, "ended");
    }
    return true;
}
