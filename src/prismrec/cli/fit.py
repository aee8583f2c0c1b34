"""`prismrec fit`: a shop and a model's name to a fitted model on disk."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from prismrec.cli.options import AsJson, Audio, Image, Impute, Reduce, Refit, Seed, ShopPath, Text
from prismrec.cli.output import emit, note, say

__all__ = ["fit"]


def fit(
    shop: ShopPath,
    out: Annotated[Path, typer.Option(help="Folder to write the model to.")],
    model: Annotated[str, typer.Option(help="A name that `prismrec list models` shows.")] = "prism",
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="A field of the model.")
    ] = None,
    split: Annotated[
        str, typer.Option(help="What to keep back for `evaluate`: a split, or `none`.")
    ] = "none",
    refit: Refit = False,
    seed: Seed = 0,
    image: Image = "auto",
    text: Text = "auto",
    audio: Audio = "auto",
    reduce: Reduce = None,
    impute: Impute = "none",
    as_json: AsJson = False,
) -> None:
    """Fit a model, on the whole log unless a split keeps a part back, and save it."""
    from prismrec import registry
    from prismrec.cli.fitted import keep
    from prismrec.cli.loading import divide, encoded, open_shop, prepared
    from prismrec.train import Training

    spec = ":".join([model, *(settings or ())])
    built = registry.build("models", spec)
    opened = open_shop(shop)
    found = encoded(opened, image=image, text=text, audio=audio).data
    data, learnt = prepared(found, reduce or (), impute)
    parts = divide(data, split, seed=seed, refit=refit)
    note(f"fitting {spec} on {len(parts.train.interactions)} interactions")
    start = time.perf_counter()
    ranker = built.fit(parts.train, Training(seed=seed, valid=parts.valid))
    seconds = time.perf_counter() - start
    made = {
        "model": spec,
        "shop": opened.name,
        "split": parts.name,
        "seed": seed,
        "refit": refit,
        "reduce": list(reduce or ()),
        "impute": impute,
        "fit_seconds": round(seconds, 3),
    }
    keep(ranker, out, train=parts.train, titles=opened.titles, made=made, learnt=learnt)
    if as_json:
        emit({"path": str(out), **made})
    else:
        say(f"{spec} fitted in {seconds:.1f} s and saved in {out}")
