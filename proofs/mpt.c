#include <causeway/mpt.h>

#include <assert.h>

#include <causeway/keccak.h>
#include <causeway/rlp.h>

/* The path still to go: nibbles from at to the end of key. */
struct path {
    struct cw_slice key;
    size_t at; /* in nibbles */
};

static size_t path_left(const struct path *path) {
    return 2 * path->key.n - path->at;
}

static unsigned nibble(struct cw_slice bytes, size_t i) {
    return i % 2 == 0 ? bytes.p[i / 2] >> 4 : bytes.p[i / 2] & 15u;
}

enum node_kind { NODE_BRANCH, NODE_EXTENSION, NODE_LEAF };

struct node {
    enum node_kind kind;
    /* A branch's members: the 16 references and the value. */
    struct cw_rlp_item member[17];
    /* The others' partial path: nibbles from path_at (1 or 2, behind the flag) on. */
    struct cw_slice path;
    size_t path_at;
    struct cw_rlp_item target; /* an extension's reference or a leaf's value */
};

/* A reference is a 32-byte string, or a node under 32 bytes as it is. */
static bool is_reference(const struct cw_rlp_item *item) {
    return item->is_list ? item->whole.n < 32 : item->payload.n == 32;
}

static bool is_nothing(const struct cw_rlp_item *item) {
    return !item->is_list && item->payload.n == 0;
}

/* Reads a branch: 17 members, two or more of them in use, each of its proper shape. */
static enum cw_err parse_branch(struct node *node) {
    size_t used = 0;
    for (size_t i = 0; i < 16; i++) {
        if (is_nothing(&node->member[i])) {
            continue;
        }
        if (!is_reference(&node->member[i])) {
            return CW_ERR_INPUT;
        }
        used++;
    }
    if (node->member[16].is_list) {
        return CW_ERR_INPUT;
    }
    used += node->member[16].payload.n > 0;
    node->kind = NODE_BRANCH;
    return used >= 2 ? CW_OK : CW_ERR_INPUT;
}

/* Reads a leaf or an extension from its two members. */
static enum cw_err parse_short(struct node *node) {
    const struct cw_rlp_item *path = &node->member[0];
    if (path->is_list || path->payload.n == 0) {
        return CW_ERR_INPUT;
    }
    /* Flag nibble: bit 0 odd length, bit 1 leaf. An even path has a zero nibble behind the flag. */
    unsigned flag = path->payload.p[0] >> 4;
    if (flag > 3 || ((flag & 1) == 0 && (path->payload.p[0] & 15) != 0)) {
        return CW_ERR_INPUT;
    }
    node->path = path->payload;
    node->path_at = (flag & 1) != 0 ? 1 : 2;
    node->target = node->member[1];
    if ((flag & 2) != 0) {
        node->kind = NODE_LEAF;
        return !node->target.is_list && node->target.payload.n > 0 ? CW_OK : CW_ERR_INPUT;
    }
    node->kind = NODE_EXTENSION;
    bool empty_path = 2 * node->path.n == node->path_at;
    return !empty_path && is_reference(&node->target) ? CW_OK : CW_ERR_INPUT;
}

static enum cw_err parse_node(struct node *node, struct cw_slice bytes) {
    struct cw_rlp at;
    if (cw_rlp_open_list(&at, bytes) != CW_OK) {
        return CW_ERR_INPUT;
    }
    size_t n = 0;
    while (!cw_rlp_at_end(&at)) {
        if (n == CW_COUNT(node->member) || cw_rlp_next(&at, &node->member[n]) != CW_OK) {
            return CW_ERR_INPUT;
        }
        n++;
    }
    switch (n) {
    case 2:
        return parse_short(node);
    case 17:
        return parse_branch(node);
    default:
        return CW_ERR_INPUT;
    }
}

/* Whether node's partial path is what comes next in path. */
static bool path_matches(const struct node *node, const struct path *path) {
    size_t n = 2 * node->path.n - node->path_at;
    if (n > path_left(path)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (nibble(node->path, node->path_at + i) != nibble(path->key, path->at + i)) {
            return false;
        }
    }
    return true;
}

/* The walk from the root down. */
struct walk {
    const struct cw_slice *nodes;
    size_t n_nodes;
    size_t used; /* nodes consumed so far */
    enum cw_mpt_form form;
    struct path path;
    bool below_extension;         /* the next node must be a branch */
    struct cw_mpt_extra embedded; /* embedded nodes on the path, in order */
};

static bool hashes_to(struct cw_slice bytes, struct cw_slice hash) {
    struct cw_hash32 actual;
    cw_keccak256(&actual, bytes);
    return cw_slice_equal(cw_slice_of(actual.b, sizeof(actual.b)), hash);
}

/* The node that reference stands for; NULL, or why there is none. */
static const char *follow(struct walk *walk, struct cw_slice *ret_node,
                          const struct cw_rlp_item *reference) {
    bool listed = !reference->is_list || walk->form == CW_MPT_FORM_CONTRACT;
    if (listed && walk->used == walk->n_nodes) {
        return CW_MPT_R_TOO_FEW;
    }
    if (!reference->is_list) {
        if (!hashes_to(walk->nodes[walk->used], reference->payload)) {
            return CW_MPT_R_HASH;
        }
        *ret_node = walk->nodes[walk->used++];
        return NULL;
    }
    if (listed && !cw_slice_equal(walk->nodes[walk->used++], reference->whole)) {
        return CW_MPT_R_EMBEDDED;
    }
    if (walk->embedded.n == CW_MPT_EXTRA_MAX) {
        return CW_MPT_R_MALFORMED;
    }
    walk->embedded.node[walk->embedded.n++] = reference->whole;
    *ret_node = reference->whole;
    return NULL;
}

/* One node: either *ret_reference is where the path goes on, or *ret_done says that it ended here,
 * with *ret_value (n = 0: absent). NULL, or why the node is refused. */
static const char *step(struct walk *walk, struct cw_slice bytes, bool *ret_done,
                        struct cw_slice *ret_value, struct cw_rlp_item *ret_reference) {
    struct node node;
    if (parse_node(&node, bytes) != CW_OK) {
        return CW_MPT_R_MALFORMED;
    }
    if (walk->below_extension && node.kind != NODE_BRANCH) {
        return CW_MPT_R_MALFORMED;
    }
    walk->below_extension = node.kind == NODE_EXTENSION;
    const struct cw_slice nothing = {NULL, 0};
    *ret_done = true;
    switch (node.kind) {
    case NODE_BRANCH:
        if (path_left(&walk->path) == 0) {
            *ret_value = node.member[16].payload;
            return NULL;
        }
        *ret_reference = node.member[nibble(walk->path.key, walk->path.at)];
        walk->path.at++;
        break;
    case NODE_EXTENSION:
        if (!path_matches(&node, &walk->path)) {
            *ret_value = nothing;
            return NULL;
        }
        *ret_reference = node.target;
        walk->path.at += 2 * node.path.n - node.path_at;
        break;
    case NODE_LEAF:
        if (path_matches(&node, &walk->path) &&
            2 * node.path.n - node.path_at == path_left(&walk->path)) {
            *ret_value = node.target.payload;
        } else {
            *ret_value = nothing;
        }
        return NULL;
    }
    *ret_done = is_nothing(ret_reference);
    *ret_value = nothing;
    return NULL;
}

/* Walks the whole proof. *ret_value has n = 0 when the key is absent. */
static struct cw_judgement walk_proof(struct walk *walk, struct cw_slice *ret_value,
                                      const struct cw_hash32 *root) {
    if (walk->path.key.n == 0 || walk->path.key.n > CW_MPT_KEY_MAX) {
        return cw_invalid(CW_MPT_R_KEY_SIZE);
    }
    if (walk->n_nodes > CW_MPT_NODES_MAX) {
        return cw_invalid(CW_MPT_R_TOO_MANY);
    }
    if (walk->n_nodes == 0) {
        if (!cw_hash32_equal(root, &CW_EMPTY_TRIE_ROOT)) {
            return cw_invalid(CW_MPT_R_TOO_FEW);
        }
        *ret_value = (struct cw_slice){NULL, 0};
        return cw_valid();
    }
    struct cw_slice node = walk->nodes[0], value = {NULL, 0};
    if (!hashes_to(node, cw_slice_of(root->b, sizeof(root->b)))) {
        return cw_invalid(CW_MPT_R_ROOT);
    }
    walk->used = 1;
    bool done = node.n == 1 && node.p[0] == 0x80; /* the empty trie, given as a node */
    while (!done) {
        struct cw_rlp_item reference;
        const char *reason = step(walk, node, &done, &value, &reference);
        if (reason == NULL && !done) {
            reason = follow(walk, &node, &reference);
        }
        if (reason != NULL) {
            return cw_invalid(reason);
        }
    }
    if (walk->used != walk->n_nodes) {
        return cw_invalid(CW_MPT_R_UNUSED);
    }
    *ret_value = value;
    return cw_valid();
}

static struct walk walk_begin(struct cw_slice key, const struct cw_slice *nodes, size_t n_nodes,
                              enum cw_mpt_form form) {
    assert(form == CW_MPT_FORM_NODE || form == CW_MPT_FORM_CONTRACT);
    return (struct walk){
        .nodes = nodes, .n_nodes = n_nodes, .form = form, .path = {.key = key, .at = 0}};
}

struct cw_judgement cw_mpt_get(bool *ret_present, struct cw_slice *ret_value,
                               const struct cw_hash32 *root, struct cw_slice key,
                               const struct cw_slice *nodes, size_t n_nodes,
                               enum cw_mpt_form form) {
    struct walk walk = walk_begin(key, nodes, n_nodes, form);
    struct cw_slice value;
    struct cw_judgement judgement = walk_proof(&walk, &value, root);
    if (judgement.verdict == CW_VALID) {
        *ret_present = value.n > 0;
        *ret_value = value;
    }
    return judgement;
}

/* What the proof must show, once it has been walked. */
static struct cw_judgement expect_value(struct cw_slice actual, struct cw_slice expected) {
    if (actual.n == 0) {
        return cw_invalid(CW_MPT_R_ABSENT);
    }
    return cw_slice_equal(actual, expected) ? cw_valid() : cw_invalid(CW_MPT_R_VALUE);
}

struct cw_judgement cw_mpt_verify_inclusion(const struct cw_hash32 *root, struct cw_slice key,
                                            struct cw_slice value, const struct cw_slice *nodes,
                                            size_t n_nodes, enum cw_mpt_form form) {
    if (value.n == 0) {
        return cw_invalid(CW_MPT_R_EMPTY_VALUE);
    }
    struct walk walk = walk_begin(key, nodes, n_nodes, form);
    struct cw_slice actual;
    struct cw_judgement judgement = walk_proof(&walk, &actual, root);
    return judgement.verdict == CW_VALID ? expect_value(actual, value) : judgement;
}

struct cw_judgement cw_mpt_verify_exclusion(const struct cw_hash32 *root, struct cw_slice key,
                                            const struct cw_slice *nodes, size_t n_nodes,
                                            enum cw_mpt_form form) {
    struct walk walk = walk_begin(key, nodes, n_nodes, form);
    struct cw_slice actual;
    struct cw_judgement judgement = walk_proof(&walk, &actual, root);
    if (judgement.verdict == CW_VALID && actual.n > 0) {
        return cw_invalid(CW_MPT_R_PRESENT);
    }
    return judgement;
}

struct cw_judgement cw_mpt_to_contract_form(struct cw_mpt_extra *ret_extra,
                                            const struct cw_hash32 *root, struct cw_slice key,
                                            struct cw_slice value, const struct cw_slice *nodes,
                                            size_t n_nodes) {
    if (value.n == 0) {
        return cw_invalid(CW_MPT_R_EMPTY_VALUE);
    }
    struct walk walk = walk_begin(key, nodes, n_nodes, CW_MPT_FORM_NODE);
    struct cw_slice actual;
    struct cw_judgement judgement = walk_proof(&walk, &actual, root);
    struct cw_mpt_extra extra = walk.embedded;
    if (judgement.verdict != CW_VALID) {
        /* Perhaps it is in the contract form already. */
        struct walk listed = walk_begin(key, nodes, n_nodes, CW_MPT_FORM_CONTRACT);
        if (walk_proof(&listed, &actual, root).verdict != CW_VALID) {
            return judgement;
        }
        extra.n = 0;
    }
    judgement = expect_value(actual, value);
    if (judgement.verdict == CW_VALID) {
        *ret_extra = extra;
    }
    return judgement;
}
