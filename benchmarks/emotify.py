"""Songs that nobody has heard yet, by sound alone: what wins on valid, and what it is worth.

    python benchmarks/emotify.py ../shared/data/emotify choose --seeds 10
    python benchmarks/emotify.py ../shared/data/emotify report --audio SPEC --seeds 10
    python benchmarks/emotify.py ../shared/data/emotify nested --seeds 10

Each seed holds out other songs, a tenth for valid and a tenth for test, with all that was said
about them. Candidates are the held-out songs. `choose` fits on train and measures the valid part;
test labels are not read. `report` measures test. A song that is in the valid part of one seed is
in the test part of another, so `nested` lets each seed choose by its own valid part alone and
measures that choice on its test part: no label is used twice.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from scipy import stats

import prismrec as pr
from prismrec import registry
from prismrec.data.dataset import Dataset
from prismrec.data.split import Split, split
from prismrec.encode import encode
from prismrec.evaluation.protocol import cold_items, evaluate
from prismrec.evaluation.result import Evaluation, difference, pool
from prismrec.train import Training

STEPS = ("denoise", "high-pass", "loudness", "pre-emphasis")
SPECS = [
    "musicnn",
    *(f"musicnn:steps={step}" for step in STEPS),
    *(f"musicnn:segment=onset:pool={pool}" for pool in ("mean", "max", "median", "mean-std")),
    *(f"musicnn:pool={pool}" for pool in ("max", "median", "mean-std")),
    "aisfx",
    "mfcc",
    *(f"mfcc:steps={step}" for step in (*STEPS, "trim", "remove-silence")),
    *(f"mfcc:segment={way}" for way in ("windows", "silence", "onset")),
    "sound-features",
    *(f"musicnn+{other}" for other in ("mfcc", "sound-features", "aisfx")),
    *(f"musicnn{fields}+mfcc:steps=denoise"
      for fields in ("", ":pool=max", ":pool=mean-std", ":steps=high-pass")),
    *(f"musicnn:steps=high-pass:pool={pool}" for pool in ("max", "mean-std")),
]  # fmt: skip
CHOSEN = "musicnn:steps=high-pass:pool=max"
MEASURES = ("recall@10", "recall@20", "ndcg@20")
CHOSEN_BY = "ndcg@20"  # uses the order of the whole list


def main() -> None:
    args = arguments()
    shop = pr.read(args.shop)
    seeds = range(args.seeds)
    if args.what == "report":
        report(encode(shop, text=None, audio=args.audio), seeds)
        return
    data = {spec: encode(shop, text=None, audio=spec) for spec in args.specs}
    valid = {}
    for spec, part in data.items():
        valid[spec] = [measured(parts_of(part, seed), seed, on="valid") for seed in seeds]
        show({spec: pool(valid[spec])})
    if args.what == "nested":
        nested(data, valid)


def nested(data: dict[str, Dataset], valid: dict[str, list[Evaluation]]) -> None:
    """Test figures where each seed has the encoder that won on its own valid part."""
    runs = []
    for seed in range(len(next(iter(valid.values())))):
        best = max(data, key=lambda spec, seed=seed: valid[spec][seed].metrics[CHOSEN_BY].mean)
        print(f"seed {seed} chooses {best}")
        runs.append(measured(parts_of(data[best], seed), seed, on="test"))
    show({"prism, nested choice, on test": pool(runs)})


def parts_of(data: Dataset, seed: int) -> Split:
    return split(data, "new-items", seed=seed)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shop", type=Path)
    parser.add_argument("what", choices=["choose", "report", "nested"])
    parser.add_argument("--audio", default=CHOSEN, help="encoder that is reported")
    parser.add_argument("--specs", nargs="+", default=SPECS, help="encoders to choose from")
    parser.add_argument("--seeds", type=int, default=10)
    return parser.parse_args()


def measured(parts: Split, seed: int, *, on: str, model: str = "prism") -> Evaluation:
    """One model on one part of one split; what is held out elsewhere is no part of its training."""
    train = parts.train
    how = Training(seed=seed, valid=parts.valid if on == "test" else None)
    ranker = registry.build("models", model).fit(train, how)
    wanted = parts.test if on == "test" else parts.valid
    metrics = sorted({name.partition("@")[0] for name in MEASURES})
    return evaluate(ranker, wanted, seen=train, k=(10, 20), only=cold_items(train),
                    metrics=metrics, seed=seed)  # fmt: skip


def report(data: Dataset, seeds: Sequence[int]) -> None:
    """Test figures of prism by sound alone beside what looks at nothing.

    Intervals of the pooled figures draw people, with all their runs. The last lines ask the other
    question, whether other songs would change the answer: one difference per seed, and a t interval
    over the seeds, whose held-out songs overlap by a tenth.
    """
    runs: dict[str, list[Evaluation]] = {}
    for model in ("random", "popularity", "content-knn", "prism"):
        runs[model] = [
            measured(parts_of(data, seed), seed, on="test", model=model) for seed in seeds
        ]
    pooled = {model: pool(of_model) for model, of_model in runs.items()}
    show(pooled)
    for other in ("random", "popularity", "content-knn"):
        gap = difference(pooled["prism"], pooled[other])
        print(f"prism - {other:26}", *(f"{name} {gap[name]}" for name in MEASURES))
        for name in MEASURES:
            each = [
                mine.metrics[name].mean - theirs.metrics[name].mean
                for mine, theirs in zip(runs["prism"], runs[other], strict=True)
            ]
            half = stats.t.ppf(0.975, len(each) - 1) * stats.sem(each)
            print(f"  {name} by seed {np.mean(each):.4f} ± {half:.4f}, least {min(each):.4f}")


def show(runs: dict[str, Evaluation], measures: Iterable[str] = MEASURES) -> None:
    for name, run in runs.items():
        print(f"{name:34}", *(f"{m} {run.metrics[m]}" for m in measures), f"{run.n_users} users",
              flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
