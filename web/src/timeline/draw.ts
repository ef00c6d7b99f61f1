// The pictures of the timeline: pale is recorded, dark is movement, hatched is a gap, red is closed; amber and green brackets with
// their word are what is on hold and what was released.
import type { Timeline } from "../api/types";
import { clock, minute, shortClock, ticks } from "../time/zone";
import { place, stepFor, type Window } from "./scale";

export const head = 26; // pixels of the scale
export const lane = 36; // pixels of one camera with its margin

interface Colours {
  rec: string;
  act: string;
  gapA: string;
  gapB: string;
  shut: string;
  hold: string;
  released: string;
  paper: string;
  empty: string;
  ink: string;
  line: string;
}

function colours(): Colours {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(name).trim();
  return { rec: of("--rec"), act: of("--motion"), gapA: of("--gap-a"), gapB: of("--gap-b"), shut: of("--alert"), hold: of("--hold"), released: of("--released"), paper: of("--paper"), empty: of("--canvas"), ink: of("--ink"), line: of("--line") };
}

/** Fits a canvas to its place and the screen's pixels; undefined while it has no size. */
function prepare(canvas: HTMLCanvasElement, height: number): { pen: CanvasRenderingContext2D; width: number } | undefined {
  const width = canvas.clientWidth;
  const pen = canvas.getContext("2d");
  if (!pen || width === 0) return undefined;
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  pen.scale(ratio, ratio);
  return { pen, width };
}

/** Draws the scale and one lane for each camera. */
export function drawLanes(canvas: HTMLCanvasElement, cameras: string[], data: Timeline | undefined, w: Window, zone: string): void {
  const made = prepare(canvas, head + cameras.length * lane);
  if (!made) return;
  const { pen, width } = made;
  const c = colours();
  const step = stepFor(w, width, 96);
  pen.font = '500 14px "Public Sans", sans-serif';
  pen.textBaseline = "middle";
  cameras.forEach((id, i) => drawLane(pen, data, id, head + i * lane + 3, lane - 6, w, width, c));
  for (const us of ticks(w[0], w[1], step, zone)) {
    const x = place(us, w, width);
    pen.fillStyle = c.line;
    pen.fillRect(x, 0, 1, head + cameras.length * lane);
    pen.fillStyle = c.ink;
    const label = step < minute ? clock(us, zone) : shortClock(us, zone);
    if (x + pen.measureText(label).width + 6 < width) pen.fillText(label, x + 5, head / 2);
  }
}

/** Draws the whole day of one camera, small. */
export function drawDay(canvas: HTMLCanvasElement, camera: string, data: Timeline | undefined, w: Window): void {
  const made = prepare(canvas, 20);
  if (made) drawLane(made.pen, data, camera, 0, 20, w, made.width, colours());
}

function drawLane(pen: CanvasRenderingContext2D, data: Timeline | undefined, id: string, y: number, h: number, w: Window, width: number, c: Colours): void {
  pen.fillStyle = c.empty;
  pen.fillRect(0, y, width, h);
  const row = data?.cameras.find((r) => r.id === id);
  if (!data || !row) return;
  const span = (from: number, to: number): [number, number] => {
    const a = Math.max(0, place(from, w, width));
    return [a, Math.max(Math.min(width, place(to, w, width)) - a, 1)];
  };
  const visible = (from: number, to: number) => to > w[0] && from < w[1];
  pen.fillStyle = c.rec;
  for (const [from, to] of row.recorded) if (visible(from, to)) pen.fillRect(span(from, to)[0], y, span(from, to)[1], h);
  pen.fillStyle = c.act;
  const size = Math.max(1, (data.step_ms * 1000 * width) / (w[1] - w[0]));
  row.activity.forEach((a, i) => {
    // 128 is the camera's ordinary picture; only what is above it is movement.
    const x = place(data.from_us + i * data.step_ms * 1000, w, width);
    const tall = Math.max(0, a - 128) / 127 * h;
    if (tall > 0.5 && x + size > 0 && x < width) pen.fillRect(x, y + h - tall, Math.max(1, size - 0.5), tall);
  });
  for (const g of row.gaps) {
    const end = g.end_us ?? Math.min(w[1], Date.now() * 1000);
    if (visible(g.start_us, end)) hatch(pen, ...span(g.start_us, end), y, h, c);
  }
  pen.fillStyle = c.shut;
  for (const r of row.restrictions) if (visible(r.start_us, r.end_us)) pen.fillRect(span(r.start_us, r.end_us)[0], y + h - 4, span(r.start_us, r.end_us)[1], 4);
  for (const [from, to] of row.holds) if (visible(from, to)) bracket(pen, "Hold", ...span(from, to), y, h, c.hold, c.paper, 0);
  for (const [from, to] of row.releases) if (visible(from, to)) bracket(pen, "Released", ...span(from, to), y, h, c.released, c.paper, row.holds.length > 0 ? 1 : 0);
}

/** A stroke along the top with both ends down, and its word where there is room. */
function bracket(pen: CanvasRenderingContext2D, word: string, x: number, width: number, y: number, h: number, colour: string, paper: string, row: 0 | 1): void {
  const top = y + row * 4;
  pen.fillStyle = colour;
  pen.fillRect(x, top, width, 3);
  pen.fillRect(x, top, 2, h - row * 4);
  pen.fillRect(x + width - 2, top, 2, h - row * 4);
  if (h < 24) return;
  pen.save();
  pen.font = '600 12px "Public Sans", sans-serif';
  const room = pen.measureText(word).width + 8;
  const at = x + 2 + row * 44;
  if (at + room <= x + width) {
    pen.fillRect(at, top, room, 16);
    pen.fillStyle = paper;
    pen.fillText(word, at + 4, top + 9);
  }
  pen.restore();
}

function hatch(pen: CanvasRenderingContext2D, x: number, width: number, y: number, h: number, c: Colours): void {
  pen.save();
  pen.beginPath();
  pen.rect(x, y, width, h);
  pen.clip();
  pen.fillStyle = c.gapA;
  pen.fillRect(x, y, width, h);
  pen.strokeStyle = c.gapB;
  pen.lineWidth = 2;
  pen.beginPath();
  for (let at = x - h; at < x + width; at += 8) {
    pen.moveTo(at, y + h);
    pen.lineTo(at + h, y);
  }
  pen.stroke();
  pen.strokeRect(x, y, width, h);
  pen.restore();
}
