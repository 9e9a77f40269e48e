/* Every answer that verifies, with one thing changed that its root binds: a digit, a number, an
 * element of a list. None may be judged valid. */
#include "cli/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vectors.h"

struct mutant {
    const struct cw_judge_kind *kind;
    cJSON *root;
    const char *const *free_members; /* that no root binds; NULL ends */
    const char *const *sets;         /* lists whose elements are claims of their own */
    unsigned digits;                 /* changed in each text */
    unsigned elements;               /* visited of each list */
    unsigned at;                     /* wanders, so that other digits are changed each time */
    unsigned judged;
};

static bool is_one_of(const char *name, const char *const *names) {
    for (; name != NULL && *names != NULL; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

static bool holds(const struct mutant *m) {
    struct cw_judge_verdict verdict = {false, ""};
    struct cw_arena arena;
    char *text = cJSON_PrintUnformatted(m->root);
    assert_non_null(text);
    cw_arena_init(&arena, 64u << 20);
    enum cw_err err = cw_judge_text(&verdict, m->kind, &arena, cw_slice_of(text, strlen(text)),
                                    NULL);
    cw_arena_done(&arena);
    free(text);
    return err == CW_OK && verdict.valid;
}

static void must_fail(struct mutant *m, const char *member, const char *change) {
    m->judged++;
    if (holds(m))
        fail_msg("%s: %s with %s is judged valid", m->kind->name, member, change);
}

/* Puts text in place of the item's own and asks. */
static void try_text(struct mutant *m, cJSON *item, char *text, const char *member) {
    char *own = item->valuestring;
    item->valuestring = text;
    must_fail(m, member, text);
    item->valuestring = own;
}

static void change_text(struct mutant *m, cJSON *item, const char *member) {
    size_t n = strlen(item->valuestring);
    bool is_hex = strncmp(item->valuestring, "0x", 2) == 0;
    char *text = malloc(n + 3);
    assert_non_null(text);
    size_t first = is_hex ? 2 : 0, digits = n - first;
    for (unsigned i = 0; digits > 0 && i < m->digits && i < digits; i++) {
        size_t at = m->digits >= digits ? i : m->at++ * 2654435761u % digits;
        if (i == 0)
            at = digits - 1;
        strcpy(text, item->valuestring);
        char *c = &text[first + at];
        *c = *c == '0' ? '1' : *c == '9' || !is_hex ? (char)(*c == '1' ? '2' : '1') : '0';
        try_text(m, item, text, member);
    }
    if (digits >= 64) {
        snprintf(text, n + 3, "%s00", item->valuestring);
        try_text(m, item, text, member);
        snprintf(text, n - 1, "%s", item->valuestring);
        try_text(m, item, text, member);
    } else if (digits == 0) {
        char byte[] = "0x00";
        try_text(m, item, byte, member);
    }
    free(text);
}

static void change_number(struct mutant *m, cJSON *item, const char *member) {
    double own = item->valuedouble;
    cJSON_SetNumberValue(item, own + 1);
    must_fail(m, member, "one more");
    if (own > 0) {
        cJSON_SetNumberValue(item, own - 1);
        must_fail(m, member, "one less");
    }
    cJSON_SetNumberValue(item, own);
}

/* Puts the elements that order names in place of the list's own and asks. */
static void try_order(struct mutant *m, cJSON *list, const int *order, int n, const char *member,
                      const char *what) {
    cJSON *other = cJSON_CreateArray(), *own = list->child;
    for (int i = 0; i < n; i++)
        assert_true(cJSON_AddItemReferenceToArray(other, cJSON_GetArrayItem(list, order[i])));
    list->child = other->child;
    must_fail(m, member, what);
    list->child = own;
    cJSON_Delete(other);
}

static void change_list(struct mutant *m, cJSON *list, const char *member) {
    int n = cJSON_GetArraySize(list), order[512];
    int step = n > (int)m->elements ? n / (int)m->elements : 1;
    assert_true(n + 1 < (int)CW_COUNT(order));
    for (int i = (int)(m->at++ % (unsigned)step); i < n; i += step) {
        for (int k = 0; k < n + 1; k++)
            order[k] = k <= i ? k : k - 1;
        try_order(m, list, order, n + 1, member, "an element doubled");
        for (int k = 0; k < n - 1; k++)
            order[k] = k < i ? k : k + 1;
        try_order(m, list, order, n - 1, member, "an element dropped");
        if (i + 1 == n ||
            cJSON_Compare(cJSON_GetArrayItem(list, i), cJSON_GetArrayItem(list, i + 1), true))
            continue;
        for (int k = 0; k < n; k++)
            order[k] = k == i ? i + 1 : k == i + 1 ? i : k;
        try_order(m, list, order, n, member, "two elements swapped");
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the vectors are */
static void change(struct mutant *m, cJSON *item, const char *member) {
    if (is_one_of(item->string, m->free_members))
        return;
    member = item->string != NULL ? item->string : member;
    if (cJSON_IsString(item)) {
        change_text(m, item, member);
    } else if (cJSON_IsNumber(item)) {
        change_number(m, item, member);
    } else if (cJSON_IsArray(item)) {
        if (!is_one_of(item->string, m->sets))
            change_list(m, item, member);
        int n = cJSON_GetArraySize(item), step = n > (int)m->elements ? n / (int)m->elements : 1;
        for (int i = (int)(m->at++ % (unsigned)step); i < n; i += step)
            change(m, cJSON_GetArrayItem(item, i), member);
    } else {
        for (cJSON *child = item->child; child != NULL; child = child->next)
            change(m, child, member);
    }
}

static const char *const none[] = {NULL};

/* Changes root, which is the caller's, in every way. Returns how many mutants were judged. */
static unsigned mutate(const char *kind, cJSON *root, const char *const *free_members,
                       unsigned digits, unsigned elements) {
    static const char *const sets[] = {"storageProof", NULL};
    struct mutant m = {.root = root,
                       .free_members = free_members,
                       .sets = sets,
                       .digits = digits,
                       .elements = elements,
                       .at = 1};
    for (size_t i = 0; i < cw_judge_kinds_n; i++)
        if (strcmp(cw_judge_kinds[i].name, kind) == 0)
            m.kind = &cw_judge_kinds[i];
    assert_non_null(m.kind);
    assert_true(holds(&m));
    change(&m, root, kind);
    assert_true(holds(&m)); /* all is as it was */
    return m.judged;
}

static void move(cJSON *to, const char *name, cJSON *from, const char *member) {
    cJSON *item = cJSON_DetachItemFromObjectCaseSensitive(from, member);
    assert_non_null(item);
    cJSON_AddItemToObject(to, name, item);
}

static cJSON *cases_of(cJSON *file) {
    cJSON *cases = cJSON_GetObjectItemCaseSensitive(file, "cases");
    return cases != NULL ? cases : file;
}

/* --- the answers ------------------------------------------------------------------------------ */

static void mpt__synthetic_proofs__no_mutant_holds(void **state) {
    (void)state;
    static const char *const of_absence[] = {"key", NULL};
    cJSON *file = vectors_load("mpt_synthetic.json"), *c;
    unsigned judged = 0;
    cJSON_ArrayForEach(c, cases_of(file)) {
        cJSON *object = cJSON_CreateObject();
        bool absent = cJSON_IsNull(vec_get(c, "value"));
        cJSON_AddStringToObject(object, "root", vec_text(file, "root"));
        move(object, "key", c, "key");
        move(object, "value", c, "value");
        move(object, "proof", c, "proof");
        /* another key may be absent for the same reason */
        judged += mutate("mpt", object, absent ? of_absence : none, 6, 8);
        if (absent) { /* nothing is no value of any kind */
            struct mutant m = {.kind = &cw_judge_kinds[0], .root = object};
            cJSON_ReplaceItemInObject(object, "value", cJSON_CreateString("0x01"));
            must_fail(&m, "value", "0x01");
        } else {
            struct mutant m = {.kind = &cw_judge_kinds[0], .root = object};
            cJSON_ReplaceItemInObject(object, "value", cJSON_CreateNull());
            must_fail(&m, "value", "null");
        }
        cJSON_Delete(object);
    }
    printf("%u mutants\n", judged);
    assert_in_range(judged, 3000, 1000000);
    vectors_done(file);
}

static void account__mainnet_answers__no_mutant_holds(void **state) {
    (void)state;
    static const char *const files[][2] = {{"eth_getProof_mainnet.json", NULL},
                                           {"helios_block_proofs.json", "proofs"}};
    unsigned judged = 0;
    for (size_t i = 0; i < CW_COUNT(files); i++) {
        cJSON *file = vectors_load(files[i][0]), *c;
        cJSON *cases = files[i][1] != NULL ? cJSON_GetObjectItemCaseSensitive(file, files[i][1])
                                           : cases_of(file);
        cJSON_ArrayForEach(c, cases) {
            static const char *const of_absence[] = {"address", NULL};
            cJSON *object = cJSON_CreateObject();
            move(object, "stateRoot", c, "stateRoot");
            move(object, "proof", c, "proof");
            judged += mutate("account", object, vec_bool(c, "accountPresent") ? none : of_absence,
                             5, 10);
            cJSON_Delete(object);
        }
        vectors_done(file);
    }
    printf("%u mutants\n", judged);
    assert_in_range(judged, 800, 1000000);
}

static const char *const not_in_header[] = {"size",   "totalDifficulty", "transactions",
                                            "uncles", "withdrawals",     NULL};

static void header__real_blocks__no_mutant_holds(void **state) {
    (void)state;
    cJSON *file = vectors_load("headers.json"), *c;
    unsigned judged = 0;
    cJSON_ArrayForEach(c, cases_of(file)) {
        if (!vec_bool(c, "valid"))
            continue;
        cJSON *object = cJSON_CreateObject();
        move(object, "block", c, "header");
        judged += mutate("header", object, not_in_header, 600, 8);
        cJSON_Delete(object);
    }
    printf("%u mutants\n", judged);
    assert_in_range(judged, 5000, 1000000);
    vectors_done(file);
}

static unsigned mutate_receipts(const char *name, unsigned digits, unsigned elements) {
    /* what no root binds, and nothing else: a receipt's transactionIndex follows from its place,
     * and its blockHash is that of the others */
    static const char *const not_in_receipt[] = {
        "blobGasPrice", "blobGasUsed", "blockNumber", "contractAddress", "effectiveGasPrice",
        "from",         "gasUsed",     "to",          "transactionHash", "logIndex",
        "removed",      "block",       NULL};
    cJSON *file = vectors_load(name), *object = cJSON_CreateObject();
    move(object, "receiptsRoot", file, "receiptsRoot");
    move(object, "block", file, "block");
    move(object, "receipts", file, "receipts");
    cJSON *receipt, *log;
    cJSON_ArrayForEach(receipt, cJSON_GetObjectItemCaseSensitive(object, "receipts")) {
        cJSON_ArrayForEach(log, cJSON_GetObjectItemCaseSensitive(receipt, "logs")) {
            cJSON_DeleteItemFromObjectCaseSensitive(log, "transactionIndex");
            cJSON_DeleteItemFromObjectCaseSensitive(log, "blockHash");
        }
    }
    unsigned judged = mutate("receipts", object, not_in_receipt, digits, elements);
    cJSON_Delete(object);
    vectors_done(file);
    return judged;
}

static void receipts__mainnet_blocks__no_mutant_holds(void **state) {
    (void)state;
    unsigned judged = mutate_receipts("receipts_colibri_21854576.json", 3, 10);
    judged += mutate_receipts("receipts_helios_21925176.json", 1, 5);
    printf("%u mutants\n", judged);
    assert_in_range(judged, 400, 1000000);
}

static void receipts__block_of_the_receipts__no_mutant_holds(void **state) {
    (void)state;
    static const char *const rest[] = {"receipts", "size", NULL};
    cJSON *file = vectors_load("receipts_colibri_21854576.json"), *object = cJSON_CreateObject();
    move(object, "block", file, "block");
    move(object, "receipts", file, "receipts");
    unsigned judged = mutate("receipts", object, rest, 3, 8);
    printf("%u mutants\n", judged);
    assert_in_range(judged, 40, 1000000);
    cJSON_Delete(object);
    vectors_done(file);
}

static void withdrawal__op_mainnet__no_mutant_holds(void **state) {
    (void)state;
    cJSON *file = vectors_load("op_proven_withdrawal.json");
    cJSON *c = cJSON_IsArray(cases_of(file)) ? cases_of(file)->child : file;
    cJSON *object = cJSON_CreateObject();
    move(object, "withdrawal", c, "withdrawal");
    move(object, "outputRootProof", c, "outputRootProof");
    move(object, "outputRoot", c, "outputRoot");
    move(object, "proof", c, "withdrawalProof");
    cJSON *of_withdrawal = cJSON_GetObjectItemCaseSensitive(object, "withdrawal");
    cJSON_AddStringToObject(object, "withdrawalHash", vec_text(of_withdrawal, "withdrawalHash"));
    cJSON_DeleteItemFromObjectCaseSensitive(of_withdrawal, "withdrawalHash");
    unsigned judged = mutate("withdrawal", object, none, 64, 8);
    cJSON_DeleteItemFromObjectCaseSensitive(object, "withdrawal");
    judged += mutate("withdrawal", object, none, 64, 8);
    printf("%u mutants\n", judged);
    assert_in_range(judged, 1000, 1000000);
    cJSON_Delete(object);
    vectors_done(file);
}

static void outbox__nitro_mainnet__no_mutant_holds(void **state) {
    (void)state;
    static const char *const rest[] = {"name",  "l2blockhash", "itemHash", "leaf",
                                       "valid", "why",         "source",   NULL};
    cJSON *file = vectors_load("arbitrum_outbox_withdraw.json"), *c;
    unsigned judged = 0;
    cJSON_ArrayForEach(c, cases_of(file)) {
        if (vec_bool(c, "valid"))
            judged += mutate("outbox", c, rest, 64, 16);
    }
    printf("%u mutants\n", judged);
    assert_in_range(judged, 1500, 1000000);
    vectors_done(file);
}

static void fold__hyperlane__no_mutant_holds(void **state) {
    (void)state;
    cJSON *file = vectors_load("hyperlane_merkle.json"), *c, *p;
    unsigned judged = 0;
    cJSON_ArrayForEach(c, file) {
        cJSON_ArrayForEach(p, cJSON_GetObjectItemCaseSensitive(c, "proofs")) {
            cJSON_AddStringToObject(p, "root", vec_text(c, "expectedRoot"));
            judged += mutate("fold", p, none, 4, 40);
        }
    }
    printf("%u mutants\n", judged);
    assert_in_range(judged, 5000, 1000000);
    vectors_done(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mpt__synthetic_proofs__no_mutant_holds),
        cmocka_unit_test(account__mainnet_answers__no_mutant_holds),
        cmocka_unit_test(header__real_blocks__no_mutant_holds),
        cmocka_unit_test(receipts__mainnet_blocks__no_mutant_holds),
        cmocka_unit_test(receipts__block_of_the_receipts__no_mutant_holds),
        cmocka_unit_test(withdrawal__op_mainnet__no_mutant_holds),
        cmocka_unit_test(outbox__nitro_mainnet__no_mutant_holds),
        cmocka_unit_test(fold__hyperlane__no_mutant_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
