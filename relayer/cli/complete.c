#include "cli/complete.h"

#include "cli/cli.h"
#include "cli/help.h"

#include <string.h>

#define ARENA_BYTES (4u << 20)
#define ABOUT_MAX   72 /* bytes of what a shell shows beside a word */

/* What is known of the words before the one that is typed. */
struct typed {
    const struct cw_help *help;
    const char *config; /* of --config; NULL: the default */
    const char *word;   /* the first that is no option; "": none yet, or no such one */
    const struct cw_help_option *value; /* the option whose value is typed; NULL: none */
    const char *now;                    /* what there is of the word, behind "--option=" */
    bool is_option;                     /* one may stand here */
};

enum names { FILES, ROUTES, SIGNERS, SINKS };

/* --- lines ------------------------------------------------------------------------------------ */

/* Bytes of text up to where its first thought ends; 0 of what is no words. */
static int about(const char *text) {
    size_t n = 0;
    while (text[n] != 0 && strchr(";:", text[n]) == NULL && strncmp(text + n, ". ", 2) != 0 &&
           strncmp(text + n, " (", 2) != 0)
        n++;
    if (n > ABOUT_MAX)
        for (n = ABOUT_MAX; n > 0 && text[n] != ' '; n--)
            continue;
    while (n > 0 && strchr(" ,", text[n - 1]) != NULL)
        n--;
    return text[0] == '{' ? 0 : (int)n;
}

static void offer(struct cw_buf *out, const char *now, const char *word, const char *text) {
    if (strncmp(word, now, strlen(now)) == 0)
        cw_buf_format(out, "%s\t%.*s\n", word, about(text), text);
}

/* "ready, waiting, held, dead or done": each of them, if text begins so and then that is all, or
 * something begins that is set apart. */
static void offer_choices(struct cw_buf *out, const char *now, const char *text) {
    const char *words[32];
    size_t lengths[CW_COUNT(words)], n = 0;
    bool is_last = false;
    while (n < CW_COUNT(words)) {
        words[n] = text;
        lengths[n] = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
        text += lengths[n];
        if (lengths[n++] == 0 || is_last)
            break;
        is_last = strncmp(text, " or ", 4) == 0;
        if (!is_last && strncmp(text, ", ", 2) != 0)
            return;
        text += is_last ? 4 : 2;
    }
    if (!is_last || (*text != 0 && strncmp(text, " (", 2) != 0 && strchr(";:.", *text) == NULL))
        return;
    for (size_t i = 0; i < n; i++)
        if (strncmp(words[i], now, strlen(now)) == 0)
            cw_buf_format(out, "%.*s\t\n", (int)lengths[i], words[i]);
}

static void offer_names(struct cw_buf *out, const struct typed *typed, enum names names) {
    struct cw_config *config = NULL;
    if (names == FILES) {
        cw_buf_text(out, CW_COMPLETE_FILES "\n");
        return;
    }
    /* somebody who types a command is not told here what is wrong with the file */
    if (cw_cli_config(&config, typed->config, NULL) != CW_OK)
        return;
    for (size_t i = 0; names == ROUTES && i < config->routes_n; i++)
        offer(out, typed->now, config->routes[i].name, "route");
    for (size_t i = 0; names == SIGNERS && i < config->signers_n; i++)
        offer(out, typed->now, config->signers[i].name, "signer");
    for (size_t i = 0; names == SINKS && i < config->sinks_n; i++)
        offer(out, typed->now, config->sinks[i].name, "sink");
    cw_config_free(config);
}

/* --- what may stand here ---------------------------------------------------------------------- */

static void offer_value(struct cw_buf *out, const struct typed *typed) {
    static const struct {
        const char *option, *value; /* NULL: any */
        enum names names;
    } kinds[] = {{"--route", NULL, ROUTES}, {"--name", NULL, SIGNERS}, {NULL, "FILE", FILES},
                 {NULL, "PATH", FILES},     {NULL, "DIR", FILES},      {NULL, "ROUTE", ROUTES}};
    for (size_t i = 0; i < CW_COUNT(kinds); i++)
        if ((kinds[i].option == NULL || strcmp(kinds[i].option, typed->value->name) == 0) &&
            (kinds[i].value == NULL || strcmp(kinds[i].value, typed->value->value) == 0)) {
            offer_names(out, typed, kinds[i].names);
            return;
        }
    offer_choices(out, typed->now, typed->value->text);
}

static void offer_words(struct cw_buf *out, const struct typed *typed) {
    static const struct {
        const char *name;
        enum names names;
    } kinds[] = {
        {"FILE", FILES}, {"INPUT", FILES}, {"KEY", FILES}, {"ROUTE", ROUTES}, {"SINK", SINKS}};
    const struct cw_help *help = typed->help;
    if (typed->word[0] == 0 && help->words_n > 0) {
        for (size_t i = 0; i < help->words_n; i++)
            offer(out, typed->now, help->words[i].name, help->words[i].text);
        return;
    }
    /* a kind is no word of the form that it stands in */
    bool is_kind = cw_help_takes(help, "", "KIND");
    for (size_t i = 0; i < CW_COUNT(kinds); i++)
        if (cw_help_takes(help, is_kind ? "" : typed->word, kinds[i].name))
            offer_names(out, typed, kinds[i].names);
}

static const struct cw_help_option *find_option(const struct cw_help *help, const char *text,
                                                size_t n) {
    for (size_t i = 0; i < help->options_n; i++)
        if (strlen(help->options[i].name) == n && memcmp(help->options[i].name, text, n) == 0)
            return &help->options[i];
    return NULL;
}

/* Takes a word that is finished, in its order. */
static void take(struct typed *typed, const char *word) {
    const struct cw_help_option *before = typed->value;
    typed->value = NULL;
    if (before != NULL) {
        if (strcmp(before->name, "--config") == 0)
            typed->config = word;
    } else if (strcmp(word, "--") == 0) {
        typed->is_option = false;
    } else if (typed->is_option && strncmp(word, "--", 2) == 0) {
        size_t n = strcspn(word, "=");
        const struct cw_help_option *option = find_option(typed->help, word, n);
        if (option != NULL && option->value[0] != 0 && word[n] == 0)
            typed->value = option;
        else if (strncmp(word, "--config=", 9) == 0)
            typed->config = word + 9;
    } else {
        for (size_t i = 0; typed->word[0] == 0 && i < typed->help->words_n; i++)
            if (strcmp(typed->help->words[i].name, word) == 0)
                typed->word = typed->help->words[i].name;
    }
}

static void offer_all(struct cw_buf *out, const struct cw_help *help, char *const *words,
                      size_t n) {
    struct typed typed = {.help = help, .word = "", .now = words[n - 1], .is_option = true};
    for (size_t i = 0; i + 1 < n; i++)
        /* bash has "--option=value" as three words */
        if (strcmp(words[i], "=") != 0)
            take(&typed, words[i]);
    if (typed.value != NULL && strcmp(typed.now, "=") == 0)
        typed.now = "";
    size_t name = strcspn(typed.now, "=");
    if (typed.value == NULL && typed.is_option && typed.now[name] == '=')
        typed.value = find_option(help, typed.now, name);
    if (typed.value != NULL) {
        if (typed.now[0] == '-' && typed.now[name] == '=')
            typed.now += name + 1;
        offer_value(out, &typed);
    } else if (typed.is_option && typed.now[0] == '-') {
        for (size_t i = 0; i < help->options_n; i++)
            offer(out, typed.now, help->options[i].name, help->options[i].text);
    } else {
        offer_words(out, &typed);
    }
}

enum cw_err cw_complete(struct cw_buf *out, char *const *words, size_t n, struct cw_error *error) {
    static const char *const options[] = {"--help", "--version"};
    struct cw_arena arena;
    struct cw_help help;
    cw_arena_init(&arena, ARENA_BYTES);
    enum cw_err err = cw_help_ask(&help, n > 1 ? words[0] : NULL, &arena, error);
    if (err == CW_OK && n > 1)
        offer_all(out, &help, words + 1, n - 1);
    for (size_t i = 0; err == CW_OK && n == 1 && i < help.words_n; i++)
        offer(out, words[0], help.words[i].name, help.words[i].text);
    for (size_t i = 0; n == 1 && words[0][0] == '-' && i < CW_COUNT(options); i++)
        offer(out, words[0], options[i], "");
    cw_arena_done(&arena);
    return err == CW_ERR_INPUT ? CW_OK : err;
}
