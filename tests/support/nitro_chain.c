#include "nitro_chain.h"

#include "calls.h"
#include "nitro_split.h"
#include "upstream.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARB_SYS      "0x0000000000000000000000000000000000000064"
#define HEADER_STATE "0x1db58fbe" /* headerState() */
#define AT_ONCE      100          /* blocks in one batch */

/* --- what is known -------------------------------------------------------------------------- */

/* Values by hash, several under the same where need be; open addressing. */
struct shelf {
    struct place {
        struct cw_hash32 key;
        struct nitro_block *block; /* NULL: free */
        int index;
    } * places;
    size_t n, capacity; /* a power of two */
};

static struct {
    struct shelf own, shown, transactions;
    struct nitro_block **canonical; /* by number */
    size_t canonical_n;
} chain;

static size_t slot_of(const struct shelf *shelf, const struct cw_hash32 *key) {
    size_t slot;
    memcpy(&slot, key->b, sizeof(slot));
    return slot & (shelf->capacity - 1);
}

static void shelf_put(struct shelf *shelf, const struct cw_hash32 *key, struct nitro_block *block,
                      int index) {
    if (2 * shelf->n >= shelf->capacity) {
        struct shelf larger = {.capacity = shelf->capacity == 0 ? 1024 : 2 * shelf->capacity};
        larger.places = calloc(larger.capacity, sizeof(*larger.places));
        assert(larger.places != NULL);
        for (size_t i = 0; i < shelf->capacity; i++) {
            if (shelf->places[i].block != NULL) {
                shelf_put(&larger, &shelf->places[i].key, shelf->places[i].block,
                          shelf->places[i].index);
            }
        }
        free(shelf->places);
        *shelf = larger;
    }
    size_t slot = slot_of(shelf, key);
    while (shelf->places[slot].block != NULL) {
        slot = (slot + 1) & (shelf->capacity - 1);
    }
    shelf->places[slot] = (struct place){*key, block, index};
    shelf->n++;
}

/* The next under that key after *slot, which begins as SIZE_MAX; NULL at the end. */
static const struct place *shelf_next(const struct shelf *shelf, const struct cw_hash32 *key,
                                      size_t *slot) {
    if (shelf->capacity == 0) {
        return NULL;
    }
    *slot = *slot == SIZE_MAX ? slot_of(shelf, key) : (*slot + 1) & (shelf->capacity - 1);
    while (shelf->places[*slot].block != NULL) {
        if (cw_hash32_equal(&shelf->places[*slot].key, key)) {
            return &shelf->places[*slot];
        }
        *slot = (*slot + 1) & (shelf->capacity - 1);
    }
    return NULL;
}

static struct nitro_block *shelf_find(const struct shelf *shelf, const cJSON *hash) {
    const char *text = cJSON_GetStringValue(hash);
    struct cw_hash32 key;
    size_t slot = SIZE_MAX;
    if (text == NULL || cw_hex_decode(key.b, 32, text, strlen(text)) != CW_OK) {
        return NULL;
    }
    const struct place *place = shelf_next(shelf, &key, &slot);
    return place == NULL ? NULL : place->block;
}

const struct nitro_block *nitro_chain_shown(const cJSON *hash) {
    return shelf_find(&chain.shown, hash);
}

bool nitro_chain_is_own(const cJSON *hash) {
    return shelf_find(&chain.own, hash) != NULL;
}

static void keep(struct nitro_block *block) {
    int index = 0;
    const cJSON *tx;
    shelf_put(&chain.own, &block->own, block, 0);
    shelf_put(&chain.shown, &block->hash, block, 0);
    cJSON_ArrayForEach(tx, block->transactions) {
        const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(tx, "hash"));
        struct cw_hash32 key;
        if (text != NULL && cw_hex_decode(key.b, 32, text, strlen(text)) == CW_OK) {
            shelf_put(&chain.transactions, &key, block, index);
        }
        index++;
    }
}

int nitro_chain_transaction(const struct nitro_block **ret_block, const cJSON *hash) {
    const char *text = cJSON_GetStringValue(hash);
    struct cw_hash32 key;
    size_t slot = SIZE_MAX;
    const struct place *place;
    if (text == NULL || cw_hex_decode(key.b, 32, text, strlen(text)) != CW_OK) {
        return -1;
    }
    while ((place = shelf_next(&chain.transactions, &key, &slot)) != NULL) {
        uint64_t number = place->block->number;
        if (number < chain.canonical_n && chain.canonical[number] == place->block) {
            *ret_block = place->block;
            return place->index;
        }
    }
    return -1;
}

void nitro_chain_done(void) {
    for (size_t i = 0; i < chain.own.capacity; i++) {
        nitro_block_free(chain.own.places[i].block);
    }
    free(chain.own.places);
    free(chain.shown.places);
    free(chain.transactions.places);
    free(chain.canonical);
    memset(&chain, 0, sizeof(chain));
}

/* --- the node ------------------------------------------------------------------------------- */

static cJSON *params_of(cJSON *first, cJSON *second) {
    cJSON *params = cJSON_CreateArray();
    cJSON_AddItemToArray(params, first);
    if (second != NULL) {
        cJSON_AddItemToArray(params, second);
    }
    return params;
}

static const cJSON *hash_of(const cJSON *block) {
    return cJSON_GetObjectItem(block, "hash");
}

static cJSON *copy(const cJSON *value) {
    return cJSON_Duplicate(value, true);
}

/* The results of calls, in their order; NULL where a call was refused. False: no answer at all. The
 * results are the caller's; takes calls. */
static bool ask_all(cJSON **ret_results, cJSON *calls) {
    int n = cJSON_GetArraySize(calls);
    for (int i = 0; i < n; i++) {
        cJSON_ReplaceItemInObject(cJSON_GetArrayItem(calls, i), "id", cJSON_CreateNumber(i));
    }
    cJSON *answers = n == 0 ? cJSON_CreateArray() : ask_upstream(calls), *answer;
    bool good = cJSON_IsArray(answers) && cJSON_GetArraySize(answers) == n;
    cJSON_ArrayForEach(answer, answers) {
        const cJSON *id = cJSON_GetObjectItem(answer, "id");
        const cJSON *error = cJSON_GetObjectItem(answer, "error");
        if (cJSON_IsNumber(id) && id->valueint >= 0 && id->valueint < n && good) {
            ret_results[id->valueint] = cJSON_DetachItemFromObject(answer, "result");
        }
        if (error != NULL) {
            char *text = cJSON_PrintUnformatted(error);
            fprintf(stderr, "nitro_headers: the node refuses: %s\n", text);
            cJSON_free(text);
        }
    }
    cJSON_Delete(answers);
    cJSON_Delete(calls);
    return good;
}

static void drop_all(cJSON **results, size_t n) {
    for (size_t i = 0; i < n; i++) {
        cJSON_Delete(results[i]);
    }
}

/* --- learning ------------------------------------------------------------------------------- */

/* The transactions of a special block and their raw forms. */
static bool ask_transactions(cJSON **ret_transactions, cJSON **ret_raws, const cJSON *block) {
    const cJSON *hashes = cJSON_GetObjectItem(block, "transactions"), *hash;
    size_t n = (size_t)cJSON_GetArraySize(hashes);
    cJSON *calls = cJSON_CreateArray(), **results = calloc(n + 1, sizeof(*results));
    assert(results != NULL);
    cJSON_AddItemToArray(
        calls, call_new("eth_getBlockByHash", params_of(copy(hash_of(block)), cJSON_CreateTrue())));
    cJSON_ArrayForEach(hash, hashes) {
        cJSON_AddItemToArray(calls,
                             call_new("eth_getRawTransactionByHash", params_of(copy(hash), NULL)));
    }
    bool good = ask_all(results, calls);
    if (good) {
        *ret_raws = cJSON_CreateArray();
        for (size_t i = 0; i < n; i++) {
            cJSON_AddItemToArray(*ret_raws, results[i + 1] == NULL ? cJSON_CreateNull()
                                                                   : copy(results[i + 1]));
        }
        *ret_transactions = cJSON_DetachItemFromObject(results[0], "transactions");
    }
    drop_all(results, n + 1);
    free(results);
    return good && *ret_transactions != NULL;
}

static bool learn_one(const cJSON *json, const cJSON *words, const cJSON *receipts) {
    const struct nitro_block *parent = shelf_find(&chain.own,
                                                  cJSON_GetObjectItem(json, "parentHash"));
    struct nitro_state state;
    cJSON *transactions = NULL, *raws = NULL;
    bool special = nitro_block_is_special(receipts);
    bool good = nitro_state_read(&state, words) &&
                (!special || ask_transactions(&transactions, &raws, json));
    struct nitro_block *block = good ? nitro_block_new(json, parent, &state, receipts, transactions,
                                                       raws)
                                     : NULL;
    cJSON_Delete(transactions);
    cJSON_Delete(raws);
    if (block == NULL) {
        char *hash = cJSON_PrintUnformatted(hash_of(json));
        fprintf(stderr, "nitro_headers: block %s can't be shown\n", hash);
        cJSON_free(hash);
        return false;
    }
    keep(block);
    return true;
}

static cJSON *state_call(const cJSON *block) {
    cJSON *call = cJSON_CreateObject(), *at = cJSON_CreateObject();
    cJSON_AddStringToObject(call, "to", ARB_SYS);
    cJSON_AddStringToObject(call, "data", HEADER_STATE);
    cJSON_AddItemToObject(at, "blockHash", copy(hash_of(block)));
    return call_new("eth_call", params_of(call, at));
}

/* Blocks whose ancestors are known, lowest first. */
static bool learn_all(cJSON **blocks, size_t n) {
    cJSON *calls = cJSON_CreateArray(), *results[2 * AT_ONCE] = {NULL};
    assert(n <= AT_ONCE);
    for (size_t i = 0; i < n; i++) {
        bool empty = cJSON_GetArraySize(cJSON_GetObjectItem(blocks[i], "transactions")) == 0;
        cJSON_AddItemToArray(calls, state_call(blocks[i]));
        /* one call for each, so that results keep their places */
        cJSON_AddItemToArray(calls, empty ? call_new("web3_clientVersion", cJSON_CreateArray())
                                          : call_new("eth_getBlockReceipts",
                                                     params_of(copy(hash_of(blocks[i])), NULL)));
    }
    bool good = ask_all(results, calls);
    for (size_t i = 0; good && i < n; i++) {
        const cJSON *receipts = cJSON_IsArray(results[2 * i + 1]) ? results[2 * i + 1] : NULL;
        size_t has = (size_t)cJSON_GetArraySize(cJSON_GetObjectItem(blocks[i], "transactions"));
        good = (size_t)cJSON_GetArraySize(receipts) == has &&
               learn_one(blocks[i], results[2 * i], receipts);
    }
    drop_all(results, 2 * n);
    return good;
}

static uint64_t number_of(const cJSON *block) {
    uint64_t number;
    return quantity(&number, cJSON_GetObjectItem(block, "number")) ? number : 0;
}

struct blocks {
    cJSON **block; /* the highest first */
    size_t n;
};

static void add_block(struct blocks *blocks, cJSON *block) {
    blocks->block = reallocarray(blocks->block, blocks->n + 1, sizeof(*blocks->block));
    assert(blocks->block != NULL);
    blocks->block[blocks->n++] = block;
}

/* The unknown ancestors of the last one, by number as far as they fit and else by hash. False when
 * one is gone. */
static bool add_parents(struct blocks *blocks) {
    cJSON *results[AT_ONCE] = {NULL}, *calls = cJSON_CreateArray();
    const cJSON *lowest = blocks->block[blocks->n - 1];
    uint64_t number = number_of(lowest);
    size_t n = 0, most = number > chain.canonical_n ? AT_ONCE : 8;
    while (n < most && n < number) {
        cJSON *params = n == 0 ? copy(cJSON_GetObjectItem(lowest, "parentHash"))
                               : quantity_new(number - 1 - n);
        cJSON_AddItemToArray(calls, call_new(n == 0 ? "eth_getBlockByHash" : "eth_getBlockByNumber",
                                             params_of(params, cJSON_CreateFalse())));
        n++;
    }
    bool good = ask_all(results, calls) && cJSON_IsObject(results[0]);
    for (size_t i = 0; good && i < n; i++) {
        const cJSON *parent = cJSON_GetObjectItem(blocks->block[blocks->n - 1], "parentHash");
        if (shelf_find(&chain.own, parent) != NULL ||
            !cJSON_Compare(parent, hash_of(results[i]), true)) {
            break;
        }
        add_block(blocks, results[i]);
        results[i] = NULL;
    }
    drop_all(results, n);
    return good;
}

/* Takes block: the node's, with the hashes of its transactions. */
static bool learn(cJSON *block) {
    struct blocks blocks = {.n = 0};
    bool good = true;
    add_block(&blocks, block);
    while (good && number_of(blocks.block[blocks.n - 1]) > 0 &&
           shelf_find(&chain.own, cJSON_GetObjectItem(blocks.block[blocks.n - 1], "parentHash")) ==
               NULL) {
        good = add_parents(&blocks);
    }
    for (size_t i = 0; i < blocks.n / 2; i++) { /* the lowest first */
        cJSON *other = blocks.block[i];
        blocks.block[i] = blocks.block[blocks.n - 1 - i];
        blocks.block[blocks.n - 1 - i] = other;
    }
    for (size_t i = 0; good && i < blocks.n; i += AT_ONCE) {
        good = learn_all(blocks.block + i, blocks.n - i < AT_ONCE ? blocks.n - i : AT_ONCE);
    }
    drop_all(blocks.block, blocks.n);
    free(blocks.block);
    return good;
}

static struct nitro_block *find_or_learn(cJSON *block) {
    cJSON *hash = copy(hash_of(block));
    struct nitro_block *found = shelf_find(&chain.own, hash);
    if (found != NULL) {
        cJSON_Delete(block);
    } else if (cJSON_IsString(hash) && learn(block)) {
        found = shelf_find(&chain.own, hash);
    }
    cJSON_Delete(hash);
    return found;
}

const struct nitro_block *nitro_chain_of(const cJSON *own_hash) {
    const struct nitro_block *found = shelf_find(&chain.own, own_hash);
    if (found != NULL || !cJSON_IsString(own_hash)) {
        return found;
    }
    cJSON *block = ask_node("eth_getBlockByHash", params_of(copy(own_hash), cJSON_CreateFalse()));
    if (cJSON_IsObject(block)) {
        return find_or_learn(block);
    }
    cJSON_Delete(block);
    return NULL;
}

static void adopt(struct nitro_block *head) {
    size_t n = (size_t)head->number + 1;
    if (n > chain.canonical_n) {
        chain.canonical = reallocarray(chain.canonical, n, sizeof(struct nitro_block *));
        assert(chain.canonical != NULL);
        memset(chain.canonical + chain.canonical_n, 0,
               (n - chain.canonical_n) * sizeof(struct nitro_block *));
    }
    chain.canonical_n = n;
    const struct nitro_block *block = head;
    while (block != NULL && chain.canonical[block->number] != block) {
        chain.canonical[block->number] = (struct nitro_block *)block;
        block = block->parent;
    }
}

bool nitro_chain_sync(void) {
    for (int tries = 0; tries < 5; tries++) { /* a reorganization may come between two calls */
        cJSON *block = ask_node("eth_getBlockByNumber",
                                params_of(cJSON_CreateString("latest"), cJSON_CreateFalse()));
        if (!cJSON_IsObject(block)) {
            cJSON_Delete(block);
            return false;
        }
        struct nitro_block *head = find_or_learn(block);
        if (head != NULL) {
            adopt(head);
            return true;
        }
    }
    return false;
}
