import { useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { call, isRefusal } from "../api/client";
import { useCameras } from "../api/hooks";
import { useTakeRequest } from "../api/requests";
import type { Request } from "../api/request-types";
import { length, parse, write } from "../time/zone";
import type { Window } from "../timeline/scale";
import { Select, sending } from "../ui/inputs";
import { Sheet } from "../ui/Modal";
import { Failure, useAct } from "../ui/parts";
import { Span, useClocks } from "./Frame";
import { ItemFacts, Look } from "./ItemFacts";
import { Lanes } from "./Lanes";
import { momentOf, nothing } from "./moment";
import { MomentField, settle } from "./MomentField";
import { askedSpan, changes, rowsOf, total, type Row } from "./rows";
import { faultIn, ruling, saidNothing, sayOf, SayForms, type Said } from "./Rulings";
import { count, living } from "./words";

/** Stores rows as items; answers the request as it then stands, and which item each row became. */
async function store(r: Request, rows: Row[]): Promise<{ request: Request; items: Map<string, string> }> {
  let request = r;
  const { put, gone } = changes(r, rows);
  const items = new Map(rows.flatMap((row) => (row.item ? [[row.key, row.item] as const] : [])));
  for (const row of put) {
    const body = { camera: row.camera, from: write(row.span[0]), to: write(row.span[1]), version: request.version };
    const before = new Set(request.items.map((i) => i.id));
    request = row.item ? await call<Request>("PUT", `/requests/${r.id}/items/${row.item}`, body) : await call<Request>("POST", `/requests/${r.id}/items`, body);
    const made = row.item ?? request.items.find((i) => !before.has(i.id))?.id;
    if (made) items.set(row.key, made);
  }
  for (const id of gone) {
    request = await call<Request>("POST", `/requests/${r.id}/items/${id}/withdraw`, { why: "Taken out of the scope by the preparer.", version: request.version });
  }
  return { request, items };
}

/** The scope and the proposal: which camera, from when to when, and what is thought right. */
export function Prepare({ request: r }: { request: Request }) {
  const take = useTakeRequest();
  const cameras = useCameras().data;
  const stored = living(r).map((i) => i.id + i.camera.id + i.from_us + i.to_us).join();
  const [rows, setRows] = useState<Row[]>(() => rowsOf(r));
  useEffect(() => setRows(rowsOf(r)), [stored]);
  const [said, setSaid] = useState<Said>(saidNothing);
  const [tried, setTried] = useState(false);
  const [typing, type] = useState<Row | "new">();
  const name = (id: string) => cameras?.find((c) => c.id === id)?.name ?? r.cameras.find((c) => c.id === id)?.name ?? "Camera";
  const asked = useMemo(() => askedSpan(r), [r.asked.from, r.asked.to]);
  const { put, gone } = changes(r, rows);
  const dirty = put.length > 0 || gone.length > 0;
  const void_ = living(r).some((i) => i.proposal || i.decision) && dirty;

  const save = useAct(async () => take((await store(r, rows)).request));
  const propose = useAct(async () => {
    setTried(true);
    if (rows.length === 0 || rows.some((row) => faultIn(sayOf(said, row.key)))) return;
    const { request, items } = await store(r, rows);
    take(request);
    take(await call<Request>("POST", `/requests/${r.id}/propose`, { items: rows.map((row) => ruling(items.get(row.key)!, sayOf(said, row.key))), version: request.version }));
  });
  const move = (key: string, span: Window) => setRows((old) => old.map((row) => (row.key === key ? { ...row, span } : row)));
  const keep = (row: Row) => setRows((old) => (old.some((o) => o.key === row.key) ? old.map((o) => (o.key === row.key ? row : o)) : [...old, row]));
  const error = propose.error ?? save.error;

  return (
    <div className="stack">
      {rows.length > 0 && <p><span className="strong">{length(total(rows))}</span> of {count(new Set(rows.map((x) => x.camera)).size, "camera")}{asked && `; asked for: ${length(asked[1] - asked[0])}`}.</p>}
      <Lanes rows={rows} names={name} asked={asked} set={move} />
      <ul>
        {rows.map((row) => {
          const item = r.items.find((i) => i.id === row.item);
          const changed = put.includes(row);
          return (
            <li key={row.key} className="item">
              <p><span className="strong">{name(row.camera)}</span>, <Span from={row.span[0]} to={row.span[1]} />{changed && <span className="soon"> (not saved yet)</span>}</p>
              {item && !changed && <ItemFacts request={r} item={item} />}
              <div className="row">
                <Look request={r} camera={row.camera} from={row.span[0]} to={row.span[1]} />
                <button className="btn" onClick={() => type(row)}>Type the times</button>
                <button className="btn" aria-label={`Take out ${name(row.camera)}`} onClick={() => setRows(rows.filter((o) => o !== row))}>Take out</button>
              </div>
            </li>
          );
        })}
      </ul>
      {rows.length === 0 && <p>{tried ? <span className="error" role="alert">Add at least one camera and span.</span> : "No camera and span yet. Add what the requester means, as narrow as it answers them."}</p>}
      <div className="row">
        <button className="btn" onClick={() => type("new")}><Plus aria-hidden="true" />Add a camera and times</button>
        {dirty && rows.length > 0 && <button className="btn" disabled={save.busy} onClick={() => void save.run()}>Save, and see what is there</button>}
        {dirty && living(r).length > 0 && <button className="btn" onClick={() => setRows(rowsOf(r))}>Undo</button>}
      </div>
      {void_ && <p className="soon">What was proposed or decided for a changed span no longer counts once you save.</p>}
      <form className="stack" onSubmit={sending(() => void propose.run())} noValidate>
        <h3>What do you propose?</h3>
        <SayForms items={rows.map((row) => ({ key: row.key, name: name(row.camera) }))} said={said} set={setSaid} tried={tried} />
        {error !== undefined && <Failure error={error} />}
        {isRefusal(error, 409) && <p className="soon">Somebody else changed it meanwhile. What you see now is how it stands; look, and propose again.</p>}
        <div><button className="btn primary" disabled={propose.busy || save.busy}>{propose.busy ? "Proposing\u2026" : "Propose to the library director"}</button></div>
      </form>
      {typing && <Typed request={r} row={typing === "new" ? undefined : typing} close={() => type(undefined)} keep={(row) => { keep(row); type(undefined); }} />}
    </div>
  );
}

/** A camera and typed times, on the site's clock. */
function Typed({ request: r, row, keep, close }: { request: Request; row: Row | undefined; keep: (row: Row) => void; close: () => void }) {
  const { zone } = useClocks();
  const client = useQueryClient();
  const cameras = useCameras().data ?? [];
  const span = row?.span ?? askedSpan(r);
  const [camera, setCamera] = useState(row?.camera ?? r.asked.cameras[0] ?? "");
  const [from, setFrom] = useState(span ? momentOf(span[0], zone) : nothing);
  const [to, setTo] = useState(span ? momentOf(span[1], zone) : nothing);
  const [faults, setFaults] = useState<{ camera?: string; from?: string; to?: string }>({});
  const use = useAct(async () => {
    const [a, b] = await Promise.all([settle(client, from, true), settle(client, to, true)]);
    const late = a.at && b.at && parse(b.at) <= parse(a.at) ? "The end has to lie after the beginning." : undefined;
    const found = { camera: camera === "" ? "Choose the camera." : undefined, from: a.fault, to: b.fault ?? late };
    setFaults(found);
    if (found.camera || found.from || found.to) return;
    const times: Window = [parse(a.at!), parse(b.at!)];
    keep(row ? { ...row, camera, span: times } : { key: `new-${camera}-${times[0]}-${Math.round(performance.now())}`, camera, span: times });
  });
  return (
    <Sheet title={row ? "The times" : "A camera and times"} close={close}>
      <form className="stack" onSubmit={sending(() => void use.run())} noValidate>
        {use.error !== undefined && <Failure error={use.error} />}
        <Select label="Camera" value={camera} error={faults.camera} onChange={(e) => setCamera(e.target.value)}>
          <option value="">Choose</option>
          {cameras.map((c) => <option key={c.id} value={c.id}>{c.name}</option>)}
        </Select>
        <MomentField label="From" value={from} set={(m) => { setFrom(m); if (to.day === "") setTo({ ...to, day: m.day }); }} error={faults.from} />
        <MomentField label="To" value={to} set={setTo} error={faults.to} />
        <div className="row"><button className="btn primary" disabled={use.busy}>Use these times</button><button type="button" className="btn" onClick={close}>Cancel</button></div>
      </form>
    </Sheet>
  );
}
