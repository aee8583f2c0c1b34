"""Vectors of a data set as plain files that any toolbox reads."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from prismrec.data.dataset import Dataset
from prismrec.data.features import Feature
from prismrec.data.vocabulary import Vocabulary
from prismrec.errors import BadData

__all__ = ["export"]


def export(
    data: Dataset, folder: Path, *, suffix: str = "", absent: str = "zero"
) -> dict[str, Any]:
    """Write what each modality has, row k being item k, and return the manifest.

    Files: NAME.npy (n, dim) float32 and NAME_present.npy (n,) bool for each modality of items,
    the same with "user-" before the name for users, items.csv and users.csv with the identifiers
    in order, and manifest.json.

    Args:
        data: with its vectors.
        folder: is made; must be empty where it is there.
        suffix: after each name; "_feat" gives the names that MMRec and its kin look for.
        absent: what rows without a medium hold: "zero" or "nan".

    Raises:
        BadData: where the folder is not empty or cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise BadData(f"{folder} is not empty; name a new folder")
        sides = (
            ("items", "", data.item_ids, data.items),
            ("users", "user-", data.user_ids, data.users),
        )
        manifest: dict[str, Any] = {
            "absent": absent,
            "order": "row k of a file is row k of its csv",
        }
        for side, prefix, ids, features in sides:
            _write_ids(folder / f"{side}.csv", side.removesuffix("s"), ids)
            manifest[side] = {"n": len(ids), "features": {}}
            for name, feature in features.items():
                stem = f"{prefix}{name}{suffix}"
                manifest[side]["features"][name] = _write(folder, stem, feature, absent)
        text = json.dumps(manifest, ensure_ascii=False, indent=2)
        (folder / "manifest.json").write_text(text + "\n", "utf-8")
    except OSError as error:
        raise BadData(f"{folder} cannot be written ({error.strerror})") from error
    return manifest


def _write(folder: Path, stem: str, feature: Feature, absent: str) -> Mapping[str, Any]:
    values = np.asarray(feature.values, np.float32)
    if absent == "nan":
        values = np.where(feature.present[:, None], values, np.float32(np.nan))
    np.save(folder / f"{stem}.npy", values)
    np.save(folder / f"{stem}_present.npy", feature.present)
    return {
        "file": f"{stem}.npy",
        "present": f"{stem}_present.npy",
        "dim": feature.dim,
        "coverage": feature.coverage,
        "encoder": feature.encoder,
    }


def _write_ids(path: Path, column: str, ids: Vocabulary) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([column])
        writer.writerows([name] for name in ids)
