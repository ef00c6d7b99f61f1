import { Paperclip } from "lucide-react";
import { useId } from "react";
import { call, query } from "../api/client";
import { useAgain } from "../api/requests";
import type { Attachment, Request } from "../api/request-types";
import { Failure, useAct } from "../ui/parts";
import { size } from "./words";

export const attach = (request: string, file: File) => call<Attachment>("POST", `/requests/${request}/attachments${query({ name: file.name })}`, new Blob([file]));

const most = 10 * 1024 * 1024;

/** Chooses papers to go with a request: at most 10 MiB each. */
export function FilePicker({ files, set }: { files: File[]; set: (files: File[]) => void }) {
  const id = useId();
  const big = files.filter((f) => f.size > most);
  return (
    <div className="field">
      <label htmlFor={id}>Papers that came with it</label>
      <span className="hint" id={id + "h"}>A letter, a form, a scan; at most 10 MB each. They are kept as they are and never opened by the system.</span>
      <input id={id} type="file" multiple aria-describedby={id + "h"} aria-invalid={big.length > 0 || undefined} onChange={(e) => set([...(e.target.files ?? [])])} />
      {big.length > 0 && <span className="error" role="alert">Too big: {big.map((f) => f.name).join(", ")}. Make the scan smaller.</span>}
    </div>
  );
}

/** The papers of a request, and adding more where that is allowed. */
export function Attachments({ request: r, may }: { request: Request; may: boolean }) {
  const again = useAgain(r.id);
  const add = useAct(async (files: File[]) => {
    for (const file of files) await attach(r.id, file);
    await again();
  });
  return (
    <div className="stack">
      {r.attachments.length === 0 && <p className="muted">No papers.</p>}
      <ul className="files">
        {r.attachments.map((a) => (
          <li key={a.id}><a href={`/api/requests/${r.id}/attachments/${a.id}`} download={a.name}><Paperclip className="ico tiny" aria-hidden="true" />&nbsp;{a.name}</a><span>{size(a.size)}</span></li>
        ))}
      </ul>
      {may && <FilePicker files={[]} set={(files) => void add.run(files)} />}
      {add.busy && <p role="status">Storing&hellip;</p>}
      {add.error !== undefined && <Failure error={add.error} />}
    </div>
  );
}
