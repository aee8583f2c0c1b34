"""`prismrec modalities`: how pictures, texts and sounds agree, what each adds, whom each serves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prismrec.cli.options import AsJson, Audio, Image, Seed, ShopPath, SplitName, Text
from prismrec.cli.output import emit, note, say, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prismrec.data.shop import Shop
    from prismrec.evaluation.agreement import Pair
    from prismrec.evaluation.intervals import Interval
    from prismrec.evaluation.modalities import Modalities

__all__ = ["modalities", "print_modalities"]


def modalities(
    shop: ShopPath,
    split: SplitName = None,
    k: Annotated[int, typer.Option("-k", "--k", min=1, help="Length of the lists.")] = 20,
    by: Annotated[
        str | None,
        typer.Option(metavar="COLUMNS", help="Columns of items to group by, with commas."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the result as one HTML page.")
    ] = None,
    image: Image = "auto",
    text: Text = "auto",
    audio: Audio = "auto",
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Say how the modalities agree, what each adds, and which speaks for whom."""
    from prismrec.cli.loading import divide, encoded, open_shop
    from prismrec.evaluation.in_words import in_words
    from prismrec.evaluation.modalities import modalities as compared

    opened = open_shop(shop)
    columns = {name: cells(opened, name) for name in (by or "").split(",") if name}
    data = encoded(opened, image=image, text=text, audio=audio).data
    parts = divide(data, split, seed=seed, refit=False)
    held_out = parts.valid if parts.valid is not None else parts.test
    if held_out is None:
        raise typer.BadParameter("the split must keep something back to measure on")
    kept = "valid" if parts.valid is not None else "test, for there is no valid part"
    measured = f"split {parts.name}, measured on {kept}"
    note(f"comparing {', '.join(data.modalities)}")
    found = compared(parts.train, held_out, k=k, names=opened.titles or None, columns=columns)
    words = in_words(found)
    if html is not None:
        from prismrec.evaluation.modalities_page import to_html

        html.write_text(to_html(found, words, shop=opened.name, measured=measured), "utf-8")
        note(f"the page is in {html}")
    if as_json:
        about = {"shop": opened.name, "split": parts.name, "measured": measured}
        emit({**about, **found.to_json(), "words": list(words)})
    else:
        print_modalities(found, words, measured)


def cells(shop: Shop, column: str) -> list[str | None]:
    """A column of the item table, one cell per item of the shop.

    Raises:
        BadData: where there is no such column.
    """
    from prismrec.data.sources.ids import as_text
    from prismrec.data.sources.settings import read_settings
    from prismrec.data.sources.table import find, read_table
    from prismrec.errors import BadData

    path = find(shop.path, "items")
    if path is None:
        raise BadData(f"--by {column}: {shop.name} has no table of items")
    columns = read_settings(shop.path).items
    items = read_table(path, separator=",")
    ids, values = as_text(items.column(columns.id or "item")), as_text(items.column(column))
    found = dict(zip(ids.reverse(), values.reverse(), strict=True))  # of two rows the first counts
    return [found.get(name) for name in shop.item_ids]


def print_modalities(found: Modalities, words: Sequence[str], measured: str) -> None:
    """Print the words, then the tables that they were made from."""
    for line in words:
        say(line)
    say()
    for title, pairs in (
        ("Agreement on items", found.items),
        ("Users: what they posted, and what they used", found.users),
    ):
        if pairs:
            head = ("", "kNN overlap", "chance", "cka", "cca", "rows")
            table(title, head, [_pair(pair) for pair in pairs])
            say()
    if found.explained:
        alone, unique = found.explained.alone, found.explained.unique
        shares = [(name, _figure(alone[name]), _figure(unique[name])) for name in alone]
        shares.append(("all together", _figure(found.explained.together), ""))
        title = f"Share of behaviour foretold, {found.explained.n} items"
        table(title, ("", "alone", "no other has it"), shares)
        say()
    title = f"Worth in {found.metric}, {found.n_users} users, {measured}"
    rows = [
        (name, _figure(each.alone), "" if each.adds is None else _figure(each.adds))
        for name, each in found.worth.items()
    ]
    table(title, ("", "alone", "added to the others"), rows)
    say()
    names = sorted(found.coverage)
    columns = ("group", "", "users", "metric", *names, "lead of the best")
    table("Which modality speaks for whom", columns, _voices(found, names))


def _pair(pair: Pair) -> tuple[str, ...]:
    figures = (f"{pair.chance:.3f}", f"{pair.cka:.3f}", f"{pair.cca:.3f}", str(pair.sampled))
    return (f"{pair.one} - {pair.other}", _figure(pair.overlap), *figures)


def _voices(found: Modalities, names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for voice in found.voices:
        figures = [f"{voice.figures[name].mean:.3f}" for name in names]
        lead = "" if voice.lead is None else f"{voice.best} {_figure(voice.lead)}"
        mark = "" if voice.clear or voice.lead is None else " (open)"
        group = f"{voice.by}: {voice.name}"
        users = str(voice.n_users)
        yield (group, voice.detail, users, voice.metric, *figures, lead + mark)


def _figure(value: Interval) -> str:
    return f"{value.mean:.3f} ±{(value.high - value.low) / 2:.3f}"
