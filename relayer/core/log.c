#include "core/log.h"

#include "core/clock.h"
#include "core/json.h"

#include <causeway/arena.h>
#include <monitor/utf8.h>

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define TEXT_MAX 2048
/* Each byte may become four characters (\xNN), JSON doubles the backslash; plus the frame. */
#define LINE_MAX_BYTES (8 * TEXT_MAX + 1024)

#define COMPONENTS_MAX 16u
#define SUBJECT_MAX    80u

/* A level of its own. */
struct component {
    char name[SUBJECT_MAX];
    size_t n;
    enum cw_log_level level;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of all that follows */
static struct {
    enum cw_log_level level;
    bool json;
    struct component components[COMPONENTS_MAX];
    size_t components_n;
    void (*sink)(void *ctx, enum cw_log_level level, const char *line);
    void *ctx;
} config = {.level = CW_LOG_INFO};

/* Lines below this are of no component: told without the lock. */
static atomic_int least = CW_LOG_INFO;

/* With the lock. */
static void set_least(void) {
    int level = (int)config.level;
    for (size_t i = 0; i < config.components_n; i++)
        level = (int)config.components[i].level < level ? (int)config.components[i].level : level;
    atomic_store(&least, level);
}

void cw_log_setup(enum cw_log_level level, bool json) {
    pthread_mutex_lock(&lock);
    config.level = level;
    config.json = json;
    config.components_n = 0;
    set_least();
    pthread_mutex_unlock(&lock);
}

/* The place of a component, or a free one; NULL: all are taken. With the lock. */
static struct component *place_of(const char *name) {
    for (size_t i = 0; i < config.components_n; i++)
        if (strcmp(config.components[i].name, name) == 0)
            return &config.components[i];
    return config.components_n < COMPONENTS_MAX ? &config.components[config.components_n++] : NULL;
}

enum cw_err cw_log_level_set(const char *component, enum cw_log_level level) {
    const size_t n = strlen(component);
    enum cw_err err = CW_OK;
    if (n >= SUBJECT_MAX)
        return CW_ERR_INPUT;
    pthread_mutex_lock(&lock);
    struct component *place = n > 0 ? place_of(component) : NULL;
    if (n == 0) {
        config.level = level;
        config.components_n = 0;
    } else if (place) {
        *place = (struct component){.n = n, .level = level};
        memcpy(place->name, component, n + 1);
    } else {
        err = CW_ERR_LIMIT;
    }
    set_least();
    pthread_mutex_unlock(&lock);
    return err;
}

/* What the longest component that fits says, or the level of all. With the lock. */
static enum cw_log_level level_of(const char *subject) {
    const struct component *best = NULL;
    for (size_t i = 0; i < config.components_n; i++) {
        const struct component *c = &config.components[i];
        if (strncmp(subject, c->name, c->n) == 0 &&
            (subject[c->n] == '\0' || subject[c->n] == ' ') && (!best || c->n > best->n))
            best = c;
    }
    return best ? best->level : config.level;
}

void cw_log_redirect(void (*sink)(void *ctx, enum cw_log_level level, const char *line),
                     void *ctx) {
    pthread_mutex_lock(&lock);
    config.sink = sink;
    config.ctx = ctx;
    pthread_mutex_unlock(&lock);
}

static const char *level_name(enum cw_log_level level) {
    switch (level) {
    case CW_LOG_DEBUG:
        return "debug";
    case CW_LOG_INFO:
        return "info";
    case CW_LOG_WARN:
        return "warn";
    case CW_LOG_ERROR:
        return "error";
    }
    return "?";
}

bool cw_log_level_parse(enum cw_log_level *ret, const char *name) {
    for (enum cw_log_level level = CW_LOG_DEBUG; level <= CW_LOG_ERROR; level++) {
        if (strcmp(name, level_name(level)) == 0) {
            *ret = level;
            return true;
        }
    }
    return false;
}

enum cw_log_level cw_log_level_of(const char *name) {
    enum cw_log_level level = CW_LOG_INFO;
    return cw_log_level_parse(&level, name) ? level : CW_LOG_INFO;
}

static void append_escaped(struct cw_buf *out, const char *text) {
    const uint8_t *p = (const uint8_t *)text;
    size_t n = strlen(text);
    while (n > 0) {
        uint32_t code = 0;
        size_t size = cw_utf8_read(&code, p, n);
        if (size == 0) {
            cw_buf_format(out, "\\x%02x", *p);
            size = 1;
        } else if (cw_utf8_is_unsafe(code)) {
            if (code == '\n') {
                cw_buf_text(out, "\\n");
            } else if (code == '\t') {
                cw_buf_text(out, "\\t");
            } else {
                cw_buf_format(out, code < 0x100 ? "\\x%02x" : "\\u%04x", code);
            }
        } else {
            cw_buf_append(out, p, size);
        }
        p += size;
        n -= size;
    }
}

static void append_time(struct cw_buf *out) {
    uint64_t ms = cw_clock_system()->wall_ms(NULL);
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    if (gmtime_r(&seconds, &tm) == NULL) {
        memset(&tm, 0, sizeof(tm));
    }
    cw_buf_format(out, "%04d-%02d-%02dT%02d:%02d:%02d.%03uZ", tm.tm_year + 1900, tm.tm_mon + 1,
                  tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (unsigned)(ms % 1000));
}

static void append_quoted(struct cw_buf *out, const char *text) {
    struct cw_buf escaped;
    cw_buf_init(&escaped, LINE_MAX_BYTES);
    append_escaped(&escaped, text);
    const char *line = cw_buf_cstr(&escaped);
    cw_json_quote(out, line == NULL ? "(out of memory)" : line);
    cw_buf_done(&escaped);
}

static void write_line(enum cw_log_level level, const char *line) {
    if (config.sink != NULL) {
        config.sink(config.ctx, level, line);
    } else {
        fprintf(stderr, "%s\n", line);
    }
}

static void put_line(struct cw_buf *line, enum cw_log_level level, const char *subject,
                     const char *text) {
    if (config.json) {
        cw_buf_text(line, "{\"time\":\"");
        append_time(line);
        cw_buf_format(line, "\",\"level\":\"%s\",\"subject\":", level_name(level));
        append_quoted(line, subject);
        cw_buf_text(line, ",\"text\":");
        append_quoted(line, text);
        cw_buf_text(line, "}");
    } else {
        append_time(line);
        cw_buf_format(line, " %-5s ", level_name(level));
        append_escaped(line, subject);
        cw_buf_text(line, ": ");
        append_escaped(line, text);
    }
}

void cw_log(enum cw_log_level level, const char *subject, const char *format, ...) {
    if ((int)level < atomic_load(&least)) {
        return;
    }
    char text[TEXT_MAX];
    va_list args;
    va_start(args, format);
    if (vsnprintf(text, sizeof(text), format, args) < 0) {
        text[0] = '\0';
    }
    va_end(args);

    pthread_mutex_lock(&lock);
    if (level >= level_of(subject)) {
        struct cw_buf line;
        cw_buf_init(&line, LINE_MAX_BYTES);
        put_line(&line, level, subject, text);
        const char *finished = cw_buf_cstr(&line);
        write_line(level, finished == NULL ? "(a log line was lost: out of memory)" : finished);
        cw_buf_done(&line);
    }
    pthread_mutex_unlock(&lock);
}
