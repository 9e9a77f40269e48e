/* Words that people write: whether they are among those that there are, and which was meant. */
#ifndef CORE_CONFIG_WORDS_H
#define CORE_CONFIG_WORDS_H

#include <causeway/base.h>

/* Index of a word; where they end when it is none of them. */
size_t cw_config_word(const char *const *words, const char *word);
bool cw_config_is_word(const char *const *words, const char *word);

/* The candidate that is nearest to word, or NULL when none is near; candidates end with NULL. */
const char *cw_config_nearest(const char *word, const char *const *candidates);

/* "a, b or c" of words that end with NULL; "a, …" where there is no room for all. size > 8. */
void cw_config_list(char *out, size_t size, const char *const *words);

/* word, or "…" when it is not plain enough to be repeated to a person (control characters, very
 * long). */
const char *cw_config_shown(const char *word);
/* Whether one of the candidates, which end with NULL, is at most so many changes away. */
bool cw_config_is_near(const char *word, const char *const *candidates, size_t most);

#endif
