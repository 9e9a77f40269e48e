#!/usr/bin/env bash
# Two of three operators must agree, and one answers badly, late or not at all when it is asked for headers, in each of
# these ways from the start of the relayer on: messages go on to be delivered, and nobody is accused of a lie.
. "$(dirname "$0")/liars.sh"
start_liars
lie liar honest
start_relayer
send_both
sleep 3
check honest__stop stop_relayer

for mode in silence stall hang_up truncate close endless endless_slow endless_headers gzip_bomb deep_json duplicate_key \
    http_429 http_429_bare http_429_date http_503 redirect html; do
    phase $mode '' '' ',"method":"eth_getBlockByNumber"'
done

lie liar honest
start_relayer
all_delivered '[]'
check stop__clean stop_relayer
