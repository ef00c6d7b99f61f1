import { describe, expect, it } from "vitest";
import { Refusal } from "./client";

const refusal = (detail: string, errors?: { location: string; message: string }[]) => new Refusal({ status: 422, title: "Unprocessable Entity", detail, errors });

describe("what the server says about one field", () => {
  it("is found by the place that a fault names", () => {
    const r = refusal("validation failed", [{ location: "body.asked.from", message: "expected a time" }]);
    expect(r.field("from")).toBe("expected a time");
    expect(r.field("to")).toBeUndefined();
  });
  it("is found by the names before the sentence", () => {
    expect(refusal("citation: name the law that this rests on").field("citation")).toBe("Name the law that this rests on.");
    expect(refusal("asked.span: it must end after it starts").field("to", "span")).toBe("It must end after it starts.");
    expect(refusal("pick-up code: it has 8 letters").field("pick_up_code")).toBe("It has 8 letters.");
    expect(refusal("from, to: the period must end after it starts").field("to")).toBe("The period must end after it starts.");
  });
  it("is nothing where the sentence names no field", () => {
    expect(refusal("only a request of law enforcement is called back").field("agency")).toBeUndefined();
    expect(refusal("You may not do this: sign in again").field("you_may_not_do_this")).toBeUndefined();
  });
});
