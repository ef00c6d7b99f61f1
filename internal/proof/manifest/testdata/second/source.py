"""A package as its files: a folder or a zip file; names and limits."""

import os
import re
import stat
import zipfile
import zlib

MIB = 1 << 20
ELEMENT = re.compile(rb"[A-Za-z0-9_-](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?")
DEVICES = {"con", "prn", "aux", "nul"} | {d + str(n) for d in ("com", "lpt") for n in range(10)}
SEGMENT_JSON, SEGMENT_UNITS = re.compile(r"proof/segments/[^/]+\.json"), re.compile(r"proof/segments/[^/]+\.units")
SMALL = {"proof/checkpoint": 2048, "proof/log-key": 2048, "signature": 1024, "proof/signing-key.json": 4 * MIB}


class NoPackage(Exception):
    """What was given is no package: there is no verdict."""


def fits(name):
    """Says whether name (text) is one that a package may have."""
    try:
        raw = name.encode("ascii")
    except UnicodeEncodeError:
        return False
    parts = raw.split(b"/")
    if len(raw) > 200 or len(parts) > 6:
        return False
    return all(ELEMENT.fullmatch(p) and p.split(b".")[0].decode().lower() not in DEVICES for p in parts)


def limit(name):
    """The most bytes a file of this name has; None if there is no such limit."""
    if name.startswith("data/"):
        return None
    if SEGMENT_JSON.fullmatch(name):
        return 4 * MIB
    if SEGMENT_UNITS.fullmatch(name):
        return 48 * MIB
    return SMALL.get(name, 64 * MIB)


class Folder:
    """A folder: entries is a list of (name, size, plain)."""

    def __init__(self, path):
        self.path, self.entries = path, []
        self.look(path, "")

    def look(self, path, prefix):
        for entry in sorted(os.scandir(path), key=lambda e: e.name):
            found = entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(found.st_mode):
                self.look(entry.path, prefix + entry.name + "/")
            else:
                self.entries.append((prefix + entry.name, found.st_size, stat.S_ISREG(found.st_mode)))

    def read(self, name):
        with open(os.path.join(self.path, name), "rb") as file:
            return file.read()


class Zip:
    """A zip file, without the folder that may lie around everything."""

    def __init__(self, path):
        try:
            self.zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeDecodeError) as wrong:
            raise NoPackage(str(wrong))
        infos = [(i.orig_filename, i) for i in self.zip.infolist() if not i.orig_filename.endswith("/")]
        names = [n for n, _ in infos]
        if "bagit.txt" not in names and names:
            around = names[0].split("/")[0] + "/"
            if around + "bagit.txt" in names and all(n.startswith(around) for n in names):
                infos = [(n[len(around):], i) for n, i in infos]
        self.infos, self.entries = dict(infos), []
        for name, info in infos:
            mode = info.external_attr >> 16 if info.create_system == 3 else 0
            plain = stat.S_IFMT(mode) in (0, stat.S_IFREG)
            size = info.file_size
            if info.compress_type != zipfile.ZIP_STORED and size > 64 * MIB:
                plain = False
            self.entries.append((name, size, plain))

    def read(self, name):
        try:
            return self.zip.read(self.infos[name])
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as wrong:
            raise NoPackage(str(wrong))


def open_(path):
    if os.path.isdir(path):
        return Folder(path)
    return Zip(path)


def judge(source):
    """What breaks the rules of names and limits: a list of (code, name)."""
    found, seen = [], set()
    if len(source.entries) > 20000:
        found.append(("too-many-files", ""))
    for name, _, plain in source.entries:
        if not fits(name):
            found.append(("bad-name", ascii(name)))
        if name.lower() in seen:
            found.append(("double-name", ascii(name)))
        seen.add(name.lower())
        if not plain:
            found.append(("strange-file", ascii(name)))
    return found
