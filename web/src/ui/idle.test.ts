import { describe, expect, it } from "vitest";
import { absence, patience, warning } from "./idle";

describe("absence", () => {
  it("says nothing while somebody is here", () => expect(absence(patience - warning - 1, 0)).toBeUndefined());
  it("tells how long is left", () => expect(absence(patience - warning, 0)).toEqual({ left: warning }));
  it("tells until the end", () => expect(absence(patience - 1, 0)).toEqual({ left: 1 }));
  it("leaves when the time is up", () => expect(absence(patience, 0)).toBe("leave"));
  it("begins anew with every touch", () => expect(absence(patience + 5, 10)).toEqual({ left: 5 }));
});
