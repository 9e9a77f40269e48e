#!/usr/bin/env bash
# Attacks on roots and withdrawals of the OP Stack, over the genuine contracts: a monitor beside the relayer sees each within
# two blocks, with what it puts at stake, and what is at stake is held; killed at random, it tells of each once.
# shellcheck source=tests/e2e/attack_lib.sh
. "$(dirname "$0")/attack_lib.sh"
start_attacks --proposer --l1-block-time 1
# next_is_final: so is the block of "legacy" whose output is next
next_is_final() {
    final legacy $(($(cast call --rpc-url "$L1_URL" "$LEGACY_ORACLE" 'nextBlockNumber()(uint256)')))
}
PATH=$BED_BIN:$PATH
start_relayer
start_monitor
check relayer__watches within 20 is_watching "$CONFIG"
check monitor__watches within 20 is_watching "$MONITOR_CONFIG"

# --- a false output: nobody but the proposer can post it, and nobody can challenge it
"$BED/proposer" "$WORK/bed" --pause
within 10 next_is_final
block=$("$BED/act" "$WORK/bed" false-root | jq .block)
attack false_output '.subject | startswith("op-legacy/root/")' critical "$block" 'route op-legacy'
maybe_kill
end_attacks
