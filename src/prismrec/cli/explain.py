"""`prismrec explain`: what the score of one item for one person is made of."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from prismrec.cli.options import AsJson, History, ModelPath, User, one_person
from prismrec.cli.output import emit, say, table

__all__ = ["explain"]


def explain(
    model: ModelPath,
    item: Annotated[str, typer.Option(metavar="ID", help="The item to explain.")],
    user: User = None,
    history: History = None,
    most: Annotated[int, typer.Option(min=1, help="How many past items to show.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Take a score apart: how much comes from which modality and which past item."""
    from prismrec.cli.fitted import open_model
    from prismrec.explain.shares import drivers, explain

    who = one_person(user, history)
    fitted = open_model(model)
    target = fitted.item(item)
    found = explain(fitted.ranker, fitted.query(user, history), target)
    past = [
        {**fitted.describe(row), "modality": modality, "adds": amount}
        for row, modality, amount in found.by_item[:most]
    ]
    shares = drivers([found])
    if as_json:
        head = {**who, **fitted.describe(target), "score": found.score, "drivers": shares}
        parts = {"by_modality": found.by_modality, "by_reason": found.by_reason}
        emit({**head, **parts, "posted": found.posted, "by_item": past})
        return
    say(f"{escape(fitted.titles[target])} scores {found.score:.4f}, the sum of")
    rows = [(name, adds, _percent(shares.get(name))) for name, adds in found.by_modality.items()]
    table("", ("modality", "adds", "of what speaks for it"), rows)
    say()
    columns = ("past item", "title", "modality", "adds")
    table("", columns, [(p["item"], p["title"], p["modality"], p["adds"]) for p in past])


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"
