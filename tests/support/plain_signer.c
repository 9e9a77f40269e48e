/* `causeway signer` in a build without sanitizers, and a process that is confined as it is and then
 * does what it may not:  plain_signer probe CALL */
#include "cli/cli.h"
#include "sign/confine.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <unistd.h>

static int probe(const char *call) {
    struct cw_error error;
    sigset_t wait;
    pid_t parent = getppid();
    if (cw_confine_begin(-1, "", &error) != CW_OK) {
        return 3;
    }
    cw_confine_signals(&wait);
    if (cw_confine_calls(false, &error) != CW_OK) {
        return 3;
    }
    if (strcmp(call, "open") == 0) {
        (void)open("/dev/null", O_RDONLY | O_CLOEXEC);
    } else if (strcmp(call, "socket") == 0) {
        (void)socket(AF_UNIX, SOCK_STREAM, 0);
    } else if (strcmp(call, "accept") == 0) {
        (void)accept4(0, NULL, NULL, 0);
    } else if (strcmp(call, "exec") == 0) {
        (void)execl("/bin/true", "true", (char *)NULL);
    } else if (strcmp(call, "fork") == 0) {
        (void)fork();
    } else if (strcmp(call, "kill") == 0) {
        (void)kill(parent, SIGTERM);
    } else if (strcmp(call, "tgkill") == 0) {
        (void)tgkill(parent, parent, SIGTERM);
    } else if (strcmp(call, "ptrace") == 0) {
        (void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    } else if (strcmp(call, "unlink") == 0) {
        (void)unlink("nothing");
    } else if (strcmp(call, "executable") == 0) {
        (void)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    } else if (strcmp(call, "memory") == 0) { /* which it may */
        (void)mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    }
    _exit(0);
}

int main(int argc, char **argv) {
    static char title[] = "causeway signer";
    if (argc == 3 && strcmp(argv[1], "probe") == 0) {
        return probe(argv[2]);
    }
    if (argc < 2 || strcmp(argv[1], "signer") != 0) {
        fputs("usage: plain_signer signer … | probe CALL\n", stderr);
        return 2;
    }
    argv[1] = title;
    return cw_cmd_signer(argc - 1, argv + 1);
}
