"""An original and what proves it; an item and what it must not lack."""

import hashlib

import forms
import mp4
import segment
import tree

CODECS = {b"avc1": "h264", b"hvc1": "h265", b"mp4a": "aac", b"Opus": "opus"}


class Original:
    """The check of one original: say(code) takes a finding, of() gives a segment or None."""

    def __init__(self, item, rendition, media, data, say):
        self.item, self.r, self.media, self.data, self.say = item, rendition, media, data, say
        self.chain, self.rows, self.ended = [], [], False

    def check(self, of):
        if self.media is None or not self.described():
            return
        self.follow(of)
        for seg, row in self.rows:
            if row.track is not None and row.track not in {t["id"] for t in self.r["tracks"]}:
                self.say("unit-missing")
            if row.track is None and not self.left(seg.id, row.leaf):
                self.say("unit-missing")
        if not self.ended:
            self.proved()
        firsts = []
        for t in self.r["tracks"]:
            if t["id"] in self.media.tracks:
                self.track(t, self.media.tracks[t["id"]], firsts)
        if firsts and not self.ended and 2 * sum(firsts) < len(firsts):
            self.say("time-shifted")

    def left(self, id_, leaf):
        return any(l["segment"] == id_ and l["from"] <= leaf < l["from"] + l["count"] for l in self.r.get("left_out", ()))

    def follow(self, of):
        """Goes from segment to segment and gathers the rows of this original."""
        self.ended = True
        for id_ in self.r["segments"]:
            seg = of.segment(id_)
            if seg is None:
                return self.say("no-proof") if not of.told(id_) else None
            d = seg.detail
            if seg.entry.camera != self.item["camera"]["id"]:
                self.say("other-camera")
            if (d["run"], d["stream"]) != (self.r["run"], self.r["stream"]):
                return self.say("other-camera")
            if self.chain and d["number"] != self.chain[-1].detail["number"] + 1:
                self.say("missing-segment")
            if any(u["file"] == self.r["path"] for u in seg.units):
                shown = of.rows(seg)
                if shown is None:
                    return
                unit, rows = shown[self.r["path"]]
                if not tree.spanned([r.hash for r in rows], unit["from"], seg.leaves, segment.hashes(unit["proof"]), seg.root):
                    self.say("not-sealed")
                self.rows += [(seg, r) for r in rows]
            self.chain.append(seg)
        self.ended = False

    def described(self):
        """Says whether the file's tracks are those of package.json."""
        tracks = {t["id"]: t for t in self.r["tracks"]}
        good = set(tracks) == set(self.media.tracks)
        for id_ in set(tracks) & set(self.media.tracks):
            track, t = self.media.tracks[id_], tracks[id_]
            good = good and track.timescale == t["timescale"] and len(track.entries) == 1
            good = good and CODECS.get(track.entries[0][0]) == t["codec"]
        if not good:
            self.say("bad-media")
        return good

    def proved(self):
        """The parameters of each track against the first segment's run header, or else the first sample."""
        for id_, track in self.media.tracks.items():
            try:
                it = mp4.parameters(track.entries[0])
            except mp4.Wrong as wrong:
                self.say(wrong.args[0])
                continue
            if not self.chain:
                continue
            if self.chain[0].header is not None:
                told = segment.listed(self.chain[0].header, id_)
                if told is None or told.pop("timescale") != track.timescale or told != it:
                    self.say("other-parameters")
            elif "sps" in it and track.samples:
                first = track.samples[0]
                sets = set(it["vps"] + it["sps"] + it["pps"])
                if not segment.carried(self.data[first.offset:first.offset + first.size], sets):
                    self.say("no-parameters")

    def track(self, t, track, firsts):
        """The samples of a track against its disclosed rows, and their times."""
        rows = [(s, r) for s, r in self.rows if r.track == t["id"]]
        digests = {r.digest for _, r in rows}
        self.scale(t)
        before, least = None, None
        for i, sample in enumerate(track.samples):
            if i >= len(rows):
                if not self.ended:
                    self.say("unit-added")
                break
            seg, row = rows[i]
            digest = hashlib.sha256(self.data[sample.offset:sample.offset + sample.size]).digest()
            if digest != row.digest:
                self.say("unit-moved" if digest in digests else "unit-altered")
                before = None
                continue
            media = sample.decode + sample.composition + t["base"]
            if before and (media - before[0] - row.rtp + before[1]) % (1 << 32):
                self.say("time-changed")
            before = media, row.rtp
            late = row.receipt - self.timed(seg, row, media, t, firsts)
            least = late if least is None else min(least, late)
        if len(track.samples) < len(rows):
            self.say("unit-missing")
        if least is not None and abs(least) > 12000000 and not self.ended:
            self.say("time-shifted")

    def scale(self, t):
        if t["id"] == 1 and any(s.detail["timescale"] != t["timescale"] for s in self.chain):
            self.say("time-shifted")

    def timed(self, seg, row, media, t, firsts):
        """The wall time of a unit, and whether it lies where it must."""
        f = seg.fragment(row.leaf)
        wall = seg.wall(media, t["timescale"], f)
        span = self.r["span"]
        if not forms.moment(span["start"]) <= wall < forms.moment(span["end"]):
            self.say("outside-span")
        if not f.start - 4000000 <= wall <= f.end + 4000000:
            self.say("time-shifted")
        if t["id"] == 1 and row.leaf == f.low and not (seg.detail["number"] == 0 and row.leaf == 1):
            firsts.append(media == f.tick)
        return wall


def gaps(item):
    """The declared gaps of an item: [(start, end)] in microseconds."""
    return [(forms.moment(g["span"]["start"]), forms.moment(g["span"]["end"])) for g in item.get("gaps", ())]


def coverage(item, segments, covered, say):
    """Whether the decided span of an item is covered; segments are its proved ones, covered says what is shown or left out."""
    low, high = forms.moment(item["decided"]["start"]), forms.moment(item["decided"]["end"])
    spans = gaps(item)
    for seg in segments:
        have = sorted(covered.get(seg.id, ()))
        for f in seg.fragments or ():
            count, at = 0, f.low
            for a, b in have:
                a, b = max(a, at), min(b, f.high)
                if a < b:
                    count, at = count + b - a, b
            if count:
                spans.append((f.start, f.end))
            if low <= f.start and f.end <= high and count < f.high - f.low:
                say("unit-missing")
    at = low
    for a, b in sorted(spans):
        if a > at and min(a, high) - at > 1000000:
            say("undeclared-gap")
        at = max(at, b)
    if high - at > 1000000:
        say("undeclared-gap")
