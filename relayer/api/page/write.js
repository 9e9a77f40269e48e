"use strict";
// Writing: elements whose texts are text nodes only, whatever stands in them, and what people read of numbers and times.

// --- elements

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity))
    if (child !== null && child !== undefined && child !== false) element.append(child);
  return element;
}
export const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
export const svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

const HANDLERS = ["onclick", "onchange", "oninput", "onsubmit", "ontoggle"];
const keyOf = (node) => (node.dataset ? node.dataset.key : undefined);

// Makes old look like next and keeps what a person does with it: focus, what was typed or opened, where it was scrolled, and all that
// was written into what has data-keep.
function morph(old, next) {
  if (old.nodeName !== next.nodeName || keyOf(old) !== keyOf(next)) {
    old.replaceWith(next);
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== next.data) old.data = next.data;
    return;
  }
  const changed = old.dataset.state !== next.dataset.state;
  const own = old.nodeName === "DETAILS" ? ["open"] : [];
  for (const { name } of [...old.attributes])
    if (!next.hasAttribute(name) && !own.includes(name)) old.removeAttribute(name);
  for (const { name, value } of next.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const name of HANDLERS) old[name] = next[name];
  if (changed) old.classList.add("fresh");
  if (next.dataset.keep !== undefined) return;
  morphChildren(old, next);
}
export function morphChildren(old, next) {
  const keyed = new Map([...old.children].filter(keyOf).map((child) => [keyOf(child), child]));
  let at = old.firstChild;
  for (const child of [...next.childNodes]) {
    const key = keyOf(child);
    const same =
      key !== undefined ? keyed.get(key) : at && keyOf(at) === undefined && at.nodeName === child.nodeName ? at : null;
    if (!same) {
      if (key !== undefined && keyed.size > 0) child.classList.add("fresh");
      old.insertBefore(child, at);
      continue;
    }
    if (same === at) at = at.nextSibling;
    else old.insertBefore(same, at);
    morph(same, child);
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

const ICONS = {
  copy: "M6 2.500h6.500V10M3.500 5.500h6v8h-6z",
  done: "M3 8.500 6.500 12 13 4.500",
  out: "M6 3.500H3.500v9h9V10M9 3.500h3.500V7M12.500 3.500 7.500 8.500",
  search: "M7 2.500a4.500 4.500 0 1 0 0 9 4.500 4.500 0 0 0 0-9zM10.500 10.500 14 14",
  key: "M5.500 6.500a3 3 0 1 0 .010 0zM7.700 7.400 13.500 2.500M11 4.600l2 2",
  light: "M8 5a3 3 0 1 0 .010 0zM8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1",
  dark: "M13 9.500A5.500 5.500 0 0 1 6.500 3a5.500 5.500 0 1 0 6.500 6.500z",
  auto: "M8 2.500a5.500 5.500 0 1 0 .010 0zM8 2.500v11M10 4v8M12 6v4",
  alert: "M8 2 14.500 13.500h-13zM8 6.500v3M8 11.500v.010",
  wait: "M8 2a6 6 0 1 0 .010 0zM8 4.800V8l2.400 1.600",
  hold: "M5.500 3.500v9M10.500 3.500v9",
  dead: "M4 4l8 8M12 4l-8 8",
  more: "M6 3.500 10.500 8 6 12.500",
};
export const icon = (name) =>
  svg("svg", { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { d: ICONS[name] }));

// --- numbers

export const number = (n) =>
  n === undefined || n === null ? "–" : String(n).replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
export const plural = (n, one, many) => `${number(n)} ${Number(n) === 1 ? one : many || one + "s"}`;
export const words = (name) => name.replaceAll("_", " ").replaceAll("-", " ");
export const sentence = (text) => (text ? text[0].toUpperCase() + text.slice(1) : "");

// An amount of a chain's native token: whole digits, and so many behind the point that count.
function digitsOf(wei, decimals, most) {
  const digits = BigInt(wei)
    .toString()
    .padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals),
    rest = decimals ? digits.slice(-decimals) : "";
  const zeros = /^0*/.exec(rest)[0].length;
  const shown = rest.slice(0, whole === "0" ? zeros + most - 1 : most).replace(/0+$/, "");
  return number(whole) + (shown ? "." + shown : "");
}
export const amountText = (wei, symbol, decimals) => `${digitsOf(wei, decimals, 4)} ${symbol}`;
// All of it is in the title.
export function amount(wei, symbol = "ETH", decimals = 18) {
  if (wei === undefined || wei === null) return "–";
  const title = `${BigInt(wei)} wei`;
  return h("span", { class: "amount", title }, digitsOf(wei, decimals, 6), h("small", {}, "\u202f" + symbol));
}
export function bytes(n) {
  if (n < 1024) return `${n} B`;
  return n < 1048576 ? `${(n / 1024).toFixed(1)} KiB` : `${(n / 1048576).toFixed(1)} MiB`;
}

// --- times

export function duration(seconds) {
  const s = Math.max(0, seconds);
  if (s < 10) return `${s < 0.05 ? 0 : s.toFixed(1)} s`;
  if (s < 120) return `${Math.round(s)} s`;
  const parts = [
    [86400, "d"],
    [3600, "h"],
    [60, "min"],
  ];
  const first = parts.findIndex(([size]) => s >= size);
  const [size, unit] = parts[first],
    n = Math.floor(s / size);
  const next = parts[first + 1],
    rest = next ? Math.floor((s - n * size) / next[0]) : 0;
  return `${n} ${unit}` + (next && rest && n < 10 ? ` ${rest} ${next[1]}` : "");
}
const two = (n) => String(n).padStart(2, "0");
function local(date) {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
const utc = (date) =>
  date
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z/, " UTC");
function relative(ms) {
  const ago = Math.round((Date.now() - ms) / 1000);
  if (Math.abs(ago) < 2) return "now";
  const text = Math.abs(ago) < 120 ? `${Math.abs(ago)} s` : duration(Math.abs(ago));
  return ago > 0 ? `${text} ago` : `in ${text}`;
}
// "3 min ago", kept up to date by tick(); local time and UTC in the title.
export function when(ms) {
  if (!ms) return "–";
  const date = new Date(ms);
  return h(
    "time",
    { datetime: date.toISOString(), title: `${local(date)} here\n${utc(date)}`, "data-ms": ms },
    relative(ms),
  );
}
// How long it has been so.
export function since(ms) {
  const date = new Date(ms);
  return h(
    "time",
    { datetime: date.toISOString(), title: `since ${local(date)} here\n${utc(date)}`, "data-since": ms },
    duration((Date.now() - ms) / 1000),
  );
}
// The hour, with the day where it is another one, and the year likewise.
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
export function clock(ms) {
  const date = new Date(ms),
    now = new Date(),
    text = local(date),
    day = `${date.getDate()} ${MONTHS[date.getMonth()]}`;
  const shown =
    text.slice(0, 10) === local(now).slice(0, 10)
      ? text.slice(11)
      : date.getFullYear() === now.getFullYear()
        ? `${day} ${text.slice(11, 16)}`
        : `${day} ${date.getFullYear()}`;
  return h("time", { datetime: date.toISOString(), title: `${text} here\n${utc(date)}` }, shown);
}
export function tick(root) {
  for (const e of root.querySelectorAll("time[data-ms]")) e.textContent = relative(Number(e.dataset.ms));
  for (const e of root.querySelectorAll("time[data-since]"))
    e.textContent = duration((Date.now() - Number(e.dataset.since)) / 1000);
}

// --- hashes, and texts with hashes and times in them

export const short = (hash) => (hash.length > 20 ? `${hash.slice(0, 8)}…${hash.slice(-6)}` : hash);
export const mono = (text) => h("span", { class: "mono" }, text);
export const hash = (value) => (value ? h("span", { class: "mono", title: value }, short(value)) : "–");
export function copy(value, what) {
  const button = h(
    "button",
    {
      type: "button",
      class: "quiet copy",
      "aria-label": `Copy ${what}`,
      title: `Copy ${what}`,
      onclick: async () => {
        try {
          await navigator.clipboard.writeText(value);
        } catch {
          return;
        }
        button.replaceChildren(icon("done"));
        setTimeout(() => button.replaceChildren(icon("copy")), 1500);
      },
    },
    icon("copy"),
  );
  return button;
}
// Hashes are shortened, times of chains (Unix seconds behind a word that says so) become those of here, and long spans are put so that
// one need not reckon.
const RICH =
  /(0x[0-9a-fA-F]{40,}|\b(?:at|of|from|until|reach|time|before|after) [12]\d{9}\b(?! (?:wei|gas|gwei|block))|\b\d{3,9} s\b)/;
export function rich(text) {
  return String(text)
    .split(RICH)
    .map((part) => {
      if (/^0x[0-9a-fA-F]{40}/.test(part)) return hash(part);
      const span = /^(\d{3,9}) s$/.exec(part);
      if (span) return h("span", { title: part }, duration(Number(span[1])));
      const date = /^(\w+) ([12]\d{9})$/.exec(part);
      return date ? [date[1], " ", clock(Number(date[2]) * 1000)] : part;
    });
}

// --- what pages are made of

export const tag = (text, kind, title) => h("span", { class: "tag " + (kind || ""), title }, text);
export const dot = (kind) => h("i", { class: "dot " + (kind || ""), "aria-hidden": "true" });
export const gravity = (severity) => ({ critical: "bad", warning: "warn", info: "info" })[severity] || "";
export const none = (text) => h("p", { class: "none" }, text);
export const empty = (title, text) => h("div", { class: "empty" }, h("strong", {}, title), text && h("p", {}, text));
export function pairs(list) {
  return h(
    "dl",
    {},
    list
      .filter(([, value]) => value !== undefined && value !== null && value !== "" && value !== false)
      .map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
  );
}
export function section(title, note, ...content) {
  return h(
    "section",
    { class: "part" },
    h("div", { class: "part-head" }, h("h2", {}, title), note && h("div", { class: "note" }, note)),
    ...content,
  );
}
// columns: text, or {name, number}; rows: {key, state, href, kind, cells}, or {group}. On a phone a row is a card whose lines have the
// columns' names.
export function table(label, columns, rows, otherwise) {
  if (rows.length === 0) return otherwise;
  const named = columns.map((c) => (typeof c === "string" ? { name: c } : c));
  const line = (row) =>
    row.group
      ? h(
          "tr",
          { class: "group", "data-key": row.key },
          h("th", { scope: "rowgroup", colspan: named.length }, row.group),
        )
      : h(
          "tr",
          {
            "data-key": row.key,
            "data-state": row.state,
            class: [row.kind, row.href && "goes"].filter(Boolean).join(" ") || null,
            onclick:
              row.href &&
              ((e) => {
                if (!e.target.closest("a, button, summary") && !getSelection().toString()) location.hash = row.href;
              }),
          },
          row.cells.map((content, i) =>
            h("td", { class: named[i].number && "number", "data-label": sentence(named[i].name) || null }, content),
          ),
        );
  const headed = ["state", "condition"].includes(named[1] && named[1].name) ? " headed" : ""; // the second cell stands beside the first on a phone
  return h(
    "div",
    { class: "sheet" + headed, role: "region", "aria-label": label, tabindex: "0" },
    h(
      "table",
      {},
      h("caption", { class: "hidden" }, label),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          named.map((c) =>
            h(
              "th",
              { scope: "col", class: c.number && "number" },
              c.name ? sentence(c.name) : h("span", { class: "hidden" }, "actions"),
            ),
          ),
        ),
      ),
      h("tbody", {}, rows.map(line)),
    ),
  );
}
