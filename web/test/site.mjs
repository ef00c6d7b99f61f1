// The application in a real browser against a real site: custody serve as a process, simulated cameras that paint a number
// into every picture. Started by the site's own tests; site-stage.mjs says how they talk.
import { until } from "./browser.mjs";
import { releases } from "./site-releases.mjs";
import { ask, atHome, began, browser, cameras, code, dayOf, dir, enter, fail, inspect, inspectToo, people, result, say, seeks, seen, signIn, state, statePurpose, steps, stories, tabTo, timeOf, took, url, watch, watchAt } from "./site-stage.mjs";

async function goTo(page, at) {
  await page.keyboard.press("g");
  await page.getByLabel("Day", { exact: true }).last().fill(dayOf(at));
  await page.getByRole("textbox", { name: "Time" }).fill(timeOf(at));
}

const tales = {
  ...releases,

  async joins() {
    const { page, context } = await enter();
    await page.goto(`${url}/join#${people.clerk.token}`);
    await page.getByLabel("New password").waitFor();
    if (page.url() !== url + "/join") fail("the invitation stays in the address: " + page.url().slice(0, 40));
    await inspect(page, "join");
    await page.getByLabel("New password").fill(people.clerk.password);
    await page.getByLabel("The same once more").fill(people.clerk.password);
    await page.getByRole("button", { name: "Set password and go on" }).click();
    const policy = page.getByRole("button", { name: "I have read it and will keep to it" });
    await policy.waitFor();
    await inspect(page, "policy");
    await policy.click();
    await atHome(page).waitFor();
    await inspectToo(page, "start");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await inspect(page, "sign-in");
    await signIn(page, "clerk");
    await atHome(page).waitFor();
    for (const path of ["history", "account", "live", "watch/nowhere"]) {
      await page.goto(`${url}/${path}`);
      await page.locator("h1").first().waitFor();
      await page.waitForLoadState("networkidle");
      await inspect(page, path.replace("/", "-"));
    }
    await context.close();
  },

  async enrols() {
    const { page, context } = await enter();
    await page.goto(`${url}/join#${people.clerk.token}`);
    await page.getByLabel("New password").fill(people.clerk.password);
    await page.getByLabel("The same once more").fill(people.clerk.password);
    await page.getByRole("button", { name: "Set password and go on" }).click();
    await page.getByRole("button", { name: "Set up the app" }).click();
    await page.getByAltText("QR code with the key below").waitFor();
    await inspect(page, "enrol");
    const secret = (await page.locator(".mono.strong").innerText()).replace(/\s/g, "");
    const step = Math.floor(Date.now() / 30_000);
    await page.getByLabel("Code").fill(code(secret, step - 1));
    await page.getByRole("button", { name: "Check the code" }).click();
    await page.getByText("Your recovery codes").waitFor();
    await inspect(page, "codes");
    const spare = await page.locator(".codes li").first().innerText();
    await page.getByRole("button", { name: "I have kept them, go on" }).click();
    await page.getByRole("button", { name: "I have read it and will keep to it" }).click();
    const start = atHome(page);
    for (const digits of [code(secret, step), spare]) {
      await start.waitFor();
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
      await signIn(page, "clerk", "000000");
      await page.getByRole("alert").waitFor();
      await inspectToo(page, "sign-in-wrong");
      await signIn(page, "clerk", digits);
    }
    await start.waitFor();
    await context.close();
  },

  async live() {
    const { page, context } = await enter();
    await signIn(page, "clerk");
    await atHome(page).waitFor();
    const first = [];
    for (let i = 0; i < 3; i++) {
      await page.goto(`${url}/live?cameras=${encodeURIComponent(JSON.stringify([cameras.door]))}`);
      await page.getByRole("button", { name: "State a purpose and watch live" }).click();
      await statePurpose(page, "Check that the door camera works");
      if (i === 0) await inspectToo(page, "purpose-live");
      const t = await page.evaluate((c) => window.probe.timed(c, () => window.probe.press("Open footage"), (s) => s.state === "live" && s.number >= 0), cameras.door);
      first.push(Math.round(t.ms));
    }
    result.firstLive = first;
    await until("a picture that keeps up", () => seen(page, cameras.door), (s) => s.state === "live" && s.latency !== null && s.latency <= 1000, 5000);
    result.live = (await page.evaluate((c) => window.probe.film(c, 3000), cameras.door)).map((s) => ({ ...s, camera: cameras.door }));
    await inspect(page, "live-on");
    await page.getByRole("button", { name: "Stop viewing" }).click();
    await page.getByRole("button", { name: "State a purpose and watch live" }).waitFor();
    await context.close();
  },

  async recorded() {
    const film = await ask("film");
    const { page, context } = await enter();
    await signIn(page, "clerk");
    await atHome(page).waitFor();
    await page.goto(`${url}/watch?cameras=${encodeURIComponent(JSON.stringify([cameras.lobby]))}&day=${dayOf(film.began)}`);
    await page.getByRole("button", { name: "State a purpose and watch" }).click();
    for (const radio of await page.getByRole("radio").all()) if (await radio.isChecked()) fail("a purpose is chosen beforehand");
    await inspect(page, "purpose");
    const first = await watchAt(page, [cameras.lobby], film.began + 3e6);
    took(cameras.lobby, "opened", first);

    // Seeks forward, back, near and far, over the change of resolution and the gap.
    const places = [];
    for (let us = film.began + 2e6; us < film.ended - 2e6; us += 1e6) {
      const whole = Math.floor(us / 1e6) * 1e6;
      const inGap = whole > film.silent - 1.5e6 && whole < film.again + 1.5e6;
      const onEdge = Math.abs(whole - film.changed) < 1.5e6;
      if (!inGap && !onEdge) places.push(whole);
    }
    for (let i = 0, place = 0; i < seeks; i++) {
      place = (place + 1 + ((i * 5) % (places.length - 1))) % places.length; // never the same twice running
      const at = places[place];
      const before = (await seen(page, cameras.lobby)).wall;
      await goTo(page, at);
      const t = await page.evaluate(([c, before]) => window.probe.timed(c, () => window.probe.press("Go"), (s) => s.state === "paused" && s.wall !== before && s.wall > 0), [cameras.lobby, before]);
      if (Math.abs(t.wall - at) > 0.2e6) fail(`asked for ${at}, shown ${t.wall}`);
      took(cameras.lobby, "seek", t);
      result.seeks.push(Math.round(t.ms));
    }
    // Picture by picture, over the edges of fragments, back and on.
    for (const [key, count] of [[",", steps], [".", steps + 3]]) {
      for (let i = 0; i < count; i++) {
        const before = (await seen(page, cameras.lobby)).wall;
        await page.keyboard.press(key);
        const t = await until("a step", () => seen(page, cameras.lobby), (s) => s.state !== "paused" || (s.wall > 0 && s.wall !== before));
        if (t.state !== "paused") break;
        if (Math.sign(t.wall - before) !== (key === "." ? 1 : -1)) fail(`a step ${key} leads from ${before} to ${t.wall}`);
        took(cameras.lobby, "step", t);
      }
    }
    // Playing, over the change of resolution.
    const play = async (from, ms) => {
      await goTo(page, from);
      await page.getByRole("button", { name: "Go", exact: true }).click();
      await until("there", () => seen(page, cameras.lobby), (s) => s.state === "paused" && Math.abs(s.wall - from) < 1.1e6);
      await page.getByRole("button", { name: "Play", exact: true }).click();
      const run = await page.evaluate(([c, ms]) => window.probe.film(c, ms), [cameras.lobby, ms]);
      for (const s of run) if (s.state === "playing" && s.wall > 0) took(cameras.lobby, "playing", s);
      return run;
    };
    let run = await play(film.changed - 3e6, 6500);
    if (!run.some((s) => s.wall > film.changed + 0.5e6)) fail("playing does not get over the change of resolution: " + JSON.stringify(run.at(-1)));
    await page.getByRole("button", { name: "Pause", exact: true }).click();
    // And over the gap.
    run = await play(film.silent - 2.5e6, 3500);
    const gap = await state(page, cameras.lobby, "gap", 6000);
    if (!/No footage here[^]*The camera sent nothing/.test(gap.text)) fail("the gap says: " + gap.text);
    await inspectToo(page, "gap");
    await until("playing behind the gap", () => seen(page, cameras.lobby), (s) => s.state === "playing" && s.wall >= film.again - 1e6, 10_000);
    await page.getByRole("button", { name: "Pause", exact: true }).click();
    const twice = async () => {
      const before = await seen(page, cameras.lobby);
      await page.waitForTimeout(500); // the words follow a picture that was under way at the next painting, which a busy machine delays
      const after = await seen(page, cameras.lobby);
      return { ...after, still: before.number === after.number && before.wall === after.wall };
    };
    took(cameras.lobby, "paused", await until("a picture that stands", twice, (s) => s.state === "paused" && s.still && s.wall > 0));
    await page.getByRole("button", { name: "Show as table" }).click();
    await inspectToo(page, "table");
    await page.getByRole("button", { name: "Show as table" }).click();
    await watchAt(page, [cameras.lobby, cameras.door, cameras.annex], film.changed + 3e6, "Who left the bag at the door?");
    await until("the door", () => seen(page, cameras.door), (s) => s.state === "paused" && s.wall > 0);
    took(cameras.door, "opened", await seen(page, cameras.door));
    await inspect(page, "watch-three");

    // A format that the browser cannot play.
    await watchAt(page, [cameras.annex], film.began + 6e6, "Was the annex locked?");
    const remedy = await state(page, cameras.annex, "unplayable");
    if (!/H\.265/.test(remedy.text) || !/H\.264/.test(remedy.text)) fail("no remedy for H.265: " + remedy.text);
    await inspectToo(page, "h265");
    await page.getByRole("button", { name: "Watch a converted copy" }).click();
    const copy = await until("the copy", () => seen(page, cameras.annex), (s) => s.state === "paused" && s.number >= 0 && s.wall > 0, 20_000);
    if (!/converted copy, not the original/.test(copy.text)) fail("the copy is not labelled: " + copy.text);
    took(cameras.annex, "copy", copy);
    await page.getByRole("button", { name: "Play", exact: true }).click();
    await until("the copy plays", () => seen(page, cameras.annex), (s) => s.state === "playing" && s.wall > copy.wall + 1e6, 20_000);
    await inspectToo(page, "h265-copy");
    await page.getByRole("button", { name: "Stop viewing" }).click();
    await page.getByRole("button", { name: "State a purpose and watch" }).waitFor();

    await page.goto(url + "/history");
    await page.getByText("Was the annex locked?").waitFor();
    const told = await page.locator("main").innerText();
    for (const what of ["A bicycle was stolen from the racks", "INC-2026-118", "Check that the door camera works", "Live", "You stopped it", "lobby", "annex"]) {
      if (!told.includes(what)) fail(`the history does not show ${what}`);
    }
    await inspect(page, "history-full");
    const left = page.getByRole("row").filter({ hasText: "Who left the bag at the door?" });
    await left.getByRole("button", { name: "Stop" }).click();
    await left.getByText("You stopped it").waitFor();
    await page.getByRole("row").filter({ hasText: "A bicycle was stolen" }).getByRole("link", { name: "Go on" }).first().click();
    await page.getByText("Viewing for: INC-2026-118, A bicycle was stolen from the racks").waitFor();
    // It goes on a minute ago: at a picture, or where the camera was silent.
    await until("a picture", () => seen(page, cameras.lobby), (t) => (t?.state === "paused" && t.number >= 0) || (t?.state === "gap" && /No footage here/.test(t.text)));
    await page.getByRole("button", { name: "Stop viewing" }).click();
    await page.getByRole("button", { name: "State a purpose and watch" }).waitFor();
    await context.close();
  },

  async keyboard() {
    const { page, context } = await enter();
    await page.goto(url);
    await page.getByLabel("Password").waitFor();
    await tabTo(page, /Sign-in name/);
    await page.keyboard.type(people.clerk.login);
    await tabTo(page, /\|Password/);
    await page.keyboard.type(people.clerk.password);
    await page.keyboard.press("Enter");
    await atHome(page).waitFor();
    await tabTo(page, /A\|.*Watch footage/);
    await page.keyboard.press("Enter");
    await page.getByText("Choose up to four cameras and a day").waitFor();
    await page.getByRole("button", { name: /^door/ }).waitFor();
    await tabTo(page, /BUTTON.*\|door/);
    await page.keyboard.press("Space");
    await tabTo(page, /State a purpose and watch/);
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await tabTo(page, /INPUT.*radio/);
    for (let i = 0; i < 3 && !(await page.getByRole("radio", { name: /Another reason/ }).isChecked()); i++) await page.keyboard.press("ArrowDown");
    await tabTo(page, /In one sentence/);
    await page.keyboard.type("Who came to the door a minute ago?");
    await page.keyboard.press("Enter");
    await until("a picture", () => seen(page, cameras.door), (t) => ["paused", "gap"].includes(t?.state), 15_000);
    await tabTo(page, /BUTTON\|Play\|/);
    await page.keyboard.press("Enter");
    await until("playing", () => seen(page, cameras.door), (t) => t.state === "playing", 10_000);
    await tabTo(page, /Stop viewing/);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "State a purpose and watch" }).waitFor();
    if (await page.locator("video").count()) fail("stopped by keyboard, and there is still a video");
    await context.close();
  },

  async disabled() {
    const { page, context } = await enter();
    await signIn(page, "temp");
    await atHome(page).waitFor();
    const live = await context.newPage();
    watch({ page: live, faults: [], context: { on: () => undefined } });
    await live.goto(`${url}/live?cameras=${encodeURIComponent(JSON.stringify([cameras.door]))}`);
    await live.getByRole("button", { name: "State a purpose and watch live" }).click();
    await statePurpose(live, "Check that the door camera works");
    await live.getByRole("button", { name: "Open footage" }).click();
    await state(live, cameras.door, "live");
    await watchAt(page, [cameras.door], began + 2e6);
    await page.getByRole("button", { name: "Play", exact: true }).click();
    await state(page, cameras.door, "playing");
    const moving = (p) => p.evaluate(() => new Promise((resolve) => {
      const video = document.querySelector(".tile video");
      if (!video || video.closest(".tile").dataset.hidden === "true") return resolve(false);
      const before = video.currentTime;
      setTimeout(() => resolve(document.contains(video) && video.closest(".tile").dataset.hidden !== "true" && video.currentTime !== before), 150);
    })).catch(() => false);
    if (!(await moving(page)) || !(await moving(live))) fail("nothing moves before the account is switched off");
    const { at } = await ask("disable", people.temp.login);
    const ends = async (p, what) => {
      await until(`${what} stands still`, () => moving(p), (m) => !m, 15_000);
      result.took[what] = Math.round(Date.now() - at);
      await p.getByText(/You were signed out|Live pictures are closed to you|Your access|signed out/).first().waitFor({ timeout: 6000 });
      result.took[what + " told"] = Math.round(Date.now() - at);
      result.took[what + " words"] = (await p.locator("main").innerText()).slice(0, 400);
    };
    await Promise.all([ends(page, "recorded"), ends(live, "live")]);
    await inspectToo(page, "signed-out");
    await signIn(page, "temp");
    await page.getByRole("alert").waitFor();
    await context.close();
  },
};

async function tell(name) {
  const start = Date.now();
  try {
    await tales[name]();
  } catch (error) {
    fail(`${name}: ${error.message}`);
    const pages = browser.contexts().flatMap((c) => c.pages());
    for (const [n, page] of pages.entries()) if (dir) await page.screenshot({ path: `${dir}/fail-${name}-${n}.png`, fullPage: true }).catch(() => undefined);
  }
  say({ note: `${name}: ${Date.now() - start} ms` });
}
// Side by side go stories of different people.
await Promise.all(stories.sides.map(async (names) => {
  for (const name of names) await tell(name);
}));
for (const context of browser.contexts()) await context.close();
await browser.close();
say({ result });
process.exit(0);
