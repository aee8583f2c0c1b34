"""Near duplicates: contents that are not equal but nearly so, found without comparing all pairs."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from prismrec.media.quality.pictures import HASH_BYTES
from prismrec.types import Bools, Doubles, Ints

__all__ = ["alike_pictures", "alike_sounds", "alike_texts"]

# Pictures: 4 bands of 16 bits; of two hashes that differ in up to 7 bits, one band at least
# differs in no more than one bit, so the 17 neighbours of each band find every such pair.
BITS, BAND = 6, 16
COLOUR = 12.0  # mean difference of two grids of colours, in levels of 255
CHUNK = 1 << 22  # candidates that are compared at once

# Sounds: places of one fingerprint that are looked up, and how common a place may be.
PLACES, COMMON = 48, 64
OVERLAP = 100  # places that two sounds must share at their best offset, 2.4 seconds
ERRORS = 0.25  # share of bits that may differ there; unrelated sounds differ in half of them

# Texts: 16 bands of 4 hashes; two texts that share 80 % of their shingles meet with 99.98 %.
HASHES, ROWS = 64, 4
SHARED = 0.8
LONGEST = 5000  # characters of a text that are compared
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_\u3040-\u30ff\u3400-\u9fff]+")
PRIME = (1 << 31) - 1
MIX = np.array([0x2545F4914F6CDD1D, 0x1B873593CC9E2D51, 0x5851F42D4C957F2D, 1], np.int64)


def alike_pictures(sketches: npt.NDArray[np.uint8]) -> list[Ints]:
    """Groups of rows of (n, 200) sketches: hashes differ in at most 6 of 64 bits, colours little.

    Rows without any colour difference to tell apart, such as blanks, should be left out before.
    """
    if len(sketches) < 2:
        return []
    bands = sketches[:, :HASH_BYTES].copy().view(np.uint16)
    colours = sketches[:, HASH_BYTES:].astype(np.int16)
    whole = sketches[:, :HASH_BYTES].copy().view(np.uint64).ravel()
    found = []
    for band in range(bands.shape[1]):
        key = bands[:, band]
        order = np.argsort(key, kind="stable")
        for flip in (0, *(1 << bit for bit in range(BAND))):
            for pairs in _pairs(key ^ np.uint16(flip), key[order], order):
                near = pairs[:, np.bitwise_count(whole[pairs[0]] ^ whole[pairs[1]]) <= BITS]
                gap = np.abs(colours[near[0]] - colours[near[1]]).mean(axis=1, dtype=np.float32)
                found.append(near[:, gap <= COLOUR])
    return _groups(np.concatenate(found, axis=1), len(sketches))


def _pairs(
    wanted: npt.NDArray[np.uint16], keys: npt.NDArray[np.uint16], order: Ints
) -> Iterator[Ints]:
    """(2, n) rows i < j with `wanted[i]` equal to the key of j, a few million at a time."""
    first = np.searchsorted(keys, wanted, "left")
    n = np.searchsorted(keys, wanted, "right") - first
    ends = np.cumsum(n)
    start = 0
    while start < len(n):
        before = ends[start] - n[start]
        stop = max(start + 1, int(np.searchsorted(ends, before + CHUNK, "right")))
        left = np.repeat(np.arange(start, stop), n[start:stop])
        within = np.arange(len(left)) - np.repeat(
            ends[start:stop] - n[start:stop] - before, n[start:stop]
        )
        right = order[np.repeat(first[start:stop], n[start:stop]) + within]
        yield np.stack([left, right])[:, left < right]
        start = stop


def alike_sounds(prints: Sequence[npt.NDArray[np.uint32]]) -> list[Ints]:
    """Groups of fingerprints that agree at some offset; see `sounds.fingerprint`."""
    lengths = np.array([len(each) for each in prints], np.int64)
    if (lengths > 0).sum() < 2:
        return []
    flat = np.concatenate(prints)
    owner = np.repeat(np.arange(len(prints)), lengths)
    place = np.arange(len(flat)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    order = np.argsort(flat, kind="stable")
    keys = flat[order]
    found: list[tuple[int, int]] = []
    for row, own in enumerate(prints):
        if len(own) >= OVERLAP:
            ask = np.unique(np.linspace(0, len(own) - 1, PLACES).astype(np.int64))
            others, offsets = _meetings(own, ask, (keys, order, owner, place), row)
            found += [
                (row, int(other))
                for other, offset in zip(others, offsets, strict=True)
                if _agree(own, prints[other], int(offset))
            ]
    return _groups(np.array(found, np.int64).reshape(-1, 2).T, len(prints))


def _meetings(
    own: npt.NDArray[np.uint32],
    ask: Ints,
    index: tuple[npt.NDArray[np.uint32], Ints, Ints, Ints],
    row: int,
) -> tuple[Ints, Ints]:
    """Later sounds that have one of the places, each with its most frequent offset."""
    keys, order, owner, place = index
    first = np.searchsorted(keys, own[ask], "left")
    n = np.searchsorted(keys, own[ask], "right") - first
    n[n > COMMON] = 0
    within = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
    hits = order[np.repeat(first, n) + within]
    offset = place[hits] - np.repeat(ask, n)
    later = owner[hits] > row
    both, votes = np.unique(np.stack([owner[hits], offset])[:, later], axis=1, return_counts=True)
    best = np.lexsort((-votes, both[0]))
    others, at = np.unique(both[0][best], return_index=True)
    return others, both[1][best][at]


def _agree(one: npt.NDArray[np.uint32], other: npt.NDArray[np.uint32], offset: int) -> bool:
    """Whether `one[k]` and `other[k + offset]` are alike where both are there."""
    start, stop = max(0, -offset), min(len(one), len(other) - offset)
    if stop - start < OVERLAP:
        return False
    differ = one[start:stop] ^ other[start + offset : stop + offset]
    return float(np.bitwise_count(differ).mean()) / 32 <= ERRORS


def alike_texts(texts: Sequence[str]) -> list[Ints]:
    """Groups of texts that share at least 80 % of their runs of three words or characters.

    Words are counted where a script writes them apart, characters in Chinese and Japanese. Case
    and punctuation do not matter. Texts that share a band are compared with their neighbour in
    it only, so the work grows with the number of texts. Shingles of a text that has fewer than
    three words are the words themselves.

    Source: MinHash, Broder 1997 (On the Resemblance and Containment of Documents); bands, Indyk
    and Motwani 1998.
    """
    shingles = [_shingles(text) for text in texts]
    rows = np.array([row for row, each in enumerate(shingles) if len(each)], np.int64)
    if len(rows) < 2:
        return []
    signature = _signatures([shingles[row] for row in rows])
    found = [np.empty((2, 0), np.int64)]
    for band in range(0, HASHES, ROWS):
        part = signature[:, band : band + ROWS] @ MIX  # wraps; the pairs are counted below
        order = np.argsort(part, kind="stable")
        meet = np.flatnonzero(part[order][1:] == part[order][:-1])
        left, right = order[meet], order[meet + 1]
        near = (signature[left] == signature[right]).mean(axis=1) >= SHARED - 0.15
        found.append(np.stack([left[near], right[near]]))
    pairs = np.unique(np.concatenate(found, axis=1), axis=1)
    real = _shared(pairs, [shingles[row] for row in rows])
    return [rows[group] for group in _groups(pairs[:, real], len(rows))]


def _shingles(text: str) -> Ints:
    words = WORD.findall(text[:LONGEST].casefold())
    runs = zip(words, words[1:], words[2:], strict=False) if len(words) > 2 else [tuple(words)]
    codes = {zlib.crc32(" ".join(run).encode("utf-8", "replace")) for run in runs if run}
    return np.fromiter(codes, np.int64, len(codes))


def _signatures(shingles: Sequence[Ints]) -> Ints:
    """(n, 64) smallest value of each of 64 hash functions over the shingles of a text."""
    rng = np.random.default_rng(0)
    factor, shift = rng.integers(1, PRIME, (2, HASHES))
    out = np.empty((len(shingles), HASHES), np.int64)
    for start in range(0, len(shingles), 4096):
        chunk = shingles[start : start + 4096]
        flat = np.concatenate(chunk) & PRIME
        starts = np.cumsum([0, *map(len, chunk[:-1])])
        for column in range(HASHES):
            values = (flat * factor[column] + shift[column]) % PRIME
            out[start : start + len(chunk), column] = np.minimum.reduceat(values, starts)
    return out


def _shared(pairs: Ints, shingles: Sequence[Ints]) -> Bools:
    """Which pairs share enough, counted and not estimated."""

    def jaccard(one: Ints, other: Ints) -> float:
        both = len(np.intersect1d(one, other, assume_unique=True))
        return both / (len(one) + len(other) - both)

    share: Doubles = np.array([jaccard(shingles[i], shingles[j]) for i, j in pairs.T], np.float64)
    return share >= SHARED


def _groups(pairs: Ints, n: int) -> list[Ints]:
    """Connected rows, each group in order, those of one row left out."""
    graph = sparse.coo_array((np.ones(pairs.shape[1], np.int8), (pairs[0], pairs[1])), shape=(n, n))
    _, label = connected_components(graph, directed=False)
    order = np.argsort(label, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
    return sorted((part for part in parts if len(part) > 1), key=lambda part: int(part[0]))
