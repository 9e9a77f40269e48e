#!/usr/bin/env bash
# A lane on a real development chain: reorganizations, restarts, another user of the key, a jumping base fee, and
# transactions that go elsewhere than what is read, and data that a rollup charges for.
set -euo pipefail
REPO=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${CAUSEWAY_BUILD:-$REPO/build/sanitize}
. "$REPO/tests/bed/lib.sh"
need curl jq
packages=$("$REPO/tests/bed/fetch")
BED_BIN=$packages/bin
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

# The genuine oracle of an OP Stack chain at its address, after Fjord: L1 at 30 gwei, blobs at 2, Base's scalars.
code() { jq -r .deployedBytecode.object "$packages/forge-artifacts/$1.sol/$1.json"; }
depositor=0xdeaddeaddeaddeaddeaddeaddeaddeaddead0001
as_depositor() {
    rpc "$url" eth_sendTransaction "[{\"from\":\"$depositor\",\"to\":\"$1\",\"gas\":\"0x40000\",\"data\":\"$2\"}]" |
        receipts "$url" | jq -e '.status == "0x1"' >"$dir/receipt"
}
oracle=0x420000000000000000000000000000000000000f block=0x4200000000000000000000000000000000000015
rpc "$url" anvil_setCode "[\"$oracle\",\"$(code GasPriceOracle)\"]" >"$dir/answer"
rpc "$url" anvil_setCode "[\"$block\",\"$(code L1Block)\"]" >"$dir/answer"
rpc "$url" anvil_setBalance "[\"$depositor\",\"0xde0b6b3a7640000\"]" >"$dir/answer"
rpc "$url" anvil_autoImpersonateAccount '[true]' >"$dir/answer"
as_depositor $block "0x440a5e20$(printf '%08x%08x%016x%016x%016x' 2269 1055762 1 1 1)$(word 30000000000)$(word 2000000000)$(word 1)$(word 0)"
as_depositor $oracle 0x22b90ab3 # setEcotone()
as_depositor $oracle 0x8e98b106 # setFjord()

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
