#!/usr/bin/env bash
# A lane on a real development chain: reorganizations, restarts, another user of the key, a jumping base fee, and
# transactions that go elsewhere than what is read.
set -euo pipefail
REPO=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${CAUSEWAY_BUILD:-$REPO/build/sanitize}
. "$REPO/tests/bed/lib.sh"
need curl jq
BED_BIN=$("$REPO/tests/bed/fetch")/bin
dir=$(mktemp -d "${TMPDIR:-/tmp}/causeway-lane.XXXXXX")
mark='' proxy_mark=''
cleanup() {
    [ -z "$proxy_mark" ] || process_end "$proxy_mark" 5
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

: >"$dir/proxy.log"
setsid "$BUILD/tests/liar" "$url" honest >>"$dir/proxy.log" 2>&1 </dev/null &
pid=$!
proxy_mark=$(process_mark "$pid")
proxy=$(anvil_url proxy "$dir" "$pid")
"$BUILD/tests/lane_anvil" "$url" "$proxy"
if curl -sS "$proxy/counts" | jq -e '.methods | .eth_call > 0 and .eth_sendRawTransaction == null' >"$dir/counts"; then
    echo 'ok lane_sends_apart: the endpoint that is read saw no transaction'
else
    echo "not ok lane_sends_apart: $(curl -sS "$proxy/counts")"
    exit 1
fi
