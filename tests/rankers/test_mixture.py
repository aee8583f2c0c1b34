from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from prismrec.data.features import Feature
from prismrec.data.jagged import Jagged
from prismrec.errors import BadData, BadModel
from prismrec.graph.neighbours import centre_of, knn, unit
from prismrec.rankers import Mixture, Part, Profile, Query
from prismrec.rankers.mixture import Evidence, bucket_of
from prismrec.rankers.newcomers import Newcomers
from prismrec.saving import load

N, COLD = 12, 7
DAY = 86_400
ALL = np.arange(N)


def looks(n: int, seed: int = 0) -> Feature:
    return Feature.of(np.random.default_rng(seed).normal(size=(n, 4)).astype(np.float32))


@pytest.fixture
def mixture() -> Mixture:
    """Co-use, neighbours by image, image to taste and a profile; item 7 is used by nobody."""
    rng = np.random.default_rng(5)
    together = rng.random((N, N)) * (rng.random((N, N)) < 0.5)
    np.fill_diagonal(together, 0)
    together[COLD], together[:, COLD] = 0, 0
    feature = looks(N)
    centre = centre_of(feature)
    x = unit(feature, centre)
    bridge, slope = rng.normal(size=(4, 3)).astype(np.float32), rng.normal(size=4)
    left = rng.normal(size=(N, 3)).astype(np.float32)
    left[COLD] = 0
    parts = (
        Part("used together", "behaviour", sparse.csr_array(together.astype(np.float32))),
        Part("looks alike", "image", sparse.csr_array(knn(x, 50).T)),
        Part("image to taste", "image", left=left, right=x @ bridge),
    )
    posted = rng.normal(size=(3, 4)).astype(np.float32)
    posted[2] = 0
    slopes = {"image": slope.astype(np.float32)}
    newcomers = Newcomers({"image": x}, {"image": centre}, {"image": bridge}, slopes, 50, -0.3)
    prior = rng.random(N).astype(np.float32)
    prior[COLD] = newcomers.prior({"image": x[[COLD]]}, 1)[0]
    support = np.array([1, 9, 3, 30, 6, 5, 2, 0, 12, 7, 1, 8], np.float32)
    weights, gates = rng.random((2, 4, 3)).astype(np.float32)
    profile = Profile("close to what you posted", "image", posted, x)
    return Mixture(parts, weights, gates, prior, support, 2.0, (profile,), newcomers, {"rank": 3})


@pytest.fixture
def query() -> Query:
    history = Jagged.from_rows([[3, 1, 4, 3], [], [9, 2], [0, 5, 6, 8], [2]])
    time = np.array([0, 1, 3, 4, 7, 7, 1, 2, 3, 9, 5]) * DAY
    return Query(np.array([0, 1, 2, -1, -1]), history, time=time)


def dense(part: Part) -> np.ndarray:
    if part.right is not None:
        return part.left @ part.right.T
    return part.weights.toarray()


# evidence


def test_evidence_by_hand():
    scores = np.array(
        [[4, 2, -8, 1], [4, 2, -8, 1], [0, 0, 3, 1], [5, 1, 1, 1], [0, 0, 0, 0]], np.float32
    )
    history = Jagged.from_rows([[0, 1], [0], [0, 1], [], [2, 3]]).to_csr(4)
    found = Evidence.of(scores.copy(), history)
    assert found.scale == pytest.approx([8, 8, 3, 5, 1e-9])
    assert found.scores == pytest.approx(scores / [[8], [8], [3], [5], [1]])
    z = 3.25 / np.sqrt(84.75 / 4)  # the first history lies at 3, the catalogue at -0.25
    assert found.coherence == pytest.approx([z**2 / (1 + z**2), 0, 0, 0, 0], rel=1e-5)


def test_buckets_are_new_rare_and_well_known():
    assert bucket_of(np.array([0, 0.4, 1, 5, 6, 100])).tolist() == [0, 0, 1, 1, 2, 2]


# score


def test_a_score_follows_the_formula(mixture, query):
    """Written out for one person after the other, with dense matrices."""
    bucket = [1, 2, 1, 2, 2, 1, 1, 0, 2, 2, 1, 2]
    scores = mixture.score(query)
    assert scores.dtype == np.float32
    for row, user in enumerate(query.users):
        history = query.matrix(N, half_life=2.0)[[row]].toarray()[0]
        used = history > 0
        raw = [history @ dense(part) for part in mixture.parts]
        profile = mixture.profiles[0]
        raw.append(profile.items @ (profile.users[user] if user >= 0 else np.zeros(4)))
        total = mixture.prior.astype(float)
        for source, value in enumerate(raw):
            z = 0.0
            if used.sum() > 1 and value.std() > 0:
                z = max(0.0, (value[used].mean() - value.mean()) / value.std())
            factor = mixture.weights[source] + z**2 / (1 + z**2) * mixture.gates[source]
            scale = np.abs(value[~used]).max() or 1.0
            total += factor[bucket] * value / scale
        assert scores[row] == pytest.approx(total, abs=1e-5)


def test_shares_sum_to_the_score(mixture, query):
    scores = mixture.score(query)
    for row in range(len(query)):
        one = query.take(np.array([row]))
        for item, shares in enumerate(mixture.shares(one, ALL)):
            assert shares.total == pytest.approx(scores[row, item], abs=1e-5)
            assert shares.values.shape == (4, len(set(one.history.values.tolist())))
            assert shares.sources[3].modality == "image"


def test_only_known_users_have_posted_anything(mixture, query):
    posted = [
        mixture.shares(query.take(np.array([row])), ALL)[3].posted for row in range(len(query))
    ]
    assert [bool(share[3]) for share in posted] == [True, True, False, False, False]
    assert not any(share[:3].any() for share in posted)


def test_strangers_are_ranked_as_known_users_but_for_profiles(mixture, query):
    strangers = Query(np.full(len(query), -1), query.history, time=query.time)
    assert not np.allclose(mixture.score(strangers)[0], mixture.score(query)[0])
    bare = replace(mixture, profiles=(), weights=mixture.weights[:3], gates=mixture.gates[:3])
    assert bare.score(query) == pytest.approx(mixture.score(strangers), abs=1e-6)
    assert np.array_equal(bare.score(query), bare.score(strangers))


def test_without_history_and_profile_the_prior_decides(mixture):
    nobody = mixture.score(Query.strangers(Jagged.empty(2)))
    assert np.array_equal(nobody, np.stack([mixture.prior, mixture.prior]))


def test_a_batch_scores_as_its_rows_do_one_by_one(mixture, query):
    rows = [mixture.score(query.take(np.array([row]))) for row in range(len(query))]
    assert mixture.score(query) == pytest.approx(np.concatenate(rows), abs=1e-6)
    assert mixture.score(query.take(np.array([], np.int64))).shape == (0, N)


def test_the_half_life_favours_what_was_used_last(mixture, query):
    assert mixture.history(query)[[0]].toarray()[0, [1, 3, 4]] == pytest.approx(
        [2**-1.5, (0.25 + 1) / 2, 2**-0.5]
    )
    assert not np.allclose(replace(mixture, half_life=None).score(query), mixture.score(query))


def test_a_saved_mixture_gives_equal_scores(mixture, query, tmp_path):
    wider = mixture.with_items({"image": looks(2, seed=3)})
    for ranker in (mixture, wider):
        ranker.save(tmp_path)
        again = load(tmp_path)
        assert np.array_equal(again.score(query), ranker.score(query))
        assert again.about == {"rank": 3}
    old = load(tmp_path).with_items({"image": looks(1, seed=9)})
    assert np.array_equal(
        old.score(query), wider.with_items({"image": looks(1, seed=9)}).score(query)
    )


def test_parts_must_speak_of_the_same_items(mixture):
    with pytest.raises(BadModel, match="same items"):
        replace(mixture, prior=mixture.prior[:3])


@pytest.mark.parametrize("half_life", [0.0, -2.0, float("nan")])
def test_a_half_life_is_above_0(mixture, half_life):
    with pytest.raises(BadModel, match="half_life"):
        replace(mixture, half_life=half_life)


# new items


def test_a_new_item_scores_as_a_cold_item_with_the_same_media(mixture, query):
    scores = mixture.with_items({"image": looks(N).take(np.array([COLD]))}).score(query)
    assert scores.shape == (len(query), N + 1)
    assert scores[:, N] == pytest.approx(scores[:, COLD], abs=1e-6)
    assert scores[:, N].std() > 0.01


def test_raw_evidence_about_old_items_stays(mixture, query):
    wider = mixture.with_items({"image": looks(3, seed=1)})
    for old, new in zip(mixture.evidence(query), wider.evidence(query), strict=True):
        raw = new.scores[:, :N] * new.scale[:, None]
        assert raw == pytest.approx(old.scores * old.scale[:, None], abs=1e-5)
    assert np.array_equal(wider.prior[:N], mixture.prior)
    assert wider.support[N:].tolist() == [0, 0, 0]


def test_a_new_item_that_was_used_speaks_for_items_that_look_like_it(mixture):
    wider = mixture.with_items({"image": looks(N).take(np.array([COLD]))})
    relation = dense(wider.parts[1])
    near = knn(mixture.newcomers.vectors["image"], 50)[[COLD]].toarray()[0]
    assert relation[N, :N][near > 0] == pytest.approx(near[near > 0], abs=1e-6)
    assert relation[N, N] == 0
    assert not dense(wider.parts[0])[N:].any()


def test_new_items_may_lack_media(mixture, query):
    wider = mixture.with_items({}, ids=["a", "b"])
    scores = wider.score(query)
    assert scores[:, N:] == pytest.approx(np.full((len(query), 2), mixture.newcomers.level))
    assert scores[:, :N].argmax(axis=1).tolist() == mixture.score(query).argmax(axis=1).tolist()


def test_absent_rows_and_unknown_modalities_say_nothing(mixture, query):
    absent = Feature.of(np.full((1, 4), np.nan, np.float32))
    wider = mixture.with_items({"image": absent, "scent": looks(1)})
    assert wider.score(query)[:, N] == pytest.approx(
        np.full(len(query), mixture.newcomers.level), abs=1e-6
    )


def test_no_new_items_change_nothing(mixture, query):
    for none in (mixture.with_items({}), mixture.with_items({"image": looks(0)}, ids=[])):
        assert np.array_equal(none.score(query), mixture.score(query))


def test_vectors_of_another_encoder_are_refused(mixture):
    wrong = Feature.of(np.ones((1, 5), np.float32))
    with pytest.raises(BadData, match=r"image vectors of 5 dimensions.*fitted on 4.*same encoder"):
        mixture.with_items({"image": wrong})


def test_without_knowledge_of_media_new_items_score_nothing(mixture, query):
    wider = replace(mixture, newcomers=None, profiles=()).with_items({"image": looks(2)})
    assert wider.score(query)[:, N:].tolist() == [[0, 0]] * len(query)
