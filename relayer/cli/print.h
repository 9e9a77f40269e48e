/* Output for people: tables that know the terminal's width, colours where they are wanted, times.
 * Text that came from outside never reaches the terminal with its control characters. */
#ifndef CLI_PRINT_H
#define CLI_PRINT_H

#include <causeway/arena.h>
#include <causeway/base.h>
#include <monitor/json_out.h>

enum cw_style { CW_PLAIN, CW_BOLD, CW_DIM, CW_GOOD, CW_WARN, CW_BAD };

/* Columns of stdout: of the terminal, $COLUMNS, or SIZE_MAX when it is no terminal. */
size_t cw_print_width(void);
/* As cw_print_colour said; else stdout is a terminal, NO_COLOR is not set, TERM is not "dumb". */
bool cw_print_colours(void);
/* "always", "never" or "auto". False: something else. */
bool cw_print_colour(const char *when);

/* text with control characters replaced, in a style. */
void cw_print(enum cw_style style, const char *text);
/* "who: text" and a line end on stderr, text likewise. */
void cw_print_error(const char *who, const char *text);
/* The heading of a part, after an empty line unless it is the first. */
void cw_print_heading(const char *text);
/* "name      value", the value wrapped at the terminal's width. */
void cw_print_pair(const char *name, enum cw_style style, const char *value);

/* --- tables ----------------------------------------------------------------------------------- */

#define CW_TABLE_COLUMNS 8
#define CW_TABLE_CELL    360

struct cw_print_table; /* owns its cells */

/* heads ends with NULL; at most CW_TABLE_COLUMNS. right: a bit for each column that is set to the
 * right. */
struct cw_print_table *cw_print_table_new(const char *const *heads, unsigned right);
void cw_print_table_free(struct cw_print_table *table); /* takes NULL */
/* The next cell, row by row; a table that ran out of memory is noticed when it is printed. */
void cw_print_cell(struct cw_print_table *table, enum cw_style style, const char *format, ...)
    CW_PRINTF(3, 4);
/* On a terminal the last column is wrapped within its width, and where the others leave too little
 * room for it their longest cells are cut, with "…" at the end. Elsewhere everything is whole.
 * CW_ERR_MEMORY only. */
CW_MUST_USE enum cw_err cw_print_table(const struct cw_print_table *table);

/* --- times and sizes -------------------------------------------------------------------------- */

#define CW_TIME_SIZE 32
/* "2023-11-14 22:13:20 UTC"; "-" for 0. */
char *cw_print_time(char out[CW_TIME_SIZE], uint64_t unix_s);
/* "45 s", "3 min", "5 h 12 min", "6 d 23 h". */
char *cw_print_duration(char out[CW_TIME_SIZE], uint64_t seconds);
/* "in 3 min", "3 min ago", "now"; then and now in seconds. */
char *cw_print_relative(char out[CW_TIME_SIZE], uint64_t then_s, uint64_t now_s);
/* "1 234 567" */
char *cw_print_number(char out[CW_TIME_SIZE], uint64_t value);

/* --- JSON: monitor/json_out.h ------------------------------------------------------------------
 */

/* Prints the buffer and a line end; frees it. The exit code: ok, or could not tell (out of memory).
 */
int cw_out_print(struct cw_buf *out, int code);

#endif
