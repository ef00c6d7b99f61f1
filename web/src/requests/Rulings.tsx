import { useState } from "react";
import { useCitations } from "../api/requests";
import type { Item, Outcome, Ruling } from "../api/request-types";
import { Area, Check, Radios, Select } from "../ui/inputs";
import { Field } from "../ui/parts";
import { outcomes } from "./words";

export interface Say {
  outcome?: Outcome;
  citation: string;
  reason: string;
}

export const unsaid: Say = { citation: "", reason: "" };

const choices = (Object.keys(outcomes) as Outcome[]).map((value) => ({ value, name: outcomes[value].name, hint: outcomes[value].hint }));

/** What is wrong with a ruling, if anything is. What differs from what was proposed needs its reason. */
export function faultIn(s: Say, proposed?: Outcome): "outcome" | "citation" | "reason" | undefined {
  if (!s.outcome) return "outcome";
  if (s.outcome !== "grant" && s.citation.trim() === "") return "citation";
  return proposed && s.outcome !== proposed && s.reason.trim() === "" ? "reason" : undefined;
}

export const ruling = (item: string, s: Say): Ruling => ({ item, outcome: s.outcome!, citation: s.outcome === "grant" ? undefined : s.citation.trim() || undefined, reason: s.reason.trim() || undefined });

/** The outcome of one item, or of all alike, with the law that it rests on. */
export function SayForm({ label, say, set, tried, proposed }: { label: string; say: Say; set: (s: Say) => void; tried: boolean; proposed?: Outcome }) {
  const citations = useCitations().data ?? [];
  const [other, setOther] = useState(false);
  const fault = tried ? faultIn(say, proposed) : undefined;
  const listed = citations.some((c) => c.code === say.citation);
  const free = other || (say.citation !== "" && !listed);
  return (
    <div className="stack">
      <Radios across label={label} value={say.outcome} set={(outcome) => set({ ...say, outcome })} of={choices} error={fault === "outcome" ? "Choose one." : undefined} />
      {say.outcome && say.outcome !== "grant" && (
        <Select label="What it rests on" value={free ? "other" : say.citation} error={fault === "citation" ? "Choose the law or policy it rests on." : undefined}
          onChange={(e) => { setOther(e.target.value === "other"); set({ ...say, citation: e.target.value === "other" ? "" : e.target.value }); }}>
          <option value="">Choose</option>
          {citations.map((c) => <option key={c.code} value={c.code}>{c.code}: {c.text}</option>)}
          <option value="other">Another</option>
        </Select>
      )}
      {say.outcome && say.outcome !== "grant" && free && <Field label="Which law or policy" maxLength={200} value={say.citation} onChange={(e) => set({ ...say, citation: e.target.value })} />}
      <Area label={say.outcome === "grant" ? "Reason (not needed)" : "Reason"} hint="One or two sentences; the requester may read them." maxLength={2000} rows={2} value={say.reason} error={fault === "reason" ? "This is not what was proposed: say why." : undefined} onChange={(e) => set({ ...say, reason: e.target.value })} />
    </div>
  );
}

export interface Said {
  all: Say;
  each: Record<string, Say>;
  apart: boolean;
}

export const saidNothing: Said = { all: unsaid, each: {}, apart: false };

export const sayOf = (s: Said, key: string): Say => (s.apart ? (s.each[key] ?? s.all) : s.all);

/** The outcome for all items at once, or for each apart. */
export function SayForms({ items, said, set, tried }: { items: { key: string; name: string; proposed?: Outcome }[]; said: Said; set: (s: Said) => void; tried: boolean }) {
  return (
    <div className="stack">
      {items.length > 1 && <Check label="Say it for each camera apart" checked={said.apart} onChange={(e) => set({ ...said, apart: e.target.checked })} />}
      {said.apart && items.length > 1
        ? items.map((i) => <div className="item" key={i.key}><SayForm label={i.name} say={sayOf(said, i.key)} set={(s) => set({ ...said, each: { ...said.each, [i.key]: s } })} tried={tried} proposed={i.proposed} /></div>)
        : <SayForm label={items.length > 1 ? `Outcome for all ${items.length}` : "Outcome"} say={said.all} set={(all) => set({ ...said, all })} tried={tried} proposed={items[0]?.proposed} />}
    </div>
  );
}

export const nameOf = (i: Item): string => `${i.number}, ${i.camera.name}`;
