"""The bag, the signature and the documents of a package; the verdict."""
import re
import sys

import footage
import forms
import names
import notes
from hashes import leaf, path, sha
from notes import Bad

MISSING = {"missing-file", "missing-line", "unknown-signer", "no-proof", "no-custody", "no-footage", "no-parameters"}
NEEDED = ["bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt", "package.json", "custody.jsonl", "proof/checkpoint",
          "proof/log-key", "proof/signing-key.json", "VERIFY.html", "signature"]
BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
LISTED = re.compile(r"proof/segments/[^/]+\.(json|units)")


class Check:
    """One package under verification. codes is what was found."""

    def __init__(self, package, outside):
        self.files, self.outside = package, outside
        self.codes, self.documents, self.digests = set(), {}, {}
        self.proved, self.segments, self.entries = False, {}, {}
        self.log, self.root, self.size = None, None, 0
        self.site = None

    def find(self, code):
        self.codes.add(code)

    def read(self, name):
        """A document's bytes, or None if there is no such file."""
        if name not in self.files:
            return None
        if name not in self.documents:
            self.documents[name] = self.files.read(name)
        return self.documents[name]

    def form(self, name, read):
        """A document read by its form, or None with a finding."""
        raw = self.read(name)
        try:
            return None if raw is None else read(raw)
        except Bad:
            self.find("bad-document")
            return None

    def digest(self, name):
        if name not in self.digests:
            raw = self.files.read(name)
            self.documents[name] = raw
            self.digests[name] = sha(raw).hex()
        return self.digests[name]

    # The order of the checks: what a later one needs comes first.
    def run(self):
        for name in NEEDED:
            if name not in self.files:
                self.find("missing-file")
        self.package = self.form("package.json", forms.package)
        self.paths = {one["path"]: one for item in self.items() for one in item["renditions"]}
        if self.package is not None and not self.paths:
            self.find("no-footage")
        for path_ in self.paths:
            if path_ not in self.files:
                self.find("missing-file")
        self.manifests()
        self.checkpoint()
        self.signature()
        self.custody()
        footage.segments(self)
        for item in self.items():
            footage.item(self, item)

    def items(self):
        return self.package["items"] if self.package else []

    def manifest(self, name):
        """The lines of a manifest: name to digest; None without one."""
        raw = self.read(name)
        if raw is None:
            return None
        out, last = {}, b""
        try:
            for line in raw.decode("ascii").split("\n")[:-1]:
                found = re.fullmatch("([0-9a-f]{64})  ([^ ]+)", line)
                if not found or not names.good(found[2]) or found[2].encode() <= last:
                    raise Bad("line")
                out[found[2]], last = found[1], found[2].encode()
            if raw and not raw.endswith(b"\n"):
                raise Bad("end")
        except (Bad, UnicodeDecodeError):
            self.find("bad-document")
            return None
        return out

    def manifests(self):
        payload, tags = self.manifest("manifest-sha256.txt"), self.manifest("tagmanifest-sha256.txt")
        for lines, below in ((payload, True), (tags, False)):
            self.lines(lines, below)
        if self.read("bagit.txt") not in (None, BAGIT):
            self.find("bad-document")
        info = self.read("bag-info.txt")
        if info is not None and self.package and info != self.info():
            self.find("bad-document")

    def lines(self, lines, below):
        for name in self.files:
            if name.startswith("data/") != below or name in ("signature", "tagmanifest-sha256.txt"):
                continue
            known = name in self.paths if below else name in NEEDED + ["certificate.pdf"] or LISTED.fullmatch(name)
            if not known and (not below or self.package):
                self.find("unknown-file")
            elif lines is not None and name not in lines:
                self.find("missing-line")
            elif lines is not None and self.digest(name) != lines[name]:
                self.find("altered-file")
        for name in lines or ():
            known = name in self.paths or not self.package if below else name in NEEDED + ["certificate.pdf"] or LISTED.fullmatch(name)
            if name.startswith("data/") != below or name in ("signature", "tagmanifest-sha256.txt"):
                self.find("bad-document")
            elif not known:
                self.find("unknown-file")
            elif name not in self.files:
                self.find("missing-file")

    def info(self):
        one = lambda text: " ".join(text.split())
        data = [name for name in self.files if name.startswith("data/")]
        made = re.search(rb'"made": "(\d{4}-\d\d-\d\d)', self.read("package.json"))[1].decode()
        return ("Source-Organization: %s\nExternal-Identifier: %s\nExternal-Description: Request %s\nBagging-Date: %s\nPayload-Oxum: %d.%d\n" % (
            one(self.package["site"]["name"]), self.package["id"], one(self.package["request"]["number"]), made,
            sum(self.files.size(name) for name in data), len(data))).encode()

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
        key, note = self.form("proof/log-key", self.key), self.form("proof/checkpoint", notes.Note)
        if note is None:
            return
        origin, size, root = note.lines
        found = re.fullmatch("(.+)/custody/log/([0-9]+)", origin)
        try:
            if not found or note.name != origin or not re.fullmatch("0|[1-9][0-9]{0,18}", size):
                raise Bad("checkpoint")
            self.root, self.size = notes.base64_of(root, 32), int(size)
        except Bad:
            self.find("bad-checkpoint")
            return
        self.site = found[1]
        if key is not None and not note.signed(key):
            self.find("bad-checkpoint")
        if self.outside is not None:
            if note.signed(self.outside) and (key is None or key.text == self.outside.text):
                self.proved = True
            else:
                self.find("other-log")

    def signature(self):
        signer = self.form("proof/signing-key.json", forms.SIGNER and (lambda raw: forms.document(raw, forms.SIGNER)))
        note = None
        try:
            raw = self.read("signature")
            note = None if raw is None else notes.Note(raw)
        except Bad:
            self.find("bad-signature")
        if note is not None:
            want = ["custody package v1", self.package["id"] if self.package else note.lines[1]]
            if note.lines[:2] != want or "tagmanifest-sha256.txt" in self.files and note.lines[2] != self.digest("tagmanifest-sha256.txt"):
                self.find("bad-signature")
        if signer is None:
            return
        try:
            key = notes.Key(signer["verifier"])
        except Bad:
            self.find("bad-document")
            return
        if note is not None and not note.names(key):
            self.find("other-signer")
        elif note is not None and not note.signed(key):
            self.find("bad-signature")
        self.announced(key, signer["created"])

    def announced(self, key, entry):
        if self.site is not None and key.name != self.site + "/custody/packages":
            self.find("other-signer")
        body = self.entry(entry)
        if body is None:
            return
        detail = body.get("detail")
        try:
            public = notes.base64_of(detail["public"], 32)
            good = entry["type"] in ("key.created", "key.rotated") and detail["purpose"] == "package-signing"
        except (Bad, KeyError, TypeError, AttributeError):
            good, public = False, None
        if not good or public != key.public:
            self.find("other-signer")

    def entry(self, entry):
        """The body of a log entry that stands in the log, or None with a finding."""
        if self.root is None:
            return None
        kind = entry["type"].encode()
        input_ = b"ce1" + len(kind).to_bytes(2, "big") + kind + sha(entry["salt"] + entry["body"])
        if path(entry["index"], self.size, leaf(input_), entry["proof"]) != self.root:
            self.find("not-in-log")
            return None
        try:
            body = forms.parse(entry["body"])
            if not isinstance(body, dict) or body["type"] != entry["type"]:
                raise Bad("type")
            body["at"] = forms.time(body["at"])
            forms.text(body["actor"])
        except (Bad, KeyError):
            self.find("not-in-log")
            return None
        return body

    def custody(self):
        lines = self.form("custody.jsonl", forms.lines)
        if lines is None:
            return
        if not lines:
            self.find("no-custody")
        if any(a["at"] > b["at"] for a, b in zip(lines, lines[1:])):
            self.find("bad-document")
        for line in lines:
            if line["event"] is None:
                continue
            body = self.entry(line["event"])
            if body is None:
                continue
            if (line["act"], line["at"]) != (body["type"], body["at"]):
                self.find("misstated")
            self.entries[line["event"]["index"]] = body

    def verdict(self):
        if self.codes - MISSING:
            return "NOT AUTHENTIC"
        if self.codes:
            return "UNVERIFIABLE"
        if any(one["kind"] == "original" for one in self.paths.values()):
            return "AUTHENTIC" if self.proved else "INTERNALLY CONSISTENT"
        return "DERIVATIVE"

    def gaps(self):
        return any(gap["span"][0] < item["decided"][1] and gap["span"][1] > item["decided"][0] for item in self.items() for gap in item["gaps"])


def verify(path_, outside=None):
    """What is to be said of a package: verdict, gaps and the codes of the findings, in order."""
    check = None
    try:
        check = Check(names.open_package(path_), outside)
        check.run()
        codes = check.codes
    except names.Refused as refusal:
        return {"verdict": "NOT AUTHENTIC", "gaps": False, "codes": sorted((check.codes if check else set()) | {str(refusal)})}
    return {"verdict": check.verdict(), "gaps": check.gaps(), "codes": sorted(codes)}


sys.setrecursionlimit(10000)
