// Run in the page by browser.sh: what is wrong with what it shows.
"use strict";

function ink() {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  canvas.canvas.width = canvas.canvas.height = 1;
  const rgb = (text) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  // WCAG 2.2, relative luminance and contrast ratio
  const luminance = (color) => {
    const [r, g, b] = color.slice(0, 3).map((v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const color = rgb(getComputedStyle(e).backgroundColor);
      if (color[3] === 255) return color;
    }
    return [255, 255, 255];
  };
  return (e) => {
    const style = getComputedStyle(e),
      a = luminance(rgb(e.closest("svg") ? style.fill : style.color)),
      b = luminance(ground(e));
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
}

function judgePage(contrast) {
  const wrong = new Set(),
    view = document.getElementById("view"),
    text = view.innerText;
  const none = /.{0,30}(\[object|undefined|NaN|\bnull\b).{0,30}/.exec(text);
  if (none) wrong.add(`a value that is none: ${none[0]}`);
  if (view.querySelector(".problem, [role=alert]"))
    wrong.add(`an error: ${view.querySelector(".problem, [role=alert]").innerText}`);
  const out = [...view.querySelectorAll("*")]
    .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
    .slice(0, 3)
    .map((e) => e.className || e.tagName);
  if (document.documentElement.scrollWidth > innerWidth) wrong.add(`wider than the window: ${out}`);
  for (const e of document.querySelectorAll("button, a[href], input, select, [role=img], summary, meter")) {
    const label = e.labels && e.labels[0] ? e.labels[0].textContent : "";
    if (!(e.getAttribute("aria-label") || e.textContent || label || "").trim())
      wrong.add(`no name: ${e.outerHTML.slice(0, 80)}`);
  }
  for (const e of document.querySelectorAll("img")) if (!e.hasAttribute("alt")) wrong.add(`no alt: ${e.outerHTML}`);
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  if (new Set(ids).size !== ids.length) wrong.add("an id twice");
  if (document.querySelectorAll("main").length !== 1 || !view.querySelector("h1"))
    wrong.add("no single main with a heading");
  for (const t of document.querySelectorAll("table"))
    if (!t.caption || [...t.querySelectorAll("th")].some((x) => !x.scope))
      wrong.add("a table without caption or scopes");
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let t; (t = texts.nextNode());) {
    const e = t.parentElement;
    if (!t.data.trim() || !e.getClientRects().length || e.closest("script, noscript, .hidden, .skip, option")) continue;
    const ratio = contrast(e);
    if (ratio < 4.5)
      wrong.add(`contrast ${ratio.toFixed(2)}: ${t.data.trim().slice(0, 30)} (${e.className.baseVal ?? e.className})`);
  }
  return [...wrong];
}

async function judgePages(pages) {
  const found = [],
    contrast = ink(),
    view = document.getElementById("view"),
    until = async (said) => {
      for (let i = 0; i < 200 && !said(); i++) await new Promise((r) => setTimeout(r, 20));
    };
  for (const page of pages) {
    const went = new Promise((resolve) => addEventListener("hashchange", resolve, { once: true }));
    if (location.hash !== `#${page}`) {
      location.hash = `#${page}`;
      await went;
    }
    await until(() => view.getAttribute("aria-busy") === "false" && !view.querySelector(".loading"));
    if (!view.querySelector("h1")) await until(() => view.querySelector("h1"));
    found.push(...judgePage(contrast).map((text) => `${page}: ${text}`));
  }
  return found.join("\n");
}
