// The application in a real browser against the stand-in server: pictures exact to the frame, gaps, runs, live, and the
// rules every page keeps. `npm run build` first. SHOTS=dir writes screenshots.
import assert from "node:assert/strict";
import { axeFaults, smallTargets, tile, until } from "./browser.mjs";
import { start } from "./mock/answers.mjs";
import { stage } from "./stage.mjs";

const { base, mock, test, shots, end } = await stage(process.env.PORT ?? "8124");
const us = (s) => start + Math.round(s * 1e6);

async function watch(page, cameras, at, purpose = "A bicycle was stolen from the racks") {
  await page.goto(`${base}/watch?cameras=${encodeURIComponent(JSON.stringify(cameras))}&day=2026-11-14&at=${us(at)}`);
  await page.getByRole("button", { name: "State a purpose and watch" }).click();
  await page.getByRole("radio", { name: /An incident/ }).check({ force: true });
  await page.getByLabel("Incident number, if it has one").fill("INC-2026-118");
  await page.getByLabel("In one sentence").fill(purpose);
  await page.getByRole("button", { name: "Open footage" }).click();
  await page.locator(".tile").first().waitFor();
}

const shown = (page, camera, number) => until(`picture ${number}`, () => tile(page, camera), (t) => t?.number === number && t.state === "paused" && t.wall > 0);

/** Seeks through the address bar's twin: the dialog of key G. */
async function goTo(page, time) {
  await page.keyboard.press("g");
  await page.getByRole("textbox", { name: "Time" }).fill(time);
  await page.getByRole("button", { name: "Go", exact: true }).click();
}

await test("a purpose comes before any picture, and nothing is chosen beforehand", async (page) => {
  const asked = [];
  page.on("request", (r) => /viewings\/.*(media|index|init|still|thumb)/.test(r.url()) && asked.push(r.url()));
  await page.goto(`${base}/watch?cameras=${encodeURIComponent('["cam_a"]')}&day=2026-11-14`);
  await page.getByRole("button", { name: "State a purpose and watch" }).click();
  for (const radio of await page.getByRole("radio").all()) assert.equal(await radio.isChecked(), false);
  await page.getByRole("button", { name: "Open footage" }).click();
  await page.getByText("Choose one.").waitFor();
  await page.getByText("Write one sentence.").waitFor();
  assert.deepEqual(asked, []);
  assert.deepEqual(await axeFaults(page), []);
  if (shots) await page.screenshot({ path: `${shots}/purpose.png` });
});

await test("a seek shows exactly the picture that stood then", async (page) => {
  await watch(page, ["cam_a"], 10);
  await shown(page, "cam_a", 150);
  const times = [];
  for (const [time, number] of [["14:00:31", 465], ["14:00:02", 30], ["14:00:01", 15], ["14:00:59", 885], ["14:01:45", 2075], ["14:02:25", 3075], ["14:00:29", 435]]) {
    const before = Date.now();
    await goTo(page, time);
    const t = await shown(page, "cam_a", number);
    times.push(Date.now() - before);
    const at = number < 2000 ? number / 15 : number < 3000 ? 100 + (number - 2000) / 15 : 140 + (number - 3000) / 15;
    assert.equal(t.wall, us(0) + Math.floor(at * 1e6 + 1e-6));
  }
  console.log("     dialog, seek and picture, ms:", times.join(" "));
});

await test("steps go one picture at a time over the edge of a fragment, both ways", async (page) => {
  await watch(page, ["cam_a"], 2 + 1 / 30);
  await shown(page, "cam_a", 30);
  for (const n of [29, 28, 27]) { await page.keyboard.press(","); await shown(page, "cam_a", n); }
  for (const n of [28, 29, 30, 31]) { await page.keyboard.press("."); await shown(page, "cam_a", n); }
  await goTo(page, "14:00:59");
  await shown(page, "cam_a", 885);
  for (let n = 886; n < 900; n++) { await page.keyboard.press("."); await shown(page, "cam_a", n); }
  await page.keyboard.press(".");
  await until("the gap", () => tile(page, "cam_a"), (t) => t.state === "gap" && /Go to 2:01:40 PM/.test(t.text));
  await page.keyboard.press(".");
  await shown(page, "cam_a", 2000);
  await page.keyboard.press(",");
  await until("the gap again", () => tile(page, "cam_a"), (t) => t.state === "gap");
  await page.keyboard.press(",");
  await shown(page, "cam_a", 899);
});

await test("playing crosses a gap and a change of run, and every time shown is the picture's", async (page) => {
  await watch(page, ["cam_a"], 57);
  await shown(page, "cam_a", 855);
  await page.keyboard.press("Space");
  let seen = 0;
  for (let i = 0; i < 12; i++) {
    const t = await tile(page, "cam_a");
    if (t.state === "playing" && t.wall > 0) {
      const n = Math.round(((t.wall - start) * 15) / 1e6);
      assert.ok(Math.abs(n - t.number) <= 1, `shows ${t.number}, says ${n}`);
      seen++;
    }
    await new Promise((r) => setTimeout(r, 120));
  }
  assert.ok(seen > 4, "hardly played");
  const gap = await until("the gap", () => tile(page, "cam_a"), (t) => t.state === "gap");
  assert.match(gap.text, /No footage here[^]*2:01:00 PM to 2:01:40 PM[^]*The camera sent nothing[^]*Go to 2:01:40 PM/);
  await until("playing behind the gap", () => tile(page, "cam_a"), (t) => t.state === "playing" && t.number > 2000 && t.wall > us(100), 10_000);
  await page.keyboard.press("Space");
  await goTo(page, "14:02:18");
  await until("the end of the run", () => tile(page, "cam_a"), (t) => t.number === 2570);
  await page.keyboard.press("Space");
  await until("the next run", () => tile(page, "cam_a"), (t) => t.state === "playing" && t.number >= 3000 && t.wall >= us(140), 10_000);
});

await test("four tiles keep together, and one in a gap lets the others play", async (page) => {
  await watch(page, ["cam_a", "cam_b"], 58);
  await shown(page, "cam_a", 870);
  await shown(page, "cam_b", 5570);
  await page.keyboard.press("Space");
  await until("the other alone", async () => [await tile(page, "cam_a"), await tile(page, "cam_b")], ([a, b]) => a.state === "gap" && b.state === "playing" && b.wall > us(61), 10_000);
  await page.keyboard.press("Space");
  if (shots) await page.screenshot({ path: `${shots}/two.png` });
  await goTo(page, "14:01:50");
  await Promise.all([shown(page, "cam_a", 2150), shown(page, "cam_b", 5000 + 90 * 15)]);
});

await test("a format the browser cannot play is said, with the remedy, and the copy is labelled", async (page) => {
  await watch(page, ["cam_h"], 1);
  await until("the remedy", () => tile(page, "cam_h"), (t) => t.state === "unplayable" && /H\.265/.test(t.text));
  await page.getByRole("button", { name: "Watch a converted copy" }).click();
  await until("the copy", () => tile(page, "cam_h"), (t) => /converted copy, not the original/.test(t.text) && t.number >= 3000);
});

await test("a refusal in the middle is shown with its reason and reference", async (page) => {
  await watch(page, ["cam_a"], 10);
  await shown(page, "cam_a", 150);
  await mock({ revoked: true });
  await goTo(page, "14:01:50");
  const t = await until("the refusal", () => tile(page, "cam_a"), (x) => x.state === "error");
  assert.match(t.text, /Director can grant it[^]*req-7F3K/);
});

await test("live pictures come at once, stay close, and come again after a break", async (page) => {
  await page.goto(`${base}/live?cameras=${encodeURIComponent('["cam_a"]')}`);
  await page.getByRole("button", { name: "State a purpose and watch live" }).click();
  await page.getByRole("radio", { name: /Another reason/ }).check({ force: true });
  await page.getByLabel("In one sentence").fill("Check that the door camera works");
  const before = Date.now();
  await page.getByRole("button", { name: "Open footage" }).click();
  const first = await until("the first picture", () => tile(page, "cam_a"), (t) => t?.state === "live" && t.number >= 9000);
  console.log("     first picture after", Date.now() - before, "ms");
  assert.ok(first.wall > 0);
  await until("a picture that keeps up", () => tile(page, "cam_a"), (t) => t.state === "live" && t.latency !== null && t.latency <= 1000, 5000);
  const late = [];
  for (let i = 0; i < 20; i++) { late.push((await tile(page, "cam_a")).latency); await new Promise((r) => setTimeout(r, 50)); }
  console.log("     buffered ahead of the picture, ms:", Math.min(...late), "to", Math.max(...late));
  assert.ok(Math.max(...late) <= 1000);
  if (shots) await page.screenshot({ path: `${shots}/live.png` });
  assert.deepEqual(await axeFaults(page), []);
  await mock({ liveBreaks: true });
  await until("the break", () => tile(page, "cam_a"), (t) => t.state === "lost");
  await until("live again", () => tile(page, "cam_a"), (t) => t.state === "live");
  await mock({ liveEnds: true });
  const end = await until("the decision", () => tile(page, "cam_a"), (t) => t.state === "ended");
  assert.match(end.text, /Live pictures are closed to you[^]*no longer includes/);
});

await test("signing in, the second factor and the policy lead to the start", async (page) => {
  await mock({ signedIn: false, stage: "enrol" });
  await page.goto(base + "/history");
  await page.getByLabel("Sign-in name").fill("maria");
  await page.getByLabel("Password").fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("The name, the password or the code is wrong.").waitFor();
  assert.deepEqual(await axeFaults(page), []);
  await page.getByLabel("Password").fill("correct horse");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Set up the app" }).click();
  await page.getByAltText("QR code with the key below").waitFor();
  if (shots) await page.screenshot({ path: `${shots}/enrol.png` });
  await page.getByLabel("Code").fill("123 456");
  await page.getByRole("button", { name: "Check the code" }).click();
  await page.getByText("7KQ2-M9XD").waitFor();
  if (shots) await page.screenshot({ path: `${shots}/codes.png` });
  await page.getByRole("button", { name: "I have kept them, go on" }).click();
  if (shots) { await page.getByText("Read the policy").waitFor(); await page.screenshot({ path: `${shots}/policy.png` }); }
  await page.getByRole("button", { name: "I have read it and will keep to it" }).click();
  await page.getByText("Choose up to four cameras and a day").waitFor();
});

await test("the start leads somebody who is not signed in to signing in, and back", async (page) => {
  await mock({ signedIn: false });
  await page.goto(base + "/");
  await page.getByLabel("Sign-in name").fill("maria");
  await page.getByLabel("Password").fill("correct horse");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("Choose up to four cameras and a day").waitFor();
});

await test("an invitation's token leaves the address at once", async (page) => {
  await mock({ signedIn: false });
  await page.goto(base + "/join#secret-token");
  await page.getByLabel("New password").waitFor();
  assert.equal(page.url(), base + "/join");
  let sent;
  page.on("request", (r) => r.url().endsWith("/api/invitation") && (sent = r.postDataJSON()));
  await page.getByLabel("New password").fill("four unrelated words");
  await page.getByLabel("The same once more").fill("four unrelated words");
  await page.getByRole("button", { name: "Set password and go on" }).click();
  await until("the token", async () => sent, (s) => s?.token === "secret-token");
});

for (const [width, height] of [[1440, 900], [375, 812]]) {
  for (const colorScheme of ["light", "dark"]) {
    await test(`pages keep the rules at ${width} px, ${colorScheme}`, async (page) => {
      const check = async (name) => {
        assert.deepEqual(await axeFaults(page), [], name);
        assert.deepEqual(await smallTargets(page), [], name + " targets");
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), name + " scrolls sideways");
        if (shots) await page.screenshot({ path: `${shots}/${name}-${width}-${colorScheme}.png`, fullPage: width < 1000 });
      };
      await watch(page, ["cam_a", "cam_b", "cam_h"], 70);
      await until("b", () => tile(page, "cam_b"), (t) => t.number === 5750);
      await page.waitForLoadState("networkidle");
      await check("watch");
      await page.getByRole("button", { name: "Show as table" }).click();
      await check("table");
      for (const name of ["history", "account", "live", "watch"]) {
        await page.goto(`${base}/${name}`);
        await page.locator("h1").first().waitFor();
        await page.waitForLoadState("networkidle");
        await check(name === "watch" ? "begin" : name);
      }
      await mock({ signedIn: false });
      await page.goto(base + "/sign-in");
      await page.locator("h1").first().waitFor();
      await check("sign-in");
    }, { viewport: { width, height }, colorScheme });
  }
}

await end();
