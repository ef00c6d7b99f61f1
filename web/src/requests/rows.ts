// The scope of a request while somebody works on it: rows of a camera and a span, and how they differ from what is stored. Pure.
import type { Request } from "../api/request-types";
import { minute, parse, second } from "../time/zone";
import type { Window } from "../timeline/scale";
import { living } from "./words";

export interface Row {
  key: string;
  /** The stored item; a new row has none yet. */
  item?: string;
  camera: string;
  span: Window;
}

/** What was asked for, if a window was named. */
export function askedSpan(r: Pick<Request, "asked">): Window | undefined {
  const { from, to } = r.asked;
  return from && to ? [parse(from), parse(to)] : undefined;
}

/** The rows to begin with: the items, or what was asked for where place and time are known. */
export function rowsOf(r: Pick<Request, "items" | "asked">): Row[] {
  const items = living(r);
  if (items.length > 0) return items.map((i) => ({ key: i.id, item: i.id, camera: i.camera.id, span: [i.from_us, i.to_us] }));
  const span = askedSpan(r);
  return span ? r.asked.cameras.map((camera) => ({ key: "new-" + camera, camera, span })) : [];
}

/** Which rows are not stored as they stand, and which stored items are no row any more. */
export function changes(r: Pick<Request, "items">, rows: Row[]): { put: Row[]; gone: string[] } {
  const put = rows.filter((row) => {
    const item = r.items.find((i) => i.id === row.item);
    return !item || item.camera.id !== row.camera || item.from_us !== row.span[0] || item.to_us !== row.span[1];
  });
  return { put, gone: living(r).filter((i) => !rows.some((row) => row.item === i.id)).map((i) => i.id) };
}

export type Edge = "from" | "to" | "both";

/** A span with one end, or both, moved by so much; at least a second long, and inside the bounds. */
export function moved([from, to]: Window, edge: Edge, by: number, [least, most]: Window): Window {
  if (edge === "from") return [Math.min(Math.max(from + by, least), to - second), to];
  if (edge === "to") return [from, Math.max(Math.min(to + by, most), from + second)];
  const step = Math.min(Math.max(by, least - from), most - to);
  return [from + step, to + step];
}

/** The part of time that shows what was asked and what is proposed, with some air. */
export function windowOf(spans: Window[]): Window {
  const from = Math.min(...spans.map(([a]) => a));
  const to = Math.max(...spans.map(([, b]) => b));
  const air = Math.max(minute, (to - from) * 0.08);
  return [Math.floor(from - air), Math.ceil(to + air)];
}

/** How long the rows are together, in microseconds. */
export const total = (rows: Row[]): number => rows.reduce((sum, { span: [a, b] }) => sum + b - a, 0);
