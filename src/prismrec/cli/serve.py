"""`prismrec serve`: the API and the page over a fitted model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from prismrec.cli.options import AsJson, ModelPath
from prismrec.cli.output import note, say

__all__ = ["serve"]


def serve(
    model: ModelPath,
    shop: Annotated[
        Path, typer.Option(metavar="SHOP", help="Folder with the log and the catalogue.")
    ],
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="8000 where left out; 0: any free one.")
    ] = None,
    host: Annotated[
        str | None,
        typer.Option(help="Address to listen on; others than this machine's need keys."),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="sqlite:///PATH or postgresql://...; left out, a file in the shop's .prismrec.",
        ),
    ] = None,
    open_: Annotated[
        bool,
        typer.Option("--open", help="Ask for no keys though there are some; this machine only."),
    ] = False,
    page: Annotated[
        bool | None, typer.Option("--page/--no-page", help="Whether there is a page at /.")
    ] = None,
    trusted_hosts: Annotated[
        str | None,
        typer.Option(metavar="NAMES", help="Host names to answer to, with commas."),
    ] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
    as_json: AsJson = False,
) -> None:
    """Answer over HTTP, and show a page, until stopped; every PRISMREC_ variable is a setting."""
    from prismrec.packages import require

    for package in ("fastapi", "uvicorn", "sqlalchemy", "pydantic_settings"):
        require(package, "serve")
    from prismrec.serve.settings import read_settings

    given: dict[str, Any] = {
        "port": port,
        "host": host,
        "database": database,
        "open": open_ or None,
        "page": page,
        "trusted_hosts": trusted_hosts,
        "log_level": log_level,
    }
    _run(model, shop, read_settings(given), as_json=as_json)


def _run(model: Path, shop: Path, settings: Any, *, as_json: bool) -> None:
    from prismrec.cli.loading import open_shop
    from prismrec.serve.api.logs import start_logging
    from prismrec.serve.api.running import listening, run
    from prismrec.serve.service import Service

    at = listening(settings)  # first, since a port that is taken is found at once
    start_logging(settings.log_level)
    try:
        service = Service(model, open_shop(shop), settings)
    except BaseException:
        at.close()
        raise

    def started(address: str) -> None:
        _tell(address, as_json)
        service.begin()  # encoders warm up once requests are answered, not before

    run(service, settings, at=at, started=started)
    _leave()


def _leave() -> None:
    """End the process at once where a thread is still within an encoder.

    All is written by now; the interpreter would take such a thread down in the midst of foreign
    code, which ends the process with an abort.
    """
    import os
    import sys
    import threading

    if any(thread is not threading.main_thread() for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _tell(address: str, as_json: bool) -> None:
    if as_json:
        import json

        typer.echo(json.dumps({"address": address}))
    else:
        say(f"[bold]{address}[/bold]")
        note("Ctrl-C stops it")
