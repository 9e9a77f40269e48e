/* What k operators say of the heads. */
#include "watch/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define METHOD      "eth_getBlockByNumber"
#define AGAINST_MAX 4 /* answers that are shown beside another */

enum vote_state { VOTE_NONE, VOTE_ASKED, VOTE_GIVEN, VOTE_FAILED };

/* One operator's answer to the question for a tag. */
struct vote {
    struct watch_anchor *anchor;
    unsigned operator_;
    enum vote_state state;
    uint64_t call;
    uint64_t caught;          /* FAILED: the call, when its answer could not be true */
    struct watch_block block; /* GIVEN */
    char endpoint[WATCH_LABEL];
    struct cw_rpc_said *said; /* GIVEN */
    char why[160];            /* FAILED */
    /* A block that it named and that nobody else could judge then. */
    bool has_pledge;
    struct cw_block_ref pledge;
    struct cw_rpc_said *pledge_said;
    char pledged_by[WATCH_LABEL];
    unsigned strays; /* latest blocks in a row that turned out to be on no chain of ours */
};

struct watch_anchor {
    struct cw_watch *watch;
    struct watch_poll *poll;
    bool decided;
    struct cw_block_ref agreed; /* when decided */
    /* Fewer than k named the same block: the header at the height that k have reached. */
    struct cw_quorum *quorum;
    uint64_t height;
    struct watch_block got;
    unsigned open;
    unsigned *ranked; /* operators, for whom to ask first */
    unsigned polls;
    unsigned n;
    bool all; /* all of them were asked; latest: k first, the others when they disagree */
    struct vote votes[]; /* one an operator */
};

bool watch_quorate(const struct cw_watch *watch) {
    return watch->config.quorum > 1;
}

/* --- the tags --- */

/* What those said who named the agreed block; how many. */
static size_t agreed_said(const struct watch_anchor *anchor, const struct cw_hash32 *agreed,
                          struct cw_rpc_said *ret[AGAINST_MAX]) {
    size_t n = 0;
    for (unsigned i = 0; i < anchor->n && n < AGAINST_MAX; i++) {
        const struct vote *vote = &anchor->votes[i];
        if (vote->state == VOTE_GIVEN && vote->said &&
            cw_hash32_equal(&vote->block.h.ref.hash, agreed))
            ret[n++] = vote->said;
    }
    if (n == 0)
        ret[0] = watch_heard(anchor->watch, agreed, NULL);
    return n > 0 ? n : ret[0] != NULL;
}

static void accuse_of(struct watch_anchor *anchor, const char *endpoint,
                      const struct cw_block_ref *named, const struct cw_hash32 *agreed,
                      struct cw_rpc_said *said) {
    char own[CW_HEX_SIZE(32)], other[CW_HEX_SIZE(32)], detail[CW_FINDING_NOTE_SIZE];
    char note[CW_FINDING_NOTE_SIZE], params[32];
    struct cw_rpc_said *against[AGAINST_MAX];
    cw_hex_encode(own, cw_slice_of(named->hash.b, 32));
    cw_hex_encode(other, cw_slice_of(agreed->b, 32));
    snprintf(detail, sizeof detail,
             "named %s as the %s block %" PRIu64 ", where %u operators have %s", own,
             watch_tag_name(anchor->poll->tag), named->number.v, anchor->watch->config.quorum,
             other);
    snprintf(params, sizeof params, "[\"%s\",false]", watch_tag_name(anchor->poll->tag));
    const struct cw_rpc_finding finding = {
        .endpoint = endpoint,
        .method = METHOD,
        .params = params,
        .text = cw_finding_note(note, CW_FINDING_OUTVOTED, detail),
        .said = said,
        .against = against,
        .against_n = agreed_said(anchor, agreed, against),
    };
    cw_rpc_accuse(anchor->watch->config.rpc, &finding);
}

/* One that is not ours may have been reorganized away: it takes some in a row. */
static void judge_latest(struct vote *vote, const struct cw_block_ref *named,
                         const struct cw_hash32 *ours, const char *endpoint,
                         struct cw_rpc_said *said) {
    if (cw_hash32_equal(&named->hash, ours)) {
        vote->strays = 0;
    } else if (++vote->strays >= WATCH_STRAYS) {
        vote->strays = 0;
        accuse_of(vote->anchor, endpoint, named, ours, said);
    }
}

static void judge_one(struct vote *vote, const struct cw_block_ref *named,
                      const struct cw_hash32 *ours, const char *endpoint,
                      struct cw_rpc_said *said) {
    if (vote->anchor->poll->tag == WATCH_LATEST)
        judge_latest(vote, named, ours, endpoint, said);
    else if (!cw_hash32_equal(&named->hash, ours))
        accuse_of(vote->anchor, endpoint, named, ours, said);
}

/* How far our chain has come on which a block of that tag can be judged. */
static uint64_t judged_upto(const struct watch_anchor *anchor) {
    const struct cw_heads *heads = &anchor->watch->heads;
    return anchor->poll->tag == WATCH_LATEST ? heads->latest.number.v : heads->final.number.v;
}

/* Beside an answer that could not be true: what was agreed. */
static void contrast(struct vote *vote) {
    const struct cw_watch *watch = vote->anchor->watch;
    if (vote->caught)
        cw_rpc_contrast(watch->config.rpc, vote->caught,
                        watch_heard(watch, &vote->anchor->agreed.hash, NULL));
    vote->caught = 0;
}

/* Holds a vote to what was agreed: at once when it is of that height; what it called final, or
 * latest, above that is judged when the agreed head has come so far. */
static void judge(struct vote *vote) {
    struct watch_anchor *anchor = vote->anchor;
    const struct cw_watch *watch = anchor->watch;
    const struct cw_block_ref *said = &vote->block.h.ref;
    contrast(vote);
    if (vote->state == VOTE_GIVEN) {
        if (said->number.v == anchor->agreed.number.v) {
            judge_one(vote, said, &anchor->agreed.hash, vote->endpoint, vote->said);
        } else if (!vote->has_pledge && anchor->poll->tag != WATCH_SAFE) {
            vote->has_pledge = true;
            vote->pledge = *said;
            cw_rpc_said_unref(vote->pledge_said);
            vote->pledge_said = cw_rpc_said_ref(vote->said);
            watch_copy_label(vote->pledged_by, vote->endpoint);
        }
    }
    if (!vote->has_pledge || !watch->filtered || !watch->have_heads ||
        vote->pledge.number.v > judged_upto(anchor))
        return;
    const struct cw_store_header *kept = watch_window_find(&watch->window, vote->pledge.number.v);
    vote->has_pledge = false;
    if (kept)
        judge_one(vote, &vote->pledge, &kept->ref.hash, vote->pledged_by, vote->pledge_said);
}

static void decide(struct watch_anchor *anchor, const struct watch_block *block,
                   const char *endpoint, struct cw_rpc_said *said) {
    anchor->decided = true;
    anchor->agreed = block->h.ref;
    anchor->poll->got = *block;
    anchor->poll->agreed = true;
    watch_copy_label(anchor->poll->endpoint, endpoint);
    watch_hear(anchor->watch, &block->h.ref.hash, said);
    for (unsigned i = 0; i < anchor->n; i++)
        judge(&anchor->votes[i]);
    watch_tag_read(anchor->poll);
}

static void describe(struct cw_buf *out, const struct vote *vote) {
    char hash[CW_HEX_SIZE(32)];
    cw_buf_format(out,
                  "; %s: ", cw_rpc_operator_name(vote->anchor->watch->config.rpc, vote->operator_));
    if (vote->state == VOTE_GIVEN) {
        cw_hex_encode(hash, cw_slice_of(vote->block.h.ref.hash.b, 32));
        cw_buf_format(out, "%" PRIu64 " %.10s", vote->block.h.ref.number.v, hash);
    } else {
        cw_buf_text(out, vote->why);
    }
}

/* So few answer that nobody contradicts: the newest block is followed all the same, on what there
 * is of a word. It permits nothing. */
static bool followed_on_less(struct watch_anchor *anchor) {
    const struct vote *newest = NULL;
    unsigned given = 0;
    for (unsigned i = 0; i < anchor->n; i++) {
        const struct vote *vote = &anchor->votes[i];
        if (vote->state != VOTE_GIVEN)
            continue;
        given++;
        if (!newest || vote->block.h.ref.number.v > newest->block.h.ref.number.v)
            newest = vote;
    }
    /* Not where hashes prove nothing: what fewer than k say is nothing at all there. */
    if (anchor->poll->tag != WATCH_LATEST || !newest || given >= anchor->watch->config.quorum ||
        anchor->watch->config.mode == CW_MODE_QUORUM)
        return false;
    anchor->poll->got = newest->block;
    anchor->poll->agreed = false;
    watch_copy_label(anchor->poll->endpoint, newest->endpoint);
    watch_tag_read(anchor->poll);
    return true;
}

/* The tag stays where it is. why: of the header that was asked for by its number; or NULL. */
static void fail(struct watch_anchor *anchor, const char *why) {
    anchor->decided = true;
    anchor->agreed = (struct cw_block_ref){0}; /* nobody is held to it */
    if (!why && followed_on_less(anchor))
        return;
    struct cw_buf text;
    cw_buf_init(&text, 16384);
    cw_buf_format(&text, "%u operators must agree on the %s block", anchor->watch->config.quorum,
                  watch_tag_name(anchor->poll->tag));
    for (unsigned i = 0; i < anchor->n; i++)
        describe(&text, &anchor->votes[i]);
    if (why)
        cw_buf_format(&text, "; at %" PRIu64 ": %s", anchor->height, why);
    const char *finished = cw_buf_cstr(&text);
    watch_tag_failed(anchor->poll, finished ? finished : "out of memory");
    cw_buf_done(&text);
}

static enum cw_err check_height(void *ctx, const struct cw_json *value, struct cw_error *error) {
    struct watch_anchor *anchor = ctx;
    return watch_block_read(anchor->watch, &anchor->got, value, &anchor->height, error);
}

static enum cw_err digest_height(void *ctx, const struct cw_json *value, struct cw_hash32 *ret) {
    const struct watch_anchor *anchor = ctx;
    return cw_eth_header_digest(anchor->watch->config.mode, ret, value);
}

static void height_done(void *ctx, const struct cw_rpc_result *result) {
    struct watch_anchor *anchor = ctx;
    anchor->quorum = NULL;
    if (result->err == CW_OK)
        decide(anchor, &anchor->got, result->endpoint, result->said);
    else
        fail(anchor, result->text ? result->text : cw_err_name(result->err));
}

static void ask_height(struct watch_anchor *anchor) {
    struct cw_buf params;
    cw_buf_init(&params, 128);
    cw_eth_params_block_number(&params, (struct cw_block_number){anchor->height});
    const struct cw_quorum_request request = {
        .method = METHOD,
        .params = cw_buf_cstr(&params),
        .class_ = CW_RPC_QUICK,
        .k = anchor->watch->config.quorum,
        .check = check_height,
        .digest = digest_height,
        .forgives = anchor->poll->tag == WATCH_LATEST,
        .keep = WATCH_HEARD_BYTES,
        .done = height_done,
        .ctx = anchor,
    };
    if (request.params)
        anchor->quorum = cw_quorum_submit(anchor->watch->config.rpc, &request);
    cw_buf_done(&params);
    if (!anchor->quorum)
        fail(anchor, "out of memory");
}

/* Whether who gave that vote has the block: it named it, or the next one above it. Where hashes
 * prove nothing the next one says too little of it. */
static bool has(const struct vote *vote, const struct cw_store_header *header) {
    const struct cw_store_header *named = &vote->block.h;
    if (vote->state != VOTE_GIVEN)
        return false;
    if (named->ref.number.v == header->ref.number.v + 1)
        return vote->anchor->watch->config.mode != CW_MODE_QUORUM &&
               cw_hash32_equal(&named->parent, &header->ref.hash);
    return watch_ref_equal(&named->ref, &header->ref) &&
           named->ref.timestamp_s == header->ref.timestamp_s &&
           cw_hash32_equal(&named->parent, &header->parent);
}

/* How many have the block that was named with that vote. */
static unsigned count_same(const struct watch_anchor *anchor, const struct vote *vote) {
    unsigned n = 0;
    for (unsigned i = 0; i < anchor->n && vote->state == VOTE_GIVEN; i++)
        n += has(&anchor->votes[i], &vote->block.h);
    return n;
}

/* How many named a block of that height or a higher one. */
static unsigned count_reached(const struct watch_anchor *anchor, uint64_t height) {
    unsigned n = 0;
    for (unsigned i = 0; i < anchor->n; i++)
        n += anchor->votes[i].state == VOTE_GIVEN &&
             anchor->votes[i].block.h.ref.number.v >= height;
    return n;
}

/* The highest block that k have; NULL: there is none. */
static const struct vote *best(const struct watch_anchor *anchor) {
    const struct vote *best = NULL;
    for (unsigned i = 0; i < anchor->n; i++) {
        const struct vote *vote = &anchor->votes[i];
        if (count_same(anchor, vote) >= anchor->watch->config.quorum &&
            (!best || vote->block.h.ref.number.v > best->block.h.ref.number.v))
            best = vote;
    }
    return best;
}

/* The highest height that k have reached; false: fewer than k named a block. */
static bool find_height(struct watch_anchor *anchor) {
    bool found = false;
    for (unsigned i = 0; i < anchor->n; i++) {
        const struct vote *vote = &anchor->votes[i];
        uint64_t height = vote->block.h.ref.number.v;
        if (vote->state == VOTE_GIVEN &&
            count_reached(anchor, height) >= anchor->watch->config.quorum &&
            (!found || height > anchor->height)) {
            anchor->height = height;
            found = true;
        }
    }
    return found;
}

static void ask_others(struct watch_anchor *anchor);

/* wait: for those who have not answered yet. */
static void settle(struct watch_anchor *anchor, bool wait) {
    const struct vote *vote = best(anchor);
    if (vote)
        decide(anchor, &vote->block, vote->endpoint, vote->said);
    else if (!anchor->all && (anchor->open == 0 || !wait))
        ask_others(anchor);
    else if (anchor->open > 0 && wait)
        return;
    else if (find_height(anchor))
        ask_height(anchor);
    else if (anchor->open == 0)
        fail(anchor, NULL);
}

static enum cw_err check_vote(void *ctx, const struct cw_json *value, struct cw_error *error) {
    struct vote *vote = ctx;
    return watch_block_read(vote->anchor->watch, &vote->block, value, NULL, error);
}

static void on_vote(void *ctx, const struct cw_rpc_result *result) {
    struct vote *vote = ctx;
    struct watch_anchor *anchor = vote->anchor;
    vote->caught = result->err == CW_ERR_CONTRADICTED ? vote->call : 0;
    vote->call = 0;
    anchor->open--;
    vote->state = result->err == CW_OK ? VOTE_GIVEN : VOTE_FAILED;
    watch_copy_label(vote->endpoint, result->endpoint);
    cw_rpc_said_unref(vote->said);
    vote->said = cw_rpc_said_ref(result->said);
    if (result->err != CW_OK)
        snprintf(vote->why, sizeof vote->why, "%s",
                 result->text ? result->text : cw_err_name(result->err));
    else if (anchor->poll->tag == WATCH_LATEST)
        cw_rpc_head_seen(anchor->watch->config.rpc, vote->endpoint, vote->block.h.ref.number.v);
    if (!anchor->decided && !anchor->quorum)
        settle(anchor, true);
    else if (anchor->decided)
        judge(vote); /* it came late */
}

static void ask_operator(struct vote *vote, const char *params) {
    const struct cw_rpc_request request = {
        .method = METHOD,
        .params = params,
        .class_ = CW_RPC_QUICK,
        .once = true,
        .keep = WATCH_HEARD_BYTES,
        .operator_ = vote->operator_,
        .check = check_vote,
        .done = on_vote,
        .ctx = vote,
    };
    vote->call = params ? cw_rpc_submit(vote->anchor->watch->config.rpc, &request) : 0;
    vote->state = vote->call ? VOTE_ASKED : VOTE_FAILED;
    if (vote->call)
        vote->anchor->open++;
    else
        snprintf(vote->why, sizeof vote->why, "out of memory");
}

/* What is under way is no longer waited for. */
static void forget_votes(struct watch_anchor *anchor) {
    for (unsigned i = 0; i < anchor->n; i++)
        if (anchor->votes[i].call) {
            cw_rpc_cancel(anchor->watch->config.rpc, anchor->votes[i].call);
            anchor->votes[i].call = 0;
        }
    cw_quorum_cancel(anchor->quorum);
    anchor->quorum = NULL;
    anchor->open = 0;
}

static struct watch_anchor *anchor_new(struct watch_poll *poll) {
    unsigned n = cw_rpc_operators(poll->watch->config.rpc);
    struct watch_anchor *anchor = calloc(1, sizeof *anchor + n * sizeof anchor->votes[0]);
    unsigned *ranked = calloc(n, sizeof *ranked);
    if (!anchor || !ranked) {
        free(anchor);
        free(ranked);
        return NULL;
    }
    anchor->ranked = ranked;
    anchor->watch = poll->watch;
    anchor->poll = poll;
    anchor->decided = true;
    anchor->n = n;
    for (unsigned i = 0; i < n; i++) {
        anchor->votes[i].anchor = anchor;
        anchor->votes[i].operator_ = i + 1;
    }
    return anchor;
}

static void ask(struct watch_anchor *anchor, const unsigned *operators, unsigned n) {
    struct cw_buf params;
    cw_buf_init(&params, 64);
    cw_eth_params_block(&params, watch_tag_name(anchor->poll->tag));
    for (unsigned i = 0; i < n; i++)
        if (anchor->votes[operators[i] - 1].state == VOTE_NONE)
            ask_operator(&anchor->votes[operators[i] - 1], cw_buf_cstr(&params));
    cw_buf_done(&params);
}

static void ask_others(struct watch_anchor *anchor) {
    anchor->all = true;
    cw_rpc_operators_ranked(anchor->watch->config.rpc, anchor->ranked);
    ask(anchor, anchor->ranked, anchor->n);
    if (anchor->open == 0)
        settle(anchor, true); /* nobody could be asked */
}

void watch_anchor_ask(struct watch_poll *poll) {
    if (!poll->anchor)
        poll->anchor = anchor_new(poll);
    struct watch_anchor *anchor = poll->anchor;
    if (!anchor) {
        watch_tag_failed(poll, "out of memory");
        return;
    }
    if (!anchor->decided) { /* under way; each of its calls ends */
        if (poll->tag == WATCH_LATEST && !anchor->quorum)
            settle(anchor, false);
        return;
    }
    forget_votes(anchor);
    anchor->decided = false;
    /* Who is never asked is never caught either. */
    anchor->all = poll->tag != WATCH_LATEST || ++anchor->polls % WATCH_ALL_POLLS == 0;
    for (unsigned i = 0; i < anchor->n; i++)
        anchor->votes[i].state = VOTE_NONE;
    cw_rpc_operators_ranked(anchor->watch->config.rpc, anchor->ranked);
    ask(anchor, anchor->ranked, anchor->all ? anchor->n : anchor->watch->config.quorum);
    if (anchor->open == 0)
        settle(anchor, true);
}

void watch_anchor_free(struct watch_poll *poll) {
    if (!poll->anchor)
        return;
    forget_votes(poll->anchor);
    for (unsigned i = 0; i < poll->anchor->n; i++) {
        cw_rpc_said_unref(poll->anchor->votes[i].said);
        cw_rpc_said_unref(poll->anchor->votes[i].pledge_said);
    }
    free(poll->anchor->ranked);
    free(poll->anchor);
    poll->anchor = NULL;
}
