#include "sign/journal_text.h"

#include "tx/fees.h"

#include <causeway/keccak.h>

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD      "causeway-signer-journal"
#define WORDS_MAX 10u

/* --- checks ----------------------------------------------------------------------------------- */

/* Of a line behind one whose check is before. */
static void check_of(struct journal_check *out, const struct journal_check *before,
                     struct cw_slice line) {
    struct cw_keccak keccak;
    struct cw_hash32 hash;
    char hex[CW_HEX_SIZE(8)];
    cw_keccak_init(&keccak);
    cw_keccak_update(&keccak, cw_slice_of(before->hex, strlen(before->hex)));
    cw_keccak_update(&keccak, line);
    cw_keccak_final(&hash, &keccak);
    cw_hex_encode(hex, cw_slice_of(hash.b, 8));
    memcpy(out->hex, hex + 2, sizeof out->hex);
}

/* --- writing ---------------------------------------------------------------------------------- */

/* What was appended behind begin becomes a line. */
static void end_line(struct cw_buf *out, size_t begin, struct journal_check *check) {
    if (out->failed) {
        return;
    }
    check_of(check, check, cw_slice_of(out->p + begin, out->n - begin));
    cw_buf_format(out, " %s\n", check->hex);
}

void journal_put_all(struct cw_buf *out, struct journal_check *ret_check, uint64_t generation,
                     const struct cw_addr20 *signer, const struct journal_entry *entries,
                     size_t n) {
    char hex[CW_HEX_SIZE(32)], fee[CW_U256_DEC_SIZE];
    struct journal_check check = {""};
    size_t begin = out->n;
    cw_buf_format(out, HEAD " 1 %" PRIu64 " %s", generation,
                  cw_hex_encode(hex, cw_slice_of(signer->b, sizeof signer->b)));
    end_line(out, begin, &check);
    for (size_t i = 0; i < n; i++) {
        const struct journal_entry *e = &entries[i];
        begin = out->n;
        cw_buf_format(out, "kept %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %s %s", e->time_ms,
                      e->chain_id, e->nonce, e->n, cw_u256_to_dec(fee, &e->fee.v),
                      cw_hex_encode(hex, cw_slice_of(e->hash.b, sizeof e->hash.b)));
        end_line(out, begin, &check);
    }
    begin = out->n;
    cw_buf_format(out, "begin %zu", n);
    end_line(out, begin, &check);
    *ret_check = check;
}

#define TOO "-too" /* behind the kind of a line that was written together with the one before */

static void put_record(struct cw_buf *out, struct journal_check *check, const char *kind,
                       const struct cw_journal_record *record, const char *end) {
    char fee[CW_U256_DEC_SIZE], to[CW_HEX_SIZE(20)], selector[CW_HEX_SIZE(4)] = "-";
    if (record->has_selector) {
        cw_hex_encode(selector, cw_slice_of(record->selector.b, sizeof record->selector.b));
    }
    size_t begin = out->n;
    cw_buf_format(out, "%s%s %" PRIu64 " %" PRIu64 " %" PRIu64 " %s %s %s %s", kind,
                  begin > 0 ? TOO : "", record->time_ms, record->chain_id, record->nonce,
                  cw_u256_to_dec(fee, &record->fee.v),
                  cw_hex_encode(to, cw_slice_of(record->to.b, sizeof record->to.b)), selector, end);
    end_line(out, begin, check);
}

void journal_put_signed(struct cw_buf *out, struct journal_check *check,
                        const struct cw_journal_record *record, const struct cw_hash32 *hash) {
    char hex[CW_HEX_SIZE(32)];
    put_record(out, check, "signed", record,
               cw_hex_encode(hex, cw_slice_of(hash->b, sizeof hash->b)));
}

void journal_put_refused(struct cw_buf *out, struct journal_check *check,
                         const struct cw_journal_record *record, enum cw_sign_code code) {
    put_record(out, check, "refused", record, cw_sign_code_name(code));
}

/* --- what counts ------------------------------------------------------------------------------ */

void journal_state_done(struct journal_state *state) {
    free(state->entries);
    *state = (struct journal_state){0};
}

bool journal_state_reserve(struct journal_state *state) {
    if (state->entries_n < state->capacity) {
        return true;
    }
    size_t capacity = state->capacity == 0 ? 64 : 2 * state->capacity;
    struct journal_entry *entries = reallocarray(state->entries, capacity, sizeof *entries);
    if (entries == NULL) {
        return false;
    }
    state->entries = entries;
    state->capacity = capacity;
    return true;
}

struct journal_undo journal_state_count(struct journal_state *state,
                                        const struct cw_journal_record *record,
                                        const struct cw_hash32 *hash, uint64_t window_ms) {
    for (size_t i = state->entries_n; i-- > 0;) {
        struct journal_entry *e = &state->entries[i];
        bool same = e->chain_id == record->chain_id && e->nonce == record->nonce;
        if (!same || (e->time_ms < record->time_ms && record->time_ms - e->time_ms >= window_ms)) {
            continue;
        }
        const struct journal_undo undo = {i, true, *e};
        e->n++;
        e->hash = *hash;
        /* A clock that was set back must not make it older than it was. */
        e->time_ms = record->time_ms > e->time_ms ? record->time_ms : e->time_ms;
        if (cw_wei_cmp(&record->fee, &e->fee) > 0) {
            e->fee = record->fee;
        }
        return undo;
    }
    assert(state->entries_n < state->capacity);
    state->entries[state->entries_n] = (struct journal_entry){
        record->time_ms, record->chain_id, record->nonce, 1, record->fee, *hash};
    return (struct journal_undo){.at = state->entries_n++};
}

void journal_state_uncount(struct journal_state *state, const struct journal_undo *undo) {
    if (undo->was) {
        state->entries[undo->at] = undo->before;
    } else {
        assert(undo->at + 1 == state->entries_n);
        state->entries_n--;
    }
}

/* --- reading ---------------------------------------------------------------------------------- */

struct words {
    struct cw_slice at[WORDS_MAX];
    size_t n; /* WORDS_MAX + 1: too many */
};

static struct words split(struct cw_slice line) {
    struct words words = {.n = 0};
    size_t begin = 0;
    for (size_t i = 0; i <= line.n; i++) {
        if (i < line.n && line.p[i] != ' ') {
            continue;
        }
        if (words.n == WORDS_MAX) {
            words.n++;
            break;
        }
        words.at[words.n++] = cw_slice_of(line.p + begin, i - begin);
        begin = i + 1;
    }
    return words;
}

static bool is_word(struct cw_slice word, const char *text) {
    return cw_slice_equal(word, cw_slice_of(text, strlen(text)));
}

static bool read_wei(struct cw_wei *ret, struct cw_slice word) {
    return cw_u256_from_dec(&ret->v, (const char *)word.p, word.n) == CW_OK;
}

static bool read_u64(uint64_t *ret, struct cw_slice word) {
    struct cw_wei wide;
    return read_wei(&wide, word) && !cw_u256_to_u64(ret, &wide.v);
}

static bool read_hex(uint8_t *ret, size_t n, struct cw_slice word) {
    return cw_hex_decode(ret, n, (const char *)word.p, word.n) == CW_OK;
}

static bool read_head(struct journal_state *state, const struct words *w) {
    uint64_t version, generation;
    struct cw_addr20 signer;
    if (w->n != 4 || !is_word(w->at[0], HEAD) || !read_u64(&version, w->at[1]) || version != 1 ||
        !read_u64(&generation, w->at[2]) || generation == 0 ||
        !read_hex(signer.b, sizeof signer.b, w->at[3])) {
        return false;
    }
    state->generation = generation;
    state->signer = signer;
    return true;
}

static bool read_kept(struct journal_state *state, const struct words *w) {
    struct journal_entry e;
    if (state->whole || w->n != 7 || !read_u64(&e.time_ms, w->at[1]) ||
        !read_u64(&e.chain_id, w->at[2]) || !read_u64(&e.nonce, w->at[3]) ||
        !read_u64(&e.n, w->at[4]) || !read_wei(&e.fee, w->at[5]) ||
        !read_hex(e.hash.b, sizeof e.hash.b, w->at[6])) {
        return false;
    }
    state->entries[state->entries_n++] = e;
    return true;
}

static bool read_begin(struct journal_state *state, const struct words *w) {
    uint64_t n;
    if (state->whole || w->n != 2 || !read_u64(&n, w->at[1]) || n != state->entries_n) {
        return false;
    }
    state->whole = true;
    return true;
}

static bool read_record(struct journal_state *state, const struct words *w, uint64_t window_ms) {
    struct cw_journal_record record;
    struct cw_hash32 hash;
    if (!state->whole || w->n != 8 || !read_u64(&record.time_ms, w->at[1]) ||
        !read_u64(&record.chain_id, w->at[2]) || !read_u64(&record.nonce, w->at[3]) ||
        !read_wei(&record.fee, w->at[4])) {
        return false;
    }
    if (is_word(w->at[0], "refused") || is_word(w->at[0], "refused" TOO)) {
        return true;
    }
    if (!read_hex(hash.b, sizeof hash.b, w->at[7])) {
        return false;
    }
    (void)journal_state_count(state, &record, &hash, window_ms);
    return true;
}

/* One line without its check. */
static bool read_line(struct journal_state *state, struct cw_slice line, uint64_t window_ms) {
    const struct words w = split(line);
    if (state->lines == 0) {
        return read_head(state, &w);
    }
    if (is_word(w.at[0], "kept")) {
        return read_kept(state, &w);
    }
    if (is_word(w.at[0], "begin")) {
        return read_begin(state, &w);
    }
    return (is_word(w.at[0], "signed") || is_word(w.at[0], "refused") ||
            is_word(w.at[0], "signed" TOO) || is_word(w.at[0], "refused" TOO)) &&
           read_record(state, &w, window_ms);
}

/* The next line with its end, or nothing when there is none. */
static size_t line_size(struct cw_slice rest) {
    const uint8_t *end = rest.n > 0 ? memchr(rest.p, '\n', rest.n) : NULL;
    return end == NULL ? 0 : (size_t)(end - rest.p) + 1;
}

static bool take_line(struct journal_state *state, struct cw_slice line, uint64_t window_ms) {
    const size_t tail = 1 + sizeof state->check.hex; /* blank, digits and line end */
    struct journal_check check;
    if (line.n <= tail || line.n > JOURNAL_LINE_MAX || line.p[line.n - tail] != ' ') {
        return false;
    }
    struct cw_slice text = cw_slice_of(line.p, line.n - tail);
    check_of(&check, &state->check, text);
    if (memcmp(check.hex, line.p + text.n + 1, sizeof check.hex - 1) != 0 ||
        !read_line(state, text, window_ms)) {
        return false;
    }
    state->check = check;
    state->size += line.n;
    state->lines++;
    return true;
}

/* The beginning of a line that was written with the one before, as far as it is there: zeros stand
 * where the disk did not get to. */
static bool may_begin_with(struct cw_slice text, const char *word) {
    for (size_t i = 0; i < text.n && word[i] != '\0'; i++) {
        if (text.p[i] != (uint8_t)word[i] && text.p[i] != 0) {
            return false;
        }
    }
    return true;
}

/* A write that was cut short leaves parts of one group, whatever stands in place of the rest. */
static bool is_torn_group(struct cw_slice rest) {
    static const char *const words[] = {"signed ", "refused ", "kept ", "begin "};
    if (rest.n > (size_t)CW_JOURNAL_GROUP_MAX * JOURNAL_LINE_MAX) {
        return false;
    }
    for (size_t i = 0; i < CW_COUNT(words); i++) {
        if (memmem(rest.p + 1, rest.n - 1, words[i], strlen(words[i])) != NULL) {
            return false;
        }
    }
    for (size_t i = 0; i < rest.n; i++) {
        struct cw_slice next = cw_slice_of(rest.p + i + 1, rest.n - i - 1);
        if (rest.p[i] == '\n' && !may_begin_with(next, "signed" TOO " ") &&
            !may_begin_with(next, "refused" TOO " ")) {
            return false;
        }
    }
    return true;
}

bool journal_read(struct journal_state *state, struct cw_slice text, uint64_t window_ms) {
    *state = (struct journal_state){0};
    for (;;) {
        struct cw_slice rest = cw_slice_of(text.p + state->size, text.n - state->size);
        size_t n = line_size(rest);
        if (!journal_state_reserve(state)) {
            return false;
        }
        if (n > 0 && take_line(state, cw_slice_of(rest.p, n), window_ms)) {
            continue;
        }
        state->rest = rest.n == 0           ? JOURNAL_NOTHING
                      : is_torn_group(rest) ? JOURNAL_TORN
                                            : JOURNAL_DAMAGED;
        return true;
    }
}
