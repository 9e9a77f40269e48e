/* `causeway init`: what was asked for, what the chains say, and the configuration that follows. */
#ifndef CLI_INIT_H
#define CLI_INIT_H

#include "core/config.h"

#include <adapters/adapter.h>
#include <causeway/arena.h>
#include <causeway/base.h>

#define CW_INIT_URLS    16
#define CW_INIT_SENDERS 16
#define CW_INIT_ROUTES  2
#define CW_INIT_BYTES   (256u << 10)

enum cw_init_signer { CW_INIT_NO_SIGNER, CW_INIT_KEYSTORE, CW_INIT_KEY_FILE, CW_INIT_KEY_ENV };

/* Everything is borrowed. */
struct cw_init_request {
    const char *stack;
    const char *urls[CW_SIDES][CW_INIT_URLS];
    size_t urls_n[CW_SIDES];
    struct cw_addr20 at;                                 /* a contract of the settlement layer */
    const struct cw_adapter_ops *routes[CW_INIT_ROUTES]; /* one a direction */
    size_t routes_n;
    bool relay_all;
    struct cw_addr20 senders[CW_INIT_SENDERS]; /* whose messages are relayed */
    size_t senders_n;                          /* 0, and not all: it only observes */
    enum cw_init_signer signer;
    const char *signer_place; /* file or variable */
    const char *data_dir;
    const char *path; /* of the configuration */
    uint64_t timeout_ms;
};

/* What the endpoints of a side say. */
struct cw_init_chain {
    char name[32];
    uint64_t id;
    enum cw_mode mode; /* how it is best read */
    size_t operators;
    char client[96];   /* printable */
    uint64_t block_ms; /* between two blocks; 0: not known */
    uint64_t final_behind_blocks, final_behind_s;
};

struct cw_init_found {
    struct cw_init_chain chains[CW_SIDES];
    struct cw_survey survey;
};

/* --- init_read.c: asks the chains ------------------------------------------------------------- */

/* Reads what is to be read and checks it; out gets the configuration, which was parsed, and whose
 * routes can be followed. CW_ERR_INPUT: what was asked for does not fit the chains; others: an
 * endpoint did not tell. The text says what, where, and what to do. */
CW_MUST_USE enum cw_err cw_init_read(const struct cw_init_request *request,
                                     struct cw_init_found *ret, struct cw_buf *out,
                                     struct cw_error *error);

/* --- init_text.c: pure ------------------------------------------------------------------------ */

/* The name of a well-known chain, else "chain-ID". */
void cw_init_name(char *out, size_t size, uint64_t chain_id);
/* How a chain is best read whose blocks come at that distance. counted: all messages that are sent
 * on it are counted by their contract. */
enum cw_mode cw_init_mode(uint64_t block_ms, bool headers_hash, bool counted);
/* The commented configuration. */
void cw_init_text(struct cw_buf *out, const struct cw_init_request *request,
                  const struct cw_init_found *found);

#endif
