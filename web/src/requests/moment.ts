// A local time that somebody types, and the instant it means: the server's calendar of zones says which there are.
import type { LocalTimes } from "../api/request-types";
import { dayAt, localAt, readDay, readTime, writeDay } from "../time/zone";

/** What was typed. `which` is the choice in the hour that comes twice. */
export interface Moment {
  day: string;
  time: string;
  which?: number;
}

export const nothing: Moment = { day: "", time: "" };

const two = (n: number) => String(n).padStart(2, "0");

/** "2026-11-01T01:30:00", as the server is asked; undefined while it is no time. */
export function localOf(m: Moment): string | undefined {
  const d = readDay(m.day);
  const t = readTime(m.time);
  if (!d || !t) return undefined;
  return `${writeDay(d)}T${two(t.hour)}:${two(t.minute)}:${two(t.second)}`;
}

/** The typed form of an instant, to begin with. Whole seconds. */
export function momentOf(us: number, zone: string): Moment {
  const l = localAt(us, zone);
  return { day: writeDay(dayAt(us, zone)), time: `${two(l.hour)}:${two(l.minute)}:${two(l.second)}` };
}

export type Meant = { at: string } | { ask: true } | { nearest?: string };

/** The instant that is meant; or that it must be asked which of two; or that there is none, and the nearest. */
export function meant(answer: LocalTimes, which: number | undefined): Meant {
  const { instants } = answer;
  if (instants.length === 0) return { nearest: answer.nearest?.label };
  if (instants.length === 1) return { at: instants[0]!.at };
  const chosen = which === undefined ? undefined : instants[which];
  return chosen ? { at: chosen.at } : { ask: true };
}

/** What to say about a typed time that means no instant; undefined if it means one. */
export function faultOf(m: Moment, answer: LocalTimes | undefined, needed: boolean): string | undefined {
  if (m.day === "" && m.time === "") return needed ? "Give the day and the time." : undefined;
  if (localOf(m) === undefined) return readDay(m.day) ? "Give the time, such as 2:05 PM." : "Give the day.";
  if (!answer) return undefined;
  const found = meant(answer, m.which);
  if ("at" in found) return undefined;
  if ("ask" in found) return "This time came twice that night. Choose which.";
  return `Clocks went forward over this time: it did not exist that night.${found.nearest ? ` The nearest is ${found.nearest}.` : ""}`;
}
