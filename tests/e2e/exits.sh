# shellcheck shell=bash
# What the tests of messages out of Nitro rollups share. Sourced, never run; start_exits takes start_bed's options.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
ROUTE_PREFIX=''

delivered() { is "$1" condition done && is "$1" outcome success; }
waits() { is "$1" reason "$2" && is "$1" condition waiting; }
says() { field "$1" detail | grep -qF "$2"; }
# executions ROLLUP: the positions that its outbox says were executed, in order
executions() {
    local outbox=$NITRO_OUTBOX
    [ "$1" = nitro ] || outbox=$NITRO_TOKEN_OUTBOX
    curl -sS -H 'content-type: application/json' -d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_getLogs\",\"params\":[{\"fromBlock\":\"0x0\",\"address\":\"$outbox\",\"topics\":[\"0x20af7f3bbfe38132b8900ae295cd9c8d1914be7052d061a511f3f728dab18964\"]}]}" \
        "$L1_URL" | jq -r '.result[].data'
}
# paid ROLLUP FILE: whether each of what was sent has its value, once
paid() {
    local line want got option=''
    [ "$1" = nitro ] || option=--token
    while read -r line; do
        want=$(jq -r .value <<<"$line")
        [ "$1" = nitro ] || want=$((want / 1000000000000)) # 6 decimals
        # shellcheck disable=SC2086
        got=$("$BED/balance" "$WORK/bed" $option "$(jq -r .target <<<"$line")" | cut -d' ' -f2)
        [ "$got" = "$want" ] || { echo "# $line: $got"; return 1; }
    done <"$2"
}
