/* What is made of the help texts: what shells complete, and the manual. Neither may miss anything
 * that a command knows, nor name what it does not. */
#include "cli/cli.h"
#include "cli/complete.h"
#include "cli/help.h"
#include "core/config.h"

#include "command.h"
#include "temp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

struct fixture {
    struct temp temp;
    char config[512];
    struct command command;
    struct cw_error error;
    struct cw_arena arena;
};

/* --- what getopt is told, in whichever process ---------------------------------------------------
 */

static const struct option **known;

int __real_getopt_long(int argc, char *const *argv, const char *shorts,
                       const struct option *options, int *index);
int __wrap_getopt_long(int argc, char *const *argv, const char *shorts,
                       const struct option *options, int *index);
int __wrap_getopt_long(int argc, char *const *argv, const char *shorts,
                       const struct option *options, int *index) {
    *known = options;
    return __real_getopt_long(argc, argv, shorts, options, index);
}

static int set_up(void **state) {
    static const char config[] =
        "{\"chains\": {\"l1\": {\"chain_id\": 900, \"endpoints\": [\"http://127.0.0.1:1\"]},\n"
        "            \"l2\": {\"chain_id\": 901, \"endpoints\": [\"http://127.0.0.1:2\"]}},\n"
        " \"signers\": {\"purse\": {\"key_file\": \"key\"}},\n"
        " \"routes\": {\"bridge\": {\"stack\": \"opstack\", \"settlement\": \"l1\", \"execution\": "
        "\"l2\",\n"
        "    \"contracts\": {\"portal\": \"0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed\"}}},\n"
        " \"sinks\": {\"pager\": {\"type\": \"webhook\", \"url\": \"http://127.0.0.1:3\"}}}\n";
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    temp_make(&f->temp);
    temp_path(&f->temp, "causeway.json", f->config, sizeof f->config);
    temp_write(f->config, config, sizeof config - 1, 0644);
    cw_arena_init(&f->arena, 64u << 20);
    known = mmap(NULL, sizeof *known, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(known, MAP_FAILED);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    munmap(known, sizeof *known);
    cw_arena_done(&f->arena);
    temp_remove(&f->temp);
    free(f);
    return 0;
}

/* What is completed of words (which end with NULL); it stays in f->command.out. */
static const char *complete(struct fixture *f, const char *const *words) {
    const char *all[12] = {"completions", "--"};
    size_t n = 2;
    for (; *words != NULL && n < 11; words++)
        all[n++] = *words;
    assert_int_equal(command_run(&f->command, &f->temp, all), 0);
    assert_string_equal(f->command.err, "");
    return f->command.out;
}
#define COMPLETE(...) complete(f, (const char *const[]){__VA_ARGS__, NULL})

/* Whether a line of answer is about word. */
static bool has(const char *answer, const char *word) {
    size_t n = strlen(word);
    for (const char *line = answer; *line != 0; line += strcspn(line, "\n") + 1)
        if (strncmp(line, word, n) == 0 && (line[n] == '\t' || line[n] == '\n'))
            return true;
    return false;
}

static size_t lines(const char *text) {
    size_t n = 0;
    for (; *text != 0; text++)
        n += *text == '\n';
    return n;
}

static void ask(struct fixture *f, const char *command, struct cw_help *ret) {
    if (cw_help_ask(ret, command, &f->arena, &f->error) != CW_OK)
        fail_msg("%s: %s", command != NULL ? command : "--help", f->error.text);
}

/* --- options ---------------------------------------------------------------------------------- */

/* What no help text of its own names: every command takes these three, whether they mean anything
 * to it or not; one is between the daemon and the signer that it starts, and one is there to be
 * refused. */
static bool is_silent(const char *command, const char *option) {
    return strcmp(option, "config") == 0 || strcmp(option, "json") == 0 ||
           strcmp(option, "color") == 0 ||
           (strcmp(command, "signer") == 0 && strcmp(option, "inherit") == 0) ||
           (strcmp(command, "keys") == 0 && strcmp(option, "password") == 0);
}

static const struct cw_help_option *named(const struct cw_help *help, const char *name) {
    for (size_t i = 0; i < help->options_n; i++)
        if (strcmp(help->options[i].name + 2, name) == 0)
            return &help->options[i];
    return NULL;
}

static void check_options(struct fixture *f, const char *command) {
    struct cw_help help;
    *known = NULL;
    ask(f, command, &help);
    assert_non_null(*known);
    const char *text = COMPLETE(command, "--");
    assert_int_equal(lines(text), help.options_n);
    for (const struct option *o = *known; o->name != NULL; o++) {
        const struct cw_help_option *option = named(&help, o->name);
        if (option == NULL && !is_silent(command, o->name))
            fail_msg("causeway %s: --help does not say that there is --%s", command, o->name);
        if (option == NULL)
            continue;
        if (!has(text, option->name))
            fail_msg("causeway %s: %s is not completed", command, option->name);
        if ((o->has_arg == required_argument) != (option->value[0] != 0))
            fail_msg("causeway %s: %s takes a value, or does not", command, option->name);
    }
    for (size_t i = 0; i < help.options_n; i++) {
        const struct option *o = *known;
        while (o->name != NULL && strcmp(o->name, help.options[i].name + 2) != 0)
            o++;
        if (o->name == NULL)
            fail_msg("causeway %s: --help names %s, which it does not take", command,
                     help.options[i].name);
    }
}

static void complete__each_command__its_options_and_no_others(void **state) {
    struct fixture *f = *state;
    struct cw_help top;
    ask(f, NULL, &top);
    assert_true(top.words_n >= 20);
    const char *text = COMPLETE("");
    assert_int_equal(lines(text), top.words_n);
    for (size_t i = 0; i < top.words_n; i++)
        assert_true(has(text, top.words[i].name));
    for (size_t i = 0; i < top.words_n; i++)
        check_options(f, top.words[i].name);
}

/* --- words and values ------------------------------------------------------------------------- */

/* Each word of the list that ends with NULL, and no more. */
static void assert_lines(const char *text, const char *const *words) {
    size_t n = 0;
    for (; words[n] != NULL; n++)
        if (!has(text, words[n]))
            fail_msg("no %s in:\n%s", words[n], text);
    if (lines(text) != n)
        fail_msg("more than %zu lines:\n%s", n, text);
}
#define ASSERT_LINES(text, ...) assert_lines(text, (const char *const[]){__VA_ARGS__, NULL})
#define ASSERT_NONE(text)       assert_string_equal(text, "")

static void complete__words__those_of_the_command(void **state) {
    struct fixture *f = *state;
    ASSERT_LINES(COMPLETE("check"), "check-config");
    ASSERT_LINES(COMPLETE("--"), "--help", "--version");
    ASSERT_NONE(COMPLETE("nothing-like-it"));
    ASSERT_NONE(COMPLETE("nothing-like-it", ""));
    ASSERT_LINES(COMPLETE("keys", ""), "new", "import", "address", "list", "change-password");
    ASSERT_LINES(COMPLETE("alerts", ""), "list", "show", "ack", "silence", "unsilence", "test");
    ASSERT_LINES(COMPLETE("alerts", "--all", "s"), "show", "silence");
    ASSERT_LINES(COMPLETE("completions", ""), "bash", "zsh", "fish");
    ASSERT_LINES(COMPLETE("verify", ""), "mpt", "account", "header", "receipts", "fold",
                 "withdrawal", "outbox");
    ASSERT_LINES(COMPLETE("hash", "o"), "output-root", "op-source", "op-deposit", "outbox-item");
    ASSERT_LINES(COMPLETE("decode", ""), "rlp", "tx", "header", "receipt");
    ASSERT_NONE(COMPLETE("show", ""));
    ASSERT_NONE(COMPLETE("keys", "list", ""));
    ASSERT_NONE(COMPLETE("show", "--", "--"));
}

static void complete__values__choices_and_files(void **state) {
    struct fixture *f = *state;
    ASSERT_LINES(COMPLETE("run", "--role", ""), "relayer", "monitor", "all");
    ASSERT_LINES(COMPLETE("messages", "--condition", ""), "ready", "waiting", "held", "dead",
                 "done");
    ASSERT_LINES(COMPLETE("messages", "--stage", "r"), "root-committed", "root-verified");
    ASSERT_LINES(COMPLETE("verdicts", "--state=v"), "violated");
    ASSERT_LINES(COMPLETE("verdicts", "--state", "=", "v"), "violated");
    ASSERT_LINES(COMPLETE("verdicts", "--state", "="), "ok", "violated", "unverified");
    ASSERT_NONE(COMPLETE("messages", "--limit", ""));
    ASSERT_LINES(COMPLETE("status", "--config", ""), CW_COMPLETE_FILES);
    ASSERT_LINES(COMPLETE("signer", "--socket", "/r"), CW_COMPLETE_FILES);
    ASSERT_LINES(COMPLETE("verify", "mpt", ""), CW_COMPLETE_FILES);
    ASSERT_LINES(COMPLETE("keys", "import", "k"), CW_COMPLETE_FILES);
    ASSERT_NONE(COMPLETE("decode", "tx", ""));
}

static void complete__names__of_the_configuration(void **state) {
    struct fixture *f = *state;
    ASSERT_LINES(COMPLETE("show", "--config", f->config, "--route", ""), "bridge");
    ASSERT_LINES(COMPLETE("show", "--config", "=", f->config, "--route", "="), "bridge");
    ASSERT_NONE(COMPLETE("show", "--config", f->config, "--route", "x"));
    ASSERT_LINES(COMPLETE("hold", "--config", f->config, "br"), "bridge");
    ASSERT_LINES(COMPLETE("signer", "--config", f->config, "--name", ""), "purse");
    ASSERT_LINES(COMPLETE("alerts", "test", "--config", f->config, ""), "pager");
    char equals[600];
    snprintf(equals, sizeof equals, "--config=%s", f->config);
    ASSERT_LINES(COMPLETE("alerts", equals, "test", ""), "pager");
    ASSERT_NONE(COMPLETE("alerts", equals, "ack", ""));
    temp_write(f->config, "{", 1, 0644);
    ASSERT_NONE(COMPLETE("hold", "--config", f->config, ""));
}

static void completions__wrong_words__usage(void **state) {
    struct fixture *f = *state;
    static const char *const cases[][4] = {
        {"completions"}, {"completions", "--"}, {"completions", "bash", "zsh"}};
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        assert_int_equal(command_run(&f->command, &f->temp, cases[i]), 2);
        assert_says(f->command.err, "usage: causeway completions");
    }
    static const char *const other[] = {"completions", "bsh", NULL};
    assert_int_equal(command_run(&f->command, &f->temp, other), 2);
    assert_says(f->command.err, "did you mean \"bash\"?");
}

/* --- help texts ------------------------------------------------------------------------------- */

static void help_read__any_text__is_survived(void **state) {
    struct fixture *f = *state;
    struct cw_help help;
    static const char *const texts[] = {"",
                                        "\n",
                                        "usage: ",
                                        "usage: \n\n",
                                        "  ",
                                        "  --",
                                        "  --\n    x",
                                        "usage: a [--b",
                                        "usage: a b --c ]]]] [--d [[",
                                        "    deep\n  --x ,--y\n"};
    for (size_t i = 0; i < CW_COUNT(texts); i++)
        assert_int_equal(cw_help_read(&help, texts[i], &f->arena, &f->error), CW_OK);
    struct cw_buf many;
    cw_buf_init(&many, 1u << 16);
    for (unsigned i = 0; i < 200; i++)
        cw_buf_format(&many, "  --o%u  it\n", i);
    assert_int_equal(cw_help_read(&help, cw_buf_cstr(&many), &f->arena, &f->error), CW_ERR_LIMIT);
    cw_buf_done(&many);
    assert_int_equal(cw_help_ask(&help, "nothing-like-it", &f->arena, &f->error), CW_ERR_INPUT);
}

static void help_read__lists__terms_and_their_texts(void **state) {
    struct fixture *f = *state;
    struct cw_help help;
    assert_int_equal(cw_help_read(&help,
                                  "usage: causeway x [--a | --b [R/]ID]\n"
                                  "                  [FILE|-]\n"
                                  "       causeway x one|two\n"
                                  "\n"
                                  "A text,\n"
                                  "of two lines.\n"
                                  "\n"
                                  "  --from, --to BLOCK  both\n"
                                  "                      of them\n"
                                  "  --s ADDRESS, --t HASH\n"
                                  "                      who\n"
                                  "  one                 the first\n",
                                  &f->arena, &f->error),
                     CW_OK);
    assert_int_equal(help.parts_n, 6);
    assert_string_equal(help.parts[0].text, "causeway x [--a | --b [R/]ID] [FILE|-]");
    assert_string_equal(help.parts[2].text, "A text, of two lines.");
    assert_string_equal(help.parts[3].term, "--from, --to BLOCK");
    assert_string_equal(help.parts[3].text, "both of them");
    assert_int_equal(help.options_n, 7);
    assert_string_equal(named(&help, "from")->value, "BLOCK");
    assert_string_equal(named(&help, "to")->value, "BLOCK");
    assert_string_equal(named(&help, "s")->value, "ADDRESS");
    assert_string_equal(named(&help, "t")->value, "HASH");
    assert_string_equal(named(&help, "t")->text, "who");
    assert_string_equal(named(&help, "a")->value, "");
    assert_string_equal(named(&help, "b")->value, "[R/]ID");
    assert_int_equal(help.words_n, 2);
    assert_string_equal(help.words[0].text, "the first");
    assert_true(cw_help_takes(&help, "", "FILE"));
    assert_false(cw_help_takes(&help, "one", "FILE"));
}

/* --- the manual ------------------------------------------------------------------------------- */

/* name as roff has it in bold. */
static const char *in_bold(const char *name, char *out, size_t size) {
    size_t n = (size_t)snprintf(out, size, "\\fB");
    for (; *name != 0 && n + 8 < size; name++)
        n += (size_t)snprintf(out + n, size - n, "%s%c", *name == '-' ? "\\" : "", *name);
    return out;
}

static void manual_commands__each_command_and_option__is_there(void **state) {
    struct fixture *f = *state;
    static const char *const words[] = {"manual", "commands", NULL};
    char text[200];
    struct cw_help top, help;
    ask(f, NULL, &top);
    assert_int_equal(command_run(&f->command, &f->temp, words), 0);
    const char *page = f->command.out;
    for (size_t i = 0; i < top.words_n; i++) {
        snprintf(text, sizeof text, "causeway %s", top.words[i].name);
        char name[220];
        assert_says(page, in_bold(text, name, sizeof name));
        ask(f, top.words[i].name, &help);
        for (size_t j = 0; j < help.parts_n; j++)
            if (help.parts[j].kind == CW_HELP_ITEM && strchr(help.parts[j].term, ',') == NULL)
                assert_says(page, in_bold(help.parts[j].term, name, sizeof name));
    }
}

static void manual_configuration__each_key_of_the_reference__is_there(void **state) {
    struct fixture *f = *state;
    static const char *const words[] = {"manual", "configuration", NULL};
    struct cw_buf reference;
    size_t keys = 0;
    cw_buf_init(&reference, 1u << 20);
    cw_config_reference(&reference);
    assert_int_equal(command_run(&f->command, &f->temp, words), 0);
    for (const char *at = cw_buf_cstr(&reference); (at = strstr(at, "\": ")) != NULL; at++) {
        const char *begin = at;
        while (begin[-1] != '"')
            begin--;
        char key[64], last[80];
        snprintf(key, sizeof key, "%.*s", (int)(at - begin), begin);
        /* names of the reference's own choice, and words of its comments that are in quotes */
        if (strspn(key, "abcdefghijklmnopqrstuvwxyz_0123456789") != strlen(key) ||
            strcmp(key, "ETH") == 0 || strcmp(key, "withdrawals") == 0 || strcmp(key, "l1") == 0 ||
            strcmp(key, "l2") == 0 || strcmp(key, "main") == 0 || strcmp(key, "ops") == 0)
            continue;
        snprintf(last, sizeof last, "%s\\fR\n", key);
        assert_says(f->command.out, last);
        keys++;
    }
    assert_true(keys > 100);
    assert_says(f->command.out, "\\fBchains.l1.endpoints.max_rps\\fR");
    assert_says(f->command.out, "\\fBroutes.withdrawals.policy.relay.senders\\fR");
    assert_says(f->command.out, "\\fBsigners.main.keystore\\fR");
    cw_buf_done(&reference);
}

static void manual__wrong_words__usage(void **state) {
    struct fixture *f = *state;
    static const char *const none[] = {"manual", NULL}, *const other[] = {"manual", "comands",
                                                                          NULL};
    assert_int_equal(command_run(&f->command, &f->temp, none), 2);
    assert_says(f->command.err, "usage: causeway manual");
    assert_int_equal(command_run(&f->command, &f->temp, other), 2);
    assert_says(f->command.err, "did you mean \"commands\"?");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(complete__each_command__its_options_and_no_others),
        CASE(complete__words__those_of_the_command),
        CASE(complete__values__choices_and_files),
        CASE(complete__names__of_the_configuration),
        CASE(completions__wrong_words__usage),
        CASE(help_read__any_text__is_survived),
        CASE(help_read__lists__terms_and_their_texts),
        CASE(manual_commands__each_command_and_option__is_there),
        CASE(manual_configuration__each_key_of_the_reference__is_there),
        CASE(manual__wrong_words__usage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
