#!/usr/bin/env bash
# What a daemon that relays and judges tells Prometheus: whether the board and the alert rules ask for what it writes, while
# roots are judged, an endpoint is caught, and a sink is dead.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
start_bed --proposer
proxy l1 "$L1_URL"
"$BED/config" "$WORK/bed" --data "$WORK/data" --poll-ms 100 --l1 "$PROXY_l1" --l1 "$L1_URL" |
    jq '.chains[] += {quick_deadline_ms: 1000} | .sinks = {dead: {type: "webhook", url: "http://127.0.0.1:9/"}} |
        .api = {listen: "127.0.0.1:0"}' >"$CONFIG"
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
curl -m 5 -sS -d '{"mode":"wrong_header"}' "$PROXY_l1/control" >/dev/null
check incident__open within 20 says '^causeway_incidents_unattended\{kind="endpoint_contradiction",severity="warning",.*\} 1$'
check incident__counted says '^causeway_incidents_opened_total\{kind="endpoint_contradiction"\} 1$'
check sink__fails within 5 says '^causeway_sink_failing\{sink="dead",type="webhook"\} 1$'
# write_metrics: as the systemd unit does
write_metrics() {
    sh -ec "$(sed -nE "s/^ExecStart=\/bin\/sh -c '(.*)'\$/\1/p" "$REPO/config/systemd/causeway-metrics.service" |
        sed "s|/run/causeway-metrics|$WORK/run|; s|/usr/local/bin/causeway|$CAUSEWAY|; s|/etc/causeway/causeway.json|$CONFIG|")"
}
mkdir "$WORK/run"
check unit__writes_them write_metrics
curl -m 10 -sS "$(sed -nE 's/.*api: (http:\S+)$/\1/p' "$LOG")/metrics" >"$WORK/scraped"
families() { grep '^# TYPE' "$1"; }
equal scraped__the_same_families "$(families "$WORK/run/causeway.prom")" "$(families "$WORK/scraped")"
check unit__running grep -qx 'causeway_running 1' "$WORK/run/causeway.prom"
if "$REPO/tests/prometheus/check" "$WORK/scraped" >"$WORK/said" 2>&1; then ok board__asks_for_what_is_there; else not_ok board__asks_for_what_is_there; fi
sed 's/^/# /' "$WORK/said"
check stop__clean stop_relayer
check stopped__unit_writes_them write_metrics
check stopped__told grep -qx 'causeway_running 0' "$WORK/run/causeway.prom"
mv "$CONFIG" "$CONFIG.gone"
not() { ! "$@" 2>/dev/null; }
check broken__unit_fails not write_metrics
check broken__the_last_is_there grep -qx 'causeway_running 0' "$WORK/run/causeway.prom"
check log__no_leak_no_error bash -c "! grep -E 'AddressSanitizer|runtime error|LeakSanitizer' '$LOG'"
