from __future__ import annotations

import sys

import numpy as np
import pytest
from scipy.signal import correlate

from prismrec.encoders.onnx_graph import Graph
from prismrec.encoders.onnx_session import open_session
from prismrec.errors import MissingPackage


def doubled() -> bytes:
    graph = Graph("doubled")
    graph.rename(graph.affine("x", np.array(2), np.array(0)), "y")
    return graph.to_bytes({"x": ("n",)}, {"y": ("n",)})


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PRISMREC_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_convolution_clip_and_reduction() -> None:
    rng = np.random.default_rng(0)
    weight, bias = rng.normal(size=(1, 1, 3, 3)), np.array([0.5])
    graph = Graph("small")
    y = graph.conv("x", weight, bias, attributes={"pads": [1, 1, 1, 1]})
    graph.rename(graph.reduce("ReduceMax", graph.clip(y, 0, 2), 3), "y")
    model = graph.to_bytes({"x": ("n", 1, 5, 6)}, {"y": ("n", 1, 5)})
    x = rng.normal(size=(1, 1, 5, 6)).astype(np.float32)
    out = open_session("small", lambda: model, 1).run(["y"], {"x": x})[0]
    slow = (correlate(x[0, 0], weight[0, 0], "same") + 0.5).clip(0, 2).max(axis=1)
    assert out[0, 0] == pytest.approx(slow, abs=1e-5)


def test_conversion_happens_once(cache) -> None:
    calls = []

    def convert() -> bytes:
        calls.append(1)
        return doubled()

    for _ in range(2):
        session = open_session("doubled", convert, 1)
        assert session.run(["y"], {"x": np.ones(3, np.float32)})[0].tolist() == [2, 2, 2]
    assert len(calls) == 1
    assert [path.name for path in (cache / "onnx").iterdir()] == ["doubled.onnx"]


def test_a_cache_that_cannot_be_written_does_not_stop_the_work(cache) -> None:
    cache.write_text("a file where the folder should be")
    session = open_session("doubled", doubled, 1)
    assert session.run(["y"], {"x": np.ones(1, np.float32)})[0].tolist() == [2]


def test_a_missing_package_names_the_command(cache, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingPackage, match=r'pip install "prismrec\[media\]"'):
        open_session("doubled", doubled, 1)


def test_a_failed_conversion_leaves_nothing(cache) -> None:
    def fails() -> bytes:
        raise ValueError("no weights")

    with pytest.raises(ValueError, match="no weights"):
        open_session("fails", fails, 1)
    assert not cache.exists()
