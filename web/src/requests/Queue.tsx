import { Link } from "@tanstack/react-router";
import { CalendarClock, FileText, Shield } from "lucide-react";
import type { RequestSummary } from "../api/request-types";
import { useSession } from "../api/hooks";
import { dueDay, endWord, kinds, leftWords, needsYou, states } from "./words";
import { useClocks } from "./Frame";

/** Requests as a list of links, each with its state and its due date in words. */
export function Queue({ list }: { list: RequestSummary[] }) {
  const may = useSession().data?.may ?? [];
  return (
    <ul className="queue">
      {list.map((r) => <li key={r.id}><Line request={r} yours={needsYou(r, may)} /></li>)}
    </ul>
  );
}

function Line({ request: r, yours }: { request: RequestSummary; yours: string | undefined }) {
  const { zone } = useClocks();
  const Icon = r.kind === "law-enforcement" ? Shield : FileText;
  return (
    <Link to="/requests/$id" params={{ id: r.id }}>
      <span className="no"><span className="mono">{r.number}</span><span className="tag"><Icon className="ico" aria-hidden="true" />{kinds[r.kind]}</span></span>
      <span className="what"><b>{r.title}</b><span className="small muted">{r.cameras.length > 0 ? r.cameras.map((c) => c.name).join(", ") : "Camera not known yet"}</span></span>
      <span className="by">
        {yours && <><span className="strong">{yours}</span><br /></>}
        <span className={yours ? "small" : ""}>{r.closing ? endWord(r.closing) : states[r.state]}</span>
        {r.due && <><br /><span className={"small " + urgency(r.due)}><CalendarClock className="ico tiny" aria-hidden="true" /> {r.due.name} {dueDay(r.due, zone)}, {leftWords(r.due)}</span></>}
      </span>
    </Link>
  );
}

/** The class for how near a date is; the words beside it say the same. */
export const urgency = (due: { overdue: boolean; left_business_days: number }): string => (due.overdue ? "late" : due.left_business_days <= 2 ? "soon" : "muted");
