import { PenLine } from "lucide-react";
import { useState } from "react";
import { call } from "../api/client";
import { useTakeRequest } from "../api/requests";
import type { Item, Request } from "../api/request-types";
import { useSignedAct } from "../ui/Fresh";
import { sending } from "../ui/inputs";
import { Failure } from "../ui/parts";
import { missing } from "./Facts";
import { Span } from "./Frame";
import { ItemFacts, Look, Ruled } from "./ItemFacts";
import { Lanes } from "./Lanes";
import { askedSpan, rowsOf } from "./rows";
import { living } from "./words";
import { faultIn, nameOf, ruling, saidNothing, sayOf, SayForms, type Say, type Said } from "./Rulings";

const asProposed = (i: Item): Say => ({ outcome: i.proposal!.outcome, citation: i.proposal!.citation ?? "", reason: i.proposal!.reason ?? "" });

/** The custodian's decision, item by item, with the proposal beside it; again also of what is decided. It is signed for. */
export function Decide({ request: r, again }: { request: Request; again?: boolean }) {
  const take = useTakeRequest();
  const [otherwise, set] = useState(false);
  const [said, setSaid] = useState<Said>({ ...saidNothing, apart: true });
  const [tried, setTried] = useState(false);
  const items = living(r).filter((i) => i.proposal && (again || i.stage === "proposed"));
  const gone = missing(r);
  const decide = useSignedAct(async (says: { item: string; say: Say }[]) => {
    take(await call<Request>("POST", `/requests/${r.id}/decide`, { items: says.map(({ item, say }) => ruling(item, say)), version: r.version }));
  });
  const own = () => {
    setTried(true);
    const says = items.map((i) => ({ item: i.id, say: sayOf(said, i.id), proposed: i.proposal!.outcome }));
    if (!says.some(({ say, proposed }) => faultIn(say, proposed))) void decide.run(says);
  };
  return (
    <div className="stack">
      <Lanes rows={rowsOf({ ...r, items })} names={(id) => items.find((i) => i.camera.id === id)?.camera.name ?? "Camera"} asked={askedSpan(r)} />
      <ul>
        {items.map((i) => (
          <li key={i.id} className="item">
            <p><span className="strong">{nameOf(i)}</span>, <Span from={i.from_us} to={i.to_us} /></p>
            <Ruled item={i} />
            <ItemFacts request={r} item={i} />
            <div><Look request={r} camera={i.camera.id} from={i.from_us} to={i.to_us} /></div>
          </li>
        ))}
      </ul>
      {gone.length > 0 && <p className="soon">Before footage leaves, the officer still has to say: {gone.join(", ")}.</p>}
      {r.kind === "law-enforcement" && !r.call_back?.reached && <p className="soon">The officer has not been reached on a number of our own directory. Footage leaves only after that.</p>}
      {decide.error !== undefined && <Failure error={decide.error} />}
      {!otherwise ? (
        <div className="row">
          <button className="btn primary" disabled={decide.busy} onClick={() => void decide.run(items.map((i) => ({ item: i.id, say: asProposed(i) })))}><PenLine aria-hidden="true" />{decide.busy ? "Deciding\u2026" : "Decide as proposed"}</button>
          <button className="btn" onClick={() => { set(true); setSaid({ apart: items.length > 1, all: items[0] ? asProposed(items[0]) : saidNothing.all, each: Object.fromEntries(items.map((i) => [i.id, asProposed(i)])) }); }}>Decide otherwise</button>
        </div>
      ) : (
        <form className="stack" onSubmit={sending(own)} noValidate>
          <SayForms items={items.map((i) => ({ key: i.id, name: nameOf(i), proposed: i.proposal!.outcome }))} said={said} set={setSaid} tried={tried} />
          <div className="row">
            <button className="btn primary" disabled={decide.busy}><PenLine aria-hidden="true" />Decide</button>
            <button type="button" className="btn" onClick={() => set(false)}>Back to the proposal</button>
          </div>
        </form>
      )}
      {decide.dialog}
    </div>
  );
}
