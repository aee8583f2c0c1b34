"""Times in any usual form to seconds since 1970."""

from __future__ import annotations

import polars as pl

__all__ = ["seconds"]

UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))  # from this size on, so many to a second
FORMATS = (
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d",
)
ZONED = ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z")


def seconds(column: pl.Series) -> pl.Series:
    """(n,) whole seconds since 1970, null where a cell is blank or is no time.

    Numbers are seconds, or milli-, micro- or nanoseconds where the middle one is so large that
    as seconds it would lie beyond the year 5000. Texts are ISO dates; without a zone, UTC.
    """
    if column.dtype.is_temporal():
        return column.cast(pl.Datetime("us")).dt.epoch("s")
    number = column.cast(pl.Float64, strict=False)
    if number.is_not_null().any() or column.dtype != pl.String:
        return _whole(number)
    moments = pl.Series(column.name, [None] * len(column), dtype=pl.Int64)
    for form in (*FORMATS, *ZONED):
        if not moments.is_null().any():
            break
        moments = moments.zip_with(moments.is_not_null(), _parsed(column, form))
    return moments


def _whole(number: pl.Series) -> pl.Series:
    number = number.set(number.is_infinite() | number.is_nan(), None)
    middle = number.abs().median()
    size = float(middle) if isinstance(middle, int | float) else 0.0
    per_second = next((per for least, per in UNITS if size >= least), 1.0)
    return (number / per_second).floor().cast(pl.Int64, strict=False)


def _parsed(column: pl.Series, form: str) -> pl.Series:
    text = column.str.replace(r"[zZ]$", "+00:00") if form in ZONED else column
    moments = text.str.to_datetime(form, strict=False, time_unit="us")
    return moments.dt.epoch("s")
