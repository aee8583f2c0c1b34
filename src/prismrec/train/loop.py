"""The one training loop: early stopping, exact resume, any device and number of processes."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from prismrec.data.dataset import Dataset
from prismrec.errors import BadData
from prismrec.holdout import hold_out
from prismrec.train import Progress, Training, checkpoint
from prismrec.train.checkpoint import State
from prismrec.train.fabric import fabric_of, part_of
from prismrec.train.randomness import drawn, seeded
from prismrec.train.ranking import Recall

__all__ = ["Schedule", "Task", "Trained", "fit", "run"]

PEOPLE = 20_000  # whose held-out choices are ranked after each epoch
FEW = 20  # epochs on a log that is too small to hold anything out
SECONDS = 10.0  # between two checkpoints


class Task(Protocol):
    """What the loop trains: an `nn.Module` whose forward pass is the mean loss of one batch.

    A task may have `after_backward()`, called between the gradients and the step.
    """

    def batches(self, rng: Any) -> Iterator[tuple[Tensor, ...]]:
        """One epoch of batches; the first axes of a batch's tensors go together."""
        ...

    def forward(self, *batch: Tensor) -> Tensor:
        """The loss, a scalar."""
        ...


T = TypeVar("T", bound=nn.Module)
Measure = Callable[[Any], float]  # task -> figure, higher is better


@dataclass(frozen=True)
class Schedule:
    """How long and how fast a model wants to learn, where `Training` does not say otherwise."""

    learning_rate: float = 1e-3  # of Adam
    epochs: int = 300  # at most
    patience: int = 15  # epochs without a better figure before the end
    weight_decay: float = 0.0  # l2 of all parameters, felt in each step


@dataclass(frozen=True, eq=False)
class Trained(Generic[T]):
    """A task with the parameters of its best epoch, and how it went."""

    task: T  # on the CPU, in evaluation mode
    epochs: int  # the best one, or the last where nothing was measured
    losses: list[float]  # by epoch
    figures: list[float | None]  # by epoch, on valid


@dataclass(frozen=True, eq=False)
class _Run:
    """All that one process is told."""

    task: nn.Module
    how: Training
    schedule: Schedule
    measure: Measure | None
    name: str

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
        return self.how.checkpoint / f"{self.name.replace(' ', '-') or 'training'}.safetensors"


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
    valid = how.valid is not None and len(how.valid.interactions) > 0
    if not valid and how.epochs is not None:
        return _made(make, train, how, schedule=schedule)
    held = hold_out(train, how if valid else replace(how, valid=None), people=PEOPLE)
    if not len(held):
        return _made(make, train, replace(how, epochs=FEW), schedule=schedule)
    with seeded(how.seed):
        task = make(held.train)
    name = "" if valid else "finding the number of epochs"
    found = run(task, how, schedule=schedule, measure=Recall(held), name=name)
    if valid:
        return found
    return _made(make, train, replace(how, epochs=found.epochs), schedule=schedule)


def _made(
    make: Callable[[Dataset], T], train: Dataset, how: Training, *, schedule: Schedule
) -> Trained[T]:
    with seeded(how.seed):
        task = make(train)
    return run(task, how, schedule=schedule)


def run(
    task: T,
    how: Training,
    *,
    schedule: Schedule,
    measure: Measure | None = None,
    name: str = "",
) -> Trained[T]:
    """Train a task; with a measure, until its figure no longer rises, and keep the best epoch.

    Args:
        task: a fresh one; it is trained in place.
        how: options of the run; `how.valid` is not looked at.
        schedule: what the model asks for.
        measure: task -> figure, higher is better.
        name: of the stage, where a fit has several.

    Raises:
        BadData: for a loss that is not finite, or a device that is not there.
        BadModel: where the checkpoint is damaged or belongs to another run.
    """
    given = _Run(task, how, schedule, measure, name)
    fabric = fabric_of(how)
    if how.processes > 1:
        state: State = fabric.launch(partial(_in_a_process, given=given))
    else:
        state = _run(fabric, given)
    chosen = {name: torch.as_tensor(value) for name, value in state.chosen.items()}
    task.cpu().load_state_dict(chosen)
    task.eval()
    return Trained(task, state.best_epoch or state.epoch, state.losses, state.figures)


def _in_a_process(fabric: Fabric, given: _Run) -> State:
    # What comes from another process lies in shared memory, where all would train one copy.
    state = _run(fabric, replace(given, task=copy.deepcopy(given.task)))
    arrays: Any = {name: value.numpy() for name, value in state.chosen.items()}
    # Arrays travel home by value; a tensor would wait here to be fetched, and nobody waits for it.
    return replace(state, chosen=arrays)


def _run(fabric: Fabric, given: _Run) -> State:
    task, schedule = given.task, given.schedule
    optimizer = torch.optim.Adam(
        task.parameters(),
        lr=schedule.learning_rate,
        weight_decay=schedule.weight_decay,
        fused=given.how.precision != "16-mixed",  # which unscales gradients in a way of its own
    )
    name = checkpoint.identity(task, schedule, given.how.seed, given.how.precision)
    state = _resumed(given, name, optimizer)
    module, optimizer = fabric.setup(task, optimizer)
    saved = time.monotonic()
    while not state.finished and state.epoch < given.epochs:
        epoch = state.epoch + 1
        with seeded(given.how.seed, epoch):
            loss = _epoch(fabric, module, optimizer, given=given, epoch=epoch)
        state.losses.append(loss)
        state.figures.append(_figure(fabric, given))
        state.epoch = epoch
        _judged(state, given)
        late = state.finished or epoch == given.epochs or time.monotonic() - saved > SECONDS
        if given.file is not None and fabric.is_global_zero and late:
            parts = {"task": task.state_dict(), "optimizer": optimizer.state_dict()["state"]}
            checkpoint.write(given.file, state, parts, name=name)
            saved = time.monotonic()
        if given.how.progress is not None and fabric.is_global_zero:
            figure = state.figures[-1]
            given.how.progress(Progress(epoch, given.epochs, loss, figure, state.best, given.name))
    return state


def _resumed(given: _Run, name: str, optimizer: torch.optim.Optimizer) -> State:
    """Where the run is: at its start, or where its checkpoint says."""
    found = checkpoint.read(given.file, name) if given.file is not None else None
    if found is None:
        return State(chosen=_copied(given.task))
    state, parts = found
    given.task.load_state_dict(parts["task"])
    whole = optimizer.state_dict()
    whole["state"] = {int(key): value for key, value in parts["optimizer"].items()}
    optimizer.load_state_dict(whole)
    if state.epoch < given.epochs:  # a longer run than the one that ended here
        state.finished = state.finished and state.epoch - state.best_epoch >= given.patience
    return state


def _epoch(fabric: Fabric, module: Any, optimizer: Any, *, given: _Run, epoch: int) -> float:
    """The mean loss of one pass over the batches."""
    task: Any = given.task
    after = getattr(task, "after_backward", None)
    task.train()
    losses = []
    for batch in task.batches(drawn(given.how.seed, epoch)):
        loss = module(*part_of(batch, fabric))
        optimizer.zero_grad(set_to_none=True)
        fabric.backward(loss)
        if after is not None:
            after()
        optimizer.step()
        losses.append(loss.detach())
    mean = float(torch.stack(losses).mean()) if losses else 0.0  # read once: each read waits
    if not math.isfinite(mean):
        raise BadData(f"the loss of epoch {epoch} is not finite; lower the learning rate")
    return mean


def _figure(fabric: Fabric, given: _Run) -> float | None:
    """The figure on valid, measured by the first process and told to the others."""
    if given.measure is None:
        return None
    figure = 0.0
    if fabric.is_global_zero:
        given.task.eval()
        with torch.no_grad():
            figure = given.measure(given.task)
    return figure if fabric.world_size == 1 else float(fabric.broadcast(figure))


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
