#!/usr/bin/env bash
# causeway audit of the bed's history: it judges what a monitor judged that watched it live, names what is false, and says
# that it can't tell where nobody has the state of the past.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
start_bed --proposer --nitro --asserter --block-time 0.3
"$BED/config" "$WORK/bed" --data "$WORK/data" --route op-legacy --route op-games --route nitro >"$CONFIG"
jq --arg data "$WORK/watch" --arg relayer "$WORK/data" '.data_dir = $data | .monitor = {relayer_data_dir: $relayer}
    | del(.signers, .routes[].signer, .routes[].policy.relay)' "$CONFIG" >"$WORK/monitor.json"
LOGS+=("$WORK/monitor.log")
ROUTES=(op-legacy op-games nitro)
# shellcheck disable=SC2119
start_relayer
"$CAUSEWAY" run --role monitor --config "$WORK/monitor.json" --plain >"$WORK/monitor.log" 2>&1 &
MONITOR=$!

# --- messages out of each rollup, delivered, and proposals all the while
senders=()
for what in 'legacy eth' 'games messenger' 'nitro eth'; do
    # shellcheck disable=SC2086
    send $what 2 >/dev/null &
    senders+=($!)
done
wait "${senders[@]}"
check delivered__all within 40 has 6 '.condition == "done"'
url_of() { case $1 in l1) echo "$L1_URL" ;; *) local name=${1//-/_}_URL; name=${name^^}; echo "${!name}" ;; esac; }
# block CHAIN TAG
block() {
    curl -sS -H 'content-type: application/json' -d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_getBlockByNumber\",\"params\":[\"$2\",false]}" "$(url_of "$1")" |
        jq -r .result.number | { read -r n; echo $((n)); }
}
status() { "$CAUSEWAY" status --config "$WORK/monitor.json" --json; }
# range: all that is final on L1 now, once the monitor has judged that
range() {
    TO=$(block l1 finalized)
    judged() { status | jq -e --argjson to "$TO" 'any(.chains[]; .name == "l1" and .readTo >= $to and .final >= $to) and all(.routes[].verdicts[]; .state != "unverified")' >/dev/null; }
    within 20 judged || true
}
# audit NAME ROUTE [OPTION…]: in the background; the report in $WORK/NAME.report, the exit code in $WORK/NAME.code
AUDITS=()
audit() {
    local name=$1 route=$2 execution=$2
    shift 2
    case $execution in op-*) execution=l2-${execution#op-} ;; *) execution=l2-$execution ;; esac
    {
        local code=0
        "$CAUSEWAY" audit --route "$route" --from 1 --to "$TO" --execution-from 1 --execution-to "$(block "$execution" finalized)" \
            --config "$CONFIG" "$@" >"$WORK/$name.report" 2>"$WORK/$name.err" || code=$?
        echo $code >"$WORK/$name.code"
    } &
    AUDITS+=($!)
}
audited() { wait "${AUDITS[@]}"; }
# ended NAME WANTED: the exit code of that audit
ended() { equal "$1" "$2" "$(cat "$WORK/$1.code")"; }
holds() { jq -e "$@" >/dev/null; }
# live ROUTE: what the monitor says of the same range, as the report counts it
live() {
    "$CAUSEWAY" verdicts --route "$1" --limit 10000 --config "$WORK/monitor.json" --json | jq -c --argjson to "$TO" '
        [.verdicts[] | select(.tx) | select(.block.number <= $to)] | group_by([.invariant, .state, .reason]) | map({invariant: .[0].invariant, state: .[0].state, reason: .[0].reason, n: length})'
}
counted() { jq -c .counts "$WORK/$1.report"; } # NAME
range
for route in "${ROUTES[@]}"; do
    live "$route" >"$WORK/$route.live"
    audit "${route//-/_}__all_ok" "$route" --json
done
audited
for route in "${ROUTES[@]}"; do
    name=${route//-/_}
    ended "${name}__all_ok" 0
    equal "${name}__counts_what_was_judged_live" "$(cat "$WORK/$route.live")" "$(counted "${name}__all_ok")"
    equal "${name}__complete" 'true []' "$(jq -r '"\(.complete) \(.notOk)"' "$WORK/${name}__all_ok.report")"
    cat "$WORK/${name}__all_ok.err"
done
equal op_legacy__changes_named 5 "$(jq '[.changes[] | select(.about | contains("new code") or contains("another admin"))] | length' "$WORK/op_legacy__all_ok.report")"
equal op_legacy__of_every_kind '["change","executed","proven","root"]' "$(counted op_legacy__all_ok | jq -c 'map(.invariant) | unique')"

# --- a false root in the range
"$BED/proposer" "$WORK/bed" --pause
root=$("$BED/act" "$WORK/bed" false-root | jq -r .root)
head=$(block l1 latest)
is_final() { [ "$(block l1 finalized)" -ge "$head" ] && [ "$(block l2-legacy finalized)" -ge "$head" ]; }
within 20 is_final || true
range
audit false_root__no op-legacy --json
audit false_root__markdown_says_no_too op-legacy --markdown
audit false_root__other_routes_ok op-games
# nobody has the state of the past
proxy legacy "$L2_LEGACY_URL"
# shellcheck disable=SC2154 # set by proxy
curl -sS -d '{"mode":"proof_window","arg":3}' "$PROXY_legacy/control" >/dev/null
"$BED/config" "$WORK/bed" --data "$WORK/data" --route op-legacy --legacy "$PROXY_legacy" >"$WORK/pruned.json"
CONFIG=$WORK/pruned.json audit no_old_state__could_not_tell op-legacy --json --wait 4
audited
ended false_root__no 1
# shellcheck disable=SC2016 # jq's own variables
check false_root__named holds --arg root "$root" '.complete and (.notOk | length == 1) and (.notOk[0] | .invariant == "root" and .state == "violated"
    and .reason == "root_mismatch" and .stake == "route" and (.about | contains($root)))' "$WORK/false_root__no.report"
equal false_root__counts_what_was_judged_live "$(live op-legacy)" "$(counted false_root__no)"
ended false_root__markdown_says_no_too 1
check false_root__markdown_counts_it grep -qE '^\| root \| violated \| root_mismatch \| 1 \|$' "$WORK/false_root__markdown_says_no_too.report"
check false_root__markdown_names_what_was_changed grep -qE '^\| [0-9]+ \| a contract has new code, at 0x' "$WORK/false_root__markdown_says_no_too.report"
check false_root__markdown_names_it grep -qE "^\| [0-9]+ of l1 \| root \| violated, root_mismatch \| .*$root" "$WORK/false_root__markdown_says_no_too.report"
ended false_root__other_routes_ok 0
check text__says_so grep -qE 'verdicts: [1-9][0-9]* ok, 0 violated, 0 unverified$' "$WORK/false_root__other_routes_ok.report"
ended no_old_state__could_not_tell 3
check no_old_state__nothing_of_it_is_ok holds '.states.unverified > 0 and .states.violated == 0
    and ([.counts[] | select(.invariant == "root" and .state == "ok")] == [])' "$WORK/no_old_state__could_not_tell.report"

# --- what can't be asked for
# refused NAME TEXT OPTION…: exit code 2, and stderr says that
refused() {
    local code=0 name=$1 text=$2
    shift 2
    "$CAUSEWAY" audit --config "$CONFIG" "$@" >/dev/null 2>"$WORK/refusal" || code=$?
    equal "${name}__refused" 2 "$code"
    check "${name}__says_so" grep -qF -- "$text" "$WORK/refusal"
}
refused unknown_route 'has no route "op-lagacy"' --route op-lagacy --from 1 --to 5
refused from_above_to 'a range ends before it begins' --route op-legacy --from 6 --to 5
refused beyond_what_is_final 'is not final' --route op-legacy --from 1 --to 1000000
refused no_range '--route, --from and --to are needed' --route op-legacy
refused two_forms '--markdown goes not with --json' --route op-legacy --from 1 --to 5 --markdown --json
refused no_number 'decimal numbers' --route op-legacy --from 0x1 --to 5
equal nothing_is_left_behind 0 "$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'causeway-audit-*' -newer "$WORK/monitor.json" 2>/dev/null | wc -l)"
kill -TERM $MONITOR
wait $MONITOR
check relayer__ends_well stop_relayer
echo "# $SECONDS s; $(live op-legacy | jq -c 'map("\(.n) \(.invariant) \(.state)")')"
