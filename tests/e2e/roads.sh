#!/usr/bin/env bash
# Every kind of withdrawal on both portals, from seen to delivered or held, and what the commands say of it.
. "$(dirname "$0")/lib.sh"
start_bed --proposer

declare -A ids
for rollup in legacy games; do
    for kind in eth messenger bridge data raw-revert messenger-revert switch; do
        ids[$rollup-$kind]=$(send $rollup $kind 1)
    done
done
start_relayer

for rollup in legacy games; do
    for kind in eth messenger bridge data; do
        id=${ids[$rollup-$kind]}
        check "${rollup}_${kind}__delivered" within 90 is "$id" condition done
        equal "${rollup}_${kind}__stage" executed-final "$(field "$id" stage)"
        equal "${rollup}_${kind}__outcome" success "$(field "$id" outcome)"
        equal "${rollup}_${kind}__proved_once" 1 "$(proofs "$id")"
    done
    id=${ids[$rollup-raw-revert]}
    check "${rollup}_raw_revert__held" within 60 is "$id" condition held
    equal "${rollup}_raw_revert__reason" target_reverts "$(field "$id" reason)"
    id=${ids[$rollup-messenger-revert]}
    check "${rollup}_messenger_revert__held" within 60 is "$id" condition held
    equal "${rollup}_messenger_revert__outcome" relay-failed "$(field "$id" outcome)"
    id=${ids[$rollup-switch]}
    check "${rollup}_switch__held_while_off" within 60 is "$id" condition held
done

# Every target that should be paid was paid.
while read -r line; do
    kind=$(jq -r .kind <<<"$line")
    case $kind in eth | messenger | bridge) ;; *) continue ;; esac
    want=$(jq -r .value <<<"$line")
    got=$("$BED/balance" "$WORK/bed" "$(jq -r .target <<<"$line")" | cut -d' ' -f2)
    equal "$(jq -r .rollup <<<"$line")_${kind}__paid" "$want" "$got"
done <"$WORK/sent"

# An operator lets a held one go once its target works.
"$BED/act" "$WORK/bed" switch on >/dev/null
for rollup in legacy games; do
    id=${ids[$rollup-switch]}
    check "${rollup}_release__taken" of "$id" release
    check "${rollup}_switch__delivered_after_release" within 60 is "$id" condition done
done

check show__held of "${ids[legacy-raw-revert]}" show
check show__delivered of "${ids[games-eth]}" show
check status__text "$CAUSEWAY" status --config "$CONFIG"
check stop__clean stop_relayer
check log__no_leak_no_error bash -c "! grep -E 'AddressSanitizer|runtime error|LeakSanitizer' '$LOG'"
