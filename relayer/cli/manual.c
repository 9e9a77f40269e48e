/* The manual, in the man macros of roff: causeway(1) of what each command says of itself,
 * causeway.json(5) of the reference configuration. */
#include "cli/cli.h"
#include "cli/help.h"
#include "cli/print.h"

#include <monitor/utf8.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define OUT_MAX        (1u << 20)
#define ARENA_BYTES    (16u << 20)
#define LINE_MAX_BYTES 70

static const char help[] =
    "usage: causeway manual commands|configuration\n"
    "\n"
    "Prints a manual page for man, of what each command's --help and `causeway check-config\n"
    "--reference` say. Packages install them; otherwise: causeway manual commands | man -l -\n"
    "\n"
    "  commands       causeway(1)\n"
    "  configuration  causeway.json(5)\n"
    "\n"
    "exit: 0 ok, 2 usage, 3 could not\n";

/* --- roff ------------------------------------------------------------------------------------- */

/* n bytes of text as they are, whatever they would mean to roff. */
static void plain_n(struct cw_buf *out, const char *text, size_t n) {
    while (n > 0) {
        uint32_t code = 0;
        size_t length = cw_utf8_read(&code, (const uint8_t *)text, n);
        if (length > 1)
            cw_buf_format(out, "\\[u%04X]", code);
        else if (*text == '\\')
            cw_buf_text(out, "\\e");
        else if (*text == '-')
            cw_buf_text(out, "\\-");
        else
            cw_buf_append(out, text, 1);
        if (*text == ',' && n > 1 && text[1] != ' ')
            cw_buf_text(out, "\\:"); /* a list without blanks may go on in the next line */
        length += length == 0;
        text += length;
        n -= length;
    }
}

static void plain(struct cw_buf *out, const char *text) {
    plain_n(out, text, strlen(text));
}

/* Text on lines of its own, none of which is taken for a request. */
static void line(struct cw_buf *out, const char *text) {
    if (text[0] == 0)
        return; /* an empty line would be a request, too */
    size_t begun = out->n;
    while (*text != 0) {
        size_t n = strcspn(text, " ");
        if (out->n > begun && out->n - begun + n > LINE_MAX_BYTES) {
            cw_buf_text(out, "\n");
            begun = out->n;
        } else if (out->n > begun) {
            cw_buf_text(out, " ");
        }
        if (out->n == begun && (text[0] == '.' || text[0] == '\''))
            cw_buf_text(out, "\\&");
        plain_n(out, text, n);
        text += n;
        text += strspn(text, " ");
    }
    cw_buf_text(out, "\n");
}

static void bold(struct cw_buf *out, const char *text) {
    cw_buf_text(out, "\\fB");
    plain(out, text);
    cw_buf_text(out, "\\fR\n");
}

static void head(struct cw_buf *out, const char *title, int section) {
    /* names and options are neither hyphenated nor torn apart */
    cw_buf_format(out, ".TH %s %d %s \"causeway %s\" \"Causeway\"\n.nh\n.ad l\n", title, section,
                  CW_RELEASED, CW_VERSION);
}

/* --- causeway(1) ------------------------------------------------------------------------------ */

/* "causeway NAME" in bold, the rest as it is. */
static void form(struct cw_buf *out, const char *text) {
    size_t n = strcspn(text, " ");
    if (islower((unsigned char)text[n + (text[n] == ' ')]))
        n += 1 + strcspn(text + n + 1, " ");
    cw_buf_text(out, "\\fB");
    plain_n(out, text, n);
    cw_buf_text(out, "\\fR\n");
    line(out, text + n + strspn(text + n, " "));
}

/* before: the part that stands before it, NULL where a heading does. */
static void part(struct cw_buf *out, const struct cw_help_part *part,
                 const struct cw_help_part *before) {
    bool is_form = part->kind == CW_HELP_FORM;
    if (part->kind == CW_HELP_ITEM)
        cw_buf_text(out, ".TP\n");
    else if (before != NULL)
        cw_buf_text(out, is_form && before->kind == CW_HELP_FORM ? ".br\n" : ".PP\n");
    if (part->kind == CW_HELP_ITEM)
        bold(out, part->term);
    if (is_form)
        form(out, part->text);
    else
        line(out, part->text);
}

/* All but the forms and the list of the commands. */
static void general(struct cw_buf *out, const struct cw_help *top) {
    const struct cw_help_part *before = NULL;
    bool in_list = false;
    for (size_t i = 0; i < top->parts_n; i++) {
        const struct cw_help_part *p = &top->parts[i];
        if (p->kind == CW_HELP_TEXT)
            in_list = strcmp(p->text, "commands:") == 0;
        if (p->kind == CW_HELP_FORM || in_list)
            continue;
        part(out, p, before);
        before = p;
    }
}

static enum cw_err commands_page(struct cw_buf *out, struct cw_arena *arena,
                                 struct cw_error *error) {
    struct cw_help top, command;
    enum cw_err err = cw_help_ask(&top, NULL, arena, error);
    if (err != CW_OK)
        return err;
    head(out, "CAUSEWAY", 1);
    cw_buf_text(out, ".SH NAME\ncauseway \\- relays messages between rollups and the chains they "
                     "settle on\n.SH SYNOPSIS\n");
    for (size_t i = 0; i < top.parts_n; i++)
        if (top.parts[i].kind == CW_HELP_FORM)
            form(out, top.parts[i].text);
    cw_buf_text(out, ".SH DESCRIPTION\n");
    general(out, &top);
    cw_buf_text(out, ".SH COMMANDS\n");
    for (size_t i = 0; i < top.words_n; i++) {
        err = cw_help_ask(&command, top.words[i].name, arena, error);
        if (err != CW_OK)
            return err;
        cw_buf_text(out, ".SS ");
        line(out, top.words[i].name);
        for (size_t j = 0; j < command.parts_n; j++)
            part(out, &command.parts[j], j > 0 ? &command.parts[j - 1] : NULL);
    }
    cw_buf_text(out, ".SH SEE ALSO\n.BR causeway.json (5)\n");
    return CW_OK;
}

/* --- causeway.json(5) ------------------------------------------------------------------------- */

struct place {
    char path[256];  /* "chains.l1.quorum" */
    size_t ends[12]; /* lengths of path at each level that is open */
    size_t depth;
    char about[4096]; /* comments that no key has yet */
};

/* "key": of a line, or of one that is commented out; its length, or 0. *ret_value: what follows. */
static size_t key_of(const char *text, const char **ret_key, const char **ret_value) {
    if (text[0] != '"')
        return 0;
    size_t n = strspn(text + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    const char *value = text + 1 + n;
    if (n == 0 || strncmp(value, "\": ", 3) != 0)
        return 0;
    value += 3;
    if (strchr("\"[{-0123456789", value[0]) == NULL && strncmp(value, "true", 4) != 0 &&
        strncmp(value, "false", 5) != 0)
        return 0;
    *ret_key = text + 1;
    *ret_value = value;
    return n;
}

static void take_key(struct cw_buf *out, struct place *place, const char *key, size_t n,
                     bool is_open) {
    size_t had = strlen(place->path);
    snprintf(place->path + had, sizeof place->path - had, "%s%.*s", had > 0 ? "." : "", (int)n,
             key);
    if (place->about[0] != 0) {
        if (is_open && had == 0)
            cw_buf_text(out, ".SS ");
        else
            cw_buf_text(out, ".TP\n");
        bold(out, place->path);
        line(out, place->about);
    }
    place->about[0] = 0;
    if (is_open && place->depth < CW_COUNT(place->ends))
        place->ends[place->depth++] = had;
    else
        place->path[had] = 0;
}

static void take_line(struct cw_buf *out, struct place *place, const char *text) {
    const char *key = NULL, *value = NULL;
    bool is_comment = strncmp(text, "// ", 3) == 0;
    size_t n = key_of(text + (is_comment ? 3 : 0), &key, &value);
    size_t last = strlen(text);
    if (n > 0) {
        take_key(out, place, key, n,
                 !is_comment && (text[last - 1] == '{' || text[last - 1] == '['));
    } else if (is_comment) {
        size_t had = strlen(place->about);
        snprintf(place->about + had, sizeof place->about - had, "%s%s", had > 0 ? " " : "",
                 text + 3);
    } else if (text[0] == '{') {
        if (place->depth < CW_COUNT(place->ends))
            place->ends[place->depth++] = strlen(place->path);
        place->about[0] = 0;
    } else if ((text[0] == '}' || text[0] == ']') && place->depth > 0) {
        place->path[place->ends[--place->depth]] = 0;
    }
}

static enum cw_err configuration_page(struct cw_buf *out, struct cw_arena *arena,
                                      struct cw_error *error) {
    struct place *place = cw_arena_alloc(arena, sizeof *place);
    struct cw_buf reference;
    cw_buf_init(&reference, OUT_MAX);
    cw_config_reference(&reference);
    const char *at = cw_buf_cstr(&reference);
    head(out, "CAUSEWAY.JSON", 5);
    cw_buf_text(out, ".SH NAME\ncauseway.json \\- configuration of causeway(1)\n"
                     ".SH DESCRIPTION\n");
    line(out,
         "One JSON object. Comments are taken, keys that are not known are not; `causeway "
         "check-config` says where a mistake is. Names of chains, signers, routes, sinks and "
         "tokens are of your choice; below stand those of `causeway check-config --reference`, "
         "which prints all of this as a configuration.");
    cw_buf_text(out, ".SH KEYS\n");
    while (place != NULL && at != NULL && *at != 0) {
        size_t n = strcspn(at, "\n"), in = strspn(at, " ");
        char *text = cw_arena_text(arena, at + in, n - in);
        if (text == NULL)
            break;
        if (text[0] != 0)
            take_line(out, place, text);
        at += n + (at[n] == '\n');
    }
    bool is_whole = place != NULL && at != NULL && *at == 0;
    cw_buf_done(&reference);
    cw_buf_text(out, ".SH SEE ALSO\n.BR causeway (1)\n");
    return is_whole ? CW_OK : cw_error_set(error, CW_ERR_MEMORY, "out of memory");
}

int cw_cmd_manual(int argc, char **argv) {
    static const struct option options[] = {CW_CLI_COMMON_OPTIONS};
    static const char *const names[] = {"commands", "configuration", NULL};
    struct cw_cli_common common = {0};
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        int code = cw_cli_option(c, &common, help);
        if (code != CW_CLI_GO_ON)
            return code;
    }
    if (argc - optind != 1)
        return cw_cli_usage(help, "takes one argument: commands or configuration");
    bool is_commands = strcmp(argv[optind], names[0]) == 0;
    if (!is_commands && strcmp(argv[optind], names[1]) != 0)
        return cw_cli_no_kind(help, argv[optind], names);
    struct cw_arena arena;
    struct cw_buf out;
    struct cw_error error;
    cw_arena_init(&arena, ARENA_BYTES);
    cw_buf_init(&out, OUT_MAX);
    enum cw_err err = is_commands ? commands_page(&out, &arena, &error)
                                  : configuration_page(&out, &arena, &error);
    if (err == CW_OK && cw_buf_cstr(&out) == NULL)
        err = cw_error_set(&error, CW_ERR_MEMORY, "out of memory");
    if (err == CW_OK)
        fputs(cw_buf_cstr(&out), stdout);
    cw_buf_done(&out);
    cw_arena_done(&arena);
    return err == CW_OK ? CW_EXIT_OK : cw_cli_fail(&error);
}
