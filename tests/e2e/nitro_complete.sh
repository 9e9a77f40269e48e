#!/usr/bin/env bash
# What endpoints leave out of eth_getLogs is told by what Nitro itself counts: its sends in the rollup's headers, what came
# through the inbox in the bridge's storage. With an honest one beside it the message is found and delivered, and the liar
# is named; without one that is an incident until it comes.
. "$(dirname "$0")/exits.sh"
start_bed --nitro
"$BED/asserter" "$WORK/bed" --background --fast
proxy l1 "$L1_URL"
proxy liar "$L2_NITRO_URL"
proxy second "$L2_NITRO_URL"
"$BED/config" "$WORK/bed" --data "$WORK/data" --route nitro --route nitro-tickets --l1 "$PROXY_l1" --nitro "$PROXY_liar" --nitro "$PROXY_second" |
    jq '.chains[] += {mode: "events", live_blocks: 1}
        | .chains["l2-nitro"].endpoints |= [{url: .[0], operator: "liar"}, {url: .[1], operator: "second"}]
        | .chains.l1.endpoints |= [{url: .[0], operator: "alone"}]' >"$CONFIG"
lie() { # PROXY MODE [MEMBERS]
    local url=PROXY_$1
    curl -sS -d "{\"mode\":\"$2\"${3:-}}" "${!url}/control" >/dev/null
}
status() { "$CAUSEWAY" status --config "$CONFIG" --json | jq -c "$1"; }
counts() { [ "$(status ".routes[] | select(.name == \"$1\") | .completeness | $2" 2>/dev/null)" = true ]; } # ROUTE FILTER
missing_open() { status .incidents | jq -e --arg route "$1" 'any(.[]; .kind == "messages_missing" and .subject == $route)' >/dev/null; }
found_omitted() { status .findings | jq -e --arg endpoint "$1" 'any(.[]; .endpoint == $endpoint and (.text | startswith("logs_omitted: message ")))' >/dev/null; }
block_of() { jq -r "select(.id == \"${1#*/}\") | .block" "$WORK/sent"; }

send nitro eth 1 >"$WORK/exits"
exit_left_out=$(send nitro data 1 | tee -a "$WORK/exits")
send nitro eth 1 >>"$WORK/exits"
# A ticket is named as its route is.
tickets() { send nitro "$@" | sed 's,^nitro/,nitro-tickets/,'; }
tickets retryable 1 >"$WORK/tickets"
ticket_left_out=$(tickets retryable-no-gas 1 | tee -a "$WORK/tickets")
tickets deposit 1 >>"$WORK/tickets"
lie liar drop_logs ",\"arg\":$(block_of "$exit_left_out")"
lie l1 drop_logs ",\"arg\":$(block_of "$ticket_left_out")"
# The liar is asked first: the other one has no logs just now.
lie second behind ',"method":"eth_getLogs"'
sleep 5 # until they are final, and in the past
start_relayer

check exit__gap_noticed within 30 logged 'nitro: messages 1 \(blocks [0-9]+ to [0-9]+\): not here, though the contract counts 3'
lie second honest
check exit__found within 30 is "$exit_left_out" id "${exit_left_out#*/}"
check exit__complete within 20 counts nitro '.counted == 3 and .stored == 3 and .missing == 0'
check exit__liar_named within 20 found_omitted liar
while read -r id; do check "exit_${id: -1}__delivered" within 40 delivered "$id"; done <"$WORK/exits"
executions nitro >"$WORK/executed"
equal exits__once_each "$(cut -d/ -f2 "$WORK/exits" | sort)" "$(sort "$WORK/executed")"

check ticket__incident within 30 missing_open nitro-tickets
# one, or two where what a batch reports stands in the same block
check ticket__said_by_status counts nitro-tickets '.missing >= 1 and .stored + .missing == .counted'
while read -r id; do
    [ "$id" = "$ticket_left_out" ] || check "ticket_${id:14:6}__delivered" within 40 delivered "$id"
done <"$WORK/tickets"
equal ticket__nobody_named_yet '[]' "$(status '[.findings[] | select(.endpoint == "alone")]')"
check ticket__still_open missing_open nitro-tickets
lie l1 honest
resolved() { ! missing_open nitro-tickets; }
check ticket__found within 75 is "$ticket_left_out" id "${ticket_left_out#*/}"
check ticket__resolved within 20 resolved
check ticket__liar_named within 20 found_omitted alone
check ticket__complete within 20 counts nitro-tickets '.missing == 0'
check ticket__delivered within 60 delivered "$ticket_left_out"
equal ticket__redeemed_once 1 "$(field "$ticket_left_out" 'transactions | length')"
equal second__not_named '[]' "$(status '[.findings[] | select(.endpoint == "second")]')"
check stop__clean stop_relayer
