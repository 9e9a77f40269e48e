#include "core/config_syntax.h"

#include "core/json.h"
#include "core/json_scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the scan stopped, and what stands there. */
struct fault {
    const uint8_t *p; /* without comments */
    size_t n, at;
    const char *wrong;
};

static bool starts(const struct fault *f, size_t at, const char *with) {
    const size_t n = strlen(with);
    return f->n - at >= n && memcmp(f->p + at, with, n) == 0;
}

static int byte_at(const struct fault *f, size_t at) {
    return at < f->n ? f->p[at] : -1;
}

static bool is_blank(int byte) {
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static bool is_digit(int byte) {
    return byte >= '0' && byte <= '9';
}

static bool is_letter(int byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/* The last byte before the fault that is no blank; -1: none. */
static int before(const struct fault *f) {
    size_t at = f->at;
    while (at > 0 && is_blank(f->p[at - 1]))
        at--;
    return at > 0 ? f->p[at - 1] : -1;
}

/* --- the whole file --------------------------------------------------------------------------- */

static const char *remedy_of_file(const struct fault *f) {
    size_t i = 0;
    while (i < f->n && is_blank(f->p[i]))
        i++;
    if (i == f->n)
        return "there is nothing in it: `causeway check-config --reference` prints a whole one";
    if (starts(f, 0, "\xef\xbb\xbf"))
        return "it begins with a byte order mark: save it as UTF-8 without one";
    if (starts(f, 0, "\xff\xfe") || starts(f, 0, "\xfe\xff") ||
        (f->n > 1 && (f->p[0] == 0) != (f->p[1] == 0)))
        return "it is UTF-16: save it as UTF-8";
    if (starts(f, 0, "\x1f\x8b"))
        return "it is compressed: unpack it first";
    if (f->p[0] == 0)
        return "it is no text: is it the right file?";
    return "";
}

/* --- one place -------------------------------------------------------------------------------- */

/* The line of the innermost bracket that is open where the text ends; 0: none is. */
static unsigned open_line(const struct fault *f) {
    unsigned lines[CW_JSON_DEPTH + 1], line = 1;
    size_t depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < f->n; i++) {
        const int c = f->p[i];
        line += c == '\n';
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '{' || c == '[') && depth < CW_JSON_DEPTH)
            lines[depth++] = line;
        else if (!quoted && (c == '}' || c == ']') && depth > 0)
            depth--;
    }
    return depth > 0 ? lines[depth - 1] : 0;
}

static const char *remedy_of_word(const struct fault *f) {
    static const char *const words[] = {"True", "False", "None", "Null", "TRUE", "FALSE",
                                        "NULL", "yes",   "no",   "on",   "off"};
    for (size_t i = 0; i < CW_COUNT(words); i++)
        if (starts(f, f->at, words[i]) && !is_letter(byte_at(f, f->at + strlen(words[i]))))
            return "write true, false or null";
    return is_letter(byte_at(f, f->at)) ? "texts stand in double quotes" : "";
}

static const char *remedy_of_number(const struct fault *f) {
    const bool after_digit = f->at > 0 && is_digit(f->p[f->at - 1]);
    const int c = byte_at(f, f->at);
    if (after_digit && (c == 'x' || c == 'X'))
        return "numbers are decimal";
    if (after_digit && (c == '_' || c == '\''))
        return "write the digits without what is between them";
    return "";
}

static const char *remedy_of_place(const struct fault *f) {
    const int c = byte_at(f, f->at), last = before(f);
    const bool value_due = strcmp(f->wrong, "not a value") == 0;
    const bool key_due = strcmp(f->wrong, "a key in quotes is due") == 0;
    if (c == '#' || (c == '-' && byte_at(f, f->at + 1) == '-'))
        return "comments begin with //";
    if ((c == '}' || c == ']') && last == ',' && (key_due || value_due))
        return "take out the comma before it";
    if (c == '\'')
        return "texts and keys stand in double quotes";
    if (starts(f, f->at, "\xe2\x80"))
        return "these are typographic quotes: write \"";
    if (key_due && is_digit(c) && last == ',')
        return "digits of a number stand together, without commas";
    if (key_due)
        return c == ',' ? "there is a comma too many" : "write \"key\": value";
    if (value_due)
        return c == ',' || c == '}' || c == ']' ? "a value is missing" : remedy_of_word(f);
    if (c == '=')
        return "write \":\" between key and value";
    if (c == '"' && strstr(f->wrong, " is due") != NULL && last != ',' && last != ':')
        return "is a comma missing before it?";
    if (c == ':')
        return "keys stand in an object, { … }";
    return remedy_of_number(f);
}

static const char *remedy_of_text(const struct fault *f) {
    if (strcmp(f->wrong, "control character in a string") == 0)
        return byte_at(f, f->at) == '\t' ? "write \\t for a tab"
                                         : "close the quotes before the line ends";
    if (strcmp(f->wrong, "no such escape") == 0)
        return "write \\\\ for a backslash";
    if (strcmp(f->wrong, "string without an end") == 0)
        return "close its quotes: is the file whole?";
    if (strcmp(f->wrong, "comment without an end") == 0)
        return "close it with */";
    if (strcmp(f->wrong, "number with a leading zero") == 0)
        return "take the zero out";
    if (strcmp(f->wrong, "not UTF-8") == 0)
        return "save the file as UTF-8";
    if (strcmp(f->wrong, "something follows the value") == 0)
        return "the file holds one object: is a brace closed too early?";
    if (strncmp(f->wrong, "integer above", 13) == 0)
        return "amounts are text with a unit, such as \"0.5 ether\"";
    return "";
}

static void find_remedy(char out[CW_CONFIG_REMEDY], const struct fault *f) {
    const unsigned line = open_line(f);
    const char *text = remedy_of_file(f);
    if (text[0] == 0)
        text = remedy_of_text(f);
    if (text[0] == 0 && strcmp(f->wrong, "the text ends too early") != 0)
        text = remedy_of_place(f);
    if (text[0] == 0 && line > 0 && f->at == f->n)
        snprintf(out, CW_CONFIG_REMEDY, "what opens in line %u is not closed", line);
    else
        snprintf(out, CW_CONFIG_REMEDY, "%s", text);
}

char *cw_config_remedy(char out[CW_CONFIG_REMEDY], struct cw_slice text) {
    uint8_t *copy = malloc(text.n + 1);
    struct cw_json_scan scan;
    struct fault fault = {copy, text.n, 0, "comment without an end"};
    out[0] = 0;
    if (copy == NULL)
        return out;
    if (text.n > 0)
        memcpy(copy, text.p, text.n);
    if (!cw_json_blank_comments(copy, text.n, &fault.at)) {
        find_remedy(out, &fault);
    } else if (!cw_json_scan(&scan, cw_slice_of(copy, text.n), SIZE_MAX, 0)) {
        fault.at = scan.wrong_at;
        fault.wrong = scan.wrong;
        find_remedy(out, &fault);
    } else if (!scan.has_nul) {
        snprintf(out, CW_CONFIG_REMEDY, "take one of the two out");
    }
    free(copy);
    return out;
}
