"use strict";
// A file of evidence, as the daemon wrote it.

import { askIfThere, download } from "./ask.js";
import { copy, h, mono, number, plural } from "./write.js";

// A value of evidence: objects and lists open and close, texts are texts.
function tree(name, value, open) {
  const label = name === null ? null : h("span", { class: "member" }, name);
  if (value === null || typeof value !== "object") {
    const text = String(value);
    return h(
      "div",
      { class: "leaf" },
      label,
      text.length > 160
        ? [
            mono(`${text.slice(0, 120)}…`),
            h("span", { class: "faint" }, ` ${number(text.length)} characters`),
            copy(text, String(name)),
          ]
        : mono(text),
    );
  }
  const entries = Object.entries(value);
  if (!entries.length)
    return h("div", { class: "leaf" }, label, h("span", { class: "faint" }, Array.isArray(value) ? "none" : "empty"));
  const kind = value.kind && typeof value.kind === "string" ? ` ${value.kind}` : "";
  return h(
    "details",
    { open },
    h(
      "summary",
      {},
      label,
      h(
        "span",
        { class: "faint" },
        Array.isArray(value) ? plural(entries.length, "entry", "entries") : kind || plural(entries.length, "member"),
      ),
    ),
    h(
      "div",
      { class: "branch" },
      entries.map(([key, member]) => tree(Array.isArray(value) ? `${Number(key) + 1}` : key, member, false)),
    ),
  );
}

// path: as incidents and findings name it, or the file's name.
const fileOf = (path) => path.split("/").pop();
const resource = (path) => `/v1/evidence/${encodeURIComponent(fileOf(path))}`;
export const askEvidence = (path) => askIfThere(resource(path));

async function save(path) {
  const url = URL.createObjectURL(await download(resource(path)));
  h("a", { href: url, download: fileOf(path) }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}
// Note and content of a section.
export function evidenceOf(path, found) {
  if (!found)
    return [
      null,
      h(
        "p",
        { class: "note-text" },
        "It is not there any longer: ",
        mono(path),
        ". The newest thousand files are kept.",
      ),
    ];
  return [
    [mono(fileOf(path)), " ", h("button", { type: "button", class: "quiet", onclick: () => save(path) }, "Save")],
    h(
      "div",
      { class: "sheet evidence", "data-key": "evidence" },
      Object.entries(found).map(([name, value]) => tree(name, value, name === "log")),
    ),
  ];
}
export const evidenceLink = (path) =>
  path ? h("a", { class: "mono file", href: `#/evidence/${encodeURIComponent(fileOf(path))}` }, fileOf(path)) : "–";

export async function evidence(file) {
  const [note, content] = evidenceOf(file, await askEvidence(file));
  return [
    "Evidence",
    [h("div", { class: "title" }, h("h1", {}, "Evidence"), h("div", { class: "note" }, note)), content],
  ];
}
