/* Proofs in the data of transactions, wherever a call of the portal stands in them. */
#include "opstack/invariants.h"

#include <string.h>

/* What looks like such a call, in one transaction: more are no honest batch's. */
#define FOUND_MAX 256u

struct prove {
    struct cw_op_withdrawal withdrawal;
    struct cw_op_output output;
    struct cw_slice nodes[OPSTACK_NODES_MAX];
    size_t nodes_n;
};

static bool read_withdrawal(struct cw_abi *args, struct cw_op_withdrawal *ret) {
    struct cw_abi in;
    return cw_abi_tuple(args, &in) == CW_OK && cw_abi_u256(&in, &ret->nonce) == CW_OK &&
           cw_abi_addr20(&in, &ret->sender) == CW_OK && cw_abi_addr20(&in, &ret->target) == CW_OK &&
           cw_abi_u256(&in, &ret->value.v) == CW_OK && cw_abi_u256(&in, &ret->gas_limit) == CW_OK &&
           cw_abi_bytes(&in, &ret->data) == CW_OK;
}

static bool read_nodes(struct cw_abi *args, struct prove *ret) {
    struct cw_abi elements;
    if (cw_abi_array(args, &elements, &ret->nodes_n, 1) != CW_OK ||
        ret->nodes_n > OPSTACK_NODES_MAX) {
        return false;
    }
    for (size_t i = 0; i < ret->nodes_n; i++) {
        if (cw_abi_bytes(&elements, &ret->nodes[i]) != CW_OK) {
            return false;
        }
    }
    return true;
}

/* Either form of the call: what stands between withdrawal and output root proof is skipped. */
static bool read_prove(struct cw_slice call, uint32_t selector, struct prove *ret) {
    struct cw_abi in;
    struct cw_hash32 skipped;
    if (cw_abi_open_call(&in, call, cw_selector_from_u32(selector)) != CW_OK ||
        !read_withdrawal(&in, &ret->withdrawal)) {
        return false;
    }
    for (int i = 0; i < (selector == SEL_PROVE_SUPER ? 3 : 1); i++) {
        if (cw_abi_word(&in, &skipped) != CW_OK) {
            return false;
        }
    }
    return cw_abi_word(&in, &ret->output.version) == CW_OK &&
           cw_abi_word(&in, &ret->output.state_root) == CW_OK &&
           cw_abi_word(&in, &ret->output.passer_storage_root) == CW_OK &&
           cw_abi_word(&in, &ret->output.block_hash) == CW_OK && read_nodes(&in, ret);
}

/* Whether it is about that withdrawal; *ret_holds: and proves it. */
static bool is_about(const struct prove *prove, const struct cw_hash32 *id,
                     const struct cw_hash32 *root, bool *ret_holds) {
    struct cw_hash32 hash;
    if (cw_op_withdrawal_hash(&hash, &prove->withdrawal) != CW_OK || !cw_hash32_equal(&hash, id)) {
        return false;
    }
    *ret_holds = cw_op_withdrawal_verify(root, &prove->output, id, prove->nodes, prove->nodes_n,
                                         CW_MPT_FORM_CONTRACT)
                     .verdict == CW_VALID;
    return true;
}

struct search {
    const struct cw_hash32 *id, *root;
    size_t found_n;
    bool holds;
    bool first_fails; /* the call that is the whole of the input is about it, and does not hold */
};

static void search_for(struct search *search, struct cw_slice input, uint32_t selector) {
    struct prove prove;
    struct cw_slice call;
    bool holds;
    for (size_t at = 0; search->found_n < FOUND_MAX && !search->holds &&
                        cw_judge_next_call(input, &at, selector, &call);) {
        memset(&prove, 0, sizeof prove);
        if (!read_prove(call, selector, &prove)) {
            continue;
        }
        search->found_n++;
        if (is_about(&prove, search->id, search->root, &holds)) {
            search->holds = holds;
            search->first_fails = search->first_fails || (call.p == input.p && !holds);
        }
    }
}

enum op_call op_find_prove(struct op_judge *j, const struct cw_hash32 *id,
                           const struct cw_hash32 *root, const char **ret_text) {
    struct cw_invariant_verdict unsaid;
    struct cw_judge apart = cw_judge_open(j->judge.subject, j->judge.io, &unsaid);
    struct search search = {.id = id, .root = root};
    struct cw_tx tx;
    if (!cw_judge_tx(&apart, &j->judge.subject->tx, &tx)) {
        j->judge.pending = j->judge.pending || apart.pending;
        *ret_text = cw_arena_text(j->judge.io->arena, unsaid.sentence, strlen(unsaid.sentence));
        *ret_text = *ret_text != NULL ? *ret_text : "";
        return apart.pending ? OP_CALL_PENDING : OP_CALL_UNKNOWN;
    }
    search_for(&search, tx.data, SEL_PROVE);
    search_for(&search, tx.data, SEL_PROVE_SUPER);
    if (search.holds) {
        return OP_CALL_VALID;
    }
    /* Whoever calls through a contract of his may put anything beside what that calls: only of the
     * portal's own transaction it is known what it was called with. */
    bool direct = tx.has_to && cw_addr20_equal(&tx.to, &j->adapter->portal);
    return direct && search.first_fails ? OP_CALL_INVALID : OP_CALL_NONE;
}

/* What the transaction called the portal with, whatever stands in its data; OK, UNAVAILABLE, or
 * NULL: asked for. One endpoint's word, which is worth what a call proves by itself. */
static const struct cw_answer *traced(struct op_judge *j, const struct cw_hash32 *tx_hash) {
    const struct cw_answer *answer = cw_io_trace(j->judge.io, j->judge.subject->side, tx_hash,
                                                 &j->adapter->portal);
    j->judge.pending = j->judge.pending || answer == NULL;
    return answer;
}

enum op_call op_find_traced_prove(struct op_judge *j, const struct cw_hash32 *id,
                                  const struct cw_hash32 *root) {
    struct search search = {.id = id, .root = root};
    const struct cw_answer *answer = traced(j, &j->judge.subject->tx);
    for (size_t i = 0; answer != NULL && i < answer->calls_n; i++) {
        search_for(&search, answer->calls[i], SEL_PROVE);
        search_for(&search, answer->calls[i], SEL_PROVE_SUPER);
    }
    return answer == NULL ? OP_CALL_PENDING : search.holds ? OP_CALL_VALID : OP_CALL_NONE;
}

static bool find_value(struct cw_slice input, uint32_t selector, const struct cw_hash32 *id,
                       struct cw_u256 *ret) {
    struct cw_op_withdrawal withdrawal;
    struct cw_slice call;
    struct cw_hash32 hash;
    struct cw_abi in;
    size_t at = 0;
    for (unsigned found = 0;
         found < FOUND_MAX && cw_judge_next_call(input, &at, selector, &call);) {
        if (cw_abi_open_call(&in, call, cw_selector_from_u32(selector)) != CW_OK ||
            !read_withdrawal(&in, &withdrawal)) {
            continue;
        }
        found++;
        if (cw_op_withdrawal_hash(&hash, &withdrawal) == CW_OK && cw_hash32_equal(&hash, id)) {
            *ret = withdrawal.value.v;
            return true;
        }
    }
    return false;
}

static bool find_any_value(struct cw_slice input, const struct cw_hash32 *id, struct cw_u256 *ret) {
    return find_value(input, SEL_FINALIZE, id, ret) ||
           find_value(input, SEL_FINALIZE_EXTERNAL, id, ret);
}

enum op_call op_find_value(struct op_judge *j, const struct cw_hash32 *tx_hash,
                           const struct cw_hash32 *id, struct cw_u256 *ret) {
    struct cw_tx tx;
    if (!cw_judge_tx(&j->judge, tx_hash, &tx)) {
        return j->judge.failed ? OP_CALL_UNKNOWN : OP_CALL_PENDING;
    }
    if (find_any_value(tx.data, id, ret)) {
        return OP_CALL_VALID;
    }
    const struct cw_answer *answer = traced(j, tx_hash);
    for (size_t i = 0; answer != NULL && i < answer->calls_n; i++) {
        if (find_any_value(answer->calls[i], id, ret)) {
            return OP_CALL_VALID;
        }
    }
    return answer == NULL ? OP_CALL_PENDING : OP_CALL_NONE;
}
