from __future__ import annotations

import json
from dataclasses import replace

import pytest

from prismrec.data.split import Split, split
from prismrec.evaluation.drift import Drift, Window
from prismrec.evaluation.generalisation import METRIC, Harm, generalisation
from prismrec.evaluation.generalisation_page import span, to_html
from prismrec.evaluation.intervals import Interval

LOW, HIGH, OVER = Interval(0.1, 0.08, 0.12), Interval(0.3, 0.28, 0.32), Interval(0.2, 0.1, 0.3)


@pytest.fixture(scope="module")
def told():
    return []


@pytest.fixture(scope="module")
def found(make_dataset, told):
    parts = split(make_dataset(150, 80), "random", test=0.2)
    harm = Harm(["text"], ["missing", "shuffled"], [0.95])
    return generalisation("content-knn:modality=text", parts, harm=harm, progress=told.append)


def test_each_step_is_told_before_it_is_taken(found, told):
    assert len(told) == 1 + 2
    assert told[0].endswith("fit")
    assert told[2].endswith("text shuffled")


def test_curves_begin_with_the_figure_over_all(found):
    for curve in found.curves:
        assert curve.points[0].metrics[METRIC].mean == pytest.approx(found.overall.mean)


def test_words_say_what_media_are_worth(found):
    lines = found.words()["What if media are bad?"]
    assert all(f"{METRIC} loses" in line for line in lines)
    assert "95% of the items" in lines[0]


def test_a_model_that_does_not_look_stays_as_it_is(make_dataset):
    parts = split(make_dataset(60, 40), "random", test=0.2)
    harm = Harm(["image"], ["noise"], [2.0])
    blind = generalisation("popularity", parts, harm=harm)
    (line,) = blind.words()["What if media are bad?"]
    assert line == f"With image with 2 times as much noise as signal, {METRIC} stays as it is."


def windows(first: Interval, last: Interval) -> tuple[Window, Window]:
    return Window(0, 86400, 9, first, LOW), Window(90000, 90001, 9, last, LOW)


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [(HIGH, LOW, "It fades"), (LOW, HIGH, "It does not fade"), (LOW, OVER, "No clear change")],
)
def test_fading_is_told_by_intervals(found, first, last, words):
    faded = replace(found, drift=Drift(METRIC, windows(first, last), "train", HIGH))
    said, beside = faded.words()["Does it last?"]
    assert said.startswith(words)
    assert beside.startswith("It leads recent popularity")


def test_a_rival_that_wins_is_a_warning(found):
    beaten = Drift(METRIC, windows(LOW, LOW), "train", HIGH, "recent popularity beats the model")
    assert replace(found, drift=beaten).words()["Does it last?"][1].startswith("Warning: recent")


def test_new_users_are_held_against_known_ones(make_dataset):
    train, valid, test = split(make_dataset(150, 80), "random", test=0.2)
    log = train.interactions
    fewer = train.with_interactions(log.take(log.users >= 20))
    known = valid.with_interactions(valid.interactions.take(valid.interactions.users >= 20))
    found = generalisation("item-knn", Split(fewer, known, test), harm=Harm([]))
    assert found.curves == ()
    assert found.words()["What if media are bad?"] == ["No media were damaged."]
    line, other = found.words()["Is it as good for what is new?"]
    assert line.startswith("For new users: ")
    assert "fewer than 30 users" in line
    assert other == "Nothing to compare: all items of test are known, or all are new."


def test_json_and_page_hold_it_all(found):
    plain = json.loads(json.dumps(found.to_json()))
    assert plain["words"] == found.words()
    page = to_html([replace(found, model="<b>")], shop="a & b", measured="split random")
    assert "a &amp; b" in page
    assert "<b>" not in page
    assert page.count("<polyline") == 2


def test_days_of_a_window():
    first, last = windows(LOW, LOW)
    assert span(first) == "1970-01-01 to 1970-01-02"
    assert span(last) == "1970-01-02"
    assert span(Window(None, None, 1, LOW, LOW)) == "no times"
