"""Comparing: what a recommended item and a past one have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from prismrec.data.features import Feature
from prismrec.explain.evidence import Evidence, Likeness
from prismrec.serve.catalogue import Catalogue
from prismrec.serve.live import Live
from prismrec.serve.vectors_held import Space

__all__ = ["Compared", "comparison"]

SMALL = 20_000  # items up to which words of texts are compared, and vectors copied for it


def comparison(live: Live, catalogue: Catalogue) -> Any:
    """What compares the items of a catalogue; of a large one without the words of texts.

    It is good until the catalogue or the vectors change.
    """
    if len(catalogue) > SMALL:
        return Compared(live, catalogue)
    shop = catalogue.shop()
    rows = np.arange(len(shop.item_ids), dtype=np.int64)
    return Evidence(shop, live.vectors.take(rows))


class Compared:
    """Compares items as `Evidence` does, without a copy of the vectors of a large catalogue."""

    def __init__(self, live: Live, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._spaces: Mapping[str, Space] = dict(live.vectors.spaces)
        none = np.empty(0, np.int64)
        self.items: Mapping[str, Feature] = live.vectors.take(none)  # only the names are needed

    def columns(self, item: int, past: int) -> dict[str, tuple[str, ...]]:
        """Column of the items table -> the names that stand there for both items."""
        return self._catalogue.shared(item, past)

    def between(self, item: int, past: int, modality: str) -> Likeness:
        """Compare two items in one modality."""
        space = self._spaces[modality]
        pair = np.array([item, past])
        has = space.has(pair)
        if not has.all():
            lacks = zip(("item", "past"), has, strict=True)
            return Likeness(modality, tuple(side for side, there in lacks if not there))
        cosines = space.cosines(space.units(pair[:1])[0])
        own = float(cosines[past])
        cosines[item] = np.nan
        place = 1 + int((cosines > own).sum())
        return Likeness(modality, (), own, place, int(space.present.sum()) - 1, {})
