#include "cli/init.h"
#include "cli/cli.h"
#include "cli/print.h"
#include "core/config_fields.h"
#include "core/write_all.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TIMEOUT_S     60u
#define TIMEOUT_MAX_S 3600u
#define FILE_MODE     0640 /* URLs may hold keys */
#define LINE_MAX_N    4096u

static const char help[] =
    "usage: causeway init --stack opstack --l1 URL --l2 URL --portal ADDRESS [OPTIONS]\n"
    "       causeway init --stack nitro --l1 URL --l2 URL --rollup ADDRESS [OPTIONS]\n"
    "       causeway init [--ask]\n"
    "\n"
    "Writes a commented configuration for a rollup: chain ids, contracts, what ties them to each\n"
    "other, how fast blocks come and become final are read from the chains and checked. On a\n"
    "terminal, what no option says is asked for.\n"
    "\n"
    "  --stack STACK      opstack or nitro\n"
    "  --l1 URL           an endpoint of the chain that the rollup settles on, and\n"
    "  --l2 URL           one of the rollup; both may be given again, for more operators\n"
    "  --portal ADDRESS   opstack: the OptimismPortal\n"
    "  --rollup ADDRESS   nitro: the rollup, or what leads to it:\n"
    "  --bridge ADDRESS   its bridge,\n"
    "  --outbox ADDRESS   its outbox, or\n"
    "  --inbox ADDRESS    its inbox\n"
    "  --direction WHICH  withdrawal, deposit or both (default both)\n"
    "  --relay WHOSE      messages that are relayed: all, or of a sender's ADDRESS, which may be\n"
    "                     given again (default: none, the routes only observe)\n"
    "  --signer KIND      keystore:FILE (default keystore:main.json), key-file:FILE or env:NAME\n"
    "  --data-dir DIR     directory of the database (default data, beside the configuration)\n"
    "  --out FILE         where it is written (default causeway.json; - is standard output)\n"
    "  --force            over a file that is there\n"
    "  --ask              ask although this is no terminal: one answer a line of standard input\n"
    "  --timeout SECONDS  for the chains to answer (default 60)\n"
    "  --json             output for programs\n"
    "\n"
    "exit: 0 written, 1 there is such a file, 2 what was given does not fit the chains or each\n"
    "      other, 3 an endpoint did not tell\n";

struct init {
    struct cw_cli_common common;
    struct cw_init_request request;
    struct cw_arena arena; /* of what was asked for */
    bool has_at;
    const char *at_option; /* as it was given, without dashes; NULL: asked for */
    const char *direction;
    const char *out;
    bool force, ask;
    size_t timeout_s;
};

/* --- options ---------------------------------------------------------------------------------- */

static enum cw_err add_url(struct init *init, enum cw_side side, const char *url,
                           struct cw_error *error) {
    size_t *n = &init->request.urls_n[side];
    if (*n == CW_INIT_URLS)
        return cw_error_set(error, CW_ERR_INPUT, "at most %u URLs a chain", CW_INIT_URLS);
    init->request.urls[side][(*n)++] = url;
    return CW_OK;
}

static enum cw_err take_address(struct cw_addr20 *ret, const char *text, struct cw_error *error) {
    struct cw_error why;
    if (cw_config_address(ret, text, &why) == CW_OK)
        return CW_OK;
    return cw_error_set(error, CW_ERR_INPUT, "\"%s\" %s", cw_config_shown(text), why.text);
}

static enum cw_err set_relay(struct init *init, const char *text, struct cw_error *error) {
    struct cw_init_request *r = &init->request;
    if (strcmp(text, "all") == 0) {
        r->relay_all = true;
        return CW_OK;
    }
    if (r->senders_n == CW_INIT_SENDERS)
        return cw_error_set(error, CW_ERR_INPUT, "at most %u senders", CW_INIT_SENDERS);
    enum cw_err err = take_address(&r->senders[r->senders_n], text, error);
    r->senders_n += err == CW_OK;
    return err;
}

static enum cw_err set_signer(struct init *init, const char *text, struct cw_error *error) {
    static const struct {
        const char *name;
        enum cw_init_signer signer;
        const char *place;
    } kinds[] = {{"keystore", CW_INIT_KEYSTORE, "main.json"},
                 {"key-file", CW_INIT_KEY_FILE, NULL},
                 {"env", CW_INIT_KEY_ENV, "CAUSEWAY_KEY"}};
    const size_t n = strcspn(text, ":");
    for (size_t i = 0; i < CW_COUNT(kinds); i++) {
        if (strlen(kinds[i].name) != n || strncmp(kinds[i].name, text, n) != 0)
            continue;
        init->request.signer = kinds[i].signer;
        init->request.signer_place = text[n] == ':' ? text + n + 1 : kinds[i].place;
        if (init->request.signer_place != NULL && init->request.signer_place[0] != '\0')
            return CW_OK;
    }
    return cw_error_set(error, CW_ERR_INPUT,
                        "--signer takes keystore:FILE, key-file:FILE or env:NAME");
}

static enum cw_err set_at(struct init *init, const char *option, const char *text,
                          struct cw_error *error) {
    init->has_at = true;
    init->at_option = option;
    return take_address(&init->request.at, text, error);
}

/* The stack's adapters, as far as the direction says. */
static enum cw_err choose_routes(struct init *init, struct cw_error *error) {
    struct cw_init_request *r = &init->request;
    const char *direction = init->direction != NULL ? init->direction : "both";
    const bool both = strcmp(direction, "both") == 0;
    bool known = false;
    r->routes_n = 0;
    for (size_t i = 0; cw_adapters[i] != NULL; i++) {
        if (strcmp(cw_adapters[i]->name, r->stack) != 0)
            continue;
        known = true;
        assert(r->routes_n < CW_INIT_ROUTES);
        if (both || strcmp(cw_adapters[i]->direction, direction) == 0)
            r->routes[r->routes_n++] = cw_adapters[i];
    }
    if (!known)
        return cw_error_set(error, CW_ERR_INPUT, "there is no stack \"%s\": opstack or nitro",
                            cw_config_shown(r->stack));
    if (r->routes_n == 0)
        return cw_error_set(error, CW_ERR_INPUT, "--direction takes withdrawal, deposit or both");
    return CW_OK;
}

/* What of all this goes not together. */
static enum cw_err check(struct init *init, struct cw_error *error) {
    struct cw_init_request *r = &init->request;
    const bool portal = init->at_option != NULL && strcmp(init->at_option, "portal") == 0;
    enum cw_err err = choose_routes(init, error);
    if (err != CW_OK)
        return err;
    if (init->at_option != NULL && portal != (strcmp(r->stack, "opstack") == 0))
        return cw_error_set(error, CW_ERR_INPUT, "--%s goes not with %s", init->at_option,
                            r->stack);
    const bool relays = r->relay_all || r->senders_n > 0;
    if (r->relay_all && r->senders_n > 0)
        return cw_error_set(error, CW_ERR_INPUT, "--relay all goes not with a sender");
    if (!relays && r->signer != CW_INIT_NO_SIGNER)
        return cw_error_set(error, CW_ERR_INPUT,
                            "--signer without --relay: whose messages? all, or a sender's ADDRESS");
    if (relays && r->signer == CW_INIT_NO_SIGNER)
        return set_signer(init, "keystore", error);
    return CW_OK;
}

/* --- asking ----------------------------------------------------------------------------------- */

/* A line of standard input; "" for an empty one. */
static enum cw_err read_line(struct init *init, const char *question, const char **ret,
                             struct cw_error *error) {
    char line[LINE_MAX_N];
    fprintf(stderr, "%s: ", question);
    if (fgets(line, sizeof line, stdin) == NULL)
        return cw_error_set(error, CW_ERR_INPUT, "nothing more was answered: %s", question);
    size_t n = strcspn(line, "\r\n");
    while (n > 0 && line[n - 1] == ' ')
        n--;
    *ret = cw_arena_text(&init->arena, line, n);
    return *ret != NULL ? CW_OK : cw_error_set(error, CW_ERR_MEMORY, "out of memory");
}

/* Until there is one, and then until an empty line. */
static enum cw_err ask_urls(struct init *init, enum cw_side side, const char *question,
                            struct cw_error *error) {
    enum cw_err err = CW_OK;
    if (init->request.urls_n[side] > 0)
        return CW_OK;
    for (;;) {
        const char *text = "";
        err = read_line(init, init->request.urls_n[side] == 0 ? question : "another one (or none)",
                        &text, error);
        if (err != CW_OK || (text[0] == '\0' && init->request.urls_n[side] > 0))
            return err;
        if (text[0] != '\0')
            err = add_url(init, side, text, error);
        if (err != CW_OK)
            return err;
    }
}

/* What is wrong with an answer is said, and it is asked for again. */
static enum cw_err ask_until(struct init *init, const char *question, const char *fallback,
                             enum cw_err (*take)(struct init *, const char *, struct cw_error *),
                             struct cw_error *error) {
    for (;;) {
        const char *text = "";
        enum cw_err err = read_line(init, question, &text, error);
        if (err != CW_OK)
            return err;
        err = take(init, text[0] != '\0' ? text : fallback, error);
        if (err != CW_ERR_INPUT)
            return err;
        fprintf(stderr, "  %s\n", error->text);
    }
}

static enum cw_err take_stack(struct init *init, const char *text, struct cw_error *error) {
    init->request.stack = text;
    return choose_routes(init, error);
}
static enum cw_err take_contract(struct init *init, const char *text, struct cw_error *error) {
    return set_at(init, NULL, text, error);
}
static enum cw_err take_direction(struct init *init, const char *text, struct cw_error *error) {
    init->direction = text;
    return choose_routes(init, error);
}
static enum cw_err take_relay(struct init *init, const char *text, struct cw_error *error) {
    return strcmp(text, "none") == 0 ? CW_OK : set_relay(init, text, error);
}

static enum cw_err ask_for_the_rest(struct init *init, struct cw_error *error) {
    struct cw_init_request *r = &init->request;
    enum cw_err err = CW_OK;
    if (r->stack == NULL)
        err = ask_until(init, "stack, opstack or nitro", "", take_stack, error);
    if (err == CW_OK)
        err = ask_urls(init, CW_SETTLEMENT,
                       "URL of an endpoint of the chain that the rollup settles on", error);
    if (err == CW_OK)
        err = ask_urls(init, CW_EXECUTION, "URL of an endpoint of the rollup", error);
    if (err == CW_OK && !init->has_at)
        err = ask_until(init,
                        strcmp(r->stack, "opstack") == 0
                            ? "address of its OptimismPortal"
                            : "address of its rollup contract, bridge, outbox or inbox",
                        "", take_contract, error);
    if (err == CW_OK && init->direction == NULL)
        err = ask_until(init, "direction, withdrawal, deposit or both [both]", "both",
                        take_direction, error);
    if (err == CW_OK && !r->relay_all && r->senders_n == 0)
        err = ask_until(init, "whose messages are relayed, none, all or a sender's address [none]",
                        "none", take_relay, error);
    return err;
}

/* --- the file --------------------------------------------------------------------------------- */

/* The name stands for the old file or the whole new one. */
static enum cw_err write_file(const struct init *init, struct cw_slice text,
                              struct cw_error *error) {
    char beside[LINE_MAX_N + 32];
    struct stat old;
    /* whom its owner kept out stays out */
    const mode_t mode = stat(init->out, &old) == 0 ? old.st_mode & FILE_MODE : FILE_MODE;
    snprintf(beside, sizeof beside, "%.*s.%ld", (int)LINE_MAX_N, init->out, (long)getpid());
    int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return cw_error_set(error, CW_ERR_IO, "%s can't be written: %s: name another with --out",
                            init->out, strerror(errno));
    enum cw_err err = CW_OK;
    if (!cw_write_all(fd, text) || fsync(fd) != 0)
        err = cw_error_set(error, CW_ERR_IO, "%s: %s", init->out, strerror(errno));
    (void)close(fd);
    if (err == CW_OK && init->force && rename(beside, init->out) != 0)
        err = cw_error_set(error, CW_ERR_IO, "%s: %s", init->out, strerror(errno));
    if (err == CW_OK && !init->force && link(beside, init->out) != 0)
        err = errno == EEXIST
                  ? cw_error_set(error, CW_ERR_REFUSED, "%s is there: --force writes over it",
                                 init->out)
                  : cw_error_set(error, CW_ERR_IO, "%s: %s", init->out, strerror(errno));
    (void)unlink(beside); /* gone after a rename */
    return err;
}

/* --- what is said afterwards ------------------------------------------------------------------ */

static int say_json(const struct init *init, const struct cw_init_found *found) {
    struct cw_buf out;
    cw_buf_init(&out, CW_INIT_BYTES);
    cw_out_open(&out, NULL, '{');
    cw_out_text(&out, "file", init->out);
    cw_out_open(&out, "chains", '[');
    for (size_t side = 0; side < CW_SIDES; side++) {
        cw_out_open(&out, NULL, '{');
        cw_out_text(&out, "name", found->chains[side].name);
        cw_out_u64(&out, "chainId", found->chains[side].id);
        cw_out_text(&out, "mode", cw_mode_name(found->chains[side].mode));
        cw_out_close(&out, '}');
    }
    cw_out_close(&out, ']');
    cw_out_open(&out, "contracts", '[');
    for (size_t i = 0; i < found->survey.contracts_n; i++) {
        const struct cw_survey_contract *c = &found->survey.contracts[i];
        cw_out_open(&out, NULL, '{');
        cw_out_text(&out, "name", c->name);
        cw_out_text(&out, "side", cw_side_name(c->side));
        cw_out_addr20(&out, "address", &c->address);
        cw_out_some(&out, "version", c->version);
        cw_out_close(&out, '}');
    }
    cw_out_close(&out, ']');
    cw_out_u64(&out, "links", found->survey.links);
    cw_out_close(&out, '}');
    return cw_out_print(&out, CW_EXIT_OK);
}

/* A relative file lies beside the configuration, wherever this runs. */
static const char *beside(char out[LINE_MAX_N], const char *config, const char *file) {
    const char *slash = strrchr(config, '/');
    const bool moves = file[0] != '/' && slash != NULL;
    snprintf(out, LINE_MAX_N, "%.*s%s", moves ? (int)(slash + 1 - config) : 0, config, file);
    return out;
}

static int say_text(const struct init *init, const struct cw_init_found *found) {
    const struct cw_init_request *r = &init->request;
    char keystore[LINE_MAX_N], password[LINE_MAX_N];
    for (size_t side = 0; side < CW_SIDES; side++)
        printf("%s  chain %llu, %s\n", found->chains[side].name,
               (unsigned long long)found->chains[side].id, found->chains[side].client);
    for (size_t i = 0; i < found->survey.contracts_n; i++) {
        const struct cw_survey_contract *c = &found->survey.contracts[i];
        char hex[CW_HEX_SIZE(20)];
        cw_config_address_text(hex, &c->address);
        printf("  %s%s%s  %s%s\n", c->name, c->version[0] != '\0' ? " " : "", c->version, hex,
               c->side == CW_EXECUTION ? " on the rollup" : "");
    }
    printf("  %u links between them hold\n", found->survey.links);
    for (size_t i = 0; i < found->survey.remarks_n; i++)
        printf("  %s\n", found->survey.remarks[i].text);
    printf("\nwritten: %s\nnext:\n", init->out);
    if (r->signer == CW_INIT_KEYSTORE &&
        access(beside(keystore, init->out, r->signer_place), F_OK) != 0)
        printf("  causeway keys new --keystore %s --password-file %s\n", keystore,
               beside(password, init->out, "main.password"));
    printf("  causeway doctor --config %s\n  causeway run --config %s\n", init->out, init->out);
    return CW_EXIT_OK;
}

/* --- the command ------------------------------------------------------------------------------ */

static enum cw_err gather(struct init *init, struct cw_error *error) {
    const struct cw_init_request *r = &init->request;
    const bool whole = r->stack != NULL && r->urls_n[CW_SETTLEMENT] > 0 &&
                       r->urls_n[CW_EXECUTION] > 0 && init->has_at;
    enum cw_err err = CW_OK;
    if (init->ask || (!whole && isatty(STDIN_FILENO) != 0))
        err = ask_for_the_rest(init, error);
    else if (!whole)
        err = cw_error_set(error, CW_ERR_INPUT,
                           "--stack, --l1, --l2 and a contract are needed: causeway init --help");
    return err == CW_OK ? check(init, error) : err;
}

static int carry_out(struct init *init) {
    struct cw_init_found *found = calloc(1, sizeof *found);
    struct cw_error error;
    struct cw_buf text;
    const bool to_stdout = strcmp(init->out, "-") == 0;
    cw_buf_init(&text, CW_INIT_BYTES);
    enum cw_err err = found != NULL ? CW_OK : cw_error_set(&error, CW_ERR_MEMORY, "out of memory");
    if (err == CW_OK && !to_stdout && !init->force && access(init->out, F_OK) == 0)
        err = cw_error_set(&error, CW_ERR_REFUSED, "%s is there: --force writes over it",
                           init->out);
    if (err == CW_OK)
        err = gather(init, &error);
    init->request.path = to_stdout ? "causeway.json" : init->out;
    init->request.timeout_ms = init->timeout_s * 1000;
    if (err == CW_OK)
        err = cw_init_read(&init->request, found, &text, &error);
    if (err == CW_OK && !to_stdout)
        err = write_file(init, cw_buf_slice(&text), &error);
    int code = CW_EXIT_OK;
    if (err != CW_OK)
        code = err == CW_ERR_REFUSED ? (cw_cli_fail(&error), CW_EXIT_NO) : cw_cli_fail(&error);
    else if (to_stdout)
        fwrite(text.p, 1, text.n, stdout);
    else
        code = init->common.json ? say_json(init, found) : say_text(init, found);
    cw_buf_done(&text);
    free(found);
    return code;
}

/* CW_CLI_GO_ON, or the exit code to stop with. */
static int take_option(int c, const char *name, struct init *init) {
    struct cw_error error;
    enum cw_err err = CW_OK;
    switch (c) {
    case 's':
        init->request.stack = optarg;
        break;
    case '1':
        err = add_url(init, CW_SETTLEMENT, optarg, &error);
        break;
    case '2':
        err = add_url(init, CW_EXECUTION, optarg, &error);
        break;
    case 'a':
        err = set_at(init, name, optarg, &error);
        break;
    case 'd':
        init->direction = optarg;
        break;
    case 'r':
        err = set_relay(init, optarg, &error);
        break;
    case 'k':
        err = set_signer(init, optarg, &error);
        break;
    case 'D':
        init->request.data_dir = optarg;
        break;
    case 'o':
        init->out = optarg;
        break;
    case 'f':
        init->force = true;
        break;
    case 'q':
        init->ask = true;
        break;
    case 't':
        if (!cw_cli_limit(optarg, TIMEOUT_MAX_S, &init->timeout_s))
            return cw_cli_usage(help, "--timeout takes 1 to 3600 seconds");
        break;
    default:
        return cw_cli_option(c, &init->common, help);
    }
    return err == CW_OK ? CW_CLI_GO_ON : cw_cli_fail(&error);
}

int cw_cmd_init(int argc, char **argv) {
    static const struct option options[] = {{"stack", required_argument, NULL, 's'},
                                            {"l1", required_argument, NULL, '1'},
                                            {"l2", required_argument, NULL, '2'},
                                            {"portal", required_argument, NULL, 'a'},
                                            {"rollup", required_argument, NULL, 'a'},
                                            {"bridge", required_argument, NULL, 'a'},
                                            {"outbox", required_argument, NULL, 'a'},
                                            {"inbox", required_argument, NULL, 'a'},
                                            {"direction", required_argument, NULL, 'd'},
                                            {"relay", required_argument, NULL, 'r'},
                                            {"signer", required_argument, NULL, 'k'},
                                            {"data-dir", required_argument, NULL, 'D'},
                                            {"out", required_argument, NULL, 'o'},
                                            {"force", no_argument, NULL, 'f'},
                                            {"ask", no_argument, NULL, 'q'},
                                            {"timeout", required_argument, NULL, 't'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    struct init init = {.out = "causeway.json", .timeout_s = TIMEOUT_S, .request.data_dir = "data"};
    int code = CW_CLI_GO_ON;
    cw_arena_init(&init.arena, CW_INIT_BYTES);
    for (int c, at = 0;
         code == CW_CLI_GO_ON && (c = getopt_long(argc, argv, "", options, &at)) != -1;)
        code = take_option(c, options[at].name, &init);
    if (code == CW_CLI_GO_ON && optind < argc)
        code = cw_cli_usage(help, "takes no argument");
    if (code == CW_CLI_GO_ON)
        code = carry_out(&init);
    cw_arena_done(&init.arena);
    return code;
}
