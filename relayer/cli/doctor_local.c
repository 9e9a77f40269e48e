/* What `causeway doctor` finds on this machine. */
#include "cli/doctor.h"
#include "cli/print.h"
#include "core/config_pause.h"
#include "core/config_sinks.h"
#include "core/lock.h"
#include "store/store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define PATH_SIZE   1024u
#define LITTLE_MIB  1024u
#define TOO_FEW_MIB 64u
#define SKEW_S      5

/* --- disk ------------------------------------------------------------------------------------- */

static void look_at_space(const char *path, struct cw_doctor_list *list) {
    struct statvfs fs;
    if (statvfs(path, &fs) != 0) {
        cw_doctor_add(list, CW_DOCTOR_UNKNOWN, "disk", path, NULL, "free space: %s",
                      strerror(errno));
        return;
    }
    const uint64_t mib = (uint64_t)fs.f_bavail * fs.f_frsize >> 20;
    const bool little = mib < LITTLE_MIB;
    cw_doctor_add(list,
                  mib < TOO_FEW_MIB ? CW_DOCTOR_FAIL
                  : little          ? CW_DOCTOR_WARN
                                    : CW_DOCTOR_OK,
                  "disk", path,
                  little ? "make room: without any the relayer stops before it signs" : NULL,
                  "%" PRIu64 " MiB are free", mib);
}

/* A file is made and removed again: rights alone do not tell. */
static bool look_at_rights(const char *dir, struct cw_doctor_list *list) {
    char path[PATH_SIZE + 64];
    snprintf(path, sizeof path, "%s/.doctor-%ld", dir, (long)getpid());
    FILE *file = fopen(path, "wxe");
    if (file != NULL && fclose(file) == 0 && unlink(path) == 0) {
        cw_doctor_add(list, CW_DOCTOR_OK, "disk", dir, NULL, "can be written");
        return true;
    }
    cw_doctor_add(list, CW_DOCTOR_FAIL, "disk", dir,
                  "run this as the relayer's user, give it the directory, or set \"data_dir\"",
                  "can't be written: %s", strerror(errno));
    return false;
}

static void look_at_database(const char *dir, struct cw_doctor_list *list) {
    char path[PATH_SIZE + 64];
    struct cw_store *store = NULL;
    struct cw_error error;
    uint64_t pid = 0;
    snprintf(path, sizeof path, "%s/causeway.db", dir);
    if (access(path, F_OK) != 0) {
        cw_doctor_add(list, CW_DOCTOR_OK, "disk", path, NULL,
                      "no database yet: the first run makes it");
        return;
    }
    if (cw_store_open(&store, path, CW_STORE_READ, 0, &error) != CW_OK) {
        cw_doctor_add(list, CW_DOCTOR_FAIL, "disk", path, NULL, "%s", error.text);
        return;
    }
    cw_store_close(store);
    if (cw_lock_holder(path, &pid))
        cw_doctor_add(list, CW_DOCTOR_OK, "disk", path, NULL,
                      "database of version %d; the process %" PRIu64 " relays with it",
                      cw_store_schema(), pid);
    else
        cw_doctor_add(list, CW_DOCTOR_OK, "disk", path, NULL,
                      "database of version %d; no daemon runs", cw_store_schema());
}

/* The nearest directory above that is there. */
static void parent_of(const char *path, char *out, size_t size) {
    struct stat st;
    snprintf(out, size, "%s", path);
    for (char *slash; stat(out, &st) != 0 && (slash = strrchr(out, '/')) != NULL;) {
        if (slash == out) {
            out[1] = '\0';
            return;
        }
        *slash = '\0';
    }
}

void cw_doctor_disk(const struct cw_config *config, struct cw_doctor_list *list) {
    char parent[PATH_SIZE];
    struct stat st;
    parent_of(config->data_dir, parent, sizeof parent);
    const bool there = strcmp(parent, config->data_dir) == 0;
    if (!there)
        cw_doctor_add(list, CW_DOCTOR_OK, "disk", config->data_dir, NULL,
                      "is not there yet: the first run makes it");
    if (stat(parent, &st) == 0 && !S_ISDIR(st.st_mode)) {
        cw_doctor_add(list, CW_DOCTOR_FAIL, "disk", parent, "set \"data_dir\" to another one",
                      "is no directory");
        return;
    }
    if (!look_at_rights(parent, list))
        return;
    look_at_space(parent, list);
    if (there)
        look_at_database(config->data_dir, list);
}

/* --- files that the configuration names ------------------------------------------------------- */

static void look_at_sinks(const struct cw_config *config, struct cw_doctor_list *list) {
    struct cw_password *secret = cw_password_new();
    if (secret == NULL) {
        list->failed = true;
        return;
    }
    for (size_t i = 0; i < config->sinks_n; i++) {
        const struct cw_config_sink *sink = &config->sinks[i];
        struct cw_error error;
        if (cw_config_sink_secret(secret, sink, &error) != CW_OK)
            cw_doctor_add(list, CW_DOCTOR_FAIL, "sink", sink->name, NULL, "%s", error.text);
        else
            cw_doctor_add(list, CW_DOCTOR_OK, "sink", sink->name, NULL,
                          "%s; causeway alerts test %s tries it", sink->type_name, sink->name);
    }
    if (config->sinks_n == 0)
        cw_doctor_add(list, CW_DOCTOR_WARN, "sink", "alerts", "name some under \"sinks\"",
                      "nobody is told of incidents: causeway alerts lists them");
    cw_password_free(secret);
}

void cw_doctor_files(const struct cw_config *config, struct cw_doctor_list *list) {
    look_at_sinks(config, list);
    for (size_t i = 0; i < config->routes_n; i++) {
        const struct cw_config_route *route = &config->routes[i];
        struct cw_pause_tx tx;
        struct cw_error error;
        if (route->policy.pause_tx_file[0] == '\0')
            continue;
        if (cw_config_pause_tx(&tx, config->arena, config, route, &error) == CW_OK)
            cw_doctor_add(list, CW_DOCTOR_OK, "pause", route->name, NULL,
                          "its pause transaction can be read, nonce %" PRIu64 ", sent when %s",
                          tx.nonce, route->policy.pause_on_name);
        else
            cw_doctor_add(list, CW_DOCTOR_FAIL, "pause", route->name, NULL, "%s", error.text);
    }
}

/* --- clock ------------------------------------------------------------------------------------ */

static int descending(int64_t a, int64_t b) {
    return (a < b) - (a > b);
}

/* The median of what the endpoints' clocks say, so that one that is wrong does not matter. */
void cw_doctor_clock(const struct cw_exam *exams, size_t n, struct cw_doctor_list *list) {
    int64_t ahead[64];
    size_t told = 0;
    for (size_t i = 0; i < n && told < CW_COUNT(ahead); i++) {
        const struct cw_probe_answer *a = cw_probe_ask(exams[i].probe, "eth_chainId", "[]", 0);
        if (a == NULL || a->date_s == 0)
            continue;
        const int64_t one = (int64_t)(a->wall_ms / 1000) - (int64_t)a->date_s;
        size_t at = told++;
        for (; at > 0 && descending(ahead[at - 1], one) > 0; at--)
            ahead[at] = ahead[at - 1];
        ahead[at] = one;
    }
    if (told == 0) {
        cw_doctor_add(list, CW_DOCTOR_UNKNOWN, "clock", "this machine", NULL,
                      "no endpoint says what time it is");
        return;
    }
    const int64_t by = ahead[told / 2];
    if (by > SKEW_S || by < -SKEW_S)
        cw_doctor_add(list, CW_DOCTOR_WARN, "clock", "this machine",
                      "let it keep time (NTP): dates in logs, alerts and pauses are off",
                      "is %" PRId64 " s %s the clocks of %zu endpoints", by > 0 ? by : -by,
                      by > 0 ? "ahead of" : "behind", told);
    else
        cw_doctor_add(list, CW_DOCTOR_OK, "clock", "this machine", NULL,
                      "agrees with %zu endpoint%s within %d s", told, told == 1 ? "" : "s", SKEW_S);
}
