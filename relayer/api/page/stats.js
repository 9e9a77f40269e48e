"use strict";
// What it takes: time in each stage, and what steps and messages cost.

import { ask, known } from "./ask.js";
import { chart } from "./chart.js";
import { STAGES, targetOf, tokenOf } from "./parts.js";
import { amount, amountText, bytes, duration, empty, h, number, plural, table, words } from "./write.js";

const SPANS = { today: 1, "7 days": 7, "30 days": 30, all: 0 };

function stageChart(r) {
  const stages = STAGES.map((name) => r.stages.find((s) => s.stage === name)).filter((s) => s && s.count > 0);
  if (!stages.length) return null;
  const rows = stages.map((s) => ({ name: words(s.stage), middle: s.p50Ms, end: s.p95Ms }));
  return chart("Time in each stage", `Time in each stage of ${r.route}`, rows, (ms) => duration(ms / 1000));
}
// Fees are drawn as numbers, which lose digits that no picture shows; texts have them all.
function feeChart(r, steps, token) {
  const rows = steps.map((s) => ({ name: s.step, middle: Number(s.feeP50Wei), end: Number(s.feeP95Wei) }));
  return chart("Fee of each step", `Fee of each step of ${r.route}`, rows, (wei) =>
    amountText(BigInt(Math.round(wei)), ...token),
  );
}
function stepTable(r, steps, token) {
  const columns = [
    "gas, median",
    "95 of 100",
    "fee, median",
    "calldata",
    "proof",
    "steps",
    "transactions",
    "failed",
    "fees in all",
  ];
  return table(
    `Cost of ${r.route}`,
    ["step", ...columns.map((name) => ({ name, number: 1 }))],
    steps.map((s) => ({
      key: s.step,
      cells: [
        h("strong", {}, s.step),
        number(s.gasP50),
        number(s.gasP95),
        amount(s.feeP50Wei, ...token),
        s.count ? bytes(Math.round(s.calldataBytes / s.count)) : "–",
        s.count && s.proofBytes ? bytes(Math.round(s.proofBytes / s.count)) : "–",
        number(s.count),
        number(s.transactions),
        s.failed ? h("strong", { class: "bad-text" }, number(s.failed)) : h("span", { class: "faint zero" }, "0"),
        amount(s.feeWei, ...token),
      ],
    })),
    null,
  );
}
function saved(steps) {
  const batched = steps.filter((s) => s.batches > 0),
    sum = (name) => batched.reduce((n, s) => n + s[name], 0);
  return batched.length
    ? h(
        "p",
        { class: "note-text" },
        `${plural(sum("batched"), "step")} shared ${plural(sum("batches"), "transaction")}, which saved ${number(sum("gasSaved"))} gas.`,
      )
    : null;
}

const figure = (name, value) => h("div", { class: "figure" }, h("span", {}, name), h("strong", {}, value));
function figures(r, token) {
  const d = r.delivery,
    time = (ms) => (d.count ? duration(ms / 1000) : "–");
  return h(
    "div",
    { class: "figures" },
    figure("Delivered", number(d.count)),
    figure("Median", time(d.p50Ms)),
    figure("95 of 100 within", time(d.p95Ms)),
    figure("Fee a message, median", r.messages.count ? amount(r.messages.feeP50Wei, ...token) : "–"),
    figure("Gas a message, median", r.messages.count ? number(r.messages.gasP50) : "–"),
  );
}
function part(r) {
  const route = known.routes.find((x) => x.name === r.route),
    token = tokenOf(route ? targetOf(route) : ""),
    steps = r.steps.filter((s) => s.transactions > 0),
    times = stageChart(r);
  return h(
    "section",
    { class: "part", "data-key": r.route },
    h(
      "div",
      { class: "part-head" },
      h("h2", {}, r.route),
      h("div", { class: "note" }, route ? `${route.stack} ${route.direction}` : ""),
    ),
    !times && !steps.length
      ? empty("Nothing to measure yet.", "Times are counted when a message leaves a stage.")
      : [
          figures(r, token),
          times,
          steps.length
            ? [feeChart(r, steps, token), h("div", { class: "spaced" }, stepTable(r, steps, token)), saved(steps)]
            : null,
        ],
  );
}

export async function stats(parameters) {
  const days = Number(parameters.get("days") || 0),
    found = await ask("/v1/stats" + (days ? `?days=${days}` : ""));
  const spans = Object.entries(SPANS).map(([name, n]) =>
    h("a", { href: "#/stats" + (n ? `?days=${n}` : ""), "aria-current": n === days ? "true" : null }, name),
  );
  return [
    "Latency and cost",
    [
      h("div", { class: "title" }, h("h1", {}, "Latency and cost"), h("div", { class: "tabs" }, spans)),
      found.routes.length ? found.routes.map(part) : empty("No route is configured."),
      found.rpc.callsPerMessage
        ? h(
            "p",
            { class: "note-text" },
            `${number(found.rpc.calls)} calls of endpoints in all, idle times too: ${number(found.rpc.callsPerMessage)} for each of ${plural(found.rpc.delivered, "delivered message")}.`,
          )
        : null,
    ],
  ];
}
