"use strict";
// The way of a message: two rails, one for each layer, and the stages on them.

import { routeOf } from "./ask.js";
import { chainName, levelsOf, sourceOf, STAGES, targetOf } from "./parts.js";
import { clock, duration, h, since, svg, words } from "./write.js";

export const reachedMs = (m, stage) => (m.stages.find((s) => s.stage === stage) || {}).timeMs;
// Where a stage is reached: on the source's rail, here between both, or on the destination's.
const rail = (stage) => (["seen", "safe", "source-final"].includes(stage) ? 0 : stage === "root-verified" ? 1 : 2);

function path(stops, from, to, upright) {
  const point = (i) => {
    const x = i * 100 + 50,
      y = rail(stops[i].stage) * 45 + 5;
    return upright ? [y, x] : [x, y];
  };
  let d = "";
  for (let i = from; i <= to; i++) {
    const [x, y] = point(i);
    if (i === from) {
      d = `M${x} ${y}`;
      continue;
    }
    const [a, b] = point(i - 1);
    d += upright ? `C${a} ${b + 50} ${x} ${y - 50} ${x} ${y}` : `C${a + 50} ${b} ${x - 50} ${y} ${x} ${y}`;
  }
  return d;
}
function rails(stops, now, upright) {
  const long = stops.length * 100,
    box = upright ? `0 0 100 ${long}` : `0 0 ${long} 100`;
  const line = (y, layer) =>
    svg("path", { class: "rail " + layer, d: upright ? `M${y} 0V${long}` : `M0 ${y}H${long}` });
  const layers = stops.source === "execution" ? ["execution", "settlement"] : ["settlement", "execution"];
  return svg(
    "svg",
    { class: upright ? "lines upright" : "lines", viewBox: box, preserveAspectRatio: "none", "aria-hidden": "true" },
    line(5, layers[0]),
    line(95, layers[1]),
    svg("path", { class: "way todo", d: path(stops, Math.max(now, 0), stops.length - 1, upright) }),
    svg("path", { class: "way past", d: path(stops, 0, now, upright) }),
  );
}
export function journey(m) {
  const route = routeOf(m.route),
    levels = levelsOf(route),
    come = STAGES.indexOf(m.stage),
    has = (stage) => levels.find((l) => l.stage === stage);
  // One that it came past at once has no time of its own.
  const stops = STAGES.filter((s, i) => reachedMs(m, s) || (has(s) && (i < come || m.condition !== "dead"))).map(
    (stage) => ({ stage, ms: reachedMs(m, stage), assured: (has(stage) || {}).assured }),
  );
  stops.source = route ? route.source : "execution";
  const now = stops.findIndex((s) => s.stage === m.stage),
    last = m.condition === "done" || m.condition === "dead";
  const stop = (s, i) => {
    const next = stops.slice(i + 1).find((later) => later.ms),
      took = s.ms && next ? duration((next.ms - s.ms) / 1000) : null;
    return h(
      "li",
      {
        class: ["stop", `at${rail(s.stage)}`, i <= now ? "reached" : "", i === now ? "now" : ""]
          .filter(Boolean)
          .join(" "),
        "aria-current": i === now ? "step" : null,
        title: s.assured,
      },
      h("span", { class: "node" }),
      h("span", { class: "stage" }, words(s.stage)),
      s.ms ? h("span", { class: "at" }, clock(s.ms)) : null,
      took ? h("span", { class: "took" }, took) : i === now && !last ? h("span", { class: "took" }, since(s.ms)) : null,
    );
  };
  const layers = stops.source === "execution" ? ["execution", "settlement"] : ["settlement", "execution"];
  return h(
    "section",
    { class: `journey n${stops.length}`, "aria-label": "Its way through both layers" },
    h(
      "div",
      { class: "ends" },
      h("div", {}, chainName(route ? sourceOf(route) : m.sourceChain, layers[0]), h("small", {}, `${layers[0]} layer`)),
      h("div", { class: "here" }, h("small", {}, "checked here")),
      h("div", {}, route ? chainName(targetOf(route), layers[1]) : "?", h("small", {}, `${layers[1]} layer`)),
    ),
    h(
      "div",
      { class: "track" },
      rails(stops, now, false),
      rails(stops, now, true),
      h("ol", { class: "stops" }, stops.map(stop)),
    ),
  );
}
