from __future__ import annotations

import numpy as np
import pytest

from prismrec.encoders.aisfx import Aisfx
from prismrec.encoders.fields import changed_fields
from prismrec.encoders.mfcc import Mfcc
from prismrec.encoders.musicnn import MusiCnn
from prismrec.encoders.pooling import POOLS, pooled, pooled_dim
from prismrec.media.audio.trim import Trim

PARTS = np.array([[1, 0], [3, 0], [8, 3]], np.float32)


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("mean", [4, 1]),
        ("max", [8, 3]),
        ("median", [3, 0]),
        ("mean-std", [4, 1, np.sqrt(26 / 3), np.sqrt(2)]),
    ],
)
def test_pools_by_hand(by: str, expected: list[float]) -> None:
    out = pooled(PARTS, by)
    assert out.dtype == np.float32
    assert out == pytest.approx(np.array(expected), rel=1e-6)


@pytest.mark.parametrize("by", POOLS)
def test_one_part_is_itself(by: str) -> None:
    out = pooled(PARTS[:1], by)
    assert len(out) == pooled_dim(2, by)
    assert out[:2].tolist() == [1, 0]


def test_only_fields_that_differ_enter_a_fingerprint() -> None:
    assert changed_fields(MusiCnn(threads=4)) == ()
    assert changed_fields(MusiCnn(seconds=30)) == changed_fields(MusiCnn(seconds=30.0))
    (step, pool) = changed_fields(Aisfx(steps=(Trim(),), pool="max"))
    assert step.startswith("Trim(")
    assert pool == "pool='max'"
    assert len({Mfcc(pool=by).fingerprint for by in POOLS}) == len(POOLS)
