#include "cli/help.h"

#include "cli/cli.h"
#include "core/config_fields.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEXT_MAX (64u << 10) /* bytes of a help text */
#define LIST_MAX 128         /* of parts, options and words each */

/* --- parts ------------------------------------------------------------------------------------ */

/* Appends line to the text of the last part, after a blank where there is something already. */
static bool join(struct cw_help *help, struct cw_arena *arena, const char *line, size_t n) {
    struct cw_help_part *part = &help->parts[help->parts_n - 1];
    size_t had = strlen(part->text);
    char *text = cw_arena_alloc(arena, had + n + 2);
    if (text == NULL)
        return false;
    snprintf(text, had + n + 2, "%s%s%.*s", part->text, had > 0 ? " " : "", (int)n, line);
    part->text = text;
    return true;
}

static bool begin(struct cw_help *help, struct cw_arena *arena, enum cw_help_kind kind,
                  const char *line, size_t n) {
    if (help->parts_n == LIST_MAX)
        return false;
    struct cw_help_part *part = &help->parts[help->parts_n++];
    *part = (struct cw_help_part){kind, "", ""};
    if (kind != CW_HELP_ITEM)
        return join(help, arena, line, n);
    const char *gap = memmem(line, n, "  ", 2);
    size_t term = gap != NULL ? (size_t)(gap - line) : n;
    part->term = cw_arena_text(arena, line, term);
    while (term < n && line[term] == ' ')
        term++;
    return part->term != NULL && join(help, arena, line + term, n - term);
}

static bool read_parts(struct cw_help *help, struct cw_arena *arena, const char *text) {
    static const char usage[] = "usage: ";
    bool in_forms = strncmp(text, usage, sizeof usage - 1) == 0, is_open = false;
    if (in_forms)
        text += sizeof usage - 1;
    for (bool is_first = true; *text != 0; is_first = false) {
        size_t n = strcspn(text, "\n"), in = strspn(text, " ");
        const char *line = text + in;
        text += n + (text[n] == '\n');
        bool ok = true;
        if (in >= n) {
            in_forms = is_open = false;
            continue;
        }
        n -= in;
        if (in_forms)
            ok = is_first || strncmp(line, "causeway ", 9) == 0
                     ? begin(help, arena, CW_HELP_FORM, line, n)
                     : join(help, arena, line, n);
        else if (in == 2)
            ok = begin(help, arena, CW_HELP_ITEM, line, n);
        else if (is_open && (in > 2 || help->parts[help->parts_n - 1].kind == CW_HELP_TEXT))
            ok = join(help, arena, line, n);
        else
            ok = begin(help, arena, CW_HELP_TEXT, line, n);
        if (!ok)
            return false;
        is_open = !in_forms;
    }
    return true;
}

/* --- forms ------------------------------------------------------------------------------------ */

struct token {
    const char *p; /* "--route", "ID", "new" */
    size_t n;
    const char *value; /* of an option */
    size_t value_n;
    bool is_option;
    bool is_other; /* another choice than the token before it: "bash|zsh" */
};

static size_t name_length(const char *p) {
    size_t n = strspn(p, "-");
    while (islower((unsigned char)p[n]) || isdigit((unsigned char)p[n]) || p[n] == '-')
        n++;
    return n;
}

/* The end of a value: a blank, a comma, or a bracket that was not opened within it. */
static size_t value_length(const char *p) {
    size_t n = 0;
    for (unsigned depth = 0; p[n] != 0 && p[n] != ' ' && p[n] != ','; n++) {
        depth += p[n] == '[';
        if (p[n] == ']' && depth-- == 0)
            break;
    }
    return n;
}

/* The next token of a form or of an item's term; *at moves behind it. */
static bool next(const char **at, struct token *ret) {
    const char *p = *at;
    bool is_other = false;
    for (; *p != 0 && strchr(" []|,", *p) != NULL; p++)
        is_other = *p == '|';
    if (*p == 0)
        return false;
    *ret = (struct token){.p = p, .n = strcspn(p, " []|,"), .value = "", .is_other = is_other};
    if (strncmp(p, "--", 2) == 0 && islower((unsigned char)p[2])) {
        ret->is_option = true;
        ret->n = name_length(p);
        p += ret->n;
        if (p[0] == ' ' && p[1] != 0 && strchr("-|", p[1]) == NULL &&
            strncmp(p + 1, "[-", 2) != 0) {
            ret->value = p + 1;
            ret->value_n = value_length(p + 1);
        }
        p += ret->value_n > 0 ? 1 + ret->value_n : 0;
    } else {
        p += ret->n;
    }
    *at = p;
    return true;
}

/* A form behind "causeway COMMAND", as words that can be typed begin. */
static const char *behind_command(const char *form) {
    for (int words = 0; words < 2; words++) {
        form += strcspn(form, " ");
        form += strspn(form, " ");
    }
    return form;
}

static bool is_literal(const struct token *token) {
    return !token->is_option && islower((unsigned char)token->p[0]) &&
           name_length(token->p) == token->n;
}

static bool is_text(const struct token *token, const char *text) {
    return strlen(text) == token->n && memcmp(token->p, text, token->n) == 0;
}

/* --- options and words ------------------------------------------------------------------------ */

static bool add_option(struct cw_help *help, struct cw_arena *arena, const struct token *token,
                       const char *value, size_t value_n, const char *text) {
    for (size_t i = 0; i < help->options_n; i++)
        if (is_text(token, help->options[i].name))
            return true;
    if (help->options_n == LIST_MAX)
        return false;
    struct cw_help_option *option = &help->options[help->options_n++];
    option->name = cw_arena_text(arena, token->p, token->n);
    option->value = cw_arena_text(arena, value, value_n);
    option->text = text;
    return option->name != NULL && option->value != NULL;
}

static bool add_word(struct cw_help *help, struct cw_arena *arena, const char *p, size_t n,
                     const char *text) {
    const struct token token = {.p = p, .n = n};
    for (size_t i = 0; i < help->words_n; i++)
        if (is_text(&token, help->words[i].name))
            return true;
    if (help->words_n == LIST_MAX)
        return false;
    struct cw_help_word *word = &help->words[help->words_n++];
    word->name = cw_arena_text(arena, p, n);
    word->text = text;
    return word->name != NULL;
}

/* "--from, --to BLOCK": what stands last is the value of those that have none of their own. */
static bool add_item_options(struct cw_help *help, struct cw_arena *arena,
                             const struct cw_help_part *item) {
    struct token token, last = {.value = ""};
    for (const char *at = item->term; next(&at, &token);)
        if (token.is_option)
            last = token;
    for (const char *at = item->term; next(&at, &token);)
        if (token.is_option) {
            const struct token *of = token.value_n > 0 ? &token : &last;
            if (!add_option(help, arena, &token, of->value, of->value_n, item->text))
                return false;
        }
    return true;
}

static bool add_form(struct cw_help *help, struct cw_arena *arena, const char *form) {
    struct token token;
    bool is_first = true;
    for (const char *at = behind_command(form); next(&at, &token);) {
        if (token.is_option) {
            if (!add_option(help, arena, &token, token.value, token.value_n, ""))
                return false;
        } else if (is_literal(&token) && (is_first || token.is_other)) {
            const char *text = "";
            for (size_t i = 0; i < help->parts_n; i++)
                if (help->parts[i].kind == CW_HELP_ITEM && is_text(&token, help->parts[i].term))
                    text = help->parts[i].text;
            if (!add_word(help, arena, token.p, token.n, text))
                return false;
            continue;
        }
        is_first = false;
    }
    return true;
}

/* Rows of a list under "kinds:", or "kinds whose …:", and of the commands. */
static bool add_kinds(struct cw_help *help, struct cw_arena *arena) {
    bool is_wanted = false;
    for (size_t i = 0; i < help->parts_n; i++) {
        const struct cw_help_part *part = &help->parts[i];
        if (part->kind == CW_HELP_TEXT)
            is_wanted = strncmp(part->text, "kinds", 5) == 0 ||
                        strcmp(part->text, "commands:") == 0;
        else if (part->kind == CW_HELP_ITEM && is_wanted && part->term[0] != '-' &&
                 !add_word(help, arena, part->term, strlen(part->term), part->text))
            return false;
    }
    return true;
}

enum cw_err cw_help_read(struct cw_help *ret, const char *text, struct cw_arena *arena,
                         struct cw_error *error) {
    static const struct token help_option = {.p = "--help", .n = 6};
    struct cw_help help = {.parts = cw_arena_array(arena, LIST_MAX, sizeof *help.parts),
                           .options = cw_arena_array(arena, LIST_MAX, sizeof *help.options),
                           .words = cw_arena_array(arena, LIST_MAX, sizeof *help.words)};
    bool ok = help.parts != NULL && help.options != NULL && help.words != NULL &&
              read_parts(&help, arena, text);
    for (size_t i = 0; ok && i < help.parts_n; i++)
        if (help.parts[i].kind == CW_HELP_ITEM)
            ok = add_item_options(&help, arena, &help.parts[i]);
    for (size_t i = 0; ok && i < help.parts_n; i++)
        if (help.parts[i].kind == CW_HELP_FORM)
            ok = add_form(&help, arena, help.parts[i].text);
    ok = ok && add_kinds(&help, arena) &&
         add_option(&help, arena, &help_option, "", 0, "what the command does, and how");
    if (!ok)
        return cw_error_set(error, CW_ERR_LIMIT,
                            "a help text of more than %d parts, or no memory for it", LIST_MAX);
    *ret = help;
    return CW_OK;
}

bool cw_help_takes(const struct cw_help *help, const char *word, const char *name) {
    for (size_t i = 0; i < help->parts_n; i++) {
        if (help->parts[i].kind != CW_HELP_FORM)
            continue;
        bool is_first = true, begins = word[0] == 0, takes = false;
        struct token token;
        for (const char *at = behind_command(help->parts[i].text); next(&at, &token);) {
            bool is_word = is_literal(&token) && (is_first || token.is_other);
            if (is_word && word[0] == 0)
                begins = false;
            else if (is_word)
                begins = begins || is_text(&token, word);
            else if (!token.is_option)
                takes = takes || is_text(&token, name);
            is_first = is_first && is_word;
        }
        if (begins && takes)
            return true;
    }
    return false;
}

/* --- asking ----------------------------------------------------------------------------------- */

static enum cw_err read_all(int fd, struct cw_buf *out) {
    char bytes[4096];
    for (;;) {
        ssize_t n = read(fd, bytes, sizeof bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0 ? CW_OK : CW_ERR_IO;
        cw_buf_append(out, bytes, (size_t)n);
    }
}

static void say_help(const char *command) {
    char name[64], program[] = "causeway", option[] = "--help";
    snprintf(name, sizeof name, "%s", command != NULL ? command : option);
    char *argv[] = {program, name, option, NULL};
    int code = cw_cli_main(command != NULL ? 3 : 2, argv);
    _exit(fflush(stdout) == 0 ? code : CW_EXIT_UNKNOWN);
}

enum cw_err cw_help_ask(struct cw_help *ret, const char *command, struct cw_arena *arena,
                        struct cw_error *error) {
    int ends[2];
    fflush(NULL);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return cw_error_set(error, CW_ERR_IO, "no pipe: %s", strerror(errno));
    pid_t pid = fork();
    if (pid == 0) {
        int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (dup2(ends[1], STDOUT_FILENO) < 0 || nothing < 0 || dup2(nothing, STDERR_FILENO) < 0)
            _exit(CW_EXIT_UNKNOWN);
        say_help(command);
    }
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return cw_error_set(error, CW_ERR_IO, "no process: %s", strerror(errno));
    }
    struct cw_buf text;
    cw_buf_init(&text, TEXT_MAX);
    int status = 0;
    enum cw_err err = read_all(ends[0], &text);
    close(ends[0]);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (err != CW_OK || !WIFEXITED(status))
        err = cw_error_set(error, CW_ERR_IO, "causeway %s --help did not end well",
                           command != NULL ? command : "");
    else if (WEXITSTATUS(status) != CW_EXIT_OK)
        err = cw_error_set(error, CW_ERR_INPUT, "there is no command \"%s\"",
                           cw_config_shown(command != NULL ? command : ""));
    else if (cw_buf_cstr(&text) == NULL)
        err = cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    else
        err = cw_help_read(ret, cw_buf_cstr(&text), arena, error);
    cw_buf_done(&text);
    return err;
}
