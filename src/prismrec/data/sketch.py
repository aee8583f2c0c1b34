"""A sketch of a log: a few of its pairs, by which a fitted model tells what it was fitted on."""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt

from prismrec.data.dataset import Dataset
from prismrec.data.vocabulary import Vocabulary
from prismrec.types import Bools

__all__ = ["among", "sketch"]

Codes = npt.NDArray[np.uint64]

KEPT = 256  # pairs
DIGITS = 16  # of a pair, in base 16


def sketch(data: Dataset) -> str:
    """The pairs of a log whose hashes are smallest, 256 at most: 16 hexadecimal digits each.

    Hashing picks pairs evenly and the same ones everywhere, so a log that was part of this one has
    its share of them (bottom-k sampling, Cohen and Kaplan 2007, doi:10.1145/1281100.1281133).
    They are made of the identifiers, so the numbering of rows does not matter.
    """
    smallest = np.unique(_codes(data))[:KEPT]
    return "".join(f"{code:0{DIGITS}x}" for code in smallest.tolist())


def among(data: Dataset, text: str) -> Bools:
    """(n,) which rows of a log are pairs that a sketch kept."""
    if not text:
        return np.zeros(len(data.interactions), bool)
    kept = [int(text[at : at + DIGITS], 16) for at in range(0, len(text), DIGITS)]
    found: Bools = np.isin(_codes(data), np.array(kept, np.uint64))
    return found


def _codes(data: Dataset) -> Codes:
    """(n,) a number for each pair, spread evenly over 64 bits."""
    log = data.interactions
    users, items = _hashed(data.user_ids), _hashed(data.item_ids)
    return _mixed(_mixed(users)[log.users] ^ items[log.items])


def _hashed(ids: Vocabulary) -> Codes:
    """Two checksums of each identifier, as 64 bits."""
    texts = [name.encode() for name in ids]
    high = np.fromiter(map(zlib.crc32, texts), np.uint64, len(texts))
    low = np.fromiter(map(zlib.adler32, texts), np.uint64, len(texts))
    return (high << np.uint64(32)) | low


def _mixed(codes: Codes) -> Codes:
    """The finaliser of SplitMix64 (Steele and others 2014, doi:10.1145/2660193.2660195)."""
    codes = (codes ^ (codes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    codes = (codes ^ (codes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return codes ^ (codes >> np.uint64(31))
