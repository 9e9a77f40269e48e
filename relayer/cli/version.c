#include "cli/cli.h"
#include "cli/print.h"

#include <curl/curl.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <stdio.h>

static const char help[] =
    "usage: causeway version [--json]\n"
    "\n"
    "Prints the versions of this program, of the database schema that it works with, and of\n"
    "the libraries that it runs on.\n"
    "\n"
    "exit: 0\n";

int cw_cmd_version(int argc, char **argv) {
    static const struct option options[] = {CW_CLI_COMMON_OPTIONS};
    struct cw_cli_common common = {0};
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        int code = cw_cli_option(c, &common, help);
        if (code != CW_CLI_GO_ON)
            return code;
    }
    const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
    if (common.json) {
        struct cw_buf out;
        cw_buf_init(&out, 4096);
        cw_out_open(&out, NULL, '{');
        cw_out_text(&out, "version", CW_VERSION);
        cw_out_u64(&out, "schema", (uint64_t)cw_store_schema());
        cw_out_text(&out, "curl", curl->version);
        cw_out_text(&out, "sqlite", sqlite3_libversion());
        cw_out_text(&out, "openssl", OpenSSL_version(OPENSSL_VERSION_STRING));
        cw_out_close(&out, '}');
        return cw_out_print(&out, CW_EXIT_OK);
    }
    printf("causeway %s\n", CW_VERSION);
    printf("database schema %d, libcurl %s, SQLite %s, OpenSSL %s\n", cw_store_schema(),
           curl->version, sqlite3_libversion(), OpenSSL_version(OPENSSL_VERSION_STRING));
    return CW_EXIT_OK;
}
