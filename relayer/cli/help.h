/* What a command's --help says, taken apart: what shells complete and the manual are made of it, so
 * that nothing stands twice. Help texts are written so: usage lines; paragraphs at the margin;
 * lists whose rows are two spaces in, a term, two spaces or more, and its text, which goes on
 * further in. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <causeway/arena.h>
#include <causeway/base.h>

enum cw_help_kind {
    CW_HELP_FORM, /* one way to call it: "causeway show ID [--route NAME]" */
    CW_HELP_TEXT, /* a paragraph */
    CW_HELP_ITEM  /* one row of a list */
};

struct cw_help_part {
    enum cw_help_kind kind;
    const char *term; /* of an item: "mpt", "--from, --to BLOCK"; else "" */
    const char *text; /* its lines joined by blanks */
};

/* Borrows from the arena that it was read into. */
struct cw_help {
    struct cw_help_part *parts; /* in their order */
    size_t parts_n;
    struct cw_help_option *options; /* those of lists and forms, each once, and --help */
    size_t options_n;
    struct cw_help_word *words; /* what may stand first: subcommands, kinds */
    size_t words_n;
};

struct cw_help_option {
    const char *name;  /* "--route" */
    const char *value; /* "NAME"; "" where it takes none */
    const char *text;  /* "" where only a form has it */
};

struct cw_help_word {
    const char *name;
    const char *text; /* "" where only a form has it */
};

/* Whatever text says, something is made of it. CW_ERR_LIMIT: it is too long, or memory is short. */
CW_MUST_USE enum cw_err cw_help_read(struct cw_help *ret, const char *text, struct cw_arena *arena,
                                     struct cw_error *error);

/* The same of what `causeway COMMAND --help` prints (NULL: `causeway --help`), which a process of
 * its own is asked for. CW_ERR_INPUT: there is no such command. */
CW_MUST_USE enum cw_err cw_help_ask(struct cw_help *ret, const char *command,
                                    struct cw_arena *arena, struct cw_error *error);

/* Whether a form that begins with word ("": one that begins with none of help's words) has an
 * argument of that name, such as "FILE". */
bool cw_help_takes(const struct cw_help *help, const char *word, const char *name);

#endif
