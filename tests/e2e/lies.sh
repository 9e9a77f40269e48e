#!/usr/bin/env bash
# Two of three operators must agree, and one lies, in each of these ways from the start of the relayer on: messages go on
# to be delivered, nothing forged is believed, nothing is lost, and the liar is named, on each chain where it lied.
. "$(dirname "$0")/liars.sh"
start_liars
lie liar honest
start_relayer
send_both
sleep 3
check honest__stop stop_relayer

phase false_call 'eth_call: outvoted' l1
phase wrong_header 'eth_getBlockByNumber: header_hash'
phase drop_receipt_log 'receipts_root'
phase change_receipt_log 'receipts_root'
phase flip_proof 'eth_getProof' 'legacy games'
phase forged_above 'eth_getBlockByNumber: (outvoted|parent_link)'
phase fork 'eth_getBlockByNumber: outvoted'
phase forge_receipts 'eth_getBlockByNumber: (outvoted|parent_link)'
phase chain_id 'serves chain id 1337'
phase duplicate_id 'two answers with the same id'
phase unknown_id 'unknown id' '' ',"method":"eth_getBlockByNumber"'
phase null_block ''
phase old_head ''
phase stale_head ''

# About what is to be sent, and what became of it.
phase false_revert '' l1 ",\"arg\":$((0x13496fda))" # BadTarget(): the message would be dead
phase swallow_tx '' l1
phase hide_receipt '' l1
phase false_estimate=add '' l1 ',"method":"eth_estimateGas","arg":100000000'
phase false_nonce=add 'eth_getTransactionCount: outvoted' l1 ',"method":"eth_getTransactionCount","arg":3'

# Forged events on L1: a message that is under way is said to be delivered, and the portal to be another.
word() { printf '0x%024d%s' 0 "${1#0x}"; }
event() { "$CAUSEWAY" hash topic "$1" | jq -r .hash; }
SINCE=$(wc -l <"$LOG")
lie liar honest
send_both
finalized=$(event 'WithdrawalFinalized(bytes32,bool)') upgraded=$(event 'Upgraded(address)')
logs=$(for message in "${SENT[@]: -2}"; do
    jq -n --arg portal "$(portal_of "$message")" --arg finalized "$finalized" --arg id "${message#*/}" --arg yes "0x$(printf '%064d' 1)" \
        --arg upgraded "$upgraded" --arg code "$(word 0xca05e3a1ca05e3a1ca05e3a1ca05e3a1ca05e3a1)" '
        {address: $portal, topics: [$finalized, $id], data: $yes}, {address: $portal, topics: [$upgraded, $code], data: "0x"}'
done | jq -cs .)
lie liar forged_above ",\"logs\":$logs" l1
start_relayer
live_under forged_events 'eth_getBlockByNumber: (outvoted|parent_link)' l1

lie liar honest
SINCE=$(wc -l <"$LOG")
start_relayer
all_delivered
check withdrawals__were_forged [ "$(forged | wc -l)" -gt 0 ]
check stop__clean stop_relayer

# What the liar was caught in, with both sides.
check wrong_header__evidence evidence l1 header_hash eth_getBlockByNumber
check false_call__evidence evidence l1 outvoted eth_call
check flip_proof__evidence evidence legacy proof eth_getProof
check receipts__evidence evidence l1 receipts_root eth_getBlockReceipts
check fork__evidence evidence games outvoted eth_getBlockByNumber
evidence_kept
