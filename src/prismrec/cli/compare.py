"""`prismrec compare`: several models, one split, one protocol, one table."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from prismrec.cli.options import (
    AsJson,
    Audio,
    Device,
    Epochs,
    Image,
    Impute,
    K,
    Patience,
    Precision,
    Reduce,
    Refit,
    ShopPath,
    SplitName,
    Text,
    cutoffs,
)
from prismrec.cli.output import complain, emit, note, say, table, tracked

if TYPE_CHECKING:
    from prismrec.cli.training import Report
    from prismrec.evaluation.compare import Result
    from prismrec.evaluation.result import Evaluation
    from prismrec.train import Progress

__all__ = ["compare", "print_results", "print_runs"]

MODELS = "popularity,item-knn,content-knn,prism"
FEWEST = 30  # users from which an interval can be believed


def compare(
    shop: ShopPath,
    models: Annotated[
        str, typer.Option(help="Names with commas; `name:field=value:field=value` for a variant.")
    ] = MODELS,
    split: SplitName = None,
    seeds: Annotated[int, typer.Option(min=1, help="How many splits to draw.")] = 1,
    k: K = "10,20",
    refit: Refit = False,
    image: Image = "auto",
    text: Text = "auto",
    audio: Audio = "auto",
    reduce: Reduce = None,
    impute: Impute = "none",
    epochs: Epochs = None,
    patience: Patience = None,
    device: Device = "auto",
    precision: Precision = "32-true",
    as_json: AsJson = False,
) -> None:
    """Fit and judge several models on the same splits, with intervals."""
    from prismrec.cli.loading import default_split, encoded, open_shop, prepared
    from prismrec.evaluation.compare import as_json as to_json
    from prismrec.evaluation.compare import compare
    from prismrec.train import Training

    sizes = cutoffs(k)
    specs = [spec for spec in models.split(",") if spec]
    opened = open_shop(shop)
    found = encoded(opened, image=image, text=text, audio=audio).data
    data, _ = prepared(found, reduce or (), impute)
    with _followed(quiet=as_json) as (progress, report):
        results = compare(
            data,
            specs,
            split=split or default_split(data),
            seeds=seeds,
            k=sizes,
            refit=refit,
            how=Training(
                device=device,
                precision=precision,
                epochs=epochs,
                patience=patience,
                progress=report,
            ),
            progress=progress,
        )
    if as_json:
        emit(to_json(results, shop=opened.name))
    else:
        print_results(results, sizes)


@contextmanager
def _followed(*, quiet: bool) -> Iterator[tuple[Callable[[int, int, str], None], Report]]:
    """What to call before each fit, and after each epoch of one."""
    from prismrec.cli.training import lines, told

    place: tuple[int, int, str] = 0, 1, ""
    speak = lines()
    with tracked("comparing") as step:

        def begun(done: int, total: int, what: str) -> None:
            nonlocal place
            place = done, total, what
            step(*place)

        def report(at: Progress) -> None:
            done, total, what = place
            step(done, total, f"{what}: epoch {at.epoch} of at most {at.epochs}, {told(at)}")
            if not quiet and not sys.stderr.isatty():
                speak(replace(at, stage=what))

        yield begun, report


def print_results(results: Sequence[Result], sizes: Sequence[int]) -> None:
    """Print the tables of a comparison: all items, and new items where the split has any."""
    from prismrec.evaluation.compare import pooled

    for result in results:
        if result.skipped:
            complain(f"{result.model} was skipped: {result.skipped}")
    seconds = {r.model: r.fit_seconds for r in results}  # of the last seed
    by = f"split {results[0].split}"
    for title, runs in (
        (f"All items, {by}", pooled(results)),
        (f"New items, ranked among themselves, {by}", pooled(results, new_items=True)),
    ):
        if runs:
            print_runs(title, runs, sizes, seconds)
    for text in dict.fromkeys(n for run in pooled(results).values() for n in run.notes):
        note(text)


def print_runs(
    title: str, runs: Mapping[str, Evaluation], sizes: Sequence[int], seconds: Mapping[str, float]
) -> None:
    """Print a table with a row per model, ± half of a 95 % interval, and how clear the lead is."""
    first = next(iter(runs.values()))
    names = [f"{metric}@{size}" for size in sizes for metric in ("recall", "ndcg")]
    names += [f"coverage@{max(sizes)}"]
    rows = [
        [model, *(_figure(run, name) for name in names), f"{seconds[model]:.1f}"]
        for model, run in runs.items()
    ]
    table(f"{title} ({first.n_users} users, {first.n_items} items)", ("", *names, "fit s"), rows)
    say(_lead(runs, f"ndcg@{max(sizes)}"))
    say()


def _lead(runs: Mapping[str, Evaluation], metric: str) -> str:
    """How far the best model is ahead of the next one, paired by user."""
    from prismrec.evaluation.result import difference

    ranked = sorted(runs, key=lambda name: -runs[name].metrics[metric].mean)
    if len(ranked) < 2:
        return ""
    if runs[ranked[0]].n_users < FEWEST:
        return f" fewer than {FEWEST} users are too few to tell models apart"
    gap = difference(runs[ranked[0]], runs[ranked[1]])[metric]
    verdict = "" if gap.low > 0 else ", which may be chance"
    return (
        f" {ranked[0]} is ahead of {ranked[1]} by {gap.mean:.4f} in {metric}, user by user "
        f"{gap.low:.4f} to {gap.high:.4f}{verdict}"
    )


def _figure(run: Evaluation, name: str) -> str:
    if name in run.lists:
        return f"{run.lists[name]:.2f}"
    mean, low, high = run.metrics[name]
    return f"{mean:.4f} ±{(high - low) / 2:.4f}"
