"""Names of what classifiers can tell apart, in English and in Chinese.

`imagenet.tsv` follows the order of the 1,000 classes of ILSVRC 2012 (Russakovsky and others 2015,
arXiv 1409.0575), `music_tags.tsv` that of the 50 tags musicnn was trained on with the Million Song
Dataset (Pons and Serra 2019, arXiv 1909.06654), `colours.tsv` that of `ColourNames`. The names are
our own and short; where a word means several things, a second word says which ("construction
crane", "crane bird").
"""

from __future__ import annotations

import csv
import functools
from importlib import resources
from typing import NamedTuple

__all__ = ["Name", "read_names"]


class Name(NamedTuple):
    """One class in both languages."""

    english: str
    chinese: str


@functools.cache
def read_names(table: str) -> tuple[Name, ...]:
    """The names of "imagenet", "music_tags" or "colours", in the order of the classes."""
    text = resources.files(__name__).joinpath(f"{table}.tsv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return tuple(Name(row["english"], row["chinese"]) for row in rows)
