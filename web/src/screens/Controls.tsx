import { FastForward, Keyboard, Pause, Play, Rewind, SkipBack, SkipForward, StepBack, StepForward } from "lucide-react";
import { useEffect, useState, type FormEvent, type ReactNode } from "react";
import type { Conductor, Score } from "../player/conductor";
import { instantsOf, readDay, readTime, shortClock, writeDay, dayAt, localAt, zoneName } from "../time/zone";
import { Sheet } from "../ui/Modal";
import { Field } from "../ui/parts";
import { useStore, type Store } from "../ui/store";
import { stamp } from "./Tile";

const second = 1_000_000;

interface Props {
  conductor: Conductor;
  score: Store<Score>;
  zone: string;
  go: (us: number) => void;
  keys: boolean;
  setKeys: (on: boolean) => void;
  marks?: Marks;
  /** What stands beside the controls: what is done with a marked span. */
  children?: ReactNode;
}

/** What the keys [ ] and H do, for those who may keep or prepare footage. */
export interface Marks {
  start: () => void;
  end: () => void;
  hold?: () => void;
}

type Open = "none" | "time" | "help";

/** Play, step, jump and go, for hands and for keys. */
export function Controls({ conductor, score, zone, go, keys, setKeys, marks, children }: Props) {
  const playing = useStore(score, (s) => s.playing);
  const rate = useStore(score, (s) => s.rate);
  const [open, set] = useState<Open>("none");
  const by = (us: number) => void conductor.seek(conductor.score.wall + us);
  const toggle = () => (conductor.score.playing ? conductor.pause() : conductor.play());
  useKeys(open === "none" && keys, { toggle, step: (n) => void conductor.step(n), by, jump: (n) => void conductor.jump(n), time: () => set("time"), help: () => set("help"), marks });
  return (
    <div className="controls" role="group" aria-label="Playing">
      <Press label="Back 10 seconds (J)" act={() => by(-10 * second)}><Rewind /></Press>
      <Press label="One picture back (comma)" act={() => void conductor.step(-1)}><StepBack /></Press>
      <button className="btn primary icon play" onClick={toggle} title="Space" aria-label={playing ? "Pause" : "Play"}>{playing ? <Pause aria-hidden="true" /> : <Play aria-hidden="true" />}</button>
      <Press label="One picture on (full stop)" act={() => void conductor.step(1)}><StepForward /></Press>
      <Press label="On 10 seconds (L)" act={() => by(10 * second)}><FastForward /></Press>
      <select aria-label="Speed" value={rate} onChange={(e) => conductor.rate(Number(e.target.value))}>
        {[0.25, 0.5, 1, 2, 4].map((r) => <option key={r} value={r}>{r}&times;</option>)}
      </select>
      <button className="btn time" onClick={() => set("time")} title="Go to a time (G)"><Time score={score} zone={zone} /><span className="vh">, go to a time</span></button>
      <Press label="To the footage before the gap (P)" act={() => void conductor.jump(-1)}><SkipBack /></Press>
      <Press label="To the footage after the gap (N)" act={() => void conductor.jump(1)}><SkipForward /></Press>
      {children}
      <button className="btn push" onClick={() => set("help")}><Keyboard aria-hidden="true" />Keys</button>
      {open === "time" && <GoTo at={conductor.score.wall} zone={zone} close={() => set("none")} go={go} />}
      {open === "help" && <Help close={() => set("none")} keys={keys} setKeys={setKeys} />}
    </div>
  );
}

function Press({ label, act, children }: { label: string; act: () => void; children: ReactNode }) {
  return <button className="btn icon" aria-label={label} title={label} onClick={act}>{children}</button>;
}

function Time({ score, zone }: { score: Store<Score>; zone: string }) {
  return <span>{useStore(score, (s) => stamp(s.wall, zone))}</span>;
}

interface Acts {
  toggle: () => void;
  step: (by: 1 | -1) => void;
  by: (us: number) => void;
  jump: (by: 1 | -1) => void;
  time: () => void;
  help: () => void;
  marks?: Marks;
}

function useKeys(on: boolean, acts: Acts): void {
  useEffect(() => {
    if (!on) return;
    const press = (e: KeyboardEvent) => {
      const at = e.target as HTMLElement;
      if (e.ctrlKey || e.altKey || e.metaKey || at.closest("input, select, textarea, [role=dialog]")) return;
      if (e.key === " " && at.closest("button, a, summary")) return;
      const table: Record<string, () => void> = {
        " ": acts.toggle, k: acts.toggle, ",": () => acts.step(-1), ".": () => acts.step(1), j: () => acts.by(-10 * second), l: () => acts.by(10 * second),
        n: () => acts.jump(1), p: () => acts.jump(-1), g: acts.time, "?": acts.help,
        ...(acts.marks && { "[": acts.marks.start, "]": acts.marks.end }), ...(acts.marks?.hold && { h: acts.marks.hold }),
      };
      const shifted = e.shiftKey && e.key.startsWith("Arrow") ? { ArrowLeft: () => acts.by(-60 * second), ArrowRight: () => acts.by(60 * second) }[e.key] : undefined;
      const act = shifted ?? table[e.key.toLowerCase()];
      if (!act) return;
      e.preventDefault();
      act();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  });
}

/** Asks for a day and a time on the site's clock; in the hour that comes twice, which one. */
export function GoTo({ at, zone, close, go }: { at: number; zone: string; close: () => void; go: (us: number) => void }) {
  const local = localAt(at, zone);
  const two = (n: number) => String(n).padStart(2, "0");
  const [day, setDay] = useState(writeDay(dayAt(at, zone)));
  const [time, setTime] = useState(`${two(local.hour)}:${two(local.minute)}:${two(local.second)}`);
  const [which, setWhich] = useState(0);
  const [tried, setTried] = useState(false);
  const d = readDay(day);
  const t = readTime(time);
  const found = d && t ? instantsOf({ ...d, ...t }, zone) : [];
  const never = d && t && found.length === 0;
  const submit = (e: FormEvent) => {
    e.preventDefault();
    setTried(true);
    const us = found[Math.min(which, found.length - 1)];
    if (us === undefined) return;
    close();
    go(us);
  };
  return (
    <Sheet title="Go to a time" close={close}>
      <form className="stack" onSubmit={submit} noValidate>
        <Field label="Day" type="date" value={day} onChange={(e) => setDay(e.target.value)} error={tried && !d ? "Give a day." : undefined} />
        <Field label="Time" type="time" step={1} value={time} onChange={(e) => setTime(e.target.value)} error={tried && !t ? "Give a time, such as 14:05:00." : never ? "Clocks went forward over this time: it did not exist on that day." : undefined} />
        {found.length === 2 && (
          <div className="field">
            <label htmlFor="which">This time came twice that day</label>
            <select id="which" value={which} onChange={(e) => setWhich(Number(e.target.value))}>
              {found.map((us, i) => <option key={us} value={i}>{shortClock(us, zone)}, {zoneName(us, zone)}</option>)}
            </select>
          </div>
        )}
        <div className="row"><button className="btn primary">Go</button><button type="button" className="btn" onClick={close}>Cancel</button></div>
      </form>
    </Sheet>
  );
}

const shortcuts: [string, string][] = [
  ["Space", "Play or pause"], [",  .", "One picture back, on"], ["J  L", "10 seconds back, on"], ["Shift \u2190 \u2192", "One minute back, on"],
  ["N  P", "Footage after, before the gap"], ["G", "Go to a time"], ["[  ]", "Mark the beginning, the end (if you prepare requests)"], ["H", "Keep the marked footage"], ["\u2190 \u2192", "On the timeline: one second; Page up and down: one minute"], ["+  \u2212", "On the timeline: zoom"], ["?", "This list"],
];

function Help({ close, keys, setKeys }: { close: () => void; keys: boolean; setKeys: (on: boolean) => void }) {
  return (
    <Sheet title="Keys" close={close}>
      <div className="keys">{shortcuts.map(([key, what]) => [<kbd key={key}>{key}</kbd>, <span key={what}>{what}</span>])}</div>
      <div className="row">
        <button className="btn" aria-pressed={!keys} onClick={() => setKeys(!keys)}>{keys ? "Switch single keys off" : "Switch single keys on"}</button>
        <button className="btn primary" onClick={close}>Close</button>
      </div>
    </Sheet>
  );
}
