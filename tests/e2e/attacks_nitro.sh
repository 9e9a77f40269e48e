#!/usr/bin/env bash
# Attacks on assertions, exits, tickets and the escrow of a Nitro rollup, over the genuine contracts: a monitor beside the
# relayer sees each within two blocks, with what it puts at stake, and what is at stake is held; killed at random, it tells of
# each once. What is honest in between is ok.
# shellcheck source=tests/e2e/attack_lib.sh
. "$(dirname "$0")/attack_lib.sh"
PERIOD=16 # blocks of L1 in which an assertion can be disputed
ATTACK_CHAINS='l1 nitro'
start_attacks --nitro --l1-block-time 1 -- --route nitro --route nitro-tickets
export PATH=$BED_BIN:$PATH
act() { "$BED/act" "$WORK/bed" "$@"; }
ROUTE_PREFIX='' # "nitro/ID" is a message of the route nitro

SPENT_SLOT=2 # of the outbox

# retold NAME FILTER SEVERITY BLOCK: an incident that is open is told of anew, within as many blocks
retold() {
    local head
    INCIDENT=''
    within 20 tells "$2 and .severity == \"$3\"" || true
    head=$(cast block-number --rpc-url "$L1_URL")
    check "$1__told_of" [ -n "$INCIDENT" ]
    check "$1__within_${BLOCKS}_blocks" [ $((head - $4)) -le "$BLOCKS" ]
    row "$1" "$(jq -r '"\(.kind) \(.subject | split("/")[1] // "")"' <<<"${INCIDENT:-{\}}")" "$3" $((head - $4)) 'still held'
}
tells() { INCIDENT=$(incidents "$1" 2>/dev/null | head -n 1); [ -n "$INCIDENT" ]; }

# ---- transactions of L1, each prints its block

sent_by() { # ACCOUNT TO SIGNATURE [ARGUMENT…]
    cast send --rpc-url "$L1_URL" --unlocked --from "$1" --gas-limit 5000000 --json "${@:2}" | jq -re 'if .status == "0x1" then .blockNumber else error("it failed") end' | cast to-dec
}
owner_calls() { # TO SIGNATURE [ARGUMENT…]: what only the owner of the contracts may
    sent_by "$DEPLOYER" "$NITRO_UPGRADE_EXECUTOR" 'executeCall(address,bytes)' "$1" "$(cast calldata "${@:2}")"
}
patched() { # ADDRESS SLOT VALUE: as no transaction does; the block from which on it is so
    cast rpc --rpc-url "$L1_URL" anvil_setStorageAt "$1" "$2" "$3" >/dev/null
    echo $(($(cast block-number --rpc-url "$L1_URL") + 1))
}

# ---- messages that nobody sent

word() { printf '%064x' "$1"; }
# forge POSITION SENDER TARGET VALUE: FORGED is a root above that message alone, FORGED_CALL its execution
forge() {
    local path=$1 node zero proof='' i
    zero=$(word 0)
    node=$(cast keccak "$(cast keccak "0x${2#0x}${3#0x}$(word 7)$(word 7)$(word 7)$(word "$4")")")
    for ((i = 0; i < 6; i++)); do
        if [ $((path >> i & 1)) = 1 ]; then node=$(cast keccak "0x$zero${node#0x}"); else node=$(cast keccak "$node$zero"); fi
        proof+="${proof:+,}0x$zero"
    done
    FORGED=$node
    FORGED_CALL=("$NITRO_OUTBOX" 'executeTransaction(bytes32[],uint256,address,address,uint256,uint256,uint256,uint256,bytes)'
        "[$proof]" "$1" "$2" "$3" 7 7 7 "$4" 0x)
}
# position MESSAGE, key_of MESSAGE
position() { echo $((${1#*/})); }
root_of() { echo ".subject == \"nitro/root/$1\""; }
executed() { printf '.subject == "nitro/executed/0x%064x"' "$1"; }
of_reason() { printf '(.subject | startswith("nitro/%s/")) and (.text | contains("%s"))' "$1" "$2"; }

act confirm-period $PERIOD >/dev/null
act validators anybody >/dev/null
# What is above was changed before anybody looked.
start=$(($(cast block-number --rpc-url "$L1_URL") + 1))
for config in "$CONFIG" "$MONITOR_CONFIG"; do
    jq --argjson start "$start" '.routes[].settlement_start_block = $start | .routes.nitro.contracts += {max_outflow: "0.5 ether", max_head_lag_s: 8, max_root_age_s: 3600}
        | .routes["nitro-tickets"].policy.deadline_alerts_s = [12] | if .monitor then .monitor.look_every_s = 1 else . end' "$config" >"$WORK/new.json"
    mv "$WORK/new.json" "$config"
done
start_relayer
start_monitor
check relayer__watches within 20 is_watching "$CONFIG"
check monitor__watches within 20 is_watching "$MONITOR_CONFIG"

# ---- honest: exits, tickets, an assertion that is confirmed at once
first=$(send nitro eth 1)
data=$(send nitro data 1)
ticket=$(send nitro retryable-data 1)
dying=$(send nitro retryable-revert 1)
dies=$(cast block --rpc-url "$L2_NITRO_URL" -f timestamp)
act assert --fast >/dev/null
check honest__exits_executed within 20 has 2 '.route == "nitro" and (.stage | startswith("executed"))'
check honest__ticket_redeemed within 20 has 1 '.route == "nitro-tickets" and .condition == "done"'

# ---- a stranger's false assertion; nobody disputes it, until it is confirmed
made=$(act false-assertion)
assertion=$(jq -r .assertion <<<"$made") block=$(jq .block <<<"$made")
attack false_assertion "$(root_of "$assertion")" warning "$block" nothing
maybe_kill

# ---- meanwhile: the rollup is paused, and resumed; its L2 stands still
block_2=$(act pause --rollup nitro | jq .block)
attack rollup_paused "$(of_reason change 'is paused')" warning "$block_2" nothing
act unpause --rollup nitro >/dev/null

attack false_assertion_unchallenged "$(root_of "$assertion")" critical $((block + PERIOD - PERIOD / 4)) 'route nitro'
maybe_kill
block=$(act confirm --assertion "$assertion" | jq .block)
retold false_assertion_confirmed "$(root_of "$assertion") and (.text | contains(\"takes proofs under it\"))" critical "$block"

# ---- a false root that is confirmed at once, and what is executed under it: it was never sent
forge 40 "$STRANGER" "$STRANGER" 100000000000000000
let_go nitro
made=$(act false-assertion --fast --send-root "$FORGED")
attack false_assertion_fast "$(root_of "$(jq -r .assertion <<<"$made")")" critical "$(jq .block <<<"$made")" 'route nitro'
# what the incident gives to whoever may pause is what the contracts take, and of nobody else
read -r pause_at pause_data < <(jq -r .pauseCall <<<"$INCIDENT")
would_pause() { cast rpc --rpc-url "$L1_URL" eth_call "{\"from\":\"$1\",\"to\":\"$pause_at\",\"data\":\"$pause_data\"}" latest >"$WORK/answer" 2>&1; }
stranger_can_not() { ! would_pause "$STRANGER" && grep -q revert "$WORK/answer"; }
equal pause_call__by_the_executor "${NITRO_UPGRADE_EXECUTOR,,}" "$pause_at"
check pause_call__taken would_pause "$DEPLOYER"
check pause_call__of_a_stranger__refused stranger_can_not
let_go nitro
attack forged_exit "$(executed 40)" critical "$(sent_by "$STRANGER" "${FORGED_CALL[@]}")" 'route nitro'
maybe_kill

# ---- a root that nobody asserted, with a message that was sent, for more money
later=$(send nitro eth 1)
sender=$(jq -r 'select(.id == "'"${later#*/}"'") | .target' "$WORK/sent")
forge $((${later#*/})) "$USER" "$sender" 200000000000000000
let_go nitro
attack false_root_without_assertion "$(root_of "$FORGED")" critical "$(act update-root --send-root "$FORGED" | jq .block)" 'route nitro'
let_go nitro
attack forged_exit_amount "$(executed $((${later#*/})))" critical "$(sent_by "$STRANGER" "${FORGED_CALL[@]}")" 'route nitro'
maybe_kill

# ---- an execution again, when the outbox has forgotten it
let_go nitro
patched "$NITRO_OUTBOX" "$(cast index uint256 0 "$SPENT_SLOT")" "0x$(word 0)" >/dev/null
block=$("$BED/execute" "$WORK/bed" --rollup nitro $((${first#*/})) | jq .block)
attack replayed_exit "$(executed $((${first#*/})))" critical "$block" 'route nitro'
maybe_kill
end_attacks
