#!/usr/bin/env bash
# Attacks on what stands at all times of the OP Stack, over the genuine contracts: on what is locked, on who governs, on whether
# roots and blocks keep coming, and on the hands that sign. A monitor beside the relayer sees each within two blocks, with what
# it puts at stake, and what is at stake is held; killed at random, it tells of each once.
# shellcheck source=tests/e2e/attack_lib.sh
. "$(dirname "$0")/attack_lib.sh"
start_attacks --proposer --l1-block-time 1
PATH=$BED_BIN:$PATH
MILLIETHER=000000000000000
jq --arg milli $MILLIETHER '.monitor.look_every_s = 1
    | .routes["op-games"].contracts += {max_outflow: "200\($milli)", max_head_lag_s: 5}
    | .routes["op-legacy"].contracts += {max_daily_outflow: "200\($milli)", max_root_age_s: 10}' "$MONITOR_CONFIG" >"$WORK/limited.json"
mv "$WORK/limited.json" "$MONITOR_CONFIG"

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
about() { printf '(.subject | startswith("%s"))' "$1"; }

start_relayer
start_monitor
check relayer__watches within 20 is_watching "$CONFIG"
check monitor__watches within 20 is_watching "$MONITOR_CONFIG"
large=$(send games eth 1 --value 300$MILLIETHER)
many=$(send legacy eth 2 --value 150$MILLIETHER)


# --- more than the limits is paid out
executed() { [ "$(deliveries "$1")" = 1 ]; }
block_of() { last_block "$1" finalize; }
check outflow__executed within 40 executed "$large"
attack outflow_at_once "$(about op-games/conservation/outflow_over_limit)" critical "$(block_of "$large")" 'route op-games'
for one in $many; do check "outflow__executed_${one:0:12}" within 20 executed "$one"; done
last=$(for one in $many; do block_of "$one"; done | sort -n | tail -n 1)
attack outflow_in_a_day "$(about op-legacy/conservation/daily_outflow)" critical "$last" 'route op-legacy'
let_go op-games op-legacy
maybe_kill

# --- what the guardian may do: a warning
block=$("$BED/act" "$WORK/bed" respected-type 0 | jq .block)
attack respected_type "$(about op-games/change/) and (.text | contains(\"another type\"))" warning "$block" nothing
"$BED/act" "$WORK/bed" respected-type 1 >/dev/null
block=$("$BED/act" "$WORK/bed" blacklist 0 | jq .block)
attack blacklisted "$(about op-games/change/) and (.text | contains(\"blacklisted\"))" warning "$block" nothing
block=$("$BED/act" "$WORK/bed" pause | jq .block)
attack paused "$(about op-games/governance/paused_changed)" warning "$block" nothing
"$BED/act" "$WORK/bed" unpause >/dev/null
maybe_kill

# --- who governs
block=$(transact "$DEPLOYER" "$(call_to "$GAMES_FACTORY" 'transferOwnership(address)' "$STRANGER")")
attack owner_changed "$(about op-games/change/) and (.text | contains(\"another owner\"))" critical "$block" 'route op-games'
transact "$STRANGER" "$(call_to "$GAMES_FACTORY" 'transferOwnership(address)' "$DEPLOYER")" >/dev/null
let_go op-games

# --- the portal's code
block=$("$BED/act" "$WORK/bed" upgrade-portal legacy | jq .block)
attack implementation "$(about op-legacy/change/) and (.text | contains(\"new code\"))" critical "$block" 'route op-legacy'
let_go op-legacy
maybe_kill

# --- an admin takes what is locked: sends all that the portal has to who called
drain=$(new_code 600060006000600047335af15000)
block=$(transact "$DEPLOYER" "$(call_to "$LEGACY_PORTAL" 'upgradeToAndCall(address,bytes)' "$drain" 0x)")
attack drained "$(about op-legacy/conservation/escrow_short)" critical "$block" 'route op-legacy'
maybe_kill

end_attacks
