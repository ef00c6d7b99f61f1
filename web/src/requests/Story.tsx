import { useState } from "react";
import { call } from "../api/client";
import { useStory, useTakeRequest } from "../api/requests";
import type { Request } from "../api/request-types";
import { Area, sending } from "../ui/inputs";
import { Failure, Loading, useAct } from "../ui/parts";
import { When } from "./Frame";

const few = 5;
const judged = "act.allowed"; // the decision that let the next entry happen; it says nothing new to people

/** What happened so far, in plain words, newest first; every entry stands in the signed log. */
export function Story({ request: r }: { request: Request }) {
  const story = useStory(r.id);
  const [all, set] = useState(false);
  const entries = (story.data ?? []).filter((e) => e.act !== judged).reverse();
  return (
    <section className="card slim" aria-labelledby="story">
      <h2 id="story">What happened</h2>
      {story.isPending && <Loading what="the history" />}
      {story.error && <Failure error={story.error} again={() => void story.refetch()} />}
      <ul className="plain small">
        {(all ? entries : entries.slice(0, few)).map((e) => <li key={e.event}><span className="strong"><When at={e.at} /></span> {e.text}{e.by && <span className="muted"> {e.by}</span>}</li>)}
      </ul>
      {entries.length > few && <div><button className="btn" aria-expanded={all} onClick={() => set(!all)}>{all ? "Show the latest only" : `Show all ${entries.length}`}</button></div>}
    </section>
  );
}

/** Notes of those who work on it. */
export function Notes({ request: r, may }: { request: Request; may: boolean }) {
  const take = useTakeRequest();
  const [text, set] = useState("");
  const add = useAct(async () => {
    if (text.trim() === "") return;
    take(await call<Request>("POST", `/requests/${r.id}/notes`, { text: text.trim() }));
    set("");
  });
  if (r.notes.length === 0 && !may) return null;
  return (
    <section className="card slim" aria-labelledby="notes">
      <h2 id="notes">Notes</h2>
      <ul className="plain small">{r.notes.map((n, i) => <li key={i}><span className="strong"><When at={n.at} />, {n.by.name}:</span> <span className="said">{n.text}</span></li>)}</ul>
      {may && (
        <form className="stack" onSubmit={sending(() => void add.run())}>
          {add.error !== undefined && <Failure error={add.error} />}
          <Area label="Add a note" hint="For colleagues. It may be a public record itself." rows={2} maxLength={4000} value={text} onChange={(e) => set(e.target.value)} />
          <div><button className="btn" disabled={add.busy || text.trim() === ""}>Add</button></div>
        </form>
      )}
    </section>
  );
}
