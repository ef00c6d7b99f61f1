"""Ed25519 verification, written from RFC 8032 sections 5.1.3 and 5.1.7."""
import functools
import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
NEUTRAL = (0, 1, 1, 0)


def add(a, b):
    x1, y1, z1, t1 = a
    x2, y2, z2, t2 = b
    e, f = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    g, h = 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
    m, n, r, s = f - e, h - g, h + g, f + e
    return m * n % P, r * s % P, n * r % P, m * s % P


def decode(raw):
    """The point that 32 bytes encode, or None."""
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if v * x * x % P == (-u) % P:
        x = x * ROOT % P
    elif v * x * x % P != u:
        return None
    if x == 0 and sign:
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def encode(point):
    x, y, z, _ = point
    inverse = pow(z, P - 2, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def tables(point):
    """For each of 64 places of 4 bits the multiples 1 to 15 of the point, so that a product is 64 sums."""
    rows = []
    for _ in range(64):
        row, sum_ = [NEUTRAL], NEUTRAL
        for _ in range(15):
            sum_ = add(sum_, point)
            row.append(sum_)
        rows.append(row)
        point = add(sum_, point)
    return rows


@functools.lru_cache(maxsize=64)
def negated(key):
    point = decode(key)
    return None if point is None else tables((P - point[0], point[1], 1, P - point[3]))


@functools.lru_cache(maxsize=1)
def base():
    y = 4 * pow(5, P - 2, P) % P
    return tables(decode(y.to_bytes(32, "little")))


def product(rows, factor, start):
    for row in rows:
        if factor & 15:
            start = add(start, row[factor & 15])
        factor >>= 4
    return start


@functools.lru_cache(maxsize=4096)
def verify(key, message, signature):
    """Whether signature (64 bytes) is key's (32 bytes) over message."""
    rows, s = negated(key), int.from_bytes(signature[32:], "little")
    if rows is None or len(signature) != 64 or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    return encode(product(rows, k, product(base(), s, NEUTRAL))) == signature[:32]
