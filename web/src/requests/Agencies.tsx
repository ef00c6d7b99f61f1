import { useState } from "react";
import { call, isRefusal } from "../api/client";
import { useAgencies } from "../api/requests";
import type { Agency } from "../api/request-types";
import { useSignedAct } from "../ui/Fresh";
import { sending } from "../ui/inputs";
import { Sheet } from "../ui/Modal";
import { Failure, Field, Loading, useTitle } from "../ui/parts";
import { Closed, Frame, useMay } from "./Frame";

/** The directory of agencies: the numbers on which officers are called back. */
export default function Agencies() {
  useTitle("Agencies");
  const may = useMay();
  return <Frame>{may("request.view") ? <List /> : <Closed what="Agencies" />}</Frame>;
}

function List() {
  const may = useMay()("agency.manage");
  const list = useAgencies();
  const [open, set] = useState<Agency | "new">();
  return (
    <>
      <div className="headed"><h1>Agencies</h1>{may && <button className="btn primary" onClick={() => set("new")}>Add an agency</button>}</div>
      <p className="muted">An officer is called back on a number from this list, never on one that the caller gave. Enter numbers from an official source only.{!may && " The library director keeps it."}</p>
      <div className="card">
        {list.isPending && <Loading what="the directory" />}
        {list.error && <Failure error={list.error} again={() => void list.refetch()} />}
        {list.data?.length === 0 && <p>No agency yet.</p>}
        <ul className="list">
          {list.data?.map((a) => (
            <li key={a.id}>
              <span><span className="strong">{a.name}</span>, {a.phone}<br /><span className="small muted">{a.source}</span></span>
              {may && <button className="btn" aria-label={`Change ${a.name}`} onClick={() => set(a)}>Change</button>}
            </li>
          ))}
        </ul>
      </div>
      {open && <Entry agency={open === "new" ? undefined : open} close={() => { set(undefined); void list.refetch(); }} />}
    </>
  );
}

function Entry({ agency: a, close }: { agency: Agency | undefined; close: () => void }) {
  const [form, set] = useState({ name: a?.name ?? "", phone: a?.phone ?? "", source: a?.source ?? "" });
  const [tried, setTried] = useState(false);
  const save = useSignedAct(async () => {
    setTried(true);
    if (Object.values(form).some((v) => v.trim() === "")) return;
    await (a ? call("PUT", `/agencies/${a.id}`, { ...form, version: a.version }) : call("POST", "/agencies", form));
    close();
  });
  const remove = useSignedAct(async () => {
    await call("DELETE", `/agencies/${a!.id}?version=${a!.version}`);
    close();
  });
  const line = (name: keyof typeof form) => ({
    value: form[name], maxLength: 200, onChange: (e: { target: { value: string } }) => set({ ...form, [name]: e.target.value }),
    error: tried && form[name].trim() === "" ? "This is needed." : isRefusal(save.error) ? save.error.field(name) : undefined,
  });
  return (
    <Sheet title={a ? "Change an agency" : "Add an agency"} close={close}>
      <form className="stack" onSubmit={sending(() => void save.run())} noValidate>
        {save.error !== undefined && <Failure error={save.error} />}
        {remove.error !== undefined && <Failure error={remove.error} />}
        <Field label="Name" {...line("name")} />
        <Field label="Telephone number" type="tel" {...line("phone")} />
        <Field label="Where the number was found, and when" hint="For example: the city's website, checked November 3 2026." {...line("source")} />
        <div className="row">
          <button className="btn primary" disabled={save.busy}>Save</button>
          {a && <button type="button" className="btn" disabled={remove.busy} onClick={() => void remove.run()}>Remove</button>}
          <button type="button" className="btn" onClick={close}>Cancel</button>
        </div>
      </form>
      {save.dialog}
      {remove.dialog}
    </Sheet>
  );
}
