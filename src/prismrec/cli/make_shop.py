"""`prismrec make-shop`: the generated record shop, to try everything on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prismrec.cli.options import AsJson, Seed
from prismrec.cli.output import emit, say

__all__ = ["make_shop"]


def make_shop(
    path: Annotated[Path, typer.Argument(help="Folder to make; it must be new or empty.")],
    items: Annotated[int, typer.Option(min=1, help="Number of records.")] = 300,
    users: Annotated[int, typer.Option(min=1, help="Number of listeners.")] = 600,
    seed: Seed = 7,
    as_json: AsJson = False,
) -> None:
    """Generate a record shop: covers, blurbs, sounds and a year of listening."""
    from prismrec.data.demo import make_shop

    made = make_shop(path, items=items, users=users, seed=seed)
    if as_json:
        emit({"path": str(made), "items": items, "users": users, "seed": seed})
    else:
        say(f"A record shop with {items} records and {users} listeners stands in {made}")
