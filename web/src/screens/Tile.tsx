import { CircleAlert, Clock, Lock, SkipBack, SkipForward, VideoOff } from "lucide-react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { bytes, call, query } from "../api/client";
import type { Camera, Index, Viewing } from "../api/types";
import type { Conductor } from "../player/conductor";
import { Recorded, type Footage, type View } from "../player/recorded";
import { clock, parse, shortDay, zoneName } from "../time/zone";
import { Reference } from "../ui/parts";
import { causeText, restrictionText } from "./words";

/** Where the footage of one camera of a viewing comes from. */
export function footageOf(viewing: string, camera: string, converted: boolean): Footage {
  const base = `/viewings/${viewing}/cameras/${camera}/`;
  const as = converted ? "?as=h264" : "";
  return {
    selfContained: converted,
    index: (from, to, signal) => call<Index>("GET", base + "index" + query({ from_us: from, to_us: to, stream: "main" }), undefined, signal),
    init: (island, signal) => bytes(base + island.run.init + as, signal),
    media: (part, signal) => bytes(base + part.media + as, signal),
  };
}

interface Props {
  viewing: Viewing;
  camera: Camera | undefined;
  id: string;
  number: number;
  chosen: boolean;
  choose: () => void;
  conductor: Conductor;
  zone: string;
  who: string;
  /** The longest span that is played: the day. */
  span: [number, number];
}

/** One camera's picture, or why there is none. Its element keeps the player's state for machines in data attributes. */
export function Tile(props: Props) {
  const { viewing, id, conductor, zone } = props;
  const video = useRef<HTMLVideoElement>(null);
  const [view, set] = useState<View>({ state: "idle" });
  const [converted, convert] = useState(false);
  const own = viewing.cameras.find((c) => c.id === id);
  const granted = own?.granted;
  const from = Math.max(props.span[0], granted ? parse(granted.from) : 0);
  const to = Math.min(props.span[1], granted ? parse(granted.to) : 0);

  useEffect(() => {
    if (!granted || !video.current) return;
    const player = new Recorded(video.current, footageOf(viewing.id, id, converted), [from, to], (v) => {
      set(v);
      conductor.heard(player, v);
    });
    conductor.add(id, player);
    return () => {
      conductor.remove(id);
      player.close();
    };
  }, [viewing.id, id, conductor, converted, !granted, from, to]);

  const name = own?.name ?? props.camera?.name ?? "Camera";
  const off = (props.camera?.clock_offset_us ?? 0) / 1e6;
  const pictured = view.state === "playing" || view.state === "paused";
  return (
    <section className="tile" aria-label={`Camera ${props.number}, ${name}`} data-camera={id} data-chosen={props.chosen} data-state={own?.refused ? "refused" : view.state} data-wall-us={view.wall ?? ""} data-hidden={!pictured && view.state !== "loading"} data-rendition={converted ? "h264" : "original"}>
      <video ref={video} playsInline muted disablePictureInPicture tabIndex={-1} aria-hidden="true" />
      <button className="pick" onClick={props.choose} aria-label={`Choose camera ${props.number}, ${name}`} aria-pressed={props.chosen} />
      <span className="plate name">{props.number} {name}{converted ? " (converted copy, not the original)" : ""}</span>
      {Math.abs(off) >= 1 && <span className="plate note"><Clock className="ico" aria-hidden="true" /><span className="wide">Camera clock</span> {Math.abs(off).toFixed(1)} s {off > 0 ? "fast" : "slow"}<span className="wide">, corrected</span></span>}
      <Hole view={view} refused={own?.refused} zone={zone} go={(us) => void conductor.seek(us)} convert={converted ? undefined : () => convert(true)} again={() => void conductor.seek(conductor.score.wall)} />
      {pictured && view.wall !== undefined && <span className="plate clock"><span className="wide">{shortDay(view.wall, zone)}&ensp;</span>{clock(view.wall, zone, true)}<span className="wide"> {zoneName(view.wall, zone)}</span></span>}
      {view.stalled && <span className="plate note" role="status">Waiting for footage</span>}
      {pictured && <span className="plate who">{props.who}{viewing.reference && <span className="wide"> &middot; {viewing.reference}</span>}</span>}
    </section>
  );
}

/** "Sat Nov 14 2026  2:41:37.400 PM CST". */
export const stamp = (us: number, zone: string): string => `${shortDay(us, zone)}  ${clock(us, zone, true)} ${zoneName(us, zone)}`;

interface HoleProps {
  view: View;
  refused?: Viewing["cameras"][number]["refused"];
  zone: string;
  go: (us: number) => void;
  convert?: () => void;
  again: () => void;
}

/** What stands in the place of a picture. */
function Hole({ view, refused, zone, go, convert, again }: HoleProps) {
  if (refused) {
    return <Board icon={<Lock aria-hidden="true" />} title="You may not see this camera">{refused.detail} {refused.who_can_grant && <>Who can grant it: <b>{refused.who_can_grant}</b>.</>}</Board>;
  }
  const { place } = view;
  const next = view.next !== undefined && <button className="btn" onClick={() => go(view.next!)}><SkipForward aria-hidden="true" />Go to {clock(view.next, zone)}</button>;
  const back = view.next === undefined && view.previous !== undefined && <button className="btn" onClick={() => go(view.previous!)}><SkipBack aria-hidden="true" />Back to {clock(view.previous, zone)}</button>;
  switch (view.state) {
    case "idle":
    case "loading":
      return view.place ? null : <Board title="Loading footage" />;
    case "gap":
      return place?.kind === "gap" ? (
        <Board icon={<VideoOff aria-hidden="true" />} title="No footage here" action={next || back}>
          {place.to ? `${clock(place.from, zone)} to ${clock(place.to, zone)}.` : `From ${clock(place.from, zone)} on.`} {causeText(place.cause)}
        </Board>
      ) : <Board icon={<VideoOff aria-hidden="true" />} title="No footage here" action={next || back}>Outside what this viewing opens.</Board>;
    case "restricted":
      return <Board icon={<Lock aria-hidden="true" />} title="This footage is closed" action={next || back}>{place?.kind === "restricted" && restrictionText(place.restriction)} The library director and a second person can open it for a request.</Board>;
    case "unplayable":
      return <Board icon={<CircleAlert aria-hidden="true" />} title="This browser cannot play the format of this camera" action={convert && <button className="btn" onClick={convert}>Watch a converted copy</button>}>The camera sends {view.codec?.startsWith("h") ? "H.265" : view.codec}. A converted copy can be watched; the original stays as it is. Setting the camera to H.264 avoids this.</Board>;
    case "mismatch":
      return <Board icon={<CircleAlert aria-hidden="true" />} title="The picture cannot be placed in time" action={<button className="btn" onClick={again}>Try again</button>}>The browser showed another picture than the one asked for, so none is shown.</Board>;
    case "error":
      return <Board icon={<CircleAlert aria-hidden="true" />} title={view.problem?.title ?? "Something went wrong"} action={<button className="btn" onClick={again}>Try again</button>}>{view.problem?.detail} {view.problem && <Reference problem={view.problem} />}</Board>;
    default:
      return null;
  }
}

export function Board({ icon, title, action, children }: { icon?: ReactNode; title: string; action?: ReactNode; children?: ReactNode }) {
  return (
    <div className="hole" role="status">
      {icon}
      <p className="strong">{title}</p>
      {children && <div className="small said">{children}</div>}
      {action}
    </div>
  );
}
