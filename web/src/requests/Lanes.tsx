import { ZoomIn, ZoomOut } from "lucide-react";
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import { useTimeline } from "../api/hooks";
import { clock, minute, second, shortClock, spanOf, dayAt } from "../time/zone";
import { drawLanes, head, lane } from "../timeline/draw";
import { instant, place, zoom, type Window } from "../timeline/scale";
import { useRedraw } from "../timeline/Timeline";
import { useClocks } from "./Frame";
import { moved, windowOf, type Edge, type Row } from "./rows";
import { spanWords } from "./words";

interface Props {
  rows: Row[];
  names: (camera: string) => string;
  asked: Window | undefined;
  /** Absent: the spans are shown, not changed. */
  set?: (key: string, span: Window) => void;
}

/** What was asked against what is proposed, over what was recorded. Ends are dragged, or moved with the arrow keys. */
export function Lanes(props: Props) {
  return props.rows.length > 0 ? <Bed {...props} /> : null;
}

function Bed({ rows, names, asked, set }: Props) {
  const { zone } = useClocks();
  const cameras = [...new Set(rows.map((r) => r.camera))];
  const all = useMemo(() => windowOf([...rows.map((r) => r.span), ...(asked ? [asked] : [])]), [rows.length, asked?.[0], asked?.[1]]);
  const [w, setW] = useState<Window>(all);
  useEffect(() => setW(all), [all]);
  const bounds: Window = [spanOf(dayAt(all[0], zone), zone)[0], spanOf(dayAt(all[1], zone), zone)[1]];
  const middle = (rows[0]!.span[0] + rows[0]!.span[1]) / 2;
  const bigger = (factor: number) => setW((old) => zoom(old, factor, middle, bounds).map(Math.round) as Window);
  const step = Math.max(1000, Math.ceil((w[1] - w[0]) / 600_000 / 1000) * 1000);
  const data = useTimeline(cameras, w[0], w[1], step).data;
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useRedraw(canvas, (node) => drawLanes(node, cameras, data, w, zone));
  return (
    <div className="stack tight">
      <div className="row">
        <span className="small"><b>{shortClock(w[0], zone)} &ndash; {shortClock(w[1], zone)}</b></span>
        <button type="button" className="btn icon push" aria-label="Show more time" title="Show more time" onClick={() => bigger(2)}><ZoomOut aria-hidden="true" /></button>
        <button type="button" className="btn icon" aria-label="Show less time" title="Show less time" onClick={() => bigger(0.5)}><ZoomIn aria-hidden="true" /></button>
      </div>
      <div className="scope">
        {asked && <><span className="name muted">Asked for</span><div className="bed asked-bed"><Asked span={asked} w={w} width={width} zone={zone} /></div></>}
        <div className="names stack" aria-hidden="true"><span className="head" />{cameras.map((c) => <span key={c}>{names(c)}</span>)}</div>
        <div className="bed" style={{ height: head + cameras.length * lane }}>
          <canvas ref={canvas} aria-hidden="true" />
          {width > 0 && rows.map((r) => <Box key={r.key} row={r} name={names(r.camera)} top={head + cameras.indexOf(r.camera) * lane} w={w} width={width} bounds={bounds} set={set && ((span) => set(r.key, span))} />)}
        </div>
      </div>
      {set && <p className="small muted">Drag an end, or move it with the arrow keys: a second, with Page up and down a minute.</p>}
    </div>
  );
}

function Asked({ span, w, width, zone }: { span: Window; w: Window; width: number; zone: string }) {
  const left = Math.max(0, place(span[0], w, width));
  const right = Math.min(width, place(span[1], w, width));
  if (right <= left) return null;
  return <span className="askedfor" style={{ left, width: right - left }} title={spanWords(span[0], span[1], zone)} />;
}

interface BoxProps {
  row: Row;
  name: string;
  top: number;
  w: Window;
  width: number;
  bounds: Window;
  set?: (span: Window) => void;
}

function Box({ row, name, top, w, width, bounds, set }: BoxProps) {
  const { zone } = useClocks();
  const grip = useRef<{ edge: Edge; at: number; span: Window }>(undefined);
  const [from, to] = row.span;
  const left = place(from, w, width);
  const right = place(to, w, width);
  const drag = (edge: Edge) => ({
    onPointerDown: (e: PointerEvent<HTMLElement>) => {
      e.stopPropagation();
      e.currentTarget.setPointerCapture(e.pointerId);
      grip.current = { edge, at: e.clientX, span: row.span };
    },
    onPointerMove: (e: PointerEvent) => {
      const g = grip.current;
      if (!g || !set) return;
      const by = instant(Math.abs(e.clientX - g.at), w, width) - w[0];
      const step = Math.round((Math.sign(e.clientX - g.at) * by) / second) * second;
      set(moved(g.span, g.edge, step, bounds));
    },
    onPointerUp: () => { grip.current = undefined; },
    onPointerCancel: () => { grip.current = undefined; },
  });
  const keys = (edge: Edge) => (e: KeyboardEvent) => {
    const by = { ArrowLeft: -second, ArrowDown: -second, ArrowRight: second, ArrowUp: second, PageDown: -minute, PageUp: minute }[e.key];
    if (by === undefined || !set) return;
    e.preventDefault();
    set(moved(row.span, edge, by, bounds));
  };
  const slider = (edge: "from" | "to", label: string) => (
    <span
      className={"edge " + edge} role="slider" tabIndex={0} aria-label={`${name}, ${label}`} aria-valuemin={0} aria-valuemax={Math.round((bounds[1] - bounds[0]) / second)}
      aria-valuenow={Math.round((row.span[edge === "from" ? 0 : 1] - bounds[0]) / second)} aria-valuetext={clock(row.span[edge === "from" ? 0 : 1], zone)}
      style={edge === "from" ? { right: "100%" } : { left: "100%" }} onKeyDown={keys(edge)} {...drag(edge)}
    />
  );
  const flag = 152; // pixels of the times beside the box, where there is room for them
  const beside = right + flag <= width ? right + 8 : left >= flag ? left - flag : right - left > flag + 12 ? (left + right - flag) / 2 + 6 : undefined;
  return (
    <>
      <span className="box" style={{ left, width: Math.max(6, right - left), top, height: lane - 2 }} {...(set ? drag("both") : {})}>
        {set && slider("from", "beginning")}
        {set && slider("to", "end")}
      </span>
      {beside !== undefined && <span className="flagged" style={{ left: beside, top: top + lane / 2 - 1 }}>{clock(from, zone).replace(/ [AP]M$/, "")} &ndash; {clock(to, zone)}</span>}
    </>
  );
}
