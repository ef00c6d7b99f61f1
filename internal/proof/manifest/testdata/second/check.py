"""The order of the check, and the verdict."""

import hashlib
import re

import footage
import forms
import mp4
import notes
import segment
import source

MISSING = {"missing-file", "missing-line", "unknown-signer", "no-proof", "no-custody", "no-footage", "no-parameters"}
TAG, PAYLOAD, SIGNATURE = "tagmanifest-sha256.txt", "manifest-sha256.txt", "signature"
MUST = ["bagit.txt", "bag-info.txt", PAYLOAD, "package.json", "custody.jsonl", "proof/checkpoint", "proof/log-key",
        "proof/signing-key.json", "VERIFY.html"]
SEGMENT = re.compile(r"proof/segments/(seg_[a-z2-7]{25}[aeimquy4])\.(?:json|units)")
BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


class Stop(Exception):
    """Nothing more is read."""


class Check:
    """One check of a package; found holds (code, where) afterwards, gaps whether a gap overlaps what was decided."""

    def __init__(self, files, outside):
        self.files, self.outside, self.found = files, outside, []
        self.package = self.log = None
        self.judged, self.segments, self.unproved, self.row_cache = set(), {}, {}, {}
        self.tags, self.payload = {}, {}
        try:
            self.names()
            self.frame()
            self.logged()
            self.media()
            self.items()
            self.rest()
        except Stop:
            pass

    def say(self, code, where=""):
        if (code, where) not in self.found:
            self.found.append((code, where))

    # Files.

    def names(self):
        for code, where in source.judge(self.files):
            self.say(code, where)
        if self.found:
            raise Stop
        self.there = {name: size for name, size, _ in self.files.entries}

    def get(self, name, lines=None, stop=False):
        """The bytes of a file, its digest compared; None if the file or its line is missing."""
        if lines is not None and name not in lines:
            if stop or name not in self.there:
                self.say("missing-line", name)
        if name not in self.there:
            if lines is None or name in lines:
                self.say("missing-file", name)
        elif source.limit(name) is not None and self.there[name] > source.limit(name):
            self.say("too-large", name)
        elif lines is None or name in lines or not stop:
            raw = self.files.read(name)
            if lines is not None and name in lines:
                self.judged.add(name)
                if hashlib.sha256(raw).hexdigest() != lines[name]:
                    self.say("altered-file", name)
            return raw
        if stop:
            raise Stop
        return None

    def form(self, name, read, raw):
        """The document in raw, or None."""
        try:
            return read(raw)
        except forms.Bad:
            self.say("bad-document", name)
        return None

    # What stands around the package.

    def frame(self):
        raw = self.get(TAG, stop=True)
        self.tags = self.form(TAG, forms.manifest, raw)
        if self.tags is None:
            raise Stop
        self.digest, self.signature = hashlib.sha256(raw).hexdigest(), self.get(SIGNATURE, stop=True)
        if self.get("bagit.txt", self.tags, True) != BAGIT:
            self.say("bad-document", "bagit.txt")
        self.payload = self.form(PAYLOAD, forms.manifest, self.get(PAYLOAD, self.tags, True))
        if self.payload is None:
            raise Stop
        self.unlisted()
        self.package = self.form("package.json", forms.package, self.get("package.json", self.tags, True))
        if self.package is None:
            raise Stop
        self.paths = {r["path"] for i in self.package["items"] for r in i.get("renditions", ())}
        for name in set(self.payload) | {n for n in self.there if n.startswith("data/")}:
            if name not in self.paths:
                self.say("unknown-file", name)
        self.info()
        self.get("VERIFY.html", self.tags)
        if "certificate.pdf" in self.tags:
            self.get("certificate.pdf", self.tags)

    def unlisted(self):
        for name in self.there:
            if name not in (self.payload if name.startswith("data/") else self.tags) and name not in (TAG, SIGNATURE):
                self.say("unknown-file", name)
        for name in self.payload:
            if not name.startswith("data/"):
                self.say("bad-document", PAYLOAD)
        for name in self.tags:
            if name not in MUST and name != "certificate.pdf" and not SEGMENT.fullmatch(name):
                self.say("bad-document", TAG)

    def info(self):
        raw = self.get("bag-info.txt", self.tags)
        if raw is None or not (set(self.payload) | self.paths) <= set(self.there):
            return
        p, payload = self.package, [s for n, s in self.there.items() if n.startswith("data/")]
        lines = [("Source-Organization", p["site"]["name"]), ("External-Identifier", p["id"]),
                 ("External-Description", "Request " + p["request"]["number"]), ("Bagging-Date", p["made"][:10]),
                 ("Payload-Oxum", "%d.%d" % (sum(payload), len(payload)))]
        if raw != "".join("%s: %s\n" % (k, " ".join(v.split())) for k, v in lines).encode():
            self.say("bad-document", "bag-info.txt")

    # The log.

    def logged(self):
        self.log = self.opened()
        if self.log:
            self.custody()

    def opened(self):
        """The checkpoint, if it and the package are signed as they must be; None if there is no log."""
        raw, inside = self.get("proof/checkpoint", self.tags), None
        if raw is not None:
            inside = self.get("proof/log-key", self.tags)
        if inside is None:
            return None
        point, key = notes.checkpoint(raw), self.key(inside, None)
        if key is None:
            return self.say("bad-document", "proof/log-key")
        if point is None or key.name != point.origin or not key.signed(point.note):
            return self.say("bad-checkpoint", "proof/checkpoint")
        if self.outside is not None and not (self.outside.name == point.origin and self.outside.signed(point.note)):
            return self.say("other-log", "proof/checkpoint")
        raw = self.get("proof/signing-key.json", self.tags)
        if raw is None:
            return None
        doc = self.form("proof/signing-key.json", lambda r: forms.document(r, forms.SIGNING_KEY), raw)
        return point if self.signer(doc, point) else None

    def key(self, raw, names):
        try:
            it = raw.decode("ascii")
        except UnicodeDecodeError:
            return None
        return notes.key(it[:-1], names) if it.endswith("\n") else None

    def signer(self, doc, point):
        """Whether signing-key.json names a key; says what is wrong with the signature, and what the log says of the key."""
        if doc is None:
            return False
        key = notes.key(doc["verifier"], notes.PACKAGES)
        if key is None:
            self.say("bad-document", "proof/signing-key.json")
            return False
        note = notes.note(self.signature)
        if note is None or note.lines != ["custody package v1", self.package["id"], self.digest] or not key.signed(note):
            self.say("bad-signature", SIGNATURE)
        if doc["created"] is None:
            self.say("unknown-signer", "proof/signing-key.json")
        if point.origin.partition("/")[0] != key.site:
            self.say("other-signer", "proof/signing-key.json")
        if doc["created"] is not None:
            try:
                entry = segment.Entry(doc["created"], point)
            except forms.Bad:
                self.say("not-in-log", "proof/signing-key.json")
                return True
            d = entry.detail if isinstance(entry.detail, dict) else {}
            if entry.type not in ("key.created", "key.rotated") or d.get("purpose") != "package-signing" or (
                    d.get("public") != notes.base64.b64encode(key.public).decode()):
                self.say("other-signer", "proof/signing-key.json")
        return True

    def custody(self):
        self.lines = []
        raw = self.get("custody.jsonl", self.tags)
        lines = None if raw is None else self.form("custody.jsonl", forms.custody, raw)
        if lines is None:
            return
        if not lines:
            self.say("no-custody", "custody.jsonl")
        for line in lines:
            if "event" not in line:
                continue
            try:
                entry = segment.Entry(line["event"], self.log)
            except forms.Bad:
                self.say("not-in-log", "custody.jsonl")
                continue
            if (entry.type, entry.at) != (line["act"], line["at"]):
                self.say("not-in-log", "custody.jsonl")
            self.lines.append(entry)

    # Segments.

    def segment(self, id_):
        """The segment of this id as it is proved; None if it is not. told says whether a finding says why."""
        if id_ in self.segments:
            return self.segments[id_]
        self.segments[id_], before = None, len(self.found)
        name = "proof/segments/" + id_ + ".json"
        if name in self.there or name in self.tags:
            raw = self.get(name, self.tags)
            if raw is not None:
                try:
                    self.segments[id_] = segment.Segment(id_, forms.document(raw, forms.PROOF), self.log)
                except forms.Bad:
                    self.say("bad-proof", name)
        self.unproved[id_] = len(self.found) > before
        return self.segments[id_]

    def told(self, id_):
        return self.unproved[id_]

    def rows(self, seg):
        """The rows of a segment, by original; None if they cannot be used."""
        if seg.id not in self.row_cache:
            name, self.row_cache[seg.id] = "proof/segments/" + seg.id + ".units", None
            raw = self.get(name, self.tags)
            if raw is not None:
                try:
                    self.row_cache[seg.id] = seg.rows(raw)
                except forms.Bad:
                    self.say("bad-proof", name)
        return self.row_cache[seg.id]

    def covered(self, item):
        """What the originals of an item show or leave out, by segment: [(first leaf, leaf after the last)]."""
        told = {}
        for r in item.get("renditions", ()):
            for id_ in r.get("segments", ()):
                for u in self.segments[id_].units:
                    if u["file"] == r["path"]:
                        told.setdefault(id_, []).append((u["from"], u["from"] + u["count"]))
            for l in r.get("left_out", ()):
                told.setdefault(l["segment"], []).append((l["from"], l["from"] + l["count"]))
        return told

    # Footage.

    def media(self):
        for item in self.package["items"]:
            for r in item.get("renditions", ()):
                self.rendition(item, r)
        if not self.paths:
            self.say("no-footage")

    def rendition(self, item, r):
        say = lambda code: self.say(code, r["path"])
        raw, media = self.get(r["path"], self.payload), None
        if raw is not None:
            try:
                media = mp4.Media(raw, r["kind"] == "original")
                for code in media.found:
                    say(code)
            except mp4.Wrong as wrong:
                say(wrong.args[0])
        if r["kind"] == "original" and self.log:
            footage.Original(item, r, media, raw, say).check(self)

    def items(self):
        if not self.log:
            return
        for item in self.package["items"]:
            say = lambda code: self.say(code, "item " + item["number"])
            originals = any(r["kind"] == "original" for r in item.get("renditions", ()))
            whole = True
            for line in item.get("segments", ()):
                seg = self.segment(line["id"])
                if seg is None:
                    whole = False
                    if originals and not self.told(line["id"]):
                        say("no-proof")
                    continue
                if seg.entry.camera != item["camera"]["id"]:
                    say("other-camera")
                if not seg.agrees(line):
                    say("misstated")
            for gap in item.get("gaps", ()):
                if "event" in gap and not any(
                        e.index == gap["event"] and e.type in ("gap.opened", "gap.closed") and e.camera == item["camera"]["id"]
                        for e in self.lines):
                    say("misstated")
            self.parents(item, say)
            if originals and whole:
                footage.coverage(item, [self.segments[l["id"]] for l in item.get("segments", ())], self.covered(item), say)

    def parents(self, item, say):
        known = {l["id"]: l["object_sha256"] for l in item.get("segments", ())}
        for r in item.get("renditions", ()):
            for p in r.get("parents", ()):
                has = known.get(p["segment"]) if "segment" in p else self.payload.get(p["path"])
                if has != p["sha256"]:
                    say("other-parent")

    def rest(self):
        for lines in (self.tags, self.payload):
            for name in lines:
                if name not in self.judged:
                    self.get(name, lines)

    # The verdict.

    def verdict(self):
        codes = {c for c, _ in self.found}
        if codes - MISSING:
            return "NOT AUTHENTIC"
        if codes:
            return "UNVERIFIABLE"
        if any(r["kind"] == "original" for i in self.package["items"] for r in i.get("renditions", ())):
            return "AUTHENTIC" if self.outside else "INTERNALLY CONSISTENT"
        return "DERIVATIVE"

    def gaps(self):
        for item in self.package["items"] if self.package else ():
            low, high = forms.moment(item["decided"]["start"]), forms.moment(item["decided"]["end"])
            if any(a < high and b > low for a, b in footage.gaps(item)):
                return True
        return False
