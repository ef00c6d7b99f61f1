// Debian's Chromium for tests, and the picture's number read from its pixels.
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";
import { bits, square } from "./mock/footage.mjs";

const axe = readFileSync(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

export const launch = () => chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

/** A page that counts what it must not do: errors, breaches of the content security policy, requests elsewhere. */
export async function open(browser, base, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, bypassCSP: false, ...options });
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (e) => faults.push("error: " + e.message));
  page.on("console", (m) => /Content Security Policy/i.test(m.text()) && faults.push("csp: " + m.text().slice(0, 300)));
  page.on("request", (r) => !r.url().startsWith(base) && !r.url().startsWith("blob:") && faults.push("elsewhere: " + r.url()));
  return { context, page, faults };
}

/** The number drawn into the picture that a tile shows, and what the tile says of itself. */
export function tile(page, camera) {
  return page.evaluate(({ camera, bits, square }) => {
    const node = document.querySelector(`[data-camera=${camera}].tile`);
    if (!node) return undefined;
    const video = node.querySelector("video");
    let number = -1;
    if (video.videoWidth > 0) {
      const canvas = document.createElement("canvas");
      canvas.width = video.videoWidth;
      canvas.height = square;
      const pen = canvas.getContext("2d");
      pen.drawImage(video, 0, 0);
      number = 0;
      for (let k = 0; k < bits; k++) {
        const [r, g, b] = pen.getImageData(k * square + square / 2, square / 2, 1, 1).data;
        if (r + g + b > 384) number += 2 ** k;
      }
    }
    return { number, state: node.dataset.state, wall: Number(node.dataset.wallUs), latency: Number(node.dataset.latencyMs), text: node.innerText };
  }, { camera, bits, square });
}

export async function until(what, look, good, limit = 8000) {
  const end = Date.now() + limit;
  for (let last; ; ) {
    last = await look();
    if (good(last)) return last;
    if (Date.now() > end) throw new Error(`${what}: still ${JSON.stringify(last)}`);
    await new Promise((r) => setTimeout(r, 40));
  }
}

/** Violations that axe finds, as short sentences. */
export async function axeFaults(page) {
  await page.evaluate(axe).catch(() => undefined);
  if (!(await page.evaluate(() => "axe" in window))) throw new Error("axe did not load");
  return page.evaluate(async () => (await window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })).violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ") + " " + (n.any[0]?.message ?? n.all[0]?.message ?? "")).slice(0, 3).join(" | ")}`));
}

/** Buttons, links and fields smaller than 44 px either way; of a box or a circle to tick the whole label counts. */
export const smallTargets = (page) => page.evaluate(() => [...document.querySelectorAll("button, a[href], select, input")].filter((n) => {
  const r = (/^(radio|checkbox)$/.test(n.type) && n.closest("label") ? n.closest("label") : n).getBoundingClientRect();
  return r.width > 1 && n.parentElement.getBoundingClientRect().width > 1 && r.bottom > 0 && (r.height < 43.5 || r.width < 43.5);
}).map((n) => `${n.tagName} ${n.textContent.slice(0, 30)} ${Math.round(n.getBoundingClientRect().width)}x${Math.round(n.getBoundingClientRect().height)}`));
