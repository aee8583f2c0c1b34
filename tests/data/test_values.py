"""The plain values of the data package: logs, features, vocabularies, jagged rows."""

from __future__ import annotations

import numpy as np
import pytest

from prismrec.data.dataset import Dataset
from prismrec.data.features import Feature
from prismrec.data.interactions import Interactions
from prismrec.data.jagged import Jagged
from prismrec.data.shop import Media, Problem
from prismrec.data.vocabulary import Vocabulary
from prismrec.errors import BadData


def full_log() -> Interactions:
    return Interactions(
        np.array([0, 1, 0, 0]),
        np.array([2, 0, 2, 1]),
        np.array([1, 2, 3, 4], np.float32),
        np.array([9, 5, 5, 7]),
        {"split": np.array([0, 1, 2, 0])},
        np.array([0, 0, 1, 0], np.int16),
        ("view", "buy"),
    )


def test_taking_rows_takes_every_column():
    log = full_log().take(np.array([2, 1]))
    assert (log.users.tolist(), log.items.tolist()) == ([0, 1], [2, 0])
    assert (log.weight.tolist(), log.time.tolist()) == ([3, 2], [5, 5])
    assert (log.labels["split"].tolist(), log.kind.tolist()) == ([2, 1], [1, 0])
    assert log.kinds == ("view", "buy")


def test_logs_join_and_lose_what_only_one_has():
    both = full_log().concatenated(full_log())
    assert len(both) == 8
    assert both.kind.tolist() == [0, 0, 1, 0] * 2
    assert both.labels["split"].tolist() == [0, 1, 2, 0] * 2
    poor = full_log().concatenated(Interactions.of(np.array([1]), np.array([1])))
    assert (poor.time, poor.kind, poor.kinds, poor.labels) == (None, None, (), {})
    assert poor.weight.tolist() == [1, 2, 3, 4, 1]


def test_columns_of_different_length_are_refused():
    with pytest.raises(BadData, match="same length"):
        Interactions(np.array([0, 1]), np.array([0]), np.ones(2, np.float32))
    with pytest.raises(BadData, match="same length"):
        Interactions(*(np.zeros(2, np.int64),) * 2, np.ones(2, np.float32), np.zeros(3, np.int64))


def test_histories_are_oldest_first_with_their_log_rows():
    histories, rows = full_log().histories(3)
    assert [histories[user].tolist() for user in range(3)] == [[2, 1, 2], [0], []]
    assert rows.tolist() == [2, 3, 0, 1]


def test_the_matrix_is_binary_or_weighted():
    assert full_log().matrix(2, 3).toarray().tolist() == [[0, 1, 1], [1, 0, 0]]
    weighted = full_log().matrix(2, 3, binary=False)
    assert weighted.toarray().tolist() == [[0, 4, 4], [2, 0, 0]]


def test_support_counts_users_not_events():
    data = Dataset(full_log(), Vocabulary(("a", "b")), Vocabulary(("x", "y", "z")))
    assert data.item_support().tolist() == [1, 1, 1]


def test_a_vocabulary_finds_rows_and_grows_at_its_end():
    ids = Vocabulary(("b", "a"))
    assert ids.index(["a", "c", "b"]).tolist() == [1, -1, 0]
    assert ids.extended(["c"]).index(["c", "a"]).tolist() == [2, 1]
    assert "a" in ids and "c" not in ids
    with pytest.raises(BadData, match="twice"):
        ids.extended(["a"])


def test_a_row_that_is_not_finite_is_absent_and_zero():
    feature = Feature.of(np.array([[1, np.nan], [3, 4], [5, 6]]), np.array([True, True, False]))
    assert feature.present.tolist() == [False, True, False]
    assert feature.values.tolist() == [[0, 0], [3, 4], [0, 0]]
    assert feature.coverage == pytest.approx(1 / 3)
    with pytest.raises(BadData, match="row 0 is not finite"):
        Feature(np.array([[np.inf]], np.float32), np.array([True]))


def test_features_are_chosen_and_joined_by_row():
    feature = Feature.of(np.array([[1.0], [2], [3]]), np.array([True, False, True]))
    joined = feature.take(np.array([2, 1])).concatenated(feature)
    assert joined.values[:, 0].tolist() == [3, 0, 1, 0, 3]
    assert joined.present.tolist() == [True, False, True, False, True]


def test_features_must_fit_the_vocabulary():
    one = Feature.of(np.ones((1, 2)))
    with pytest.raises(BadData, match="item feature 'image' has 1 rows but there are 3 items"):
        Dataset(full_log(), Vocabulary(("a",)), Vocabulary(("x", "y", "z")), {"image": one})


def test_jagged_rows_are_grouped_taken_and_repeated():
    rows = Jagged.group(np.array([2, 0, 2]), np.array([5, 6, 7]), 3)
    assert [rows[k].tolist() for k in range(3)] == [[6], [], [5, 7]]
    taken = rows.take(np.array([2, 1, 2]))
    assert [taken[k].tolist() for k in range(3)] == [[5, 7], [], [5, 7]]
    assert taken.rows.tolist() == [0, 0, 2, 2]
    assert Jagged.from_rows([[1], []]).to_csr(2).toarray().tolist() == [[0, 1], [0, 0]]
    assert len(Jagged.empty(4)) == 4


def test_coverage_of_media_and_the_line_of_a_problem():
    assert Media("text", ("a", None)).coverage == 0.5
    assert Media("text", ()).coverage == 0
    problem = Problem("items.csv", 3, "no title", "write one", 4)
    assert str(problem) == "items.csv, line 3: no title (4 such rows); write one"
    assert str(Problem("a.png", None, "broken", "replace it")) == "a.png: broken; replace it"
