#include <causeway/mpt.h>

#include "mpt_walk.h"

struct cw_judgement cw_mpt_get(bool *ret_present, struct cw_slice *ret_value,
                               const struct cw_hash32 *root, struct cw_slice key,
                               const struct cw_slice *nodes, size_t n_nodes,
                               enum cw_mpt_form form) {
    struct cw_mpt_walk walk;
    cw_mpt_walk_init(&walk, key, nodes, n_nodes, form);
    struct cw_slice value;
    struct cw_judgement judgement = cw_mpt_walk(&walk, &value, root);
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
    struct cw_mpt_walk walk;
    cw_mpt_walk_init(&walk, key, nodes, n_nodes, form);
    struct cw_slice actual;
    struct cw_judgement judgement = cw_mpt_walk(&walk, &actual, root);
    return judgement.verdict == CW_VALID ? expect_value(actual, value) : judgement;
}

struct cw_judgement cw_mpt_verify_exclusion(const struct cw_hash32 *root, struct cw_slice key,
                                            const struct cw_slice *nodes, size_t n_nodes,
                                            enum cw_mpt_form form) {
    struct cw_mpt_walk walk;
    cw_mpt_walk_init(&walk, key, nodes, n_nodes, form);
    struct cw_slice actual;
    struct cw_judgement judgement = cw_mpt_walk(&walk, &actual, root);
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
    struct cw_mpt_walk walk;
    cw_mpt_walk_init(&walk, key, nodes, n_nodes, CW_MPT_FORM_NODE);
    struct cw_slice actual;
    struct cw_judgement judgement = cw_mpt_walk(&walk, &actual, root);
    struct cw_mpt_extra extra = walk.embedded;
    if (judgement.verdict != CW_VALID) {
        /* Perhaps it is in the contract form already. */
        cw_mpt_walk_init(&walk, key, nodes, n_nodes, CW_MPT_FORM_CONTRACT);
        if (cw_mpt_walk(&walk, &actual, root).verdict != CW_VALID) {
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
