#include "core/config_api.h"

#include "core/config_tables.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define NAMES_MAX  64u
#define TOKENS_MAX 64u

struct load {
    const struct cw_config_reader *reader;
    const struct cw_json *api;
    struct cw_config_api *ret;
};

static enum cw_err refuse(const struct load *load, const char *key, const char *what) {
    const struct cw_json *value = cw_json_get(load->api, key);
    return cw_config_refuse(load->reader, value != NULL ? value : load->api, "api: \"%s\" %s", key,
                            what);
}

/* --- where ------------------------------------------------------------------------------------ */

static enum cw_err read_listen(const struct load *load) {
    static const uint8_t one[16] = {[15] = 1};
    struct cw_config_api *api = load->ret;
    struct cw_config_socket socket;
    uint8_t address[16] = {0};
    if (!cw_config_socket_read(&socket, api->listen))
        return refuse(load, "listen",
                      "takes a numeric address and a port, such as 127.0.0.1:9560 or [::1]:9560");
    snprintf(api->host, sizeof api->host, "%s", socket.host);
    api->v6 = socket.v6;
    api->port = socket.port;
    (void)inet_pton(socket.v6 ? AF_INET6 : AF_INET, socket.host, address);
    api->loopback = socket.v6 ? memcmp(address, one, 16) == 0 : address[0] == 127;
    return CW_OK;
}

static enum cw_err read_tls(const struct load *load) {
    struct cw_config_api *api = load->ret;
    if ((api->certificate[0] == '\0') != (api->certificate_key[0] == '\0'))
        return refuse(load, api->certificate[0] != '\0' ? "certificate" : "certificate_key",
                      "needs the other one of \"certificate\" and \"certificate_key\", too");
    if (api->certificate[0] == '\0')
        return CW_OK;
    api->certificate = cw_config_resolve(load->reader, api->certificate);
    api->certificate_key = cw_config_resolve(load->reader, api->certificate_key);
    return api->certificate != NULL && api->certificate_key != NULL
               ? CW_OK
               : cw_config_no_memory(load->reader);
}

/* --- who -------------------------------------------------------------------------------------- */

static void read_anonymous(const struct load *load) {
    struct cw_config_api *api = load->ret;
    if (api->anonymous_name[0] == '\0')
        api->anonymous_name = api->loopback ? "read" : "nothing";
    api->anonymous = strcmp(api->anonymous_name, "read") == 0 ? CW_API_READ : CW_API_NOBODY;
}

static enum cw_err read_token(void *ctx, const struct cw_config_entry *entry) {
    const struct load *load = ctx;
    struct cw_config_token *token = entry->out;
    token->name = entry->name;
    enum cw_err err = cw_config_read(load->reader, entry->where, entry->member, entry->member,
                                     &cw_config_shape_token, token);
    if (err != CW_OK)
        return err;
    const char *digits = token->sha256_text;
    char hex[CW_HEX_SIZE(32)];
    snprintf(hex, sizeof hex, "0x%s", strncmp(digits, "0x", 2) == 0 ? digits + 2 : digits);
    if (strlen(digits) > 66 || cw_hex_decode(token->sha256.b, 32, hex, strlen(hex)) != CW_OK)
        return cw_config_refuse(load->reader, cw_json_get(entry->member, "sha256"),
                                "%s: \"sha256\" takes 64 hexadecimal digits: `causeway token` "
                                "prints them beside a new token",
                                entry->where);
    token->role = (enum cw_api_role)(CW_API_READ +
                                     cw_config_word(cw_config_roles, token->role_name));
    return CW_OK;
}

static enum cw_err read_tokens(const struct load *load) {
    static const struct cw_config_entries entries = {"tokens", "token", false,
                                                     sizeof(struct cw_config_token), read_token};
    void *tokens = NULL;
    enum cw_err err = cw_config_read_entries(&tokens, &load->ret->tokens_n, load->reader, load->api,
                                             &entries, (void *)load);
    if (err == CW_OK && load->ret->tokens_n > TOKENS_MAX)
        return refuse(load, "tokens", "has more than 64 entries");
    if (err == CW_OK)
        load->ret->tokens = tokens;
    return err;
}

static enum cw_err read_names(const struct load *load, const char *key, const char ***ret,
                              size_t *ret_n) {
    const struct cw_json *list = cw_json_get(load->api, key);
    const size_t n = cw_json_size(list);
    if (list != NULL && (cw_json_type(list) != CW_JSON_ARRAY || n > NAMES_MAX))
        return refuse(load, key, "takes a list of at most 64 texts");
    const char **names = cw_arena_array(load->reader->arena, n, sizeof *names);
    if (names == NULL)
        return cw_config_no_memory(load->reader);
    size_t i = 0;
    for (const struct cw_json *e = cw_json_first(list); e != NULL; e = cw_json_next(e), i++) {
        const char *text = cw_json_string(e);
        if (text == NULL || text[0] == '\0')
            return refuse(load, key, "takes a list of texts");
        names[i] = cw_arena_text(load->reader->arena, text, strlen(text));
        if (names[i] == NULL)
            return cw_config_no_memory(load->reader);
    }
    *ret = names;
    *ret_n = n;
    return CW_OK;
}

static enum cw_err check_origins(const struct load *load) {
    for (size_t i = 0; i < load->ret->origins_n; i++) {
        const char *origin = load->ret->origins[i], *host = strstr(origin, "://");
        if (strcmp(origin, "*") == 0 || host == NULL || strchr(host + 3, '/') != NULL ||
            host[3] == '\0')
            return refuse(load, "origins",
                          "takes scheme, host and port only, such as https://app.example.org, and "
                          "no \"*\"");
    }
    return CW_OK;
}

/* Nothing that is read in another way by somebody on the way: another host before an @, a path that
 * climbs, characters that are not for URLs. */
static bool is_plain_url(const char *url) {
    for (const char *p = url; *p != '\0'; p++)
        if (*p <= 0x20 || *p >= 0x7f || strchr("\\@#\"<>^`{|}", *p) != NULL)
            return false;
    return strstr(url, "..") == NULL && strcasestr(url, "%2e") == NULL &&
           strcasestr(url, "%2f") == NULL && strcasestr(url, "%5c") == NULL;
}

bool cw_config_webhook_allowed(const struct cw_config_api *api, const char *url) {
    for (size_t i = 0; i < api->webhooks_n; i++)
        if (strncmp(url, api->webhooks[i], strlen(api->webhooks[i])) == 0)
            return is_plain_url(url);
    return false;
}

static enum cw_err check_webhooks(const struct load *load) {
    for (size_t i = 0; i < load->ret->webhooks_n; i++) {
        const char *text = load->ret->webhooks[i];
        const bool http = strncmp(text, "http://", 7) == 0;
        const size_t n = strlen(text), scheme_n = http ? 7 : 8;
        if ((!http && strncmp(text, "https://", 8) != 0) || n <= scheme_n + 1 ||
            text[scheme_n] == '/' || text[n - 1] != '/' || strchr(text, '?') != NULL ||
            !is_plain_url(text))
            return refuse(load, "webhooks",
                          "takes what URLs begin with: scheme, host and path up to a slash, such "
                          "as https://hooks.example.org/");
    }
    return CW_OK;
}

enum cw_err cw_config_api_read(const struct cw_config_reader *reader, const struct cw_json *root,
                               struct cw_config_api *ret) {
    const struct load load = {reader, cw_json_get(root, "api"), ret};
    enum cw_err err = cw_config_read(reader, "api", load.api, root, &cw_config_shape_api, ret);
    if (err != CW_OK)
        return err;
    if (load.api == NULL) {
        ret->listen = "";
        return CW_OK;
    }
    err = read_listen(&load);
    if (err == CW_OK)
        err = read_tls(&load);
    if (err == CW_OK) {
        read_anonymous(&load);
        err = read_tokens(&load);
    }
    if (err == CW_OK)
        err = read_names(&load, "origins", &ret->origins, &ret->origins_n);
    if (err == CW_OK)
        err = read_names(&load, "hosts", &ret->hosts, &ret->hosts_n);
    if (err == CW_OK)
        err = check_origins(&load);
    if (err == CW_OK)
        err = read_names(&load, "webhooks", &ret->webhooks, &ret->webhooks_n);
    if (err == CW_OK)
        err = check_webhooks(&load);
    if (err == CW_OK && ret->max_streams >= ret->max_connections)
        err = refuse(&load, "max_streams", "must be less than \"max_connections\"");
    if (err == CW_OK && ret->anonymous == CW_API_NOBODY && ret->tokens_n == 0)
        err = refuse(
            &load, "tokens",
            "has none, and without one nothing may be done here: nobody could ask anything: "
            "`causeway token` makes one");
    return err;
}
