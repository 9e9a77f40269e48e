/* A withdrawal behind OptimismPortal2: a proof a submitter, each in a dispute game. */
#include "opstack/game.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Submitters that are looked at beside ourselves, and distinct games of theirs. Whoever wants to
 * hide an honest proof behind more of them pays for each; ours is always looked at. */
#define SUBMITTERS_MAX 16
#define GAMES_MAX      6

struct proof {
    struct cw_addr20 submitter;
    struct cw_addr20 game_at;
    uint64_t proven_s; /* 0: none */
    bool own;
    bool unverifiable; /* its root cannot be checked here (now) */
    const struct game *game;
    uint64_t resolved_s; /* 0: not resolved */
    uint64_t ready_s;    /* first timestamp at which it may be finalized, as far as it is known */
};

struct state {
    struct game_rules rules;
    uint64_t maturity_s;
    uint64_t air_gap_s;
    uint64_t submitters_n;
    uint64_t games_n;
    struct proof proofs[SUBMITTERS_MAX + 1];
    size_t proofs_n;
    struct game games[GAMES_MAX];
    size_t proof_games_n;
};

static void read_state(struct look *look, struct state *s) {
    const struct cw_adapter *a = look->adapter;
    uint64_t type = 0;
    memset(s, 0, sizeof *s);
    look_u64(look, &a->portal, SEL_RESPECTED_TYPE, NULL, &type);
    look_u64(look, &a->portal, SEL_RESPECTED_SINCE, NULL, &s->rules.since_s);
    look_bool(look, look->now, &a->portal, SEL_PAUSED, NULL, &s->rules.paused);
    look_u64(look, &a->portal, SEL_PROOF_MATURITY, NULL, &s->maturity_s);
    look_u64(look, &a->portal, SEL_GAME_FINALITY, NULL, &s->air_gap_s);
    look_u64(look, &a->portal, SEL_SUBMITTERS_N, &look->message->id, &s->submitters_n);
    look_u64(look, &a->roots, SEL_GAME_COUNT, NULL, &s->games_n);
    look_load_evidence(look);
    if (type > UINT32_MAX) {
        look_unexpected(look, "respectedGameType()", &a->portal);
    }
    s->rules.type = (uint32_t)type;
}

void look_games_ahead(struct look *look) {
    struct state state;
    read_state(look, &state);
}

/* --- who proved it, and in which games --- */

static bool is_self(const struct look *look, const struct cw_addr20 *a) {
    return !cw_addr20_is_zero(&look->self->submitter) && cw_addr20_equal(&look->self->submitter, a);
}

static void add_submitter(struct look *look, struct state *s, const struct cw_addr20 *submitter) {
    for (size_t i = 0; i < s->proofs_n; i++) {
        if (cw_addr20_equal(&s->proofs[i].submitter, submitter)) {
            return; /* who proves again is listed again */
        }
    }
    struct proof *proof = &s->proofs[s->proofs_n++];
    memset(proof, 0, sizeof *proof);
    proof->submitter = *submitter;
    proof->own = is_self(look, submitter);
}

static void read_submitters(struct look *look, struct state *s) {
    if (!cw_addr20_is_zero(&look->self->submitter)) {
        add_submitter(look, s, &look->self->submitter);
    }
    for (uint64_t i = 0; i < s->submitters_n && i < SUBMITTERS_MAX; i++) {
        struct cw_hash32 words[2] = {look->message->id, opstack_word_u64(i)};
        struct cw_addr20 submitter;
        if (look_addr20(look, &look->adapter->portal, SEL_SUBMITTERS, words, 2, &submitter)) {
            add_submitter(look, s, &submitter);
        }
    }
}

static void read_proof(struct look *look, struct proof *proof) {
    struct cw_hash32 words[2] = {look->message->id, opstack_word_addr20(&proof->submitter)};
    struct cw_slice data;
    if (look_call(look, CW_SETTLEMENT, look->now, &look->adapter->portal, SEL_PROVEN_BY_SUBMITTER,
                  words, 2, &data) == LOOK_NOTHING) {
        return;
    }
    struct cw_abi in = cw_abi_open(data);
    if (data.n != 64 || cw_abi_addr20(&in, &proof->game_at) != CW_OK ||
        cw_abi_u64(&in, &proof->proven_s) != CW_OK) {
        look_unexpected(look, "provenWithdrawals()", &look->adapter->portal);
    }
}

static struct game *game_of(struct state *s, const struct cw_addr20 *at) {
    for (size_t i = 0; i < s->proof_games_n; i++) {
        if (cw_addr20_equal(&s->games[i].at, at)) {
            return &s->games[i];
        }
    }
    if (s->proof_games_n == GAMES_MAX) {
        return NULL;
    }
    struct game *game = &s->games[s->proof_games_n++];
    memset(game, 0, sizeof *game);
    game->at = *at;
    game->readable = true;
    return game;
}

static void read_game(struct look *look, const struct state *s, struct game *game) {
    uint64_t type = UINT64_MAX;
    look_u64(look, &game->at, SEL_GAME_CREATED, NULL, &game->created_s);
    if (!look->adapter->judged_at_creation) {
        look_u64(look, &game->at, SEL_GAME_TYPE, NULL, &type);
        game->respected = type == s->rules.type;
    }
    game_read_verdict(look, game);
    game_read_refusal(look, game);
    game_read_claim(look, game);
}

/* The proofs may turn out to count for nothing: what the search then asks first is asked now, for a
 * round less. */
static void search_ahead(const struct look *look, const struct state *s, bool page) {
    struct cw_decision unused;
    struct look ahead = *look;
    struct game_search search = {.rules = &s->rules, .count = s->games_n};
    memset(&unused, 0, sizeof unused);
    ahead.decision = &unused;
    game_search_ahead(&ahead, &search, page);
}

/* Everything about the proofs that there are. False: the look stops. */
static bool read_proofs(struct look *look, struct state *s) {
    if (s->submitters_n == 0) {
        return true;
    }
    read_submitters(look, s);
    if (look_stops(look)) {
        return false;
    }
    for (size_t i = 0; i < s->proofs_n; i++) {
        read_proof(look, &s->proofs[i]);
    }
    if (look_stops(look)) {
        return false;
    }
    for (size_t i = 0; i < s->proofs_n; i++) {
        struct proof *proof = &s->proofs[i];
        if (proof->proven_s > 0) {
            proof->game = game_of(s, &proof->game_at);
        }
        if (proof->game != NULL) {
            look_u64(look, &proof->game_at, SEL_GAME_RESOLVED, NULL, &proof->resolved_s);
        }
    }
    for (size_t i = 0; i < s->proof_games_n; i++) {
        read_game(look, s, &s->games[i]);
    }
    search_ahead(look, s, false);
    return !look_stops(look);
}

/* --- which of them count --- */

/* "" when the portal will take it some day, and we have not found its root to be another chain's.
 */
static const char *proof_fault(const struct look *look, const struct state *s,
                               const struct proof *proof) {
    struct cw_hash32 key;
    const char *fault = game_fault(look, &s->rules, proof->game);
    if (fault[0] != '\0') {
        return fault;
    }
    /* Source: contracts-bedrock OptimismPortal2.checkWithdrawal. */
    if (proof->proven_s <= proof->game->created_s) {
        return "it was proven in the block that created the game";
    }
    opstack_reject_key(&key, &proof->game->claim.root, proof->game->claim.at);
    return opstack_is_rejected(&look->progress, &key) ? "its root is not our chain's" : "";
}

/* The valid one that is ready first; *ret_fault says what is wrong with one that is not valid. */
static struct proof *earliest(const struct look *look, struct state *s, bool own_only,
                              const char **ret_fault) {
    struct proof *best = NULL;
    for (size_t i = 0; i < s->proofs_n; i++) {
        struct proof *proof = &s->proofs[i];
        if (proof->game == NULL || proof->unverifiable || (own_only && !proof->own)) {
            continue;
        }
        const char *fault = proof_fault(look, s, proof);
        if (fault[0] != '\0') {
            *ret_fault = fault;
            continue;
        }
        uint64_t mature_s = look_add(look_add(proof->proven_s, s->maturity_s), 1);
        uint64_t resolved_s = proof->game->status == GAME_DEFENDER_WINS ? proof->resolved_s
                                                                        : look->now->timestamp_s;
        uint64_t gap_s = look_add(look_add(resolved_s, s->air_gap_s), 1);
        proof->ready_s = mature_s > gap_s ? mature_s : gap_s;
        if (best == NULL || proof->ready_s < best->ready_s) {
            best = proof;
        }
    }
    return best;
}

/* Whether a stranger's proof, relied on before, moved or went away: he can do it again until the
 * end of days. */
static void watch_stranger(struct look *look, const struct state *s) {
    struct opstack_progress *p = &look->progress;
    if (!p->relies) {
        return;
    }
    for (size_t i = 0; i < s->proofs_n; i++) {
        const struct proof *proof = &s->proofs[i];
        if (cw_addr20_equal(&proof->submitter, &p->submitter) && proof->proven_s > p->proven_s) {
            p->distrusts = true;
            p->relies = false;
        }
    }
}

/* --- the way to finalizing --- */

enum verified { VERIFIED = 1, REJECTED, UNVERIFIABLE, DECIDED };

/* Evidence under the root of the proof's game, from the store or the source. */
static enum verified verify_root(struct look *look, const struct proof *proof,
                                 const char **ret_text) {
    const struct game *game = proof->game;
    struct cw_hash32 key;
    if (look->has_evidence && game_claim_is(&look->evidence, &game->claim)) {
        return VERIFIED;
    }
    struct opstack_evidence evidence;
    *ret_text = "it is not final here";
    switch (game_prove_claim(look, &game->claim, &evidence, ret_text)) {
    case LOOK_PROVED:
        evidence.reference = (struct opstack_reference){.kind = OPSTACK_GAMES,
                                                        .game = proof->game_at};
        look_keep_evidence(look, &evidence);
        return VERIFIED;
    case LOOK_PENDING:
        (void)look_stops(look);
        return DECIDED;
    case LOOK_NOT_FINAL:
    case LOOK_UNAVAILABLE:
        return UNVERIFIABLE;
    case LOOK_OTHER_ROOT:
        break;
    }
    opstack_reject_key(&key, &game->claim.root, game->claim.at);
    opstack_reject(&look->progress, &key);
    return REJECTED;
}

/* When it may be finalized if its game is resolved at that time. */
static uint64_t resolved_from(const struct state *s, uint64_t resolved_s, uint64_t mature_s) {
    uint64_t gap_s = look_add(look_add(resolved_s, s->air_gap_s), 1);
    return gap_s > mature_s ? gap_s : mature_s;
}

static void wait_for_game(struct look *look, const struct state *s, const struct proof *proof) {
    const uint64_t now = look->now->timestamp_s;
    char hex[CW_HEX_SIZE(20)];
    struct cw_slice clock_data, claims_data;
    uint64_t clock_s = 0, claims = 0;
    enum look_got clock = look_call(look, CW_SETTLEMENT, look->now, &proof->game_at, SEL_GAME_CLOCK,
                                    NULL, 0, &clock_data);
    enum look_got list = look_call(look, CW_SETTLEMENT, look->now, &proof->game_at,
                                   SEL_GAME_CLAIMS_N, NULL, 0, &claims_data);
    if (look_stops(look)) {
        return;
    }
    uint64_t mature_s = look_add(look_add(proof->proven_s, s->maturity_s), 1);
    look->decision->earliest_s = resolved_from(s, now, mature_s);
    cw_hex_encode(hex, cw_slice_of(proof->game_at.b, 20));
    struct cw_abi in = cw_abi_open(clock_data), in_claims = cw_abi_open(claims_data);
    if (clock != LOOK_GOT || list != LOOK_GOT || cw_abi_u64(&in, &clock_s) != CW_OK ||
        cw_abi_u64(&in_claims, &claims) != CW_OK) {
        look_wait(look, CW_STAGE_PROVEN, "game_in_progress", 0, "game %s is not resolved", hex);
        return;
    }
    /* An unchallenged root claim can be resolved once its challenger's clock has run out.
     * Source: contracts-bedrock FaultDisputeGame.resolveClaim, getChallengerDuration. */
    uint64_t expiry = look_add(proof->game->created_s, clock_s);
    if (claims <= 1 && now < expiry) {
        look->decision->earliest_s = resolved_from(s, expiry, mature_s);
    }
    if (claims > 1) {
        look_wait(look, CW_STAGE_PROVEN, "game_in_progress", 0,
                  "game %s is contested, with %" PRIu64 " claims", hex, claims);
    } else if (now < expiry) {
        look_wait(look, CW_STAGE_PROVEN, mature_s > expiry ? "proof_maturing" : "game_in_progress",
                  expiry,
                  "game %s can be resolved from %" PRIu64 ", the proof is mature at %" PRIu64, hex,
                  expiry, mature_s);
    } else {
        look_wait(look, CW_STAGE_PROVEN, "game_unresolved", 0,
                  "the clock of game %s ran out at %" PRIu64
                  " and nobody resolved it; anybody may, with resolveClaim and resolve",
                  hex, expiry);
    }
}

static void mature(struct look *look, const struct state *s, const struct proof *proof) {
    char hex[CW_HEX_SIZE(20)];
    if (!proof->own) {
        look->progress.relies = true;
        look->progress.submitter = proof->submitter;
        look->progress.proven_s = proof->proven_s;
    }
    if (proof->game->status == GAME_IN_PROGRESS) {
        wait_for_game(look, s, proof);
        return;
    }
    /* block.timestamp - provenAt > maturity, block.timestamp - resolvedAt > air gap: strictly.
     * Source: contracts-bedrock OptimismPortal2.checkWithdrawal. */
    if (look->now->timestamp_s < proof->ready_s) {
        uint64_t gap_s = look_add(look_add(proof->resolved_s, s->air_gap_s), 1);
        look->decision->earliest_s = proof->ready_s;
        look_wait(look, CW_STAGE_PROVEN, gap_s >= proof->ready_s ? "air_gap" : "proof_maturing",
                  proof->ready_s,
                  "proven at %" PRIu64 " (matures in %" PRIu64 " s), game resolved at %" PRIu64
                  " (air gap %" PRIu64 " s)",
                  proof->proven_s, s->maturity_s, proof->resolved_s, s->air_gap_s);
        return;
    }
    if (s->rules.paused) {
        look_wait(look, CW_STAGE_CHALLENGE_OVER, "paused", 0, "the portal is paused");
        return;
    }
    if (proof->game->refused) {
        look_wait(
            look, CW_STAGE_CHALLENGE_OVER, "claim_refused", 0,
            "all is over as far as it can be told, but the portal's registry does not let game "
            "%s be finalized in",
            cw_hex_encode(hex, cw_slice_of(proof->game_at.b, 20)));
        return;
    }
    look_finalize(look, &proof->submitter);
}

static bool is_ready(const struct look *look, const struct proof *proof) {
    return proof->game->status == GAME_DEFENDER_WINS && proof->ready_s <= look->now->timestamp_s;
}

/* The proof to go by, or NULL: *ret_fault then says why there is none. */
static struct proof *choose(const struct look *look, struct state *s, const char **ret_fault) {
    struct proof *proof = earliest(look, s, false, ret_fault);
    if (proof != NULL && look->progress.distrusts && !is_ready(look, proof) &&
        !cw_addr20_is_zero(&look->self->submitter)) {
        proof = earliest(look, s, true, ret_fault);
        *ret_fault = "whoever proved it keeps moving the time of his proof";
    }
    return proof;
}

/* True when the look is decided or stops; false: there is no proof to go by. */
static bool go_by_proofs(struct look *look, struct state *s, struct game_search *search) {
    const char *text = "", *unused = "";
    for (int i = 0; i < 2; i++) {
        struct proof *own = earliest(look, s, true, &unused);
        struct proof *proof = i > 0 && own != NULL ? own : choose(look, s, &search->why_again);
        if (proof == NULL) {
            return false;
        }
        /* A stranger's proof is waited for beside our own without being verified yet: the evidence
         * for ours stays. */
        bool beside_own = !proof->own && own != NULL && !is_ready(look, proof);
        if (!proof->own && own == NULL) {
            search_ahead(look, s, true);
        }
        switch (beside_own ? VERIFIED : verify_root(look, proof, &text)) {
        case VERIFIED:
            mature(look, s, proof);
            return true;
        case REJECTED:
            /* Anybody may post a false root and prove on it: such a proof is nobody's, and never
             * finalized here. */
            look_again(look, CW_STAGE_SOURCE_FINAL, "proven_on_false_root",
                       "proven on a root that is not our chain's, of L2 %s %" PRIu64
                       "; that proof does not count",
                       proof->game->claim.is_super ? "time" : "block", proof->game->claim.at);
            return true;
        case UNVERIFIABLE:
            break;
        case DECIDED:
            return true;
        }
        /* Nothing is finalized on a root that was not recomputed. A stranger's may be uncheckable
         * for good; our own was verified once, and proving again would only start its clock again.
         */
        if (proof->own) {
            look_unprovable(look, CW_STAGE_PROVEN, proof->game->claim.at, LOOK_HOPE_STATE, text);
            return true;
        }
        proof->unverifiable = true;
        search->why_again = "the root that it was proven on cannot be checked";
        search->newest = true;
    }
    return false;
}

void look_games(struct look *look) {
    struct state s;
    read_state(look, &s);
    if (look_stops(look) || !read_proofs(look, &s)) {
        return;
    }
    struct game_search search = {
        .rules = &s.rules, .count = s.games_n, .why_again = "", .late = s.submitters_n > 0};
    game_check_progress(look, &s.rules, s.games_n);
    watch_stranger(look, &s);
    if (!go_by_proofs(look, &s, &search)) {
        game_search(look, &search);
        look->decision->earliest_s = look_add(look_add(look->now->timestamp_s, s.maturity_s), 1);
    }
}
