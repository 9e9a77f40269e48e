#!/usr/bin/env bash
# Nothing is wrong, and the monitor says so: honest proposers and messages both ways of four rollups' routes, while the
# monitor and the relayer are killed at random, all chains lose blocks within finality, nodes lag behind, endpoints go away,
# and one chain cannot be read for longer than the monitor waits before it says so. At the end all that the chains' logs
# show was judged and holds, nothing was ever called violated but what a reorganization took back, and nobody was held.
#
# SEED=N repeats what happens (not when to the millisecond); COUNT says how many messages a direction, LASTS for how many
# seconds it goes on, L1_BLOCKS and L2_BLOCKS how many blocks there must be at least (of the L2s together), LONG_OUTAGES how
# often a chain is away for long, KILL_MS how long a process is left alone at least, KILLS_LAST for how many seconds the
# monitor is killed (what it takes of memory then shows), PROGRAM what it is (default: the one that is built with sanitizers),
# PAUSE_MS how long nothing else happens to a chain and to the endpoints at least.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/judge.sh
. "$(dirname "$0")/judge.sh"
# shellcheck disable=SC2119
count=${COUNT:-4} seed=${SEED:-$RANDOM} lasts=${LASTS:-14} patience=${PATIENCE:-60} l1_blocks=${L1_BLOCKS:-0} l2_blocks=${L2_BLOCKS:-0}
kill_ms=${KILL_MS:-2000} kills_last=${KILLS_LAST:-$lasts} program=${PROGRAM:-}
limit=${UNVERIFIED_ALERT_S:-8} idle_s=${IDLE_S:-0} finality=${FINALITY:-10} pause_ms=${PAUSE_MS:-1000} long_outages=${LONG_OUTAGES:-1}
echo "# SEED=$seed COUNT=$count LASTS=$lasts"
CHAINS=(l1 l2-legacy l2-games l2-nitro) OPERATORS=(one two three)
start_bed --proposer --deposits --nitro --asserter --finality "$finality" --block-time 3600 # see mine
mine_some() { # CHAIN COUNT
    curl -sS -o /dev/null -H 'content-type: application/json' -d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"anvil_mine\",\"params\":[\"$(printf '0x%x' "$2")\"]}" "${NODES[$1]}" 2>/dev/null || true
}
declare -A NODES=([l1]=$L1_URL [l2-legacy]=$L2_LEGACY_URL [l2-games]=$L2_GAMES_URL [l2-nitro]=$L2_NITRO_NODE_URL) START
for chain in "${CHAINS[@]}"; do
    mine_some "$chain" $((finality + 1)) # no state can be proved at block 0, which is final at first
    START[$chain]=$(block "${NODES[$chain]}")
done
# mine: all blocks, so that none comes in the midst of a reorganization, which anvil does not bear; and beyond two or three a
# second what there must be, evenly
mine() {
    local chain n due began=$SECONDS
    while [ -e "$WORK/bed/bed.env" ]; do # until the bed is gone
        due=$(((SECONDS - began) * 1000 / lasts)) # thousandths
        [ $due -le 1000 ] || due=1000
        for chain in "${CHAINS[@]}"; do
            # An output every four blocks is what a proposer can do for few of them only: what it is late with, nobody proves.
            case $chain in
            l1) n=$l1_blocks ;;
            l2-legacy) n=$((l2_blocks / 10)) ;;
            *) n=$((l2_blocks * 9 / 20)) ;;
            esac
            [ $n = 0 ] || n=$((n * due / 1000 + ${START[$chain]} - $(block "${NODES[$chain]}" 2>/dev/null)))
            (
                flock 5
                mine_some "$chain" $((n < 1 ? 1 : n))
            ) 5>"$WORK/mining"
        done
        nap 350
    done
}
mine &
# A rollup is reorganized with L1 where it took something in too early, and what was proposed of a block that is replaced is
# false: here both wait for finality.
again() { # SCRIPT [OPTION…]
    "$BED/$1" "$WORK/bed" "${@:2}" --stop
    "$BED/$1" "$WORK/bed" "${@:2}" --background --tag finalized
}
again deriver
again proposer
again asserter --rollup nitro

# --- the relayer, and the monitor with three operators a chain, each behind a proxy
declare -A PROXIES
proxies() {
    local chain operator url
    for chain in "${CHAINS[@]}"; do
        url=${NODES[$chain]}
        [ "$chain" != l2-nitro ] || url=$L2_NITRO_URL
        for operator in "${OPERATORS[@]}"; do "$BUILD/tests/liar" "$url" >"$WORK/proxy-$chain-$operator.log" 2>&1 & done
    done
    for chain in "${CHAINS[@]}"; do
        for operator in "${OPERATORS[@]}"; do
            within 10 grep -qs '^Listening on ' "$WORK/proxy-$chain-$operator.log"
            PROXIES[$chain/$operator]="http://$(sed -n 's/^Listening on //p' "$WORK/proxy-$chain-$operator.log")"
        done
    done
}
proxies
"$BED/config" "$WORK/bed" --data "$WORK/data" --route all >"$CONFIG"
MONITOR=$WORK/monitor.json MONITOR_LOG=$WORK/monitor.log MONITOR_PID=''
LOGS+=("$MONITOR_LOG")
endpoints=()
for chain in "${CHAINS[@]}"; do
    for operator in "${OPERATORS[@]}"; do endpoints+=("--${chain#l2-}" "${PROXIES[$chain/$operator]}"); done
done
"$BED/config" "$WORK/bed" --data "$WORK/watch" --route all --relay none "${endpoints[@]}" | jq --arg data "$WORK/data" --argjson limit "$limit" '
    del(.signers, .routes[].signer) | .monitor = {relayer_data_dir: $data, unverified_alert_s: $limit}
    | .chains[] += {quorum: 2, quick_deadline_ms: 2000, heavy_deadline_ms: 4000, set_aside_s: 1}
    | .chains[].endpoints |= [[., ["one", "two", "three"]] | transpose[] | {url: .[0], operator: .[1]}]' >"$MONITOR"
start_monitor() {
    "${program:-$CAUSEWAY}" run --role monitor --config "$MONITOR" --plain >>"$MONITOR_LOG" 2>&1 &
    MONITOR_PID=$!
}
stop_monitor() {
    local status=0
    kill -TERM "$MONITOR_PID"
    wait "$MONITOR_PID" || status=$?
    MONITOR_PID=''
    return $status
}
# seen COMMAND [OPTION…]: what the monitor's database says, whether it runs or there is any, or not
seen() { "$CAUSEWAY" "$1" --config "$MONITOR" --json "${@:2}" || [ $? = 1 ]; }

# --- what happens, each in a loop of its own until all is sent
over() { [ -e "$WORK/over" ]; }
control() { within 60 curl -m 5 -sS -o /dev/null -d "$2" "${PROXIES[$1]}/control"; } # CHAIN/OPERATOR JSON
# set_clock CHAIN: anvil's stays behind by what was replaced
set_clock() {
    local behind
    mine_some "$1" 1
    behind=$(($(date +%s) - $(rpc "${NODES[$1]}" eth_getBlockByNumber '["latest",false]' | jq -r .timestamp)))
    [ $behind -le 0 ] || rpc "${NODES[$1]}" evm_increaseTime "[$behind]" >/dev/null
}
reorganize_chains() {
    local chain keep service round
    RANDOM=$((seed + 1))
    nap 2000
    for ((round = seed; ; round++)); do
        chain=${CHAINS[round % 4]} keep=''
        [ $((RANDOM % 2)) = 0 ] || keep=--keep
        case $chain in
        l1) service=() ;;
        l2-nitro) service=(sequencer "$WORK/bed" --rollup nitro) ;;
        *) service=(deriver "$WORK/bed") ;;
        esac
        # What takes messages to a chain stands still while that is reorganized.
        [ ${#service[@]} = 0 ] || "$BED/${service[0]}" "${service[@]:1}" --pause
        (
            flock 5
            reorganize "$chain" $((1 + RANDOM % 5)) $keep
            set_clock "$chain"
        ) 5>"$WORK/mining"
        [ ${#service[@]} = 0 ] || "$BED/${service[0]}" "${service[@]:1}" --resume
        nap $((pause_ms + RANDOM % (2 * pause_ms)))
        ! over || break
    done
}
# be CHAIN N KIND LIE MS: so many of its operators lie for so long; one after the other on one chain
be() {
    local operator
    (
        flock 6
        fault "$3" "$1 $2"
        for operator in "${OPERATORS[@]:0:$2}"; do control "$1/$operator" "$4"; done
        nap "$5"
        for operator in "${OPERATORS[@]:0:$2}"; do control "$1/$operator" '{"mode":"honest"}'; done
        fault "over-$3" "$1"
    ) 6>"$WORK/lying-$1"
}
# lag: one or two of a chain's nodes show an older head
lag() {
    RANDOM=$((seed + 2))
    until over; do
        nap $((pause_ms / 3 + RANDOM % pause_ms))
        be "${CHAINS[RANDOM % 4]}" $((1 + RANDOM % 2)) lag "{\"mode\":\"old_head\",\"arg\":$((1 + RANDOM % 6))}" $((500 + RANDOM % 2500))
    done
}
outages() {
    local modes=(http_503 hang_up never rate_limit behind html)
    RANDOM=$((seed + 3))
    until over; do
        nap $((3 * pause_ms / 2 + RANDOM % (3 * pause_ms)))
        be "${CHAINS[RANDOM % 4]}" 3 outage "{\"mode\":\"${modes[RANDOM % 6]}\"}" $((300 + RANDOM % 1500))
    done
}
# away_for_long: the roots that are posted meanwhile can't be told
away_for_long() {
    local chains=(l2-legacy l2-games l2-nitro l1) n
    for ((n = 0; n < long_outages; n++)); do
        nap $((lasts * (n == 0 ? 100 : 800 / long_outages)))
        be "${chains[n % 4]}" 3 away '{"mode":"never"}' $(((limit + 5) * 1000))
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
        nap $((1800 * lasts / count))
    done
    wait
    touch "$WORK/sent-$what"
}
sent() { [ "$(find "$WORK" -maxdepth 1 -name 'sent-*' | wc -l)" = 4 ]; }
# kill_both: the monitor and the relayer, until all is sent; and what the monitor takes of memory, and how far it is behind
kill_both() {
    local end=$((SECONDS + lasts)) monitor_end=$((SECONDS + kills_last)) round
    RANDOM=$seed
    for ((round = 0; ; round++)); do
        [ $SECONDS -lt $end ] || ! sent || break
        nap $((kill_ms + RANDOM % (5 * kill_ms / 2)))
        sample
        if [ $((round % 2)) = 1 ]; then
            kill_relayer
            fault kill relayer
            start_relayer
        elif [ $SECONDS -lt $monitor_end ]; then
            kill -9 "$MONITOR_PID"
            wait "$MONITOR_PID" 2>/dev/null || true
            fault kill monitor
            start_monitor
        fi
    done
}
sample() { # SECONDS RSS-KB, and blocks of each chain that are not read yet
    local chain read
    read=$(seen status 2>/dev/null | jq -c '[.chains[] | {(.name): .readTo}] | add') || return 0
    echo "$SECONDS $(awk '/^VmRSS/ {print $2}' "/proc/$MONITOR_PID/status" 2>/dev/null)" \
        "$(for chain in "${CHAINS[@]}"; do echo "$chain $(($(block "${NODES[$chain]}") - $(jq -r --arg chain "$chain" '.[$chain] // 0' <<<"$read")))"; done | xargs)" >>"$WORK/samples"
}

RANDOM=$seed
start_relayer
start_monitor
loops=()
for loop in reorganize_chains lag outages away_for_long; do
    $loop & loops+=($!)
done
send_some withdrawals 8 'legacy games' eth messenger data bridge & loops+=($!)
send_some deposits 11 'legacy games' deposit deposit-messenger & loops+=($!)
send_some exits 14 nitro eth withdraw data & loops+=($!)
send_some tickets 17 nitro retryable deposit retryable-data & loops+=($!)
kill_both
touch "$WORK/over"
wait "${loops[@]}" || true # a number of theirs may be that of a killed relayer by now
echo "# sent and disturbed after $SECONDS s"

# --- all is delivered, read and judged
others() { messages '.messages[] | select(.condition != "done" and .reason != "reorged")'; }
all_delivered() { [ -z "$(others)" ]; }
check messages__all_delivered within "$patience" all_delivered
others | jq -r '"# \(.route) \(.id): \(.stage), \(.condition), \(.reason): \(.detail)"'
for service in proposer deriver 'asserter --rollup nitro' 'sequencer --rollup nitro'; do
    # shellcheck disable=SC2086
    "$BED/${service%% *}" "$WORK/bed" ${service#"${service%% *}"} --stop
done
declare -A HEAD
for chain in "${CHAINS[@]}"; do HEAD[$chain]=$(block "${NODES[$chain]}"); done
all_read() {
    local chain final
    for chain in "${CHAINS[@]}"; do
        final=$(seen status | jq --arg chain "$chain" '.chains[] | select(.name == $chain) | if .backfill.left > 0 then 0 else .final end') || true
        [ "${final:-0}" -ge "${HEAD[$chain]}" ] || return 1
    done
}
check blocks__all_read_and_final within 40 all_read
in_state() { seen verdicts --limit 10000 --state "$1" | jq -r '.verdicts[] | "\(.route) \(.invariant): \(.about): \(.reason): \(.sentence)"'; }
none() { [ -z "$(in_state "$1")" ]; }
check subjects__none_unverified within 40 none unverified
in_state unverified | sed 's/^/# unverified: /'
equal subjects__none_violated '' "$(in_state violated)"
enough() { # the blocks that were mined and seen since the start
    l1_seen=$((HEAD[l1] - START[l1])) l2_seen=0
    for chain in l2-legacy l2-games l2-nitro; do l2_seen=$((l2_seen + HEAD[$chain] - START[$chain])); done
    [ $l1_seen -ge "$l1_blocks" ] && [ $l2_seen -ge "$l2_blocks" ]
}
check blocks__as_many_as_there_must_be enough

# --- whatever the chains' logs show was judged
count_logs() { # ADDRESS TOPIC
    logs_of "$L1_URL" "$1" "$2" .blockNumber | wc -l
}
judged_of() { # ROUTE: "root 12 proven 4 …", what logs gave
    seen status | jq -r --arg route "$1" '[.routes[] | select(.name == $route) | .verdicts | group_by(.invariant)[] | select(.[0].invariant | IN("root", "proven", "executed"))
        | "\(.[0].invariant) \(map(.n) | add)"] | join(" ")'
}
PROVEN=0x67a6208cfcc0801d50f6cbe764733f4fddf66ac0b04442061a8a8c0cb6b63f62 # WithdrawalProven
FINALIZED=0xdb5c7652857aa163daadd670e116628fb42e869d8ac4251ef8971d9e5727df1b
OUTPUT_PROPOSED=0xa7aaf2512769da4e444e3de247be2564225c2e7a8f74cfe528e46e17d24868e2
GAME_CREATED=0x5b565efe82411da98814f356d0e7bcb8f0219b8d970307c5afb4a6903a8b2e35
EXECUTED=0x20af7f3bbfe38132b8900ae295cd9c8d1914be7052d061a511f3f728dab18964
ASSERTED=0x901c3aee23cf4478825462caaab375c606ab83516060388344f0650340753630
CONFIRMED=0xfc42829b29c259a7370ab56c8f69fce23b5f351a9ce151da453281993ec0090c
wanted() { # INVARIANT COUNT…
    while [ $# -gt 0 ]; do [ "$2" = 0 ] || echo "$1 $2"; shift 2; done | xargs
}
equal op_legacy__all_judged "$(wanted executed "$(count_logs "$LEGACY_PORTAL" $FINALIZED)" proven "$(count_logs "$LEGACY_PORTAL" $PROVEN)" root "$(count_logs "$LEGACY_ORACLE" $OUTPUT_PROPOSED)")" "$(judged_of op-legacy)"
equal op_games__all_judged "$(wanted executed "$(count_logs "$GAMES_PORTAL" $FINALIZED)" proven "$(count_logs "$GAMES_PORTAL" $PROVEN)" root "$(count_logs "$GAMES_FACTORY" $GAME_CREATED)")" "$(judged_of op-games)"
equal nitro__all_judged "$(wanted executed "$(count_logs "$NITRO_OUTBOX" $EXECUTED)" root $(($(count_logs "$NITRO_ROLLUP" $ASSERTED) + $(count_logs "$NITRO_ROLLUP" $CONFIRMED))))" "$(judged_of nitro)"

# --- who was told, and of what
incidents() { seen alerts list --all | jq -c ".incidents[] | $1"; }
all_over() { [ -z "$(incidents 'select(.overMs == null)')" ]; }
check incidents__none_left_open within 15 all_over
equal incidents__none_of_a_violation_that_stood '' "$(incidents 'select(.kind == "invariant" and .state != "withdrawn")')"
# An anvil that mines may answer a question at its newest block from the state of the next one: that is seen, and told of.
equal incidents__of_nothing_else '' "$(incidents 'select(.kind != "invariant" and .kind != "unverified" and (.kind != "endpoint_contradiction" or (.text | contains("outvoted") | not)))')"
# awaited: those of what can't be told that were opened while a chain was away, or just after
awaited() {
    incidents 'select(.kind == "unverified")' | jq -sc --rawfile faults "$WORK/faults" '
        [$faults | split("\n")[] | select(. != "") | split(" ") | select(.[1] == "away" or .[1] == "over-away")] as $marks
        | [range(0; $marks | length; 2) | {chain: $marks[.][2], from: ($marks[.][0] | tonumber), to: ($marks[. + 1][0] | tonumber)}] as $away
        | map(. as $incident | {subject, openedMs, outage: ([$away | to_entries[] | select($incident.openedMs >= .value.from and $incident.openedMs <= .value.to + 10000) | .key] | first)})'
}
awaited >"$WORK/awaited"
equal unverified__told_of_while_a_chain_was_away_only '[]' "$(jq -c 'map(select(.outage == null))' "$WORK/awaited")"
equal unverified__once_each '[]' "$(jq -c 'group_by([.subject, .outage]) | map(select(length > 1))' "$WORK/awaited")"
# told_of_each: but of L1 alone, without which nothing new comes that could not be told
told_of_each() { [ "$(jq '[.[].outage] | unique | length' "$WORK/awaited")" -ge $((long_outages - long_outages / 4)) ]; }
check unverified__told_of_each_time told_of_each
equal routes__none_held 0 "$("$CAUSEWAY" status --config "$CONFIG" --json | jq '[.routes[] | select(.held)] | length')"
check holds__never_asked_for bash -c "! grep -q 'violation' '$LOG'"
equal endpoints__none_accused '[]' "$(seen status | jq -c '[.findings[] | select(.method != "eth_call" or (.text | startswith("outvoted") | not))]')"

# --- what it asks for when only blocks come
calls() { seen status --calls | jq '[.endpoints[].calls] | add'; } # written each few seconds
if [ "$idle_s" -gt 0 ]; then
    idle_from=$(calls) idle_l1=$(block "$L1_URL") idle_l2=$(block "$L2_LEGACY_URL")
    nap $((idle_s * 1000))
    idle="$(($(calls) - idle_from)) calls of 3 operators a chain while $(($(block "$L1_URL") - idle_l1)) blocks of L1 and $(($(block "$L2_LEGACY_URL") - idle_l2)) of each of 3 L2s came"
fi
sample
check monitor__ends_well stop_monitor
check relayer__ends_well stop_relayer

# --- both in one process, which knows nothing yet of what was, judges the same
judged_by() { { "$CAUSEWAY" status --config "$1" --json 2>/dev/null || [ $? = 1 ]; } | jq -c '[.routes[] | .name as $route | .verdicts[] | {route: $route, invariant, state, n}] | sort'; }
past=$((HEAD[l1] > 300 ? HEAD[l1] - 300 : 0))
jq --arg data "$WORK/all" --argjson past "$past" '.data_dir = $data | if $past > 0 then .routes[] |= (.settlement_start_block = $past) else . end' "$CONFIG" >"$WORK/all.json"
"$CAUSEWAY" run --role all --config "$WORK/all.json" --plain >>"$WORK/all.log" 2>&1 &
DAEMON=$!
LOGS+=("$WORK/all.log")
both_agree() {
    local states
    states=$(judged_by "$WORK/all.json" | jq -c 'map(select(.n > 0))') || return 1
    [ "$(jq -c 'map(.state) | unique' <<<"$states")" = '["ok"]' ] && { [ "$past" -gt 0 ] || [ "$states" = "$(judged_by "$MONITOR" | jq -c 'map(select(.n > 0))')" ]; }
}
check role_all__judges_the_same within 30 both_agree
both_agree || { judged_by "$WORK/all.json" | sed 's/^/# all: /'; judged_by "$MONITOR" | sed 's/^/# monitor: /'; }
equal role_all__tells_of_nothing '[]' "$("$CAUSEWAY" alerts list --all --config "$WORK/all.json" --json | jq -c .incidents)"
check role_all__ends_well stop_relayer
check logs__no_leak_no_error bash -c "! grep -E 'AddressSanitizer|runtime error|LeakSanitizer' '$LOG' '$MONITOR_LOG' '$WORK/all.log'"

# --- summary
echo "# SEED=$seed: $SECONDS s; $l1_seen blocks of L1 and $l2_seen of the L2s mined and seen"
echo "# $(faults 'kill monitor') times the monitor killed, $(faults 'kill relayer') times the relayer; $(faults reorg) reorganizations" \
    "($(for chain in "${CHAINS[@]}"; do echo "$(faults "reorg $chain") of $chain"; done | paste -sd, | sed 's/,/, /g')); $(faults "lag ") times nodes lagged;" \
    "$(faults "outage ") short outages, $(faults "away ") long ones"
echo "# $(incidents 'select(.kind == "invariant")' | wc -l) violations that a reorganization took back, $(jq length "$WORK/awaited") unverified alerts"
seen status | jq -r '.routes[] | select(.verdicts | length > 0) | "# \(.name): \([.verdicts[] | "\(.n) \(.invariant) \(.state)"] | join(", "))"'
seen status | jq -r '[.routes[].verdicts[]? | {state, n}] | group_by(.state)[] | "# verdicts now \(.[0].state): \(map(.n) | add)"'
echo "# memory of the monitor: $(awk 'NR == 1 {first = $2} {last = $2; if ($2 > most) most = $2} END {print first, "KB at first,", last, "at the end,", most, "at most"}' "$WORK/samples")"
for chain in "${CHAINS[@]}"; do
    echo "# blocks behind the head of $chain: $(sed -n "s/.* $chain \(-\?[0-9]*\).*/\1/p" "$WORK/samples" | sort -n | awk '{a[NR] = $1; sum += $1} END {printf "%.1f on average, %d in the middle, %d at most, %d times looked", sum / NR, a[int((NR + 1) / 2)], a[NR], NR}')"
done
[ "$idle_s" = 0 ] || echo "# idle: $idle"
