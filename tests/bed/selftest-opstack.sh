# shellcheck shell=bash disable=SC2154
# The OP Stack's half of tests/bed/selftest, which sources it.
. "$BED_HOME/outputs.sh"

# ---- up
begun=$(date +%s%N)
"$BED_HOME/up" --dir "$D" --owner $$ >/dev/null
ok "up ($((($(date +%s%N) - begun) / 1000000)) ms)"
load_bed "$D"
same "the relayer's key file is private" 600 "$(stat -c %a "$RELAYER_KEY_FILE")"
for name in RELAYER RELAYER2; do
    file=${name}_KEY_FILE
    same "$name's key is its account's" "${!name}" "$(cast wallet address "$(cat "${!file}")" | tr '[:upper:]' '[:lower:]')"
done
version() { cast call --rpc-url "$L1_URL" "$1" 'version()(string)' | tr -d '"'; }
same "the legacy portal is the genuine one" 2.8.1-beta.1 "$(version "$LEGACY_PORTAL")"
same "the games portal is the genuine one" 3.10.0 "$(version "$GAMES_PORTAL")"
refused "a second bed in the same folder is refused" 'runs in' "$BED_HOME/up" --dir "$D"
refused "a bed without deposits has no deriver" 'up --deposits' bed deriver
"$BED_HOME/up" --dir "$work/second" --deposits >/dev/null
check "two beds run side by side" "$BED_HOME/down" --alive "$work/second"
# What the L2 made of a deposit: its type and status, and whether the messenger ran the message, or recorded a failure.
for want in deposit:0x1 deposit-revert:0x0 deposit-messenger:0x1,0x4641df4a deposit-messenger-switch:0x1,0x99d0e048 \
    deposit-messenger-refused:0x0; do
    id=$("$BED_HOME/send" "$work/second" --rollup games --kind "${want%:*}" | jq -r .id)
    url=$(sed -n 's/^L2_GAMES_URL=//p' "$work/second/bed.env")
    same "${want%:*} is derived" "0x7E,${want#*:}" "$(receipts "$url" <<<"$id" |
        jq -r '[.type, .status, .logs[].topics[0][:10]] | join(",")')"
done
check "down" "$BED_HOME/down" "$work/second"
refused "down ends the chains" '' "$BED_HOME/down" --alive "$work/second"
check "down twice is harmless" "$BED_HOME/down" "$work/second"
sleep 300 &
owner=$!
"$BED_HOME/up" --dir "$work/owned" --owner $owner >/dev/null
kill $owner
wait $owner 2>/dev/null || true
for ((n = 0; n < 50; n++)); do
    [ -e "$work/owned/bed.env" ] || break
    sleep 0.1
done
refused "a bed ends with its owner" '' "$BED_HOME/down" --alive "$work/owned"

# ---- sending
bed proposer --background
kinds='eth messenger bridge data raw-revert messenger-revert switch messenger-switch gas'
for kind in $kinds; do
    for rollup in legacy games; do bed send --rollup $rollup --kind "$kind" >"$work/$rollup-$kind.json" & done
    wait
done
sent=$(cat "$work"/*-*.json)
same "every kind is sent on both rollups" 18 "$(jq -s length <<<"$sent")"
begun=$(date +%s%N)
many=$(bed send --rollup games --count 50)
took=$((($(date +%s%N) - begun) / 1000000))
same "fifty withdrawals have fifty ids and targets ($took ms)" '50 50' \
    "$(jq -rs '"\(map(.id) | unique | length) \(map(.target) | unique | length)"' <<<"$many")"

# ---- carrying, both rollups at once
field() { jq -r ".$3" "$work/$1-$2.json"; } # ROLLUP KIND FIELD
carry_all() { # ROLLUP
    local rollup=$1 kind
    refused "$rollup: finalizing what is not proven is refused" 'has not been proven' \
        bed carry finalize --rollup "$rollup" --wait 0 "$(field "$rollup" eth l2TxHash)"
    for kind in eth messenger data raw-revert messenger-revert switch gas bridge; do
        check "$rollup: $kind is proven" bed carry prove --rollup "$rollup" "$(field "$rollup" $kind l2TxHash)"
    done
    check "the switch is on" bed act switch on
    for kind in eth messenger data switch gas bridge messenger-revert; do
        check "$rollup: $kind is finalized" bed carry finalize --rollup "$rollup" "$(field "$rollup" $kind l2TxHash)"
    done
    same "$rollup: raw-revert is burnt by finalizing it" false \
        "$(bed carry finalize --rollup "$rollup" "$(field "$rollup" raw-revert l2TxHash)" | jq -r .success)"
    for kind in eth messenger bridge; do
        same "$rollup: $kind has paid out" 1000000000000000 "$(bed balance "$(field "$rollup" $kind target)" | cut -d' ' -f2)"
    done
    refused "$rollup: finalizing again is refused" 'already been finalized' \
        bed carry finalize --rollup "$rollup" "$(field "$rollup" eth l2TxHash)"
}
carry_all legacy >"$work/legacy.out" 2>&1 &
legacy=$!
carry_all games >"$work/games.out" 2>&1 &
wait $legacy || not_ok "legacy: all is carried"
wait $! || not_ok "games: all is carried"
cat "$work/legacy.out" "$work/games.out"
passed=$((passed + $(cat "$work/legacy.out" "$work/games.out" | grep -c '^ok - ' || true)))
failed=$((failed + $(cat "$work/legacy.out" "$work/games.out" | grep -c '^not ok - ' || true)))
same "the switch counted both calls" 2 "$(($(cast storage --rpc-url "$L1_URL" "$TARGET_SWITCH" 1)))"
same "the sink counted both calls" 2 "$(($(cast storage --rpc-url "$L1_URL" "$TARGET_SINK" 0)))"
same "the reverter has nothing" 0 "$(bed balance TARGET_REVERTER | cut -d' ' -f2)"

# ---- what the proposer did, and acts
outputs=$(read_l1_number "$LEGACY_ORACLE" $NEXT_OUTPUT)
wrong=0
for ((n = 0; n < outputs && n < 5; n++)); do
    answer=$(read_l1 "$LEGACY_ORACLE" "a25ae557$(word $n)") # getL2Output(uint256)
    [ "0x${answer:0:64}" = "$(output_roots "$L2_LEGACY_URL" $((16#${answer: -16})) | cut -d' ' -f2)" ] || wrong=$((wrong + 1))
done
same "the proposed outputs are true ($outputs of them)" 0 $wrong
games=$(bed act games)
same "games are made and resolved" true "$(jq -s 'length > 2 and any(.status == "defender-wins")' <<<"$games")"
bed proposer --stop
check "an output is proposed by hand" bed act propose
same "a false output is proposed" 0xbad0 "$(bed act false-root | jq -r '.root[:6]')"
outputs=$(read_l1_number "$LEGACY_ORACLE" $NEXT_OUTPUT)
check "the latest output is deleted" bed act delete-outputs
same "one output less" $((outputs - 1)) "$(read_l1_number "$LEGACY_ORACLE" $NEXT_OUTPUT)"
refused "settled outputs cannot be deleted" 'already been finalized' bed act delete-outputs 0
game=$(bed act game --false | jq -r .index)
check "a false game is lost" bed act lose "$game"
same "the challenger has won it" challenger-wins "$(bed act games | jq -r "select(.index == $game) | .status")"
game=$(bed act game | jq -r .index)
check "a game is resolved by hand" bed act resolve "$game"
check "a game is blacklisted" bed act blacklist "$game"
check "the respected type changes" bed act respected-type 0
check "withdrawals are paused" bed act pause
# 0xf480973e is CallPaused()
refused "nothing is proven while paused" 'paused|0xf480973e' bed carry prove --rollup legacy "$(field legacy messenger-switch l2TxHash)"
check "withdrawals go on" bed act unpause
check "both portals are upgraded" bed act upgrade-portal legacy
check "a portal is upgraded to an unknown version" bed act upgrade-portal games --version 9.99.9
same "the portal has that version" 9.99.9 "$(version "$GAMES_PORTAL")"
check "periods change" bed act periods --finalization 60 --maturity 50 --air-gap 40 --clock 30
same "they have changed" '60 50 40' "$(for getter in "$LEGACY_ORACLE ce5db8d6" "$GAMES_PORTAL bf653a5c" "$GAMES_PORTAL 952b2797"; do
    # shellcheck disable=SC2086 # an address and a selector
    read_l1_number $getter
done | paste -sd' ')"
check "L1's clock is moved" bed act warp 3600

# ---- reorganisations, and the chain's links from the first block on
for rollup in legacy games; do
    rollup_of $rollup
    lost=$(bed send --rollup $rollup | jq -r .l2TxHash)
    check "$rollup: a reorganisation of 3 blocks" bed reorg --chain l2-$rollup --depth 3
    same "$rollup: the withdrawal is gone" null "$(rpc "$ROLLUP_URL" eth_getTransactionReceipt "[\"$lost\"]")"
    moved=$(bed send --rollup $rollup | jq -r .l2TxHash)
    was=$(rpc "$ROLLUP_URL" eth_getTransactionReceipt "[\"$moved\"]" | jq -r .blockHash)
    check "$rollup: a reorganisation that keeps transactions" bed reorg --chain l2-$rollup --depth 3 --keep
    same "$rollup: the withdrawal is in another block" true "$(rpc "$ROLLUP_URL" eth_getTransactionReceipt "[\"$moved\"]" |
        jq --arg was "$was" '.status == "0x1" and .blockHash != $was')"
done
check "L1 is reorganised below its finalized block" bed reorg --chain l1 --depth 10
linked l1 l2-legacy l2-games

nothing_left
