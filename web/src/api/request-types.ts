// The shapes of requests, holds, packages and disposals as the application uses them.

export interface Ref {
  id: string;
  name: string;
}

export type Kind = "open-records" | "law-enforcement";
export type State = "received" | "clarify" | "misdirected" | "scoped" | "proposed" | "decided" | "available" | "delivered" | "closed" | "disposed";
export type Stage = "scoped" | "proposed" | "decided" | "ended";
export type Outcome = "grant" | "inspect-only" | "deny" | "no-record";
export type Channel = "in-person" | "telephone" | "e-mail" | "letter" | "other";
export type Closing = "released" | "part-released" | "denied" | "inspected" | "no-record" | "withdrawn" | "abandoned" | "misdirected";

/** One day of a clock's arithmetic: what it counted for, and why it counted for nothing. */
export interface ClockStep {
  day: string;
  counted: number;
  why?: string;
}

export interface Clock {
  name: string;
  at: string;
  passed: boolean;
  steps: ClockStep[];
}

export interface Due {
  name: string;
  at: string;
  left_business_days: number;
  overdue: boolean;
  clocks: Clock[];
}

export interface RequestSummary {
  id: string;
  number: string;
  kind: Kind;
  state: State;
  title: string;
  received_at: string;
  logged_at: string;
  due?: Due;
  cameras: Ref[];
  closing?: Closing;
}

export interface Requester {
  name: string;
  contact: string;
}

export interface Officer {
  agency: string;
  name: string;
  badge: string;
  case: string;
  offence: string;
  at_site: boolean;
}

export interface Asked {
  cameras: string[];
  from?: string;
  to?: string;
}

export interface CallBack {
  agency_id: string;
  agency: string;
  number: string;
  reached: boolean;
  spoke: string;
  by: Ref;
  at: string;
}

export interface Proposal {
  outcome: Outcome;
  citation?: string;
  reason?: string;
  by: Ref;
  at: string;
}

export interface Decision extends Proposal {
  lapses_at?: string;
  lapsed?: boolean;
}

export type Pair = [from: number, to: number];

export interface Inventory {
  recorded: Pair[];
  gaps: { start_us: number; end_us: number | null; cause: string; detail?: string }[];
  disposed: Pair[];
  restricted: { start_us: number; end_us: number; kind: string }[];
}

export interface Preview {
  original: Pair[];
  left_out: { from_us: number; to_us: number; units: number; reason: string }[];
  widened?: Pair;
  /** Some of it is being recorded still: the package is made when it is stored. */
  waits: boolean;
}

export interface Item {
  id: string;
  place: number;
  number: string;
  camera: Ref & { class: string };
  from: string;
  to: string;
  from_us: number;
  to_us: number;
  stage: Stage;
  proposal?: Proposal;
  decision?: Decision;
  inventory?: Inventory;
  earlier?: { number: string; from_us: number; to_us: number; outcome: string }[];
  preview?: Preview;
  possible?: { outcome: Outcome; why_not?: string }[];
}

export interface Attachment {
  id: string;
  name: string;
  size: number;
  sha256: string;
  by: Ref;
  at: string;
}

export interface Loss {
  camera: Ref;
  from: string;
  to: string;
  disposition?: string;
  cause: string;
}

export interface Hold {
  id: string;
  request?: string;
  number?: string;
  camera?: Ref;
  from: string;
  to: string;
  reason: string;
  placed_at: string;
  by?: string;
  review_at: string;
  lapses_at?: string;
  verified_at?: string;
  objects: number;
  lost: Loss[];
  lift?: { by: Ref; why: string };
  lifted_at?: string;
  standing: boolean;
  version: number;
}

export type PackageState = "building" | "ready" | "failed" | "recalled" | "replaced";

export interface PackageFile {
  path: string;
  size: number;
  sha256: string;
}

export interface Package {
  id: string;
  number: string;
  state: PackageState;
  why?: string;
  begun_at: string;
  made_at?: string;
  done: number;
  total: number;
  size: number;
  digest?: string;
  digest_groups?: string;
  verdict?: string;
  verdict_text?: string;
  items: string[];
  files: PackageFile[];
  findings: { weight: string; text: string }[];
}

export interface Delivery {
  id: string;
  package: string;
  package_number: string;
  digest: string;
  way: "folder" | "disc";
  recipient: string;
  agency?: string;
  badge?: string;
  by_code: boolean;
  by: Ref;
  at: string;
  signed_at?: string;
  signed_by?: string;
  recalled_at?: string;
}

export interface Note {
  by: Ref;
  at: string;
  text: string;
}

/** What comes next: the act, its sentence, and who does it. */
export interface Next {
  act: string;
  text: string;
  who: string;
}

export interface Request extends RequestSummary {
  channel: Channel;
  text: string;
  oral: boolean;
  read_back: boolean;
  inspect: boolean;
  requester: Requester;
  officer: Officer;
  asked: Asked;
  concerned: Ref[];
  logged_by: Ref;
  call_back?: CallBack;
  pick_up: string;
  items: Item[];
  attachments: Attachment[];
  holds: Hold[];
  packages: Package[];
  deliveries: Delivery[];
  notes: Note[];
  why?: string;
  version: number;
  can: string[];
  next: Next;
}

/** What logging answers with. */
export interface Logged {
  id: string;
  number: string;
  pick_up: string;
  acknowledgement: string;
  holds: Hold[];
  can_view: boolean;
}

export interface NewRequest {
  kind: Kind;
  channel: Channel;
  received: string;
  received_why?: string;
  text: string;
  oral?: boolean;
  read_back?: boolean;
  inspect?: boolean;
  requester?: Partial<Requester>;
  officer?: Partial<Officer>;
  asked: Asked;
  concerned?: string[];
}

/** An outcome as it is proposed or decided for one item. */
export interface Ruling {
  item: string;
  outcome: Outcome;
  citation?: string;
  reason?: string;
}

export interface StoryEntry {
  at: string;
  act: string;
  by: string;
  text: string;
  event: string;
}

export interface Citation {
  code: string;
  text: string;
}

export interface Agency {
  id: string;
  name: string;
  phone: string;
  source: string;
  version: number;
}

export interface Schedule {
  camera?: Ref;
  class?: string;
  at_least_days: number;
  at_most_days: number;
  version: number;
}

export interface Retention {
  /** What people set. */
  schedules: Schedule[];
  /** What holds for each camera. */
  cameras: Schedule[];
  free_bytes: number;
  total_bytes: number;
}

export interface DryRun {
  cameras: { camera: Ref; segments: number; bytes: number; from?: string; to?: string; held_segments: number; holds: string[] }[];
}

export interface Disposition {
  id: string;
  camera: Ref;
  from: string;
  to: string;
  segments: number;
  bytes: number;
  why: string;
  at: string;
  purged_at?: string;
  final_at: string;
}

export interface LocalInstant {
  at: string;
  at_us: number;
  label: string;
}

/** The instants at which the site's clock shows a local time: two in the hour that comes twice, none in the one left out. */
export interface LocalTimes {
  local: string;
  instants: LocalInstant[];
  nearest?: LocalInstant;
}
