import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Lock } from "lucide-react";
import { useState } from "react";
import { call, isRefusal } from "../api/client";
import { useSession } from "../api/hooks";
import { useHolds } from "../api/requests";
import type { Hold } from "../api/request-types";
import { addDays, dayAt, readDay, startOf, write, writeDay } from "../time/zone";
import { useSignedAct } from "../ui/Fresh";
import { Area, Check, sending } from "../ui/inputs";
import { Sheet } from "../ui/Modal";
import { Failure, Field, Loading, Notice, useAct, useNow, useTitle } from "../ui/parts";
import { Closed, Frame, useClocks, useMay, When } from "./Frame";
import { HoldLine } from "./HoldCard";
import { PlaceHold } from "./PlaceHold";
import { holdNeeds } from "./words";

/** What is kept from disposal, and how a hold ends: one proposes it, a second person confirms it. */
export default function Holds() {
  useTitle("Holds");
  const may = useMay();
  return <Frame>{may("request.view") ? <List /> : <Closed what="Holds" />}</Frame>;
}

type Open = { what: "place" } | { what: "lift" | "review"; hold: Hold };

function List() {
  const { zone } = useClocks();
  const may = useMay();
  const [ended, setEnded] = useState(false);
  const holds = useHolds(!ended);
  const [open, set] = useState<Open>();
  const [made, setMade] = useState<Hold>();
  const close = () => set(undefined);
  return (
    <>
      <div className="headed"><h1>Holds</h1>{may("hold.place") && <button className="btn primary" onClick={() => set({ what: "place" })}><Lock aria-hidden="true" />Keep footage</button>}</div>
      <p className="muted">What is on hold is never disposed of, however full the disk. A hold ends when the library director proposes it and a second person confirms it.</p>
      <Check label="Show those that ended, too" checked={ended} onChange={(e) => setEnded(e.target.checked)} />
      {made && <Notice tone="good" title="It is kept."><p><HoldLine hold={made} /></p></Notice>}
      {holds.isPending && <Loading what="the holds" />}
      {holds.error && <Failure error={holds.error} again={() => void holds.refetch()} />}
      {holds.data?.length === 0 && <div className="card"><p>Nothing is on hold. A hold is placed by itself with every request that is logged.</p></div>}
      {holds.data && holds.data.length > 0 && <ul className="stack">{holds.data.map((h) => <li key={h.id}><Card hold={h} open={set} /></li>)}</ul>}
      {open?.what === "place" && <PlaceHold zone={zone} close={close} done={(h) => { setMade(h); close(); }} />}
      {open?.what === "lift" && <Lift hold={open.hold} close={close} />}
      {open?.what === "review" && <Review hold={open.hold} close={close} />}
    </>
  );
}

function useTake() {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: ["holds"] });
}

function Card({ hold: h, open }: { hold: Hold; open: (o: Open) => void }) {
  const session = useSession().data;
  const may = useMay();
  const take = useTake();
  const need = holdNeeds(h, session?.staff.id ?? "", session?.may ?? [], useNow(60_000));
  const confirm = useSignedAct(async () => {
    await call<Hold>("POST", `/holds/${h.id}/confirm`);
    await take();
  });
  return (
    <article className="card slim" aria-label={`Hold for ${h.number ?? h.reason}`}>
      <div className="headed">
        <h2>{h.request ? <Link className="link" to="/requests/$id" params={{ id: h.request }}>{h.number ? `Request ${h.number}` : "For a request"}</Link> : h.reason}</h2>
        <span className={"tag " + (h.standing ? "hold" : "")}><Lock className="ico tiny" aria-hidden="true" />{h.standing ? "Stands" : "Ended"}</span>
      </div>
      <p><HoldLine hold={h} /></p>
      <p className="small muted">{h.request && <span className="said">Why: {h.reason}. </span>}Placed <When at={h.placed_at} />{h.by && ` by ${h.by}`}. {h.standing && <>To be looked at by <When at={h.review_at} />.</>}{h.lapses_at && <> It lapses <When at={h.lapses_at} />.</>}</p>
      {h.lift && h.standing && <p><span className="soon">{h.lift.by.name} proposes to end it:</span> {h.lift.why}{h.lift.by.id === session?.staff.id && <span className="muted"> Somebody else confirms it.</span>}</p>}
      {confirm.error !== undefined && <Failure error={confirm.error} />}
      {h.standing && (
        <div className="row">
          {h.lift && h.lift.by.id !== session?.staff.id && may("hold.confirm") && <button className="btn primary" disabled={confirm.busy} onClick={() => void confirm.run()}>Confirm: the hold ends</button>}
          {!h.lift && may("hold.lift") && <button className="btn" onClick={() => open({ what: "lift", hold: h })}>Propose to end it</button>}
          {may("hold.place") && <button className={"btn" + (need?.startsWith("Look") ? " primary" : "")} onClick={() => open({ what: "review", hold: h })}>Still needed</button>}
        </div>
      )}
      {confirm.dialog}
    </article>
  );
}

function Lift({ hold: h, close }: { hold: Hold; close: () => void }) {
  const take = useTake();
  const [why, set] = useState("");
  const [missing, setMissing] = useState(false);
  const lift = useSignedAct(async (text: string) => {
    await call<Hold>("POST", `/holds/${h.id}/lift`, { why: text });
    await take();
    close();
  });
  const ask = () => {
    setMissing(why.trim() === "");
    if (why.trim() !== "") void lift.run(why.trim());
  };
  return (
    <Sheet title="Propose to end the hold" close={close}>
      <form className="stack" onSubmit={sending(ask)} noValidate>
        <p><HoldLine hold={h} /></p>
        <p>Once a second person confirms it, the schedule applies again, and what is past it is disposed of.</p>
        {lift.error !== undefined && <Failure error={lift.error} />}
        <Area label="Why it is needed no longer" rows={2} maxLength={500} value={why} error={missing && why.trim() === "" ? "Say why." : undefined} onChange={(e) => set(e.target.value)} />
        <div className="row"><button className="btn primary" disabled={lift.busy}>Propose it</button><button type="button" className="btn" onClick={close}>Cancel</button></div>
      </form>
      {lift.dialog}
    </Sheet>
  );
}

function Review({ hold: h, close }: { hold: Hold; close: () => void }) {
  const { zone } = useClocks();
  const take = useTake();
  const [day, set] = useState(() => writeDay(addDays(dayAt(Date.now() * 1000, zone), 90)));
  const review = useAct(async () => {
    const d = readDay(day);
    if (!d) return;
    await call<Hold>("POST", `/holds/${h.id}/review`, { review_at: write(startOf(d, zone)) });
    await take();
    close();
  });
  return (
    <Sheet title="The hold is still needed" close={close}>
      <form className="stack" onSubmit={sending(() => void review.run())} noValidate>
        <p><HoldLine hold={h} /></p>
        {review.error !== undefined && <Failure error={review.error} />}
        <Field label="Look at it again by" type="date" value={day} error={readDay(day) ? (isRefusal(review.error) ? review.error.field("review", "review_at") : undefined) : "Give a day."} onChange={(e) => set(e.target.value)} />
        <div className="row"><button className="btn primary" disabled={review.busy}>Record that it is needed</button><button type="button" className="btn" onClick={close}>Cancel</button></div>
      </form>
    </Sheet>
  );
}
