import { Link, Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { Archive, Clapperboard, FilePlus2, History, Inbox, LogOut, Moon, Sun, User, Video } from "lucide-react";
import { useEffect, useState } from "react";
import { call } from "../api/client";
import { useSession, useSite, useTakeSession } from "../api/hooks";
import { useRequests } from "../api/requests";
import type { Session } from "../api/types";
import { needsYou } from "../requests/words";
import { length, parse, shortClock } from "../time/zone";
import { Absence } from "./Absence";
import { Failure, Loading, Notice, useNow } from "./parts";
import { setTheme, theme } from "./theme";

function Mark() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="2.25" strokeLinecap="round" aria-hidden="true">
      <path d="M4 4v16M9 7v13M14 7v13M17 8l4 12" />
    </svg>
  );
}

function ThemeButton() {
  const [now, set] = useState(theme());
  const other = now === "dark" ? "light" : "dark";
  return (
    <button className="btn icon" aria-label={`Use ${other} colours`} title={`Use ${other} colours`} onClick={() => { setTheme(other); set(other); }}>
      {other === "dark" ? <Moon aria-hidden="true" /> : <Sun aria-hidden="true" />}
    </button>
  );
}

/** The page's frame: who we are, where to go, who is signed in and until when. */
export function Shell() {
  const site = useSite();
  const session = useSession();
  return (
    <div className="shell">
      <div>
        <a className="btn skip" href="#main">Skip to the content</a>
        <header className="top">
          <Link to="/" className="site"><Mark /><span><b>{site.data?.name ?? "Camera records"}</b><span>Camera records</span></span></Link>
          {session.data?.stage === "full" && <Nav session={session.data} />}
          <div className="me"><ThemeButton />{session.data && <Me session={session.data} />}</div>
        </header>
      </div>
      <section aria-label="State of the site">
        {site.data?.demo && <p className="demo">For trying out: only this machine can reach these pages.</p>}
        {session.data && <Expiry session={session.data} zone={site.data?.zone ?? "UTC"} />}
        {session.data && <Absence />}
      </section>
      <main id="main" tabIndex={-1}><Guarded /></main>
    </div>
  );
}

function Nav({ session }: { session: Session }) {
  const may = (act: string) => session.may.includes(act);
  return (
    <nav className="nav" aria-label="Main">
      {may("footage.live") && <Link to="/live"><Video className="ico" aria-hidden="true" />Live</Link>}
      {may("footage.read") && <Link to="/watch"><Clapperboard className="ico" aria-hidden="true" />Footage</Link>}
      {may("request.view") ? <ToRequests may={session.may} /> : may("request.log") && <Link to="/requests/new"><FilePlus2 className="ico" aria-hidden="true" />Log a request</Link>}
      {may("retention.view") && !may("request.view") && <Link to="/dispositions"><Archive className="ico" aria-hidden="true" />Retention</Link>}
      {may("audit.own") && <Link to="/history"><History className="ico" aria-hidden="true" />My viewing</Link>}
    </nav>
  );
}

/** Requests, with how many of them need this person. */
function ToRequests({ may }: { may: string[] }) {
  const n = useRequests(true).data?.filter((r) => needsYou(r, may)).length ?? 0;
  return <Link to="/requests"><Inbox className="ico" aria-hidden="true" />Requests{n > 0 && <span className="badge">{n}<span className="vh"> need you</span></span>}</Link>;
}

function Me({ session }: { session: Session }) {
  const take = useTakeSession();
  const leave = async () => {
    await call("DELETE", "/session").catch(() => undefined);
    take(null);
  };
  return (
    <>
      <Link to="/account" className="btn"><User aria-hidden="true" /><span className="label">{session.staff.name}</span>{session.staff.bundle && <span className="muted role">{session.staff.bundle}</span>}</Link>
      <button className="btn" onClick={() => void leave()}><LogOut aria-hidden="true" /><span className="label">Sign out</span></button>
    </>
  );
}

/** Says in time that the session is about to end, and how to keep it where it can be kept. */
function Expiry({ session, zone }: { session: Session; zone: string }) {
  const now = useNow(5000);
  const take = useTakeSession();
  const ends = Math.min(parse(session.idle_at), parse(session.expires_at));
  if (ends - now > 3 * 60_000_000) return null;
  const whole = parse(session.expires_at) <= parse(session.idle_at);
  return (
    <Notice tone="warn" title={ends > now ? `You will be signed out in ${length(ends - now)}, at ${shortClock(ends, zone)}.` : "Your sign-in has ended."}>
      {whole ? <p>Sign in again to go on.</p> : <button className="btn" onClick={() => void call<Session>("POST", "/session/refresh").then(take, () => take(null))}>Stay signed in</button>}
    </Notice>
  );
}

const open = ["/sign-in", "/join"];

/** Leads to the step that comes first: signing in, the second factor, the policy. */
function Guarded() {
  const session = useSession();
  const { pathname, href } = useLocation();
  const go = useNavigate();
  const free = open.includes(pathname);
  const stage = session.data?.stage;
  const to = session.data === null && !free ? "/sign-in" : stage && stage !== "full" && pathname !== "/setup" && pathname !== "/join" ? "/setup" : undefined;
  useEffect(() => {
    if (to === "/sign-in") void go({ to, search: { next: pathname === "/" ? undefined : href }, replace: true });
    else if (to) void go({ to, replace: true });
  }, [to, go, href, pathname]);
  if (free) return <Outlet />;
  if (session.isPending || to) return <div className="page"><Loading what="your session" /></div>;
  if (session.error) return <div className="page"><Failure error={session.error} again={() => void session.refetch()} /></div>;
  return <Outlet />;
}
