/* What the host relies on, held against every registered adapter. */
#include "adapter_fixture.h"

#include <causeway/abi.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vectors.h"

static const struct adapter_fixture *const fixtures[] = {&fixture_opstack, &fixture_deposit,
                                                         &fixture_ticket, &fixture_exit};

static uint64_t seed = 0x9e3779b97f4a7c15u;

static uint64_t rnd(uint64_t below) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (seed >> 11) % below;
}

/* One world with its adapter prepared. */
struct stage {
    const struct adapter_fixture *fixture;
    void *world;
    struct cw_adapter *adapter;
    struct cw_arena arena; /* of one look */
    struct cw_arena store; /* of what the message keeps */
    struct cw_io *io;
    struct cw_message message;
};

enum order { ALL_AT_ONCE, ONE_BY_ONE, ONE_BY_ONE_BACKWARDS };

/* Fills what is asked for, in that order; returns how many it filled. */
static size_t fill(struct stage *s, enum order order) {
    size_t filled = 0;
    for (size_t i = 0; i < s->io->n; i++) {
        size_t k = order == ONE_BY_ONE_BACKWARDS ? s->io->n - 1 - i : i;
        if (s->io->entries[k].answer == NULL) {
            s->fixture->answer(s->world, s->io, &s->io->entries[k]);
            filled++;
            if (order != ALL_AT_ONCE) {
                break;
            }
        }
    }
    return filled;
}

static void fresh_io(struct stage *s) {
    cw_arena_done(&s->arena);
    cw_arena_init(&s->arena, 64u << 20);
    cw_io_init(s->io, &s->arena, s->fixture->heads(s->world));
}

static struct cw_preparation prepare(struct stage *s, enum order order) {
    struct cw_preparation p;
    memset(&p, 0xa5, sizeof p); /* the adapter fills all that counts */
    size_t rounds = 0;
    fresh_io(s);
    s->fixture->ops->prepare(s->adapter, s->io, &p);
    while (p.state == CW_PREPARE_NEED) {
        assert_true(fill(s, order) > 0);
        assert_true(order != ALL_AT_ONCE || ++rounds <= CW_IO_ROUNDS);
        s->fixture->ops->prepare(s->adapter, s->io, &p);
    }
    return p;
}

static struct stage open_stage(const struct adapter_fixture *fixture, size_t scene) {
    struct stage s = {.fixture = fixture, .world = fixture->make(scene)};
    cw_arena_init(&s.store, 64u << 20);
    s.io = calloc(1, sizeof *s.io);
    assert_non_null(s.io);
    s.adapter = fixture->open(s.world);
    s.message = *fixture->message(s.world);
    assert_int_equal(prepare(&s, ALL_AT_ONCE).state, CW_PREPARE_OK);
    return s;
}

static void close_stage(struct stage *s) {
    s->fixture->ops->close(s->adapter);
    cw_arena_done(&s->arena);
    cw_arena_done(&s->store);
    free(s->io);
    s->fixture->unmake(s->world);
}

static struct cw_decision look(struct stage *s, enum order order) {
    struct cw_decision d, again;
    size_t rounds = 0;
    fresh_io(s);
    memset(&d, 0xa5, sizeof d);
    s->fixture->ops->advance(s->adapter, &s->message, s->fixture->self(s->world), s->io, &d);
    while (d.verb == CW_NEED) {
        assert_true(fill(s, order) > 0);
        assert_true(order != ALL_AT_ONCE || ++rounds <= CW_IO_ROUNDS);
        s->fixture->ops->advance(s->adapter, &s->message, s->fixture->self(s->world), s->io, &d);
    }
    assert_false(s->io->overflow);
    /* No state but the message: the same answers give the same decision. */
    size_t asked = s->io->n;
    s->fixture->ops->advance(s->adapter, &s->message, s->fixture->self(s->world), s->io, &again);
    assert_int_equal(s->io->n, asked);
    assert_int_equal(again.verb, d.verb);
    assert_string_equal(again.reason, d.reason);
    return d;
}

static void keep(struct stage *s, const struct cw_decision *d) {
    if (d->progress.p != NULL) {
        s->message.progress = cw_arena_copy(&s->store, d->progress);
    }
    if (d->evidence.p != NULL) {
        s->message.evidence = cw_arena_copy(&s->store, d->evidence);
    }
    s->message.stage = d->stage;
    s->message.outcome = d->outcome;
}

/* Looks until it is not due again at once, as the host does. */
static struct cw_decision settle(struct stage *s, enum order order) {
    for (int i = 0; i < 32; i++) {
        struct cw_decision d = look(s, order);
        if (d.verb != CW_WAIT || d.due_s == 0 ||
            d.due_s >= s->io->heads[d.due_side].latest.timestamp_s) {
            return d;
        }
        keep(s, &d);
    }
    fail_msg("looks go on for ever");
    return (struct cw_decision){0};
}

#define EVERY_SCENE(f, i)                                                                          \
    for (size_t fixture_ = 0; fixture_ < CW_COUNT(fixtures); fixture_++)                           \
        for (size_t once_ = 1, i = 0; once_ != 0; once_ = 0)                                       \
            for (const struct adapter_fixture *f = fixtures[fixture_]; i < f->scenes_n; i++)

/* ------------------------------------------------------------------------------------------------------------
 */

static void registry__every_adapter__has_a_fixture_and_is_described(void **state) {
    (void)state;
    for (size_t i = 0; cw_adapters[i] != NULL; i++) {
        const struct cw_adapter_ops *ops = cw_adapters[i];
        bool found = false;
        for (size_t k = 0; k < CW_COUNT(fixtures); k++) {
            found = found || fixtures[k]->ops == ops;
        }
        assert_true(found);
        assert_ptr_equal(cw_adapter_find(ops->name, ops->direction), ops);
        assert_true(strspn(ops->name, "abcdefghijklmnopqrstuvwxyz0123456789_") ==
                    strlen(ops->name));
        assert_true(ops->config_size > 0);
        for (const struct cw_field *field = ops->fields; field->key != NULL; field++) {
            assert_true(field->doc != NULL && strlen(field->doc) > 10);
            assert_true(field->offset < ops->config_size);
        }
    }
    assert_null(cw_adapter_find("no such stack", "withdrawal"));
    for (size_t k = 0; k < CW_COUNT(fixtures); k++) {
        fixtures[k]->ops->close(NULL);
    }
}

static bool is_sentence(const char *text) {
    size_t n = strlen(text);
    return n > 20 && text[n - 1] == '.' && text[0] >= 'A' && text[0] <= 'Z';
}

/* Of each stage the last entry speaks of whatever no other one does. */
static void levels__every_stack__sentences_and_one_for_all_that_is_left(void **state) {
    (void)state;
    for (size_t i = 0; cw_adapters[i] != NULL; i++) {
        const struct cw_adapter_ops *ops = cw_adapters[i];
        const struct cw_level *level = ops->levels;
        assert_int_equal(level->stage, CW_STAGE_SEEN);
        for (; level->stage != 0; level++) {
            const struct cw_level *next = level + 1;
            assert_true(strlen(level->name) > 5 && strlen(level->name) < 60);
            assert_true(is_sentence(level->assured) && is_sentence(level->risk));
            assert_int_equal(level->waits[0] == '\0', level->who[0] == '\0');
            assert_true(level->waits[0] != '\0' || level->stage == CW_STAGE_EXECUTED_FINAL);
            assert_true(level->variant == NULL || ops->variant != NULL);
            assert_true(next->stage == 0 || next->stage >= level->stage);
            if (next->stage != level->stage) {
                assert_true(level->variant == NULL && level->outcome != CW_OUTCOME_CALL_FAILED &&
                            level->outcome != CW_OUTCOME_RELAY_FAILED);
                assert_ptr_equal(cw_level_of_stage(ops, level->stage, CW_OUTCOME_UNKNOWN, NULL),
                                 level);
            }
        }
        assert_int_equal((level - 1)->stage, CW_STAGE_EXECUTED_FINAL);
    }
}

/* Whatever an adapter decides: words that fit what it knows. */
static void levels__every_decision__has_words(void **state) {
    (void)state;
    size_t variants = 0;
    EVERY_SCENE(f, i) {
        struct stage s = open_stage(f, i);
        struct cw_decision d = settle(&s, ALL_AT_ONCE);
        keep(&s, &d);
        const struct cw_level *level = cw_level_of(f->ops, &s.message, CW_WAITING, false);
        assert_non_null(level);
        assert_int_equal(level->stage, d.stage);
        assert_true(level->outcome == CW_OUTCOME_UNKNOWN || level->outcome == d.outcome);
        variants += level->variant != NULL;
        const struct cw_level *gone = cw_level_of(f->ops, &s.message, CW_WAITING, true);
        const struct cw_level *dead = cw_level_of(f->ops, &s.message, CW_DEAD, false);
        assert_true(is_sentence(gone->assured) && is_sentence(gone->risk));
        assert_true(is_sentence(dead->assured) && is_sentence(dead->risk));
        assert_true(gone != level && dead != level && gone != dead);
        close_stage(&s);
    }
    assert_true(variants > 0);
}

static void prepare__answers_in_any_order__same_preparation(void **state) {
    (void)state;
    EVERY_SCENE(f, i) {
        struct stage s = open_stage(f, i);
        struct cw_preparation a = prepare(&s, ALL_AT_ONCE), b = prepare(&s, ONE_BY_ONE),
                              c = prepare(&s, ONE_BY_ONE_BACKWARDS);
        assert_int_equal(a.state, b.state);
        assert_int_equal(a.state, c.state);
        assert_string_equal(a.detail, b.detail);
        assert_string_equal(a.detail, c.detail);
        close_stage(&s);
    }
}

static void filters__any_room__is_respected(void **state) {
    (void)state;
    for (size_t k = 0; k < CW_COUNT(fixtures); k++) {
        struct stage s = open_stage(fixtures[k], 0);
        struct cw_filter filters[64];
        size_t n = 0, less = 0;
        assert_int_equal(fixtures[k]->ops->filters(s.adapter, filters, 64, &n), CW_OK);
        assert_in_range(n, 1, 64);
        for (size_t i = 0; i < n; i++) {
            assert_in_range(filters[i].topics_n, 1, CW_FILTER_TOPICS);
            assert_false(cw_addr20_is_zero(&filters[i].address));
        }
        assert_int_equal(fixtures[k]->ops->filters(s.adapter, NULL, 0, &less), CW_ERR_LIMIT);
        assert_int_equal(less, n);
        close_stage(&s);
    }
}

static void calls__any_room__is_respected(void **state) {
    (void)state;
    for (size_t k = 0; k < CW_COUNT(fixtures); k++) {
        struct stage s = open_stage(fixtures[k], 0);
        struct cw_step_call calls[64];
        size_t n = 0, less = 0;
        assert_int_equal(fixtures[k]->ops->calls(s.adapter, calls, 64, &n), CW_OK);
        assert_in_range(n, 1, 64);
        for (size_t i = 0; i < n; i++) {
            assert_false(cw_addr20_is_zero(&calls[i].to));
            assert_non_null(strchr(calls[i].signature, '('));
        }
        assert_int_equal(fixtures[k]->ops->calls(s.adapter, NULL, 0, &less), CW_ERR_LIMIT);
        assert_int_equal(less, n);
        close_stage(&s);
    }
}

/* A signer that is bound to what calls() names signs every step. */
static void advance__a_step__calls_what_was_named(void **state) {
    (void)state;
    size_t steps = 0;
    EVERY_SCENE(f, i) {
        struct stage s = open_stage(f, i);
        struct cw_decision d = settle(&s, ALL_AT_ONCE);
        if (d.verb == CW_ACT) {
            struct cw_adapter *fresh = f->open(s.world); /* before it was prepared */
            struct cw_step_call calls[64];
            size_t n = 0, fits = 0;
            assert_int_equal(f->ops->calls(fresh, calls, 64, &n), CW_OK);
            for (size_t k = 0; k < n; k++) {
                struct cw_selector selector = cw_selector_of(calls[k].signature);
                fits += calls[k].side == d.call.side && cw_addr20_equal(&calls[k].to, &d.call.to) &&
                        memcmp(selector.b, d.call.data.p, sizeof selector.b) == 0;
            }
            assert_int_equal(fits, 1);
            f->ops->close(fresh);
            steps++;
        }
        close_stage(&s);
    }
    assert_true(steps > 0);
}

static void advance__answers_in_any_order__same_decision(void **state) {
    (void)state;
    static const enum order orders[] = {ALL_AT_ONCE, ONE_BY_ONE, ONE_BY_ONE_BACKWARDS};
    EVERY_SCENE(f, i) {
        struct cw_slice call = {NULL, 0};
        for (size_t k = 0; k < CW_COUNT(orders); k++) {
            struct stage s = open_stage(f, i);
            struct cw_decision d = settle(&s, orders[k]);
            if (d.verb != f->verb(i)) {
                fail_msg("%s scene %zu: verb %d, %s (%s)", f->ops->name, i, (int)d.verb, d.reason,
                         d.detail);
            }
            assert_true(d.reason[0] != '\0');
            if (d.verb == CW_ACT) {
                assert_true(d.step[0] != '\0' && d.call.data.n >= 4);
                if (call.p == NULL) {
                    uint8_t *copy = malloc(d.call.data.n);
                    assert_non_null(copy);
                    memcpy(copy, d.call.data.p, d.call.data.n);
                    call = cw_slice_of(copy, d.call.data.n);
                }
                assert_true(cw_slice_equal(call, d.call.data));
            }
            close_stage(&s);
        }
        free((void *)(uintptr_t)call.p);
    }
}

static struct cw_hash32 hash_of_evidence(struct stage *s, struct cw_slice evidence) {
    struct cw_block_number block;
    assert_int_equal(s->fixture->ops->evidence_block(evidence, &block), CW_OK);
    return s->fixture->source_hash(s->world, block);
}

static enum cw_verdict judge(struct stage *s, struct cw_slice evidence,
                             const struct cw_hash32 *hash, const char *step,
                             const struct cw_call *call) {
    struct cw_judgement j = s->fixture->ops->verify(s->adapter, &s->message, evidence, hash, step,
                                                    call);
    assert_non_null(j.reason);
    assert_true((j.verdict == CW_VALID) == (j.reason[0] == '\0'));
    return j.verdict;
}

static void verify__mutated_evidence__is_refused(void **state) {
    (void)state;
    EVERY_SCENE(f, i) {
        struct stage s = open_stage(f, i);
        struct cw_decision d = settle(&s, ALL_AT_ONCE);
        if (d.verb == CW_ACT) {
            struct cw_slice e = d.evidence.p != NULL ? d.evidence : s.message.evidence;
            struct cw_hash32 hash = hash_of_evidence(&s, e);
            assert_int_equal(judge(&s, e, &hash, d.step, &d.call), CW_VALID);
            assert_int_equal(judge(&s, e, &hash, d.step, NULL), CW_VALID);
            assert_int_equal(judge(&s, e, &hash, "no such step", &d.call), CW_INVALID);

            uint8_t *copy = malloc(e.n + 1);
            assert_non_null(copy);
            size_t unbound = 0;
            for (size_t bit = 0; bit < e.n * 8; bit++) {
                memcpy(copy, e.p, e.n);
                copy[bit / 8] ^= (uint8_t)(1u << (bit % 8));
                unbound += judge(&s, cw_slice_of(copy, e.n), &hash, d.step, &d.call) == CW_VALID;
            }
            if (unbound > f->unbound_evidence(i)) {
                fail_msg("%s scene %zu: %zu bits do not matter", f->ops->name, i, unbound);
            }
            memcpy(copy, e.p, e.n);
            for (size_t n = 0; n < e.n; n++) {
                assert_int_equal(judge(&s, cw_slice_of(copy, n), &hash, d.step, &d.call),
                                 CW_INVALID);
            }
            copy[e.n] = 0x80;
            assert_int_equal(judge(&s, cw_slice_of(copy, e.n + 1), &hash, d.step, &d.call),
                             CW_INVALID);
            free(copy);

            hash.b[31] ^= 1; /* another block */
            assert_int_equal(judge(&s, e, &hash, d.step, &d.call), CW_INVALID);
            hash.b[31] ^= 1;
            s.message.id.b[0] ^= 1; /* another message */
            assert_int_equal(judge(&s, e, &hash, d.step, &d.call), CW_INVALID);
        }
        close_stage(&s);
    }
}

static void verify__mutated_call__is_refused(void **state) {
    (void)state;
    EVERY_SCENE(f, i) {
        struct stage s = open_stage(f, i);
        struct cw_decision d = settle(&s, ALL_AT_ONCE);
        if (d.verb == CW_ACT) {
            struct cw_slice e = d.evidence.p != NULL ? d.evidence : s.message.evidence;
            struct cw_hash32 hash = hash_of_evidence(&s, e);
            struct cw_call call = d.call;
            uint8_t *copy = malloc(call.data.n + 1);
            assert_non_null(copy);
            memcpy(copy, call.data.p, call.data.n);
            copy[call.data.n] = 0;
            call.data = cw_slice_of(copy, d.call.data.n);
            size_t free_bits = 0;
            for (size_t bit = 0; bit < call.data.n * 8; bit++) {
                copy[bit / 8] ^= (uint8_t)(1u << (bit % 8));
                free_bits += judge(&s, e, &hash, d.step, &call) == CW_VALID;
                copy[bit / 8] ^= (uint8_t)(1u << (bit % 8));
            }
            assert_true(free_bits <= f->unbound_call(i));
            call.data.n++;
            assert_int_equal(judge(&s, e, &hash, d.step, &call), CW_INVALID);
            call.data.n -= 2;
            assert_int_equal(judge(&s, e, &hash, d.step, &call), CW_INVALID);

            call = d.call;
            call.to.b[3] ^= 1;
            assert_int_equal(judge(&s, e, &hash, d.step, &call), CW_INVALID);
            call = d.call;
            call.value.v = cw_u256_from_u64(1);
            assert_int_equal(judge(&s, e, &hash, d.step, &call), CW_INVALID);
            call = d.call;
            call.side = call.side == CW_SETTLEMENT ? CW_EXECUTION : CW_SETTLEMENT;
            assert_int_equal(judge(&s, e, &hash, d.step, &call), CW_INVALID);
            if (d.call.gas_floor > 0) {
                call = d.call;
                call.gas_floor--;
                assert_int_equal(judge(&s, e, &hash, d.step, &call), CW_INVALID);
            }
            free(copy);
        }
        close_stage(&s);
    }
}

/* Whatever stands in the store: the call that comes out is one that verify() allows. */
static void advance__mutated_store__never_acts_unverified(void **state) {
    (void)state;
    EVERY_SCENE(f, i) {
        struct stage s = open_stage(f, i);
        struct cw_decision d = settle(&s, ALL_AT_ONCE);
        keep(&s, &d);
        struct cw_message good = s.message;
        for (int round = 0; round < 60; round++) {
            s.message = good;
            struct cw_slice *parts[] = {&s.message.progress, &s.message.evidence,
                                        &s.message.payload};
            struct cw_slice *part = parts[rnd(3)];
            size_t n = part->n;
            uint8_t *copy = malloc(n + 1);
            assert_non_null(copy);
            if (n > 0) {
                memcpy(copy, part->p, n);
                copy[rnd(n)] ^= (uint8_t)(1u << rnd(8));
            }
            *part = cw_slice_of(copy, rnd(4) == 0 ? (size_t)rnd(n + 1) : n);
            struct cw_slice untouched = s.message.payload;
            d = look(&s, ALL_AT_ONCE);
            if (d.verb == CW_ACT) {
                struct cw_slice e = d.evidence.p != NULL ? d.evidence : s.message.evidence;
                struct cw_hash32 hash = hash_of_evidence(&s, e);
                assert_int_equal(judge(&s, e, &hash, d.step, &d.call), CW_VALID);
                assert_true(cw_slice_equal(untouched, good.payload));
            }
            free(copy);
        }
        close_stage(&s);
    }
}

/* --- the contract's own counter --- */

/* The final block of the source, and another hash in its place when it is to be another's. */
static struct cw_count count_at(struct stage *s, enum order order, const struct cw_block_ref *at,
                                bool read) {
    struct cw_count c;
    size_t rounds = 0;
    fresh_io(s);
    memset(&c, 0xa5, sizeof c);
    s->fixture->ops->counter(s->adapter, at, read, s->io, &c);
    while (c.state == CW_COUNT_NEED) {
        assert_true(fill(s, order) > 0);
        assert_true(order != ALL_AT_ONCE || ++rounds <= CW_IO_ROUNDS);
        s->fixture->ops->counter(s->adapter, at, read, s->io, &c);
    }
    assert_false(s->io->overflow);
    return c;
}

static struct cw_block_ref counted_block(struct stage *s) {
    struct cw_block_ref at = s->fixture->heads(s->world)[s->fixture->ops->source].final;
    at.hash = s->fixture->source_hash(s->world, at.number);
    return at;
}

#define EVERY_COUNTER(f, i)                                                                        \
    EVERY_SCENE(f, i)                                                                              \
    if (f->ops->counter != NULL)

static void counter__answers_in_any_order__same_count(void **state) {
    (void)state;
    static const enum order orders[] = {ALL_AT_ONCE, ONE_BY_ONE, ONE_BY_ONE_BACKWARDS};
    EVERY_COUNTER(f, i) {
        struct stage s = open_stage(f, i);
        struct cw_block_ref at = counted_block(&s);
        for (size_t k = 0; k < CW_COUNT(orders); k++) {
            for (unsigned read = 0; read < 2; read++) {
                struct cw_count c = count_at(&s, orders[k], &at, read == 1);
                assert_int_equal(c.state, CW_COUNT_OK);
                assert_int_equal(c.next, f->count(s.world));
            }
        }
        /* The scene's message was counted. */
        uint64_t sequence = 0;
        assert_true(f->ops->sequence(&s.message.summary, &sequence));
        assert_true(sequence < f->count(s.world));
        close_stage(&s);
    }
}

/* Looks again at what the io holds. */
static void assert_unknown(struct stage *s, const struct cw_block_ref *at) {
    struct cw_count c;
    memset(&c, 0xa5, sizeof c);
    s->fixture->ops->counter(s->adapter, at, false, s->io, &c);
    assert_int_equal(c.state, CW_COUNT_UNKNOWN);
    assert_in_range(strnlen(c.detail, sizeof c.detail), 1, sizeof c.detail - 1);
}

/* nodes belong to the answer, which is a copy. */
static void mutate_nodes(struct stage *s, const struct cw_block_ref *at, struct cw_slice *nodes,
                         size_t *n) {
    const size_t all = *n;
    for (size_t i = 0; i < all; i++) {
        const struct cw_slice good = nodes[i];
        uint8_t *bytes = malloc(good.n + 1);
        assert_non_null(bytes);
        memcpy(bytes, good.p, good.n);
        nodes[i] = cw_slice_of(bytes, good.n);
        for (size_t bit = 0; bit < good.n * 8; bit++) {
            bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
            assert_unknown(s, at);
            bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        }
        nodes[i].n = good.n - 1;
        assert_unknown(s, at);
        bytes[good.n] = 0x80;
        nodes[i].n = good.n + 1;
        assert_unknown(s, at);
        nodes[i] = good;
        free(bytes);
    }
    *n = all - 1; /* the last one is missing */
    assert_unknown(s, at);
    *n = all;
}

static void counter__mutated_proof__never_a_count(void **state) {
    (void)state;
    EVERY_COUNTER(f, i) {
        struct stage s = open_stage(f, i);
        struct cw_block_ref at = counted_block(&s);
        assert_int_equal(count_at(&s, ALL_AT_ONCE, &at, false).state, CW_COUNT_OK);
        for (size_t k = 0; k < s.io->n; k++) {
            const struct cw_answer *good = s.io->entries[k].answer;
            struct cw_answer bad = *good;
            s.io->entries[k].answer = &bad;
            struct cw_slice account[64], storage[64];
            assert_true(good->account_proof_n <= 64 && good->storage_proof_n <= 64);
            for (size_t j = 0; j < good->account_proof_n; j++) {
                account[j] = good->account_proof[j];
            }
            for (size_t j = 0; j < good->storage_proof_n; j++) {
                storage[j] = good->storage_proof[j];
            }
            if (s.io->entries[k].request.kind == CW_REQUEST_PROOF) {
                bad.account_proof = account;
                bad.storage_proof = storage;
                mutate_nodes(&s, &at, account, &bad.account_proof_n);
                mutate_nodes(&s, &at, storage, &bad.storage_proof_n);
            } else if (s.io->entries[k].request.kind == CW_REQUEST_HEADER) {
                bad.header_hash.b[7] ^= 1;
                assert_unknown(&s, &at);
            } else {
                fail_msg("%s: a counter asks for a reading", f->ops->name);
            }
            bad = (struct cw_answer){.status = CW_ANSWER_UNAVAILABLE, .text = "gone"};
            assert_unknown(&s, &at);
            s.io->entries[k].answer = good;
        }
        at.hash.b[0] ^= 1; /* another block */
        assert_unknown(&s, &at);
        close_stage(&s);
    }
}

/* --- what must hold ----------------------------------------------------------------------------
 */

#define JUDGED_MAX 16

/* The subjects of a world; they live in s->store. */
static size_t subjects_of(struct stage *s, struct cw_subject subjects[JUDGED_MAX]) {
    struct cw_log logs[JUDGED_MAX];
    size_t n = s->fixture->judged(s->world, logs, JUDGED_MAX), all = 0;
    for (size_t i = 0; i < n; i++) {
        size_t more = 0, less = 0;
        assert_int_equal(s->fixture->ops->subjects(s->adapter, s->fixture->judged_side, &logs[i],
                                                   &s->store, subjects + all, JUDGED_MAX - all,
                                                   &more, NULL),
                         CW_OK);
        assert_in_range(more, 1, JUDGED_MAX);
        assert_int_equal(s->fixture->ops->subjects(s->adapter, s->fixture->judged_side, &logs[i],
                                                   &s->store, NULL, 0, &less, NULL),
                         CW_ERR_LIMIT);
        assert_int_equal(less, more);
        all += more;
    }
    return all;
}

static void judge_once(struct stage *s, const struct cw_subject *subject,
                       struct cw_invariant_verdict *ret) {
    memset(ret, 0xa5, sizeof *ret); /* the adapter fills all that counts */
    s->fixture->ops->judge(s->adapter, subject, &s->message, CW_VERDICT_UNVERIFIED, s->io, ret);
}

/* What is asked for is answered in that order, but for the one that is withheld (or SIZE_MAX). */
static struct cw_invariant_verdict judge_until(struct stage *s, const struct cw_subject *subject,
                                               enum order order, size_t withheld) {
    static const struct cw_answer none = {.status = CW_ANSWER_UNAVAILABLE, .text = "gone"};
    struct cw_invariant_verdict v;
    size_t rounds = 0;
    judge_once(s, subject, &v);
    while (v.need) {
        size_t filled = 0;
        if (withheld < s->io->n && s->io->entries[withheld].answer == NULL) {
            s->io->entries[withheld].answer = &none;
            filled = 1;
        }
        assert_true(fill(s, order) + filled > 0);
        assert_true(order != ALL_AT_ONCE || ++rounds <= CW_IO_ROUNDS);
        judge_once(s, subject, &v);
    }
    assert_false(s->io->overflow);
    assert_in_range(v.state, CW_VERDICT_UNVERIFIED, CW_VERDICT_VIOLATED);
    assert_true((v.state == CW_VERDICT_OK) == (v.reason[0] == '\0'));
    return v;
}

#define EVERY_JUDGED(f, i)                                                                         \
    EVERY_SCENE(f, i)                                                                              \
    if (f->judged != NULL)

static void invariants__every_one__has_a_name_and_a_text(void **state) {
    (void)state;
    for (size_t k = 0; k < CW_COUNT(fixtures); k++) {
        const struct cw_adapter_ops *ops = fixtures[k]->ops;
        assert_true((ops->invariants != NULL) == (fixtures[k]->judged != NULL));
        assert_true((ops->invariants != NULL) == (ops->judge != NULL));
        assert_true((ops->invariants != NULL) == (ops->subjects != NULL));
        assert_true((ops->invariants != NULL) == (ops->watched != NULL));
        for (const struct cw_invariant *v = ops->invariants; v != NULL && v->name != NULL; v++) {
            assert_true(strspn(v->name, "abcdefghijklmnopqrstuvwxyz_") == strlen(v->name));
            assert_in_range(strlen(v->name), 1, 31);
            assert_true(v->text != NULL && strlen(v->text) > 10);
        }
    }
}

static void watched__any_room__is_respected(void **state) {
    (void)state;
    for (size_t k = 0; k < CW_COUNT(fixtures); k++) {
        if (fixtures[k]->judged == NULL) {
            continue;
        }
        struct stage s = open_stage(fixtures[k], 0);
        struct cw_filter filters[64];
        size_t n = 0, less = 0;
        assert_int_equal(fixtures[k]->ops->watched(s.adapter, filters, 64, &n), CW_OK);
        for (size_t i = 0; i < n; i++) {
            assert_in_range(filters[i].topics_n, 1, CW_FILTER_TOPICS);
            assert_false(cw_addr20_is_zero(&filters[i].address));
        }
        assert_int_equal(fixtures[k]->ops->watched(s.adapter, NULL, 0, &less),
                         n > 0 ? CW_ERR_LIMIT : CW_OK);
        assert_int_equal(less, n);
        close_stage(&s);
    }
}

static void judge__answers_in_any_order__same_verdict(void **state) {
    (void)state;
    static const enum order orders[] = {ONE_BY_ONE, ONE_BY_ONE_BACKWARDS};
    size_t states[4] = {0};
    EVERY_JUDGED(f, i) {
        struct stage s = open_stage(f, i);
        struct cw_subject subjects[JUDGED_MAX];
        size_t n = subjects_of(&s, subjects);
        for (size_t k = 0; k < n; k++) {
            fresh_io(&s);
            struct cw_invariant_verdict v = judge_until(&s, &subjects[k], ALL_AT_ONCE, SIZE_MAX);
            states[v.state]++;
            for (size_t o = 0; o < CW_COUNT(orders); o++) {
                fresh_io(&s);
                struct cw_invariant_verdict w = judge_until(&s, &subjects[k], orders[o], SIZE_MAX);
                assert_int_equal(w.state, v.state);
                assert_string_equal(w.reason, v.reason);
                assert_true(v.state != CW_VERDICT_VIOLATED || w.stake == v.stake);
            }
        }
        close_stage(&s);
    }
    assert_true(states[CW_VERDICT_OK] > 10 && states[CW_VERDICT_VIOLATED] > 5 &&
                states[CW_VERDICT_UNVERIFIED] > 5);
}

/* Nobody's silence makes it ok, nor violated. */
static void judge__withheld_answer__at_most_unverified(void **state) {
    (void)state;
    size_t taken = 0;
    EVERY_JUDGED(f, i) {
        struct stage s = open_stage(f, i);
        struct cw_subject subjects[JUDGED_MAX];
        size_t n = subjects_of(&s, subjects);
        for (size_t k = 0; k < n; k++) {
            fresh_io(&s);
            struct cw_invariant_verdict v = judge_until(&s, &subjects[k], ALL_AT_ONCE, SIZE_MAX);
            const size_t asked = s.io->n;
            size_t missed = 0;
            for (size_t withheld = 0; withheld < asked; withheld++) {
                fresh_io(&s);
                struct cw_invariant_verdict w = judge_until(&s, &subjects[k], ALL_AT_ONCE,
                                                            withheld);
                assert_true(w.state == v.state || w.state == CW_VERDICT_UNVERIFIED);
                missed += w.state == CW_VERDICT_UNVERIFIED;
            }
            assert_true(v.state != CW_VERDICT_OK || asked == 0 || missed > 0);
            taken += missed;
        }
        close_stage(&s);
    }
    assert_true(taken > 50);
}

/* Judges again by what the io holds, with one answer changed. */
static void assert_not_better(struct stage *s, const struct cw_subject *subject,
                              enum cw_verdict_state was) {
    struct cw_invariant_verdict v = judge_until(s, subject, ALL_AT_ONCE, SIZE_MAX);
    if (v.state != was && v.state != CW_VERDICT_UNVERIFIED) {
        fail_msg("%s: %s becomes %s, %s: %s", s->fixture->ops->name, cw_verdict_state_name(was),
                 cw_verdict_state_name(v.state), v.reason, v.sentence);
    }
}

/* One byte of it; p belongs to a copy. */
static void flip_some(struct stage *s, const struct cw_subject *subject, enum cw_verdict_state was,
                      uint8_t *p, size_t n) {
    for (size_t at = 0; at < n; at += 1 + n / 24) {
        p[at] ^= 0x10;
        assert_not_better(s, subject, was);
        p[at] ^= 0x10;
    }
}

static void flip_slice(struct stage *s, const struct cw_subject *subject, enum cw_verdict_state was,
                       struct cw_slice *slice) {
    const struct cw_slice good = *slice;
    uint8_t *copy = malloc(good.n + 1);
    assert_non_null(copy);
    memcpy(copy, good.p, good.n);
    *slice = cw_slice_of(copy, good.n);
    flip_some(s, subject, was, copy, good.n);
    slice->n = good.n > 0 ? good.n - 1 : 1;
    assert_not_better(s, subject, was);
    *slice = good;
    free(copy);
}

static void flip_nodes(struct stage *s, const struct cw_subject *subject, enum cw_verdict_state was,
                       const struct cw_slice **nodes, size_t *n) {
    struct cw_slice copies[64];
    const struct cw_slice *good = *nodes;
    assert_true(*n <= CW_COUNT(copies));
    for (size_t i = 0; i < *n; i++) {
        copies[i] = good[i];
    }
    *nodes = copies;
    for (size_t i = 0; i < *n; i++) {
        flip_slice(s, subject, was, &copies[i]);
    }
    if (*n > 0) {
        (*n)--;
        assert_not_better(s, subject, was);
        (*n)++;
    }
    *nodes = good;
}

static void flip_answer(struct stage *s, const struct cw_subject *subject,
                        enum cw_verdict_state was, struct cw_io_entry *entry) {
    const struct cw_answer *good = entry->answer;
    struct cw_answer bad = *good;
    struct cw_header header;
    entry->answer = &bad;
    if (entry->request.kind == CW_REQUEST_PROOF) {
        flip_nodes(s, subject, was, &bad.account_proof, &bad.account_proof_n);
        flip_nodes(s, subject, was, &bad.storage_proof, &bad.storage_proof_n);
    } else if (entry->request.kind == CW_REQUEST_TX) {
        flip_slice(s, subject, was, &bad.data);
    } else if (good->header != NULL) {
        header = *good->header;
        bad.header = &header;
        flip_some(s, subject, was, (uint8_t *)&header.state_root, sizeof header.state_root);
        flip_some(s, subject, was, (uint8_t *)&header.number, sizeof header.number);
        flip_some(s, subject, was, header.extra, header.extra_n);
        flip_some(s, subject, was, bad.header_hash.b, sizeof bad.header_hash.b);
    }
    entry->answer = good;
}

/* What a call says is agreed on by a quorum, or not at all; what can be checked is checked. */
static void judge__changed_answer__at_most_unverified(void **state) {
    (void)state;
    size_t changed = 0;
    EVERY_JUDGED(f, i) {
        struct stage s = open_stage(f, i);
        struct cw_subject subjects[JUDGED_MAX];
        size_t n = subjects_of(&s, subjects);
        for (size_t k = 0; k < n; k++) {
            fresh_io(&s);
            struct cw_invariant_verdict v = judge_until(&s, &subjects[k], ALL_AT_ONCE, SIZE_MAX);
            const size_t asked = s.io->n;
            for (size_t e = 0; e < asked; e++) {
                if (s.io->entries[e].answer->status == CW_ANSWER_OK) {
                    flip_answer(&s, &subjects[k], v.state, &s.io->entries[e]);
                    changed++;
                }
            }
        }
        close_stage(&s);
    }
    assert_true(changed > 100);
}

static void sequence__of_any_number__below_two_to_the_64_or_none(void **state) {
    (void)state;
    for (size_t k = 0; k < CW_COUNT(fixtures); k++) {
        const struct cw_adapter_ops *ops = fixtures[k]->ops;
        assert_int_equal(ops->sequence != NULL, ops->counter != NULL);
        if (ops->sequence == NULL) {
            continue;
        }
        for (int round = 0; round < 2000; round++) {
            struct cw_summary summary = {0};
            uint64_t sequence = 77, again = 77;
            for (size_t limb = 0; limb < 4; limb++) {
                summary.nonce.limb[limb] = rnd(2) == 0 ? 0 : rnd(UINT64_MAX);
            }
            if (ops->sequence(&summary, &sequence)) {
                summary.nonce.limb[0]++; /* the next one has the next number */
                assert_true(sequence == UINT64_MAX || ops->sequence(&summary, &again));
                assert_true(sequence == UINT64_MAX || again == sequence + 1);
            } else {
                assert_int_equal(sequence, 77);
            }
        }
    }
}

static void evidence_block__rubbish__is_refused(void **state) {
    (void)state;
    for (size_t k = 0; k < CW_COUNT(fixtures); k++) {
        struct cw_block_number block;
        assert_int_equal(fixtures[k]->ops->evidence_block((struct cw_slice){NULL, 0}, &block),
                         CW_ERR_INPUT);
        assert_int_equal(fixtures[k]->ops->evidence_block(CW_LITERAL("rubbish"), &block),
                         CW_ERR_INPUT);
    }
}

/* What arises from it, if anything does, can be judged. */
static void judge_random_log(struct stage *s, const struct cw_log *log, struct cw_arena *arena) {
    struct cw_subject subject;
    struct cw_error error = {CW_OK, ""};
    size_t n = 77;
    enum cw_err err = s->fixture->ops->subjects(s->adapter, s->fixture->judged_side, log, arena,
                                                &subject, 1, &n, &error);
    if (err != CW_OK) {
        assert_true(err == CW_ERR_INPUT);
        assert_true(error.text[0] != '\0');
        return;
    }
    assert_true(n <= 1);
    if (n == 1 && rnd(64) == 0) {
        fresh_io(s);
        (void)judge_until(s, &subject, ALL_AT_ONCE, SIZE_MAX);
    }
}

/* Logs of the watched contracts and topics with random words in them. */
static void decode__random_logs__are_judged(void **state) {
    (void)state;
    for (size_t k = 0; k < CW_COUNT(fixtures); k++) {
        struct stage s = open_stage(fixtures[k], 0);
        struct cw_filter filters[64];
        size_t n = 0, understood = 0;
        assert_int_equal(fixtures[k]->ops->filters(s.adapter, filters, 64, &n), CW_OK);
        for (int round = 0; round < 20000; round++) {
            const struct cw_filter *filter = &filters[rnd(n)];
            struct cw_log log = {.address = filter->address, .topics_n = 1 + (size_t)rnd(4)};
            uint8_t data[32 * 12];
            for (size_t i = 0; i < sizeof data; i++) {
                /* Mostly small words, so that offsets and lengths get past the first check. */
                data[i] = i % 32 < 30 && rnd(8) != 0 ? 0 : (uint8_t)rnd(256);
            }
            log.data = cw_slice_of(data, rnd(3) == 0 ? (size_t)rnd(sizeof data + 1)
                                                     : 32 * (size_t)rnd(13));
            log.topics[0] = filter->topics[rnd(filter->topics_n)];
            for (size_t t = 1; t < log.topics_n; t++) {
                for (size_t i = rnd(2) == 0 ? 12 : 0; i < 32; i++) {
                    log.topics[t].b[i] = (uint8_t)rnd(256);
                }
            }
            struct cw_event event;
            struct cw_error error;
            struct cw_arena arena;
            cw_arena_init(&arena, 1u << 16);
            memset(&event, 0xa5, sizeof event);
            enum cw_err err = fixtures[k]->ops->decode(
                s.adapter, rnd(8) == 0 ? CW_EXECUTION : filter->side, &log, &arena, &event, &error);
            if (err == CW_OK) {
                assert_in_range(event.kind, CW_EVENT_NONE, CW_EVENT_COUNTED);
                assert_in_range(event.outcome, CW_OUTCOME_UNKNOWN, CW_OUTCOME_RELAY_FAILED);
                assert_non_null(memchr(event.note, '\0', sizeof event.note));
                understood += event.kind != CW_EVENT_NONE;
            } else {
                assert_true(err == CW_ERR_INPUT || err == CW_ERR_MEMORY);
                assert_true(error.text[0] != '\0');
            }
            if (fixtures[k]->judged != NULL) {
                judge_random_log(&s, &log, &arena);
            }
            cw_arena_done(&arena);
        }
        assert_true(understood > 50);
        close_stage(&s);
    }
}

static void revert__random_data__has_a_class_and_a_reason(void **state) {
    (void)state;
    static const uint8_t heads[][4] = {{0x08, 0xc3, 0x79, 0xa0}, {0x4e, 0x48, 0x7b, 0x71}};
    for (size_t k = 0; k < CW_COUNT(fixtures); k++) {
        struct stage s = open_stage(fixtures[k], 0);
        for (int round = 0; round < 5000; round++) {
            uint8_t data[200];
            struct cw_revert revert;
            for (size_t i = 0; i < sizeof data; i++) {
                data[i] = rnd(3) == 0 ? (uint8_t)rnd(256) : 0;
            }
            if (rnd(2) == 0) {
                memcpy(data, heads[rnd(2)], 4);
            }
            memset(&revert, 0xa5, sizeof revert);
            fixtures[k]->ops->revert(s.adapter, &s.message, "step",
                                     cw_slice_of(data, (size_t)rnd(sizeof data + 1)), &revert);
            assert_in_range(revert.class_, CW_REVERT_UNKNOWN, CW_REVERT_DEAD);
            assert_in_range(strnlen(revert.reason, sizeof revert.reason), 1,
                            sizeof revert.reason - 1);
            assert_in_range(strnlen(revert.detail, sizeof revert.detail), 1,
                            sizeof revert.detail - 1);
        }
        close_stage(&s);
    }
}

/* --- what is asked ---------------------------------------------------------------------------- */

static void io_logs__of_no_block__none_and_nothing_is_asked(void **state) {
    (void)state;
    static struct cw_io io;
    struct cw_arena arena;
    const struct cw_heads heads[CW_SIDES] = {0};
    const struct cw_block_ref to = {.number = {9}};
    const struct cw_addr20 contract = {{1}};
    const struct cw_topic_set topics[CW_TOPICS] = {0};
    cw_arena_init(&arena, 1u << 16);
    cw_io_init(&io, &arena, heads);
    const struct cw_answer *answer = cw_io_logs(&io, CW_EXECUTION, (struct cw_block_number){10},
                                                &to, &contract, topics, 0);
    assert_non_null(answer);
    assert_int_equal(answer->status, CW_ANSWER_OK);
    assert_int_equal(answer->logs_n, 0);
    assert_int_equal(io.n, 0);
    for (unsigned turn = 0; turn < 2; turn++) {
        assert_null(cw_io_logs(&io, CW_EXECUTION, (struct cw_block_number){9}, &to, &contract,
                               topics, turn));
    }
    assert_int_equal(io.n, 2); /* each turn is a question of its own */
    cw_arena_done(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registry__every_adapter__has_a_fixture_and_is_described),
        cmocka_unit_test(levels__every_stack__sentences_and_one_for_all_that_is_left),
        cmocka_unit_test(levels__every_decision__has_words),
        cmocka_unit_test(io_logs__of_no_block__none_and_nothing_is_asked),
        cmocka_unit_test(prepare__answers_in_any_order__same_preparation),
        cmocka_unit_test(filters__any_room__is_respected),
        cmocka_unit_test(calls__any_room__is_respected),
        cmocka_unit_test(advance__a_step__calls_what_was_named),
        cmocka_unit_test(advance__answers_in_any_order__same_decision),
        cmocka_unit_test(verify__mutated_evidence__is_refused),
        cmocka_unit_test(verify__mutated_call__is_refused),
        cmocka_unit_test(advance__mutated_store__never_acts_unverified),
        cmocka_unit_test(counter__answers_in_any_order__same_count),
        cmocka_unit_test(counter__mutated_proof__never_a_count),
        cmocka_unit_test(invariants__every_one__has_a_name_and_a_text),
        cmocka_unit_test(watched__any_room__is_respected),
        cmocka_unit_test(judge__answers_in_any_order__same_verdict),
        cmocka_unit_test(judge__withheld_answer__at_most_unverified),
        cmocka_unit_test(judge__changed_answer__at_most_unverified),
        cmocka_unit_test(sequence__of_any_number__below_two_to_the_64_or_none),
        cmocka_unit_test(evidence_block__rubbish__is_refused),
        cmocka_unit_test(decode__random_logs__are_judged),
        cmocka_unit_test(revert__random_data__has_a_class_and_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
