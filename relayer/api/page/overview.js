"use strict";
// The first page: how things are, what is wrong first, each route and each chain.

import { ask, known } from "./ask.js";
import { incidentTable } from "./incidents.js";
import { action, CONDITIONS, chainName, layerOf, sourceOf, STAGES, way } from "./parts.js";
import { dot, duration, empty, h, icon, number, plural, section, since, table, tag, when, words } from "./write.js";

const UNDER_WAY = STAGES.slice(0, 7);

function countsOf(route) {
  const counts = Object.fromEntries(CONDITIONS.map((c) => [c, 0]));
  for (const stage of Object.values(route.messages)) for (const c of CONDITIONS) counts[c] += stage[c];
  const live = (stage) => route.messages[stage].ready + route.messages[stage].waiting;
  return {
    ...counts,
    backlog: UNDER_WAY.reduce((n, stage) => n + live(stage), 0),
    delivered: route.messages.executed.waiting + route.messages.executed.ready + counts.done,
  };
}
// What is worst comes first: held routes, then those with critical incidents, dead or held messages, a chain in trouble, the backlog.
function weight(r) {
  const grave = r.incidents.filter((i) => i.severity === "critical").length;
  return [r.held ? 1 : 0, grave, r.incidents.length, r.counts.dead, r.counts.held, r.trouble ? 1 : 0, r.counts.backlog];
}
function worstFirst(a, b) {
  const x = weight(a),
    y = weight(b),
    i = x.findIndex((n, k) => n !== y[k]);
  return i < 0 ? a.name.localeCompare(b.name) : y[i] - x[i];
}

// --- routes

const link = (route, more, text, label) =>
  h("a", { href: `#/messages?route=${encodeURIComponent(route)}${more}`, "aria-label": label }, text);
function state(r) {
  if (r.held) return tag("held", "bad", r.holdDetail);
  if (r.trouble) return tag("waits", "warn", r.trouble);
  return tag("open", "good");
}
// How many stand in which stage.
function pipeline(r) {
  const cells = UNDER_WAY.map((stage) => [stage, r.messages[stage]]).map(([stage, n]) => {
    const all = n.ready + n.waiting + n.held + n.dead;
    return h(
      "i",
      { class: n.held + n.dead > 0 ? "warn" : all > 0 ? "on" : "", title: `${words(stage)}: ${all}` },
      all > 0 ? number(all) : "",
    );
  });
  return h(
    "span",
    {
      class: "pipeline",
      role: "img",
      "aria-label":
        UNDER_WAY.filter((s) => r.messages[s].ready + r.messages[s].waiting + r.messages[s].held > 0)
          .map((s) => `${r.messages[s].ready + r.messages[s].waiting + r.messages[s].held} ${words(s)}`)
          .join(", ") || "nothing under way",
    },
    cells,
  );
}
function some(r, name, kind) {
  const n = r.counts[name];
  return n
    ? link(r.name, `&condition=${name}`, h("span", { class: "count-in " + kind }, number(n)), `${n} ${name}`)
    : h("span", { class: "faint zero" }, "0");
}
function lag(r) {
  const source = r.from;
  if (!source || source.latest === undefined) return h("span", { class: "faint" }, "not read yet");
  const behind = source.behind || 0,
    left = source.backfill ? source.backfill.left : 0;
  return [
    behind > 2 ? h("span", { class: "warn-text" }, plural(behind, "block")) : "up to date",
    left ? h("div", { class: "faint" }, `${number(left)} of the past left`) : null,
  ];
}
function act(r, again) {
  const one = { label: "Reason", member: "reason", done: again },
    path = (verb) => `/v1/routes/${encodeURIComponent(r.name)}/${verb}`;
  return r.held
    ? action({
        ...one,
        name: "Release",
        path: path("release"),
        title: `Release route ${r.name}?`,
        text: `It is held: ${r.holdDetail || words(r.holdReason)}. Its messages go on at once.`,
      })
    : action({
        ...one,
        name: "Hold",
        path: path("hold"),
        title: `Hold route ${r.name}?`,
        text: "Nothing is signed for its messages until somebody releases it.",
        danger: true,
      });
}
function routeTable(routes, again) {
  return table(
    "Routes",
    [
      "route",
      "state",
      "messages under way, by stage",
      { name: "backlog", number: 1 },
      { name: "held", number: 1 },
      { name: "dead", number: 1 },
      { name: "delivered", number: 1 },
      { name: "median", number: 1 },
      "reading",
      ...(known.role === "operate" ? [""] : []),
    ],
    routes.map((r) => ({
      key: r.name,
      href: `#/messages?route=${encodeURIComponent(r.name)}`,
      state: `${r.held}${r.counts.backlog}`,
      cells: [
        [
          h(
            "div",
            { class: "name" },
            h("a", { class: "row", href: `#/messages?route=${encodeURIComponent(r.name)}` }, r.name),
          ),
          h("div", { class: "faint" }, `${r.stack} ${r.direction} `, way(r)),
        ],
        [state(r), r.held ? h("div", { class: "faint" }, `${words(r.holdReason)}, for `, since(r.holdMs)) : null],
        pipeline(r),
        r.counts.backlog ? number(r.counts.backlog) : h("span", { class: "faint zero" }, "0"),
        some(r, "held", "warn"),
        some(r, "dead", "bad"),
        number(r.counts.delivered),
        r.stats && r.stats.delivery.count
          ? h(
              "span",
              { title: `of ${r.stats.delivery.count}; 95 of 100 within ${duration(r.stats.delivery.p95Ms / 1000)}` },
              duration(r.stats.delivery.p50Ms / 1000),
            )
          : h("span", { class: "faint" }, "–"),
        lag(r),
        ...(known.role === "operate" ? [act(r, again)] : []),
      ],
    })),
    empty("No route is configured.", "A route is one bridge, in one direction, between two chains."),
  );
}

// --- chains

function head(c, name, time) {
  if (c[name] === undefined) return h("span", { class: "faint" }, "–");
  const less = c.latest - c[name];
  return [number(c[name]), h("div", { class: "faint" }, time ? when(time * 1000) : `−${number(less)}`)];
}
function chainTable(chains, layers) {
  return table(
    "Chains",
    [
      "chain",
      "state",
      { name: "newest", number: 1 },
      { name: "safe", number: 1 },
      { name: "final", number: 1 },
      { name: "read to", number: 1 },
      "how",
    ],
    chains.map((c) => ({
      key: c.name,
      cells: [
        [
          h("div", { class: "name" }, chainName(c.name, layers[c.name])),
          h("div", { class: "faint" }, `id ${c.chainId}`),
        ],
        c.trouble
          ? [tag("in trouble", "warn"), h("div", { class: "note-text" }, c.trouble)]
          : c.latest === undefined
            ? tag("not read yet")
            : tag("well", "good"),
        head(c, "latest", c.latestTime),
        head(c, "safe"),
        head(c, "final"),
        c.readTo === undefined
          ? h("span", { class: "faint" }, "–")
          : [
              number(c.readTo),
              c.behind > 2 ? h("div", { class: "warn-text" }, `${number(c.behind)} behind`) : null,
              c.backfill && c.backfill.left
                ? h(
                    "div",
                    { class: "faint" },
                    `${number(c.backfill.left)} of the past left${c.backfill.etaSeconds ? `, ${duration(c.backfill.etaSeconds)}` : ""}`,
                  )
                : null,
            ],
        h(
          "span",
          { class: "faint" },
          c.mode ? `${c.mode}, ${c.quorum > 1 ? `${c.quorum} operators agree` : "one operator"}` : "",
        ),
      ],
    })),
    empty("No chain is configured."),
  );
}

// --- in one sentence

function verdict(routes, incidents, chains) {
  const held = routes.filter((r) => r.held),
    grave = incidents.filter((i) => i.severity === "critical" && !i.acknowledged),
    troubled = chains.filter((c) => c.trouble);
  const dead = routes.reduce((n, r) => n + r.counts.dead, 0),
    kept = routes.reduce((n, r) => n + r.counts.held, 0);
  if (held.length || grave.length) {
    return [
      "bad",
      "alert",
      [
        held.length
          ? `${held.length === routes.length && routes.length > 1 ? "Every route is" : held.length === 1 ? `Route ${held[0].name} is` : `${held.length} routes are`} held`
          : "",
        grave.length ? `${plural(grave.length, "critical incident")} open` : "",
      ]
        .filter(Boolean)
        .join(", ") + ".",
    ];
  }
  if (troubled.length)
    return ["warn", "alert", `${troubled.map((c) => c.name).join(" and ")} can’t be read as it should: messages wait.`];
  if (kept || dead)
    return [
      "warn",
      "hold",
      `Routes are open; ${[kept ? `${plural(kept, "message is", "messages are")} held` : "", dead ? `${plural(dead, "message is", "messages are")} dead` : ""].filter(Boolean).join(", ")}.`,
    ];
  if (incidents.length)
    return ["warn", "alert", `Routes are open; ${plural(incidents.length, "incident is", "incidents are")} open.`];
  return [
    "good",
    "done",
    routes.length ? "Everything runs, and nothing is held." : "The daemon runs, without a route.",
  ];
}
const figure = (name, value, kind, href) =>
  h(
    href ? "a" : "div",
    { class: "figure " + (value && kind ? kind : ""), href },
    h("span", {}, name),
    h("strong", {}, number(value)),
  );

export async function overview(again) {
  const [status, stats, open] = await Promise.all([ask("/v1/status"), ask("/v1/stats"), ask("/v1/incidents")]);
  known.chains = status.chains;
  const layers = {};
  const routes = status.routes
    .map((r) => {
      for (const side of ["settlement", "execution"]) layers[r[side]] = layers[r[side]] || layerOf(r, r[side]);
      const troubled = status.chains.find((c) => c.trouble && (c.name === r.settlement || c.name === r.execution));
      return {
        ...r,
        counts: countsOf(r),
        incidents: open.incidents.filter((i) => i.route === r.name),
        stats: stats.routes.find((s) => s.route === r.name),
        from: status.chains.find((c) => c.name === sourceOf(r)),
        trouble: troubled ? `${troubled.name}: ${troubled.trouble}` : "",
      };
    })
    .sort(worstFirst);
  const total = (name) => routes.reduce((n, r) => n + r.counts[name], 0);
  const [kind, sign, text] = verdict(routes, open.incidents, status.chains);
  return [
    "Overview",
    [
      h("div", { class: "verdict " + kind }, icon(sign), h("h1", {}, text)),
      h(
        "div",
        { class: "figures" },
        figure("Under way", total("backlog"), "", "#/messages?condition=waiting"),
        figure("Held", total("held"), "warn", "#/messages?condition=held"),
        figure("Dead", total("dead"), "bad", "#/messages?condition=dead"),
        figure("Delivered", total("delivered"), "", "#/messages?condition=done"),
        figure(
          "Open incidents",
          open.incidents.length,
          open.incidents.some((i) => i.severity === "critical") ? "bad" : "warn",
          "#/incidents",
        ),
      ),
      open.incidents.length
        ? section(
            "Open incidents",
            open.incidents.length > 5 ? h("a", { href: "#/incidents" }, `All ${open.incidents.length}`) : null,
            incidentTable(open.incidents.slice(0, 5)),
          )
        : null,
      section(
        "Routes",
        h("span", { class: "legend" }, dot("execution"), " execution layer ", dot("settlement"), " settlement layer"),
        routeTable(routes, again),
      ),
      section("Chains", null, chainTable(status.chains, layers)),
    ],
  ];
}
