# shellcheck shell=bash disable=SC2034,SC2154
# Deposits to an OP Stack rollup: a part of tests/bed/send, which sources it. Its own compose() and print_sent().
. "$BED_HOME/deposits.sh"

DEPOSIT_TRANSACTION=e9e05c42 # depositTransaction(address,uint256,uint64,bool,bytes)

sender_url=$L1_URL limit=2000000 # the portal burns what the L2's gas costs

raw() { # TARGET
    call_to=$ROLLUP_PORTAL
    call_data=$DEPOSIT_TRANSACTION$(word_address "$1")$(word "$value")$(word 100000)$(word 0)$(word 160)$(word_bytes '')
}
through_messenger() { # TARGET DATA
    message "$1" 100000 "$2"
    call_to=$ROLLUP_MESSENGER
}
compose() {
    target=$own_target
    case $kind in deposit | deposit-messenger) target=${target:-$(mint_target)} ;; esac
    case $kind in
    deposit) raw "$target" ;;
    deposit-revert) target=${target:-$TARGET_REVERTER}; raw "$target" ;;
    deposit-messenger) through_messenger "$target" '' ;;
    deposit-messenger-revert) target=${target:-$TARGET_REVERTER}; through_messenger "$target" '' ;;
    deposit-messenger-switch) target=${target:-$TARGET_SWITCH}; through_messenger "$target" ca05e3a1 ;;
    deposit-messenger-refused) target=${target:-$MESSAGE_PASSER}; through_messenger "$target" '' ;;
    *) bad_usage "unknown kind $kind" ;;
    esac
}

print_sent() { # the receipts on stdin
    local n=0 hash block block_hash index from to data
    jq -r --arg portal "${ROLLUP_PORTAL,,}" --arg topic $TRANSACTION_DEPOSITED '
        if .status != "0x1" then "the deposit \(.transactionHash) reverted on L1\n" | halt_error(1) else . end
        | .logs[] | select(.address == $portal and .topics[0] == $topic)
        | [.transactionHash, .blockNumber, .blockHash, .logIndex, .topics[1], .topics[2], .data] | @tsv' |
        while IFS=$'\t' read -r hash block block_hash index from to data; do
            deposit_transaction "$block_hash" "$index" "$from" "$to" "$data"
            printf '{"rollup":"%s","kind":"%s","l1TxHash":"%s","id":"%s","target":"%s","value":"%s","block":%d}\n' \
                "$rollup" "$kind" "$hash" "$(cast keccak "$DEPOSIT_RAW")" "${sent[n]}" "$value" "$block"
            n=$((n + 1))
        done
}
