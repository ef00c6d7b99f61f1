"""What is proved of the footage: segments, originals, time, and that nothing is missing."""
import forms
import notes
from boxes import BadMedia, read
from hashes import leaf, path, sha, span
from notes import Bad, Stop
from table import fragments

SECOND = 10**6
FOUR = 4 * SECOND
TWELVE = 12 * SECOND


class Row:
    """One leaf of a segment that an original has: hidden without track."""
    __slots__ = ("segment", "leaf", "hash", "track", "rtp", "receipt", "flags", "digest")


class Segment:
    """A segment's proof that holds: the entry's detail, the header, the fragments, and the rows by file."""

    def __init__(self, id_, detail, camera, units):
        self.id, self.detail, self.camera, self.units = id_, detail, camera, units
        self.header, self.fragments = None, []


def segment(check, id_):
    """A segment whose proof holds, or None."""
    if id_ not in check.segments:
        check.segments[id_] = None
        try:
            raw = check.tagged("proof/segments/" + id_ + ".json")
            check.segments[id_] = sealed(check, id_, check.form(raw, lambda raw: forms.document(raw, forms.SEGMENT), "bad-proof"))
        except Stop:
            pass
    return check.segments[id_]


def sealed(check, id_, proof):
    body = check.entry(proof["sealed"])
    try:
        if body is None or proof["segment"] != id_ or body["type"] != "segment.sealed" or body["subject"] != id_:
            raise Bad("entry")
        detail = body["detail"]
        for name in ("number", "start_us", "end_us", "timescale", "units", "leaves", "object_size"):
            forms.count(detail[name])
        for name in ("root", "object_sha256"):
            detail[name] = forms.DIGEST(detail[name])
        if detail["leaves"] != detail["units"] + 2 or not 3 <= detail["leaves"] <= 2**24 or not detail["timescale"]:
            raise Bad("leaves")
        detail["at"] = body["at"]
        out = Segment(id_, detail, body["camera"], proof["units"] or [])
        for name, tag, index in (("header", b"cr1", 0), ("table", b"ct1", detail["leaves"] - 1)):
            piece = proof[name]
            if piece is None:
                continue
            if path(index, detail["leaves"], leaf(tag + piece["bytes"]), piece["proof"]) != detail["root"]:
                raise Bad(name)
            if name == "header":
                out.header = forms.parse(piece["bytes"])
            else:
                out.fragments = fragments(piece["bytes"], detail["units"])
        files = [element["file"] for element in out.units]
        if len(set(files)) != len(files) or files and proof["table"] is None:
            raise Bad("units")
    except (Bad, KeyError, TypeError):
        check.find("bad-proof")
        return None
    return out


def rows_of(segment, raw, file):
    """The rows of one original in a segment's .units file. Raises Bad."""
    out, at = {}, 0
    for element in segment.units:
        rows = out[element["file"]] = []
        for index in range(element["from"], element["from"] + element["count"]):
            row, at = one_row(raw, at, segment, index)
            if row is None:
                raise Bad("rows")
            rows.append(row)
    if at != len(raw):
        raise Bad("rows")
    return out[file]


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
    """What belongs to an item rather than to one of its files."""
    originals = any(one["kind"] == "original" for one in item["renditions"])
    for one in item["renditions"]:
        parents(check, item, one)
    whole_ = True
    for line in item["segments"]:
        if not originals and "proof/segments/" + line["id"] + ".json" not in check.tags:
            continue
        found = segment(check, line["id"])
        if found is None:
            whole_ = False
        elif found.camera != item["camera"]["id"] or stated(line) != sealed_as(found):
            check.find("misstated")
    for gap in item["gaps"]:
        if gap["event"] is not None:
            body = check.entries.get(gap["event"])
            if body is None or body["type"] not in ("gap.opened", "gap.closed") or body.get("camera") != item["camera"]["id"]:
                check.find("misstated")
    if originals and whole_:
        whole(check, item)


def stated(line):
    return [line[name] for name in ("stream", "run", "number", "span", "sealed", "object_size", "object_sha256")]


def sealed_as(segment):
    detail = segment.detail
    return [detail.get("stream"), detail.get("run"), detail["number"], (detail["start_us"], detail["end_us"]), detail["at"], detail["object_size"],
            detail["object_sha256"]]


def parents(check, item, one):
    lines = {line["id"]: line for line in item["segments"]}
    for parent in one["parents"] or ():
        if parent["path"] is not None:
            if check.payload.get(parent["path"]) != parent["sha256"].hex():
                check.find("other-parent")
        elif parent["segment"] not in lines or lines[parent["segment"]]["object_sha256"] != parent["sha256"]:
            check.find("other-parent")


def media(check, item, one, digest):
    """One file below data/."""
    data = check.files.read(one["path"])
    if sha(data).hex() != digest:
        check.find("altered-file")
    try:
        tracks, codes, proper = read(data, one["kind"] == "original")
    except BadMedia as refusal:
        check.find(str(refusal))
        return
    check.codes |= codes
    if proper and one["kind"] == "original" and check.root is not None:
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
        said = sorted((track["id"], track["codec"], track["timescale"]) for track in self.one["tracks"])
        if said != sorted((track.id, track.codec, track.timescale) for track in self.tracks.values()):
            self.find("bad-media")
            return
        self.rows, chain = [], []
        whole_ = self.segments(chain)
        for id_ in self.bases:
            self.units(id_, whole_)
        if whole_:
            self.parameters(chain[0].header)

    def segments(self, chain):
        """Takes the rows of one segment after another; whether all could be had."""
        for id_ in self.one["segments"]:
            found = segment(self.check, id_)
            if found is None:
                self.find("no-proof")
                return False
            if not self.belongs(chain, found):
                return False
            chain.append(found)
            try:
                self.take(found)
            except Bad:
                self.find("bad-proof")
                return False
            except Stop:
                return False
        return True

    def belongs(self, chain, found):
        detail = found.detail
        if (found.camera, detail.get("run"), detail.get("stream")) != (self.item["camera"]["id"], self.one["run"], self.one["stream"]):
            self.find("other-camera")
        elif chain and detail["number"] != chain[-1].detail["number"] + 1:
            self.find("missing-segment")
        elif 1 in self.tracks and detail["timescale"] != self.tracks[1].timescale:
            self.find("time-changed")
        else:
            return True
        return False

    def take(self, found):
        """Step 5, and what is hidden."""
        element = next((element for element in found.units if element["file"] == self.one["path"]), None)
        if element is None:
            return
        rows = rows_of(found, self.check.tagged("proof/segments/" + found.id + ".units"), self.one["path"])
        if span(found.detail["leaves"], element["from"], [row.hash for row in rows], element["proof"]) != found.detail["root"]:
            self.find("not-sealed")
        for row in rows:
            if row.track is None and not self.is_left(found.id, row.leaf) or row.track is not None and row.track not in self.bases:
                self.find("unit-missing")
        self.rows += rows

    def is_left(self, id_, index):
        return any(low <= index < high for low, high in self.left.get(id_, ()))

    def parameters(self, header):
        for track in self.tracks.values():
            if header is not None:
                if not agrees(header, track):
                    self.find("other-parameters")
            elif track.codec in ("h264", "h265") and track.samples:
                self.carries(track)

    def carries(self, track):
        """Whether the first sample of a track carries the parameter sets of its entry."""
        found, at = set(), 0
        sample = self.data[track.samples[0].offset:track.samples[0].offset + track.samples[0].size]
        while at + 4 <= len(sample):
            size = int.from_bytes(sample[at:at + 4], "big")
            found.add(sample[at + 4:at + 4 + size])
            at += 4 + size
        sets = [one for name in ("vps", "sps", "pps") for one in track.parameters[name]]
        if at != len(sample) or not sets or track.parameters["length"] != 4 or any(one not in found for one in sets):
            self.find("no-parameters")

    def units(self, id_, whole_):
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
        if len(track.samples) > len(rows) and whole_:
            self.find("unit-added")
        if len(track.samples) < len(rows):
            self.find("unit-missing")
        self.times(id_, track, pairs, whole_)

    def times(self, id_, track, pairs, whole_):
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
            fragment = next((one for one in row.segment.fragments if one.low <= row.leaf < one.high), row.segment.fragments[-1])
            scale = row.segment.detail["timescale"]
            if scale == track.timescale:
                wall = fragment.start + (media - fragment.tick) * SECOND // scale
            else:
                wall = fragment.start + media * SECOND // track.timescale - fragment.tick * SECOND // scale
            if not start <= wall < end:
                self.find("outside-span")
            if not fragment.start - FOUR <= wall <= fragment.end + FOUR:
                self.find("time-changed")
            least = row.receipt - wall if least is None else min(least, row.receipt - wall)
            if id_ == 1 and row.leaf == fragment.low and (row.leaf != 1 or row.segment.detail["number"] != 0):
                firsts += 1
                right += media == fragment.tick
        if whole_ and (least is not None and abs(least) > TWELVE or 2 * right < firsts):
            self.find("time-shifted")


def agrees(header, track):
    """Whether a run header says of a track what its file says."""
    try:
        one = next(one for one in header["tracks"] if one["id"] == track.id)
        if (one["codec"], one["timescale"]) != (track.codec, track.timescale):
            return False
        if track.codec in ("h264", "h265"):
            return track.parameters["length"] == 4 and all([notes.base64_of(raw) for raw in one.get(name) or []] == track.parameters[name] for name in ("vps", "sps", "pps"))
        if track.codec == "aac":
            return notes.base64_of(one["config"]) == track.parameters["config"]
        return one["channels"] == track.parameters["channels"]
    except (Bad, KeyError, TypeError, StopIteration):
        return False


def whole(check, item):
    """That nothing of an item with originals is missing."""
    have = {}
    for one in item["renditions"]:
        for id_ in one["segments"] or ():
            for element in check.segments[id_].units:
                if element["file"] == one["path"]:
                    have.setdefault(id_, []).append((element["from"], element["from"] + element["count"]))
        for left in one["left_out"] or ():
            have.setdefault(left["segment"], []).append((left["from"], left["from"] + left["count"]))
    start, end = item["decided"]
    covered = [gap["span"] for gap in item["gaps"]]
    for line in item["segments"]:
        segment = check.segments[line["id"]]
        leaves = sorted(have.get(line["id"], ()))
        for fragment in segment.fragments:
            inside = sum(1 for leaf_ in union(leaves, fragment.low, fragment.high))
            if inside:
                covered.append((fragment.start, fragment.end))
            if start <= fragment.start and fragment.end <= end and inside < fragment.high - fragment.low:
                check.find("unit-missing")
                covered.append((fragment.start, fragment.end))
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
