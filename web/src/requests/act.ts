// What comes next with a request, and whether the person may do it. Pure.
import type { Request } from "../api/request-types";

export type Act = "call-back" | "prepare" | "decide" | "package" | "hand-over" | "receipt" | "resume" | "close" | "none";

/** The act that a request waits for, whoever does it. */
export function actOf(r: Request): Act {
  const ready = r.packages.some((p) => p.state === "ready");
  const granted = r.items.some((i) => i.decision?.outcome === "grant" && !i.decision.lapsed);
  switch (r.state) {
    case "closed":
    case "disposed":
      return "none";
    case "clarify":
      return "resume";
    case "misdirected":
      return "close";
    case "received":
    case "scoped":
      return r.kind === "law-enforcement" && !r.call_back?.reached ? "call-back" : "prepare";
    case "proposed":
      return "decide";
    case "decided":
      return granted && !ready ? "package" : granted ? "hand-over" : "close";
    case "available":
      return "hand-over";
    case "delivered":
      return r.deliveries.some((d) => !d.signed_at && !d.recalled_at) ? "receipt" : "close";
  }
}

const needs: Record<Act, string | undefined> = {
  "call-back": "prepare", prepare: "prepare", resume: "prepare", package: "prepare", decide: "decide", "hand-over": "hand-over", receipt: "hand-over", close: "close", none: undefined,
};

/** Whether this person may do it now; the server says so. */
export const isYours = (r: Request, act: Act): boolean => needs[act] !== undefined && r.can.includes(needs[act]);
