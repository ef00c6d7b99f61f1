import { Phone } from "lucide-react";
import { useState } from "react";
import { Link } from "@tanstack/react-router";
import { call, isRefusal } from "../api/client";
import { useAgencies, useTakeRequest } from "../api/requests";
import type { Request } from "../api/request-types";
import { Radios, Select, sending } from "../ui/inputs";
import { Failure, Field, Loading, useAct } from "../ui/parts";
import { useMay } from "./Frame";

/** Records a call to the officer on a number of the site's own directory; never on one that the caller gave. */
export function CallBackForm({ request: r }: { request: Request }) {
  const agencies = useAgencies();
  const may = useMay();
  const take = useTakeRequest();
  const likely = agencies.data?.find((a) => r.officer.agency !== "" && a.name.toLowerCase().includes(r.officer.agency.toLowerCase()))?.id;
  const [chosen, choose] = useState<string>();
  const [reached, set] = useState<"yes" | "no">();
  const [spoke, setSpoke] = useState("");
  const [tried, setTried] = useState(false);
  const agency = chosen ?? likely ?? "";
  const save = useAct(async () => {
    setTried(true);
    if (agency === "" || !reached) return;
    take(await call<Request>("POST", `/requests/${r.id}/call-back`, { agency, reached: reached === "yes", spoke: spoke.trim() }));
    setTried(false);
    set(undefined);
  });
  if (agencies.isPending) return <Loading what="the directory" />;
  if (agencies.error) return <Failure error={agencies.error} again={() => void agencies.refetch()} />;
  const entry = agencies.data.find((a) => a.id === agency);
  if (agencies.data.length === 0) return <p>The directory of agencies is empty. {may("agency.manage") ? <><Link to="/requests/agencies">Enter the agency with a number that you found yourself</Link>, then come back.</> : "The library director enters the agency with a number from an official source."}</p>;
  return (
    <form className="stack" onSubmit={sending(() => void save.run())} noValidate>
      {save.error !== undefined && <Failure error={save.error} />}
      <p>Call the agency on the number below, not on one that the caller gave, and ask whether the officer made this request.</p>
      <Select label="Agency in our directory" value={agency} error={tried && agency === "" ? "Choose the agency." : isRefusal(save.error) ? save.error.field("agency") : undefined} onChange={(e) => choose(e.target.value)}>
        <option value="">Choose</option>
        {agencies.data.map((a) => <option key={a.id} value={a.id}>{a.name}</option>)}
      </Select>
      {entry && <p><Phone className="ico tiny" aria-hidden="true" /> <a className="strong link" href={`tel:${entry.phone.replace(/[^+\d]/g, "")}`}>{entry.phone}</a> <span className="small muted">{entry.source}</span></p>}
      <Radios across label="Did you reach them, and did they confirm it?" value={reached} set={set} error={tried && !reached ? "Say whether you reached them." : undefined} of={[{ value: "yes", name: "Yes, confirmed" }, { value: "no", name: "No", hint: "It stays on hold; nothing is released." }]} />
      <Field label="With whom did you speak?" maxLength={200} value={spoke} error={isRefusal(save.error) ? save.error.field("spoke") : undefined} onChange={(e) => setSpoke(e.target.value)} />
      <div><button className="btn primary" disabled={save.busy}>Record the call</button></div>
    </form>
  );
}
