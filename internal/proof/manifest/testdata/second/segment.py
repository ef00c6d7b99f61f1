"""Segments: what the log, the tree and the fragment table say of one."""

import forms
import tree
from forms import need

HEAD = {"stream": str, "run": str, "number": int, "start_us": int, "end_us": int, "timescale": int, "units": int,
        "leaves": int, "root": str, "object_size": int, "object_sha256": str}


class Row:
    """A row of a .units file: leaf, hash, and of a disclosed unit track, rtp, receipt, digest; track is None if it is hidden."""
    __slots__ = ("leaf", "hash", "track", "rtp", "receipt", "digest")


class Fragment:
    """A fragment: wall start and end (microseconds), first tick, its first leaf and the leaf after its last."""
    __slots__ = ("start", "end", "tick", "low", "high")


class Entry:
    """A proved log entry: type, at, camera, subject, detail (None or as it is)."""

    def __init__(self, given, checkpoint):
        body = forms.notes.unbase64(given["body"] or "")
        kind, salt = given["type"].encode(), bytes.fromhex(given["salt"])
        need(len(kind) < 1 << 16, "a type too long")
        leaf = tree.leaf(b"ce1" + len(kind).to_bytes(2, "big") + kind + tree.hashlib.sha256(salt + body).digest())
        steps = hashes(given["proof"])
        need(tree.included(leaf, given["index"], checkpoint.size, steps, checkpoint.root), "not in the log")
        it = forms.parse(body, True)
        need(isinstance(it, dict) and all(isinstance(it.get(m), str) for m in ("type", "at", "actor")), "a body without its members")
        need(it["type"] == given["type"], "the body is of another type")
        self.type, self.at, self.index = given["type"], it["at"], given["index"]
        self.camera, self.subject, self.detail = it.get("camera"), it.get("subject"), it.get("detail")


def hashes(proof):
    return [forms.notes.unbase64(h) for h in proof or ()]


class Segment:
    """A segment whose entry stands in the log: entry, detail, header (an object, or None), fragments (or None), shown."""

    def __init__(self, id_, doc, checkpoint):
        need(doc["segment"] == id_, "the proof of another segment")
        self.id, self.entry = id_, Entry(doc["sealed"], checkpoint)
        need(self.entry.type == "segment.sealed" and self.entry.subject == id_, "not the entry of this segment")
        self.detail = d = self.entry.detail
        need(isinstance(d, dict) and all(type(d.get(m)) is t for m, t in HEAD.items()), "an entry without its members")
        need(forms.DIGEST.fullmatch(d["root"]) and d["leaves"] == d["units"] + 2, "an entry that contradicts itself")
        need(0 < d["units"] and d["leaves"] <= 1 << 24 and d["timescale"] > 0, "an entry out of bounds")
        self.root, self.leaves = bytes.fromhex(d["root"]), d["leaves"]
        self.header = self.fragments = None
        if "header" in doc:
            self.header = forms.parse(self.leaf(doc["header"], b"cr1", 0), True)
        if "table" in doc:
            self.fragments = fragments(self.leaf(doc["table"], b"ct1", self.leaves - 1), d["units"])
        self.units = doc.get("units", [])
        need("table" in doc or not self.units, "units without the table")
        files = [u["file"] for u in self.units]
        need(len(set(files)) == len(files), "two of one file")

    def leaf(self, given, tag, index):
        it = forms.notes.unbase64(given["bytes"])
        need(tree.included(tree.leaf(tag + it), index, self.leaves, hashes(given["proof"]), self.root), "not in the segment")
        return it

    def agrees(self, line):
        """Says whether a line of package.json about the segment says what the log says."""
        d = self.detail
        return all(d[m] == line[m] for m in ("stream", "run", "number", "object_size", "object_sha256")) and (
            d["start_us"] == forms.moment(line["span"]["start"]) and d["end_us"] == forms.moment(line["span"]["end"])
            and self.entry.at == line["sealed"])

    def rows(self, data):
        """The rows in the .units file, by original: {file: (element, [Row])}."""
        at, shown = 0, {}
        for unit in self.units:
            rows = []
            for i in range(unit["count"]):
                row, at = self.row(data, at)
                row.leaf = unit["from"] + i
                rows.append(row)
            shown[unit["file"]] = unit, rows
        need(at == len(data), "more rows than are announced")
        return shown

    def row(self, data, at):
        row, kind = Row(), data[at:at + 1]
        end = at + (71 if kind == b"\1" else 33)
        need(kind in (b"\0", b"\1") and end <= len(data), "no row")
        row.track = None
        if kind == b"\0":
            row.hash = data[at + 1:end]
            return row, end
        row.track, row.rtp = data[at + 1], int.from_bytes(data[at + 10:at + 14], "big")
        row.receipt, row.digest = int.from_bytes(data[at + 14:at + 22], "big"), data[end - 32:end]
        row.hash = tree.leaf(b"cu1" + data[at + 1:end])
        return row, end

    def fragment(self, leaf):
        for f in self.fragments:
            if leaf < f.high:
                return f
        return self.fragments[-1]

    def wall(self, media, timescale, f):
        """The wall time (microseconds) of a unit of fragment f at a media time."""
        clock = self.detail["timescale"]
        if timescale == clock:
            return f.start + (media - f.tick) * 1000000 // clock
        return f.start + media * 1000000 // timescale - f.tick * 1000000 // clock


def fragments(raw, units):
    """The fragments of a table."""
    at = 0

    def byte():
        nonlocal at
        need(at < len(raw), "the table ends too early")
        at += 1
        return raw[at - 1]

    def unsigned():
        value = shift = 0
        while True:
            b = byte()
            value |= (b & 127) << shift
            shift += 7
            if b < 128:
                need(value < 1 << 64, "a number out of bounds")
                return value
            need(shift < 70, "a number out of bounds")

    def signed():
        value = unsigned()
        return value >> 1 ^ -(value & 1)

    need(byte() == 1, "a table of another version")
    count = unsigned()
    need(1 <= count <= 4096, "no such number of fragments")
    byte()
    found, end, tick, ticks, length, many, leaf = [], 0, 0, 0, 0, 0, 1
    for _ in range(count):
        flags, f = byte(), Fragment()
        need(flags < 64, "a flag that is not named")
        if flags & 2:
            unsigned()
        if flags & 4:
            signed()
        f.start = end + (signed() if flags & 8 else 0)
        f.tick = tick = tick + ticks + (signed() if flags & 16 else 0)
        if flags & 32:
            unsigned()
        signed()
        ticks += signed()
        length += signed()
        signed()
        many += signed()
        need(many >= 1 and ticks >= 0 and length >= 0, "an empty fragment")
        f.end = end = f.start + length
        f.low, f.high = leaf, leaf + many
        leaf = f.high
        found.append(f)
    need(at == len(raw) and leaf == units + 1, "the table is of another length")
    return found


def carried(sample, sets):
    """Says whether a sample consists of NAL units and holds each of the parameter sets as one of them."""
    at, found = 0, set()
    while at < len(sample):
        size = int.from_bytes(sample[at:at + 4], "big")
        if at + 4 + size > len(sample) or not size:
            return False
        found.add(sample[at + 4:at + 4 + size])
        at += 4 + size
    return bool(sets) and sets <= found


def listed(header, id_):
    """What a run header says of a track, as mp4.parameters says it; None if it says nothing of it."""
    tracks = header.get("tracks") if isinstance(header, dict) else None
    for t in tracks if isinstance(tracks, list) else ():
        if isinstance(t, dict) and t.get("id") == id_:
            it = {"codec": t.get("codec"), "timescale": t.get("timescale")}
            if it["codec"] in ("h264", "h265"):
                for m in ("vps", "sps", "pps"):
                    it[m] = [forms.notes.unbase64(s) for s in t.get(m) or ()]
            elif it["codec"] == "aac":
                it["config"] = forms.notes.unbase64(t.get("config", ""))
            else:
                it["channels"] = t.get("channels")
            return it
    return None
