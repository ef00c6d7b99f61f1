"""Merkle trees of RFC 6962: leaves, inclusion proofs, and the proof of a range of leaves."""

import hashlib


def leaf(data):
    return hashlib.sha256(b"\0" + data).digest()


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def included(hash_, index, size, proof, root):
    """Says whether proof leads from the leaf at index to the root of a tree of size leaves (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last = index, size - 1
    for step in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            hash_ = node(step, hash_)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            hash_ = node(hash_, step)
        at, last = at >> 1, last >> 1
    return last == 0 and hash_ == root


def spanned(rows, start, size, proof, root):
    """Says whether rows are the leaves from start on of the tree of size leaves."""
    end, rest = start + len(rows), iter(proof)
    if end > size:
        return False

    def walk(low, high):
        if high <= start or low >= end:
            return next(rest)
        if high - low == 1:
            return rows[low - start]
        split = 1 << (high - low - 1).bit_length() - 1
        left = walk(low, low + split)
        return node(left, walk(low + split, high))

    try:
        return walk(0, size) == root and next(rest, None) is None
    except StopIteration:
        return False
