#!/usr/bin/env bash
# What a daemon that relays and judges tells Prometheus, while true roots and a false one are judged and a sink is dead;
# whether the board and the alert rules ask for what it writes.
# shellcheck source=tests/e2e/attack_lib.sh
. "$(dirname "$0")/attack_lib.sh"
start_bed --proposer
"$BED/config" "$WORK/bed" --data "$WORK/data" --poll-ms 100 |
    jq '.routes[].settlement_start_block += 1 | .sinks = {dead: {type: "webhook", url: "http://127.0.0.1:9/"}} |
        .api = {listen: "127.0.0.1:0"}' >"$CONFIG"
# No state of a chain of the bed can be proved at its block 0, which is final at first.
for chain in l1 games legacy; do within 20 final $chain 1; done
metrics() { "$CAUSEWAY" status --metrics --config "$CONFIG"; }
# says REGEX: a line of the metrics is that
says() { grep -qE "$1" <(metrics 2>/dev/null); }
send games eth 1 >/dev/null
start_relayer --role all
check roots__judged within 40 says '^causeway_verdicts\{route="op-games",invariant="root",state="ok",reason=""\} [1-9]'
check roots__newest_block within 10 says '^causeway_root_newest_block\{route="op-games",state="ok"\} [1-9]'
check pace__counted says '^causeway_judgements_total\{route="op-games",state="ok"\} [1-9]'
check pace__lag says '^causeway_verdict_lag_seconds_count\{route="op-games"\} [1-9]'
check pace__routes_are_judged says '^causeway_route_judged\{route="op-games"\} 1$'
"$BED/act" "$WORK/bed" game --type 1 --false >/dev/null
check violation__told within 20 says '^causeway_verdicts\{route="op-games",invariant="root",state="violated",reason="[a-z_]+"\} 1$'
check violation__wants_the_route_held says '^causeway_holds_wanted\{route="op-games",of="route"\} 1$'
check violation__holds_it within 5 says '^causeway_route_held\{route="op-games"\} 1$'
check violation__unattended says '^causeway_incidents_unattended\{kind="invariant",severity="critical",.*,route="op-games"\} 1$'
not() { ! "$@" 2>/dev/null; }
fires() { grep -q "^# would fire:.* $1 " "$WORK/said"; }
# asked WHEN: what the board and the rules make of what is written now
asked() {
    curl -m 10 -sS "$(sed -nE 's/.*api: (http:\S+)$/\1/p' "$LOG")/metrics" >"$WORK/scraped"
    if "$REPO/tests/prometheus/check" "$WORK/scraped" >"$WORK/said" 2>&1; then ok "$1__asks_for_what_is_there"; else not_ok "$1__asks_for_what_is_there"; fi
    sed 's/^/# /' "$WORK/said"
}
check sink__fails within 5 says '^causeway_sink_failing\{sink="dead",type="webhook"\} 1$'
asked violated
for name in IncidentCritical RouteHeld SinkFails NobodyIsTold; do check "violated__Causeway$name" fires "Causeway$name"; done
alert=$("$CAUSEWAY" alerts list --config "$CONFIG" --json | jq '.incidents[] | select(.kind == "invariant").id')
"$CAUSEWAY" alerts ack "$alert" --config "$CONFIG" >/dev/null
check acknowledged__attended within 5 says '^causeway_incidents_unattended\{kind="invariant",severity="critical",.*,route="op-games"\} 0$'
check acknowledged__open says '^causeway_incidents_open\{kind="invariant",severity="critical",.*,route="op-games"\} 1$'
check incident__counted says '^causeway_incidents_opened_total\{kind="invariant"\} [1-9]'
# write_metrics: as the systemd unit does
write_metrics() {
    sh -ec "$(sed -nE "s/^ExecStart=\/bin\/sh -c '(.*)'\$/\1/p" "$REPO/config/systemd/causeway-metrics.service" |
        sed "s|/run/causeway-metrics|$WORK/run|; s|/usr/local/bin/causeway|$CAUSEWAY|; s|/etc/causeway/causeway.json|$CONFIG|")"
}
mkdir "$WORK/run"
check unit__writes_them write_metrics
families() { grep '^# TYPE' "$1"; }
equal scraped__the_same_families "$(families "$WORK/run/causeway.prom")" "$(families "$WORK/scraped")"
check unit__running grep -qx 'causeway_running 1' "$WORK/run/causeway.prom"
asked acknowledged
for name in IncidentCritical Down; do check "acknowledged__no_Causeway$name" not fires "Causeway$name"; done
check acknowledged__held_still fires CausewayRouteHeld
check stop__clean stop_relayer
check stopped__unit_writes_them write_metrics
check stopped__told grep -qx 'causeway_running 0' "$WORK/run/causeway.prom"
mv "$CONFIG" "$CONFIG.gone"
check broken__unit_fails not write_metrics
check broken__the_last_is_there grep -qx 'causeway_running 0' "$WORK/run/causeway.prom"
check log__no_leak_no_error bash -c "! grep -E 'AddressSanitizer|runtime error|LeakSanitizer' '$LOG'"
