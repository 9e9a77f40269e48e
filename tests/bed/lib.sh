# shellcheck shell=bash
# What the scripts of the bed share. Sourced, never run.
#
# Every script that sources this has `set -euo pipefail` and defines usage().

BED_HOME=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
BED_CACHE=${CAUSEWAY_BED_CACHE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/causeway/bed}
BED_ME=${0##*/}
export NO_COLOR=1 FOUNDRY_DISABLE_NIGHTLY_WARNING=1 LC_ALL=C

say() { printf '%s: %s\n' "$BED_ME" "$*" >&2; }
die() { say "$@"; exit 1; }
bad_usage() { say "$* (see $BED_ME --help)"; exit 2; }

# need TOOL...: all of them are installed
need() {
    local tool missing=()
    for tool; do command -v "$tool" >/dev/null || missing+=("$tool"); done
    [ ${#missing[@]} -eq 0 ] || die "missing: ${missing[*]}; install with: apt-get install ${missing[*]}"
}

hash_of() { cat "$@" | sha256sum | cut -c1-16; }

# Where the downloaded files are; the name changes with the lock, so an old cache is never mixed in.
packages_dir() { printf '%s/packages-%s\n' "$BED_CACHE" "$(hash_of "$BED_HOME/packages.lock")"; }

# ---- JSON-RPC

# post URL: sends the JSON on stdin, prints the answer
post() {
    curl -sS --fail-with-body --max-time 60 -H 'content-type: application/json' --data-binary @- "$1" ||
        { say "no answer from $1; is the bed up?"; return 1; }
}

# rpc URL METHOD [PARAMS]: prints the result; a string without quotes, anything else as JSON
#
# jq takes 30 ms to start, and these scripts make thousands of calls: here and below it is called only where bash
# cannot do it.
rpc() {
    local answer result
    answer=$(post "$1" <<<"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$2\",\"params\":${3:-[]}}") || return 1
    result=${answer#'{"jsonrpc":"2.0","id":1,"result":'}
    if [ "$result" = "$answer" ]; then
        jq -r 'if type == "object" and .error then "\(.error.code) \(.error.message)" else "no JSON-RPC answer" end' <<<"$answer" >&2
        say "$2 at $1 was refused"
        return 1
    fi
    result=${result%\}}
    result=${result#\"}
    printf '%s\n' "${result%\"}"
}

# batch_request: numbers the calls on stdin, {"method":…,"params":…} one a line, and makes them one request
batch_request() {
    local line n=0 request=''
    while IFS= read -r line; do
        request+=",{\"jsonrpc\":\"2.0\",\"id\":$n,${line#?}"
        n=$((n + 1))
    done
    [ -z "$request" ] || printf '[%s]' "${request#?}"
}
# batch_results: the results in the answer on stdin, one a line, in order. A short answer as anvil writes it, in order
# and without errors, needs no jq.
batch_results() {
    local answer rest next n=0 results=''
    answer=$(cat)
    if [ ${#answer} -lt 20000 ]; then
        rest=${answer#[}
        while [ "${rest#"{\"jsonrpc\":\"2.0\",\"id\":$n,\"result\":"}" != "$rest" ]; do
            rest=${rest#"{\"jsonrpc\":\"2.0\",\"id\":$n,\"result\":"}
            n=$((n + 1))
            next="},{\"jsonrpc\":\"2.0\",\"id\":$n,\"result\":"
            results+=${rest%%"$next"*}$'\n'
            if [ "${rest#*"$next"}" = "$rest" ]; then
                case $results in
                *'"error":'*) break ;;
                *'}]'$'\n') printf '%s\n' "${results%???}"; return ;;
                esac
            fi
            rest="{\"jsonrpc\":\"2.0\",\"id\":$n,\"result\":${rest#*"$next"}"
        done
    fi
    jq -c 'sort_by(.id)[] | if .error then ("\(.error.code) \(.error.message)\n" | halt_error(1)) else .result end' <<<"$answer"
}

# batch URL: makes the calls on stdin; prints one result a line, in order
batch() {
    local request
    request=$(batch_request)
    [ -n "$request" ] || return 0
    post "$1" <<<"$request" | batch_results
}

# receipts URL: transaction hashes on stdin; waits until all are in blocks, prints one receipt a line
receipts() {
    local request answer hash tries
    request=$(while read -r hash; do printf '{"method":"eth_getTransactionReceipt","params":["%s"]}\n' "$hash"; done | batch_request)
    [ -n "$request" ] || return 0
    for ((tries = 0; tries < 400; tries++)); do
        answer=$(post "$1" <<<"$request") || return 1
        [[ $answer == *'"result":null'* ]] || { batch_results <<<"$answer"; return; }
        sleep 0.1
    done
    say "transactions at $1 are in no block after 40 s"
    return 1
}

# block_field URL FIELD [BLOCK]: a number from a header, as decimal
block_field() {
    local header
    header=$(rpc "$1" eth_getBlockByNumber "[\"${3:-latest}\",false]") || return 1
    [[ $header =~ \"$2\":\"(0x[0-9a-f]+)\" ]] || { say "no block ${3:-latest} at $1"; return 1; }
    printf '%d\n' "${BASH_REMATCH[1]}"
}
block_number() { block_field "$1" number "${2:-latest}"; }
block_time() { block_field "$1" timestamp "${2:-latest}"; }

# call_line TO DATA: an eth_call at the latest block, as a line for batch
call_line() { printf '{"method":"eth_call","params":[{"to":"%s","data":"0x%s"},"latest"]}\n' "$1" "$2"; }
# read_l1 TO DATA: the answer without 0x
read_l1() { local answer; answer=$(rpc "$L1_URL" eth_call "[{\"to\":\"$1\",\"data\":\"0x$2\"},\"latest\"]") && printf '%s\n' "${answer#0x}"; }
read_l1_number() { local answer; answer=$(read_l1 "$1" "$2") && printf '%d\n' "0x${answer: -16}"; }
json_hash() { [[ $1 =~ \"$2\":\"(0x[0-9a-f]{64})\" ]] && printf '%s' "${BASH_REMATCH[1]}"; } # JSON FIELD

# ---- ABI, for what is short enough to write by hand

word() { printf '%064x' "$1"; }                                  # an integer below 2^63
word_address() { printf '%024d%s' 0 "${1#0x}"; }
# dynamic bytes as the ABI lays them out: length, data, padding. Takes hex without 0x.
word_bytes() {
    local hex=$1 pad=$(((64 - ${#1} % 64) % 64))
    printf '%064x%s' $((${#hex} / 2)) "$hex"
    [ "$pad" = 0 ] || printf '%0*d' "$pad" 0
}

# ---- processes: a pid alone may belong to someone else by now, so its start time goes with it

process_start() {
    local stat fields
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    read -ra fields <<<"${stat##*) }"
    [ "${fields[0]}" != Z ] || return 1 # ended, and not yet collected by its parent
    printf '%s\n' "${fields[19]}"
}
process_mark() { printf '%s:%s\n' "$1" "$(process_start "$1")"; }
process_lives() { [ -n "${1:-}" ] && [ "$(process_start "${1%%:*}")" = "${1##*:}" ]; }
# process_end MARK SECONDS: asks, waits, then insists
process_end() {
    local waited
    process_lives "$1" || return 0
    kill -TERM "${1%%:*}" 2>/dev/null || return 0
    for ((waited = 0; waited < $2 * 20; waited++)); do process_lives "$1" || return 0; sleep 0.05; done
    kill -KILL "${1%%:*}" 2>/dev/null || true
}

# start_anvil NAME DIR ARGS...: sets STARTED_PID; the log is DIR/NAME.log. In a session of its own, so that Ctrl-C ends
# the script that then ends the chain.
start_anvil() {
    local name=$1 dir=$2
    shift 2
    : >"$dir/$name.log"
    setsid "$BED_BIN/anvil" --host 127.0.0.1 --port 0 --accounts 24 \
        --preserve-historical-states --max-persisted-states 1000 --cache-path "$dir/$name.states" "$@" \
        >>"$dir/$name.log" 2>&1 </dev/null 9>&- &
    # shellcheck disable=SC2034 # for the caller
    STARTED_PID=$!
}

# anvil_url NAME DIR PID: waits until it listens, prints its URL
anvil_url() {
    local tries port
    for ((tries = 0; tries < 500; tries++)); do
        port=$(sed -n 's/^Listening on .*:\([0-9]*\)$/\1/p' "$2/$1.log")
        [ -z "$port" ] || { printf 'http://127.0.0.1:%s\n' "$port"; return 0; }
        kill -0 "$3" 2>/dev/null || break
        sleep 0.02
    done
    say "chain $1 did not start; its log $2/$1.log ends with:"
    tail -n 5 "$2/$1.log" >&2
    return 1
}

# load_bed DIR: the variables of a running bed
load_bed() {
    [ -r "$1/bed.env" ] || die "$1/bed.env is not there; start a bed with: $BED_HOME/up --dir $1"
    # shellcheck disable=SC1091
    . "$1/bed.env"
    export PATH="$BED_BIN:$PATH"
}

# rollup_of NAME: sets ROLLUP_* to the URL and contracts of one rollup
# nitro_of NAME, op_of NAME: the same for one of Nitro's, or of the OP Stack's, only
# shellcheck disable=SC2034 # for the caller
rollup_of() {
    case $1 in
    legacy)
        ROLLUP_URL=$L2_LEGACY_URL ROLLUP_CHAIN_ID=$L2_LEGACY_CHAIN_ID
        ROLLUP_PORTAL=$LEGACY_PORTAL ROLLUP_MESSENGER=$LEGACY_MESSENGER
        ;;
    games)
        ROLLUP_URL=$L2_GAMES_URL ROLLUP_CHAIN_ID=$L2_GAMES_CHAIN_ID
        ROLLUP_PORTAL=$GAMES_PORTAL ROLLUP_MESSENGER=$GAMES_MESSENGER
        ;;
    nitro) nitro_rollup NITRO "$1" ;;
    nitro-token) nitro_rollup NITRO_TOKEN "$1" ;;
    *) bad_usage "the rollup is legacy, games, nitro or nitro-token, not '$1'" ;;
    esac
}
nitro_of() {
    case $1 in nitro | nitro-token) rollup_of "$1" ;; *) bad_usage "the rollup is nitro or nitro-token, not '$1'" ;; esac
}
op_of() {
    case $1 in legacy | games) rollup_of "$1" ;; *) bad_usage "the rollup is legacy or games, not '$1'" ;; esac
}
# shellcheck disable=SC2034 # for the caller
nitro_rollup() { # PREFIX NAME
    local url=L2_$1_URL chain_id=L2_$1_CHAIN_ID name from
    [ -n "${!url:-}" ] || die "this bed runs without its rollup $2; start one with: $BED_HOME/up --$2"
    ROLLUP_URL=${!url} ROLLUP_CHAIN_ID=${!chain_id}
    for name in ROLLUP INBOX OUTBOX BRIDGE SEQUENCER_INBOX UPGRADE_EXECUTOR; do
        from=$1_$name
        printf -v "ROLLUP_$name" '%s' "${!from}"
    done
}

# chain_url NAME: the URL of a chain of the bed; of the node itself, for its own methods, with NODE
chain_url() {
    local name=${1//-/_}
    case $1 in
    l1 | l2-legacy | l2-games) name=${name^^}_URL ;;
    l2-nitro | l2-nitro-token) rollup_of "${1#l2-}" && name=${name^^}_${2:+NODE_}URL ;;
    *) bad_usage "the chain is l1, l2-legacy, l2-games, l2-nitro or l2-nitro-token, not '$1'" ;;
    esac
    printf '%s\n' "${!name}"
}

# send_all URL FROM: stdin has one transaction a line, {"to":…,"data":…,"value":…,"gas":…}; sends them from that
# account, in order, in one batch, and prints a hash a line. Scripts that use one account take turns.
send_all() {
    local nonce line
    (
        flock 8
        nonce=$(rpc "$1" eth_getTransactionCount "[\"$2\",\"pending\"]")
        while IFS= read -r line; do
            printf '{"method":"eth_sendTransaction","params":[{"from":"%s","nonce":"0x%x",%s]}\n' "$2" $((nonce++)) "${line#?}"
        done | batch "$1" | tr -d '"'
    ) 8>"$BED_DIR/$2.lock"
}
