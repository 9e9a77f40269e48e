"use strict";
// A picture of medians and what 95 of 100 stay within.

import { h, svg } from "./write.js";

const bar = (kind, x, y, width, height) => svg("rect", { class: kind, x, y, width: Math.max(width, 2), height, rx: 2 });

// rows: {name, middle, end} in one unit, which text() puts into words. The bar ends at the median, the line at the 95th of 100; all on
// one scale, drawn as wide as there is room. Names stand before the bars, or above them on a phone.
function picture(label, rows, text) {
  const wide = Math.min(1240, Math.max(260, document.getElementById("view").clientWidth - 84)),
    narrow = wide < 560,
    row = narrow ? 40 : 27,
    left = narrow ? 0 : 116,
    most = Math.max(...rows.map((r) => r.end), ...rows.map((r) => r.middle)) || 1,
    scale = (value) => (value / most) * (wide - left - (narrow ? 4 : 190)),
    below = rows.length * row;
  const said = rows.map((r) => `${r.name} median ${text(r.middle)}, 95 of 100 within ${text(r.end)}`).join("; ");
  const drawn = svg("svg", {
    class: "chart",
    width: wide,
    height: below + 22,
    role: "img",
    "aria-label": `${label}: ${said}`,
  });
  for (const share of narrow ? [0.5, 1] : [0, 0.25, 0.5, 0.75, 1]) {
    const x = left + scale(most * share);
    drawn.append(
      svg("path", { class: "grid", d: `M${x} 0V${below}` }),
      svg("text", { x, y: below + 16, "text-anchor": narrow && share === 1 ? "end" : "middle" }, text(most * share)),
    );
  }
  rows.forEach((r, i) => {
    const y = i * row + (narrow ? 20 : 5),
      middle = scale(r.middle),
      end = scale(r.end),
      name = narrow ? { x: 0, y: y - 6 } : { x: left - 10, y: y + 12, "text-anchor": "end" },
      values = narrow
        ? { x: wide, y: y - 6, "text-anchor": "end" }
        : { x: left + Math.max(end, middle) + 10, y: y + 12 };
    drawn.append(
      svg("text", { class: "name", ...name }, r.name),
      bar("most", left, y + 5, end, 5),
      bar("middle", left, y, middle, 15),
      svg("text", values, svg("tspan", { class: "value" }, text(r.middle)), svg("tspan", { dx: 8 }, text(r.end))),
    );
  });
  return drawn;
}

export function chart(title, label, rows, text) {
  const legend = h(
    "span",
    { class: "legend" },
    h("i", { class: "key middle" }),
    " median ",
    h("i", { class: "key most" }),
    " 95 of 100 within",
  );
  return h("div", { class: "card" }, h("h3", {}, title, legend), picture(label, rows, text));
}
