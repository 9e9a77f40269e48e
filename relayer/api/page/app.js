"use strict";
// The page of the daemon: reads its API, writes nothing but text, asks no other site. Which page is shown, and what is around it.

import { ask, known, learn, listen, Problem, token } from "./ask.js";
import { evidence } from "./evidence.js";
import { incident, incidents } from "./incidents.js";
import { invariants } from "./invariants.js";
import { message } from "./message.js";
import { address, messages } from "./messages.js";
import { endpoints, lanes, sinks } from "./network.js";
import { overview } from "./overview.js";
import { askText } from "./parts.js";
import { stats } from "./stats.js";
import { clock, empty, h, icon, morphChildren, plural, tick } from "./write.js";

const POLL_MS = 5000,
  SOON_MS = 400;
const view = document.getElementById("view"),
  notice = document.getElementById("notice"),
  live = document.getElementById("live"),
  what = document.getElementById("what");
let turn = 0,
  shown = "",
  answered = 0;

// --- which page

function place() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  let parts;
  try {
    parts = path.split("/").map(decodeURIComponent);
  } catch {
    parts = ["none"];
  }
  return { parts, parameters: new URLSearchParams(query || "") };
}
async function page({ parts: [name, id], parameters }) {
  message.shown = [];
  switch (name) {
    case "":
      return overview(draw);
    case "messages":
      return id ? message(id, parameters, draw) : messages(parameters, draw);
    case "address":
      return address(id || "");
    case "incidents":
      return id ? incident(id, draw) : incidents(parameters);
    case "evidence":
      return evidence(id || "");
    case "invariants":
      return invariants(parameters);
    case "endpoints":
      return endpoints();
    case "lanes": {
      const [title, content] = await lanes(draw);
      return [title, [content, await sinks()]];
    }
    case "stats":
      return stats(parameters);
    default:
      return ["Not found", empty("There is no such page.")];
  }
}
function problem(e) {
  if (!(e instanceof Problem)) return h("div", { class: "problem", role: "alert" }, String(e));
  if (e.code === 401)
    return h(
      "div",
      { class: "empty", role: "alert" },
      h("strong", {}, "This daemon shows nothing without a token."),
      h("p", {}, e.message),
      h("button", { type: "button", class: "main", onclick: access }, "Enter a token"),
    );
  if (e.code === 404)
    return h("div", { class: "empty", role: "alert" }, h("strong", {}, "Nothing was found."), h("p", {}, e.message));
  return h(
    "div",
    { class: "problem", role: "alert" },
    h("strong", {}, e.code === 400 ? "That can’t be asked. " : "That went wrong. "),
    e.message,
  );
}

async function draw() {
  const mine = ++turn,
    now = place(),
    again = location.hash === shown;
  const slow = again
    ? 0
    : setTimeout(() => {
        if (mine === turn)
          view.replaceChildren(
            h(
              "div",
              { class: "loading", role: "status" },
              h("i", {}),
              h("i", {}),
              h("i", {}),
              h("span", { class: "hidden" }, "Loading"),
            ),
          );
      }, 200);
  view.setAttribute("aria-busy", "true");
  let title = "Causeway",
    content;
  try {
    if (!known.chains.length || known.role === "none") await learn();
    [title, content] = await page(now);
    answered = Date.now();
    say(null);
  } catch (e) {
    if (mine === turn && e.code === 0 && again) {
      // what was shown stays, and is marked as old
      say(`The daemon does not answer. What is shown is of `, clock(answered || Date.now()));
      view.setAttribute("aria-busy", "false");
      return;
    }
    content = problem(e);
  }
  clearTimeout(slow);
  if (mine !== turn) return;
  const next = h("main", {}, content);
  if (again) morphChildren(view, next);
  else view.replaceChildren(...next.childNodes);
  shown = location.hash;
  document.title = title === "Causeway" ? title : `${title} – Causeway`;
  view.setAttribute("aria-busy", "false");
  for (const a of document.querySelectorAll("nav a")) {
    const own =
      a.getAttribute("href").replace(/^#\/?/, "") === (now.parts[0] === "address" ? "messages" : now.parts[0]);
    if (own) a.setAttribute("aria-current", "page");
    else a.removeAttribute("aria-current");
  }
}
function say(...content) {
  notice.hidden = content[0] === null;
  if (content[0] !== null) notice.replaceChildren(...content);
  document.body.classList.toggle("stale", !notice.hidden);
}
async function count() {
  try {
    const open = (await ask("/v1/incidents")).incidents,
      badge = document.getElementById("open"),
      grave = open.some((i) => i.severity === "critical");
    badge.textContent = String(open.length);
    badge.hidden = open.length === 0;
    badge.className = `badge ${grave ? "bad" : "warn"}`;
    badge.setAttribute("aria-label", `${plural(open.length, "open incident")}`);
  } catch {
    /* the page says it */
  }
}

// --- as it happens

// Many events, one look; the next one when that is over.
let wanted = false,
  looking = false;
async function soon() {
  wanted = true;
  if (looking) return;
  looking = true;
  while (wanted) {
    await new Promise((resume) => setTimeout(resume, SOON_MS));
    wanted = false;
    await draw();
  }
  looking = false;
}
function happened(kind, event) {
  const {
    parts: [name, id],
  } = place();
  if (kind === "gap") {
    draw();
    count();
  }
  if (kind === "incident") {
    count();
    if (["", "incidents", "invariants"].includes(name)) soon();
  }
  if (
    kind === "message" &&
    (["", "stats", "lanes", "address"].includes(name) ||
      (name === "messages" && (!id || message.shown.includes(event.id))))
  )
    soon();
}
const SAYS = { live: "Live", reconnecting: "Reconnecting", offline: "Offline" };
function connection(state) {
  const was = live.dataset.state;
  live.dataset.state = state;
  live.replaceChildren(h("i", { class: "dot" }), h("span", {}, SAYS[state]));
  live.title =
    state === "live" ? "What happens is shown as it happens." : `Asked again every ${POLL_MS / 1000} s meanwhile.`;
  if (was !== undefined && (state === "live") !== (was === "live")) {
    draw();
    count();
  }
}
setInterval(() => tick(document), 1000);
setInterval(() => {
  // heads and scores are told by no event; without the stream nothing is
  const behind = live.dataset.state !== "live";
  if (!document.hidden && (behind || ["", "endpoints"].includes(place().parts[0]))) {
    draw();
    if (behind) count();
  }
}, POLL_MS);
let wide = innerWidth;
addEventListener("resize", () => {
  if (innerWidth !== wide && place().parts[0] === "stats") soon();
  wide = innerWidth;
});
addEventListener("visibilitychange", () => {
  if (!document.hidden) draw();
});

// --- what is around the page

function go(hash) {
  if (location.hash === hash) draw();
  else location.hash = hash;
}
document.getElementById("search").addEventListener("submit", (e) => {
  e.preventDefault();
  const text = what.value.trim();
  if (!text) return;
  what.blur();
  if (/^0x[0-9a-fA-F]{40}$/.test(text)) go(`#/address/${text.toLowerCase()}`);
  else if (known.routes.some((r) => r.name === text)) go(`#/messages?route=${encodeURIComponent(text)}`);
  else if (/^#\d+$/.test(text)) go(`#/incidents/${text.slice(1)}`);
  else go(`#/messages/${encodeURIComponent(text)}`);
});

const theme = document.getElementById("theme"),
  THEMES = ["auto", "light", "dark"];
function setTheme(name) {
  if (name === "auto") localStorage.removeItem("theme");
  else localStorage.setItem("theme", name);
  document.documentElement.dataset.theme = name;
  theme.replaceChildren(icon(name));
  theme.title = `Colours: ${name}`;
  theme.setAttribute("aria-label", `Colours: ${name}. Change`);
}
theme.addEventListener("click", () =>
  setTheme(THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % THEMES.length]),
);
setTheme(THEMES.includes(localStorage.getItem("theme")) ? localStorage.getItem("theme") : "auto");

const key = document.getElementById("token");
function showAccess() {
  key.replaceChildren(
    icon("key"),
    h(
      "span",
      {},
      {
        operate: known.who ? `${known.who}, operates` : "May operate",
        read: token.get() ? `${known.who}, reads` : "Read only",
        none: "No access",
      }[known.role] || known.role,
    ),
  );
}
async function access(event, refused) {
  const given = await askText({
    title: "Token",
    type: "password",
    label: token.get() ? "Another token, or none to forget it" : "Token",
    button: "Use it",
    text:
      refused ||
      "A token of the role “operate” lets you hold, release, retry and acknowledge. It stays in this tab, and is forgotten when the tab is closed. “causeway token” makes one.",
  });
  if (given === null && !refused) return;
  if (given !== null) token.set(given);
  known.role = "none";
  try {
    await learn();
  } catch (e) {
    if (e.code === 401 && given) {
      token.set("");
      return access(null, `${e.message}.`);
    }
  }
  showAccess();
  if (listen.again) listen.again();
  draw();
}
key.addEventListener("click", access);

addEventListener("hashchange", async () => {
  await draw();
  scrollTo(0, 0);
  view.focus({ preventScroll: true });
});

// --- by the keyboard

function rows() {
  return [...view.querySelectorAll("a.row")].filter((a) => a.offsetParent);
}
function step(by) {
  const list = rows(),
    at = list.indexOf(document.activeElement),
    next = list[at < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(list.length - 1, Math.max(0, at + by))];
  if (next) {
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }
}
addEventListener("keydown", (e) => {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
  if (e.ctrlKey || e.metaKey || e.altKey || document.querySelector("dialog[open]")) return;
  if (e.key === "Escape") {
    if (typing) document.activeElement.blur();
    else if (place().parts.length > 1)
      location.hash = `#/${place().parts[0] === "address" ? "messages" : place().parts[0]}`;
  } else if (typing) {
    return;
  } else if (e.key === "/") {
    e.preventDefault();
    what.focus();
    what.select();
  } else if (["ArrowDown", "j", "ArrowUp", "k"].includes(e.key) && rows().length) {
    e.preventDefault();
    step(e.key === "ArrowDown" || e.key === "j" ? 1 : -1);
  }
});

draw().then(showAccess);
count();
listen(happened, connection);
