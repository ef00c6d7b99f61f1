// Live pictures of one camera: one fragment a picture over a WebSocket into a MediaSource, shown a fifth of a second
// behind the newest. A broken connection is made again; a decision of the server's is shown and obeyed.
import { avcCodec, firstSample, timescale } from "../player/mp4";
import { backoff, ending, steer } from "./control";

const kept = 8; // seconds of pictures kept in the browser
const queued = 300; // fragments that may wait for the browser; more is a browser that cannot keep up

export type LiveState = "connecting" | "live" | "lost" | "ended" | "unplayable";

/** What there is to show of a live camera. */
export interface LiveView {
  state: LiveState;
  /** Wall time of the picture on the screen. */
  wall?: number;
  /** Milliseconds of pictures waiting between the newest that came and the one shown. */
  behind?: number;
  title?: string;
  detail?: string;
  codec?: string;
}

interface Hello {
  type: string;
  codec?: string;
  status?: number;
  detail?: string;
}

/** The player of one live camera. close() ends it. */
export class Live {
  private view: LiveView = { state: "connecting" };
  private socket: WebSocket | undefined;
  private source: MediaSource | undefined;
  private track: SourceBuffer | undefined;
  private queue: Uint8Array<ArrayBuffer>[] = [];
  private walls = new Map<number, number>(); // presentation time in milliseconds -> wall time
  private hello: Hello | undefined;
  private scale = 90_000;
  private failures = 0;
  private closed = false;
  private decided = false;
  private awaiting = true; // pictures are dropped up to a random access
  private retry: ReturnType<typeof setTimeout> | undefined;
  private readonly timer: ReturnType<typeof setInterval>;

  constructor(private readonly video: HTMLVideoElement, private readonly address: string, private readonly changed: (v: LiveView) => void) {
    video.muted = true;
    this.timer = setInterval(() => this.keep(), 100);
    this.watch();
    this.connect();
  }

  close(): void {
    this.closed = true;
    clearInterval(this.timer);
    clearTimeout(this.retry);
    this.socket?.close();
    this.reset();
  }

  private connect(): void {
    if (this.closed) return;
    this.show({ ...this.view, state: this.failures > 0 ? "lost" : "connecting" });
    const socket = new WebSocket(this.address);
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = (e: MessageEvent<string | ArrayBuffer>) => {
      if (socket !== this.socket) return;
      if (typeof e.data === "string") this.told(JSON.parse(e.data) as Hello);
      else this.took(e.data);
    };
    socket.onclose = (e) => socket === this.socket && this.lost(e.code);
  }

  private told(message: Hello): void {
    if (message.type === "init") {
      this.hello = message;
      return;
    }
    if (message.type === "skipped") this.awaiting = true;
    if (message.type === "end") this.end(message.status ?? 0, message.detail);
  }

  private end(status: number, detail?: string): void {
    const what = ending(status);
    if (what.final) {
      this.decided = true;
      this.reset();
      this.show({ state: "ended", title: what.title, detail });
    } else {
      this.show({ ...this.view, detail });
    }
  }

  private lost(code: number): void {
    if (this.closed || this.decided) return;
    if (ending(code).final) return this.end(code);
    if (this.view.state === "unplayable") return;
    this.failures++;
    this.show({ state: "lost", wall: this.view.wall, detail: this.view.detail });
    this.retry = setTimeout(() => this.connect(), backoff(this.failures));
  }

  private took(data: ArrayBuffer): void {
    if (this.hello) {
      const { codec = "" } = this.hello;
      this.hello = undefined;
      return this.begin(data, avcCodec(data) ?? codec);
    }
    if (data.byteLength < 12 || !this.source) return;
    const head = new DataView(data);
    const random = (head.getUint8(8) & 1) === 1;
    if (this.awaiting && !random) return;
    this.awaiting = false;
    const fragment = data.slice(12);
    const first = firstSample(fragment);
    if (first) this.walls.set(Math.round((first.present / this.scale) * 1000), Number(head.getBigInt64(0)));
    if (this.walls.size > 1000) this.walls = new Map([...this.walls].slice(-500));
    this.queue.push(new Uint8Array(fragment));
    if (this.queue.length > queued) {
      this.queue = [];
      this.awaiting = true;
    }
    this.pump();
  }

  private begin(init: ArrayBuffer, codec: string): void {
    const type = `video/mp4; codecs="${codec}"`;
    if (!MediaSource.isTypeSupported(type)) {
      this.reset();
      this.show({ state: "unplayable", codec });
      return this.socket?.close();
    }
    this.reset();
    this.awaiting = true;
    this.scale = timescale(init) ?? this.scale;
    const source = new MediaSource();
    this.source = source;
    this.queue = [new Uint8Array(init)];
    const address = URL.createObjectURL(source);
    source.addEventListener("sourceopen", () => {
      URL.revokeObjectURL(address);
      if (source !== this.source) return;
      this.track = source.addSourceBuffer(type);
      this.track.addEventListener("updateend", () => this.pump());
      this.pump();
    }, { once: true });
    this.video.src = address;
  }

  private pump(): void {
    const { track, source } = this;
    if (!track || track.updating || source?.readyState !== "open" || this.queue.length === 0) return;
    const newest = track.buffered.length > 0 ? track.buffered.end(track.buffered.length - 1) : 0;
    if (track.buffered.length > 0 && newest - track.buffered.start(0) > 2 * kept) return track.remove(0, newest - kept);
    // All that waits goes in at once: one append an animation frame costs less than one a picture.
    const data = new Uint8Array(this.queue.reduce((sum, q) => sum + q.length, 0));
    let at = 0;
    for (const q of this.queue) {
      data.set(q, at);
      at += q.length;
    }
    this.queue = [];
    try {
      track.appendBuffer(data);
    } catch {
      this.socket?.close(); // the element failed to decode: begin again
    }
  }

  private keep(): void {
    const { track, video } = this;
    if (!track || track.buffered.length === 0) return;
    const newest = track.buffered.end(track.buffered.length - 1);
    const todo = steer(video.currentTime, newest, video.playbackRate);
    if (todo.kind === "jump") video.currentTime = Math.max(todo.to, track.buffered.start(track.buffered.length - 1));
    else video.playbackRate = todo.rate;
    if (video.paused) video.play().catch(() => undefined);
    if (video.error) this.socket?.close();
  }

  private watch(): void {
    this.video.requestVideoFrameCallback((_, meta) => {
      if (this.closed) return;
      const { track } = this;
      if (track && track.buffered.length > 0) {
        const behind = Math.max(0, Math.round((track.buffered.end(track.buffered.length - 1) - meta.mediaTime) * 1000));
        this.failures = 0;
        this.show({ state: "live", wall: this.wallOf(meta.mediaTime), behind });
      }
      this.watch();
    });
  }

  private wallOf(time: number): number | undefined {
    const ms = Math.round(time * 1000);
    return this.walls.get(ms) ?? this.walls.get(ms + 1) ?? this.walls.get(ms - 1);
  }

  private reset(): void {
    this.queue = [];
    this.track = undefined;
    this.source = undefined;
    this.walls.clear();
    this.video.removeAttribute("src");
    this.video.load();
  }

  private show(view: LiveView): void {
    this.view = view;
    if (!this.closed) this.changed(view);
  }
}
