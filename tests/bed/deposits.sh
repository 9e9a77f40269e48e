# shellcheck shell=bash disable=SC2034
# From a log of a portal to the transaction on the L2: what tests/bed/deriver and deposit-sends.sh share. Sourced after lib.sh.

TRANSACTION_DEPOSITED=0xb3813568d9991fc951961fcb4c784893574240a28925604d09fc577c55bb7c32

# rlp_item HEX: sets ITEM, a string's encoding
rlp_item() {
    local n=$((${#1} / 2))
    if [ $n = 1 ] && [ $((16#$1)) -lt 128 ]; then
        ITEM=$1
    elif [ $n -lt 56 ]; then
        printf -v ITEM '%02x%s' $((128 + n)) "$1"
    else
        rlp_length 183 $n
        ITEM+=$1
    fi
}
# rlp_length OFFSET N: sets ITEM to the head of N bytes, N of 56 or more
rlp_length() {
    local length
    printf -v length '%x' "$2"
    [ $((${#length} % 2)) = 0 ] || length=0$length
    printf -v ITEM '%02x%s' $(($1 + ${#length} / 2)) "$length"
}
rlp_number() { # HEX: without leading zero bytes
    local hex=$1
    while [ "${hex:0:2}" = 00 ]; do hex=${hex:2}; done
    rlp_item "$hex"
}

# deposit_transaction BLOCK-HASH LOG-INDEX TOPIC1 TOPIC2 DATA: sets DEPOSIT_RAW, the bytes of the transaction, as the L2
# derives them: sourceHash = keccak(0 ‖ keccak(block hash ‖ log index)), then 0x7e ‖ RLP
deposit_transaction() {
    local opaque=${5#0x} source list='' to part
    opaque=${opaque:128:$((2 * 16#${opaque:112:16}))}
    source=$(cast keccak "0x${1#0x}$(word $(($2)))")
    source=$(cast keccak "0x$(word 0)${source#0x}")
    to=${4:26}
    [ "${opaque:144:2}" = 00 ] || to='' # a creation
    for part in "${source#0x}" "${3:26}" "$to"; do rlp_item "$part"; list+=$ITEM; done
    for part in "${opaque:0:64}" "${opaque:64:64}" "${opaque:128:16}"; do rlp_number "$part"; list+=$ITEM; done
    list+=80 # no system transaction
    rlp_item "${opaque:146}"
    list+=$ITEM
    if [ ${#list} -lt 112 ]; then printf -v ITEM '%02x' $((192 + ${#list} / 2)); else rlp_length 247 $((${#list} / 2)); fi
    DEPOSIT_RAW=0x7e$ITEM$list
}
