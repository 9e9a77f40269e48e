#!/usr/bin/env bash
# A signer that is asked over HTTP: the L1 node, which answers eth_signTransaction for its own accounts. A proxy before it
# has another transaction signed than was asked for, or nothing said: nothing of that is ever sent.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
start_bed --proposer
"$BUILD/tests/liar" "$L1_URL" >"$WORK/proxy.log" 2>&1 &
within 10 grep -qs '^Listening on ' "$WORK/proxy.log"
proxy=http://$(sed -n 's/^Listening on //p' "$WORK/proxy.log")
jq --arg url "$proxy" --arg address "$RELAYER" '.signers.relayer = {web3signer: $url, address: $address}' "$CONFIG" >"$WORK/remote.json"
mv "$WORK/remote.json" "$CONFIG"

# lies MODE [ARG]: from now on
lies() { curl -sS -d "{\"mode\":\"$1\",\"arg\":${2:-0},\"reset\":true}" "$proxy/control" >/dev/null; }
# refused_as TEXT: the proxy was asked, and the message waits because of what came back
refused_as() { [ "$(curl -sS "$proxy/counts" | jq .told)" -gt 0 ] && [[ "$(field "$one" detail)" = *"$1"* ]]; }
sent() { field "$one" 'transactions[].hash'; }

check config__good "$CAUSEWAY" check-config --config "$CONFIG"
lies sign_other 0
one=$(send legacy eth 1)
start_relayer
check sign_other_0__refused within 60 refused_as "its nonce differs"
i=0
for differs in "what it calls differs" "what it calls differs" "what it calls differs" \
    "its gas or its fees differs" "its gas or its fees differs" "its gas or its fees differs" "its sender differs"; do
    i=$((i + 1))
    lies sign_other $i
    of "$one" retry >/dev/null
    check "sign_other_${i}__refused" within 15 refused_as "$differs"
    is "$one" reason not_sent || not_ok "sign_other_${i}__waits"
done
for mode in "hang_up:" "html:its answer is no JSON" "http_429:slow down" "unknown_id:its answer is none to"; do
    lies "${mode%%:*}"
    of "$one" retry >/dev/null
    check "${mode%%:*}__waits" within 15 refused_as "Web3Signer ${proxy#http://}: ${mode#*:}"
    is "$one" reason signer_gone || not_ok "${mode%%:*}__signer_gone"
done
equal lied_to__nothing_sent '' "$(sent)"
equal lied_to__nonce_unused 0 "$(curl -sS -H 'content-type: application/json' "$L1_URL" \
    -d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_getTransactionCount\",\"params\":[\"$RELAYER\",\"pending\"]}" | jq -r '.result | ltrimstr("0x")')"
lies honest
of "$one" retry >/dev/null
check honest__delivered within 90 is "$one" condition "done"
equal honest__proved_once 1 "$(proofs "$one")"
check stop__clean stop_relayer
check log__no_leak_no_error bash -c "! grep -E 'AddressSanitizer|runtime error|LeakSanitizer' '$WORK'/*.log"
