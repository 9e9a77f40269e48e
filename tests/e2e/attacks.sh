#!/usr/bin/env bash
# Attacks on roots and withdrawals of the OP Stack, over the genuine contracts: a monitor beside the relayer sees each within
# two blocks, with what it puts at stake, and what is at stake is held; killed at random, it tells of each once.
# shellcheck source=tests/e2e/attack_lib.sh
. "$(dirname "$0")/attack_lib.sh"
. "$REPO/tests/bed/lib.sh"
. "$REPO/tests/bed/outputs.sh"
start_attacks --proposer --l1-block-time 1 -- --relay '{"senders": ["0x4200000000000000000000000000000000000007"]}'
PATH=$BED_BIN:$PATH
# What stands at all times is others' matter.
jq '.monitor.look_every_s = 3600' "$MONITOR_CONFIG" >"$MONITOR_CONFIG.new"
mv "$MONITOR_CONFIG.new" "$MONITOR_CONFIG"
act() { "$BED/act" "$WORK/bed" "$@"; }

# ---- what is made up

# A withdrawal by its number: forged_withdrawal N, a tuple, and forged_id N.
forged_withdrawal() { printf '(0x0001%060x,%s,0x%040x,1000000000000000000,100000,0x)' $((900000 + $1)) "$STRANGER" $((0xbad0000 + $1)); }
forged_id() {
    local tuple
    tuple=$(forged_withdrawal "$1")
    IFS=, read -ra tuple <<<"${tuple:1:-1}"
    cast keccak "$(cast abi-encode "f$WITHDRAWAL" "${tuple[@]}")"
}
# make_up ID…: a state in which these stand; sets ROOT, OUTPUT (what proves it, as a tuple) and NODES[ID]
declare -A NODES=()
make_up() {
    local hash id lines state storage
    hash=$(printf '0x%064x' 0xb10c)
    mapfile -t lines < <("$BUILD/tests/forge_output" "$hash" "$@")
    read -r ROOT state storage <<<"${lines[0]}"
    OUTPUT="(0x$(word 0),$state,$storage,$hash)"
    for id; do
        lines=("${lines[@]:1}")
        NODES[$id]=${lines[0]}
    done
}
prove_data() { # WITHDRAWAL INDEX OUTPUT NODES: of an output or a game
    cast calldata "proveWithdrawalTransaction($WITHDRAWAL,uint256,(bytes32,bytes32,bytes32,bytes32),bytes[])" "$@"
}
finalize_data() { cast calldata "finalizeWithdrawalTransaction($WITHDRAWAL)" "$1"; }
# goes TO DATA: a stranger's transaction would not revert
goes() { rpc "$L1_URL" eth_call "[{\"from\":\"$STRANGER\",\"to\":\"$1\",\"data\":\"$2\"},\"latest\"]" >/dev/null 2>&1; }
# transact TO DATA: by a stranger, once it goes; prints its block
transact() {
    within 15 goes "$@"
    printf '{"to":"%s","data":"%s","gas":"0x989680"}\n' "$1" "$2" | send_all "$L1_URL" "$STRANGER" | receipts "$L1_URL" |
        jq -er 'select(.status == "0x1") | .blockNumber' >"$WORK/receipt" || return 1
    echo $(($(cat "$WORK/receipt")))
}
l2_tx() { jq -r --arg id "${1#*/}" 'select(.id == $id) | .l2TxHash' "$WORK/sent"; }

# next_is_safe: so is the block of "legacy" whose output is next
next_is_safe() { final legacy "$(read_l1_number "$LEGACY_ORACLE" dcec3348)" safe; }
# about ROUTE INVARIANT MESSAGE: the filter of the incident about it
about() { echo "(.subject | startswith(\"$1/$2/\")) and (.text | contains(\"$3\"))"; }
route_not_held() { ! route_held "$1"; }
# verdicts_of ROUTE INVARIANT STATE: the messages that have that verdict, a line each
verdicts_of() { monitored verdicts --route "$1" --invariant "$2" --state "$3" --json --limit 1000 2>/dev/null | jq -r '.verdicts[].message'; }

# Multicall3, at an address of its own
code=$(awk '/bytes internal constant MultiCall3Code =/ { getline; print }' "$("$REPO/tests/bed/fetch")/src/libraries/Preinstalls.sol" |
    sed -n 's/.*hex"\([0-9a-f]*\)".*/\1/p')
MULTICALL=$(printf '{"data":"0x61%04x80600a3d393df3%s","gas":"0x989680"}\n' $((${#code} / 2)) "$code" | send_all "$L1_URL" "$STRANGER" |
    receipts "$L1_URL" | jq -er 'select(.status == "0x1") | .contractAddress')

act periods --clock 16 >"$WORK/answer"
forget_the_past
start_relayer
start_monitor
check relayer__watches within 20 is_watching "$CONFIG"
check monitor__watches within 20 is_watching "$MONITOR_CONFIG"

# ---- outputs: nobody but the proposer can post one, and nobody can challenge it
mapfile -t honest < <(send legacy eth 10)
for message in "${honest[@]}"; do
    "$BED/carry" "$WORK/bed" prove --rollup legacy --print "$(l2_tx "$message")" >"$WORK/prove-${message#*/}"
done
"$BED/proposer" "$WORK/bed" --pause
within 10 next_is_safe
forged=('')
for n in 1 2 3 4; do forged+=("$(forged_id $n)"); done
make_up "${forged[@]:1:3}"
output=$(act false-root --root "$ROOT")
index=$(jq .index <<<"$output")
attack false_output '.subject | startswith("op-legacy/root/")' critical "$(jq .block <<<"$output")" 'route op-legacy'
let_go op-legacy

forged_proof() { prove_data "$(forged_withdrawal "$1")" "$index" "$OUTPUT" "${NODES[${forged[$1]}]}"; } # N
block=$(transact "$LEGACY_PORTAL" "$(forged_proof 1)")
attack forged_proven_on_false_output "$(about op-legacy proven "${forged[1]}")" critical "$block" 'route op-legacy'
let_go op-legacy
maybe_kill

calls=''
for message in "${honest[@]:0:5}"; do calls+="($LEGACY_PORTAL,false,$(cat "$WORK/prove-${message#*/}")),"; done
for n in 2 3; do calls+="($LEGACY_PORTAL,false,$(forged_proof $n)),"; done
for message in "${honest[@]:5}"; do calls+="($LEGACY_PORTAL,false,$(cat "$WORK/prove-${message#*/}")),"; done
block=$(transact "$MULTICALL" "$(cast calldata 'aggregate3((address,bool,bytes)[])' "[${calls%,}]")")
for n in 2 3; do
    attack "forged_$((n - 1))_of_2_among_10_honest" "$(about op-legacy proven "${forged[n]}")" critical "$block" 'route op-legacy'
done
let_go op-legacy
all_told() { [ "$(verdicts_of op-legacy proven ok | wc -l)" -ge 10 ]; }
check among_honest__all_told within 10 all_told
equal among_honest__violated "$(printf '%s\n' "${forged[@]:1:3}" | sort)" "$(verdicts_of op-legacy proven violated | sort)"
equal among_honest__ok "$(printf '%s\n' "${honest[@]#*/}" | sort)" "$(verdicts_of op-legacy proven ok | sort)"
maybe_kill

block=$(transact "$LEGACY_PORTAL" "$(finalize_data "$(forged_withdrawal 1)")")
attack forged_finalized "$(about op-legacy executed "${forged[1]}")" critical "$block" 'route op-legacy'
let_go op-legacy

# The portal pays it out twice: what it keeps of that is taken from it between.
data=$("$BED/carry" "$WORK/bed" finalize --rollup legacy --print "$(l2_tx "${honest[0]}")")
slot=$(cast index bytes32 "${honest[0]#*/}" 51)
transact "$LEGACY_PORTAL" "$data" >"$WORK/answer"
rpc "$L1_URL" evm_mine >"$WORK/answer" # the block whose proofs don't fit is the newest one for a moment only
rpc "$L1_URL" anvil_setStorageAt "[\"$LEGACY_PORTAL\",\"$slot\",\"0x$(word 0)\"]" >"$WORK/answer"
rpc "$L1_URL" evm_mine >"$WORK/answer"
block=$(transact "$LEGACY_PORTAL" "$data")
attack executed_twice "$(about op-legacy executed "${honest[0]#*/}")" critical "$block" 'route op-legacy'
let_go op-legacy
maybe_kill

# ---- games
bound=$(send games messenger 1)
zero=$(act game --type 1 --root "0x$(word 0)" --block "$(block_number "$L2_GAMES_URL" safe)")
attack zero_root '.subject | startswith("op-games/root/")' critical "$(jq .block <<<"$zero")" 'route op-games'
let_go op-games

# From here on anybody's game counts. That alone is told of, too.
act respected-type 0 >"$WORK/answer"
within 10 find_incident '.subject | startswith("op-games/change/")' warning
make_up "${forged[4]}" "${bound#*/}"
game=$(act game --type 0 --root "$ROOT" --block "$(block_number "$L2_GAMES_URL" safe)")
index=$(jq .index <<<"$game")
at=$(jq -r .game <<<"$game")
root_of_game='.subject == "op-games/root/0x'$(word_address "$at")'"'
attack false_game_undecided "$root_of_game" warning "$(jq .block <<<"$game")" nothing
block=$(transact "$GAMES_PORTAL" "$(forged_proof 4)")
attack forged_proven_in_undecided_game "$(about op-games proven "${forged[4]}")" critical "$block" nothing
read -r _ _ withdrawal < <(withdrawal_of "$L2_GAMES_URL" "$(l2_tx "$bound")")
block=$(transact "$GAMES_PORTAL" "$(prove_data "$withdrawal" "$index" "$OUTPUT" "${NODES[${bound#*/}]}")")
attack proven_in_undecided_game "$(about op-games proven "${bound#*/}")" critical "$block" "message $bound"
check undecided_game__route_not_held route_not_held op-games
attack false_game_winning "$root_of_game" critical $(($(jq .block <<<"$game") + 12)) 'route op-games'
act resolve "$at" >"$WORK/answer"
won() { monitored verdicts --route op-games --invariant root --state violated --json | jq -e 'any(.verdicts[]; .reason == "false_root_won" and .stake == "route")' >/dev/null; }
check false_game__won within 10 won
let_go op-games
block=$(transact "$GAMES_PORTAL" "$(finalize_data "$(forged_withdrawal 4)")")
attack forged_finalized_by_a_false_game "$(about op-games executed "${forged[4]}")" critical "$block" 'route op-games'
judge_again '/(root|proven|executed)/'
end_attacks
