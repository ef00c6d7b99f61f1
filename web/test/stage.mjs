// The stage of the tests against the stand-in server: the server as a process, one browser, and a page of its own for each test.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { launch, open } from "./browser.mjs";

/** Starts all. A word as the first argument of the program chooses tests by their names; SHOTS=dir keeps pictures. */
export async function stage(port) {
  const base = process.env.BASE ?? `http://localhost:${port}`;
  const shots = process.env.SHOTS;
  if (shots) mkdirSync(shots, { recursive: true });
  const only = process.argv[2];
  const server = spawn(process.execPath, [new URL("mock/serve.mjs", import.meta.url).pathname], { env: { ...process.env, PORT: port }, stdio: ["ignore", "pipe", "inherit"] });
  await once(server.stdout, "data");
  const browser = await launch();
  let failed = 0;
  const mock = (state) => fetch(base + "/api/mock", { method: "POST", body: JSON.stringify(state) }).then((r) => r.json());
  const mild = { reset: true, signedIn: true, stage: "full", liveEnds: false, liveBreaks: false, failIndex: 0, revoked: false, fresh: false, packageFails: false };

  async function test(name, body, options) {
    if (only && !name.includes(only)) return;
    await mock(mild);
    const { context, page, faults } = await open(browser, base, options);
    const began = Date.now();
    try {
      await body(page);
      assert.deepEqual(faults, [], "the page broke a rule");
      console.log(`ok   ${name} (${Date.now() - began} ms)`);
    } catch (error) {
      failed++;
      console.log(`FAIL ${name}: ${error.message}`);
      if (shots) await page.screenshot({ path: `${shots}/fail-${failed}.png` });
    }
    await context.close();
  }

  /** Closes all and ends the program with what came of it. */
  async function end() {
    await browser.close();
    server.kill();
    process.exit(failed > 0 ? 1 : 0);
  }
  return { base, mock, test, shots, end };
}
