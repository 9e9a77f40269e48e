/* Fills a new data directory with as many messages as are asked for, in the shape that years of
 * relaying leave: three routes in turn, most of it delivered, a few hundredths under way, with
 * histories, attempts, verdicts and incidents in proportion. Two senders and two targets have most
 * of it, as messengers and bridges do. Prints what to ask for, as JSON. */
#include "store/sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_S       1700000000u
#define STEP_S        20u /* between messages */
#define GROUP         2000u
#define OPEN_OF_THEM  60u
#define UNDER_WAY     4u    /* of a hundred, the newest */
#define OLD_UNDER_WAY 1000u /* one of so many of the others */
#define PROVE_BYTES   900u
#define OTHER_BYTES   300u

enum { DEPOSITS, WITHDRAWALS, EXITS, ROUTES };

struct fill {
    struct cw_store *store;
    struct cw_error error;
    struct cw_arena arena;
    uint32_t messages;
    int64_t l1, l2[2], routes[ROUTES];
    uint64_t nonce, sequence[ROUTES];
};

static struct fill fill;

static void must(enum cw_err err, const char *what) {
    if (err == CW_OK)
        return;
    fprintf(stderr, "fill_store: %s: %s\n", what, fill.error.text);
    exit(1);
}
#define MUST(call) must(call, #call)

/* --- values ----------------------------------------------------------------------------------- */

static uint64_t mixed(uint64_t n) {
    n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9u;
    n = (n ^ (n >> 27)) * 0x94d049bb133111ebu;
    return n ^ (n >> 31);
}

static void fill_bytes(uint8_t *out, size_t n, uint64_t seed) {
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(mixed(seed + i / 8) >> (8 * (i % 8)));
}

static struct cw_hash32 hash_of(uint32_t n, uint8_t kind) {
    struct cw_hash32 hash;
    fill_bytes(hash.b, sizeof hash.b, ((uint64_t)kind << 56) + (uint64_t)n * 8 + 1);
    return hash;
}

static struct cw_addr20 addr_of(uint64_t n) {
    struct cw_addr20 address;
    fill_bytes(address.b, sizeof address.b, (UINT64_C(0x77) << 56) + n * 8);
    return address;
}

static unsigned route_of(uint32_t n) {
    return n % 10 < 5 ? DEPOSITS : n % 10 < 8 ? WITHDRAWALS : EXITS;
}

/* Six of ten are one of two, three one of a thousand. Of the two senders one has the exits only,
 * and the other none of them. */
static struct cw_addr20 party(uint32_t n, uint64_t kind) {
    const uint64_t r = mixed(n * 2u + kind);
    const uint64_t popular = kind == 1 ? route_of(n) == EXITS : r / 10 % 2;
    const uint64_t one = r % 10 < 6 ? popular : r % 10 < 9 ? 10 + r / 10 % 1000 : 2000 + n;
    return addr_of((kind << 40) + one);
}

static uint64_t time_s_of(uint32_t n) {
    return FIRST_S + (uint64_t)n * STEP_S;
}

static struct cw_slice bytes_of(uint32_t n, size_t size) {
    static uint8_t bytes[PROVE_BYTES];
    fill_bytes(bytes, size, n);
    return cw_slice_of(bytes, size);
}

static struct cw_block_ref block_of(uint32_t n, uint8_t kind) {
    return (struct cw_block_ref){
        .number = {1000 + n}, .hash = hash_of(n, kind), .timestamp_s = time_s_of(n)};
}

static bool under_way(uint32_t n) {
    return n >= fill.messages - fill.messages / 100 * UNDER_WAY || mixed(n) % OLD_UNDER_WAY == 0;
}

/* --- one message ------------------------------------------------------------------------------ */

static int64_t put(uint32_t n, unsigned route) {
    struct cw_store_message m = {.route = fill.routes[route], .log_index = n % 7};
    int64_t row = 0;
    bool is_new = false;
    m.m.id = hash_of(n, 1);
    if (route == WITHDRAWALS)
        m.m.alias = hash_of(n, 2);
    m.m.source = block_of(n, 3);
    m.tx_hash = hash_of(n - n % 3, 4); /* three share one */
    m.m.summary.sender = party(n, 1);
    m.m.summary.target = party(n, 2);
    m.m.summary.value.v = cw_u256_from_u64(mixed(n));
    m.m.summary.nonce = cw_u256_from_u64(fill.sequence[route]);
    m.m.summary.gas_limit = 200000;
    m.m.payload = bytes_of(n, OTHER_BYTES);
    m.has_sequence = true;
    m.sequence = fill.sequence[route]++;
    m.assurance = under_way(n) && n % 5 == 0 ? CW_ASSURANCE_PROVISIONAL : CW_ASSURANCE_PROVED;
    MUST(cw_store_message_put(fill.store, &m, time_s_of(n) * 1000 + 2000, &row, &is_new,
                              &fill.error));
    return row;
}

static void step(uint32_t n, int64_t row, const char *name, uint8_t kind) {
    struct cw_store_attempt attempt = {.message = row,
                                       .chain = fill.l1,
                                       .nonce = fill.nonce++,
                                       .signer = addr_of(1),
                                       .hash = hash_of(n, kind),
                                       .raw = bytes_of(n, kind == 5 ? PROVE_BYTES : OTHER_BYTES),
                                       .gas_limit = 400000,
                                       .state = CW_ATTEMPT_FINAL,
                                       .success = true,
                                       .block = block_of(n, 6),
                                       .gas_used = 250000,
                                       .signed_ms = time_s_of(n) * 1000 + 5000,
                                       .sent_ms = time_s_of(n) * 1000 + 5100,
                                       .included_ms = time_s_of(n) * 1000 + 12000};
    const struct cw_store_item items[] = {{row, 250000}};
    attempt.max_fee.v = attempt.gas_price.v = cw_u256_from_u64(20000000000u);
    attempt.max_tip.v = cw_u256_from_u64(1000000000u);
    attempt.block.number.v += 10;
    snprintf(attempt.step, sizeof attempt.step, "%s", name);
    if (n % 100 == 3) { /* one that went in a batch */
        attempt.message = 0;
        attempt.items = items;
        attempt.items_n = 1;
        attempt.estimate = 250000;
    }
    MUST(cw_store_attempt_add(fill.store, &attempt, &attempt.row, &fill.error));
    MUST(cw_store_attempt_update(fill.store, &attempt, &fill.error));
}

static void move(uint32_t n, int64_t row, enum cw_stage stage, enum cw_condition condition,
                 const char *reason, uint64_t after_s) {
    const struct cw_block_ref block = block_of(n, 6);
    const struct cw_hash32 tx = hash_of(n, 5);
    struct cw_store_transition t = {.message = row,
                                    .stage = stage,
                                    .condition = condition,
                                    .reason = reason,
                                    .detail = "as it was told then, in a line of usual length",
                                    .block = &block,
                                    .rests_on = block.number.v,
                                    .side = CW_SETTLEMENT};
    if (stage == CW_STAGE_PROVEN || stage == CW_STAGE_EXECUTED)
        t.tx = &tx;
    if (condition == CW_DONE)
        t.outcome = CW_OUTCOME_SUCCESS;
    if (condition == CW_WAITING) {
        t.wake = n % 2 == 0 ? CW_WAKE_DATE : CW_WAKE_FINAL;
        t.due_ms = (time_s_of(fill.messages) + 86400) * 1000 + n;
        t.failures = n % 20 == 0 ? 1 + n % 3 : 0;
    }
    /* none takes exactly as long as the others */
    const uint64_t after_ms = after_s * (500 + mixed(n + after_s) % 1000);
    MUST(cw_store_message_move(fill.store, &t, time_s_of(n) * 1000 + after_ms, &fill.error));
}

/* Where it got stuck, or waits. */
static void stop(uint32_t n, int64_t row, unsigned route) {
    static const struct {
        enum cw_stage stage;
        enum cw_condition condition;
        const char *reason;
    } places[] = {
        {CW_STAGE_SEEN, CW_READY, ""},
        {CW_STAGE_SOURCE_FINAL, CW_WAITING, "no_root"},
        {CW_STAGE_ROOT_COMMITTED, CW_WAITING, "unavailable"},
        {CW_STAGE_PROVEN, CW_WAITING, "challenge"},
        {CW_STAGE_PROVEN, CW_WAITING, "challenge"},
        {CW_STAGE_CHALLENGE_OVER, CW_HELD, "operator"},
        {CW_STAGE_SOURCE_FINAL, CW_WAITING, "denied"},
        {CW_STAGE_ROOT_VERIFIED, CW_DEAD, "expired"},
    };
    const unsigned place = (unsigned)(mixed(n + 7) % CW_COUNT(places));
    if (place == 0)
        return;
    if (places[place].stage >= CW_STAGE_PROVEN && route != DEPOSITS)
        step(n, row, "prove", 5);
    move(n, row, places[place].stage, places[place].condition, places[place].reason, 30);
}

static void deliver(uint32_t n, int64_t row, unsigned route) {
    if (route == WITHDRAWALS) {
        step(n, row, "prove", 5);
        move(n, row, CW_STAGE_PROVEN, CW_WAITING, "challenge", 3600);
    }
    if (route != DEPOSITS)
        step(n, row, "finalize", 7);
    move(n, row, CW_STAGE_EXECUTED, CW_WAITING, "final", route == DEPOSITS ? 120 : 604800);
    move(n, row, CW_STAGE_EXECUTED_FINAL, CW_DONE, "", route == DEPOSITS ? 900 : 605700);
}

/* What is judged of it. */
static void judge(uint32_t n, unsigned route, const char *invariant, uint8_t kind) {
    static const uint8_t data[64] = {1};
    struct cw_store_subject s = {.route = fill.routes[route],
                                 .s = {.key = hash_of(n, kind),
                                       .side = CW_SETTLEMENT,
                                       .block = block_of(n, 6),
                                       .tx = hash_of(n, 5),
                                       .log_index = n % 5,
                                       .message = hash_of(n, 1),
                                       .rests_on = hash_of(n - n % 200, 9),
                                       .data = cw_slice_of(data, sizeof data),
                                       .about = "withdrawal proven under a root, by its log"}};
    struct cw_store_judgement j = {.state = n % 5000 == 7  ? CW_VERDICT_VIOLATED
                                            : n % 500 == 8 ? CW_VERDICT_UNVERIFIED
                                                           : CW_VERDICT_OK,
                                   .stake = CW_STAKE_NONE,
                                   .sentence = "the root is the one that was recomputed",
                                   .values = {"0x12", "0x12"},
                                   .seen = {block_of(n, 6), block_of(n, 3)},
                                   .rests = {1000 + n, 1000 + n}};
    bool is_new = false;
    j.reason = j.state == CW_VERDICT_UNVERIFIED ? "unavailable" : "";
    snprintf(s.invariant, sizeof s.invariant, "%s", invariant);
    if (kind == 9)
        memset(&s.s.message, 0, sizeof s.s.message);
    MUST(cw_store_subject_put(fill.store, &s, time_s_of(n) * 1000 + 3000, &is_new, &fill.error));
    j.row = sqlite3_last_insert_rowid(fill.store->db);
    MUST(cw_store_subject_judged(fill.store, &j, time_s_of(n) * 1000 + 4000, &fill.error));
}

static void add_message(uint32_t n) {
    const unsigned route = route_of(n);
    const int64_t row = put(n, route);
    if (under_way(n))
        stop(n, row, route);
    else
        deliver(n, row, route);
    if (route == WITHDRAWALS)
        judge(n, route, "withdrawal", 8);
    if (n % 200 == 5)
        judge(n, WITHDRAWALS, "root", 9);
}

/* --- what there is beside messages ------------------------------------------------------------ */

static void add_incidents(void) {
    const uint32_t all = fill.messages / 100 + 200;
    for (uint32_t n = 0; n < all; n++) {
        struct cw_store_incident incident = {.kind = CW_INCIDENT_INVARIANT,
                                             .chain = "l1",
                                             .route = "withdrawals",
                                             .text = "a root differs from the one recomputed",
                                             .invariant = "root",
                                             .state = CW_INCIDENT_CONFIRMED};
        const uint64_t now_ms = (FIRST_S + (uint64_t)n * 60) * 1000;
        bool flag = false;
        snprintf(incident.subject, sizeof incident.subject, "root/%u", n);
        MUST(cw_store_incident_open(fill.store, &incident, now_ms, &flag, &fill.error));
        if (n + OPEN_OF_THEM < all)
            MUST(cw_store_incident_resolve(fill.store, incident.kind, incident.subject,
                                           "it was replaced", now_ms + 1000, &flag, &fill.error));
    }
}

static void set_chains(void) {
    const int64_t chains[] = {fill.l1, fill.l2[0], fill.l2[1]};
    const uint64_t top = 1000 + fill.messages, time_s = time_s_of(fill.messages);
    const struct cw_heads heads = {.latest = {.number = {top + 20}, .timestamp_s = time_s},
                                   .safe = {.number = {top + 10}, .timestamp_s = time_s},
                                   .final = {.number = {top}, .timestamp_s = time_s}};
    for (size_t i = 0; i < CW_COUNT(chains); i++) {
        MUST(cw_store_heads_set(fill.store, chains[i], &heads, time_s * 1000, &fill.error));
        MUST(cw_store_cursor_set(fill.store, chains[i], heads.latest.number, &fill.error));
    }
}

static void open_store(const char *directory) {
    char path[4096];
    snprintf(path, sizeof path, "%s/causeway.db", directory);
    MUST(cw_store_open(&fill.store, path, CW_STORE_WRITE, FIRST_S * UINT64_C(1000), &fill.error));
    /* nothing of this has to survive a crash */
    (void)sqlite3_exec(fill.store->db,
                       "PRAGMA synchronous = OFF; PRAGMA cache_size = -786432;"
                       "PRAGMA wal_autocheckpoint = 50000; PRAGMA foreign_keys = OFF",
                       NULL, NULL, NULL);
    MUST(cw_store_chain(fill.store, "l1", (struct cw_chain_id){1}, &fill.l1, &fill.error));
    MUST(cw_store_chain(fill.store, "op", (struct cw_chain_id){10}, &fill.l2[0], &fill.error));
    MUST(cw_store_chain(fill.store, "arb", (struct cw_chain_id){42161}, &fill.l2[1], &fill.error));
    static const struct {
        const char *name, *stack, *direction;
        size_t l2;
    } routes[] = {{"deposits", "opstack", "deposit", 0},
                  {"withdrawals", "opstack", "withdrawal", 0},
                  {"exits", "nitro", "withdrawal", 1}};
    for (size_t i = 0; i < ROUTES; i++)
        MUST(cw_store_route(fill.store, routes[i].name,
                            cw_adapter_find(routes[i].stack, routes[i].direction), fill.l1,
                            fill.l2[routes[i].l2], &fill.routes[i], &fill.error));
}

static void print_hash(const char *name, const struct cw_hash32 *hash) {
    char hex[CW_HEX_SIZE(32)];
    printf("\"%s\":\"%s\",", name, cw_hex_encode(hex, cw_slice_of(hash->b, 32)));
}

static void print_addr(const char *name, struct cw_addr20 address) {
    char hex[CW_HEX_SIZE(20)];
    printf("\"%s\":\"%s\",", name, cw_hex_encode(hex, cw_slice_of(address.b, 20)));
}

static void print_what_to_ask(void) {
    uint32_t n = fill.messages / 2;
    while (route_of(n) != WITHDRAWALS)
        n++;
    const struct cw_hash32 id = hash_of(n, 1), alias = hash_of(n, 2), tx = hash_of(n - n % 3, 4);
    putchar('{');
    print_hash("id", &id);
    print_hash("alias", &alias);
    print_hash("tx", &tx);
    print_addr("popularSender", addr_of(UINT64_C(1) << 40));
    print_addr("popularTarget", addr_of(UINT64_C(2) << 40));
    print_addr("usualSender", addr_of((UINT64_C(1) << 40) + 10));
    print_addr("usualTarget", addr_of((UINT64_C(2) << 40) + 10));
    printf("\"messages\":%" PRIu32 ",\"firstS\":%u,\"middleS\":%" PRIu64 ",\"lastS\":%" PRIu64
           "}\n",
           fill.messages, FIRST_S, time_s_of(n), time_s_of(fill.messages - 1));
}

int main(int argc, char **argv) {
    char *end = NULL;
    const unsigned long messages = argc == 3 ? strtoul(argv[2], &end, 10) : 0;
    if (messages < 100 || messages > 10000000 || *end != '\0') {
        fprintf(stderr, "usage: fill_store NEW-FOLDER MESSAGES (100 to 10000000)\n");
        return 2;
    }
    fill.messages = (uint32_t)messages;
    open_store(argv[1]);
    for (uint32_t n = 0; n < fill.messages; n++) {
        if (n % GROUP == 0)
            MUST(cw_store_begin(fill.store, &fill.error));
        add_message(n);
        if (n % GROUP == GROUP - 1 || n + 1 == fill.messages)
            MUST(cw_store_commit(fill.store, &fill.error));
    }
    MUST(cw_store_begin(fill.store, &fill.error));
    add_incidents();
    set_chains();
    MUST(cw_store_commit(fill.store, &fill.error));
    cw_store_close(fill.store);
    print_what_to_ask();
    return 0;
}
