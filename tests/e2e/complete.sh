#!/usr/bin/env bash
# Endpoints that leave a withdrawal's block out of eth_getLogs: the contract's own counter tells. With an honest one beside
# it the message is found and delivered, and the liar is named; without one that is an incident until it comes.
. "$(dirname "$0")/lib.sh"
start_bed --proposer

lie() { # PROXY MEMBERS
    local name=PROXY_$1
    curl -sS -d "{$2}" "${!name}/control" >/dev/null
}
proxy games_liar "$L2_GAMES_URL"
proxy games_second "$L2_GAMES_URL"
proxy legacy_liar "$L2_LEGACY_URL"
"$BED/config" "$WORK/bed" --data "$WORK/data" --legacy "$PROXY_legacy_liar" \
    --games "$PROXY_games_liar" --games "$PROXY_games_second" |
    jq '.chains["l2-legacy", "l2-games"] += {mode: "events", live_blocks: 1}
        | .routes[].execution_start_block = 2
        | .chains["l2-games"].endpoints |= [{url: .[0], operator: "liar"}, {url: .[1], operator: "second"}]
        | .chains["l2-legacy"].endpoints |= [{url: .[0], operator: "alone"}]' >"$CONFIG"

# Three withdrawals on each rollup; the liars leave out the second one's block.
declare -A left_out others
for rollup in games legacy; do
    others[$rollup]=$(send $rollup eth 1)
    left_out[$rollup]=$(send $rollup messenger 1)
    others[$rollup]+=" $(send $rollup eth 1)"
    block=$(jq -r "select(.rollup == \"$rollup\" and .id == \"${left_out[$rollup]#*/}\") | .block" "$WORK/sent")
    lie ${rollup}_liar "\"mode\": \"drop_logs\", \"arg\": $block"
done
# The liar is asked first: the other one has no logs just now.
lie games_second '"mode": "behind", "method": "eth_getLogs"'
sleep 6 # until they are final, and in the past
start_relayer

completeness() { "$CAUSEWAY" status --config "$CONFIG" --json | jq -c ".routes[] | select(.name == \"op-$1\") | .completeness"; }
counts() { # ROLLUP FILTER
    [ "$(completeness "$1" 2>/dev/null | jq "$2" 2>/dev/null)" = true ]
}
missing_open() { # ROLLUP
    "$CAUSEWAY" status --config "$CONFIG" --json |
        jq -e ".incidents[] | select(.kind == \"messages_missing\" and .subject == \"op-$1\")" >/dev/null
}
found_omitted() { # ENDPOINT
    "$CAUSEWAY" status --config "$CONFIG" --json |
        jq -e ".findings[] | select(.endpoint == \"$1\" and (.text | startswith(\"logs_omitted: message 1 of\")))" >/dev/null
}

check games__gap_noticed within 30 logged 'op-games: messages 1 \(blocks [0-9]+ to [0-9]+\): not here, though the contract counts 3'
lie games_second '"mode": "honest"'
check games__found within 30 is "${left_out[games]}" id "${left_out[games]#*/}"
check games__complete within 20 counts games '.counted == 3 and .stored == 3 and .missing == 0 and .fromFirstBlock'
check games__liar_named within 20 found_omitted liar
check games__delivered within 90 is "${left_out[games]}" condition done

check legacy__incident within 30 missing_open legacy
check legacy__said_by_status within 20 counts legacy '.counted == 3 and .stored == 2 and .missing == 1 and .gaps[0].from == 1'
for message in ${others[legacy]}; do
    check legacy__others_delivered within 90 is "$message" condition done
done
equal legacy__nobody_named_yet '' "$("$CAUSEWAY" status --config "$CONFIG" --json | jq -r '.findings[] | select(.endpoint == "alone") | .text')"
check legacy__still_open missing_open legacy
lie legacy_liar '"mode": "honest"'
resolved() { ! missing_open legacy; }
check legacy__found within 75 is "${left_out[legacy]}" id "${left_out[legacy]#*/}"
check legacy__resolved within 20 resolved
check legacy__liar_named within 20 found_omitted alone
check legacy__complete within 20 counts legacy '.stored == 3 and .missing == 0'
check legacy__delivered within 90 is "${left_out[legacy]}" condition done
equal games__second_not_named '' "$("$CAUSEWAY" status --config "$CONFIG" --json | jq -r '.findings[] | select(.endpoint == "second") | .text')"
check stop__clean stop_relayer
