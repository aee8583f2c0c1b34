"""joint-net from raw media against popularity and closed forms, on a small shop.

    prismrec make-shop build/demo-shop
    python benchmarks/joint_net.py build/demo-shop time
    python benchmarks/joint_net.py ../shared/data/pokemon-vgc random --store build/vectors.sqlite

Epochs are chosen on valid, figures are of test with train masked, the split is that of seed 0.
Seeds are pooled: an interval is over people and takes all seeds of a person as one draw.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch

import prismrec as pr
from prismrec import registry
from prismrec.evaluation.protocol import evaluate
from prismrec.evaluation.result import Evaluation, difference, pool
from prismrec.train import Training

RAW = {"image": "pixels", "text": "token-ids", "audio": "log-mel"}
OTHERS = ("popularity", "ease")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shop", type=Path)
    parser.add_argument("split")
    parser.add_argument("--models", default="joint-net", help="specs with commas")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, help="at most; the model's own where left out")
    parser.add_argument("--store", help="where arrays are kept; in the shop where left out")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    given = parser.parse_args()
    torch.set_num_threads(given.threads)

    start = time.perf_counter()
    data = pr.encode(pr.read(given.shop), store=given.store, **RAW)
    print(f"{data.n_users} users, {data.n_items} items, {len(data.interactions)} interactions, "
          f"read and encoded in {time.perf_counter() - start:.1f} s")  # fmt: skip
    train, valid, test = pr.split(data, by=given.split)
    pooled: dict[str, Evaluation] = {}
    for spec in (*OTHERS, *given.models.split(",")):
        runs = []
        for seed in range(1 if spec in OTHERS else given.seeds):
            how = Training(seed=seed, valid=valid, epochs=given.epochs)
            start = time.perf_counter()
            ranker = registry.build("models", spec).fit(train, how)
            seconds = time.perf_counter() - start
            found = {part: evaluate(ranker, log, seen=train, k=20)
                     for part, log in (("valid", valid), ("test", test))}  # fmt: skip
            runs.append(found["test"])
            print(f"{spec:30} seed {seed}  valid {found['valid'].metrics['recall@20'].mean:.4f}  "
                  f"test {runs[-1].metrics['recall@20']}  best epoch "
                  f"{ranker.about.get('epochs', '-') if hasattr(ranker, 'about') else '-'}  "
                  f"{seconds:.0f} s", flush=True)  # fmt: skip
        pooled[spec] = pool(runs * given.seeds if spec in OTHERS else runs)
    for spec, run in pooled.items():
        more = difference(run, pooled["popularity"])["recall@20"]
        print(f"| {spec} | {run.metrics['recall@20']} | {run.metrics['ndcg@20']} | {more} |")


if __name__ == "__main__":
    main()
