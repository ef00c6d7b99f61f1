import { Lock, Video, VideoOff } from "lucide-react";
import { useCameras, useSite } from "../api/hooks";
import type { Camera } from "../api/types";
import { dayAndTime, parse } from "../time/zone";
import { Failure, Loading } from "../ui/parts";

interface Props {
  action: "footage.read" | "footage.live";
  chosen: string[];
  toggle: (camera: string) => void;
}

/** The cameras by place, each with its state; up to four can be chosen. */
export function CameraList({ action, chosen, toggle }: Props) {
  const cameras = useCameras();
  const zone = useSite().data?.zone ?? "UTC";
  if (cameras.isPending) return <Loading what="the cameras" />;
  if (cameras.error) return <Failure error={cameras.error} again={() => void cameras.refetch()} />;
  if (cameras.data.length === 0) return <p>No camera is assigned to you. The administrator of the camera records can do that.</p>;
  const places = [...new Set(cameras.data.map((c) => c.place))].sort((a, b) => Number(a === "") - Number(b === ""));
  return (
    <>
      <h2>Cameras ({chosen.length} of {cameras.data.length} chosen)</h2>
      {places.map((place) => (
        <div key={place} className="stack">
          {places.length > 1 && <h3>{place || "Elsewhere"}</h3>}
          <ul className="cams">
            {cameras.data.filter((c) => c.place === place).map((c) => (
              <li key={c.id}><Item camera={c} zone={zone} allowed={c.may.includes(action)} number={chosen.indexOf(c.id) + 1} full={chosen.length >= 4} toggle={() => toggle(c.id)} /></li>
            ))}
          </ul>
        </div>
      ))}
    </>
  );
}

function Item({ camera: c, zone, allowed, number, full, toggle }: { camera: Camera; zone: string; allowed: boolean; number: number; full: boolean; toggle: () => void }) {
  const Icon = !allowed ? Lock : c.state === "recording" ? Video : VideoOff;
  return (
    <button className="cam" aria-pressed={number > 0} disabled={!allowed || (full && number === 0)} onClick={toggle}>
      {number > 0 ? <b className="num">{number}</b> : <Icon className="ico" aria-hidden="true" />}
      <span>{c.name}<State camera={c} zone={zone} allowed={allowed} /></span>
    </button>
  );
}

function State({ camera: c, zone, allowed }: { camera: Camera; zone: string; allowed: boolean }) {
  if (!allowed) return <span>{c.class === "library-record" ? "Needs the director\u2019s approval" : "Your role does not open it"}</span>;
  if (c.state === "gap") return <span className="bad">Offline{c.since ? ` since ${dayAndTime(parse(c.since), zone)}` : ""}</span>;
  if (c.state !== "recording") return <span>{c.state === "disabled" ? "Switched off" : "Removed"}</span>;
  const off = (c.clock_offset_us ?? 0) / 1e6;
  return Math.abs(off) >= 1 ? <span className="warn">Clock corrected by {Math.abs(off).toFixed(1)} s</span> : null;
}
