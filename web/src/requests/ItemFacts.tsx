import { Link } from "@tanstack/react-router";
import { Eye } from "lucide-react";
import { useItem } from "../api/requests";
import type { Item, Outcome, Request } from "../api/request-types";
import { causeText, restrictionText } from "../screens/words";
import { clock, dayAt, length, writeDay } from "../time/zone";
import { Failure } from "../ui/parts";
import { Span, useClocks, useMay } from "./Frame";
import { classWord, omissionWord, outcomes } from "./words";

/** Opens the footage of a span for this request: the purpose is filled in, and asked for all the same. */
export function Look({ request: r, camera, from, to }: { request: Request; camera: string; from: number; to: number }) {
  const { zone } = useClocks();
  const may = useMay();
  if (!may("footage.read")) return null;
  return (
    <Link className="btn" to="/watch" search={{ cameras: [camera], day: writeDay(dayAt(from, zone)), at: from, for: r.number, mark: [from, to] }}>
      <Eye aria-hidden="true" />Look at this footage
    </Link>
  );
}

/** What there is of one item: gaps, classes, closed parts, earlier releases, what a copy would hold. In words. */
export function ItemFacts({ request, item }: { request: Request; item: Item }) {
  const { zone } = useClocks();
  const found = useItem(request.id, item);
  if (found.error) return <Failure error={found.error} again={() => void found.refetch()} />;
  const full = found.data ?? item;
  const { inventory, earlier = [], preview, possible = [] } = full;
  const barred = possible.find((p) => p.outcome === "grant")?.why_not;
  const kept = inventory?.recorded.reduce((sum, [a, b]) => sum + Math.min(b, item.to_us) - Math.max(a, item.from_us), 0);
  return (
    <ul className="dots small">
      {item.camera.class && item.camera.class !== "public-area" && <li className={item.camera.class === "library-record" ? "late" : ""}>{classWord(item.camera.class)}.{item.camera.class === "library-record" && " Such footage is confidential by law and does not leave."}</li>}
      {kept !== undefined && <li>{kept <= 0 ? "Nothing is recorded of it." : kept >= item.to_us - item.from_us - 100_000 ? "All of it is recorded." : `${length(kept)} of ${length(item.to_us - item.from_us)} are recorded.`}</li>}
      {inventory?.gaps.map((g) => <li key={g.start_us}>No footage: <Span from={Math.max(g.start_us, item.from_us)} to={Math.min(g.end_us ?? item.to_us, item.to_us)} />. {causeText(g.cause)}</li>)}
      {inventory?.disposed.map(([a, b]) => <li key={a} className="late">Disposed of under the schedule: <Span from={a} to={b} />.</li>)}
      {inventory?.restricted.filter((x) => x.kind !== "hold").map((x) => <li key={x.start_us + x.kind} className="late">Closed: <Span from={x.start_us} to={x.end_us} />. {restrictionText(x.kind)}</li>)}
      {earlier.map((e) => <li key={e.number + e.from_us}>Decided before for {e.number}: <Span from={e.from_us} to={e.to_us} />, {outcomes[e.outcome as Outcome]?.name.toLowerCase() ?? e.outcome}.</li>)}
      {preview?.left_out.map((l) => <li key={l.from_us + l.reason}>The copy for viewing shows all of it. The unchanged original leaves out {l.to_us - l.from_us < 1_000_000 ? "less than a second" : length(l.to_us - l.from_us)} near {clock(l.from_us, zone)}: {omissionWord(l.reason)}.</li>)}
      {preview && preview.left_out.length === 0 && preview.original.length > 0 && <li>A copy holds exactly this span, unchanged.</li>}
      {preview?.widened && <li>A span from {clock(preview.widened[0], zone, true)} to {clock(preview.widened[1], zone, true)} would leave less out.</li>}
      {preview?.waits && <li>Some of it is being recorded still; a package is made when it is stored.</li>}
      {barred && <li className="late">It cannot be released as it stands: {barred}</li>}
      <li className="muted">{length(item.to_us - item.from_us)} long, on the clock of {zone}.</li>
    </ul>
  );
}

/** What was proposed and decided of an item, by whom and why. */
export function Ruled({ item }: { item: Item }) {
  const { proposal: p, decision: d } = item;
  const why = (x: { citation?: string; reason?: string }) => [x.citation, x.reason].filter(Boolean).join(". ");
  return (
    <>
      {p && <p><span className="muted">Proposed:</span> <span className="strong">{outcomes[p.outcome].done}</span> by {p.by.name}{why(p) && `. ${why(p)}`}</p>}
      {d && <p><span className="muted">Decided:</span> <span className="strong">{outcomes[d.outcome].done}</span> by {d.by.name}{why(d) && `. ${why(d)}`}{d.lapsed && <span className="late"> It has lapsed: it is decided again.</span>}</p>}
    </>
  );
}
