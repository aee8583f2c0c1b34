"""Every model on the public logs, under the published protocol: one table with intervals.

    python benchmarks/accuracy.py run   [--data ../shared/data] [--shops tiktok,lastfm-audio]
                                        [--models lightgcn,freedom] [--seeds 3]
                                        [--out build/accuracy]
    python benchmarks/accuracy.py table [--out build/accuracy] [--json] [--all]

The frozen split of each log is used: a model is fitted on train, stops early or picks scalars on
valid, and is measured on test with only train masked. Each run is a process of its own, so that
its peak memory is its own, and leaves one file; a run that is there already is not repeated, so a
benchmark that was stopped goes on. Where a model was run with several settings, the table has
those with the highest recall on valid with the first seed. Seeds are pooled: an interval is over
people, and takes all seeds of a person as one draw; the spread between seeds stands beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from prismrec import registry

SHOPS = ("tiktok", "lastfm-audio", "amazon-baby")
WITHOUT_MEDIA = ("popularity", "item-knn", "ease", "prism", "bpr", "lightgcn")
# Not for these logs: by chance, for raw media only, or for logs with times.
LEFT_OUT = ("random", "joint-net", "mm-rnn", "sasrec")
PATIENCE = 20  # epochs without a better figure on valid before a training ends
METRICS = ("recall", "ndcg")
# R@20 / N@20 that papers and public implementations report for the same logs; their features
# differ where it is said. Sources in docs/benchmarks.md.
PUBLISHED: dict[str, dict[str, str]] = {
    "tiktok": {
        "bpr": ".0346 / .0130 t",
        "lightgcn": ".0653 / .0282",
        "vbpr": ".0380 / .0134 t",
        "mmgcn": ".0730 / .0307 t",
        "grcn": ".0804 / .0350 t",
        "lattice": ".0843 / .0367 t",
        "bm3": ".0957 / .0404 t",
        "freedom": ".0885 / .0385 r",
    },
    "lastfm-audio": {"freedom": ".4036 / .2761 r"},
    "amazon-baby": {"bpr": ".0575 / .0249", "lightgcn": ".0754 / .0328"},
}


def models_of(shop: str) -> list[str]:
    """Registered models that this log is fit for."""
    if shop == "amazon-baby":
        return [name for name in WITHOUT_MEDIA if name in registry.names("models")]
    return [name for name in registry.names("models") if name not in LEFT_OUT]


def file_of(out: Path, shop: str, spec: str, seed: int) -> Path:
    return out / f"{shop}--{spec.replace(':', '--')}--{seed}.json"


def run_all(chosen: argparse.Namespace) -> None:
    chosen.out.mkdir(parents=True, exist_ok=True)
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # they slow matrix products
    }
    for seed in range(chosen.seeds):
        for shop in chosen.shops.split(","):
            for spec in chosen.models.split(",") if chosen.models else models_of(shop):
                file = file_of(chosen.out, shop, spec, seed)
                if file.exists():
                    continue
                command = [sys.executable, __file__, "one", "--data", str(chosen.data)]
                command += ["--shops", shop, "--models", spec, "--seeds", str(seed)]
                done = subprocess.run(
                    [*command, "--out", str(file)], env=environment, check=False, text=True,
                    stderr=subprocess.PIPE,
                )  # fmt: skip
                if done.returncode:
                    print(f"{file.name}: {done.stderr.strip().splitlines()[-1:]}", flush=True)


def run_one(chosen: argparse.Namespace) -> None:
    import prismrec as pr
    from prismrec.evaluation.protocol import evaluate
    from prismrec.train import Training

    spec, seed = chosen.models, chosen.seeds
    data = pr.read(chosen.data / chosen.shops).dataset()
    train, valid, test = pr.split(data, by="given")
    start = time.perf_counter()
    ranker = registry.build("models", spec).fit(
        train, Training(seed=seed, valid=valid, patience=PATIENCE)
    )
    seconds = time.perf_counter() - start
    found = {
        name: evaluate(ranker, part, seen=train, k=20, metrics=METRICS)
        for name, part in (("valid", valid), ("test", test))
    }
    about: Mapping[str, Any] = getattr(getattr(ranker, "towers", ranker), "about", {})
    row = {
        "shop": chosen.shops,
        "model": spec,
        "seed": seed,
        "seconds": round(seconds, 1),
        "epochs": about.get("epochs"),
        "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "valid": {k: float(v.mean()) for k, v in found["valid"].per_user.items()},
        "users": found["test"].users.tolist(),
        "per_user": {k: np.round(v, 6).tolist() for k, v in found["test"].per_user.items()},
        "lists": dict(found["test"].lists),
        "n_items": found["test"].n_items,
    }
    chosen.out.write_text(json.dumps(row), "utf-8")
    means = {k: round(float(v.mean()), 4) for k, v in found["test"].per_user.items()}
    print(f"{chosen.shops:14}{spec:40} seed {seed}  {means}  {seconds:6.1f} s", flush=True)


def rows_of(out: Path) -> dict[tuple[str, str], list[dict[str, Any]]]:
    runs: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for file in sorted(out.glob("*.json")):
        row = json.loads(file.read_text("utf-8"))
        runs.setdefault((row["shop"], row["model"]), []).append(row)
    return runs


def summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """One model on one log: seeds pooled."""
    from prismrec.evaluation.result import Evaluation, pool

    pooled = pool([
        Evaluation(
            metrics=dict.fromkeys(run["per_user"]),  # type: ignore[arg-type]
            per_user={name: np.asarray(values) for name, values in run["per_user"].items()},
            users=np.asarray(run["users"]),
            n_items=run["n_items"],
            lists=run["lists"],
            items=np.empty((len(run["users"]), 0), np.int64),  # lists are not kept
            hits=np.empty((len(run["users"]), 0), bool),
        )
        for run in runs
    ])  # fmt: skip
    by_seed = [float(np.mean(run["per_user"]["recall@20"])) for run in runs]
    return {
        "seeds": len(runs),
        **{name: value._asdict() for name, value in pooled.metrics.items()},
        "between_seeds": float(np.std(by_seed)),
        "valid": runs[0]["valid"]["recall@20"],  # of the first seed, which all settings have
        "epochs": [run["epochs"] for run in runs],
        "seconds": float(np.median([run["seconds"] for run in runs])),
        "mib": max(run["mib"] for run in runs),
        "coverage": pooled.lists["coverage@20"],
    }


def chosen_on_valid(rows: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Of each model the settings with the highest recall on valid, whatever test says."""
    best: dict[str, str] = {}
    for spec, row in rows.items():
        name = spec.partition(":")[0]
        if name not in best or row["valid"] > rows[best[name]]["valid"]:
            best[name] = spec
    return {spec: rows[spec] for spec in best.values()}


def table(chosen: argparse.Namespace) -> None:
    found = {key: summary(runs) for key, runs in rows_of(chosen.out).items()}
    if chosen.json:
        print(json.dumps({"/".join(key): value for key, value in found.items()}, indent=1))
        return
    for shop in dict.fromkeys(key[0] for key in found):
        print(f"\n### {shop}\n")
        print("| model | R@20 | N@20 | +- seeds | published | epochs | fit s | MiB |")
        print("|---|---|---|---|---|---|---|---|")
        ours = {model: row for (of, model), row in found.items() if of == shop}
        ours = ours if chosen.all else chosen_on_valid(ours)
        for model, row in sorted(ours.items(), key=lambda pair: -pair[1]["recall@20"]["mean"]):
            r, n = row["recall@20"], row["ndcg@20"]
            epochs = [e for e in row["epochs"] if e is not None]
            print(
                f"| {model} | {r['mean']:.4f} [{r['low']:.4f}, {r['high']:.4f}] | {n['mean']:.4f} "
                f"[{n['low']:.4f}, {n['high']:.4f}] | {row['between_seeds']:.4f} | "
                f"{PUBLISHED.get(shop, {}).get(model.partition(':')[0], '')} | "
                f"{'-'.join(str(e) for e in sorted(epochs)[:: max(1, len(epochs) - 1)])} | "
                f"{row['seconds']:.0f} | {row['mib']} |"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["run", "table", "one"])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--shops", default=",".join(SHOPS))
    parser.add_argument("--models", default="", help="specs with commas; all where empty")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("build/accuracy"))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--all", action="store_true", help="settings not chosen on valid as well")
    chosen = parser.parse_args()
    {"run": run_all, "table": table, "one": run_one}[chosen.what](chosen)


if __name__ == "__main__":
    main()
