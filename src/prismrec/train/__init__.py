"""How to fit: what is not a hyperparameter of the model but of the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from prismrec.data.dataset import Dataset
from prismrec.errors import Leak

__all__ = ["Progress", "Training"]


@dataclass(frozen=True)
class Progress:
    """What a run reports after each epoch."""

    epoch: int  # done, from 1
    epochs: int  # at most
    loss: float  # mean over the batches of the epoch
    figure: float | None = None  # on valid, higher is better; None where it was not measured
    best: float | None = None  # highest so far
    stage: str = ""  # "finding the number of epochs" or "on everything" where a fit has two runs


@dataclass(frozen=True, eq=False)
class Training:
    """Options of one fit. Models in closed form use only `seed` and `valid`.

    A model that is trained in epochs stops early by its figure on `valid`. Without `valid` it runs
    exactly `epochs`; without either it holds out one choice of each of some users to find the
    number of epochs, then runs that many on everything.

    Raises:
        Leak: where `valid` is the test part of a split, or the train part.
    """

    seed: int = 0  # of every random choice
    valid: Dataset | None = None  # where a model may choose a handful of scalars; never test
    device: str = (
        "auto"  # auto, cpu, cuda, cuda:1 or mps; auto takes an accelerator if there is one
    )
    precision: str = "32-true"  # or bf16-mixed, 16-mixed
    processes: int = (
        1  # that share each batch, each with a GPU or some cores; torchrun knows its own
    )
    epochs: int | None = None  # at most; what the model asks for where None
    patience: int | None = None  # epochs without a better figure before the end; as epochs
    checkpoint: Path | None = None  # folder where a run that was killed goes on
    progress: Callable[[Progress], None] | None = None  # called after each epoch

    def __post_init__(self) -> None:
        part = "" if self.valid is None else self.valid.part
        if part in ("train", "test"):
            seen = "measured" if part == "test" else "fitted"
            raise Leak(
                f"Training.valid is the {part} part of a split: settings would be chosen on what "
                f"the model is {seen} on; give the valid part"
            )
