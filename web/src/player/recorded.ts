// One camera's recorded footage in one video element. A time is shown only when the picture on the screen is the table's:
// requestVideoFrameCallback names the media time that was painted, and the table names its wall time, or nothing is said.
import { Refusal } from "../api/client";
import type { Index, Problem } from "../api/types";
import { Buffer, Unplayable, type Bytes } from "./buffer";
import { frameNear, frameOf, Table, type Frame, type Island, type Place } from "./table";

const minute = 60_000_000;
const reach = 5 * minute; // index asked for on either side of a wanted instant
const lead = 12; // seconds kept buffered ahead while playing
const pace = 2000; // milliseconds between two questions for more of the index while playing
const patience = 1500; // milliseconds to wait for the wanted picture before saying that it did not come

/** Where a camera's footage comes from. */
export interface Footage extends Bytes {
  index(from: number, to: number, signal: AbortSignal): Promise<Index>;
  /** Whether parts carry an init section of their own (a converted copy). */
  selfContained: boolean;
}

export type State = "idle" | "loading" | "paused" | "playing" | "gap" | "restricted" | "unplayable" | "mismatch" | "error";

/** What there is to show of a camera now. */
export interface View {
  state: State;
  /** Wall time of the picture on the screen, or of the gap's place; undefined while it is not certain. */
  wall?: number;
  place?: Place;
  /** Where footage goes on after a gap or a restriction. */
  next?: number;
  /** The last picture before a gap or a restriction. */
  previous?: number;
  problem?: Problem;
  codec?: string;
  stalled?: boolean;
}

/** The player of one camera. Not for two videos at once. */
export class Recorded {
  view: View = { state: "idle" };
  readonly table = new Table();
  private buffer: Buffer | undefined;
  private wanted: Frame | undefined;
  private landed = false; // the wanted picture was painted; until then other ones may pass by
  private painted: { island: Island; time: number } | undefined;
  private going = false;
  private rate = 1;
  private act = 0; // number of the latest seek; an older one that finishes later is forgotten
  private readonly over = new AbortController();
  private frameCall = 0;
  private waiters: (() => void)[] = [];

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly footage: Footage,
    private readonly span: [number, number],
    private readonly changed: (view: View) => void,
  ) {
    video.muted = true;
    this.listen();
    const signal = this.over.signal;
    video.addEventListener("waiting", () => this.show({ ...this.view, stalled: this.going }), { signal });
    video.addEventListener("playing", () => this.show({ ...this.view, stalled: false }), { signal });
    video.addEventListener("seeked", () => this.wake(), { signal }); // the picture may be painted before the seek ends
    video.addEventListener("ended", () => this.leave(), { signal });
  }

  close(): void {
    this.act++;
    this.over.abort();
    this.video.cancelVideoFrameCallback(this.frameCall);
    this.drop();
  }

  /** Shows the picture that stood at an instant, or says why there is none. */
  async seek(wall: number): Promise<void> {
    const act = ++this.act;
    this.show({ state: "loading", wall: undefined, place: this.view.place });
    await this.guard(act, async () => {
      const place = await this.placeAt(wall);
      if (act !== this.act) return;
      if (place.kind !== "frame") return this.rest(place, wall);
      await this.paint(act, place.frame);
    });
  }

  /** One picture on or back. Beyond the island's edge it lands in the gap, and from a gap on the footage behind it. */
  async step(by: 1 | -1): Promise<void> {
    this.pause();
    const from = this.wanted;
    if (this.view.state === "gap" || this.view.state === "restricted" || !from) return this.cross(by);
    const known = this.table.at(from.wall);
    const next = this.table.neighbour(known.kind === "frame" ? known.frame : from, by);
    if (!next) return this.seek(by > 0 ? from.island.end + 1 : from.island.start - 1);
    const act = ++this.act;
    await this.guard(act, () => this.paint(act, next));
  }

  /** To where footage goes on (or ended) beyond the gap at the present place. */
  async cross(by: 1 | -1): Promise<void> {
    const at = this.view.wall ?? this.wanted?.wall;
    if (at === undefined) return;
    const to = by > 0 ? (this.table.islandAfter(at)?.start ?? this.view.next) : lastWall(this.table.islandBefore(at));
    if (to !== undefined) await this.seek(to);
  }

  play(rate = 1): void {
    this.going = true;
    this.rate = rate;
    this.video.playbackRate = rate;
    if (this.view.state === "paused" || this.view.state === "playing") this.start();
  }

  pause(): void {
    this.going = false;
    this.video.pause();
    if (this.view.state === "playing") this.show({ ...this.view, state: "paused", stalled: false });
  }

  /** A little faster or slower than its rate, to keep with the other cameras. */
  nudge(factor: number): void {
    this.video.playbackRate = this.rate * factor;
  }

  private start(): void {
    this.show({ ...this.view, state: "playing" });
    this.video.play().catch(() => {
      if (this.going && !this.over.signal.aborted) this.pause();
    });
    void this.feed();
  }

  private async placeAt(wall: number): Promise<Place> {
    const known = this.table.at(wall);
    if (known.kind === "frame" && this.table.knows(wall, wall + 1)) return known;
    await this.know(wall);
    return this.table.at(wall);
  }

  /** Asks for the index around an instant; while a gap fills it, on until footage is found. */
  private async know(wall: number): Promise<void> {
    const first = this.span[0];
    const last = Math.min(this.span[1], settled());
    const clip = (us: number) => Math.min(Math.max(us, first), last);
    const from = clip(wall - reach);
    let to = clip(wall + 2 * reach);
    if (from >= to) return;
    if (!this.table.knows(from, to)) this.table.add(await this.footage.index(from, to, this.over.signal), from, to);
    while (to < last && !this.table.islandAfter(wall) && this.table.at(wall).kind !== "frame") {
      const more = Math.min(last, to + 60 * minute);
      this.table.add(await this.footage.index(to, more, this.over.signal), to, more);
      to = more;
    }
  }

  private rest(place: Place, wall: number): void {
    this.drop();
    this.wanted = undefined;
    this.show({ state: place.kind === "restricted" ? "restricted" : "gap", wall, place, next: this.table.islandAfter(wall)?.start, previous: lastWall(this.table.islandBefore(wall)) });
  }

  private async paint(act: number, frame: Frame): Promise<void> {
    if (!this.footage.selfContained && !this.table.playable && !supported(this.table.codec)) {
      return this.show({ state: "unplayable", codec: this.table.codec });
    }
    const buffer = await this.bufferFor(frame.island);
    // The part itself first, then the next: without a picture after it a decoder may keep the last one to itself.
    await buffer.bring(frame.part);
    if (frame.sample >= frame.island.parts[frame.part]!.samples.wall_us.length - 8) await buffer.bring(frame.part + 1);
    if (act !== this.act) return;
    this.wanted = frame;
    this.landed = false;
    for (const aim of [0.5, 0.6, 0.35]) {
      this.video.currentTime = frame.time + frame.stands * aim;
      if (await this.painting(frame, act)) return this.land(frame);
      if (act !== this.act) return;
    }
    this.show({ state: "mismatch", wall: undefined });
  }

  private land(frame: Frame): void {
    this.landed = true;
    this.show({ state: "paused", wall: frame.wall, place: { kind: "frame", frame } });
    if (this.going) this.start();
    else void this.buffer?.bring(frame.part + 1).catch(() => undefined);
  }

  private async bufferFor(island: Island): Promise<Buffer> {
    const held = this.buffer?.island;
    if (held && held.run.id === island.run.id && held.start < island.end && island.start < held.end) {
      // The island may have grown since, at either end: same bytes, more of them.
      held.parts = island.parts;
      held.start = island.start;
      held.end = island.end;
      return this.buffer!;
    }
    this.drop();
    const buffer = new Buffer(this.video, island, this.footage);
    this.buffer = buffer;
    try {
      await buffer.open(this.table.codec, this.footage.selfContained);
    } catch (cause) {
      if (this.buffer === buffer) this.drop();
      throw cause;
    }
    return buffer;
  }

  private drop(): void {
    this.buffer?.close();
    this.buffer = undefined;
    this.painted = undefined;
    this.video.removeAttribute("src");
    this.video.load();
  }

  /** Waits until the wanted picture is on the screen; false when another one is or none comes. */
  private painting(frame: Frame, act: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = performance.now() + patience;
      const look = () => {
        const here = this.painted && this.table.shown(frame.island, this.painted.time);
        if (act !== this.act) return resolve(false);
        if (here && here.wall === frame.wall && !this.video.seeking) return resolve(true);
        if (performance.now() > end) return resolve(false);
        this.waiters.push(look);
      };
      this.painted = undefined;
      this.waiters.push(look);
      setTimeout(look, patience + 50);
    });
  }

  private listen(): void {
    this.frameCall = this.video.requestVideoFrameCallback((_, meta) => {
      if (this.over.signal.aborted) return;
      const island = this.buffer?.island;
      if (island) this.painted = { island, time: meta.mediaTime };
      this.wake();
      if (this.view.state === "playing" && island) this.follow(island, meta.mediaTime);
      if (this.view.state === "paused" && this.landed && island) this.correct(island, meta.mediaTime);
      this.listen();
    });
  }

  private wake(): void {
    const { waiters } = this;
    this.waiters = [];
    waiters.forEach((call) => call());
  }

  /** A picture that was under way when playing stopped is painted after it: the time goes with the picture. */
  private correct(island: Island, time: number): void {
    const frame = this.table.shown(island, time);
    if (this.view.wall === frame?.wall) return;
    if (frame) this.wanted = frame;
    this.show({ ...this.view, wall: frame?.wall, place: frame && { kind: "frame", frame } });
  }

  private follow(island: Island, time: number): void {
    const frame = this.table.shown(island, time);
    if (frame) this.wanted = frame;
    const closed = frame && this.table.at(frame.wall);
    if (closed?.kind === "restricted") return this.rest(closed, frame!.wall);
    this.show({ ...this.view, state: "playing", wall: frame?.wall, place: frame && { kind: "frame", frame } });
    void this.feed();
    const last = frameOf(island, island.parts.length - 1, -1);
    if (!frame || frame.wall !== last.wall || island.parts.at(-1)?.growing) return;
    const stands = Math.min(1000, (frame.stands * 1000) / this.rate);
    setTimeout(() => this.view.state === "playing" && this.wanted?.wall === last.wall && this.leave(), stands + 60);
  }

  private feeding = false;
  private asked = -Infinity; // when more of the index was last asked for

  private async feed(): Promise<void> {
    const { buffer, wanted } = this;
    if (this.feeding || !buffer || !wanted || !this.going) return;
    this.feeding = true;
    const act = this.act;
    await this.guard(act, async () => {
      const now = this.video.currentTime;
      for (let part = wanted.part; part <= wanted.part + 40 && buffer === this.buffer && buffer.ahead(now) < lead; part++) {
        if (!buffer.island.parts[part]) break;
        await buffer.bring(part);
      }
      await this.prolong(wanted);
    });
    this.feeding = false;
  }

  /** Asks for more of the index before the known part of it ends. */
  private async prolong(at: Frame): Promise<void> {
    const soon = at.wall + minute;
    const last = Math.min(this.span[1], settled());
    if (performance.now() - this.asked < pace) return;
    if (at.island.parts.at(-1)?.growing && at.island.end - at.wall < 6_000_000) this.table.forget(at.wall);
    if (this.table.knows(at.wall, Math.min(soon, last))) return;
    const to = Math.min(at.wall + 2 * reach, last);
    if (to <= at.wall) return;
    this.asked = performance.now();
    this.table.add(await this.footage.index(at.wall, to, this.over.signal), at.wall, to);
    const grown = this.table.at(at.wall);
    if (grown.kind === "frame") await this.bufferFor(grown.frame.island);
  }

  /** The island is played to its end: on to the gap, or without a pause into the next run. */
  private leave(): void {
    const island = this.buffer?.island;
    if (!island || !this.going) return;
    const next = this.table.islandAfter(island.start);
    void this.seek(next && next.start - island.end < 1_000_000 ? next.start : island.end + 1);
  }

  private async guard(act: number, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (cause) {
      if (this.over.signal.aborted || act !== this.act || (cause instanceof DOMException && cause.name === "AbortError")) return;
      if (cause instanceof Unplayable) return this.show({ state: "unplayable", codec: cause.codec });
      const problem = cause instanceof Refusal ? cause.problem : { status: 0, title: "The picture cannot be shown", detail: String(cause) };
      this.video.pause();
      this.show({ state: "error", problem, wall: undefined });
    }
  }

  private show(view: View): void {
    this.view = view;
    if (!this.over.signal.aborted) this.changed(view);
  }
}

/** Up to when an answer about footage stays true: what is newer may still be on its way into the index. */
const settled = (): number => Date.now() * 1000 - 1_000_000;

const supported = (codec: string): boolean => MediaSource.isTypeSupported(`video/mp4; codecs="${codec}"`);

const lastWall = (island: Island | undefined): number | undefined => island && frameNear(island, Infinity).wall;
