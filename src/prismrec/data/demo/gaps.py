"""What is missing and what is broken in the demo shop, as in any real one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from prismrec.data.demo.catalogue import Record, Stream, stream
from prismrec.types import MODALITIES, Bools

__all__ = ["Broken", "Gaps", "damaged", "leave_gaps"]

SHARE = 0.08  # of the records lack a modality
WEB_PAGE = b"<!doctype html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"

DAMAGE: Mapping[str, Callable[[bytes], bytes | None]] = {
    "cut off": lambda data: data[: len(data) // 3],
    "a web page": lambda data: WEB_PAGE,
    "empty": lambda data: b"",
    "cut off in the header": lambda data: data[:60],
    "not there": lambda data: None,
}
VICTIMS = (
    ("image", "cut off"),
    ("image", "a web page"),
    ("image", "not there"),
    ("audio", "empty"),
    ("audio", "cut off in the header"),
)


class Broken(NamedTuple):
    """A file that cannot be used, and what happened to it."""

    number: int  # of the record
    modality: str
    how: str  # one of DAMAGE


@dataclass(frozen=True)
class Gaps:
    """Records without a modality, and records whose file of a modality is broken."""

    missing: Mapping[str, frozenset[int]]  # modality -> numbers of records
    broken: tuple[Broken, ...]

    def shown(self, modality: str, n: int) -> Bools:
        """(n,) whether a record can really be seen, read or heard."""
        out = np.ones(n, bool)
        out[sorted(self.missing[modality])] = False
        out[[b.number for b in self.broken if b.modality == modality]] = False
        return out


def leave_gaps(records: Sequence[Record], seed: int) -> Gaps:
    """Choose what is missing: some records lack one modality, a few two, one all of them."""
    rng = stream(seed, Stream.GAPS)
    order = rng.permutation([record.number for record in records if not record.new]).tolist()
    nothing, order = order[0], order[1:]
    size = max(2, round(SHARE * len(records)) - 1)
    missing = {}
    for k, modality in enumerate(MODALITIES):
        start = k * (size - 1)  # the next one begins with the last of this one
        missing[modality] = frozenset([nothing, *order[start : start + size]])
    whole = order[len(MODALITIES) * size :]
    victims = zip(whole, VICTIMS, strict=False)
    return Gaps(missing, tuple(Broken(number, *victim) for number, victim in victims))


def damaged(data: bytes, how: str) -> bytes | None:
    """The bytes of a broken file; None where there is no file at all."""
    return DAMAGE[how](data)
