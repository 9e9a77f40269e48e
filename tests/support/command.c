#include "command.h"

#include "cli/cli.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define WORDS_MAX 12

static void slurp(const char *path, char *out, size_t size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    size_t n = 0;
    for (ssize_t got; (got = read(fd, out + n, size - n)) > 0; n += (size_t)got)
        assert_true(n + (size_t)got < size);
    out[n] = 0;
    close(fd);
}

int command_run(struct command *command, const struct temp *temp, const char *const *words) {
    char path[2][512];
    temp_path(temp, "out", path[0], sizeof path[0]);
    temp_path(temp, "err", path[1], sizeof path[1]);
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        char *argv[WORDS_MAX + 2] = {strdup("causeway")};
        int argc = 1;
        for (; words[argc - 1] != NULL && argc <= WORDS_MAX; argc++)
            argv[argc] = strdup(words[argc - 1]);
        if (freopen(path[0], "w", stdout) == NULL || freopen(path[1], "w", stderr) == NULL ||
            (command->in != NULL && freopen(command->in, "r", stdin) == NULL))
            _exit(98);
        int code = cw_cli_main(argc, argv);
        fflush(NULL);
        _exit(code);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    slurp(path[0], command->out, sizeof command->out);
    slurp(path[1], command->err, sizeof command->err);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void assert_says(const char *text, const char *part) {
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" is not in:\n%s", part, text);
}
