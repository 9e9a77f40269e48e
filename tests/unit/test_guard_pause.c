/* A transaction that was signed beforehand, and pauses: sent when the policy says so, once whatever
 * happens, and never when it is not what it should be. */
#include "guard_fixture.h"

#include "net/eth.h"
#include "tx/ask.h"

#include <causeway/abi.h>
#include <causeway/curve.h>
#include <causeway/tx.h>

#include <sys/stat.h>
#include <unistd.h>

#define RAW_MAX 1024

/* What was asked for, newest last; nothing is answered before the test says so. */
static struct {
    struct cw_quorum_request sends[16], receipts[16];
    unsigned sends_n, receipts_n;
    char raw[2 * RAW_MAX + 8]; /* the parameters of the last send */
    struct cw_quorum_request nonce, balance;
    unsigned about_n;
} asked;

static uint8_t raw[RAW_MAX];
static size_t raw_n;
static struct cw_hash32 tx_hash;
static struct cw_addr20 guardian;
static char file[640];

/* --- the wire --------------------------------------------------------------------------------- */

struct cw_quorum *cw_ask(struct cw_rpc *rpc, struct cw_quorum_request request,
                         struct cw_buf *take_params) {
    (void)rpc;
    if (strcmp(request.method, "eth_sendRawTransaction") == 0) {
        assert_true(asked.sends_n < CW_COUNT(asked.sends));
        asked.sends[asked.sends_n++] = request;
        snprintf(asked.raw, sizeof asked.raw, "%s", cw_buf_cstr(take_params));
    } else {
        assert_string_equal(request.method, "eth_getTransactionReceipt");
        assert_true(asked.receipts_n < CW_COUNT(asked.receipts));
        asked.receipts[asked.receipts_n++] = request;
    }
    cw_buf_done(take_params);
    return NULL; /* nothing that could be cancelled */
}

struct cw_quorum *cw_ask_account(struct cw_rpc *rpc, const struct cw_config_chain *chain,
                                 const struct cw_addr20 *address, const struct cw_hash32 *at,
                                 struct cw_quorum_request request) {
    (void)rpc;
    (void)at;
    assert_string_equal(chain->name, "l1");
    assert_true(cw_addr20_equal(address, &guardian));
    if (strcmp(request.method, "eth_getBalance") == 0)
        asked.balance = request;
    else
        asked.nonce = request;
    asked.about_n++;
    return NULL;
}

enum cw_err cw_ask_number(void *ctx, const struct cw_json *value, struct cw_u256 *ret) {
    (void)ctx;
    return cw_eth_u256(ret, value, NULL);
}
enum cw_err cw_ask_check_u64(void *ctx, const struct cw_json *value, struct cw_error *error) {
    uint64_t v;
    (void)ctx;
    return cw_eth_u64(&v, value, error);
}
enum cw_err cw_ask_check_u256(void *ctx, const struct cw_json *value, struct cw_error *error) {
    struct cw_u256 v;
    (void)ctx;
    return cw_eth_u256(&v, value, error);
}
enum cw_err cw_ask_check_data(void *ctx, const struct cw_json *value, struct cw_error *error) {
    (void)ctx;
    (void)value;
    (void)error;
    return CW_OK;
}
enum cw_err cw_ask_check_fees(void *ctx, const struct cw_json *value, struct cw_error *error) {
    (void)ctx;
    (void)value;
    (void)error;
    return CW_OK;
}

/* value: JSON text, that passes the check; NULL: it fails with text. */
static void answer(struct fixture *f, const struct cw_quorum_request *request, const char *value,
                   enum cw_err err, const char *text) {
    struct cw_json_doc *doc = NULL;
    struct cw_rpc_result result = {.err = err, .text = text};
    if (value) {
        OK(cw_json_parse(&doc, cw_slice_of(value, strlen(value)), false, &f->error));
        result.value = cw_json_root(doc);
        OK(request->check(request->ctx, result.value, &f->error));
    }
    request->done(request->ctx, &result);
    cw_json_free(doc);
}

static void took(struct fixture *f) {
    char text[80], hex[CW_HEX_SIZE(32)];
    snprintf(text, sizeof text, "\"%s\"", cw_hex_encode(hex, cw_slice_of(tx_hash.b, 32)));
    answer(f, &asked.sends[asked.sends_n - 1], text, CW_OK, NULL);
}

static void receipt(struct fixture *f, uint64_t block, bool success) {
    char text[1024], hash[CW_HEX_SIZE(32)], at[CW_HEX_SIZE(32)];
    const struct cw_hash32 in = {{0xb1, [31] = (uint8_t)block}};
    snprintf(text, sizeof text,
             "{\"transactionHash\":\"%s\",\"blockHash\":\"%s\",\"blockNumber\":\"0x%x\","
             "\"status\":\"0x%d\",\"gasUsed\":\"0x5208\",\"effectiveGasPrice\":\"0x1\","
             "\"logs\":[]}",
             cw_hex_encode(hash, cw_slice_of(tx_hash.b, 32)),
             cw_hex_encode(at, cw_slice_of(in.b, 32)), (unsigned)block, success);
    answer(f, &asked.receipts[asked.receipts_n - 1], text, CW_OK, NULL);
}

/* --- the transaction -------------------------------------------------------------------------- */

static struct cw_tx good_tx(void) {
    struct cw_tx tx = {.type = CW_TX_DYNAMIC_FEE,
                       .chain_id = {900},
                       .nonce = 7,
                       .max_fee = {cw_u256_from_u64(100)},
                       .gas_limit = 100000,
                       .has_to = true,
                       .to = {{0x5c}},
                       .data = CW_LITERAL("\x6d\xa6\x63\x65 and a text")};
    return tx;
}

static void sign(struct fixture *f, const struct cw_tx *tx, mode_t mode) {
    static const struct cw_secret32 secret = {{[31] = 3}};
    struct cw_curve *curve = cw_curve_new(NULL);
    struct cw_slice bytes;
    char hex[2 * RAW_MAX + 3];
    assert_non_null(curve);
    OK(cw_curve_address(curve, &guardian, &secret));
    OK(cw_tx_sign(curve, &f->arena, &bytes, &tx_hash, tx, &secret));
    cw_curve_free(curve);
    assert_true(bytes.n <= RAW_MAX);
    memcpy(raw, bytes.p, bytes.n);
    raw_n = bytes.n;
    temp_path(&f->temp, "pause.tx", file, sizeof file);
    (void)unlink(file);
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    fprintf(out, "%s\n", cw_hex_encode(hex, bytes));
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(file, mode), 0);
}

/* The process begins with that policy, and the guardian can pay. */
static void begin(struct fixture *f, enum cw_pause_on on, const struct cw_tx *tx) {
    memset(&asked, 0, sizeof asked);
    sign(f, tx, 0600);
    f->route_config.policy.pause_tx_file = file;
    f->route_config.policy.pause_on = on;
    world.pause = (struct cw_pause){.to = {{0x5c}},
                                    .data = {0x6d, 0xa6, 0x63, 0x65, 1},
                                    .data_n = 5,
                                    .fixed_n = 4,
                                    .signature = "pause(string)",
                                    .guardian = guardian};
    restart(f, CW_ROLE_MONITOR);
    run(f, 1000);
    answer(f, &asked.nonce, "\"0x7\"", CW_OK, NULL);
    answer(f, &asked.balance, "\"0x989680\"", CW_OK, NULL);
    run(f, 1000);
}

static void violate(struct fixture *f, enum cw_stake stake, uint64_t number) {
    script(7)->state = CW_VERDICT_VIOLATED;
    script(7)->stake = stake;
    script(7)->open = true;
    block(f, CW_SETTLEMENT, number, ROOT, 7, 0, 0);
    run(f, 0);
}

/* Blocks up to that one are final. */
static void final(struct fixture *f, uint64_t number) {
    heads(number, number + 10);
    run(f, 1000);
}

static void assert_pause(struct fixture *f, enum cw_severity severity, const char *text) {
    const struct cw_store_incident *in = incident(f, CW_INCIDENT_PAUSE);
    assert_non_null(in);
    assert_int_equal(in->resolved_ms, 0);
    assert_int_equal(in->severity, severity);
    assert_string_equal(in->subject, "op");
    if (!strstr(in->text, text))
        fail_msg("\"%s\" does not say \"%s\"", in->text, text);
}

/* --- sent ------------------------------------------------------------------------------------- */

static void confirmed__by_policy__sent_once_blocks_are_final(void **state) {
    struct fixture *f = *state;
    const struct cw_tx tx = good_tx();
    char hex[2 * RAW_MAX + 3], params[sizeof asked.raw];
    begin(f, CW_PAUSE_ON_CONFIRMED, &tx);
    assert_null(incident(f, CW_INCIDENT_PAUSE));
    violate(f, CW_STAKE_ROUTE, 105);
    assert_int_equal(asked.sends_n, 0);
    final(f, 105);
    assert_int_equal(asked.sends_n, 1);
    snprintf(params, sizeof params, "[\"%s\"]", cw_hex_encode(hex, cw_slice_of(raw, raw_n)));
    assert_string_equal(asked.raw, params);
    assert_pause(f, CW_SEVERITY_CRITICAL,
                 "the signed pause transaction goes out; for: root: number 7: so it is");
    assert_true(cw_hash32_equal(&incident(f, CW_INCIDENT_PAUSE)->tx, &tx_hash));
    took(f);
    receipt(f, 112, true);
    run(f, 1000);
    assert_pause(f, CW_SEVERITY_CRITICAL, "paused, in block 112");
    run(f, 60000);
    assert_int_equal(asked.sends_n, 1);
    final(f, 112);
    run(f, 1000);
    assert_string_equal(incident(f, CW_INCIDENT_PAUSE)->resolution,
                        "paused, in the final block 112");
    restart(f, CW_ROLE_MONITOR);
    run(f, 60000);
    assert_int_equal(asked.sends_n, 1);
}

static void provisional__by_policy__sent_at_once(void **state) {
    struct fixture *f = *state;
    const struct cw_tx tx = good_tx();
    begin(f, CW_PAUSE_ON_PROVISIONAL, &tx);
    violate(f, CW_STAKE_ROUTE, 105);
    run(f, 500);
    assert_int_equal(asked.sends_n, 1);
    assert_int_equal(asked.sends[0].k, 1);
    assert_true(asked.sends[0].everybody);
}

/* What was decided goes out after a crash, the same bytes; whatever has come of its reason. */
static void decided__before_a_crash__goes_out_after_it(void **state) {
    struct fixture *f = *state;
    const struct cw_tx tx = good_tx();
    begin(f, CW_PAUSE_ON_CONFIRMED, &tx);
    violate(f, CW_STAKE_ROUTE, 90);
    run(f, 500);
    assert_int_equal(asked.sends_n, 1);
    restart(f, CW_ROLE_MONITOR);
    script(7)->state = CW_VERDICT_OK;
    final(f, 106);
    assert_int_equal(asked.sends_n, 2);
    answer(f, &asked.sends[1], NULL, CW_ERR_REFUSED, "already known");
    run(f, 500);
    assert_pause(f, CW_SEVERITY_CRITICAL, "goes out; for");
    run(f, 12000);
    assert_int_equal(asked.sends_n, 3);
    answer(f, &asked.sends[2], NULL, CW_ERR_REFUSED, "nonce too low");
    run(f, 500);
    assert_pause(f, CW_SEVERITY_CRITICAL, "goes out, and is refused: nonce too low; for");
    run(f, 1000);
    assert_int_equal(asked.sends_n, 4);
}

static void included__in_a_block_that_goes__sent_again(void **state) {
    struct fixture *f = *state;
    const struct cw_tx tx = good_tx();
    begin(f, CW_PAUSE_ON_CONFIRMED, &tx);
    violate(f, CW_STAKE_ROUTE, 90);
    run(f, 500);
    took(f);
    world.header = (struct cw_store_header){.ref = {{108}, {{0xee}}, 1}};
    receipt(f, 108, true); /* of another fork than ours */
    run(f, 500);
    assert_int_equal(asked.sends_n, 1);
    assert_pause(f, CW_SEVERITY_CRITICAL, "goes out; for");
    memset(&world.header, 0, sizeof world.header);
    heads(100, 111);
    run(f, 500);
    receipt(f, 109, false);
    run(f, 500);
    assert_pause(f, CW_SEVERITY_CRITICAL, "the pause transaction failed in block 109; for");
    unsigned before = asked.sends_n;
    world.header = (struct cw_store_header){.ref = {{109}, {{0xee}}, 1}};
    run(f, 500);
    assert_int_equal(asked.sends_n, before + 1);
    assert_pause(f, CW_SEVERITY_CRITICAL, "goes out; for");
}

/* --- not sent --------------------------------------------------------------------------------- */

static void stake__not_the_route__nothing_sent(void **state) {
    struct fixture *f = *state;
    const struct cw_tx tx = good_tx();
    begin(f, CW_PAUSE_ON_PROVISIONAL, &tx);
    violate(f, CW_STAKE_MESSAGES, 90);
    run(f, 5000);
    assert_int_equal(asked.sends_n, 0);
    assert_string_equal(incident(f, CW_INCIDENT_INVARIANT)->pause, "");
}

static void stake__less_when_blocks_are_final__nothing_sent(void **state) {
    struct fixture *f = *state;
    const struct cw_tx tx = good_tx();
    begin(f, CW_PAUSE_ON_CONFIRMED, &tx);
    violate(f, CW_STAKE_ROUTE, 105);
    script(7)->stake = CW_STAKE_NONE;
    final(f, 105);
    run(f, 1000);
    assert_int_equal(subject(f, 7).stake, CW_STAKE_NONE);
    assert_false(subject(f, 7).provisional);
    assert_int_equal(asked.sends_n, 0);
}

/* The call stands in the incident for whoever may make it. */
static void policy__never__nothing_sent_and_the_call_shown(void **state) {
    struct fixture *f = *state;
    const struct cw_tx tx = good_tx();
    begin(f, CW_PAUSE_ON_NEVER, &tx);
    violate(f, CW_STAKE_ROUTE, 90);
    run(f, 5000);
    assert_int_equal(asked.sends_n, 0);
    assert_string_equal(incident(f, CW_INCIDENT_INVARIANT)->pause,
                        "0x5c00000000000000000000000000000000000000 0x6da6636501");
}

static void relayer__with_that_policy__sends_nothing(void **state) {
    struct fixture *f = *state;
    const struct cw_tx tx = good_tx();
    begin(f, CW_PAUSE_ON_PROVISIONAL, &tx);
    violate(f, CW_STAKE_MESSAGES, 90);
    restart(f, CW_ROLE_RELAYER);
    script(7)->stake = CW_STAKE_ROUTE;
    final(f, 106);
    run(f, 5000);
    assert_int_equal(asked.sends_n, 0);
}

/* Wrong in one way each: told at the start, and never sent. */
static void call__another_than_the_contracts_take__told_and_not_sent(void **state) {
    static const struct {
        uint8_t to;
        const char *data;
        bool stranger;
        const char *says;
    } rows[] = {
        {0x5d, "\x6d\xa6\x63\x65", false, "another contract"},
        {0x5c, "\x6d\xa6\x63\x66", false, "another function"},
        {0x5c, "\x6d\xa6\x63", false, "another function"},
        {0x5c, "\x6d\xa6\x63\x65", true, "not the guardian"},
    };
    struct fixture *f = *state;
    violate(f, CW_STAKE_ROUTE, 90);
    for (size_t i = 0; i < CW_COUNT(rows); i++) {
        struct cw_tx tx = good_tx();
        tx.nonce = 7 + i; /* not the same one */
        tx.to.b[0] = rows[i].to;
        tx.data = cw_slice_of(rows[i].data, strlen(rows[i].data));
        begin(f, CW_PAUSE_ON_NEVER, &tx);
        f->route_config.policy.pause_on = CW_PAUSE_ON_PROVISIONAL;
        world.pause.guardian.b[0] ^= rows[i].stranger;
        restart(f, CW_ROLE_MONITOR);
        run(f, 5000);
        assert_int_equal(asked.sends_n, 0);
        assert_pause(f, CW_SEVERITY_WARNING, rows[i].says);
        world.pause.data_n = 0;
        run(f, 1000);
        assert_pause(f, CW_SEVERITY_WARNING, "how these contracts are paused is not known");
    }
}

/* A Safe acts by the signatures in the call, whoever sends it. */
static void call__by_a_safe__as_good_as_its_own(void **state) {
    struct fixture *f = *state;
    struct cw_buf data;
    struct cw_tx tx = good_tx();
    const struct cw_addr20 superchain = tx.to, safe = {{0x5a}};
    for (uint64_t operation = 0; operation < 2; operation++) {
        cw_buf_init(&data, 4096);
        const struct cw_selector exec = {{0x6a, 0x76, 0x12, 0x02}};
        cw_abi_put_selector(&data, exec);
        size_t base = cw_abi_base(&data);
        cw_abi_put_addr20(&data, &superchain);
        cw_abi_put_u64(&data, 0);
        size_t at = cw_abi_put_offset(&data);
        cw_abi_put_u64(&data, 1 - operation);
        for (unsigned i = 0; i < 6; i++)
            cw_abi_put_u64(&data, 0);
        cw_abi_place(&data, base, at);
        cw_abi_put_bytes(&data, CW_LITERAL("\x6d\xa6\x63\x65 and a text"));
        tx.to = safe;
        tx.data = cw_buf_slice(&data);
        tx.nonce = 7 + operation;
        begin(f, CW_PAUSE_ON_NEVER, &tx);
        world.pause.guardian = safe;
        run(f, 1000);
        if (operation == 0) /* it would let code of others act for it */
            assert_pause(f, CW_SEVERITY_WARNING, "another contract");
        else
            assert_null(strstr(incident(f, CW_INCIDENT_PAUSE)->text, "can't be used: it calls"));
        cw_buf_done(&data);
    }
    assert_pause(f, CW_SEVERITY_WARNING, "will not do: it has nonce 8, and 7 is next");
}

/* --- in doubt --------------------------------------------------------------------------------- */

static void sender__that_moved_on_or_is_poor__told_and_tried_all_the_same(void **state) {
    struct fixture *f = *state;
    const struct cw_tx tx = good_tx();
    begin(f, CW_PAUSE_ON_CONFIRMED, &tx);
    run(f, 600000);
    answer(f, &asked.balance, "\"0x98967f\"", CW_OK, NULL);
    run(f, 1000);
    assert_pause(f, CW_SEVERITY_WARNING, "has 0.009999 gwei, and it may cost 0.01 gwei");
    run(f, 600000);
    answer(f, &asked.nonce, "\"0x8\"", CW_OK, NULL);
    run(f, 1000);
    assert_pause(f, CW_SEVERITY_WARNING, "it has nonce 7, and 8 is next");
    violate(f, CW_STAKE_ROUTE, 90);
    run(f, 1000);
    assert_int_equal(asked.sends_n, 1);
    assert_pause(f, CW_SEVERITY_CRITICAL, "goes out");
}

static void sender__well_again__no_longer_told(void **state) {
    struct fixture *f = *state;
    const struct cw_tx tx = good_tx();
    begin(f, CW_PAUSE_ON_CONFIRMED, &tx);
    assert_int_equal(asked.about_n, 2);
    run(f, 600000);
    answer(f, &asked.balance, "\"0x1\"", CW_OK, NULL);
    run(f, 1000);
    assert_pause(f, CW_SEVERITY_WARNING, "may cost");
    run(f, 600000);
    answer(f, &asked.balance, "\"0x989680\"", CW_OK, NULL);
    run(f, 1000);
    assert_string_equal(incident(f, CW_INCIDENT_PAUSE)->resolution, "it can be used");
}

/* --- the file --------------------------------------------------------------------------------- */

static void start_fails(struct fixture *f, const char *says) {
    struct guard *guard = NULL;
    f->route_config.policy.pause_tx_file = file;
    enum cw_err err = guard_new(&guard, &f->route, &f->error);
    if (err == CW_OK || !strstr(f->error.text, says))
        fail_msg("\"%s\" does not say \"%s\"", err == CW_OK ? "" : f->error.text, says);
    f->route_config.policy.pause_tx_file = "";
}

static void file__that_will_not_do__nothing_starts(void **state) {
    struct fixture *f = *state;
    struct cw_tx tx = good_tx();
    restart(f, CW_ROLE_MONITOR);
    sign(f, &tx, 0640);
    start_fails(f, "chmod 600");
    tx.chain_id.v = 1;
    sign(f, &tx, 0600);
    start_fails(f, "route \"op\"");
    start_fails(f, "for another chain");
    tx = good_tx();
    tx.value.v = cw_u256_from_u64(1);
    sign(f, &tx, 0600);
    start_fails(f, "sends value");
    tx = good_tx();
    tx.has_to = false;
    tx.to = (struct cw_addr20){{0}};
    sign(f, &tx, 0600);
    start_fails(f, "creates a contract");
    tx = good_tx();
    tx.type = CW_TX_LEGACY;
    tx.chain_id.v = 0;
    sign(f, &tx, 0600);
    start_fails(f, "bound to no chain");
    assert_int_equal(truncate(file, 20), 0);
    start_fails(f, "pause transaction");
    assert_int_equal(unlink(file), 0);
    start_fails(f, "can't be opened");
}

/* Another configuration whose file will not do changes nothing. */
static void reload__with_another_file__taken_over_or_refused(void **state) {
    struct fixture *f = *state;
    struct cw_tx tx = good_tx();
    struct cw_config config = f->config;
    begin(f, CW_PAUSE_ON_CONFIRMED, &tx);
    config = f->config;
    config.routes = &f->route_config;
    config.routes_n = 1;
    const struct pause *before = f->route.guard->pause;
    assert_int_equal(unlink(file), 0);
    assert_int_equal(guards_reload(&f->relay, &config, &f->error), CW_ERR_INPUT);
    assert_ptr_equal(f->route.guard->pause, before);
    tx.nonce = 8;
    sign(f, &tx, 0600);
    OK(guards_reload(&f->relay, &config, &f->error));
    run(f, 1000);
    answer(f, &asked.nonce, "\"0x7\"", CW_OK, NULL);
    run(f, 1000);
    assert_pause(f, CW_SEVERITY_WARNING, "it has nonce 8, and 7 is next");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(confirmed__by_policy__sent_once_blocks_are_final),
        CASE(provisional__by_policy__sent_at_once),
        CASE(decided__before_a_crash__goes_out_after_it),
        CASE(included__in_a_block_that_goes__sent_again),
        CASE(stake__not_the_route__nothing_sent),
        CASE(stake__less_when_blocks_are_final__nothing_sent),
        CASE(policy__never__nothing_sent_and_the_call_shown),
        CASE(relayer__with_that_policy__sends_nothing),
        CASE(call__another_than_the_contracts_take__told_and_not_sent),
        CASE(call__by_a_safe__as_good_as_its_own),
        CASE(sender__that_moved_on_or_is_poor__told_and_tried_all_the_same),
        CASE(sender__well_again__no_longer_told),
        CASE(file__that_will_not_do__nothing_starts),
        CASE(reload__with_another_file__taken_over_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
