#!/usr/bin/env bash
# A relayer that begins anew on chains with a history: what is new is delivered at once, what is old is read newest first
# and told with all that happened to it, whatever it is killed at; read header by header, and where eth_getLogs says.
. "$(dirname "$0")/lib.sh"
start_bed --proposer

old=()
for rollup in legacy games; do
    mapfile -t -O ${#old[@]} old < <(send $rollup eth 2)
    mapfile -t -O ${#old[@]} old < <(send $rollup messenger 1)
done
start_relayer
all_done() { for id in "$@"; do is "$id" condition done || return 1; done; }
check first__delivered within 120 all_done "${old[@]}"
check first__stop stop_relayer

# left: blocks of the past, over all chains
left() { "$CAUSEWAY" status --config "$CONFIG" --json 2>/dev/null | jq '[.chains[].backfill.left] | add'; }
is_read() { [ "$(left)" = 0 ]; }
begins() { [ "$("$CAUSEWAY" status --config "$CONFIG" --json 2>/dev/null | jq '[.chains[] | select(.readTo != null)] | length')" = 3 ]; }
events_of() { of "$1" show --json | jq '[.history[] | select(.kind == "event")] | length'; }

for mode in full events; do
    "$BED/config" "$WORK/bed" --data "$WORK/data-$mode" |
        jq --arg mode $mode '.chains[] += {live_blocks: 1, backfill_ranges: 2, log_range_max: 40, mode: $mode}' >"$CONFIG"
    mapfile -t new < <(send legacy eth 1; send games eth 1)
    start_relayer
    for ((i = 0; i < 5; i++)); do
        check "${mode}_${i}__begins" within 30 begins
        sleep 0.3
        kill_relayer
        start_relayer
    done
    check "${mode}__all_read" within 60 is_read
    check "${mode}__old_and_new_done" within 120 all_done "${old[@]}" "${new[@]}"
    for id in "${old[@]}" "${new[@]}"; do
        equal "${mode}_${id:0:14}__outcome" success "$(field "$id" outcome)"
        equal "${mode}_${id:0:14}__proved_once" 1 "$(proofs "$id")"
        equal "${mode}_${id:0:14}__assurance" single "$(field "$id" assurance)"
        check "${mode}_${id:0:14}__told" test "$(events_of "$id")" -ge 2 # proven, finalized
    done
    check "${mode}__stop" stop_relayer
    old+=("${new[@]}")
done
check past__said logged 'the past is read'
check log__no_leak_no_error bash -c "! grep -E 'AddressSanitizer|runtime error|LeakSanitizer' '$LOG'"
