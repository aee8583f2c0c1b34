"""Live: one version of a model over the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from prismrec.data.features import Feature
from prismrec.data.jagged import Jagged
from prismrec.data.vocabulary import Vocabulary
from prismrec.fitted import Fitted
from prismrec.rankers import Query
from prismrec.rankers.content_towers import ContentTowers
from prismrec.rankers.int8_towers import Int8Rows, Int8Towers
from prismrec.rankers.towers import Towers
from prismrec.serve.catalogue import Catalogue
from prismrec.serve.inheriting import inherited, stays
from prismrec.serve.people import Past
from prismrec.serve.shortlist import SMALL, Shortlist, shortlist_of
from prismrec.serve.vectors_held import Vectors
from prismrec.types import Bools, Floats, Ints

__all__ = ["Live", "Whom"]

NOWHERE = -1


@dataclass(frozen=True, eq=False)
class Whom:
    """One person as a ranker is asked for them."""

    ranker: Any  # the live one, or one that has the person's vector where it has moved
    query: Query  # one row, of ranker rows
    past: Past  # of catalogue rows
    user: int  # row of the model, -1 for a stranger


@dataclass(frozen=True, eq=False)
class Live:
    """A fitted model whose rows are mapped to those of the catalogue. Nothing of it changes."""

    version: str
    ranker: Any
    made: Mapping[str, Any]
    vectors: Vectors  # of the catalogue's media, as this model takes them
    row_of: Ints  # (n,) row of the ranker for each row of the catalogue, -1 where it has none
    catalogue_of: Ints  # (ranker.n_items,) the reverse, -1 where a later row took its place
    users: Vocabulary  # that the model was fitted on
    log: Jagged  # rows of the ranker that each of them had used, sorted
    fitted: Ints  # (n_fitted,) rows of the catalogue that the first rows of the ranker had
    shortlist: Shortlist | None = None  # draws candidates where the catalogue is large

    @classmethod
    def of(
        cls,
        fitted: Fitted,
        version: str,
        catalogue: Catalogue,
        *,
        vectors: Vectors,
        folder: Path | None = None,
    ) -> Live:
        """Put a model over a catalogue; items that only the model has are appended to that.

        Rows of the catalogue that the model does not know, but of which there are vectors, are
        grown into the ranker.

        Args:
            fitted: the model.
            version: its name.
            catalogue: the items.
            vectors: of the catalogue's media, as this model takes them.
            folder: where the graphs of a large catalogue are kept; the first time they are built.
        """
        ids = fitted.train.item_ids
        catalogue.know(ids.ids, fitted.titles)
        catalogue_of = np.fromiter((catalogue.rows[name] for name in ids), np.int64, len(ids))
        row_of = np.full(len(catalogue), NOWHERE, np.int64)
        row_of[catalogue_of] = np.arange(len(ids))
        log, n = fitted.train.interactions, fitted.train.n_users
        order = np.lexsort((log.items, log.users))
        used = Jagged.group(log.users[order], log.items[order], n)
        live = cls(
            version,
            fitted.ranker,
            fitted.made,
            vectors,
            row_of,
            catalogue_of,
            fitted.train.user_ids,
            used,
            catalogue_of,
            shortlist_of(fitted.ranker, folder, small=SMALL),
        )
        missing = np.flatnonzero((row_of < 0) & vectors.known(len(row_of)))
        return live.grown(missing, vectors.take(missing)) if len(missing) else live

    def grown(self, rows: Ints, features: Mapping[str, Feature]) -> Live:
        """This model with rows of the catalogue placed by their media, without a refit.

        One that the ranker had is placed anew: of its media is what it looks, reads and sounds
        like, and what people did with it stays. Where the fit knew only that, nothing changes.

        Args:
            rows: (n,) distinct rows of the catalogue.
            features: modality -> features of these; those that the model does not read are ignored.
        """
        if not len(rows):
            return self
        places = self.rows(rows)
        moving = ~stays(self.ranker, places, self.n_fitted)
        if not moving.all():
            left = np.flatnonzero(moving)
            return self.grown(rows[left], {name: f.take(left) for name, f in features.items()})
        known = {name: features[name] for name in self.reads() if name in features}
        ranker = self.ranker.with_items(known, ids=[str(row) for row in rows])
        first = len(self.catalogue_of)
        size = max(len(self.row_of), int(rows.max()) + 1)
        row_of = np.pad(self.row_of, (0, size - len(self.row_of)), constant_values=NOWHERE)
        catalogue_of = self.catalogue_of.copy()
        again = places >= 0
        catalogue_of[places[again]] = NOWHERE
        row_of[rows] = np.arange(first, first + len(rows))
        fitted = again & np.isin(rows, self.fitted)
        ranker = inherited(ranker, places[fitted], row_of[rows[fitted]])
        return replace(
            self,
            ranker=ranker,
            shortlist=None if self.shortlist is None else self.shortlist.grown(ranker),
            row_of=row_of,
            catalogue_of=np.concatenate([catalogue_of, rows]),
        )

    def reads(self) -> tuple[str, ...]:
        """Modalities by which the ranker can place new items."""
        network = getattr(self.ranker, "network", None)
        if network is not None:
            return tuple(network.readers)
        spaces = getattr(self.ranker, "spaces", None)
        if spaces is not None:
            return tuple(spaces)
        newcomers = getattr(self.ranker, "newcomers", None)
        return () if newcomers is None else tuple(newcomers.centres)

    def rows(self, catalogue_rows: Ints) -> Ints:
        """(k,) rows of the ranker; -1 where it has none."""
        inside = catalogue_rows < len(self.row_of)
        out = np.full(len(catalogue_rows), NOWHERE, np.int64)
        out[inside] = self.row_of[catalogue_rows[inside]]
        return out

    def fresh(self, catalogue_rows: Ints) -> Bools:
        """(k,) which rows the ranker knows and the fit did not."""
        return (self.rows(catalogue_rows) >= self.n_fitted) & ~np.isin(catalogue_rows, self.fitted)

    @cached_property
    def late(self) -> Ints:
        """Rows of the catalogue that the ranker knows and the fit did not."""
        rows = self.catalogue_of[self.n_fitted :]
        return rows[(rows >= 0) & ~np.isin(rows, self.fitted)]

    def whom(self, user: str | None, past: Past) -> Whom:
        """Somebody with a past as the ranker is to be asked for them."""
        known = NOWHERE if user is None else self.users.rows.get(user, NOWHERE)
        rows = self.rows(past.rows)
        kept = rows >= 0
        history = Jagged(rows[kept], np.array([0, kept.sum()], np.int64))
        time = None if past.time is None else past.time[kept]
        query = Query(np.array([known]), history, past.weight[kept], time)
        if known >= 0 and self.is_fixed:
            ranker, query = self._moved(query)
            return Whom(ranker, query, past, known)
        return Whom(self.ranker, query, past, known)

    @property
    def n_fitted(self) -> int:
        """How many rows of the ranker came from the fit."""
        return len(self.fitted)

    @cached_property
    def is_fixed(self) -> bool:
        """Whether the vector of a known user is fixed by the fit."""
        return isinstance(self.ranker, Towers | ContentTowers | Int8Towers)

    def _moved(self, query: Query) -> tuple[Any, Query]:
        """The ranker with the user's vector where it stands after what the fit did not know of.

        The trained vector counts as much as the events it was fitted on, and what a stranger with
        the later events would have, brought to its length, as much as these.
        """
        row = int(query.users[0])
        fitted = self.log.values[slice(*self.log.offsets[row : row + 2])]
        later = _later(query.history.values, fitted)
        if not len(later):
            return self.ranker, query
        stranger = Query.strangers(Jagged(later, np.array([0, len(later)], np.int64)))
        known = Query(query.users, Jagged.empty(1))
        trained, new = (_floats(self.ranker.vectors(asked))[0] for asked in (known, stranger))
        length, other = np.linalg.norm(trained), np.linalg.norm(new)
        if other > 0 and length > 0:
            new = new * (length / other)
        share = np.float32(len(later) / (len(later) + max(1, len(fitted))))
        return _with_user(self.ranker, (1 - share) * trained + share * new), replace(
            query, users=np.zeros(1, np.int64)
        )


def _later(past: Ints, fitted: Ints) -> Ints:
    """What of a past, oldest first, a fit did not see: of each item the events beyond its own."""
    order = np.argsort(past, kind="stable")
    ordered = past[order]
    place = np.arange(len(past)) - np.searchsorted(ordered, ordered)
    seen = np.searchsorted(fitted, ordered, "right") - np.searchsorted(fitted, ordered)
    return past[np.sort(order[place >= seen])]


def _floats(vectors: Floats | Int8Rows) -> Floats:
    return vectors.floats() if isinstance(vectors, Int8Rows) else vectors


def _with_user(ranker: Any, vector: Floats) -> Any:
    """A ranker that knows one user, who stands at a vector (d,)."""
    users = np.asarray(vector, np.float32)[None]
    if isinstance(ranker, ContentTowers):
        return replace(ranker, towers=replace(ranker.towers, users=users))
    if isinstance(ranker, Int8Towers):
        return replace(ranker, users=Int8Rows.of(users))
    return replace(ranker, users=users)
