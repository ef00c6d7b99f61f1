"""RFC 6962 hashing: leaves, inclusion proofs and the proof of a range of leaves."""
import hashlib

LOST = b""


def sha(data):
    return hashlib.sha256(data).digest()


def leaf(data):
    return sha(b"\0" + data)


def node(left, right):
    return sha(b"\1" + left + right)


def split(n):
    """The largest power of two below n."""
    return 1 << (n - 1).bit_length() - 1


def path(index, size, hash_, proof):
    """The root to which an inclusion proof leads from a leaf's hash, or LOST."""
    if not 0 <= index < size:
        return LOST
    sides = []
    while size > 1:
        k = split(size)
        sides.append(index >= k)
        index, size = (index - k, size - k) if index >= k else (index, k)
    if len(sides) != len(proof):
        return LOST
    for right, other in zip(reversed(sides), proof):
        hash_ = node(other, hash_) if right else node(hash_, other)
    return hash_


def span(size, start, rows, proof):
    """The root of a tree whose leaves [start, start+len(rows)) hash to rows, or LOST."""
    rest = list(reversed(proof))
    end = start + len(rows)

    def walk(low, n):
        if low + n <= start or low >= end:
            return rest.pop() if rest else LOST
        if n == 1:
            return rows[low - start]
        k = split(n)
        left = walk(low, k)
        right = walk(low + k, n - k)
        return node(left, right) if left and right else LOST

    root = walk(0, size) if 0 <= start < end <= size else LOST
    return LOST if rest else root
