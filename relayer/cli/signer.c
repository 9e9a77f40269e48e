/* The process that holds a key. */
#include "cli/cli.h"
#include "cli/print.h"
#include "core/config_fields.h"
#include "core/log.h"
#include "core/unix_socket.h"
#include "sign/confine.h"
#include "sign/local.h"
#include "sign/locked.h"
#include "sign/serve.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define OUTPUT_BYTES (8u << 20)
#define ACTIVATED_FD 3     /* where systemd puts the first socket */
#define ENDING_MS    5000u /* that the signer before may take to end */
#define LOOK_MS      20u   /* in the meantime */

static const char help[] =
    "usage: causeway signer --socket PATH --policy FILE\n"
    "       causeway signer --socket PATH [--policy FILE] [--config FILE] [--name NAME]\n"
    "       causeway signer --print-policy [--policy FILE] [--config FILE] [--name NAME]\n"
    "\n"
    "Holds a key and signs what its policy lets pass: chains, contracts, functions, fees, and how\n"
    "much of it in an hour and a day. `causeway run` starts one for each signer of its\n"
    "configuration whose key it can read. Run it apart, as a user of its own, and the relayer\n"
    "can't even read the key: it asks over a socket.\n"
    "\n"
    "  --socket PATH   listen there (mode 0660: the relayer's user must be of this one's group),\n"
    "                  for the users that \"allow_uid\" of the policy names; a socket that\n"
    "                  systemd hands over is used without\n"
    "  --policy FILE   what is signed; without --config and --name the key is its \"key\".\n"
    "                  Default: \"policy_file\" of the signer, or what its routes need\n"
    "  --config FILE   configuration that says where the key is (default: see causeway --help)\n"
    "  --name NAME     which of its signers; may be left out where there is one\n"
    "  --print-policy  print the policy, as a file that --policy takes, and end; reads no key\n"
    "  --json          log lines as JSON objects\n"
    "\n"
    "exit: 0 stopped by a signal, 1 cut off its only client, 2 bad input, 3 could not run\n";

struct args {
    const char *config, *name, *policy, *socket;
    bool inherit, print_policy, json;
};

/* What it runs by, read before any secret is. */
struct setup {
    struct cw_config *config; /* NULL: the policy says it all */
    const struct cw_config_signer *key;
    struct cw_sign_policy *policy;
    char journal[4096];
    char subject[96];
};

/* What it holds. */
struct running {
    struct cw_signer *signer;
    struct cw_journal *journal;
    struct cw_desk *desk;
    int listening; /* -1: standard input is the only client */
    bool serves;
};

/* --- what it runs by -------------------------------------------------------------------------- */

static enum cw_err find_signer(const struct cw_config *config, const char *name,
                               const struct cw_config_signer **ret, struct cw_error *error) {
    const char *names[CW_CONFIG_NAMES_MAX + 1];
    size_t n = 0;
    for (; n < config->signers_n && n < CW_CONFIG_NAMES_MAX; n++) {
        names[n] = config->signers[n].name;
        if (name == NULL ? config->signers_n == 1 : strcmp(names[n], name) == 0) {
            *ret = &config->signers[n];
            return CW_OK;
        }
    }
    names[n] = NULL;
    if (name == NULL) {
        return cw_error_set(error, CW_ERR_INPUT, "%s has %s", config->path,
                            n == 0 ? "no signer" : "several signers: name one with --name");
    }
    const char *nearest = cw_config_nearest(name, names);
    return cw_error_set(error, CW_ERR_INPUT, "%s has no signer \"%s\"%s%s", config->path,
                        cw_config_shown(name), nearest != NULL ? ": did you mean " : "",
                        nearest != NULL ? nearest : "");
}

static enum cw_err load_config(struct setup *setup, const struct args *args,
                               struct cw_error *error) {
    enum cw_err err = cw_cli_config(&setup->config, args->config, error);
    if (err == CW_OK) {
        err = find_signer(setup->config, args->name, &setup->key, error);
    }
    /* The policy of one that runs apart is printed where its routes are known. */
    bool is_apart = err == CW_OK && setup->key->socket[0] != '\0';
    if (err == CW_OK && ((is_apart && !args->print_policy) || setup->key->web3signer[0] != '\0')) {
        err = cw_error_set(
            error, CW_ERR_INPUT, "signer \"%s\" of %s names no key that can be read here: it is %s",
            setup->key->name, setup->config->path, is_apart ? "behind a socket" : "a Web3Signer");
    }
    return err;
}

/* Where the key and the journal are. */
static enum cw_err settle(struct setup *setup, struct cw_error *error) {
    struct cw_sign_policy *policy = setup->policy;
    if (setup->config == NULL && !policy->has_key) {
        return cw_error_set(error, CW_ERR_INPUT,
                            "%s: \"key\" is missing: say where the key is, or name the signer of a "
                            "configuration with --config and --name",
                            policy->path);
    }
    if (setup->config == NULL) {
        setup->key = &policy->key;
    }
    snprintf(setup->subject, sizeof setup->subject, "signer %.64s",
             setup->config != NULL ? setup->key->name : "apart");
    int n = 0;
    if (policy->journal[0] != '\0') {
        n = snprintf(setup->journal, sizeof setup->journal, "%s", policy->journal);
    } else if (setup->config != NULL) {
        n = snprintf(setup->journal, sizeof setup->journal, "%s/signer-%s.journal",
                     setup->config->data_dir, setup->key->name);
    }
    if (n <= 0 || (size_t)n >= sizeof setup->journal) {
        return cw_error_set(error, CW_ERR_INPUT,
                            "%s: \"journal\" is missing: the file in which signatures are counted",
                            policy->path);
    }
    return CW_OK;
}

static enum cw_err load(struct setup *setup, const struct args *args, struct cw_error *error) {
    enum cw_err err;
    if (args->policy != NULL && args->config == NULL && args->name == NULL) {
        err = cw_sign_policy_load(&setup->policy, args->policy, error);
    } else {
        err = load_config(setup, args, error);
        if (err == CW_OK) {
            size_t index = (size_t)(setup->key - setup->config->signers);
            err = cw_sign_policy_of(&setup->policy, setup->config, index, args->policy, error);
        }
    }
    return err == CW_OK ? settle(setup, error) : err;
}

static void setup_done(struct setup *setup) {
    cw_sign_policy_free(setup->policy);
    cw_config_free(setup->config);
}

static int print_policy(struct setup *setup) {
    struct cw_buf out;
    cw_buf_init(&out, OUTPUT_BYTES);
    setup->policy->journal = setup->journal;
    cw_sign_policy_print(&out, setup->policy);
    const char *text = cw_buf_cstr(&out);
    if (text != NULL) {
        fputs(text, stdout);
    }
    cw_buf_done(&out);
    return text != NULL ? CW_EXIT_OK : CW_EXIT_UNKNOWN;
}

/* --- sockets ---------------------------------------------------------------------------------- */

static bool is_unix_stream(int fd, bool listening) {
    int domain = 0, type = 0, listens = 0;
    socklen_t n = sizeof domain;
    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) == 0 && domain == AF_UNIX &&
           getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0 && type == SOCK_STREAM &&
           getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &n) == 0 &&
           (listens != 0) == listening;
}

/* A socket that systemd has opened for this very process. */
static bool is_activated(void) {
    const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
    return pid != NULL && n != NULL && strcmp(n, "1") == 0 &&
           strtol(pid, NULL, 10) == (long)getpid();
}

static enum cw_err open_sockets(struct running *running, const struct args *args, bool activated,
                                const struct cw_sign_policy *policy, struct cw_error *error) {
    running->listening = -1;
    if (args->inherit) {
        return is_unix_stream(STDIN_FILENO, false)
                   ? CW_OK
                   : cw_error_set(error, CW_ERR_INPUT,
                                  "standard input is no socket: --inherit is how `causeway run` "
                                  "starts a signer; see causeway signer --help");
    }
    if (policy->uids_n == 0) {
        return cw_error_set(error, CW_ERR_INPUT,
                            "%s: \"allow_uid\" is missing: name the user that the relayer runs as "
                            "(`id -u NAME`)",
                            policy->path);
    }
    if (!activated) {
        return cw_unix_listen(&running->listening, args->socket, error);
    }
    if (!is_unix_stream(ACTIVATED_FD, true) || fcntl(ACTIVATED_FD, F_SETFL, O_NONBLOCK) != 0) {
        return cw_error_set(error, CW_ERR_INPUT,
                            "the socket that systemd hands over must be ListenStream= with a path");
    }
    running->listening = ACTIVATED_FD;
    return CW_OK;
}

/* --- running ---------------------------------------------------------------------------------- */

static enum cw_err take_key(struct running *running, const struct setup *setup,
                            struct cw_error *error) {
    struct cw_secret32 *secret = cw_locked_new(sizeof *secret);
    if (secret == NULL) {
        return cw_error_set(error, CW_ERR_MEMORY, "no memory for a key");
    }
    enum cw_err err = cw_config_secret(secret, setup->key, error);
    cw_confine_forget(setup->key->key_env);
    if (err == CW_OK) {
        err = cw_signer_local(&running->signer, secret, error);
    }
    cw_locked_free(secret, sizeof *secret);
    if (err == CW_OK && !cw_locked_is(running->signer)) {
        cw_log(CW_LOG_WARN, setup->subject,
               "the key may be swapped out: raise the limit on locked memory (LimitMEMLOCK=, "
               "ulimit -l)");
    }
    return err;
}

/* Where a relayer was killed and another one started, the signer of the first may not have ended
 * yet: what it was writing is written to its end. */
static enum cw_err open_journal(struct running *running, const struct setup *setup, bool inherit,
                                struct cw_error *error) {
    const struct cw_clock *clock = cw_clock_system();
    const struct timespec pause = {0, LOOK_MS * 1000000L};
    for (unsigned waited_ms = 0;; waited_ms += LOOK_MS) {
        enum cw_err err = cw_journal_open(&running->journal, setup->journal,
                                          cw_signer_address(running->signer),
                                          clock->wall_ms(clock->ctx), error);
        if (err != CW_ERR_BUSY || !inherit || waited_ms >= ENDING_MS) {
            return err;
        }
        (void)nanosleep(&pause, NULL);
    }
}

static enum cw_err open_desk(struct running *running, const struct setup *setup, bool inherit,
                             struct cw_error *error) {
    enum cw_err err = open_journal(running, setup, inherit, error);
    if (err == CW_OK && cw_journal_was_torn(running->journal)) {
        cw_log(CW_LOG_WARN, setup->subject,
               "the last line of its journal was torn, and is dropped: its signature never left");
    }
    const struct cw_desk_config desk = {.subject = setup->subject,
                                        .signer = running->signer,
                                        .policy = setup->policy,
                                        .journal = running->journal,
                                        .clock = cw_clock_system()};
    return err == CW_OK ? cw_desk_new(&running->desk, &desk, error) : err;
}

static void say_ready(const struct running *running, const struct setup *setup, const char *where) {
    char address[CW_HEX_SIZE(20)], digest[CW_HEX_SIZE(32)];
    const struct cw_addr20 *own = cw_signer_address(running->signer);
    cw_hex_encode(digest, cw_slice_of(cw_desk_digest(running->desk)->b, 32));
    cw_log(CW_LOG_INFO, setup->subject, "signs for %s at %s, policy %.18s.. of %s, journal %s",
           cw_hex_encode(address, cw_slice_of(own->b, sizeof own->b)), where, digest,
           setup->policy->path, setup->journal);
}

static enum cw_err run(struct running *running, const struct args *args, const struct setup *setup,
                       struct cw_error *error) {
    sigset_t wait_mask;
    bool activated = !args->inherit && is_activated();
    enum cw_err err = cw_confine_begin(activated ? ACTIVATED_FD : -1, setup->key->key_env, error);
    if (err == CW_OK) {
        cw_confine_signals(&wait_mask);
        err = take_key(running, setup, error);
    }
    if (err == CW_OK) {
        err = open_desk(running, setup, args->inherit, error);
    }
    if (err == CW_OK) {
        err = open_sockets(running, args, activated, setup->policy, error);
    }
    if (err == CW_OK && !args->inherit) { /* else the relayer says it */
        say_ready(running, setup, activated ? "a socket of systemd" : args->socket);
    }
    const struct cw_serve_config serve = {.subject = setup->subject,
                                          .desk = running->desk,
                                          .policy = setup->policy,
                                          .clock = cw_clock_system(),
                                          .listening = running->listening,
                                          .client = STDIN_FILENO,
                                          .uid = geteuid(),
                                          .stop = cw_confine_stop(),
                                          .wait_mask = &wait_mask};
    if (err == CW_OK) {
        err = cw_confine_calls(!args->inherit, error);
    }
    running->serves = err == CW_OK;
    return err == CW_OK ? cw_serve(&serve, error) : err;
}

/* Ends the process by hand: what others would do at its end takes calls that it has no more. */
_Noreturn static void run_and_end(const struct args *args, struct setup *setup) {
    struct running running = {.listening = -1};
    struct cw_error error = {CW_OK, ""};
    enum cw_err err = run(&running, args, setup, &error);
    bool cut_off = err == CW_ERR_INPUT && running.serves; /* which is in the log */
    if (err != CW_OK && !cut_off) {
        cw_print_error("causeway", error.text);
    }
    cw_signer_free(running.signer);
    cw_locked_wipe();
    cw_desk_free(running.desk);
    cw_journal_close(running.journal);
    setup_done(setup);
    fflush(NULL);
    _exit(err == CW_OK          ? CW_EXIT_OK
          : cut_off             ? CW_EXIT_NO
          : err == CW_ERR_INPUT ? CW_EXIT_USAGE
                                : CW_EXIT_UNKNOWN);
}

static int parse(struct args *args, int argc, char **argv) {
    static const struct option options[] = {{"socket", required_argument, NULL, 's'},
                                            {"policy", required_argument, NULL, 'p'},
                                            {"name", required_argument, NULL, 'n'},
                                            {"inherit", no_argument, NULL, 'i'},
                                            {"print-policy", no_argument, NULL, 'P'},
                                            {"config", required_argument, NULL, 'c'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    struct cw_cli_common common = {0};
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        int code = CW_CLI_GO_ON;
        switch (c) {
        case 's':
            args->socket = optarg;
            break;
        case 'p':
            args->policy = optarg;
            break;
        case 'n':
            args->name = optarg;
            break;
        case 'i':
            args->inherit = true;
            break;
        case 'P':
            args->print_policy = true;
            break;
        default:
            code = cw_cli_option(c, &common, help);
            break;
        }
        if (code != CW_CLI_GO_ON) {
            return code;
        }
    }
    args->config = common.config;
    args->json = common.json;
    if (optind < argc) {
        return cw_cli_usage(help, "takes no argument");
    }
    int ways = args->inherit + args->print_policy + (args->socket != NULL);
    if (ways != 1 && !(ways == 0 && is_activated())) {
        return cw_cli_usage(help, "takes one of --socket PATH and --print-policy");
    }
    return CW_CLI_GO_ON;
}

int cw_cmd_signer(int argc, char **argv) {
    struct args args = {0};
    int code = parse(&args, argc, argv);
    if (code != CW_CLI_GO_ON) {
        return code;
    }
    struct setup setup = {0};
    struct cw_error error;
    if (load(&setup, &args, &error) != CW_OK) {
        setup_done(&setup);
        return cw_cli_fail(&error);
    }
    if (args.print_policy) {
        code = print_policy(&setup);
        setup_done(&setup);
        return code;
    }
    bool json = !args.inherit && (args.json || (setup.config != NULL && setup.config->log_json));
    cw_log_setup(cw_log_level_of(setup.config != NULL ? setup.config->log_level : "info"), json);
    run_and_end(&args, &setup);
}
