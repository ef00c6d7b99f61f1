import { useNavigate, useSearch } from "@tanstack/react-router";
import { KeyRound } from "lucide-react";
import { useEffect, useState, type FormEvent } from "react";
import { call } from "../api/client";
import { useSession, useSite, useTakeSession, useThrownOut } from "../api/hooks";
import { askPasskey, passkeysWork } from "../api/passkey";
import type { Session } from "../api/types";
import { Failure, Field, Notice, useAct, useTitle } from "../ui/parts";

export function SignIn() {
  useTitle("Sign in");
  const site = useSite();
  const session = useSession();
  const thrownOut = useThrownOut();
  const { next } = useSearch({ from: "/sign-in" });
  const take = useTakeSession();
  const go = useNavigate();
  const [form, set] = useState({ login: "", password: "", code: "" });
  const put = (name: keyof typeof form) => (e: { target: { value: string } }) => set({ ...form, [name]: e.target.value });

  useEffect(() => {
    // Only an address of this application is followed, whatever the link says.
    if (session.data) void go({ href: next && /^\/[a-z]/.test(next) ? next : "/", replace: true });
  }, [session.data, next, go]);

  const enter = useAct(async () => {
    const code = form.code.replace(/\s/g, "");
    const body = { login: form.login.trim(), password: form.password, code: code === "" ? undefined : code };
    take((await call<{ session: Session }>("POST", "/sign-in", body)).session);
  });
  const passkey = useAct(async () => {
    const start = await call<{ options: unknown; ticket: string }>("POST", "/sign-in/passkey/start", {});
    const credential = await askPasskey(start.options);
    take((await call<{ session: Session }>("POST", "/sign-in/passkey/finish", { ticket: start.ticket, credential })).session);
  });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    void enter.run();
  };

  return (
    <div className="page narrow">
      <h1>Sign in</h1>
      <p className="muted">For authorised staff of {site.data?.name ?? "this library"}. Every look at footage is recorded with its reason.</p>
      {thrownOut && enter.error === undefined && (
        <Notice tone="warn" title="You were signed out.">
          <p>Your time was up, nobody had touched the page for a while, or the administrator ended your sign-in or switched your account off. Whatever you were watching was closed. If you cannot sign in again, ask the administrator.</p>
        </Notice>
      )}
      {enter.error !== undefined && <Failure error={enter.error} />}
      {passkey.error !== undefined && <Failure error={passkey.error} />}
      <form className="card" onSubmit={submit}>
        <Field label="Sign-in name" name="login" autoComplete="username" autoCapitalize="none" required value={form.login} onChange={put("login")} />
        <Field label="Password" name="password" type="password" autoComplete="current-password" required value={form.password} onChange={put("password")} />
        <Field
          label={site.data?.second_factor === "required" ? "Code" : "Code (if you set one up)"}
          hint="The six figures your authenticator app shows now, or one of your recovery codes."
          name="code" autoComplete="one-time-code" inputMode="text" value={form.code} onChange={put("code")}
        />
        <div className="row">
          <button className="btn primary" disabled={enter.busy}>{enter.busy ? "Signing in\u2026" : "Sign in"}</button>
          {site.data?.passkeys && passkeysWork() && (
            <button type="button" className="btn" disabled={passkey.busy} onClick={() => void passkey.run()}><KeyRound aria-hidden="true" />Use a passkey</button>
          )}
        </div>
      </form>
      <p className="small muted">No account, or a lost code? The administrator of the camera records can invite you again.</p>
    </div>
  );
}
