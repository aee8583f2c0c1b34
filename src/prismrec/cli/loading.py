"""From a path on the command line to a data set, saying on stderr what happens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from prismrec import imputation
from prismrec import reduction as reductions
from prismrec.cli.output import note, tracked
from prismrec.data.dataset import Dataset
from prismrec.data.read import read
from prismrec.data.shop import Shop
from prismrec.data.split import split
from prismrec.encode import Encoded, choose_encoders, encode_media
from prismrec.errors import BadData
from prismrec.reduction import Projection

__all__ = ["Parts", "default_split", "divide", "encoded", "open_shop", "prepared"]

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


def encoded(shop: Shop, *, image: str, text: str, audio: str, store: str | None = None) -> Encoded:
    """The shop's log with its media as vectors; `none` leaves a modality out."""
    choice = [None if name == "none" else name for name in (image, text, audio)]
    encoders = choose_encoders(shop, image=choice[0], text=choice[1], audio=choice[2])
    with tracked("encoding") as step:
        return encode_media(
            shop,
            encoders,
            store=store,
            progress=lambda modality, done, total: step(done, total, modality),
        )


def prepared(
    data: Dataset, reduce: Sequence[str], impute: str
) -> tuple[Dataset, dict[str, Projection]]:
    """The data with shorter vectors and with guesses, and the projections that were learnt."""
    learnt: dict[str, Projection] = {}
    for text in reduce:
        modality, found, spec = text.partition("=")
        single = bool(found) and ":" not in modality
        how = {modality: spec} if single else dict.fromkeys([*data.items, *data.users], text)
        if missing := set(how) - {*data.items, *data.users}:
            there = ", ".join([*data.items, *data.users]) or "nothing"
            raise BadData(f"--reduce {text}: there is no {missing.pop()} here, but {there}")
        if again := learnt.keys() & how.keys():
            raise BadData(f"--reduce {text}: {again.pop()} is reduced already; name each once")
        data, new = reductions.reduce(data, how)
        learnt |= new
    if impute != "none":
        data, _ = imputation.impute(data, impute)
    return data, learnt


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
