#!/usr/bin/env bash
# Random reorganizations of depth 1 to 8, all within finality, on all three chains while withdrawals of mixed kinds are
# under way. What came of it is read from the chains, not from the relayer's word.
#
# SEED=N repeats what happens (not when exactly); COUNT and REORGS say how many, such as 12 and 8 for a short form.
. "$(dirname "$0")/lib.sh"
count=${COUNT:-200} reorgs=${REORGS:-100} pause_ms=${PAUSE_MS:-2500} seed=${SEED:-$RANDOM}
echo "# SEED=$seed COUNT=$count REORGS=$reorgs"
RANDOM=$seed
start_bed --proposer --finality 10
start_relayer

nap() { sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"; }
block() { echo $(($(rpc "$1" eth_blockNumber '[]' | tr -d '"'))); } # URL: its newest
rpc() { # URL METHOD PARAMS: the result
    curl -sS -H 'content-type: application/json' -d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$2\",\"params\":$3}" "$1" | jq -c .result
}
url_of() { if [ "$1" = legacy ]; then echo "$L2_LEGACY_URL"; else echo "$L2_GAMES_URL"; fi; }

# Withdrawals, a few at a time; those that a reorganization takes before the script sees them are its business no longer.
kinds=(eth messenger bridge data messenger-revert)
send_some() {
    local rollup=legacy n
    RANDOM=$((seed + 1))
    for ((n = 0; n < count; n += 2)); do
        timeout 60 "$BED/send" "$WORK/bed" --rollup $rollup --kind "${kinds[RANDOM % ${#kinds[@]}]}" --count 2 --from $((8 + RANDOM % 12)) >/dev/null 2>&1 &
        if [ $rollup = legacy ]; then rollup=games; else rollup=legacy; fi
        nap $((2 * pause_ms * reorgs / count))
    done
    wait
}
send_some &
sender=$!
for chain in "$L1_URL" "$L2_LEGACY_URL" "$L2_GAMES_URL"; do
    until [ "$(block "$chain")" -gt 10 ]; do sleep 0.2; done
done
chains=(l1 l1 l2-legacy l2-games)
for ((round = 0; round < reorgs; round++)); do
    nap $((RANDOM % (2 * pause_ms)))
    chain=${chains[RANDOM % 4]} depth=$((1 + RANDOM % 8)) keep=''
    [ $((RANDOM % 2)) = 0 ] || keep=--keep
    echo "# $chain, $depth deep${keep:+, transactions come back}: $("$BED/reorg" "$WORK/bed" --chain $chain --depth $depth $keep | jq -r '"blocks from \(.lowest)"')"
done
wait $sender
echo "# sent and reorganized after $SECONDS s"

# ids_on URL ADDRESS TOPIC FILTER: a line for each log
ids_on() {
    rpc "$1" eth_getLogs "[{\"fromBlock\":\"0x0\",\"toBlock\":\"latest\",\"address\":\"$2\",\"topics\":[\"$3\"]}]" | jq -r ".[] | $4"
}
existing() { # ROLLUP: what its chain has now
    ids_on "$(url_of "$1")" "$MESSAGE_PASSER" 0x02a52367d10742d8032712c1bb8e0144ff1ec5ffda1ed7d70bb05a2744955054 '"0x" + .data[194:258]' | sort
}
finalized() { ids_on "$L1_URL" "$(portal_of "$1")" 0xdb5c7652857aa163daadd670e116628fb42e869d8ac4251ef8971d9e5727df1b '.topics[1]' | sort; }
proven() { ids_on "$L1_URL" "$(portal_of "$1")" 0x67a6208cfcc0801d50f6cbe764733f4fddf66ac0b04442061a8a8c0cb6b63f62 '.topics[1]' | sort; }
all_finalized() {
    local rollup
    for rollup in legacy games; do [ -z "$(comm -23 <(existing $rollup) <(finalized $rollup))" ] || return 1; done
}
check every_withdrawal__finalized within 120 all_finalized
messages '.messages[] | select(.condition == "waiting" and .reason != "reorged") | "# \(.route) \(.id): \(.stage), \(.reason): \(.detail)"' | jq -r .
sleep 6 # what would be done twice had time to be
for rollup in legacy games; do
    existing $rollup >"$WORK/$rollup.existing"
    equal "${rollup}__finalized_once_each_and_nothing_else" "$(cat "$WORK/$rollup.existing")" "$(finalized $rollup)"
    equal "${rollup}__all_proven" "$(cat "$WORK/$rollup.existing")" "$(proven $rollup | uniq)"
    sed "s,^,$rollup/," "$WORK/$rollup.existing" >>"$WORK/ids"
done

# Its transactions on L1: without gaps; one that failed, or more of them than a proof and a delivery each, only where a
# reorganization went over them.
transactions() { # a line each: STATUS
    local head n
    head=$(block "$L1_URL")
    for ((n = L1_START; n <= head; n++)); do
        printf '{"jsonrpc":"2.0","id":%d,"method":"eth_getBlockReceipts","params":["0x%x"]}\n' $n $n
    done | jq -cs '_nwise(200)' | while read -r batch; do
        curl -sS -H 'content-type: application/json' -d "$batch" "$L1_URL"
    done | jq -r --arg from "${RELAYER,,}" '.[].result[]? | select(.from == $from) | .status'
}
nonce() { echo $(($(rpc "$L1_URL" eth_getTransactionCount "[\"$RELAYER\",\"$1\"]" | tr -d '"'))); }
transactions >"$WORK/transactions"
equal transactions__no_gap "$(wc -l <"$WORK/transactions") $(nonce latest)" "$(nonce pending) $(nonce pending)"
while read -r id; do of "$id" show --json; done <"$WORK/ids" | jq -c '{id, transactions, history}' >"$WORK/stories"
equal transactions__failures_explained '' \
    "$(jq -r '.id as $id | .transactions[] | select(.success == false and (.reorged | not)) | "\($id) \(.hash)"' "$WORK/stories")"
equal transactions__repetitions_explained '' \
    "$(jq -r 'select((.transactions | group_by(.step) | any(length > 1)) and all(.transactions[]; .reorged | not)) | .id' "$WORK/stories")"
story() { jq -r '.history[].text' "$WORK/stories" | grep -c "$1" || true; }
echo "# $(wc -l <"$WORK/ids") withdrawals, $(($(proven legacy | wc -l) + $(proven games | wc -l))) proofs," \
    "$(wc -l <"$WORK/transactions") transactions, $(grep -cv 0x1 "$WORK/transactions" || true) of them failed"
echo "# $(story 'which is gone') times a transaction's block was gone: $(story 'same bytes are sent again') times sent again," \
    "$(story 'kept back') times kept back, $(story 'is given up') times given up because its nonce was needed"

# What the relayer says fits.
done_ids() {
    messages '.messages[] | select(.condition == "done" or .reason == "relay_failed") | "\(.route)/\(.id)"' | tr -d '"' | sed 's,^op-,,' | sort
}
all_done() { [ "$(sort "$WORK/ids")" = "$(done_ids)" ]; }
within 30 all_done || true # the last ones have to become final yet
equal messages__what_exists_is_delivered "$(sort "$WORK/ids")" "$(done_ids)"
equal messages__the_rest_is_gone '' "$(messages '.messages[] | select(.condition != "done" and .reason != "relay_failed" and .reason != "reorged") | .id')"
equal routes__none_held 0 "$("$CAUSEWAY" status --config "$CONFIG" --json | jq '[.routes[] | select(.held)] | length')"
equal incidents__none_open '[]' "$("$CAUSEWAY" status --config "$CONFIG" --json | jq -c .incidents)"
equal endpoints__none_accused '[]' "$("$CAUSEWAY" status --config "$CONFIG" --json | jq -c .findings)"
check stop__clean stop_relayer
