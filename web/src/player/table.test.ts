import { describe, expect, it } from "vitest";
import type { Index, Part, Run } from "../api/types";
import { frameNear, frameOf, lastAtMost, Table } from "./table";

const t0 = 1_795_000_000_000_000;
const s = 1_000_000;
const run = (id: string, timescale = 90_000): Run => ({ id, init: `init/${id}.mp4`, width: 640, height: 360, timescale });

/** Two seconds of 15 pictures a second that start so many seconds after t0, at so many ticks of the run. */
function part(runID: string, at: number, base: number, first = 0): Part {
  const pts = Array.from({ length: 30 }, (_, i) => i * 6000 + 12_000); // reordering delays presentation by two pictures
  const wall = pts.map((_, i) => t0 + at * s + Math.floor((i * s) / 15));
  return {
    segment: `seg_${runID}`, first, last: first, run: runID, start_us: t0 + at * s, end_us: t0 + (at + 2) * s,
    media: `media/seg_${runID}/${first}-${first}.m4s`, base_ticks: base, samples: { pts_ticks: pts, wall_us: wall }, growing: false,
  };
}

const index = (over: Partial<Index>): Index => ({
  stream: "main", codec: "avc1.64001f", playable: true, runs: [run("a"), run("b")], parts: [], gaps: [], restricted: [], ...over,
});

/** Run a from 0 to 4 s, a gap, run b from 10 to 14 s. */
function table(): Table {
  const out = new Table();
  out.add(index({
    parts: [part("a", 0, 180_000), part("a", 2, 360_000, 1), part("b", 10, 180_000), part("b", 12, 360_000, 1)],
    gaps: [{ start_us: t0 + 4 * s, end_us: t0 + 10 * s, cause: "camera-silent" }],
  }), t0, t0 + 20 * s);
  return out;
}

describe("islands", () => {
  it("join the parts of a run and break at a gap and at a run", () => {
    expect(table().islands.map((i) => [i.run.id, i.parts.length, (i.end - i.start) / s])).toEqual([["a", 2, 4], ["b", 2, 4]]);
  });
  it("break where ticks go back or footage is missing without a listed gap", () => {
    const t = new Table();
    t.add(index({ parts: [part("a", 0, 360_000), part("a", 2, 180_000, 1), part("a", 6, 720_000, 2)] }), t0, t0 + 20 * s);
    expect(t.islands).toHaveLength(3);
    expect(t.at(t0 + 5 * s)).toMatchObject({ kind: "gap", cause: "unrecorded", from: t0 + 4 * s, to: t0 + 6 * s });
  });
  it("grow when a later answer brings more of the same part", () => {
    const t = table();
    const longer = part("b", 12, 360_000, 1);
    t.add(index({ parts: [{ ...longer, end_us: longer.end_us + s }] }), t0 + 12 * s, t0 + 20 * s);
    expect(t.islands.at(-1)?.end).toBe(t0 + 15 * s);
    expect(t.islands).toHaveLength(2);
  });
  it("join what two answers brought", () => {
    const t = new Table();
    t.add(index({ parts: [part("a", 2, 360_000, 1)] }), t0 + 2 * s, t0 + 4 * s);
    t.add(index({ parts: [part("a", 0, 180_000)] }), t0, t0 + 2 * s);
    expect(t.islands.map((i) => i.parts.length)).toEqual([2]);
    expect(t.knows(t0, t0 + 4 * s)).toBe(true);
    t.forget(t0 + 3 * s);
    expect(t.knows(t0, t0 + 4 * s)).toBe(false);
    expect(t.knows(t0, t0 + 3 * s)).toBe(true);
  });
});

describe("what is at an instant", () => {
  it("is the picture that stood then, to the microsecond", () => {
    const [island] = table().islands;
    const first = frameOf(island!, 0, 7);
    expect(table().at(first.wall)).toMatchObject({ kind: "frame", frame: { part: 0, sample: 7 } });
    expect(table().at(first.wall - 1)).toMatchObject({ kind: "frame", frame: { part: 0, sample: 6 } });
    expect(table().at(t0 + 2 * s)).toMatchObject({ kind: "frame", frame: { part: 1, sample: 0 } });
  });
  it("is the gap with its cause, both ends as half-open spans have them", () => {
    expect(table().at(t0 + 4 * s)).toMatchObject({ kind: "gap", from: t0 + 4 * s, to: t0 + 10 * s, cause: "camera-silent" });
    expect(table().at(t0 + 10 * s - 1).kind).toBe("gap");
    expect(table().at(t0 + 10 * s).kind).toBe("frame");
    expect(table().at(t0 + 16 * s)).toMatchObject({ kind: "gap", to: null });
  });
  it("is unknown where nothing was asked, and closed where it is restricted", () => {
    expect(table().at(t0 + 30 * s).kind).toBe("unknown");
    const t = table();
    t.add(index({ restricted: [{ start_us: t0 + s, end_us: t0 + 2 * s, kind: "sealed" }] }), t0 + 21 * s, t0 + 22 * s);
    expect(t.at(t0 + s)).toMatchObject({ kind: "restricted", restriction: "sealed" });
  });
  it("finds the footage on either side of a gap", () => {
    expect(table().islandAfter(t0 + 5 * s)?.start).toBe(t0 + 10 * s);
    expect(table().islandBefore(t0 + 5 * s)?.end).toBe(t0 + 4 * s);
    expect(table().islandAfter(t0 + 12 * s)).toBeUndefined();
  });
});

describe("stepping", () => {
  it("crosses the edge of a part in both directions and stops at the island's", () => {
    const t = table();
    const [island] = t.islands;
    const last = frameOf(island!, 0, -1);
    const next = t.neighbour(last, 1)!;
    expect([next.part, next.sample]).toEqual([1, 0]);
    const back = t.neighbour(next, -1)!;
    expect([back.part, back.sample]).toEqual([0, 29]);
    expect(t.neighbour(frameOf(island!, 1, -1), 1)).toBeUndefined();
    expect(t.neighbour(frameOf(island!, 0, 0), -1)).toBeUndefined();
  });
  it("knows how long each picture stands, over the edge too", () => {
    const [island] = table().islands;
    expect(frameOf(island!, 0, 3).stands).toBeCloseTo(1 / 15, 6);
    expect(frameOf(island!, 0, -1).stands).toBeCloseTo(1 / 15, 6);
  });
});

describe("what a video element reports", () => {
  it("names the picture when the time is the table's, rounded to microseconds", () => {
    const t = table();
    const [island] = t.islands;
    for (const [p, n] of [[0, 0], [0, 29], [1, 0], [1, 17]] as const) {
      const frame = frameOf(island!, p, n);
      expect(t.shown(island!, Math.round(frame.time * 1e6) / 1e6)).toMatchObject({ part: p, sample: n });
    }
  });
  it("names none when it is not", () => {
    const t = table();
    const [island] = t.islands;
    expect(t.shown(island!, frameOf(island!, 0, 3).time + 0.03)).toBeUndefined();
    expect(t.shown(island!, 0)).toBeUndefined();
  });
});

it("finds the last element not above a limit", () => {
  expect([0, 1, 2, 3, 9].map((n) => lastAtMost([1, 3, 3, 5], n, (x) => x))).toEqual([-1, 0, 0, 2, 3]);
  expect(frameNear(table().islands[0]!, t0 - s).sample).toBe(0);
});
