// The shapes of the HTTP API as the application uses them: names of its own for what is generated from openapi.json
// (npm run types), which a test holds to what the server says. Nothing else in the application names a shape of the wire.
import type { components } from "./schema";

type Shapes = components["schemas"];

/** A problem document (RFC 9457), or what the application says itself when no answer came. */
export type Problem = Pick<Shapes["Problem"], "status" | "title"> & Partial<Shapes["Problem"]>;
export type Site = Shapes["Site"];
export type Session = Shapes["Session"];
export type OpenSession = Shapes["OpenSession"];
export type Passkey = Shapes["Passkey"];
export type Staff = Shapes["StaffMember"];
export type Camera = Shapes["Camera"];
export type Gap = Shapes["Gap"];
export type Restriction = Shapes["RestrictedStroke"];

/** First and last instant, in microseconds; the document cannot say that there are two. */
type Pair = [number, number];
type Pairs = { recorded: Pair[]; holds: Pair[]; releases: Pair[] };
export type TimelineCamera = Omit<Shapes["TimelineCamera"], keyof Pairs> & Pairs;
export type Timeline = Omit<Shapes["Timeline"], "cameras"> & { cameras: TimelineCamera[] };

export type ViewingCamera = Shapes["ViewingCamera"];
export type Viewing = Shapes["Viewing"];
export type Basis = Viewing["basis"];
export type NewViewing = Shapes["ViewingOpenInBody"];
export type Run = Shapes["IndexRun"];
export type Part = Shapes["IndexPart"];
export type Index = Shapes["Index"];
