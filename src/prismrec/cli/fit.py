"""`prismrec fit`: a shop and a model's name to a fitted model on disk."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prismrec.cli.options import (
    AsJson,
    Audio,
    Device,
    Epochs,
    Image,
    Impute,
    Patience,
    Precision,
    Processes,
    Reduce,
    Refit,
    Seed,
    ShopPath,
    Text,
)
from prismrec.cli.output import emit, note, say

if TYPE_CHECKING:
    from prismrec.cli.loading import Parts
    from prismrec.data.dataset import Dataset
    from prismrec.train import Training

__all__ = ["fit"]

RECORDED = ("device", "precision", "processes", "epochs", "patience")
CHECKPOINT = ".training"  # folder beside the model, from which a killed fit goes on

Model = Annotated[
    str, typer.Option(help="A name that `prismrec list models` shows, or @FILE of settings.")
]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="A field of the model.")
]


def fit(
    shop: ShopPath,
    out: Annotated[Path, typer.Option(help="Folder to write the model to.")],
    model: Model = "prism",
    settings: Settings = None,
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
    epochs: Epochs = None,
    patience: Patience = None,
    device: Device = "auto",
    precision: Precision = "32-true",
    processes: Processes = 1,
    as_json: AsJson = False,
) -> None:
    """Fit a model, on the whole log unless a split keeps a part back, and save it.

    A model that is trained in epochs leaves its state in OUT/.training until it is done. After a
    kill, the same command goes on from there, to the same digits.
    """
    from prismrec import registry
    from prismrec.cli.loading import divide, encoded, open_shop, prepared
    from prismrec.fitted import Fitted, keep
    from prismrec.train import Training
    from prismrec.tune.settings import resolved

    spec = resolved(":".join([model, *(settings or ())]))
    built = registry.build("models", spec)
    run = (device, precision, processes, epochs, patience)
    how = Training(seed, None, *run, checkpoint=out / CHECKPOINT)
    opened = open_shop(shop)
    found = encoded(opened, image=image, text=text, audio=audio).data
    data, learnt = prepared(found, reduce or (), impute)
    parts = divide(data, split, seed=seed, refit=refit)
    note(f"fitting {spec} on {len(parts.train.interactions)} interactions")
    ranker, seconds = _fitted(built, parts, how, quiet=as_json)
    made = {
        "model": spec,
        "shop": opened.name,
        "split": parts.name,
        "seed": seed,
        "refit": refit,
        "reduce": list(reduce or ()),
        "impute": impute,
        "encoders": _encoders(found, image=image, text=text, audio=audio),
        "training": dict(zip(RECORDED, run, strict=True)),
        "fit_seconds": round(seconds, 3),
    }
    keep(Fitted(ranker, parts.train, opened.titles, made, learnt), out)
    shutil.rmtree(out / CHECKPOINT, ignore_errors=True)
    if as_json:
        return emit({"path": str(out), **made})
    return say(f"{spec} fitted in {seconds:.1f} s and saved in {out}")


def _encoders(data: Dataset, **chosen: str) -> dict[str, dict[str, str]]:
    """Spec and fingerprint of what made the vectors of items, so that later ones are made alike."""
    from prismrec.encode import DEFAULTS

    specs = {name: DEFAULTS[name] if spec == "auto" else spec for name, spec in chosen.items()}
    return {
        name: {"spec": spec, "fingerprint": data.items[name].encoder}
        for name, spec in specs.items()
        if name in data.items and data.items[name].encoder
    }


def _fitted(model: Any, parts: Parts, how: Training, *, quiet: bool) -> tuple[Any, float]:
    """A ranker, and the seconds that it took."""
    from prismrec.cli.training import watched

    start = time.perf_counter()
    with watched(quiet=quiet) as report:
        ranker = model.fit(parts.train, replace(how, valid=parts.valid, progress=report))
    return ranker, time.perf_counter() - start
