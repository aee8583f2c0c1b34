"""What a search found: every trial, the best one, and which fields mattered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prismrec import registry
from prismrec.evaluation.intervals import Interval
from prismrec.tune import settings

__all__ = ["DONE", "FAILED", "PRUNED", "Trial", "Tuned"]

DONE, PRUNED, FAILED = "done", "pruned", "failed"


@dataclass(frozen=True, eq=False)
class Trial:
    """One choice of settings, and how it did on valid."""

    number: int
    state: str  # DONE, PRUNED after some epochs, or FAILED
    settings: Mapping[str, Any]  # the searched fields that were set
    figures: Mapping[str, Interval]  # on valid, by metric; empty unless done
    default: bool = False  # the model as it is without a search
    seconds: float = 0.0
    epochs: int = 0  # 0 where a model is not trained in epochs
    reason: str = ""  # why it failed

    def to_json(self) -> dict[str, Any]:
        """All of it as plain values."""
        return {
            "number": self.number,
            "state": self.state,
            "default": self.default,
            "settings": dict(self.settings),
            "metrics": {name: figure._asdict() for name, figure in self.figures.items()},
            "seconds": self.seconds,
            "epochs": self.epochs,
            "reason": self.reason,
        }


@dataclass(frozen=True, eq=False)
class Tuned:
    """A finished search. The best figure flatters, being the largest of many on one valid part."""

    model: str  # spec as it was asked for; its fields were not searched
    split: str
    metric: str  # what was to be large on valid
    data: str  # fingerprint
    trials: tuple[Trial, ...]  # in their order, the default first
    importance: Mapping[str, float]  # share of each field, 0 to 1; empty where trials are too few

    @property
    def default(self) -> Trial:
        """The model as it is without a search."""
        return next(trial for trial in self.trials if trial.default)

    @property
    def best(self) -> Trial:
        """The trial with the highest figure, of equals the earliest; at the least the default."""
        done = [trial for trial in self.trials if trial.state == DONE]
        return max(done, key=lambda trial: trial.figures[self.metric].mean)

    @property
    def spec(self) -> str:
        """The model with the best settings, as any command and `compare` take it."""
        return settings.described(self.model, self.best.settings)

    def save(self, path: str | Path) -> None:
        """Write the best settings as a file that `fit` and `compare` take as `@FILE`."""
        name, *given = self.model.split(":")
        model = registry.build("models", self.model)
        fixed = [part.partition("=")[0].strip().replace("-", "_") for part in given]
        fields = {field: getattr(model, field) for field in fixed}
        value, default = (t.figures[self.metric].mean for t in (self.best, self.default))
        notes = (
            f"Best of {len(self.trials)} trials on valid, split {self.split}: {self.metric} "
            f"{value:.4f}, as it comes {default:.4f}.",
            f"prismrec fit SHOP --out MODEL --model @{Path(path).name}",
            f"Or pasted: {self.spec}",
        )
        settings.write(Path(path), name, {**fields, **self.best.settings}, notes=notes)

    def to_json(self) -> dict[str, Any]:
        """All of it as plain values."""
        return {
            "model": self.model,
            "spec": self.spec,
            "split": self.split,
            "metric": self.metric,
            "data": self.data,
            "default": self.default.to_json(),
            "best": self.best.to_json(),
            "importance": dict(self.importance),
            "trials": [trial.to_json() for trial in self.trials],
        }
