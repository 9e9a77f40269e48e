#!/usr/bin/env bash
# Portals that are upgraded or paused under open messages; routes that only observe, dry runs, limits.
. "$(dirname "$0")/lib.sh"
start_bed --proposer
act() { "$BED/act" "$WORK/bed" "$@" >/dev/null; }
route() { "$CAUSEWAY" status --config "$CONFIG" --json | jq -r ".routes[] | select(.name == \"op-$1\") | .$2"; }
route_is() { [ "$(route "$1" "$2")" = "$3" ]; }

# A dry run goes all the way to the price, and signs nothing.
start_relayer --dry-run
dry=$(send legacy eth 1)
check dry_run__priced within 60 is "$dry" reason dry_run
equal dry_run__nothing_signed 0 "$(field "$dry" 'transactions | length')"
check dry_run__stop stop_relayer

# What a policy does not list is watched and not paid for; a stranger may deliver it.
"$BED/config" "$WORK/bed" --data "$WORK/data" --relay "{\"targets\": [\"$TARGET_SINK\"]}" >"$CONFIG"
start_relayer
check not_listed__waits within 60 is "$dry" reason not_listed
listed=$(send games data 1)
check listed__delivered within 90 is "$listed" condition done
tx=$(field "$dry" sourceTransaction)
"$BED/carry" "$WORK/bed" prove --rollup legacy "$tx" >/dev/null
"$BED/carry" "$WORK/bed" finalize --rollup legacy "$tx" >/dev/null
check stranger__seen_to_the_end within 30 is "$dry" condition done
equal stranger__outcome success "$(field "$dry" outcome)"
equal stranger__nothing_of_ours 0 "$(field "$dry" 'transactions | length')"
check policy__stop stop_relayer

# Too much gas for the policy: held with the number; a stranger's proof is used for the rest.
"$BED/config" "$WORK/bed" --data "$WORK/data" --policy '{"max_gas": 450000}' >"$CONFIG"
start_relayer
burner=$(send games gas 1 --gas 900000)
check max_gas__held within 90 is "$burner" reason over_max_gas
other=$(send games eth 1)
check max_gas__others_go_on within 90 is "$other" condition done

# A stranger proved it: no second proof, his is named when it is finalized.
proved=$(send games eth 1)
"$BED/carry" "$WORK/bed" prove --rollup games "$(of "$proved" show --json | jq -r .sourceTransaction)" >/dev/null || true
check stranger_proved__delivered within 90 is "$proved" condition done

# Paused: waits, goes on.
act pause
paused=$(send legacy eth 1)
check paused__waits within 60 is "$paused" reason paused
act unpause
check unpaused__delivered within 90 is "$paused" condition done

# New code of a version that is known: read again, goes on. Of one that is not: held until it is.
act upgrade-portal games
check upgrade_known__noticed within 20 logged 'held: upgraded'
after=$(send games eth 1)
check upgrade_known__delivered within 90 is "$after" condition done
act upgrade-portal games --version 9.10.0
check upgrade_unknown__held within 30 route_is games holdReason unknown_version
stuck=$(send games eth 1)
check upgrade_unknown__seen within 20 is "$stuck" id "${stuck#*/}"
free=$(send legacy eth 1)
check upgrade_unknown__other_route_goes_on within 90 is "$free" condition done
equal upgrade_unknown__not_proved 0 "$(proofs "$stuck")"
act upgrade-portal games
check upgrade_back__delivered within 90 is "$stuck" condition done
check stop__clean stop_relayer
