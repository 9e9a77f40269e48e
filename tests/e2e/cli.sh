#!/usr/bin/env bash
# What somebody new runs into: mistakes in the configuration, wrong and absent endpoints, a second daemon, calldata to
# send oneself. Each is said in so many words, with its exit code.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
start_bed --proposer
PATH=$BED_BIN:$PATH

# try COMMAND…: its exit code in STATUS, what it printed in OUT and ERR
try() {
    STATUS=0
    timeout 60 "$CAUSEWAY" "$@" >"$WORK/out" 2>"$WORK/err" || STATUS=$?
    OUT=$(<"$WORK/out") ERR=$(<"$WORK/err")
}
# says NAME STATUS PATTERN COMMAND…: ends with STATUS, and PATTERN is in what it printed
says() {
    local name=$1 wanted=$2 pattern=$3
    shift 3
    try "$@"
    equal "${name}__status" "$wanted" "$STATUS"
    if grep -qE -- "$pattern" <<<"$OUT$ERR"; then ok "${name}__said"; else
        echo "# $name: no '$pattern' in: $OUT$ERR"
        not_ok "${name}__said"
    fi
}
# variant NAME JQ-FILTER: another configuration of this bed, with a database of its own
variant() {
    jq --arg data "$WORK/data-$1" ".data_dir = \$data | $2" "$CONFIG" >"$WORK/$1.json"
    echo "$WORK/$1.json"
}

# --- commands and usage
says version 0 '^causeway [0-9]+\.[0-9]+' version
equal schema__as_in_config same "$(diff -q <("$CAUSEWAY" check-config --schema) "$REPO/config/causeway.schema.json" >/dev/null && echo same)"
equal version__json true "$("$CAUSEWAY" version --json | jq 'has("version")')"
says no_command 2 '^usage: causeway COMMAND'
says mistyped_command 2 'did you mean "status"' statis
says mistyped_option 2 'unrecognized option' status --jsno
says no_database_yet 3 'no such|does not exist|no database|run' status --config "$CONFIG"
for command in run check-config status messages show prove retry hold release alerts signer keys version; do
    says "help_$command" 0 "^usage: causeway $command" "$command" --help
done

# --- configuration
sed 's/"poll_ms"/"pol_ms"/' "$CONFIG" >"$WORK/mistyped.json"
line=$(grep -n -m1 pol_ms "$WORK/mistyped.json" | cut -d: -f1)
says mistyped_key 2 "mistyped.json:$line:[0-9]+: .*\"pol_ms\": did you mean \"poll_ms\"" \
    check-config --config "$WORK/mistyped.json"
says mistyped_key_run 2 'did you mean "poll_ms"' run --config "$WORK/mistyped.json"
says no_file 2 "$WORK/none.json" check-config --config "$WORK/none.json"
CAUSEWAY_SET_DATADIR=x says mistyped_variable 2 'did you mean CAUSEWAY_SET_DATA_DIR\?' check-config --config "$CONFIG"
says no_key_file 2 'signer "relayer": key file .*/none' \
    check-config --config "$(variant nokey '.signers.relayer.key_file = "'"$WORK"'/none"')"
cp "$RELAYER_KEY_FILE" "$WORK/open.key"
chmod 644 "$WORK/open.key"
says open_key_file 2 'mode 644' \
    check-config --config "$(variant openkey '.signers.relayer.key_file = "'"$WORK"'/open.key"')"
says good 0 'the configuration is good' check-config --config "$CONFIG"
"$CAUSEWAY" check-config --reference >"$WORK/reference.json"
cp -p "$RELAYER_KEY_FILE" "$WORK/relayer.key"
says reference__loads 0 'the configuration is good' check-config --config "$WORK/reference.json"
# the indented block of the README that starts with a brace in its first column
sed -n '/^    {$/,/^    }$/s/^    //p' "$REPO/README.md" >"$WORK/readme.json"
says readme__loads 0 'the configuration is good' check-config --no-keys --config "$WORK/readme.json"
for example in "$REPO"/config/examples/*.json; do
    says "example__loads_$(basename "$example" .json)" 0 'the configuration is good' check-config --no-keys --config "$example"
done

# --- prove without a daemon, from the transaction: the portal takes it from anybody
sent=$("$BED/send" "$WORK/bed" --rollup legacy --kind eth)
tx=$(jq -r .l2TxHash <<<"$sent") id=$(jq -r .id <<<"$sent")
provable() { "$CAUSEWAY" prove "$tx" --config "$CONFIG" >"$WORK/bundle" 2>"$WORK/err"; }
says prove_fresh 1 '"reason":"(source_not_final|no_root|root_not_final_here)"' prove "$tx" --config "$CONFIG"
check prove_by_transaction__ready within 30 provable
equal prove_by_transaction__id "$id" "$(jq -r '.[0].id' "$WORK/bundle")"
equal prove_by_transaction__step prove "$(jq -r '.[0].step' "$WORK/bundle")"
call() { # SENDER: the bundle, as he would send it
    cast call --rpc-url "$L1_URL" --from "$1" "$(jq -r '.[0].to' "$WORK/bundle")" --data "$(jq -r '.[0].data' "$WORK/bundle")" >/dev/null
}
check prove_by_transaction__portal_takes_it call "$STRANGER"
says prove_nothing 1 'is no message' prove "0x$(printf '11%.0s' {1..32})" --config "$CONFIG"
says prove_no_hash 2 '64 digits' prove 0x1234 --config "$CONFIG"
says prove_other_route 2 'did you mean "op-legacy"' prove "$tx" --route op-legcy --config "$CONFIG"

# --- a daemon
held=$(send legacy raw-revert 1)
start_relayer
runs() { "$CAUSEWAY" status --config "$CONFIG" >/dev/null 2>&1; }
check running within 10 runs
seen() { "$CAUSEWAY" show "$id" --config "$CONFIG" >/dev/null 2>&1; }
check seen within 20 seen
"$CAUSEWAY" show "$id" --follow --json --config "$CONFIG" >"$WORK/follow.jsonl" &
follows_message=$!
"$CAUSEWAY" status --follow --config "$CONFIG" >"$WORK/follow.txt" &
follows_status=$!
says second_daemon 3 "in use by the process $DAEMON" run --plain --config "$CONFIG"
check delivered within 60 is "legacy/$id" condition "done"
check follow_message__ends_by_itself within 10 bash -c "! kill -0 $follows_message 2>/dev/null"
STATUS=0
wait "$follows_message" || STATUS=$?
equal follow_message__status 0 "$STATUS"
equal follow_message__last "done" "$(tail -n 1 "$WORK/follow.jsonl" | jq -r .condition)"
check follow_message__changes_only jq -se 'length > 2 and (map(.history | length) | . == unique)' "$WORK/follow.jsonl"
says prove_delivered 1 '"reason":"finished"' prove "$id" --config "$CONFIG"
says release_delivered 1 'delivered for good' release "$id" --config "$CONFIG"
says release_open_route 1 'not held' release op-legacy --config "$CONFIG"
says hold_route 0 'op-games held' hold op-games --reason why --config "$CONFIG"
says hold_route__status 0 'held \(operator\).*why' status --config "$CONFIG"
check follow_status__held within 5 grep -qE 'UTC  route op-games: held, operator.*why' "$WORK/follow.txt"
says release_route 0 'op-games released' release op-games --config "$CONFIG"
check follow_status__open_again within 5 bash -c "grep -E 'route op-games: ' '$WORK/follow.txt' | tail -n 1 | grep -q open"
kill -INT "$follows_status"
STATUS=0
wait "$follows_status" || STATUS=$?
equal follow_status__interrupted 0 "$STATUS"
# on a terminal: as wide as it is, coloured unless it is unwanted; in pipes whole and plain
terminal() { TERM=xterm script -qec "stty cols 60 rows 200; ${2:-} $CAUSEWAY $1 --config $CONFIG" /dev/null </dev/null; }
check terminal__cut grep -q '…' <<<"$(terminal 'check-config --effective')"
check pipe__whole bash -c "! '$CAUSEWAY' check-config --effective --config '$CONFIG' | grep -q …"
NO_COLOR='' terminal status >"$WORK/terminal"
check terminal__coloured grep -q $'\x1b\\[32mruns' "$WORK/terminal"
terminal status >"$WORK/terminal"
check terminal__no_colour bash -c "grep -q runs '$WORK/terminal' && ! grep -q $'\x1b' '$WORK/terminal'"
check pipe__coloured_when_asked grep -q $'\x1b\\[32m' <<<"$("$CAUSEWAY" status --color always --config "$CONFIG")"
terminal 'status --follow' 'timeout -k 5 -s INT 3' >"$WORK/terminal" || true
check terminal__drawn bash -c "grep -q 'Ctrl-C ends it' '$WORK/terminal' && grep -q op-games '$WORK/terminal'"
says colour__unknown 2 'auto, always or never' status --color green --config "$CONFIG"
equal csv__as_many_as_in_json "$("$CAUSEWAY" messages --json --config "$CONFIG" | jq '.messages | length')" \
    "$("$CAUSEWAY" messages --csv --config "$CONFIG" | tail -n +2 | wc -l)"
check csv__message grep -q "^$id,op-legacy,executed" <<<"$("$CAUSEWAY" messages --csv --config "$CONFIG")"
says no_such_condition 2 'did you mean "held"' messages --condition hld --config "$CONFIG"
for command in "status" "messages" "show $id" "check-config" "check-config --effective" "prove $id" "verdicts" "alerts list" \
    "token" "keys list" "hash keccak 0x12" "decode rlp 0xc0" "hold op-games" "release op-games"; do
    # shellcheck disable=SC2086 # words
    check "json_${command// /_}__parses" jq -e . <<<"$("$CAUSEWAY" $command --config "$CONFIG" --json)" >/dev/null
done

# What would burn the message is not called ready.
check target_reverts__held within 60 is "$held" reason target_reverts
says prove_burning 1 '"reason":"target_reverts"' prove "${held#*/}" --config "$CONFIG"

kill_relayer
says status_after_kill 1 'does not run' status --config "$CONFIG"
says release_after_kill 0 'at the next start' release "${held#*/}" --config "$CONFIG"
# where its key is, a variable says, of which the signer hears as well
key=$(jq -r .signers.relayer.key_file "$CONFIG")
jq '.signers.relayer.key_file = "/nowhere"' "$CONFIG" >"$WORK/elsewhere.json"
whole=$CONFIG
CONFIG=$WORK/elsewhere.json
export CAUSEWAY_SET_SIGNERS__RELAYER__KEY_FILE=$key
ready=$(grep -c 'signs for .* under' "$LOG")
signs() { [ "$(grep -c 'signs for .* under' "$LOG")" -gt "$ready" ]; }
start_relayer
check variable__signer_has_its_key within 20 signs
says variable__said 0 "key_file +CAUSEWAY_SET_SIGNERS__RELAYER__KEY_FILE +\"$key\"" check-config --effective --config "$CONFIG"
check written_down__carried_out within 20 logged 'release .*: will be looked at now'
check stop__clean stop_relayer
unset CAUSEWAY_SET_SIGNERS__RELAYER__KEY_FILE
CONFIG=$whole

# --- another chain behind the URL
other=$(variant other '.chains["l2-games"].chain_id = 10')
timeout -s TERM 4 "$CAUSEWAY" run --plain --config "$other" >"$WORK/other.log" 2>&1 || true
check other_chain__said grep -q 'serves chain id 902, not 10' "$WORK/other.log"
says other_chain__status 1 'serves chain id 902, not 10' status --config "$other"

# --- an endpoint that is away, and comes back
"$BUILD/tests/liar" "$L2_LEGACY_URL" >"$WORK/liar.log" 2>&1 &
within 10 grep -q '^Listening on ' "$WORK/liar.log"
proxy=http://$(sed -n 's/^Listening on //p' "$WORK/liar.log")
CONFIG=$(variant away '.chains["l2-legacy"] += {endpoints: ["'"$proxy"'"], quick_deadline_ms: 500}')
# shellcheck disable=SC2034 # lib.sh reads it
LOG=$WORK/away.log
curl -sS -d '{"mode":"never"}' "$proxy/control" >/dev/null
start_relayer
check away__said within 15 logged "l2-legacy: endpoint ${proxy#http://}"
curl -sS -d '{"mode":"honest"}' "$proxy/control" >/dev/null
check back__said within 20 logged "l2-legacy: endpoint ${proxy#http://} answers again"
back=$(send legacy eth 1)
known() { of "$back" show >/dev/null 2>&1; }
check back__reads_on within 20 known
check away__stop stop_relayer
check log__no_leak_no_error bash -c "! grep -E 'AddressSanitizer|runtime error|LeakSanitizer' '$WORK'/*.log"
