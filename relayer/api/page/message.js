"use strict";
// One message: why it is where it is, on top; its way through both layers; what was sent for it; what happened.

import { journey, reachedMs } from "./journey.js";
import { byOneself, track, tracked } from "./outside.js";
import { ask, known, routeOf } from "./ask.js";
import { action, at, chainName, condition, kindOf, targetOf, tokenOf } from "./parts.js";
import {
  amount,
  bytes,
  clock,
  copy,
  duration,
  h,
  hash,
  icon,
  none,
  number,
  pairs,
  plural,
  rich,
  section,
  sentence,
  short,
  table,
  tag,
  when,
  words,
} from "./write.js";

// --- why it is stuck

const ENDS = {
  date: "time alone",
  "source-head": "time: the source chain",
  "final-head": "time: the destination chain",
  answer: "the endpoints, or whoever runs them",
  transaction: "the chain, by including it",
  look: "the relayer, at its next look",
  change: "whoever changes it there",
  chain: "an operator, or the endpoints",
  root: "who proposes the roots",
};
const SIGN = { ready: "wait", waiting: "wait", held: "hold", dead: "dead", done: "done" };
const BLOCKS = ["operator", "route", "chain", "relayer"]; // that no time ends

const blockOf = (m) => m.waitsFor.find((w) => BLOCKS.includes(w.what));
function headline(m) {
  if (m.condition === "done")
    return m.outcome === "success" || m.outcome === "unknown"
      ? "Delivered, for good"
      : sentence(`finished: ${words(m.outcome)}`);
  if (m.condition === "dead") return `Dead: ${words(m.reason)}`;
  if (m.condition === "held") return m.reason === "operator" ? "Held by an operator" : `Held: ${words(m.reason)}`;
  const block = blockOf(m);
  if (block)
    return (
      {
        route: "Waits: its route is held",
        chain: `Waits: chain ${block.chain} is in trouble`,
        relayer: "Waits: the relayer does not run",
      }[block.what] || "Waits for an operator"
    );
  if (m.orphaned) return "Waits to be included again";
  return m.reason ? sentence(words(m.reason)) : "Under way";
}
function until(w) {
  if (!w.until) return h("span", { class: "faint" }, "Not known");
  return [
    h("strong", {}, when(w.until * 1000)),
    h(
      "div",
      { class: "faint" },
      clock(w.until * 1000),
      w.clock === "chain" && w.chain ? ` by the clock of ${w.chain}` : "",
    ),
  ];
}
// A date says itself when; what it is for, and who could change that, the stage knows.
const waitLine = (w, level) =>
  h(
    "li",
    { class: BLOCKS.includes(w.what) ? "block" : "" },
    h(
      "div",
      { class: "wait-what" },
      h("span", { class: "label" }, "Waits for"),
      h("div", {}, w.what === "date" && level.waitsFor ? sentence(level.waitsFor) : rich(sentence(w.text))),
    ),
    h(
      "div",
      {},
      h("span", { class: "label" }, "Who can end it"),
      h(
        "div",
        {},
        sentence(w.who || (!BLOCKS.includes(w.what) && level.who) || ENDS[w.what] || "nobody in particular"),
      ),
    ),
    h("div", {}, h("span", { class: "label" }, "Until"), h("div", {}, until(w))),
  );

// When it will be delivered, as far as that can be told, and what holds until then.
function expected(e) {
  const time = (s) => [h("strong", {}, when(s * 1000)), h("span", { class: "faint" }, " ", clock(s * 1000))];
  if (e.likely)
    return ["Probably ", time(e.likely), e.until ? [", in 95 of 100 cases until ", clock(e.until * 1000)] : null];
  return e.from && e.from * 1000 > Date.now() ? ["Not before ", time(e.from)] : "Not known";
}
function outlook(m) {
  const level = m.level || { name: words(m.stage), assured: "" };
  return h(
    "div",
    { class: "outlook" },
    m.eta
      ? [
          h("span", { class: "label" }, m.eta.of === "executed-final" ? "Final" : "Delivered"),
          h("p", {}, expected(m.eta), m.eta.reason ? h("span", { class: "faint" }, " – ", rich(m.eta.reason)) : null),
        ]
      : null,
    h("span", { class: "label" }, "What holds now"),
    h("p", {}, h("strong", {}, sentence(level.name), ". "), level.assured),
    level.risk
      ? [
          h("span", { class: "label" }, "What can go wrong"),
          h("p", {}, level.risk, level.until ? [" Until ", clock(level.until * 1000), "."] : null),
        ]
      : null,
  );
}
function actions(m, again) {
  const path = (verb) => `/v1/messages/${m.id}/${verb}?route=${encodeURIComponent(m.route)}`,
    over = m.condition === "done" || m.condition === "dead";
  const common = { label: "Reason, for its history", member: "reason", done: again };
  return [
    m.condition === "held"
      ? action({
          ...common,
          name: "Release",
          path: path("release"),
          title: "Release this message?",
          text: "It goes on at once, if nothing else holds it. It may be held again for the same reason.",
        })
      : null,
    m.condition !== "held" && !over
      ? action({
          ...common,
          name: "Retry now",
          path: path("retry"),
          title: "Try it again now?",
          text: "Nothing is waited for that only paces retries. What is not due by the chain’s clock stays so.",
        })
      : null,
    m.condition !== "held" && !over
      ? action({
          ...common,
          name: "Hold",
          path: path("hold"),
          title: "Hold this message?",
          text: "Nothing is signed for it until somebody releases it. What was sent already can’t be taken back.",
          danger: true,
        })
      : null,
  ];
}
// What it waits for itself, which is not the nearest thing while something else blocks it.
function reason(m, blocked) {
  if (!m.detail || m.condition === "done" || m.reason === "route_held") return null;
  return h(
    "p",
    {},
    blocked && m.reason && m.condition !== "held"
      ? [h("strong", {}, `Then: ${words(m.reason)}. `), rich(sentence(m.detail))]
      : rich(sentence(m.detail)),
  );
}
function why(m, again) {
  const kind = kindOf(m.condition),
    blocked = Boolean(blockOf(m)),
    waits = [...m.waitsFor].sort((a, b) => BLOCKS.includes(b.what) - BLOCKS.includes(a.what));
  return h(
    "section",
    { class: `why-panel ${blocked && kind === "info" ? "warn" : kind}`, "aria-label": "Why it is where it is" },
    h(
      "div",
      { class: "why-head" },
      icon(SIGN[m.condition] || "wait"),
      h(
        "div",
        {},
        h("h2", {}, headline(m)),
        reason(m, blocked),
        m.condition === "done"
          ? h(
              "p",
              {},
              "Executed ",
              when(reachedMs(m, "executed") || m.changedMs),
              ", ",
              duration(m.changedMs / 1000 - m.sourceTime),
              " after it was sent.",
            )
          : null,
      ),
      h("div", { class: "acts" }, actions(m, again)),
    ),
    waits.length
      ? h(
          "ul",
          { class: "waits" },
          waits.map((w) => waitLine(w, m.level || {})),
        )
      : null,
    outlook(m),
  );
}

// --- what was sent

function bids(t) {
  if (t.bids.length < 2) return null;
  return h(
    "details",
    { "data-key": `bids${t.hash}` },
    h("summary", {}, plural(t.bids.length, "bid")),
    h(
      "ul",
      { class: "bids" },
      t.bids.map((b) =>
        h(
          "li",
          {},
          at(t.chain, "tx", b.hash),
          " ",
          b.cancels ? "cancels it, " : "",
          "at most ",
          gwei(b.maxFeeWei),
          ", ",
          clock(b.signedMs),
          b.why ? ` – ${b.why}` : "",
        ),
      ),
    ),
  );
}
const gwei = (wei) => `${(Number(BigInt(wei) / 1000n) / 1e6).toPrecision(4).replace(/\.?0+$/, "")} gwei`;
function outcome(t) {
  if (t.success === false) return tag("failed", "bad");
  return tag(
    t.cancelled ? `${t.state}, cancelled` : t.state,
    t.state === "final" ? "good" : t.state === "lost" ? "bad" : "info",
  );
}
function transactions(m) {
  return table(
    "Transactions",
    [
      "step",
      "state",
      "transaction",
      { name: "gas", number: 1 },
      { name: "fee", number: 1 },
      "signed",
      { name: "until in a block", number: 1 },
    ],
    m.transactions.map((t) => ({
      key: t.hash,
      state: t.state,
      cells: [
        [h("strong", {}, t.step), h("div", { class: "faint" }, `nonce ${t.nonce}`)],
        outcome(t),
        [
          at(t.chain, "tx", t.hash),
          h(
            "div",
            { class: "faint" },
            t.chain,
            t.block !== undefined ? [", block ", at(t.chain, "block", t.block, number(t.block))] : null,
            t.sharedBy ? `, shared by ${t.sharedBy}` : "",
          ),
          bids(t),
        ],
        t.gasUsed !== undefined
          ? [number(t.gasUsed), h("div", { class: "faint" }, `of ${number(t.gasLimit)}`)]
          : h("span", { class: "faint" }, `at most ${number(t.gasLimit)}`),
        t.feeWei !== undefined
          ? [amount(t.feeWei, ...tokenOf(t.chain)), h("div", { class: "faint" }, gwei(t.gasPriceWei))]
          : t.feeAtMostWei !== undefined
            ? ["≤ ", amount(t.feeAtMostWei, ...tokenOf(t.chain))]
            : "–",
        when(t.signedMs),
        t.includedMs ? duration((t.includedMs - t.signedMs) / 1000) : "–",
      ],
    })),
    none("This relayer has sent none for it."),
  );
}
function cost(m) {
  const paid = m.transactions.filter((t) => t.feeWei !== undefined && !t.sharedBy);
  if (!paid.length) return null;
  const chains = [...new Set(paid.map((t) => t.chain))];
  return [
    "paid ",
    chains.map((c, i) => [
      i ? " and " : "",
      amount(
        paid.filter((t) => t.chain === c).reduce((sum, t) => sum + BigInt(t.feeWei), 0n),
        ...tokenOf(c),
      ),
    ]),
  ];
}
// --- what happened

// The reason that a text begins with is a word of the code; a stage that it begins with stands before it already.
const textOf = (line) =>
  line.text
    .replace(/^([a-z_]+): /, (all, code) => `${words(code)}: `)
    .replace(line.kind === "stage" ? new RegExp(`^${line.stage} `) : /$^/, "");
function happened(m) {
  const route = routeOf(m.route),
    chain = (side) => (route ? route[side] : side);
  return h(
    "ol",
    { class: "history" },
    m.history.map((line, i) =>
      h(
        "li",
        { "data-key": `${i}`, class: `${line.kind} ${line.side || ""}` },
        h("div", { class: "hour" }, clock(line.timeMs)),
        h("span", { class: "knot", "aria-hidden": "true" }),
        h(
          "div",
          { class: "line" },
          line.kind === "stage" ? h("strong", {}, words(line.stage), " ") : null,
          rich(textOf(line)),
          line.block !== undefined
            ? h(
                "div",
                { class: "faint" },
                chainName(chain(line.side), line.side),
                " block ",
                at(chain(line.side), "block", line.block, number(line.block)),
                line.transaction ? [", transaction ", at(chain(line.side), "tx", line.transaction)] : null,
              )
            : null,
        ),
      ),
    ),
  );
}

// --- the page

const facts = (m) =>
  pairs([
    ["Route", h("a", { href: `#/messages?route=${encodeURIComponent(m.route)}` }, m.route)],
    ["Sent", [when(m.sourceTime * 1000), h("div", { class: "faint" }, clock(m.sourceTime * 1000))]],
    [
      "In",
      [
        at(m.sourceChain, "tx", m.sourceTransaction),
        h(
          "div",
          { class: "faint" },
          m.sourceChain,
          ", block ",
          at(m.sourceChain, "block", m.sourceBlock, number(m.sourceBlock)),
        ),
      ],
    ],
    ["Sender", [at(m.sourceChain, "address", m.sender), copy(m.sender, "the sender")]],
    [
      "Target",
      [
        at(targetOf(routeOf(m.route) || { source: "" }) || m.sourceChain, "address", m.target),
        copy(m.target, "the target"),
      ],
    ],
    ["Value", m.valueWei === "0" ? "0" : amount(m.valueWei, ...tokenOf(m.sourceChain))],
    ["Gas limit", m.gasLimit ? number(m.gasLimit) : null],
    [
      "Known",
      {
        proved: "proved: bound by hashes to a final header",
        quorum: "a quorum of operators agrees",
        single: "by hashes, to a header that one operator calls final",
        provisional: "provisional: its block is not final",
      }[m.assurance] || m.assurance,
    ],
    ["Also", m.alias && hash(m.alias)],
    [
      "Lost after",
      m.deadlineTime && [
        when(m.deadlineTime * 1000),
        h("div", { class: "faint" }, clock(m.deadlineTime * 1000), ", on ", m.deadlineChain),
      ],
    ],
    ["Evidence", m.evidenceBytes ? [bytes(m.evidenceBytes), " ", hash(m.evidenceHash)] : null],
    ["In a row failed", m.failures || null],
  ]);
function one(m, again) {
  return h(
    "article",
    { "data-key": `${m.route}/${m.id}` },
    h(
      "div",
      { class: "title" },
      h(
        "div",
        {},
        h("div", { class: "crumb" }, h("a", { href: "#/messages" }, "Messages"), " / ", m.route),
        h("h1", { class: "mono id" }, m.id, copy(m.id, "the id")),
      ),
      h("div", { class: "tags" }, condition(m), tag(words(m.stage))),
    ),
    why(m, again),
    journey(m),
    h(
      "div",
      { class: "columns" },
      h(
        "div",
        {},
        section("Transactions", cost(m), transactions(m)),
        byOneself(m),
        section("What happened", plural(m.history.length, "line"), happened(m)),
      ),
      h("aside", { class: "facts", "aria-label": "What it is" }, h("h2", {}, "What it is"), facts(m)),
    ),
  );
}

const onRoute = (id, route) => ask(`/v1/messages/${encodeURIComponent(id)}?route=${encodeURIComponent(route)}`);
// The same id may stand on several routes, which are asked one by one then.
async function onEach(id, refused) {
  const found = (
    await Promise.all(known.routes.map((r) => onRoute(id, r.name).catch(() => ({ messages: [] }))))
  ).flatMap((f) => f.messages);
  if (!found.length) throw refused;
  return { messages: found };
}
// What the relayer does not have yet may be read from the transaction itself.
export async function message(id, parameters, again) {
  const route = parameters.get("route"),
    hashed = /^0x[0-9a-f]{64}$/i.test(id);
  const found = route
    ? await onRoute(id, route)
    : await ask(`/v1/messages/${encodeURIComponent(id)}`).catch((e) =>
        hashed && e.code === 400 ? onEach(id, e) : hashed && e.code === 404 ? track(id, e) : Promise.reject(e),
      );
  if (found.asked) return tracked(found);
  message.shown = found.messages.map((m) => m.id);
  const several =
    found.messages.length > 1
      ? h("p", { class: "note-text" }, `${found.messages.length} messages belong to this id or transaction.`)
      : null;
  return [`Message ${short(found.messages[0].id)}`, [several, found.messages.map((m) => one(m, again))]];
}
message.shown = [];
