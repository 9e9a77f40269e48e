"use strict";
// Lists of messages: by what they are, and by an address.

import { ask, known, post } from "./ask.js";
import { action, CONDITIONS, condition, kindOf, messageLink, progress, STAGES, tokenOf } from "./parts.js";
import { amount, empty, h, hash, none as nothing, sentence, table, when, words, number, plural } from "./write.js";

const FILTERS = ["route", "condition", "stage", "sender", "target", "from", "to"];
const HOURS = { hour: 3600, day: 86400, week: 604800, "30 days": 2592000 };

function messageTable(list, none) {
  return table(
    "Messages",
    ["id", "condition", "stage", "why", "from", "to", { name: "value", number: 1 }, "sent"],
    list.map((m) => ({
      key: `${m.route}/${m.id}`,
      state: `${m.stage}${m.condition}`,
      href: `#/messages/${m.id}?route=${encodeURIComponent(m.route)}`,
      cells: [
        [messageLink(m.id, m.route), h("div", { class: "faint" }, m.route)],
        condition(m),
        [progress(m.stage, kindOf(m.condition)), h("div", {}, words(m.stage))],
        h(
          "span",
          { class: "why", title: m.detail },
          sentence(words((m.condition === "done" ? m.outcome : m.reason) || "")),
        ),
        hash(m.sender),
        hash(m.target),
        m.valueWei === "0" ? h("span", { class: "faint" }, "0") : amount(m.valueWei, ...tokenOf(m.sourceChain)),
        when(m.sourceTime * 1000),
      ],
    })),
    none,
  );
}

function filterForm(parameters, again) {
  const values = Object.fromEntries(FILTERS.map((name) => [name, parameters.get(name) || ""]));
  const choose = (name, list) =>
    h(
      "label",
      {},
      h("span", {}, name),
      h(
        "select",
        { name, onchange: apply, class: values[name] && "set" },
        h("option", { value: "" }, "any"),
        list.map((v) => h("option", { value: v, selected: v === values[name] }, words(v))),
      ),
    );
  const write = (name) =>
    h(
      "label",
      {},
      h("span", {}, name),
      h("input", {
        name,
        value: values[name],
        placeholder: "0x…",
        spellcheck: "false",
        autocomplete: "off",
        onchange: apply,
        class: values[name] && "set",
      }),
    );
  const day = (name, says) =>
    h(
      "label",
      {},
      h("span", {}, says),
      h("input", {
        type: "datetime-local",
        name,
        value: values[name] && localInput(Number(values[name])),
        onchange: apply,
        class: values[name] && "set",
      }),
    );
  function apply() {
    const next = new URLSearchParams();
    for (const [name, value] of new FormData(form))
      if (value.trim())
        next.set(
          name,
          name === "from" || name === "to" ? String(Math.floor(new Date(value).getTime() / 1000)) : value.trim(),
        );
    location.hash = "#/messages" + (next.size ? "?" + next : "");
  }
  const set = FILTERS.some((name) => values[name]);
  const form = h(
    "form",
    {
      class: "filters",
      "aria-label": "Which messages",
      onsubmit: (e) => {
        e.preventDefault();
        apply();
      },
    },
    choose(
      "route",
      known.routes.map((r) => r.name),
    ),
    choose("condition", CONDITIONS),
    choose("stage", STAGES),
    write("sender"),
    write("target"),
    day("from", "sent from"),
    day("to", "sent until"),
    set ? h("a", { href: "#/messages", class: "button" }, "Clear") : null,
    set ? retryThese(values, again) : null,
  );
  if (!matchMedia("(max-width: 760px)").matches) return form;
  return h("details", { class: "filters-fold", "data-key": "filters", open: set }, h("summary", {}, "Filter"), form);
}
// All that fit, at once; what would be done is counted first.
function retryThese(values, again) {
  const path = "/v1/messages/retry",
    body = { limit: 200 };
  for (const name of FILTERS)
    if (values[name]) body[name] = name === "from" || name === "to" ? Number(values[name]) : values[name];
  return action({
    name: "Retry these",
    path,
    title: "Retry all of these now?",
    label: "Reason, for their history",
    member: "reason",
    body,
    done: again,
    text: async () => {
      const picked = await post(path, { ...body, dryRun: true });
      return `${plural(picked.wouldRetry.length, "message")} would be tried again; ${number(picked.wouldNot.length)} can’t be.`;
    },
  });
}
function localInput(seconds) {
  const date = new Date(seconds * 1000 - new Date(seconds * 1000).getTimezoneOffset() * 60000);
  return date.toISOString().slice(0, 16);
}
const latest = (parameters) =>
  Object.entries(HOURS).map(([name, seconds]) => {
    const next = new URLSearchParams(parameters);
    next.delete("cursor");
    next.set("from", String(Math.floor(Date.now() / 60000) * 60 - seconds));
    return h("a", { href: `#/messages?${next}` }, name);
  });

export async function messages(parameters, again) {
  const list = await ask(`/v1/messages?${parameters}`);
  const older = new URLSearchParams(parameters);
  if (list.next) older.set("cursor", list.next);
  const filtered = FILTERS.some((name) => parameters.get(name));
  return [
    "Messages",
    [
      h(
        "div",
        { class: "title" },
        h("h1", {}, "Messages"),
        h(
          "div",
          { class: "note" },
          "of the last ",
          latest(parameters).map((a, i) => [i ? ", " : "", a]),
        ),
      ),
      filterForm(parameters, again),
      messageTable(
        list.messages,
        filtered
          ? empty("There is no such message.", "No message fits all of these filters.")
          : empty(
              "There is no message yet.",
              "What is sent on a watched chain appears here by itself, within a block.",
            ),
      ),
      list.next || parameters.get("cursor")
        ? h(
            "p",
            { class: "pages" },
            parameters.get("cursor")
              ? h("a", { class: "button", href: "#/messages?" + without(parameters, "cursor") }, "Newest")
              : null,
            list.next ? h("a", { class: "button", href: `#/messages?${older}` }, "Older") : null,
          )
        : null,
    ],
  ];
}
function without(parameters, name) {
  const next = new URLSearchParams(parameters);
  next.delete(name);
  return next;
}

export async function address(value) {
  const [sent, got] = await Promise.all(
    ["sender", "target"].map((name) => ask(`/v1/messages?${name}=${encodeURIComponent(value)}&limit=20`)),
  );
  const part = (title, name, list) =>
    h(
      "section",
      { class: "part" },
      h(
        "div",
        { class: "part-head" },
        h("h2", {}, title),
        list.next ? h("a", { href: `#/messages?${name}=${encodeURIComponent(value)}` }, "All") : null,
      ),
      messageTable(list.messages, nothing("None.")),
    );
  return [
    `Address ${value}`,
    [h("h1", { class: "mono" }, value), part("Sent by it", "sender", sent), part("Sent to it", "target", got)],
  ];
}
