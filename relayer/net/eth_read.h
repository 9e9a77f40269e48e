/* How net/eth*.c read JSON: scalars, and objects member by member. */
#ifndef NET_ETH_READ_H
#define NET_ETH_READ_H

#include "net/eth.h"

#include <causeway/tx.h>

/* Each: CW_ERR_INPUT for whatever is not of that form, JSON null too. */
CW_MUST_USE enum cw_err eth_read_u256(struct cw_u256 *ret, const struct cw_json *value,
                                      struct cw_error *error);
CW_MUST_USE enum cw_err eth_read_u64(uint64_t *ret, const struct cw_json *value,
                                     struct cw_error *error);
/* A JSON integer up to 2^53-1, a decimal string, or "0x" and 1 to 64 digits. */
CW_MUST_USE enum cw_err eth_read_integer(struct cw_u256 *ret, const struct cw_json *value,
                                         struct cw_error *error);
CW_MUST_USE enum cw_err eth_read_fixed(uint8_t *ret, size_t n, const char *what,
                                       const struct cw_json *value, struct cw_error *error);
CW_MUST_USE enum cw_err eth_read_hash32(struct cw_hash32 *ret, const struct cw_json *value,
                                        struct cw_error *error);
CW_MUST_USE enum cw_err eth_read_addr20(struct cw_addr20 *ret, const struct cw_json *value,
                                        struct cw_error *error);
CW_MUST_USE enum cw_err eth_read_data(struct cw_slice *ret, struct cw_arena *arena,
                                      const struct cw_json *value, struct cw_error *error);

/* Reads one object, member by member; the first failure stays, later reads do nothing. */
struct reader {
    const struct cw_json *object;
    struct cw_arena *arena;
    struct cw_error *error;
    enum cw_err err;
    bool dump; /* integers as eth_read_integer takes them, not quantities only */
};

/* The member, or NULL after a failure. */
const struct cw_json *eth_member(struct reader *r, const char *key);
/* Is there, and not null. */
bool eth_has(const struct reader *r, const char *key);
/* Notes err, with the key in front of its text. */
void eth_took(struct reader *r, const char *key, enum cw_err err);
void eth_get_u64(struct reader *r, uint64_t *ret, const char *key);
void eth_get_u256(struct reader *r, struct cw_u256 *ret, const char *key);
void eth_get_hash32(struct reader *r, struct cw_hash32 *ret, const char *key);
void eth_get_addr20(struct reader *r, struct cw_addr20 *ret, const char *key);
void eth_get_fixed(struct reader *r, uint8_t *ret, size_t n, const char *what, const char *key);
void eth_get_data(struct reader *r, struct cw_slice *ret, const char *key);
const struct cw_json *eth_get_array(struct reader *r, const char *key);
/* The nodes of a trie proof; they live in the arena. */
void eth_get_nodes(struct reader *r, const struct cw_slice **ret, size_t *ret_n, const char *key);
/* A slot comes back as it was asked for (32 bytes), or as an integer. */
void eth_get_slot(struct reader *r, struct cw_hash32 *ret, const char *key);

/* A deposit of the OP Stack; what nodes leave out when it is nothing may be absent. */
void eth_get_deposit(struct reader *r, struct cw_tx *tx);

bool eth_is_null(const struct cw_json *value);
/* CW_ERR_INPUT: what is due. */
enum cw_err eth_not_a(struct cw_error *error, const char *what);
/* CW_ERR_BEHIND */
enum cw_err eth_behind(struct cw_error *error);
CW_MUST_USE enum cw_err eth_expect(const struct cw_json *value, enum cw_json_type type,
                                   struct cw_error *error);
/* The same of an answer that is null, CW_ERR_BEHIND, where the endpoint does not know. */
CW_MUST_USE enum cw_err eth_expect_known(const struct cw_json *value, enum cw_json_type type,
                                         struct cw_error *error);

#endif
