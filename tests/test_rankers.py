import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from prismrec.data.features import Feature
from prismrec.data.jagged import Jagged
from prismrec.errors import BadData, BadModel
from prismrec.rankers import ItemWeights, Part, Query, Towers, top_k, topk

N = 12


def relation(seed: int, density: float = 0.4) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.random((N, N)) * (rng.random((N, N)) < density)).astype(np.float32)


def make_parts(*, dense_limit: int = 8192) -> tuple[Part, ...]:
    rng = np.random.default_rng(3)
    left, right = rng.random((2, N, 3)).astype(np.float32)
    return (
        Part("used together", "behaviour", sparse.csr_array(relation(1))),
        Part("looks alike", "image", relation(2)),
        Part("reads alike", "text", left=left, right=right),
    )


@pytest.fixture
def ranker() -> ItemWeights:
    opinion = np.arange(N) != 5
    return ItemWeights(make_parts(), np.linspace(0, 1, N, dtype=np.float32), opinion)


@pytest.fixture
def query() -> Query:
    history = Jagged.from_rows([[3, 1, 4], [], [9, 2], [0, 5, 6, 7]])
    weight = np.arange(1, 10, dtype=np.float32)
    return Query(np.array([0, 1, -1, 2]), history, weight)


def dense(part: Part) -> np.ndarray:
    if part.weights is None:
        return part.left @ part.right.T
    return part.weights.toarray() if sparse.issparse(part.weights) else part.weights


# parts


@pytest.mark.parametrize("row", range(3))
def test_a_part_says_the_same_as_its_dense_relation(row, query):
    part = make_parts()[row]
    history = query.matrix(N)
    assert part.apply(history) == pytest.approx(history.toarray() @ dense(part), rel=1e-5)
    assert part.between(np.array([4, 0]), 7) == pytest.approx(dense(part)[[4, 0], 7], rel=1e-5)
    wider = part.extended(2)
    assert wider.n_items == N + 2
    assert dense(wider)[:N, :N] == pytest.approx(dense(part))
    assert not dense(wider)[N:].any()
    assert not dense(wider)[:, N:].any()


def test_a_crowded_relation_scores_as_a_sparse_one(query, monkeypatch):
    crowded = Part("a", "b", sparse.csr_array(relation(1)))
    assert isinstance(crowded._fast, np.ndarray)
    monkeypatch.setattr("prismrec.rankers.parts.DENSE_ITEMS", 0)
    thin = Part("a", "b", sparse.csr_array(relation(1)))
    assert sparse.issparse(thin._fast)
    history = query.matrix(N)
    assert crowded.apply(history) == pytest.approx(thin.apply(history))


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"left": np.ones((3, 2))},
        {"weights": np.ones((3, 2))},
        {"weights": np.ones((3, 3)), "left": np.ones((3, 2)), "right": np.ones((3, 2))},
        {"left": np.ones((3, 2)), "right": np.ones((3, 1))},
    ],
)
def test_a_part_of_the_wrong_form_is_refused(given):
    with pytest.raises(BadModel, match="looks alike"):
        Part("looks alike", "image", **given)


# item weights


def test_a_score_is_the_sum_of_the_parts_and_the_bias(ranker, query):
    total = sum(dense(part) for part in ranker.parts)
    expected = query.matrix(N).toarray() @ total + ranker.bias
    scores = ranker.score(query)
    assert scores.dtype == np.float32
    assert np.isnan(scores[:, 5]).all()
    keep = np.arange(N) != 5
    assert scores[:, keep] == pytest.approx(expected[:, keep], rel=1e-5)


def test_without_history_the_bias_ranks(ranker):
    nobody = Query.strangers(Jagged.empty(1))
    assert top_k(ranker, nobody, 3).items.tolist() == [[11, 10, 9]]


def test_events_count_by_their_strength_where_asked_for(query):
    part = Part("used together", "behaviour", relation(1))
    weighted = ItemWeights((part,), weighted=True).score(query)
    assert weighted[0] == pytest.approx(relation(1)[[3, 1, 4]].T @ [1, 2, 3], rel=1e-5)
    assert ItemWeights((part,)).score(query)[0] == pytest.approx(
        relation(1)[[3, 1, 4]].sum(axis=0), rel=1e-5
    )


@pytest.mark.parametrize("weighted", [False, True])
def test_shares_sum_to_the_score(query, weighted):
    ranker = ItemWeights(make_parts(), np.ones(N, np.float32), weighted=weighted)
    scores = ranker.score(query)
    for row in range(len(query)):
        one = query.take(np.array([row]))
        for item in range(N):
            (shares,) = ranker.shares(one, np.array([item]))
            assert shares.total == pytest.approx(scores[row, item], rel=1e-5)
            assert shares.values.shape == (3, len(one.history.values))
    assert ranker.shares(query.take(np.array([1])), np.array([0]))[0].rest == 1


def test_each_share_is_one_entry_of_one_relation(ranker, query):
    (shares,) = ranker.shares(query.take(np.array([2])), np.array([7]))
    assert shares.past.tolist() == [2, 9]
    for row, part in enumerate(ranker.parts):
        assert shares.values[row] == pytest.approx(dense(part)[[2, 9], 7])


def test_new_items_have_no_opinion_and_old_scores_stay(ranker, query):
    new = Feature.of(np.ones((2, 4), np.float32))
    wider = ranker.with_items({"image": new}, ids=["a", "b"])
    scores = wider.score(query)
    assert scores.shape == (4, N + 2)
    assert np.isnan(scores[:, N:]).all()
    assert scores[:, :N] == pytest.approx(ranker.score(query), nan_ok=True)


def test_new_items_score_zero_by_popularity(query):
    popular = ItemWeights((), np.arange(1, N + 1, dtype=np.float32))
    assert popular.with_items({}, ids=["a"]).score(query)[0, -1] == 0


def test_new_items_must_agree_on_their_number(ranker):
    with pytest.raises(BadData, match="'image': 2, 'ids': 1"):
        ranker.with_items({"image": Feature.of(np.ones((2, 4), np.float32))}, ids=["a"])


def test_parts_and_bias_must_speak_of_the_same_items():
    with pytest.raises(BadModel, match="number of items"):
        ItemWeights(make_parts(), np.zeros(3, np.float32))
    with pytest.raises(BadModel, match="number of items"):
        ItemWeights(())


# towers


@pytest.fixture
def towers() -> Towers:
    rng = np.random.default_rng(0)
    return Towers(
        rng.standard_normal((3, 4)).astype(np.float32),
        rng.standard_normal((N, 4)).astype(np.float32),
    )


def test_known_users_score_by_their_vector_and_strangers_by_the_mean_of_their_items(towers, query):
    scores = towers.score(query)
    assert scores[0] == pytest.approx(towers.items @ towers.users[0], rel=1e-5)
    assert scores[2] == pytest.approx(towers.items @ towers.items[[9, 2]].mean(axis=0), rel=1e-4)


def test_a_stranger_without_history_has_the_bias_or_nothing(towers):
    nobody = Query.strangers(Jagged.empty(1))
    assert np.isnan(towers.score(nobody)).all()
    biased = Towers(towers.users, towers.items, np.arange(N, dtype=np.float32))
    assert biased.score(nobody)[0].tolist() == list(range(N))


def test_towers_have_no_opinion_on_new_items(towers, query):
    wider = towers.with_items({}, ids=["new"])
    assert np.isnan(wider.score(query)[:, N]).all()
    assert wider.score(query)[:, :N] == pytest.approx(towers.score(query))


def test_towers_of_different_width_are_refused(towers):
    with pytest.raises(BadModel, match="width"):
        Towers(towers.users[:, :2], towers.items)


# top-k


class Fixed:
    """A ranker with given scores: row u for user u."""

    def __init__(self, scores: np.ndarray) -> None:
        self.scores = scores

    @property
    def n_items(self) -> int:
        return self.scores.shape[1]

    def score(self, query: Query) -> np.ndarray:
        return self.scores[query.users]


def slow_top_k(scores, k, exclude, only) -> list[int]:
    allowed = [i for i in (range(len(scores)) if only is None else only) if i not in exclude]
    order = sorted(allowed, key=lambda i: (np.isnan(scores[i]), -np.nan_to_num(scores[i]), i))
    return (order + [-1] * k)[:k]


@given(
    seed=st.integers(0, 2**16),
    n_items=st.integers(1, 60),
    k=st.integers(1, 25),
    levels=st.integers(1, 50),
    restrict=st.booleans(),
)
def test_top_k_equals_a_sort_of_every_row(seed, n_items, k, levels, restrict):
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, levels, (9, n_items)).astype(np.float32)
    scores[rng.random(scores.shape) < 0.1] = np.nan
    history = Jagged.from_rows(
        [np.flatnonzero(rng.random(n_items) < 0.2).tolist() for _ in range(9)]
    )
    only = np.flatnonzero(rng.random(n_items) < 0.5) if restrict else None
    found = top_k(Fixed(scores), Query(np.arange(9), history), k, only=only)
    for row in range(9):
        wanted = slow_top_k(scores[row], min(k, n_items), set(history[row].tolist()), only)
        assert found.items[row].tolist() == wanted
        assert np.isneginf(found.scores[row][found.items[row] < 0]).all()


def test_blocks_do_not_change_the_answer(monkeypatch):
    scores = np.random.default_rng(0).random((50, 30)).astype(np.float32)
    query = Query(np.arange(50), Jagged.empty(50))
    whole = top_k(Fixed(scores), query, 5)
    monkeypatch.setattr(topk, "BLOCK", 90)
    assert np.array_equal(top_k(Fixed(scores), query, 5).items, whole.items)


@pytest.mark.parametrize("restrict", [False, True])
def test_threads_do_not_change_the_answer(monkeypatch, restrict):
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 300, (70, 400)).astype(np.float32)
    history = Jagged.from_rows([rng.integers(0, 400, 12).tolist() for _ in range(70)])
    only = rng.permutation(400)[:300] if restrict else None
    query = Query(np.arange(70), history)
    whole = top_k(Fixed(scores), query, 6, only=only)
    monkeypatch.setattr(topk, "BLOCK", 400 * 3)
    for threads in (1, 2, 5):
        monkeypatch.setattr(topk, "_threads", lambda n=threads: n)
        found = top_k(Fixed(scores), query, 6, only=only)
        assert np.array_equal(found.items, whole.items)
        assert np.array_equal(found.scores, whole.scores)


def test_what_a_ranker_raises_is_raised_from_threads_too(monkeypatch):
    monkeypatch.setattr(topk, "BLOCK", 10)
    monkeypatch.setattr(topk, "_threads", lambda: 2)
    wrong = Fixed(np.zeros((9, 5), np.float32))
    monkeypatch.setattr(wrong, "score", lambda query: np.zeros((len(query), 3)), raising=False)
    with pytest.raises(ValueError, match="broadcast"):
        top_k(wrong, Query(np.arange(9), Jagged.empty(9)), 2)


def test_without_candidates_there_is_nothing_to_return():
    query = Query(np.array([0]), Jagged.from_rows([[2]]))
    found = top_k(Fixed(np.ones((1, 3), np.float32)), query, 2, only=np.empty(0, np.int64))
    assert found.items.tolist() == [[-1, -1]]


def test_other_items_than_the_history_can_be_excluded():
    query = Query(np.array([0]), Jagged.from_rows([[2]]))
    ranker = Fixed(np.array([[1, 2, 3]], np.float32))
    assert top_k(ranker, query, 3).items.tolist() == [[1, 0, -1]]
    assert top_k(ranker, query, 2, exclude=Jagged.from_rows([[1]])).items.tolist() == [[2, 0]]
    assert top_k(ranker, query, 2, exclude=Jagged.empty(1)).items.tolist() == [[2, 1]]
