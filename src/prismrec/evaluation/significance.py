"""Whether one model is better than another, or it only looks so on these users.

Two tests of paired differences, both two-sided. The bootstrap asks about the mean, which is what a
table shows, and agrees with the interval: p < .05 where the 95 % interval leaves out 0. Wilcoxon's
signed ranks ask whether users tend to gain more than they lose, and hold their level for
differences that are symmetric about 0; where one model gives many users a little and takes much
from a few, it speaks of the many.

How often each claims a difference at .05 between two simulated models of equal mean, with values
like ndcg@20 (4,000 experiments each, `benchmarks/significance.py`; docs/benchmarks.md has more):

    users                              30     100    1,000    3,000
    differences symmetric   bootstrap  .070   .050   .054     .043
                            Wilcoxon   .051   .052   .052     .046
    differences skewed      bootstrap  .064   .051   .056     .054
                            Wilcoxon   .413   .891   1.00     1.00
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import stats

from prismrec.errors import BadData, UnknownName
from prismrec.evaluation.intervals import Interval, resampled
from prismrec.evaluation.result import Evaluation
from prismrec.types import Doubles, Ints

__all__ = ["Difference", "bootstrap_p", "compare_all", "holm", "wilcoxon_p"]

DRAWS = 10_000  # the smallest p is 2 / 10,001: small enough to survive Holm among ten models
DECIMALS = 12  # differences below are rounding, not a gain


@dataclass(frozen=True)
class Difference:
    """One model against another in one metric, and how easily that comes by chance."""

    ours: str
    theirs: str
    metric: str
    n_users: int  # who have a value in both
    gap: Interval  # mean of ours - theirs, 95 %
    bootstrap: float  # p of a mean of 0
    wilcoxon: float  # p of signed ranks without direction
    bootstrap_holm: float  # the same, corrected for the number of comparisons made
    wilcoxon_holm: float

    def to_json(self) -> dict[str, Any]:
        """All fields as plain values."""
        return {**asdict(self), "gap": self.gap._asdict()}

    def __str__(self) -> str:
        return (
            f"{self.ours} - {self.theirs} in {self.metric}: {self.gap}, corrected p "
            f"{self.bootstrap_holm:.4f} (bootstrap) and {self.wilcoxon_holm:.4f} (Wilcoxon), "
            f"{self.n_users} users"
        )


def compare_all(
    runs: Mapping[str, Evaluation], metric: str, *, baseline: str | None = None, seed: int = 0
) -> tuple[Difference, ...]:
    """Test each model against the baseline, or every pair where there is none, as one family.

    Args:
        runs: model -> evaluation, all of the same users; pooled ones are welcome.
        metric: such as "ndcg@20". Users whose value is NaN on either side are left out.
        baseline: what the others are compared with. Naming it before looking costs fewer
            comparisons, so smaller differences can be told.
        seed: of the resamples, which all comparisons share.

    Returns:
        Each comparison once: ours - baseline, or the earlier run - the later one.

    Raises:
        BadData: where the runs did not measure the same users in the same order.
        UnknownName: for a metric or baseline that is not there.
    """
    pairs = _pairs(list(runs), baseline)
    if not pairs:
        return ()
    users = _same_users(runs)
    values = {name: _values(run, name, metric) for name, run in runs.items()}
    gaps = np.column_stack([values[ours] - values[theirs] for ours, theirs in pairs])
    gaps = gaps.round(DECIMALS)
    mean, means = resampled(gaps, users, seed=seed, draws=DRAWS)
    low, high = np.quantile(means, [0.025, 0.975], axis=0)
    by_mean, by_rank = _two_sided(means), wilcoxon_p(gaps, users)
    by_mean_holm, by_rank_holm = holm(by_mean), holm(by_rank)
    return tuple(
        Difference(
            ours=ours,
            theirs=theirs,
            metric=metric,
            n_users=len(np.unique(users[~np.isnan(gaps[:, c])])),
            gap=Interval(float(mean[c]), float(low[c]), float(high[c])),
            bootstrap=float(by_mean[c]),
            wilcoxon=float(by_rank[c]),
            bootstrap_holm=float(by_mean_holm[c]),
            wilcoxon_holm=float(by_rank_holm[c]),
        )
        for c, (ours, theirs) in enumerate(pairs)
    )


def bootstrap_p(gaps: Doubles, users: Ints, *, seed: int = 0) -> Doubles:
    """(m,) two-sided p of a mean of 0, by the percentile bootstrap with 10,000 resamples.

    Twice the share of resampled means on the far side of 0: the level of the widest percentile
    interval that just leaves 0 out. Both counts are raised by one, so that p is never 0 (Davison
    and Hinkley 1997, section 4.2).

    Every user gains, so no resampled mean is 0 or below: 2 * (0 + 1) / (10,000 + 1).

    >>> bootstrap_p(np.full((50, 1), 0.1), np.arange(50)).round(6)
    array([0.0002])

    Args:
        gaps: (n, m) ours - theirs, one column per comparison; NaN is left out.
        users: (n,) whose; all rows of a user are drawn together.
        seed: of the resamples, which all columns share.
    """
    return _two_sided(resampled(gaps.round(DECIMALS), users, seed=seed, draws=DRAWS)[1])


def wilcoxon_p(gaps: Doubles, users: Ints) -> Doubles:
    """(m,) two-sided p of Wilcoxon's signed ranks (1945), zeros ranked as by Pratt (1959).

    Normal approximation. Users of several rows count once, by their mean. 1 where nobody differs.
    Users who are served alike are most of them in sparse logs: dropping them, as Wilcoxon did,
    would change the question from "who gains?" to "who gains among those that differ?".

    Gains of 1, 2 and 3: ranks sum to 6, where 3 is expected with variance 3.5. z = 1.6036.

    >>> wilcoxon_p(np.array([[1.0], [2.0], [3.0]]), np.arange(3)).round(4)
    array([0.1088])

    Args:
        gaps: (n, m) ours - theirs, one column per comparison; NaN is left out.
        users: (n,) whose.
    """
    return np.array([_signed_ranks(_per_user(gap, users)) for gap in gaps.T])


def holm(p: Doubles | Sequence[float]) -> Doubles:
    """P values corrected for how many there are: below .05, all claims hold with 95 % (Holm 1979).

    The smallest is multiplied by their number m, the next by m - 1 and so on; none falls below one
    that was smaller before.

    Three times .01 is .03; twice .03 is .06; .04 would be .04 and is raised to .06.

    >>> holm([0.01, 0.04, 0.03])
    array([0.03, 0.06, 0.06])
    """
    p = np.asarray(p, np.float64)
    order = np.argsort(p, kind="stable")
    raised = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(raised, 1)
    return corrected


def _pairs(names: Sequence[str], baseline: str | None) -> list[tuple[str, str]]:
    if baseline is None:
        return list(itertools.combinations(names, 2))
    if baseline not in names:
        raise UnknownName(f"the baseline {baseline!r} is none of the runs: {', '.join(names)}")
    return [(name, baseline) for name in names if name != baseline]


def _same_users(runs: Mapping[str, Evaluation]) -> Ints:
    first, *others = runs.items()
    for name, run in others:
        if not np.array_equal(run.users, first[1].users):
            raise BadData(
                f"{first[0]} and {name} were measured on different users; compare runs of one split"
            )
    return first[1].users


def _values(run: Evaluation, name: str, metric: str) -> Doubles:
    if metric not in run.per_user:
        raise UnknownName(f"{name} has no {metric!r} per user; it has {', '.join(run.per_user)}")
    return run.per_user[metric]


def _two_sided(means: Doubles) -> Doubles:
    """(m,) p from (draws, m) resampled means."""
    below, above = (means <= 0).sum(axis=0), (means >= 0).sum(axis=0)
    p: Doubles = 2 * (np.minimum(below, above) + 1) / (len(means) + 1)
    return p.clip(max=1)


def _per_user(gap: Doubles, users: Ints) -> Doubles:
    """(n_users,) mean gap of those who have one."""
    known = ~np.isnan(gap)
    row = np.unique(users[known], return_inverse=True)[1]
    mean: Doubles = np.bincount(row, gap[known]) / np.bincount(row)
    return mean.round(DECIMALS)


def _signed_ranks(gap: Doubles) -> float:
    if not gap.any():
        return 1.0
    _, p = stats.wilcoxon(gap, zero_method="pratt", method="approx", axis=None)
    return float(p)
