// Stories of footage that leaves: the five acts of two people in a real browser against a real site, once with the mouse and
// once by keyboard alone; and what left, played by a page that knows nothing of the site.
import { smallTargets, until } from "./browser.mjs";
import { ask, atHome, began, browser, cameras, dayOf, dir, enter, fail, inspect, inspectToo, people, result, seen, signIn, tabTo, timeOf, url } from "./site-stage.mjs";

const button = (page, name, more = {}) => page.getByRole("button", { name, ...more });
const says = (page, text, timeout = 30_000) => page.getByText(text).first().waitFor({ timeout });
/** Screens that differ most from those inspected elsewhere are inspected always, the others when there is time for it. */
const telling = ["log", "prepare", "decide", "package", "hand-over", "holds"];
const look = (page, name) => (telling.includes(name) ? inspect : inspectToo)(page, "release-" + name);

async function come(who) {
  const { page, context } = await enter({ acceptDownloads: true });
  await signIn(page, who);
  await atHome(page).waitFor();
  return { page, context };
}

const moment = async (page, label, us) => {
  await page.getByLabel(`${label}, day`, { exact: true }).fill(dayOf(us));
  await page.getByLabel(`${label}, time`, { exact: true }).fill(timeOf(us));
};

/** A second after all cameras were recorded, whole on the site's clock. */
const whole = (seconds) => Math.ceil(began / 1e6 + seconds) * 1e6;

/** Act 1: the request as the officer says it, and the clerk's receipt for it. Returns its number. */
async function log(page, from, to) {
  await page.getByRole("link", { name: "Log a request" }).click();
  await page.getByRole("radio", { name: /A police officer/ }).check({ force: true });
  await page.getByLabel("What was asked, word for word").fill("A bicycle was taken from the rack. I need the video of the door and of the annex.");
  await page.getByRole("checkbox", { name: /It was spoken/ }).check();
  await page.getByRole("checkbox", { name: /I read it back/ }).check();
  for (const [label, text] of [["Agency", "Westbrook Police"], ["Officer's name", "Jordan Reyes"], ["Badge number", "4471"], ["Agency's case number", "26-004418"], ["What happened at the library", "Theft of a bicycle"]]) await page.getByLabel(label, { exact: true }).fill(text);
  await page.getByRole("checkbox", { name: /It happened at the library/ }).check();
  for (const name of Object.keys(cameras)) await page.getByRole("checkbox", { name: new RegExp("^" + name) }).check();
  await moment(page, "From", from);
  await moment(page, "To", to);
  await look(page, "log");
  await button(page, "Log it and keep the footage").click();
  await says(page, "The request is logged");
  const number = await page.locator(".big-number").innerText();
  if (!(await page.locator(".paper").innerText()).includes(number)) fail("the acknowledgement does not name the request");
  await look(page, "logged");
  await page.getByRole("link", { name: `Go on with ${number}` }).click();
  return number;
}

/** Act 3: looks, with the purpose filled in and not stated; narrows the span by typing and on the timeline; proposes. */
async function propose(page, number, from, to) {
  await button(page, "Propose to the library director").waitFor();
  const typed = async (camera) => {
    await button(page, "Add a camera and times").click();
    await page.getByLabel("Camera", { exact: true }).selectOption(cameras[camera]);
    await moment(page, "From", from);
    await moment(page, "To", to);
    await button(page, "Use these times").click();
  };
  if (await button(page, "Take out door").count() === 0) await typed("door");
  if (await button(page, "Take out annex").count() === 0) await typed("annex");
  const end = page.getByRole("slider", { name: "door, end" });
  const before = await end.getAttribute("aria-valuetext");
  await end.scrollIntoViewIfNeeded();
  const at = await end.boundingBox();
  await page.mouse.move(at.x + at.width / 2, at.y + at.height / 2);
  await page.mouse.down();
  await page.mouse.move(at.x + at.width / 2 - 30, at.y + at.height / 2, { steps: 4 });
  await page.mouse.up();
  if ((await end.getAttribute("aria-valuetext")) === before) fail("the end of the span does not follow the mouse");
  await button(page, "Take out door").click(); // and once more by typing, so that a run releases what every run does
  await typed("door");
  await button(page, "Save, and see what is there").click();
  await says(page, /(is|are) recorded/);
  await look(page, "prepare");
  await page.getByRole("listitem").filter({ hasText: /^door/ }).getByRole("link", { name: "Look at this footage" }).click();
  await says(page, "Why do you need to look?");
  if (!(await page.getByRole("radio", { name: /A request/ }).isChecked())) fail("the purpose is not that of the request");
  if ((await page.getByLabel("Request number").inputValue()) !== number) fail("the purpose does not name the request");
  if ((await page.locator("video").count()) > 0) fail("there are pictures before the purpose is stated");
  await look(page, "purpose");
  await button(page, "Open footage").click();
  await until("a picture", () => seen(page, cameras.door), (t) => t?.state === "paused" && t.number >= 0, 15_000);
  await look(page, "look");
  await page.getByText(`Back to ${number}`).click();
  await page.getByRole("radio", { name: /^Release/ }).check({ force: true });
  await button(page, "Propose to the library director").click();
  await says(page, /Waits for: the custodian/);
}

/** Act 4: the director decides as proposed and signs for it; the package follows by itself. */
async function decide(page, number) {
  await page.goto(url);
  await atHome(page).waitFor();
  await look(page, "today");
  await page.getByRole("link", { name: new RegExp(number) }).click();
  await button(page, "Decide as proposed").waitFor();
  await look(page, "decide");
  await button(page, "Decide as proposed").click();
  if (await page.getByLabel("Your password").waitFor({ timeout: 2500 }).then(() => true, () => false)) {
    await look(page, "sign");
    await page.getByLabel("Your password").fill("not the password");
    await button(page, "Sign", { exact: true }).click();
    await page.getByRole("dialog").getByRole("alert").waitFor();
    await page.getByLabel("Your password").fill(people.director.password);
    await button(page, "Sign", { exact: true }).click();
  }
  const progress = page.getByRole("progressbar", { name: "Progress of the package" });
  result.took.progress = await progress.waitFor({ timeout: 10_000 }).then(() => true, () => false);
  await says(page, "The package is ready", 60_000);
  await look(page, "package");
}

/** What the recipient gets, as a file on this machine. */
async function download(page, link) {
  const [file] = await Promise.all([page.waitForEvent("download"), link()]);
  const path = await ask("path", file.suggestedFilename());
  await file.saveAs(path);
  return path;
}

export const releases = {
  async releases() {
    const [from, to] = [whole(1), whole(5)];
    const director = await come("director");
    await director.page.goto(url + "/requests/agencies");
    await button(director.page, "Add an agency").click();
    for (const [label, text] of [["Name", "Westbrook Police"], ["Telephone number", "+1 641 555 0142"], ["Where the number was found, and when", "The city's website, checked today."]]) await director.page.getByLabel(label).fill(text);
    await look(director.page, "agency");
    await button(director.page, "Save").click();
    await says(director.page, "+1 641 555 0142");

    const clerk = await come("clerk");
    const number = await log(clerk.page, from, to);
    await button(clerk.page, "Record the call").waitFor();
    await says(clerk.page, "+1 641 555 0142");
    await clerk.page.getByRole("radio", { name: /Yes, confirmed/ }).check({ force: true });
    await clerk.page.getByLabel("With whom did you speak?").fill("the desk sergeant");
    await look(clerk.page, "call-back");
    await button(clerk.page, "Record the call").click();
    await propose(clerk.page, number, from, to);
    if ((await button(clerk.page, "Decide as proposed").count()) > 0) fail("who proposed is offered the decision");
    await look(clerk.page, "proposed");
    await decide(director.page, number);

    const { page } = clerk;
    await page.reload();
    for (const what of ["viewing/", "original/", "VERIFY.html"]) if (!(await page.locator(".files").first().innerText()).includes(what)) fail(`the preview of the package shows no ${what}`);
    await button(page, "Receipt", { exact: true }).click();
    await says(page, /digest/i);
    await look(page, "receipt");
    await button(page, "Close", { exact: true }).click();
    const path = await download(page, () => page.getByRole("link", { name: `Download ${number}-P1.zip` }).click());
    await page.getByLabel("Signed by").fill("J. Reyes");
    await look(page, "hand-over");
    for (const small of await smallTargets(page)) fail("hand-over: " + small);
    await button(page, "Hand over and close").click();
    await says(page, "This request is closed.");
    await says(page, "Receipt signed by J. Reyes");
    await look(page, "closed");
    for (const [at, name] of [["/requests?show=all", "queue"], ["/holds", "holds"], ["/dispositions", "retention"]]) {
      await page.goto(url + at);
      await page.locator("h1").first().waitFor();
      await page.waitForLoadState("networkidle");
      await look(page, name);
    }
    await Promise.all([clerk.context.close(), director.context.close()]);
    await play(await ask("package", path));
  },

  async releasesByKeyboard() {
    const enterKey = (page) => page.keyboard.press("Enter");
    const { page, context } = await come("clerk2");
    const type = async (what, text) => {
      await tabTo(page, what);
      await page.keyboard.type(text);
    };
    const tick = async (what) => {
      await tabTo(page, what);
      await page.keyboard.press("Space");
    };
    const press = async (p, what) => {
      await tabTo(p, what);
      await enterKey(p);
    };
    const when = async (label, us) => {
      const [y, m, d] = dayOf(us).split("-");
      await type(new RegExp(`${label}, day`), m + d + y);
      const [h, min, s] = timeOf(us).split(":").map(Number);
      const two = (n) => String(n).padStart(2, "0");
      await type(new RegExp(`${label}, time`), two(h % 12 || 12) + two(min) + two(s) + (h < 12 ? "AM" : "PM"));
    };
    await press(page, /A\|.*Log a request/);
    await page.getByRole("heading", { name: "Log a request" }).waitFor();
    await tabTo(page, /radio/);
    await page.keyboard.press("ArrowDown");
    if (!(await page.getByRole("radio", { name: /Anyone else/ }).isChecked())) await page.keyboard.press("ArrowDown");
    await type(/What was asked, word for word/, "I should like the video of the door, please.");
    await tick(/^INPUT\|\|door/);
    await when("From", whole(2));
    await when("To", whole(5));
    await press(page, /Log it and keep the footage/);
    await says(page, "The request is logged");
    const number = await page.locator(".big-number").innerText();
    const code = await page.locator(".code").innerText();
    await press(page, /Go on with/);
    await button(page, "Propose to the library director").waitFor();
    if ((await button(page, "Take out door").count()) === 0) {
      await press(page, /Add a camera and times/);
      await page.getByRole("dialog").waitFor();
      await press(page, /Use these times/);
    }
    await tabTo(page, /door, end/);
    await page.keyboard.press("ArrowLeft");
    await tabTo(page, /radio/);
    await page.keyboard.press("Space");
    if (!(await page.getByRole("radio", { name: /^Release/ }).isChecked())) fail("Space does not choose the release");
    await press(page, /Propose to the library director/);
    await says(page, /Waits for: the custodian/);

    const boss = await come("director2");
    await press(boss.page, new RegExp(number));
    await button(boss.page, "Decide as proposed").waitFor();
    await press(boss.page, /Decide as proposed/);
    if (await boss.page.getByLabel("Your password").waitFor({ timeout: 2500 }).then(() => true, () => false)) {
      await tabTo(boss.page, /Your password/);
      await boss.page.keyboard.type(people.director2.password);
      await enterKey(boss.page);
    }
    await says(boss.page, "The package is ready", 60_000);
    await boss.context.close();

    await page.reload();
    await page.getByRole("link", { name: `Download ${number}-P1.zip` }).waitFor();
    await download(page, () => press(page, /Download/));
    await type(/Pick-up code/, code);
    await type(/Signed by/, "the requester");
    await press(page, /Hand over and close/);
    await says(page, "This request is closed.");
    await context.close();
  },
};

/** Plays every film of a package in a page with a video and nothing else; the number in each picture comes with its time. */
async function play({ base, films }) {
  result.played = [];
  for (const film of films) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${base}/play?film=${encodeURIComponent(film)}`);
    const got = await page.evaluate(async () => {
      const video = document.querySelector("video");
      const faulty = () => video.error && `${video.error.code} ${video.error.message}`;
      const settled = await new Promise((resolve) => {
        if (video.readyState >= 2 || video.error) return resolve(true);
        video.addEventListener("loadeddata", () => resolve(true));
        video.addEventListener("error", () => resolve(true));
        setTimeout(() => resolve(false), 15_000);
      });
      if (!settled || faulty()) return { error: faulty() ?? "nothing is loaded", painted: 0, duration: 0, seeks: [] };
      let painted = 0;
      const next = () => video.requestVideoFrameCallback(() => { painted++; next(); });
      next();
      video.muted = true;
      await video.play().catch(() => undefined); // a film of one picture ends before it began to play
      await new Promise((resolve) => { video.addEventListener("ended", resolve); video.addEventListener("error", resolve); setTimeout(resolve, 1000 * video.duration + 20_000); });
      const ended = video.ended;
      const played = painted;
      const seeks = [];
      for (const part of [0.6, 0.2, 0.9]) {
        const to = part * video.duration;
        const shown = new Promise((resolve, reject) => {
          const look = () => video.requestVideoFrameCallback((_, m) => (Math.abs(m.mediaTime - to) < 0.2 ? resolve(m.mediaTime) : look())); // the picture before may be painted once more
          look();
          setTimeout(() => reject(new Error(`no picture at ${to}`)), 10_000);
        });
        video.currentTime = to;
        seeks.push({ to, shown: await shown });
      }
      return { error: faulty() ?? (ended ? "" : "it does not come to its end"), painted: played, duration: video.duration, seeks };
    });
    if (dir) await page.screenshot({ path: `${dir}/release-played-${result.played.length}.png` });
    result.played.push({ film, ...got });
    await context.close();
  }
}
