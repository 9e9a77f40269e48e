/* What an endpoint said, kept for who may have to show it. */
#include "net/rpc_private.h"

#include <causeway/keccak.h>

#include <stdlib.h>
#include <string.h>

static unsigned hex_value(char digit) {
    return digit >= '0' && digit <= '9'   ? (unsigned)(digit - '0')
           : digit >= 'a' && digit <= 'f' ? (unsigned)(digit - 'a') + 10
           : digit >= 'A' && digit <= 'F' ? (unsigned)(digit - 'A') + 10
                                          : 16;
}

/* The letter that stands in "\u0041"; 0: none of ASCII does. */
static char escaped(const char *text) {
    unsigned code = 0;
    for (size_t i = 2; i < 6; i++) {
        unsigned value = hex_value(text[i]);
        if (value == 16) {
            return '\0';
        }
        code = 16 * code + value;
    }
    return code < 0x80 ? (char)code : '\0';
}

/* As a reader of JSON sees it: "\u0041" and "\/" are letters like any other. */
static void unescape(char *text) {
    char *out = text;
    for (const char *p = text; *p != '\0'; p++) {
        char letter = p[0] == '\\' && p[1] == 'u' ? escaped(p) : '\0';
        if (letter != '\0') {
            *out++ = letter;
            p += 5;
        } else if (p[0] == '\\' && p[1] != '\0') {
            *out++ = *++p;
        } else {
            *out++ = *p;
        }
    }
    *out = '\0';
}

/* Whether a secret stands in it in another spelling. */
static bool hides_secret(const struct cw_url *url, const char *text) {
    if (strchr(text, '\\') == NULL) {
        return false;
    }
    char *plain = strdup(text);
    bool hidden = true; /* without memory nothing is shown */
    if (plain != NULL) {
        unescape(plain);
        hidden = cw_url_reveals(url, cw_slice_of(plain, strlen(plain)));
    }
    free(plain);
    return hidden;
}

/* What may be shown of it; NULL when memory ran out. */
static char *text_of(const struct cw_url *url, struct cw_slice whole, size_t max,
                     bool *ret_scrubbed) {
    bool scrubbed = cw_url_reveals(url, whole);
    char *text = strndup((const char *)whole.p, scrubbed || whole.n < max ? whole.n : max);
    if (text != NULL && scrubbed) {
        char *shown = malloc(max + 1);
        if (shown != NULL) {
            cw_url_scrub(url, shown, max + 1, text);
        }
        free(text);
        text = shown;
    }
    if (text != NULL && hides_secret(url, text)) {
        scrubbed = true;
        text[0] = '\0';
    }
    *ret_scrubbed = scrubbed;
    return text;
}

struct cw_rpc_said *said_new(const struct endpoint *e, struct cw_slice whole, size_t max) {
    bool scrubbed = false;
    struct cw_rpc_said *said = calloc(1, sizeof(*said));
    char *text = said == NULL ? NULL : text_of(e->url, whole, max, &scrubbed);
    if (text == NULL) {
        free(said);
        return NULL;
    }
    *said = (struct cw_rpc_said){.endpoint = e->label,
                                 .operator_ = e->operator_name,
                                 .text = text,
                                 .bytes = whole.n,
                                 .truncated = whole.n > max,
                                 .scrubbed = scrubbed,
                                 .refs = 1};
    cw_keccak256(&said->hash, whole);
    return said;
}

struct cw_rpc_said *cw_rpc_said_ref(struct cw_rpc_said *said) {
    if (said != NULL) {
        said->refs++;
    }
    return said;
}

void cw_rpc_said_unref(struct cw_rpc_said *said) {
    if (said != NULL && --said->refs == 0) {
        free(said->text);
        free(said);
    }
}
