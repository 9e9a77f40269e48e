#!/usr/bin/env bash
# Retryable tickets and deposits of a Nitro rollup, whose L1 contracts are genuine and whose L2 is the bed's emulation: each
# is delivered once, or dead with what is lost.
. "$(dirname "$0")/lib.sh"
start_bed --nitro

# tickets POLICY: the configuration of the route
tickets() {
    "$BED/config" "$WORK/bed" --data "$WORK/data" --route nitro-tickets >"$CONFIG.new" \
        --policy "$(jq -c '. + {daily_fee_budget: "1000 ether", max_gas: 3000000}' <<<"$1")"
    mv "$CONFIG.new" "$CONFIG"
}
# of MESSAGE COMMAND [OPTION…]
of() {
    local message=$1 command=$2
    shift 2
    "$CAUSEWAY" "$command" "${message#*/}" --config "$CONFIG" "$@"
}
l2() { curl -sS -H 'content-type: application/json' -d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$1\",\"params\":${2:-[]}}" "${3:-$L2_NITRO_NODE_URL}" | jq -c .result; }
RETRYABLES=0x000000000000000000000000000000000000006e
# events MESSAGE NAME: how many of these 0x6E has told of it
REDEEM_SCHEDULED=0x5ccd009502509cf28762c67858994d85b163bb6e451f5e9df7c5e18c9c2e123e
LIFETIME_EXTENDED=0xf4c40a5f930e1469fcc053bf25f045253a7bad2fcc9b88c05ec1fca8e2066b83
events() { l2 eth_getLogs "[{\"fromBlock\":\"0x0\",\"toBlock\":\"latest\",\"address\":\"$RETRYABLES\",\"topics\":[\"$2\",\"${1#*/}\"]}]" "$L2_NITRO_URL" | jq length; }
# from ACCOUNT DATA: a transaction to 0x6E
from() { l2 eth_sendTransaction "[{\"from\":\"$1\",\"to\":\"$RETRYABLES\",\"data\":\"$2\",\"gas\":\"0x1e8480\"}]" >/dev/null; }
steps() { field "$1" "transactions | map(select(.step == \"$2\")) | length"; }

# Tickets live for a quarter of a minute. A policy that keeps them alive begins six seconds before their end, when an alarm
# was raised already.
from "$DEPLOYER" "0x398b524c$(printf %064x 16)" # setLifetime(uint64), by the bed's sequencer
tickets '{"keepalive_s": 6, "deadline_alerts_s": [10]}'
check config__checked "$CAUSEWAY" check-config --config "$CONFIG"
start_relayer

# Too little gas was paid for the first call of its target, or none for the second; the third runs by itself, and the deposit.
poor=$(send nitro retryable-low-gas 1)
idle=$(send nitro retryable-no-gas 1)
auto=$(send nitro retryable-data 1)
deposit=$(send nitro deposit 1)
# Their target reverts: one for ever, one until it is switched on, one until its beneficiary has enough of it. The call of
# the last one brings value, so that nobody can try it but by a redeem.
hopeless=$(send nitro retryable-revert 1 --value 0)
switched=$(send nitro retryable-switch 1 --value 0)
canceled=$(send nitro retryable-revert 1 --value 0)
failing=$(send nitro retryable-revert 1)

check poor__redeemed within 40 is "$poor" condition done
equal poor__outcome success "$(field "$poor" outcome)"
equal poor__by_us 1 "$(steps "$poor" redeem)"
equal poor__its_own_try_and_ours 2 "$(events "$poor" $REDEEM_SCHEDULED)"
check idle__redeemed within 20 is "$idle" condition done
equal idle__by_us 1 "$(steps "$idle" redeem)"
equal idle__once 1 "$(events "$idle" $REDEEM_SCHEDULED)"
check auto__delivered within 20 is "$auto" condition done
equal auto__nothing_signed 0 "$(field "$auto" 'transactions | length')"
check deposit__delivered within 20 is "$deposit" condition done
equal deposit__outcome success "$(field "$deposit" outcome)"

check switched__waits within 20 is "$switched" reason target_reverts
check canceled__waits within 20 is "$canceled" reason target_reverts
from "$USER" "0xc4d252f5${canceled#*/0x}" # cancel(bytes32)
"$BED/act" "$WORK/bed" switch on --chain l2-nitro >/dev/null
of "$switched" retry >/dev/null
check switched__redeemed within 40 is "$switched" condition done
equal switched__its_own_try_and_ours 2 "$(events "$switched" $REDEEM_SCHEDULED)"
check canceled__dead within 40 is "$canceled" condition dead
equal canceled__why canceled "$(field "$canceled" reason)"
equal canceled__nothing_signed 0 "$(field "$canceled" 'transactions | length')"

# Nobody can redeem it, so it is kept alive as long as the policy says so, and its loss is named when it is over.
kept() { [ "$(events "$hopeless" $LIFETIME_EXTENDED)" -ge 1 ]; }
check hopeless__kept_alive within 40 kept
check hopeless__still_waits is "$hopeless" condition waiting
check hopeless__alarm_was_raised logged "${hopeless#*/}: lost in"
equal hopeless__no_gas_for_redeems 0 "$(steps "$hopeless" redeem)"
tried() { [ "$(steps "$failing" redeem)" -ge 1 ]; }
check failing__redeemed within 20 tried
check failing__which_is_no_delivery within 20 told "$failing" 'redeem failed'
equal failing__outcome unknown "$(field "$failing" outcome)"
tickets '{"deadline_alerts_s": [10]}'
kill -HUP "$DAEMON"

# What was sent is sent once, wherever it dies.
mapfile -t more < <(send nitro retryable-no-gas 6)
for round in 1 2; do
    seen=$(grep -c 'redeem of .* sent' "$LOG" || true)
    sent_more() { [ "$(grep -c 'redeem of .* sent' "$LOG")" -gt "$seen" ]; }
    within 10 sent_more || true
    kill_relayer
    start_relayer
done
for id in "${more[@]}"; do
    check "killed__${id:8:8}_redeemed" within 60 is "$id" condition done
    equal "killed__${id:8:8}_once" 1 "$(events "$id" $REDEEM_SCHEDULED)"
done

check hopeless__dead within 90 is "$hopeless" condition dead
equal hopeless__why expired "$(field "$hopeless" reason)"
check hopeless__loss_named told "$hopeless" "callValueRefundAddress"
equal hopeless__outcome unknown "$(field "$hopeless" outcome)"
# With the deposit that the bed begins with.
delivered=$(messages '[.messages[] | select(.outcome == "success")] | length')
equal all__that_can_be_are_delivered 12 "$delivered"
alarmed() { "$CAUSEWAY" status --config "$CONFIG" --json | jq -e --arg id "${hopeless#*/}" '.incidents[] | select(.kind == "deadline" and (.subject | contains($id)))' >/dev/null; }
check hopeless__alarm_stands within 10 alarmed
# Every number that the bridge gave is accounted for, those of other kinds of messages, too.
complete() { "$CAUSEWAY" status --config "$CONFIG" --json | jq -e '.routes[0].completeness | .counted > 14 and .missing == 0' >/dev/null; }
check complete__by_the_bridges_count within 20 complete
check stop__clean stop_relayer
