"""The one training loop: early stopping, exact resume, any device and number of processes."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from prismrec.data.dataset import Dataset
from prismrec.data.sketch import sketch
from prismrec.errors import BadData, BadModel
from prismrec.holdout import hold_out
from prismrec.train import Progress, Training, checkpoint, group
from prismrec.train.checkpoint import State
from prismrec.train.fabric import device_of, fabric_of, part_of
from prismrec.train.identity import identity
from prismrec.train.processes import Report, launch
from prismrec.train.randomness import drawn, seeded
from prismrec.train.ranking import Recall

__all__ = ["Schedule", "Task", "Trained", "fit", "run"]

PEOPLE = 20_000  # whose held-out choices are ranked after each epoch
FEW = 20  # epochs on a log that is too small to hold anything out
SECONDS = 10.0  # between two checkpoints
FINDING, EVERYTHING = "finding the number of epochs", "on everything"  # the stages of a fit


class Task(Protocol):
    """What the loop trains: an `nn.Module` whose forward pass is the mean loss of one batch.

    What its steps change is a parameter or a persistent buffer, so that a run can go on where it
    was killed. A task may have `after_backward()`, called between the gradients and the step.
    """

    def batches(self, rng: Any) -> Iterator[tuple[Tensor, ...]]:
        """One epoch of batches; the first axes of a batch's tensors go together."""
        ...

    def forward(self, *batch: Tensor) -> Tensor:
        """The loss, a scalar.

        Where several processes share a batch, each sees its own rows, and their losses are
        averaged: a loss that compares the rows of a batch with each other then sees fewer.
        """
        ...


T = TypeVar("T", bound=nn.Module)
Measure = Callable[[Any], float]  # task -> figure, higher is better


@dataclass(frozen=True)
class Schedule:
    """How long and how fast a model wants to learn, where `Training` does not say otherwise."""

    learning_rate: float = 1e-3  # of Adam
    epochs: int = 300  # at most
    patience: int = 20  # epochs without a better figure before the end
    weight_decay: float = 0.0  # l2 of all parameters, felt in each step


@dataclass(frozen=True, eq=False)
class Trained(Generic[T]):
    """A task with the parameters of its best epoch, and how it went."""

    task: T  # on the CPU, in evaluation mode
    epochs: int  # the best one, or the last where nothing was measured
    losses: list[float]  # by epoch
    figures: list[float | None]  # by epoch, on valid; of the first stage where there were two
    fitted_on: str = ""  # a sketch of the log

    def about(self, model: Any) -> dict[str, Any]:
        """What a manifest says of a model: its hyperparameters, and how it was trained."""
        figures = [None if figure is None else _short(figure) for figure in self.figures]
        losses = [_short(loss) for loss in self.losses]
        went = {"epochs": self.epochs, "losses": losses, "figures": figures}
        return {**asdict(model), **went, "fitted_on": self.fitted_on}


@dataclass(frozen=True, eq=False)
class _Run:
    """All that one process is told."""

    task: nn.Module
    how: Training
    schedule: Schedule
    measure: Measure | None
    stage: str

    @property
    def epochs(self) -> int:
        return self.schedule.epochs if self.how.epochs is None else self.how.epochs

    @property
    def patience(self) -> int:
        return self.schedule.patience if self.how.patience is None else self.how.patience

    @property
    def file(self) -> Path | None:
        if self.how.checkpoint is None:
            return None
        name = self.stage.replace(" ", "-") or "training"
        return self.how.checkpoint / f"{name}.safetensors"


def fit(
    make: Callable[[Dataset], T], train: Dataset, how: Training, *, schedule: Schedule
) -> Trained[T]:
    """Train a recommender and stop where it ranks held-out choices best; see `Training`.

    Args:
        make: a log -> the task, whose `towers()` gives users (n_users, d) and items (n_items, d),
            a score being their dot product. It is called once or twice; its draws follow the seed.
        train: what to learn from.
        how: options of the run.
        schedule: what the model asks for.

    Raises:
        BadData: for an empty log, or a loss that is not finite.
    """
    if not len(train.interactions):
        raise BadData("the log is empty, so there is nothing to learn from")
    return replace(_fit(make, train, how, schedule=schedule), fitted_on=sketch(train))


def _fit(
    make: Callable[[Dataset], T], train: Dataset, how: Training, *, schedule: Schedule
) -> Trained[T]:
    held = None if how.valid is None else hold_out(train, how, people=PEOPLE)
    if held is not None and len(held):
        return run(_made(make, train, how), how, schedule=schedule, measure=Recall(held))
    if how.epochs is not None:
        return run(_made(make, train, how), how, schedule=schedule)
    held = hold_out(train, replace(how, valid=None), people=PEOPLE)
    if not len(held):
        few = replace(how, epochs=min(FEW, schedule.epochs))
        return run(_made(make, train, how), few, schedule=schedule)
    task = _made(make, held.train, how)
    found = run(task, how, schedule=schedule, measure=Recall(held), stage=FINDING)
    enough = replace(how, epochs=found.epochs)
    done = run(_made(make, train, how), enough, schedule=schedule, stage=EVERYTHING)
    return replace(done, figures=found.figures)


def _made(make: Callable[[Dataset], T], train: Dataset, how: Training) -> T:
    with seeded(how.seed):
        return make(train)


def run(
    task: T,
    how: Training,
    *,
    schedule: Schedule,
    measure: Measure | None = None,
    stage: str = "",
) -> Trained[T]:
    """Train a task; with a measure, until its figure no longer rises, and keep the best epoch.

    Args:
        task: a fresh one; it is trained in place.
        how: options of the run; `how.valid` is not looked at.
        schedule: what the model asks for.
        measure: task -> figure, higher is better.
        stage: what to call this run, where a fit has several.

    Raises:
        BadData: for a loss or figure that is not finite, or a device that is not there.
        BadModel: where the checkpoint is damaged or belongs to another run.
    """
    given = _Run(task, replace(how, valid=None, progress=None), schedule, measure, stage)
    if how.processes > 1 and not group.in_group():
        state = launch(partial(_run_apart, given), replace(how, device=device_of(how)))
    else:
        state = _run(given, how.progress)
    if not all(value.isfinite().all() for value in state.chosen.values()):
        raise BadData(_diverged("what was learnt", given))
    task.cpu().load_state_dict(state.chosen)
    task.eval()
    return Trained(task, state.best_epoch or state.epoch, state.losses, state.figures)


def _run_apart(given: _Run, report: Report) -> State:
    # What comes from another process lies in shared memory, where all would train one copy.
    return _run(replace(given, task=copy.deepcopy(given.task)), report)


def _run(given: _Run, report: Report | None) -> State:
    task, schedule = given.task, given.schedule
    fabric, first = fabric_of(given.how), group.place()[0] == 0
    optimizer = torch.optim.Adam(
        task.parameters(),
        lr=schedule.learning_rate,
        weight_decay=schedule.weight_decay,
        fused=given.how.precision != "16-mixed",  # which unscales gradients in a way of its own
    )
    name = _name(given)
    state = State(chosen=_copied(task))
    module, stepper = fabric.setup(task, optimizer)
    scaler = getattr(fabric.strategy.precision, "scaler", None)  # of 16-mixed
    # After the task has gone to its device, so that the optimizer's state follows it there.
    state = _resumed(given, name, optimizer, scaler) or state
    saved = time.monotonic()
    while not state.finished and state.epoch < given.epochs:
        epoch = state.epoch + 1
        with seeded(given.how.seed, epoch):
            loss = _epoch(fabric, module, stepper, given=given, epoch=epoch)
        state.losses.append(loss)
        state.figures.append(_figure(given))
        state.epoch = epoch
        _judged(state, given)
        late = state.finished or epoch == given.epochs or time.monotonic() - saved > SECONDS
        if given.file is not None and first and late:
            parts = {"task": task.state_dict(), "optimizer": optimizer.state_dict()["state"]}
            if scaler is not None:
                parts["scaler"] = scaler.state_dict()
            checkpoint.write(given.file, state, parts, name=name)
            saved = time.monotonic()
        if report is not None and first:
            figure = state.figures[-1]
            report(Progress(epoch, given.epochs, loss, figure, state.best, given.stage))
    return state


def _name(given: _Run) -> str:
    """The identity of a run that keeps a checkpoint."""
    if given.file is None:
        return ""
    checkpoint.folder_of(given.file.parent)
    said = given.schedule.learning_rate, given.schedule.weight_decay
    return identity(given.task, given.measure, said, given.how.seed, given.how.precision)


def _resumed(given: _Run, name: str, optimizer: torch.optim.Adam, scaler: Any) -> State | None:
    """Where the checkpoint of a run says that it is; None where there is none."""
    found = checkpoint.read(given.file, name) if given.file is not None else None
    if found is None:
        return None
    state, parts = found
    if state.epoch > given.epochs:
        raise BadModel(
            f"{given.file}: is at epoch {state.epoch}, past the {given.epochs} asked for; "
            f"{checkpoint.ANEW}"
        )
    given.task.load_state_dict(parts["task"])
    whole = optimizer.state_dict()
    whole["state"] = {int(key): value for key, value in parts["optimizer"].items()}
    optimizer.load_state_dict(whole)
    if scaler is not None:
        scaler.load_state_dict(parts["scaler"])
    # More patience than the run had that ended here lets it go on.
    state.finished = state.finished and state.epoch - state.best_epoch >= given.patience
    return state


def _epoch(fabric: Fabric, module: Any, optimizer: Any, *, given: _Run, epoch: int) -> float:
    """The mean loss of one pass over the batches."""
    task: Any = given.task
    after = getattr(task, "after_backward", None)
    task.train()
    losses = []
    for batch in task.batches(drawn(given.how.seed, epoch)):
        part, weight = part_of(batch, fabric)
        loss = module(*part) * weight
        optimizer.zero_grad(set_to_none=True)
        fabric.backward(loss)
        group.average(given.task)
        if after is not None:
            after()
        optimizer.step()
        losses.append(loss.detach())
    total: Any = group.mean(torch.stack(losses).mean()) if losses else 0.0
    mean = float(total)  # read once: each read waits
    if not math.isfinite(mean):
        raise BadData(_diverged(f"the loss of epoch {epoch}", given))
    return mean


def _figure(given: _Run) -> float | None:
    """The figure on valid, measured by the first process and told to the others."""
    if given.measure is None:
        return None
    figure = 0.0
    if group.place()[0] == 0:
        given.task.eval()
        with torch.no_grad():
            figure = float(given.measure(given.task))
    figure = group.first_says(figure)
    if not math.isfinite(figure):
        raise BadData(_diverged("the figure on valid", given))
    return figure


def _diverged(what: str, given: _Run) -> str:
    rate = given.schedule.learning_rate
    return f"{what} is not finite; lower the learning rate, which is {rate:g}"


def _judged(state: State, given: _Run) -> None:
    """Keep the parameters where they are the best so far; see whether this was the end."""
    figure = state.figures[-1]
    if figure is None:
        if state.epoch == given.epochs:
            state.best_epoch, state.chosen = state.epoch, _copied(given.task)
    elif state.best is None or figure > state.best:
        state.best, state.best_epoch, state.chosen = figure, state.epoch, _copied(given.task)
    else:
        state.finished = state.epoch - state.best_epoch >= given.patience


def _copied(task: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().cpu().clone() for name, value in task.state_dict().items()}


def _short(value: float) -> float:
    return float(f"{value:.5g}")
