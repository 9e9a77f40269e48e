#!/usr/bin/env bash
# Reorganizations of what a proof rests on: the output or game before and after the proof, the game's resolution, the
# L2 block of a root; and of transactions whose relayer is killed the moment they are made.
. "$(dirname "$0")/lib.sh"
# Room on L1 for what waits for an L2 block to be final there.
start_bed --l1-finality 60 --l2-finality 16
act() { "$BED/act" "$WORK/bed" "$@"; }
act periods --finalization 15 --maturity 12 --clock 6 --air-gap 20 >/dev/null
"$BED/proposer" "$WORK/bed" --background --tag latest
start_relayer

# catch_up: outputs up to the newest blocks, so that the next ones are for what is sent now; then nobody proposes.
behind() { # how many blocks the outputs are
    local next
    next=$(curl -sS -H 'content-type: application/json' -d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_call\",\"params\":[{\"to\":\"$LEGACY_ORACLE\",\"data\":\"0xdcec3348\"},\"latest\"]}" "$L1_URL" | jq -r .result) # nextBlockNumber()
    echo $(($(curl -sS -H 'content-type: application/json' -d '{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}' "$L2_LEGACY_URL" | jq -r .result) - next))
}
catch_up() {
    "$BED/proposer" "$WORK/bed" --resume
    until [ "$(behind)" -lt 4 ]; do sleep 0.5; done
    "$BED/proposer" "$WORK/bed" --pause
    sleep 1.5 # what it was about to send
}
# cover ROLLUP L2-BLOCK: true roots until one covers it; the L1 block of the last. Waits for no finality.
cover() {
    local made
    if [ "$1" = legacy ]; then
        until made=$(act propose) && [ "$(jq .l2Block <<<"$made")" -ge "$2" ]; do :; done
    else
        made=$(act game)
    fi
    tee "$WORK/made" <<<"$made" | jq .block
}
seen() { check "$2__seen" within 20 is "$1" id "${1#*/}"; }
one_proof_no_failure() { # MESSAGE NAME
    equal "$2__proved_once" 1 "$(proofs "$1")"
    equal "$2__delivered_once" 1 "$(deliveries "$1")"
    equal "$2__no_transaction_failed" '' "$(field "$1" 'transactions[] | select(.success == false and (.reorged | not)) | .hash')"
}

# The output goes before anything is proved on it.
catch_up
early=$(send legacy eth 1)
seen "$early" output_early
root=$(cover legacy "$(field "$early" sourceBlock)")
check output_early__committed within 30 is "$early" stage root-committed
reorg_from l1 "$root"
check output_early__waits within 15 is "$early" reason no_root
cover legacy "$(field "$early" sourceBlock)" >/dev/null
check output_early__proven within 30 is "$early" stage proven

# It goes after the proof: the same root comes back, and the same bytes prove on it.
catch_up
late=$(send legacy eth 1)
seen "$late" output_late
root=$(cover legacy "$(field "$late" sourceBlock)")
check output_late__proven within 30 is "$late" stage proven
hash=$(field "$late" 'transactions[0].hash')
reorg_from l1 "$root"
check output_late__kept_back within 15 told "$late" 'prove is kept back for now: no_root'
cover legacy "$(field "$late" sourceBlock)" >/dev/null
check output_late__same_bytes within 20 told "$late" 'prove is still right: the same bytes are sent again'
check output_late__proven_again within 15 is "$late" stage proven
equal output_late__one_transaction "$hash" "$(field "$late" 'transactions[].hash')"

# The game of a proof goes, and another stands in its place: the old proof's nonce is used up, and it is proved anew.
game=$(send games eth 1)
seen "$game" game
root=$(cover games "$(field "$game" sourceBlock)")
check game__proven within 30 is "$game" stage proven
reorg_from l1 "$root"
check game__kept_back within 15 told "$game" 'prove is kept back'
sleep 3
cover games "$(field "$game" sourceBlock)" >/dev/null
check game__given_up within 30 told "$game" 'prove is given up'
check game__used_up within 20 told "$game" 'prove cancelled: its nonce is used up, included'
check game__proven_again within 40 is "$game" stage proven
equal game__two_transactions 'prove prove' "$(field "$game" 'transactions | map(.step) | join(" ")')"

# Its resolution goes.
resolved=$(act resolve "$(jq -r .game "$WORK/made")" | jq .block)
check resolution__air_gap within 30 is "$game" reason air_gap
reorg_from l1 "$resolved"
check resolution__gone within 15 is_not "$game" reason air_gap
act resolve "$(jq -r .game "$WORK/made")" >/dev/null

# The L2 block of a root is replaced after that was committed and before it is final: the root is false then. The
# message's own block stays; it is an older one.
catch_up
until
    false=$(send legacy eth 1)
    seen "$false" l2_root
    block=$(field "$false" sourceBlock)
    cover legacy "$block" >/dev/null
    [ "$(jq .l2Block "$WORK/made")" -gt "$block" ]
do :; done
reorg_from l2-legacy "$(jq .l2Block "$WORK/made")"
check l2_root__mismatch within 40 is "$false" reason root_mismatch
equal l2_root__not_proved 0 "$(proofs "$false")"
act delete-outputs "$(jq .index "$WORK/made")" >/dev/null
cover legacy "$block" >/dev/null

# Killed the moment a transaction is signed, and what it rests on is gone before the next start.
catch_up
killed=$(send legacy eth 1)
seen "$killed" killed
root=$(cover legacy "$(field "$killed" sourceBlock)")
within 30 logged "prove of ${killed#*/} sent"
kill_relayer
reorg_from l1 "$root"
start_relayer
check killed__kept_back within 20 told "$killed" 'prove is kept back for now: no_root'
cover legacy "$(field "$killed" sourceBlock)" >/dev/null
check killed__proven within 30 is "$killed" stage proven

for name in early late game false killed; do
    check "${name}__delivered" within 120 is "${!name}" condition done
done
for name in early late false killed; do one_proof_no_failure "${!name}" "$name"; done
one_proof_no_failure "$game" game
check routes__not_held bash -c "! grep -q 'reorg_beyond_final' '$LOG'"
check stop__clean stop_relayer
