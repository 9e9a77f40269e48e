#!/usr/bin/env bash
# Deposits of every kind are followed on the L2, and what a messenger recorded as failed is replayed once its target takes
# it, and not before: deposits there, withdrawals on L1. A route that does not name its L1 messenger holds them.
. "$(dirname "$0")/lib.sh"
start_bed --proposer --deposits
jq --arg messenger "$LEGACY_MESSENGER" --arg portal "$GAMES_PORTAL" --argjson l1 "$L1_START" --argjson l2 "$L2_GAMES_START" '
    .chains.l1.mode = "full"
    | .routes["op-legacy"].contracts.messenger = $messenger
    | .routes.deposits = (.routes["op-games"] + {direction: "deposit", contracts: {portal: $portal}})' "$CONFIG" >"$CONFIG.new"
mv "$CONFIG.new" "$CONFIG"
RELAYED=0x4641df4a962071e12719d8c8c8e5ac7fc4d97b927346a3d7a335b1f7517e133c
FAILED=0x99d0e048484baa1b1540b1367cb128acd7ab2946d1ed91ec10e3c85e4bf51b8f
# said URL MESSENGER MESSAGE TOPIC: how often that messenger said that of the message
said() {
    curl -sS -H 'content-type: application/json' "$1" \
        -d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_getLogs\",\"params\":[{\"fromBlock\":\"0x0\",\"toBlock\":\"latest\",\"address\":\"$2\",\"topics\":[\"$4\",\"$(field "$3" alias)\"]}]}" |
        jq '.result | length'
}
replays() { field "$1" "transactions | map(select(.step == \"replay\")) | length"; }
# Deposits are of the route "deposits", named deposits/ID.
of() {
    local message=$1 command=$2 route
    shift 2
    route=${message%%/*}
    [ "$route" = deposits ] || route=op-$route
    "$CAUSEWAY" "$command" "${message#*/}" --route "$route" --config "$CONFIG" "$@"
}
deposit() { send games "$1" 1 | sed 's,^games/,deposits/,'; } # KIND

named=$(send legacy messenger-switch 1)
never=$(send legacy messenger-revert 1)
unnamed=$(send games messenger-switch 1)
raw=$(deposit deposit)
raw_failing=$(deposit deposit-revert)
message=$(deposit deposit-messenger)
switched=$(deposit deposit-messenger-switch)
failing=$(deposit deposit-messenger-revert)
refused=$(deposit deposit-messenger-refused)
start_relayer

check raw__delivered within 40 is "$raw" condition done
equal raw__outcome success "$(field "$raw" outcome)"
equal raw__final executed-final "$(field "$raw" stage)"
check raw_failing__finished within 40 is "$raw_failing" condition done
equal raw_failing__outcome call-failed "$(field "$raw_failing" outcome)"
check message__delivered within 40 is "$message" condition done
equal message__outcome success "$(field "$message" outcome)"
check refused__dead within 40 is "$refused" condition dead
equal refused__reason never_recorded "$(field "$refused" reason)"
check switched__recorded within 40 is "$switched" outcome relay-failed
check switched__simulated_not_sent within 40 is "$switched" reason target_reverts
check failing__simulated_not_sent within 40 is "$failing" reason target_reverts
equal switched__no_gas_burnt 0 "$(replays "$switched")"
"$BED/deriver" "$WORK/bed" --pause
waiting=$(deposit deposit)
check waiting__not_derived within 20 is "$waiting" reason not_derived
"$BED/deriver" "$WORK/bed" --resume
check waiting__delivered within 40 is "$waiting" condition done

check named__recorded within 60 is "$named" outcome relay-failed
check named__simulated_not_sent within 20 is "$named" reason target_reverts
check named__says_why told "$named" 'failed to relay message'
check unnamed__held within 60 is "$unnamed" reason relay_failed
check unnamed__says_what_is_missing bash -c "[[ \$('$CAUSEWAY' show '${unnamed#*/}' --route op-games --config '$CONFIG') == *'name the messenger'* ]]"
equal named__no_gas_burnt 0 "$(replays "$named")"

# What waits is in the database: a relayer that is killed goes on, and sends nothing before its time.
kill_relayer
"$BED/act" "$WORK/bed" switch on >"$WORK/answer"
"$BED/act" "$WORK/bed" switch on --chain l2-games >"$WORK/answer"
start_relayer
for id in "$named" "$switched"; do
    check "mended__delivered_${id%%/*}" within 40 is "$id" condition done
    equal "mended__outcome_${id%%/*}" success "$(field "$id" outcome)"
    equal "mended__one_replay_${id%%/*}" 1 "$(replays "$id")"
done
equal named__ran_once 1 "$(said "$L1_URL" "$LEGACY_MESSENGER" "$named" $RELAYED)"
equal named__failed_once 1 "$(said "$L1_URL" "$LEGACY_MESSENGER" "$named" $FAILED)"
equal switched__ran_once 1 "$(said "$L2_GAMES_URL" "$L2_MESSENGER" "$switched" $RELAYED)"
equal switched__failed_once 1 "$(said "$L2_GAMES_URL" "$L2_MESSENGER" "$switched" $FAILED)"
for id in "$never" "$failing"; do
    equal "never__waits_${id%%/*}" waiting "$(field "$id" condition)"
    equal "never__no_gas_burnt_${id%%/*}" 0 "$(replays "$id")"
done
for id in "$named" "$switched"; do
    echo "# gas of a replay of ${id%%/*}: $(field "$id" 'transactions | map(select(.step == "replay"))[0] | .gasUsed')"
done
check stop__clean stop_relayer
check log__no_leak_no_error bash -c "! grep -E 'AddressSanitizer|runtime error|LeakSanitizer' '$LOG'"
