#!/usr/bin/env bash
# Everything at once, while withdrawals of mixed kinds are under way: the relayer and its signer are killed every 1 to 3 s, a
# fifth of all RPC answers fails, blocks are reorganized away on all three chains, L1's base fee jumps to its tenfold and
# back, somebody else uses two nonces of the key, and the disk is full for 5 s. What came of it is read from the chains:
# every withdrawal is delivered once, no nonce is missing, and each transaction of ours beyond a proof and a delivery a
# message is put down to the fault that caused it.
#
# SEED=N repeats what happens (not when to the millisecond); COUNT says how many withdrawals, LASTS for how
# many seconds.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/judge.sh"
count=${COUNT:-16} seed=${SEED:-$RANDOM} lasts=${LASTS:-38} patience=${PATIENCE:-90}
echo "# SEED=$seed COUNT=$count LASTS=$lasts"
# Finality is far from the deepest reorganization: one that anvil tears is made again, and deeper then.
start_bed --proposer --finality 14

# --- the bed under stress: two operators a chain, each behind a proxy
proxy() { # NAME URL: its address in PROXIES[NAME]
    "$BUILD/tests/liar" "$2" >"$WORK/proxy-$1.log" 2>&1 &
    within 10 grep -qs '^Listening on ' "$WORK/proxy-$1.log"
    PROXIES[$1]="http://$(sed -n 's/^Listening on //p' "$WORK/proxy-$1.log")"
}
declare -A PROXIES
for operator in one two; do
    proxy l1_$operator "$L1_URL"
    proxy legacy_$operator "$L2_LEGACY_URL"
    proxy games_$operator "$L2_GAMES_URL"
done
control() { curl -sS -d "$2" "${PROXIES[$1]}/control" >/dev/null; } # NAME JSON
counts() { local name; for name in "${!PROXIES[@]}"; do curl -sS "${PROXIES[$name]}/counts"; done | jq -s "$1"; }

# A file system of its own that can be filled, where that may be mounted; else files that can't grow.
mkdir "$WORK/data"
if mount -t tmpfs -o size=64m causeway-torture "$WORK/data" 2>/dev/null; then
    MOUNTED=$WORK/data disk='no space left'
else
    disk='no file may grow'
    trap '' XFSZ # a write fails then, and nobody is killed
fi
"$BED/config" "$WORK/bed" --data "$WORK/data" --policy '{"daily_fee_budget": "100 ether", "max_message_fee": "1 ether"}' \
    --l1 "${PROXIES[l1_one]}" --l1 "${PROXIES[l1_two]}" --legacy "${PROXIES[legacy_one]}" --legacy "${PROXIES[legacy_two]}" \
    --games "${PROXIES[games_one]}" --games "${PROXIES[games_two]}" |
    jq '.chains[] += {quick_deadline_ms: 1000, heavy_deadline_ms: 2000} | .signers.relayer.foreign_nonce = "shift"
        | .chains[].endpoints |= [[., ["one", "two"]] | transpose[] | {url: .[0], operator: .[1]}]' >"$CONFIG"

# --- faults, each in a loop of its own until what is sent is sent
over() { [ -e "$WORK/over" ]; }
url_of() { if [ "$1" = legacy ]; then echo "$L2_LEGACY_URL"; else echo "$L2_GAMES_URL"; fi; }

fail_answers() {
    local modes=(rate_limit rate_limit http_503 hang_up truncate close html http_429_bare never) name
    RANDOM=$((seed + 1))
    until over; do
        for name in "${!PROXIES[@]}"; do
            control "$name" "{\"mode\":\"${modes[RANDOM % ${#modes[@]}]}\",\"chance\":0.2,\"seed\":$RANDOM}"
        done
        nap 1500
    done
    for name in "${!PROXIES[@]}"; do control "$name" '{"mode":"honest"}'; done
}
reorganize_chains() {
    local chains=(l1 l1 l1 l2-legacy l2-games) chain depth keep
    RANDOM=$((seed + 2))
    nap 3000
    until over; do
        chain=${chains[RANDOM % 5]} depth=$((1 + RANDOM % 8)) keep=''
        [ $((RANDOM % 2)) = 0 ] || keep=--keep
        reorganize $chain $depth $keep
        nap $((2000 + RANDOM % 4000))
    done
}
base_fee() { rpc "$L1_URL" anvil_setNextBlockBaseFeePerGas "[\"$(printf '0x%x' "$1")\"]" >/dev/null; } # WEI
jump_fees() {
    local gwei=1000000000 fee
    RANDOM=$((seed + 3)) fee=$gwei
    until over; do
        if [ $((RANDOM % 6)) = 0 ]; then
            if [ $fee = $gwei ]; then fee=$((10 * gwei)); else fee=$gwei; fi
            fault fee "base fee $((fee / gwei)) gwei"
        fi
        base_fee $fee
        nap 700
    done
    base_fee $gwei
}
# use_nonce: somebody else's transaction in the place of whatever is next
use_nonce() {
    local next hash tries
    for ((tries = 0; tries < 20; tries++)); do
        next=$(nonce "$L1_URL" latest)
        hash=$(rpc "$L1_URL" eth_sendTransaction "[{\"from\":\"$RELAYER\",\"to\":\"$STRANGER\",\"value\":\"0x1\",\"gas\":\"0x5208\",
            \"nonce\":\"$(printf '0x%x' "$next")\",\"maxFeePerGas\":\"0x2e90edd000\",\"maxPriorityFeePerGas\":\"0x174876e800\"}]" | tr -d '"')
        [[ $hash =~ ^0x ]] || continue
        fault foreign "nonce $next $hash"
        return
    done
}
be_others() {
    RANDOM=$((seed + 4))
    nap $((lasts * 650 + RANDOM % (lasts * 50)))
    use_nonce
    nap $((lasts * 150 + RANDOM % (lasts * 50)))
    use_nonce
}
# limit_files BYTES: no file of the relayer or its signer may grow beyond that
limit_files() {
    local pid
    for pid in $(pgrep -f "^$CAUSEWAY run --config $CONFIG" || true); do
        for pid in $pid $(pgrep -P "$pid" || true); do prlimit --pid "$pid" --fsize="$1:" 2>/dev/null || true; done
    done
}
fill_disk() {
    RANDOM=$((seed + 5))
    nap $((lasts * 350 + RANDOM % (lasts * 200)))
    fault disk "full: $disk"
    touch "$WORK/full"
    if [ -n "${MOUNTED:-}" ]; then
        cat /dev/zero >"$WORK/data/ballast" 2>/dev/null || true
        nap 5000
        rm "$WORK/data/ballast"
    else
        local end=$((SECONDS + 5))
        while [ $SECONDS -lt $end ]; do
            limit_files 0 # also of those that were started since
            nap 100
        done
        limit_files unlimited
    fi
    rm "$WORK/full"
    fault disk "has room again"
}
kinds=(eth messenger bridge data)
send_some() { # what a reorganization takes before it was seen here is nobody's business
    local rollup=legacy n
    RANDOM=$((seed + 6))
    for ((n = 0; n < count; n += 2)); do
        timeout 60 "$BED/send" "$WORK/bed" --rollup $rollup --kind "${kinds[RANDOM % ${#kinds[@]}]}" --count 2 --from $((8 + RANDOM % 12)) >/dev/null 2>&1 &
        if [ $rollup = legacy ]; then rollup=games; else rollup=legacy; fi
        nap $((1400 * lasts / count))
    done
    wait
}

# --- the run
RANDOM=$seed
start_relayer
loops=()
for loop in fail_answers reorganize_chains jump_fees be_others fill_disk send_some; do
    $loop &
    loops+=($!)
done
ends=0
revive() { # starts it again where it is not there; it may end by itself for want of disk only
    kill -0 "$DAEMON" 2>/dev/null && return
    wait "$DAEMON" 2>/dev/null || true
    if [ -e "$WORK/full" ]; then
        nap 200
    elif ! tail -n 3 "$LOG" | grep -qE '^causeway: .*(disk is full|No space left)'; then
        ends=$((ends + 1))
    fi
    start_relayer
}
until=$((SECONDS + lasts))
while [ $SECONDS -lt $until ] || [ -e "$WORK/full" ]; do
    nap $((1000 + RANDOM % 2000))
    if [ $((RANDOM % 5)) -lt 3 ]; then
        kill -9 "$DAEMON" 2>/dev/null && fault kill relayer
        wait "$DAEMON" 2>/dev/null || true
        start_relayer
    else
        revive
        signer=$(pgrep -P "$DAEMON" || true)
        [ -z "$signer" ] || ! kill -9 "$signer" 2>/dev/null || fault kill signer
    fi
done
touch "$WORK/over"
wait "${loops[@]}" || true # a number of theirs may be that of a killed relayer by now
revive
echo "# sent and tortured after $SECONDS s"

# --- every withdrawal once, by the chains
existing() { logs_of "$(url_of "$1")" "$MESSAGE_PASSER" 0x02a52367d10742d8032712c1bb8e0144ff1ec5ffda1ed7d70bb05a2744955054 '"0x" + .data[194:258]' | sort; }
finalized() { logs_of "$L1_URL" "$(portal_of "$1")" 0xdb5c7652857aa163daadd670e116628fb42e869d8ac4251ef8971d9e5727df1b '.topics[1]' | sort; }
all_finalized() {
    local rollup
    for rollup in legacy games; do [ -z "$(comm -23 <(existing $rollup) <(finalized $rollup))" ] || return 1; done
}
check every_withdrawal__delivered within "$patience" all_finalized
sleep 6 # what would be done twice had time to be
for rollup in legacy games; do
    existing $rollup >"$WORK/$rollup.existing"
    equal "${rollup}__delivered_once_each_and_nothing_else" "$(cat "$WORK/$rollup.existing")" "$(finalized $rollup)"
    sed "s,^,$rollup/," "$WORK/$rollup.existing" >>"$WORK/ids"
done
done_ids() { messages '.messages[] | select(.condition == "done") | "\(.route)/\(.id)"' | tr -d '"' | sed 's,^op-,,' | sort; }
all_done() { [ "$(sort "$WORK/ids")" = "$(done_ids)" ]; }
check relayer__says_so within 30 all_done
equal relayer__never_ended_by_itself 0 $ends
equal routes__none_held 0 "$("$CAUSEWAY" status --config "$CONFIG" --json | jq '[.routes[] | select(.held)] | length')"

# --- its transactions on L1, each with what it is for and what caused it
write_stories
check stop__clean stop_relayer
judge l1 "$L1_URL" "$L1_START"
equal transactions__one_proof_and_one_delivery_a_message "$(wc -l <"$WORK/ids") $(wc -l <"$WORK/ids")" "$(judged l1 '.kind == "prove"') $(judged l1 '.kind == "finalize"')"
check log__no_leak_no_error bash -c "! grep -E 'AddressSanitizer|runtime error|LeakSanitizer' '$LOG'"

# --- summary
echo "# SEED=$seed: $SECONDS s"
echo "# faults: $(faults 'kill relayer') times the relayer killed, $(faults 'kill signer') times the signer; $(faults reorg) reorganizations ($(faults 'reorg l1') of L1);" \
    "$(faults fee) jumps of the base fee; $(faults foreign) foreign transactions; $(($(faults disk) / 2)) times the disk full ($disk);" \
    "$(counts 'map(.told) | add') of $(counts 'map(.requests) | add') answers spoiled"
echo "# messages: $(wc -l <"$WORK/ids") exist, $(($(finalized legacy | wc -l) + $(finalized games | wc -l))) delivered"
tell_judged l1
echo "# bids: $(jq -s '[.[].transactions[].bids | length - 1] | add' "$WORK/stories") in place of others"
