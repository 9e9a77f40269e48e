/* Keystores for people: made, taken in, looked at, given another password. */
#include "cli/cli.h"
#include "cli/keyring.h"
#include "cli/print.h"
#include "cli/prompt.h"
#include "core/config_fields.h"
#include "core/private_file.h"
#include "sign/key.h"
#include "sign/locked.h"
#include "sign/random.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define OUTPUT_BYTES (4u << 20)

static const char help[] =
    "usage: causeway keys new [--light] [OPTIONS]\n"
    "       causeway keys import FILE [--light] [OPTIONS]\n"
    "       causeway keys address [KEY] [OPTIONS]\n"
    "       causeway keys list [OPTIONS]\n"
    "       causeway keys change-password [KEY] [--light] [OPTIONS]\n"
    "\n"
    "Keystore files of version 3, as geth and others have them: a key under a password.\n"
    "\n"
    "  new              makes a key\n"
    "  import           takes in a key: FILE holds it as 64 hexadecimal digits, or is another\n"
    "                   keystore; - is standard input. FILE stays as it is\n"
    "  address          opens a keystore and prints the address of the key that is in it\n"
    "  list             what there is, with the addresses that the files name, unopened\n"
    "  change-password  writes the keystore anew; the old one goes when the new one is on disk\n"
    "\n"
    "KEY is a file, an address, or the name of a signer in the configuration; it may be left out\n"
    "where there is only one.\n"
    "\n"
    "  --keystore PATH           directory of keystores, or one file (default: DATA_DIR/keys of\n"
    "                            the configuration, and the keystores that its signers name)\n"
    "  --password-file FILE      password of the keystore, on one line (default: asked for)\n"
    "  --old-password-file FILE  password that it has before (import, change-password)\n"
    "  --light                   scrypt with n = 4096 instead of 262144: quick, and quick to "
    "guess\n"
    "  --config FILE             configuration (default: see causeway --help)\n"
    "  --json                    output for programs\n"
    "\n"
    "Files must be for their owner alone (chmod 600); none is ever written over by another key.\n"
    "\n"
    "exit: 0 ok, 1 wrong password, the key is there already, or (list) a file that is of no use,\n"
    "      2 usage or bad input, 3 could not tell\n";

struct args {
    struct cw_cli_common common;
    const char *keystore, *password_file, *old_password_file;
    bool light;
    const char *word; /* the operand, or NULL */
};

/* In locked memory, all of it. */
struct secrets {
    struct cw_secret32 key;
    struct cw_password old_password, password;
    uint8_t text[CW_KEYSTORE_BYTES_MAX + 1]; /* what is imported */
};

/* One command under way. */
struct work {
    struct args args;
    struct secrets *secrets;
    struct cw_keyring keyring;
    struct cw_error error;
};

static int fail(const struct cw_error *error) {
    int code = cw_cli_fail(error);
    if (error->code == CW_ERR_REFUSED || error->code == CW_ERR_CONTRADICTED)
        return CW_EXIT_NO;
    return error->code == CW_ERR_LIMIT ? CW_EXIT_USAGE : code;
}

/* --- passwords -------------------------------------------------------------------------------- */

static enum cw_err old_password(struct work *work, const char *path) {
    char question[400];
    snprintf(question, sizeof question, "password of %.360s", path);
    return work->args.old_password_file != NULL
               ? cw_password_file(&work->secrets->old_password, work->args.old_password_file,
                                  &work->error)
               : cw_prompt_password(&work->secrets->old_password, question, "--old-password-file",
                                    &work->error);
}

static enum cw_err new_password(struct work *work) {
    return work->args.password_file != NULL
               ? cw_password_file(&work->secrets->password, work->args.password_file, &work->error)
               : cw_prompt_new_password(&work->secrets->password, "new password", "--password-file",
                                        &work->error);
}

/* --- new and import --------------------------------------------------------------------------- */

static int print_key(const struct work *work, const struct cw_addr20 *address, const char *path) {
    if (work->args.common.json) {
        struct cw_buf out;
        cw_buf_init(&out, OUTPUT_BYTES);
        cw_out_open(&out, NULL, '{');
        cw_out_addr20(&out, "address", address);
        cw_out_text(&out, "keystore", path);
        cw_out_close(&out, '}');
        return cw_out_print(&out, CW_EXIT_OK);
    }
    char hex[CW_HEX_SIZE(20)];
    cw_print_pair("address", CW_PLAIN, cw_hex_encode(hex, cw_slice_of(address->b, 20)));
    cw_print_pair("keystore", CW_PLAIN, path);
    return CW_EXIT_OK;
}

/* secrets->key under secrets->password. */
static enum cw_err seal(struct work *work, struct cw_keystore *ret) {
    struct cw_keystore_seed seed;
    enum cw_err err = cw_random(&seed, sizeof seed, &work->error);
    return err == CW_OK
               ? cw_keystore_seal(ret, &work->secrets->key, &work->secrets->password,
                                  work->args.light ? &CW_SCRYPT_LIGHT : &CW_SCRYPT_STANDARD, &seed,
                                  &work->error)
               : err;
}

/* Finds a place for secrets->key before a password is asked for. */
static int store_key(struct work *work) {
    const struct cw_clock *clock = cw_clock_system();
    struct cw_addr20 address;
    struct cw_keystore keystore;
    const char *path = NULL;
    enum cw_err err = cw_key_address(&address, &work->secrets->key, &work->error);
    if (err == CW_OK)
        err = cw_keyring_place(&work->keyring, &address, clock->wall_ms(clock->ctx), &path,
                               &work->error);
    if (err == CW_OK)
        err = new_password(work);
    if (err == CW_OK)
        err = seal(work, &keystore);
    if (err == CW_OK)
        err = cw_keyfile_create(path, &keystore, &work->error);
    return err == CW_OK ? print_key(work, &address, path) : fail(&work->error);
}

static int keys_new(struct work *work) {
    enum cw_err err = cw_random(work->secrets->key.b, sizeof work->secrets->key.b, &work->error);
    return err == CW_OK ? store_key(work) : fail(&work->error);
}

/* A file, or standard input, into secrets->text. */
static enum cw_err read_input(struct work *work, size_t *ret_n) {
    uint8_t *text = work->secrets->text;
    const size_t cap = sizeof work->secrets->text;
    if (strcmp(work->args.word, "-") != 0)
        return cw_private_file_read(text, cap, ret_n, "file", work->args.word, &work->error);
    if (isatty(STDIN_FILENO) != 0)
        return cw_error_set(&work->error, CW_ERR_INPUT,
                            "a key that is typed in stays on the screen: name a file (chmod 600), "
                            "or pipe it in");
    size_t n = 0;
    while (n < cap) {
        ssize_t got = read(STDIN_FILENO, text + n, cap - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return cw_error_set(&work->error, CW_ERR_IO, "standard input can't be read: %s",
                                strerror(errno));
        if (got == 0)
            break;
        n += (size_t)got;
    }
    *ret_n = n;
    return CW_OK;
}

static enum cw_err import_keystore(struct work *work, struct cw_slice text, const char *where) {
    struct cw_keystore keystore;
    enum cw_err err = cw_keystore_parse(&keystore, text, &work->error);
    if (err != CW_OK)
        return cw_error_wrap(&work->error, err, "%s", where);
    err = old_password(work, where);
    return err == CW_OK ? cw_keyfile_open(&work->secrets->key, &keystore,
                                          &work->secrets->old_password, where, &work->error)
                        : err;
}

static int keys_import(struct work *work) {
    const char *where = strcmp(work->args.word, "-") == 0 ? "standard input" : work->args.word;
    size_t n = 0;
    enum cw_err err = read_input(work, &n);
    if (err == CW_OK) {
        const struct cw_slice text = cw_slice_of(work->secrets->text, n);
        size_t first = 0;
        while (first < n && strchr(" \t\r\n", text.p[first]) != NULL)
            first++;
        err = first < n && text.p[first] == '{'
                  ? import_keystore(work, text, where)
                  : cw_key_parse(&work->secrets->key, text, where, &work->error);
    }
    return err == CW_OK ? store_key(work) : fail(&work->error);
}

/* --- what is there ---------------------------------------------------------------------------- */

static enum cw_err open_entry(struct work *work, const struct cw_password *password,
                              const struct cw_keyring_entry *entry, struct cw_addr20 *ret) {
    enum cw_err err = cw_keyfile_open(&work->secrets->key, &entry->keystore, password, entry->path,
                                      &work->error);
    return err == CW_OK ? cw_key_address(ret, &work->secrets->key, &work->error) : err;
}

static int keys_address(struct work *work) {
    const struct cw_keyring_entry *entry = NULL;
    struct cw_addr20 address;
    char question[400];
    enum cw_err err = cw_keyring_find(&work->keyring, work->args.word, &entry, &work->error);
    if (err == CW_OK && work->args.password_file != NULL) {
        err = cw_password_file(&work->secrets->password, work->args.password_file, &work->error);
    } else if (err == CW_OK) {
        snprintf(question, sizeof question, "password of %.360s", entry->path);
        err = cw_prompt_password(&work->secrets->password, question, "--password-file",
                                 &work->error);
    }
    if (err == CW_OK)
        err = open_entry(work, &work->secrets->password, entry, &address);
    return err == CW_OK ? print_key(work, &address, entry->path) : fail(&work->error);
}

/* The configuration would go on opening the keystore with what is its password no longer. */
static void tell_of_password_file(const struct work *work, const struct cw_keyring_entry *entry) {
    for (size_t i = 0; entry->signer != NULL && i < work->keyring.config->signers_n; i++) {
        const struct cw_config_signer *signer = &work->keyring.config->signers[i];
        if (strcmp(signer->name, entry->signer) == 0 &&
            (work->args.password_file == NULL ||
             !cw_keyring_is_same_file(work->args.password_file, signer->password_file)))
            fprintf(stderr,
                    "causeway: the configuration opens it with %s: write the new password there\n",
                    signer->password_file);
    }
}

static int keys_change_password(struct work *work) {
    const struct cw_keyring_entry *entry = NULL;
    struct cw_keystore keystore;
    struct cw_addr20 address;
    enum cw_err err = cw_keyring_find(&work->keyring, work->args.word, &entry, &work->error);
    if (err == CW_OK)
        err = old_password(work, entry->path);
    if (err == CW_OK)
        err = open_entry(work, &work->secrets->old_password, entry, &address);
    if (err == CW_OK)
        err = new_password(work);
    if (err == CW_OK)
        err = seal(work, &keystore);
    if (err == CW_OK)
        err = cw_keyfile_replace(entry->path, &keystore, &work->error);
    if (err != CW_OK)
        return fail(&work->error);
    tell_of_password_file(work, entry);
    return print_key(work, &address, entry->path);
}

/* --- list ------------------------------------------------------------------------------------- */

static void put_kdf(struct cw_buf *out, const struct cw_keystore *keystore) {
    cw_out_open(out, "kdf", '{');
    switch (keystore->kdf) {
    case CW_KDF_SCRYPT:
        cw_out_text(out, "name", "scrypt");
        cw_out_u64(out, "n", keystore->scrypt.n);
        cw_out_u64(out, "r", keystore->scrypt.r);
        cw_out_u64(out, "p", keystore->scrypt.p);
        break;
    case CW_KDF_PBKDF2:
        cw_out_text(out, "name", "pbkdf2");
        cw_out_u64(out, "c", keystore->rounds);
        break;
    }
    cw_out_close(out, '}');
}

static int list_json(const struct cw_keyring *keyring, int code) {
    struct cw_buf out;
    cw_buf_init(&out, OUTPUT_BYTES);
    cw_out_open(&out, NULL, '{');
    cw_out_text(&out, "place", keyring->place);
    cw_out_open(&out, "keys", '[');
    for (size_t i = 0; i < keyring->n; i++) {
        const struct cw_keyring_entry *entry = &keyring->entries[i];
        cw_out_open(&out, NULL, '{');
        if (entry->err == CW_OK && entry->keystore.has_address)
            cw_out_addr20(&out, "address", &entry->keystore.address);
        else
            cw_out_null(&out, "address");
        cw_out_text(&out, "keystore", entry->path);
        if (entry->signer != NULL)
            cw_out_text(&out, "signer", entry->signer);
        if (entry->err == CW_OK)
            put_kdf(&out, &entry->keystore);
        else
            cw_out_text(&out, "error", entry->text);
        cw_out_close(&out, '}');
    }
    cw_out_close(&out, ']');
    cw_out_close(&out, '}');
    return cw_out_print(&out, code);
}

static void list_row(struct cw_print_table *table, const struct cw_keyring_entry *entry) {
    char hex[CW_HEX_SIZE(20)];
    const struct cw_keystore *keystore = &entry->keystore;
    bool has_address = entry->err == CW_OK && keystore->has_address;
    cw_print_cell(table, CW_PLAIN, "%s",
                  has_address ? cw_hex_encode(hex, cw_slice_of(keystore->address.b, 20)) : "-");
    if (entry->err != CW_OK)
        cw_print_cell(table, CW_BAD, "unusable");
    else if (keystore->kdf == CW_KDF_SCRYPT)
        cw_print_cell(
            table, CW_PLAIN, "scrypt n=%llu r=%llu p=%llu", (unsigned long long)keystore->scrypt.n,
            (unsigned long long)keystore->scrypt.r, (unsigned long long)keystore->scrypt.p);
    else
        cw_print_cell(table, CW_PLAIN, "pbkdf2 c=%llu", (unsigned long long)keystore->rounds);
    cw_print_cell(table, CW_PLAIN, "%s", entry->signer != NULL ? entry->signer : "-");
    cw_print_cell(table, entry->err == CW_OK ? CW_PLAIN : CW_BAD, "%s",
                  entry->err == CW_OK ? entry->path : entry->text);
}

static int keys_list(struct work *work) {
    static const char *const heads[] = {"address", "kdf", "signer", "file", NULL};
    const struct cw_keyring *keyring = &work->keyring;
    int code = CW_EXIT_OK;
    for (size_t i = 0; i < keyring->n; i++)
        if (keyring->entries[i].err != CW_OK)
            code = CW_EXIT_NO;
    if (work->args.common.json)
        return list_json(keyring, code);
    if (keyring->n == 0) {
        printf("no keystore in %s: `causeway keys new` makes one\n", keyring->place);
        return code;
    }
    struct cw_print_table *table = cw_print_table_new(heads, 0);
    for (size_t i = 0; i < keyring->n; i++)
        list_row(table, &keyring->entries[i]);
    enum cw_err err = cw_print_table(table);
    cw_print_table_free(table);
    return err == CW_OK ? code : CW_EXIT_UNKNOWN;
}

/* --- the command line ------------------------------------------------------------------------- */

struct command {
    const char *name;
    int (*fn)(struct work *work);
    bool needs_word, takes_word; /* an operand */
    bool names_key;              /* which is a KEY */
};

static const struct command commands[] = {
    {"new", keys_new, false, false, false},
    {"import", keys_import, true, true, false},
    {"address", keys_address, false, true, true},
    {"list", keys_list, false, false, false},
    {"change-password", keys_change_password, false, true, true},
};

static const struct command *find_command(const char *name) {
    for (size_t i = 0; i < CW_COUNT(commands); i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static int no_command(const char *name) {
    const char *names[CW_COUNT(commands) + 1] = {NULL};
    char wrong[128];
    for (size_t i = 0; i < CW_COUNT(commands); i++)
        names[i] = commands[i].name;
    const char *nearest = cw_config_nearest(name, names);
    snprintf(wrong, sizeof wrong, "keys can't \"%s\"%s%s%s", cw_config_shown(name),
             nearest != NULL ? ": did you mean \"" : "", nearest != NULL ? nearest : "",
             nearest != NULL ? "\"?" : ": --help lists what it can");
    return cw_cli_usage(help, wrong);
}

/* Somebody gave the key itself; it must not be repeated as the name of a file that is not there. */
static bool looks_like_key(const char *word) {
    if (word == NULL)
        return false;
    const char *digits = word[0] == '0' && (word[1] == 'x' || word[1] == 'X') ? word + 2 : word;
    return strlen(digits) == 64 && strspn(digits, "0123456789abcdefABCDEF") == 64;
}

static int refuse_secrets(const struct args *args) {
    const char *const words[] = {args->word, args->keystore, args->password_file,
                                 args->old_password_file};
    for (size_t i = 0; i < CW_COUNT(words); i++)
        if (looks_like_key(words[i]))
            return cw_cli_usage(help, "no key is taken as an argument, only a file that holds it "
                                      "(chmod 600): other users see arguments, so count that key "
                                      "as known to others");
    return CW_CLI_GO_ON;
}

/* CW_CLI_GO_ON, or the exit code to stop with. */
static int read_args(struct args *args, const struct command *command, int argc, char **argv) {
    static const struct option options[] = {{"keystore", required_argument, NULL, 'k'},
                                            {"password-file", required_argument, NULL, 'p'},
                                            {"old-password-file", required_argument, NULL, 'o'},
                                            {"password", required_argument, NULL, 'w'},
                                            {"light", no_argument, NULL, 'l'},
                                            CW_CLI_COMMON_OPTIONS};
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (c == 'k') {
            args->keystore = optarg;
        } else if (c == 'p') {
            args->password_file = optarg;
        } else if (c == 'o') {
            args->old_password_file = optarg;
        } else if (c == 'w') { /* else it would pass for a short form of --password-file */
            return cw_cli_usage(help, "no password is taken as an argument, only a file that holds "
                                      "it: --password-file FILE");
        } else if (c == 'l') {
            args->light = true;
        } else {
            int code = cw_cli_option(c, &args->common, help);
            if (code != CW_CLI_GO_ON)
                return code;
        }
    }
    if (optind < argc && command->takes_word)
        args->word = argv[optind++];
    if (optind < argc)
        return cw_cli_usage(help, "has an argument too many");
    if (command->needs_word && args->word == NULL)
        return cw_cli_usage(help, "import takes a file, or - for standard input; never a key");
    /* a KEY that is a file is a place of its own, and needs no configuration */
    if (command->names_key && args->word != NULL &&
        (strchr(args->word, '/') != NULL || access(args->word, F_OK) == 0)) {
        args->keystore = args->word;
        args->word = NULL;
    }
    return refuse_secrets(args);
}

int cw_cmd_keys(int argc, char **argv) {
    if (argc < 2 || argv[1][0] == '-') {
        struct args args = {0};
        int code = read_args(&args, &commands[0], argc, argv);
        return code != CW_CLI_GO_ON ? code : cw_cli_usage(help, "keys takes what to do");
    }
    const struct command *command = find_command(argv[1]);
    if (command == NULL)
        return no_command(argv[1]);
    static char title[64];
    snprintf(title, sizeof title, "causeway keys %s", command->name);
    argv[1] = title;
    struct work work = {0};
    int code = read_args(&work.args, command, argc - 1, argv + 1);
    if (code != CW_CLI_GO_ON)
        return code;
    cw_locked_process(true);
    work.secrets = cw_locked_new(sizeof *work.secrets);
    enum cw_err err = work.secrets == NULL
                          ? cw_error_set(&work.error, CW_ERR_MEMORY, "out of memory")
                          : cw_keyring_open(&work.keyring, work.args.common.config,
                                            work.args.keystore, &work.error);
    code = err == CW_OK ? command->fn(&work) : fail(&work.error);
    cw_keyring_close(&work.keyring);
    cw_locked_free(work.secrets, sizeof *work.secrets);
    cw_locked_process(false);
    return code;
}
