#!/usr/bin/env bash
# Two of three operators must agree; the first endpoint of each chain lies, two are honest. For each lie withdrawals
# are delivered while it goes on, and the liar is named. With one operator left nothing is delivered, and it is said.
. "$(dirname "$0")/lib.sh"
start_bed --proposer

# proxy NAME URL: its address in PROXY_<NAME>
proxy() {
    "$BUILD/tests/liar" "$2" >"$WORK/proxy-$1.log" 2>&1 &
    within 10 grep -qs '^Listening on ' "$WORK/proxy-$1.log"
    printf -v "PROXY_$1" 'http://%s' "$(sed -n 's/^Listening on //p' "$WORK/proxy-$1.log")"
}
for which in liar second; do
    proxy "${which}_l1" "$L1_URL"
    proxy "${which}_legacy" "$L2_LEGACY_URL"
    proxy "${which}_games" "$L2_GAMES_URL"
done
# lie WHICH MODE: on each chain
lie() {
    local chain name
    for chain in l1 legacy games; do
        name=PROXY_$1_$chain
        curl -sS -d "{\"mode\":\"$2\"}" "${!name}/control" >/dev/null
    done
}
"$BED/config" "$WORK/bed" --data "$WORK/data" \
    --l1 "$PROXY_liar_l1" --l1 "$PROXY_second_l1" --l1 "$L1_URL" \
    --legacy "$PROXY_liar_legacy" --legacy "$PROXY_second_legacy" --legacy "$L2_LEGACY_URL" \
    --games "$PROXY_liar_games" --games "$PROXY_second_games" --games "$L2_GAMES_URL" |
    jq '.chains[] += {quorum: 2, quick_deadline_ms: 1000, heavy_deadline_ms: 2000}
        | .chains[].endpoints |= [[., ["liar", "second", "third"]] | transpose[] | {url: .[0], operator: .[1]}]' >"$CONFIG"

# round MODE LOG-PATTERN: under the lie from the start on, one withdrawal on each rollup
sent=0
round() {
    local mode=$1 pattern=$2 before legacy games
    before=$(wc -l <"$LOG")
    lie liar "$mode"
    start_relayer # nothing is known of the liar
    send games messenger 1 >"$WORK/games" &
    legacy=$(send legacy eth 1)
    wait $!
    games=$(cat "$WORK/games")
    sent=$((sent + 2))
    check "${mode}__delivered" within 60 has $sent '.condition == "done" and .outcome == "success"'
    equal "${mode}__proved_once" "1 1" "$(proofs "$legacy") $(proofs "$games")"
    check "${mode}__liar_named" grep -qE "endpoint liar.*($pattern)" <(tail -n +"$((before + 1))" "$LOG")
    equal "${mode}__nobody_else_accused" '' \
        "$(tail -n +"$((before + 1))" "$LOG" | grep -E "endpoint (second|third).*can't be right" || true)"
    lie liar honest
    check "${mode}__stop" stop_relayer
}
round false_call 'outvoted'
round wrong_header 'hash'
round flip_proof 'proof'
round change_receipt_log 'receipts'
round chain_id '1337'
round never 'no answer'
equal no_route__held 0 "$("$CAUSEWAY" status --config "$CONFIG" --json | jq '[.routes[] | select(.held)] | length')"

# One operator is left, and says nothing but the truth: no quorum, nothing is delivered.
chains_in_trouble() { # COUNT
    [ "$("$CAUSEWAY" status --config "$CONFIG" --json |
        jq '[.chains[] | select((.trouble // "") | test("^2 operators must agree on the finalized block"))] | length')" = "$1" ]
}
before=$(wc -l <"$LOG")
start_relayer
opened() { tail -n +"$((before + 1))" "$LOG" | grep -q 'op-games: OptimismPortal2'; }
within 30 opened
lie liar hang_up
lie second hang_up
alone=$(send games eth 1)
sent=$((sent + 1))
check too_few__said_by_status within 20 chains_in_trouble 3
check too_few__seen within 20 is "$alone" id "${alone#*/}"
sleep 5
equal too_few__not_final seen "$(field "$alone" stage)"
equal too_few__nothing_proved 0 "$(proofs "$alone")"
lie second honest
check too_few__delivered_afterwards within 60 has $sent '.condition == "done" and .outcome == "success"'
check too_few__over within 20 chains_in_trouble 0
check stop__clean stop_relayer
