// The words of requests: states, outcomes, ways and ends, as people say them.
import type { Channel, Closing, Due, Hold, Item, Kind, Outcome, PackageState, Request, RequestSummary, State } from "../api/request-types";
import { clock, dayAt, parse, readDay, shortClock, shortDay, writeDay, zoneName } from "../time/zone";

export const kinds: Record<Kind, string> = { "open-records": "Open records", "law-enforcement": "Police" };

export const states: Record<State, string> = {
  received: "Logged",
  clarify: "Asked what is meant",
  misdirected: "Belongs elsewhere",
  scoped: "Being prepared",
  proposed: "Waits for the decision",
  decided: "Decided",
  available: "Ready to hand over",
  delivered: "Handed over, receipt is out",
  closed: "Closed",
  disposed: "File disposed of",
};

export const outcomes: Record<Outcome, { name: string; hint: string; done: string }> = {
  grant: { name: "Release", hint: "They get a copy.", done: "Release" },
  "inspect-only": { name: "Inspection only", hint: "They look at it here, with staff present, and get no copy.", done: "Inspection only" },
  deny: { name: "Deny", hint: "The law keeps it closed. A citation is needed.", done: "Deny" },
  "no-record": { name: "No record", hint: "There is no footage of it, or no longer.", done: "No record" },
};

export const channels: Record<Channel, string> = { "in-person": "In person", telephone: "By telephone", "e-mail": "By e-mail", letter: "By letter", other: "Another way" };

export const closings: Record<Closing, string> = {
  released: "Released",
  "part-released": "Released in part",
  denied: "Denied",
  inspected: "Inspected",
  "no-record": "No record exists",
  withdrawn: "Withdrawn",
  abandoned: "Given up by the requester",
  misdirected: "Belongs to another body",
};

export const endWord = (closing: string): string => closings[closing as Closing] ?? closing;

export const packageStates: Record<PackageState, string> = { building: "Being made", ready: "Ready", failed: "Could not be made", recalled: "Recalled", replaced: "Replaced by a later one" };

/** The verifier's verdict, not shouted. */
export const verdictWord = (v: string | undefined): string => (v ? v[0]!.toUpperCase() + v.slice(1).toLowerCase() : "Not checked yet");

const classes: Record<string, string> = { "public-area": "Public area", "staff-area": "Staff area", "library-record": "Shows library records" };
export const classWord = (c: string): string => classes[c] ?? c;

const omissions: Record<string, string> = {
  "before-random-access": "the pictures at the beginning build on pictures from before the span",
  "leading-picture": "a picture at the beginning builds on one from before the span",
  "after-outside": "a picture at the end builds on one from after the span",
  "shorter-sequence": "a picture at the end belongs to one from after the span",
  "reaches-past-end": "the last sound reaches past the end",
};

/** Why the unchanged copy leaves something out at an edge; the copy for viewing shows the whole span. */
export const omissionWord = (reason: string): string => omissions[reason] ?? reason;

/** "1 item", "2 items". */
export const count = (n: number, one: string, many = one + "s"): string => `${n.toLocaleString("en-US")} ${n === 1 ? one : many}`;

/** The day on which a clock ends, in the zone: an end at midnight is the end of the day before. */
export const dueDay = (due: Pick<Due, "at">, zone: string): string => shortDay(parse(due.at) - 1, zone);

/** "5 business days left", "due today", "2 business days late". */
export function leftWords(due: Pick<Due, "left_business_days" | "overdue">): string {
  const n = due.left_business_days;
  if (due.overdue) return n < 0 ? `${count(-n, "business day")} late` : "late";
  return n <= 0 ? "due today" : `${count(n, "business day")} left`;
}

/** "Sat Nov 14 2026, 2:38:00 PM to 2:44:00 PM CST"; the hour that comes twice says which. */
export function spanWords(from: number, to: number, zone: string): string {
  const second = /\((first|second)\)/;
  const time = (us: number) => clock(us, zone) + (second.exec(shortClock(us, zone)) ? " " + second.exec(shortClock(us, zone))![0] : "");
  const one = writeDay(dayAt(from, zone)) === writeDay(dayAt(to, zone));
  const zones = zoneName(from, zone) === zoneName(to, zone) ? ["", zoneName(to, zone)] : [" " + zoneName(from, zone), zoneName(to, zone)];
  return one ? `${shortDay(from, zone)}, ${time(from)}${zones[0]} to ${time(to)} ${zones[1]}` : `${shortDay(from, zone)}, ${time(from)}${zones[0]} to ${shortDay(to, zone)}, ${time(to)} ${zones[1]}`;
}

/** The same in UTC, for those who ask. */
export function utcWords(from: number, to?: number): string {
  const text = (us: number) => new Date(us / 1000).toISOString().slice(0, 19).replace("T", " ");
  return to === undefined ? `${text(from)} UTC` : `${text(from)} to ${text(to)} UTC`;
}

export function size(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let n = bytes;
  let i = 0;
  for (; n >= 1000 && i < units.length - 1; i++) n /= 1000;
  return `${i === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)} ${units[i]}`;
}

export interface Worked {
  day: string;
  /** Which day of the count it is; 0 when it does not count. */
  number: number;
  why: string;
}

/** A clock's days in words, each with its number in the count or why it has none. */
export function arithmetic(steps: { day: string; counted: number; why?: string }[]): Worked[] {
  let number = 0;
  return steps.map((s) => {
    if (s.counted > 0) number++;
    const d = readDay(s.day);
    const day = d ? shortDay(Date.UTC(d.year, d.month - 1, d.day, 12) * 1000, "UTC") : s.day;
    return { day, number: s.counted > 0 ? number : 0, why: s.why ?? "" };
  });
}

/** What an open request asks of somebody with these rights; nothing if others are to act. */
export function needsYou(r: Pick<RequestSummary, "state">, may: string[]): string | undefined {
  const can = (act: string) => may.includes(act);
  switch (r.state) {
    case "proposed":
      return can("request.decide") ? "Decide" : undefined;
    case "received":
    case "scoped":
      return can("request.prepare") ? "Prepare" : undefined;
    case "available":
      return can("package.hand-over") ? "Hand over" : undefined;
    case "delivered":
      return can("package.hand-over") ? "Take the receipt" : undefined;
    case "decided":
      return can("request.close") ? "See to the end" : undefined;
    default:
      return undefined;
  }
}

/** What a standing hold asks of somebody: a second person's word, or a look whether it is still needed. */
export function holdNeeds(h: Hold, me: string, may: string[], now: number): string | undefined {
  if (!h.standing) return undefined;
  if (h.lift && h.lift.by.id !== me && may.includes("hold.confirm")) return "Confirm that it ends";
  return parse(h.review_at) <= now && may.includes("hold.place") ? "Look whether it is still needed" : undefined;
}

/** The items that are still asked for. */
export const living = (r: Pick<Request, "items">): Item[] => r.items.filter((i) => i.stage !== "ended");

export interface Step {
  name: string;
  note: string;
  at: "done" | "now" | "later";
}

/** The steps that apply to a request, each done, under way or to come. */
export function stepsOf(r: Request, zone: string): Step[] {
  const day = (text: string | undefined) => (text ? shortDay(parse(text), zone).replace(/ \d{4}$/, "") : "");
  const items = living(r);
  const given = r.packages.length > 0 || items.some((i) => (i.decision?.outcome ?? i.proposal?.outcome) === "grant");
  const undecided = items.length === 0 || items.some((i) => !i.decision && !i.proposal);
  const shown = items.some((i) => i.decision?.outcome === "inspect-only");
  const ready = r.packages.find((p) => p.state === "ready");
  const over = r.state === "closed" || r.state === "disposed";
  const past = (state: State[]) => over || state.includes(r.state);
  const list: { name: string; done: boolean; note: string }[] = [{ name: "Received", done: true, note: day(r.received_at) }];
  if (r.kind === "law-enforcement") list.push({ name: "Called back", done: !!r.call_back?.reached, note: r.call_back?.reached ? day(r.call_back.at) : r.call_back ? "Not reached yet" : "" });
  if (r.state === "clarify") list.push({ name: "Clarified", done: false, note: "The clock goes on" });
  if (!over || r.items.some((i) => i.proposal)) list.push({ name: "Proposed", done: past(["proposed", "decided", "available", "delivered"]), note: day(r.items.find((i) => i.proposal)?.proposal?.at) });
  if (!over || r.items.some((i) => i.decision)) list.push({ name: "Decided", done: past(["decided", "available", "delivered"]), note: day(r.items.find((i) => i.decision)?.decision?.at) });
  if (given || (undecided && !over)) {
    list.push({ name: "Packaged", done: !!ready || r.deliveries.length > 0, note: day(ready?.made_at) });
    list.push({ name: "Handed over", done: r.deliveries.length > 0, note: day(r.deliveries[0]?.at) });
  }
  if (shown) list.push({ name: "Inspected", done: over, note: "" });
  list.push({ name: "Closed", done: over, note: over && r.closing ? endWord(r.closing) : "" });
  const first = list.findIndex((s) => !s.done);
  return list.map((s, i) => ({ name: s.name, note: s.note, at: s.done ? "done" : i === first ? "now" : "later" }));
}
