#include "cli/cli.h"
#include "cli/judge.h"
#include "cli/print.h"
#include "cli/stream.h"

#include <assert.h>
#include <string.h>

static const char help[] =
    "usage: causeway verify KIND [FILE|-] [--lines] [--json]\n"
    "\n"
    "Judges a proof and asks nobody: no configuration, no network. Reads one JSON object (stdin\n"
    "unless a file is named) and answers {\"verdict\":\"valid\"} or\n"
    "{\"verdict\":\"invalid\",\"reason\":\"…\"}. The roots in the object are taken as trusted.\n"
    "\n"
    "kinds:\n"
    "  mpt         {\"root\",\"key\",\"value\",\"proof\":[nodes]}: key is the trie key's bytes as "
    "they\n"
    "              are (not hashed again), value the leaf's raw bytes, or null: key is absent.\n"
    "              \"form\":\"contract\" where nodes that are embedded in their parent are listed\n"
    "              again, as OP Stack contracts want them; default \"node\"\n"
    "  account     {\"stateRoot\",\"proof\":{an eth_getProof result}}: balance, nonce, codeHash,\n"
    "              storageHash and every storage value. An account that is not there has the\n"
    "              hashes of an empty one, or zero hashes; storage proofs come in either form\n"
    "  header      {\"block\":{an eth_getBlockBy… result}}: its fields hash to its hash. Its\n"
    "              transactions are not looked at\n"
    "  receipts    {\"receiptsRoot\" or \"block\",\"receipts\":[an eth_getBlockReceipts result]}: "
    "they\n"
    "              hash to the root, each logsBloom is that of its logs, and they stand in the\n"
    "              order of the block. A block's own hash is judged too, where it has one. What\n"
    "              no root binds (gasUsed, transactionHash, logIndex, from, …) is not looked at\n"
    "  fold        {\"leaf\",\"index\",\"path\":[hashes],\"root\"}: keccak256 of left and right up "
    "to the\n"
    "              root; index below 2^(length of path)\n"
    "  withdrawal  "
    "{\"withdrawal\":{\"nonce\",\"sender\",\"target\",\"value\",\"gasLimit\",\"data\"} or\n"
    "              \"withdrawalHash\",\"outputRootProof\":{\"version\",\"stateRoot\",\n"
    "              "
    "\"messagePasserStorageRoot\",\"latestBlockhash\"},\"outputRoot\",\"proof\":[nodes]}:\n"
    "              OP Stack; the nodes come in either form\n"
    "  outbox      {\"proof\":[hashes],\"index\",\"l2Sender\",\"to\",\"l2Block\",\"l1Block\",\n"
    "              \"l2Timestamp\",\"value\",\"data\",\"root\"}: Arbitrum Nitro\n"
    "\n"
    "Integers are JSON integers up to 2^53-1, decimal strings or 0x strings (64 digits at most);\n"
    "bytes are 0x strings. Fields that are not named here are ignored.\n"
    "\n"
    "  --lines   one object a line in, one answer a line out, in order; {\"error\":\"…\"} for a "
    "line\n"
    "            that is malformed (an empty one, too). Each is answered before more is waited "
    "for\n"
    "\n"
    "An object, or a line, has 64 MiB at most. The output is JSON with or without --json.\n"
    "\n"
    "exit: 0 valid, 1 invalid, 2 malformed, 3 could not be read. With --lines: 0 all lines were\n"
    "judged, 2 one or more were malformed\n";

static enum cw_err answer(const struct cw_stream_job *job, struct cw_buf *out, bool *ret_yes,
                          struct cw_arena *arena, struct cw_slice input, struct cw_error *error) {
    struct cw_judge_verdict verdict;
    enum cw_err err = cw_judge_text(&verdict, job->context, arena, input, error);
    if (err != CW_OK)
        return err;
    cw_out_open(out, NULL, '{');
    cw_out_text(out, "verdict", verdict.valid ? "valid" : "invalid");
    if (!verdict.valid)
        cw_out_text(out, "reason", verdict.reason);
    cw_out_close(out, '}');
    *ret_yes = verdict.valid;
    return CW_OK;
}

int cw_cmd_verify(int argc, char **argv) {
    struct cw_stream_args args;
    int code = cw_stream_args(&args, argc, argv, help);
    if (code != CW_CLI_GO_ON)
        return code;
    const char *names[16] = {NULL};
    assert(cw_judge_kinds_n < CW_COUNT(names));
    for (size_t i = 0; i < cw_judge_kinds_n; i++) {
        names[i] = cw_judge_kinds[i].name;
        const struct cw_stream_job job = {answer, &cw_judge_kinds[i]};
        if (strcmp(names[i], args.kind) == 0)
            return cw_stream_run(&job, &args, false);
    }
    return cw_cli_no_kind(help, args.kind, names);
}
