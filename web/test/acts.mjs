// What the tests of requests do again and again, on a stage of theirs.
import { people } from "./mock/requests.mjs";

/** The acts of a clerk and a director on pages of this stage. */
export function acts({ base, mock }) {
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
  return { as, open, button, says, unsafe, moment, log, propose, sign, decided };
}
