// Real fragmented MP4 made by ffmpeg, with the number of each picture written into it as sixteen squares, and the
// sample tables read back from its boxes: what the server's index would say.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const bits = 16;
export const square = 20; // pixels

/** Draws the picture's number (counted from `first`) as black and white squares along the top. */
function numbered(first) {
  return Array.from({ length: bits }, (_, k) => {
    const on = `mod(floor((n+${first})/${2 ** k})\\,2)`;
    const box = `x=${k * square}:y=0:w=${square}:h=${square}:t=fill`;
    return `drawbox=${box}:color=black,drawbox=${box}:color=white:enable='${on}'`;
  }).join(",");
}

export function make(dir, name, { seconds, size, first, hue = 0, bframes = 0, everyFrame = false, codec = "libx264", rate = 15 }) {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, name + ".mp4");
  if (!existsSync(file)) {
    const flags = (everyFrame ? "frag_every_frame" : "frag_keyframe") + "+empty_moov+default_base_moof+negative_cts_offsets";
    const x264 = codec === "libx264" ? ["-bf", String(bframes), "-x264-params", `keyint=30:min-keyint=30:scenecut=0${everyFrame ? ":rc-lookahead=0:sync-lookahead=0" : ""}`]
      : ["-x265-params", "keyint=30:min-keyint=30:scenecut=0:log-level=error", "-tag:v", "hvc1"];
    execFileSync("nice", ["-n", "19", "ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", `testsrc2=size=${size}:rate=${rate}:duration=${seconds}`,
      "-vf", `hue=h=${hue},${numbered(first)}`, "-c:v", codec, "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "30", ...x264,
      "-video_track_timescale", "90000", "-movflags", flags, file], { stdio: "inherit" });
  }
  return parse(readFileSync(file));
}

function* boxes(b, start, end) {
  for (let at = start; at + 8 <= end; ) {
    const size = b.readUInt32BE(at);
    yield { type: b.toString("latin1", at + 4, at + 8), start: at, body: at + 8, end: at + size };
    at += size;
  }
}

const inside = (b, box, type) => [...boxes(b, box.body, box.end)].find((x) => x.type === type);

/** {init, fragments: [{bytes, base, pts[]}]} with presentation times relative to base, in display order. */
export function parse(b) {
  let initEnd = 0;
  const fragments = [];
  let moof;
  for (const box of boxes(b, 0, b.length)) {
    if (box.type === "moov") initEnd = box.end;
    if (box.type === "moof") moof = box;
    if (box.type === "mdat" && moof) fragments.push(fragment(b, moof, box.end));
  }
  return { init: b.subarray(0, initEnd), fragments };
}

function fragment(b, moof, end) {
  const traf = inside(b, moof, "traf");
  const tfhd = inside(b, traf, "tfhd");
  const tfdt = inside(b, traf, "tfdt");
  const trun = inside(b, traf, "trun");
  const wide = b[tfdt.body] === 1;
  const base = wide ? Number(b.readBigUInt64BE(tfdt.body + 4)) : b.readUInt32BE(tfdt.body + 4);
  const hflags = b.readUInt32BE(tfhd.body) & 0xffffff;
  let h = tfhd.body + 8;
  if (hflags & 1) h += 8;
  if (hflags & 2) h += 4;
  const standard = hflags & 8 ? b.readUInt32BE(h) : 6000;
  const flags = b.readUInt32BE(trun.body) & 0xffffff;
  const count = b.readUInt32BE(trun.body + 4);
  let at = trun.body + 8 + (flags & 1 ? 4 : 0) + (flags & 4 ? 4 : 0);
  const pts = [];
  let decode = 0;
  for (let i = 0; i < count; i++) {
    let duration = standard;
    if (flags & 0x100) { duration = b.readUInt32BE(at); at += 4; }
    if (flags & 0x200) at += 4;
    if (flags & 0x400) at += 4;
    let shift = 0;
    if (flags & 0x800) { shift = b.readInt32BE(at); at += 4; }
    pts.push(decode + shift);
    decode += duration;
  }
  return { bytes: b.subarray(moof.start, end), base, pts: pts.sort((x, y) => x - y), ticks: decode };
}
