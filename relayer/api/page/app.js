"use strict";
// The page of the daemon: reads its API, writes nothing but text nodes, asks no other site.

const STAGES = ["seen", "safe", "source-final", "root-committed", "root-verified", "proven", "challenge-over", "executed", "executed-final"];
const CONDITIONS = ["ready", "waiting", "held", "dead", "done"];
const MEANING = {
  "seen": "The source chain has it in a block that can still be replaced.",
  "safe": "Its block is on the settlement layer's record; a deep reorganization could still undo it.",
  "source-final": "Its block is final at the source: it was sent, for good.",
  "root-committed": "The other chain was told a root that covers it; nobody here has checked that root yet.",
  "root-verified": "That root is the one that this relayer computes from the source itself.",
  "proven": "Its proof stands in the contract that will deliver it; the waiting time runs.",
  "challenge-over": "Nobody can object any longer: it can be executed.",
  "executed": "It is delivered, in a block that can still be replaced.",
  "executed-final": "It is delivered, for good.",
};
const view = document.getElementById("view");
let status = null, stream = null, drawn = 0;

// --- asking

class Problem extends Error {
  constructor(code, text) { super(text); this.code = code; }
}
function headers() {
  const token = sessionStorage.getItem("token");
  return token ? { Authorization: "Bearer " + token } : {};
}
async function ask(path, body) {
  const options = body === undefined ? { headers: headers() }
    : { method: "POST", headers: { ...headers(), "Content-Type": "application/json" }, body: JSON.stringify(body) };
  let answer;
  try { answer = await fetch(path, options); } catch { throw new Problem(0, "The daemon does not answer."); }
  const text = await answer.text();
  let value = null;
  try { value = JSON.parse(text); } catch { /* said below */ }
  if (!answer.ok) throw new Problem(answer.status, value && value.detail ? value.detail : `The daemon answered ${answer.status}.`);
  if (value === null) throw new Problem(answer.status, "The daemon's answer is no JSON.");
  return value;
}

// --- writing

function h(tag, attributes, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) e.addEventListener(name.slice(2), value);
    else e.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) if (child !== null && child !== undefined && child !== false) e.append(child);
  return e;
}
const svg = (tag, attributes, ...children) => {
  const e = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
  e.append(...children);
  return e;
};
const tag = (text, kind) => h("span", { class: "tag " + (kind || "") }, text);
const mono = (text) => h("span", { class: "mono" }, text);
const short = (hash) => hash && hash.length > 20 ? hash.slice(0, 10) + "…" + hash.slice(-6) : hash || "";
const number = (n) => Number(n).toLocaleString("en-US").replaceAll(",", " ");
const style = (condition) => ({ held: "warn", dead: "bad", done: "good" })[condition] || "";
const gravity = (severity) => ({ critical: "bad", warning: "warn" })[severity] || "";
function duration(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 90) return s + " s";
  if (s < 5400) return Math.round(s / 60) + " min";
  if (s < 129600) return Math.floor(s / 3600) + " h " + Math.round(s % 3600 / 60) + " min";
  return Math.floor(s / 86400) + " d " + Math.round(s % 86400 / 3600) + " h";
}
function when(ms) {
  if (!ms) return "–";
  const ago = (Date.now() - ms) / 1000;
  const text = ago >= 0 ? duration(ago) + " ago" : "in " + duration(-ago);
  return h("time", { datetime: new Date(ms).toISOString(), title: new Date(ms).toISOString() }, text);
}
function ether(wei, symbol) {
  if (wei === undefined || wei === null) return "";
  const digits = BigInt(wei).toString().padStart(19, "0");
  const rest = digits.slice(-18).replace(/0+$/, "").slice(0, 9);
  return digits.slice(0, -18) + (rest ? "." + rest : "") + " " + (symbol || "ETH");
}
function table(heads, rows, none) {
  if (rows.length === 0) return h("p", { class: "empty" }, none);
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": heads.map((x) => x.name || x).join(", ") },
    h("table", {}, h("thead", {}, h("tr", {}, heads.map((x) => h("th", { scope: "col", class: x.number && "number" }, x.name || x)))), h("tbody", {}, rows)));
}
const cell = (...content) => h("td", {}, ...content);
const num = (n) => h("td", { class: "number" }, typeof n === "number" || /^\d+$/.test(n) ? number(n) : n);
const pairs = (list) => h("dl", {}, list.filter((p) => p[1] !== undefined && p[1] !== null && p[1] !== "").map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));

// --- explorers: links only where one is configured

function explorer(chain) {
  const found = status && status.chains.find((c) => c.name === chain);
  return found && found.explorer ? found.explorer.replace(/\/+$/, "") : null;
}
function link(chain, kind, value, text) {
  const base = explorer(chain);
  const shown = mono(text || short(String(value)));
  return base ? h("a", { href: `${base}/${kind}/${value}`, rel: "noreferrer noopener", target: "_blank" }, shown) : h("span", { title: String(value) }, shown);
}

// --- overview

function routeCard(r) {
  const counts = Object.fromEntries(CONDITIONS.map((c) => [c, 0]));
  for (const stage of Object.values(r.messages)) for (const c of CONDITIONS) counts[c] += stage[c];
  const source = status.chains.find((c) => c.name === (r.source === "settlement" ? r.settlement : r.execution));
  return h("section", { class: "card" },
    h("h3", {}, h("a", { href: "#/messages?route=" + encodeURIComponent(r.name) }, r.name), r.held ? tag("held: " + r.holdReason, "bad") : tag("open", "good")),
    h("p", { class: "faint" }, `${r.stack} ${r.direction}: ${r.source === "settlement" ? r.settlement + " → " + r.execution : r.execution + " → " + r.settlement}`),
    r.held && r.holdDetail ? h("p", {}, r.holdDetail) : null,
    h("p", {}, CONDITIONS.filter((c) => counts[c] > 0).map((c) => [h("a", { href: `#/messages?route=${encodeURIComponent(r.name)}&condition=${c}`, class: "tag " + style(c) }, `${number(counts[c])} ${c}`), " "])),
    source && source.behind > 0 ? h("p", { class: "faint" }, `${number(source.behind)} blocks behind at the source`) : null);
}
async function overview() {
  const [s, open] = await Promise.all([ask("/v1/status"), ask("/v1/incidents")]);
  status = s;
  return [
    h("h1", {}, "Routes"),
    h("div", { class: "cards" }, s.routes.map(routeCard)),
    h("h2", {}, "Open incidents"),
    incidentTable(open.incidents.slice(0, 8), "No incident is open."),
    h("h2", {}, "Chains"),
    table(["chain", { name: "newest", number: 1 }, { name: "safe", number: 1 }, { name: "final", number: 1 }, { name: "behind", number: 1 }, "newest block", "trouble"],
      s.chains.map((c) => h("tr", {}, cell(c.name, " ", h("span", { class: "faint" }, c.chainId)), num(c.latest ?? "–"), num(c.safe ?? "–"), num(c.final ?? "–"), num(c.behind ?? "–"),
        cell(c.latestTime ? when(c.latestTime * 1000) : "not read yet"), cell(c.trouble ? tag(c.trouble, "warn") : ""))), "No chain is configured."),
  ];
}

// --- messages

function messageRow(m, fresh) {
  return h("tr", { class: fresh === m.id && "fresh" },
    cell(h("a", { href: `#/messages/${m.id}?route=${encodeURIComponent(m.route)}` }, mono(short(m.id)))),
    cell(m.route), cell(m.stage), cell(tag(m.condition + (m.reason ? ": " + m.reason : ""), style(m.condition))), cell(when(m.sourceTime * 1000)), cell(mono(short(m.sender))), cell(mono(short(m.target))));
}
async function messages(parameters) {
  const routes = status || (status = await ask("/v1/status"));
  const list = await ask("/v1/messages?" + parameters);
  const body = list.messages.map((m) => messageRow(m, messages.fresh));
  const choose = (name, values) => h("label", {}, name, h("select", { name, onchange: apply },
    h("option", { value: "" }, "any"), values.map((v) => h("option", { value: v, selected: parameters.get(name) === v }, v))));
  const write = (name, hint) => h("label", {}, name, h("input", { name, value: parameters.get(name) || "", placeholder: hint, size: 22, spellcheck: "false", onchange: apply }));
  function apply() {
    const next = new URLSearchParams(new FormData(form));
    for (const [k, v] of [...next]) if (!v.trim()) next.delete(k); else next.set(k, v.trim());
    location.hash = "#/messages?" + next;
  }
  const form = h("form", { class: "filters", onsubmit: (e) => { e.preventDefault(); apply(); } },
    choose("route", routes.routes.map((r) => r.name)), choose("stage", STAGES), choose("condition", CONDITIONS), write("sender", "0x…"), write("target", "0x…"), write("tx", "0x…"));
  const more = list.next && h("p", {}, h("button", { type: "button", onclick: () => { const next = new URLSearchParams(parameters); next.set("cursor", list.next); location.hash = "#/messages?" + next; } }, "Older ones"));
  return [h("h1", {}, "Messages"), form, table(["id", "route", "stage", "condition", "sent", "sender", "target"], body, "There is no such message."), more || null];
}

function waits(m) {
  if (!m.waitsFor.length) return null;
  return m.waitsFor.map((w) => h("div", { class: "wait" }, h("strong", {}, w.what + ": "), w.text,
    w.until ? h("span", {}, " — until ", when(w.until * 1000), w.clock === "chain" ? ` by the clock of ${w.chain}` : "") : null,
    w.who ? h("div", { class: "faint" }, "Who can end it: " + w.who) : null));
}
function ladder(m) {
  const reached = Object.fromEntries(m.stages.map((s) => [s.stage, s.timeMs]));
  return h("ol", { class: "ladder" }, STAGES.filter((s) => reached[s] || STAGES.indexOf(s) > STAGES.indexOf(m.stage)).map((s) =>
    h("li", { class: s === m.stage ? "reached now" : reached[s] ? "reached" : "", title: MEANING[s], "aria-current": s === m.stage && "step" }, s, reached[s] ? h("small", {}, when(reached[s])) : null)));
}
function timeline(m) {
  const route = status.routes.find((r) => r.name === m.route);
  const chain = (side) => route ? route[side] : side;
  return h("div", { class: "lanes2" },
    h("div", { class: "line" }, h("div", { class: "left has faint" }, chain("execution")), h("div", {}), h("div", { class: "right faint" }, chain("settlement"))),
    m.history.map((line) => {
      const text = [h("div", {}, line.text), h("div", { class: "faint" }, when(line.timeMs), line.block !== undefined ? [" · block ", link(chain(line.side), "block", line.block, String(line.block))] : null,
        line.transaction ? [" · ", link(chain(line.side), "tx", line.transaction)] : null)];
      const left = line.side === "execution";
      return h("div", { class: "line" }, h("div", { class: "left" + (left ? " has" : "") }, left ? text : null), h("div", { class: "dot" }), h("div", { class: "right" + (left ? " none" : "") }, left ? null : text));
    }));
}
function transactions(m) {
  return table(["step", "state", "chain", "hash", { name: "gas", number: 1 }, { name: "fee", number: 1 }, "sent"],
    m.transactions.map((t) => h("tr", {}, cell(t.step), cell(tag(t.state + (t.success === false ? ", failed" : ""), t.success === false ? "bad" : t.state === "final" ? "good" : "")), cell(t.chain),
      cell(link(t.chain, "tx", t.hash)), num(t.gasUsed ?? "–"), h("td", { class: "number" }, t.feeWei !== undefined ? ether(t.feeWei) : t.feeAtMostWei !== undefined ? "at most " + ether(t.feeAtMostWei) : "–"), cell(when(t.sentMs)))),
    "Nothing was sent for it.");
}
function actions(m) {
  if (!sessionStorage.getItem("token")) return null;
  const said = h("span", { role: "status" });
  const button = (verb, needs) => needs && h("button", {
    type: "button", onclick: async () => {
      const reason = verb === "hold" ? prompt("Why is it to be held?") : "";
      if (reason === null) return;
      try { said.textContent = (await ask(`/v1/messages/${m.id}/${verb}?route=${encodeURIComponent(m.route)}`, reason ? { reason } : {})).answer || "written down"; } catch (e) { said.textContent = e.message; }
    } }, verb);
  return h("p", {}, button("retry", m.condition !== "held" && m.condition !== "done"), " ", button("hold", m.condition !== "held" && m.condition !== "done"), " ", button("release", m.condition === "held"), " ", said);
}
async function message(id, parameters) {
  if (!status) status = await ask("/v1/status");
  const found = await ask(`/v1/messages/${encodeURIComponent(id)}` + (parameters.get("route") ? "?route=" + encodeURIComponent(parameters.get("route")) : ""));
  message.shown = found.messages.map((m) => m.id);
  return found.messages.map((m) => [
    h("h1", {}, "Message ", mono(m.id)),
    h("p", {}, tag(m.condition + (m.reason ? ": " + m.reason : ""), style(m.condition)), " ", h("strong", {}, m.stage), " — ", MEANING[m.stage]),
    m.detail ? h("p", {}, m.detail) : null,
    waits(m), actions(m), ladder(m),
    h("h2", {}, "What it is"),
    pairs([["route", m.route], ["sent on", m.sourceChain], ["in block", link(m.sourceChain, "block", m.sourceBlock, String(m.sourceBlock))], ["in transaction", link(m.sourceChain, "tx", m.sourceTransaction)],
      ["sender", link(m.sourceChain, "address", m.sender, m.sender)], ["target", mono(m.target)], ["value", ether(m.valueWei)], ["known by", m.assurance], ["alias", m.alias && mono(m.alias)],
      ["lost at", m.deadlineTime && when(m.deadlineTime * 1000)], ["evidence", m.evidenceBytes ? `${number(m.evidenceBytes)} bytes, ${short(m.evidenceHash)}` : ""]]),
    h("h2", {}, "Transactions"), transactions(m),
    h("h2", {}, "What happened"), timeline(m)]);
}

// --- incidents

function incidentTable(list, none) {
  return table(["id", "severity", "kind", "about", "opened", "state"], list.map((i) => h("tr", {},
    cell(h("a", { href: "#/incidents/" + i.id }, String(i.id))), cell(tag(i.severity, gravity(i.severity))), cell(i.kind), cell(h("div", {}, i.text), h("div", { class: "faint mono" }, i.subject)), cell(when(i.openedMs)), cell(i.state + (i.acknowledged ? ", acknowledged" : "") + (i.silenced ? ", silenced" : "")))), none);
}
async function incidents(parameters) {
  const all = parameters.get("all") === "true";
  const list = await ask("/v1/incidents" + (all ? "?all=true" : ""));
  return [h("h1", {}, all ? "Incidents" : "Open incidents"), h("p", {}, h("a", { href: all ? "#/incidents" : "#/incidents?all=true" }, all ? "open ones only" : "those that are over, too")),
    incidentTable(list.incidents, all ? "There was no incident." : "No incident is open.")];
}
async function incident(id) {
  const i = await ask("/v1/incidents/" + encodeURIComponent(id));
  const said = h("span", { role: "status" });
  const layer = (name) => i[name] && h("div", { class: "card" }, h("h3", {}, name + " says"), h("p", { class: "mono" }, i[name].says || "nothing"),
    i[name].block ? h("p", { class: "faint" }, `block ${i[name].block.number} ${short(i[name].block.hash)}`) : null);
  return [
    h("h1", {}, `Incident ${i.id}: ${i.kind}`),
    h("p", {}, tag(i.severity, gravity(i.severity)), " ", tag(i.state)),
    h("p", {}, i.text), h("div", { class: "wait" }, h("strong", {}, "What to do: "), i.advice),
    sessionStorage.getItem("token") && !i.acknowledged && h("p", {}, h("button", { type: "button", onclick: async () => { try { said.textContent = (await ask(`/v1/incidents/${i.id}/acknowledge`, {})).answer || "written down"; } catch (e) { said.textContent = e.message; } } }, "Acknowledge"), " ", said),
    h("div", { class: "cards" }, layer("settlement") || null, layer("execution") || null),
    h("h2", {}, "What it is about"),
    pairs([["subject", mono(i.subject)], ["route", i.route], ["chain", i.chain], ["invariant", i.invariant], ["transaction", i.transaction && link(i.chain, "tx", i.transaction)], ["evidence", i.evidence && mono(i.evidence)], ["opened", when(i.openedMs)], ["times", String(i.times)], ["ended", i.resolution]]),
    h("h2", {}, "What became of it"),
    table(["when", "event", "severity", "what"], i.history.map((l) => h("tr", {}, cell(when(l.timeMs)), cell(l.event), cell(tag(l.severity, gravity(l.severity))), cell(l.text))), "Nothing yet.")];
}

// --- verdicts, endpoints, charts

async function verdicts(parameters) {
  const list = await ask("/v1/verdicts?" + parameters);
  const kind = (s) => ({ ok: "good", violated: "bad", unverified: "warn" })[s];
  return [h("h1", {}, "Verdicts"), h("p", {}, ["", "ok", "violated", "unverified"].map((s) => [h("a", { href: "#/verdicts" + (s ? "?state=" + s : "") }, s || "all"), " "])),
    table(["state", "invariant", "about", "route", "since"], list.verdicts.map((v) => h("tr", {}, cell(tag(v.state + (v.reason ? ": " + v.reason : ""), kind(v.state))), cell(v.invariant), cell(h("div", {}, v.about), v.sentence ? h("div", { class: "faint" }, v.sentence) : null), cell(v.route), cell(when(v.sinceMs)))),
      "Nothing is judged here: causeway run --role monitor, or all, does."),
    list.next ? h("p", {}, h("a", { href: "#/verdicts?" + new URLSearchParams({ ...Object.fromEntries(parameters), cursor: list.next }) }, "Older ones")) : null];
}
async function endpoints() {
  status = await ask("/v1/status");
  return [h("h1", {}, "Endpoints"),
    table(["chain", "endpoint", "operator", "state", { name: "score", number: 1 }, { name: "small ms", number: 1 }, { name: "large ms", number: 1 }, { name: "calls", number: 1 }],
      status.endpoints.map((e) => h("tr", {}, cell(e.chain), cell(e.name), cell(e.operator), cell(tag(e.state, e.state === "good" ? "good" : "warn"), e.trouble ? h("div", { class: "faint" }, e.trouble) : null), num(e.score ?? "–"), num(e.quickMs ?? "–"), num(e.heavyMs ?? "–"), num(e.calls ?? "–"))), "No endpoint was asked yet."),
    h("h2", {}, "Caught at"),
    table(["when", "endpoint", "method", "what", { name: "times", number: 1 }], status.findings.map((f) => h("tr", {}, cell(when(f.lastMs)), cell(`${f.chain}/${f.endpoint}`), cell(f.method), cell(f.text), num(f.times))), "No endpoint was caught at anything.")];
}
function bars(title, unit, rows) {
  const width = 640, bar = 22, left = 130, most = Math.max(...rows.map((r) => r.value), 1e-9);
  const picture = svg("svg", { class: "chart", viewBox: `0 0 ${width} ${rows.length * (bar + 6) + 8}`, role: "img", "aria-label": title });
  rows.forEach((r, i) => {
    const y = i * (bar + 6) + 4, w = Math.max(1, r.value / most * (width - left - 120));
    picture.append(svg("text", { x: left - 8, y: y + 15, "text-anchor": "end" }, r.name), svg("rect", { class: "bar", x: left, y, width: w, height: bar, rx: 3 }), svg("text", { x: left + w + 6, y: y + 15 }, r.text || r.value + " " + unit));
  });
  return h("section", { class: "card" }, h("h3", {}, title), rows.length ? picture : h("p", { class: "empty" }, "Nothing to measure yet."));
}
async function charts() {
  const stats = await ask("/v1/stats");
  return [h("h1", {}, "Latency and cost"), h("div", { class: "cards" }, stats.routes.flatMap((r) => [
    bars(`${r.route}: time to each stage, median`, "s", r.stages.filter((s) => s.count > 0).map((s) => ({ name: s.stage, value: s.p50Ms / 1000, text: duration(s.p50Ms / 1000) }))),
    bars(`${r.route}: gas of each step, mean`, "gas", r.steps.filter((s) => s.count > 0).map((s) => ({ name: s.step, value: Number(s.gasMean), text: number(s.gasMean) })))]))];
}

// --- which page

async function draw() {
  const turn = ++drawn;
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const parts = path.split("/").map(decodeURIComponent), parameters = new URLSearchParams(query || "");
  view.setAttribute("aria-busy", "true");
  message.shown = [];
  let content;
  try {
    switch (parts[0]) {
      case "": content = await overview(); break;
      case "messages": content = parts[1] ? await message(parts[1], parameters) : await messages(parameters); break;
      case "incidents": content = parts[1] ? await incident(parts[1]) : await incidents(parameters); break;
      case "verdicts": content = await verdicts(parameters); break;
      case "endpoints": content = await endpoints(); break;
      case "charts": content = await charts(); break;
      default: content = h("p", { class: "empty" }, "There is no such page.");
    }
  } catch (e) {
    const empty = e instanceof Problem && e.code === 404;
    content = h("div", { class: empty ? "empty" : "error", role: "alert" }, e.message, e.code === 401 ? " Give a token below." : "");
  }
  if (turn !== drawn) return;
  view.replaceChildren(...[content].flat(Infinity).filter(Boolean));
  view.setAttribute("aria-busy", "false");
  for (const a of document.querySelectorAll("nav a")) {
    const own = a.getAttribute("href").replace(/^#\//, "");
    if (own === parts[0]) a.setAttribute("aria-current", "page"); else a.removeAttribute("aria-current");
  }
}
async function count() {
  try {
    const open = (await ask("/v1/incidents")).incidents.length, badge = document.getElementById("open");
    badge.textContent = String(open);
    badge.hidden = open === 0;
  } catch { /* the page says it */ }
}

// --- as it happens

let due = null;
function soon() { // many events, one look
  if (!due) due = setTimeout(() => { due = null; draw(); }, 400);
}
function happened(kind, event) {
  const page = location.hash.replace(/^#\/?/, "").split("?")[0];
  if (kind === "incident") { count(); if (page === "" || page.startsWith("incidents")) soon(); }
  if (kind !== "message") return;
  if (page === "" || page === "messages") { messages.fresh = event.id; soon(); }
  if (message.shown && message.shown.includes(event.id)) soon();
}
async function listen() {
  const live = document.getElementById("live");
  const state = (name, text) => { live.className = "live " + name; live.textContent = text; };
  let last = "";
  for (;;) {
    try {
      stream = new AbortController();
      const answer = await fetch("/v1/events" + (last ? "?after=" + encodeURIComponent(last) : ""), { headers: headers(), signal: stream.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      state("on", "live");
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let text = ""; ;) {
        const { done, value } = await reader.read();
        if (done) break;
        text += value;
        for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) {
          const lines = Object.fromEntries(text.slice(0, end).split("\n").filter((l) => l.includes(": ")).map((l) => [l.slice(0, l.indexOf(": ")), l.slice(l.indexOf(": ") + 2)]));
          if (lines.id) last = lines.id;
          if (lines.data) happened(lines.event, JSON.parse(lines.data));
        }
      }
      throw new Error("ended");
    } catch {
      state("off", "not connected");
      await new Promise((r) => setTimeout(r, 2000));
      if (!document.hidden) { draw(); count(); }
    }
  }
}

document.getElementById("search").addEventListener("submit", (e) => {
  e.preventDefault();
  const what = document.getElementById("what").value.trim();
  if (what) location.hash = "#/messages/" + encodeURIComponent(what);
});
document.getElementById("token").addEventListener("click", () => {
  const token = prompt("Token for this tab (empty: none). It is forgotten when the tab is closed.");
  if (token === null) return;
  if (token) sessionStorage.setItem("token", token.trim()); else sessionStorage.removeItem("token");
  document.getElementById("as").textContent = token ? "Asked with a token." : "What anybody may see here is shown.";
  if (stream) stream.abort();
  draw();
});
addEventListener("hashchange", () => { draw(); view.focus(); scrollTo(0, 0); });
addEventListener("keydown", (e) => {
  if (e.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) { e.preventDefault(); document.getElementById("what").focus(); }
});
draw();
count();
listen();
