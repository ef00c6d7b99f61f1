"""The fragment table of a segment."""
from notes import Bad


class Fragment:
    __slots__ = ("start", "end", "tick", "low", "high")

    def __init__(self, start, end, tick, low, high):
        self.start, self.end, self.tick, self.low, self.high = start, end, tick, low, high


def fragments(raw, total):
    at = 0

    def byte():
        nonlocal at
        if at >= len(raw):
            raise Bad("table")
        at += 1
        return raw[at - 1]

    def varint():
        value, shift = 0, 0
        while True:
            b = byte()
            value |= (b & 127) << shift
            shift += 7
            if b < 128:
                return value
            if shift > 63:
                raise Bad("table")

    def zigzag():
        value = varint()
        return value >> 1 ^ -(value & 1)

    if byte() != 1:
        raise Bad("table")
    n = varint()
    byte()
    if not 1 <= n <= 4096:
        raise Bad("table")
    out, end, tick, ticks, wall, units, low = [], 0, 0, 0, 0, 0, 1
    for _ in range(n):
        flags = byte()
        if flags > 63:
            raise Bad("table")
        if flags & 2:
            varint()
        if flags & 4:
            zigzag()
        start = end + (zigzag() if flags & 8 else 0)
        tick += ticks + (zigzag() if flags & 16 else 0)
        if flags & 32:
            varint()
        zigzag()
        ticks += zigzag()
        wall += zigzag()
        zigzag()
        units += zigzag()
        end = start + wall
        if units < 1 or wall < 0:
            raise Bad("table")
        out.append(Fragment(start, end, tick, low, low + units))
        low += units
    if at != len(raw) or low - 1 != total:
        raise Bad("table")
    return out
