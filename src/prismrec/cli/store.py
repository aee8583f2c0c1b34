"""`prismrec store`: what vectors there are, which are of no use any more, and taking them along."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prismrec.cli.options import AsJson, Audio, Image, ShopPath, StorePlace, Text
from prismrec.cli.output import emit, note, say, table

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from prismrec.store import Store

__all__ = ["export", "info", "prune", "store"]

store = typer.Typer(help="Look after the vectors of a shop.", no_args_is_help=True)

Shops = Annotated[
    list[Path],
    typer.Argument(metavar="SHOP...", help="Every shop whose vectors are kept in the store."),
]


class Absent(StrEnum):
    """What rows without a medium hold."""

    zero = "zero"
    nan = "nan"


@store.command()
def info(shops: Shops, store: StorePlace = None, as_json: AsJson = False) -> None:
    """Say what each encoder has in the store, and how much of it the shops use now."""
    from prismrec.data.read import read
    from prismrec.store.upkeep import contents_of, holdings

    place, opened = _opened(store, shops[0])
    with opened as kept:
        found = holdings(kept, contents_of(read(shop) for shop in shops))
    if as_json:
        emit({"store": place, "encoders": [vars(each) for each in found]})
        return
    say(place)
    rows = [
        [
            each.encoder,
            " ".join(each.modalities),
            each.vectors,
            " ".join(map(str, each.dims)),
            f"{each.bytes / 1e6:.1f}",
            each.used,
        ]
        for each in found
    ]
    table("", ("encoder", "of", "vectors", "dim", "MB", "in use"), rows)


@store.command()
def prune(
    shops: Shops,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ENCODER",
            help="Keep the vectors of this encoder (its name in `store info`, or the beginning of "
            "it) and drop those of others; may be repeated. Left out, all encoders stay.",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Drop them; else they are counted.")] = False,
    store: StorePlace = None,
    as_json: AsJson = False,
) -> None:
    """Drop vectors of contents that the shops do not have any more.

    Name every shop that keeps its vectors in the store: what only an unnamed shop uses is dropped.
    """
    from prismrec.data.read import read
    from prismrec.store import upkeep

    place, opened = _opened(store, shops[0])
    with opened as kept:
        keys = upkeep.unused(kept, upkeep.contents_of(read(shop) for shop in shops), keep or ())
        stay = sum(1 for _ in kept.sizes()) - len(keys)
        if yes:
            upkeep.prune(kept, keys)
    if as_json:
        emit({"store": place, "dropped": yes, "unused": len(keys), "kept": stay})
    else:
        say(f"{len(keys)} vectors {'were dropped' if yes else 'are of no use'}, {stay} stay")
    if keys and not yes:
        note("nothing was dropped; add --yes to drop them")


@store.command()
def export(
    shop: ShopPath,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="New folder for the files.")],
    image: Image = "auto",
    text: Text = "auto",
    audio: Audio = "auto",
    absent: Annotated[Absent, typer.Option(help="Values of rows without a medium.")] = Absent.zero,
    suffix: Annotated[
        str, typer.Option(help="After each name; `_feat` for MMRec and its kin.")
    ] = "",
    store: StorePlace = None,
    as_json: AsJson = False,
) -> None:
    """Write the vectors as NAME.npy, row k being item k; what is missing is encoded first."""
    from prismrec.cli.loading import encoded, open_shop
    from prismrec.store.export import export

    done = encoded(open_shop(shop), image=image, text=text, audio=audio, store=store)
    manifest = export(done.data, out, suffix=suffix, absent=absent.value)
    if as_json:
        emit({"folder": str(out), **manifest})
        return
    rows = [
        [feature["file"], manifest[side]["n"], feature["dim"], feature["coverage"]]
        for side in ("items", "users")
        for feature in manifest[side]["features"].values()
    ]
    table(str(out), ("file", "rows", "dim", "coverage"), rows)


def _opened(place: str | None, shop: Path) -> tuple[str, AbstractContextManager[Store]]:
    """The store that is meant, which must be there already where it is a file."""
    from prismrec.errors import BadData
    from prismrec.store import default_place, opened

    if not shop.is_dir():
        raise BadData(f"{shop} is not a folder; give the folder that holds interactions.csv")
    text = default_place(shop) if place is None else place
    path = Path(text.removeprefix("sqlite:"))
    if path.suffix == ".sqlite" and not path.exists():
        raise BadData(f"there is no store at {path}; `prismrec encode {shop}` makes one")
    return text, opened(text, shop)
