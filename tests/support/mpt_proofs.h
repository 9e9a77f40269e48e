/* Trie proofs as the vectors have them. */
#ifndef CAUSEWAY_TESTS_MPT_PROOFS_H
#define CAUSEWAY_TESTS_MPT_PROOFS_H

#include <causeway/mpt.h>

#include "vectors.h"

/* A proof and what it shows: a value, or absence (value.n = 0). */
struct mpt_proof {
    struct cw_hash32 root;
    struct cw_slice key;
    struct cw_slice value;
    struct cw_slice *nodes;
    size_t n;
    enum cw_mpt_form form;
};

struct cw_judgement mpt_proof_judge(const struct mpt_proof *proof);

/* One case with "key", "value" (null: absent) and "proof", in the node's form. Lives until
 * vectors_done. */
struct mpt_proof mpt_proof_read(const cJSON *at, struct cw_hash32 root);

/* The same inclusion proof in the contract form; *ret_extra holds what was appended. */
struct mpt_proof mpt_proof_in_contract_form(const struct mpt_proof *proof,
                                            struct cw_mpt_extra *ret_extra);

#endif
