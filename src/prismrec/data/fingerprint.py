"""A name for a data set that another one cannot have."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from prismrec.data.dataset import Dataset

__all__ = ["fingerprint"]


def fingerprint(data: Dataset) -> str:
    """A digest of the log, its labels, the features and all identifiers, as 64 hex digits.

    Equal data sets have equal ones, on every machine; the order of rows counts.
    """
    digest = hashlib.sha256()
    log = data.interactions
    for name, column in (
        ("users", log.users),
        ("items", log.items),
        ("weight", log.weight),
        ("time", log.time),
        ("kind", log.kind),
        *sorted(log.labels.items()),
    ):
        _add(digest, name, column)
    for side, features in (("item", data.items), ("user", data.users)):
        for name, feature in features.items():
            _add(digest, f"{side} {name} {feature.encoder} {feature.layout}", feature.values)
            _add(digest, "present", feature.present)
    for text in (*log.kinds, "", *data.user_ids, "", *data.item_ids):
        digest.update(f"{len(text)}:{text}".encode())
    return digest.hexdigest()


def _add(digest: Any, name: str, column: Any) -> None:
    if column is None:
        digest.update(f"{name}: none;".encode())
        return
    array = np.ascontiguousarray(column)
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    digest.update(f"{name}: {little.dtype.str} {little.shape};".encode())
    digest.update(little.reshape(-1).view(np.uint8).data)
