// The little of MP4 (ISO/IEC 14496-12) that a player must read itself: which codec an init section declares and when a
// fragment is decoded and shown. Pure; bounded by the bytes given; answers undefined for what is no MP4.

interface Box {
  type: string;
  start: number; // of the content
  end: number;
}

function boxes(view: DataView, start: number, end: number): Box[] {
  const out: Box[] = [];
  for (let at = start; at + 8 <= end && out.length < 4096; ) {
    let size = view.getUint32(at);
    let header = 8;
    if (size === 1 && at + 16 <= end) {
      size = Number(view.getBigUint64(at + 8));
      header = 16;
    } else if (size === 0) size = end - at;
    if (size < header || at + size > end) break;
    const type = String.fromCharCode(view.getUint8(at + 4), view.getUint8(at + 5), view.getUint8(at + 6), view.getUint8(at + 7));
    out.push({ type, start: at + header, end: at + size });
    at += size;
  }
  return out;
}

function find(view: DataView, within: { start: number; end: number }, ...path: string[]): Box[] {
  let level = [{ start: within.start, end: within.end, type: "" }];
  for (const type of path) level = level.flatMap((b) => boxes(view, b.start, b.end)).filter((b) => b.type === type);
  return level;
}

const hex = (n: number): string => n.toString(16).padStart(2, "0");

/** RFC 6381 codecs parameter of the video track of an init section, where it is H.264; undefined otherwise. */
export function avcCodec(data: ArrayBuffer): string | undefined {
  const view = new DataView(data);
  const whole = { start: 0, end: data.byteLength };
  for (const stsd of find(view, whole, "moov", "trak", "mdia", "minf", "stbl", "stsd")) {
    for (const entry of boxes(view, stsd.start + 8, stsd.end)) {
      if (entry.type !== "avc1" && entry.type !== "avc3") continue;
      const [avcC] = boxes(view, entry.start + 78, entry.end).filter((b) => b.type === "avcC");
      if (avcC && avcC.end - avcC.start >= 4) {
        return `${entry.type}.${hex(view.getUint8(avcC.start + 1))}${hex(view.getUint8(avcC.start + 2))}${hex(view.getUint8(avcC.start + 3))}`;
      }
    }
  }
  return undefined;
}

/** Whether the bytes begin with an init section. */
export function hasInit(data: ArrayBuffer): boolean {
  const view = new DataView(data);
  return find(view, { start: 0, end: data.byteLength }, "moov").length > 0;
}

/** Ticks a second of the first track of an init section. */
export function timescale(data: ArrayBuffer): number | undefined {
  const view = new DataView(data);
  const [mdhd] = find(view, { start: 0, end: data.byteLength }, "moov", "trak", "mdia", "mdhd");
  if (!mdhd || mdhd.end - mdhd.start < 24) return undefined;
  return view.getUint32(mdhd.start + (view.getUint8(mdhd.start) === 1 ? 20 : 12));
}

/** Decode and presentation time, in ticks, of the first sample of the first fragment. */
export function firstSample(data: ArrayBuffer): { decode: number; present: number } | undefined {
  const view = new DataView(data);
  const whole = { start: 0, end: data.byteLength };
  const [tfdt] = find(view, whole, "moof", "traf", "tfdt");
  if (!tfdt || tfdt.end - tfdt.start < 8) return undefined;
  const decode = view.getUint8(tfdt.start) === 1 && tfdt.end - tfdt.start >= 12 ? Number(view.getBigUint64(tfdt.start + 4)) : view.getUint32(tfdt.start + 4);
  const [trun] = find(view, whole, "moof", "traf", "trun");
  return { decode, present: decode + (trun ? composition(view, trun) : 0) };
}

function composition(view: DataView, trun: Box): number {
  const flags = view.getUint32(trun.start) & 0xffffff;
  let at = trun.start + 8;
  if (flags & 0x1) at += 4;
  if (flags & 0x4) at += 4;
  for (const field of [0x100, 0x200, 0x400]) if (flags & field) at += 4;
  if (!(flags & 0x800) || at + 4 > trun.end) return 0;
  return view.getUint8(trun.start) === 0 ? view.getUint32(at) : view.getInt32(at);
}
