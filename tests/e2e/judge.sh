# shellcheck shell=bash
# What the tests of endurance share: what chains say, faults that are written down when they happen, and the judgment of
# our transactions by them. Sourced after lib.sh, never run.

now_ms() { echo $(($(date +%s%N) / 1000000)); }
nap() { sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"; } # MS
rpc() { # URL METHOD PARAMS: the result
    curl -sS -H 'content-type: application/json' -d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$2\",\"params\":$3}" "$1" | jq -c .result
}
block() { echo $(($(rpc "$1" eth_blockNumber '[]' | tr -d '"'))); }                                  # URL: its newest
nonce() { echo $(($(rpc "$1" eth_getTransactionCount "[\"$RELAYER\",\"$2\"]" | tr -d '"'))); } # URL TAG: the relayer's
# logs_of URL ADDRESS TOPIC FILTER: a line for each
logs_of() {
    rpc "$1" eth_getLogs "[{\"fromBlock\":\"0x0\",\"toBlock\":\"latest\",\"address\":\"$2\",\"topics\":[\"$3\"]}]" | jq -r ".[] | $4"
}
# in_blocks URL START METHOD [MORE-PARAMS]: the answers for all blocks from START on, one a line
in_blocks() {
    local head n
    head=$(block "$1")
    for ((n = $2; n <= head; n++)); do printf "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"$3\",\"params\":[\"0x%x\"${4:-}]}\n" $n $n; done |
        jq -cs '_nwise(200)' | while read -r batch; do curl -sS -H 'content-type: application/json' -d "$batch" "$1" | jq -c '.[].result'; done
}

# ---- faults: "MS KIND WHAT" a line of $WORK/faults
: >"$WORK/faults"
fault() { echo "$(now_ms) $*" >>"$WORK/faults"; } # KIND WHAT
faults() { grep -c "^[0-9]* $1" "$WORK/faults" || true; }
# reorganize CHAIN DEPTH [--keep]: and writes it down
reorganize() {
    local began what
    began=$(now_ms)
    # shellcheck disable=SC2086
    what=$("$BED/reorg" "$WORK/bed" --chain "$1" --depth "$2" ${3:-} 2>>"$WORK/reorg.log" | jq -r '"depth \(.depth) from \(.lowest)"') || what="depth $2 from a block unknown"
    echo "$began reorg $1 $what${3:+, its transactions in the newest block}" >>"$WORK/faults"
}

# ---- our transactions
# write_stories: what the relayer says of each message, into $WORK/stories
write_stories() {
    "$CAUSEWAY" messages --config "$CONFIG" --json --limit 10000 | jq -r '.messages[] | "\(.route) \(.id)"' |
        while read -r route id; do "$CAUSEWAY" show "$id" --route "$route" --config "$CONFIG" --json; done |
        jq -c '{id, route, transactions, history}' >"$WORK/stories"
}
# judge CHAIN URL START: on that chain no nonce is missing, and each transaction of ours beyond the first of a message's step
# is put down to the fault that caused it. Into $WORK/judged-CHAIN, a line each: nonce, hash, kind, what, and cause: "" for the
# first of a step, null when there is none. $WORK/undone-CHAIN may have transactions that went well and did nothing, a line
# each: hash, cause.
judge() {
    touch "$WORK/undone-$1"
    in_blocks "$2" "$3" eth_getBlockByNumber ,true | jq -c --arg from "${RELAYER,,}" '.transactions[]? | select(.from == $from) | {hash, nonce, to, input: .input[:10]}' >"$WORK/sent_by_us"
    in_blocks "$2" "$3" eth_getBlockReceipts | jq -c --arg from "${RELAYER,,}" '.[]? | select(.from == $from) | {hash: .transactionHash, status, block: .blockNumber}' >"$WORK/receipts"
    equal "$1__no_nonce_missing" "$(wc -l <"$WORK/sent_by_us") $(nonce "$2" latest)" "$(nonce "$2" pending) $(nonce "$2" pending)"
    # shellcheck disable=SC2016 # jq's own variables
    jq -nr --slurpfile sent "$WORK/sent_by_us" --slurpfile receipts "$WORK/receipts" --slurpfile stories "$WORK/stories" \
        --rawfile faults "$WORK/faults" --rawfile undone "$WORK/undone-$1" --arg us "${RELAYER,,}" --arg chain "$1 " '
        def number: ltrimstr("0x") | explode | reduce .[] as $digit (0; . * 16 + (if $digit > 96 then $digit - 87 else $digit - 48 end));
        [$faults | split("\n")[] | select(. != "") | capture("^(?<ms>[0-9]+) (?<kind>[a-z]+) (?<what>.*)$") | .ms |= tonumber] as $faults
        | ($faults | map(select(.kind == "foreign") | .what | capture("^nonce (?<nonce>[0-9]+) (?<hash>0x[0-9a-f]+)$") | .nonce |= tonumber)) as $foreign
        | ([$receipts[] | {key: .hash, value: .}] | from_entries) as $receipt
        | ([$undone | split("\n")[] | select(. != "") | {key: .[:66], value: .[67:]}] | from_entries) as $undone
        | ([$stories[] | . as $story | .transactions[] | . as $attempt | .bids[]
            | {key: .hash, value: {message: "\($story.route)/\($story.id)", step: $attempt.step, cancels, signedMs,
                since: ([$story.transactions[] | select(.step == $attempt.step) | .bids[].signedMs] | min), seen: $attempt.includedMs}}] | from_entries) as $known
        | # What was signed rests on blocks of a while before. It is made again for what befell the first before that was
          # in a block, fails for what came until it was in one, is cancelled for what came until then.
          def reorg_between($from; $to): [$faults[] | select(.kind == "reorg" and (.what | startswith($chain)) and .ms >= $from - 10000 and .ms <= $to)] | last
            | if . == null then null else "reorganization of \(.what)" end;
          def foreign_of($nonce): [$foreign[] | select(.nonce == $nonce)] | last
            | if . == null then null else "somebody else used nonce \(.nonce), and a reorganization took it back" end;
          reduce ($sent | map(.nonce |= number) | sort_by(.nonce)[]) as $tx ({done: {}, rows: []};
            $known[$tx.hash] as $ours
            | ($ours | "\(.message) \(.step)") as $what
            | (if any($foreign[]; .hash == $tx.hash) then ["foreign", "that is the fault"]
               elif $ours == null and $tx.to == $us and $tx.input == "0x" then ["fill", foreign_of($tx.nonce)]
               elif $ours == null then ["unknown", null]
               elif $receipt[$tx.hash].status != "0x1" then ["failed", reorg_between($ours.since; $ours.seen)]
               elif $undone[$tx.hash] then ["undone", $undone[$tx.hash]]
               elif $ours.cancels then ["cancelled", reorg_between($ours.since; $ours.signedMs)]
               elif .done[$what] != null then ["again", reorg_between($ours.since; .done[$what])]
               else [$ours.step, ""]
               end) as [$kind, $cause]
            | .done[$what] = (.done[$what] // (if $cause == "" then $ours.seen else null end))
            | .rows += [{nonce: $tx.nonce, hash: $tx.hash, kind: $kind, what: (if $ours == null then "" else $what end), cause: $cause}])
        | .rows[] | tojson' >"$WORK/judged-$1"
    equal "$1__transactions_unexplained" '' "$(jq -r 'select(.cause == null) | "\(.nonce) \(.hash) \(.kind) \(.what)"' "$WORK/judged-$1")"
}
judged() { jq -s "map(select($2)) | length" "$WORK/judged-$1"; } # CHAIN FILTER
# tell_judged CHAIN: a summary for who reads the log
tell_judged() {
    echo "# transactions on $1: $(jq -rs 'group_by(.kind) | map("\(length) \(.[0].kind)") | join(", ")' "$WORK/judged-$1")"
    jq -r 'select(.cause != "") | "#   nonce \(.nonce) \(.kind) \(.what): \(.cause // "UNEXPLAINED")"' "$WORK/judged-$1"
}
