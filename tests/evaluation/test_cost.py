"""What a fit and a list cost."""

from __future__ import annotations

import time

import numpy as np
import pytest

from prismrec.evaluation import cost
from prismrec.evaluation.cost import metered, milliseconds_per_user
from prismrec.rankers import Query

MIB = 1 << 20


@pytest.mark.skipif(not cost.RESET.exists(), reason="the system does not tell")
def test_the_peak_counts_though_the_memory_is_free_again():
    with metered() as meter:
        np.ones(64 * MIB // 8)
    assert 60 * MIB < meter.peak_bytes < 200 * MIB


@pytest.mark.skipif(not cost.RESET.exists(), reason="the system does not tell")
def test_a_peak_before_the_block_is_forgotten():
    np.ones(256 * MIB // 8)
    with metered() as meter:
        pass
    assert meter.peak_bytes < 64 * MIB


def test_without_the_systems_help_memory_is_unknown(monkeypatch, tmp_path):
    monkeypatch.setattr(cost, "RESET", tmp_path / "absent" / "clear_refs")
    with metered() as meter:
        pass
    assert meter.peak_bytes is None
    assert meter.seconds > 0


def test_what_goes_wrong_inside_is_not_swallowed():
    with pytest.raises(KeyError), metered() as meter:
        raise KeyError
    assert meter.seconds > 0


def test_milliseconds_are_per_person(table, log, monkeypatch):
    clock = iter([10.0, 10.5])
    monkeypatch.setattr(time, "perf_counter", lambda: next(clock))
    data = log([(0, 1), (1, 2)], (5, 6))
    query = Query.of(data)
    assert milliseconds_per_user(table(np.zeros((5, 6))), query, 2) == pytest.approx(100)
