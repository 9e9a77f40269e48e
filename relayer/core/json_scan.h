/* Reads JSON text once and refuses whatever is not strict; allocates nothing. core/json.c stands on
 * it. */
#ifndef CORE_JSON_SCAN_H
#define CORE_JSON_SCAN_H

#include <causeway/base.h>

struct cw_json_scan {
    size_t values; /* in the text, containers and their elements each counted */
    bool has_nul;  /* \u0000 stands in a string */
    /* On failure */
    const char *wrong; /* static */
    size_t wrong_at;   /* offset in bytes */
    bool too_many;     /* it was the cap on values */
    /* Of the value that was asked for */
    size_t value_at;
    size_t key_at; /* SIZE_MAX when it is no member of an object */
};

/* want: stop at the want-th value in the order of the text (1 is the root), 0: read all. */
CW_MUST_USE bool cw_json_scan(struct cw_json_scan *ret, struct cw_slice text, size_t max_values,
                              size_t want);

/* In text that was scanned: every \u0000 becomes \ufffd. */
void cw_json_replace_nul(uint8_t *text, size_t n);

/* Overwrites comments with spaces, lines stay. False when one does not end; *ret_at is where it
 * begins. */
CW_MUST_USE bool cw_json_blank_comments(uint8_t *text, size_t n, size_t *ret_at);

#endif
