"""`prismrec state`: what a server was told: how much, as a shop, as a copy, and tidied up."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prismrec.cli.options import AsJson, ShopPath
from prismrec.cli.output import emit, note, say, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import URL

    from prismrec.serve.database import Database

__all__ = ["backup", "export", "info", "prune", "state"]

state = typer.Typer(help="Look after what a server was told.", no_args_is_help=True)

Place = Annotated[
    str,
    typer.Argument(
        metavar="DATABASE|SHOP",
        help="Address of the database, or the shop whose server keeps its own file.",
    ),
]
Url = Annotated[
    str | None,
    typer.Option(
        "--database", metavar="URL", help="The server's database; else PRISMREC_DATABASE."
    ),
]


@state.command()
def info(place: Place, database: Url = None, as_json: AsJson = False) -> None:
    """Say what there is: events, items, media, keys."""
    from prismrec.serve.database.opening import NEWEST

    with _opened(place, database) as opened:
        name, rows, size = str(opened), opened.counts(), opened.size()
    if as_json:
        emit({"database": name, "schema": NEWEST, "bytes": size, "rows": rows})
        return
    say(f"{name}, schema {NEWEST}, {size / 1e6:.1f} MB")
    table("", ("table", "rows"), sorted(rows.items()))


@state.command()
def export(
    shop: ShopPath,
    out: Annotated[Path, typer.Option(metavar="NEWSHOP", help="New folder for the shop.")],
    database: Url = None,
    as_json: AsJson = False,
) -> None:
    """Write the shop with all that its server was told, so that a model can learn from it.

    The server goes on with the old folder, and takes a model that was fitted on the new one.
    """
    from prismrec.cli.loading import open_shop

    with _opened(str(shop), database) as opened:
        from prismrec.serve.database.exporting import export

        made = export(open_shop(shop), opened, out)
    if as_json:
        emit({"shop": str(out), **vars(made)})
        return
    say(
        f"{made.items} items, {made.posted} of them posted; {made.interactions} interactions, "
        f"{made.events} of them events"
    )
    if made.removed or made.left_out:
        note(f"left out: {made.removed} removed items, {made.left_out} events without interest")
    if made.lost:
        note(f"{made.lost} posted media are no longer kept; post them again")
    note(f"next: prismrec fit {out}")


@state.command()
def backup(
    place: Place,
    out: Annotated[Path, typer.Option(metavar="FILE", help="New file for the copy.")],
    database: Url = None,
    as_json: AsJson = False,
) -> None:
    """Copy the database while its server goes on; for PostgreSQL, say which command does it."""
    from prismrec.errors import BadData

    url = _address(place, database)
    from prismrec.serve.database.upkeep import backup, dump_command

    if url.get_backend_name() != "sqlite":
        raise BadData(f"PostgreSQL copies itself; run: {dump_command(url, out)}")
    size = backup(url, out)
    if as_json:
        emit({"file": str(out), "bytes": size})
    else:
        say(f"{out}, {size / 1e6:.1f} MB")


@state.command()
def prune(place: Place, database: Url = None, as_json: AsJson = False) -> None:
    """Forget answers older than a week and media that no item refers to, and give room back."""
    with _opened(place, database) as opened:
        from prismrec.serve.database.upkeep import compact

        before = opened.size()
        found = opened.prune()
        compact(opened)
        freed = before - opened.size()
    if as_json:
        emit({**found, "freed_bytes": freed})
    else:
        say(f"{found['answers']} answers and {found['media']} media, {freed / 1e6:.1f} MB")


@contextmanager
def _opened(place: str, url: str | None = None) -> Iterator[Database]:
    """The database that is meant, brought up to date."""
    address = _address(place, url)
    from prismrec.serve.database import Database

    database = Database(address.render_as_string(hide_password=False))
    try:
        yield database
    finally:
        database.close()


def _address(place: str, url: str | None) -> URL:
    """Where the database is that is meant, which must be there."""
    from prismrec.errors import BadData
    from prismrec.packages import require

    for package in ("sqlalchemy", "alembic", "pydantic_settings"):
        require(package, "serve")
    from prismrec.serve.database.opening import address_of, default_address
    from prismrec.serve.settings import read_settings

    address = place
    if "://" not in place:
        if not Path(place).is_dir():
            raise BadData(
                f"{place} is no folder; give a shop, or an address such as sqlite:///FILE"
            )
        address = read_settings({"database": url}).database or default_address(Path(place))
    parts = address_of(address)
    if parts.get_backend_name() == "sqlite" and not Path(parts.database or "").is_file():
        raise BadData(f"there is no database at {parts.database}; `prismrec serve` makes one")
    return parts
