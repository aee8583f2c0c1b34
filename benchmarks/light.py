"""Light models: what is kept of prism and lightgcn by towers of 16, 32 and 64 numbers.

    python benchmarks/light.py ../shared/data tiktok lastfm-audio [--dims 16,32,64] [--out FILE]

Both are fitted on the train part of the split `given`; the students see neither valid nor test.
Size: the files of the saved model. Latency: one user's top 20, one thread, 300 users.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits

import prismrec as pr
from prismrec import registry, saving
from prismrec.data.dataset import Dataset
from prismrec.evaluation.protocol import evaluate
from prismrec.light.costs import agreement, bytes_of, latency, some_of
from prismrec.light.onnx_graphs import towers_graph
from prismrec.light.student import Student, distilled
from prismrec.rankers import Query, Ranker, Towers, top_k
from prismrec.rankers.int8_towers import Int8Towers
from prismrec.train import Training

TEACHERS = ("prism", "lightgcn:layers=3:epochs=100")
K, ASKED, COMPARED = 20, 300, 2000


class Remembered:
    """A ranker whose scores of all users of a log are computed once: every student asks them."""

    def __init__(self, ranker: Any, train: Dataset, file: Path) -> None:
        self.about, self.newcomers = ranker.about, None
        self.n_items, n = train.n_items, train.n_users
        self.scores = np.memmap(file, np.float32, "w+", shape=(n, self.n_items))
        query = Query.of(train)
        for start in range(0, n, 300):
            rows = np.arange(start, min(start + 300, n))
            self.scores[rows] = ranker.score(query.take(rows))

    def score(self, query: Query) -> np.ndarray:
        return np.array(self.scores[query.users])


class AsStrangers:
    """A ranker that is told nobody's name."""

    def __init__(self, ranker: Ranker) -> None:
        self.ranker, self.n_items = ranker, ranker.n_items

    def score(self, query: Query) -> np.ndarray:
        return self.ranker.score(Query.strangers(query.history))


def light(teacher: Ranker, train: Dataset, dims: list[int]) -> Iterator[tuple[str, Ranker, float]]:
    """Name, ranker and seconds of each light model; media are left out, to compare vectors."""
    if isinstance(teacher, Towers):
        yield "int8, as it is", Int8Towers.of(teacher), 0.0
    for dim in dims:
        start = time.perf_counter()
        small = distilled(teacher, train, Student(dim=dim, media=False))
        yield f"d {dim}", small, time.perf_counter() - start
        yield f"d {dim}, int8", Int8Towers.of(small), 0.0


def measured(ranker: Any, teacher: Ranker, train: Dataset, test: Dataset) -> dict[str, Any]:
    query = Query.of(train)
    asked = some_of(len(query), ASKED)
    found = evaluate(ranker, test, seen=train, k=K, metrics=("recall", "ndcg"))
    strangers = evaluate(AsStrangers(ranker), test, seen=train, k=K, metrics=("recall",))
    some = query.take(some_of(len(query), COMPARED))
    with tempfile.TemporaryDirectory() as folder:
        saving.save(ranker, folder)
        size = bytes_of(Path(folder))
    time = latency(lambda row: top_k(ranker, query.take(np.array([row])), K), asked)
    out = {name: list(value) for name, value in found.metrics.items()}
    out |= {"strangers": list(strangers.metrics["recall@20"]), "bytes": size}
    out |= {"median_ms": time.median, "p95_ms": time.p95}
    out["agreement"] = agreement(ranker, teacher, some, k=K)
    if isinstance(ranker, Towers | Int8Towers):
        out["onnx"] = with_onnx(ranker, query, asked)
    return out


def with_onnx(ranker: Towers | Int8Towers, query: Query, asked: np.ndarray) -> dict[str, float]:
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = 1
    model, k = towers_graph(ranker), np.array([K])
    session = InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def ask(row: int) -> object:
        past = query.history[row]
        past = past if len(past) else np.array([ranker.n_items])
        return session.run(None, {"user": np.array([row]), "history": past[None], "k": k})

    time = latency(ask, asked)
    return {"bytes": len(model), "median_ms": time.median, "p95_ms": time.p95}


def line(name: str, row: dict[str, Any]) -> str:
    """A row of the table in docs/benchmarks.md."""
    recall, ndcg = (
        f"{m:.4f} [{low:.4f}, {high:.4f}]".replace("0.", ".")
        for m, low, high in (row["recall@20"], row["ndcg@20"])
    )
    stranger = f"{row['strangers'][0]:.4f}".lstrip("0")
    cells = (name, f"{row['bytes'] / 1e6:.2f}", f"{row['median_ms']:.2f}", f"{row['p95_ms']:.2f}")
    onnx = f"{row['onnx']['median_ms']:.2f}" if "onnx" in row else ""
    last = f"{row['seconds']:.0f}" if row["seconds"] else ""
    kept = f"{row['agreement']:.0%}"
    return "| " + " | ".join([*cells, onnx, recall, ndcg, stranger, kept, last]) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="that holds the data sets")
    parser.add_argument("names", nargs="+")
    parser.add_argument("--dims", default="16,32,64")
    parser.add_argument("--teachers", type=Path, help="where fitted ones are kept")
    parser.add_argument("--out", type=Path, help="a JSON file of everything measured")
    options = parser.parse_args()
    torch.set_num_threads(1)
    found: dict[str, dict[str, Any]] = {}
    with threadpool_limits(1), tempfile.TemporaryDirectory() as aside:
        for name in options.names:
            data = pr.read(options.folder / name).dataset()
            train, valid, test = pr.split(data, by="given")
            for spec in TEACHERS:
                kept = (options.teachers or Path(aside)) / f"{name}-{spec.partition(':')[0]}"
                if not kept.is_dir():
                    fitted = registry.build("models", spec).fit(train, Training(valid=valid))
                    fitted.save(kept)
                ranker = saving.load(kept)
                print(f"\n{name}, {spec}\n", flush=True)
                rows = found[f"{name} {spec}"] = {}
                teacher = Remembered(ranker, train, Path(aside) / "scores")
                rows["teacher"] = measured(ranker, teacher, train, test) | {"seconds": 0}
                print(line("teacher", rows["teacher"]), flush=True)
                source = ranker if isinstance(ranker, Towers) else teacher
                for label, small, seconds in light(source, train, parsed(options.dims)):
                    rows[label] = measured(small, teacher, train, test) | {"seconds": seconds}
                    print(line(label, rows[label]), flush=True)
    if options.out:
        options.out.write_text(json.dumps(found, indent=1))


def parsed(dims: str) -> list[int]:
    return [int(part) for part in dims.split(",")]


if __name__ == "__main__":
    main()
