from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prismrec.errors import TooLarge
from prismrec.explain.shapley import coalitions, shapley

NAMES = ("image", "text", "audio", "video")
WORTH = st.lists(st.floats(-100, 100), min_size=16, max_size=16)


def game(worth):
    return dict(zip(coalitions(NAMES), worth, strict=True))


@given(WORTH)
def test_the_values_add_up_to_what_all_are_worth_more_than_none(worth):
    values = game(worth)
    found = shapley(NAMES, values.__getitem__)
    gain = values[frozenset(NAMES)] - values[frozenset()]
    assert sum(found.values()) == pytest.approx(gain, abs=1e-9)


@given(WORTH)
def test_a_value_is_the_mean_over_all_orders_of_joining(worth):
    values = game(worth)
    slow = dict.fromkeys(NAMES, 0.0)
    for order in permutations(NAMES):
        for place, name in enumerate(order):
            before = frozenset(order[:place])
            slow[name] += (values[before | {name}] - values[before]) / 24
    assert shapley(NAMES, values.__getitem__) == pytest.approx(slow, abs=1e-9)


@given(WORTH, st.floats(-5, 5))
def test_who_adds_the_same_to_everybody_gets_that_and_equals_get_equal(worth, adds):
    values = game(worth)
    found = shapley(
        (*NAMES, "always", "never"),
        lambda group: values[group & frozenset(NAMES)] + adds * ("always" in group),
    )
    assert found["always"] == pytest.approx(adds, abs=1e-9)
    assert found["never"] == pytest.approx(0, abs=1e-9)
    same = shapley(NAMES, lambda group: float(len(group) ** 2))
    assert len({round(value, 9) for value in same.values()}) == 1


def test_each_coalition_is_asked_once():
    asked = []
    shapley(NAMES, lambda group: asked.append(group) or 0.0)
    assert len(asked) == len(set(asked)) == 16


def test_too_many_players_are_refused():
    with pytest.raises(TooLarge, match=r"13 players have 8,192 coalitions; join some"):
        shapley([str(n) for n in range(13)], lambda group: 0.0)
