#include <causeway/arena.h>

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- arena ---------------------------------------------------------------------------------- */

#define BLOCK_MIN ((size_t)512)
#define BLOCK_MAX ((size_t)256 * 1024)

struct cw_arena_block {
    struct cw_arena_block *older;
    size_t n;        /* bytes given out of data */
    size_t capacity; /* bytes in data */
    alignas(max_align_t) uint8_t data[];
};

void cw_arena_init(struct cw_arena *arena, size_t max) {
    *arena = (struct cw_arena){NULL, 0, max};
}

void cw_arena_done(struct cw_arena *arena) {
    if (arena == NULL) {
        return;
    }
    struct cw_arena_block *block = arena->newest;
    while (block != NULL) {
        struct cw_arena_block *older = block->older;
        free(block);
        block = older;
    }
    arena->newest = NULL;
    arena->used = 0;
}

/* A block with room for n bytes: as large as all before together, so that their number stays small;
 * less when the cap is near. NULL when the cap or the system says no. */
static struct cw_arena_block *add_block(struct cw_arena *arena, size_t n) {
    size_t least, left = arena->max - arena->used;
    if (__builtin_add_overflow(n, sizeof(struct cw_arena_block), &least) || least > left) {
        return NULL;
    }
    size_t size = arena->used < BLOCK_MIN ? BLOCK_MIN : arena->used;
    size = size > BLOCK_MAX ? BLOCK_MAX : size;
    size = size > left ? left : size;
    size = size < least ? least : size;
    struct cw_arena_block *block = calloc(1, size);
    if (block == NULL) {
        return NULL;
    }
    block->older = arena->newest;
    block->capacity = size - sizeof(*block);
    arena->newest = block;
    arena->used += size;
    return block;
}

void *cw_arena_alloc(struct cw_arena *arena, size_t n) {
    size_t rounded;
    if (__builtin_add_overflow(n == 0 ? 1 : n, alignof(max_align_t) - 1, &rounded)) {
        return NULL;
    }
    rounded -= rounded % alignof(max_align_t);
    struct cw_arena_block *block = arena->newest;
    if (block == NULL || block->capacity - block->n < rounded) {
        block = add_block(arena, rounded);
        if (block == NULL) {
            return NULL;
        }
    }
    void *p = block->data + block->n;
    block->n += rounded;
    return p;
}

void *cw_arena_array(struct cw_arena *arena, size_t n, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(n, size, &total)) {
        return NULL;
    }
    return cw_arena_alloc(arena, total);
}

struct cw_slice cw_arena_copy(struct cw_arena *arena, struct cw_slice bytes) {
    uint8_t *p = cw_arena_alloc(arena, bytes.n);
    if (p == NULL) {
        return (struct cw_slice){NULL, 0};
    }
    if (bytes.n > 0) {
        memcpy(p, bytes.p, bytes.n);
    }
    return cw_slice_of(p, bytes.n);
}

char *cw_arena_text(struct cw_arena *arena, const char *text, size_t n) {
    size_t size;
    if (__builtin_add_overflow(n, (size_t)1, &size)) {
        return NULL;
    }
    char *p = cw_arena_alloc(arena, size);
    if (p != NULL && n > 0) {
        memcpy(p, text, n);
    }
    return p;
}

/* --- buffer --------------------------------------------------------------------------------- */

void cw_buf_init(struct cw_buf *buf, size_t max) {
    *buf = (struct cw_buf){NULL, 0, 0, max, false};
}

void cw_buf_done(struct cw_buf *buf) {
    if (buf == NULL) {
        return;
    }
    free(buf->p);
    cw_buf_init(buf, buf->max);
}

void cw_buf_reset(struct cw_buf *buf) {
    buf->n = 0;
    buf->failed = false;
}

/* Makes room for n more bytes and a NUL behind them. */
static bool reserve(struct cw_buf *buf, size_t n) {
    size_t total, needed;
    if (buf->failed || __builtin_add_overflow(buf->n, n, &total) || total > buf->max ||
        __builtin_add_overflow(total, (size_t)1, &needed)) {
        buf->failed = true;
        return false;
    }
    if (needed <= buf->capacity) {
        return true;
    }
    size_t capacity = buf->capacity < 64 ? 64 : buf->capacity;
    while (capacity < needed) {
        if (__builtin_mul_overflow(capacity, (size_t)2, &capacity)) {
            capacity = needed;
        }
    }
    if (capacity > buf->max && buf->max >= total && buf->max < SIZE_MAX) {
        capacity = buf->max + 1;
    }
    uint8_t *p = realloc(buf->p, capacity);
    if (p == NULL) {
        buf->failed = true;
        return false;
    }
    buf->p = p;
    buf->capacity = capacity;
    return true;
}

void cw_buf_append(struct cw_buf *buf, const void *p, size_t n) {
    if (reserve(buf, n) && n > 0) {
        memcpy(buf->p + buf->n, p, n);
        buf->n += n;
    }
}

void cw_buf_text(struct cw_buf *buf, const char *text) {
    cw_buf_append(buf, text, strlen(text));
}

void cw_buf_format(struct cw_buf *buf, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0) {
        buf->failed = true;
        return;
    }
    if (!reserve(buf, (size_t)n)) {
        return;
    }
    va_start(args, format);
    vsnprintf((char *)buf->p + buf->n, (size_t)n + 1, format, args);
    va_end(args);
    buf->n += (size_t)n;
}

void cw_buf_hex(struct cw_buf *buf, struct cw_slice bytes) {
    size_t digits;
    if (__builtin_mul_overflow(bytes.n, (size_t)2, &digits) ||
        __builtin_add_overflow(digits, (size_t)2, &digits)) {
        buf->failed = true;
        return;
    }
    if (reserve(buf, digits)) {
        cw_hex_encode((char *)buf->p + buf->n, bytes);
        buf->n += digits;
    }
}

struct cw_slice cw_buf_slice(const struct cw_buf *buf) {
    return cw_slice_of(buf->p, buf->n);
}

const char *cw_buf_cstr(struct cw_buf *buf) {
    if (!reserve(buf, 0)) {
        return NULL;
    }
    buf->p[buf->n] = '\0';
    return (const char *)buf->p;
}
