"""What each image step does to neighbours: agreement of genres and types, before and after.

    python benchmarks/preprocessing_image.py [--data ../shared/data] [--encoder efficientnet-lite0]

Agreement is the share of the K nearest other items by cosine that have a label in common
(movielens-posters: genres, pokemon-vgc: types), averaged over items. The difference to no step at
all is paired over items; its 95 % interval is 1.96 standard errors. The second part spoils every
second picture (grain, yellow light, dimness) and asks whether a step brings the agreement back.
Vectors are kept in build/preprocessing, so that a run can be continued.
"""

from __future__ import annotations

import argparse
import functools
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy is loaded

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl

from prismrec.encoders import Encoder
from prismrec.media.image import Pixels, decode_image
from prismrec.registry import build, build_steps

TASKS = {"movielens-posters": "genres", "pokemon-vgc": "types"}
K = 10
NOTHING = "brightness(factor=1)"  # so that pictures are read at the same size as with a step
SPECS = (
    "non-local-means", "bilateral", "median", "clahe", "sharpen", "auto-contrast",
    "grey-world", "grey-world(strength=0.5)", "brightness", "contrast", "gamma", "saturation",
    "greyscale", "crop-centre(share=0.8)", "crop-content", "crop-content(share=0.8)", "letterbox",
    "letterbox(level=255)", "stretch", "trim-borders", "trim-borders,letterbox",
)  # fmt: skip
REPAIRS = {
    "grain": ("non-local-means(strength=15)", "bilateral(tone=60)", "median"),
    "yellow": ("grey-world", "grey-world(strength=0.5)", "greyscale"),
    "dim": ("auto-contrast", "clahe", "gamma(gamma=0.5)", "brightness(factor=2)"),
}


@dataclass(frozen=True)
class Spoil:
    """A picture as a poor camera gives it."""

    kind: str  # grain, yellow or dim
    version: ClassVar[int] = 1

    def __call__(self, pixels: Pixels) -> Pixels:
        """(h, w, 3) to the same shape."""
        values = pixels.astype(np.float32)
        if self.kind == "grain":
            values += np.random.default_rng(0).normal(0, 25, values.shape)
        elif self.kind == "yellow":
            values *= np.float32((1.0, 0.8, 0.45))
        else:
            values = 10 + values * 0.3
        return values.clip(0, 255).astype(np.uint8)


@dataclass(frozen=True)
class Task:
    """One shop: its pictures and, for every pair of items, whether they share a label."""

    name: str
    media: list[bytes]
    shares: np.ndarray

    @classmethod
    def of(cls, folder: Path, label: str, most: int) -> Task:
        """Items with a picture and a label, `most` of them at most, evenly spread."""
        table = pl.read_csv(folder / "items.csv").drop_nulls(["image", label])
        table = table.gather_every(max(1, table.height // most))
        labels = [set(text.split()) for text in table[label]]
        words = sorted(set().union(*labels))
        has = np.array([[word in own for word in words] for own in labels], np.float32)
        return cls(
            folder.name, [(folder / v).read_bytes() for v in table["image"]], has @ has.T > 0
        )


def vectors(encoder: Any, task: Task, steps: Sequence[Any]) -> np.ndarray:
    """Encode all pictures of a shop after some steps, or read what an earlier run encoded."""
    with_steps: Encoder = replace(encoder, steps=tuple(steps))
    file = (
        Path("build/preprocessing") / f"{task.name}-{len(task.media)}-{with_steps.fingerprint}.npy"
    )
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        parts = [with_steps(task.media[at : at + 32]) for at in range(0, len(task.media), 32)]
        np.save(file, np.concatenate(parts))
    return np.load(file)


def hits(found: np.ndarray, task: Task) -> tuple[np.ndarray, np.ndarray]:
    """Per item: whether the nearest other one shares a label, and the share of the K nearest."""
    unit = found / np.linalg.norm(found, axis=1, keepdims=True).clip(1e-9)
    similar = unit @ unit.T
    np.fill_diagonal(similar, -2)
    order = np.argsort(-similar, axis=1)[:, :K]
    shares = np.take_along_axis(task.shares, order, axis=1)
    return shares[:, 0].astype(float), shares.mean(axis=1)


def mean(values: np.ndarray) -> str:
    """Mean and half its 95 % interval."""
    return f"{values.mean():+.3f} ± {1.96 * values.std() / np.sqrt(len(values)):.3f}"


def cost(spec: str, task: Task) -> float:
    """Milliseconds of the processor for one picture, without decoding."""
    pictures = [decode_image(data) for data in task.media[:50]]
    steps = build_steps("image-steps", spec)
    start = time.process_time()
    for pixels in pictures:
        functools.reduce(lambda before, step: step(before), steps, pixels)
    return 1000 * (time.process_time() - start) / len(pictures)


def compare(encoder: Any, task: Task) -> None:
    """Each step alone on the pictures as they are."""
    first, many = hits(vectors(encoder, task, build_steps("image-steps", NOTHING)), task)
    print(f"| {task.name} | none | {mean(first)} | {mean(many)} | | | |", flush=True)
    for spec in SPECS:
        one, some = hits(vectors(encoder, task, build_steps("image-steps", spec)), task)
        row = f"| {task.name} | {spec} | {mean(one)} | {mean(some)} | {mean(one - first)} "
        print(f"{row}| {mean(some - many)} | {cost(spec, task):.1f} |", flush=True)


def repair(encoder: Any, task: Task) -> None:
    """Every second picture spoiled; the step is applied to all, since nobody knows which."""
    whole = vectors(encoder, task, build_steps("image-steps", NOTHING))
    _, best = hits(whole, task)
    for kind, specs in REPAIRS.items():
        _, worst = hits(mixed(whole, vectors(encoder, task, (Spoil(kind),))), task)
        print(
            f"| {task.name} | {kind} | none | {mean(worst)} | {mean(worst - best)} | |", flush=True
        )
        for spec in specs:
            steps = build_steps("image-steps", spec)
            repaired = vectors(encoder, task, (Spoil(kind), *steps))
            _, after = hits(mixed(vectors(encoder, task, steps), repaired), task)
            row = f"| {task.name} | {kind} | {spec} | {mean(after)} | {mean(after - best)} "
            print(f"{row}| {mean(after - worst)} |", flush=True)


def mixed(clean: np.ndarray, spoiled: np.ndarray) -> np.ndarray:
    """Every second row from the one, the others from the other."""
    out = clean.copy()
    out[::2] = spoiled[::2]
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--encoder", default="efficientnet-lite0")
    parser.add_argument("--shops", default=",".join(TASKS))
    parser.add_argument("--most", type=int, default=10_000, help="items of a shop")
    parser.add_argument("--no-spoiling", action="store_true", help="only the first part")
    chosen = parser.parse_args()
    encoder = build("encoders", chosen.encoder)
    tasks = [
        Task.of(chosen.data / name, TASKS[name], chosen.most) for name in chosen.shops.split(",")
    ]
    print(f"| shop | step | nearest | {K} nearest | difference | difference of {K} | ms |")
    for task in tasks:
        compare(encoder, task)
    if chosen.no_spoiling:
        return
    print(f"| shop | spoiled | step | {K} nearest | to whole pictures | to no step |")
    for task in tasks:
        repair(encoder, task)


if __name__ == "__main__":
    main()
