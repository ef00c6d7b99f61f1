import { Eye } from "lucide-react";
import type { Viewing } from "../api/types";
import { parse } from "../time/zone";
import { Notice, useNow } from "../ui/parts";

const minute = 60_000_000;

/** What a viewing is for, in a few words. */
export const purposeOf = (v: Pick<Viewing, "reference" | "text">): string => [v.reference, v.text].filter(Boolean).join(", ");

/** The permanent bar: the purpose, the time left, and the two ways out. */
export function ViewingBar({ viewing, change, stop }: { viewing: Viewing; change: () => void; stop: () => void }) {
  const left = Math.max(0, parse(viewing.expires_at) - useNow(1000));
  return (
    <section className="bar" aria-label="Your viewing">
      <Eye className="ico" aria-hidden="true" />
      <p><span className="who">Viewing for: {purposeOf(viewing)}</span> <span className="muted small">Every camera and minute you open is recorded in the audit log.</span></p>
      <div className="row">
        <span className="left">Access ends in <b>{left < 2 * minute ? `${Math.ceil(left / 1e6)} s` : `${Math.ceil(left / minute)} min`}</b></span>
        <button className="btn" onClick={change}><span>Change<span className="more"> purpose</span></span></button>
        <button className="btn" onClick={stop}><span>Stop<span className="more"> viewing</span></span></button>
      </div>
    </section>
  );
}

const reasons: Record<string, string> = {
  stopped: "You stopped viewing.",
  expired: "The time for this viewing is up.",
  revoked: "Your access to this footage was taken back.",
  "signed-out": "You signed out.",
  restart: "The system was started again.",
};

/** Says that a viewing is over, and why. */
export function Over({ viewing }: { viewing: Viewing }) {
  return <Notice tone="warn" title={reasons[viewing.why ?? "expired"] ?? "Your access has ended."}><p>To look again, state a purpose again.</p></Notice>;
}
