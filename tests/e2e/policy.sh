#!/usr/bin/env bash
# What a policy keeps back says so, and goes on when the rules are read again at SIGHUP; what takes a restart is refused.
. "$(dirname "$0")/lib.sh"
start_bed --proposer
cp "$CONFIG" "$WORK/open.json"
policy() { # JQ: the policy of both routes
    jq ".routes[].policy |= ($1)" "$WORK/open.json" >"$CONFIG.new"
    mv "$CONFIG.new" "$CONFIG"
}
reload() {
    local before
    before=$(grep -cE 'taken over|stays as it was' "$LOG" || true)
    kill -HUP "$DAEMON"
    reloaded() { [ "$(grep -cE 'taken over|stays as it was' "$LOG")" -gt "$before" ]; }
    within 10 reloaded
}

# Everybody's messages but the sender's own.
policy ". + {deny: {senders: [\"$USER\"]}}"
start_relayer
id=$(send games eth 1)
check denied__said within 60 is "$id" reason denied
check denied__which_list bash -c "[[ \$('$CAUSEWAY' show '${id#*/}' --route op-games --config '$CONFIG') == *deny.senders* ]]"
equal denied__nothing_sent 0 "$(proofs "$id")"

# A budget for the message that is too small.
policy '. + {max_message_fee: "1 wei"}'
check budget__reloaded reload
check budget__said within 60 is "$id" reason too_dear
check budget__which_rule bash -c "[[ \$('$CAUSEWAY' show '${id#*/}' --route op-games --config '$CONFIG') == *max_message_fee* ]]"
equal budget__nothing_sent 0 "$(proofs "$id")"

# The day's budget, what a signer has to have, and how long a message may take: incidents tell of each, until it is over.
told() { # KIND STATE
    "$CAUSEWAY" alerts list --all --json --config "$CONFIG" | jq -e --arg kind "$1" --arg state "$2" \
        '[.incidents[] | select(.kind == $kind)] | length == 1 and .[0].state == $state' >/dev/null
}
policy '. + {daily_fee_budget: "1 wei", max_delivery_s: 1}'
jq '.signers[].low_funds = "1000000 ether"' "$CONFIG" >"$CONFIG.new"
mv "$CONFIG.new" "$CONFIG"
check limits__reloaded reload
for kind in budget_spent low_funds overdue; do check "${kind}__told" within 20 told $kind confirmed; done
equal limits__nothing_sent 0 "$(proofs "$id")"

# What was built at the start can't change while it runs; nothing of such a file is taken over.
jq '.chains.l1.quorum = 1 | .chains.l1.poll_ms = 777 | .routes[].policy.max_message_fee = "0 wei"' "$WORK/open.json" >"$CONFIG"
check restart__reload_answered reload
check restart__refused logged 'stays as it was: chain "l1": poll_ms changed, which takes a restart'
jq '.chains.l1.send = ["http://127.0.0.1:9"]' "$WORK/open.json" >"$CONFIG"
check restart__send_reload_answered reload
check restart__send_refused logged 'stays as it was: chain "l1": send changed, which takes a restart'
echo '{' >"$CONFIG"
check broken__reload_answered reload
check broken__refused logged 'stays as it was: .*causeway.json'
sleep 2
equal restart__nothing_sent 0 "$(proofs "$id")"

# The old rules again.
cp "$WORK/open.json" "$CONFIG"
check open__reloaded reload
check open__delivered within 90 is "$id" condition done
equal open__proved_once 1 "$(proofs "$id")"
for kind in budget_spent low_funds overdue; do check "${kind}__over" within 20 told $kind resolved; done
check stop__clean stop_relayer
