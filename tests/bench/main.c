/* causeway-bench: see tests/bench/causeway-bench, which builds and runs it. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gcrypt.h>
#include <openssl/crypto.h>

#include <causeway/keccak.h>

#include "core/json.h"

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

static void put_text(struct cw_buf *json, const char *key, const char *text) {
    cw_json_quote(json, key);
    cw_buf_text(json, ":");
    cw_json_quote(json, text);
    cw_buf_text(json, ",");
}

static void put_machine(struct cw_buf *json, const struct bench *bench) {
    enum cw_keccak_path path = cw_keccak_path_best();
    put_text(json, "compiler", COMPILER);
    put_text(json, "libgcrypt", gcry_check_version(NULL));
    put_text(json, "openssl", OpenSSL_version(OPENSSL_VERSION_STRING));
    put_text(json, "keccakPath", cw_keccak_path_name(path));
    cw_buf_format(json, "\"keccakLanes\":%zu,\"rounds\":%u,\"sampleMs\":%g,",
                  cw_keccak_path_lanes(path), bench->rounds, bench->sample_ns / 1e6);
}

/* What the peer reads: the tries' proofs, and where the receipts are. */
static void write_peer_file(const char *path, const char *receipts, const struct cw_buf *tries) {
    struct cw_buf json;
    cw_buf_init(&json, (size_t)64 << 20);
    cw_buf_text(&json, "{\"receipts\":");
    cw_json_quote(&json, receipts);
    cw_buf_text(&json, ",\"tries\":[");
    cw_buf_append(&json, tries->p, tries->n);
    cw_buf_text(&json, "]}\n");
    FILE *out = fopen(path, "wb");
    bench_require(out != NULL && !json.failed && fwrite(json.p, 1, json.n, out) == json.n &&
                      fclose(out) == 0,
                  "the peer's file can't be written");
    cw_buf_done(&json);
}

int main(int argc, char **argv) {
    if (argc != 6) {
        fprintf(stderr,
                "usage: causeway_bench ROUNDS SAMPLE_MS RECEIPTS_FILE PEER_FILE PEER_COMMAND\n"
                "Run it through tests/bench/causeway-bench. Without a peer its command is ''.\n");
        return 2;
    }
    struct bench bench = {.rounds = (unsigned)strtoul(argv[1], NULL, 10),
                          .sample_ns = strtod(argv[2], NULL) * 1e6};
    bench_require(bench.rounds > 0 && bench.rounds < 100000 && bench.sample_ns > 0,
                  "rounds and their length are numbers");
    struct cw_buf tries, json;
    cw_buf_init(&tries, (size_t)64 << 20);
    cw_buf_init(&json, (size_t)1 << 20);
    cw_buf_init(&bench.json, (size_t)1 << 20);
    other_start();
    bench_tries_make(&tries);
    if (argv[5][0] != '\0') {
        write_peer_file(argv[4], argv[3], &tries);
        bench.peer = peer_start(argv[5]);
    }
    cw_buf_done(&tries);
    bench_keccak(&bench);
    bench_tries(&bench);
    bench_headers(&bench);
    bench_receipts(&bench, argv[3]);
    bench_signatures(&bench);
    if (bench.peer != NULL) {
        peer_stop(bench.peer);
    }
    cw_buf_text(&json, "{");
    put_machine(&json, &bench);
    cw_buf_text(&json, "\"groups\":[");
    cw_buf_append(&json, bench.json.p, bench.json.n);
    cw_buf_text(&json, "]}");
    bench_require(!bench.json.failed && cw_buf_cstr(&json) != NULL, "too many results");
    puts(cw_buf_cstr(&json));
    other_stop();
    cw_buf_done(&bench.json);
    cw_buf_done(&json);
    return 0;
}
