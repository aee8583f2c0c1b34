"""The log of a shop with the events of a server behind it, in the columns that the log has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from prismrec.data.interactions import EVENT_WEIGHTS
from prismrec.data.sources.ids import as_text
from prismrec.data.sources.settings import ShopFile
from prismrec.data.sources.table import Table
from prismrec.data.sources.times import seconds
from prismrec.serve.values import Event

__all__ = ["SKIP", "merged_log"]

SKIP = "skip"  # says nothing about an item but that it was shown
MEASURES = ("rating", "count", "liked")  # columns from which a log without events has its weights


def merged_log(
    table: Table, settings: ShopFile, events: Sequence[Event], *, items: frozenset[str]
) -> tuple[pl.DataFrame, int]:
    """The rows of a log whose items are still there, then the events; and how many were old.

    Events have their kind where the log has kinds, else their weight: a log that had neither, or
    had ratings or counts, gets a column `weight` with what its own rows weigh when it is read.
    Where an event was told with a weight of its own, all rows get theirs. Times become seconds.

    Args:
        table: the log.
        settings: of the shop.
        events: in the order in which they happened.
        items: identifiers that are in the new catalogue.
    """
    columns = settings.log
    frame = table.frame.with_columns(
        as_text(table.column(columns.user)).alias(columns.user),
        as_text(table.column(columns.item)).alias(columns.item),
    )
    weights = {**EVENT_WEIGHTS, **{k.strip().lower(): w for k, w in settings.events.items()}}
    new: dict[str, Sequence[Any]] = {
        columns.user: [each.user for each in events],
        columns.item: [each.item for each in events],
    }
    when = columns.timestamp or ("timestamp" if "timestamp" in table else None)
    if when is not None:
        frame = frame.with_columns(seconds(table.column(when)).alias(when))
        new[when] = [each.time for each in events]
    kinds = columns.event or "event"
    strengths = [
        weights.get(each.event, 1.0) if each.weight is None else each.weight for each in events
    ]
    own = any(each.weight is not None and each.weight != weights.get(each.event) for each in events)
    place = _weight_column(table, settings, own=own)
    if place is not None:
        frame = frame.with_columns(_weights(table, settings, place, weights).alias(place))
        new[place] = strengths
    if place is not None or kinds in table:
        if kinds in table:
            frame = frame.with_columns(as_text(table.column(kinds)).alias(kinds))
        new[kinds] = [each.event for each in events]
    for name in table.frame.columns:
        if name == "split" or name.endswith("_split"):
            frame = frame.with_columns(as_text(table.column(name)).alias(name))
            new[name] = ["train"] * len(events)
    frame = frame.filter(frame[columns.item].is_in(list(items)).fill_null(False))
    schema = {name: frame.schema.get(name, pl.String) for name in new}
    added = pl.DataFrame(new, schema=schema, strict=False)
    return pl.concat([frame, added], how="diagonal"), frame.height


def _weight_column(table: Table, settings: ShopFile, *, own: bool) -> str | None:
    """The column that holds the weights; None where the kinds of events tell them."""
    columns = settings.log
    if columns.weight is not None:
        return columns.weight
    if columns.event is not None:
        return None
    if "weight" not in table and "event" in table and not own:
        return None
    return "weight"


def _weights(
    table: Table, settings: ShopFile, place: str, weights: Mapping[str, float]
) -> pl.Series:
    """(n,) what each row weighs when the log is read; null where it is no number."""
    name = next((each for each in (place, "event", *MEASURES) if each in table), None)
    if name is None:
        return pl.Series(np.ones(table.frame.height))
    column = table.column(name)
    if name == "event" and name != place:
        kinds = as_text(column).str.to_lowercase()
        return kinds.replace_strict(dict(weights), default=None, return_dtype=pl.Float64)
    if column.dtype == pl.String:
        column = column.str.to_lowercase().replace({"true": "1", "false": "0"})
    numbers = column.cast(pl.Float64, strict=False)
    counted = name == "count" and name != place
    return numbers.clip(0).log1p() / np.log(2) if counted else numbers
