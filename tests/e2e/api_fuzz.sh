#!/usr/bin/env bash
# The API of a daemon with messages, incidents and verdicts is asked COUNT things made from config/openapi.json, by SEED: good
# ones, bad ones and no HTTP at all, at once and by clients that are slow. Every answer is one that is described, none is a
# 500, nothing is left behind, and what the sanitizers have to say comes at the end.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
count=${COUNT:-10000} seed=${SEED:-$RANDOM$RANDOM}
echo "# SEED=$seed COUNT=$count"
start_bed --proposer
read -r operator operator_hash < <("$CAUSEWAY" token --json | jq -r '"\(.token) \(.sha256)"')
read -r reader reader_hash < <("$CAUSEWAY" token --json | jq -r '"\(.token) \(.sha256)"')
"$BED/config" "$WORK/bed" --data "$WORK/data" --route op-games --route op-games-deposits | jq --arg operator "$operator_hash" --arg reader "$reader_hash" \
    '.signers[].low_funds = "1000000 ether" | .api = {listen: "127.0.0.1:0", requests_per_s: 0, idle_s: 3,
    tokens: {ops: {role: "operate", sha256: $operator}, eye: {role: "read", sha256: $reader}}}' >"$CONFIG"
# Little is kept of what is freed, so that the process does not seem to grow.
ASAN_OPTIONS=$ASAN_OPTIONS:quarantine_size_mb=4 start_relayer --role all
within 20 logged 'api: http://'
api=$(sed -nE 's/.*api: (http:\S+)$/\1/p' "$LOG")
send games eth 3 >/dev/null
filled() { curl -m 5 -sS "$api/v1/status" | jq -e '([.routes[].messages[] | add] | add) >= 3 and (.incidents | length) > 0 and ([.routes[].verdicts[]] | length) > 0' >/dev/null; }
check store__has_what_is_asked_for within 40 filled
check answers__as_described "$BUILD/tests/api_fuzz" "$REPO/config/openapi.json" "${api##*:}" "$DAEMON" "$count" "$seed" "$reader" "$operator"
equal daemon__still_answers 200 "$(curl -m 5 -sS -o /dev/null -w '%{http_code}' "$api/healthz")"
check daemon__ends_well stop_relayer
check sanitizers__silent eval '! logged "ERROR: (Address|Leak)Sanitizer|runtime error"'
