#!/usr/bin/env bash
# Messages of the genuine inboxes become what Nitro makes of them, through the bed's sequencer and the proxies: tickets
# that are redeemed at once, or not, and deposits; the same ones again after a reorganization of the rollup.
. "$(dirname "$0")/lib.sh"
"$BED/up" --dir "$WORK/bed" --owner $$ --nitro --nitro-token >/dev/null
. "$BED/lib.sh"
load_bed "$WORK/bed"
RETRYABLES=0x000000000000000000000000000000000000006e

KINDS=(deposit retryable retryable-data retryable-revert retryable-low-gas retryable-no-gas)
WANTED='0x64 0x1,0x69 0x1 0x68 0x1,0x69 0x1 0x68 0x1,0x69 0x1 0x68 0x0,0x69 0x1 0x68 0x0,0x69 0x1,'
send_each() { for kind in "${KINDS[@]}"; do "$BED/send" "$WORK/bed" --rollup "$1" --kind "$kind"; done >"$WORK/sent-$1"; }
send_each nitro-token &
send_each nitro
wait $!

receipt() { rpc "$ROLLUP_URL" eth_getTransactionReceipt "[\"$1\"]"; }
ids() { jq -r .id "$WORK/sent-$1"; }
# Type and status of each message's transaction, and of the retry that it scheduled.
outcomes() {
    local id retry
    for id in $(ids "$1"); do
        receipt "$id" >"$WORK/receipt"
        printf '%s' "$(jq -r 'if . then "\(.type) \(.status)" else "none" end' "$WORK/receipt")"
        retry=$(jq -r '.logs[1].topics[2] // ""' "$WORK/receipt")
        [ -z "$retry" ] || printf ' %s' "$(receipt "$retry" | jq -r '"\(.type) \(.status)"')"
        printf ,
    done
}
are_made() { [[ $(outcomes "$1") != *none* ]]; }
for rollup in nitro nitro-token; do
    rollup_of $rollup
    check "$rollup: what L1 says is made on the rollup, under the ids that follow from it" within 20 are_made $rollup
    equal "$rollup: redeemed as they asked for" "$WANTED" "$(outcomes $rollup)"
    equal "$rollup: the deposit arrives at the sender's" "$USER" "$(
        rpc "$ROLLUP_URL" eth_getTransactionByHash "[\"$(ids $rollup | head -n 1)\"]" | jq -r .to)"
    equal "$rollup: what a ticket pays arrives" "$(cast to-hex "$(jq -r 'select(.kind == "retryable") | .value' "$WORK/sent-$rollup")")" \
        "$(rpc "$ROLLUP_URL" eth_getBalance "[\"$(jq -r 'select(.kind == "retryable") | .target' "$WORK/sent-$rollup")\",\"latest\"]")"
done

rollup_of nitro
l1_block() { cast to-dec "$(rpc "$ROLLUP_URL" eth_getBlockByNumber '["latest",false]' | jq -r .l1BlockNumber)"; }
was=$(l1_block)
grows() { [ "$(l1_block)" -gt "$was" ] && [ "$(l1_block)" -le "$(block_number "$L1_URL")" ]; }
check "headers name L1's blocks as they come" within 10 grows

# ---- redeem, then take away everything from the first ticket on
no_gas=$(ids nitro | tail -n 1)
redeem() {
    printf '{"to":"%s","data":"%s","gas":"0x7a120"}\n' $RETRYABLES "$(cast calldata 'redeem(bytes32)' "$no_gas")" |
        send_all "$ROLLUP_URL" "$RELAYER" | receipts "$ROLLUP_URL" >"$WORK/redeem"
    printf '%s %s' "$(jq -r .status "$WORK/redeem")" "$(receipt "$(jq -r '.logs[0].topics[2]' "$WORK/redeem")" | jq -r .status)"
}
equal "a ticket that waits is redeemed" '0x1 0x1' "$(redeem)"
first=$(receipt "$(ids nitro | head -n 1)")
"$BED/sequencer" "$WORK/bed" --pause
"$BED/reorg" "$WORK/bed" --chain l2-nitro --from $(($(jq -r .blockNumber <<<"$first"))) >/dev/null
equal "with the blocks the messages are gone" 'none,none,none,none,none,none,' "$(outcomes nitro)"
"$BED/sequencer" "$WORK/bed" --resume
check "they are made again" within 20 are_made nitro
equal "the same ones, with the same outcome" "$WANTED" "$(outcomes nitro)"
equal "what was redeemed waits again" '0x1 0x1' "$(redeem)"

# ---- sends among all that, in every block for a while
for ((n = 0; n < 5; n++)); do "$BED/send" "$WORK/bed" --rollup nitro --kind data --count 3 >>"$WORK/sends"; done
for rollup in nitro nitro-token; do
    rollup_of $rollup
    check "$rollup: everything that is shown is bound by its headers" "$BUILD/tests/nitro_shown" "$ROLLUP_URL"
done
