import { createRootRoute, createRoute, createRouter, Link, Navigate } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useSession } from "./api/hooks";
import { Account } from "./screens/Account";
import { History } from "./screens/History";
import { Join } from "./screens/Join";
import { Setup } from "./screens/Setup";
import { SignIn } from "./screens/SignIn";
import { Failure, Loading } from "./ui/parts";
import { Shell } from "./ui/Shell";

const Watch = lazy(() => import("./screens/Watch"));
const LiveWall = lazy(() => import("./screens/LiveWall"));
const Today = lazy(() => import("./requests/Today"));
const Requests = lazy(() => import("./requests/Requests"));
const New = lazy(() => import("./requests/New"));
const Request = lazy(() => import("./requests/Request"));
const Agencies = lazy(() => import("./requests/Agencies"));
const Holds = lazy(() => import("./requests/Holds"));
const Retention = lazy(() => import("./requests/Retention"));

const later = (page: React.ReactNode, what: string) => <Suspense fallback={<div className="page"><Loading what={what} /></div>}>{page}</Suspense>;

const root = createRootRoute({
  component: Shell,
  errorComponent: ({ error, reset }) => <div className="page"><Failure error={error} again={reset} /></div>,
  notFoundComponent: () => (
    <div className="page narrow"><h1>There is no such page</h1><div><Link className="btn" to="/">To the start</Link></div></div>
  ),
});

/** The start: what needs those who work on requests; others are led to what they may do: footage, live, or their account. */
function Home() {
  const session = useSession().data;
  if (session?.stage !== "full") return null; // on the way to signing in: the frame leads there, and one guide is enough
  const { may } = session;
  if (may.includes("request.prepare") || may.includes("request.decide")) return later(<Today />, "what needs you");
  return <Navigate to={may.includes("footage.read") ? "/watch" : may.includes("footage.live") ? "/live" : "/account"} replace />;
}

/** What the footage screen's address holds: the viewing, the cameras, the day and the moment. */
export interface WatchSearch {
  viewing?: string;
  cameras?: string[];
  day?: string;
  at?: number;
  /** The number of the request that the look is for, to begin with. */
  for?: string;
  /** The marked span, in microseconds. */
  mark?: [number, number];
}

const word = (v: unknown): string | undefined => (typeof v === "string" && v !== "" && v.length < 200 ? v : undefined);
const words = (v: unknown): string[] | undefined => (Array.isArray(v) ? v.flatMap((w) => word(w) ?? []).slice(0, 4) : undefined);

const instant = (v: unknown): v is number => Number.isSafeInteger(v);
const pair = (v: unknown): [number, number] | undefined => {
  const [from, to] = Array.isArray(v) ? (v as unknown[]) : [];
  return instant(from) && instant(to) && from < to ? [from, to] : undefined;
};

const routes = [
  createRoute({ getParentRoute: () => root, path: "/", component: Home }),
  createRoute({ getParentRoute: () => root, path: "/sign-in", component: SignIn, validateSearch: (s: Record<string, unknown>): { next?: string } => ({ next: word(s.next) }) }),
  createRoute({ getParentRoute: () => root, path: "/join", component: Join }),
  createRoute({ getParentRoute: () => root, path: "/setup", component: Setup }),
  createRoute({ getParentRoute: () => root, path: "/history", component: History }),
  createRoute({ getParentRoute: () => root, path: "/account", component: Account }),
  createRoute({
    getParentRoute: () => root, path: "/watch", component: () => later(<Watch />, "the viewer"),
    validateSearch: (s: Record<string, unknown>): WatchSearch => ({
      viewing: word(s.viewing), cameras: words(s.cameras), day: word(s.day), at: instant(s.at) ? s.at : undefined,
      for: word(s.for), mark: pair(s.mark),
    }),
  }),
  createRoute({
    getParentRoute: () => root, path: "/live", component: () => later(<LiveWall />, "live pictures"),
    validateSearch: (s: Record<string, unknown>): { viewing?: string; cameras?: string[] } => ({ viewing: word(s.viewing), cameras: words(s.cameras) }),
  }),
  createRoute({
    getParentRoute: () => root, path: "/requests", component: () => later(<Requests />, "the requests"),
    validateSearch: (s: Record<string, unknown>): { show?: "all" } => ({ show: s.show === "all" ? "all" : undefined }),
  }),
  createRoute({ getParentRoute: () => root, path: "/requests/new", component: () => later(<New />, "the form") }),
  createRoute({ getParentRoute: () => root, path: "/requests/agencies", component: () => later(<Agencies />, "the directory") }),
  createRoute({ getParentRoute: () => root, path: "/requests/$id", component: () => later(<Request />, "the request") }),
  createRoute({ getParentRoute: () => root, path: "/holds", component: () => later(<Holds />, "the holds") }),
  createRoute({ getParentRoute: () => root, path: "/dispositions", component: () => later(<Retention />, "the schedules") }),
];

export const router = createRouter({ routeTree: root.addChildren(routes), defaultPreload: false, scrollRestoration: false });

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
