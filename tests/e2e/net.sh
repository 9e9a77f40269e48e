#!/usr/bin/env bash
# The JSON-RPC client between a lying endpoint and an honest one: every lie that can be seen in an answer alone is seen,
# the honest endpoint answers, and the liar is named. Also: the lying proxy lies as it says.
set -euo pipefail
REPO=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${CAUSEWAY_BUILD:-$REPO/build/sanitize}
. "$REPO/tests/bed/lib.sh"
need curl jq
BED_BIN=$("$REPO/tests/bed/fetch")/bin
dir=$(mktemp -d "${TMPDIR:-/tmp}/causeway-net.XXXXXX")
mark='' liar_mark='' tls_mark='' failures=0
cleanup() {
    [ -z "$tls_mark" ] || process_end "$tls_mark" 5
    [ -z "$liar_mark" ] || process_end "$liar_mark" 5
    [ -z "$mark" ] || process_end "$mark" 5
    rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

: >"$dir/dev.log"
setsid "$BED_BIN/anvil" --host 127.0.0.1 --port 0 --cache-path "$dir/states" >>"$dir/dev.log" 2>&1 </dev/null &
pid=$!
mark=$(process_mark "$pid")
url=$(anvil_url dev "$dir" "$pid")

setsid "$BUILD/tests/liar" "$url" >"$dir/liar.log" 2>&1 </dev/null &
liar_mark=$(process_mark $!)
for ((i = 0; i < 100; i++)); do
    ! grep -q '^Listening on ' "$dir/liar.log" || break
    sleep 0.1
done
liar=http://$(sed -n 's/^Listening on //p' "$dir/liar.log")

# A contract that stores its first argument in slot 0, logs it, and returns it; called with 1, 2, 3.
from=0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266
send() { rpc "$url" eth_sendTransaction "[{\"from\":\"$from\",\"gas\":\"0x30000\",$1}]"; }
receipt=$(send '"data":"0x6016600c60003960166000f36000358060005560005260aa60206000a160206000f3"' | receipts "$url")
contract=$(jq -r .contractAddress <<<"$receipt")
for value in 1 2 3; do
    hash=$(send "\"to\":\"$contract\",\"data\":\"0x$(word $value)\"")
    receipts "$url" <<<"$hash" >"$dir/receipt"
done
head=$(block_number "$url")

control() { post "$liar/control" <<<"$1" >"$dir/control"; }
counts() { curl -sS "$liar/counts" | jq -r "$1"; }

# case_of NAME CONTROL FILTER: the client's report must match the filter
case_of() {
    local report status=0
    [ -z "$2" ] || control "$2"
    report=$("$BUILD/tests/net_anvil" "$liar" "$url" 31337 "$contract" 2>"$dir/log") || status=$?
    if [ $status -eq 0 ] && jq -e "($GOOD) and ($3)" <<<"$report" >/dev/null; then
        echo "ok net_$1"
    else
        echo "not ok net_$1: $report"
        cat "$dir/log"
        failures=$((failures + 1))
    fi
}
# Whatever the liar does, all is answered, and rightly.
GOOD=".failed == 0 and .headers == 3 and .proofs == 3 and .calls == 3 and .value == 3 and .head == $head"
honest='.logs == 3 and .called == 42'

case_of honest '{"mode":"honest"}' "$honest and .failures == 0 and .contradictions == 0"
case_of flip_proof '{"mode":"flip_proof"}' "$honest and .contradictions > 0 and (.finding | startswith(\"liar: eth_getProof: \"))"
case_of wrong_header '{"mode":"wrong_header"}' "$honest and (.finding | contains(\"its fields hash to\"))"
case_of chain_id '{"mode":"chain_id","arg":5}' "$honest and .finding == \"liar: eth_chainId: serves chain id 5, not 31337\""
case_of null_block '{"mode":"null_block"}' "$honest and .contradictions == 0"
case_of behind '{"mode":"behind"}' "$honest and .contradictions == 0 and .failures == 0"
case_of rate_limit '{"mode":"rate_limit"}' "$honest and .failures > 0"
for shape in 1 2 3 4 5; do
    case_of wrong_error_$shape "{\"mode\":\"wrong_error\",\"arg\":$shape}" "$honest and .failures > 0"
done
for mode in hang_up http_503 html endless endless_slow endless_headers gzip_bomb deep_json truncate close stall duplicate_key silence \
    redirect http_429_bare http_429_date; do
    case_of $mode "{\"mode\":\"$mode\"}" "$honest and .failures > 0 and .said != \"\""
done
case_of never '{"mode":"never"}' "$honest and .failures > 0"
case_of never_for_proofs '{"mode":"never","method":"eth_getProof"}' "$honest and .failures > 0"
case_of http_429 '{"mode":"http_429","arg":2}' "$honest and .failures > 0"
for mode in refuse_batch refuse_batch_413 refuse_batch_first; do
    case_of $mode "{\"mode\":\"$mode\",\"arg\":1}" "$honest and .failures == 0 and .contradictions == 0"
done
case_of reverse '{"mode":"reverse"}' "$honest and .failures == 0 and .contradictions == 0"
for mode in omit duplicate_id unknown_id; do
    case_of $mode "{\"mode\":\"$mode\",\"method\":\"eth_getProof\"}" "$honest and .contradictions > 0"
done

# A certificate that nobody vouches for.
if command -v openssl >/dev/null; then
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$dir/key" -out "$dir/cert" -days 2 -subj /CN=127.0.0.1 \
        -addext subjectAltName=IP:127.0.0.1 2>"$dir/openssl.log"
    setsid openssl s_server -accept 127.0.0.1:0 -key "$dir/key" -cert "$dir/cert" -www >"$dir/tls.log" 2>&1 </dev/null &
    tls_mark=$(process_mark $!)
    for ((i = 0; i < 100; i++)); do
        ! grep -q '^ACCEPT ' "$dir/tls.log" || break
        sleep 0.1
    done
    plain=$liar
    liar=https://$(sed -n 's/^ACCEPT //p' "$dir/tls.log")
    case_of tls_self_signed '' "$honest and (.said | contains(\"certificate\"))"
    liar=$plain
else
    echo "skip net_tls_self_signed (no openssl)"
fi

# What only the layers above can see: here only that the proxy does it.
# lie_of NAME CONTROL METHOD PARAMS FILTER: the proxy's answer must match the filter; $true is the node's own
lie_of() {
    local request told answer truth
    request="{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$3\",\"params\":$4}"
    truth=$(post "$url" <<<"$request")
    control "$2"
    answer=$(post "$liar" <<<"$request")
    told=$(counts .told)
    if jq -e --argjson true "$truth" "$5" <<<"$answer" >/dev/null && [ "$told" -gt 0 ]; then
        echo "ok liar_$1"
    else
        echo "not ok liar_$1: $answer (told $told)"
        failures=$((failures + 1))
    fi
}
mode_of() { printf '{"mode":"%s","arg":%s,"reset":true}' "$1" "${2:-0}"; }
logs="[{\"fromBlock\":\"0x0\",\"toBlock\":\"latest\",\"address\":\"$contract\"}]"
last="[\"$(printf '0x%x' "$head")\"]"
# shellcheck disable=SC2016 # $true is jq's
lie_of drop_log "$(mode_of drop_log)" eth_getLogs "$logs" '.result == $true.result[1:]'
lie_of change_log "$(mode_of change_log)" eth_getLogs "$logs" '(.result | length) == 3 and .result != $true.result'
lie_of forge_log "$(mode_of forge_log)" eth_getLogs "$logs" '(.result | length) == 4 and .result[:3] == $true.result'
lie_of drop_receipt_log "$(mode_of drop_receipt_log)" eth_getBlockReceipts "$last" '.result[0].logs == []'
lie_of change_receipt_log "$(mode_of change_receipt_log)" eth_getBlockReceipts "$last" '.result != $true.result'
lie_of hide_receipt "$(mode_of hide_receipt)" eth_getTransactionReceipt "[\"$hash\"]" '.result == null'
lie_of old_head "$(mode_of old_head 2)" eth_getBlockByNumber '["latest",false]' ".result.number == \"$(printf '0x%x' $((head - 2)))\""
lie_of old_number "$(mode_of old_head 2)" eth_blockNumber '[]' ".result == \"$(printf '0x%x' $((head - 2)))\""
lie_of false_call "$(mode_of false_call)" eth_call "[{\"to\":\"$contract\",\"data\":\"0x$(word 7)\"},\"latest\"]" '.result != $true.result'
lie_of refuse_range "$(mode_of refuse_range 2)" eth_getLogs '[{"fromBlock":"0x0","toBlock":"0x3"}]' '.error.message | startswith("query returned more than 10000 results")'
lie_of swallow_tx "$(mode_of swallow_tx)" eth_sendRawTransaction '["0x01"]' '.result == "0x5fe7f977e71dba2ea1a68e21057beebb9be2ac30c6410aa38d4f3fbe41dcffd2"'

control '{"mode":"stale_head","reset":true}'
first=$(block_number "$liar")
rpc "$url" anvil_mine '["0x3"]' >/dev/null
if [ "$(block_number "$liar")" = "$first" ] && [ "$(block_number "$url")" != "$first" ]; then
    echo "ok liar_stale_head"
else
    echo "not ok liar_stale_head"
    failures=$((failures + 1))
fi

# Blocks of its own hold, header, receipts, state and all, hang together, and are told the same way each time.
judge() { [ "$("$BUILD/relayer/causeway" verify "$1" | jq -r .verdict)" = valid ]; }
# holds NUMBER PARENT N: that block, with its receipts, and with the N-th withdrawal that was made up in its state
holds() {
    local at block slot proof
    at=$(printf '"0x%x"' "$1")
    block=$(rpc "$liar" eth_getBlockByNumber "[$at,false]")
    [ "$block" != "$(rpc "$url" eth_getBlockByNumber "[$at,false]")" ] || return 1
    [ "$block" = "$(rpc "$liar" eth_getBlockByHash "[$(jq .hash <<<"$block"),false]")" ] || return 1
    [ "$(jq -r .parentHash <<<"$block")" = "$2" ] || return 1
    jq '{block: .}' <<<"$block" | judge header || return 1
    rpc "$liar" eth_getBlockReceipts "[$at]" | jq --argjson block "$block" '{block: $block, receipts: .}' | judge receipts || return 1
    slot=$(counts "{slot: 0, key: .forged[$3]}" | "$BUILD/relayer/causeway" hash storage-slot | jq .hash)
    proof=$(rpc "$liar" eth_getProof "[\"0x4200000000000000000000000000000000000016\",[$slot],$at]")
    jq --argjson block "$block" '{stateRoot: $block.stateRoot, proof: .}' <<<"$proof" | judge account || return 1
    [ "$(jq -r '.storageProof[0].value' <<<"$proof")" = 0x1 ] || return 1
    jq -r .hash <<<"$block" >"$dir/parent"
}
hash_of_block() { rpc "$1" eth_getBlockByNumber "[\"$(printf '0x%x' "$2")\",false]" | jq -r .hash; }
# world_of MODE ARG FIRST LAST: blocks FIRST to LAST are the liar's, and hang on the node's block below
world_of() {
    local number forged
    control "$(mode_of "$1" "$2")"
    forged=$(counts '.forged | length')
    hash_of_block "$url" $(($3 - 1)) >"$dir/parent"
    rpc "$liar" eth_getBlockByNumber '["latest",false]' >"$dir/tip"
    for ((number = $3; number <= $4; number++)); do
        holds "$number" "$(cat "$dir/parent")" "$forged" || { echo "not ok liar_$1: block $number"; failures=$((failures + 1)); return; }
    done
    echo "ok liar_$1"
}
head=$(block_number "$url")
world_of forged_above 3 $((head + 1)) $((head + 3))
rpc "$url" anvil_mine '["0x2"]' >/dev/null
before=$(cat "$dir/tip")
after=$(rpc "$liar" eth_getBlockByNumber '["latest",false]')
if [ "$(jq -r .number <<<"$after")" = "$(printf '0x%x' $((head + 5)))" ] && [ "$(hash_of_block "$liar" $((head + 3)))" = "$(jq -r .hash <<<"$before")" ] &&
    [ "$(rpc "$liar" eth_call "[{\"to\":\"$contract\",\"data\":\"0x$(word 7)\"},{\"blockHash\":$(jq .hash <<<"$after")}]")" = "0x$(word 7)" ]; then
    echo "ok liar_forged_above_goes_on"
else
    echo "not ok liar_forged_above_goes_on: $after"
    failures=$((failures + 1))
fi
head=$(block_number "$url")
rpc "$url" anvil_mine '["0x50"]' >/dev/null
head=$(block_number "$url")
final=$(printf '%d' "$(rpc "$url" eth_getBlockByNumber '["finalized",false]' | jq -r .number)")
world_of fork 4 $((final - 3)) $((final + 2))
[ "$(rpc "$liar" eth_getBlockByNumber '["finalized",false]' | jq -r .hash)" = "$(hash_of_block "$liar" "$final")" ] || {
    echo "not ok liar_fork_final"
    failures=$((failures + 1))
}
world_of forge_receipts 4 $((head / 4 * 4)) $((head / 4 * 4))

# A lie for a number of times; and the counts.
control '{"mode":"drop_log","count":2,"reset":true}'
for i in 1 2 3; do rpc "$liar" eth_getLogs "$logs" | jq length; done >"$dir/lengths"
if [ "$(tr '\n' ' ' <"$dir/lengths")" = "2 2 3 " ] && [ "$(counts '"\(.mode) \(.told) \(.methods.eth_getLogs)"')" = "honest 2 3" ]; then
    echo "ok liar_counts"
else
    echo "not ok liar_counts: $(cat "$dir/lengths") $(counts .)"
    failures=$((failures + 1))
fi
[ $failures -eq 0 ]
