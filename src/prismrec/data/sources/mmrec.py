"""The format of the MMRec toolbox: NAME.inter and *_feat.npy in one folder.

Format: Zhou 2023, MMRec, https://github.com/enoche/MMRec. NAME.inter is tab separated with the
columns userID, itemID, x_label (0 train, 1 valid, 2 test), often rating and timestamp too.
Item k is row k of the features. As there, each row counts once unless a weight is named.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from prismrec.data.shop import Shop
from prismrec.data.sources.log import read_log
from prismrec.data.sources.ready import as_feature, load_vectors
from prismrec.data.sources.settings import LogColumns
from prismrec.data.sources.table import Table, read_table
from prismrec.data.vocabulary import Vocabulary
from prismrec.errors import BadData

__all__ = ["read", "recognised"]

FEATURE = "_feat.npy"


def recognised(path: Path) -> bool:
    """Whether a folder holds a NAME.inter."""
    return any(path.glob("*.inter"))


def read(path: Path, *, weight: str | None) -> Shop:
    """Read a folder of the toolbox; x_label becomes the given split.

    Raises:
        BadData: where the folder cannot be used; the message names file, row and remedy.
    """
    logs = sorted(path.glob("*.inter"))
    if len(logs) > 1:
        raise BadData(f"{path} has {logs[0].name} and {logs[1].name}; keep one log per folder")
    table = read_table(logs[0], separator="\t")
    frame = table.frame.rename({"x_label": "split"}, strict=False)
    if weight is None:
        frame = frame.drop("rating", "count", "weight", "event", "liked", strict=False)
    table = Table(table.path, frame, table.records, table.separator, table.problems)
    paths = {file.name.removesuffix(FEATURE): file for file in sorted(path.glob("*" + FEATURE))}
    vectors = load_vectors(paths)
    n = next((len(matrix) for matrix in vectors.values()), None)
    items = None if n is None else _numbered(n)
    log = read_log(table, LogColumns(user="userID", item="itemID", weight=weight), items=items)
    features, problems = {}, list(log.problems)
    for name, matrix in vectors.items():
        features[name], found = as_feature(
            matrix, paths[name], rows=np.arange(len(matrix)), n=len(log.items)
        )
        problems += found
    return Shop(
        path,
        log.interactions,
        log.users,
        log.items,
        item_features=features,
        titles=log.items.ids,
        problems=tuple(problems),
    )


def _numbered(n: int) -> Vocabulary:
    return Vocabulary(tuple(pl.int_range(n, eager=True).cast(pl.String).to_list()))
