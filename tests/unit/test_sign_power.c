/* The signer's journal when the power goes: at any operation of the disk, whatever was not synced
 * may be gone or there in part. It opens again, and knows of each signature that had left.
 *
 * [MANY]: so many times torn at each operation (20). */
#include "sign/journal.h"

#include "power_calls.h"
#include "temp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW      1700000000000ull
#define DAY_MS   86400000ull
#define CHAIN    900
#define ACKS_MAX 512
#define NO_NONCE UINT64_MAX

static const struct cw_addr20 signer = {{0xaa, 0xbb}};
static unsigned long many = 20;

/* What had left, or may have been written, before operation op. */
struct ack {
    size_t op;
    uint64_t least, most, time_ms;
};

static struct {
    struct temp temp;
    char path[512], second[600];
    struct power_disk *disk;
    struct cw_journal *journal;
    struct ack acks[ACKS_MAX];
    size_t n;
    uint64_t least, most, now;
} s;

static void ack(void) {
    assert_true(s.n < ACKS_MAX);
    s.acks[s.n++] = (struct ack){power_disk_ops(s.disk), s.least, s.most, s.now};
}

static struct cw_journal *open_journal(void) {
    struct cw_journal *journal = NULL;
    struct cw_error error;
    if (cw_journal_open(&journal, s.path, &signer, s.now, &error) != CW_OK)
        fail_msg("%s", error.text);
    return journal;
}

static enum cw_err stage(struct cw_journal *journal, uint64_t nonce, uint64_t fee) {
    const struct cw_journal_record record = {.time_ms = s.now,
                                             .chain_id = CHAIN,
                                             .nonce = nonce,
                                             .fee = {cw_u256_from_u64(fee)},
                                             .to = {{0x11}},
                                             .has_selector = true,
                                             .selector = {{1, 2, 3, 4}}};
    const struct cw_hash32 hash = {{(uint8_t)nonce, (uint8_t)fee}};
    struct cw_error error;
    return cw_journal_signed(journal, &record, &hash, &error);
}

static enum cw_err sign(struct cw_journal *journal, uint64_t nonce, uint64_t fee) {
    enum cw_err err = stage(journal, nonce, fee);
    return err == CW_OK ? cw_journal_commit(journal, NULL) : err;
}

static uint64_t count(const struct cw_journal *journal) {
    struct cw_journal_usage used;
    cw_journal_usage(journal, CHAIN, NO_NONCE, s.now, &used);
    return used.n[CW_JOURNAL_DAY];
}

static void must_sign(uint64_t nonce, uint64_t fee) {
    s.most++; /* from its first byte on it may be there */
    ack();
    assert_int_equal(sign(s.journal, nonce, fee), CW_OK);
    s.least++;
    ack();
}

/* A signature that never leaves; what is there of it may count. */
static void must_fail(uint64_t nonce) {
    power_calls_fail_sync(1);
    s.most++;
    ack();
    assert_int_equal(sign(s.journal, nonce, 1), CW_ERR_IO);
    power_calls_fail_sync(0);
}

static void refuse(uint64_t nonce) {
    const struct cw_journal_record record = {.time_ms = s.now, .chain_id = CHAIN, .nonce = nonce};
    cw_journal_refused(s.journal, &record, CW_SIGN_CONTRACT);
}

/* n signatures and a refusal with one sync, which fails or not. */
static void group(uint64_t nonce, uint64_t n, bool fails) {
    power_calls_fail_sync(fails ? 1 : 0);
    s.most += n;
    ack();
    for (uint64_t i = 0; i < n; i++) {
        assert_int_equal(stage(s.journal, nonce + i, 10), CW_OK);
        if (i == 1)
            refuse(nonce);
    }
    assert_int_equal(cw_journal_commit(s.journal, NULL), fails ? CW_ERR_IO : CW_OK);
    power_calls_fail_sync(0);
    s.least += fails ? 0 : n;
    ack();
}

static void live(void) {
    s.now = NOW;
    s.journal = open_journal();
    ack();
    for (uint64_t i = 0; i < 60; i++) {
        must_sign(i, 10);
        if (i % 5 == 2)
            must_sign(i, 12);
        if (i % 4 == 1) {
            refuse(i);
            assert_int_equal(cw_journal_commit(s.journal, NULL), CW_OK);
        }
        if (i % 6 == 4)
            group(2000 + 100 * i, 3 + i % 12, false);
        if (i % 13 == 6) {
            if (i > 30)
                group(10000 + 100 * i, 9, true);
            must_fail(1000 + i);
            must_sign(1000 + i, 10); /* into a new copy */
            s.most = s.least;
            ack();
        }
        if (i % 20 == 19) { /* nothing of that counts any longer, and the next copy is short */
            s.now += DAY_MS;
            s.least = s.most = 0;
            ack();
        }
        if (i % 11 == 10) {
            cw_journal_close(s.journal);
            s.journal = open_journal();
        }
    }
    cw_journal_close(s.journal);
}

static void put(void *ctx, const char *name, struct cw_slice bytes) {
    (void)ctx;
    temp_write(name, (const char *)bytes.p, bytes.n, 0600);
}

static void check_after(size_t op, enum power_loss loss, uint64_t seed) {
    struct ack known = {0};
    for (size_t i = 0; i < s.n && s.acks[i].op <= op; i++)
        known = s.acks[i];
    s.now = known.time_ms != 0 ? known.time_ms : NOW;
    (void)unlink(s.path);
    (void)unlink(s.second);
    power_disk_after(s.disk, op, loss, seed, put, NULL);
    struct cw_journal *journal = NULL;
    struct cw_error error;
    const char *how = loss == POWER_TORN ? "torn" : "unsynced dropped";
    if (cw_journal_open(&journal, s.path, &signer, s.now, &error) != CW_OK)
        fail_msg("power lost before operation %zu (%s, seed %llu): %s", op, how,
                 (unsigned long long)seed, error.text);
    uint64_t n = count(journal);
    if (n < known.least || n > known.most)
        fail_msg("power lost before operation %zu (%s, seed %llu): %llu signatures of %llu", op,
                 how, (unsigned long long)seed, (unsigned long long)n,
                 (unsigned long long)known.least);
    /* and it goes on */
    assert_int_equal(sign(journal, 5000, 1), CW_OK);
    cw_journal_close(journal);
    journal = open_journal();
    assert_int_equal(count(journal), n + 1);
    cw_journal_close(journal);
}

static void power__lost_at_any_operation__each_signature_that_left_counts(void **state) {
    (void)state;
    temp_make(&s.temp);
    temp_path(&s.temp, "main.journal", s.path, sizeof s.path);
    snprintf(s.second, sizeof s.second, "%s.2", s.path);
    s.disk = power_disk_new();
    power_calls_record(s.disk);
    live();
    power_calls_record(NULL);
    for (size_t op = 0; op <= power_disk_ops(s.disk); op++) {
        check_after(op, POWER_DROPPED, 0);
        for (unsigned long seed = 0; seed < many; seed++)
            check_after(op, POWER_TORN, op + 1000003 * seed);
    }
    print_message("# %zu operations\n", power_disk_ops(s.disk));
    power_disk_free(s.disk);
    temp_remove(&s.temp);
}

int main(int argc, char **argv) {
    many = argc > 1 ? strtoul(argv[1], NULL, 10) : many;
    temp_in_memory();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(power__lost_at_any_operation__each_signature_that_left_counts),
    };
    return cmocka_run_group_tests_name("signer's journal, power", tests, NULL, NULL);
}
