"use strict";
// Who is asked, and by whom and what is signed.

import { ask, askIfThere, known } from "./ask.js";
import { evidenceLink } from "./evidence.js";
import { action, at, chainName, layerOf, tokenOf } from "./parts.js";
import { amount, dot, empty, h, mono, number, plural, rich, section, table, tag, when } from "./write.js";

const STATE = { well: "good", slow: "warn", contradicted: "bad" };
const share = (part, all) => (all ? `${((100 * part) / all).toFixed(part && part / all < 0.01 ? 2 : 1)} %` : "–");
// A bar beside a number, so that one looks where the eye stops.
const gauge = (value, most, text) =>
  h(
    "span",
    { class: "gauge" },
    h("meter", { min: 0, max: Math.max(most, 1), value, "aria-label": text }),
    h("span", {}, text),
  );

function rowsOf(chain, list) {
  const quick = Math.max(...list.map((e) => e.quickMs)),
    heavy = Math.max(...list.map((e) => e.heavyMs));
  return list.map((e) => ({
    key: `${e.chain}/${e.endpoint}`,
    state: e.state,
    cells: [
      h("span", { class: "name" }, e.endpoint),
      [tag(e.state, STATE[e.state] || "warn"), e.reason ? h("div", { class: "faint" }, rich(e.reason)) : null],
      gauge(e.quickMs, quick, `${number(e.quickMs)} ms`),
      gauge(e.heavyMs, heavy, `${number(e.heavyMs)} ms`),
      number(e.calls),
      share(e.failures, e.calls),
      e.lastAnswers ? `${e.lastBad} of ${e.lastAnswers}` : "–",
      e.lagBlocks === undefined ? "–" : plural(e.lagBlocks, "block"),
      e.contradictions
        ? h("strong", { class: "bad-text" }, number(e.contradictions))
        : h("span", { class: "faint" }, "0"),
    ],
  }));
}
export async function endpoints() {
  const found = await ask("/v1/endpoints"),
    chains = [...new Set(found.endpoints.map((e) => e.chain))];
  const layer = (chain) => {
    const r = known.routes.find((x) => x.settlement === chain || x.execution === chain);
    return r ? layerOf(r, chain) : "";
  };
  const rows = chains.flatMap((c) => [
    { group: chainName(c, layer(c)), key: c },
    ...rowsOf(
      c,
      found.endpoints.filter((e) => e.chain === c),
    ),
  ]);
  return [
    "Endpoints",
    [
      h("div", { class: "title" }, h("h1", {}, "Endpoints")),
      table(
        "Endpoints",
        [
          "endpoint",
          "state",
          "small answers",
          "large answers",
          { name: "calls", number: 1 },
          { name: "failed", number: 1 },
          { name: "bad lately", number: 1 },
          { name: "behind", number: 1 },
          { name: "contradictions", number: 1 },
        ],
        rows,
        empty("No endpoint was asked yet."),
      ),
      section(
        "What they were caught at",
        null,
        table(
          "Findings",
          ["last", "endpoint", "method", "what", { name: "times", number: 1 }, "evidence"],
          found.findings.map((f) => ({
            key: `${f.chain}/${f.endpoint}/${f.method}/${f.text}`,
            cells: [
              when(f.lastMs),
              [h("span", { class: "name" }, f.endpoint), h("div", { class: "faint" }, f.chain)],
              mono(f.method),
              rich(f.text),
              number(f.times),
              evidenceLink(f.evidence),
            ],
          })),
          empty(
            "No endpoint was caught at anything.",
            "Headers are hashed again, proofs verified, answers compared: who contradicts is named here.",
          ),
        ),
      ),
    ],
  ];
}

// --- lanes

function open(l) {
  if (!l.transactions || !l.transactions.length) return null;
  return h(
    "details",
    { "data-key": "open" },
    h("summary", { class: "faint" }, plural(l.transactions.length, "transaction")),
    h(
      "ul",
      { class: "bids" },
      l.transactions.map((t) =>
        h(
          "li",
          {},
          `nonce ${t.nonce}: `,
          t.step,
          " ",
          at(l.chain, "tx", t.hash),
          ` ${t.state}${t.cancelled ? ", cancelled" : ""}${t.bids > 1 ? `, ${t.bids} bids` : ""}, signed `,
          when(t.signedMs),
        ),
      ),
    ),
  );
}
function laneTable(list, again) {
  return table(
    "Lanes",
    [
      "signer",
      "state",
      "chain",
      { name: "next nonce", number: 1 },
      { name: "preparing", number: 1 },
      { name: "in no final block", number: 1 },
      { name: "balance", number: 1 },
      "",
    ],
    list.map((l) => {
      const token = tokenOf(l.chain),
        low = l.balanceWei !== undefined && l.lowWei !== undefined && BigInt(l.balanceWei) < BigInt(l.lowWei);
      return {
        key: `${l.chain}/${l.address}`,
        state: `${l.held}${l.open}`,
        cells: [
          [h("div", { class: "name" }, l.signer), at(l.chain, "address", l.address)],
          [
            l.held ? tag("held", "bad") : tag("open", "good"),
            l.trouble ? h("div", { class: "faint" }, rich(l.trouble)) : null,
          ],
          l.chain,
          l.nextNonce === undefined ? "–" : number(l.nextNonce),
          number(l.preparing),
          [number(l.open), open(l)],
          l.balanceWei === undefined
            ? "–"
            : [
                h("span", { class: low ? "bad-text" : null }, amount(l.balanceWei, ...token)),
                low ? h("div", { class: "faint" }, "below ", amount(l.lowWei, ...token)) : null,
              ],
          l.held
            ? action({
                name: "Release",
                path: `/v1/lanes/${encodeURIComponent(l.chain)}/${l.address}/release`,
                title: "Release this lane?",
                text: "Its transactions go on behind the nonce that somebody else used with its key. See first that nobody else has that key.",
                label: "Reason",
                member: "reason",
                done: again,
              })
            : null,
        ],
      };
    }),
    empty("There is no lane yet.", "A lane is one signer’s nonces on one chain; there is one once a route has signed."),
  );
}
export async function lanes(again) {
  const found = await askIfThere("/v1/lanes");
  return [
    "Lanes",
    [
      h("div", { class: "title" }, h("h1", {}, "Lanes")),
      found ? laneTable(found.lanes, again) : empty("This daemon shows no lanes."),
    ],
  ];
}
export async function sinks() {
  const found = await ask("/v1/sinks");
  return section(
    "Who is told of incidents",
    null,
    table(
      "Sinks",
      [
        "sink",
        "state",
        "from",
        { name: "queued", number: 1 },
        { name: "sent", number: 1 },
        { name: "dropped", number: 1 },
        "last taken",
      ],
      found.sinks.map((s) => ({
        key: s.name,
        cells: [
          [h("strong", {}, s.name), h("div", { class: "faint" }, s.type)],
          s.failing
            ? [tag("failing", "bad"), h("div", { class: "faint" }, rich(s.lastFailure || ""))]
            : [dot("good"), " well"],
          s.minSeverity,
          number(s.queued),
          number(s.sent),
          number(s.dropped),
          s.lastOkMs ? when(s.lastOkMs) : "–",
        ],
      })),
      empty("Nobody is told.", '"sinks" in the configuration name who is.'),
    ),
  );
}
