#!/usr/bin/env bash
# The key in a process of its own: started by the relayer, and apart behind a socket. Withdrawals are delivered either
# way, the relayer never has the key, and without its signer it waits.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
start_bed --proposer
key=$(sed 's/^0x//' "$RELAYER_KEY_FILE")

# signer_pid: of the one that the relayer has started
signer_pid() { pgrep -P "$DAEMON"; }
# holds PID SECRET: it is in its memory or environment, as bytes or as text
holds() { "$BUILD/tests/memory_holds" "$1" "$2"; }
# lacks PID SECRET: it was looked for, and is not
lacks() {
    local status=0
    holds "$@" || status=$?
    [ $status -eq 1 ]
}
# has_open PID FILE
has_open() { find "/proc/$1/fd" -lname "$2" | grep -q .; }
runs() { "$CAUSEWAY" status --config "$CONFIG" >/dev/null 2>&1; }
not() { ! "$@"; }

# --- started by the relayer
password=$(od -An -tx1 -N32 /dev/urandom | tr -d ' \n')
(
    umask 077
    echo "$password" >"$WORK/password"
)
"$CAUSEWAY" keys import "$RELAYER_KEY_FILE" --light --keystore "$WORK/keystore.json" --password-file "$WORK/password" >/dev/null
jq --arg keystore "$WORK/keystore.json" --arg password "$WORK/password" \
    '.signers.relayer = {keystore: $keystore, password_file: $password}' "$CONFIG" >"$WORK/keystore-config.json"
mv "$WORK/keystore-config.json" "$CONFIG"
one=$(send legacy eth 1)
start_relayer
check started__runs within 15 runs
first=$(signer_pid)
check started__key_in_the_signer_only lacks "$DAEMON" "$key"
check started__password_is_found_where_it_is holds $$ "$password"
check started__password_nowhere lacks "$DAEMON" "$password"
check started__password_not_kept lacks "$first" "$password"
check started__keystore_not_open not has_open "$DAEMON" "$WORK/keystore.json"
# AddressSanitizer's mlock does nothing, its build has the key all the same
check started__signer_has_it holds "$first" "$key"
equal started__signer_no_new_privileges 1 "$(awk '/^NoNewPrivs/ { print $2 }' "/proc/$first/status")"
equal started__signer_filtered 2 "$(awk '/^Seccomp:/ { print $2 }' "/proc/$first/status")"
equal started__signer_no_core 0 "$(awk '/^Max core file size/ { print $5 }' "/proc/$first/limits")"
check started__delivered within 90 is "$one" condition "done"
check started__signatures_logged logged 'info  signer relayer: signed: chain 900, 0x[0-9a-f]{40}, 0x4870496f, nonce [0-9]+, at most'
check started__journal grep -q '^signed ' "$WORK/data/signer-relayer.journal"
check started__still_no_key_here lacks "$DAEMON" "$key"

# --- killed: its lanes hold, and go on with the same policy. It may not come back while its key is away.
mv "$WORK/keystore.json" "$WORK/keystore.away"
kill -9 "$first"
two=$(send games eth 1)
check killed__lanes_hold within 60 is "$two" reason signer_gone
check killed__status_says_it grep -q 'signer relayer is gone' <<<"$("$CAUSEWAY" status --config "$CONFIG")"
check killed__show_says_it grep -q 'signer relayer is gone' <<<"$(of "$two" show)"
equal killed__nothing_sent '' "$(field "$two" 'transactions[].hash')"
mv "$WORK/keystore.away" "$WORK/keystore.json"
check killed__delivered_when_it_is_back within 90 is "$two" condition "done"
equal killed__proved_once 1 "$(proofs "$two")"
check killed__another_process test "$(signer_pid)" != "$first"
check killed__status_clear not grep -q 'is gone' <<<"$("$CAUSEWAY" status --config "$CONFIG")"

# --- the relayer killed: the signer ends by itself
last=$(signer_pid)
kill_relayer
gone() { [ ! -d "/proc/$1" ]; }
check relayer_killed__signer_ends within 10 gone "$last"

# --- a policy that has no finalize: what it refuses is held, and says so
"$CAUSEWAY" signer --print-policy --config "$CONFIG" >"$WORK/whole.json"
grep -v '^ *//' "$WORK/whole.json" | jq '.chains.l1.contracts |= map(.calls |= map(select(startswith("prove"))))' >"$WORK/policy.json"
chmod 600 "$WORK/policy.json"
jq --arg policy "$WORK/policy.json" '.signers.relayer.policy_file = $policy' "$CONFIG" >"$WORK/narrow.json"
cp "$CONFIG" "$WORK/wide.json"
cp "$WORK/narrow.json" "$CONFIG"
three=$(send legacy eth 1)
start_relayer
check narrowed__held within 90 is "$three" condition held
equal narrowed__reason signer_refused "$(field "$three" reason)"
check narrowed__show_says_which_function grep -q 'refused (selector): the policy does not name the function 0x8c3152e9' <<<"$(of "$three" show)"
check narrowed__refusal_in_the_journal grep -q '^refused .* 0x8c3152e9 selector ' "$WORK/data/signer-relayer.journal" "$WORK/data/signer-relayer.journal.2"
check stop__clean stop_relayer

# --- what it refuses, whoever asks: here somebody who took the relayer's place
mkdir -m 755 "$WORK/refusals"
cp "$RELAYER2_KEY_FILE" "$WORK/refusals/key"
jq --arg uid "$(id -u)" '.key = {key_file: "key"} | .journal = "journal" | .allow_uid = [($uid | tonumber)] |
    .chains.l1 += {max_fee: "100 gwei", max_transaction_fee: "0.1 ether", hourly_fee_budget: "0.25 ether"}' \
    <<<"$(grep -v '^ *//' "$WORK/whole.json")" >"$WORK/refusals/policy.json"
chmod 600 "$WORK/refusals/key" "$WORK/refusals/policy.json"
start_robbed() {
    : >"$WORK/refusals.log"
    "$BUILD/tests/plain_signer" signer --socket "$WORK/refusals/socket" --policy "$WORK/refusals/policy.json" \
        >>"$WORK/refusals.log" 2>&1 &
    ROBBED=$!
    within 20 grep -qs 'signs for' "$WORK/refusals.log"
}
# ask WORD…: prove() of a portal, but for what the words say
ask() {
    "$BUILD/tests/ask_signer" "$WORK/refusals/socket" chain=900 nonce=7 gas=1000000 fee=100000000000 tip=1 \
        to="$LEGACY_PORTAL" data=0x4870496f "$@"
}
# answers NAME PATTERN WORD…
answers() {
    local name=$1 pattern=$2 said
    shift 2
    said=$(ask "$@") || true
    echo "# $name: $said"
    check "asked__$name" grep -qE "^$pattern" <<<"$said"
}
multicall=0xcA11bde05977b3631167028862bE2a173976CA11
stranger=0x00000000000000000000000000000000000000aa
# element CONTRACT SELECTOR: a call in an aggregate3
element() { printf '%64s%064x%064x%064x%-64s' "${1#0x}" 1 96 4 "$2" | tr ' ' 0; }
# batch CONTRACT SELECTOR: an aggregate3 of prove() and that
batch() { printf '0x82ad56cb%064x%064x%064x%064x%s%s' 32 2 64 224 "$(element "$LEGACY_PORTAL" 4870496f)" "$(element "$@")"; }

start_robbed
answers another_contract 'refused \(contract\): .* 0x0+aa on chain 900' to=$stranger
answers another_function 'refused \(selector\): .* the function 0xa9059cbb' data=0xa9059cbb
answers a_transfer 'refused \(selector\): no function' data=0x
answers inner_call_of_another_contract 'refused \(inner_call\): call 2 of the batch: .* 0x0+aa' to=$multicall data="$(batch $stranger 4870496f)"
answers inner_call_of_another_function 'refused \(inner_call\): call 2 of the batch: .* 0xa9059cbb' to=$multicall data="$(batch "$LEGACY_PORTAL" a9059cbb)"
answers another_function_of_the_multicall 'refused \(inner_call\): .*only aggregate3' to=$multicall data=0x252dba42
answers value 'refused \(value\): sends 1 wei, above max_value of 0 ether' value=1
answers another_chain 'refused \(chain\): the policy does not name chain 1' chain=1
answers fee_over_the_cap 'refused \(fee\): offers 120 gwei a gas, above max_fee of 100 gwei' fee=120000000000
answers fee_of_all_over_the_cap 'refused \(fee\): may cost .* above max_transaction_fee' gas=1500000
answers a_creation 'refused \(creation\)' frame=d1024d0282038407825208c2010180808080
answers a_blob 'refused \(type\): blob' frame=c3024d03
answers a_set_code 'refused \(type\): set-code' frame=c3024d04
answers a_malformed_frame 'cut off' frame=c3024d
answers no_frame 'cut off' bytes=ffffffff
answers a_flood 'cut off' chain=1 times=20000
answers what_it_may 'signed 0x'
first=$(ask)
answers a_batch_that_it_may 'signed 0x' nonce=8 to=$multicall data="$(batch "$LEGACY_PORTAL" 8c3152e9)"
check asked__each_logged grep -q 'refused (contract): chain 900, 0x0*aa, 0x4870496f, nonce 7' "$WORK/refusals.log"
check asked__written_down_too grep -q '^refused .* 0x0*aa 0x4870496f contract ' "$WORK/refusals/journal" "$WORK/refusals/journal.2"
answers over_the_budget 'refused \(budget\): .* over hourly_fee_budget of 0.25 ether' nonce=9
kill -9 "$ROBBED"
wait "$ROBBED" 2>/dev/null || true
start_robbed
answers over_the_budget_after_a_kill 'refused \(budget\): .* over hourly_fee_budget of 0.25 ether' nonce=9
equal asked__again_the_same "$first" "$(ask)"
kill -TERM "$ROBBED"
check asked__ends_on_SIGTERM wait "$ROBBED"

# --- apart, behind a socket, as another user where there is a root to make one
socket=$WORK/apart/signer.socket
mkdir -m 755 "$WORK/apart"
cp "$RELAYER_KEY_FILE" "$WORK/apart/key"
cp "$BUILD/tests/plain_signer" "$WORK/apart/causeway"
jq --arg uid "$(id -u)" '.key = {key_file: "key"} | .journal = "journal" | .allow_uid = [($uid | tonumber)]' \
    <<<"$(grep -v '^ *//' "$WORK/whole.json")" >"$WORK/apart/policy.json"
chmod 600 "$WORK/apart/key" "$WORK/apart/policy.json"
as=()
if [ "$(id -u)" -eq 0 ]; then
    chmod 755 "$WORK"
    chown -R nobody "$WORK/apart"
    as=(setpriv --reuid nobody --clear-groups --inh-caps=-all)
fi
start_apart() {
    "${as[@]}" "$WORK/apart/causeway" signer --socket "$socket" --policy "$WORK/apart/policy.json" >>"$WORK/apart.log" 2>&1 &
    APART=$!
}
jq --arg socket "$socket" --arg address "$RELAYER" '.signers.relayer = {socket: $socket, address: $address}' "$WORK/wide.json" >"$CONFIG"
equal apart__policy_to_be_had "$(cat "$WORK/whole.json")" "$("$CAUSEWAY" signer --print-policy --config "$CONFIG")"
check apart__config_good "$CAUSEWAY" check-config --config "$CONFIG"
start_relayer
check apart__waits_for_it within 15 logged 'signer relayer is gone'
start_apart
check apart__reached within 40 logged 'signer relayer: signs for'
check apart__released of "$three" release
check apart__delivered within 90 is "$three" condition "done"
check apart__key_not_in_the_relayer lacks "$DAEMON" "$key"
equal apart__socket_mode 660 "$(stat -c %a "$socket")"
[ "$(id -u)" -ne 0 ] || equal apart__another_user "$(id -u nobody)" "$(awk '/^Uid/ { print $2 }' "/proc/$APART/status")"
locked=$(awk '/^VmLck/ { print $2 }' "/proc/$APART/status")
check apart__memory_locked test "$locked" -gt 0
kill -9 "$APART"
wait "$APART" 2>/dev/null || true
four=$(send games messenger 1)
check apart_killed__lanes_hold within 60 is "$four" reason signer_gone
start_apart # over the socket that the other left behind
check apart_killed__delivered within 90 is "$four" condition "done"
check apart__signed_there grep -q 'signed: chain 900' "$WORK/apart.log"
check apart_stop__clean stop_relayer
kill -TERM "$APART"
check apart__ends_on_SIGTERM wait "$APART"
check log__no_leak_no_error bash -c "! grep -E 'AddressSanitizer|runtime error|LeakSanitizer' '$WORK'/*.log"
