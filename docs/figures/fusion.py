"""Draws the pictures of docs/guide/fusion.md: one sketch for each idea, all in one hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch, Rectangle

IMAGE, TEXT, AUDIO = "#0f8b8d", "#e07a2f", "#7d4f9e"
FUSED, GREY, LIGHT = "#22303c", "#8a949e", "#eef1f4"
NAMES = ("image", "text", "audio")
COLOURS = (IMAGE, TEXT, AUDIO)
ROWS = (2.0, 1.2, 0.4)  # heights of the three modalities
Point = tuple[float, float]


class Sketch:
    """A canvas of 7 x 2.6 units."""

    def __init__(self, ax: Axes) -> None:
        self.ax = ax
        ax.set(xlim=(0, 7), ylim=(0, 2.6), aspect="equal")
        ax.axis("off")

    def vector(
        self, at: Point, colour: str, label: str = "", *, cells: int = 4, on: int = 99
    ) -> None:
        """A row of cells; the first `on` are filled."""
        for k in range(cells):
            corner = (at[0] + 0.16 * (k - cells / 2), at[1] - 0.09)
            face = colour if k < on else "white"
            self.ax.add_patch(
                Rectangle(corner, 0.16, 0.18, fc=face, ec="white" if k < on else colour)
            )
        if label:
            self.text((at[0], at[1] + 0.2), label, colour, size=8)

    def box(self, at: Point, label: str, *, width: float = 0.9, height: float = 0.42) -> None:
        corner = (at[0] - width / 2, at[1] - height / 2)
        style = "round,pad=0.02,rounding_size=0.08"
        patch = FancyBboxPatch(corner, width, height, boxstyle=style, fc=LIGHT, ec=GREY)
        self.ax.add_patch(patch)
        self.text(at, label, FUSED)

    def text(self, at: Point, label: str, colour: str = FUSED, *, size: int = 9) -> None:
        self.ax.text(*at, label, color=colour, size=size, ha="center", va="center")

    def arrow(
        self, start: Point, end: Point, label: str = "", *, colour: str = GREY, width: float = 1.2
    ) -> None:
        style = {"arrowstyle": "-|>", "color": colour, "lw": width, "shrinkA": 0, "shrinkB": 0}
        self.ax.annotate("", end, start, arrowprops=style)
        if label:
            middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 + 0.13)
            self.text(middle, label, colour, size=8)

    def modalities(self, x: float = 0.7, *, lengths: Sequence[int] = (4, 4, 4)) -> None:
        for y, name, colour, cells in zip(ROWS, NAMES, COLOURS, lengths, strict=True):
            self.vector((x, y), colour, name, cells=cells)

    def fused(self, x: float = 6.2, label: str = "item") -> None:
        self.vector((x, 1.2), FUSED, label)


def _into_one(s: Sketch, label: str, weights: Sequence[str] = ("", "", "")) -> None:
    """Three modalities into one box and out as one vector."""
    s.modalities()
    for y, colour, weight in zip(ROWS, COLOURS, weights, strict=True):
        s.arrow((1.2, y), (3.3, 1.2 + (y - 1.2) * 0.2), weight, colour=colour)
    s.box((3.9, 1.2), label, width=1.1)
    s.arrow((4.5, 1.2), (5.7, 1.2))
    s.fused()


def mean(s: Sketch) -> None:
    _into_one(s, "mean", ("1/3", "1/3", "1/3"))


def weighted(s: Sketch) -> None:
    _into_one(s, "sum", (".2", ".7", ".1"))


def concatenation(s: Sketch) -> None:
    s.modalities()
    for k, (y, colour) in enumerate(zip(ROWS, COLOURS, strict=True)):
        s.arrow((1.2, y), (2.3, 1.2 + (1 - k) * 0.12), colour=colour)
        s.vector((2.8 + 0.64 * k, 1.2), colour)
    s.arrow((4.5, 1.2), (5.7, 1.2), "W")
    s.fused()


def gated(s: Sketch) -> None:
    s.modalities()
    for k, (y, colour) in enumerate(zip(ROWS, COLOURS, strict=True)):
        s.arrow((1.2, y), (2.6, y), "tanh W", colour=colour)
        s.vector((3.0, y), colour)
        s.text((3.65, y), "x", GREY)
        s.vector((4.2, y), colour, "gate", on=(1, 3, 2)[k])
        s.arrow((4.7, y), (5.7, 1.2 + (y - 1.2) * 0.15), colour=colour)
    s.fused()


def attention(s: Sketch) -> None:
    s.modalities()
    s.vector((3.0, 2.3), GREY, "question")
    for y, colour, share in zip(ROWS, COLOURS, (0.6, 3.5, 1.4), strict=True):
        s.arrow((1.2, y), (3.4, 1.2 + (y - 1.2) * 0.3), colour=colour, width=share)
    s.arrow((3.1, 2.15), (3.7, 1.5))
    s.box((4.0, 1.2), "softmax", width=1.0)
    s.arrow((4.55, 1.2), (5.7, 1.2))
    s.fused()


def transformer(s: Sketch) -> None:
    s.modalities()
    for y in ROWS:
        for other in ROWS:
            s.arrow((1.2, y), (2.9, other), width=0.8 if y != other else 1.6)
    for y, colour in zip(ROWS, COLOURS, strict=True):
        s.vector((3.3, y), colour)
        s.arrow((3.8, y), (5.0, 1.2 + (y - 1.2) * 0.15), colour=colour)
    s.text((5.3, 1.2), "mean")
    s.fused(6.3)


def low_rank(s: Sketch) -> None:
    s.modalities()
    for k, row in enumerate(ROWS):
        for y, colour in zip(ROWS, COLOURS, strict=True):
            s.arrow((1.2, y), (3.1, row + (y - 1.2) * 0.12), colour=colour, width=0.8)
        s.box((3.45, row), f"x  {k + 1}", width=0.55, height=0.36)
        s.arrow((3.8, row), (4.9, 1.2 + (row - 1.2) * 0.15))
    s.text((5.1, 1.2), "+", size=14)
    s.arrow((5.3, 1.2), (5.8, 1.2))
    s.fused(6.25)


def tensor(s: Sketch) -> None:
    s.modalities()
    for y, colour in zip(ROWS, COLOURS, strict=True):
        s.arrow((1.2, y), (2.5, 1.2 + (y - 1.2) * 0.4), colour=colour)
    for layer in range(4):
        for i in range(4):
            for j in range(4):
                corner = (2.7 + 0.2 * j + 0.09 * layer, 0.65 + 0.2 * i + 0.09 * layer)
                shade = (IMAGE, TEXT, AUDIO, GREY)[layer]
                s.ax.add_patch(Rectangle(corner, 0.2, 0.2, fc=shade, ec="white", alpha=0.75))
    s.arrow((4.0, 1.2), (5.7, 1.2), "W")
    s.fused()


def mm_cnn(s: Sketch) -> None:
    for k, (y, colour) in enumerate(zip((1.6, 1.2, 0.8), COLOURS, strict=True)):
        s.vector((1.7, y), colour, cells=14)
        s.text((0.25, y), NAMES[k], colour, size=8)
    s.ax.add_patch(Rectangle((1.2, 0.62), 0.48, 1.2, fill=False, ec=FUSED, lw=2))
    s.arrow((1.72, 1.95), (2.4, 1.95), "slides", colour=FUSED)
    s.arrow((2.95, 1.2), (3.6, 1.2))
    s.box((4.2, 1.2), "filters", width=1.0)
    s.arrow((4.75, 1.2), (5.5, 1.2))
    s.vector((6.2, 1.2), FUSED, "item", cells=8)


def mm_rnn(s: Sketch) -> None:
    for k, colour in enumerate(COLOURS):
        x = 1.0 + 1.7 * k
        s.vector((x, 0.4), colour)
        s.text((x, 0.12), NAMES[k], colour, size=8)
        s.arrow((x, 0.55), (x, 1.2), colour=colour)
        s.box((x, 1.45), "cell", width=0.7)
        if k < 2:
            s.arrow((x + 0.4, 1.45), (x + 1.3, 1.45), "state")
    s.arrow((4.8, 1.45), (5.8, 1.3))
    s.fused(6.3)


def spectral(s: Sketch) -> None:
    s.modalities()
    for y, colour in zip(ROWS, COLOURS, strict=True):
        s.arrow((1.2, y), (2.1, y), "rfft", colour=colour)
        xs = [2.2 + 0.04 * i for i in range(26)]
        s.ax.plot(xs, [y + 0.14 * _wave(i, y) for i in range(26)], color=colour, lw=1.3)
        s.arrow((3.3, y), (4.1, 1.2 + (y - 1.2) * 0.2), "filter", colour=colour)
    s.box((4.4, 1.2), "x", width=0.5)
    s.arrow((4.7, 1.2), (5.7, 1.2), "irfft")
    s.fused(6.25)


def _wave(i: int, y: float) -> float:
    from math import sin

    return sin(i * (0.35 + y * 0.3)) * (1 - i / 40)


def graph(s: Sketch) -> None:
    places = ((1.6, 2.0), (2.8, 0.6), (0.7, 0.6))
    for k, (a, colour) in enumerate(zip(places, COLOURS, strict=True)):
        s.vector(a, colour, NAMES[k])
        for b in places:
            if a != b:
                start = (a[0] + (b[0] - a[0]) * 0.28, a[1] + (b[1] - a[1]) * 0.28)
                end = (a[0] + (b[0] - a[0]) * 0.72, a[1] + (b[1] - a[1]) * 0.72)
                s.arrow(start, end, colour=colour)
    s.arrow((3.4, 1.2), (5.6, 1.2), "mean after the rounds")
    s.fused()


def co_embedding(s: Sketch) -> None:
    s.modalities(lengths=(7, 5, 4))
    for y, colour in zip(ROWS, COLOURS, strict=True):
        s.arrow((1.4, y), (2.9, y), "own map", colour=colour)
    s.ax.add_patch(
        FancyBboxPatch((3.2, 0.25), 3.2, 2.0, boxstyle="round,pad=0.05", fc=LIGHT, ec=GREY)
    )
    s.text((4.8, 2.4), "one space", GREY, size=8)
    for x, y in ((3.9, 1.7), (5.7, 0.7), (4.5, 0.6), (5.6, 1.8)):
        for k, colour in enumerate(COLOURS):
            s.ax.plot(x + 0.13 * (k - 1), y + 0.1 * ((k * 2) % 3 - 1), "o", color=colour, ms=7)


def joint(s: Sketch) -> None:
    for y, name, colour, net in zip(
        ROWS, ("pixels", "words", "sound"), COLOURS, ("CNN", "LSTM", "CNN"), strict=True
    ):
        s.text((0.6, y), name, colour)
        s.arrow((1.0, y), (1.6, y), colour=colour)
        s.box((2.1, y), net)
        s.arrow((2.6, y), (3.5, 1.2 + (y - 1.2) * 0.25), colour=colour)
    s.box((4.0, 1.2), "fusion")
    s.arrow((4.5, 1.2), (5.2, 1.2))
    s.vector((5.6, 1.2), FUSED, "item")
    s.vector((5.6, 0.4), GREY, "user")
    s.text((6.5, 0.8), "loss")
    s.arrow((6.1, 1.1), (6.35, 0.95))
    s.arrow((6.1, 0.45), (6.35, 0.65))
    s.arrow((6.5, 2.33), (0.5, 2.33), "gradients reach the media", colour=GREY)


def item_graph(s: Sketch) -> None:
    places = ((1.0, 2.0), (2.2, 2.1), (1.7, 1.3), (0.8, 0.7), (2.3, 0.5))
    for i, j in ((0, 1), (0, 2), (1, 2), (2, 4), (3, 4), (3, 2)):
        s.ax.plot(*zip(places[i], places[j], strict=True), color=TEXT, lw=1.5, zorder=0)
    for place in places:
        s.ax.plot(*place, "s", color=FUSED, ms=11)
    s.text((1.6, 0.12), "alike by their media", TEXT, size=8)
    people = ((4.0, 2.0), (4.0, 1.3), (4.0, 0.6))
    things = ((5.6, 2.2), (5.6, 1.5), (5.6, 0.9), (5.6, 0.3))
    for u, i in ((0, 0), (0, 1), (1, 1), (1, 2), (2, 2), (2, 3), (0, 3)):
        s.ax.plot(*zip(people[u], things[i], strict=True), color=GREY, lw=1.2, zorder=0)
    for place in people:
        s.ax.plot(*place, "o", color=IMAGE, ms=11)
    for place in things:
        s.ax.plot(*place, "s", color=FUSED, ms=11)
    s.text((4.8, 0.05), "who used what", GREY, size=8)
    s.text((3.1, 1.3), "+", size=14)


def modality_graphs(s: Sketch) -> None:
    for k, colour in enumerate(COLOURS):
        x = 0.6 + 2.3 * k
        for u, i in ((0, 0), (0, 1), (1, 1), (2, 2), (1, 2)):
            ends = (x, 1.9 - 0.6 * u), (x + 1.0, 1.9 - 0.6 * i)
            s.ax.plot(*zip(*ends, strict=True), color=colour, lw=1.3, zorder=0)
        for row in range(3):
            s.ax.plot(x, 1.9 - 0.6 * row, "o", color=GREY, ms=9)
            s.ax.plot(x + 1.0, 1.9 - 0.6 * row, "s", color=colour, ms=9)
        s.text((x + 0.5, 0.3), NAMES[k], colour, size=8)
        if k < 2:
            s.text((x + 1.65, 1.3), "+", size=14)


def no_negatives(s: Sketch) -> None:
    s.vector((0.9, 1.7), FUSED, "user")
    s.vector((0.9, 0.7), FUSED, "item")
    for y in (1.7, 0.7):
        s.arrow((1.4, y), (2.5, y), "dropout")
        s.vector((3.0, y), GREY, on=2)
    s.arrow((3.5, 1.7), (5.0, 0.8), "pull", colour=IMAGE)
    s.arrow((3.5, 0.7), (5.0, 1.6), colour=IMAGE)
    s.vector((5.5, 1.7), FUSED, "user, held still")
    s.vector((5.5, 0.7), FUSED, "item, held still")


def history(s: Sketch) -> None:
    for k in range(4):
        x = 0.9 + 1.4 * k
        for row, colour in enumerate(COLOURS):
            s.vector((x, 0.25 + 0.22 * row), colour, cells=3)
        s.arrow((x, 0.95), (x, 1.35))
        s.box((x, 1.6), "cell", width=0.7)
        if k < 3:
            s.arrow((x + 0.4, 1.6), (x + 1.0, 1.6))
    s.arrow((5.5, 1.6), (5.9, 1.6))
    s.vector((6.3, 1.6), GREY, "interest")
    s.text((3.0, 2.3), "oldest ... newest", GREY, size=8)


PICTURES: dict[str, Callable[[Sketch], None]] = {
    "mean": mean,
    "weighted": weighted,
    "concatenation": concatenation,
    "gated": gated,
    "attention": attention,
    "transformer": transformer,
    "low-rank": low_rank,
    "tensor": tensor,
    "mm-cnn": mm_cnn,
    "mm-rnn": mm_rnn,
    "spectral": spectral,
    "graph": graph,
    "co-embedding": co_embedding,
    "joint": joint,
    "item-graph": item_graph,
    "modality-graphs": modality_graphs,
    "no-negatives": no_negatives,
    "history": history,
}


def main(shop: Path, out: Path) -> None:
    """Write every picture to `out`; the shop is not looked at."""
    for name, draw in PICTURES.items():
        figure, ax = plt.subplots(figsize=(5.6, 2.08), dpi=100)
        draw(Sketch(ax))
        figure.subplots_adjust(0, 0, 1, 1)
        figure.savefig(
            out / f"fusion-{name}.png", metadata={"Software": None}, pil_kwargs={"optimize": True}
        )
        plt.close(figure)
