/* Verifies an OP Stack withdrawal with libcauseway_proofs: does the output root, which is what you
 * trust, commit to it? The file is one JSON object as `causeway verify withdrawal` takes it.
 * Nothing here asks a network.
 *
 *   withdrawal withdrawal.json      exit: 0 valid, 1 invalid, 2 malformed */
#include <causeway/arena.h>
#include <causeway/op_withdrawal.h>

#include <cjson/cJSON.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (1u << 20)
#define NODES    64

static void refuse(const char *what) {
    fprintf(stderr, "withdrawal: %s is missing or malformed\n", what);
    exit(2);
}

static const cJSON *member(const cJSON *object, const char *name) {
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(object, name);
    if (found == NULL)
        refuse(name);
    return found;
}

/* Text of exactly n bytes, "0x…". */
static void fixed(uint8_t *out, size_t n, const cJSON *object, const char *name) {
    const char *text = cJSON_GetStringValue(member(object, name));
    if (text == NULL || cw_hex_decode(out, n, text, strlen(text)) != CW_OK)
        refuse(name);
}

/* Text of any bytes, in the arena. */
static struct cw_slice bytes(struct cw_arena *arena, const cJSON *value, const char *name) {
    const char *text = cJSON_GetStringValue(value);
    size_t n = 0, cap = text != NULL ? strlen(text) / 2 : 0;
    uint8_t *out = cw_arena_alloc(arena, cap);
    if (text == NULL || out == NULL || cw_hex_decode_any(out, cap, &n, text, strlen(text)) != CW_OK)
        refuse(name);
    return cw_slice_of(out, n);
}

/* A decimal number as text: they do not fit into JSON's. */
static struct cw_u256 number(const cJSON *object, const char *name) {
    struct cw_u256 value;
    const char *text = cJSON_GetStringValue(member(object, name));
    if (text == NULL || cw_u256_from_dec(&value, text, strlen(text)) != CW_OK)
        refuse(name);
    return value;
}

static struct cw_op_withdrawal read_withdrawal(struct cw_arena *arena, const cJSON *object) {
    struct cw_op_withdrawal w = {
        .nonce = number(object, "nonce"),
        .value.v = number(object, "value"),
        .gas_limit = number(object, "gasLimit"),
        .data = bytes(arena, member(object, "data"), "data"),
    };
    fixed(w.sender.b, sizeof w.sender.b, object, "sender");
    fixed(w.target.b, sizeof w.target.b, object, "target");
    return w;
}

static struct cw_op_output read_output(const cJSON *object) {
    struct cw_op_output output;
    fixed(output.version.b, 32, object, "version");
    fixed(output.state_root.b, 32, object, "stateRoot");
    fixed(output.passer_storage_root.b, 32, object, "messagePasserStorageRoot");
    fixed(output.block_hash.b, 32, object, "latestBlockhash");
    return output;
}

static struct cw_judgement judge(struct cw_arena *arena, const cJSON *file) {
    struct cw_op_withdrawal withdrawal = read_withdrawal(arena, member(file, "withdrawal"));
    struct cw_op_output output = read_output(member(file, "outputRootProof"));
    struct cw_hash32 output_root, hash;
    struct cw_slice nodes[NODES];
    size_t n = 0;
    const cJSON *node = NULL;
    fixed(output_root.b, 32, file, "outputRoot");
    cJSON_ArrayForEach(node, member(file, "proof")) {
        if (n == NODES)
            refuse("proof");
        nodes[n++] = bytes(arena, node, "proof");
    }
    /* the withdrawal's hash is what the rollup's message passer keeps; the nodes lead from its
     * storage root, which the output root commits to, down to that hash */
    if (cw_op_withdrawal_hash(&hash, &withdrawal) != CW_OK)
        refuse("withdrawal");
    return cw_op_withdrawal_verify(&output_root, &output, &hash, nodes, n, CW_MPT_FORM_CONTRACT);
}

int main(int argc, char **argv) {
    static char text[FILE_MAX];
    FILE *in = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (in == NULL) {
        fprintf(stderr, "usage: withdrawal FILE\n");
        return 2;
    }
    size_t n = fread(text, 1, sizeof text - 1, in);
    fclose(in);
    cJSON *file = cJSON_ParseWithLength(text, n);
    if (file == NULL)
        refuse("JSON");
    struct cw_arena arena;
    cw_arena_init(&arena, 4 * FILE_MAX);
    struct cw_judgement judgement = judge(&arena, file);
    cw_arena_done(&arena);
    cJSON_Delete(file);
    if (judgement.verdict != CW_VALID) {
        printf("invalid: %s\n", judgement.reason);
        return 1;
    }
    printf("valid\n");
    return 0;
}
