"""Identifiers of a table to rows of a vocabulary, without a loop over rows."""

from __future__ import annotations

import polars as pl

from prismrec.data.vocabulary import Vocabulary

__all__ = ["as_text", "rows_of", "sorted_vocabulary"]


def as_text(column: pl.Series) -> pl.Series:
    """Identifiers as texts; whole numbers that were stored as floats lose their `.0`."""
    if column.dtype.is_float():
        whole = column.cast(pl.Int64, strict=False)
        if (whole == column).all():
            column = whole
    return column.cast(pl.String)


def sorted_vocabulary(ids: pl.Series) -> Vocabulary:
    """The distinct identifiers, by number where every one is a whole number, else by text."""
    distinct = ids.drop_nulls().unique()
    number = distinct.cast(pl.Int64, strict=False)
    numeric = number.cast(pl.String).eq_missing(distinct).all()
    ordered = number.sort().cast(pl.String) if numeric else distinct.sort()
    return Vocabulary(tuple(ordered.to_list()))


def rows_of(ids: pl.Series, vocabulary: Vocabulary) -> pl.Series:
    """(n,) Int64 rows of the identifiers; null for one that the vocabulary lacks."""
    known = pl.DataFrame({"id": pl.Series(vocabulary.ids, dtype=pl.String)})
    known = known.with_columns(row=pl.int_range(known.height, dtype=pl.Int64))
    asked = pl.DataFrame({"id": ids})
    return asked.join(known, on="id", how="left", maintain_order="left")["row"]
