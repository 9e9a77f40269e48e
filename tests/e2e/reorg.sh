#!/usr/bin/env bash
# Reorganizations on both layers, at each stage of a message.
. "$(dirname "$0")/lib.sh"
# Slow proposals: there is time to act between the stages.
start_bed --proposer
start_relayer

# L2: the block of a withdrawal goes away before it is final, and the withdrawal with it.
id=$(send games eth 1)
check l2__seen within 20 is "$id" id "$id"
"$BED/reorg" "$WORK/bed" --chain l2-games --depth 2 >/dev/null
check l2_gone__reorged within 20 is "$id" reason reorged
equal l2_gone__not_proved 0 "$(proofs "$id")"

# L2: it goes away and comes again in another block.
id=$(send legacy eth 1)
check l2_again__seen within 20 is "$id" id "$id"
"$BED/reorg" "$WORK/bed" --chain l2-legacy --depth 2 --keep >/dev/null
check l2_again__delivered within 90 is "$id" condition done
equal l2_again__proved_once 1 "$(proofs "$id")"

# L1: the block with the proof goes away.
for rollup in legacy games; do
    id=$(send $rollup eth 1)
    check "l1_prove_${rollup}__proven" within 60 is "$id" stage proven
    "$BED/reorg" "$WORK/bed" --chain l1 --depth 3 >/dev/null
    check "l1_prove_${rollup}__delivered" within 90 is "$id" condition done
    equal "l1_prove_${rollup}__proved_once" 1 "$(proofs "$id")"
done

# L1: the block with the delivery goes away.
for rollup in legacy games; do
    id=$(send $rollup eth 1)
    check "l1_finalize_${rollup}__executed" within 90 is "$id" stage executed
    "$BED/reorg" "$WORK/bed" --chain l1 --depth 3 >/dev/null
    check "l1_finalize_${rollup}__delivered" within 90 is "$id" condition done
    equal "l1_finalize_${rollup}__outcome" success "$(field "$id" outcome)"
done
check reorg__in_history bash -c "'$CAUSEWAY' show '$id' --config '$CONFIG' --json | jq -e '[.history[] | .text] | any(test(\"reorg\"))' >/dev/null"
check stop__clean stop_relayer
