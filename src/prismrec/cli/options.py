"""Arguments and options that several commands share, each described once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "AsJson",
    "Audio",
    "Device",
    "Epochs",
    "History",
    "Image",
    "Impute",
    "K",
    "ModelPath",
    "Patience",
    "Precision",
    "Processes",
    "Reduce",
    "Refit",
    "Seed",
    "ShopPath",
    "SplitName",
    "StorePlace",
    "Text",
    "User",
    "cutoffs",
    "one_person",
]

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
ShopPath = Annotated[Path, typer.Argument(metavar="SHOP", help="Folder with log and catalogue.")]
ModelPath = Annotated[Path, typer.Argument(metavar="MODEL", help="Folder of a fitted model.")]
StorePlace = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="PLACE",
        help="Where vectors are kept: PATH.sqlite, PATH.lance, lance:FOLDER, s3://BUCKET/FOLDER. "
        "Left out, what PRISMREC_STORE names, else a file that goes with the shop.",
    ),
]
SplitName = Annotated[
    str | None,
    typer.Option(
        help="How to split the log (`prismrec list splits`, or a column of labels); left out, the "
        "labels that came with it, else by time, else random."
    ),
]
Seed = Annotated[int, typer.Option(help="Seed of every random choice.")]
Refit = Annotated[
    bool, typer.Option("--refit", help="Fit on train and valid together, as a live shop would.")
]
User = Annotated[str | None, typer.Option(metavar="ID", help="A user of the log.")]
History = Annotated[
    str | None, typer.Option(metavar="ITEMS", help="What a stranger has used, with commas.")
]
K = Annotated[str, typer.Option("-k", "--k", help="Lengths of the lists to judge, with commas.")]

_ENCODER = (
    "Encoder of {}s (`prismrec list encoders`), `auto` for the default, `none` to leave them out."
)
Image = Annotated[str, typer.Option(metavar="SPEC", help=_ENCODER.format("picture"))]
Text = Annotated[str, typer.Option(metavar="SPEC", help=_ENCODER.format("text"))]
Audio = Annotated[str, typer.Option(metavar="SPEC", help=_ENCODER.format("sound"))]
Reduce = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[MODALITY=]SPEC",
        help="Shorten vectors (`prismrec list reductions`), as in pca:dim=64 or image=pca:dim=64.",
    ),
]
Impute = Annotated[
    str, typer.Option(metavar="SPEC", help="Guess missing media (`prismrec list imputations`).")
]

Epochs = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="How many at most, where a model is trained in epochs; left out, what it asks for.",
    ),
]
Patience = Annotated[
    int | None,
    typer.Option(min=1, help="Epochs without a better figure on valid before the training ends."),
]
Device = Annotated[
    str, typer.Option(help="Where to train: auto (a GPU if there is one), cpu, cuda, cuda:1, mps.")
]
Precision = Annotated[
    str, typer.Option(help="Of the training: 32-true, bf16-mixed, or 16-mixed on a GPU.")
]

Processes = Annotated[
    int, typer.Option(min=1, help="How many share each batch, with a GPU or some cores each.")
]


def cutoffs(text: str) -> tuple[int, ...]:
    """Read "10,20"; anything else is a usage error."""
    try:
        values = tuple(int(part) for part in text.split(","))
    except ValueError:
        values = ()
    if not values or min(values) < 1:
        raise typer.BadParameter(f"{text!r} is not a list of whole numbers such as 10,20")
    return values


def one_person(user: str | None, history: str | None) -> dict[str, str | list[str]]:
    """Who was asked for: --user or --history, not both and not neither."""
    if (user is None) == (history is None):
        raise typer.BadParameter("give either --user ID or --history ITEM,ITEM")
    return {"user": user} if user is not None else {"history": (history or "").split(",")}
