# shellcheck shell=bash
# What the end-to-end tests share: a bed of genuine contracts, a relayer on it, and cases. Sourced, never run.
#
# A test starts with:  . "$(dirname "$0")/lib.sh"; start_bed [up's options]

set -euo pipefail
REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=${CAUSEWAY_BUILD:-$REPO/build/sanitize}
CAUSEWAY=$BUILD/relayer/causeway
[ -x "$CAUSEWAY" ] || { echo "not ok build: no $CAUSEWAY; tests/run builds it"; exit 2; }
BED=$REPO/tests/bed
WORK=$(mktemp -d "${TMPDIR:-/tmp}/causeway-e2e.XXXXXX")
CONFIG=$WORK/causeway.json
LOG=$WORK/relayer.log
LOGS=("$LOG") # shown when a case fails
: >"$LOG"
DAEMON=''
FAILURES=0
export NO_COLOR=1
# A relayer that is killed leaves memory behind on purpose.
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1}

cleanup() {
    local status=$? log
    trap - EXIT
    [ -z "$DAEMON" ] || kill -9 "$DAEMON" 2>/dev/null || true
    [ ! -f "$WORK/bed/bed.env" ] || "$BED/down" "$WORK/bed" >/dev/null 2>&1 || true
    [ -z "${SESSION:-}" ] || stop_browser # whose processes outlive its driver
    # shellcheck disable=SC2046
    [ -z "$(jobs -p)" ] || kill $(jobs -p) 2>/dev/null || true
    if [ $status -ne 0 ] || [ "$FAILURES" -gt 0 ]; then
        for log in "${LOGS[@]}"; do
            echo "--- $(basename "$log"), last lines ---"
            tail -n 60 "$log" 2>/dev/null || true
        done
    fi
    # what a test has mounted within it; lazily, since the daemon may be on its way out still
    if [ -n "${MOUNTED:-}" ]; then
        [ -z "${KEEP:-}" ] || cp -a "$MOUNTED" "$MOUNTED.kept"
        umount -l "$MOUNTED" || true
    fi
    if [ -n "${KEEP:-}" ]; then echo "kept: $WORK"; else rm -rf "$WORK"; fi
    [ $status -ne 0 ] || [ "$FAILURES" -eq 0 ] || status=1
    exit $status
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

ok() { echo "ok $1"; }
not_ok() {
    echo "not ok $1"
    FAILURES=$((FAILURES + 1))
}
# check NAME COMMAND…: one case
check() {
    local name=$1
    shift
    if "$@"; then ok "$name"; else not_ok "$name"; fi
}
# equal NAME WANTED GOT
equal() {
    if [ "$2" = "$3" ]; then ok "$1"; else
        echo "# $1: wanted '$2', got '$3'"
        not_ok "$1"
    fi
}
# within SECONDS COMMAND…: until it succeeds
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.4 # each look is a program that starts under sanitizers
    done
}

start_bed() {
    "$BED/up" --dir "$WORK/bed" --owner $$ "$@" >/dev/null
    # shellcheck disable=SC1091
    . "$WORK/bed/bed.env"
    "$BED/config" "$WORK/bed" --data "$WORK/data" >"$CONFIG"
}

# proxy NAME URL: one that does what it is told, in front of that endpoint; its address in PROXY_<NAME>
proxy() {
    "$BUILD/tests/liar" "$2" >"$WORK/proxy-$1.log" 2>&1 &
    within 10 grep -qs '^Listening on ' "$WORK/proxy-$1.log"
    printf -v "PROXY_$1" 'http://%s' "$(sed -n 's/^Listening on //p' "$WORK/proxy-$1.log")"
}

start_relayer() { # options of causeway run
    "$CAUSEWAY" run --config "$CONFIG" --plain "$@" >>"$LOG" 2>&1 &
    DAEMON=$!
}
stop_relayer() {
    [ -n "$DAEMON" ] || return 0
    kill -TERM "$DAEMON"
    local status=0
    wait "$DAEMON" || status=$?
    DAEMON=''
    return $status
}
kill_relayer() {
    kill -9 "$DAEMON"
    wait "$DAEMON" 2>/dev/null || true
    DAEMON=''
}

# messages [jq filter over the array]
messages() { "$CAUSEWAY" messages --config "$CONFIG" --json --limit 1000 | jq -c "${1:-.}"; }
# has COUNT FILTER: that many messages match
has() { [ "$(messages "[.messages[] | select($2)] | length" 2>/dev/null || echo none)" = "$1" ]; }
# A message is named ROLLUP/ID: the same id may stand on both rollups.
# of MESSAGE COMMAND [OPTION…]: a command of causeway about it; its route is named after the rollup, behind ROUTE_PREFIX
ROUTE_PREFIX=op-
of() {
    local message=$1 command=$2
    shift 2
    "$CAUSEWAY" "$command" "${message#*/}" --route "$ROUTE_PREFIX${message%%/*}" --config "$CONFIG" "$@"
}
# field MESSAGE NAME
field() { of "$1" show --json | jq -r ".$2"; }
is() { [ "$(field "$1" "$2" 2>/dev/null)" = "$3" ]; }
is_not() { ! is "$@"; }

# send ROLLUP KIND COUNT [OPTION…]: prints the messages
send() {
    local rollup=$1 kind=$2 count=$3
    shift 3
    "$BED/send" "$WORK/bed" --rollup "$rollup" --kind "$kind" --count "$count" "$@" | tee -a "$WORK/sent" | jq -r '"\(.rollup)/\(.id)"'
}
portal_of() { if [ "${1%%/*}" = legacy ]; then echo "$LEGACY_PORTAL"; else echo "$GAMES_PORTAL"; fi; }
# events MESSAGE TOPIC: how many of these L1 has from its portal
events() {
    curl -sS -H 'content-type: application/json' -d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_getLogs\",\"params\":[{\"fromBlock\":\"0x0\",\"toBlock\":\"latest\",\"topics\":[\"$2\",\"${1#*/}\"]}]}" \
        "$L1_URL" | jq --arg portal "$(portal_of "$1")" '[.result[] | select(.address == ($portal | ascii_downcase))] | length'
}
proofs() { events "$1" 0x67a6208cfcc0801d50f6cbe764733f4fddf66ac0b04442061a8a8c0cb6b63f62; }     # WithdrawalProven
deliveries() { events "$1" 0xdb5c7652857aa163daadd670e116628fb42e869d8ac4251ef8971d9e5727df1b; } # WithdrawalFinalized
# reorg_from CHAIN BLOCK [OPTION…]: replaces that block and all above it
reorg_from() {
    local chain=$1 block=$2
    shift 2
    "$BED/reorg" "$WORK/bed" --chain "$chain" --from "$block" "$@" >/dev/null
}
# last_block MESSAGE STEP: the block of its last transaction of that step
last_block() { field "$1" "transactions | map(select(.step == \"$2\")) | last | .block"; }
# told MESSAGE TEXT: its history has a line with that
told() { of "$1" show --json | jq -e --arg text "$2" 'any(.history[]; .text | contains($text))' >/dev/null; }
logged() { grep -qE "$1" "$LOG"; }
