import { useState, type FormEvent } from "react";
import { Label, Radio, RadioGroup } from "react-aria-components";
import { isRefusal } from "../api/client";
import type { Basis } from "../api/types";
import { Failure, Field, useAct } from "../ui/parts";
import { Sheet } from "../ui/Modal";

/** Why somebody looks. */
export interface Purpose {
  basis: Basis;
  reference?: string;
  text: string;
}

const choices: { basis: Basis; name: string; hint: string; reference?: string }[] = [
  { basis: "incident", name: "An incident", hint: "Something happened here, or a violation of law or policy is suspected.", reference: "Incident number, if it has one" },
  { basis: "request", name: "A request", hint: "From the public or from police, already logged.", reference: "Request number" },
  { basis: "reason", name: "Another reason", hint: "For example to check that a camera works." },
];

interface Props {
  /** What will be opened, in words. */
  what: string;
  live?: boolean;
  /** The purpose to begin with, where the way here said it; it is stated by the person all the same. */
  first?: Purpose;
  state: (purpose: Purpose) => Promise<void>;
  close: () => void;
}

/** Asks for the purpose before any picture. Nothing is chosen beforehand, unless they come from a request. */
export function PurposeDialog({ what, live, first, state, close }: Props) {
  const [basis, choose] = useState<Basis | null>(first?.basis ?? null);
  const [reference, setReference] = useState(first?.reference ?? "");
  const [text, setText] = useState(first?.text ?? "");
  const [missing, setMissing] = useState(false);
  const open = useAct(state);
  const chosen = choices.find((c) => c.basis === basis);
  const needsNumber = basis === "request";
  const incomplete = !basis || text.trim() === "" || (needsNumber && reference.trim() === "");
  const submit = (e: FormEvent) => {
    e.preventDefault();
    setMissing(incomplete);
    if (!incomplete) void open.run({ basis, reference: reference.trim() || undefined, text: text.trim() });
  };
  return (
    <Sheet title="Why do you need to look?" close={close}>
      <p>You are about to open <b>{what}</b>.</p>
      <form className="stack" onSubmit={submit} noValidate>
        <RadioGroup className="choices" value={basis} onChange={(v) => choose(v as Basis)} isRequired validationBehavior="aria" isInvalid={missing && !basis}>
          <Label className="legend">Purpose</Label>
          {choices.map((c) => (
            <Radio key={c.basis} value={c.basis} className="choice"><span>{c.name}<span>{c.hint}</span></span></Radio>
          ))}
          {missing && !basis && <span className="error">Choose one.</span>}
        </RadioGroup>
        {chosen?.reference && (
          <Field label={chosen.reference} maxLength={80} value={reference} onChange={(e) => setReference(e.target.value)} error={missing && needsNumber && reference.trim() === "" ? "Give the number of the request." : undefined} />
        )}
        <Field
          label="In one sentence" hint="What do you look for? Auditors read this." maxLength={500} value={text} onChange={(e) => setText(e.target.value)}
          error={missing && text.trim() === "" ? "Write one sentence." : isRefusal(open.error) ? open.error.field("text") : undefined}
        />
        <p className="small muted">
          {live ? "The log will hold your name, this purpose, and every camera and minute you watch live." : "The log will hold your name, this purpose, and every camera and minute you open."} Access ends after 60 minutes.
        </p>
        {open.error !== undefined && <Failure error={open.error} />}
        <div className="row">
          <button className="btn primary" disabled={open.busy}>{open.busy ? "Opening\u2026" : "Open footage"}</button>
          <button type="button" className="btn" onClick={close}>Cancel</button>
        </div>
      </form>
    </Sheet>
  );
}
