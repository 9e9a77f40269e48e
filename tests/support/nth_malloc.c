#include "nth_malloc.h"

#include <cjson/cJSON.h>

#include <stddef.h>
#include <stdlib.h>

/* The linker puts these in the place of the functions that the program's own objects call (--wrap).
 */
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_reallocarray(void *p, size_t n, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__wrap_strdup(const char *text);

static unsigned long left;
static bool failed, paused;

static bool now(void) {
    if (paused || left == 0 || --left > 0) {
        return false;
    }
    failed = true;
    return true;
}

void nth_malloc_fail(unsigned long n) {
    static cJSON_Hooks hooks = {__wrap_malloc, free};
    cJSON_InitHooks(&hooks);
    left = n;
    failed = false;
}

void nth_malloc_pause(bool pause) {
    paused = pause;
}

bool nth_malloc_failed(void) {
    return failed;
}

void *__wrap_malloc(size_t n) {
    return now() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size) {
    return now() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n) {
    return now() ? NULL : __real_realloc(p, n);
}

void *__wrap_reallocarray(void *p, size_t n, size_t size) {
    return now() ? NULL : __real_reallocarray(p, n, size);
}

char *__wrap_strdup(const char *text) {
    return now() ? NULL : __real_strdup(text);
}
