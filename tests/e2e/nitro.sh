#!/usr/bin/env bash
# Messages out of two Nitro rollups, one with ether and one with a token, through their genuine outboxes: delivered once
# each, whatever their targets do, and whatever befalls the relayer and the chains meanwhile.
. "$(dirname "$0")/exits.sh"
start_bed --nitro --nitro-token
"$BED/config" "$WORK/bed" --data "$WORK/data" --route nitro --route nitro-token >"$CONFIG"

# ---- before there is a root
send nitro eth 2 >"$WORK/ids"
send nitro-token eth 1 >>"$WORK/ids"
jq -c 'select(.rollup == "nitro")' "$WORK/sent" >"$WORK/ether"
jq -c 'select(.rollup == "nitro-token")' "$WORK/sent" >"$WORK/tokens"
send nitro data 1 >>"$WORK/ids"
send nitro-token data 1 >>"$WORK/ids"
reverting=$(send nitro raw-revert 1)
switched=$(send nitro switch 1)
codeless=$(send nitro no-code 1)
strangers=$(send nitro eth 1)
first=$(head -n 1 "$WORK/ids")
start_relayer
check before_an_assertion__no_root within 20 waits "$first" no_root
check before_an_assertion__says_so says "$first" 'no assertion covers it yet'
for rollup in nitro nitro-token; do "$BED/act" "$WORK/bed" assert --rollup $rollup >/dev/null; done
check asserted__root_committed within 10 is "$first" stage root-committed
equal asserted__nothing_is_sent 0 "$(field "$first" 'transactions | length')"

# ---- confirmed while the relayer is killed, and a stranger quicker with one; the rest waits for its target
kill_relayer
for rollup in nitro nitro-token; do "$BED/asserter" "$WORK/bed" --rollup $rollup --background; done
"$BED/execute" "$WORK/bed" --wait 40 $((${strangers#*/})) >/dev/null
start_relayer
all_delivered() {
    local id
    while read -r id; do delivered "$id" || return 1; done <"$WORK/ids"
}
within 20 is "$first" stage executed || true
kill_relayer
start_relayer
check all__delivered within 40 all_delivered
check ether__paid_once paid nitro "$WORK/ether"
check token__paid_once_in_its_units paid nitro-token "$WORK/tokens"
check executed_by_a_stranger__done within 20 delivered "$strangers"
equal executed_by_a_stranger__without_us 0 "$(field "$strangers" 'transactions | length')"
check target_that_reverts__waits within 20 waits "$reverting" target_reverts
check target_without_code__waits within 10 waits "$codeless" target_reverts
check target_without_code__says_so says "$codeless" 'no code at the target'
check target_that_is_switched_off__waits waits "$switched" target_reverts
equal none_of_them__cost_a_transaction 0 "$(field "$reverting" 'transactions | length')"
"$BED/asserter" "$WORK/bed" --stop
while "$BED/act" "$WORK/bed" confirm --fast >/dev/null 2>&1; do :; done # until none is pending
"$BED/act" "$WORK/bed" switch on >/dev/null
of "$switched" retry >/dev/null

# ---- a message that moves to another block says another block itself, and is what is there now
moved=$(send nitro-token eth 1)
tail -n 1 "$WORK/sent" >"$WORK/moved"
check moved__seen_before within 10 told "$moved" 'seen in block'
reorg_from l2-nitro-token "$(jq .block "$WORK/moved")" --keep
check moved__seen_in_its_new_block within 15 told "$moved" 'is there again'

# ---- a false root is passed over; an execution that is reorganized away is made again
later=$(send nitro eth 1)
tail -n 1 "$WORK/sent" >"$WORK/later"
"$BED/act" "$WORK/bed" false-assertion --fast >/dev/null
check false_root__named within 15 waits "$later" root_mismatch
equal false_root__nothing_is_sent 0 "$(field "$later" 'transactions | length')"
"$BED/act" "$WORK/bed" assert --fast >/dev/null
check true_root_above_it__executed within 20 has 1 '.id == "'"${later#*/}"'" and .route == "nitro" and .stage == "executed"'
reorg_from l1 "$(last_block "$later" execute)"
check target_that_is_mended__delivered within 20 delivered "$switched"
check moved__delivered within 30 delivered "$moved"
check moved__paid_once paid nitro-token "$WORK/moved"
check execution_reorganized__delivered within 40 delivered "$later"
equal execution_reorganized__executed_once 1 "$(executions nitro | grep -c "${later#*/}")"
check execution_reorganized__paid_once paid nitro "$WORK/later"

# ---- nothing is left out
completeness() { "$CAUSEWAY" status --config "$CONFIG" --json | jq -c ".routes[] | select(.name == \"$1\") | .completeness"; }
complete() { [ "$(completeness "$1" | jq '.missing == 0 and .stored == .counted and .counted > 0')" = true ]; }
for rollup in nitro nitro-token; do check "${rollup/-/_}__complete_by_its_send_count" within 20 complete $rollup; done
check relayer__ends_well stop_relayer
