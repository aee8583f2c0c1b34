"""`prismrec generalise`: does a model last, has it learnt by heart, what if media are missing?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from prismrec.cli.options import AsJson, Audio, Image, Seed, ShopPath, SplitName, Text
from prismrec.cli.output import emit, heading, note, say, table, tracked, warn

if TYPE_CHECKING:
    from prismrec.data.dataset import Dataset
    from prismrec.evaluation.generalisation import Generalisation, Harm
    from prismrec.evaluation.intervals import Interval

__all__ = ["generalise", "print_generalisation"]


Models = Annotated[
    str, typer.Option(help="Names with commas; `name:field=value`, or @FILE of a tuning.")
]
Media = Annotated[
    str | None,
    typer.Option(metavar="NAMES", help="Which media to damage, with commas; left out, all."),
]
Ways = Annotated[
    str, typer.Option(metavar="WAYS", help="Ways of damage, with commas; empty for none.")
]
Levels = Annotated[
    str, typer.Option(help="Of damage: share of the items, or noise as a share of the signal.")
]
Html = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write the result as one HTML page.")
]


def generalise(
    shop: ShopPath,
    models: Models = "prism",
    split: SplitName = None,
    modality: Media = None,
    how: Ways = "missing,noise,shuffled",
    levels: Levels = ".1,.5,.9",
    html: Html = None,
    image: Image = "auto",
    text: Text = "auto",
    audio: Audio = "auto",
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Say whether models last, have learnt by heart, stand bad media and serve what is new."""
    from prismrec.cli.loading import default_split, encoded, open_shop
    from prismrec.data.split import split as cut
    from prismrec.evaluation.generalisation import generalisation
    from prismrec.tune.settings import resolved

    if split == "none":
        raise typer.BadParameter("the split must keep something back to measure on")
    specs = [resolved(spec) for spec in _words(models)]
    if not specs:
        raise typer.BadParameter("name one model or more with --models")
    amounts = _amounts(levels)
    opened = open_shop(shop)
    data = encoded(opened, image=image, text=text, audio=audio).data
    harm = _harm(data, modality, _words(how), amounts)
    by = split or default_split(data)
    parts = cut(data, by, seed=seed)
    done, total = 0, len(specs) * (1 + len(harm.pairs))
    with tracked("asking") as step:

        def begun(what: str) -> None:
            nonlocal done
            step(done, total, what)
            done += 1

        found = [
            generalisation(spec, parts, harm=harm, seed=seed, progress=begun) for spec in specs
        ]
    if html is not None:
        _write_page(found, html, shop=opened.name, measured=f"split {by}, measured on test")
    if as_json:
        emit(
            {"shop": opened.name, "split": by, "seed": seed, "models": [f.to_json() for f in found]}
        )
    else:
        print_generalisation(found)


def print_generalisation(found: Sequence[Generalisation]) -> None:
    """Print the answers of each model, then the tables that they were made from."""
    for each in found:
        heading(each.model)
        for question, said in each.words().items():
            say(f"[bold]{escape(question)}[/bold]")
            for line in said:
                warn(line) if line.startswith("Warning") else say(escape(line))
        say()
    for title, columns, rows in (
        ("Windows of the test log", ("", "days", "users", "model", "recent"), _windows(found)),
        ("Found again", ("", "", "on train", "on test", "gap"), _gaps(found)),
        ("Bad media", ("", "", "level", "all items", "lost", "new items"), _damage(found)),
        ("Groups", ("", "group", "", "users", "figure"), _groups(found)),
    ):
        if lines := [*rows]:
            table(title, columns, lines)
            say()


def _windows(found: Sequence[Generalisation]) -> Iterator[tuple[str, ...]]:
    from prismrec.evaluation.generalisation_page import span

    for each in found:
        for window in each.drift.windows if each.drift else ():
            figures = _figure(window.model), _figure(window.recent)
            yield (each.model, span(window), str(window.n_users), *figures)


def _gaps(found: Sequence[Generalisation]) -> Iterator[tuple[str, ...]]:
    for each in found:
        if each.gap is not None:
            tables = each.gap.train, each.gap.test, each.gap.gap
            for metric in each.gap.gap:
                yield (each.model, metric, *(_figure(t[metric]) for t in tables))


def _damage(found: Sequence[Generalisation]) -> Iterator[tuple[str, ...]]:
    from prismrec.evaluation.generalisation import METRIC

    for each in found:
        for curve in each.curves:
            for point in curve.points:
                new = _figure(point.new_items[METRIC]) if point.new_items else ""
                figures = _figure(point.metrics[METRIC]), _figure(point.lost[METRIC]), new
                yield (each.model, f"{curve.modality} {curve.how}", f"{point.level:g}", *figures)


def _groups(found: Sequence[Generalisation]) -> Iterator[tuple[str, ...]]:
    from prismrec.evaluation.generalisation import METRIC

    for each in found:
        for s in each.strata:
            figures = str(s.n_users), _figure(s.metrics[METRIC])
            yield (each.model, f"{s.by}: {s.name}", s.detail, *figures)


def _harm(data: Dataset, modality: str | None, ways: list[str], levels: list[float]) -> Harm:
    """What to damage; what does not exist is refused before anything is fitted."""
    from prismrec.errors import BadData
    from prismrec.evaluation.damage import DAMAGES, damaged
    from prismrec.evaluation.generalisation import Harm

    if unknown := set(ways) - DAMAGES.keys():
        raise BadData(f"no damage is called {unknown.pop()!r}; there is {', '.join(DAMAGES)}")
    harm = Harm([*data.items] if modality is None else _words(modality), ways, levels)
    for name, way in harm.pairs:
        for level in levels:
            damaged(data, name, way, level=level)
    return harm


def _write_page(found: Sequence[Generalisation], file: Path, *, shop: str, measured: str) -> None:
    from prismrec.errors import BadData
    from prismrec.evaluation.generalisation_page import to_html

    try:
        file.write_text(to_html(found, shop=shop, measured=measured), "utf-8")
    except OSError as problem:
        raise BadData(f"{file}: cannot be written ({problem.strerror}); choose another") from None
    note(f"the page is in {file}")


def _amounts(text: str) -> list[float]:
    try:
        found = [float(word) for word in _words(text)]
    except ValueError:
        found = []
    if not found:
        raise typer.BadParameter(f"--levels {text!r} is not a list of numbers such as .1,.5,.9")
    return found


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _figure(value: Interval) -> str:
    return f"{value.mean:.4f} ±{(value.high - value.low) / 2:.4f}"
