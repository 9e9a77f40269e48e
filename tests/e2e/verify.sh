#!/usr/bin/env bash
# Proofs, hashes and decoding at a shell, without chains, configuration or network: what is printed, the exit codes, and
# that answers come while more is being written.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
unset CAUSEWAY_CONFIG
cd "$WORK"

# says NAME STATUS OUTPUT COMMAND…: exactly that on stdout, with that status
says() {
    local name=$1 wanted=$2 output=$3 status=0
    shift 3
    timeout 60 "$@" >out 2>err || status=$?
    equal "${name}__status" "$wanted" "$status"
    equal "${name}__output" "$output" "$(<out)"
}
# complains NAME PATTERN COMMAND…: status 2, nothing on stdout, PATTERN on stderr
complains() {
    local name=$1 pattern=$2
    shift 2
    says "$name" 2 '' "$@"
    check "${name}__said" grep -qE -- "$pattern" err
}

# --- verify
a=0x1111111111111111111111111111111111111111111111111111111111111111
b=0x2222222222222222222222222222222222222222222222222222222222222222
root=$("$CAUSEWAY" hash keccak "$a${b#0x}" | jq -r .hash)
fold() { jq -cn --arg leaf "$1" --argjson index "$2" --arg path "$3" --arg root "$root" '{$leaf, $index, path: [$path], $root}'; }
invalid='{"verdict":"invalid","reason":"leaf and path do not fold to the root"}'
fold $a 0 $b >left.json
fold $b 1 $a >right.json
fold $a 1 $b >wrong.json
jq 'del(.root)' left.json >no_root.json
says fold__left 0 '{"verdict":"valid"}' "$CAUSEWAY" verify fold left.json
says fold__right_on_stdin 0 '{"verdict":"valid"}' "$CAUSEWAY" verify fold - <right.json
says fold__wrong 1 "$invalid" "$CAUSEWAY" verify fold wrong.json
complains fold__no_root 'no_root.json: root is missing' "$CAUSEWAY" verify fold no_root.json
complains binary 'stdin: 1:1: ' "$CAUSEWAY" verify fold <"$CAUSEWAY"
complains no_file 'nothing.json: No such file' "$CAUSEWAY" verify fold nothing.json
complains no_kind 'did you mean "fold"' "$CAUSEWAY" verify folds left.json

says lines 0 "$(printf '%s\n' '{"verdict":"valid"}' "$invalid" '{"verdict":"valid"}')" \
    "$CAUSEWAY" verify fold --lines <(cat left.json wrong.json right.json)
says lines__one_malformed 2 "$(printf '%s\n' '{"verdict":"valid"}' '{"error":"leaf is missing"}' '{"verdict":"valid"}')" \
    "$CAUSEWAY" verify fold --lines < <(cat left.json <(echo '{}') right.json)

coproc judge { "$CAUSEWAY" verify fold --lines; }
for file in left wrong right; do
    cat $file.json >&"${judge[1]}"
    read -r -t 10 answer <&"${judge[0]}" || answer='no answer'
    case $file in wrong) due=$invalid ;; *) due='{"verdict":"valid"}' ;; esac
    equal "asked_and_answered__$file" "$due" "$answer"
done
eval "exec ${judge[1]}>&-"

# --- hash and decode
says keccak 0 '{"hash":"0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"}' "$CAUSEWAY" hash keccak 0x
complains keccak__no_hex 'not hexadecimal' "$CAUSEWAY" hash keccak 0xgg
says topic 0 '{"hash":"0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef","selector":"0xddf252ad"}' \
    "$CAUSEWAY" hash topic 'Transfer(address,address,uint256)'
says rlp 0 '["0x636174",["0x"]]' "$CAUSEWAY" decode rlp 0xc683636174c180
says rlp__refused 1 '{"error":"not one canonical RLP item"}' "$CAUSEWAY" decode rlp 0xc0c0
complains rlp__no_hex 'not hexadecimal' "$CAUSEWAY" decode rlp cat
says rlp__lines 2 "$(printf '%s\n' '[]' '{"error":"not one canonical RLP item"}' '{"error":"the line is empty"}')" \
    "$CAUSEWAY" decode rlp --lines < <(printf '0xc0\n8100\n\n')

# --- a reader that has enough ends the writer quietly
awk '{ for (i = 0; i < 200000; i++) print }' left.json >many.jsonl
equal reader_gone__first_line '{"verdict":"valid"}' "$("$CAUSEWAY" verify fold --lines many.jsonl 2>err | head -n 1)"
check reader_gone__quiet test ! -s err
