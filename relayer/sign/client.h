/* A signer in a process of its own, as the relayer sees it: one that is started here and started
 * again when it ends, or one that runs apart behind a Unix socket and is connected to again. Asked
 * over the loop; several requests may be under way. While it is gone nothing is signed: requests
 * are answered at once with CW_ERR_TRANSPORT, and cw_signer_trouble says why.
 *
 * What its errors mean: CW_ERR_REFUSED: its policy says no, and will again; CW_ERR_OVERLOADED: a
 * fee or a budget says no for now; CW_ERR_IO, CW_ERR_MEMORY: its journal or memory failed;
 * CW_ERR_TRANSPORT: it is gone, or did not answer, and the same request may be made again: the
 * signature is the same. */
#ifndef SIGN_CLIENT_H
#define SIGN_CLIENT_H

#include "core/loop.h"
#include "tx/signer.h"

/* Requests under way; one more, or more calldata than the socket takes in time, is CW_ERR_BUSY. */
#define CW_SIGNER_CLIENT_MAX 256u

struct cw_client_config {
    struct cw_loop *loop;
    const char *name; /* of the signer; copied, as all texts that follow */
    /* Behind a socket; NULL: started here. */
    const char *socket;
    struct cw_addr20 address; /* that it must have; zero: as it says first (started here only) */
    /* Started here. */
    const char *program;  /* NULL: this one */
    const char *config;   /* path of the configuration */
    const char *variable; /* that holds its key; "" for none */
};

/* Started here: waits until it answers, stepping the loop, since its address is not known before;
 * fails as it fails. Behind a socket: returns at once, and connects from the loop. */
CW_MUST_USE enum cw_err cw_signer_client(struct cw_signer **ret,
                                         const struct cw_client_config *config,
                                         struct cw_error *error);

/* Started here: ended and started again at once, so that it reads configuration and policy anew;
 * what is under way is answered with CW_ERR_TRANSPORT. One whose key came in a variable stays as it
 * is, as does one behind a socket: false then. signer must come from _client. */
bool cw_signer_client_renew(struct cw_signer *signer);

#endif
