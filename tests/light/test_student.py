"""Distillation: the student ranks as its teacher, for strangers and new items too."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from prismrec.data.jagged import Jagged
from prismrec.errors import BadData
from prismrec.light.lessons import lessons
from prismrec.light.student import Student, _Student, distilled
from prismrec.models.item_knn import ItemKnn
from prismrec.models.popularity import Popularity
from prismrec.rankers import Query, Towers, top_k
from prismrec.train import Training

SMALL = Student(dim=8, epochs=20)


@pytest.fixture(scope="module")
def train(make_dataset):
    """60 users x 40 items, the last four of which nobody used yet."""
    data = make_dataset()
    return data.with_interactions(data.interactions.take(data.interactions.items < 36))


@pytest.fixture(scope="module")
def teacher(train):
    """Towers that score every item, the new ones included."""
    rng = np.random.default_rng(0)
    users = np.eye(4)[np.arange(60) % 4] + 0.3 * rng.normal(size=(60, 4))
    items = np.eye(4)[np.arange(40) % 4] + 0.3 * rng.normal(size=(40, 4))
    return Towers(users.astype(np.float32), items.astype(np.float32))


@pytest.fixture(scope="module")
def student(teacher, train):
    return distilled(teacher, train, SMALL)


def kept(student, teacher, train, *, only=None, k=5):
    """Mean share of the teacher's first k items that the student lists as well."""
    lists = [top_k(r, Query.of(train), k, only=only).items for r in (teacher, student)]
    return np.mean([len(np.intersect1d(a, b)) / k for a, b in zip(*lists, strict=True)])


def test_a_list_holds_the_best_unused_items_weighed_by_their_scores(teacher, train):
    (all_items, new), known = lessons(teacher, train, depth=7, temperature=0.5)
    query = Query.of(train)
    assert known.all()
    wanted = top_k(teacher, query, 7)
    assert np.array_equal(all_items.items, wanted.items)
    z = (wanted.scores - wanted.scores.mean(1, keepdims=True)) / wanted.scores.std(1, keepdims=True)
    weight = np.exp(z / 0.5)
    assert all_items.wanted == pytest.approx(weight / weight.sum(1, keepdims=True), rel=1e-3)
    assert np.array_equal(new.candidates, [36, 37, 38, 39])
    assert np.array_equal(new.items, top_k(teacher, query, 4, only=new.candidates).items)


def test_items_without_opinion_and_used_up_catalogues_are_on_no_list(teacher, train):
    silent = Towers(teacher.users, teacher.items, has_opinion=np.arange(40) < 3)
    (lesson, new), known = lessons(silent, train, depth=10, temperature=1.0)
    assert np.array_equal(known, np.arange(40) < 3)
    assert (lesson.items[lesson.wanted > 0] < 3).all()
    assert not new.wanted.any()
    unused = 3 - train.matrix()[:, :3].toarray().astype(bool).sum(axis=1)
    assert np.array_equal((lesson.wanted > 0).sum(axis=1), unused)


def test_the_loss_is_the_cross_entropy_over_list_and_the_rest(teacher, train):
    found, _ = lessons(teacher, train, depth=6, temperature=1.0)
    task = _Student(SMALL, found, train)
    users, items = task.users.detach().numpy(), task.items.detach().numpy()
    scores = users.astype(np.float64) @ items.T
    losses = []
    for lesson in found:
        rows = []
        for user in range(len(users)):
            seen = train.matrix()[[user]].indices
            free = np.setdiff1d(lesson.candidates, seen)
            log_p = scores[user] - np.log(np.exp(scores[user][free]).sum())
            rows.append(-(lesson.wanted[user] * log_p[lesson.items[user]]).sum())
        losses.append(np.mean(rows))
    with torch.no_grad():
        found_loss = float(task(torch.arange(len(users))))
    assert found_loss == pytest.approx(np.mean(losses), rel=1e-4)


def test_a_sample_of_the_rest_estimates_the_loss(teacher, train):
    found, _ = lessons(teacher, train, depth=3, temperature=1.0)
    torch.manual_seed(0)
    whole = _Student(SMALL, found[:1], train)
    part = _Student(Student(dim=8, samples=20), found[:1], train)
    part.load_state_dict(whole.state_dict())
    everybody = torch.arange(60)
    with torch.no_grad():
        estimates = [float(part(everybody)) for _ in range(30)]
        assert np.mean(estimates) == pytest.approx(float(whole(everybody)), rel=0.02)


def test_the_student_ranks_as_its_teacher(student, teacher, train):
    assert student.users.shape == (60, 8)
    assert kept(student, teacher, train) > 0.75  # by chance 5 of 30
    assert kept(student, teacher, train, only=np.arange(36, 40), k=1) > 0.75  # by chance 1 of 4


def test_a_stranger_is_ranked_by_the_history(student, train):
    fans = [Jagged.from_rows([list(range(group, 32, 4))]) for group in range(4)]
    first = [top_k(student, Query.strangers(history), 2).items[0] % 4 for history in fans]
    assert np.array_equal(first, np.repeat(np.arange(4), 2).reshape(4, 2))
    assert np.isfinite(student.score(Query.strangers(Jagged.from_rows([[]])))).all()


def test_new_items_find_their_place_unless_media_are_left_out(student, teacher, train):
    new = {name: feature.take(np.arange(8)) for name, feature in train.items.items()}
    assert np.isfinite(student.with_items(new).score(Query.of(train))[:, 40:]).all()
    bare = distilled(teacher, train, Student(dim=2, epochs=1, media=False))
    assert bare.newcomers is None


def test_a_teacher_may_be_of_any_kind(train):
    knn = ItemKnn().fit(train)
    assert kept(distilled(knn, train, SMALL), knn, train) > 0.5
    popular = Popularity().fit(train)
    learnt = distilled(popular, train, SMALL)
    assert learnt.has_opinion is None
    assert kept(learnt, popular, train) > 0.7  # many are used equally often


def test_equal_seeds_give_equal_students(teacher, train):
    short = Student(dim=8, epochs=2)
    one, again, other = (distilled(teacher, train, short, how=Training(seed=k)) for k in (0, 0, 1))
    assert np.array_equal(again.items, one.items)
    assert not np.array_equal(other.items, one.items)


def test_what_makes_no_sense_is_refused(teacher, train):
    with pytest.raises(BadData, match="dim must be 1 or more"):
        Student(dim=0)
    with pytest.raises(BadData, match="temperature"):
        Student(temperature=0)
    fewer = Towers(teacher.users, teacher.items[:30])
    with pytest.raises(BadData, match="30 items, the log 40"):
        distilled(fewer, train)
    silent = Towers(teacher.users, teacher.items, has_opinion=np.zeros(40, bool))
    with pytest.raises(BadData, match="no opinion"):
        distilled(silent, train)
