"""Towers rounded to bytes: how far a score may move, and that nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from prismrec.data.features import Feature
from prismrec.data.jagged import Jagged
from prismrec.errors import BadModel
from prismrec.rankers import Query, Towers
from prismrec.rankers.int8_towers import Int8Rows, Int8Towers
from prismrec.rankers.newcomers import Newcomers
from prismrec.saving import load

N_USERS, N_ITEMS, DIM = 7, 9, 16
FINITE = st.floats(-1e6, 1e6, width=32)


def towers(*, media: bool = False, bias: bool = True, dim: int = DIM) -> Towers:
    rng = np.random.default_rng(0)
    users, items = (rng.normal(size=(n, dim)).astype(np.float32) for n in (N_USERS, N_ITEMS))
    kept = Newcomers.of({"image": look(N_ITEMS)}, neighbours=2) if media else None
    return Towers(
        users,
        items,
        rng.normal(size=N_ITEMS).astype(np.float32) if bias else None,
        np.arange(N_ITEMS) != 3,
        kept,
        {"model": "toy"},
    )


def look(n: int, *, seed: int = 1) -> Feature:
    return Feature.of(np.random.default_rng(seed).normal(size=(n, 5)).astype(np.float32))


def query() -> Query:
    return Query(np.array([0, 6, -1, -1]), Jagged.from_rows([[1], [], [2, 4, 8], []]))


@given(arrays.arrays(np.float32, st.tuples(st.integers(1, 5), st.integers(1, 6)), elements=FINITE))
def test_a_number_moves_by_half_a_scale_at_most(vectors: np.ndarray) -> None:
    rows = Int8Rows.of(vectors)
    error = np.abs(rows.floats() - vectors)
    assert (error <= rows.scales[:, None] * (0.5 + 1e-4)).all()
    assert rows.scales == pytest.approx(np.abs(vectors).max(axis=1) / 127, rel=1e-6)


@pytest.mark.parametrize("n", [3, 4096, 5000])
def test_products_of_bytes_are_exact_up_to_1040_dimensions(n: int) -> None:
    rng = np.random.default_rng(0)
    ours, theirs = (rng.integers(-127, 128, (k, 1040), dtype=np.int8) for k in (n, 2))
    ours[0], theirs[0] = 127, 127
    ones = [np.ones(k, np.float32) for k in (n, 2)]
    found = Int8Rows(ours, ones[0]).dots(Int8Rows(theirs, ones[1]))
    assert np.array_equal(found, theirs.astype(np.int64) @ ours.T.astype(np.int64))


@pytest.mark.parametrize("bias", [True, False])
def test_scores_stay_close_and_opinions_the_same(bias: bool) -> None:
    full = towers(bias=bias)
    before, after = full.score(query()), Int8Towers.of(full).score(query())
    assert after.dtype == np.float32
    assert np.array_equal(np.isnan(before), np.isnan(after))
    assert np.nanmax(np.abs(before - after)) < 0.02 * np.nanstd(before) * np.sqrt(DIM)


def test_it_takes_a_quarter_of_the_bytes() -> None:
    wide = towers(dim=256)
    small = Int8Towers.of(wide)
    sizes = [sum(a.nbytes for a in ranker.to_arrays()[0].values()) for ranker in (wide, small)]
    assert sizes[1] < 0.27 * sizes[0]


def test_a_saved_one_is_equal(tmp_path) -> None:
    small = Int8Towers.of(towers(media=True))
    small.save(tmp_path)
    again = load(tmp_path)
    assert again.about == {"model": "toy"}
    assert np.array_equal(again.score(query()), small.score(query()), equal_nan=True)
    new = {"image": look(2, seed=2)}
    wider = [ranker.with_items(new).score(query()) for ranker in (small, again)]
    assert np.array_equal(*wider, equal_nan=True)


def test_new_items_stand_where_float_towers_put_them() -> None:
    full, new = towers(media=True), {"image": look(3, seed=2)}
    small = Int8Towers.of(full)
    wider = small.with_items(new, ids=["a", "b", "c"])
    assert wider.n_items == N_ITEMS + 3
    assert np.array_equal(wider.items.values[:N_ITEMS], small.items.values)
    found, wanted = wider.score(query()), full.with_items(new).score(query())
    assert np.nanmax(np.abs(found - wanted)) < 0.1
    again = wider.with_items(new)  # the new ones are among the neighbours now
    assert np.array_equal(again.items.values[N_ITEMS : N_ITEMS + 3], wider.items.values[N_ITEMS:])


def test_new_items_without_media_have_no_score() -> None:
    wider = Int8Towers.of(towers()).with_items({}, ids=["a"])
    assert np.isnan(wider.score(query())[:, N_ITEMS:]).all()


def test_parts_that_do_not_fit_are_refused() -> None:
    rows = Int8Rows.of(np.ones((2, 3), np.float32))
    with pytest.raises(BadModel, match="one scale each"):
        Int8Rows(rows.values, np.ones(3, np.float32))
    with pytest.raises(BadModel, match="same width"):
        Int8Towers(rows, Int8Rows.of(np.ones((2, 4), np.float32)))
    with pytest.raises(BadModel, match="one bias"):
        Int8Towers(rows, rows, np.ones(3, np.float32))
