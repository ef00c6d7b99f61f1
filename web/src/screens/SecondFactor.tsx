import { Copy, Printer } from "lucide-react";
import { useEffect, useState, type FormEvent } from "react";
import { call } from "../api/client";
import { Failure, Field, Loading, Notice, useAct } from "../ui/parts";

interface Enrolment {
  secret: string;
  uri: string;
  qr_svg: string;
}

/** An SVG from the server as a picture: an image runs no script, whatever it holds. */
function usePicture(svg: string | undefined): string | undefined {
  const [address, set] = useState<string>();
  useEffect(() => {
    if (svg === undefined) return;
    const made = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
    set(made);
    return () => URL.revokeObjectURL(made);
  }, [svg]);
  return address;
}

/** Sets up the authenticator app; done once its first code was right and the recovery codes were seen. */
export function SecondFactor({ done }: { done: () => void }) {
  const [enrolment, set] = useState<Enrolment>();
  const [code, setCode] = useState("");
  const [codes, setCodes] = useState<string[]>();
  const start = useAct(async () => set(await call<Enrolment>("POST", "/me/totp")));
  const confirm = useAct(async () => {
    setCodes((await call<{ recovery_codes: string[] }>("PUT", "/me/totp", { code: code.replace(/\s/g, "") })).recovery_codes);
  });
  const picture = usePicture(enrolment?.qr_svg);
  const submit = (e: FormEvent) => {
    e.preventDefault();
    void confirm.run();
  };

  if (codes) return <Codes codes={codes} done={done} />;
  if (!enrolment) {
    return (
      <div className="card">
        <p>You need an authenticator app on your phone, such as the one your office already uses. It shows a new code of six figures every half minute.</p>
        {start.error !== undefined && <Failure error={start.error} />}
        {start.busy ? <Loading what="the key" /> : <div><button className="btn primary" onClick={() => void start.run()}>Set up the app</button></div>}
      </div>
    );
  }
  return (
    <form className="card" onSubmit={submit}>
      <ol className="stack">
        <li className="stack">
          <p className="strong">1. Scan this picture with the app.</p>
          {picture && <img className="qr" src={picture} alt="QR code with the key below" />}
          <p>Or type this key into it: <span className="mono strong">{enrolment.secret.replace(/(.{4})(?=.)/g, "$1 ")}</span></p>
        </li>
        <li className="stack">
          <p className="strong">2. Type the six figures it shows now.</p>
          {confirm.error !== undefined && <Failure error={confirm.error} />}
          <Field label="Code" inputMode="numeric" autoComplete="one-time-code" required value={code} onChange={(e) => setCode(e.target.value)} />
        </li>
      </ol>
      <div><button className="btn primary" disabled={confirm.busy}>Check the code</button></div>
    </form>
  );
}

/** Recovery codes, shown this once. */
export function Codes({ codes, done }: { codes: string[]; done: () => void }) {
  const [copied, set] = useState(false);
  return (
    <div className="card">
      <h2>Your recovery codes</h2>
      <Notice tone="warn" title="They are shown only now.">
        <p>Each opens your account once when the phone is not at hand. Print them and keep them where you keep keys.</p>
      </Notice>
      <ul className="codes">{codes.map((c) => <li key={c}>{c}</li>)}</ul>
      <div className="row noprint">
        <button className="btn" onClick={() => window.print()}><Printer aria-hidden="true" />Print</button>
        <button className="btn" onClick={() => void navigator.clipboard.writeText(codes.join("\n")).then(() => set(true))}><Copy aria-hidden="true" />{copied ? "Copied" : "Copy"}</button>
        <button className="btn primary" onClick={done}>I have kept them, go on</button>
      </div>
    </div>
  );
}
