#!/usr/bin/env bash
# 300 messages out of two Nitro rollups, proved under roots of trees of many sizes, alone and together through the genuine
# Multicall3, with kill -9 and reorganizations of either layer meanwhile: the genuine outboxes take each once.
. "$(dirname "$0")/exits.sh"
. "$REPO/tests/bed/lib.sh"
start_bed --nitro --nitro-token
PATH=$BED_BIN:$PATH
seed=${SEED:-$RANDOM}
echo "# SEED=$seed"
RANDOM=$seed
code=$(awk '/bytes internal constant MultiCall3Code =/ { getline; print }' "$("$REPO/tests/bed/fetch")/src/libraries/Preinstalls.sol" |
    sed -n 's/.*hex"\([0-9a-f]*\)".*/0x\1/p')
rpc "$L1_URL" anvil_setCode "[\"0xca11bde05977b3631167028862be2a173976ca11\",\"$code\"]" >"$WORK/answer"
"$BED/config" "$WORK/bed" --data "$WORK/data" --route nitro --route nitro-token |
    jq '.routes.nitro += {batch_max: 10, batch_wait_s: 1} | .chains.l1.simulate_pending = true' >"$CONFIG"
for rollup in nitro nitro-token; do "$BED/asserter" "$WORK/bed" --rollup $rollup --background --fast --assert-every 1; done
start_relayer

counts=(1 2 3 5 8 13 21 34 55 58) # 200
for round in "${!counts[@]}"; do
    send nitro eth "${counts[$round]}" >>"$WORK/ids"
    send nitro-token eth 10 >>"$WORK/ids"
    sleep "$(printf '%d.%03d' $((RANDOM % 3)) $((RANDOM % 1000)))"
    case $((round % 3)) in
    0) kill_relayer; start_relayer ;;
    1) "$BED/reorg" "$WORK/bed" --chain l1 --depth 2 --keep >"$WORK/answer" || true ;;
    2) "$BED/reorg" "$WORK/bed" --chain l2-nitro --depth 1 --keep >"$WORK/answer" || true ;;
    esac
    echo "# round $round: $(messages '[.messages[].stage] | group_by(.) | map("\(.[0]) \(length)") | join(", ")')"
done
check all__delivered within 300 has 300 '.condition == "done" and .outcome == "success"'
for rollup in nitro nitro-token; do
    jq -c --arg rollup $rollup 'select(.rollup == $rollup)' "$WORK/sent" >"$WORK/sent-$rollup"
    executions $rollup >"$WORK/executed-$rollup"
    equal "$rollup: each is executed once" "$(wc -l <"$WORK/sent-$rollup")" "$(sort -u "$WORK/executed-$rollup" | wc -l)"
    equal "$rollup: none is executed twice" '' "$(sort "$WORK/executed-$rollup" | uniq -d)"
    check "$rollup: all are paid once" paid $rollup "$WORK/sent-$rollup"
done
together=$(grep '^nitro/' "$WORK/ids" | while read -r id; do field "$id" 'transactions[] | select(.sharedBy > 1) | .hash'; done | sort -u | wc -l)
echo "# $together transactions were shared"
check some__went_together [ "$together" -gt 3 ]
check relayer__ends_well stop_relayer
