from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from prismrec.data.features import Feature
from prismrec.data.jagged import Jagged
from prismrec.models.item_knn import ItemKnn
from prismrec.rankers import ItemWeights, Mixture, Part, Profile, Query, Towers
from prismrec.rankers.int8_towers import Int8Towers
from prismrec.rankers.newcomers import Newcomers
from prismrec.rankers.sequence import SequenceRanker
from prismrec.serve.shortlist import (
    Blend,
    Dots,
    Weighted,
    cells,
    dots,
    nearest,
    scores_at,
    shortlist_of,
    sums,
)
from prismrec.serve.shortlist.cells import Cells
from prismrec.serve.shortlist.nearest import Nearest

N_USERS, N_ITEMS, GROUPS, K = 40, 600, 12, 20
Found = tuple[np.ndarray, np.ndarray]


def clustered(n: int, d: int, groups: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(groups, d))
    spread = rng.normal(size=(n, d)) * 0.4
    return (centres[rng.integers(0, groups, n)] + spread).astype(np.float32)


def towers(**more: Any) -> Towers:
    vectors = clustered(N_ITEMS + N_USERS, 8, GROUPS)
    return Towers(vectors[N_ITEMS:], vectors[:N_ITEMS], **more)


def with_bias() -> Towers:
    rng = np.random.default_rng(1)
    return towers(bias=rng.normal(size=N_ITEMS).astype(np.float32))


def without_opinions() -> Towers:
    return towers(has_opinion=np.arange(N_ITEMS) % 3 > 0)


def sequence() -> SequenceRanker:
    rng = np.random.default_rng(2)
    d = 8
    weights = {
        "cell.weight_ih_l0": rng.normal(size=(3 * d, d)),
        "cell.weight_hh_l0": rng.normal(size=(3 * d, d)),
        "cell.bias_ih_l0": rng.normal(size=3 * d),
        "cell.bias_hh_l0": rng.normal(size=3 * d),
        "out.weight": rng.normal(size=(d, d)),
        "out.bias": rng.normal(size=d),
    }
    weights = {name: (value * 0.3).astype(np.float32) for name, value in weights.items()}
    items = clustered(N_ITEMS, d, GROUPS)
    return SequenceRanker(items, items.mean(axis=0), "gru", weights, 10)


def relation(rng: np.random.Generator, per_row: int = 6) -> Any:
    rows = np.repeat(np.arange(N_ITEMS), per_row)
    columns = rng.integers(0, N_ITEMS, len(rows))
    values = rng.random(len(rows)).astype(np.float32)
    out = sparse.csr_array((values, (rows, columns)), shape=(N_ITEMS, N_ITEMS))
    out.setdiag(0)
    out.eliminate_zeros()
    return sparse.csr_array(out)


def mixture(half_life: float | None = None) -> Mixture:
    rng = np.random.default_rng(3)
    low = clustered(N_ITEMS, 8, GROUPS, 3)
    media = clustered(N_ITEMS, 5, GROUPS, 4)
    parts = (
        Part("used together", "behaviour", relation(rng)),
        Part("same circle", "behaviour", left=low / 9, right=low),
        Part("looks alike", "image", relation(rng)),
        Part("image to taste", "image", left=low, right=low[:, ::-1].copy()),
        Part("says nothing", "text", relation(rng)),
    )
    profiles = (Profile("close to what you posted", "image", media[:N_USERS], media),)
    weights, gates = rng.random((2, 6, 3)).astype(np.float32)
    weights[4] = gates[4] = 0
    prior = rng.random(N_ITEMS).astype(np.float32)
    support = rng.integers(0, 9, N_ITEMS).astype(np.float32)
    kept = Newcomers({"image": media}, {"image": np.zeros(5, np.float32)}, {"image": low[:5]})
    return Mixture(
        parts, weights, gates, prior, support, half_life, profiles=profiles, newcomers=kept
    )


def item_weights() -> ItemWeights:
    rng = np.random.default_rng(5)
    low = clustered(N_ITEMS, 4, GROUPS)
    parts = (
        Part("used together", "behaviour", relation(rng)),
        Part("same circle", "behaviour", left=low, right=low),
        Part("dense", "behaviour", rng.random((N_ITEMS, N_ITEMS)).astype(np.float32)),
    )
    opinion = np.arange(N_ITEMS) % 5 > 0
    return ItemWeights(parts, rng.random(N_ITEMS).astype(np.float32), opinion, weighted=True)


RANKERS: dict[str, Callable[[], Any]] = {
    "towers": towers,
    "towers with a bias": with_bias,
    "towers without some opinions": without_opinions,
    "towers in bytes": lambda: Int8Towers.of(with_bias()),
    "sequence": sequence,
    "mixture": mixture,
    "mixture of what is recent": lambda: mixture(half_life=3.0),
    "item weights": item_weights,
}


def people() -> list[Query]:
    """Known users with and without a history, and strangers."""
    rng = np.random.default_rng(6)
    out = []
    for row in range(12):
        past = rng.integers(0, N_ITEMS, (0, 1, 5, 40)[row % 4])
        times = np.sort(rng.integers(0, 40 * 86_400, len(past)))
        user = np.array([row if row < 8 else -1])
        history = Jagged.from_rows([past.tolist()])
        out.append(Query(user, history, rng.random(len(past)).astype(np.float32), times))
    return out


def exhaustive(ranker: Any, graphs: bool) -> Any:
    """A short list that keeps so many that nothing can be missed, but for a graph."""
    if isinstance(ranker, Mixture):
        return Blend.of(ranker, None, whole=0 if graphs else 1 << 30)
    if isinstance(ranker, ItemWeights):
        return Weighted(ranker)
    return Dots.of(ranker, None, whole=0 if graphs else 1 << 30)


@pytest.fixture(autouse=True)
def _all_cells_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "MOST", 2)


@pytest.fixture(params=list(RANKERS))
def ranker(request: pytest.FixtureRequest) -> Any:
    return RANKERS[request.param]()


@pytest.mark.parametrize("graphs", [False, True])
def test_scores_are_those_of_a_whole_ranking(ranker: Any, graphs: bool) -> None:
    short = exhaustive(ranker, graphs)
    rows = np.arange(0, N_ITEMS, 7)
    for query in people():
        true = scores_at(ranker, query, rows)
        np.testing.assert_allclose(short.score(query, rows), true, rtol=2e-4, atol=2e-4)


def test_the_list_is_that_of_a_whole_ranking(ranker: Any) -> None:
    short = exhaustive(ranker, graphs=False)
    for query in people():
        scores = ranker.score(query)[0]
        rows, found = short.scored(query, K)
        if np.isnan(scores).all():
            assert len(rows) == 0
            continue
        true = np.sort(scores[~np.isnan(scores)])[::-1][:K]
        np.testing.assert_allclose(found, true, rtol=2e-4, atol=2e-4)
        np.testing.assert_allclose(scores[rows], found, rtol=2e-4, atol=2e-4)
        np.testing.assert_array_equal(short(query, K), rows)


@pytest.mark.parametrize("share", [0.5, 0.02, 0.0])
def test_only_what_is_allowed_is_returned_and_none_of_it_is_missed(
    ranker: Any, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in (dots, sums):
        monkeypatch.setattr(place, "FEW", 4)
    short = exhaustive(ranker, graphs=False)
    only = np.random.default_rng(7).random(N_ITEMS) < share
    for query in people():
        scores = np.where(only, ranker.score(query)[0], np.nan)
        rows, found = short.scored(query, K, only)
        assert only[rows].all()
        true = np.sort(scores[~np.isnan(scores)])[::-1][:K]
        np.testing.assert_allclose(found, true, rtol=2e-4, atol=2e-4)


def test_new_items_are_on_the_list_as_on_the_whole_one(ranker: Any) -> None:
    short = exhaustive(ranker, graphs=True)
    new = {"image": Feature.of(clustered(7, 5, GROUPS, 8))}
    larger = ranker.with_items(new, ids=[f"new-{k}" for k in range(7)])
    grown = short.grown(larger)
    rows = np.arange(N_ITEMS - 3, N_ITEMS + 7)
    for query in people():
        true = scores_at(larger, query, rows)
        np.testing.assert_allclose(grown.score(query, rows), true, rtol=2e-4, atol=2e-4)
        assert (short(query, N_ITEMS) < N_ITEMS).all()  # nothing changes for who holds the old one


def test_late_vectors_are_found_and_join_the_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest, "LATE", 8)
    vectors = clustered(500, 8, GROUPS)
    short = Nearest.of(vectors, None, vectors[:32], whole=0)
    assert short.graph is not None
    for extra in (5, 20):
        late = clustered(extra, 8, GROUPS, extra) * 5
        larger = short.grown(np.vstack([vectors, late]), None)
        query = late[-1]
        assert int(np.argmax(larger.all(query))) in larger.best(query, K)
        assert larger.covered == (500 if extra == 5 else 520)
    assert len(short.graph) == 500


def test_a_graph_finds_nearly_all_of_the_true_best() -> None:
    vectors = clustered(20_000, 32, 200)
    queries = clustered(264, 32, 200, 0)
    short = Nearest.of(vectors, None, queries[:64], whole=0)
    assert short.graph is not None, "clumps are what a graph is good at"
    hits = 0
    for query in queries[64:]:
        true = np.argpartition(-(vectors @ query), K)[:K]
        found = short.best(query, K)
        best = found[np.argsort(-short.at(query, found))[:K]]
        hits += len(np.intersect1d(best, true))
    assert hits / (200 * K) >= 0.95


def test_a_graph_that_would_miss_too_much_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest, "BREADTHS", (20,))
    vectors = np.random.default_rng(0).normal(size=(4000, 64)).astype(np.float32)
    short = Nearest.of(vectors, None, vectors[:8][:, ::-1].copy(), whole=0)
    assert short.graph is None
    query = vectors[0][::-1].copy()
    assert set(short.best(query, K)) == set(np.argpartition(-(vectors @ query), K)[:K])


def test_a_graph_is_kept_and_opened_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = clustered(500, 8, GROUPS)
    first = Nearest.of(vectors, None, vectors[:32], folder=tmp_path, whole=0)
    (file,) = tmp_path.glob("*.usearch")

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("built again")

    with monkeypatch.context() as patched:
        patched.setattr(nearest, "_add", refuse)
        again = Nearest.of(vectors, None, vectors[:32], folder=tmp_path, whole=0)
        assert set(again.best(vectors[0], K)) == set(first.best(vectors[0], K))
        with pytest.raises(AssertionError, match="built again"):
            Nearest.of(vectors * 2, None, vectors[:32], folder=tmp_path, whole=0)
    larger = again.grown(np.vstack([vectors, vectors[:1] * 9]), None)
    assert 500 in larger.best(vectors[0], K)
    file.write_bytes(b"damaged")
    mended = Nearest.of(vectors, None, vectors[:32], folder=tmp_path, whole=0)
    assert int(np.argmax(vectors @ vectors[0])) in mended.best(vectors[0], K)
    assert file.stat().st_size > 1000


def test_cells_have_nearly_all_of_the_true_best_and_the_extremes() -> None:
    vectors = clustered(20_000, 32, 200)
    vectors *= np.random.default_rng(1).pareto(2.0, (20_000, 1)).astype(np.float32) + 0.1
    short = Cells.of(vectors)
    hits, tops = 0, []
    for query in clustered(200, 32, 200, 0):
        true = vectors @ query
        found = short.extremes(query, K)
        hits += len(np.intersect1d(found, np.argpartition(-true, K)[:K]))
        tops.append(np.abs(true[found]).max() / np.abs(true).max())
    assert hits / (200 * K) >= 0.95
    assert np.mean(tops) >= 0.99


def test_few_cells_are_read_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "MOST", 1 / 16)
    vectors = clustered(20_000, 8, 200)
    short = Cells.of(vectors)
    read = short._read(short.centres @ vectors[0])
    assert np.diff(short.starts)[read].sum() <= 2 * 20_000 / 16


def test_cells_are_kept_and_opened_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = clustered(900, 8, GROUPS)
    first = Cells.of(vectors, tmp_path)
    (file,) = tmp_path.glob("cells-*.npz")

    def refuse(*_: Any) -> None:
        raise AssertionError("sorted again")

    with monkeypatch.context() as patched:
        patched.setattr(cells, "_centres", refuse)
        again = Cells.of(vectors, tmp_path)
        np.testing.assert_array_equal(again.order, first.order)
        with pytest.raises(AssertionError, match="sorted again"):
            Cells.of(vectors * 2, tmp_path)
    file.write_bytes(b"damaged")
    np.testing.assert_array_equal(Cells.of(vectors, tmp_path).order, first.order)


def test_late_rows_are_read_whatever_their_cell() -> None:
    vectors = clustered(900, 8, GROUPS)
    late = np.full((1, 8), 50, np.float32)
    short = Cells.of(vectors).grown(np.vstack([vectors, late]))
    assert 900 in short.extremes(np.ones(8, np.float32), K)


def test_a_folder_that_cannot_be_written_is_no_hindrance(tmp_path: Path) -> None:
    vectors = clustered(500, 8, GROUPS)
    short = Nearest.of(vectors, None, vectors[:32], folder=tmp_path / "nowhere", whole=0)
    assert short.graph is not None
    assert len(Cells.of(vectors, tmp_path / "nowhere").order) == 500


def test_a_graph_is_searched_by_more_threads_than_there_are_cores() -> None:
    from concurrent.futures import ThreadPoolExecutor

    vectors = clustered(2000, 8, GROUPS)
    short = Nearest.of(vectors, None, vectors[:32], whole=0)
    alone = [set(short.best(query, K)) for query in vectors[:200]]
    with ThreadPoolExecutor(32) as pool:
        assert list(pool.map(lambda query: set(short.best(query, K)), vectors[:200])) == alone


def test_small_catalogues_and_unknown_kinds_are_ranked_whole() -> None:
    class Other:
        n_items = 10**6

    assert shortlist_of(towers()) is None
    assert shortlist_of(Other()) is None
    kinds = [type(shortlist_of(make(), small=10)) for make in (towers, mixture, item_weights)]
    assert kinds == [Dots, Blend, Weighted]


def test_a_steered_list_follows_other_weights() -> None:
    from dataclasses import replace

    ranker = mixture()
    factor = np.array([1, 1, 3, 0, 1, 2], np.float32)[:, None]
    other = replace(ranker, weights=ranker.weights * factor, gates=ranker.gates * factor)
    short = exhaustive(ranker, graphs=False).steered(other)
    for query in people():
        rows, found = short.scored(query, K)
        np.testing.assert_allclose(found, other.score(query)[0, rows], rtol=2e-4, atol=2e-4)
        np.testing.assert_allclose(
            found, np.sort(other.score(query)[0])[::-1][:K], rtol=2e-4, atol=2e-4
        )


def test_a_fitted_item_knn_is_listed_as_it_ranks() -> None:
    from prismrec.data.dataset import Dataset
    from prismrec.data.interactions import Interactions
    from prismrec.data.vocabulary import Vocabulary

    rng = np.random.default_rng(9)
    users, items = rng.integers(0, 30, 600), rng.integers(0, 50, 600)
    log = Interactions(users, items, np.ones(600, np.float32), None)
    names = Vocabulary(tuple(map(str, range(30)))), Vocabulary(tuple(map(str, range(50))))
    data = Dataset(log, *names)
    ranker = ItemKnn().fit(data)
    short = Weighted(ranker)
    for row in range(30):
        query = Query.of(data, np.array([row]))
        rows, found = short.scored(query, 10)
        np.testing.assert_allclose(found, ranker.score(query)[0, rows], rtol=1e-5)
