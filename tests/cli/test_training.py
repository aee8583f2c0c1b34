"""How a training is going, as it is shown."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from prismrec.cli import training
from prismrec.train import Progress

FIRST = Progress(1, 40, 0.69314, stage="finding the number of epochs")
LATER = Progress(7, 40, 0.5, 0.0912, 0.0934, "finding the number of epochs")
LAST = Progress(2, 9, 0.25, stage="on everything")


def test_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    rare, often = training.lines(seconds=60), training.lines(seconds=0)
    rare(FIRST)
    assert capsys.readouterr().err == ""
    often(FIRST)
    often(LATER)
    often(Progress(1, 3, 0.5))
    first, later, plain = capsys.readouterr().err.splitlines()
    assert first == "finding the number of epochs: epoch 1 of at most 40, loss 0.6931"
    assert later.endswith("epoch 7 of at most 40, loss 0.5000, valid 0.0912, best 0.0934")
    assert plain == "epoch 1 of at most 3, loss 0.5000"


def test_a_bar_for_the_stage_that_is_going_on() -> None:
    out = StringIO()
    console = Console(file=out, force_terminal=True, width=160)
    with training._bars(console) as bars:
        report = training.live(bars)
        report(FIRST)
        report(LATER)
        bars.refresh()
        assert [(task.completed, task.total) for task in bars.tasks] == [(7, 40)]
        report(LAST)
        assert [(task.completed, task.total) for task in bars.tasks] == [(2, 9)]
        assert bars.tasks[0].description == "on everything"
    for part in ("7/40", "loss 0.5000, valid 0.0912, best 0.0934", "at most"):
        assert part in out.getvalue()


def test_nothing_is_said_where_it_is_to_be_quiet() -> None:
    with training.watched(quiet=True) as report:
        assert report is None


def test_without_a_terminal_there_are_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with training.watched(quiet=False) as report:
        assert report is not None
        report(FIRST)
    assert capsys.readouterr().err == ""  # it has not been 10 s
