#!/usr/bin/env bash
# `causeway init` writes, from what the chains say, what `causeway run` relays with at once; `causeway doctor` finds it all
# well, and tells what is wrong of what is.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/bed/lib.sh
. "$REPO/tests/bed/lib.sh"
start_bed --proposer --deposits --nitro --asserter
nitro=$WORK/nitro.json
LOGS+=("$WORK/nitro.log")

# told NAME STATUS PATTERN ARGUMENT…: that exit status, and a line of output or error with that
told() {
    local name=$1 wanted=$2 pattern=$3 status=0
    shift 3
    "$CAUSEWAY" "$@" >"$WORK/out" 2>&1 </dev/null || status=$?
    if [ $status = "$wanted" ] && grep -qE "$pattern" "$WORK/out"; then ok "$name"; else
        echo "# $name: status $status, wanted $wanted and '$pattern':"
        sed 's/^/# /' "$WORK/out"
        not_ok "$name"
    fi
}
opstack=(init --stack opstack --l1 "$L1_URL" --l2 "$L2_GAMES_URL" --portal "$GAMES_PORTAL")

# --- a file from options, for each stack, and a message that is relayed with it
told opstack__written 0 '^  10 links between them hold' "${opstack[@]}" --relay all --signer "key-file:$RELAYER_KEY_FILE" \
    --data-dir "$WORK/data" --out "$CONFIG" --force
told nitro__written 0 '^  11 links between them hold' init --stack nitro --l1 "$L1_URL" --l2 "$L2_NITRO_URL" --rollup "$NITRO_ROLLUP" \
    --direction withdrawal --relay all --signer "key-file:$RELAYER2_KEY_FILE" --data-dir "$WORK/nitro-data" --out "$nitro"
equal opstack__mode_of_the_file 640 "$(stat -c %a "$CONFIG")"
told keystore__made_beside_the_configuration 0 "keys new --keystore $WORK/main.json --password-file $WORK/main.password" "${opstack[@]}" \
    --relay all --out "$WORK/beside.json"
told opstack__checked 0 'the configuration is good' check-config --config "$CONFIG"
told nitro__checked 0 'the configuration is good' check-config --config "$nitro"
# The bed put its contracts into the first blocks: of their state no node has a proof.
past() { [ "$(block_number "$L2_GAMES_URL" finalized)" -ge 8 ]; }
within 30 past
start_relayer
"$CAUSEWAY" run --plain --config "$nitro" >>"$WORK/nitro.log" 2>&1 &
second=$!
within 20 logged 'chain-902-withdrawals'
within 20 grep -q 'chain-903-withdrawals' "$WORK/nitro.log"
withdrawal=$(send games eth 1)
exit_id=$("$BED/send" "$WORK/bed" --rollup nitro --kind eth --count 1 | jq -r .id)
stage() { [ "$("$CAUSEWAY" show "$2" --config "$1" --json 2>/dev/null | jq -r .stage)" = "$3" ]; }

# --- while they are under way: all is well
well() { # CONFIG: nothing is wrong, and all was told
    "$CAUSEWAY" doctor --config "$1" --json >"$WORK/doctor" && jq -e '.counts.fail == 0 and .counts.unknown == 0' "$WORK/doctor" >/dev/null
}
check doctor__well well "$CONFIG"
equal doctor__warns_of_nothing_else 'sink' "$(jq -r '.checks[] | select(.level == "warn") | .part' "$WORK/doctor" | sort -u | grep -v endpoint)"
equal doctor__knows_of_the_daemon true "$(jq --arg pid "$DAEMON" '[.checks[].text] | any(contains("the process \($pid) relays with it"))' "$WORK/doctor")"
check doctor__well_nitro well "$nitro"

# --- what init refuses
told swapped__said 2 'these two are swapped' init --stack opstack --l1 "$L2_GAMES_URL" --l2 "$L1_URL" --portal "$GAMES_PORTAL" --out "$WORK/no.json"
told nitro_swapped__said 2 'these two are swapped' init --stack nitro --l1 "$L2_NITRO_URL" --l2 "$L1_URL" --bridge "$NITRO_BRIDGE" --out "$WORK/no.json"
told messenger__said_whose 2 "L1CrossDomainMessenger, whose portal is ${GAMES_PORTAL,,}" "${opstack[@]:0:7}" --portal "$GAMES_MESSENGER" --out "$WORK/no.json"
told nobody__no_code 2 'there is no code' "${opstack[@]:0:7}" --portal 0x00000000000000000000000000000000000000ff --out "$WORK/no.json"
told other_rollup__does_not_fit 2 'do not fit each other' "${opstack[@]:0:7}" --portal "$LEGACY_PORTAL" --out "$WORK/no.json"
told mistyped__checksum 2 'wrong checksum' "${opstack[@]:0:7}" --portal "${GAMES_PORTAL%3}4" --out "$WORK/no.json"
told dead__said 3 'does not answer' init --stack opstack --l1 http://127.0.0.1:9 --l2 "$L2_GAMES_URL" --portal "$GAMES_PORTAL" --out "$WORK/no.json"
told one_chain__said 2 'both serve chain 900' init --stack opstack --l1 "$L1_URL" --l2 "$L1_URL" --portal "$GAMES_PORTAL" --out "$WORK/no.json"
told different_chains__said 2 'serve different chains' "${opstack[@]}" --l1 "$L2_LEGACY_URL" --out "$WORK/no.json"
check refused__nothing_written [ ! -e "$WORK/no.json" ]
cp "$nitro" "$WORK/kept"
chmod 600 "$WORK/beside.json"
told over_a_file__forced 0 written "${opstack[@]}" --out "$WORK/beside.json" --force
equal over_a_file__stays_closed 600 "$(stat -c %a "$WORK/beside.json")"
told there_already__kept 1 'is there: --force writes over it' "${opstack[@]}" --out "$nitro"
check there_already__untouched cmp -s "$nitro" "$WORK/kept"

# --- asked for: on standard input, and on a terminal
answers=$(printf '%s\n' opstack "$L1_URL" '' "$L2_GAMES_URL" '' not-an-address "$GAMES_PORTAL" withdrawal none)
"$CAUSEWAY" init --ask --out - <<<"$answers" >"$WORK/asked" 2>"$WORK/questions" || true
"$CAUSEWAY" "${opstack[@]}" --direction withdrawal --out - >"$WORK/flags"
blocks() { sed 's/ A block each.*//' "$1"; } # time goes on
check asked__as_by_options diff <(blocks "$WORK/asked" | grep -v '^ *// ') <(blocks "$WORK/flags" | grep -v '^ *// ')
check asked__wrong_answer_again grep -q '"not-an-address" is no address' "$WORK/questions"
script -qec "$CAUSEWAY init --out $WORK/typed.json" /dev/null <<<"$answers" >"$WORK/terminal" 2>&1 || true
told typed__checked 0 'observes only' check-config --config "$WORK/typed.json"

# --- what doctor finds
export POOR
POOR=$(printf "%064d" 7)
"$BED/config" "$WORK/bed" --data "$WORK/no-data" --route op-games >"$WORK/plain.json"
# wrong NAME STATUS PATTERN FILTER…: of the configuration after the filter of jq; the pattern is for "LEVEL PART: TEXT ADVICE"
wrong() {
    local name=$1 wanted=$2 pattern=$3 status=0
    jq "${@:4}" "$WORK/plain.json" >"$WORK/wrong.json"
    "$CAUSEWAY" doctor --timeout 20 --config "$WORK/wrong.json" --json >"$WORK/out" 2>&1 || status=$?
    if [ $status = "$wanted" ] && jq -r '.checks[] | "\(.level) \(.part): \(.text) \(.advice // "")"' "$WORK/out" | grep -qE "$pattern"; then
        ok "$name"
    else
        echo "# $name: status $status"
        jq -r '.checks[] | select(.level != "ok") | "# \(.level) \(.part): \(.text)"' "$WORK/out" || cat "$WORK/out"
        not_ok "$name"
    fi
}
proxy games "$L2_GAMES_URL"
# shellcheck disable=SC2154
lie() { # MODE [ARG [METHOD]]
    curl -sS -d "{\"mode\":\"$1\",\"arg\":${2:-0},\"method\":\"${3:-}\"}" "$PROXY_games/control" >/dev/null
}
through=(--arg url "$PROXY_games" '.chains["l2-games"].endpoints = [$url]')
wrong doctor__swapped 1 'fail endpoint: serves chain 902, .* are the URLs of the two chains swapped' \
    '.chains.l1.endpoints as $l1 | .chains.l1.endpoints = .chains["l2-games"].endpoints | .chains["l2-games"].endpoints = $l1'
wrong doctor__dead 1 'fail endpoint: does not answer: .*refused|fail endpoint: does not answer: .*connect' '.chains.l1.endpoints = ["http://127.0.0.1:9/secret-key-of-mine"]'
check doctor__no_secrets bash -c '! grep -q secret-key-of-mine "$1"' _ "$WORK/out"
wrong doctor__portal 1 'fail route: .* is an L1CrossDomainMessenger, whose portal is' --arg at "$GAMES_MESSENGER" '.routes["op-games"].contracts.portal = $at'
wrong doctor__other_rollup 1 'fail route: portal\(\) of the L1 messenger' --arg at "$LEGACY_PORTAL" '.routes["op-games"].contracts.portal = $at'
wrong doctor__balance 1 'fail signer: has 0 ETH' '.signers.relayer = {key_env: "POOR"}' 
# anvil signs for its own accounts as a Web3Signer does
wrong doctor__web3signer 0 'ok signer: Web3Signer .* has its key' --arg url "$L1_URL" --arg at "$RELAYER" '.signers.relayer = {web3signer: $url, address: $at}'
wrong doctor__web3signer_without 1 'fail signer: Web3Signer .* has no key of its address' --arg url "$L1_URL" \
    '.signers.relayer = {web3signer: $url, address: "0x00000000000000000000000000000000000000ff"}'
wrong doctor__socket 1 'fail signer: .* start it: causeway signer' --arg at "$RELAYER" '.signers.relayer = {socket: "/nowhere/signer", address: $at}'
wrong doctor__data_dir 1 "fail disk: can't be written" '.data_dir = "/proc/causeway"'
wrong doctor__quorum 1 'fail chain: of the operators 1 can be asked, and the quorum takes 2' '.chains.l1.quorum = 2 | .chains.l1.endpoints += ["http://127.0.0.1:9"]'
wrong doctor__send 1 'fail endpoint: takes transactions, and does not answer' '.chains.l1.send = ["http://127.0.0.1:9"]'
lie proof_window 2
wrong doctor__no_archive 1 'fail endpoint: eth_getProof of the last [0-9]+ blocks .* only' "${through[@]}"
lie chain_id 1337
wrong doctor__chain_id 1 'fail endpoint: serves chain 1337, and the configuration says 902' "${through[@]}"
lie null_block
told no_blocks__said 3 'gives no newest block' "${opstack[@]:0:5}" --l2 "$PROXY_games" --portal "$GAMES_PORTAL" --out "$WORK/no.json"
lie wrong_header
told no_hashes__said 2 'do not hash to what they say' "${opstack[@]:0:5}" --l2 "$PROXY_games" --portal "$GAMES_PORTAL" --out "$WORK/no.json"
lie behind 0 eth_getBlockReceipts
wrong doctor__receipts 1 'fail endpoint: no eth_getBlockReceipts' "${through[@]}"
lie no_block_hash
wrong doctor__block_hash 1 'fail endpoint: no eth_call at a block by its hash' "${through[@]}"
lie refuse_range 5
wrong doctor__logs 0 'warn endpoint: eth_getLogs over [1-5] blocks, not over the 2000 of log_range_max set the chain' "${through[@]}"
lie refuse_batch 7
wrong doctor__batches 0 'warn endpoint: batches of 6 calls' "${through[@]}"
lie fork 4
wrong doctor__contradiction 1 'fail endpoint: its final block [0-9]+ is 0x' --arg url "$PROXY_games" '.chains["l2-games"].endpoints += [$url]'
lie never
status=0
began=$SECONDS
jq "${through[@]}" "$WORK/plain.json" >"$WORK/wrong.json"
"$CAUSEWAY" doctor --timeout 2 --config "$WORK/wrong.json" --json >"$WORK/out" || status=$?
equal doctor__silent 3 "$status"
check doctor__ends_in_time [ $((SECONDS - began)) -le 8 ]

# --- and the two messages
check opstack__relayed within 30 stage "$CONFIG" "${withdrawal#*/}" executed-final
check nitro__relayed within 30 stage "$nitro" "$exit_id" executed-final
kill -TERM $second
wait $second || true
check opstack__stops stop_relayer
l1() { curl -sS -H 'content-type: application/json' -d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$1\",\"params\":$2}" "$L1_URL" >/dev/null; }
l1 evm_setIntervalMining '[0]'
l1 eth_sendTransaction "[{\"from\":\"$RELAYER2\",\"to\":\"$RELAYER2\"}]"
wrong doctor__in_the_pool 0 'warn signer: the pool has 1 of its transactions from nonce [0-9]+ on, and no daemon runs' \
    --arg key "$RELAYER2_KEY_FILE" '.signers.relayer = {key_file: $key}'
