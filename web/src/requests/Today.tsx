import { Link } from "@tanstack/react-router";
import { Clapperboard, FilePlus2 } from "lucide-react";
import { useSession } from "../api/hooks";
import { useHolds, useRequests } from "../api/requests";
import { Failure, Loading, useNow, useTitle } from "../ui/parts";
import { Frame, When } from "./Frame";
import { Queue } from "./Queue";
import { holdNeeds, needsYou } from "./words";

/** The start of those who work on requests: what needs them today. */
export default function Today() {
  useTitle("Today");
  return <Frame><Page /></Frame>;
}

function Page() {
  const session = useSession().data;
  const requests = useRequests(true);
  const holds = useHolds(true);
  const now = useNow(60_000);
  if (!session) return null;
  const { may, staff } = session;
  const yours = requests.data?.filter((r) => needsYou(r, may)) ?? [];
  const others = requests.data?.filter((r) => !needsYou(r, may)) ?? [];
  const kept = holds.data?.flatMap((h) => { const need = holdNeeds(h, staff.id, may, now); return need ? [{ h, need }] : []; }) ?? [];
  return (
    <>
      <div className="headed">
        <h1>What needs you today</h1>
        <div className="row">
          {may.includes("footage.read") && <Link className="btn" to="/watch"><Clapperboard aria-hidden="true" />Watch footage</Link>}
          <Link className="btn primary" to="/requests/new"><FilePlus2 aria-hidden="true" />Log a request</Link>
        </div>
      </div>
      {requests.isPending && <Loading what="the requests" />}
      {requests.error && <Failure error={requests.error} again={() => void requests.refetch()} />}
      {requests.data && yours.length === 0 && kept.length === 0 && <div className="card"><p>Nothing. {others.length > 0 ? "What is open waits for others." : "No request is open."}</p></div>}
      <Queue list={yours} />
      {kept.length > 0 && (
        <section className="card" aria-labelledby="kept">
          <h2 id="kept">Holds</h2>
          <ul className="list">
            {kept.map(({ h, need }) => (
              <li key={h.id}>
                <span><span className="strong">{need}</span>: {h.number ?? (h.request ? "a request" : h.reason)} <span className="muted">({h.camera?.name ?? "every camera"}, kept since <When at={h.placed_at} />)</span></span>
                <Link className="btn" to="/holds">Open holds</Link>
              </li>
            ))}
          </ul>
        </section>
      )}
      {others.length > 0 && <section className="stack"><h2>Open, waiting for others</h2><Queue list={others} /></section>}
    </>
  );
}
