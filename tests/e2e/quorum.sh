#!/usr/bin/env bash
# Two of three operators must agree, and one is left, who says nothing but the truth: no quorum, nothing is delivered, and
# it is said. (What one liar among three can do: lies.sh and long_lies_transport.sh.)
. "$(dirname "$0")/liars.sh"
start_liars

# What one says of heads and contracts decides nothing for who proves by himself either.
lie liar false_call '' l1
lie liar forged_above '' legacy
tx=$("$BED/send" "$WORK/bed" --rollup legacy --kind eth | jq -r .l2TxHash)
proves() { "$CAUSEWAY" prove "$tx" --config "$CONFIG" >"$WORK/bundle" 2>"$WORK/err"; }
check prove_one_lies__ready within 40 proves
equal prove_one_lies__step prove "$(jq -r '.[0].step' "$WORK/bundle")"
check prove_one_lies__told tells 1 l1 legacy
lie liar hang_up
lie second hang_up
status=0
proves || status=$?
equal prove_too_few__exit 3 "$status"
check prove_too_few__says_who grep -q 'second' "$WORK/err"
lie second silence ',"arg":0.03'
lie liar honest

chains_in_trouble() { # COUNT
    [ "$(status '[.chains[] | select((.trouble // "") | test("^2 operators must agree on the finalized block"))] | length')" = "$1" ]
}
start_relayer
within 30 logged 'op-games: OptimismPortal2'
lie liar hang_up
lie second hang_up
send_both
check too_few__said_by_status within 20 chains_in_trouble 3
for message in "${SENT[@]}"; do check too_few__seen within 20 is "$message" id "${message#*/}"; done
sleep 5
for message in "${SENT[@]}"; do
    equal too_few__not_final seen "$(field "$message" stage)"
    equal too_few__nothing_proved 0 "$(proofs "$message")"
done
lie second honest
check too_few__over within 20 chains_in_trouble 0
all_delivered '[]'
check stop__clean stop_relayer
