# shellcheck shell=bash disable=SC2034,SC2154
# Acts on a rollup of Nitro: a part of tests/bed/act, which sources it with its own functions, $act and arguments.
. "$BED_HOME/assertions.sh"

rollup=nitro fast='' block=latest send_root='' block_hash='' assertion='' amount='' ticket='' from='' who=''
while [ $# -gt 0 ]; do
    case $1 in
    --rollup) rollup=${2:-} ;;
    --block) number --block "${2:-}"; block=$(printf '0x%x' "$2") ;;
    --send-root | --block-hash | --assertion)
        [[ ${2:-} =~ ^0x[0-9a-f]{64}$ ]] || bad_usage "$1 wants 32 bytes, not '${2:-}'"
        option=${1#--}
        declare "${option/-/_}=$2"
        ;;
    --fast) fast=yes; shift; continue ;;
    --from)
        [[ ${2:-} =~ ^[A-Z0-9_]+$ && ${!2:-} =~ ^0x[0-9a-fA-F]{40}$ ]] || bad_usage "no account in bed.env: ${2:-}"
        from=${!2}
        ;;
    0x*) [[ $1 =~ ^0x[0-9a-f]{64}$ ]] || bad_usage "$act: no ticket: $1"; ticket=$1; shift; continue ;;
    [0-9]*) number "$act" "$1"; amount=$1; shift; continue ;;
    named | anybody) who=$1; shift; continue ;;
    *) no_more "$1" ;;
    esac
    shift $(($# > 1 ? 2 : 1))
done
nitro_of "$rollup"
RETRYABLES=0x000000000000000000000000000000000000006e

latest_confirmed() { printf '0x%s\n' "$(read_l1 "$ROLLUP_ROLLUP" $LATEST_CONFIRMED)"; }
is_staked() { read_l1_number "$ROLLUP_ROLLUP" "$IS_STAKED$(word_address "$1")"; } # ACCOUNT
find_pending() { # sets PENDING and CONFIRMED
    CONFIRMED=$(latest_confirmed)
    pending_assertions "0x$(read_l1 "$ROLLUP_ROLLUP" "$LATEST_STAKED$(word_address "$ASSERTER")")" "$CONFIRMED" || die "the chain of assertions changes too quickly"
}
# batch_for PARENT: until the batches are there that an assertion above it has to read, and a block lies between
batch_for() {
    local batches
    settle "$ASSERTER"
    read_assertion "$1" || die "$act: there is no assertion $1"
    batches=$(read_l1_number "$ROLLUP_BRIDGE" $BATCH_COUNT)
    if [ "$batches" -lt $((16#${A_DATA:1328:16})) ]; then
        batch_line "$batches" "$(read_l1_number "$ROLLUP_BRIDGE" $DELAYED_COUNT)" | perform "$ASSERTER" batch >/dev/null
    fi
    wait_for_l1 $((A_CREATED + 1))
}
wait_for_l1() { # BLOCK
    local tries
    for ((tries = 0; tries < 1200; tries++)); do
        [ "$(block_number "$L1_URL")" -lt "$1" ] || return 0
        sleep 0.1
    done
    die "$act: L1 does not reach block $1 within 2 minutes"
}
# perform_new FROM LINE: with what the new assertion says
perform_new() {
    perform "$1" "$act" --arg rollup "$rollup" --arg assertion "$NEW_HASH" --arg parent "$parent" \
        --arg blockHash "$block_hash" --arg sendRoot "$send_root" --argjson l2Block "$L2_BLOCK" <<<"$2"
}
own() { line "$ROLLUP_UPGRADE_EXECUTOR" "$(cast calldata 'executeCall(address,bytes)' "$ROLLUP_ROLLUP" "$(cast calldata "$@")")"; } # what only its owner may

case $act in
assert)
    find_pending
    parent=$CONFIRMED
    if [ ${#PENDING[@]} -gt 0 ]; then
        [ -z "$fast" ] || die "assert --fast: assertion ${PENDING[0]} is pending below it; confirm it first"
        parent=${PENDING[-1]}
    fi
    batch_for "$parent"
    read_l2_header "$block" || die "assert: the L2 has no such block"
    block_hash=$L2_HASH send_root=$SEND_ROOT
    compose_assertion "$parent" "$block_hash" "$send_root"
    if [ -n "$fast" ]; then made=$(fast_new_line); else made=$(stake_line "$(is_staked "$ASSERTER")"); fi
    perform_new "$ASSERTER" "$made"
    ;;
false-assertion)
    parent=$(latest_confirmed)
    batch_for "$parent"
    read_l2_header "$block" || die "false-assertion: the L2 has no such block"
    block_hash=${block_hash:-$L2_HASH} send_root=${send_root:-$(false_root)}
    compose_assertion "$parent" "$block_hash" "$send_root"
    if [ -n "$fast" ]; then
        perform_new "$ASSERTER" "$(fast_new_line)"
    else
        from=${from:-$RIVAL}
        perform_new "$from" "$(stake_line "$(is_staked "$from")")"
    fi
    ;;
confirm)
    if [ -z "$assertion" ]; then
        find_pending
        [ ${#PENDING[@]} -gt 0 ] || die "confirm: no assertion is pending"
        assertion=${PENDING[0]}
    fi
    settle "$ASSERTER"
    read_assertion "$assertion" || die "confirm: there is no assertion $assertion"
    if [ -n "$fast" ]; then
        made=$(fast_confirm_line "$assertion")
    else
        made=$(confirm_line "$assertion")
        wait_for_l1 $((A_CREATED + 16#${A_DATA:368:16}))
    fi
    perform "$ASSERTER" "$act" --arg rollup "$rollup" --arg assertion "$assertion" --arg blockHash "$A_BLOCK_HASH" \
        --arg sendRoot "$A_SEND_ROOT" <<<"$made"
    ;;
update-root)
    read_l2_header "$block" || die "update-root: the L2 has no such block"
    block_hash=${block_hash:-$L2_HASH} send_root=${send_root:-$SEND_ROOT}
    rpc "$L1_URL" anvil_impersonateAccount "[\"$ROLLUP_ROLLUP\"]" >/dev/null
    # Money for its gas, from a contract that ends as it is made: what no transaction does would be in no header.
    printf '{"data":"0x73%sff","value":"0xde0b6b3a7640000","gas":"0x186a0"}\n' "${ROLLUP_ROLLUP#0x}" | perform "$DEPLOYER" fund >/dev/null
    gas_line "$ROLLUP_OUTBOX" "a04cee60${send_root#0x}${block_hash#0x}" | # updateSendRoot(bytes32,bytes32)
        perform "$ROLLUP_ROLLUP" "$act" --arg rollup "$rollup" --arg blockHash "$block_hash" --arg sendRoot "$send_root"
    rpc "$L1_URL" anvil_stopImpersonatingAccount "[\"$ROLLUP_ROLLUP\"]" >/dev/null
    ;;
assertions)
    states=(none pending confirmed)
    rpc "$L1_URL" eth_getLogs "[{\"address\":\"$ROLLUP_ROLLUP\",\"topics\":[\"$ASSERTION_CREATED\"],\"fromBlock\":\"0x0\"}]" |
        jq -r '.[].topics[1]' | while read -r assertion; do
        read_assertion "$assertion" || continue
        jq -cn --arg assertion "$assertion" --arg parent "$A_PARENT" --arg status "${states[A_STATUS]}" --arg blockHash "$A_BLOCK_HASH" \
            --arg sendRoot "$A_SEND_ROOT" --argjson block "$A_CREATED" '$ARGS.named'
    done
    ;;
confirm-period)
    [ -n "$amount" ] || bad_usage "confirm-period wants a number of L1 blocks"
    own 'setConfirmPeriodBlocks(uint64)' "$amount" | perform "$DEPLOYER" "$act" --arg rollup "$rollup" --argjson blocks "$amount"
    ;;
validators)
    case $who in
    named) value=false ;;
    anybody) value=true ;;
    *) bad_usage "validators named, or validators anybody" ;;
    esac
    own 'setValidatorWhitelistDisabled(bool)' $value | perform "$DEPLOYER" "$act" --arg rollup "$rollup" --arg validators "$who"
    ;;
redeem | keepalive | cancel)
    [ -n "$ticket" ] || bad_usage "$act wants a ticket"
    if [ "$act" = cancel ]; then from=${from:-$USER}; else from=${from:-$STRANGER}; fi
    act_url=$ROLLUP_URL
    line $RETRYABLES "$(cast calldata "$act(bytes32)" "$ticket")" 2000000 | perform "$from" "$act" --arg rollup "$rollup" --arg ticket "$ticket"
    ;;
ticket-lifetime)
    [ -n "$amount" ] || bad_usage "ticket-lifetime wants seconds"
    act_url=$(chain_url "l2-$rollup" node) # the proxy shows nothing of what the sequencer's account does
    line $RETRYABLES "$(cast calldata 'setLifetime(uint64)' "$amount")" | perform "$DEPLOYER" "$act" --arg rollup "$rollup" --argjson seconds "$amount"
    ;;
pause | unpause)
    if [ "$act" = pause ]; then call='pause()'; else call='resume()'; fi
    own "$call" | perform "$DEPLOYER" "$act" --arg rollup "$rollup"
    ;;
esac
