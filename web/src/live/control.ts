// How live pictures stay close behind the camera. Pure.

/** What the player should do now. */
export type Steer = { kind: "rate"; rate: number } | { kind: "jump"; to: number };

/** Seconds of pictures that should lie ahead of the one shown: less stalls, more is latency. */
export const target = 0.2;
const nudge = 0.45;
const leap = 1.2;

/**
 * Chooses from the media time shown and the newest buffered, in seconds. Above the leap it jumps, a little late it
 * plays faster, close behind it lets the buffer fill again.
 */
export function steer(shown: number, newest: number, rate: number): Steer {
  const behind = newest - shown;
  if (behind > leap || behind < 0) return { kind: "jump", to: Math.max(0, newest - target) };
  if (behind > nudge) return { kind: "rate", rate: behind > 0.8 ? 1.25 : 1.1 };
  if (behind < target / 2) return { kind: "rate", rate: 0.95 };
  const faster = rate > 1 && behind > target + 0.05;
  return { kind: "rate", rate: faster ? rate : 1 };
}

/** Milliseconds to wait before the next attempt to connect, after so many failed ones; never above 10 s. */
export const backoff = (failures: number): number => Math.min(10_000, 500 * 2 ** Math.max(0, failures - 1));

/** What the end of a live connection means. */
export type Ending = { final: true; title: string } | { final: false };

/** Whether to connect again: not when the server has decided. */
export function ending(status: number): Ending {
  if (status === 401 || status === 4401) return { final: true, title: "Your access has ended" };
  if (status === 403 || status === 4403) return { final: true, title: "Live pictures are closed to you" };
  if (status === 404) return { final: true, title: "There is no such camera" };
  return { final: false };
}
