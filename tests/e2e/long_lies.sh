#!/usr/bin/env bash
# Two of three operators must agree, and one lies from the start of the relayer on, on one chain alone, in each way; under
# each lie a withdrawal of each rollup is delivered from its beginning to its end. Then silence of 30 s, with the deadlines
# that a configuration has when it names none.
. "$(dirname "$0")/liars.sh"
start_liars

# round NAME MODE PATTERN CHAIN [MEMBERS]
round() {
    local name=$1_on_$4 pattern=$3 chain=$4 began=$SECONDS
    SINCE=$(wc -l <"$LOG")
    lie liar honest
    lie liar "$2" "${5:-}" "$chain"
    start_relayer
    send_both
    check "${name}__delivered" within 90 has ${#SENT[@]} '.condition == "done" and .outcome == "success"'
    [ -z "$pattern" ] || check "${name}__named" within 20 named "$chain" "$pattern"
    equal "${name}__nobody_else_accused" '' "$(accused)"
    check "${name}__stop" stop_relayer
    echo "# $name: $((SECONDS - began)) s, told $(told "$chain")"
}

for chain in $CHAINS; do
    round wrong_header wrong_header header_hash "$chain"
    round drop_receipt_log drop_receipt_log receipts_root "$chain"
    round change_receipt_log change_receipt_log receipts_root "$chain"
    round forged_above forged_above 'outvoted|parent_link' "$chain"
    round fork fork outvoted "$chain"
    round chain_id chain_id 'serves chain id 1337' "$chain"
    round duplicate_id duplicate_id 'two answers with the same id' "$chain"
    for mode in null_block old_head stale_head behind rate_limit; do round $mode $mode '' "$chain"; done
    for mode in silence stall endless gzip_bomb deep_json duplicate_key http_429_bare http_429_date redirect; do
        round $mode $mode '' "$chain" ',"method":"eth_getBlockByNumber"'
    done
    round slow silence '' "$chain" ',"arg":0.8' # within each deadline, and never at once
done
for chain in legacy games; do round flip_proof flip_proof eth_getProof $chain; done
round false_call false_call 'eth_call: outvoted' l1
round false_revert false_revert '' l1 ",\"arg\":$((0x13496fda))"
round swallow_tx swallow_tx '' l1
round hide_receipt hide_receipt '' l1
round false_estimate add '' l1 ',"method":"eth_estimateGas","arg":100000000'
round low_estimate add '' l1 ',"method":"eth_estimateGas","arg":-60000'
round false_nonce add 'eth_getTransactionCount: outvoted' l1 ',"method":"eth_getTransactionCount","arg":3'

jq '.chains[] |= del(.quick_deadline_ms, .heavy_deadline_ms)' "$CONFIG" >"$CONFIG.new" && mv "$CONFIG.new" "$CONFIG"
for chain in $CHAINS; do round silence_of_30_s silence '' "$chain" ',"arg":30'; done

lie liar honest
SINCE=$(wc -l <"$LOG")
start_relayer
all_delivered
check stop__clean stop_relayer
