import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { call } from "../api/client";
import { useSession } from "../api/hooks";
import { useRequestFiles } from "../api/requests";
import type { RequestFile, Tombstone } from "../api/request-types";
import { useSignedAct } from "../ui/Fresh";
import { Area, sending } from "../ui/inputs";
import { Sheet } from "../ui/Modal";
import { Failure, Loading, Notice } from "../ui/parts";
import { useMay, When } from "./Frame";
import { count, endWord } from "./words";

type Open = { what: "propose" | "confirm"; file: RequestFile };

/** Files of closed requests whose time is over: one person proposes that they are disposed of, another carries it out. */
export function FilesDue() {
  const found = useRequestFiles();
  const [open, set] = useState<Open>();
  const [done, setDone] = useState<Tombstone & { number: string }>();
  const close = () => set(undefined);
  return (
    <section className="card" aria-labelledby="files">
      <h2 id="files">Request files due</h2>
      <p className="muted">
        {found.data && <>A file is kept for {count(found.data.years, "year")} after its request was closed. </>}
        Then the library director may propose to dispose of it, and a second person confirms. Nothing is disposed of by time alone.
      </p>
      {done && (
        <Notice tone="good" title={`The file of ${done.number} was disposed of.`}>
          <p>Its tombstone stays. Backups hold its words until <When at={done.final_at} />.</p>
        </Notice>
      )}
      {found.isPending && <Loading what="the files" />}
      {found.error && <Failure error={found.error} again={() => void found.refetch()} />}
      {found.data?.files.length === 0 && <p>No file is due.</p>}
      <ul className="list">{found.data?.files.map((f) => <li key={f.id}><File file={f} open={set} /></li>)}</ul>
      {open?.what === "propose" && <Propose file={open.file} close={close} />}
      {open?.what === "confirm" && <Confirm file={open.file} close={close} done={(t) => { setDone({ ...t, number: open.file.number }); close(); }} />}
    </section>
  );
}

function File({ file: f, open }: { file: RequestFile; open: (o: Open) => void }) {
  const me = useSession().data?.staff.id;
  const may = useMay();
  return (
    <>
      <span>
        <Link className="link strong" to="/requests/$id" params={{ id: f.id }}>{f.number}</Link>
        <span>: {endWord(f.closing).toLowerCase()}, closed <When at={f.closed_at} />; due since <When at={f.due_at} />.</span>
        {f.keeps && <span className="muted"> Kept all the same: {f.keeps}.</span>}
        {f.proposal && <span> <span className="soon">{f.proposal.by.name} proposes to dispose of it.</span> {f.proposal.why}{f.proposal.by.id === me && <span className="muted"> Somebody else confirms it.</span>}</span>}
      </span>
      {!f.keeps && !f.proposal && may("request.dispose") && <button className="btn" aria-label={`Propose to dispose of ${f.number}`} onClick={() => open({ what: "propose", file: f })}>Propose</button>}
      {!f.keeps && f.proposal && f.proposal.by.id !== me && may("request.dispose-confirm") && <button className="btn primary" aria-label={`Dispose of ${f.number}`} onClick={() => open({ what: "confirm", file: f })}>Confirm</button>}
    </>
  );
}

function useTake(id: string) {
  const client = useQueryClient();
  return () => {
    for (const queryKey of [["requests"], ["request", id]]) void client.invalidateQueries({ queryKey });
    return client.invalidateQueries({ queryKey: ["request-files"] });
  };
}

function Propose({ file: f, close }: { file: RequestFile; close: () => void }) {
  const take = useTake(f.id);
  const [why, set] = useState("");
  const act = useSignedAct(async (text: string) => {
    await call<RequestFile>("POST", `/requests/${f.id}/disposal`, { why: text, version: f.version });
    await take();
    close();
  });
  return (
    <Sheet title={`Propose to dispose of the file of ${f.number}`} close={close}>
      <form className="stack" onSubmit={sending(() => void act.run(why.trim()))} noValidate>
        <p>Nothing happens until a second person confirms it. A request that is reopened is kept.</p>
        {act.error !== undefined && <Failure error={act.error} />}
        <Area label="Remark (may be left out)" rows={2} maxLength={500} value={why} onChange={(e) => set(e.target.value)} />
        <div className="row"><button className="btn primary" disabled={act.busy}>Propose it</button><button type="button" className="btn" onClick={close}>Cancel</button></div>
      </form>
      {act.dialog}
    </Sheet>
  );
}

function Confirm({ file: f, close, done }: { file: RequestFile; close: () => void; done: (t: Tombstone) => void }) {
  const take = useTake(f.id);
  const act = useSignedAct(async () => {
    const stone = await call<Tombstone>("POST", `/requests/${f.id}/disposal/confirm`, { version: f.version });
    await take();
    done(stone);
  });
  return (
    <Sheet title={`Dispose of the file of ${f.number}`} close={close}>
      <form className="stack" onSubmit={sending(() => void act.run())} noValidate>
        <p><b>This cannot be undone.</b> Who asked, what they wrote, papers, notes, reasons, the names of those who took a package, and kept packages are destroyed.</p>
        <p>Number, dates, cameras and times, outcomes, citations and digests stay as its tombstone.</p>
        {act.error !== undefined && <Failure error={act.error} />}
        <div className="row"><button className="btn primary" disabled={act.busy}>Dispose of it</button><button type="button" className="btn" onClick={close}>Cancel</button></div>
      </form>
      {act.dialog}
    </Sheet>
  );
}

/** What stands on the page of a request whose file was disposed of. */
export function TombstoneCard({ stone: t }: { stone: Tombstone }) {
  return (
    <section className="card" aria-labelledby="tombstone">
      <h2 id="tombstone">This file was disposed of</h2>
      <p>On <When at={t.at} />, proposed by {t.proposed_by.name} and confirmed by {t.confirmed_by.name}, under {t.authority}. {t.why}</p>
      <p>What stands on this page is all that is left. Backups hold the words until <When at={t.final_at} />.</p>
      <p className="small muted">SHA-256 of what was destroyed:</p>
      <p className="digest">{t.file_sha256}</p>
    </section>
  );
}
