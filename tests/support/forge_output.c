/* Makes up a state in which withdrawals stand that were never sent; see usage. */
#include "forge_block.h"

#include <causeway/op_withdrawal.h>

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define IDS_MAX     64
#define ARENA_BYTES (4u << 20)

static const char usage[] =
    "usage: forge_output BLOCK-HASH ID…\n\n"
    "A state of an OP Stack rollup in which the withdrawals with these ids stand, and its output\n"
    "root with that block hash. Prints \"ROOT STATE-ROOT STORAGE-ROOT\", and a line for each id "
    "with\n"
    "the nodes that prove it to a portal: \"[0x…,0x…]\".\n\n"
    "exit: 0 done, 2 usage\n";

static void print_hash(const struct cw_hash32 *hash, char after) {
    char hex[CW_HEX_SIZE(32)];
    printf("%s%c", cw_hex_encode(hex, cw_slice_of(hash->b, 32)), after);
}

static void print_nodes(const struct made_trie *trie, struct cw_arena *arena,
                        const struct cw_hash32 *id) {
    struct cw_hash32 key;
    size_t n = 0;
    cw_op_withdrawal_key(&key, id);
    const struct cw_slice *nodes = made_trie_prove(trie, arena, cw_slice_of(key.b, 32),
                                                   CW_MPT_FORM_CONTRACT, &n);
    putchar('[');
    for (size_t i = 0; i < n; i++) {
        char *hex = cw_arena_alloc(arena, 2 * nodes[i].n + 3);
        assert(hex != NULL);
        printf("%s%s", i > 0 ? "," : "", cw_hex_encode(hex, nodes[i]));
    }
    puts("]");
}

int main(int argc, char **argv) {
    struct cw_hash32 ids[IDS_MAX], root;
    struct cw_op_output output = {.version = {{0}}};
    struct forge_state state;
    struct cw_arena arena;
    size_t n = 0;
    bool good = argc > 2 && argc - 2 <= IDS_MAX &&
                cw_hex_decode(output.block_hash.b, 32, argv[1], strlen(argv[1])) == CW_OK;
    for (int i = 2; good && i < argc; i++) {
        good = cw_hex_decode(ids[n++].b, 32, argv[i], strlen(argv[i])) == CW_OK;
    }
    if (!good) {
        fputs(usage, stderr);
        return 2;
    }
    cw_arena_init(&arena, ARENA_BYTES);
    forge_state_build(&state, &arena, ids, n);
    output.state_root = state.accounts.root;
    output.passer_storage_root = state.storage.root;
    cw_op_output_root(&root, &output);
    print_hash(&root, ' ');
    print_hash(&output.state_root, ' ');
    print_hash(&output.passer_storage_root, '\n');
    for (size_t i = 0; i < n; i++) {
        print_nodes(&state.storage, &arena, &ids[i]);
    }
    cw_arena_done(&arena);
    return 0;
}
