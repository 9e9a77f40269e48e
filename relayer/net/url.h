/* Endpoint URLs: what may be shown of them, and nothing else. A key may stand in the user part, the
 * path or the query. */
#ifndef NET_URL_H
#define NET_URL_H

#include <causeway/base.h>

struct cw_url; /* owns */

/* http and https only. The error never holds the URL. */
CW_MUST_USE enum cw_err cw_url_new(struct cw_url **ret, const char *url, struct cw_error *error);
void cw_url_free(struct cw_url *url); /* takes NULL */

/* The whole URL, for the transfer only. */
const char *cw_url_secret(const struct cw_url *url);
/* "host:port" */
const char *cw_url_host(const struct cw_url *url);

/* Whether a secret of this URL stands in it. */
bool cw_url_reveals(const struct cw_url *url, struct cw_slice text);
/* Copies text with this URL's secrets replaced, and every URL in it cut to scheme and host. out_n >
 * 0. */
void cw_url_scrub(const struct cw_url *url, char *out, size_t out_n, const char *text);

#endif
