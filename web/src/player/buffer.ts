// One island of footage in one MediaSource: parts go in whole and in turn, old ones leave, the end is marked so that the
// last pictures are painted. Media times are the run's own; nothing is shifted, so mediaTime reads off the table.
import type { Part } from "../api/types";
import { avcCodec, firstSample, hasInit, timescale } from "./mp4";
import { frameOf, type Island } from "./table";

const behind = 60; // seconds kept before the picture shown
const most = 120; // parts in the buffer, some 4 minutes and 120 MiB at 4 Mbit/s

/** Where the bytes come from. */
export interface Bytes {
  init(island: Island, signal: AbortSignal): Promise<ArrayBuffer>;
  media(part: Part, signal: AbortSignal): Promise<ArrayBuffer>;
}

/** This browser cannot decode the stream. */
export class Unplayable extends Error {
  constructor(readonly codec: string) {
    super("This browser cannot play " + codec);
  }
}

/** The buffer of one island. close() ends all it has under way. */
export class Buffer {
  readonly island: Island;
  private readonly video: HTMLVideoElement;
  private readonly bytes: Bytes;
  private readonly source = new MediaSource();
  private readonly address: string;
  private readonly over = new AbortController();
  private readonly held = new Map<string, Part>();
  private track: SourceBuffer | undefined;
  private scale = 0;
  private last: Promise<unknown> = Promise.resolve();

  constructor(video: HTMLVideoElement, island: Island, bytes: Bytes) {
    this.video = video;
    this.island = island;
    this.bytes = bytes;
    this.address = URL.createObjectURL(this.source);
    video.src = this.address;
  }

  /** Attaches and appends the init section. Rejects with Unplayable, or with what the fetch was refused with. */
  async open(codec: string, selfContained: boolean): Promise<void> {
    const opened = this.source.readyState === "open" ? undefined : once(this.source, "sourceopen", this.over.signal);
    opened?.catch(() => undefined); // whoever waits below hears of it; if the init section is refused first, nobody does
    if (selfContained) return void (await opened);
    const init = await this.bytes.init(this.island, this.over.signal);
    await opened;
    await this.start(init, codec);
    await this.turn(() => this.track!.appendBuffer(init));
  }

  private async start(init: ArrayBuffer, codec: string): Promise<void> {
    const type = `video/mp4; codecs="${avcCodec(init) ?? codec}"`;
    if (!MediaSource.isTypeSupported(type)) throw new Unplayable(avcCodec(init) ?? codec);
    this.scale = timescale(init) ?? this.island.run.timescale;
    if (this.track) return;
    this.track = this.source.addSourceBuffer(type);
    this.track.mode = "segments";
  }

  /** Whether the part with this number lies in the buffer, as far as it is known to reach. */
  has(part: number): boolean {
    const p = this.island.parts[part];
    return !!p && this.held.get(p.media)?.end_us === p.end_us;
  }

  /** Brings the part with this number into the buffer; done when the browser holds it. One after another. */
  bring(part: number): Promise<void> {
    const next = this.last.then(() => this.fill(part));
    this.last = next.catch(() => undefined);
    return next;
  }

  private async fill(part: number): Promise<void> {
    const p = this.island.parts[part];
    if (!p || this.has(part) || this.over.signal.aborted) return;
    const data = await this.bytes.media(p, this.over.signal);
    await this.evict(part);
    if (hasInit(data)) {
      await this.start(data, "");
      const first = firstSample(data);
      // A converted copy counts from zero; it stands where the part stands.
      const shift = first ? frameOf(this.island, part, 0).time - first.present / this.scale : 0;
      this.track!.timestampOffset = Math.abs(shift) < 0.001 ? 0 : shift;
    }
    await this.turn(() => this.track!.appendBuffer(data));
    this.held.set(p.media, p);
    const end = this.island.parts.at(-1);
    if (end === p && !p.growing && this.source.readyState === "open") this.source.endOfStream();
  }

  private async evict(coming: number): Promise<void> {
    const at = frameOf(this.island, coming, 0).time;
    const keep = Math.min(at, this.video.currentTime || at) - behind;
    const { buffered } = this.track ?? {};
    if (buffered?.length && buffered.start(0) < keep) await this.drop(0, keep);
    if (this.held.size < most) return;
    // A long way was jumped back and forth: begin again with what is wanted now.
    await this.drop(0, Infinity);
  }

  private async drop(from: number, to: number): Promise<void> {
    await this.turn(() => this.track!.remove(from, to));
    for (const [media, p] of this.held) {
      const number = this.island.parts.indexOf(p);
      if (number < 0 || frameOf(this.island, number, 0).time < to) this.held.delete(media);
    }
  }

  private async turn(act: () => void): Promise<void> {
    if (this.over.signal.aborted || !this.track) return;
    const done = once(this.track, "updateend", this.over.signal);
    try {
      act();
    } catch (cause) {
      done.catch(() => undefined);
      throw cause;
    }
    await done;
    if (this.video.error) throw new Unplayable(this.video.error.message || "the stream");
  }

  /** Seconds of media that lie ahead of a media time without a hole. */
  ahead(time: number): number {
    const ranges = this.video.buffered;
    for (let i = 0; i < ranges.length; i++) {
      if (ranges.start(i) <= time + 0.05 && time <= ranges.end(i)) return ranges.end(i) - time;
    }
    return 0;
  }

  close(): void {
    this.over.abort();
    URL.revokeObjectURL(this.address);
  }
}

function once(target: EventTarget, event: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new DOMException("closed", "AbortError"));
    const stop = () => reject(new DOMException("closed", "AbortError"));
    signal.addEventListener("abort", stop, { once: true });
    target.addEventListener(event, () => { signal.removeEventListener("abort", stop); resolve(); }, { once: true });
  });
}
