import { Link } from "@tanstack/react-router";
import { Clock } from "lucide-react";
import { createContext, useContext, useState, type ReactNode } from "react";
import { useSession, useSite } from "../api/hooks";
import "../styles/requests.css";
import { dayAndTime, parse, zoneName } from "../time/zone";
import { spanWords, utcWords } from "./words";

const clocks = createContext({ zone: "UTC", utc: false });
const utcName = "custody.utc";

/** The site's zone, and whether UTC is wanted beside it. */
export const useClocks = () => useContext(clocks);

/** An instant on the site's clock, with UTC beside it where that is wanted. */
export function When({ at }: { at: string | number }) {
  const { zone, utc } = useClocks();
  const us = typeof at === "number" ? at : parse(at);
  return <time dateTime={new Date(us / 1000).toISOString()} title={utcWords(us)}>{dayAndTime(us, zone)}{utc && <span className="utc"> ({utcWords(us)})</span>}</time>;
}

/** A span on the site's clock, likewise. */
export function Span({ from, to }: { from: number | string; to: number | string }) {
  const { zone, utc } = useClocks();
  const [a, b] = [from, to].map((at) => (typeof at === "number" ? at : parse(at))) as [number, number];
  return <span title={utcWords(a, b)}>{spanWords(a, b, zone)}{utc && <span className="utc"> ({utcWords(a, b)})</span>}</span>;
}

export const useMay = () => {
  const may = useSession().data?.may ?? [];
  return (act: string) => may.includes(act);
};

/** The page of records: where to go within them, and whether UTC is shown. */
export function Frame({ wide, children }: { wide?: boolean; children: ReactNode }) {
  const zone = useSite().data?.zone ?? "UTC";
  const may = useMay();
  const [utc, set] = useState(() => localStorage.getItem(utcName) === "on");
  const toggle = () => {
    localStorage.setItem(utcName, utc ? "off" : "on");
    set(!utc);
  };
  return (
    <clocks.Provider value={{ zone, utc }}>
      <div className={"page records" + (wide ? " wide" : "")}>
        <div className="subnav noprint">
          <nav aria-label="Records">
            {may("request.view") && <Link to="/requests" activeOptions={{ exact: true, includeSearch: false }}>All requests</Link>}
            {may("request.view") && <Link to="/holds">Holds</Link>}
            {may("retention.view") && <Link to="/dispositions">Retention</Link>}
            {may("request.view") && <Link to="/requests/agencies">Agencies</Link>}
          </nav>
          <button className="btn quiet" aria-pressed={utc} onClick={toggle} title={`Times are those of the site (${zoneName(Date.now() * 1000, zone)})`}><Clock aria-hidden="true" />{utc ? "Hide UTC" : "Show UTC"}</button>
        </div>
        {children}
      </div>
    </clocks.Provider>
  );
}

/** A page of records for somebody whose role does not open it: who can. */
export function Closed({ what }: { what: string }) {
  return (
    <>
      <h1>{what}</h1>
      <div className="card">
        <p>Your role does not open this page. The library director can give you the role that does.</p>
        <p>Anybody on the staff can <Link to="/requests/new">log a request</Link> that reached them.</p>
      </div>
    </>
  );
}
