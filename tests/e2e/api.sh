#!/usr/bin/env bash
# The API of a daemon that relays: what is shown, what is refused, what operators ask, what is told as it happens. All of
# it is held to config/openapi.json.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
start_bed --proposer
proxy L1 "$L1_URL"
PATH=$BED_BIN:$PATH
read -r token ops < <("$CAUSEWAY" token --json | jq -r '"\(.token) \(.sha256)"')
reader=fedcba9876543210fedcba9876543210
hash() { printf %s "$1" | sha256sum | cut -c1-64; }
"$BED/config" "$WORK/bed" --data "$WORK/data" --l1 "$PROXY_L1" | jq --arg ops "$ops" --arg read "$(hash "$reader")" '.signers[].low_funds = "1000000 ether" | .api = {listen: "127.0.0.1:0",
    tokens: {ops: {role: "operate", sha256: $ops}, eye: {role: "read", sha256: $read}}}' >"$CONFIG"
"$BUILD/tests/receiver" a-secret-of-the-dapp "$WORK/log.socket" >"$WORK/got" 2>"$WORK/receiver.log" &
within 10 grep -qs '^Listening on ' "$WORK/got"
hooks=$(sed -nE 's,^Listening on (\S+) udp .*$,http://\1/,p' "$WORK/got")
jq --arg hooks "$hooks" '.api.webhooks = [$hooks]' "$CONFIG" >"$WORK/hooks.json"
mv "$WORK/hooks.json" "$CONFIG"
# sent before the block from which the route is read
early=$("$BED/send" "$WORK/bed" --rollup games --kind eth)
jq --argjson after "$(jq '.block' <<<"$early")" '.routes["op-games"].execution_start_block = $after + 1' "$CONFIG" >"$WORK/late.json"
mv "$WORK/late.json" "$CONFIG"
start_relayer
within 20 logged 'api: http://'
api=$(sed -nE 's/.*api: (http:\S+)$/\1/p' "$LOG")

# get PATH [curl's options]: the body; the status in $WORK/status
mkdir "$WORK/answers"
get() {
    local path=$1 body
    body=$(mktemp "$WORK/answers/XXXXXX")
    shift
    curl -m 10 -sS -o "$body" -w "%{method} $path %{http_code} $body %{content_type}\n" "$@" "$api$path" | tee -a "$WORK/answered" | cut -d ' ' -f 3 >"$WORK/status"
    cp "$body" "$WORK/body"
    cat "$body"
}
# status NAME WANTED PATH [curl's options]
status() {
    local name=$1 wanted=$2
    shift 2
    get "$@" >/dev/null
    equal "$name" "$wanted" "$(<"$WORK/status")"
}
post() { get "$1" -H 'content-type: application/json' -d "$2" "${@:3}"; }
ready() { get /readyz >/dev/null && [ "$(<"$WORK/status")" = 200 ]; }
# not_ready CHECK: what stands for a chain that can't be asked
not_ready() { get /readyz >/dev/null && [ "$(<"$WORK/status")" = 503 ] && jq -e "any(.checks[]; .what == \"$1\" and .chain == \"l1\" and (.ok | not))" "$WORK/body" >/dev/null; }
by() { printf 'authorization: Bearer %s' "$1"; }

# --- a dapp that wants to be told
status webhook__without_token 401 /v1/webhooks -H 'content-type: application/json' -d "{\"url\":\"${hooks}x\"}"
status webhook__elsewhere 403 /v1/webhooks -H 'content-type: application/json' -d '{"url":"http://169.254.169.254/latest"}' -H "$(by "$reader")"
status webhook__no_url 400 /v1/webhooks -H 'content-type: application/json' -d '{}' -H "$(by "$reader")"
status webhook__no_stage 400 /v1/webhooks -H 'content-type: application/json' -d "{\"url\":\"${hooks}x\",\"stages\":[\"done\"]}" -H "$(by "$reader")"
status webhook__short_secret 400 /v1/webhooks -H 'content-type: application/json' -d "{\"url\":\"${hooks}x\",\"secret\":\"short\"}" -H "$(by "$reader")"
equal webhook__made '1 active a-secret-of-the-dapp' "$(post /v1/webhooks "{\"url\":\"${hooks}dapp\",\"secret\":\"a-secret-of-the-dapp\",\"route\":\"op-games\",\"stages\":[\"proven\",\"executed\"]}" -H "$(by "$reader")" | jq -r '"\(.webhook) \(.state) \(.secret)"')"
equal webhook__of_another 64 "$(post /v1/webhooks "{\"url\":\"${hooks}ops\"}" -H "$(by "$token")" | jq -r '.secret | length')"
equal webhooks__own '[1]' "$(get /v1/webhooks -H "$(by "$reader")" | jq -c '[.webhooks[].webhook]')"
equal webhooks__all '[1,2]' "$(get /v1/webhooks -H "$(by "$token")" | jq -c '[.webhooks[].webhook]')"
status webhook__end_of_others 404 /v1/webhooks/2/end -H 'content-type: application/json' -d '' -H "$(by "$reader")"
equal webhook__end ended "$(post /v1/webhooks/2/end '' -H "$(by "$token")" | jq -r .state)"
equal webhook__no_secret_in_the_log 0 "$(grep -c a-secret-of-the-dapp "$LOG")"

curl -m 120 -sSN -D "$WORK/events.head" "$api/v1/events" >"$WORK/events" &
check ready__once_all_is_watched within 20 ready
equal ready__at_first 'loop database' "$(jq -r '[.checks[].what | select(IN("loop", "database"))] | join(" ")' "$WORK/body")"
equal health__of_a_relayer 'relayer true' "$(get /healthz | jq -r '"\(.role) \(.ok)"')"
# beside all that follows a crowd that listens and asks
"$BUILD/tests/api_load" "$api" 50 20 / /v1/status /v1/messages '/v1/messages?stage=proven' /v1/stats /metrics /v1/lanes >"$WORK/crowd" 2>"$WORK/crowd.log" &
crowd=$!
check crowd__listens within 10 grep -qs 'all streams are open' "$WORK/crowd.log"
# held until all was asked that wants it on its way
status hold__without_token 401 "/v1/routes/op-games/hold" -H 'content-type: application/json' -d '{}'
status hold__by_a_reader 403 "/v1/routes/op-games/hold" -H 'content-type: application/json' -d '{}' -H "$(by "$reader")"
equal hold__done "route op-games held" "$(post /v1/routes/op-games/hold '{"reason":"a try"}' -H "$(by "$token")" | jq -r .answer)"
message=$(send games eth 1)
listed() { [ "$(get "/v1/messages?route=op-games" | jq '.messages | length')" = 1 ]; }
check messages__listed within 20 listed
id=${message#*/}
equal message__by_id "$id" "$(get "/v1/messages/$id" | jq -r '.messages[0].id')"
equal message__by_digits "$id" "$(get "/v1/messages/${id:0:12}" | jq -r '.messages[0].id')"
equal message__as_the_command_says "$("$CAUSEWAY" show "$id" --config "$CONFIG" --json | jq -S 'del(.level, .eta, .waitsFor, .changedMs, .stages, .history, .stage, .condition, .reason, .detail, .transactions, .evidenceBytes, .evidenceHash, .cost, .assurance, .dueMs, .dueChain, .dueChainTime)')" \
    "$(get "/v1/messages/$id" | jq -S '.messages[0] | del(.level, .eta, .waitsFor, .changedMs, .stages, .history, .stage, .condition, .reason, .detail, .transactions, .evidenceBytes, .evidenceHash, .cost, .assurance, .dueMs, .dueChain, .dueChainTime)')"
status none__not_found 404 "/v1/messages/0x$(hash nothing)"
status digits__too_few 400 /v1/messages/0x12
status path__none 404 /v1/nothing
equal access__of_anybody read "$(get /v1/access | jq -r .role)"
equal access__of_a_token 'operate ops' "$(get /v1/access -H "$(by "$token")" | jq -r '"\(.role) \(.token)"')"
status access__wrong_token 401 /v1/access -H "$(by wrong)"
status evidence__not_there 404 /v1/evidence/20260101T000000.000-00-l1-one-proof.json
status evidence__no_other_file 400 /v1/evidence/..%2Fcauseway.json
status evidence__no_hidden_file 400 /v1/evidence/.20260101.json
status evidence__no_other_ending 400 /v1/evidence/2026.db
mkdir -p "$WORK/data/evidence"
echo '{"a":1}' >"$WORK/data/evidence/20260101T000000.000-00-l1-one-proof.json"
status evidence__not_for_its_owner_alone 400 /v1/evidence/20260101T000000.000-00-l1-one-proof.json
chmod 600 "$WORK/data/evidence/20260101T000000.000-00-l1-one-proof.json"
equal evidence__as_it_was_written 1 "$(get /v1/evidence/20260101T000000.000-00-l1-one-proof.json | jq .a)"
status parameter__unknown 400 '/v1/messages?rout=op-games'
status route__unknown 400 '/v1/messages?route=op-game'
equal route__nearest true "$(jq '.detail | contains("did you mean \"op-games\"")' "$WORK/body")"
status token__wrong 401 /v1/messages -H "$(by "${token}0")"
status name__of_others 421 /v1/messages -H 'host: evil.example'
equal assurance__of_the_route 'opstack withdrawal 9' "$(get '/v1/assurance?route=op-games' | jq -r '.stacks[] | "\(.stack) \(.direction) \([.levels[].stage] | unique | length)"')"
get /metrics >"$WORK/metrics"
promtool=$("$REPO/tests/prometheus/promtool")
equal metrics__as_prometheus_wants_them '' "$("$promtool" check metrics <"$WORK/metrics" 2>&1)"
families() { grep '^# TYPE' "$1" | sort; }
equal metrics__as_the_command_writes_them "$(families <("$CAUSEWAY" status --metrics --config "$CONFIG"))" "$(families "$WORK/metrics")"
equal eta__of_what_is_not_delivered 'executed true' "$(get "/v1/messages?route=op-games" | jq -r '.messages[0].eta | "\(.of) \(.reason | length > 0)"')"

# --- what operators ask
# what waits for nothing but the relayer, for whoever sends it himself
provable() { get "/v1/messages/$id/proof" | jq -e '.step and (has("reason") | not)' >/dev/null; }
check proof__ready within 40 provable
cp "$WORK/body" "$WORK/proof"
equal proof__as_the_command_says "$("$CAUSEWAY" prove "$id" --config "$CONFIG" | jq -S '.[0] | [.id, .to, .value, .step, .chainId]')" "$(jq -S '[.id, .to, .value, .step, .chainId]' "$WORK/proof")"
check proof__the_portal_takes_it cast call --rpc-url "$L1_URL" --from "$STRANGER" "$(jq -r .to "$WORK/proof")" --data "$(jq -r .data "$WORK/proof")"
status proof__of_nothing 404 "/v1/messages/0x$(hash nothing)/proof"
status proof__for_no_address 400 "/v1/messages/$id/proof?from=0x12"

# --- what a transaction sent
tx=$(get "/v1/messages/$id" | jq -r '.messages[0].sourceTransaction')
equal track__known "found l2-games $id seen" "$(post /v1/track "{\"tx\":\"$tx\"}" | jq -r '"\(.state) \(.chain) \(.messages[0].id) \(if .messages[0].stage == "unseen" then "unseen" else "seen" end)"')"
equal track__before_the_first_block "found $(jq -r .id <<<"$early") unseen false" "$(post /v1/track "$(jq -c '{tx: .l2TxHash}' <<<"$early")" | jq -r '"\(.state) \(.messages[0].id) \(.messages[0].stage) \(.messages[0].isRead)"')"
equal track__nothing 'notFound ["l2-games","l2-legacy"]' "$(post /v1/track "{\"tx\":\"0x$(hash nothing)\"}" | jq -r '"\(.state) \(.asked | sort | tojson)"')"
l1_tx=$(cast rpc --rpc-url "$L1_URL" eth_getLogs '{"fromBlock":"0x0","toBlock":"latest"}' | jq -r '.[-1].transactionHash')
equal track__no_message 'noMessage l1 []' "$(post /v1/track "{\"tx\":\"$l1_tx\",\"chain\":\"l1\"}" | jq -r '"\(.state) \(.chain) \(.messages)"')"
status track__no_hash 400 /v1/track -H 'content-type: application/json' -d '{"tx":"0x12"}'
status track__no_body 400 /v1/track -H 'content-type: application/json' -d ''
status track__no_chain 404 /v1/track -H 'content-type: application/json' -d "{\"tx\":\"$tx\",\"chain\":\"l9\"}"
check hold__in_the_status grep -q 'a try (by ops)' <("$CAUSEWAY" status --config "$CONFIG" --json | jq -r '.routes[] | select(.name == "op-games") | .holdDetail')
equal release__done 200 "$(post /v1/routes/op-games/release '' -H "$(by "$token")" >/dev/null; cat "$WORK/status")"
status get__of_an_action 405 /v1/routes/op-games/hold
status body__no_json 400 /v1/routes/op-games/hold -H 'content-type: application/json' -d '{' -H "$(by "$token")"
status body__member_unknown 400 /v1/routes/op-games/hold -H 'content-type: application/json' -d '{"reasons":"x"}' -H "$(by "$token")"
status silence__no_time 400 /v1/silences -H 'content-type: application/json' -d '{"kind":"deadline"}' -H "$(by "$token")"
equal silence__done true "$(post /v1/silences '{"kind":"deadline","forSeconds":60}' -H "$(by "$token")" | jq '.answer | startswith("silence 1 lasts")')"
equal silence__over 'silence 1 is over' "$(post /v1/silences/1/end '' -H "$(by "$token")" | jq -r .answer)"
equal ack__none false "$(post /v1/incidents/99/acknowledge '{"note":"x"}' -H "$(by "$token")" | jq '.answer | startswith("incident 99 acknowledged")')"

status retry__says_not_which 400 /v1/messages/retry -H 'content-type: application/json' -d '{}' -H "$(by "$token")"
status retry__by_a_reader 403 /v1/messages/retry -H 'content-type: application/json' -d '{"route":"op-games"}' -H "$(by "$reader")"
equal retry__dry_run "$id" "$(post /v1/messages/retry '{"route":"op-games","dryRun":true}' -H "$(by "$token")" | jq -r '.wouldRetry[0].id')"
equal retry__done true "$(post /v1/messages/retry '{"route":"op-games","limit":5}' -H "$(by "$token")" | jq '.answer | startswith("1 will be looked at now")')"
equal retry__in_the_history 1 "$(told "$message" 'retry by the operator: (by ops)' && echo 1)"
equal log_level__set 'debug of route op-games is logged from now on' "$(post /v1/log-level '{"level":"debug","component":"route op-games"}' -H "$(by "$token")" | jq -r .answer)"
status log_level__none 400 /v1/log-level -H 'content-type: application/json' -d '{"level":"loud"}' -H "$(by "$token")"
status log_level__by_a_reader 403 /v1/log-level -H 'content-type: application/json' -d '{"level":"info"}' -H "$(by "$reader")"

# --- as it happens
check message__delivered within 60 is "$message" stage executed-final
sender=$(get "/v1/messages/$id" | jq -r '.messages[0].sender')
equal messages__by_sender "$id" "$(get "/v1/messages?sender=$sender&from=1" | jq -r '.messages[0].id')"
equal messages__by_another 0 "$(get "/v1/messages?sender=0x00000000000000000000000000000000000000ee" | jq '.messages | length')"
equal messages__of_long_ago 0 "$(get "/v1/messages?to=1000000000" | jq '.messages | length')"
status messages__no_address 400 "/v1/messages?sender=0x12"
equal eta__none_any_more null "$(get "/v1/messages/$id" | jq '.messages[0].eta')"
equal stats__delivered 1 "$(get /v1/stats?route=op-games | jq '.routes[0].delivery.count')"
equal stats__steps 'finalize prove' "$(get /v1/stats?route=op-games | jq -r '[.routes[0].steps[] | select(.gas > 50000 and .failed == 0) | .step] | join(" ")')"
# gas, fee and calldata of all transactions of the message, as the chain has them
on_chain() {
    local tx gas=0 fee=0 bytes=0 receipt input
    for tx in $(get "/v1/messages/$id" | jq -r '.messages[0].transactions[].hash'); do
        receipt=$(cast rpc --rpc-url "$L1_URL" eth_getTransactionReceipt "$tx")
        input=$(cast rpc --rpc-url "$L1_URL" eth_getTransactionByHash "$tx" | jq -r .input)
        gas=$((gas + $(jq -r .gasUsed <<<"$receipt")))
        fee=$((fee + $(jq -r .gasUsed <<<"$receipt") * $(jq -r .effectiveGasPrice <<<"$receipt")))
        bytes=$((bytes + (${#input} - 2) / 2))
    done
    echo "$gas $fee $bytes"
}
counted() { [ "$(get /v1/stats?route=op-games | jq '.routes[0].messages.count')" = 1 ]; }
check stats__the_message_is_counted within 20 counted
paid=$(on_chain)
equal stats__steps_are_what_the_chain_says "$paid" "$(get /v1/stats?days=2 | jq -r '[.routes[] | select(.route == "op-games") | .steps[]] | "\(map(.gas) | add) \(map(.feeWei | tonumber) | add) \(map(.calldataBytes) | add)"')"
equal stats__messages_are_their_steps "${paid% *}" "$(get /v1/stats?route=op-games | jq -r '.routes[0].messages | "\(.gas) \(.feeWei)"')"
equal stats__proofs 'true 0' "$(get /v1/stats?route=op-games | jq -r '.routes[0].steps | "\((.[] | select(.step == "prove") | .proofNodes > 1 and .proofBytes > 100 and .proofBytes < .calldataBytes)) \(.[] | select(.step == "finalize") | .proofBytes)"')"
equal stats__csv_of_both "$("$CAUSEWAY" stats --csv --config "$CONFIG")" "$(get /v1/stats.csv)"
equal attempts__csv_of_both "$("$CAUSEWAY" stats --attempts --config "$CONFIG")" "$(get /v1/attempts.csv)"
equal attempts__add_up "${paid% *}" "$(get '/v1/attempts.csv?route=op-games' | awk -F, 'NR > 1 {gas += $13; fee += $15} END {printf "%.0f %.0f", gas, fee}')"
check stats__for_people grep -q 'calls a message' <("$CAUSEWAY" stats --config "$CONFIG")
equal lanes__shown 'l1 2 false' "$(get /v1/lanes | jq -r '.lanes[] | select(.nextNonce > 0) | "\(.chain) \(.nextNonce) \(.held)"')"
equal lanes__in_the_status "$(get /v1/lanes | jq -c '.lanes[0].address')" "$("$CAUSEWAY" status --config "$CONFIG" --json | jq -c '.lanes[0].address')"
check lanes__for_people grep -q 'under way' <("$CAUSEWAY" status --config "$CONFIG")
# got FILTER: something came that it holds for
got() { tail -n +2 "$WORK/got" | jq -es "any(.[]; $1)" >/dev/null; }
check webhook__told within 10 got ".path == \"/dapp\" and .verified and .body.stage == \"executed\" and .body.id == \"$id\""
equal webhook__in_order_once '["proven","executed"]' "$(tail -n +2 "$WORK/got" | jq -sc '[.[] | select(.path == "/dapp") | .body.stage]')"
equal webhook__ended_told_nothing 0 "$(tail -n +2 "$WORK/got" | jq -s '[.[] | select(.path == "/ops")] | length')"
equal webhook__shown 'active 2' "$(get /v1/webhooks -H "$(by "$reader")" | jq -r '.webhooks[0] | "\(.state) \(.sent)"')"
executed() { grep -q '"stage":"executed"' "$WORK/events"; }
check events__told within 5 executed
equal events__are_json true "$(sed -n 's/^data: //p' "$WORK/events" | jq -es 'all(.[]; has("timeMs"))')"
# again SECONDS ID: what comes to one who had the event of that id last
again() { curl -m "$1" -sSN "$api/v1/events" -H "Last-Event-ID: $2" || true; }
first=$(sed -n 's/^id: //p' "$WORK/events" | head -n 1)
equal events__again_from_the_first "$(sed -n 's/^id: //p' "$WORK/events" | sed 1d)" "$(again 2 "$first" | sed -n 's/^id: //p')"
equal events__after_the_newest "" "$(again 1 "$(sed -n "s/^id: //p" "$WORK/events" | tail -n 1)" | grep "^id")"
equal events__of_a_past_that_is_gone 'event: gap' "$(again 1 999-0 | head -n 1)"
# --- when it will be delivered, by what the first one took
second=$(send games eth 1)
estimated() { get "/v1/messages/${second#*/}" | jq -e '.messages[0] | .eta.likely >= .eta.from and .eta.until >= .eta.likely and (.eta.reason | contains("challenge-over took"))' >/dev/null; }
check eta__by_the_periods_and_what_was_measured within 60 estimated

# --- all that there is, as it is described
check description__served cmp <(get /v1/openapi.json) "$REPO/config/openapi.json"
status description__kept 304 /v1/openapi.json -H "if-none-match: $(curl -sSI "$api/v1/openapi.json" | sed -n 's/^ETag: //p' | tr -d '\r')"
incident() { [ "$(get /v1/incidents | jq '[.incidents[] | select(.kind == "low_funds")] | length')" -gt 0 ]; }
check incident__listed within 20 incident
incident=$(jq '.incidents[0].id' "$WORK/body")
check incident__told grep -q '"event":"opened"' <(get "/v1/incidents/$incident")
equal ack__one "incident $incident acknowledged" "$(post "/v1/incidents/$incident/acknowledge" '{"note":"x"}' -H "$(by "$token")" | jq -r .answer)"
curl -sS -d '{"mode":"hang_up"}' "$PROXY_L1/control" >/dev/null
check ready__no_longer_without_endpoints within 30 not_ready endpoints
status health__whatever_the_endpoints 200 /healthz
curl -sS -d '{"mode":"honest"}' "$PROXY_L1/control" >/dev/null
check ready__again within 30 ready
for path in / /app.js /v1/status /v1/routes /v1/chains /v1/endpoints /v1/sinks /v1/lanes /v1/verdicts '/v1/verdicts?state=ok&limit=1' '/v1/incidents?all=true'; do
    status "answer__of_$path" 200 "$path"
done
for verb in hold release retry; do status "message__$verb" 200 "/v1/messages/$id/$verb" -H 'content-type: application/json' -d '{}' -H "$(by "$token")"; done
status lane__release 200 "/v1/lanes/l1/$sender/release" -H 'content-type: application/json' -d '{}' -H "$(by "$token")"
sleep 1
kill -TERM $crowd
wait $crowd || true
equal crowd__told_of_all_in_order true "$(jq '.events > 5 and .heard >= 50 * 5 and ([.refused, .ended, .disordered, .missed, .gaps, .behind] | add) == 0' "$WORK/crowd")"
equal crowd__answered true "$(jq '.answers > 50 and .failed + .unsent == 0 and .requests - .answers <= 1' "$WORK/crowd")"
check stop__with_listeners stop_relayer
sed -n 's/^HTTP.* \([0-9]*\) .*/GET \/v1\/events \1 \/dev\/null text\/event-stream/p' "$WORK/events.head" >>"$WORK/answered"
check answers__as_described "$BUILD/tests/api_check" "$REPO/config/openapi.json" "$WORK/answered" "$WORK/events"
