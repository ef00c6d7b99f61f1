import { useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useState, type FormEvent } from "react";
import { call } from "../api/client";
import { useSession, useSite, useTakeSession } from "../api/hooks";
import { makePasskey, passkeysWork } from "../api/passkey";
import type { OpenSession, Passkey, Session } from "../api/types";
import { dayAndTime, parse } from "../time/zone";
import { Failure, Field, Loading, Notice, useAct, useTitle } from "../ui/parts";
import { Codes, SecondFactor } from "./SecondFactor";

export function Account() {
  useTitle("My account");
  const session = useSession().data;
  const site = useSite().data;
  if (!session || !site) return <div className="page"><Loading what="your account" /></div>;
  return (
    <div className="page">
      <h1>My account</h1>
      <p className="muted">{session.staff.name}, signed in as {session.staff.login}. Roles: {session.staff.roles.join(", ") || "none"}. This sign-in ends at {dayAndTime(parse(session.expires_at), site.zone)} at the latest.</p>
      <Password />
      <Factor session={session} />
      {site.passkeys && <Passkeys zone={site.zone} />}
      <Sessions zone={site.zone} />
    </div>
  );
}

function Password() {
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const [done, set] = useState(false);
  const change = useAct(async () => {
    set(false);
    await call("PUT", "/me/password", { old, new: fresh });
    setOld("");
    setFresh("");
    set(true);
  });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    void change.run();
  };
  return (
    <form className="card" onSubmit={submit}>
      <h2>Password</h2>
      {done && <Notice tone="good" title="The password was changed." />}
      {change.error !== undefined && <Failure error={change.error} />}
      <Field label="Present password" type="password" autoComplete="current-password" required value={old} onChange={(e) => setOld(e.target.value)} />
      <Field label="New password" hint="At least 12 characters." type="password" autoComplete="new-password" minLength={12} required value={fresh} onChange={(e) => setFresh(e.target.value)} />
      <div><button className="btn" disabled={change.busy}>Change password</button></div>
    </form>
  );
}

function Factor({ session }: { session: Session }) {
  const client = useQueryClient();
  const [adding, add] = useState(false);
  const [codes, show] = useState<string[]>();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const again = () => void client.invalidateQueries({ queryKey: ["session"] });
  const proof = () => ({ password, code: code.trim() === "" ? undefined : code.replace(/\s/g, "") });
  const clear = () => { setPassword(""); setCode(""); };
  const renew = useAct(async () => {
    show((await call<{ recovery_codes: string[] }>("POST", "/me/recovery-codes", proof())).recovery_codes);
    clear();
  });
  const remove = useAct(async () => {
    await call("DELETE", "/me/totp", proof());
    clear();
    again();
  });
  if (codes) return <Codes codes={codes} done={() => { show(undefined); again(); }} />;
  if (adding) return <SecondFactor done={() => { add(false); again(); }} />;
  const { totp, codes: left } = session.second_factor;
  return (
    <section className="card" aria-labelledby="factor">
      <h2 id="factor">Authenticator app</h2>
      {!totp && <><p>Not set up. A code beside the password keeps others out even if they know it.</p><div><button className="btn" onClick={() => add(true)}>Set up the app</button></div></>}
      {totp && (
        <form className="stack" onSubmit={(e) => { e.preventDefault(); void renew.run(); }}>
          <p>Set up. {left} recovery {left === 1 ? "code is" : "codes are"} left. To make new ones or to remove the app, prove that it is you.</p>
          {renew.error !== undefined && <Failure error={renew.error} />}
          {remove.error !== undefined && <Failure error={remove.error} />}
          <Field label="Password" type="password" autoComplete="current-password" required value={password} onChange={(e) => setPassword(e.target.value)} />
          <Field label="Code" inputMode="numeric" autoComplete="one-time-code" required value={code} onChange={(e) => setCode(e.target.value)} />
          <div className="row">
            <button className="btn" disabled={renew.busy}>Make new recovery codes</button>
            <button type="button" className="btn" disabled={remove.busy || password === "" || code === ""} onClick={() => void remove.run()}>Remove the app</button>
          </div>
        </form>
      )}
    </section>
  );
}

function Passkeys({ zone }: { zone: string }) {
  const [label, set] = useState("");
  const list = useQuery({ queryKey: ["passkeys"], queryFn: async () => (await call<{ passkeys: Passkey[] }>("GET", "/me/passkeys")).passkeys });
  const add = useAct(async () => {
    const start = await call<{ options: unknown; ticket: string }>("POST", "/me/passkeys/start");
    await call("POST", "/me/passkeys", { ticket: start.ticket, credential: await makePasskey(start.options), label: label.trim() || "Passkey" });
    set("");
    await list.refetch();
  });
  const remove = useAct(async (id: string) => {
    await call("DELETE", `/me/passkeys/${encodeURIComponent(id)}`);
    await list.refetch();
  });
  return (
    <section className="card" aria-labelledby="passkeys">
      <h2 id="passkeys">Passkeys</h2>
      {list.isPending && <Loading what="your passkeys" />}
      {list.error && <Failure error={list.error} again={() => void list.refetch()} />}
      {add.error !== undefined && <Failure error={add.error} />}
      {remove.error !== undefined && <Failure error={remove.error} />}
      {list.data?.length === 0 && <p>None yet. A passkey replaces password and code by a touch.</p>}
      {list.data && list.data.length > 0 && (
        <ul className="list">
          {list.data.map((p) => (
            <li key={p.id}>
              <span><span className="strong">{p.label}</span> <span className="muted">added {dayAndTime(parse(p.added_at), zone)}{p.used_at ? `, last used ${dayAndTime(parse(p.used_at), zone)}` : ""}</span></span>
              <button className="btn" disabled={remove.busy} aria-label={`Remove ${p.label}`} onClick={() => void remove.run(p.id)}>Remove</button>
            </li>
          ))}
        </ul>
      )}
      {passkeysWork() ? (
        <form className="stack" onSubmit={(e) => { e.preventDefault(); void add.run(); }}>
          <Field label="Name for a new passkey" value={label} maxLength={60} onChange={(e) => set(e.target.value)} />
          <div><button className="btn" disabled={add.busy}><KeyRound aria-hidden="true" />Add a passkey</button></div>
        </form>
      ) : <p className="muted">This browser cannot make passkeys at this address.</p>}
    </section>
  );
}

const methods: Record<string, string> = { password: "password", "password+totp": "password and code", "password+recovery": "password and recovery code", passkey: "passkey", invitation: "invitation" };

function Sessions({ zone }: { zone: string }) {
  const take = useTakeSession();
  const list = useQuery({ queryKey: ["sessions"], queryFn: async () => (await call<{ sessions: OpenSession[] }>("GET", "/sessions")).sessions });
  const leave = useAct(async () => {
    await call("DELETE", "/sessions");
    take(null);
  });
  return (
    <section className="card" aria-labelledby="sessions">
      <h2 id="sessions">Where you are signed in</h2>
      {list.isPending && <Loading what="your sessions" />}
      {list.error && <Failure error={list.error} again={() => void list.refetch()} />}
      {leave.error !== undefined && <Failure error={leave.error} />}
      <ul className="list">
        {list.data?.map((s) => (
          <li key={s.id}>
            <span><span className="mono">{s.address}</span> by {methods[s.method] ?? s.method} <span className="muted">since {dayAndTime(parse(s.opened_at), zone)}, last seen {dayAndTime(parse(s.seen_at), zone)}</span></span>
            {s.current && <span className="tag good">This one</span>}
          </li>
        ))}
      </ul>
      <div><button className="btn" disabled={leave.busy} onClick={() => void leave.run()}>Sign out everywhere</button></div>
    </section>
  );
}
