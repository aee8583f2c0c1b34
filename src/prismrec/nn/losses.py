"""Losses: what training makes small."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize, softplus

__all__ = [
    "Temperature",
    "alignment",
    "bpr",
    "in_batch",
    "info_nce",
    "repeats",
    "squared",
    "triplet",
    "uniformity",
]

LOWEST = 0.01  # temperature


def bpr(used: Tensor, others: Tensor) -> Tensor:
    """Mean of -log sigmoid(used - others): what was used ranks above what was not.

    Args:
        used: (n,) scores of what was used.
        others: (n,) scores of what was not, by the same user.

    Source: S. Rendle and others 2009, Bayesian personalised ranking, arXiv 1205.2618.

    Relations: only pairs are compared.
    """
    return softplus(others - used).mean()


def squared(*parts: Tensor) -> Tensor:
    """Half the squared length of some rows, as a mean over the batch: the usual l2.

    Args:
        parts: the first is (n, d), n being the size of the batch; others may have more rows.
    """
    total = sum((part.square().sum() for part in parts), parts[0].new_zeros(()))
    return total / (2 * len(parts[0]))


class Temperature(nn.Module):
    """A learnt temperature, above 0.01 so that no similarity drowns all others.

    Source: A. Radford and others 2021, CLIP, arXiv 2103.00020, for learning it and for its start.
    """

    def __init__(self, start: float = 0.07) -> None:
        super().__init__()
        self.log = nn.Parameter(torch.tensor(math.log(start - LOWEST)))

    def forward(self) -> Tensor:
        """The temperature, a scalar."""
        return LOWEST + self.log.exp()


def repeats(*ids: Tensor) -> Tensor:
    """(n, n) bool: rows i and j, i not j, that are alike in any of some ids (n,).

    In a batch of pairs (user, item), the item of another pair is no negative where it is the same
    item, or where the other pair's user is the same: `repeats(items)` or `repeats(users, items)`.
    """
    first, *rest = (one[:, None] == one for one in ids)
    for alike in rest:
        first |= alike
    return first.fill_diagonal_(False)


def info_nce(
    one: Tensor,
    other: Tensor,
    *,
    temperature: float | Tensor = 0.2,
    present: Tensor | None = None,
    hits: Tensor | None = None,
) -> Tensor:
    """Each row's partner among all rows of the batch, asked from both sides.

    The mean of -log softmax(cosine / temperature) at the partner, over both directions.

    Args:
        one: (n, d) vectors of any length.
        other: (n, d) vectors, row i being the partner of row i of `one`.
        temperature: the lower, the more the hardest negatives count.
        present: (n,) bool, rows that take part, as partners and as negatives; all where None.
        hits: (n, n) bool, rows that are no negatives of each other, such as `repeats(ids)`.

    Source: A. van den Oord and others 2018, arXiv 1807.03748; both sides: CLIP, arXiv 2103.00020.

    Relations: `triplet` looks at one negative only; `alignment` with `uniformity` is its limit for
    many negatives; `in_batch` is one of its sides, for dot products and popular items.
    """
    one, other, hits = _taking_part(one, other, present, hits)
    if not len(one):
        return (one.sum() + other.sum()) * 0
    logits = normalize(one, dim=1) @ normalize(other, dim=1).T / temperature
    return (_found(logits, hits) + _found(logits.T, hits)) / 2


def in_batch(
    users: Tensor,
    items: Tensor,
    *,
    temperature: float | Tensor = 1.0,
    log_share: Tensor | None = None,
    hits: Tensor | None = None,
) -> Tensor:
    """The used item of each row among the items of the batch, by dot product.

    The mean of -log softmax(score / temperature - log_share) at the used item. What is popular is
    drawn often as a negative; the correction makes up for it.

    Args:
        users: (n, d), one for each pair of the batch.
        items: (n, d), what they used.
        temperature: divides the scores.
        log_share: (n,) logarithm of each item's share of the log, by which it comes into a batch.
        hits: (n, n) bool, items that are no negatives of a row, such as `repeats(users, items)`.

    Source: X. Yi and others 2019, Sampling-bias-corrected neural modeling, RecSys 2019.

    Relations: with cosines and both directions it is `info_nce`; `bpr` compares with one negative.
    """
    logits = (users / temperature) @ items.T
    return _found(logits if log_share is None else logits - log_share, hits)


def triplet(
    one: Tensor,
    other: Tensor,
    *,
    margin: float = 0.2,
    present: Tensor | None = None,
    hits: Tensor | None = None,
) -> Tensor:
    """Each row's partner is nearer than a semi-hard negative by a margin, asked from both sides.

    The mean of max(0, margin + negative - partner) in cosines. The negative is the one most like
    the row among those less like it than the partner; where there is none, the least like of all.

    Args:
        one: (n, d) vectors of any length.
        other: (n, d) vectors, row i being the partner of row i of `one`.
        margin: in cosine.
        present: (n,) bool, rows that take part; all where None.
        hits: (n, n) bool, rows that are no negatives of each other, such as `repeats(ids)`.

    Source: F. Schroff and others 2015, FaceNet, arXiv 1503.03832. Departure: cosines instead of
    distances.

    Relations: `info_nce` weighs all negatives by how hard they are.
    """
    one, other, hits = _taking_part(one, other, present, hits)
    if len(one) < 2:
        return (one.sum() + other.sum()) * 0
    cosines = normalize(one, dim=1) @ normalize(other, dim=1).T
    sides = [_semi_hard(side, hits) for side in (cosines, cosines.T)]
    wrong = [(margin + negative - cosines.diagonal()).clamp_min(0) for negative in sides]
    return torch.cat(wrong).mean()


def alignment(one: Tensor, other: Tensor) -> Tensor:
    """Mean squared distance of partners (n, d) on the unit sphere, 0 to 4.

    Source: T. Wang and P. Isola 2020, arXiv 2005.10242.

    Relations: alone it is smallest where all vectors are one; `uniformity` keeps them apart.
    """
    return (normalize(one, dim=1) - normalize(other, dim=1)).square().sum(dim=1).mean()


def uniformity(x: Tensor, *, sharpness: float = 2.0) -> Tensor:
    """Logarithm of the mean of exp(-sharpness distance²) over pairs of rows (n, d) on the sphere.

    0 where all are one point, lower the more evenly they are spread; 0 for less than two rows.

    Source: T. Wang and P. Isola 2020, arXiv 2005.10242.
    """
    n = len(x)
    if n < 2:
        return x.sum() * 0
    x = normalize(x, dim=1)
    nearness = sharpness * (2 * (x @ x.T) - 2)  # (n, n), minus the scaled squared distances
    itself = torch.eye(n, dtype=torch.bool, device=x.device)
    return nearness.masked_fill(itself, -torch.inf).view(-1).logsumexp(0) - math.log(n * (n - 1))


def _taking_part(
    one: Tensor, other: Tensor, present: Tensor | None, hits: Tensor | None
) -> tuple[Tensor, Tensor, Tensor | None]:
    if present is None:
        return one, other, hits
    rows = present.nonzero().squeeze(1)
    one, other = one.index_select(0, rows), other.index_select(0, rows)
    return one, other, None if hits is None else hits[rows[:, None], rows]


def _found(logits: Tensor, hits: Tensor | None) -> Tensor:
    """Mean of -log softmax at the diagonal of (n, n), hits left out."""
    own = logits.diagonal()
    if hits is not None:
        logits = logits.masked_fill(hits, -torch.inf)
    return (logits.logsumexp(dim=1) - own).mean()


def _semi_hard(cosines: Tensor, hits: Tensor | None) -> Tensor:
    """(n,) the cosine of the negative of each row of (n, n); -1 where all others are hits."""
    never = torch.eye(len(cosines), dtype=torch.bool, device=cosines.device)
    if hits is not None:
        never = never | hits
    harder = cosines >= cosines.diagonal()[:, None]
    semi_hard = cosines.masked_fill(never | harder, -torch.inf).amax(dim=1)
    easiest = cosines.masked_fill(never, torch.inf).amin(dim=1)
    found = torch.where(semi_hard.isinf(), easiest, semi_hard)
    return found.masked_fill(found.isinf(), -1)
