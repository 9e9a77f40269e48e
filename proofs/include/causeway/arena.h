/* An arena: memory that is given back all at once, with a cap that is declared when it is made. */
#ifndef CAUSEWAY_ARENA_H
#define CAUSEWAY_ARENA_H

#include <causeway/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct cw_arena_block;

/* Owned by whoever initialized it; not thread-safe. Fields are private. */
struct cw_arena {
    struct cw_arena_block *newest;
    size_t used; /* bytes taken from the system */
    size_t max;  /* cap on used */
};

/* max: cap in bytes on what the arena may take. No memory is taken before the first use. */
void cw_arena_init(struct cw_arena *arena, size_t max);
/* Gives everything back; the arena is as after _init. Takes NULL. */
void cw_arena_done(struct cw_arena *arena);
/* Zeroed memory, aligned for any type, or NULL when the cap or the system says no. n = 0 gives a
 * valid pointer. */
void *cw_arena_alloc(struct cw_arena *arena, size_t n);
/* n·size bytes with the multiplication checked. */
void *cw_arena_array(struct cw_arena *arena, size_t n, size_t size);
/* A copy of bytes; p is NULL on failure when bytes.n > 0. */
struct cw_slice cw_arena_copy(struct cw_arena *arena, struct cw_slice bytes);
/* A NUL-terminated copy, or NULL. */
char *cw_arena_text(struct cw_arena *arena, const char *text, size_t n);

/* A growable byte buffer with a cap. A failed append sets `failed` and drops later ones, so that a
 * builder checks once. */
struct cw_buf {
    uint8_t *p;
    size_t n;
    size_t capacity;
    size_t max;
    bool failed;
};

void cw_buf_init(struct cw_buf *buf, size_t max);
void cw_buf_done(struct cw_buf *buf);
/* Empties it, keeps the memory, clears `failed`. */
void cw_buf_reset(struct cw_buf *buf);
void cw_buf_append(struct cw_buf *buf, const void *p, size_t n);
void cw_buf_text(struct cw_buf *buf, const char *text);
void cw_buf_format(struct cw_buf *buf, const char *format, ...) CW_PRINTF(2, 3);
/* Appends "0x…". */
void cw_buf_hex(struct cw_buf *buf, struct cw_slice bytes);
struct cw_slice cw_buf_slice(const struct cw_buf *buf);
/* The content with a NUL behind it (the NUL is not counted), or NULL when the buffer failed. */
const char *cw_buf_cstr(struct cw_buf *buf);

#ifdef __cplusplus
}
#endif
#endif
