#!/usr/bin/env bash
# One endpoint a chain, and it leaves out what a message out of a Nitro rollup is proved with: nothing is sent meanwhile, the
# reason says what is wrong, and once it is honest each is delivered. A range that it refuses is asked for in parts.
. "$(dirname "$0")/exits.sh"
start_bed --nitro
proxy l1 "$L1_URL"
proxy nitro "$L2_NITRO_URL"
"$BED/config" "$WORK/bed" --data "$WORK/data" --route nitro --l1 "$PROXY_l1" --nitro "$PROXY_nitro" >"$CONFIG"
lie() { # WHICH MODE [MEMBERS]
    local url=PROXY_$1
    curl -sS -d "{\"mode\":\"$2\",\"reset\":true${3:-}}" "${!url}/control" >/dev/null
}
confirm() { "$BED/act" "$WORK/bed" assert --fast >/dev/null; }

send nitro eth 3 >"$WORK/ids"
first=$(sed -n 2p "$WORK/ids")
lie nitro drop_log ',"method":"eth_getLogs"'
confirm
start_relayer
check a_log_left_out__siblings_missing within 20 waits "$first" siblings_missing
equal a_log_left_out__nothing_is_sent '[]' "$(messages '[.messages[] | select(.transactions > 0) | .id]')"
lie nitro refuse_range ',"arg":2'
while read -r id; do check "a_range_refused__asked_in_parts_${id: -1}" within 40 is "$id" condition done; done <"$WORK/ids"
lie nitro honest

# The confirmation itself is left out: its event is in the block's receipts, and wakes the message to ask again.
lie l1 drop_logs ',"method":"eth_getLogs"'
later=$(send nitro eth 1)
confirm
check roots_left_out__no_root within 20 waits "$later" no_root
equal roots_left_out__nothing_is_sent 0 "$(field "$later" 'transactions | length')"
lie l1 honest
check roots_given__delivered within 70 is "$later" condition done
check all__paid_once paid nitro "$WORK/sent"
check relayer__ends_well stop_relayer
