"""Transfer: a model fitted on one shop, asked about the people and items of another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np

from prismrec.data.dataset import Dataset
from prismrec.data.features import Feature
from prismrec.data.jagged import Jagged
from prismrec.errors import BadData
from prismrec.rankers import Query, Ranker
from prismrec.types import Floats

__all__ = ["moved"]


class _Extensible(Ranker, Protocol):
    def with_items(
        self, items: Mapping[str, Feature], *, ids: Sequence[str] | None = None
    ) -> Ranker: ...


def moved(ranker: Ranker, home: Dataset, abroad: Dataset) -> Ranker:
    """The ranker for the items of another shop, all of them new to it, without a refit.

    Its people are strangers, known by their history there alone. Scores are of the items abroad, in
    their order, so that it can be measured like any other: `evaluate(moved(ranker, home, train),
    test, seen=train)`. What the model learnt from the log at home helps only as far as it hangs on
    media: where a model relates new items to known ones alone, as `prism` does, hardly anything is
    left.

    Args:
        ranker: fitted on `home`, with `with_items`.
        home: whose features say which encoders the model knows.
        abroad: the other shop; modalities that home lacks are ignored.

    Raises:
        BadData: where the two have no modality in common, a common one was made by another encoder,
            or the ranker takes no new items.
    """
    shared = {name: feature for name, feature in abroad.items.items() if name in home.items}
    if not shared:
        raise BadData(
            f"the shops have no modality in common: {', '.join(home.items) or 'none'} here, "
            f"{', '.join(abroad.items) or 'none'} there; encode both"
        )
    for name, feature in shared.items():
        known = home.items[name]
        if (known.encoder, known.dim) != (feature.encoder, feature.dim):
            raise BadData(
                f"{name} was encoded by {known.encoder or 'no named encoder'} ({known.dim}) here, "
                f"by {feature.encoder or 'no named encoder'} ({feature.dim}) there; use the same"
            )
    if not hasattr(ranker, "with_items"):
        raise BadData(f"a {type(ranker).__name__} takes no new items, so it cannot be moved")
    ids = [f"abroad:{name}" for name in abroad.item_ids]
    return _Abroad(cast(_Extensible, ranker).with_items(shared, ids=ids), ranker.n_items)


@dataclass(frozen=True, eq=False)
class _Abroad:
    """Scores of the items behind the first `behind`, for people known by these items alone."""

    ranker: Ranker
    behind: int

    @property
    def n_items(self) -> int:
        return self.ranker.n_items - self.behind

    def score(self, query: Query) -> Floats:
        history = Jagged(query.history.values + self.behind, query.history.offsets)
        strangers = np.full(len(query), -1, np.int64)
        asked = Query(strangers, history, query.weight, query.time)
        return np.ascontiguousarray(self.ranker.score(asked)[:, self.behind :])
