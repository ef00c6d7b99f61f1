// Holds, schedules, the viewer and the rules of every page of requests, likewise. `npm run build` first.
import assert from "node:assert/strict";
import { acts } from "./acts.mjs";
import { axeFaults, smallTargets, until } from "./browser.mjs";
import { start } from "./mock/answers.mjs";
import { stage } from "./stage.mjs";

const { base, mock, test, shots, end } = await stage(process.env.PORT ?? "8126");
const { as, open, button, says, unsafe, moment, propose, sign } = acts({ base, mock });

await test("a hold ends by two people, and is placed without a request", async (page) => {
  await as("clerk");
  await open(page, "/");
  await says(page, "Confirm that it ends");
  await open(page, "/holds");
  const glass = page.getByRole("article", { name: "Hold for Incident 112, broken window" });
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
  await page.getByRole("article", { name: "Hold for Incident 118" }).getByRole("button", { name: "Propose to end it" }).click();
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

await test("the file of an old request is disposed of by two people, and leaves a tombstone", async (page) => {
  await as("director");
  await page.setViewportSize({ width: 375, height: 812 });
  await open(page, "/dispositions");
  const files = page.getByRole("region", { name: "Request files due" });
  await files.getByText("Kept all the same: 1 holds stand").waitFor();
  assert.equal(await button(page, "Propose to dispose of REQ-2020-0008").count(), 0, "what is held is not offered");
  await button(page, "Propose to dispose of REQ-2020-0007").click();
  assert.deepEqual(await axeFaults(page), []);
  assert.deepEqual(await smallTargets(page), []);
  await page.getByLabel("Remark (may be left out)").fill("Confirmed with the clerk of the city.");
  await button(page, "Propose it").click();
  await sign(page);
  await says(page, "Somebody else confirms it.");
  assert.equal(await button(page, "Dispose of REQ-2020-0007").count(), 0, "nobody confirms their own");
  await as("clerk");
  await page.reload();
  await says(page, "Maria Alvarez proposes to dispose of it.");
  assert.equal(await button(page, /^Propose to/).count(), 0);
  await button(page, "Dispose of REQ-2020-0007").click();
  await says(page, "This cannot be undone.");
  assert.deepEqual(await axeFaults(page), []);
  await button(page, "Dispose of it", { exact: true }).click();
  await sign(page);
  await says(page, "The file of REQ-2020-0007 was disposed of.");
  assert.equal(await files.getByRole("link", { name: "REQ-2020-0007" }).count(), 0);
  if (shots) await page.screenshot({ path: `${shots}/r-files-375.png`, fullPage: true });
  await open(page, "/requests/req_7");
  const stone = page.getByRole("region", { name: "This file was disposed of" });
  await stone.getByText("proposed by Maria Alvarez and confirmed by Sam Okafor").waitFor();
  assert.deepEqual(await axeFaults(page), []);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the tombstone scrolls sideways");
  if (shots) await page.screenshot({ path: `${shots}/r-tombstone-375.png`, fullPage: true });
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
