/* Messages as comma-separated values (RFC 4180), for spreadsheets. */
#ifndef CLI_CSV_H
#define CLI_CSV_H

#include "cli/cli.h"

/* One cell, behind a comma unless it is the first of its line; quoted where it must be. What a
 * spreadsheet would take for a formula gets a "'" before it. */
void cw_csv_text(struct cw_buf *out, const char *text);
void cw_csv_line(struct cw_buf *out); /* ends a line */

/* A line with the names of the columns, and one for each message. */
void cw_csv_messages(struct cw_buf *out, const struct cw_cli_view *view,
                     const struct cw_store_message *list, size_t n);

#endif
