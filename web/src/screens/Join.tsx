import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState, type FormEvent } from "react";
import { call, isRefusal } from "../api/client";
import { useTakeSession } from "../api/hooks";
import type { Session } from "../api/types";
import { Failure, Field, Notice, useAct, useTitle } from "../ui/parts";

/** Takes the token out of the address at once: neither the history nor a shoulder keeps it. */
function takeToken(): string {
  const token = location.hash.slice(1);
  if (token !== "") history.replaceState(history.state, "", location.pathname);
  return token;
}

export function Join() {
  useTitle("Set your password");
  const [token, keep] = useState("");
  const [looked, saw] = useState(false);
  const take = useTakeSession();
  const go = useNavigate();
  const [password, set] = useState("");
  const [again, setAgain] = useState("");
  const [differ, setDiffer] = useState(false);
  useEffect(() => {
    const found = takeToken();
    if (found !== "") keep(found);
    saw(true);
  }, []);
  const join = useAct(async () => {
    take((await call<{ session: Session }>("POST", "/invitation", { token, password })).session);
    await go({ to: "/setup", replace: true });
  });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    setDiffer(password !== again);
    if (password === again) void join.run();
  };
  const message = isRefusal(join.error, 422, 400) ? join.error.field("password") : undefined;
  return (
    <div className="page narrow">
      <h1>Set your password</h1>
      {looked && token === "" ? (
        <Notice tone="warn" title="This page needs the whole link of your invitation.">
          <p>Open the link again as it was given to you. If it was used or is too old, ask the administrator for a new one.</p>
        </Notice>
      ) : (
        <form className="card" onSubmit={submit}>
          {join.error !== undefined && !message && <Failure error={join.error} />}
          <Field label="New password" hint="At least 12 characters. A few unrelated words are easy to keep in mind." type="password" autoComplete="new-password" minLength={12} required value={password} error={message} onChange={(e) => set(e.target.value)} />
          <Field label="The same once more" type="password" autoComplete="new-password" required value={again} error={differ ? "The two passwords differ." : undefined} onChange={(e) => setAgain(e.target.value)} />
          <div><button className="btn primary" disabled={join.busy}>Set password and go on</button></div>
        </form>
      )}
    </div>
  );
}
