#!/usr/bin/env bash
# Reorganizations on both layers, at each stage of a message.
. "$(dirname "$0")/lib.sh"
# Blocks that are slow enough to act before they are final.
start_bed --proposer --block-time 2
start_relayer

# L2: the block of a withdrawal goes away before it is final, and the withdrawal with it.
gone=$(send games eth 1)
check l2_gone__seen within 20 is "$gone" id "${gone#*/}"
reorg_from l2-games "$(field "$gone" sourceBlock)"
check l2_gone__reorged within 20 is "$gone" reason reorged

# L2: it goes away and comes again in another block.
again=$(send legacy eth 1)
check l2_again__seen within 20 is "$again" id "${again#*/}"
reorg_from l2-legacy "$(field "$again" sourceBlock)" --keep
check l2_again__delivered within 90 is "$again" condition done
equal l2_again__proved_once 1 "$(proofs "$again")"
equal l2_gone__not_proved 0 "$(proofs "$gone")"

# L1: the block with the proof goes away, then the one with the delivery.
for rollup in legacy games; do
    id=$(send $rollup eth 1)
    check "l1_prove_${rollup}__proven" within 60 is "$id" stage proven
    reorg_from l1 "$(last_block "$id" prove)"
    check "l1_prove_${rollup}__noticed" within 15 logged 'l1: reorganized above'
    check "l1_finalize_${rollup}__executed" within 120 is "$id" stage executed
    reorg_from l1 "$(last_block "$id" finalize)"
    check "l1_finalize_${rollup}__delivered" within 120 is "$id" condition done
    equal "l1_finalize_${rollup}__outcome" success "$(field "$id" outcome)"
    equal "l1_prove_${rollup}__proved_once" 1 "$(proofs "$id")"
done
check routes__not_held bash -c "! grep -q 'reorg_beyond_final' '$LOG'"
check stop__clean stop_relayer
