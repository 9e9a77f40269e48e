#include "mpt_node.h"

#include <assert.h>
#include <string.h>

#include "rlp_head.h"

#define EMPTY_STRING 0x80
#define HASH_PREFIX  0xa0 /* of a string of 32 bytes */
#define FULL_BRANCH  (16 * 33 + 1)

/* Where the members of a branch with 16 references by hash stand. */
static const uint16_t full_at[17] = {0,       33,      2 * 33,  3 * 33,  4 * 33,  5 * 33,
                                     6 * 33,  7 * 33,  8 * 33,  9 * 33,  10 * 33, 11 * 33,
                                     12 * 33, 13 * 33, 14 * 33, 15 * 33, 16 * 33};

static bool is_full(struct cw_slice members) {
    if (members.n != FULL_BRANCH) {
        return false;
    }
    unsigned other = members.p[full_at[16]] ^ EMPTY_STRING;
    for (size_t i = 0; i < 16; i++) {
        other |= members.p[33 * i] ^ HASH_PREFIX;
    }
    return other == 0;
}

/* Finds the 16 references of a branch when each is a hash or nothing; *ret_used tells how many are
 * hashes. What is not such a branch is left to the general way, so nothing is refused here. Without
 * a jump in the loop that depends on what the slots hold: that can't be predicted. */
static bool find_hashes(struct cw_mpt_node *node, size_t *ret_used, struct cw_slice members) {
    unsigned other = 0;
    size_t at = 0;
    for (size_t i = 0; i < 16; i++) {
        if (at >= members.n) {
            return false;
        }
        unsigned first = members.p[at];
        unsigned is_hash = first == HASH_PREFIX;
        other |= first ^ (EMPTY_STRING | is_hash << 5);
        node->at[i] = (uint16_t)at;
        at += 1 + ((size_t)is_hash << 5);
    }
    node->at[16] = (uint16_t)at;
    *ret_used = (at - 16) / 32;
    return other == 0;
}

static bool is_reference(const struct cw_rlp_head *head) {
    return head->is_list ? head->prefix + head->length <= CW_MPT_EMBEDDED_MAX : head->length == 32;
}

/* The general way: references of all kinds. Members are under 34 bytes each, so offsets fit. */
static bool find_references(struct cw_mpt_node *node, size_t *ret_used, struct cw_slice members) {
    size_t at = 0, used = 0;
    for (size_t i = 0; i < 16; i++) {
        struct cw_rlp_head head;
        node->at[i] = (uint16_t)at;
        if (!cw_rlp_read_head(&head, members.p + at, members.n - at)) {
            return false;
        }
        bool is_nothing = !head.is_list && head.length == 0;
        if (!is_nothing && !is_reference(&head)) {
            return false;
        }
        node->has_embedded |= head.is_list;
        used += !is_nothing;
        at += head.prefix + head.length;
    }
    node->at[16] = (uint16_t)at;
    *ret_used = used;
    return true;
}

static bool read_branch(struct cw_mpt_node *node, struct cw_slice members) {
    node->kind = CW_MPT_BRANCH;
    node->members = members.p;
    size_t used;
    if (!find_hashes(node, &used, members) && !find_references(node, &used, members)) {
        return false;
    }
    /* Behind the last of 16 hashes there may be nothing; at[16] then is at or past the end. */
    struct cw_rlp_head value;
    size_t at = node->at[16];
    if (at >= members.n || !cw_rlp_read_head(&value, members.p + at, members.n - at) ||
        value.is_list || at + value.prefix + value.length != members.n) {
        return false;
    }
    const uint8_t *p = value.length > 0 ? members.p + at + value.prefix : NULL;
    node->target = cw_slice_of(p, value.length);
    return used + (value.length > 0) >= 2;
}

/* Reads a leaf or an extension from its two members. */
static bool read_short(struct cw_mpt_node *node, struct cw_slice path, const uint8_t *target,
                       const struct cw_rlp_head *head) {
    if (path.n == 0) {
        return false;
    }
    /* Flag nibble: bit 0 odd length, bit 1 leaf. An even path has a zero nibble behind the flag. */
    unsigned flag = path.p[0] >> 4;
    if (flag > 3 || ((flag & 1) == 0 && (path.p[0] & 15) != 0)) {
        return false;
    }
    node->path = path;
    node->path_at = (flag & 1) != 0 ? 1 : 2;
    node->target = cw_slice_of(target + head->prefix, head->length);
    if ((flag & 2) != 0) {
        node->kind = CW_MPT_LEAF;
        return !head->is_list && head->length > 0;
    }
    node->kind = CW_MPT_EXTENSION;
    if (head->is_list) {
        node->has_embedded = true;
        node->target = cw_slice_of(target, head->prefix + head->length);
    }
    bool empty_path = 2 * path.n == node->path_at;
    return !empty_path && is_reference(head);
}

/* One node; what is embedded in it is not looked into. */
static bool read_shape(struct cw_mpt_node *node, struct cw_slice bytes) {
    struct cw_rlp_head list, path, target;
    node->has_embedded = false;
    if (!cw_rlp_read_head(&list, bytes.p, bytes.n) || !list.is_list ||
        list.prefix + list.length != bytes.n) {
        return false;
    }
    struct cw_slice members = cw_slice_of(bytes.p + list.prefix, list.length);
    if (is_full(members)) {
        node->kind = CW_MPT_BRANCH;
        node->members = members.p;
        memcpy(node->at, full_at, sizeof(full_at));
        node->target = (struct cw_slice){NULL, 0};
        return true;
    }
    if (members.n == 0) {
        return false;
    }
    /* What begins with an empty string is a branch or nothing; else two members are looked for. */
    if (members.p[0] != EMPTY_STRING && cw_rlp_read_head(&path, members.p, members.n)) {
        size_t at = path.prefix + path.length;
        if (cw_rlp_read_head(&target, members.p + at, members.n - at) &&
            at + target.prefix + target.length == members.n) {
            return !path.is_list &&
                   read_short(node, cw_slice_of(members.p + path.prefix, path.length),
                              members.p + at, &target);
        }
    }
    return read_branch(node, members);
}

/* Embedded nodes that are still to be checked. Last in, first out: at most 16 stand in one listed
 * branch; one of them, of 31 bytes, may be a branch again with up to 16 in it, which are too short
 * to hold more than one each. */
struct pending {
    struct cw_slice node[32];
    bool below_extension[32];
    size_t n;
};

static void push(struct pending *pending, struct cw_slice reference, bool below_extension) {
    if (reference.n > 0 && reference.n <= CW_MPT_EMBEDDED_MAX) {
        assert(pending->n < CW_COUNT(pending->node));
        pending->below_extension[pending->n] = below_extension;
        pending->node[pending->n++] = reference;
    }
}

static void push_embedded(struct pending *pending, const struct cw_mpt_node *node) {
    switch (node->kind) {
    case CW_MPT_BRANCH:
        for (size_t i = 0; i < 16; i++) {
            push(pending, cw_mpt_node_child(node, i), false);
        }
        break;
    case CW_MPT_EXTENSION:
        push(pending, node->target, true);
        break;
    case CW_MPT_LEAF:
        break;
    }
}

static enum cw_err check_embedded(const struct cw_mpt_node *outer) {
    struct pending pending;
    struct cw_mpt_node node;
    pending.n = 0;
    push_embedded(&pending, outer);
    while (pending.n > 0) {
        pending.n--;
        bool below_extension = pending.below_extension[pending.n];
        if (!read_shape(&node, pending.node[pending.n]) ||
            (below_extension && node.kind != CW_MPT_BRANCH)) {
            return CW_ERR_INPUT;
        }
        push_embedded(&pending, &node);
    }
    return CW_OK;
}

enum cw_err cw_mpt_node_parse(struct cw_mpt_node *ret_node, struct cw_slice bytes) {
    if (!read_shape(ret_node, bytes)) {
        return CW_ERR_INPUT;
    }
    return ret_node->has_embedded ? check_embedded(ret_node) : CW_OK;
}
