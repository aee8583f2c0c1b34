"""Which text step helps which encoder: share of nearest neighbours with a label in common.

    python benchmarks/preprocessing_text.py [--data ../shared/data] [--part tokens,dirt]

Labels: genres (movielens-posters, by overview), types (pokemon-vgc, by text), themes of the demo
shop (300 records, English and Chinese blurbs, made on the spot; its truth.json knows the theme).
Each row: mean over items of the share of their 10 nearest others by cosine that have a label in
common, its difference to the first row item by item, and 95 % intervals over items.

dirt: every second overview of the first 300 gets one fault that real catalogues have; the row
without a step says what the fault costs, the row with it what the step wins back.
"""

from __future__ import annotations

import argparse
import json
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy is loaded

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from prismrec import registry
from prismrec.data.demo import make_shop
from prismrec.media.text.keywords import keywords
from prismrec.media.text.language import language_of
from prismrec.media.text.segment import segment

NEAR = 10
FEW = 300  # texts of the dirt and of the speed
TOKENS = {
    "words as they stand": "",
    "stop-words": "stop-words",
    "stem": "stem",
    "lemma": "lemma",
    "stop-words, stem": "stop-words,stem",
    "stop-words, lemma": "stop-words,lemma",
    "stop-words, stem, pairs": "stop-words,stem,pairs",
    "stem, pairs instead of words": "stem,pairs(words=false)",
    "keep-tags, stop-words, stem": "keep-tags,stop-words,stem",
    "nouns, adjectives; stop-words, stem": "keep-tags(tags=NOUN+PROPN+ADJ),stop-words,stem",
    "stop-words, stem, n-grams": "stop-words,stem,n-grams",
    "stop-words, min-length, stem": "stop-words,min-length,stem",
}


def marked_up(text: str) -> str:
    return f'<div class="description"><p style="margin:0">{text}</p><br/>&nbsp;</div>'


def misread(text: str) -> str:
    typeset = "“" + text.replace("'", "’").replace(" and ", " – and ")
    return typeset.encode().decode("cp1252", "replace")


def wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


FAULTS: dict[str, tuple[Callable[[str], str], str]] = {
    "markup": (marked_up, "html"),
    "wrong encoding": (misread, "mojibake"),
    "zero-width spaces": (lambda text: text.replace("e", "e\u200b"), "invisible"),
    "full-width letters": (wide, "unicode"),
    "an address": (lambda text: f"{text} More: https://shop.example/item?id=7&ref=mail", "links"),
    "emoji": (lambda text: f"🎬🎬🍿⭐⭐⭐ {text} 🔥🔥", "emoji(how=drop)"),
    "capitals": (str.upper, "lower"),
    "repeats": (lambda text: text.replace("o", "ooooo"), "repeats(most=1)"),
}


class Shop(NamedTuple):
    name: str
    texts: list[str]
    labels: list[set[str]]


def shops(data: Path) -> list[Shop]:
    out = []
    for name, column, label in (
        ("movielens-posters", "overview", "genres"),
        ("pokemon-vgc", "text", "types"),
    ):
        table = pl.read_csv(data / name / "items.csv").drop_nulls([column, label])
        out.append(Shop(name, table[column].to_list(), [{*v.split()} for v in table[label]]))
    with tempfile.TemporaryDirectory() as folder:
        demo = make_shop(Path(folder) / "demo", items=300, users=8)
        truth = json.loads((demo / "truth.json").read_text("utf-8"))["records"]
        items = pl.read_csv(demo / "items.csv")
    for column, name in (("blurb", "demo, English"), ("blurb_zh", "demo, Chinese")):
        table = items.drop_nulls(column)
        themes = [{truth[item]["theme"]} for item in table["item"]]
        out.append(Shop(name, table[column].to_list(), themes))
    return out


def shares(vectors: np.ndarray, labels: Sequence[set[str]]) -> np.ndarray:
    """(n,) share of the nearest others with a label in common."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-9)
    similar = unit @ unit.T
    np.fill_diagonal(similar, -2)
    near = np.argsort(-similar, axis=1, kind="stable")[:, :NEAR]
    words = sorted(set().union(*labels))
    has = np.array([[word in label for word in words] for label in labels], np.float32)
    return np.take_along_axis(has @ has.T > 0, near, axis=1).mean(axis=1)


def agreement(spec: str, shop: Shop) -> np.ndarray:
    encoder = registry.build("encoders", spec)
    return shares(encoder([text.encode() for text in shop.texts]), shop.labels)


def row(name: str, found: np.ndarray, base: np.ndarray) -> str:
    error = 1.96 / np.sqrt(len(found))
    change = found - base
    return (
        f"| {name} | {found.mean():.3f} ± {error * found.std():.3f} "
        f"| {change.mean():+.3f} ± {error * change.std():.3f} |"
    )


def part_tokens(found: list[Shop]) -> None:
    for encoder in ("tfidf", "bm25"):
        for shop in found:
            print(f"\n{encoder}, {shop.name}, {len(shop.texts)} texts", flush=True)
            base = None
            for name, tokens in TOKENS.items():
                result = agreement(f"{encoder}:tokens={tokens}", shop)
                base = result if base is None else base
                print(row(name, result, base), flush=True)


def part_encoders(found: list[Shop]) -> None:
    for shop in found:
        print(f"\n{shop.name}, {len(shop.texts)} texts", flush=True)
        vectors = {}
        for name in ("use-multilingual", "minilm", "tfidf", "bm25"):
            encoder = registry.build("encoders", name)
            vectors[name] = encoder([text.encode() for text in shop.texts])
        joined = np.hstack([vectors["use-multilingual"], vectors["minilm"]])
        base = shares(vectors["use-multilingual"], shop.labels)
        for name, values in {**vectors, "use-multilingual + minilm": joined}.items():
            print(row(name, shares(values, shop.labels), base), flush=True)


def part_dirt(found: list[Shop]) -> None:
    whole = found[0]
    texts, labels = whole.texts[:FEW], whole.labels[:FEW]
    for encoder in ("tfidf:steps=", "use-multilingual:steps=", "minilm:steps="):
        print(f"\n{encoder.partition(':')[0]}, {len(texts)} overviews", flush=True)
        clean = agreement(encoder, Shop("", texts, labels))
        print(row("clean", clean, clean), flush=True)
        for fault, (make, step) in FAULTS.items():
            dirty = [make(text) if place % 2 else text for place, text in enumerate(texts)]
            for spec in ("", step):
                result = agreement(encoder + spec, Shop("", dirty, labels))
                print(row(f"{fault}, {spec or 'no step'}", result, clean), flush=True)


def part_speed(found: list[Shop]) -> None:
    for shop in (found[0], found[3]):
        texts = (shop.texts * 5)[:FEW]
        print(
            f"\n{shop.name}: {len(texts)} texts of {sum(map(len, texts)) // len(texts)} characters"
        )
        for name, job in jobs(texts).items():
            job()
            start = time.process_time()
            job()
            rate = len(texts) / max(time.process_time() - start, 1e-6)
            print(f"| {name} | {rate:,.0f} |", flush=True)


def jobs(texts: list[str]) -> dict[str, Callable[[], object]]:
    tokens = [segment(text) for text in texts]
    out: dict[str, Callable[[], object]] = {}
    for kind, given in (("text-steps", texts), ("token-steps", tokens)):
        for name in registry.names(kind):
            (step,) = registry.build_steps(kind, name)
            out[name] = lambda step=step, given=given: [step(each) for each in given]
    out["language"] = lambda: [language_of(text) for text in texts]
    out["segment"] = lambda: [segment(text) for text in texts]
    out["keywords"] = lambda: [keywords(text) for text in texts]
    return out


PARTS = {
    "tokens": part_tokens,
    "encoders": part_encoders,
    "dirt": part_dirt,
    "speed": part_speed,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--part", default=",".join(PARTS))
    chosen = parser.parse_args()
    found = shops(chosen.data)
    for part in chosen.part.split(","):
        PARTS[part](found)


if __name__ == "__main__":
    main()
