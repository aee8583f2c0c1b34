"""`prismrec keys`: who may ask a server."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prismrec.cli.options import AsJson
from prismrec.cli.output import emit, note, say, table

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from prismrec.serve.database import Database

__all__ = ["add", "keys", "list_keys", "revoke"]

SCOPES = ("read", "write", "admin")

keys = typer.Typer(help="Look after the keys of a server.", no_args_is_help=True)

Shop = Annotated[
    Path | None,
    typer.Option("--shop", metavar="SHOP", help="The shop whose server it is, for its own file."),
]
Url = Annotated[
    str | None,
    typer.Option(
        "--database", metavar="URL", help="The server's database; else PRISMREC_DATABASE."
    ),
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="What the key is called.")]


@keys.command()
def add(
    name: Name,
    scopes: Annotated[
        str, typer.Option(metavar="NAMES", help=f"With commas, of {', '.join(SCOPES)}.")
    ] = "read",
    days: Annotated[
        int | None, typer.Option(min=1, help="After which it is of no use; left out: never.")
    ] = None,
    shop: Shop = None,
    database: Url = None,
    as_json: AsJson = False,
) -> None:
    """Make a key. It is shown this once; what is kept cannot be turned back into it."""
    wanted = tuple(dict.fromkeys(part.strip() for part in scopes.split(",") if part.strip()))
    if not wanted or set(wanted) - set(SCOPES):
        raise typer.BadParameter(f"{scopes!r} is not a list such as read,write of {SCOPES}")
    expires = None if days is None else int(time.time()) + days * 86_400
    with _opened(shop, database) as opened:
        secret = opened.add_key(name, wanted, expires=expires)
    if as_json:
        emit({"name": name, "scopes": wanted, "key": secret, "expires": expires})
        return
    say(secret)
    note("keep it now; it is not shown again")


@keys.command("list")
def list_keys(shop: Shop = None, database: Url = None, as_json: AsJson = False) -> None:
    """List the keys, without their secrets."""
    with _opened(shop, database) as opened:
        there = opened.keys()
    found = [_plain(key) for key in there]
    if as_json:
        emit({"keys": found})
        return
    rows = [[each["name"], " ".join(each["scopes"]), each["id"], each["state"]] for each in found]
    table("", ("name", "scopes", "id", "state"), rows)


@keys.command()
def revoke(name: Name, shop: Shop = None, database: Url = None, as_json: AsJson = False) -> None:
    """Revoke a key; servers refuse it within five seconds."""
    with _opened(shop, database) as opened:
        opened.revoke_key(name)
    if as_json:
        emit({"name": name, "revoked": True})
    else:
        say(f"{name} is revoked")


def _opened(shop: Path | None, url: str | None) -> AbstractContextManager[Database]:
    """The database that is meant, made where it is not there yet."""
    from prismrec.errors import BadData
    from prismrec.packages import require

    for package in ("sqlalchemy", "alembic", "pydantic_settings"):
        require(package, "serve")
    from prismrec.serve.database import Database
    from prismrec.serve.database.opening import default_address
    from prismrec.serve.settings import read_settings

    address = read_settings({"database": url}).database
    if address is None and shop is not None and shop.is_dir():
        address = default_address(shop)
    if address is None:
        raise BadData("say whose keys: --shop SHOP, --database URL, or PRISMREC_DATABASE")
    return closing(Database(address))


def _plain(key: Any) -> dict[str, Any]:
    """A key without the hash of its secret."""
    over = key.expires is not None and key.expires <= time.time()
    state = "revoked" if key.revoked is not None else "expired" if over else "in use"
    return {
        "name": key.name,
        "scopes": list(key.scopes),
        "id": key.id,
        "state": state,
        "created": key.created,
        "expires": key.expires,
    }
