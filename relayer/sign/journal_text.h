/* Inside a journal: its lines, and what a file says. Pure.
 *
 * - causeway-signer-journal 1 GENERATION SIGNER
 * - kept TIME_MS CHAIN NONCE SIGNATURES FEE_WEI HASH: what counted when the file was begun
 * - begin KEPT: the copy is whole
 * - signed TIME_MS CHAIN NONCE FEE_WEI TO SELECTOR HASH
 * - refused TIME_MS CHAIN NONCE FEE_WEI TO SELECTOR CODE
 * - signed-too, refused-too: likewise, written together with the line before
 *
 * Each with a blank and its check behind it: 16 hexadecimal digits of the keccak256 of the check of
 * the line before (none for the first) and of the line up to that blank. SELECTOR is "-" for a call
 * without data. */
#ifndef SIGN_JOURNAL_TEXT_H
#define SIGN_JOURNAL_TEXT_H

#include "sign/journal.h"

#include <causeway/arena.h>

#define JOURNAL_LINE_MAX 512u

struct journal_check {
    char hex[17]; /* "" before the first line */
};

/* What counts of one nonce. */
struct journal_entry {
    uint64_t time_ms; /* of the last signature */
    uint64_t chain_id;
    uint64_t nonce;
    uint64_t n;            /* signatures */
    struct cw_wei fee;     /* of the dearest */
    struct cw_hash32 hash; /* of the last */
};

enum journal_rest {
    JOURNAL_NOTHING, /* every line holds */
    JOURNAL_TORN,    /* from a line of the last group on: it was being written */
    JOURNAL_DAMAGED
};

struct journal_state {
    uint64_t generation; /* 0: not even the first line holds */
    struct cw_addr20 signer;
    bool whole; /* the copy that it begins with is */
    struct journal_entry *entries;
    size_t entries_n, capacity;
    size_t size; /* of the lines that hold, in bytes */
    size_t lines;
    struct journal_check check; /* of the last of them */
    enum journal_rest rest;
};

/* --- writing: whole lines are appended, check becomes that of the last ------------------------ */

/* A file as it begins. */
void journal_put_all(struct cw_buf *out, struct journal_check *ret_check, uint64_t generation,
                     const struct cw_addr20 *signer, const struct journal_entry *entries, size_t n);
/* The first line in out begins a group, those behind it belong to it. */
void journal_put_signed(struct cw_buf *out, struct journal_check *check,
                        const struct cw_journal_record *record, const struct cw_hash32 *hash);
void journal_put_refused(struct cw_buf *out, struct journal_check *check,
                         const struct cw_journal_record *record, enum cw_sign_code code);

/* --- what counts ------------------------------------------------------------------------------ */

/* What a file says, up to the first line that does not hold. window_ms: how long a nonce is one and
 * the same. False: out of memory (state is to be given back all the same). */
bool journal_read(struct journal_state *state, struct cw_slice text, uint64_t window_ms);
/* Room for one more entry; false: out of memory. */
bool journal_state_reserve(struct journal_state *state);
/* How to take back what was counted. */
struct journal_undo {
    size_t at; /* index of the entry */
    bool was;  /* it was there, as */
    struct journal_entry before;
};
/* There must be room. */
struct journal_undo journal_state_count(struct journal_state *state,
                                        const struct cw_journal_record *record,
                                        const struct cw_hash32 *hash, uint64_t window_ms);
/* The last one first. */
void journal_state_uncount(struct journal_state *state, const struct journal_undo *undo);
void journal_state_done(struct journal_state *state);

#endif
