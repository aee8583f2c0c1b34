"""Conditional logit: how much each kind of evidence counts, learnt from choices people made.

A person who chose item j is taken to have preferred it to every other item; the probability of a
choice is the softmax of a weighted sum of evidence (McFadden 1974). Weights are positive and
differ by bucket of the items' support. After the log-likelihood the mean of (1 - p^q) / q is
minimised (generalised cross-entropy, Zhang and Sabuncu 2018): choices that nothing can predict
weigh less, so the fit works for the head of the list, which is what people see.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from prismrec.types import Doubles, Floats, Ints

__all__ = ["Choices", "Weights", "fit_weights", "level"]

Q = 0.25  # 0 is the log-likelihood, 1 the mean probability
L2 = 4e-5
WARM_UP, ROUNDS = 20, 80  # iterations of the two losses
FEWEST = 10  # choices; below, nothing is learnt


@dataclass(frozen=True, eq=False)
class Choices:
    """n choices among c candidates each; the first candidate is what was chosen."""

    evidence: Floats  # (m, n, c)
    bucket: Ints  # (n, c) of the candidate's support
    stands_for: Floats  # (n, c) how many items of the catalogue a candidate stands for; 0: none
    weight: Floats  # (n,)

    def __len__(self) -> int:
        return len(self.weight)


@dataclass(frozen=True, eq=False)
class Weights:
    """What was learnt."""

    by_bucket: Floats  # (m, b) at least 0
    constant: Floats  # (b,)


class _Problem:
    """The loss and its gradient; candidates are laid bucket by bucket, so that BLAS does both."""

    def __init__(self, choices: Choices, n_buckets: int) -> None:
        self.choices = choices
        self.shape = len(choices.evidence), n_buckets
        flat = choices.bucket.ravel()
        self.order = np.argsort(flat, kind="stable")
        bounds = np.searchsorted(flat[self.order], np.arange(n_buckets + 1))
        self.buckets = [slice(bounds[b], bounds[b + 1]) for b in range(n_buckets)]
        rows = choices.evidence.reshape(len(choices.evidence), -1)
        self.evidence = np.stack([row[self.order] for row in rows])  # (m, n x c)
        with np.errstate(divide="ignore"):
            self.offset = np.log(choices.stands_for).astype(np.float32)
        self.share = choices.weight / choices.weight.sum()

    def split(self, theta: Doubles) -> Weights:
        m, b = self.shape
        weights = np.logaddexp(0, theta[: m * b].reshape(m, b))
        return Weights(weights.astype(np.float32), theta[m * b :].astype(np.float32))

    def probabilities(self, found: Weights) -> Floats:
        """(n, c) of each candidate, all the items that it stands for taken together."""
        laid = np.empty(self.offset.size, np.float32)
        for b, here in enumerate(self.buckets):
            laid[here] = found.by_bucket[:, b] @ self.evidence[:, here] + found.constant[b]
        score = np.empty_like(laid)
        score[self.order] = laid
        score = score.reshape(self.offset.shape) + self.offset
        score -= score.max(axis=1, keepdims=True)
        np.exp(score, out=score)
        score /= score.sum(axis=1, keepdims=True)
        return score

    def __call__(self, theta: Doubles, q: float) -> tuple[float, Doubles]:
        found = self.split(theta)
        p = self.probabilities(found)
        chosen = np.maximum(p[:, 0].astype(np.float64), 1e-30)
        loss = -np.log(chosen) if q == 0 else (1 - chosen**q) / q
        p[:, 0] -= 1
        p *= (self.share * chosen**q).astype(np.float32)[:, None]
        slope, constant = np.empty(self.shape), np.empty(self.shape[1])
        laid = p.ravel()[self.order]
        for b, here in enumerate(self.buckets):
            constant[b] = laid[here].sum()
            slope[:, b] = self.evidence[:, here] @ laid[here]
        weights = found.by_bucket.astype(np.float64)
        slope = (slope + 2 * L2 * weights) * -np.expm1(-weights)  # the derivative of softplus
        total = float(self.share @ loss) + L2 * float((weights**2).sum())
        return total, np.concatenate([slope.ravel(), constant])


def fit_weights(choices: Choices, *, n_buckets: int) -> Weights:
    """The weights that explain the choices best; equal ones where there are too few choices.

    L-BFGS. The second loss is not convex, so it starts where the first has led.
    """
    problem = _Problem(choices, n_buckets)
    m = len(choices.evidence)
    if len(choices) < FEWEST:
        return Weights(np.ones((m, n_buckets), np.float32), np.zeros(n_buckets, np.float32))
    theta: Doubles = np.zeros((m + 1) * n_buckets)
    with threadpool_limits(1, user_api="blas"):  # many short products: threads would wait
        for q, rounds in ((0.0, WARM_UP), (Q, ROUNDS)):
            loss = partial(problem, q=q)
            theta = minimize(
                loss, theta, jac=True, method="L-BFGS-B", options={"maxiter": rounds}
            ).x
    return problem.split(theta)


def level(choices: Choices, found: Weights, *, bucket: int, share: float) -> float:
    """The constant of a bucket under which its items are chosen as often as `share` says.

    The mean probability of the bucket grows with its constant, so bisection finds it.
    """
    problem = _Problem(choices, len(found.constant))
    p = problem.probabilities(found)
    inside = np.minimum((p * (choices.bucket == bucket)).sum(axis=1, dtype=np.float64), 1)
    low, high = -30.0, 30.0
    for _ in range(60):
        middle = (low + high) / 2
        mass = inside * np.exp(middle)
        if float(problem.share @ (mass / (mass + (1 - inside)))) < share:
            low = middle
        else:
            high = middle
    return float(found.constant[bucket]) + middle
