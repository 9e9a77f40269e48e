#include "core/log.h"

#include "core/clock.h"
#include "core/json.h"

#include <causeway/arena.h>
#include <monitor/utf8.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define TEXT_MAX 2048
/* Each byte may become four characters (\xNN), JSON doubles the backslash; plus the frame. */
#define LINE_MAX_BYTES (8 * TEXT_MAX + 1024)

static struct {
    enum cw_log_level level;
    bool json;
    void (*sink)(void *ctx, enum cw_log_level level, const char *line);
    void *ctx;
} config = {CW_LOG_INFO, false, NULL, NULL};

void cw_log_setup(enum cw_log_level level, bool json) {
    config.level = level;
    config.json = json;
}

void cw_log_redirect(void (*sink)(void *ctx, enum cw_log_level level, const char *line),
                     void *ctx) {
    config.sink = sink;
    config.ctx = ctx;
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

enum cw_log_level cw_log_level_of(const char *name) {
    for (enum cw_log_level level = CW_LOG_DEBUG; level <= CW_LOG_ERROR; level++) {
        if (strcmp(name, level_name(level)) == 0) {
            return level;
        }
    }
    return CW_LOG_INFO;
}

/* What moves a cursor, ends a line or turns the direction of writing. */
static bool is_dangerous(uint32_t code) {
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200b && code <= 0x200f) ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) ||
           code == 0xfeff;
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
        } else if (is_dangerous(code)) {
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

void cw_log(enum cw_log_level level, const char *subject, const char *format, ...) {
    if (level < config.level) {
        return;
    }
    char text[TEXT_MAX];
    va_list args;
    va_start(args, format);
    if (vsnprintf(text, sizeof(text), format, args) < 0) {
        text[0] = '\0';
    }
    va_end(args);

    struct cw_buf line;
    cw_buf_init(&line, LINE_MAX_BYTES);
    if (config.json) {
        cw_buf_text(&line, "{\"time\":\"");
        append_time(&line);
        cw_buf_format(&line, "\",\"level\":\"%s\",\"subject\":", level_name(level));
        append_quoted(&line, subject);
        cw_buf_text(&line, ",\"text\":");
        append_quoted(&line, text);
        cw_buf_text(&line, "}");
    } else {
        append_time(&line);
        cw_buf_format(&line, " %-5s ", level_name(level));
        append_escaped(&line, subject);
        cw_buf_text(&line, ": ");
        append_escaped(&line, text);
    }
    const char *finished = cw_buf_cstr(&line);
    write_line(level, finished == NULL ? "(a log line was lost: out of memory)" : finished);
    cw_buf_done(&line);
}
