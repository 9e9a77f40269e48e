#include "mpt_node.h"

#include <assert.h>
#include <string.h>

#include <causeway/rlp.h>

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
    unsigned other = members.p[16 * 33] ^ EMPTY_STRING;
    for (size_t i = 0; i < 16; i++) {
        other |= members.p[33 * i] ^ HASH_PREFIX;
    }
    return other == 0;
}

/* Finds the 16 references of a branch when each is a hash or nothing; *ret_used tells how many are
 * hashes. What is not such a branch is left to the general way, so nothing is refused here. Without
 * a jump in the loop that depends on the bytes: which slots are taken can't be predicted. */
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
    if (other != 0 || at >= members.n) {
        return false;
    }
    node->at[16] = (uint16_t)at;
    *ret_used = (at - 16) / 32;
    return true;
}

/* A reference as cw_mpt_node_child gives it, not empty. */
static enum cw_err read_reference(struct cw_mpt_node *node, struct cw_slice *ret_reference,
                                  const struct cw_rlp_item *item) {
    if (item->is_list ? item->whole.n > CW_MPT_EMBEDDED_MAX : item->payload.n != 32) {
        return CW_ERR_INPUT;
    }
    node->has_embedded |= item->is_list;
    *ret_reference = item->is_list ? item->whole : item->payload;
    return CW_OK;
}

/* The general way: references of all kinds. Members are under 34 bytes each, so offsets fit. */
static enum cw_err find_references(struct cw_mpt_node *node, size_t *ret_used,
                                   struct cw_slice members) {
    struct cw_rlp cursor = cw_rlp_open(members);
    struct cw_rlp_item item;
    struct cw_slice reference;
    size_t used = 0;
    for (size_t i = 0; i < 16; i++) {
        node->at[i] = (uint16_t)(members.n - cursor.rest.n);
        if (cw_rlp_next(&cursor, &item) != CW_OK) {
            return CW_ERR_INPUT;
        }
        if (!item.is_list && item.payload.n == 0) {
            continue;
        }
        if (read_reference(node, &reference, &item) != CW_OK) {
            return CW_ERR_INPUT;
        }
        used++;
    }
    node->at[16] = (uint16_t)(members.n - cursor.rest.n);
    *ret_used = used;
    return CW_OK;
}

static enum cw_err parse_branch(struct cw_mpt_node *node, struct cw_slice members) {
    size_t used;
    node->kind = CW_MPT_BRANCH;
    node->members = members.p;
    if (!find_hashes(node, &used, members) && find_references(node, &used, members) != CW_OK) {
        return CW_ERR_INPUT;
    }
    struct cw_rlp last = cw_rlp_open(
        cw_slice_of(members.p + node->at[16], members.n - node->at[16]));
    if (cw_rlp_string(&last, &node->target) != CW_OK || !cw_rlp_at_end(&last)) {
        return CW_ERR_INPUT;
    }
    used += node->target.n > 0;
    return used >= 2 ? CW_OK : CW_ERR_INPUT;
}

/* Reads a leaf or an extension from its two members. */
static enum cw_err parse_short(struct cw_mpt_node *node, struct cw_slice path,
                               const struct cw_rlp_item *target) {
    if (path.n == 0) {
        return CW_ERR_INPUT;
    }
    /* Flag nibble: bit 0 odd length, bit 1 leaf. An even path has a zero nibble behind the flag. */
    unsigned flag = path.p[0] >> 4;
    if (flag > 3 || ((flag & 1) == 0 && (path.p[0] & 15) != 0)) {
        return CW_ERR_INPUT;
    }
    node->path = path;
    node->path_at = (flag & 1) != 0 ? 1 : 2;
    if ((flag & 2) != 0) {
        node->kind = CW_MPT_LEAF;
        node->target = target->payload;
        return !target->is_list && target->payload.n > 0 ? CW_OK : CW_ERR_INPUT;
    }
    node->kind = CW_MPT_EXTENSION;
    bool empty_path = 2 * path.n == node->path_at;
    return empty_path ? CW_ERR_INPUT : read_reference(node, &node->target, target);
}

/* One node; what is embedded in it is not looked into. */
static enum cw_err parse_shape(struct cw_mpt_node *node, struct cw_slice bytes) {
    struct cw_rlp members, at;
    if (cw_rlp_open_list(&members, bytes) != CW_OK) {
        return CW_ERR_INPUT;
    }
    node->has_embedded = false;
    if (is_full(members.rest)) {
        node->kind = CW_MPT_BRANCH;
        node->members = members.rest.p;
        memcpy(node->at, full_at, sizeof(full_at));
        node->target = (struct cw_slice){NULL, 0};
        return CW_OK;
    }
    at = members;
    struct cw_rlp_item path, target;
    if (cw_rlp_next(&at, &path) == CW_OK && cw_rlp_next(&at, &target) == CW_OK &&
        cw_rlp_at_end(&at)) {
        return path.is_list ? CW_ERR_INPUT : parse_short(node, path.payload, &target);
    }
    return parse_branch(node, members.rest);
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
        if (parse_shape(&node, pending.node[pending.n]) != CW_OK ||
            (below_extension && node.kind != CW_MPT_BRANCH)) {
            return CW_ERR_INPUT;
        }
        push_embedded(&pending, &node);
    }
    return CW_OK;
}

enum cw_err cw_mpt_node_parse(struct cw_mpt_node *ret_node, struct cw_slice bytes) {
    if (parse_shape(ret_node, bytes) != CW_OK) {
        return CW_ERR_INPUT;
    }
    return ret_node->has_embedded ? check_embedded(ret_node) : CW_OK;
}
