#!/usr/bin/env bash
# Two of three operators must agree, and one lies about the logs, receipts and calls that routes from and to a Nitro rollup
# rest on: messages of both directions go on to be delivered, once, and the liar is named.
CHAINS='l1 nitro' STEPS='execute|redeem' LIARS_BED=--nitro LIARS_ROUTES='--route nitro --route nitro-tickets'
. "$(dirname "$0")/liars.sh"
start_liars
"$BED/asserter" "$WORK/bed" --background --fast
ROUTE_PREFIX=''
send_both() { # a message out of the rollup, and a ticket that nobody redeems but us; named as their routes are
    send nitro retryable-no-gas 1 | sed 's,^nitro/,nitro-tickets/,' >"$WORK/ticket" &
    SENT+=("$(send nitro eth 1)")
    wait $!
    SENT+=("$(cat "$WORK/ticket")")
}

# L1's logs are asked of other operators first each time: the liar may have no occasion there.
phase forge_log '' nitro
phase drop_log '' nitro
phase change_log '' nitro
phase change_receipt_log 'receipts_root' 'l1 nitro'
phase hide_receipt '' nitro
phase false_revert '' nitro

lie liar honest
SINCE=$(wc -l <"$LOG")
start_relayer
done_once() {
    local id
    for id in "${SENT[@]}"; do is "$id" condition done && is "$id" outcome success || return 1; done
}
check all__delivered within 60 done_once
executed() {
    curl -sS -H 'content-type: application/json' -d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_getLogs\",\"params\":[{\"fromBlock\":\"0x0\",\"address\":\"$NITRO_OUTBOX\",\"topics\":[\"0x20af7f3bbfe38132b8900ae295cd9c8d1914be7052d061a511f3f728dab18964\"]}]}" \
        "$L1_URL" | jq -r '.result[].data' | sort
}
equal messages__executed_once_each "$(printf '%s\n' "${SENT[@]}" | sed -n 's,^nitro/,,p' | sort)" "$(executed)"
for id in "${SENT[@]}"; do equal "one_transaction__${id:0:8}${id: -6}" 1 "$(field "$id" 'transactions | length')"; done
equal no_transaction__reverted '' "$(for id in "${SENT[@]}"; do field "$id" 'transactions[] | select(.success == false) | .hash'; done)"
equal nothing__else_is_believed ${#SENT[@]} "$(messages '[.messages[] | select(.stage != "seen" and .sender != "'"${DEPLOYER,,}"'")] | length')"
equal findings__are_the_liars '["liar"]' "$(status "[.findings[] | select(.endpoint == \"liar\" or (.method | test(\"^($STATE)\$\") | not)) | .endpoint] | unique")"
equal no_route__held 0 "$(status '[.routes[] | select(.held)] | length')"
check stop__clean stop_relayer
