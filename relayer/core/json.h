/* JSON, strictly: one wrapper before the library, which refuses what the library lets pass (invalid
 * UTF-8, depth, duplicate keys, loose numbers, trailing bytes, numbers above 2^53-1). */
#ifndef CORE_JSON_H
#define CORE_JSON_H

#include <causeway/arena.h>
#include <causeway/base.h>
#include <monitor/json_out.h>
#include <monitor/json_text.h>

struct cw_json_doc; /* owns */
struct cw_json;     /* one value, borrowed from its document */

#define CW_JSON_DEPTH 32

/* text needs no NUL and is not kept. On CW_ERR_INPUT the error says line:column and what is wrong.
 * comments: // and slash-star are taken (blanked, so that positions survive), and a copy of the
 * text is kept for cw_json_locate. \u0000 is refused with comments; without, it reads as U+FFFD,
 * because nodes put raw revert data into their messages. CW_ERR_LIMIT when the values are so many
 * that they would take many times the text's size in memory. */
CW_MUST_USE enum cw_err cw_json_parse(struct cw_json_doc **ret, struct cw_slice text, bool comments,
                                      struct cw_error *error);
/* A document of its own with a copy of value. CW_ERR_MEMORY only. */
CW_MUST_USE enum cw_err cw_json_copy(struct cw_json_doc **ret, const struct cw_json *value);
void cw_json_free(struct cw_json_doc *doc); /* takes NULL */
const struct cw_json *cw_json_root(const struct cw_json_doc *doc);

enum cw_json_type {
    CW_JSON_NULL,
    CW_JSON_BOOL,
    CW_JSON_NUMBER,
    CW_JSON_STRING,
    CW_JSON_ARRAY,
    CW_JSON_OBJECT
};
enum cw_json_type cw_json_type(const struct cw_json *value);
const char *cw_json_type_name(enum cw_json_type type);

/* Member of an object; NULL when value is NULL, no object, or has no such key. */
const struct cw_json *cw_json_get(const struct cw_json *value, const char *key);
/* Elements of an array or members of an object, in order. */
const struct cw_json *cw_json_first(const struct cw_json *value);
const struct cw_json *cw_json_next(const struct cw_json *element);
const char *cw_json_key(const struct cw_json *member); /* NULL for array elements */
size_t cw_json_size(const struct cw_json *value);

/* NUL-terminated and borrowed; NULL when value is NULL or no string. */
const char *cw_json_string(const struct cw_json *value);
/* Each: CW_ERR_INPUT when value is NULL or of another type or out of range. */
CW_MUST_USE enum cw_err cw_json_bool(bool *ret, const struct cw_json *value);
CW_MUST_USE enum cw_err cw_json_u64(uint64_t *ret,
                                    const struct cw_json *value); /* JSON integer 0..2^53-1 */
CW_MUST_USE enum cw_err cw_json_number(double *ret, const struct cw_json *value);

/* A copy of value (NULL: an empty object) as the member key of object, which is the document's, in
 * place of one that is there. origin is kept, and says where it comes from. The new member; NULL:
 * out of memory. */
const struct cw_json *cw_json_graft(struct cw_json_doc *doc, const struct cw_json *object,
                                    const char *key, const struct cw_json *value,
                                    const char *origin);
/* The origin of the member that value is or stands in; NULL: it is of the text. */
const char *cw_json_origin(const struct cw_json_doc *doc, const struct cw_json *value);

/* The texts of the elements of an array that was parsed without comments, in order: how many there
 * are; at most max of them are written. */
size_t cw_json_elements(struct cw_slice text, struct cw_slice *ret, size_t max);

/* Where a value stands in the text that was parsed, 1-based, columns in characters. False when the
 * document was parsed without comments (its text is not kept) or value is of another one, or was
 * put in later. */
bool cw_json_locate(const struct cw_json_doc *doc, const struct cw_json *value, unsigned *ret_line,
                    unsigned *ret_column);
/* The same for the key of an object's member (for "unknown key"). */
bool cw_json_locate_key(const struct cw_json_doc *doc, const struct cw_json *member,
                        unsigned *ret_line, unsigned *ret_column);

#endif
