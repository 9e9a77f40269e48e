#include "exit_model.h"

#include <causeway/abi.h>
#include <causeway/keccak.h>
#include <causeway/merkle_tree.h>

#include <stdlib.h>
#include <string.h>

#include "nitro/abi_constants.h"
#include "vectors.h"

static struct cw_addr20 address(uint8_t tag) {
    return (struct cw_addr20){{tag, 0xad, [19] = tag}};
}

static struct cw_hash32 hash_of(const char *tag, uint64_t n) {
    struct cw_hash32 out, word = exit_word_u64(n);
    cw_keccak256_pair(&out, cw_slice_of(tag, strlen(tag)), cw_slice_of(word.b, 32));
    return out;
}

static void *take(struct exit_model *m, size_t n, size_t size) {
    void *p = cw_arena_array(&m->arena, n, size);
    assert_non_null(p);
    return p;
}

/* --- the rollup ------------------------------------------------------------------------------ */

static struct cw_nitro_message message_at(uint64_t i) {
    return (struct cw_nitro_message){
        .l2_sender = address(0x5e),
        .to = address(0x70),
        .l2_block = cw_u256_from_u64(EXIT_MODEL_BLOCK + i),
        .l1_block = cw_u256_from_u64(7),
        .l2_timestamp = cw_u256_from_u64(EXIT_MODEL_T0 + EXIT_MODEL_BLOCK + i),
        .value.v = cw_u256_from_u64(5000000000000 + i),
        .data = CW_LITERAL("hello")};
}

static void grow(struct exit_model *m, size_t sends) {
    struct cw_merkle_shape room;
    struct cw_merkle_tree tree;
    m->sends_n = sends;
    m->sends = take(m, sends, sizeof *m->sends);
    m->roots = take(m, sends + 1, sizeof *m->roots);
    for (unsigned level = 0; level <= CW_MERKLE_DEPTH_MAX && sends >> level > 0; level++) {
        m->nodes[level] = take(m, sends >> level, sizeof *m->nodes[level]);
    }
    cw_merkle_tree_init(&tree, exit_tree_shape(&room));
    for (uint64_t i = 0; i < sends; i++) {
        struct cw_merkle_node made[CW_MERKLE_DEPTH_MAX];
        struct cw_hash32 leaf;
        size_t n = 0;
        m->sends[i] = (struct exit_message){.position = i, .sent = message_at(i)};
        cw_nitro_leaf(&leaf, &m->sends[i].sent);
        assert_int_equal(cw_merkle_tree_append(&tree, made, &n, &leaf), CW_OK);
        for (size_t k = 0; k < n; k++) {
            m->nodes[made[k].level][made[k].index] = made[k].hash;
        }
        cw_merkle_tree_root(&m->roots[i + 1], &tree);
    }
}

uint64_t exit_model_count(const struct exit_model *m, uint64_t block) {
    uint64_t sent = block < EXIT_MODEL_BLOCK ? 0 : block - EXIT_MODEL_BLOCK + 1;
    return sent < m->sends_n ? sent : m->sends_n;
}

uint64_t exit_model_block(uint64_t size) {
    return EXIT_MODEL_BLOCK + size - 1;
}

static void put_u64(uint8_t be[8], uint64_t v) {
    for (size_t i = 0; i < 8; i++) {
        be[i] = (uint8_t)(v >> (56 - 8 * i));
    }
}

static void header_at(const struct exit_model *m, uint64_t block, struct cw_header *ret) {
    uint64_t count = exit_model_count(m, block);
    memset(ret, 0, sizeof *ret);
    ret->number.v = block;
    ret->timestamp = EXIT_MODEL_T0 + block;
    ret->parent_hash = hash_of("parent", block);
    ret->present = CW_HEADER_BASE_FEE;
    ret->base_fee = cw_u256_from_u64(7);
    ret->difficulty = cw_u256_from_u64(m->foreign ? 2 : 1);
    ret->extra_n = 32;
    memcpy(ret->extra, m->roots[count].b, 32);
    put_u64(ret->mix_hash.b, count);
    put_u64(ret->mix_hash.b + 8, 7);
    put_u64(ret->mix_hash.b + 16, 32);
}

static struct cw_hash32 header_hash(const struct cw_header *header) {
    struct cw_hash32 hash;
    assert_int_equal(cw_header_hash(&hash, header), CW_OK);
    return hash;
}

struct cw_hash32 exit_model_hash(const struct exit_model *m, uint64_t block) {
    struct cw_header header;
    header_at(m, block, &header);
    return header_hash(&header);
}

static void orphan_at(const struct exit_model *m, uint64_t block, struct cw_header *ret) {
    header_at(m, block, ret);
    ret->parent_hash = hash_of("another parent", block);
}

struct cw_hash32 exit_model_orphan(const struct exit_model *m, uint64_t block) {
    struct cw_header header;
    orphan_at(m, block, &header);
    return header_hash(&header);
}

/* --- the message --- */

static void make_message(struct exit_model *m, uint64_t position) {
    const struct exit_message *sent = &m->sends[position];
    uint64_t block = exit_model_block(position + 1);
    exit_id(&m->message.id, position);
    assert_int_equal(exit_payload_encode(&m->arena, &m->message.payload, sent), CW_OK);
    m->message.summary = (struct cw_summary){.sender = sent->sent.l2_sender,
                                             .target = sent->sent.to,
                                             .value = sent->sent.value,
                                             .nonce = cw_u256_from_u64(position)};
    m->message.stage = CW_STAGE_SEEN;
    m->message.source = (struct cw_block_ref){
        {block}, exit_model_hash(m, block), EXIT_MODEL_T0 + block};
}

/* A week after the message. */
static void make_heads(struct exit_model *m) {
    struct cw_heads *l1 = &m->heads[CW_SETTLEMENT], *l2 = &m->heads[CW_EXECUTION];
    uint64_t now_s = m->message.source.timestamp_s + 7 * 86400, behind = 64;
    uint64_t newest = exit_model_block(m->sends_n) + 50;
    l1->latest = (struct cw_block_ref){{EXIT_MODEL_NOW}, hash_of("latest", 0), now_s};
    l1->final = l1->safe = (struct cw_block_ref){
        {EXIT_MODEL_NOW - behind}, hash_of("final", 0), now_s - behind * EXIT_MODEL_PACE};
    l2->latest = (struct cw_block_ref){
        {newest}, exit_model_hash(m, newest), EXIT_MODEL_T0 + newest};
    l2->final = l2->safe = (struct cw_block_ref){
        {newest - 10}, exit_model_hash(m, newest - 10), EXIT_MODEL_T0 + newest - 10};
}

struct exit_model *exit_model_new(size_t sends, uint64_t position) {
    struct exit_model *m = calloc(1, sizeof *m);
    assert_non_null(m);
    cw_arena_init(&m->arena, 512u << 20);
    m->outbox = address(0x0b);
    m->bridge = address(0xb6);
    m->rollup = address(0x40);
    m->rollups_outbox = m->outbox;
    m->bold = true;
    m->version = 2;
    m->decimals = 18;
    m->period = 45818;
    m->self.submitter = address(0xee);
    grow(m, sends);
    make_message(m, position);
    make_heads(m);
    return m;
}

void exit_model_free(struct exit_model *m) {
    cw_arena_done(&m->arena);
    free(m);
}

static struct exit_claim *claim(const struct exit_model *m, struct exit_claim *list, size_t *n,
                                uint64_t block, uint64_t at) {
    assert_true(*n < EXIT_MODEL_ROOTS && (*n == 0 || list[*n - 1].at <= at));
    list[*n] = (struct exit_claim){m->roots[exit_model_count(m, block)], exit_model_hash(m, block),
                                   at};
    return &list[(*n)++];
}

struct exit_claim *exit_model_confirm(struct exit_model *m, uint64_t block, uint64_t at) {
    return claim(m, m->confirmed, &m->confirmed_n, block, at);
}

struct exit_claim *exit_model_assert(struct exit_model *m, uint64_t block, uint64_t at) {
    return claim(m, m->asserted, &m->asserted_n, block, at);
}

/* --- calls --- */

struct reply {
    struct cw_buf buf;
    bool known;
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

static void set_bit(struct cw_hash32 *word, uint64_t index, uint64_t position) {
    if (position / 255 == index) {
        word->b[31 - position % 255 / 8] |= (uint8_t)(1u << (position % 255 % 8));
    }
}

static void ask_outbox(const struct exit_model *m, const struct cw_request *q, uint32_t selector,
                       struct cw_abi *in, struct reply *r) {
    bool final = cw_hash32_equal(&q->block_hash, &m->heads[CW_SETTLEMENT].final.hash);
    uint64_t position = m->message.summary.nonce.limb[0], i;
    struct cw_hash32 root, word = {{0}};
    if (selector == SEL_BRIDGE) {
        say_addr20(r, cw_addr20_is_zero(&m->outbox_bridge) ? &m->bridge : &m->outbox_bridge);
    } else if (selector == SEL_ROLLUP) {
        say_addr20(r, cw_addr20_is_zero(&m->outbox_rollup) ? &m->rollup : &m->outbox_rollup);
    } else if (selector == SEL_OUTBOX_VERSION) {
        say_u64(r, m->version);
    } else if (selector == SEL_SPENT && cw_abi_u64(in, &i) == CW_OK) {
        bool spent = final ? m->spent_final : m->spent_latest;
        set_bit(&word, i, position - 1); /* others are, around it */
        set_bit(&word, i, position + 8);
        if (spent) {
            set_bit(&word, i, position);
        }
        say_hash32(r, &word);
    } else if (selector == SEL_ROOTS && cw_abi_word(in, &root) == CW_OK) {
        for (size_t k = 0; k < m->confirmed_n && !m->forgotten; k++) { /* the last one stays */
            if (cw_hash32_equal(&m->confirmed[k].root, &root)) {
                word = m->confirmed[k].block_hash;
            }
        }
        say_hash32(r, &word);
    }
}

static void ask_bridge(const struct exit_model *m, uint32_t selector, struct cw_abi *in,
                       struct reply *r) {
    struct cw_addr20 a;
    if (selector == SEL_ALLOWED_OUTBOXES && cw_abi_addr20(in, &a) == CW_OK) {
        say_u64(r, !m->not_allowed && cw_addr20_equal(&a, &m->outbox));
    } else if (selector == SEL_ROLLUP) {
        say_addr20(r, cw_addr20_is_zero(&m->bridge_rollup) ? &m->rollup : &m->bridge_rollup);
    } else if (selector == SEL_NATIVE_TOKEN && !cw_addr20_is_zero(&m->token)) {
        say_addr20(r, &m->token);
    } else if (selector == SEL_NATIVE_TOKEN_DECIMALS && !cw_addr20_is_zero(&m->token) &&
               !m->old_token_bridge) {
        say_u64(r, m->decimals);
    }
}

static void say_assertion(const struct exit_model *m, const struct cw_hash32 *name,
                          struct reply *r) {
    const bool parent = cw_hash32_equal(name, &EXIT_MODEL_PARENT);
    const uint64_t words[6] = {parent ? m->first_child : 5,
                               parent ? m->second_child : 0,
                               5,
                               1,
                               parent ? m->parent_status : m->status,
                               1};
    for (size_t i = 0; i < CW_COUNT(words); i++) {
        say_u64(r, words[i]);
    }
}

/* Node 7 is a child of node 5. */
static void say_node(const struct exit_model *m, uint64_t number, struct reply *r) {
    const bool parent = number == 5;
    const uint64_t words[12] = {1,
                                0,
                                1,
                                parent ? 4 : 5,
                                parent ? 1 : m->node_deadline,
                                0,
                                1,
                                1,
                                parent ? m->first_child : 0,
                                parent ? m->newest_child : 0,
                                parent ? 1 : m->node_made,
                                1};
    for (size_t i = 0; i < CW_COUNT(words); i++) {
        say_u64(r, words[i]);
    }
}

static void ask_rollup(const struct exit_model *m, uint32_t selector, struct cw_abi *in,
                       struct reply *r) {
    const struct cw_hash32 other = {{0x77}}, parent = EXIT_MODEL_PARENT;
    struct cw_hash32 word;
    uint64_t number;
    if (selector == SEL_OUTBOX) {
        say_addr20(r, &m->rollups_outbox);
    } else if (selector == SEL_CONFIRM_PERIOD) {
        say_u64(r, m->period);
    } else if (selector == SEL_ROLLUP_PAUSED) {
        say_u64(r, m->paused);
    } else if (selector == SEL_ROLLUP_OWNER) {
        say_addr20(r, &m->owner);
    } else if (selector == SEL_WHITELIST_DISABLED) {
        say_u64(r, m->permissionless);
    } else if (selector == SEL_LATEST_CONFIRMED && m->bold) {
        struct cw_hash32 newest = m->passed ? other : parent;
        newest.b[31] = (uint8_t)m->confirmations;
        say_hash32(r, &newest);
    } else if (selector == SEL_LATEST_CONFIRMED) {
        say_u64(r, m->newest_confirmed);
    } else if (selector == SEL_ASSERTION && m->bold && cw_abi_word(in, &word) == CW_OK) {
        say_assertion(m, &word, r);
    } else if (selector == SEL_NODE && !m->bold && cw_abi_u64(in, &number) == CW_OK) {
        say_node(m, number, r);
    } else if (selector == (m->bold ? SEL_GENESIS_ASSERTION : SEL_NEWEST_NODE)) {
        say_u64(r, 77);
    }
}

static void ask_arbsys(const struct exit_model *m, const struct cw_request *q, uint32_t selector,
                       struct reply *r) {
    bool there = q->side == CW_EXECUTION ? !m->no_arbsys : m->on_nitro;
    if (there && selector == SEL_ARB_BLOCK_NUMBER) {
        say_u64(r, q->block_number.v);
    } else if (there && selector == SEL_SEND_TREE) {
        uint64_t count = exit_model_count(m, q->block_number.v);
        say_u64(r, count);
        say_hash32(r, &m->roots[count]);
        cw_abi_put_u64(&r->buf, 96);
        cw_abi_put_u64(&r->buf, 0); /* nobody asks for the partials */
    }
}

static enum cw_err read_node(void *ctx, struct cw_hash32 *ret_hash, unsigned level,
                             uint64_t index) {
    const struct exit_model *m = ctx;
    *ret_hash = m->nodes[level][index];
    return CW_OK;
}

/* item, root, path */
static void ask_node_interface(struct exit_model *m, struct cw_abi *in, struct reply *r) {
    const struct cw_merkle_store store = {read_node, m};
    struct cw_merkle_shape room;
    struct cw_merkle_proof proof;
    struct cw_hash32 item;
    uint64_t size, position;
    assert_int_equal(cw_abi_u64(in, &size), CW_OK);
    assert_int_equal(cw_abi_u64(in, &position), CW_OK);
    cw_nitro_item_hash(&item, &m->sends[position].sent);
    assert_int_equal(cw_merkle_prove(&proof, exit_tree_shape(&room), &m->roots[size], size,
                                     position, &m->nodes[0][position], &store),
                     CW_OK);
    say_hash32(r, &item);
    say_hash32(r, &m->roots[size]);
    cw_abi_put_u64(&r->buf, 96);
    cw_abi_put_u64(&r->buf, proof.depth);
    for (size_t i = 0; i < proof.depth; i++) {
        proof.path[i].b[5] ^= m->node_lies;
        cw_abi_put_word(&r->buf, &proof.path[i]);
    }
}

static void answer_call(struct exit_model *m, const struct cw_request *q, struct cw_answer *ret) {
    struct reply r = {.known = false};
    struct cw_abi in = cw_abi_open(cw_slice_of(q->data.p + 4, q->data.n - 4));
    uint32_t selector = (uint32_t)q->data.p[0] << 24 | (uint32_t)q->data.p[1] << 16 |
                        (uint32_t)q->data.p[2] << 8 | q->data.p[3];
    if (q->side == CW_SETTLEMENT ? m->settlement_down : m->execution_down) {
        ret->status = CW_ANSWER_UNAVAILABLE;
        ret->text = "example: connection refused";
        return;
    }
    cw_buf_init(&r.buf, 1u << 16);
    const struct cw_addr20 node_interface = {{[19] = 0xc8}};
    if (cw_addr20_equal(&q->to, &node_interface) && m->has_node_interface) {
        ask_node_interface(m, &in, &r);
    } else if (cw_addr20_equal(&q->to, &EXIT_ARBSYS)) {
        ask_arbsys(m, q, selector, &r);
    } else if (cw_addr20_equal(&q->to, &m->outbox)) {
        ask_outbox(m, q, selector, &in, &r);
    } else if (cw_addr20_equal(&q->to, &m->bridge)) {
        ask_bridge(m, selector, &in, &r);
    } else if (cw_addr20_equal(&q->to, &m->rollup)) {
        ask_rollup(m, selector, &in, &r);
    } else if (cw_addr20_equal(&q->to, &m->owner) && selector == SEL_EXECUTOR_ROLE && m->executor) {
        say_u64(&r, 7);
    } else if (cw_addr20_equal(&q->to, &m->token) && selector == SEL_BALANCE_OF) {
        r.known = true;
        cw_abi_put_u256(&r.buf, &m->token_balance);
    }
    if (m->malformed == selector) {
        cw_buf_reset(&r.buf);
        cw_buf_append(&r.buf, "rubbish", 7);
    }
    ret->status = r.known ? CW_ANSWER_OK : CW_ANSWER_REVERTED;
    assert_false(r.buf.failed);
    ret->data = cw_arena_copy(&m->arena, cw_buf_slice(&r.buf));
    cw_buf_done(&r.buf);
}

/* --- logs --- */

struct logs {
    struct cw_log *log;
    size_t n, cap;
};

static bool allows(const struct cw_topic_set *set, const struct cw_hash32 *topic) {
    for (size_t i = 0; i < set->n; i++) {
        if (cw_hash32_equal(&set->p[i], topic)) {
            return true;
        }
    }
    return set->n == 0;
}

static void add(struct logs *logs, const struct cw_request *q, const struct cw_log *log) {
    bool wanted = log->block.number.v >= q->from_block.v &&
                  log->block.number.v <= q->block_number.v;
    for (size_t i = 0; i < log->topics_n; i++) {
        wanted = wanted && allows(&q->topics[i], &log->topics[i]);
    }
    if (wanted) {
        assert_true(logs->n < logs->cap);
        logs->log[logs->n++] = *log;
    }
}

struct cw_log exit_model_sent(struct exit_model *m, uint64_t i) {
    const struct cw_nitro_message *sent = &m->sends[i].sent;
    struct cw_log log = {.address = EXIT_ARBSYS, .topics_n = 4};
    struct cw_buf data;
    cw_buf_init(&data, 4096);
    log.topics[0] = NITRO_TOPIC_L2_TO_L1_TX;
    memcpy(log.topics[1].b + 12, sent->to.b, 20);
    cw_nitro_item_hash(&log.topics[2], sent);
    log.topics[3] = exit_word_u64(i);
    size_t base = cw_abi_base(&data);
    cw_abi_put_addr20(&data, &sent->l2_sender);
    cw_abi_put_u256(&data, &sent->l2_block);
    cw_abi_put_u256(&data, &sent->l1_block);
    cw_abi_put_u256(&data, &sent->l2_timestamp);
    cw_abi_put_u256(&data, &sent->value.v);
    size_t at = cw_abi_put_offset(&data);
    cw_abi_place(&data, base, at);
    cw_abi_put_bytes(&data, sent->data);
    assert_false(data.failed);
    log.data = cw_arena_copy(&m->arena, cw_buf_slice(&data));
    log.block.number.v = exit_model_block(i + 1);
    cw_buf_done(&data);
    return log;
}

/* What ArbSys says of the nodes that the positions name, as if looked through from the start. */
static void arbsys_logs(struct exit_model *m, const struct cw_request *q, struct logs *logs) {
    for (size_t k = 0; k < q->topics[3].n; k++) {
        const struct cw_hash32 *position = &q->topics[3].p[k];
        uint64_t leaf = 0;
        for (size_t i = 24; i < 32; i++) {
            leaf = leaf << 8 | position->b[i];
        }
        unsigned level = position->b[7];
        struct cw_log log = {.address = EXIT_ARBSYS, .topics_n = 4};
        assert_true(leaf < m->sends_n && level <= CW_MERKLE_DEPTH_MAX);
        if (level == 0) {
            log = exit_model_sent(m, leaf);
        } else {
            assert_int_equal((leaf + 1) % (UINT64_C(1) << level), 0);
            log.topics[0] = NITRO_TOPIC_SEND_MERKLE_UPDATE;
            log.topics[2] = m->nodes[level][leaf >> level];
            log.topics[3] = *position;
            log.block.number.v = exit_model_block(leaf + 1);
        }
        bool lies = !m->others_are_honest || q->turn == 0;
        if (lies && m->flipped == k + 1) {
            log.topics[2].b[9] ^= 1;
        }
        if (!lies || m->hidden != k + 1) {
            add(logs, q, &log);
        }
    }
}

static void outbox_logs(struct exit_model *m, const struct cw_request *q, struct logs *logs) {
    for (size_t i = 0; i < m->confirmed_n; i++) {
        struct cw_log log = {.address = m->outbox, .topics_n = 3};
        log.topics[0] = NITRO_TOPIC_SEND_ROOT_UPDATED;
        log.topics[1] = m->confirmed[i].root;
        log.topics[2] = m->confirmed[i].block_hash;
        log.block.number.v = m->confirmed[i].at;
        add(logs, q, &log);
    }
}

static void rollup_logs(struct exit_model *m, const struct cw_request *q, struct logs *logs) {
    for (size_t i = 0; i < m->asserted_n; i++) {
        size_t n = m->bold ? 800 : 480, at = m->bold ? 13 * 32 : 6 * 32;
        struct cw_log log = {.address = m->rollup, .topics_n = m->bold ? 3 : 4};
        uint8_t *data = take(m, n, 1);
        log.topics[0] = m->bold ? NITRO_TOPIC_ASSERTION_CREATED : NITRO_TOPIC_NODE_CREATED;
        memcpy(data + at, m->asserted[i].block_hash.b, 32);
        memcpy(data + at + 32, m->asserted[i].root.b, 32);
        log.topics[1] = exit_word_u64(100 + i);
        log.topics[2] = EXIT_MODEL_PARENT;
        log.data = cw_slice_of(data, n);
        log.block.number.v = m->asserted[i].at;
        add(logs, q, &log);
    }
}

static void answer_logs(struct exit_model *m, const struct cw_request *q, struct cw_answer *ret) {
    struct logs logs = {.cap = 80};
    bool down = q->side == CW_SETTLEMENT ? m->settlement_down : m->execution_down || m->logs_down;
    if (down) {
        ret->status = CW_ANSWER_UNAVAILABLE;
        ret->text = "example: range too wide";
        return;
    }
    logs.log = take(m, logs.cap, sizeof *logs.log);
    if (q->side == CW_EXECUTION) {
        assert_true(cw_addr20_equal(&q->to, &EXIT_ARBSYS));
        arbsys_logs(m, q, &logs);
    } else if (cw_addr20_equal(&q->to, &m->outbox)) {
        outbox_logs(m, q, &logs);
    } else if (cw_addr20_equal(&q->to, &m->bridge)) {
        for (size_t i = 0; i < m->calls_n; i++) {
            add(&logs, q, &m->calls[i]);
        }
    } else {
        assert_true(cw_addr20_equal(&q->to, &m->rollup));
        rollup_logs(m, q, &logs);
    }
    ret->status = CW_ANSWER_OK;
    ret->logs = logs.log;
    ret->logs_n = logs.n;
}

/* --- headers --- */

static void answer_header(struct exit_model *m, uint64_t block, struct cw_answer *ret) {
    struct cw_header *header = take(m, 1, sizeof *header);
    if (m->execution_down) {
        ret->status = CW_ANSWER_UNAVAILABLE;
        ret->text = "example: connection refused";
        return;
    }
    header_at(m, block, header);
    ret->header = header;
    ret->header_hash = exit_model_hash(m, block);
    ret->status = CW_ANSWER_OK;
}

/* Those that somebody may have heard of. */
static void answer_block(struct exit_model *m, const struct cw_hash32 *hash,
                         struct cw_answer *ret) {
    for (uint64_t block = EXIT_MODEL_BLOCK - 2; block <= m->heads[CW_EXECUTION].latest.number.v;
         block++) {
        struct cw_hash32 own = exit_model_hash(m, block);
        if (cw_hash32_equal(&own, hash)) {
            answer_header(m, block, ret);
            ret->included = ret->status == CW_ANSWER_OK;
            return;
        }
    }
    ret->status = CW_ANSWER_OK;
    const struct cw_hash32 orphan = exit_model_orphan(m, m->orphan);
    if (m->orphan != 0 && cw_hash32_equal(&orphan, hash)) {
        struct cw_header *header = take(m, 1, sizeof *header);
        orphan_at(m, m->orphan, header);
        ret->header = header;
        ret->header_hash = orphan;
        ret->included = true;
    }
}

void exit_model_answer(struct exit_model *m, struct cw_io *io, struct cw_io_entry *entry) {
    struct cw_answer *answer = take(m, 1, sizeof *answer);
    const struct cw_request *q = &entry->request;
    (void)io;
    switch (q->kind) {
    case CW_REQUEST_CALL:
        answer_call(m, q, answer);
        break;
    case CW_REQUEST_HEADER:
        /* On the settlement layer what is new is judged, too. */
        assert_true(q->side == CW_SETTLEMENT ||
                    q->block_number.v <= m->heads[q->side].final.number.v);
        if (q->side == CW_EXECUTION) {
            answer_header(m, q->block_number.v, answer);
        } else {
            struct cw_header *header = take(m, 1, sizeof *header);
            model_state_header(&m->state, &m->arena, q->block_number.v, header);
            answer->header = header;
            answer->header_hash = header_hash(header);
            answer->status = CW_ANSWER_OK;
        }
        break;
    case CW_REQUEST_LOGS:
        answer_logs(m, q, answer);
        break;
    case CW_REQUEST_BLOCK:
        answer_block(m, &q->block_hash, answer);
        break;
    case CW_REQUEST_PROOF:
        assert_int_equal(q->side, CW_SETTLEMENT);
        model_state_prove(&m->state, &m->arena, q, answer);
        break;
    case CW_REQUEST_RECEIPT:
    case CW_REQUEST_TX:
    case CW_REQUEST_TRACE:
        fail_msg("messages out of a Nitro rollup ask for no receipts");
        break;
    }
    entry->answer = answer;
}

/* --- what is judged --- */

static struct cw_log log_at(const struct exit_model *m, const struct cw_addr20 *contract,
                            const struct cw_hash32 *topic, uint64_t at) {
    struct cw_log log = {.address = *contract, .topics_n = 1, .log_index = 3};
    log.topics[0] = *topic;
    log.block = (struct cw_block_ref){{at},
                                      {{0x11}},
                                      m->heads[CW_SETTLEMENT].latest.timestamp_s -
                                          (EXIT_MODEL_NOW - at) * EXIT_MODEL_PACE};
    return log;
}

static void add_topic(struct cw_log *log, struct cw_hash32 word) {
    log->topics[log->topics_n++] = word;
}

static struct cw_hash32 judged(const struct exit_model *m) {
    return m->bold ? (struct cw_hash32){{0xa5}} : exit_word_u64(EXIT_MODEL_NODE);
}

struct cw_log exit_model_made(struct exit_model *m, const struct cw_hash32 *block_hash,
                              const struct cw_hash32 *root, uint64_t at) {
    const struct cw_hash32 *topic = m->bold ? &NITRO_TOPIC_ASSERTION_CREATED
                                            : &NITRO_TOPIC_NODE_CREATED;
    const struct cw_hash32 period = exit_word_u64(m->period);
    const size_t n = m->bold ? 800 : 480, after = m->bold ? 13 * 32 : 6 * 32;
    struct cw_log log = log_at(m, &m->rollup, topic, at);
    uint8_t *data = take(m, n, 1);
    add_topic(&log, judged(m));
    add_topic(&log, EXIT_MODEL_PARENT);
    if (!m->bold) {
        add_topic(&log, (struct cw_hash32){{0x0d}});
    }
    memcpy(data + after, block_hash->b, 32);
    memcpy(data + after + 32, root->b, 32);
    if (m->bold) {
        memcpy(data + 24 * 32, period.b, 32);
    }
    log.data = cw_slice_of(data, n);
    return log;
}

struct cw_log exit_model_confirmed(struct exit_model *m, uint64_t block,
                                   const struct cw_hash32 *root, uint64_t at) {
    const struct cw_hash32 hash = exit_model_hash(m, block);
    const struct cw_hash32 *topic = m->bold ? &NITRO_TOPIC_ASSERTION_CONFIRMED
                                            : &NITRO_TOPIC_NODE_CONFIRMED;
    struct cw_log log = log_at(m, &m->rollup, topic, at);
    uint8_t *data = take(m, 64, 1);
    add_topic(&log, judged(m));
    memcpy(data, hash.b, 32);
    memcpy(data + 32, root->b, 32);
    log.data = cw_slice_of(data, 64);
    return log;
}

struct cw_log exit_model_taken(struct exit_model *m, uint64_t block, const struct cw_hash32 *root,
                               uint64_t at) {
    struct cw_log log = log_at(m, &m->outbox, &NITRO_TOPIC_SEND_ROOT_UPDATED, at);
    add_topic(&log, *root);
    add_topic(&log, exit_model_hash(m, block));
    return log;
}

/* Of what was never sent there is as much as of the first one. */
static const struct cw_nitro_message *sent_at(const struct exit_model *m, uint64_t position) {
    return &m->sends[position < m->sends_n ? position : 0].sent;
}

struct cw_log exit_model_paid(struct exit_model *m, uint64_t position, uint64_t at) {
    const struct cw_nitro_message *sent = sent_at(m, position);
    struct cw_log log = log_at(m, &m->bridge, &NITRO_TOPIC_CALL_TRIGGERED, at);
    struct cw_hash32 to = {{0}}, by = {{0}};
    struct cw_buf data;
    cw_buf_init(&data, 4096);
    memcpy(to.b + 12, sent->to.b, 20);
    memcpy(by.b + 12, m->outbox.b, 20);
    add_topic(&log, by);
    add_topic(&log, to);
    log.log_index = 4;
    size_t base = cw_abi_base(&data);
    cw_abi_put_u256(&data, &sent->value.v);
    size_t offset = cw_abi_put_offset(&data);
    cw_abi_place(&data, base, offset);
    cw_abi_put_bytes(&data, sent->data);
    assert_false(data.failed);
    log.data = cw_arena_copy(&m->arena, cw_buf_slice(&data));
    cw_buf_done(&data);
    return log;
}

struct cw_log exit_model_executed(struct exit_model *m, uint64_t position, uint64_t at) {
    const struct cw_nitro_message *sent = sent_at(m, position);
    const struct cw_hash32 word = exit_word_u64(position);
    struct cw_hash32 to = {{0}}, sender = {{0}};
    struct cw_log log = log_at(m, &m->outbox, &NITRO_TOPIC_EXECUTED, at);
    struct cw_log *beside = take(m, 2, sizeof *beside);
    memcpy(to.b + 12, sent->to.b, 20);
    memcpy(sender.b + 12, sent->l2_sender.b, 20);
    add_topic(&log, to);
    add_topic(&log, sender);
    add_topic(&log, (struct cw_hash32){{0}});
    log.data = cw_arena_copy(&m->arena, cw_slice_of(word.b, 32));
    beside[0] = log;
    beside[1] = exit_model_paid(m, position, at);
    log.beside = beside;
    log.beside_n = 2;
    return log;
}

/* --- looking --- */

struct cw_adapter *exit_model_open(struct exit_model *m) {
    const struct cw_nitro_exit_config config = {.outbox = m->outbox, .limits = m->limits};
    const struct cw_chain_id chains[CW_SIDES] = {{900}, {903}};
    struct cw_adapter *adapter = NULL;
    assert_int_equal(cw_nitro_withdrawal.open(&adapter, &config, chains, NULL), CW_OK);
    return adapter;
}

/* Answers what is not; false when all is. */
static bool fill(struct exit_model *m, struct cw_io *io) {
    bool asked = false;
    for (size_t i = 0; i < io->n; i++) {
        if (io->entries[i].answer == NULL) {
            exit_model_answer(m, io, &io->entries[i]);
            asked = true;
        }
    }
    return asked;
}

struct cw_preparation exit_model_prepare(struct exit_model *m, struct cw_adapter *adapter) {
    struct cw_preparation preparation;
    struct cw_io *io = take(m, 1, sizeof *io);
    cw_io_init(io, &m->arena, m->heads);
    do {
        cw_nitro_withdrawal.prepare(adapter, io, &preparation);
    } while (preparation.state == CW_PREPARE_NEED && fill(m, io));
    return preparation;
}

struct cw_adapter *exit_model_adapter(struct exit_model *m) {
    struct cw_adapter *adapter = exit_model_open(m);
    const struct cw_preparation preparation = exit_model_prepare(m, adapter);
    if (preparation.state != CW_PREPARE_OK) {
        fail_msg("%s: %s", preparation.reason, preparation.detail);
    }
    return adapter;
}

static void check_as_host(struct exit_model *m, struct cw_adapter *adapter,
                          const struct cw_decision *d) {
    struct cw_slice evidence = d->evidence.p != NULL ? d->evidence : m->message.evidence;
    struct cw_block_number block;
    if (d->evidence.n == 0 && d->verb != CW_ACT) {
        return;
    }
    assert_int_equal(cw_nitro_withdrawal.evidence_block(evidence, &block), CW_OK);
    assert_true(block.v <= m->heads[CW_EXECUTION].final.number.v);
    struct cw_hash32 hash = exit_model_hash(m, block.v);
    struct cw_judgement verdict = cw_nitro_withdrawal.verify(
        adapter, &m->message, evidence, &hash, d->step, d->verb == CW_ACT ? &d->call : NULL);
    assert_string_equal(verdict.reason, "");
    assert_int_equal(verdict.verdict, CW_VALID);
}

struct cw_decision exit_model_look(struct exit_model *m, struct cw_adapter *adapter) {
    struct cw_io *io = take(m, 1, sizeof *io);
    struct cw_decision d;
    cw_io_init(io, &m->arena, m->heads);
    for (m->rounds = 0;; m->rounds++) {
        cw_nitro_withdrawal.advance(adapter, &m->message, &m->self, io, &d);
        assert_false(io->overflow);
        if (d.verb != CW_NEED) {
            break;
        }
        assert_true(m->rounds < CW_IO_ROUNDS);
        assert_true(fill(m, io));
    }
    m->requests = io->n;
    assert_true(d.reason[0] != '\0');
    assert_true(d.stage >= CW_STAGE_SEEN && d.stage <= CW_STAGE_EXECUTED_FINAL);
    check_as_host(m, adapter, &d);
    return d;
}

struct cw_decision exit_model_settle(struct exit_model *m, struct cw_adapter *adapter) {
    struct cw_decision d;
    int looks = 0;
    do {
        assert_true(++looks < 64);
        d = exit_model_look(m, adapter);
        m->message.stage = d.stage;
        m->message.outcome = d.outcome;
        if (d.progress.p != NULL) {
            m->message.progress = d.progress;
        }
        if (d.evidence.p != NULL) {
            m->message.evidence = d.evidence;
        }
    } while (d.verb == CW_WAIT && d.due_s != 0 && d.due_side == CW_SETTLEMENT &&
             d.due_s < m->heads[CW_SETTLEMENT].latest.timestamp_s);
    return d;
}
