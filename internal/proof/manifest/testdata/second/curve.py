"""Ed25519 as RFC 8032, section 5.1.7 describes it: verification only."""

import functools
import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
NOTHING = (0, 1, 1, 0)


def add(a, b):
    m = (a[1] - a[0]) * (b[1] - b[0]) % P
    n = (a[1] + a[0]) * (b[1] + b[0]) % P
    c = 2 * a[3] * b[3] * D % P
    d = 2 * a[2] * b[2] % P
    e, f, g, h = n - m, d - c, d + c, n + m
    return e * f % P, g * h % P, f * g % P, e * h % P


def double(a):
    x, y, z = a[0] * a[0] % P, a[1] * a[1] % P, 2 * a[2] * a[2] % P
    h = x + y
    e = h - (a[0] + a[1]) ** 2
    g = x - y
    f = z + g
    return e * f % P, g * h % P, f * g % P, e * h % P


def decode(raw):
    """The point whose encoding raw is, or None."""
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x - u) % P:
        x = x * ROOT % P
    if (v * x * x - u) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def encode(a):
    inverse = pow(a[2], P - 2, P)
    x, y = a[0] * inverse % P, a[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = decode((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


@functools.lru_cache(256)
def verify(key, text, signature):
    """Says whether signature (64 bytes) is key's (32 bytes) over text."""
    point = decode(key)
    s = int.from_bytes(signature[32:], "little")
    if point is None or s >= L:
        return False
    digest = hashlib.sha512(signature[:32] + key + text).digest()
    h = int.from_bytes(digest, "little") % L
    minus = (P - point[0], point[1], 1, P - point[3])
    both, sum_ = add(BASE, minus), NOTHING
    for bit in range(max(s.bit_length(), h.bit_length()) - 1, -1, -1):
        sum_ = double(sum_)
        of = (s >> bit & 1) + 2 * (h >> bit & 1)
        if of:
            sum_ = add(sum_, (None, BASE, minus, both)[of])
    return encode(sum_) == signature[:32]
