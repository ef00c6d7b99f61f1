import type { Hold } from "../api/request-types";
import { Span, When } from "./Frame";
import { count } from "./words";

/** What is kept, checked and lost, in sentences. */
export function HoldWords({ holds }: { holds: Hold[] }) {
  const standing = holds.filter((h) => h.standing);
  if (holds.length === 0) return <p>No footage is on hold for it.</p>;
  return (
    <div className="stack tight">
      {standing.length > 0 ? <p className="strong">Kept until the request is closed and the hold is lifted:</p> : <p className="strong">The holds were lifted:</p>}
      <ul className="dots">{holds.map((h) => <li key={h.id}><HoldLine hold={h} /></li>)}</ul>
    </div>
  );
}

export function HoldLine({ hold: h }: { hold: Hold }) {
  return (
    <>
      <span className="strong">{h.camera?.name ?? "Every camera"}</span>, <Span from={h.from} to={h.to} />.{" "}
      {h.lifted_at ? <>Lifted <When at={h.lifted_at} />.</> : h.verified_at ? <>Checked <When at={h.verified_at} />: {count(h.objects, "recording is", "recordings are")} there.</> : "Placed; it is being checked that every recording is there."}
      {h.lost.map((l, i) => <span key={i} className="late"> Gone: {l.camera.name}, <Span from={l.from} to={l.to} /> ({l.disposition ? "disposed of under the schedule before" : lossWord(l.cause)}).</span>)}
    </>
  );
}

const lossWord = (cause: string): string => ({ disposed: "disposed of under the schedule before", unrecorded: "nothing was recorded", missing: "the recording is missing" })[cause] ?? cause;

/** The holds of one request. */
export function HoldCard({ holds }: { holds: Hold[] }) {
  const waiting = holds.some((h) => h.standing && h.lift);
  return (
    <section className="card slim" aria-labelledby="holds">
      <h2 id="holds">What is kept</h2>
      <HoldWords holds={holds} />
      {waiting && <p className="soon">It was proposed to end the hold; a second person confirms it under Holds.</p>}
    </section>
  );
}
