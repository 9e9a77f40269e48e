/* Signers in processes of their own, spoken to by hand. */
#ifndef SUPPORT_SIGNER_BED_H
#define SUPPORT_SIGNER_BED_H

#include "temp.h"

#include "sign/wire.h"

#include <sys/types.h>

/* Two programs that are `causeway signer`: the one that is tested everywhere, and one without
 * sanitizers. */
extern const char *const signer_programs[2];

struct signer_bed {
    struct temp temp;
    char key[512], config[512], policy[512], socket[512], journal[512], log[512];
};

/* The account of the key: 0xf39F…2266. */
extern const struct cw_addr20 signer_account;
extern const char signer_key_digits[]; /* 64, without 0x */

/* A key, a configuration with the signers "main" (the key) and "env" (CAUSEWAY_TEST_KEY), each with
 * a route of its own on chain 900, and the policy of a signer that runs apart; all for one user. */
void signer_bed_make(struct signer_bed *bed);
void signer_bed_remove(struct signer_bed *bed);
/* The policy once more, for the users with these numbers, with members put in ("" for none). */
void signer_bed_policy(const struct signer_bed *bed, const char *uids, const char *members);

/* prove() of the portal of "main", which the policies let pass. gas × 100 gwei is its fee. */
struct cw_sign_request signer_sample(uint64_t nonce, uint64_t gas);

/* --- processes -------------------------------------------------------------------------------- */

/* Starts it; words end with NULL. fd: its standard input, -1 for /dev/null. Its standard error goes
 * to bed->log. uid: as that user. */
pid_t signer_start(const struct signer_bed *bed, const char *program, int fd, uid_t uid,
                   const char *const *words);
/* One with a socket pair, as the relayer does it; *ret_fd is the other end. */
pid_t signer_start_inherited(const struct signer_bed *bed, const char *program, int *ret_fd);
/* One that runs apart at bed->socket; waits until it listens. */
pid_t signer_start_apart(const struct signer_bed *bed, const char *program);
/* The exit code, or 128 and the signal; fails the test after some seconds. */
int signer_wait(pid_t pid);
/* What stands in bed->log, NUL-terminated. */
const char *signer_log(const struct signer_bed *bed);

/* --- speaking --------------------------------------------------------------------------------- */

/* A connection to bed->socket; -1 when nobody takes it. */
int signer_connect(const struct signer_bed *bed);
/* False: the other side is gone. */
bool signer_send(int fd, struct cw_slice bytes);
/* The next answer; false: the other side is gone. Slices live until the next call. */
bool signer_receive(int fd, struct cw_wire_answer *ret);
bool signer_hello(int fd, struct cw_wire_answer *ret);
bool signer_ask(int fd, const struct cw_sign_request *request, struct cw_wire_answer *ret);

#endif
