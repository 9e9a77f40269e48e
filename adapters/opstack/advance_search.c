/* Which dispute game to prove in: the earliest one that covers the message, counts for the portal,
 * and whose claim is our chain's root. Anybody may create games, so false claims are no news; they
 * are passed over and remembered. */
#include "opstack/game.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PAGE_N     32 /* games in one answer of the factory */
#define PROBES_N   31 /* games whose age is asked at once */
#define PROBINGS   2  /* times that is done in one look */
#define VERDICTS_N 8  /* games whose state is asked at once */
/* A root cannot be older than its L2 block, but the two layers' clocks may differ. */
#define CLOCK_SLACK_S 3600u

struct entry {
    uint64_t index;
    uint64_t created_s;
    struct cw_addr20 at;
    bool has_claim;
    struct game_claim claim;
};

/* Games of the respected type, oldest first. */
struct page {
    struct entry entries[PAGE_N];
    size_t n;
    bool to_the_start; /* there are no older ones of that type */
    bool last;         /* there are no newer ones */
};

struct candidate {
    const struct entry *entry;
    struct game game;
};

struct scan {
    struct look *look;
    const struct game_search *search;
    struct candidate candidates[VERDICTS_N];
    size_t candidates_n;
    bool ahead; /* a game is for a block that is not final here yet */
    bool later; /* what is older can't be proved any more: see collect() */
    const char
        *no_proof; /* what the source's endpoints said of a block that they cannot prove, or NULL */
    uint64_t no_proof_of;
};

static uint64_t oldest_s(const struct look *look) {
    uint64_t sent = look->message->source.timestamp_s;
    return sent > CLOCK_SLACK_S ? sent - CLOCK_SLACK_S : 0;
}

/* --- the factory's list --- */

static bool read_entry(const struct look *look, struct cw_abi *elements, uint32_t type,
                       struct entry *ret) {
    struct cw_abi in;
    struct cw_hash32 id, root;
    struct cw_slice extra;
    if (cw_abi_tuple(elements, &in) != CW_OK || cw_abi_u64(&in, &ret->index) != CW_OK ||
        cw_abi_word(&in, &id) != CW_OK || cw_abi_u64(&in, &ret->created_s) != CW_OK ||
        cw_abi_word(&in, &root) != CW_OK || cw_abi_bytes(&in, &extra) != CW_OK) {
        return false;
    }
    /* type(4) ‖ timestamp(8) ‖ proxy(20). Source: contracts-bedrock dispute/lib/LibUDT.sol,
     * LibGameId. */
    uint32_t id_type = (uint32_t)id.b[0] << 24 | (uint32_t)id.b[1] << 16 | (uint32_t)id.b[2] << 8 |
                       (uint32_t)id.b[3];
    uint64_t id_created = 0;
    for (size_t i = 4; i < 12; i++) {
        id_created = id_created << 8 | id.b[i];
    }
    memcpy(ret->at.b, id.b + 12, sizeof ret->at.b);
    if (id_type != type || id_created != ret->created_s) {
        return false;
    }
    ret->has_claim = game_claim_read(look->adapter, type, &root, extra, &ret->claim);
    return true;
}

/* The PAGE_N newest games at or below start. False: the look stops, or is undone by a malformed
 * answer. */
static bool read_page(struct look *look, uint32_t type, uint64_t start, struct page *ret) {
    struct cw_hash32 words[3] = {opstack_word_u64(type), opstack_word_u64(start),
                                 opstack_word_u64(PAGE_N)};
    struct cw_slice data;
    enum look_got got = look_call(look, CW_SETTLEMENT, look->now, &look->adapter->roots,
                                  SEL_FIND_GAMES, words, 3, &data);
    if (look_stops(look)) {
        return false;
    }
    struct cw_abi in = cw_abi_open(data), elements;
    size_t n = 0;
    bool good = got == LOOK_GOT && cw_abi_array(&in, &elements, &n, 1) == CW_OK && n <= PAGE_N;
    for (size_t i = 0; good && i < n; i++) {
        struct entry *entry = &ret->entries[n - 1 - i];
        good = read_entry(look, &elements, type, entry) && entry->index <= start &&
               (i == 0 || entry->index < ret->entries[n - i].index);
    }
    if (!good) {
        look_unexpected(look, "findLatestGames()", &look->adapter->roots);
        return false;
    }
    ret->n = n;
    ret->to_the_start = n < PAGE_N;
    return true;
}

static bool read_game_at(struct look *look, uint64_t index, uint64_t *type, uint64_t *created_s,
                         struct cw_addr20 *at) {
    struct cw_hash32 word = opstack_word_u64(index);
    struct cw_slice data;
    enum look_got got = look_call(look, CW_SETTLEMENT, look->now, &look->adapter->roots,
                                  SEL_GAME_AT, &word, 1, &data);
    if (got != LOOK_GOT) {
        return false;
    }
    struct cw_abi in = cw_abi_open(data);
    return data.n == 96 && cw_abi_u64(&in, type) == CW_OK && cw_abi_u64(&in, created_s) == CW_OK &&
           cw_abi_addr20(&in, at) == CW_OK;
}

/* --- where to begin --- */

/* One round of the search for the first game that is not older than the message: [cursor,
 * search_end] shrinks. False: the look stops. */
static bool probe(struct look *look) {
    struct opstack_progress *p = &look->progress;
    uint64_t room = p->search_end - p->cursor, step = room / (PROBES_N + 1) + 1;
    uint64_t created[PROBES_N], low = p->cursor, high = p->search_end, type;
    bool got[PROBES_N];
    struct cw_addr20 at;
    size_t n = 0;
    for (uint64_t i = p->cursor + step - 1; i < p->search_end && n < PROBES_N; i += step) {
        got[n] = read_game_at(look, i, &type, &created[n], &at);
        n++;
    }
    if (look_stops(look)) {
        return false;
    }
    for (size_t k = 0; k < n; k++) {
        uint64_t index = p->cursor + step - 1 + k * step;
        if (!got[k]) {
            look_unexpected(look, "gameAtIndex()", &look->adapter->roots);
            return false;
        }
        if (created[k] < oldest_s(look)) {
            low = index + 1;
        } else if (index < high) {
            high = index;
        }
    }
    if (low > high) { /* ages that do not ascend */
        look_unexpected(look, "gameAtIndex()", &look->adapter->roots);
        return false;
    }
    p->cursor = low;
    p->search_end = high;
    return true;
}

static void search_start(struct look *look) {
    struct opstack_progress *p = &look->progress;
    for (int i = 0; i < PROBINGS && p->cursor < p->search_end; i++) {
        if (!probe(look)) {
            return;
        }
    }
    if (p->cursor == p->search_end) {
        p->searching = false;
        p->searched = true;
        p->search_end = 0;
    }
    look_again(look, CW_STAGE_SOURCE_FINAL, "searching_games",
               "looks for the first game of its time, now at %" PRIu64, p->cursor);
}

void game_check_progress(struct look *look, const struct game_rules *rules, uint64_t count) {
    struct opstack_progress *p = &look->progress;
    bool other_rules = p->type != rules->type || p->since_s != rules->since_s;
    if (other_rules) {
        p->rejects_n = 0;
    }
    if (other_rules || p->cursor > count || (p->searching && p->search_end > count)) {
        p->searching = p->searched = false;
        p->cursor = p->search_end = 0;
    }
    p->type = rules->type;
    p->since_s = rules->since_s;
}

/* The games to choose from. False: the look stops or is decided. */
static bool choose_page(struct look *look, const struct game_search *search, bool newest,
                        struct page *ret) {
    struct opstack_progress *p = &look->progress;
    if (p->searching) {
        search_start(look);
        return false;
    }
    /* The newest games serve most messages, and one answer serves them all. */
    if (!read_page(look, search->rules->type, search->count - 1, ret)) {
        return false;
    }
    bool reaches = ret->to_the_start || ret->entries[0].index <= p->cursor;
    ret->last = true;
    if (newest || (p->searched && reaches)) {
        return true;
    }
    if (p->searched) {
        uint64_t start = look_add(p->cursor, PAGE_N - 1);
        ret->last = start >= search->count - 1;
        return read_page(look, search->rules->type,
                         start < search->count ? start : search->count - 1, ret);
    }
    if (ret->to_the_start || ret->entries[0].created_s < oldest_s(look)) {
        return true;
    }
    p->searching = true;
    p->cursor = 0;
    p->search_end = ret->entries[0].index;
    search_start(look);
    return false;
}

/* --- which game --- */

/* A game that can never serve this message, whatever happens to it. */
static bool is_useless(const struct look *look, const struct game_rules *rules,
                       const struct entry *entry) {
    struct cw_hash32 key;
    if (game_retired(look, rules, entry->created_s) || !entry->has_claim ||
        !game_claim_covers(look, &entry->claim)) {
        return true;
    }
    opstack_reject_key(&key, &entry->claim.root, entry->claim.at);
    return opstack_is_rejected(&look->progress, &key);
}

/* The cursor passes what is useless and cannot be reorganized away. Nothing between the cursor and
 * the page may have been left out. */
static void move_cursor(struct look *look, const struct game_rules *rules,
                        const struct page *page) {
    struct opstack_progress *p = &look->progress;
    bool reaches = page->to_the_start || page->n == 0 ||
                   (p->searched ? page->entries[0].index <= p->cursor || !page->last
                                : page->entries[0].created_s < oldest_s(look));
    if (!reaches) {
        return; /* the newest ones, out of turn */
    }
    uint64_t final_s = look->io->heads[CW_SETTLEMENT].final.timestamp_s;
    for (size_t i = 0; i < page->n; i++) {
        const struct entry *entry = &page->entries[i];
        bool early = entry->index < p->cursor ||
                     (!p->searched && entry->created_s < oldest_s(look));
        if (early) {
            continue;
        }
        if (!p->searched) {
            p->searched = true;
            p->cursor = entry->index;
        }
        if (entry->created_s > final_s || !is_useless(look, rules, entry)) {
            return;
        }
        p->cursor = entry->index + 1;
    }
}

/* Whether the game may serve now, as far as the factory's list says. */
static bool may_serve(struct scan *scan, const struct entry *entry) {
    const struct look *look = scan->look;
    if (entry->index < look->progress.cursor || is_useless(look, scan->search->rules, entry)) {
        return false;
    }
    bool ahead = !game_claim_is_final(look, &entry->claim);
    scan->ahead = scan->ahead || ahead;
    return !ahead;
}

static void add_candidate(struct scan *scan, const struct entry *entry) {
    struct candidate *candidate = &scan->candidates[scan->candidates_n++];
    memset(candidate, 0, sizeof *candidate);
    candidate->entry = entry;
    candidate->game = (struct game){.at = entry->at,
                                    .created_s = entry->created_s,
                                    .respected = true,
                                    .readable = true,
                                    .claim = entry->claim};
}

/* Candidates of the page with what the portal thinks of them, oldest first. Where old blocks can't
 * be proved any more: the newest, and some at distances from it that double, so that the oldest
 * that can be proved is missed by half at most. False: the look stops. */
static bool collect(struct scan *scan, const struct page *page) {
    const struct entry *chosen[VERDICTS_N];
    size_t n = 0, served = 0;
    for (size_t i = 0; i < page->n && n < VERDICTS_N; i++) {
        const struct entry *entry = &page->entries[scan->later ? page->n - 1 - i : i];
        if (!may_serve(scan, entry)) {
            continue;
        }
        if (!scan->later || (served & (served + 1)) == 0) {
            chosen[n++] = entry;
        }
        served++;
    }
    scan->candidates_n = 0;
    for (size_t i = 0; i < n; i++) {
        add_candidate(scan, chosen[scan->later ? n - 1 - i : i]);
    }
    for (size_t i = 0; i < scan->candidates_n; i++) {
        game_read_verdict(scan->look, &scan->candidates[i].game);
    }
    return !look_stops(scan->look);
}

static void prove_in(struct look *look, const struct game_search *search,
                     const struct opstack_evidence *evidence, uint64_t created_s) {
    /* A proof of the block that created the game is never old enough for the game.
     * Source: contracts-bedrock OptimismPortal2.checkWithdrawal. */
    if (look->now->timestamp_s <= created_s) {
        look_wait(look, CW_STAGE_ROOT_VERIFIED, "game_too_young", look_add(created_s, 1),
                  "game %" PRIu64 " was created in the newest block", evidence->reference.index);
        return;
    }
    if (search->rules->paused) {
        look_wait(look, CW_STAGE_ROOT_VERIFIED, "paused", 0, "the portal is paused");
        return;
    }
    look_prove(look, evidence);
    if (look->decision->verb == CW_ACT && search->why_again[0] != '\0') {
        snprintf(look->decision->detail, sizeof look->decision->detail,
                 "the proof that there is does not count: %s", search->why_again);
    }
}

static bool counts(const struct scan *scan, const struct candidate *candidate) {
    return game_fault(scan->look, scan->search->rules, &candidate->game)[0] == '\0';
}

/* True when the look is decided or stops. */
static bool try_candidate(struct scan *scan, const struct candidate *candidate) {
    struct look *look = scan->look;
    const struct entry *entry = candidate->entry;
    struct opstack_evidence evidence;
    const char *text = "";
    struct cw_hash32 key;
    switch (game_prove_claim(look, &entry->claim, &evidence, &text)) {
    case LOOK_PROVED:
        evidence.reference = (struct opstack_reference){
            .kind = OPSTACK_GAMES, .has_index = true, .index = entry->index, .game = entry->at};
        look_keep_evidence(look, &evidence);
        prove_in(look, scan->search, &evidence, entry->created_s);
        return true;
    case LOOK_PENDING:
        (void)look_stops(look);
        return true;
    case LOOK_OTHER_ROOT:
        opstack_reject_key(&key, &entry->claim.root, entry->claim.at);
        opstack_reject(&look->progress, &key);
        return false;
    case LOOK_NOT_FINAL: /* not among the candidates */
    case LOOK_UNAVAILABLE:
        if (scan->no_proof == NULL) {
            scan->no_proof = text;
            scan->no_proof_of = entry->claim.at;
        }
        return false;
    }
    return false;
}

/* True when the look is decided or stops. */
static bool try_candidates(struct scan *scan) {
    struct look *look = scan->look;
    const char *text;
    for (size_t i = 0; scan->later && i < scan->candidates_n; i++) { /* asked for together */
        const struct entry *entry = scan->candidates[i].entry;
        struct opstack_evidence unused;
        if (counts(scan, &scan->candidates[i])) {
            (void)game_prove_claim(look, &entry->claim, &unused, &text);
        }
    }
    if (look_stops(look)) {
        return true;
    }
    for (size_t i = 0; i < scan->candidates_n; i++) {
        if (!counts(scan, &scan->candidates[i])) {
            continue;
        }
        if (!scan->later && look->tries-- <= 0) {
            look_again(look, CW_STAGE_ROOT_COMMITTED, "false_games",
                       "%zu claims of covering games are not our chain's roots; looks on",
                       look->progress.rejects_n);
            return true;
        }
        if (try_candidate(scan, &scan->candidates[i])) {
            return true;
        }
        if (scan->no_proof != NULL && !scan->later) {
            return false;
        }
    }
    return false;
}

/* Nothing but games that do not count: they are remembered like false ones, so that the next look
 * sees what is behind them. */
static bool pass_over(struct scan *scan) {
    struct look *look = scan->look;
    size_t full = scan->later ? 1 : VERDICTS_N;
    if (scan->candidates_n < full || scan->no_proof != NULL) {
        return false;
    }
    for (size_t i = 0; i < scan->candidates_n; i++) {
        struct cw_hash32 key;
        const struct game_claim *claim = &scan->candidates[i].entry->claim;
        opstack_reject_key(&key, &claim->root, claim->at);
        opstack_reject(&look->progress, &key);
    }
    look_again(look, CW_STAGE_SOURCE_FINAL, "false_games",
               "%zu covering games do not count; looks on", look->progress.rejects_n);
    return true;
}

static void nothing(struct scan *scan, const struct page *page) {
    struct look *look = scan->look;
    const char *why = scan->search->why_again;
    char again[96] = "";
    if (why[0] != '\0') {
        snprintf(again, sizeof again, "; its proof does not count: %s", why);
    }
    if (scan->no_proof != NULL) {
        char text[CW_DETAIL_SIZE];
        snprintf(text, sizeof text, "%s%s", scan->no_proof, again);
        look_unprovable(look, CW_STAGE_ROOT_COMMITTED, scan->no_proof_of,
                        scan->ahead ? LOOK_HOPE_FINAL : LOOK_HOPE_ROOT, text);
    } else if (scan->ahead) {
        look_wait(look, CW_STAGE_ROOT_COMMITTED, "root_not_final_here", 0,
                  "the games that cover it are for L2 blocks above %" PRIu64
                  ", which is final here%s",
                  look->io->heads[CW_EXECUTION].final.number.v, again);
    } else if (page != NULL && page->n > 0 && page->entries[page->n - 1].has_claim) {
        const struct game_claim *newest = &page->entries[page->n - 1].claim;
        look_wait(look, CW_STAGE_SOURCE_FINAL, "no_root", 0,
                  "no game covers L2 block %" PRIu64 " yet, the newest is for %s%" PRIu64 "%s",
                  look->message->source.number.v, newest->is_super ? "time " : "", newest->at,
                  again);
    } else {
        look_wait(look, CW_STAGE_SOURCE_FINAL, "no_root", 0,
                  "there is no game of the respected type %" PRIu32 " yet%s",
                  scan->search->rules->type, again);
    }
}

/* The stored evidence's game, if it still counts. True: the look is decided or stops. */
static bool try_kept(struct look *look, const struct game_search *search) {
    const struct opstack_reference *reference = &look->evidence.reference;
    struct game game = {.at = reference->game, .respected = true, .readable = true};
    struct cw_addr20 at = {{0}};
    uint64_t type = UINT64_MAX;
    if (!look->has_evidence || !reference->has_index || reference->index >= search->count) {
        return false;
    }
    bool listed = read_game_at(look, reference->index, &type, &game.created_s, &at);
    game_read_verdict(look, &game);
    game_read_claim(look, &game);
    if (look_stops(look)) {
        return true;
    }
    if (!listed || type != search->rules->type || !cw_addr20_equal(&at, &reference->game) ||
        !game_claim_is(&look->evidence, &game.claim) ||
        game_fault(look, search->rules, &game)[0] != '\0') {
        return false;
    }
    prove_in(look, search, &look->evidence, game.created_s);
    return true;
}

void game_search_ahead(struct look *look, const struct game_search *search, bool page) {
    const struct opstack_reference *reference = &look->evidence.reference;
    struct game game = {.at = reference->game};
    struct cw_addr20 at;
    uint64_t type;
    struct page unused;
    if (look->has_evidence && reference->has_index) {
        (void)read_game_at(look, reference->index, &type, &game.created_s, &at);
        game_read_verdict(look, &game);
        game_read_claim(look, &game);
    }
    if (page && search->count > 0) {
        (void)read_page(look, search->rules->type, search->count - 1, &unused);
    }
}

void game_search(struct look *look, const struct game_search *search) {
    struct opstack_progress *p = &look->progress;
    struct scan scan = {.look = look, .search = search};
    struct page page;
    if (search->late) {
        look->tries = 1;
    }
    if (try_kept(look, search)) {
        return;
    }
    if (search->count == 0) {
        nothing(&scan, NULL);
        return;
    }
    scan.later = search->newest || p->newest;
    if (!choose_page(look, search, scan.later, &page)) {
        return;
    }
    move_cursor(look, search->rules, &page);
    size_t rejected = p->rejects_n;
    if (!collect(&scan, &page) || try_candidates(&scan) || pass_over(&scan)) {
        return;
    }
    bool advanced = p->cursor > look->before.cursor && !page.last;
    if (p->rejects_n != rejected || (advanced && !scan.later && scan.no_proof == NULL)) {
        look_again(look, CW_STAGE_SOURCE_FINAL, "searching_games",
                   "no game below %" PRIu64 " serves", p->cursor);
        return;
    }
    if (!scan.later && (scan.no_proof != NULL || !page.last)) {
        /* Behind what does not serve (yet), or cannot be proved any more, there may be one that
         * does. */
        p->newest = true;
        look_again(look, CW_STAGE_SOURCE_FINAL, "searching_games", "tries the newest games");
        return;
    }
    p->newest = scan.no_proof != NULL; /* what is gone does not come back */
    nothing(&scan, &page);
}
