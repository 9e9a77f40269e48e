# shellcheck shell=bash disable=SC2154
# Nitro's half of tests/bed/selftest, which sources it.
. "$BED_HOME/assertions.sh"

D=$work/nitro
begun=$(date +%s%N)
"$BED_HOME/up" --dir "$D" --owner $$ --nitro --nitro-token >/dev/null
ok "up --nitro --nitro-token ($((($(date +%s%N) - begun) / 1000000)) ms)"
load_bed "$D"
call() { cast call --rpc-url "$L1_URL" "$@"; }
for rollup in nitro nitro-token; do
    nitro_of $rollup
    same "$rollup: the outbox is the genuine one" 2 "$(call "$ROLLUP_OUTBOX" 'OUTBOX_VERSION()(uint128)')"
    same "$rollup: its bridge knows that outbox and the rollup" "${ROLLUP_ROLLUP,,} true" \
        "$(call "$ROLLUP_BRIDGE" 'rollup()(address)' | tr '[:upper:]' '[:lower:]') $(call "$ROLLUP_BRIDGE" 'allowedOutboxes(address)(bool)' "$ROLLUP_OUTBOX")"
done
same "the token's decimals are 6" 6 "$(call "$NITRO_TOKEN_BRIDGE" 'nativeTokenDecimals()(uint8)')"
nitro_of nitro

# ---- send trees of these sizes, their roots in the outbox by every way: with a stake, by the fast confirmer, as before BoLD
declare -A grown=()
size=0
for to in 1 5 7 11 16 17; do
    sent=$(bed send --rollup nitro --count $((to - size)))
    printf '%s\n' "$sent" >>"$work/nitro-sent.json"
    grown[$to]=$(tail -n 1 <<<"$sent" | jq .block)
    size=$to
done
first=$(bed act assert --block "${grown[1]}" | jq -r .assertion)
read_assertion "$first"
same "it is not confirmed before its time" 'BEFORE_DEADLINE' "$(refusal "$ASSERTER" "$(confirm_line "$first")" | sed 's/.*: //')"
check "a second assertion stands on the first one" bed act assert --block "${grown[5]}"
same "the first one is confirmed when its time has come" "$first" "$(bed act confirm | jq -r .assertion)"
check "and so is the second one" bed act confirm
check "a root is put into the outbox as before BoLD" bed act update-root --block "${grown[7]}"
for to in 11 16 17; do check "a tree of $to is asserted and confirmed at once" bed act assert --block "${grown[$to]}" --fast; done

# ---- proofs, hashed with cast, in the genuine outbox: (size, position)
for sample in 1/0 5/4 5/1 7/6 11/10 11/7 16/15 17/16 17/2; do
    check "position ${sample#*/} of ${sample%/*} is executed" bed execute --size "${sample%/*}" "${sample#*/}"
done
for field in value target data proof index; do
    refused "another $field is refused" UnknownRoot bed execute --size 17 --tamper $field 9
done
refused "a position beyond the proof's length is refused" PathNotMinimal bed execute --size 1 --tamper index 0
refused "a tree that nobody asserted is refused" UnknownRoot bed execute --size 6 3
refused "the same one again is refused" AlreadySpent bed execute --size 17 4
refused "with an older root, too" AlreadySpent bed execute --size 5 4
same "the outbox's bitmap has those that were executed" 0x184d7 \
    "$(call "$NITRO_OUTBOX" 'spent(uint256)(bytes32)' 0 | sed 's/0x0*/0x/')"
same "each of them has paid out, and no other" "$(printf '%s ' 1 1 1 0 1 0 1 1 0 0 1 0 0 0 0 1 1)" \
    "$(bed balance --sent <"$work/nitro-sent.json" | while read -r _ wei; do printf '%d ' $((wei / 1000000000000000)); done)"

# ---- what the target makes of it
bed asserter --background
bed asserter --background --rollup nitro-token
for kind in withdraw data raw-revert switch no-code gas; do
    for rollup in nitro nitro-token; do bed send --rollup $rollup --kind $kind >"$work/$rollup-$kind.json" & done
    wait
done
bed send --rollup nitro-token >"$work/nitro-token-eth.json"
wait_for_all() { bed execute --rollup "$1" --wait 60 "$(jq -r .l2TxHash "$work/$1-$2.json")"; }
for rollup in nitro nitro-token; do
    check "$rollup: withdraw is executed" wait_for_all $rollup withdraw
    for kind in data gas; do check "$rollup: $kind is executed" wait_for_all $rollup $kind; done
    refused "$rollup: a target that reverts takes nothing" BridgeCallFailed wait_for_all $rollup raw-revert
    refused "$rollup: calldata to an account without code is refused" NotContract wait_for_all $rollup no-code
    refused "$rollup: the switch is off" BridgeCallFailed wait_for_all $rollup switch
    check "the switch is on" bed act switch on
    check "$rollup: the same message is executed then" wait_for_all $rollup switch
    check "the switch is off again" bed act switch off
done
check "nitro-token: eth is executed" wait_for_all nitro-token eth
same "the token is paid out in its own units" 1000 "$(bed balance --token --sent <"$work/nitro-token-eth.json" | cut -d' ' -f2)"

# ---- assertions that are false
bed asserter --stop
false=$(bed act false-assertion | jq -r .sendRoot)
known() { call "$NITRO_OUTBOX" 'roots(bytes32)(bytes32)' "$1"; }
same "a rival's root is not in the outbox" "0x$(word 0)" "$(known "$false")"
bed asserter --background
before=$(call "$NITRO_ROLLUP" 'latestConfirmed()(bytes32)')
moves_on() {
    local tries
    for ((tries = 0; tries < 300; tries++)); do
        [ "$(call "$NITRO_ROLLUP" 'latestConfirmed()(bytes32)')" = "$before" ] || return 0
        sleep 0.1
    done
    return 1
}
check "true ones are confirmed in spite of it" moves_on
bed asserter --stop
false=$(bed act false-assertion --fast)
same "one by the fast confirmer is" "$(jq -r .blockHash <<<"$false")" "$(known "$(jq -r .sendRoot <<<"$false")")"
check "assertions are paused" bed act pause --rollup nitro
refused "nothing is asserted then" paused bed act assert --fast
check "assertions go on" bed act unpause --rollup nitro
check "the period changes" bed act confirm-period 100
check "a true one stands on the false one" bed act assert --fast
same "all are listed" true "$(bed act assertions | jq -s 'length > 5 and any(.status == "pending") and .[0].status == "confirmed"')"

# ---- from L1 to L2: what the inboxes made of it, and the hash of the L2's transaction as the emulation has it
inbox_id() { # FILE: the emulation's idea of it
    local receipt message
    nitro_of "$(jq -r .rollup "$1")"
    receipt=$(rpc "$L1_URL" eth_getTransactionReceipt "[$(jq .l1TxHash "$1")]")
    # number, sender, base fee, hash of the data; the data
    mapfile -t message < <(jq -r --arg bridge "${ROLLUP_BRIDGE,,}" --arg inbox "${ROLLUP_INBOX,,}" '
        (.logs[] | select(.address == $bridge and (.topics | length) == 3) | .topics[1], (.data | "0x" + .[154:194], "0x" + .[258:322], .[194:258])),
        (.logs[] | select(.address == $inbox) | .data[66:])' <<<"$receipt")
    message[4]=0x${message[4]:64:$((2 * 16#${message[4]:48:16}))}
    [ "$(cast keccak "${message[4]}")" = "0x${message[3]}" ] || { echo "the data has another hash"; return; }
    if [ "$(jq -r .kind "$1")" = deposit ]; then
        cast call --rpc-url "$ROLLUP_URL" 0x000000000000000000000000000000000000006E 'depositHash(uint256,uint256,address,address,uint256)(bytes32)' \
            "$ROLLUP_CHAIN_ID" "${message[0]}" "${message[1]}" "${message[4]:0:42}" "0x${message[4]:42:64}"
    else
        cast call --rpc-url "$ROLLUP_URL" 0x000000000000000000000000000000000000006E 'ticketId(uint256,uint256,address,uint256,bytes)(bytes32)' \
            "$ROLLUP_CHAIN_ID" "${message[0]}" "${message[1]}" "${message[2]}" "${message[4]}"
    fi
}
for kind in deposit retryable retryable-data retryable-revert retryable-switch retryable-low-gas retryable-no-gas; do
    for rollup in nitro nitro-token; do
        file=$work/$rollup-$kind.json
        bed send --rollup $rollup --kind $kind >"$file"
        same "$rollup: the id of $kind" "$(inbox_id "$file")" "$(jq -r .id "$file")"
    done
done

# ---- and what the L2s make of them
on_l2() { # ROLLUP KIND: type and status of the L2's transaction, once it is there
    nitro_of "$1"
    jq -r .id "$work/$1-$2.json" | receipts "$ROLLUP_URL" | jq -r '"\(.type) \(.status)"'
}
lives() { # ROLLUP KIND: the ticket
    nitro_of "$1"
    cast call --rpc-url "$ROLLUP_URL" 0x000000000000000000000000000000000000006E 'getTimeout(bytes32)(uint256)' "$(jq -r .id "$work/$1-$2.json")"
}
ticket() { jq -r .id "$work/nitro-$1.json"; }
for rollup in nitro nitro-token; do
    same "$rollup: the deposit is made" '0x64 0x1' "$(on_l2 $rollup deposit)"
    for kind in retryable retryable-data; do
        same "$rollup: $kind is made a ticket" '0x69 0x1' "$(on_l2 $rollup $kind)"
        refused "$rollup: and redeemed at once" 0x80698456 lives $rollup $kind # NoTicketWithID()
    done
    same "$rollup: the ticket has paid out" 1000000000000000 \
        "$(bed balance --chain l2-$rollup --sent <"$work/$rollup-retryable.json" | cut -d' ' -f2)"
    for kind in retryable-revert retryable-switch retryable-low-gas retryable-no-gas; do
        same "$rollup: $kind is made a ticket" '0x69 0x1' "$(on_l2 $rollup $kind)"
        check "$rollup: and is still one" lives $rollup $kind
    done
done
check "anyone redeems a ticket that got no gas" bed act redeem "$(ticket retryable-no-gas)"
refused "it is gone then" 0x80698456 lives nitro retryable-no-gas
refused "only its beneficiary cancels a ticket" reverted bed act cancel "$(ticket retryable-low-gas)" --from STRANGER
check "who does" bed act cancel "$(ticket retryable-low-gas)"
check "the switch of the L2 is off" bed act redeem "$(ticket retryable-switch)"
check "so that the ticket stays" lives nitro retryable-switch
check "the switch of the L2 is on" bed act switch on --chain l2-nitro
check "the same ticket is redeemed" bed act redeem "$(ticket retryable-switch)"
refused "and gone" 0x80698456 lives nitro retryable-switch
before=$(lives nitro retryable-revert | cut -d' ' -f1)
check "a ticket is kept alive" bed act keepalive "$(ticket retryable-revert)"
same "for a week more" $((before + 604800)) "$(lives nitro retryable-revert | cut -d' ' -f1)"
check "tickets live for a minute from now on" bed act ticket-lifetime 60
bed send --rollup nitro --kind retryable-no-gas >"$work/nitro-short.json"
same "one of them is made" '0x69 0x1' "$(on_l2 nitro short)"
check "the clock of the L2 is moved" bed act warp 120 --chain l2-nitro
refused "it has expired" 0x80698456 lives nitro short

# ---- reorganisations behind the proxy
lost=$(bed send --rollup nitro | jq -r .l2TxHash)
check "a reorganisation of 3 blocks of nitro" bed reorg --chain l2-nitro --depth 3
same "the message is gone" null "$(rpc "$L2_NITRO_URL" eth_getTransactionReceipt "[\"$lost\"]")"
moved=$(bed send --rollup nitro | jq -r .l2TxHash)
was=$(rpc "$L2_NITRO_URL" eth_getTransactionReceipt "[\"$moved\"]" | jq -r .blockHash)
check "a reorganisation that keeps transactions" bed reorg --chain l2-nitro --depth 3 --keep
same "the message is in another block" true "$(rpc "$L2_NITRO_URL" eth_getTransactionReceipt "[\"$moved\"]" |
    jq --arg was "$was" '.status == "0x1" and .blockHash != $was')"
linked l1 l2-nitro l2-nitro-token

nothing_left
