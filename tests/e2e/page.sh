#!/usr/bin/env bash
# The page in a real browser: loads, lists, finds, shows, follows what happens, says what is empty and what is wrong. Asks nobody
# but the daemon.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
if ! command -v chromedriver >/dev/null || ! command -v chromium >/dev/null; then
    echo "skip page: no chromium and chromedriver; config/install test installs them"
    exit 0
fi
start_bed --proposer
"$BED/config" "$WORK/bed" --data "$WORK/data" | jq '.api = {listen: "127.0.0.1:0"}' >"$CONFIG"
start_relayer
within 20 logged 'api: http://'
api=$(sed -nE 's/.*api: (http:\S+)$/\1/p' "$LOG")

# --- the browser, over WebDriver
mkdir "$WORK/browser"
chromedriver --port=0 --log-level=WARNING >"$WORK/driver.log" 2>&1 &
within 10 grep -qs 'started successfully on port' "$WORK/driver.log"
driver=http://127.0.0.1:$(sed -nE 's/.*successfully on port ([0-9]+).*/\1/p' "$WORK/driver.log")
wd() { curl -m 60 -sS -X "$1" -H 'content-type: application/json' ${3:+-d "$3"} "$driver$2"; }
session=$(wd POST /session "$(jq -n --arg dir "$WORK/browser" '{capabilities: {alwaysMatch: {browserName: "chrome", "goog:loggingPrefs": {browser: "ALL", performance: "ALL"}, "goog:chromeOptions": {binary: "/usr/bin/chromium",
    args: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1200,900", "--user-data-dir=\($dir)"]}}}}')" |
    jq -r '.value.sessionId')
S=/session/$session
go() { wd POST "$S/url" "{\"url\":\"$api/$1\"}" >/dev/null; }
script() { wd POST "$S/execute/sync" "$(jq -n --arg s "$1" '{script: $s, args: []}')" | jq -r .value; }
text() { script 'return document.getElementById("view").innerText'; }
shows() { text | grep -qF -- "$1"; }
shot() { wd GET "$S/screenshot" | jq -r .value | base64 -d >"${SHOTS:-$WORK}/$1.png"; }
size() { wd POST "$S/window/rect" "{\"width\":$1,\"height\":$2}" >/dev/null; }
theme() { wd POST "$S/goog/cdp/execute" "{\"cmd\":\"Emulation.setEmulatedMedia\",\"params\":{\"features\":[{\"name\":\"prefers-color-scheme\",\"value\":\"$1\"}]}}" >/dev/null; }

go ''
check overview__routes within 10 shows op-games
check overview__no_incident within 5 shows 'No incident is open.'
equal title Causeway "$(script 'return document.title')"
check live__connected within 10 [ "$(sleep 1; script 'return document.getElementById("live").textContent')" = live ]
go '#/messages'
check messages__empty within 10 shows 'There is no such message.'

# --- it follows what happens, untouched
message=$(send games eth 1)
id=${message#*/}
check messages__come_by_themselves within 20 shows "${id:0:10}"
other=$(send legacy eth 1)
check messages__more within 20 shows "$(cut -c1-10 <<<"${other#*/}")"
shot messages

# --- search and detail
script "document.getElementById('what').value = '${id:0:14}'; document.getElementById('search').requestSubmit()" >/dev/null
check detail__by_search within 10 shows "Message $id"
check detail__stage within 10 shows root-verified
check detail__delivered_by_itself within 40 shows executed
check detail__transaction within 10 shows finalize
shot detail
script "document.getElementById('what').value = '0x1234567890'; document.getElementById('search').requestSubmit()" >/dev/null
check search__nothing within 10 shows 'no message has this id'
script "document.getElementById('what').value = '<img src=x onerror=alert(1)>'; document.getElementById('search').requestSubmit()" >/dev/null
check search__nonsense within 10 shows 'is no message'
equal search__no_markup 0 "$(script 'return document.querySelectorAll("#view img").length')"

for page in '#/' '#/messages' '#/incidents?all=true' '#/verdicts' '#/endpoints' '#/charts' "#/messages/${id:0:12}"; do
    go "$page"
    sleep 0.6
    equal "no_error__${page//[^a-z]/_}" 0 "$(script 'return document.querySelectorAll("#view .error").length')"
    check "written__${page//[^a-z]/_}" bash -c '! grep -qE "\[object|undefined|NaN" <<<"$1"' - "$(text)"
done
go '#/nowhere'
check page__none within 5 shows 'There is no such page.'

# --- a phone, the dark, the keyboard
size 390 800
go ''
within 5 shows op-games
equal phone__nothing_sticks_out true "$(script 'return document.documentElement.scrollWidth <= innerWidth')"
shot phone
size 1200 900
theme dark
equal dark__ground 'rgb(17, 22, 27)' "$(script 'return getComputedStyle(document.body).backgroundColor')"
shot dark
theme light
wd POST "$S/actions" '{"actions":[{"type":"key","id":"k","actions":[{"type":"keyDown","value":"/"},{"type":"keyUp","value":"/"}]}]}' >/dev/null
equal keyboard__slash_searches what "$(script 'return document.activeElement.id')"

# --- nobody else was asked, nothing was complained of
equal requests__none_elsewhere '' "$(wd POST "$S/se/log" '{"type":"performance"}' | jq -r '.value[].message | fromjson | .message | select(.method == "Network.requestWillBeSent") | .params.request.url' | grep -v "^$api/\|^data:\|^chrome:" | sort -u || true)"
equal console__clean '' "$(wd POST "$S/se/log" '{"type":"browser"}' | jq -r '.value[].message' | grep -v 'status of 404\|status of 400' || true)"

# --- the daemon goes
go ''
within 5 shows op-games
stop_relayer || true
check gone__said within 10 [ "$(sleep 3; script 'return document.getElementById("live").textContent')" = 'not connected' ]
check gone__said_in_the_page within 10 shows 'does not answer'
wd DELETE "$S" >/dev/null || true
