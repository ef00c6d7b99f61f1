// Fields beside the one of parts: texts of several lines, lists, boxes to tick, one of several.
import { useEffect, useId, type FormEvent, type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, type TextareaHTMLAttributes } from "react";
import { Label, Radio, RadioGroup } from "react-aria-components";

interface Told {
  label: string;
  hint?: string;
  error?: string;
}

const described = (id: string, { hint, error }: Told) => [hint && id + "h", error && id + "e"].filter(Boolean).join(" ") || undefined;

function Frame({ id, label, hint, error, children }: Told & { id: string; children: ReactNode }) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {hint && <span className="hint" id={id + "h"}>{hint}</span>}
      {children}
      {error && <span className="error" id={id + "e"}>{error}</span>}
    </div>
  );
}

export function Area({ label, hint, error, ...rest }: Told & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  const id = useId();
  return <Frame id={id} label={label} hint={hint} error={error}><textarea id={id} {...rest} aria-invalid={error ? true : undefined} aria-describedby={described(id, { label, hint, error })} /></Frame>;
}

export function Select({ label, hint, error, children, ...rest }: Told & SelectHTMLAttributes<HTMLSelectElement>) {
  const id = useId();
  return <Frame id={id} label={label} hint={hint} error={error}><select id={id} {...rest} aria-invalid={error ? true : undefined} aria-describedby={described(id, { label, hint, error })}>{children}</select></Frame>;
}

/** A box to tick; the whole line is its target. */
export function Check({ label, hint, ...rest }: { label: string; hint?: string } & InputHTMLAttributes<HTMLInputElement>) {
  return <label className="check"><input type="checkbox" {...rest} /><i aria-hidden="true" /><span>{label}{hint && <span>{hint}</span>}</span></label>;
}

interface RadiosProps<T extends string> {
  label: string;
  value: T | undefined;
  set: (value: T) => void;
  of: { value: T; name: string; hint?: string }[];
  error?: string;
  across?: boolean;
}

/** One of several; nothing is chosen beforehand unless a value is given. */
export function Radios<T extends string>({ label, value, set, of, error, across }: RadiosProps<T>) {
  return (
    <RadioGroup className={"choices" + (across ? " across" : "")} value={value ?? null} onChange={(v) => set(v as T)} validationBehavior="aria" isInvalid={!!error}>
      <Label className="legend">{label}</Label>
      {of.map((o) => <Radio key={o.value} value={o.value} className="choice"><span>{o.name}{o.hint && <span>{o.hint}</span>}</span></Radio>)}
      {error && <span className="error" role="alert">{error}</span>}
    </RadioGroup>
  );
}

/** A set of fields under one heading, as a form has them. */
export function Group({ legend, hint, children }: { legend: string; hint?: string; children: ReactNode }) {
  return (
    <fieldset className="group">
      <legend>{legend}</legend>
      {hint && <p className="small muted">{hint}</p>}
      {children}
    </fieldset>
  );
}

/** Runs a form's act without leaving the page. */
export const sending = (act: () => void) => (e: FormEvent) => {
  e.preventDefault();
  act();
};

/** Leads to the first field that is wrong whenever another try found one. */
export function useFaultFocus(form: React.RefObject<HTMLFormElement | null>, tries: number): void {
  useEffect(() => {
    if (tries > 0) form.current?.querySelector<HTMLElement>(':is(input, select, textarea)[aria-invalid="true"], [data-invalid] input')?.focus();
  }, [form, tries]);
}
