/* The shells' side of cw_complete: a script for each that asks this very program while somebody
 * types. */
#include "cli/cli.h"
#include "cli/complete.h"
#include "cli/print.h"

#include <stdio.h>
#include <string.h>

#define OUT_MAX (1u << 20)

static const char help[] =
    "usage: causeway completions bash|zsh|fish\n"
    "       causeway completions -- WORD...\n"
    "\n"
    "Prints a script by which a shell completes commands, options, their values, files, and the\n"
    "routes, signers and sinks that the configuration names. Packages install it; otherwise:\n"
    "\n"
    "  bash  in ~/.bashrc: eval \"$(causeway completions bash)\"\n"
    "  zsh   in ~/.zshrc, behind compinit: eval \"$(causeway completions zsh)\"\n"
    "  fish  in ~/.config/fish/config.fish: causeway completions fish | source\n"
    "\n"
    "The scripts ask with -- and the words behind \"causeway\" up to the one that is typed: each\n"
    "line of the answer is a word that it may become, a tab, and what that means.\n"
    "\n"
    "exit: 0 ok, 2 usage, 3 could not\n";

/* Words that are split at "=" are put together again by cw_complete. */
static const char bash[] = "# causeway completions bash\n"
                           "_causeway() {\n"
                           "    local line now=${COMP_WORDS[COMP_CWORD]}\n"
                           "    [ \"$now\" != = ] || now=\n"
                           "    COMPREPLY=()\n"
                           "    while IFS= read -r line; do\n"
                           "        if [ \"$line\" = " CW_COMPLETE_FILES " ]; then\n"
                           "            compopt -o filenames 2>/dev/null\n"
                           "            while IFS= read -r line; do COMPREPLY+=(\"$line\"); done < "
                           "<(compgen -f -- \"$now\")\n"
                           "        else\n"
                           "            COMPREPLY+=(\"${line%%$'\\t'*}\")\n"
                           "        fi\n"
                           "    done < <(\"${1/#~\\//$HOME/}\" completions -- "
                           "\"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null)\n"
                           "}\n"
                           "complete -F _causeway causeway\n";

static const char zsh[] =
    "#compdef causeway\n"
    "# causeway completions zsh\n"
    "_causeway() {\n"
    "    local line\n"
    "    local -a found\n"
    "    for line in \"${(@f)$(${(Q)~words[1]} completions -- \"${(@Q)words[2,CURRENT]}\" "
    "2>/dev/null)}\"; do\n"
    "        if [[ $line == " CW_COMPLETE_FILES " ]]; then\n"
    "            compset -P '--*='\n"
    "            _files\n"
    "        elif [[ -n $line ]]; then\n"
    "            found+=(\"${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}\")\n"
    "        fi\n"
    "    done\n"
    "    (( $#found )) || return\n"
    "    compset -P '--*='\n"
    "    _describe causeway found\n"
    "}\n"
    "if [[ ${funcstack[1]} == _causeway ]]; then _causeway \"$@\"; else compdef _causeway "
    "causeway; "
    "fi\n";

static const char fish[] =
    "# causeway completions fish\n"
    "function __causeway_complete\n"
    "    set -l words (commandline -opc)\n"
    "    set -l now (commandline -ct)\n"
    "    set -l before (string match -r -- '^--[a-z0-9-]+=' $now)\n"
    "    for line in ($words[1] completions -- $words[2..-1] $now 2>/dev/null)\n"
    "        if test \"$line\" = " CW_COMPLETE_FILES "\n"
    "            __fish_complete_path (string replace -r -- '^--[a-z0-9-]+=' '' $now) | string "
    "replace "
    "-r -- '^' \"$before\"\n"
    "        else\n"
    "            echo \"$before$line\"\n"
    "        end\n"
    "    end\n"
    "end\n"
    "complete -c causeway -f -a '(__causeway_complete)'\n";

static int answer(char *const *words, size_t n) {
    struct cw_buf out;
    struct cw_error error;
    cw_buf_init(&out, OUT_MAX);
    enum cw_err err = cw_complete(&out, words, n, &error);
    const char *text = cw_buf_cstr(&out);
    if (err == CW_OK && text == NULL)
        err = cw_error_set(&error, CW_ERR_MEMORY, "out of memory");
    if (err == CW_OK)
        fputs(text, stdout);
    cw_buf_done(&out);
    return err == CW_OK ? CW_EXIT_OK : cw_cli_fail(&error);
}

int cw_cmd_completions(int argc, char **argv) {
    static const struct option options[] = {CW_CLI_COMMON_OPTIONS};
    static const struct {
        const char *name, *script;
    } shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
    if (argc > 2 && strcmp(argv[1], "--") == 0)
        return answer(argv + 2, (size_t)argc - 2);
    struct cw_cli_common common = {0};
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        int code = cw_cli_option(c, &common, help);
        if (code != CW_CLI_GO_ON)
            return code;
    }
    if (argc - optind != 1)
        return cw_cli_usage(help, "takes one argument: bash, zsh or fish");
    for (size_t i = 0; i < CW_COUNT(shells); i++)
        if (strcmp(shells[i].name, argv[optind]) == 0) {
            fputs(shells[i].script, stdout);
            return CW_EXIT_OK;
        }
    static const char *const names[] = {"bash", "zsh", "fish", NULL};
    return cw_cli_no_kind(help, argv[optind], names);
}
