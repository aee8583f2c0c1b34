"""Stage: the model that answers now, grown and replaced while others read it."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import numpy as np

from prismrec.data.features import Feature
from prismrec.data.shop import Shop
from prismrec.fitted import Fitted
from prismrec.reduction import projected
from prismrec.serve.catalogue import Catalogue
from prismrec.serve.intake import Intake, Readers
from prismrec.serve.live import Live
from prismrec.serve.now import Now
from prismrec.serve.people import People
from prismrec.serve.vectors_held import Vectors
from prismrec.serve.versions import Versions
from prismrec.types import Floats, Ints

__all__ = ["Stage"]


class Stage:
    """What answers are made of; `now` is taken once for each, so that an answer is of one piece."""

    def __init__(self, versions: Versions, catalogue: Catalogue, people: People) -> None:
        self._versions, self._catalogue, self._people = versions, catalogue, people
        self._changing = threading.RLock()
        self._now: Now | None = None

    @property
    def now(self) -> Now:
        """The model, the items and the people."""
        assert self._now is not None, "put a model on the stage first"
        return self._now

    def enter(self, fitted: Fitted, version: str) -> None:
        """Put the first version on; its vectors are placed later."""
        live = self._live(fitted, version, {})
        self._now = Now(live, self._catalogue, self._people)

    def change(self, fitted: Fitted, version: str, intake: Intake) -> None:
        """Put another version on in one step; the present one answers until it is whole.

        Items that are posted meanwhile keep their place in the catalogue, and are to be given
        their vectors once more, see `place_all`.
        """
        live = self._live(fitted, version, {})
        intake.use(Readers.of(fitted, live.reads()))
        live = self._live(fitted, version, intake.features(self._catalogue.shop()))
        with self._changing:
            self._now = Now(live, self._catalogue, self._people)

    def _live(self, fitted: Fitted, version: str, features: Mapping[str, Feature]) -> Live:
        ready = projected(self._catalogue.shop().dataset(), fitted.projections).items
        folder = self._versions.place(version)
        vectors = Vectors({**ready, **features})
        return Live.of(fitted, version, self._catalogue, vectors=vectors, folder=folder)

    def place_all(
        self, features: Mapping[str, Feature], shop: Shop, *, changed: Ints, version: str
    ) -> None:
        """Give the rows of a state of the catalogue their vectors, unless the model is another now.

        Those that the fit lacks are grown, and those that were `changed` after the shop was read.
        """
        rows = np.arange(len(shop.item_ids), dtype=np.int64)
        changed = changed[changed < len(rows)]  # later ones are placed on their own
        with self._changing:
            live = self.now.live
            if live.version != version:
                return
            live.vectors.put(rows, features)
            known = live.vectors.known(len(rows))
            lacking = rows[(live.rows(rows) < 0) & known]
            self._grow(np.union1d(lacking, changed[known[changed]]))

    def place(self, row: int, vectors: Mapping[str, Floats]) -> None:
        """Give one row its vectors (d,) by modality, and a place in the model."""
        with self._changing:
            live = self.now.live
            dims = {name: space.values.shape[1] for name, space in live.vectors.spaces.items()}
            dims |= {name: len(vector) for name, vector in vectors.items()}
            features = {name: _one(vectors.get(name), dim) for name, dim in dims.items()}
            rows = np.array([row], np.int64)
            live.vectors.put(rows, features)
            self._grow(rows)

    def _grow(self, rows: Ints) -> None:
        if len(rows):
            now = self.now
            grown = now.live.grown(rows, now.live.vectors.take(rows))
            self._now = Now(grown, now.catalogue, now.people)


def _one(vector: Floats | None, dim: int) -> Feature:
    """A feature of one row, absent where there is no vector."""
    if vector is None:
        return Feature(np.zeros((1, dim), np.float32), np.zeros(1, bool))
    return Feature(np.asarray(vector, np.float32)[None], np.ones(1, bool))
