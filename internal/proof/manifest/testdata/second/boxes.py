"""The samples of an MP4 file, from ISO/IEC 14496-12, -14 and -15 and the Opus mapping."""
import struct

INSIDE = {
    "": "ftyp moov moof mdat", "moov": "mvhd trak mvex", "trak": "tkhd mdia edts", "mdia": "mdhd hdlr minf", "minf": "vmhd smhd dinf stbl",
    "dinf": "dref", "stbl": "stsd stts ctts stsc stsz stco co64 stss", "mvex": "mehd trex", "moof": "mfhd traf", "traf": "tfhd tfdt trun",
}
OFTEN = {"": {"moof", "mdat"}, "moov": {"trak"}, "mvex": {"trex"}, "moof": {"traf"}, "traf": {"trun"}}
CODECS = {"avc1": "h264", "hvc1": "h265", "mp4a": "aac", "Opus": "opus"}
MOST_SAMPLES = 4194304


class BadMedia(Exception):
    """A file that is refused; its text is the finding's code."""


class Box:
    def __init__(self, data, kind, start, body, end):
        self.data, self.kind, self.start, self.body, self.end = data, kind, start, body, end
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
        self.data, self.at, self.end = box.data, box.body, box.end
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
        if self.at != self.end:
            raise BadMedia("bad-media")


def children(data, parent, start, end, codes):
    out, at = [], start
    while at < end:
        if end - at < 8:
            raise BadMedia("bad-media")
        size, kind, body = int.from_bytes(data[at:at + 4], "big"), data[at + 4:at + 8].decode("latin-1"), at + 8
        if size == 1:
            size, body = int.from_bytes(data[at + 8:at + 16], "big"), at + 16
        if size < body - at or at + size > end:
            raise BadMedia("bad-media")
        box = Box(data, kind, at, body, at + size)
        if kind == "edts":
            codes.add("edit-list")
        elif kind not in INSIDE[parent].split():
            codes.add("hidden-data")
        elif any(other.kind == kind for other in out) and kind not in OFTEN.get(parent, ()):
            raise BadMedia("bad-media")
        elif kind in INSIDE:
            box.children = children(data, kind, body, at + size, codes)
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
        self.stbl = trak.down("mdia", "minf", "stbl")
        self.entry(self.stbl.one("stsd"))
        self.samples, self.end, self.defaults = [], 0, (1, 0, 0)

    def entry(self, stsd):
        """The one sample entry: codec, and its parameters as the run header has them."""
        fields = Reader(stsd)
        if fields.u(4) != 1:
            raise BadMedia("other-parameters")
        at = fields.at
        size, kind = fields.u(4), stsd.data[at + 4:at + 8].decode("latin-1")
        if at + size != stsd.end or size < 16:
            raise BadMedia("bad-media")
        self.codec = CODECS.get(kind)
        if self.codec is None:
            raise BadMedia("other-parameters")
        video = self.codec in ("h264", "h265")
        wanted = {"h264": "avcC", "h265": "hvcC", "aac": "esds", "opus": "dOps"}[self.codec]
        at += 86 if video else 36
        found = []
        while at < stsd.end:
            length = int.from_bytes(stsd.data[at:at + 4], "big")
            if length < 8 or at + length > stsd.end:
                raise BadMedia("bad-media")
            if stsd.data[at + 4:at + 8] == wanted.encode():
                found.append(stsd.data[at + 8:at + length])
            at += length
        if len(found) != 1:
            raise BadMedia("bad-media")
        try:
            self.parameters = {"h264": avcc, "h265": hvcc, "aac": esds, "opus": dops}[self.codec](found[0])
        except (IndexError, struct.error):
            raise BadMedia("bad-media")

    def add(self, offset, size, duration, shift):
        self.samples.append(Sample(offset, size, self.end, shift))
        self.end += duration

    def tables(self):
        """The samples that the boxes in moov tell of."""
        fields = Reader(self.stbl.one("stsz"))
        fixed, count = fields.u(4), fields.u(4)
        if count > MOST_SAMPLES:
            raise BadMedia("too-many-units")
        sizes = [fixed] * count if fixed else fields.table(count, 1)
        fields.done()
        durations = runs(self.stbl.one("stts"), count)
        shifts = [0] * count
        if self.stbl.one("ctts", False):
            shifts = runs(self.stbl.one("ctts"), count, signed=True)
        large = self.stbl.one("co64", False)
        if large and self.stbl.one("stco", False):
            raise BadMedia("bad-media")
        fields = Reader(large or self.stbl.one("stco"))
        n = fields.u(4)
        offsets = [high << 32 | low for high, low in fields.table(n, 2)] if large else fields.table(n, 1)
        fields.done()
        chunks = Reader(self.stbl.one("stsc"))
        rows = chunks.table(chunks.u(4), 3)
        chunks.done()
        if any(a[0] >= b[0] for a, b in zip(rows, rows[1:])) or bool(rows) != bool(offsets) or rows and rows[0][0] != 1:
            raise BadMedia("bad-media")
        done = 0
        for i, (first, each, description) in enumerate(rows):
            last = rows[i + 1][0] - 1 if i + 1 < len(rows) else len(offsets)
            if last > len(offsets) or description != 1:
                raise BadMedia("bad-media")
            for chunk in range(first - 1, last):
                at = offsets[chunk]
                if done + each > count:
                    raise BadMedia("bad-media")
                for j in range(done, done + each):
                    self.add(at, sizes[j], durations[j], shifts[j])
                    at += sizes[j]
                done += each
        if done != count:
            raise BadMedia("bad-media")


def runs(box, count, signed=False):
    """The values of stts or ctts, one a sample."""
    fields, out = Reader(box), []
    for n, value in fields.table(fields.u(4), 2):
        if len(out) + n > count:
            raise BadMedia("bad-media")
        if signed and fields.version == 1 and value >= 1 << 31:
            value -= 1 << 32
        out += [value] * n
    fields.done()
    if len(out) != count:
        raise BadMedia("bad-media")
    return out


def avcc(raw):
    at, out = 6, {"vps": [], "sps": [], "pps": []}
    if raw[0] != 1 or raw[4] & 3 != 3:
        raise BadMedia("bad-media")
    for name, n in (("sps", raw[5] & 31), ("pps", None)):
        if n is None:
            n, at = raw[at], at + 1
        for _ in range(n):
            at = nal(raw, at, out[name])
    return out


def nal(raw, at, out):
    size = struct.unpack_from(">H", raw, at)[0]
    if at + 2 + size > len(raw):
        raise BadMedia("bad-media")
    out.append(raw[at + 2:at + 2 + size])
    return at + 2 + size


def hvcc(raw):
    at, out = 23, {"vps": [], "sps": [], "pps": []}
    if raw[0] != 1 or raw[21] & 3 != 3:
        raise BadMedia("bad-media")
    for _ in range(raw[22]):
        kind, n = raw[at] & 63, struct.unpack_from(">H", raw, at + 1)[0]
        at += 3
        sets = out.get({32: "vps", 33: "sps", 34: "pps"}.get(kind), [])
        for _ in range(n):
            at = nal(raw, at, sets)
    return out


def esds(raw):
    """The AudioSpecificConfig: the DecoderSpecificInfo in the DecoderConfigDescriptor in the ES_Descriptor."""
    def descriptor(at, tag):
        if raw[at] != tag:
            raise BadMedia("bad-media")
        size, at = 0, at + 1
        for _ in range(4):
            byte, at = raw[at], at + 1
            size = size << 7 | byte & 127
            if byte < 128:
                break
        if at + size > len(raw):
            raise BadMedia("bad-media")
        return at, at + size

    at, _ = descriptor(4, 3)
    flags = raw[at + 2]
    at += 3 + (2 if flags & 128 else 0)
    if flags & 64:
        at += 1 + raw[at]
    at, _ = descriptor(at + (2 if flags & 32 else 0), 4)
    at, end = descriptor(at + 13, 5)
    return {"config": raw[at:end]}


def dops(raw):
    return {"channels": raw[1]}


def fragment(moof, tracks):
    """The samples of a moof box."""
    after = moof.start
    for traf in moof.all("traf"):
        head = Reader(traf.one("tfhd"))
        track = tracks.get(head.u(4))
        if track is None:
            raise BadMedia("bad-media")
        default = list(track.defaults)
        base = head.u(8) if head.flags & 1 else moof.start if head.flags & 0x20000 else after
        for bit, i in ((2, 0), (8, 1), (16, 2)):
            if head.flags & bit:
                default[i] = head.u(4)
        if head.flags & 32:
            head.skip(4)
        head.done()
        if default[0] != 1:
            raise BadMedia("bad-media")
        start = traf.one("tfdt", False)
        if start:
            fields = Reader(start)
            track.end = fields.u(8 if fields.version == 1 else 4)
            fields.done()
        at = base
        for run in traf.all("trun"):
            at = trun(run, track, base, at, default)
        after = at


def trun(run, track, base, at, default):
    fields = Reader(run)
    n = fields.u(4)
    if fields.flags & 1:
        at = base + fields.i32()
    if fields.flags & 4:
        fields.skip(4)
    have = [bool(fields.flags & bit) for bit in (0x100, 0x200, 0x400, 0x800)]
    if len(track.samples) + n > MOST_SAMPLES:
        raise BadMedia("too-many-units")
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
        if fields.version and shift >= 1 << 31:
            shift -= 1 << 32
        track.add(at, size, duration, shift)
        at += size
    return at


def read(data):
    """The tracks of a file by number, and the codes of what is wrong with it. Raises BadMedia."""
    codes = set()
    top = Box(data, "", 0, 0, len(data))
    top.children = children(data, "", 0, len(data), codes)
    moov, tracks = top.one("moov"), {}
    for trak in moov.all("trak"):
        track = Track(trak)
        if track.id in tracks:
            raise BadMedia("bad-media")
        track.tables()
        tracks[track.id] = track
    if moov.one("mvex", False):
        for trex in moov.one("mvex").all("trex"):
            fields = Reader(trex)
            track = tracks.get(fields.u(4))
            if track is None:
                raise BadMedia("bad-media")
            track.defaults = fields.u(4), fields.u(4), fields.u(4)
    for moof in top.all("moof"):
        fragment(moof, tracks)
    filled(top, tracks, codes)
    if sum(len(track.samples) for track in tracks.values()) > MOST_SAMPLES:
        raise BadMedia("too-many-units")
    return tracks, codes


def filled(top, tracks, codes):
    """Step 7: the samples fill the mdat boxes, and each track's lie in its own order."""
    spans = []
    for track in tracks.values():
        own = [(one.offset, one.offset + one.size) for one in track.samples]
        if any(a[1] > b[0] for a, b in zip(own, own[1:])):
            codes.add("hidden-data")
        spans += own
    for start, end in spans:
        if start < 0 or end > top.end:
            raise BadMedia("bad-media")
    spans = sorted(span for span in spans if span[0] < span[1])
    wanted = [(box.body, box.end) for box in top.all("mdat")]
    at = 0
    for body, end in wanted:
        place = body
        while at < len(spans) and spans[at][0] == place and spans[at][1] <= end:
            place, at = spans[at][1], at + 1
        if place != end:
            codes.add("hidden-data")
    if at != len(spans):
        codes.add("hidden-data")
