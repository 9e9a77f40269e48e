/* The live table of `causeway run` on a terminal: routes, heads, messages by stage and condition,
 * last actions. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "core/log.h"
#include "work/relay.h"

struct cw_table;

/* Takes the log over: lines are shown below the table instead of on stderr. NULL when memory is
 * short. */
struct cw_table *cw_table_new(const struct cw_relay *relay, const char *title);
/* Draws over what was drawn before. */
void cw_table_draw(struct cw_table *table, struct cw_relay *relay, uint64_t up_s);
/* Gives the log back. Takes NULL. */
void cw_table_free(struct cw_table *table);

#endif
