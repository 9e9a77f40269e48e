"use strict";
// What somebody must look at, with its evidence.

import { ask, routeOf } from "./ask.js";
import { askEvidence, evidenceOf } from "./evidence.js";
import { action, at, chainName } from "./parts.js";
import {
  clock,
  copy,
  empty,
  gravity,
  h,
  hash,
  icon,
  number,
  pairs,
  plural,
  rich,
  section,
  sentence,
  table,
  tag,
  when,
  words,
} from "./write.js";

const more = (i) =>
  i.state + (i.acknowledged ? `, acknowledged by ${i.acknowledged.by}` : "") + (i.silenced ? ", silenced" : "");
export function incidentTable(list, otherwise) {
  return table(
    "Incidents",
    ["severity", "what", "about", "state", "opened"],
    list.map((i) => ({
      key: `i${i.id}`,
      state: `${i.severity}${i.state}`,
      href: `#/incidents/${i.id}`,
      kind: i.overMs ? "over" : gravity(i.severity),
      cells: [
        [tag(i.severity, i.overMs ? "" : gravity(i.severity))],
        [
          h(
            "a",
            { class: "row", href: `#/incidents/${i.id}` },
            `${sentence(words(i.kind))}${i.invariant ? `: ${words(i.invariant)}` : ""}`,
          ),
          h("div", { class: "sentence" }, rich(i.overMs ? i.resolution || i.text : i.text)),
        ],
        h("span", { class: "subject" }, rich(i.route || i.chain || i.subject)),
        more(i),
        [when(i.openedMs), i.times > 1 ? h("div", { class: "faint" }, plural(i.times, "time")) : null],
      ],
    })),
    otherwise,
  );
}
export async function incidents(parameters) {
  const all = parameters.get("all") === "true",
    list = (await ask("/v1/incidents" + (all ? "?all=true" : ""))).incidents;
  const rank = { critical: 0, warning: 1, info: 2 };
  list.sort(
    (a, b) =>
      Boolean(a.overMs) - Boolean(b.overMs) ||
      (a.overMs ? b.overMs - a.overMs : rank[a.severity] - rank[b.severity] || b.openedMs - a.openedMs),
  );
  return [
    "Incidents",
    [
      h(
        "div",
        { class: "title" },
        h("h1", {}, "Incidents"),
        h(
          "div",
          { class: "tabs" },
          h("a", { href: "#/incidents", "aria-current": all ? null : "true" }, "Open"),
          h("a", { href: "#/incidents?all=true", "aria-current": all ? "true" : null }, "All"),
        ),
      ),
      incidentTable(
        list,
        all
          ? empty("There was no incident.")
          : empty(
              "No incident is open.",
              "What must hold is judged within a block or two; what is violated, late or contradicted appears here.",
            ),
      ),
    ],
  ];
}

// Where two texts are not alike: words of the first that the second does not have.
function differing(text, other) {
  const there = new Set(other.split(/\s+/));
  return text
    .split(/(\s+)/)
    .map((word) =>
      /^(0x|\d)/.test(word) && !there.has(word)
        ? h("mark", {}, /^0x[0-9a-f]{40,}$/i.test(word) ? hash(word) : word)
        : /^0x[0-9a-f]{40,}$/i.test(word)
          ? hash(word)
          : word,
    );
}
function says(i, layer) {
  const text = i[`${layer}Says`],
    other = i[`${layer === "settlement" ? "execution" : "settlement"}Says`],
    block = i[`${layer}Block`];
  if (!text && !block) return null;
  const route = routeOf(i.route),
    chain = route ? route[layer] : layer;
  return h(
    "div",
    { class: `says ${layer}` },
    h("h3", {}, chainName(chain, layer), h("small", {}, `${layer} layer says`)),
    h("p", {}, text ? (other ? differing(text, other) : rich(text)) : "nothing"),
    block
      ? h(
          "p",
          { class: "faint" },
          "in block ",
          at(chain, "block", block.number, number(block.number)),
          block.hash ? [" ", hash(block.hash)] : null,
        )
      : null,
  );
}

function pause(i) {
  if (!i.pauseCall) return null;
  const [to, data] = i.pauseCall.split(" "),
    command = `cast send ${to} ${data || ""}`;
  return h(
    "div",
    { class: "callout" },
    h("strong", {}, "The call that pauses it, for its guardian: "),
    h("span", { class: "mono" }, "cast send ", short40(to), " ", data ? short40(data) : ""),
    copy(command, "the call"),
  );
}
const short40 = (text) => h("span", { title: text }, text.length > 24 ? `${text.slice(0, 10)}…` : text);

export async function incident(id, again) {
  const i = await ask(`/v1/incidents/${encodeURIComponent(id)}`);
  const found = i.evidence ? await askEvidence(i.evidence) : null;
  const chain = i.chain || (routeOf(i.route) || {}).settlement,
    sides = [says(i, "settlement"), says(i, "execution")].filter(Boolean);
  return [
    `Incident ${i.id}`,
    [
      h(
        "div",
        { class: "title" },
        h(
          "div",
          {},
          h("div", { class: "crumb" }, h("a", { href: "#/incidents" }, "Incidents"), ` / ${i.id}`),
          h("h1", {}, sentence(words(i.kind)), i.invariant ? `: ${words(i.invariant)}` : ""),
        ),
        h(
          "div",
          { class: "tags" },
          tag(i.severity, i.overMs ? "" : gravity(i.severity)),
          tag(i.state),
          i.acknowledged ? tag(`acknowledged by ${i.acknowledged.by}`) : null,
          i.silenced ? tag("silenced") : null,
        ),
      ),
      h(
        "section",
        { class: `why-panel ${i.overMs ? "" : gravity(i.severity)}`, "aria-label": "What it says" },
        h(
          "div",
          { class: "why-head" },
          icon(i.overMs ? "done" : "alert"),
          h(
            "div",
            {},
            h("h2", { class: "text" }, rich(i.text)),
            h(
              "p",
              {},
              i.overMs
                ? ["Over ", when(i.overMs), i.resolution ? `: ${i.resolution}` : ""]
                : [h("strong", {}, "What to do: "), i.advice],
            ),
          ),
          h(
            "div",
            { class: "acts" },
            !i.acknowledged && !i.overMs
              ? action({
                  name: "Acknowledge",
                  path: `/v1/incidents/${i.id}/acknowledge`,
                  title: `Acknowledge incident ${i.id}?`,
                  text: "Nobody is told of it again until its severity is another one.",
                  label: "Note",
                  member: "note",
                  done: again,
                })
              : null,
          ),
        ),
        i.overMs ? null : pause(i),
      ),
      sides.length ? h("div", { class: "both" }, sides) : null,
      h(
        "div",
        { class: "columns" },
        h(
          "div",
          {},
          i.evidence ? section("Evidence", ...evidenceOf(i.evidence, found)) : null,
          section(
            "What became of it",
            null,
            h(
              "ol",
              { class: "history" },
              i.history.map((l, n) =>
                h(
                  "li",
                  { "data-key": `${n}`, class: l.event },
                  h("div", { class: "hour" }, clock(l.timeMs)),
                  h("span", { class: "knot" }),
                  h(
                    "div",
                    { class: "line" },
                    h("strong", {}, words(l.event), " "),
                    tag(l.severity, gravity(l.severity)),
                    h("div", {}, rich(l.text)),
                  ),
                ),
              ),
            ),
          ),
        ),
        h(
          "aside",
          { class: "facts", "aria-label": "What it is about" },
          h("h2", {}, "What it is about"),
          pairs([
            ["Subject", rich(i.subject)],
            ["Route", i.route && h("a", { href: `#/messages?route=${encodeURIComponent(i.route)}` }, i.route)],
            ["Chain", i.chain],
            ["Invariant", i.invariant && words(i.invariant)],
            ["Transaction", i.transaction && at(chain, "tx", i.transaction)],
            ["Opened", [when(i.openedMs), h("div", { class: "faint" }, clock(i.openedMs))]],
            ["Times", i.times > 1 ? [number(i.times), ", last ", when(i.lastMs)] : null],
            [
              "Acknowledged",
              i.acknowledged && [
                when(i.acknowledged.timeMs),
                ` by ${i.acknowledged.by}`,
                i.acknowledged.note ? h("div", { class: "faint" }, i.acknowledged.note) : null,
              ],
            ],
          ]),
        ),
      ),
    ],
  ];
}
