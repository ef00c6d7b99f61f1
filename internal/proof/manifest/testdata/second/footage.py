"""What is proved of the footage: segments, originals, time, and that nothing is missing."""
import forms
import notes
from boxes import BadMedia, read
from hashes import leaf, path, sha, span
from notes import Bad

SECOND = 10**6
FOUR = 4 * SECOND
TWELVE = 12 * SECOND


class Fragment:
    __slots__ = ("start", "end", "tick", "low", "high")

    def __init__(self, start, end, tick, low, high):
        self.start, self.end, self.tick, self.low, self.high = start, end, tick, low, high


class Row:
    """One leaf of a segment that an original has: hidden without track."""
    __slots__ = ("segment", "leaf", "hash", "track", "rtp", "receipt", "flags", "digest")


class Segment:
    """A segment's proof that holds: the entry's detail, the header, the fragments, and the rows by file."""

    def __init__(self, id_, detail, camera):
        self.id, self.detail, self.camera = id_, detail, camera
        self.header, self.fragments, self.rows = None, None, {}


def segments(check):
    """Reads every segment's proof."""
    wanted = {id_ for one in check.paths.values() for id_ in one["segments"] or ()}
    for name in check.files:
        if name.startswith("proof/segments/") and name.rsplit("/", 1)[1].rsplit(".", 1)[0] not in wanted and check.package:
            check.find("unknown-file")
    for id_ in sorted(wanted):
        name = "proof/segments/" + id_
        if name + ".json" not in check.files:
            check.find("no-proof")
            continue
        proof = check.form(name + ".json", lambda raw: forms.document(raw, forms.SEGMENT))
        if proof is not None:
            one = sealed(check, id_, proof)
            if one is not None:
                check.segments[id_] = one
                units(check, one, proof, name + ".units")


def sealed(check, id_, proof):
    if proof["segment"] != id_:
        check.find("bad-document")
        return None
    body = check.entry(proof["sealed"])
    if body is None:
        return None
    detail = body.get("detail")
    try:
        if body["type"] != "segment.sealed" or body["subject"] != id_:
            raise Bad("entry")
        for name in ("number", "start_us", "end_us", "timescale", "units", "leaves", "object_size"):
            forms.count(detail[name])
        for name in ("root", "object_sha256"):
            detail[name] = forms.DIGEST(detail[name])
        for name in ("stream", "run"):
            forms.text(detail[name])
        camera = forms.text(body["camera"])
        if detail["leaves"] != detail["units"] + 2 or detail["leaves"] > 2**24:
            raise Bad("leaves")
    except (Bad, KeyError, TypeError):
        check.find("bad-proof")
        return None
    detail["at"] = body["at"]
    out = Segment(id_, detail, camera)
    for name, tag, index in (("header", b"cr1", 0), ("table", b"ct1", detail["leaves"] - 1)):
        piece = proof[name]
        if piece is None:
            continue
        if path(index, detail["leaves"], leaf(tag + piece["bytes"]), piece["proof"]) != detail["root"]:
            check.find("bad-proof")
            continue
        try:
            if name == "header":
                out.header = forms.parse(piece["bytes"])
            else:
                out.fragments = fragments(piece["bytes"], detail["units"])
        except Bad:
            check.find("bad-proof")
    return out


def fragments(raw, total):
    at = 0

    def byte():
        nonlocal at
        if at >= len(raw):
            raise Bad("table")
        at += 1
        return raw[at - 1]

    def varint():
        value, shift = 0, 0
        while True:
            b = byte()
            value |= (b & 127) << shift
            shift += 7
            if b < 128:
                return value
            if shift > 63:
                raise Bad("table")

    def zigzag():
        value = varint()
        return value >> 1 ^ -(value & 1)

    if byte() != 1:
        raise Bad("table")
    n = varint()
    byte()
    if n > 4096:
        raise Bad("table")
    out, end, tick, ticks, wall, units, low = [], 0, 0, 0, 0, 0, 1
    for _ in range(n):
        flags = byte()
        if flags & 2:
            varint()
        if flags & 4:
            zigzag()
        start = end + (zigzag() if flags & 8 else 0)
        tick += ticks + (zigzag() if flags & 16 else 0)
        if flags & 32:
            varint()
        zigzag()
        ticks += zigzag()
        wall += zigzag()
        zigzag()
        units += zigzag()
        end = start + wall
        if units < 1 or wall < 0:
            raise Bad("table")
        out.append(Fragment(start, end, tick, low, low + units))
        low += units
    if at != len(raw) or low - 1 != total:
        raise Bad("table")
    return out


def units(check, segment, proof, name):
    """Reads the rows of a segment's units, file by file."""
    if proof["units"] is None:
        return
    raw = check.read(name)
    if proof["table"] is None:
        check.find("no-proof")
        return
    if raw is None:
        check.find("missing-file")
        return
    at, seen = 0, set()
    for element in proof["units"]:
        if element["file"] in seen or element["from"] + element["count"] - 1 > segment.detail["units"]:
            check.find("bad-document")
            return
        seen.add(element["file"])
        rows = []
        for index in range(element["from"], element["from"] + element["count"]):
            row, at = one_row(raw, at, segment, index)
            if row is None:
                check.find("bad-document")
                return
            rows.append(row)
        if span(segment.detail["leaves"], element["from"], [row.hash for row in rows], element["proof"]) != segment.detail["root"]:
            check.find("not-sealed")
        segment.rows[element["file"]] = rows
    if at != len(raw):
        check.find("bad-document")


def one_row(raw, at, segment, index):
    row = Row()
    row.segment, row.leaf, row.track = segment, index, None
    if raw[at:at + 1] == b"\0" and at + 33 <= len(raw):
        row.hash = raw[at + 1:at + 33]
        return row, at + 33
    if raw[at:at + 1] != b"\1" or at + 71 > len(raw):
        return None, at
    row.hash = leaf(b"cu1" + raw[at + 1:at + 71])
    row.track, row.rtp = raw[at + 1], int.from_bytes(raw[at + 10:at + 14], "big")
    row.receipt, row.flags = int.from_bytes(raw[at + 14:at + 22], "big"), raw[at + 22]
    row.digest = raw[at + 39:at + 71]
    return row, at + 71


def item(check, item):
    """All that is to be said about one item and its renditions."""
    for line in item["segments"]:
        segment = check.segments.get(line["id"])
        if segment is not None:
            stated(check, item, line, segment)
    for gap in item["gaps"]:
        if gap["event"] is not None:
            body = check.entries.get(gap["event"])
            if body is None or body["type"] not in ("gap.opened", "gap.closed") or body.get("camera") != item["camera"]["id"]:
                check.find("misstated")
    for one in item["renditions"]:
        media(check, item, one)
    if any(one["kind"] == "original" for one in item["renditions"]):
        whole(check, item)


def stated(check, item, line, segment):
    detail = segment.detail
    if segment.camera != item["camera"]["id"]:
        check.find("other-camera")
    if (line["stream"], line["run"], line["number"], line["span"], line["sealed"], line["object_size"], line["object_sha256"]) != (
            detail["stream"], detail["run"], detail["number"], (detail["start_us"], detail["end_us"]), detail["at"], detail["object_size"],
            detail["object_sha256"]):
        check.find("misstated")


def media(check, item, one):
    lines = {line["id"]: line for line in item["segments"]}
    for parent in one["parents"] or ():
        if parent["path"] is not None:
            if parent["path"] not in check.files:
                check.find("other-parent")
            elif check.digest(parent["path"]) != parent["sha256"].hex():
                check.find("other-parent")
        elif parent["segment"] not in lines or lines[parent["segment"]]["object_sha256"] != parent["sha256"]:
            check.find("other-parent")
    if one["path"] not in check.files:
        return
    check.digest(one["path"])
    data = check.documents[one["path"]]
    try:
        tracks, codes = read(data)
    except BadMedia as refusal:
        check.find(str(refusal))
        return
    if one["kind"] != "original":
        codes &= {"edit-list"}
    for code in codes:
        check.find(code)
    if one["kind"] == "original":
        Original(check, item, one, data, tracks).run()


class Original:
    def __init__(self, check, item, one, data, tracks):
        self.check, self.item, self.one, self.data, self.tracks = check, item, one, data, tracks
        self.find = check.find
        self.bases = {track["id"]: track["base"] for track in one["tracks"]}
        self.left = {}
        for left in one["left_out"]:
            self.left.setdefault(left["segment"], []).append((left["from"], left["from"] + left["count"]))

    def run(self):
        listed = {line["id"] for line in self.item["segments"]}
        chain, last = [], None
        for id_ in self.one["segments"]:
            segment = self.check.segments.get(id_)
            if id_ not in listed:
                self.find("misstated")
            if segment is None:
                return
            if (segment.detail["run"], segment.detail["stream"]) != (self.one["run"], self.one["stream"]):
                self.find("misstated")
            if last is not None and segment.detail["number"] != last + 1:
                self.find("missing-segment")
            last = segment.detail["number"]
            if self.one["path"] not in segment.rows or segment.fragments is None:
                self.find("no-proof")
                return
            chain.append(segment)
        self.rows = [row for segment in chain for row in segment.rows[self.one["path"]]]
        for row in self.rows:
            if row.track is None and not self.is_left(row.segment.id, row.leaf):
                self.find("unit-missing")
            elif row.track is not None and row.track not in self.bases:
                self.find("unit-missing")
        self.parameters(chain)
        self.time_bases(chain)
        for id_ in self.bases:
            if id_ in self.tracks:
                self.units(id_)

    def is_left(self, id_, index):
        return any(low <= index < high for low, high in self.left.get(id_, ()))

    def parameters(self, chain):
        said = [(track["id"], track["codec"], track["timescale"]) for track in self.one["tracks"]]
        have = [(track.id, track.codec, track.timescale) for track in self.tracks.values()]
        if sorted(said) != sorted(have):
            self.find("other-parameters")
        header = chain[0].header if chain else None
        for track in self.tracks.values():
            if header is not None:
                if not agrees(header, track):
                    self.find("other-parameters")
            elif track.codec in ("h264", "h265"):
                self.carries(track)

    def carries(self, track):
        """Whether the first sample of a track carries the parameter sets of its entry."""
        found, at = set(), 0
        sample = self.data[track.samples[0].offset:track.samples[0].offset + track.samples[0].size] if track.samples else b""
        while at + 4 <= len(sample):
            size = int.from_bytes(sample[at:at + 4], "big")
            found.add(sample[at + 4:at + 4 + size])
            at += 4 + size
        if any(one not in found for sets in track.parameters.values() for one in sets):
            self.find("no-parameters")

    def time_bases(self, chain):
        if 1 in self.bases and 1 in self.tracks and any(segment.detail["timescale"] != self.tracks[1].timescale for segment in chain):
            self.find("time-changed")

    def units(self, id_):
        track = self.tracks[id_]
        rows = [row for row in self.rows if row.track == id_]
        known = {row.digest for row in rows}
        pairs = []
        for sample, row in zip(track.samples, rows):
            digest = sha(self.data[sample.offset:sample.offset + sample.size])
            if digest == row.digest:
                pairs.append((sample, row))
                continue
            pairs.append(None)
            self.find("unit-moved" if digest in known else "unit-altered")
        if len(track.samples) > len(rows):
            self.find("unit-added")
        if len(track.samples) < len(rows):
            self.find("unit-missing")
        self.times(id_, track, pairs)

    def times(self, id_, track, pairs):
        base, before, least, firsts, right = self.bases[id_], None, None, 0, 0
        start, end = self.one["span"]
        for pair in pairs:
            if pair is None:
                before = None
                continue
            sample, row = pair
            media = sample.decode + sample.shift + base
            if before is not None and (media - before[0] - (row.rtp - before[1])) % 2**32:
                self.find("time-changed")
            before = media, row.rtp
            fragment = next(one for one in row.segment.fragments if one.low <= row.leaf < one.high)
            scale = row.segment.detail["timescale"]
            if scale == track.timescale:
                wall = fragment.start + (media - fragment.tick) * SECOND // scale
            else:
                wall = fragment.start + media * SECOND // track.timescale - fragment.tick * SECOND // scale
            if not start <= wall < end:
                self.find("outside-span")
            if not fragment.start - FOUR <= wall <= fragment.end + FOUR:
                self.find("time-shifted")
            least = row.receipt - wall if least is None else min(least, row.receipt - wall)
            if id_ == 1 and row.leaf == fragment.low and (row.leaf != 1 or row.segment.detail["number"] != 0):
                firsts += 1
                right += media == fragment.tick
        if least is not None and abs(least) > TWELVE or 2 * right < firsts:
            self.find("time-shifted")


def agrees(header, track):
    """Whether a run header says of a track what its file says."""
    try:
        one = next(one for one in header["tracks"] if one["id"] == track.id)
        if (one["codec"], one["timescale"]) != (track.codec, track.timescale):
            return False
        if track.codec in ("h264", "h265"):
            return all([notes.base64_of(raw) for raw in one.get(name) or []] == track.parameters[name] for name in ("vps", "sps", "pps"))
        if track.codec == "aac":
            return notes.base64_of(one["config"]) == track.parameters["config"]
        return one["channels"] == track.parameters["channels"]
    except (Bad, KeyError, TypeError, StopIteration):
        return False


def whole(check, item):
    """That nothing of an item with originals is missing."""
    have = {}
    for one in item["renditions"]:
        if one["kind"] != "original":
            continue
        for id_ in one["segments"]:
            if id_ in check.segments:
                have.setdefault(id_, []).extend((row.leaf, row.leaf + 1) for row in check.segments[id_].rows.get(one["path"], ()))
        for left in one["left_out"]:
            have.setdefault(left["segment"], []).append((left["from"], left["from"] + left["count"]))
    start, end = item["decided"]
    covered = [gap["span"] for gap in item["gaps"]]
    for line in item["segments"]:
        segment = check.segments.get(line["id"])
        if segment is None or segment.fragments is None:
            continue
        leaves = sorted(have.get(line["id"], ()))
        for fragment in segment.fragments:
            inside = sum(1 for leaf_ in union(leaves, fragment.low, fragment.high))
            if inside:
                covered.append((fragment.start, fragment.end))
            if start <= fragment.start and fragment.end <= end and inside < fragment.high - fragment.low:
                check.find("unit-missing")
    at = start
    for low, high in sorted(covered):
        if low - at > SECOND:
            check.find("undeclared-gap")
        at = max(at, high)
        if at >= end:
            return
    if end - at > SECOND:
        check.find("undeclared-gap")


def union(spans, low, high):
    """The leaves of [low, high) that lie in one of the spans."""
    out = set()
    for a, b in spans:
        out.update(range(max(a, low), min(b, high)))
    return out
