/* The keystores that `causeway keys` works on: a file or a directory that was named, or else those
 * of DATA_DIR/keys and those that signers of the configuration name. */
#ifndef CLI_KEYRING_H
#define CLI_KEYRING_H

#include "core/config.h"
#include "sign/keyfile.h"

#include <causeway/arena.h>

struct cw_keyring_entry {
    const char *path;
    const char *signer; /* of the configuration, whose keystore this is; NULL: of none */
    enum cw_err err;    /* why it can't be used, with text; CW_OK: keystore is set */
    const char *text;
    struct cw_keystore keystore;
};

struct cw_keyring {
    struct cw_config *config; /* owned; NULL where a place was named */
    const char *place;        /* directory or file */
    bool is_default;          /* DATA_DIR/keys: made when it is wanted */
    struct cw_keyring_entry *entries;
    size_t n;
    struct cw_arena arena; /* owns the rest */
};

/* Reads every keystore that there is; one that can't be read is an entry all the same. place: NULL
 * for the default, which needs the configuration. _close takes a keyring that was not or only
 * partly opened, but zeroed. */
CW_MUST_USE enum cw_err cw_keyring_open(struct cw_keyring *keyring, const char *config_path,
                                        const char *place, struct cw_error *error);
void cw_keyring_close(struct cw_keyring *keyring);

/* The entry that word means: an address, with or without 0x, or the name of a signer. NULL: the
 * only one. CW_ERR_INPUT (with what to do) when none or several fit, or when it can't be read. */
CW_MUST_USE enum cw_err cw_keyring_find(const struct cw_keyring *keyring, const char *word,
                                        const struct cw_keyring_entry **ret,
                                        struct cw_error *error);

/* Where a new key is to be written. CW_ERR_REFUSED: the keyring has that address already. */
CW_MUST_USE enum cw_err cw_keyring_place(struct cw_keyring *keyring,
                                         const struct cw_addr20 *address, uint64_t wall_ms,
                                         const char **ret, struct cw_error *error);

/* Whether two paths mean one file. */
bool cw_keyring_is_same_file(const char *a, const char *b);

#endif
