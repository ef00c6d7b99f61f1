"""The sample entries of an MP4 file and the parameters in them (ISO/IEC 14496-1, -12, -14, -15; Opus in ISOBMFF)."""
import struct


class BadMedia(Exception):
    """A file that is refused; its text is the finding's code."""


def plain(data, start, end):
    """The boxes from start to end: kind, and where the content lies."""
    while start < end:
        size, kind, body = int.from_bytes(data[start:start + 4], "big"), data[start + 4:start + 8].decode("latin-1"), start + 8
        if size == 0:
            size = end - start
        elif size == 1:
            size, body = int.from_bytes(data[start + 8:start + 16], "big"), start + 16
        if body > end or size < body - start or start + size > end:
            raise BadMedia("bad-media")
        yield kind, body, start + size
        start += size


def entry(data, kind, start, end):
    """The parameters in a sample entry."""
    if kind in ("avc1", "avc3", "hvc1", "hev1"):
        known, inside = {"avcC": avcc, "hvcC": hvcc}, start + 78
        out = {"vps": [], "sps": [], "pps": [], "length": 0}
    elif kind in ("mp4a", "Opus"):
        known, inside = {"esds": esds, "dOps": dops}, start + 28
        inside += {1: 16, 2: 36}.get(int.from_bytes(data[start + 8:start + 10], "big"), 0)
        out = {"config": b"", "channels": None}
    else:
        return {}
    if inside > end:
        raise BadMedia("bad-media")
    found = 0
    for name, at, to in plain(data, inside, end):
        if name in known:
            found += 1
            try:
                out.update(known[name](data[at:to]))
            except (IndexError, struct.error):
                raise BadMedia("bad-media")
    if found > 1:
        raise BadMedia("bad-media")
    return out


def avcc(raw):
    at, out = 6, {"vps": [], "sps": [], "pps": [], "length": (raw[4] & 3) + 1}
    for _ in range(raw[5] & 31):
        at = nal(raw, at, out["sps"])
    n, at = raw[at], at + 1
    for _ in range(n):
        at = nal(raw, at, out["pps"])
    return out


def nal(raw, at, out):
    size = struct.unpack_from(">H", raw, at)[0]
    if at + 2 + size > len(raw):
        raise BadMedia("bad-media")
    out.append(raw[at + 2:at + 2 + size])
    return at + 2 + size


def hvcc(raw):
    at, out = 23, {"vps": [], "sps": [], "pps": [], "length": (raw[21] & 3) + 1}
    for _ in range(raw[22]):
        kind, n = raw[at] & 63, struct.unpack_from(">H", raw, at + 1)[0]
        at += 3
        sets = out.get({32: "vps", 33: "sps", 34: "pps"}.get(kind), [])
        for _ in range(n):
            at = nal(raw, at, sets)
    return out


def esds(raw):
    """The AudioSpecificConfig: the DecoderSpecificInfo in the DecoderConfigDescriptor in the ES_Descriptor; nothing where it is not so."""
    def descriptor(at, tag):
        if raw[at] != tag:
            raise IndexError
        size, at = 0, at + 1
        for _ in range(4):
            byte, at = raw[at], at + 1
            size = size << 7 | byte & 127
            if byte < 128:
                break
        return at, at + size

    try:
        at, _ = descriptor(4, 3)
        flags = raw[at + 2]
        at += 3 + (2 if flags & 128 else 0)
        if flags & 64:
            at += 1 + raw[at]
        at, _ = descriptor(at + (2 if flags & 32 else 0), 4)
        at, end = descriptor(at + 13, 5)
        return {"config": raw[at:end] if end <= len(raw) else b""}
    except IndexError:
        return {"config": b""}


def dops(raw):
    return {"channels": raw[1] if len(raw) > 1 else None}
