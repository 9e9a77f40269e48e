# shellcheck shell=bash
# What the scripts of the bed share. Sourced, never run.
#
# Every script that sources this has `set -euo pipefail` and defines usage().

BED_HOME=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
BED_CACHE=${CAUSEWAY_BED_CACHE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/causeway/bed}
BED_ME=${0##*/}
export NO_COLOR=1 FOUNDRY_DISABLE_NIGHTLY_WARNING=1

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
rpc() {
    local answer
    answer=$(post "$1" <<<"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$2\",\"params\":${3:-[]}}") || return 1
    jq -er 'if .error then ("\(.error.code) \(.error.message)\n" | halt_error(1)) else .result | if type == "string" then . else tojson end end' \
        <<<"$answer" || { say "$2 at $1 was refused"; return 1; }
}

# batch URL: stdin has one line a call, {"method":…,"params":…}; prints one result a line, in order
batch() {
    jq -cs 'to_entries | map(.value + {jsonrpc: "2.0", id: .key})' | post "$1" |
        jq -c 'sort_by(.id)[] | if .error then ("\(.error.code) \(.error.message)\n" | halt_error(1)) else .result end'
}

# receipts URL: transaction hashes on stdin; waits until all are in blocks, prints one receipt a line
receipts() {
    local calls answers tries
    calls=$(jq -Rc '{method: "eth_getTransactionReceipt", params: [.]}')
    for ((tries = 0; tries < 600; tries++)); do
        answers=$(batch "$1" <<<"$calls") || return 1
        grep -qx null <<<"$answers" || { printf '%s\n' "$answers"; return 0; }
        sleep 0.05
    done
    say "transactions at $1 are in no block after 30 s"
    return 1
}

block_number() { printf '%d\n' "$(rpc "$1" eth_getBlockByNumber "[\"${2:-latest}\",false]" | jq -r .number)"; }
block_time() { printf '%d\n' "$(rpc "$1" eth_getBlockByNumber "[\"${2:-latest}\",false]" | jq -r .timestamp)"; }

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
    setsid "$BED_BIN/anvil" --host 127.0.0.1 --port 0 --accounts 20 --slots-in-an-epoch 2 \
        --preserve-historical-states --cache-path "$dir/$name.states" "$@" \
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
# shellcheck disable=SC2034 # for the caller
rollup_of() {
    case $1 in
    legacy) ROLLUP_URL=$L2_LEGACY_URL ROLLUP_CHAIN_ID=$L2_LEGACY_CHAIN_ID ROLLUP_PORTAL=$LEGACY_PORTAL ;;
    games) ROLLUP_URL=$L2_GAMES_URL ROLLUP_CHAIN_ID=$L2_GAMES_CHAIN_ID ROLLUP_PORTAL=$GAMES_PORTAL ;;
    *) bad_usage "the rollup is legacy or games, not '$1'" ;;
    esac
}

# send_all URL FROM: stdin has one transaction a line, {"to":…,"data":…,"value":…,"gas":…}; sends them from that
# account, in order, in one batch, and prints a hash a line. Scripts that use one account take turns.
send_all() {
    local first
    (
        flock 8
        first=$(rpc "$1" eth_getTransactionCount "[\"$2\",\"pending\"]")
        jq -c --arg from "$2" --argjson first $((first)) '
            def hex: if . < 16 then "0123456789abcdef"[.:. + 1] else (. / 16 | floor | hex) + (. % 16 | hex) end;
            {method: "eth_sendTransaction", params: [. + {from: $from, nonce: ("0x" + ($first + input_line_number - 1 | hex))}]}' |
            batch "$1" | jq -r .
    ) 8>"$BED_DIR/$2.lock"
}
