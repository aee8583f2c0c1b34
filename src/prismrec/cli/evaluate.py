"""`prismrec evaluate`: a fitted model on the part of the log that was kept from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from prismrec.cli.options import AsJson, K, ModelPath, ShopPath, cutoffs
from prismrec.cli.output import emit, note, say, table

if TYPE_CHECKING:
    from prismrec.data.dataset import Dataset
    from prismrec.evaluation.result import Evaluation
    from prismrec.rankers import Ranker
    from prismrec.types import Ints

__all__ = ["evaluate"]


def evaluate(
    model: ModelPath,
    shop: ShopPath,
    split: Annotated[
        str | None, typer.Option(help="Refuse the model unless it was fitted with this split.")
    ] = None,
    k: K = "10,20",
    as_json: AsJson = False,
) -> None:
    """Judge a fitted model on the test part of the split that it was fitted with.

    Any other split is refused: the model would be asked for what it has seen.
    """
    import numpy as np

    from prismrec.cli.loading import divide, open_shop
    from prismrec.errors import BadData, Leak
    from prismrec.evaluation.protocol import cold_items
    from prismrec.fitted import digest, open_model

    sizes = cutoffs(k)
    fitted = open_model(model)
    made = fitted.made
    if made["split"] is None:
        raise Leak(
            f"{model} was fitted on the whole log, so no part of it can judge the model; "
            "fit it again with --split"
        )
    if split not in (None, made["split"]):
        raise Leak(
            f"{model} was fitted on the split {made['split']!r}: under {split!r} it would have "
            f"seen what it is asked for; leave --split out, or fit it again with --split {split}"
        )
    data = open_shop(shop).dataset()
    parts = divide(data, made["split"], seed=made["seed"], refit=made["refit"])
    if parts.test is None or digest(parts.train) != made["digest"]:
        raise BadData(f"{shop}: its log is not the one that {model} was fitted on; fit it again")
    found = {"all_items": _measured(fitted.ranker, parts.train, parts.test, sizes)}
    cold, log = cold_items(parts.train), parts.test.interactions
    if (log.weight[np.isin(log.items, cold)] > 0).any():
        found["new_items"] = _measured(fitted.ranker, parts.train, parts.test, sizes, cold)
    if as_json:
        head = {name: made[name] for name in ("model", "split", "seed", "refit")}
        emit({**head, "shop": shop.name, **{name: run.to_json() for name, run in found.items()}})
    else:
        for name, run in found.items():
            _print(name.replace("_", " "), run)


def _measured(
    ranker: Ranker, train: Dataset, test: Dataset, sizes: Sequence[int], only: Ints | None = None
) -> Evaluation:
    """Every figure there is: of the lists, of the whole ranking, by grades where there are any."""
    from prismrec.evaluation.auc import auc
    from prismrec.evaluation.beyond import with_beyond
    from prismrec.evaluation.graded import with_graded
    from prismrec.evaluation.protocol import evaluate

    run = evaluate(ranker, test, seen=train, k=sizes, only=only)
    run = run.extended({"auc": auc(ranker, test, seen=train, only=only)})
    run = with_graded(run, test=test, seen=train, only=only)
    return with_beyond(run, train=train)


def _print(title: str, run: Evaluation) -> None:
    rows = [
        (name, f"{mean:.4f}", f"{low:.4f} to {high:.4f}")
        for name, (mean, low, high) in run.metrics.items()
    ]
    rows += [(name, f"{value:.4f}", "") for name, value in run.lists.items()]
    head = f"{title.capitalize()} ({run.n_users} users, {run.n_items} items)"
    table(head, ("metric", "mean", "95 %"), rows)
    for text in run.notes:
        note(text)
    say()
