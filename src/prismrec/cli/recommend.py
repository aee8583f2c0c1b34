"""`prismrec recommend`: the best items for one person."""

from __future__ import annotations

from typing import Annotated

import typer

from prismrec.cli.options import AsJson, History, ModelPath, User, one_person
from prismrec.cli.output import emit, table

__all__ = ["recommend"]


def recommend(
    model: ModelPath,
    user: User = None,
    history: History = None,
    k: Annotated[int, typer.Option("-k", "--k", min=1, help="How many items.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Recommend items that a user of the log, or a stranger with a history, has not used yet."""
    from prismrec.fitted import open_model
    from prismrec.rankers import top_k

    who = one_person(user, history)
    fitted = open_model(model)
    best = top_k(fitted.ranker, fitted.query(user, history), k)
    items = [
        {**fitted.describe(int(row)), "score": float(score)}
        for row, score in zip(best.items[0], best.scores[0], strict=True)
        if row >= 0
    ]
    if as_json:
        emit({**who, "items": items})
    else:
        rows = [(rank, i["item"], i["title"], i["score"]) for rank, i in enumerate(items, 1)]
        table("", ("rank", "item", "title", "score"), rows)
