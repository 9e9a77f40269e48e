#!/usr/bin/env bash
# Withdrawals finalized together, through the genuine Multicall3: one that fails when they are simulated together goes
# alone, one that somebody else was faster with harms no other, and what fails on chain alone goes alone later.
. "$(dirname "$0")/lib.sh"
. "$REPO/tests/bed/lib.sh"
start_bed --proposer
PATH=$BED_BIN:$PATH
multicall=0xca11bde05977b3631167028862be2a173976ca11
code=$(awk '/bytes internal constant MultiCall3Code =/ { getline; print }' "$("$REPO/tests/bed/fetch")/src/libraries/Preinstalls.sol" |
    sed -n 's/.*hex"\([0-9a-f]*\)".*/0x\1/p')
[ ${#code} -gt 7000 ] || { echo "not ok bed: no code of Multicall3 in the package"; exit 1; }
rpc "$L1_URL" anvil_setCode "[\"$multicall\",\"$code\"]" >"$WORK/answer"
jq '.routes["op-games"] += {batch_max: 20, batch_wait_s: 8}' "$CONFIG" >"$CONFIG.new"
mv "$CONFIG.new" "$CONFIG"

send games messenger 4 >"$WORK/good"
switched=$(send games messenger-switch 1)
send games messenger 2 >"$WORK/late"
mapfile -t good <"$WORK/good"
mapfile -t late <"$WORK/late"
raced=${good[3]}
start_relayer

# All of them ready at once: the route is held until they are.
check all__proven within 90 has 7 '.stage == "proven" or .stage == "challenge-over"'
"$CAUSEWAY" hold op-games --config "$CONFIG" >"$WORK/answer"
check all__mature within 60 has 7 '.stage == "challenge-over"'
for id in "${late[@]}"; do of "$id" hold >"$WORK/answer"; done
calldata=$(of "$raced" prove --json | jq -r ".[0].data")
"$BED/act" "$WORK/bed" switch on >"$WORK/answer"
"$CAUSEWAY" release op-games --config "$CONFIG" >"$WORK/answer"

# Each was simulated well, and they wait for others: now one of them fails.
sleep 3
"$BED/act" "$WORK/bed" switch off >"$WORK/answer"
rpc "$L1_URL" evm_setIntervalMining '[0]' >"$WORK/answer"
pool_has() { rpc "$L1_URL" txpool_content | jq -e --arg to "${1,,}" 'any(.pending[][]; .to == $to)' >"$WORK/answer"; }
check batch__in_the_pool within 20 pool_has "$multicall"

# before_it FROM TO DATA: a transaction that is in front of it in the next block, since it pays more; prints its hash
before_it() {
    rpc "$L1_URL" eth_sendTransaction "[{\"from\":\"$1\",\"to\":\"$2\",\"data\":\"$3\",\"gas\":\"0x100000\",\"maxFeePerGas\":\"0x2e90edd000\",\"maxPriorityFeePerGas\":\"0x174876e800\"}]"
}

# Before it is in a block somebody else finalizes another one.
before_it "$USER" "$GAMES_PORTAL" "$calldata" >"$WORK/race"
check race__in_the_pool within 10 pool_has "$GAMES_PORTAL"
rpc "$L1_URL" evm_mine >"$WORK/answer"
race=$(cat "$WORK/race")
equal race__won 0x1 "$(rpc "$L1_URL" eth_getTransactionReceipt "[\"$race\"]" | jq -r .status)"
rpc "$L1_URL" evm_setIntervalMining '[1]' >"$WORK/answer"

check all__delivered within 60 has 4 '.condition == "done" and .outcome == "success"'
check switched__went_alone within 60 is "$switched" outcome relay-failed
finalized() { field "$1" "transactions | map(select(.step == \"finalize\"))"; }
hash=$(finalized "${good[0]}" | jq -r '.[0].hash')
for id in "${good[@]}"; do
    equal "shared__one_transaction" "[[\"$hash\",4,true]]" "$(finalized "$id" | jq -c 'map([.hash, .sharedBy, .success])')"
    equal "shared__delivered_once" 1 "$(deliveries "$id")"
done
equal switched__not_shared '[null]' "$(finalized "$switched" | jq -c 'map(.sharedBy)')"
# The one that was raced was finalized by the other transaction, and the shared one did the other three.
equal shared__events 3 "$(rpc "$L1_URL" eth_getTransactionReceipt "[\"$hash\"]" |
    jq '[.logs[] | select(.topics[0] == "0xdb5c7652857aa163daadd670e116628fb42e869d8ac4251ef8971d9e5727df1b")] | length')"
equal shared__to_the_multicall "$multicall" "$(rpc "$L1_URL" eth_getTransactionReceipt "[\"$hash\"]" | jq -r .to)"
check show__says_it bash -c "[[ \$('$CAUSEWAY' show '${good[0]#*/}' --route op-games --config '$CONFIG') == *'shared by 4 messages'* ]]"
check status__says_it within 20 bash -c "'$CAUSEWAY' status --config '$CONFIG' --json | jq -e '.routes[] | select(.name == \"op-games\") | .batches | .steps == 4 and .transactions == 1 and .stepsAlone == 1 and .gasUsed < 4 * .gasUsedAlone'"
"$CAUSEWAY" status --config "$CONFIG" | grep 'shared transactions' | sed 's/^/# /'
used=$(finalized "${good[0]}" | jq '.[0].gasUsed')
echo "# gas of the shared transaction: $used used"
equal stats__says_what_was_shared "1 4 $used true" "$("$CAUSEWAY" stats --route op-games --json --config "$CONFIG" | jq -r '.routes[0].steps[] | select(.step == "finalize") | "\(.batches) \(.batched) \(.batchedGas) \(.gasSaved > 0)"')"

# Two more, and a pause of withdrawals that is in front of them: both fail, in a transaction that does not.
for id in "${late[@]}"; do of "$id" release >"$WORK/answer"; done
sleep 3
rpc "$L1_URL" evm_setIntervalMining '[0]' >"$WORK/answer"
check late__in_the_pool within 20 pool_has "$multicall"
before_it "$GUARDIAN" "$SUPERCHAIN_CONFIG" "$(cast calldata 'pause(string)' bed)" >"$WORK/pause"
check pause__in_the_pool within 10 pool_has "$SUPERCHAIN_CONFIG"
rpc "$L1_URL" evm_mine >"$WORK/answer"
rpc "$L1_URL" evm_setIntervalMining '[1]' >"$WORK/answer"
check late__included within 20 is "${late[0]}" 'transactions | map(select(.step == "finalize"))[0].success' true
shared=$(finalized "${late[0]}" | jq -r '.[0].hash')
equal pause__came_first 0x1 "$(rpc "$L1_URL" eth_getTransactionReceipt "[\"$(cat "$WORK/pause")\"]" | jq -r .status)"
equal late__shared_one "[\"$shared\",2]" "$(finalized "${late[1]}" | jq -c '.[0] | [.hash, .sharedBy]')"
equal late__succeeded_and_nothing_came_of_it '["0x1",0]' "$(rpc "$L1_URL" eth_getTransactionReceipt "[\"$shared\"]" | jq -c '[.status, (.logs | length)]')"
"$BED/act" "$WORK/bed" unpause >"$WORK/answer"
for id in "${late[@]}"; do of "$id" retry >"$WORK/answer"; done
check late__delivered within 60 has 6 '.condition == "done" and .outcome == "success"'
for id in "${late[@]}"; do
    equal late__alone_then '[[2,true],[null,true]]' "$(finalized "$id" | jq -c 'map([.sharedBy, .success])')"
    equal late__delivered_once 1 "$(deliveries "$id")"
done
check stop__clean stop_relayer
check log__no_leak_no_error bash -c "! grep -E 'AddressSanitizer|runtime error|LeakSanitizer' '$LOG'"
