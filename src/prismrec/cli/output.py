"""What a command says: results on stdout; progress, notes and complaints on stderr."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

__all__ = ["complain", "emit", "heading", "note", "say", "table", "tracked", "warn"]

PIPE_WIDTH = 120  # of a table that no terminal limits


def emit(value: Any) -> None:
    """Print a value as JSON; numbers that JSON cannot write become null."""
    typer.echo(json.dumps(_plain(value), ensure_ascii=False, indent=2))


def say(text: str = "") -> None:
    """Print a line of the result; `[bold]`-like markup is understood."""
    Console(highlight=False, soft_wrap=True).print(text)


def heading(text: str) -> None:
    """Print the title of a part of the result."""
    Console(highlight=False, soft_wrap=True).print(f"\n[bold cyan]{escape(text)}[/bold cyan]\n")


def warn(text: str) -> None:
    """Print in yellow a line of the result that asks for attention."""
    Console(highlight=False, soft_wrap=True).print(escape(text), style="yellow")


def note(text: str) -> None:
    """Say on stderr what is going on."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(escape(text), style="dim")


def complain(text: str) -> None:
    """Say in red on stderr what is wrong."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(escape(text), style="red")


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; numbers stand to the right."""
    lines = [[_cell(value) for value in row] for row in rows]
    numeric = [all(_is_number(line[i]) for line in lines) for i in range(len(columns))]
    out = Table(title=title or None, title_justify="left", title_style="bold", box=None)
    for column, right in zip(columns, numeric, strict=True):
        out.add_column(column, justify="right" if right else "left", header_style="dim")
    for line in lines:
        out.add_row(*map(escape, line))
    console = Console(highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPE_WIDTH
    console.print(out)


@contextmanager
def tracked(description: str) -> Iterator[Callable[[int, int, str], None]]:
    """A bar on stderr that vanishes when done; yields what to call with (done, total, what).

    Nothing is drawn where stderr is no terminal.
    """
    console = Console(stderr=True)
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[what]}"),
    )
    text = TextColumn("{task.description}")
    with Progress(
        text, *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bars:
        task = bars.add_task(description, total=None, what="")

        def step(done: int, total: int, what: str) -> None:
            bars.update(task, completed=done, total=total, what=escape(what))

        yield step


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if hasattr(value, "item"):  # a numpy scalar
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _is_number(text: str) -> bool:
    return not text.strip("-+0123456789.,% ±")
