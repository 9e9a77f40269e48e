#!/usr/bin/env bash
# The watcher against a real development chain: catching up, following, reorganizations of every depth; then through a
# lying proxy before the honest node: what it hands over is what the chain says, and the liar is named.
set -euo pipefail
REPO=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${CAUSEWAY_BUILD:-$REPO/build/sanitize}
. "$REPO/tests/bed/lib.sh"
BED_BIN=$("$REPO/tests/bed/fetch")/bin
dir=$(mktemp -d "${TMPDIR:-/tmp}/causeway-watch.XXXXXX")
mark='' liar_mark='' failures=0
cleanup() {
    [ -z "$liar_mark" ] || process_end "$liar_mark" 5
    [ -z "$mark" ] || process_end "$mark" 5
    rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# safe = head - 5, final = head - 10
: >"$dir/dev.log"
setsid "$BED_BIN/anvil" --host 127.0.0.1 --port 0 --slots-in-an-epoch 5 --cache-path "$dir/states" \
    >>"$dir/dev.log" 2>&1 </dev/null &
pid=$!
mark=$(process_mark "$pid")
url=$(anvil_url dev "$dir" "$pid")
for mode in full events quorum; do "$BUILD/tests/watch_anvil" "$url" $mode || failures=1; done

setsid "$BUILD/tests/liar" "$url" >"$dir/liar.log" 2>&1 </dev/null &
liar_mark=$(process_mark $!)
for ((i = 0; i < 100; i++)); do
    ! grep -q '^Listening on ' "$dir/liar.log" || break
    sleep 0.1
done
liar=http://$(sed -n 's/^Listening on //p' "$dir/liar.log")

# lie MODE ARG COUNT WORD [WATCHED]: a finding must say WORD ("-": there must be none; "?": there may be). WATCHED: the mode that is watched
# in; the lies about logs are lies about eth_getLogs
lie() {
    post "$liar/control" <<<"{\"mode\":\"$1\",\"arg\":$2,\"count\":$3,\"reset\":true}" >"$dir/control"
    "$BUILD/tests/watch_anvil" "$url" "${5:-events}" "$liar" "lie_$1__what_the_chain_says" "$4" || failures=1
}
for_ever=1000000
lie honest 0 $for_ever -
lie drop_log 0 $for_ever logs_omitted
lie change_log 0 $for_ever logs_forged
lie forge_log 0 $for_ever logs_forged
lie drop_receipt_log 0 $for_ever receipts_root
lie change_receipt_log 0 $for_ever receipts_root
lie wrong_header 0 $for_ever header_hash
lie old_head 10 30 -
lie null_block 0 $for_ever -
lie behind 0 $for_ever -
lie refuse_range 20 $for_ever -
lie chain_id 5 $for_ever 'chain id'
lie never 0 $for_ever -
for mode in hang_up truncate; do lie $mode 0 $for_ever -; done
for mode in drop_receipt_log change_receipt_log; do lie $mode 0 $for_ever receipts_root full; done
lie wrong_header 0 $for_ever header_hash full
for mode in drop_log change_log forge_log; do lie $mode 0 $for_ever '?' quorum; done # k of three may not be asked
exit $failures
