#include "core/config_words.h"

#include <stdio.h>
#include <string.h>

#define WORD_MAX 64

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t least(size_t a, size_t b, size_t c) {
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Insertions, deletions, substitutions and swaps of neighbours between words of at most WORD_MAX
 * bytes. Letters are the same in either case. */
static size_t distance(const char *a, const char *b) {
    size_t rows[3][WORD_MAX + 1];
    size_t an = strnlen(a, WORD_MAX), bn = strnlen(b, WORD_MAX);
    for (size_t j = 0; j <= bn; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= an; i++) {
        size_t *now = rows[i % 3], *before = rows[(i + 2) % 3], *older = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= bn; j++) {
            size_t change = before[j - 1] + (lower(a[i - 1]) != lower(b[j - 1]));
            now[j] = least(before[j] + 1, now[j - 1] + 1, change);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                older[j - 2] + 1 < now[j])
                now[j] = older[j - 2] + 1;
        }
    }
    return rows[an % 3][bn];
}

const char *cw_config_nearest(const char *word, const char *const *candidates) {
    const char *best = NULL;
    size_t n = strnlen(word, WORD_MAX), best_distance = n / 2 + 1;
    for (; *candidates != NULL; candidates++) {
        size_t d = distance(word, *candidates);
        if (d < best_distance) {
            best_distance = d;
            best = *candidates;
        }
    }
    return best;
}

/* Keys come from a file that somebody may have pasted anything into: only plain ones are repeated.
 */
const char *cw_config_shown(const char *word) {
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-. ";
    size_t n = strnlen(word, 41);
    return n > 0 && n <= 40 && strspn(word, plain) == n ? word : "…";
}

void cw_config_list(char *out, size_t size, const char *const *words) {
    size_t n = 0;
    out[0] = 0;
    for (size_t i = 0; words[i] != NULL; i++) {
        const char *before = i == 0 ? "" : words[i + 1] == NULL ? " or " : ", ";
        const bool fits = n + strlen(before) + strlen(words[i]) + sizeof ", …" <= size;
        n += (size_t)snprintf(out + n, size - n, "%s%s", fits ? before : ", ",
                              fits ? words[i] : "…");
        if (!fits)
            return;
    }
}

bool cw_config_is_near(const char *word, const char *const *candidates, size_t most) {
    for (; *candidates != NULL; candidates++)
        if (distance(word, *candidates) <= most)
            return true;
    return false;
}

size_t cw_config_word(const char *const *words, const char *word) {
    size_t i = 0;
    while (words[i] != NULL && strcmp(words[i], word) != 0)
        i++;
    return i;
}

bool cw_config_is_word(const char *const *words, const char *word) {
    return words[cw_config_word(words, word)] != NULL;
}
