/* What the daemon and a signer in a process of its own say to each other over a stream socket.
 *
 * A frame is a length (4 bytes, big-endian) and that many bytes, which are one RLP list:
 *
 *   asked     [1, id, version]                                      hello, the first of each client
 *             [2, id, type, chain id, nonce, gas, fees, to, value, selector, arguments]     sign
 *   answered  [1, id, version, address, digest of the policy]
 *             [2, id, raw transaction, its hash]
 *             [3, id, code, text]                                   refused
 *
 * type is that of EIP-2718: 2 with fees [max fee, max tip] a gas, or 0 with fees [gas price].
 * selector is empty or 4 bytes; arguments are what stands behind it in the calldata, and empty
 * without one. An id is the client's own, and comes back with the answer. There is one encoding for
 * each frame; what is not it is malformed. Hashes are never asked to be signed: there is no frame
 * for it.
 *
 * Pure; slices that are returned borrow from the input or the arena. */
#ifndef SIGN_WIRE_H
#define SIGN_WIRE_H

#include "tx/signer.h"

#include <causeway/arena.h>
#include <causeway/base.h>

#define CW_WIRE_VERSION  1u
#define CW_WIRE_PREFIX   4u
#define CW_WIRE_BODY_MAX (CW_SIGN_DATA_MAX + 1024u) /* of one frame, without its length */
#define CW_WIRE_TEXT_MAX 400u

/* Why a signer does not sign. Numbers stand on the wire and in journals: never renumber. */
enum cw_sign_code {
    CW_SIGN_VERSION = 1, /* another version of this protocol */
    CW_SIGN_TYPE,        /* no type of transaction that is signed: blob, set-code, … */
    CW_SIGN_CREATION,    /* creates a contract */
    CW_SIGN_CHAIN,
    CW_SIGN_CONTRACT,
    CW_SIGN_SELECTOR,
    CW_SIGN_INNER, /* a call inside of aggregate3 */
    CW_SIGN_VALUE,
    CW_SIGN_SIZE,        /* of the calldata */
    CW_SIGN_FEE,         /* per gas, or of the transaction */
    CW_SIGN_COUNT,       /* signatures in an hour or a day */
    CW_SIGN_BUDGET,      /* fees in an hour or a day */
    CW_SIGN_JOURNAL,     /* it can't be written down */
    CW_SIGN_TRANSACTION, /* no chain takes it */
    CW_SIGN_MEMORY
};
/* "contract"; "?" for no such code. */
const char *cw_sign_code_name(enum cw_sign_code code);
/* Whether asking again later may help, without anybody changing the policy. */
bool cw_sign_code_passes(enum cw_sign_code code);

/* --- writing: whole frames are appended; check out->failed ------------------------------------ */

void cw_wire_put_hello(struct cw_buf *out, uint64_t id, uint64_t version);
/* data of one to three bytes can't be said: CW_ERR_INPUT, and nothing is written. */
CW_MUST_USE enum cw_err cw_wire_put_sign(struct cw_buf *out, uint64_t id,
                                         const struct cw_sign_request *request);
void cw_wire_put_welcome(struct cw_buf *out, uint64_t id, uint64_t version,
                         const struct cw_addr20 *address, const struct cw_hash32 *digest);
void cw_wire_put_signed(struct cw_buf *out, uint64_t id, struct cw_slice raw,
                        const struct cw_hash32 *hash);
/* text is cut at CW_WIRE_TEXT_MAX, and what is not printable ASCII becomes '?'. */
void cw_wire_put_refused(struct cw_buf *out, uint64_t id, enum cw_sign_code code, const char *text);

/* --- reading ---------------------------------------------------------------------------------- */

/* The first frame of what came in so far. CW_OK: *ret_used bytes are taken and *ret_body is set, or
 * *ret_used is 0 and more must come. CW_ERR_LIMIT: no frame is that long, or this one is empty. */
CW_MUST_USE enum cw_err cw_wire_next(struct cw_slice *ret_body, size_t *ret_used,
                                     struct cw_slice stream);

enum cw_wire_kind { CW_WIRE_HELLO = 1, CW_WIRE_SIGN = 2, CW_WIRE_REFUSED = 3 };

struct cw_wire_asked {
    enum cw_wire_kind kind; /* REFUSED: a transaction that has no type here, or no receiver */
    uint64_t id;
    uint64_t version;               /* HELLO */
    struct cw_sign_request request; /* SIGN; its data is the arena's */
    enum cw_sign_code code;         /* REFUSED */
    char text[160];                 /* REFUSED */
};
/* CW_ERR_INPUT: malformed, error says in what. CW_ERR_MEMORY. */
CW_MUST_USE enum cw_err cw_wire_read_asked(struct cw_arena *arena, struct cw_wire_asked *ret,
                                           struct cw_slice body, struct cw_error *error);

struct cw_wire_answer {
    enum cw_wire_kind kind; /* HELLO, SIGN: signed, REFUSED */
    uint64_t id;
    uint64_t version;         /* HELLO */
    struct cw_addr20 address; /* HELLO */
    struct cw_hash32 digest;  /* HELLO: of the policy */
    struct cw_slice raw;      /* SIGN */
    struct cw_hash32 hash;    /* SIGN */
    enum cw_sign_code code;   /* REFUSED; may be one that is not known here */
    struct cw_slice text;     /* REFUSED; printable ASCII */
};
CW_MUST_USE enum cw_err cw_wire_read_answer(struct cw_wire_answer *ret, struct cw_slice body,
                                            struct cw_error *error);

#endif
