#include "core/config_sinks.h"

#include "core/config_tables.h"
#include "core/private_file.h"
#include "net/url.h"

#include <causeway/curve.h>

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SINKS_MAX     64u
#define PAGERDUTY_URL "https://events.pagerduty.com/v2/enqueue"
#define SYSLOG_PATH   "/dev/log"

enum needs { NEVER, MAY, MUST };

/* By type. */
static const struct {
    enum needs url, secret;
    bool limited; /* where no limit is written */
} types[] = {
    [CW_SINK_WEBHOOK] = {MUST, MAY, true},    [CW_SINK_SLACK] = {MAY, MAY, true},
    [CW_SINK_PAGERDUTY] = {MAY, MUST, true},  [CW_SINK_ALERTMANAGER] = {MUST, MAY, false},
    [CW_SINK_SYSLOG] = {NEVER, NEVER, false}, [CW_SINK_STDOUT] = {NEVER, NEVER, false},
};

/* Of cw_config_facilities, in its order. */
static const unsigned facility_numbers[] = {0,  1,  2,  3,  4,  5,  9,  10,
                                            16, 17, 18, 19, 20, 21, 22, 23};

struct load {
    const struct cw_config_reader *reader;
    struct cw_config *config;
};

/* One sink that is looked at. */
struct entry {
    const struct cw_config_reader *reader;
    const char *where;
    const struct cw_json *member;
    struct cw_config_sink *sink;
};

static const struct cw_json *at(const struct entry *entry, const char *key) {
    const struct cw_json *value = cw_json_get(entry->member, key);
    return value != NULL ? value : entry->member;
}

static enum cw_err refuse(const struct entry *entry, const char *key, const char *what) {
    return cw_config_refuse(entry->reader, at(entry, key), "%s: \"%s\" %s", entry->where, key,
                            what);
}

static void find_words(struct cw_config_sink *sink) {
    const bool known = cw_severity_parse(&sink->min_severity, sink->min_severity_name);
    const size_t facility = cw_config_word(cw_config_facilities, sink->facility_name);
    assert(known && facility < CW_COUNT(facility_numbers));
    (void)known;
    sink->type = (enum cw_sink_type)cw_config_word(cw_config_sink_types, sink->type_name);
    sink->facility = facility_numbers[facility];
}

/* Keys that are of one type only. */
static enum cw_err check_own(const struct entry *entry) {
    static const struct {
        const char *key;
        enum cw_sink_type type;
    } own[] = {{"address", CW_SINK_SYSLOG},
               {"facility", CW_SINK_SYSLOG},
               {"resend_s", CW_SINK_ALERTMANAGER}};
    for (size_t i = 0; i < CW_COUNT(own); i++)
        if (entry->sink->type != own[i].type && cw_json_get(entry->member, own[i].key) != NULL)
            return cw_config_refuse(entry->reader, at(entry, own[i].key),
                                    "%s: \"%s\" goes with the type %s only: take it out",
                                    entry->where, own[i].key, cw_config_sink_types[own[i].type]);
    return CW_OK;
}

static enum cw_err check_needed(const struct entry *entry, const char *key, bool is_written,
                                enum needs needs) {
    if (is_written && needs == NEVER)
        return cw_config_refuse(entry->reader, at(entry, key),
                                "%s: the type %s has no \"%s\": take it out", entry->where,
                                entry->sink->type_name, key);
    if (!is_written && needs == MUST)
        return cw_config_refuse(entry->reader, entry->member, "%s: the type %s needs \"%s\"",
                                entry->where, entry->sink->type_name, key);
    return CW_OK;
}

static enum cw_err check_secret(const struct entry *entry) {
    const struct cw_config_sink *sink = entry->sink;
    bool file = sink->secret_file[0] != '\0', env = sink->secret_env[0] != '\0';
    if (file && env)
        return refuse(entry, "secret_env", "stands beside \"secret_file\": take one out");
    enum cw_err err = check_needed(entry, env ? "secret_env" : "secret_file", file || env,
                                   types[sink->type].secret);
    if (err != CW_OK || sink->type != CW_SINK_SLACK)
        return err;
    if ((sink->url[0] != '\0') == (file || env))
        return refuse(entry, "url",
                      "or, for it is secret, \"secret_file\" or \"secret_env\" says where alerts "
                      "go: write one of them");
    return CW_OK;
}

static enum cw_err check_url(const struct entry *entry) {
    struct cw_config_sink *sink = entry->sink;
    struct cw_url *url = NULL;
    struct cw_error why;
    enum cw_err err = check_needed(entry, "url", sink->url[0] != '\0', types[sink->type].url);
    if (err == CW_OK && sink->type == CW_SINK_PAGERDUTY && sink->url[0] == '\0')
        sink->url = PAGERDUTY_URL;
    if (err != CW_OK || sink->url[0] == '\0')
        return err;
    err = cw_url_new(&url, sink->url, &why);
    cw_url_free(url);
    if (err == CW_ERR_MEMORY)
        return cw_config_no_memory(entry->reader);
    return err == CW_OK ? CW_OK
                        : cw_config_refuse(entry->reader, at(entry, "url"), "%s: %s", entry->where,
                                           why.text);
}

static enum cw_err check_address(const struct entry *entry) {
    struct cw_config_sink *sink = entry->sink;
    if (sink->type != CW_SINK_SYSLOG)
        return CW_OK;
    if (sink->address[0] == '\0')
        sink->address = SYSLOG_PATH;
    if (strncmp(sink->address, "udp://", 6) != 0) {
        sink->address = cw_config_resolve(entry->reader, sink->address);
        return sink->address != NULL ? CW_OK : cw_config_no_memory(entry->reader);
    }
    struct cw_error why;
    struct cw_config_socket udp;
    return cw_config_udp_read(&udp, sink->address, &why) == CW_OK
               ? CW_OK
               : refuse(entry, "address", why.text);
}

enum cw_err cw_config_udp_read(struct cw_config_socket *ret, const char *text,
                               struct cw_error *error) {
    struct cw_config_socket udp;
    if (!cw_config_socket_read(&udp, text + strlen("udp://")) || udp.port == 0)
        return cw_error_set(
            error, CW_ERR_INPUT,
            "takes udp://ADDRESS:PORT with a numeric address, such as "
            "udp://127.0.0.1:514 or udp://[::1]:514 (no name is looked up, for that "
            "would hold everything up)");
    *ret = udp;
    return CW_OK;
}

static enum cw_err find_route(const struct entry *entry, const struct cw_config *config,
                              const struct cw_json *value, size_t *ret) {
    const char *names[CW_CONFIG_NAMES_MAX + 1], *name = cw_json_string(value);
    if (name == NULL)
        return cw_config_refuse(entry->reader, value, "%s: \"routes\" takes names", entry->where);
    for (size_t i = 0; i < config->routes_n; i++) {
        if (strcmp(config->routes[i].name, name) == 0) {
            *ret = i;
            return CW_OK;
        }
        names[i] = config->routes[i].name;
    }
    names[config->routes_n] = NULL;
    const char *nearest = cw_config_nearest(name, names);
    return cw_config_refuse(entry->reader, value, "%s: there is no route \"%s\"%s%s%s",
                            entry->where, cw_config_shown(name),
                            nearest != NULL ? ": did you mean \"" : "",
                            nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
}

static enum cw_err read_routes(const struct entry *entry, const struct cw_config *config) {
    const struct cw_json *list = cw_json_get(entry->member, "routes");
    size_t n = cw_json_size(list), i = 0;
    size_t *indices = cw_arena_array(entry->reader->arena, n, sizeof *indices);
    if (indices == NULL)
        return cw_config_no_memory(entry->reader);
    if (list != NULL && (cw_json_type(list) != CW_JSON_ARRAY || n == 0))
        return refuse(entry, "routes", "takes a list of names; left out, it is told everything");
    for (const struct cw_json *e = cw_json_first(list); e != NULL; e = cw_json_next(e)) {
        enum cw_err err = find_route(entry, config, e, &indices[i++]);
        if (err != CW_OK)
            return err;
    }
    entry->sink->routes = indices;
    entry->sink->routes_n = n;
    return CW_OK;
}

static enum cw_err read_sink(void *ctx, const struct cw_config_entry *given) {
    const struct load *load = ctx;
    const struct entry entry = {load->reader, given->where, given->member, given->out};
    struct cw_config_sink *sink = entry.sink;
    sink->name = given->name;
    enum cw_err err = cw_config_read(entry.reader, entry.where, entry.member, entry.member,
                                     &cw_config_shape_sink, sink);
    if (err == CW_OK) {
        find_words(sink);
        err = check_own(&entry);
    }
    if (err == CW_OK)
        err = check_secret(&entry);
    if (err == CW_OK)
        err = check_url(&entry);
    if (err == CW_OK)
        err = check_address(&entry);
    if (err == CW_OK)
        err = read_routes(&entry, load->config);
    if (err != CW_OK)
        return err;
    if (!types[sink->type].limited && cw_json_get(entry.member, "max_per_minute") == NULL)
        sink->max_per_minute = 0;
    if (sink->secret_file[0] != '\0')
        sink->secret_file = cw_config_resolve(entry.reader, sink->secret_file);
    return sink->secret_file != NULL ? CW_OK : cw_config_no_memory(entry.reader);
}

static enum cw_err read_alerts(const struct cw_config_reader *reader, const struct cw_json *root,
                               struct cw_config *config) {
    const struct cw_json *alerts = cw_json_get(root, "alerts");
    enum cw_err err = cw_config_read(reader, "alerts", alerts, root, &cw_config_shape_alerts, NULL);
    const struct cw_json *after = cw_json_get(alerts, "escalate_after_s");
    return err == CW_OK ? cw_config_read(reader, "alerts, escalate_after_s", after, root,
                                         &cw_config_shape_escalate, &config->escalate)
                        : err;
}

enum cw_err cw_config_sinks_read(const struct cw_config_reader *reader, const struct cw_json *root,
                                 struct cw_config *config) {
    static const struct cw_config_entries entries = {"sinks", "sink", false,
                                                     sizeof(struct cw_config_sink), read_sink};
    struct load load = {reader, config};
    void *sinks = NULL;
    enum cw_err err = read_alerts(reader, root, config);
    if (err == CW_OK)
        err = cw_config_read_entries(&sinks, &config->sinks_n, reader, root, &entries, &load);
    if (err == CW_OK && config->sinks_n > SINKS_MAX)
        err = cw_config_refuse(reader, cw_json_get(root, "sinks"),
                               "\"sinks\" has more than %u entries", SINKS_MAX);
    if (err == CW_OK)
        config->sinks = sinks;
    return err;
}

/* --- the secret ------------------------------------------------------------------------------- */

static enum cw_err from_file(struct cw_password *ret, const char *path, struct cw_error *error) {
    char where[400];
    size_t n = 0;
    snprintf(where, sizeof where, "secret file %s", path);
    enum cw_err err = cw_private_file_read(ret->b, sizeof ret->b, &n, "secret file", path, error);
    if (err == CW_OK)
        err = cw_password_take(ret, n, where, error);
    else
        cw_wipe(ret, sizeof *ret);
    return err == CW_OK && ret->n == 0 ? cw_error_set(error, CW_ERR_INPUT, "%s is empty", where)
                                       : err;
}

static enum cw_err from_environment(struct cw_password *ret, const char *name,
                                    struct cw_error *error) {
    char where[200];
    const char *text = getenv(name);
    snprintf(where, sizeof where, "environment variable %s", name);
    if (text == NULL || text[0] == '\0')
        return cw_error_set(error, CW_ERR_INPUT, "%s is not set", where);
    size_t n = strnlen(text, sizeof ret->b);
    memcpy(ret->b, text, n);
    return cw_password_take(ret, n, where, error);
}

enum cw_err cw_config_sink_secret(struct cw_password *ret, const struct cw_config_sink *sink,
                                  struct cw_error *error) {
    enum cw_err err = CW_OK;
    if (sink->secret_file[0] != '\0')
        err = from_file(ret, sink->secret_file, error);
    else if (sink->secret_env[0] != '\0')
        err = from_environment(ret, sink->secret_env, error);
    return err == CW_OK ? CW_OK : cw_error_wrap(error, err, "sink \"%s\"", sink->name);
}
