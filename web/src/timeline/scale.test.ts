import { expect, it } from "vitest";
import { holding, instant, place, shift, stepFor, zoom, type Window } from "./scale";

const day: Window = [0, 86_400e6];

it("zooms around an instant that keeps its place, between ten seconds and the whole day", () => {
  const at = 40_000e6;
  let w: Window = day;
  for (let i = 0; i < 30; i++) {
    const before = place(at, w, 1000);
    const next = zoom(w, 0.5, at, day);
    if (next[0] > 0 && next[1] < day[1]) expect(place(at, next, 1000)).toBeCloseTo(before, 0);
    w = next;
  }
  expect(w[1] - w[0]).toBe(10e6);
  expect(zoom(w, 1e9, at, day)).toEqual(day);
});

it("never leaves its bounds", () => {
  expect(shift([10e6, 20e6], -50e6, day)).toEqual([0, 10e6]);
  expect(shift([10e6, 20e6], 1e12, day)).toEqual([86_390e6, 86_400e6]);
  expect(holding([0, 10e6], 5e6, day)).toEqual([0, 10e6]);
  expect(holding([0, 10e6], 50e6, day)).toEqual([45e6, 55e6]);
});

it("goes from pixels to instants and back", () => {
  for (const x of [0, 1, 499, 1000]) expect(place(instant(x, day, 1000), day, 1000)).toBeCloseTo(x, 6);
  expect(instant(-5, day, 1000)).toBe(0);
});

it("sets marks that labels fit between", () => {
  expect(stepFor(day, 1200, 90)).toBe(2 * 3600e6);
  expect(stepFor([0, 60e6], 600, 90)).toBe(10e6);
});
