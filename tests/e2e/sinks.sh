#!/usr/bin/env bash
# Who is told of incidents: a lying endpoint is one, and its end the end of it. A webhook that is out of order at first, one
# that is dead, a pager, a chat, Alertmanager, syslog by both ways and stdout; a relayer that is killed while it tells.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck disable=SC2119
start_bed
proxy l1 "$L1_URL"
secret=s3cr3t-of-the-hook
(umask 077 && echo "$secret" >"$WORK/secret" && echo pager-key >"$WORK/pager.key")
"$BUILD/tests/receiver" "$secret" "$WORK/log.socket" >"$WORK/got" 2>"$WORK/receiver.log" &
within 10 grep -qs '^Listening on ' "$WORK/got"
read -r http udp < <(sed -nE 's/^Listening on (\S+) udp (\S+)$/\1 \2/p' "$WORK/got")
"$BED/config" "$WORK/bed" --data "$WORK/data" --l1 "$PROXY_l1" --l1 "$L1_URL" | jq --arg http "http://$http" --arg udp "udp://$udp" \
    --arg work "$WORK" '.chains[] += {set_aside_s: 1, poll_ms: 500, quick_deadline_ms: 1000} | .sinks = {
    ops: {type: "webhook", url: "\($http)/ops", secret_file: "\($work)/secret"},
    dead: {type: "webhook", url: "http://127.0.0.1:9/t0ken-in-the-path"},
    page: {type: "pagerduty", url: "\($http)/page", secret_file: "\($work)/pager.key", min_severity: "critical"},
    page_all: {type: "pagerduty", url: "\($http)/page_all", secret_file: "\($work)/pager.key"},
    chat: {type: "slack", url: "\($http)/chat"},
    am: {type: "alertmanager", url: "\($http)/am", resend_s: 2},
    udp: {type: "syslog", address: $udp},
    unix: {type: "syslog", address: "\($work)/log.socket", facility: "local3"},
    lines: {type: "stdout"}}' >"$CONFIG"
alerts() { "$CAUSEWAY" alerts "$@" --config "$CONFIG"; }
control() { curl -m 5 -sS -d "$1" "http://$http/control"; }
lies() { curl -m 5 -sS -d "{\"mode\":\"$1\"}" "$PROXY_l1/control" >/dev/null; }
# got FILTER: something came that it holds for
got() { tail -n +2 "$WORK/got" | jq -es "any(.[]; $1)" >/dev/null; }
count() { tail -n +2 "$WORK/got" | jq -s "[.[] | select($1)] | length"; }
holds() { jq -es "$@" >/dev/null; }
sink() { "$CAUSEWAY" status --config "$CONFIG" --json | jq -r ".sinks[] | select(.name == \"$1\") | .$2"; }

check config__good grep -q "ops .*webhook .*$http" <("$CAUSEWAY" check-config --config "$CONFIG")
check config__no_secret_shown bash -c "! '$CAUSEWAY' check-config --config '$CONFIG' | grep -E 't0ken|$secret|pager-key'"
equal test_without_daemon__delivered 0 "$(alerts test ops >/dev/null && echo 0 || echo $?)"
check test_without_daemon__came got '.path == "/ops" and .verified and .body.event == "test"'
equal test_dead__no 1 "$(alerts test dead >/dev/null && echo 0 || echo $?)"

# --- an incident, while the webhook is out of order
"$CAUSEWAY" run --config "$CONFIG" --plain >"$WORK/lines" 2>>"$LOG" &
DAEMON=$!
is_read() { "$CAUSEWAY" status --config "$CONFIG" --json 2>/dev/null | jq -e 'any(.chains[]; .name == "l1" and .readTo > 0)' >/dev/null; }
within 20 is_read
control "500 2"
lies wrong_header
within 15 got '.path == "/ops" and .body.event == "opened"'
lies never # and the incident stays until it answers again
check webhook__came_when_it_could within 15 got '.path == "/ops" and .status == 200 and .body.event == "opened"'
equal webhook__tried_three_times 3 "$(count '.path == "/ops" and .body.event == "opened"')"
equal webhook__one_id 1 "$(tail -n +2 "$WORK/got" | jq -s '[.[] | select(.path == "/ops" and .body.event == "opened") | .id] | unique | length')"
equal webhook__always_signed 0 "$(count '.path == "/ops" and (.verified | not)')"
check webhook__says_what got '.path == "/ops" and .body.incident.kind == "endpoint_contradiction" and .body.incident.evidence != null'
check chat__told got '.path == "/chat" and (.body.text | startswith("warning: endpoint_contradiction l1/"))'
check pager__told got '.path == "/page_all" and .body.event_action == "trigger" and .body.routing_key == "pager-key"'
equal pager__not_of_less_than_critical 0 "$(count '.path == "/page"')"
check alertmanager__told got '.path == "/am/api/v2/alerts" and .body[0].labels.alertname == "causeway_endpoint_contradiction"'
check udp__told got '.path == "udp" and (.body | test("^<28>1 .* causeway .* opened \\[causeway@32473 .*kind=\"endpoint_contradiction\""))'
check unix__told got '.path == "unix" and (.body | startswith("<156>1 "))'
check stdout__told holds 'any(.[]; .event == "opened" and .incident.severity == "warning")' "$WORK/lines"
equal dead__keeps_it 1 "$(sink dead queued)"
check dead__said test "$(sink dead failing)" -ge 1
equal status__open_by_severity 1 "$("$CAUSEWAY" status --config "$CONFIG" --json | jq .incidentsOpen.warning)"
check metrics__queue grep -q '^causeway_sink_queue{sink="dead",type="webhook"} 1$' <("$CAUSEWAY" status --config "$CONFIG" --metrics)

# --- what operators do
id=$(alerts list --json | jq '.incidents[0].id')
check ack__done grep -q 'incident 1 acknowledged' <(alerts ack "$id" --by ann --note 'I look')
check ack__the_pager_knows within 5 got '.path == "/page_all" and .body.event_action == "acknowledge"'
equal ack__twice 1 "$(alerts ack "$id" >/dev/null && echo 0 || echo $?)"
equal ack__shown ann "$(alerts show "$id" --json | jq -r .acknowledged.by)"
check test__through_the_daemon grep -q 'delivered: HTTP 200' <(alerts test ops)
equal test__dead_through_the_daemon 1 "$(alerts test dead >/dev/null && echo 0 || echo $?)"
check silence__listed grep -q 'silence 1 .*deadline' <(alerts silence --kind deadline --for 2h >/dev/null && alerts list)
check silence__ended grep -q 'silence 1 is over' <(alerts unsilence 1)
equal silence__no_such 1 "$(alerts unsilence 1 >/dev/null && echo 0 || echo $?)"
told_again() { [ "$(count '.path == "/am/api/v2/alerts"')" -ge 2 ]; }
check alertmanager__told_again within 6 told_again

# --- killed between the commit and the answer
control never
lies honest
check end__under_way within 20 got '.path == "/ops" and .status == 0 and .body.event == "resolved"'
kill_relayer
control 200
equal killed__not_taken_yet 0 "$(count '.path == "/ops" and .status == 200 and .body.event == "resolved"')"
# shellcheck disable=SC2119
start_relayer
check killed__told_after_the_start within 15 got '.path == "/ops" and .status == 200 and .body.event == "resolved"'
equal killed__one_id 1 "$(tail -n +2 "$WORK/got" | jq -s '[.[] | select(.path == "/ops" and .body.event == "resolved") | .id] | unique | length')"
check pager__resolved within 5 got '.path == "/page_all" and .body.event_action == "resolve"'
equal pager__one_key 1 "$(tail -n +2 "$WORK/got" | jq -s '[.[] | select(.path == "/page_all") | .body.dedup_key] | unique | length')"
check dead__lost_nothing test "$(sink dead queued)" -ge 2
check stop__clean stop_relayer
check log__no_secret bash -c "! grep -E 't0ken|$secret|pager-key' '$LOG' '$WORK/lines'"
check log__no_leak_no_error bash -c "! grep -E 'AddressSanitizer|runtime error|LeakSanitizer' '$LOG' '$WORK/receiver.log'"
