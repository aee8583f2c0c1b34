"""The table of commands, and what happens to an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperGroup

import prismrec
from prismrec.cli.check import check
from prismrec.cli.compare import compare
from prismrec.cli.demo import demo
from prismrec.cli.encode import encode
from prismrec.cli.evaluate import evaluate
from prismrec.cli.explain import explain
from prismrec.cli.fit import fit
from prismrec.cli.generalise import generalise
from prismrec.cli.keys import keys
from prismrec.cli.light import light
from prismrec.cli.list import list_names
from prismrec.cli.make_shop import make_shop
from prismrec.cli.modalities import modalities
from prismrec.cli.output import complain
from prismrec.cli.recommend import recommend
from prismrec.cli.search import search
from prismrec.cli.serve import serve
from prismrec.cli.state import state
from prismrec.cli.store import store
from prismrec.cli.tune import tune
from prismrec.errors import PrismrecError

__all__ = ["app"]


class _Commands(TyperGroup):
    """Turns what prismrec refuses into one red line and exit code 1."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except PrismrecError as error:
            complain(str(error))
            raise typer.Exit(1) from None


app = typer.Typer(
    name="prismrec",
    cls=_Commands,
    help="Recommendations from what is seen, read and heard.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(prismrec.__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and leave."
    ),
) -> None:
    """Recommendations from what is seen, read and heard."""


COMMANDS: dict[str, Callable[..., None]] = {
    "make-shop": make_shop,
    "check": check,
    "encode": encode,
    "fit": fit,
    "evaluate": evaluate,
    "compare": compare,
    "tune": tune,
    "modalities": modalities,
    "generalise": generalise,
    "recommend": recommend,
    "explain": explain,
    "light": light,
    "search": search,
    "serve": serve,
    "list": list_names,
    "demo": demo,
}
for name, command in COMMANDS.items():
    app.command(name)(command)
GROUPS: dict[str, typer.Typer] = {"store": store, "keys": keys, "state": state}
for name, group in GROUPS.items():
    app.add_typer(group, name=name)
