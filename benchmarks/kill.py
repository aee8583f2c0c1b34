"""Kill an encode again and again: are the vectors the same, and is anything computed twice?

    python benchmarks/kill.py ../shared/data/pokemon-vgc [--kills 10] [--store sqlite]

First an undisturbed run. Then, into another store, runs that are killed with SIGKILL at a random
moment of their encoding, most of them after their first batch, and one that may end. Each run
writes down what it computed and, after the store has said so, what was kept. Compared are the
vectors, bit for bit, and whether anything that had been kept was computed again. Last, two
processes encode into one store at once.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from prismrec.data.read import read
from prismrec.encode import choose_encoders, encode_media
from prismrec.store import Store, open_store

MODALITIES = ("image", "text", "audio")


@dataclass(frozen=True)
class Diary:
    """Lines that survive the process that writes them."""

    file: int  # descriptor of a file that is appended to

    def write(self, what: str, names: Iterable[str]) -> None:
        os.write(self.file, "".join(f"{what} {name}\n" for name in names).encode())


@dataclass(frozen=True)
class Watched:
    """An encoder that writes down what it has computed."""

    encoder: Any
    diary: Diary
    pause: float  # seconds after each batch

    def __getattr__(self, name: str) -> Any:
        return getattr(self.encoder, name)

    def __call__(self, media: Sequence[bytes]) -> np.ndarray:
        vectors = self.encoder(media)
        time.sleep(self.pause)
        digests = (hashlib.sha256(data).hexdigest() for data in media)
        self.diary.write("computed", (f"{self.encoder.fingerprint}/{each}" for each in digests))
        return vectors


@dataclass(frozen=True)
class WatchedStore:
    """A store that writes down what it has kept, once it has."""

    store: Store
    diary: Diary

    def get_many(self, keys: Iterable[str]) -> dict[str, np.ndarray]:
        return self.store.get_many(keys)

    def put_many(self, vectors: Mapping[str, np.ndarray]) -> None:
        self.store.put_many(vectors)
        self.diary.write("kept", vectors)


def work(chosen: argparse.Namespace) -> None:
    """What the processes do that are killed."""
    file = os.open(chosen.diary, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    diary = Diary(file)
    shop = read(chosen.shops[0])
    choice = {name: spec_of(getattr(chosen, name)) for name in MODALITIES}
    encoders = choose_encoders(shop, **choice)
    store = open_store(chosen.work)
    diary.write("began", ["now"])
    while chosen.meet and not Path(chosen.meet).exists():
        time.sleep(0.01)
    watched = {name: Watched(encoder, diary, chosen.pause) for name, encoder in encoders.items()}
    encode_media(shop, watched, store=WatchedStore(store, diary))
    diary.write("ended", ["well"])


def spec_of(text: str) -> str | None:
    return None if text == "none" else text


class Run:
    """One process, its diary, and what it says in the end."""

    def __init__(
        self, chosen: argparse.Namespace, shop: Path, place: str, diary: Path, meet: str = ""
    ) -> None:
        options = [f"--{name}={getattr(chosen, name)}" for name in MODALITIES]
        command = [sys.executable, __file__, str(shop), *options, f"--work={place}"]
        self.diary = diary
        self.process = subprocess.Popen(
            [*command, f"--diary={diary}", f"--meet={meet}", f"--pause={chosen.pause}"]
        )

    def wait(self) -> float:
        """Seconds from the beginning of encoding to its end."""
        began = self._first("began")
        if self.process.wait():
            raise SystemExit("the encode itself failed")
        return time.monotonic() - began

    def _first(self, what: str) -> float:
        while self.process.poll() is None and not self.lines(what):
            time.sleep(0.01)
        return time.monotonic()

    def kill(self, after: float, first: str) -> bool:
        """Whether it was still at work, so many seconds after it first wrote that down."""
        self._first(first)
        try:
            self.process.wait(after)
        except subprocess.TimeoutExpired:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()
        return self.process.returncode == -signal.SIGKILL

    def lines(self, what: str) -> list[str]:
        text = self.diary.read_text("utf-8") if self.diary.exists() else ""
        found = (line.partition(" ") for line in text.splitlines())
        return [name for kind, _, name in found if kind == what]


def vectors_in(place: str) -> dict[str, bytes]:
    store: Any = open_store(place)
    found = {key: vector.tobytes() for key, vector in store.get_many(list(store)).items()}
    store.close()
    return found


def measure(chosen: argparse.Namespace, shop: Path, folder: Path) -> dict[str, Any]:
    def place(name: str) -> str:
        return f"{chosen.store}:{folder / name}"

    seconds = Run(chosen, shop, place("calm"), folder / "calm.log").wait()
    expected = vectors_in(place("calm"))

    rng, runs = random.Random(chosen.seed), []
    for number in range(chosen.kills):
        run = Run(chosen, shop, place("killed"), folder / f"{number}.log")
        runs.append(run)
        first = rng.choice(["began", "kept", "kept", "kept"])
        if not run.kill(rng.uniform(0, seconds / chosen.kills), first):
            break
    last = Run(chosen, shop, place("killed"), folder / "last.log")
    last.wait()

    logs = [folder / "one.log", folder / "other.log"]
    pair = [
        Run(chosen, shop, place("pair"), log, str(other))
        for log, other in zip(logs, reversed(logs), strict=True)
    ]
    for each in pair:
        each.wait()
    return {
        "shop": shop.name,
        "seconds undisturbed": round(seconds, 1),
        "vectors": len(expected),
        "kills": sum(not run.lines("ended") for run in runs),
        "computed by each run": [len(run.lines("computed")) for run in (*runs, last)],
        "kept by each run": [len(run.lines("kept")) for run in (*runs, last)],
        "kept, then computed again": again([*runs, last]),
        "computed, lost in a kill": sum(
            len(set(run.lines("computed")) - set(run.lines("kept"))) for run in runs
        ),
        "equal after kills": vectors_in(place("killed")) == expected,
        "computed by each of two at once": [len(run.lines("computed")) for run in pair],
        "equal after two at once": vectors_in(place("pair")) == expected,
    }


def again(runs: Sequence[Run]) -> int:
    """Vectors that were computed although an earlier run, or the same, had kept them."""
    kept: set[str] = set()
    twice = 0
    for run in runs:
        computed = run.lines("computed")
        twice += len(kept.intersection(computed)) + len(computed) - len(set(computed))
        kept |= set(run.lines("kept"))
    return twice


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shops", type=Path, nargs="+")
    for name in MODALITIES:
        parser.add_argument(f"--{name}", default="auto")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--store", choices=("sqlite", "lance"), default="sqlite")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pause", type=float, default=0.0, help="seconds after each batch")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--diary", help=argparse.SUPPRESS)
    parser.add_argument("--meet", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.work:
        work(chosen)
        return
    for shop in chosen.shops:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(measure(chosen, shop, Path(folder)), indent=2), flush=True)


if __name__ == "__main__":
    main()
