#!/usr/bin/env bash
# A lying endpoint first, an honest one second, on all three chains: for each lie in turn withdrawals are delivered
# once, no wrong transaction is sent, and the log names the liar.
. "$(dirname "$0")/lib.sh"
start_bed --proposer

# start_liar NAME URL: its address in LIAR_<NAME>
start_liar() {
    "$BUILD/tests/liar" "$2" >"$WORK/liar-$1.log" 2>&1 &
    within 10 grep -q '^Listening on ' "$WORK/liar-$1.log"
    printf -v "LIAR_$1" 'http://%s' "$(sed -n 's/^Listening on //p' "$WORK/liar-$1.log")"
}
start_liar l1 "$L1_URL"
start_liar legacy "$L2_LEGACY_URL"
start_liar games "$L2_GAMES_URL"
lie() { # MODE [MEMBERS]
    local url
    for url in "$LIAR_l1" "$LIAR_legacy" "$LIAR_games"; do
        curl -sS -d "{\"mode\":\"$1\"${2:-}}" "$url/control" >/dev/null
    done
}
"$BED/config" "$WORK/bed" --data "$WORK/data" --l1 "$LIAR_l1" --l1 "$L1_URL" --legacy "$LIAR_legacy" \
    --legacy "$L2_LEGACY_URL" --games "$LIAR_games" --games "$L2_GAMES_URL" |
    jq '.chains[] += {quick_deadline_ms: 1000, heavy_deadline_ms: 2000}' >"$CONFIG"
start_relayer

# round MODE LOG-PATTERN [MEMBERS]: under the lie, one withdrawal on each rollup
sent=0
round() {
    local mode=$1 pattern=$2 before legacy games
    before=$(wc -l <"$LOG")
    lie "$mode" "${3:-}"
    legacy=$(send legacy eth 1)
    games=$(send games messenger 1)
    sent=$((sent + 2))
    check "${mode}__delivered" within 60 has $sent '.condition == "done" and .outcome == "success"'
    equal "${mode}__proved_once" "1 1" "$(proofs "$legacy") $(proofs "$games")"
    if [ -n "$pattern" ]; then
        check "${mode}__liar_named" grep -qE "(${LIAR_l1#http://}|${LIAR_legacy#http://}|${LIAR_games#http://}).*($pattern)" \
            <(tail -n +"$((before + 1))" "$LOG")
    fi
    lie honest
}
round flip_proof 'proof'
round drop_receipt_log 'receipts'
round change_receipt_log 'receipts'
round wrong_header 'hash'
round old_head ''
round truncate ''
round never ''
round chain_id ''

# A false answer to an eth_call is bound to nothing: it may delay, and must permit nothing.
lie false_call
delayed=$(send legacy eth 1)
sent=$((sent + 1))
sleep 10
lie honest
check false_call__delivered_afterwards within 60 is "$delayed" condition done
equal false_call__proved_once 1 "$(proofs "$delayed")"

# What the lies cost: nothing. Every transaction of ours succeeded.
failed=$(while read -r line; do
    field "$(jq -r '"\(.rollup)/\(.id)"' <<<"$line")" 'transactions[] | select(.success == false) | .hash'
done <"$WORK/sent")
equal no_transaction__reverted '' "$failed"
check findings__in_status bash -c "'$CAUSEWAY' status --config '$CONFIG' --json | jq -e '.findings | length > 0' >/dev/null"
check stop__clean stop_relayer

# One endpoint only, and it serves another chain: nothing happens, and it is said why.
lie chain_id
"$BED/config" "$WORK/bed" --data "$WORK/data2" --l1 "$LIAR_l1" --legacy "$LIAR_legacy" --games "$LIAR_games" >"$CONFIG"
LOG=$WORK/relayer2.log
: >"$LOG"
start_relayer
check other_chain__said within 20 logged '1337'
in_trouble() {
    [ "$("$CAUSEWAY" status --config "$CONFIG" --json |
        jq '[.chains[] | select((.trouble // "") | test("^no endpoint is left.*1337"))] | length')" = 3 ]
}
check other_chain__in_status within 20 in_trouble
sleep 3
equal other_chain__nothing_read 0 "$(messages '.messages | length')"
check other_chain__stop stop_relayer
