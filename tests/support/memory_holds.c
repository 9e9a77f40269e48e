/* usage: memory_holds PID HEX…
 * Looks for a secret in another process: in every part of its memory that can be read, and in its
 * environment, as bytes and as hexadecimal text. exit: 0 it is there, 1 it is not, 2 could not
 * look. */
#include <causeway/base.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK ((size_t)1 << 20)
/* A sanitizer's shadow of all there is takes terabytes, and no memory: only its own bytes are
 * there. */
#define SHADOW_LEAST (1ul << 36)

struct needle {
    uint8_t bytes[64];
    size_t n;
};

static bool holds(const uint8_t *p, size_t n, const struct needle *needles) {
    for (size_t i = 0; i < 2; i++) {
        if (memmem(p, n, needles[i].bytes, needles[i].n) != NULL) {
            return true;
        }
    }
    return false;
}

/* From first to last; what overlaps two reads is looked at, too. */
static bool range_holds(int memory, unsigned long first, unsigned long last,
                        const struct needle *needles) {
    static uint8_t buffer[64 + CHUNK];
    size_t kept = 0;
    while (first < last) {
        size_t want = last - first < CHUNK ? last - first : CHUNK;
        ssize_t n = pread(memory, buffer + kept, want, (off_t)first);
        if (n <= 0) {
            return false; /* a part that nobody may read, such as a sanitizer's */
        }
        size_t have = kept + (size_t)n;
        if (holds(buffer, have, needles)) {
            return true;
        }
        kept = have < 63 ? have : 63;
        memmove(buffer, buffer + have - kept, kept);
        first += (unsigned long)n;
    }
    return false;
}

static int look(const char *pid, const struct needle *needles) {
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%.20s/maps", pid);
    FILE *maps = fopen(path, "r");
    snprintf(path, sizeof path, "/proc/%.20s/mem", pid);
    int memory = open(path, O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof path, "/proc/%.20s/environ", pid);
    int variables = open(path, O_RDONLY | O_CLOEXEC);
    if (maps == NULL || memory < 0 || variables < 0) {
        perror(path);
        return 2;
    }
    static uint8_t text[1 << 20];
    ssize_t n = read(variables, text, sizeof text);
    bool found = n > 0 && holds(text, (size_t)n, needles);
    size_t ranges = 0;
    while (!found && fgets(line, sizeof line, maps) != NULL) {
        unsigned long first, last;
        char rights[8];
        if (sscanf(line, "%lx-%lx %7s", &first, &last, rights) == 3 && rights[0] == 'r' &&
            last - first < SHADOW_LEAST) {
            ranges++;
            found = range_holds(memory, first, last, needles);
        }
    }
    fclose(maps);
    close(memory);
    close(variables);
    if (!found && ranges == 0) {
        fprintf(stderr, "memory_holds: nothing to look at\n");
        return 2;
    }
    return found ? 0 : 1;
}

int main(int argc, char **argv) {
    struct needle needles[2];
    char prefixed[67] = "0x";
    if (argc != 3 || strlen(argv[2]) != 64) {
        fputs("usage: memory_holds PID 64-HEX-DIGITS\n", stderr);
        return 2;
    }
    strcat(prefixed, argv[2]);
    if (cw_hex_decode(needles[0].bytes, 32, prefixed, 66) != CW_OK) {
        return 2;
    }
    needles[0].n = 32;
    memcpy(needles[1].bytes, argv[2], 64);
    needles[1].n = 64;
    return look(argv[1], needles);
}
