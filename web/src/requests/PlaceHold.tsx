import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call, isRefusal } from "../api/client";
import { useCameras } from "../api/hooks";
import type { Hold } from "../api/request-types";
import type { Window } from "../timeline/scale";
import { Select, sending } from "../ui/inputs";
import { Sheet } from "../ui/Modal";
import { Failure, Field, useAct } from "../ui/parts";
import { momentOf, nothing } from "./moment";
import { MomentField, settle } from "./MomentField";

interface Props {
  zone: string;
  camera?: string;
  span?: Window;
  close: () => void;
  done: (made: Hold) => void;
}

const whole = "*";

/** Keeps a span of one camera, or of every camera, until two people end it. */
export function PlaceHold({ zone, camera: first, span, close, done }: Props) {
  const client = useQueryClient();
  const cameras = useCameras().data ?? [];
  const [camera, setCamera] = useState(first ?? "");
  const [from, setFrom] = useState(span ? momentOf(span[0], zone) : nothing);
  const [to, setTo] = useState(span ? momentOf(span[1], zone) : nothing);
  const [reason, setReason] = useState("");
  const [faults, setFaults] = useState<Record<string, string | undefined>>({});
  const place = useAct(async () => {
    const [a, b] = await Promise.all([settle(client, from, true), settle(client, to, true)]);
    const found = {
      camera: camera === "" ? "Choose a camera, or every camera." : undefined, from: a.fault,
      to: b.fault ?? (a.at && b.at && b.at <= a.at ? "The end has to lie after the beginning." : undefined), reason: reason.trim() === "" ? "Say why it is kept." : undefined,
    };
    setFaults(found);
    if (Object.values(found).some(Boolean)) return;
    const made = await call<Hold>("POST", "/holds", { camera: camera === whole ? undefined : camera, from: a.at, to: b.at, reason: reason.trim() });
    for (const key of ["holds", "timeline"]) void client.invalidateQueries({ queryKey: [key] });
    done(made);
  });
  const told = (name: string) => faults[name] ?? (isRefusal(place.error) ? place.error.field(name) : undefined);
  return (
    <Sheet title="Keep footage" close={close}>
      <form className="stack" onSubmit={sending(() => void place.run())} noValidate>
        <p>What is on hold is not disposed of, however full the disk, until the library director and a second person end it.</p>
        {place.error !== undefined && <Failure error={place.error} />}
        <Select label="Camera" value={camera} error={told("camera")} onChange={(e) => setCamera(e.target.value)}>
          <option value="">Choose</option>
          <option value={whole}>Every camera</option>
          {cameras.map((c) => <option key={c.id} value={c.id}>{c.name}</option>)}
        </Select>
        <MomentField label="From" value={from} set={(m) => { setFrom(m); if (to.day === "") setTo({ ...to, day: m.day }); }} error={told("from")} />
        <MomentField label="To" value={to} set={setTo} error={told("to")} />
        <Field label="Why it is kept" hint="For example: incident 118, bicycle stolen." maxLength={500} value={reason} error={told("reason")} onChange={(e) => setReason(e.target.value)} />
        <div className="row"><button className="btn primary" disabled={place.busy}>{place.busy ? "Placing\u2026" : "Keep it"}</button><button type="button" className="btn" onClick={close}>Cancel</button></div>
      </form>
    </Sheet>
  );
}
