/* What a JSON-RPC error means for whoever asked. Nodes agree on few codes, so that their texts
 * count too. */
#ifndef NET_SORT_H
#define NET_SORT_H

#include "core/json.h"

#include <causeway/arena.h>
#include <causeway/base.h>

enum cw_sorted {
    CW_SORTED_REVERTED = 1, /* execution reverted, or failed in another way */
    CW_SORTED_BEHIND,       /* no such block here */
    CW_SORTED_NO_STATE,     /* that block's state is gone, or is not given away */
    CW_SORTED_OVERLOADED,   /* the endpoint asks for patience */
    CW_SORTED_TROUBLE,      /* something broke behind the endpoint */
    CW_SORTED_TOO_LARGE,    /* the answer would be; alone it may pass */
    CW_SORTED_NO_METHOD,    /* another endpoint may have it */
    CW_SORTED_NO_ACCESS,    /* it does not know us: nothing will be answered */
    CW_SORTED_BAD_PARAMS,   /* does not read the parameters as we mean them */
    CW_SORTED_REFUSED,      /* understood and refused */
    CW_SORTED_MALFORMED     /* not the shape of an error */
};

/* error: the "error" member. Its text goes to text (cut to text_n), for REVERTED the revert data is
 * appended to revert. */
enum cw_sorted cw_sort_error(const struct cw_json *error, char *text, size_t text_n,
                             struct cw_buf *revert);

/* Does the text of an error speak of batches? */
bool cw_sort_is_about_batches(const char *text);

enum cw_err cw_sorted_err(enum cw_sorted sorted);

#endif
