import { CircleAlert, CircleCheck, Download, FileText, Film, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { call } from "../api/client";
import { useAgain, usePackage } from "../api/requests";
import type { Package, PackageReport, Request } from "../api/request-types";
import { Failure, Notice, useAct } from "../ui/parts";
import { When } from "./Frame";
import { packageStates, size, verdictWord } from "./words";

/** What the recipient will see: the files, whether they are sound, what is missing. */
export function PackageCard({ request: r, known }: { request: Request; known: Package }) {
  const p = usePackage(known).data;
  const again = useAgain(r.id);
  const may = r.can.includes("prepare");
  const act = useAct(async (what: "retry" | "cancel") => {
    await call("POST", `/packages/${p.id}/${what}`);
    await again();
  });
  return (
    <section className="card" aria-labelledby={p.id}>
      <div className="headed"><h2 id={p.id}>What they will receive: {p.number}</h2><State state={p.state} /></div>
      {act.error !== undefined && <Failure error={act.error} />}
      {p.state === "building" && (
        <div className="stack">
          <p role="status">The package is being made and checked. This page follows by itself.</p>
          <progress aria-label="Progress of the package" max={p.total || 1} value={p.total > 0 ? p.done : undefined} />
          {p.total > 0 && <p className="small muted">{size(p.done)} of {size(p.total)}</p>}
          {may && <div><button className="btn" disabled={act.busy} onClick={() => void act.run("cancel")}>Stop making it</button></div>}
        </div>
      )}
      {p.state === "failed" && (
        <Notice tone="bad" title="The package could not be made.">
          <p>{p.why}</p>
          {may && <button className="btn" disabled={act.busy} onClick={() => void act.run("retry")}>Try again</button>}
        </Notice>
      )}
      {p.state === "recalled" && <Notice tone="warn" title="It was recalled: nothing of it leaves any more."><p>{p.why}</p></Notice>}
      {p.state === "replaced" && <p className="muted">The decisions changed afterwards, and a later package counts.</p>}
      {p.files.length > 0 && <Contents p={p} may={r.can.includes("hand-over")} />}
    </section>
  );
}

function State({ state }: { state: Package["state"] }) {
  const tone = { building: "", ready: "good", failed: "alert", recalled: "alert", replaced: "" }[state];
  const Icon = { building: FileText, ready: CircleCheck, failed: CircleAlert, recalled: TriangleAlert, replaced: FileText }[state];
  return <span className={"tag " + tone}><Icon className="ico tiny" aria-hidden="true" />{packageStates[state]}</span>;
}

const papers: [path: string, name: string][] = [
  ["VERIFY.html", "How they check it (VERIFY.html)"], ["certificate.pdf", "Draft certificate (certificate.pdf)"], ["package.json", "What is in it, exactly (package.json)"], ["custody.jsonl", "Chain of custody (custody.jsonl)"],
];

function Contents({ p, may }: { p: Package; may: boolean }) {
  const films = p.files.filter((f) => f.path.startsWith("data/"));
  const rest = p.files.filter((f) => !films.includes(f));
  const there = papers.filter(([path]) => p.files.some((f) => f.path === path));
  return (
    <>
      <p><span className="strong">{verdictWord(p.verdict)}.</span>{p.made_at && <span className="muted"> Made and checked <When at={p.made_at} />, {size(p.size)}.</span>}</p>
      {p.verdict_text && <Words verdict={p.verdict} text={p.verdict_text} />}
      {p.findings.length > 0 && <ul className="dots">{p.findings.map((f, i) => <li key={i}>{f.text}</li>)}</ul>}
      <ul className="files">
        {films.map((f) => <li key={f.path}><span><Film className="ico tiny" aria-hidden="true" /> {f.path.replace("data/", "")}</span><span>{size(f.size)}</span></li>)}
        {there.map(([path, name]) => <li key={path}><a href={`/api/packages/${p.id}/documents/${path}`} download><Download className="ico tiny" aria-hidden="true" />&nbsp;{name}</a><span>{size(p.files.find((f) => f.path === path)!.size)}</span></li>)}
      </ul>
      <details>
        <summary>All {p.files.length} files, with their digests</summary>
        <ul className="plain small">{[...films, ...rest].map((f) => <li key={f.path}>{f.path}, {size(f.size)}<br /><span className="mono">{f.sha256}</span></li>)}</ul>
      </details>
      <p>The receipt states this digest of the package:</p>
      <p className="digest">{p.digest_groups || p.digest}</p>
      {p.state === "ready" && may && <Check p={p} />}
    </>
  );
}

/** What the verifier says, line by line, without the verdict that stands above it. */
function Words({ verdict, text }: { verdict: string | undefined; text: string }) {
  const said = verdict && text.startsWith(verdict) ? text.slice(verdict.length).trim() : text.trim();
  const [first, ...rest] = said.split("\n\n");
  return (
    <>
      <p className="said">{first}</p>
      {rest.length > 0 && <details><summary>File by file</summary><p className="said small">{rest.join("\n\n")}</p></details>}
    </>
  );
}

/** Reads every stored byte of the package again, and says what came of it. */
function Check({ p }: { p: Package }) {
  const [report, set] = useState<PackageReport>();
  const check = useAct(async () => set(await call<PackageReport>("POST", `/packages/${p.id}/verify`)));
  return (
    <div className="stack">
      <div><button className="btn" disabled={check.busy} onClick={() => void check.run()}>{check.busy ? "Checking\u2026" : "Check the stored files again"}</button></div>
      {check.error !== undefined && <Failure error={check.error} />}
      {report && <Notice tone={/^(authentic|internally)/i.test(report.verdict) ? "good" : "warn"} title={`Checked now: ${verdictWord(report.verdict).toLowerCase()}`}><Words verdict={report.verdict} text={report.text} />{report.findings.map((f, i) => <p key={i} className="small">{f.text}</p>)}</Notice>}
    </div>
  );
}
