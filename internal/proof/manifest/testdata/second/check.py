"""The bag, the signature and the documents of a package; the verdict."""
import re
import sys

import footage
import forms
import names
import notes
from hashes import leaf, path, sha
from notes import Bad, Stop

MISSING = {"missing-file", "missing-line", "unknown-signer", "no-proof", "no-custody", "no-footage", "no-parameters"}
BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
DOCUMENTS = {"bagit.txt", "bag-info.txt", "manifest-sha256.txt", "package.json", "custody.jsonl", "proof/checkpoint", "proof/log-key",
             "proof/signing-key.json", "VERIFY.html", "certificate.pdf"}
SEGMENT = re.compile(r"proof/segments/([^/]+)\.(json|units)")


class Check:
    """One package under verification. codes is what was found."""

    def __init__(self, package, outside):
        self.files, self.outside = package, outside
        self.codes, self.seen, self.raw = set(), set(), {}
        self.proved, self.entries, self.segments = False, {}, {}
        self.package, self.paths, self.root, self.size, self.site = None, {}, None, 0, None

    def find(self, code):
        self.codes.add(code)

    def read(self, name):
        if name not in self.files:
            self.find("missing-file")
            raise Stop
        if name not in self.raw:
            try:
                self.raw[name] = self.files.read(name)
            except names.Refused as refusal:
                self.find(str(refusal))
                raise Stop
        return self.raw[name]

    def tagged(self, name):
        """A document that the tag manifest lists, compared with its digest."""
        if name not in self.tags:
            self.find("missing-line")
            raise Stop
        self.seen.add(name)
        raw = self.read(name)
        if sha(raw).hex() != self.tags[name]:
            self.find("altered-file")
        return raw

    def form(self, raw, form, code="bad-document"):
        """What raw holds by its form."""
        try:
            return form(raw)
        except Bad:
            self.find(code)
            raise Stop

    def each(self, *steps):
        """Takes each step, whatever became of the one before."""
        for step in steps:
            try:
                step()
            except Stop:
                pass

    # The order of the checks: "The order" in FORMAT.md.
    def run(self):
        try:
            self.manifests()
            self.documents()
        except Stop:
            return
        try:
            self.checkpoint()
            self.signature()
        except Stop:
            self.root = None
        if self.root is not None:
            self.each(self.custody)
        for name, digest in self.payload.items():
            if name not in self.paths:
                self.find("unknown-file")
            elif name not in self.files:
                self.find("missing-file")
            else:
                footage.media(self, *self.paths[name], digest)
        if self.root is not None:
            for item in self.package["items"]:
                footage.item(self, item)
        for name in sorted(self.tags.keys() - self.seen):
            self.each(lambda: self.tagged(name))

    def manifest(self, raw):
        """The lines of a manifest: name to digest."""
        out, last, lower = {}, b"", set()
        try:
            lines = raw.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise Bad("line")
        if lines.pop():
            raise Bad("end")
        for line in lines:
            found = re.fullmatch("([0-9a-f]{64})  (.*)", line)
            if not found or not names.good(found[2]) or found[2].encode() <= last or found[2].lower() in lower:
                raise Bad("line")
            out[found[2]], last = found[1], found[2].encode()
            lower.add(found[2].lower())
        return out

    def manifests(self):
        self.tags = self.form(self.read("tagmanifest-sha256.txt"), self.manifest)
        self.read("signature")
        if self.tagged("bagit.txt") != BAGIT:
            self.find("bad-document")
        self.payload = self.form(self.tagged("manifest-sha256.txt"), self.manifest)
        for name in self.files:
            if name not in self.tags and name not in self.payload and name not in ("signature", "tagmanifest-sha256.txt"):
                self.find("unknown-file")
        for name in self.payload:
            if not name.startswith("data/"):
                self.find("bad-document")
        for name in self.tags:
            segment = SEGMENT.fullmatch(name)
            if name not in DOCUMENTS and not (segment and forms.is_id("seg_", segment[1])):
                self.find("bad-document")

    def documents(self):
        self.package = self.form(self.tagged("package.json"), forms.package)
        self.paths = {one["path"]: (item, one) for item in self.package["items"] for one in item["renditions"]}
        if not self.paths:
            self.find("no-footage")
        for name in self.paths:
            if name not in self.payload:
                self.find("missing-line")
        self.each(lambda: self.tagged("bag-info.txt"), lambda: self.tagged("VERIFY.html"))
        if "certificate.pdf" in self.tags:
            self.each(lambda: self.tagged("certificate.pdf"))
        if "bag-info.txt" in self.raw and all(name in self.files for name in self.payload) and self.raw["bag-info.txt"] != self.info():
            self.find("bad-document")

    def info(self):
        one = lambda text: " ".join(text.split())
        made = re.search(rb'"made": "(\d{4}-\d\d-\d\d)', self.raw["package.json"])[1].decode()
        return ("Source-Organization: %s\nExternal-Identifier: %s\nExternal-Description: Request %s\nBagging-Date: %s\nPayload-Oxum: %d.%d\n" % (
            one(self.package["site"]["name"]), self.package["id"], one(self.package["request"]["number"]), made,
            sum(self.files.size(name) for name in self.payload), len(self.payload))).encode()

    def key(self, raw):
        """The key in a file of one verifier string and a line feed."""
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            raise Bad("key")
        if not text.endswith("\n"):
            raise Bad("key")
        return notes.Key(text[:-1])

    def checkpoint(self):
        raw, key = self.tagged("proof/checkpoint"), self.tagged("proof/log-key")
        key = self.form(key, self.key)
        note = self.form(raw, self.origin, "bad-checkpoint")
        if not note.signed(key):
            self.find("bad-checkpoint")
            raise Stop
        if self.outside is not None and not note.signed(self.outside):
            self.find("other-log")
            raise Stop
        self.proved = self.outside is not None

    def origin(self, raw):
        note = notes.Note(raw)
        origin, size, root = note.lines
        found = re.fullmatch("(%s)/custody/log/([1-9][0-9]{0,9})" % notes.SITE, origin)
        if not found or len(found[1]) > 253 or int(found[2]) >= 2**32 or note.name != origin or not re.fullmatch("0|[1-9][0-9]{0,18}", size):
            raise Bad("checkpoint")
        self.site, self.size, self.root = found[1], int(size), notes.base64_of(root, 32)
        return note

    def signature(self):
        signer = self.form(self.tagged("proof/signing-key.json"), lambda raw: forms.document(raw, forms.SIGNER))
        key = self.form(signer["verifier"], notes.Key)
        if not key.name.endswith("/custody/packages"):
            self.find("bad-document")
            raise Stop
        want = ["custody package v1", self.package["id"], sha(self.raw["tagmanifest-sha256.txt"]).hex()]
        try:
            note = notes.Note(self.raw["signature"])
            if note.lines != want or not note.signed(key):
                raise Bad("signature")
        except Bad:
            self.find("bad-signature")
        if key.name != self.site + "/custody/packages":
            self.find("other-signer")
        if signer["created"] is None:
            self.find("unknown-signer")
            return
        body = self.entry(signer["created"])
        if body is None:
            self.find("not-in-log")
        elif not announces(body, key):
            self.find("other-signer")

    def entry(self, entry):
        """The body of a log entry that stands in the log, or None."""
        kind = entry["type"].encode()
        input_ = b"ce1" + len(kind).to_bytes(2, "big") + kind + sha(entry["salt"] + entry["body"])
        if path(entry["index"], self.size, leaf(input_), entry["proof"]) != self.root:
            return None
        try:
            body = forms.parse(entry["body"])
            if not isinstance(body, dict) or body["type"] != entry["type"]:
                return None
            body["at"] = forms.time(body["at"])
        except (Bad, KeyError):
            return None
        return body

    def custody(self):
        lines = self.form(self.tagged("custody.jsonl"), forms.lines)
        if not lines:
            self.find("no-custody")
        for line in lines:
            if line["event"] is None:
                continue
            body = self.entry(line["event"])
            if body is None or (line["act"], line["at"]) != (body["type"], body["at"]):
                self.find("not-in-log")
            else:
                self.entries[line["event"]["index"]] = body

    def verdict(self):
        if self.codes - MISSING:
            return "NOT AUTHENTIC"
        if self.codes:
            return "UNVERIFIABLE"
        if any(one["kind"] == "original" for _, one in self.paths.values()):
            return "AUTHENTIC" if self.proved else "INTERNALLY CONSISTENT"
        return "DERIVATIVE"

    def gaps(self):
        items = self.package["items"] if self.package else ()
        return any(gap["span"][0] < item["decided"][1] and gap["span"][1] > item["decided"][0] for item in items for gap in item["gaps"])


def announces(body, key):
    """Whether a log entry is about the making or the coming into use of a key that signs packages."""
    try:
        detail = body["detail"]
        return body["type"] in ("key.created", "key.rotated") and detail["purpose"] == "package-signing" and notes.base64_of(detail["public"], 32) == key.public
    except (Bad, KeyError, TypeError, AttributeError):
        return False


def verify(path_, outside=None):
    """What is to be said of a package: verdict, gaps and the codes of the findings, in order."""
    try:
        check = Check(names.open_package(path_), outside)
        check.run()
    except names.NoPackage:
        return {"verdict": "NO PACKAGE", "gaps": False, "codes": []}
    except names.Refused as refusal:
        return {"verdict": "NOT AUTHENTIC", "gaps": False, "codes": sorted(str(refusal).split())}
    return {"verdict": check.verdict(), "gaps": check.gaps(), "codes": sorted(check.codes)}


sys.setrecursionlimit(10000)
