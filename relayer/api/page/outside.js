"use strict";
// What one may do without the relayer: send a message oneself, and find what it does not have yet.

import { askIfThere, post } from "./ask.js";
import { at, messageLink, tokenOf } from "./parts.js";
import { amount, bytes, clock, copy, h, hash, mono, number, pairs, rich, short, tag, when, words } from "./write.js";

function proofShown(p) {
  const command = p.to && `cast send ${p.to} ${p.data}${p.value && p.value !== "0" ? ` --value ${p.value}` : ""}`;
  return [
    p.reason
      ? h(
          "p",
          {},
          h("strong", {}, p.step ? "It would not go through now: " : "There is nothing to send now: "),
          words(p.reason),
          p.detail ? [" – ", rich(p.detail)] : null,
          p.notBefore ? [". Not before ", clock(p.notBefore * 1000), "."] : null,
        )
      : null,
    p.step
      ? pairs([
          ["Step", p.step],
          [
            "Contract",
            [mono(p.to), copy(p.to, "the contract"), h("span", { class: "faint" }, ` chain id ${p.chainId}`)],
          ],
          ["Value", p.value && p.value !== "0" ? `${p.value} wei` : null],
          [
            "Calldata",
            [
              hash(p.data),
              copy(p.data, "the calldata"),
              h(
                "span",
                { class: "faint" },
                ` ${bytes((p.data.length - 2) / 2)}`,
                p.proofBytes ? `, ${bytes(p.proofBytes)} of it proof` : "",
              ),
            ],
          ],
          ["Gas", p.gasFloor ? `at least ${number(p.gasFloor)}` : null],
          ["Evidence", p.evidence && [hash(p.evidence), copy(p.evidence, "the evidence")]],
          ["As a command", [mono(`cast send ${short(p.to)} ${p.data.slice(0, 10)}…`), copy(command, "the command")]],
        ])
      : null,
  ];
}
async function askProof(m, place) {
  place.replaceChildren(h("p", { class: "faint" }, "The chains are asked, and the proof is verified…"));
  let found;
  try {
    found = await askIfThere(`/v1/messages/${m.id}/proof?route=${encodeURIComponent(m.route)}`);
  } catch (e) {
    place.replaceChildren(h("p", { class: "problem" }, e.message));
    return;
  }
  place.replaceChildren(
    ...(found
      ? [proofShown(found), h("button", { type: "button", onclick: () => askProof(m, place) }, "Ask again")]
          .flat()
          .filter(Boolean)
      : [
          h(
            "p",
            { class: "faint" },
            "This daemon gives no proofs out; the command does: ",
            mono(`causeway prove ${short(m.id)} --route ${m.route}`),
          ),
        ]),
  );
}
export function byOneself(m) {
  if (m.condition === "done" || m.condition === "dead") return null;
  return h(
    "details",
    {
      class: "fold",
      "data-key": "self",
      ontoggle: (e) => {
        const place = e.currentTarget.querySelector("[data-keep]");
        if (e.currentTarget.open && !place.firstChild) askProof(m, place);
      },
    },
    h("summary", {}, "Send it yourself: proof and calldata"),
    h(
      "p",
      { class: "faint" },
      "Anybody may deliver a message. Here is the call that is next, with the evidence that was verified for it.",
    ),
    h("div", { "data-key": "proof", "data-keep": true }),
  );
}

export async function track(id, missed) {
  const found = await post("/v1/track", { tx: id }).catch(() => null);
  if (!found || found.state === "notFound") throw missed;
  return found;
}
const TRACKED = {
  found: "It sent what follows.",
  noMessage: "It is in a block, and sent nothing that a route here carries.",
  reverted: "It is in a block, and failed: nothing was sent.",
  pending: "It is in no block yet.",
};
export function tracked(t) {
  return [
    `Transaction ${short(t.transaction)}`,
    [
      h(
        "div",
        { class: "title" },
        h(
          "div",
          {},
          h("div", { class: "crumb" }, "Transaction", t.chain ? ` on ${t.chain}` : ""),
          h("h1", { class: "mono id" }, t.transaction),
        ),
        tag(words(t.state), t.state === "found" ? "good" : "warn"),
      ),
      h(
        "p",
        {},
        TRACKED[t.state] || words(t.state),
        t.block !== undefined ? [" In block ", at(t.chain, "block", t.block, number(t.block)), "."] : null,
      ),
      t.messages.map((m) =>
        h(
          "section",
          { class: "card" },
          h("h3", {}, m.seenMs ? messageLink(m.id, m.route) : hash(m.id), h("span", { class: "faint" }, m.route)),
          h("p", {}, rich(m.text || words(m.reason || m.stage))),
          m.etaSeconds
            ? h(
                "p",
                {},
                "Probably delivered ",
                when(Date.now() + m.etaSeconds * 1000),
                m.etaReason ? h("span", { class: "faint" }, ` – ${m.etaReason}`) : null,
              )
            : null,
          pairs([
            ["Sender", hash(m.sender)],
            ["Target", hash(m.target)],
            ["Value", m.valueWei === "0" ? "0" : amount(m.valueWei, ...tokenOf(m.sourceChain))],
            ["Stage", words(m.stage)],
          ]),
        ),
      ),
    ],
  ];
}
