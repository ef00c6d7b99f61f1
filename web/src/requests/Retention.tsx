import { useQueryClient } from "@tanstack/react-query";
import { Printer } from "lucide-react";
import { useState } from "react";
import { call, isRefusal, query } from "../api/client";
import { useCameras } from "../api/hooks";
import { useDispositions, useDryRun, useRetention } from "../api/requests";
import type { Schedule } from "../api/request-types";
import { addDays, dayAt, readDay, startOf, write, writeDay } from "../time/zone";
import { useSignedAct } from "../ui/Fresh";
import { Select, sending } from "../ui/inputs";
import { Sheet } from "../ui/Modal";
import { Failure, Field, Loading, useTitle } from "../ui/parts";
import { FilesDue } from "./FilesDue";
import { Closed, Frame, Span, useClocks, useMay, When } from "./Frame";
import { Paper } from "./Letters";
import { classWord, count, size } from "./words";

/** How long footage is kept, what would be disposed of, and what was. */
export default function Retention() {
  useTitle("Retention");
  const may = useMay();
  return <Frame>{may("retention.view") ? <><h1>Retention</h1><Schedules /><Next /><Past />{may("request.view") && <FilesDue />}</> : <Closed what="Retention" />}</Frame>;
}

const scopeOf = (s: Schedule): string => s.camera?.name ?? (s.class ? `Cameras of the class: ${classWord(s.class).toLowerCase()}` : "Every other camera");

function Schedules() {
  const may = useMay()("retention.manage");
  const found = useRetention();
  const [open, set] = useState<Schedule | "new">();
  const free = found.data && found.data.total_bytes > 0 ? Math.round((100 * found.data.free_bytes) / found.data.total_bytes) : undefined;
  return (
    <section className="card" aria-labelledby="schedules">
      <div className="headed"><h2 id="schedules">How long footage is kept</h2>{may && <button className="btn" onClick={() => set("new")}>Add a schedule</button>}</div>
      <p className="muted">The most particular one counts. What is on hold is kept for longer.</p>
      {found.isPending && <Loading what="the schedules" />}
      {found.error && <Failure error={found.error} again={() => void found.refetch()} />}
      {found.data?.schedules.length === 0 && <p>Nothing was set here: for each camera counts what it was registered with.</p>}
      <ul className="list">
        {found.data?.schedules.map((s) => (
          <li key={(s.camera?.id ?? "") + (s.class ?? "")}>
            <span><span className="strong">{scopeOf(s)}</span>: for {count(s.at_most_days, "day")}, never disposed of before {count(s.at_least_days, "day")}</span>
            {may && <button className="btn" aria-label={`Change: ${scopeOf(s)}`} onClick={() => set(s)}>Change</button>}
          </li>
        ))}
      </ul>
      {found.data && found.data.cameras.length > 0 && (
        <details open={found.data.schedules.length === 0}>
          <summary>What holds for each camera</summary>
          <ul className="dots">{found.data.cameras.map((c) => <li key={c.camera?.id}>{c.camera?.name}: {count(c.at_most_days, "day")}, never before {count(c.at_least_days, "day")}</li>)}</ul>
        </details>
      )}
      {free !== undefined && <p className="small muted">{size(found.data!.free_bytes)} of {size(found.data!.total_bytes)} are free ({free} %).</p>}
      {open && <Edit schedule={open === "new" ? undefined : open} close={() => set(undefined)} />}
    </section>
  );
}

function Edit({ schedule: s, close }: { schedule: Schedule | undefined; close: () => void }) {
  const client = useQueryClient();
  const cameras = useCameras().data ?? [];
  const [about, setAbout] = useState("");
  const [least, setLeast] = useState(String(s?.at_least_days ?? 30));
  const [most, setMost] = useState(String(s?.at_most_days ?? 30));
  const [tried, setTried] = useState(false);
  const whole = (text: string, low: number, high: number) => /^\d+$/.test(text) && Number(text) >= low && Number(text) <= high;
  const faults = {
    most: whole(most, 1, 3650) ? undefined : "Give a number of days from 1 to 3650.",
    least: whole(least, 1, whole(most, 1, 3650) ? Number(most) : 3650) ? undefined : "Give a number of days from 1 to the one above.",
  };
  const save = useSignedAct(async () => {
    const [kind, id] = about.split(":");
    const scope = s ? { camera: s.camera?.id, class: s.class } : { camera: kind === "camera" ? id : undefined, class: kind === "class" ? id : undefined };
    await call<Schedule>("PUT", "/retention", { ...scope, at_least_days: Number(least), at_most_days: Number(most), version: s?.version ?? 0 });
    for (const key of ["retention", "dry-run"]) void client.invalidateQueries({ queryKey: [key] });
    close();
  });
  const submit = () => {
    setTried(true);
    if (!faults.most && !faults.least) void save.run();
  };
  const told = (...names: string[]) => (isRefusal(save.error) ? save.error.field(...names) : undefined);
  return (
    <Sheet title={s ? "Change a schedule" : "Add a schedule"} close={close}>
      <form className="stack" onSubmit={sending(submit)} noValidate>
        {save.error !== undefined && <Failure error={save.error} />}
        {s ? <p className="strong">{scopeOf(s)}</p> : (
          <Select label="For which cameras" value={about} onChange={(e) => setAbout(e.target.value)}>
            <option value="">Every camera without its own</option>
            {["public-area", "staff-area", "library-record"].map((c) => <option key={c} value={"class:" + c}>{classWord(c)}</option>)}
            {cameras.map((c) => <option key={c.id} value={"camera:" + c.id}>{c.name}</option>)}
          </Select>
        )}
        <Field label="Disposed of after so many days" inputMode="numeric" value={most} error={(tried ? faults.most : undefined) ?? told("at_most_days", "at_most")} onChange={(e) => setMost(e.target.value)} />
        <Field label="Never before so many days" hint="However full the disk is." inputMode="numeric" value={least} error={(tried ? faults.least : undefined) ?? told("at_least_days", "at_least")} onChange={(e) => setLeast(e.target.value)} />
        <div className="row"><button className="btn primary" disabled={save.busy}>Save</button><button type="button" className="btn" onClick={close}>Cancel</button></div>
      </form>
      {save.dialog}
    </Sheet>
  );
}

/** What the schedule would do now; nothing is done by looking. */
function Next() {
  const [asked, ask] = useState(false);
  const run = useDryRun(asked);
  return (
    <section className="card" aria-labelledby="dry">
      <div className="headed"><h2 id="dry">What would be disposed of now</h2><button className="btn" disabled={run.isFetching} onClick={() => (asked ? void run.refetch() : ask(true))}>{asked ? "Look again" : "Look"}</button></div>
      <p className="muted">Looking changes nothing. The system carries the schedule out by itself.</p>
      {asked && run.isPending && <Loading what="what is due" />}
      {run.error && <Failure error={run.error} again={() => void run.refetch()} />}
      {run.data && (run.data.cameras.length === 0 ? <p>Nothing.</p> : (
        <table className="cards">
          <thead><tr><th scope="col">Camera</th><th scope="col">Due</th><th scope="col">From and to</th><th scope="col">On hold</th></tr></thead>
          <tbody>
            {run.data.cameras.map((c) => (
              <tr key={c.camera.id}>
                <td data-of="Camera">{c.camera.name}</td>
                <td data-of="Due">{c.segments === 0 ? "Nothing" : `${count(c.segments, "recording")}, ${size(c.bytes)}`}</td>
                <td data-of="Of">{c.from && c.to && c.segments > 0 ? <Span from={c.from} to={c.to} /> : "\u2013"}</td>
                <td data-of="On hold">{c.held_segments > 0 ? `${count(c.held_segments, "recording")} kept by ${count(c.holds.length, "hold")}` : "None"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ))}
    </section>
  );
}

const whys: Record<string, string> = { schedule: "Under the schedule", "disk-full": "The disk was full; it was past its least time" };

/** What was disposed of in a period, and the certificate of it. */
function Past() {
  const { zone } = useClocks();
  const today = dayAt(Date.now() * 1000, zone);
  const [from, setFrom] = useState(() => writeDay(addDays(today, -30)));
  const [to, setTo] = useState(() => writeDay(today));
  const [paper, show] = useState(false);
  const [a, b] = [readDay(from), readDay(to)];
  const good = a && b && from <= to;
  return (
    <section className="card" aria-labelledby="past">
      <h2 id="past">What was disposed of</h2>
      <div className="two">
        <Field label="From" type="date" value={from} max={to} onChange={(e) => setFrom(e.target.value)} />
        <Field label="To, that day included" type="date" value={to} error={good ? undefined : "Give a day that is not before the first."} onChange={(e) => setTo(e.target.value)} />
      </div>
      {good && <Disposals from={write(startOf(a, zone))} to={write(startOf(addDays(b, 1), zone))} certificate={() => show(true)} />}
      {paper && good && <Paper title="Certificate of disposal" path={"/dispositions/certificate"} search={query({ from: write(startOf(a, zone)), to: write(startOf(addDays(b, 1), zone)) })} close={() => show(false)} />}
    </section>
  );
}

function Disposals({ from, to, certificate }: { from: string; to: string; certificate: () => void }) {
  const found = useDispositions(from, to);
  if (found.isPending) return <Loading what="the disposals" />;
  if (found.error) return <Failure error={found.error} again={() => void found.refetch()} />;
  return (
    <div className="stack">
      {found.data.length === 0 ? <p>Nothing was disposed of in this time.</p> : (
        <table className="cards">
          <thead><tr><th scope="col">When</th><th scope="col">Camera</th><th scope="col">Footage of</th><th scope="col">How much</th><th scope="col">Why</th><th scope="col">Final</th></tr></thead>
          <tbody>
            {found.data.map((d) => (
              <tr key={d.id}>
                <td data-of="When"><When at={d.at} /></td><td data-of="Camera">{d.camera.name}</td><td data-of="Footage of"><Span from={d.from} to={d.to} /></td>
                <td data-of="How much">{count(d.segments, "recording")}, {size(d.bytes)}</td><td data-of="Why">{whys[d.why] ?? d.why}</td><td data-of="Final"><When at={d.final_at} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p className="small muted">Its keys are destroyed at once. It is final when the last backup that could hold them has aged out.</p>
      <div><button className="btn" onClick={certificate}><Printer aria-hidden="true" />Certificate of disposal for this time</button></div>
    </div>
  );
}
