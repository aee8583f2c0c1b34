"""`prismrec compare`: several models, one protocol, one table per split."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
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
    Text,
    cutoffs,
)
from prismrec.cli.output import complain, emit, note, tracked
from prismrec.cli.standings import print_comparison

if TYPE_CHECKING:
    from prismrec.cli.training import Report
    from prismrec.data.dataset import Dataset
    from prismrec.evaluation.comparison import Comparison
    from prismrec.evaluation.run import Result
    from prismrec.train import Progress

__all__ = ["compare"]

MODELS = "popularity,item-knn,content-knn,prism"


Models = Annotated[
    str,
    typer.Option(
        help="Names with commas; `name:field=value:field=value` for a variant, @FILE for the "
        "settings that `prismrec tune` wrote."
    ),
]
Splits = Annotated[
    str | None,
    typer.Option(
        help="How to split the log (`prismrec list splits`, or a column of labels), several with "
        "commas; left out, the labels that came with it, else by time, else random."
    ),
]
Seeds = Annotated[int, typer.Option(min=1, help="How many splits to draw.")]
Metrics = Annotated[
    str | None, typer.Option(help="Columns of the table, with commas; JSON has them all.")
]
KnockOuts = Annotated[
    str,
    typer.Option(
        metavar="WAYS",
        help="Fit again with each modality missing, noise or shuffled (with commas).",
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Keep each finished run there, and go on from them."),
]
Html = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write a page that explains the figures.")
]
Export = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Write the lists as TREC files, for ranx and others."),
]


def compare(
    shop: ShopPath,
    models: Models = MODELS,
    split: Splits = None,
    seeds: Seeds = 1,
    k: K = "10,20",
    metrics: Metrics = None,
    knock_out: KnockOuts = "",
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
    out: Out = None,
    html: Html = None,
    export: Export = None,
    as_json: AsJson = False,
) -> None:
    """Fit and judge several models on the same splits, with intervals."""
    from prismrec.cli.loading import default_split, encoded, open_shop, prepared
    from prismrec.evaluation.compare import compare
    from prismrec.evaluation.comparison import comparison
    from prismrec.evaluation.record import Runs
    from prismrec.train import Training
    from prismrec.tune.settings import resolved

    sizes = cutoffs(k)
    opened = open_shop(shop)
    vectors = encoded(opened, image=image, text=text, audio=audio).data
    data, _ = prepared(vectors, reduce or (), impute)
    how = Training(device=device, precision=precision, epochs=epochs, patience=patience)
    with _followed(quiet=as_json) as (progress, report):
        results = compare(
            data,
            [resolved(spec) for spec in _words(models)],
            split=_words(split or "") or default_split(data),
            seeds=seeds,
            k=sizes,
            refit=refit,
            knock_out=_words(knock_out),
            how=replace(how, progress=report),
            runs=None if out is None else Runs(out, complain),
            progress=progress,
        )
    found = comparison(results, data, shop=opened)
    if export is not None:
        _export(results, data, export)
    if html is not None:
        _write_page(found, html)
    if as_json:
        emit(found.to_json())
    else:
        print_comparison(found, sizes, metrics=None if metrics is None else _words(metrics))


def _export(results: Sequence[Result], data: Dataset, folder: Path) -> None:
    from prismrec.evaluation.export import export

    note(f"{len(export(results, data, folder))} files of lists are in {folder}")


def _write_page(found: Comparison, file: Path) -> None:
    from prismrec.errors import BadData
    from prismrec.evaluation.report import render

    try:
        file.write_text(render(found), "utf-8")
    except OSError as problem:
        raise BadData(f"{file}: cannot be written ({problem.strerror}); choose another") from None
    note(f"the page is in {file}")


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


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
