/* Which confirmed send root to prove under: the newest one that is our rollup's. Roots only grow,
 * and the outbox keeps all of them, so that the newest serves every message that any of them
 * serves, and messages share what is asked for it. */
#include "nitro/exit_look.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CLAIMS_N 4u /* that are looked at in one look */
/* Blocks of the settlement layer in one question for logs: about these hours of them, and few
 * enough for any endpoint. */
#define PIECE_S   12288u
#define PIECE_MIN 1024u
#define PIECE_MAX 8192u
/* So many pieces are asked for at once, the newest first, until there is a root in one of them. */
static const size_t rounds[] = {1, 5, 10};
/* A rollup on a Nitro chain counts the blocks of the layer below in its periods. */
#define ETHEREUM_BLOCK_S 12u

/* What one layer says of the other: the send root of a block. */
struct claim {
    struct cw_hash32 root;
    struct cw_hash32 block_hash;
};

struct claims {
    struct claim claim[CLAIMS_N]; /* the newest first */
    size_t n;
};

/* Which logs make claims. */
struct source {
    const struct cw_addr20 *contract;
    const struct cw_hash32 *topic;
    size_t topics_n, data_n;
    size_t at; /* in the data: the block's hash, and behind it the root; SIZE_MAX: root and hash are
                  topics */
    size_t rounds_n;
};

static struct source confirmed(const struct cw_adapter *a) {
    return (struct source){&a->outbox,      &NITRO_TOPIC_SEND_ROOT_UPDATED, 3, 0, SIZE_MAX,
                           CW_COUNT(rounds)};
}

/* The state behind the assertion begins with the two.
 * Source: nitro-contracts, AssertionCreated and NodeCreated of IRollupCore.sol, GlobalState.sol. */
static struct source asserted(const struct cw_adapter *a) {
    return a->bold ? (struct source){&a->rollup, &NITRO_TOPIC_ASSERTION_CREATED, 3, 800, 32 * 13, 2}
                   : (struct source){&a->rollup, &NITRO_TOPIC_NODE_CREATED, 4, 480, 32 * 6, 2};
}

static bool read_claim(struct claim *ret, const struct source *source, const struct cw_log *log) {
    if (log->topics_n != source->topics_n || log->data.n != source->data_n) {
        return false;
    }
    if (source->at == SIZE_MAX) {
        ret->root = log->topics[1];
        ret->block_hash = log->topics[2];
    } else {
        memcpy(ret->block_hash.b, log->data.p + source->at, 32);
        memcpy(ret->root.b, log->data.p + source->at + 32, 32);
    }
    return true;
}

/* --- the settlement layer's blocks, in pieces, from the newest down --- */

struct walk {
    uint64_t piece, floor; /* what is older than floor is older than the message */
    uint64_t from, to;
    bool at_the_end;
};

/* Blocks and seconds between the final head and the newest one. */
static void pace_of(const struct exit_look *look, uint64_t *ret_blocks, uint64_t *ret_s) {
    const struct cw_block_ref *final = &look->io->heads[CW_SETTLEMENT].final;
    bool known = look->now->number.v > final->number.v &&
                 look->now->timestamp_s > final->timestamp_s;
    *ret_blocks = known ? look->now->number.v - final->number.v : 1;
    *ret_s = known ? look->now->timestamp_s - final->timestamp_s : ETHEREUM_BLOCK_S;
}

/* The clocks of both layers may differ, and blocks come at a changing pace. */
static uint64_t oldest_block(const struct exit_look *look, uint64_t piece) {
    uint64_t blocks, s, now = look->now->timestamp_s, sent = look->message->source.timestamp_s;
    uint64_t back;
    pace_of(look, &blocks, &s);
    uint64_t age = now > sent ? now - sent : 0;
    if (__builtin_mul_overflow(age + age / 4, blocks, &back)) {
        return 0;
    }
    back = back / s + piece;
    return back < look->now->number.v ? look->now->number.v - back : 0;
}

static void settle_on(struct walk *walk, uint64_t to) {
    walk->to = to;
    walk->from = to - to % walk->piece;
}

static struct walk walk_from_the_newest(const struct exit_look *look) {
    struct walk walk = {.piece = PIECE_MIN};
    uint64_t blocks, s;
    pace_of(look, &blocks, &s);
    while (walk.piece < PIECE_MAX && walk.piece * s < PIECE_S * blocks) {
        walk.piece *= 2;
    }
    walk.floor = oldest_block(look, walk.piece);
    settle_on(&walk, look->now->number.v);
    return walk;
}

/* What was found empty before is passed over. */
static void step_down(struct walk *walk, const struct exit_progress *progress, bool skips) {
    uint64_t next = walk->from;
    if (skips && next > 0 && next - 1 <= progress->empty_to && next > progress->empty_from) {
        next = progress->empty_from;
    }
    if (next <= walk->floor) {
        walk->at_the_end = true;
        return;
    }
    settle_on(walk, next - 1);
}

/* The claims of one piece, the newest first. False: it is not there yet, or can't be had. */
static bool read_piece(struct exit_look *look, const struct source *source, const struct walk *walk,
                       struct claims *claims) {
    const struct cw_block_ref *now = look->now;
    struct cw_block_ref to = {.number = {walk->to}};
    const struct cw_topic_set topics[CW_TOPICS] = {{source->topic, 1}};
    unsigned turn = 0;
    if (walk->to == now->number.v) {
        to = *now;
        turn = (unsigned)now->number.v; /* nobody can hide a root from all looks */
    }
    const struct cw_answer *answer = cw_io_logs(look->io, CW_SETTLEMENT,
                                                (struct cw_block_number){walk->from}, &to,
                                                source->contract, topics, turn);
    if (answer == NULL) {
        look->pending = true;
        return false;
    }
    if (answer->status != CW_ANSWER_OK) {
        exit_fail(look, "unavailable", "%s",
                  answer->text != NULL ? answer->text : "no endpoint gives the outbox's logs");
        return false;
    }
    for (size_t i = answer->logs_n; i-- > 0 && claims->n < CLAIMS_N;) {
        claims->n += read_claim(&claims->claim[claims->n], source, &answer->logs[i]);
    }
    return true;
}

/* The newest claims, at least so many where there are. *ret_all: nothing is left to be looked
 * through. False: the look stops. */
static bool find_claims(struct exit_look *look, const struct source *source, size_t least,
                        struct claims *ret, bool *ret_all) {
    bool skips = source->at == SIZE_MAX;
    struct walk walk = walk_from_the_newest(look);
    ret->n = 0;
    for (size_t round = 0; round < source->rounds_n && ret->n < least && !walk.at_the_end;
         round++) {
        for (size_t i = 0; i < rounds[round] && !walk.at_the_end; i++) {
            (void)read_piece(look, source, &walk, ret);
            step_down(&walk, &look->progress, skips);
        }
        if (look->pending || look->failed) {
            return false;
        }
    }
    *ret_all = walk.at_the_end;
    if (skips && ret->n == 0 && !walk.at_the_end) {
        uint64_t final = look->io->heads[CW_SETTLEMENT].final.number.v;
        look->progress.empty_from = walk.to + 1; /* where the next piece would end */
        look->progress.empty_to = final;
    }
    return true;
}

/* --- is it ours? --- */

enum judged {
    JUDGED_COVERS = 1,
    JUDGED_SHORT,  /* ours, and from before the message */
    JUDGED_FALSE,  /* not our rollup's; why says so */
    JUDGED_AHEAD,  /* of a block that is not final here */
    JUDGED_PENDING /* or failed */
};

struct judgement {
    uint64_t block;
    const struct cw_header *header;
    struct cw_nitro_sends sends;
    char why[160];
};

static bool answered(struct exit_look *look, const struct cw_answer *answer) {
    if (answer == NULL) {
        look->pending = true;
    } else if (answer->status != CW_ANSWER_OK) {
        exit_fail(look, "unavailable", "%s",
                  answer->text != NULL ? answer->text : "no endpoint of the rollup answered");
    }
    return answer != NULL && answer->status == CW_ANSWER_OK;
}

/* The block that the claim is about, and what its own header says. */
static enum judged look_up(struct exit_look *look, const struct claim *claim,
                           struct judgement *ret) {
    char hash[CW_HEX_SIZE(32)];
    const struct cw_answer *block = cw_io_block(look->io, CW_EXECUTION, &claim->block_hash);
    if (!answered(look, block)) {
        return JUDGED_PENDING;
    }
    if (!block->included) {
        snprintf(ret->why, sizeof ret->why, "no block of our rollup has the hash %s",
                 cw_hex_encode(hash, cw_slice_of(claim->block_hash.b, 32)));
        return JUDGED_FALSE;
    }
    ret->header = block->header;
    ret->block = block->header->number.v;
    if (!cw_nitro_header_sends(&ret->sends, block->header) ||
        !cw_hash32_equal(&ret->sends.root, &claim->root)) {
        snprintf(ret->why, sizeof ret->why, "L2 block %" PRIu64 " has another send root",
                 ret->block);
        return JUDGED_FALSE;
    }
    return ret->sends.count > look->sent.position ? JUDGED_COVERS : JUDGED_SHORT;
}

static enum judged judge(struct exit_look *look, const struct claim *claim, struct judgement *ret) {
    char hash[CW_HEX_SIZE(32)];
    enum judged judged = look_up(look, claim, ret);
    if (judged != JUDGED_COVERS && judged != JUDGED_SHORT) {
        return judged;
    }
    if (ret->block > look->io->heads[CW_EXECUTION].final.number.v) {
        return JUDGED_AHEAD;
    }
    const struct cw_answer *ours = cw_io_header(look->io, CW_EXECUTION,
                                                (struct cw_block_number){ret->block});
    if (!answered(look, ours)) {
        return JUDGED_PENDING;
    }
    if (!cw_hash32_equal(&ours->header_hash, &claim->block_hash)) {
        snprintf(ret->why, sizeof ret->why, "our L2 block %" PRIu64 " is another one than %s",
                 ret->block, cw_hex_encode(hash, cw_slice_of(claim->block_hash.b, 32)));
        return JUDGED_FALSE;
    }
    return judged;
}

/* --- waiting for one --- */

/* When the confirmation of an assertion that is made about now ends, at the earliest. */
static uint64_t confirmed_s(const struct exit_look *look, uint64_t period) {
    uint64_t blocks = 1, s = ETHEREUM_BLOCK_S, wait, sent = look->message->source.timestamp_s, due;
    if (!look->adapter->on_nitro) {
        pace_of(look, &blocks, &s);
    }
    if (__builtin_mul_overflow(period, s, &wait) ||
        __builtin_add_overflow(sent, wait / blocks, &due) || due <= look->now->timestamp_s) {
        return 0;
    }
    return due;
}

/* Whether an assertion that is not confirmed claims to cover it; only the newest is looked at. */
static bool is_asserted(struct exit_look *look, bool *ret) {
    const struct source source = asserted(look->adapter);
    struct claims claims;
    struct judgement about;
    bool all;
    if (!find_claims(look, &source, 1, &claims, &all)) {
        return false;
    }
    enum judged judged = claims.n > 0 ? look_up(look, &claims.claim[0], &about) : JUDGED_SHORT;
    *ret = judged == JUDGED_COVERS;
    return judged != JUDGED_PENDING;
}

static void wait_for_root(struct exit_look *look, uint64_t newest, bool any) {
    bool committed = false;
    uint64_t period = 0, paused = 0;
    exit_read_u64(look, &look->adapter->rollup, SEL_CONFIRM_PERIOD, &period);
    exit_read_u64(look, &look->adapter->rollup, SEL_ROLLUP_PAUSED, &paused);
    (void)is_asserted(look, &committed);
    if (exit_stops(look)) {
        return;
    }
    char of[80] = "no send root is confirmed since then";
    if (any) {
        snprintf(of, sizeof of, "the newest confirmed send root is of L2 block %" PRIu64, newest);
    }
    const uint64_t due_s = confirmed_s(look, period);
    look->decision->earliest_s = due_s;
    exit_wait(look, committed ? CW_STAGE_ROOT_COMMITTED : CW_STAGE_SOURCE_FINAL, "no_root", due_s,
              "sent in L2 block %" PRIu64 ", %s; %s, and is confirmed %" PRIu64
              " blocks of the settlement layer after it was made, if nobody disputes it%s",
              look->message->source.number.v, of,
              committed ? "an assertion covers it" : "no assertion covers it yet", period,
              paused != 0 ? " (the rollup is paused: nothing is confirmed meanwhile)" : "");
}

static void mismatch(struct exit_look *look, const struct claim *claim, const char *why) {
    char root[CW_HEX_SIZE(32)];
    exit_wait(look, CW_STAGE_SOURCE_FINAL, "root_mismatch", 0,
              "the confirmed send root %s is not our rollup's: %s",
              cw_hex_encode(root, cw_slice_of(claim->root.b, 32)), why);
}

/* --- proving under one --- */

static bool stands(struct exit_look *look, const struct cw_hash32 *root, bool *ret) {
    struct cw_hash32 block;
    if (!exit_read(look, look->now, &look->adapter->outbox, SEL_ROOTS, root, &block)) {
        return false;
    }
    *ret = !cw_hash32_is_zero(&block);
    return true;
}

static bool encode_header(struct exit_look *look, struct exit_evidence *e,
                          const struct cw_header *header) {
    size_t n = 0;
    uint8_t *p = cw_arena_alloc(look->io->arena, CW_HEADER_RLP_MAX);
    if (p == NULL) {
        look->io->overflow = true;
        return false;
    }
    if (cw_header_encode(p, CW_HEADER_RLP_MAX, &n, header) != CW_OK ||
        cw_header_decode(&e->header, cw_slice_of(p, n)) != CW_OK) {
        return false;
    }
    e->header_rlp = cw_slice_of(p, n);
    return true;
}

static void prove_under(struct exit_look *look, const struct claim *claim,
                        const struct judgement *about) {
    struct exit_evidence evidence;
    bool known = false;
    memset(&evidence, 0, sizeof evidence);
    evidence.block.v = about->block;
    evidence.root = about->sends.root;
    evidence.size = about->sends.count;
    evidence.position = look->sent.position;
    if (!encode_header(look, &evidence, about->header)) {
        exit_wait(look, CW_STAGE_ROOT_COMMITTED, "evidence_invalid", 0,
                  "the header of L2 block %" PRIu64 " does not fit", about->block);
        return;
    }
    (void)stands(look, &claim->root, &known);
    bool proved = exit_prove(look, &evidence);
    if (exit_stops(look)) {
        return;
    }
    if (!known) {
        exit_wait(look, CW_STAGE_SOURCE_FINAL, "unexpected_answer", 0,
                  "the outbox does not know the send root that its own log names");
        return;
    }
    if (!proved) {
        return;
    }
    if (exit_evidence_verify(&evidence, &claim->block_hash, &look->sent).verdict != CW_VALID) {
        exit_wait(look, CW_STAGE_ROOT_COMMITTED, "evidence_invalid", 0,
                  "what was proved does not hold up");
        return;
    }
    exit_act(look, &evidence, true);
}

/* --- all of it --- */

/* The stored evidence, when it still serves. */
static bool stored_serves(struct exit_look *look, struct exit_evidence *ret) {
    bool known = false;
    if (look->message->evidence.n == 0 ||
        exit_evidence_decode(ret, look->message->evidence) != CW_OK ||
        ret->block.v > look->io->heads[CW_EXECUTION].final.number.v) {
        return false;
    }
    const struct cw_answer *header = cw_io_header(look->io, CW_EXECUTION, ret->block);
    bool has_header = answered(look, header);
    return stands(look, &ret->root, &known) && has_header && known &&
           exit_evidence_verify(ret, &header->header_hash, &look->sent).verdict == CW_VALID;
}

/* The newest one does not serve: some that are older, asked about together. False: the look stops.
 */
static bool look_behind(struct exit_look *look, const struct source *source, struct claims *claims,
                        bool *ret_all) {
    struct judgement unused;
    if (!find_claims(look, source, CLAIMS_N, claims, ret_all)) {
        return false;
    }
    for (size_t i = 1; i < claims->n; i++) {
        (void)judge(look, &claims->claim[i], &unused);
    }
    return !look->pending && !look->failed;
}

static void choose(struct exit_look *look, const struct source *source, struct claims *claims,
                   bool all) {
    struct judgement about, ahead = {.block = 0};
    const struct claim *false_one = NULL;
    char why[sizeof about.why] = "";
    for (size_t i = 0; i < claims->n; i++) {
        const struct claim *claim = &claims->claim[i];
        enum judged judged = judge(look, claim, &about);
        bool serves_not = judged == JUDGED_FALSE || judged == JUDGED_AHEAD;
        if (i == 0 && serves_not && !look_behind(look, source, claims, &all)) {
            judged = JUDGED_PENDING;
        }
        switch (judged) {
        case JUDGED_COVERS:
            prove_under(look, claim, &about);
            return;
        case JUDGED_SHORT:
            i = claims->n; /* what is older covers no more */
            break;
        case JUDGED_FALSE:
            if (false_one == NULL) {
                false_one = claim;
                memcpy(why, about.why, sizeof why);
            }
            about.block = 0;
            break;
        case JUDGED_AHEAD:
            ahead = about;
            about.block = 0;
            break;
        case JUDGED_PENDING:
            (void)exit_stops(look);
            return;
        }
    }
    if (ahead.block != 0) {
        exit_wait(look, CW_STAGE_ROOT_COMMITTED, "root_not_final_here", 0,
                  "the confirmed send root is for L2 block %" PRIu64 ", final here is %" PRIu64,
                  ahead.block, look->io->heads[CW_EXECUTION].final.number.v);
    } else if (false_one != NULL) {
        mismatch(look, false_one, why);
    } else if (claims->n == 0 && !all) {
        exit_again(look, CW_STAGE_SOURCE_FINAL, "searching_roots",
                   "looks for the newest confirmed send root, down to block %" PRIu64 " so far",
                   look->progress.empty_from);
    } else {
        wait_for_root(look, claims->n > 0 ? about.block : 0, claims->n > 0);
    }
}

void exit_look_roots(struct exit_look *look) {
    const struct source source = confirmed(look->adapter);
    struct claims claims;
    bool all = false;
    struct exit_evidence stored;
    bool serves = stored_serves(look, &stored);
    if (exit_stops(look)) {
        return;
    }
    if (serves) {
        exit_act(look, &stored, false);
        return;
    }
    if (!find_claims(look, &source, 1, &claims, &all)) {
        (void)exit_stops(look);
        return;
    }
    choose(look, &source, &claims, all);
}

void exit_roots_ahead(struct exit_look *look) {
    struct source newest = confirmed(look->adapter), next = asserted(look->adapter);
    struct exit_evidence stored;
    struct claims claims;
    bool all;
    if (look->message->evidence.n > 0) {
        (void)stored_serves(look, &stored);
        return;
    }
    newest.rounds_n = next.rounds_n = 1;
    (void)find_claims(look, &newest, 1, &claims, &all);
    (void)find_claims(look, &next, 1, &claims, &all);
}
