import { describe, expect, it } from "vitest";
import { backoff, ending, steer, target } from "./control";

/** Plays 20 s in steps of 100 ms with so much buffered at first and the network's own jitter. */
function play(behind: number, jitter: (i: number) => number): number[] {
  let shown = 10;
  let rate = 1;
  let newest = 10 + behind;
  return Array.from({ length: 200 }, (_, i) => {
    newest += 0.1;
    shown = Math.min(shown + 0.1 * rate, newest);
    const todo = steer(shown, newest - jitter(i), rate);
    if (todo.kind === "jump") shown = todo.to;
    else rate = todo.rate;
    return newest - shown;
  });
}

describe("live latency", () => {
  it("comes under half a second from any start and stays there", () => {
    for (const behind of [0.05, 0.3, 0.6, 1.1, 3, 60]) {
      const late = play(behind, () => 0).slice(100);
      expect(Math.max(...late)).toBeLessThan(0.5);
      expect(Math.min(...late)).toBeGreaterThan(0.02);
    }
  });
  it("does not hunt when the network is uneven", () => {
    const late = play(0.3, (i) => (i % 7 === 0 ? 0.15 : 0)).slice(100);
    expect(Math.max(...late)).toBeLessThan(0.8);
  });
  it("jumps when far behind, and when the picture is ahead of what there is", () => {
    expect(steer(0, 5, 1)).toEqual({ kind: "jump", to: 5 - target });
    expect(steer(9, 5, 1)).toEqual({ kind: "jump", to: 5 - target });
  });
});

it("waits longer after each failure, up to ten seconds", () => {
  expect([1, 2, 3, 4, 5, 6, 20].map(backoff)).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
});

it("does not ask again once the server has decided", () => {
  expect([401, 403, 404, 4401, 4403].every((s) => ending(s).final)).toBe(true);
  expect([503, 1006, 1011].some((s) => ending(s).final)).toBe(false);
});
