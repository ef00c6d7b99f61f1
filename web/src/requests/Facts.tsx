import { useState } from "react";
import type { Channel, Request } from "../api/request-types";
import { useCameras } from "../api/hooks";
import { Span, When } from "./Frame";
import { EditFacts } from "./EditFacts";
import { askedSpan } from "./rows";
import { channels, kinds } from "./words";

/** What was asked, by whom, and how it came. */
export function Facts({ request: r, edit }: { request: Request; edit: boolean }) {
  const [editing, set] = useState(false);
  const cameras = useCameras().data;
  const span = askedSpan(r);
  const name = (id: string) => cameras?.find((c) => c.id === id)?.name ?? r.cameras.find((c) => c.id === id)?.name ?? "a camera";
  return (
    <section className="card slim" aria-labelledby="asked">
      <h2 id="asked">What was asked</h2>
      <blockquote className="quote" tabIndex={0}>{r.text}</blockquote>
      {r.oral && <p className="small muted">Spoken; written down by us{r.read_back ? " and read back" : ", not read back"}.</p>}
      {r.inspect && <p className="small">To look at it here is enough for them.</p>}
      <dl className="facts">
        <dt>Where</dt><dd>{r.asked.cameras.length > 0 ? r.asked.cameras.map(name).join(", ") : "Not known: every camera is kept"}</dd>
        <dt>When</dt><dd>{span ? <Span from={span[0]} to={span[1]} /> : "Not known"}</dd>
        {r.kind === "law-enforcement" ? <OfficerFacts request={r} /> : (
          <>
            <dt>From</dt><dd>{r.requester.name || "Gave no name (none is needed)"}</dd>
            <dt>Answer to</dt><dd>{r.requester.contact || "Asks with the pick-up code"}</dd>
          </>
        )}
        {r.pick_up && <><dt>Pick-up code</dt><dd className="mono">{r.pick_up}</dd></>}
        <dt>Came</dt><dd>{channels[r.channel as Channel] ?? r.channel}, <When at={r.received_at} /></dd>
        <dt>Logged</dt><dd><When at={r.logged_at} /> by {r.logged_by.name}</dd>
        {r.concerned.length > 0 && <><dt>Concerned</dt><dd>{r.concerned.map((c) => c.name).join(", ")} (does nothing for it)</dd></>}
      </dl>
      {edit && <div><button className="btn" onClick={() => set(true)}>Correct or add</button></div>}
      {editing && <EditFacts request={r} close={() => set(false)} />}
    </section>
  );
}

/** What police have to say before anything is released. */
export const missing = (r: Request): string[] =>
  r.kind !== "law-enforcement" ? [] : [
    [r.officer.agency, "agency"], [r.officer.name, "officer\u2019s name"], [r.officer.badge, "badge number"], [r.officer.case, "case number"],
    [r.officer.offence, "what happened"], [r.officer.at_site ? "yes" : "", "that it happened at the library"],
  ].flatMap(([value, what]) => (value ? [] : [what!]));

function OfficerFacts({ request: r }: { request: Request }) {
  const o = r.officer;
  const gone = missing(r);
  return (
    <>
      <dt>{kinds[r.kind]}</dt><dd>{[o.name, o.agency].filter(Boolean).join(", ") || "Not said"}</dd>
      <dt>Badge</dt><dd>{o.badge || "Not said"}</dd>
      <dt>Their case</dt><dd>{o.case || "Not said"}</dd>
      <dt>What happened</dt><dd>{o.offence || "Not said"}{o.at_site ? ", at the library" : ""}</dd>
      {gone.length > 0 && <><dt className="soon">Still needed</dt><dd>{gone.join(", ")}</dd></>}
      <dt>Called back</dt>
      <dd>{r.call_back ? <>{r.call_back.reached ? "Reached" : "Not reached"}, {r.call_back.agency}, {r.call_back.number}{r.call_back.spoke ? `, spoke to ${r.call_back.spoke}` : ""}; <When at={r.call_back.at} /> by {r.call_back.by.name}</> : "Not yet"}</dd>
    </>
  );
}
