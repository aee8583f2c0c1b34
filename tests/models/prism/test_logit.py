import numpy as np
import pytest

from prismrec.models.prism.logit import Choices, Q, Weights, _Problem, fit_weights, level

M, BUCKETS = 3, 2


def make_choices(n: int, c: int, *, weights=(2.0, 0.5, 1.0), constants=(0.0, 0.7), seed: int = 0):
    """People who choose by a weighted sum of evidence, all in proportion to its exponential."""
    rng = np.random.default_rng(seed)
    evidence = rng.random((M, n, c)).astype(np.float32)
    bucket = rng.integers(0, BUCKETS, (n, c))
    utility = np.tensordot(weights, evidence, 1) + np.asarray(constants)[bucket]
    chosen = (utility + rng.gumbel(size=(n, c))).argmax(axis=1)
    order = np.argsort(np.arange(c) != chosen[:, None], axis=1, kind="stable")  # chosen first
    rows = np.arange(n)[:, None]
    ones = np.ones((n, c), np.float32)
    return Choices(evidence[:, rows, order], bucket[rows, order], ones, ones[:, 0])


def random_theta(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(M + 1) * BUCKETS)


@pytest.mark.parametrize("q", [0.0, Q, 1.0])
def test_the_gradient_is_what_finite_differences_say(q):
    choices = make_choices(30, 8)
    choices.stands_for[:, 1:] = np.random.default_rng(2).integers(0, 4, (30, 7))
    choices.weight[:] = np.random.default_rng(3).random(30)
    problem, theta, step = _Problem(choices, BUCKETS), random_theta(), 0.01
    _, gradient = problem(theta, q)
    differences = [
        (problem(theta + d, q)[0] - problem(theta - d, q)[0]) / (2 * step)
        for d in step * np.eye(len(theta))
    ]
    assert gradient == pytest.approx(np.array(differences), abs=3e-4)
    assert np.abs(gradient).max() > 0.02


def test_probabilities_count_all_items_that_a_candidate_stands_for():
    evidence = np.log(np.array([[[2, 3, 5, 9]]], np.float32))
    stands_for = np.array([[1, 2, 1, 0]], np.float32)
    choices = Choices(evidence, np.zeros((1, 4), int), stands_for, np.ones(1, np.float32))
    found = Weights(np.ones((1, 1), np.float32), np.zeros(1, np.float32))
    p = _Problem(choices, 1).probabilities(found)
    assert p == pytest.approx(np.array([[2, 6, 5, 0]]) / 13, abs=1e-6)


def test_known_weights_are_recovered():
    """Up to the factor 1 / (1 - q): the second loss prefers probabilities raised to that power."""
    found = fit_weights(make_choices(6000, 15), n_buckets=BUCKETS)
    assert (1 - Q) * found.by_bucket.mean(axis=1) == pytest.approx([2, 0.5, 1], abs=0.2)
    assert (1 - Q) * (found.constant[1] - found.constant[0]) == pytest.approx(0.7, abs=0.2)


def test_buckets_have_weights_of_their_own():
    choices = make_choices(4000, 15, constants=(0, 0))
    first = choices.bucket[:, 0] == 0
    choices.evidence[0, first] = np.random.default_rng(1).random((first.sum(), 15))
    found = fit_weights(choices, n_buckets=BUCKETS).by_bucket
    assert found[0, 1] > 2 * found[0, 0]


def test_no_weight_is_negative():
    found = fit_weights(make_choices(2000, 10, weights=(-3, 1, 1)), n_buckets=BUCKETS)
    assert (found.by_bucket >= 0).all()
    assert found.by_bucket[0].max() < 0.1 < found.by_bucket[1].min()


def test_people_with_many_choices_do_not_count_more_than_their_weight():
    by_first, by_second = (
        make_choices(500, 10, weights=(4, 0, 0)),
        make_choices(500, 10, weights=(0, 4, 0), seed=1),
    )
    both = Choices(
        np.concatenate([by_first.evidence, by_second.evidence], axis=1),
        np.vstack([by_first.bucket, by_second.bucket]),
        np.vstack([by_first.stands_for, by_second.stands_for]),
        np.repeat(np.float32([1, 0.01]), 500),
    )
    found = fit_weights(both, n_buckets=BUCKETS).by_bucket.mean(axis=1)
    assert found[0] > 5 * found[1]


@pytest.mark.parametrize("n", [0, 9])
def test_too_few_choices_give_equal_weights(n):
    found = fit_weights(make_choices(n, 5), n_buckets=BUCKETS)
    assert found.by_bucket.tolist() == [[1, 1]] * M
    assert found.constant.tolist() == [0, 0]


@pytest.mark.parametrize("share", [0.01, 0.3, 0.9])
def test_level_reaches_the_share_that_is_asked_for(share):
    choices = make_choices(200, 12)
    found = Weights(*np.split(np.float32([2, 1, 1, 2, 0, 1, 0.3, -0.2]), [6]))
    found = Weights(found.by_bucket.reshape(M, BUCKETS), found.constant)
    constant = level(choices, found, bucket=1, share=share)
    moved = Weights(found.by_bucket, np.float32([found.constant[0], constant]))
    p = _Problem(choices, BUCKETS).probabilities(moved)
    assert (p * (choices.bucket == 1)).sum(axis=1).mean() == pytest.approx(share, abs=1e-3)
