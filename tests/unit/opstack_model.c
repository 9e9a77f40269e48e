#include "opstack_model.h"

#include <causeway/abi.h>
#include <causeway/account.h>
#include <causeway/keccak.h>
#include <causeway/op_interop.h>
#include <causeway/rlp.h>
#include <causeway/tx.h>

#include <stdlib.h>
#include <string.h>

#include "opstack/abi_constants.h"
#include "made_trie.h"
#include "opstack/internal.h"
#include "vectors.h"

#define SOURCE_BLOCK 100u

const struct cw_addr20 MODEL_STRANGER = {{0x57, 0x57}};

static const struct cw_hash32 counter_slot = {{[31] = 1}};

static struct cw_addr20 address(uint8_t tag, uint64_t n) {
    struct cw_addr20 a = {{tag}};
    for (size_t i = 0; i < 8; i++) {
        a.b[19 - i] = (uint8_t)(n >> (8 * i));
    }
    a.b[1] = 0xad;
    return a;
}

static struct cw_hash32 hash_of(const char *tag, uint64_t n) {
    struct cw_hash32 out, word = opstack_word_u64(n);
    cw_keccak256_pair(&out, cw_slice_of(tag, strlen(tag)), cw_slice_of(word.b, 32));
    return out;
}

/* --- the rollup ------------------------------------------------------------------------------ */

static struct cw_slice bytes_of(struct model *m, const struct cw_rlp_out *out) {
    assert_false(out->failed);
    struct cw_slice copy = cw_arena_copy(&m->arena, cw_slice_of(out->p, out->n));
    assert_non_null(copy.p);
    return copy;
}

struct storage {
    struct cw_hash32 keys[4];
    struct cw_trie_entry entries[4];
    size_t n;
};

/* A leaf, and one that is invented beside it when they are to share nibbles. */
static void put_value(struct model *m, struct storage *s, const struct cw_hash32 *key,
                      struct cw_slice leaf) {
    size_t shared = m->shared_nibbles;
    for (size_t i = 0; i < (shared > 0 ? 2u : 1u); i++) {
        struct cw_hash32 *own = &s->keys[s->n];
        *own = *key;
        if (i == 1) {
            own->b[shared / 2] ^= shared % 2 == 0 ? 0x10 : 0x01;
            own->b[31] ^= 0xff;
        }
        s->entries[s->n++] = (struct cw_trie_entry){cw_slice_of(own->b, 32), leaf};
    }
}

/* The passer's storage: the withdrawal and the count of messages. */
static struct made_trie storage_of(struct model *m) {
    struct storage *s = cw_arena_alloc(&m->arena, sizeof *s);
    uint8_t *leaf = cw_arena_alloc(&m->arena, 33);
    struct cw_hash32 key;
    assert_true(s != NULL && leaf != NULL);
    s->n = 0;
    cw_op_withdrawal_key(&key, &m->message.id);
    if (!m->unsent) {
        put_value(m, s, &key, CW_OP_WITHDRAWAL_LEAF);
    }
    if (!cw_u256_is_zero(&m->count)) {
        cw_storage_key(&key, &counter_slot);
        put_value(m, s, &key, cw_slice_of(leaf, cw_storage_leaf(leaf, &m->count)));
    }
    assert_int_equal(made_trie_sort(s->entries, s->n), s->n);
    struct made_trie trie;
    made_trie_build(&trie, &m->arena, s->entries, s->n);
    return trie;
}

/* The state has one account. */
static struct made_trie state_of(struct model *m) {
    const struct cw_hash32 storage_root = storage_of(m).root;
    struct cw_hash32 *key = cw_arena_alloc(&m->arena, sizeof *key);
    assert_non_null(key);
    uint8_t room[128];
    struct cw_rlp_out out = cw_rlp_out_to(room, sizeof room);
    size_t mark = cw_rlp_list_begin(&out);
    cw_rlp_put_u64(&out, 1);
    cw_rlp_put_u64(&out, 77);
    cw_rlp_put_hash32(&out, &storage_root);
    cw_rlp_put_hash32(&out, &CW_KECCAK_EMPTY);
    cw_rlp_list_end(&out, mark);
    cw_keccak256(key, cw_slice_of(CW_OP_MESSAGE_PASSER.b, 20));
    struct cw_trie_entry entry = {cw_slice_of(key->b, 32), bytes_of(m, &out)};
    struct made_trie trie;
    made_trie_build(&trie, &m->arena, &entry, 1);
    return trie;
}

static void header_at(const struct model *model, uint64_t block, struct cw_header *ret) {
    struct model *m = (struct model *)(uintptr_t)model; /* nodes are made in its arena */
    memset(ret, 0, sizeof *ret);
    ret->state_root = state_of(m).root;
    ret->number.v = block;
    ret->timestamp = MODEL_T0 + block;
    ret->gas_limit = 30000000;
    ret->parent_hash = hash_of("parent", block);
    ret->present = CW_HEADER_BASE_FEE | CW_HEADER_WITHDRAWALS_ROOT;
    ret->base_fee = cw_u256_from_u64(7);
    ret->withdrawals_root = m->isthmus ? storage_of(m).root : CW_EMPTY_TRIE_ROOT;
    if (m->own_withdrawals) {
        ret->withdrawals_root = hash_of("withdrawals", block);
    }
    if (m->isthmus ||
        m->own_withdrawals) { /* the forks between are Ethereum's: sha256("") is no request */
        ret->present |= CW_HEADER_BLOB_GAS_USED | CW_HEADER_EXCESS_BLOB_GAS |
                        CW_HEADER_PARENT_BEACON_ROOT | CW_HEADER_REQUESTS_HASH;
    }
}

struct cw_hash32 model_block_hash(const struct model *model, uint64_t block) {
    struct cw_header header;
    struct cw_hash32 hash;
    header_at(model, block, &header);
    assert_int_equal(cw_header_hash(&hash, &header), CW_OK);
    return hash;
}

struct cw_hash32 model_root(const struct model *model, uint64_t block) {
    struct model *m = (struct model *)(uintptr_t)model;
    struct cw_header header;
    struct cw_op_output output;
    struct cw_hash32 root;
    memset(&output, 0, sizeof output);
    header_at(model, block, &header);
    output.state_root = header.state_root;
    output.passer_storage_root = storage_of(m).root;
    output.block_hash = model_block_hash(model, block);
    cw_op_output_root(&root, &output);
    return root;
}

struct cw_hash32 model_false_root(unsigned n) {
    return hash_of("false root", n);
}

/* --- the message --- */

static void make_withdrawal(struct model *m) {
    struct cw_op_withdrawal *w = &m->withdrawal;
    struct cw_buf buf;
    memset(w, 0, sizeof *w);
    w->nonce = (struct cw_u256){{9, 0, 0, UINT64_C(1) << 48}};
    w->value.v = cw_u256_from_u64(5000);
    w->gas_limit = cw_u256_from_u64(100000);
    w->sender = address(0x5e, 1);
    w->target = address(0x7a, 1);
    w->data = CW_LITERAL("hello");
    if (m->kind != MODEL_RAW) {
        struct cw_addr20 target = m->kind == MODEL_RELAY ? w->target : m->portal;
        cw_buf_init(&buf, 4096);
        cw_abi_put_selector(&buf, cw_selector_from_u32(SEL_RELAY));
        size_t base = cw_abi_base(&buf);
        cw_abi_put_u256(&buf, &(struct cw_u256){{4, 0, 0, UINT64_C(1) << 48}});
        cw_abi_put_addr20(&buf, &w->sender);
        cw_abi_put_addr20(&buf, &target);
        cw_abi_put_u256(&buf, &w->value.v);
        cw_abi_put_u64(&buf, 60000);
        size_t data = cw_abi_put_offset(&buf);
        cw_abi_place(&buf, base, data);
        cw_abi_put_bytes(&buf, CW_LITERAL("hello"));
        assert_false(buf.failed);
        w->data = cw_arena_copy(&m->arena, cw_buf_slice(&buf));
        cw_buf_done(&buf);
        w->sender = OPSTACK_L2_MESSENGER;
        w->target = m->messenger;
        cw_keccak256(&m->message.alias, w->data);
    }
    assert_int_equal(cw_op_withdrawal_hash(&m->message.id, w), CW_OK);
    assert_int_equal(opstack_payload_encode(&m->arena, &m->message.payload, w), CW_OK);
}

void model_time(struct model *m, uint64_t latest_s) {
    m->heads[CW_SETTLEMENT].latest = (struct cw_block_ref){
        {latest_s}, hash_of("latest", latest_s), latest_s};
}

struct model *model_new(bool games, enum model_kind kind) {
    struct model *m = calloc(1, sizeof *m);
    assert_non_null(m);
    cw_arena_init(&m->arena, 256u << 20);
    m->portal = address(0x90, games);
    m->roots = address(0x40, games);
    m->messenger = address(0x3e, games);
    m->messenger_portal = m->portal;
    m->registry = address(0x4e, games);
    m->portal_version = games ? "3.10.0" : "2.8.1-beta.1";
    m->roots_version = games ? "1.0.0" : "1.8.0";
    m->period_s = m->maturity_s = 700;
    m->gap_s = 300;
    m->type = 1;
    m->since_s = MODEL_T0;
    m->self.submitter = address(0xee, 1);
    m->kind = kind;
    m->shared_nibbles = 8;
    make_withdrawal(m);
    m->message.stage = CW_STAGE_SEEN;
    m->message.source = (struct cw_block_ref){
        {SOURCE_BLOCK}, model_block_hash(m, SOURCE_BLOCK), MODEL_T0 + SOURCE_BLOCK};
    struct cw_heads *l1 = &m->heads[CW_SETTLEMENT], *l2 = &m->heads[CW_EXECUTION];
    model_time(m, MODEL_T0 + 1000);
    l1->final = l1->safe = (struct cw_block_ref){
        {MODEL_T0 + 900}, hash_of("final", 0), MODEL_T0 + 900};
    l2->latest = (struct cw_block_ref){{220}, hash_of("l2", 1), MODEL_T0 + 220};
    l2->safe = (struct cw_block_ref){{210}, hash_of("l2", 2), MODEL_T0 + 210};
    l2->final = (struct cw_block_ref){{200}, hash_of("l2", 3), MODEL_T0 + 200};
    return m;
}

void model_free(struct model *m) {
    cw_arena_done(&m->arena);
    free(m);
}

size_t model_output_add(struct model *m, uint64_t block, uint64_t proposed_s) {
    assert_true(m->outputs_n < MODEL_OUTPUTS_MAX);
    m->outputs[m->outputs_n] = (struct model_output){model_root(m, block), proposed_s, block};
    return m->outputs_n++;
}

size_t model_game_add(struct model *m, uint64_t block, uint64_t created_s) {
    assert_true(m->games_n < MODEL_GAMES_MAX);
    m->games[m->games_n] = (struct model_game){.type = m->type,
                                               .created_s = created_s,
                                               .at = address(0x6a, m->games_n),
                                               .claim = model_root(m, block),
                                               .block = block,
                                               .clock_s = 400,
                                               .claims = 1,
                                               .was_respected = 1};
    return m->games_n++;
}

size_t model_super_add(struct model *m, uint64_t time_s, uint64_t created_s, bool alone,
                       bool sealed, const struct cw_hash32 *output) {
    static const uint64_t ids[] = {10, 901, 1301};
    uint8_t bytes[CW_OP_SUPER_HEAD + 3 * CW_OP_SUPER_CHAIN] = {CW_OP_SUPER_VERSION};
    size_t n = CW_OP_SUPER_HEAD;
    struct cw_hash32 word = opstack_word_u64(time_s);
    memcpy(bytes + 1, word.b + 24, 8);
    for (size_t i = 0; i < CW_COUNT(ids); i++) {
        if (alone && ids[i] != 901) {
            continue;
        }
        struct cw_hash32 id = opstack_word_u64(ids[i]);
        struct cw_hash32 root = ids[i] == 901 ? *output : hash_of("another chain", ids[i]);
        memcpy(bytes + n, id.b, 32);
        memcpy(bytes + n + 32, root.b, 32);
        n += CW_OP_SUPER_CHAIN;
    }
    size_t index = model_game_add(m, 0, created_s);
    struct model_game *game = &m->games[index];
    cw_keccak256(&game->claim, cw_slice_of(bytes, n));
    game->block = time_s;
    game->sequence = true;
    game->extra = cw_arena_copy(&m->arena,
                                sealed ? cw_slice_of(word.b, 32) : cw_slice_of(bytes, n));
    assert_non_null(game->extra.p);
    return index;
}

void model_prove_by(struct model *m, const struct cw_addr20 *submitter, size_t game,
                    uint64_t proven_s) {
    assert_true(m->proofs_n < MODEL_PROOFS_MAX);
    m->proofs[m->proofs_n++] = (struct model_proof){*submitter, game, proven_s};
}

void model_tx(struct model *m, const struct cw_addr20 *to, struct cw_slice data) {
    const struct cw_tx tx = {.type = CW_TX_DYNAMIC_FEE,
                             .chain_id = {900},
                             .gas_limit = 1000000,
                             .has_to = true,
                             .to = *to,
                             .data = data};
    const struct cw_signature signature = {.r = {{[31] = 1}}, .s = {{[31] = 1}}};
    assert_int_equal(cw_tx_encode_signed(&m->arena, &m->tx, &tx, &signature), CW_OK);
    cw_tx_hash(&m->tx_hash, m->tx);
}

/* --- the settlement layer --- */

struct reply {
    struct cw_buf buf;
    bool known;
    uint64_t panic;
};

static void say_u64(struct reply *r, uint64_t v) {
    r->known = true;
    cw_abi_put_u64(&r->buf, v);
}

static void say_addr20(struct reply *r, const struct cw_addr20 *a) {
    r->known = true;
    cw_abi_put_addr20(&r->buf, a);
}

static void say_hash32(struct reply *r, const struct cw_hash32 *h) {
    r->known = true;
    cw_abi_put_word(&r->buf, h);
}

static void say_text(struct reply *r, const char *text) {
    r->known = true;
    size_t base = cw_abi_base(&r->buf), at = cw_abi_put_offset(&r->buf);
    cw_abi_place(&r->buf, base, at);
    cw_abi_put_bytes(&r->buf, cw_slice_of(text, strlen(text)));
}

static bool is_games(const struct model *m) {
    return m->portal_version[0] >= '3';
}

static void say_proof(const struct model *m, const struct cw_addr20 *submitter, bool moved,
                      struct reply *r) {
    struct cw_addr20 nobody = {{0}};
    const struct model_proof *found = NULL;
    for (size_t i = 0; i < m->proofs_n && !moved; i++) { /* the last one counts, as on chain */
        if (cw_addr20_equal(&m->proofs[i].submitter, submitter)) {
            found = &m->proofs[i];
        }
    }
    say_addr20(r, found != NULL ? &m->games[found->game].at : &nobody);
    say_u64(r, found != NULL ? found->proven_s : 0);
}

static void ask_portal(const struct model *m, const struct cw_request *q, uint32_t selector,
                       struct cw_abi *in, struct reply *r) {
    bool final = cw_hash32_equal(&q->block_hash, &m->heads[CW_SETTLEMENT].final.hash);
    bool moved = m->moved && cw_hash32_equal(&q->block_hash, &m->heads[CW_SETTLEMENT].latest.hash);
    struct cw_hash32 id;
    struct cw_addr20 a;
    uint64_t i;
    if (selector == SEL_VERSION) {
        say_text(r, m->portal_version);
    } else if (selector == SEL_PAUSED) {
        say_u64(r, m->paused);
    } else if (selector == (m->old_names ? SEL_GUARDIAN_OLD : SEL_GUARDIAN)) {
        say_addr20(r, &m->guardian);
    } else if (selector == SEL_SUPERCHAIN_CONFIG && !cw_addr20_is_zero(&m->superchain)) {
        say_addr20(r, &m->superchain);
    } else if (selector == SEL_LOCKBOX && !cw_addr20_is_zero(&m->lockbox)) {
        say_addr20(r, &m->lockbox);
    } else if (selector == SEL_SYSTEM_CONFIG && !cw_addr20_is_zero(&m->system_config)) {
        say_addr20(r, &m->system_config);
    } else if (selector == SEL_FINALIZED_WITHDRAWALS) {
        say_u64(r, final ? m->done_final : m->done_latest);
    } else if (!is_games(m)) {
        if (selector == (m->old_names ? SEL_L2_ORACLE_OLD : SEL_L2_ORACLE)) {
            say_addr20(r, &m->roots);
        } else if (selector == SEL_PROVEN_BY_HASH) {
            const struct cw_hash32 none = {{0}};
            say_hash32(r, moved ? &none : &m->proven_root);
            say_u64(r, moved ? 0 : m->proven_s);
            say_u64(r, moved ? 0 : m->proven_index);
        }
    } else if (selector == SEL_GAME_FACTORY) {
        say_addr20(r, &m->roots);
    } else if (selector == SEL_SUPER_ACTIVE && m->super_active) {
        say_u64(r, 1);
    } else if (selector == SEL_REGISTRY && m->portal_version[0] >= '4') {
        say_addr20(r, &m->registry);
    } else if (selector == SEL_PROOF_MATURITY) {
        say_u64(r, m->maturity_s);
    } else if (selector == SEL_GAME_FINALITY) {
        say_u64(r, m->gap_s);
    } else if (selector == SEL_RESPECTED_TYPE) {
        say_u64(r, m->type);
    } else if (selector == SEL_RESPECTED_SINCE) {
        say_u64(r, m->since_s);
    } else if (selector == SEL_SUBMITTERS_N && !m->no_submitters) {
        say_u64(r, m->proofs_n);
    } else if (selector == SEL_SUBMITTERS && cw_abi_word(in, &id) == CW_OK &&
               cw_abi_u64(in, &i) == CW_OK && i < m->proofs_n) {
        say_addr20(r, &m->proofs[i].submitter);
    } else if (selector == SEL_PROVEN_BY_SUBMITTER && cw_abi_word(in, &id) == CW_OK &&
               cw_abi_addr20(in, &a) == CW_OK) {
        say_proof(m, &a, moved, r);
    } else if (selector == SEL_BLACKLIST && cw_abi_addr20(in, &a) == CW_OK) {
        bool listed = false;
        for (size_t k = 0; k < m->games_n; k++) {
            listed = listed || (m->games[k].blacklisted && cw_addr20_equal(&m->games[k].at, &a));
        }
        say_u64(r, listed);
    }
}

static void ask_oracle(const struct model *m, uint32_t selector, struct cw_abi *in,
                       struct reply *r) {
    uint64_t i;
    if (selector == SEL_VERSION) {
        say_text(r, m->roots_version);
    } else if (selector == SEL_PROPOSER) {
        say_addr20(r, &m->proposer);
    } else if (selector == SEL_PERIOD) {
        say_u64(r, m->period_s);
    } else if (selector == SEL_LATEST_BLOCK) {
        say_u64(r, m->outputs_n > 0 ? m->outputs[m->outputs_n - 1].block : m->starting_block);
    } else if (selector == SEL_LATEST_OUTPUT && m->outputs_n > 0) {
        say_u64(r, m->outputs_n - 1);
    } else if (selector == SEL_OUTPUT_INDEX && cw_abi_u64(in, &i) == CW_OK) {
        for (size_t k = 0; k < m->outputs_n && !r->known; k++) {
            if (m->outputs[k].block >= i) {
                say_u64(r, k);
            }
        }
    } else if (selector == SEL_OUTPUT && cw_abi_u64(in, &i) == CW_OK) {
        if (i < m->outputs_n) {
            say_hash32(r, &m->outputs[i].root);
            say_u64(r, m->outputs[i].proposed_s);
            say_u64(r, m->outputs[i].block);
        } else {
            r->panic = 0x32;
        }
    }
}

static struct cw_hash32 game_id(const struct model_game *game) {
    struct cw_hash32 id = {{0}};
    for (size_t i = 0; i < 4; i++) {
        id.b[3 - i] = (uint8_t)(game->type >> (8 * i));
    }
    for (size_t i = 0; i < 8; i++) {
        id.b[11 - i] = (uint8_t)(game->created_s >> (8 * i));
    }
    memcpy(id.b + 12, game->at.b, 20);
    return id;
}

static void say_games(const struct model *m, uint64_t type, uint64_t start, uint64_t n,
                      struct reply *r) {
    size_t found[64], found_n = 0;
    for (uint64_t i = start + 1; start < m->games_n && i-- > 0 && found_n < n;) {
        if (m->games[i].type == type) {
            assert_true(found_n < 64);
            found[found_n++] = (size_t)i;
        }
    }
    r->known = true;
    size_t base = cw_abi_base(&r->buf), at = cw_abi_put_offset(&r->buf);
    cw_abi_place(&r->buf, base, at);
    cw_abi_put_u64(&r->buf, found_n);
    size_t list = cw_abi_base(&r->buf), places[64];
    for (size_t k = 0; k < found_n; k++) {
        places[k] = cw_abi_put_offset(&r->buf);
    }
    for (size_t k = 0; k < found_n; k++) {
        const struct model_game *game = &m->games[found[k]];
        struct cw_hash32 id = game_id(game), block = opstack_word_u64(game->block);
        cw_abi_place(&r->buf, list, places[k]);
        size_t tuple = cw_abi_base(&r->buf);
        cw_abi_put_u64(&r->buf, found[k]);
        cw_abi_put_word(&r->buf, &id);
        cw_abi_put_u64(&r->buf, game->created_s);
        cw_abi_put_word(&r->buf, &game->claim);
        size_t data = cw_abi_put_offset(&r->buf);
        cw_abi_place(&r->buf, tuple, data);
        cw_abi_put_bytes(&r->buf, game->extra.n > 0 ? game->extra : cw_slice_of(block.b, 32));
    }
}

static void ask_factory(const struct model *m, uint32_t selector, struct cw_abi *in,
                        struct reply *r) {
    uint64_t a, b, c;
    if (selector == SEL_VERSION) {
        say_text(r, m->roots_version);
    } else if (selector == SEL_OWNER) {
        say_addr20(r, &m->owner);
    } else if (selector == SEL_GAME_COUNT) {
        say_u64(r, m->games_n);
    } else if (selector == SEL_GAME_AT && cw_abi_u64(in, &a) == CW_OK) {
        if (a < m->games_n) {
            say_u64(r, m->games[a].type);
            say_u64(r, m->games[a].created_s);
            say_addr20(r, &m->games[a].at);
        } else {
            r->panic = 0x32;
        }
    } else if (selector == SEL_FIND_GAMES && cw_abi_u64(in, &a) == CW_OK &&
               cw_abi_u64(in, &b) == CW_OK && cw_abi_u64(in, &c) == CW_OK) {
        say_games(m, a, b, c, r);
    }
}

/* (parent, countered by, claimant, bond, claim, position, clock) */
static void say_claim(const struct model_game *game, uint64_t i, struct reply *r) {
    const struct model_claim first = {UINT32_MAX, false, 0, game->created_s};
    const struct model_claim *claim = game->list != NULL ? &game->list[i] : &first;
    const struct cw_u256 clock = {{claim->since_s, claim->spent_s, 0, 0}};
    say_u64(r, claim->parent);
    say_addr20(r, claim->countered ? &MODEL_STRANGER : &(struct cw_addr20){{0}});
    for (int words = 0; words < 4; words++) {
        say_u64(r, 1);
    }
    cw_abi_put_u256(&r->buf, &clock);
}

static void ask_game(const struct model_game *game, uint32_t selector, struct cw_abi *in,
                     struct reply *r) {
    uint64_t i;
    if (game->mute) {
        return;
    }
    if (selector == SEL_GAME_STATUS) {
        say_u64(r, game->status);
    } else if (selector == SEL_GAME_CREATED) {
        say_u64(r, game->created_s);
    } else if (selector == SEL_GAME_RESOLVED) {
        say_u64(r, game->resolved_s);
    } else if (selector == SEL_GAME_TYPE) {
        say_u64(r, game->type);
    } else if (selector == SEL_GAME_CLAIM) {
        say_hash32(r, &game->claim);
    } else if (selector == (game->sequence ? SEL_GAME_SEQUENCE : SEL_GAME_BLOCK)) {
        say_u64(r, game->block);
    } else if (selector == SEL_GAME_EXTRA) {
        struct cw_hash32 block = opstack_word_u64(game->block);
        size_t base = cw_abi_base(&r->buf), at = cw_abi_put_offset(&r->buf);
        cw_abi_place(&r->buf, base, at);
        cw_abi_put_bytes(&r->buf, game->extra.n > 0 ? game->extra : cw_slice_of(block.b, 32));
        r->known = true;
    } else if (selector == SEL_GAME_CLOCK) {
        say_u64(r, game->clock_s);
    } else if (selector == SEL_GAME_CLAIMS_N) {
        say_u64(r, game->claims);
    } else if (selector == SEL_GAME_CLAIM_DATA && cw_abi_u64(in, &i) == CW_OK && i < game->claims) {
        say_claim(game, i, r);
    } else if (selector == SEL_GAME_BLOCK_CHALLENGED) {
        say_u64(r, game->block_challenged);
    } else if (selector == SEL_PROPOSER && !cw_addr20_is_zero(&game->proposer)) {
        say_addr20(r, &game->proposer);
    } else if (selector == SEL_GAME_CREATOR && !cw_addr20_is_zero(&game->creator)) {
        say_addr20(r, &game->creator);
    } else if (selector == SEL_GAME_RESPECTED && game->was_respected >= 0) {
        say_u64(r, (uint64_t)game->was_respected);
    }
}

/* Source: contracts-bedrock AnchorStateRegistry. */
static void ask_registry(const struct model *m, uint32_t selector, struct cw_abi *in,
                         struct reply *r) {
    struct cw_addr20 at;
    const struct model_game *game = NULL;
    if (cw_abi_addr20(in, &at) != CW_OK) {
        return;
    }
    for (size_t i = 0; i < m->games_n; i++) {
        game = cw_addr20_equal(&m->games[i].at, &at) ? &m->games[i] : game;
    }
    bool proper = game != NULL && !game->unregistered && !game->blacklisted && !m->paused &&
                  game->created_s > m->since_s;
    if (game != NULL && game->was_respected < 0) {
        return; /* from before its questions */
    }
    if (selector == SEL_GAME_PROPER) {
        say_u64(r, proper);
    } else if (selector == SEL_GAME_CLAIM_VALID) {
        const uint64_t now = m->heads[CW_SETTLEMENT].latest.timestamp_s;
        say_u64(r, proper && !m->claims_refused && game->was_respected == 1 && game->status == 2 &&
                       now - game->resolved_s > m->gap_s);
    }
}

static void ask_messenger(const struct model *m, const struct cw_request *q, uint32_t selector,
                          struct reply *r) {
    bool final = cw_hash32_equal(&q->block_hash, &m->heads[CW_SETTLEMENT].final.hash);
    if (selector == (m->old_names ? SEL_PORTAL_OLD : SEL_PORTAL)) {
        say_addr20(r, &m->messenger_portal);
    } else if (selector == SEL_SUCCESSFUL) {
        say_u64(r, final ? m->ran_final : m->ran_latest);
    } else if (selector == SEL_FAILED) {
        say_u64(r, final ? m->failed_final : m->failed_latest);
    }
}

static void answer_call(struct model *m, const struct cw_request *q, struct cw_answer *ret) {
    struct reply r = {.known = false};
    struct cw_selector head;
    struct cw_abi in;
    if (q->side == CW_SETTLEMENT && m->settlement_down) {
        ret->status = CW_ANSWER_UNAVAILABLE;
        ret->text = "l1.example: connection refused";
        return;
    }
    assert_int_equal(cw_selector_read(&head, q->data), CW_OK);
    assert_int_equal(cw_abi_open_call(&in, q->data, head), CW_OK);
    uint32_t selector = (uint32_t)head.b[0] << 24 | (uint32_t)head.b[1] << 16 |
                        (uint32_t)head.b[2] << 8 | head.b[3];
    cw_buf_init(&r.buf, 1u << 20);
    if (selector == SEL_ORIGIN_NUMBER || selector == SEL_ORIGIN_HASH) {
        say_u64(&r, m->origin);
    } else if (selector == SEL_L1_BRIDGE || selector == SEL_TOKEN_SUPPLY) {
        say_u64(&r, selector == SEL_L1_BRIDGE ? 0xb1 : m->supply);
    } else if (selector == SEL_BRIDGE_DEPOSITS) {
        assert_int_equal(q->block_number.v, m->origin);
        assert_int_equal(q->to.b[19], 0xb1);
        say_u64(&r, m->deposits);
    } else if (q->side == CW_EXECUTION) {
        if (cw_addr20_equal(&q->to, &CW_OP_MESSAGE_PASSER) && selector == SEL_SENT_MESSAGES) {
            say_u64(&r, 0);
        } else if (cw_addr20_equal(&q->to, &CW_OP_MESSAGE_PASSER) &&
                   selector == SEL_MESSAGE_NONCE) {
            struct cw_u256 nonce = m->count;
            nonce.limb[3] |= UINT64_C(1) << 48;
            r.known = true;
            cw_abi_put_u256(&r.buf, &nonce);
        } else if (cw_addr20_equal(&q->to, &OPSTACK_PRICE_ORACLE) && selector == SEL_IS_ISTHMUS &&
                   m->isthmus) {
            say_u64(&r, 1);
        } else if (cw_addr20_equal(&q->to, &OPSTACK_L2_MESSENGER) &&
                   selector == (m->old_names ? SEL_OTHER_MESSENGER_OLD : SEL_OTHER_MESSENGER)) {
            say_addr20(&r, &m->messenger);
        }
    } else if (cw_addr20_equal(&q->to, &m->portal)) {
        ask_portal(m, q, selector, &in, &r);
    } else if (cw_addr20_equal(&q->to, &m->roots)) {
        if (is_games(m)) {
            ask_factory(m, selector, &in, &r);
        } else {
            ask_oracle(m, selector, &in, &r);
        }
    } else if (is_games(m) && cw_addr20_equal(&q->to, &m->registry)) {
        ask_registry(m, selector, &in, &r);
    } else if (cw_addr20_equal(&q->to, &m->messenger)) {
        ask_messenger(m, q, selector, &r);
    } else if (cw_addr20_equal(&q->to, &m->superchain) && selector == SEL_VERSION &&
               m->superchain_version != NULL) {
        say_text(&r, m->superchain_version);
    } else if (cw_addr20_equal(&q->to, &m->system_config) && selector == SEL_CUSTOM_GAS) {
        say_u64(&r, m->custom_gas);
    } else {
        for (size_t i = 0; i < m->games_n; i++) {
            if (cw_addr20_equal(&q->to, &m->games[i].at)) {
                ask_game(&m->games[i], selector, &in, &r);
            }
        }
    }
    if (m->malformed == selector) {
        cw_buf_reset(&r.buf);
        cw_buf_append(&r.buf, "rubbish", 7);
    }
    ret->status = r.known ? CW_ANSWER_OK : CW_ANSWER_REVERTED;
    if (r.panic != 0) {
        cw_abi_put_selector(&r.buf, cw_selector_of("Panic(uint256)"));
        cw_abi_put_u64(&r.buf, r.panic);
    }
    assert_false(r.buf.failed);
    ret->data = cw_arena_copy(&m->arena, cw_buf_slice(&r.buf));
    cw_buf_done(&r.buf);
}

static void flip(struct model *m, struct cw_slice *node) {
    uint8_t *p = cw_arena_alloc(&m->arena, node->n);
    assert_non_null(p);
    memcpy(p, node->p, node->n);
    p[node->n / 2] ^= 1;
    *node = cw_slice_of(p, node->n);
}

static void answer_proof(struct model *m, const struct cw_request *q, struct cw_answer *ret) {
    assert_true(cw_addr20_equal(&q->to, &CW_OP_MESSAGE_PASSER));
    if (q->block_number.v < m->proof_window_from) {
        ret->status = CW_ANSWER_UNAVAILABLE;
        ret->text = "l2.example: distance to target block exceeds maximum proof window";
        return;
    }
    const struct made_trie state = state_of(m), storage = storage_of(m);
    struct cw_hash32 key;
    cw_keccak256(&key, cw_slice_of(q->to.b, 20));
    struct cw_slice *account = made_trie_prove(&state, &m->arena, cw_slice_of(key.b, 32),
                                               CW_MPT_FORM_NODE, &ret->account_proof_n);
    cw_storage_key(&key, &q->slot);
    struct cw_slice *nodes = made_trie_prove(
        &storage, &m->arena, cw_slice_of(key.b, 32),
        m->contract_form ? CW_MPT_FORM_CONTRACT : CW_MPT_FORM_NODE, &ret->storage_proof_n);
    if (m->bad_account_proof) {
        flip(m, &account[0]);
    }
    if (m->bad_storage_proof) {
        flip(m, &nodes[0]);
    }
    ret->account_proof = account;
    ret->storage_proof = nodes;
    ret->storage_root = storage.root;
    ret->status = CW_ANSWER_OK;
}

/* --- what the settlement layer logged --- */

static void answer_logs(struct model *m, const struct cw_request *q, struct cw_answer *ret) {
    struct cw_log *logs = cw_arena_array(&m->arena, MODEL_LOGS_MAX, sizeof *logs);
    assert_non_null(logs);
    assert_int_equal(q->side, CW_SETTLEMENT);
    for (size_t i = 0; i + (m->hides_logs && q->turn == 0) < m->logs_n; i++) {
        const struct cw_log *log = &m->logs[i];
        bool wanted = log->block.number.v >= q->from_block.v &&
                      log->block.number.v <= q->block_number.v &&
                      cw_addr20_equal(&log->address, &q->to);
        bool known = q->topics[0].n == 0;
        for (size_t k = 0; k < q->topics[0].n; k++) {
            known = known || cw_hash32_equal(&q->topics[0].p[k], &log->topics[0]);
        }
        if (wanted && known) {
            logs[ret->logs_n++] = *log;
        }
    }
    ret->status = CW_ANSWER_OK;
    ret->logs = logs;
}

void model_answer(struct model *m, struct cw_io *io, struct cw_io_entry *entry) {
    struct cw_answer *answer = cw_arena_alloc(&m->arena, sizeof *answer);
    const struct cw_request *q = &entry->request;
    (void)io;
    assert_non_null(answer);
    switch (q->kind) {
    case CW_REQUEST_CALL:
        answer_call(m, q, answer);
        break;
    case CW_REQUEST_HEADER: {
        struct cw_header *header = cw_arena_alloc(&m->arena, sizeof *header);
        assert_non_null(header);
        /* Above the final head they are asked for only to judge: of the settlement layer's blocks,
         * and of a rollup's safe ones. */
        assert_true(q->block_number.v <= m->heads[q->side].final.number.v ||
                    q->side == CW_SETTLEMENT ||
                    (m->newer_headers && q->block_number.v <= m->heads[q->side].safe.number.v));
        if (q->side == CW_SETTLEMENT) {
            model_state_header(&m->state, &m->arena, q->block_number.v, header);
        } else {
            header_at(m, q->block_number.v, header);
        }
        answer->header = header;
        assert_int_equal(cw_header_hash(&answer->header_hash, header), CW_OK);
        answer->status = CW_ANSWER_OK;
        break;
    }
    case CW_REQUEST_PROOF:
        if (q->side == CW_SETTLEMENT) {
            model_state_prove(&m->state, &m->arena, q, answer);
        } else {
            answer_proof(m, q, answer);
        }
        break;
    case CW_REQUEST_TX:
        answer->status = m->tx.n > 0 ? CW_ANSWER_OK : CW_ANSWER_UNAVAILABLE;
        answer->data = m->tx;
        answer->text = "l1.example: no such transaction";
        break;
    case CW_REQUEST_TRACE:
        assert_true(cw_addr20_equal(&q->to, &m->portal));
        answer->status = m->traced_n > 0 ? CW_ANSWER_OK : CW_ANSWER_UNAVAILABLE;
        answer->calls = m->traced;
        answer->calls_n = m->traced_n;
        answer->text = "l1.example: method not found";
        break;
    case CW_REQUEST_LOGS:
        answer_logs(m, q, answer);
        break;
    case CW_REQUEST_RECEIPT:
    case CW_REQUEST_BLOCK:
        fail_msg("withdrawals of an OP Stack rollup ask for neither logs nor receipts nor hashes");
        break;
    }
    entry->answer = answer;
}

/* --- logs --- */

static struct cw_log log_at(const struct model *m, const struct cw_addr20 *contract,
                            const struct cw_hash32 *topic, uint64_t at_s) {
    struct cw_log log = {.address = *contract, .topics_n = 1, .log_index = 3};
    log.topics[0] = *topic;
    log.tx_hash = m->tx_hash;
    log.block = (struct cw_block_ref){{at_s}, hash_of("block", at_s), at_s};
    return log;
}

static void add_topic(struct cw_log *log, struct cw_hash32 word) {
    log->topics[log->topics_n++] = word;
}

static struct cw_slice word_of(struct model *m, uint64_t v) {
    const struct cw_hash32 word = opstack_word_u64(v);
    return cw_arena_copy(&m->arena, cw_slice_of(word.b, 32));
}

struct cw_log model_log_output(struct model *m, size_t i) {
    const struct model_output *output = &m->outputs[i];
    struct cw_log log = log_at(m, &m->roots, &OPSTACK_TOPIC_OUTPUT_PROPOSED, output->proposed_s);
    add_topic(&log, output->root);
    add_topic(&log, opstack_word_u64(i));
    add_topic(&log, opstack_word_u64(output->block));
    log.data = word_of(m, output->proposed_s);
    return log;
}

struct cw_log model_log_game(struct model *m, size_t i) {
    const struct model_game *game = &m->games[i];
    struct cw_log log = log_at(m, &m->roots, &OPSTACK_TOPIC_GAME_CREATED, game->created_s);
    add_topic(&log, opstack_word_addr20(&game->at));
    add_topic(&log, opstack_word_u64(game->type));
    add_topic(&log, game->claim);
    return log;
}

struct cw_log model_log_proven(struct model *m, uint64_t at_s) {
    const struct cw_hash32 *topic = is_games(m) ? &OPSTACK_TOPIC_PROVEN_BY : &OPSTACK_TOPIC_PROVEN;
    struct cw_log log = log_at(m, &m->portal, topic, at_s);
    add_topic(&log, m->message.id);
    add_topic(&log, opstack_word_addr20(&m->self.submitter));
    if (!is_games(m)) {
        add_topic(&log, opstack_word_addr20(&m->withdrawal.target));
    }
    return log;
}

struct cw_log model_log_finalized(struct model *m, uint64_t at_s) {
    struct cw_log log = log_at(m, &m->portal, &OPSTACK_TOPIC_FINALIZED, at_s);
    add_topic(&log, m->message.id);
    log.data = word_of(m, 1);
    return log;
}

/* --- looking --- */

struct cw_preparation model_prepare(struct model *m, struct cw_adapter **ret_adapter) {
    const struct cw_adapter_ops *ops = cw_adapter_find("opstack", "withdrawal");
    struct cw_opstack_config config = {
        .portal = m->portal, .messenger = m->configured, .limits = m->limits, .tokens = m->tokens};
    const struct cw_chain_id chains[CW_SIDES] = {{900}, {901}};
    struct cw_adapter *adapter = NULL;
    struct cw_preparation preparation;
    struct cw_io *io = cw_arena_alloc(&m->arena, sizeof *io);
    assert_non_null(ops);
    assert_non_null(io);
    assert_int_equal(ops->open(&adapter, &config, chains, NULL), CW_OK);
    cw_io_init(io, &m->arena, m->heads);
    ops->prepare(adapter, io, &preparation);
    while (preparation.state == CW_PREPARE_NEED) {
        for (size_t i = 0; i < io->n; i++) {
            if (io->entries[i].answer == NULL) {
                model_answer(m, io, &io->entries[i]);
            }
        }
        ops->prepare(adapter, io, &preparation);
    }
    *ret_adapter = adapter;
    return preparation;
}

struct cw_adapter *model_adapter(struct model *m) {
    struct cw_adapter *adapter = NULL;
    assert_int_equal(model_prepare(m, &adapter).state, CW_PREPARE_OK);
    return adapter;
}

static void check_as_host(struct model *m, struct cw_adapter *adapter,
                          const struct cw_decision *d) {
    const struct cw_adapter_ops *ops = cw_adapter_find("opstack", "withdrawal");
    struct cw_slice evidence = d->evidence.p != NULL ? d->evidence : m->message.evidence;
    struct cw_block_number block;
    if (d->evidence.n == 0 && d->verb != CW_ACT) {
        return;
    }
    assert_int_equal(ops->evidence_block(evidence, &block), CW_OK);
    assert_true(block.v <= m->heads[CW_EXECUTION].final.number.v);
    struct cw_hash32 hash = model_block_hash(m, block.v);
    struct cw_judgement verdict = ops->verify(adapter, &m->message, evidence, &hash, d->step,
                                              d->verb == CW_ACT ? &d->call : NULL);
    assert_string_equal(verdict.reason, "");
    assert_int_equal(verdict.verdict, CW_VALID);
}

struct cw_decision model_look(struct model *m, struct cw_adapter *adapter) {
    const struct cw_adapter_ops *ops = cw_adapter_find("opstack", "withdrawal");
    struct cw_io *io = cw_arena_alloc(&m->arena, sizeof *io);
    struct cw_decision d;
    assert_non_null(io);
    cw_io_init(io, &m->arena, m->heads);
    m->rounds = 0;
    for (;;) {
        ops->advance(adapter, &m->message, &m->self, io, &d);
        assert_false(io->overflow);
        if (d.verb != CW_NEED) {
            break;
        }
        assert_true(++m->rounds <= CW_IO_ROUNDS);
        bool asked = false;
        for (size_t i = 0; i < io->n; i++) {
            if (io->entries[i].answer == NULL) {
                model_answer(m, io, &io->entries[i]);
                asked = true;
            }
        }
        assert_true(asked);
    }
    m->requests = io->n;
    m->about = 0;
    for (size_t i = 0; i < io->n; i++) {
        const struct cw_slice data = io->entries[i].request.data;
        m->about += data.n >= 36 && memcmp(data.p + 4, m->message.id.b, 32) == 0;
    }
    assert_true(d.reason[0] != '\0');
    assert_true(d.stage >= CW_STAGE_SEEN && d.stage <= CW_STAGE_EXECUTED_FINAL);
    check_as_host(m, adapter, &d);
    return d;
}

void model_apply(struct model *m, const struct cw_decision *d) {
    m->message.stage = d->stage;
    m->message.outcome = d->outcome;
    if (d->progress.p != NULL) {
        m->message.progress = d->progress;
    }
    if (d->evidence.p != NULL) {
        m->message.evidence = d->evidence;
    }
}

struct cw_decision model_settle(struct model *m, struct cw_adapter *adapter) {
    struct cw_decision d;
    int looks = 0;
    do {
        assert_true(++looks < 64);
        d = model_look(m, adapter);
        model_apply(m, &d);
    } while (d.verb == CW_WAIT && d.due_s != 0 && d.due_side == CW_SETTLEMENT &&
             d.due_s < m->heads[CW_SETTLEMENT].latest.timestamp_s);
    return d;
}
