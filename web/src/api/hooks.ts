// What screens ask the server for, as queries and acts.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect } from "react";
import { call, isRefusal, onSignedOut, query, setCSRF } from "./client";
import type { Camera, Session, Site, Timeline, Viewing } from "./types";

export const useSite = () => useQuery({ queryKey: ["site"], queryFn: () => call<Site>("GET", "/site"), staleTime: Infinity });

const thrownOut = ["thrown-out"];

/** Whether the sign-in ended although nobody asked for it here. */
export const useThrownOut = () => useQuery({ queryKey: thrownOut, queryFn: () => false, initialData: false, staleTime: Infinity }).data;

/** The session, or null when nobody is signed in. */
export function useSession() {
  const client = useQueryClient();
  useEffect(() => onSignedOut(() => {
    const before = client.getQueryData<Session | null>(["session"]);
    if (before) client.setQueryData(thrownOut, true);
    if (before !== null) client.setQueryData(["session"], null);
  }), [client]);
  return useQuery({ queryKey: ["session"], queryFn: fetchSession, staleTime: 60_000, refetchInterval: 60_000 });
}

async function fetchSession(): Promise<Session | null> {
  try {
    const session = await call<Session>("GET", "/session");
    setCSRF(session.csrf);
    return session;
  } catch (cause) {
    if (isRefusal(cause, 401)) return null;
    throw cause;
  }
}

/** Takes a session that an act answered with. */
export function useTakeSession() {
  const client = useQueryClient();
  return (session: Session | null) => {
    client.setQueryData(thrownOut, false);
    if (session) setCSRF(session.csrf);
    else client.removeQueries({ predicate: (q) => !["site", "session", thrownOut[0]].includes(q.queryKey[0] as string) });
    client.setQueryData(["session"], session);
  };
}

/** Ends the sign-in in this page as if the server had: the next page says so. */
export function useThrowOut() {
  const client = useQueryClient();
  return useCallback(() => {
    client.removeQueries({ predicate: (q) => !["site", "session", thrownOut[0]].includes(q.queryKey[0] as string) });
    client.setQueryData(thrownOut, true);
    client.setQueryData(["session"], null);
  }, [client]);
}

export const useCameras = () =>
  useQuery({
    queryKey: ["cameras"],
    queryFn: async () => (await call<{ cameras: Camera[] }>("GET", "/cameras")).cameras,
    refetchInterval: 15_000,
  });

export const useTimeline = (cameras: string[], from: number, to: number, stepMS: number) =>
  useQuery({
    queryKey: ["timeline", cameras, from, to, stepMS],
    queryFn: () =>
      call<Timeline>("GET", "/timeline" + query({ from: iso(from), to: iso(to), camera: cameras, step_ms: stepMS })),
    enabled: cameras.length > 0,
    refetchInterval: 30_000,
    placeholderData: (before) => before,
  });

/** A viewing. While it is open it is looked at often: footage in the browser must leave the screen soon after it ended. */
export const useViewing = (id: string | undefined) =>
  useQuery({
    queryKey: ["viewing", id],
    queryFn: () => call<Viewing>("GET", `/viewings/${id}`),
    enabled: id !== undefined,
    refetchInterval: (q) => (q.state.error || q.state.data?.closed_at ? 20_000 : 2500),
  });

const iso = (us: number): string => new Date(us / 1000).toISOString();
