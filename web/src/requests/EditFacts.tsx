import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call, isRefusal } from "../api/client";
import { useCameras } from "../api/hooks";
import { useTakeRequest } from "../api/requests";
import type { Request } from "../api/request-types";
import { parse } from "../time/zone";
import { Check, sending } from "../ui/inputs";
import { Sheet } from "../ui/Modal";
import { Failure, Field, useAct } from "../ui/parts";
import { Concerned } from "./Concerned";
import { useClocks } from "./Frame";
import { momentOf, nothing } from "./moment";
import { MomentField, settle } from "./MomentField";

/** Corrects what is known of a request. The words that were asked stay as they are. */
export function EditFacts({ request: r, close }: { request: Request; close: () => void }) {
  const { zone } = useClocks();
  const client = useQueryClient();
  const take = useTakeRequest();
  const cameras = useCameras().data ?? [];
  const [officer, setOfficer] = useState(r.officer);
  const [requester, setRequester] = useState(r.requester);
  const [asked, setAsked] = useState(r.asked.cameras);
  const [from, setFrom] = useState(r.asked.from ? momentOf(parse(r.asked.from), zone) : nothing);
  const [to, setTo] = useState(r.asked.to ? momentOf(parse(r.asked.to), zone) : nothing);
  const [inspect, setInspect] = useState(r.inspect);
  const [concerned, setConcerned] = useState(r.concerned.map((c) => c.id));
  const [faults, setFaults] = useState<{ from?: string; to?: string; because?: string }>({});
  const [why, setWhy] = useState("");
  const police = r.kind === "law-enforcement";
  const save = useAct(async () => {
    const [a, b] = await Promise.all([settle(client, from, to.day !== ""), settle(client, to, from.day !== "")]);
    const found = { from: a.fault, to: b.fault ?? (a.at && b.at && b.at <= a.at ? "The end has to lie after the beginning." : undefined) };
    setFaults(found);
    if (found.from || found.to) return;
    const others = [...concerned].sort().join() !== r.concerned.map((c) => c.id).sort().join();
    if (others && why.trim() === "") return setFaults({ because: "Say why." });
    const want = { cameras: asked, from: a.at, to: b.at };
    const moved = asked.join() !== r.asked.cameras.join() || (a.at ?? "") !== (r.asked.from ?? "") || (b.at ?? "") !== (r.asked.to ?? "");
    take(await call<Request>("PATCH", `/requests/${r.id}`, {
      officer: police && JSON.stringify(officer) !== JSON.stringify(r.officer) ? officer : undefined, requester: police ? undefined : requester,
      asked: moved ? want : undefined, concerned: others ? concerned : undefined, because: others ? why.trim() : undefined, inspect, version: r.version,
    }));
    close();
  });
  const told = (...names: string[]) => (isRefusal(save.error) ? save.error.field(...names) : undefined);
  const line = (name: "agency" | "name" | "badge" | "case" | "offence") => ({ value: officer[name], error: told(name), maxLength: 200, onChange: (e: { target: { value: string } }) => setOfficer({ ...officer, [name]: e.target.value }) });
  return (
    <Sheet title="What is known" close={close}>
      <form className="stack" onSubmit={sending(() => void save.run())} noValidate>
        {save.error !== undefined && <Failure error={save.error} />}
        {police ? (
          <>
            <div className="two"><Field label="Agency" {...line("agency")} /><Field label="Officer's name" {...line("name")} /><Field label="Badge number" {...line("badge")} /><Field label="Agency's case number" {...line("case")} /></div>
            <Field label="What happened at the library" {...line("offence")} />
            <Check label="It happened at the library" checked={officer.at_site} onChange={(e) => setOfficer({ ...officer, at_site: e.target.checked })} />
            <p className="small muted">If the officer changes, they are called back again.</p>
          </>
        ) : (
          <div className="two">
            <Field label="Name (not needed)" maxLength={200} value={requester.name} onChange={(e) => setRequester({ ...requester, name: e.target.value })} />
            <Field label="How an answer reaches them (not needed)" maxLength={400} value={requester.contact} onChange={(e) => setRequester({ ...requester, contact: e.target.value })} />
          </div>
        )}
        <Check label="To look at it here is enough" checked={inspect} onChange={(e) => setInspect(e.target.checked)} />
        <fieldset className="field"><legend className="legend">Cameras that were asked for</legend>
          <div className="checks">{cameras.map((c) => <Check key={c.id} label={c.name} checked={asked.includes(c.id)} onChange={(e) => setAsked(e.target.checked ? [...asked, c.id] : asked.filter((id) => id !== c.id))} />)}</div>
        </fieldset>
        <MomentField label="From" value={from} set={setFrom} error={faults.from ?? told("from")} />
        <MomentField label="To" value={to} set={setTo} error={faults.to ?? told("to", "span")} />
        <Concerned chosen={concerned} set={setConcerned} />
        <Field label="Why (needed if you change who is concerned)" maxLength={500} value={why} error={faults.because ?? told("because")} onChange={(e) => setWhy(e.target.value)} />
        <div className="row"><button className="btn primary" disabled={save.busy}>Save</button><button type="button" className="btn" onClick={close}>Cancel</button></div>
      </form>
    </Sheet>
  );
}
