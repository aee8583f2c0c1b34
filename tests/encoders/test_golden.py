"""Networks against figures computed with torch from the same weights and input."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from prismrec.registry import build

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text("utf-8"))
INPUTS = {
    "efficientnet-lite0": ("image", (1, 3, 224, 224)),
    "aisfx": ("blocks", (1, 100, 96)),
    "musicnn": ("blocks", (1, 187, 96)),
}


def wave(shape: tuple[int, ...]) -> np.ndarray:
    return np.sin(0.37 * np.arange(np.prod(shape), dtype=np.float64)).reshape(shape)


@pytest.mark.parametrize("name", sorted(INPUTS))
def test_the_network_agrees_with_torch(name: str) -> None:
    place, shape = INPUTS[name]
    values = wave(shape) if name == "efficientnet-lite0" else np.abs(wave(shape))
    scaled = (3 if name == "musicnn" else 1) * values.astype(np.float32)
    vector = build("encoders", name)._session.run(["embedding"], {place: scaled})[0][0]
    expected = GOLDEN["networks"][name]
    assert vector[:6] == pytest.approx(expected["first"], abs=1e-4)
    assert float(vector.sum()) == pytest.approx(expected["sum"], rel=1e-5)
