"""A content model fitted on one shop and asked about another, beside what is native there.

    python benchmarks/transfer.py HOME ABROAD --modalities audio --models content-tower content-knn

Both shops are encoded by the default encoders. The shop abroad is split at random; its train part
is the history that people are asked with, and what popularity and the native model are fitted on.
Settings are the defaults: nothing is chosen on either shop.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace

import prismrec as pr
from prismrec import registry
from prismrec.data.dataset import Dataset
from prismrec.data.split import Split, split
from prismrec.evaluation.result import Evaluation, difference, pool
from prismrec.evaluation.transfer import moved

MEASURED = ("recall@20", "ndcg@20")
NATIVE = ("random", "popularity", "content-knn")


def main() -> None:
    args = arguments()
    home, abroad = (read(path, args.modalities) for path in (args.home, args.abroad))
    print(f"{args.home} ({home.n_items} items) -> {args.abroad} ({abroad.n_items} items)")
    splits = [split(abroad, "random", valid=0, test=0.2, seed=seed) for seed in range(args.seeds)]
    native = {spec: native_runs(spec, splits) for spec in NATIVE}
    report("native", native, native["random"])
    fitted = {spec: registry.build("models", spec).fit(home, pr.Training()) for spec in args.models}
    away = {
        spec: pool([measured(moved(ranker, home, parts.train), parts) for parts in splits])
        for spec, ranker in fitted.items()
    }
    report("moved", away, native["random"])


def read(path: str, modalities: Sequence[str]) -> Dataset:
    chosen = {name: None for name in ("image", "text", "audio") if name not in modalities}
    data = pr.encode(pr.read(path), **chosen)
    return replace(data, items={name: data.items[name] for name in modalities})


def native_runs(spec: str, splits: Sequence[Split]) -> Evaluation:
    model = registry.build("models", spec)
    fitted = (model.fit(parts.train, pr.Training(seed=row)) for row, parts in enumerate(splits))
    return pool([measured(ranker, parts) for ranker, parts in zip(fitted, splits, strict=True)])


def measured(ranker: pr.Ranker, parts: Split) -> Evaluation:
    return pr.evaluate(ranker, parts.test, seen=parts.train, k=20, metrics=["recall", "ndcg"])


def report(what: str, runs: dict[str, Evaluation], chance: Evaluation) -> None:
    for spec, run in runs.items():
        gap = difference(run, chance)
        figures = ", ".join(f"{m} {run.metrics[m]} (over chance {gap[m]})" for m in MEASURED)
        print(f"{what:<7}{spec:<16}{figures}", flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home")
    parser.add_argument("abroad")
    parser.add_argument("--modalities", nargs="+", required=True)
    parser.add_argument("--models", nargs="+", default=["content-knn", "content-tower", "vbpr"])
    parser.add_argument("--seeds", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
