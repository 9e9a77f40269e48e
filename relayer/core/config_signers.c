#include "core/config_signers.h"

#include "core/config_tables.h"
#include "net/url.h"
#include "sign/key.h"

#include <string.h>

/* One signer that is looked at. */
struct entry {
    const struct cw_config_reader *reader;
    const char *where;
    const struct cw_json *member;
    const struct cw_config_signer *signer;
};

/* Somebody pasted the key itself where its place is to be named. */
static bool looks_like_key(const char *text) {
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
        text += 2;
    size_t n = strspn(text, "0123456789abcdefABCDEF");
    return n >= 32 && text[n] == 0;
}

static bool is_variable_name(const char *text) {
    size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
    return n > 0 && text[n] == 0 && (text[0] < '0' || text[0] > '9');
}

static const struct cw_json *at(const struct entry *entry, const char *key) {
    return cw_json_get(entry->member, key);
}

/* Which of the ways to keep a key is written; *ret is its key in the configuration. */
static enum cw_err find_place(const struct entry *entry, const char **ret) {
    const struct cw_config_signer *signer = entry->signer;
    const struct {
        const char *key, *value;
    } places[] = {{"key_file", signer->key_file},
                  {"key_env", signer->key_env},
                  {"keystore", signer->keystore},
                  {"web3signer", signer->web3signer},
                  {"socket", signer->socket}};
    const char *found = NULL;
    for (size_t i = 0; i < CW_COUNT(places); i++) {
        if (places[i].value[0] == 0)
            continue;
        if (found != NULL)
            return cw_config_refuse(entry->reader, entry->member,
                                    "%s: has both \"%s\" and \"%s\": take one out", entry->where,
                                    found, places[i].key);
        found = places[i].key;
        if (looks_like_key(places[i].value))
            return cw_config_refuse(
                entry->reader, at(entry, found),
                "%s: \"%s\" takes the place of the key and not the key itself: move the key "
                "into a file of its own (chmod 600), and count it as known to others",
                entry->where, found);
    }
    if (found == NULL)
        return cw_config_refuse(entry->reader, entry->member,
                                "%s: needs \"key_file\", \"key_env\", \"keystore\", "
                                "\"web3signer\" or \"socket\": where its key is kept",
                                entry->where);
    *ret = found;
    return CW_OK;
}

/* key is written if and only if its companion is the place of the key. */
static enum cw_err check_companion(const struct entry *entry, const char *place,
                                   const char *companion, const char *key, bool is_written,
                                   bool is_needed) {
    if (strcmp(place, companion) != 0 && is_written)
        return cw_config_refuse(entry->reader, at(entry, key),
                                "%s: \"%s\" goes with \"%s\" only: take it out", entry->where, key,
                                companion);
    if (strcmp(place, companion) == 0 && is_needed && !is_written)
        return cw_config_refuse(entry->reader, entry->member, "%s: \"%s\" needs \"%s\" beside it",
                                entry->where, companion, key);
    return CW_OK;
}

static enum cw_err check_web3signer(const struct entry *entry) {
    const struct cw_config_signer *signer = entry->signer;
    struct cw_url *url = NULL;
    struct cw_error why;
    enum cw_err err = cw_url_new(&url, signer->web3signer, &why);
    cw_url_free(url);
    if (err == CW_ERR_MEMORY)
        return cw_config_no_memory(entry->reader);
    if (err != CW_OK)
        return cw_config_refuse(entry->reader, at(entry, "web3signer"), "%s: %s", entry->where,
                                why.text);
    if (signer->public_key[0] == 0)
        return CW_OK;
    return cw_key_check_public(&signer->address, signer->public_key, &why) == CW_OK
               ? CW_OK
               : cw_config_refuse(entry->reader, at(entry, "public_key"), "%s: \"public_key\" %s",
                                  entry->where, why.text);
}

/* An address stands for a key that can't be looked at, and a policy is of a signer that is started
 * here. */
static enum cw_err check_apart(const struct entry *entry, const char *place) {
    const struct cw_config_signer *signer = entry->signer;
    bool remote = strcmp(place, "web3signer") == 0, apart = strcmp(place, "socket") == 0;
    bool has_address = !cw_addr20_is_zero(&signer->address);
    if ((remote || apart) && !has_address)
        return cw_config_refuse(entry->reader, entry->member,
                                "%s: \"%s\" needs \"address\" beside it", entry->where, place);
    if (!remote && !apart && has_address)
        return cw_config_refuse(entry->reader, at(entry, "address"),
                                "%s: \"address\" goes with \"web3signer\" and \"socket\" only: "
                                "take it out",
                                entry->where);
    if (apart && signer->policy_file[0] != 0)
        return cw_config_refuse(entry->reader, at(entry, "policy_file"),
                                "%s: the policy of a signer that runs apart is its own, `causeway "
                                "signer --policy FILE`: take \"policy_file\" out",
                                entry->where);
    if (remote && signer->policy_file[0] != 0)
        return cw_config_refuse(entry->reader, at(entry, "policy_file"),
                                "%s: a Web3Signer knows no \"policy_file\": take it out",
                                entry->where);
    return CW_OK;
}

static enum cw_err check(const struct entry *entry) {
    const struct cw_config_signer *signer = entry->signer;
    const char *place = "";
    enum cw_err err = find_place(entry, &place);
    if (err == CW_OK)
        err = check_companion(entry, place, "keystore", "password_file",
                              signer->password_file[0] != 0, true);
    if (err == CW_OK)
        err = check_companion(entry, place, "web3signer", "public_key", signer->public_key[0] != 0,
                              false);
    if (err == CW_OK)
        err = check_apart(entry, place);
    if (err == CW_OK && strcmp(place, "key_env") == 0 && !is_variable_name(signer->key_env))
        err = cw_config_refuse(entry->reader, at(entry, "key_env"),
                               "%s: \"key_env\" takes the name of an environment variable, such as "
                               "CAUSEWAY_KEY",
                               entry->where);
    if (err == CW_OK && signer->web3signer[0] != 0)
        err = check_web3signer(entry);
    return err;
}

enum cw_err cw_config_read_signer(const struct cw_config_reader *reader, const char *where,
                                  const struct cw_json *object, struct cw_config_signer *out) {
    enum cw_err err = cw_config_read(reader, where, object, object, &cw_config_shape_signer, out);
    const struct entry entry = {reader, where, object, out};
    if (err == CW_OK)
        err = check(&entry);
    if (err != CW_OK)
        return err;
    out->shift_foreign = strcmp(out->foreign_nonce, "shift") == 0;
    const char **const paths[] = {&out->key_file, &out->keystore, &out->password_file, &out->socket,
                                  &out->policy_file};
    for (size_t i = 0; i < CW_COUNT(paths); i++) {
        const char *path = (*paths[i])[0] != 0 ? cw_config_resolve(reader, *paths[i]) : "";
        if (path == NULL)
            return cw_config_no_memory(reader);
        *paths[i] = path;
    }
    return CW_OK;
}
