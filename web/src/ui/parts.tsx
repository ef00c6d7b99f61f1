// The small pieces every screen is made of, among them the states that every screen has.
import { CircleAlert, CircleCheck, Info, TriangleAlert } from "lucide-react";
import { useEffect, useId, useState, type InputHTMLAttributes, type ReactNode } from "react";
import { call, Refusal } from "../api/client";
import { useTakeSession } from "../api/hooks";
import type { Problem, Session } from "../api/types";

type Tone = "info" | "bad" | "good" | "warn";
const icons = { info: Info, bad: CircleAlert, good: CircleCheck, warn: TriangleAlert };

/** A message in the page. What is bad is spoken at once. */
export function Notice({ tone = "info", title, children }: { tone?: Tone; title: string; children?: ReactNode }) {
  const Icon = icons[tone];
  return (
    <div className={"notice " + tone} role={tone === "bad" ? "alert" : "status"}>
      <Icon aria-hidden="true" />
      <div>
        <p className="strong">{title}</p>
        {children}
      </div>
    </div>
  );
}

/** What went wrong, with the reference to quote and a way on. */
export function Failure({ error, again }: { error: unknown; again?: () => void }) {
  const problem: Problem = error instanceof Refusal ? error.problem : { status: 0, title: "Something went wrong in this page" };
  if (problem.confirm) return <Confirm again={again} />;
  const title = problem.status === 403 ? "You may not see this" : problem.title;
  return (
    <Notice tone="bad" title={title}>
      {problem.detail && <p>{problem.detail}</p>}
      <Reference problem={problem} />
      {again && <button className="btn" onClick={again}>Try again</button>}
    </Notice>
  );
}

/** Asks for the credentials again where an act needs a fresh sign-in. */
function Confirm({ again }: { again?: () => void }) {
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [done, set] = useState(false);
  const take = useTakeSession();
  const confirm = useAct(async () => {
    take(await call<Session>("POST", "/session/confirm", { password, code: code.trim() === "" ? undefined : code.replace(/\s/g, "") }));
    set(true);
    again?.();
  });
  if (done) return <Notice tone="good" title="Thank you. Now do it once more." />;
  return (
    <div className="card">
      <p className="strong">First show again that it is you.</p>
      {confirm.error !== undefined && <p className="error" role="alert">{confirm.error instanceof Error ? confirm.error.message : "That did not work."}</p>}
      <Field label="Your password" type="password" autoComplete="current-password" value={password} onChange={(e) => setPassword(e.target.value)} />
      <Field label="Your code" autoComplete="one-time-code" value={code} onChange={(e) => setCode(e.target.value)} />
      <div><button type="button" className="btn" disabled={confirm.busy} onClick={() => void confirm.run()}>Confirm</button></div>
    </div>
  );
}

export function Reference({ problem }: { problem: Problem }) {
  if (!problem.request_id) return null;
  return <p className="small">Reference for the administrator: <span className="mono">{problem.request_id}</span></p>;
}

export function Loading({ what }: { what: string }) {
  return (
    <div className="bones" role="status">
      <span className="vh">Loading {what}</span>
      <i /><i /><i />
    </div>
  );
}

type FieldProps = InputHTMLAttributes<HTMLInputElement> & { label: string; hint?: string; error?: string };

export function Field({ label, hint, error, ...input }: FieldProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {hint && <span className="hint" id={id + "h"}>{hint}</span>}
      <input id={id} {...input} aria-invalid={error ? true : undefined} aria-describedby={[hint && id + "h", error && id + "e"].filter(Boolean).join(" ") || undefined} />
      {error && <span className="error" id={id + "e"}>{error}</span>}
    </div>
  );
}

/** The time now, in microseconds, told anew every so many milliseconds. */
export function useNow(every: number): number {
  const [now, set] = useState(() => Date.now() * 1000);
  useEffect(() => {
    const timer = setInterval(() => set(Date.now() * 1000), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}

/** Names the page in the title and returns to its heading. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title + " \u2013 Camera records";
  }, [title]);
}

/** Runs an act and keeps its state for the form that asked. */
export function useAct<A extends unknown[]>(act: (...args: A) => Promise<void>) {
  const [state, set] = useState<{ busy: boolean; error?: unknown }>({ busy: false });
  const run = async (...args: A) => {
    set({ busy: true });
    try {
      await act(...args);
      set({ busy: false });
    } catch (error) {
      set({ busy: false, error });
    }
  };
  return { ...state, run };
}
