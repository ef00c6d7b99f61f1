import { describe, expect, it } from "vitest";
import type { LocalTimes } from "../api/request-types";
import { parse } from "../time/zone";
import { faultOf, localOf, meant, momentOf, nothing } from "./moment";

const instant = (at: string, label: string) => ({ at, at_us: parse(at), label });
const twice: LocalTimes = { local: "2026-11-01T01:30:00", instants: [instant("2026-11-01T06:30:00.000000Z", "first 01:30 (CDT)"), instant("2026-11-01T07:30:00.000000Z", "second 01:30 (CST)")] };
const once: LocalTimes = { local: "2026-11-14T14:38:00", instants: [instant("2026-11-14T20:38:00.000000Z", "14:38 (CST)")] };
const never: LocalTimes = { local: "2026-03-08T02:30:00", instants: [], nearest: instant("2026-03-08T08:00:00.000000Z", "03:00 (CDT)") };

describe("the time that was typed", () => {
  it("is asked about when it came twice, and taken when it was said which", () => {
    expect(meant(twice, undefined)).toEqual({ ask: true });
    expect(meant(twice, 0)).toEqual({ at: "2026-11-01T06:30:00.000000Z" });
    expect(meant(twice, 1)).toEqual({ at: "2026-11-01T07:30:00.000000Z" });
    expect(meant(twice, 2)).toEqual({ ask: true });
  });
  it("needs no choice when it came once, whatever was chosen before", () => {
    expect(meant(once, undefined)).toEqual({ at: "2026-11-14T20:38:00.000000Z" });
    expect(meant(once, 1)).toEqual({ at: "2026-11-14T20:38:00.000000Z" });
  });
  it("is refused with the nearest when it never came", () => {
    expect(meant(never, undefined)).toEqual({ nearest: "03:00 (CDT)" });
    expect(faultOf({ day: "2026-03-08", time: "02:30" }, never, true)).toMatch(/did not exist that night. The nearest is 03:00/);
  });
  it("says what is missing", () => {
    expect(faultOf(nothing, undefined, true)).toBe("Give the day and the time.");
    expect(faultOf(nothing, undefined, false)).toBeUndefined();
    expect(faultOf({ day: "2026-11-14", time: "" }, undefined, false)).toMatch(/Give the time/);
    expect(faultOf({ day: "2026-02-30", time: "10:00" }, undefined, false)).toBe("Give the day.");
    expect(faultOf({ day: "2026-11-01", time: "01:30" }, twice, true)).toMatch(/twice/);
    expect(faultOf({ day: "2026-11-01", time: "01:30", which: 1 }, twice, true)).toBeUndefined();
  });
  it("is written for the server with its seconds", () => {
    expect(localOf({ day: "2026-11-14", time: "9:05" })).toBe("2026-11-14T09:05:00");
    expect(localOf({ day: "2026-11-14", time: "14:05:09" })).toBe("2026-11-14T14:05:09");
    expect(localOf({ day: "2026-11-14", time: "25:00" })).toBeUndefined();
  });
  it("comes back from an instant", () => expect(momentOf(parse("2026-11-14T20:38:07Z"), "America/Chicago")).toEqual({ day: "2026-11-14", time: "14:38:07" }));
});
