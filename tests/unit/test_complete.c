/* The check for completeness over a real store: the watcher, its chain's facts and the contract's
 * counter are the test's own. */
#include "work/complete.h"

#include "fake_clock.h"
#include "temp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <monitor/finding.h>

#define FIRST   100u /* the route's first block */
#define AGAIN_N 32

struct again {
    uint64_t from, to;
    char not_from[64];
};

/* --- the world -------------------------------------------------------------------------------- */

static struct {
    enum cw_side source;
    enum cw_mode mode;
    struct cw_heads heads;
    bool header_known; /* of block FIRST, to the watcher */
    struct cw_hash32 header_parent;
    bool header_gone; /* of block FIRST - 1: no endpoint has it */
    bool header_later;
    void (*header_done)(void *, const struct cw_request *, const struct cw_answer *);
    void *header_ctx;
    uint64_t numbers[64]; /* block of each number; ascending */
    size_t numbers_n;
    uint64_t proven_from; /* below it no endpoint proves the counter */
    uint64_t lie;         /* added to it */
    unsigned counted, read, headers_asked;
    struct again again[AGAIN_N];
    size_t again_n;
    unsigned accusations;
    char accused[64], accusation[CW_FINDING_NOTE_SIZE];
    unsigned lines;
    char line[1024];
} world;

static const char *source_name(void) {
    return world.source == CW_EXECUTION ? "l2" : "l1";
}

static struct cw_hash32 hash_of(uint64_t block) {
    struct cw_hash32 hash = {{0xb1}};
    for (size_t i = 0; i < 8; i++)
        hash.b[24 + i] = (uint8_t)(block >> (56 - 8 * i));
    return hash;
}

const struct cw_heads *cw_watch_heads(const struct cw_watch *watch) {
    (void)watch;
    return &world.heads;
}

enum cw_mode cw_watch_mode(const struct cw_watch *watch) {
    (void)watch;
    return world.mode;
}

bool cw_watch_header_at(const struct cw_watch *watch, struct cw_block_number number,
                        struct cw_store_header *ret) {
    (void)watch;
    if (!world.header_known || number.v != FIRST)
        return false;
    *ret = (struct cw_store_header){{number, hash_of(number.v), 0}, world.header_parent};
    return true;
}

enum cw_err cw_watch_read_again(struct cw_watch *watch, struct cw_block_number from,
                                struct cw_block_number to, const char *not_from) {
    (void)watch;
    assert_true(world.again_n < AGAIN_N);
    struct again *again = &world.again[world.again_n++];
    *again = (struct again){.from = from.v, .to = to.v};
    snprintf(again->not_from, sizeof again->not_from, "%s", not_from ? not_from : "-");
    return CW_OK;
}

bool route_ready(const struct route *route) {
    return route->prepared;
}

enum cw_err guard_is_new(const struct route *route, bool *ret, struct cw_error *error) {
    (void)route;
    (void)error;
    *ret = false;
    return CW_OK;
}

const struct cw_answer *cw_facts_get(struct cw_facts *facts, const struct cw_request *request) {
    (void)facts;
    (void)request;
    return NULL;
}

static void answer_header(const struct cw_request *request) {
    static struct cw_header header;
    header.number = request->block_number;
    const struct cw_answer answer = {.status = world.header_gone ? CW_ANSWER_UNAVAILABLE
                                                                 : CW_ANSWER_OK,
                                     .header = &header,
                                     .header_hash = hash_of(request->block_number.v),
                                     .text = "nobody has it"};
    world.header_done(world.header_ctx, request, &answer);
}

bool cw_facts_ask(struct cw_facts *facts, const struct cw_request *request,
                  void (*done)(void *, const struct cw_request *, const struct cw_answer *),
                  void *ctx) {
    (void)facts;
    assert_int_equal(request->kind, CW_REQUEST_HEADER);
    assert_int_equal(request->side, world.source);
    assert_int_equal(request->block_number.v, FIRST - 1);
    world.headers_asked++;
    world.header_done = done;
    world.header_ctx = ctx;
    if (!world.header_later)
        answer_header(request);
    return true;
}

void cw_facts_forget(struct cw_facts *facts, const void *ctx) {
    (void)facts;
    if (world.header_ctx == ctx)
        world.header_ctx = NULL;
}

void findings_told(void *ctx, const struct cw_rpc_finding *told) {
    const struct chain *chain = ctx;
    assert_string_equal(chain->config->name, source_name());
    assert_string_equal(told->method, "eth_getLogs");
    world.accusations++;
    snprintf(world.accused, sizeof world.accused, "%s", told->endpoint);
    snprintf(world.accusation, sizeof world.accusation, "%s", told->text);
}

static bool sequence(const struct cw_summary *summary, uint64_t *ret) {
    *ret = summary->nonce.limb[0];
    return true;
}

static void counter(const struct cw_adapter *adapter, const struct cw_block_ref *at, bool read,
                    struct cw_io *io, struct cw_count *ret) {
    (void)adapter;
    (void)io;
    memset(ret, 0, sizeof *ret);
    world.counted++;
    world.read += read;
    const struct cw_hash32 hash = hash_of(at->number.v);
    assert_memory_equal(at->hash.b, hash.b, 32);
    if (at->number.v < world.proven_from) {
        ret->state = CW_COUNT_UNKNOWN;
        snprintf(ret->detail, sizeof ret->detail, "beyond the proof window");
        return;
    }
    ret->state = CW_COUNT_OK;
    while (ret->next < world.numbers_n && world.numbers[ret->next] <= at->number.v)
        ret->next++;
    ret->next += world.lie;
}

static const struct cw_adapter_ops counting = {.name = "counting",
                                               .direction = "up",
                                               .source = CW_EXECUTION,
                                               .sequence = sequence,
                                               .counter = counter};
static const struct cw_adapter_ops counting_down = {.name = "counting",
                                                    .direction = "down",
                                                    .source = CW_SETTLEMENT,
                                                    .sequence = sequence,
                                                    .counter = counter};
static const struct cw_adapter_ops not_counting = {.name = "silent"};

static void on_line(void *ctx, enum cw_log_level level, const char *line) {
    (void)ctx;
    (void)level;
    world.lines++;
    snprintf(world.line, sizeof world.line, "%s", line);
}

/* --- the host --------------------------------------------------------------------------------- */

struct fixture {
    struct temp temp;
    char path[512];
    struct cw_error error;
    struct cw_arena arena;
    struct fake_clock clock;
    struct cw_loop *loop;
    struct cw_store *store;
    struct cw_config_chain chain_configs[2];
    struct cw_config_route route_config;
    struct chain chains[2];
    struct route route;
    struct cw_relay relay;
};

#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) != CW_OK)                                                                       \
            fail_msg("%s: %s", #call, f->error.text);                                              \
    } while (0)

static void start(struct fixture *f) {
    OK(complete_new(&f->route.complete, &f->route, &f->error));
}

static void restart(struct fixture *f) {
    complete_free(f->route.complete);
    start(f);
}

static int set_up_from(enum cw_side source, void **state) {
    static const char *const names[2] = {"l1", "l2"};
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    memset(&world, 0, sizeof world);
    world.mode = CW_MODE_FULL;
    world.source = source;
    cw_log_redirect(on_line, NULL);
    temp_make(&f->temp);
    temp_path(&f->temp, "causeway.db", f->path, sizeof f->path);
    cw_arena_init(&f->arena, 64u << 20);
    fake_clock_init(&f->clock);
    OK(cw_loop_new(&f->loop, &f->clock.clock, &f->error));
    OK(cw_store_open(&f->store, f->path, CW_STORE_WRITE, 1, &f->error));
    f->relay = (struct cw_relay){.loop = f->loop, .store = f->store};
    for (size_t i = 0; i < 2; i++) {
        f->chain_configs[i] = (struct cw_config_chain){.name = names[i]};
        f->chains[i] = (struct chain){.relay = &f->relay, .config = &f->chain_configs[i]};
        OK(cw_store_chain(f->store, names[i], (struct cw_chain_id){900 + i}, &f->chains[i].row,
                          &f->error));
    }
    f->route_config = (struct cw_config_route){
        .name = "op", .adapter = source == CW_EXECUTION ? &counting : &counting_down};
    f->route = (struct route){.relay = &f->relay,
                              .config = &f->route_config,
                              .subject = "route op",
                              .chains = {&f->chains[0], &f->chains[1]},
                              .prepared = true};
    f->route.reach[source] = (struct cw_store_reach){.known = true, .from = FIRST};
    OK(cw_store_route(f->store, "op", f->route_config.adapter, f->chains[0].row, f->chains[1].row,
                      &f->route.row, &f->error));
    start(f);
    *state = f;
    return 0;
}

static int set_up(void **state) {
    return set_up_from(CW_EXECUTION, state);
}

/* The messages are sent on the settlement chain. */
static int set_up_down(void **state) {
    return set_up_from(CW_SETTLEMENT, state);
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    complete_free(f->route.complete);
    cw_store_close(f->store);
    cw_loop_free(f->loop);
    cw_arena_done(&f->arena);
    temp_remove(&f->temp);
    cw_log_redirect(NULL, NULL);
    free(f);
    return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define CASE_DOWN(name)                                                                            \
    { #name "__down", name, set_up_down, tear_down, NULL }

/* Number n is sent in that block; numbers before it that are not said were sent there too. */
static void sent(uint64_t n, uint64_t block) {
    while (world.numbers_n <= n)
        world.numbers[world.numbers_n++] = block;
}

static void put_as(struct fixture *f, uint64_t n, uint8_t id, uint64_t block, bool numbered) {
    struct cw_store_message message = {.route = f->route.row,
                                       .chain = source_chain(&f->route)->row};
    message.m.id.b[0] = id;
    message.m.id.b[1] = 0x1d;
    message.m.summary.nonce = cw_u256_from_u64(n);
    message.m.source = (struct cw_block_ref){{block}, hash_of(block), block};
    message.m.payload = CW_LITERAL("payload");
    message.has_sequence = numbered;
    message.sequence = n;
    int64_t row = 0;
    bool is_new = false;
    OK(cw_store_message_put(f->store, &message, 1, &row, &is_new, &f->error));
}

/* The store gets it. */
static void put(struct fixture *f, uint64_t n) {
    put_as(f, n, (uint8_t)n, world.numbers[n], true);
}

/* Ten numbers, one in each tenth block behind FIRST, that are in the store but for one. */
static void ten_but(struct fixture *f, uint64_t one) {
    for (uint64_t n = 0; n < 10; n++) {
        sent(n, FIRST + 10 * n);
        if (n != one)
            put(f, n);
    }
}

static void head(uint64_t final) {
    world.heads.final = world.heads.safe = (struct cw_block_ref){{final}, hash_of(final), final};
    world.heads.latest = (struct cw_block_ref){{final + 20}, hash_of(final + 20), final + 20};
}

static void tick(struct fixture *f, uint64_t ms) {
    f->clock.now_ms += ms;
    for (int i = 0; i < 3; i++) /* the base, and the check */
        complete_tick(f->route.complete);
}

/* Blocks from … to were read where that endpoint said. */
static void read_by(struct fixture *f, uint64_t from, uint64_t to, const char *by) {
    const struct cw_watch_batch batch = {.from = {from}, .to = {to}, .logs_by = by};
    complete_read(f->route.complete, &batch);
    OK(cw_store_unread_remove(f->store, source_chain(&f->route)->row, batch.from, batch.to, NULL,
                              &f->error));
}

static struct cw_store_counter counter_of(struct fixture *f) {
    bool found = false;
    struct cw_store_counter c;
    OK(cw_store_counter_get(f->store, f->route.row, &found, &c, &f->error));
    assert_true(found);
    return c;
}

static struct cw_store_incident *incident(struct fixture *f, bool open_only) {
    struct cw_store_incident *list = NULL;
    size_t n = 0;
    OK(cw_store_incidents(f->store, open_only, 10, &f->arena, &list, &n, &f->error));
    assert_true(n <= 1);
    return n == 1 ? list : NULL;
}

static void assert_again(size_t i, uint64_t from, uint64_t to, const char *not_from) {
    assert_true(i < world.again_n);
    assert_int_equal(world.again[i].from, from);
    assert_int_equal(world.again[i].to, to);
    assert_string_equal(world.again[i].not_from, not_from);
}

/* --- nothing is missing ----------------------------------------------------------------------- */

static void check__all_there__says_so(void **state) {
    struct fixture *f = *state;
    sent(4, 50); /* before the route's first block */
    for (uint64_t n = 5; n < 9; n++) {
        sent(n, FIRST + n);
        put(f, n);
    }
    head(150);
    tick(f, 0);
    struct cw_store_counter c = counter_of(f);
    assert_true(c.based);
    assert_int_equal(c.base_block.v, FIRST - 1);
    assert_int_equal(c.base, 5);
    assert_int_equal(c.first, 5);
    assert_int_equal(c.next, 9);
    assert_int_equal(c.stored, 4);
    assert_int_equal(c.block.v, 150);
    assert_true(c.checked_ms > 0);
    assert_int_equal(world.again_n, 0);
    assert_int_equal(world.lines, 0);
    assert_null(incident(f, false));
}

static void check__in_mode_full__each_128_final_blocks(void **state) {
    struct fixture *f = *state;
    ten_but(f, 99);
    head(200);
    tick(f, 0);
    assert_int_equal(world.counted, 2); /* the base, and the check */
    for (uint64_t final = 201; final < 200 + 128; final++) {
        head(final);
        tick(f, 12000);
    }
    assert_int_equal(world.counted, 2);
    head(200 + 128);
    tick(f, 0);
    assert_int_equal(world.counted, 3);
    tick(f, 3600000); /* the head stands still */
    assert_int_equal(world.counted, 3);
    restart(f); /* at once, and the base is known */
    tick(f, 0);
    assert_int_equal(world.counted, 4);
}

static void check__in_mode_events__each_minute(void **state) {
    struct fixture *f = *state;
    world.mode = CW_MODE_EVENTS;
    ten_but(f, 99);
    head(200);
    tick(f, 0);
    assert_int_equal(world.counted, 2);
    head(2000);
    tick(f, 59999);
    assert_int_equal(world.counted, 2);
    tick(f, 1);
    assert_int_equal(world.counted, 3);
    tick(f, 3600000);
    assert_int_equal(world.counted, 3);
}

/* No header there can be hashed: what the operators agree on counts, from the first message on. */
static void check__in_mode_quorum__reads_the_counter(void **state) {
    struct fixture *f = *state;
    world.mode = CW_MODE_QUORUM;
    ten_but(f, 4);
    head(200);
    tick(f, 0);
    assert_int_equal(world.headers_asked, 0);
    assert_int_equal(world.counted, 1);
    assert_int_equal(world.read, 1);
    assert_int_equal(counter_of(f).stored, 9);
    assert_again(0, 130, 150, "-");
    world.mode = CW_MODE_FULL;
    restart(f);
    tick(f, 0);
    assert_int_equal(world.read, 1);
}

/* --- something is missing --------------------------------------------------------------------- */

static void missing__comes_when_read_again__its_omitter_named(void **state) {
    struct fixture *f = *state;
    ten_but(f, 4);
    read_by(f, FIRST, 119, "honest");
    read_by(f, 120, 200, "liar");
    head(200);
    tick(f, 0);
    assert_int_equal(world.again_n, 1);
    assert_again(0, 130, 150, "liar");
    assert_int_equal(world.lines, 1);
    assert_non_null(strstr(world.line, "messages 4 (blocks 130 to 150): not here"));
    tick(f, 5000); /* not read yet: nothing is known of it */
    assert_int_equal(world.counted, 2);
    assert_null(incident(f, true));
    put(f, 4);
    read_by(f, 130, 150, "honest");
    tick(f, 1000);
    struct cw_store_counter c = counter_of(f);
    assert_int_equal(c.stored, 10);
    assert_int_equal(c.unread, 0);
    assert_int_equal(world.accusations, 1);
    assert_string_equal(world.accused, "liar");
    assert_null(incident(f, false));
    assert_int_equal(world.again_n, 1);
}

static void missing__stays__incident_until_it_comes(void **state) {
    struct fixture *f = *state;
    ten_but(f, 4);
    read_by(f, FIRST, 200, "liar");
    head(200);
    tick(f, 0);
    unsigned lines = world.lines;
    read_by(f, 130, 150, "liar");
    tick(f, 1000);
    const struct cw_store_incident *in = incident(f, true);
    assert_non_null(in);
    assert_int_equal(in->kind, CW_INCIDENT_MESSAGES_MISSING);
    assert_string_equal(in->subject, "op");
    assert_string_equal(in->chain, source_name());
    assert_string_equal(in->text, "messages 4 (blocks 130 to 150); the contract counts 10 at "
                                  "block 200");
    assert_int_equal(world.lines, lines + 1);
    struct cw_store_counter c = counter_of(f);
    assert_int_equal(c.next - c.first - c.stored - c.unread, 1);

    /* Tried again, at longer and longer intervals, and said once. */
    static const uint64_t pauses[] = {15000, 30000, 60000};
    for (size_t i = 0; i < CW_COUNT(pauses); i++) {
        tick(f, pauses[i] - 1);
        assert_int_equal(world.again_n, i + 1);
        tick(f, 1);
        assert_int_equal(world.again_n, i + 2);
        assert_again(i + 1, 130, 150, "liar");
        assert_int_equal(incident(f, true)->times, i + 1);
        read_by(f, 130, 150, "liar");
        tick(f, 1000);
        assert_int_equal(incident(f, true)->times, i + 2);
    }
    assert_int_equal(world.lines, lines + 1);
    assert_int_equal(world.accusations, 0);

    tick(f, 120000);
    put(f, 4);
    read_by(f, 130, 150, "liar"); /* who is honest now */
    tick(f, 1000);
    assert_null(incident(f, true));
    assert_non_null(strstr(incident(f, false)->resolution, "all messages up to block 200"));
    assert_non_null(strstr(world.line, "messages_missing is over"));
    assert_int_equal(world.accusations, 1);
    assert_string_equal(world.accused, "liar");
    assert_string_equal(world.accusation,
                        "logs_omitted: message 4 of op, in block 140, was not in the answer");
    tick(f, 3600000);
    assert_int_equal(world.accusations, 1);
}

static void missing__after_a_restart__incident_goes_on_and_ends(void **state) {
    struct fixture *f = *state;
    ten_but(f, 4);
    head(200);
    tick(f, 0);
    read_by(f, 130, 150, "liar");
    tick(f, 1000);
    assert_non_null(incident(f, true));
    restart(f);
    tick(f, 0);
    assert_non_null(incident(f, true));
    assert_int_equal(world.again_n, 2);
    put(f, 4);
    read_by(f, 130, 150, "honest");
    restart(f);
    tick(f, 0);
    assert_null(incident(f, true));
}

static void missing__at_both_ends__between_the_edges(void **state) {
    struct fixture *f = *state;
    ten_but(f, 0);
    sent(10, 195);
    head(200);
    tick(f, 0);
    assert_int_equal(world.again_n, 2);
    assert_again(0, FIRST, FIRST + 10, "-");
    assert_again(1, 190, 200, "-");
}

/* One gap is read again while another one is found: neither is forgotten. */
static void missing__more_while_reading__all_are_seen_to(void **state) {
    struct fixture *f = *state;
    ten_but(f, 4);
    head(200);
    tick(f, 0);
    sent(10, 250);
    sent(11, 260);
    put(f, 11);
    head(400);
    tick(f, 1000);
    assert_int_equal(world.again_n, 2);
    assert_again(1, 190, 260, "-");
    assert_null(incident(f, true));
    read_by(f, 190, 260, "liar");
    head(600);
    tick(f, 1000);
    assert_int_equal(counter_of(f).block.v, 600);
    assert_null(incident(f, true)); /* the round is not over */
    read_by(f, 130, 150, "liar");
    tick(f, 1000);
    assert_non_null(
        strstr(incident(f, true)->text, "messages 4 (blocks 130 to 150), 10 (blocks 190 to 260);"));
    tick(f, 30000);
    assert_int_equal(world.again_n, 4);
    put(f, 10);
    read_by(f, 190, 260, "honest");
    read_by(f, 130, 150, "liar");
    tick(f, 1000);
    assert_non_null(strstr(incident(f, true)->text, "messages 4 (blocks 130 to 150);"));
}

/* --- blocks that are still to be read --------------------------------------------------------- */

static void unread__past_is_read__checked_at_once(void **state) {
    struct fixture *f = *state;
    const struct cw_interval past = {.from = FIRST, .to = 155};
    for (uint64_t n = 0; n < 10; n++) {
        sent(n, FIRST + 10 * n);
        if (n > 5)
            put(f, n);
    }
    OK(cw_store_unread_add(f->store, source_chain(&f->route)->row, &past, &f->error));
    head(200);
    tick(f, 0);
    assert_int_equal(counter_of(f).stored, 4);
    assert_int_equal(counter_of(f).unread, 6);
    tick(f, 60000);
    assert_int_equal(world.counted, 2);
    for (uint64_t n = 0; n < 6; n++)
        put(f, n);
    read_by(f, FIRST, 155, NULL);
    tick(f, 1000);
    assert_int_equal(world.counted, 3);
    assert_int_equal(counter_of(f).stored, 10);
    assert_int_equal(counter_of(f).unread, 0);
    assert_int_equal(world.again_n, 0);
}

static void unread__gap_in_it__is_not_missing_yet(void **state) {
    struct fixture *f = *state;
    const struct cw_interval past = {.from = FIRST, .to = 155};
    for (uint64_t n = 0; n < 10; n++) {
        sent(n, FIRST + 10 * n);
        if (n > 5 && n != 8) /* 8 was left out of what was read */
            put(f, n);
    }
    OK(cw_store_unread_add(f->store, source_chain(&f->route)->row, &past, &f->error));
    head(200);
    tick(f, 0);
    assert_int_equal(counter_of(f).unread, 6);
    assert_int_equal(world.again_n, 1);
    assert_again(0, 170, 190, "-");
    read_by(f, 170, 190, "liar");
    tick(f, 1000);
    assert_non_null(strstr(incident(f, true)->text, "messages 8 (blocks 170 to 190);"));
    for (uint64_t n = 1; n < 6; n++)
        put(f, n);
    read_by(f, FIRST, 155, "liar");
    tick(f, 1000); /* at once: the past is read, without its first message */
    assert_int_equal(counter_of(f).stored, 8);
    assert_int_equal(world.again_n, 3);
    assert_again(1, FIRST, 110, "liar");
    assert_again(2, 170, 190, "liar");
}

/* --- where counting begins -------------------------------------------------------------------- */

static void base__not_to_be_had__from_the_first_known_message_on(void **state) {
    struct fixture *f = *state;
    world.header_gone = true;
    ten_but(f, 99);
    sent(10, 210);
    head(200);
    restart(f);
    tick(f, 0);
    struct cw_store_counter c = counter_of(f);
    assert_true(c.based);
    assert_int_equal(c.base_block.v, 200);
    assert_int_equal(c.base, 10);
    assert_int_equal(c.first, 0);
    assert_int_equal(c.stored, 10);
    assert_int_equal(world.lines, 1);
    assert_non_null(strstr(world.line, "before block 100 can't be proven"));
    head(400);
    tick(f, 0);
    assert_int_equal(world.headers_asked, 1); /* once a run */
    assert_again(0, 190, 400, "-");
}

static void base__later_to_be_had__taken(void **state) {
    struct fixture *f = *state;
    world.header_gone = true;
    ten_but(f, 0);
    head(200);
    tick(f, 0);
    assert_int_equal(counter_of(f).first, 1);
    assert_int_equal(world.again_n, 0);
    world.header_gone = false;
    restart(f);
    tick(f, 0);
    assert_int_equal(counter_of(f).base_block.v, FIRST - 1);
    assert_int_equal(counter_of(f).first, 0);
    assert_again(0, FIRST, 110, "-");
}

static void base__on_another_chain__not_taken(void **state) {
    struct fixture *f = *state;
    world.header_known = true;
    world.header_parent = hash_of(7);
    ten_but(f, 99);
    head(200);
    tick(f, 0);
    assert_int_equal(counter_of(f).base_block.v, 200);
    world.header_parent = hash_of(FIRST - 1);
    restart(f);
    tick(f, 0);
    assert_int_equal(counter_of(f).base_block.v, FIRST - 1);
}

static void base__at_block_0__not_asked_for(void **state) {
    struct fixture *f = *state;
    f->route.reach[world.source].from = 1;
    ten_but(f, 99);
    head(200);
    tick(f, 0);
    assert_int_equal(world.headers_asked, 0);
    assert_int_equal(counter_of(f).base_block.v, 200);
    assert_int_equal(counter_of(f).stored, 10);
}

static void base__no_proof__from_the_first_known_message_on(void **state) {
    struct fixture *f = *state;
    world.proven_from = FIRST;
    ten_but(f, 99);
    head(200);
    tick(f, 0);
    assert_int_equal(counter_of(f).base_block.v, 200);
    assert_non_null(strstr(world.line, "beyond the proof window"));
}

static void base__start_block_lowered__begins_there(void **state) {
    struct fixture *f = *state;
    const struct cw_store_counter before = {
        .first_block = {FIRST + 50}, .based = true, .base_block = {FIRST + 49}, .base = 5};
    OK(cw_store_counter_set(f->store, f->route.row, &before, &f->error));
    ten_but(f, 99);
    head(200);
    tick(f, 0);
    assert_int_equal(counter_of(f).base_block.v, FIRST - 1);
    assert_int_equal(counter_of(f).first, 0);
}

static void base__above_the_counter__begins_anew(void **state) {
    struct fixture *f = *state;
    world.lie = 7;
    head(100);
    tick(f, 0);
    world.lie = 0;
    assert_int_equal(counter_of(f).base, 7);
    sent(2, 150);
    for (uint64_t n = 0; n < 3; n++)
        put_as(f, n, (uint8_t)n, 150, true);
    head(300);
    tick(f, 0);
    assert_false(counter_of(f).based);
    assert_non_null(strstr(world.line, "counting begins anew"));
    tick(f, 10000);
    assert_int_equal(counter_of(f).base, 0);
    assert_int_equal(counter_of(f).stored, 3);
}

/* --- what can't be known, or can't be --------------------------------------------------------- */

static void unknown__said_and_tried_again_later(void **state) {
    struct fixture *f = *state;
    ten_but(f, 99);
    head(200);
    tick(f, 0);
    world.proven_from = 1000;
    head(500);
    tick(f, 0);
    assert_string_equal(counter_of(f).trouble, "beyond the proof window");
    assert_int_equal(counter_of(f).block.v, 200);
    unsigned counted = world.counted, lines = world.lines;
    tick(f, 9999);
    assert_int_equal(world.counted, counted);
    tick(f, 1);
    assert_int_equal(world.counted, counted + 1);
    tick(f, 19999);
    assert_int_equal(world.counted, counted + 1);
    head(1000);
    tick(f, 1);
    assert_int_equal(world.counted, counted + 2);
    assert_string_equal(counter_of(f).trouble, "");
    assert_int_equal(counter_of(f).block.v, 1000);
    assert_int_equal(world.lines, lines + 1); /* read again */
}

static void uncounted__incident_while_it_is_so(void **state) {
    struct fixture *f = *state;
    ten_but(f, 99);
    put_as(f, 10, 77, 195, true);
    head(200);
    tick(f, 0);
    const struct cw_store_incident *in = incident(f, true);
    assert_non_null(in);
    assert_int_equal(in->kind, CW_INCIDENT_MESSAGES_UNCOUNTED);
    assert_string_equal(in->text, "1 messages too many; the contract counts 10 at block 200");
    assert_int_equal(counter_of(f).uncounted, 1);
    unsigned lines = world.lines;
    size_t n = 0;
    OK(cw_store_messages_orphan(f->store, source_chain(&f->route)->row,
                                (struct cw_block_number){194}, 1, &n, &f->error));
    head(400);
    tick(f, 0);
    assert_null(incident(f, true));
    assert_int_equal(world.lines, lines + 1);
}

static void unnumbered__get_their_numbers_first(void **state) {
    struct fixture *f = *state;
    for (uint64_t n = 0; n < 10; n++) {
        sent(n, FIRST + 10 * n);
        put_as(f, n, (uint8_t)n, world.numbers[n], false);
    }
    head(200);
    tick(f, 0);
    assert_int_equal(counter_of(f).stored, 10);
    assert_int_equal(world.again_n, 0);
}

static void header__on_its_way_when_it_ends__forgotten(void **state) {
    struct fixture *f = *state;
    world.header_later = true;
    head(200);
    tick(f, 0);
    tick(f, 60000);
    assert_int_equal(world.headers_asked, 1);
    assert_non_null(world.header_ctx);
    restart(f);
    assert_null(world.header_ctx);
}

static void new__without_a_counter__nothing_to_check(void **state) {
    struct fixture *f = *state;
    struct complete *c = f->route.complete;
    f->route_config.adapter = &not_counting;
    OK(complete_new(&f->route.complete, &f->route, &f->error));
    assert_null(f->route.complete);
    f->route.complete = c;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(check__all_there__says_so),
        CASE_DOWN(check__all_there__says_so),
        CASE(check__in_mode_full__each_128_final_blocks),
        CASE(check__in_mode_events__each_minute),
        CASE(check__in_mode_quorum__reads_the_counter),
        CASE(missing__comes_when_read_again__its_omitter_named),
        CASE_DOWN(missing__comes_when_read_again__its_omitter_named),
        CASE(missing__stays__incident_until_it_comes),
        CASE_DOWN(missing__stays__incident_until_it_comes),
        CASE(missing__after_a_restart__incident_goes_on_and_ends),
        CASE(missing__at_both_ends__between_the_edges),
        CASE(missing__more_while_reading__all_are_seen_to),
        CASE(unread__past_is_read__checked_at_once),
        CASE(unread__gap_in_it__is_not_missing_yet),
        CASE_DOWN(unread__gap_in_it__is_not_missing_yet),
        CASE(base__not_to_be_had__from_the_first_known_message_on),
        CASE(base__later_to_be_had__taken),
        CASE(base__on_another_chain__not_taken),
        CASE(base__at_block_0__not_asked_for),
        CASE(base__no_proof__from_the_first_known_message_on),
        CASE(base__start_block_lowered__begins_there),
        CASE(base__above_the_counter__begins_anew),
        CASE(unknown__said_and_tried_again_later),
        CASE(uncounted__incident_while_it_is_so),
        CASE(unnumbered__get_their_numbers_first),
        CASE(header__on_its_way_when_it_ends__forgotten),
        CASE(new__without_a_counter__nothing_to_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
