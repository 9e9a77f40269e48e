# shellcheck shell=bash
# What the attack suites share: a relayer, and a monitor without a key that asks it for holds, as two processes with databases
# and endpoints of their own; when blocks came; and how an attack is judged. Sourced, never run.
#
# A suite starts with:  . "$(dirname "$0")/attack_lib.sh"; start_attacks [up's options] [-- tests/bed/config's options]
# and ends with:        end_attacks
# ATTACK_CHAINS: those whose blocks are counted (default l1), as "rpc_of" knows them.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

MONITOR_CONFIG=$WORK/monitor.json
MONITOR_LOG=$WORK/monitor.log
: >"$MONITOR_LOG"
MONITOR=''
INCIDENT='{}' # the one that the last attack ended in
BLOCKS=2      # so many after the offending one at most
SEED=${SEED:-$RANDOM}
declare -A CLAIMED=() # ID/SEVERITY of what belongs to an attack
LOGS+=("$MONITOR_LOG")

now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

# ---- the two processes

# two_operators: every chain of the configuration on stdin has two that must agree (and are the same node)
two_operators() {
    jq '.chains[] |= (.quorum = 2 | .endpoints |= [{url: .[0], operator: "one"}, {url: "\(.[0])/", operator: "two"}])'
}
start_attacks() {
    local up=() chain
    while [ $# -gt 0 ] && [ "$1" != -- ]; do up+=("$1"); shift; done
    shift $(($# > 0))
    start_bed ${up[@]+"${up[@]}"}
    "$BED/config" "$WORK/bed" --data "$WORK/data" --poll-ms 100 "$@" | two_operators |
        jq '.routes[].settlement_start_block += 1' >"$CONFIG"
    # What was deployed would be taken for what was changed. The monitor has no key, and relays nothing.
    jq --arg data "$WORK/monitor" --arg relayer "$WORK/data" \
        '.data_dir = $data | .monitor = {relayer_data_dir: $relayer} | del(.signers, .routes[].signer, .routes[].policy.relay)' "$CONFIG" >"$MONITOR_CONFIG"
    # No state of a chain of the bed can be proved at its block 0, which is final at first.
    for chain in $(jq -r '.chains | keys[]' "$CONFIG"); do within 20 final "${chain#l2-}" 1; done
    for chain in ${ATTACK_CHAINS:-l1}; do watch_blocks "$chain"; done
    RANDOM=$SEED
    echo "# seed $SEED"
}
# forget_the_past: routes begin above L1's head; before the processes start, for what was changed on the bed until then
forget_the_past() {
    local head config
    head=$(curl -sS -H 'content-type: application/json' -d '{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}' "$L1_URL" | jq -r .result)
    for config in "$CONFIG" "$MONITOR_CONFIG"; do
        jq --argjson head $((head + 1)) '.routes[].settlement_start_block = $head' "$config" >"$config.new"
        mv "$config.new" "$config"
    done
}
start_monitor() {
    "$CAUSEWAY" run --role monitor --config "$MONITOR_CONFIG" --plain >>"$MONITOR_LOG" 2>&1 &
    MONITOR=$!
}
stop_monitor() {
    local status=0
    [ -n "$MONITOR" ] || return 0
    kill -TERM "$MONITOR"
    wait "$MONITOR" || status=$?
    MONITOR=''
    return $status
}
kill_monitor() {
    kill -9 "$MONITOR"
    wait "$MONITOR" 2>/dev/null || true
    MONITOR=''
}
# monitored COMMAND…: a command of causeway on the monitor's database
monitored() { "$CAUSEWAY" "$@" --config "$MONITOR_CONFIG"; }
# is_watching CONFIG: it has read all its chains up to their heads
is_watching() {
    "$CAUSEWAY" status --config "$1" --json 2>/dev/null | jq -e '.running and all(.chains[]; .readTo > 0 and .behind <= 1)' >/dev/null
}
# maybe_kill: one time in two the monitor is killed, and starts again
maybe_kill() {
    [ $((RANDOM % 2)) = 0 ] || return 0
    kill_monitor
    start_monitor
    within 20 is_watching "$MONITOR_CONFIG" || true
    KILLS=$((${KILLS:-0} + 1))
}

# ---- when blocks came

rpc_of() {
    local name=L2_${1^^}_URL
    [ "$1" != l1 ] || name=L1_URL
    name=${name//-/_}
    echo "${!name}"
}
# watch_blocks CHAIN: writes "MS HEAD" to $WORK/heads-CHAIN some ten times a second, until the end
watch_blocks() {
    curl -sS --rate 10/s -H 'content-type: application/json' -d '{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}' \
        -w '\n' "$(rpc_of "$1")/?[1-100000]" 2>/dev/null | while read -r line; do
        [[ $line =~ \"result\":\"(0x[0-9a-f]+)\" ]] && echo "$(now_ms) $((BASH_REMATCH[1]))"
    done >"$WORK/heads-$1" &
}
# final CHAIN BLOCK [TAG]: that block is final, or has that tag
final() {
    local head
    head=$(curl -sS -H 'content-type: application/json' -d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_getBlockByNumber\",\"params\":[\"${3:-finalized}\",false]}" "$(rpc_of "$1")" | jq -r .result.number)
    [ $((head)) -ge "$2" ]
}
# blocks_until MS BLOCK [CHAIN]: how many came after that block until then
blocks_until() {
    awk -v at="$1" -v block="$2" '$1 <= at { head = $2 } END { print (head > block ? head - block : 0) }' "$WORK/heads-${3:-l1}"
}

# ---- incidents

# incidents [FILTER]: of the monitor, a line each
incidents() { monitored alerts list --all --json | jq -c "[.incidents[] | select(${1:-true})] | sort_by(.id)[]"; }
# find_incident FILTER SEVERITY: sets INCIDENT to one that no attack has ended in
find_incident() {
    local line id
    while read -r line; do
        id=$(jq -r '"\(.id)/\(.severity)"' <<<"$line")
        [ -z "${CLAIMED[$id]:-}" ] || continue
        INCIDENT=$line
        return 0
    done < <(incidents "($1) and .severity == \"$2\"" 2>/dev/null)
    return 1
}

# ---- what is held

route_held() { "$CAUSEWAY" status --config "$CONFIG" --json | jq -e --arg route "$1" 'any(.routes[]; .name == $route and .held)' >/dev/null; }
lane_held() { "$CAUSEWAY" alerts list --config "$CONFIG" --json | jq -e --arg lane "$1" 'any(.incidents[]; .kind == "foreign_nonce" and .subject == $lane)' >/dev/null; }
is_held() { # route NAME | message MESSAGE, as lib.sh names it | lane CHAIN/ADDRESS
    case $1 in
    route) route_held "$2" ;;
    lane) lane_held "$2" ;;
    *) is "$2" condition held ;;
    esac
}
# let_go NAME…: routes or messages of the relayer are held no longer
let_go() {
    local what
    for what; do
        if [[ $what == */* ]]; then of "$what" release; else "$CAUSEWAY" release "$what" --config "$CONFIG"; fi >/dev/null || true
    done
}
# nothing_held: no route, and no message that a violation has to do with
nothing_held() {
    "$CAUSEWAY" status --config "$CONFIG" --json | jq -e 'all(.routes[]; .held | not)' >/dev/null && has 0 '.condition == "held"'
}

# ---- an attack

# attack NAME FILTER SEVERITY BLOCK HELD…: the attack that offended in that block (CHAIN:NUMBER, or NUMBER of L1) has ended, or
# ends, in an incident of the monitor for which the jq filter holds, with that severity, so many BLOCKS later at most, and
# HELD: "nothing", or any of "route NAME", "message MESSAGE", "lane CHAIN/ADDRESS". Adds a row to the table.
attack() {
    local name=$1 filter=$2 severity=$3 block=$4 chain=l1 blocks what all=''
    shift 4
    [[ $block != *:* ]] || chain=${block%%:*} block=${block##*:}
    INCIDENT='{}'
    if ! within 20 find_incident "$filter" "$severity"; then
        not_ok "${name}__incident"
        incidents | sed 's/^/# there is: /'
        monitored verdicts --limit 20 2>/dev/null | sed 's/^/# /' || true
        row "$name" none "$severity" - -
        return 0
    fi
    ok "${name}__incident"
    CLAIMED[$(jq -r '"\(.id)/\(.severity)"' <<<"$INCIDENT")]=$name
    blocks=$(blocks_until "$(jq .severityMs <<<"$INCIDENT")" "$block" "$chain")
    check "${name}__within_${BLOCKS}_blocks" [ "$blocks" -le "$BLOCKS" ]
    if [ "$*" = nothing ]; then
        sleep 0.5
        check "${name}__nothing_held" nothing_held
        all=nothing
    else
        for what; do
            # shellcheck disable=SC2086 # two words
            if within 5 is_held $what; then ok "${name}__held"; else
                not_ok "${name}__held"
                what="NOT $what"
            fi
            all+="${all:+, }${what:0:40}"
        done
    fi
    row "$name" "$(jq -r '"\(.kind) \(.subject | split("/")[1] // "" | .[0:20])"' <<<"$INCIDENT")" "$severity" "$blocks" "$all"
}
row() { printf '%s|%s|%s|%s|%s\n' "$@" >>"$WORK/attacks"; }

# judge_again REGEX: another monitor, with an empty database, judges the past and is killed three times at random. What is open
# of subjects like that is what is open with the first one, each once.
judge_again() {
    local config=$WORK/again.json n
    open_like() {
        "$CAUSEWAY" alerts list --config "$1" --json 2>/dev/null | jq -r --arg like "$2" \
            '.incidents[] | select(.subject | test($like)) | "\(.subject) \(.severity)"' | sort
    }
    as_open() { [ "$(open_like "$config" "$1")" = "$WANTED" ]; }
    jq --arg data "$WORK/again" '.data_dir = $data | del(.monitor)' "$MONITOR_CONFIG" >"$config"
    for n in 1 2 3 last; do
        "$CAUSEWAY" run --role monitor --config "$config" --plain >>"$MONITOR_LOG" 2>&1 &
        AGAIN=$!
        [ $n != last ] || break
        sleep "$((RANDOM % 2)).$((RANDOM % 10))"
        kill -9 $AGAIN
        wait $AGAIN 2>/dev/null || true
    done
    WANTED=$(open_like "$MONITOR_CONFIG" "$1")
    if within 20 as_open "$1"; then ok again__the_same; else
        not_ok again__the_same
        diff <(echo "$WANTED") <(open_like "$config" "$1") | sed 's/^/# /'
    fi
    equal again__each_once '' "$("$CAUSEWAY" alerts list --all --config "$config" --json | jq -r '.incidents | map(.subject) | group_by(.)[] | select(length > 1)[0]')"
    echo "# again: $(wc -l <<<"$WANTED") incidents open, the same after three kills"
    kill -TERM $AGAIN
    check again__stops wait $AGAIN
}

# all_final: no incident of the monitor is provisional any longer
all_final() { [ -z "$(incidents '.state == "provisional"')" ]; }
# end_attacks: the table, and that each incident came once, whatever was killed
end_attacks() {
    check incidents__confirmed within 20 all_final
    incidents '.state == "provisional"' | sed 's/^/# provisional: /'
    # (anvil answers one question in some thousands, put just when it mines, from another state)
    equal incidents__each_once '' "$(incidents '.kind != "endpoint_contradiction"' | jq -rs 'map("\(.kind) \(.subject)") | group_by(.) | map(select(length > 1))[][0]')"
    check monitor__stops stop_monitor
    check relayer__stops stop_relayer
    check log__no_leak_no_error bash -c "! grep -E 'AddressSanitizer|runtime error|LeakSanitizer' '$LOG' '$MONITOR_LOG'"
    echo "# the monitor was killed ${KILLS:-0} times, seed $SEED"
    { echo 'attack|incident|severity|blocks|held'; cat "$WORK/attacks"; } | awk -F '|' '{ printf "# %-44s %-24s %-9s %-7s %s\n", $1, $2, $3, $4, $5 }'
}
