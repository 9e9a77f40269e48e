#include "core/config_tables.h"

#include "core/config.h"
#include "core/config_rows.h"

#define INTEGER_MAX CW_JSON_INTEGER_MAX

#define URL      "^[hH][tT][tT][pP][sS]?://[^/?#]"
#define VARIABLE "^[A-Za-z_][A-Za-z0-9_]*$"

static const char *const levels[] = {"debug", "info", "warn", "error", NULL};
static const char *const modes[] = {"full", "events", "quorum", NULL};
static const char *const foreign_nonces[] = {"hold", "shift", NULL};
const char *const cw_config_pauses[] = {[CW_PAUSE_ON_NEVER] = "never",
                                        [CW_PAUSE_ON_CONFIRMED] = "confirmed",
                                        [CW_PAUSE_ON_PROVISIONAL] = "provisional",
                                        NULL};
const char *const cw_config_sink_types[] = {[CW_SINK_WEBHOOK] = "webhook",
                                            [CW_SINK_SLACK] = "slack",
                                            [CW_SINK_PAGERDUTY] = "pagerduty",
                                            [CW_SINK_ALERTMANAGER] = "alertmanager",
                                            [CW_SINK_SYSLOG] = "syslog",
                                            [CW_SINK_STDOUT] = "stdout",
                                            NULL};
static const char *const severities[] = {"info", "warning", "critical", NULL};
const char *const cw_config_facilities[] = {
    "kern",   "user",   "mail",   "daemon", "auth",   "syslog", "cron",   "authpriv", "local0",
    "local1", "local2", "local3", "local4", "local5", "local6", "local7", NULL};
static const char *const anonymities[] = {"read", "nothing", NULL};
const char *const cw_config_roles[] = {"read", "operate", NULL};

static const struct cw_field root_fields[] = {
    TEXT(cw_config, schema, "$schema", "",
         "Where an editor finds what this file may hold, such as causeway.schema.json; not read."),
    TEXT(cw_config, data_dir, "data_dir", "data",
         "Directory of the database; a relative one lies beside this file."),
    U64(cw_config, answer_cache_bytes, "answer_cache_bytes", "67108864", 0, INTEGER_MAX,
        "What the database may keep of answers about final blocks, so that they are not asked "
        "again; what was used least recently goes first, 0 keeps none."),
    CW_FIELD_END,
};
static const struct cw_config_part root_parts[] = {
    {"log", "What is logged, and how.", CW_PART_OBJECT, false, &cw_config_shape_log},
    {"monitor", "How what must hold is judged, with `causeway run --role monitor` or `all`.",
     CW_PART_OBJECT, false, &cw_config_shape_monitor},
    {"chains", "The chains, each under a name of your choice.", CW_PART_NAMED, true,
     &cw_config_shape_chain},
    {"signers", "The keys that sign, each under a name of your choice. No key stands in this file.",
     CW_PART_NAMED, false, &cw_config_shape_signer},
    {"routes", "The routes: one bridge, one direction, one pair of chains each.", CW_PART_NAMED,
     true, &cw_config_shape_route},
    {"prices",
     "What one native token of each symbol is worth, as numbers in a unit of your choice, or the "
     "name of a file with such an object; for \"min_profit\".",
     CW_PART_PRICES, false, NULL},
    {"alerts", "What becomes of incidents that stay.", CW_PART_OBJECT, false,
     &cw_config_shape_alerts},
    {"sinks", "Who is told of incidents, each under a name of your choice.", CW_PART_NAMED, false,
     &cw_config_shape_sink},
    {"api", "The HTTP API and the page; left out, there is none.", CW_PART_OPTIONAL, false,
     &cw_config_shape_api},
    {.key = NULL},
};
static const struct cw_config_form root_forms[] = {
    {"data_dir", NULL, "."},
    {.key = NULL},
};
const struct cw_config_shape cw_config_shape_root = {root_fields, root_parts, false, root_forms};

static const struct cw_field log_fields[] = {
    TEXT(cw_config, log_level, "level", "info",
         "The least that is logged: debug, info, warn or error."),
    FLAG(cw_config, log_json, "json", "false", "One JSON object a line instead of text."),
    CW_FIELD_END,
};
static const struct cw_config_form log_forms[] = {
    {"level", levels, NULL},
    {.key = NULL},
};
const struct cw_config_shape cw_config_shape_log = {log_fields, NULL, false, log_forms};

static const struct cw_field monitor_fields[] = {
    U64(cw_config, monitor_judgements, "judgements", "16", 1, 256,
        "Judgements of a route that are under way at a time."),
    U64(cw_config, look_every_s, "look_every_s", "24", 1, 86400,
        "By the settlement layer's clock, how often at most what no log tells of is looked at: who "
        "governs the contracts, what is locked, whether roots and blocks keep coming. 24 are two "
        "blocks of Ethereum."),
    U64(cw_config, unverified_alert_s, "unverified_alert_s", "3600", 1, INTEGER_MAX,
        "How long it may be unknown whether something holds before an incident tells of it."),
    TEXT(cw_config, relayer_data_dir, "relayer_data_dir", "",
         "Of a monitor beside a relayer: data_dir of the relayer, whose database is asked to hold "
         "what is in danger, in routes of the same names. Left out, such a monitor holds nothing."),
    CW_FIELD_END,
};
const struct cw_config_shape cw_config_shape_monitor = {monitor_fields, NULL, false, NULL};

static const struct cw_field chain_fields[] = {
    U64(cw_config_chain, chain_id, "chain_id", NULL, 1, INTEGER_MAX,
        "EIP-155 id of the chain; an endpoint that says another one is not used."),
    TEXT(cw_config_chain, explorer, "explorer", "",
         "http:// or https:// URL of a block explorer, to which the page links: it puts /tx/HASH, "
         "/block/NUMBER or /address/ADDRESS behind it."),
    TEXT(cw_config_chain, symbol, "symbol", "ETH", "Name of the native token, for people."),
    U64(cw_config_chain, decimals, "decimals", "18", 0, 36,
        "Decimals of the native token (18 but for some custom gas tokens), for \"prices\"."),
    U64(cw_config_chain, poll_ms, "poll_ms", "15000", 50, 600000,
        "Longest pause between two looks at the heads; where blocks come faster it adapts to "
        "them."),
    U64(cw_config_chain, quorum, "quorum", "1", 1, 64,
        "Operators that must agree on safe and final blocks, on what contracts answer, and on "
        "headers that nothing agreed ties down; who says otherwise is named and set aside."),
    TEXT(cw_config_chain, mode_name, "mode", "full",
         "How blocks are read: full (every header, receipts where its bloom matches), events (what "
         "eth_getLogs names, with its headers and receipts; for sub-second blocks), quorum (what "
         "operators agree on; for chains whose headers have a form of their own)."),
    U64(cw_config_chain, set_aside_s, "set_aside_s", "300", 1, 86400,
        "How long an endpoint is set aside whose answer can't be true, also when it is the only "
        "one; twice as long each time, up to an hour, until it was well for half an hour."),
    U64(cw_config_chain, coalesce_ms, "coalesce_ms", "20", 0, 1000,
        "How long a request may wait for others to share its batch."),
    U64(cw_config_chain, batch_max, "batch_max", "50", 1, 1000, "Calls in one batch."),
    U64(cw_config_chain, quick_deadline_ms, "quick_deadline_ms", "10000", 100, 600000,
        "Deadline of small requests: heads, nonces, receipts, calls."),
    U64(cw_config_chain, heavy_deadline_ms, "heavy_deadline_ms", "30000", 100, 600000,
        "Deadline of large requests: proofs, logs, the receipts of a block."),
    U64(cw_config_chain, max_answer_bytes, "max_answer_bytes", "33554432", 65536, 1073741824,
        "An answer that is larger is refused."),
    U64(cw_config_chain, log_range_max, "log_range_max", "2000", 1, 1000000,
        "Blocks in one eth_getLogs; shrinks by itself when an endpoint refuses."),
    U64(cw_config_chain, live_blocks, "live_blocks", "256", 1, 8192,
        "At the start, what lies further behind the final head is read later, as the past."),
    U64(cw_config_chain, backfill_ranges, "backfill_ranges", "4", 1, 16,
        "Pieces of the past that are read at a time, newest first, beside what is new."),
    U64(cw_config_chain, tx_gas_cap, "tx_gas_cap", "16777216", 0, INTEGER_MAX,
        "Gas that one transaction may have (EIP-7825); 0 where the chain has no such cap."),
    WEI(cw_config_chain, min_tip, "min_tip", "0.001 gwei",
        "The least tip that is offered, per gas."),
    WEI(cw_config_chain, max_fee, "max_fee", "300 gwei",
        "The most that is paid per gas; while the chain asks for more, messages wait."),
    U64(cw_config_chain, fee_percentile, "fee_percentile", "50", 0, 100,
        "Percentile of the rewards of past blocks (eth_feeHistory) that is offered as tip."),
    U64(cw_config_chain, fee_blocks, "fee_blocks", "10", 1, 1024,
        "How many past blocks that is read from."),
    U64(cw_config_chain, max_in_flight, "max_in_flight", "64", 1, 4096,
        "Transactions of one signer that are in no block yet; the nodes' pools must keep as many."),
    FLAG(cw_config_chain, simulate_pending, "simulate_pending", "false",
         "Try calls on top of the endpoint's pool: what somebody else is about to do is seen, and "
         "not paid for twice. Only without a quorum: pools are not alike."),
    U64(cw_config_chain, replace_after_blocks, "replace_after_blocks", "3", 1, 1000,
        "Blocks that may pass a transaction by before it is sent again at a higher price (never "
        "above max_fee)."),
    TEXT(cw_config_chain, data_fee_name, "data_fee", "",
         "What the chain charges for a transaction's data on the chain below it, counted in all "
         "limits: \"opstack\", \"nitro\" or \"none\". Left out: as the stack of a route says "
         "that has it as its execution chain."),
    U64(cw_config_chain, max_head_pause_s, "max_head_pause_s", "600", 0, INTEGER_MAX,
        "An incident tells when no new block comes for so long, or no endpoint has one; 0: none "
        "does, as for chains that make blocks on demand only."),
    U64(cw_config_chain, max_final_pause_s, "max_final_pause_s", "3600", 0, INTEGER_MAX,
        "An incident tells when blocks come for so long, by their times, and none becomes final: "
        "longer than a rollup's batches take; 0: none does."),
    CW_FIELD_END,
};
static const struct cw_config_part chain_parts[] = {
    {"endpoints",
     "JSON-RPC URLs, best first: text, or objects with \"url\", \"operator\" and "
     "\"max_rps\".",
     CW_PART_ENDPOINTS, true, &cw_config_shape_endpoint},
    {"send",
     "Where signed transactions go in place of the endpoints, such as a private relay: the "
     "same kind of list, tried in its order, asked for nothing else. Left out: to the "
     "endpoints.",
     CW_PART_ENDPOINTS, false, &cw_config_shape_endpoint},
    {.key = NULL},
};
static const struct cw_config_form chain_forms[] = {
    {"explorer", NULL, URL},
    {"mode", modes, NULL},
    {.key = NULL},
};
const struct cw_config_shape cw_config_shape_chain = {chain_fields, chain_parts, false,
                                                      chain_forms};

static const struct cw_field endpoint_fields[] = {
    TEXT(cw_config_endpoint, url, "url", NULL, "http:// or https:// URL."),
    TEXT(cw_config_endpoint, operator_, "operator", "",
         "Who runs it; endpoints of one operator count once. Left out: the URL's host."),
    U64(cw_config_endpoint, max_rps, "max_rps", "0", 0, 1000000,
        "Calls a second that it gets at most, each element of a batch is one; 0: no limit."),
    CW_FIELD_END,
};
static const struct cw_config_form endpoint_forms[] = {
    {"url", NULL, URL},
    {.key = NULL},
};
const struct cw_config_shape cw_config_shape_endpoint = {endpoint_fields, NULL, false,
                                                         endpoint_forms};

static const struct cw_field signer_fields[] = {
    TEXT(
        cw_config_signer, key_file, "key_file", "",
        "File with the key as 64 hexadecimal digits, readable by nobody else (chmod 600). This, or "
        "one of the others:"),
    TEXT(cw_config_signer, key_env, "key_env", "",
         "Or: name of an environment variable that holds it."),
    TEXT(cw_config_signer, keystore, "keystore", "",
         "Or: keystore file of version 3, as `causeway keys new` and geth make them (chmod 600)."),
    TEXT(cw_config_signer, password_file, "password_file", "",
         "With \"keystore\": file with its password on one line (chmod 600)."),
    TEXT(cw_config_signer, web3signer, "web3signer", "", "Or: URL of a Web3Signer that holds it."),
    TEXT(cw_config_signer, public_key, "public_key", "",
         "With \"web3signer\": the public key of \"address\", 0x and 128 digits, for its REST "
         "interface, which signs for any chain."),
    TEXT(cw_config_signer, socket, "socket", "",
         "Or: socket of a `causeway signer` that holds it and runs apart, as another user."),
    ADDRESS(cw_config_signer, address, "address", "",
            "With \"web3signer\" (which is asked by eth_signTransaction then) or \"socket\": the "
            "address that it signs for."),
    TEXT(cw_config_signer, policy_file, "policy_file", "",
         "Where the relayer starts the signer: file that says what it signs, as `causeway signer "
         "--print-policy` writes it. Left out: what the routes need."),
    TEXT(cw_config_signer, foreign_nonce, "foreign_nonce", "hold",
         "When somebody else uses a nonce of this key: \"hold\" its lane and open an incident, or "
         "\"shift\" behind it and go on."),
    WEI(cw_config_signer, low_funds, "low_funds", "0 wei",
        "An incident tells when it has less on a chain where it pays for a route; 0: only when a "
        "message waits for want of funds."),
    CW_FIELD_END,
};
static const struct cw_config_form signer_forms[] = {
    {"key_env", NULL, VARIABLE},
    {"web3signer", NULL, URL},
    {"public_key", NULL, "^0x[0-9a-fA-F]{128}$"},
    {"foreign_nonce", foreign_nonces, NULL},
    {.key = NULL},
};
const struct cw_config_shape cw_config_shape_signer = {signer_fields, NULL, true, signer_forms};

static const struct cw_field route_fields[] = {
    TEXT(cw_config_route_text, stack, "stack", NULL, "Kind of rollup."),
    TEXT(cw_config_route_text, direction, "direction", "",
         "Which way the messages go; left out, from the rollup to the settlement layer."),
    TEXT(cw_config_route_text, settlement, "settlement", NULL,
         "Name of the chain that the rollup settles on."),
    TEXT(cw_config_route_text, execution, "execution", NULL, "Name of the rollup's chain."),
    U64(cw_config_route_text, settlement_start, "settlement_start_block", "0", 0, INTEGER_MAX,
        "First block to look at; 0: the final head of the first start."),
    U64(cw_config_route_text, execution_start, "execution_start_block", "0", 0, INTEGER_MAX,
        "First block to look at; 0: the final head of the first start."),
    U64(cw_config_route_text, batch_max, "batch_max", "1", 1, 64,
        "Steps that may share a transaction, through Multicall3, where their stack lets them (OP "
        "Stack: finalizing what can be replayed). What fails in it goes alone; 1: nothing does."),
    U64(cw_config_route_text, batch_wait_s, "batch_wait_s", "12", 0, 3600,
        "How long a step that may share one waits for others."),
    TEXT(cw_config_route_text, signer, "signer", "",
         "Name of the signer that pays; to relay, this or \"signers\": a list of names, that share "
         "the work."),
    CW_FIELD_END,
};
static const struct cw_config_part route_parts[] = {
    {"contracts", "Contracts of the bridge on the settlement chain.", CW_PART_CONTRACTS, false,
     NULL},
    {"signers",
     "In place of \"signer\": names of several; each transaction goes to the one that is "
     "least busy.",
     CW_PART_TEXTS, false, NULL},
    {"policy", "What may be relayed. Without \"relay\" the route only observes.", CW_PART_OBJECT,
     false, &cw_config_shape_policy},
    {.key = NULL},
};
const struct cw_config_shape cw_config_shape_route = {route_fields, route_parts, false, NULL};

static const struct cw_field policy_fields[] = {
    U64(cw_config_policy, max_gas, "max_gas", "1000000", 21000, INTEGER_MAX,
        "Gas for one transaction of a message; a message that needs more is held."),
    WEI(cw_config_policy, daily_fee_budget, "daily_fee_budget", "0.5 ether",
        "Fees in 24 hours, counted at their worst case until they are paid; then messages wait."),
    WEI(cw_config_policy, max_message_fee, "max_message_fee", "0 wei",
        "Fees for all transactions of one message; 0: no bound of its own."),
    WEI(cw_config_policy, min_balance, "min_balance", "0 wei",
        "What stays with the signer: below it messages wait."),
    TEXT(cw_config_policy, min_profit, "min_profit", "",
         "What a message must pay above the estimated cost of its step, in the unit of \"prices\", "
         "such as \"0.5\" or \"-3\"; left out, that is not looked at."),
    FLAG(cw_config_policy, deliver_failing_targets, "deliver_failing_targets", "false",
         "Deliver although the message's target reverts, which destroys the message for good."),
    FLAG(cw_config_policy, replay, "replay", "true",
         "Try again what was delivered and failed, where the stack keeps it for that."),
    U64(cw_config_policy, keepalive_s, "keepalive_s", "0", 0, INTEGER_MAX,
        "Where a message is lost at a deadline that can be put off: how long before it that is "
        "done; 0: never."),
    U64S(cw_config_policy, deadline_alerts_s, "deadline_alerts_s", "[172800, 86400, 21600]", 1,
         INTEGER_MAX,
         "How long before a message is lost an incident tells of it; each of them tells once."),
    U64(cw_config_policy, max_delivery_s, "max_delivery_s", "0", 0, INTEGER_MAX,
        "An incident tells of messages that take longer, by the destination's clock, from the "
        "block that sent them until they are executed: finality and challenge periods count; 0: "
        "none does."),
    FLAG(cw_config_policy, hold_on_violation, "hold_on_violation", "true",
         "Hold what is in danger when something does not hold that must: the messages that are "
         "bound to it, or the route."),
    FLAG(cw_config_policy, release_on_resolve, "release_on_resolve", "false",
         "Let go what was held for that once it holds again; otherwise only `causeway release` "
         "does."),
    TEXT(cw_config_policy, pause_tx_file, "pause_tx_file", "",
         "File (chmod 600) with a signed transaction, 0x…, by which a guardian pauses the "
         "contracts: "
         "whoever has it can send it."),
    TEXT(
        cw_config_policy, pause_on_name, "pause_on", "never",
        "When the monitor sends it: never; confirmed: once the route is held for what final blocks "
        "show; provisional: for what newer blocks show, too."),
    CW_FIELD_END,
};
static const struct cw_config_part policy_parts[] = {
    {"relay", "\"all\", or an object of lists: being in one of them is enough.", CW_PART_LISTED,
     false, &cw_config_shape_match},
    {"deny", "An object of such lists, too: what is in one of them is not relayed.",
     CW_PART_OPTIONAL, false, &cw_config_shape_match},
    {.key = NULL},
};
static const struct cw_config_form policy_forms[] = {
    {"min_profit", NULL, "^-?[0-9]+([.][0-9]{1,9})?$"},
    {"pause_on", cw_config_pauses, NULL},
    {.key = NULL},
};
const struct cw_config_shape cw_config_shape_policy = {policy_fields, policy_parts, false,
                                                       policy_forms};

static const struct cw_field match_fields[] = {
    ADDRESSES(cw_config_match, senders, "senders", "[]", "Who sent the message."),
    ADDRESSES(cw_config_match, targets, "targets", "[]", "Whom it calls."),
    HEXES(cw_config_match, ids, "ids", "[]", "Its id."),
    HEXES(cw_config_match, calldata, "calldata", "[]",
          "What it calls the target with begins with these bytes, such as a selector."),
    CW_FIELD_END,
};
static const struct cw_config_form match_forms[] = {
    {"ids", NULL, "^0x[0-9a-fA-F]{64}$"},
    {.key = NULL},
};
const struct cw_config_shape cw_config_shape_match = {match_fields, NULL, false, match_forms};

static const struct cw_field no_fields[] = {CW_FIELD_END};
static const struct cw_config_part alerts_parts[] = {
    {"escalate_after_s",
     "How long an incident is open before it gets the next severity; 0: it never does.",
     CW_PART_OBJECT, false, &cw_config_shape_escalate},
    {.key = NULL},
};
const struct cw_config_shape cw_config_shape_alerts = {no_fields, alerts_parts, false, NULL};

static const struct cw_field escalate_fields[] = {
    U64(cw_config_escalate, info_s, "info", "0", 0, INTEGER_MAX, "From info to warning."),
    U64(cw_config_escalate, warning_s, "warning", "0", 0, INTEGER_MAX, "From warning to critical."),
    CW_FIELD_END,
};
const struct cw_config_shape cw_config_shape_escalate = {escalate_fields, NULL, false, NULL};

/* Those from secret_file on are of some types only. */
static const struct cw_field sink_fields[] = {
    TEXT(cw_config_sink, type_name, "type", NULL,
         "webhook, slack, pagerduty, alertmanager, syslog or stdout."),
    TEXT(
        cw_config_sink, url, "url", "",
        "Where it is asked: webhook, slack, alertmanager (such as http://host:9093); pagerduty has "
        "one of its own."),
    TEXT(cw_config_sink, min_severity_name, "min_severity", "warning",
         "The least that it is told: info, warning or critical."),
    U64(cw_config_sink, max_per_minute, "max_per_minute", "30", 0, 100000,
        "Alerts a minute; what is more is summed up in the last of them. 0: no limit, as it is "
        "for alertmanager, syslog and stdout when this is left out."),
    U64(cw_config_sink, timeout_ms, "timeout_ms", "10000", 100, 300000,
        "How long its answer is waited for; then it is asked again, later and later."),
    U64(cw_config_sink, queue_max, "queue_max", "1000", 10, 100000,
        "Alerts that wait for it at most; then the oldest of the lowest severity is dropped, which "
        "`causeway status` counts."),
    TEXT(cw_config_sink, secret_file, "secret_file", "",
         "File, readable by nobody else (chmod 600), with a secret on one line: webhook: the key "
         "of its signatures; pagerduty: the integration key; slack: the URL, in place of \"url\"; "
         "alertmanager: a bearer token."),
    TEXT(cw_config_sink, secret_env, "secret_env", "",
         "Or: name of an environment variable that holds it."),
    TEXT(cw_config_sink, address, "address", "",
         "syslog: path of a socket that takes datagrams (left out: /dev/log), or "
         "udp://ADDRESS:PORT with a numeric address, by which nothing is lost on this side only."),
    TEXT(cw_config_sink, facility_name, "facility", "daemon",
         "syslog: kern, user, mail, daemon, auth, syslog, cron, authpriv or local0 to local7."),
    U64(cw_config_sink, resend_s, "resend_s", "60", 1, 86400,
        "alertmanager: how often it is told what is still open; it is to believe that for four "
        "times as long."),
    CW_FIELD_END,
};
static const struct cw_config_part sink_parts[] = {
    {"routes",
     "Names of routes: only what is about them, or about no route and their chains. Left "
     "out: everything.",
     CW_PART_TEXTS, false, NULL},
    {.key = NULL},
};
static const struct cw_config_form sink_forms[] = {
    {"type", cw_config_sink_types, NULL},     {"url", NULL, URL},
    {"min_severity", severities, NULL},       {"secret_env", NULL, VARIABLE},
    {"facility", cw_config_facilities, NULL}, {.key = NULL},
};
const struct cw_config_shape cw_config_shape_sink = {sink_fields, sink_parts, true, sink_forms};

static const struct cw_field api_fields[] = {
    TEXT(cw_config_api, listen, "listen", "127.0.0.1:9560",
         "Numeric address and port on which it listens; port 0: any that is free, which the log "
         "names."),
    TEXT(cw_config_api, anonymous_name, "anonymous", "",
         "What may be done without a token: \"read\" or \"nothing\". Left out: to read on a "
         "loopback address, else nothing."),
    TEXT(cw_config_api, certificate, "certificate", "",
         "PEM file with the certificates, its own first; with it, TLS is spoken."),
    TEXT(cw_config_api, certificate_key, "certificate_key", "",
         "PEM file with its key, readable by nobody else (chmod 600)."),
    U64(cw_config_api, max_connections, "max_connections", "1280", 4, 60000,
        "Connections at a time; what is more waits to be taken."),
    U64(cw_config_api, max_streams, "max_streams", "1024", 1, 50000,
        "Of these, such as listen to events; fewer than max_connections."),
    U64(cw_config_api, max_body_bytes, "max_body_bytes", "65536", 1024, 1048576,
        "A request with a larger body is refused."),
    U64(cw_config_api, requests_per_s, "requests_per_s", "500", 0, 1000000,
        "Requests a second from one address, twice as many at once; 0: no limit."),
    U64(cw_config_api, idle_s, "idle_s", "30", 1, 3600,
        "A connection that stands still for so long is closed."),
    CW_FIELD_END,
};
static const struct cw_config_part api_parts[] = {
    {"tokens", "Who may do more, each under a name of your choice: `causeway token` makes one.",
     CW_PART_NAMED, false, &cw_config_shape_token},
    {"origins",
     "Origins of other sites' pages that may ask from a browser (CORS), such as "
     "[\"https://app.example.org\"].",
     CW_PART_TEXTS, false, NULL},
    {"hosts",
     "Names, beside localhost and addresses, under which it is asked without a token: "
     "others' names for this address are refused.",
     CW_PART_TEXTS, false, NULL},
    {"webhooks",
     "Where who has a token may have itself told of messages: what such URLs begin with, up to a "
     "slash, such as [\"https://hooks.example.org/\"]. None: nowhere.",
     CW_PART_TEXTS, false, NULL},
    {.key = NULL},
};
static const struct cw_config_form api_forms[] = {
    {"listen", NULL, "^([0-9]+[.][0-9]+[.][0-9]+[.][0-9]+|\\[[0-9a-fA-F:.]+\\]):[0-9]{1,5}$"},
    {"anonymous", anonymities, NULL},
    {.key = NULL},
};
const struct cw_config_shape cw_config_shape_api = {api_fields, api_parts, false, api_forms};

static const struct cw_field token_fields[] = {
    TEXT(cw_config_token, role_name, "role", "read",
         "read, or operate: retry, hold, release, acknowledge, silence, too."),
    TEXT(cw_config_token, sha256_text, "sha256", NULL,
         "SHA-256 of the token, as `causeway token` prints it."),
    CW_FIELD_END,
};
static const struct cw_config_form token_forms[] = {
    {"role", cw_config_roles, NULL},
    {"sha256", NULL, "^(0x)?[0-9a-fA-F]{64}$"},
    {.key = NULL},
};
const struct cw_config_shape cw_config_shape_token = {token_fields, NULL, true, token_forms};
