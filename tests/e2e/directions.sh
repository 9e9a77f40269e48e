#!/usr/bin/env bash
# Messages of all four directions at once: withdrawals from two OP Stack rollups and deposits to them, messages out of a
# Nitro rollup and tickets to it, many of which fail at first. While they are under way the relayer is killed every few
# seconds, and each of the four chains loses blocks, within finality. What came of it is read from the chains: each message
# that its source still has was delivered once, and our transactions beyond what that takes are put down to a reorganization.
#
# SEED=N repeats what happens (not when to the millisecond); COUNT says how many messages a direction, LASTS for how many
# seconds they are sent.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/judge.sh"
count=${COUNT:-8} seed=${SEED:-$RANDOM} lasts=${LASTS:-18} patience=${PATIENCE:-60}
echo "# SEED=$seed COUNT=$count LASTS=$lasts"
# Finality is far from the deepest reorganization: one that anvil tears is made again, and deeper then.
start_bed --proposer --deposits --nitro --asserter --finality 10
# A rollup is reorganized with L1 where it took something in too early; ours is not, and waits.
"$BED/deriver" "$WORK/bed" --stop
"$BED/deriver" "$WORK/bed" --background --tag finalized
"$BED/config" "$WORK/bed" --data "$WORK/data" --route all |
    jq --arg legacy "$LEGACY_MESSENGER" --arg games "$GAMES_MESSENGER" '
        .routes["op-legacy"].contracts.messenger = $legacy | .routes["op-games"].contracts.messenger = $games' >"$CONFIG"

# ---- what happens, each in a loop of its own until all is sent
over() { [ -e "$WORK/over" ]; }
# What takes messages to a chain stands still while that is reorganized: on a rollup it is the same node that does both.
reorganize_chains() {
    local chains=(l1 l2-nitro l2-games l1 l2-nitro l2-legacy) chain keep service round
    RANDOM=$((seed + 1))
    nap 2000
    for ((round = seed; ; round++)); do
        chain=${chains[round % ${#chains[@]}]} keep=''
        [ $((RANDOM % 2)) = 0 ] || keep=--keep
        case $chain in
        l1) service=() ;;
        l2-nitro) service=(sequencer "$WORK/bed" --rollup nitro) ;;
        *) service=(deriver "$WORK/bed") ;;
        esac
        (
            flock 5 # see mend
            [ ${#service[@]} = 0 ] || "$BED/${service[0]}" "${service[@]:1}" --pause
            reorganize "$chain" $((1 + RANDOM % 5)) $keep
            [ ${#service[@]} = 0 ] || "$BED/${service[0]}" "${service[@]:1}" --resume
        ) 5>"$WORK/still"
        nap $((500 + RANDOM % 2000))
        ! over || break
    done
}
# mend: targets that revert take calls from now on; that is not reorganized away, since a call that was tried would fail then
mend() {
    nap $((lasts * 600))
    (
        flock 5
        for chain in l1 l2-legacy l2-games l2-nitro; do "$BED/act" "$WORK/bed" switch on --chain $chain >/dev/null 2>>"$WORK/send.log" || echo "not ok mend_$chain"; done
        nap 6000
    ) 5>"$WORK/still"
}
kill_relayers() {
    local end=$((SECONDS + lasts))
    RANDOM=$seed
    while [ $SECONDS -lt $end ] || ! sent; do
        nap $((1000 + RANDOM % 3000))
        kill_relayer
        fault kill relayer
        start_relayer
    done
}
# send_some WHAT ACCOUNT ROLLUPS KIND…: what a reorganization takes while it is sent is nobody's business
send_some() {
    local what=$1 account=$2 rollups=() kinds=("${@:4}") n
    read -ra rollups <<<"$3"
    RANDOM=$((seed + account))
    for ((n = 0; n < count; n += 2)); do
        timeout 15 "$BED/send" "$WORK/bed" --rollup "${rollups[n / 2 % ${#rollups[@]}]}" --kind "${kinds[n / 2 % ${#kinds[@]}]}" \
            --count 2 --from $((account + RANDOM % 3)) >/dev/null 2>>"$WORK/send.log" &
        nap $((1400 * lasts / count))
    done
    wait
    touch "$WORK/sent-$what"
}
sent() { [ "$(find "$WORK" -maxdepth 1 -name 'sent-*' | wc -l)" = 4 ]; }

start_relayer
loops=()
reorganize_chains & loops+=($!)
mend & mender=$!
send_some withdrawals 8 'legacy games' eth messenger data messenger-switch bridge & loops+=($!)
send_some deposits 11 'legacy games' deposit-messenger-switch deposit deposit-messenger & loops+=($!)
send_some exits 14 nitro eth switch withdraw data & loops+=($!)
send_some tickets 17 nitro retryable-no-gas retryable-switch retryable-low-gas retryable deposit retryable-data & loops+=($!)
kill_relayers
# What they end with says nothing: a number of a process may be that of a relayer by now.
wait $mender || true
touch "$WORK/over"
wait "${loops[@]}" || true
echo "# sent and tortured after $SECONDS s"

# ---- what there is to be delivered: the logs that are messages, as the sources have them now
url_of() { local name=L2_${1^^}_URL; echo "${!name}"; }
start_of() { local name=L2_${1^^}_START; echo "${!name}"; }
messenger_of() { if [ "$1" = legacy ]; then echo "$LEGACY_MESSENGER"; else echo "$GAMES_MESSENGER"; fi; }
WORDS='def word($n): .data[2 + 64 * $n:66 + 64 * $n];
    def number: ascii_downcase | explode | reduce .[] as $digit (0; . * 16 + (if $digit > 96 then $digit - 87 else $digit - 48 end));'
withdrawals() { logs_of "$(url_of "$1")" "$MESSAGE_PASSER" 0x02a52367d10742d8032712c1bb8e0144ff1ec5ffda1ed7d70bb05a2744955054 tojson; }
deposits() { logs_of "$L1_URL" "$(portal_of "$1")" 0xb3813568d9991fc951961fcb4c784893574240a28925604d09fc577c55bb7c32 tojson; }
exits() { logs_of "$L2_NITRO_URL" 0x0000000000000000000000000000000000000064 0x3e7aafa77dbf186b7fd488006beff893744caa3c4f6f299e8a709fa2087374fc tojson; }
tickets() { logs_of "$L1_URL" "$NITRO_INBOX" 0xff64905f73a67fb594e0f940a8075a860db489ad991e032f48c81123eb52d60b tojson; }
for rollup in legacy games; do
    withdrawals $rollup >"$WORK/op-$rollup"
    deposits $rollup >"$WORK/op-$rollup-deposits"
done
exits >"$WORK/nitro"
tickets >"$WORK/nitro-tickets"
ROUTES=(op-legacy op-games op-legacy-deposits op-games-deposits nitro nitro-tickets)

done_of() { "$CAUSEWAY" messages --config "$CONFIG" --route "$1" --condition done --limit 10000 --json | jq -r '.messages[].id' | sort; }
has_failed_retries() { "$CAUSEWAY" messages --config "$CONFIG" --route nitro-tickets --condition waiting --limit 10000 --json | jq -e 'any(.messages[]; .reason == "retry_failed")' >/dev/null; }
all_done() { # and what was said to wait for its target is tried again, its time being over
    local route
    ! has_failed_retries || "$BED/act" "$WORK/bed" warp 300 --chain l2-nitro >/dev/null
    "$CAUSEWAY" messages --config "$CONFIG" --condition waiting --limit 10000 --json |
        jq -r '.messages[] | select(.reason == "target_reverts") | "\(.route) \(.id)"' |
        while read -r route id; do "$CAUSEWAY" retry "$id" --route "$route" --config "$CONFIG" >/dev/null || true; done
    for route in "${ROUTES[@]}"; do [ "$(done_of "$route" | wc -l)" -ge "$(wc -l <"$WORK/$route")" ] || return 1; done
}
check every_message__done within "$patience" all_done
messages '.messages[] | select(.condition != "done" and .reason != "reorged") | "# \(.route) \(.id): \(.stage), \(.condition), \(.reason): \(.detail)"' | jq -r .
sleep 4 # what would be done twice had time to be

# ---- each once, by the chains; and the relayer names the same
same() { # NAME WANTED-FILE GOT-FILE: the same lines, as often
    equal "$1" "$(sort "$2")" "$(sort "$3")"
}
hashes() { while read -r bytes; do "$BED_BIN/cast" keccak "0x$bytes"; done; }
RELAYED=0x4641df4a962071e12719d8c8c8e5ac7fc4d97b927346a3d7a335b1f7517e133c
relayed() { logs_of "$1" "$2" $RELAYED '.topics[1]'; } # URL MESSENGER
for rollup in legacy games; do
    jq -r "$WORDS"'"0x" + word(3)' "$WORK/op-$rollup" >"$WORK/exist"
    logs_of "$L1_URL" "$(portal_of $rollup)" 0xdb5c7652857aa163daadd670e116628fb42e869d8ac4251ef8971d9e5727df1b '.topics[1]' >"$WORK/got"
    same "op_${rollup}__finalized_once_each_and_nothing_else" "$WORK/exist" "$WORK/got"
    equal "op_${rollup}__relayer_says_so" "$(sort "$WORK/exist")" "$(done_of "op-$rollup")"
    jq -r --arg messenger "${L2_MESSENGER#0x}" "$WORDS"'select(.topics[2] | endswith($messenger)) | .data[322:322 + 2 * (word(4) | number)]' "$WORK/op-$rollup" |
        hashes >"$WORK/exist"
    relayed "$L1_URL" "$(messenger_of $rollup)" >"$WORK/got"
    same "op_${rollup}__relayed_once_each" "$WORK/exist" "$WORK/got"

    # A deposit's transaction follows from its log. What the portal holds in bytes: mint, value, gas, creation, data.
    jq -r '[.blockHash, .logIndex, .topics[1], .topics[2], .data] | @tsv' "$WORK/op-$rollup-deposits" | (
        . "$BED/lib.sh"
        . "$BED/deposits.sh"
        load_bed "$WORK/bed"
        while IFS=$'\t' read -r hash index from to data; do
            deposit_transaction "$hash" "$index" "$from" "$to" "$data"
            cast keccak "$DEPOSIT_RAW"
        done
    ) >"$WORK/exist"
    in_blocks "$(url_of $rollup)" 1 eth_getBlockReceipts | jq -c '.[]? | select(.type | ascii_downcase == "0x7e")' >"$WORK/l2-receipts"
    jq -r .transactionHash "$WORK/l2-receipts" >"$WORK/got"
    same "op_${rollup}_deposits__derived_once_each" "$WORK/exist" "$WORK/got"
    equal "op_${rollup}_deposits__relayer_says_so" "$(sort "$WORK/exist")" "$(done_of "op-$rollup-deposits")"
    jq -r --arg messenger "${L2_MESSENGER#0x}" "$WORDS"'select(.topics[2] | endswith($messenger)) | .data[276:130 + 2 * (word(1) | number)]' "$WORK/op-$rollup-deposits" |
        hashes >"$WORK/exist"
    relayed "$(url_of $rollup)" "$L2_MESSENGER" >"$WORK/got"
    same "op_${rollup}_deposits__relayed_once_each" "$WORK/exist" "$WORK/got"
    equal "op_${rollup}_deposits__none_failed" '' "$(jq -r 'select(.status != "0x1") | .transactionHash' "$WORK/l2-receipts")"
done
jq -r '.topics[3]' "$WORK/nitro" >"$WORK/exist"
logs_of "$L1_URL" "$NITRO_OUTBOX" 0x20af7f3bbfe38132b8900ae295cd9c8d1914be7052d061a511f3f728dab18964 .data >"$WORK/got"
same nitro__executed_once_each_and_nothing_else "$WORK/exist" "$WORK/got"
equal nitro__relayer_says_so "$(sort "$WORK/exist")" "$(done_of nitro)"
unspent() { while read -r id; do [ "$(rpc "$L1_URL" eth_call "[{\"to\":\"$NITRO_OUTBOX\",\"data\":\"0x5a129efe${id#0x}\"},\"latest\"]")" = "\"0x$(printf %064x 1)\"" ] || echo "$id"; done; }
equal nitro__all_spent '' "$(unspent <"$WORK/exist")"

# Of each message of the inbox the rollup made one transaction, and of each ticket one try went well.
in_blocks "$L2_NITRO_URL" "$L2_NITRO_START" eth_getBlockByNumber ,true | jq -c '.transactions[]? | select(.type == ("0x64", "0x68", "0x69"))' >"$WORK/l2-transactions"
in_blocks "$L2_NITRO_URL" "$L2_NITRO_START" eth_getBlockReceipts | jq -c '.[]? | select(.type == ("0x64", "0x68", "0x69")) | {(.transactionHash): .status}' | jq -s 'add // {}' >"$WORK/l2-status"
jq -r '.topics[1]' "$WORK/nitro-tickets" >"$WORK/exist"
jq -r 'select(.requestId) | .requestId' "$WORK/l2-transactions" >"$WORK/got"
same tickets__taken_in_once_each "$WORK/exist" "$WORK/got"
jq -r 'select(.requestId) | .hash' "$WORK/l2-transactions" >"$WORK/exist"
equal tickets__relayer_says_so "$(sort "$WORK/exist")" "$(done_of nitro-tickets)"
jq -r --slurpfile status "$WORK/l2-status" 'select($status[0][.hash] == "0x1") | .ticketId // (select(.type == "0x64") | .hash)' "$WORK/l2-transactions" >"$WORK/got"
same tickets__ran_well_once_each "$WORK/exist" "$WORK/got"

# ---- and by what arrived: each message brings the same to a target that it names, its own or one of those that count calls
SINK=${TARGET_SINK#0x} SWITCH=${TARGET_SWITCH#0x}
SINK=${SINK,,} SWITCH=${SWITCH,,}
# arrived CHAIN URL FILE…: to each target of the bed's, there, as much as the messages in FILE… bring; and nothing to others
arrived() {
    local chain=$1 url=$2 target n
    jq -r --arg pattern "ca05e3a1038[0-9a-f]{29}|$SINK|$SWITCH" '[.data, .topics[] | scan($pattern)] | unique[]' "${@:3}" | sort | uniq -c | awk '{print $2, $1}' >"$WORK/named"
    {
        for id in 901 902 903; do
            for ((n = 1; n <= $(wc -c <"$WORK/bed/targets.count"); n++)); do printf 'ca05e3a1%04x%028x\n' $id $n; done
        done
        printf '%s\n' "$SINK" "$SWITCH"
    } >"$WORK/targets"
    n=0
    while read -r target; do printf '{"jsonrpc":"2.0","id":%d,"method":"eth_getBalance","params":["0x%s","latest"]}\n' $((n++)) "$target"; done <"$WORK/targets" |
        jq -cs '_nwise(200)' | while read -r batch; do curl -sS -H 'content-type: application/json' -d "$batch" "$url" | jq -r 'sort_by(.id)[].result'; done |
        while read -r value; do echo $((value)); done | paste -d' ' "$WORK/targets" - | sed -n 's/000000000000000$//p' | sort >"$WORK/got"
    same "${chain}__each_value_arrived_once" "$WORK/named" "$WORK/got"
    for target in "$SINK 0" "$SWITCH 1"; do
        equal "${chain}__calls_counted_${target#* }" "$(($(sed -n "s/^${target% *} //p" "$WORK/named")))" \
            "$(($(rpc "$url" eth_getStorageAt "[\"0x${target% *}\",\"0x${target#* }\",\"latest\"]" | tr -d '"')))"
    done
}
arrived l1 "$L1_URL" "$WORK"/{op-legacy,op-games,nitro}
arrived l2_legacy "$L2_LEGACY_URL" "$WORK/op-legacy-deposits"
arrived l2_games "$L2_GAMES_URL" "$WORK/op-games-deposits"
arrived l2_nitro "$L2_NITRO_URL" "$WORK/nitro-tickets"

# ---- the relayer: what its sources lost is not delivered, nothing is held, and its transactions are few
equal messages__the_rest_is_gone '' "$("$CAUSEWAY" messages --config "$CONFIG" --limit 10000 --json | jq -r '.messages[] | select(.condition != "done" and .reason != "reorged") | .id')"
equal routes__none_held 0 "$("$CAUSEWAY" status --config "$CONFIG" --json | jq '[.routes[] | select(.held)] | length')"
equal endpoints__none_accused '[]' "$("$CAUSEWAY" status --config "$CONFIG" --json | jq -c .findings)"
write_stories
check stop__clean stop_relayer
judge l1 "$L1_URL" "$L1_START"
# A call with a value can't be tried before a redeem: it may be scheduled well, and fail.
in_blocks "$L2_NITRO_URL" "$L2_NITRO_START" eth_getBlockReceipts | jq -r --arg from "${RELAYER,,}" --slurpfile status "$WORK/l2-status" '
    .[]? | select(.from == $from) | .transactionHash as $hash | .logs[] | select(.topics[0] == "0x5ccd009502509cf28762c67858994d85b163bb6e451f5e9df7c5e18c9c2e123e")
    | select($status[0][.topics[2]] == "0x0") | "\($hash) its retry failed"' >"$WORK/undone-l2-nitro"
for rollup in legacy games nitro; do judge l2-$rollup "$(url_of $rollup)" "$(start_of $rollup)"; done
equal steps__one_a_message "$(cat "$WORK"/op-{legacy,games} | wc -l) $(cat "$WORK"/op-{legacy,games} | wc -l) $(wc -l <"$WORK/nitro")" \
    "$(for step in prove finalize execute; do judged l1 ".kind == \"$step\""; done | xargs)"
check log__no_leak_no_error bash -c "! grep -E 'AddressSanitizer|runtime error|LeakSanitizer' '$LOG'"

# ---- summary
echo "# SEED=$seed: $SECONDS s; $(faults 'kill relayer') times the relayer killed, $(faults reorg) reorganizations:" \
    "$(for chain in l1 l2-legacy l2-games l2-nitro; do echo "$(faults "reorg $chain") of $chain"; done | paste -sd, | sed 's/,/, /g')"
echo "# messages: $(for route in "${ROUTES[@]}"; do echo "$(wc -l <"$WORK/$route") $route"; done | paste -sd, | sed 's/,/, /g')"
for chain in l1 l2-legacy l2-games l2-nitro; do tell_judged $chain; done
