"""How a training is going, on stderr: a bar on a terminal, elsewhere a line now and then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars
from rich.text import Text

from prismrec.cli.output import note
from prismrec.train import Progress

__all__ = ["Report", "lines", "live", "told", "watched"]

Report = Callable[[Progress], None]
SECONDS = 10.0  # between two lines


def told(at: Progress) -> str:
    """How it is going: "loss 0.3021, valid 0.0912, best 0.0934"."""
    parts = [f"loss {at.loss:.4f}"]
    if at.figure is not None:
        parts.append(f"valid {at.figure:.4f}")
    if at.best is not None:
        parts.append(f"best {at.best:.4f}")
    return ", ".join(parts)


@contextmanager
def watched(*, quiet: bool) -> Iterator[Report | None]:
    """What to call after each epoch; nothing is shown before the first one, or where quiet."""
    console = Console(stderr=True)
    if quiet:
        yield None
    elif console.is_terminal:
        with _bars(console) as bars:
            yield live(bars)
    else:
        yield lines()


def lines(*, seconds: float = SECONDS) -> Report:
    """Say in a line how it is going, at most once in some seconds."""
    said = time.monotonic()

    def report(at: Progress) -> None:
        nonlocal said
        if time.monotonic() - said >= seconds:
            said = time.monotonic()
            stage = f"{at.stage}: " if at.stage else ""
            note(f"{stage}epoch {at.epoch} of at most {at.epochs}, {told(at)}")

    return report


def live(bars: Bars) -> Report:
    """Show it as a bar, one after the other where a fit has several stages."""
    shown: dict[str, TaskID] = {}

    def report(at: Progress) -> None:
        if at.stage not in shown:
            for before in bars.task_ids:
                bars.remove_task(before)
            shown[at.stage] = bars.add_task(at.stage or "training", total=at.epochs, told="")
        bars.update(shown[at.stage], completed=at.epoch, total=at.epochs, told=told(at))

    return report


def _bars(console: Console) -> Bars:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[told]}"),
        _AtMost(),
    )
    return Bars(*columns, console=console, transient=True)


class _AtMost(ProgressColumn):
    """Time to the last epoch, which early stopping may spare."""

    left = TimeRemainingColumn()

    def render(self, task: Task) -> Text:
        return Text("at most ", style="dim") + self.left.render(task)
