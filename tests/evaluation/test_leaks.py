from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import prismrec as pr
from prismrec.data.features import Feature
from prismrec.data.split import split
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
    names = getattr(test, side).ids
    with pytest.raises(Leak, match=rf"same {side} differently: '{names[-1]}' is row 0 here"):
        repeats(replace(test, **{side: Vocabulary(names[::-1])}), seen)
    strangers = Vocabulary(tuple(f"x{name}" for name in names))
    with pytest.raises(BadData, match=f"different {side}"):
        repeats(replace(test, **{side: strangers}), seen)


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


@pytest.mark.parametrize(
    ("ours", "theirs"), [("Ann", "ann"), ("ann ", "ann"), ("12.0", "12"), ("ａｎｎ", "ann")]
)
def test_a_person_under_two_spellings_is_refused_only_with_the_same_item(log, ours, theirs):
    names = Vocabulary((ours, theirs, "other"))
    test, seen = (replace(log(pairs), user_ids=names) for pairs in ([(0, 3)], [(1, 3), (0, 1)]))
    with pytest.raises(Leak, match=f"another spelling.*user '{ours}', item 'i3'"):
        repeats(test, seen)
    assert not repeats(test, replace(log([(1, 4)]), user_ids=names)).any()


def test_names_that_only_look_like_numbers_are_kept_apart(log):
    names = Vocabulary(("v2.0", "v2", "other"))
    assert not repeats(
        replace(log([(0, 3)]), user_ids=names), replace(log([(1, 3)]), user_ids=names)
    ).any()


def test_a_few_users_whose_log_runs_backwards_are_no_leak(log):
    seen = log([(0, 0), (0, 1), (0, 2), (1, 0)], time=[7, 8, 9, 1])
    assert not repeats(log([(0, 3), (1, 3)], time=[1, 2]), seen).any()


def test_a_feature_counted_on_train_alone_is_no_leak(make_dataset):
    train, _, test = split(make_dataset(300, 100), "random")
    repeats(_with_stats(test, train), _with_stats(train, train))


def test_a_ranker_fitted_on_train_and_valid_is_no_leak(make_dataset):
    train, valid, test = split(make_dataset(), "random")
    both = train.with_interactions(train.interactions.concatenated(valid.interactions))
    pr.evaluate(pr.models.Popularity().fit(both), test, seen=both)


def _each_pair_once(data):
    log = data.interactions
    first = np.unique(log.users * data.n_items + log.items, return_index=True)[1]
    return data.with_interactions(log.take(np.sort(first)))


def _with_stats(data, counted_on):
    """A picture vector that holds the logarithm of how often each item is used in a log."""
    values = np.random.default_rng(0).normal(size=(data.n_items, 4)).astype(np.float32)
    values[:, 2] = 3 * np.log1p(counted_on.item_support()) - 1
    return replace(data, items={"stats": Feature.of(values)})


def _joined(data, *parts):
    log = parts[0].interactions
    for part in parts[1:]:
        log = log.concatenated(part.interactions)
    return data.with_interactions(log)


def _labelled(data, *parts):
    """One log whose column `mine` says which part each row is of."""
    labels = np.repeat(np.arange(len(parts)), [len(part.interactions) for part in parts])
    return data.with_interactions(
        replace(_joined(data, *parts).interactions, labels={"mine": labels})
    )


def _whole(data):
    """The same log, as it is before a split."""
    return replace(data, part="")


def fitted_on_what_is_measured(data):
    test = split(data, "random").test
    pr.evaluate(pr.models.Popularity().fit(test), test, seen=test)


def held_out_pairs_in_train(data):
    train, _, test = split(data, "random")
    train = _joined(train, train, test)
    pr.evaluate(pr.models.Popularity().fit(train), test, seen=train)


def valid_pairs_in_train(data):
    train, valid, test = split(data, "random")
    pr.compare(_labelled(data, _joined(train, train, valid), valid, test), POPULAR, split="mine")


def held_out_pairs_in_valid(data):
    train, valid, test = split(data, "random")
    pr.compare(_labelled(data, train, _joined(valid, valid, test), test), POPULAR, split="mine")


def settings_chosen_on_test(data):
    train, _, test = split(data, "random")
    pr.models.ItemKnn().fit(train, pr.Training(valid=test))


def settings_chosen_on_the_future(data):
    train, valid, test = split(data, "time")
    pr.compare(_labelled(data, train, test, valid), POPULAR, split="mine")


def parts_swapped(data):
    test, _, train = split(data, "random")
    pr.evaluate(pr.models.Popularity().fit(train), test, seen=train)


def future_predicts_past(data):
    late, _, early = (_whole(part) for part in split(data, "time")[::-1])
    pr.evaluate(pr.models.Popularity().fit(late), early, seen=late)


def log_cut_newest_first(data):
    log = data.interactions
    backwards = data.with_interactions(replace(log, time=-log.time))
    train, _, test = (
        part.with_interactions(replace(part.interactions, time=-part.interactions.time))
        for part in split(backwards, "user-time")
    )
    pr.evaluate(pr.models.Popularity().fit(train), test, seen=train)


def ids_numbered_apart(data):
    train, _, test = split(data, "random")
    test = replace(test, user_ids=Vocabulary(test.user_ids.ids[::-1]))
    pr.evaluate(pr.models.Popularity().fit(train), test, seen=train)


def ids_spelt_apart(data):
    train, _, test = split(data, "random")
    users = Vocabulary((*data.user_ids.ids, *(name.upper() for name in data.user_ids)))
    twin = replace(test.interactions, users=test.interactions.users + data.n_users)
    train = replace(train, user_ids=users, interactions=_joined(train, train, test).interactions)
    test = replace(test, user_ids=users, interactions=twin)
    pr.evaluate(pr.models.Popularity().fit(train), test, seen=train)


def features_counted_on_everything(data):
    pr.compare(_with_stats(data, data), ["content-knn"], split="random")


def features_counted_on_test(data):
    train, _, test = split(data, "random")
    train, test = (_with_stats(part, test) for part in (train, test))
    pr.evaluate(pr.models.ContentKnn().fit(train), test, seen=train)


def ranker_fitted_on_everything(data):
    train, _, test = split(data, "random")
    pr.evaluate(pr.models.Popularity().fit(data), test, seen=train)


POPULAR = ["popularity"]
LEAKING = [
    (fitted_on_what_is_measured, "test and seen are the same log: hold interactions out"),
    (held_out_pairs_in_train, "of test are also in seen.*keep each pair in one part"),
    (valid_pairs_in_train, "of valid are also in train.*keep each pair in one part"),
    (held_out_pairs_in_valid, "of test are also in valid.*keep each pair in one part"),
    (settings_chosen_on_test, "Training.valid is the test part.*give the valid part"),
    (settings_chosen_on_the_future, "every event of valid is later than every event of test"),
    (parts_swapped, "is the train part of a split.*were they swapped"),
    (future_predicts_past, "every event of seen is later .* predict the past"),
    (log_cut_newest_first, "the log was cut newest first.*oldest first"),
    (ids_numbered_apart, "number the same user_ids differently.*cut both from one data set"),
    (ids_spelt_apart, "under another spelling.*one identifier before the split"),
    (
        features_counted_on_everything,
        "'stats' follows .*valid and test.*compute it from train alone",
    ),
    (features_counted_on_test, "dimension 2 of .*'stats'.*compute it from seen alone"),
    (ranker_fitted_on_everything, "ranker was fitted on a log that holds test .*not on the whole"),
]


@pytest.mark.parametrize(
    ("pipeline", "named"), [pytest.param(*case, id=case[0].__name__) for case in LEAKING]
)
def test_refused(make_dataset, pipeline, named):
    data = _each_pair_once(make_dataset(300, 100))
    with pytest.raises(Leak, match=named):
        pipeline(data)
