#!/usr/bin/env bash
# Roots that go bad after a proof: deleted, false, lost, blacklisted, no longer respected. And proofs by strangers.
. "$(dirname "$0")/lib.sh"
start_bed --proposer
act() { "$BED/act" "$WORK/bed" "$@"; }
game_of() { # ID: the game that the message was last proven in, from the proof's log
    act games | jq -r '.index' | tail -n 1
}
# Long waits: a proof stays open to what we do to its root.
act periods --finalization 12 --maturity 12 >/dev/null
start_relayer

# A stranger proves and finalizes: we pay for nothing, and know how it went.
id=$(send legacy eth 1)
"$BED/carry" "$WORK/bed" "$id" >/dev/null 2>&1 || true

# The output is deleted under a proof, and another root stands at its index.
id=$(send legacy eth 1)
check legacy__proven within 60 is "$id" stage proven
"$BED/proposer" "$WORK/bed" --pause
act delete-outputs >/dev/null
check legacy_deleted__waits within 20 is "$id" reason output_deleted
equal legacy_deleted__not_proved_again 1 "$(proofs "$id")"
"$BED/proposer" "$WORK/bed" --resume
check legacy_deleted__delivered within 90 is "$id" condition done

# A false output: nothing is proved under it.
"$BED/proposer" "$WORK/bed" --pause
id=$(send legacy eth 1)
act false-root >/dev/null
check legacy_false__waits within 40 is "$id" reason root_mismatch
equal legacy_false__not_proved 0 "$(proofs "$id")"
act delete-outputs >/dev/null
"$BED/proposer" "$WORK/bed" --resume
check legacy_false__delivered within 90 is "$id" condition done

# A game that is blacklisted under a proof: proved again in another.
id=$(send games eth 1)
check games__proven within 60 is "$id" stage proven
act blacklist "$(act games | jq -s 'map(.index) | max')" >/dev/null
check games__delivered within 120 is "$id" condition done
check stop__clean stop_relayer
