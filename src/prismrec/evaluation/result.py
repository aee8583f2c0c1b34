"""What an evaluation found, several of them as one, and the difference between two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from prismrec.errors import BadData
from prismrec.evaluation.intervals import Interval, bootstrap
from prismrec.types import Bools, Doubles, Ints

__all__ = ["Evaluation", "difference", "intervals", "pool"]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What was measured, for whom and on which candidates. Metrics are named like "recall@20"."""

    metrics: Mapping[str, Interval]
    per_user: Mapping[str, Doubles]  # (n_users,) each: the values that the means are of
    users: Ints  # (n_users,) rows of those who have a relevant test item
    n_items: int  # candidates
    lists: Mapping[str, float]  # properties of all lists together, like "coverage@20"
    items: Ints  # (n_users, k) what each got, best first, k being the longest; -1 beyond the end
    hits: Bools  # (n_users, k) which of them were to be found
    notes: tuple[str, ...] = ()  # what a reader of the figures should know

    @property
    def n_users(self) -> int:
        """Number of users that the means are over."""
        return len(np.unique(self.users))

    def extended(
        self, per_user: Mapping[str, Doubles], lists: Mapping[str, float] | None = None
    ) -> Evaluation:
        """This evaluation with more figures: (n_users,) values each, and figures of all lists.

        NaN marks a user without a value, who is left out of that mean.
        """
        return replace(
            self,
            metrics={**self.metrics, **intervals(per_user, self.users)},
            per_user={**self.per_user, **per_user},
            lists={**self.lists, **(lists or {})},
        )

    def to_json(self) -> dict[str, Any]:
        """Everything but the values per user."""
        return {
            "metrics": {name: value._asdict() for name, value in self.metrics.items()},
            "lists": dict(self.lists),
            "n_users": self.n_users,
            "n_items": self.n_items,
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        rows = [f"{name:<14}{value}" for name, value in self.metrics.items()]
        rows += [f"{name:<14}{value:.4f}" for name, value in self.lists.items()]
        rows += [f"{self.n_users} users, {self.n_items} candidate items, 95 % intervals"]
        return "\n".join([*rows, *self.notes])


def intervals(
    per_user: Mapping[str, Doubles], users: Ints, *, seed: int = 0
) -> dict[str, Interval]:
    """The interval of each metric, all from the same resamples.

    A user with NaN is left out of that mean, and a metric without any value of the result.
    """
    known = {name: values for name, values in per_user.items() if not np.isnan(values).all()}
    if not known:
        return {}
    found = bootstrap(np.column_stack(list(known.values())), users, seed=seed)
    return dict(zip(known, found, strict=True))


def pool(runs: Sequence[Evaluation]) -> Evaluation:
    """One evaluation from several of the same model, for example one per seed.

    Each (user, run) counts alike; the intervals treat all runs of a user as one draw.
    """
    users = np.concatenate([run.users for run in runs])
    per_user = {
        name: np.concatenate([run.per_user[name] for run in runs]) for name in runs[0].metrics
    }
    return Evaluation(
        metrics=intervals(per_user, users),
        per_user=per_user,
        users=users,
        n_items=round(float(np.mean([run.n_items for run in runs]))),
        lists={name: float(np.mean([run.lists[name] for run in runs])) for name in runs[0].lists},
        items=np.concatenate([run.items for run in runs]),
        hits=np.concatenate([run.hits for run in runs]),
        notes=tuple(dict.fromkeys(note for run in runs for note in run.notes)),
    )


def difference(ours: Evaluation, theirs: Evaluation) -> dict[str, Interval]:
    """How much better `ours` is in each metric, paired by user: better where `low` is above 0.

    Much narrower than the two intervals side by side, because what makes a user hard to serve is
    common to both.

    Raises:
        BadData: where the two did not measure the same users in the same order.
    """
    if not np.array_equal(ours.users, theirs.users):
        raise BadData("these evaluations are of different users; compare runs of one split")
    gaps = {name: ours.per_user[name] - theirs.per_user[name] for name in ours.metrics}
    return intervals(gaps, ours.users)
