/* api_check openapi.json ANSWERS EVENTS: holds what a daemon answered to its description. ANSWERS
 * has a line each: method, target, status, a file with the body, media type; EVENTS is a stream as
 * it came. Every operation must have been answered well once. */
#include "openapi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES ((size_t)64 << 10)
#define BODY_MAX   ((size_t)16 << 20)

static unsigned wrong;

static FILE *open_file(const char *path) {
    FILE *file = fopen(path, "re");
    if (file)
        return file;
    perror(path);
    exit(2);
}

static struct cw_slice read_body(const char *path, char *text) {
    FILE *file = open_file(path);
    const size_t n = fread(text, 1, BODY_MAX, file);
    (void)fclose(file);
    return cw_slice_of(text, n);
}

static unsigned check_answers(struct openapi *api, const char *path) {
    FILE *file = open_file(path);
    char *line = malloc(LINE_BYTES), *text = malloc(BODY_MAX), why[SCHEMA_WHY];
    unsigned n = 0;
    if (!line || !text)
        abort();
    for (; fgets(line, (int)LINE_BYTES, file); n++) {
        char method[8], target[2048], body[1024], type[64] = "";
        unsigned status = 0;
        if (sscanf(line, "%7s %2047s %u %1023s %63[^\n]", method, target, &status, body, type) < 4)
            abort();
        const struct openapi_answer answer = {method, target, status, type, read_body(body, text)};
        if (openapi_answer(api, &answer, why))
            continue;
        printf("# %s %s: %u: %s\n", method, target, status, why);
        wrong++;
    }
    free(line);
    free(text);
    (void)fclose(file);
    return n;
}

static unsigned check_events(struct openapi *api, const char *path) {
    FILE *file = open_file(path);
    char *line = malloc(LINE_BYTES), type[64] = "", why[SCHEMA_WHY];
    unsigned n = 0;
    if (!line)
        abort();
    while (fgets(line, (int)LINE_BYTES, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "event: ", 7) == 0)
            snprintf(type, sizeof type, "%.63s", line + 7);
        if (strncmp(line, "data: ", 6) != 0)
            continue;
        n++;
        if (openapi_event(api, type, cw_slice_of(line + 6, strlen(line + 6)), why))
            continue;
        printf("# event %s: %s\n", type, why);
        wrong++;
    }
    free(line);
    (void)fclose(file);
    return n;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: api_check OPENAPI ANSWERS EVENTS\n");
        return 2;
    }
    struct openapi *api = openapi_load(argv[1]);
    const unsigned answers = check_answers(api, argv[2]), events = check_events(api, argv[3]);
    printf("# %u answers of %zu operations and %u events held to their schemas\n", answers, api->n,
           events);
    for (size_t i = 0; i < api->n; i++)
        if (api->operations[i].successes == 0) {
            printf("# %s %s was not answered well\n", api->operations[i].method,
                   api->operations[i].path);
            wrong++;
        }
    openapi_free(api);
    return wrong == 0 && answers > 0 && events > 0 ? 0 : 1;
}
