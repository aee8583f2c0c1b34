"""What guesses for missing media, and shorter vectors, do to recommendations of new items.

    python benchmarks/catalogue.py missing  [--data ../shared/data] [--shop SHOP] [--models prism]
    python benchmarks/catalogue.py shorter  [--data ../shared/data] [--shop SHOP] [--models prism]

`missing` hides a share of each modality's vectors (each row and modality by itself), lets every
imputation guess them, and measures two things: the cosine between guess and truth once the mean is
subtracted, and how well new items are ranked among themselves (split `new-items`, three seeds
pooled). `shorter` sends every modality through every reduction. Learning looks at vectors only.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from prismrec.data.dataset import Dataset
from prismrec.data.features import Feature
from prismrec.data.read import read
from prismrec.encode import encode
from prismrec.evaluation.compare import compare, pooled
from prismrec.graph.neighbours import centre_of, unit
from prismrec.imputation import impute
from prismrec.reduction import reduce

IMPUTATIONS = ("none", "mean", "neighbours", "ridge", "aligned", "aligned:by=infonce")
REDUCTIONS = ("pca", "whitening", "random-projection", "truncation")
SIZES = (32, 128)
METRIC = "ndcg@20"


def hidden(data: Dataset, share: float, seed: int = 0) -> Dataset:
    """The data without a share of each modality's vectors."""
    rng = np.random.default_rng(seed)
    items = {}
    for name, feature in data.items.items():
        keep = feature.present & (rng.random(len(feature)) >= share)
        items[name] = Feature.of(feature.values, keep, feature.encoder)
    return replace(data, items=items)


def nearness(guessed: Mapping[str, Feature], truth: Mapping[str, Feature]) -> str:
    """Mean cosine between guess and truth, for each modality with guesses."""
    out = []
    for name, feature in guessed.items():
        rows = feature.present & ~feature.observed & truth[name].present
        if not rows.any():
            continue
        centre = centre_of(truth[name])
        cosines = (unit(feature, centre) * unit(truth[name], centre)).sum(axis=1)[rows]
        out.append(f"{name} {cosines.mean():.3f}")
    return ", ".join(out)


def missing(data: Dataset, share: float) -> Iterator[tuple[str, Dataset, str]]:
    yield "nothing hidden", data, ""
    holes = hidden(data, share)
    for name in IMPUTATIONS:
        guessed, _ = impute(holes, name)
        yield name, guessed, nearness(guessed.items, data.items)


def shorter(data: Dataset, _: float) -> Iterator[tuple[str, Dataset, str]]:
    yield "as encoded", data, sizes(data)
    for name in REDUCTIONS:
        for dim in SIZES:
            changed, _learnt = reduce(data, f"{name}:dim={dim}")
            yield f"{name}:dim={dim}", changed, sizes(changed)
    changed, _learnt = reduce(data, "scaling")
    yield "scaling", changed, sizes(changed)


def sizes(data: Dataset) -> str:
    return ", ".join(f"{name} {feature.dim}" for name, feature in data.items.items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["missing", "shorter"])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--shop", default="movielens-posters", help="below --data, or a path")
    parser.add_argument("--models", default="content-knn,prism")
    parser.add_argument("--share", type=float, default=0.3, help="of vectors that are hidden")
    parser.add_argument("--seeds", type=int, default=3)
    chosen = parser.parse_args()
    folder = chosen.data / chosen.shop
    data = encode(read(folder if folder.is_dir() else Path(chosen.shop)))
    models = chosen.models.split(",")
    for name, changed, remark in {"missing": missing, "shorter": shorter}[chosen.what](
        data, chosen.share
    ):
        results = compare(changed, models, split="new-items", seeds=chosen.seeds, k=(20,))
        seconds = {r.model: r.fit_seconds for r in results}
        for model, run in pooled(results, new_items=True).items():
            figure = run.metrics[METRIC]
            print(
                f"{chosen.shop:20}{model:14}{name:28}{METRIC} {figure.mean:.4f} "
                f"[{figure.low:.4f}, {figure.high:.4f}]  fit {seconds[model]:5.1f} s  {remark}",
                flush=True,
            )


if __name__ == "__main__":
    main()
