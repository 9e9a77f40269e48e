# shellcheck shell=bash
# What the tests of lying endpoints share: a bed whose chains have three operators each, "liar" (asked first), "second"
# (a proxy that does what it is told, too) and "third" (the node itself), of whom two must agree. Sourced, never run.
#
# A test starts with:  . "$(dirname "$0")/liars.sh"; start_liars. Others than the OP Stack's bed, routes and steps: LIARS_BED
# (options of start_bed), LIARS_ROUTES and STEPS, and CHAINS as tests/bed/config has them; and a send_both of its own.
# phase runs the relayer under one lie; done_with waits for what was sent in all of them, and judges it.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

CHAINS=${CHAINS:-l1 legacy games}
STEPS=${STEPS:-prove|finalize}
LIAR_KEY=0f1e2d3c4b5a69788796a5b4 # in the liar's URLs
SENT=()

# url_of WHICH CHAIN: that operator's proxy
url_of() {
    local name=PROXY_$1_$2
    echo "${!name}"
}

start_liars() {
    local which chain node options=()
    # shellcheck disable=SC2086
    start_bed ${LIARS_BED:---proposer}
    for chain in $CHAINS; do
        node=L2_${chain^^}_URL
        [ "$chain" != l1 ] || node=L1_URL
        for which in liar second; do proxy "${which}_$chain" "${!node}"; done
        options+=(--"$chain" "$(url_of liar "$chain")/v3/$LIAR_KEY" --"$chain" "$(url_of second "$chain")" --"$chain" "${!node}")
    done
    # shellcheck disable=SC2086
    "$BED/config" "$WORK/bed" --data "$WORK/data" "${options[@]}" ${LIARS_ROUTES:-} |
        jq '.chains[] += {quorum: 2, quick_deadline_ms: 1000, heavy_deadline_ms: 2000}
            | .chains[].endpoints |= [[., ["liar", "second", "third"]] | transpose[] | {url: .[0], operator: .[1]}]' >"$CONFIG"
    lie second silence ',"arg":0.03' # a little slower than the liar, who is asked before it
}

# lie WHICH MODE [MEMBERS [CHAIN…]]: on each chain, or on these; MEMBERS such as ',"arg":5'
lie() {
    local which=$1 mode=$2 members=${3:-} chain
    shift $(($# < 3 ? $# : 3))
    for chain in ${*:-$CHAINS}; do
        curl -sS -d "{\"mode\":\"$mode\",\"reset\":true$members}" "$(url_of "$which" "$chain")/control" >/dev/null
    done
}
# told [CHAIN…]: how many lies were told since the last "lie", on the chain where it is the fewest
told() {
    local chain
    for chain in ${*:-$CHAINS}; do curl -sS "$(url_of liar "$chain")/counts"; done | jq -s 'map(.told) | min'
}
tells() { # COUNT [CHAIN…]
    local count=$1
    shift
    [ "$(told "$@")" -ge "$count" ]
}
since() { tail -n +"$((SINCE + 1))" "$LOG"; }
# named CHAIN PATTERN: the log has it that the liar was caught there
named() { since | grep -qE " (l2-)?$1: endpoint liar, .*($2)"; }
caught() { # CHAIN PATTERN: he is, in time; else the log says what he did instead
    within 40 named "$@" || {
        since | grep -E "$1: (endpoint|reading|watch|the past)" | tail -n 40 | sed 's/^/# /'
        curl -sS "$(url_of liar "$1")/counts" | jq -c '"# \(.)"' -r
        return 1
    }
}
# What one node says of a block's state: anvil answers one question in some thousands, put just when it mines, from the
# state of the next block, and is outvoted by itself.
STATE='eth_call|eth_getBalance|eth_getTransactionCount'
accused() { since | grep -E "endpoint (second|third)(,| can't be right)" | grep -vE "($STATE): outvoted" || true; }
send_both() {
    send games "${1:-messenger}" 1 >"$WORK/games" &
    SENT+=("$(send legacy eth 1)")
    wait $!
    SENT+=("$(cat "$WORK/games")")
}
# steps N: so many transactions of ours came into a block since
steps() { [ "$(since | grep -cE " ($STEPS) included")" -ge "$1" ]; }
status() { "$CAUSEWAY" status --config "$CONFIG" --json | jq -c "$1"; }

# phase [NAME=]MODE PATTERN [CHAINS [MEMBERS]]: the relayer starts, and lives, under that lie, and takes steps of messages
# all the same; on each of CHAINS (all) it is told, and the liar is caught with a text like PATTERN ("": there is nothing
# that he could be caught at)
phase() {
    SINCE=$(wc -l <"$LOG")
    lie liar "${1#*=}" "${4:-}"
    start_relayer
    live_under "$@"
}
# The same with the lie told already, and the relayer started.
live_under() {
    local name=${1%%=*} pattern=$2 chains=${3:-$CHAINS} chain began=$SECONDS
    send_both
    check "${name}__goes_on" within 30 steps 2
    for chain in $chains; do
        [ -z "$pattern" ] || check "${name}__named_on_$chain" caught "$chain" "$pattern"
    done
    # shellcheck disable=SC2086
    check "${name}__told" within 10 tells 1 $chains
    equal "${name}__nobody_else_accused" '' "$(accused)"
    check "${name}__stop" stop_relayer
    echo "# $name: $((SECONDS - began)) s"
}

# evidence CHAIN KIND METHOD: there is a file with what the liar said and what others say, and its hash is right
evidence() {
    local file
    for file in "$WORK"/data/evidence/*.json; do
        # shellcheck disable=SC2016 # $chain and so on are jq's
        jq -e --arg chain "$1" --arg kind "$2" --arg method "$3" '
            (.chain == $chain or .chain == "l2-" + $chain) and .kind == $kind and .method == $method
                and .endpoint == "liar" and .operator == "liar" and .times >= 1 and (.answer.text | fromjson | type == "object")
                and (.against | length >= 1 and all(.operator != "liar" and (.text | fromjson | type == "object")))
                and .answer.text != .against[0].text' "$file" >/dev/null 2>&1 || continue
        [ "$(jq -j .answer.text "$file" | od -An -v -tx1 | tr -d ' \n' | "$CAUSEWAY" hash keccak - | jq -r .hash)" = "$(jq -r .answer.keccak256 "$file")" ] || continue
        echo "# $file: $(stat -c %s "$file") bytes"
        return 0
    done
    return 1
}
# Nobody but the operator reads them, no key stands in them, they don't fill the disk, and status names them.
evidence_kept() {
    local file
    equal evidence__private '700 600' "$(stat -c %a "$WORK/data/evidence" "$WORK"/data/evidence/* | sort -ru | xargs)"
    equal evidence__is_json '' "$(for file in "$WORK"/data/evidence/*; do jq -e . "$file" >/dev/null || echo "$file"; done)"
    equal evidence__without_keys '' "$(grep -rlF "$LIAR_KEY" "$WORK/data" "$LOG")"
    echo "# evidence: $(find "$WORK/data/evidence" -type f | wc -l) files, $(du -sk "$WORK/data/evidence" | cut -f1) KiB"
    check evidence__few_files [ "$(find "$WORK/data/evidence" -type f | wc -l)" -lt 400 ]
    check evidence__small [ "$(du -sk "$WORK/data/evidence" | cut -f1)" -lt 32768 ]
    equal evidence__in_status '' "$(status '.findings[].evidence // "none"' | jq -r . | while read -r file; do [ -f "$WORK/data/$file" ] || echo "$file"; done)"
}

# forged: the withdrawals that were never sent, as messages of both rollups
forged() {
    local chain
    for chain in legacy games; do
        curl -sS "$(url_of liar "$chain")/counts" | jq -r --arg chain "$chain" '.forged[] | "\($chain)/\(.)"'
    done
}
# nothing_forged: none of them is more than a provisional message that is gone, and none was ever proven
nothing_forged() {
    local message
    while read -r message; do
        [ "$(proofs "$message")" = 0 ] || return 1
        # shellcheck disable=SC2016 # $id is jq's
        messages '.messages[]' | jq -se --arg id "${message#*/}" --arg route "op-${message%%/*}" '
            [.[] | select(.id == $id and .route == $route and (.stage != "seen" or .reason != "reorged"))] == []' >/dev/null || return 1
    done < <(forged)
}
# all_delivered [ENDPOINTS]: what was sent is delivered, was proved once, no transaction of ours reverted, and there are
# findings about these endpoints only (a JSON array; the liar's)
all_delivered() {
    local message counts=() reverted=''
    check delivered within 60 has ${#SENT[@]} '.condition == "done" and .outcome == "success"'
    for message in "${SENT[@]}"; do
        counts+=("$(proofs "$message")")
        reverted+=$(field "$message" 'transactions[] | select(.success == false) | .hash')
    done
    equal proved_once "$(printf '1 %.0s' "${SENT[@]}")" "$(printf '%s ' "${counts[@]}")"
    equal no_transaction__reverted '' "$reverted"
    check nothing_forged nothing_forged
    equal findings__are_the_liars "${1:-[\"liar\"]}" "$(status "[.findings[] | select(.endpoint == \"liar\" or (.method | test(\"^($STATE)\$\") | not)) | .endpoint] | unique")"
    equal no_route__held 0 "$(status '[.routes[] | select(.held)] | length')"
}
