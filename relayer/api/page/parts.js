"use strict";
// Parts that several pages show: chains and links to explorers, conditions and stages, what an operator may do.

import { chainOf, known, post, Problem } from "./ask.js";
import { h, hash, icon, short, tag, words } from "./write.js";

export const STAGES = [
  "seen",
  "safe",
  "source-final",
  "root-committed",
  "root-verified",
  "proven",
  "challenge-over",
  "executed",
  "executed-final",
];
export const CONDITIONS = ["ready", "waiting", "held", "dead", "done"];
const KIND = { ready: "accent", waiting: "info", held: "warn", dead: "bad", done: "good" };
export const kindOf = (condition) => KIND[condition] || "";
export const condition = (m) => tag(m.condition, kindOf(m.condition), m.reason ? words(m.reason) : null);

// What the stages of a route's stack assure, in their order; a stack has not all of them.
export function levelsOf(route) {
  const stack = route && known.levels.find((s) => s.stack === route.stack && s.direction === route.direction);
  return stack
    ? STAGES.map(
        (name) =>
          stack.levels.find((l) => l.stage === name && !l.outcome) || stack.levels.find((l) => l.stage === name),
      ).filter(Boolean)
    : STAGES.map((stage) => ({ stage, assured: "" }));
}
// Nine cells, as many filled as the message has come.
export function progress(stage, kind) {
  const reached = STAGES.indexOf(stage);
  return h(
    "span",
    { class: "progress " + kind, role: "img", "aria-label": `stage ${reached + 1} of ${STAGES.length}` },
    STAGES.map((s, i) => h("i", { class: i <= reached && "on" })),
  );
}

// --- chains

export const sourceOf = (route) => (route.source === "settlement" ? route.settlement : route.execution);
export const targetOf = (route) => (route.source === "settlement" ? route.execution : route.settlement);
export const layerOf = (route, chain) => (route && chain === route.execution ? "execution" : "settlement");
export const chainName = (name, layer) => h("span", { class: "chain " + (layer || "") }, name);
export const way = (route) =>
  h(
    "span",
    { class: "way" },
    chainName(sourceOf(route), route.source),
    " → ",
    chainName(targetOf(route), route.source === "settlement" ? "execution" : "settlement"),
  );

// kind: tx, block, address. A link where the chain's explorer is configured (the daemon takes http and https only), text elsewhere.
export function at(chain, kind, value, text) {
  const found = chainOf(chain),
    shown = h("span", { class: "mono" }, text || short(String(value)));
  if (!found || !/^https?:\/\//.test(found.explorer || "")) return h("span", { title: String(value) }, shown);
  const href = `${found.explorer.replace(/\/+$/, "")}/${kind}/${encodeURIComponent(value)}`;
  return h(
    "a",
    { href, class: "out", rel: "noreferrer noopener", target: "_blank", title: `${value}\n${href}` },
    shown,
    icon("out"),
  );
}
export const tokenOf = (chain) => {
  const c = chainOf(chain);
  return c && c.symbol ? [c.symbol, c.decimals] : ["ETH", 18];
};

export const messageLink = (id, route, text) =>
  h(
    "a",
    { href: `#/messages/${id}${route ? "?route=" + encodeURIComponent(route) : ""}`, class: "row" },
    text || hash(id),
  );

// --- what is asked of people

function dialog(title, content, buttons) {
  const box = h(
    "dialog",
    { "aria-labelledby": "asked" },
    h("form", { method: "dialog" }, h("h2", { id: "asked" }, title), content, h("div", { class: "buttons" }, buttons)),
  );
  document.body.append(box);
  box.showModal();
  return new Promise((resolve) =>
    box.addEventListener("close", () => {
      box.remove();
      resolve(box.returnValue);
    }),
  );
}
export async function askText({ title, text, label, button, type, value, danger }) {
  const input =
    label &&
    h("input", {
      type: type || "text",
      value: value || "",
      autocomplete: "off",
      spellcheck: "false",
      maxlength: "119",
    });
  const answer = await dialog(
    title,
    [h("p", {}, text), input && h("label", {}, label, input)],
    [
      h("button", { value: "", formnovalidate: true }, "Cancel"),
      h("button", { value: "yes", class: danger ? "danger" : "main" }, button),
    ].reverse(),
  );
  return answer === "yes" ? (input ? input.value.trim() : "") : null;
}

// What the daemon answered, for a while.
let fades = 0;
function told(text) {
  const said = document.getElementById("said");
  said.textContent = text;
  said.hidden = false;
  clearTimeout(fades);
  fades = setTimeout(() => (said.hidden = true), 8000);
}
// A button for one thing that the daemon is asked to do, after it was confirmed. Shown to who may operate only. text may be asked for
// first; body is sent along with what is given as member.
export function action({ name, path, title, text, label, member, body, danger, done }) {
  if (known.role !== "operate") return null;
  const press = async () => {
    try {
      const given = await askText({
        title,
        text: text instanceof Function ? await text() : text,
        label,
        button: name,
        danger,
      });
      if (given === null) return;
      const answer = await post(path, given ? { ...body, [member]: given } : { ...body });
      told(answer.answer || "Written down; the daemon has not answered yet.");
      done();
    } catch (e) {
      told(e instanceof Problem ? e.message : String(e));
    }
  };
  return h(
    "span",
    { class: "action", "data-key": path },
    h("button", { type: "button", class: danger && "danger", onclick: press }, name),
  );
}
