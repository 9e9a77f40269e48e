/* The configuration: one JSON file with comments. Every value has a documented default, unknown
 * keys are refused with file:line:column and the nearest valid key, secrets come by file or
 * environment variable. */
#ifndef CORE_CONFIG_H
#define CORE_CONFIG_H

#include <adapters/adapter.h>
#include <causeway/base.h>
#include <causeway/tx.h>
#include <monitor/incident.h>

struct cw_config_endpoint {
    const char *url;
    const char *operator_; /* the URL's host and port where none was written */
    uint64_t max_rps;      /* calls a second; 0: no limit */
};

struct cw_config_chain {
    const char *name;
    uint64_t chain_id;
    struct cw_config_endpoint *endpoints;
    size_t endpoints_n;
    /* Where transactions go, and nothing else, in this order; none: to the endpoints above. */
    struct cw_config_endpoint *send;
    size_t send_n;
    const char *explorer; /* http or https URL that "/tx/HASH" is put behind, for the page; "" */
    const char *symbol;   /* of the native token, "ETH" */
    uint64_t decimals;    /* of the native token, for people and prices */
    uint64_t quorum;      /* at most the operators of the endpoints */
    uint64_t set_aside_s; /* an endpoint whose answer can't be true */
    uint64_t poll_ms;     /* head polling: longest pause */
    const char *mode_name;
    enum cw_mode mode;
    uint64_t coalesce_ms;
    uint64_t batch_max;
    uint64_t quick_deadline_ms;
    uint64_t heavy_deadline_ms;
    uint64_t max_answer_bytes;
    uint64_t log_range_max; /* blocks in one eth_getLogs */
    uint64_t live_blocks;   /* what lies further behind the final head is left to the backfill */
    uint64_t backfill_ranges;
    uint64_t tx_gas_cap; /* EIP-7825: 16777216; 0 where the chain has no such cap */
    /* fees */
    struct cw_wei min_tip;
    struct cw_wei max_fee;   /* per gas; an attempt above it waits */
    uint64_t fee_percentile; /* of eth_feeHistory rewards */
    uint64_t fee_blocks;
    uint64_t max_in_flight;        /* transactions of one signer that are in no block yet */
    bool simulate_pending;         /* calls are tried on top of the endpoint's pool */
    uint64_t replace_after_blocks; /* that passed a transaction by, before it is bid for again */
    const char *data_fee_name;     /* of the next; "none" */
    const struct cw_data_fee *data_fee; /* what it charges for data; NULL: nothing */
    /* Incidents tell when the head, or the final one, does not move for so long; 0: none does. */
    uint64_t max_head_pause_s, max_final_pause_s;
};

/* Where a key is kept: exactly one of key_file, key_env, keystore, web3signer and socket is not "".
 */
struct cw_config_signer {
    const char *name;
    const char *key_file;      /* a file with 64 hex digits */
    const char *key_env;       /* a variable that holds them */
    const char *keystore;      /* a keystore file of version 3, and */
    const char *password_file; /* a file with its password */
    const char *web3signer;    /* URL of one that holds the key, and */
    const char *public_key;    /* "0x" and 128 digits: sign by its REST interface; or "" */
    const char *socket;        /* path of that of a signer that runs apart */
    struct cw_addr20 address;  /* of the key behind web3signer or socket */
    struct cw_wei low_funds;   /* an incident tells of less; 0: of none */
    const char *policy_file;   /* of a signer that the relayer starts; "": derived from this */
    const char *foreign_nonce; /* "hold" or "shift" */
    bool shift_foreign;        /* it is "shift" */
};

/* What some messages have in common: being in one of the lists is enough. */
struct cw_config_match {
    struct cw_addr20s senders;
    struct cw_addr20s targets;
    struct cw_hexes ids;      /* 32 bytes each */
    struct cw_hexes calldata; /* what the call of the target begins with */
};

/* When a transaction that pauses the contracts is sent. */
enum cw_pause_on {
    CW_PAUSE_ON_NEVER,      /* "never" */
    CW_PAUSE_ON_CONFIRMED,  /* "confirmed": the route is held for what final blocks show */
    CW_PAUSE_ON_PROVISIONAL /* "provisional": for what other blocks show, too */
};

struct cw_config_policy {
    bool observe_only; /* neither a list nor "all" was written */
    bool relay_all;    /* "relay": "all" */
    struct cw_config_match relay;
    struct cw_config_match deny;   /* goes before relay */
    uint64_t max_gas;              /* a message and step; default 1000000 */
    struct cw_wei max_message_fee; /* all transactions of a message; 0: no bound */
    struct cw_wei daily_fee_budget;
    struct cw_wei min_balance;    /* that stays with the signer */
    const char *min_profit;       /* in the unit of the prices, decimal, may be negative; "": any */
    bool deliver_failing_targets; /* finalize although the target reverts: burns the message */
    bool replay;                  /* what was delivered and failed */
    uint64_t keepalive_s;         /* before a deadline that can be put off; 0: never */
    struct cw_u64s deadline_alerts_s; /* before a deadline; in any order */
    uint64_t max_delivery_s;          /* from sent to executed; 0: any */
    bool hold_on_violation;           /* of what must hold: as far as something is at stake */
    bool release_on_resolve;          /* such a hold, once that holds again */
    const char *pause_tx_file;        /* with a signed transaction; "": there is none */
    const char *pause_on_name;
    enum cw_pause_on pause_on;
};

/* What a chain's native token is worth, in a unit of the operator's choice. */
struct cw_config_price {
    const char *symbol;
    int64_t value; /* in units of 1e-9, above 0 */
};

struct cw_config_route {
    const char *name;
    const struct cw_adapter_ops *adapter;
    size_t settlement, execution; /* indices into chains */
    uint64_t settlement_start,
        execution_start;   /* first block to look at; 0: the final head at first start */
    const size_t *signers; /* indices into signers; none: observes */
    size_t signers_n;
    uint64_t batch_max; /* steps in one transaction; 1: each has its own */
    uint64_t batch_wait_s;
    const void *contracts; /* as the adapter's fields describe */
    struct cw_config_policy policy;
};

enum cw_sink_type {
    CW_SINK_WEBHOOK,
    CW_SINK_SLACK,
    CW_SINK_PAGERDUTY,
    CW_SINK_ALERTMANAGER,
    CW_SINK_SYSLOG,
    CW_SINK_STDOUT
};

/* Where alerts go. */
struct cw_config_sink {
    const char *name;
    const char *type_name;
    enum cw_sink_type type;
    const char *url;         /* of those that are asked over HTTP; SLACK: "" where it is secret */
    const char *secret_file; /* at most one of these is not "" */
    const char *secret_env;
    const char *address; /* SYSLOG: path of a socket, or "udp://ADDRESS:PORT" */
    const char *facility_name;
    unsigned facility; /* SYSLOG: its number */
    const char *min_severity_name;
    enum cw_severity min_severity;
    const size_t *routes; /* indices into routes; none: all */
    size_t routes_n;
    uint64_t max_per_minute; /* 0: no limit */
    uint64_t timeout_ms;
    uint64_t queue_max;
    uint64_t resend_s; /* ALERTMANAGER */
};

struct cw_config_escalate {
    uint64_t info_s, warning_s; /* of that severity, until it gets the next one; 0: never */
};

/* What whoever asks the API may do. */
enum cw_api_role { CW_API_NOBODY, CW_API_READ, CW_API_OPERATE };

struct cw_config_token {
    const char *name;
    const char *role_name, *sha256_text;
    enum cw_api_role role;
    struct cw_hash32 sha256; /* of the token */
};

struct cw_config_api {
    const char *listen; /* "": there is no API */
    char host[46];      /* numeric, without brackets */
    uint16_t port;      /* 0: any that is free */
    bool v6, loopback;
    const char *certificate, *certificate_key; /* PEM files; "": no TLS */
    const char *anonymous_name;
    enum cw_api_role anonymous; /* without a token */
    const char **origins;       /* of pages of others that may ask */
    size_t origins_n;
    const char **hosts; /* names by which it is reached without a token */
    size_t hosts_n;
    const char **webhooks; /* what URLs of webhooks begin with; none: there are no webhooks */
    size_t webhooks_n;
    uint64_t max_connections, max_streams, max_body_bytes, requests_per_s, idle_s;
    struct cw_config_token *tokens;
    size_t tokens_n;
};

/* Whether a webhook may be at that URL: nothing else is ever asked for somebody else. */
bool cw_config_webhook_allowed(const struct cw_config_api *api, const char *url);

struct cw_config {
    const char *path;
    const char *schema; /* for editors; not read */
    const char *data_dir;
    uint64_t answer_cache_bytes; /* in the database; 0: nothing is kept */
    const char *log_level;
    bool log_json;
    struct cw_config_chain *chains;
    size_t chains_n;
    struct cw_config_signer *signers;
    size_t signers_n;
    struct cw_config_route *routes;
    size_t routes_n;
    struct cw_config_price *prices;
    size_t prices_n;
    struct cw_config_sink *sinks;
    size_t sinks_n;
    struct cw_config_escalate escalate;
    struct cw_config_api api;
    uint64_t monitor_judgements;  /* of a route, under way at a time */
    uint64_t look_every_s;        /* by a chain's clock, at what no log tells of */
    uint64_t unverified_alert_s;  /* an incident tells of what can't be told for so long */
    const char *relayer_data_dir; /* where a monitor asks for holds; "": in its own */
    struct cw_arena *arena;       /* owns all of the above */
};

/* The chain on that side of the route; of routes that belong to this configuration. */
const struct cw_config_chain *cw_config_side(const struct cw_config *config,
                                             const struct cw_config_route *route,
                                             enum cw_side side);

/* The route's adapter; the caller closes it. Errors are the adapter's. */
CW_MUST_USE enum cw_err cw_config_adapter(struct cw_adapter **ret, const struct cw_config *config,
                                          const struct cw_config_route *route,
                                          struct cw_error *error);

/* Reads and checks the whole file, and the environment variables that stand for values of it
 * (core/config_env.h). On CW_ERR_INPUT the text starts with path:line:column or the variable. No
 * secret is read. */
CW_MUST_USE enum cw_err cw_config_load(struct cw_config **ret, const char *path,
                                       struct cw_error *error);
/* The same with the text in hand and no such variables; path says where relative paths start and
 * what errors are about. */
CW_MUST_USE enum cw_err cw_config_parse(struct cw_config **ret, const char *path,
                                        struct cw_slice text, struct cw_error *error);
void cw_config_free(struct cw_config *config); /* takes NULL */

/* Reads the key of a signer; files must not be usable by group or others. The caller wipes it. The
 * text never holds a digit of the key. A keystore takes a second or so; a key that a Web3Signer
 * holds can't be read. */
CW_MUST_USE enum cw_err cw_config_secret(struct cw_secret32 *ret,
                                         const struct cw_config_signer *signer,
                                         struct cw_error *error);

/* The address that it signs for: of a key that is elsewhere as it is written, else of its key,
 * which is read as by cw_config_secret. */
CW_MUST_USE enum cw_err cw_config_signer_address(struct cw_addr20 *ret,
                                                 const struct cw_config_signer *signer,
                                                 struct cw_error *error);

/* Every key with its type, default, bounds and meaning, as a commented configuration file (for
 * --help and docs). */
void cw_config_reference(struct cw_buf *out);
/* The same as a JSON schema (draft 2020-12), for editors. */
void cw_config_schema(struct cw_buf *out);

#endif
