#include "model_state.h"

#include <causeway/account.h>
#include <causeway/keccak.h>
#include <causeway/rlp.h>

#include <string.h>

#include "made_trie.h"
#include "standing.h"
#include "vectors.h"

static void *take(struct cw_arena *arena, size_t n) {
    void *p = cw_arena_alloc(arena, n);
    assert_non_null(p);
    return p;
}

static struct made_trie slots_of(struct cw_arena *arena, const struct model_account *account,
                                 bool newer) {
    static const struct cw_hash32 none, some = {{0x77}};
    const struct cw_hash32 *slots[] = {&CW_PROXY_CODE, &CW_PROXY_ADMIN, &CW_PROXY_CODE_2, &some};
    const struct cw_hash32 *values[] = {&account->code, &account->admin, &account->code_2,
                                        newer ? &account->planted : &none};
    struct cw_trie_entry entries[CW_COUNT(slots)];
    size_t n = 0;
    for (size_t i = 0; i < CW_COUNT(slots); i++) {
        if (cw_hash32_is_zero(values[i])) {
            continue;
        }
        struct cw_hash32 *key = take(arena, sizeof *key);
        uint8_t *leaf = take(arena, 33);
        const struct cw_u256 value = cw_u256_from_be(values[i]->b);
        cw_storage_key(key, slots[i]);
        entries[n++] = (struct cw_trie_entry){cw_slice_of(key->b, 32),
                                              cw_slice_of(leaf, cw_storage_leaf(leaf, &value))};
    }
    struct made_trie trie;
    made_trie_build(&trie, arena, entries, made_trie_sort(entries, n));
    return trie;
}

static bool is_newer(const struct model_state *state, uint64_t number) {
    return state->final_block > 0 && number > state->final_block;
}

static struct made_trie accounts_of(const struct model_state *state, struct cw_arena *arena,
                                    uint64_t number) {
    const bool newer = is_newer(state, number);
    struct cw_trie_entry entries[CW_COUNT(state->accounts)];
    for (size_t i = 0; i < state->accounts_n; i++) {
        const struct model_account *account = &state->accounts[i];
        const struct cw_hash32 storage_root = slots_of(arena, account, newer).root;
        struct cw_hash32 *key = take(arena, sizeof *key);
        uint8_t *room = take(arena, 160);
        struct cw_rlp_out out = cw_rlp_out_to(room, 160);
        size_t mark = cw_rlp_list_begin(&out);
        cw_rlp_put_u64(&out, 1);
        cw_rlp_put_u256(&out, newer ? &account->newer : &account->balance);
        cw_rlp_put_hash32(&out, &storage_root);
        cw_rlp_put_hash32(&out,
                          cw_hash32_is_zero(&account->code) ? &CW_KECCAK_EMPTY : &account->code);
        cw_rlp_list_end(&out, mark);
        assert_false(out.failed);
        cw_keccak256(key, cw_slice_of(account->at.b, 20));
        entries[i] = (struct cw_trie_entry){cw_slice_of(key->b, 32), cw_slice_of(out.p, out.n)};
    }
    struct made_trie trie;
    made_trie_build(&trie, arena, entries, made_trie_sort(entries, state->accounts_n));
    return trie;
}

void model_state_header(const struct model_state *state, struct cw_arena *arena, uint64_t number,
                        struct cw_header *ret) {
    memset(ret, 0, sizeof *ret);
    ret->number.v = number;
    ret->timestamp = number;
    ret->state_root = accounts_of(state, arena, number).root;
    ret->present = CW_HEADER_BASE_FEE;
    if (is_newer(state, number) && number == state->final_block + 1) {
        ret->parent_hash = model_state_block(state, arena, state->final_block).hash;
    }
}

struct cw_block_ref model_state_block(const struct model_state *state, struct cw_arena *arena,
                                      uint64_t number) {
    struct cw_block_ref ref = {{number}, {{0}}, number};
    struct cw_header header;
    model_state_header(state, arena, number, &header);
    assert_int_equal(cw_header_hash(&ref.hash, &header), CW_OK);
    return ref;
}

void model_state_prove(const struct model_state *state, struct cw_arena *arena,
                       const struct cw_request *request, struct cw_answer *ret) {
    const struct model_account nobody = {.balance = {{0}}};
    const struct model_account *account = &nobody;
    const struct made_trie accounts = accounts_of(state, arena, request->block_number.v);
    struct cw_hash32 key;
    for (size_t i = 0; i < state->accounts_n; i++) {
        if (cw_addr20_equal(&state->accounts[i].at, &request->to)) {
            account = &state->accounts[i];
        }
    }
    const struct made_trie slots = slots_of(arena, account,
                                            is_newer(state, request->block_number.v));
    cw_keccak256(&key, cw_slice_of(request->to.b, 20));
    ret->account_proof = made_trie_prove(&accounts, arena, cw_slice_of(key.b, 32), CW_MPT_FORM_NODE,
                                         &ret->account_proof_n);
    cw_storage_key(&key, &request->slot);
    ret->storage_proof = made_trie_prove(&slots, arena, cw_slice_of(key.b, 32), CW_MPT_FORM_NODE,
                                         &ret->storage_proof_n);
    ret->storage_root = slots.root;
    ret->status = state->hidden ? CW_ANSWER_UNAVAILABLE : CW_ANSWER_OK;
    ret->text = "l1.example: missing trie node";
}
