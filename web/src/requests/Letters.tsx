import { useQuery } from "@tanstack/react-query";
import { FileText, Printer } from "lucide-react";
import { useState } from "react";
import { textOf } from "../api/client";
import type { Request } from "../api/request-types";
import { Sheet } from "../ui/Modal";
import { Failure, Loading } from "../ui/parts";

/** A paper as text, to read, copy and print, and as PDF. */
export function Paper({ title, path, search = "", close }: { title: string; path: string; search?: string; close: () => void }) {
  const as = (format: "text" | "pdf") => `${path}${search === "" ? "?" : search + "&"}format=${format}`;
  const text = useQuery({ queryKey: ["paper", path, search], queryFn: () => textOf(as("text")), staleTime: 0 });
  return (
    <Sheet title={title} close={close} wide>
      {text.isPending && <Loading what="the paper" />}
      {text.error && <Failure error={text.error} again={() => void text.refetch()} />}
      {text.data !== undefined && <pre className="paper" tabIndex={0} aria-label={title}>{text.data}</pre>}
      <div className="row">
        <a className="btn primary" href={"/api" + as("pdf")} download><Printer aria-hidden="true" />Download as PDF to print</a>
        {text.data !== undefined && <button className="btn" onClick={() => void navigator.clipboard.writeText(text.data)}>Copy the text</button>}
        <button className="btn" onClick={close}>Close</button>
      </div>
    </Sheet>
  );
}

/** The letters that there can be of a request as it stands. */
export function lettersOf(r: Pick<Request, "id" | "items" | "deliveries">): { path: string; name: string }[] {
  const decided = r.items.some((i) => i.decision && !i.decision.lapsed);
  const list = [{ path: `/requests/${r.id}/letters/acknowledgement`, name: "Acknowledgement" }];
  if (decided) list.push({ path: `/requests/${r.id}/letters/answer`, name: "Answer" });
  for (const d of r.deliveries) if (d.recalled_at) list.push({ path: `/deliveries/${d.id}/recall-letter`, name: `Recall: ${d.recipient || d.package_number}` });
  return list;
}

export function Letters({ request: r }: { request: Request }) {
  const [open, set] = useState<{ path: string; name: string }>();
  return (
    <section className="card slim" aria-labelledby="letters">
      <h2 id="letters">Letters</h2>
      <div className="row">{lettersOf(r).map((l) => <button key={l.path} className="btn" onClick={() => set(l)}><FileText aria-hidden="true" />{l.name}</button>)}</div>
      {open && <Paper title={open.name} path={open.path} close={() => set(undefined)} />}
    </section>
  );
}
