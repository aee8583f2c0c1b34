"""Export: lists and what was to be found as TREC files, for other evaluators to read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from prismrec.data.dataset import Dataset
from prismrec.data.vocabulary import Vocabulary
from prismrec.errors import BadData
from prismrec.evaluation import leaks
from prismrec.evaluation.protocol import cold_items, relevant_pairs
from prismrec.evaluation.result import Evaluation
from prismrec.evaluation.run import Result, Task, task_of
from prismrec.train import Training
from prismrec.types import Ints

__all__ = ["export"]

SPACES = re.compile(r"[\s%]")  # what separates columns, and what stands for it


def export(results: Sequence[Result], data: Dataset, folder: Path) -> list[Path]:
    """Write a file of judgements per split and seed, and a file of lists per model.

    `SPLIT-SEED.qrels.trec` has lines "user 0 item 1"; `SPLIT-SEED-MODEL.run.trec` has lines
    "user Q0 item rank score model", where the score is k + 1 - rank, since lists are compared and
    not scores. New items ranked among themselves have files of their own, named `SPLIT-SEED-new`.
    trec_eval, ranx and ir-measures read them. A space in an identifier is written %20, a percent
    sign %25. Runs on damaged data and those that were skipped are left out.

    Args:
        results: what `compare` gave.
        data: what it was given.
        folder: made where it is not there; files of the same name are replaced.

    Returns:
        The files, judgements before lists.

    Raises:
        BadData: where the folder cannot be written.
    """
    by_case: dict[tuple[str, int], list[Result]] = {}
    for result in results:
        if result.damage is None and result.evaluation is not None:
            by_case.setdefault((result.split, result.seed), []).append(result)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [
            file
            for (split, seed), runs in by_case.items()
            for file in _case(
                runs, task_of(data, split, Training(seed=seed), refit=runs[0].refit), folder
            )
        ]
    except OSError as problem:
        raise BadData(
            f"{folder}: cannot be written ({problem.strerror}); export to another folder"
        ) from None


def _case(results: Sequence[Result], task: Task, folder: Path) -> list[Path]:
    """The files of one split and seed."""
    stem = _word(f"{results[0].split}-{results[0].seed}")
    everything = np.arange(task.log.n_items)
    files = []
    for name, runs, only in (
        (stem, {r.model: r.evaluation for r in results}, everything),
        (f"{stem}-new", {r.model: r.new_items for r in results}, cold_items(task.log)),
    ):
        found = {model: run for model, run in runs.items() if run is not None}
        if found:
            files.append(_write_qrels(folder / f"{name}.qrels.trec", task, only))
        for model, run in found.items():
            file = folder / f"{name}-{_word(model)}.run.trec"
            files.append(_write_run(file, model, run, task.test))
    return files


def _write_qrels(file: Path, task: Task, only: Ints) -> Path:
    test = task.test
    allowed = np.isin(np.arange(test.n_items), only)
    pairs = relevant_pairs(test, allowed, leaks.repeats(test, task.log))
    users, items = np.divmod(pairs, test.n_items)
    columns = {
        "user": _names(test.user_ids)[users],
        "zero": np.zeros(len(pairs), np.int64),
        "item": _names(test.item_ids)[items],
        "relevant": np.ones(len(pairs), np.int64),
    }
    return _write(file, columns)


def _write_run(file: Path, model: str, run: Evaluation, test: Dataset) -> Path:
    rows, places = np.nonzero(run.items >= 0)
    columns = {
        "user": _names(test.user_ids)[run.users[rows]],
        "q0": np.full(len(rows), "Q0"),
        "item": _names(test.item_ids)[run.items[rows, places]],
        "rank": places + 1,
        "score": run.items.shape[1] - places,
        "model": np.full(len(rows), _word(model)),
    }
    return _write(file, columns)


def _write(file: Path, columns: Mapping[str, Any]) -> Path:
    table = pl.DataFrame(columns)
    table.write_csv(file, separator=" ", include_header=False, quote_style="never")
    return file


def _names(ids: Vocabulary) -> pl.Series:
    """Identifiers in one word each."""
    return pl.Series([SPACES.sub(lambda found: f"%{ord(found[0]):02X}", name) for name in ids])


def _word(text: str) -> str:
    """A text as part of a file's name."""
    return re.sub(r"[^\w=.+-]+", "-", text)
