#!/usr/bin/env bash
# What probes are told when the disk takes nothing any longer, and when the daemon's loop hangs.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
start_bed
"$BED/config" "$WORK/bed" --data "$WORK/data" --route op-games | jq '.api = {listen: "127.0.0.1:0"}' >"$CONFIG"
trap '' XFSZ # a write fails, and nobody is killed
start_relayer
within 20 logged 'api: http://'
api=$(sed -nE 's/.*api: (http:\S+)$/\1/p' "$LOG")
# answers STATUS PATH: with that
answers() { [ "$(curl -m 5 -sS -o "$WORK/body" -w '%{http_code}' "$api$2")" = "$1" ]; }
# fails PATH CHECK: 503, and that check is not ok
fails() { answers 503 "$1" && jq -e "any(.checks[]; .what == \"$2\" and (.ok | not))" "$WORK/body" >/dev/null; }
check ready__once_all_is_watched within 30 answers 200 /readyz

prlimit --pid "$DAEMON" --fsize=1:
check disk__takes_nothing within 60 fails /readyz database
check disk__is_no_matter_of_life answers 200 /healthz
prlimit --pid "$DAEMON" --fsize=unlimited:
check disk__takes_again within 30 answers 200 /readyz

# Whoever writes keeps all others waiting.
sqlite3 "$WORK/data/causeway.db" 'BEGIN IMMEDIATE' '.shell sleep 40' &
writer=$!
check loop__hangs within 39 fails /healthz loop
check loop__hangs_and_so_is_not_ready fails /readyz loop
wait "$writer"
check loop__turns_again within 30 answers 200 /healthz
check ready__again within 30 answers 200 /readyz
check daemon__ends_well stop_relayer
