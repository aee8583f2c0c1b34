"""`prismrec make-shop`: the generated record shop, to try everything on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prismrec.cli.options import AsJson, Seed
from prismrec.cli.output import emit, say, tracked

__all__ = ["generate", "make_shop"]


def make_shop(
    path: Annotated[
        Path, typer.Argument(help="Folder to make; new, empty or an older record shop.")
    ],
    items: Annotated[int, typer.Option(help="Number of records.")] = 300,
    users: Annotated[int, typer.Option(help="Number of listeners.")] = 600,
    seed: Seed = 7,
    as_json: AsJson = False,
) -> None:
    """Generate a record shop: covers, blurbs, sounds and a year of listening."""
    generate(path, items=items, users=users, seed=seed)
    if as_json:
        emit({"path": str(path), "items": items, "users": users, "seed": seed})
    else:
        say(f"A record shop with {items} records and {users} listeners stands in {path}")


def generate(path: Path, *, items: int, users: int, seed: int) -> None:
    """Make the shop with a progress bar."""
    from prismrec.data.demo import make_shop

    with tracked("drawing and playing") as step:
        make_shop(
            path,
            items=items,
            users=users,
            seed=seed,
            progress=lambda done, total: step(done, total, "records"),
        )
