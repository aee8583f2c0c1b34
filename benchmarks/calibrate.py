"""Ranges of the values inside the networks, on media that prismrec makes up; for int8.

    python benchmarks/calibrate.py [efficientnet-lite0 ...]

Writes src/prismrec/encoders/ranges/NAME.json: value in the graph -> lowest and highest. A value
that is not in the file stays float, and so do the layers beside it. Which ones, says FLOAT below;
each was left out because it costs more closeness than time (docs/benchmarks-encoders.md).
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime

from prismrec.data.demo.covers import draw
from prismrec.data.demo.genres import ARRANGEMENTS
from prismrec.data.demo.looks import PAINTERS
from prismrec.data.demo.loops import flac, play
from prismrec.encoders import aisfx, efficientnet, musicnn
from prismrec.registry import build

RANGES = Path(__file__).parents[1] / "src" / "prismrec" / "encoders" / "ranges"
NETWORKS = {"aisfx": aisfx, "efficientnet-lite0": efficientnet, "musicnn": musicnn}
# Outputs of convolutions that stay float, counted from the input.
FLOAT = {
    "aisfx": (),
    "efficientnet-lite0": (
        0,
        1,
        2,
    ),  # the first three layers: every error in them reaches all others
    "musicnn": (2, 3, 4, 5, 6, 7),  # rhythm filters, middle: slower in integers, or no faster
}
EACH = 6  # media of each look, or genre


def covers() -> Iterator[bytes]:
    for look in sorted(PAINTERS):
        for number in range(EACH):
            file = io.BytesIO()
            rng = np.random.default_rng([7, number])
            draw(look, rng, title="Night Harbour", artist="The Prisms").save(file, "PNG")
            yield file.getvalue()


def loops() -> Iterator[bytes]:
    for genre in sorted(ARRANGEMENTS):
        for number in range(EACH):
            loop = play(genre, np.random.default_rng([7, number]))
            yield flac(loop)
            yield flac(0.1 * loop)


def inputs(name: str) -> Iterator[np.ndarray]:
    encoder = build("encoders", name)
    for medium in covers() if encoder.modality == "image" else loops():
        prepared = encoder._prepare(medium)
        yield np.stack(prepared) if encoder.modality == "image" else prepared


def rounded(graph: Any, left_float: tuple[int, ...]) -> set[str]:
    """Values that get a range: around convolutions, and where these are added or pooled."""
    after = {node.input[0]: node for node in graph.node if node.op_type in ("Relu", "Clip")}
    found = set()
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    for number, node in enumerate(convolutions):
        if number not in left_float:
            y = node.output[0]
            found |= {node.input[0], after[y].output[0] if y in after else y}
    for node in graph.node:
        if node.op_type in ("Add", "MaxPool") and found.issuperset(node.input):
            found.add(node.output[0])
    return found


def ranges(name: str) -> dict[str, tuple[float, float]]:
    model = onnx.load_from_string(NETWORKS[name]._convert())
    chosen = rounded(model.graph, FLOAT[name])
    given = {value.name for value in model.graph.input}
    made = [node.output[0] for node in model.graph.node if node.output[0] in chosen - given]
    model.graph.output.extend(onnx.helper.make_empty_tensor_value_info(value) for value in made)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    (place,) = given
    low, high = dict.fromkeys(chosen, 0.0), dict.fromkeys(chosen, 0.0)
    for batch in inputs(name):
        values = dict(zip(made, session.run(made, {place: batch}), strict=True))
        for value, array in {place: batch, **values}.items():
            if value in chosen:
                low[value] = min(low[value], float(array.min()))
                high[value] = max(high[value], float(array.max()))
    for node in model.graph.node:
        if node.op_type == "MaxPool" and node.output[0] in chosen:  # only moves levels
            low[node.output[0]], high[node.output[0]] = low[node.input[0]], high[node.input[0]]
    return {
        value: (short(low[value]), short(high[value]))
        for value in [place, *made]
        if value in chosen
    }


def short(number: float) -> float:
    return float(f"{number:.5g}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=sorted(NETWORKS))
    RANGES.mkdir(exist_ok=True)
    for name in parser.parse_args().names:
        lines = ",\n".join(f" {json.dumps(v)}: {json.dumps(r)}" for v, r in ranges(name).items())
        (RANGES / f"{name}.json").write_text(f"{{\n{lines}\n}}\n", "utf-8")
        print(name, lines.count("\n") + 1, "values")


if __name__ == "__main__":
    main()
