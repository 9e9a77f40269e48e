# shellcheck shell=bash disable=SC2034
# Nitro's assertions: what tests/bed/asserter and tests/bed/act share. Sourced after lib.sh; nitro_of has been called.

ASSERTION_CREATED=0x901c3aee23cf4478825462caaab375c606ab83516060388344f0650340753630
NEW_STAKE=7300201c               # newStakeOnNewAssertion(uint256,AssertionInputs,bytes32)
MORE_STAKE=3b86de19              # stakeOnNewAssertion(AssertionInputs,bytes32)
CONFIRM=10b98a35                 # confirmAssertion(bytes32,bytes32,AssertionState,bytes32,ConfigData,bytes32)
FAST_NEW=6420fb9f                # fastConfirmNewAssertion(AssertionInputs,bytes32)
FAST_CONFIRM=6096686d            # fastConfirmAssertion(bytes32,bytes32,AssertionState,bytes32)
LATEST_CONFIRMED=65f7f80d        # latestConfirmed()
LATEST_STAKED=2abdd230           # latestStakedAssertion(address)
IS_STAKED=6177fd18               # isStaked(address)
GET_ASSERTION=88302884           # getAssertion(bytes32)
BATCH_COUNT=0084120c             # sequencerMessageCount()
DELAYED_COUNT=eca067ad           # delayedMessageCount()
BATCH_ACCUMULATOR=16bf5579       # sequencerInboxAccs(uint256)
POST_BATCH=8f111f3c              # addSequencerL2BatchFromOrigin(uint256,bytes,uint256,address,uint256,uint256)

# read_assertion HASH: sets what is known of it. A_DATA is that of AssertionCreated, 25 words as hex:
#   0-1 before: grandparent and batch accumulator   2-6 before: configuration   7-12 state before   13-18 state after
#   19 batch accumulator after   20 next inbox position   21-24 configuration: module root, stake, challenges, period
read_assertion() {
    local node event
    { read -r node && read -r event; } < <(
        {
            call_line "$ROLLUP_ROLLUP" "$GET_ASSERTION${1#0x}"
            printf '{"method":"eth_getLogs","params":[{"address":"%s","topics":["%s","%s"],"fromBlock":"0x0"}]}\n' \
                "$ROLLUP_ROLLUP" $ASSERTION_CREATED "$1"
        } | batch "$L1_URL"
    ) || return 1
    [[ $event =~ \"topics\":\[\"0x[0-9a-f]{64}\",\"$1\",\"(0x[0-9a-f]{64})\"\],\"data\":\"0x([0-9a-f]{1600})\" ]] || return 1
    A_PARENT=${BASH_REMATCH[1]} A_DATA=${BASH_REMATCH[2]}
    node=${node#\"0x}
    A_RIVALED=$((16#${node:112:16}))  # the block in which the second of its children was made
    A_CREATED=$((16#${node:176:16}))  # the block
    A_STATUS=$((16#${node:304:16}))   # 1 pending, 2 confirmed
    A_BLOCK_HASH=0x${A_DATA:832:64} A_SEND_ROOT=0x${A_DATA:896:64}
}

# pending_assertions STAKED CONFIRMED: sets PENDING to the assertions above the confirmed one up to that one, oldest first;
# to none when it is on another branch
pending_assertions() {
    local at=$1
    PENDING=()
    while [ "$at" != "$2" ] && [ $((at)) != 0 ]; do
        read_assertion "$at" || return 1
        [ "$A_STATUS" = 1 ] || { PENDING=(); return 0; }
        PENDING=("$at" ${PENDING[@]+"${PENDING[@]}"})
        at=$A_PARENT
    done
}

# compose_assertion PARENT BLOCK-HASH SEND-ROOT: sets NEW_INPUTS and NEW_HASH, and A_* to its parent. Its last batch must be there.
compose_assertion() {
    local next accumulator state config
    read_assertion "$1" || { say "there is no assertion $1"; return 1; }
    next=${A_DATA:1280:64}
    accumulator=$(read_l1 "$ROLLUP_BRIDGE" "$BATCH_ACCUMULATOR$(word $((16#${next: -16} - 1)))") || return 1
    state=${2#0x}${3#0x}$next$(word 0)$(word 1)$(word 0) # 1: the machine has finished
    config=${A_DATA:1344:256}$next
    NEW_INPUTS=${A_PARENT#0x}${A_DATA:1216:64}$config${A_DATA:832:384}$state
    NEW_HASH=$(cast keccak "$1$(cast keccak "0x$state" | cut -c3-)$accumulator")
}

# Lines for send_all.
gas_line() { printf '{"to":"%s","data":"0x%s","gas":"0x%x"}\n' "$1" "$2" 2000000; } # TO DATA
stake_line() { # STAKED: what compose_assertion set, with the stake that is there (1) or a new one (0)
    if [ "$1" = 1 ]; then
        gas_line "$ROLLUP_ROLLUP" "$MORE_STAKE$NEW_INPUTS${NEW_HASH#0x}"
    else
        gas_line "$ROLLUP_ROLLUP" "$NEW_STAKE${A_DATA:1408:64}$NEW_INPUTS${NEW_HASH#0x}"
    fi
}
fast_new_line() { gas_line "$ROLLUP_ROLLUP" "$FAST_NEW$NEW_INPUTS${NEW_HASH#0x}"; }
confirm_line() { # HASH: the one that was read last
    gas_line "$ROLLUP_ROLLUP" "$CONFIRM${1#0x}${A_PARENT#0x}${A_DATA:832:384}$(word 0)${A_DATA:128:320}${A_DATA:1216:64}"
}
fast_confirm_line() { gas_line "$ROLLUP_ROLLUP" "$FAST_CONFIRM${1#0x}${A_PARENT#0x}${A_DATA:832:384}${A_DATA:1216:64}"; } # HASH, likewise
# A batch that holds nothing of the L2: assertions need that there is one, not what is in it.
batch_line() { # NUMBER DELAYED-MESSAGES
    gas_line "$ROLLUP_SEQUENCER_INBOX" "$POST_BATCH$(word "$1")$(word 192)$(word "$2")$(word 0)$(word 0)$(word 0)$(word_bytes 00)"
}
# refusal FROM LINE: why that transaction would fail now; nothing if it would not
refusal() {
    local reason
    reason=$(rpc "$L1_URL" eth_call "[{\"from\":\"$1\",${2#?},\"latest\"]" 2>&1 >/dev/null | tr -d '\000') || printf '%s\n' "${reason%%$'\n'*}"
}

# read_l2_header BLOCK-OR-TAG: sets L2_BLOCK, L2_HASH and SEND_ROOT
read_l2_header() {
    local header
    header=$(rpc "$ROLLUP_URL" eth_getBlockByNumber "[\"$1\",false]") || return 1
    [[ $header =~ \"extraData\":\"(0x[0-9a-f]{64})\" ]] || { say "block $1 at $ROLLUP_URL has no send root"; return 1; }
    SEND_ROOT=${BASH_REMATCH[1]}
    L2_HASH=$(json_hash "$header" hash)
    [[ $header =~ \"number\":\"(0x[0-9a-f]+)\" ]] && L2_BLOCK=$((BASH_REMATCH[1]))
}
