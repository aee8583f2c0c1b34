"""read: a folder on disk to a Shop, whatever its format."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path

from prismrec.data.shop import Shop
from prismrec.data.sources import folder, mmrec
from prismrec.errors import BadData

__all__ = ["read"]


def read(
    path: str | PathLike[str],
    *,
    events: Mapping[str, float] | None = None,
    weight: str | None = None,
) -> Shop:
    """Read a shop folder, or a folder of the MMRec toolbox; media stay on disk.

    Args:
        path: the folder.
        events: weight of each event, over those of shop.toml and the usual table.
        weight: column of numbers to take as the strength of interest. Left out, it is the first
            of weight (as it is), event (by the table), rating (as it is), count (log2(1 + n)) and
            liked (as it is) that the log has, else 1. Rows of weight 0 or less are left out.

    Raises:
        BadData: where the folder cannot be used; the message names file, row and remedy. What
            can be skipped is skipped, counted and listed in `problems`.
    """
    path = Path(path)
    if not path.is_dir():
        raise BadData(f"{path} is not a folder; give the folder that holds interactions.csv")
    if mmrec.recognised(path):
        return mmrec.read(path, weight=weight)
    return folder.read(path, events=events, weight=weight)
