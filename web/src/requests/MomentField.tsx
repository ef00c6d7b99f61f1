import { type QueryClient } from "@tanstack/react-query";
import { useId } from "react";
import { localTimes, useLocalTimes } from "../api/requests";
import { faultOf, localOf, meant, type Moment } from "./moment";

interface Props {
  label: string;
  value: Moment;
  set: (m: Moment) => void;
  error?: string;
  hint?: string;
}

/** A day and a time on the site's clock. In the hour that comes twice it asks which; one that never came is explained. */
export function MomentField({ label, value, set, error, hint }: Props) {
  const id = useId();
  const local = localOf(value);
  const answer = useLocalTimes(local).data;
  const fault = error ?? (answer && !("ask" in meant(answer, value.which)) ? faultOf(value, answer, false) : undefined);
  const put = (part: Partial<Moment>) => set({ ...value, which: undefined, ...part });
  const bad = fault ? true : undefined;
  return (
    <fieldset className="field moment" aria-describedby={[hint && id + "h", fault && id + "e"].filter(Boolean).join(" ") || undefined}>
      <legend>{label}</legend>
      {hint && <span className="hint" id={id + "h"}>{hint}</span>}
      <div className="pairs">
        <input type="date" aria-label={`${label}, day`} value={value.day} aria-invalid={bad} onChange={(e) => put({ day: e.target.value })} />
        <input type="time" step={1} aria-label={`${label}, time`} value={value.time} aria-invalid={bad} onChange={(e) => put({ time: e.target.value })} />
      </div>
      {answer && answer.instants.length === 2 && (
        <label className="stack tight"><span className="small strong">This time came twice that night. Which is meant?</span>
          <select value={value.which ?? ""} aria-invalid={value.which === undefined && bad} onChange={(e) => set({ ...value, which: e.target.value === "" ? undefined : Number(e.target.value) })}>
            <option value="">Choose</option>
            {answer.instants.map((i, n) => <option key={i.at} value={n}>{i.label}</option>)}
          </select>
        </label>
      )}
      {fault && <span className="error" id={id + "e"} role="alert">{fault}</span>}
    </fieldset>
  );
}

/** What a typed time means, or what is wrong with it. An empty one that is not needed means nothing. */
export async function settle(client: QueryClient, m: Moment, needed: boolean): Promise<{ at?: string; fault?: string }> {
  const local = localOf(m);
  if (local === undefined) return { fault: faultOf(m, undefined, needed) };
  const answer = await localTimes(client, local);
  const fault = faultOf(m, answer, needed);
  const found = meant(answer, m.which);
  return fault ? { fault } : { at: "at" in found ? found.at : undefined };
}
