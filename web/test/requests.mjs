// The screens of requests, holds and disposals in a real browser against the stand-in server. `npm run build` first.
import assert from "node:assert/strict";
import { axeFaults, smallTargets, until } from "./browser.mjs";
import { start } from "./mock/answers.mjs";
import { people } from "./mock/requests.mjs";
import { stage } from "./stage.mjs";

const { base, mock, test, shots, end } = await stage(process.env.PORT ?? "8125");
const minute = 60_000_000;
const as = (who) => mock({ ...people[who], fresh: false });
const open = (page, path) => page.goto(base + path);
const button = (page, name, more = {}) => page.getByRole("button", { name, ...more });
const says = (page, text) => page.getByText(text).first().waitFor({ timeout: 6000 });

/** Counts what changes anything on the server, but for signing again. */
function unsafe(page) {
  const list = [];
  page.on("request", (r) => r.method() !== "GET" && !/session|viewings|mock/.test(r.url()) && list.push(`${r.method()} ${new URL(r.url()).pathname.replace("/api", "")}`));
  return list;
}

const moment = async (page, label, day, time) => {
  await page.getByLabel(`${label}, day`, { exact: true }).fill(day);
  await page.getByLabel(`${label}, time`, { exact: true }).fill(time);
};

async function log(page) {
  await open(page, "/requests/new");
  await page.getByRole("radio", { name: /A police officer/ }).check({ force: true });
  await moment(page, "When did it reach us?", "2026-11-14", "14:20");
  await page.getByLabel("What was asked, word for word").fill("Please give us the entrance video of the bicycle theft.");
  for (const [label, text] of [["Agency", "Westbrook Police"], ["Officer's name", "Jordan Reyes"], ["Badge number", "4471"], ["Agency's case number", "26-004418"], ["What happened at the library", "Theft of a bicycle"]]) await page.getByLabel(label, { exact: true }).fill(text);
  await page.getByRole("checkbox", { name: /It happened at the library/ }).check();
  await page.getByRole("checkbox", { name: /Main entrance/ }).check();
  await moment(page, "From", "2026-11-14", "14:00");
  await moment(page, "To", "2026-11-14", "14:02");
  await button(page, "Log it and keep the footage").click();
  await says(page, "REQ-2026-0004");
}

const propose = async (page, outcome = /^Release/) => {
  await page.getByRole("radio", { name: outcome }).check({ force: true });
  await button(page, "Propose to the library director").click();
};

const sign = async (page) => {
  await says(page, "Sign for it");
  await page.getByLabel("Your password").fill("correct horse");
  await button(page, "Sign", { exact: true }).click();
};

async function decided(page) {
  await as("clerk");
  await open(page, "/requests/req_1");
  await button(page, "Record the call").waitFor();
  await page.getByRole("radio", { name: /Yes, confirmed/ }).check({ force: true });
  await button(page, "Record the call").click();
  await button(page, "Propose to the library director").waitFor();
  await propose(page);
  await says(page, "Waits for: the library director");
  await as("director");
  await page.reload();
  await button(page, "Decide as proposed").click();
  await sign(page);
}

await test("the common case is five acts by two people", async (page) => {
  await as("clerk");
  const sent = unsafe(page);
  await log(page);
  await says(page, "WB7K-M2QD");
  await says(page, "Your request is logged as REQ-2026-0004");
  if (shots) await page.screenshot({ path: `${shots}/r-logged.png`, fullPage: true });
  await page.getByRole("link", { name: "Go on with REQ-2026-0004" }).click();
  await says(page, "Call the officer back on a number of our own directory");
  assert.equal(await page.getByLabel("Agency in our directory").inputValue(), "agy_1", "the likely agency is found");
  await page.getByRole("radio", { name: /Yes, confirmed/ }).check({ force: true });
  await button(page, "Record the call").click();
  await button(page, "Propose to the library director").waitFor();
  await propose(page);
  await says(page, "Waits for: the library director");
  assert.equal(await button(page, "Decide as proposed").count(), 0, "who proposed is offered no decision");
  await as("director");
  await open(page, "/");
  await page.getByRole("link", { name: /REQ-2026-0004.*Decide/s }).click();
  await says(page, "Proposed:");
  await button(page, "Decide as proposed").click();
  await sign(page);
  await says(page, "Hand the package over");
  await says(page, "3f2a 91c0");
  if (shots) await page.screenshot({ path: `${shots}/r-handover.png`, fullPage: true });
  await as("clerk");
  await page.reload();
  assert.equal(await page.getByRole("link", { name: /Download REQ-2026-0004-P1.zip/ }).getAttribute("href"), "/api/packages/pkg_2/zip");
  await page.getByLabel("Signed by").fill("J. Reyes");
  await button(page, "Hand over and close").click();
  await says(page, "Nothing more to do");
  await says(page, "Receipt signed by J. Reyes");
  const acts = sent.filter((s) => !s.endsWith("/items")); // the span is stored with the proposal, in one act
  assert.deepEqual(acts.map((s) => s.replace(/req_4|pkg_2/, "")), ["POST /requests", "POST /requests//call-back", "POST /requests//propose", "POST /requests//decide", "POST /requests//decide", "POST /packages//deliveries"], "the decision is sent again once it is signed for");
});

await test("what is missing is said at its field, and the first one is led to", async (page) => {
  await as("clerk");
  await open(page, "/requests/new");
  await button(page, "Log it and keep the footage").click();
  await says(page, "Choose who asks.");
  await says(page, "Write what was asked, word for word.");
  await says(page, "Choose cameras, or say that they are not known.");
  assert.ok(await page.evaluate(() => document.activeElement.closest(".choices") !== null), "the first wrong field has the focus");
  assert.deepEqual(await axeFaults(page), []);
  await page.getByRole("radio", { name: /Anyone else/ }).check({ force: true });
  await page.getByLabel("What was asked, word for word").fill("It was too long ago.");
  await page.getByRole("checkbox", { name: /Not known/ }).check();
  await moment(page, "From", "2026-11-14", "15:00");
  await moment(page, "To", "2026-11-14", "14:00");
  await button(page, "Log it and keep the footage").click();
  await says(page, "The end has to lie after the beginning.");
  await moment(page, "To", "2026-11-14", "16:00");
  await button(page, "Log it and keep the footage").click();
  await says(page, "This lies in the future.");
  await says(page, "req-7F3K");
  await page.getByLabel("What was asked, word for word").fill("The video of the reading room.");
  await button(page, "Log it and keep the footage").click();
  await says(page, "REQ-2026-0004");
});

await test("the hour that comes twice is asked about, and one that never came is explained", async (page) => {
  await as("clerk");
  await open(page, "/requests/new");
  await page.getByRole("radio", { name: /Anyone else/ }).check({ force: true });
  await page.getByLabel("What was asked, word for word").fill("The video of the night.");
  await page.getByRole("checkbox", { name: /Not known/ }).check();
  await moment(page, "From", "2026-11-01", "01:30");
  const which = page.getByLabel(/This time came twice that night/);
  await which.first().waitFor();
  await moment(page, "To", "2026-03-08", "02:30");
  await says(page, "Clocks went forward over this time");
  await says(page, "The nearest is 3:00:00 AM");
  await moment(page, "To", "2026-11-01", "01:45");
  await button(page, "Log it and keep the footage").click();
  await says(page, "This time came twice that night. Choose which.");
  assert.deepEqual(await axeFaults(page), []);
  if (shots) await page.screenshot({ path: `${shots}/r-twice.png`, fullPage: true });
  await which.nth(0).selectOption("1");
  await which.nth(1).selectOption("1");
  let body;
  page.on("request", (r) => r.method() === "POST" && r.url().endsWith("/api/requests") && (body = r.postDataJSON()));
  await button(page, "Log it and keep the footage").click();
  await says(page, "REQ-2026-0004");
  assert.deepEqual(body.asked, { cameras: [], from: "2026-11-01T07:30:00.000000Z", to: "2026-11-01T07:45:00.000000Z" });
  assert.deepEqual(body.requester, { name: "", contact: "" });
});

await test("a request is prepared with the keyboard alone", async (page) => {
  await as("clerk");
  await open(page, "/requests");
  await page.getByRole("heading", { name: "Requests" }).waitFor();
  const to = async (name, limit = 90) => {
    for (let i = 0; i < limit; i++) {
      const label = await page.evaluate(() => { const n = document.activeElement; return n === document.body ? "" : (n.getAttribute("aria-label") ?? n.labels?.[0]?.textContent ?? n.textContent ?? "").trim(); });
      if (name.test(label)) return;
      await page.keyboard.press("Tab");
    }
    throw new Error("the keyboard does not reach " + name);
  };
  await page.keyboard.press("Tab");
  await to(/REQ-2026-0001/);
  await page.keyboard.press("Enter");
  await button(page, "Record the call").waitFor();
  await to(/Yes, confirmed/);
  await page.keyboard.press("Space");
  await to(/^Record the call$/);
  await page.keyboard.press("Enter");
  await button(page, "Propose to the library director").waitFor();
  await to(/Main entrance, beginning/);
  for (const key of ["ArrowRight", "PageUp", "ArrowLeft", "ArrowRight"]) await page.keyboard.press(key);
  await says(page, "2:01:01 PM to 2:02:00 PM");
  await to(/Main entrance, end/);
  await page.keyboard.press("ArrowLeft");
  await says(page, "2:01:01 PM to 2:01:59 PM");
  await to(/^Release/);
  await page.keyboard.press("Space");
  await to(/^Propose to the library director$/);
  await page.keyboard.press("Enter");
  await says(page, "Waits for: the library director");
  await says(page, "2:01:01 PM to 2:01:59 PM");
});

await test("a span is dragged, typed, taken out, and what changed says so", async (page) => {
  await as("clerk");
  await open(page, "/requests/req_3");
  await says(page, "No camera and span yet");
  await button(page, "Propose to the library director").click();
  await says(page, "Add at least one camera and span.");
  await button(page, "Add a camera and times").click();
  await page.getByLabel("Camera", { exact: true }).selectOption("cam_a");
  await moment(page, "From", "2026-11-14", "14:00");
  await moment(page, "To", "2026-11-14", "14:00");
  await button(page, "Use these times").click();
  await says(page, "The end has to lie after the beginning.");
  await moment(page, "To", "2026-11-14", "14:02");
  await button(page, "Use these times").click();
  await says(page, "(not saved yet)");
  await button(page, "Save, and see what is there").click();
  await says(page, "1 min of 2 min are recorded");
  await says(page, "The camera sent nothing.");
  await says(page, "Decided before for REQ-2026-0131");
  const edge = page.getByRole("slider", { name: "Main entrance, end" });
  const before = await edge.getAttribute("aria-valuetext");
  const at = await edge.boundingBox();
  await page.mouse.move(at.x + at.width / 2, at.y + at.height / 2);
  await page.mouse.down();
  await page.mouse.move(at.x + at.width / 2 - 60, at.y + at.height / 2, { steps: 5 });
  await page.mouse.up();
  assert.notEqual(await edge.getAttribute("aria-valuetext"), before, "the end moved");
  await says(page, "(not saved yet)");
  await button(page, "Undo").click();
  assert.equal(await edge.getAttribute("aria-valuetext"), before);
  await propose(page, /^Deny/);
  await says(page, "Choose the law or policy it rests on.");
  await page.getByLabel("What it rests on").selectOption("22.7(13)");
  await button(page, "Propose to the library director").click();
  await says(page, "Waits for: the library director");
  await says(page, "22.7(13)");
});

await test("the custodian decides otherwise, item by item, and a stale page is told", async (page) => {
  await as("clerk");
  await open(page, "/requests/req_1");
  await page.getByRole("radio", { name: /Yes, confirmed/ }).check({ force: true });
  await button(page, "Record the call").click();
  await button(page, "Propose to the library director").waitFor();
  await propose(page);
  await says(page, "Waits for: the library director");
  await as("director");
  await open(page, "/requests/req_1");
  await button(page, "Decide otherwise").click();
  await page.getByRole("radio", { name: /^Inspection only/ }).check({ force: true });
  await page.getByLabel("What it rests on").selectOption("22.7(5)");
  await button(page, "Decide", { exact: true }).click();
  await says(page, "This is not what was proposed: say why.");
  await page.getByLabel("Reason", { exact: true }).fill("They asked to look only.");
  await fetch(base + "/api/requests/req_1/notes", { method: "POST", headers: { "X-CSRF": "csrf", "Content-Type": "application/json" }, body: JSON.stringify({ text: "Meanwhile." }) });
  await mock({ fresh: true });
  await button(page, "Decide", { exact: true }).click();
  await says(page, "Somebody else changed this request meanwhile");
  await page.reload();
  await button(page, "Decide otherwise").click();
  await page.getByRole("radio", { name: /^Inspection only/ }).check({ force: true });
  await page.getByLabel("What it rests on").selectOption("22.7(5)");
  await page.getByLabel("Reason", { exact: true }).fill("They asked to look only.");
  await button(page, "Decide", { exact: true }).click();
  await says(page, "Inspected");
  assert.equal(await page.getByRole("heading", { name: /What they will receive/ }).count(), 0, "nothing is packaged that nobody gets");
  await button(page, "Answer").click();
  await says(page, "Your request REQ-2026-0001 reached us");
});

await test("a package that fails says why and is tried again; a recalled one says who has it", async (page) => {
  await mock({ packageFails: true });
  await decided(page);
  await says(page, "The disk of the object store is full".replace("The disk", "the disk"));
  await button(page, "Try again").click();
  await says(page, "Hand the package over");
  await says(page, "Nothing in the package was changed");
  await button(page, /Hand over; the receipt/).click();
  await says(page, "Take the signed receipt");
  await button(page, "Record the receipt").click();
  await says(page, "Give the name on the receipt.");
  await page.getByText("More: papers").click();
  await button(page, "Recall the package").click();
  await button(page, "Recall it").click();
  await says(page, "Say why.");
  await page.getByRole("dialog").getByLabel("Why").fill("A bystander can be seen.");
  await mock({ fresh: false });
  await button(page, "Recall it").click();
  await sign(page);
  await says(page, "It was recalled.");
  await says(page, "Westbrook Police");
  assert.deepEqual(await axeFaults(page), []);
});

await test("one without a name takes a package with the pick-up code only", async (page) => {
  await mock({ fresh: true });
  await as("clerk");
  await open(page, "/requests/req_3");
  await button(page, "Add a camera and times").click();
  await page.getByLabel("Camera", { exact: true }).selectOption("cam_a");
  await moment(page, "From", "2026-11-14", "14:00");
  await moment(page, "To", "2026-11-14", "14:01");
  await button(page, "Use these times").click();
  await propose(page);
  await says(page, "Waits for: the library director");
  await as("director");
  await page.reload();
  await button(page, "Decide as proposed").click();
  await sign(page);
  await says(page, "Hand the package over");
  await button(page, /Hand over; the receipt/).click();
  await says(page, "This is needed.");
  await page.getByLabel("Pick-up code they show").fill("WRONG");
  await button(page, /Hand over; the receipt/).click();
  await says(page, "This is not the code of this request.");
  await page.getByLabel("Pick-up code they show").fill("WB7K-M2QD");
  await button(page, /Hand over; the receipt/).click();
  await says(page, "Take the signed receipt");
});

await test("a hold ends by two people, and is placed without a request", async (page) => {
  await as("clerk");
  await open(page, "/");
  await says(page, "Confirm that it ends");
  await open(page, "/holds");
  const glass = page.getByRole("region", { name: "Hold for Incident 112, broken window" });
  await glass.getByText("Gone: Check-out desk").waitFor();
  assert.equal(await button(page, "Propose to end it").count(), 0, "the clerk proposes no end");
  await glass.getByRole("button", { name: "Confirm: the hold ends" }).click();
  await sign(page);
  await until("the hold", () => glass.count(), (n) => n === 0);
  await button(page, "Keep footage").click();
  await button(page, "Keep it", { exact: true }).click();
  await says(page, "Choose a camera, or every camera.");
  await says(page, "Say why it is kept.");
  assert.deepEqual(await axeFaults(page), []);
  await page.getByLabel("Camera", { exact: true }).selectOption("*");
  await moment(page, "From", "2026-11-14", "14:00");
  await moment(page, "To", "2026-11-14", "15:00");
  await page.getByLabel("Why it is kept").fill("Incident 118");
  await button(page, "Keep it", { exact: true }).click();
  await says(page, "It is kept.");
  await as("director");
  await page.reload();
  await page.getByRole("region", { name: "Hold for Incident 118" }).getByRole("button", { name: "Propose to end it" }).click();
  await page.getByLabel("Why it is needed no longer").fill("Nothing happened.");
  await button(page, "Propose it").click();
  await sign(page);
  await says(page, "Somebody else confirms it.");
});

await test("schedules change with a signature; looking at what is due changes nothing", async (page) => {
  await as("director");
  const sent = unsafe(page);
  await open(page, "/dispositions");
  await button(page, "Look", { exact: true }).click();
  await says(page, "41 recordings");
  await says(page, "12 recordings kept by 1 hold");
  await button(page, "Certificate of disposal for this time").click();
  await says(page, "Certificate of disposal Check-out".split(" Check")[0]);
  await button(page, "Close").click();
  assert.deepEqual(sent, []);
  await button(page, "Change: Every other camera").click();
  await page.getByLabel("Disposed of after so many days").fill("10");
  await button(page, "Save").click();
  await says(page, "Give a number of days from 1 to the one above.");
  await page.getByLabel("Never before so many days").fill("7");
  await button(page, "Save").click();
  await sign(page);
  await says(page, "for 10 days, never disposed of before 7 days");
  await as("clerk");
  await page.reload();
  await says(page, "for 10 days");
  assert.equal(await button(page, /^Change/).count(), 0);
});

await test("who may see no requests is told who can help, and can log one", async (page) => {
  await as("viewer");
  for (const path of ["/requests", "/requests/req_1", "/requests/agencies", "/holds", "/dispositions"]) {
    await open(page, path);
    await says(page, "Your role does not open this page.");
    assert.deepEqual(await axeFaults(page), [], path);
  }
  await open(page, "/");
  await says(page, "Choose up to four cameras and a day");
  await page.getByRole("link", { name: "Log a request" }).click();
  await page.getByRole("radio", { name: /Anyone else/ }).check({ force: true });
  await page.getByLabel("What was asked, word for word").fill("A man asked for the video of the door.");
  await page.getByRole("checkbox", { name: /It was spoken/ }).check();
  await page.getByRole("checkbox", { name: /I read it back/ }).check();
  await page.getByRole("checkbox", { name: /Not known/ }).check();
  assert.equal(await page.getByLabel("Papers that came with it").count(), 0);
  await button(page, "Log it and keep the footage").click();
  await says(page, "REQ-2026-0004");
  assert.equal(await page.getByRole("link", { name: /Go on with/ }).count(), 0);
  await open(page, "/requests/nothing");
  await says(page, "Your role does not open this page.");
});

await test("footage is looked at for a request, marked, kept, and put in the request", async (page) => {
  await as("clerk");
  await open(page, "/requests/req_3");
  await button(page, "Add a camera and times").click();
  await page.getByLabel("Camera", { exact: true }).selectOption("cam_a");
  await moment(page, "From", "2026-11-14", "14:00:10");
  await moment(page, "To", "2026-11-14", "14:00:30");
  await button(page, "Use these times").click();
  await button(page, "Save, and see what is there").click();
  await says(page, "Decided before");
  await page.getByRole("link", { name: "Look at this footage" }).click();
  await says(page, "Why do you need to look?");
  assert.ok(await page.getByRole("radio", { name: /A request/ }).isChecked());
  assert.equal(await page.getByLabel("Request number").inputValue(), "REQ-2026-0003");
  await button(page, "Open footage").click();
  await page.locator(".tile").first().waitFor();
  await until("a picture", () => page.locator(".tile").first().getAttribute("data-state"), (s) => s === "paused");
  await button(page, "Add 20 s to request").waitFor();
  if (shots) await page.screenshot({ path: `${shots}/r-watch.png` });
  await page.keyboard.press("l");
  await until("the picture ten seconds on", () => page.locator(".tile").first().getAttribute("data-wall-us"), (t) => Math.abs(Number(t) - start - 20_000_000) < 200_000);
  await page.keyboard.press("[");
  await button(page, /^Add 10 s to request|^Add 1\d s to request/).waitFor();
  await page.keyboard.press("h");
  await says(page, "Keep footage");
  assert.match(await page.getByLabel("From, time").inputValue(), /^14:00:(19|20)$/);
  await page.getByLabel("Why it is kept").fill("Incident 119");
  await button(page, "Keep it", { exact: true }).click();
  await says(page, "Main entrance is kept.");
  await button(page, "Go on looking").click();
  await says(page, "On hold");
  await button(page, /to request$/).click();
  assert.equal(await page.getByLabel("Request", { exact: true }).inputValue(), "req_3");
  await page.getByText("In the place of REQ-2026-0003/1").waitFor({ state: "attached" });
  await button(page, "Add it").click();
  await says(page, "Added to REQ-2026-0003.");
  await page.getByRole("link", { name: "Go to REQ-2026-0003" }).click();
  await says(page, /2:00:(19|20) PM to 2:00:30 PM/);
  assert.deepEqual(await axeFaults(page), []);
});

const sizes = [[1440, 900, 1], [375, 812, 1], [720, 450, 2]]; // the last is 1440 px at 200 % zoom
for (const [width, height, deviceScaleFactor] of sizes) {
  for (const colorScheme of ["light", "dark"]) {
    await test(`pages of requests keep the rules at ${width} px, ${colorScheme}`, async (page) => {
      const check = async (name) => {
        await page.waitForLoadState("networkidle");
        assert.deepEqual(await axeFaults(page), [], name);
        assert.deepEqual(await smallTargets(page), [], name + " targets");
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), name + " scrolls sideways");
        if (shots) await page.screenshot({ path: `${shots}/r-${name}-${width}-${colorScheme}.png`, fullPage: true });
      };
      const at = async (path, name, heading) => {
        await open(page, path);
        await page.getByRole("heading", { name: heading }).first().waitFor();
        await check(name);
      };
      await as("clerk");
      await at("/", "today", "What needs you today");
      await at("/requests", "queue", "Requests");
      await at("/requests/new", "new", "Log a request");
      await at("/requests/req_1", "call-back", "Call the officer back");
      await page.getByRole("radio", { name: /Yes, confirmed/ }).check({ force: true });
      await button(page, "Record the call").click();
      await button(page, "Propose to the library director").waitFor();
      await page.getByText("How this date was worked out").click();
      await says(page, "Veterans Day");
      await check("prepare");
      await propose(page);
      await says(page, "Waits for: the library director");
      await as("director");
      await at("/requests/req_1", "decide", "Decide about what is proposed");
      await mock({ fresh: true });
      await button(page, "Decide as proposed").click();
      await says(page, "Hand the package over");
      await button(page, "Show UTC").click();
      await check("hand-over");
      await page.getByLabel("Signed by").fill("J. Reyes");
      await button(page, "Hand over and close").click();
      await says(page, "Nothing more to do");
      await check("closed");
      await at("/holds", "holds", "Holds");
      await at("/dispositions", "retention", "Retention");
      await at("/requests/agencies", "agencies", "Agencies");
      await button(page, "Add an agency").click();
      await check("agency");
    }, { viewport: { width, height }, colorScheme, deviceScaleFactor });
  }
}

await end();
