// The stage of stories against a real site. The site's own tests send what there is to know as one line of JSON on standard
// input, answer what is asked of them, and judge what was seen: every line on standard output is {ask}, {note} or, last, {result}.
import { createHmac } from "node:crypto";
import { mkdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { axeFaults, launch, open, until } from "./browser.mjs";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const heard = async () => JSON.parse((await lines.next()).value);
export const say = (what) => process.stdout.write(JSON.stringify(what) + "\n");
export const { url, zone, cameras, people, stories, shots: dir, seeks, steps, began } = await heard();
export const ask = (what, about) => {
  say({ ask: what, about });
  return heard();
};
if (dir) mkdirSync(dir, { recursive: true });

export const result = { shots: [], seeks: [], live: [], faults: [], took: {} };
export const fail = (text) => result.faults.push(text);
const secrets = Object.values(people).flatMap((p) => [p.password, p.token]).filter(Boolean);
export const browser = await launch();

// What runs in the page: the number in a picture, and what a tile says of it.
const probe = () => {
  const blocks = 32;
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const number = (video) => {
    const [w, h] = [Math.floor(video.videoWidth / blocks), Math.floor(video.videoHeight / 12)];
    if (w < 4 || h < 4) return -1;
    canvas.width = w * blocks;
    canvas.height = h;
    pen.drawImage(video, 0, 0, w * blocks, h, 0, 0, w * blocks, h);
    const { data } = pen.getImageData(0, 0, w * blocks, h);
    let n = 0;
    let check = 0;
    for (let b = 0; b < blocks; b++) {
      let sum = 0;
      let count = 0;
      for (let y = h >> 2; y < h - (h >> 2); y++) for (let x = b * w + (w >> 2); x < (b + 1) * w - (w >> 2); x++, count++) sum += data[4 * (y * w * blocks + x) + 1];
      const one = sum > 128 * count ? 1 : 0;
      if (b < 24) n = 2 * n + one;
      else check = 2 * check + one;
    }
    return ((n ^ (n >> 8) ^ (n >> 16) ^ 0xa5) & 0xff) === check ? n : -1;
  };
  const tile = (camera) => document.querySelector(`.tile[data-camera=${camera}]`);
  const now = () => performance.timeOrigin + performance.now();
  const seen = (camera) => {
    const t = tile(camera);
    if (!t) return undefined;
    const { state, wallUs, latencyMs, hidden } = t.dataset;
    return { state, wall: Number(wallUs), latency: Number(latencyMs), hidden: hidden === "true", text: t.innerText, number: number(t.querySelector("video")), at: now() };
  };
  /** Does something and waits until the tile says so; how long that took. */
  const timed = (camera, act, good, limit = 10_000) => new Promise((resolve, reject) => {
    const began = performance.now();
    act();
    const look = () => {
      const t = seen(camera);
      if (t && good(t)) return resolve({ ...t, ms: performance.now() - began });
      if (performance.now() - began > limit) return reject(new Error("still " + JSON.stringify(t)));
      requestAnimationFrame(look);
    };
    look();
  });
  const press = (name) => [...document.querySelectorAll("[role=dialog] button")].find((b) => b.textContent === name).click();
  /** Every picture that is painted for a while, each with the time that the tile then says. */
  const film = (camera, ms) => new Promise((resolve) => {
    const out = [];
    const video = tile(camera).querySelector("video");
    const over = performance.now() + ms;
    const next = () => video.requestVideoFrameCallback(() => {
      const n = number(video);
      const at = now();
      requestAnimationFrame(() => {
        const t = tile(camera)?.dataset;
        if (t && n >= 0 && number(video) === n) out.push({ number: n, at, wall: Number(t.wallUs), state: t.state });
      });
      next();
    });
    next();
    const wait = () => (performance.now() > over ? resolve(out) : setTimeout(wait, 50));
    wait();
  });
  window.probe = { seen, timed, press, film };
  document.addEventListener("securitypolicyviolation", (e) => console.error(`Content Security Policy: ${e.violatedDirective} ${e.blockedURI}`));
};

export async function enter(options) {
  const made = await open(browser, url, { timezoneId: "Asia/Tokyo", ...options }); // nobody may take the machine's zone for the site's
  await made.context.addInitScript(probe);
  watch(made);
  return made;
}

/** No address holds a secret; sockets go nowhere else either. */
export function watch({ page, faults, context }) {
  const look = (address) => {
    if (/eyJ[\w-]{10}/.test(address) || secrets.some((s) => address.includes(s))) fail("a secret in the address " + address.slice(0, 80));
  };
  page.on("request", (r) => look(r.url()));
  page.on("websocket", (w) => {
    look(w.url());
    if (!w.url().startsWith(url.replace("http", "ws"))) faults.push("elsewhere: " + w.url());
  });
  page.on("console", (m) => {
    const refused = /Failed to load resource: the server responded with a status of 4/.test(m.text()); // a refusal that a story is about
    if (["error", "warning"].includes(m.type()) && !refused) faults.push(`console: ${m.text().slice(0, 300)}`);
  });
  context.on("close", () => faults.forEach((f) => fail(f)));
}

export const seen = (page, camera) => page.evaluate((c) => window.probe.seen(c), camera);
export const state = (page, camera, want, limit) => until(want, () => seen(page, camera), (t) => t?.state === want, limit);
const local = (us, how) => new Intl.DateTimeFormat("en-CA", { timeZone: zone, hourCycle: "h23", ...how }).format(us / 1000);
export const dayOf = (us) => local(us, { year: "numeric", month: "2-digit", day: "2-digit" });
export const timeOf = (us) => local(us, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export function code(secret, step) {
  const key = Buffer.from([...secret].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("").match(/.{8}/g).map((b) => parseInt(b, 2)));
  const count = Buffer.alloc(8);
  count.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", key).update(count).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

export async function signIn(page, who, digits) {
  if (!page.url().startsWith(url + "/sign-in")) await page.goto(url + "/sign-in");
  await page.getByLabel("Sign-in name").fill(people[who].login);
  await page.getByLabel("Password").fill(people[who].password);
  if (digits) await page.getByLabel(/^Code/).fill(digits);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

export async function statePurpose(page, text, number) {
  await page.getByRole("radio", { name: number ? /An incident/ : /Another reason/ }).check({ force: true });
  if (number) await page.getByLabel("Incident number, if it has one").fill(number);
  await page.getByLabel("In one sentence").fill(text);
}

/** Opens recorded footage of some cameras at an instant, for a purpose. */
export async function watchAt(page, ids, at, text = "A bicycle was stolen from the racks", number = "INC-2026-118") {
  await page.goto(`${url}/watch?cameras=${encodeURIComponent(JSON.stringify(ids))}&day=${dayOf(at)}&at=${Math.round(at)}`);
  await page.getByRole("button", { name: "State a purpose and watch" }).click();
  await statePurpose(page, text, number);
  await page.getByRole("button", { name: "Open footage" }).click();
  return until("a picture", () => seen(page, ids[0]), (t) => ["paused", "playing", "gap", "unplayable"].includes(t?.state), 15_000);
}

export const took = (camera, what, t) => result.shots.push({ camera, what, wall: t.wall, number: t.number, playing: what === "playing" });

/** Every rule that a page keeps in both themes and both widths; pictures of it if they are wanted. */
export async function inspect(page, name) {
  for (const [width, height] of [[1440, 900], [375, 812]]) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of stories.thorough || dir ? ["light", "dark"] : [width > 1000 ? "light" : "dark"]) {
      await page.emulateMedia({ colorScheme });
      for (const fault of await axeFaults(page)) fail(`${name}, ${width} px, ${colorScheme}: ${fault}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (wide > 0) fail(`${name} is ${wide} px too wide at ${width} px`);
      if (dir) await page.screenshot({ path: `${dir}/${name}-${width}-${colorScheme}.png` });
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });
}

/** The same of a screen whose parts were inspected elsewhere, when there is time for it. */
export const inspectToo = (page, name) => (stories.thorough || dir ? inspect(page, name) : undefined);

/** Where members of the staff begin. */
export const atHome = (page) => page.getByRole("heading", { name: "What needs you today" });

/** What the keyboard's focus is on, in words; and the way to something by Tab alone. */
const focused = (page) => page.evaluate(() => {
  const n = document.activeElement;
  return [n.tagName, n.getAttribute("aria-label") ?? "", n.labels?.[0]?.textContent ?? "", n.textContent.slice(0, 80), n.type ?? "", n.name ?? ""].join("|");
});
export async function tabTo(page, what, limit = 80) {
  for (let i = 0; i < limit; i++) {
    if (what.test(await focused(page))) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`no way to ${what} by Tab; at ${await focused(page)}`);
}
