/* The reference configuration, printed from the tables that the loader reads by. What it prints
 * loads. */
#include "core/config.h"
#include "core/config_tables.h"

#include <stdio.h>
#include <string.h>

#define WIDTH 96

static void indent(struct cw_buf *out, unsigned depth) {
    cw_buf_format(out, "%*s", (int)(4 * depth), "");
}

void cw_config_comment(struct cw_buf *out, unsigned depth, const char *text) {
    size_t room = WIDTH - 4 * (size_t)depth - 3;
    while (*text != 0) {
        size_t n = strlen(text);
        if (n > room) {
            n = room;
            while (n > 0 && text[n] != ' ')
                n--;
            if (n == 0)
                n = room;
        }
        indent(out, depth);
        cw_buf_format(out, "// %.*s\n", (int)n, text);
        text += n;
        text += strspn(text, " ");
    }
}

/* Values where there is no default, so that the reference is a whole configuration. */
static const char *example(const char *key, enum cw_field_type type) {
    static const struct {
        const char *key, *value;
    } values[] = {
        {"chain_id", "1"},
        {"url", "\"https://rpc.example.org\""},
        {"operator", "\"example\""},
        {"key_file", "\"relayer.key\""},
        {"key_env", "\"CAUSEWAY_KEY\""},
        {"keystore", "\"keys/relayer.json\""},
        {"password_file", "\"relayer.password\""},
        {"web3signer", "\"http://127.0.0.1:9000\""},
        {"public_key", "\"0x…\""},
        {"socket", "\"/run/causeway-signer/main.socket\""},
        {"policy_file", "\"main.policy.json\""},
        {"stack", "\"opstack\""},
        {"direction", "\"withdrawal\""},
        {"settlement", "\"l1\""},
        {"execution", "\"l2\""},
        {"signer", "\"main\""},
        {"type", "\"webhook\""},
        {"secret_file", "\"ops.secret\""},
        {"secret_env", "\"CAUSEWAY_OPS_SECRET\""},
        {"address", "\"udp://127.0.0.1:514\""},
        {"sha256", "\"0000000000000000000000000000000000000000000000000000000000000000\""},
        {"senders", "[\"0x1111111111111111111111111111111111111111\"]"}};
    for (size_t i = 0; i < CW_COUNT(values); i++)
        if (strcmp(values[i].key, key) == 0)
            return values[i].value;
    switch (type) {
    case CW_FIELD_ADDR20:
        return "\"0x1111111111111111111111111111111111111111\"";
    case CW_FIELD_WEI:
        return "\"1 gwei\"";
    case CW_FIELD_TEXT:
        return "\"\"";
    case CW_FIELD_BOOL:
        return "false";
    case CW_FIELD_U64:
    case CW_FIELD_RATIO:
        return "1";
    case CW_FIELD_U64S:
    case CW_FIELD_ADDR20S:
    case CW_FIELD_HEXES:
        return "[]";
    }
    return "null";
}

static bool is_quoted(enum cw_field_type type) {
    return type == CW_FIELD_TEXT || type == CW_FIELD_WEI || type == CW_FIELD_ADDR20;
}

/* One of several that exclude each other, and not the first, or of another type than the example: a
 * comment in the reference. */
static bool is_off(const struct cw_field *list, const struct cw_field *f) {
    if (list == cw_config_shape_sink.fields)
        for (; list->key != NULL && list <= f; list++)
            if (strcmp(list->key, "secret_file") == 0)
                return true;
    return list == cw_config_shape_signer.fields && f != list;
}

/* One key; off: as a comment; last: no comma behind it. */
static void field(struct cw_buf *out, unsigned depth, const struct cw_field *f, bool off,
                  bool last) {
    struct cw_buf text;
    cw_buf_init(&text, 4096);
    cw_buf_format(&text, "%s [", f->doc);
    cw_config_describe(&text, f);
    cw_buf_text(&text, "]");
    const char *line = cw_buf_cstr(&text);
    cw_config_comment(out, depth, line != NULL ? line : f->doc);
    cw_buf_done(&text);
    bool has_default = f->fallback != NULL && f->fallback[0] != 0 && f->type != CW_FIELD_ADDR20S;
    const char *value = has_default ? f->fallback : example(f->key, f->type);
    const char *quote = has_default && is_quoted(f->type) ? "\"" : "";
    indent(out, depth);
    cw_buf_format(out, "%s\"%s\": %s%s%s%s\n", off ? "// " : "", f->key, quote, value, quote,
                  last ? "" : ",");
}

/* All keys of a table. more: something follows in the same object. */
static void fields(struct cw_buf *out, unsigned depth, const struct cw_field *list, bool more) {
    for (const struct cw_field *f = list; f->key != NULL; f++) {
        bool off = is_off(list, f);
        field(out, depth, f, off, (f[1].key == NULL || (!off && is_off(list, f + 1))) && !more);
    }
}

static void part_doc(struct cw_buf *out, unsigned depth, const struct cw_config_shape *shape,
                     const char *key) {
    for (const struct cw_config_part *p = shape->parts; p != NULL && p->key != NULL; p++)
        if (strcmp(p->key, key) == 0)
            cw_config_comment(out, depth, p->doc);
}

static void open_part(struct cw_buf *out, unsigned depth, const struct cw_config_shape *shape,
                      const char *key, const char *bracket) {
    part_doc(out, depth, shape, key);
    indent(out, depth);
    cw_buf_format(out, "\"%s\": %s\n", key, bracket);
}

static void close_part(struct cw_buf *out, unsigned depth, const char *bracket) {
    indent(out, depth);
    cw_buf_format(out, "%s\n", bracket);
}

static void chain(struct cw_buf *out, const char *name, const char *id, bool last) {
    indent(out, 2);
    cw_buf_format(out, "\"%s\": {\n", name);
    if (last) { /* the keys stand with the first chain already */
        indent(out, 3);
        cw_buf_format(out, "\"chain_id\": %s,\n", id);
        indent(out, 3);
        cw_buf_text(out, "\"endpoints\": [\"https://rollup.example.org\"]\n");
    } else {
        fields(out, 3, cw_config_shape_chain.fields, true);
        part_doc(out, 3, &cw_config_shape_chain, "send");
        indent(out, 3);
        cw_buf_text(out, "// \"send\": [\"https://relay.example.org\"],\n");
        open_part(out, 3, &cw_config_shape_chain, "endpoints", "[");
        indent(out, 4);
        cw_buf_text(out, "{\n");
        fields(out, 5, cw_config_shape_endpoint.fields, false);
        close_part(out, 4, "}");
        close_part(out, 3, "]");
    }
    close_part(out, 2, last ? "}" : "},");
}

static void route(struct cw_buf *out) {
    const struct cw_adapter_ops *adapter = cw_adapters[0];
    indent(out, 2);
    cw_buf_text(out, "\"withdrawals\": {\n");
    fields(out, 3, cw_config_shape_route.fields, true);
    open_part(out, 3, &cw_config_shape_route, "contracts", "{");
    if (adapter != NULL)
        fields(out, 4, adapter->fields, false);
    close_part(out, 3, "},");
    open_part(out, 3, &cw_config_shape_route, "policy", "{");
    fields(out, 4, cw_config_shape_policy.fields, true);
    open_part(out, 4, &cw_config_shape_policy, "relay", "{");
    fields(out, 5, cw_config_shape_match.fields, false);
    close_part(out, 4, "},");
    open_part(out, 4, &cw_config_shape_policy, "deny", "{");
    fields(out, 5, cw_config_shape_match.fields, false);
    close_part(out, 4, "}");
    close_part(out, 3, "}");
    close_part(out, 2, "}");
}

static void sink(struct cw_buf *out) {
    indent(out, 2);
    cw_buf_text(out, "\"ops\": {\n");
    part_doc(out, 3, &cw_config_shape_sink, "routes");
    indent(out, 3);
    cw_buf_text(out, "// \"routes\": [\"withdrawals\"],\n");
    fields(out, 3, cw_config_shape_sink.fields, false);
    close_part(out, 2, "}");
}

static void api(struct cw_buf *out) {
    open_part(out, 1, &cw_config_shape_root, "api", "{");
    fields(out, 2, cw_config_shape_api.fields, true);
    part_doc(out, 2, &cw_config_shape_api, "origins");
    indent(out, 2);
    cw_buf_text(out, "\"origins\": [],\n");
    part_doc(out, 2, &cw_config_shape_api, "hosts");
    indent(out, 2);
    cw_buf_text(out, "\"hosts\": [],\n");
    part_doc(out, 2, &cw_config_shape_api, "webhooks");
    indent(out, 2);
    cw_buf_text(out, "\"webhooks\": [],\n");
    open_part(out, 2, &cw_config_shape_api, "tokens", "{");
    indent(out, 3);
    cw_buf_text(out, "\"ops\": {\n");
    fields(out, 4, cw_config_shape_token.fields, false);
    close_part(out, 3, "}");
    close_part(out, 2, "}");
    close_part(out, 1, "}");
}

void cw_config_reference(struct cw_buf *out) {
    cw_buf_text(
        out,
        "// Every key of Causeway's configuration with its default. Comments like this one and\n"
        "// /* … */ are taken; unknown keys are not.\n{\n");
    fields(out, 1, cw_config_shape_root.fields, true);
    open_part(out, 1, &cw_config_shape_root, "log", "{");
    fields(out, 2, cw_config_shape_log.fields, false);
    close_part(out, 1, "},");
    open_part(out, 1, &cw_config_shape_root, "monitor", "{");
    fields(out, 2, cw_config_shape_monitor.fields, false);
    close_part(out, 1, "},");
    open_part(out, 1, &cw_config_shape_root, "chains", "{");
    chain(out, "l1", "1", false);
    chain(out, "l2", "10", true);
    close_part(out, 1, "},");
    open_part(out, 1, &cw_config_shape_root, "signers", "{");
    indent(out, 2);
    cw_buf_text(out, "\"main\": {\n");
    fields(out, 3, cw_config_shape_signer.fields, false);
    close_part(out, 2, "}");
    close_part(out, 1, "},");
    open_part(out, 1, &cw_config_shape_root, "prices", "{");
    indent(out, 2);
    cw_buf_text(out, "\"ETH\": \"3000\"\n");
    close_part(out, 1, "},");
    open_part(out, 1, &cw_config_shape_root, "routes", "{");
    route(out);
    close_part(out, 1, "},");
    open_part(out, 1, &cw_config_shape_root, "alerts", "{");
    open_part(out, 2, &cw_config_shape_alerts, "escalate_after_s", "{");
    fields(out, 3, cw_config_shape_escalate.fields, false);
    close_part(out, 2, "}");
    close_part(out, 1, "},");
    open_part(out, 1, &cw_config_shape_root, "sinks", "{");
    sink(out);
    close_part(out, 1, "},");
    api(out);
    cw_buf_text(out, "}\n");
}
