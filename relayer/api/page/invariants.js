"use strict";
// What must hold, and whether it does.

import { ask, known } from "./ask.js";
import { dot, empty, h, number, rich, section, table, tag, when, words } from "./write.js";

const VERDICT = { ok: "good", violated: "bad", unverified: "warn" };
function matrix(routes) {
  const names = [...new Set(routes.flatMap((r) => r.verdicts.map((v) => v.invariant)))].sort();
  const cell = (r, name) => {
    const list = r.verdicts.filter((v) => v.invariant === name);
    return ["violated", "unverified", "ok"]
      .map((state) => [state, list.filter((v) => v.state === state).reduce((n, v) => n + v.n, 0)])
      .filter(([, n]) => n > 0)
      .map(([state, n]) =>
        h(
          "a",
          {
            class: `tag ${VERDICT[state]}`,
            href: `#/invariants?route=${encodeURIComponent(r.name)}&invariant=${encodeURIComponent(name)}&state=${state}`,
            "aria-label": `${n} ${state}`,
          },
          state === "ok" ? [number(n)] : `${number(n)} ${state}`,
        ),
      );
  };
  return table(
    "Invariants by route",
    ["invariant", ...routes.map((r) => r.name)],
    names.map((name) => ({
      key: name,
      cells: [
        h("strong", {}, words(name)),
        ...routes.map((r) => {
          const c = cell(r, name);
          return c.length ? h("span", { class: "tags" }, c) : h("span", { class: "faint" }, "–");
        }),
      ],
    })),
    empty(
      "Nothing is judged here.",
      "causeway run --role monitor, or --role all, judges what must hold on each route.",
    ),
  );
}
function side(v, layer) {
  if (!v[layer]) return h("span", { class: "faint" }, "–");
  return [
    h("div", {}, rich(v[layer].value || "")),
    v[layer].block ? h("div", { class: "faint" }, "block ", number(v[layer].block.number)) : null,
  ];
}
export async function invariants(parameters) {
  const list = await ask(`/v1/verdicts?${parameters}`);
  known.routes = (await ask("/v1/routes")).routes;
  const older = new URLSearchParams(parameters);
  if (list.next) older.set("cursor", list.next);
  const state = parameters.get("state") || "",
    pick = (name) => {
      const next = new URLSearchParams(parameters);
      next.delete("cursor");
      if (name) next.set("state", name);
      else next.delete("state");
      return h(
        "a",
        { href: "#/invariants" + (next.size ? `?${next}` : ""), "aria-current": state === name ? "true" : null },
        name ? [dot(VERDICT[name]), ` ${name}`] : "all",
      );
    };
  const what = ["route", "invariant"]
    .map((name) => parameters.get(name))
    .filter(Boolean)
    .map(words)
    .join(", ");
  return [
    "Invariants",
    [
      h("div", { class: "title" }, h("h1", {}, "What must hold")),
      matrix(known.routes),
      section(
        `Verdicts${what ? `: ${what}` : ""}`,
        h("div", { class: "tabs" }, ["", "violated", "unverified", "ok"].map(pick)),
        table(
          "Verdicts",
          ["state", "about", "settlement layer", "execution layer", "since"],
          list.verdicts.map((v) => ({
            key: `${v.route}${v.invariant}${v.key}`,
            state: v.state,
            cells: [
              [
                tag(v.state, VERDICT[v.state]),
                v.reason ? h("div", { class: "faint" }, words(v.reason)) : null,
                v.provisional ? h("div", { class: "faint" }, "provisional") : null,
              ],
              [
                h("div", {}, h("strong", {}, words(v.invariant)), h("span", { class: "faint" }, ` ${v.route}`)),
                h("div", {}, rich(v.about)),
                v.sentence ? h("div", { class: "faint" }, rich(v.sentence)) : null,
              ],
              side(v, "settlement"),
              side(v, "execution"),
              when(v.sinceMs),
            ],
          })),
          empty("There is no such verdict."),
        ),
      ),
      list.next
        ? h("p", { class: "pages" }, h("a", { class: "button", href: `#/invariants?${older}` }, "Older"))
        : null,
    ],
  ];
}
