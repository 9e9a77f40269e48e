#include "cli/cli.h"
#include "cli/decode_json.h"
#include "cli/print.h"
#include "cli/stream.h"

#include <stdio.h>
#include <string.h>

static const char help[] =
    "usage: causeway decode KIND [HEX|-] [--lines] [--json]\n"
    "\n"
    "Decodes what chains encode, strictly, and prints it as JSON: names and quantities as "
    "JSON-RPC\n"
    "has them. - reads the digits from stdin; 0x in front may be left out.\n"
    "\n"
    "kinds:\n"
    "  rlp      one RLP item: strings as 0x text, lists as arrays\n"
    "  tx       a transaction: legacy, types 1 to 4, and 0x7e (an OP Stack deposit: nonce null).\n"
    "           Refused is what no fork takes: high s, a wrong v, leading zeros, oversized\n"
    "           fields, trailing bytes. from is recovered from the signature\n"
    "  header   a block header, with its hash\n"
    "  receipt  a receipt as the receipts trie holds it: types 0 to 4, 0x7e, and those\n"
    "           of Arbitrum Nitro, 0x64 to 0x6a\n"
    "\n"
    "  --lines  one hex string a line in (stdin, or a file named in place of HEX), one answer a\n"
    "           line out, in order; {\"error\":\"…\"} for what is refused and for what is no hex\n"
    "\n"
    "An input has 64 MiB of digits at most. The output is JSON with or without --json.\n"
    "\n"
    "exit: 0 decoded, 1 refused ({\"error\":\"…\"} says why), 2 no hex, 3 could not be read. With\n"
    "--lines: 0 all lines were hex, decoded or refused, 2 one or more were not\n";

enum kind { RLP, TX, HEADER, RECEIPT };
static const char *const names[] = {"rlp", "tx", "header", "receipt", NULL};

struct context {
    enum kind kind;
    struct cw_curve *curve; /* for transactions only */
};

static enum cw_err decode(const struct context *context, struct cw_buf *out, struct cw_arena *arena,
                          struct cw_slice bytes, struct cw_error *error) {
    switch (context->kind) {
    case RLP:
        return decode_rlp(out, bytes, error);
    case TX:
        return decode_tx(out, arena, context->curve, bytes, error);
    case HEADER:
        return decode_header(out, bytes, error);
    case RECEIPT:
        return decode_receipt(out, arena, bytes, error);
    }
    return cw_error_set(error, CW_ERR_INPUT, "no such kind");
}

static enum cw_err answer(const struct cw_stream_job *job, struct cw_buf *out, bool *ret_yes,
                          struct cw_arena *arena, struct cw_slice input, struct cw_error *error) {
    struct cw_slice bytes;
    enum cw_err err = cw_stream_hex(&bytes, arena, input, error);
    if (err != CW_OK)
        return err;
    err = decode(job->context, out, arena, bytes, error);
    if (err == CW_ERR_MEMORY)
        return err;
    *ret_yes = err == CW_OK;
    if (err != CW_OK) {
        cw_buf_reset(out);
        cw_out_open(out, NULL, '{');
        cw_out_text(out, "error", error->text);
        cw_out_close(out, '}');
    }
    return CW_OK;
}

int cw_cmd_decode(int argc, char **argv) {
    struct cw_stream_args args;
    int code = cw_stream_args(&args, argc, argv, help);
    if (code != CW_CLI_GO_ON)
        return code;
    struct context context = {RLP, NULL};
    size_t kind = 0;
    while (names[kind] != NULL && strcmp(names[kind], args.kind) != 0)
        kind++;
    if (names[kind] == NULL)
        return cw_cli_no_kind(help, args.kind, names);
    context.kind = (enum kind)kind;
    if (context.kind == TX && (context.curve = cw_curve_new(NULL)) == NULL) {
        const struct cw_error error = {CW_ERR_MEMORY, "out of memory"};
        return cw_cli_fail(&error);
    }
    const struct cw_stream_job job = {answer, &context};
    code = cw_stream_run(&job, &args, true);
    cw_curve_free(context.curve);
    return code;
}
