import numpy as np
import pytest

from prismrec.data.jagged import Jagged
from prismrec.rankers import Query

DAY = 86_400


@pytest.fixture
def query() -> Query:
    history = Jagged.from_rows([[2, 0, 2], [], [1, 3]])
    time = np.array([0, 10, 20, 100, 100]) * DAY
    return Query(np.array([4, -1, 0]), history, np.array([1, 2, 3, 4, 5], np.float32), time)


def test_a_history_is_1_per_item_or_the_sum_of_its_weights(query):
    assert query.matrix(4).toarray().tolist() == [[1, 0, 1, 0], [0, 0, 0, 0], [0, 1, 0, 1]]
    weighted = query.matrix(4, binary=False).toarray()
    assert weighted.tolist() == [[2, 0, 4, 0], [0, 0, 0, 0], [0, 4, 0, 5]]


def test_a_past_item_counts_half_per_half_life_before_the_latest(query):
    """Item 2 was used twice, 20 days ago and now: on average it counts (1/4 + 1) / 2."""
    faded = query.matrix(4, half_life=10)
    assert faded.toarray() == pytest.approx(
        np.array([[0.5, 0, 0.625, 0], [0, 0, 0, 0], [0, 1, 0, 1]])
    )
    both = query.matrix(4, binary=False, half_life=10).toarray()
    assert both[0] == pytest.approx([1, 0, 2.5, 0])


def test_what_is_very_old_counts_nothing_and_stays_in_the_history():
    query = Query(np.array([0]), Jagged.from_rows([[0, 1]]), time=np.array([0, 10**9]))
    faded = query.matrix(2, half_life=1)
    assert faded.indices.tolist() == [0, 1]
    assert faded.data.tolist() == [0, 1]


def test_without_times_nothing_fades(query):
    strangers = Query.strangers(query.history)
    assert np.array_equal(strangers.matrix(4, half_life=1).toarray(), strangers.matrix(4).toarray())


def test_taking_rows_keeps_times_and_weights_beside_their_items(query):
    for rows in ([2, 0], [1], []):
        taken = query.take(np.array(rows, np.int64))
        expected = query.matrix(4, binary=False, half_life=3)[rows]
        found = taken.matrix(4, binary=False, half_life=3)
        assert np.array_equal(found.toarray(), expected.toarray())
