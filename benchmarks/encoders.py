"""Items per second of every encoder on one thread, and what its neighbours have in common.

    python benchmarks/encoders.py [--data ../shared/data] [--only musicnn,mfcc]

Speed: the media of one real shop, decoded and encoded, seconds of the processor (not of the wall,
so that other work on the machine counts less), model loaded before. Agreement: how often the
nearest other item by cosine shares the label (emotify: genre of the song), or one of the labels
(pokemon-vgc: types; movielens-posters: genres). Texts of movielens-posters are the overviews, which
do not contain the genres. Chance is the same share over all pairs.

An encoder with fields (`musicnn:precision=int8`) is also compared with the same encoder without:
mean and least cosine of the vectors where they have one length, and how much its agreement is
better, item by item, with a 95 % interval.
"""

from __future__ import annotations

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy is loaded

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import polars as pl

from prismrec.encoders import Encoder
from prismrec.registry import build, names
from prismrec.store import vector_key
from prismrec.store.sqlite import SqliteStore, default_path

# shop, column of the labels, column of the media for each modality
TASKS = {
    "emotify": ("genre", {"audio": "audio"}),
    "pokemon-vgc": ("types", {"image": "image", "audio": "audio", "text": "text"}),
    "movielens-posters": ("genres", {"image": "image", "text": "overview"}),
}
TIMED = {"image": 200, "text": 500, "audio": 40}  # media that the speed is measured on


def media(folder: Path, table: pl.DataFrame, modality: str, column: str) -> Iterator[bytes]:
    for value in table[column]:
        yield value.encode() if modality == "text" else (folder / value).read_bytes()


def encoded(encoder: Encoder, contents: list[bytes], store: SqliteStore) -> np.ndarray:
    keys = [vector_key(encoder.fingerprint, content) for content in contents]
    known = store.get_many(keys)
    missing = {k: c for k, c in zip(keys, contents, strict=True) if k not in known}
    for some in (list(missing.items())[i : i + 16] for i in range(0, len(missing), 16)):
        new = dict(zip([k for k, _ in some], encoder([c for _, c in some]), strict=True))
        store.put_many(new)
        known |= new
    return np.stack([known[key] for key in keys])


def unit_of(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-9)


def agreement(vectors: np.ndarray, labels: list[set[str]]) -> tuple[np.ndarray, float]:
    """(n,) whether the nearest neighbour of each item shares a label, and chance."""
    unit = unit_of(vectors)
    similar = unit @ unit.T
    np.fill_diagonal(similar, -2)
    words = sorted(set().union(*labels))
    has = np.array([[word in label for word in words] for label in labels], np.float32)
    shares = has @ has.T > 0
    hits = shares[np.arange(len(unit)), similar.argmax(axis=1)]
    n = len(unit)
    return hits.astype(np.float64), (shares.sum() - n) / (n * (n - 1))


def interval(values: np.ndarray) -> str:
    return f"{values.mean():.3f} ± {1.96 * values.std() / np.sqrt(len(values)):.3f}"


def beside(vectors: np.ndarray, plain: np.ndarray, words: list[set[str]]) -> str:
    """What an encoder with fields changes."""
    change = agreement(vectors, words)[0] - agreement(plain, words)[0]
    text = f"   change {interval(change)}"
    if vectors.shape == plain.shape:
        cosines = (unit_of(vectors) * unit_of(plain)).sum(axis=1)
        text += f"   cosine {cosines.mean():.4f}, least {cosines.min():.4f}"
    return text


def speed(encoder: Encoder, contents: list[bytes]) -> float:
    contents = contents[: TIMED[encoder.modality]]
    encoder(contents[:1])
    start = time.process_time()
    encoder(contents)
    return len(contents) / (time.process_time() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--only", default=",".join(names("encoders")))
    chosen = parser.parse_args()
    print(
        f"{'encoder':36}{'shop':20}{'items':>6}{'per second':>12}   {'agreement':13}{'chance':>8}"
    )
    for name in chosen.only.split(","):
        encoder = build("encoders", name)
        for shop, (label, columns) in TASKS.items():
            column = columns.get(encoder.modality)
            if column is None:
                continue
            folder = chosen.data / shop
            table = pl.read_csv(folder / "items.csv").drop_nulls([column, label])
            contents = [*media(folder, table, encoder.modality, column)]
            rate = speed(encoder, contents)
            words = [set(text.split()) for text in table[label]]
            with closing(SqliteStore(default_path(folder))) as store:
                vectors = encoded(encoder, contents, store)
                more = ""
                if ":" in name:
                    plain = encoded(build("encoders", name.partition(":")[0]), contents, store)
                    more = beside(vectors, plain, words)
            hits, chance = agreement(vectors, words)
            line = f"{name:36}{shop:20}{len(words):6}{rate:12.1f}   {interval(hits)}{chance:8.3f}"
            print(line + more, flush=True)


if __name__ == "__main__":
    main()
