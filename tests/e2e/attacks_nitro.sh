#!/usr/bin/env bash
# Attacks on assertions, exits, tickets and the escrow of a Nitro rollup, over the genuine contracts: a monitor beside the
# relayer sees each within two blocks, with what it puts at stake, and what is at stake is held; killed at random, it tells of
# each once. What is honest in between is ok. ALL=yes: attacks by the owner of the contracts and silent chains, too.
# shellcheck source=tests/e2e/attack_lib.sh
. "$(dirname "$0")/attack_lib.sh"
PERIOD=12 # blocks of L1 in which an assertion can be disputed
ATTACK_CHAINS='l1 nitro'
start_attacks --nitro --l1-block-time 1 -- --route nitro --route nitro-tickets
export PATH=$BED_BIN:$PATH
act() { "$BED/act" "$WORK/bed" "$@"; }
# shellcheck disable=SC2034 # for lib.sh
ROUTE_PREFIX='' # "nitro/ID" is a message of the route nitro

ROLLUP_SLOT=0x0 SPENT_SLOT=2 # of the outbox
CODE_SLOT=0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc
ADMIN_SLOT=0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103

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
# patched PROXY SLOT VALUE [TO AMOUNT]: what its admin can do within one block: other code, which writes to the proxy's storage and
# pays that out, and the old code again
PATCHER=6020355f35555f5f5f5f6060356040355af100 # sstore(word 0, word 1), call(word 2, value word 3)
patched() {
    local admin code call undo
    [[ $PATCHER = 0x* ]] || PATCHER=$(cast send --rpc-url "$L1_URL" --unlocked --from "$DEPLOYER" --json --create "0x60138060095f395ff3$PATCHER" | jq -r .contractAddress)
    admin=$(word_at "$1" "$ADMIN_SLOT") code=$(word_at "$1" "$CODE_SLOT")
    call=$(cast calldata 'upgradeAndCall(address,address,bytes)' "$1" "$PATCHER" "0x$(pad "$2")$(pad "$3")$(pad "${4:-0}")$(word "${5:-0}")")
    undo=$(cast calldata 'upgrade(address,address)' "$1" "0x${code: -40}")
    for call in "$call" "$undo"; do
        jq -cn --arg from "$DEPLOYER" --arg to "$NITRO_UPGRADE_EXECUTOR" --arg data "$(cast calldata 'executeCall(address,bytes)' "0x${admin: -40}" "$call")" \
            '{jsonrpc: "2.0", id: 1, method: "eth_sendTransaction", params: [{$from, $to, $data, gas: "0x1e8480"}]}'
    done | jq -s . | curl -sS -H 'content-type: application/json' -d @- "$L1_URL" | jq -r '.[].result' >"$WORK/patching"
    while read -r call; do cast receipt --rpc-url "$L1_URL" "$call" --json; done <"$WORK/patching" |
        jq -rs 'if all(.status == "0x1") and .[0].blockNumber == .[1].blockNumber then .[0].blockNumber else error("not patched") end' | cast to-dec
}
word_at() { cast storage --rpc-url "$L1_URL" "$1" "$2"; }
pad() { printf '%064s' "${1#0x}" | tr ' ' 0; }

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
root_of() { echo ".subject == \"nitro/root/$1\""; }
executed() { printf '.subject == "nitro/executed/0x%064x"' "$1"; }
about() { printf '(.subject | startswith("%s"))' "$1"; }

# at SECONDS: the block of L1 with that time; its clock goes a second a block
at() {
    local head
    head=$(cast block --rpc-url "$L1_URL" --json)
    echo $(($(jq -r .number <<<"$head") + $1 - $(jq -r .timestamp <<<"$head")))
}

for setting in "confirm-period $PERIOD" 'validators anybody' 'ticket-lifetime 40'; do
    # shellcheck disable=SC2086 # words
    act $setting >/dev/null &
    settings+=($!)
done
first=$(send nitro eth 1)
data=$(send nitro data 1)
wait "${settings[@]}"
within 20 final l1 "$(cast block-number --rpc-url "$L1_URL")" # what is set up is what is expected
forget_the_past
for config in "$CONFIG" "$MONITOR_CONFIG"; do
    jq '.routes.nitro.contracts += {max_outflow: "0.5 ether", max_head_lag_s: 5, max_root_age_s: 3600}
        | (.routes["nitro-tickets"] |= (.contracts.max_delay_s = 5 | .policy |= (del(.relay) + {deadline_alerts_s: [12]}))) | if .monitor then .monitor.look_every_s = 1 else . end' "$config" >"$WORK/new.json"
    mv "$WORK/new.json" "$config"
done
start_relayer
start_monitor
check relayer__watches within 20 is_watching "$CONFIG"
check monitor__watches within 20 is_watching "$MONITOR_CONFIG"

# ---- honest: exits, tickets, an assertion that is confirmed at once
ticket=$(send nitro retryable-data 1)
dying=$(send nitro retryable-revert 1)
honest=$(act assert --fast | jq -r .assertion)
check honest__exits_executed within 20 has 2 '.route == "nitro" and (.stage | startswith("executed"))'
check honest__ticket_redeemed within 20 has 1 '.route == "nitro-tickets" and .condition == "done"'

# ---- the rollup is paused, and resumed
block=$(act pause --rollup nitro | jq .block)
attack rollup_paused "$(about nitro/change/) and (.text | contains(\"is paused\"))" warning "$block" nothing
act unpause --rollup nitro >/dev/null

# ---- a stranger's false assertion; nobody disputes it, until it is confirmed
made=$(act false-assertion)
assertion=$(jq -r .assertion <<<"$made") block=$(jq .block <<<"$made")
attack false_assertion "$(root_of "$assertion")" warning "$block" nothing
# He makes another one against it, so that it looks disputed.
made=$(act false-assertion --from ASSERTER)
attack false_assertion_against_it "$(root_of "$(jq -r .assertion <<<"$made")")" warning "$(jq .block <<<"$made")" nothing
maybe_kill

attack false_assertions_undisputed "$(root_of "$assertion")" critical $((block + PERIOD - PERIOD / 4)) 'route nitro'
maybe_kill
block=$(act confirm --fast --assertion "$assertion" | jq .block)
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
slot=$(cast index uint256 0 "$SPENT_SLOT")
spent=$(word_at "$NITRO_OUTBOX" "$slot")
patched "$NITRO_OUTBOX" "$slot" "${spent:0:65}$(printf %x $((0x${spent: -1} & ~1)))" >/dev/null
within 5 tells "$(about nitro/change/) and (.text | contains(\"new code\"))"
let_go nitro
block=$("$BED/execute" "$WORK/bed" --rollup nitro $((${first#*/})) | jq .block)
attack replayed_exit "$(executed $((${first#*/})))" critical "$block" 'route nitro'
maybe_kill
dies=$(of "nitro-tickets/${dying#*/}" show --json | jq .deadlineTime)
attack ticket_near_expiry ".kind == \"deadline\" and .subject == \"nitro-tickets/${dying#*/}\"" critical "$(at $((dies - 12)))" 'route nitro'

# ---- more is paid out at once than the operator wants
let_go nitro
big=$(send nitro eth 1 --value 900000000000000000)
act assert --fast >/dev/null
within 20 is_not "$big" stage seen && within 20 has 1 '.id == "'"${big#*/}"'" and (.stage | startswith("executed"))'
attack outflow_over_limit "$(about nitro/conservation/outflow_over_limit)" critical "$(last_block "$big" execute)" 'route nitro'
maybe_kill

# ---- what is honest is ok, and nothing is left that can't be told
verdicts_of() { monitored verdicts --json --limit 1000 "$@" | jq -c .verdicts; }
all_ok() { # INVARIANT KEY…: of either route
    verdicts_of --invariant "$1" | jq -e '. as $all | $ARGS.positional | all(. as $key | [$all[] | select(.key == $key) | .state] | length > 0 and all(. == "ok"))' \
        --args "${@:2}" >/dev/null
}
nothing_unverified() { [ "$(verdicts_of --state unverified)" = '[]' ]; }
check honest__executions_ok within 10 all_ok executed "${data#*/}" "${big#*/}"
check honest__assertions_ok within 10 all_ok root "$honest"
check everything__is_told within 10 nothing_unverified

# ---- an admin takes half of the escrow, in one block between two codes of the bridge
let_go nitro
held=$(cast balance --rpc-url "$L1_URL" "$NITRO_BRIDGE")
block=$(patched "$NITRO_BRIDGE" "$(word 999)" "$(word 1)" "$STRANGER" $((held / 1000000000000000000 / 2))000000000000000000)
attack escrow_halved "$(about nitro/conservation/escrow_short)" critical "$block" 'route nitro'

# ---- the sequencer makes a ticket that nobody paid for
"$BED/sequencer" "$WORK/bed" --pause
l2_node() { cast rpc --rpc-url "$L2_NITRO_NODE_URL" "$@" >/dev/null; }
l2_node anvil_setCode "$STRANGER" "$(jq -r .runtime "$("$BED/contracts/build")/TicketSender.json")"
value=$(word 100000000000000000)
minted=0x$(pad "$STRANGER")$value$value$(word 0)$(pad "$STRANGER")$(pad "$STRANGER")$(word 0)$(word 0)$(word 0)
block=$(cast send --rpc-url "$L2_NITRO_NODE_URL" --unlocked --from "$DEPLOYER" --gas-limit 5000000 --value 0.1ether --json \
    0x000000000000000000000000000000000000006e 'deliver(uint8,uint256,address,uint256,bytes)' 9 1000000 "$STRANGER" 0 "$minted" |
    jq -re 'if .status == "0x1" then .blockNumber else error("it failed") end' | cast to-dec)
attack forged_ticket "$(about nitro-tickets/made/)" critical "nitro:$block" 'route nitro-tickets'
check honest__ticket_ok all_ok made "${ticket#*/}" "${dying#*/}"

if [ -z "${ALL:-}" ]; then
    end_attacks
    exit
fi

let_go nitro nitro-tickets
# ---- he lets another outbox in, which has the bridge pay
attack outbox_let_in "$(about nitro/change/) and (.text | contains(\"lets an outbox in\"))" critical \
    "$(owner_calls "$NITRO_BRIDGE" 'setOutbox(address,bool)' "$STRANGER" true)" 'route nitro'
let_go nitro
attack escrow_drained_by_it "$(about nitro/paid/)" critical \
    "$(sent_by "$STRANGER" "$NITRO_BRIDGE" 'executeCall(address,uint256,bytes)' "$STRANGER" 300000000000000000 0x)" 'route nitro'
maybe_kill

# ---- he has the outbox take roots of a stranger, without a word; the route's adapter does not know such contracts, but the
# monitor goes on
let_go nitro
block=$(patched "$NITRO_OUTBOX" "$ROLLUP_SLOT" "$(pad "$STRANGER")")
attack outbox_rollup_patched "$(about nitro/governance/outbox_rollup_changed)" critical "$block" 'route nitro'
attack contracts_unknown "$(about nitro/contracts)" critical "$block" 'route nitro'
forge 50 "$STRANGER" "$STRANGER" 100000000000000000
block=$(sent_by "$STRANGER" "$NITRO_OUTBOX" 'updateSendRoot(bytes32,bytes32)' "$FORGED" "$(cast block --rpc-url "$L2_NITRO_URL" -f hash)")
attack root_of_a_stranger "$(about "nitro/root/$FORGED")" critical "$block" 'route nitro'
attack forged_exit_under_it "$(executed 50)" critical "$(sent_by "$STRANGER" "${FORGED_CALL[@]}")" 'route nitro'

# ---- other code
admin=$(word_at "$NITRO_BRIDGE" "$ADMIN_SLOT") code=$(word_at "$NITRO_INBOX" "$CODE_SLOT")
own_code=$(word_at "$NITRO_BRIDGE" "$CODE_SLOT")
attack bridge_code_swapped "$(about nitro/change/) and (.text | contains(\"${code: -40}\"))" critical \
    "$(owner_calls "0x${admin: -40}" 'upgrade(address,address)' "$NITRO_BRIDGE" "0x${code: -40}")" 'route nitro'

# ---- the contracts are what they were
owner_calls "0x${admin: -40}" 'upgrade(address,address)' "$NITRO_BRIDGE" "0x${own_code: -40}" >/dev/null
patched "$NITRO_OUTBOX" "$ROLLUP_SLOT" "$(pad "$NITRO_ROLLUP")" >/dev/null
check contracts__known_again within 10 tells "$(about nitro/contracts) and .state == \"resolved\""
for n in 1 2 3; do # to be as before is a change, too
    sleep 1
    ! route_held nitro || let_go nitro
done

# ---- the rollup stands still, and then nobody asserts anything
stands=$(cast block --rpc-url "$L2_NITRO_URL" -f timestamp)
l2_node evm_setIntervalMining 0
attack rollup_stands_still "$(about nitro/head_lag/)" warning "$(at $((stands + 6)))" nothing
act warp 4000 >/dev/null
attack assertions_silent "$(about nitro/liveness/)" warning "$(cast block-number --rpc-url "$L1_URL")" nothing
l2_node evm_setIntervalMining 1 # or nothing of it becomes final

# ---- another monitor finds the same in the past
judge_again '/(root|executed|paid)/'
end_attacks
