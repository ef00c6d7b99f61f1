import { Link, useParams } from "@tanstack/react-router";
import { Circle, CircleCheck, CircleDot, FileText, Lock, Shield } from "lucide-react";
import { isRefusal } from "../api/client";
import { useSession } from "../api/hooks";
import { useRequest } from "../api/requests";
import type { Request } from "../api/request-types";
import { Failure, Loading, useTitle } from "../ui/parts";
import { actOf, barred, isYours, type Act } from "./act";
import { CallBackForm } from "./CallBack";
import { Decide } from "./Decide";
import { DueCard } from "./Due";
import { Facts } from "./Facts";
import { TombstoneCard } from "./FilesDue";
import { Closed, Frame, Span, useClocks, useMay } from "./Frame";
import { Deliveries, HandOver, ReceiptForm } from "./HandOver";
import { HoldCard } from "./HoldCard";
import { ItemFacts, Look, Ruled } from "./ItemFacts";
import { Lanes } from "./Lanes";
import { Letters } from "./Letters";
import { CloseForm, More, WordsForm } from "./More";
import { PackageCard } from "./PackageCard";
import { Prepare } from "./Prepare";
import { askedSpan, rowsOf } from "./rows";
import { Notes, Story } from "./Story";
import { endWord, kinds, states, stepsOf } from "./words";

/** The workspace of one request. */
export default function RequestPage() {
  const { id } = useParams({ from: "/requests/$id" });
  const may = useMay();
  useTitle("Request");
  return <Frame wide>{may("request.view") ? <Page id={id} /> : <Closed what="Request" />}</Frame>;
}

function Page({ id }: { id: string }) {
  const found = useRequest(id);
  if (isRefusal(found.error, 404)) return <div className="card"><h1>There is no such request</h1><p>Or it is not yours to see. <Link to="/requests">All requests</Link></p></div>;
  if (found.error && !found.data) return <Failure error={found.error} again={() => void found.refetch()} />;
  if (!found.data) return <Loading what="the request" />;
  return <Workspace request={found.data} />;
}

function Workspace({ request: r }: { request: Request }) {
  useTitle(r.number);
  const me = useSession().data?.staff.id ?? "";
  const act = actOf(r);
  const yours = isYours(r, act, me);
  const over = r.state === "closed" || r.state === "disposed";
  const edit = r.can.includes("prepare") && !over && !r.concerned.some((c) => c.id === me);
  const packages = [...r.packages].reverse();
  return (
    <div className="work">
      <div className="head">
        <Heading request={r} />
        <Steps request={r} />
      </div>
      <div className="left">
        <Facts request={r} edit={edit} />
        <Notes request={r} may={edit} />
        <Story request={r} />
      </div>
      <div className="middle">
        {r.disposed && <TombstoneCard stone={r.disposed} />}
        <Next request={r} act={act} yours={yours} why={barred(r, act, me)} />
        {!(yours && (act === "prepare" || act === "decide")) && r.items.length > 0 && <Scope request={r} />}
        {!r.disposed && packages.map((p) => <PackageCard key={p.id} request={r} known={p} />)}
      </div>
      <div className="right">
        {r.due && <DueCard due={r.due} />}
        <div className="rest">
          <HoldCard holds={r.holds} />
          <Deliveries request={r} />
          {!r.disposed && <Letters request={r} />}
          <More request={r} act={act} me={me} />
        </div>
      </div>
    </div>
  );
}

function Heading({ request: r }: { request: Request }) {
  const Icon = r.kind === "law-enforcement" ? Shield : FileText;
  const kept = r.holds.some((h) => h.standing);
  return (
    <>
      <p className="crumbs"><Link to="/requests">Requests</Link> / {r.number}</p>
      <h1>{r.title}</h1>
      <div className="row">
        <span className="tag"><Icon className="ico tiny" aria-hidden="true" />{kinds[r.kind]}</span>
        <span className="mono">{r.number}</span>
        {kept && <span className="tag hold"><Lock className="ico tiny" aria-hidden="true" />Footage on hold</span>}
        <span className="strong">{r.closing ? endWord(r.closing) : states[r.state]}</span>
      </div>
    </>
  );
}

function Steps({ request: r }: { request: Request }) {
  const { zone } = useClocks();
  const icons = { done: CircleCheck, now: CircleDot, later: Circle };
  const said = { done: "done", now: "under way", later: "to come" };
  return (
    <ol className="steps" aria-label="Steps">
      {stepsOf(r, zone).map((s) => {
        const Icon = icons[s.at];
        return <li key={s.name} data-at={s.at} aria-current={s.at === "now" ? "step" : undefined}><b><Icon aria-hidden="true" />{s.name}<span className="vh">, {said[s.at]}</span></b>{s.note}</li>;
      })}
    </ol>
  );
}

/** What comes next: to do now, or who must do it. */
function Next({ request: r, act, yours, why }: { request: Request; act: Act; yours: boolean; why: string | undefined }) {
  return (
    <section className={"card" + (yours ? " next-yours" : "")} aria-labelledby="next">
      <div className="stack tight">
        <h2 id="next">{r.next.text}</h2>
        {!yours && r.next.who && <p className="muted">Waits for: {r.next.who}</p>}
        {!yours && why && <p className="soon">{why}</p>}
      </div>
      {yours && <Doing request={r} act={act} />}
      {r.state === "closed" && r.why && <p>{r.why}</p>}
    </section>
  );
}

function Doing({ request: r, act }: { request: Request; act: Act }) {
  const ready = r.packages.find((p) => p.state === "ready");
  const out = r.deliveries.find((d) => !d.signed_at && !d.recalled_at);
  switch (act) {
    case "call-back":
      return <CallBackForm request={r} />;
    case "prepare":
      return <Prepare request={r} />;
    case "decide":
      return <Decide request={r} />;
    case "hand-over":
      return ready ? <HandOver request={r} known={ready} /> : null;
    case "receipt":
      return out ? <ReceiptForm request={r} delivery={out} /> : null;
    case "resume":
      return <WordsForm request={r} path="resume" hint="What they answered." button="Go on with it" close={() => undefined} />;
    case "close":
      return <CloseForm request={r} />;
    default:
      return null;
  }
}

/** The items as they stand. */
function Scope({ request: r }: { request: Request }) {
  return (
    <section className="card" aria-labelledby="scope">
      <h2 id="scope">Scope</h2>
      <Lanes rows={rowsOf(r)} names={(id) => r.items.find((i) => i.camera.id === id)?.camera.name ?? "Camera"} asked={askedSpan(r)} />
      <ul>
        {r.items.map((i) => (
          <li key={i.id} className="item">
            <p><span className="strong">{i.number}, {i.camera.name}</span>, <Span from={i.from_us} to={i.to_us} />{i.stage === "ended" && <span className="muted"> (ended)</span>}</p>
            <Ruled item={i} />
            {i.stage !== "ended" && <ItemFacts request={r} item={i} />}
            {i.stage !== "ended" && r.can.includes("prepare") && <div><Look request={r} camera={i.camera.id} from={i.from_us} to={i.to_us} /></div>}
          </li>
        ))}
      </ul>
    </section>
  );
}
