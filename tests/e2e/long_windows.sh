#!/usr/bin/env bash
# Nodes that forget: states that are older than a window are not proved any more. Withdrawals whose root fell out of
# it are proved on a later one; an endpoint with older states is used; where nobody can prove, it is said what is
# waited for. The first endpoint of L1 takes no block by its hash, and is passed over.
. "$(dirname "$0")/lib.sh"
start_bed --proposer

proxy l1 "$L1_URL"
for which in first second; do
    proxy "${which}_legacy" "$L2_LEGACY_URL"
    proxy "${which}_games" "$L2_GAMES_URL"
done
# forgets WHICH BLOCKS: both rollups' endpoints of that name; BLOCKS none: nothing
forgets() {
    local rollup name mode="{\"mode\":\"proof_window\",\"arg\":$2,\"reset\":true}"
    [ "$2" != none ] || mode='{"mode":"honest","reset":true}'
    for rollup in legacy games; do
        name=PROXY_$1_$rollup
        curl -sS -d "$mode" "${!name}/control" >/dev/null
    done
}
# told NAME: how often that proxy said no
told() {
    local name=PROXY_$1
    curl -sS "${!name}/counts" | jq .told
}
curl -sS -d '{"mode":"no_block_hash"}' "$PROXY_l1/control" >/dev/null
"$BED/config" "$WORK/bed" --data "$WORK/data" --l1 "$PROXY_l1" --l1 "$L1_URL" \
    --legacy "$PROXY_first_legacy" --legacy "$PROXY_second_legacy" \
    --games "$PROXY_first_games" --games "$PROXY_second_games" |
    jq '.chains[].endpoints |= [[., ["first", "second"]] | transpose[] | {url: .[0], operator: .[1]}]' >"$CONFIG"

call() { # CONTRACT DATA: what it answers, on L1
    curl -sS -H 'content-type: application/json' -d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_call\",\"params\":[{\"to\":\"$1\",\"data\":\"$2\"},\"latest\"]}" "$L1_URL" |
        jq -r .result
}
head_of() { # URL
    curl -sS -H 'content-type: application/json' -d '{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}' "$1" | jq -r .result
}
above() { [ $(($(head_of "$1"))) -gt "$2" ]; }
word() { printf '%064x' "$1"; }
earliest_output() { echo $(($(call "$LEGACY_ORACLE" "0x7f006420$(word "$1")"))); } # getL2OutputIndexAfter(uint256)
proven_output() { # MESSAGE: the third word of provenWithdrawals(bytes32)
    local answer
    answer=$(call "$LEGACY_PORTAL" "0xe965084c${1#*/0x}")
    echo $((16#${answer:130:64}))
}
earliest_game() { "$BED/act" "$WORK/bed" games | jq -s --argjson b "$1" 'map(select(.type == 1 and .block >= $b)) | map(.index) | min'; }
proven_game() { # MESSAGE
    local id=${1#*/} answer
    answer=$(call "$GAMES_PORTAL" "0xbb2c727e${id#0x}000000000000000000000000${RELAYER#0x}") # provenWithdrawals(bytes32,address)
    "$BED/act" "$WORK/bed" games | jq -s --arg at "0x${answer:26:40}" '.[] | select((.game | ascii_downcase) == $at) | .index'
}
covered() { [ $(($(call "$LEGACY_ORACLE" 0x4599c788))) -ge "$1" ]; } # latestBlockNumber()

# The covering roots' blocks fall out of both endpoints' windows while the relayer is stopped.
window=24
forgets first $window
forgets second $window
"$BED/proposer" "$WORK/bed" --pause
start_relayer
legacy=$(send legacy eth 1)
games=$(send games messenger 1)
check stopped__legacy_waits within 30 is "$legacy" reason no_root
check stopped__games_waits within 30 is "$games" reason no_root
check stopped__clean stop_relayer
"$BED/proposer" "$WORK/bed" --resume
legacy_block=$(field "$legacy" sourceBlock)
games_block=$(field "$games" sourceBlock)
within 30 covered "$legacy_block"
highest=$((legacy_block > games_block ? legacy_block : games_block))
check stopped__legacy_window_passed within 60 above "$L2_LEGACY_URL" $((highest + 16 + window))
check stopped__games_window_passed within 60 above "$L2_GAMES_URL" $((highest + 16 + window))
start_relayer
check later_root__delivered within 60 has 2 '.condition == "done" and .outcome == "success"'
equal later_root__proved_once "1 1" "$(proofs "$legacy") $(proofs "$games")"
check later_root__output_is_later [ "$(proven_output "$legacy")" -gt "$(earliest_output "$legacy_block")" ]
check later_root__game_is_later [ "$(proven_game "$games")" -gt "$(earliest_game "$games_block")" ]
for name in first_legacy second_legacy first_games second_games; do
    echo "# $name said no $(told $name) times"
    check "later_root__${name}_said_no" [ "$(told $name)" -gt 0 ]
    check "later_root__${name}_not_asked_in_vain" [ "$(told $name)" -lt 8 ]
done
check no_hash__named logged 'endpoint first takes no block by its hash'
equal nobody__accused '' "$(grep "can't be right" "$LOG" || true)"

# An endpoint that keeps old states, as the second one.
forgets first 2
forgets second none
archived="$(send legacy eth 1) $(send games messenger 1)"
check archive__delivered within 60 has 4 '.condition == "done" and .outcome == "success"'
for id in $archived; do equal "archive__proved_once_${id%%/*}" 1 "$(proofs "$id")"; done
check archive__first_said_no [ "$(told first_legacy)" -gt 0 ]

# Nobody proves anything that is final: it waits, and says for what.
forgets first 2
forgets second 2
legacy=$(send legacy eth 1)
games=$(send games messenger 1)
# seen MESSAGE: keeps what show says of it, once it waits for that
seen() {
    of "$1" show --json >"$WORK/shown" 2>/dev/null && [ "$(jq -r .reason "$WORK/shown")" = proof_unavailable ]
}
for id in "$legacy" "$games"; do
    rollup=${id%%/*}
    check "nobody__${rollup}_waits" within 40 seen "$id"
    detail=$(jq -r .detail "$WORK/shown")
    echo "# $detail"
    check "nobody__${rollup}_says_block_and_depth" grep -qE '^nobody proves L2 block [0-9]+, [0-9]+ below the head, nor' <<<"$detail"
    check "nobody__${rollup}_says_who_said_what" grep -qE 'first: .*missing trie node.*second: .*missing trie node' <<<"$detail"
    check "nobody__${rollup}_waits_for_roots" grep -qE '^(root|source-head)$' <(jq -r '.waitsFor[0].what' "$WORK/shown")
    equal "nobody__${rollup}_not_proved" 0 "$(proofs "$id")"
done
forgets first none
forgets second none
check nobody__delivered_afterwards within 60 has 6 '.condition == "done" and .outcome == "success"'
check stop__clean stop_relayer
