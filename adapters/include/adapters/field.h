/* Configuration fields as data: a table says name, type, default and documentation; the host fills
 * the struct, refuses unknown keys and prints the defaults. Used for every section of the
 * configuration. */
#ifndef ADAPTERS_FIELD_H
#define ADAPTERS_FIELD_H

#include <causeway/base.h>

enum cw_field_type {
    CW_FIELD_BOOL,    /* bool */
    CW_FIELD_U64,     /* uint64_t; JSON integer up to 2^53-1 or a decimal string */
    CW_FIELD_U64S,    /* struct cw_u64s; array of the above, min and max hold for each */
    CW_FIELD_RATIO,   /* double, >= 0 */
    CW_FIELD_TEXT,    /* const char *, NUL-terminated, owned by the configuration */
    CW_FIELD_ADDR20,  /* struct cw_addr20; "0x" and 40 digits; a mixed-case one must carry a right
                         EIP-55 checksum */
    CW_FIELD_ADDR20S, /* struct cw_addr20s; array of the above */
    CW_FIELD_HEXES,   /* struct cw_hexes; array of "0x" and an even number of digits */
    CW_FIELD_WEI /* struct cw_wei; decimal string in wei, or with unit "1.5 ether", "20 gwei" */
};

struct cw_u64s {
    const uint64_t *p;
    size_t n;
};

struct cw_addr20s {
    const struct cw_addr20 *p;
    size_t n;
};

struct cw_hexes {
    const struct cw_slice *p;
    size_t n;
};

struct cw_field {
    const char *key; /* as it stands in the file, unit in the name */
    enum cw_field_type type;
    size_t offset;        /* of the member in the struct that the table describes */
    const char *fallback; /* the default in the file's own notation ("12", "true", "0.2 gwei");
                             NULL: required */
    uint64_t min, max;    /* bounds for U64, U64S (both 0: none) */
    const char *doc;      /* one sentence */
};

#define CW_FIELD_END                                                                               \
    { NULL, CW_FIELD_BOOL, 0, NULL, 0, 0, NULL }

#endif
