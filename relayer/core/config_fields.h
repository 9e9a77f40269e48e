/* Reading one object of the configuration into a struct, as a table of struct cw_field describes
 * it. Every error starts with file:line:column; values of text fields are never repeated in one,
 * for they may be secret. */
#ifndef CORE_CONFIG_FIELDS_H
#define CORE_CONFIG_FIELDS_H

#include "core/config_words.h"
#include "core/json.h"

#include <adapters/field.h>
#include <causeway/arena.h>
#include <causeway/base.h>

/* Which field of which object was read to where; of an arena. */
struct cw_config_traced {
    const struct cw_config_traced *before;
    const struct cw_json *object; /* NULL: it is not written */
    const struct cw_field *field;
    const void *out;
};
struct cw_config_trace {
    const struct cw_config_traced *last;
};

struct cw_config_reader {
    const char *path;
    const struct cw_json_doc *doc;
    struct cw_arena *arena; /* owns what is read */
    struct cw_error *error;
    struct cw_config_trace *trace; /* NULL: nothing is noted */
};

enum cw_config_kind {
    CW_PART_OBJECT,    /* an object; left out, an empty one is meant */
    CW_PART_OPTIONAL,  /* an object; left out, there is none */
    CW_PART_NAMED,     /* an object of named objects */
    CW_PART_ENDPOINTS, /* a list of URLs, or of objects */
    CW_PART_TEXTS,     /* a list of texts */
    CW_PART_PRICES,    /* an object of texts, or a text */
    CW_PART_LISTED,    /* "all", or an object */
    CW_PART_CONTRACTS  /* an object of the fields of the route's adapter */
};

/* A key whose value is an object or a list with a meaning of its own, read by the caller. */
struct cw_config_part {
    const char *key;
    const char *doc;
    enum cw_config_kind kind;
    bool required;
    const struct cw_config_shape *shape; /* of the object, or of each; NULL where there is none */
};

/* What the text of a field may be. */
struct cw_config_form {
    const char *key;
    const char *const *words; /* one of these, which end with NULL; NULL: other texts */
    const char *pattern;      /* what those look like, a regular expression for editors; or NULL */
};

/* One kind of object. */
struct cw_config_shape {
    const struct cw_field *fields;      /* ends with CW_FIELD_END */
    const struct cw_config_part *parts; /* ends with a key NULL; NULL: none */
    bool secret; /* keys that sound like secrets get an answer of their own */
    const struct cw_config_form *forms; /* ends with a key NULL; NULL: none */
};

/* The form of a field of the shape; NULL: it has none. */
const struct cw_config_form *cw_config_form(const struct cw_config_shape *shape, const char *key);

/* Position of the value (or of the member's key) and text. at NULL: no position. */
enum cw_err cw_config_refuse(const struct cw_config_reader *reader, const struct cw_json *at,
                             const char *format, ...) CW_PRINTF(3, 4);
enum cw_err cw_config_refuse_key(const struct cw_config_reader *reader,
                                 const struct cw_json *member, const char *format, ...)
    CW_PRINTF(3, 4);
/* word, the value of key, is none of those that are known, which end with NULL. */
enum cw_err cw_config_refuse_word(const struct cw_config_reader *reader, const char *where,
                                  const char *key, const struct cw_json *at, const char *word,
                                  const char *const *known);
/* Notes that the fields of the shape were read from object into out. CW_ERR_MEMORY, said. */
CW_MUST_USE enum cw_err cw_config_note(const struct cw_config_reader *reader,
                                       const struct cw_json *object,
                                       const struct cw_config_shape *shape, const void *out);
/* Where a field was read to; NULL: it was not. */
const void *cw_config_traced(const struct cw_config_trace *trace, const struct cw_json *object,
                             const struct cw_field *field);
/* CW_ERR_MEMORY, said. */
enum cw_err cw_config_no_memory(const struct cw_config_reader *reader);

/* object into out, which is as large as the offsets of the table ask for; name says which object it
 * is, such as "chain \"l1\"". object NULL: every field gets its default (a required one is missing
 * then). at: where to point when something is missing. */
CW_MUST_USE enum cw_err cw_config_read(const struct cw_config_reader *reader, const char *name,
                                       const struct cw_json *object, const struct cw_json *at,
                                       const struct cw_config_shape *shape, void *out);

#define CW_CONFIG_NAME_MAX    48 /* names stand in tables, logs and fixed rows of the store */
#define CW_CONFIG_NAMES_MAX   256
#define CW_CONFIG_NUMBERS_MAX 64u /* in a list */

/* One entry of an object of named ones, as it is read. */
struct cw_config_entry {
    const char *name;  /* checked, and the arena's */
    const char *where; /* such as "chain \"l1\"" */
    const struct cw_json *member;
    const void *first; /* of the array that out is in: all before out are read */
    void *out;         /* zeroed */
};

/* Such an object. */
struct cw_config_entries {
    const char *key, *what; /* "chains", "chain" */
    bool required;          /* at least one */
    size_t size;            /* of what an entry is read into */
    enum cw_err (*read)(void *ctx, const struct cw_config_entry *entry);
};

/* The object of named entries that stands in parent, as an array of the arena's. */
CW_MUST_USE enum cw_err cw_config_read_entries(void **ret, size_t *ret_n,
                                               const struct cw_config_reader *reader,
                                               const struct cw_json *parent,
                                               const struct cw_config_entries *entries, void *ctx);

/* A path that is not absolute lies beside the file that is read. NULL: out of memory. */
const char *cw_config_resolve(const struct cw_config_reader *reader, const char *path);

#define CW_CONFIG_FILE_MAX (1u << 20)
/* Reads a whole file. guarded: one that only its owner can change, who is this user or root.
 * advice: what to do when there is none. */
CW_MUST_USE enum cw_err cw_config_file(struct cw_buf *out, const char *path, bool guarded,
                                       const char *advice, struct cw_error *error);

/* The first key of the shape's fields whose values differ between two structs that were read with
 * it, but for those in except (ends with NULL); NULL when there is none. */
const char *cw_config_difference(const struct cw_config_shape *shape, const void *a, const void *b,
                                 const char *const *except);

/* One address; CW_ERR_INPUT with the reason as the text of error, without a position. */
CW_MUST_USE enum cw_err cw_config_address(struct cw_addr20 *ret, const char *text,
                                          struct cw_error *error);
/* As it is written for people, with its EIP-55 checksum. Returns out. */
char *cw_config_address_text(char out[CW_HEX_SIZE(20)], const struct cw_addr20 *address);
/* "12", "0.5 gwei", "1 ether". */
CW_MUST_USE enum cw_err cw_config_wei(struct cw_wei *ret, const char *text, struct cw_error *error);

/* An address that needs no look-up, and a port. */
struct cw_config_socket {
    bool v6;
    char host[46]; /* without brackets */
    uint16_t port;
};
/* Reads "127.0.0.1:80" or "[::1]:80"; false when it is none. */
bool cw_config_socket_read(struct cw_config_socket *ret, const char *text);

/* text in lines of a readable width, each behind "// " and indented four blanks a depth. */
void cw_config_comment(struct cw_buf *out, unsigned depth, const char *text);

/* "text, required" or "number 1 to 100, default 5". */
void cw_config_describe(struct cw_buf *out, const struct cw_field *field);

#endif
