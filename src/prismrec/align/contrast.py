"""Learning by contrast: maps that start at an alignment in closed form and are improved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations, permutations
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from prismrec import registry
from prismrec.data.features import Feature
from prismrec.errors import BadData
from prismrec.nn.sampling import shuffled
from prismrec.reduction import Projection
from prismrec.train import Training
from prismrec.train.loop import Schedule, run
from prismrec.train.randomness import seeded
from prismrec.types import Ints

__all__ = [
    "Branches",
    "Drawing",
    "begun",
    "between_pairs",
    "fit",
    "found",
    "hidden",
    "learnt",
    "together",
]

SHARE = 10  # one row of ten is held out to find the number of epochs
FEWEST = 100  # rows of which some can be held out

Features = Mapping[str, Feature]


class Branches(nn.Module):
    """A linear map for each of m modalities, which starts as a projection does.

    Vectors are centred and scaled to a mean length of 1 once; absent and guessed rows are zero.
    """

    present: Tensor

    def __init__(self, items: Features, start: Mapping[str, Projection]) -> None:
        super().__init__()
        self.names = tuple(items)
        table = np.stack([feature.observed for feature in items.values()], axis=1)
        self.register_buffer("present", torch.from_numpy(table), persistent=False)
        self.centres, self.sizes = {}, []
        self.maps = nn.ModuleList()
        for k, (name, feature) in enumerate(items.items()):
            x = (feature.values - start[name].centre) * feature.observed[:, None]
            size = max(float(np.linalg.norm(x[feature.observed], axis=1).mean()), 1e-12)
            self.register_buffer(f"values_{k}", torch.from_numpy(x / size), persistent=False)
            self.centres[name] = start[name].centre
            self.sizes.append(size)
            matrix = start[name].matrix
            first = np.eye(feature.dim, dtype=np.float32) if matrix is None else matrix
            linear = nn.Linear(first.shape[0], first.shape[1], bias=False)
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(first.T * size))
            self.maps.append(linear)

    def forward(self, rows: Tensor, silent: float = 0.0) -> tuple[Tensor, Tensor]:
        """Vectors (b, m, k), zero where absent, and what is present (b, m) of some rows.

        Args:
            rows: (b,).
            silent: share of the dimensions that are dropped in training.
        """
        parts = []
        for k, linear in enumerate(self.maps):
            x: Tensor = getattr(self, f"values_{k}")
            x = x.index_select(0, rows)
            parts.append(linear(dropout(x, silent, self.training)))
        return torch.stack(parts, dim=1), self.present.index_select(0, rows)

    def projections(self) -> dict[str, Projection]:
        """The maps as they are now."""
        out = {}
        for name, size, linear in zip(self.names, self.sizes, self.maps, strict=True):
            matrix = linear.get_parameter("weight").detach().T.cpu().numpy() / np.float32(size)
            out[name] = Projection(self.centres[name], np.ascontiguousarray(matrix), unit=True)
        return out


T = TypeVar("T", bound=nn.Module)
Measure = Callable[[Any, Ints], float]  # task, rows it has not seen -> figure, higher is better


def fit(
    make: Callable[[Features], T],
    items: Features,
    *,
    how: Training,
    schedule: Schedule,
    measure: Measure,
) -> T:
    """Train a task for as many epochs as held-out rows are best served by.

    A tenth of the rows with two modalities or more is held out to find the number of epochs; then
    all are learnt from. Where no epoch is better than the start, or rows are too few to tell, the
    task stays as it was made. `Training.epochs` leaves nothing to find.

    Args:
        make: items -> a fresh task; its draws follow the seed.
        items: features.
        how: options of the run; `how.valid` is not looked at.
        schedule: how long and how fast.
        measure: task, rows that were hidden from it -> figure, higher is better.
    """

    def begin(some: Features) -> T:
        with seeded(how.seed):
            return make(some)

    epochs, rows = how.epochs, together(items)
    if epochs is None and len(rows) >= FEWEST:
        held = np.random.default_rng(how.seed).permutation(rows)[: len(rows) // SHARE]
        task = begin(hidden(items, held)).eval()
        with torch.no_grad():
            before = measure(task, held)
        trained = run(
            task,
            how,
            schedule=schedule,
            measure=lambda task: measure(task, held),
            stage="finding the number of epochs",
        )
        best = max((figure for figure in trained.figures if figure is not None), default=before)
        epochs = trained.epochs if best > before else 0
    task = begin(items)
    if not epochs:
        return task.eval()
    return run(task, replace(how, epochs=epochs), schedule=schedule, stage="on everything").task


def begun(items: Features, start: str) -> dict[str, Projection]:
    """The alignment in closed form where learning starts.

    Raises:
        BadData: for less than two modalities, or where they never go together.
    """
    if len(items) < 2:
        raise BadData("two modalities or more are needed to learn how they belong together")
    (alignment,) = registry.build_steps("alignments", start)
    first: dict[str, Projection] = alignment.fit(items)
    return first


def together(items: Features) -> Ints:
    """Rows that have two modalities or more, none of them guessed."""
    table = np.stack([feature.observed for feature in items.values()], axis=1)
    return np.flatnonzero(table.sum(axis=1) > 1)


def hidden(items: Features, rows: Ints) -> dict[str, Feature]:
    """The features with some rows made absent."""
    out = {}
    for name, feature in items.items():
        left = feature.observed.copy()
        left[rows] = False
        out[name] = Feature.of(feature.values, left, feature.encoder)
    return out


def found(learnt: Mapping[str, Projection], items: Features, rows: Ints) -> float:
    """How well modalities of some rows find each other: mean recall over ordered pairs, 0 to 1.

    A row is found where less than a tenth of the candidates are nearer to what is asked.
    """
    figures = []
    for one, other in permutations(items, 2):
        both = rows[items[one].observed[rows] & items[other].observed[rows]]
        if len(both):
            x, y = (learnt[name](items[name].values[both]) for name in (one, other))
            scores = x @ y.T
            rank = (scores > scores.diagonal()[:, None]).sum(axis=1)
            figures.append(float((rank < max(1, len(both) // 10)).mean()))
    return float(np.mean(figures)) if figures else 0.0


@dataclass(frozen=True)
class Drawing:
    """Where a contrast starts, and what its steps look at."""

    start: str  # alignment, with its fields in brackets
    seed: int
    batch_size: int  # rows that look for their partners among each other
    dropout: float  # share of the dimensions of each vector that are silent


class Contrast(nn.Module):
    """Task: a loss between all pairs of modalities."""

    rows: Tensor

    def __init__(self, items: Features, loss: nn.Module, *, drawing: Drawing) -> None:
        super().__init__()
        self.branches = Branches(items, begun(items, drawing.start))
        self.loss, self.drawing = loss, drawing
        self.register_buffer("rows", torch.from_numpy(together(items)), persistent=False)

    def batches(self, rng: np.random.Generator) -> Iterator[tuple[Tensor, ...]]:
        """One epoch of rows that have two modalities or more."""
        return shuffled(rng, self.rows.cpu().numpy(), self.drawing.batch_size)

    def forward(self, rows: Tensor) -> Tensor:
        """The loss of some rows."""
        x, present = self.branches(rows, self.drawing.dropout)
        return between_pairs(self.loss, x, present)


def between_pairs(loss: nn.Module, x: Tensor, present: Tensor) -> Tensor:
    """The mean of a loss over all pairs of m modalities.

    Args:
        loss: forward(one (n, k), other (n, k), present (n,)) -> scalar.
        x: (n, m, k).
        present: (n, m) bool.
    """
    losses = [
        loss(x[:, i], x[:, j], present[:, i] & present[:, j])
        for i, j in combinations(range(x.shape[1]), 2)
    ]
    return torch.stack(losses).mean()


def learnt(
    items: Features,
    loss: Callable[[], nn.Module],
    *,
    drawing: Drawing,
    schedule: Schedule,
) -> dict[str, Projection]:
    """Projections that make a loss between all pairs of modalities small.

    Args:
        items: features.
        loss: makes a module, forward(one (n, k), other (n, k), present (n,)) -> scalar.
        drawing: where learning starts, and what a step looks at.
        schedule: how long and how fast.

    Raises:
        BadData: for less than two modalities, or where they never go together.
    """

    def measure(task: Contrast, held: Ints) -> float:
        return found(task.branches.projections(), items, held)

    task = fit(
        lambda some: Contrast(some, loss(), drawing=drawing),
        items,
        how=Training(seed=drawing.seed),
        schedule=schedule,
        measure=measure,
    )
    return task.branches.projections()
