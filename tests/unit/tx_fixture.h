/* Transactions of every type, for the tests of proofs/tx.c and proofs/tx_decode.c. */
#ifndef CAUSEWAY_TESTS_TX_FIXTURE_H
#define CAUSEWAY_TESTS_TX_FIXTURE_H

#include <causeway/tx.h>

#include "vectors.h"

/* The well-known first development account. */
extern const struct cw_secret32 tx_secret;
extern const struct cw_addr20 tx_account;

extern const struct cw_access_entry tx_access_list[2];
extern const struct cw_hash32 tx_blob_hashes[2];
/* Signed by the first and the second development account. */
extern const struct cw_authorization tx_authorizations[2];

struct tx_fixture {
    struct cw_curve *curve;
    struct cw_arena arena;
};

int tx_set_up(void **state);
int tx_tear_down(void **state);

/* A transaction with something in every field that its type has. */
struct cw_tx tx_sample(enum cw_tx_type type);
void tx_assert_same(const struct cw_tx *a, const struct cw_tx *b);

#endif
