/* What a signer has signed in the last 24 hours: kept on disk so that a budget holds across
 * restarts, and written before a signature leaves.
 *
 * Two files, PATH and PATH.2, of lines that people can read. The one with the higher generation
 * counts; the other takes a shorter copy when that one has grown, or when the disk has failed it. A
 * line ends with a check over itself and all lines before it. Lines are written in groups, each
 * with one sync. What a crash left of the last group is dropped from the first line on that does
 * not hold: the signatures of that group never left. Anything else that does not hold is refused,
 * and a person has to look at it.
 *
 * Of a nonce the dearest transaction counts, since one of them can be mined at most, from the last
 * time that one was signed; each signature counts in their number. What is older than 24 hours
 * counts no longer, by the machine's clock; what comes from the future does.
 *
 * After _open no file is opened: only read, pwrite, fdatasync and ftruncate are called. */
#ifndef SIGN_JOURNAL_H
#define SIGN_JOURNAL_H

#include "sign/wire.h"

#include <causeway/abi.h>
#include <causeway/base.h>

struct cw_journal;

/* The directory must be there; files are made in it. CW_ERR_BUSY: another process writes there;
 * CW_ERR_CONTRADICTED: the journal is damaged, or of another signer; CW_ERR_IO. */
CW_MUST_USE enum cw_err cw_journal_open(struct cw_journal **ret, const char *path,
                                        const struct cw_addr20 *signer, uint64_t now_ms,
                                        struct cw_error *error);
void cw_journal_close(struct cw_journal *journal); /* takes NULL */
/* Whether _open dropped a last line that was torn. */
bool cw_journal_was_torn(const struct cw_journal *journal);

enum { CW_JOURNAL_HOUR, CW_JOURNAL_DAY, CW_JOURNAL_WINDOWS };

struct cw_journal_usage {
    uint64_t n[CW_JOURNAL_WINDOWS]; /* signatures */
    struct cw_wei fees[CW_JOURNAL_WINDOWS];
};
/* Of one chain, all nonces but one. */
void cw_journal_usage(const struct cw_journal *journal, uint64_t chain_id, uint64_t but_nonce,
                      uint64_t now_ms, struct cw_journal_usage *ret);

/* What was signed for one nonce in the last 24 hours. */
struct cw_journal_nonce {
    uint64_t n;            /* signatures */
    struct cw_wei fee;     /* of the dearest */
    struct cw_hash32 hash; /* of the last transaction */
};
bool cw_journal_nonce(const struct cw_journal *journal, uint64_t chain_id, uint64_t nonce,
                      uint64_t now_ms, struct cw_journal_nonce *ret);

struct cw_journal_record {
    uint64_t time_ms;
    uint64_t chain_id;
    uint64_t nonce;
    struct cw_wei fee; /* gas limit × max fee */
    struct cw_addr20 to;
    bool has_selector;
    struct cw_selector selector;
};
/* Counts from now on, and waits for cw_journal_commit: the signature must not leave before. At most
 * CW_JOURNAL_GROUP_MAX lines wait: CW_ERR_LIMIT. CW_ERR_IO, CW_ERR_MEMORY. */
#define CW_JOURNAL_GROUP_MAX 64u
CW_MUST_USE enum cw_err cw_journal_signed(struct cw_journal *journal,
                                          const struct cw_journal_record *record,
                                          const struct cw_hash32 *hash, struct cw_error *error);
/* For who reads the journal: counts nothing, waits likewise, and is left out where refusals are
 * many (some hundreds an hour), the group is full, or the disk does not take it. */
void cw_journal_refused(struct cw_journal *journal, const struct cw_journal_record *record,
                        enum cw_sign_code code);
/* Writes all that waits, with one sync. On disk when it returns CW_OK, also where nothing waited.
 * Else nothing of it counts any longer, and none of these signatures may leave: CW_ERR_IO says why.
 */
CW_MUST_USE enum cw_err cw_journal_commit(struct cw_journal *journal, struct cw_error *error);

#endif
