// One clock for up to four cameras. The leader is a camera that has footage now, the chosen one if it can; the others
// keep within a picture or two of it. A camera in a gap shows its tile while the rest play on, and joins again by itself.
import type { Recorded, View } from "./recorded";

const second = 1_000_000;
const beat = 250; // milliseconds between two looks at the followers
const near = 60_000; // microseconds a follower may be off
const far = 1_500_000; // beyond this it seeks instead of hurrying
export const gapPause = 2500; // milliseconds a gap that all cameras share is shown before playing goes on behind it

/** What the whole screen shows. */
export interface Score {
  playing: boolean;
  rate: number;
  /** Wall time of the leader's picture, or of the place asked for. */
  wall: number;
}

/** Joins the players of the tiles. close() ends its clock, not the players. */
export class Conductor {
  score: Score;
  private readonly players = new Map<string, Recorded>();
  private readonly timer: ReturnType<typeof setInterval>;
  private chosen = "";
  private gapSince = 0;
  private readonly asked = new Map<string, number>(); // when a follower was last sent somewhere

  constructor(wall: number, private readonly changed: (score: Score) => void) {
    this.score = { playing: false, rate: 1, wall };
    this.timer = setInterval(() => this.tick(performance.now()), beat);
  }

  close(): void {
    clearInterval(this.timer);
  }

  add(camera: string, player: Recorded): void {
    this.players.set(camera, player);
    void player.seek(this.score.wall).then(() => this.score.playing && player.play(this.score.rate));
  }

  remove(camera: string): void {
    this.players.delete(camera);
  }

  choose(camera: string): void {
    this.chosen = camera;
  }

  /** The camera whose picture tells the time now. */
  leader(): Recorded | undefined {
    const has = (p: Recorded | undefined) => p && ["playing", "paused", "loading"].includes(p.view.state);
    const chosen = this.players.get(this.chosen);
    if (has(chosen)) return chosen;
    return [...this.players.values()].find((p) => p.view.state === "playing") ?? [...this.players.values()].find(has) ?? chosen;
  }

  /** A player's view changed; the leader's moves the clock. */
  heard(player: Recorded, view: View): void {
    if (view.wall === undefined || player !== this.leader()) return;
    if (view.state === "playing" || view.state === "paused") this.set({ wall: view.wall });
  }

  async seek(wall: number): Promise<void> {
    this.gapSince = 0;
    this.set({ wall });
    const { playing } = this.score;
    await Promise.all([...this.players.values()].map((p) => {
      if (playing) p.play(this.score.rate);
      return p.seek(wall);
    }));
  }

  async step(by: 1 | -1): Promise<void> {
    this.pause();
    const leader = this.leader();
    if (!leader) return;
    await leader.step(by);
    const wall = leader.view.wall;
    if (wall === undefined) return;
    this.set({ wall });
    await Promise.all([...this.players.values()].filter((p) => p !== leader).map((p) => p.seek(wall)));
  }

  /** Behind the next gap, or to the end of the footage before the one at hand. */
  async jump(by: 1 | -1): Promise<void> {
    const lead = this.leader();
    const at = this.score.wall;
    const tables = lead ? [lead.table] : [];
    const next = tables.map((t) => (by > 0 ? t.islandAfter(at)?.start : t.islandBefore(at)?.start)).find((w) => w !== undefined);
    if (next !== undefined) await this.seek(next);
  }

  play(): void {
    this.set({ playing: true });
    this.gapSince = 0;
    for (const p of this.players.values()) p.play(this.score.rate);
  }

  pause(): void {
    this.set({ playing: false });
    for (const p of this.players.values()) p.pause();
  }

  rate(rate: number): void {
    this.set({ rate });
    if (this.score.playing) this.play();
  }

  private tick(now: number): void {
    if (!this.score.playing) return;
    const all = [...this.players];
    const leader = this.leader();
    if (!leader || all.every(([, p]) => p.view.state === "gap" || p.view.state === "restricted")) return this.past(all.map(([, p]) => p), now);
    this.gapSince = 0;
    for (const [camera, p] of all) if (p !== leader && now - (this.asked.get(camera) ?? 0) > 1000) this.follow(camera, p, now);
  }

  /** Every camera is in a gap: show it for a moment, then go to the earliest footage. */
  private past(players: Recorded[], now: number): void {
    const next = Math.min(...players.map((p) => p.view.next ?? Infinity));
    if (!Number.isFinite(next)) return this.pause();
    if (this.gapSince === 0) this.gapSince = now;
    else if (now - this.gapSince > gapPause) void this.seek(next);
  }

  private follow(camera: string, p: Recorded, now: number): void {
    const wall = this.score.wall;
    const waits = p.view.state === "gap" || p.view.state === "restricted";
    if (waits) {
      const back = p.view.next !== undefined && wall >= p.view.next;
      const before = p.view.wall !== undefined && wall < p.view.wall - second;
      if (!back && !before) return;
    } else if (p.view.state !== "playing" || p.view.wall === undefined) {
      return;
    }
    const off = waits ? Infinity : p.view.wall! - wall;
    if (Math.abs(off) > far) {
      this.asked.set(camera, now);
      void p.seek(wall + second / 4);
    } else {
      p.nudge(Math.abs(off) < near ? 1 : off > 0 ? 0.92 : 1.08);
    }
  }

  private set(part: Partial<Score>): void {
    this.score = { ...this.score, ...part };
    this.changed(this.score);
  }
}
