"""`prismrec search`: words, a picture or a sound find the items of a shop."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from prismrec.cli.options import AsJson, ShopPath
from prismrec.cli.output import emit, note, say, table, tracked

if TYPE_CHECKING:
    from prismrec.search import Hit

__all__ = ["search"]

MODALITIES = ("image", "text", "audio")
LEAST = 0.02  # share of a modality that is mentioned
SPELT_OUT = 3  # reasons in a line of the table


def search(
    shop: ShopPath,
    text: Annotated[str, typer.Argument(metavar="WORDS", help="Chinese or English.")] = "",
    image: Annotated[
        Path | None, typer.Option(metavar="FILE", exists=True, help="A picture to go by.")
    ] = None,
    audio: Annotated[
        Path | None, typer.Option(metavar="FILE", exists=True, help="A sound to go by.")
    ] = None,
    k: Annotated[int, typer.Option("-k", "--k", min=1, help="How many items.")] = 12,
    modality: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Look at this part of the items only; may be repeated."),
    ] = None,
    encoder: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MODALITY=NAME",
            help="An encoder in place of the usual ones of its modality; may be repeated.",
        ),
    ] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page.")] = None,
    as_json: AsJson = False,
) -> None:
    """Find items by words, a picture, a sound, or several of these together, and say why."""
    from prismrec.cli.loading import open_shop
    from prismrec.search import Request, Searcher

    for name in modality or ():
        if name not in MODALITIES:
            raise typer.BadParameter(f"{name!r} is none of {', '.join(MODALITIES)}")
    opened = open_shop(shop)
    request = Request(text, *(file.read_bytes() if file else None for file in (image, audio)))
    with tracked("encoding") as step:
        searcher = Searcher(
            opened, _encoders(encoder or ()), progress=lambda name, n, of: step(n, of, name)
        )
        hits = searcher(request, k=k, modalities=tuple(modality or ()))
    if html is not None:
        from prismrec.search.page import to_html

        html.write_text(to_html(opened, request, hits), "utf-8")
        note(f"wrote {html}")
    if as_json:
        emit({"shop": opened.name, "text": text, "hits": [_plain(hit) for hit in hits]})
    elif html is None:
        _print(hits)


def _encoders(given: list[str] | tuple[str, ...]) -> dict[str, tuple[Any, ...]]:
    """The usual encoders, with those that were given in place of others of their modality."""
    from prismrec.search import ENCODERS

    chosen: dict[str, tuple[Any, ...]] = {}
    for spec in given:
        modality, _, name = spec.partition("=")
        if modality not in MODALITIES or not name:
            raise typer.BadParameter(f"{spec!r} is not like image=colour-names")
        chosen[modality] = (*chosen.get(modality, ()), name)
    return {**ENCODERS, **chosen}


def _plain(hit: Hit) -> dict[str, Any]:
    reasons = [
        {**vars(reason), "words": [word._asdict() for word in reason.words]}
        for reason in hit.reasons
    ]
    head = {"item": hit.item, "title": hit.title, "score": hit.score}
    return {**head, "shares": hit.shares, "reasons": reasons}


def _print(hits: list[Hit]) -> None:
    rows = []
    for place, hit in enumerate(hits, start=1):
        shares = "  ".join(
            f"{name} {share:.0%}" for name, share in hit.shares.items() if share > LEAST
        )
        rows.append((place, hit.item, hit.title, hit.score, shares))
    table("", ("", "item", "title", "score", "goes by"), rows)
    say()
    for place, hit in enumerate(hits, start=1):
        told = [r for r in hit.reasons if r.words and r.adds > 0][:SPELT_OUT]
        why = "; ".join(f"{reason.kind}: {', '.join(map(str, reason.words))}" for reason in told)
        say(f"[dim]{place:>3}[/dim]  {escape(why)}")
