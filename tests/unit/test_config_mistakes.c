/* Mistakes that people make in a configuration, each with what they are told: where, what, and what
 * to do. The texts are whole, for they are what is read in the end. */
#include "core/config.h"

#include "temp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char base[] =
    "{\n"
    "  \"data_dir\": \"data\",\n"
    "  \"chains\": {\n"
    "    \"ethereum\": {\"chain_id\": 1, \"endpoints\": [\"http://127.0.0.1:8545\"]},\n"
    "    \"op\": {\"chain_id\": 10, \"endpoints\": [\"http://127.0.0.1:9545\"]}\n"
    "  },\n"
    "  \"signers\": {\"main\": {\"key_file\": \"main.key\"}},\n"
    "  \"routes\": {\n"
    "    \"withdrawals\": {\"stack\": \"opstack\", \"settlement\": \"ethereum\", \"execution\": "
    "\"op\",\n"
    "      \"signer\": \"main\",\n"
    "      \"contracts\": {\"portal\": \"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\"},\n"
    "      \"policy\": {\"relay\": \"all\"}}\n"
    "  }\n"
    "}\n";

/* What stands in place of something in that, and what is said behind the name of the file. */
static const struct {
    const char *find, *replace, *says;
} mistakes[] = {
    {"\"relay\": \"all\"}", "\"relay\": \"all\",}",
     ":12:33: a key in quotes is due: take out the comma before it"},
    {"8545\"]", "8545\",]", ":4:71: not a value: take out the comma before it"},
    {"\"data_dir\": \"data\",", "\"data_dir\": \"data\",,",
     ":2:22: a key in quotes is due: there is a comma too many"},
    {"\"data_dir\": \"data\",", "\"data_dir\": \"data\"",
     ":3:3: ',' or '}' is due: is a comma missing before it?"},
    {"\"data_dir\": \"data\"", "'data_dir': 'data'",
     ":2:3: a key in quotes is due: texts and keys stand in double quotes"},
    {"\"data_dir\": \"data\"", "data_dir: \"data\"",
     ":2:3: a key in quotes is due: write \"key\": value"},
    {"\"data_dir\": \"data\"", "\"data_dir\" = \"data\"",
     ":2:14: ':' is due: write \":\" between key and value"},
    {"\"data_dir\": \"data\"", "“data_dir”: “data”",
     ":2:3: a key in quotes is due: these are typographic quotes: write \""},
    {"\"data_dir\": \"data\"", "# a comment\n  \"data_dir\": \"data\"",
     ":2:3: a key in quotes is due: comments begin with //"},
    {"\"data_dir\": \"data\"", "/* a comment\n  \"data_dir\": \"data\"",
     ":2:3: comment without an end: close it with */"},
    {"\"data_dir\": \"data\",", "\"data_dir\": \"data,",
     ":2:21: control character in a string: close the quotes before the line ends"},
    {"\"data_dir\": \"data\"", "\"data_dir\": \"C:\\causeway\"",
     ":2:18: no such escape: write \\\\ for a backslash"},
    {"\"data_dir\": \"data\"", "\"log\": {\"json\": True}",
     ":2:19: not a value: write true, false or null"},
    {"\"data_dir\": \"data\"", "\"log\": {\"json\": yes}",
     ":2:19: not a value: write true, false or null"},
    {"\"chain_id\": 10,", "\"chain_id\": 0xa,", ":5:25: ',' or '}' is due: numbers are decimal"},
    {"\"chain_id\": 10,", "\"chain_id\": 10_000,",
     ":5:26: ',' or '}' is due: write the digits without what is between them"},
    {"\"chain_id\": 10,", "\"chain_id\": 10,000,",
     ":5:27: a key in quotes is due: digits of a number stand together, without commas"},
    {"\"chain_id\": 10,", "\"chain_id\": 010,",
     ":5:24: number with a leading zero: take the zero out"},
    {"\"chain_id\": 10,", "\"chain_id\": 99999999999999999999,",
     ":5:24: integer above 2^53-1 (use a string): amounts are text with a unit, such as \"0.5 "
     "ether\""},
    {"\"chain_id\": 10,", "\"chain_id\": -10,",
     ":5:24: chain \"op\": \"chain_id\" is number: it takes a whole number, not negative"},
    {"\"chain_id\": 10,", "\"chain_id\": 10.5,",
     ":5:24: chain \"op\": \"chain_id\" is number: it takes a whole number, not negative"},
    {"\"chain_id\": 10,", "\"chain_id\": \"ten\",",
     ":5:24: chain \"op\": \"chain_id\" is string: it takes a whole number, not negative"},
    {"\"chains\": {", "\"chains\": [", ":4:15: ',' or ']' is due: keys stand in an object, { … }"},
    {"  }\n}\n", "  }\n", ":14:1: the text ends too early: what opens in line 1 is not closed"},
    {"}\n}\n", "}\n}}\n",
     ":14:2: something follows the value: the file holds one object: is a brace closed too early?"},
    {"\"chain_id\": 10,", "\"chain_id\": 10, \"chain_id\": 11,",
     ":5:28: key stands twice in the object: take one of the two out"},
    {"\"withdrawals\": {", "\"withdrawals\": {}, \"withdrawals\": {",
     ":9:24: key stands twice in the object: take one of the two out"},
    {"\"chain_id\": 10,", "\"chainId\": 10,",
     ":5:12: chain \"op\": unknown key \"chainId\": did you mean \"chain_id\"?"},
    {"\"chain_id\": 10,", "\"chain_id\": 10, \"rpc_url\": \"http://a\",",
     ":5:28: chain \"op\": unknown key \"rpc_url\": it takes chain_id, explorer, symbol, decimals, "
     "poll_ms, "
     "quorum, mode, set_aside_s, coalesce_ms, batch_max, quick_deadline_ms, heavy_deadline_ms, "
     "max_answer_bytes, …"},
    {"\"chain_id\": 10,", "",
     ":5:11: chain \"op\": \"chain_id\" is missing: EIP-155 id of the chain; an endpoint that says "
     "another one is not used."},
    {"\"signer\": \"main\"", "\"signers\": \"main\"",
     ":10:18: route \"withdrawals\": \"signers\" takes a list of names, in place of \"signer\""},
    {"\"withdrawals\": {", "\"my withdrawals\": {",
     ":9:5: a route needs a name of 1 to 48 letters, digits, \"-\", \"_\" or \".\""},
    {"\"execution\": \"op\"", "\"execution\": \"optimism\"",
     ":9:80: route \"withdrawals\": \"chains\" has no \"optimism\": add it there, or name ethereum "
     "or op"},
    {"\"settlement\": \"ethereum\"", "\"settlement\": \"Ethereum\"",
     ":9:55: route \"withdrawals\": \"chains\" has no \"Ethereum\": did you mean \"ethereum\"?"},
    {"\"execution\": \"op\"", "\"execution\": \"ethereum\"",
     ":9:80: route \"withdrawals\": \"settlement\" and \"execution\" are the same chain: name the "
     "rollup in \"execution\""},
    {"\"chain_id\": 10,", "\"chain_id\": 1,",
     ":5:24: chain \"op\" has the id 1 of chain \"ethereum\": name each chain once, with all its "
     "endpoints"},
    {"\"chain_id\": 10,", "\"chain_id\": 10, \"mode\": \"quorum\",",
     ":5:36: chain \"op\": in the mode quorum nothing is proved by hashes, so that one operator "
     "would be believed everything: set \"quorum\" to 2 or more, and list endpoints of as many "
     "operators"},
    {"\"chain_id\": 10,", "\"chain_id\": 10, \"quorum\": 2,",
     ":5:38: chain \"op\": a quorum of 2 can't be had from 1 operator: add endpoints of others, or "
     "lower it"},
    {"[\"http://127.0.0.1:9545\"]", "\"http://127.0.0.1:9545\"",
     ":5:41: chain \"op\": \"endpoints\" is string: it takes a list, [ … ]"},
    {"[\"http://127.0.0.1:9545\"]", "[]",
     ":5:41: chain \"op\": \"endpoints\" needs 1 to 256 JSON-RPC URLs"},
    {"\"http://127.0.0.1:9545\"", "\"127.0.0.1:9545\"",
     ":5:42: chain \"op\", endpoint 1: not a URL: https://host… or http://host… is due"},
    {"\"http://127.0.0.1:9545\"", "\"http://\"",
     ":5:42: chain \"op\", endpoint 1: not a URL: https://host… or http://host… is due"},
    {"\"http://127.0.0.1:9545\"", "\"http://:9545\"",
     ":5:42: chain \"op\", endpoint 1: not a URL: https://host… or http://host… is due"},
    {"\"http://127.0.0.1:9545\"", "\"http:///rpc\"",
     ":5:42: chain \"op\", endpoint 1: URL without a host"},
    {"\"http://127.0.0.1:9545\"", "\"http://127.0.0.1:95450\"",
     ":5:42: chain \"op\", endpoint 1: URL with a port that is no number up to 65535"},
    {"\"http://127.0.0.1:9545\"", "\"wss://127.0.0.1:9545\"",
     ":5:42: chain \"op\", endpoint 1: only http and https URLs are taken"},
    {"\"http://127.0.0.1:9545\"", "\"https://op.example/${API_KEY}\"",
     ":5:42: chain \"op\", endpoint 1: nothing is put in for ${…} here: write the whole URL, or "
     "set the list by an environment variable (check-config --help)"},
    {"\"http://127.0.0.1:9545\"", "\"http://127.0.0.1:9545\", \"http://127.0.0.1:9545\"",
     ":5:67: chain \"op\", endpoint 2 is the same as endpoint 1: take one out"},
    {"\"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\"",
     "\"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed\"",
     ":11:31: route \"withdrawals\", contracts: \"portal\" has a wrong checksum, so a digit may be "
     "wrong: compare it with its source; as these digits stand it would be "
     "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"},
    {"\"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\"",
     "\"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe\"",
     ":11:31: route \"withdrawals\", contracts: \"portal\" is no address: write 0x and 40 "
     "hexadecimal digits"},
    {"\"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\"",
     "\"5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\"",
     ":11:31: route \"withdrawals\", contracts: \"portal\" is no address: write 0x and 40 "
     "hexadecimal digits"},
    {"\"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\"", "\"portal.eth\"",
     ":11:31: route \"withdrawals\", contracts: \"portal\" is no address: write 0x and 40 "
     "hexadecimal digits"},
    {"\"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\"",
     "\"0x0000000000000000000000000000000000000000\"",
     ":11:31: route \"withdrawals\", contracts: \"portal\" is the zero address: fill in the right "
     "one"},
    {"\"portal\"", "\"outbox\"",
     ":11:21: route \"withdrawals\", contracts: unknown key \"outbox\": it takes portal, "
     "messenger, max_root_age_s, max_head_lag_s, max_safe_lag_s, max_final_lag_s, max_outflow, "
     "max_daily_outflow or tokens"},
    {"\"opstack\"", "\"optimism\"",
     ":9:30: route \"withdrawals\": there is no such \"stack\": it takes opstack or nitro"},
    {"\"relay\": \"all\"", "\"relay\": \"all\", \"daily_fee_budget\": 0.5",
     ":12:54: route \"withdrawals\", policy: \"daily_fee_budget\" is number: it takes an amount as "
     "text with its unit, such as \"0.5 gwei\""},
    {"\"relay\": \"all\"", "\"relay\": \"all\", \"daily_fee_budget\": 500000000000000000",
     ":12:54: integer above 2^53-1 (use a string): amounts are text with a unit, such as \"0.5 "
     "ether\""},
    {"\"relay\": \"all\"", "\"relay\": \"all\", \"daily_fee_budget\": \"0.5\"",
     ":12:54: route \"withdrawals\", policy: \"daily_fee_budget\" has no unit: write wei, gwei or "
     "ether behind the number"},
    {"\"relay\": \"all\"", "\"relay\": \"all\", \"daily_fee_budget\": \"0.5 eth\"",
     ":12:54: route \"withdrawals\", policy: \"daily_fee_budget\" is no amount: write a number and "
     "wei, gwei or ether, such as \"0.5 gwei\""},
    {"\"relay\": \"all\"", "\"relay\": \"all\", \"daily_fee_budget\": \"-1 ether\"",
     ":12:54: route \"withdrawals\", policy: \"daily_fee_budget\" is no amount: write a number and "
     "wei, gwei or ether, such as \"0.5 gwei\""},
    {"\"relay\": \"all\"", "\"relay\": \"all\", \"daily_fee_budget\": \"0\"",
     ":12:54: route \"withdrawals\", policy: \"daily_fee_budget\" is nothing, so that nothing "
     "could be paid: raise it, or take \"relay\" out to only observe"},
    {"\"chain_id\": 10,", "\"chain_id\": 10, \"max_fee\": \"1 wei\",",
     ":5:39: chain \"op\": \"min_tip\" is above \"max_fee\", so that nothing could ever be sent: "
     "lower the one or raise the other"},
    {"\"relay\": \"all\"", "\"relay\": \"all\", \"max_gas\": 0",
     ":12:45: route \"withdrawals\", policy: \"max_gas\" is 0: it must be 21000 to "
     "9007199254740991"},
    {"\"relay\": \"all\"", "\"relay\": \"all\", \"max_gas\": \"1e6\"",
     ":12:45: route \"withdrawals\", policy: \"max_gas\" is string: it takes a whole number, not "
     "negative"},
    {"\"relay\": \"all\"", "\"relay\": \"All\"",
     ":12:27: route \"withdrawals\", policy: \"relay\" takes \"all\" or {\"senders\": [ … ], "
     "\"targets\": [ … ]}; left out, the route only observes"},
    {"\"relay\": \"all\"", "\"relay\": {\"senders\": []}",
     ":12:27: route \"withdrawals\", policy: \"relay\" lists nothing: list senders, targets, ids "
     "or calldata, write \"all\", or leave \"relay\" out to only observe"},
    {"\"relay\": \"all\"",
     "\"relay\": {\"senders\": \"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\"}",
     ":12:39: route \"withdrawals\", policy, relay: \"senders\" is string: it takes a list of "
     "addresses"},
    {"\n      \"signer\": \"main\",", "",
     ":9:20: route \"withdrawals\": relays, so it needs a \"signer\": the name of an entry of "
     "\"signers\""},
    {"\"signer\": \"main\"", "\"signer\": \"mian\"",
     ":10:17: route \"withdrawals\": \"signers\" has no \"mian\": did you mean \"main\"?"},
    {"\"key_file\": \"main.key\"",
     "\"private_key\": \"0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318\"",
     ":7:24: signer \"main\": no secret is read from the configuration: put it into a file of its "
     "own (chmod 600) and name that in \"key_file\" (or, for a keystore, in \"password_file\"), or "
     "name an environment variable in \"key_env\""},
    {"\"key_file\": \"main.key\"",
     "\"key_file\": \"4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318\"",
     ":7:36: signer \"main\": \"key_file\" takes the place of the key and not the key itself: move "
     "the key into a file of its own (chmod 600), and count it as known to others"},
    {"\"key_file\": \"main.key\"", "\"keystore\": \"main.json\"",
     ":7:23: signer \"main\": \"keystore\" needs \"password_file\" beside it"},
    {"\"key_file\": \"main.key\"", "\"key_file\": \"~/main.key\"",
     ":7:36: signer \"main\": \"key_file\" begins with ~, which only shells know: write the whole "
     "path"},
    {"\"data_dir\": \"data\"", "\"log\": \"debug\"",
     ":2:10: log is string: it takes an object, { … }"},
    {"\"data_dir\": \"data\"", "\"log\": {\"level\": \"INFO\"}",
     ":2:20: log: \"level\" takes debug, info, warn or error: did you mean \"info\"?"},
    {"\"data_dir\": \"data\"", "\"api\": true", ":2:10: api is boolean: it takes an object, { … }"},
    {"\"data_dir\": \"data\"", "\"api\": {\"listen\": \"0.0.0.0:9560\"}",
     ":2:10: api: \"tokens\" has none, and without one nothing may be done here: nobody could ask "
     "anything: `causeway token` makes one"},
    {"\"data_dir\": \"data\"", "\"api\": {\"listen\": \"localhost:9560\"}",
     ":2:21: api: \"listen\" takes a numeric address and a port, such as 127.0.0.1:9560 or "
     "[::1]:9560"},
    {"\"data_dir\": \"data\"", "\"api\": {\"listen\": 9560}",
     ":2:21: api: \"listen\" is number: it takes text, in quotes"},
    {"\"data_dir\": \"data\"", "\"api\": {\"listen\": \"127.0.0.1:99999\"}",
     ":2:21: api: \"listen\" takes a numeric address and a port, such as 127.0.0.1:9560 or "
     "[::1]:9560"},
    {"\"data_dir\": \"data\"", "\"api\": {\"tokens\": {\"ops\": \"secrettoken\"}}",
     ":2:29: token \"ops\" is string: it takes an object, { … }"},
    {"\"data_dir\": \"data\"", "\"api\": {\"tokens\": {\"ops\": {\"sha256\": \"secrettoken\"}}}",
     ":2:40: token \"ops\": \"sha256\" takes 64 hexadecimal digits: `causeway token` prints them "
     "beside a new token"},
    {"\"data_dir\": \"data\"", "\"sinks\": {\"ops\": {\"type\": \"email\"}}",
     ":2:29: sink \"ops\": \"type\" takes webhook, slack, pagerduty, alertmanager, syslog or "
     "stdout"},
    {"\"data_dir\": \"data\"", "\"sinks\": {\"ops\": {\"type\": \"webhook\"}}",
     ":2:20: sink \"ops\": the type webhook needs \"url\""},
    {"\"data_dir\": \"data\"",
     "\"sinks\": {\"ops\": {\"type\": \"stdout\", \"routes\": [\"withdrawls\"]}}",
     ":2:50: sink \"ops\": there is no route \"withdrawls\": did you mean \"withdrawals\"?"},
    {"\"data_dir\": \"data\"", "\"prices\": {\"ETH\": 3000}",
     ":2:21: prices: the price of ETH is a positive number as text, with 9 decimals at most"},
    {"\"data_dir\": \"data\"", "\"data_dir\": \"\"",
     ":2:15: \"data_dir\" is empty: name a directory, or leave it out"},
    {"\"data_dir\": \"data\"", "\"data_dir\": null",
     ":2:15: the configuration: \"data_dir\" is null: it takes text, in quotes"},
};

#define TEXT(literal) (literal), sizeof(literal) - 1

/* Whole files. */
static const struct {
    const char *text;
    size_t n;
    const char *says;
} files[] = {
    {TEXT(""),
     ":1:1: the text ends too early: there is nothing in it: `causeway check-config --reference` "
     "prints a whole one"},
    {TEXT(" \n// nothing\n"),
     ":3:1: the text ends too early: there is nothing in it: `causeway check-config --reference` "
     "prints a whole one"},
    {TEXT("\xef\xbb\xbf{}"),
     ":1:1: not a value: it begins with a byte order mark: save it as UTF-8 without one"},
    {TEXT("\xff\xfe{\0}\0"), ":1:1: not a value: it is UTF-16: save it as UTF-8"},
    {TEXT("\xfe\xff\0{\0}"), ":1:1: not a value: it is UTF-16: save it as UTF-8"},
    {TEXT("{\0}\0"), ":1:2: a key in quotes is due: it is UTF-16: save it as UTF-8"},
    {TEXT("\x1f\x8b\b"), ":1:1: not a value: it is compressed: unpack it first"},
    {TEXT("\0\0\0\0"), ":1:1: not a value: it is no text: is it the right file?"},
    {TEXT("{\"data_dir\": \"d\xe4ta\"}"), ":1:16: not UTF-8: save the file as UTF-8"},
    {TEXT("{\n  \"chains\": {\n"),
     ":3:1: the text ends too early: what opens in line 2 is not closed"},
    {TEXT("{\n  \"data_dir\": \"da"),
     ":2:15: string without an end: close its quotes: is the file whole?"},
    {TEXT("{\"data_dir\": \"a\tb\"}"), ":1:16: control character in a string: write \\t for a tab"},
    {TEXT("{\"data_dir\": \"a\\u0000\"}"), ":\\u0000 in a string is not taken"},
    {TEXT("data_dir: /var/lib\n"), ":1:1: not a value: texts stand in double quotes"},
    {TEXT("[]"), ":1:1: the configuration is array: it takes an object, { … }"},
    {TEXT("{}"), ":1:1: \"chains\" needs at least one chain: add one under a name"},
};

static void expect(enum cw_err err, const char *said, const char *path, const char *says,
                   const char *of) {
    if (err != CW_ERR_INPUT)
        fail_msg("taken: %s", of);
    if (strncmp(said, path, strlen(path)) != 0 || strcmp(said + strlen(path), says) != 0)
        fail_msg("%s\n  is told:     %s\n  and not: %s%s", of, said, path, says);
    if (strlen(said) > 400)
        fail_msg("too long to be read: %s", said);
}

static void mistakes__in_a_good_file__place_and_remedy(void **state) {
    (void)state;
    for (size_t i = 0; i < CW_COUNT(mistakes); i++) {
        const char *at = strstr(base, mistakes[i].find);
        struct cw_config *config = NULL;
        struct cw_error error = {0};
        char text[4096];
        assert_non_null(at);
        const int n = snprintf(text, sizeof text, "%.*s%s%s", (int)(at - base), base,
                               mistakes[i].replace, at + strlen(mistakes[i].find));
        const enum cw_err err = cw_config_parse(&config, "c.json", cw_slice_of(text, (size_t)n),
                                                &error);
        expect(err, error.text, "c.json", mistakes[i].says, mistakes[i].replace);
        assert_null(config);
    }
    assert_true(CW_COUNT(mistakes) + CW_COUNT(files) >= 50);
}

static void mistakes__whole_files__place_and_remedy(void **state) {
    (void)state;
    for (size_t i = 0; i < CW_COUNT(files); i++) {
        struct cw_config *config = NULL;
        struct cw_error error = {0};
        const enum cw_err err = cw_config_parse(&config, "c.json",
                                                cw_slice_of(files[i].text, files[i].n), &error);
        expect(err, error.text, "c.json", files[i].says, files[i].says);
    }
}

/* What looks wrong and is not. */
static void good__base_and_line_ends_of_others__taken(void **state) {
    (void)state;
    struct cw_config *config = NULL;
    struct cw_error error;
    char text[4096];
    size_t n = 0;
    if (cw_config_parse(&config, "c.json", CW_LITERAL(base), &error) != CW_OK)
        fail_msg("%s", error.text);
    cw_config_free(config);
    for (const char *c = base; *c != 0; c++) {
        if (*c == '\n')
            text[n++] = '\r';
        text[n++] = *c;
    }
    if (cw_config_parse(&config, "c.json", cw_slice_of(text, n), &error) != CW_OK)
        fail_msg("%s", error.text);
    cw_config_free(config);
}

/* --- files ------------------------------------------------------------------------------------ */

static void load__no_file_directory_unreadable_or_huge__said(void **state) {
    (void)state;
    struct temp temp;
    char path[300];
    struct cw_config *config = NULL;
    struct cw_error error;
    temp_make(&temp);
    temp_path(&temp, "c.json", path, sizeof path);
    expect(cw_config_load(&config, path, &error), error.text, path,
           ": can't be opened: No such file or directory: write one (`causeway check-config "
           "--reference` prints every key), or give another with --config",
           "no file");
    expect(cw_config_load(&config, temp.dir, &error), error.text, temp.dir,
           ": can't be read: Is a directory: name a file in it", "directory");
    temp_write(path, base, sizeof base - 1, 0000);
    const uid_t user = geteuid();
    assert_int_equal(chmod(temp.dir, 0755), 0);
    assert_int_equal(user == 0 ? seteuid(65534) : 0, 0);
    const enum cw_err err = cw_config_load(&config, path, &error);
    assert_int_equal(user == 0 ? seteuid(0) : 0, 0);
    expect(err, error.text, path,
           ": can't be opened: Permission denied: let the user who runs this read it", "mode 000");
    temp_remove(&temp);
}

static void secret__files_of_keys__said(void **state) {
    (void)state;
    static const char digits[] =
        "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318\n";
    static const struct {
        const char *content;
        unsigned mode;
        const char *says;
    } cases[] = {
        {digits, 0640,
         " may be used by others (mode 640): chmod 600 it, and think about who may have read it"},
        {digits, 0604,
         " may be used by others (mode 604): chmod 600 it, and think about who may have read it"},
        {"", 0600, " is empty: it must hold 64 hexadecimal digits"},
        {"test test test junk", 0600,
         " does not hold a key: 64 hexadecimal digits, with or without 0x, and nothing else"},
    };
    struct temp temp;
    char path[300], start[400];
    struct cw_secret32 secret;
    struct cw_error error;
    temp_make(&temp);
    temp_path(&temp, "main.key", path, sizeof path);
    const struct cw_config_signer signer = {
        .name = "main", .key_file = path, .keystore = "", .key_env = "", .web3signer = ""};
    snprintf(start, sizeof start, "signer \"main\": key file %s", path);
    expect(cw_config_secret(&secret, &signer, &error), error.text, start,
           " can't be opened: No such file or directory: write it, or name another", "no key file");
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        (void)unlink(path);
        temp_write(path, cases[i].content, strlen(cases[i].content), cases[i].mode);
        expect(cw_config_secret(&secret, &signer, &error), error.text, start, cases[i].says,
               cases[i].says);
    }
    temp_remove(&temp);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes__in_a_good_file__place_and_remedy),
        cmocka_unit_test(mistakes__whole_files__place_and_remedy),
        cmocka_unit_test(good__base_and_line_ends_of_others__taken),
        cmocka_unit_test(load__no_file_directory_unreadable_or_huge__said),
        cmocka_unit_test(secret__files_of_keys__said),
    };
    return cmocka_run_group_tests_name("config_mistakes", tests, NULL, NULL);
}
