import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleCheck, Printer } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { call, isRefusal } from "../api/client";
import { useCameras } from "../api/hooks";
import type { Channel, Kind, Logged, NewRequest } from "../api/request-types";
import { Area, Check, Group, Radios, Select, sending, useFaultFocus } from "../ui/inputs";
import { Failure, Field, Notice, useAct, useTitle } from "../ui/parts";
import { attach, FilePicker } from "./Attachments";
import { Concerned } from "./Concerned";
import { Frame, useClocks, useMay } from "./Frame";
import { momentOf, nothing, type Moment } from "./moment";
import { MomentField, settle } from "./MomentField";
import { HoldWords } from "./HoldCard";
import { channels } from "./words";

/** Logs what reached any employee, on one page. */
export default function New() {
  useTitle("Log a request");
  const [made, set] = useState<{ logged: Logged; files: File[] }>();
  return <Frame>{made ? <Done logged={made.logged} files={made.files} again={() => set(undefined)} /> : <Form done={(logged, files) => set({ logged, files })} />}</Frame>;
}

const empty = { agency: "", name: "", badge: "", case: "", offence: "", at_site: false };

interface Draft {
  kind?: Kind;
  channel: Channel;
  received: Moment;
  why: string;
  text: string;
  oral: boolean;
  readBack: boolean;
  inspect: boolean;
  name: string;
  contact: string;
  officer: typeof empty;
  cameras: string[];
  unknown: boolean;
  from: Moment;
  to: Moment;
  concerned: string[];
  files: File[];
}

type Faults = Partial<Record<"kind" | "received" | "text" | "cameras" | "from" | "to", string>>;

function Form({ done }: { done: (logged: Logged, files: File[]) => void }) {
  const { zone } = useClocks();
  const client = useQueryClient();
  const may = useMay();
  const form = useRef<HTMLFormElement>(null);
  const [d, set] = useState<Draft>(() => ({
    channel: "in-person", received: momentOf(Date.now() * 1000 - (Date.now() * 1000) % 60_000_000, zone), why: "", text: "", oral: false, readBack: false, inspect: false,
    name: "", contact: "", officer: empty, cameras: [], unknown: false, from: nothing, to: nothing, concerned: [], files: [],
  }));
  const put = (part: Partial<Draft>) => set((old) => ({ ...old, ...part }));
  const [faults, setFaults] = useState<Faults>({});
  const [tries, setTries] = useState(0);
  useFaultFocus(form, tries);
  const send = useAct(async () => {
    const [received, from, to] = await Promise.all([settle(client, d.received, true), settle(client, d.from, d.to.day !== ""), settle(client, d.to, d.from.day !== "")]);
    const found: Faults = {
      kind: d.kind ? undefined : "Choose who asks.", text: d.text.trim() === "" ? "Write what was asked, word for word." : undefined,
      received: received.fault, from: from.fault, to: to.fault ?? (from.at && to.at && to.at <= from.at ? "The end has to lie after the beginning." : undefined),
      cameras: d.cameras.length === 0 && !d.unknown ? "Choose cameras, or say that they are not known." : undefined,
    };
    setFaults(found);
    if (Object.values(found).some(Boolean)) return setTries((n) => n + 1);
    done(await call<Logged>("POST", "/requests", body(d, received.at!, from.at, to.at)), d.files);
    await client.invalidateQueries({ queryKey: ["requests"] });
  });
  const told = (...names: string[]) => (isRefusal(send.error) ? send.error.field(...names) : undefined);
  const officer = (name: keyof typeof empty) => ({ value: d.officer[name] as string, error: told(name), maxLength: 200, onChange: (e: { target: { value: string } }) => put({ officer: { ...d.officer, [name]: e.target.value } }) });
  return (
    <>
      <h1>Log a request</h1>
      <p className="muted">What is asked for is kept from the moment you send this, and the requester gets a number. It counts from when it reached any of us.</p>
      <form ref={form} className="stack" onSubmit={sending(() => void send.run())} noValidate>
        {send.error !== undefined && <Failure error={send.error} />}
        <div className="card">
          <Radios<Kind> across label="Who asks?" value={d.kind} set={(kind) => put({ kind })} error={faults.kind} of={[
            { value: "law-enforcement", name: "A police officer", hint: "Or another law-enforcement agency, about a crime at the library." },
            { value: "open-records", name: "Anyone else", hint: "They need to give no name, no address and no reason." },
          ]} />
          <div className="two">
            <Select label="How did it come?" value={d.channel} onChange={(e) => put({ channel: e.target.value as Channel })}>
              {Object.entries(channels).map(([value, name]) => <option key={value} value={value}>{name}</option>)}
            </Select>
            <MomentField label="When did it reach us?" value={d.received} set={(received) => put({ received })} error={faults.received ?? told("received", "received_at")} />
          </div>
          <Late received={d.received} value={d.why} set={(why) => put({ why })} error={told("received_why", "late")} />
          <Area label="What was asked, word for word" maxLength={20_000} value={d.text} onChange={(e) => put({ text: e.target.value })} error={faults.text ?? told("text")} />
          <div className="checks">
            <Check label="It was spoken" hint="You wrote it down." checked={d.oral} onChange={(e) => put({ oral: e.target.checked, readBack: e.target.checked && d.readBack })} />
            {d.oral && <Check label="I read it back to them" checked={d.readBack} onChange={(e) => put({ readBack: e.target.checked })} />}
            <Check label="To look at it here is enough" hint="No copy is wanted; looking is free." checked={d.inspect} onChange={(e) => put({ inspect: e.target.checked })} />
          </div>
        </div>
        {d.kind === "law-enforcement" && (
          <div className="card">
            <Group legend="The officer" hint="What is missing can be added later; all of it is needed before anything is released.">
              <div className="two">
                <Field label="Agency" {...officer("agency")} /><Field label="Officer's name" {...officer("name")} />
                <Field label="Badge number" {...officer("badge")} /><Field label="Agency's case number" {...officer("case")} />
              </div>
              <Field label="What happened at the library" {...officer("offence")} />
              <Check label="It happened at the library" checked={d.officer.at_site} onChange={(e) => put({ officer: { ...d.officer, at_site: e.target.checked } })} />
            </Group>
          </div>
        )}
        {d.kind === "open-records" && (
          <div className="card">
            <Group legend="Reaching them" hint="Only if they wish. Without it they get a code with which to ask how it stands.">
              <div className="two">
                <Field label="Name (not needed)" maxLength={200} value={d.name} onChange={(e) => put({ name: e.target.value })} />
                <Field label="How an answer reaches them (not needed)" maxLength={400} value={d.contact} onChange={(e) => put({ contact: e.target.value })} />
              </div>
            </Group>
          </div>
        )}
        <div className="card">
          <Group legend="Where and when" hint="About is fine: half an hour before and after is kept too. If the camera or the time is not known, more is kept.">
            <Cameras chosen={d.cameras} unknown={d.unknown} set={(cameras, unknown) => put({ cameras, unknown })} error={faults.cameras ?? told("cameras")} />
            <div className="two">
              <MomentField label="From" value={d.from} set={(from) => put({ from, to: d.to.day === "" ? { ...d.to, day: from.day } : d.to })} error={faults.from ?? told("from")} />
              <MomentField label="To" value={d.to} set={(to) => put({ to })} error={faults.to ?? told("to", "span")} />
            </div>
          </Group>
        </div>
        <div className="card">
          <Concerned chosen={d.concerned} set={(concerned) => put({ concerned })} />
          {may("request.prepare") && <FilePicker files={d.files} set={(files) => put({ files })} />}
        </div>
        <div className="row"><button className="btn primary" disabled={send.busy}>{send.busy ? "Logging\u2026" : "Log it and keep the footage"}</button></div>
      </form>
    </>
  );
}

function body(d: Draft, received: string, from: string | undefined, to: string | undefined): NewRequest {
  const police = d.kind === "law-enforcement";
  return {
    kind: d.kind!, channel: d.channel, received, received_why: d.why.trim() || undefined, text: d.text.trim(), oral: d.oral, read_back: d.readBack, inspect: d.inspect,
    requester: police ? undefined : { name: d.name.trim(), contact: d.contact.trim() },
    officer: police ? d.officer : undefined,
    asked: { cameras: d.unknown ? [] : d.cameras, from, to }, concerned: d.concerned,
  };
}

const twoDays = 2 * 86_400_000;

/** What reached somebody more than two days ago needs a word why it is logged only now. */
function Late({ received, value, set, error }: { received: Moment; value: string; set: (v: string) => void; error?: string }) {
  const { zone } = useClocks();
  const day = Date.parse(received.day);
  if (!error && (Number.isNaN(day) || Date.parse(momentOf(Date.now() * 1000, zone).day) - day < twoDays)) return null;
  return <Field label="Why is it logged only now?" maxLength={500} value={value} error={error} onChange={(e) => set(e.target.value)} />;
}

function Cameras({ chosen, unknown, set, error }: { chosen: string[]; unknown: boolean; set: (cameras: string[], unknown: boolean) => void; error?: string }) {
  const cameras = useCameras();
  return (
    <fieldset className="field" aria-describedby={error ? "cameras-e" : undefined}>
      <legend className="legend">Cameras</legend>
      <div className="checks">
        {cameras.data?.map((c) => (
          <Check key={c.id} label={c.name} hint={c.place} checked={chosen.includes(c.id)} aria-invalid={error ? true : undefined}
            onChange={(e) => set(e.target.checked ? [...chosen, c.id] : chosen.filter((id) => id !== c.id), false)} />
        ))}
        <Check label="Not known" hint="Every camera is kept." checked={unknown} aria-invalid={error ? true : undefined} onChange={(e) => set([], e.target.checked)} />
      </div>
      {cameras.error && <Failure error={cameras.error} />}
      {error && <span className="error" id="cameras-e" role="alert">{error}</span>}
    </fieldset>
  );
}

/** What comes of logging: the number, what is kept, the paper for the requester. */
function Done({ logged, files, again }: { logged: Logged; files: File[]; again: () => void }) {
  const [copied, set] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const focused = (node: HTMLHeadingElement | null) => { if (node && heading.current !== node) { heading.current = node; node.focus(); } };
  const upload = useAct(async () => { for (const file of files) await attach(logged.id, file); });
  const begun = useRef(false);
  useEffect(() => {
    if (begun.current || files.length === 0) return;
    begun.current = true;
    void upload.run();
  });
  return (
    <>
      <h1 ref={focused} tabIndex={-1} className="noprint"><CircleCheck className="ico" aria-hidden="true" /> The request is logged</h1>
      <div className="card noprint">
        <p className="big-number">{logged.number}</p>
        {logged.pick_up && <p>Pick-up code for the requester: <span className="code">{logged.pick_up}</span></p>}
        <HoldWords holds={logged.holds} />
        {upload.error !== undefined && <Failure error={upload.error} again={() => void upload.run()} />}
        <div className="row">
          {logged.can_view && <Link className="btn primary" to="/requests/$id" params={{ id: logged.id }}>Go on with {logged.number}</Link>}
          <button className="btn" onClick={again}>Log another</button>
        </div>
      </div>
      <section className="card" aria-labelledby="ack">
        <div className="headed noprint">
          <h2 id="ack">Acknowledgement for the requester</h2>
          <div className="row">
            <button className="btn" onClick={() => window.print()}><Printer aria-hidden="true" />Print</button>
            <button className="btn" onClick={() => void navigator.clipboard.writeText(logged.acknowledgement).then(() => set(true))}>Copy</button>
          </div>
        </div>
        {copied && <Notice tone="good" title="Copied." />}
        <pre className="paper" tabIndex={0}>{logged.acknowledgement}</pre>
      </section>
    </>
  );
}
