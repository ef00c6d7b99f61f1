"""The samples of an MP4 file, from ISO/IEC 14496-12, -14 and -15 and the Opus mapping."""
import struct

from entries import BadMedia, entry, plain

INSIDE = {
    "": "ftyp moov moof mdat", "moov": "mvhd trak mvex", "trak": "tkhd mdia edts", "mdia": "mdhd hdlr minf", "minf": "vmhd smhd dinf stbl",
    "dinf": "dref", "stbl": "stsd stts ctts stsc stsz stco co64 stss", "mvex": "mehd trex", "moof": "mfhd traf", "traf": "tfhd tfdt trun",
}
OFTEN = {"": {"moof", "mdat"}, "moov": {"trak"}, "mvex": {"trex"}, "moof": {"traf"}, "traf": {"trun"}}
FIXED = {"mvhd": (100, 112), "tkhd": (84, 96), "mdhd": (24, 36), "mehd": (8, 12), "vmhd": (12, 12), "smhd": (8, 8), "mfhd": (8, 8)}
CODECS = {"avc1": "h264", "hvc1": "h265", "mp4a": "aac", "Opus": "opus"}
MOST_SAMPLES = 4194304


class Box:
    def __init__(self, data, kind, start, body, end, codes):
        self.data, self.kind, self.start, self.body, self.end, self.codes = data, kind, start, body, end, codes
        self.children = []

    def all(self, kind):
        return [child for child in self.children if child.kind == kind]

    def one(self, kind, needed=True):
        found = self.all(kind)
        if needed and not found:
            raise BadMedia("bad-media")
        return found[0] if found else None

    def down(self, *kinds):
        box = self
        for kind in kinds:
            box = box.one(kind)
        return box


class Reader:
    """The fields of a full box."""

    def __init__(self, box):
        self.data, self.at, self.end, self.codes = box.data, box.body, box.end, box.codes
        self.version = self.u(1)
        self.flags = self.u(3)

    def u(self, size):
        self.at += size
        if self.at > self.end:
            raise BadMedia("bad-media")
        return int.from_bytes(self.data[self.at - size:self.at], "big")

    def i32(self):
        return (self.u(4) ^ 1 << 31) - (1 << 31)

    def skip(self, size):
        self.u(size)

    def table(self, count, width):
        """count rows of width u32."""
        if count * width * 4 > self.end - self.at:
            raise BadMedia("bad-media")
        flat = struct.unpack_from(">%dI" % (count * width), self.data, self.at)
        self.at += count * width * 4
        return list(zip(*[iter(flat)] * width)) if width > 1 else list(flat)

    def done(self):
        """Nothing may follow the fields of a table."""
        if self.at != self.end:
            self.codes.add("hidden-data")


def children(data, parent, start, end, codes):
    out, at = [], start
    while at < end:
        if end - at < 8:
            raise BadMedia("bad-media")
        size, kind, body = int.from_bytes(data[at:at + 4], "big"), data[at + 4:at + 8].decode("latin-1"), at + 8
        if size == 0:
            size = end - at
        elif size == 1:
            size, body = int.from_bytes(data[at + 8:at + 16], "big"), at + 16
        if size < body - at or at + size > end:
            raise BadMedia("bad-media")
        box = Box(data, kind, at, body, at + size, codes)
        if kind == "edts" and parent == "trak":
            codes.add("edit-list")
        elif kind not in INSIDE[parent].split():
            codes.add("hidden-data")
        elif any(other.kind == kind for other in out) and kind not in OFTEN.get(parent, ()):
            raise BadMedia("bad-media")
        elif kind in INSIDE:
            box.children = children(data, kind, body, at + size, codes)
        elif kind in FIXED and at + size - body != FIXED[kind][data[body:body + 1] == b"\1"]:
            codes.add("hidden-data")
        out.append(box)
        at += size
    return out


class Sample:
    __slots__ = ("offset", "size", "decode", "shift")

    def __init__(self, offset, size, decode, shift):
        self.offset, self.size, self.decode, self.shift = offset, size, decode, shift


class Track:
    def __init__(self, trak):
        header = Reader(trak.one("tkhd"))
        header.skip(16 if header.version == 1 else 8)
        self.id = header.u(4)
        media = Reader(trak.down("mdia", "mdhd"))
        media.skip(16 if media.version == 1 else 8)
        self.timescale = media.u(4)
        minf = trak.down("mdia").one("minf", False)
        self.stbl = minf and minf.one("stbl", False)
        self.entries, self.codec, self.parameters = [], None, {}
        if self.stbl and self.stbl.one("stsd", False):
            self.describe(self.stbl.one("stsd"))
        if not self.id or not self.timescale:
            raise BadMedia("bad-media")
        self.samples, self.end, self.last, self.defaults = [], 0, 0, (1, 0, 0)

    def describe(self, stsd):
        """The sample entries; of a single one the codec, and its parameters as the run header has them."""
        fields = Reader(stsd)
        fields.u(4)
        for kind, start, end in plain(stsd.data, fields.at, stsd.end):
            self.entries.append(kind)
            parameters = entry(stsd.data, kind, start, end)
            if len(self.entries) == 1:
                self.codec, self.parameters = CODECS.get(kind), parameters
        if len(self.entries) != 1:
            self.codec = None

    def add(self, offset, size, duration, shift):
        self.samples.append(Sample(offset, size, self.end, shift))
        self.end, self.last = self.end + duration, duration
        if self.end - duration > 2**60:
            raise BadMedia("bad-media")

    def tables(self):
        """The samples that the boxes in moov tell of."""
        sizes = self.stbl and self.stbl.one("stsz", False)
        for kind in ("stts", "ctts", "stsc", "stco", "co64", "stss"):
            box = self.stbl and self.stbl.one(kind, False)
            width = {"stsc": 12, "stco": 4, "stss": 4}.get(kind, 8)
            if box and box.end - box.body != 8 + width * int.from_bytes(box.data[box.body + 4:min(box.body + 8, box.end)].ljust(4, b"\0"), "big"):
                box.codes.add("hidden-data")
        if not sizes:
            return
        fields = Reader(sizes)
        fixed, count = fields.u(4), fields.u(4)
        if count > MOST_SAMPLES:
            raise BadMedia("bad-media")
        sizes = [fixed] * count if fixed else fields.table(count, 1)
        fields.done()
        if count:
            self.chunks(count, sizes)

    def chunks(self, count, sizes):
        durations, shifts = runs(self.stbl.one("stts"), count), [0] * count
        if self.stbl.one("ctts", False):
            shifts = runs(self.stbl.one("ctts"), count, signed=True)
        small = self.stbl.one("stco", False)
        fields = Reader(small or self.stbl.one("co64"))
        n = fields.u(4)
        offsets = fields.table(n, 1) if small else [high << 32 | low for high, low in fields.table(n, 2)]
        chunks = Reader(self.stbl.one("stsc"))
        rows = chunks.table(chunks.u(4), 3)
        if not rows or rows[0][0] != 1 or any(a[0] >= b[0] for a, b in zip(rows, rows[1:])):
            raise BadMedia("bad-media")
        done = 0
        for i, (first, each, description) in enumerate(rows):
            last = rows[i + 1][0] - 1 if i + 1 < len(rows) else len(offsets)
            for chunk in range(first - 1, min(last, len(offsets))):
                at = offsets[chunk]
                for j in range(done, min(done + each, count)):
                    if not 1 <= description <= len(self.entries):
                        raise BadMedia("bad-media")
                    self.add(at, sizes[j], durations[j], shifts[j])
                    at += sizes[j]
                done = min(done + each, count)
        if done != count:
            raise BadMedia("bad-media")


def runs(box, count, signed=False):
    """The values of stts or ctts, one a sample."""
    fields, out = Reader(box), []
    for n, value in fields.table(fields.u(4), 2):
        if signed and value >= 1 << 31:
            value -= 1 << 32
        out += [value] * min(n, count - len(out))
    if len(out) < count and not signed:
        raise BadMedia("bad-media")
    return out + [0] * (count - len(out))


def fragment(moof, tracks):
    """The samples of a moof box."""
    for traf in moof.all("traf"):
        if traf.children and traf.children[0].kind != "tfhd":
            raise BadMedia("bad-media")
        if not traf.children:
            continue
        head = Reader(traf.one("tfhd"))
        track = tracks.get(head.u(4))
        if track is None or not head.flags & 0x20001:
            raise BadMedia("bad-media")
        default = list(track.defaults)
        base = head.u(8) if head.flags & 1 else moof.start
        for bit, i in ((2, 0), (8, 1), (16, 2)):
            if head.flags & bit:
                default[i] = head.u(4)
        if head.flags & 32:
            head.skip(4)
        head.done()
        at = base
        for box in traf.children:
            if box.kind == "tfdt":
                fields = Reader(box)
                start = fields.u(8 if fields.version == 1 else 4)
                fields.done()
                if start > 2**60 or start < track.end - track.last:
                    raise BadMedia("bad-media")
                track.end = start
            elif box.kind == "trun":
                at = trun(box, track, base, at, default)


def trun(run, track, base, at, default):
    fields = Reader(run)
    n = fields.u(4)
    if fields.flags & 1:
        at = base + fields.i32()
    if fields.flags & 4:
        fields.skip(4)
    have = [bool(fields.flags & bit) for bit in (0x100, 0x200, 0x400, 0x800)]
    if n and not 1 <= default[0] <= len(track.entries) or n > MOST_SAMPLES or n and not sum(have) and not default[2]:
        raise BadMedia("bad-media")
    if sum(have) == 0:
        rows = [()] * n
    elif sum(have) == 1:
        rows = [(value,) for value in fields.table(n, 1)]
    else:
        rows = fields.table(n, sum(have))
    fields.done()
    for row in rows:
        rest = list(row)
        duration = rest.pop(0) if have[0] else default[1]
        size = rest.pop(0) if have[1] else default[2]
        if have[2]:
            rest.pop(0)
        shift = rest.pop(0) if have[3] else 0
        if shift >= 1 << 31:
            shift -= 1 << 32
        track.add(at, size, duration, shift)
        at += size
    return at


def read(data, original):
    """The tracks of a file by number, the codes of what is wrong with it, and whether its samples are all its media data. Raises BadMedia."""
    codes = set()
    top = Box(data, "", 0, 0, len(data), codes)
    top.children = children(data, "", 0, len(data), codes)
    moov, tracks = top.one("moov"), {}
    if any(box.start < moov.start for box in top.all("moof")):
        raise BadMedia("bad-media")
    for trak in moov.all("trak"):
        track = Track(trak)
        if track.id in tracks:
            raise BadMedia("bad-media")
        track.tables()
        tracks[track.id] = track
    if moov.one("mvex", False):
        for trex in moov.one("mvex").all("trex"):
            if trex.end - trex.body != 24:
                codes.add("hidden-data")
            id_, *values = struct.unpack_from(">4x5I", data[trex.body:trex.end].ljust(24, b"\0"))
            if id_ in tracks:
                tracks[id_].defaults = values[:3]
    for moof in top.all("moof"):
        fragment(moof, tracks)
    spans = [(one.offset, one.offset + one.size) for track in tracks.values() for one in track.samples]
    if any(start < 0 or end > len(data) for start, end in spans) or sum(end - start for start, end in spans) > len(data):
        raise BadMedia("bad-media")
    if len(spans) > MOST_SAMPLES:
        return tracks, codes | {"too-many-units"}, False
    if not original:
        return tracks, codes & {"edit-list"}, True
    if filled(top, tracks, spans):
        return tracks, codes, True
    return tracks, codes | {"hidden-data"}, False


def filled(top, tracks, spans):
    """Step 7: the samples fill the mdat boxes, and each track's lie in its own order."""
    for track in tracks.values():
        if any(a.offset + a.size > b.offset for a, b in zip(track.samples, track.samples[1:])):
            return False
    spans.sort()
    at = 0
    for box in top.all("mdat"):
        place = box.body
        while at < len(spans) and spans[at][0] == place and place < box.end:
            if spans[at][0] == spans[at][1]:
                return False
            place, at = spans[at][1], at + 1
        if place != box.end:
            return False
    return at == len(spans)
