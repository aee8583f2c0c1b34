"""`prismrec explain`: what the score of one item for one person is made of."""

from __future__ import annotations

from typing import Annotated

import typer

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
    from prismrec.explain.shares import explain

    who = one_person(user, history)
    fitted = open_model(model)
    target = fitted.item(item)
    found = explain(fitted.ranker, fitted.query(user, history), target)
    past = [
        {**fitted.describe(row), "modality": modality, "share": share}
        for row, modality, share in found.by_item[:most]
    ]
    if as_json:
        head = {**who, **fitted.describe(target), "score": found.score}
        emit({**head, "by_modality": found.by_modality, "by_item": past})
        return
    say(f"{fitted.titles[target]} scores {found.score:.4f}")
    table("", ("modality", "share"), found.by_modality.items())
    say()
    rows = [(p["item"], p["title"], p["modality"], p["share"]) for p in past]
    table("", ("past item", "title", "modality", "share"), rows)
