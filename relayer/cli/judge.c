#include "cli/judge.h"

#include "cli/proof_json.h"
#include "net/eth.h"

#include <causeway/account.h>
#include <causeway/keccak.h>
#include <causeway/merkle.h>
#include <causeway/mpt.h>
#include <causeway/nitro.h>
#include <causeway/receipt.h>

#include <stdio.h>
#include <string.h>

/* --- verdicts --------------------------------------------------------------------------------- */

static enum cw_err invalid(struct cw_judge_verdict *ret, const char *reason) {
    ret->valid = false;
    snprintf(ret->reason, sizeof ret->reason, "%s", reason);
    return CW_OK;
}

static enum cw_err valid(struct cw_judge_verdict *ret) {
    *ret = (struct cw_judge_verdict){true, ""};
    return CW_OK;
}

static enum cw_err judged(struct cw_judge_verdict *ret, struct cw_judgement judgement) {
    return judgement.verdict == CW_VALID ? valid(ret) : invalid(ret, judgement.reason);
}

/* A proof that does not hold in the node's form may be one in the contract's. Where it holds in
 * neither, nodes that are left over in the node's form may be those that only the contract's lists:
 * its reason then says more. */
static struct cw_judgement or_contract(struct cw_judgement node, struct cw_judgement contract) {
    bool says_more = strcmp(node.reason, CW_MPT_R_UNUSED) == 0;
    return contract.verdict == CW_VALID || says_more ? contract : node;
}

/* --- tries ------------------------------------------------------------------------------------ */

static void get_form(struct reader *r, enum cw_mpt_form *ret) {
    *ret = CW_MPT_FORM_NODE;
    if (r->err != CW_OK || cw_json_get(r->object, "form") == NULL)
        return;
    const char *form = cw_json_string(cw_json_get(r->object, "form"));
    if (form != NULL && strcmp(form, "contract") == 0)
        *ret = CW_MPT_FORM_CONTRACT;
    else if (form == NULL || strcmp(form, "node") != 0)
        eth_took(r, "form", eth_not_a(r->error, "\"node\" or \"contract\""));
}

static enum cw_err judge_mpt(struct cw_judge_verdict *ret, struct cw_arena *arena,
                             const struct cw_json *object, struct cw_error *error) {
    struct reader r;
    enum cw_err err = proof_open(&r, object, arena, error);
    if (err != CW_OK)
        return err;
    struct cw_hash32 root;
    struct cw_slice key, value;
    const struct cw_slice *nodes = NULL;
    size_t nodes_n = 0;
    enum cw_mpt_form form;
    eth_get_hash32(&r, &root, "root");
    eth_get_data(&r, &key, "key");
    bool absent = eth_is_null(eth_member(&r, "value"));
    if (!absent)
        eth_get_data(&r, &value, "value");
    eth_get_nodes(&r, &nodes, &nodes_n, "proof");
    get_form(&r, &form);
    if (r.err != CW_OK)
        return r.err;
    return judged(ret, absent ? cw_mpt_verify_exclusion(&root, key, nodes, nodes_n, form)
                              : cw_mpt_verify_inclusion(&root, key, value, nodes, nodes_n, form));
}

/* What nodes say of the hashes of an account that is not there: those of an empty one, or zero. */
static bool claims_hash(const struct cw_hash32 *claimed, const struct cw_hash32 *proved,
                        bool present) {
    return cw_hash32_equal(claimed, proved) || (!present && cw_hash32_is_zero(claimed));
}

static enum cw_err judge_slots(struct cw_judge_verdict *ret, const struct cw_hash32 *storage_root,
                               const struct cw_eth_account *account) {
    for (size_t i = 0; i < account->slots_n; i++) {
        const struct cw_eth_slot *slot = &account->slots[i];
        struct cw_judgement judgement = cw_storage_verify(
            storage_root, &slot->key, &slot->value, slot->nodes, slot->nodes_n, CW_MPT_FORM_NODE);
        if (judgement.verdict != CW_VALID)
            judgement = or_contract(
                judgement, cw_storage_verify(storage_root, &slot->key, &slot->value, slot->nodes,
                                             slot->nodes_n, CW_MPT_FORM_CONTRACT));
        if (judgement.verdict != CW_VALID) {
            ret->valid = false;
            snprintf(ret->reason, sizeof ret->reason, "storageProof %zu: %s", i, judgement.reason);
            return CW_OK;
        }
    }
    return valid(ret);
}

static enum cw_err judge_account(struct cw_judge_verdict *ret, struct cw_arena *arena,
                                 const struct cw_json *object, struct cw_error *error) {
    struct reader r;
    enum cw_err err = proof_open(&r, object, arena, error);
    if (err != CW_OK)
        return err;
    struct cw_hash32 state_root;
    struct cw_eth_account account = {0};
    eth_get_hash32(&r, &state_root, "stateRoot");
    const struct cw_json *proof = eth_member(&r, "proof");
    if (proof != NULL)
        eth_took(&r, "proof", cw_eth_dump_account(&account, arena, proof, error));
    if (r.err != CW_OK)
        return r.err;
    struct cw_account proved;
    bool present;
    struct cw_judgement judgement = cw_account_verify(
        &proved, &present, &state_root, &account.address, account.nodes, account.nodes_n);
    if (judgement.verdict != CW_VALID) {
        ret->valid = false;
        snprintf(ret->reason, sizeof ret->reason, "accountProof: %s", judgement.reason);
        return CW_OK;
    }
    if (account.claimed.nonce != proved.nonce)
        return invalid(ret, "nonce is not the proved one");
    if (cw_u256_cmp(&account.claimed.balance.v, &proved.balance.v) != 0)
        return invalid(ret, "balance is not the proved one");
    if (!claims_hash(&account.claimed.code_hash, &proved.code_hash, present))
        return invalid(ret, "codeHash is not the proved one");
    if (!claims_hash(&account.claimed.storage_root, &proved.storage_root, present))
        return invalid(ret, "storageHash is not the proved one");
    return judge_slots(ret, &proved.storage_root, &account);
}

/* --- blocks ----------------------------------------------------------------------------------- */

/* Reads the header in a block whose claimed hash must be that of its fields: a hash that is not
 * makes the verdict, not an error. *ret_holds says which. */
static void get_block(struct reader *r, struct cw_judge_verdict *ret, bool *ret_holds,
                      struct cw_header *header) {
    const struct cw_json *block = eth_member(r, "block");
    if (block == NULL)
        return;
    struct cw_hash32 hash;
    enum cw_err err = cw_eth_dump_header(header, &hash, block, r->error);
    *ret_holds = err == CW_OK;
    if (err == CW_ERR_CONTRADICTED)
        (void)invalid(ret, r->error->text);
    else
        eth_took(r, "block", err);
}

static enum cw_err judge_header(struct cw_judge_verdict *ret, struct cw_arena *arena,
                                const struct cw_json *object, struct cw_error *error) {
    struct reader r;
    enum cw_err err = proof_open(&r, object, arena, error);
    if (err != CW_OK)
        return err;
    struct cw_judge_verdict verdict;
    struct cw_header header;
    bool holds = false;
    get_block(&r, &verdict, &holds, &header);
    if (r.err != CW_OK)
        return r.err;
    return holds ? valid(ret) : invalid(ret, verdict.reason);
}

/* The root that receipts must have: of the block, whose hash must hold where it has one, and of
 * receiptsRoot. */
static void get_receipts_root(struct reader *r, struct cw_judge_verdict *ret, bool *ret_holds,
                              struct cw_hash32 *root) {
    bool has_block = eth_has(r, "block"), has_root = eth_has(r, "receiptsRoot");
    *ret_holds = true;
    if (has_root || !has_block)
        eth_get_hash32(r, root, "receiptsRoot");
    if (!has_block)
        return;
    struct cw_hash32 of_block;
    struct reader block = proof_open_member(r, "block");
    if (block.err == CW_OK && eth_has(&block, "hash")) {
        struct cw_header header;
        get_block(r, ret, ret_holds, &header);
        if (r->err == CW_OK && *ret_holds)
            of_block = header.receipts_root;
    } else {
        eth_get_hash32(&block, &of_block, "receiptsRoot");
        proof_close_member(r, &block, "block");
    }
    if (r->err != CW_OK || !*ret_holds)
        return;
    if (has_root && !cw_hash32_equal(root, &of_block)) {
        *ret_holds = false;
        (void)invalid(ret, "receiptsRoot is not the block's");
    }
    *root = of_block;
}

static enum cw_err judge_receipts(struct cw_judge_verdict *ret, struct cw_arena *arena,
                                  const struct cw_json *object, struct cw_error *error) {
    struct reader r;
    enum cw_err err = proof_open(&r, object, arena, error);
    if (err != CW_OK)
        return err;
    struct cw_judge_verdict verdict = {false, ""};
    struct cw_hash32 root;
    bool holds = false;
    get_receipts_root(&r, &verdict, &holds, &root);
    const struct cw_json *array = eth_get_array(&r, "receipts");
    if (r.err != CW_OK)
        return r.err;
    struct cw_receipt *receipts = NULL;
    size_t receipts_n = 0;
    err = cw_eth_dump_receipts(&receipts, &receipts_n, arena, array, error);
    if (err != CW_OK && err != CW_ERR_CONTRADICTED)
        return cw_error_wrap(error, err, "receipts");
    if (!holds)
        return invalid(ret, verdict.reason);
    if (err == CW_ERR_CONTRADICTED)
        return invalid(ret, error->text);
    struct cw_judgement judgement = cw_receipts_verify(arena, &root, receipts, receipts_n);
    if (judgement.verdict == CW_UNDECIDED)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    return judged(ret, judgement);
}

/* --- messages --------------------------------------------------------------------------------- */

static enum cw_err judge_fold(struct cw_judge_verdict *ret, struct cw_arena *arena,
                              const struct cw_json *object, struct cw_error *error) {
    struct reader r;
    enum cw_err err = proof_open(&r, object, arena, error);
    if (err != CW_OK)
        return err;
    struct cw_hash32 leaf, root;
    struct cw_u256 index;
    const struct cw_hash32 *path = NULL;
    size_t depth = 0;
    eth_get_hash32(&r, &leaf, "leaf");
    eth_get_u256(&r, &index, "index");
    proof_get_path(&r, &path, &depth, "path");
    eth_get_hash32(&r, &root, "root");
    if (r.err != CW_OK)
        return r.err;
    return judged(ret, cw_merkle_verify(&root, &leaf, &index, path, depth));
}

/* Of withdrawal, or withdrawalHash; *ret_agree is false when both are there and differ. */
static void get_withdrawal_hash(struct reader *r, struct cw_hash32 *hash, bool *ret_agree) {
    *ret_agree = true;
    if (!eth_has(r, "withdrawal")) {
        eth_get_hash32(r, hash, "withdrawalHash");
        return;
    }
    struct reader withdrawal = proof_open_member(r, "withdrawal");
    proof_get_withdrawal(&withdrawal, hash);
    proof_close_member(r, &withdrawal, "withdrawal");
    if (eth_has(r, "withdrawalHash")) {
        struct cw_hash32 claimed;
        eth_get_hash32(r, &claimed, "withdrawalHash");
        *ret_agree = r->err == CW_OK && cw_hash32_equal(hash, &claimed);
    }
}

static enum cw_err judge_withdrawal(struct cw_judge_verdict *ret, struct cw_arena *arena,
                                    const struct cw_json *object, struct cw_error *error) {
    struct reader r;
    enum cw_err err = proof_open(&r, object, arena, error);
    if (err != CW_OK)
        return err;
    struct cw_hash32 hash, root;
    bool agree;
    struct cw_op_output output;
    const struct cw_slice *nodes = NULL;
    size_t nodes_n = 0;
    get_withdrawal_hash(&r, &hash, &agree);
    struct reader of_output = proof_open_member(&r, "outputRootProof");
    proof_get_output(&of_output, &output);
    proof_close_member(&r, &of_output, "outputRootProof");
    eth_get_hash32(&r, &root, "outputRoot");
    eth_get_nodes(&r, &nodes, &nodes_n, "proof");
    if (r.err != CW_OK)
        return r.err;
    if (!agree)
        return invalid(ret, "withdrawalHash is not that of the withdrawal");
    struct cw_judgement judgement = cw_op_withdrawal_verify(&root, &output, &hash, nodes, nodes_n,
                                                            CW_MPT_FORM_NODE);
    if (judgement.verdict != CW_VALID)
        judgement = or_contract(judgement, cw_op_withdrawal_verify(&root, &output, &hash, nodes,
                                                                   nodes_n, CW_MPT_FORM_CONTRACT));
    return judged(ret, judgement);
}

static enum cw_err judge_outbox(struct cw_judge_verdict *ret, struct cw_arena *arena,
                                const struct cw_json *object, struct cw_error *error) {
    struct reader r;
    enum cw_err err = proof_open(&r, object, arena, error);
    if (err != CW_OK)
        return err;
    struct cw_nitro_message message;
    struct cw_hash32 root;
    struct cw_u256 index;
    const struct cw_hash32 *path = NULL;
    size_t depth = 0;
    proof_get_path(&r, &path, &depth, "proof");
    eth_get_u256(&r, &index, "index");
    proof_get_nitro_message(&r, &message);
    eth_get_hash32(&r, &root, "root");
    if (r.err != CW_OK)
        return r.err;
    return judged(ret, cw_nitro_outbox_verify(&root, &message, &index, path, depth));
}

/* --- kinds ------------------------------------------------------------------------------------ */

const struct cw_judge_kind cw_judge_kinds[] = {
    {"mpt", judge_mpt},           {"account", judge_account}, {"header", judge_header},
    {"receipts", judge_receipts}, {"fold", judge_fold},       {"withdrawal", judge_withdrawal},
    {"outbox", judge_outbox},
};
const size_t cw_judge_kinds_n = CW_COUNT(cw_judge_kinds);

enum cw_err cw_judge_text(struct cw_judge_verdict *ret, const struct cw_judge_kind *kind,
                          struct cw_arena *arena, struct cw_slice text, struct cw_error *error) {
    struct cw_json_doc *doc = NULL;
    struct cw_error own;
    if (error == NULL)
        error = &own; /* a contradiction's text becomes the reason */
    enum cw_err err = cw_json_parse(&doc, text, false, error);
    if (err == CW_OK)
        err = kind->judge(ret, arena, cw_json_root(doc), error);
    cw_json_free(doc);
    return err;
}
