#!/usr/bin/env bash
# The page in a real browser: what it shows, finds and follows; what operators do on it; how it is used by keyboard, on a phone and
# in the dark; that it asks nobody else and believes no text. Screenshots go to $CAUSEWAY_SHOTS, where that is set.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/browser.sh"
have_browser page
start_bed --proposer
start_browser
read -r token ops < <("$CAUSEWAY" token --json | jq -r '"\(.token) \(.sha256)"')
hostile='<img src=x onerror=document.title=1>'
"$BED/config" "$WORK/bed" --data "$WORK/data" | jq --arg ops "$ops" --arg hostile "$hostile" '.api = {listen: "127.0.0.1:0", tokens: {ops: {role: "operate", sha256: $ops}}}
    | .chains.l1.explorer = "https://explorer.example/l1/" | .chains[] |= (.endpoints |= [{url: .[0], operator: $hostile}])' >"$CONFIG"
"$BED/act" "$WORK/bed" periods --finalization 3600 >/dev/null # of "legacy": its message waits
# no state of L1 can be proved at its block 0
final() { curl -sS -H 'content-type: application/json' -d '{"jsonrpc":"2.0","id":1,"method":"eth_getBlockByNumber","params":["finalized",false]}' "$L1_URL" | jq -e '.result.number != "0x0"' >/dev/null; }
within 20 final
start_relayer --role all
within 20 logged 'api: http://'
api=$(sed -nE 's/.*api: (http:\S+)$/\1/p' "$LOG")
go ''
check overview__routes within 10 shows op-games
check live within 10 is_script true 'document.getElementById("live").textContent === "Live"'
go '#/incidents'
check incidents__empty within 5 shows 'No incident is open.'
go '#/messages'
check messages__empty within 5 shows 'There is no message yet.'

# --- it follows what happens, untouched
message=$(send games eth 1)
id=${message#*/}
check messages__come_by_themselves within 20 shows "${id:0:8}"
held=$(send legacy eth 1)
held=${held#*/}

# --- search and detail
search "${id:0:14}"
check detail__by_search within 10 shows "$id"
check detail__says_who_can_end_it within 10 shows 'Who can end it'
check detail__what_holds within 5 shows 'What can go wrong'
press '.fold summary'
check proof__to_send_it_oneself within 15 is_script true '/Calldata|nothing to send now/.test(document.querySelector(".fold [data-keep]").innerText)'
equal detail__why_in_the_first_screenful true "$(script 'return document.querySelector(".waits").getBoundingClientRect().bottom < innerHeight && document.querySelector(".journey").getBoundingClientRect().bottom < innerHeight')"
check detail__nine_stages is_script 9 'document.querySelectorAll(".stop").length'
search "0x$(printf '%064d' 77)"
check track__nobody_knows_it within 10 shows 'Nothing was found.'
search 0x1234567890
check search__nothing within 10 shows 'Nothing was found.'
search '<img src=x onerror=alert(1)>'
check search__nonsense within 10 shows 'is no message'
go '#/messages?route=op-games&condition=held'
check filter__none within 5 shows 'No message fits all of these filters.'
equal filter__set op-games "$(script 'return document.querySelector("select[name=route]").value')"

# --- operators
search "$held"
check messages__more within 10 shows "$held"
equal token__without_it_nothing_to_press 0 "$(script 'return document.querySelectorAll(".action").length')"
press '#token'
check token__asked_for within 5 is_script password 'document.querySelector("dialog input").type'
fill "dialog input" wrong
press 'dialog button.main'
check token__wrong within 5 shows_anywhere 'no such token'
fill 'dialog input' "$token"
press 'dialog button.main'
check token__right within 5 is_script 'ops, operates' 'document.querySelector("#token").innerText'
equal token__in_this_tab_only 'true 0' "$(script 'return (sessionStorage.getItem("token") !== null) + " " + [...Object.keys(localStorage)].filter((k) => k === "token").length')"
press '.acts .danger'
check hold__confirmed_first within 5 shows_anywhere 'Hold this message?'
equal hold__not_before false "$(is "legacy/$held" condition held && echo true || echo false)"
fill 'dialog input' "$hostile"
press 'dialog button[value=yes]'
check hold__held within 10 shows 'Held by an operator'
check hold__in_the_store is "legacy/$held" condition held
check hostile__is_text within 5 shows "$hostile"
press '.acts button'
press 'dialog button[value=yes]'
check release__goes_on within 10 shows 'release by the operator'

# --- an incident, with its evidence, comes by itself
go ''
check overview__in_one_sentence within 10 shows 'Everything runs, and nothing is held.'
false_root() { "$BED/act" "$WORK/bed" false-root >/dev/null 2>&1; } # unless the proposer is quicker
within 20 false_root
check incident__by_itself within 15 shows 'critical incident'
check incident__in_the_head is_script true 'Number(document.getElementById("open").textContent) > 0'
check incident__route_is_held_first within 10 is_script op-legacy '[...document.querySelectorAll("[aria-label=Routes] a.row")][0].textContent'
press '.sheet[aria-label=Incidents] a.row'
check incident__layers within 10 shows 'settlement layer says'
check incident__differs is_script true 'document.querySelectorAll(".says mark").length === 2'
check incident__evidence within 5 shows 'executionFinal'
check incident__what_to_do shows 'Tell the bridge'
press '.acts button'
fill 'dialog input' 'called them'
press 'dialog button[value=yes]'
check incident__acknowledged within 10 shows 'acknowledged by ops'

# --- the first one meanwhile
search "$id"
check detail__delivered_by_itself within 40 shows 'Delivered, for good'
check detail__transaction within 5 shows finalize
check detail__explorer is_script true '[...document.querySelectorAll(".columns a.out")].some((a) => /^https:\/\/explorer\.example\/l1\/tx\/0x[0-9a-f]{64}$/.test(a.href) && a.rel.includes("noopener"))'
search "$(field "$message" 'transactions | map(select(.step == "finalize")) | last | .hash')"
check search__by_delivery within 10 shows "$id"
search "$(field "$message" sender)"
check search__by_address within 10 shows 'Sent by it'
check search__address_has_it within 5 shows "${id:0:8}"

# --- every page: no mistake, nothing that is wider than a phone, names for all, contrast
evidence=$("$CAUSEWAY" alerts list --config "$CONFIG" --json | jq -r '.incidents[0].evidence | split("/") | last')
pages=(/ /messages "/messages/$id?route=op-games" "/messages/$held?route=op-legacy" '/incidents?all=true' /incidents/1 "/evidence/$evidence" /invariants /endpoints /lanes /stats)
forms=(light dark phone_dark)
[ -z "${CAUSEWAY_SHOTS:-}" ] || forms=(phone_light "${forms[@]}")
for form in "${forms[@]}"; do
    if [[ $form == phone* ]]; then size 360 760; else size 1280 900; fi
    if [[ $form == *dark ]]; then theme dark; else theme light; fi
    equal "pages__$form" '' "$(judge_pages "${pages[@]}")"
    shots "$form" "${pages[@]}"
done
equal dark__ground true "$(script 'return getComputedStyle(document.body).backgroundColor.match(/\d+/g).every((c) => c < 40)')"
size 1280 900
press '#theme' # light, whatever the system says
check theme__switched is_script true 'getComputedStyle(document.body).backgroundColor.match(/\d+/g).every((c) => c > 220)'
press '#theme'
press '#theme'
theme light
go '#/nowhere'
check page__none within 5 shows 'There is no such page.'

# --- by the keyboard alone
go '#/messages'
within 5 shows "${id:0:8}"
keys /
equal keyboard__slash_searches what "$(script 'return document.activeElement.id')"
keys '\uE00C' # Esc
keys '\uE015' # down
equal keyboard__down_to_a_row true "$(script 'return document.activeElement.matches("a.row")')"
keys '\uE015'
equal keyboard__second_row 1 "$(script 'return [...document.querySelectorAll("a.row")].indexOf(document.activeElement)')"
equal keyboard__focus_is_seen true "$(script 'return getComputedStyle(document.activeElement).outlineStyle === "solid"')"
keys '\uE007' # Enter
check keyboard__opens within 5 is_script true '/^#\/messages\/0x/.test(location.hash)'
keys '\uE00C'
check keyboard__esc_back within 5 is_script '#/messages' 'location.hash'
go ''
keys '\uE004' # Tab
equal keyboard__skip_first skip "$(script 'return document.activeElement.className')"

# --- nobody else was asked, nothing was complained of, no text ran
equal requests__none_elsewhere '' "$(requests | grep -v "^$api/\|^data:\|^chrome:\|^blob:" | sort -u || true)"
equal console__clean '' "$(complaints | grep -v 'status of 40[0-9]' || true)"
equal hostile__did_not_run 'Overview – Causeway' "$(script 'return document.title')"

# --- the daemon goes, and comes again
port=${api##*:}
stop_relayer || true
check gone__offline within 10 is_script true '["Offline", "Reconnecting"].includes(document.getElementById("live").textContent)'
check gone__what_was_shown_stays within 10 shows op-games
check gone__said within 10 shows_anywhere 'The daemon does not answer.'
jq --arg listen "127.0.0.1:$port" '.api |= (.listen = $listen | .anonymous = "nothing")' "$CONFIG" >"$CONFIG.new" && mv "$CONFIG.new" "$CONFIG"
start_relayer --role all
check back__live within 20 is_script true 'document.getElementById("live").textContent === "Live"'
check back__no_notice within 10 is_script true 'document.getElementById("notice").hidden'

# --- where nothing is shown without a token
script 'sessionStorage.clear(); location.reload()' >/dev/null
check nothing__takes_a_token within 10 shows 'shows nothing without a token'
press '#view button.main'
fill 'dialog input' "$token"
press 'dialog button.main'
check nothing__shown_with_one within 10 shows op-games
stop_browser
