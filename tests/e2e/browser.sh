# shellcheck shell=bash
# Headless Chromium by WebDriver over curl. Sourced after lib.sh, whose cleanup ends it, never run. The page is at $api.

# have_browser TEST: else the test is skipped
have_browser() {
    command -v chromedriver >/dev/null && command -v chromium >/dev/null && return
    echo "skip $1: no chromium and chromedriver; config/install test installs them"
    exit 0
}
wd() { curl -m 60 -sS -X "$1" -H 'content-type: application/json' ${3:+-d "$3"} "$DRIVER$2"; }
start_browser() {
    mkdir "$WORK/browser"
    chromedriver --port=0 --log-level=WARNING >"$WORK/driver.log" 2>&1 &
    within 10 grep -qs 'started successfully on port' "$WORK/driver.log"
    DRIVER=http://127.0.0.1:$(sed -nE 's/.*successfully on port ([0-9]+).*/\1/p' "$WORK/driver.log")
    SESSION=/session/$(wd POST /session "$(jq -n --arg dir "$WORK/browser" '{capabilities: {alwaysMatch: {browserName: "chrome", "goog:loggingPrefs": {browser: "ALL", performance: "ALL"}, "goog:chromeOptions": {binary: "/usr/bin/chromium",
        args: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--force-prefers-reduced-motion", "--window-size=1280,900", "--user-data-dir=\($dir)"]}}}}')" |
        jq -r '.value.sessionId')
}
stop_browser() {
    wd DELETE "$SESSION" >/dev/null || true
    SESSION=''
}

# shellcheck disable=SC2154 # the test's
go() { wd POST "$SESSION/url" "$(jq -n --arg url "$api/$1" '{url: $url}')" >/dev/null; }
script() { wd POST "$SESSION/execute/sync" "$(jq -n --arg s "$1" '{script: $s, args: []}')" | jq -r .value; }
# is_script WANTED EXPRESSION
is_script() { [ "$(script "return $2")" = "$1" ]; }
shows() { script 'return document.getElementById("view").innerText' | grep -qF -- "$1"; }
shows_anywhere() { script 'return document.body.innerText' | grep -qF -- "$1"; }
# press SELECTOR; fill SELECTOR TEXT: the first one, once it is there
press() {
    within 5 is_script true "Boolean(document.querySelector(\"$1\"))" || true
    script "document.querySelector(\"$1\").click()" >/dev/null
}
fill() {
    within 5 is_script true "Boolean(document.querySelector(\"$1\"))" || true
    wd POST "$SESSION/execute/sync" "$(jq -n --arg at "$1" --arg text "$2" '{script: "document.querySelector(arguments[0]).value = arguments[1]", args: [$at, $text]}')" >/dev/null
}
search() {
    fill '#what' "$1"
    script 'document.getElementById("search").requestSubmit()' >/dev/null
}
keys() { wd POST "$SESSION/actions" "{\"actions\":[{\"type\":\"key\",\"id\":\"k\",\"actions\":[{\"type\":\"keyDown\",\"value\":\"$1\"},{\"type\":\"keyUp\",\"value\":\"$1\"}]}]}" >/dev/null; }
cdp() { wd POST "$SESSION/goog/cdp/execute" "{\"cmd\":\"$1\",\"params\":$2}"; }
size() { cdp Emulation.setDeviceMetricsOverride "{\"width\":$1,\"height\":$2,\"deviceScaleFactor\":1,\"mobile\":$([ "$1" -lt 500 ] && echo true || echo false)}" >/dev/null; }
theme() { cdp Emulation.setEmulatedMedia "{\"features\":[{\"name\":\"prefers-color-scheme\",\"value\":\"$1\"},{\"name\":\"prefers-reduced-motion\",\"value\":\"reduce\"}]}" >/dev/null; }
# shots PREFIX PAGE…: the whole of each, where they are wanted
shots() {
    local prefix=$1 page
    shift
    [ -n "${CAUSEWAY_SHOTS:-}" ] || return 0
    for page; do
        script "location.hash = '#$page'" >/dev/null
        sleep 0.7
        cdp Page.captureScreenshot '{"captureBeyondViewport":true}' | jq -r .value.data | base64 -d >"$CAUSEWAY_SHOTS/$prefix$(sed -E 's/\?.*//; s/0x[0-9a-f]{4}/one_/; s/0x|[0-9a-f]{20,}//; s/[^a-z0-9]+/_/g' <<<"$page").png"
    done
}
requests() { wd POST "$SESSION/se/log" '{"type":"performance"}' | jq -r '.value[].message | fromjson | .message | select(.method == "Network.requestWillBeSent") | .params.request.url'; }
complaints() { wd POST "$SESSION/se/log" '{"type":"browser"}' | jq -r '.value[].message'; }

# judge_pages PAGE…: what is wrong with what they show, a line each: values that are none, what sticks out, what has no name for who
# does not see, texts that are hard to read (WCAG 2.2, 1.4.3: 4.5 to 1)
judge_pages() {
    # shellcheck disable=SC2016 # the browser's
    wd POST "$SESSION/execute/async" "$(jq -n --rawfile judge "$REPO/tests/e2e/judge_page.js" --args '{script: ($judge + "\nconst [pages, done] = arguments; judgePages(pages).then(done, (e) => done(String(e)));"), args: [$ARGS.positional]}' "$@")" | jq -r .value
}
