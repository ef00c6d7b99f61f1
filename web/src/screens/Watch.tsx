import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { ShieldCheck } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { call } from "../api/client";
import { useCameras, useSession, useSite, useTimeline, useViewing } from "../api/hooks";
import type { NewViewing, Viewing } from "../api/types";
import { Conductor, type Score } from "../player/conductor";
import "../styles/viewer.css";
import { addDays, dayAt, longDay, minute, parse, readDay, spanOf, write, writeDay } from "../time/zone";
import { Marking, type MarkDialog } from "../requests/Marking";
import type { Window } from "../timeline/scale";
import { Timeline, type Mark } from "../timeline/Timeline";
import { Failure, Field, Loading, useNow, useTitle } from "../ui/parts";
import { Store } from "../ui/store";
import { CameraList } from "./CameraList";
import { Controls, type Marks } from "./Controls";
import { PurposeDialog, type Purpose } from "./Purpose";
import { Tile } from "./Tile";
import { Over, ViewingBar } from "./ViewingBar";

const keysName = "custody.keys";

/** Recorded footage: cameras and a day, a purpose, then pictures. */
export default function Watch() {
  useTitle("Footage");
  const search = useSearch({ from: "/watch" });
  const go = useNavigate({ from: "/watch" });
  const client = useQueryClient();
  const zone = useSite().data?.zone ?? "UTC";
  const cameras = useCameras();
  const viewing = useViewing(search.viewing);
  const now = useNow(5000);
  const [asking, ask] = useState(search.for !== undefined && search.viewing === undefined && search.cameras !== undefined);
  const [trouble, setTrouble] = useState<unknown>();
  const today = writeDay(dayAt(Date.now() * 1000, zone));
  const day = (search.day !== undefined && readDay(search.day)) || readDay(today)!;
  const chosen = search.cameras ?? [];
  const [from, to] = spanOf(day, zone);
  const open = viewing.data && !viewing.data.closed_at && parse(viewing.data.expires_at) > now ? viewing.data : undefined;
  const over = search.viewing !== undefined && viewing.data && !open;

  const begin = async (purpose: Purpose, want: { cameras: string[]; day: [number, number]; minutes?: number }) => {
    const body: NewViewing = { ...purpose, cameras: want.cameras, from: write(want.day[0]), to: write(want.day[1]), minutes: want.minutes };
    const made = await call<Viewing>("POST", "/viewings", body);
    client.setQueryData(["viewing", made.id], made);
    const before = search.viewing;
    await go({ search: (s) => ({ ...s, viewing: made.id, cameras: want.cameras, day: writeDay(dayAt(want.day[0], zone)) }), replace: true });
    if (before && open) await call("DELETE", `/viewings/${before}`).catch(() => undefined);
  };

  /** Other cameras or another day under the same purpose: a viewing of its own, for the time that is left. */
  const widen = async (ids: string[], span: [number, number]) => {
    if (!open || ids.length === 0) return;
    const known = ids.every((id) => open.cameras.some((c) => c.id === id)) && parse(open.from) <= span[0] && parse(open.to) >= span[1];
    if (known) return;
    const left = Math.max(1, Math.floor((parse(open.expires_at) - now) / minute));
    await begin({ basis: open.basis, reference: open.reference, text: open.text }, { cameras: ids, day: span, minutes: left });
  };

  const pick = (ids: string[], d: string) => {
    const span = spanOf(readDay(d) ?? day, zone);
    setTrouble(undefined);
    void go({ search: (s) => ({ ...s, cameras: ids, day: d, at: d === search.day || d === writeDay(day) ? s.at : undefined, mark: d === writeDay(day) ? s.mark : undefined }), replace: true });
    widen(ids, span).catch(setTrouble);
  };
  const toggle = (id: string) => pick(chosen.includes(id) ? chosen.filter((c) => c !== id) : [...chosen, id], writeDay(day));
  const stop = () => {
    if (open) void call("DELETE", `/viewings/${open.id}`).catch(() => undefined).then(() => client.invalidateQueries({ queryKey: ["viewings"] }));
    void go({ search: (s) => ({ ...s, viewing: undefined }), replace: true });
  };
  const names = chosen.map((id) => cameras.data?.find((c) => c.id === id)?.name ?? "a camera");

  return (
    <div className={"watch" + (open ? " filled" : "")}>
      <h1 className="vh">Footage</h1>
      {open && <ViewingBar viewing={open} change={() => ask(true)} stop={stop} />}
      <aside className="side" aria-label="Cameras and day">
        <DayPicker day={writeDay(day)} today={today} choose={(d) => pick(chosen, d)} />
        <CameraList action="footage.read" chosen={chosen} toggle={toggle} />
      </aside>
      <div className="stage-box">
        {trouble !== undefined && <Failure error={trouble} />}
        {search.viewing !== undefined && viewing.isPending && <div className="page"><Loading what="your viewing" /></div>}
        {viewing.error && <div className="page"><Failure error={viewing.error} again={() => void viewing.refetch()} /></div>}
        {open && chosen.length > 0 ? (
          <Stage key={open.id + from} viewing={open} cameras={chosen} day={[from, to]} zone={zone} at={search.at} keep={(at) => void go({ search: (s) => ({ ...s, at }), replace: true })}
            first={search.mark} marked={(mark) => void go({ search: (s) => ({ ...s, mark }), replace: true })} request={search.for ?? open.reference} />
        ) : (!viewing.isFetching || over || search.viewing === undefined) && !viewing.error && (
          <div className="begin">
            {over && <Over viewing={viewing.data!} />}
            <ShieldCheck className="ico big" aria-hidden="true" />
            <p>{chosen.length === 0 ? "Choose up to four cameras and a day. Then say why you need to look." : <><b>{names.join(", ")}</b>, {longDay(from + 12 * 60 * minute, zone)}.</>}</p>
            <button className="btn primary" disabled={chosen.length === 0} onClick={() => ask(true)}>State a purpose and watch</button>
          </div>
        )}
      </div>
      {asking && (
        <PurposeDialog
          what={chosen.length === 0 ? "recorded footage" : `${names.join(", ")} on ${longDay(from + 12 * 60 * minute, zone)}`} close={() => ask(false)}
          first={search.for && !open ? { basis: "request", reference: search.for, text: `To prepare the answer to ${search.for}` } : undefined}
          state={async (p) => { await begin(p, { cameras: chosen, day: [from, to] }); ask(false); }}
        />
      )}
    </div>
  );
}

function DayPicker({ day, today, choose }: { day: string; today: string; choose: (day: string) => void }) {
  const d = readDay(day)!;
  return (
    <div className="stack">
      <Field label="Day" type="date" value={day} max={today} onChange={(e) => readDay(e.target.value) && choose(e.target.value)} />
      <div className="days">
        <button className="btn" onClick={() => choose(writeDay(addDays(d, -1)))}>Day before</button>
        <button className="btn" disabled={day >= today} onClick={() => choose(writeDay(addDays(d, 1)))}>Day after</button>
      </div>
    </div>
  );
}

interface StageProps {
  viewing: Viewing;
  cameras: string[];
  day: [number, number];
  zone: string;
  at: number | undefined;
  keep: (at: number) => void;
  /** The span that the address marks, and how it learns another. */
  first: Window | undefined;
  marked: (mark: Window | undefined) => void;
  /** The number of the request that is looked for. */
  request: string | undefined;
}

/** Where to begin: the moment of the link, else a minute ago, else where that day's footage begins. */
function useBeginning(ids: string[], [from, to]: [number, number], at: number | undefined): number | undefined {
  const day = useTimeline(ids, from, to, 60_000);
  const [begun] = useState(() => Date.now() * 1000);
  if (at !== undefined && at >= from && at < to) return at;
  if (begun < to && begun >= from) return Math.max(from, begun - minute);
  if (day.isPending && !day.error) return undefined;
  const starts = day.data?.cameras.flatMap((c) => c.recorded.map(([start]) => start)) ?? [];
  return starts.length > 0 ? Math.max(from, Math.min(...starts)) : from;
}

function Stage(props: StageProps) {
  const beginning = useBeginning(props.cameras, props.day, props.at);
  const first = useRef(beginning);
  first.current ??= beginning;
  if (first.current === undefined) return <div className="page"><Loading what="the day" /></div>;
  return <Playing {...props} beginning={first.current} />;
}

function Playing({ viewing, cameras, day, zone, keep, beginning, first, marked, request }: StageProps & { beginning: number }) {
  const me = useSession().data?.staff.name ?? "";
  const list = useCameras().data;
  const may = useSession().data?.may ?? [];
  const [mark, setMark] = useState<Mark>(() => (first ? { from: first[0], to: first[1] } : {}));
  const [dialog, open] = useState<MarkDialog>();
  const [chosen, choose] = useState(cameras[0]!);
  const [keys, setKeys] = useState(() => localStorage.getItem(keysName) !== "off");
  const score = useMemo(() => new Store<Score>({ playing: false, rate: 1, wall: beginning }), [beginning]);
  const [conductor, set] = useState<Conductor>();
  useEffect(() => {
    const made = new Conductor(beginning, score.set);
    set(made);
    return () => made.close();
  }, [beginning, score]);
  useEffect(() => conductor?.choose(chosen), [conductor, chosen]);
  useEffect(() => {
    // The address follows at rest, so that a link leads to the same picture.
    let timer: ReturnType<typeof setTimeout>;
    const stop = score.subscribe(() => {
      clearTimeout(timer);
      timer = setTimeout(() => keep(score.get().wall), 800);
    });
    return () => { stop(); clearTimeout(timer); };
  }, [score, keep]);
  if (!conductor) return null;
  const put = (next: Mark) => {
    setMark(next);
    marked(next.from !== undefined && next.to !== undefined ? [Math.round(next.from), Math.round(next.to)] : undefined);
  };
  const marks: Marks = {
    start: () => put({ from: conductor.score.wall, to: mark.to !== undefined && mark.to > conductor.score.wall ? mark.to : undefined }),
    end: () => put({ to: conductor.score.wall, from: mark.from !== undefined && mark.from < conductor.score.wall ? mark.from : undefined }),
    hold: may.includes("hold.place") ? () => open("hold") : undefined,
  };
  const workers = may.includes("hold.place") || may.includes("request.prepare");
  const go = (us: number) => void conductor.seek(Math.min(Math.max(us, day[0]), day[1] - 1));
  const named = cameras.map((id) => ({ id, name: list?.find((c) => c.id === id)?.name ?? "Camera" }));
  return (
    <div className="stage">
      <div className="tiles" data-count={cameras.length}>
        {cameras.map((id, i) => (
          <Tile key={id} id={id} number={i + 1} viewing={viewing} camera={list?.find((c) => c.id === id)} chosen={cameras.length > 1 && id === chosen} choose={() => choose(id)} conductor={conductor} zone={zone} who={me} span={day} />
        ))}
      </div>
      <Controls conductor={conductor} score={score} zone={zone} go={go} keys={keys} setKeys={(on) => { localStorage.setItem(keysName, on ? "on" : "off"); setKeys(on); }} marks={workers ? marks : undefined}>
        {workers && <Marking mark={mark} marks={marks} camera={chosen} cameras={named} zone={zone} request={request} now={() => conductor.score.wall} dialog={dialog} open={open} />}
      </Controls>
      <Timeline cameras={named} day={day} zone={zone} score={score} go={go} mark={workers ? mark : undefined} />
    </div>
  );
}
