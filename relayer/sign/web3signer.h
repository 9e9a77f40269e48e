/* A signer whose key is with a Web3Signer, over HTTP on the loop. What it gives back is believed in
 * nothing: it is decoded, compared with what was asked field by field, and its signature recovered.
 *
 * Without a public key it is asked by JSON-RPC, eth_signTransaction: it encodes and signs, always
 * for the one chain that it was started for. With one it is asked by its REST interface for a
 * signature of keccak256 of the payload, which is made here, for any chain.
 *
 * Source: Web3Signer's documentation, JSON-RPC API (eth_signTransaction) and eth1 REST API (POST
 * /api/v1/eth1/sign/{identifier}: identifier is the public key, data is hashed with Keccak-256, the
 * answer is r ‖ s ‖ v with v 27 or 28). */
#ifndef SIGN_WEB3SIGNER_H
#define SIGN_WEB3SIGNER_H

#include "core/loop.h"
#include "tx/signer.h"

struct cw_web3signer_config {
    struct cw_loop *loop;
    const char *url;
    struct cw_addr20 address;
    const char *public_key; /* "0x" and 128 digits, of that address; "": JSON-RPC */
    uint32_t deadline_ms;   /* for each signature */
};

/* Asks nothing yet. What is signed is answered from the loop, in any order, and refused
 * (CW_ERR_CONTRADICTED, CW_ERR_INPUT) where it is not what was asked for; CW_ERR_REFUSED: the
 * Web3Signer said no; CW_ERR_TRANSPORT: it did not answer, or has no time. texts begin with
 * "Web3Signer HOST:" and hold no more of the URL. CW_ERR_INPUT for a URL that is none, or a public
 * key of another address. */
CW_MUST_USE enum cw_err cw_signer_web3signer(struct cw_signer **ret,
                                             const struct cw_web3signer_config *config,
                                             struct cw_error *error);

#endif
