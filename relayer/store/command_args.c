#include "store/command_args.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cw_command_arg_put(char args[CW_COMMAND_ARGS_SIZE], const char *key, const char *value) {
    const size_t n = strlen(args);
    assert(n + strlen(key) + strlen(value) + 3 <= CW_COMMAND_ARGS_SIZE);
    snprintf(args + n, CW_COMMAND_ARGS_SIZE - n, "%s%s=%s", n > 0 ? "\n" : "", key, value);
}

void cw_command_arg_put_u64(char args[CW_COMMAND_ARGS_SIZE], const char *key, uint64_t value) {
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    if (value > 0)
        cw_command_arg_put(args, key, text);
}

const char *cw_command_arg(const char *args, const char *key, char *out, size_t size) {
    const size_t key_n = strlen(key);
    out[0] = '\0';
    for (const char *line = args; *line != '\0';) {
        const size_t n = strcspn(line, "\n");
        if (n > key_n && memcmp(line, key, key_n) == 0 && line[key_n] == '=')
            snprintf(out, size, "%.*s", (int)(n - key_n - 1), line + key_n + 1);
        line += n + (line[n] == '\n');
    }
    return out;
}

uint64_t cw_command_arg_u64(const char *args, const char *key) {
    char text[24], *end = NULL;
    cw_command_arg(args, key, text, sizeof text);
    const unsigned long long value = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' ? value : 0;
}

bool cw_command_arg_bytes(const char *args, const char *key, uint8_t *out, size_t n,
                          bool *ret_there) {
    char text[CW_HEX_SIZE(32)];
    *ret_there = cw_command_arg(args, key, text, sizeof text)[0] != '\0';
    return !*ret_there || cw_hex_decode(out, n, text, strlen(text)) == CW_OK;
}
