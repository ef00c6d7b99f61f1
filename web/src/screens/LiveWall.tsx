import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { CircleAlert, Lock, RefreshCw, Video } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { call } from "../api/client";
import { useCameras, useSession, useSite, useViewing } from "../api/hooks";
import type { Viewing } from "../api/types";
import { Live, type LiveView } from "../live/live";
import "../styles/viewer.css";
import { clock, parse, shortDay, zoneName } from "../time/zone";
import { Failure, Loading, useNow, useTitle } from "../ui/parts";
import { CameraList } from "./CameraList";
import { PurposeDialog, type Purpose } from "./Purpose";
import { Board } from "./Tile";
import { Over, ViewingBar } from "./ViewingBar";

/** What happens now, for a purpose like all else. */
export default function LiveWall() {
  useTitle("Live");
  const search = useSearch({ from: "/live" });
  const go = useNavigate({ from: "/live" });
  const client = useQueryClient();
  const cameras = useCameras();
  const viewing = useViewing(search.viewing);
  const now = useNow(5000);
  const [asking, ask] = useState(false);
  const [trouble, setTrouble] = useState<unknown>();
  const chosen = search.cameras ?? [];
  const open = viewing.data && !viewing.data.closed_at && parse(viewing.data.expires_at) > now ? viewing.data : undefined;

  const begin = async (purpose: Purpose, ids: string[], minutes?: number) => {
    const made = await call<Viewing>("POST", "/viewings", { ...purpose, cameras: ids, live: true, minutes });
    client.setQueryData(["viewing", made.id], made);
    await go({ search: { viewing: made.id, cameras: ids }, replace: true });
    if (open) await call("DELETE", `/viewings/${open.id}`).catch(() => undefined);
  };
  const toggle = (id: string) => {
    const ids = chosen.includes(id) ? chosen.filter((c) => c !== id) : [...chosen, id];
    setTrouble(undefined);
    void go({ search: (s) => ({ ...s, cameras: ids }), replace: true });
    if (open && !open.cameras.some((c) => c.id === id)) {
      const left = Math.max(1, Math.floor((parse(open.expires_at) - now) / 60e6));
      begin({ basis: open.basis, reference: open.reference, text: open.text }, ids, left).catch(setTrouble);
    }
  };
  const stop = () => {
    if (open) void call("DELETE", `/viewings/${open.id}`).catch(() => undefined);
    void go({ search: { cameras: chosen }, replace: true });
  };
  const names = chosen.map((id) => cameras.data?.find((c) => c.id === id)?.name ?? "a camera").join(", ");
  return (
    <div className={"watch" + (open ? " on" : "")}>
      <h1 className="vh">Live</h1>
      {open && <ViewingBar viewing={open} change={() => ask(true)} stop={stop} />}
      <aside className="side" aria-label="Cameras"><CameraList action="footage.live" chosen={chosen} toggle={toggle} /></aside>
      <div className="stage-box">
        {trouble !== undefined && <Failure error={trouble} />}
        {viewing.error && <div className="page"><Failure error={viewing.error} again={() => void viewing.refetch()} /></div>}
        {search.viewing !== undefined && viewing.isPending && <div className="page"><Loading what="your viewing" /></div>}
        {open && chosen.length > 0 && <div className="grid">{chosen.map((id, i) => <LiveTile key={open.id + id} viewing={open} id={id} number={i + 1} />)}</div>}
        {(!open || chosen.length === 0) && !viewing.isLoading && (
          <div className="begin">
            {viewing.data && !open && <Over viewing={viewing.data} />}
            <Video className="ico big" aria-hidden="true" />
            <p>{names === "" ? "Choose up to four cameras. Then say why you need to look." : <b>{names}</b>}</p>
            {!open && <button className="btn primary" disabled={chosen.length === 0} onClick={() => ask(true)}>State a purpose and watch live</button>}
          </div>
        )}
      </div>
      {asking && <PurposeDialog live what={`${names || "cameras"}, live`} close={() => ask(false)} state={async (p) => { await begin(p, chosen); ask(false); }} />}
    </div>
  );
}

function LiveTile({ viewing, id, number }: { viewing: Viewing; id: string; number: number }) {
  const video = useRef<HTMLVideoElement>(null);
  const [view, set] = useState<LiveView>({ state: "connecting" });
  const [attempt, again] = useState(0);
  const zone = useSite().data?.zone ?? "UTC";
  const me = useSession().data?.staff.name ?? "";
  const own = viewing.cameras.find((c) => c.id === id);
  const refused = own?.refused;
  useEffect(() => {
    if (!video.current || refused || !own) return;
    const address = new URL(`/api/viewings/${viewing.id}/cameras/${id}/live?stream=main`, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const live = new Live(video.current, address.href, set);
    return () => live.close();
  }, [viewing.id, id, attempt, !refused, !own]);
  const name = own?.name ?? "Camera";
  return (
    <section className="tile" aria-label={`Camera ${number}, ${name}, live`} data-camera={id} data-state={refused ? "refused" : view.state} data-wall-us={view.wall ?? ""} data-latency-ms={view.behind ?? ""} data-hidden={view.state !== "live"}>
      <video ref={video} playsInline muted disablePictureInPicture tabIndex={-1} aria-hidden="true" />
      <span className="plate name">{number} {name}</span>
      {refused && <Board icon={<Lock aria-hidden="true" />} title="You may not see this camera">{refused.detail} {refused.who_can_grant && <>Who can grant it: <b>{refused.who_can_grant}</b>.</>}</Board>}
      {!refused && view.state === "connecting" && <Board title="Connecting to the camera" />}
      {view.state === "lost" && <Board icon={<RefreshCw aria-hidden="true" />} title="The connection broke. Connecting again.">{view.detail}</Board>}
      {view.state === "ended" && <Board icon={<Lock aria-hidden="true" />} title={view.title ?? "Live pictures ended"} action={<button className="btn" onClick={() => again(attempt + 1)}>Try again</button>}>{view.detail ?? "The library director can grant access."}</Board>}
      {view.state === "unplayable" && <Board icon={<CircleAlert aria-hidden="true" />} title="This browser cannot play the format of this camera">The camera sends {view.codec}. Set its second stream to H.264 to watch it live.</Board>}
      {view.state === "live" && <span className="plate note live">Live{view.behind !== undefined && view.behind > 1000 ? `, ${(view.behind / 1000).toFixed(1)} s behind` : ""}</span>}
      {view.state === "live" && <span className="plate who">{me}{viewing.reference && <span className="wide"> &middot; {viewing.reference}</span>}</span>}
      {view.state === "live" && view.wall !== undefined && <span className="plate clock"><span className="wide">{shortDay(view.wall, zone)}&ensp;</span>{clock(view.wall, zone, true)}<span className="wide"> {zoneName(view.wall, zone)}</span></span>}
    </section>
  );
}
