#!/usr/bin/env bash
# kill -9 at ten random moments while 50 withdrawals are under way: each delivered once, none proved twice.
. "$(dirname "$0")/lib.sh"
count=50
start_bed --proposer
# Simulations see what is in the pool, our own of before a kill among it.
jq '.chains.l1.simulate_pending = true' "$CONFIG" >"$CONFIG.new" && mv "$CONFIG.new" "$CONFIG"
seed=${SEED:-$RANDOM}
echo "# SEED=$seed"
RANDOM=$seed

send legacy eth $((count / 2)) >"$WORK/ids"
send games messenger $((count / 2)) >>"$WORK/ids"
start_relayer
for round in $(seq 10); do
    sleep "$(printf '%d.%03d' $((RANDOM % 3)) $((RANDOM % 1000)))"
    kill_relayer
    echo "# kill $round at $(messages '[.messages[].stage] | group_by(.) | map("\(.[0]) \(length)") | join(", ")')"
    start_relayer
done

check all__delivered within 150 has $count '.condition == "done" and .outcome == "success"'
twice=0
while read -r id; do
    [ "$(proofs "$id")" = 1 ] || twice=$((twice + 1))
done <"$WORK/ids"
equal none__proved_twice 0 $twice

wrong=0
while read -r line; do
    got=$("$BED/balance" "$WORK/bed" "$(jq -r .target <<<"$line")" | cut -d' ' -f2)
    [ "$got" = "$(jq -r .value <<<"$line")" ] || wrong=$((wrong + 1))
done <"$WORK/sent"
equal all__paid_once 0 $wrong
failed=$(while read -r id; do field "$id" 'transactions[] | select(.success == false) | .hash'; done <"$WORK/ids")
equal no_transaction__reverted '' "$failed"
