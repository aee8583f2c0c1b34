from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from prismrec.data.vocabulary import Vocabulary
from prismrec.errors import BadData, Leak
from prismrec.evaluation.leaks import repeats
from prismrec.evaluation.protocol import evaluate

TRAIN = [(0, 0), (0, 1), (1, 2)]
TEST = [(0, 3), (1, 4)]


def test_a_clean_pair_of_logs_passes(log):
    assert repeats(log(TEST), log(TRAIN)).tolist() == [False, False]


def test_the_same_log_is_refused(log):
    data = log(TEST)
    with pytest.raises(Leak, match="same log"):
        repeats(data, data)
    with pytest.raises(Leak, match="same log"):
        repeats(replace(data), data)


def test_a_copy_of_the_log_is_refused(log):
    with pytest.raises(Leak, match="2 of 2 interactions of test are also in seen"):
        repeats(log(TEST), log(TEST))


def test_test_pairs_mixed_into_train_are_refused_with_an_example(log):
    with pytest.raises(Leak, match=r"1 of 2 .* user 'u1', item 'i4'.*as `split` does"):
        repeats(log(TEST), log([*TRAIN, (1, 4)]))


def test_a_pair_seen_later_than_the_test_event_is_refused(log):
    test, seen = log(TEST, time=[10, 10]), log([*TRAIN, (0, 3)], time=[1, 2, 3, 11])
    with pytest.raises(Leak, match="user 'u0', item 'i3'"):
        repeats(test, seen)


def test_a_copied_row_with_its_own_time_is_refused(log):
    test, seen = log(TEST, time=[10, 20]), log([*TRAIN, (0, 3), (0, 5)], time=[1, 2, 3, 10, 12])
    with pytest.raises(Leak, match="1 of 2"):
        repeats(test, seen)


def test_times_on_one_side_only_prove_nothing(log):
    with pytest.raises(Leak, match="1 of 2"):
        repeats(log(TEST, time=[10, 10]), log([*TRAIN, (0, 3)]))


def test_predicting_the_past_is_refused(log):
    with pytest.raises(Leak, match=r"predict the past.*swapped"):
        repeats(log(TEST, time=[1, 2]), log(TRAIN, time=[3, 4, 5]))


def test_the_message_names_the_parts(log):
    with pytest.raises(Leak, match="of valid are also in train"):
        repeats(log(TEST), log(TEST), names=("valid", "train"))


def test_a_later_use_of_a_known_pair_is_a_repeat(log):
    test, seen = log([*TEST, (0, 0)], time=[10, 11, 12]), log(TRAIN, time=[1, 2, 3])
    assert repeats(test, seen).tolist() == [False, False, True]


def test_a_repeat_at_the_moment_where_the_log_of_a_user_was_cut_is_no_leak(log):
    test, seen = log([(0, 1), (0, 3)], time=[5, 6]), log(TRAIN, time=[1, 5, 9])
    assert repeats(test, seen).tolist() == [True, False]


def test_the_last_of_several_seen_events_decides(log):
    seen = log([(0, 3), (0, 3), (0, 1)], time=[1, 9, 8])
    with pytest.raises(Leak):
        repeats(log([(0, 3)], time=[5]), seen)
    assert repeats(log([(0, 3)], time=[10]), seen).tolist() == [True]


@pytest.mark.parametrize("side", ["user_ids", "item_ids"])
def test_rows_that_mean_other_users_or_items_are_refused(log, side):
    test, seen = log(TEST), log(TRAIN)
    other = replace(test, **{side: Vocabulary(tuple(reversed(getattr(test, side).ids)))})
    with pytest.raises(BadData, match=f"different {side}"):
        repeats(other, seen)


def test_equal_vocabularies_need_not_be_the_same_object(log):
    test = log(TEST)
    assert not repeats(replace(test, item_ids=Vocabulary(test.item_ids.ids)), log(TRAIN)).any()


def test_an_empty_test_log_is_refused(log):
    with pytest.raises(BadData, match="test is empty"):
        repeats(log([]), log(TRAIN))


def test_an_empty_seen_log_is_fine(log):
    assert not repeats(log(TEST, time=[1, 2]), log([], time=[])).any()


def test_evaluate_asks_before_it_scores(log, table):
    with pytest.raises(Leak):
        evaluate(table(np.zeros((3, 6))), log(TEST), seen=log(TEST))


def test_a_ranker_of_another_catalogue_is_refused(log, table):
    with pytest.raises(BadData, match=r"knows 5 items but .* catalogue of 6"):
        evaluate(table(np.zeros((3, 5))), log(TEST), seen=log(TRAIN))


@pytest.mark.parametrize("only", [[], [6], [-1]])
def test_candidates_outside_the_catalogue_are_refused(log, table, only):
    with pytest.raises(BadData, match="only"):
        evaluate(table(np.zeros((3, 6))), log(TEST), seen=log(TRAIN), only=np.array(only, np.int64))
