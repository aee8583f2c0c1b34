"""Runs: a folder where finished runs are kept, so that a comparison goes on where it was killed.

Each run is one parquet file: a row per evaluated user with every metric, the list and its hits,
first of all items, then of new items; the rest is JSON in the file's metadata, under "prismrec".
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from polars.exceptions import PolarsError

from prismrec.errors import BadData
from prismrec.evaluation.cost import Cost
from prismrec.evaluation.intervals import Interval
from prismrec.evaluation.result import Evaluation
from prismrec.evaluation.run import Result

__all__ = ["Runs"]

FORMAT = 1  # of the files; another one is not read
PARTS = {"all": "evaluation", "new": "new_items"}  # column `part` -> field of the result


def _silent(text: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Runs:
    """Finished runs by identity: all that decides what comes of a run, as plain values."""

    folder: Path
    say: Callable[[str], None] = _silent  # told in one line of each file that cannot be used

    def find(self, blank: Result, identity: Mapping[str, Any]) -> Result | None:
        """The run that was kept under this identity; None where there is none that can be read."""
        file = self.file(blank, identity)
        if not file.exists():
            return None
        try:
            return _read(file, blank, _plain(identity))
        except (PolarsError, OSError, ValueError, KeyError, TypeError) as problem:
            why = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
            self.say(f"{file}: cannot be used ({why}); this run is done again")
            return None

    def keep(self, result: Result, identity: Mapping[str, Any]) -> None:
        """Write a run, in one step: a reader finds all of it or nothing.

        Raises:
            BadData: where the folder cannot be written.
        """
        file = self.file(result, identity)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _replace(file, _bytes(result, _plain(identity)))
        except OSError as problem:
            raise BadData(
                f"{self.folder}: cannot keep a run there ({problem.strerror}); choose a folder "
                "that can be written"
            ) from None

    def file(self, result: Result, identity: Mapping[str, Any]) -> Path:
        """Where a run is kept; the name can be read, its digest tells runs apart."""
        text = json.dumps(_plain(identity), sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        words = f"{result.model}-{result.split}-{result.seed}-{result.damage or ''}"
        name = re.sub(r"[^\w=.+-]+", "-", words).strip("-")[:100]
        return self.folder / f"{name}-{digest}.parquet"


def _plain(identity: Mapping[str, Any]) -> dict[str, Any]:
    """As it comes back from JSON."""
    plain: dict[str, Any] = json.loads(json.dumps({**identity, "format": FORMAT}))
    return plain


def _bytes(result: Result, identity: Mapping[str, Any]) -> bytes:
    runs = {part: getattr(result, name) for part, name in PARTS.items()}
    tables = [_table(part, run) for part, run in runs.items() if run is not None]
    said = {
        "identity": identity,
        "model": result.model,
        "cost": None if result.cost is None else result.cost.to_json(),
        "about": dict(result.about),
        "parts": {part: _said(run) for part, run in runs.items() if run is not None},
    }
    out = BytesIO()
    text = json.dumps(said, default=_as_python)
    pl.concat(tables, how="diagonal").write_parquet(out, metadata={"prismrec": text})
    return out.getvalue()


def _as_python(value: Any) -> Any:
    """A numpy number or array in what a ranker says of itself."""
    return value.tolist() if isinstance(value, np.generic | np.ndarray) else str(value)


def _table(part: str, run: Evaluation) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "part": [part] * len(run.users),
            "user": run.users,
            **run.per_user,
            "items": run.items,
            "hits": run.hits,
        }
    )


def _said(run: Evaluation) -> dict[str, Any]:
    """What of an evaluation is not per user."""
    return {
        "metrics": {name: list(value) for name, value in run.metrics.items()},
        "per_user": list(run.per_user),
        "lists": dict(run.lists),
        "n_items": run.n_items,
        "notes": list(run.notes),
    }


def _read(file: Path, blank: Result, identity: Mapping[str, Any]) -> Result:
    raw = file.read_bytes()
    said = json.loads(pl.read_parquet_metadata(BytesIO(raw))["prismrec"])
    if said["identity"] != identity:
        raise ValueError("it is another run's")
    table = pl.read_parquet(BytesIO(raw))
    runs = {
        PARTS[part]: _evaluation(table.filter(pl.col("part") == part), about)
        for part, about in said["parts"].items()
    }
    found = replace(blank, about=said["about"], cost=Cost(**said["cost"]))
    return replace(found, evaluation=runs["evaluation"], new_items=runs.get("new_items"))


def _evaluation(table: pl.DataFrame, said: Mapping[str, Any]) -> Evaluation:
    return Evaluation(
        metrics={name: Interval(*value) for name, value in said["metrics"].items()},
        per_user={name: table[name].to_numpy() for name in said["per_user"]},
        users=table["user"].to_numpy(),
        n_items=said["n_items"],
        lists=said["lists"],
        items=table["items"].to_numpy(),
        hits=table["hits"].to_numpy(),
        notes=tuple(said["notes"]),
    )


def _replace(file: Path, content: bytes) -> None:
    part = file.with_name(f".{file.stem}-{os.getpid()}.part")
    try:
        with part.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
