#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/json.h"

#define ITEMS_MAX 16
#define CALLS_MAX ((size_t)1 << 24)

void bench_end(const char *why) {
    fprintf(stderr, "causeway-bench: %s\n", why);
    exit(1);
}

void *bench_alloc(size_t n) {
    void *p = calloc(1, n == 0 ? 1 : n);
    bench_require(p != NULL, "memory is short");
    return p;
}

/* The thread's own time: what others take of the processor does not count. */
static double now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double sample(const struct bench *bench, const struct bench_item *item, size_t calls) {
    if (item->run == NULL) {
        return peer_measure(bench->peer, item->peer, calls);
    }
    double begin = now_ns();
    item->run(item->ctx, calls);
    return now_ns() - begin;
}

/* How many calls make a sample; they warm up what is to be measured. */
static size_t calibrate(const struct bench *bench, const struct bench_item *item) {
    size_t calls = 1;
    for (unsigned i = 0; i < 40; i++) {
        double took = sample(bench, item, calls);
        if (took >= bench->sample_ns / 2 || calls >= CALLS_MAX) {
            double wanted = bench->sample_ns * (double)calls / (took > 1 ? took : 1);
            return wanted < 1 ? 1 : (size_t)wanted;
        }
        calls *= 2;
    }
    return calls;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct result {
    double *ns; /* one a round, for one unit */
    size_t calls;
    double min, median;
};

static void put_ratio(struct cw_buf *json, const struct bench_item *items,
                      const struct result *results, size_t n, size_t i) {
    if (items[i].against == NULL) {
        return;
    }
    double min = 0, median = 0;
    for (size_t j = 0; j < n; j++) {
        if (j != i && strncmp(items[j].name, items[i].against, strlen(items[i].against)) == 0) {
            min = min == 0 || results[j].min < min ? results[j].min : min;
            median = median == 0 || results[j].median < median ? results[j].median : median;
        }
    }
    bench_require(min > 0 && median > 0, "an item is measured against one that is not there");
    cw_buf_text(json, ",\"against\":");
    cw_json_quote(json, items[i].against);
    cw_buf_format(json, ",\"ratioMin\":%.4f,\"ratioMedian\":%.4f", results[i].min / min,
                  results[i].median / median);
}

void bench_group(struct bench *bench, const char *name, const char *unit,
                 const struct bench_item *all, size_t n_all) {
    struct bench_item items[ITEMS_MAX];
    struct result results[ITEMS_MAX];
    size_t n = 0;
    bench_require(n_all <= ITEMS_MAX, "a group has too many items");
    for (size_t i = 0; i < n_all; i++) {
        if (all[i].run != NULL || bench->peer != NULL) {
            items[n++] = all[i];
        }
    }
    fprintf(stderr, "measuring %s\n", name);
    for (size_t i = 0; i < n; i++) {
        results[i] = (struct result){.ns = bench_alloc(bench->rounds * sizeof(double)),
                                     .calls = calibrate(bench, &items[i])};
    }
    for (unsigned round = 0; round < bench->rounds; round++) {
        for (size_t turn = 0; turn < n; turn++) {
            size_t i = (turn + round) % n;
            results[i].ns[round] = sample(bench, &items[i], results[i].calls) /
                                   (double)(results[i].calls * items[i].per);
        }
    }
    for (size_t i = 0; i < n; i++) {
        qsort(results[i].ns, bench->rounds, sizeof(double), compare);
        results[i].min = results[i].ns[0];
        results[i].median = results[i].ns[bench->rounds / 2];
    }
    struct cw_buf *json = &bench->json;
    cw_buf_text(json, json->n > 0 ? ",{\"name\":" : "{\"name\":");
    cw_json_quote(json, name);
    cw_buf_text(json, ",\"unit\":");
    cw_json_quote(json, unit);
    cw_buf_text(json, ",\"items\":[");
    for (size_t i = 0; i < n; i++) {
        cw_buf_text(json, i > 0 ? ",{\"name\":" : "{\"name\":");
        cw_json_quote(json, items[i].name);
        cw_buf_format(json, ",\"minNs\":%.2f,\"medianNs\":%.2f", results[i].min, results[i].median);
        put_ratio(json, items, results, n, i);
        cw_buf_text(json, "}");
        free(results[i].ns);
    }
    cw_buf_text(json, "]}");
}
