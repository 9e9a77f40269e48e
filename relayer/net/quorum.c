#include "net/quorum.h"

#include <causeway/keccak.h>

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <monitor/finding.h>

#define LABEL_SIZE 96
#define TEXT_SIZE  320
#define REPORT_MAX 16384
/* Answers that are shown beside one that is another. */
#define AGAINST_MAX 4
#define VOTE_KEPT   ((size_t)64 << 10) /* bytes of an answer */

enum vote_state { VOTE_NONE, VOTE_ASKED, VOTE_GIVEN, VOTE_FAILED };

/* One operator's answer. */
struct vote {
    struct cw_quorum *quorum;
    unsigned operator_;
    enum vote_state state;
    uint64_t call;
    uint64_t caught; /* FAILED: the call, when its answer could not be true */
    enum cw_err err; /* GIVEN: CW_OK, CW_ERR_REVERTED or CW_ERR_REFUSED */
    struct cw_hash32 digest;
    struct cw_u256 number;    /* where numbers are compared */
    struct cw_json_doc *doc;  /* the value, where others are waited for before it is handed out */
    struct cw_rpc_said *said; /* GIVEN */
    char endpoint[LABEL_SIZE];
    char text[TEXT_SIZE]; /* FAILED: why */
};

struct cw_quorum {
    struct cw_rpc *rpc;
    struct cw_quorum_request request; /* its texts are the copies below */
    char *method, *params;
    size_t n; /* votes, by rank */
    size_t next;
    size_t open;
    uint64_t anyone; /* one that may be put to anybody: the call that stands for all votes */
    struct vote votes[];
};

static void quorum_free(struct cw_quorum *quorum) {
    for (size_t i = 0; i < quorum->n; i++) {
        cw_json_free(quorum->votes[i].doc);
        cw_rpc_said_unref(quorum->votes[i].said);
    }
    free(quorum->method);
    free(quorum->params);
    free(quorum);
}

void cw_quorum_cancel(struct cw_quorum *quorum) {
    if (quorum == NULL) {
        return;
    }
    for (size_t i = 0; i < quorum->n; i++) {
        if (quorum->votes[i].state == VOTE_ASKED) {
            cw_rpc_cancel(quorum->rpc, quorum->votes[i].call);
        }
    }
    if (quorum->anyone != 0) {
        cw_rpc_cancel(quorum->rpc, quorum->anyone);
    }
    quorum_free(quorum);
}

enum cw_err cw_quorum_digest_text(void *ctx, const struct cw_json *value, struct cw_hash32 *ret) {
    (void)ctx;
    const char *text = cw_json_string(value);
    if (text == NULL) {
        return CW_ERR_INPUT;
    }
    cw_keccak256(ret, cw_slice_of(text, strlen(text)));
    return CW_OK;
}

/* At most a quarter more. */
static bool is_near(const struct cw_u256 *largest, const struct cw_u256 *other) {
    struct cw_u256 four, five;
    return cw_u256_cmp(other, largest) <= 0 && !cw_u256_mul_u64(&four, largest, 4) &&
           !cw_u256_mul_u64(&five, other, 5) && cw_u256_cmp(&four, &five) <= 0;
}

/* Where numbers are compared, a is the largest of those that agree with it. */
static bool same(const struct vote *a, const struct vote *b) {
    if (a->state != VOTE_GIVEN || b->state != VOTE_GIVEN || a->err != b->err) {
        return false;
    }
    return a->quorum->request.number != NULL && a->err == CW_OK
               ? is_near(&a->number, &b->number)
               : cw_hash32_equal(&a->digest, &b->digest);
}

/* How many gave the answer that most gave; *ret_first is the first of them. */
static size_t largest(const struct cw_quorum *quorum, const struct vote **ret_first) {
    size_t most = 0;
    *ret_first = NULL;
    for (size_t i = 0; i < quorum->n; i++) {
        size_t equal = 0;
        for (size_t k = 0; k < quorum->n; k++) {
            equal += same(&quorum->votes[i], &quorum->votes[k]);
        }
        if (equal > most) {
            most = equal;
            *ret_first = &quorum->votes[i];
        }
    }
    return most;
}

static void describe(char out[TEXT_SIZE], const struct vote *vote) {
    char hex[CW_HEX_SIZE(32)], number[CW_U256_DEC_SIZE];
    switch (vote->state) {
    case VOTE_GIVEN:
        cw_hex_encode(hex, cw_slice_of(vote->digest.b, 32));
        if (vote->err == CW_ERR_REFUSED) {
            snprintf(out, TEXT_SIZE, "%s", vote->text);
        } else if (vote->err == CW_OK && vote->quorum->request.number != NULL) {
            snprintf(out, TEXT_SIZE, "answered %s", cw_u256_to_dec(number, &vote->number));
        } else {
            snprintf(out, TEXT_SIZE, "%s (digest %.10s)",
                     vote->err == CW_OK ? "answered" : "said that it reverts", hex);
        }
        return;
    case VOTE_FAILED:
        snprintf(out, TEXT_SIZE, "%s", vote->text);
        return;
    case VOTE_ASKED:
    case VOTE_NONE:
        snprintf(out, TEXT_SIZE, "was not waited for");
        return;
    }
}

/* Those who gave another answer than k did. */
static void accuse(const struct cw_quorum *quorum, const struct vote *winner) {
    bool forgives = quorum->request.forgives || quorum->request.number != NULL;
    struct cw_rpc_said *against[AGAINST_MAX];
    size_t against_n = 0;
    for (size_t i = 0; i < quorum->n && against_n < AGAINST_MAX; i++) {
        if (same(&quorum->votes[i], winner) && quorum->votes[i].said != NULL) {
            against[against_n++] = quorum->votes[i].said;
        }
    }
    for (size_t i = 0; i < quorum->n && !forgives; i++) {
        const struct vote *vote = &quorum->votes[i];
        if (vote->state != VOTE_GIVEN || same(vote, winner)) {
            continue;
        }
        char own[TEXT_SIZE], other[TEXT_SIZE], detail[2 * TEXT_SIZE + 200];
        char note[CW_FINDING_NOTE_SIZE];
        describe(own, vote);
        describe(other, winner);
        snprintf(detail, sizeof(detail), "%s, where %u operators, %s among them, %s", own,
                 quorum->request.k, winner->endpoint, other);
        const struct cw_rpc_finding finding = {
            .endpoint = vote->endpoint,
            .method = quorum->method,
            .params = quorum->params,
            .text = cw_finding_note(note, CW_FINDING_OUTVOTED, detail),
            .said = vote->said,
            .against = against,
            .against_n = against_n,
        };
        cw_rpc_accuse(quorum->rpc, &finding);
    }
}

/* What k of those who failed have in common: what one of them alone says decides nothing. Where a
 * refusal can be an answer those that are none are no better than silence. */
static enum cw_err shared_failure(const struct cw_quorum *quorum) {
    for (size_t i = 0; i < quorum->n; i++) {
        size_t equal = 0;
        for (size_t k = 0; k < quorum->n && quorum->votes[i].state == VOTE_FAILED; k++) {
            equal += quorum->votes[k].state == VOTE_FAILED &&
                     quorum->votes[k].err == quorum->votes[i].err;
        }
        bool no_answer = quorum->votes[i].err == CW_ERR_REFUSED && quorum->request.refusal != NULL;
        if (equal >= quorum->request.k && !no_answer) {
            return quorum->votes[i].err;
        }
    }
    return CW_ERR_TRANSPORT;
}

/* Nobody is left who could make it k. */
static void give_up(struct cw_quorum *quorum) {
    struct cw_buf report;
    cw_buf_init(&report, REPORT_MAX);
    if (quorum->request.one_by_one) {
        cw_buf_format(&report, "%s: none of %zu took it", quorum->method, quorum->n);
    } else {
        cw_buf_format(&report, "%s: %u operators must agree", quorum->method, quorum->request.k);
    }
    const struct vote *first = NULL;
    bool split = false;
    for (size_t i = 0; i < quorum->n; i++) {
        const struct vote *vote = &quorum->votes[i];
        char said[TEXT_SIZE];
        describe(said, vote);
        cw_buf_format(&report, "; %s %s", cw_rpc_operator_name(quorum->rpc, vote->operator_), said);
        if (vote->state == VOTE_GIVEN) {
            split = split || (first != NULL && !same(first, vote) && !same(vote, first));
            first = first == NULL ? vote : first;
        }
    }
    const char *text = cw_buf_cstr(&report);
    struct cw_rpc_result result = {
        .err = split ? CW_ERR_CONTRADICTED : shared_failure(quorum),
        .text = text == NULL ? "out of memory" : text,
        .endpoint = first == NULL ? "" : first->endpoint,
    };
    quorum->request.done(quorum->request.ctx, &result);
    cw_buf_done(&report);
    quorum_free(quorum);
}

static enum cw_err on_check(void *ctx, const struct cw_json *value, struct cw_error *error) {
    const struct cw_quorum *quorum = ((const struct vote *)ctx)->quorum;
    return quorum->request.check(quorum->request.ctx, value, error);
}

static void on_vote(void *ctx, const struct cw_rpc_result *result);

static void ask_next(struct cw_quorum *quorum) {
    struct vote *vote = &quorum->votes[quorum->next++];
    const struct cw_rpc_request request = {
        .method = quorum->method,
        .params = quorum->params,
        .class_ = quorum->request.class_,
        .state_of = quorum->request.state_of,
        .block_by_hash = quorum->request.block_by_hash,
        .once = true,
        .keep = quorum->request.keep > VOTE_KEPT ? quorum->request.keep : VOTE_KEPT,
        .operator_ = vote->operator_,
        .check = quorum->request.check == NULL ? NULL : on_check,
        .done = on_vote,
        .ctx = vote,
    };
    vote->call = cw_rpc_submit(quorum->rpc, &request);
    vote->state = vote->call != 0 ? VOTE_ASKED : VOTE_FAILED;
    if (vote->call == 0) {
        vote->err = CW_ERR_MEMORY;
        snprintf(vote->text, sizeof(vote->text), "out of memory");
    } else {
        quorum->open++;
    }
}

/* Hands the answer out that k gave. current: that of the vote that came last. */
static void decide(struct cw_quorum *quorum, const struct vote *winner,
                   const struct cw_rpc_result *current) {
    struct cw_error error = {CW_OK, ""};
    struct cw_rpc_result result = *current;
    if (winner->doc != NULL) {
        result = (struct cw_rpc_result){.err = winner->err,
                                        .value = cw_json_root(winner->doc),
                                        .text = "",
                                        .endpoint = winner->endpoint,
                                        .said = winner->said};
    }
    accuse(quorum, winner);
    for (size_t i = 0; i < quorum->n; i++) {
        if (quorum->votes[i].caught != 0) {
            cw_rpc_contrast(quorum->rpc, quorum->votes[i].caught, winner->said);
        }
    }
    if (result.err == CW_OK && quorum->request.check != NULL) {
        result.err = quorum->request.check(quorum->request.ctx, result.value, &error);
        result.text = error.text;
    }
    quorum->request.done(quorum->request.ctx, &result);
    cw_quorum_cancel(quorum);
}

static void settle(struct cw_quorum *quorum, const struct cw_rpc_result *current) {
    const struct vote *winner;
    size_t most = largest(quorum, &winner), k = quorum->request.k;
    if (quorum->request.everybody && quorum->open > 0) {
        return;
    }
    if (most >= k) {
        assert(winner != NULL);
        decide(quorum, winner, current);
        return;
    }
    while (most + quorum->open < k && quorum->next < quorum->n) {
        ask_next(quorum);
    }
    if (quorum->open == 0) {
        give_up(quorum);
    }
}

/* What the answer says, for the comparison. */
static enum cw_err read_vote(struct vote *vote, const struct cw_rpc_result *result) {
    const struct cw_quorum *quorum = vote->quorum;
    const struct cw_quorum_request *request = &quorum->request;
    if (result->err == CW_ERR_REVERTED && !request->everybody && !request->revert_fails) {
        cw_keccak256(&vote->digest, result->revert);
        return CW_OK;
    }
    if (result->err == CW_ERR_REFUSED && request->refusal != NULL &&
        request->refusal(result->text)) {
        snprintf(vote->text, sizeof(vote->text), "%s", result->text);
        return CW_OK;
    }
    if (result->err != CW_OK) {
        return result->err;
    }
    enum cw_err err = request->number != NULL
                          ? request->number(request->ctx, result->value, &vote->number)
                          : request->digest(request->ctx, result->value, &vote->digest);
    /* The one that is handed out need not be the one that comes last. */
    if (err == CW_OK && (request->everybody || request->number != NULL)) {
        err = cw_json_copy(&vote->doc, result->value);
    }
    return err;
}

static void on_vote(void *ctx, const struct cw_rpc_result *result) {
    struct vote *vote = ctx;
    struct cw_quorum *quorum = vote->quorum;
    quorum->open--;
    vote->caught = result->err == CW_ERR_CONTRADICTED ? vote->call : 0;
    vote->call = 0;
    snprintf(vote->endpoint, sizeof(vote->endpoint), "%s", result->endpoint);
    vote->said = cw_rpc_said_ref(result->said);
    enum cw_err err = read_vote(vote, result);
    vote->state = err == CW_OK ? VOTE_GIVEN : VOTE_FAILED;
    vote->err = err == CW_OK ? result->err : err;
    if (err != CW_OK) {
        snprintf(vote->text, sizeof(vote->text), "%s",
                 result->err != CW_OK ? result->text : cw_err_name(err));
    }
    settle(quorum, result);
}

static enum cw_err on_anyone_check(void *ctx, const struct cw_json *value, struct cw_error *error) {
    const struct cw_quorum *quorum = ctx;
    return quorum->request.check(quorum->request.ctx, value, error);
}

static void on_anyone(void *ctx, const struct cw_rpc_result *result) {
    struct cw_quorum *quorum = ctx;
    quorum->request.done(quorum->request.ctx, result);
    quorum_free(quorum);
}

/* One is enough: who fails is followed by the next one, within a single call. */
static struct cw_quorum *ask_anyone(struct cw_rpc *rpc, const struct cw_quorum_request *asked) {
    struct cw_quorum *quorum = calloc(1, sizeof(*quorum));
    if (quorum == NULL) {
        return NULL;
    }
    quorum->rpc = rpc;
    quorum->request = *asked;
    const struct cw_rpc_request request = {
        .method = asked->method,
        .params = asked->params,
        .class_ = asked->class_,
        .once = asked->once,
        .keep = asked->keep,
        .state_of = asked->state_of,
        .block_by_hash = asked->block_by_hash,
        .give_up_ms = asked->give_up_ms,
        .not_operator = asked->not_operator,
        .check = asked->check == NULL ? NULL : on_anyone_check,
        .done = on_anyone,
        .ctx = quorum,
    };
    quorum->anyone = cw_rpc_submit(rpc, &request);
    if (quorum->anyone == 0) {
        quorum_free(quorum);
        return NULL;
    }
    return quorum;
}

struct cw_quorum *cw_quorum_submit(struct cw_rpc *rpc, const struct cw_quorum_request *request) {
    if (request->k == 1 && !request->everybody && !request->one_by_one) {
        return ask_anyone(rpc, request);
    }
    unsigned operators = cw_rpc_operators(rpc);
    assert(request->k >= 1 && request->k <= operators);
    struct cw_quorum *quorum = calloc(1, sizeof(*quorum) + operators * sizeof(quorum->votes[0]));
    unsigned *ranked = calloc(operators, sizeof(*ranked));
    if (quorum == NULL || ranked == NULL) {
        free(quorum);
        free(ranked);
        return NULL;
    }
    quorum->rpc = rpc;
    quorum->request = *request;
    quorum->method = strdup(request->method);
    quorum->params = strdup(request->params);
    quorum->n = operators;
    cw_rpc_operators_ranked(rpc, ranked);
    for (unsigned i = 0; i < operators; i++) {
        quorum->votes[i].quorum = quorum;
        quorum->votes[i].operator_ = ranked[(request->first + i) % operators];
    }
    free(ranked);
    size_t first = request->everybody ? operators : request->k;
    while (quorum->method != NULL && quorum->params != NULL && quorum->next < first) {
        ask_next(quorum);
    }
    if (quorum->open == 0) {
        quorum_free(quorum);
        return NULL;
    }
    return quorum;
}
