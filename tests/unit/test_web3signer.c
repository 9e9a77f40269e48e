/* A Web3Signer as a signer: what it is asked, and that nothing it may answer but the right
 * transaction gets through. The peer really signs, and then lies in one point. */
#include "sign/web3signer.h"

#include "core/json.h"
#include "fake_clock.h"
#include "http_server.h"

#include <causeway/keccak.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The well-known first development account, and another one. */
static const struct cw_secret32 secret = {{0xac, 0x09, 0x74, 0xbe, 0xc3, 0x9a, 0x17, 0xe3,
                                           0x6b, 0xa4, 0xa6, 0xb4, 0xd2, 0x38, 0xff, 0x94,
                                           0x4b, 0xac, 0xb4, 0x78, 0xcb, 0xed, 0x5e, 0xfc,
                                           0xae, 0x78, 0x4d, 0x7b, 0xf4, 0xf2, 0xff, 0x80}};
static const struct cw_secret32 other_secret = {{7}};
static const struct cw_addr20 account = {{0xf3, 0x9f, 0xd6, 0xe5, 0x1a, 0xad, 0x88,
                                          0xf6, 0xf4, 0xce, 0x6a, 0xb8, 0x82, 0x72,
                                          0x79, 0xcf, 0xff, 0xb9, 0x22, 0x66}};
#define PUBLIC_KEY                                                                                 \
    "0x8318535b54105d4a7aae60c08fc45f9687181b4fdfc625bd1a753fa7397fed753547f11ca8696646f2f3acb08e" \
    "31016afac23e630c5d11f59f61fef57b0d2aa5"
/* of secp256k1 */
static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                  0xff, 0xff, 0xff, 0xff, 0xfe, 0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48,
                                  0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41};

enum manner {
    RIGHT,
    /* eth_signTransaction, in another point than asked */
    OTHER_CHAIN,
    OTHER_NONCE,
    OTHER_TO,
    OTHER_VALUE,
    OTHER_DATA,
    OTHER_GAS,
    OTHER_FEE,
    OTHER_TIP,
    LEGACY,
    TRAILING,
    CUT,
    /* both ways */
    OTHER_KEY,
    HIGH_S,
    GARBAGE,
    EMPTY,
    /* JSON-RPC only */
    OTHER_ID,
    NUMBER,
    ERROR_ANSWER,
    ERROR_STATUS,
    NO_METHOD,
    BUSY_ANSWER,
    /* REST only */
    NO_KEY,
    EVEN_V,
    SHORT,
    /* HTTP */
    BROKEN,
    BUSY,
    HANG_UP,
    PART,
    ENDLESS,
    NEVER
};

struct bed {
    struct fake_clock clock;
    struct cw_loop *loop;
    struct server *server;
    struct cw_curve *curve;
    struct cw_signer *signer;
    enum manner manner;
    unsigned asked;
    struct cw_arena arena; /* of the peer */
    char path[300];
};

/* --- the peer --------------------------------------------------------------------------------- */

static struct cw_u256 quantity(const struct cw_json *call, const char *key) {
    const char *text = cw_json_string(cw_json_get(call, key));
    struct cw_u256 value;
    assert_non_null(text);
    assert_int_equal(cw_u256_from_quantity(&value, text, strlen(text)), CW_OK);
    return value;
}

static uint64_t small(const struct cw_json *call, const char *key) {
    struct cw_u256 value = quantity(call, key);
    uint64_t out = 0;
    assert_false(cw_u256_to_u64(&out, &value));
    return out;
}

static struct cw_slice bytes(struct bed *bed, const char *hex) {
    size_t n = 0, cap = strlen(hex) / 2;
    uint8_t *out = cw_arena_alloc(&bed->arena, cap);
    assert_int_equal(cw_hex_decode_any(out, cap, &n, hex, strlen(hex)), CW_OK);
    return cw_slice_of(out, n);
}

/* What the parameters of eth_signTransaction mean. */
static struct cw_tx tx_of(struct bed *bed, const struct cw_json *call) {
    char from[CW_HEX_SIZE(20)];
    bool legacy = cw_json_get(call, "gasPrice") != NULL;
    struct cw_tx tx = {.type = legacy ? CW_TX_LEGACY : CW_TX_DYNAMIC_FEE, .has_to = true};
    assert_string_equal(cw_json_string(cw_json_get(call, "from")),
                        cw_hex_encode(from, cw_slice_of(account.b, 20)));
    assert_int_equal(cw_json_size(call), legacy ? 8 : 9);
    tx.chain_id.v = small(call, "chainId");
    tx.nonce = small(call, "nonce");
    tx.gas_limit = small(call, "gas");
    tx.max_fee.v = quantity(call, legacy ? "gasPrice" : "maxFeePerGas");
    if (!legacy) {
        tx.max_tip.v = quantity(call, "maxPriorityFeePerGas");
    }
    tx.value.v = quantity(call, "value");
    struct cw_slice to = bytes(bed, cw_json_string(cw_json_get(call, "to")));
    assert_int_equal(to.n, 20);
    memcpy(tx.to.b, to.p, 20);
    tx.data = bytes(bed, cw_json_string(cw_json_get(call, "data")));
    return tx;
}

static void lie(struct cw_tx *tx, enum manner manner) {
    static const uint8_t other_data[] = {1, 2, 3, 5};
    switch ((int)manner) {
    case OTHER_CHAIN:
        tx->chain_id.v++;
        break;
    case OTHER_NONCE:
        tx->nonce++;
        break;
    case OTHER_TO:
        tx->to.b[19] ^= 1;
        break;
    case OTHER_VALUE:
        tx->value.v.limb[0]++;
        break;
    case OTHER_DATA:
        tx->data = cw_slice_of(other_data, sizeof other_data);
        break;
    case OTHER_GAS:
        tx->gas_limit++;
        break;
    case OTHER_FEE:
        tx->max_fee.v.limb[0]++;
        break;
    case OTHER_TIP:
        tx->max_tip.v.limb[0]--;
        break;
    case LEGACY:
        tx->type = CW_TX_LEGACY;
        tx->max_tip = (struct cw_wei){{{0}}};
        break;
    }
}

/* The other of the two signatures that a key gives for a digest. */
static void raise_s(uint8_t s[32]) {
    struct cw_u256 low = cw_u256_from_be(s), n = cw_u256_from_be(order), high;
    assert_false(cw_u256_sub(&high, &n, &low));
    cw_u256_to_be(s, &high);
}

static struct cw_slice sign_as_asked(struct bed *bed, const struct cw_json *call) {
    struct cw_tx tx = tx_of(bed, call);
    struct cw_slice raw;
    lie(&tx, bed->manner);
    assert_int_equal(cw_tx_sign(bed->curve, &bed->arena, &raw, NULL, &tx,
                                bed->manner == OTHER_KEY ? &other_secret : &secret),
                     CW_OK);
    uint8_t *own = cw_arena_alloc(&bed->arena, raw.n + 1);
    memcpy(own, raw.p, raw.n);
    if (bed->manner == HIGH_S) { /* … parity, 0xa0 r, 0xa0 s */
        assert_int_equal(own[raw.n - 33], 0xa0);
        assert_int_equal(own[raw.n - 66], 0xa0);
        raise_s(own + raw.n - 32);
        own[raw.n - 67] = own[raw.n - 67] == 0x80 ? 0x01 : 0x80;
    }
    raw.n += bed->manner == TRAILING;
    raw.n -= bed->manner == CUT;
    return cw_slice_of(own, raw.n);
}

static void reply(struct server_conn *conn, int status, const char *text) {
    server_reply(conn, status, "", cw_slice_of(text, strlen(text)));
}

/* True when the manner is one of HTTP. */
static bool reply_badly(const struct bed *bed, struct server_conn *conn) {
    switch ((int)bed->manner) {
    case GARBAGE:
        reply(conn, 200, "\x01\xff{[");
        return true;
    case EMPTY:
        reply(conn, 200, "");
        return true;
    case BROKEN:
        reply(conn, 500, "<html>broken</html>");
        return true;
    case BUSY:
        reply(conn, 429, "");
        return true;
    case HANG_UP:
        server_hang_up(conn);
        return true;
    case PART:
        server_reply_part(conn, CW_LITERAL("0x12"), 5000, false);
        return true;
    case ENDLESS:
        server_reply_endless(conn, "", 0);
        return true;
    case NEVER:
        server_reply_never(conn);
        return true;
    }
    return false;
}

static void answer_call(struct bed *bed, const struct server_request *request) {
    struct cw_json_doc *doc = NULL;
    struct cw_error error = {0};
    struct cw_buf out;
    uint64_t id = 0;
    if (cw_json_parse(&doc, request->body, false, &error) != CW_OK) {
        fail_msg("%s", error.text);
    }
    const struct cw_json *root = cw_json_root(doc);
    assert_string_equal(cw_json_string(cw_json_get(root, "method")), "eth_signTransaction");
    assert_string_equal(cw_json_string(cw_json_get(root, "jsonrpc")), "2.0");
    assert_int_equal(cw_json_size(cw_json_get(root, "params")), 1);
    assert_int_equal(cw_json_u64(&id, cw_json_get(root, "id")), CW_OK);
    cw_buf_init(&out, 4u << 20);
    cw_buf_format(&out, "{\"jsonrpc\":\"2.0\",\"id\":%llu,",
                  (unsigned long long)(id + (bed->manner == OTHER_ID)));
    int status = 200;
    if (bed->manner == ERROR_ANSWER || bed->manner == ERROR_STATUS) {
        status = bed->manner == ERROR_STATUS ? 400 : 200;
        cw_buf_text(&out,
                    "\"error\":{\"code\":-32000,\"message\":\"Signing from is not an unlocked "
                    "account (sesame-street)\"}}");
    } else if (bed->manner == NO_METHOD) {
        cw_buf_text(&out, "\"error\":{\"code\":-32601,\"message\":\"Method not found\"}}");
    } else if (bed->manner == BUSY_ANSWER) {
        cw_buf_text(&out, "\"error\":{\"code\":429,\"message\":\"slow down\"}}");
    } else if (bed->manner == NUMBER) {
        cw_buf_text(&out, "\"result\":1}");
    } else {
        cw_buf_text(&out, "\"result\":\"");
        cw_buf_hex(&out, sign_as_asked(bed, cw_json_first(cw_json_get(root, "params"))));
        cw_buf_text(&out, "\"}");
    }
    server_reply(request->conn, status, "", cw_buf_slice(&out));
    cw_buf_done(&out);
    cw_json_free(doc);
}

static void answer_rest(struct bed *bed, const struct server_request *request) {
    struct cw_json_doc *doc = NULL;
    struct cw_hash32 digest;
    struct cw_signature signature;
    if (bed->manner == NO_KEY) {
        reply(request->conn, 404, "");
        return;
    }
    assert_int_equal(cw_json_parse(&doc, request->body, false, NULL), CW_OK);
    assert_int_equal(cw_json_size(cw_json_root(doc)), 1);
    cw_keccak256(&digest, bytes(bed, cw_json_string(cw_json_get(cw_json_root(doc), "data"))));
    cw_json_free(doc);
    assert_int_equal(cw_curve_sign(bed->curve, &signature, &digest,
                                   bed->manner == OTHER_KEY ? &other_secret : &secret),
                     CW_OK);
    uint8_t out[65];
    memcpy(out, signature.r.b, 32);
    memcpy(out + 32, signature.s.b, 32);
    out[64] = (uint8_t)(signature.y_parity + (bed->manner == EVEN_V ? 0 : 27));
    if (bed->manner == HIGH_S) {
        raise_s(out + 32);
        out[64] ^= 27 ^ 28;
    }
    char hex[CW_HEX_SIZE(65) + 1];
    cw_hex_encode(hex, cw_slice_of(out, bed->manner == SHORT ? 64 : 65));
    strcat(hex, "\n");
    reply(request->conn, 200, hex);
}

static void on_request(void *ctx, const struct server_request *request) {
    struct bed *bed = ctx;
    bed->asked++;
    assert_string_equal(request->method, "POST");
    snprintf(bed->path, sizeof bed->path, "%s", request->path);
    if (reply_badly(bed, request->conn)) {
        return;
    }
    if (strstr(request->path, "/api/v1/eth1/sign/") != NULL) {
        answer_rest(bed, request);
    } else {
        answer_call(bed, request);
    }
}

/* --- asking it -------------------------------------------------------------------------------- */

static const struct cw_sign_request asked = {
    .chain_id = {11155111},
    .nonce = 9,
    .gas_limit = 210000,
    .max_fee = {{{30000000000u}}},
    .max_tip = {{{1000000000u}}},
    .to = {{0x5a, 0xae, [19] = 0xed}},
    .value = {{{0}}},
    .data = {(const uint8_t *)"\x01\x02\x03\x04", 4},
};

struct answer {
    unsigned times;
    enum cw_err err;
    char text[600];
    uint8_t raw[4096];
    size_t raw_n;
    struct cw_hash32 hash;
    struct cw_signer **free_it; /* from the callback */
};

static void on_done(void *ctx, enum cw_err err, struct cw_slice raw, const struct cw_hash32 *hash,
                    const char *text) {
    struct answer *answer = ctx;
    answer->times++;
    answer->err = err;
    snprintf(answer->text, sizeof answer->text, "%s", text);
    assert_int_equal(hash != NULL, err == CW_OK);
    if (err == CW_OK) {
        assert_true(raw.n <= sizeof answer->raw);
        memcpy(answer->raw, raw.p, raw.n);
        answer->raw_n = raw.n;
        answer->hash = *hash;
    }
    if (answer->free_it != NULL) {
        cw_signer_free(*answer->free_it);
        *answer->free_it = NULL;
    }
}

static int set_up(void **state) {
    static struct bed bed;
    memset(&bed, 0, sizeof bed);
    fake_clock_init(&bed.clock);
    cw_arena_init(&bed.arena, 16u << 20);
    bed.curve = cw_curve_new(NULL);
    bed.server = server_new(on_request, &bed);
    *state = &bed;
    return cw_loop_new(&bed.loop, &bed.clock.clock, NULL) == CW_OK ? 0 : -1;
}

static int tear_down(void **state) {
    struct bed *bed = *state;
    cw_signer_free(bed->signer);
    cw_loop_free(bed->loop);
    server_free(bed->server);
    cw_curve_free(bed->curve);
    cw_arena_done(&bed->arena);
    return 0;
}

static void make(struct bed *bed, bool rest, const char *tail) {
    char url[200];
    struct cw_error error = {0};
    snprintf(url, sizeof url, "http://user:sesame-street@127.0.0.1:%u%s", server_port(bed->server),
             tail);
    const struct cw_web3signer_config config = {
        .loop = bed->loop,
        .url = url,
        .address = account,
        .public_key = rest ? PUBLIC_KEY : "",
        .deadline_ms = 10000,
    };
    cw_signer_free(bed->signer);
    bed->signer = NULL;
    if (cw_signer_web3signer(&bed->signer, &config, &error) != CW_OK) {
        fail_msg("%s", error.text);
    }
    assert_true(cw_addr20_equal(cw_signer_address(bed->signer), &account));
}

static void step(struct bed *bed) {
    server_step(bed->server, 1);
    assert_int_equal(cw_loop_step(bed->loop, 1, NULL), CW_OK);
}

static void sign(struct bed *bed, const struct cw_sign_request *request, struct answer *answer) {
    memset(answer, 0, sizeof *answer);
    cw_signer_sign(bed->signer, request, on_done, answer);
    while (answer->times == 0) {
        step(bed);
        if (bed->manner == NEVER) {
            bed->clock.now_ms += 1000;
        }
    }
    assert_int_equal(answer->times, 1);
    assert_null(strstr(answer->text, "sesame"));
}

/* What it gave is what was asked, signed by the account. */
static void assert_signed(const struct bed *bed, const struct cw_sign_request *request,
                          const struct answer *answer) {
    struct cw_tx tx, expected;
    struct cw_signature signature;
    struct cw_addr20 sender;
    struct cw_arena arena;
    struct cw_slice again, raw = cw_slice_of(answer->raw, answer->raw_n);
    if (answer->err != CW_OK) {
        fail_msg("%s", answer->text);
    }
    cw_arena_init(&arena, 1u << 20);
    assert_int_equal(cw_tx_decode(&arena, &tx, &signature, raw, NULL), CW_OK);
    assert_int_equal(cw_tx_recover(bed->curve, &arena, &sender, &tx, &signature), CW_OK);
    assert_true(cw_addr20_equal(&sender, &account));
    cw_sign_request_tx(&expected, request);
    assert_int_equal(cw_tx_encode_signed(&arena, &again, &expected, &signature), CW_OK);
    assert_true(cw_slice_equal(again, raw));
    cw_arena_done(&arena);
}

static void sign__a_peer_that_is_right__the_transaction(void **state) {
    struct bed *bed = *state;
    struct answer answer;
    char path[300];
    make(bed, false, "");
    sign(bed, &asked, &answer);
    assert_signed(bed, &asked, &answer);
    assert_string_equal(bed->path, "/");
    make(bed, false, "/some/path?key=1234567");
    sign(bed, &asked, &answer);
    assert_signed(bed, &asked, &answer);
    assert_string_equal(bed->path, "/some/path?key=1234567");

    static const char *const tails[] = {"", "/", "/signer//"};
    for (size_t i = 0; i < CW_COUNT(tails); i++) {
        make(bed, true, tails[i]);
        sign(bed, &asked, &answer);
        assert_signed(bed, &asked, &answer);
        snprintf(path, sizeof path, "%s/api/v1/eth1/sign/" PUBLIC_KEY, i == 2 ? "/signer" : "");
        assert_string_equal(bed->path, path);
    }
    assert_int_equal(bed->asked, 5);
}

static void sign__whatever_can_be_asked__the_same_comes_back(void **state) {
    struct bed *bed = *state;
    struct answer answer;
    struct cw_sign_request cases[5] = {asked, asked, asked, asked, asked};
    cases[0].data.n = 0;
    cases[0].nonce = 0;
    cases[1].value.v = (struct cw_u256){{1, 2, 0, 0}};
    cases[1].max_fee.v = (struct cw_u256){{UINT64_MAX, 5, 0, 0}};
    cases[2].max_tip = cases[2].max_fee;
    cases[2].nonce = UINT64_MAX - 1;
    cases[3].chain_id.v = UINT32_MAX;
    cases[4].legacy = true;
    cases[4].max_tip = (struct cw_wei){{{0}}};
    for (int rest = 0; rest < 2; rest++) {
        make(bed, rest == 1, "");
        for (size_t i = 0; i < CW_COUNT(cases); i++) {
            sign(bed, &cases[i], &answer);
            assert_signed(bed, &cases[i], &answer);
        }
    }
}

static void sign__a_peer_that_lies__contradicted_or_refused(void **state) {
    struct bed *bed = *state;
    static const struct {
        bool rest;
        enum manner manner;
        enum cw_err err;
        const char *says;
    } cases[] = {
        {false, OTHER_CHAIN, CW_ERR_CONTRADICTED, "its chain differs"},
        {false, OTHER_NONCE, CW_ERR_CONTRADICTED, "its nonce differs"},
        {false, OTHER_TO, CW_ERR_CONTRADICTED, "what it calls differs"},
        {false, OTHER_VALUE, CW_ERR_CONTRADICTED, "what it calls differs"},
        {false, OTHER_DATA, CW_ERR_CONTRADICTED, "what it calls differs"},
        {false, OTHER_GAS, CW_ERR_CONTRADICTED, "its gas or its fees differs"},
        {false, OTHER_FEE, CW_ERR_CONTRADICTED, "its gas or its fees differs"},
        {false, OTHER_TIP, CW_ERR_CONTRADICTED, "its gas or its fees differs"},
        {false, LEGACY, CW_ERR_CONTRADICTED, "its type differs"},
        {false, OTHER_KEY, CW_ERR_CONTRADICTED, "its sender differs"},
        {false, HIGH_S, CW_ERR_INPUT, ""},
        {false, TRAILING, CW_ERR_INPUT, ""},
        {false, CUT, CW_ERR_INPUT, ""},
        {false, GARBAGE, CW_ERR_TRANSPORT, "no JSON"},
        {false, EMPTY, CW_ERR_TRANSPORT, "no JSON"},
        {false, OTHER_ID, CW_ERR_TRANSPORT, "none to eth_signTransaction"},
        {false, NUMBER, CW_ERR_TRANSPORT, "none to eth_signTransaction"},
        {false, ERROR_ANSWER, CW_ERR_REFUSED, "not an unlocked account"},
        {false, ERROR_STATUS, CW_ERR_REFUSED, "not an unlocked account"},
        {false, NO_METHOD, CW_ERR_REFUSED, "with \"public_key\" its REST interface is used"},
        {false, BUSY_ANSWER, CW_ERR_TRANSPORT, "slow down"},
        {false, BUSY, CW_ERR_TRANSPORT, "HTTP 429"},
        {false, BROKEN, CW_ERR_TRANSPORT, "HTTP 500"},
        {false, HANG_UP, CW_ERR_TRANSPORT, ""},
        {false, PART, CW_ERR_TRANSPORT, ""},
        {false, ENDLESS, CW_ERR_LIMIT, "over the cap"},
        {false, NEVER, CW_ERR_TRANSPORT, "no answer within 10000 ms"},
        {true, OTHER_KEY, CW_ERR_CONTRADICTED, "its sender differs"},
        {true, HIGH_S, CW_ERR_INPUT, "a signature that no chain takes"},
        {true, GARBAGE, CW_ERR_TRANSPORT, "no signature of 65 bytes"},
        {true, EMPTY, CW_ERR_TRANSPORT, "no signature of 65 bytes"},
        {true, SHORT, CW_ERR_TRANSPORT, "no signature of 65 bytes"},
        {true, EVEN_V, CW_ERR_TRANSPORT, "no signature of 65 bytes"},
        {true, NO_KEY, CW_ERR_TRANSPORT, "HTTP 404: it has no key"},
        {true, BUSY, CW_ERR_TRANSPORT, "HTTP 429"},
        {true, BROKEN, CW_ERR_TRANSPORT, "HTTP 500"},
        {true, HANG_UP, CW_ERR_TRANSPORT, ""},
        {true, PART, CW_ERR_TRANSPORT, ""},
        {true, ENDLESS, CW_ERR_LIMIT, "over the cap"},
        {true, NEVER, CW_ERR_TRANSPORT, "no answer within 10000 ms"},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        struct answer answer;
        bed->manner = cases[i].manner;
        make(bed, cases[i].rest, "");
        sign(bed, &asked, &answer);
        if (answer.err != cases[i].err || strstr(answer.text, cases[i].says) == NULL ||
            strncmp(answer.text, "Web3Signer 127.0.0.1:", 21) != 0) {
            fail_msg("case %zu: %s, %s", i, cw_err_name(answer.err), answer.text);
        }
        bed->manner = RIGHT;
        make(bed, cases[i].rest, "");
        sign(bed, &asked, &answer); /* the next one is believed again */
        assert_signed(bed, &asked, &answer);
    }
}

static void sign__nobody_listens__transport(void **state) {
    struct bed *bed = *state;
    struct answer answer;
    make(bed, false, "");
    server_free(bed->server);
    memset(&answer, 0, sizeof answer);
    cw_signer_sign(bed->signer, &asked, on_done, &answer);
    while (answer.times == 0) {
        assert_int_equal(cw_loop_step(bed->loop, 1, NULL), CW_OK);
    }
    assert_int_equal(answer.err, CW_ERR_TRANSPORT);
    bed->server = server_new(on_request, bed);
}

static void sign__an_answer_after_its_time__told_once(void **state) {
    struct bed *bed = *state;
    struct answer answer = {0};
    make(bed, false, "");
    cw_signer_sign(bed->signer, &asked, on_done, &answer);
    while (bed->asked == 0) { /* until the answer is on its way, and not yet read */
        assert_int_equal(cw_loop_step(bed->loop, 1, NULL), CW_OK);
        server_step(bed->server, 1);
    }
    assert_int_equal(answer.times, 0);
    bed->clock.now_ms += 10001;
    for (int i = 0; i < 20; i++) {
        step(bed);
    }
    assert_int_equal(answer.times, 1);
}

static void sign__several_at_once__each_its_own(void **state) {
    struct bed *bed = *state;
    static struct answer answers[8];
    struct cw_sign_request requests[CW_COUNT(answers)];
    memset(answers, 0, sizeof answers);
    make(bed, false, "");
    uint8_t data[4] = {9, 9, 9, 9};
    for (size_t i = 0; i < CW_COUNT(answers); i++) {
        requests[i] = asked;
        requests[i].nonce = i;
        data[3] = (uint8_t)i;
        requests[i].data = cw_slice_of(data, sizeof data);
        cw_signer_sign(bed->signer, &requests[i], on_done, &answers[i]);
        memset(data, 0xff, sizeof data); /* it was borrowed for the call only */
        memset(data, 9, 3);
    }
    for (size_t i = 0; i < CW_COUNT(answers); i++) {
        while (answers[i].times == 0) {
            step(bed);
        }
        data[3] = (uint8_t)i;
        assert_signed(bed, &requests[i], &answers[i]);
    }
}

static void sign__freed_before_the_answer__not_told(void **state) {
    struct bed *bed = *state;
    struct answer answers[2] = {{0}, {0}};
    bed->manner = NEVER;
    make(bed, false, "");
    cw_signer_sign(bed->signer, &asked, on_done, &answers[0]);
    cw_signer_sign(bed->signer, &asked, on_done, &answers[1]);
    while (bed->asked < 2) {
        step(bed);
    }
    cw_signer_free(bed->signer);
    bed->signer = NULL;
    for (int i = 0; i < 20; i++) {
        step(bed);
    }
    assert_int_equal(answers[0].times + answers[1].times, 0);

    bed->manner = RIGHT;
    make(bed, false, "");
    answers[0].free_it = &bed->signer; /* from the first callback: the second is not told */
    cw_signer_sign(bed->signer, &asked, on_done, &answers[0]);
    answers[1].free_it = &bed->signer;
    cw_signer_sign(bed->signer, &asked, on_done, &answers[1]);
    for (int i = 0; i < 200 && bed->signer != NULL; i++) {
        step(bed);
    }
    for (int i = 0; i < 20; i++) {
        step(bed);
    }
    assert_int_equal(answers[0].times + answers[1].times, 1);
}

static void sign__what_no_chain_takes__refused_without_asking(void **state) {
    struct bed *bed = *state;
    struct answer answer;
    struct cw_sign_request request = asked;
    request.max_tip.v.limb[0] = request.max_fee.v.limb[0] + 1;
    make(bed, true, "");
    sign(bed, &request, &answer);
    assert_int_equal(answer.err, CW_ERR_INPUT);
    request = asked;
    memset(&request.to, 0, sizeof request.to);
    sign(bed, &request, &answer);
    assert_int_equal(answer.err, CW_ERR_REFUSED);
    assert_int_equal(bed->asked, 0);
}

static void new__bad_settings__said(void **state) {
    struct bed *bed = *state;
    static const struct {
        const char *url, *public_key, *says;
    } cases[] = {
        {"ftp://sesame", "", "http"},
        {"", "", ""},
        {"http://a", "0x1234", "128 hexadecimal digits"},
        {"http://a", PUBLIC_KEY "00", "128 hexadecimal digits"},
        {"http://a/x?sesame", PUBLIC_KEY, "no query"},
    };
    struct cw_web3signer_config config = {.loop = bed->loop, .address = account};
    struct cw_signer *signer = NULL;
    struct cw_error error;
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        config.url = cases[i].url;
        config.public_key = cases[i].public_key;
        assert_int_equal(cw_signer_web3signer(&signer, &config, &error), CW_ERR_INPUT);
        assert_non_null(strstr(error.text, cases[i].says));
        assert_null(strstr(error.text, "sesame"));
    }
    config.url = "http://a";
    config.public_key = PUBLIC_KEY;
    config.address.b[0] ^= 1;
    assert_int_equal(cw_signer_web3signer(&signer, &config, &error), CW_ERR_INPUT);
    assert_non_null(strstr(error.text, "not that of the address"));
    assert_null(signer);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(sign__a_peer_that_is_right__the_transaction),
        CASE(sign__whatever_can_be_asked__the_same_comes_back),
        CASE(sign__a_peer_that_lies__contradicted_or_refused),
        CASE(sign__nobody_listens__transport),
        CASE(sign__an_answer_after_its_time__told_once),
        CASE(sign__several_at_once__each_its_own),
        CASE(sign__freed_before_the_answer__not_told),
        CASE(sign__what_no_chain_takes__refused_without_asking),
        CASE(new__bad_settings__said),
    };
    return cmocka_run_group_tests_name("web3signer", tests, NULL, NULL);
}
