#include "cli/cli.h"
#include "cli/hash_json.h"
#include "cli/print.h"
#include "cli/stream.h"
#include "core/json.h"

#include <causeway/abi.h>
#include <causeway/keccak.h>

#include <assert.h>
#include <string.h>

static const char help[] =
    "usage: causeway hash KIND [INPUT|-] [--lines] [--json]\n"
    "\n"
    "Prints {\"hash\":\"0x…\"}, and what else follows from the input. Without INPUT, or with -, "
    "it\n"
    "comes from stdin.\n"
    "\n"
    "kinds whose input is given as it is:\n"
    "  keccak         HEX (0x in front may be left out)\n"
    "  topic          a signature such as 'Transfer(address,address,uint256)': topic 0 of the\n"
    "                 event; selector is that of the function or error\n"
    "\n"
    "kinds whose input is a file with one JSON object:\n"
    "  withdrawal     {\"nonce\",\"sender\",\"target\",\"value\",\"gasLimit\",\"data\"}: an OP "
    "Stack\n"
    "                 withdrawal; slot is its place in the message passer, trieKey that slot's "
    "key\n"
    "  output-root    "
    "{\"version\",\"stateRoot\",\"messagePasserStorageRoot\",\"latestBlockhash\"}\n"
    "  op-source      source hash of a deposit: "
    "{\"domain\":\"user\",\"l1BlockHash\",\"logIndex\"},\n"
    "                 {\"domain\":\"l1-info\",\"l1BlockHash\",\"sequenceNumber\"} or\n"
    "                 {\"domain\":\"upgrade\",\"intent\":\"a text\"}\n"
    "  op-deposit     transaction of a deposit on L2: {\"log\":{a TransactionDeposited log as\n"
    "                 eth_getLogs has it}}, or {\"sourceHash\",\"from\",\"to\" (null creates a\n"
    "                 contract),\"mint\",\"value\",\"gas\",\"isSystemTx\",\"data\"}; tx is its "
    "bytes\n"
    "  outbox-item    "
    "{\"l2Sender\",\"to\",\"l2Block\",\"l1Block\",\"l2Timestamp\",\"value\",\"data\"}:\n"
    "                 Arbitrum Nitro; leaf is what the send tree holds\n"
    "  retryable      {\"chainId\",\"messageNumber\",\"from\",\"l1BaseFee\",\"deposit\",\n"
    "                 \"maxFeePerGas\",\"gasLimit\",\"to\",\"callValue\",\n"
    "                 \"callValueRefundAddress\",\"maxSubmissionFee\",\n"
    "                 \"excessFeeRefundAddress\",\"data\"}: the ticket's id; chainId is the\n"
    "                 rollup's, from the sender as the bridge emits it\n"
    "  nitro-deposit  {\"chainId\",\"messageNumber\",\"from\",\"to\",\"value\"}: transaction of a\n"
    "                 deposit of ether on the rollup\n"
    "  storage-slot   {\"slot\"}, or {\"slot\",\"key\"} for a mapping's value: hash is the slot of "
    "the\n"
    "                 value, trieKey its key in the storage trie\n"
    "\n"
    "Integers are JSON integers up to 2^53-1, decimal strings or 0x strings (64 digits at most);\n"
    "bytes are 0x strings. Fields that are not named here are ignored.\n"
    "\n"
    "  --lines        one input a line in (stdin, or a file named in place of INPUT), one answer "
    "a\n"
    "                 line out, in order; {\"error\":\"…\"} for a line that is malformed\n"
    "\n"
    "An input, or a line, has 64 MiB at most. The output is JSON with or without --json.\n"
    "\n"
    "exit: 0 ok, 2 malformed, 3 could not be read. With --lines: 0 all lines were hashed, 2 one "
    "or\n"
    "more were malformed\n";

/* --- input as it is --------------------------------------------------------------------------- */

static enum cw_err hash_keccak(const struct cw_stream_job *job, struct cw_buf *out, bool *ret_yes,
                               struct cw_arena *arena, struct cw_slice input,
                               struct cw_error *error) {
    (void)job;
    struct cw_slice bytes;
    enum cw_err err = cw_stream_hex(&bytes, arena, input, error);
    if (err != CW_OK)
        return err;
    struct cw_hash32 hash;
    cw_keccak256(&hash, bytes);
    cw_out_open(out, NULL, '{');
    cw_out_hash32(out, "hash", &hash);
    cw_out_close(out, '}');
    *ret_yes = true;
    return CW_OK;
}

/* Canonical text has a name, a list of types in brackets, and no blanks. */
static bool is_signature(struct cw_slice text) {
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] <= ' ' || text.p[i] > '~')
            return false;
    return text.n >= 3 && text.p[0] != '(' && text.p[text.n - 1] == ')' &&
           memchr(text.p, '(', text.n) != NULL;
}

static enum cw_err hash_topic(const struct cw_stream_job *job, struct cw_buf *out, bool *ret_yes,
                              struct cw_arena *arena, struct cw_slice input,
                              struct cw_error *error) {
    (void)job;
    (void)arena;
    struct cw_slice text = cw_stream_trim(input);
    if (!is_signature(text))
        return cw_error_set(error, CW_ERR_INPUT,
                            "not a signature such as Transfer(address,address,uint256)");
    struct cw_hash32 hash;
    cw_keccak256(&hash, text);
    cw_out_open(out, NULL, '{');
    cw_out_hash32(out, "hash", &hash);
    cw_out_data(out, "selector", cw_slice_of(hash.b, sizeof(struct cw_selector)));
    cw_out_close(out, '}');
    *ret_yes = true;
    return CW_OK;
}

/* --- JSON objects ----------------------------------------------------------------------------- */

static enum cw_err hash_object(const struct cw_stream_job *job, struct cw_buf *out, bool *ret_yes,
                               struct cw_arena *arena, struct cw_slice input,
                               struct cw_error *error) {
    const struct cw_hash_kind *kind = job->context;
    struct cw_json_doc *doc = NULL;
    enum cw_err err = cw_json_parse(&doc, input, false, error);
    if (err == CW_OK)
        err = kind->hash(out, arena, cw_json_root(doc), error);
    cw_json_free(doc);
    *ret_yes = err == CW_OK;
    return err;
}

int cw_cmd_hash(int argc, char **argv) {
    struct cw_stream_args args;
    int code = cw_stream_args(&args, argc, argv, help);
    if (code != CW_CLI_GO_ON)
        return code;
    static const struct cw_stream_job keccak = {hash_keccak, NULL}, topic = {hash_topic, NULL};
    if (strcmp(args.kind, "keccak") == 0)
        return cw_stream_run(&keccak, &args, true);
    if (strcmp(args.kind, "topic") == 0)
        return cw_stream_run(&topic, &args, true);
    const char *names[16] = {"keccak", "topic", NULL};
    assert(2 + cw_hash_kinds_n < CW_COUNT(names));
    for (size_t i = 0; i < cw_hash_kinds_n; i++) {
        names[2 + i] = cw_hash_kinds[i].name;
        const struct cw_stream_job job = {hash_object, &cw_hash_kinds[i]};
        if (strcmp(names[2 + i], args.kind) == 0)
            return cw_stream_run(&job, &args, false);
    }
    return cw_cli_no_kind(help, args.kind, names);
}
