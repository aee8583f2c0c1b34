"""Seconds per epoch and per full ranking of the valid users, beside a public implementation.

    python benchmarks/training_speed.py [--data ../shared/data] [--shop tiktok]
                                        [--models lightgcn,bm3:layers=2] [--epochs 10]
                                        [--warm-up 2] [--threads 2] [--until 0.08] [--json]

Every model runs in a process of its own, with 64 dimensions and batches of 2,048 pairs; without
--models all registered ones that are trained in epochs. `train` is one epoch of steps, negatives
and thinned graphs included; `rank` is what follows it: one propagation, all valid users against
the whole catalogue without what each has used, recall@20. Both are medians over the epochs after
the warm-up. `MiB` is the peak of the process. With --until a run goes on until its recall@20 on
valid reaches that figure, 300 epochs at most, and the seconds since fit was called are given.

The variables OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE are taken out of the environment, as they
choose kernels for another processor and slow matrix products. Run it on an idle machine: the load
at the start stands in the head. 10 epochs of all models take some 5 minutes on two cores.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

FIRST = ("lightgcn:layers=2", "freedom:layers=2", "bm3:layers=1", "bm3:layers=2")
LEFT_OUT = ("joint-net", "mm-rnn", "sasrec")  # for raw media, or for logs with times
# A public implementation on two such cores, tiktok, same batches: seconds of train and of rank.
PUBLIC = {"lightgcn": (1.3, 0.4), "freedom": (1.3, 0.4), "bm3": (1.9, 0.4)}
SLOWING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
MOST = 300  # epochs until a figure is given up


class Reached(Exception):
    """The figure asked for."""


def trained() -> list[str]:
    """Registered models that are trained in epochs, those with a public figure first."""
    from prismrec import registry

    first = {spec.partition(":")[0] for spec in FIRST}
    rest = []
    for name in registry.names("models"):
        fields = {field.name for field in dataclasses.fields(registry.load("models", name))}
        if {"epochs", "learning_rate"} <= fields and name not in (*first, *LEFT_OUT):
            rest.append(name)
    return [*FIRST, *rest]


def machine(threads: int) -> dict[str, Any]:
    import torch

    lines = []
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": named[0] if named else platform.processor(),
        "cores": os.cpu_count(),
        "torch": torch.__version__,
        "threads": threads,
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
    }


def measure(spec: str, chosen: argparse.Namespace) -> dict[str, Any]:
    """One model in this process."""
    import torch

    import prismrec as pr
    from prismrec import registry
    from prismrec.train import Progress, Training, loop
    from prismrec.train.ranking import Recall

    torch.set_num_threads(chosen.threads)
    ranks: list[float] = []
    ends: list[float] = []
    figures: list[float] = []

    class Timed(Recall):
        def __call__(self, task: Any) -> float:
            start = time.perf_counter()
            figure = super().__call__(task)
            ranks.append(time.perf_counter() - start)
            return figure

    def noted(progress: Progress) -> None:
        ends.append(time.perf_counter())
        figures.append(progress.figure or 0.0)
        if chosen.until is not None and figures[-1] >= chosen.until:
            raise Reached

    loop.Recall = Timed  # type: ignore[misc]
    train, valid, _ = pr.split(pr.read(chosen.data / chosen.shop).dataset(), by="given")
    epochs = chosen.warm_up + chosen.epochs if chosen.until is None else MOST
    how = Training(valid=valid, epochs=epochs, patience=epochs, device="cpu", progress=noted)
    model = registry.build("models", spec)
    wanted = {"dim": 64, "batch_size": 2048}
    model = dataclasses.replace(model, **{k: v for k, v in wanted.items() if hasattr(model, k)})
    start = time.perf_counter()
    with contextlib.suppress(Reached):
        model.fit(train, how)
    if not ends:
        raise SystemExit(f"{spec} is not trained in epochs")
    steps = [b - a - rank for a, b, rank in zip(ends, ends[1:], ranks[1:], strict=False)]
    warm = min(max(0, chosen.warm_up - 1), len(steps) - 1)  # the first epoch is never counted
    found = {
        "model": spec,
        "train": statistics.median(steps[warm:]) if steps else ends[0] - start - ranks[0],
        "rank": statistics.median(ranks[chosen.warm_up :] or ranks),
        "setup": ends[0] - start - ranks[0] - steps[0] if steps else None,
        "epochs": len(ends),
        "best": max(figures),
        "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    if chosen.until is not None:
        found["reached"] = ends[-1] - start if figures[-1] >= chosen.until else None
    return found


def apart(spec: str, chosen: argparse.Namespace) -> dict[str, Any]:
    """One model in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if name not in SLOWING}
    command = [sys.executable, "-W", "ignore", __file__, "--one", spec, "--shop", chosen.shop]
    command += ["--data", str(chosen.data), "--threads", str(chosen.threads)]
    command += ["--epochs", str(chosen.epochs), "--warm-up", str(chosen.warm_up)]
    if chosen.until is not None:
        command += ["--until", str(chosen.until)]
    done = subprocess.run(command, env=environment, check=False, text=True, capture_output=True)
    if done.returncode:
        return {"model": spec, "failed": done.stderr.strip().splitlines()[-1]}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    public = PUBLIC.get(spec.partition(":")[0])
    if public and chosen.shop == "tiktok":
        found["public"] = public
        found["ratios"] = [found["train"] / public[0], found["rank"] / public[1]]
    return found


def line(row: dict[str, Any]) -> str:
    if "failed" in row:
        return f"| {row['model']} | failed: {row['failed']} |"
    cells = [row["model"], f"{row['train']:.3f}", f"{row['rank']:.3f}"]
    if "public" in row:
        (train, rank), (of_train, of_rank) = row["public"], row["ratios"]
        cells += [f"{train} + {rank}", f"{of_train:.2f}, {of_rank:.2f}"]
    else:
        cells += ["", ""]
    cells += [str(row["mib"]), f"{row['best']:.4f} ({row['epochs']})"]
    if "reached" in row:
        cells.append("no" if row["reached"] is None else f"{row['reached']:.1f} s")
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--shop", default="tiktok")
    parser.add_argument("--models", default="", help="specs with commas; all where empty")
    parser.add_argument("--epochs", type=int, default=10, help="that are measured")
    parser.add_argument("--warm-up", type=int, default=2, help="epochs before, at least 1")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--until", type=float, help="recall@20 on valid at which a run ends")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        print(json.dumps(measure(chosen.one, chosen)))
        return
    head = machine(chosen.threads)
    if not chosen.json:
        print(", ".join(f"{name} {value}" for name, value in head.items()), "\n")
        last = "" if chosen.until is None else f" to {chosen.until} |"
        print(f"| model | train s | rank s | public s | ratios | MiB | R@20 (epochs) |{last}")
        print(f"|---|---|---|---|---|---|---|{'---|' if last else ''}", flush=True)
    rows = []
    for spec in chosen.models.split(",") if chosen.models else trained():
        rows.append(apart(spec, chosen))
        if not chosen.json:
            print(line(rows[-1]), flush=True)
    if chosen.json:
        print(json.dumps({"machine": head, "models": rows}, indent=1))


if __name__ == "__main__":
    main()
