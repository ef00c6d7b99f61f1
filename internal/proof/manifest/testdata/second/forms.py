"""The JSON documents of a package: their one form, and what stands in them."""
import datetime
import json
import re

import names
import notes
from notes import Bad



def text(value):
    if not isinstance(value, str) or len(value.encode()) > 16384 or not value.replace("\n", "").isprintable():
        raise Bad("text")
    return value


def string(value):
    if not isinstance(value, str):
        raise Bad("string")
    return value


def some(value):
    if not text(value):
        raise Bad("text")
    return value


def word(value):
    if not isinstance(value, str) or not re.fullmatch("[A-Za-z0-9_-]{1,64}", value):
        raise Bad("identifier")
    return value


def is_id(prefix, value):
    """Whether value is the prefix and 16 bytes in base32, lower-case and without padding."""
    return isinstance(value, str) and re.fullmatch(prefix + "[a-z2-7]{25}[aeimquy4]", value) is not None


def id_of(prefix):
    def form(value):
        if not is_id(prefix, value):
            raise Bad("identifier")
        return value
    return form


def count(value, low=0, high=2**63 - 1):
    if type(value) is not int or not low <= value <= high:
        raise Bad("number")
    return value


def signed(value):
    return count(value, -2**63)


def time(value):
    """Microseconds since 1970."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", value, re.ASCII):
        raise Bad("time")
    before = value.startswith("0000")  # a year that datetime does not have; 400 years later the calendar is the same
    try:
        moment = datetime.datetime.fromisoformat("0400" + value[4:-1] if before else value[:-1])
    except ValueError:
        raise Bad("time")
    return (moment - datetime.datetime(1970, 1, 1) - datetime.timedelta(days=146097 * before)) // datetime.timedelta(microseconds=1)


def hexadecimal(digits):
    def form(value):
        if not isinstance(value, str) or not re.fullmatch("[0-9a-f]{%d}" % digits, value):
            raise Bad("hexadecimal")
        return bytes.fromhex(value)
    return form


def packed(value, size=None):
    if value is None and size is None:
        return b""
    if not isinstance(value, str):
        raise Bad("bytes")
    return notes.base64_of(value, size)


def const(*allowed):
    def form(value):
        if value not in allowed or not isinstance(value, str):
            raise Bad("value")
        return value
    return form


def many(form, low=0, high=2**24):
    def read(value):
        value = [] if value is None else value
        if not isinstance(value, list) or not low <= len(value) <= high:
            raise Bad("list")
        return [form(one) for one in value]
    return read


def record(*members):
    """A JSON object of just these members in this order; a name that ends with a question mark may be left out (and reads as None)."""
    names = [name.rstrip("?") for name, _ in members]

    def read(value):
        if not isinstance(value, dict):
            raise Bad("object")
        if [name for name in names if name in value] != list(value):
            raise Bad("members")
        out = {}
        for name, form in members:
            plain = name.rstrip("?")
            if plain in value:
                if name != plain and value[plain] in ("", [], None):
                    raise Bad("empty")
                out[plain] = form(value[plain])
            elif name == plain:
                raise Bad("missing " + name)
            else:
                out[plain] = None
        return out
    return read


SPAN = record(("start", time), ("end", time))


def span(value):
    out = SPAN(value)
    if out["start"] >= out["end"]:
        raise Bad("span")
    return out["start"], out["end"]


DIGEST = hexadecimal(64)
PROOF = many(lambda value: packed(value, 32), 0, 128)
ENTRY = record(("index", count), ("type", string), ("salt", hexadecimal(32)), ("body", packed), ("proof", PROOF))
PERSON = record(("name?", text), ("role", text), ("at", time))
CAMERA = record(("id", id_of("cam_")), ("name", text), ("place?", text), ("maker?", text), ("model?", text), ("serial?", text))
RENDITION = record(
    ("path", text), ("kind", const("original", "viewing", "redacted")), ("span", span), ("codec", text),
    ("parents?", many(record(("segment?", string), ("path?", string), ("sha256", DIGEST)))), ("run?", id_of("run_")), ("stream?", id_of("str_")),
    ("tracks?", many(record(("id", lambda v: count(v, 1, 255)), ("codec", string),
                            ("timescale", lambda v: count(v, 1, 2**32 - 1)), ("base", lambda v: count(v, -2**60, 2**60))), 1, 16)),
    ("segments?", many(id_of("seg_"), 1)),
    ("left_out?", many(record(("segment", id_of("seg_")), ("from", lambda v: count(v, 1, 2**24)), ("count", lambda v: count(v, 1, 2**24)), ("reason", some)))))
ITEM = record(
    ("number", some), ("outcome", const("grant", "redacted", "inspect-only", "deny", "no-record")), ("citation?", text), ("camera", CAMERA),
    ("requested", span), ("decided", span),
    ("clock?", many(record(("at", time), ("clock", text), ("offset_us", signed), ("source", text)))),
    ("gaps?", many(record(("span", span), ("cause", text), ("event?", count)))),
    ("segments?", many(record(("id", id_of("seg_")), ("stream", id_of("str_")), ("run", id_of("run_")), ("number", count), ("span", lambda value: tuple(SPAN(value).values())), ("sealed", time),
                              ("object_size", count), ("object_sha256", DIGEST)))),
    ("renditions?", many(RENDITION)))
PACKAGE = record(
    ("format", const("custody-package/1")), ("id", word), ("made", time),
    ("site", record(("name", text), ("zone", text), ("zone_source?", text))),
    ("request", record(("number", text), ("kind", text), ("received", time), ("logged", time), ("basis?", text))),
    ("prepared", PERSON), ("decided", PERSON), ("items", many(ITEM, 1, 1000)),
    ("tools", many(record(("name", text), ("version", text)))))
LINE = record(("at", time), ("act", text), ("by", text), ("item?", text), ("detail?", text), ("event?", ENTRY))
SIGNER = record(("verifier", string), ("created", lambda value: None if value is None else ENTRY(value)))
PIECE = record(("bytes", packed), ("proof", PROOF))
SEGMENT = record(
    ("segment", string), ("sealed", ENTRY), ("header?", PIECE), ("table?", PIECE),
    ("units?", many(record(("file", string), ("from", lambda v: count(v, 1, 2**24)), ("count", lambda v: count(v, 1, 2**24)), ("proof", PROOF)))))


def refuse(value):
    raise Bad("number " + value)


def once(pairs):
    out = dict(pairs)
    if len(out) != len(pairs):
        raise Bad("repeated member")
    return out


def parse(raw):
    try:
        return json.loads(raw.decode("utf-8"), object_pairs_hook=once, parse_float=refuse, parse_constant=refuse)
    except (ValueError, RecursionError):
        raise Bad("JSON")


def strict(raw, form, **style):
    """The document that raw holds in its one spelling. Raises Bad."""
    value = parse(raw)
    try:
        spelled = json.dumps(value, ensure_ascii=False, **style).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
        if (spelled + "\n").encode() != raw:
            raise Bad("spelling")
        return form(value)
    except UnicodeEncodeError:
        raise Bad("text")


def document(raw, form):
    return strict(raw, form, indent=2)


def lines(raw):
    """The lines of custody.jsonl."""
    parts = raw.split(b"\n")
    if parts.pop():
        raise Bad("last line")
    out = [strict(part + b"\n", LINE, separators=(",", ":")) for part in parts]
    if any(a["at"] > b["at"] for a, b in zip(out, out[1:])):
        raise Bad("order")
    return out


def package(raw):
    """package.json, with what its members have to do with each other."""
    out = document(raw, PACKAGE)
    numbers, paths = set(), set()
    for item in out["items"]:
        if item["number"] in numbers:
            raise Bad("item twice")
        numbers.add(item["number"])
        for name in ("clock", "gaps", "segments", "renditions"):
            item[name] = item[name] or []
        ids = [one["id"] for one in item["segments"]]
        if len(set(ids)) != len(ids) or bool(item["renditions"]) != (item["outcome"] in ("grant", "redacted")):
            raise Bad("item")
        for one in item["renditions"]:
            rendition(item, one)
            if one["path"] in paths or any(id_ not in ids for id_ in one["segments"] or ()):
                raise Bad("rendition")
            paths.add(one["path"])
    return out


def rendition(item, one):
    folder = "data/" + one["kind"] + "/"
    if not one["path"].startswith(folder) or not names.good(one["path"]):
        raise Bad("path")
    if (one["kind"] == "redacted") != (item["outcome"] == "redacted"):
        raise Bad("kind")
    if one["span"][0] < item["decided"][0] or one["span"][1] > item["decided"][1]:
        raise Bad("span")
    own = [one[name] is not None for name in ("run", "stream", "tracks", "segments")]
    if one["kind"] != "original":
        if any(own) or one["left_out"] is not None or one["parents"] is None:
            raise Bad("members")
        if any((parent["segment"] is None) == (parent["path"] is None) for parent in one["parents"]):
            raise Bad("parent")
        return
    if not all(own) or one["parents"] is not None:
        raise Bad("members")
    one["left_out"] = one["left_out"] or []
    ids = [track["id"] for track in one["tracks"]]
    if len(set(ids)) != len(ids) or len(set(one["segments"])) != len(one["segments"]):
        raise Bad("twice")
    after = {}
    for left in one["left_out"]:
        if left["segment"] not in one["segments"] or left["from"] < after.get(left["segment"], 0):
            raise Bad("left_out")
        after[left["segment"]] = left["from"] + left["count"]
