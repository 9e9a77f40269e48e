#!/usr/bin/env bash
# Deposits of several senders while both chains are reorganized and the relayer is killed: what stands on L1 at the end is
# followed to its end on the L2.
. "$(dirname "$0")/lib.sh"
. "$REPO/tests/bed/lib.sh"
. "$REPO/tests/bed/deposits.sh"
start_bed --deposits --l1-finality 8
load_bed "$WORK/bed"
jq --arg portal "$GAMES_PORTAL" '.chains.l1.mode = "full" | del(.routes["op-legacy"])
    | .routes = {deposits: (.routes["op-games"] + {direction: "deposit", contracts: {portal: $portal}})}' "$CONFIG" >"$CONFIG.new"
mv "$CONFIG.new" "$CONFIG"
kinds=(deposit deposit-revert deposit-messenger deposit-messenger-switch deposit-messenger-refused)
# deposit_all COUNT: so many by each of the senders, at once
deposit_all() {
    local from
    for from in 8 9 10 11 12 13; do
        "$BED/send" "$WORK/bed" --rollup games --kind "${kinds[(from + ROUND) % ${#kinds[@]}]}" --count "$1" --from $from >>"$WORK/sent.$from" &
    done
    wait $(jobs -p | grep -vx "$DAEMON")
}
start_relayer
"$BED/act" "$WORK/bed" switch off --chain l2-games >"$WORK/answer"
for ROUND in 1 2 3 4 5; do
    deposit_all 4
    sleep 1
    "$BED/reorg" "$WORK/bed" --chain l2-games --depth 2 >"$WORK/answer"
    [ $((ROUND % 2)) = 0 ] || "$BED/reorg" "$WORK/bed" --chain l1 --depth 3 --keep >"$WORK/answer"
    kill_relayer
    start_relayer
    sleep 3
done
"$BED/act" "$WORK/bed" switch on --chain l2-games >"$WORK/answer"
kill_relayer
start_relayer

# What stands on L1 now, from the first block on.
rpc "$L1_URL" eth_getLogs "[{\"fromBlock\":\"0x1\",\"toBlock\":\"latest\",\"address\":\"$GAMES_PORTAL\",\"topics\":[\"$TRANSACTION_DEPOSITED\"]}]" |
    jq -r --argjson start "$L1_START" '.[] | select((.blockNumber | ltrimstr("0x") | explode | reduce .[] as $d (0; . * 16 + (if $d > 96 then $d - 87 else $d - 48 end))) >= $start)
        | [.blockHash, .logIndex, .topics[1], .topics[2], .data] | @tsv' |
    while IFS=$'\t' read -r block_hash index from to data; do
        deposit_transaction "$block_hash" "$index" "$from" "$to" "$data"
        cast keccak "$DEPOSIT_RAW"
    done | sort >"$WORK/standing"
echo "# $(wc -l <"$WORK/standing") deposits stand on L1"
ended() {
    messages '.messages[] | select(.condition == "done" or .reason == "never_recorded") | .id' | tr -d '"' | sort >"$WORK/ended"
    [ -z "$(comm -23 "$WORK/standing" "$WORK/ended")" ]
}
check deposits__all_followed_to_their_end within 180 ended
equal deposits__the_rest_is_gone '' "$(messages '.messages[] | select(.condition != "done" and .reason != "never_recorded" and .reason != "reorged") | [.id, .reason]')"
check stop__clean stop_relayer
check log__no_leak_no_error bash -c "! grep -E 'AddressSanitizer|runtime error|LeakSanitizer' '$LOG'"
