/* The files of the page, and what describes the API, as they are built in. */
#ifndef API_PAGE_H
#define API_PAGE_H

#include <stddef.h>

struct cw_page_file {
    const char *name, *type; /* "app.js", its media type */
    const unsigned char *bytes;
    size_t n;
};
extern const struct cw_page_file cw_page_files[]; /* ends with name NULL; the first one is "/" */
extern const struct cw_page_file cw_page_openapi; /* config/openapi.json */

#endif
