/* A finding: an endpoint was caught in a contradiction. What it said can't be true whatever the
 * chain looks like, or two things that it said exclude each other. Sorted by kind, told to people
 * in one sentence and to programs as one JSON line. Pure: no I/O, no clock, no allocation but the
 * caller's buffer.
 *
 * Between the parts of the program a finding travels as (endpoint, method, text) with text =
 * "<kind>: <detail>", which is also what the store keeps: cw_finding_note writes that text,
 * cw_finding_read takes it apart again. */
#ifndef MONITOR_FINDING_H
#define MONITOR_FINDING_H

#include <causeway/arena.h>
#include <causeway/base.h>

/* The names stand in stores and alerts: never change one, add at the end. */
enum cw_finding_kind {
    CW_FINDING_OTHER = 0,     /* "other": sorted by nobody */
    CW_FINDING_WRONG_CHAIN,   /* "wrong_chain": serves another chain id */
    CW_FINDING_MALFORMED,     /* "malformed": the answer has not the form that the method gives */
    CW_FINDING_HEADER_HASH,   /* "header_hash": a header's fields do not hash to the hash that came
                                 with it */
    CW_FINDING_WRONG_BLOCK,   /* "wrong_block": another block than the one that was asked for */
    CW_FINDING_PARENT_LINK,   /* "parent_link": two headers of one chain do not hang together */
    CW_FINDING_RECEIPTS_ROOT, /* "receipts_root": receipts do not hash to the header's receiptsRoot
                               */
    CW_FINDING_LOGS_OMITTED,  /* "logs_omitted": a log that the receipts prove was left out */
    CW_FINDING_LOGS_FORGED, /* "logs_forged": a log that the receipts do not have, or that no filter
                               asked for */
    CW_FINDING_FINAL_MISMATCH, /* "final_mismatch": a final head that is not on the chain that the
                                  endpoints serve */
    CW_FINDING_FINAL_REORG,    /* "final_reorg": a block that was final is gone */
    CW_FINDING_PROOF,          /* "proof": an account or storage proof that does not verify */
    CW_FINDING_OUTVOTED        /* "outvoted": another answer than a quorum of operators gives */
};

/* Never NULL; "other" for what is no kind. */
const char *cw_finding_kind_name(enum cw_finding_kind kind);
/* false when no kind has that name. */
bool cw_finding_kind_parse(enum cw_finding_kind *ret, const char *name, size_t name_n);

struct cw_finding {
    enum cw_finding_kind kind;
    const char *chain;    /* name; "" when it does not matter */
    const char *endpoint; /* label, never a URL */
    const char *method;   /* "eth_getBlockReceipts"; "" when it is about no single call */
    const char *detail;   /* what exactly: numbers, hashes; may be "" */
};

/* Room for every note that the store keeps. */
#define CW_FINDING_NOTE_SIZE 320

/* "<kind>: <detail>", cut to fit. Returns out. */
char *cw_finding_note(char out[CW_FINDING_NOTE_SIZE], enum cw_finding_kind kind,
                      const char *detail);

/* The reverse; everything is borrowed. A text without a kind in front is CW_FINDING_OTHER with the
 * text as detail. Words before the kind that a caller put there ("eth_getBlockByNumber:
 * header_hash: …") are skipped. */
void cw_finding_read(struct cw_finding *ret, const char *chain, const char *endpoint,
                     const char *method, const char *text);

/* Appends one sentence for people, without a line end. Control characters become '?'. */
void cw_finding_text(struct cw_buf *out, const struct cw_finding *finding);
/* Appends one JSON object and '\n': time_ms (Unix), kind, chain, endpoint, method, detail, text
 * (the sentence). Bytes that are not printable ASCII are escaped as \u00XX, one each. */
void cw_finding_json(struct cw_buf *out, const struct cw_finding *finding, uint64_t time_ms);

#endif
