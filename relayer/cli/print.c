#include "cli/print.h"

#include <monitor/utf8.h>

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define PAIR_NAME   11
#define WIDTH_LEAST 40

size_t cw_print_width(void) {
    struct winsize size;
    if (isatty(STDOUT_FILENO) == 0)
        return SIZE_MAX;
    const char *columns = getenv("COLUMNS");
    unsigned long wide = columns != NULL ? strtoul(columns, NULL, 10) : 0;
    if (wide == 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        wide = size.ws_col;
    if (wide == 0)
        wide = 80;
    return wide < WIDTH_LEAST ? WIDTH_LEAST : wide;
}

static enum { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER } colour;

bool cw_print_colour(const char *when) {
    if (strcmp(when, "always") == 0)
        colour = COLOUR_ALWAYS;
    else if (strcmp(when, "never") == 0)
        colour = COLOUR_NEVER;
    else if (strcmp(when, "auto") == 0)
        colour = COLOUR_AUTO;
    else
        return false;
    return true;
}

bool cw_print_colours(void) {
    if (colour != COLOUR_AUTO)
        return colour == COLOUR_ALWAYS;
    const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(STDOUT_FILENO) != 0 && (no_colour == NULL || no_colour[0] == 0) && term != NULL &&
           strcmp(term, "dumb") != 0;
}

static const char *style_code(enum cw_style style) {
    switch (style) {
    case CW_PLAIN:
        return "";
    case CW_BOLD:
        return "\033[1m";
    case CW_DIM:
        return "\033[2m";
    case CW_GOOD:
        return "\033[32m";
    case CW_WARN:
        return "\033[33m";
    case CW_BAD:
        return "\033[31m";
    }
    return "";
}

/* Text as it may reach a terminal: what is unsafe there, or no UTF-8, becomes "?". */
static void put_clean(FILE *out, const char *text, size_t n) {
    const uint8_t *bytes = (const uint8_t *)text;
    uint32_t code = 0;
    for (size_t i = 0; i < n;) {
        const size_t size = cw_utf8_read(&code, bytes + i, n - i);
        if (size == 0 || cw_utf8_is_unsafe(code))
            fputc('?', out);
        else
            fwrite(bytes + i, 1, size, out);
        i += size > 0 ? size : 1;
    }
}

void cw_print_error(const char *who, const char *text) {
    fprintf(stderr, "%s: ", who);
    put_clean(stderr, text, strlen(text));
    fputc('\n', stderr);
}

static void print_styled(enum cw_style style, const char *text, size_t n) {
    bool coloured = style != CW_PLAIN && cw_print_colours();
    if (coloured)
        fputs(style_code(style), stdout);
    put_clean(stdout, text, n);
    if (coloured)
        fputs("\033[0m", stdout);
}

void cw_print(enum cw_style style, const char *text) {
    print_styled(style, text, strlen(text));
}

void cw_print_heading(const char *text) {
    static bool again;
    if (again)
        putchar('\n');
    again = true;
    cw_print(CW_BOLD, text);
    putchar('\n');
}

/* Characters, counted as UTF-8 starts. */
static size_t columns_of(const char *text, size_t n) {
    size_t columns = 0;
    for (size_t i = 0; i < n; i++)
        columns += ((unsigned char)text[i] & 0xc0) != 0x80;
    return columns;
}

/* Bytes of the first line when text is broken at spaces to `room` columns; a longer word stays
 * whole. */
static size_t line_bytes(const char *text, size_t room) {
    size_t n = strlen(text), best = 0;
    if (columns_of(text, n) <= room)
        return n;
    for (size_t i = 1; i < n; i++) {
        if (text[i] != ' ')
            continue;
        if (columns_of(text, i) > room)
            return best > 0 ? best : i;
        best = i;
    }
    return columns_of(text, n) <= room || best == 0 ? n : best;
}

/* From column `start`, with following lines set in to the same column. */
static void print_wrapped(size_t start, enum cw_style style, const char *text) {
    size_t width = cw_print_width();
    size_t room = width == SIZE_MAX ? SIZE_MAX : width > start + 20 ? width - start : 20;
    for (;;) {
        size_t n = line_bytes(text, room);
        print_styled(style, text, n);
        putchar('\n');
        text += n;
        text += strspn(text, " ");
        if (*text == 0)
            return;
        printf("%*s", (int)start, "");
    }
}

void cw_print_pair(const char *name, enum cw_style style, const char *value) {
    printf("%-*s", PAIR_NAME, name);
    print_wrapped(PAIR_NAME, style, value);
}

/* --- tables ----------------------------------------------------------------------------------- */

struct cell {
    enum cw_style style;
    char *text;
};

struct cw_print_table {
    const char *heads[CW_TABLE_COLUMNS];
    size_t columns;
    unsigned right;
    struct cell *cells;
    size_t n, capacity;
    bool failed;
};

struct cw_print_table *cw_print_table_new(const char *const *heads, unsigned right) {
    struct cw_print_table *table = calloc(1, sizeof *table);
    if (table == NULL)
        return NULL;
    table->right = right;
    while (heads[table->columns] != NULL && table->columns < CW_TABLE_COLUMNS) {
        table->heads[table->columns] = heads[table->columns];
        table->columns++;
    }
    return table;
}

void cw_print_table_free(struct cw_print_table *table) {
    if (table == NULL)
        return;
    for (size_t i = 0; i < table->n; i++)
        free(table->cells[i].text);
    free(table->cells);
    free(table);
}

void cw_print_cell(struct cw_print_table *table, enum cw_style style, const char *format, ...) {
    char text[CW_TABLE_CELL];
    if (table == NULL || table->failed)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (table->n == table->capacity) {
        size_t bigger = table->capacity == 0 ? 64 : table->capacity * 2;
        struct cell *cells = realloc(table->cells, bigger * sizeof *cells);
        if (cells == NULL) {
            table->failed = true;
            return;
        }
        table->cells = cells;
        table->capacity = bigger;
    }
    char *copy = strdup(text);
    if (copy == NULL)
        table->failed = true;
    else
        table->cells[table->n++] = (struct cell){style, copy};
}

#define CELL_LEAST 8  /* of what is cut */
#define LAST_LEAST 24 /* that the last column is left */

/* Makes the widest of the columns before the last narrower until there is room. Numbers stay whole.
 */
static void narrow(const struct cw_print_table *table, size_t *widths) {
    const size_t width = cw_print_width(), last = table->columns - 1;
    for (;;) {
        size_t sum = widths[last] < LAST_LEAST ? widths[last] : LAST_LEAST, widest = last;
        for (size_t c = 0; c < last; c++) {
            sum += widths[c] + 2;
            if ((table->right >> c & 1) == 0 && (widest == last || widths[c] > widths[widest]))
                widest = c;
        }
        if (sum <= width || widest == last || widths[widest] <= CELL_LEAST)
            return;
        widths[widest]--;
    }
}

/* text within so many columns. */
static void print_cut(enum cw_style style, const char *text, size_t room) {
    size_t n = 0, columns = 0;
    if (columns_of(text, strlen(text)) <= room) {
        cw_print(style, text);
        return;
    }
    while (text[n] != '\0' && columns + 1 < room) {
        n++;
        while (((unsigned char)text[n] & 0xc0) == 0x80)
            n++;
        columns++;
    }
    print_styled(style, text, n);
    cw_print(style, "…");
}

static void print_row(const struct cw_print_table *table, const size_t *widths,
                      const struct cell *cells) {
    size_t at = 0;
    for (size_t c = 0; c < table->columns; c++) {
        const char *text = cells[c].text;
        size_t used = columns_of(text, strlen(text));
        size_t fill = widths[c] > used ? widths[c] - used : 0;
        bool last = c + 1 == table->columns, right = (table->right >> c & 1) != 0;
        if (last && !right) {
            print_wrapped(at, cells[c].style, text);
            return;
        }
        if (right)
            printf("%*s", (int)fill, "");
        print_cut(cells[c].style, text, last ? SIZE_MAX : widths[c]);
        if (!last)
            printf("%*s", (int)(2 + (right ? 0 : fill)), "");
        at += widths[c] + 2;
    }
    putchar('\n');
}

enum cw_err cw_print_table(const struct cw_print_table *table) {
    if (table == NULL || table->failed)
        return CW_ERR_MEMORY;
    assert(table->columns > 0);
    size_t widths[CW_TABLE_COLUMNS];
    struct cell heads[CW_TABLE_COLUMNS];
    char names[CW_TABLE_COLUMNS][64];
    for (size_t c = 0; c < table->columns; c++) {
        snprintf(names[c], sizeof names[c], "%s", table->heads[c]);
        heads[c] = (struct cell){CW_DIM, names[c]};
        widths[c] = columns_of(names[c], strlen(names[c]));
    }
    for (size_t i = 0; i < table->n; i++) {
        size_t used = columns_of(table->cells[i].text, strlen(table->cells[i].text));
        size_t c = i % table->columns;
        widths[c] = used > widths[c] ? used : widths[c];
    }
    narrow(table, widths);
    print_row(table, widths, heads);
    for (size_t i = 0; i + table->columns <= table->n; i += table->columns)
        print_row(table, widths, &table->cells[i]);
    return CW_OK;
}

/* --- times and sizes -------------------------------------------------------------------------- */

char *cw_print_time(char out[CW_TIME_SIZE], uint64_t unix_s) {
    time_t t = (time_t)unix_s;
    struct tm parts;
    if (unix_s == 0 || unix_s > 253402300799u || gmtime_r(&t, &parts) == NULL)
        snprintf(out, CW_TIME_SIZE, "%s", unix_s == 0 ? "-" : "beyond the year 9999");
    else
        (void)strftime(out, CW_TIME_SIZE, "%Y-%m-%d %H:%M:%S UTC", &parts);
    return out;
}

char *cw_print_duration(char out[CW_TIME_SIZE], uint64_t seconds) {
    unsigned long long s = seconds;
    if (s < 120)
        snprintf(out, CW_TIME_SIZE, "%llu s", s);
    else if (s < 7200)
        snprintf(out, CW_TIME_SIZE, "%llu min", s / 60);
    else if (s < 172800)
        snprintf(out, CW_TIME_SIZE, "%llu h %llu min", s / 3600, s / 60 % 60);
    else
        snprintf(out, CW_TIME_SIZE, "%llu d %llu h", s / 86400, s / 3600 % 24);
    return out;
}

char *cw_print_relative(char out[CW_TIME_SIZE], uint64_t then_s, uint64_t now_s) {
    char length[CW_TIME_SIZE];
    if (then_s == now_s)
        snprintf(out, CW_TIME_SIZE, "now");
    else if (then_s > now_s)
        snprintf(out, CW_TIME_SIZE, "in %.24s", cw_print_duration(length, then_s - now_s));
    else
        snprintf(out, CW_TIME_SIZE, "%.24s ago", cw_print_duration(length, now_s - then_s));
    return out;
}

char *cw_print_number(char out[CW_TIME_SIZE], uint64_t value) {
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
    size_t used = 0;
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            out[used++] = ' ';
        out[used++] = digits[i];
    }
    out[used] = 0;
    return out;
}

int cw_out_print(struct cw_buf *out, int code) {
    const char *text = cw_buf_cstr(out);
    if (text != NULL)
        puts(text);
    else
        fputs("causeway: out of memory\n", stderr);
    cw_buf_done(out);
    return text != NULL ? code : 3;
}
