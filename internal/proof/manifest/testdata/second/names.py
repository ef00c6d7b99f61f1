"""Opening a package: a folder or a zip file, its names and its limits."""
import os
import re
import stat
import struct
import zipfile
import zlib

MIB = 1 << 20
ELEMENT = re.compile(r"[A-Za-z0-9_-](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?")
DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])", re.IGNORECASE)
MOST_FILES = 20000
UNREADABLE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, OverflowError, RuntimeError, ValueError)


class Refused(Exception):
    """A package that is not read on; its text is the finding's code."""


def good(name):
    parts = name.split("/")
    return len(name.encode(errors="replace")) <= 200 and len(parts) <= 6 and all(
        ELEMENT.fullmatch(part) and not DEVICE.fullmatch(part.split(".")[0]) for part in parts)


def limit(name):
    """The most bytes that a file of this name may have; None without a limit."""
    if name.startswith("data/"):
        return None
    if re.fullmatch(r"proof/segments/[^/]+\.json", name) or name == "proof/signing-key.json":
        return 4 * MIB
    if re.fullmatch(r"proof/segments/[^/]+\.units", name):
        return 48 * MIB
    return {"proof/checkpoint": 2048, "proof/log-key": 2048, "signature": 1024}.get(name, 64 * MIB)


class NoPackage(Exception):
    """Neither a folder nor a zip file that can be read."""


class Package:
    """The files of a package by name: size(name) and read(name)."""

    def __init__(self, files, codes=()):
        self.files, codes = files, set(codes)
        lower = set()
        if len(files) > MOST_FILES:
            raise Refused("too-many-files")
        for name in files:
            if not good(name):
                codes.add("bad-name")
            elif name.lower() in lower:
                codes.add("double-name")
            lower.add(name.lower())
        if codes:
            raise Refused(" ".join(codes))

    def __contains__(self, name):
        return name in self.files

    def __iter__(self):
        return iter(sorted(self.files, key=lambda name: name.encode()))

    def size(self, name):
        return self.files[name][0]

    def read(self, name):
        most = limit(name)
        if most is not None and self.size(name) > most:
            raise Refused("too-large")
        return self.files[name][1]()


def folder(path):
    files, codes = {}, set()

    def walk(prefix):
        with os.scandir(os.path.join(path, prefix)) as entries:
            for entry in entries:
                name, mode = prefix + entry.name, entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(mode.st_mode):
                    walk(name + "/")
                    continue
                files[name] = mode.st_size, lambda name=name: open(os.path.join(path, name), "rb").read()
                if not stat.S_ISREG(mode.st_mode):
                    codes.add("strange-file")

    walk("")
    return Package(files, codes)


def content(archive, info):
    def read():
        try:
            return archive.read(info)
        except UNREADABLE:
            raise NoPackage
    return read


def archive(path):
    try:
        archive = zipfile.ZipFile(path)
    except UNREADABLE:
        raise NoPackage
    names = [info.filename for info in archive.infolist()]
    around = next((name[:-9] for name in names if name.endswith("/bagit.txt")), "")
    if "bagit.txt" in names or around.count("/") != 1 or not all(name.startswith(around) for name in names):
        around = ""
    files, codes = {}, set()
    for info in archive.infolist():
        if info.filename.endswith("/") and info.file_size == 0:
            continue
        name, kind = info.filename[len(around):], stat.S_IFMT(info.external_attr >> 16)
        if name in files:
            codes.add("double-name")
        if kind not in (0, stat.S_IFREG) or info.compress_type != zipfile.ZIP_STORED and info.file_size > 64 * MIB:
            codes.add("strange-file")
        files[name] = info.file_size, content(archive, info)
    return Package(files, codes)


def open_package(path):
    return folder(path) if os.path.isdir(path) else archive(path)
