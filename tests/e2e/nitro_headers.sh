#!/usr/bin/env bash
# What stands for a Nitro node in the bed is Nitro's: the interface and the send tree of the emulated precompiles, the
# ids of its transactions, the headers, receipts and hashes that the proxy nitro_headers shows. The emulation by itself;
# no settlement layer.
set -euo pipefail
REPO=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${CAUSEWAY_BUILD:-$REPO/build/sanitize}
VECTORS=${CAUSEWAY_VECTORS:-$REPO/../shared/vectors}
. "$REPO/tests/bed/lib.sh"
packages=$("$REPO/tests/bed/fetch")
contracts=$("$REPO/tests/bed/contracts/build")
BED_BIN=$packages/bin
PATH=$BED_BIN:$PATH
dir=$(mktemp -d "${TMPDIR:-/tmp}/causeway-nitro.XXXXXX")
marks=() failures=0
cleanup() {
    local mark
    for mark in ${marks[@]+"${marks[@]}"}; do process_end "$mark" 5; done
    rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

equal() { # NAME WANTED GOT
    if [ "$2" = "$3" ]; then echo "ok $1"; else
        printf '# wanted %s\n# got    %s\nnot ok %s\n' "$2" "$3" "$1"
        failures=$((failures + 1))
    fi
}

ARB_SYS=0x0000000000000000000000000000000000000064
RETRYABLES=0x000000000000000000000000000000000000006e
SEQUENCER=0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266
SINK=0x00000000000000000000000000000000000051c0     # counts calls in slot 0, adds up their value in slot 1
REVERTER=0x00000000000000000000000000000000000051c1
TWICE=0x00000000000000000000000000000000000051c2    # calls 0x6E with each half of its 72 bytes, and logs
SENDER=0xb4b8b6f88361f48403514059f1f16c8e78d61ffd   # of tickets
RECEIVER=0xca05e3a1000000000000000000000000000000ff  # of a deposit
FEES=0x00000000000000000000000000000000000fee01      # gets what fees leave over
REFUNDED=0x00000000000000000000000000000000000fee02  # gets what an expired ticket held

# ---- the interface: whatever stands in both has the same form

interface='[.abi[] | {type, name, inputs: [.inputs[]? | {type, indexed}], outputs: [.outputs[]?.type], payable: (.stateMutability == "payable")} | tojson] | sort'
for name in ArbSys ArbRetryableTx; do
    jq -c "$interface" "$contracts/$name.json" >"$dir/ours"
    jq -c "$interface" "$packages/build/contracts/src/precompiles/$name.sol/$name.json" >"$dir/theirs"
    equal "the ABI of $name, but for what is the bed's own and what nothing here asks for" '[] []' "$(jq -nc --slurpfile ours "$dir/ours" --slurpfile theirs "$dir/theirs" '
        def but(names): map(select(fromjson.name as $name | names | index($name) | not));
        ($ours[0] - $theirs[0] | but(["headerState", "setL1BlockNumber", "Opened", "Closed", "setLifetime", "startBlock",
            "deliver", "ticketId", "depositHash", "nextMessage", "burn"])),
        ($theirs[0] - $ours[0] | but(["InvalidBlockNumber", "L2ToL1Transaction", "arbBlockHash", "getStorageGasAvailable",
            "isTopLevelCall", "mapL1SenderContractAddressToL2Alias", "myCallersAddressWithoutAliasing",
            "wasMyCallersAddressAliased", "Redeemed"]))' | tr '\n' ' ' | sed 's/ $//')"
done

# ---- a chain that mines when it is told to, and the proxy

setsid "$BED_BIN/anvil" --host 127.0.0.1 --port 0 --chain-id 903 --no-mining --order fifo --slots-in-an-epoch 2 \
    --preserve-historical-states --cache-path "$dir/states" >"$dir/node.log" 2>&1 </dev/null &
marks+=("$(process_mark $!)")
node=$(anvil_url node "$dir" $!)
start_proxy() {
    setsid "$BUILD/tests/nitro_headers" "$node" >"$dir/proxy.log" 2>&1 </dev/null &
    proxy_mark=$(process_mark $!)
    marks+=("$proxy_mark")
    proxy=$(anvil_url proxy "$dir" $!)
}
USER=$(rpc "$node" eth_accounts | jq -r '.[8]')

set_code() { printf '{"method":"anvil_setCode","params":["%s","%s"]}\n' "$1" "$2"; }
declare -A nonces=()
transaction() { # FROM TO DATA [VALUE [GAS]]; in the order of the calls. Not in a subshell.
    printf '{"method":"eth_sendTransaction","params":[{"from":"%s","to":"%s","data":"%s","value":"%s","gas":"%s","nonce":"0x%x"}]}\n' \
        "$1" "$2" "$3" "${4:-0x0}" "${5:-0x1e8480}" "${nonces[$1]:-0}" >>"$dir/calls"
    nonces[$1]=$((${nonces[$1]:-0} + 1))
}
and() { "$@" >>"$dir/calls"; }
run() {
    batch "$node" <"$dir/calls" >"$dir/results"
    : >"$dir/calls"
}
mine() { # what was called before goes into a block, or else there is an empty one
    [ ! -s "$dir/calls" ] || run
    rpc "$node" evm_mine >/dev/null
}
and set_code $ARB_SYS "$(jq -r .runtime "$contracts/ArbSys.json")"
and set_code $RETRYABLES "$(jq -r .runtime "$contracts/ArbRetryableTx.json")"
and set_code $SENDER "$(jq -r .runtime "$contracts/TicketSender.json")"
and set_code $SINK 0x5f546001015f55600154340160015500
and set_code $REVERTER 0x5f5ffd
#   60 48 5f 5f 37                              CALLDATACOPY(0, 0, 72)
#   5f 5f 60 24 5f     5f 60 6e 62 03d090 f1 50  CALL(250000, 0x6e, 0, 0, 36, 0, 0), POP
#   5f 5f 60 24 60 24  5f 60 6e 62 03d090 f1 50  CALL(250000, 0x6e, 0, 36, 36, 0, 0), POP
#   5f 5f a0 00                                 LOG0(0, 0), STOP
and set_code $TWICE 0x60485f5f375f5f60245f5f606e6203d090f1505f5f602460245f606e6203d090f1505f5fa000
mine

# ---- the send tree: each size from 1 to 40 has a block; some have calldata, some several sends

for ((n = 1; n <= 40; n++)); do
    transaction "$USER" $ARB_SYS "$(cast calldata 'withdrawEth(address)' $SINK)" 0x1
    mine
done
for ((n = 0; n < 9; n++)); do
    transaction "$USER" $ARB_SYS "$(cast calldata 'sendTxToL1(address,bytes)' $SINK "0x$(printf 'ab%.0s' $(seq 0 $n))")"
done
mine
start_proxy
shown() { # NAME WANTED: the whole chain is as it must be
    local got
    got=$("$BUILD/tests/nitro_shown" "${3:-$proxy}" 2>&1) || true
    equal "$1" "$2" "$got"
}
# 49 leaves complete 49 - 3 nodes above them: as many as there are ones to carry.
shown "send trees of sizes 1 to 49, their roots and updates" 'blocks 43 sends 49 updates 46 0x02 49'
shown "the node behind it has no such headers" 'block 0: the send root is not that of 0 sends' "$node"

# ---- the items and proofs of real withdrawals

vector() { jq -r --argjson case "$1" "[.cases[] | select(.valid)][\$case] | $2" "$VECTORS/arbitrum_outbox_withdraw.json"; }
slot() { printf '{"method":"anvil_setStorageAt","params":["%s","0x%064x","%s"]}\n' "$ARB_SYS" "$1" "$2"; }
# tree_is SIZE L1-BLOCK LEVEL:HASH...: the state of the contract is that, whatever it was
tree_is() {
    local level size=$1 l1=$2
    slot 0 "0x$(printf '%032x%016x%016x' 0 "$l1" "$size")"
    shift 2
    for ((level = 0; level < 16; level++)); do slot $((1 + level)) "0x$(word 0)"; done
    for level; do slot $((1 + ${level%%:*})) "${level#*:}"; done
}
snapshot=$(rpc "$node" evm_snapshot)
for ((which = 0; which < 3; which++)); do
    index=$(vector $which .index) from=$(vector $which .l2Sender) root=$(vector $which .root)
    mapfile -t path < <(vector $which '.proof[]')

    # The leaves before it are the left siblings. The contract makes the item of that call in that block, at that place.
    left=()
    for level in "${!path[@]}"; do
        [ $((index >> level & 1)) -eq 0 ] || left+=("$level:${path[level]}")
    done
    and tree_is "$index" "$(vector $which .l1Block)" ${left[@]+"${left[@]}"}
    and printf '{"method":"anvil_setBalance","params":["%s","0x8ac7230489e80000"]}\n' "$from"
    run
    rpc "$node" eth_simulateV1 "[{\"blockStateCalls\":[{
        \"blockOverrides\":{\"number\":\"$(printf '0x%x' "$(vector $which .l2Block)")\",\"time\":\"$(printf '0x%x' "$(vector $which .l2Timestamp)")\"},
        \"calls\":[{\"from\":\"$from\",\"to\":\"$ARB_SYS\",\"value\":\"$(cast to-hex "$(vector $which .value)")\",
            \"data\":\"$(cast calldata 'sendTxToL1(address,bytes)' "$(vector $which .to)" "$(vector $which .data)")\"}]}]},\"latest\"]" |
        jq -c '.[0].calls[0].logs[] | .topics[1:]' >"$dir/sent"
    equal "withdrawal $which of the vectors is the same item at the same place" \
        "$(printf '["0x%024d%s","%s","0x%064x"]' 0 "$(vector $which '.to[2:] | ascii_downcase')" "$(vector $which .itemHash)" "$index")" \
        "$(tail -n 1 "$dir/sent")"

    # Fold it upward to where nothing but zeros is missing on the right; each node that it completes was announced.
    node_hash=$(vector $which .leaf) level=0 wanted=''
    bare=${#path[@]}
    while [ "$bare" -gt 0 ] && { [ $((index >> (bare - 1) & 1)) -eq 1 ] || [ "${path[bare - 1]}" = "0x$(word 0)" ]; }; do
        bare=$((bare - 1))
    done
    complete=yes
    for ((; level < bare; level++)); do
        if [ $((index >> level & 1)) -eq 1 ]; then
            node_hash=$(cast keccak "${path[level]}${node_hash#0x}")
        else
            node_hash=$(cast keccak "$node_hash${path[level]#0x}") complete=''
        fi
        [ -z "$complete" ] || wanted+="[\"0x$(word 0)\",\"$node_hash\",\"$(printf '0x%016x%048x' $((level + 1)) "$index")\"]"$'\n'
    done
    equal "withdrawal $which completes the nodes of its proof" "${wanted%$'\n'}" "$(head -n -1 "$dir/sent")"

    # From there on the real tree has nothing but left siblings and zeros, and so a root that the contract must find, too.
    above=("$bare:$node_hash") size=$((1 << bare))
    for ((level = bare; level < ${#path[@]}; level++)); do
        [ $((index >> level & 1)) -eq 0 ] || above+=("$level:${path[level]}") size=$((size + (1 << level)))
    done
    and tree_is "$size" 0 "${above[@]}"
    run
    state=$(rpc "$node" eth_call "[{\"to\":\"$ARB_SYS\",\"data\":\"0x1db58fbe\"},\"latest\"]")
    equal "withdrawal $which: zeros on the right make the real root" "$root" "${state:0:66}"
done
rpc "$node" evm_revert "[\"$snapshot\"]" >/dev/null

# ---- ids of tickets and deposits

call() { # SIGNATURE ARGUMENT...: to 0x6E
    rpc "$node" eth_call "[{\"to\":\"$RETRYABLES\",\"data\":\"$(cast calldata "$@")\"},\"latest\"]"
}
field() { jq -r "$2" "$VECTORS/arbitrum_$1.json"; }
equal "the id of a real ticket" "$(field retryable .ticketId)" "$(call 'ticketId(uint256,uint256,address,uint256,bytes)' 42161 \
    "$(field retryable .fields.messageNumber)" "$(field retryable .fields.from)" "$(field retryable .fields.l1BaseFee)" "$(field retryable .messageData)")"
equal "the hash of a real deposit" "$(field deposit .childTxHash)" "$(call 'depositHash(uint256,uint256,address,address,uint256)' 42161 \
    "$(field deposit .fields.requestId)" "$(field deposit .fields.from)" "$(field deposit .fields.to)" "$(field deposit .fields.value)")"

# ---- tickets

DEPOSIT=2000000000000000 SUBMISSION=200000000000000 # wei
beneficiary=$USER
message() { # TO VALUE GAS PRICE DATA: of kind 9
    printf '0x%s%s%s%s%s%s%s%s%s%s' "$(word_address "$1")" "$(word "$2")" "$(word $DEPOSIT)" "$(word $SUBMISSION)" \
        "$(word_address $FEES)" "$(word_address "$beneficiary")" "$(word "$3")" "$(word "$4")" "$(word $((${#5} / 2)))" "$5"
}
number=40 # of the last message
deliver() { # TO VALUE GAS PRICE DATA
    number=$((number + 1))
    transaction $SEQUENCER $RETRYABLES "$(cast calldata 'deliver(uint8,uint256,address,uint256,bytes)' 9 $number $SENDER 1000 "$(message "$@")")" \
        "$(cast to-hex $DEPOSIT)" 0x4c4b40
}
to_ticket() { transaction "${3:-$USER}" $RETRYABLES "$(cast calldata "$1(bytes32)" "$2")"; } # FUNCTION ID [FROM]
block() { # the latest as the proxy has it: type, status, names of events; a transaction a line
    rpc "$proxy" eth_getBlockReceipts '["latest"]' | jq -r --arg created "$(cast keccak 'TicketCreated(bytes32)')" \
        --arg extended "$(cast keccak 'LifetimeExtended(bytes32,uint256)')" --arg canceled "$(cast keccak 'Canceled(bytes32)')" \
        --arg scheduled "$(cast keccak 'RedeemScheduled(bytes32,bytes32,uint64,uint64,address,uint256,uint256)')" '
        {($created): "created", ($scheduled): "scheduled", ($extended): "extended", ($canceled): "canceled"} as $names
        | .[] | "\(.type) \(.status)\(.logs | map(" " + ($names[.topics[0] // ""] // "other")) | add // "")"' | paste -sd, 
}
mine
transaction $SEQUENCER $RETRYABLES "$(cast calldata 'startBlock(uint64)' 4711)"
deliver $SINK 77 100000 1000000000 abcdef00    # works at once
deliver $REVERTER 77 100000 1000000000 ''      # fails at once
deliver $SINK 5 0 0 ''                         # waits
deliver $SINK 5 100000 1 ''                    # offers less than the base fee: waits
deliver $SINK 900000000000000000 0 0 ''        # is not paid for: no ticket
number=$((number + 1))
transaction $SEQUENCER $RETRYABLES "$(cast calldata 'deliver(uint8,uint256,address,uint256,bytes)' 12 $number $SENDER 1000 "${RECEIVER}$(word 123)")" 0x7b
mine
equal "what is made of messages of the inbox" \
    '0x6a 0x1,0x69 0x1 created scheduled,0x68 0x1,0x69 0x1 created scheduled,0x68 0x0,0x69 0x1 created,0x69 0x1 created,0x69 0x0,0x64 0x1' "$(block)"
equal "the deposit arrives" 0x7b "$(rpc "$proxy" eth_getBalance "[\"$RECEIVER\",\"latest\"]")"
mapfile -t tickets < <(rpc "$proxy" eth_getLogs "[{\"fromBlock\":\"0x0\",\"address\":\"$RETRYABLES\",\"topics\":[\"$(cast keccak 'TicketCreated(bytes32)')\"]}]" |
    jq -r '.[] | .topics[1]')
equal "a ticket is the hash of the transaction that makes it" "${tickets[*]}" \
    "$(rpc "$proxy" eth_getBlockByNumber '["latest",true]' | jq -r '[.transactions[] | select(.type == "0x69") | .hash][0:4] | join(" ")')"
scheduled=$(rpc "$proxy" eth_getTransactionReceipt "[\"${tickets[1]}\"]" | jq -r '.logs[1].topics[2]')
equal "the retry that it schedules has a receipt of its own" '0x0 0x68' \
    "$(rpc "$proxy" eth_getTransactionReceipt "[\"$scheduled\"]" | jq -r '"\(.status) \(.type)"')"
equal "and comes from the ticket's sender" "$SENDER" "$(rpc "$proxy" eth_getTransactionByHash "[\"$scheduled\"]" | jq -r .from)"
equal "the sequencer's transactions are not shown" null "$(rpc "$proxy" eth_getTransactionReceipt "[$(tail -n 1 "$dir/results")]")"

to_ticket redeem "${tickets[2]}"
to_ticket redeem "${tickets[2]}"
to_ticket redeem "${tickets[1]}"
to_ticket keepalive "${tickets[3]}"
to_ticket keepalive "${tickets[3]}"
to_ticket cancel "${tickets[3]}" "$(rpc "$node" eth_accounts | jq -r '.[9]')"
to_ticket cancel "${tickets[1]}"
mine
equal "redeem, keepalive, cancel: once each, and by whom it may be" \
    '0x2 0x1 scheduled,0x68 0x1,0x2 0x0,0x2 0x1 scheduled,0x68 0x0,0x2 0x1 extended,0x2 0x0,0x2 0x0,0x2 0x1 canceled' "$(block)"
equal "each call came once, with its value" "$(printf '0x%064x 0x%064x' 2 82)" \
    "$(rpc "$proxy" eth_getStorageAt "[\"$SINK\",\"0x0\",\"latest\"]") $(rpc "$proxy" eth_getStorageAt "[\"$SINK\",\"0x1\",\"latest\"]")"

# Two in one transaction: both retries come after it, in their order, and after the logs that it makes later.
deliver $SINK 1000 0 0 ''
deliver $REVERTER 1000 0 0 ''
mine
mapfile -t two < <(rpc "$proxy" eth_getBlockByNumber '["latest",false]' | jq -r '.transactions[]')
redeem_two=$(cast calldata 'redeem(bytes32)' "${two[0]}")$(cast calldata 'redeem(bytes32)' "${two[1]}" | cut -c3-)
transaction "$USER" $TWICE "$redeem_two"
mine
equal "two redeems in one transaction" '0x2 0x1 scheduled scheduled other,0x68 0x1,0x68 0x0' "$(block)"
gas=$(rpc "$proxy" eth_getBlockReceipts '["latest"]' | jq -r '.[0].gasUsed')
equal "donated gas is gone" yes "$([ $((gas)) -gt 400000 ] && [ $((gas)) -lt 560000 ] && echo yes)"

no_ticket() { # NAME FUNCTION ID: that is the answer
    equal "$1" 0x80698456 "$(post "$proxy" <<<"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_call\",\"params\":[{\"to\":\"$RETRYABLES\",\"data\":\"$(
        cast calldata "$2(bytes32)" "$3")\"},\"latest\"]}" | jq -r .error.data)"
}
no_ticket "a redeemed ticket is gone" getTimeout "${tickets[2]}"
no_ticket "a cancelled one too" redeem "${tickets[1]}"

# The lifetime can be set.
transaction $SEQUENCER $RETRYABLES "$(cast calldata 'setLifetime(uint64)' 10)"
beneficiary=$REFUNDED
deliver $SINK 5 0 0 ''
transaction "$USER" $ARB_SYS "$(cast calldata 'withdrawEth(address)' $SINK)" # names the block of L1 that the header names
mine
rpc "$node" evm_increaseTime '[11]' >/dev/null
transaction $SEQUENCER $RETRYABLES "$(cast calldata 'startBlock(uint64)' 4712)"
mine
mapfile -t tickets < <(rpc "$proxy" eth_getLogs "[{\"fromBlock\":\"0x0\",\"address\":\"$RETRYABLES\",\"topics\":[\"$(cast keccak 'TicketCreated(bytes32)')\"]}]" |
    jq -r '.[] | .topics[1]')
no_ticket "an expired ticket is gone" keepalive "${tickets[6]}"
equal "and what it held is the beneficiary's" 0x5 "$(rpc "$proxy" eth_getBalance "[\"$REFUNDED\",\"latest\"]")"
equal "one that was kept alive is not" 0x "$(call 'getTimeout(bytes32)' "${tickets[3]}" | cut -c1-2)"
shown "all that the blocks show is bound by their headers" 'blocks 50 sends 50 updates 47 0x02 58 0x64 1 0x68 6 0x69 8 0x6a 2'

# ---- hashes, both ways

head=$(rpc "$proxy" eth_getBlockByNumber '["latest",false]' | jq -r .hash)
own=$(rpc "$node" eth_getBlockByNumber '["latest",false]' | jq -r .hash)
equal "the node's own hash names no block" null "$(rpc "$proxy" eth_getBlockByHash "[\"$own\",false]")"
equal "a proof by hash is the node's" "$(rpc "$node" eth_getProof "[\"$ARB_SYS\",[],{\"blockHash\":\"$own\"}]")" \
    "$(rpc "$proxy" eth_getProof "[\"$ARB_SYS\",[],{\"blockHash\":\"$head\"}]")"
equal "a transaction by its place" "${tickets[0]}" "$(
    rpc "$proxy" eth_getTransactionByBlockNumberAndIndex "[\"$(printf '0x%x' $(($(block_number "$node") - 5)))\",\"0x1\"]" | jq -r .hash)"
equal "transactions of a block are those that are shown" 0x1 "$(rpc "$proxy" eth_getBlockTransactionCountByHash "[\"$head\"]")"
equal "an error is the node's" "$(post "$node" <<<'{"jsonrpc":"2.0","id":7,"method":"eth_getLogs","params":[{"blockHash":"0x12"}]}')" \
    "$(post "$proxy" <<<'{"jsonrpc":"2.0","id":7,"method":"eth_getLogs","params":[{"blockHash":"0x12"}]}')"
equal "the answers of a batch keep their ids" '["a",-32601]' "$(
    post "$proxy" <<<'[{"jsonrpc":"2.0","id":"a","method":"eth_chainId","params":[]},{"jsonrpc":"2.0","id":2,"method":"eth_newFilter","params":[{}]}]' |
        jq -c '[.[0].id, .[1].error.code]')"
equal "what is no call is the node's to refuse" "$(post "$node" <<<'[]')" "$(post "$proxy" <<<'[]')"
equal "a pending block is not shown" -32000 "$(post "$proxy" <<<'{"jsonrpc":"2.0","id":7,"method":"eth_getBlockByNumber","params":["pending",false]}' | jq .error.code)"
process_end "$proxy_mark" 5
start_proxy
equal "another proxy shows the same chain" "$head" "$(rpc "$proxy" eth_getBlockByNumber '["latest",false]' | jq -r .hash)"

# ---- reorganizations

rpc "$node" anvil_reorg '[2,[]]' >/dev/null
equal "a block that was replaced is no block" null "$(rpc "$proxy" eth_getBlockByHash "[\"$head\",false]")"
equal "nor its transactions" null "$(rpc "$proxy" eth_getTransactionReceipt "[\"${tickets[6]}\"]")"
equal "those below are there" 0x1 "$(rpc "$proxy" eth_getTransactionReceipt "[\"${tickets[0]}\"]" | jq -r .status)"
shown "the chain after it is bound by its headers" 'blocks 50 sends 49 updates 46 0x02 57 0x64 1 0x68 6 0x69 7 0x6a 1'

process_end "${marks[0]}" 5
equal "a node that is gone is an error" 502 "$(curl -s -o "$dir/gone" -w '%{http_code}' -H 'content-type: application/json' \
    -d '{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}' "$proxy")"
exit $((failures > 0))
