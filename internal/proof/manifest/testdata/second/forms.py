"""The documents' one form: JSON, and what each member may be."""

import json
import re
import unicodedata

import notes
import source

BIG = (1 << 63) - 1
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
DIGEST = re.compile(r"[0-9a-f]{64}")
TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\.([0-9]{6})Z")
SEGMENT = re.compile("seg_[a-z2-7]{25}[aeimquy4]")


class Bad(Exception):
    """A document is not in its form."""


def need(truth, what):
    if not truth:
        raise Bad(what)


def moment(text):
    """Microseconds since 1970 of a time; None if text is none."""
    it = TIME.fullmatch(text) if isinstance(text, str) else None
    if not it:
        return None
    year, month, day, hour, minute, second, rest = map(int, it.groups())
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    lengths = (31, 28 + leap, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    if not 1 <= month <= 12 or not 1 <= day <= lengths[month - 1] or hour > 23 or minute > 59 or second > 59:
        return None
    before = year - 1
    days = 365 * year + (before // 4 - before // 100 + before // 400 + 1) + sum(lengths[:month - 1]) + day - 1
    return ((days - 719528) * 86400 + hour * 3600 + minute * 60 + second) * 1000000 + rest


# What a member may be: each is a function that raises Bad for anything else.

def text(value):
    need(isinstance(value, str), "no text")
    try:
        need(len(value.encode("utf-8")) <= 16384, "a text is too long")
    except UnicodeEncodeError:
        raise Bad("half a character")
    for c in value:
        need(c in "\n " or unicodedata.category(c)[0] in "LMNPS", "a text holds what none may")


def filled(value):
    text(value)
    need(value, "an empty text")


def matches(pattern):
    expression = re.compile(pattern)

    def check(value):
        need(isinstance(value, str) and expression.fullmatch(value), "not of the form " + pattern)
    return check


def time(value):
    need(moment(value) is not None, "no time")


def raw(size=None):
    def check(value):
        need(isinstance(value, str) and notes.unbase64(value, size) is not None, "no base64")
    return check


def whole(low, high):
    def check(value):
        need(type(value) is int and low <= value <= high, "no such number")
    return check


def many(of, least=0, most=None):
    def check(value):
        if value is None and least == 0:
            return
        need(isinstance(value, list) and len(value) >= least and (most is None or len(value) <= most), "no such list")
        for one in value:
            of(one)
    return check


def record(**members):
    """An object with these members in this order; a name that ends in _ may be absent."""
    places = {n.rstrip("_"): (i, c) for i, (n, c) in enumerate(members.items())}
    musts = [n for n in members if not n.endswith("_")]

    def check(value):
        need(isinstance(value, dict), "no object")
        at = -1
        for name, one in value.items():
            need(name in places, "an unknown member")
            place, form = places[name]
            need(place > at, "members in another order")
            at = place
            form(one)
        for name in musts:
            need(name in value, "without " + name)
    return check


def identity(kind):
    return matches(kind + "_[a-z2-7]{25}[aeimquy4]")


def span_any(value):
    record(start=time, end=time)(value)


def span(value):
    span_any(value)
    need(moment(value["end"]) > moment(value["start"]), "a span ends before it begins")


def word(value):
    need(isinstance(value, str), "no text")


def null_or(form):
    return lambda value: value is None or form(value)


digest = matches(DIGEST.pattern)
number = whole(0, BIG)
proof = many(raw(32), 0, 128)
entry = record(index=number, type=word, salt=matches("[0-9a-f]{32}"), body=null_or(raw()), proof=proof)


SIGNING_KEY = record(verifier=word, created=null_or(entry))
LINE = record(at=time, act=text, by=text, item_=filled, detail_=filled, event_=entry)
LEAF = record(bytes=raw(), proof=proof)
PROOF = record(segment=identity("seg"), sealed=entry, header_=LEAF, table_=LEAF,
               units_=many(record(file=word, **{"from": whole(1, 1 << 24)}, count=whole(1, 1 << 24), proof=proof), 1))
PERSON = record(name_=filled, role=text, at=time)
RENDITION = record(
    path=text, kind=matches("original|viewing|redacted"), span=span, codec=text,
    parents_=many(record(segment_=word, path_=word, sha256=digest), 1),
    run_=identity("run"), stream_=identity("str"),
    tracks_=many(record(id=whole(1, 255), codec=word, timescale=whole(1, (1 << 32) - 1), base=whole(-1 << 60, 1 << 60)), 1, 16),
    segments_=many(identity("seg"), 1),
    left_out_=many(record(segment=identity("seg"), **{"from": whole(1, 1 << 24)}, count=whole(1, 1 << 24), reason=filled), 1))
ITEM = record(
    number=filled, outcome=matches("grant|redacted|inspect-only|deny|no-record"), citation_=filled,
    camera=record(id=identity("cam"), name=text, place_=filled, maker_=filled, model_=filled, serial_=filled),
    requested=span, decided=span,
    clock_=many(record(at=time, clock=text, offset_us=whole(-1 << 63, BIG), source=text), 1),
    gaps_=many(record(span=span, cause=text, event_=number), 1),
    segments_=many(record(id=identity("seg"), stream=identity("str"), run=identity("run"), number=number, span=span_any,
                          sealed=time, object_size=number, object_sha256=digest), 1),
    renditions_=many(RENDITION, 1))
PACKAGE = record(
    format=matches("custody-package/1"), id=matches(ID.pattern), made=time,
    site=record(name=text, zone=text, zone_source_=filled),
    request=record(number=text, kind=text, received=time, logged=time, basis_=filled),
    prepared=PERSON, decided=PERSON, items=many(ITEM, 1, 1000), tools=many(record(name=text, version=text)))


def pairs(members):
    made = dict(members)
    need(len(made) == len(members), "a repeated member")
    return made


def refuse(_):
    raise Bad("no plain integer")


def parse(bytes_, lax=False):
    """The JSON value in bytes_; lax lets fractions be (for what is not one of the package's own documents)."""
    try:
        it = bytes_.decode("utf-8")
        if lax:
            return json.loads(it)
        return json.loads(it, object_pairs_hook=pairs, parse_float=refuse, parse_constant=refuse)
    except (ValueError, RecursionError) as wrong:
        raise Bad(str(wrong))


def document(bytes_, form, line=False):
    """The document in bytes_, which must be in its one form."""
    value = parse(bytes_)
    form(value)
    if line:
        written = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    else:
        written = json.dumps(value, ensure_ascii=False, indent=2)
    written = written.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029") + "\n"
    need(written.encode("utf-8") == bytes_, "not in the one form")
    return value


def package(bytes_):
    """package.json: its form, and what its members must be to each other."""
    it = document(bytes_, PACKAGE)
    numbers, paths = set(), set()
    for item in it["items"]:
        need(item["number"] not in numbers, "two items of one number")
        numbers.add(item["number"])
        known = [s["id"] for s in item.get("segments", ())]
        need(len(set(known)) == len(known), "a segment twice")
        renditions = item.get("renditions", [])
        need(bool(renditions) == (item["outcome"] in ("grant", "redacted")), "renditions of another outcome")
        for r in renditions:
            need((r["kind"] == "redacted") == (item["outcome"] == "redacted"), "a rendition of another kind")
            need(source.fits(r["path"]) and r["path"].startswith("data/" + r["kind"] + "/"), "a path elsewhere")
            need(r["path"] not in paths, "two renditions of one path")
            paths.add(r["path"])
            within(r["span"], item["decided"])
            if r["kind"] == "original":
                original(r, known)
            else:
                need("parents" in r and not {"run", "stream", "tracks", "segments", "left_out"} & set(r), "members of another kind")
                for p in r["parents"]:
                    need(("segment" in p) != ("path" in p), "a parent that is neither or both")
    return it


def within(inner, outer):
    need(moment(outer["start"]) <= moment(inner["start"]) and moment(inner["end"]) <= moment(outer["end"]), "a span outside")


def original(r, known):
    need("parents" not in r and all(m in r for m in ("run", "stream", "tracks", "segments")), "members of another kind")
    ids = [t["id"] for t in r["tracks"]]
    need(len(set(ids)) == len(ids), "a track twice")
    need(len(set(r["segments"])) == len(r["segments"]) and set(r["segments"]) <= set(known), "segments that the item has not")
    ends = {}
    for left in r.get("left_out", ()):
        need(left["segment"] in r["segments"] and left["from"] >= ends.get(left["segment"], 1), "left out in disorder")
        ends[left["segment"]] = left["from"] + left["count"]


def custody(bytes_):
    """The lines of custody.jsonl."""
    lines, last = [], None
    need(not bytes_ or bytes_.endswith(b"\n"), "the last line has no end")
    for line in bytes_.split(b"\n")[:-1]:
        lines.append(document(line + b"\n", LINE, True))
        at = moment(lines[-1]["at"])
        need(last is None or at >= last, "lines in another order")
        last = at
    return lines


def manifest(bytes_):
    """The lines of a manifest: name to digest."""
    lines, last = {}, ""
    try:
        it = bytes_.decode("ascii")
    except UnicodeDecodeError:
        raise Bad("not ASCII")
    need(not it or it.endswith("\n"), "the last line has no end")
    for line in it.split("\n")[:-1]:
        name = line[66:]
        need(DIGEST.fullmatch(line[:64]) and line[64:66] == "  " and source.fits(name) and name > last, "no line of a manifest")
        lines[name] = line[:64]
        last = name
    return lines
