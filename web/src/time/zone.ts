// The site's zone: the only place where instants become local days and hours and back. Instants are integer
// microseconds UTC. Both daylight-saving nights are ordinary here: a day has the length it has, an hour that
// comes twice is asked about, one that never comes is refused.

/** A local day, as a calendar says it. */
export interface Day {
  year: number;
  month: number;
  day: number;
}

/** What a wall clock in the zone shows. */
export interface Local extends Day {
  hour: number;
  minute: number;
  second: number;
  micro: number;
}

export const second = 1_000_000;
export const minute = 60 * second;
export const hour = 60 * minute;

const formats = new Map<string, Intl.DateTimeFormat>();

function format(key: string, zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const name = key + "|" + zone;
  let made = formats.get(name);
  if (!made) {
    made = new Intl.DateTimeFormat("en-US", { timeZone: zone, ...options });
    formats.set(name, made);
  }
  return made;
}

/** What a clock in the zone shows at an instant. */
export function localAt(us: number, zone: string): Local {
  const parts = format("parts", zone, {
    hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
  }).formatToParts(Math.floor(us / 1000));
  const of = (type: string) => Number(parts.find((p) => p.type === type)?.value);
  return {
    year: of("year"), month: of("month"), day: of("day"), hour: of("hour"), minute: of("minute"), second: of("second"),
    micro: ((us % second) + second) % second,
  };
}

const asUTC = (l: Local): number => Date.UTC(l.year, l.month - 1, l.day, l.hour, l.minute, l.second) * 1000 + l.micro;

/** The zone's offset from UTC at an instant, in microseconds. */
export const offsetAt = (us: number, zone: string): number => asUTC(localAt(us, zone)) - us;

/**
 * Every instant at which a clock in the zone shows the local time, earliest first: one as a rule, two in the hour
 * that comes twice, none in the one that is left out.
 */
export function instantsOf(local: Local, zone: string): number[] {
  const naive = asUTC(local);
  const offsets = new Set([offsetAt(naive - 26 * hour, zone), offsetAt(naive + 26 * hour, zone)]);
  return [...offsets].map((o) => naive - o).filter((us) => asUTC(localAt(us, zone)) === naive).sort((a, b) => a - b);
}

/** The day in the zone of an instant. */
export function dayAt(us: number, zone: string): Day {
  const { year, month, day } = localAt(us, zone);
  return { year, month, day };
}

/** The day so many days later. */
export function addDays(d: Day, days: number): Day {
  const at = new Date(Date.UTC(d.year, d.month - 1, d.day + days));
  return { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, day: at.getUTCDate() };
}

/** The first instant of a day in the zone, also where midnight itself is left out. */
export function startOf(d: Day, zone: string): number {
  for (let m = 0; m < 24 * 60; m += 15) {
    const [first] = instantsOf({ ...d, hour: Math.floor(m / 60), minute: m % 60, second: 0, micro: 0 }, zone);
    if (first !== undefined) return first;
  }
  throw new RangeError("no such day in the zone " + zone);
}

/** The span [start, end) of a day in the zone: 23, 24 or 25 hours. */
export const spanOf = (d: Day, zone: string): [number, number] => [startOf(d, zone), startOf(addDays(d, 1), zone)];

/** "2026-11-14", as links and date fields write a day. */
export const writeDay = (d: Day): string =>
  `${String(d.year).padStart(4, "0")}-${String(d.month).padStart(2, "0")}-${String(d.day).padStart(2, "0")}`;

/** Reads writeDay's form; undefined for anything else, also for the 30th of February. */
export function readDay(text: string): Day | undefined {
  const m = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (!m) return undefined;
  const d = { year: Number(m[1]), month: Number(m[2]), day: Number(m[3]) };
  return writeDay(addDays(d, 0)) === text ? d : undefined;
}

/** Reads "14:05", "14:05:09" or "14:05:09.25"; undefined for anything else. */
export function readTime(text: string): Pick<Local, "hour" | "minute" | "second" | "micro"> | undefined {
  const m = /^(\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?$/.exec(text.trim());
  if (!m) return undefined;
  const t = { hour: Number(m[1]), minute: Number(m[2]), second: Number(m[3] ?? 0), micro: Number((m[4] ?? "").padEnd(6, "0")) };
  return t.hour < 24 && t.minute < 60 && t.second < 60 ? t : undefined;
}

/** Which of the two equal hours an instant lies in: 0 when its clock time comes once. */
export function occurrence(us: number, zone: string): 0 | 1 | 2 {
  const all = instantsOf(localAt(us, zone), zone);
  return all.length < 2 ? 0 : all[0] === us ? 1 : 2;
}

/** Marks of a scale between two instants, step apart on the zone's clock and true to length on both odd days. */
export function ticks(from: number, to: number, step: number, zone: string): number[] {
  const out: number[] = [];
  const start = spanOf(dayAt(from, zone), zone)[0];
  for (let us = start; us < to; ) {
    if (us >= from) out.push(us);
    const next = us + step;
    // Steps above an hour follow the clock: after a change of the offset the mark moves with it.
    us = step > hour ? next + offsetAt(us, zone) - offsetAt(next, zone) : next;
    if (us <= (out.at(-1) ?? -Infinity)) us = next;
  }
  return out;
}

/** "2:41:37 PM", with thousandths "2:41:37.400 PM". */
export function clock(us: number, zone: string, thousandths = false): string {
  const text = format("clock", zone, { hour: "numeric", minute: "2-digit", second: "2-digit" }).format(Math.floor(us / 1000)).replace(/\u202f/g, " ");
  const ms = String(Math.floor((((us % second) + second) % second) / 1000)).padStart(3, "0");
  return thousandths ? text.replace(/(:\d\d)( |$)/, `$1.${ms}$2`) : text;
}

/** "2:41 PM", and in the hour that comes twice "1:30 AM (second)". */
export function shortClock(us: number, zone: string): string {
  const text = format("short", zone, { hour: "numeric", minute: "2-digit" }).format(Math.floor(us / 1000)).replace(/\u202f/g, " ");
  return text + ["", " (first)", " (second)"][occurrence(us, zone)];
}

/** "Saturday, November 14, 2026". */
export const longDay = (us: number, zone: string): string =>
  format("long", zone, { weekday: "long", month: "long", day: "numeric", year: "numeric" }).format(us / 1000);

/** "Sat Nov 14 2026". */
export function shortDay(us: number, zone: string): string {
  return format("shortday", zone, { weekday: "short", month: "short", day: "numeric", year: "numeric" }).format(us / 1000).replace(/,/g, "");
}

/** "CST", or the offset where the zone has no letters. */
export const zoneName = (us: number, zone: string): string =>
  format("zone", zone, { timeZoneName: "short" }).formatToParts(us / 1000).find((p) => p.type === "timeZoneName")?.value ?? zone;

/** "Nov 14, 2:41 PM". */
export const dayAndTime = (us: number, zone: string): string =>
  format("daytime", zone, { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" }).format(us / 1000).replace(/\u202f/g, " ");

/** Microseconds of an RFC 3339 text. */
export function parse(text: string): number {
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? "";
  const whole = Date.parse(text.replace(/\.\d+/, ""));
  return whole * 1000 + Number(fraction.padEnd(6, "0").slice(0, 6));
}

/** RFC 3339 in UTC with six decimals. */
export function write(us: number): string {
  const whole = Math.floor(us / second);
  return new Date(whole * 1000).toISOString().slice(0, 19) + "." + String(us - whole * second).padStart(6, "0") + "Z";
}

/** "6 min 20 s", "2 h 5 min", for people. */
export function length(us: number): string {
  const s = Math.max(0, Math.round(us / second));
  if (s < 60) return `${s} s`;
  if (s < 3600) return s % 60 === 0 ? `${s / 60} min` : `${Math.floor(s / 60)} min ${s % 60} s`;
  const m = Math.round(s / 60);
  return m % 60 === 0 ? `${m / 60} h` : `${Math.floor(m / 60)} h ${m % 60} min`;
}
