// What the screens of requests, holds and disposals ask the server for.
import { useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { call, query } from "./client";
import type { Agency, Citation, Disposition, DryRun, Hold, Item, LocalTimes, Package, Request, RequestFiles, RequestSummary, Retention, StoryEntry } from "./request-types";
import type { Staff } from "./types";

const every = 15_000;

export const useRequests = (open: boolean, enabled = true) =>
  useQuery({
    queryKey: ["requests", open],
    queryFn: async () => (await call<{ requests: RequestSummary[] }>("GET", "/requests" + query({ open: open ? "true" : undefined, limit: 200 }))).requests,
    refetchInterval: every,
    enabled,
  });

/** One request. While a package of it is being made it is asked for often. */
export const useRequest = (id: string) =>
  useQuery({
    queryKey: ["request", id],
    queryFn: () => call<Request>("GET", `/requests/${id}`),
    refetchInterval: (q) => (q.state.data?.packages.some((p) => p.state === "building") || q.state.data?.state === "decided" ? 2000 : every),
  });

/** Takes a request that a change answered with; what hangs on it is asked for anew. */
export function useTakeRequest() {
  const client = useQueryClient();
  return (made: Request) => {
    client.setQueryData(["request", made.id], made);
    again(client, made.id);
  };
}

/** Asks anew for all that hangs on a request. */
export function useAgain(id: string) {
  const client = useQueryClient();
  return async () => {
    again(client, id);
    await client.invalidateQueries({ queryKey: ["request", id] });
  };
}

function again(client: QueryClient, id: string): void {
  for (const queryKey of [["requests"], ["story", id], ["item", id], ["holds"]]) void client.invalidateQueries({ queryKey });
}

/** An item with what is there of it: recordings, gaps, earlier releases, and what a package would hold. */
export const useItem = (request: string, item: Item) =>
  useQuery({
    queryKey: ["item", request, item.id, item.from_us, item.to_us],
    queryFn: () => call<Item>("GET", `/requests/${request}/items/${item.id}/preview`),
    staleTime: 30_000,
  });

export const usePackage = (known: Package) =>
  useQuery({
    queryKey: ["package", known.id, known.state, known.begun_at],
    queryFn: () => call<Package>("GET", `/packages/${known.id}`),
    initialData: known,
    refetchInterval: (q) => (q.state.data?.state === "building" ? 1500 : false),
  });

export const useStory = (request: string) =>
  useQuery({ queryKey: ["story", request], queryFn: async () => (await call<{ entries: StoryEntry[] }>("GET", `/requests/${request}/story`)).entries });

export const useCitations = () =>
  useQuery({ queryKey: ["citations"], queryFn: async () => (await call<{ citations: Citation[] }>("GET", "/citations")).citations, staleTime: Infinity });

export const useAgencies = () =>
  useQuery({ queryKey: ["agencies"], queryFn: async () => (await call<{ agencies: Agency[] }>("GET", "/agencies")).agencies });

/** The members of staff, for those who may see them. */
export const useStaff = (enabled: boolean) =>
  useQuery({ queryKey: ["staff"], queryFn: async () => (await call<{ staff: Staff[] }>("GET", "/staff")).staff, enabled });

export const useHolds = (standing: boolean, enabled = true) =>
  useQuery({
    queryKey: ["holds", standing],
    queryFn: async () => (await call<{ holds: Hold[] }>("GET", "/holds" + query({ standing: standing ? "true" : undefined }))).holds,
    refetchInterval: every,
    enabled,
  });

/** Files of closed requests whose time is over. */
export const useRequestFiles = () => useQuery({ queryKey: ["request-files"], queryFn: () => call<RequestFiles>("GET", "/request-files") });

export const useRetention = () => useQuery({ queryKey: ["retention"], queryFn: () => call<Retention>("GET", "/retention") });

export const useDryRun = (enabled: boolean) =>
  useQuery({ queryKey: ["dry-run"], queryFn: () => call<DryRun>("GET", "/retention/dry-run"), enabled, staleTime: 0 });

export const useDispositions = (from: string, to: string) =>
  useQuery({
    queryKey: ["dispositions", from, to],
    queryFn: async () => (await call<{ dispositions: Disposition[] }>("GET", "/dispositions" + query({ from, to }))).dispositions,
  });

/** The instants of a local time of the site ("2026-11-01T01:30:00"), as the server's own calendar of zones has them. */
export const localTimes = (client: QueryClient, local: string): Promise<LocalTimes> =>
  client.fetchQuery({ queryKey: localKey(local), queryFn: () => fetchLocal(local), staleTime: Infinity });

export const useLocalTimes = (local: string | undefined) =>
  useQuery({ queryKey: localKey(local), queryFn: () => fetchLocal(local!), enabled: local !== undefined, staleTime: Infinity });

const localKey = (local: string | undefined) => ["local-times", local];
const fetchLocal = (local: string) => call<LocalTimes>("GET", "/local-times" + query({ at: local }));
