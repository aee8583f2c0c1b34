"""How close encoding a shop comes to its network alone, on the same media already decoded.

    python benchmarks/throughput.py [--shop FOLDER] [--only musicnn,aisfx] [--repeats 3]

Without --shop a demo shop is made in a temporary folder. Two things are measured in turn, several
times, on one core and on two:

  plain   one session on inputs prepared before, with as many threads as there are cores, pictures
          in batches of 32: what a script does that only runs the network
  bare    likewise, but as many single-threaded calls at once as there are cores: the most that
          the network can give
  whole   `vectors_of`: read files, hash, look up, decode, prepare, network, write to SQLite

`/plain` and `/bare` are the medians over the repeats of whole against each, in media per second;
they are taken within seconds of each other, so other work on the machine hits all. `cpu share` is
whole against bare by the
processor's time and hardly depends on other work: 0.90 means that a tenth of all work is not the
network. The last columns say on what the time goes, in milliseconds of the processor for each
medium: read and hash, decode and prepare, network, store. Encoders without a network have neither
`plain` nor `bare`. Under 4 minutes on a quiet machine.
"""

from __future__ import annotations

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy is loaded

import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from prismrec.data.demo import make_shop
from prismrec.data.read import read
from prismrec.data.shop import Shop
from prismrec.media.files import read_inside
from prismrec.registry import build
from prismrec.store import vector_key
from prismrec.store.memory import MemoryStore
from prismrec.store.sqlite import SqliteStore
from prismrec.vectors import vectors_of

SPECS = (
    "efficientnet-lite0",
    "efficientnet-lite0:precision=int8",
    "colour-histogram",
    "colour-names",
    "use-multilingual",
    "minilm",
    "tfidf",
    "bm25",
    "musicnn",
    "musicnn:precision=int8",
    "aisfx",
    "aisfx:precision=int8",
    "mfcc",
    "sound-features",
)
MEDIA = {"image": 64, "text": 512, "audio": 16}
TEXTS_AT_ONCE = 256  # as vectors_of does
PICTURES_AT_ONCE = 32
HEAD = (
    f"{'encoder':34}{'cores':>6}{'plain/s':>9}{'bare/s':>9}{'whole/s':>9}{'/plain':>7}{'/bare':>7}"
    f"{'cpu share':>10}"
    f"   {'read':>6}{'decode':>8}{'network':>8}{'store':>7}  ms"
)


class Job(NamedTuple):
    encoder: Any
    values: list[str]
    load: Callable[[str], bytes]
    inputs: list[Any]  # of the network; empty where there is none


class Cost(NamedTuple):
    wall: float  # seconds
    cpu: float


def cost(work: Callable[[], object]) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu)


def job(spec: str, shop: Shop) -> Job | None:
    encoder = build("encoders", spec)
    medium = shop.item_media.get(encoder.modality)
    if medium is None:
        return None
    values = [*dict.fromkeys(v for v in medium.values if v)][: MEDIA[encoder.modality]]
    load = str.encode if encoder.modality == "text" else partial(read_inside, shop.path)
    first = vectors_of(values, encoder, load=load, store=MemoryStore(), progress=silent)
    values = [value for value in values if value not in first.faults]
    return Job(encoder, values, load, prepared(encoder, [load(value) for value in values]))


def prepared(encoder: Any, contents: Sequence[bytes]) -> list[Any]:
    if hasattr(encoder, "_session") and hasattr(encoder, "_prepare"):
        inputs = [encoder._prepare(content) for content in contents]
        return [np.stack(x) for x in inputs] if encoder.modality == "image" else inputs
    if hasattr(encoder, "_model"):
        texts = [content.decode() for content in contents]
        return [texts[at : at + TEXTS_AT_ONCE] for at in range(0, len(texts), TEXTS_AT_ONCE)]
    return []


def network(encoder: Any) -> Callable[[Any], object]:
    if hasattr(encoder, "_model"):
        return encoder._model.encode
    place = encoder._session.get_inputs()[0].name
    return lambda x: encoder._session.run(["embedding"], {place: x})


def bare(job: Job, cores: int) -> None:
    with ThreadPoolExecutor(cores) as pool:
        for _ in pool.map(network(job.encoder), job.inputs):
            pass


def plain(job: Job, session: Callable[[Any], object]) -> None:
    inputs = job.inputs
    if job.encoder.modality == "image":
        every = np.concatenate(inputs)
        inputs = [
            every[at : at + PICTURES_AT_ONCE] for at in range(0, len(every), PICTURES_AT_ONCE)
        ]
    for x in inputs:
        session(x)


def whole(job: Job, folder: Path) -> None:
    path = folder / f"{time.monotonic_ns()}.sqlite"
    with closing(SqliteStore(path)) as store:
        vectors_of(job.values, job.encoder, load=job.load, store=store, progress=silent)


def silent(done: int, total: int) -> None:
    pass


def parts(job: Job, folder: Path) -> list[float]:
    """Milliseconds of the processor for each medium: read and hash, prepare, network, store."""
    contents = [job.load(value) for value in job.values]
    fingerprint = job.encoder.fingerprint
    keys = [vector_key(fingerprint, content) for content in contents]
    rows = dict(zip(keys, np.zeros((len(keys), job.encoder.dim), np.float32), strict=True))
    with closing(SqliteStore(folder / f"{time.monotonic_ns()}.sqlite")) as store:
        costs = [
            cost(
                lambda: [
                    vector_key(fingerprint, job.load(value)) for _ in "12" for value in job.values
                ]
            ),
            cost(lambda: prepared(job.encoder, contents)),
            cost(lambda: bare(job, 1)) if job.inputs else Cost(np.nan, np.nan),
            cost(lambda: store.put_many(rows)),
        ]
    return [1000 * each.cpu / len(job.values) for each in costs]


def row(spec: str, job: Job, cores: int, repeats: int) -> str:
    none = Cost(np.nan, np.nan)
    session = network(replace(job.encoder, threads=cores)) if job.inputs else None
    if session is not None:
        session(job.inputs[0])
    with tempfile.TemporaryDirectory() as name:
        runs = [
            (
                cost(lambda: plain(job, session)) if session is not None else none,
                cost(lambda: bare(job, cores)) if job.inputs else none,
                cost(lambda: whole(job, Path(name))),
            )
            for _ in range(repeats)
        ]
        ms = parts(job, Path(name))
    rates = [np.median([len(job.values) / run[side].wall for run in runs]) for side in range(3)]
    shares = [np.median([run[side].wall / run[2].wall for run in runs]) for side in range(2)]
    cpu = np.median([run[1].cpu / run[2].cpu for run in runs])
    numbers = "".join(f"{rate:9.1f}" for rate in rates) + "".join(f"{x:7.2f}" for x in shares)
    return (
        f"{spec:34}{cores:6}{numbers}{cpu:10.2f}   {ms[0]:6.2f}{ms[1]:8.2f}{ms[2]:8.2f}{ms[3]:7.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shop", type=Path)
    parser.add_argument("--only", default=",".join(SPECS))
    parser.add_argument("--repeats", type=int, default=3)
    chosen = parser.parse_args()
    every = sorted(os.sched_getaffinity(0))
    print(f"{len(every)} cores, load {os.getloadavg()[0]:.1f}\n{HEAD}", flush=True)
    with tempfile.TemporaryDirectory() as name:
        path = chosen.shop or make_shop(Path(name) / "shop", items=160, users=8)
        shop = read(path)
        for spec in chosen.only.split(","):
            for cores in (1, 2):
                os.sched_setaffinity(0, every[:cores])  # vectors_of takes as many threads
                task = job(spec, shop)
                if task is not None and cores <= len(every):
                    print(row(spec, task, cores, chosen.repeats), flush=True)


if __name__ == "__main__":
    main()
