#include "cli/stream.h"

#include "cli/cli.h"
#include "cli/print.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int cw_stream_args(struct cw_stream_args *ret, int argc, char **argv, const char *help) {
    static const struct option options[] = {{"lines", no_argument, NULL, 'l'},
                                            CW_CLI_COMMON_OPTIONS};
    struct cw_cli_common common = {0};
    bool lines = false;
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        int code = c == 'l' ? CW_CLI_GO_ON : cw_cli_option(c, &common, help);
        lines |= c == 'l';
        if (code != CW_CLI_GO_ON)
            return code;
    }
    if (optind == argc)
        return cw_cli_usage(help, "a kind is due");
    if (argc - optind > 2)
        return cw_cli_usage(help, "there is one input too many");
    *ret = (struct cw_stream_args){argv[optind], optind + 1 < argc ? argv[optind + 1] : NULL,
                                   lines};
    return CW_CLI_GO_ON;
}

/* --- one answer ------------------------------------------------------------------------------- */

static bool is_blank(uint8_t byte) {
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

struct cw_slice cw_stream_trim(struct cw_slice text) {
    while (text.n > 0 && is_blank(text.p[text.n - 1]))
        text.n--;
    while (text.n > 0 && is_blank(text.p[0])) {
        text.p++;
        text.n--;
    }
    return text;
}

enum cw_err cw_stream_hex(struct cw_slice *ret, struct cw_arena *arena, struct cw_slice text,
                          struct cw_error *error) {
    text = cw_stream_trim(text);
    if (text.n == 0)
        return cw_error_set(error, CW_ERR_INPUT, "no hexadecimal digits (0x stands for no bytes)");
    bool prefixed = text.n >= 2 && memcmp(text.p, "0x", 2) == 0;
    size_t n = text.n + (prefixed ? 0 : 2), bytes_n = 0;
    char *digits = cw_arena_alloc(arena, n);
    uint8_t *bytes = cw_arena_alloc(arena, (n - 2) / 2);
    if (digits == NULL || bytes == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    digits[0] = '0';
    digits[1] = 'x';
    memcpy(digits + n - text.n, text.p, text.n);
    if (cw_hex_decode_any(bytes, (n - 2) / 2, &bytes_n, digits, n) != CW_OK)
        return cw_error_set(error, CW_ERR_INPUT,
                            n % 2 != 0 ? "not hexadecimal: an odd number of digits"
                                       : "not hexadecimal");
    *ret = cw_slice_of(bytes, bytes_n);
    return CW_OK;
}

/* The answer with its line end in out, or the error with the exit code that is its own. */
static int answer(const struct cw_stream_job *job, struct cw_buf *out, struct cw_slice input,
                  struct cw_error *error) {
    struct cw_arena arena;
    cw_arena_init(&arena, CW_STREAM_ARENA_MAX);
    bool yes = false;
    enum cw_err err = job->answer(job, out, &yes, &arena, input, error);
    cw_arena_done(&arena);
    cw_buf_text(out, "\n");
    if (err == CW_OK && out->failed)
        err = cw_error_set(error, CW_ERR_MEMORY, "no memory for the answer");
    if (err == CW_OK)
        return yes ? CW_EXIT_OK : CW_EXIT_NO;
    return err == CW_ERR_MEMORY ? CW_EXIT_UNKNOWN : CW_EXIT_USAGE;
}

static int fail(const char *name, const char *text, int code) {
    char who[512];
    snprintf(who, sizeof who, "causeway%s%s", name != NULL ? ": " : "", name != NULL ? name : "");
    cw_print_error(who, text);
    return code;
}

static int answer_one(const struct cw_stream_job *job, struct cw_slice input, const char *name) {
    struct cw_buf out;
    struct cw_error error = {CW_OK, ""};
    cw_buf_init(&out, CW_STREAM_ANSWER_MAX);
    int code = answer(job, &out, input, &error);
    if (code == CW_EXIT_OK || code == CW_EXIT_NO)
        fwrite(out.p, 1, out.n, stdout);
    else
        fail(name, error.text, code);
    cw_buf_done(&out);
    return code;
}

/* --- reading ---------------------------------------------------------------------------------- */

struct source {
    int fd;
    const char *name;
    uint8_t *p;
    size_t at, n, capacity; /* what is not taken yet stands at p[at … n) */
    bool at_end;
};

static int open_source(struct source *source, const char *path) {
    *source = (struct source){.fd = STDIN_FILENO, .name = "stdin"};
    if (path == NULL || strcmp(path, "-") == 0)
        return CW_EXIT_OK;
    source->name = path;
    source->fd = open(path, O_RDONLY | O_CLOEXEC);
    return source->fd >= 0 ? CW_EXIT_OK : fail(path, strerror(errno), CW_EXIT_USAGE);
}

static void close_source(struct source *source) {
    free(source->p);
    if (source->fd > STDIN_FILENO)
        close(source->fd);
}

/* Room for more behind what is there. */
static bool make_room(struct source *source) {
    if (source->at > 0) {
        memmove(source->p, source->p + source->at, source->n - source->at);
        source->n -= source->at;
        source->at = 0;
    }
    if (source->n < source->capacity)
        return true;
    size_t capacity = source->capacity == 0 ? (size_t)64 << 10 : 2 * source->capacity;
    if (capacity > CW_STREAM_INPUT_MAX + 1)
        capacity = CW_STREAM_INPUT_MAX + 1;
    uint8_t *p = realloc(source->p, capacity);
    if (p == NULL)
        return false;
    source->p = p;
    source->capacity = capacity;
    return true;
}

/* Takes in more; at_end is set when there is none. Only called with room to be had: fewer than
 * CW_STREAM_INPUT_MAX + 1 bytes wait. */
static int take_in(struct source *source) {
    if (!make_room(source))
        return fail(source->name, "out of memory", CW_EXIT_UNKNOWN);
    ssize_t got;
    do
        got = read(source->fd, source->p + source->n, source->capacity - source->n);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return fail(source->name, strerror(errno),
                    errno == EISDIR ? CW_EXIT_USAGE : CW_EXIT_UNKNOWN);
    source->n += (size_t)got;
    source->at_end = got == 0;
    return CW_EXIT_OK;
}

#define TOO_LARGE "larger than 64 MiB"

static int answer_whole(const struct cw_stream_job *job, const char *path) {
    struct source source;
    int code = open_source(&source, path);
    if (code != CW_EXIT_OK)
        return code;
    while (code == CW_EXIT_OK && !source.at_end && source.n <= CW_STREAM_INPUT_MAX)
        code = take_in(&source);
    if (code == CW_EXIT_OK && source.n > CW_STREAM_INPUT_MAX)
        code = fail(source.name, TOO_LARGE, CW_EXIT_USAGE);
    else if (code == CW_EXIT_OK)
        code = answer_one(job, cw_slice_of(source.p, source.n), source.name);
    close_source(&source);
    return code;
}

/* --- lines ------------------------------------------------------------------------------------ */

static void put_error(struct cw_buf *out, const char *text) {
    cw_buf_reset(out);
    cw_out_open(out, NULL, '{');
    cw_out_text(out, "error", text);
    cw_out_close(out, '}');
    cw_buf_text(out, "\n");
}

static int answer_line(const struct cw_stream_job *job, struct cw_buf *out, struct cw_slice line,
                       bool too_large) {
    struct cw_error error = {CW_OK, ""};
    int code = CW_EXIT_USAGE;
    cw_buf_reset(out);
    if (too_large)
        cw_error_set(&error, CW_ERR_LIMIT, "the line is " TOO_LARGE);
    else if (cw_stream_trim(line).n == 0)
        cw_error_set(&error, CW_ERR_INPUT, "the line is empty");
    else
        code = answer(job, out, line, &error);
    if (code == CW_EXIT_NO)
        code = CW_EXIT_OK;
    if (code != CW_EXIT_OK)
        put_error(out, error.text);
    fwrite(out->p, 1, out->n, stdout);
    return code;
}

/* The next line in *ret_line, without its end. False when there is none left, or *code says why. Of
 * a line over the cap only the beginning is there, and what follows is skipped. */
static bool next_line(struct source *source, struct cw_slice *ret_line, bool *ret_too_large,
                      int *code) {
    size_t looked_at = 0; /* behind at */
    *ret_too_large = false;
    for (;;) {
        size_t waiting = source->n - source->at;
        const uint8_t *begin = waiting > 0 ? source->p + source->at : NULL;
        const uint8_t *end = waiting > looked_at
                                 ? memchr(begin + looked_at, '\n', waiting - looked_at)
                                 : NULL;
        if (end != NULL || (source->at_end && (waiting > 0 || *ret_too_large))) {
            size_t n = end != NULL ? (size_t)(end - begin) : waiting;
            *ret_line = cw_slice_of(begin, n);
            *ret_too_large |= n > CW_STREAM_INPUT_MAX;
            source->at += n + (end != NULL);
            return true;
        }
        if (source->at_end)
            return false;
        if (waiting > CW_STREAM_INPUT_MAX) {
            *ret_too_large = true;
            source->at = source->n = waiting = 0;
        }
        looked_at = waiting;
        /* who waits for an answer gets it before more is asked of him */
        if (fflush(stdout) != 0) {
            *code = CW_EXIT_UNKNOWN; /* cw_cli_main says so */
            return false;
        }
        *code = take_in(source);
        if (*code != CW_EXIT_OK)
            return false;
    }
}

static int answer_lines(const struct cw_stream_job *job, const char *path) {
    struct source source;
    int read_code = open_source(&source, path), code = CW_EXIT_OK;
    if (read_code != CW_EXIT_OK)
        return read_code;
    struct cw_buf out;
    cw_buf_init(&out, CW_STREAM_ANSWER_MAX);
    struct cw_slice line;
    for (bool too_large; next_line(&source, &line, &too_large, &read_code);) {
        int of_line = answer_line(job, &out, line, too_large);
        code = of_line > code ? of_line : code;
    }
    cw_buf_done(&out);
    close_source(&source);
    return read_code > code ? read_code : code;
}

int cw_stream_run(const struct cw_stream_job *job, const struct cw_stream_args *args,
                  bool literal) {
    const char *operand = args->operand;
    if (args->lines)
        return answer_lines(job, operand);
    if (literal && operand != NULL && strcmp(operand, "-") != 0)
        return answer_one(job, cw_slice_of(operand, strlen(operand)), NULL);
    return answer_whole(job, operand);
}
