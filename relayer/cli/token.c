#include "cli/cli.h"
#include "cli/print.h"
#include "sign/random.h"

#include <openssl/sha.h>

#include <stdio.h>

static const char help[] =
    "usage: causeway token [--json]\n"
    "\n"
    "Makes a token for the API, of 256 random bits, and prints it once: give it to whoever is to\n"
    "ask, and put its SHA-256 into the configuration, where nobody can read the token from it.\n"
    "\n"
    "exit: 0 ok, 2 usage, 3 could not\n";

int cw_cmd_token(int argc, char **argv) {
    static const struct option options[] = {CW_CLI_COMMON_OPTIONS};
    struct cw_cli_common common = {0};
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        int code = cw_cli_option(c, &common, help);
        if (code != CW_CLI_GO_ON)
            return code;
    }
    if (optind < argc)
        return cw_cli_usage(help, "takes no argument");
    uint8_t bytes[32];
    struct cw_hash32 hash;
    struct cw_error error;
    char token[CW_HEX_SIZE(32)], sha256[CW_HEX_SIZE(32)];
    if (cw_random(bytes, sizeof bytes, &error) != CW_OK)
        return cw_cli_fail(&error);
    cw_hex_encode(token, cw_slice_of(bytes, sizeof bytes));
    SHA256((const unsigned char *)token + 2, 64, hash.b);
    cw_hex_encode(sha256, cw_slice_of(hash.b, sizeof hash.b));
    if (common.json) {
        struct cw_buf out;
        cw_buf_init(&out, 4096);
        cw_out_open(&out, NULL, '{');
        cw_out_text(&out, "token", token + 2);
        cw_out_text(&out, "sha256", sha256 + 2);
        cw_out_close(&out, '}');
        return cw_out_print(&out, CW_EXIT_OK);
    }
    printf("token   %s\nsha256  %s\n\n"
           "In the configuration: \"api\": {\"tokens\": {\"NAME\": {\"role\": \"operate\", "
           "\"sha256\": \"%s\"}}}\n",
           token + 2, sha256 + 2, sha256 + 2);
    return CW_EXIT_OK;
}
