"""Contents that stand more than once, equal to the last byte or nearly so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from prismrec.media.quality.files import Look
from prismrec.media.quality.finding import Case, Finding, Kind, finding, kind
from prismrec.media.quality.twins import alike_pictures, alike_sounds, alike_texts
from prismrec.types import Ints

__all__ = ["THINGS", "Owners", "equal_files", "equal_texts"]

Owners = Mapping[str, Sequence[str]]  # value -> identifiers of the rows that have it
NO_SKETCH = ("image.blank", "image.tiny", "image.low-contrast", "audio.silent")
CAN = "give each its own, unless they are meant to be alike"


def _same(modality: str, things: str) -> Kind:
    return kind(
        f"{modality}.duplicate",
        "info",
        f"{things} that stand more than once",
        will="encoded once; rows that share one are alike in this modality",
        can=CAN + "; placeholders such as 'no picture' are better left out",
    )


def _near(modality: str, things: str) -> Kind:
    return kind(
        f"{modality}.near-duplicate",
        "info",
        f"{things} that are nearly the same",
        will="each is encoded; their rows are recommended side by side",
        can=CAN + "; items that stand twice split their history between them",
    )


THINGS = {"image": "pictures", "audio": "sounds", "text": "texts"}
SAME = {modality: _same(modality, things) for modality, things in THINGS.items()}
NEAR = {modality: _near(modality, things) for modality, things in THINGS.items()}


def equal_files(owners: Owners, looks: Mapping[str, Look], modality: str) -> Iterator[Finding]:
    """Findings on the files of one side and modality."""
    by_content: dict[bytes, list[str]] = {}
    for path in owners:
        if looks[path].usable:
            by_content.setdefault(looks[path].digest, []).append(path)
    groups = [paths for paths in by_content.values() if sum(len(owners[p]) for p in paths) > 1]
    if groups:
        yield finding(SAME[modality], [_case(paths, owners) for paths in groups], modality=modality)
    firsts = [paths[0] for paths in by_content.values() if _comparable(looks[paths[0]])]
    near = _alike([looks[path] for path in firsts], modality)
    if near:
        cases = [_case([firsts[row] for row in group], owners) for group in near]
        yield finding(NEAR[modality], cases, modality=modality)


def equal_texts(owners: Owners) -> Iterator[Finding]:
    """Findings on the texts of one side."""
    same = [ids for ids in owners.values() if len(ids) > 1]
    if same:
        yield finding(SAME["text"], [Case(tuple(ids)) for ids in same], modality="text")
    texts = list(owners)
    near = alike_texts(texts)
    if near:
        cases = [Case(tuple(i for row in group for i in owners[texts[row]])) for group in near]
        yield finding(NEAR["text"], cases, modality="text")


def _comparable(look: Look) -> bool:
    return look.sketch is not None and not any(code in NO_SKETCH for code, _ in look.faults)


def _alike(looks: Sequence[Look], modality: str) -> list[Ints]:
    sketches = [look.sketch for look in looks if look.sketch is not None]
    if modality == "audio":
        return alike_sounds([sketch.astype(np.uint32) for sketch in sketches])
    return alike_pictures(np.array(sketches, np.uint8)) if sketches else []


def _case(paths: Sequence[str], owners: Owners) -> Case:
    ids = tuple(name for path in paths for name in owners[path])
    return Case(ids, tuple(paths))
