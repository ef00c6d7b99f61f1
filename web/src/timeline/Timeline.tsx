import { CalendarDays, Table2, ZoomIn, ZoomOut } from "lucide-react";
import { useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import { useTimeline } from "../api/hooks";
import type { Timeline as Data } from "../api/types";
import type { Score } from "../player/conductor";
import { causeText } from "../screens/words";
import { clock, longDay, minute, second, shortClock, spanOf, dayAt } from "../time/zone";
import { Failure } from "../ui/parts";
import { useStore, type Store } from "../ui/store";
import { drawDay, drawLanes, head, lane } from "./draw";
import { holding, instant, place, shift, zoom, type Window } from "./scale";

interface Props {
  cameras: { id: string; name: string }[];
  day: Window;
  zone: string;
  score: Store<Score>;
  go: (us: number) => void;
  /** The span that is marked, or the end of it that is. */
  mark?: Mark;
}

/** What somebody marks while they look: its beginning, its end, or both. */
export interface Mark {
  from?: number;
  to?: number;
}

/** A day of the chosen cameras: a strip of all of it, and a window with a lane for each. */
export function Timeline({ cameras, day, zone, score, go, mark }: Props) {
  const ids = cameras.map((c) => c.id);
  const [from, to] = day;
  const [w, set] = useState<Window>(() => zoom(day, 1 / 32, score.get().wall, day));
  const [table, showTable] = useState(false);
  const whole = useTimeline(ids, from, to, 60_000);
  const step = Math.max(1000, Math.ceil((w[1] - w[0]) / 600_000 / 1000) * 1000);
  const coarse = step >= 60_000;
  // Asked for in whole windows beside one another, so that a small move asks for nothing.
  const length = w[1] - w[0];
  const near = useMemo<Window>(() => [Math.max(from, Math.floor(w[0] / length) * length), Math.min(to, (Math.floor(w[0] / length) + 2) * length)], [Math.floor(w[0] / length), length, from, to]);
  const detail = useTimeline(coarse ? [] : ids, near[0], near[1], step);
  const data = coarse ? whole.data : (detail.data ?? whole.data);

  useEffect(() => set((old) => holding(zoom(old, 1, score.get().wall, day), score.get().wall, day)), [from, to]);
  useEffect(() => score.subscribe(() => set((old) => holding(old, score.get().wall, day))), [score, from, to]);
  const bigger = (factor: number) => set((old) => zoom(old, factor, score.get().wall, day));

  return (
    <section className="line" aria-label="Timeline">
      <div className="legends">
        <b>{shortClock(w[0], zone)} &ndash; {shortClock(w[1], zone)}, {longDay(w[0], zone)}</b>
        <span><i className="swatch rec" />Recorded</span>
        <span title="Bytes between pictures against what is usual for the camera"><i className="swatch act" />Movement</span>
        <span><i className="swatch gap" />No footage</span>
        <span><i className="swatch shut" />Closed</span>
        {data?.cameras.some((c) => c.holds.length > 0) && <span><i className="swatch held" />On hold</span>}
        {data?.cameras.some((c) => c.releases.length > 0) && <span><i className="swatch out" />Released</span>}
        <span className="row push">
          <button className="btn icon" aria-label="Zoom out" title="Zoom out" onClick={() => bigger(2)}><ZoomOut aria-hidden="true" /></button>
          <button className="btn icon" aria-label="Zoom in" title="Zoom in" onClick={() => bigger(0.5)}><ZoomIn aria-hidden="true" /></button>
          <button className="btn icon" aria-label="Whole day" title="Whole day" onClick={() => set(day)}><CalendarDays aria-hidden="true" /></button>
          <button className="btn" aria-pressed={table} onClick={() => showTable(!table)}><Table2 aria-hidden="true" />Show as table</button>
        </span>
      </div>
      {whole.error && <Failure error={whole.error} again={() => void whole.refetch()} />}
      <div className="lanes">
        <div className="names"><span className="head">Whole day</span></div>
        <Day camera={ids[0]} data={whole.data} day={day} w={w} score={score} go={go} />
        <div className="names" aria-hidden="true"><span className="head" />{cameras.map((c, i) => <span key={c.id}>{i + 1} {c.name}</span>)}</div>
        <Lanes cameras={cameras} data={data} w={w} set={set} day={day} zone={zone} score={score} go={go} mark={mark} />
      </div>
      {table && <Twin cameras={cameras} data={whole.data} zone={zone} go={go} />}
    </section>
  );
}

/** The width of an element as it changes, and anything that changes the colours. */
export function useRedraw(canvas: React.RefObject<HTMLCanvasElement | null>, draw: (canvas: HTMLCanvasElement) => void): number {
  const [width, set] = useState(0);
  const latest = useRef(draw);
  latest.current = draw;
  useLayoutEffect(() => {
    if (canvas.current) draw(canvas.current);
  });
  useEffect(() => {
    const node = canvas.current;
    if (!node) return;
    const again = () => { set(node.clientWidth); latest.current(node); };
    const size = new ResizeObserver(again);
    size.observe(node);
    const theme = new MutationObserver(again);
    theme.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    void document.fonts.ready.then(again);
    return () => { size.disconnect(); theme.disconnect(); };
  }, [canvas]);
  return width;
}

function Day({ camera, data, day, w, score, go }: { camera: string | undefined; data: Data | undefined; day: Window; w: Window; score: Store<Score>; go: (us: number) => void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useRedraw(canvas, (node) => drawDay(node, camera ?? "", data, day));
  const wall = useStore(score, (s) => Math.round(s.wall / second) * second);
  const left = place(w[0], day, width);
  return (
    <div className="strip day" style={{ height: 20 }} onPointerDown={(e) => go(instant(e.nativeEvent.offsetX, day, width))}>
      <canvas ref={canvas} aria-hidden="true" />
      <span className="window" style={{ left, width: Math.max(6, place(w[1], day, width) - left) }} />
      <span className="head" style={{ left: place(wall, day, width) }} />
    </div>
  );
}

interface LanesProps extends Omit<Props, "day"> {
  data: Data | undefined;
  w: Window;
  set: (change: (old: Window) => Window) => void;
  day: Window;
}

/** The lanes under a playhead that is a slider: it speaks its time and what is there. */
function Lanes({ cameras, data, w, set, day, zone, score, go, mark }: LanesProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const [hover, setHover] = useState<number>();
  const [drag, setDrag] = useState<number>();
  const width = useRedraw(canvas, (node) => drawLanes(node, cameras.map((c) => c.id), data, w, zone));
  const played = useStore(score, (s) => s.wall);
  const wall = drag ?? played;
  const at = (e: PointerEvent) => instant(e.clientX - box.current!.getBoundingClientRect().left, w, width);

  useEffect(() => {
    const node = box.current!;
    const wheel = (e: WheelEvent) => {
      e.preventDefault();
      const x = e.clientX - node.getBoundingClientRect().left;
      set((old) => (e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY) ? shift(old, ((e.deltaX || e.deltaY) / 1000) * (old[1] - old[0]), day) : zoom(old, e.deltaY > 0 ? 1.25 : 0.8, instant(x, old, node.clientWidth), day)));
    };
    node.addEventListener("wheel", wheel, { passive: false });
    return () => node.removeEventListener("wheel", wheel);
  }, [set, day[0], day[1]]);

  const keys = (e: KeyboardEvent) => {
    if (e.shiftKey && e.key.startsWith("Arrow")) return; // a minute, wherever the focus is
    const by: Record<string, number> = { ArrowLeft: -second, ArrowRight: second, ArrowDown: -second, ArrowUp: second, PageDown: -minute, PageUp: minute };
    const by_ = by[e.key];
    if (by_ !== undefined) go(Math.min(Math.max(played + by_, day[0]), day[1] - 1));
    else if (e.key === "Home") go(day[0]);
    else if (e.key === "End") go(day[1] - 1);
    else if (e.key === "+" || e.key === "=") set((old) => zoom(old, 0.5, played, day));
    else if (e.key === "-") set((old) => zoom(old, 2, played, day));
    else return;
    e.preventDefault();
    e.stopPropagation();
  };

  const flag = Math.min(Math.max(place(wall, w, width), 48), Math.max(48, width - 48));
  return (
    <div
      ref={box} className="strip" style={{ height: head + cameras.length * lane }} role="slider" tabIndex={0} aria-label="Time"
      aria-valuemin={0} aria-valuemax={Math.round((day[1] - day[0]) / second)} aria-valuenow={Math.round((wall - day[0]) / second)} aria-valuetext={spoken(wall, cameras, data, zone)}
      onKeyDown={keys}
      onPointerDown={(e) => { e.currentTarget.setPointerCapture(e.pointerId); setDrag(at(e)); }}
      onPointerMove={(e) => { setHover(at(e)); if (drag !== undefined) setDrag(at(e)); }}
      onPointerUp={(e) => { if (drag !== undefined) { setDrag(undefined); go(at(e)); } }}
      onPointerCancel={() => setDrag(undefined)} onPointerLeave={() => setHover(undefined)}
    >
      <canvas ref={canvas} aria-hidden="true" />
      {mark && <Marked mark={mark} w={w} width={width} />}
      {hover !== undefined && drag === undefined && <span className="hover" style={{ left: place(hover, w, width) }} />}
      {wall >= w[0] && wall <= w[1] && <><span className="head" style={{ left: place(wall, w, width) }} /><span className="flag" style={{ left: flag }}>{clock(wall, zone, w[1] - w[0] < 10 * minute)}</span></>}
    </div>
  );
}

/** The marked span over the lanes; one end alone is a line. */
function Marked({ mark: { from, to }, w, width }: { mark: Mark; w: Window; width: number }) {
  const one = from ?? to;
  if (one === undefined || (to ?? one) < w[0] || (from ?? one) > w[1]) return null;
  const left = Math.max(-4, place(from ?? one, w, width));
  return <span className="marked" style={{ left, width: Math.max(0, Math.min(width + 4, place(to ?? one, w, width)) - left) }} />;
}

/** "2:41:37 PM. Main entrance: recorded. Check-out desk: no footage." */
function spoken(us: number, cameras: { id: string; name: string }[], data: Data | undefined, zone: string): string {
  const states = cameras.map(({ id, name }) => {
    const row = data?.cameras.find((r) => r.id === id);
    if (!row) return `${name}: not known yet`;
    if (row.restrictions.some((r) => r.start_us <= us && us < r.end_us)) return `${name}: closed`;
    const lies = (spans: Window[]) => spans.some(([a, b]) => a <= us && us < b);
    return `${name}: ${lies(row.recorded) ? "recorded" : "no footage"}${lies(row.holds) ? ", on hold" : ""}${lies(row.releases) ? ", released" : ""}`;
  });
  return `${clock(us, zone)}. ${states.join(". ")}.`;
}

/** The same as a table, for those who read rather than point. */
function Twin({ cameras, data, zone, go }: { cameras: { id: string; name: string }[]; data: Data | undefined; zone: string; go: (us: number) => void }) {
  const rows = cameras.flatMap(({ id, name }) => {
    const row = data?.cameras.find((r) => r.id === id);
    if (!row) return [];
    return [
      ...row.recorded.map(([from, to]) => ({ name, from, to: to as number | null, what: "Recorded", go: true })),
      ...row.gaps.map((g) => ({ name, from: g.start_us, to: g.end_us, what: "No footage. " + causeText(g.cause), go: false })),
      ...row.restrictions.map((r) => ({ name, from: r.start_us, to: r.end_us as number | null, what: "Closed", go: false })),
      ...row.holds.map(([from, to]) => ({ name, from, to: to as number | null, what: "On hold", go: true })),
      ...row.releases.map(([from, to]) => ({ name, from, to: to as number | null, what: "Released", go: true })),
    ].sort((a, b) => a.from - b.from);
  });
  if (rows.length === 0) return <p>Nothing was recorded by these cameras on this day.</p>;
  const start = data ? spanOf(dayAt(data.from_us, zone), zone)[0] : 0;
  return (
    <div className="tabled" tabIndex={0} role="region" aria-label="Timeline as a table">
      <table>
        <thead><tr><th scope="col">Camera</th><th scope="col">From</th><th scope="col">To</th><th scope="col">What</th><th scope="col">Go</th></tr></thead>
        <tbody>
          {rows.map((r) => (
            <tr key={r.name + r.from + r.what}>
              <td>{r.name}</td><td>{clock(Math.max(r.from, start), zone)}</td><td>{r.to === null ? "still" : clock(r.to, zone)}</td><td>{r.what}</td>
              <td>{r.go && <button className="btn" aria-label={`Go to ${clock(r.from, zone)}, ${r.name}`} onClick={() => go(r.from)}>Go</button>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
