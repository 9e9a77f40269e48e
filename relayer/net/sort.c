#include "net/sort.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Source: the error texts of go-ethereum, op-geth, nitro, erigon, nethermind, besu, reth and anvil,
 * and those of hosted endpoints. First match wins, so that what is specific stands first. */
static const struct {
    const char *part; /* lower case */
    enum cw_sorted sorted;
} texts[] = {
    {"execution reverted", CW_SORTED_REVERTED},
    {"reverted with", CW_SORTED_REVERTED},
    {"vm execution error", CW_SORTED_REVERTED},
    {"vm exception", CW_SORTED_REVERTED},
    {"always failing transaction", CW_SORTED_REVERTED},
    {"invalid opcode", CW_SORTED_REVERTED},
    {"invalid jump", CW_SORTED_REVERTED},
    {"stack underflow", CW_SORTED_REVERTED},
    {"out of gas", CW_SORTED_REVERTED},
    {"stack limit reached", CW_SORTED_REVERTED},
    {"evm error", CW_SORTED_REVERTED},

    {"missing trie node", CW_SORTED_NO_STATE},
    {"missing node", CW_SORTED_NO_STATE},
    {"state not available", CW_SORTED_NO_STATE},
    {"state is not available", CW_SORTED_NO_STATE},
    {"state unavailable", CW_SORTED_NO_STATE},
    {"state not found", CW_SORTED_NO_STATE},
    {"no state available", CW_SORTED_NO_STATE},
    {"historical state", CW_SORTED_NO_STATE},
    {"state histories", CW_SORTED_NO_STATE},
    {"history unavailable", CW_SORTED_NO_STATE},
    {"pruned", CW_SORTED_NO_STATE},
    {"pruning", CW_SORTED_NO_STATE},
    {"proof window", CW_SORTED_NO_STATE},
    {"validation window", CW_SORTED_NO_STATE},
    {"block is too old", CW_SORTED_NO_STATE},
    {"archive", CW_SORTED_NO_STATE},
    {"only serves recent", CW_SORTED_NO_STATE},

    {"header not found", CW_SORTED_BEHIND},
    {"header for hash not found", CW_SORTED_BEHIND},
    {"block not found", CW_SORTED_BEHIND},
    {"unknown block", CW_SORTED_BEHIND},
    {"unknown header", CW_SORTED_BEHIND},
    {"cannot find block", CW_SORTED_BEHIND},
    {"could not find block", CW_SORTED_BEHIND},
    {"blockoutofrange", CW_SORTED_BEHIND},
    {"block out of range", CW_SORTED_BEHIND},
    {"beyond current head", CW_SORTED_BEHIND},
    {"after last accepted block", CW_SORTED_BEHIND},
    {"not currently canonical", CW_SORTED_BEHIND},
    {"is not canonical", CW_SORTED_BEHIND},
    {"resource not found", CW_SORTED_BEHIND},
    {"finalized block not found", CW_SORTED_BEHIND},
    {"safe block not found", CW_SORTED_BEHIND},

    {"response too large", CW_SORTED_TOO_LARGE},

    {"query returned more than", CW_SORTED_REFUSED},
    {"query timeout", CW_SORTED_REFUSED},
    {"query exceeds", CW_SORTED_REFUSED},
    {"block range", CW_SORTED_REFUSED},
    {"range is too", CW_SORTED_REFUSED},
    {"range too", CW_SORTED_REFUSED},
    {"response size", CW_SORTED_REFUSED},
    {"too many results", CW_SORTED_REFUSED},
    {"too many logs", CW_SORTED_REFUSED},
    {"max results", CW_SORTED_REFUSED},
    {"gas limit", CW_SORTED_REFUSED},

    {"rate limit", CW_SORTED_OVERLOADED},
    {"rate exceeded", CW_SORTED_OVERLOADED},
    {"too many requests", CW_SORTED_OVERLOADED},
    {"request limit", CW_SORTED_OVERLOADED},
    {"limit exceeded", CW_SORTED_OVERLOADED},
    {"compute units", CW_SORTED_OVERLOADED},
    {"over capacity", CW_SORTED_OVERLOADED},
    {"capacity exceeded", CW_SORTED_OVERLOADED},
    {"throttl", CW_SORTED_OVERLOADED},
    {"quota", CW_SORTED_OVERLOADED},
    {"overloaded", CW_SORTED_OVERLOADED},
    {"server is busy", CW_SORTED_OVERLOADED},
    {"try again", CW_SORTED_OVERLOADED},

    {"timeout", CW_SORTED_TROUBLE},
    {"timed out", CW_SORTED_TROUBLE},
    {"deadline exceeded", CW_SORTED_TROUBLE},
    {"internal error", CW_SORTED_TROUBLE},
    {"internal server error", CW_SORTED_TROUBLE},
    {"bad gateway", CW_SORTED_TROUBLE},
    {"connection refused", CW_SORTED_TROUBLE},
    {"connection reset", CW_SORTED_TROUBLE},
    {"no available upstream", CW_SORTED_TROUBLE},
    {"no backend", CW_SORTED_TROUBLE},

    {"method not found", CW_SORTED_NO_METHOD},
    {"method not supported", CW_SORTED_NO_METHOD},
    {"unsupported method", CW_SORTED_NO_METHOD},
    {"method is not", CW_SORTED_NO_METHOD},
    {"method not allowed", CW_SORTED_NO_METHOD},
    {"does not exist/is not available", CW_SORTED_NO_METHOD},
    {"not whitelisted", CW_SORTED_NO_METHOD},

    {"cannot unmarshal", CW_SORTED_BAD_PARAMS},
    {"invalid argument", CW_SORTED_BAD_PARAMS},
    {"invalid type: map", CW_SORTED_BAD_PARAMS},

    {"api key", CW_SORTED_NO_ACCESS},
    {"project id", CW_SORTED_NO_ACCESS},
    {"unauthorized", CW_SORTED_NO_ACCESS},
    {"must be authenticated", CW_SORTED_NO_ACCESS},
    {"forbidden", CW_SORTED_NO_ACCESS},
};

/* Texts that come with a range or a block are stronger than these. */
static const struct {
    int code;
    enum cw_sorted sorted;
} codes[] = {
    {3, CW_SORTED_REVERTED},        /* geth's revert */
    {-32015, CW_SORTED_REVERTED},   /* OpenEthereum, Nethermind: VM execution error */
    {4444, CW_SORTED_BEHIND},       /* pruned history */
    {-32001, CW_SORTED_BEHIND},     /* EIP-1474: resource not found */
    {-32005, CW_SORTED_OVERLOADED}, /* EIP-1474: limit exceeded */
    {-32029, CW_SORTED_OVERLOADED}, {429, CW_SORTED_OVERLOADED},
    {-32602, CW_SORTED_BAD_PARAMS}, /* JSON-RPC 2.0: invalid params */
    {-32601, CW_SORTED_NO_METHOD},  /* JSON-RPC 2.0: method not found */
    {-32004, CW_SORTED_NO_METHOD},  /* EIP-1474: method not supported */
    {-32603, CW_SORTED_TROUBLE},    /* JSON-RPC 2.0: internal error */
};

/* False when no text of the table is in it. */
static bool sort_text(enum cw_sorted *ret, const char *text) {
    for (size_t i = 0; i < CW_COUNT(texts); i++) {
        if (strcasestr(text, texts[i].part) != NULL) {
            *ret = texts[i].sorted;
            return true;
        }
    }
    return false;
}

static enum cw_sorted sort_code(double code) {
    for (size_t i = 0; i < CW_COUNT(codes); i++) {
        if (code == codes[i].code) {
            return codes[i].sorted;
        }
    }
    return CW_SORTED_REFUSED;
}

/* --- revert data ---------------------------------------------------------------------------- */

static size_t hex_digits(const char *text) {
    return strspn(text, "0123456789abcdefABCDEF");
}

static bool append_hex(struct cw_buf *out, const char *text, size_t digits) {
    for (size_t i = 0; i + 1 < digits; i += 2) {
        char pair[4] = {'0', 'x', text[i], text[i + 1]};
        uint8_t byte;
        if (cw_hex_decode(&byte, 1, pair, sizeof(pair)) != CW_OK) {
            return false;
        }
        cw_buf_append(out, &byte, 1);
    }
    return true;
}

/* "0x…" alone, or behind "Reverted " as Nethermind has it. */
static bool take_data(struct cw_buf *revert, const struct cw_json *value) {
    const char *text = cw_json_string(value);
    if (text == NULL) {
        return false;
    }
    if (strncasecmp(text, "reverted ", 9) == 0) {
        text += 9;
    }
    if (strncmp(text, "0x", 2) != 0) {
        return false;
    }
    size_t digits = hex_digits(text + 2);
    return text[2 + digits] == '\0' && digits % 2 == 0 && append_hex(revert, text + 2, digits);
}

static bool take_data_inside(struct cw_buf *revert, const struct cw_json *object) {
    static const char *const keys[] = {"data", "return", "result", "output"};
    for (size_t i = 0; i < CW_COUNT(keys); i++) {
        if (take_data(revert, cw_json_get(object, keys[i]))) {
            return true;
        }
    }
    return false;
}

static void take_revert(struct cw_buf *revert, const struct cw_json *error, const char *message) {
    const struct cw_json *data = cw_json_get(error, "data");
    if (take_data(revert, data) || take_data_inside(revert, data)) {
        return;
    }
    if (data != NULL && cw_json_type(data) == CW_JSON_OBJECT) {
        for (const struct cw_json *m = cw_json_first(data); m != NULL; m = cw_json_next(m)) {
            if (take_data_inside(revert, m)) {
                return;
            }
        }
    }
    /* In the message: a selector at least, so that an address or a counter is not taken for it. */
    for (const char *at = strstr(message, "0x"); at != NULL; at = strstr(at + 2, "0x")) {
        size_t digits = hex_digits(at + 2);
        if (digits >= 8 && digits % 64 == 8) {
            (void)append_hex(revert, at + 2, digits);
            return;
        }
    }
}

enum cw_sorted cw_sort_error(const struct cw_json *error, char *text, size_t text_n,
                             struct cw_buf *revert) {
    const char *message = cw_json_string(error);
    double code = 0;
    if (message == NULL) {
        if (cw_json_type(error) != CW_JSON_OBJECT) {
            snprintf(text, text_n, "the error is a JSON %s",
                     cw_json_type_name(cw_json_type(error)));
            return CW_SORTED_MALFORMED;
        }
        message = cw_json_string(cw_json_get(error, "message"));
        enum cw_err err = cw_json_number(&code, cw_json_get(error, "code"));
        if (message == NULL && err != CW_OK) {
            snprintf(text, text_n, "the error has neither code nor message");
            return CW_SORTED_MALFORMED;
        }
        message = message == NULL ? "" : message;
    }
    const char *data = cw_json_string(cw_json_get(error, "data"));
    bool with_data = data != NULL && strncmp(data, "0x", 2) != 0 && strlen(data) < 200;
    snprintf(text, text_n, "%s%s%s (code %.0f)", message, with_data ? ": " : "",
             with_data ? data : "", code);

    enum cw_sorted sorted;
    if (code == 3) {
        sorted = CW_SORTED_REVERTED;
    } else if (!sort_text(&sorted, text)) {
        sorted = sort_code(code);
    }
    if (sorted == CW_SORTED_REVERTED) {
        take_revert(revert, error, message);
    }
    return sorted;
}

bool cw_sort_is_about_batches(const char *text) {
    return strcasestr(text, "batch") != NULL || strcasestr(text, "too many calls") != NULL ||
           strcasestr(text, "array") != NULL;
}

enum cw_err cw_sorted_err(enum cw_sorted sorted) {
    switch (sorted) {
    case CW_SORTED_REVERTED:
        return CW_ERR_REVERTED;
    case CW_SORTED_BEHIND:
    case CW_SORTED_NO_STATE:
        return CW_ERR_BEHIND;
    case CW_SORTED_OVERLOADED:
        return CW_ERR_OVERLOADED;
    case CW_SORTED_TROUBLE:
    case CW_SORTED_MALFORMED:
        return CW_ERR_TRANSPORT;
    case CW_SORTED_TOO_LARGE:
        return CW_ERR_LIMIT;
    case CW_SORTED_NO_METHOD:
    case CW_SORTED_NO_ACCESS:
    case CW_SORTED_BAD_PARAMS:
    case CW_SORTED_REFUSED:
        return CW_ERR_REFUSED;
    }
    return CW_ERR_TRANSPORT;
}
