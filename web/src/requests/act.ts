// What comes next with a request, and whether the person may do it. Pure.
import { living } from "./words";
import type { Request } from "../api/request-types";

export type Act = "call-back" | "prepare" | "decide" | "package" | "hand-over" | "receipt" | "resume" | "close" | "none";

/** The act that a request waits for, whoever does it. */
export function actOf(r: Request): Act {
  const ready = r.packages.some((p) => p.state === "ready");
  const granted = living(r).some((i) => i.decision?.outcome === "grant" && !i.decision.lapsed);
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

/** Why this person does not do it although their role would; nothing if they may. The server judges it again. */
export function barred(r: Request, act: Act, me: string): string | undefined {
  if (act !== "none" && r.concerned.some((c) => c.id === me)) return "You are concerned in this request: others act on it.";
  if (act === "decide" && living(r).some((i) => i.stage === "proposed" && i.proposal?.by.id === me)) return "You proposed this yourself: another person decides.";
  return undefined;
}

/** Whether this person may do it now: their role allows it, and nothing about this request bars them. */
export const isYours = (r: Request, act: Act, me: string): boolean => needs[act] !== undefined && r.can.includes(needs[act]) && !barred(r, act, me);
