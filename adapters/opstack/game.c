#include "opstack/game.h"

bool game_retired(const struct look *look, const struct game_rules *rules, uint64_t created_s) {
    return look->adapter->judged_at_creation ? created_s <= rules->since_s
                                             : created_s < rules->since_s;
}

const char *game_fault(const struct look *look, const struct game_rules *rules,
                       const struct game *game) {
    if (!game->readable) {
        return "it does not answer as a dispute game does";
    }
    if (game->blacklisted) {
        return "it is blacklisted";
    }
    if (game->status == GAME_CHALLENGER_WINS) {
        return "it is lost";
    }
    if (!game->respected) {
        return "its type is not respected";
    }
    if (game_retired(look, rules, game->created_s)) {
        return "it is retired";
    }
    return game->improper && !rules->paused ? "the portal's registry does not know it" : "";
}

/* One word of a game; a game that reverts or answers something else is not readable, and no fault
 * of an endpoint. */
static bool read_word(struct look *look, struct game *game, uint32_t selector, struct cw_abi *ret) {
    struct cw_slice data;
    enum look_got got = look_call(look, CW_SETTLEMENT, look->now, &game->at, selector, NULL, 0,
                                  &data);
    if (got == LOOK_NOTHING) {
        return false;
    }
    if (got == LOOK_REVERTED || data.n != 32) {
        game->readable = false;
        return false;
    }
    *ret = cw_abi_open(data);
    return true;
}

/* Where there is one. It asks the game itself, and reverts over one that does not know its
 * questions. */
static bool registry_denies(struct look *look, uint32_t selector, const struct game *game) {
    const struct cw_addr20 *registry = &look->adapter->registry;
    struct cw_hash32 word = opstack_word_addr20(&game->at);
    struct cw_slice data;
    bool yes = true;
    if (cw_addr20_is_zero(registry)) {
        return false;
    }
    switch (look_call(look, CW_SETTLEMENT, look->now, registry, selector, &word, 1, &data)) {
    case LOOK_NOTHING:
        return false;
    case LOOK_REVERTED:
        return true;
    case LOOK_GOT:
        break;
    }
    struct cw_abi in = cw_abi_open(data);
    if (data.n != 32 || cw_abi_bool(&in, &yes) != CW_OK) {
        look_unexpected(look, "the registry", registry);
    }
    return !yes;
}

void game_read_verdict(struct look *look, struct game *game) {
    struct cw_abi in;
    struct cw_hash32 word = opstack_word_addr20(&game->at);
    bool respected = false;
    look_bool(look, look->now, &look->adapter->portal, SEL_BLACKLIST, &word, &game->blacklisted);
    game->improper = registry_denies(look, SEL_GAME_PROPER, game);
    if (read_word(look, game, SEL_GAME_STATUS, &in) &&
        (cw_abi_u64(&in, &game->status) != CW_OK || game->status > GAME_DEFENDER_WINS)) {
        game->readable = false;
    }
    if (look->adapter->judged_at_creation) {
        /* A game that cannot say is a game from before the question: not respected. */
        struct cw_slice data;
        enum look_got got = look_call(look, CW_SETTLEMENT, look->now, &game->at, SEL_GAME_RESPECTED,
                                      NULL, 0, &data);
        if (got == LOOK_GOT) {
            in = cw_abi_open(data);
            respected = data.n == 32 && cw_abi_bool(&in, &respected) == CW_OK && respected;
        }
        game->respected = respected;
    }
}

void game_read_refusal(struct look *look, struct game *game) {
    game->refused = registry_denies(look, SEL_GAME_CLAIM_VALID, game);
}

/* The extra data of the game, whose type says what is in it. Only where games may be super ones. */
static bool read_extra(struct look *look, struct game *game, uint64_t *ret_type,
                       struct cw_slice *ret) {
    struct cw_abi in;
    struct cw_slice data;
    bool typed = read_word(look, game, SEL_GAME_TYPE, &in) && cw_abi_u64(&in, ret_type) == CW_OK;
    if (look_call(look, CW_SETTLEMENT, look->now, &game->at, SEL_GAME_EXTRA, NULL, 0, &data) !=
        LOOK_GOT) {
        return false;
    }
    in = cw_abi_open(data);
    return typed && cw_abi_bytes(&in, ret) == CW_OK;
}

/* Later games say their block under a name that fits other kinds too. */
static bool read_block(struct look *look, struct game *game, uint64_t *ret) {
    struct cw_slice data;
    struct cw_abi in;
    bool later = !cw_addr20_is_zero(&look->adapter->registry) &&
                 look_call(look, CW_SETTLEMENT, look->now, &game->at, SEL_GAME_SEQUENCE, NULL, 0,
                           &data) == LOOK_GOT;
    return read_word(look, game, later ? SEL_GAME_SEQUENCE : SEL_GAME_BLOCK, &in) &&
           cw_abi_u64(&in, ret) == CW_OK;
}

void game_read_claim(struct look *look, struct game *game) {
    struct cw_abi in;
    struct cw_hash32 root = {{0}};
    uint64_t type = 0;
    struct cw_slice extra = {NULL, 0};
    bool good = read_word(look, game, SEL_GAME_CLAIM, &in) && cw_abi_word(&in, &root) == CW_OK;
    if (look->adapter->super_games) {
        good = read_extra(look, game, &type, &extra) && good &&
               game_claim_read(look->adapter, type, &root, extra, &game->claim);
    } else {
        game->claim = (struct game_claim){.root = root};
        good = read_block(look, game, &game->claim.at) && good;
    }
    game->readable = game->readable && (good || look->pending || look->failed);
}
