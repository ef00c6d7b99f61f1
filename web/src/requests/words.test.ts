import { describe, expect, it } from "vitest";
import type { Hold, Request } from "../api/request-types";
import { parse } from "../time/zone";
import { arithmetic, dueDay, holdNeeds, leftWords, needsYou, size, spanWords, stepsOf } from "./words";

const chicago = "America/Chicago";

describe("the clock of a request", () => {
  it("counts the days that count and says why others do not", () => {
    // Received Tuesday, November 3 2026: ten business days end on the 18th, Veterans Day does not count.
    const counted = ["04", "05", "06", "09", "10", "12", "13", "16", "17", "18"];
    const steps = Array.from({ length: 16 }, (_, i) => {
      const day = String(3 + i).padStart(2, "0");
      const weekend = ["07", "08", "14", "15"].includes(day);
      return { day: `2026-11-${day}`, counted: counted.includes(day) ? 1 : 0, why: day === "03" ? "received" : day === "11" ? "Veterans Day" : weekend ? "weekend" : "" };
    });
    const worked = arithmetic(steps);
    expect(worked.at(-1)).toEqual({ day: "Wed Nov 18 2026", number: 10, why: "" });
    expect(worked[8]).toEqual({ day: "Wed Nov 11 2026", number: 0, why: "Veterans Day" });
    expect(worked[9]!.number).toBe(6);
  });
  it("numbers days the same whether the server counts up or by one", () => {
    expect(arithmetic([{ day: "2026-11-04", counted: 1, why: "" }, { day: "2026-11-05", counted: 2, why: "" }]).map((w) => w.number)).toEqual([1, 2]);
  });
  it("names the day before a midnight", () => {
    expect(dueDay({ at: "2026-11-19T06:00:00.000000Z" }, chicago)).toBe("Wed Nov 18 2026");
    expect(dueDay({ at: "2026-11-18T23:00:00.000000Z" }, chicago)).toBe("Wed Nov 18 2026");
  });
  it("says how long is left in words", () => {
    expect(leftWords({ left_business_days: 5, overdue: false })).toBe("5 business days left");
    expect(leftWords({ left_business_days: 1, overdue: false })).toBe("1 business day left");
    expect(leftWords({ left_business_days: 0, overdue: false })).toBe("due today");
    expect(leftWords({ left_business_days: -2, overdue: true })).toBe("2 business days late");
    expect(leftWords({ left_business_days: 0, overdue: true })).toBe("late");
  });
});

describe("a span in words", () => {
  it("names the day once", () => expect(spanWords(parse("2026-11-14T20:38:00Z"), parse("2026-11-14T20:44:00Z"), chicago)).toBe("Sat Nov 14 2026, 2:38:00 PM to 2:44:00 PM CST"));
  it("names both days", () => expect(spanWords(parse("2026-11-15T05:50:00Z"), parse("2026-11-15T06:10:00Z"), chicago)).toBe("Sat Nov 14 2026, 11:50:00 PM to Sun Nov 15 2026, 12:10:00 AM CST"));
  it("tells the hour that comes twice apart", () =>
    expect(spanWords(parse("2026-11-01T06:30:00Z"), parse("2026-11-01T07:45:00Z"), chicago)).toBe("Sun Nov 1 2026, 1:30:00 AM (first) CDT to 1:45:00 AM (second) CST"));
});

describe("what needs somebody", () => {
  const clerk = ["request.prepare", "package.hand-over", "hold.place", "hold.confirm"];
  const director = [...clerk, "request.decide", "request.close"];
  it("leaves the decision to the custodian", () => {
    expect(needsYou({ state: "proposed" }, clerk)).toBeUndefined();
    expect(needsYou({ state: "proposed" }, director)).toBe("Decide");
  });
  it("gives nothing to those without rights", () => {
    for (const state of ["received", "scoped", "proposed", "decided", "available", "delivered"] as const) expect(needsYou({ state }, ["request.view"])).toBeUndefined();
  });
  it("asks for the second person, never the first, to end a hold", () => {
    const hold = { standing: true, lift: { by: { id: "stf_1", name: "Maria" }, why: "closed" }, review_at: "2027-01-01T00:00:00Z" } as Hold;
    const now = parse("2026-11-14T00:00:00Z");
    expect(holdNeeds(hold, "stf_1", director, now)).toBeUndefined();
    expect(holdNeeds(hold, "stf_2", clerk, now)).toBe("Confirm that it ends");
    expect(holdNeeds({ ...hold, lift: undefined }, "stf_2", clerk, parse("2027-01-02T00:00:00Z"))).toBe("Look whether it is still needed");
    expect(holdNeeds({ ...hold, standing: false }, "stf_2", clerk, now)).toBeUndefined();
  });
});

describe("the steps", () => {
  const base = { kind: "law-enforcement", state: "received", received_at: "2026-11-03T16:00:00Z", items: [], packages: [], deliveries: [] } as unknown as Request;
  it("shows a call-back to police only", () => {
    expect(stepsOf(base, chicago).map((s) => s.name)).toEqual(["Received", "Called back", "Proposed", "Decided", "Packaged", "Handed over", "Closed"]);
    expect(stepsOf({ ...base, kind: "open-records" }, chicago).map((s) => s.name)).not.toContain("Called back");
  });
  it("has one step under way", () => {
    const steps = stepsOf(base, chicago);
    expect(steps.filter((s) => s.at === "now").map((s) => s.name)).toEqual(["Called back"]);
  });
  it("claims no step of a request that was withdrawn before it", () =>
    expect(stepsOf({ ...base, kind: "open-records", state: "closed", closing: "withdrawn" }, chicago).map((s) => `${s.name} ${s.note}`)).toEqual(["Received Tue Nov 3", "Closed Withdrawn"]));
  it("shows no package where nothing is released", () => {
    const denied = { ...base, state: "decided", call_back: { reached: true, at: "2026-11-03T17:00:00Z" }, items: [{ proposal: { outcome: "deny", at: "2026-11-04T17:00:00Z" }, decision: { outcome: "deny", at: "2026-11-05T17:00:00Z" } }] } as unknown as Request;
    expect(stepsOf(denied, chicago).map((s) => `${s.name} ${s.at}`)).toEqual(["Received done", "Called back done", "Proposed done", "Decided done", "Closed now"]);
  });
});

it("writes sizes", () => expect([900, 1500, 92_400_000, 924_000_000].map(size)).toEqual(["900 bytes", "1.5 kB", "92.4 MB", "924 MB"]));
