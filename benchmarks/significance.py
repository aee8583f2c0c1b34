"""How often the significance tests call two equally good models different: should be .05.

Two worlds without a better model. "same": both draw a user's value from one distribution, so that
differences are symmetric. "other shape": equal means, but one model finds something for few users
and ranks it high, the other for many and ranks it low; then Wilcoxon's hypothesis is false although
the means are equal. Values are like ndcg@20 in a sparse log: most are 0, and users differ.

    python benchmarks/significance.py
"""

from __future__ import annotations

import argparse
import json

import numpy as np

from prismrec.evaluation.significance import bootstrap_p, holm, wilcoxon_p

BLOCK = 200  # experiments that share their resamples


def users_of(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """How easily each user is served: most are hard."""
    return rng.beta(0.6, 1.8, shape)


def values(rng: np.random.Generator, ease: np.ndarray, often: float) -> np.ndarray:
    """Zero for most; the ndcg of those with a hit averages .12 / often, so that means are equal."""
    hit = rng.random(ease.shape) < np.minimum(often * ease / 0.25, 1)
    high = np.clip(0.12 / often, 0, 0.95)
    return np.where(hit, rng.beta(4 * high, 4 * (1 - high), ease.shape), 0.0)


def gaps(rng: np.random.Generator, world: str, shape: tuple[int, int]) -> np.ndarray:
    ease = users_of(rng, shape)
    if world == "same":
        return values(rng, ease, 0.3) - values(rng, ease, 0.3)
    flat = np.full(shape, 0.25)  # no clipping, so the means are equal exactly
    return values(rng, flat, 0.15) - values(rng, flat, 0.6)


def rates(world: str, n: int, experiments: int, seed: int) -> dict[str, dict[str, float]]:
    """Share of experiments, and of families of ten, that claim a difference at .05."""
    p: dict[str, list[np.ndarray]] = {"bootstrap": [], "wilcoxon": []}
    rng = np.random.default_rng([seed, n])
    for block in range(experiments // BLOCK):
        drawn = gaps(rng, world, (n, BLOCK))
        p["bootstrap"].append(bootstrap_p(drawn, np.arange(n), seed=block))
        p["wilcoxon"].append(wilcoxon_p(drawn, np.arange(n)))
    return {name: shares(np.concatenate(parts)) for name, parts in p.items()}


def shares(p: np.ndarray) -> dict[str, float]:
    families = p.reshape(-1, 10)
    return {
        "one": float((p < 0.05).mean()),
        "any_of_ten": float((families < 0.05).any(axis=1).mean()),
        "any_of_ten_holm": float(np.mean([(holm(ps) < 0.05).any() for ps in families])),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--experiments", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for world in ("same", "other shape"):
        for n in (30, 100, 1000, 3000):
            found = rates(world, n, options.experiments, options.seed)
            print(json.dumps({"world": world, "users": n, **found}), flush=True)


if __name__ == "__main__":
    main()
