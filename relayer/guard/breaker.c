/* What violations want held, to whoever signs: as rows of the command table, of this database or of
 * the relayer's that stands beside. Each stays wanted in the store until it is told. */
#include "guard/internal.h"

#include <stdio.h>
#include <string.h>

#define HOLDS_BYTES (1u << 20)

static enum cw_err post(struct cw_relay *relay, const char *verb, const struct cw_store_hold *hold,
                        struct cw_error *error) {
    const struct cw_config *config = relay->config;
    struct cw_store_command command = {0};
    char path[4096];
    int64_t row = 0;
    snprintf(command.verb, sizeof command.verb, "%s", verb);
    snprintf(command.subject, sizeof command.subject, "%s", hold->target);
    snprintf(command.text, sizeof command.text, "%s", hold->text);
    if (config->relayer_data_dir[0] != '\0') {
        snprintf(path, sizeof path, "%s/causeway.db", config->relayer_data_dir);
        return cw_store_command_post(path, &command, wall_ms(relay), &row, error);
    }
    if (relay->options.role == CW_ROLE_MONITOR) /* nobody signs here */
        return CW_OK;
    return cw_store_command_add(relay->store, &command, wall_ms(relay), &row, error);
}

/* A hold that is over is taken back when nothing else wants it and the policy says so. */
static enum cw_err take_back(struct cw_relay *relay, const struct cw_store_hold *hold,
                             struct cw_error *error) {
    const struct route *route = route_by_row(relay, hold->route);
    bool wanted = false;
    enum cw_err err = cw_store_hold_is_wanted(relay->store, hold->target, &wanted, error);
    if (err != CW_OK || wanted || !route || !route->config->policy.release_on_resolve)
        return err;
    return post(relay, "unguard", hold, error);
}

static enum cw_err post_one(struct cw_relay *relay, const struct cw_store_hold *hold,
                            struct cw_error *error) {
    enum cw_err err = cw_store_begin(relay->store, error);
    if (err != CW_OK)
        return err;
    err = hold->wanted ? post(relay, "guard", hold, error) : take_back(relay, hold, error);
    if (err == CW_OK)
        err = cw_store_hold_posted(relay->store, hold->row, error);
    return cw_store_end(relay->store, err, error);
}

void breaker_post(struct cw_relay *relay) {
    struct cw_arena arena;
    struct cw_store_hold *holds = NULL;
    size_t n = 0;
    struct cw_error error;
    if (relay->options.role == CW_ROLE_RELAYER || monotonic_ms(relay) < relay->post_after_ms)
        return;
    cw_arena_init(&arena, HOLDS_BYTES);
    enum cw_err err = cw_store_holds_open(relay->store, &arena, &holds, &n, &error);
    for (size_t i = 0; err == CW_OK && i < n; i++)
        err = post_one(relay, &holds[i], &error);
    cw_arena_done(&arena);
    if (err != CW_OK) {
        cw_log(CW_LOG_ERROR, "monitor", "holds not asked for, will be tried again: %s", error.text);
        relay->post_after_ms = monotonic_ms(relay) + GUARD_PAUSE_MS;
    } else if (n > 0 && relay->config->relayer_data_dir[0] == '\0') {
        commands_run(relay);
    }
}
