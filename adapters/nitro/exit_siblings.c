/* The path of a message in the send tree: what ArbSys said of the nodes beside it, as they came
 * into being, or what the node makes of them. Nothing of it is believed: it leads to the root or is
 * asked for again. */
#include "nitro/exit_look.h"

#include <causeway/keccak.h>

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#define TRIES_MAX 4096u /* then what was answered first may be had from memory again */

struct node {
    struct cw_hash32 position; /* as the events name it */
    bool known;
    struct cw_hash32 hash;
};

struct nodes {
    struct node node[CW_TOPIC_VALUES_MAX];
    size_t n;
};

/* Level and last leaf below it.
 * Source: nitro, util/merkletree, LevelAndLeaf.ToBigInt. */
static struct cw_hash32 position_of(unsigned level, uint64_t index) {
    struct cw_hash32 word = exit_word_u64(((index + 1) << level) - 1);
    word.b[7] = (uint8_t)level;
    return word;
}

static struct node *find(struct nodes *nodes, const struct cw_hash32 *position) {
    for (size_t i = 0; i < nodes->n; i++) {
        if (cw_hash32_equal(&nodes->node[i].position, position)) {
            return &nodes->node[i];
        }
    }
    return NULL;
}

/* A store that only notes what it is asked for. A path has at most a sibling a level, and one of
 * them, at the tree's edge, is made of a node a level below it. */
static enum cw_err note(void *ctx, struct cw_hash32 *ret_hash, unsigned level, uint64_t index) {
    struct nodes *nodes = ctx;
    const struct cw_hash32 position = position_of(level, index);
    if (find(nodes, &position) == NULL) {
        assert(nodes->n < CW_TOPIC_VALUES_MAX);
        nodes->node[nodes->n++] = (struct node){.position = position};
    }
    memset(ret_hash, 0, sizeof *ret_hash);
    return CW_OK;
}

static enum cw_err give(void *ctx, struct cw_hash32 *ret_hash, unsigned level, uint64_t index) {
    const struct cw_hash32 position = position_of(level, index);
    const struct node *node = find(ctx, &position);
    if (node == NULL || !node->known) {
        return CW_ERR_BEHIND;
    }
    *ret_hash = node->hash;
    return CW_OK;
}

/* A leaf's event has the item, which is hashed once more. */
static void take_logs(struct nodes *nodes, const struct cw_answer *answer) {
    for (size_t i = 0; i < answer->logs_n; i++) {
        const struct cw_log *log = &answer->logs[i];
        struct node *node = log->topics_n == 4 ? find(nodes, &log->topics[3]) : NULL;
        if (node == NULL || node->known) {
            continue;
        }
        bool leaf = node->position.b[7] == 0;
        if (leaf && cw_hash32_equal(&log->topics[0], &NITRO_TOPIC_L2_TO_L1_TX)) {
            cw_keccak256(&node->hash, cw_slice_of(log->topics[2].b, 32));
            node->known = true;
        } else if (!leaf && cw_hash32_equal(&log->topics[0], &NITRO_TOPIC_SEND_MERKLE_UPDATE)) {
            node->hash = log->topics[2];
            node->known = true;
        }
    }
}

static const struct cw_answer *ask(struct exit_look *look, const struct exit_evidence *evidence,
                                   const struct nodes *nodes) {
    const struct cw_hash32 events[] = {NITRO_TOPIC_L2_TO_L1_TX, NITRO_TOPIC_SEND_MERKLE_UPDATE};
    const struct cw_block_number first = {0};
    struct cw_hash32 positions[CW_TOPIC_VALUES_MAX];
    struct cw_block_ref to = {.number = evidence->block};
    for (size_t i = 0; i < nodes->n; i++) {
        positions[i] = nodes->node[i].position;
    }
    const struct cw_topic_set topics[CW_TOPICS] = {
        {events, CW_COUNT(events)}, {NULL, 0}, {NULL, 0}, {positions, nodes->n}};
    if (cw_header_hash(&to.hash, &evidence->header) != CW_OK) {
        memset(&to.hash, 0, sizeof to.hash);
    }
    return cw_io_logs(look->io, CW_EXECUTION, first, &to, &EXIT_ARBSYS, topics,
                      (unsigned)look->progress.tries);
}

/* What the node itself makes of them: a call without a range, for endpoints that limit it. False:
 * it is not there yet, or can't be had. */
static bool ask_node(struct exit_look *look, struct exit_evidence *evidence) {
    static const struct cw_addr20 node_interface = {{[19] = 0xc8}};
    const struct cw_hash32 words[] = {exit_word_u64(evidence->size),
                                      exit_word_u64(evidence->position)};
    const struct cw_selector selector = cw_selector_from_u32(SEL_OUTBOX_PROOF);
    uint8_t data[4 + sizeof words];
    memcpy(data, selector.b, 4);
    memcpy(data + 4, words, sizeof words);
    const struct cw_answer *answer = cw_io_call(look->io, CW_EXECUTION,
                                                &look->io->heads[CW_EXECUTION].latest,
                                                &node_interface, cw_slice_of(data, sizeof data));
    if (answer == NULL) {
        look->pending = true;
        return false;
    }
    struct cw_abi in = cw_abi_open(answer->data), path;
    struct cw_hash32 item, root;
    size_t n = 0;
    if (answer->status != CW_ANSWER_OK || cw_abi_word(&in, &item) != CW_OK ||
        cw_abi_word(&in, &root) != CW_OK || cw_abi_array(&in, &path, &n, 1) != CW_OK ||
        n > CW_MERKLE_DEPTH_MAX) {
        return false;
    }
    evidence->proof.depth = n;
    for (size_t i = 0; i < n; i++) {
        if (cw_abi_word(&path, &evidence->proof.path[i]) != CW_OK) {
            return false;
        }
    }
    const struct cw_u256 index = cw_u256_from_u64(evidence->position);
    return cw_nitro_outbox_verify(&evidence->root, &look->sent.sent, &index, evidence->proof.path,
                                  n)
               .verdict == CW_VALID;
}

static void bad(struct exit_look *look, const char *reason, const char *text, uint64_t block,
                size_t missing, size_t n) {
    look->progress.tries = (look->progress.tries + 1) % TRIES_MAX;
    exit_wait(look, CW_STAGE_ROOT_COMMITTED, reason, 0,
              "%s of the send tree at L2 block %" PRIu64 " (%zu of %zu are missing); asked for "
              "again",
              text, block, missing, n);
}

bool exit_prove(struct exit_look *look, struct exit_evidence *evidence) {
    struct nodes nodes = {.n = 0};
    struct cw_merkle_shape room;
    const struct cw_merkle_shape *shape = exit_tree_shape(&room);
    struct cw_hash32 leaf;
    cw_nitro_leaf(&leaf, &look->sent.sent);
    const struct cw_merkle_store noting = {note, &nodes}, giving = {give, &nodes};
    enum cw_err err = cw_merkle_prove(&evidence->proof, shape, &evidence->root, evidence->size,
                                      evidence->position, &leaf, &noting);
    if (nodes.n > 0) {
        const struct cw_answer *answer = ask(look, evidence, &nodes);
        if (answer == NULL) {
            look->pending = true;
            return false;
        }
        if (answer->status != CW_ANSWER_OK) {
            if (ask_node(look, evidence) || look->pending) {
                return !look->pending;
            }
            exit_wait(look, CW_STAGE_ROOT_COMMITTED, "siblings_unavailable", 0,
                      "no endpoint of the rollup gives the logs of its send tree up to block "
                      "%" PRIu64 ": %s",
                      evidence->block.v,
                      answer->text != NULL ? answer->text : "no endpoint answered");
            return false;
        }
        take_logs(&nodes, answer);
    }
    size_t missing = 0;
    for (size_t i = 0; i < nodes.n; i++) {
        missing += !nodes.node[i].known;
    }
    err = cw_merkle_prove(&evidence->proof, shape, &evidence->root, evidence->size,
                          evidence->position, &leaf, &giving);
    if (err == CW_ERR_BEHIND) {
        bad(look, "siblings_missing", "the endpoints leave out nodes", evidence->block.v, missing,
            nodes.n);
    } else if (err != CW_OK) {
        bad(look, "evidence_invalid", "message and nodes do not lead to the root",
            evidence->block.v, missing, nodes.n);
    }
    return err == CW_OK;
}
