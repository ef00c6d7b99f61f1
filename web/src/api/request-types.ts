// The shapes of requests, holds, packages and disposals: names of the application's own for what is generated from openapi.json,
// narrowed where the document says less than the server does.
import type { components } from "./schema";

type Shapes = components["schemas"];

export type Ref = Shapes["PersonRef"];
export type RequestSummary = Shapes["RequestSummary"];
export type Kind = RequestSummary["kind"];
export type State = RequestSummary["state"];
export type Channel = Shapes["RequestLogInBody"]["channel"];
export type Closing = "released" | "part-released" | "denied" | "inspected" | "no-record" | "withdrawn" | "abandoned" | "misdirected";
export type Due = Shapes["Due"];
export type Clock = Shapes["Clock"];

/** First and last instant, in microseconds; the document cannot say that there are two. */
export type Pair = [from: number, to: number];
type Spans = { recorded: Pair[]; disposed: Pair[] };
type Inventory = Omit<Shapes["Inventory"], keyof Spans> & Spans;
type Preview = Omit<Shapes["ItemPreview"], "original" | "widened"> & { original: Pair[]; widened?: Pair };
export type Item = Omit<Shapes["Item"], "inventory" | "preview"> & { inventory?: Inventory; preview?: Preview };
export type Outcome = Shapes["ItemOutcome"]["outcome"];
/** An outcome as it is proposed or decided for one item. */
export type Ruling = Shapes["RulingIn"];

export type Request = Omit<Shapes["Request"], "items"> & { items: Item[] };
export type Attachment = Shapes["Attachment"];
export type Hold = Shapes["Hold"];
export type Package = Shapes["Package"];
export type PackageState = Package["state"];
export type PackageReport = Shapes["PackageReport"];
export type Delivery = Shapes["Delivery"];
export type Recalled = Shapes["Recalled"];
export type Logged = Shapes["Logged"];
export type NewRequest = Shapes["RequestLogInBody"];
export type StoryEntry = Shapes["StoryEntry"];
export type Citation = Shapes["Citation"];
export type Agency = Shapes["Agency"];
export type Schedule = Shapes["Schedule"];
export type Retention = Shapes["Retention"];
export type DryRun = Shapes["DryRun"];
export type Disposition = Shapes["Disposition"];
export type RequestFile = Shapes["RequestFile"];
export type RequestFiles = Shapes["RequestFiles"];
export type Tombstone = Shapes["Tombstone"];
export type LocalTimes = Shapes["LocalTimes"];
