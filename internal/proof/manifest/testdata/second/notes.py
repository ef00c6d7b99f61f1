"""C2SP signed notes and verifier strings."""
import base64
import binascii
import re

import curve
from hashes import sha


SITE = "[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?"


class Bad(Exception):
    """A text that is not in its form."""


def base64_of(text, size=None):
    """The bytes of a base64 text in its one spelling."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise Bad("base64")
    if base64.b64encode(raw).decode() != text or size is not None and len(raw) != size:
        raise Bad("base64")
    return raw


class Stop(Exception):
    """What a step needs is not there, or cannot be used; the finding is made."""


class Key:
    """A verifier string."""

    def __init__(self, text):
        parts = str(text).split("+", 2)
        if len(parts) != 3 or not parts[0] or not re.fullmatch("[0-9a-f]{8}", parts[1]):
            raise Bad("verifier")
        if re.search(r"[\s+]", parts[0]):
            raise Bad("verifier")
        self.text, self.name, raw = text, parts[0], base64_of(parts[2], 33)
        if raw[0] != 1 or sha(self.name.encode() + b"\n" + raw)[:4].hex() != parts[1]:
            raise Bad("verifier")
        self.id, self.public = bytes.fromhex(parts[1]), raw[1:]


class Note:
    """A note of three lines with one signature."""

    def __init__(self, raw):
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            raise Bad("note")
        lines = text.split("\n")
        if len(lines) != 6 or lines[3] or lines[5]:
            raise Bad("note")
        self.lines, self.text = lines[:3], ("\n".join(lines[:3]) + "\n").encode()
        found = re.fullmatch("\u2014 ([^ ]+) ([^ ]+)", lines[4])
        if not found:
            raise Bad("note")
        self.name, packed = found[1], base64_of(found[2], 68)
        self.id, self.signature = packed[:4], packed[4:]

    def names(self, key):
        """Whether the note says that it is signed by key."""
        return self.name == key.name and self.id == key.id

    def signed(self, key):
        return self.names(key) and curve.verify(key.public, self.text, self.signature)
