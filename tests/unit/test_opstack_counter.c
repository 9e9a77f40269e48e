/* The message passer's own counter: what is a count, and what is none. */
#include "opstack_model.h"

#include <causeway/keccak.h>

#include <stdlib.h>
#include <string.h>

#include "opstack/opstack.h"
#include "vectors.h"

static const struct cw_adapter_ops *const ops = &cw_opstack_withdrawal;

struct scene {
    struct model *m;
    struct cw_adapter *adapter;
    struct cw_io *io;
};

static struct scene open_scene(uint64_t count) {
    struct scene s = {.m = model_new(false, MODEL_RAW)};
    s.m->count = cw_u256_from_u64(count);
    s.adapter = model_adapter(s.m);
    s.io = calloc(1, sizeof *s.io);
    assert_non_null(s.io);
    return s;
}

static void close_scene(struct scene *s) {
    ops->close(s->adapter);
    model_free(s->m);
    free(s->io);
}

static struct cw_block_ref block_of(struct scene *s, uint64_t number) {
    return (struct cw_block_ref){{number}, model_block_hash(s->m, number), MODEL_T0 + number};
}

static struct cw_count count_by(struct scene *s, const struct cw_block_ref *at, bool read) {
    struct cw_count count;
    cw_io_init(s->io, &s->m->arena, s->m->heads);
    ops->counter(s->adapter, at, read, s->io, &count);
    assert_int_equal(count.state, CW_COUNT_NEED);
    for (size_t i = 0; i < s->io->n; i++) {
        model_answer(s->m, s->io, &s->io->entries[i]);
    }
    ops->counter(s->adapter, at, read, s->io, &count);
    return count;
}

static struct cw_count count_at(struct scene *s, const struct cw_block_ref *at) {
    return count_by(s, at, false);
}

static void assert_unknown(struct scene *s, const struct cw_block_ref *at, const char *why) {
    struct cw_count count = count_at(s, at);
    assert_int_equal(count.state, CW_COUNT_UNKNOWN);
    if (strstr(count.detail, why) == NULL) {
        fail_msg("'%s' is not in '%s'", why, count.detail);
    }
}

static void counter__proved__is_the_next_number(void **state) {
    (void)state;
    static const uint64_t counts[] = {1, 0x7f, 0x80, 1000000, UINT64_MAX};
    for (size_t i = 0; i < CW_COUNT(counts); i++) {
        struct scene s = open_scene(counts[i]);
        struct cw_block_ref at = block_of(&s, 150);
        struct cw_count count = count_at(&s, &at);
        assert_string_equal(count.detail, "");
        assert_int_equal(count.state, CW_COUNT_OK);
        assert_true(count.next == counts[i]);
        assert_int_equal(s.io->n, 2); /* a header and a proof */
        close_scene(&s);
    }
}

static void counter__nothing_sent_yet__is_zero(void **state) {
    (void)state;
    struct scene s = open_scene(0);
    struct cw_block_ref at = block_of(&s, 150);
    struct cw_count count = count_at(&s, &at);
    assert_int_equal(count.state, CW_COUNT_OK);
    assert_int_equal(count.next, 0);
    close_scene(&s);
}

static void counter__inlined_leaf__counted_in_either_form(void **state) {
    (void)state;
    for (size_t shared = 0; shared < 10; shared++) {
        for (unsigned form = 0; form < 2; form++) {
            struct scene s = open_scene(10);
            s.m->shared_nibbles = shared;
            s.m->contract_form = form == 1;
            struct cw_block_ref at = block_of(&s, 150);
            struct cw_count count = count_at(&s, &at);
            assert_int_equal(count.state, CW_COUNT_OK);
            assert_int_equal(count.next, 10);
            close_scene(&s);
        }
    }
}

/* The slot's upper 16 bits are not the counter's; what does not fit is no number. */
static void counter__more_than_64_bits__is_none(void **state) {
    (void)state;
    struct scene s = open_scene(10);
    s.m->count.limb[3] = UINT64_C(1) << 48;
    struct cw_block_ref at = block_of(&s, 150);
    assert_int_equal(count_at(&s, &at).state, CW_COUNT_OK);
    s.m->count.limb[3] = UINT64_C(1) << 47;
    at = block_of(&s, 150);
    assert_unknown(&s, &at, "above 2^64");
    close_scene(&s);
}

static void counter__without_a_proof__says_why(void **state) {
    (void)state;
    struct scene s = open_scene(10);
    struct cw_block_ref at = block_of(&s, 150);
    s.m->proof_window_from = 151;
    assert_unknown(&s, &at, "maximum proof window");
    s.m->proof_window_from = 0;
    s.m->bad_account_proof = true;
    assert_unknown(&s, &at, "counter at block 150");
    s.m->bad_account_proof = false;
    s.m->bad_storage_proof = true;
    assert_unknown(&s, &at, "counter at block 150");
    s.m->bad_storage_proof = false;
    at.hash.b[5] ^= 1;
    assert_unknown(&s, &at, "another one's");
    close_scene(&s);
}

/* A chain without the contract has no count, not a count of 0. */
static void counter__no_such_account__is_none(void **state) {
    (void)state;
    struct scene s = open_scene(10);
    struct cw_block_ref at = block_of(&s, 150);
    struct cw_header header = {.state_root = CW_EMPTY_TRIE_ROOT};
    const struct cw_answer header_answer = {
        .status = CW_ANSWER_OK, .header = &header, .header_hash = at.hash};
    const struct cw_answer proof = {.status = CW_ANSWER_OK};
    struct cw_count count;
    cw_io_init(s.io, &s.m->arena, s.m->heads);
    ops->counter(s.adapter, &at, false, s.io, &count);
    for (size_t i = 0; i < s.io->n; i++) {
        bool is_proof = s.io->entries[i].request.kind == CW_REQUEST_PROOF;
        s.io->entries[i].answer = is_proof ? &proof : &header_answer;
    }
    ops->counter(s.adapter, &at, false, s.io, &count);
    assert_int_equal(count.state, CW_COUNT_UNKNOWN);
    assert_non_null(strstr(count.detail, "there is no such contract"));
    close_scene(&s);
}

/* What operators say counts only where nothing can be proven. */
static void counter__read__is_the_nonce_without_its_version(void **state) {
    (void)state;
    struct scene s = open_scene(10);
    struct cw_block_ref at = block_of(&s, 150);
    struct cw_count count = count_by(&s, &at, true);
    assert_int_equal(count.state, CW_COUNT_OK);
    assert_int_equal(count.next, 10);
    assert_int_equal(s.io->n, 1);
    assert_int_equal(s.io->entries[0].request.kind, CW_REQUEST_CALL);
    assert_true(cw_hash32_equal(&s.io->entries[0].request.block_hash, &at.hash));
    s.m->malformed = 0xecc70428u;
    assert_int_equal(count_by(&s, &at, true).state, CW_COUNT_UNKNOWN);
    static const uint8_t two_words[64];
    const struct cw_answer trailing = {.status = CW_ANSWER_OK,
                                       .data = cw_slice_of(two_words, sizeof two_words)};
    s.io->entries[0].answer = &trailing;
    ops->counter(s.adapter, &at, true, s.io, &count);
    assert_int_equal(count.state, CW_COUNT_UNKNOWN);
    assert_string_equal(count.detail, "the message passer's counter is answered with 64 bytes");
    static const struct cw_answer reverted = {.status = CW_ANSWER_REVERTED};
    s.io->entries[0].answer = &reverted;
    ops->counter(s.adapter, &at, true, s.io, &count);
    assert_int_equal(count.state, CW_COUNT_UNKNOWN);
    assert_string_equal(count.detail, "the message passer's counter is not answered");
    close_scene(&s);
}

static void sequence__of_a_nonce__without_its_version(void **state) {
    (void)state;
    struct cw_summary summary = {.nonce = {{9, 0, 0, UINT64_C(1) << 48}}};
    uint64_t sequence = 0;
    assert_true(ops->sequence(&summary, &sequence));
    assert_int_equal(sequence, 9);
    summary.nonce = (struct cw_u256){{UINT64_MAX, 0, 0, UINT64_C(0xffff) << 48}};
    assert_true(ops->sequence(&summary, &sequence));
    assert_true(sequence == UINT64_MAX);
    summary.nonce = (struct cw_u256){{9, 1, 0, UINT64_C(1) << 48}};
    assert_false(ops->sequence(&summary, &sequence));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counter__proved__is_the_next_number),
        cmocka_unit_test(counter__nothing_sent_yet__is_zero),
        cmocka_unit_test(counter__inlined_leaf__counted_in_either_form),
        cmocka_unit_test(counter__more_than_64_bits__is_none),
        cmocka_unit_test(counter__without_a_proof__says_why),
        cmocka_unit_test(counter__no_such_account__is_none),
        cmocka_unit_test(counter__read__is_the_nonce_without_its_version),
        cmocka_unit_test(sequence__of_a_nonce__without_its_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
