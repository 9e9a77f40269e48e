# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154
# What the deployments share: a snapshot in the cache, chains that mine when they are told to, and the deployer's
# transactions. Sourced after lib.sh; sets variables for the caller by name.

# snapshot_begin NAME FILE...: when the snapshot of these very files is there, prints its folder and ends the script.
# Otherwise takes the lock and sets $snapshot, the folder to be, and $work, where it is made.
snapshot_begin() {
    snapshot=$BED_CACHE/$1-$(hash_of "${@:2}")
    snapshot_done
    packages=$("$BED_HOME/fetch")
    BED_BIN=$packages/bin
    PATH=$BED_BIN:$PATH
    exec 9>"$BED_CACHE/$1.lock"
    flock 9
    snapshot_done # another run was quicker
    work=$BED_CACHE/$1.part
    rm -rf "$work"
    mkdir -p "$work"
    chains=()
    trap snapshot_cleanup EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    say "deploying (once, for this version of the scripts)"
}
snapshot_done() {
    [ -e "$snapshot/complete" ] || return 0
    printf '%s\n' "$snapshot"
    exit 0
}
snapshot_cleanup() {
    local chain
    trap '' INT TERM
    for chain in ${chains[@]+"${chains[@]}"}; do process_end "$chain" 5; done
    rm -rf "$work"
}

# start_chain NAME ID [STATE]: sets url[NAME]. The block 0 is that of the state, or else the next dump would have two.
declare -A url
start_chain() {
    local state=()
    [ $# -lt 3 ] || state=(--load-state "$3" --timestamp $(($(jq -r '.blocks[].header | select(.number == "0x0") | .timestamp' "$3"))))
    start_anvil "$1" "$work" --chain-id "$2" --no-mining --gas-limit 1000000000 --no-request-size-limit \
        --dump-state "$work/$1.json" ${state[@]+"${state[@]}"}
    chains+=("$(process_mark "$STARTED_PID")")
    url[$1]=$(anvil_url "$1" "$work" "$STARTED_PID")
    [ ${#state[@]} -eq 0 ] || {
        block_gas_limit "$1" 1000000000
        rpc "${url[$1]}" evm_setNextBlockTimestamp "[$(date +%s)]" >/dev/null # its clock began at block 0
    }
}
block_gas_limit() { rpc "${url[$1]}" evm_setBlockGasLimit "[\"$(printf '0x%x' "$2")\"]" >/dev/null; } # NAME GAS

# snapshot_end VARIABLE...: ends the chains, which leave their states, and keeps those and the variables. Prints the folder.
snapshot_end() {
    local name chain
    for name in "${!url[@]}"; do block_gas_limit "$name" 30000000; done # a snapshot keeps the limit
    for chain in "${chains[@]}"; do kill -TERM "${chain%%:*}"; done
    for chain in "${chains[@]}"; do process_end "$chain" 10; done
    chains=()
    for name in "${!url[@]}"; do [ -s "$work/$name.json" ] || die "chain $name left no state"; done
    for name; do printf '%s=%s\n' "$name" "${!name}"; done >"$work/snapshot.env"
    rm -rf "$work"/*.log "$work"/*.states "$work"/*.calls "$work"/*.hashes
    touch "$work/complete"
    rm -rf "$snapshot"
    mv "$work" "$snapshot"
    find "$BED_CACHE" -maxdepth 1 \( -name 'snapshot-*' -o -name 'packages-*' \) -mtime +7 ! -path "$snapshot" ! -path "$packages" -exec rm -rf {} +
    printf '%s\n' "$snapshot"
}

arguments() { local encoded; encoded=$(cast abi-encode "$@"); printf '%s' "${encoded#0x}"; }

# Every L1 transaction is the deployer's, so that the addresses follow from its nonce, $nonce, and one block holds all.
queue() { # TO DATA [VALUE [GAS]]; TO is empty for a creation
    printf '{"method":"eth_sendTransaction","params":[{"from":"%s",%s"data":"%s","value":"%s","nonce":"0x%x","gas":"0x%x"}]}\n' \
        "$DEPLOYER" "${1:+"\"to\":\"$1\","}" "$2" "${3:-0x0}" "$nonce" "${4:-15000000}" >>"$work/l1.calls"
    nonce=$((nonce + 1))
}
create() { # VARIABLE CREATION-CODE
    local found
    found=$(cast compute-address "$DEPLOYER" --nonce "$nonce")
    printf -v "$1" '%s' "${found##* }"
    queue '' "$2"
}
# mine_queue: one block of all that was queued
mine_queue() {
    batch "${url[l1]}" <"$work/l1.calls" >"$work/l1.hashes"
    : >"$work/l1.calls"
    rpc "${url[l1]}" evm_mine >/dev/null
    expect_success "${url[l1]}" "$(cat "$work/l1.hashes")"
}
expect_success() { # URL HASHES
    local got
    got=$(jq -r . <<<"$2" | receipts "$1" | jq -r 'select(.status != "0x1") | .transactionHash')
    [ -z "$got" ] || die "these transactions of the deployment failed: $got"
}
