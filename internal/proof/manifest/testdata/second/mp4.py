"""ISO base media files: as much as the package's rules read of them."""

MOST = 4194304
PLACES = {
    "": "ftyp moov moof mdat", "moov": "mvhd trak mvex", "trak": "tkhd mdia edts", "mdia": "mdhd hdlr minf",
    "minf": "vmhd smhd dinf stbl", "dinf": "dref", "stbl": "stsd stts ctts stsc stsz stco co64 stss",
    "mvex": "mehd trex", "moof": "mfhd traf", "traf": "tfhd tfdt trun",
}
PLACES = {place: set(names.encode().split()) for place, names in PLACES.items()}
MANY = {b"moof", b"mdat", b"trak", b"trex", b"traf", b"trun"}
FIXED = {b"vmhd": (12, 12), b"smhd": (8, 8), b"mfhd": (8, 8), b"mvhd": (100, 112), b"tkhd": (84, 96), b"mdhd": (24, 36), b"mehd": (8, 12)}
CONFIGS = {b"avc1": (78, b"avcC"), b"hvc1": (78, b"hvcC"), b"mp4a": (28, b"esds"), b"Opus": (28, b"dOps")}
OTHERS = {b"avc3": (78, b"avcC"), b"hev1": (78, b"hvcC")}


class Wrong(Exception):
    """The file is not as it must be; the first argument is the code."""


def must(truth, what, code="bad-media"):
    if not truth:
        raise Wrong(code, what)


class Track:
    """A track, whose samples are at most so many bytes: id, timescale, entries [(type, configuration)], samples, and the decode time after the last."""

    def __init__(self, most):
        self.id = self.timescale = None
        self.entries, self.samples, self.next, self.total, self.most = [], [], 0, 0, most

    def add(self, offset, size, duration, composition, entry):
        must(1 <= entry <= len(self.entries), "a sample names no sample entry")
        self.total += size
        must(self.total <= self.most, "samples are longer than the file")
        self.samples.append(Sample(offset, size, self.next, composition, duration, entry))
        self.next += duration


class Sample:
    __slots__ = ("offset", "size", "decode", "composition", "duration", "entry")

    def __init__(self, *values):
        self.offset, self.size, self.decode, self.composition, self.duration, self.entry = values


class Media:
    """A media file: tracks by id; found holds codes of what does not keep it from being read."""

    def __init__(self, data, original):
        self.data, self.original, self.found = data, original, set()
        self.tracks, self.defaults, self.count, self.contents = {}, {}, 0, []
        top = self.kids("", 0, len(data))
        moov = [k for k in top if k[0] == b"moov"]
        must(len(moov) == 1, "not one moov")
        for name, start, low, high in top:
            must(name != b"moof" or start > moov[0][1], "a moof before the moov")
            if name == b"mdat":
                self.contents.append((low, high))
        self.movie(moov[0])
        for kid in top:
            if kid[0] == b"moof":
                self.moof(kid)
        self.bounds()
        if original:
            self.filled()

    # Bytes.

    def number(self, at, size, high, signed=False):
        must(at + size <= high, "a box ends too early")
        return int.from_bytes(self.data[at:at + size], "big", signed=signed)

    def boxes(self, low, high):
        while low < high:
            must(high - low >= 8, "half a box")
            size, name, head = self.number(low, 4, high), self.data[low + 4:low + 8], 8
            if size == 1:
                size, head = self.number(low + 8, 8, high), 16
            elif size == 0:
                size = high - low
            must(head <= size <= high - low, "a box of an impossible size")
            yield name, low, low + head, low + size
            low += size

    def kids(self, place, low, high):
        """The boxes known at a place: [(name, start, content, end)]."""
        kids, seen = [], set()
        for kid in self.boxes(low, high):
            name = kid[0]
            if name not in PLACES[place]:
                self.hidden(True)
                continue
            must(name in MANY or name not in seen, "a box that may stand once stands twice")
            seen.add(name)
            kids.append(kid)
            if self.original and name in FIXED:
                version = self.number(kid[2], 1, kid[3])
                self.hidden(kid[3] - kid[2] != FIXED[name][version == 1])
        return kids

    def hidden(self, truth):
        if truth and self.original:
            self.found.add("hidden-data")

    def once(self, place, kid, *names):
        """The content of each named box at a place, which must stand there."""
        by = {k[0]: (k[2], k[3]) for k in self.kids(place, kid[2], kid[3])}
        must(all(n in by for n in names), "a box is missing in " + place)
        return by

    # The movie.

    def movie(self, kid):
        for child in self.kids("moov", kid[2], kid[3]):
            if child[0] == b"trak":
                self.trak(child)
            elif child[0] == b"mvex":
                for trex in self.kids("mvex", child[2], child[3]):
                    if trex[0] == b"trex":
                        at, end = trex[2], trex[3]
                        values = [self.number(at + 4 + 4 * i, 4, end) if at + 8 + 4 * i <= end else 0 for i in range(5)]
                        self.hidden(end - at != 24)
                        must(values[0] not in self.defaults, "two trex of a track")
                        self.defaults[values[0]] = values[1:4]

    def trak(self, kid):
        track, by = Track(len(self.data)), self.once("trak", kid, b"tkhd", b"mdia")
        if b"edts" in by:
            self.found.add("edit-list")
        at, end = by[b"tkhd"]
        track.id = self.number(at + (20 if self.data[at] == 1 else 12), 4, end)
        must(track.id and track.id not in self.tracks, "a track's number is 0 or another's")
        media = self.once("mdia", (0, 0) + by[b"mdia"], b"mdhd")
        at, end = media[b"mdhd"]
        track.timescale = self.number(at + (20 if self.number(at, 1, end) == 1 else 12), 4, end)
        must(track.timescale, "a timescale of 0")
        self.tracks[track.id] = track
        info = self.once("minf", (0, 0) + media[b"minf"]) if b"minf" in media else {}
        if b"dinf" in info:
            self.kids("dinf", *info[b"dinf"])
        table = self.once("stbl", (0, 0) + info[b"stbl"]) if b"stbl" in info else {}
        if b"stsd" in table:
            self.entries(track, table[b"stsd"])
        self.table(track, table)

    def entries(self, track, where):
        low, high = where
        self.number(low + 4, 4, high)
        for name, _, at, end in self.boxes(low + 8, high):
            known, configs = CONFIGS.get(name) or OTHERS.get(name), []
            if known:
                skip = known[0]
                if skip == 28:
                    skip += {1: 16, 2: 36}.get(self.number(at + 8, 2, end), 0)
                must(end - at >= skip, "a sample entry ends too early")
                kinds = (b"avcC", b"hvcC") if known[0] == 78 else (b"esds", b"dOps")
                configs = [(b[0], self.data[b[2]:b[3]]) for b in self.boxes(at + skip, end) if b[0] in kinds]
                must(len(configs) <= 1, "a sample entry has two configurations")
                for kind, raw in configs:
                    whole(kind, raw)
            track.entries.append((name, configs[0][1] if configs and configs[0][0] == known[1] else b""))

    def rows(self, table, name, width, signed=()):
        """The rows of a table of 32 bit numbers, width to a row."""
        if name not in table:
            return []
        low, high = table[name]
        count = self.number(low + 4, 4, high)
        must(low + 8 + 4 * width * count <= high, "a table ends too early")
        self.hidden(low + 8 + 4 * width * count != high)
        return [[self.number(low + 8 + 4 * (width * i + j), 4, high, j in signed) for j in range(width)] for i in range(count)]

    def sizes(self, table):
        if b"stsz" not in table:
            return []
        low, high = table[b"stsz"]
        each, count = self.number(low + 4, 4, high), self.number(low + 8, 4, high)
        must(each or low + 12 + 4 * count <= high, "a table ends too early")
        must(each * count <= len(self.data), "samples are longer than the file")
        self.counted(count)
        self.hidden(high != low + 12 + (0 if each else 4 * count))
        return [each or self.number(low + 12 + 4 * i, 4, high) for i in range(count)]

    def counted(self, more):
        self.count += more
        must(self.count <= MOST, "too many samples", "too-many-units")

    def table(self, track, table):
        """The samples that stand in the movie itself: as many as there are sizes."""
        if self.original:
            self.lengths(table)
        sizes = self.sizes(table)
        if not sizes:
            return
        must(sum(sizes) <= len(self.data), "samples are longer than the file")
        times, shifts = (spread(self.rows(table, n, 2, (1,) if n == b"ctts" else ()), len(sizes)) for n in (b"stts", b"ctts"))
        chunks = [r[0] for r in self.rows(table, b"stco", 1)] if b"stco" in table else [r[0] << 32 | r[1] for r in self.wide(table)]
        runs = self.rows(table, b"stsc", 3)
        must(len(times) >= len(sizes), "stts has too few")
        must(runs and runs[0][0] == 1 and all(a[0] < b[0] for a, b in zip(runs, runs[1:])), "stsc in disorder")
        shifts += [0] * len(sizes)
        at = 0
        for chunk, offset in enumerate(chunks, 1):
            _, each, entry = [r for r in runs if r[0] <= chunk][-1]
            for _ in range(min(each, len(sizes) - at)):
                track.add(offset, sizes[at], times[at], shifts[at], entry)
                offset += sizes[at]
                at += 1
        must(at == len(sizes), "the chunks hold too few")

    def lengths(self, table):
        """Whether the tables end with their last row."""
        for name, width in ((b"stts", 8), (b"ctts", 8), (b"stsc", 12), (b"stco", 4), (b"co64", 8), (b"stss", 4)):
            if name in table:
                low, high = table[name]
                self.hidden(high - low < 8 or high - low != 8 + width * self.number(low + 4, 4, high))

    def wide(self, table):
        if b"co64" not in table:
            return []
        low, high = table[b"co64"]
        count = self.number(low + 4, 4, high)
        must(low + 8 + 8 * count <= high, "a table ends too early")
        self.hidden(low + 8 + 8 * count != high)
        return [(self.number(low + 8 + 8 * i, 4, high), self.number(low + 12 + 8 * i, 4, high)) for i in range(count)]

    # Fragments.

    def moof(self, kid):
        for child in self.kids("moof", kid[2], kid[3]):
            if child[0] == b"traf":
                self.traf(child, kid[1])

    def traf(self, kid, moof):
        kids = self.kids("traf", kid[2], kid[3])
        must(kids and kids[0][0] == b"tfhd" and next(self.boxes(kid[2], kid[3]))[0] == b"tfhd", "a traf without its tfhd first")
        low, high = kids[0][2:]
        flags, at = self.number(low, 4, high) & 0xffffff, low + 8
        track = self.tracks.get(self.number(low + 4, 4, high))
        must(track, "a traf of no track")
        values = list(self.defaults.get(track.id, (1, 0, 0)))
        base = moof
        must(flags & 0x20001, "a tfhd without a base")
        if flags & 1:
            base, at = self.number(at, 8, high), at + 8
        for i, flag in enumerate((2, 8, 16)):
            if flags & flag:
                values[i], at = self.number(at, 4, high), at + 4
        at += 4 if flags & 0x20 else 0
        must(at <= high, "a tfhd ends too early")
        self.hidden(at != high)
        begun = False
        for name, _, low, high in kids:
            begun = begun or name == b"trun"
            if name == b"tfdt":
                must(not begun, "a tfdt behind a trun")
                size = 8 if self.number(low, 1, high) == 1 else 4
                start = self.number(low + 4, size, high)
                self.hidden(high != low + 4 + size)
                last = track.samples[-1].duration if track.samples else 0
                must(start >= track.next - last, "a tfdt goes back")
                track.next = start
        end = base
        for name, _, low, high in kids:
            if name == b"trun":
                end = self.trun(track, values, base, end, low, high)

    def trun(self, track, values, base, end, low, high):
        flags, count, at = self.number(low, 4, high) & 0xffffff, self.number(low + 4, 4, high), low + 8
        if flags & 1:
            end, at = base + self.number(at, 4, high, True), at + 4
        at += 4 if flags & 4 else 0
        width = 4 * bin(flags & 0xf00).count("1")
        must(at + width * count <= high and (width or values[2] or not count), "a trun ends too early")
        self.counted(count)
        for _ in range(count):
            size, duration, shift = values[2], values[1], 0
            if flags & 0x100:
                duration, at = self.number(at, 4, high), at + 4
            if flags & 0x200:
                size, at = self.number(at, 4, high), at + 4
            at += 4 if flags & 0x400 else 0
            if flags & 0x800:
                shift, at = self.number(at, 4, high, True), at + 4
            track.add(end, size, duration, shift, values[0])
            end += size
        must(at <= high, "a trun ends too early")
        self.hidden(at != high)
        return end

    # The whole.

    def bounds(self):
        total = 0
        for track in self.tracks.values():
            for s in track.samples:
                total += s.size
                must(s.offset >= 0 and s.offset + s.size <= len(self.data), "a sample outside the file")
        must(total <= len(self.data), "samples are longer than the file")

    def filled(self):
        """An original: the samples fill the content of mdat without hole or overlap, each track's in its own order."""
        spans = []
        for track in self.tracks.values():
            at = 0
            for s in track.samples:
                self.hidden(s.size == 0 or s.offset < at)
                at = s.offset
                spans.append((s.offset, s.offset + s.size))
        spans.sort()
        at = 0
        for low, high in self.contents:
            while low < high:
                fits = at < len(spans) and spans[at][0] == low and low < spans[at][1] <= high
                self.hidden(not fits)
                if not fits:
                    return
                low, at = spans[at][1], at + 1
        self.hidden(at != len(spans))


def spread(rows, most):
    """The second number of each row as often as the first says, at most that many in all."""
    found = []
    for count, value in rows:
        found += [value] * min(count, most - len(found))
    return found


def parameters(entry):
    """What a sample entry says of its codec: a dictionary; Wrong if it cannot be read."""
    name, raw = entry
    try:
        if name == b"avc1":
            return avc(raw)
        if name == b"hvc1":
            return hevc(raw)
        if name == b"mp4a":
            return {"codec": "aac", "config": aac(raw)}
        if name == b"Opus":
            must(raw[0] == 0, "dOps of another version", "other-parameters")
            return {"codec": "opus", "channels": raw[1]}
    except IndexError:
        pass
    raise Wrong("other-parameters", "a configuration that cannot be read")


def whole(kind, raw):
    """Refuses an avcC or hvcC that ends before its last field."""
    try:
        if kind == b"avcC":
            avc(raw)
        elif kind == b"hvcC":
            hevc(raw)
    except IndexError:
        raise Wrong("bad-media", "a configuration ends too early")
    except Wrong as wrong:
        if wrong.args[1] == "a configuration ends too early":
            raise Wrong("bad-media", wrong.args[1])


def sets(raw, at, count):
    """count byte strings, each after its length in two bytes; and where they end."""
    found = []
    for _ in range(count):
        size = raw[at] << 8 | raw[at + 1]
        must(at + 2 + size <= len(raw), "a configuration ends too early", "other-parameters")
        found.append(raw[at + 2:at + 2 + size])
        at += 2 + size
    return found, at


def avc(raw):
    must(raw[0] == 1 and raw[4] & 3 == 3, "avcC", "other-parameters")
    sps, at = sets(raw, 6, raw[5] & 31)
    pps, at = sets(raw, at + 1, raw[at])
    return {"codec": "h264", "vps": [], "sps": sps, "pps": pps}


def hevc(raw):
    must(raw[0] == 1 and raw[21] & 3 == 3, "hvcC", "other-parameters")
    found, at = {32: [], 33: [], 34: []}, 23
    for _ in range(raw[22]):
        kind = raw[at] & 63
        must(kind in found, "another array in hvcC", "other-parameters")
        more, at = sets(raw, at + 3, raw[at + 1] << 8 | raw[at + 2])
        found[kind] += more
    return {"codec": "h265", "vps": found[32], "sps": found[33], "pps": found[34]}


def descriptor(raw, at, tag):
    """The content of the descriptor that must stand at at: (start, end)."""
    must(raw[at] == tag, "esds", "other-parameters")
    size = 0
    for n in range(1, 5):
        size = size << 7 | raw[at + n] & 127
        if raw[at + n] < 128:
            break
    must(at + n + 1 + size <= len(raw), "esds", "other-parameters")
    return at + n + 1, at + n + 1 + size


def aac(raw):
    at, _ = descriptor(raw, 4, 3)
    flags = raw[at + 2]
    at += 3 + (2 if flags & 128 else 0)
    if flags & 64:
        at += 1 + raw[at]
    at += 2 if flags & 32 else 0
    at, _ = descriptor(raw, at, 4)
    at, end = descriptor(raw, at + 13, 5)
    return raw[at:end]
