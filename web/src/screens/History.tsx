import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { call, isRefusal } from "../api/client";
import { useSite } from "../api/hooks";
import type { Viewing } from "../api/types";
import { dayAndTime, dayAt, length, parse, shortDay, spanOf } from "../time/zone";
import { Failure, Loading, useAct, useTitle } from "../ui/parts";

const bases = { incident: "Incident", request: "Request", reason: "Other reason" };
const ends: Record<string, string> = { stopped: "You stopped it", expired: "Time was up", revoked: "Access was taken back", "signed-out": "You signed out", restart: "The system restarted" };

export function History() {
  useTitle("My viewing");
  const site = useSite();
  const zone = site.data?.zone ?? "UTC";
  const list = useQuery({ queryKey: ["viewings", "mine"], queryFn: async () => (await call<{ viewings: Viewing[] }>("GET", "/me/viewings?limit=100")).viewings });
  return (
    <div className="page">
      <h1>My viewing</h1>
      <p className="muted">What you opened, and why. Auditors see the same, minute by minute. The last 100 are listed.</p>
      <div className="card">
        {list.isPending && <Loading what="your viewing history" />}
        {list.error && <Failure error={list.error} again={() => void list.refetch()} />}
        {list.data?.length === 0 && <div className="stack"><p>You have not looked at any footage yet.</p><div><Link className="btn" to="/watch">Watch footage</Link></div></div>}
        {list.data && list.data.length > 0 && (
          <div className="scroll" tabIndex={0} role="region" aria-label="List of viewings">
            <table className="cards">
              <thead><tr><th scope="col">When</th><th scope="col">Why</th><th scope="col">Cameras</th><th scope="col">Footage of</th><th scope="col">Ended</th></tr></thead>
              <tbody>{list.data.map((v) => <Row key={v.id} viewing={v} zone={zone} />)}</tbody>
            </table>
          </div>
        )}
      </div>
    </div>
  );
}

/** A whole day by its name, anything else by its ends. */
function footageOf(from: number, to: number, zone: string): string {
  const [start, end] = spanOf(dayAt(from, zone), zone);
  return from === start && to === end ? shortDay(from, zone) : `${dayAndTime(from, zone)} to ${dayAndTime(to, zone)}`;
}

function Row({ viewing: v, zone }: { viewing: Viewing; zone: string }) {
  const opened = parse(v.opened_at);
  const closed = v.closed_at ? parse(v.closed_at) : undefined;
  return (
    <tr>
      <td data-of="When">{dayAndTime(opened, zone)}</td>
      <td data-of="Why"><span className="strong">{bases[v.basis]}{v.reference ? `, ${v.reference}` : ""}</span><br />{v.text}</td>
      <td data-of="Cameras">{v.cameras.map((c) => c.name + (c.refused ? " (refused)" : "")).join(", ")}</td>
      <td data-of="Footage of">{v.live ? "Live" : footageOf(parse(v.from), parse(v.to), zone)}</td>
      <td data-of="Ended">{closed ? <>{ends[v.why ?? ""] ?? "Ended"}<br /><span className="muted">after {length(closed - opened)}</span></> : <StillOpen viewing={v} />}</td>
    </tr>
  );
}

/** The ways back to a viewing that was left without being stopped, and out of it. */
function StillOpen({ viewing: v }: { viewing: Viewing }) {
  const client = useQueryClient();
  const stop = useAct(async () => {
    await call("DELETE", `/viewings/${v.id}`);
    await client.invalidateQueries({ queryKey: ["viewings"] });
  });
  const search = { viewing: v.id, cameras: v.cameras.map((c) => c.id).slice(0, 4) };
  return (
    <div>
      <p>Still open</p>
      <div className="row pair">
        {v.live ? <Link className="btn" to="/live" search={search}>Go on</Link> : <Link className="btn" to="/watch" search={search}>Go on</Link>}
        <button className="btn" disabled={stop.busy} onClick={() => void stop.run()}>Stop</button>
      </div>
      {stop.error !== undefined && <span className="error" role="alert">{isRefusal(stop.error, 404) ? "It belongs to another sign-in of yours and ends with it." : "That did not work. Try again."}</span>}
    </div>
  );
}
