"""The log of a shop: a table of who used what, to Interactions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from prismrec.data.interactions import EVENT_WEIGHTS, Interactions
from prismrec.data.shop import Problem
from prismrec.data.sources.ids import as_text, rows_of, sorted_vocabulary
from prismrec.data.sources.settings import LogColumns
from prismrec.data.sources.table import Sieve, Table
from prismrec.data.sources.times import seconds
from prismrec.data.vocabulary import Vocabulary
from prismrec.errors import BadData
from prismrec.types import Ints

__all__ = ["Log", "read_log"]

WEIGHTS = ("weight", "event", "rating", "count", "liked")  # the first that is there is the weight
PARTS = {"train": 0, "valid": 1, "val": 1, "validation": 1, "dev": 1, "test": 2}
PARTS |= {"0": 0, "1": 1, "2": 2}


@dataclass(frozen=True, eq=False)
class Log:
    """What a log holds and what was left out of it."""

    interactions: Interactions
    users: Vocabulary
    items: Vocabulary
    problems: tuple[Problem, ...]


def read_log(
    table: Table,
    columns: LogColumns,
    *,
    users: Vocabulary | None = None,
    items: Vocabulary | None = None,
    events: Mapping[str, float] = EVENT_WEIGHTS,
) -> Log:
    """Read a log.

    Args:
        table: the file.
        columns: which column holds what.
        users: users known beforehand; those that only the log knows are appended.
        items: the catalogue; rows with an item that it lacks are left out and counted.
        events: weight of each event.

    Raises:
        BadData: for a column that is missing, or where no row can be used.
    """
    sieve = Sieve(table)
    user, item = as_text(table.column(columns.user)), as_text(table.column(columns.item))
    sieve.drop(user.is_null(), "the row names no user", "fill in the user")
    sieve.drop(item.is_null(), "the row names no item", "fill in the item")
    named = pl.Series(sieve.keep)
    users = _grown(users, user.filter(named))
    items = sorted_vocabulary(item.filter(named)) if items is None else items
    item_rows = rows_of(item, items)
    remedy = "add it to the items table, or leave its rows out of the log"
    unknown = item_rows.is_null()
    sieve.drop(unknown, "item {!r} is not in the catalogue", remedy, column=columns.item)
    time = _time(sieve, columns.timestamp)
    labels = _labels(sieve)
    weight, kind, kinds = _weights(sieve, columns, events)
    sieve.drop(weight <= 0, "the weight says no interest", "nothing to do if that is so")
    if not sieve.keep.any():
        raise BadData(f"no row of the log can be used; the first reason: {sieve.problems[0]}")
    kept = pl.Series(sieve.keep)
    interactions = Interactions(
        rows_of(user.filter(kept), users).to_numpy(),
        item_rows.filter(kept).to_numpy(),
        weight.filter(kept).to_numpy(),
        None if time is None else time.filter(kept).to_numpy(),
        {name: label[sieve.keep] for name, label in labels.items()},
        None if kind is None else kind.filter(kept).to_numpy(),
        kinds,
    )
    return Log(interactions, users, items, tuple(sieve.problems))


def _grown(known: Vocabulary | None, ids: pl.Series) -> Vocabulary:
    if known is None:
        return sorted_vocabulary(ids)
    distinct = ids.unique()
    new = sorted_vocabulary(distinct.filter(rows_of(distinct, known).is_null()))
    return known.extended(new) if len(new) else known


def _time(sieve: Sieve, column: str | None) -> pl.Series | None:
    if column is None and "timestamp" not in sieve.table:
        return None
    column = column or "timestamp"
    time = seconds(sieve.table.column(column))
    remedy = "write seconds since 1970 or a date such as 2026-01-31T12:00:00"
    sieve.drop(time.is_null(), "{!r} is not a time", remedy, column=column)
    return time


def _labels(sieve: Sieve) -> dict[str, Ints]:
    labels = {}
    for name in sieve.table.frame.columns:
        if name == "split" or name.endswith("_split"):
            column = as_text(sieve.table.frame[name]).str.to_lowercase()
            parts = column.replace_strict(PARTS, default=None, return_dtype=pl.Int64)
            remedy = "write train, valid or test (or 0, 1, 2)"
            sieve.drop(parts.is_null(), f"{{!r}} in {name} is no part", remedy, column=name)
            labels[name] = parts.fill_null(0).to_numpy()
    return labels


def _weights(
    sieve: Sieve, columns: LogColumns, events: Mapping[str, float]
) -> tuple[pl.Series, pl.Series | None, tuple[str, ...]]:
    """(n,) float32 weight of each row, and the kind of event where the log has kinds."""
    table = sieve.table
    if columns.weight is not None:
        return _numbers(sieve, columns.weight), None, ()
    if columns.event is not None:
        return _events(sieve, columns.event, events)
    name = next((name for name in WEIGHTS if name in table), None)
    if name is None:
        return pl.Series(np.ones(table.frame.height, np.float32)), None, ()
    if name == "event":
        return _events(sieve, name, events)
    weight = _numbers(sieve, name)
    return (weight.clip(0).log1p() / np.log(2) if name == "count" else weight), None, ()


def _numbers(sieve: Sieve, name: str) -> pl.Series:
    column = sieve.table.column(name)
    if column.dtype == pl.String:
        column = column.str.to_lowercase().replace({"true": "1", "false": "0"})
    numbers = column.cast(pl.Float32, strict=False)
    bad = ~numbers.is_finite().fill_null(False)
    sieve.drop(bad, f"{{!r}} in {name} is not a number", "write a plain number", column=name)
    return numbers.fill_null(0)


def _events(
    sieve: Sieve, name: str, events: Mapping[str, float]
) -> tuple[pl.Series, pl.Series, tuple[str, ...]]:
    column = as_text(sieve.table.column(name)).str.to_lowercase()
    kinds = tuple(sorted(events))
    kind = column.replace_strict(
        pl.Series(kinds, dtype=pl.String),
        pl.Series(range(len(kinds)), dtype=pl.Int16),
        default=None,
        return_dtype=pl.Int16,
    )
    remedy = f"known are {', '.join(kinds)}; give it a weight in shop.toml under [events]"
    sieve.drop(kind.is_null(), "event {!r} has no weight", remedy, column=name)
    weights = np.asarray([events[name] for name in kinds], np.float32)
    return pl.Series(weights[kind.fill_null(0).to_numpy()]), kind, kinds
