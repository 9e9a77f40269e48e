#!/usr/bin/env bash
# Attacks on what stands at all times of the OP Stack, over the genuine contracts: on what is locked, on who governs, on whether
# roots and blocks keep coming, and on a past that was final. A monitor beside the relayer sees each within two blocks, with what
# it puts at stake, and what is at stake is held; killed at random, it tells of each once.
# shellcheck source=tests/e2e/attack_lib.sh
. "$(dirname "$0")/attack_lib.sh"
ATTACK_CHAINS='l1 games'
start_attacks --proposer --l1-block-time 1
PATH=$BED_BIN:$PATH
MILLIETHER=000000000000000
TOKEN=0x00000000000000000000000000000000000000a2
# The monitor knows the relayer's signer by its address only.
jq --arg milli $MILLIETHER --arg token $TOKEN --arg relayer "$RELAYER" '.monitor.look_every_s = 1
    | .signers = {relayer: {socket: "/nobody/listens", address: $relayer}} | .routes[].signer = "relayer"
    | .routes["op-games"].contracts += {max_outflow: "200\($milli)", tokens: ["0x00000000000000000000000000000000000000a1", $token]}
    | .routes["op-legacy"].contracts += {max_daily_outflow: "200\($milli)", max_root_age_s: 8, max_head_lag_s: 5}' "$MONITOR_CONFIG" >"$WORK/limited.json"
mv "$WORK/limited.json" "$MONITOR_CONFIG"
jq '.monitor.look_every_s = 1' "$CONFIG" >"$WORK/quick.json"
mv "$WORK/quick.json" "$CONFIG"

# l1 METHOD [PARAMS]: the result
l1() {
    curl -sS -H 'content-type: application/json' -d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$1\",\"params\":${2:-[]}}" "$L1_URL" |
        jq -re '.result // (.error | halt_error(1))'
}
# transact FROM JQ-OBJECT: as that account, by the node; prints the block
transact() {
    local hash
    hash=$(l1 eth_sendTransaction "[$(jq -cn --arg from "$1" "{from: \$from, gas: \"0x2dc6c0\"} + $2")]") || return 1
    within 10 l1 eth_getTransactionReceipt "[\"$hash\"]" >"$WORK/receipt" 2>/dev/null
    jq -er 'select(.status == "0x1") | .blockNumber' "$WORK/receipt" | { read -r block; echo $((block)); }
}
call_to() { jq -cn --arg to "$1" --arg data "$(cast calldata "${@:2}")" '{to: $to, data: $data}'; }
# new_code CODE: prints where it is now
new_code() {
    transact "$DEPLOYER" "{data: \"0x$(printf '60%02x80600b6000396000f3%s' $((${#1} / 2)) "$1")\"}" >/dev/null
    jq -r .contractAddress "$WORK/receipt"
}
padded() { printf '%064s' "${1#0x}" | tr ' ' 0; }
about() { printf '(.subject | startswith("%s"))' "$1"; }

knows_contracts() { awk '/causeway: causeway /{n = 0} /route op-[a-z]*: Optimism/{n++} END{exit n < 2}' "$MONITOR_LOG"; }
# perhaps_killed: maybe_kill, and the monitor that is there judges
perhaps_killed() {
    maybe_kill
    within 20 knows_contracts || true
}

start_relayer
start_monitor
check relayer__watches within 20 is_watching "$CONFIG"
check monitor__watches within 20 is_watching "$MONITOR_CONFIG"
large=$(send games eth 1 --value 300$MILLIETHER)
many=$(send legacy eth 2 --value 150$MILLIETHER)

# --- what the guardian may do: a warning
block=$("$BED/act" "$WORK/bed" blacklist 0 | jq .block)
attack blacklisted "$(about op-games/change/) and (.text | contains(\"blacklisted\"))" warning "$block" nothing

# --- who governs
block=$(transact "$DEPLOYER" "$(call_to "$GAMES_FACTORY" 'transferOwnership(address)' "$STRANGER")")
attack owner_changed "$(about op-games/change/) and (.text | contains(\"another owner\"))" critical "$block" 'route op-games'
let_go op-games
block=$(transact "$STRANGER" "$(call_to "$GAMES_FACTORY" 'transferOwnership(address)' "$DEPLOYER")")
attack owner_changed_back "$(about op-games/change/) and (.text | contains(\"another owner\"))" critical "$block" 'route op-games'
let_go op-games

# --- the portal's code
block=$("$BED/act" "$WORK/bed" upgrade-portal legacy | jq .block)
attack implementation "$(about op-legacy/change/) and (.text | contains(\"new code\"))" critical "$block" 'route op-legacy'
let_go op-legacy
perhaps_killed

# --- more than the limits is paid out
executed() { [ "$(deliveries "$1")" = 1 ]; }
block_of() { last_block "$1" finalize; }
check outflow__executed within 40 executed "$large"
attack outflow_at_once "$(about op-games/conservation/outflow_over_limit)" critical "$(block_of "$large")" 'route op-games'
for one in $many; do check "outflow__executed_${one:0:12}" within 20 executed "$one"; done
last=$(for one in $many; do block_of "$one"; done | sort -n | tail -n 1)
attack outflow_in_a_day "$(about op-legacy/conservation/daily_outflow)" critical "$last" 'route op-legacy'
let_go op-games op-legacy
perhaps_killed

# --- somebody else has the relayer's key, which is idle
block=$(transact "$RELAYER" "{to: \"$STRANGER\", value: \"0x1\"}")
attack key_used_elsewhere ".kind == \"foreign_nonce\" and (.text | contains(\"nonces \"))" critical "$block" "lane l1/${RELAYER,,}"
check key_used_elsewhere__let_go "$CAUSEWAY" release "l1/${RELAYER,,}" --config "$CONFIG"
perhaps_killed

# --- and what else he may do
block=$("$BED/act" "$WORK/bed" respected-type 0 | jq .block)
attack respected_type "$(about op-games/change/) and (.text | contains(\"another type\"))" warning "$block" nothing
"$BED/act" "$WORK/bed" respected-type 1 >/dev/null
retired=$(l1 eth_getBlockByNumber '["latest",false]' | jq -r .timestamp) # games of before count no more
block=$("$BED/act" "$WORK/bed" pause | jq .block)
attack paused "$(about op-games/governance/paused_changed)" warning "$block" nothing
"$BED/act" "$WORK/bed" unpause >/dev/null
perhaps_killed

# --- more of a token on the rollup than its bridge holds
# games_state METHOD PARAMETERS…: all at once. No state of that block can be proved any more: it is passed over
games_state() {
    local calls=() method
    while [ $# -gt 0 ]; do calls+=("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$1\",\"params\":$2}") && shift 2; done
    for method in "[$(IFS=,; echo "${calls[*]}")]" '{"jsonrpc":"2.0","id":1,"method":"anvil_mine","params":["0x8"]}'; do
        curl -sS -H 'content-type: application/json' -d "$method" "$L2_GAMES_URL" >/dev/null
    done
}
origin=$(l1 eth_getBlockByNumber '["finalized",false]')
L1_BLOCK=0x4200000000000000000000000000000000000015
games_state anvil_setCode "[\"$TOKEN\",\"0x60005460005260206000f3\"]" \
    anvil_setStorageAt "[\"$L1_BLOCK\",\"0x$(padded 2)\",$(jq .hash <<<"$origin")]" \
    anvil_setStorageAt "[\"$L1_BLOCK\",\"0x$(padded 0)\",\"0x$(padded "$(jq -r .number <<<"$origin")")\"]" \
    anvil_setStorageAt "[\"$TOKEN\",\"0x$(padded 0)\",\"0x$(padded 5)\"]" # its supply is what is at 0
attack token_made_up "$(about op-games/tokens/token_short)" critical "$(cast block-number --rpc-url "$L1_URL")" 'route op-games'
let_go op-games

# --- an admin takes what is locked: sends all that the portal has to who called
drain=$(new_code 600060006000600047335af15000)
block=$(transact "$DEPLOYER" "$(call_to "$LEGACY_PORTAL" 'upgradeToAndCall(address,bytes)' "$drain" 0x)")
attack drained "$(about op-legacy/conservation/escrow_short)" critical "$block" 'route op-legacy'
"$BED/act" "$WORK/bed" upgrade-portal legacy >/dev/null # as it was
perhaps_killed

# --- code that is there within one transaction only, and plants a proof that was never given: the slot of the code is the same
# before and after, no event tells of the proof, and what pollers of state look at is what it was
CODE_SLOT=0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc
hash_of_words() { cast keccak "0x$(printf '%s' "$@")"; }
code_of() { l1 eth_getStorageAt "[\"$1\",\"$CODE_SLOT\",\"latest\"]"; }
was=$(code_of "$GAMES_PORTAL")
forged="($(cast to-dec 0x00010000000000000000000000000000000000000000000000000000000bad00),$STRANGER,$STRANGER,400$MILLIETHER,100000,0x)"
IFS=, read -ra words <<<"${forged:1:-1}"
id=$(cast keccak "$(cast abi-encode 'f(uint256,address,address,uint256,uint256,bytes)' "${words[@]}")")
has_game() {
    game=$("$BED/act" "$WORK/bed" games | jq -sc --argjson retired $((retired)) \
        'map(select(.status == "defender-wins" and .type == 1 and .created > $retired)) | last')
    [ "$game" != null ]
}
within 40 has_game
place=$(hash_of_words "$(padded "$STRANGER")" "$(x=$(hash_of_words "${id#0x}" "$(padded 39)"); echo "${x#0x}")")
proof=$(printf '%024x%s' $(($(jq .created <<<"$game") + 1)) "$(jq -r '.game[2:]' <<<"$game")")
# stores each pair of words in what it is called with
writer=$(new_code 60005b803611600a57005b8060200135813555604001600256)
writes=0x${place#0x}$proof${CODE_SLOT#0x}${was#0x}
block=$(transact "$DEPLOYER" "$(call_to "$GAMES_PORTAL" 'upgradeToAndCall(address,bytes)' "$writer" "$writes")")
equal planted__code_is_as_it_was "$was" "$(code_of "$GAMES_PORTAL")"
equal planted__by_no_event 1 "$(jq '.logs | length' "$WORK/receipt")"
attack swapped_and_back "$(about op-games/change/) and (.text | contains(\"another storage\"))" critical "$block" 'route op-games'
let_go op-games
perhaps_killed

# --- and what it planted is paid out
finalize=$(call_to "$GAMES_PORTAL" 'finalizeWithdrawalTransaction((uint256,address,address,uint256,uint256,bytes))' "$forged")
goes() { l1 eth_call "[$(jq -cn --arg from "$STRANGER" "{from: \$from} + $finalize"),\"latest\"]" >/dev/null 2>&1; }
within 20 goes || true # its time has come
block=$(transact "$STRANGER" "$finalize")
attack planted_finalized "$(about "op-games/executed/$id")" critical "$block" 'route op-games'
perhaps_killed

# --- the same chain tells another past; the monitor, perhaps started just now, has read the one before
past_is_read() { monitored status --json | jq -e 'all(.chains[]; .backfill.left == 0)' >/dev/null; }
within 20 past_is_read || true
block=$(($(cast block-number --rpc-url "$L2_GAMES_URL")))
reorg_from l2-games $((block - 15)) # deeper than what the monitor may not know to be final yet
attack forked_below_final '.kind == "reorg_beyond_final" and .subject == "l2-games"' critical "games:$block" 'route op-games'

# --- nobody proposes, and no block comes
"$BED/proposer" "$WORK/bed" --pause
cast rpc --rpc-url "$L2_LEGACY_URL" evm_setIntervalMining 0 >/dev/null
time_of() { cast block --rpc-url "$1" "${2:-latest}" -f timestamp; }
is_later() { [ "$(time_of "$L1_URL")" -gt "$1" ]; }
# first_after S: waits for L1's first block that is later than that; prints it
first_after() {
    local block
    within 20 is_later "$1"
    block=$(cast block-number --rpc-url "$L1_URL")
    while [ "$(time_of "$L1_URL" $((block - 1)))" -gt "$1" ]; do block=$((block - 1)); done
    echo "$block"
}
block=$(first_after $(($(time_of "$L2_LEGACY_URL") + 5)))
attack blocks_stopped "$(about op-legacy/head_lag/)" warning "$block" 'route op-games'
root_s=$(cast call --rpc-url "$L1_URL" "$LEGACY_ORACLE" 'getL2Output(uint256)((bytes32,uint128,uint128))' "$(cast call --rpc-url "$L1_URL" "$LEGACY_ORACLE" 'latestOutputIndex()(uint256)')" | cut -d' ' -f2 | tr -d ,)
block=$(first_after $((root_s + 8)))
attack proposer_silent "$(about op-legacy/liveness/)" warning "$block" 'route op-games'

judge_again '^op-[a-z]+/(change|executed)/'
end_attacks
