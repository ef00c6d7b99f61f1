// Which part of the time the timeline shows, and what stands where. Pure; instants are microseconds UTC.
import { hour, minute, second } from "../time/zone";

export type Window = [from: number, to: number];

const least = 10 * second;
const steps = [second, 5 * second, 10 * second, 30 * second, minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute, hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour, 24 * hour];

/** The window made larger (factor above 1) or smaller around an instant that keeps its place; never beyond the bounds. */
export function zoom(w: Window, factor: number, around: number, bounds: Window): Window {
  const length = Math.min(Math.max((w[1] - w[0]) * factor, least), bounds[1] - bounds[0]);
  const share = Math.min(1, Math.max(0, (around - w[0]) / (w[1] - w[0])));
  return shift([around - share * length, around + (1 - share) * length], 0, bounds);
}

/** The window moved, and kept inside the bounds. */
export function shift(w: Window, by: number, bounds: Window): Window {
  const length = Math.min(w[1] - w[0], bounds[1] - bounds[0]);
  const from = Math.round(Math.min(Math.max(w[0] + by, bounds[0]), bounds[1] - length));
  return [from, Math.round(from + length)];
}

/** The window that holds an instant: the same if it does, else one of the same length around it. */
export function holding(w: Window, at: number, bounds: Window): Window {
  if (at >= w[0] && at < w[1]) return w;
  return shift(w, at - (w[0] + w[1]) / 2, bounds);
}

/** Distance of the marks so that labels of so many pixels fit. */
export function stepFor(w: Window, width: number, label: number): number {
  const least = ((w[1] - w[0]) * label) / Math.max(1, width);
  return steps.find((s) => s >= least) ?? steps.at(-1)!;
}

/** Pixels from the left. */
export const place = (us: number, w: Window, width: number): number => ((us - w[0]) / (w[1] - w[0])) * width;

/** The instant at so many pixels from the left. */
export const instant = (x: number, w: Window, width: number): number => Math.round(w[0] + (Math.min(Math.max(x, 0), width) / Math.max(1, width)) * (w[1] - w[0]));
