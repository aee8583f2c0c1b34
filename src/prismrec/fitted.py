"""A model folder as `prismrec fit` leaves it: the ranker, its names, the log and how it came about.

Beside what `prismrec.saving` writes lie the log that the ranker was fitted on and `fit.json`, which
is written last and names both, so that neither can be taken for another model's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from prismrec import saving
from prismrec.data.dataset import Dataset
from prismrec.data.interactions import Interactions
from prismrec.data.jagged import Jagged
from prismrec.errors import BadModel, UnknownName
from prismrec.rankers import Query
from prismrec.reduction import Projection, pack, unpack

__all__ = ["Fitted", "digest", "keep", "open_model"]

RECORD = "fit.json"
PROJECTIONS = "projections.safetensors"
COLUMNS = ("users", "items", "weight", "time")
AGAIN = "fit it again with `prismrec fit`"


@dataclass(frozen=True, eq=False)
class Fitted:
    """A ranker with everything that is needed to ask it by name."""

    ranker: Any
    train: Dataset  # the log it was fitted on, without features
    titles: tuple[str, ...]  # one per item
    made: Mapping[str, Any]  # model, split, seed, refit, shop, seconds, encoders
    projections: Mapping[str, Projection]  # what shortens the vectors of later items

    def query(self, user: str | None, history: str | None) -> Query:
        """One row: a known user, or a stranger known by item identifiers with commas.

        Raises:
            UnknownName: for a user or item that the model does not know.
        """
        if history is not None:
            names = [name.strip() for name in history.split(",") if name.strip()]
            return Query.strangers(Jagged.from_rows([[self.item(name) for name in names]]))
        if user is None or user not in self.train.user_ids:
            raise UnknownName(
                f"no user is called {user!r} in this model; ask for a stranger by what they have "
                "used: --history ITEM,ITEM"
            )
        return Query.of(self.train, self.train.user_ids.index([user]))

    def item(self, name: str) -> int:
        """Row of an item."""
        if name not in self.train.item_ids:
            raise UnknownName(
                f"no item is called {name!r} in this model; give an item's identifier"
            )
        return self.train.item_ids.rows[name]

    def describe(self, row: int) -> dict[str, str]:
        """Identifier and title of an item."""
        return {"item": self.train.item_ids[row], "title": self.titles[row]}


def keep(fitted: Fitted, path: Path) -> None:
    """Write a ranker, its names, its log and what shortens the vectors of later items."""
    train = fitted.train
    names = saving.Names(train.user_ids, train.item_ids, fitted.titles)
    saving.save(fitted.ranker, path, names=names)
    raw = _packed(train.interactions)
    log = _sha256(raw)
    (path / _log_name(log)).write_bytes(raw)
    (path / PROJECTIONS).unlink(missing_ok=True)
    if fitted.projections:
        (path / PROJECTIONS).write_bytes(pack(fitted.projections))
    record = {**fitted.made, "digest": digest(train), "log": log, "manifest": _manifest_of(path)}
    aside = path / f".{RECORD}"
    aside.write_text(json.dumps(record, indent=1, ensure_ascii=False), "utf-8")
    aside.replace(path / RECORD)
    for old in path.glob("log-*.npz"):
        if old.name != _log_name(log):
            old.unlink(missing_ok=True)


def open_model(path: Path) -> Fitted:
    """Read what `keep` wrote.

    Raises:
        BadModel: for a folder that is no model, is damaged or was not written by `prismrec fit`.
    """
    ranker, names = saving.load(path), saving.load_names(path)
    file = path / RECORD
    if names is None or not file.is_file():
        raise BadModel(f"{path}: has no names or no {RECORD}, so nobody can be asked for; {AGAIN}")
    try:
        record = json.loads(file.read_text("utf-8"))
        raw = (path / _log_name(record["log"])).read_bytes()
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise BadModel(f"{file}: cannot be read with its log ({error!r}); {AGAIN}") from None
    if record.get("manifest") != _manifest_of(path) or record["log"] != _sha256(raw):
        raise BadModel(f"{file}: damaged, or the model or log beside it is another; {AGAIN}")
    with np.load(BytesIO(raw), allow_pickle=False) as columns:
        log = Interactions(*(columns.get(name) for name in COLUMNS))
    train = Dataset(log, names.user_ids, names.item_ids)
    shorter = path / PROJECTIONS
    projections = unpack(shorter) if shorter.is_file() else {}
    return Fitted(ranker, train, names.titles or names.item_ids.ids, record, projections)


def digest(data: Dataset) -> str:
    """A name for a log's content: who used what, when and how strongly."""
    log = data.interactions
    hasher = hashlib.sha256("\0".join([*data.user_ids, "", *data.item_ids]).encode())
    for column in (log.users, log.items, log.weight, log.time):
        hasher.update(b"none" if column is None else np.ascontiguousarray(column).tobytes())
    return hasher.hexdigest()


def _packed(log: Interactions) -> bytes:
    columns = {name: getattr(log, name) for name in COLUMNS}
    out = BytesIO()
    np.savez_compressed(out, **{name: c for name, c in columns.items() if c is not None})
    return out.getvalue()


def _log_name(sha256: str) -> str:
    return f"log-{sha256[:16]}.npz"


def _manifest_of(path: Path) -> str:
    return _sha256((path / saving.MANIFEST).read_bytes())


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
