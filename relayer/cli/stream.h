/* How verify, hash and decode read their input and answer: one input, or one a line. */
#ifndef CLI_STREAM_H
#define CLI_STREAM_H

#include <causeway/arena.h>
#include <causeway/base.h>

#define CW_STREAM_INPUT_MAX  ((size_t)64 << 20)  /* one input, in bytes of text */
#define CW_STREAM_ANSWER_MAX ((size_t)256 << 20) /* one answer */
#define CW_STREAM_ARENA_MAX  ((size_t)256 << 20) /* what is made of one input */

/* What these commands are called with: KIND [OPERAND] [--lines] */
struct cw_stream_args {
    const char *kind;
    const char *operand; /* NULL: stdin */
    bool lines;
};
/* CW_CLI_GO_ON, or the exit code to stop with. */
int cw_stream_args(struct cw_stream_args *ret, int argc, char **argv, const char *help);

struct cw_stream_job {
    /* Appends one JSON value without a line end to out, and says whether the answer is yes. Where
     * the input is malformed it returns an error instead; what it appended is dropped. arena is
     * empty, and emptied afterwards. */
    enum cw_err (*answer)(const struct cw_stream_job *job, struct cw_buf *out, bool *ret_yes,
                          struct cw_arena *arena, struct cw_slice input, struct cw_error *error);
    const void *context;
};

/* Answers on stdout. The operand names a file (none or "-": stdin), or with literal is the input
 * itself. The exit code: ok, no, 2 for a malformed input or a file that can't be opened, 3 when it
 * can't be read or memory ran out (these are said on stderr).
 *
 * With lines the operand is a file in any case, and each of its lines is answered with one line, in
 * order: a malformed one with {"error":"…"}. An empty line is malformed; a last line needs no line
 * end. What was answered is flushed before more is waited for. The exit code is 2 when a line was
 * malformed, otherwise ok, whatever the answers were. */
int cw_stream_run(const struct cw_stream_job *job, const struct cw_stream_args *args, bool literal);

/* Without blanks and line ends at both ends. */
struct cw_slice cw_stream_trim(struct cw_slice text);
/* The bytes that hexadecimal text means, with 0x or without; they live in the arena. */
CW_MUST_USE enum cw_err cw_stream_hex(struct cw_slice *ret, struct cw_arena *arena,
                                      struct cw_slice text, struct cw_error *error);

#endif
