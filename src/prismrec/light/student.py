"""Distillation: towers of few dimensions that learn to rank as a fitted model does."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from prismrec.data.dataset import Dataset
from prismrec.errors import BadData
from prismrec.light.lessons import Lesson, lessons
from prismrec.light.strangers import Side, levelled
from prismrec.nn.embeddings import rows
from prismrec.nn.sampling import shuffled
from prismrec.rankers import Ranker, Towers
from prismrec.rankers.newcomers import Newcomers
from prismrec.train import Training
from prismrec.train.loop import Schedule, run
from prismrec.train.randomness import seeded

__all__ = ["Student", "distilled"]

FEWEST = 16  # steps of an epoch
NEVER = -1e9  # score of what is no candidate; finite, so that a row of nothing else has a gradient


@dataclass(frozen=True)
class Student:
    """How small towers learn from a large model's lists.

    loss = mean over users of -sum over the list of wanted_j log p_j, where p is the softmax of the
    student's scores over the user's list and a sample of the rest of the catalogue, which counts
    for all of it. Where items have no history yet the same is learnt of a second list, of these
    items alone: on the first they hardly ever stand.

    Source: the idea of J. Tang and K. Wang 2018, Ranking distillation, arXiv 1809.07428.
    Departures: they weigh each place of a short list by a fixed curve and add the loss of the log;
    here a longer list is weighed by the teacher's own scores, and the log is not looked at, since
    what a user has used is not recommended again.

    Relations: with the log itself as the list it would be a softmax matrix factorisation.
    """

    dim: int = 32
    depth: int = 100  # items of the teacher's list of each user
    temperature: float = 1.0  # the lower, the more the first places of a list count
    samples: int = 1024  # items that stand for the rest of the catalogue in a batch
    media: bool = True  # whether to keep media, which place new items but outweigh the vectors
    learning_rate: float = 0.02
    batch_size: int = 512  # users
    epochs: int = 30

    def __post_init__(self) -> None:
        for name in ("dim", "depth", "samples", "batch_size", "epochs"):
            if getattr(self, name) < 1:
                raise BadData(f"student: {name} must be 1 or more, not {getattr(self, name)}")
        if not self.temperature > 0:
            raise BadData(f"student: temperature must be above 0, not {self.temperature:g}")


def distilled(
    teacher: Ranker, train: Dataset, student: Student = Student(), *, how: Training = Training()
) -> Towers:
    """Small towers that rank as a fitted model does.

    Args:
        teacher: any fitted model.
        train: the log it was fitted on; media are the teacher's where it comes without.
        student: how small, and how it learns.
        how: options of the run; `valid` is not looked at.

    Raises:
        BadData: where teacher and log do not have the same items, or a teacher without opinions.
    """
    if teacher.n_items != train.n_items:
        raise BadData(
            f"the teacher knows {teacher.n_items} items, the log {train.n_items}; give the log "
            "that it was fitted on"
        )
    found, known = lessons(teacher, train, depth=student.depth, temperature=student.temperature)
    if not known.any():
        raise BadData("the teacher has no opinion of any item, so there is nothing to learn")
    with seeded(how.seed):
        task = _Student(student, found, train)
    run(task, how, schedule=Schedule(student.learning_rate, student.epochs))
    with torch.no_grad():
        raw = Side(task.users.numpy(), task.items.numpy(), task.bias[:, 0].numpy())
    side = levelled(raw, train.matrix())
    return Towers(
        side.users,
        side.items,
        side.bias,
        has_opinion=None if known.all() else known,
        newcomers=_newcomers(teacher, train) if student.media else None,
        about={"model": "student", **asdict(student), "teacher": dict(_about(teacher))},
    )


def _newcomers(teacher: Ranker, train: Dataset) -> Newcomers | None:
    """Media of the log or, where it comes without, those that the teacher kept."""
    vectors = {name: f for name, f in train.items.items() if f.layout == "vector"}
    if vectors:
        return Newcomers.of(vectors)
    kept: Newcomers | None = getattr(teacher, "newcomers", None)
    return None if kept is None else Newcomers(kept.vectors, kept.centres, neighbours=10)


def _about(teacher: Ranker) -> dict[str, object]:
    return dict(getattr(teacher, "about", {}))


class _Student(nn.Module):
    offsets: Tensor
    used: Tensor

    def __init__(self, student: Student, given: list[Lesson], train: Dataset) -> None:
        super().__init__()
        self.student, self.n = student, len(given)
        self.users = nn.Parameter(0.1 * torch.randn(train.n_users, student.dim))
        self.items = nn.Parameter(0.1 * torch.randn(train.n_items, student.dim))
        self.bias = nn.Parameter(torch.zeros(train.n_items, 1))
        history = train.matrix()
        arrays: dict[str, npt.NDArray[Any]] = {"offsets": history.indptr, "used": history.indices}
        for k, lesson in enumerate(given):
            arrays |= {f"candidates_{k}": lesson.candidates, f"listed_{k}": lesson.items}
            self.register_buffer(f"wanted_{k}", torch.from_numpy(lesson.wanted), persistent=False)
        for name, array in arrays.items():
            tensor = torch.from_numpy(array.astype(np.int64))
            self.register_buffer(name, tensor, persistent=False)

    def batches(self, rng: np.random.Generator) -> Iterator[tuple[Tensor, ...]]:
        n = len(self.users)
        return shuffled(rng, np.arange(n), min(self.student.batch_size, -(-n // FEWEST)))

    def forward(self, users: Tensor) -> Tensor:
        losses = [self._loss(users, k) for k in range(self.n)]
        return torch.stack(losses).mean()

    def _loss(self, users: Tensor, k: int) -> Tensor:
        candidates: Tensor = getattr(self, f"candidates_{k}")
        listed = rows(getattr(self, f"listed_{k}"), users)  # (b, k)
        wanted = rows(getattr(self, f"wanted_{k}"), users)
        who = rows(self.users, users)
        vectors = rows(self.items, listed.view(-1)).view(*listed.shape, -1)
        bias = rows(self.bias, listed.view(-1)).view(listed.shape)
        inside = torch.bmm(vectors, who.unsqueeze(2))[:, :, 0] + bias
        size = min(self.student.samples, len(candidates))
        drawn = candidates[torch.randperm(len(candidates), device=users.device)[:size]]
        others = who @ rows(self.items, drawn).T + rows(self.bias, drawn)[:, 0]
        others = others + math.log(len(candidates) / size)
        others = others.masked_fill(self._known(users, listed, drawn), NEVER)
        silent = inside.masked_fill(wanted == 0, NEVER)
        total = torch.logsumexp(torch.cat([silent, others], 1), 1)
        return (total * wanted.sum(1) - (wanted * inside).sum(1)).mean()

    def _known(self, users: Tensor, listed: Tensor, drawn: Tensor) -> Tensor:
        """(b, s) which of the drawn items a user has used or finds on the list."""
        n, width = len(users), len(drawn)
        place = torch.full((len(self.items),), width, device=users.device)
        place[drawn] = torch.arange(width, device=users.device)
        start, count = self.offsets[users], self.offsets[users + 1] - self.offsets[users]
        row = torch.repeat_interleave(torch.arange(n, device=users.device), count)
        first = torch.repeat_interleave(start - count.cumsum(0) + count, count)
        used = self.used[first + torch.arange(len(row), device=users.device)]
        out = torch.zeros((n, width + 1), dtype=torch.bool, device=users.device)
        out[row, place[used]] = True
        return out.scatter(1, place[listed], value=True)[:, :width]
