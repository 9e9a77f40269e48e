#!/usr/bin/env bash
# Reorganizations beyond finality, on both layers, while the relayer runs and while it is down: routes are held, an
# incident is open until they are released, and each message ends as delivered or gone.
. "$(dirname "$0")/lib.sh"
start_bed --proposer
start_relayer

status() { "$CAUSEWAY" status --config "$CONFIG" --json | jq -c "$1"; }
held() { [ "$(status '[.routes[] | select(.holdReason == "reorg_beyond_final") | .name] | sort | join(" ")')" = "\"$1\"" ]; }
incidents() { [ "$(status '[.incidents[] | select(.kind == "reorg_beyond_final") | .subject] | sort | join(" ")')" = "\"$1\"" ]; }
release() { "$CAUSEWAY" release "$1" --config "$CONFIG" >/dev/null; }
not_done() { ! is "$1" condition done; }

legacy=$(send legacy eth 1)
games=$(send games messenger 1)
check legacy__delivered within 60 is "$legacy" condition done
check games__delivered within 60 is "$games" condition done

# L1: both deliveries go, long after they were final, and one of the proofs.
lowest=$(last_block "$legacy" finalize)
[ "$(last_block "$games" prove)" -ge "$lowest" ] || lowest=$(last_block "$games" prove)
reorg_from l1 "$lowest"
check l1__both_routes_held within 15 held 'op-games op-legacy'
check l1__incident_open incidents l1
for id in "$legacy" "$games"; do
    check "l1_${id%%/*}__no_longer_done" within 20 not_done "$id"
    check "l1_${id%%/*}__told" told "$id" 'finalize was final in block'
    check "l1_${id%%/*}__kept_back" within 20 told "$id" 'finalize is kept back for now'
done
sleep 5
equal l1__nothing_delivered_while_held '0 0' "$(deliveries "$legacy") $(deliveries "$games")"
release op-legacy
check l1__first_route_goes_on within 10 held op-games
check l1__incident_open_until_the_last_release incidents l1
release op-games
check l1__incident_over within 10 incidents ''
for id in "$legacy" "$games"; do
    check "l1_${id%%/*}__delivered_again" within 90 is "$id" condition done
    equal "l1_${id%%/*}__once" 1 "$(deliveries "$id")"
done

# L1 again, while the relayer is down.
stop_relayer
reorg_from l1 "$(last_block "$legacy" prove)"
start_relayer
check down__both_routes_held within 20 held 'op-games op-legacy'
check down__incident_open incidents l1
check down__no_longer_done within 20 not_done "$legacy"
release op-legacy
release op-games
check down__incident_over within 10 incidents ''
check down__delivered_again within 90 is "$legacy" condition done
equal down__once 1 "$(deliveries "$legacy")"

# L2: a withdrawal that is proven on L1 already is gone, another comes back in a later block; what was delivered stays so.
act_periods() { "$BED/act" "$WORK/bed" periods "$@" >/dev/null; }
act_periods --maturity 20
gone=$(send games eth 1)
check l2__proven within 60 is "$gone" stage proven
reorg_from l2-games "$(field "$gone" sourceBlock)"
check l2__its_route_held within 15 held op-games
check l2__incident_open incidents l2-games
check l2__gone within 10 is "$gone" reason reorged
release op-games
check l2__incident_over within 10 incidents ''
back=$(send games eth 1)
check l2_back__final within 30 is "$back" stage source-final
"$BED/proposer" "$WORK/bed" --pause
reorg_from l2-games "$(field "$back" sourceBlock)" --keep
check l2_back__its_route_held within 15 held op-games
check l2_back__there_again within 10 told "$back" 'is there again in block'
release op-games
"$BED/proposer" "$WORK/bed" --resume
check l2_back__delivered within 120 is "$back" condition done
equal l2__gone_not_delivered 0 "$(deliveries "$gone")"
equal l2_back__once 1 "$(deliveries "$back")"
check stop__clean stop_relayer
