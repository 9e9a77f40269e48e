# shellcheck shell=bash disable=SC2034,SC2154
# Messages over Nitro: a part of tests/bed/send, which sources it. Its own compose() and print_sent().

ARB_SYS=0x0000000000000000000000000000000000000064
SEND_TX_TO_L1=928c169a           # sendTxToL1(address,bytes)
WITHDRAW_ETH=25e16063            # withdrawEth(address)
CREATE_TICKET=679b6ded           # createRetryableTicket(address,uint256,uint256,address,address,uint256,uint256,bytes)
CREATE_TICKET_BY_TOKEN=549e8426  # the same with the amount of the token, a uint256, before the data
DEPOSIT_ETH=439370b1             # depositEth()
DEPOSIT_TOKEN=b79092fd           # depositERC20(uint256)
L2_TO_L1_TX=0x3e7aafa77dbf186b7fd488006beff893744caa3c4f6f299e8a709fa2087374fc
MESSAGE_DELIVERED=0x5e3c1311ea442664e8b1611bfabef659120ea7a0a2cfc0667700bebc69cbffe1
INBOX_MESSAGE_DELIVERED=0xff64905f73a67fb594e0f940a8075a860db489ad991e032f48c81123eb52d60b
TOKEN_UNIT=1000000000000         # of the L2's 18 decimals, in one of the token's 6

case $kind in
deposit | retryable*)
    sender_url=$L1_URL limit=1000000
    l1_base_fee=$(block_field "$L1_URL" baseFeePerGas) l2_base_fee=$(block_field "$ROLLUP_URL" baseFeePerGas)
    ;;
esac

to_l1() { # TARGET DATA
    call_to=$ARB_SYS
    call_data=$SEND_TX_TO_L1$(word_address "$1")$(word 64)$(word_bytes "$2")
}
# ticket TARGET DATA GAS: pays twice what its submission and gas cost now; all refunds go to the sender
ticket() {
    local fee=0 price=0 parameters
    [ "$3" = 0 ] || price=$((2 * l2_base_fee + 1000000000))
    [ "$rollup" != nitro ] || fee=$((2 * l1_base_fee * (1400 + 6 * ${#2} / 2)))
    call_to=$ROLLUP_INBOX
    call_value=$((fee + value + $3 * price))
    parameters=$(word_address "$1")$(word "$value")$(word $fee)$(word_address "$sender")$(word_address "$sender")$(word "$3")$(word $price)
    if [ "$rollup" = nitro ]; then
        call_data=$CREATE_TICKET$parameters$(word 256)$(word_bytes "$2")
    else
        call_data=$CREATE_TICKET_BY_TOKEN$parameters$(word $(((call_value + TOKEN_UNIT - 1) / TOKEN_UNIT)))$(word 288)$(word_bytes "$2")
        call_value=0
    fi
}
deposit() {
    call_to=$ROLLUP_INBOX call_data=$DEPOSIT_ETH
    if [ "$rollup" != nitro ]; then
        call_data=$DEPOSIT_TOKEN$(word $((value / TOKEN_UNIT)))
        call_value=0
    fi
}
compose() {
    target=$own_target
    case $kind in
    eth | withdraw | no-code | retryable) target=${target:-$(mint_target)} ;;
    data | retryable-data | retryable-low-gas | retryable-no-gas) target=${target:-$TARGET_SINK} ;;
    raw-revert | retryable-revert) target=${target:-$TARGET_REVERTER} ;;
    switch | retryable-switch) target=${target:-$TARGET_SWITCH} ;;
    gas) target=${target:-$TARGET_BURNER} ;;
    deposit) target=$sender ;;
    esac
    case $kind in
    eth) to_l1 "$target" "" ;;
    withdraw) call_to=$ARB_SYS call_data=$WITHDRAW_ETH$(word_address "$target") ;;
    data | no-code) to_l1 "$target" "$(random_bytes)" ;;
    raw-revert | switch) to_l1 "$target" ca05e3a1 ;; # without data a token is paid out and nothing called
    gas) to_l1 "$target" "$(word "$gas")" ;;
    deposit) deposit ;;
    retryable) ticket "$target" '' 100000 ;;
    retryable-data) ticket "$target" "$(random_bytes)" $((200000 + 40 * size)) ;;
    retryable-revert) ticket "$target" '' 100000 ;;
    retryable-switch) ticket "$target" ca05e3a1 100000 ;;
    retryable-low-gas) ticket "$target" "$(random_bytes)" $((22000 + 16 * size)) ;;
    retryable-no-gas) ticket "$target" "$(random_bytes)" 0 ;;
    *) bad_usage "unknown kind $kind for $rollup" ;;
    esac
}

print_sent() { # the receipts on stdin
    case $kind in
    deposit | retryable*) print_inbox_messages ;;
    *)
        jq -c --arg rollup "$rollup" --arg kind "$kind" --arg value "$value" --arg at $ARB_SYS --arg topic $L2_TO_L1_TX '
            def number: ltrimstr("0x") | explode | reduce .[] as $digit (0; . * 16 + (if $digit > 96 then $digit - 87 else $digit - 48 end));
            . as $receipt
            | if .status != "0x1" then "the send \(.transactionHash) reverted on the L2\n" | halt_error(1) else . end
            | .logs[] | select(.address == $at and .topics[0] == $topic)
            | {rollup: $rollup, kind: $kind, l2TxHash: $receipt.transactionHash, id: .topics[3], hash: .topics[2],
               target: $ARGS.positional[input_line_number - 1], value: $value, block: ($receipt.blockNumber | number)}' --args "${sent[@]}"
        ;;
    esac
}

# An integer for cast to-rlp, of a word.
rlp_number() {
    local digits=${1#"${1%%[!0]*}"}
    [[ $1 =~ [^0] ]] || digits=''
    printf '"0x%s%s"' "${digits:+$([ $((${#digits} % 2)) = 0 ] || printf 0)}" "$digits"
}
# transaction_hash TYPE FIELD...: the fields as cast takes them
transaction_hash() {
    local list
    list=$(IFS=, && printf '[%s]' "${*:2}")
    list=$(cast to-rlp "$list")
    cast keccak "0x$1${list#0x}"
}
# inbox_transaction MESSAGE-KIND NUMBER SENDER BASE-FEE DATA: the hash of the L2's transaction, all given as hex without 0x
inbox_transaction() {
    local data=$5 to n field=() origin
    origin=$(rlp_number "$(word "$ROLLUP_CHAIN_ID")"),\"0x$2\",\"0x$3\"
    if [ "$1" = 0c ]; then
        transaction_hash 64 "$origin" "\"0x${data:0:40}\"" "$(rlp_number "${data:40:64}")"
        return
    fi
    for ((n = 0; n < 8; n++)); do field+=("${data:64 * n:64}"); done
    to=\"0x\" # a creation
    [[ ${field[0]} =~ ^0*$ ]] || to=\"0x${field[0]:24}\"
    # base fee, deposit, gas price, gas limit, target, value, beneficiary, most for the submission, who gets the rest, data
    transaction_hash 69 "$origin" "$(rlp_number "$4")" "$(rlp_number "${field[2]}")" "$(rlp_number "${field[7]}")" "$(rlp_number "${field[6]}")" \
        "$to" "$(rlp_number "${field[1]}")" "\"0x${field[5]:24}\"" "$(rlp_number "${field[3]}")" "\"0x${field[4]:24}\"" "\"0x${data:576}\""
}
print_inbox_messages() {
    local transaction block target number message_kind from base_fee data
    jq -r --arg inbox "${ROLLUP_INBOX,,}" --arg bridge "${ROLLUP_BRIDGE,,}" --arg delivered $MESSAGE_DELIVERED --arg posted $INBOX_MESSAGE_DELIVERED '
        if .status != "0x1" then "the message \(.transactionHash) reverted on L1\n" | halt_error(1) else . end
        | (.logs[] | select(.address == $bridge and .topics[0] == $delivered)) as $event
        | (.logs[] | select(.address == $inbox and .topics[0] == $posted)) as $content
        | [.transactionHash, .blockNumber, $ARGS.positional[input_line_number - 1], $event.topics[1][2:], $event.data[128:130],
           $event.data[154:194], $event.data[258:322], $content.data[130:]] | @tsv' --args "${sent[@]}" |
        while IFS=$'\t' read -r transaction block target number message_kind from base_fee data; do
            # the data without its padding
            case $message_kind in
            0c) data=${data:0:104} ;;
            *) data=${data:0:576 + 2 * 16#${data:560:16}} ;;
            esac
            jq -cn --arg rollup "$rollup" --arg kind "$kind" --arg l1TxHash "$transaction" \
                --arg id "$(inbox_transaction "$message_kind" "$number" "$from" "$base_fee" "$data")" \
                --argjson message $((16#${number: -16})) --arg target "$target" --arg value "$value" --argjson block $((block)) '$ARGS.named'
        done
}
