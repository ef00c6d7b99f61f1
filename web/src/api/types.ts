// The shapes of the HTTP API as the application uses them. Where openapi.json is committed these names become
// aliases of the generated ones (npm run types); nothing else in the application names a shape of the wire.

/** A problem document (RFC 9457). */
export interface Problem {
  title: string;
  status: number;
  detail?: string;
  kind?: string;
  request_id?: string;
  /** Credentials must be given again (POST /session/confirm) before the act is tried once more. */
  confirm?: boolean;
  errors?: { location?: string; message: string }[] | null;
}

export interface Site {
  name: string;
  zone: string;
  demo: boolean;
  second_factor: "required" | "optional";
  passkeys: boolean;
  policy_version: string;
}

export interface Session {
  id: string;
  stage: "enrol" | "acknowledge" | "full";
  staff: { id: string; login: string; name: string; roles: string[]; bundle?: string };
  csrf: string;
  opened_at: string;
  expires_at: string;
  idle_at: string;
  fresh_at: string;
  may: string[];
  second_factor: { totp: boolean; passkeys: number; codes: number };
  policy: { version: string; text: string; acknowledged_at?: string };
}

export interface OpenSession {
  id: string;
  opened_at: string;
  seen_at: string;
  address: string;
  method: string;
  current: boolean;
}

export interface Passkey {
  id: string;
  label: string;
  added_at: string;
  used_at?: string;
}

export interface Camera {
  id: string;
  name: string;
  place: string;
  class: string;
  state: "recording" | "gap" | "disabled" | "removed";
  since?: string;
  cause?: string;
  detail?: string;
  clock_offset_us?: number;
  last_at?: string;
  live: boolean;
  streams: { role: "main" | "sub"; codec?: string; width?: number; height?: number }[];
  may: string[];
}

export interface Gap {
  start_us: number;
  end_us: number | null;
  cause: string;
  detail?: string;
}

export interface Restriction {
  start_us: number;
  end_us: number;
  kind: string;
}

export interface TimelineCamera {
  id: string;
  recorded: [number, number][];
  gaps: Gap[];
  restrictions: Restriction[];
  holds: [number, number][];
  releases: [number, number][];
  activity: number[];
  retained_from_us?: number;
}

export interface Timeline {
  from_us: number;
  to_us: number;
  step_ms: number;
  cameras: TimelineCamera[];
}

export type Basis = "incident" | "request" | "reason";

export interface ViewingCamera {
  id: string;
  name: string;
  granted: { from: string; to: string } | null;
  refused?: { status: number; detail: string; who_can_grant?: string };
}

export interface Viewing {
  id: string;
  basis: Basis;
  reference?: string;
  text: string;
  live: boolean;
  from: string;
  to: string;
  opened_at: string;
  expires_at: string;
  closed_at?: string;
  why?: string;
  cameras: ViewingCamera[];
}

export interface NewViewing {
  basis: Basis;
  reference?: string;
  text: string;
  cameras: string[];
  live?: boolean;
  from?: string;
  to?: string;
  minutes?: number;
}

export interface Run {
  id: string;
  init: string;
  width: number;
  height: number;
  timescale: number;
}

export interface Part {
  segment: string;
  first: number;
  last: number;
  run: string;
  start_us: number;
  end_us: number;
  media: string;
  base_ticks: number;
  samples: { pts_ticks: number[]; wall_us: number[] };
  growing: boolean;
}

export interface Index {
  stream: "main" | "sub";
  codec: string;
  playable: boolean;
  runs: Run[];
  parts: Part[];
  gaps: Gap[];
  restricted: Restriction[];
}
