"""`prismrec explain`: what the score of one item for one person is made of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from prismrec.cli.options import (
    AsJson,
    Audio,
    History,
    Image,
    ModelPath,
    StorePlace,
    Text,
    User,
    one_person,
)
from prismrec.cli.output import emit, note, say, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prismrec.data.features import Feature
    from prismrec.data.shop import Shop
    from prismrec.explain.evidence import Evidence
    from prismrec.fitted import Fitted

__all__ = ["explain"]


def explain(
    model: ModelPath,
    item: Annotated[str, typer.Option(metavar="ID", help="The item to explain.")],
    user: User = None,
    history: History = None,
    against: Annotated[
        str | None, typer.Option(metavar="ID", help="An item that was not recommended instead.")
    ] = None,
    shop: Annotated[
        Path | None,
        typer.Option(metavar="SHOP", help="Where covers and texts lie, to compare the items."),
    ] = None,
    image: Image = "auto",
    text: Text = "auto",
    audio: Audio = "auto",
    store: StorePlace = None,
    most: Annotated[int, typer.Option(min=1, help="How many past items to show.")] = 10,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page.")] = None,
    as_json: AsJson = False,
) -> None:
    """Take a score apart: how much comes from which modality and which past item."""
    from prismrec.explain.account import account
    from prismrec.explain.story import tell
    from prismrec.fitted import open_model

    who = one_person(user, history)
    fitted = open_model(model)
    target = fitted.item(item)
    other = None if against is None else fitted.item(against)
    query = fitted.query(user, history)
    opened, evidence = (
        (None, None) if shop is None else _compared(shop, fitted, (image, text, audio), store)
    )
    features = None if evidence is None else _as_fitted(evidence.items, fitted)
    story = tell(fitted.ranker, query, target, against=other, items=features)
    told = account(story, fitted.train.item_ids.ids, fitted.titles, evidence=evidence, most=most)
    if html is not None:
        from prismrec.explain.page import to_html

        html.write_text(
            to_html(told, who=user or "somebody with this history", shop=opened), "utf-8"
        )
        note(f"wrote {html}")
    if as_json:
        emit({**who, **told})
    elif html is None:
        _print(told)


def _compared(
    path: Path, fitted: Fitted, specs: tuple[str, str, str], store: str | None
) -> tuple[Shop, Evidence]:
    """The shop, and what compares its items.

    Raises:
        BadData: where its items are not those of the model.
    """
    from prismrec.cli.loading import encoded, open_shop
    from prismrec.encode import choose_encoders
    from prismrec.errors import BadData
    from prismrec.explain.evidence import Evidence

    opened = open_shop(path)
    if opened.item_ids.ids != fitted.train.item_ids.ids:
        raise BadData(f"{path}: its items are not those that the model was fitted on; fit it again")
    image, text, audio = specs
    items = encoded(opened, image=image, text=text, audio=audio, store=store).data.items
    chosen = [None if name == "none" else name for name in specs]
    encoders = choose_encoders(opened, image=chosen[0], text=chosen[1], audio=chosen[2])
    return opened, Evidence(opened, items, encoders)


def _as_fitted(items: Mapping[str, Feature], fitted: Fitted) -> dict[str, Feature]:
    """The features as the model has them, shortened where it was fitted so."""
    shorter = fitted.projections
    return {
        name: feature.with_values(shorter[name](feature.values), feature.encoder)
        if name in shorter
        else feature
        for name, feature in items.items()
    }


def _print(told: Mapping[str, Any]) -> None:
    title = escape(told["title"])
    say(f"{title} scores {told['score']:.4f}, place {told['place']} of {told['of']}")
    if told["by_modality"]:
        rows = [
            (name, adds, _percent(told["drivers"].get(name)))
            for name, adds in told["by_modality"].items()
        ]
        table("\nThe score is the sum of", ("modality", "adds", "of what speaks for it"), rows)
    say()
    if not told["exact"]:
        note("what is lost without each past item; these do not add up to the score")
    if told["as_stranger"]:
        note("the model does not look at a known user's history; told as for a stranger with it")
    columns = ("past item", "title", "modality", "adds")
    table("", columns, [(p["item"], p["title"], p["modality"], p["adds"]) for p in told["by_item"]])
    if any(past["alike"] or past["columns"] for past in told["past"]):
        say()
        for past in told["past"]:
            say(f"[bold]{escape(past['title'])}[/bold]  {escape(' '.join(past['because']))}")
    if told["against"]:
        _print_contrast(title, told["against"])


def _print_contrast(title: str, other: Mapping[str, Any]) -> None:
    say(f"\n{title} rather than {escape(other['title'])}: {other['difference']:+.4f}")
    parts = other["by_modality"].items()
    table("", ("modality", "difference"), [(name, amount) for name, amount in parts])
    rows = [(past["item"], past["title"], past["adds"]) for past in other["past"]]
    table("", ("past item", "title", "difference"), rows)


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"
