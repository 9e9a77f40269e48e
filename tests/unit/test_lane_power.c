/* A lane when the power goes: each transaction that the chain was handed by then is in the store
 * with its bytes, whatever of what was not synced is gone.
 *
 * [SEED [RUNS]] */
#include "lane_bed.h"
#include "power_vfs.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGES 20
#define STEPS    60
#define OPS_MAX  65536

static unsigned long first, runs;
static uint64_t seed;

static uint64_t rnd(uint64_t below) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (seed >> 11) % below;
}

static struct power_disk *disk;
/* What was on its way to the chain, or there, and how many of it before each operation of the disk.
 */
static struct {
    uint8_t raw[4096];
    size_t n;
} handed[BED_TXS];
static size_t handed_n, handed_before[OPS_MAX];

static void hand(struct cw_slice raw) {
    for (size_t i = 0; i < handed_n; i++)
        if (cw_slice_equal(raw, cw_slice_of(handed[i].raw, handed[i].n)))
            return;
    assert_true(handed_n < BED_TXS && raw.n <= sizeof handed[0].raw);
    memcpy(handed[handed_n].raw, raw.p, raw.n);
    handed[handed_n++].n = raw.n;
}

static void on_operation(void *ctx) {
    const struct bed *bed = ctx;
    uint8_t raw[4096];
    for (size_t i = 0; i < bed->txs_n; i++)
        hand(cw_slice_of(bed->txs[i].raw, bed->txs[i].raw_n));
    for (size_t i = 0; i < bed->requests_n; i++) {
        if (strcmp(bed->requests[i].method, "eth_sendRawTransaction") != 0)
            continue;
        const char *hex = strstr(bed->requests[i].params, "0x");
        size_t digits = strspn(hex + 2, "0123456789abcdef");
        assert_int_equal(cw_hex_decode(raw, digits / 2, hex, 2 + digits), CW_OK);
        hand(cw_slice_of(raw, digits / 2));
    }
    assert_true(power_disk_ops(disk) < OPS_MAX);
    handed_before[power_disk_ops(disk)] = handed_n;
}

static void step(struct bed *bed) {
    bed->drop_sends = rnd(6) == 0;
    bed->hold_blocks = rnd(4) == 0; /* so that others are bid in their place */
    switch (rnd(6)) {
    case 0:
    case 1: {
        const struct cw_call call = bed_call();
        (void)bed_submit_step(bed, (size_t)rnd(MESSAGES), "prove", &call, false);
        bed_run(bed);
        break;
    }
    case 2:
    case 3:
        bed_mine(bed);
        break;
    case 4:
        bed_advance(bed, 1000 + rnd(6000));
        break;
    case 5:
        if (rnd(3) == 0)
            bed_reorg(bed, 1 + rnd(3));
        else if (rnd(3) == 0) {
            bed_crash(bed);
            bed_open(bed);
        }
        break;
    }
}

static void check_after(const struct bed *bed, size_t op, enum power_loss loss) {
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    power_vfs_clear();
    power_disk_after(disk, op, loss, op, power_vfs_put, NULL);
    assert_int_equal(sqlite3_open(bed->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT 1 FROM bid WHERE raw = ?1", -1, &stmt, NULL),
                     SQLITE_OK);
    for (size_t i = 0; i < handed_before[op]; i++) {
        sqlite3_reset(stmt);
        sqlite3_bind_blob(stmt, 1, handed[i].raw, (int)handed[i].n, SQLITE_STATIC);
        if (sqlite3_step(stmt) != SQLITE_ROW)
            fail_msg("power lost before operation %zu (%s): transaction %zu of %zu had left and is "
                     "not in the store",
                     op, loss == POWER_TORN ? "torn" : "unsynced dropped", i, handed_before[op]);
    }
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

static void live(struct bed *bed) {
    bed_open(bed);
    for (unsigned i = 0; i < STEPS; i++)
        step(bed);
    cw_lane_free(bed->lane);
    bed->lane = NULL;
    cw_store_close(bed->store);
    bed->store = NULL;
}

static void run(uint64_t number) {
    void *state = NULL;
    disk = power_disk_new();
    power_vfs_record(disk);
    assert_int_equal(bed_set_up(&state), 0);
    struct bed *bed = state;
    handed_n = 0;
    const size_t begin = power_disk_ops(disk);
    power_disk_watch(disk, on_operation, bed);
    seed = number * 2654435761u + 88172645463325252u;
    live(bed);
    power_vfs_record(NULL);
    const size_t end = power_disk_ops(disk);
    on_operation(bed);
    for (size_t op = begin; op <= end; op++) {
        bool sent = op == end || (op > begin && handed_before[op] != handed_before[op - 1]);
        if (sent || op % 41 == 0) {
            check_after(bed, op, POWER_DROPPED);
            check_after(bed, op, POWER_TORN);
        }
    }
    print_message("# seed %llu: %zu operations, %zu transactions\n", (unsigned long long)number,
                  end - begin, handed_n);
    assert_true(handed_n > 5);
    power_vfs_clear();
    power_disk_free(disk);
    assert_int_equal(bed_tear_down(&state), 0);
}

static void power__lost_at_any_operation__what_was_broadcast_is_there(void **state) {
    (void)state;
    for (uint64_t i = first; i < first + runs; i++)
        run(i);
}

int main(int argc, char **argv) {
    first = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
    runs = argc > 2 ? strtoul(argv[2], NULL, 10) : argc > 1 ? 1 : 6;
    temp_in_memory();
    power_vfs_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(power__lost_at_any_operation__what_was_broadcast_is_there),
    };
    return cmocka_run_group_tests_name("lane, power", tests, NULL, NULL);
}
