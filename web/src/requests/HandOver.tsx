import { Download, Printer } from "lucide-react";
import { useState } from "react";
import { call, isRefusal } from "../api/client";
import { useAgain } from "../api/requests";
import type { Delivery, Package, Recalled, Request } from "../api/request-types";
import { useSignedAct } from "../ui/Fresh";
import { Area, Radios, sending } from "../ui/inputs";
import { Sheet } from "../ui/Modal";
import { Failure, Field, useAct } from "../ui/parts";
import { When } from "./Frame";
import { Paper } from "./Letters";

/** Hands a package over: take the files, print the receipt, say who got it, and who signed. */
export function HandOver({ request: r, known: p }: { request: Request; known: Package }) {
  const police = r.kind === "law-enforcement";
  const again = useAgain(r.id);
  const [way, setWay] = useState<Delivery["way"]>("folder");
  const [form, set] = useState({ recipient: police ? r.officer.name : r.requester.name, agency: r.officer.agency, badge: r.officer.badge, pick_up: "", signed_by: "" });
  const [paper, show] = useState(false);
  const [missing, setMissing] = useState(false);
  const needsCode = !police && form.recipient.trim() === "";
  const incomplete = police ? [form.recipient, form.agency, form.badge].some((v) => v.trim() === "") : needsCode && form.pick_up.trim() === "";
  const give = useAct(async () => {
    setMissing(incomplete);
    if (incomplete) return;
    const text = (v: string) => v.trim() || undefined;
    await call<Delivery>("POST", `/packages/${p.id}/deliveries`, {
      way, recipient: text(form.recipient), agency: police ? text(form.agency) : undefined, badge: police ? text(form.badge) : undefined, pick_up: text(form.pick_up), signed_by: text(form.signed_by),
    });
    await again();
  });
  const told = (name: string) => (isRefusal(give.error) ? give.error.field(name, ...(name === "pick_up" ? ["pick_up_code"] : [])) : undefined);
  const line = (name: keyof typeof form, needed: boolean) => ({
    value: form[name], maxLength: 200, error: missing && needed && form[name].trim() === "" ? "This is needed." : told(name), onChange: (e: { target: { value: string } }) => set({ ...form, [name]: e.target.value }),
  });
  return (
    <div className="stack">
      <ol className="numbered stack">
        <li><b>Take the files</b> and unpack them onto a stick or a disc. They play anywhere and need no program of ours.<div className="row"><a className="btn" href={`/api/packages/${p.id}/zip`} download={`${p.number}.zip`}><Download aria-hidden="true" />Download {p.number}.zip</a></div></li>
        <li><b>Print the receipt</b> for them to sign.<div className="row"><button className="btn" onClick={() => show(true)}><Printer aria-hidden="true" />Receipt</button></div></li>
        <li><b>Say who got it.</b></li>
      </ol>
      <form className="stack" onSubmit={sending(() => void give.run())} noValidate>
        {give.error !== undefined && <Failure error={give.error} />}
        <Radios across label="As what?" value={way} set={setWay} of={[{ value: "folder", name: "A folder on a stick or disk" }, { value: "disc", name: "A disc" }]} />
        <div className="two">
          <Field label={police ? "Who takes it" : "Who takes it (a name is not needed)"} {...line("recipient", police)} />
          {police && <Field label="Agency" {...line("agency", true)} />}
          {police && <Field label="Badge number" {...line("badge", true)} />}
          {needsCode && <Field label="Pick-up code they show" autoComplete="off" {...line("pick_up", true)} />}
          <Field label="Signed by" hint="As the name stands on the receipt. Leave it empty if the receipt comes later." {...line("signed_by", false)} />
        </div>
        <div><button className="btn primary" disabled={give.busy}>{form.signed_by.trim() ? "Hand over and close" : "Hand over; the receipt comes later"}</button></div>
      </form>
      {paper && <Paper title={`Receipt for ${p.number}`} path={`/packages/${p.id}/receipt`} close={() => show(false)} />}
    </div>
  );
}

/** Takes the signature for what was handed over before. */
export function ReceiptForm({ request: r, delivery: d }: { request: Request; delivery: Delivery }) {
  const again = useAgain(r.id);
  const [name, set] = useState("");
  const [missing, setMissing] = useState(false);
  const sign = useAct(async () => {
    setMissing(name.trim() === "");
    if (name.trim() === "") return;
    await call<Delivery>("POST", `/deliveries/${d.id}/receipt`, { signed_by: name.trim() });
    await again();
  });
  return (
    <form className="stack" onSubmit={sending(() => void sign.run())} noValidate>
      <p>{d.package_number} went to <b>{d.recipient || "somebody with the pick-up code"}</b>, <When at={d.at} />.</p>
      {sign.error !== undefined && <Failure error={sign.error} />}
      <Field label="Signed by" hint="As the name stands on the receipt." maxLength={200} value={name} error={missing && name.trim() === "" ? "Give the name on the receipt." : isRefusal(sign.error) ? sign.error.field("signed_by") : undefined} onChange={(e) => set(e.target.value)} />
      <div><button className="btn primary" disabled={sign.busy}>Record the receipt</button></div>
    </form>
  );
}

/** Who has what. */
export function Deliveries({ request: r }: { request: Request }) {
  if (r.deliveries.length === 0) return null;
  return (
    <section className="card slim" aria-labelledby="deliveries">
      <h2 id="deliveries">Who has it</h2>
      <ul className="plain">
        {r.deliveries.map((d) => (
          <li key={d.id}>
            <span className="strong">{d.recipient || "Somebody with the pick-up code"}</span>{[d.agency, d.badge && `badge ${d.badge}`].filter(Boolean).map((t) => `, ${t}`).join("")}: {d.package_number}, {d.way === "disc" ? "on a disc" : "as a folder"}, <When at={d.at} /> from {d.by.name}.{" "}
            {d.signed_at ? <>Receipt signed by {d.signed_by}, <When at={d.signed_at} />.</> : <span className="soon">The receipt is out.</span>}
            {d.recalled_at && <span className="late"> Recalled <When at={d.recalled_at} />: asked to give it back or destroy it.</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Recalls a package: nothing of it leaves any more, and everybody who holds it is named. */
export function Recall({ request: r, known: p, close }: { request: Request; known: Package; close: () => void }) {
  const again = useAgain(r.id);
  const [why, set] = useState("");
  const [missing, setMissing] = useState(false);
  const [holders, told] = useState<Delivery[]>();
  const recall = useSignedAct(async (text: string) => {
    told((await call<Recalled>("POST", `/packages/${p.id}/recall`, { why: text })).holders);
    await again();
  });
  const ask = () => {
    setMissing(why.trim() === "");
    if (why.trim() !== "") void recall.run(why.trim());
  };
  return (
    <Sheet title={`Recall ${p.number}`} close={close}>
      {holders ? (
        <div className="stack">
          <p className="strong">It was recalled. {holders.length === 0 ? "Nobody had it yet." : "Write to those who have it; the letter is under Letters:"}</p>
          <ul className="dots">{holders.map((d) => <li key={d.id}>{d.recipient || "somebody with the pick-up code"}{d.agency && `, ${d.agency}`}, since <When at={d.at} /></li>)}</ul>
          <div><button className="btn primary" onClick={close}>Close</button></div>
        </div>
      ) : (
        <form className="stack" onSubmit={sending(ask)} noValidate>
          <p>Nothing of it leaves any more. What was handed over is not undone by this: those who have it are listed, to be told to give it back or destroy it.</p>
          {recall.error !== undefined && <Failure error={recall.error} />}
          <Area label="Why" rows={2} maxLength={500} value={why} error={missing && why.trim() === "" ? "Say why." : undefined} onChange={(e) => set(e.target.value)} />
          <div className="row"><button className="btn primary" disabled={recall.busy}>Recall it</button><button type="button" className="btn" onClick={close}>Cancel</button></div>
          {recall.dialog}
        </form>
      )}
    </Sheet>
  );
}
