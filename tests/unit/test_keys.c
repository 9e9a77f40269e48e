/* `causeway keys` as somebody types it: on files, on standard input, on a terminal. Whatever
 * happens, no digit of a key and no password is printed. */
#include "sign/keyfile.h"
#include "sign/locked.h"

#include "command.h"
#include "temp.h"

#include "cli/cli.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#define KEY64   "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"
#define ADDRESS "0x2c7536e3605d9c16a7a3d7b1898e529396a65c23"
#define NOBODY  65534

struct bed {
    struct temp temp;
    char dir[300], hex[300], first[300], second[300]; /* a keystore directory, and files */
    struct command command;
};

static void write_file(const struct bed *bed, const char *name, const char *text, char path[300]) {
    temp_write(temp_path(&bed->temp, name, path, 300), text, strlen(text), 0600);
}

static int set_up(void **state) {
    static struct bed bed;
    memset(&bed, 0, sizeof bed);
    temp_make(&bed.temp);
    temp_path(&bed.temp, "keystores", bed.dir, sizeof bed.dir);
    assert_int_equal(mkdir(bed.dir, 0700), 0);
    write_file(&bed, "hex", KEY64 "\n", bed.hex);
    write_file(&bed, "first", "hunter1\n", bed.first);
    write_file(&bed, "second", "hunter2\r\n", bed.second);
    unsetenv("CAUSEWAY_CONFIG");
    *state = &bed;
    return 0;
}

static int tear_down(void **state) {
    struct bed *bed = *state;
    temp_remove(&bed->temp);
    return 0;
}

static void assert_no_secret(const char *text) {
    assert_null(strstr(text, "4c0883a6"));
    assert_null(strstr(text, "4C0883A6"));
    assert_null(strstr(text, "3f362318"));
    assert_null(strstr(text, "hunter"));
}

static int run(struct bed *bed, const char *const *words) {
    int code = command_run(&bed->command, &bed->temp, words);
    assert_no_secret(bed->command.out);
    assert_no_secret(bed->command.err);
    return code;
}

#define RUN(...) run(bed, (const char *const[]){"keys", __VA_ARGS__, NULL})

/* The only keystore in the directory; path may be NULL. */
static struct cw_keystore the_keystore(const struct bed *bed, char path[300]) {
    struct cw_arena arena;
    const char *const *paths = NULL;
    size_t n = 0;
    struct cw_keystore keystore;
    struct cw_error error = {0};
    struct stat st;
    cw_arena_init(&arena, 1u << 20);
    assert_int_equal(cw_keyfile_list(&arena, bed->dir, &paths, &n, &error), CW_OK);
    assert_int_equal(n, 1);
    if (cw_keyfile_read(&keystore, paths[0], &error) != CW_OK) {
        fail_msg("%s", error.text);
    }
    assert_int_equal(stat(paths[0], &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    if (path != NULL) {
        snprintf(path, 300, "%s", paths[0]);
    }
    cw_arena_done(&arena);
    return keystore;
}

static bool opens_with(const struct cw_keystore *keystore, const char *word) {
    struct cw_password *password = cw_password_new();
    struct cw_secret32 secret;
    memcpy(password->b, word, strlen(word));
    password->n = strlen(word);
    enum cw_err err = cw_keystore_open(&secret, keystore, password, NULL);
    assert_true(err == CW_OK || err == CW_ERR_REFUSED);
    cw_password_free(password);
    return err == CW_OK;
}

static struct cw_json_doc *json(struct bed *bed) {
    struct cw_json_doc *doc = NULL;
    struct cw_error error;
    if (cw_json_parse(&doc, cw_slice_of(bed->command.out, strlen(bed->command.out)), false,
                      &error) != CW_OK) {
        fail_msg("%s in:\n%s", error.text, bed->command.out);
    }
    return doc;
}

static const char *text_of(const struct cw_json *object, const char *key) {
    const char *text = cw_json_string(cw_json_get(object, key));
    return text != NULL ? text : "";
}

/* --- with files ------------------------------------------------------------------------------- */

static void new__a_directory__a_keystore_at_full_cost(void **state) {
    struct bed *bed = *state;
    assert_int_equal(RUN("new", "--keystore", bed->dir, "--password-file", bed->first, "--json"),
                     0);
    struct cw_json_doc *doc = json(bed);
    char path[300], hex[CW_HEX_SIZE(20)];
    struct cw_keystore keystore = the_keystore(bed, path);
    assert_string_equal(text_of(cw_json_root(doc), "keystore"), path);
    assert_string_equal(text_of(cw_json_root(doc), "address"),
                        cw_hex_encode(hex, cw_slice_of(keystore.address.b, 20)));
    assert_string_equal(strrchr(path, '-') + 1, hex + 2);
    assert_non_null(strstr(path, "/UTC--2"));
    cw_json_free(doc);
    assert_int_equal(keystore.scrypt.n, 262144);
    assert_int_equal(keystore.scrypt.r, 8);
    assert_int_equal(keystore.scrypt.p, 1);
    assert_true(opens_with(&keystore, "hunter1"));
}

static void new__twice__nothing_is_the_same(void **state) {
    struct bed *bed = *state;
    char one[300], two[300];
    struct cw_keystore a, b;
    temp_path(&bed->temp, "one", one, sizeof one);
    temp_path(&bed->temp, "two", two, sizeof two);
    assert_int_equal(RUN("new", "--light", "--keystore", one, "--password-file", bed->first), 0);
    assert_says(bed->command.out, one);
    assert_int_equal(RUN("new", "--light", "--keystore", two, "--password-file", bed->first), 0);
    assert_int_equal(cw_keyfile_read(&a, one, NULL), CW_OK);
    assert_int_equal(cw_keyfile_read(&b, two, NULL), CW_OK);
    assert_int_equal(a.scrypt.n, 4096);
    assert_memory_not_equal(a.address.b, b.address.b, 20);
    assert_memory_not_equal(a.salt, b.salt, 32);
    assert_memory_not_equal(a.iv, b.iv, 16);
    /* a file that is there is not written over */
    assert_int_equal(RUN("new", "--light", "--keystore", one, "--password-file", bed->first), 1);
    assert_says(bed->command.err, "exists and is not written over");
    assert_int_equal(cw_keyfile_read(&b, one, NULL), CW_OK);
    assert_memory_equal(a.mac.b, b.mac.b, 32);
}

static void import__hex_in_a_file__the_key_of_that_address(void **state) {
    struct bed *bed = *state;
    char path[300];
    assert_int_equal(
        RUN("import", bed->hex, "--light", "--keystore", bed->dir, "--password-file", bed->first),
        0);
    assert_says(bed->command.out, ADDRESS);
    struct cw_keystore keystore = the_keystore(bed, path);
    assert_true(opens_with(&keystore, "hunter1"));
    /* a second time */
    assert_int_equal(
        RUN("import", bed->hex, "--light", "--keystore", bed->dir, "--password-file", bed->first),
        1);
    assert_says(bed->command.err, "that key is there already");
    assert_says(bed->command.err, path);
}

static void import__standard_input__the_same(void **state) {
    struct bed *bed = *state;
    bed->command.in = bed->hex;
    assert_int_equal(
        RUN("import", "-", "--light", "--keystore", bed->dir, "--password-file", bed->first), 0);
    assert_says(bed->command.out, ADDRESS);
}

static void import__a_keystore__under_another_password(void **state) {
    struct bed *bed = *state;
    char other[300];
    temp_path(&bed->temp, "other", other, sizeof other);
    assert_int_equal(
        RUN("import", bed->hex, "--light", "--keystore", other, "--password-file", bed->first), 0);
    assert_int_equal(RUN("import", other, "--light", "--keystore", bed->dir, "--password-file",
                         bed->second, "--old-password-file", bed->second),
                     1);
    char says[400];
    snprintf(says, sizeof says, "causeway: %s: wrong password\n", other);
    assert_string_equal(bed->command.err, says);
    for (int i = 0; i < 2; i++) {
        bed->command.in = i == 1 ? other : NULL;
        assert_int_equal(RUN("import", i == 1 ? "-" : other, "--light", "--keystore", bed->dir,
                             "--password-file", bed->second, "--old-password-file", bed->first),
                         i); /* the second time it is there already */
    }
    struct cw_keystore keystore = the_keystore(bed, NULL);
    assert_true(opens_with(&keystore, "hunter2"));
    assert_false(opens_with(&keystore, "hunter1"));
}

static void address__right_and_wrong_password__printed_or_one_line(void **state) {
    struct bed *bed = *state;
    char path[300], says[400];
    assert_int_equal(
        RUN("import", bed->hex, "--light", "--keystore", bed->dir, "--password-file", bed->first),
        0);
    (void)the_keystore(bed, path);
    const char *const words[] = {ADDRESS, &ADDRESS[2],
                                 "0x2C7536E3605D9C16A7A3D7B1898E529396A65C23"};
    for (size_t i = 0; i < CW_COUNT(words); i++) {
        assert_int_equal(
            RUN("address", words[i], "--keystore", bed->dir, "--password-file", bed->first), 0);
        assert_says(bed->command.out, ADDRESS);
    }
    assert_int_equal(RUN("address", path, "--password-file", bed->first, "--json"), 0);
    struct cw_json_doc *doc = json(bed);
    assert_string_equal(text_of(cw_json_root(doc), "address"), ADDRESS);
    cw_json_free(doc);
    assert_int_equal(RUN("address", "--keystore", bed->dir, "--password-file", bed->second), 1);
    snprintf(says, sizeof says, "causeway: %s: wrong password\n", path);
    assert_string_equal(bed->command.err, says);
    assert_string_equal(bed->command.out, "");
}

static void change_password__old_and_new__one_file_with_the_new(void **state) {
    struct bed *bed = *state;
    char before[300], after[300];
    assert_int_equal(
        RUN("import", bed->hex, "--light", "--keystore", bed->dir, "--password-file", bed->first),
        0);
    struct cw_keystore old = the_keystore(bed, before);
    assert_int_equal(RUN("change-password", "--keystore", bed->dir, "--light",
                         "--old-password-file", bed->second, "--password-file", bed->first),
                     1);
    assert_says(bed->command.err, "wrong password");
    struct cw_keystore same = the_keystore(bed, NULL);
    assert_memory_equal(same.mac.b, old.mac.b, 32);
    assert_int_equal(RUN("change-password", "--keystore", bed->dir, "--light",
                         "--old-password-file", bed->first, "--password-file", bed->second),
                     0);
    assert_says(bed->command.out, ADDRESS);
    assert_string_equal(bed->command.err, "");
    struct cw_keystore changed = the_keystore(bed, after);
    assert_string_equal(before, after);
    assert_true(opens_with(&changed, "hunter2"));
    assert_false(opens_with(&changed, "hunter1"));
    assert_memory_not_equal(changed.salt, old.salt, 32);
}

static void list__good_and_bad_files__each_said(void **state) {
    struct bed *bed = *state;
    char path[300];
    assert_int_equal(RUN("list", "--keystore", bed->dir), 0);
    assert_says(bed->command.out, "no keystore in");
    assert_int_equal(
        RUN("import", bed->hex, "--light", "--keystore", bed->dir, "--password-file", bed->first),
        0);
    assert_int_equal(RUN("list", "--keystore", bed->dir), 0);
    assert_says(bed->command.out, ADDRESS "  scrypt n=4096 r=8 p=1");
    (void)the_keystore(bed, path);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(RUN("list", "--keystore", bed->dir), 1);
    assert_says(bed->command.out, "(mode 644): chmod 600 it");
    assert_int_equal(RUN("list", "--keystore", bed->dir, "--json"), 1);
    struct cw_json_doc *doc = json(bed);
    const struct cw_json *keys = cw_json_get(cw_json_root(doc), "keys");
    assert_int_equal(cw_json_size(keys), 1);
    assert_says(text_of(cw_json_first(keys), "error"), "chmod 600");
    cw_json_free(doc);
    assert_int_equal(RUN("address", "--keystore", bed->dir, "--password-file", bed->first), 2);
    assert_says(bed->command.err, "(mode 644): chmod 600 it");
}

/* --- with a configuration --------------------------------------------------------------------- */

static void write_config(struct bed *bed, char path[300]) {
    char text[2000];
    snprintf(
        text, sizeof text,
        "{\"data_dir\": \"state\",\n"
        " \"chains\": {\"l1\": {\"chain_id\": 900, \"endpoints\": [\"http://127.0.0.1:1\"]},\n"
        "            \"l2\": {\"chain_id\": 901, \"endpoints\": [\"http://127.0.0.1:2\"]}},\n"
        " \"signers\": {\"main\": {\"keystore\": \"main.json\", \"password_file\": \"first\"},\n"
        "              \"hot\": {\"key_env\": \"HOT\"}},\n"
        " \"routes\": {\"op\": {\"stack\": \"opstack\", \"settlement\": \"l1\", \"execution\": "
        "\"l2\",\n"
        "    \"contracts\": {\"portal\": \"0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed\"}}}}\n");
    write_file(bed, "causeway.json", text, path);
}

static void configuration__no_place_named__its_directory_and_its_signers(void **state) {
    struct bed *bed = *state;
    char config[300], main_path[300];
    write_config(bed, config);
    temp_path(&bed->temp, "main.json", main_path, sizeof main_path);
    assert_int_equal(RUN("list", "--config", config), 1); /* main.json is not there */
    assert_says(bed->command.out, "main.json can't be opened");
    assert_int_equal(
        RUN("import", bed->hex, "--light", "--keystore", main_path, "--password-file", bed->first),
        0);
    assert_int_equal(RUN("list", "--config", config), 0);
    assert_says(bed->command.out, "main    ");
    assert_int_equal(RUN("address", "main", "--config", config, "--password-file", bed->first), 0);
    assert_says(bed->command.out, ADDRESS);
    /* the same key is not made a second file of, wherever the first is */
    assert_int_equal(
        RUN("import", bed->hex, "--light", "--config", config, "--password-file", bed->first), 1);
    assert_says(bed->command.err, "main.json");
    assert_int_equal(RUN("new", "--light", "--config", config, "--password-file", bed->first), 0);
    assert_says(bed->command.out, "/state/keys/UTC--");
    snprintf(bed->dir, sizeof bed->dir, "%.200s/state/keys", bed->temp.dir);
    struct stat st;
    assert_int_equal(stat(bed->dir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    (void)the_keystore(bed, NULL);
    assert_int_equal(RUN("address", "--config", config, "--password-file", bed->first), 2);
    assert_says(bed->command.err, "more than one");
    assert_int_equal(RUN("address", "hot", "--config", config, "--password-file", bed->first), 2);
    assert_says(bed->command.err, "no such keystore");

    assert_int_equal(RUN("change-password", "main", "--config", config, "--light",
                         "--old-password-file", bed->first, "--password-file", bed->second),
                     0);
    assert_says(bed->command.err, "first: write the new password there");
    assert_int_equal(command_run(&bed->command, &bed->temp,
                                 (const char *const[]){"check-config", "--config", config, NULL}),
                     2);
    assert_no_secret(bed->command.err);
    assert_says(bed->command.err, "signer \"main\": ");
    assert_says(bed->command.err, "main.json: wrong password");
}

/* --- mistakes --------------------------------------------------------------------------------- */

static void mistakes__each__said_without_a_secret(void **state) {
    struct bed *bed = *state;
    char bad[300], open_hex[300], huge[300];
    write_file(bed, "bad", KEY64 "0\n", bad);
    write_file(bed, "open", KEY64 "\n", open_hex);
    assert_int_equal(chmod(open_hex, 0644), 0);
    write_file(bed, "huge",
               "{\"version\":3,\"crypto\":{\"cipher\":\"aes-128-ctr\",\"cipherparams\":{\"iv\":"
               "\"00000000000000000000000000000000\"},\"ciphertext\":"
               "\"0000000000000000000000000000000000000000000000000000000000000000\",\"mac\":"
               "\"0000000000000000000000000000000000000000000000000000000000000000\",\"kdf\":"
               "\"scrypt\",\"kdfparams\":{\"n\":1073741824,\"r\":8,\"p\":1,\"dklen\":32,\"salt\":"
               "\"00\"}}}",
               huge);
    const struct {
        const char *const *words;
        int code;
        const char *says;
    } cases[] = {
#define CASE_(...) (const char *const[]){"keys", __VA_ARGS__, NULL}
        {CASE_("lst"), 2, "did you mean \"list\"?"},
        {CASE_("frobnicate"), 2, "--help lists"},
        {CASE_("--light"), 2, "what to do"},
        {CASE_("import"), 2, "takes a file, or -"},
        {CASE_("new", "x"), 2, "an argument too many"},
        {CASE_("address", "x", "y"), 2, "an argument too many"},
        {CASE_("new", "--password", "hunter9"), 2, "no password is taken as an argument"},
        {CASE_("import", KEY64), 2, "no key is taken as an argument"},
        {CASE_("import", "0x" KEY64), 2, "no key is taken as an argument"},
        {CASE_("new", "--keystore", KEY64), 2, "no key is taken as an argument"},
        {CASE_("new", "--key", KEY64), 2, "no key is taken as an argument"},
        {CASE_("import", "/none", "--keystore", bed->dir), 2, "/none can't be opened"},
        {CASE_("import", bad, "--keystore", bed->dir), 2, "64 hexadecimal digits"},
        {CASE_("import", open_hex, "--keystore", bed->dir), 2, "chmod 600"},
        {CASE_("import", huge, "--keystore", bed->dir), 2, "1 GiB of memory"},
        {CASE_("address", huge, "--password-file", bed->first), 2, "1 GiB of memory"},
        {CASE_("address", "--keystore", bed->dir), 2, "has no keystore"},
        {CASE_("address", ADDRESS, "--keystore", bed->dir), 2, "no such keystore"},
        {CASE_("new", "--keystore", bed->dir, "--password-file", open_hex), 2, "chmod 600"},
        {CASE_("new", "--light", "--keystore", "/none/none", "--password-file", bed->first), 3,
         "No such file or directory"},
        {CASE_("list", "--config", "/none.json"), 2, "no --keystore PATH"},
#undef CASE_
    };
    bed->command.in = "/dev/null";
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        int code = run(bed, cases[i].words);
        if (code != cases[i].code || strstr(bed->command.err, cases[i].says) == NULL) {
            fail_msg("case %zu: %d, %s", i, code, bed->command.err);
        }
    }
    assert_int_equal(rmdir(bed->dir), 0); /* nothing was written, temporary files included */
}

/* --- on a terminal ---------------------------------------------------------------------------- */

struct terminal {
    int fd, held; /* the other end is held open, so that its settings stay when the command ends */
    pid_t pid;
    char seen[16384];
    size_t n;
};

static void terminal_start(struct terminal *terminal, const char *const *words,
                           void (*before)(void)) {
    memset(terminal, 0, sizeof *terminal);
    fflush(NULL);
    terminal->pid = forkpty(&terminal->fd, NULL, NULL, NULL);
    assert_true(terminal->pid >= 0);
    if (terminal->pid == 0) {
        char *argv[16] = {strdup("causeway")};
        int argc = 1;
        for (; words[argc - 1] != NULL; argc++) {
            argv[argc] = strdup(words[argc - 1]);
        }
        /* whoever runs the tests may have them ignored */
        static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
        for (size_t i = 0; i < CW_COUNT(numbers); i++) {
            (void)signal(numbers[i], SIG_DFL);
        }
        if (before != NULL) {
            before();
        }
        int code = cw_cli_main(argc, argv);
        fflush(NULL);
        _exit(code);
    }
    terminal->held = open(ptsname(terminal->fd), O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(terminal->held >= 0);
}

/* False at the end of what it shows. */
static bool terminal_read(struct terminal *terminal) {
    struct pollfd fd = {terminal->fd, POLLIN, 0};
    if (poll(&fd, 1, 60000) != 1) {
        fail_msg("the terminal shows nothing more than:\n%s", terminal->seen);
    }
    ssize_t n = read(terminal->fd, terminal->seen + terminal->n,
                     sizeof terminal->seen - 1 - terminal->n);
    if (n <= 0) {
        return false;
    }
    terminal->n += (size_t)n;
    assert_true(terminal->n < sizeof terminal->seen - 1);
    terminal->seen[terminal->n] = '\0';
    return true;
}

static bool terminal_echoes(const struct terminal *terminal) {
    struct termios settings;
    assert_int_equal(tcgetattr(terminal->fd, &settings), 0);
    return (settings.c_lflag & ECHO) != 0;
}

/* Waits for a question, and looks that the answer will not be shown. */
static void terminal_asks(struct terminal *terminal, const char *question) {
    while (strstr(terminal->seen, question) == NULL) {
        if (!terminal_read(terminal)) {
            fail_msg("\"%s\" is not asked:\n%s", question, terminal->seen);
        }
    }
    assert_false(terminal_echoes(terminal));
}

static void terminal_type(const struct terminal *terminal, const char *text) {
    assert_int_equal(write(terminal->fd, text, strlen(text)), strlen(text));
}

/* Exit code, or 128 and the signal. The terminal shows what is typed again, and no secret. */
static int terminal_end(struct terminal *terminal) {
    int status = 0;
    for (unsigned i = 0; waitpid(terminal->pid, &status, WNOHANG) == 0; i++) {
        struct pollfd fd = {terminal->fd, POLLIN, 0};
        if (poll(&fd, 1, 10) == 1) {
            (void)terminal_read(terminal);
        }
        if (i == 6000) {
            (void)kill(terminal->pid, SIGKILL);
            fail_msg("it does not end after:\n%s", terminal->seen);
        }
    }
    struct pollfd fd = {terminal->fd, POLLIN, 0};
    while (poll(&fd, 1, 0) == 1 && terminal_read(terminal)) {
    }
    assert_true(terminal_echoes(terminal));
    close(terminal->held);
    close(terminal->fd);
    assert_no_secret(terminal->seen);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#define START(before, ...)                                                                         \
    terminal_start(&terminal, (const char *const[]){"keys", __VA_ARGS__, NULL}, before)

static void terminal__new_and_address__asked_twice_then_once(void **state) {
    struct bed *bed = *state;
    static struct terminal terminal;
    START(NULL, "new", "--light", "--keystore", bed->dir);
    terminal_asks(&terminal, "new password: ");
    terminal_type(&terminal, "hunter five\n");
    terminal_asks(&terminal, "once more: ");
    terminal_type(&terminal, "hunter five\n");
    assert_int_equal(terminal_end(&terminal), 0);
    struct cw_keystore keystore = the_keystore(bed, NULL);
    assert_true(opens_with(&keystore, "hunter five"));

    START(NULL, "address", "--keystore", bed->dir);
    terminal_asks(&terminal, "password of ");
    terminal_type(&terminal, "hunter fivf\x7f"
                             "e\n"); /* the last letter taken back */
    assert_int_equal(terminal_end(&terminal), 0);
    assert_says(terminal.seen, "address    0x");

    START(NULL, "address", "--keystore", bed->dir);
    terminal_asks(&terminal, "password of ");
    terminal_type(&terminal, "hunter six\n");
    assert_int_equal(terminal_end(&terminal), 1);
    assert_says(terminal.seen, ": wrong password");
}

static void terminal__change_password__old_one_then_the_new_one_twice(void **state) {
    struct bed *bed = *state;
    static struct terminal terminal;
    assert_int_equal(
        RUN("import", bed->hex, "--light", "--keystore", bed->dir, "--password-file", bed->first),
        0);
    START(NULL, "change-password", "--light", "--keystore", bed->dir);
    terminal_asks(&terminal, "password of ");
    terminal_type(&terminal, "hunter1\n");
    terminal_asks(&terminal, "new password: ");
    terminal_type(&terminal, "hunter3\n");
    terminal_asks(&terminal, "once more: ");
    terminal_type(&terminal, "hunter3\n");
    assert_int_equal(terminal_end(&terminal), 0);
    struct cw_keystore keystore = the_keystore(bed, NULL);
    assert_true(opens_with(&keystore, "hunter3"));
}

static void terminal__no_good_new_password__nothing_written(void **state) {
    struct bed *bed = *state;
    static struct terminal terminal;
    static const struct {
        const char *first, *second, *says;
    } cases[] = {
        {"hunter five\n", "hunter six\n", "the two passwords differ"},
        {"\n", NULL, "an empty password protects nothing"},
        {"\x04", NULL, "no password was entered"},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        START(NULL, "new", "--light", "--keystore", bed->dir);
        terminal_asks(&terminal, "new password: ");
        terminal_type(&terminal, cases[i].first);
        if (cases[i].second != NULL) {
            terminal_asks(&terminal, "once more: ");
            terminal_type(&terminal, cases[i].second);
        }
        assert_int_equal(terminal_end(&terminal), 2);
        assert_says(terminal.seen, cases[i].says);
    }
    char line[2000];
    memset(line, 'h', sizeof line);
    snprintf(line + 1500, sizeof line - 1500, "\n");
    START(NULL, "new", "--light", "--keystore", bed->dir);
    terminal_asks(&terminal, "new password: ");
    terminal_type(&terminal, line);
    assert_int_equal(terminal_end(&terminal), 2);
    assert_says(terminal.seen, "longer than a password may be");
    assert_null(strstr(terminal.seen, "hhhh"));
    assert_int_equal(rmdir(bed->dir), 0);
}

static void terminal__signals_while_it_asks__put_back_and_ended(void **state) {
    struct bed *bed = *state;
    static struct terminal terminal;
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    for (size_t i = 0; i < CW_COUNT(numbers) + 2; i++) {
        START(NULL, "new", "--light", "--keystore", bed->dir);
        terminal_asks(&terminal, "new password: ");
        terminal_type(&terminal, "hunt");
        if (i < CW_COUNT(numbers)) {
            assert_int_equal(kill(terminal.pid, numbers[i]), 0);
            assert_int_equal(terminal_end(&terminal), 128 + numbers[i]);
        } else {
            bool quits = i > CW_COUNT(numbers);
            terminal_type(&terminal, quits ? "\x1c" : "\x03");
            assert_int_equal(terminal_end(&terminal), 128 + (quits ? SIGQUIT : SIGINT));
        }
    }
    assert_int_equal(rmdir(bed->dir), 0);
}

static void ignore_hang_ups(void) {
    (void)signal(SIGHUP, SIG_IGN);
}

/* Until a signal that was sent to the process has been taken, or dropped. */
static void await_signal(pid_t pid) {
    char path[64], line[256];
    unsigned long long pending = 1;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    while (pending != 0) {
        FILE *status = fopen(path, "r");
        assert_non_null(status);
        while (fgets(line, sizeof line, status) != NULL) {
            if (strncmp(line, "ShdPnd:", 7) == 0) {
                pending = strtoull(line + 7, NULL, 16);
            }
        }
        fclose(status);
    }
}

static void terminal__an_ignored_signal__stays_ignored(void **state) {
    struct bed *bed = *state;
    static struct terminal terminal;
    START(ignore_hang_ups, "new", "--light", "--keystore", bed->dir);
    terminal_asks(&terminal, "new password: ");
    assert_int_equal(kill(terminal.pid, SIGHUP), 0);
    await_signal(terminal.pid);
    terminal_type(&terminal, "hunter five\n");
    terminal_asks(&terminal, "once more: ");
    terminal_type(&terminal, "hunter five\n");
    assert_int_equal(terminal_end(&terminal), 0);
}

static void terminal__suspend_while_it_asks__not_taken(void **state) {
    struct bed *bed = *state;
    static struct terminal terminal;
    START(NULL, "new", "--light", "--keystore", bed->dir);
    terminal_asks(&terminal, "new password: ");
    terminal_type(&terminal, "\x1a\n");
    terminal_asks(&terminal, "once more: ");
    terminal_type(&terminal, "\x1a\n");
    assert_int_equal(terminal_end(&terminal), 0);
}

static void terminal__a_key_typed_in__refused(void **state) {
    struct bed *bed = *state;
    static struct terminal terminal;
    START(NULL, "import", "-", "--keystore", bed->dir);
    assert_int_equal(terminal_end(&terminal), 2);
    assert_says(terminal.seen, "stays on the screen");
}

static void no_terminal__a_password_is_wanted__says_which_option(void **state) {
    struct bed *bed = *state;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        (void)setsid();
        int code = RUN("new", "--keystore", bed->dir);
        _exit(code == 2 && strstr(bed->command.err, "--password-file FILE") != NULL ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* --- memory ----------------------------------------------------------------------------------- */

static void become_nobody(void) {
    if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0)) {
        _exit(99);
    }
    (void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* a change of user takes it away */
}

static uid_t owner_of_memory(pid_t pid) {
    char path[64];
    struct stat st;
    snprintf(path, sizeof path, "/proc/%d/mem", (int)pid);
    assert_int_equal(stat(path, &st), 0);
    return st.st_uid;
}

/* What must not be dumped belongs to root under /proc. */
static void memory__while_it_asks__no_dump_and_nobody_reads_it(void **state) {
    struct bed *bed = *state;
    static struct terminal terminal;
    if (geteuid() == 0) {
        assert_int_equal(chown(bed->temp.dir, NOBODY, NOBODY), 0);
        assert_int_equal(chown(bed->dir, NOBODY, NOBODY), 0);
    }
    START(become_nobody, "new", "--light", "--keystore", bed->dir);
    terminal_asks(&terminal, "new password: ");
    assert_int_equal(owner_of_memory(terminal.pid), 0);
    terminal_type(&terminal, "\x03");
    assert_int_equal(terminal_end(&terminal), 128 + SIGINT);
}

static void locked_process__on_and_off__as_it_says(void **state) {
    (void)state;
    cw_locked_process(true);
    int hidden = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
    cw_locked_process(false);
    assert_int_equal(hidden, 0);
    assert_int_equal(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 1);
}

/* The kernel's own account of the pages: locked, and left out of dumps. */
static void locked_new__a_page__locked_and_not_dumped(void **state) {
    (void)state;
    char *p = cw_locked_new(100);
    char line[512], flags[512] = "";
    assert_non_null(p);
    FILE *maps = fopen("/proc/self/smaps", "r");
    assert_non_null(maps);
    bool here = false;
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long from, to;
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2) {
            here = (uintptr_t)p >= from && (uintptr_t)p < to;
        } else if (here && strncmp(line, "VmFlags:", 8) == 0) {
            snprintf(flags, sizeof flags, "%s", line);
        }
    }
    fclose(maps);
    assert_says(flags, " dd ");
#if !defined(__SANITIZE_ADDRESS__) /* whose mlock does nothing */
    assert_says(flags, " lo ");
#endif
    cw_locked_free(p, 100);
}

static void locked_wipe__all_that_is_held__zero(void **state) {
    static const uint8_t zero[5000];
    uint8_t *held[3];
    (void)state;
    for (size_t i = 0; i < CW_COUNT(held); i++) {
        held[i] = cw_locked_new(sizeof zero);
        assert_non_null(held[i]);
        memset(held[i], 0xa5, sizeof zero);
    }
    cw_locked_free(held[1], sizeof zero);
    cw_locked_wipe();
    assert_memory_equal(held[0], zero, sizeof zero);
    assert_memory_equal(held[2], zero, sizeof zero);
    cw_locked_free(held[0], sizeof zero);
    cw_locked_free(held[2], sizeof zero);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(new__a_directory__a_keystore_at_full_cost),
        CASE(new__twice__nothing_is_the_same),
        CASE(import__hex_in_a_file__the_key_of_that_address),
        CASE(import__standard_input__the_same),
        CASE(import__a_keystore__under_another_password),
        CASE(address__right_and_wrong_password__printed_or_one_line),
        CASE(change_password__old_and_new__one_file_with_the_new),
        CASE(list__good_and_bad_files__each_said),
        CASE(configuration__no_place_named__its_directory_and_its_signers),
        CASE(mistakes__each__said_without_a_secret),
        CASE(terminal__new_and_address__asked_twice_then_once),
        CASE(terminal__change_password__old_one_then_the_new_one_twice),
        CASE(terminal__no_good_new_password__nothing_written),
        CASE(terminal__signals_while_it_asks__put_back_and_ended),
        CASE(terminal__an_ignored_signal__stays_ignored),
        CASE(terminal__suspend_while_it_asks__not_taken),
        CASE(terminal__a_key_typed_in__refused),
        CASE(no_terminal__a_password_is_wanted__says_which_option),
        CASE(memory__while_it_asks__no_dump_and_nobody_reads_it),
        CASE(locked_process__on_and_off__as_it_says),
        CASE(locked_new__a_page__locked_and_not_dumped),
        CASE(locked_wipe__all_that_is_held__zero),
    };
    return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
