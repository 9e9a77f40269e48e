# shellcheck shell=bash disable=SC2034
# Output roots, proposals and games: what tests/bed/proposer, act and carry share. Sourced after lib.sh.

PROPOSE_OUTPUT=9aaab648 # proposeL2Output(bytes32,uint256,bytes32,uint256)
CREATE_GAME=82ecf2f6    # create(uint32,bytes32,bytes)
RESOLVE_CLAIM=03c2924d  # resolveClaim(uint256,uint256)
RESOLVE=2810e1d6        # resolve()
NEXT_BLOCK=dcec3348     # nextBlockNumber()
NEXT_OUTPUT=6abcf563    # nextOutputIndex()
GAME_COUNT=4d1975b4     # gameCount()
GAME_AT=bb8aa1fc        # gameAtIndex(uint256) returns (uint32 type, uint64 timestamp, address)
GAME_STATUS=200d2ed2    # status(): 0 in progress, 1 challenger wins, 2 defender wins
GAME_CLOCK=dabd396d     # maxClockDuration()
GAME_TYPE=3c9f397c      # respectedGameType()

WITHDRAWAL='(uint256,address,address,uint256,uint256,bytes)' # nonce, sender, target, value, gas limit, data
MESSAGE_PASSED=0x02a52367d10742d8032712c1bb8e0144ff1ec5ffda1ed7d70bb05a2744955054

# withdrawal_of URL TRANSACTION: prints "ID GAS-LIMIT TUPLE" of the first one that it sent, the tuple as cast takes it
withdrawal_of() {
    local nonce sender target value gas_limit id data size
    { read -r nonce; read -r sender; read -r target; read -r value; read -r gas_limit; read -r id; read -r data; read -r size; } < <(
        receipts "$1" <<<"$2" | jq -r --arg topic $MESSAGE_PASSED '
            [.logs[] | select(.topics[0] == $topic)][0] // ("there is no withdrawal in this transaction\n" | halt_error(1))
            | (.data[2:] | [scan(".{64}")]) as $words
            | .topics[1], "0x" + .topics[2][26:], "0x" + .topics[3][26:], "0x" + $words[0], "0x" + $words[1], "0x" + $words[3],
              "0x" + ($words[5:] | add // ""), "0x" + $words[4]') || return 1
    printf '%s %d (%s,%s,%s,%s,%s,%s)\n' "$id" $((gas_limit)) "$(cast to-dec "$nonce")" "$sender" "$target" \
        "$(cast to-dec "$value")" $((gas_limit)) "${data:0:2 + 2 * size}"
}

# output_roots URL BLOCK...: prints "BLOCK OUTPUT-ROOT STATE-ROOT STORAGE-ROOT BLOCK-HASH" a line
output_roots() {
    local url=$1 block quantity zeros header proof state storage hash
    shift
    zeros=$(word 0)
    for block; do
        quantity=$(printf '0x%x' "$block")
        printf '{"method":"eth_getBlockByNumber","params":["%s",false]}\n' "$quantity"
        printf '{"method":"eth_getProof","params":["%s",[],"%s"]}\n' "$MESSAGE_PASSER" "$quantity"
    done | batch "$url" | for block; do
        read -r header && read -r proof || return 1
        state=$(json_hash "$header" stateRoot) hash=$(json_hash "$header" hash) storage=$(json_hash "$proof" storageHash)
        printf '%d %s %s %s %s\n' "$block" "$(cast keccak "0x$zeros${state#0x}${storage#0x}${hash#0x}")" "$state" "$storage" "$hash"
    done
}

# Lines for send_all. Gas is given, not estimated: these calls' costs are known and the estimate costs a request.
propose_line() { # ROOT BLOCK
    printf '{"to":"%s","data":"0x%s","gas":"0x493e0"}\n' "$LEGACY_ORACLE" "$PROPOSE_OUTPUT${1#0x}$(word "$2")$(word 0)$(word 0)"
}
create_line() { # TYPE ROOT BLOCK
    printf '{"to":"%s","data":"0x%s","gas":"0x16e360"}\n' "$GAMES_FACTORY" \
        "$CREATE_GAME$(word "$1")${2#0x}$(word 96)$(word 32)$(word "$3")"
}
resolve_lines() { # GAME [CLAIM...]: the claims in order, then the game
    local game=$1 claim
    shift
    for claim in "${@:-0}"; do
        printf '{"to":"%s","data":"0x%s","gas":"0x7a120"}\n' "$game" "$RESOLVE_CLAIM$(word "$claim")$(word 0)"
    done
    printf '{"to":"%s","data":"0x%s","gas":"0x7a120"}\n' "$game" "$RESOLVE"
}
