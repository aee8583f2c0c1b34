"""Draws docs/pictures/light.png, what light models keep, from files of benchmarks/light.py.

python docs/figures/light.py tiktok.json lastfm.json docs/pictures
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

COLOURS = {"prism": "#3b6fb6", "lightgcn": "#c7622b"}


def main(files: list[Path], out: Path) -> None:
    """Write light.png into the folder `out`."""
    found: dict[str, Any] = {}
    for file in files:
        found |= json.loads(file.read_text("utf-8"))
    names = list(dict.fromkeys(key.split()[0] for key in found))
    figure, axes = plt.subplots(1, len(names), figsize=(4.6 * len(names), 3.6), squeeze=False)
    for name, axis in zip(names, axes[0], strict=True):
        for key, rows in found.items():
            shop, spec = key.split(maxsplit=1)
            if shop == name:
                draw(axis, spec.partition(":")[0], rows)
        axis.set(xscale="log", xlabel="size, MB", title=name)
        axis.grid(alpha=0.3)
    axes[0][0].set_ylabel("recall@20 on test")
    axes[0][-1].legend(fontsize=8, loc="lower right")
    figure.tight_layout()
    figure.savefig(out / "light.png", dpi=90)


def draw(axis: Axes, teacher: str, rows: dict[str, Any]) -> None:
    """The teacher as a star, its students as lines from small to large."""
    colour = COLOURS[teacher]
    whole = rows["teacher"]
    axis.plot(whole["bytes"] / 1e6, whole["recall@20"][0], "*", ms=13, c=colour, label=teacher)
    axis.axhline(whole["recall@20"][0], color=colour, lw=0.8, ls=":")
    for suffix, style, what in (("", "o-", "float32"), (", int8", "s--", "int8")):
        some = [rows[f"d {dim}{suffix}"] for dim in (16, 32, 64) if f"d {dim}{suffix}" in rows]
        points = [(row["bytes"] / 1e6, row["recall@20"][0]) for row in some]
        axis.plot(*zip(*points, strict=True), style, ms=5, c=colour, label=f"{teacher}, {what}")


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:-1]], Path(sys.argv[-1]))
