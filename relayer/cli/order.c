/* A row of the command table, and the daemon's answer to it. */
#include "cli/cli.h"
#include "cli/print.h"
#include "core/lock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define POLL_MS 100u

static void pause_ms(uint64_t ms) {
    struct timespec time = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    (void)nanosleep(&time, NULL);
}

/* Until it is answered or the time is over; ret->done says which. */
static enum cw_err await_answer(const char *path, int64_t row, uint64_t wait_ms,
                                struct cw_store_command *ret, struct cw_error *error) {
    struct cw_store *store = NULL;
    enum cw_err err = cw_store_open(&store, path, CW_STORE_READ, 0, error);
    if (err != CW_OK)
        return err;
    const struct cw_clock *clock = cw_clock_system();
    uint64_t end = clock->monotonic_ms(clock->ctx) + wait_ms;
    for (;;) {
        err = cw_store_command_get(store, row, ret, error);
        if (err != CW_OK || ret->done || clock->monotonic_ms(clock->ctx) >= end)
            break;
        pause_ms(POLL_MS);
    }
    cw_store_close(store);
    return err;
}

/* What the answer means: yes, unless another beginning than good was wanted. */
static int code_of(const struct cw_store_command *command, bool running, const char *good) {
    if (!command->done)
        return running ? CW_EXIT_UNKNOWN : CW_EXIT_OK;
    return good == NULL || strncmp(command->answer, good, strlen(good)) == 0 ? CW_EXIT_OK
                                                                             : CW_EXIT_NO;
}

static int report(const struct cw_store_command *command, bool json, bool running, uint64_t pid,
                  const char *good) {
    int code = code_of(command, running, good);
    if (json) {
        struct cw_buf out;
        cw_buf_init(&out, 1u << 16);
        cw_out_open(&out, NULL, '{');
        cw_out_text(&out, "command", command->verb);
        cw_out_text(&out, "subject", command->subject);
        cw_out_bool(&out, "daemonRuns", running);
        cw_out_bool(&out, "done", command->done);
        if (command->done)
            cw_out_text(&out, "answer", command->answer);
        cw_out_close(&out, '}');
        return cw_out_print(&out, code);
    }
    printf("%s%s", command->verb, command->subject[0] != '\0' ? " " : "");
    cw_print(CW_PLAIN, command->subject);
    printf(": ");
    if (command->done)
        cw_print(CW_PLAIN, command->answer);
    else if (running)
        printf("the daemon (process %llu) has not answered yet; it is written down",
               (unsigned long long)pid);
    else
        printf("no daemon is running; written down, and carried out at the next start");
    putchar('\n');
    return code;
}

int cw_cli_order(struct cw_cli_view *view, struct cw_store_command *command, uint64_t wait_ms,
                 bool json, const char *good) {
    const struct cw_clock *clock = cw_clock_system();
    struct cw_error error;
    uint64_t pid = 0;
    int64_t row = 0;
    /* the reader's view would keep the log from being emptied */
    cw_store_rollback(view->store);
    enum cw_err err = cw_store_command_post(view->path, command, clock->wall_ms(clock->ctx), &row,
                                            &error);
    bool running = cw_lock_holder(view->path, &pid);
    if (err == CW_OK)
        err = await_answer(view->path, row, running ? wait_ms : 0, command, &error);
    return err == CW_OK ? report(command, json, running, pid, good) : cw_cli_fail(&error);
}

bool cw_cli_wait(const char *text, uint64_t *ret_ms) {
    char *end = NULL;
    unsigned long seconds = strtoul(text, &end, 10);
    if (end == text || *end != 0 || text[0] == '-' || seconds > 3600)
        return false;
    *ret_ms = seconds * 1000;
    return true;
}
