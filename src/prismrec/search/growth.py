"""Growth: which rows of a catalogue are new, and vectors of those put beside the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from prismrec.data.features import Feature
from prismrec.data.interactions import Interactions
from prismrec.data.shop import Media, Shop
from prismrec.data.vocabulary import Vocabulary
from prismrec.encoders import Encoder
from prismrec.types import Ints

__all__ = ["changed", "patched", "retold", "rows_of"]


def changed(before: Shop, after: Shop, encoder: Encoder) -> Ints:
    """(n,) rows of a later catalogue whose medium is new, or another one than before."""
    rows = {*range(len(before.item_ids), len(after.item_ids))}
    for name in filter(None, (encoder.modality, getattr(encoder, "also", None))):
        old, new = (shop.item_media.get(name) for shop in (before, after))
        rows |= _unlike(old.values if old else (), new.values if new else ())
    return np.array(sorted(rows), np.int64)


def retold(before: Shop, after: Shop) -> Ints:
    """(n,) rows of a later catalogue whose title or text is new, or another one than before."""
    old, new = (shop.item_media["text"].values for shop in (before, after))
    rows = _unlike(old, new) | _unlike(before.titles, after.titles)
    return np.array(sorted(rows), np.int64)


def _unlike(old: Sequence[str | None], new: Sequence[str | None]) -> set[int]:
    n = min(len(old), len(new))
    rows = {*range(n, len(new))}
    if old[:n] != new[:n]:  # the usual case is that they agree, which this tells fastest
        rows |= {row for row, (a, b) in enumerate(zip(old, new, strict=False)) if a != b}
    return rows


def rows_of(shop: Shop, rows: Ints) -> Shop:
    """A shop of some of the items, without a log."""
    none = np.empty(0, np.int64)
    return replace(
        shop,
        interactions=Interactions.of(none, none),
        user_ids=Vocabulary(()),
        item_ids=Vocabulary(tuple(shop.item_ids[row] for row in rows)),
        item_media={
            name: Media(name, tuple(media.values[row] for row in rows))
            for name, media in shop.item_media.items()
        },
        item_features={},
        titles=tuple(shop.titles[row] for row in rows),
    )


def patched(known: Feature, found: Feature | None, rows: Ints, *, n: int) -> Feature:
    """A feature of n rows: those found for `rows`, and what is known of the others."""
    values, present = np.zeros((n, known.dim), np.float32), np.zeros(n, np.bool_)
    values[: len(known)], present[: len(known)] = known.values, known.present
    if found is not None:
        values[rows], present[rows] = found.values, found.present
    return Feature(values, present, known.encoder, layout=known.layout)
