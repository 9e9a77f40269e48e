/* One look at a message: what the files of advance() share. */
#ifndef NITRO_EXIT_LOOK_H
#define NITRO_EXIT_LOOK_H

#include "nitro/exit.h"

/* Readers note what they could not have yet, so that everything of one round is asked before
 * exit_stops() is asked whether to go on. Outputs are untouched unless the reader returns true. */
struct exit_look {
    const struct cw_adapter *adapter;
    const struct cw_message *message;
    struct cw_io *io;
    struct cw_decision *decision;
    const struct cw_block_ref *now; /* settlement's latest block: everything is read there */
    struct exit_message sent;
    struct exit_progress before;
    struct exit_progress progress;
    bool pending;
    bool failed; /* the decision says why */
};

/* --- exit_look.c: decisions. Each fills the decision; progress goes with it when it changed. ---
 */

void exit_wait(struct exit_look *look, enum cw_stage stage, const char *reason, uint64_t due_s,
               const char *format, ...) CW_PRINTF(5, 6);
/* Looked at again at once: a part of the work is done and kept. */
void exit_again(struct exit_look *look, enum cw_stage stage, const char *reason, const char *format,
                ...) CW_PRINTF(4, 5);
void exit_hold(struct exit_look *look, enum cw_stage stage, const char *reason, const char *format,
               ...) CW_PRINTF(4, 5);
void exit_finished(struct exit_look *look, const char *format, ...) CW_PRINTF(2, 3);
/* execute with this evidence. fresh: it becomes the stored one. */
void exit_act(struct exit_look *look, const struct exit_evidence *evidence, bool fresh);
/* A reader can't go on: the stage stays. */
void exit_fail(struct exit_look *look, const char *reason, const char *format, ...) CW_PRINTF(3, 4);

/* True when the caller must return: something is asked for (the decision is NEED then), or a reader
 * failed. */
bool exit_stops(struct exit_look *look);

/* --- reading the settlement layer --- */

/* A call that must answer one word; word may be NULL. */
bool exit_read(struct exit_look *look, const struct cw_block_ref *at, const struct cw_addr20 *to,
               uint32_t selector, const struct cw_hash32 *word, struct cw_hash32 *ret);
bool exit_read_u64(struct exit_look *look, const struct cw_addr20 *to, uint32_t selector,
                   uint64_t *ret);

/* --- exit_roots.c: from a source-final message on --- */

void exit_look_roots(struct exit_look *look);
/* Its first round of questions. */
void exit_roots_ahead(struct exit_look *look);

/* --- exit_siblings.c --- */

/* Fills in the proof of the message under evidence's root, verified. False: the look stops, or is
 * decided. */
bool exit_prove(struct exit_look *look, struct exit_evidence *evidence);

#endif
