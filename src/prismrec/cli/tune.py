"""`prismrec tune`: the best settings of a model, chosen on valid."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from prismrec.cli.options import (
    AsJson,
    Audio,
    Device,
    Epochs,
    Image,
    Impute,
    Patience,
    Precision,
    Reduce,
    ShopPath,
    SplitName,
    Text,
)
from prismrec.cli.output import emit, heading, say, table, tracked, warn

if TYPE_CHECKING:
    from prismrec.evaluation.intervals import Interval
    from prismrec.tune import Tuned

__all__ = ["tune"]

USUAL = {
    "image": "auto",
    "text": "auto",
    "audio": "auto",
    "impute": "none",
    "precision": "32-true",
}
_ENDED = {"done": "to their end", "pruned": "given up early", "failed": "failed"}


Model = Annotated[
    str, typer.Option(help="A name; `name:field=value` fixes a field and searches the others.")
]
Trials = Annotated[
    int, typer.Option(min=1, help="How many at most, those already in --study counted.")
]
Seconds = Annotated[
    float | None, typer.Option(min=0, help="After which no further trial is begun.")
]
Study = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.sqlite",
        help="Where trials are kept, so that a search that was killed goes on.",
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.toml", help="Where to write the best settings, for --model @FILE.toml."
    ),
]
Metric = Annotated[str, typer.Option(help="What is to be large on valid.")]


def tune(
    shop: ShopPath,
    model: Model,
    trials: Trials = 30,
    split: SplitName = None,
    seconds: Seconds = None,
    study: Study = None,
    out: Out = None,
    metric: Metric = "recall@20",
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
    """Search the settings of a model on valid; test is put away before anything is tried.

    The first trial has the defaults, so the best is never below them on valid. What is tried is
    shown by `prismrec list models NAME`.
    """
    from prismrec.cli.loading import default_split, encoded, open_shop, prepared
    from prismrec.train import Training
    from prismrec.tune import tune

    opened = open_shop(shop)
    found = encoded(opened, image=image, text=text, audio=audio).data
    data, _ = prepared(found, reduce or (), impute)
    with tracked("tuning") as step:
        tuned = tune(
            data,
            model,
            split=split or default_split(data),
            trials=trials,
            seconds=seconds,
            metric=metric,
            study=study,
            how=Training(device=device, precision=precision, epochs=epochs, patience=patience),
            progress=step,
        )
    if out is not None:
        tuned.save(out)
    same = {"image": image, "text": text, "audio": audio, "impute": impute}
    run = {"epochs": epochs, "patience": patience, "precision": precision}
    measure = _measure(tuned, shop, out, [*_said({**same, **run}), *_said_reduce(reduce)])
    if as_json:
        emit({"shop": opened.name, "measure": measure, **tuned.to_json()})
    else:
        _print(tuned, measure, out)


def _said(options: Mapping[str, object]) -> list[str]:
    """The options that are not as they would be if nothing were said."""
    return [
        f"--{name} {shlex.quote(str(value))}"
        for name, value in options.items()
        if value != USUAL.get(name)
    ]


def _said_reduce(specs: Sequence[str] | None) -> list[str]:
    return [f"--reduce {shlex.quote(spec)}" for spec in specs or ()]


def _measure(tuned: Tuned, shop: Path, out: Path | None, options: list[str]) -> str:
    """The command that measures on test what the search is worth, in the same circumstances."""
    models = f"{tuned.model},{_model(tuned, out)}"
    words = ["prismrec compare", shlex.quote(str(shop)), "--models", shlex.quote(models)]
    return " ".join([*words, f"--split {shlex.quote(tuned.split)}", *options])


def _model(tuned: Tuned, out: Path | None) -> str:
    return tuned.spec if out is None else f"@{out}"


def _print(tuned: Tuned, measure: str, out: Path | None) -> None:
    """The default beside the best, field by field, and how to measure what it is worth."""
    default, best = tuned.default, tuned.best
    size = tuned.metric.partition("@")[2]
    metrics = list(dict.fromkeys([tuned.metric, f"recall@{size}", f"ndcg@{size}"]))
    rows = [
        [name, *(_figure(trial.figures[metric]) for metric in metrics)]
        for name, trial in (("default", default), (f"best (trial {best.number + 1})", best))
    ]
    heading(f"{tuned.model} on valid, split {tuned.split}")
    table("", ("", *metrics), rows)
    say(f" {_counted(tuned)}")
    heading("Settings")
    _print_settings(tuned)
    say()
    n = len(tuned.trials)
    warn(f" The best of {n} on one valid part flatters: it is also the luckiest of them.")
    say(" What it is worth, measured once on test, which was not looked at:")
    say(f"   {escape(measure)}")
    say(" To fit it:")
    say(f"   prismrec fit SHOP --out MODEL --model {escape(_model(tuned, out))}")


def _print_settings(tuned: Tuned) -> None:
    default, best = tuned.default.settings, tuned.best.settings
    rows = [
        [name, _written(default.get(name)), _written(best.get(name)), _share(tuned, name)]
        for name in {**default, **best, **tuned.importance}
    ]
    columns = ["field", "default", "best", "importance"]
    if not tuned.importance:
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    table("", columns, rows)
    if not tuned.importance:
        say(" Fewer than ten trials came to their end: too few to say which field matters.")


def _figure(figure: Interval) -> str:
    mean, low, high = figure
    return f"{mean:.4f} ±{(high - low) / 2:.4f}"


def _counted(tuned: Tuned) -> str:
    """How the trials ended."""
    states = Counter(trial.state for trial in tuned.trials)
    said = [f"{n} {_ENDED[state]}" for state, n in states.items()]
    return f"{len(tuned.trials)} trials: {', '.join(said)}"


def _share(tuned: Tuned, name: str) -> str:
    return f"{100 * tuned.importance.get(name, 0.0):.0f} %"


def _written(value: Any) -> str:
    if value is None:
        return "left to the model"
    return str(value).lower() if isinstance(value, bool) else str(value)
