// The sample table: which picture was when, and where its bytes are. Pure. Wall times are integer microseconds UTC;
// media times are seconds of the run's own decode timeline, exactly what a video element reports as mediaTime.
import type { Gap, Index, Part, Restriction, Run } from "../api/types";

/** Footage without a break: consecutive parts of one run. One island at a time lies in the browser's buffer. */
export interface Island {
  run: Run;
  parts: Part[];
  start: number;
  end: number;
}

/** One picture. */
export interface Frame {
  island: Island;
  part: number;
  sample: number;
  wall: number;
  /** Media time, seconds. */
  time: number;
  /** How long it stands, seconds. */
  stands: number;
}

/** What is at an instant: a picture, or why there is none. */
export type Place =
  | { kind: "frame"; frame: Frame }
  | { kind: "gap"; from: number; to: number | null; cause: string; detail?: string }
  | { kind: "restricted"; from: number; to: number; restriction: string }
  | { kind: "unknown" };

const joint = 500_000; // a larger hole between two parts, in microseconds, is a break even where no gap is listed
const tolerance = 0.002; // seconds by which a reported media time may differ from the table's

const key = (p: Part): string => `${p.segment}/${p.first}`;

/** What was asked of the server so far, of one stream of one camera. */
export class Table {
  codec = "";
  playable = true;
  islands: Island[] = [];
  private readonly runs = new Map<string, Run>();
  private readonly parts = new Map<string, Part>();
  private gaps: Gap[] = [];
  private restricted: Restriction[] = [];
  private covered: [number, number][] = [];

  /** Takes in the index of [from, to). What it says of that span replaces what was known of it. */
  add(index: Index, from: number, to: number): void {
    this.codec = index.codec || this.codec;
    this.playable = index.playable || index.parts.length === 0;
    for (const run of index.runs) this.runs.set(run.id, run);
    for (const part of index.parts) if (part.samples.wall_us.length > 0) this.parts.set(key(part), part);
    const outside = (s: { start_us: number; end_us: number | null }) => (s.end_us ?? Infinity) <= from || s.start_us >= to;
    this.gaps = [...this.gaps.filter(outside), ...index.gaps].sort((a, b) => a.start_us - b.start_us);
    this.restricted = [...this.restricted.filter(outside), ...index.restricted].sort((a, b) => a.start_us - b.start_us);
    this.covered = merge([...this.covered, [from, to]]);
    this.islands = build([...this.parts.values()].sort((a, b) => a.start_us - b.start_us), this.runs);
  }

  /** Forgets that a span was asked for: footage may have been added to it since. */
  forget(from: number): void {
    this.covered = this.covered.filter(([start]) => start < from).map(([start, end]) => [start, Math.min(end, from)]);
  }

  /** Whether the index of the whole span [from, to) was taken in. */
  knows(from: number, to: number): boolean {
    return this.covered.some(([start, end]) => start <= from && end >= to);
  }

  /** What is at an instant. */
  at(wall: number): Place {
    const closed = this.restricted.find((r) => r.start_us <= wall && wall < r.end_us);
    if (closed) return { kind: "restricted", from: closed.start_us, to: closed.end_us, restriction: closed.kind };
    const island = this.islands[lastAtMost(this.islands, wall, (i) => i.start)];
    const frame = island && (wall < island.end || wall <= frameOf(island, island.parts.length - 1, -1).wall) ? frameNear(island, wall) : undefined;
    if (frame) return { kind: "frame", frame };
    const gap = this.gaps.find((g) => g.start_us <= wall && wall < (g.end_us ?? Infinity));
    if (gap) return { kind: "gap", from: gap.start_us, to: gap.end_us, cause: gap.cause, detail: gap.detail };
    if (!this.knows(wall, wall + 1)) return { kind: "unknown" };
    const before = this.islands[lastAtMost(this.islands, wall, (i) => i.start)];
    return { kind: "gap", from: before?.end ?? wall, to: this.islandAfter(wall)?.start ?? null, cause: "unrecorded" };
  }

  /** The first island that starts after an instant. */
  islandAfter(wall: number): Island | undefined {
    return this.islands[lastAtMost(this.islands, wall, (i) => i.start) + 1];
  }

  /** The last island that ends at or before an instant. */
  islandBefore(wall: number): Island | undefined {
    return this.islands.findLast((i) => i.end <= wall);
  }

  /** The picture so many pictures on, or undefined beyond the island's edge. */
  neighbour(frame: Frame, by: 1 | -1): Frame | undefined {
    const part = frame.island.parts[frame.part];
    const next = frame.sample + by;
    if (part && next >= 0 && next < part.samples.wall_us.length) return frameOf(frame.island, frame.part, next);
    if (!frame.island.parts[frame.part + by]) return undefined;
    return frameOf(frame.island, frame.part + by, by > 0 ? 0 : -1);
  }

  /** The picture of an island that has this media time; undefined if none has: then no time may be shown. */
  shown(island: Island, mediaTime: number): Frame | undefined {
    const scale = island.run.timescale;
    const first = (p: Part) => (p.base_ticks + (p.samples.pts_ticks[0] ?? 0)) / scale;
    const part = lastAtMost(island.parts, mediaTime + tolerance, first);
    const p = island.parts[part];
    if (!p) return undefined;
    const sample = lastAtMost(p.samples.pts_ticks, mediaTime + tolerance, (t) => (p.base_ticks + t) / scale);
    if (sample < 0) return undefined;
    const frame = frameOf(island, part, sample);
    return Math.abs(frame.time - mediaTime) <= tolerance ? frame : undefined;
  }
}

/** The picture of a part, counted from its end when sample is negative. */
export function frameOf(island: Island, part: number, sample: number): Frame {
  const p = island.parts[part]!;
  const { pts_ticks: ticks, wall_us: walls } = p.samples;
  const at = sample < 0 ? walls.length + sample : sample;
  const scale = island.run.timescale;
  const time = (p.base_ticks + ticks[at]!) / scale;
  const after = at + 1 < ticks.length ? p.base_ticks + ticks[at + 1]! : following(island, part);
  const stands = after === undefined ? Math.max(0.001, (p.end_us - walls[at]!) / 1e6) : after / scale - time;
  return { island, part, sample: at, wall: walls[at]!, time, stands: Math.min(Math.max(stands, 0.001), 10) };
}

function following(island: Island, part: number): number | undefined {
  const next = island.parts[part + 1];
  return next && next.base_ticks + (next.samples.pts_ticks[0] ?? 0);
}

/** The picture that stood at an instant inside an island: the last one not after it, or the island's first. */
export function frameNear(island: Island, wall: number): Frame {
  const part = Math.max(0, lastAtMost(island.parts, wall, (p) => p.samples.wall_us[0]!));
  const sample = lastAtMost(island.parts[part]!.samples.wall_us, wall, (w) => w);
  return frameOf(island, part, Math.max(0, sample));
}

/** Index of the last element whose measure is at most the limit, or -1; the measures ascend. */
export function lastAtMost<T>(list: readonly T[], limit: number, measure: (one: T) => number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (measure(list[mid]!) <= limit) low = mid + 1;
    else high = mid;
  }
  return low - 1;
}

function build(parts: Part[], runs: Map<string, Run>): Island[] {
  const out: Island[] = [];
  for (const part of parts) {
    const run = runs.get(part.run);
    if (!run) continue;
    const last = out.at(-1);
    const before = last?.parts.at(-1);
    if (last && before && continues(before, part)) {
      last.parts.push(part);
      last.end = Math.max(last.end, part.end_us);
    } else {
      out.push({ run, parts: [part], start: part.samples.wall_us[0]!, end: part.end_us });
    }
  }
  return out;
}

const continues = (a: Part, b: Part): boolean => a.run === b.run && b.base_ticks > a.base_ticks && b.start_us - a.end_us < joint;

function merge(spans: [number, number][]): [number, number][] {
  const out: [number, number][] = [];
  for (const [start, end] of spans.sort((a, b) => a[0] - b[0])) {
    const last = out.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else out.push([start, end]);
  }
  return out;
}
