import { describe, expect, it } from "vitest";
import { clock, hour, instantsOf, localAt, minute, occurrence, parse, readDay, readTime, shortClock, spanOf, startOf, ticks, write, zoneName } from "./zone";

const chicago = "America/Chicago";
const at = (text: string) => parse(text);
const wall = (year: number, month: number, day: number, h: number, m: number) => ({ year, month, day, hour: h, minute: m, second: 0, micro: 0 });

describe("the night that has 25 hours", () => {
  const day = { year: 2026, month: 11, day: 1 };
  it("lasts 25 hours", () => {
    const [from, to] = spanOf(day, chicago);
    expect(to - from).toBe(25 * hour);
    expect(write(from)).toBe("2026-11-01T05:00:00.000000Z");
  });
  it("has half past one twice, an hour apart, and says which", () => {
    const both = instantsOf(wall(2026, 11, 1, 1, 30), chicago);
    expect(both.map(write)).toEqual(["2026-11-01T06:30:00.000000Z", "2026-11-01T07:30:00.000000Z"]);
    expect(both.map((us) => occurrence(us, chicago))).toEqual([1, 2]);
    expect(both.map((us) => shortClock(us, chicago))).toEqual(["1:30 AM (first)", "1:30 AM (second)"]);
    expect(both.map((us) => zoneName(us, chicago))).toEqual(["CDT", "CST"]);
  });
  it("has two once", () => expect(instantsOf(wall(2026, 11, 1, 2, 0), chicago)).toHaveLength(1));
  it("marks every hour, the repeated one too", () => {
    const [from, to] = spanOf(day, chicago);
    const marks = ticks(from, to, hour, chicago);
    expect(marks).toHaveLength(25);
    expect(marks.slice(0, 4).map((us) => localAt(us, chicago).hour)).toEqual([0, 1, 1, 2]);
  });
  it("keeps three-hour marks on the clock's hours", () => {
    const [from, to] = spanOf(day, chicago);
    expect(ticks(from, to, 3 * hour, chicago).map((us) => localAt(us, chicago).hour)).toEqual([0, 3, 6, 9, 12, 15, 18, 21]);
  });
});

describe("the night that has 23 hours", () => {
  it("lasts 23 hours", () => {
    const [from, to] = spanOf({ year: 2026, month: 3, day: 8 }, chicago);
    expect(to - from).toBe(23 * hour);
  });
  it("has no half past two", () => expect(instantsOf(wall(2026, 3, 8, 2, 30), chicago)).toEqual([]));
  it("has half past three once", () => expect(instantsOf(wall(2026, 3, 8, 3, 30), chicago).map(write)).toEqual(["2026-03-08T08:30:00.000000Z"]));
  it("marks 23 hours and leaves out two o'clock", () => {
    const [from, to] = spanOf({ year: 2026, month: 3, day: 8 }, chicago);
    const marks = ticks(from, to, hour, chicago);
    expect(marks).toHaveLength(23);
    expect(marks.map((us) => localAt(us, chicago).hour)).not.toContain(2);
  });
  it("keeps three-hour marks on the clock's hours", () => {
    const [from, to] = spanOf({ year: 2026, month: 3, day: 8 }, chicago);
    expect(ticks(from, to, 3 * hour, chicago).map((us) => localAt(us, chicago).hour)).toEqual([0, 3, 6, 9, 12, 15, 18, 21]);
  });
});

describe("other zones", () => {
  it("starts a day whose midnight is left out at one o'clock", () => {
    expect(localAt(startOf({ year: 2018, month: 11, day: 4 }, "America/Sao_Paulo"), "America/Sao_Paulo").hour).toBe(1);
  });
  it("knows offsets of a part of an hour", () => {
    expect(instantsOf(wall(2026, 6, 1, 12, 0), "Asia/Kathmandu").map(write)).toEqual(["2026-06-01T06:15:00.000000Z"]);
  });
  it("knows a day that differs from the one in UTC", () => {
    expect(localAt(at("2026-01-01T01:00:00Z"), chicago)).toMatchObject({ year: 2025, month: 12, day: 31, hour: 19 });
  });
});

describe("texts", () => {
  it("keeps microseconds through writing and reading", () => {
    for (const text of ["2026-11-14T20:41:37.400001Z", "1970-01-01T00:00:00.000000Z", "2026-11-14T20:41:37.000400Z"]) {
      expect(write(parse(text))).toBe(text);
    }
  });
  it("shows thousandths before the half of the day", () => {
    expect(clock(at("2026-11-14T20:41:37.4Z"), chicago, true)).toBe("2:41:37.400 PM");
    expect(clock(at("2026-11-14T20:41:37.4Z") + minute, chicago)).toBe("2:42:37 PM");
  });
  it("reads what people type and nothing else", () => {
    expect(readTime("14:05")).toEqual({ hour: 14, minute: 5, second: 0, micro: 0 });
    expect(readTime("14:05:09.25")?.micro).toBe(250_000);
    for (const bad of ["", "24:00", "14:60", "14", "2 pm", "14:05:61"]) expect(readTime(bad)).toBeUndefined();
    for (const bad of ["", "2026-02-30", "2026-13-01", "26-01-01"]) expect(readDay(bad)).toBeUndefined();
  });
});
