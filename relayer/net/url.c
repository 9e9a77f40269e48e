#include "net/url.h"

#include <curl/curl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECRETS_MAX 64
/* Shorter parts of a path or query ("v3", "rpc") are no keys, and would garble what is said. */
#define SECRET_MIN 6
#define USER_MIN   3
#define CUT_MIN    3

struct cw_url {
    char *whole;
    char *host;
    char *secrets[SECRETS_MAX];
    size_t secrets_n;
};

static enum cw_err add_secret(struct cw_url *url, const char *text, size_t n, size_t least) {
    if (n < least || url->secrets_n == SECRETS_MAX) {
        return CW_OK;
    }
    char *secret = strndup(text, n);
    if (secret == NULL) {
        return CW_ERR_MEMORY;
    }
    url->secrets[url->secrets_n++] = secret;
    return CW_OK;
}

/* Each piece of part between separators. */
static enum cw_err add_secrets(struct cw_url *url, CURLU *handle, CURLUPart part, unsigned flags,
                               const char *separators, size_t least) {
    char *text = NULL;
    CURLUcode code = curl_url_get(handle, part, &text, flags);
    if (code == CURLUE_OUT_OF_MEMORY) {
        return CW_ERR_MEMORY;
    }
    if (code != CURLUE_OK) {
        return CW_OK; /* has no such part */
    }
    enum cw_err err = CW_OK;
    for (const char *at = text; err == CW_OK && *at != '\0';) {
        size_t n = strcspn(at, separators);
        err = add_secret(url, at, n, least);
        at += n + (at[n] != '\0');
    }
    curl_free(text);
    return err;
}

static enum cw_err read_secrets(struct cw_url *url, CURLU *handle) {
    static const unsigned forms[] = {0, CURLU_URLDECODE};
    for (size_t i = 0; i < CW_COUNT(forms); i++) {
        enum cw_err err = add_secrets(url, handle, CURLUPART_USER, forms[i], "", USER_MIN);
        if (err == CW_OK) {
            err = add_secrets(url, handle, CURLUPART_PASSWORD, forms[i], "", USER_MIN);
        }
        if (err == CW_OK) {
            err = add_secrets(url, handle, CURLUPART_PATH, forms[i], "/;,", SECRET_MIN);
        }
        if (err == CW_OK) {
            err = add_secrets(url, handle, CURLUPART_QUERY, forms[i], "&=;,/", SECRET_MIN);
        }
        if (err != CW_OK) {
            return err;
        }
    }
    return CW_OK;
}

static enum cw_err read_host(struct cw_url *url, CURLU *handle) {
    char *host = NULL, *port = NULL;
    enum cw_err err = CW_OK;
    if (curl_url_get(handle, CURLUPART_HOST, &host, 0) != CURLUE_OK || host[0] == '\0' ||
        curl_url_get(handle, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK) {
        err = CW_ERR_INPUT;
    } else if (asprintf(&url->host, "%s:%s", host, port) < 0) {
        url->host = NULL;
        err = CW_ERR_MEMORY;
    }
    curl_free(host);
    curl_free(port);
    return err;
}

static enum cw_err read_url(struct cw_url *url, CURLU *handle, struct cw_error *error) {
    char *scheme = NULL;
    const char *authority = strstr(url->whole, "://");
    CURLUcode code = curl_url_set(handle, CURLUPART_URL, url->whole, 0);
    if (authority != NULL && code == CURLUE_UNSUPPORTED_SCHEME) {
        return cw_error_set(error, CW_ERR_INPUT, "only http and https URLs are taken");
    }
    if (authority != NULL && code == CURLUE_BAD_PORT_NUMBER) {
        return cw_error_set(error, CW_ERR_INPUT, "URL with a port that is no number up to 65535");
    }
    if (authority == NULL || code != CURLUE_OK ||
        curl_url_get(handle, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK) {
        return cw_error_set(error, CW_ERR_INPUT, "not a URL: https://host… or http://host… is due");
    }
    bool taken = strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0;
    curl_free(scheme);
    if (!taken) {
        return cw_error_set(error, CW_ERR_INPUT, "only http and https URLs are taken");
    }
    /* the library takes what follows a third slash for the host */
    enum cw_err err = authority[3] != '/' ? read_host(url, handle) : CW_ERR_INPUT;
    if (err == CW_ERR_INPUT) {
        return cw_error_set(error, err, "URL without a host");
    }
    if (err == CW_OK) {
        err = read_secrets(url, handle);
    }
    return err == CW_OK ? CW_OK : cw_error_set(error, err, "out of memory");
}

enum cw_err cw_url_new(struct cw_url **ret, const char *text, struct cw_error *error) {
    struct cw_url *url = calloc(1, sizeof(*url));
    CURLU *handle = curl_url();
    if (url != NULL) {
        url->whole = strdup(text);
    }
    enum cw_err err;
    if (url == NULL || handle == NULL || url->whole == NULL) {
        err = cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    } else {
        err = read_url(url, handle, error);
    }
    curl_url_cleanup(handle);
    if (err != CW_OK) {
        cw_url_free(url);
        return err;
    }
    *ret = url;
    return CW_OK;
}

void cw_url_free(struct cw_url *url) {
    if (url == NULL) {
        return;
    }
    for (size_t i = 0; i < url->secrets_n; i++) {
        free(url->secrets[i]);
    }
    free(url->whole);
    free(url->host);
    free(url);
}

const char *cw_url_secret(const struct cw_url *url) {
    return url->whole;
}

const char *cw_url_host(const struct cw_url *url) {
    return url->host;
}

/* Bytes of text at which a secret stands, 0 when none does. The beginning of one counts at the end
 * of the text, which may have been cut. */
static size_t secret_at(const struct cw_url *url, const char *text) {
    size_t longest = 0;
    for (size_t i = 0; i < url->secrets_n; i++) {
        const char *secret = url->secrets[i];
        size_t n = 0;
        while (secret[n] != '\0' && secret[n] == text[n]) {
            n++;
        }
        bool found = secret[n] == '\0' || (text[n] == '\0' && n >= CUT_MIN);
        longest = found && n > longest ? n : longest;
    }
    return longest;
}

bool cw_url_reveals(const struct cw_url *url, struct cw_slice text) {
    for (size_t i = 0; i < url->secrets_n; i++) {
        if (text.n > 0 &&
            memmem(text.p, text.n, url->secrets[i], strlen(url->secrets[i])) != NULL) {
            return true;
        }
    }
    return false;
}

static void put(char *out, size_t out_n, size_t *at, const char *text, size_t n) {
    size_t room = out_n - 1 - *at;
    n = n > room ? room : n;
    memcpy(out + *at, text, n);
    *at += n;
}

/* Copies n bytes of text, or more when a secret begins within and ends behind them. Returns the
 * bytes read. */
static size_t put_scrubbed(const struct cw_url *url, char *out, size_t out_n, size_t *at,
                           const char *text, size_t n) {
    size_t done = 0;
    while (done < n) {
        size_t secret_n = secret_at(url, text + done);
        if (secret_n > 0) {
            put(out, out_n, at, "***", 3);
            done += secret_n;
        } else {
            put(out, out_n, at, text + done, 1);
            done++;
        }
    }
    return done;
}

void cw_url_scrub(const struct cw_url *url, char *out, size_t out_n, const char *text) {
    static const char ends[] = " \t\r\n\"'<>()";
    size_t at = 0;
    while (*text != '\0' && at < out_n - 1) {
        if (strncmp(text, "://", 3) != 0) {
            text += put_scrubbed(url, out, out_n, &at, text, 1);
            continue;
        }
        put(out, out_n, &at, text, 3);
        text += 3;
        const char *end = text + strcspn(text, ends);
        size_t host_n = strcspn(text, "/?# \t\r\n\"'<>()");
        const char *user = memchr(text, '@', host_n);
        if (user != NULL) {
            put(out, out_n, &at, "***@", 4);
            host_n -= (size_t)(user + 1 - text);
            text = user + 1;
        }
        text += put_scrubbed(url, out, out_n, &at, text, host_n);
        if (text < end) {
            put(out, out_n, &at, "/***", 4);
            text = end;
        }
    }
    out[at] = '\0';
}
