"""Agreement, complement and voices where the answer is known."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from prismrec.data.features import Feature
from prismrec.data.split import split
from prismrec.errors import BadData
from prismrec.evaluation.agreement import (
    agreement,
    behaviour,
    canonical_correlation,
    debiased_cka,
    overlap,
)
from prismrec.evaluation.alignment import cka
from prismrec.evaluation.complement import explained
from prismrec.evaluation.in_words import in_words
from prismrec.evaluation.modalities import modalities


def noise(n: int, d: int, seed: int = 0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def directions(values):
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def test_debiased_cka_equals_the_definition_with_n_by_n_matrices() -> None:
    x, y = noise(12, 5) + 3, noise(12, 4, 1)
    y[:, 0] += x[:, 0]

    def hsic(k, m):
        k, m, n = k - np.diag(np.diag(k)), m - np.diag(np.diag(m)), len(k)
        ones = np.ones(n)
        grand = (ones @ k @ ones) * (ones @ m @ ones) / ((n - 1) * (n - 2))
        return np.trace(k @ m) + grand - 2 / (n - 2) * ones @ k @ m @ ones

    a, b = (v.astype(np.float64) @ v.T.astype(np.float64) for v in (x, y))
    expected = hsic(a, b) / np.sqrt(hsic(a, a) * hsic(b, b))
    assert debiased_cka(x, y) == pytest.approx(expected)


def test_noise_in_many_dimensions_agrees_by_chance_only() -> None:
    one, other = directions(noise(200, 600)), directions(noise(200, 500, 1))
    assert cka(one, other) > 0.5  # the plain measure is fooled
    assert abs(debiased_cka(one, other)) < 0.02
    assert abs(canonical_correlation(one[:, :20], other[:, :20])) < 0.1
    shared, chance = overlap(one, other)
    assert shared.mean() == pytest.approx(chance, abs=0.015)
    assert chance == pytest.approx(10 / 199)


def test_a_turned_space_agrees_wholly() -> None:
    one = directions(noise(150, 12))
    turn = np.linalg.qr(noise(12, 12, 1))[0]
    assert debiased_cka(one, one @ turn) == pytest.approx(1, abs=1e-5)
    assert canonical_correlation(one, one @ turn) > 0.97
    assert overlap(one, one @ turn)[0].mean() > 0.99


def test_overlap_by_hand() -> None:
    """On a line 0, 1, 3, 7 of angles and the same with the last two swapped."""
    line = np.radians([0, 1, 3, 7])
    one = np.column_stack([np.cos(line), np.sin(line)]).astype(np.float32)
    shared, chance = overlap(one, one[[0, 1, 3, 2]], 1)
    assert shared.tolist() == [1, 1, 0, 0]  # nearest: 1 0 1 2, then 1 0 3 1
    assert chance == pytest.approx(1 / 3)


def test_only_rows_that_have_both_count_and_guesses_do_not() -> None:
    values, n = noise(100, 6), 100
    rows = np.arange(n)
    half = Feature.of(values, rows < 70)
    guessed = Feature(values, rows >= 0, imputed=rows >= 60)
    (pair,) = agreement({"image": half, "text": guessed})
    assert (pair.n, pair.sampled) == (60, 60)
    assert pair.overlap.mean == 1
    assert agreement({"image": half, "text": Feature.of(values, rows >= 60)}) == ()


def test_large_catalogues_are_sampled(monkeypatch) -> None:
    monkeypatch.setattr("prismrec.evaluation.agreement.MOST", 80)
    whole = Feature.of(noise(300, 5))
    (pair,) = agreement({"image": whole, "text": whole})
    assert (pair.n, pair.sampled) == (300, 80)
    assert agreement({"image": whole, "text": whole}) == (pair,)


def test_behaviour_stands_items_of_one_group_together(make_dataset) -> None:
    place = behaviour(make_dataset(n_users=200, n_items=80))
    vectors = directions(place.values - place.values.mean(axis=0))
    group = np.arange(80) % 4
    same = (vectors @ vectors.T)[group[:, None] == group[None, :]]
    assert same.mean() > (vectors @ vectors.T).mean() + 0.1


def test_what_is_foretold_is_told_apart() -> None:
    """Behaviour is made of what image and text say; sound repeats the text; colour says nothing."""
    own, both = noise(600, 4), noise(600, 4, 1)
    target = Feature.of(np.hstack([own, both]))
    parts = {"image": own, "text": both, "audio": both @ noise(4, 4, 2), "colour": noise(600, 4, 3)}
    found = explained({name: Feature.of(v) for name, v in parts.items()}, target)
    assert found is not None
    assert found.together.mean > 0.8
    assert found.alone["image"].mean == pytest.approx(0.45, abs=0.1)
    assert found.unique["image"].low > 0.3
    assert abs(found.unique["text"].mean) < 0.05
    assert abs(found.unique["colour"].mean) < 0.05
    assert abs(found.alone["colour"].mean) < 0.05
    assert found.shared == pytest.approx(found.alone["text"].mean, abs=0.1)
    assert explained({"image": Feature.of(own[:20])}, Feature.of(both[:20])) is None


@pytest.fixture(scope="module")
def parts(make_dataset):
    """Users' taste is told by the text alone; the image is noise."""
    data = make_dataset(n_users=200, n_items=80, events=14)
    items = {"image": Feature.of(noise(80, 8)), "text": data.items["text"]}
    return split(replace(data, items=items), "random", valid=0.3)


@pytest.fixture(scope="module")
def found(parts):
    genres = ["rock|loud", "folk", None, "jazz; late"] * 20
    names = [f"Record {row}" for row in range(80)]
    return modalities(parts.train, parts.valid, k=10, names=names, columns={"genre": genres})


def test_the_modality_that_drives_taste_is_named(found) -> None:
    assert found.worth["text"].adds.low > 0
    assert found.worth["text"].alone.low > found.worth["image"].alone.high
    assert all(voice.best == "text" for voice in found.voices if voice.clear)
    assert sum(voice.clear for voice in found.voices) > len(found.voices) / 2
    heat = {(pair.one, pair.other): pair for pair in found.items}
    assert heat["text", "behaviour"].overlap.low > heat["text", "behaviour"].chance
    assert heat["image", "behaviour"].cka < 0.1 < heat["text", "behaviour"].cka


def test_groups_are_named_and_large_enough(found) -> None:
    by = {(voice.by, voice.name) for voice in found.voices}
    assert {("genre", "rock"), ("genre", "loud"), ("genre", "folk"), ("genre", "late")} <= by
    assert {"user activity", "user interest", "item popularity"} <= {group for group, _ in by}
    assert all(voice.n_users >= 30 for voice in found.voices)
    interest = next(voice for voice in found.voices if voice.by == "user interest")
    assert "Record" in interest.detail


def test_voices_of_item_groups_are_recall_by_hand(parts, found) -> None:
    from prismrec.evaluation.complement import judged

    run = judged(parts.train, parts.valid, k=10)["text",]
    folk = np.arange(80) % 4 == 1
    fresh = (parts.valid.matrix().toarray() > 0) & ~(parts.train.matrix().toarray() > 0)
    shares = []
    for row, user in enumerate(run.users):
        wanted = np.flatnonzero(fresh[user] & folk)
        if len(wanted):
            shares.append(np.isin(wanted, run.items[row]).mean())
    voice = next(voice for voice in found.voices if voice.name == "folk")
    assert voice.figures["text"].mean == pytest.approx(np.mean(shares))
    assert voice.n_users == len(shares)


def test_words_and_json_tell_the_same(found) -> None:
    text = "\n".join(in_words(found))
    assert "Pictures and texts agree no more than chance" in text
    assert "get better with texts" in text
    assert "Texts lead clearly" in text
    assert json.loads(json.dumps(found.to_json()))["worth"]["text"]["adds"]["low"] > 0


def test_what_users_post_is_held_against_what_they_use(parts) -> None:
    train = parts.train
    used = train.matrix() @ train.items["text"].values
    posted = Feature.of(np.asarray(used, np.float32) + noise(200, 8))
    result = modalities(replace(train, users={"text": posted}), parts.valid, k=10)
    pair = next(pair for pair in result.users if pair.other == "used text")
    assert pair.one == "posted text"
    assert pair.overlap.low > pair.chance
    assert any("texts that users post tell of the texts" in line for line in in_words(result))


def test_users_without_history_are_left_out(parts, found) -> None:
    log = parts.train.interactions
    fewer = parts.train.with_interactions(log.take(log.users >= 40))
    result = modalities(fewer, parts.valid, k=10)
    assert result.n_users == found.n_users - 40
    assert all(voice.name != "new" for voice in result.voices if voice.by == "user activity")


def test_one_modality_is_held_against_the_log_alone(parts) -> None:
    items = {"text": parts.train.items["text"]}
    result = modalities(replace(parts.train, items=items), parts.valid, k=10)
    assert result.worth["text"].adds is None
    assert [(pair.one, pair.other) for pair in result.items] == [("text", "behaviour")]
    assert in_words(result)
    with pytest.raises(BadData, match="encode the shop first"):
        modalities(replace(parts.train, items={}), parts.valid)
