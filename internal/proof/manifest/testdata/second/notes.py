"""Verifier strings, signed notes and checkpoints."""

import base64
import binascii
import hashlib
import re

import curve

SITE = r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?"
PACKAGES = re.compile("(" + SITE + ")/custody/packages")
LOG = re.compile("(" + SITE + r")/custody/log/[1-9][0-9]*")


def unbase64(text, size=None):
    """The bytes that text spells in the one way it may; None if it does not."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError):
        return None
    if base64.b64encode(raw).decode() != text or size not in (None, len(raw)):
        return None
    return raw


class Key:
    """A verifier string taken apart: name, identity (4 bytes), public (32 bytes), site."""

    def __init__(self, name, identity, public, site):
        self.name, self.identity, self.public, self.site = name, identity, public, site

    def signed(self, note):
        return (note.name, note.identity) == (self.name, self.identity) and curve.verify(self.public, note.text, note.signature)


def key(text, names):
    """The key that text spells, its name being of the form names if there is one; or None."""
    name, _, rest = text.partition("+")
    identity, _, rest = rest.partition("+")
    raw, form = unbase64(rest, 33), names and names.fullmatch(name)
    if raw is None or raw[0] != 1 or names and not form:
        return None
    wanted = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    if identity != wanted.hex():
        return None
    return Key(name, wanted, raw[1:], form and form[1])


class Note:
    """A signed note with one signature: text (bytes, with its last line feed), lines, name, identity, signature."""

    def __init__(self, text, name, identity, signature):
        self.text, self.name, self.identity, self.signature = text, name, identity, signature
        self.lines = text.decode().split("\n")[:-1]


def note(raw):
    """The note that raw is, of three lines and one signature; or None."""
    try:
        lines = raw.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        return None
    if len(lines) != 6 or lines[3] or lines[5] :
        return None
    dash, _, rest = lines[4].partition(" ")
    name, _, signature = rest.partition(" ")
    both = unbase64(signature, 68)
    if dash != "\u2014" or not name or both is None:
        return None
    return Note("".join(l + "\n" for l in lines[:3]).encode(), name, both[:4], both[4:])


class Checkpoint:
    """What a checkpoint says: origin, size, root; note is the note it came in."""

    def __init__(self, note_, origin, size, root):
        self.note, self.origin, self.size, self.root = note_, origin, size, root


def checkpoint(raw):
    """The checkpoint that raw is; or None."""
    it = note(raw)
    if it is None or not LOG.fullmatch(it.lines[0]) or it.name != it.lines[0]:
        return None
    root = unbase64(it.lines[2], 32)
    if not re.fullmatch("0|[1-9][0-9]{0,18}", it.lines[1]) or int(it.lines[1]) >= 1 << 63 or root is None:
        return None
    return Checkpoint(it, it.lines[0], int(it.lines[1]), root)
