/* Claims of dispute games: the root of one output of our chain, or of super games the root over the
 * outputs of a set of chains at a time.
 * Source: ethereum-optimism/specs, interop; contracts-bedrock OptimismPortal2 4.5.0 and 5.6.0,
 * SuperFaultDisputeGame, SuperPermissionedDisputeGame, dispute/lib/Types.sol (GameTypes). */
#include "opstack/game.h"

#include <causeway/keccak.h>
#include <causeway/op_interop.h>

#include <string.h>

bool game_is_super(const struct cw_adapter *adapter, uint64_t type) {
    return adapter->super_games && (type == 4 || type == 5 || type == 7 || type == 9);
}

bool opstack_super_output(struct cw_slice preimage, uint64_t chain_id, uint64_t *ret_index,
                          struct cw_hash32 *ret_output) {
    const struct cw_u256 own = cw_u256_from_u64(chain_id);
    struct cw_op_super super;
    struct cw_op_super_chain chain;
    if (cw_op_super_decode(&super, preimage) != CW_OK) {
        return false;
    }
    for (size_t i = 0; i < super.n_chains; i++) {
        cw_op_super_chain_at(&chain, &super, i);
        if (cw_u256_cmp(&chain.chain_id, &own) == 0) {
            *ret_index = i;
            *ret_output = chain.output_root;
            return true;
        }
    }
    return false;
}

bool game_claim_read(const struct cw_adapter *a, uint64_t type, const struct cw_hash32 *root,
                     struct cw_slice extra, struct game_claim *ret) {
    struct cw_abi word = cw_abi_open(extra);
    struct cw_op_super super;
    uint64_t index;
    memset(ret, 0, sizeof *ret);
    ret->root = *root;
    ret->is_super = game_is_super(a, type);
    if (!ret->is_super) {
        /* extraData begins with the L2 block number. Source: FaultDisputeGame.l2BlockNumber. */
        return cw_abi_u64(&word, &ret->at) == CW_OK;
    }
    if (cw_op_super_decode(&super, extra) == CW_OK) {
        const struct cw_u256 own = cw_u256_from_u64(a->chain_id);
        ret->at = super.timestamp;
        ret->preimage = extra;
        return opstack_super_output(extra, a->chain_id, &index, &ret->output) &&
               cw_op_super_verify(root, extra, &own, &ret->output).verdict == CW_VALID;
    }
    /* Only the time: the portal then wants to be told what the root is over. */
    return a->super_proofs && extra.n == 32 && cw_abi_u64(&word, &ret->at) == CW_OK;
}

bool game_claim_covers(const struct look *look, const struct game_claim *claim) {
    const struct cw_block_ref *source = &look->message->source;
    return claim->at >= (claim->is_super ? source->timestamp_s : source->number.v);
}

bool game_claim_is_final(const struct look *look, const struct game_claim *claim) {
    const struct cw_block_ref *final = &look->io->heads[CW_EXECUTION].final;
    return claim->at <= (claim->is_super ? final->timestamp_s : final->number.v);
}

bool game_claim_is(const struct opstack_evidence *evidence, const struct game_claim *claim) {
    struct cw_hash32 root;
    if (!claim->is_super) {
        return evidence->preimage.n == 0 && evidence->block.v == claim->at &&
               cw_hash32_equal(&evidence->root, &claim->root);
    }
    cw_keccak256(&root, evidence->preimage);
    return evidence->preimage.n > 0 && cw_hash32_equal(&root, &claim->root);
}

/* --- the block of a time --- */

#define GUESSES 4

/* Seconds a block, between the message's block and one above it. */
static uint64_t pace_to(const struct look *look, uint64_t number, uint64_t timestamp_s) {
    const struct cw_block_ref *from = &look->message->source;
    if (number <= from->number.v || timestamp_s <= from->timestamp_s) {
        return 1;
    }
    uint64_t pace = (timestamp_s - from->timestamp_s) / (number - from->number.v);
    return pace > 0 ? pace : 1;
}

/* Blocks come at a steady pace, so that the first guess is mostly right. */
enum look_proved game_block_at(struct look *look, uint64_t at_s, uint64_t *ret,
                               const char **ret_text) {
    const struct cw_block_ref *from = &look->message->source;
    const struct cw_block_ref *to = &look->io->heads[CW_EXECUTION].final;
    uint64_t low = from->number.v, high = to->number.v;
    uint64_t pace = pace_to(look, to->number.v, to->timestamp_s);
    *ret_text = "the block of the game's time was not found";
    for (int i = 0; i < GUESSES && low <= high; i++) {
        uint64_t guess = look_add(from->number.v, (at_s - from->timestamp_s) / pace);
        guess = guess < low ? low : guess > high ? high : guess;
        const struct cw_answer *here = cw_io_header(look->io, CW_EXECUTION,
                                                    (struct cw_block_number){guess});
        const struct cw_answer *next = here;
        if (guess < to->number.v) {
            next = cw_io_header(look->io, CW_EXECUTION, (struct cw_block_number){guess + 1});
        }
        if (here == NULL || next == NULL) {
            look->pending = true;
            return LOOK_PENDING;
        }
        if (here->status != CW_ANSWER_OK || next->status != CW_ANSWER_OK) {
            const struct cw_answer *bad = here->status != CW_ANSWER_OK ? here : next;
            *ret_text = bad->text != NULL ? bad->text : *ret_text;
            return LOOK_UNAVAILABLE;
        }
        bool late = here->header->timestamp > at_s;
        if (!late && (next == here || next->header->timestamp > at_s)) {
            *ret = guess;
            return LOOK_PROVED;
        }
        low = late ? low : guess + 1;
        high = late ? guess - 1 : high;
        pace = pace_to(look, guess, here->header->timestamp);
    }
    return LOOK_UNAVAILABLE;
}

/* --- proving --- */

struct cw_slice game_own_preimage(const struct cw_adapter *adapter, struct cw_arena *arena,
                                  uint64_t at_s, const struct cw_hash32 *output) {
    const struct cw_u256 chain_id = cw_u256_from_u64(adapter->chain_id);
    uint8_t bytes[CW_OP_SUPER_HEAD + CW_OP_SUPER_CHAIN] = {CW_OP_SUPER_VERSION};
    for (size_t i = 0; i < 8; i++) {
        bytes[8 - i] = (uint8_t)(at_s >> (8 * i));
    }
    cw_u256_to_be(bytes + CW_OP_SUPER_HEAD, &chain_id);
    memcpy(bytes + CW_OP_SUPER_HEAD + 32, output->b, 32);
    return cw_arena_copy(arena, cw_slice_of(bytes, sizeof bytes));
}

enum look_proved game_prove_claim(struct look *look, const struct game_claim *claim,
                                  struct opstack_evidence *ret, const char **ret_text) {
    uint64_t block = 0;
    if (!claim->is_super) {
        return look_prove_root(look, claim->at, &claim->root, ret, NULL, ret_text);
    }
    if (!game_claim_is_final(look, claim)) {
        return LOOK_NOT_FINAL;
    }
    enum look_proved proved = game_block_at(look, claim->at, &block, ret_text);
    if (proved != LOOK_PROVED) {
        return proved;
    }
    bool sealed = claim->preimage.n == 0;
    proved = look_prove_root(look, block, sealed ? NULL : &claim->output, ret, NULL, ret_text);
    if (proved != LOOK_PROVED) {
        return proved;
    }
    ret->preimage = sealed
                        ? game_own_preimage(look->adapter, look->io->arena, claim->at, &ret->root)
                        : claim->preimage;
    if (ret->preimage.p == NULL) {
        look->io->overflow = true;
        return LOOK_UNAVAILABLE;
    }
    return game_claim_is(ret, claim) ? LOOK_PROVED : LOOK_OTHER_ROOT;
}
