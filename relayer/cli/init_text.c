/* The configuration that `causeway init` writes. */
#include "cli/init.h"
#include "core/config_fields.h"
#include "core/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define QUICK_MS      1000u /* blocks that come faster are not all read */
#define FINAL_PAUSE_S 3600u /* max_final_pause_s where nothing else is written */

static const struct {
    uint64_t id;
    const char *name;
} names[] = {
    {1, "ethereum"},
    {10, "op"},
    {130, "unichain"},
    {480, "world"},
    {1868, "soneium"},
    {8453, "base"},
    {34443, "mode"},
    {42161, "arbitrum"},
    {42170, "arbitrum-nova"},
    {57073, "ink"},
    {7777777, "zora"},
    {11155111, "sepolia"},
    {11155420, "op-sepolia"},
    {84532, "base-sepolia"},
    {421614, "arbitrum-sepolia"},
};

void cw_init_name(char *out, size_t size, uint64_t chain_id) {
    for (size_t i = 0; i < CW_COUNT(names); i++) {
        if (names[i].id == chain_id) {
            snprintf(out, size, "%s", names[i].name);
            return;
        }
    }
    snprintf(out, size, "chain-%" PRIu64, chain_id);
}

enum cw_mode cw_init_mode(uint64_t block_ms, bool headers_hash, bool counted) {
    if (!headers_hash)
        return CW_MODE_QUORUM;
    return counted && block_ms > 0 && block_ms < QUICK_MS ? CW_MODE_EVENTS : CW_MODE_FULL;
}

static void put_quoted(struct cw_buf *out, const char *text) {
    cw_json_quote(out, text);
}

static void put_address(struct cw_buf *out, const struct cw_addr20 *address) {
    char hex[CW_HEX_SIZE(20)];
    cw_config_address_text(hex, address);
    put_quoted(out, hex);
}

/* --- chains ----------------------------------------------------------------------------------- */

static void comment_chain(struct cw_buf *out, const struct cw_init_chain *chain) {
    struct cw_buf text;
    cw_buf_init(&text, 2048);
    cw_buf_format(&text, "%s.", chain->client);
    if (chain->block_ms > 0)
        cw_buf_format(&text, " A block each %" PRIu64 ".%" PRIu64 " s;", chain->block_ms / 1000,
                      chain->block_ms % 1000 / 100);
    else
        cw_buf_text(&text, " How fast blocks come could not be told;");
    cw_buf_format(&text, " final is %" PRIu64 " blocks behind (%" PRIu64 " s).",
                  chain->final_behind_blocks, chain->final_behind_s);
    if (chain->mode == CW_MODE_EVENTS)
        cw_buf_text(&text, " Not every header is read, since blocks come so fast.");
    if (chain->mode == CW_MODE_QUORUM)
        cw_buf_text(&text, " Its headers have a form of their own: operators must agree on all.");
    if (chain->operators < 2)
        cw_buf_text(&text, " Endpoints of more operators can be compared: add some, and a quorum.");
    const char *line = cw_buf_cstr(&text);
    if (line != NULL)
        cw_config_comment(out, 2, line);
    else
        out->failed = true;
    cw_buf_done(&text);
}

static void put_chain(struct cw_buf *out, const struct cw_init_request *request,
                      const struct cw_init_found *found, unsigned side) {
    const struct cw_init_chain *chain = &found->chains[side];
    comment_chain(out, chain);
    cw_buf_text(out, "        ");
    put_quoted(out, chain->name);
    cw_buf_format(out, ": {\n            \"chain_id\": %" PRIu64, chain->id);
    if (chain->mode != CW_MODE_FULL)
        cw_buf_format(out, ", \"mode\": \"%s\"", cw_mode_name(chain->mode));
    if (chain->operators > 1)
        cw_buf_text(out, ", \"quorum\": 2");
    if (side == CW_EXECUTION && found->survey.symbol[0] != '\0') {
        cw_buf_text(out, ", \"symbol\": ");
        put_quoted(out, found->survey.symbol);
    }
    if (chain->final_behind_s > FINAL_PAUSE_S / 2)
        cw_buf_format(out, ", \"max_final_pause_s\": %" PRIu64, 3 * chain->final_behind_s);
    cw_buf_text(out, ",\n            \"endpoints\": [");
    for (size_t i = 0; i < request->urls_n[side]; i++) {
        cw_buf_text(out, i > 0 ? ",\n                " : "\n                ");
        put_quoted(out, request->urls[side][i]);
    }
    cw_buf_text(out, "\n            ]\n        }");
}

/* --- signer ----------------------------------------------------------------------------------- */

static void put_signer(struct cw_buf *out, const struct cw_init_request *request) {
    switch (request->signer) {
    case CW_INIT_NO_SIGNER:
        cw_config_comment(out, 1,
                          "No signer: the routes observe. One is made by `causeway keys new "
                          "--keystore main.json --password-file main.password`, and named by "
                          "\"signers\": {\"main\": {\"keystore\": \"main.json\", "
                          "\"password_file\": \"main.password\"}}");
        return;
    case CW_INIT_KEYSTORE:
        cw_config_comment(out, 1,
                          "If it is not there yet: causeway keys new --keystore FILE "
                          "--password-file FILE. Both files must be for their owner alone "
                          "(chmod 600); the address that it prints needs funds.");
        cw_buf_text(out, "    \"signers\": {\"main\": {\"keystore\": ");
        put_quoted(out, request->signer_place);
        cw_buf_text(out, ", \"password_file\": ");
        put_quoted(out, "main.password");
        break;
    case CW_INIT_KEY_FILE:
        cw_buf_text(out, "    \"signers\": {\"main\": {\"key_file\": ");
        put_quoted(out, request->signer_place);
        break;
    case CW_INIT_KEY_ENV:
        cw_buf_text(out, "    \"signers\": {\"main\": {\"key_env\": ");
        put_quoted(out, request->signer_place);
        break;
    }
    cw_buf_text(out, "}},\n");
}

/* --- routes ----------------------------------------------------------------------------------- */

static void comment_contracts(struct cw_buf *out, const struct cw_survey *survey) {
    char hex[CW_HEX_SIZE(20)], line[160];
    for (size_t i = 0; i < survey->contracts_n; i++) {
        const struct cw_survey_contract *c = &survey->contracts[i];
        cw_config_address_text(hex, &c->address);
        snprintf(line, sizeof line, "%s%s%s  %s%s", c->name, c->version[0] != '\0' ? " " : "",
                 c->version, hex, c->side == CW_EXECUTION ? " on the rollup" : "");
        cw_config_comment(out, 2, line);
    }
    snprintf(line, sizeof line, "%u links between them were checked and hold.", survey->links);
    cw_config_comment(out, 2, line);
    for (size_t i = 0; i < survey->remarks_n; i++)
        cw_config_comment(out, 2, survey->remarks[i].text);
}

static void put_member(struct cw_buf *out, unsigned *n, const char *key) {
    cw_buf_text(out, (*n)++ > 0 ? ", " : "");
    put_quoted(out, key);
    cw_buf_text(out, ": ");
}

/* Of each contract that the adapter's configuration has a member for, what was found. */
static void put_contracts(struct cw_buf *out, const struct cw_adapter_ops *ops,
                          const struct cw_survey *survey) {
    unsigned members = 0;
    cw_buf_text(out, "            \"contracts\": {");
    for (const struct cw_field *field = ops->fields; field->key != NULL; field++) {
        const struct cw_survey_contract *found = cw_survey_find(survey, field->key);
        if (found == NULL)
            continue;
        put_member(out, &members, field->key);
        if (field->type == CW_FIELD_ADDR20) {
            put_address(out, &found->address);
            continue;
        }
        unsigned elements = 0;
        cw_buf_text(out, "[");
        for (size_t i = 0; i < survey->contracts_n; i++) {
            if (strcmp(survey->contracts[i].key, field->key) != 0)
                continue;
            cw_buf_text(out, elements++ > 0 ? ", " : "");
            put_address(out, &survey->contracts[i].address);
        }
        cw_buf_text(out, "]");
    }
    cw_buf_text(out, "}");
}

static void put_policy(struct cw_buf *out, const struct cw_init_request *request) {
    if (request->signer == CW_INIT_NO_SIGNER || (!request->relay_all && request->senders_n == 0)) {
        cw_buf_text(out, "\n");
        cw_config_comment(out, 3,
                          "Without \"relay\" it only observes. To relay: \"signer\": \"main\", "
                          "\"policy\": {\"relay\": {\"senders\": [\"0x…\"]}, "
                          "\"daily_fee_budget\": \"0.5 ether\"}");
        return;
    }
    cw_buf_text(out, ",\n            \"signer\": \"main\",\n");
    if (request->relay_all)
        cw_config_comment(out, 3, "Everybody's messages, at your cost.");
    cw_buf_text(out, "            \"policy\": {\"relay\": ");
    if (request->relay_all) {
        cw_buf_text(out, "\"all\"");
    } else {
        cw_buf_text(out, "{\"senders\": [");
        for (size_t i = 0; i < request->senders_n; i++) {
            cw_buf_text(out, i > 0 ? ", " : "");
            put_address(out, &request->senders[i]);
        }
        cw_buf_text(out, "]}");
    }
    cw_buf_text(out, ", \"daily_fee_budget\": \"0.5 ether\"}\n");
}

static void put_route(struct cw_buf *out, const struct cw_init_request *request,
                      const struct cw_init_found *found, const struct cw_adapter_ops *ops) {
    char name[64];
    const char *settlement = found->chains[CW_SETTLEMENT].name;
    const char *execution = found->chains[CW_EXECUTION].name;
    snprintf(name, sizeof name, "%s-%ss", execution, ops->direction);
    cw_buf_text(out, "        ");
    put_quoted(out, name);
    cw_buf_format(out,
                  ": {\n            \"stack\": \"%s\", \"direction\": \"%s\", \"settlement\": ",
                  ops->name, ops->direction);
    put_quoted(out, settlement);
    cw_buf_text(out, ", \"execution\": ");
    put_quoted(out, execution);
    cw_buf_text(out, ",\n");
    put_contracts(out, ops, &found->survey);
    put_policy(out, request);
    cw_buf_text(out, "        }");
}

void cw_init_text(struct cw_buf *out, const struct cw_init_request *request,
                  const struct cw_init_found *found) {
    cw_buf_text(out, "// Written by `causeway init` from what the chains said.\n"
                     "// Every other key with its default: causeway check-config --reference\n"
                     "{\n    \"data_dir\": ");
    put_quoted(out, request->data_dir);
    cw_buf_text(out, ",\n    \"chains\": {\n");
    put_chain(out, request, found, CW_SETTLEMENT);
    cw_buf_text(out, ",\n");
    put_chain(out, request, found, CW_EXECUTION);
    cw_buf_text(out, "\n    },\n");
    put_signer(out, request);
    cw_config_comment(out, 1,
                      "Who is told of incidents, such as \"sinks\": {\"ops\": {\"type\": "
                      "\"webhook\", \"url\": \"https://…\", \"secret_file\": \"ops.secret\"}}");
    cw_config_comment(out, 1,
                      "\"api\": {} answers HTTP on 127.0.0.1:9560, with metrics and a page.");
    cw_buf_text(out, "    \"routes\": {\n");
    comment_contracts(out, &found->survey);
    cw_config_comment(out, 2,
                      "Messages from the first final block on are seen; \"execution_start_block\" "
                      "and \"settlement_start_block\" of a route begin earlier.");
    for (size_t i = 0; i < request->routes_n; i++) {
        put_route(out, request, found, request->routes[i]);
        cw_buf_text(out, i + 1 < request->routes_n ? ",\n" : "\n");
    }
    cw_buf_text(out, "    }\n}\n");
}
