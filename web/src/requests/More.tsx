import { useState } from "react";
import { call, isRefusal } from "../api/client";
import { useTakeRequest } from "../api/requests";
import type { Closing, Package, Request } from "../api/request-types";
import { Area, Select, sending } from "../ui/inputs";
import { Sheet } from "../ui/Modal";
import { Failure, useAct } from "../ui/parts";
import type { Act } from "./act";
import { Attachments } from "./Attachments";
import { CallBackForm } from "./CallBack";
import { Decide } from "./Decide";
import { Recall } from "./HandOver";
import { Prepare } from "./Prepare";
import { closings, living } from "./words";

type Open = "clarify" | "misdirect" | "close" | "reopen" | "recall" | "call-back" | "prepare" | "decide";

/** What else may be done, each behind its name. */
export function More({ request: r, act, me }: { request: Request; act: Act; me: string }) {
  const [open, set] = useState<Open>();
  const [recalling, recall] = useState<Package>(); // kept here: once it is recalled it is ready no longer, and the page still says who has it
  const can = (what: string) => r.can.includes(what) && !r.concerned.some((c) => c.id === me);
  const over = r.state === "closed" || r.state === "disposed";
  const working = can("prepare") && !over;
  const ready = r.packages.find((p) => p.state === "ready");
  const list: [Open, string, boolean][] = [
    ["call-back", r.call_back ? "Record another call" : "Record the call-back", working && r.kind === "law-enforcement" && act !== "call-back"],
    ["prepare", "Change the scope or the proposal", working && act !== "prepare" && r.state !== "delivered"],
    ["decide", "Decide again", can("decide") && act !== "decide" && living(r).some((i) => i.decision) && !over],
    ["clarify", "Ask what is meant", working && !["clarify", "delivered"].includes(r.state)],
    ["misdirect", "It belongs to another body", working && ["received", "scoped", "clarify"].includes(r.state)],
    ["recall", "Recall the package", can("recall") && !!ready],
    ["close", "Close it", can("close") && !over && act !== "close"],
    ["reopen", "Open it again", can("close") && over],
  ];
  const offered = list.filter(([, , on]) => on);
  const close = () => set(undefined);
  return (
    <section className="card slim" aria-label="More">
      <details>
        <summary>More: papers{offered.length > 0 ? " and other acts" : ""}</summary>
        <div className="stack">
          <h3>Papers</h3>
          <Attachments request={r} may={working} />
          {offered.length > 0 && <><h3>Other acts</h3><div className="row">{offered.map(([what, name]) => <button key={what} className="btn" onClick={() => (what === "recall" ? recall(ready) : set(what))}>{name}</button>)}</div></>}
        </div>
      </details>
      {open === "clarify" && <Words request={r} path="clarify" title="Ask what is meant" hint="What you ask them. The clock goes on; what is kept stays kept." button="Record the question" close={close} />}
      {open === "misdirect" && <Words request={r} path="misdirect" title="It belongs to another body" hint="Which body has it, and that you told them. What is kept stays kept until it is closed." button="Record it" close={close} />}
      {open === "close" && <CloseSheet request={r} close={close} />}
      {open === "reopen" && <Words request={r} path="reopen" field="why" title="Open it again" hint="Why." button="Open it again" close={close} />}
      {recalling && <Recall request={r} known={recalling} close={() => recall(undefined)} />}
      {open === "call-back" && <Sheet title="Call back" close={close}><CallBackForm request={r} /></Sheet>}
      {open === "prepare" && <Sheet title="Scope and proposal" close={close}><Prepare request={r} /></Sheet>}
      {open === "decide" && <Sheet title="Decide again" close={close}><Decide request={r} again /></Sheet>}
    </section>
  );
}

interface WordsProps {
  request: Request;
  path: "clarify" | "resume" | "misdirect" | "reopen";
  field?: "text" | "why";
  title: string;
  hint: string;
  button: string;
  close: () => void;
}

function Words({ title, close, ...rest }: WordsProps) {
  return <Sheet title={title} close={close}><WordsForm {...rest} close={close} /></Sheet>;
}

/** An act that needs a few words. */
export function WordsForm({ request: r, path, field = "text", hint, button, close }: Omit<WordsProps, "title">) {
  const take = useTakeRequest();
  const [text, set] = useState("");
  const [missing, setMissing] = useState(false);
  const say = useAct(async () => {
    setMissing(text.trim() === "");
    if (text.trim() === "") return;
    take(await call<Request>("POST", `/requests/${r.id}/${path}`, { [field]: text.trim(), ...(field === "why" ? { version: r.version } : {}) }));
    close();
  });
  return (
    <form className="stack" onSubmit={sending(() => void say.run())} noValidate>
      {say.error !== undefined && <Failure error={say.error} />}
      <Area label="In your words" hint={hint} rows={3} maxLength={2000} value={text} error={missing && text.trim() === "" ? "Write it down." : undefined} onChange={(e) => set(e.target.value)} />
      <div><button className="btn primary" disabled={say.busy}>{button}</button></div>
    </form>
  );
}

function CloseSheet({ request, close }: { request: Request; close: () => void }) {
  return <Sheet title="Close the request" close={close}><CloseForm request={request} done={close} /></Sheet>;
}

/** Closes a request: as its decisions say, or because it ended otherwise. */
export function CloseForm({ request: r, done }: { request: Request; done?: () => void }) {
  const take = useTakeRequest();
  const items = living(r);
  const decided = items.length > 0 && items.every((i) => i.decision);
  const [closing, set] = useState<Closing | "">(r.state === "misdirected" ? "misdirected" : "");
  const [why, setWhy] = useState("");
  const [tried, setTried] = useState(false);
  const needed = closing === "" && !decided;
  const silent = why.trim() === "";
  const end = useAct(async () => {
    setTried(true);
    if (needed || silent) return;
    take(await call<Request>("POST", `/requests/${r.id}/close`, { closing: closing || undefined, why: why.trim(), version: r.version }));
    done?.();
  });
  const choices: Closing[] = ["withdrawn", "abandoned", "misdirected", ...(decided ? (["inspected"] as Closing[]) : [])];
  return (
    <form className="stack" onSubmit={sending(() => void end.run())} noValidate>
      {end.error !== undefined && <Failure error={end.error} />}
      <p>Send the answer first; it is under Letters. What is kept stays kept until two people end the hold.</p>
      <Select label="How does it end?" value={closing} error={tried && needed ? "Choose how it ends." : isRefusal(end.error) ? end.error.field("closing") : undefined} onChange={(e) => set(e.target.value as Closing | "")}>
        <option value="">{decided ? "As it was decided" : "Choose"}</option>
        {choices.map((c) => <option key={c} value={c}>{closings[c]}</option>)}
      </Select>
      <Area label="Why" hint="It stays with the request, and may be read." rows={2} maxLength={2000} value={why} error={tried && silent ? "Say why." : undefined} onChange={(e) => setWhy(e.target.value)} />
      <div><button className="btn primary" disabled={end.busy}>Close the request</button></div>
    </form>
  );
}
