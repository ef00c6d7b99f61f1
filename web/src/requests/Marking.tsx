import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FilePlus2, Lock } from "lucide-react";
import { useState } from "react";
import { call, isRefusal } from "../api/client";
import { useSession } from "../api/hooks";
import { useRequests } from "../api/requests";
import type { Request } from "../api/request-types";
import type { Marks } from "../screens/Controls";
import "../styles/requests.css";
import { length, minute } from "../time/zone";
import type { Window } from "../timeline/scale";
import type { Mark } from "../timeline/Timeline";
import { Select, sending } from "../ui/inputs";
import { Sheet } from "../ui/Modal";
import { Failure, Loading, Notice, useAct } from "../ui/parts";
import { momentOf } from "./moment";
import { MomentField, settle } from "./MomentField";
import { PlaceHold } from "./PlaceHold";

export type MarkDialog = "hold" | "add";

interface Props {
  mark: Mark;
  marks: Marks;
  camera: string;
  cameras: { id: string; name: string }[];
  zone: string;
  request: string | undefined;
  /** The moment under the playhead. */
  now: () => number;
  dialog: MarkDialog | undefined;
  open: (dialog: MarkDialog | undefined) => void;
}

/** Marks a span while looking, and keeps it or adds it to a request. */
export function Marking({ mark, marks, camera, cameras, zone, request, now, dialog, open }: Props) {
  const may = useSession().data?.may ?? [];
  const view = may.includes("request.view");
  const requests = useRequests(true, view);
  const [done, set] = useState<React.ReactNode>();
  const whole = mark.from !== undefined && mark.to !== undefined ? mark.to - mark.from : undefined;
  const span = (): Window => {
    const at = now();
    const from = mark.from ?? (mark.to !== undefined ? mark.to - minute : at);
    return [from, mark.to ?? from + minute];
  };
  const about = requests.data?.find((r) => r.number === request);
  return (
    <>
      <button className="btn icon" title="Mark the beginning ([)" aria-label="Mark the beginning" onClick={marks.start}>[</button>
      <button className="btn icon" title="Mark the end (])" aria-label="Mark the end" onClick={marks.end}>]</button>
      {marks.hold && <button className="btn" title="H" onClick={marks.hold}><Lock aria-hidden="true" />Hold this</button>}
      {may.includes("request.prepare") && <button className="btn" onClick={() => open("add")}><FilePlus2 aria-hidden="true" />Add {whole !== undefined && `${length(whole)} `}to request</button>}
      {about && <Link className="btn" to="/requests/$id" params={{ id: about.id }}>Back to {about.number}</Link>}
      {done !== undefined && <Sheet title="Done" close={() => set(undefined)}>{done}<div><button className="btn primary" onClick={() => set(undefined)}>Go on looking</button></div></Sheet>}
      {dialog === "hold" && <PlaceHold zone={zone} camera={camera} span={span()} close={() => open(undefined)} done={(h) => { open(undefined); set(<Notice tone="good" title={`${h.camera?.name ?? "Every camera"} is kept.`}><p><Link className="link" to="/holds">All holds</Link></p></Notice>); }} />}
      {dialog === "add" && (
        <AddToRequest camera={camera} cameras={cameras} span={span()} zone={zone} first={about?.id} close={() => open(undefined)}
          done={(r) => { open(undefined); set(<Notice tone="good" title={`Added to ${r.number}.`}><Link className="btn" to="/requests/$id" params={{ id: r.id }}>Go to {r.number}</Link></Notice>); }} />
      )}
    </>
  );
}

interface AddProps {
  camera: string;
  cameras: { id: string; name: string }[];
  span: Window;
  zone: string;
  first: string | undefined;
  close: () => void;
  done: (r: Request) => void;
}

const fresh = "new";

/** Adds a span to an open request as an item, or puts it in the place of one. */
function AddToRequest({ camera: chosen, cameras, span, zone, first, close, done }: AddProps) {
  const client = useQueryClient();
  const requests = useRequests(true);
  const [id, setID] = useState(first ?? "");
  const [camera, setCamera] = useState(chosen);
  const [place, setPlace] = useState<string>();
  const [from, setFrom] = useState(momentOf(span[0], zone));
  const [to, setTo] = useState(momentOf(span[1], zone));
  const [faults, setFaults] = useState<Record<string, string | undefined>>({});
  const request = useQuery({ queryKey: ["request", id], queryFn: () => call<Request>("GET", `/requests/${id}`), enabled: id !== "" }).data;
  const same = request?.items.filter((i) => i.camera.id === camera) ?? [];
  const into = place ?? same[0]?.id ?? fresh;
  const add = useAct(async () => {
    const [a, b] = await Promise.all([settle(client, from, true), settle(client, to, true)]);
    const found = { id: id === "" ? "Choose the request." : undefined, from: a.fault, to: b.fault ?? (a.at && b.at && b.at <= a.at ? "The end has to lie after the beginning." : undefined) };
    setFaults(found);
    if (found.id || found.from || found.to) return;
    const { version } = await call<Request>("GET", `/requests/${id}`);
    const body = { camera, from: a.at, to: b.at, version };
    const made = await (into === fresh ? call<Request>("POST", `/requests/${id}/items`, body) : call<Request>("PUT", `/requests/${id}/items/${into}`, body));
    client.setQueryData(["request", id], made);
    void client.invalidateQueries({ queryKey: ["requests"] });
    done(made);
  });
  const told = (name: string) => faults[name] ?? (isRefusal(add.error) ? add.error.field(name) : undefined);
  return (
    <Sheet title="Add to a request" close={close}>
      {requests.isPending && <Loading what="the requests" />}
      {requests.data?.length === 0 && <p>No request is open. <Link className="link" to="/requests/new">Log it first</Link>.</p>}
      {requests.data && requests.data.length > 0 && (
        <form className="stack" onSubmit={sending(() => void add.run())} noValidate>
          {add.error !== undefined && <Failure error={add.error} />}
          <Select label="Request" value={id} error={told("id")} onChange={(e) => { setID(e.target.value); setPlace(undefined); }}>
            <option value="">Choose</option>
            {requests.data.map((r) => <option key={r.id} value={r.id}>{r.number}: {r.title}</option>)}
          </Select>
          <Select label="Camera" value={camera} error={told("camera")} onChange={(e) => { setCamera(e.target.value); setPlace(undefined); }}>
            {cameras.map((c) => <option key={c.id} value={c.id}>{c.name}</option>)}
          </Select>
          {same.length > 0 && (
            <Select label="Where to" hint="Another span makes what was proposed or decided for it void." value={into} onChange={(e) => setPlace(e.target.value)}>
              {same.map((i) => <option key={i.id} value={i.id}>In the place of {i.number}</option>)}
              <option value={fresh}>As another span</option>
            </Select>
          )}
          <MomentField label="From" value={from} set={setFrom} error={told("from")} />
          <MomentField label="To" value={to} set={setTo} error={told("to")} />
          <div className="row"><button className="btn primary" disabled={add.busy}>Add it</button><button type="button" className="btn" onClick={close}>Cancel</button></div>
        </form>
      )}
    </Sheet>
  );
}
