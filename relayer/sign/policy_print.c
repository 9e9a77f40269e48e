/* A policy as the file that it could be read from. */
#include "sign/policy_private.h"

#include <causeway/keccak.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PRINT_MAX (8u << 20)
#define TEN_TO_9  1000000000u

/* Exact, in the largest unit that has no more than nine decimals. */
static void put_wei(struct cw_buf *out, const struct cw_wei *wei) {
    struct cw_u256 gwei, ether;
    char whole[CW_U256_DEC_SIZE], decimals[10];
    if (cw_u256_div_u64(&gwei, &wei->v, TEN_TO_9) != 0) {
        cw_buf_format(out, "\"%s wei\"", cw_u256_to_dec(whole, &wei->v));
        return;
    }
    uint64_t rest = cw_u256_div_u64(&ether, &gwei, TEN_TO_9);
    if (cw_u256_is_zero(&ether) && rest < TEN_TO_9 / 1000) {
        cw_buf_format(out, "\"%s gwei\"", cw_u256_to_dec(whole, &gwei));
        return;
    }
    int n = snprintf(decimals, sizeof decimals, "%09" PRIu64, rest);
    while (n > 0 && decimals[n - 1] == '0') {
        decimals[--n] = '\0';
    }
    cw_buf_format(out, "\"%s%s%s ether\"", cw_u256_to_dec(whole, &ether), n > 0 ? "." : "",
                  decimals);
}

static void put_value(struct cw_buf *out, enum cw_field_type type, const void *at) {
    switch (type) {
    case CW_FIELD_BOOL:
        cw_buf_text(out, *(const bool *)at ? "true" : "false");
        break;
    case CW_FIELD_U64:
        cw_buf_format(out, "%" PRIu64, *(const uint64_t *)at);
        break;
    case CW_FIELD_TEXT:
        cw_json_quote(out, *(const char *const *)at);
        break;
    case CW_FIELD_ADDR20: {
        char text[CW_HEX_SIZE(20)];
        cw_buf_format(out, "\"%s\"",
                      cw_hex_encode(text, cw_slice_of(((const struct cw_addr20 *)at)->b, 20)));
        break;
    }
    case CW_FIELD_WEI:
        put_wei(out, at);
        break;
    case CW_FIELD_RATIO:
    case CW_FIELD_U64S:
    case CW_FIELD_HEXES:
    case CW_FIELD_ADDR20S:
        out->failed = true; /* no key of a policy is one */
        break;
    }
}

static void indent(struct cw_buf *out, unsigned depth) {
    cw_buf_format(out, "%*s", (int)(4 * depth), "");
}

/* An address that may be left out, and a text without a default, are where they are nothing. */
static bool is_left_out(const struct cw_field *field, const void *at) {
    bool optional = field->fallback != NULL && field->fallback[0] == '\0';
    if (field->type == CW_FIELD_ADDR20) {
        return optional && cw_addr20_is_zero(at);
    }
    return field->type == CW_FIELD_TEXT && optional && (*(const char *const *)at)[0] == '\0';
}

/* Every object ends with a part, so that each field has a comma behind it. */
static void put_fields(struct cw_buf *out, unsigned depth, const struct cw_config_shape *shape,
                       const void *base, bool comments) {
    for (const struct cw_field *field = shape->fields; field->key != NULL; field++) {
        const void *at = (const uint8_t *)base + field->offset;
        if (is_left_out(field, at)) {
            continue;
        }
        if (comments) {
            cw_config_comment(out, depth, field->doc);
        }
        indent(out, depth);
        cw_buf_format(out, "\"%s\": ", field->key);
        put_value(out, field->type, at);
        cw_buf_text(out, ",\n");
    }
}

static void comment_part(struct cw_buf *out, unsigned depth, const struct cw_config_shape *shape,
                         const char *key) {
    for (const struct cw_config_part *part = shape->parts; part->key != NULL; part++) {
        if (strcmp(part->key, key) == 0) {
            cw_config_comment(out, depth, part->doc);
        }
    }
}

static void put_part(struct cw_buf *out, unsigned depth, const struct cw_config_shape *shape,
                     const char *key, bool comments) {
    if (comments) {
        comment_part(out, depth, shape, key);
    }
    indent(out, depth);
    cw_buf_format(out, "\"%s\": ", key);
}

/* The contracts, each with what may be called of it, in the order in which they were named. */
static void put_contracts(struct cw_buf *out, const struct cw_sign_chain *chain, bool comments) {
    put_part(out, 3, &cw_sign_shape_chain, "contracts", comments);
    cw_buf_text(out, "[");
    for (size_t i = 0; i < chain->calls_n; i++) {
        const struct cw_sign_call *first = &chain->calls[i];
        bool seen = false;
        for (size_t k = 0; k < i; k++) {
            seen = seen || cw_addr20_equal(&chain->calls[k].to, &first->to);
        }
        if (seen) {
            continue;
        }
        cw_buf_text(out, i == 0 ? "\n" : ",\n");
        indent(out, 4);
        cw_buf_text(out, "{\n");
        put_fields(out, 5, &cw_sign_shape_call, first, comments && i == 0);
        put_part(out, 5, &cw_sign_shape_call, "calls", comments && i == 0);
        cw_buf_text(out, "[");
        for (size_t k = i; k < chain->calls_n; k++) {
            if (cw_addr20_equal(&chain->calls[k].to, &first->to)) {
                cw_buf_text(out, k == i ? "\n" : ",\n");
                indent(out, 6);
                cw_json_quote(out, chain->calls[k].text);
            }
        }
        cw_buf_text(out, "\n");
        indent(out, 5);
        cw_buf_text(out, "]\n");
        indent(out, 4);
        cw_buf_text(out, "}");
    }
    cw_buf_text(out, chain->calls_n > 0 ? "\n" : "");
    indent(out, chain->calls_n > 0 ? 3 : 0);
    cw_buf_text(out, "]\n");
}

static void put_chains(struct cw_buf *out, const struct cw_sign_policy *policy, bool comments) {
    put_part(out, 1, &cw_sign_shape_root, "chains", comments);
    cw_buf_text(out, "{\n");
    for (size_t i = 0; i < policy->chains_n; i++) {
        const struct cw_sign_chain *chain = &policy->chains[i];
        indent(out, 2);
        cw_buf_format(out, "\"%s\": {\n", chain->name);
        put_fields(out, 3, &cw_sign_shape_chain, chain, comments && i == 0);
        put_contracts(out, chain, comments && i == 0);
        indent(out, 2);
        cw_buf_text(out, i + 1 < policy->chains_n ? "},\n" : "}\n");
    }
    indent(out, 1);
    cw_buf_text(out, "}\n");
}

/* Of a derived policy an example, as a comment. */
static void put_key(struct cw_buf *out, const struct cw_sign_policy *policy) {
    const struct {
        const char *key, *value;
    } members[] = {{"key_file", policy->key.key_file},
                   {"key_env", policy->key.key_env},
                   {"keystore", policy->key.keystore},
                   {"password_file", policy->key.password_file}};
    size_t n = 0;
    comment_part(out, 1, &cw_sign_shape_root, "key");
    indent(out, 1);
    if (!policy->has_key) {
        cw_buf_text(out, "// \"key\": {\"key_file\": \"main.key\"},\n");
        return;
    }
    cw_buf_text(out, "\"key\": {");
    for (size_t i = 0; i < CW_COUNT(members); i++) {
        if (members[i].value[0] != '\0') {
            cw_buf_format(out, "%s\"%s\": ", n++ > 0 ? ", " : "", members[i].key);
            cw_json_quote(out, members[i].value);
        }
    }
    cw_buf_text(out, "},\n");
}

void cw_sign_policy_print(struct cw_buf *out, const struct cw_sign_policy *policy) {
    cw_buf_text(out, "{\n");
    put_fields(out, 1, &cw_sign_shape_root, policy, true);
    put_key(out, policy);
    put_part(out, 1, &cw_sign_shape_root, "allow_uid", true);
    cw_buf_text(out, "[");
    for (size_t i = 0; i < policy->uids_n; i++) {
        cw_buf_format(out, "%s%" PRIu64, i > 0 ? ", " : "", policy->uids[i]);
    }
    cw_buf_text(out, "],\n");
    put_chains(out, policy, true);
    cw_buf_text(out, "}\n");
}

enum cw_err cw_sign_policy_digest(struct cw_hash32 *ret, const struct cw_sign_policy *policy) {
    struct cw_buf text;
    cw_buf_init(&text, PRINT_MAX);
    cw_buf_format(&text, "%" PRIu64 "\n", policy->max_calldata);
    put_chains(&text, policy, false);
    enum cw_err err = text.failed ? CW_ERR_MEMORY : CW_OK;
    if (err == CW_OK) {
        cw_keccak256(ret, cw_buf_slice(&text));
    }
    cw_buf_done(&text);
    return err;
}
