#!/usr/bin/env bash
# Roots that go bad: under a proof (deleted, blacklisted, lost, no longer respected) and before one (false).
. "$(dirname "$0")/lib.sh"
start_bed --proposer
act() { "$BED/act" "$WORK/bed" "$@"; }
# Long waits: a proof stays open to what is done to its root.
act periods --finalization 20 --maturity 15 --clock 6 >/dev/null
start_relayer
# latest_game: the index of the newest one
latest_game() { act games | jq -s 'map(.index) | max'; }
call() { # CONTRACT DATA: what it answers, on L1
    curl -sS -H 'content-type: application/json' -d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_call\",\"params\":[{\"to\":\"$1\",\"data\":\"$2\"},\"latest\"]}" "$L1_URL" |
        jq -r .result
}
next_output_block() { echo $(($(call "$LEGACY_ORACLE" 0xdcec3348))); } # nextBlockNumber()
# game_of MESSAGE: the address of the game that its proof was made in, from the portal
game_of() {
    local id=${1#*/} answer
    answer=$(call "$GAMES_PORTAL" "0xbb2c727e${id#0x}000000000000000000000000${RELAYER#0x}") # provenWithdrawals(bytes32,address)
    echo "0x${answer:26:40}"
}

# The output is deleted under a proof; the same root comes again, and the proof stands.
deleted=$(send legacy eth 1)
# The game of a proof is blacklisted: proved again in another.
blacklisted=$(send games eth 1)
check legacy__proven within 60 is "$deleted" stage proven
"$BED/proposer" "$WORK/bed" --pause
act delete-outputs "$(field "$deleted" detail | sed -nE 's/.* on output ([0-9]+) .*/\1/p')" >/dev/null
check legacy_deleted__waits within 20 is "$deleted" reason output_deleted
equal legacy_deleted__not_proved_again 1 "$(proofs "$deleted")"
"$BED/proposer" "$WORK/bed" --resume
check games__proven within 60 is "$blacklisted" stage proven
act blacklist "$(game_of "$blacklisted")" >/dev/null
proved_twice() { [ "$(proofs "$1")" = 2 ]; }
check games_blacklisted__proved_again within 60 proved_twice "$blacklisted"

# A false output stands where the withdrawal's root should be: nothing is proved under it.
"$BED/proposer" "$WORK/bed" --pause
false=$(send legacy eth 1)
check legacy_false__seen within 20 is "$false" id "${false#*/}"
while [ "$(next_output_block)" -lt "$(field "$false" sourceBlock)" ]; do act propose >/dev/null; done
act false-root >/dev/null
check legacy_false__waits within 40 is "$false" reason root_mismatch
equal legacy_false__not_proved 0 "$(proofs "$false")"
act delete-outputs >/dev/null
"$BED/proposer" "$WORK/bed" --resume

# A false game is the first that covers it: skipped, a later true one taken.
"$BED/proposer" "$WORK/bed" --pause
skipped=$(send games eth 1)
check games_false__source_final within 30 is "$skipped" stage source-final
act game --false >/dev/null
sleep 3
equal games_false__not_proved 0 "$(proofs "$skipped")"
"$BED/proposer" "$WORK/bed" --resume

# Nothing is lost: all are delivered in the end, each proved as often as it must be.
for id in "$deleted" "$blacklisted" "$false" "$skipped"; do
    check "delivered_${id:0:16}" within 120 is "$id" condition done
done
equal legacy_deleted__proved_once 1 "$(proofs "$deleted")"
equal legacy_false__proved_once 1 "$(proofs "$false")"
equal games_false__proved_once 1 "$(proofs "$skipped")"
check stop__clean stop_relayer
