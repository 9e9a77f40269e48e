/* One look at a message: what the files of advance() share. */
#ifndef OPSTACK_LOOK_H
#define OPSTACK_LOOK_H

#include "opstack/internal.h"

/* Readers note what they could not have yet, so that everything of one round is asked before
 * look_stops() is asked whether to go on. Outputs are untouched unless the reader returns true. */
struct look {
    const struct cw_adapter *adapter;
    const struct cw_message *message;
    const struct cw_self *self;
    struct cw_io *io;
    struct cw_decision *decision;
    enum cw_side side;                  /* where messages are delivered; contracts are read there */
    const struct cw_block_ref *now;     /* its latest block: everything is read there */
    struct cw_op_withdrawal withdrawal; /* not of a deposit */
    bool is_relay;
    struct opstack_relay relay;
    struct opstack_progress before;
    struct opstack_progress progress;
    struct opstack_evidence evidence; /* the stored one, when it was found to hold */
    bool has_evidence;
    bool undelivered; /* the portal says so */
    bool pending;
    bool failed; /* the decision says why */
    int tries;   /* source blocks that may still be proved in this look */
};

/* --- decisions. Each fills the decision; progress goes with it when it changed. --- */

void look_wait(struct look *look, enum cw_stage stage, const char *reason, uint64_t due_s,
               const char *format, ...) CW_PRINTF(5, 6);
/* What may end it when nobody proves the block of a root. */
enum look_hope {
    LOOK_HOPE_STATE = 1, /* an endpoint that has that state */
    LOOK_HOPE_ROOT,      /* besides, the next root */
    LOOK_HOPE_FINAL      /* besides, a root that there is, once its block is final here */
};
/* WAIT "proof_unavailable"; text: what the endpoints said of that L2 block. */
void look_unprovable(struct look *look, enum cw_stage stage, uint64_t block, enum look_hope hope,
                     const char *text);
/* Looked at again at once: a part of the work is done and kept. */
void look_again(struct look *look, enum cw_stage stage, const char *reason, const char *format, ...)
    CW_PRINTF(4, 5);
void look_hold(struct look *look, enum cw_stage stage, const char *reason, const char *format, ...)
    CW_PRINTF(4, 5);
void look_give_up(struct look *look, enum cw_stage stage, const char *reason, const char *format,
                  ...) CW_PRINTF(4, 5);
void look_finished(struct look *look, const char *format, ...) CW_PRINTF(2, 3);
/* prove with this evidence, which becomes the stored one. */
void look_prove(struct look *look, const struct opstack_evidence *evidence);
void look_finalize(struct look *look, const struct cw_addr20 *submitter);
/* replay.c: what that messenger is called with (look->relay), once more. */
void look_replay(struct look *look, enum cw_stage stage, const struct cw_addr20 *messenger,
                 struct cw_slice calldata);
/* ACT without value; the calldata is copied. */
void look_act(struct look *look, enum cw_stage stage, const char *step, const struct cw_addr20 *to,
              struct cw_slice calldata);
/* Stored, with whatever verb follows. */
void look_keep_evidence(struct look *look, const struct opstack_evidence *evidence);

/* True when the caller must return: something is asked for (the decision is NEED then), or a reader
 * failed (it is WAIT "unavailable" or "unexpected_answer"). */
bool look_stops(struct look *look);

/* --- reading, at look->now unless a block is given --- */

enum look_got { LOOK_GOT = 1, LOOK_REVERTED, LOOK_NOTHING /* pending or failed */ };

/* A call whose revert means something to the caller. */
enum look_got look_call(struct look *look, enum cw_side side, const struct cw_block_ref *at,
                        const struct cw_addr20 *to, uint32_t selector,
                        const struct cw_hash32 *words, size_t words_n, struct cw_slice *ret);
/* Calls that must answer exactly one value; anything else fails the look. word may be NULL. */
bool look_bool(struct look *look, const struct cw_block_ref *at, const struct cw_addr20 *to,
               uint32_t selector, const struct cw_hash32 *word, bool *ret);
bool look_u64(struct look *look, const struct cw_addr20 *to, uint32_t selector,
              const struct cw_hash32 *word, uint64_t *ret);
bool look_addr20(struct look *look, const struct cw_addr20 *to, uint32_t selector,
                 const struct cw_hash32 *words, size_t words_n, struct cw_addr20 *ret);
bool look_hash32(struct look *look, const struct cw_addr20 *to, uint32_t selector,
                 struct cw_hash32 *ret);
/* No endpoint answered; text: why, or NULL. */
void look_unavailable(struct look *look, const char *text);
/* The answer to `what` is not of the shape that the contract gives. */
void look_unexpected(struct look *look, const char *what, const struct cw_addr20 *at);

/* --- the source's side --- */

enum look_proved {
    LOOK_PROVED = 1,
    LOOK_PENDING,     /* asked for */
    LOOK_NOT_FINAL,   /* the block is above our final head */
    LOOK_UNAVAILABLE, /* nobody proved it; *ret_text says why */
    LOOK_OTHER_ROOT   /* our chain has another root at that block: *ret_root */
};

/* The output root by the header alone (an answer, or NULL), which needs no state: from Isthmus on
 * it carries the passer's storage root, and the hash of requests (EIP-7685), as no header before it
 * does. Where that is not so yet the field is that of an empty list. Source:
 * ethereum-optimism/specs, isthmus/exec-engine.md. */
bool look_header_tells(const struct cw_adapter *adapter, const struct cw_answer *header,
                       struct cw_hash32 *ret);

/* The evidence that the message is under root, which is claimed for that block; root NULL: under
 * our own chain's. On LOOK_PROVED it is filled but for the reference. ret_text and ret_root may be
 * NULL. */
enum look_proved look_prove_root(struct look *look, uint64_t block, const struct cw_hash32 *root,
                                 struct opstack_evidence *ret, struct cw_hash32 *ret_root,
                                 const char **ret_text);
/* Takes the stored evidence into look->evidence if it still holds under our chain's header. May
 * leave the look pending. */
void look_load_evidence(struct look *look);

/* --- advance.c --- */

/* True when the message is delivered (or the look stops): the decision is made. */
bool look_delivered(struct look *look);

/* --- advance_output.c, advance_game.c: from a source-final message on --- */

void look_outputs(struct look *look);
void look_games(struct look *look);
/* The first round of questions. */
void look_games_ahead(struct look *look);

/* When something of the block at_s will probably be `final`, of which `reached` is one, on that
 * chain's own clock: heads keep their distance. Never the past, and never so near that every block
 * asks again. */
uint64_t look_probably_final(const struct cw_heads *heads, const struct cw_block_ref *reached,
                             uint64_t at_s);
/* When the latest block should long be final, on its own clock. Its number is waited for beside. */
uint64_t look_surely_final(const struct cw_heads *heads);
/* a + b, at most UINT64_MAX. */
uint64_t look_add(uint64_t a, uint64_t b);

#endif
