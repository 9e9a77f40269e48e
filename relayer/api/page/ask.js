"use strict";
// Asking the daemon: once, and for what happens.

export class Problem extends Error {
  constructor(code, text) {
    super(text);
    this.code = code;
  }
}

// The token is this tab's only, and forgotten with it.
export const token = {
  get: () => sessionStorage.getItem("token"),
  set: (text) => (text ? sessionStorage.setItem("token", text) : sessionStorage.removeItem("token")),
};
function headers(more) {
  const text = token.get();
  return text ? { ...more, Authorization: `Bearer ${text}` } : { ...more };
}

async function send(path, options) {
  let answer, text;
  try {
    answer = await fetch(path, { ...options, signal: AbortSignal.timeout(15000) });
    text = await answer.text();
  } catch {
    throw new Problem(0, "The daemon does not answer.");
  }
  let value = null;
  try {
    value = JSON.parse(text);
  } catch {
    /* said below */
  }
  if (!answer.ok)
    throw new Problem(answer.status, value && value.detail ? value.detail : `The daemon answered ${answer.status}.`);
  if (value === null) throw new Problem(answer.status, "The daemon's answer is no JSON.");
  return value;
}
export const ask = (path) => send(path, { headers: headers() });
export const post = (path, body) =>
  send(path, { method: "POST", headers: headers({ "Content-Type": "application/json" }), body: JSON.stringify(body) });
// As it was written, for a file.
export async function download(path) {
  const answer = await fetch(path, { headers: headers() });
  if (!answer.ok) throw new Problem(answer.status, `The daemon answered ${answer.status}.`);
  return answer.blob();
}
// What an older or smaller daemon does not have is null.
export async function askIfThere(path) {
  try {
    return await ask(path);
  } catch (e) {
    if (e.code === 404) return null;
    throw e;
  }
}

// --- what many pages need

export const known = { chains: [], routes: [], levels: [], role: "none", who: "" };
export async function learn() {
  const access = await ask("/v1/access");
  Object.assign(known, { role: access.role, who: access.token || "" });
  const [chains, routes, assurance] = await Promise.all(
    ["chains", "routes", "assurance"].map((name) => ask(`/v1/${name}`)),
  );
  Object.assign(known, { chains: chains.chains, routes: routes.routes, levels: assurance.stacks });
}
export const chainOf = (name) => known.chains.find((c) => c.name === name);
export const routeOf = (name) => known.routes.find((r) => r.name === name);

// --- what happens, as it happens

// Calls happened(type, data) for each event and state("live" | "reconnecting" | "offline") when that changes; goes on where it was.
// Without the stream it asks for nothing itself: whoever is told of the state does.
export async function listen(happened, state) {
  let last = "",
    failures = 0;
  for (;;) {
    try {
      const stop = new AbortController();
      listen.again = () => stop.abort();
      const answer = await fetch("/v1/events" + (last ? `?after=${encodeURIComponent(last)}` : ""), {
        headers: headers(last ? { "Last-Event-ID": last } : {}),
        signal: stop.signal,
      });
      if (!answer.ok) throw new Problem(answer.status, "no stream");
      failures = 0;
      state("live");
      for await (const event of events(answer.body)) {
        if (event.id) last = event.id;
        if (event.data) happened(event.event, JSON.parse(event.data));
      }
      throw new Problem(0, "ended");
    } catch (e) {
      failures++;
      state(e.code >= 400 ? "reconnecting" : failures > 2 ? "offline" : "reconnecting");
      await new Promise((resume) => {
        listen.again = resume;
        setTimeout(resume, Math.min(15000, 500 * 2 ** failures));
      });
    }
  }
}
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ""; ;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) {
      const lines = text
        .slice(0, end)
        .split("\n")
        .map((line) => line.split(/: (.*)/s));
      yield Object.fromEntries(lines.filter(([name]) => name !== ""));
    }
  }
}
