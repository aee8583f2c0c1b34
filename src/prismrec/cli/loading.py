"""From a path on the command line to a data set, saying on stderr what happens."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from prismrec.cli.output import note, tracked
from prismrec.data.dataset import Dataset
from prismrec.data.read import read
from prismrec.data.shop import Shop
from prismrec.data.split import split
from prismrec.encode import Encoded, choose_encoders, encode_media

__all__ = ["Parts", "default_split", "divide", "encoded", "open_shop"]

SHOWN = 5  # problems spelt out; `prismrec check` shows them all


class Parts(NamedTuple):
    """A log, part of which may be kept back."""

    name: str | None  # of the split; None where nothing is kept back
    train: Dataset
    valid: Dataset | None
    test: Dataset | None


def open_shop(path: Path) -> Shop:
    """Read a shop and mention what was skipped."""
    shop = read(path)
    for problem in shop.problems[:SHOWN]:
        note(str(problem))
    if len(shop.problems) > SHOWN:
        note(f"... and {len(shop.problems) - SHOWN} more; see `prismrec check {path}`")
    return shop


def encoded(shop: Shop, *, image: str, text: str, audio: str) -> Encoded:
    """The shop's log with its media as vectors; `none` leaves a modality out."""
    choice = [None if name == "none" else name for name in (image, text, audio)]
    encoders = choose_encoders(shop, image=choice[0], text=choice[1], audio=choice[2])
    with tracked("encoding") as step:
        return encode_media(
            shop, encoders, progress=lambda modality, done, total: step(done, total, modality)
        )


def default_split(data: Dataset) -> str:
    """The labels that came with a log, else by time where it has times, else random."""
    labels = data.interactions.labels
    if labels:
        return "given" if len(labels) == 1 else next(iter(labels))
    return "random" if data.interactions.time is None else "time"


def divide(data: Dataset, by: str | None, *, seed: int, refit: bool) -> Parts:
    """Split a log; `none` keeps nothing back, `refit` gives the valid part to train."""
    if by == "none":
        return Parts(None, data, None, None)
    by = default_split(data) if by is None else by
    train, valid, test = split(data, by, seed=seed)
    if refit:
        both = train.interactions.concatenated(valid.interactions)
        return Parts(by, train.with_interactions(both), None, test)
    return Parts(by, train, valid if len(valid.interactions) else None, test)
