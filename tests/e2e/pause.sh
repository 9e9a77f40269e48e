#!/usr/bin/env bash
# A transaction by which the guardian has signed the pause beforehand, over the genuine contracts: a monitor shows and checks it,
# sends it once a false root of the proposer is final, and not a second time, killed or not.
# shellcheck source=tests/e2e/attack_lib.sh
. "$(dirname "$0")/attack_lib.sh"
. "$REPO/tests/bed/lib.sh"
. "$REPO/tests/bed/outputs.sh"
start_attacks --proposer -- --relay '{"senders": ["0x4200000000000000000000000000000000000007"]}'
PATH=$BED_BIN:$PATH
MNEMONIC='test test test test test test test test test test test junk' # the bed's, of anvil: worth nothing elsewhere
PAUSE=$WORK/pause.tx
nonce() { cast nonce --rpc-url "$L1_URL" "$GUARDIAN"; }
# signed TO SIGNATURE ARGUMENT…: the guardian's next transaction, for the bed's L1
signed() {
    cast mktx --mnemonic "$MNEMONIC" --mnemonic-index 3 --rpc-url "$L1_URL" --chain 900 --nonce "$(nonce)" --gas-limit 100000 \
        --gas-price 100gwei --priority-gas-price 1gwei "$@"
}
paused() { [ "$(cast call --rpc-url "$L1_URL" "$LEGACY_PORTAL" 'paused()(bool)')" = true ]; }
pause_is() { incidents '.kind == "pause"' | jq -e --arg state "$1" --arg text "$2" 'select(.state == $state and ("\(.text) \(.resolution // "")" | contains($text)))' >/dev/null; }
next_is_final() { final legacy "$(read_l1_number "$LEGACY_ORACLE" dcec3348)"; }

with_pause() { # FILE ON: the monitor's configuration, for the route op-legacy
    jq --arg file "$1" --arg on "$2" '(.routes["op-legacy"].policy) += {pause_tx_file: $file, pause_on: $on}' "$MONITOR_CONFIG" >"$MONITOR_CONFIG.new"
    mv "$MONITOR_CONFIG.new" "$MONITOR_CONFIG"
}
(umask 077 && signed "$SUPERCHAIN_CONFIG" 'pause(string)' 'in an emergency' >"$PAUSE" && signed "$LEGACY_PORTAL" 'pause()' >"$PAUSE.wrong")
before=$(nonce)

# ---- what is looked at beforehand
with_pause "$PAUSE" confirmed
shown=$(monitored check-config --json | jq -c '.routes[] | select(.name == "op-legacy").pause')
equal check_config__shows_it "\"confirmed\" \"${GUARDIAN,,}\" \"${SUPERCHAIN_CONFIG,,}\" $before" "$(jq -r '"\(.on | @json) \(.from | @json) \(.to | @json) \(.nonce)"' <<<"$shown")"
chmod 644 "$PAUSE"
check others_may_read__refused bash -c "! '$CAUSEWAY' run --role monitor --config '$MONITOR_CONFIG' --plain >'$WORK/answer' 2>&1 && grep -q 'chmod 600' '$WORK/answer'"
chmod 600 "$PAUSE"

# ---- one that calls the wrong contract is told of, and of no use
with_pause "$PAUSE.wrong" confirmed
forget_the_past
start_relayer
start_monitor
check monitor__watches within 20 is_watching "$MONITOR_CONFIG"
check wrong_call__told within 10 pause_is confirmed "another contract"
with_pause "$PAUSE" confirmed
kill -HUP "$MONITOR"
check another_file__taken_over within 10 pause_is resolved "it can be used"

# ---- the proposer posts a false root: final, it is reason enough
"$BED/proposer" "$WORK/bed" --pause
within 10 next_is_final
check before__not_paused bash -c "[ '$(nonce)' = '$before' ]"
"$BED/act" "$WORK/bed" false-root >"$WORK/answer"
check false_root__told within 20 find_incident '.subject | startswith("op-legacy/root/")' critical
check false_root__route_held within 5 is_held route op-legacy
equal incident__call_for_a_guardian "${SUPERCHAIN_CONFIG,,} $(cast calldata 'pause(string)' causeway)" "$(jq -r .pauseCall <<<"$INCIDENT")"
# evidence FILTER: of the file that the incident names
evidence() { jq -e "$1" "$WORK/monitor/$(jq -r .evidence <<<"$INCIDENT")" >/dev/null; }
check incident__evidence_has_the_log evidence '.log.topics | length == 4'
check incident__evidence_has_the_header_of_ours evidence 'any(.read[]; .side == "execution" and .kind == "header" and (.headerRlp | length > 1000))'
went_out() { grep -q 'pause transaction .* goes out' "$MONITOR_LOG"; }
check false_root__pause_goes_out within 15 went_out
kill_monitor
start_monitor
check portal__paused within 10 paused
check pause__told within 15 pause_is resolved "paused, in the final block"
kill_monitor
start_monitor
within 20 is_watching "$MONITOR_CONFIG"
sleep 1
equal guardian__signed_once $((before + 1)) "$(nonce)"
equal log__decided_once 1 "$(grep -c 'pause transaction .* goes out' "$MONITOR_LOG")"
check log__without_the_transaction bash -c "! grep -qF '$(cat "$PAUSE")' '$MONITOR_LOG'"

check monitor__stops stop_monitor
check relayer__stops stop_relayer
check log__no_leak_no_error bash -c "! grep -E 'AddressSanitizer|runtime error|LeakSanitizer' '$LOG' '$MONITOR_LOG'"
