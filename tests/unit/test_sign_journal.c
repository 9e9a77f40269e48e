/* The signer's journal: what it counts, across restarts, torn writes, and a disk that fails. */
#include "sign/journal.h"

#include "fault_disk.h"
#include "nth_malloc.h"
#include "temp.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define HOUR 3600000ull
#define NOW  1700000000000ull

static const struct cw_addr20 signer = {{0xaa, 0xbb}};

struct fixture {
    struct temp temp;
    char path[512], second[512];
};

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    if (f == NULL) {
        return 1;
    }
    temp_make(&f->temp);
    temp_path(&f->temp, "main.journal", f->path, sizeof f->path);
    temp_path(&f->temp, "main.journal.2", f->second, sizeof f->second);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    fault_disk(0, 0, 0);
    temp_remove(&f->temp);
    free(f);
    return 0;
}

static struct cw_journal *open_at(const struct fixture *f, uint64_t now) {
    struct cw_journal *journal = NULL;
    struct cw_error error;
    if (cw_journal_open(&journal, f->path, &signer, now, &error) != CW_OK) {
        fail_msg("%s", error.text);
    }
    return journal;
}

static struct cw_journal_record record_of(uint64_t time, uint64_t nonce, uint64_t fee) {
    return (struct cw_journal_record){.time_ms = time,
                                      .chain_id = 900,
                                      .nonce = nonce,
                                      .fee = {cw_u256_from_u64(fee)},
                                      .to = {{0x11}},
                                      .has_selector = true,
                                      .selector = {{1, 2, 3, 4}}};
}

static enum cw_err sign(struct cw_journal *journal, uint64_t time, uint64_t nonce, uint64_t fee,
                        struct cw_error *error) {
    const struct cw_journal_record record = record_of(time, nonce, fee);
    const struct cw_hash32 hash = {{(uint8_t)nonce, (uint8_t)fee}};
    enum cw_err err = cw_journal_signed(journal, &record, &hash, error);
    return err == CW_OK ? cw_journal_commit(journal, error) : err;
}

static void must_sign(struct cw_journal *journal, uint64_t time, uint64_t nonce, uint64_t fee) {
    struct cw_error error;
    if (sign(journal, time, nonce, fee, &error) != CW_OK) {
        fail_msg("%s", error.text);
    }
}

/* hour: "signatures/fees" of the last hour, day: likewise; but_nonce is left out. */
static void assert_used(const struct cw_journal *journal, uint64_t now, uint64_t but_nonce,
                        const char *hour, const char *day) {
    struct cw_journal_usage used;
    cw_journal_usage(journal, 900, but_nonce, now, &used);
    for (size_t w = 0; w < CW_JOURNAL_WINDOWS; w++) {
        char is[160], fees[CW_U256_DEC_SIZE];
        snprintf(is, sizeof is, "%llu/%s", (unsigned long long)used.n[w],
                 cw_u256_to_dec(fees, &used.fees[w].v));
        assert_string_equal(is, w == CW_JOURNAL_HOUR ? hour : day);
    }
}

#define NO_NONCE UINT64_MAX

static size_t slurp(const char *path, uint8_t *out, size_t cap) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t n = read(fd, out, cap);
    assert_true(n >= 0 && (size_t)n < cap);
    close(fd);
    return (size_t)n;
}

/* --- counting --------------------------------------------------------------------------------- */

static void signed__each_nonce__counts_in_its_windows(void **state) {
    struct fixture *f = *state;
    struct cw_journal *journal = open_at(f, NOW);
    assert_false(cw_journal_was_torn(journal));
    assert_used(journal, NOW, NO_NONCE, "0/0", "0/0");
    must_sign(journal, NOW, 1, 100);
    must_sign(journal, NOW + HOUR / 2, 2, 10);
    assert_used(journal, NOW + HOUR / 2, NO_NONCE, "2/110", "2/110");
    assert_used(journal, NOW + HOUR / 2, 2, "1/100", "1/100");
    assert_used(journal, NOW + HOUR - 1, NO_NONCE, "2/110", "2/110");
    assert_used(journal, NOW + HOUR, NO_NONCE, "1/10", "2/110");
    assert_used(journal, NOW + 24 * HOUR - 1, NO_NONCE, "0/0", "2/110");
    assert_used(journal, NOW + 24 * HOUR, NO_NONCE, "0/0", "1/10");
    /* a clock that was set back: what comes from the future counts */
    assert_used(journal, NOW - 100 * HOUR, NO_NONCE, "2/110", "2/110");
    /* another chain */
    struct cw_journal_usage used;
    cw_journal_usage(journal, 901, NO_NONCE, NOW, &used);
    assert_int_equal(used.n[CW_JOURNAL_DAY], 0);
    cw_journal_close(journal);
}

static void signed__in_place_of_another__the_dearest_counts_once(void **state) {
    struct fixture *f = *state;
    struct cw_journal *journal = open_at(f, NOW);
    struct cw_journal_nonce nonce;
    assert_false(cw_journal_nonce(journal, 900, 7, NOW, &nonce));
    must_sign(journal, NOW, 7, 100);
    must_sign(journal, NOW + 1, 7, 150);
    must_sign(journal, NOW + 2, 7, 50);
    for (unsigned round = 0; round < 2; round++) {
        assert_true(cw_journal_nonce(journal, 900, 7, NOW + 2, &nonce));
        assert_int_equal(nonce.n, 3);
        assert_int_equal(nonce.fee.v.limb[0], 150);
        assert_int_equal(nonce.hash.b[1], 50);
        assert_used(journal, NOW + 2, NO_NONCE, "3/150", "3/150");
        /* from the last signature on */
        assert_used(journal, NOW + 24 * HOUR + 1, NO_NONCE, "0/0", "3/150");
        assert_used(journal, NOW + 24 * HOUR + 2, NO_NONCE, "0/0", "0/0");
        cw_journal_close(journal);
        journal = open_at(f, NOW + 3);
    }
    /* after a day the same nonce is a new one */
    assert_false(cw_journal_nonce(journal, 900, 7, NOW + 25 * HOUR, &nonce));
    must_sign(journal, NOW + 25 * HOUR, 7, 20);
    assert_used(journal, NOW + 25 * HOUR, NO_NONCE, "1/20", "1/20");
    cw_journal_close(journal);
    journal = open_at(f, NOW + 25 * HOUR);
    assert_used(journal, NOW + 25 * HOUR, NO_NONCE, "1/20", "1/20");
    cw_journal_close(journal);
}

static void open__again_and_again__keeps_what_counts(void **state) {
    struct fixture *f = *state;
    uint8_t text[65536];
    for (uint64_t i = 0; i < 5; i++) {
        struct cw_journal *journal = open_at(f, NOW + i * 6 * HOUR);
        must_sign(journal, NOW + i * 6 * HOUR, i, 10);
        const struct cw_journal_record refused = record_of(NOW + i * 6 * HOUR, i, 9);
        cw_journal_refused(journal, &refused, CW_SIGN_CONTRACT);
        assert_int_equal(cw_journal_commit(journal, NULL), CW_OK);
        cw_journal_close(journal);
    }
    struct cw_journal *journal = open_at(f, NOW + 24 * HOUR);
    assert_used(journal, NOW + 24 * HOUR, NO_NONCE, "1/10", "4/40");
    cw_journal_close(journal);
    /* What is older has left the disk, too, and so have the refusals. */
    size_t n = slurp(f->second, text, sizeof text) + slurp(f->path, text, sizeof text);
    assert_in_range(n, 400, 1400);
    struct stat st;
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void refused__many__some_hundreds_are_kept(void **state) {
    struct fixture *f = *state;
    struct cw_journal *journal = open_at(f, NOW);
    const struct cw_journal_record record = record_of(NOW, 1, 5);
    for (unsigned i = 0; i < 3000; i++) {
        cw_journal_refused(journal, &record, CW_SIGN_SELECTOR);
        assert_int_equal(cw_journal_commit(journal, NULL), CW_OK);
    }
    assert_used(journal, NOW, NO_NONCE, "0/0", "0/0");
    struct stat st;
    assert_int_equal(stat(f->path, &st), 0);
    assert_in_range(st.st_size, 50000, 200000);
    cw_journal_close(journal);
}

static void signed__is_synced_first(void **state) {
    struct fixture *f = *state;
    struct cw_journal *journal = open_at(f, NOW);
    fault_disk(0, 0, 0);
    must_sign(journal, NOW, 1, 1);
    assert_int_equal(fault_disk_syncs(), 1);
    must_sign(journal, NOW, 1, 2);
    assert_int_equal(fault_disk_syncs(), 2);
    cw_journal_close(journal);
}

/* --- groups ----------------------------------------------------------------------------------- */

static void stage(struct cw_journal *journal, uint64_t nonce, uint64_t fee) {
    const struct cw_journal_record record = record_of(NOW, nonce, fee);
    const struct cw_hash32 hash = {{(uint8_t)nonce, (uint8_t)fee}};
    assert_int_equal(cw_journal_signed(journal, &record, &hash, NULL), CW_OK);
}

static void commit__a_full_group__one_sync(void **state) {
    struct fixture *f = *state;
    struct cw_journal *journal = open_at(f, NOW);
    struct cw_error error;
    fault_disk(0, 0, 0);
    assert_int_equal(cw_journal_commit(journal, &error), CW_OK);
    const struct cw_journal_record record = record_of(NOW, 500, 10);
    cw_journal_refused(journal, &record, CW_SIGN_CONTRACT);
    for (uint64_t i = 1; i < CW_JOURNAL_GROUP_MAX; i++) {
        stage(journal, i, 10);
    }
    assert_used(journal, NOW, NO_NONCE, "63/630", "63/630");
    const struct cw_hash32 hash = {{1}};
    assert_int_equal(cw_journal_signed(journal, &record, &hash, &error), CW_ERR_LIMIT);
    cw_journal_refused(journal, &record, CW_SIGN_CONTRACT); /* left out */
    assert_int_equal(fault_disk_syncs(), 0);
    assert_int_equal(cw_journal_commit(journal, &error), CW_OK);
    assert_int_equal(fault_disk_syncs(), 1);
    cw_journal_close(journal);
    journal = open_at(f, NOW);
    assert_false(cw_journal_was_torn(journal));
    assert_used(journal, NOW, NO_NONCE, "63/630", "63/630");
    cw_journal_close(journal);
}

static void commit__disk_fails__all_of_the_group_is_taken_back(void **state) {
    struct fixture *f = *state;
    struct cw_journal *journal = open_at(f, NOW);
    struct cw_error error;
    struct cw_journal_nonce nonce;
    must_sign(journal, NOW, 7, 100);
    static const struct {
        unsigned kinds;
        size_t room;
    } faults[] = {{FAULT_FDATASYNC, 0}, {FAULT_PWRITE, 0}, {FAULT_PWRITE, 200}};
    for (size_t i = 0; i < CW_COUNT(faults); i++) {
        stage(journal, 8, 10);
        stage(journal, 7, 150);
        stage(journal, 8, 20);
        stage(journal, 7, 50);
        assert_used(journal, NOW, NO_NONCE, "5/170", "5/170");
        fault_disk(faults[i].kinds, EIO, faults[i].room);
        assert_int_equal(cw_journal_commit(journal, &error), CW_ERR_IO);
        fault_disk(0, 0, 0);
        assert_used(journal, NOW, NO_NONCE, "1/100", "1/100");
        assert_false(cw_journal_nonce(journal, 900, 8, NOW, &nonce));
        assert_true(cw_journal_nonce(journal, 900, 7, NOW, &nonce));
        assert_int_equal(nonce.hash.b[1], 100);
    }
    must_sign(journal, NOW, 8, 20);
    assert_int_equal(fault_disk_syncs(), 3); /* a new copy, and behind it */
    cw_journal_close(journal);
    journal = open_at(f, NOW);
    assert_false(cw_journal_was_torn(journal));
    assert_used(journal, NOW, NO_NONCE, "2/120", "2/120");
    cw_journal_close(journal);
}

static int known(const struct fixture *f, const uint8_t *bytes, size_t n, bool *ret_torn);

/* One signature, then three at once, which may be torn in any way; or two and then two. */
static void open__a_group_that_is_torn__no_damage(void **state) {
    struct fixture *f = *state;
    for (uint64_t first = 1; first <= 2; first++) {
        uint8_t text[4096], copy[4096];
        size_t ends[3] = {0};
        struct cw_journal *journal = open_at(f, NOW);
        ends[0] = slurp(f->path, text, sizeof text);
        for (uint64_t i = 0; i < 4; i++) {
            if (i == first) {
                assert_int_equal(cw_journal_commit(journal, NULL), CW_OK);
                ends[1] = slurp(f->path, text, sizeof text);
            }
            stage(journal, i, 10);
        }
        assert_int_equal(cw_journal_commit(journal, NULL), CW_OK);
        ends[2] = slurp(f->path, text, sizeof text);
        cw_journal_close(journal);
        bool torn = false;
        /* nothing of any length, anywhere in the last group */
        for (size_t at = ends[1]; at < ends[2]; at++) {
            for (size_t n = 1; at + n <= ends[2]; n = 3 * n + 1) {
                memcpy(copy, text, ends[2]);
                memset(copy + at, 0, n);
                assert_in_range(known(f, copy, ends[2], &torn), (int)first, 3);
                assert_true(torn);
                copy[ends[1]] = 0;
                assert_int_equal(known(f, copy, ends[2], &torn), (int)first);
                assert_true(torn);
            }
        }
        /* what was synced before it is not lost without a word */
        for (size_t at = ends[0]; at < ends[1]; at++) {
            memcpy(copy, text, ends[2]);
            copy[at] ^= 1;
            assert_int_equal(known(f, copy, ends[2], &torn), -1);
        }
        temp_write(f->path, "", 0, 0600);
        temp_write(f->second, "", 0, 0600);
    }
}

/* --- torn and damaged ------------------------------------------------------------------------- */

/* Three signatures in a file that is opened for the first time. */
static size_t three(const struct fixture *f, uint8_t *out, size_t cap, size_t ends[4]) {
    struct cw_journal *journal = open_at(f, NOW);
    for (uint64_t i = 0; i < 4; i++) {
        if (i > 0) {
            must_sign(journal, NOW, i, 10);
        }
        ends[i] = slurp(f->path, out, cap);
    }
    cw_journal_close(journal);
    return ends[3];
}

/* How many of them a journal with that content knows; -1: refused as damaged. */
static int known(const struct fixture *f, const uint8_t *bytes, size_t n, bool *ret_torn) {
    struct cw_journal *journal = NULL;
    struct cw_error error;
    temp_write(f->path, (const char *)bytes, n, 0600);
    temp_write(f->second, "", 0, 0600);
    enum cw_err err = cw_journal_open(&journal, f->path, &signer, NOW, &error);
    if (err != CW_OK) {
        assert_int_equal(err, CW_ERR_CONTRADICTED);
        assert_non_null(strstr(error.text, "damaged in line"));
        assert_null(journal);
        return -1;
    }
    struct cw_journal_usage used;
    cw_journal_usage(journal, 900, NO_NONCE, NOW, &used);
    *ret_torn = cw_journal_was_torn(journal);
    /* It goes on from there. */
    must_sign(journal, NOW, 99, 10);
    cw_journal_close(journal);
    journal = open_at(f, NOW);
    struct cw_journal_usage again;
    cw_journal_usage(journal, 900, NO_NONCE, NOW, &again);
    assert_int_equal(again.n[CW_JOURNAL_DAY], used.n[CW_JOURNAL_DAY] + 1);
    assert_false(cw_journal_was_torn(journal));
    cw_journal_close(journal);
    return (int)used.n[CW_JOURNAL_DAY];
}

static void open__torn_at_every_byte__knows_what_was_synced(void **state) {
    struct fixture *f = *state;
    uint8_t text[4096], copy[4096];
    size_t ends[4], n = three(f, text, sizeof text, ends);
    for (size_t cut = 0; cut <= n; cut++) {
        int synced = 0;
        bool whole = cut == 0, torn = false;
        for (size_t i = 0; i < 4; i++) {
            synced += i > 0 && cut >= ends[i];
            whole = whole || cut == ends[i];
        }
        assert_int_equal(known(f, text, cut, &torn), synced);
        if (torn != (cut > ends[0] && !whole)) {
            fail_msg("cut at %zu: torn %d", cut, (int)torn);
        }
        /* The file was made longer and not filled, or filled behind a gap. */
        size_t end = n;
        for (size_t i = 4; i-- > 0;) {
            end = ends[i] >= cut ? ends[i] : end;
        }
        memcpy(copy, text, end);
        memset(copy + cut, 0, end - cut);
        if (cut >= ends[0]) {
            assert_int_equal(known(f, copy, end, &torn), synced);
        }
        if (end > cut + 1 && cut >= ends[0]) {
            copy[end - 1] = '\n';
            assert_int_equal(known(f, copy, end, &torn), synced);
        }
    }
}

static void open__any_other_byte__refused_or_only_the_last_is_lost(void **state) {
    struct fixture *f = *state;
    uint8_t text[4096];
    size_t ends[4], n = three(f, text, sizeof text, ends);
    for (size_t i = 0; i < n; i++) {
        bool torn = false;
        text[i] ^= 1;
        int is = known(f, text, n, &torn);
        text[i] ^= 1;
        if (i < ends[2]) {
            assert_int_equal(is, -1);
        } else {
            assert_int_equal(is, 2);
            assert_true(torn);
        }
    }
    /* A line taken out of the middle, or two of them swapped. */
    bool torn;
    uint8_t other[4096];
    memcpy(other, text, ends[1]);
    memcpy(other + ends[1], text + ends[2], n - ends[2]);
    assert_int_equal(known(f, other, n - (ends[2] - ends[1]), &torn), 1);
    memcpy(other + ends[1], text + ends[2], n - ends[2]);
    memcpy(other + ends[1] + (n - ends[2]), text + ends[1], ends[2] - ends[1]);
    assert_int_equal(known(f, other, n, &torn), -1);
}

static void open__a_copy_that_was_not_finished__the_old_file_counts(void **state) {
    struct fixture *f = *state;
    uint8_t old[4096], copy[4096];
    size_t ends[4], n = three(f, old, sizeof old, ends);
    cw_journal_close(open_at(f, NOW)); /* copies to the second file */
    size_t copy_n = slurp(f->second, copy, sizeof copy);
    assert_int_equal(slurp(f->path, old + n, 1), 0);
    for (size_t cut = 0; cut <= copy_n; cut++) {
        for (unsigned zeros = 0; zeros < 2; zeros++) {
            uint8_t part[4096] = {0};
            memcpy(part, copy, cut);
            temp_write(f->path, (const char *)old, n, 0600);
            temp_write(f->second, (const char *)part, zeros != 0 ? copy_n : cut, 0600);
            struct cw_journal *journal = open_at(f, NOW);
            assert_used(journal, NOW, NO_NONCE, "3/30", "3/30");
            cw_journal_close(journal);
        }
    }
    /* Both whole: the newer one. */
    temp_write(f->path, (const char *)old, ends[1], 0600);
    temp_write(f->second, (const char *)copy, copy_n, 0600);
    struct cw_journal *journal = open_at(f, NOW);
    assert_used(journal, NOW, NO_NONCE, "3/30", "3/30");
    cw_journal_close(journal);
}

static void open__what_is_no_journal_of_ours__refused(void **state) {
    struct fixture *f = *state;
    struct cw_journal *journal = NULL, *second = NULL;
    struct cw_error error;
    const struct cw_addr20 other = {{0xcc}};
    cw_journal_close(open_at(f, NOW));
    assert_int_equal(cw_journal_open(&journal, f->path, &other, NOW, &error), CW_ERR_CONTRADICTED);
    assert_non_null(strstr(error.text, "of the signer 0xaabb"));
    /* one process at a time */
    journal = open_at(f, NOW);
    assert_int_equal(cw_journal_open(&second, f->path, &signer, NOW, &error), CW_ERR_BUSY);
    assert_non_null(strstr(error.text, "in use by the process"));
    cw_journal_close(journal);
    char path[600];
    temp_path(&f->temp, "none/main.journal", path, sizeof path);
    assert_int_equal(cw_journal_open(&second, path, &signer, NOW, &error), CW_ERR_IO);
    temp_path(&f->temp, "link", path, sizeof path);
    assert_int_equal(symlink(f->path, path), 0);
    assert_int_equal(cw_journal_open(&second, path, &signer, NOW, &error), CW_ERR_IO);
    temp_path(&f->temp, "text", path, sizeof path);
    temp_write(path, "not a journal\nat all\n", 21, 0600);
    assert_int_equal(cw_journal_open(&second, path, &signer, NOW, &error), CW_ERR_CONTRADICTED);
    assert_null(second);
}

static void open__holder_dies__the_next_one_has_it(void **state) {
    struct fixture *f = *state;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct cw_journal *journal = NULL;
        struct cw_error error;
        if (cw_journal_open(&journal, f->path, &signer, NOW, &error) != CW_OK ||
            sign(journal, NOW, 1, 10, &error) != CW_OK) {
            _exit(1);
        }
        (void)kill(getpid(), SIGKILL);
        _exit(2);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    struct cw_journal *journal = open_at(f, NOW);
    assert_used(journal, NOW, NO_NONCE, "1/10", "1/10");
    cw_journal_close(journal);
}

/* --- a disk that fails ------------------------------------------------------------------------ */

static void signed__disk_full_at_every_byte__nothing_counts_and_it_goes_on(void **state) {
    struct fixture *f = *state;
    struct cw_journal *journal = open_at(f, NOW);
    struct cw_error error;
    uint64_t n = 1;
    must_sign(journal, NOW, 0, 10);
    for (size_t room = 0; room < 165; room++) { /* with 171 it fits */
        fault_disk(FAULT_PWRITE, ENOSPC, room);
        assert_int_equal(sign(journal, NOW, 1000, 10, &error), CW_ERR_IO);
        assert_non_null(strstr(error.text, "No space left on device: free some space"));
        fault_disk(0, 0, 0);
        if (room % 19 == 0) {
            must_sign(journal, NOW, n, 10);
            n++;
        }
        if (room % 38 == 0) {
            cw_journal_close(journal);
            journal = open_at(f, NOW);
        }
        char is[64];
        snprintf(is, sizeof is, "%llu/%llu", (unsigned long long)n, (unsigned long long)(10 * n));
        assert_used(journal, NOW, NO_NONCE, is, is);
    }
    cw_journal_close(journal);
}

/* What the disk has after a sync that failed is not known: the file is not trusted again. */
static void signed__sync_fails__written_anew_before_the_next(void **state) {
    struct fixture *f = *state;
    struct cw_journal *journal = open_at(f, NOW);
    struct cw_error error;
    uint8_t text[4096];
    must_sign(journal, NOW, 0, 10);
    for (unsigned i = 0; i < 3; i++) {
        fault_disk(FAULT_FDATASYNC, EIO, 0);
        assert_int_equal(sign(journal, NOW, 1000, 10, &error), CW_ERR_IO);
    }
    /* the copy needs a disk, too */
    fault_disk(FAULT_PWRITE, ENOSPC, 100);
    assert_int_equal(sign(journal, NOW, 1000, 10, &error), CW_ERR_IO);
    fault_disk(0, 0, 0);
    must_sign(journal, NOW, 1, 10);
    assert_int_equal(fault_disk_syncs(), 3);
    assert_used(journal, NOW, NO_NONCE, "2/20", "2/20");
    assert_int_equal(slurp(f->path, text, sizeof text), 0);
    assert_true(slurp(f->second, text, sizeof text) > 0);
    cw_journal_close(journal);
    journal = open_at(f, NOW);
    assert_used(journal, NOW, NO_NONCE, "2/20", "2/20");
    cw_journal_close(journal);
}

static void signed__a_part_stays_behind__written_anew(void **state) {
    struct fixture *f = *state;
    struct cw_journal *journal = open_at(f, NOW);
    struct cw_error error;
    must_sign(journal, NOW, 0, 10);
    fault_disk(FAULT_PWRITE | FAULT_FTRUNCATE, ENOSPC, 100);
    assert_int_equal(sign(journal, NOW, 1000, 10, &error), CW_ERR_IO);
    assert_int_equal(sign(journal, NOW, 1000, 10, &error), CW_ERR_IO);
    fault_disk(0, 0, 0);
    must_sign(journal, NOW, 1, 10);
    cw_journal_close(journal);
    journal = open_at(f, NOW);
    assert_false(cw_journal_was_torn(journal));
    assert_used(journal, NOW, NO_NONCE, "2/20", "2/20");
    cw_journal_close(journal);
}

static void signed__a_large_file__copied_while_it_runs(void **state) {
    struct fixture *f = *state;
    struct cw_journal *journal = open_at(f, NOW);
    struct stat st;
    uint64_t time = NOW, nonce = 0;
    /* Two days at one a few seconds: the first ones drop out. */
    for (; nonce < 30000; nonce++, time += 5760) {
        must_sign(journal, time, nonce, 1);
    }
    assert_int_equal(stat(f->path, &st), 0);
    size_t sizes = (size_t)st.st_size;
    assert_int_equal(stat(f->second, &st), 0);
    sizes += (size_t)st.st_size;
    assert_in_range(sizes, 2u << 20, 6u << 20);
    struct cw_journal_usage used;
    cw_journal_usage(journal, 900, NO_NONCE, time, &used);
    assert_int_equal(used.n[CW_JOURNAL_DAY], 14999);
    cw_journal_close(journal);
    journal = open_at(f, time);
    cw_journal_usage(journal, 900, NO_NONCE, time, &used);
    assert_int_equal(used.n[CW_JOURNAL_DAY], 14999);
    cw_journal_close(journal);
}

static void open_and_sign__no_memory__said(void **state) {
    struct fixture *f = *state;
    struct cw_journal *journal = open_at(f, NOW);
    must_sign(journal, NOW, 0, 10);
    cw_journal_close(journal);
    bool failed = true;
    uint64_t n = 1;
    for (unsigned long i = 1; failed; i++) {
        struct cw_error error;
        journal = NULL;
        nth_malloc_fail(i);
        enum cw_err err = cw_journal_open(&journal, f->path, &signer, NOW, &error);
        if (err == CW_OK) {
            err = sign(journal, NOW, n, 10, &error);
        }
        failed = nth_malloc_failed();
        nth_malloc_fail(0);
        assert_true(err == CW_OK || (failed && (err == CW_ERR_MEMORY || err == CW_ERR_IO)));
        n += err == CW_OK;
        cw_journal_close(journal);
    }
    journal = open_at(f, NOW);
    char is[64];
    snprintf(is, sizeof is, "%llu/%llu", (unsigned long long)n, (unsigned long long)(10 * n));
    assert_used(journal, NOW, NO_NONCE, is, is);
    cw_journal_close(journal);
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(signed__each_nonce__counts_in_its_windows),
        CASE(signed__in_place_of_another__the_dearest_counts_once),
        CASE(open__again_and_again__keeps_what_counts),
        CASE(refused__many__some_hundreds_are_kept),
        CASE(signed__is_synced_first),
        CASE(commit__a_full_group__one_sync),
        CASE(commit__disk_fails__all_of_the_group_is_taken_back),
        CASE(open__a_group_that_is_torn__no_damage),
        CASE(open__torn_at_every_byte__knows_what_was_synced),
        CASE(open__any_other_byte__refused_or_only_the_last_is_lost),
        CASE(open__a_copy_that_was_not_finished__the_old_file_counts),
        CASE(open__what_is_no_journal_of_ours__refused),
        CASE(open__holder_dies__the_next_one_has_it),
        CASE(signed__disk_full_at_every_byte__nothing_counts_and_it_goes_on),
        CASE(signed__sync_fails__written_anew_before_the_next),
        CASE(signed__a_part_stays_behind__written_anew),
        CASE(signed__a_large_file__copied_while_it_runs),
        CASE(open_and_sign__no_memory__said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
