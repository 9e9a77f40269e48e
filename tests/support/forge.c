#include "forge.h"

#include "calls.h"
#include "forge_block.h"
#include "upstream.h"

#include "core/json.h"
#include "net/eth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCKS_MAX 8192
#define LOGS_MAX   16
#define MEMORY_MAX ((size_t)256 << 20)
/* A withdrawal that was never sent stands in the first forged block and in each of these. */
#define WITHDRAWAL_EVERY 4

static struct {
    bool begun;
    uint64_t base; /* the node's own up to here; FORGE_BLOCKS: not used */
    struct forged *blocks[BLOCKS_MAX];
    size_t n;
    cJSON *logs; /* for the next block */
} world;

static cJSON *ids;

static void die(const char *what) {
    fprintf(stderr, "liar: forge: %s\n", what);
    abort();
}

void forge_reset(void) {
    for (size_t i = 0; i < world.n; i++) {
        forged_done(world.blocks[i]);
        free(world.blocks[i]);
    }
    cJSON_Delete(world.logs);
    memset(&world, 0, sizeof(world));
}

cJSON *forge_ids(void) {
    return ids == NULL ? cJSON_CreateArray() : cJSON_Duplicate(ids, true);
}

/* --- logs to be forged ---------------------------------------------------------------------- */

static bool read_bytes(uint8_t *out, size_t n, const cJSON *value) {
    const char *text = cJSON_GetStringValue(value);
    return text != NULL && cw_hex_decode(out, n, text, strlen(text)) == CW_OK;
}

/* The log's data takes its memory from arena. */
static bool read_log(struct cw_receipt_log *ret, struct cw_arena *arena, const cJSON *log) {
    const char *data = cJSON_GetStringValue(cJSON_GetObjectItem(log, "data"));
    const cJSON *topics = cJSON_GetObjectItem(log, "topics"), *topic;
    *ret = (struct cw_receipt_log){.n_topics = 0};
    size_t data_n = data == NULL ? 0 : strlen(data);
    uint8_t *bytes = cw_arena_alloc(arena, data_n);
    if (data == NULL || bytes == NULL || cJSON_GetArraySize(topics) > CW_LOG_TOPICS_MAX ||
        !read_bytes(ret->address.b, 20, cJSON_GetObjectItem(log, "address")) ||
        cw_hex_decode_any(bytes, data_n, &ret->data.n, data, data_n) != CW_OK) {
        return false;
    }
    ret->data.p = bytes;
    cJSON_ArrayForEach(topic, topics) {
        if (!read_bytes(ret->topics[ret->n_topics++].b, 32, topic)) {
            return false;
        }
    }
    return true;
}

bool forge_logs(const cJSON *logs) {
    struct cw_arena arena;
    cw_arena_init(&arena, MEMORY_MAX);
    bool good = cJSON_GetArraySize(logs) < LOGS_MAX;
    const cJSON *log;
    cJSON_ArrayForEach(log, logs) {
        struct cw_receipt_log unused;
        good = good && read_log(&unused, &arena, log);
    }
    cw_arena_done(&arena);
    if (good) {
        cJSON_Delete(world.logs);
        world.logs = cJSON_Duplicate(logs, true);
    }
    return good;
}

/* --- blocks --------------------------------------------------------------------------------- */

/* The node's own; tag is one, or a number as a quantity. False when it has none. */
static bool real_header(struct cw_header *ret, struct cw_hash32 *ret_hash, cJSON *tag) {
    cJSON *params = cJSON_CreateArray();
    cJSON_AddItemToArray(params, tag);
    cJSON_AddItemToArray(params, cJSON_CreateFalse());
    cJSON *block = ask_node("eth_getBlockByNumber", params);
    char *text = block == NULL ? NULL : cJSON_PrintUnformatted(block);
    struct cw_json_doc *doc = NULL;
    bool good = text != NULL &&
                cw_json_parse(&doc, cw_slice_of(text, strlen(text)), false, NULL) == CW_OK &&
                cw_eth_header(ret, ret_hash, cw_json_root(doc), NULL) == CW_OK;
    cw_json_free(doc);
    cJSON_free(text);
    cJSON_Delete(block);
    return good;
}

static uint64_t height_of(const char *tag) {
    struct cw_header header;
    struct cw_hash32 hash;
    return real_header(&header, &hash, cJSON_CreateString(tag)) ? header.number.v : 0;
}

static struct forged *find(uint64_t number) {
    for (size_t i = world.n; i-- > 0;) {
        if (world.blocks[i]->header.number.v == number) {
            return world.blocks[i];
        }
    }
    return NULL;
}

static struct forged *find_hash(const cJSON *value) {
    struct cw_hash32 hash;
    for (size_t i = world.n; i-- > 0 && read_bytes(hash.b, 32, value);) {
        if (cw_hash32_equal(&world.blocks[i]->hash, &hash)) {
            return world.blocks[i];
        }
    }
    return NULL;
}

/* The withdrawals that stand in the state after that block. */
static void state_at(struct forge_state *out, struct cw_arena *arena, uint64_t number) {
    struct cw_hash32 *found = cw_arena_array(arena, world.n + 1, sizeof(*found));
    size_t n = 0;
    for (size_t i = 0; i < world.n && found != NULL; i++) {
        if (world.blocks[i]->sends && world.blocks[i]->header.number.v <= number) {
            found[n++] = world.blocks[i]->sent;
        }
    }
    forge_state_build(out, arena, found, n);
}

/* Appends the block after *like's parent; sends: with a withdrawal that nobody sent. */
static struct forged *add_block(const struct cw_header *like, bool sends) {
    struct forged *b = calloc(1, sizeof(*b));
    struct cw_arena arena;
    struct cw_receipt_log logs[LOGS_MAX];
    struct forge_state state;
    size_t n = 0;
    if (b == NULL || world.n == BLOCKS_MAX) {
        die("too many blocks");
    }
    cw_arena_init(&arena, MEMORY_MAX);
    world.blocks[world.n++] = b;
    b->header.number = like->number;
    b->sends = sends;
    if (sends) {
        forge_withdrawal(&logs[n++], &b->sent, &arena, like->number.v);
        ids = ids == NULL ? cJSON_CreateArray() : ids;
        cJSON_AddItemToArray(ids, hex_new(cw_slice_of(b->sent.b, 32)));
    }
    const cJSON *log;
    cJSON_ArrayForEach(log, world.logs) {
        if (read_log(&logs[n], &arena, log)) {
            n++;
        }
    }
    cJSON_Delete(world.logs);
    world.logs = NULL;
    state_at(&state, &arena, like->number.v);
    forged_make(b, &arena, like, logs, n, &state.accounts.root);
    cw_arena_done(&arena);
    return b;
}

static const struct forged *tip(void) {
    return world.n == 0 ? NULL : world.blocks[world.n - 1];
}

/* The version's chain up to that height. */
static void extend(uint64_t to) {
    struct cw_header like;
    struct cw_hash32 parent;
    const struct forged *below = tip();
    uint64_t number = below == NULL ? world.base : below->header.number.v;
    if (below != NULL) {
        parent = below->hash;
        like = below->header;
    } else if (!real_header(&like, &parent, quantity_new(number))) {
        die("the node does not give the block that is built on");
    }
    while (number++ < to) {
        uint64_t after = like.timestamp + 1;
        struct cw_header real;
        struct cw_hash32 unused;
        if (real_header(&real, &unused, quantity_new(number))) {
            like = real;
        } else {
            like.timestamp = after;
        }
        like.number.v = number;
        like.parent_hash = parent;
        parent = add_block(&like, (number - world.base) % WITHDRAWAL_EVERY == 1)->hash;
    }
}

static void follow(enum forge_shape shape, double arg) {
    uint64_t latest = height_of("latest"), lead = shape == FORGE_ABOVE ? (uint64_t)arg : 0;
    if (!world.begun) {
        uint64_t final = height_of("finalized"), back = (uint64_t)arg;
        world.base = shape == FORGE_ABOVE ? latest : final > back ? final - back : 0;
        world.begun = true;
    }
    extend(latest + lead);
}

/* A block by itself; NULL when it is not one of those. */
static struct forged *lone_block(double arg, uint64_t number) {
    struct forged *b = find(number);
    struct cw_header like;
    struct cw_hash32 hash;
    if (b == NULL && number % (arg < 1 ? 1 : (uint64_t)arg) == 0 &&
        real_header(&like, &hash, quantity_new(number))) {
        b = add_block(&like, true);
    }
    return b;
}

/* --- answers -------------------------------------------------------------------------------- */

/* The forged block that a call's block parameter names; NULL: it is the node's. */
static const struct forged *resolve(enum forge_shape shape, double arg, const cJSON *at) {
    uint64_t number;
    if (cJSON_IsObject(at)) { /* EIP-1898 */
        const cJSON *inner = cJSON_GetObjectItem(at, "blockHash");
        at = inner == NULL ? cJSON_GetObjectItem(at, "blockNumber") : inner;
    }
    if (is_tag(at)) {
        const char *tag = cJSON_GetStringValue(at);
        if (strcmp(tag, "latest") == 0) {
            return shape == FORGE_BLOCKS ? lone_block(arg, height_of(tag)) : tip();
        }
        return shape == FORGE_FORK ? find(height_of(tag)) : NULL;
    }
    const struct forged *b = find_hash(at);
    if (b != NULL || !quantity(&number, at)) {
        return b;
    }
    return shape == FORGE_BLOCKS ? lone_block(arg, number) : find(number);
}

static cJSON *prove(const cJSON *call, const struct forged *b) {
    struct cw_arena arena;
    struct forge_state state;
    struct cw_addr20 address;
    struct cw_hash32 slot;
    const cJSON *slots = call_param(call, 1);
    if (!read_bytes(address.b, 20, call_param(call, 0)) || cJSON_GetArraySize(slots) == 0) {
        return answer_error(call, -32602, "no address or slot");
    }
    cw_arena_init(&arena, MEMORY_MAX);
    state_at(&state, &arena, b->header.number.v);
    cJSON *result = NULL;
    const cJSON *one;
    cJSON_ArrayForEach(one, slots) {
        if (!read_bytes(slot.b, 32, one)) {
            continue;
        }
        cJSON *proof = forge_state_prove(&state, &arena, &address, &slot);
        if (result == NULL) {
            result = proof;
            continue;
        }
        cJSON *more = cJSON_DetachItemFromArray(cJSON_GetObjectItem(proof, "storageProof"), 0);
        cJSON_AddItemToArray(cJSON_GetObjectItem(result, "storageProof"), more);
        cJSON_Delete(proof);
    }
    cw_arena_done(&arena);
    return answer_with(call, result);
}

/* Whether value is that text, one of those in it when it is an array, or anything when absent. */
static bool allows(const cJSON *filter, const cJSON *value) {
    const char *text = cJSON_GetStringValue(value);
    if (filter == NULL || cJSON_IsNull(filter)) {
        return true;
    }
    const cJSON *one;
    cJSON_ArrayForEach(one, filter) {
        if (allows(one, value)) {
            return true;
        }
    }
    return cJSON_IsString(filter) && text != NULL &&
           strcasecmp(cJSON_GetStringValue(filter), text) == 0;
}

static bool log_matches(const cJSON *filter, const cJSON *log) {
    bool matches = allows(cJSON_GetObjectItem(filter, "address"),
                          cJSON_GetObjectItem(log, "address"));
    const cJSON *topics = cJSON_GetObjectItem(filter, "topics");
    for (int i = 0; matches && i < cJSON_GetArraySize(topics); i++) {
        matches = allows(cJSON_GetArrayItem(topics, i),
                         cJSON_GetArrayItem(cJSON_GetObjectItem(log, "topics"), i));
    }
    return matches;
}

static uint64_t number_of(const cJSON *log) {
    uint64_t number = 0;
    (void)quantity(&number, cJSON_GetObjectItem(log, "blockNumber"));
    return number;
}

/* Behind the last log of a block that is not above that one's. */
static void insert_log(cJSON *logs, cJSON *log) {
    int at = cJSON_GetArraySize(logs);
    while (at > 0 && number_of(cJSON_GetArrayItem(logs, at - 1)) > number_of(log)) {
        at--;
    }
    cJSON_InsertItemInArray(logs, at, log);
}

/* The node's logs without those of blocks that are others here, and theirs. */
static cJSON *answer_logs(enum forge_shape shape, const cJSON *call) {
    const cJSON *filter = call_param(call, 0), *log;
    uint64_t from, to;
    if (!quantity(&from, cJSON_GetObjectItem(filter, "fromBlock")) ||
        !quantity(&to, cJSON_GetObjectItem(filter, "toBlock"))) {
        return NULL;
    }
    cJSON *answer = ask_upstream(call), *logs = answer_result(answer);
    for (int i = cJSON_GetArraySize(logs); i-- > 0;) {
        uint64_t number = number_of(cJSON_GetArrayItem(logs, i));
        if (find(number) != NULL || (shape != FORGE_BLOCKS && number > world.base)) {
            cJSON_DeleteItemFromArray(logs, i);
        }
    }
    for (size_t i = 0; i < world.n && cJSON_IsArray(logs); i++) {
        const struct forged *b = world.blocks[i];
        if (b->header.number.v < from || b->header.number.v > to) {
            continue;
        }
        cJSON_ArrayForEach(log, cJSON_GetObjectItem(cJSON_GetArrayItem(b->receipts, 0), "logs")) {
            if (log_matches(filter, log)) {
                insert_log(logs, cJSON_Duplicate(log, true));
            }
        }
    }
    return answer;
}

static cJSON *answer_receipt(const cJSON *call) {
    struct cw_hash32 hash;
    for (size_t i = 0; i < world.n && read_bytes(hash.b, 32, call_param(call, 0)); i++) {
        if (cw_hash32_equal(&world.blocks[i]->tx, &hash)) {
            return answer_with(
                call, cJSON_Duplicate(cJSON_GetArrayItem(world.blocks[i]->receipts, 0), true));
        }
    }
    return NULL;
}

/* Where a call names its block; -1: it does not. */
static int block_param(const cJSON *call) {
    static const struct {
        const char *method;
        int at;
    } methods[] = {{"eth_getBlockByNumber", 0}, {"eth_getBlockByHash", 0},
                   {"eth_getBlockReceipts", 0}, {"eth_call", 1},
                   {"eth_estimateGas", 1},      {"eth_getBalance", 1},
                   {"eth_getCode", 1},          {"eth_getTransactionCount", 1},
                   {"eth_getStorageAt", 2},     {"eth_getProof", 2}};
    for (size_t i = 0; i < CW_COUNT(methods); i++) {
        if (call_is(call, methods[i].method)) {
            return methods[i].at;
        }
    }
    return -1;
}

cJSON *forge_answer(enum forge_shape shape, double arg, cJSON *call) {
    int at = block_param(call);
    bool head = call_is(call, "eth_blockNumber") || (at == 0 && is_tag(call_param(call, 0)));
    if (shape != FORGE_BLOCKS && (head || !world.begun)) {
        follow(shape, arg);
    }
    if (call_is(call, "eth_blockNumber") && shape != FORGE_BLOCKS && tip() != NULL) {
        return answer_with(call, quantity_new(tip()->header.number.v));
    }
    if (call_is(call, "eth_getLogs")) {
        return answer_logs(shape, call);
    }
    if (call_is(call, "eth_getTransactionReceipt")) {
        return answer_receipt(call);
    }
    const struct forged *b = at < 0 ? NULL : resolve(shape, arg, call_param(call, at));
    if (b == NULL) {
        return NULL;
    }
    if (call_is(call, "eth_getProof")) {
        return prove(call, b);
    }
    if (at > 0) {
        call_set_param(call, at, cJSON_CreateString("latest"));
        return NULL;
    }
    return answer_with(
        call,
        cJSON_Duplicate(call_is(call, "eth_getBlockReceipts") ? b->receipts : b->block, true));
}
