#include "guard_fixture.h"

struct world world;

/* --- the watchers ----------------------------------------------------------------------------- */

static size_t side_of(const struct cw_watch *watch) {
    const uint8_t *at = (const uint8_t *)(const void *)watch;
    return at == (const uint8_t *)&world.heads[CW_EXECUTION] ? CW_EXECUTION : CW_SETTLEMENT;
}

const struct cw_heads *cw_watch_heads(const struct cw_watch *watch) {
    return &world.heads[side_of(watch)];
}
bool cw_watch_header_at(const struct cw_watch *watch, struct cw_block_number number,
                        struct cw_store_header *ret) {
    (void)watch;
    if (number.v == 0 || number.v != world.header.ref.number.v)
        return false;
    *ret = world.header;
    return true;
}
enum cw_err cw_watch_filters(struct cw_watch *watch, const struct cw_filter *filters, size_t n) {
    (void)watch;
    (void)filters;
    world.filters = (unsigned)n;
    return CW_OK;
}
enum cw_err cw_watch_read_again(struct cw_watch *watch, struct cw_block_number from,
                                struct cw_block_number to, const char *not_from) {
    (void)watch;
    (void)not_from;
    world.again++;
    world.again_from = from.v;
    world.again_to = to.v;
    return CW_OK;
}
enum cw_mode cw_watch_mode(const struct cw_watch *watch) {
    (void)watch;
    return CW_MODE_FULL;
}
enum cw_assurance cw_watch_assurance(const struct cw_watch *watch) {
    (void)watch;
    return CW_ASSURANCE_SINGLE;
}
uint64_t cw_watch_pause_ms(const struct cw_watch *watch) {
    (void)watch;
    return 1000;
}
void cw_watch_attend(struct cw_watch *watch, bool somebody_waits) {
    (void)watch;
    (void)somebody_waits;
}
void cw_watch_progress(const struct cw_watch *watch, struct cw_watch_progress *ret) {
    (void)watch;
    *ret = (struct cw_watch_progress){0};
}
enum cw_err cw_watch_new(struct cw_watch **ret, const struct cw_watch_config *config,
                         bool cursor_found, struct cw_block_number cursor,
                         const struct cw_store_header *headers, size_t headers_n,
                         struct cw_error *error) {
    (void)ret;
    (void)config;
    (void)cursor_found;
    (void)cursor;
    (void)headers;
    (void)headers_n;
    return cw_error_set(error, CW_ERR_INPUT, "the watchers are the test's own");
}
void cw_watch_free(struct cw_watch *watch) {
    (void)watch;
}
void cw_watch_start(struct cw_watch *watch) {
    (void)watch;
}

/* --- what endpoints answer -------------------------------------------------------------------- */

static void answer(const struct question *q) {
    const struct cw_answer said = {.status = world.dead ? CW_ANSWER_UNAVAILABLE : CW_ANSWER_OK,
                                   .text = "nobody is there"};
    if (q->ctx)
        q->done(q->ctx, &q->request, &said);
}

void answer_all(void) {
    struct question list[QUESTIONS];
    size_t n = world.questions_n;
    memcpy(list, world.questions, sizeof list);
    world.questions_n = 0;
    for (size_t i = 0; i < n; i++)
        answer(&list[i]);
}

const struct cw_answer *cw_facts_get(struct cw_facts *facts, const struct cw_request *request) {
    (void)facts;
    (void)request;
    return NULL;
}
bool cw_facts_ask(struct cw_facts *facts, const struct cw_request *request,
                  void (*done)(void *, const struct cw_request *, const struct cw_answer *),
                  void *ctx) {
    const struct question q = {.request = *request, .done = done, .ctx = ctx};
    (void)facts;
    world.asked_at = request->block_number.v;
    if (world.later) {
        assert_true(world.questions_n < QUESTIONS);
        world.questions[world.questions_n++] = q;
    } else {
        answer(&q);
    }
    return true;
}
void cw_facts_forget(struct cw_facts *facts, const void *ctx) {
    (void)facts;
    for (size_t i = 0; i < world.questions_n; i++)
        if (world.questions[i].ctx == ctx)
            world.questions[i].ctx = NULL;
}
enum cw_err cw_facts_new(struct cw_facts **ret, const struct cw_facts_config *config,
                         struct cw_error *error) {
    (void)ret;
    (void)config;
    return cw_error_set(error, CW_ERR_INPUT, "the facts are the test's own");
}
void cw_facts_free(struct cw_facts *facts) {
    (void)facts;
}
void cw_facts_heads(struct cw_facts *facts) {
    (void)facts;
}
void cw_facts_rollback(struct cw_facts *facts, struct cw_block_number above) {
    (void)facts;
    (void)above;
}

/* --- the stack -------------------------------------------------------------------------------- */

static const struct cw_invariant invariants[] = {
    [ROOT] = {.name = "root", .text = "A root is what the other layer has."},
    [PROVEN] = {.name = "proven", .text = "What is proven was sent."},
    [STEADY] = {.name = "steady",
                .text = "It goes on.",
                .every_s = STEADY_S,
                .side = CW_SETTLEMENT},
    [INVARIANTS] = {.name = NULL},
};

static enum cw_err decode(const struct cw_adapter *adapter, enum cw_side side,
                          const struct cw_log *log, struct cw_arena *arena, struct cw_event *ret,
                          struct cw_error *error) {
    (void)adapter;
    (void)side;
    (void)error;
    (void)arena;
    if (log->topics_n == 1) { /* a message */
        ret->kind = CW_EVENT_SENT;
        ret->ref = log->topics[0];
        ret->payload = CW_LITERAL("payload");
    }
    return CW_OK;
}

static enum cw_err filters(const struct cw_adapter *adapter, struct cw_filter *out, size_t cap,
                           size_t *ret_n) {
    (void)adapter;
    assert_true(cap >= 1);
    out[0] = (struct cw_filter){.side = CW_SETTLEMENT};
    *ret_n = 1;
    return CW_OK;
}

static enum cw_err watched(const struct cw_adapter *adapter, struct cw_filter *out, size_t cap,
                           size_t *ret_n) {
    return filters(adapter, out, cap, ret_n);
}

/* Topics: which invariant, key, root, message. A log of 20 of them: key, key + 1, … */
static enum cw_err subjects(const struct cw_adapter *adapter, enum cw_side side,
                            const struct cw_log *log, struct cw_arena *arena,
                            struct cw_subject *out, size_t cap, size_t *ret_n,
                            struct cw_error *error) {
    (void)adapter;
    (void)side;
    (void)arena;
    (void)error;
    const size_t n = log->topics_n != 4 ? 0 : log->topics[0].b[1] > 0 ? log->topics[0].b[1] : 1;
    for (size_t i = 0; i < n && i < cap; i++) {
        out[i] = (struct cw_subject){.invariant = log->topics[0].b[0],
                                     .key = log->topics[1],
                                     .rests_on = log->topics[2],
                                     .message = log->topics[3],
                                     .data = CW_LITERAL("data")};
        out[i].key.b[0] = (uint8_t)(out[i].key.b[0] + i);
        snprintf(out[i].about, sizeof out[i].about, "number %u", out[i].key.b[0]);
    }
    *ret_n = n;
    return CW_OK;
}

static void judge_state(const struct script *s, const struct cw_message *m,
                        enum cw_verdict_state rests_on, struct cw_invariant_verdict *ret) {
    ret->state = s->looks_at_root         ? rests_on
                 : s->wants_message && !m ? CW_VERDICT_UNVERIFIED
                                          : s->state;
    ret->stake = s->stake;
    ret->open = s->open;
    ret->again_side = CW_EXECUTION;
    ret->again_s = s->again_s;
    if (ret->state != CW_VERDICT_OK)
        snprintf(ret->reason, sizeof ret->reason, "%s",
                 ret->state != CW_VERDICT_VIOLATED ? "not_known"
                 : s->reason                       ? s->reason
                                                   : "false");
    snprintf(ret->sentence, sizeof ret->sentence, "%s", s->says ? s->says : "so it is");
    snprintf(ret->values[CW_SETTLEMENT], sizeof ret->values[0], "it says so");
}

static void judge(const struct cw_adapter *adapter, const struct cw_subject *subject,
                  const struct cw_message *m, enum cw_verdict_state rests_on, struct cw_io *io,
                  struct cw_invariant_verdict *ret) {
    static const struct cw_addr20 contract = {{1}};
    struct script *s = &world.scripts[subject->key.b[0]];
    (void)adapter;
    *ret = (struct cw_invariant_verdict){.need = false};
    if (s->asks) {
        const struct cw_answer *said = cw_io_call(io, subject->side, &subject->block, &contract,
                                                  CW_LITERAL("how is it?"));
        if (!said) {
            ret->need = true;
            return;
        }
        if (said->status == CW_ANSWER_UNAVAILABLE) {
            ret->state = CW_VERDICT_UNVERIFIED;
            snprintf(ret->reason, sizeof ret->reason, "no_answer");
            snprintf(ret->sentence, sizeof ret->sentence, "%s", said->text);
        }
    }
    s->times++;
    s->before = subject->before.number.v;
    s->read_from = subject->read_from;
    s->block = subject->block;
    s->root = rests_on;
    snprintf(s->kept, sizeof s->kept, "%.*s", (int)subject->memory.n,
             (const char *)subject->memory.p);
    if (world.order_n < sizeof world.order)
        world.order[world.order_n++] = subject->key.b[0];
    if (ret->state == 0)
        judge_state(s, m, rests_on, ret);
    for (size_t side = 0; side < CW_SIDES; side++)
        ret->seen[side] = (struct cw_block_ref){.number = {s->seen[side]}};
    if (s->learns_root > 0)
        ret->rests_on = key_of(s->learns_root);
    if (s->keeps)
        ret->memory = cw_slice_of(s->keeps, strlen(s->keeps));
}

static struct cw_slice inner(const struct cw_adapter *adapter, const struct cw_message *m) {
    (void)adapter;
    (void)m;
    return CW_LITERAL("");
}

/* None that is known here. */
static enum cw_err evidence_block(struct cw_slice evidence, struct cw_block_number *ret) {
    (void)evidence;
    (void)ret;
    return CW_ERR_INPUT;
}

static void no_close(struct cw_adapter *adapter) {
    (void)adapter;
}

static bool pause(const struct cw_adapter *adapter, unsigned n, struct cw_pause *ret) {
    (void)adapter;
    *ret = world.pause;
    return n == 0 && world.pause.data_n > 0;
}

static const struct cw_adapter_ops guarded = {.name = "guarded",
                                              .direction = "up",
                                              .source = CW_EXECUTION,
                                              .close = no_close,
                                              .decode = decode,
                                              .filters = filters,
                                              .inner = inner,
                                              .evidence_block = evidence_block,
                                              .invariants = invariants,
                                              .watched = watched,
                                              .subjects = subjects,
                                              .judge = judge,
                                              .pause = pause};

/* --- the host --------------------------------------------------------------------------------- */

static void no_line(void *ctx, enum cw_log_level level, const char *line) {
    (void)ctx;
    (void)level;
    (void)line;
}

static void start(struct fixture *f, enum cw_role role) {
    static const char *const names[CW_SIDES] = {"l1", "l2"};
    f->relay = (struct cw_relay){.loop = f->loop,
                                 .config = &f->config,
                                 .options = {.role = role},
                                 .chains = f->chains,
                                 .chains_n = CW_SIDES,
                                 .routes = &f->route,
                                 .routes_n = 1};
    f->config.chains = f->chain_configs;
    f->route_config.settlement = CW_SETTLEMENT;
    f->route_config.execution = CW_EXECUTION;
    if (!f->route_config.policy.pause_tx_file)
        f->route_config.policy.pause_tx_file = "";
    OK(cw_store_open(&f->relay.store, f->path, CW_STORE_WRITE, 1, &f->error));
    for (size_t i = 0; i < CW_SIDES; i++) {
        f->chain_configs[i] = (struct cw_config_chain){
            .name = names[i], .chain_id = 900 + i, .symbol = "ETH"};
        f->chains[i] = (struct chain){.relay = &f->relay, .config = &f->chain_configs[i]};
        f->chains[i].watch = (struct cw_watch *)(void *)&world.heads[i];
        OK(cw_store_chain(f->relay.store, names[i], (struct cw_chain_id){900 + i},
                          &f->chains[i].row, &f->error));
    }
    f->route = (struct route){.relay = &f->relay,
                              .config = &f->route_config,
                              .subject = "route op",
                              .chains = {&f->chains[0], &f->chains[1]},
                              .prepared = true};
    OK(cw_store_route(f->relay.store, "op", &guarded, f->chains[0].row, f->chains[1].row,
                      &f->route.row, &f->error));
    struct cw_store_route_row row;
    OK(cw_store_route_get(f->relay.store, "op", &row, &f->error));
    route_hold(&f->route, row.hold_reason, row.hold_detail);
    for (size_t i = 0; i < CW_SIDES; i++) {
        struct cw_block_number cursor = {0};
        bool begun = false;
        OK(cw_store_cursor_get(f->relay.store, f->chains[i].row, &begun, &cursor, &f->error));
        OK(reach_open(&f->chains[i], begun, cursor, &f->error));
    }
    OK(guard_new(&f->route.guard, &f->route, &f->error));
}

static void stop(struct fixture *f) {
    cw_loop_cancel(f->loop, f->relay.commit);
    route_free(&f->route);
    cw_store_close(f->relay.store);
}

void restart(struct fixture *f, enum cw_role role) {
    stop(f);
    start(f, role);
}

int guard_set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    memset(&world, 0, sizeof world);
    cw_log_redirect(no_line, NULL);
    temp_make(&f->temp);
    temp_path(&f->temp, "causeway.db", f->path, sizeof f->path);
    cw_arena_init(&f->arena, 64u << 20);
    fake_clock_init(&f->clock);
    OK(cw_loop_new(&f->loop, &f->clock.clock, &f->error));
    f->config = (struct cw_config){.monitor_judgements = 4,
                                   .look_every_s = 3600,
                                   .unverified_alert_s = 600,
                                   .relayer_data_dir = ""};
    f->route_config = (struct cw_config_route){
        .name = "op", .adapter = &guarded, .settlement_start = 1, .execution_start = 1};
    f->route_config.policy.hold_on_violation = true;
    f->route_config.policy.relay_all = true;
    script(0)->state = CW_VERDICT_OK; /* the standing one's key */
    heads(100, 110);
    start(f, CW_ROLE_ALL);
    *state = f;
    return 0;
}

int guard_tear_down(void **state) {
    struct fixture *f = *state;
    stop(f);
    cw_loop_free(f->loop);
    cw_arena_done(&f->arena);
    temp_remove(&f->temp);
    cw_log_redirect(NULL, NULL);
    free(f);
    return 0;
}

void run(struct fixture *f, uint64_t ms) {
    f->clock.now_ms += ms;
    for (int i = 0; i < 8; i++) {
        guards_tick(&f->relay);
        f->clock.now_ms += 10;
        OK(cw_loop_step(f->loop, 0, &f->error));
    }
}

static struct cw_hash32 hash_of_block(uint64_t number) {
    struct cw_hash32 hash = {{0xb1}};
    hash.b[30] = (uint8_t)(number >> 8);
    hash.b[31] = (uint8_t)number;
    return hash;
}

static struct cw_block_ref ref_of(uint64_t number) {
    return (struct cw_block_ref){{number}, hash_of_block(number), 1000 + number};
}

void heads(uint64_t final, uint64_t latest) {
    for (size_t side = 0; side < CW_SIDES; side++)
        world.heads[side] = (struct cw_heads){
            .latest = ref_of(latest), .safe = ref_of(final), .final = ref_of(final)};
}

struct script *script(uint8_t key) {
    return &world.scripts[key];
}

struct cw_hash32 key_of(uint8_t n) {
    struct cw_hash32 key = {{0}};
    key.b[0] = n;
    return key;
}

static void batch(struct fixture *f, enum cw_side side, const struct cw_log *log) {
    const struct cw_watch_batch b = {
        .from = log->block.number, .to = log->block.number, .logs = log, .logs_n = 1};
    OK(intake_batch(&f->chains[side], &b));
}

void block(struct fixture *f, enum cw_side side, uint64_t number, unsigned invariant, uint8_t key,
           uint8_t root, uint8_t message_id) {
    struct cw_log log = {.topics_n = 4, .block = ref_of(number), .log_index = key};
    log.topics[0].b[0] = (uint8_t)invariant;
    log.topics[0].b[1] = (uint8_t)(invariant >> 8);
    log.topics[1] = key_of(key);
    log.topics[2] = key_of(root);
    log.topics[3] = key_of(message_id);
    log.tx_hash = key_of((uint8_t)~key);
    batch(f, side, &log);
}

void roll_back(struct fixture *f, enum cw_side side, uint64_t above) {
    const struct cw_watch_batch b = {
        .rollback = true, .above = {above}, .from = {above + 1}, .to = {above}};
    OK(intake_batch(&f->chains[side], &b));
}

void message(struct fixture *f, uint8_t id) {
    struct cw_log log = {.topics_n = 1, .block = ref_of(50)};
    log.topics[0] = key_of(id);
    batch(f, CW_EXECUTION, &log);
}

struct cw_store_message message_now(struct fixture *f, uint8_t id) {
    struct cw_store_message m;
    const struct cw_hash32 ref = key_of(id);
    bool found = false;
    OK(cw_store_message_find(f->relay.store, f->route.row, &ref, &f->arena, &found, &m, &f->error));
    assert_true(found);
    return m;
}

bool find(struct fixture *f, uint8_t key, struct cw_store_subject *ret) {
    const struct cw_store_subject_filter all = {.limit = 1000};
    struct cw_store_subject *list = NULL;
    size_t n = 0;
    OK(cw_store_subjects(f->relay.store, &all, &f->arena, &list, &n, &f->error));
    for (size_t i = 0; i < n; i++)
        if (list[i].s.key.b[0] == key) {
            *ret = list[i];
            return true;
        }
    return false;
}

struct cw_store_subject subject(struct fixture *f, uint8_t key) {
    struct cw_store_subject s = {0};
    assert_true(find(f, key, &s));
    return s;
}

uint64_t count(struct fixture *f, const char *invariant, enum cw_verdict_state state,
               const char *reason) {
    struct cw_store_verdicts *list = NULL;
    size_t n = 0;
    uint64_t sum = 0;
    OK(cw_store_verdicts(f->relay.store, f->route.row, &f->arena, &list, &n, &f->error));
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i].invariant, invariant) == 0 && list[i].state == state &&
            (!reason || strcmp(list[i].reason, reason) == 0))
            sum += list[i].n;
    return sum;
}

const struct cw_store_incident *incident(struct fixture *f, enum cw_incident_kind kind) {
    struct cw_store_incident *list = NULL;
    size_t n = 0;
    OK(cw_store_incidents(f->relay.store, false, 100, &f->arena, &list, &n, &f->error));
    for (size_t i = 0; i < n; i++)
        if (list[i].kind == kind)
            return &list[i];
    return NULL;
}

const char *hold_of(struct fixture *f) {
    struct cw_store_route_row *row = cw_arena_alloc(&f->arena, sizeof *row);
    assert_non_null(row);
    OK(cw_store_route_get(f->relay.store, "op", row, &f->error));
    assert_string_equal(row->hold_reason, f->route.hold_reason);
    return row->hold_reason;
}
