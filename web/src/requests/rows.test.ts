import { describe, expect, it } from "vitest";
import type { Item, Request } from "../api/request-types";
import { minute, parse, second } from "../time/zone";
import { actOf, barred, isYours } from "./act";
import { changes, moved, rowsOf, total, windowOf } from "./rows";

const at = parse("2026-11-14T20:00:00Z");
const item = (id: string, camera: string, from: number, to: number) => ({ id, camera: { id: camera, name: camera, class: "public-area" }, from_us: from, to_us: to }) as Item;
const asked = { cameras: ["cam_a", "cam_b"], from: "2026-11-14T20:00:00.000000Z", to: "2026-11-14T20:10:00.000000Z" };

describe("the scope", () => {
  it("begins with what was asked until there are items", () => {
    expect(rowsOf({ asked, items: [] }).map((r) => [r.camera, r.span])).toEqual([["cam_a", [at, at + 10 * minute]], ["cam_b", [at, at + 10 * minute]]]);
    expect(rowsOf({ asked, items: [item("itm_1", "cam_a", at, at + minute)] })).toEqual([{ key: "itm_1", item: "itm_1", camera: "cam_a", span: [at, at + minute] }]);
    expect(rowsOf({ asked: { cameras: ["cam_a"] }, items: [] })).toEqual([]);
    expect(rowsOf({ asked: { cameras: [] }, items: [{ ...item("itm_1", "cam_a", at, at + minute), stage: "ended" }] })).toEqual([]);
  });
  it("knows what is not stored yet", () => {
    const stored = { items: [item("itm_1", "cam_a", at, at + minute), item("itm_2", "cam_b", at, at + minute)] };
    const [first, second_] = rowsOf({ asked, ...stored });
    expect(changes(stored, [first!, second_!])).toEqual({ put: [], gone: [] });
    const longer = { ...first!, span: [at, at + 2 * minute] as [number, number] };
    expect(changes(stored, [longer])).toEqual({ put: [longer], gone: ["itm_2"] });
  });
  it("keeps a span at least a second long and inside its bounds", () => {
    const bounds: [number, number] = [at, at + 10 * minute];
    expect(moved([at, at + minute], "from", 5 * minute, bounds)).toEqual([at + minute - second, at + minute]);
    expect(moved([at, at + minute], "to", -5 * minute, bounds)).toEqual([at, at + second]);
    expect(moved([at, at + minute], "to", 50 * minute, bounds)).toEqual([at, at + 10 * minute]);
    expect(moved([at, at + minute], "both", -minute, bounds)).toEqual([at, at + minute]);
    expect(moved([at, at + minute], "both", 20 * minute, bounds)).toEqual([at + 9 * minute, at + 10 * minute]);
  });
  it("adds up, and shows all with some air", () => {
    const rows = rowsOf({ asked, items: [] });
    expect(total(rows)).toBe(20 * minute);
    const [from, to] = windowOf(rows.map((r) => r.span));
    expect(from).toBeLessThan(at);
    expect(to).toBeGreaterThan(at + 10 * minute);
  });
});

describe("what comes next", () => {
  const base = { kind: "law-enforcement", state: "received", items: [], packages: [], deliveries: [], can: ["prepare"], concerned: [] } as unknown as Request;
  const next = (part: object) => actOf({ ...base, ...part } as Request);
  it("calls police back before anything is prepared, the public never", () => {
    expect(next({})).toBe("call-back");
    expect(next({ call_back: { reached: false } })).toBe("call-back");
    expect(next({ call_back: { reached: true } })).toBe("prepare");
    expect(next({ kind: "open-records" })).toBe("prepare");
  });
  it("goes from the decision to the hand-over, and past it where nothing leaves", () => {
    const decided = (outcome: string) => [{ decision: { outcome, lapsed: false } }];
    expect(next({ state: "proposed" })).toBe("decide");
    expect(next({ state: "decided", items: decided("grant") })).toBe("package");
    expect(next({ state: "decided", items: decided("deny") })).toBe("close");
    expect(next({ state: "available", items: decided("grant") })).toBe("hand-over");
    expect(next({ state: "delivered", deliveries: [{}] })).toBe("receipt");
    expect(next({ state: "delivered", deliveries: [{ signed_at: "x" }] })).toBe("close");
    expect(next({ state: "closed" })).toBe("none");
  });
  it("is somebody's only if the server says so", () => {
    expect(isYours(base, "call-back", "stf_1")).toBe(true);
    expect(isYours(base, "decide", "stf_1")).toBe(false);
    expect(isYours(base, "none", "stf_1")).toBe(false);
  });
  it("is nobody's who is concerned, and no decision theirs who proposed", () => {
    const own = { ...base, can: ["prepare", "decide"], concerned: [{ id: "stf_2", name: "Sam" }], items: [{ stage: "proposed", proposal: { by: { id: "stf_1" } } }] } as unknown as Request;
    expect(isYours(own, "prepare", "stf_2")).toBe(false);
    expect(barred(own, "decide", "stf_1")).toMatch(/proposed this yourself/);
    expect(isYours(own, "decide", "stf_3")).toBe(true);
    expect(isYours(own, "prepare", "stf_1")).toBe(true);
  });
});
