"use strict";
// What it takes: time in each stage, and what steps cost.

import { ask, known } from "./ask.js";
import { STAGES, tokenOf } from "./parts.js";
import { amount, bytes, duration, empty, h, number, plural, section, svg, table, words } from "./write.js";

const rect = (kind, x, y, width, height) =>
  svg("rect", { class: kind, x, y, width: Math.max(width, 2), height, rx: 2 });

// A row for each stage: the bar ends at the median, the line at the 95th of 100; all on one scale, drawn as wide as there is room.
// Names stand before the bars, or above them on a phone.
function stageChart(route, stages) {
  const wide = Math.min(1240, Math.max(260, document.getElementById("view").clientWidth - 84)),
    narrow = wide < 560;
  const most = Math.max(...stages.map((s) => s.p95Ms), 1),
    row = narrow ? 40 : 27,
    left = narrow ? 0 : 116,
    scale = (ms) => (ms / most) * (wide - left - (narrow ? 4 : 128));
  const picture = svg("svg", {
    class: "chart",
    width: wide,
    height: stages.length * row + 22,
    role: "img",
    "aria-label":
      `Time in each stage of ${route}: ` +
      stages
        .map(
          (s) => `${words(s.stage)} median ${duration(s.p50Ms / 1000)}, 95 of 100 within ${duration(s.p95Ms / 1000)}`,
        )
        .join("; "),
  });
  for (const share of narrow ? [0.5, 1] : [0, 0.25, 0.5, 0.75, 1]) {
    const x = left + scale(most * share);
    picture.append(
      svg("path", { class: "grid", d: `M${x} 0V${stages.length * row}` }),
      svg(
        "text",
        { x, y: stages.length * row + 16, "text-anchor": narrow && share === 1 ? "end" : "middle" },
        duration((most * share) / 1000),
      ),
    );
  }
  stages.forEach((s, i) => {
    const y = i * row + (narrow ? 20 : 5),
      middle = scale(s.p50Ms),
      end = scale(s.p95Ms),
      place = narrow
        ? { x: wide, y: y - 6, "text-anchor": "end" }
        : { x: left + Math.max(end, middle) + 10, y: y + 12 };
    picture.append(
      svg(
        "text",
        narrow ? { class: "name", x: 0, y: y - 6 } : { class: "name", x: left - 10, y: y + 12, "text-anchor": "end" },
        words(s.stage),
      ),
      rect("most", left, y + 5, end, 5),
      rect("middle", left, y, middle, 15),
      svg(
        "text",
        place,
        svg("tspan", { class: "value" }, duration(s.p50Ms / 1000)),
        svg("tspan", { dx: 8 }, duration(s.p95Ms / 1000)),
      ),
    );
  });
  return picture;
}
function costs(r) {
  const route = known.routes.find((x) => x.name === r.route),
    steps = r.steps.filter((s) => s.transactions > 0);
  const most = Math.max(...steps.map((s) => s.gasMean), 1),
    token = tokenOf(route ? route.settlement : "");
  return table(
    `Cost of ${r.route}`,
    [
      "step",
      "gas each",
      { name: "fee each", number: 1 },
      { name: "calldata each", number: 1 },
      { name: "steps", number: 1 },
      { name: "transactions", number: 1 },
      { name: "failed", number: 1 },
      { name: "fees in all", number: 1 },
    ],
    steps.map((s) => ({
      key: s.step,
      cells: [
        h("strong", {}, s.step),
        h(
          "span",
          { class: "gauge" },
          h("meter", { min: 0, max: most, value: s.gasMean, "aria-label": `${s.gasMean} gas` }),
          h("span", {}, number(s.gasMean)),
        ),
        s.count ? amount(BigInt(s.feeWei) / BigInt(s.count), ...token) : "–",
        s.count ? bytes(Math.round(s.bytes / s.count)) : "–",
        number(s.count),
        number(s.transactions),
        s.failed ? h("strong", { class: "bad-text" }, number(s.failed)) : h("span", { class: "faint" }, "0"),
        amount(s.feeWei, ...token),
      ],
    })),
    null,
  );
}
const figure = (name, value) => h("div", { class: "figure" }, h("span", {}, name), h("strong", {}, value));

function part(r) {
  const stages = STAGES.map((name) => r.stages.find((s) => s.stage === name)).filter((s) => s && s.count > 0),
    d = r.delivery,
    route = known.routes.find((x) => x.name === r.route),
    cost = costs(r);
  const saved = route && route.batches && route.batches.transactions > 0 ? route.batches : null;
  return h(
    "section",
    { class: "part", "data-key": r.route },
    h(
      "div",
      { class: "part-head" },
      h("h2", {}, r.route),
      h("div", { class: "note" }, route ? `${route.stack} ${route.direction}` : ""),
    ),
    !stages.length && !cost
      ? empty("Nothing to measure yet.", "Times are counted when a message leaves a stage.")
      : [
          h(
            "div",
            { class: "figures" },
            figure("Delivered", number(d.count)),
            figure("Median", d.count ? duration(d.p50Ms / 1000) : "–"),
            figure("95 of 100 within", d.count ? duration(d.p95Ms / 1000) : "–"),
            figure("99 of 100 within", d.count ? duration(d.p99Ms / 1000) : "–"),
          ),
          stages.length
            ? h(
                "div",
                { class: "card" },
                h(
                  "h3",
                  {},
                  "Time in each stage",
                  h(
                    "span",
                    { class: "legend" },
                    h("i", { class: "key middle" }),
                    " median ",
                    h("i", { class: "key most" }),
                    " 95 of 100 within",
                  ),
                ),
                stageChart(r.route, stages),
              )
            : null,
          cost ? h("div", { class: "spaced" }, cost) : null,
          saved
            ? h(
                "p",
                { class: "note-text" },
                `${plural(saved.steps, "step")} shared ${plural(saved.transactions, "transaction")}: ${number(saved.gasUsed)} gas; ${plural(saved.stepsAlone, "step")} alone took ${number(saved.gasUsedAlone)}.`,
              )
            : null,
        ],
  );
}
export async function stats() {
  const found = await ask("/v1/stats");
  known.routes = (await ask("/v1/routes")).routes;
  return [
    "Latency and cost",
    [
      h("div", { class: "title" }, h("h1", {}, "Latency and cost")),
      found.routes.length ? found.routes.map(part) : section("Routes", null, empty("No route is configured.")),
    ],
  ];
}
