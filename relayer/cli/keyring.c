#include "cli/keyring.h"

#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define ARENA_BYTES (16u << 20)

static enum cw_err no_memory(struct cw_error *error) {
    return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
}

static bool is_directory(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool cw_keyring_is_same_file(const char *a, const char *b) {
    struct stat one, two;
    return strcmp(a, b) == 0 || (stat(a, &one) == 0 && stat(b, &two) == 0 &&
                                 one.st_dev == two.st_dev && one.st_ino == two.st_ino);
}

/* --- reading ---------------------------------------------------------------------------------- */

static enum cw_err add(struct cw_keyring *keyring, const char *path, struct cw_error *error) {
    struct cw_keyring_entry *entry = &keyring->entries[keyring->n++];
    struct cw_error why;
    *entry = (struct cw_keyring_entry){.path = path};
    entry->err = cw_keyfile_read(&entry->keystore, path, &why);
    if (entry->err != CW_OK) {
        entry->text = cw_arena_text(&keyring->arena, why.text, strlen(why.text));
        return entry->text != NULL ? CW_OK : no_memory(error);
    }
    return CW_OK;
}

static enum cw_err add_signer(struct cw_keyring *keyring, const struct cw_config_signer *signer,
                              struct cw_error *error) {
    if (signer->keystore[0] == 0)
        return CW_OK;
    for (size_t i = 0; i < keyring->n; i++) {
        if (cw_keyring_is_same_file(keyring->entries[i].path, signer->keystore)) {
            keyring->entries[i].signer = signer->name;
            return CW_OK;
        }
    }
    enum cw_err err = add(keyring, signer->keystore, error);
    keyring->entries[keyring->n - 1].signer = signer->name;
    return err;
}

static enum cw_err default_place(struct cw_keyring *keyring, const char *config_path,
                                 struct cw_error *error) {
    enum cw_err err = cw_cli_config(&keyring->config, config_path, error);
    if (err != CW_OK)
        return cw_error_wrap(error, err, "no --keystore PATH says where the keys are");
    size_t size = strlen(keyring->config->data_dir) + sizeof "/keys";
    char *place = cw_arena_alloc(&keyring->arena, size);
    if (place == NULL)
        return no_memory(error);
    snprintf(place, size, "%s/keys", keyring->config->data_dir);
    keyring->place = place;
    keyring->is_default = true;
    return CW_OK;
}

enum cw_err cw_keyring_open(struct cw_keyring *keyring, const char *config_path, const char *place,
                            struct cw_error *error) {
    memset(keyring, 0, sizeof *keyring);
    cw_arena_init(&keyring->arena, ARENA_BYTES);
    keyring->place = place;
    enum cw_err err = place == NULL ? default_place(keyring, config_path, error) : CW_OK;
    const char *const *paths = &keyring->place;
    size_t n = 0, signers = keyring->config != NULL ? keyring->config->signers_n : 0;
    struct stat st;
    if (err == CW_OK && is_directory(keyring->place))
        err = cw_keyfile_list(&keyring->arena, keyring->place, &paths, &n, error);
    else if (err == CW_OK && stat(keyring->place, &st) == 0)
        n = 1;
    else if (err == CW_OK && errno != ENOENT)
        err = cw_error_set(error, CW_ERR_INPUT, "%s can't be read: %s", keyring->place,
                           strerror(errno));
    if (err != CW_OK)
        return err;
    keyring->entries = cw_arena_array(&keyring->arena, n + signers, sizeof *keyring->entries);
    if (keyring->entries == NULL)
        return no_memory(error);
    for (size_t i = 0; err == CW_OK && i < n; i++)
        err = add(keyring, paths[i], error);
    for (size_t i = 0; err == CW_OK && i < signers; i++)
        err = add_signer(keyring, &keyring->config->signers[i], error);
    return err;
}

void cw_keyring_close(struct cw_keyring *keyring) {
    cw_config_free(keyring->config);
    cw_arena_done(&keyring->arena);
    memset(keyring, 0, sizeof *keyring);
}

/* --- finding ---------------------------------------------------------------------------------- */

static bool is_address(const char *word, struct cw_addr20 *ret) {
    char text[CW_HEX_SIZE(20)];
    const char *digits = word[0] == '0' && (word[1] == 'x' || word[1] == 'X') ? word + 2 : word;
    if (strlen(digits) != 40)
        return false;
    snprintf(text, sizeof text, "0x%s", digits);
    return cw_hex_decode(ret->b, sizeof ret->b, text, strlen(text)) == CW_OK;
}

static bool fits(const struct cw_keyring_entry *entry, const char *word,
                 const struct cw_addr20 *address) {
    if (address != NULL)
        return entry->err == CW_OK && entry->keystore.has_address &&
               cw_addr20_equal(&entry->keystore.address, address);
    return word == NULL || (entry->signer != NULL && strcmp(entry->signer, word) == 0);
}

static enum cw_err none_or_several(const struct cw_keyring *keyring, const char *word, size_t found,
                                   struct cw_error *error) {
    if (found > 1)
        return cw_error_set(error, CW_ERR_INPUT,
                            "there is more than one such keystore in %s: give a file, an address "
                            "or a signer's name (`causeway keys list` shows them)",
                            keyring->place);
    return cw_error_set(error, CW_ERR_INPUT,
                        word != NULL ? "%s has no such keystore: give a file, an address or a "
                                       "signer's name (`causeway keys list` shows them)"
                                     : "%s has no keystore: `causeway keys new` makes one, "
                                       "--keystore PATH names another place",
                        keyring->place);
}

enum cw_err cw_keyring_find(const struct cw_keyring *keyring, const char *word,
                            const struct cw_keyring_entry **ret, struct cw_error *error) {
    struct cw_addr20 address;
    bool by_address = word != NULL && is_address(word, &address);
    const struct cw_keyring_entry *found = NULL;
    size_t n = 0;
    for (size_t i = 0; i < keyring->n; i++) {
        if (fits(&keyring->entries[i], word, by_address ? &address : NULL)) {
            found = &keyring->entries[i];
            n++;
        }
    }
    if (n != 1)
        return none_or_several(keyring, word, n, error);
    if (found->err != CW_OK)
        return cw_error_set(error, found->err, "%s", found->text);
    *ret = found;
    return CW_OK;
}

/* --- new ones --------------------------------------------------------------------------------- */

static enum cw_err make_directory(const char *path, mode_t mode, struct cw_error *error) {
    return mkdir(path, mode) == 0 || errno == EEXIST
               ? CW_OK
               : cw_error_set(error, CW_ERR_IO, "%s can't be made: %s", path, strerror(errno));
}

enum cw_err cw_keyring_place(struct cw_keyring *keyring, const struct cw_addr20 *address,
                             uint64_t wall_ms, const char **ret, struct cw_error *error) {
    for (size_t i = 0; i < keyring->n; i++) {
        const struct cw_keyring_entry *entry = &keyring->entries[i];
        if (fits(entry, NULL, address))
            return cw_error_set(error, CW_ERR_REFUSED,
                                "that key is there already: %s (`causeway keys change-password` "
                                "gives it another password)",
                                entry->path);
    }
    if (keyring->is_default) {
        enum cw_err err = make_directory(keyring->config->data_dir, 0750, error);
        if (err == CW_OK)
            err = make_directory(keyring->place, 0700, error);
        if (err != CW_OK)
            return err;
    }
    if (!is_directory(keyring->place)) {
        *ret = keyring->place;
        return CW_OK;
    }
    char name[CW_KEYFILE_NAME_SIZE];
    size_t size = strlen(keyring->place) + 1 + sizeof name;
    char *path = cw_arena_alloc(&keyring->arena, size);
    if (path == NULL)
        return no_memory(error);
    size_t n = strlen(keyring->place);
    snprintf(path, size, "%s%s%s", keyring->place, n > 0 && keyring->place[n - 1] == '/' ? "" : "/",
             cw_keyfile_name(name, address, wall_ms));
    *ret = path;
    return CW_OK;
}
